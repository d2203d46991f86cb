//! [`LinuxHost`], by which collectors read a target that is no Windows: small files, links and directories below its
//! root.
//!
//! A collector runs on a thread that is left behind where it hangs (`crate::sources::rows`), so reads here are made
//! directly. No path leads out of the target, and nothing is opened that is not a regular file. What cannot be read, and
//! what a limit cuts, is noted in [`Gaps`] that all clones share, and is lacking of the rows that are made by it.

use std::fs::File;
use std::io::{self, Read as _};
use std::sync::Arc;

use crate::evidence::{Kind, Metadata, ReasonCode};
use crate::formats::procfs;
use crate::formats::seek::ReadSeek;
use crate::sources::accounts::Accounts;
use crate::sources::mounts::Nature;
use crate::sources::resolve::{Astray, resolve};
use crate::sources::rows::{Gaps, code_of};
use crate::sources::target::Target;
use crate::sources::target_volume::TargetVolume;
use crate::sys;
use crate::sys::Root;

/// Most names taken of one folder: more processes than this no kernel has (`PID_MAX_LIMIT`, 2^22).
const MAX_NAMES: usize = 1 << 22;

/// Most names of one folder that a pattern is looked for in.
const MAX_LISTED: usize = 100_000;

/// Most paths that one pattern may meet.
const MAX_MATCHES: usize = 100_000;

/// A handle on a target's system, to be kept by a collector.
#[derive(Debug, Clone)]
pub(crate) struct LinuxHost {
    place: Arc<TargetVolume>,
    /// None of a disk image, where nothing runs and files are read through the volume alone.
    root: Option<Arc<Root>>,
    accounts: Arc<Accounts>,
    live: bool,
    gaps: Gaps,
}

impl LinuxHost {
    /// Returns the host on the volume that holds the system.
    pub(crate) fn of(target: &Target) -> Option<Self> {
        let (_, place) = target.system_place()?;
        let root = place.tree.host().map(|host| Arc::clone(host.root()));
        let place = Arc::clone(place);
        let (accounts, live) = (target.accounts(), target.is_live());
        Some(Self { place, root, accounts, live, gaps: Gaps::default() })
    }

    /// Where it is noted what is lacking of what was read by it.
    pub(crate) const fn gaps(&self) -> &Gaps {
        &self.gaps
    }

    /// Whether this is the running system.
    pub(crate) const fn is_live(&self) -> bool {
        self.live
    }

    /// The beginning of a file, at most `most` bytes; no link is followed.
    pub(crate) fn read(&self, path: &str, most: usize) -> io::Result<Vec<u8>> {
        read(self.root()?.open_file(path.as_bytes(), None)?.file, most)
    }

    /// The same; links are followed inside the target.
    pub(crate) fn text(&self, path: &str, most: usize) -> io::Result<Vec<u8>> {
        self.read_bytes(path.as_bytes(), most)
    }

    /// All of a file, links followed inside the target. What is not there is empty; what cannot be read, or is longer
    /// than `most` bytes, is a gap.
    pub(crate) fn whole(&self, path: impl AsRef<[u8]>, most: usize) -> Vec<u8> {
        let path = path.as_ref();
        self.or_gap(path, most, self.read_bytes(path, most.saturating_add(1)))
    }

    /// The same of a file of the kernel, no link followed.
    pub(crate) fn whole_table(&self, path: &str, most: usize) -> Vec<u8> {
        self.or_gap(path.as_bytes(), most, self.read(path, most.saturating_add(1)))
    }

    fn or_gap(&self, path: &[u8], most: usize, read: io::Result<Vec<u8>>) -> Vec<u8> {
        let bytes = read.unwrap_or_else(|error| {
            self.unread(path, &error);
            Vec::new()
        });
        self.gaps.at_most_bytes(most, &format!("/{}", String::from_utf8_lossy(path)), bytes)
    }

