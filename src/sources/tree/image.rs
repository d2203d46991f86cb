//! Files of a volume that is read by its own structures: of an image, or of a shadow copy in one.
//!
//! In: paths, and a [`Mounted`] volume of `formats`. Out: its facts, names and contents. Nothing in an image changes or
//! hangs, so there are no time limits here.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::listing;
use super::listing::{Handle, Listing};
use super::{Access, FileTree, HostTree, OpenContent, Refused};
use crate::evidence::{Entry, Origin, Stat};
use crate::formats::disk::{Mounted, Seeker, VolumeFile};
use crate::formats::seek::ReadSeek;
use crate::sources::found::Found;
use crate::sources::mounts::Nature;

/// The files of a volume.
#[derive(Debug)]
pub(crate) struct ImageTree(pub(crate) Arc<dyn Mounted>);

impl FileTree for ImageTree {
    fn look(&self, path: &[u8], listed: Option<(&Handle, &Entry)>) -> io::Result<(Stat, Nature)> {
        let reference = listed.and_then(|(_, entry)| entry.reference);
        let stat = reference.map_or_else(|| self.0.stat(path), |known| self.0.stat_of(known))?;
        Ok((stat, Nature::Local))
    }

    fn list(&self, path: &[u8]) -> io::Result<Listing> {
        listing::list_mounted(&*self.0, path)
    }

    fn open(&self, found: &Found, _: Duration, _: Access) -> Result<OpenContent, Refused> {
        let reading = read(&*self.0, found)?;
        Ok(OpenContent::Volume { reading, read_by: self.0.read_by(), refused: None, changes: None })
    }

    fn open_to_seek(&self, path: &[u8]) -> io::Result<Box<dyn ReadSeek>> {
        to_seek(&*self.0, path)
    }

    fn spelling(&self, directory: &[u8], name: &[u8]) -> Option<Vec<u8>> {
        self.spellings(directory, name).into_iter().next()
    }

    fn spellings(&self, directory: &[u8], name: &[u8]) -> Vec<Vec<u8>> {
        self.0.spellings(directory, name).unwrap_or_default()
    }

    fn remember(&self, directory: &[u8], reference: u64) {
        self.0.remember(directory, reference);
    }

    fn has_streams(&self) -> bool {
        self.0.has_streams()
    }

    fn memory(&self) -> u64 {
        self.0.memory()
    }

    fn host(&self) -> Option<&HostTree> {
        None
    }

    fn host_mut(&mut self) -> Option<&mut HostTree> {
        None
    }
}

/// Opens what was found on a volume, by the number of its record.
pub(super) fn read(volume: &dyn Mounted, found: &Found) -> io::Result<Box<dyn VolumeFile>> {
    let stream = match &found.origin {
        Origin::File { stream, .. } => stream.as_deref(),
        Origin::Live { .. } | Origin::Derived { .. } | Origin::Command { .. } => None,
    };
    volume.open(found.metadata.inode.unwrap_or_default(), stream)
}

/// Opens a file of a volume for reading here and there.
pub(super) fn to_seek(volume: &dyn Mounted, path: &[u8]) -> io::Result<Box<dyn ReadSeek>> {
    let reference = volume.stat(path)?.metadata.inode.unwrap_or_default();
    let seeker = Seeker::new(volume.open(reference, None)?);
    Ok(Box::new(io::BufReader::with_capacity(4096, seeker)))
}
