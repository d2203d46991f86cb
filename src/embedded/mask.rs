//! The mask over what the program carries, applied by `build.rs` and taken off by `mod.rs`.
//!
//! Anti-virus programs inflate what they find in a file and look for the strings in it; Microsoft Defender deleted Loki's rules
//! and its program for the plain text of rules. A mask is enough against that: each byte is combined by XOR with a fixed stream
//! of numbers (`SplitMix64`, <https://prng.di.unimi.it/splitmix64.c>), so that no inflated stream and no text is left to find.
//! **It is no secret and protects nothing from a person**: the key is the constant below, and the rules are published with the
//! source.

/// Where the stream of numbers begins: the hexadecimal digits of pi.
const SEED: u64 = 0x243f_6a88_85a3_08d3;
/// `SplitMix64`'s own step.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// Puts the mask on, or takes it off: the same both ways.
pub(super) fn mask(bytes: &mut [u8]) {
    let mut state = SEED;
    for block in bytes.chunks_mut(size_of::<u64>()) {
        state = state.wrapping_add(STEP);
        let mut number = state;
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        number ^= number >> 31;
        for (byte, masking) in block.iter_mut().zip(number.to_le_bytes()) {
            *byte ^= masking;
        }
    }
}
