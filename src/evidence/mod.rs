//! The vocabulary that all stages share: where an item was found, its outcome, its digest, what matched it; and in
//! [`rows`] the types of live and derived state.
//!
//! An [`Item`] is filled in on its way from `sources` through `scan` to `bundle`, is written as one JSON line of
//! a checkpoint, and is read back by `analysis` unchanged. Facts of files (`Stat`), exact text ([`Exact`]) and the
//! helpers for bytes, SIDs and UTF-16 are here because both the operating system and the readers of formats return them.
//! Nothing here reads a file, writes one or decides.

use std::fmt;

use serde::{Deserialize, Serialize};

mod attributes;
pub(crate) mod bytes;
mod content;
mod exact;
mod hit;
mod origin;
pub(crate) mod ranges;
pub mod rows;
mod scanned;
pub(crate) mod sid;
mod stat;
mod value;
pub(crate) mod wtf8;

pub use attributes::{ExtendedAttribute, FileAttributes, FileCapabilities, FileFlag};
pub use content::{Content, Range};
pub use exact::Exact;
pub use hit::{Hit, HitKind, HitRow, Match, cut};
pub use origin::{Origin, Volume};
pub use scanned::{Assessment, Cause, Fate, Level, ScanCounts, Scanned};
pub(crate) use stat::{Entry, Stat};
pub use value::{Digest, Md5, Sha1, Sum, Utc};

/// One thing acquired from the target: origin, metadata, digests, outcome, hits. One line of a checkpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// Position in the order of acquisition, from 1; unique in a bundle.
    pub number: u64,
    /// The artifact that asked for it, for example `LinuxAuthLogs`; `veldkit:path` where the operator named a path,
    /// `veldkit:target` where something could not be learned about the target itself.
    pub artifact: String,
    /// Where it stood on the target.
    pub origin: Origin,
    /// The entry in the bundle that holds its bytes; absent where nothing was stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// The entry that holds the same bytes, where they are not stored again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_as: Option<String>,
    /// What it is on the target.
    pub kind: Kind,
    /// What became of it.
    pub outcome: Outcome,
    /// Why the outcome is not `collected`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// Metadata as read from the target.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    /// The bytes that were stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Content>,
    /// How it was read, for example `open` or `raw_ntfs`, and why an earlier way failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub read_by: Vec<String>,
    /// What a reader must know of the reading: [`Note`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// What was scanned of it; absent where scanning was off or nothing was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scan: Option<Scanned>,
    /// The rules and indicators that fired on it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hits: Vec<Hit>,
    /// How bad they are together; absent where nothing fired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assessment: Option<Assessment>,
    /// Class of personal data of its artifact.
    pub personal_data: PersonalData,
    /// When reading ended.
    pub acquired: Utc,
}

/// What an item is on the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A regular file, or the main stream of one.
    File,
    /// A folder.
    Directory,
    /// A symbolic link, junction or other reparse point that names another place.
    Link,
    /// An alternate data stream.
    Stream,
    /// A named pipe.
    Fifo,
    /// A Unix socket.
    Socket,
    /// A character or block device.
    Device,
    /// The memory of a running process: looked through, and not stored.
    Process,
    /// JSON lines made from what the operating system or other evidence told.
    Rows,
    /// Something looked for that was not there, or whose kind could not be learnt.
    Unknown,
}

/// What became of an item. Never an error that ends a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// All of it is in the bundle (a link, a folder or a process: its record is).
    Collected,
    /// Some of it is in the bundle.
    Partial,
    /// It was looked for and is not on the target.
    Missing,
    /// The target refused access.
    Denied,
    /// Reading it failed for another reason.
    Failed,
    /// It was left out on purpose.
    Skipped,
}

impl Outcome {
    /// All outcomes, in the order in which reports count them.
    pub const ALL: [Self; 6] =
        [Self::Collected, Self::Partial, Self::Missing, Self::Denied, Self::Failed, Self::Skipped];

