//! A root or drive of the target: a file tree, its name in evidence, and which patterns are searched for in it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::mounts::{MountFacts, Nature};
use super::spellings::Spellings;
use super::tree::{FallbackTree, FileTree, HostTree, ImageTree, MAX_NAMES, Raw};
use crate::evidence::{Kind, Stat, Volume};
use crate::formats::disk::{Device, Mounted};
use crate::formats::hive::Recovered;
use crate::formats::seek::ReadSeek;
use crate::sys;
use crate::sys::Asked;

/// A root or drive of the target.
#[derive(Debug)]
pub(crate) struct TargetVolume {
    pub(crate) volume: Volume,
    pub(crate) tree: Box<dyn FileTree>,
    /// For which patterns it is looked at.
    pub(crate) asked: Asked,
    /// The volume of an image that it is.
    device: Option<Arc<dyn Device>>,
    spellings: Spellings,
}

impl TargetVolume {
    /// Opens the directory `path` of this machine.
    pub(crate) fn open(volume: Volume, path: &Path, asked: Asked) -> io::Result<Self> {
        // A volume without a letter, and a shadow copy, have no other path than the one they are asked by.
        let path = match volume {
            Volume::Unlettered(_) | Volume::Shadow(..) => path.to_owned(),
            Volume::Root | Volume::Drive(_) => path.canonicalize()?,
        };
        let host = HostTree::open(path)?;
        let raw = Raw::beneath(host.path(), host.mounts().file_system());
        let tree: Box<dyn FileTree> =
            if raw.is_there() { Box::new(FallbackTree::new(host, raw)) } else { Box::new(host) };
        Ok(Self { volume, tree, asked, device: None, spellings: Spellings::default() })
    }

    /// A volume that is read by its own structures.
    pub(crate) fn mounted(
        volume: Volume,
        mounted: Arc<dyn Mounted>,
        device: Option<Arc<dyn Device>>,
        asked: Asked,
    ) -> Self {
        let tree = Box::new(ImageTree(mounted));
        Self { volume, tree, asked, device, spellings: Spellings::default() }
    }

    /// The directory `path` of this machine, with this disk beneath it.
    #[cfg(test)]
    pub(crate) fn above(volume: Volume, path: &Path, disk: Arc<dyn Device>) -> Self {
        let host = HostTree::open(path.to_owned()).unwrap();
        let tree = Box::new(FallbackTree::new(host, Raw::Disk(disk)));
        Self { volume, tree, asked: Asked::Always, device: None, spellings: Spellings::default() }
    }

    /// Whether a pattern that names this drive, or none, is looked for here.
    pub(crate) fn is_meant(&self, letter: Option<char>) -> bool {
        match letter {
            Some(letter) => self.is_drive(letter),
            None => self.asked == Asked::Always,
        }
    }

    /// Whether it is a shadow copy in which a pattern that names this drive, or none, is looked for.
    pub(crate) fn was_meant(&self, letter: Option<char>) -> bool {
        let Volume::Shadow(_, of) = &self.volume else { return false };
        letter.is_none_or(|letter| **of == Volume::Drive(letter))
    }

    /// Whether it is a shadow copy of this volume.
    pub(crate) fn is_copy_of(&self, volume: &Volume) -> bool {
        matches!(&self.volume, Volume::Shadow(_, of) if **of == *volume)
    }

    /// The volume of an image that it is.
    pub(crate) const fn device(&self) -> Option<&Arc<dyn Device>> {
        self.device.as_ref()
    }

    /// Lets all patterns be looked for here, where that was a matter of asking for network file systems.
    pub(crate) fn include_network(&mut self, yes: bool) {
        if let Some(host) = self.tree.host_mut() {
            host.include_network(yes);
        }
        if yes && self.asked == Asked::WithNetwork {
            self.asked = Asked::Always;
        }
    }

    /// Its mounts, visited or not; a drive that is only looked at by name says so.
    pub(crate) fn mount_facts(&self) -> Vec<MountFacts> {
        let by_name = match self.asked {
            Asked::Always | Asked::AsShadow => None,
            Asked::WithNetwork => {
                Some("a network drive: give --network-mounts, or a path on it, to collect from it")
            }
            Asked::ByName => {
                Some("a removable drive, or another name for a path: give a path on it to collect from it")
            }
        };
        let mut facts = self.tree.host().map(|host| host.mounts().facts()).unwrap_or_default();
        for mount in facts.iter_mut().filter(|mount| !mount.visited) {
            mount.reason = by_name.map(str::to_owned).or_else(|| mount.reason.take());
        }
        facts
    }

    /// `path` with its last part as it is spelled on disk; `None` where the system tells that by itself.
    pub(crate) fn as_on_disk(&self, path: &[u8]) -> Option<Vec<u8>> {
        let name = self.tree.host()?.spelled(path);
        let folder = path.iter().rposition(|byte| *byte == b'/').map_or(0, |cut| cut.saturating_add(1));
        Some([path.get(..folder)?, &name.ok()?].concat())
    }

    /// The entries of a directory that Windows would take for `name`, the exact one first: on NTFS, whose index has one way to
    /// find a name, at most one.
    pub(crate) fn spellings(&self, directory: &[u8], name: &[u8]) -> Vec<Vec<u8>> {
        if self.tree.has_streams() {
            return self.tree.spellings(directory, name);
        }
        self.spellings.of(directory, name, || self.tree.names(directory))
    }

