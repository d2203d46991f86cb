//! Digests as sorted, packed arrays: 4 bytes of label behind each digest and at most a byte of index, whatever their
//! number, so that ten million fit where a tree or a hash map would need three times the memory.
//!
//! In: digests with the label of what their list says of them. Out: the labels of one digest. An index over the first
//! bits leads to some four to eight neighbours, and a binary search ends there: the cost does not grow with the list.

/// Binary logarithm of the least average number of digests that one place of the index leads to. 4 bytes a place are a
/// byte a digest; sixteen neighbours would cost a quarter of that, and each look-up two more waits for memory.
const NEIGHBOURS_LOG2: u32 = 2;

/// Most bits of the index: 64 MiB of places, enough for the largest list that is taken.
const INDEX_BITS: u32 = 24;

/// A digest and its label, without a byte between or behind them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct DigestEntry<const N: usize> {
    digest: [u8; N],
    label: [u8; 4],
}

impl<const N: usize> DigestEntry<N> {
    /// The first bytes as a number, which is compared faster than an array; of two alike the rest decides.
    fn first(&self) -> u64 {
        u64::from_be_bytes(self.digest.first_chunk().copied().unwrap_or_default())
    }

    /// The label that was given with it.
    pub(super) const fn label(&self) -> u32 {
        u32::from_be_bytes(self.label)
    }
}

/// All digests of one length.
pub(super) struct Digests<const N: usize> {
    entries: Vec<DigestEntry<N>>,
    /// At place `p`: how many entries begin with fewer than `p` in their first `bits` bits; one more place ends it.
    index: Vec<u32>,
    bits: u32,
}

impl<const N: usize> Default for Digests<N> {
    fn default() -> Self {
        Self { entries: Vec::new(), index: Vec::new(), bits: 0 }
    }
}

impl<const N: usize> Digests<N> {
    /// Takes a digest; it is found after [`Self::seal`].
    pub(super) fn push(&mut self, digest: [u8; N], label: u32) {
        self.entries.push(DigestEntry { digest, label: label.to_be_bytes() });
    }

    /// Sorts, drops what is there twice, and makes the index.
    pub(super) fn seal(&mut self) {
        self.entries.sort_unstable_by(|a, b| a.first().cmp(&b.first()).then_with(|| a.cmp(b)));
        self.entries.dedup();
        self.entries.shrink_to_fit();
        let log2 = self.entries.len().checked_ilog2().unwrap_or(0);
        self.bits = log2.saturating_sub(NEIGHBOURS_LOG2).min(INDEX_BITS);
        let places = 1_usize << self.bits;
        self.index = Vec::with_capacity(places.saturating_add(1));
        for (number, entry) in self.entries.iter().enumerate() {
            let place = self.place(&entry.digest);
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            while self.index.len() <= place {
                self.index.push(number);
            }
        }
        let all = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        self.index.resize(places.saturating_add(1), all);
    }

    /// Everything that stands under a digest: one entry for each label.
    pub(super) fn find(&self, digest: &[u8; N]) -> &[DigestEntry<N>] {
        let place = self.place(digest);
        let at = |place: usize| usize::try_from(self.index.get(place).copied().unwrap_or(0)).unwrap_or(0);
        let neighbours = self.entries.get(at(place)..at(place.saturating_add(1))).unwrap_or_default();
        let first = neighbours.partition_point(|entry| entry.digest < *digest);
        let same = neighbours.get(first..).unwrap_or_default();
        let last = same.partition_point(|entry| entry.digest == *digest);
        same.get(..last).unwrap_or_default()
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Memory they take, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let entries = self.entries.capacity().saturating_mul(size_of::<DigestEntry<N>>());
        entries.saturating_add(self.index.capacity().saturating_mul(size_of::<u32>()))
    }

    /// The first bits of a digest, as a place in the index.
    fn place(&self, digest: &[u8; N]) -> usize {
        let first = digest.first_chunk::<4>().copied().unwrap_or_default();
        let shift = u32::BITS.saturating_sub(self.bits);
        usize::try_from(u32::from_be_bytes(first).checked_shr(shift).unwrap_or(0)).unwrap_or(0)
    }
}

/// Bytes as lower-case hexadecimal digits.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len().saturating_mul(2)), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Digests in no order, by `SplitMix64`.
    fn digest(number: u64) -> [u8; 32] {
        let mut bytes = [0; 32];
        let mut state = number;
        for part in bytes.chunks_mut(8) {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            part.copy_from_slice(&(z ^ (z >> 31)).to_be_bytes());
        }
        bytes
    }

    fn labels(digests: &Digests<32>, digest: &[u8; 32]) -> Vec<u32> {
        digests.find(digest).iter().map(DigestEntry::label).collect()
    }

    #[test]
    fn every_digest_is_found_with_its_label_and_no_other_is_whatever_their_number() {
        for count in [0, 1, 2, 31, 32, 33, 1_000, 70_000] {
            let mut digests = Digests::default();
            (0..count).for_each(|number| digests.push(digest(number * 2), u32::try_from(number).unwrap()));
            digests.seal();
            for number in (0..count).step_by(1 + usize::try_from(count / 500).unwrap()) {
                assert_eq!(labels(&digests, &digest(number * 2)), [u32::try_from(number).unwrap()]);
                assert!(digests.find(&digest(number * 2 + 1)).is_empty());
            }
            for edge in [[0; 32], [0xff; 32]] {
                assert!(digests.find(&edge).is_empty());
            }
        }
    }

    #[test]
    fn a_digest_of_two_lists_is_found_in_both_and_the_same_line_twice_is_one() {
        let mut digests = Digests::default();
        for label in [7, 3, 7] {
            digests.push([9; 32], label);
        }
        digests.push([0xff; 32], 1);
        digests.push([0; 32], 2);
        digests.seal();
        assert_eq!(labels(&digests, &[9; 32]), [3, 7]);
        assert_eq!((labels(&digests, &[0xff; 32]), labels(&digests, &[0; 32])), (vec![1], vec![2]));
        assert_eq!(digests.len(), 4);
    }

    #[test]
    fn digests_that_all_begin_alike_are_found_as_well() {
        let mut digests = Digests::default();
        for number in 0..5_000_u32 {
            let mut digest = [0x44; 32];
            digest[28..].copy_from_slice(&number.to_be_bytes());
            digests.push(digest, number);
        }
        digests.seal();
        let mut wanted = [0x44; 32];
        wanted[28..].copy_from_slice(&4_321_u32.to_be_bytes());
        assert_eq!(labels(&digests, &wanted), [4_321]);
    }

    #[test]
    fn a_sha256_costs_less_than_37_bytes_with_its_label_and_its_part_of_the_index() {
        let mut digests = Digests::default();
        (0..100_000).for_each(|number| digests.push(digest(number), 0));
        digests.seal();
        assert!(digests.bytes() < 37 * 100_000, "{}", digests.bytes());
        assert!(digests.bytes() > 36 * 100_000, "{}", digests.bytes());
    }
}