    /// The word for it in records, manifests and reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Collected => "collected",
            Self::Partial => "partial",
            Self::Missing => "missing",
            Self::Denied => "denied",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// Why an item is not simply collected: a code to count by, and a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The kind of reason.
    pub code: ReasonCode,
    /// What exactly happened, lower case, no full stop; text from the target is escaped when printed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

impl Reason {
    /// Makes a reason of a code and its detail.
    #[must_use]
    pub fn new(code: ReasonCode, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }
}

/// The kinds of reasons. Additions are new variants; a reader takes one it does not know for `other`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonCode {
    /// Nothing on the target matches.
    NotFound,
    /// The target has no such thing: another operating system or version.
    NotApplicable,
    /// The operating system refused access.
    PermissionDenied,
    /// Reading failed.
    ReadError,
    /// It was there when listed and gone when opened.
    Vanished,
    /// Reading took longer than the limit for one item.
    Timeout,
    /// Larger than the playbook's limit for one item.
    SizeLimit,
    /// The playbook's limit on bytes or items of this artifact was reached.
    ArtifactLimit,
    /// Cut by a limit that the operator set: `--max-file-size`, `--size-limit`, `--time-limit`.
    OperatorLimit,
    /// The operator left out this class of personal data.
    PersonalData,
    /// A fifo, socket or device: it has no content to copy.
    NotAFile,
    /// On a network file system.
    NetworkFileSystem,
    /// On a pseudo file system.
    PseudoFileSystem,
    /// The tool's own output.
    OwnOutput,
    /// A link back to a folder above it.
    Loop,
    /// A placeholder whose content is in the cloud.
    NotLocal,
    /// Another program keeps it for itself.
    InUse,
    /// An anti-virus program let nobody read it.
    BlockedByAntivirus,
    /// The operator interrupted the run.
    Interrupted,
    /// An internal error of the tool occurred on this item.
    Internal,
    /// The way it is stored on the target is not supported.
    Unsupported,
    /// Any other reason.
    #[serde(other)]
    Other,
}

impl Item {
    /// Whether this item makes a run partial (exit code 3): it failed, was refused, was cut short, or fell to a
    /// limit that the operator set. Missing items and the playbook's own limits do not; a limit of the tool on what rows
    /// are made of does.
    #[must_use]
    pub fn makes_partial(&self) -> bool {
        match self.outcome {
            Outcome::Denied | Outcome::Failed => true,
            Outcome::Partial | Outcome::Skipped => self.reason.as_ref().is_some_and(|reason| {
                let of_limit = matches!(reason.code, ReasonCode::SizeLimit | ReasonCode::ArtifactLimit);
                let of_rows = of_limit && self.kind == Kind::Rows && self.outcome == Outcome::Partial;
                of_rows
                    || matches!(
                        reason.code,
                        ReasonCode::OperatorLimit
                            | ReasonCode::PermissionDenied
                            | ReasonCode::Timeout
                            | ReasonCode::ReadError
                            | ReasonCode::Internal
                            | ReasonCode::Interrupted
                            | ReasonCode::Unsupported
                            | ReasonCode::InUse
                            | ReasonCode::BlockedByAntivirus
                    )
            }),
            Outcome::Collected | Outcome::Missing => false,
        }
    }
}

/// Metadata of an item as its file system or the operating system told it; what is absent was not told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Metadata {
    /// Logical size in bytes when opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Last change of the content.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modified: Option<Utc>,
    /// Last access, as it stood before the tool read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accessed: Option<Utc>,
    /// Last change of the metadata (Unix ctime, NTFS MFT-modified).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed: Option<Utc>,
    /// Creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub born: Option<Utc>,
    /// Unix permission and type bits (`st_mode`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<u32>,
    /// Windows file attributes (`FILE_ATTRIBUTE_*`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attributes: Option<u32>,
    /// Numeric owner on Unix.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uid: Option<u32>,
    /// Numeric group on Unix.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gid: Option<u32>,
    /// Name of the owner in the target's own accounts, or its SID on Windows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Name of the group in the target's own accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Device number of its file system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<u64>,
    /// Inode, or NTFS file reference; of `ReFS` the lower half of a file's 128-bit number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inode: Option<u64>,
    /// The upper half of a file's number on `ReFS`, where there `inode` alone is not unique.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inode_high: Option<u64>,
    /// Number of hard links.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub links: Option<u64>,
    /// Where a link points, as written in it (not UTF-8: with U+FFFD).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Its second, short name on NTFS (`PROGRA~1`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub short_name: Option<String>,
    /// The content of its stream `Zone.Identifier`: where Windows says that it came from (not UTF-8: with U+FFFD).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone_identifier: Option<String>,
    /// Flags that its file system keeps for it, such as *immutable*.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<FileFlag>,
    /// Its extended attributes: capabilities, access control lists, labels and others. Of what is read of a running system or
    /// of a tree, files that were opened have them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub xattrs: Option<Box<FileAttributes>>,
}

