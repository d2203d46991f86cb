//! CRC-32C, the checksum of ext and VHDX structures, chained as Linux does it: without the inversion at either end.
//! Crate `crc32fast`, already a dependency, supports the other polynomial only.

/// Initial value of a chain.
pub(crate) const START: u32 = !0;

/// Checksum of each byte value.
const TABLE: [u32; 256] = table();

/// Returns the checksum of `bytes`, continued from `sum`.
pub(crate) fn crc32c(sum: u32, bytes: &[u8]) -> u32 {
    bytes.iter().fold(sum, |sum, byte| {
        let [low, ..] = sum.to_le_bytes();
        TABLE.get(usize::from(low ^ byte)).copied().unwrap_or(0) ^ (sum >> 8)
    })
}

#[allow(clippy::indexing_slicing, reason = "worked out by the compiler, which finds an index outside")]
const fn table() -> [u32; 256] {
    const REVERSED: u32 = 0x82f6_3b78;
    let mut table = [0; 256];
    let (mut index, mut byte) = (0, 0_u32);
    while index < 256 {
        let (mut value, mut bit) = (byte, 0_u32);
        while bit < 8 {
            value = if value & 1 == 1 { (value >> 1) ^ REVERSED } else { value >> 1 };
            bit = bit.wrapping_add(1);
        }
        table[index] = value;
        index = index.wrapping_add(1);
        byte = byte.wrapping_add(1);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_castagnoli_checksum_and_can_be_computed_in_pieces() {
        // The check value of CRC-32/ISCSI.
        assert_eq!(!crc32c(START, b"123456789"), 0xe306_9283);
        assert_eq!(crc32c(crc32c(START, b"1234"), b"56789"), crc32c(START, b"123456789"));
    }
}
