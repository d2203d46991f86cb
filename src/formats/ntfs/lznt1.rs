//! Decompresses LZNT1, with which NTFS compresses files in units of 16 clusters: [MS-XCA] 2.5.
//! <https://learn.microsoft.com/openspecs/windows_protocols/ms-xca/>

use super::Damage;

/// Bytes of a decompressed chunk.
const CHUNK: usize = 4096;

/// Decompresses `packed` and appends it to `out`, up to `most` bytes. A chunk header of 0 ends it, as does the end of
/// the input.
///
/// # Errors
///
/// A chunk is cut short, or refers to bytes before its beginning.
pub(super) fn expand(packed: &[u8], most: usize, out: &mut Vec<u8>) -> Result<(), Damage> {
    let mut rest = packed;
    // Each round consumes at least three bytes of the input.
    while let Some((head, tail)) = rest.split_first_chunk::<2>() {
        let head = u16::from_le_bytes(*head);
        if head == 0 || out.len() >= most {
            break;
        }
        let length = usize::from(head & 0x0fff).saturating_add(1);
        let (chunk, after) = tail.split_at_checked(length).ok_or(Damage::Compressed)?;
        let begin = out.len();
        if head & 0x8000 == 0 {
            out.extend_from_slice(chunk);
        } else {
            expand_chunk(chunk, out)?;
        }
        rest = after;
        // A shorter chunk is followed by others only where zeros fill it up.
        let more = rest.first_chunk::<2>().is_some_and(|head| *head != [0, 0]);
        let end = begin.saturating_add(CHUNK);
        if more && out.len() < end {
            out.resize(end, 0);
        }
    }
    out.truncate(most);
    Ok(())
}

fn expand_chunk(chunk: &[u8], out: &mut Vec<u8>) -> Result<(), Damage> {
    let begin = out.len();
    let mut rest = chunk;
    while let Some((flags, tail)) = rest.split_first() {
        rest = tail;
        for bit in 0..8 {
            if rest.is_empty() {
                return Ok(());
            }
            if flags >> bit & 1 == 0 {
                let (literal, tail) = rest.split_first().ok_or(Damage::Compressed)?;
                out.push(*literal);
                rest = tail;
                continue;
            }
            let (token, tail) = rest.split_first_chunk::<2>().ok_or(Damage::Compressed)?;
            rest = tail;
            let token = u16::from_le_bytes(*token);
            let position = out.len().saturating_sub(begin);
            // The later in the chunk, the more bits of a token are the distance, and the fewer are the length.
            let bits = offset_bits(position);
            let back = usize::from(token >> 16_u32.saturating_sub(bits)).saturating_add(1);
            let mask = 0xffff_u16.checked_shr(bits).unwrap_or(0);
            let length = usize::from(token & mask).saturating_add(3);
            if back > position || position.saturating_add(length) > CHUNK {
                return Err(Damage::Compressed);
            }
            copy_back(out, back, length);
        }
    }
    Ok(())
}

/// Returns the number of distance bits in a token: 4 for the first 16 bytes of a chunk, one more for each doubling,
/// up to 12.
fn offset_bits(position: usize) -> u32 {
    let mut bits = 4_u32;
    while bits < 12 && position > 1_usize << bits {
        bits = bits.saturating_add(1);
    }
    bits
}

/// Repeats the bytes at distance `back` from the end, which may be less than `length`: then the copy repeats itself.
pub(super) fn copy_back(out: &mut Vec<u8>, back: usize, length: usize) {
    let from = out.len().saturating_sub(back);
    if back >= length {
        out.extend_from_within(from..from.saturating_add(length));
        return;
    }
    for at in from..from.saturating_add(length) {
        match out.get(at).copied() {
            Some(byte) => out.push(byte),
            None => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(packed: &[u8]) -> Result<Vec<u8>, Damage> {
        let mut out = Vec::new();
        expand(packed, 1 << 16, &mut out).map(|()| out)
    }

    #[test]
    fn the_example_of_the_specification_is_decompressed() {
        // [MS-XCA] 3.3.
        let packed = [
            0x38, 0xb0, 0x88, 0x46, 0x23, 0x20, 0x00, 0x20, 0x47, 0x20, 0x41, 0x00, 0x10, 0xa2, 0x47, 0x01,
            0xa0, 0x45, 0x20, 0x44, 0x00, 0x08, 0x45, 0x01, 0x50, 0x79, 0x00, 0xc0, 0x45, 0x20, 0x05, 0x24,
            0x13, 0x88, 0x05, 0xb4, 0x02, 0x4a, 0x44, 0xef, 0x03, 0x58, 0x02, 0x8c, 0x09, 0x16, 0x01, 0x48,
            0x45, 0x00, 0xbe, 0x00, 0x9e, 0x00, 0x04, 0x01, 0x18, 0x90, 0x00,
        ];
        let text = "F# F# G A A G F# E D D E F# F# E E F# F# G A A G F# E D D E F# E D D E E F# D E F# G F# D E F# \
                    G F# E D E A F# F# G A A G F# E D D E F# E D D\0";
        assert_eq!(String::from_utf8(expanded(&packed).unwrap()).unwrap(), text);
    }

    #[test]
    fn a_stored_chunk_stays_and_a_short_one_is_filled_up_before_the_next() {
        let packed = [&[0x02, 0x30][..], b"abc", &[0x01, 0xb0, 0x00, b'x'], &[0, 0]].concat();
        let out = expanded(&packed).unwrap();
        assert_eq!((&out[..4], out.len(), out[4096]), (&b"abc\0"[..], 4097, b'x'));
    }

    #[test]
    fn a_repetition_repeats_itself() {
        let out = expanded(&[0x03, 0xb0, 0x02, b'a', 0xfc, 0x0f]).unwrap();
        assert_eq!(out, b"a".repeat(4096));
    }

    #[test]
    fn references_before_the_beginning_and_truncation_are_damage() {
        for packed in [&[0x02, 0xb0, 0x01, 0, 0][..], &[0x10, 0xb0, 0], &[0x01, 0xb0, 0x01, 5], &[0xff; 40]] {
            assert!(matches!(expanded(packed), Err(Damage::Compressed)), "{packed:x?}");
        }
    }
}
