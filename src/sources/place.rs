//! A root or drive of the target: asks its file systems, with a time limit where they may hang.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::guard;
use super::mounts::{Mounts, Nature, parse_mountinfo};
use super::sys::{self, Folder, Root, Stat};
use super::walk::{self, Listing};
use crate::evidence::Volume;

/// A root or drive of the target.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) volume: Volume,
    pub(super) root: Arc<Root>,
    pub(super) mounts: Mounts,
    /// Its absolute path on this machine.
    path: PathBuf,
}

impl Place {
    /// Opens the folder `path` as a place. `mountinfo` is this machine's table of mounts.
    pub(super) fn open(volume: Volume, path: &Path, mountinfo: &[u8]) -> io::Result<Self> {
        let path = path.canonicalize()?;
        let bytes = sys::path_bytes(&path);
        let mounts = Mounts::beneath(bytes.strip_suffix(b"/").unwrap_or(&bytes), &parse_mountinfo(mountinfo));
        Ok(Self { volume, root: Arc::new(Root::open(&path)?), mounts, path })
    }

    pub(super) fn is_drive(&self, letter: char) -> bool {
        self.volume == Volume::Drive(letter)
    }

    /// The absolute path of a folder below it on this machine, to be compared, not opened.
    pub(super) fn folder(&self, path: &[u8]) -> PathBuf {
        if path.is_empty() { self.path.clone() } else { self.path.join(sys::path_of(path)) }
    }

    /// The facts of what stands at `path`; a link's own.
    pub(super) fn stat(&self, path: &[u8]) -> io::Result<Stat> {
        self.look(path, None).map(|(stat, _)| stat)
    }

    /// The same with the nature of its file system; asked of the `folder` that listed it, if one did.
    pub(super) fn look(&self, path: &[u8], folder: Option<&Arc<Folder>>) -> io::Result<(Stat, Nature)> {
        let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        let nature = self.mounts.nature_at(path);
        let stat = match (nature, folder.cloned()) {
            (Nature::Local, None) => self.root.stat(path)?,
            (Nature::Local, Some(folder)) => folder.stat(name)?,
            (_, None) => {
                let (root, path) = (Arc::clone(&self.root), path.to_vec());
                guard::within(guard::LIMIT, move || root.stat(&path))?
            }
            (_, Some(folder)) => {
                let name = name.to_vec();
                guard::within(guard::LIMIT, move || folder.stat(&name))?
            }
        };
        Ok((stat, nature))
    }

    /// Lists a folder.
    pub(super) fn list(&self, path: &[u8]) -> io::Result<Listing> {
        walk::list(&self.root, path, self.mounts.nature_at(path) != Nature::Local, guard::LIMIT)
    }

    /// The names in a folder, sorted; none where it cannot be listed.
    pub(super) fn names(&self, path: &[u8]) -> Vec<Vec<u8>> {
        let entries = self.list(path).map(|listing| listing.entries).into_iter().flatten();
        entries.flatten().map(|entry| entry.name).take(MAX_NAMES).collect()
    }
}

/// Most names of one folder where they are read to find one's way.
const MAX_NAMES: usize = 100_000;
