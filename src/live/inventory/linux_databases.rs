//! The package databases of a Linux that are files: which are there, what each has, and what of it could not be read.
//!
//! In: a target. Out: components, and what is lacking. A target with none that is known is not complete: that it has no packages
//! is not what that means.

use super::identifiers::Distribution;
use super::linux_packages::{component, rpm};
use super::{Component, Inventory, MAX_FILE};
use crate::formats::package_databases::{self as databases, InstalledPackage, PackageTable};
use crate::formats::rpm as rpm_database;
use crate::sources::rows::there;
use crate::sources::target::Target;

/// A reader of a table.
type ReadTable = fn(&str) -> PackageTable;

/// Tables in one file: the directory, the name, the kind of package URL, and the reader.
const TABLES: [(&str, &str, &str, ReadTable); 7] = [
    ("var/lib/dpkg", "status", "deb", databases::control),
    ("lib/apk/db", "installed", "apk", databases::apk),
    ("usr/lib/apk/db", "installed", "apk", databases::apk),
    ("usr/lib/opkg", "status", "opkg", databases::control),
    ("var/lib/opkg", "status", "opkg", databases::control),
    ("opt/lib/opkg", "status", "opkg", databases::control),
    ("var/opkg-lists", "status", "opkg", databases::control),
];

/// Databases that are known and not read: the directory, a name in it, and whose they are.
const NOT_READ: [(&str, &str, &str); 4] = [
    ("var/db/xbps", "pkgdb-0.38.plist", "xbps"),
    ("nix/var/nix/db", "db.sqlite", "Nix"),
    ("var/guix/db", "db.sqlite", "Guix"),
    ("var/lib/eopkg", "package", "eopkg"),
];

/// Most directories of Flatpak at each level.
const MAX_NAMES: usize = 10_000;

/// Adds the packages of all databases.
pub(super) fn add(target: &Target, system: &Distribution, inventory: &mut Inventory) {
    let has = |folder: &str, name: &str| target.names(folder.as_bytes()).iter().any(|known| known == name);
    let mut known = false;
    let mut found: Vec<Component> = Vec::new();
    let mut lacking = Vec::new();
    for (folder, name, kind, read) in TABLES {
        if !has(folder, name) {
            continue;
        }
        known = true;
        let (packages, unread) = read(&target.text(format!("{folder}/{name}").as_bytes(), MAX_FILE));
        if packages.is_empty() || unread > 0 {
            let count = packages.len();
            lacking
                .push(format!("/{folder}/{name}: {count} packages were read, and {unread} entries were not"));
        }
        for package in packages.into_iter().map(|package| component(system, kind, package)) {
            if folder.starts_with("usr/lib/apk") && found.contains(&package) {
                continue;
            }
            found.push(package);
        }
    }
    // A package of a container or of a distribution without a base has a file of its own.
    for name in target.names(b"var/lib/dpkg/status.d").iter().filter(|name| !name.ends_with(".md5sums")) {
        known = true;
        let path = format!("var/lib/dpkg/status.d/{name}");
        let (packages, unread) = databases::control(&target.text(path.as_bytes(), MAX_FILE));
        if packages.is_empty() || unread > 0 {
            lacking.push(format!(
                "/{path}: {} packages were read, and {unread} entries were not",
                packages.len()
            ));
        }
        found.extend(packages.into_iter().map(|package| component(system, "deb", package)));
    }
    dpkg_updates(target, system, &mut found, &mut lacking);
    let mut add = |what: &str, kind: &str, packages: Vec<Option<InstalledPackage>>| {
        let unread = packages.iter().filter(|package| package.is_none()).count();
        if unread > 0 {
            lacking.push(format!("{what}: {unread} packages could not be read"));
        }
        known |= !packages.is_empty();
        found.extend(packages.into_iter().flatten().map(|package| component(system, kind, package)));
    };
    let local = target.names(b"var/lib/pacman/local").into_iter().filter(|name| name != "ALPM_DB_VERSION");
    let local = local.map(|name| {
        databases::pacman(&target.text(format!("var/lib/pacman/local/{name}/desc").as_bytes(), MAX_FILE))
    });
    add("/var/lib/pacman/local", "alpm", local.collect());
    let mut portage = Vec::new();
    for category in target.names(b"var/db/pkg") {
        let names = target.names(format!("var/db/pkg/{category}").as_bytes());
        portage.extend(names.iter().map(|name| databases::portage(&category, name)));
    }
    add("/var/db/pkg", "ebuild", portage);
    for folder in ["var/lib/pkgtools/packages", "var/log/packages"] {
        let names = target.names(folder.as_bytes());
        add(&format!("/{folder}"), "", names.iter().map(|name| databases::slackware(name)).collect());
    }
    add("Flatpak", "", flatpaks(target));
    let state = has("var/lib/snapd", "state.json")
        .then(|| databases::snaps(&target.text(b"var/lib/snapd/state.json", MAX_FILE / 8)));
    let files = target.names(b"var/lib/snapd/snaps");
    let snaps = state.clone().flatten().unwrap_or_else(|| {
        // The files of snaps have their names and revisions, of those too that are not in use any more.
        let snaps: Vec<_> = files.iter().filter_map(|name| databases::snap_file(name)).collect();
        if state.is_some() || !snaps.is_empty() {
            let count = snaps.len();
            lacking.push(format!(
                "/var/lib/snapd/state.json: the snaps could not be read; {count} are known by their files, in use or not"
            ));
        }
        snaps
    });
    found.extend(snaps.into_iter().map(|snap| component(system, "", snap)));
    let mut headers = 0_usize;
    let read = rpm_database::packages(&|path| there(target.open_to_seek(path.as_bytes())), &mut |package| {
        headers = headers.saturating_add(1);
        found.extend(rpm(&package, system));
    });
    known |= matches!(read, Ok(Some(_)) | Err(_));
    if let (Ok(Some(database)), 0) = (&read, headers) {
        lacking.push(format!("/{database}: it has no packages"));
    }
    lacking.extend(read.err());
    for (folder, name, whose) in NOT_READ {
        if has(folder, name) {
            known = true;
            lacking.push(format!("/{folder}/{name}: the packages of {whose} are not read"));
        }
    }
    if !known {
        lacking.push("no package database that is known is there: what is installed is not known".to_owned());
    }
    inventory.components.extend(found);
    inventory.lacking.extend(lacking);
}