    /// Notes that something could not be read; what is not there is no gap.
    fn unread(&self, path: &[u8], error: &io::Error) {
        if sys::is_nothing(error) || error.kind() == io::ErrorKind::NotADirectory {
            return;
        }
        let of_network = error.kind() == io::ErrorKind::Unsupported && error.get_ref().is_some();
        let code = if of_network { ReasonCode::NetworkFileSystem } else { code_of(error) };
        self.gaps.add(code, format!("reading '/{}': {error}", String::from_utf8_lossy(path)));
    }

    /// The same of a path that is no text.
    pub(crate) fn read_bytes(&self, path: &[u8], most: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.open(path)?.take(u64::try_from(most).unwrap_or(u64::MAX)).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Opens a regular file; links are followed inside the target, and a leading slash is the target's root. One that
    /// another machine keeps is not opened: its answer may not come.
    pub(crate) fn open(&self, path: &[u8]) -> io::Result<Box<dyn ReadSeek>> {
        match &self.root {
            Some(_) => Ok(Box::new(self.open_file(path)?)),
            None => self.place.tree.open_to_seek(&self.end_of(path)?),
        }
    }

    /// The same as a file of this machine.
    pub(crate) fn open_file(&self, path: &[u8]) -> io::Result<File> {
        let file = self.root()?.open_file(&self.end_of(path)?, None)?.file;
        regular(&file)?;
        Ok(file)
    }

    fn root(&self) -> io::Result<&Root> {
        self.root.as_deref().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// The facts of what stands at a path, links followed.
    pub(crate) fn stat(&self, path: &[u8]) -> io::Result<Metadata> {
        Ok(self.place.stat(&self.end_of(path)?)?.metadata)
    }

    /// Where a path leads to; links are followed inside the target.
    pub(crate) fn end_of(&self, path: &[u8]) -> io::Result<Vec<u8>> {
        let end = resolve(&self.place, path).map_err(|astray| match astray {
            Astray::Loop => io::Error::new(io::ErrorKind::InvalidInput, "its links lead round in a circle"),
            Astray::Failed(error) => error,
        })?;
        let nature = |path: &[u8]| self.place.nature_at(path);
        if nature(&end) == Nature::Network && nature(b"") != Nature::Network {
            let why = "it is on a network file system, which is not asked for this";
            return Err(io::Error::new(io::ErrorKind::Unsupported, why));
        }
        Ok(end)
    }

    /// Where a path leads to; `None` where nothing is there, and where it cannot be found out, which is a gap.
    pub(crate) fn end_or_gap(&self, path: &[u8]) -> Option<Vec<u8>> {
        self.end_of(path).map_err(|error| self.unread(path, &error)).ok()
    }

    /// Whether a regular file stands at a path that is no link: what [`Self::end_of`] gave.
    pub(crate) fn is_file(&self, end: &[u8]) -> bool {
        self.place.stat(end).is_ok_and(|stat| stat.kind == Kind::File)
    }

    /// The paths that a pattern meets, in order, `*` within one name; a name that begins with a dot must be meant. Links
    /// on the way are followed. What is there is not told: only that a folder has such a name. A folder that cannot be
    /// listed is a gap, and so is what is more than the limits take.
    pub(crate) fn matching(&self, pattern: &str) -> Vec<Vec<u8>> {
        let mut paths = vec![Vec::new()];
        for part in pattern.split('/') {
            let glob = glob::Pattern::new(part).ok().filter(|_| part.contains(['*', '[']));
            let mut further = Vec::new();
            for path in &paths {
                let Some(folder) = self.end_or_gap(path) else { continue };
                let Some(glob) = &glob else {
                    let there = joined(path, part.as_bytes());
                    match self.place.stat(&joined(&folder, part.as_bytes())) {
                        Ok(_) => further.push(there),
                        Err(error) => self.unread(&there, &error),
                    }
                    continue;
                };
                let options = glob::MatchOptions { require_literal_leading_dot: true, ..Default::default() };
                let names = self.listed(&folder).into_iter();
                let met = names.filter(|name| glob.matches_with(&String::from_utf8_lossy(name), options));
                let room = MAX_MATCHES.saturating_sub(further.len());
                let met = self.gaps.at_most(room, "paths that a pattern meets", met);
                further.extend(met.map(|name| joined(path, &name)));
            }
            paths = further;
        }
        paths
    }

    /// The names in a folder, sorted; what is not there, or is no folder, has none.
    fn listed(&self, folder: &[u8]) -> Vec<Vec<u8>> {
        let mut names = Vec::new();
        let entries = match self.place.tree.list(folder) {
            Ok(listing) => listing.entries,
            Err(error) => {
                self.unread(folder, &error);
                return names;
            }
        };
        for entry in self.gaps.at_most(MAX_LISTED, "names in a folder", entries) {
            match entry {
                Ok(entry) => names.push(entry.name),
                Err(error) => self.unread(folder, &error),
            }
        }
        names
    }

    /// Opens the program of a process by the kernel's link to it.
    pub(crate) fn program(&self, pid: u32) -> io::Result<File> {
        let file = self.root()?.open_program(format!("proc/{pid}/exe").as_bytes())?.file;
        regular(&file)?;
        Ok(file)
    }

    /// The facts of an open file.
    #[allow(clippy::unused_self, reason = "a collector asks the target it was given")]
    pub(crate) fn facts(&self, file: &File) -> io::Result<Metadata> {
        Root::stat_open(file).map(|stat| stat.metadata)
    }

    /// Where a link points, as written in it.
    pub(crate) fn link(&self, path: &str) -> io::Result<Vec<u8>> {
        self.root()?.link(path.as_bytes())
    }

    /// The names in a folder, as they come.
    pub(crate) fn names(&self, path: &str) -> io::Result<Vec<Vec<u8>>> {
        let entries = self.root()?.folder(path.as_bytes())?.entries()?;
        let entries = self.gaps.at_most(MAX_NAMES, "names in a directory", entries);
        entries.map(|entry| entry.map(|entry| entry.name)).collect()
    }

    /// Names and targets of the links in a folder, at most `most`.
    pub(crate) fn links(&self, path: &str, most: usize) -> io::Result<Vec<(Vec<u8>, Vec<u8>)>> {
        let folder = self.root()?.folder(path.as_bytes())?;
        let mut links = Vec::new();
        for entry in self.gaps.at_most(most, "links in a directory", folder.entries()?) {
            let name = entry?.name;
            // A handle may be closed meanwhile.
            if let Some(target) = folder.stat(&name).ok().and_then(|stat| stat.link) {
                links.push((name, target));
            }
        }
        Ok(links)
    }

    /// The processes in `/proc`, by number.
    pub(crate) fn pids(&self) -> io::Result<Vec<u32>> {
        let names = self.names("proc")?;
        let mut pids: Vec<u32> = names.iter().filter_map(|name| procfs::number(name)).collect();
        pids.sort_unstable();
        Ok(pids)
    }

    /// Homes of people, with the account of each; no slash in front.
    pub(crate) fn homes(&self) -> Vec<(String, Vec<u8>)> {
        let named = self.accounts.homes.iter().cloned().chain([("root".to_owned(), b"root".to_vec())]);
        let standing = self.listed(b"home").into_iter();
        let standing =
            standing.map(|name| (String::from_utf8_lossy(&name).into_owned(), [b"home/", &*name].concat()));
        let mut homes: Vec<(String, Vec<u8>)> = Vec::new();
        for (name, home) in named.chain(standing) {
            if homes.iter().all(|(_, known)| *known != home) {
                homes.push((name, home));
            }
        }
        homes
    }

    /// Numbers of the accounts in the target's own files.
    pub(crate) fn user_ids(&self) -> Vec<u32> {
        self.accounts.user_ids().collect()
    }

    /// Name of an account in the target's own files.
    pub(crate) fn user(&self, uid: u32) -> Option<String> {
        self.accounts.user(uid).map(str::to_owned)
    }
}

/// The path of an entry of a folder.
pub(crate) fn joined(folder: &[u8], name: &[u8]) -> Vec<u8> {
    if folder.is_empty() { name.to_vec() } else { [folder, b"/", name].concat() }
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
