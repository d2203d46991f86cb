//! Symbolic links among the unpacked files, where the analyst asked for them.
//!
//! In: the records of links on a Unix volume. Out: for each a link below the directory, made after all files have their
//! places, so that no file is written through one. A link stays inside: its target is resolved by name from the root of its own
//! volume, written without `..` behind a name, and one that leads elsewhere is reported and not made. A link whose own
//! directory is reached through another link is not made either.

use std::ffi::OsString;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::files;
use super::safe_paths::UnpackPlaces;
use crate::bundle::names::entry_name;
use crate::evidence::{Item, Kind, Origin, Volume};

/// Most links that are remembered; further ones are counted as not made.
const MAX_LINKS: usize = 1_000_000;

/// The links that are still to be made.
#[derive(Debug, Default)]
pub(super) struct Links {
    wanted: Vec<Link>,
    /// Links beyond the limit.
    dropped: u64,
}

#[derive(Debug)]
struct Link {
    /// The origin of the link, which lies on a Unix volume.
    origin: Origin,
    target: String,
}

/// What became of the links.
#[derive(Debug, Default)]
pub(super) struct LinksMade {
    /// Links that were made, and those in whose place their content is.
    pub(super) made: u64,
    /// Those that were not, with the reason.
    pub(super) failed: Vec<(PathBuf, io::Error)>,
}

impl Links {
    /// Remembers an item if it is a link of a Unix volume.
    pub(super) fn remember(&mut self, item: &Item) {
        let (Kind::Link, Some(target)) = (item.kind, &item.metadata.target) else { return };
        if !matches!(&item.origin, Origin::File { volume: Volume::Root, stream: None, .. }) {
            return;
        }
        if self.wanted.len() < MAX_LINKS {
            self.wanted.push(Link { origin: item.origin.clone(), target: target.clone() });
        } else {
            self.dropped = self.dropped.saturating_add(1);
        }
    }

    /// Makes the links below `folder`, those with the shortest path first.
    pub(super) fn make(mut self, folder: &Path, places: &UnpackPlaces) -> LinksMade {
        let mut made = LinksMade::default();
        self.wanted.sort_by_key(|link| entry_name(&link.origin, false).len());
        for link in &self.wanted {
            let path = places.known(&entry_name(&link.origin, false));
            match make(link, &path, folder, places) {
                Ok(()) => made.made = made.made.saturating_add(1),
                Err(error) => made.failed.push((path, error)),
            }
        }
        if self.dropped > 0 {
            let error =
                io::Error::other(format!("{} links more than the limit of {MAX_LINKS}", self.dropped));
            made.failed.push((PathBuf::new(), error));
        }
        made
    }
}

fn make(link: &Link, path: &Path, folder: &Path, places: &UnpackPlaces) -> io::Result<()> {
    let inside = resolved(&link.origin, &link.target)
        .ok_or_else(|| io::Error::other("the link leads outside its volume, or its target is no text"))?;
    if path.ancestors().skip(1).any(|above| files::is_link(&folder.join(above))) {
        return Err(io::Error::other("the link is itself in a directory that is a link"));
    }
    let target = relative(path, &places.known(&entry_name(&inside, false)));
    let to = folder.join(path);
    // The content of some links is stored under their own name.
    if to.is_file() {
        return Ok(());
    }
    to.parent().map_or(Ok(()), files::make_directory).and_then(|()| files::symlink(&target, &to))
}

/// Resolves a target by name from its link; `None` where it leaves the volume, or is no text.
fn resolved(origin: &Origin, target: &str) -> Option<Origin> {
    let Origin::File { volume, path, .. } = origin else { return None };
    // Bytes that are no text were replaced when the record was written: what they were is not known here.
    if target.contains('\u{fffd}') || target.contains('\0') {
        return None;
    }
    let mut parts: Vec<&[u8]> = Vec::new();
    if !target.starts_with('/') {
        parts.extend(path.split(|byte| *byte == b'/'));
        parts.pop();
    }
    for part in target.as_bytes().split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            // The root is above itself, as on every Unix, where the target begins there; else it leads out of what is here.
            b".." if parts.is_empty() && target.starts_with('/') => {}
            b".." => drop(parts.pop()?),
            name => parts.push(name),
        }
    }
    Some(Origin::File { volume: volume.clone(), path: parts.join(&b'/'), stream: None })
}

