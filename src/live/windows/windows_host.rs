//! [`WindowsHost`], by which collectors read a Windows: files by the paths that Windows writes, the registry, the hives
//! of users.
//!
//! In: a target. Out: a handle that a collector keeps. Of the running system the registry is asked by its own
//! functions; the hives of users who are not logged on, and those of a tree or an image, are read as files. What it cannot
//! read, and what a limit cuts, is noted in [`Gaps`] that all clones share, and is lacking of the rows that are made by it.

use std::io::{self, Read as _};
use std::sync::Arc;

use crate::evidence::{Kind, Metadata, ReasonCode, Utc, Volume};
use crate::formats::hive::{Hive, HiveError, Recovered};
use crate::formats::seek::ReadSeek;
use crate::formats::windows_command::Folders;
use crate::playbook::TargetOs;
use crate::sources::registry_facts::{HiveFile, RegistryFacts, Running};
use crate::sources::resolve::{spelled, spellings};
use crate::sources::rows::{Gaps, Lines, Shortfall, code_of};
use crate::sources::target::Target;
use crate::sources::target_volume::TargetVolume;
use crate::sys;
use crate::sys::RegistryHandle;

/// Most users whose hives are read.
const MAX_USERS: usize = 5_000;

/// Most names of one folder.
const MAX_NAMES: usize = 100_000;

/// Where profiles are noted.
const PROFILES: &str = "Microsoft\\Windows NT\\CurrentVersion\\ProfileList";

/// The hive of a tree, an image or a volume beneath the running system.
pub(crate) type RawHive = HiveFile<Recovered<Box<dyn ReadSeek>>>;

/// What is in a folder.
#[derive(Debug, Default)]
pub(crate) struct FolderNames {
    /// Names in WTF-8, with what each is.
    pub(crate) entries: Vec<(Vec<u8>, Kind)>,
    /// Why they are not all, where the folder is there.
    pub(crate) failure: Option<io::Error>,
}

/// What is done with a user's SID, folder and hive.
type OfUser<'a> = &'a mut dyn FnMut(&str, Option<&str>, &mut dyn RegistryFacts);