    /// Where a link's target is on this volume: from its root where it begins with a slash. `None` where it leads to
    /// another drive or machine.
    pub(crate) fn inside(&self, target: &[u8]) -> Option<Vec<u8>> {
        let Volume::Drive(letter) = self.volume else { return Some(target.to_vec()) };
        match target {
            [drive, b':', rest @ ..] if drive.is_ascii_alphabetic() => {
                let same = char::from(drive.to_ascii_uppercase()) == letter;
                same.then(|| [b"/", rest.strip_prefix(b"/").unwrap_or(rest)].concat())
            }
            // A share of another machine, or a volume by its number.
            [b'/', b'/', ..] => None,
            _ => Some(target.to_vec()),
        }
    }

    pub(crate) fn is_drive(&self, letter: char) -> bool {
        self.volume == Volume::Drive(letter)
    }

    /// The absolute path of a directory below it on this machine, to be compared, not opened; `None` in an image.
    pub(crate) fn folder(&self, path: &[u8]) -> Option<PathBuf> {
        let host = self.tree.host()?;
        Some(if path.is_empty() { host.path().to_owned() } else { host.path().join(sys::path_of(path)) })
    }

    /// Whether a walk may go into the directory `path`.
    pub(crate) fn may_enter(&self, path: &[u8]) -> bool {
        self.tree.host().is_none_or(|host| host.mounts().may_enter(path))
    }

    /// Marks the mount that holds `path` as visited.
    pub(crate) fn visit(&self, path: &[u8]) {
        if let Some(host) = self.tree.host() {
            host.mounts().visit(path);
        }
    }

    /// The nature of the file system that holds `path`.
    pub(crate) fn nature_at(&self, path: &[u8]) -> Nature {
        self.tree.host().map_or(Nature::Local, |host| host.mounts().nature_at(path))
    }

    /// The facts of what is at `path`; a link's own.
    pub(crate) fn stat(&self, path: &[u8]) -> io::Result<Stat> {
        self.tree.look(path, None).map(|(stat, _)| stat)
    }

    /// Whether it is the root of a Unix system.
    pub(crate) fn holds_unix(&self) -> bool {
        let is_folder = |path: &[u8]| self.stat(path).is_ok_and(|stat| stat.kind == Kind::Directory);
        is_folder(b"etc") && is_folder(b"usr")
    }

    /// Whether it is the root of a Windows system: `Windows\System32` in any case.
    pub(crate) fn holds_windows(&self) -> bool {
        super::drives::holds_windows(&|folder| self.folders(folder), b"")
    }

    /// Opens a registry hive with what its transaction logs hold laid over it.
    pub(crate) fn open_hive(&self, path: &[u8]) -> io::Result<Recovered<Box<dyn ReadSeek>>> {
        let cut = path.iter().rposition(|byte| *byte == b'/');
        let (folder, name) = match cut.and_then(|cut| path.split_at_checked(cut)) {
            Some((folder, rest)) => (folder, rest.get(1..).unwrap_or_default()),
            None => (&b""[..], path),
        };
        let logs = [".LOG1", ".LOG2", ".LOG"].into_iter().filter_map(|ending| {
            let log = self.tree.spelling(folder, &[name, ending.as_bytes()].concat())?;
            let log = if folder.is_empty() { log } else { [folder, b"/", &log].concat() };
            self.tree.open_to_seek(&log).ok()
        });
        Recovered::new(self.tree.open_to_seek(path)?, logs)
    }

    fn folders(&self, path: &[u8]) -> Vec<Vec<u8>> {
        let entries = self.tree.list(path).map(|listing| listing.entries).into_iter().flatten().flatten();
        let folders = entries.filter(|entry| entry.kind == Kind::Directory);
        folders.map(|entry| entry.name).take(MAX_NAMES).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drive(letter: char, asked: Asked) -> (tempfile::TempDir, TargetVolume) {
        let dir = tempfile::TempDir::new().unwrap();
        let place = TargetVolume::open(Volume::Drive(letter), dir.path(), asked).unwrap();
        (dir, place)
    }

    #[test]
    fn a_link_stays_on_its_drive_or_leads_nowhere() {
        let (_dir, place) = drive('C', Asked::Always);
        for (target, inside) in [
            ("C:/Users", Some("/Users")),
            ("c:/x", Some("/x")),
            ("D:/x", None),
            ("../x", Some("../x")),
            ("//server/x", None),
        ] {
            assert_eq!(place.inside(target.as_bytes()).as_deref(), inside.map(str::as_bytes), "{target}");
        }
    }

    #[test]
    fn a_network_drive_is_looked_at_where_it_is_named_or_asked_for() {
        let (_dir, mut place) = drive('N', Asked::WithNetwork);
        assert!(place.is_meant(Some('N')) && !place.is_meant(Some('C')) && !place.is_meant(None));
        place.include_network(true);
        assert!(place.is_meant(None));
        let (_dir, mut stick) = drive('E', Asked::ByName);
        stick.include_network(true);
        assert!(stick.is_meant(Some('E')) && !stick.is_meant(None));
    }
}
