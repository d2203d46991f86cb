//! Reads an NTFS volume by its own structures: an image's, or a raw volume's whose files the system keeps locked.
//!
//! In: a `disk::Device`. Out: folders, facts and contents, each for itself: what is damaged is the error
//! of what hangs on it, and nothing else. Deleted entries are not followed.
//!
//! Why not crate `ntfs` (0.4.0), which was looked at first: it reads what stands behind the initialised size of a stream
//! from the disk where the file holds zeros; it finds no record of a master file table that has itself an attribute list;
//! it takes pieces of a stream for one only where their attributes have the same number; its index iterator follows a
//! loop of nodes without end, growing; it panics on an attribute cut short; and it reads no compression, reparse points or
//! security descriptors. Each of them is met on volumes in use, or on ones that somebody made.
//!
//! The structures as documented by the Linux-NTFS project (<https://flatcap.github.io/linux-ntfs/ntfs/>) and, for
//! compression, [MS-XCA] (<https://learn.microsoft.com/openspecs/windows_protocols/ms-xca/>).

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

/// What is wrong with a volume where it was looked at.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// The volume could not be read there.
    #[error("cannot read the volume: {0}")]
    Read(#[from] std::io::Error),
    /// Its first sector describes no volume.
    #[error("its first sector does not describe an NTFS volume")]
    Boot,
    /// What stands there is not what points to it.
    #[error("what stands there is no {0}")]
    Block(&'static str),
    /// It was written in part only.
    #[error("the {0} was written in part only")]
    Torn(&'static str),
    /// Its runs are not those of a value.
    #[error("the runs of its clusters {0}")]
    Runs(&'static str),
    /// It is larger than what is held of such a thing in memory.
    #[error("its {0} is larger than any in use")]
    TooLarge(&'static str),
    /// The record is another file's by now, or free.
    #[error("its record belongs to another file by now")]
    Reused,
    /// There is no such thing.
    #[error("nothing of that name is there")]
    Nothing,
    /// Stored in a way that is not read here.
    #[error("{0}")]
    Unsupported(&'static str),
    /// What is compressed cannot be expanded.
    #[error("its compressed data is damaged")]
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
