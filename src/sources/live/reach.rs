//! What collectors read a target with: small files, links and folders below its root.
//!
//! A collector runs on a thread that is left behind where it hangs (`rows.rs`), so reads here are made directly. No
//! path leads out of the target, and nothing is opened that is not a regular file.

use std::io::{self, Read as _};
use std::sync::Arc;

use super::super::accounts::Accounts;
use super::super::place::Ground;
use super::super::sys::Root;
use super::super::target::Target;
use crate::evidence::Kind;

/// Most names taken of one folder: more processes than this no kernel has (`PID_MAX_LIMIT`, 2^22).
const MAX_NAMES: usize = 1 << 22;

/// A handle on a target's system, to be kept by a collector.
#[derive(Debug, Clone)]
pub(super) struct Reach {
    root: Arc<Root>,
    accounts: Arc<Accounts>,
    live: bool,
}

impl Reach {
    /// That of the place which holds the system; none of a disk image, where nothing runs.
    pub(super) fn of(target: &Target) -> Option<Self> {
        let Ground::Folder(root) = &target.system_place()?.ground else { return None };
        Some(Self { root: Arc::clone(root), accounts: target.accounts(), live: target.is_live() })
    }

    /// Whether this is the running system.
    pub(super) const fn is_live(&self) -> bool {
        self.live
    }

    /// The beginning of a file, at most `most` bytes.
    pub(super) fn read(&self, path: &str, most: usize) -> io::Result<Vec<u8>> {
        let opened = self.root.open_file(path.as_bytes())?;
        if Root::stat_open(&opened.file)?.kind != Kind::File {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"));
        }
        let mut bytes = Vec::new();
        opened.file.take(u64::try_from(most).unwrap_or(u64::MAX)).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Where a link points, as written in it.
    pub(super) fn link(&self, path: &str) -> io::Result<Vec<u8>> {
        self.root.stat(path.as_bytes())?.link.ok_or_else(|| io::ErrorKind::InvalidInput.into())
    }

    /// The names in a folder, as they come.
    pub(super) fn names(&self, path: &str) -> io::Result<Vec<Vec<u8>>> {
        let entries = self.root.folder(path.as_bytes())?.entries()?;
        entries.take(MAX_NAMES).map(|entry| entry.map(|entry| entry.name)).collect()
    }

    /// Name of an account in the target's own files.
    pub(super) fn user(&self, uid: u32) -> Option<String> {
        self.accounts.user(uid).map(str::to_owned)
    }
}
