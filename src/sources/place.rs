//! A root or drive of the target: a folder of this machine, asked with a time limit where it may hang, or a volume of an
//! image.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::mounts::{self, MountFacts, Mounts, Nature};
use super::pattern::same_name;
use super::raw::{self, Raw};
use super::walk::{self, Handle, Listing};
use crate::evidence::{Entry, Kind, Stat, Volume};
use crate::formats::disk::{Device, Mounted, Seeker};
use crate::formats::hive::Recovered;
use crate::formats::seek::ReadSeek;
use crate::sys::{self, Asked, Root, guard};

/// A root or drive of the target.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) volume: Volume,
    pub(crate) ground: Ground,
    pub(crate) mounts: Mounts,
    /// For which patterns it is looked at.
    pub(crate) asked: Asked,
    /// Its absolute path on this machine; empty for a volume of an image.
    path: PathBuf,
    /// What stands beneath it.
    raw: Raw,
    /// The volume of an image that it is.
    device: Option<Arc<dyn Device>>,
}

/// What a place stands on.
#[derive(Debug)]
pub(crate) enum Ground {
    /// A folder of this machine.
    Folder(Arc<Root>),
    /// A volume of an image.
    Image(Arc<dyn Mounted>),
}

impl Place {
    /// Opens the folder `path` as a place.
    pub(crate) fn open(volume: Volume, path: &Path, asked: Asked) -> io::Result<Self> {
        // A volume without a letter, and a shadow copy, have no other path than the one they are asked by.
        let path = match volume {
            Volume::Unlettered(_) | Volume::Shadow(..) => path.to_owned(),
            Volume::Root | Volume::Drive(_) => path.canonicalize()?,
        };
        let bytes = sys::path_bytes(&path);
        let mounts = Mounts::beneath(bytes.strip_suffix(b"/").unwrap_or(&bytes), &mounts::table(&path));
        let raw = Raw::beneath(&path, mounts.file_system());
        Ok(Self {
            volume,
            ground: Ground::Folder(Arc::new(Root::open(&path)?)),
            mounts,
            asked,
            path,
            raw,
            device: None,
        })
    }

    /// A volume of an image as a place.
    pub(crate) fn mounted(
        volume: Volume,
        mounted: Arc<dyn Mounted>,
        device: Option<Arc<dyn Device>>,
        asked: Asked,
    ) -> Self {
        let (ground, mounts) = (Ground::Image(mounted), Mounts::default());
        Self { volume, ground, mounts, asked, path: PathBuf::new(), raw: Raw::Nothing, device }
    }

    /// The same with this disk beneath it.
    #[cfg(test)]
    pub(crate) fn above(self, disk: Arc<dyn Device>) -> Self {
        Self { raw: Raw::Disk(disk), ..self }
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
        self.mounts.include_network(yes);
        if yes && self.asked == Asked::WithNetwork {
            self.asked = Asked::Always;
        }
    }

    /// Its mounts, visited or not; a drive that is only looked at by name says so.
    pub(crate) fn mount_facts(&self) -> Vec<MountFacts> {
        let by_name = match self.asked {
            Asked::Always | Asked::AsShadow => None,
            Asked::WithNetwork => {
                Some("a network drive: --network-mounts, or a path that names it, takes it along")
            }
            Asked::ByName => {
                Some("a removable drive, or a name for another place: a path that names it takes it along")
            }
        };
        let mut facts = self.mounts.facts();
        for mount in facts.iter_mut().filter(|mount| !mount.visited) {
            mount.reason = by_name.map(str::to_owned).or_else(|| mount.reason.take());
        }
        facts
    }

    /// `path` with its last part as it is spelled on disk; `None` where the system tells that by itself.
    pub(crate) fn as_on_disk(&self, path: &[u8]) -> Option<Vec<u8>> {
        let Ground::Folder(root) = &self.ground else { return None };
        let name = match self.mounts.nature_at(path) {
            Nature::Local => root.spelled(path),
            Nature::Pseudo | Nature::Network => {
                let (root, path) = (Arc::clone(root), path.to_vec());
                guard::within(guard::LIMIT, move || root.spelled(&path))
            }
        };
        let folder = path.iter().rposition(|byte| *byte == b'/').map_or(0, |cut| cut.saturating_add(1));
        Some([path.get(..folder)?, &name.ok()?].concat())
    }

    /// Where a link's target stands in this place: from its root where it begins with a slash. `None` where it leads to
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

    /// Whether its files have alternate streams that are told.
    pub(crate) fn has_streams(&self) -> bool {
        match &self.ground {
            Ground::Folder(_) => sys::HAS_STREAMS,
            Ground::Image(volume) => volume.has_streams(),
        }
    }

    /// The absolute path of a folder below it on this machine, to be compared, not opened; `None` in an image.
    pub(crate) fn folder(&self, path: &[u8]) -> Option<PathBuf> {
        match &self.ground {
            Ground::Folder(_) if path.is_empty() => Some(self.path.clone()),
            Ground::Folder(_) => Some(self.path.join(sys::path_of(path))),
            Ground::Image(_) => None,
        }
    }

    /// The facts of what stands at `path`; a link's own.
    pub(crate) fn stat(&self, path: &[u8]) -> io::Result<Stat> {
        self.look(path, None).map(|(stat, _)| stat)
    }

