//! From the name of an entry to a path below the folder: its own wherever this system can hold it.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// Most names remembered to notice that two differ in case alone; past it, the second fails instead of being mapped.
const MAX_REMEMBERED: usize = 4_000_000;

/// Names of devices on Windows (<https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file>).
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// The places given out so far.
#[derive(Debug, Default)]
pub(super) struct UnpackPlaces {
    /// A hash of each place in lower case, and how often it was asked for.
    taken: BTreeMap<u64, u32>,
    hasher: std::hash::RandomState,
}

impl UnpackPlaces {
    /// Gives a path for an entry below the folder `below` (empty: the root), and why it is not its own name.
    pub(super) fn of(&mut self, name: &str, below: &str) -> (PathBuf, Option<&'static str>) {
        self.on(cfg!(windows), name, below)
    }

    /// Where an entry stands that has its own name.
    pub(super) fn known(name: &str) -> PathBuf {
        name.split('/').map(|component| safe(component, cfg!(windows))).collect()
    }

    fn on(&mut self, windows: bool, name: &str, below: &str) -> (PathBuf, Option<&'static str>) {
        let mut why = None;
        let mut path = PathBuf::from(below);
        for component in name.split('/') {
            let safe = safe(component, windows);
            if safe != component {
                why = Some("this system cannot hold the name");
            }
            path.push(safe);
        }
        // On a system that tells case apart this maps a few names that it could hold: whoever copies the folder to
        // one that does not would else lose one of the two.
        let key = std::hash::BuildHasher::hash_one(&self.hasher, path.to_string_lossy().to_lowercase());
        let times = if self.taken.len() < MAX_REMEMBERED {
            self.taken.entry(key).or_default()
        } else {
            return (path, why);
        };
        *times = times.saturating_add(1);
        if *times > 1 {
            let mut name = path.file_name().unwrap_or_default().to_owned();
            name.push(format!("~{times}"));
            path.set_file_name(name);
            why = Some("another entry has this name, but for its case");
        }
        (path, why)
    }
}

/// A component that can only mean an entry of its folder. The format's own names are so on Unix; what is not, comes
/// from a forged bundle, and is made harmless all the same.
fn safe(component: &str, windows: bool) -> String {
    let forbidden = |c: char| {
        c == '/'
            || c == '\\'
            || c.is_control()
            || (windows && matches!(c, ':' | '*' | '?' | '"' | '<' | '>' | '|'))
    };
    let mut safe: String = component.chars().map(|c| if forbidden(c) { '_' } else { c }).collect();
    if safe.is_empty() || safe == "." || safe == ".." {
        return format!("_{}", safe.replace('.', "_"));
    }
    if windows {
        let trimmed = safe.trim_end_matches(['.', ' ']).len();
        if trimmed < safe.len() {
            safe.push('_');
        }
        let stem = safe.split('.').next().unwrap_or_default().trim_end().to_ascii_lowercase();
        // Of the digits, 0 to 9 and the three raised ones of Latin-1 count.
        let number = stem.strip_prefix("com").or_else(|| stem.strip_prefix("lpt"));
        let numbered = number.is_some_and(|number| {
            let mut characters = number.chars();
            let digit = characters.next().is_some_and(|c| c.is_ascii_digit() || matches!(c, '¹' | '²' | '³'));
            digit && characters.next().is_none()
        });
        if numbered || DEVICES.contains(&stem.as_str()) {
            safe.insert(0, '_');
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leads_out_of_the_folder() {
        for name in ["../../etc/passwd", "/etc/passwd", "fs/./x", "a//b", "..", "x\\..\\y", "a/../../b"] {
            let (path, why) = UnpackPlaces::default().on(false, name, "");
            assert!(
                path.components().all(|part| matches!(part, std::path::Component::Normal(_))),
                "{name}: {path:?}"
            );
            assert!(why.is_some(), "{name}");
        }
    }

    #[test]
    fn an_ordinary_name_is_its_own_place() {
        let (path, why) = UnpackPlaces::default().on(false, "fs/$rootfs$/var/log/a:b?.log", "");
        assert_eq!((path, why), (PathBuf::from("fs/$rootfs$/var/log/a:b?.log"), None));
    }

    #[test]
    fn names_that_differ_in_case_alone_get_places_of_their_own() {
        let mut places = UnpackPlaces::default();
        let (one, first) = places.on(false, "fs/C/Readme", "");
        let (two, second) = places.on(false, "fs/C/README", "");
        assert_eq!((one, first), (PathBuf::from("fs/C/Readme"), None));
        assert_eq!(two, PathBuf::from("fs/C/README~2"));
        assert!(second.is_some());
    }

    #[test]
    fn windows_gets_names_that_it_can_hold() {
        for (name, place) in [
            ("fs/C/a:b", "fs/C/a_b"),
            ("fs/C/con.txt", "fs/C/_con.txt"),
            ("fs/C/x. ", "fs/C/x. _"),
            ("COM1", "_COM1"),
            ("lpt².log", "_lpt².log"),
            ("comm/com10", "comm/com10"),
            ("nul", "_nul"),
            ("fs/C/x.exe:Zone.Identifier", "fs/C/x.exe_Zone.Identifier"),
        ] {
            assert_eq!(UnpackPlaces::default().on(true, name, "").0, PathBuf::from(place));
        }
    }
}
