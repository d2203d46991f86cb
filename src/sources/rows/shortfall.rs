//! What is lacking of something that was read: by kind, how often, and the first of each in words.
//!
//! In: each gap where it is met, in a [`Gaps`] that is passed down to all readers of one item. Out: a [`Shortfall`], which
//! must be handed on, and becomes the [`Reason`] in the item's record.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::evidence::{Reason, ReasonCode};
use crate::sys::GapPlace;

/// What is lacking, to be handed on until it is in a record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use = "what is lacking must reach the record"]
pub(crate) struct Shortfall {
    gaps: BTreeMap<ReasonCode, (u64, String)>,
}

/// Where all readers of one item note what is lacking.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gaps(Arc<Mutex<Shortfall>>);

/// The reason of a gap that is in no [`Gaps`]; `None` only in a build that loses this one on purpose.
#[cfg_attr(feature = "drop-gaps", track_caller)]
pub(crate) fn gap_reason(code: ReasonCode, detail: impl Into<String>) -> Option<Reason> {
    (!crate::sys::gap_is_lost()).then(|| Reason::new(code, detail))
}

impl Shortfall {
    /// Adds a gap: its kind, and what exactly is lacking, lower case, no full stop.
    #[cfg_attr(feature = "drop-gaps", track_caller)]
    pub(crate) fn add(&mut self, code: ReasonCode, detail: impl Into<String>) {
        self.add_of(GapPlace::of_caller(), code, detail);
    }

    fn add_of(&mut self, place: GapPlace, code: ReasonCode, detail: impl Into<String>) {
        if place.is_lost() {
            return;
        }
        let (count, _) = self.gaps.entry(code).or_insert_with(|| (0, detail.into()));
        *count = count.saturating_add(1);
    }

    /// Adds all of another.
    pub(crate) fn merge(&mut self, other: Self) {
        for (code, (count, first)) in other.gaps {
            let (sum, _) = self.gaps.entry(code).or_insert_with(|| (0, first));
            *sum = sum.saturating_add(count);
        }
    }

    /// All of it as one reason, its code that of the first kind by the order of [`ReasonCode`]; `None` where nothing is
    /// lacking.
    pub(crate) fn reason(self) -> Option<Reason> {
        let code = *self.gaps.keys().next()?;
        let said = self.gaps.into_values().map(|(count, first)| match count {
            1 => first,
            _ => format!("{first} (the first of {count})"),
        });
        Some(Reason::new(code, said.collect::<Vec<_>>().join("; ")))
    }
}

impl Gaps {
    /// Adds a gap, as [`Shortfall::add`].
    #[cfg_attr(feature = "drop-gaps", track_caller)]
    pub(crate) fn add(&self, code: ReasonCode, detail: impl Into<String>) {
        self.add_of(GapPlace::of_caller(), code, detail);
    }

    fn add_of(&self, place: GapPlace, code: ReasonCode, detail: impl Into<String>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).add_of(place, code, detail);
    }

    /// Adds all of what another reader lacks.
    pub(crate) fn merge(&self, other: Shortfall) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).merge(other);
    }

    /// What was noted until now. It stays noted: what was read once for several readings of the rows is lacking of each.
    pub(crate) fn noted(&self) -> Shortfall {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The first `most` bytes of a file that was read one byte further; that there are more is a gap.
    #[cfg_attr(feature = "drop-gaps", track_caller)]
    pub(crate) fn at_most_bytes(&self, most: usize, path: &str, mut bytes: Vec<u8>) -> Vec<u8> {
        if bytes.len() > most {
            bytes.truncate(most);
            let detail = format!("reading '{path}': it is longer than {most} bytes, and no more was read");
            self.add(ReasonCode::SizeLimit, detail);
        }
        bytes
    }

    /// The first `most` of them; that there are more is a gap, and `what` names them: "devices".
    #[cfg_attr(feature = "drop-gaps", track_caller)]
    pub(crate) fn at_most<I: IntoIterator>(
        &self,
        most: usize,
        what: &'static str,
        all: I,
    ) -> impl Iterator<Item = I::Item> + use<I> {
        let (gaps, place) = (self.clone(), GapPlace::of_caller());
        let mut left = most;
        let mut all = all.into_iter();
        std::iter::from_fn(move || {
            let next = all.next()?;
            if let Some(fewer) = left.checked_sub(1) {
                left = fewer;
                return Some(next);
            }
            let detail = format!("there are more than {most} {what}: the others were not read");
            gaps.add_of(place, ReasonCode::SizeLimit, detail);
            None
        })
        .fuse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_of_two_readers_are_added_up_by_kind() {
        let mut one = Shortfall::default();
        one.add(ReasonCode::ReadError, "a");
        let other = Gaps::default();
        other.add(ReasonCode::ReadError, "b");
        other.clone().add(ReasonCode::PermissionDenied, "c");
        one.merge(other.noted());
        let reason = Reason::new(ReasonCode::PermissionDenied, "c; a (the first of 2)");
        assert_eq!(one.reason(), Some(reason));
        assert!(other.noted().reason().is_some(), "it is lacking of a second reading too");
    }

    #[test]
    fn more_than_a_limit_is_a_gap_and_as_many_as_it_is_none() {
        let gaps = Gaps::default();
        assert_eq!(gaps.at_most(3, "numbers", 0..3).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(gaps.noted().reason(), None);
        let mut cut = gaps.at_most(3, "numbers", 0..9);
        assert_eq!(cut.by_ref().collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(cut.next(), None);
        let detail = "there are more than 3 numbers: the others were not read";
        assert_eq!(gaps.noted().reason(), Some(Reason::new(ReasonCode::SizeLimit, detail)));
    }
}
