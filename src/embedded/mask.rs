//! The mask over the embedded files, applied by `build.rs` and removed by `mod.rs`.
//!
//! Anti-virus programs decompress data in a file and search its strings; Microsoft Defender deleted Loki's rules and
//! its program for the plain text of rules. A mask prevents that: each byte is combined by XOR with a fixed stream of
//! numbers (`SplitMix64`, <https://prng.di.unimi.it/splitmix64.c>), so that no compressed stream and no text can be
//! found. **It is not a secret and protects nothing from a person**: the key is the constant below, and the rules are
//! published with the source.

/// Seed of the stream of numbers: the hexadecimal digits of pi.
const SEED: u64 = 0x243f_6a88_85a3_08d3;
/// Increment of `SplitMix64`.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// Applies or removes the mask; both are the same operation.
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
