//! Findings of the search for an artifact: something to read, or the reason why there is nothing.
//!
//! In: a path, its facts and its volume. Out: [`Finding`], which is [`Found`] or [`Unread`].

use super::rows::Rows;
use crate::evidence::{Kind, Metadata, Note, Origin, Outcome, Reason, ReasonCode, Volume};

/// One result of looking for an artifact.
#[derive(Debug, Clone)]
pub enum Finding {
    /// Something that is there.
    Found(Found),
    /// Something that is not, or is not taken.
    Gap(Unread),
}

/// Something that is there: an item to be opened, or a link or folder whose record is all there is.
#[derive(Debug, Clone)]
pub struct Found {
    /// Where it stands on the target.
    pub origin: Origin,
    /// What it is.
    pub kind: Kind,
    /// Its metadata when it was found.
    pub metadata: Metadata,
    /// How it was found.
    pub notes: Vec<Note>,
    /// Index of the volume (root or drive) that it is on.
    pub(crate) place: usize,
    /// Its path below the root of that volume, as bytes joined by `/`.
    pub(crate) path: Vec<u8>,
    /// Bytes of storage it takes.
    pub(crate) allocated: Option<u64>,
    /// Whether reading it may hang.
    pub(crate) guarded: bool,
    /// Whether it may have content although its size is 0 (`/proc`).
    pub(crate) no_size: bool,
    /// Its alternate streams and their sizes, which are items of their own.
    pub(crate) streams: Vec<(Vec<u8>, u64)>,
    /// How its content is had.
    pub(crate) way: Way,
}

/// How the content of an item is had.
#[derive(Debug, Clone)]
pub(crate) enum Way {
    /// By opening the file that stands at its path.
    File,
    /// Through the kernel's own link to the program of a process, which its path is: the program's file may be gone.
    Program,
    /// By making rows.
    Rows(Rows),
}

impl Found {
    /// Rows that are made when the item is read.
    pub(crate) fn rows(origin: Origin, rows: Rows) -> Self {
        Self {
            origin,
            kind: Kind::Rows,
            metadata: Metadata::default(),
            notes: Vec::new(),
            place: 0,
            path: Vec::new(),
            allocated: None,
            guarded: true,
            no_size: true,
            streams: Vec::new(),
            way: Way::Rows(rows),
        }
    }

    /// A file of which only the origin is known so far.
    #[cfg(test)]
    pub(crate) fn file(origin: Origin) -> Self {
        let way = Way::File;
        Self { guarded: false, no_size: false, way, ..Self::program(origin, 0, 0, Metadata::default()) }
    }

    /// The program that a process runs, by the kernel's link to it.
    pub(crate) fn program(origin: Origin, place: usize, pid: u32, metadata: Metadata) -> Self {
        Self {
            origin,
            kind: Kind::File,
            metadata,
            notes: Vec::new(),
            place,
            path: format!("proc/{pid}/exe").into_bytes(),
            allocated: None,
            guarded: true,
            no_size: false,
            streams: Vec::new(),
            way: Way::Program,
        }
    }

    /// Whether it stood in a shadow copy.
    #[must_use]
    pub const fn is_of_a_shadow_copy(&self) -> bool {
        matches!(self.origin, Origin::File { volume: Volume::Shadow(..), .. })
    }

    /// Most bytes that reading it can give, as far as is known beforehand.
    #[must_use]
    pub fn most(&self) -> Option<u64> {
        match &self.way {
            Way::Rows(rows) => Some(rows.most()),
            Way::File | Way::Program => self.metadata.size,
        }
    }
}

/// Something that is not there, or is not taken, and why.
#[derive(Debug, Clone)]
pub struct Unread {
    /// Where it would stand.
    pub origin: Origin,
    /// What it is, where that is known.
    pub kind: Kind,
    /// What becomes of it.
    pub outcome: Outcome,
    /// Why.
    pub reason: Reason,
    /// Its metadata, where it could be had.
    pub metadata: Metadata,
}

impl Unread {
    /// Makes the gap that a failure of the operating system leaves.
    #[cfg_attr(feature = "drop-gaps", track_caller)]
    pub(crate) fn of_error(origin: Origin, attempt: &str, error: &std::io::Error) -> Self {
        let (outcome, code) = match error.kind() {
            _ if crate::sys::is_nothing(error) => (Outcome::Missing, ReasonCode::Vanished),
            _ if crate::sys::is_not_local(error) => (Outcome::Skipped, ReasonCode::NotLocal),
            _ if crate::sys::is_in_use(error) => (Outcome::Failed, ReasonCode::InUse),
            _ if crate::sys::is_blocked_by_antivirus(error) => {
                (Outcome::Failed, ReasonCode::BlockedByAntivirus)
            }
            std::io::ErrorKind::PermissionDenied => (Outcome::Denied, ReasonCode::PermissionDenied),
            std::io::ErrorKind::TimedOut => (Outcome::Failed, ReasonCode::Timeout),
            std::io::ErrorKind::Unsupported => (Outcome::Failed, ReasonCode::Unsupported),
            _ => (Outcome::Failed, ReasonCode::ReadError),
        };
        let reason = Reason::new(code, format!("{attempt}: {error}"));
        Self { origin, kind: Kind::Unknown, outcome, reason, metadata: Metadata::default() }.kept()
    }

    /// Makes a gap without metadata.
    #[cfg_attr(feature = "drop-gaps", track_caller)]
    pub(crate) fn new(origin: Origin, outcome: Outcome, code: ReasonCode, detail: impl Into<String>) -> Self {
        let reason = Reason::new(code, detail);
        Self { origin, kind: Kind::Unknown, outcome, reason, metadata: Metadata::default() }.kept()
    }

    /// Makes the gap of something found that is not taken.
    #[cfg_attr(feature = "drop-gaps", track_caller)]
    pub(crate) fn of_found(
        found: Found,
        outcome: Outcome,
        code: ReasonCode,
        detail: impl Into<String>,
    ) -> Self {
        let reason = Reason::new(code, detail);
        Self { origin: found.origin, kind: found.kind, outcome, reason, metadata: found.metadata }.kept()
    }

    /// The same; in a build that loses this gap on purpose, one that makes nothing partial.
    #[cfg_attr(feature = "drop-gaps", track_caller)]
    fn kept(self) -> Self {
        if crate::sys::gap_is_lost() {
            let reason = Reason::new(ReasonCode::NotFound, "");
            return Self { outcome: Outcome::Missing, reason, ..self };
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_whose_entries_are_elsewhere_is_left_there_and_named() {
        let error = crate::sys::entries_not_local();
        let gap = Unread::of_error(Origin::drive('C', "Users/anna/OneDrive"), "listing", &error);
        assert_eq!((gap.outcome, gap.reason.code), (Outcome::Skipped, ReasonCode::NotLocal));
        let detail = "listing: its entries are not on this machine, and asking for them would fetch them";
        assert_eq!(gap.reason.detail, detail);
        let other = Unread::of_error(Origin::drive('C', "x"), "listing", &std::io::Error::other("x"));
        assert_eq!(other.reason.code, ReasonCode::ReadError);
    }
}
