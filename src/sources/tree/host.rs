//! Files of this machine below a directory.
//!
//! In: paths below it. Out: what `sys` reports, by handles. On a local file system the question is asked directly; on one
//! that may hang (network and pseudo file systems) it has a time limit.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::listing;
use super::listing::{Handle, Listing};
use super::{Access, FileTree, OpenContent, Refused};
use crate::evidence::{Entry, Origin, Stat};
use crate::formats::seek::ReadSeek;
use crate::sources::found::{Found, Way};
use crate::sources::mounts;
use crate::sources::mounts::{Mounts, Nature};
use crate::sys;
use crate::sys::{OpenFile, Root, time_limit};

/// Files of this machine.
#[derive(Debug)]
pub(crate) struct HostTree {
    root: Arc<Root>,
    /// Its absolute path.
    path: PathBuf,
    mounts: Mounts,
}

impl HostTree {
    /// Opens the directory `path`, an absolute path.
    ///
    /// # Errors
    /// Where it cannot be opened.
    pub(crate) fn open(path: PathBuf) -> io::Result<Self> {
        let bytes = sys::path_bytes(&path);
        let mounts = Mounts::beneath(bytes.strip_suffix(b"/").unwrap_or(&bytes), &mounts::table(&path));
        Ok(Self { root: Arc::new(Root::open(&path)?), path, mounts })
    }

    /// The open directory.
    pub(crate) const fn root(&self) -> &Arc<Root> {
        &self.root
    }

    /// Its absolute path on this machine.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The mounts at and below it.
    pub(crate) const fn mounts(&self) -> &Mounts {
        &self.mounts
    }

    /// Whether network file systems are walked into.
    pub(crate) fn include_network(&mut self, yes: bool) {
        self.mounts.include_network(yes);
    }

    /// The last name of `path` as it is spelled on disk.
    pub(crate) fn spelled(&self, path: &[u8]) -> io::Result<Vec<u8>> {
        match self.mounts.nature_at(path) {
            Nature::Local => self.root.spelled(path),
            Nature::Pseudo | Nature::Network => {
                let (root, path) = (Arc::clone(&self.root), path.to_vec());
                time_limit::within(time_limit::LIMIT, move || root.spelled(&path))
            }
        }
    }

    /// Opens a local file as it is on this machine.
    pub(crate) fn open_local(&self, path: &[u8]) -> io::Result<OpenFile> {
        match self.mounts.nature_at(path) {
            Nature::Local => self.root.open_file(path, None),
            Nature::Pseudo | Nature::Network => Err(io::ErrorKind::TimedOut.into()),
        }
    }
}

impl FileTree for HostTree {
    fn look(&self, path: &[u8], listed: Option<(&Handle, &Entry)>) -> io::Result<(Stat, Nature)> {
        let folder = listed.and_then(|(handle, _)| match handle {
            Handle::Open(folder) => Some(folder),
            Handle::Image => None,
        });
        let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        let nature = self.mounts.nature_at(path);
        let stat = match (nature, folder.cloned()) {
            (Nature::Local, None) => self.root.stat(path)?,
            (Nature::Local, Some(folder)) => folder.stat(name)?,
            (_, None) => {
                let (root, path) = (Arc::clone(&self.root), path.to_vec());
                time_limit::within(time_limit::LIMIT, move || root.stat(&path))?
            }
            (_, Some(folder)) => {
                let name = name.to_vec();
                time_limit::within(time_limit::LIMIT, move || folder.stat(&name))?
            }
        };
        Ok((stat, nature))
    }

    fn list(&self, path: &[u8]) -> io::Result<Listing> {
        listing::list(&self.root, path, self.mounts.nature_at(path) != Nature::Local, time_limit::LIMIT)
    }

    fn open(&self, found: &Found, limit: Duration, _: Access) -> Result<OpenContent, Refused> {
        let stream = match &found.origin {
            Origin::File { stream, .. } => stream.clone(),
            Origin::Live { .. } | Origin::Derived { .. } | Origin::Command { .. } => None,
        };
        let is_program = matches!(found.way, Way::Program);
        let act = move |root: &Root, path: &[u8]| {
            let opened =
                if is_program { root.open_program(path)? } else { root.open_file(path, stream.as_deref())? };
            let stat = Root::stat_open(&opened.file)?;
            Ok((opened, stat))
        };
        let (opened, stat) = if found.guarded {
            let (root, path) = (Arc::clone(&self.root), found.path.clone());
            time_limit::within(limit, move || act(&root, &path))?
        } else {
            act(&self.root, &found.path)?
        };
        Ok(OpenContent::File(opened, Box::new(stat)))
    }

    fn open_to_seek(&self, path: &[u8]) -> io::Result<Box<dyn ReadSeek>> {
        Ok(Box::new(io::BufReader::with_capacity(512, self.open_local(path)?.file)))
    }

    fn has_streams(&self) -> bool {
        sys::HAS_STREAMS
    }

    fn memory(&self) -> u64 {
        0
    }

    fn host(&self) -> Option<&HostTree> {
        Some(self)
    }

    fn host_mut(&mut self) -> Option<&mut HostTree> {
        Some(self)
    }
}
