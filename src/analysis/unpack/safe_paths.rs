//! Converts the name of an entry to a path below the directory: unchanged wherever this system allows the name.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::hash::BuildHasher as _;
use std::path::{Path, PathBuf};

/// Maximum number of names that are remembered to detect names that differ in case only; beyond it, the second one
/// fails instead of being renamed.
const MAX_REMEMBERED: usize = 4_000_000;

/// Maximum number of suffixes that are tried per entry; then it fails.
const MAX_ATTEMPTS: u32 = 1_000;

/// Device names of Windows (<https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file>).
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// Suffixes of files that act on a Windows desktop when their directory is displayed, or that lead elsewhere under an
/// arbitrary icon: shortcuts and shell commands, libraries and searches (which send the user's credentials to a
/// server of their choice), themes and settings.
const ACTING_ENDINGS: [&str; 14] = [
    "appref-ms",
    "deskthemepack",
    "lnk",
    "library-ms",
    "pif",
    "scf",
    "search-ms",
    "searchconnector-ms",
    "settingcontent-ms",
    "theme",
    "themepack",
    "url",
    "website",
    "xnk",
];

/// Files that act by their whole name.
const ACTING_NAMES: [&str; 2] = ["autorun.inf", "desktop.ini"];

/// Suffix that makes a name harmless.
const HARMLESS: &str = ".defanged";

/// Why a name was changed.
const CANNOT_HOLD: &str = "this system cannot hold the name";
const ACTS: &str = "it acts on a Windows desktop";
const TAKEN: &str = "another entry has this name, but for its case";

/// How names are changed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Naming {
    /// Whether names must be valid on Windows; on Windows they always are.
    pub windows: bool,
    /// Whether files that act on a Windows desktop get a harmless name.
    pub defang: bool,
}

/// The path of an entry.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct UnpackPlace {
    /// Path below the directory.
    pub(super) path: PathBuf,
    /// Why it differs from the entry's name.
    pub(super) why: Option<&'static str>,
    /// Whether it would act on a desktop under its original name.
    pub(super) defanged: bool,
}

/// The paths assigned so far.
#[derive(Debug, Default)]
pub(super) struct UnpackPlaces {
    naming: Naming,
    /// A hash of each path in lower case, with the last number that an entry of this name got.
    taken: BTreeMap<u64, u32>,
    /// A hash of each entry name that was taken, except for its case, and the number that it got.
    numbered: BTreeMap<u64, u32>,
    hasher: std::hash::RandomState,
}

impl UnpackPlaces {
    pub(super) fn new(naming: Naming) -> Self {
        let windows = naming.windows || cfg!(windows);
        Self { naming: Naming { windows, ..naming }, ..Self::default() }
    }

    /// Returns a path for an entry below the directory `below` (empty: the root), and why it differs from its name.
    pub(super) fn of(&mut self, name: &str, below: &str) -> UnpackPlace {
        let mut place = self.unnumbered(name, below);
        if self.taken.len() >= MAX_REMEMBERED {
            return place;
        }
        // On a case-sensitive system this renames a few entries needlessly: a copy of the directory to a
        // case-insensitive one would otherwise lose them.
        let hash = self.hash(&place.path);
        let Some(last) = self.taken.get(&hash).copied() else {
            self.taken.insert(hash, 1);
            return place;
        };
        // Counts on from the last number, so that many entries of one name cost no more than others.
        let first = place.path.clone();
        let mut number = last;
        for _ in 0..MAX_ATTEMPTS {
            number = number.saturating_add(1);
            place.path = with_number(&first, number);
            let numbered = self.hash(&place.path);
            if let Entry::Vacant(free) = self.taken.entry(numbered) {
                free.insert(1);
                break;
            }
        }
        self.taken.insert(hash, number);
        self.numbered.insert(self.hasher.hash_one((name, below)), number);
        place.why = Some(TAKEN);
        place
    }

    /// Returns the path assigned to an entry name.
    pub(super) fn known(&self, name: &str) -> PathBuf {
        let path = self.unnumbered(name, "").path;
        match self.numbered.get(&self.hasher.hash_one((name, ""))) {
            Some(number) => with_number(&path, *number),
            None => path,
        }
    }