/// A handle on a target's Windows, to be kept by a collector.
#[derive(Debug, Clone)]
pub(crate) struct WindowsHost {
    places: Vec<Arc<TargetVolume>>,
    system: usize,
    live: bool,
    gaps: Gaps,
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
        let (places, live) = (target.places().to_vec(), target.is_live());
        Some(Self { places, system, live, gaps: Gaps::default() })
    }

    /// Where it is noted what is lacking of what was read by it.
    pub(crate) const fn gaps(&self) -> &Gaps {
        &self.gaps
    }

    /// Notes that something could not be read; what is not there is no gap.
    fn unread(&self, path: &[u8], error: &io::Error) {
        if !sys::is_nothing(error) {
            let detail = format!("reading '{}': {error}", String::from_utf8_lossy(path));
            self.gaps.add(code_of(error), detail);
        }
    }

    /// Notes what could not be read of a hive, whose name is `root`.
    fn unread_keys(&self, hive: &mut dyn RegistryFacts, root: &str) {
        self.gaps.merge(shortfall(hive, root));
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

    /// What regular file is at a path as Windows writes it, in WTF-8, variables in it put in; [`io::ErrorKind::NotFound`]
    /// where there is none.
    pub(crate) fn stand(&self, path: impl AsRef<[u8]>) -> io::Result<FoundFile> {
        // What is no text has no variables either.
        let path = match str::from_utf8(path.as_ref()) {
            Ok(path) => self.folders(None).expand(path).into_bytes(),
            Err(_) => path.as_ref().to_vec(),
        };
        let nothing = || io::Error::from(io::ErrorKind::NotFound);
        let [letter, b':', b'\\', rest @ ..] = path.as_slice() else { return Err(nothing()) };
        let letter = char::from(letter.to_ascii_uppercase());
        let index = self.places.iter().position(|place| place.is_drive(letter)).ok_or_else(nothing)?;
        let place = self.places.get(index).ok_or_else(nothing)?;
        let parts = rest.split(|byte| *byte == b'\\').filter(|part| !matches!(*part, b"" | b"."));
        let parts: Vec<&[u8]> = parts.collect();
        // A stream of a file, or a way out, is none.
        let not_in_a_name = |byte: &u8| b":/*?\"<>|\0".contains(byte);
        if parts.iter().any(|part| part.iter().any(not_in_a_name) || *part == b"..") {
            return Err(nothing());
        }
        let path = parts.join(&b'/');
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
    pub(crate) fn read(&self, path: impl AsRef<[u8]>, most: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let file = self.open(&self.stand(path)?)?;
        file.take(u64::try_from(most).unwrap_or(u64::MAX)).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// All of a file. What is not there is empty; what cannot be read, or is longer than `most` bytes, is a gap.
    pub(crate) fn whole(&self, path: impl AsRef<[u8]>, most: usize) -> Vec<u8> {
        let path = path.as_ref();
        let bytes = self.read(path, most.saturating_add(1)).unwrap_or_else(|error| {
            self.unread(path, &error);
            Vec::new()
        });
        self.gaps.at_most_bytes(most, &String::from_utf8_lossy(path), bytes)
    }

    /// What is in a folder, by its path in WTF-8; nothing where it is not there.
    pub(crate) fn list(&self, path: impl AsRef<[u8]>) -> FolderNames {
        let path = match str::from_utf8(path.as_ref()) {
            Ok(path) => self.folders(None).expand(path).into_bytes(),
            Err(_) => path.as_ref().to_vec(),
        };
        let mut names = FolderNames::default();
        let [letter, b':', b'\\', rest @ ..] = path.as_slice() else { return names };
        let letter = char::from(letter.to_ascii_uppercase());
        let Some(place) = self.places.iter().find(|place| place.is_drive(letter)) else { return names };
        let path: Vec<u8> = rest.iter().map(|byte| if *byte == b'\\' { b'/' } else { *byte }).collect();
        let directories = if self.live { vec![path] } else { spellings(&path, place) };
        let entries = directories.iter().flat_map(|path| match place.tree.list(path) {
            Ok(listing) => listing.entries,
            Err(error) if sys::is_nothing(&error) => Box::new(std::iter::empty()),
            Err(error) => Box::new(std::iter::once(Err(error))),
        });
        for entry in entries {
            match entry {
                Ok(_) if names.entries.len() == MAX_NAMES => {
                    let text = format!("no more than {MAX_NAMES} names of one folder are read");
                    names.failure = Some(io::Error::new(io::ErrorKind::QuotaExceeded, text));
                    break;
                }
                Ok(entry) => names.entries.push((entry.name, entry.kind)),
                Err(error) => names.failure = Some(error),
            }
        }
        // A folder is listed by name.
        names.entries.sort();
        names
    }

    /// Lets `read` ask the hives SYSTEM and SOFTWARE, either of which may be absent or broken.
    pub(crate) fn registry<T>(
        &self,
        read: impl FnOnce(&mut dyn RegistryFacts, &mut dyn RegistryFacts) -> T,
    ) -> T {
        if self.live {
            return read(&mut Running::new("SYSTEM"), &mut Running::new("SOFTWARE"));
        }
        read(&mut self.system_hive("SYSTEM"), &mut self.system_hive("SOFTWARE"))
    }

    /// A hive of the system as its file has it.
    pub(crate) fn system_hive(&self, name: &str) -> RawHive {
        self.hive(format!("%SystemRoot%\\System32\\config\\{name}"))
    }

    /// The hive in a file, with its logs.
    pub(crate) fn hive(&self, path: impl AsRef<[u8]>) -> RawHive {
        let open = || {
            let standing = self.stand(path)?;
            let place = self.places.get(standing.place).ok_or(io::ErrorKind::NotFound)?;
            place.open_hive(&standing.path)
        };
        HiveFile::new(open().map_err(HiveError::from).and_then(Hive::recovered))
    }

    /// The classes that a user has registered, by the SID and the folder.
    pub(crate) fn classes<T>(
        &self,
        user: &str,
        folder: Option<&str>,
        read: impl FnOnce(&mut dyn RegistryFacts) -> T,
    ) -> T {
        let loaded = format!("HKEY_USERS\\{user}\\Software\\Classes");
        if self.live && RegistryHandle::open(&loaded).is_ok() {
            return read(&mut Running::new(loaded));
        }
        let file = folder.map(|folder| format!("{folder}\\AppData\\Local\\Microsoft\\Windows\\UsrClass.dat"));
        read(&mut self.hive(file.unwrap_or_default()))
    }

    /// Who has a folder here.
    pub(crate) fn profiles(&self) -> Vec<Profile> {
        let mut all = Vec::new();
        self.registry(|_, software| {
            software.each(PROFILES, "", MAX_USERS, &mut |sid, key, _| {
                all.extend(key.text("ProfileImagePath").map(|folder| Profile {
                    sid: sid.text().into_owned(),
                    folder,
                    changed: key.written,
                }));
            });
            self.unread_keys(software, "HKEY_LOCAL_MACHINE\\SOFTWARE");
        });
        all
    }

    /// The SIDs of users whose hives are loaded, with those of their classes.
    fn loaded(&self) -> Vec<String> {
        if !self.live {
            return Vec::new();
        }
        let mut users = Running::new("HKEY_USERS");
        let sids = users.subkeys("").iter().map(|sid| sid.text().into_owned()).collect();
        self.unread_keys(&mut users, "HKEY_USERS");
        sids
    }

    /// The SIDs and folders of users whose hives are loaded.
    pub(crate) fn logged_on(&self) -> Vec<(String, String)> {
        let loaded = self.loaded();
        let is_loaded = |sid: &str| loaded.iter().any(|known| known.eq_ignore_ascii_case(sid));
        let profiles = self.profiles().into_iter().filter(|profile| is_loaded(&profile.sid));
        self.gaps.at_most(MAX_USERS, "users", profiles).map(|profile| (profile.sid, profile.folder)).collect()
    }

    /// Hands out the hive of each user: the SID, or the folder's name where no profile tells it, and the folder.
    pub(crate) fn users(&self, act: OfUser<'_>) {
        let profiles = self.profiles();
        // A hive of a user is named by the system, which gives it no other name than a SID.
        let loaded = self.loaded();
        let sids = loaded.iter().filter(|sid| !sid.ends_with("_Classes"));
        for sid in self.gaps.at_most(MAX_USERS, "users", sids) {
            let profile = profiles.iter().find(|profile| profile.sid.eq_ignore_ascii_case(sid));
            let folder = profile.map(|profile| profile.folder.as_str());
            act(sid, folder, &mut Running::new(format!("HKEY_USERS\\{sid}")));
        }
        let mut file = |who: &str, folder: &[u8]| {
            let mut hive = self.hive([folder, b"\\NTUSER.DAT"].concat());
            // One that is there and cannot be read says so when it is asked.
            if !hive.is_absent() {
                act(who, str::from_utf8(folder).ok(), &mut hive);
            }
        };
        let mut folders = Vec::new();
        for Profile { sid, folder, .. } in &profiles {
            folders.push(self.folders(None).expand(folder).to_lowercase());
            if !loaded.iter().any(|known| known.eq_ignore_ascii_case(sid)) {
                file(sid, folder.as_bytes());
            }
        }
        // A folder of a user that no profile names any more.
        let system = self.folders(None).expand("%SystemDrive%\\Users");
        let listed = self.list(&system);
        if let Some(error) = &listed.failure {
            self.unread(system.as_bytes(), error);
        }
        for (name, kind) in self.gaps.at_most(MAX_USERS, "folders of users", listed.entries) {
            let folder = [system.as_bytes(), b"\\", &name].concat();
            let text = String::from_utf8_lossy(&folder).to_lowercase();
            if kind == Kind::Directory && !folders.contains(&text) {
                file(&String::from_utf8_lossy(&name), &folder);
            }
        }
    }
}

/// Says that rows lack what could not be read of a hive, whose name is `root`.
pub(crate) fn report_unread(hive: &mut dyn RegistryFacts, root: &str, lines: &mut Lines<'_>) {
    lines.lack(shortfall(hive, root));
}

/// What could not be read of a hive: the first of it in words, and all of it counted.
fn shortfall(hive: &mut dyn RegistryFacts, root: &str) -> Shortfall {
    let unread = hive.take_unread();
    let more = unread.count.saturating_sub(unread.first.len());
    let mut gaps = Shortfall::default();
    for unread in unread.first {
        gaps.add(unread.code, format!("reading {root}\\{}: {}", unread.key.text(), unread.detail));
    }
    if more > 0 {
        gaps.add(ReasonCode::ReadError, format!("reading {root}: {more} keys and values more"));
    }
    gaps
}
