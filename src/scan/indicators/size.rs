//! Names and paths that count only for a file of a size, as STIX and OpenIOC join them by AND.
//!
//! In: a name or path, and the sizes it counts for. Out: which of them an item of a known size meets. An item whose size is
//! not known meets none: what is asked was not seen.

use super::path::{Case, Met, PathForm, Paths};

/// Sizes in bytes, the ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SizeRange {
    pub(super) at_least: u64,
    pub(super) at_most: u64,
}

impl SizeRange {
    /// Any size.
    pub(super) const ANY: Self = Self { at_least: 0, at_most: u64::MAX };

    /// The sizes of both; nothing where no file has one.
    pub(super) fn and(self, other: Self) -> Option<Self> {
        let both =
            Self { at_least: self.at_least.max(other.at_least), at_most: self.at_most.min(other.at_most) };
        (both.at_least <= both.at_most).then_some(both)
    }

    fn has(self, size: u64) -> bool {
        (self.at_least..=self.at_most).contains(&size)
    }
}

impl std::fmt::Display for SizeRange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.at_least, self.at_most) {
            (least, most) if least == most => write!(f, "size {least}"),
            (least, u64::MAX) => write!(f, "size {least} or more"),
            (0, most) => write!(f, "size {most} or less"),
            (least, most) => write!(f, "size {least} to {most}"),
        }
    }
}

/// Names, paths and patterns, each with its sizes.
#[derive(Default)]
pub(super) struct SizedPaths {
    paths: Paths,
    /// Under the number that a path is labelled with.
    sizes: Vec<(SizeRange, u32)>,
}

impl SizedPaths {
    /// Takes a name, path or pattern.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub(super) fn push(&mut self, form: &PathForm, size: SizeRange, label: u32) -> Result<(), &'static str> {
        let number = u32::try_from(self.sizes.len()).unwrap_or(u32::MAX);
        self.paths.push(form, number)?;
        self.sizes.push((size, label));
        Ok(())
    }

    pub(super) fn seal(&mut self) {
        self.paths.seal();
    }

    /// What an item of a size meets by its path.
    pub(super) fn find(&self, path: &str, size: u64, case: Case) -> Vec<Met> {
        let met = self.paths.find(path, case).into_iter().filter_map(|(shown, number)| {
            let (sizes, label) = self.sizes.get(usize::try_from(number).ok()?)?;
            sizes.has(size).then(|| (format!("{shown} ({sizes})"), *label))
        });
        met.collect()
    }

    pub(super) fn len(&self) -> usize {
        self.paths.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_a_size_is_met_by_files_of_that_size_only() {
        let mut all = SizedPaths::default();
        let size = SizeRange { at_least: 5, at_most: u64::MAX };
        all.push(&PathForm::of("evil.exe").unwrap(), size, 7).unwrap();
        all.seal();
        let found = |size| all.find("/tmp/evil.exe", size, Case::Heeded);
        assert_eq!(found(4), []);
        assert_eq!(found(5), [("evil.exe (size 5 or more)".to_owned(), 7)]);
        assert_eq!(size.and(SizeRange { at_least: 0, at_most: 4 }), None);
    }
}