impl Metadata {
    /// Whether a program runs with rights that its user has not: with the set-uid bit, with the set-gid bit where its group
    /// may run it, or with file capabilities.
    #[must_use]
    pub fn grants_rights(&self) -> bool {
        const SET_UID: u32 = 0o4000;
        const SET_GID_TO_RUN: u32 = 0o2010;
        let has = |bits: u32| self.mode.is_some_and(|mode| mode & bits == bits);
        let capable = self.xattrs.as_ref().is_some_and(|xattrs| xattrs.capabilities.is_some());
        capable || has(SET_UID) || has(SET_GID_TO_RUN)
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What a reader must know of how an item was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// Size or times differ between opening and the end of reading.
    ChangedDuringRead,
    /// Reading ended before the size seen when it was opened.
    ShortRead,
    /// It was longer at the end than when opened; what came after that size was not read.
    Grew,
    /// It has no size of its own (`/proc`): it was read to its end.
    NoSize,
    /// Holes were left out: see `ranges`.
    Sparse,
    /// The digest over the holes was left out, because they are larger than the limit.
    LogicalDigestLeftOut,
    /// It has more ranges than are told: its smallest holes are stored as zeros.
    RangesCut,
    /// Its access time could not be left as it was, or it changed meanwhile, by this reading or another's.
    AccessTimeTouched,
    /// A link was followed to it once.
    FollowedLink,
    /// Only the beginning was scanned: see `scan`.
    ScannedHeadOnly,
    /// The owner of its name in `owner` or `group` was looked up in the target's own account files.
    NamesFromTarget,
    /// Read with a time limit, because its file system may hang.
    Guarded,
    /// A list of known good digests has it: what rules and indicators say of its content is not told.
    KnownGood,
    /// It could be had in no other way than out of a shadow copy: content and facts are those of when that was made.
    OfShadowCopy,
    /// Whoever runs it gets rights by it: the set-uid or set-gid bit, or file capabilities.
    GrantsRights,
    /// Rows in it do not fit the type of their schema: indicators were not matched against those.
    RowsUnread,
    /// A note that this version does not know.
    #[serde(other)]
    Other,
}

/// Class of personal data that an artifact holds, as the playbook says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonalData {
    /// None to speak of.
    None,
    /// Names, accounts, addresses of machines.
    Low,
    /// What people wrote, read, visited, or secrets of theirs.
    High,
}

/// Text of untrusted origin, printed with its control characters (C0, C1, bidi overrides) escaped.
#[derive(Debug, Clone, Copy)]
pub struct Printable<'a>(pub &'a str);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| {
            let steers =
                matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            if c.is_control() || steers { write!(f, "{}", c.escape_unicode()) } else { write!(f, "{c}") }
        })
    }
}

/// A word that a record spells wrongly.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WordError {
    /// Not 64 hexadecimal digits.
    #[error("'{}' is not a SHA-256 of 64 hexadecimal digits", Printable(.0))]
    Digest(String),
    /// Not the hexadecimal digits of an MD5 or SHA-1.
    #[error("'{}' has the wrong length for a digest, or is not hexadecimal", Printable(.0))]
    Sum(String),
    /// Not RFC 3339.
    #[error("'{}' is not an RFC 3339 time", Printable(.0))]
    Time(String),
    /// Not base64.
    #[error("'{}' is not base64", Printable(.0))]
    Base64(String),
    /// Neither `path` nor `path_base64`.
    #[error("the origin of a file has neither 'path' nor 'path_base64'")]
    OriginWithoutPath,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_reason_of_a_later_version_is_read_as_other() {
        let reason: Reason = serde_json::from_str(r#"{"code":"solar_flare","detail":"x"}"#).unwrap();
        assert_eq!(reason.code, ReasonCode::Other);
    }
}