    /// The same with the nature of its file system; asked of the folder that listed it, if one did. What the file system
    /// has for itself is asked of the volume beneath.
    pub(crate) fn look(&self, path: &[u8], listed: Option<(&Handle, &Entry)>) -> io::Result<(Stat, Nature)> {
        if !self.raw.is_there() || !raw::is_own(path) {
            return self.look_from_above(path, listed);
        }
        let refused = match self.raw.open() {
            Ok(volume) => return Ok((volume.stat(path)?, Nature::Local)),
            Err(refused) => refused,
        };
        self.look_from_above(path, listed).map_err(|error| {
            // Who may not open the volume does not learn whether it is there.
            if refused.kind() == io::ErrorKind::PermissionDenied {
                raw::both(&refused, &error)
            } else {
                error
            }
        })
    }

    /// The volume beneath it.
    pub(crate) const fn raw(&self) -> &Raw {
        &self.raw
    }

    fn look_from_above(&self, path: &[u8], listed: Option<(&Handle, &Entry)>) -> io::Result<(Stat, Nature)> {
        let root = match &self.ground {
            Ground::Folder(root) => root,
            Ground::Image(volume) => {
                let reference = listed.and_then(|(_, entry)| entry.reference);
                let stat = reference.map_or_else(|| volume.stat(path), |known| volume.stat_of(known))?;
                return Ok((stat, Nature::Local));
            }
        };
        let folder = listed.and_then(|(handle, _)| match handle {
            Handle::Open(folder) => Some(folder),
            Handle::Image => None,
        });
        let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        let nature = self.mounts.nature_at(path);
        let stat = match (nature, folder.cloned()) {
            (Nature::Local, None) => root.stat(path)?,
            (Nature::Local, Some(folder)) => folder.stat(name)?,
            (_, None) => {
                let (root, path) = (Arc::clone(root), path.to_vec());
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
    pub(crate) fn list(&self, path: &[u8]) -> io::Result<Listing> {
        match &self.ground {
            Ground::Folder(root) => {
                walk::list(root, path, self.mounts.nature_at(path) != Nature::Local, guard::LIMIT)
            }
            Ground::Image(volume) => walk::list_mounted(&**volume, path),
        }
    }

    /// The names in a folder, sorted; none where it cannot be listed.
    pub(crate) fn names(&self, path: &[u8]) -> Vec<Vec<u8>> {
        let entries = self.list(path).map(|listing| listing.entries).into_iter().flatten();
        entries.flatten().map(|entry| entry.name).take(MAX_NAMES).collect()
    }

    /// How the entry `name` of a folder is spelled on disk, where it may differ in case: how Windows would find it.
    pub(crate) fn spelling(&self, folder: &[u8], name: &[u8]) -> Option<Vec<u8>> {
        if let Ground::Image(volume) = &self.ground {
            return volume.spelling(folder, name).ok()?;
        }
        let names = self.names(folder);
        let exact = names.iter().find(|known| *known == name);
        exact.or_else(|| names.iter().find(|known| same_name(known, name))).cloned()
    }

    /// Memory in bytes that reading it takes besides the blocks that are kept.
    pub(crate) fn memory(&self) -> u64 {
        match &self.ground {
            Ground::Folder(_) => 0,
            Ground::Image(volume) => volume.memory(),
        }
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

    /// Opens a file for reading here and there; one on a file system that may hang is not opened for this.
    pub(crate) fn open_to_seek(&self, path: &[u8]) -> io::Result<Box<dyn ReadSeek>> {
        match &self.ground {
            Ground::Folder(root) if self.mounts.nature_at(path) == Nature::Local => {
                match root.open_file(path, None) {
                    Ok(opened) => Ok(Box::new(io::BufReader::with_capacity(512, opened.file))),
                    Err(error) if raw::may_help(&error) && self.raw.is_there() => {
                        to_seek(&self.raw.open().map_err(|_| error)?, path)
                    }
                    Err(error) => Err(error),
                }
            }
            Ground::Folder(_) => Err(io::ErrorKind::TimedOut.into()),
            Ground::Image(volume) => to_seek(&**volume, path),
        }
    }

    /// Opens a registry hive with what its transaction logs hold laid over it.
    pub(crate) fn open_hive(&self, path: &[u8]) -> io::Result<Recovered<Box<dyn ReadSeek>>> {
        let cut = path.iter().rposition(|byte| *byte == b'/');
        let (folder, name) = match cut.and_then(|cut| path.split_at_checked(cut)) {
            Some((folder, rest)) => (folder, rest.get(1..).unwrap_or_default()),
            None => (&b""[..], path),
        };
        let logs = [".LOG1", ".LOG2", ".LOG"].into_iter().filter_map(|ending| {
            let log = self.spelling(folder, &[name, ending.as_bytes()].concat())?;
            let log = if folder.is_empty() { log } else { [folder, b"/", &log].concat() };
            self.open_to_seek(&log).ok()
        });
        Recovered::new(self.open_to_seek(path)?, logs)
    }

    fn folders(&self, path: &[u8]) -> Vec<Vec<u8>> {
        let entries = self.list(path).map(|listing| listing.entries).into_iter().flatten().flatten();
        let folders = entries.filter(|entry| entry.kind == Kind::Directory);
        folders.map(|entry| entry.name).take(MAX_NAMES).collect()
    }
}

/// Opens a file of a volume for reading here and there.
fn to_seek(volume: &dyn Mounted, path: &[u8]) -> io::Result<Box<dyn ReadSeek>> {
    let reference = volume.stat(path)?.metadata.inode.unwrap_or_default();
    let seeker = Seeker::new(volume.open(reference, None)?);
    Ok(Box::new(io::BufReader::with_capacity(4096, seeker)))
}

/// Most names of one folder where they are read to find one's way.
const MAX_NAMES: usize = 100_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn drive(letter: char, asked: Asked) -> (tempfile::TempDir, Place) {
        let dir = tempfile::TempDir::new().unwrap();
        let place = Place::open(Volume::Drive(letter), dir.path(), asked).unwrap();
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
