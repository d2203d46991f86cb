//! Which package a file belongs to, and whether it is still as the package brought it.
//!
//! In: the lists that dpkg keeps of each package (`info/*.list`, `info/*.md5sums`), the one table of apk, or rpm's database. Out: for each path
//! that was asked for the package that owns it. Where there is none of them, or rpm's alone and it cannot be read whole, nobody can tell, and
//! nothing is said. Memory is that of the paths asked for, and of one package's header.

use std::collections::BTreeMap;

use super::linux_host::{LinuxHost, joined};
use crate::evidence::ReasonCode;
use crate::formats::rpm;
use crate::sources::rows::there;

/// Most bytes of one list.
const MAX_LIST: usize = 32 << 20;

/// Most bytes of apk's table: some 100 bytes a file.
const MAX_TABLE: usize = 128 << 20;

/// What a package manager knows of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Owned {
    /// The package; none where no package has it.
    pub package: Option<String>,
    /// The MD5 that the package came with, where dpkg keeps it: it does not of configuration.
    pub md5: Option<[u8; 16]>,
}

/// Files that are asked for, by the form in which [`plain`] writes them.
pub type AskedFiles = BTreeMap<Vec<u8>, Owned>;

/// Asks the target's package manager for all of `asked`; `false` where there is none that can be read.
pub(crate) fn ask(reach: &LinuxHost, asked: &mut AskedFiles) -> bool {
    let lists = reach.matching("var/lib/dpkg/info/*.list");
    for path in &lists {
        let Some(stem) = path.strip_suffix(b".list") else { continue };
        let name = stem.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        // `libc6:amd64` where a package may be there for several machines.
        let name = name.split(|byte| *byte == b':').next().unwrap_or_default();
        let list = reach.whole(path, MAX_LIST);
        if listed(&list, &String::from_utf8_lossy(name), asked) {
            md5sums(&reach.whole([stem, b".md5sums"].concat(), MAX_LIST), asked);
        }
    }
    let mut known = !lists.is_empty();
    // The newer place of the same table is a link, or the older one is.
    for path in [&b"lib/apk/db/installed"[..], b"usr/lib/apk/db/installed"] {
        let table = reach.whole(path, MAX_TABLE);
        if !table.is_empty() {
            apk(&table, asked);
            known = true;
            break;
        }
    }
    let of_rpm = rpm::packages(&|path| there(reach.open(path.as_bytes())), &mut |package| {
        for (folder, name, _) in package.files() {
            if let Some(owned) = asked.get_mut(plain(&[folder, name].concat())) {
                owned.package = Some(package.name.to_owned());
            }
        }
    });
    // Beside another package manager rpm has what was brought in by hand.
    let of_rpm = of_rpm.unwrap_or_else(|error| {
        reach.gaps().add(ReasonCode::ReadError, format!("reading the database of rpm: {error}"));
        None
    });
    known || of_rpm.is_some()
}

/// A path as all are compared: without a slash in front, and without the `usr` that merged systems have before `bin`, `sbin`
/// and `lib`, whichever of the two the package names.
#[must_use]
pub fn plain(path: &[u8]) -> &[u8] {
    let path = path.strip_prefix(b"/").unwrap_or(path);
    let rest = path.strip_prefix(b"usr/").unwrap_or_default();
    let merged = [&b"bin/"[..], b"sbin/", b"lib/", b"lib32/", b"lib64/", b"libx32/"];
    if merged.iter().any(|folder| rest.starts_with(folder)) { rest } else { path }
}

/// Reads a list of paths, one a line; tells whether any was asked for.
pub fn listed(list: &[u8], package: &str, asked: &mut AskedFiles) -> bool {
    let mut any = false;
    for line in list.split(|byte| *byte == b'\n') {
        if let Some(owned) = asked.get_mut(plain(line)) {
            owned.package = Some(package.to_owned());
            any = true;
        }
    }
    any
}

/// Reads lines of an MD5 in hexadecimal and a path, as md5sum writes them.
pub fn md5sums(text: &[u8], asked: &mut AskedFiles) {
    for line in text.split(|byte| *byte == b'\n') {
        let Some((digest, path)) = line.split_at_checked(32) else { continue };
        if let Some(owned) = asked.get_mut(plain(path.trim_ascii_start())) {
            owned.md5 = hexadecimal(digest);
        }
    }
}

fn hexadecimal(text: &[u8]) -> Option<[u8; 16]> {
    u128::from_str_radix(str::from_utf8(text).ok()?, 16).ok().map(u128::to_be_bytes)
}

/// Reads apk's table of what is installed: `P:` names a package, `F:` a folder and `R:` a file in it.
/// <https://wiki.alpinelinux.org/wiki/Apk_spec>
pub fn apk(table: &[u8], asked: &mut AskedFiles) {
    let (mut package, mut folder) = (String::new(), &b""[..]);
    for line in table.split(|byte| *byte == b'\n') {
        match line {
            [b'P', b':', name @ ..] => package = String::from_utf8_lossy(name).into_owned(),
            [b'F', b':', path @ ..] => folder = path,
            [b'R', b':', name @ ..] => {
                let file = joined(folder, name);
                if let Some(owned) = asked.get_mut(plain(&file)) {
                    owned.package = Some(package.clone());
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(paths: &[&str]) -> AskedFiles {
        paths.iter().map(|path| (plain(path.as_bytes()).to_vec(), Owned::default())).collect()
    }

    #[test]
    fn a_path_is_the_same_with_and_without_the_merged_usr() {
        for (path, wanted) in [
            ("/usr/bin/x", "bin/x"),
            ("/bin/x", "bin/x"),
            ("usr/lib64/y", "lib64/y"),
            ("/usr/share/z", "usr/share/z"),
            ("/usr/bin", "usr/bin"),
        ] {
            assert_eq!(plain(path.as_bytes()), wanted.as_bytes(), "{path}");
        }
    }

    /// In the form of Debian 12's lists.
    #[test]
    fn dpkgs_lists_tell_the_package_and_the_digest() {
        let mut files = asked(&["/usr/sbin/cron", "/etc/crontab", "/opt/x"]);
        assert!(listed(b"/.\n/etc/crontab\n/usr/sbin/cron\n", "cron", &mut files));
        assert!(!listed(b"/.\n/usr\n", "other", &mut files));
        md5sums(b"d41d8cd98f00b204e9800998ecf8427e  usr/sbin/cron\nzz\n", &mut files);
        let cron = &files[&b"sbin/cron"[..]];
        assert_eq!(cron.package.as_deref(), Some("cron"));
        assert!(matches!(cron.md5, Some([0xd4, 0x1d, ..])));
        assert_eq!((files[&b"opt/x"[..]].clone(), files[&b"etc/crontab"[..]].md5), (Owned::default(), None));
    }

    /// In the form that the wiki of Alpine Linux describes.
    #[test]
    fn apks_table_tells_the_package() {
        let mut files = asked(&["/bin/busybox", "/etc/x"]);
        apk(b"C:Q1abc=\nP:busybox\nV:1.36.1-r5\nF:bin\nR:busybox\na:0:0:755\nZ:Q12jmj7l5rSw0yVb/vlWAYkK/YBwk=\nF:\nR:y\n", &mut files);
        let busybox = &files[&b"bin/busybox"[..]];
        assert_eq!(busybox.package.as_deref(), Some("busybox"));
        assert_eq!(files[&b"etc/x"[..]], Owned::default());
    }
}