    fn unnumbered(&self, name: &str, below: &str) -> UnpackPlace {
        let Naming { windows, defang } = self.naming;
        let mut place = UnpackPlace { path: PathBuf::from(below), why: None, defanged: false };
        for component in name.split('/') {
            let mut safe = safe(component, windows);
            if safe != component {
                place.why = Some(CANNOT_HOLD);
            }
            if defang && acts(&safe) {
                safe.push_str(HARMLESS);
                (place.why, place.defanged) = (Some(ACTS), true);
            }
            place.path.push(safe);
        }
        place
    }

    fn hash(&self, path: &Path) -> u64 {
        self.hasher.hash_one(path.to_string_lossy().to_lowercase())
    }
}

fn with_number(path: &Path, number: u32) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!("~{number}"));
    path.with_file_name(name)
}

/// Whether the Windows desktop acts on a file or directory of this name. Windows ignores dots and spaces at the end
/// of a name.
fn acts(name: &str) -> bool {
    let name = name.trim_end_matches(['.', ' ']).to_ascii_lowercase();
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    // A directory `x.{class id}` is displayed as an object of that class.
    let class = ending.is_some_and(|ending| ending.starts_with('{') && ending.ends_with('}'));
    class
        || ACTING_NAMES.contains(&name.as_str())
        || ending.is_some_and(|ending| ACTING_ENDINGS.contains(&ending))
}

/// Returns a component that can only mean an entry of its directory. Names of the format are safe on Unix already;
/// others come from a forged bundle, and are made safe as well.
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
        // The digits are 0 to 9 and the three superscript ones of Latin-1.
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
            let UnpackPlace { path, why, .. } = UnpackPlaces::new(Naming::default()).of(name, "");
            assert!(
                path.components().all(|part| matches!(part, std::path::Component::Normal(_))),
                "{name}: {path:?}"
            );
            assert!(why.is_some(), "{name}");
        }
    }

    #[test]
    fn an_ordinary_name_is_its_own_place() {
        let UnpackPlace { path, why, .. } =
            UnpackPlaces::new(Naming::default()).of("fs/$rootfs$/var/log/a:b?.log", "");
        assert_eq!((path, why), (PathBuf::from("fs/$rootfs$/var/log/a:b?.log"), None));
    }

    #[test]
    fn names_that_differ_in_case_alone_get_places_of_their_own() {
        let mut places = UnpackPlaces::new(Naming::default());
        let one = places.of("fs/C/Readme", "");
        let two = places.of("fs/C/README", "");
        assert_eq!((one.path, one.why), (PathBuf::from("fs/C/Readme"), None));
        assert_eq!((two.path, two.why), (PathBuf::from("fs/C/README~2"), Some(TAKEN)));
        // An entry whose own name is the numbered one gets another, and a second name is that of the right entry.
        assert_eq!(places.of("fs/C/readme~2", "").path, PathBuf::from("fs/C/readme~2~2"));
        assert_eq!(places.known("fs/C/README"), PathBuf::from("fs/C/README~2"));
        assert_eq!(places.known("fs/C/Readme"), PathBuf::from("fs/C/Readme"));
    }

    #[test]
    fn what_acts_on_a_desktop_gets_a_harmless_name_where_that_is_asked_for() {
        let naming = Naming { windows: false, defang: true };
        for (name, place) in [
            ("fs/C/a.lnk", "fs/C/a.lnk.defanged"),
            ("fs/C/A.LNK. .", "fs/C/A.LNK. ..defanged"),
            ("fs/C/Desktop.ini", "fs/C/Desktop.ini.defanged"),
            (
                "fs/C/x.{21EC2020-3AEA-1069-A2DD-08002B30309D}/y.txt",
                "fs/C/x.{21EC2020-3AEA-1069-A2DD-08002B30309D}.defanged/y.txt",
            ),
            ("a.searchConnector-ms", "a.searchConnector-ms.defanged"),
        ] {
            let given = UnpackPlaces::new(naming).of(name, "");
            assert_eq!(
                (given.path, given.why, given.defanged),
                (PathBuf::from(place), Some(ACTS), true),
                "{name}"
            );
            assert_eq!(UnpackPlaces::new(naming).known(name), PathBuf::from(place));
            assert!(!UnpackPlaces::new(Naming::default()).of(name, "").defanged);
        }
        for name in ["fs/C/lnk", "fs/C/a.lnk.txt", "fs/C/my desktop.ini", "fs/C/a.txt"] {
            assert_eq!(UnpackPlaces::new(naming).of(name, "").why, None, "{name}");
        }
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
            let naming = Naming { windows: true, defang: false };
            assert_eq!(UnpackPlaces::new(naming).of(name, "").path, PathBuf::from(place));
        }
    }
}
