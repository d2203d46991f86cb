//! Computes the digests of one item in one pass over its stored bytes: of the stored bytes, and, where holes were
//! left out, of the whole item with its holes as zeros. MD5 and SHA-1 are those of the whole item, and are computed
//! only where an indicator list has such digests.

use sha2::{Digest as _, Sha256};

use crate::evidence::{Content, Digest, Note, Range, Sum};
use crate::scan::indicators::{Sums, Wanted};

/// Bytes of holes that are hashed as zeros (about 4 s of one core); above that, the logical digest is left out, with
/// a note. A `lastlog` of 450 GB would take minutes.
const MAX_HASHED_HOLES: u64 = 8 << 30;

/// Zeros are fed in blocks of this size.
static ZEROS: [u8; 4 << 10] = [0; 4 << 10];

/// Consumes the stored bytes of an item in order.
pub(super) struct Digester {
    stored: Sha256,
    /// The digests of an item without holes; otherwise `logical` has them.
    sums: Sums,
    length: u64,
    logical: Option<Logical>,
    left_out: bool,
    ranges: Vec<Range>,
}

struct Logical {
    digest: Sha256,
    sums: Sums,
    position: u64,
    size: u64,
    /// Index into the ranges, and how much of that range was consumed.
    range: usize,
    passed: u64,
}

impl Digester {
    /// Begins an item; `ranges` is empty where everything is stored, `size` is its logical size.
    pub(super) fn new(ranges: Vec<Range>, size: u64, wanted: Wanted) -> Self {
        let data = ranges.iter().fold(0_u64, |sum, range| sum.saturating_add(range.length));
        let sparse = !ranges.is_empty();
        let left_out = sparse && size.saturating_sub(data) > MAX_HASHED_HOLES;
        let logical = (sparse && !left_out).then(|| Logical {
            digest: Sha256::new(),
            sums: Sums::new(wanted),
            position: 0,
            size,
            range: 0,
            passed: 0,
        });
        // An item whose holes are not hashed has no digest that a list could have.
        let sums = Sums::new(if sparse { Wanted::default() } else { wanted });
        Self { stored: Sha256::new(), sums, length: 0, logical, left_out, ranges }
    }

    /// Consumes the next stored bytes.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.stored.update(bytes);
        self.sums.update(bytes);
        self.length = self.length.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        if let Some(logical) = &mut self.logical {
            logical.update(bytes, &self.ranges);
        }
    }

    /// The digest of the stored bytes so far.
    pub(super) fn prefix(&self) -> Digest {
        Digest::from_bytes(self.stored.clone().finalize().into())
    }

    /// Ends the item. `whole` says whether all of it was read, which the logical digest needs.
    pub(super) fn finish(self, whole: bool) -> (Content, Option<Note>) {
        let sha256_stored = Digest::from_bytes(self.stored.finalize().into());
        let (sha256_logical, (md5, sha1)) = match self.logical.filter(|_| whole).map(Logical::finish) {
            Some((digest, sums)) => (Some(digest), sums),
            None if whole => (None, self.sums.finish()),
            None => (None, (None, None)),
        };
        let note = self.left_out.then_some(Note::LogicalDigestLeftOut);
        let ranges = first(self.ranges, self.length);
        let content =
            Content { sha256_logical, md5, sha1, ranges, ..Content::new(self.length, sha256_stored) };
        (content, note)
    }
}

/// Returns the ranges of the first `length` stored bytes: all of them, unless the item became shorter meanwhile.
fn first(mut ranges: Vec<Range>, length: u64) -> Vec<Range> {
    let mut left = length;
    let mut kept = 0_usize;
    for range in &mut ranges {
        // One empty range marks an item that is all hole.
        if left == 0 && kept > 0 {
            break;
        }
        range.length = range.length.min(left);
        left = left.saturating_sub(range.length);
        kept = kept.saturating_add(1);
    }
    ranges.truncate(kept);
    ranges
}

impl Logical {
    fn update(&mut self, mut bytes: &[u8], ranges: &[Range]) {
        while !bytes.is_empty() {
            let Some(range) = ranges.get(self.range) else { return };
            self.zeros_to(range.offset.saturating_add(self.passed));
            let left = range.length.saturating_sub(self.passed);
            let take = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
            let (now, later) = bytes.split_at_checked(take).unwrap_or((bytes, &[]));
            self.digest.update(now);
            self.sums.update(now);
            let taken = u64::try_from(now.len()).unwrap_or(u64::MAX);
            self.position = self.position.saturating_add(taken);
            self.passed = self.passed.saturating_add(taken);
            if self.passed >= range.length {
                self.range = self.range.saturating_add(1);
                self.passed = 0;
            }
            bytes = later;
        }
    }

