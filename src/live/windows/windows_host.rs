//! [`WindowsHost`], by which collectors read a Windows: files by the paths that Windows writes, the registry, the hives
//! of users.
//!
//! In: a target. Out: a handle that a collector keeps. Of the running system the registry is asked by its own
//! functions; the hives of users who are not logged on, and those of a tree or an image, are read as files.

use std::io::{self, Read as _};
use std::sync::Arc;

use crate::evidence::{Kind, Metadata, Utc, Volume};
use crate::formats::hive::Hive;
use crate::formats::seek::ReadSeek;
use crate::formats::windows_command::Folders;
use crate::playbook::TargetOs;
use crate::sources::resolve::spelled;
use crate::sources::target::Target;
use crate::sources::target_volume::TargetVolume;
use crate::sources::windows_facts::{RegistryFacts, Running};
use crate::sys;

/// Most users whose hives are read.
const MAX_USERS: usize = 5_000;

/// Where profiles are noted.
const PROFILES: &str = "Microsoft\\Windows NT\\CurrentVersion\\ProfileList";

/// What is done with a user's SID, folder and hive.
type OfUser<'a> = &'a mut dyn FnMut(&str, Option<&str>, &mut dyn RegistryFacts);

/// A handle on a target's Windows, to be kept by a collector.
#[derive(Debug, Clone)]
pub(crate) struct WindowsHost {
    places: Vec<Arc<TargetVolume>>,
    system: usize,
    live: bool,
}

/// Somebody who has a folder on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Profile {
    pub(crate) sid: String,
    pub(crate) folder: String,
    pub(crate) changed: Option<Utc>,
}

/// A file that was found.
pub(crate) struct FoundFile {
    /// Index of its volume.
    pub(crate) place: usize,
    /// Its path there, joined by slashes.
    pub(crate) path: Vec<u8>,
    pub(crate) metadata: Metadata,
}

impl WindowsHost {
    /// That of a target; none where it is no Windows.
    pub(crate) fn of(target: &Target) -> Option<Self> {
        let (system, _) = target.system_place().filter(|_| target.os() == TargetOs::Windows)?;
        Some(Self { places: target.places().to_vec(), system, live: target.is_live() })
    }

    /// Whether this is the running system.
    pub(crate) const fn is_live(&self) -> bool {
        self.live
    }

    /// Its own folders, and those of a user.
    pub(crate) fn folders(&self, user: Option<&str>) -> Folders {
        let letter = match self.places.get(self.system).map(|place| &place.volume) {
            Some(Volume::Drive(letter)) => *letter,
            _ => 'C',
        };
        Folders::new(letter, user)
    }

    /// What regular file stands at a path as Windows writes it, variables in it put in; [`io::ErrorKind::NotFound`] where none does.
    pub(crate) fn stand(&self, path: &str) -> io::Result<FoundFile> {
        let path = self.folders(None).expand(path);
        let nothing = || io::Error::from(io::ErrorKind::NotFound);
        let (letter, rest) = path.split_once(":\\").ok_or_else(nothing)?;
        let letter = letter.chars().next().filter(|_| letter.len() == 1).ok_or_else(nothing)?;
        let letter = letter.to_ascii_uppercase();
        let index = self.places.iter().position(|place| place.is_drive(letter)).ok_or_else(nothing)?;
        let place = self.places.get(index).ok_or_else(nothing)?;
        let parts: Vec<&str> = rest.split('\\').filter(|part| !matches!(*part, "" | ".")).collect();
        // A stream of a file, or a way out, is none.
        if parts
            .iter()
            .any(|part| part.contains([':', '/', '*', '?', '"', '<', '>', '|', '\0']) || *part == "..")
        {
            return Err(nothing());
        }
        let path = parts.join("/").into_bytes();
        // The running system finds it whatever its case.
        let path = match place.stat(&path) {
            Ok(_) => path,
            Err(error) if self.live || !sys::is_nothing(&error) => return Err(error),
            Err(_) => spelled(&path, place).ok_or_else(nothing)?,
        };
        let stat = place.stat(&path)?;
        if stat.kind != Kind::File {
            return Err(nothing());
        }
        Ok(FoundFile { place: index, path, metadata: stat.metadata })
    }

