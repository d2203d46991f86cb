//! Reads an NTFS volume from its on-disk structures: of an image, or of a raw volume whose files the system keeps
//! locked.
//!
//! In: a `disk::Device`. Out: directories, metadata and contents, each on its own: damage affects only what depends
//! on the damaged structure. Deleted entries are not read.
//!
//! Why not crate `ntfs` (0.4.0): it reads the part after the initialised size of a stream from the disk instead of
//! returning zeros; it finds no records where the master file table itself has an attribute list; it joins the pieces
//! of a stream only where their attributes have the same number; its index iterator follows a loop of nodes forever,
//! with growing memory; it panics on a truncated attribute; and it reads no compression, reparse points or security
//! descriptors. Each of these cases occurs on volumes in use or on crafted ones.
//!
//! The structures are documented by the Linux-NTFS project (<https://flatcap.github.io/linux-ntfs/ntfs/>) and, for
//! compression, by [MS-XCA] (<https://learn.microsoft.com/openspecs/windows_protocols/ms-xca/>).

mod content;
mod facts;
mod files;
mod geometry;
mod huffman;
mod index;
mod lznt1;
mod lzx;
mod names;
mod overlay;
mod owners;
mod record;
mod runs;
mod security;
mod stream;
mod unnamed;
mod volume;
mod xpress;

pub(crate) use files::NtfsFiles;
pub(crate) use volume::NtfsVolume;

/// The damage found in a volume.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// The volume could not be read at this place.
    #[error("cannot read the volume: {0}")]
    Read(#[from] std::io::Error),
    /// The first sector does not describe a volume.
    #[error("the first sector does not describe an NTFS volume")]
    Boot,
    /// A structure is not of the expected type.
    #[error("the {0} is not valid")]
    Block(&'static str),
    /// A structure was written only in part.
    #[error("the {0} was written only in part")]
    Torn(&'static str),
    /// The runs of a value are damaged.
    #[error("the file's cluster runs {0}")]
    Runs(&'static str),
    /// A structure is larger than the limit for memory.
    #[error("the {0} is larger than the limit")]
    TooLarge(&'static str),
    /// The record is free, or belongs to another file now.
    #[error("the record belongs to another file now")]
    Reused,
    /// The name or attribute does not exist.
    #[error("no file of that name exists")]
    Nothing,
    /// The storage method is not supported.
    #[error("{0}")]
    Unsupported(&'static str),
    /// Compressed data cannot be decompressed.
    #[error("the compressed data is damaged")]
    Compressed,
}

impl From<Damage> for std::io::Error {
    fn from(damage: Damage) -> Self {
        use std::io::ErrorKind;
        let kind = match damage {
            Damage::Read(error) => return error,
            Damage::Nothing => ErrorKind::NotFound,
            Damage::Unsupported(_) => ErrorKind::Unsupported,
            _ => ErrorKind::InvalidData,
        };
        Self::new(kind, damage)
    }
}
