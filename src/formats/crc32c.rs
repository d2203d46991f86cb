//! CRC-32C, the checksum of ext and VHDX structures, chained as Linux does it: without the inversion at either end.
//! Crate `crc32fast`, already a dependency, supports the other polynomial only.

/// Initial value of a chain.
pub(crate) const START: u32 = !0;

/// Checksum of each byte value, followed by 0 to 7 zero bytes: eight bytes are added in one step, since each directory
/// of a volume has a block to be checked.
const TABLES: [[u32; 256]; 8] = tables();

/// Returns the checksum of `bytes`, continued from `sum`.
pub(crate) fn crc32c(sum: u32, bytes: &[u8]) -> u32 {
    let [t0, t1, t2, t3, t4, t5, t6, t7] = &TABLES;
    let of = |table: &[u32; 256], byte: u8| table.get(usize::from(byte)).copied().unwrap_or(0);
    let (eights, rest) = bytes.as_chunks::<8>();
    let sum = eights.iter().fold(sum, |sum, &[b0, b1, b2, b3, b4, b5, b6, b7]| {
        let [s0, s1, s2, s3] = (sum ^ u32::from_le_bytes([b0, b1, b2, b3])).to_le_bytes();
        let first = of(t7, s0) ^ of(t6, s1) ^ of(t5, s2) ^ of(t4, s3);
        first ^ of(t3, b4) ^ of(t2, b5) ^ of(t1, b6) ^ of(t0, b7)
    });
    rest.iter().fold(sum, |sum, byte| {
        let [low, ..] = sum.to_le_bytes();
        of(t0, low ^ byte) ^ (sum >> 8)
    })
}

#[allow(clippy::indexing_slicing, reason = "worked out by the compiler, which finds an index outside")]
const fn tables() -> [[u32; 256]; 8] {
    const REVERSED: u32 = 0x82f6_3b78;
    let mut tables = [[0; 256]; 8];
    let (mut index, mut byte) = (0, 0_u32);
    while index < 256 {
        let (mut value, mut bits) = (byte, 0_usize);
        while bits < 64 {
            value = if value & 1 == 1 { (value >> 1) ^ REVERSED } else { value >> 1 };
            bits = bits.wrapping_add(1);
            if bits.is_multiple_of(8) {
                tables[(bits / 8).wrapping_sub(1)][index] = value;
            }
        }
        index = index.wrapping_add(1);
        byte = byte.wrapping_add(1);
    }
    tables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_castagnoli_checksum_and_can_be_computed_in_pieces() {
        // The check value of CRC-32/ISCSI.
        assert_eq!(!crc32c(START, b"123456789"), 0xe306_9283);
        assert_eq!(crc32c(crc32c(START, b"1234"), b"56789"), crc32c(START, b"123456789"));
        // Of RFC 3720, B.4.
        let rising: Vec<u8> = (0..32).collect();
        for (bytes, sum) in [(vec![0; 32], 0x8a91_36aa), (vec![0xff; 32], 0x62a8_ab43), (rising, 0x46dd_794e)]
        {
            assert_eq!(!crc32c(START, &bytes), sum);
            for cut in 0..32 {
                assert_eq!(!crc32c(crc32c(START, &bytes[..cut]), &bytes[cut..]), sum, "{cut}");
            }
        }
    }
}
