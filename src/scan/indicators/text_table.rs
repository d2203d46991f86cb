//! Texts that are looked up whole: names, paths, domains, URLs, pipes, registry keys. A sorted array and a binary
//! search; the cost of a look-up grows with the logarithm of their number.

/// Texts, each with what belongs to it.
pub(super) struct Texts<V> {
    entries: Vec<(Box<str>, V)>,
}

impl<V> Default for Texts<V> {
    fn default() -> Self {
        Self { entries: Vec::new() }
    }
}

impl<V: Ord> Texts<V> {
    /// Takes a text; it is found after [`Self::seal`].
    pub(super) fn push(&mut self, text: impl Into<Box<str>>, value: V) {
        self.entries.push((text.into(), value));
    }

    /// Sorts, and drops what is there twice.
    pub(super) fn seal(&mut self) {
        self.entries.sort_unstable();
        self.entries.dedup();
        self.entries.shrink_to_fit();
    }

    /// Everything that stands under a text.
    pub(super) fn find<'s>(&'s self, text: &str) -> impl Iterator<Item = &'s (Box<str>, V)> + use<'s, V> {
        let first = self.entries.partition_point(|(entry, _)| **entry < *text);
        let rest = self.entries.get(first..).unwrap_or_default();
        let last = rest.partition_point(|(entry, _)| **entry == *text);
        rest.get(..last).unwrap_or_default().iter()
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_with_all_that_stands_under_it_and_a_part_of_it_is_not() {
        let mut texts = Texts::default();
        for (text, value) in [("b", 2), ("a", 1), ("b", 3), ("bb", 4), ("b", 2)] {
            texts.push(text, value);
        }
        texts.seal();
        let values = |text: &str| texts.find(text).map(|(_, value)| *value).collect::<Vec<_>>();
        assert_eq!((values("b"), values("a"), values("bb")), (vec![2, 3], vec![1], vec![4]));
        assert!(values("").is_empty() && values("c").is_empty());
        assert_eq!(texts.len(), 4);
    }
}