    /// Opens what was found.
    pub(crate) fn open(&self, standing: &FoundFile) -> io::Result<Box<dyn ReadSeek>> {
        let place = self.places.get(standing.place).ok_or(io::ErrorKind::NotFound)?;
        place.tree.open_to_seek(&standing.path)
    }

    /// The beginning of a file, at most `most` bytes.
    pub(crate) fn read(&self, path: &str, most: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let file = self.open(&self.stand(path)?)?;
        file.take(u64::try_from(most).unwrap_or(u64::MAX)).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// The names in a folder, with what each is; none where it cannot be listed.
    pub(crate) fn list(&self, path: &str) -> Vec<(String, Kind)> {
        let path = self.folders(None).expand(path);
        let Some((letter, rest)) = path.split_once(":\\") else { return Vec::new() };
        let letter = letter.chars().next().unwrap_or('?').to_ascii_uppercase();
        let Some(place) = self.places.iter().find(|place| place.is_drive(letter)) else { return Vec::new() };
        let path = rest.replace('\\', "/").into_bytes();
        let path = if self.live { path } else { spelled(&path, place).unwrap_or(path) };
        let entries = place.tree.list(&path).map(|listing| listing.entries).into_iter().flatten().flatten();
        let entries = entries.filter_map(|entry| Some((String::from_utf8(entry.name).ok()?, entry.kind)));
        // A folder is listed by name.
        entries.take(100_000).collect()
    }

    /// Lets `read` ask the hives SYSTEM and SOFTWARE, either of which may be absent or broken.
    pub(crate) fn registry<T>(
        &self,
        read: impl FnOnce(&mut dyn RegistryFacts, &mut dyn RegistryFacts) -> T,
    ) -> T {
        if self.live {
            return read(&mut Running("SYSTEM".to_owned()), &mut Running("SOFTWARE".to_owned()));
        }
        let hive = |name: &str| format!("%SystemRoot%\\System32\\config\\{name}");
        read(&mut self.hive(&hive("SYSTEM")), &mut self.hive(&hive("SOFTWARE")))
    }

    fn hive(&self, path: &str) -> Option<crate::live::registry::Open> {
        let standing = self.stand(path).ok()?;
        let place = self.places.get(standing.place)?;
        Hive::open(place.open_hive(&standing.path).ok()?).ok()
    }

    /// Who has a folder here.
    pub(crate) fn profiles(&self) -> Vec<Profile> {
        let mut all = Vec::new();
        self.registry(|_, software| {
            software.each(PROFILES, "", MAX_USERS, &mut |sid, key, _| {
                all.extend(key.text("ProfileImagePath").map(|folder| Profile {
                    sid: sid.to_owned(),
                    folder,
                    changed: key.written,
                }));
            });
        });
        all
    }

    /// Hands out the hive of each user: the SID, or the folder's name where no profile tells it, and the folder.
    pub(crate) fn users(&self, act: OfUser<'_>) {
        let profiles = self.profiles();
        let loaded: Vec<String> = if self.live { sys::registry_subkeys("HKEY_USERS") } else { Vec::new() };
        for sid in loaded.iter().filter(|sid| !sid.ends_with("_Classes")).take(MAX_USERS) {
            let profile = profiles.iter().find(|profile| profile.sid.eq_ignore_ascii_case(sid));
            let folder = profile.map(|profile| profile.folder.as_str());
            act(sid, folder, &mut Running(format!("HKEY_USERS\\{sid}")));
        }
        let mut file = |who: &str, folder: &str| {
            if let Some(hive) = self.hive(&format!("{folder}\\NTUSER.DAT")) {
                act(who, Some(folder), &mut Some(hive));
            }
        };
        let mut folders = Vec::new();
        for Profile { sid, folder, .. } in &profiles {
            folders.push(self.folders(None).expand(folder).to_lowercase());
            if !loaded.iter().any(|known| known.eq_ignore_ascii_case(sid)) {
                file(sid, folder);
            }
        }
        // A folder of a user that no profile names any more.
        let system = self.folders(None).expand("%SystemDrive%\\Users");
        for (name, kind) in self.list(&system).into_iter().take(MAX_USERS) {
            let folder = format!("{system}\\{name}");
            if kind == Kind::Directory && !folders.contains(&folder.to_lowercase()) {
                file(&name, &folder);
            }
        }
    }
}
