//! Decompresses XPRESS with Huffman codes, as Windows overlays use it: [MS-XCA] 2.2.4.
//! <https://learn.microsoft.com/openspecs/windows_protocols/ms-xca/>

use super::Damage;
use super::huffman::{Bits, Codes};
use super::lznt1::copy_back;

/// Bytes of the table before the codes: the lengths of 512 codes, four bits each.
const TABLE: usize = 256;

/// Decompresses one chunk of `length` bytes, at most 64 KiB, and appends it to `out`.
///
/// # Errors
///
/// The chunk is cut short or refers to bytes before its beginning.
pub(super) fn expand(packed: &[u8], length: usize, out: &mut Vec<u8>) -> Result<(), Damage> {
    let (table, data) = packed.split_at_checked(TABLE).ok_or(Damage::Compressed)?;
    let lengths: Vec<u8> = table.iter().flat_map(|byte| [byte & 0x0f, byte >> 4]).collect();
    let mut codes = Codes::default();
    codes.fill(&lengths, 15, false)?;
    let mut bits = Bits::new(data);
    let begin = out.len();
    let end = begin.saturating_add(length);
    while out.len() < end {
        let (symbol, taken) = codes.symbol(bits.peek())?;
        bits.take(taken)?;
        if let Ok(literal) = u8::try_from(symbol) {
            out.push(literal);
            continue;
        }
        let far = symbol.saturating_sub(256) >> 4;
        let length = match symbol & 15 {
            15 => long_length(&mut bits)?,
            short => short,
        };
        let length = usize::try_from(length).unwrap_or(usize::MAX).saturating_add(3);
        let low = bits.read(far)?;
        let back = usize::try_from((1_u32 << far) | low).unwrap_or(usize::MAX);
        let position = out.len().saturating_sub(begin);
        if back > position || length > end.saturating_sub(out.len()) {
            return Err(Damage::Compressed);
        }
        copy_back(out, back, length);
    }
    Ok(())
}

/// Reads a length that does not fit in the code.
fn long_length(bits: &mut Bits<'_>) -> Result<u32, Damage> {
    let [first] = bits.bytes::<1>()?;
    if first < 255 {
        return Ok(u32::from(first).saturating_add(15));
    }
    let wide = u16::from_le_bytes(bits.bytes()?);
    let length = if wide == 0 { u32::from_le_bytes(bits.bytes()?) } else { wide.into() };
    if length < 15 { Err(Damage::Compressed) } else { Ok(length) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes a table in which each byte is its own code of eight bits, followed by these bytes.
    fn literals(text: &[u8]) -> Vec<u8> {
        let mut packed = vec![0x88; 128];
        packed.resize(256, 0);
        packed.extend(text.chunks(2).flat_map(|pair| [pair.get(1).copied().unwrap_or(0), pair[0]]));
        packed
    }

    #[test]
    fn codes_are_read_from_the_top_of_words() {
        let mut out = Vec::new();
        expand(&literals(b"een voorbeeld"), 13, &mut out).unwrap();
        assert_eq!(out, b"een voorbeeld");
    }

    #[test]
    fn a_match_with_an_explicit_length_is_decompressed() {
        // 'a' has the code 0; symbol 256 + 15 (distance one, followed by a length) the code 1.
        let mut packed = vec![0; 256];
        packed[usize::from(b'a') / 2] = 0x10;
        packed[271 / 2] = 0x10;
        for (more, length) in [(&[9][..], 27), (&[255, 100, 0], 103), (&[255, 0, 0, 44, 1, 0, 0], 303)] {
            let packed = [&packed[..], &[0, 0x40, 0, 0], more].concat();
            let mut out = Vec::new();
            expand(&packed, length + 1, &mut out).unwrap();
            assert_eq!(out, b"a".repeat(length + 1));
            assert!(expand(&packed, length, &mut Vec::new()).is_err());
        }
    }

    #[test]
    fn truncated_input_and_unknown_codes_are_damage() {
        for packed in [vec![], vec![0; 300], vec![0xff; 300], vec![0x11; 600]] {
            assert!(expand(&packed, 4096, &mut Vec::new()).is_err());
        }
        // Zeros after the end of the input are a valid code; the length of the chunk ends them.
        let mut out = Vec::new();
        expand(&literals(b"x"), 40, &mut out).unwrap();
        assert_eq!(out.len(), 40);
    }
}
