//! What collectors read a target with: small files, links and folders below its root.
//!
//! A collector runs on a thread that is left behind where it hangs (`rows`), so reads here are made directly. No path
//! leads out of the target, and nothing is opened that is not a regular file.

use std::fs::File;
use std::io::{self, Read as _};
use std::sync::Arc;

use super::super::accounts::Accounts;
use super::super::item::Found;
use super::super::place::{Ground, Place};
use super::super::resolve::{Astray, resolve};
use super::super::sys::Root;
use super::super::target::Target;
use super::procfs;
use crate::evidence::{Kind, Metadata, Origin};

/// Most names taken of one folder: more processes than this no kernel has (`PID_MAX_LIMIT`, 2^22).
const MAX_NAMES: usize = 1 << 22;

/// A handle on a target's system, to be kept by a collector.
#[derive(Debug, Clone)]
pub(super) struct Reach {
    index: usize,
    place: Arc<Place>,
    root: Arc<Root>,
    accounts: Arc<Accounts>,
    live: bool,
}

impl Reach {
    /// That of the place which holds the system; none of a disk image, where nothing runs.
    pub(super) fn of(target: &Target) -> Option<Self> {
        let (index, place) = target.system_place()?;
        let Ground::Folder(root) = &place.ground else { return None };
        let (place, root) = (Arc::clone(place), Arc::clone(root));
        Some(Self { index, place, root, accounts: target.accounts(), live: target.is_live() })
    }

    /// Whether this is the running system.
    pub(super) const fn is_live(&self) -> bool {
        self.live
    }

    /// The beginning of a file, at most `most` bytes; no link is followed.
    pub(super) fn read(&self, path: &str, most: usize) -> io::Result<Vec<u8>> {
        read(self.root.open_file(path.as_bytes(), None)?.file, most)
    }

    /// The same; links are followed inside the target.
    pub(super) fn text(&self, path: &str, most: usize) -> io::Result<Vec<u8>> {
        read(self.open(path.as_bytes())?, most)
    }

    /// Opens a regular file; links are followed inside the target, and a leading slash is the target's root.
    pub(super) fn open(&self, path: &[u8]) -> io::Result<File> {
        let end = resolve(&self.place, path).map_err(|astray| match astray {
            Astray::Loop => io::Error::new(io::ErrorKind::InvalidInput, "its links lead round in a circle"),
            Astray::Failed(error) => error,
        })?;
        let file = self.root.open_file(&end, None)?.file;
        regular(&file)?;
        Ok(file)
    }

    /// Opens the program of a process by the kernel's link to it.
    pub(super) fn program(&self, pid: u32) -> io::Result<File> {
        let file = self.root.open_program(format!("proc/{pid}/exe").as_bytes())?.file;
        regular(&file)?;
        Ok(file)
    }

    /// That program as an item.
    pub(super) fn found_program(&self, origin: Origin, pid: u32, metadata: Metadata) -> Found {
        Found::program(origin, self.index, pid, metadata)
    }

    /// The facts of an open file.
    #[allow(clippy::unused_self, reason = "a collector asks the target it was given")]
    pub(super) fn facts(&self, file: &File) -> io::Result<Metadata> {
        Root::stat_open(file).map(|stat| stat.metadata)
    }

    /// Where a link points, as written in it.
    pub(super) fn link(&self, path: &str) -> io::Result<Vec<u8>> {
        self.root.link(path.as_bytes())
    }

    /// The names in a folder, as they come.
    pub(super) fn names(&self, path: &str) -> io::Result<Vec<Vec<u8>>> {
        let entries = self.root.folder(path.as_bytes())?.entries()?;
        entries.take(MAX_NAMES).map(|entry| entry.map(|entry| entry.name)).collect()
    }

    /// Names and targets of the links in a folder, at most `most`.
    pub(super) fn links(&self, path: &str, most: usize) -> io::Result<Vec<(Vec<u8>, Vec<u8>)>> {
        let folder = self.root.folder(path.as_bytes())?;
        let mut links = Vec::new();
        for entry in folder.entries()?.take(most) {
            let name = entry?.name;
            // A handle may be closed meanwhile.
            if let Some(target) = folder.stat(&name).ok().and_then(|stat| stat.link) {
                links.push((name, target));
            }
        }
        Ok(links)
    }

    /// The processes in `/proc`, by number.
    pub(super) fn pids(&self) -> io::Result<Vec<u32>> {
        let names = self.names("proc")?;
        let mut pids: Vec<u32> = names.iter().filter_map(|name| procfs::number(name)).collect();
        pids.sort_unstable();
        Ok(pids)
    }

    /// Name of an account in the target's own files.
    pub(super) fn user(&self, uid: u32) -> Option<String> {
        self.accounts.user(uid).map(str::to_owned)
    }
}

fn read(file: File, most: usize) -> io::Result<Vec<u8>> {
    regular(&file)?;
    let mut bytes = Vec::new();
    file.take(u64::try_from(most).unwrap_or(u64::MAX)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn regular(file: &File) -> io::Result<()> {
    if Root::stat_open(file)?.kind == Kind::File {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"))
}