    fn zeros_to(&mut self, offset: u64) {
        while self.position < offset {
            let step = usize::try_from(offset.saturating_sub(self.position)).unwrap_or(usize::MAX);
            let zeros = ZEROS.get(..step).unwrap_or(&ZEROS);
            self.digest.update(zeros);
            self.sums.update(zeros);
            self.position = self.position.saturating_add(u64::try_from(zeros.len()).unwrap_or(u64::MAX));
        }
    }

    fn finish(mut self) -> (Digest, (Option<Sum<16>>, Option<Sum<20>>)) {
        self.zeros_to(self.size);
        (Digest::from_bytes(self.digest.finalize().into()), self.sums.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Wanted = Wanted { md5: true, sha1: true };

    fn texts(content: &Content) -> [String; 2] {
        [content.md5.unwrap().to_string(), content.sha1.unwrap().to_string()]
    }

    #[test]
    fn md5_and_sha1_are_taken_where_they_are_asked_for_and_only_of_a_whole_item() {
        let of = |wanted, whole| {
            let mut digester = Digester::new(Vec::new(), 3, wanted);
            b"abc".chunks(2).for_each(|bytes| digester.update(bytes));
            digester.finish(whole).0
        };
        let expected = ["900150983cd24fb0d6963f7d28e17f72", "a9993e364706816aba3e25717850c26c9cd0d89d"];
        assert_eq!(texts(&of(ALL, true)), expected);
        for content in [of(Wanted::default(), true), of(ALL, false)] {
            assert_eq!((content.md5, content.sha1), (None, None));
        }
    }

    #[test]
    fn ranges_end_where_the_item_ended() {
        let all = vec![Range { offset: 0, length: 10 }, Range { offset: 100, length: 10 }];
        assert_eq!(first(all.clone(), 20), all);
        assert_eq!(first(all.clone(), 14), [all[0], Range { offset: 100, length: 4 }]);
        assert_eq!(first(all.clone(), 10), [all[0]]);
        assert_eq!(first(all, 0), [Range { offset: 0, length: 0 }]);
        assert_eq!(first(Vec::new(), 5), []);
    }

    #[test]
    fn the_logical_digest_is_that_of_the_item_with_its_holes_as_zeros() {
        let mut whole = vec![0_u8; 300_000];
        whole[1000..1010].copy_from_slice(b"0123456789");
        whole[200_000..200_003].copy_from_slice(b"abc");
        let ranges = vec![Range { offset: 1000, length: 10 }, Range { offset: 200_000, length: 3 }];
        for piece in [1, 4, 13] {
            let mut digester = Digester::new(ranges.clone(), 300_000, ALL);
            b"0123456789abc".chunks(piece).for_each(|bytes| digester.update(bytes));
            let (content, note) = digester.finish(true);
            assert_eq!(content.sha256_logical, Some(Digest::of(&whole)), "in pieces of {piece}");
            assert_eq!(content.sha256_stored, Digest::of(b"0123456789abc"));
            assert_eq!((content.size_stored, note), (13, None));
            let mut plain = Digester::new(Vec::new(), 300_000, ALL);
            plain.update(&whole);
            assert_eq!(texts(&content), texts(&plain.finish(true).0));
        }
    }

    #[test]
    fn holes_above_the_limit_are_not_hashed_and_a_note_says_so() {
        let digester = Digester::new(vec![Range { offset: 1 << 40, length: 1 }], (1 << 40) + 1, ALL);
        let (content, note) = digester.finish(true);
        assert_eq!((content.sha256_logical, note), (None, Some(Note::LogicalDigestLeftOut)));
        assert_eq!((content.md5, content.sha1), (None, None));
    }

    #[test]
    fn an_item_without_holes_has_one_digest() {
        let mut digester = Digester::new(Vec::new(), 3, Wanted::default());
        digester.update(b"abc");
        assert_eq!(digester.prefix(), Digest::of(b"abc"));
        assert_eq!(digester.finish(true).0.sha256_logical, None);
    }
}
