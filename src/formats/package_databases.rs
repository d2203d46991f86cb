//! Reads the text databases of Linux package managers: the status of dpkg and opkg, apk's `installed`, pacman's
//! `desc`, the state of snapd, and the directory and file names of Portage and Slackware.
//!
//! In: the text of one file, or a name. Out: the installed packages, and the number of entries that could not be
//! read. Sources: deb-control(5), dpkg(1) "package states", <https://wiki.alpinelinux.org/wiki/Apk_spec>,
//! alpm-local-desc(5). Pure; never panics.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Maximum number of packages per table.
const MAX_PACKAGES: usize = 200_000;

/// An installed package.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InstalledPackage {
    /// Package name.
    pub name: String,
    /// Its version.
    pub version: Option<String>,
    /// The architecture it is built for.
    pub architecture: Option<String>,
    /// The packager.
    pub vendor: Option<String>,
}

/// The packages of a table, and the number of entries that could not be read.
pub type PackageTable = (Vec<InstalledPackage>, usize);

/// Reads the stanzas of a table, and counts those that cannot be read.
fn table(text: &str, read: impl Fn(&str) -> Option<Option<InstalledPackage>>) -> PackageTable {
    let (mut all, mut unread) = (Vec::new(), 0_usize);
    for stanza in stanzas(text) {
        match read(&stanza) {
            Some(package) if all.len() < MAX_PACKAGES => all.extend(package),
            _ => unread = unread.saturating_add(1),
        }
    }
    (all, unread)
}

/// Splits a table into stanzas, which are separated by blank lines. These may contain blanks, where an editor or a
/// transfer added them.
fn stanzas(text: &str) -> impl Iterator<Item = String> {
    let mut lines = text.lines().map(str::trim_end);
    std::iter::from_fn(move || {
        let first = lines.by_ref().find(|line| !line.is_empty())?;
        let mut stanza = first.to_owned();
        for line in lines.by_ref().take_while(|line| !line.is_empty()) {
            stanza.push('\n');
            stanza.push_str(line);
        }
        Some(stanza)
    })
}

/// Returns the packager without the e-mail address.
fn packer(text: &str) -> Option<String> {
    let name = text.split('<').next().unwrap_or_default().trim();
    Some(name.to_owned()).filter(|name| !name.is_empty())
}

/// Returns the value of a field of a stanza.
fn field(stanza: &str, name: &str) -> Option<String> {
    let line = stanza.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    Some(line.trim().to_owned()).filter(|value| !value.is_empty())
}

/// Returns the packages in a table of dpkg, installed or not, with their architectures.
#[must_use]
pub fn named(text: &str) -> Vec<(String, Option<String>)> {
    let of = |stanza: String| Some((field(&stanza, "Package")?, field(&stanza, "Architecture")));
    stanzas(text).filter_map(of).collect()
}

/// Reads the status of dpkg or opkg. A distribution without dpkg writes no states: every entry is installed.
#[must_use]
pub fn control(text: &str) -> PackageTable {
    table(text, |stanza| {
        let field = |name| field(stanza, name);
        let name = field("Package")?;
        if field("Status").is_some_and(|status| !has_files(&status)) {
            return Some(None);
        }
        Some(Some(InstalledPackage {
            name,
            version: Some(field("Version")?),
            architecture: field("Architecture"),
            vendor: field("Maintainer").as_deref().and_then(packer),
        }))
    })
}

/// Whether a package of this status has files on disk (dpkg(1), "package states"): all states except the three
/// without files or with configuration files only. A half-installed package has some files.
fn has_files(status: &str) -> bool {
    let state = status.split_whitespace().next_back().unwrap_or_default();
    !matches!(state, "not-installed" | "config-files" | "")
}

/// Reads the table of apk.
#[must_use]
pub fn apk(text: &str) -> PackageTable {
    table(text, |stanza| {
        let field = |name: &str| stanza.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
        Some(Some(InstalledPackage {
            name: field("P:")?,
            version: Some(field("V:")?),
            architecture: field("A:"),
            vendor: field("m:").as_deref().and_then(packer),
        }))
    })
}

/// Reads the `desc` of a pacman package: `%NAME%` and so on, each with its value on the next line.
#[must_use]
pub fn pacman(text: &str) -> Option<InstalledPackage> {
    let field = |name: &str| {
        let mut lines = text.lines().skip_while(|line| *line != name).skip(1);
        lines.next().map(str::to_owned).filter(|value| !value.is_empty())
    };
    Some(InstalledPackage {
        name: field("%NAME%")?,
        version: Some(field("%VERSION%")?),
        architecture: field("%ARCH%"),
        vendor: field("%PACKAGER%").as_deref().and_then(packer),
    })
}

/// The part of snapd's state that is read.
#[derive(Deserialize)]
struct SnapState {
    data: SnapData,
}

#[derive(Deserialize)]
struct SnapData {
    #[serde(default)]
    snaps: BTreeMap<String, Snap>,
}

#[derive(Deserialize)]
struct Snap {
    #[serde(default)]
    current: String,
}

