//! Decodes the canonical prefix codes of XPRESS and LZX.
//!
//! In: code lengths and a bit stream. Out: symbols. The table is indexed by the next bits, as many as the longest
//! code has: 2^15 or 2^16 entries of two bytes.

use super::Damage;

/// Longest code of either method, in bits.
const LONGEST: u32 = 16;

/// A table from the next bits to a symbol and the length of its code.
#[derive(Debug, Default)]
pub(super) struct Codes {
    /// Symbol and length, `symbol * 32 + length`; 0 where no code begins so.
    table: Vec<u32>,
    bits: u32,
}

impl Codes {
    /// Fills the table from the code lengths of symbols 0, 1, 2 …, 0 for a symbol that does not occur. `whole` says
    /// whether an incomplete code is damage.
    ///
    /// # Errors
    ///
    /// The lengths are not those of a prefix code.
    pub(super) fn fill(&mut self, lengths: &[u8], bits: u32, whole: bool) -> Result<(), Damage> {
        let bits = bits.min(LONGEST);
        let size = 1_usize << bits;
        self.bits = bits;
        self.table.clear();
        self.table.resize(size, 0);
        let mut at = 0_usize;
        for length in 1..=bits {
            let step = size >> length;
            for (symbol, _) in (0_u32..).zip(lengths).filter(|(_, wanted)| u32::from(**wanted) == length) {
                let end = at.saturating_add(step);
                let entry = symbol.saturating_mul(32).saturating_add(length);
                self.table.get_mut(at..end).ok_or(Damage::Compressed)?.fill(entry);
                at = end;
            }
        }
        let incomplete = at != size && (whole || at != 0);
        if incomplete { Err(Damage::Compressed) } else { Ok(()) }
    }

    /// Returns the symbol at the beginning of the next 16 bits, and the length of its code.
    pub(super) fn symbol(&self, next: u32) -> Result<(u32, u32), Damage> {
        let index = usize::try_from(next >> LONGEST.saturating_sub(self.bits)).unwrap_or(usize::MAX);
        match self.table.get(index) {
            Some(entry) if *entry != 0 => Ok((entry >> 5, entry & 31)),
            Some(_) | None => Err(Damage::Compressed),
        }
    }
}

/// Reads bits from the top of little-endian 16-bit words, and bytes between them. Words after the end are zeros: the
/// last codes need not fill theirs.
pub(super) struct Bits<'a> {
    data: &'a [u8],
    /// Offset of the next byte.
    next: usize,
    held: u64,
    count: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        let mut bits = Self { data, next: 0, held: 0, count: 0 };
        bits.refill();
        bits
    }

    /// Returns the next 16 bits.
    pub(super) fn peek(&self) -> u32 {
        let shift = self.count.saturating_sub(16);
        u32::try_from((self.held >> shift) & 0xffff).unwrap_or(0)
    }

    /// Advances by at most 16 bits.
    ///
    /// # Errors
    ///
    /// The position is far after the end of the data.
    pub(super) fn take(&mut self, count: u32) -> Result<(), Damage> {
        self.count = self.count.checked_sub(count).ok_or(Damage::Compressed)?;
        self.held &= 1_u64.checked_shl(self.count).map_or(u64::MAX, |top| top.saturating_sub(1));
        if self.count < 16 {
            self.word();
        }
        if self.next > self.data.len().saturating_add(64) { Err(Damage::Compressed) } else { Ok(()) }
    }

    /// Reads a number of at most 16 bits.
    pub(super) fn read(&mut self, count: u32) -> Result<u32, Damage> {
        let number = self.peek() >> 16_u32.saturating_sub(count);
        self.take(count)?;
        Ok(number)
    }

    /// Reads the next bytes between the words.
    pub(super) fn bytes<const N: usize>(&mut self) -> Result<[u8; N], Damage> {
        let bytes = self.data.get(self.next..).and_then(|rest| rest.first_chunk::<N>());
        self.next = self.next.saturating_add(N);
        bytes.copied().ok_or(Damage::Compressed)
    }

    /// Skips the rest of the current word, so that bytes follow.
    pub(super) fn align(&mut self) {
        let used = self.next.saturating_mul(8).saturating_sub(usize::try_from(self.count).unwrap_or(0));
        self.next = (used / 16).saturating_add(1).saturating_mul(2);
        (self.held, self.count) = (0, 0);
    }

    /// Returns the next `length` bytes after [`Self::align`]; bits follow from the next whole word on.
    pub(super) fn plain(&mut self, length: usize) -> Result<&'a [u8], Damage> {
        let bytes = self.data.get(self.next..).and_then(|rest| rest.get(..length));
        self.next = self.next.saturating_add(length).next_multiple_of(2);
        self.refill();
        bytes.ok_or(Damage::Compressed)
    }

    fn refill(&mut self) {
        self.word();
        self.word();
    }

    fn word(&mut self) {
        let word = self.data.get(self.next..).and_then(|rest| rest.first_chunk::<2>()).copied();
        self.next = self.next.saturating_add(2);
        self.held = (self.held << 16) | u64::from(u16::from_le_bytes(word.unwrap_or_default()));
        self.count = self.count.saturating_add(16);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shorter_codes_come_first_and_lengths_that_make_no_code_are_damage() {
        let mut codes = Codes::default();
        codes.fill(&[2, 1, 0, 2], 15, true).unwrap();
        assert_eq!(codes.symbol(0x7fff).unwrap(), (1, 1));
        assert_eq!(codes.symbol(0x8000).unwrap(), (0, 2));
        assert_eq!(codes.symbol(0xffff).unwrap(), (3, 2));
        assert!(codes.fill(&[1, 1, 1], 15, true).is_err());
        assert!(codes.fill(&[1, 2], 15, true).is_err());
        assert!(codes.fill(&[0, 0], 15, false).is_ok() && codes.symbol(0).is_err());
    }
}
