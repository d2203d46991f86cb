//! File metadata and directory entries, whichever reader they come from.

use super::{Kind, Metadata};

/// Metadata of a file.
#[derive(Debug, Clone)]
pub(crate) struct Stat {
    pub(crate) kind: Kind,
    pub(crate) metadata: Metadata,
    /// Bytes of storage in use; less than the size where there are holes.
    pub(crate) allocated: Option<u64>,
    /// Target of a link, as written in it.
    pub(crate) link: Option<Vec<u8>>,
    /// Whether the query changed the access time, as reading the target of a link does.
    pub(crate) touched: bool,
    /// Alternate data streams and their sizes, except for `Zone.Identifier`, which is metadata.
    pub(crate) streams: Vec<(Vec<u8>, u64)>,
}

/// An entry of a directory.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// Name, as bytes.
    pub(crate) name: Vec<u8>,
    /// Type in the directory entry; links are not followed.
    pub(crate) kind: Kind,
    /// Reference in the file system, where that saves another lookup of the name.
    pub(crate) reference: Option<u64>,
}