/// Reads the state of snapd. It has no versions: the revision number is used as the version.
#[must_use]
pub fn snaps(state: &str) -> Option<Vec<InstalledPackage>> {
    let state: SnapState = serde_json::from_str(state).ok()?;
    let package = |(name, snap): (String, Snap)| InstalledPackage {
        name,
        version: Some(snap.current).filter(|revision| !revision.is_empty()),
        ..InstalledPackage::default()
    };
    Some(state.data.snaps.into_iter().map(package).collect())
}

/// Reads the file name of a snap, `core22_1380.snap`: the name and the revision number.
#[must_use]
pub fn snap_file(name: &str) -> Option<InstalledPackage> {
    let (name, revision) = name.strip_suffix(".snap")?.rsplit_once('_')?;
    Some(InstalledPackage {
        name: name.to_owned(),
        version: Some(revision.to_owned()),
        ..InstalledPackage::default()
    })
}

/// Reads a Portage directory name below its category: `bash-5.2_p26-r1`. The version follows the last hyphen before a
/// digit, except for that of a revision.
#[must_use]
pub fn portage(category: &str, name: &str) -> Option<InstalledPackage> {
    let mut cuts = name.match_indices('-').filter(|(at, _)| {
        name.get(at.saturating_add(1)..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    });
    let (at, _) = cuts.next_back()?;
    let (package, version) = name.split_at_checked(at)?;
    Some(InstalledPackage {
        name: format!("{category}/{package}"),
        version: version.strip_prefix('-').map(str::to_owned),
        ..InstalledPackage::default()
    })
}

/// Reads a Slackware file name, `bash-5.2.026-x86_64-1`: name, version, architecture, build.
#[must_use]
pub fn slackware(name: &str) -> Option<InstalledPackage> {
    let mut parts = name.rsplitn(4, '-');
    let (build, architecture, version, package) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    Some(InstalledPackage {
        name: package.to_owned(),
        version: Some(format!("{version}-{build}")),
        architecture: Some(architecture.to_owned()),
        vendor: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(package: &InstalledPackage) -> String {
        format!("{} {}", package.name, package.version.as_deref().unwrap_or("-"))
    }

    #[test]
    fn stanzas_without_a_package_are_counted() {
        let (all, unread) = control(
            "Package: a\nStatus: install user installed\nVersion: 1\n\n\nnonsense\n\nPackage: b\nStatus: install ok installed\n\n\
             Package: c\nStatus: deinstall ok not-installed\n",
        );
        assert_eq!((all.iter().map(said).collect::<Vec<_>>(), unread), (vec!["a 1".to_owned()], 2));
        let (all, unread) = apk("P:musl\nV:1.2\n\nV:1\n\n");
        assert_eq!((all.len(), unread), (1, 1));
    }

    #[test]
    fn stanzas_are_separated_by_blank_lines_also_with_other_line_ends() {
        let stanza = |name: &str| format!("Package: {name}\nStatus: install ok installed\nVersion: 1\n");
        for between in ["\n", " \n", "\t\n", "\n\n\n"] {
            let text = [stanza("a"), stanza("b"), stanza("c")].join(between);
            for text in [text.clone(), text.replace('\n', "\r\n")] {
                let (all, unread) = control(&text);
                assert_eq!(
                    (all.iter().map(said).collect::<Vec<_>>(), unread),
                    (vec!["a 1".to_owned(), "b 1".to_owned(), "c 1".to_owned()], 0),
                    "{text:?}"
                );
            }
        }
    }

    #[test]
    fn packages_of_other_managers_are_read() {
        let desc = "%NAME%\nbash\n\n%VERSION%\n5.2.026-2\n\n%ARCH%\nx86_64\n\n%PACKAGER%\nA B <a@b>\n";
        let bash = pacman(desc).unwrap();
        assert_eq!((said(&bash).as_str(), bash.vendor.as_deref()), ("bash 5.2.026-2", Some("A B")));
        assert_eq!(pacman("%NAME%\n"), None);
        let state = r#"{"data":{"snaps":{"core22":{"type":"base","sequence":[{"name":"core22"}],"current":"1380"},"x":{}}},"n":1}"#;
        assert_eq!(snaps(state).unwrap().iter().map(said).collect::<Vec<_>>(), ["core22 1380", "x -"]);
        assert_eq!(snaps("{\"data\":"), None);
        assert_eq!(said(&snap_file("snapd-desktop_x1.snap").unwrap()), "snapd-desktop x1");
        assert_eq!((snap_file("partial"), snap_file("core22.snap")), (None, None));
        assert_eq!(said(&portage("app-shells", "bash-5.2_p26-r1").unwrap()), "app-shells/bash 5.2_p26-r1");
        assert_eq!(said(&portage("sys-libs", "db-4-compat-1.0").unwrap()), "sys-libs/db-4-compat 1.0");
        assert_eq!(said(&slackware("aaa-base-15.0-x86_64-4").unwrap()), "aaa-base 15.0-4");
        assert_eq!((portage("x", "no"), slackware("a-b-c")), (None, None));
    }
}
