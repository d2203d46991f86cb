//! `veldkit inventory` of trees with the databases of each package manager, whole, damaged and none at all.

use crate::made::{Made, text};

/// Files of a tree: their paths and what is in them.
type Files<'a> = &'a [(&'a str, &'a [u8])];

/// The table of a made tree, what was said besides, and the exit code.
fn inventory(files: Files<'_>) -> (String, String, i32) {
    let made = Made::linux();
    for (path, content) in files {
        made.put(path, content);
    }
    let output = made.veldkit(["inventory", "--root", "tree", "--format", "csv"]);
    (text(&output.stdout), text(&output.stderr), output.status.code().unwrap())
}

const STATUS: &[u8] = b"Package: bash\nStatus: install ok installed\nArchitecture: amd64\nVersion: 5.2\n\n";

#[test]
fn each_package_manager_has_its_packages_in_the_table() {
    let opkg =
        b"Package: dropbear\nVersion: 2022.82-2\nStatus: install user installed\nArchitecture: mips\n\n\
        Package: gone\nVersion: 1\nStatus: deinstall ok not-installed\n\n";
    let cases: &[(&str, &[u8], &str)] = &[
        ("var/lib/dpkg/status", STATUS, ",software,bash,5.2,,amd64,pkg:deb/debian/bash@5.2"),
        (
            "lib/apk/db/installed",
            b"P:musl\nV:1.2.4-r2\nA:x86_64\n\n",
            ",software,musl,1.2.4-r2,,x86_64,pkg:apk/",
        ),
        ("usr/lib/apk/db/installed", b"P:musl\nV:1.2.5\n\n", ",software,musl,1.2.5,"),
        ("usr/lib/opkg/status", opkg, ",software,dropbear,2022.82-2,,mips,pkg:opkg/"),
        ("opt/lib/opkg/status", opkg, ",software,dropbear,2022.82-2,"),
        (
            "var/lib/pacman/local/bash-5.2.026-2/desc",
            b"%NAME%\nbash\n\n%VERSION%\n5.2.026-2\n\n%ARCH%\nx86_64\n",
            ",software,bash,5.2.026-2,,x86_64,pkg:alpm/",
        ),
        ("var/db/pkg/app-shells/bash-5.2_p26-r1/CONTENTS", b"", ",software,app-shells/bash,5.2_p26-r1,"),
        ("var/lib/pkgtools/packages/bash-5.2.026-x86_64-1", b"", ",software,bash,5.2.026-1,,x86_64,"),
        (
            "var/lib/flatpak/app/org.gimp.GIMP/x86_64/stable/active/metadata",
            b"",
            ",software,org.gimp.GIMP,stable,,x86_64,",
        ),
        (
            "home/anna/.local/share/flatpak/app/org.x.Y/aarch64/beta/active/metadata",
            b"",
            ",software,org.x.Y,beta,,aarch64,",
        ),
    ];
    for (path, content, wanted) in cases {
        let (table, said, code) = inventory(&[(path, content)]);
        assert!(table.contains(wanted) && !table.contains("gone"), "{path}: {table}");
        assert_eq!(code, 0, "{path}: {said}");
    }
    let state = br#"{"data":{"snaps":{"lxd":{"type":"app","sequence":[{"name":"lxd","revision":"24061"}],"current":"24061"}}}}"#;
    let (table, said, code) =
        inventory(&[("var/lib/dpkg/status", STATUS), ("var/lib/snapd/state.json", state)]);
    assert!(code == 0 && table.contains(",software,lxd,24061,"), "{table}{said}");
}

#[test]
fn a_tree_without_a_database_or_with_a_damaged_one_is_not_complete_and_says_so() {
    let torn = [STATUS, b"\0\0\0\0\n\nVersion: 2\n\n"].concat();
    let cases: &[(Files<'_>, &str)] = &[
        (&[], "no package database that is known is there"),
        (&[("var/lib/dpkg/status", b"")], "/var/lib/dpkg/status: 0 packages were read"),
        (
            &[("var/lib/dpkg/status", &torn)],
            "/var/lib/dpkg/status: 1 packages were read, and 2 entries were not",
        ),
        (
            &[("lib/apk/db/installed", b"V:1\n\nP:a\nV:2\n\n")],
            "/lib/apk/db/installed: 1 packages were read, and 1",
        ),
        (
            &[("var/lib/pacman/local/bash-1/desc", b"%NAME%\n")],
            "/var/lib/pacman/local: 1 packages could not be read",
        ),
        (
            &[("var/lib/dpkg/status", STATUS), ("var/lib/snapd/state.json", b"{\"data\":")],
            "the snaps could not be read",
        ),
        (&[("var/db/xbps/pkgdb-0.38.plist", b"<plist/>")], "the packages of xbps are not read"),
        (
            &[("var/lib/dpkg/status.d/tz", STATUS), ("var/lib/dpkg/status.d/base", b"nonsense\n")],
            "/var/lib/dpkg/status.d/base: 0 packages were read, and 1 entries were not",
        ),
        (
            &[("var/lib/dpkg/status", STATUS), ("var/lib/snapd/snaps/core22_1380.snap", b"hsqs")],
            "1 are known by their files",
        ),
    ];
    for (files, wanted) in cases {
        let (_, said, code) = inventory(files);
        assert!(said.contains(wanted), "{wanted}: {said}");
        assert_eq!(code, 3, "{wanted}");
    }
}

#[test]
fn what_dpkg_has_not_merged_yet_is_the_newer_state() {
    let (table, said, code) = inventory(&[
        (
            "var/lib/dpkg/status",
            &[STATUS, b"Package: gone\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\n"]
                .concat(),
        ),
        (
            "var/lib/dpkg/updates/0000",
            b"Package: new\nStatus: install ok unpacked\nArchitecture: amd64\nVersion: 2\n",
        ),
        (
            "var/lib/dpkg/updates/0001",
            b"Package: bash\nStatus: install ok unpacked\nArchitecture: amd64\nVersion: 5.3\n",
        ),
        (
            "var/lib/dpkg/updates/0002",
            b"Package: gone\nStatus: deinstall ok config-files\nArchitecture: amd64\nVersion: 1\n",
        ),
        ("var/lib/dpkg/updates/tmp.i", b"Package: half"),
    ]);
    assert!(table.contains(",software,new,2,") && table.contains(",software,bash,5.3,"), "{table}");
    assert!(!table.contains("bash,5.2") && !table.contains("gone") && code == 0, "{table}{said}");
}

#[test]
fn snaps_without_the_state_of_snapd_are_detected_from_files_and_homes_from_accounts() {
    let (table, said, code) = inventory(&[
        ("var/lib/dpkg/status", STATUS),
        ("etc/passwd", b"anna:x:1000:1000::/srv/people/anna:/bin/sh\n"),
        ("srv/people/anna/.local/share/flatpak/app/org.x.Y/x86_64/stable/active/metadata", b""),
        ("var/lib/snapd/snaps/core22_1380.snap", b"hsqs"),
    ]);
    assert!(
        table.contains(",software,core22,1380,") && table.contains(",software,org.x.Y,stable,,x86_64,"),
        "{table}"
    );
    assert_eq!(code, 3, "{said}");
}
