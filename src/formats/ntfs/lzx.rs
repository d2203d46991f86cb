//! Decompresses LZX as Windows overlays and WIM archives use it: independent chunks of 32 KiB.
//!
//! The method is that of [MS-PATCH] (<https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-patch/>)
//! without deltas. Where WIM differs (the block size, the fixed size for call translation), wimlib's documentation is
//! followed: <https://wimlib.net/>.

use super::Damage;
use super::huffman::{Bits, Codes};
use super::lznt1::copy_back;

/// Block size where one bit selects the default.
const BLOCK: u32 = 32_768;
/// Number of position slots in a window of 32 KiB.
const SLOTS: usize = 30;
/// Symbols of the main tree: 256 literals, and eight lengths per slot.
const MAIN: usize = 256 + SLOTS * 8;
/// Symbols of the length tree.
const LENGTHS: usize = 249;
/// The file size for the translation of call instructions.
const CALL_SIZE: i32 = 12_000_000;

/// The state that one block passes to the next.
struct State {
    main_lengths: [u8; MAIN],
    length_lengths: [u8; LENGTHS],
    main: Codes,
    lengths: Codes,
    aligned: Codes,
    recent: [usize; 3],
}

/// Decompresses one chunk of `length` bytes, at most 32 KiB, and appends it to `out`, which is empty before.
///
/// # Errors
///
/// The chunk is cut short or refers to bytes before its beginning.
pub(super) fn expand(packed: &[u8], length: usize, out: &mut Vec<u8>) -> Result<(), Damage> {
    let mut bits = Bits::new(packed);
    let mut state = State {
        main_lengths: [0; MAIN],
        length_lengths: [0; LENGTHS],
        main: Codes::default(),
        lengths: Codes::default(),
        aligned: Codes::default(),
        recent: [1; 3],
    };
    // Each block returns at least one byte.
    while out.len() < length {
        block(&mut bits, &mut state, length, out)?;
    }
    undo_calls(out);
    Ok(())
}

fn block(bits: &mut Bits<'_>, state: &mut State, whole: usize, out: &mut Vec<u8>) -> Result<(), Damage> {
    let kind = bits.read(3)?;
    let size = if bits.read(1)? == 1 { BLOCK } else { bits.read(16)? };
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    if size == 0 || size > whole.saturating_sub(out.len()) {
        return Err(Damage::Compressed);
    }
    let end = out.len().saturating_add(size);
    match kind {
        1 | 2 => {
            trees(bits, state, kind == 2)?;
            while out.len() < end {
                one(bits, state, kind == 2, end, out)?;
            }
        }
        3 => {
            bits.align();
            for recent in &mut state.recent {
                let offset = u32::from_le_bytes(bits.bytes()?);
                *recent =
                    usize::try_from(offset).ok().filter(|offset| *offset > 0).ok_or(Damage::Compressed)?;
            }
            out.extend_from_slice(bits.plain(size)?);
        }
        _ => return Err(Damage::Compressed),
    }
    Ok(())
}

fn trees(bits: &mut Bits<'_>, state: &mut State, aligned: bool) -> Result<(), Damage> {
    if aligned {
        let mut lengths = [0; 8];
        for length in &mut lengths {
            *length = narrow(bits.read(3)?);
        }
        state.aligned.fill(&lengths, 8, false)?;
    }
    let (literals, matches) = state.main_lengths.split_at_mut(256);
    read_lengths(bits, literals)?;
    read_lengths(bits, matches)?;
    state.main.fill(&state.main_lengths, 16, false)?;
    read_lengths(bits, &mut state.length_lengths)?;
    state.lengths.fill(&state.length_lengths, 16, false)
}

/// Reads code lengths, as differences from those of the block before, encoded with a small code.
fn read_lengths(bits: &mut Bits<'_>, lengths: &mut [u8]) -> Result<(), Damage> {
    let mut small = [0; 20];
    for length in &mut small {
        *length = narrow(bits.read(4)?);
    }
    let mut codes = Codes::default();
    codes.fill(&small, 15, false)?;
    let symbol = |bits: &mut Bits<'_>| {
        let (symbol, taken) = codes.symbol(bits.peek())?;
        bits.take(taken).map(|()| symbol)
    };
    let less = |before: u8, step: u32| narrow(u32::from(before).saturating_add(17).saturating_sub(step) % 17);
    let mut at = 0_usize;
    while let Some(before) = lengths.get(at).copied() {
        let (count, value) = match symbol(bits)? {
            17 => (bits.read(4)?.saturating_add(4), 0),
            18 => (bits.read(5)?.saturating_add(20), 0),
            19 => {
                let count = bits.read(1)?.saturating_add(4);
                let step = symbol(bits)?;
                if step > 17 {
                    return Err(Damage::Compressed);
                }
                (count, less(before, step))
            }
            step => (1, less(before, step)),
        };
        let end = at.saturating_add(usize::try_from(count).unwrap_or(1)).min(lengths.len());
        lengths.get_mut(at..end).unwrap_or_default().fill(value);
        at = end;
    }
    Ok(())
}

