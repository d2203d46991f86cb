//! Reads an ext2, ext3 or ext4 volume from its on-disk structures.
//!
//! In: a `disk::Device`. Out: directories, metadata and contents, each on its own: damage affects only what depends
//! on the damaged structure. Blocks that are still in the journal are read from there. Deleted entries are not read.
//!
//! Why not crate `ext4-view` (1.0.0): it returns no times, inode number or link count of a file; it returns holes as
//! zeros, seeks block by block, and opens by full path only; it cannot be shared among threads; it refuses inline
//! data, `meta_bg` and large directories; and an image can make it panic (the count in a hash tree) or allocate as
//! much memory as a link claims to be long.
//!
//! The kernel documents the structures: <https://docs.kernel.org/filesystems/ext4/>.

mod attributes;
mod content;
mod directory;
mod files;
mod held_blocks;
mod inode;
mod journal;
mod layout;
mod link;
mod opening;
mod runs;
mod volume;

pub(crate) use files::ExtFiles;
pub(crate) use volume::ExtVolume;

/// The damage found in a volume.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExtDamage {
    /// The volume could not be read at this place.
    #[error("cannot read the volume: {0}")]
    Read(#[from] std::io::Error),
    /// The superblock does not describe a volume.
    #[error("the superblock does not describe a volume")]
    Superblock,
    /// The volume has unsupported features, given as bits.
    #[error(
        "the volume has features that this version cannot read ({0:#x}): mount it, and collect with --root"
    )]
    Features(u32),
    /// A structure is not of the expected type.
    #[error("the {0} is not valid")]
    Block(&'static str),
    /// A structure does not match its checksum.
    #[error("the checksum of the {0} does not match")]
    Checksum(&'static str),
    /// The block map of a file is damaged.
    #[error("the file's blocks {0}")]
    Runs(&'static str),
    /// A structure is larger than its limit.
    #[error("the {0} is larger than the limit")]
    TooLarge(&'static str),
    /// The inode is free.
    #[error("the inode has been freed since")]
    Free,
    /// The name or inode does not exist.
    #[error("no file of that name exists")]
    Nothing,
    /// A name that no system allows.
    #[error("the directory has a name that no file can have")]
    Name,
    /// The storage method is not supported.
    #[error("{0}")]
    Unsupported(&'static str),
}

impl From<ExtDamage> for std::io::Error {
    fn from(damage: ExtDamage) -> Self {
        use std::io::ErrorKind;
        let kind = match damage {
            ExtDamage::Read(error) => return error,
            ExtDamage::Nothing => ErrorKind::NotFound,
            ExtDamage::Unsupported(_) | ExtDamage::Features(_) => ErrorKind::Unsupported,
            _ => ErrorKind::InvalidData,
        };
        Self::new(kind, damage)
    }
}
