//! A file tree of the target, whatever it is on: files of this machine, a volume of an image, or files of this machine
//! with the volume beneath them to fall back on.
//!
//! In: paths below the tree's root, bytes joined by `/` without one at either end. Out: facts, names and open files. A tree
//! knows nothing of patterns, letters or records: [`TargetVolume`](super::target_volume::TargetVolume) gives it its name.

mod fallback;
mod host;
mod image;
mod listing;
mod raw;

use std::fmt::Debug;
use std::io;
use std::time::Duration;

pub(crate) use fallback::FallbackTree;
pub(crate) use host::HostTree;
pub(crate) use image::ImageTree;
pub(crate) use listing::{Handle, Listing, list};
pub(crate) use raw::{OWN, Raw, may_help};

use super::direct_reading::Beneath;
use super::found::Found;
use super::mounts::Nature;
use super::pattern::same_name;
use crate::evidence::{Entry, Stat};
use crate::formats::disk::VolumeFile;
use crate::formats::seek::ReadSeek;
use crate::sys::OpenFile;

/// Most names of one directory where they are read to find the way.
pub(crate) const MAX_NAMES: usize = 100_000;

/// The files below one root.
pub(crate) trait FileTree: Debug + Send + Sync {
    /// The facts of what is at `path`, a link's own, with the nature of its file system. Where `listed` has the directory
    /// that listed it, that directory is asked.
    fn look(&self, path: &[u8], listed: Option<(&Handle, &Entry)>) -> io::Result<(Stat, Nature)>;

    /// Lists a directory.
    fn list(&self, path: &[u8]) -> io::Result<Listing>;

    /// Opens what was found for one pass, within the time limit where it may hang.
    fn open(&self, found: &Found, limit: Duration, access: Access) -> Result<OpenContent, Refused>;

    /// Opens a file for reading here and there; one on a file system that may hang is not opened for this.
    fn open_to_seek(&self, path: &[u8]) -> io::Result<Box<dyn ReadSeek>>;

    /// The names in a directory, sorted; none where it cannot be listed.
    fn names(&self, path: &[u8]) -> Vec<Vec<u8>> {
        let entries = self.list(path).map(|listing| listing.entries).into_iter().flatten();
        entries.flatten().map(|entry| entry.name).take(MAX_NAMES).collect()
    }

    /// Every way in which the entry `name` of a directory is spelled on disk, the nearest first, where the tree itself finds
    /// names in any case.
    fn spellings(&self, directory: &[u8], name: &[u8]) -> Vec<Vec<u8>> {
        self.spelling(directory, name).into_iter().collect()
    }

    /// How the entry `name` of a directory is spelled on disk, where it may differ in case: how Windows would find it.
    fn spelling(&self, directory: &[u8], name: &[u8]) -> Option<Vec<u8>> {
        let names = self.names(directory);
        let exact = names.iter().find(|known| *known == name);
        exact.or_else(|| names.iter().find(|known| same_name(known, name))).cloned()
    }

    /// Takes note of where a directory is, by the reference that a listing gave: it, and what is in it, is asked for next.
    fn remember(&self, directory: &[u8], reference: u64) {
        let _ = (directory, reference);
    }

    /// Whether its files have alternate streams that are reported.
    fn has_streams(&self) -> bool;

    /// Memory in bytes that reading takes besides the blocks that are kept.
    fn memory(&self) -> u64;

    /// The files of this machine that it is, or falls back from; `None` of an image.
    fn host(&self) -> Option<&HostTree>;

    /// The same, to set what is walked into.
    fn host_mut(&mut self) -> Option<&mut HostTree>;

    /// The volume beneath it that is read where the operating system refuses.
    fn raw(&self) -> &Raw {
        &Raw::Nothing
    }
}

/// How far an opening goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// What another program keeps for itself is read from the volume beneath.
    All,
    /// That stays closed: inspecting a whole disk does not read the paging file.
    Shared,
}

/// An open file.
pub(crate) enum OpenContent {
    /// A file of this machine.
    File(Box<LocalFile>),
    /// A file that is read by the structures of its volume.
    Volume {
        /// The file.
        reading: Box<dyn VolumeFile>,
        /// How a record names this way of reading.
        read_by: &'static str,
        /// Why the operating system did not open it, where it was asked first.
        refused: Option<io::Error>,
        /// How to see after the reading whether it changed meanwhile; `None` where nothing changes.
        changes: Option<Changes>,
    },
}

/// Finds out whether a file has changed since it was opened.
pub(crate) type Changes = Box<dyn FnOnce() -> io::Result<bool> + Send>;

/// An open file of this machine.
pub(crate) struct LocalFile {
    pub(crate) opened: OpenFile,
    /// Its facts as of when it was opened.
    pub(crate) stat: Stat,
    /// How long one read of it may take, where that is watched although its file system is a local one.
    pub(crate) watch: Option<Duration>,
    /// The way to the same data on the volume beneath.
    pub(crate) beneath: Option<Beneath>,
}

/// Why a file could not be opened.
#[derive(Debug)]
pub(crate) struct Refused {
    /// The failure of the first way.
    pub(crate) error: io::Error,
    /// That of the volume beneath, where it was tried.
    pub(crate) on_volume: Option<io::Error>,
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Self { error, on_volume: None }
    }
}
