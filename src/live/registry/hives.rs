//! Which hive file holds which part of the registry: the system's own, and those of each user by SID.

use std::collections::BTreeSet;
use std::io::{self, Read, Seek};
use std::sync::Arc;

use crate::evidence::ReasonCode;
use crate::formats::hive::{Hive, HiveError, Recovered};
use crate::formats::seek::ReadSeek;
use crate::sources::resolve::{spelled, spellings};
use crate::sources::rows::{Gaps, code_of};
use crate::sources::target_volume::TargetVolume;
use crate::sys;

/// Most users whose hives are looked for.
const MAX_USERS: usize = 5_000;

/// A hive as it is opened here.
type Open = Hive<Recovered<Box<dyn ReadSeek>>>;

/// A hive and where in the registry it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MountedHive {
    /// For example `HKEY_LOCAL_MACHINE\SOFTWARE`.
    pub(crate) at: String,
    /// As spelled on disk, below its place.
    pub(crate) path: Vec<u8>,
}

/// The hives of a system.
#[derive(Debug, Clone)]
pub(crate) struct SystemHives {
    place: Arc<TargetVolume>,
    pub(crate) hives: Vec<MountedHive>,
    /// What is lacking of the list of hives.
    pub(crate) gaps: Gaps,
}

impl SystemHives {
    /// Finds the hives of the system that stands in a place.
    pub(crate) fn of(place: Arc<TargetVolume>) -> Self {
        let gaps = Gaps::default();
        let mut hives = Vec::new();
        let mut add = |at: String, path: &str| {
            let found = spellings(path.as_bytes(), &place).into_iter();
            hives.extend(found.map(|path| MountedHive { at: at.clone(), path }));
        };
        for name in ["SYSTEM", "SOFTWARE", "SAM", "SECURITY", "DRIVERS"] {
            add(format!("HKEY_LOCAL_MACHINE\\{name}"), &format!("Windows/System32/config/{name}"));
        }
        add("HKEY_USERS\\.DEFAULT".to_owned(), "Windows/System32/config/DEFAULT");
        let profiles = profiles(&place, &gaps);
        let mut folders = Vec::new();
        for (sid, folder) in &profiles {
            folders.push(folder.to_lowercase());
            add(format!("HKEY_USERS\\{sid}"), &format!("{folder}/NTUSER.DAT"));
            let classes = format!("{folder}/AppData/Local/Microsoft/Windows/UsrClass.dat");
            add(format!("HKEY_USERS\\{sid}\\Software\\Classes"), &classes);
        }
        // A folder of a user that no profile names any more, under the user's name in place of a SID.
        for name in users(&place, &gaps) {
            let Ok(name) = String::from_utf8(name) else {
                gaps.add(ReasonCode::Unsupported, "the hive of a user whose folder's name is not Unicode");
                continue;
            };
            let folder = format!("Users/{name}");
            if !folders.contains(&folder.to_lowercase()) {
                add(format!("HKEY_USERS\\{name}"), &format!("{folder}/NTUSER.DAT"));
                let classes = format!("{folder}/AppData/Local/Microsoft/Windows/UsrClass.dat");
                add(format!("HKEY_USERS\\{name}\\Software\\Classes"), &classes);
            }
        }
        Self { place, hives, gaps }
    }

    /// Opens a hive with its logs.
    pub(crate) fn open(&self, hive: &MountedHive) -> Result<Open, HiveError> {
        Hive::recovered(self.place.open_hive(&hive.path)?)
    }

    /// A hive's path as people of that system write it.
    pub(crate) fn told(&self, hive: &MountedHive) -> String {
        let origin = crate::evidence::Origin::File {
            volume: self.place.volume.clone(),
            path: hive.path.clone(),
            stream: None,
        };
        origin.to_string()
    }
}

/// The names of the folders of users, each once.
fn users(place: &TargetVolume, gaps: &Gaps) -> BTreeSet<Vec<u8>> {
    let unread = |error: &io::Error| {
        if !sys::is_nothing(error) {
            gaps.add(code_of(error), format!("listing the folders of users: {error}"));
        }
    };
    let mut names = BTreeSet::new();
    for users in spellings(b"Users", place) {
        match place.tree.list(&users) {
            Ok(listing) => {
                for entry in gaps.at_most(MAX_USERS, "folders of users", listing.entries) {
                    match entry {
                        Ok(entry) => drop(names.insert(entry.name)),
                        Err(error) => unread(&error),
                    }
                }
            }
            Err(error) => unread(&error),
        }
    }
    names
}

/// SIDs and the folders of their users, as `ProfileList` has them, below the system's drive.
fn profiles(place: &TargetVolume, gaps: &Gaps) -> Vec<(String, String)> {
    let Some(path) = spelled(b"Windows/System32/config/SOFTWARE", place) else { return Vec::new() };
    let opened = place.open_hive(&path).map_err(HiveError::from).and_then(Hive::recovered);
    let listed = opened.and_then(|mut hive| in_software(&mut hive, gaps));
    listed.unwrap_or_else(|error| {
        gaps.add(
            ReasonCode::ReadError,
            format!("reading SOFTWARE\\{PROFILES} for the folders of users: {error}"),
        );
        Vec::new()
    })
}

/// Where the folders of users are noted.
const PROFILES: &str = "Microsoft\\Windows NT\\CurrentVersion\\ProfileList";

fn in_software<R: Read + Seek>(hive: &mut Hive<R>, gaps: &Gaps) -> Result<Vec<(String, String)>, HiveError> {
    let Some(list) = hive.key(PROFILES)? else { return Ok(Vec::new()) };
    let mut all = Vec::new();
    for key in gaps.at_most(MAX_USERS, "profiles of users", hive.subkeys(&list)?) {
        let Some(image) = hive.value(&key, "ProfileImagePath")?.and_then(|image| image.text()) else {
            continue;
        };
        match folder_of(&image) {
            Some(folder) => all.push((key.name.text().into_owned(), folder)),
            None => gaps.add(
                ReasonCode::Unsupported,
                format!("the hive of a user whose folder is not on the system's drive: {image}"),
            ),
        }
    }
    Ok(all)
}

/// `C:\Users\anna` or `%systemroot%\ServiceProfiles\…` as a path with slashes; `None` where it leads elsewhere.
fn folder_of(image: &str) -> Option<String> {
    let lower = image.to_lowercase();
    let roots = [("%systemroot%", "Windows"), ("%windir%", "Windows"), ("%systemdrive%", ""), ("c:", "")];
    let (prefix, root) = roots.into_iter().find(|(prefix, _)| lower.starts_with(prefix))?;
    let rest = image.get(prefix.len()..)?.replace('\\', "/");
    let path = format!("{root}{rest}");
    let path = path.trim_matches('/');
    (!path.is_empty() && !path.split('/').any(|part| part == "..")).then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_stands_below_the_systems_drive_and_nowhere_else() {
        let of = |image| folder_of(image);
        assert_eq!(of("C:\\Users\\anna").as_deref(), Some("Users/anna"));
        let service = of("%systemroot%\\ServiceProfiles\\LocalService");
        assert_eq!(service.as_deref(), Some("Windows/ServiceProfiles/LocalService"));
        for elsewhere in ["\\\\server\\profiles\\anna", "D:\\Users\\anna", "C:\\..\\x", "C:\\", ""] {
            assert_eq!(of(elsewhere), None, "{elsewhere}");
        }
    }
}
