//! Files of this machine below a directory.
//!
//! In: paths below it. Out: what `sys` reports, by handles. On a file system that may hang (network and pseudo file
//! systems) every question has a time limit. On a local one it has one on Windows, where drivers and other programs'
//! opportunistic locks can keep an open waiting; elsewhere it is asked directly.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::listing;
use super::listing::{Handle, Listing, TouchedDirectories};
use super::{Access, FileTree, LocalFile, OpenContent, Refused};
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
    /// How long a question to a local file system may take, where that is watched.
    watch: Option<Duration>,
    touched: TouchedDirectories,
}

impl HostTree {
    /// Opens the directory `path`, an absolute path.
    ///
    /// # Errors
    /// Where it cannot be opened.
    pub(crate) fn open(path: PathBuf) -> io::Result<Self> {
        let bytes = sys::path_bytes(&path);
        let mounts = Mounts::beneath(bytes.strip_suffix(b"/").unwrap_or(&bytes), &mounts::table(&path));
        let watch = sys::IS_WINDOWS.then_some(time_limit::LIMIT);
        let touched = TouchedDirectories::default();
        Ok(Self { root: Arc::new(Root::open(&path)?), path, mounts, watch, touched })
    }

    /// The open directory.
    pub(crate) const fn root(&self) -> &Arc<Root> {
        &self.root
    }

    /// Its absolute path on this machine.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// How many of its directories may have a new access time, because they were listed.
    pub(crate) fn touched(&self) -> u64 {
        self.touched.count()
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
        let at = path.to_vec();
        self.ask(self.mounts.nature_at(path), move |root| root.spelled(&at))
    }

    /// Asks a file system of this nature.
    fn ask<T: Send + 'static>(
        &self,
        nature: Nature,
        question: impl FnOnce(&Root) -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let root = Arc::clone(&self.root);
        match (nature, self.watch) {
            (Nature::Local, None) => question(&root),
            (Nature::Local, Some(limit)) => time_limit::watched(limit, move || question(&root)),
            (Nature::Pseudo | Nature::Network, _) => {
                time_limit::within(time_limit::LIMIT, move || question(&root))
            }
        }
    }

    /// Opens a local file as it is on this machine.
    pub(crate) fn open_local(&self, path: &[u8]) -> io::Result<OpenFile> {
        match self.mounts.nature_at(path) {
            Nature::Local => {
                let path = path.to_vec();
                self.ask(Nature::Local, move |root| root.open_file(&path, None))
            }
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
        let nature = self.mounts.nature_at(path);
        let stat = match folder.cloned() {
            None => {
                let path = path.to_vec();
                self.ask(nature, move |root| root.stat(&path))?
            }
            Some(folder) => {
                let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default().to_vec();
                self.ask(nature, move |_| folder.stat(&name))?
            }
        };
        Ok((stat, nature))
    }

    fn list(&self, path: &[u8]) -> io::Result<Listing> {
        let at = path.to_vec();
        match self.mounts.nature_at(path) {
            Nature::Local => {
                let touched = self.touched.clone();
                let (folder, entries) =
                    self.ask(Nature::Local, move |root| listing::opened(root, &at, &touched))?;
                Ok(match self.watch {
                    Some(limit) => listing::listing((folder, listing::watched(entries, limit))),
                    None => listing::listing((folder, entries)),
                })
            }
            Nature::Pseudo | Nature::Network => {
                listing::list_guarded(&self.root, at, time_limit::LIMIT, &self.touched)
            }
        }
    }

    fn open(&self, found: &Found, limit: Duration, _: Access) -> Result<OpenContent, Refused> {
        let stream = match &found.origin {
            Origin::File { stream, .. } => stream.clone(),
            Origin::Live { .. } | Origin::Derived { .. } | Origin::Command { .. } => None,
        };
        let is_program = matches!(found.way, Way::Program);
        let path = found.path.clone();
        let act = move |root: &Root| {
            let opened = if is_program {
                root.open_program(&path)?
            } else {
                root.open_file(&path, stream.as_deref())?
            };
            let mut stat = Root::stat_open(&opened.file)?;
            Root::add_attributes(&opened.file, &mut stat.metadata);
            Ok((opened, stat))
        };
        let (opened, stat) = if found.guarded {
            let root = Arc::clone(&self.root);
            time_limit::within(limit, move || act(&root))?
        } else {
            self.ask(Nature::Local, act)?
        };
        Ok(OpenContent::File(Box::new(LocalFile { opened, stat, watch: self.watch, beneath: None })))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_to_a_local_disk_that_nobody_answers_is_given_up_where_it_is_watched() {
        let directory = tempfile::TempDir::new().unwrap();
        std::fs::write(directory.path().join("a"), "b").unwrap();
        let mut tree = HostTree::open(directory.path().to_owned()).unwrap();
        tree.watch = Some(Duration::from_millis(50));
        let (silent, speaking) = io::pipe().unwrap();
        let hanging = tree.ask(Nature::Local, move |_| io::read_to_string(silent));
        assert_eq!(hanging.unwrap_err().kind(), io::ErrorKind::TimedOut);
        drop(speaking);

        // What answers is as without the watch.
        tree.watch = Some(time_limit::LIMIT);
        let listing = tree.list(b"").unwrap();
        let entries: Vec<_> = listing.entries.map(Result::unwrap).collect();
        let (stat, nature) = tree.look(b"a", Some((&listing.folder, &entries[0]))).unwrap();
        assert_eq!((entries.len(), stat.metadata.size, nature), (1, Some(1), Nature::Local));
        let found = Found { path: b"a".to_vec(), ..Found::file(Origin::drive('C', "a")) };
        let Ok(OpenContent::File(file)) = tree.open(&found, Duration::MAX, Access::All) else { panic!() };
        assert_eq!((file.stat.metadata.size, file.watch), (Some(1), tree.watch));
    }
}
