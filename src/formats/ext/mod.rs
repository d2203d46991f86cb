//! Reads an ext2, ext3 or ext4 volume of an image by its own structures.
//!
//! In: a `disk::Device`. Out: folders, facts and contents, each for itself: what is damaged is the error
//! of what hangs on it, and nothing else. What the journal holds and was not written down yet is read from there.
//! Deleted entries are not followed.
//!
//! Why not crate `ext4-view`, which was looked at first (1.0.0): of a file it tells no times, no number and no
//! links; it gives holes as zeros, steps from block to block to seek, and opens by whole path alone; it cannot be shared
//! among threads; data in inodes, `meta_bg` and large folders are refused; and an image can make it panic (the count in a
//! folder's tree) or take as much memory as a link claims to be long.
//!
//! The structures as the kernel documents them (<https://docs.kernel.org/filesystems/ext4/>).

mod attributes;
mod content;
mod files;
mod folder;
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

/// What is wrong with a volume where it was looked at.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExtDamage {
    /// The volume could not be read there.
    #[error("cannot read the volume: {0}")]
    Read(#[from] std::io::Error),
    /// Its superblock describes no volume.
    #[error("its superblock does not describe a volume")]
    Superblock,
    /// It is kept in a way that is not known here.
    #[error("it has features that this version does not read ({0:#x}): mount it, and collect with --root")]
    Features(u32),
    /// What stands there is not what points to it.
    #[error("what stands there is no {0}")]
    Block(&'static str),
    /// It is not what was written.
    #[error("the checksum of its {0} is not that of its content")]
    Checksum(&'static str),
    /// Its blocks are not those of a file.
    #[error("its blocks {0}")]
    Runs(&'static str),
    /// It is larger than what is read of such a thing.
    #[error("its {0} is larger than any in use")]
    TooLarge(&'static str),
    /// The inode is nobody's.
    #[error("its inode is free by now")]
    Free,
    /// There is no such thing.
    #[error("nothing of that name is there")]
    Nothing,
    /// A name that no system gives.
    #[error("a name in it is none that a file can have")]
    Name,
    /// Stored in a way that is not read here.
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
