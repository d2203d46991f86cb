//! Installed packages, read from the tables of dpkg and apk and rpm's headers: pure, and never a panic.
//!
//! In: the text of `/var/lib/dpkg/status` (deb-control(5)) or of apk's `installed`
//! (<https://wiki.alpinelinux.org/wiki/Apk_spec>). Out: a [`Component`] each. What was removed and left its configuration behind
//! is not installed.

pub use super::identifiers::Distribution;
use super::{Component, Sort};
use crate::formats::package_databases::{self, InstalledPackage};
use crate::formats::rpm::Package;

/// Reads dpkg's table.
#[must_use]
pub fn dpkg(text: &str, system: &Distribution) -> Vec<Component> {
    let (all, _) = package_databases::control(text);
    all.into_iter().map(|package| component(system, "deb", package)).collect()
}

/// Reads apk's table.
#[must_use]
pub fn apk(text: &str, system: &Distribution) -> Vec<Component> {
    let (all, _) = package_databases::apk(text);
    all.into_iter().map(|package| component(system, "apk", package)).collect()
}

/// A package as a component, with its URL where its kind has one.
pub(super) fn component(system: &Distribution, kind: &str, package: InstalledPackage) -> Component {
    let InstalledPackage { name, version, architecture, vendor } = package;
    let known = version.as_deref().filter(|_| !kind.is_empty());
    Component {
        purl: known.and_then(|version| system.purl(kind, &name, version, architecture.as_deref())),
        version,
        vendor,
        architecture,
        ..Component::new(Sort::Software, name)
    }
}

/// A package of rpm; none where it is a key that rpm trusts, which it keeps among them.
pub(crate) fn rpm(package: &Package<'_>, system: &Distribution) -> Option<Component> {
    let architecture = package.architecture().map(str::to_owned);
    let version = format!("{}-{}", package.version, package.release);
    let purl = system.purl("rpm", package.name, &version, architecture.as_deref());
    let epoch = package.epoch.map(|epoch| format!("{epoch}:")).unwrap_or_default();
    (package.name != "gpg-pubkey").then(|| Component {
        // The package URL has the epoch apart from the version.
        purl: purl.map(|purl| match package.epoch {
            Some(epoch) => format!("{purl}{}epoch={epoch}", if purl.contains('?') { '&' } else { '?' }),
            None => purl,
        }),
        version: Some(format!("{epoch}{version}")),
        vendor: package.vendor().map(str::to_owned),
        architecture,
        ..Component::new(Sort::Software, package.name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Stanzas of Debian 12's own table, shortened.
    const STATUS: &str = "Package: adduser\nStatus: install ok installed\nPriority: important\nMaintainer: Debian Adduser Developers <adduser@packages.debian.org>\n\
        Architecture: all\nVersion: 3.134\nDescription: add and remove users\n Version: 9 of a description is none\n\n\
        Package: old\nStatus: deinstall ok config-files\nArchitecture: amd64\nVersion: 1\n\nnonsense\n\n\
        Package: bare\nVersion: 2\n";

    #[test]
    fn what_is_installed_is_told_and_what_was_removed_is_not() {
        let all = dpkg(STATUS, &Distribution::of("ID=debian\nVERSION_ID=12\n"));
        let names: Vec<_> = all.iter().map(|one| (one.name.as_str(), one.version.as_deref())).collect();
        assert_eq!(names, [("adduser", Some("3.134")), ("bare", Some("2"))]);
        assert_eq!(all[0].vendor.as_deref(), Some("Debian Adduser Developers"));
        assert_eq!(all[0].purl.as_deref(), Some("pkg:deb/debian/adduser@3.134?arch=all&distro=debian-12"));
    }

    /// In the form that the wiki of Alpine Linux describes.
    #[test]
    fn packages_of_alpine_are_told() {
        let table =
            "C:Q1x=\nP:musl\nV:1.2.4-r2\nA:x86_64\nm:Timo <timo@example.org>\nF:lib\nR:ld.so\n\nP:broken\n";
        let all = apk(table, &Distribution::of("ID=alpine\nVERSION_ID=3.18.4\n"));
        assert_eq!(all.len(), 1);
        assert_eq!(
            all[0].purl.as_deref(),
            Some("pkg:apk/alpine/musl@1.2.4-r2?arch=x86_64&distro=alpine-3.18.4")
        );
        assert_eq!(all[0].vendor.as_deref(), Some("Timo"));
    }
}
