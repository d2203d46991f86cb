//! Which hive file holds which part of the registry: the system's own, and those of each user by SID.

use std::io::{Read, Seek};
use std::sync::Arc;

use crate::formats::hive::{Hive, Recovered};
use crate::formats::seek::ReadSeek;
use crate::sources::resolve::spelled;
use crate::sources::target_volume::TargetVolume;

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
}

impl SystemHives {
    /// Finds the hives of the system that stands in a place.
    pub(crate) fn of(place: Arc<TargetVolume>) -> Self {
        let mut hives = Vec::new();
        let mut add = |at: String, path: &str| {
            if let Some(path) = spelled(path.as_bytes(), &place) {
                hives.push(MountedHive { at, path });
            }
        };
        for name in ["SYSTEM", "SOFTWARE", "SAM", "SECURITY", "DRIVERS"] {
            add(format!("HKEY_LOCAL_MACHINE\\{name}"), &format!("Windows/System32/config/{name}"));
        }
        add("HKEY_USERS\\.DEFAULT".to_owned(), "Windows/System32/config/DEFAULT");
        let profiles = profiles(&place).unwrap_or_default();
        let mut folders = Vec::new();
        for (sid, folder) in &profiles {
            folders.push(folder.to_lowercase());
            add(format!("HKEY_USERS\\{sid}"), &format!("{folder}/NTUSER.DAT"));
            let classes = format!("{folder}/AppData/Local/Microsoft/Windows/UsrClass.dat");
            add(format!("HKEY_USERS\\{sid}\\Software\\Classes"), &classes);
        }
        // A folder of a user that no profile names any more, under the user's name in place of a SID.
        for name in place.tree.names(b"Users").into_iter().take(MAX_USERS) {
            let Ok(name) = String::from_utf8(name) else { continue };
            let folder = format!("Users/{name}");
            if !folders.contains(&folder.to_lowercase()) {
                add(format!("HKEY_USERS\\{name}"), &format!("{folder}/NTUSER.DAT"));
                let classes = format!("{folder}/AppData/Local/Microsoft/Windows/UsrClass.dat");
                add(format!("HKEY_USERS\\{name}\\Software\\Classes"), &classes);
            }
        }
        Self { place, hives }
    }

    /// Opens a hive with its logs.
    pub(crate) fn open(&self, hive: &MountedHive) -> Result<Open, crate::formats::hive::HiveError> {
        Hive::open(self.place.open_hive(&hive.path)?)
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

/// SIDs and the folders of their users, as `ProfileList` has them, below the system's drive.
fn profiles(place: &TargetVolume) -> Option<Vec<(String, String)>> {
    let path = spelled(b"Windows/System32/config/SOFTWARE", place)?;
    let mut hive = Hive::open(place.open_hive(&path).ok()?).ok()?;
    Some(in_software(&mut hive))
}

fn in_software<R: Read + Seek>(hive: &mut Hive<R>) -> Vec<(String, String)> {
    let list = hive.key("Microsoft\\Windows NT\\CurrentVersion\\ProfileList");
    let Ok(Some(list)) = list else { return Vec::new() };
    let keys = hive.subkeys(&list).unwrap_or_default();
    let named = keys.into_iter().take(MAX_USERS).filter_map(|key| {
        let image = hive.value(&key, "ProfileImagePath").ok()??.text()?;
        Some((key.name.text().into_owned(), folder_of(&image)?))
    });
    named.collect()
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
