//! Lists of the ranges of a file that contain data, kept short: where there are too many, the smallest holes are
//! closed.

use super::Range;

/// A list that is kept short while it grows.
#[derive(Debug)]
pub(crate) struct Growing {
    ranges: Vec<Range>,
    most: usize,
    cut: bool,
}

impl Growing {
    /// Makes a list that ends with at most `most` ranges.
    pub(crate) const fn new(most: usize) -> Self {
        Self { ranges: Vec::new(), most, cut: false }
    }

    /// Adds the next range, which is after all earlier ones.
    pub(crate) fn push(&mut self, range: Range) {
        self.ranges.push(range);
        if self.ranges.len() >= self.most.saturating_mul(2) {
            self.shorten();
        }
    }

    /// Returns the ranges, and whether holes between them were closed.
    pub(crate) fn finish(mut self) -> (Vec<Range>, bool) {
        if self.ranges.len() > self.most {
            self.shorten();
        }
        (self.ranges, self.cut)
    }

    fn shorten(&mut self) {
        close_smallest_holes(&mut self.ranges, self.most);
        self.cut = true;
    }
}

/// Joins neighbours, those with the smallest holes between them first, until `most` ranges are left.
pub(crate) fn close_smallest_holes(ranges: &mut Vec<Range>, most: usize) {
    let hole = |before: &Range, after: &Range| {
        after.offset.saturating_sub(before.offset.saturating_add(before.length))
    };
    let mut holes: Vec<(u64, usize)> = ranges
        .windows(2)
        .enumerate()
        .filter_map(|(index, pair)| Some((hole(pair.first()?, pair.get(1)?), index.saturating_add(1))))
        .collect();
    holes.sort_unstable();
    // By the index of the range after the hole.
    let mut closed = vec![false; ranges.len()];
    for (_, index) in holes.into_iter().take(ranges.len().saturating_sub(most.max(1))) {
        if let Some(closed) = closed.get_mut(index) {
            *closed = true;
        }
    }
    let mut joined: Vec<Range> = Vec::with_capacity(most);
    for (range, closed) in ranges.drain(..).zip(closed) {
        match joined.last_mut().filter(|_| closed) {
            Some(last) => {
                last.length = range.offset.saturating_add(range.length).saturating_sub(last.offset);
            }
            None => joined.push(range),
        }
    }
    *ranges = joined;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_stays_short_while_it_grows_and_says_so() {
        let list = |count: u64| {
            let mut list = Growing::new(3);
            (0..count).for_each(|number| list.push(Range { offset: number * 100 * number, length: 1 }));
            list.finish()
        };
        assert_eq!((list(3).0.len(), list(3).1), (3, false));
        let (ranges, cut) = list(50);
        assert!(cut && ranges.len() == 3, "{ranges:?}");
        assert_eq!(
            ranges.last().map(|last| last.offset.saturating_add(last.length)),
            Some(49 * 100 * 49 + 1)
        );
    }

    #[test]
    fn the_smallest_holes_are_closed_first() {
        let range = |offset, length| Range { offset, length };
        let mut ranges =
            vec![range(0, 10), range(1_000, 10), range(1_020, 5), range(9_000, 1), range(9_100, 4)];
        close_smallest_holes(&mut ranges, 3);
        assert_eq!(ranges, [range(0, 10), range(1_000, 25), range(9_000, 104)]);
        close_smallest_holes(&mut ranges, 3);
        assert_eq!(ranges.len(), 3);
        close_smallest_holes(&mut ranges, 1);
        assert_eq!(ranges, [range(0, 9_104)]);
    }
}