/// Decodes one literal or match.
fn one(
    bits: &mut Bits<'_>,
    state: &mut State,
    aligned: bool,
    end: usize,
    out: &mut Vec<u8>,
) -> Result<(), Damage> {
    let (symbol, taken) = state.main.symbol(bits.peek())?;
    bits.take(taken)?;
    let Some(symbol) = symbol.checked_sub(256) else {
        out.push(narrow(symbol));
        return Ok(());
    };
    let mut length = symbol & 7;
    if length == 7 {
        let (more, taken) = state.lengths.symbol(bits.peek())?;
        bits.take(taken)?;
        length = length.saturating_add(more);
    }
    let length = usize::try_from(length).unwrap_or(usize::MAX).saturating_add(2);
    let slot = usize::try_from(symbol >> 3).unwrap_or(usize::MAX);
    let back = if slot < 3 {
        state.recent.swap(0, slot);
        state.recent[0]
    } else {
        let back = new_offset(bits, state, slot, aligned)?;
        state.recent = [back, state.recent[0], state.recent[1]];
        back
    };
    if back > out.len() || length > end.saturating_sub(out.len()) {
        return Err(Damage::Compressed);
    }
    copy_back(out, back, length);
    Ok(())
}

fn new_offset(bits: &mut Bits<'_>, state: &State, slot: usize, aligned: bool) -> Result<usize, Damage> {
    // Slots come in pairs; from the fifth on, each pair has one bit more than the one before.
    let extra = u32::try_from(slot / 2).unwrap_or(0).saturating_sub(1);
    let base = if slot < 4 { slot } else { (2_usize | (slot & 1)).checked_shl(extra).unwrap_or(0) };
    let low = if aligned && extra >= 3 {
        let high = bits.read(extra.saturating_sub(3))? << 3;
        let (low, taken) = state.aligned.symbol(bits.peek())?;
        bits.take(taken)?;
        high | low
    } else {
        bits.read(extra)?
    };
    let low = usize::try_from(low).unwrap_or(0);
    base.saturating_add(low).checked_sub(2).filter(|back| *back > 0).ok_or(Damage::Compressed)
}

/// Translates x86 call targets back: they are stored as absolute addresses, but a file has distances.
fn undo_calls(out: &mut [u8]) {
    let Some(last) = out.len().checked_sub(10) else { return };
    let mut at = 0_usize;
    while at < last {
        if out.get(at) != Some(&0xe8) {
            at = at.saturating_add(1);
            continue;
        }
        let operand = at.saturating_add(1);
        let field = out.get_mut(operand..).and_then(|rest| rest.first_chunk_mut::<4>());
        if let (Some(field), Ok(position)) = (field, i32::try_from(at)) {
            let address = i32::from_le_bytes(*field);
            let distance = match address {
                0..CALL_SIZE => Some(address.wrapping_sub(position)),
                _ if address < 0 && address >= position.wrapping_neg() => {
                    Some(address.wrapping_add(CALL_SIZE))
                }
                _ => None,
            };
            if let Some(distance) = distance {
                *field = distance.to_le_bytes();
            }
        }
        at = at.saturating_add(5);
    }
}

fn narrow(number: u32) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_uncompressed_block_is_copied_and_its_calls_are_translated_back() {
        // Type 3 with an explicit size: 011 0, then 16 bits, aligned to the next word.
        let text = b"\xe8\x10\0\0\0 een tekst zonder meer";
        let size = u32::try_from(text.len()).unwrap();
        let head = (0b0110_u32 << 28) | (size << 12);
        let words =
            [head >> 16, head & 0xffff].map(|word| u16::try_from(word).unwrap().to_le_bytes()).concat();
        let recent = [1_u32; 3].map(u32::to_le_bytes).concat();
        let mut out = Vec::new();
        expand(&[&words[..], &recent, text].concat(), text.len(), &mut out).unwrap();
        assert_eq!(out, text);
        let mut out = b"....\xe8\x10\0\0\0 0123456789".to_vec();
        undo_calls(&mut out);
        assert_eq!(out[4..9], [0xe8, 0x0c, 0, 0, 0]);
    }

    #[test]
    fn truncated_input_and_unknown_codes_are_damage() {
        for packed in [vec![], vec![0; 300], vec![0xff; 300], vec![0x30; 60], vec![0x11, 0x30, 1, 2, 3, 4]] {
            assert!(expand(&packed, 32_768, &mut Vec::new()).is_err(), "{packed:x?}");
        }
    }
}