/// Returns the path from the directory of `link` to `target`, both below the same directory.
fn relative(link: &Path, target: &Path) -> PathBuf {
    let from: Vec<Component<'_>> = link.parent().into_iter().flat_map(Path::components).collect();
    let to: Vec<Component<'_>> = target.components().collect();
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n(OsString::from(".."), from.len().saturating_sub(common));
    let down = to.iter().skip(common).map(|part| part.as_os_str().to_owned());
    let path: PathBuf = up.chain(down).collect();
    if path.as_os_str().is_empty() { PathBuf::from(".") } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_resolved_by_name_and_never_leaves_its_volume() {
        for (link, target, inside) in [
            ("etc/os-release", "../usr/lib/os-release", Some("usr/lib/os-release")),
            ("etc/localtime", "/usr/share/zoneinfo/UTC", Some("usr/share/zoneinfo/UTC")),
            ("a/b", ".", Some("a")),
            ("a/b", "c/../../d//./e", Some("d/e")),
            ("a", "/../../etc/shadow", Some("etc/shadow")),
            ("a/b", "../..", None),
            ("a", "../x", None),
            ("a", "b/../../x", None),
            ("a", "x\u{fffd}y", None),
        ] {
            let expected = inside.map(Origin::root);
            assert_eq!(resolved(&Origin::root(link), target), expected, "{link} -> {target}");
        }
    }

    #[test]
    fn the_way_from_a_link_to_its_target_goes_up_before_it_goes_down() {
        for (link, target, expected) in [
            ("fs/r/etc/os-release", "fs/r/usr/lib/os-release", "../usr/lib/os-release"),
            ("fs/r/a", "fs/r/b", "b"),
            ("fs/r/a/b", "fs/r/a", "."),
            ("fs/r/a/b/c", "fs/r", "../.."),
        ] {
            assert_eq!(relative(Path::new(link), Path::new(target)), Path::new(expected));
        }
    }

    fn link(path: &str, target: &str) -> Item {
        let line = serde_json::json!({
            "number": 1, "artifact": "A", "origin": {"type": "file", "volume": "root", "path": path}, "kind": "link",
            "outcome": "collected", "metadata": {"target": target}, "personal_data": "low",
            "acquired": "2026-12-01T00:00:00Z",
        });
        serde_json::from_value(line).unwrap()
    }

    #[cfg(unix)]
    #[test]
    fn hostile_links_lead_nowhere_else() {
        let outside = tempfile::tempdir().unwrap();
        let folder = outside.path().join("case");
        std::fs::create_dir_all(folder.join("fs/$rootfs$/etc")).unwrap();
        std::fs::write(folder.join("fs/$rootfs$/etc/taken"), "a file").unwrap();
        let mut links = Links::default();
        for (path, target) in [
            ("all", "/"),
            ("all/planted", "/etc/passwd"),
            ("up", "../../.."),
            ("etc/up", "../../x"),
            ("etc/taken", "/etc/shadow"),
            ("etc/good", "../usr/lib/os-release"),
        ] {
            links.remember(&link(path, target));
        }
        let LinksMade { made, failed } =
            links.make(&folder, &UnpackPlaces::new(super::super::Naming::default()));
        assert_eq!(made, 3, "{failed:?}");
        let root = folder.join("fs/$rootfs$");
        assert_eq!(std::fs::read_link(root.join("all")).unwrap(), Path::new("."));
        assert_eq!(std::fs::read_link(root.join("etc/good")).unwrap(), Path::new("../usr/lib/os-release"));
        assert_eq!(std::fs::read(root.join("etc/taken")).unwrap(), b"a file");
        let names: Vec<_> = failed.iter().map(|(path, _)| path.to_string_lossy().into_owned()).collect();
        let expected = ["up", "etc/up", "all/planted"].map(|name| format!("fs/$rootfs$/{name}"));
        assert_eq!(names, expected);
        assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 1, "nothing next to the directory");
    }
}
