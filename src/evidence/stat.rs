//! What a file system says of a file and of the entries of a directory, whichever reader asked it.

use super::{Kind, Metadata};

/// What the operating system says of a file.
#[derive(Debug, Clone)]
pub(crate) struct Stat {
    pub(crate) kind: Kind,
    pub(crate) metadata: Metadata,
    /// Bytes of storage it takes; below the size where it has holes.
    pub(crate) allocated: Option<u64>,
    /// Where a link points, as written in it.
    pub(crate) link: Option<Vec<u8>>,
    /// Whether asking has changed its access time, as reading where a link points does.
    pub(crate) touched: bool,
    /// Its alternate streams and their sizes, but for `Zone.Identifier`, which is metadata.
    pub(crate) streams: Vec<(Vec<u8>, u64)>,
}

/// One entry of a folder.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// Its name, as bytes.
    pub(crate) name: Vec<u8>,
    /// What the folder says it is; a link is a link.
    pub(crate) kind: Kind,
    /// What its file system knows it by, where that spares looking its name up again.
    pub(crate) reference: Option<u64>,
}