/// What dpkg has noted beside its table and not merged yet, as after a run that was broken off: the newer state of a package.
fn dpkg_updates(
    target: &Target,
    system: &Distribution,
    found: &mut Vec<Component>,
    lacking: &mut Vec<String>,
) {
    let mut names = target.names(b"var/lib/dpkg/updates");
    // dpkg's own names are numbers of four digits, in the order of what happened; what it has not finished is `tmp.i`.
    names.retain(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit()));
    names.sort();
    for name in names {
        let path = format!("var/lib/dpkg/updates/{name}");
        let text = target.text(path.as_bytes(), MAX_FILE);
        let (packages, unread) = databases::control(&text);
        if unread > 0 {
            lacking.push(format!("/{path}: {unread} entries were not read"));
        }
        for (package, architecture) in databases::named(&text) {
            found.retain(|known| known.name != package || known.architecture != architecture);
        }
        found.extend(packages.into_iter().map(|package| component(system, "deb", package)));
    }
}

/// Applications and runtimes of Flatpak, for all and for each user: identifier, processor and branch are directories.
fn flatpaks(target: &Target) -> Vec<Option<InstalledPackage>> {
    let places = target.accounts().homes_with(target.names(b"home"));
    let places = places.into_iter().map(|(_, home)| format!("{home}/.local/share/flatpak"));
    let mut all = Vec::new();
    for place in places
        .chain(["var/lib/flatpak".to_owned()])
        .flat_map(|place| ["app", "runtime"].map(|kind| format!("{place}/{kind}")))
    {
        for name in target.names(place.as_bytes()) {
            for architecture in
                target.names(format!("{place}/{name}").as_bytes()).iter().filter(|name| *name != "current")
            {
                let branches = target.names(format!("{place}/{name}/{architecture}").as_bytes()).into_iter();
                if all.len() >= MAX_NAMES {
                    // What is behind the limit counts as one that was not read.
                    all.push(None);
                    return all;
                }
                all.extend(branches.map(|branch| {
                    Some(InstalledPackage {
                        name: name.clone(),
                        version: Some(branch),
                        architecture: Some(architecture.clone()),
                        vendor: None,
                    })
                }));
            }
        }
    }
    all
}
