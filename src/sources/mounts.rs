//! Which file systems stand where, which of them are walked into, and what the manifest says of each.
//!
//! Local ones are crossed: `/var` on its own volume belongs to the system. Network ones belong to another machine and
//! may hang; pseudo ones are made up by the kernel and have no end. Those are entered only where a pattern names them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Mutex;
use std::sync::PoisonError;

use serde::{Deserialize, Serialize};

use crate::formats::mountinfo;
use crate::formats::mountinfo::Mount;
use crate::sys;
use crate::sys::VolumeMount;

/// One mount, as the manifest has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MountFacts {
    /// Where it stands.
    pub place: String,
    /// Kind of file system, as the kernel names it.
    pub file_system: String,
    /// What is mounted there.
    pub device: String,
    /// Whether anything of it was looked at.
    pub visited: bool,
    /// Why not, or what is to be known of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether something that was asked for may be missing for that reason, so that the run is not complete.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gap: bool,
}

impl MountFacts {
    /// A drive of this machine that could not be looked at.
    pub(crate) fn unreadable(place: &[u8], error: &std::io::Error) -> Self {
        Self {
            place: sys::place_text(place),
            file_system: String::new(),
            device: String::new(),
            visited: false,
            reason: Some(format!("it cannot be opened: {error}")),
            gap: false,
        }
    }
}

/// What a file system means for reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nature {
    /// A disk or memory of this machine.
    Local,
    /// Made up by the kernel.
    Pseudo,
    /// Another machine's, or a program's that may not answer.
    Network,
}

/// The mounts at and beneath a target's root, by their path below it.
#[derive(Debug, Default)]
pub(crate) struct Mounts {
    by_place: BTreeMap<Vec<u8>, Mount>,
    visited: Mutex<BTreeSet<Vec<u8>>>,
    include_network: bool,
}

impl Mounts {
    /// Takes the mounts at and beneath `root`, an absolute path without a slash at its end (empty for `/`).
    pub(crate) fn beneath(root: &[u8], table: &[Mount]) -> Self {
        let mut by_place = BTreeMap::new();
        let mut above: Option<&Mount> = None;
        for mount in table {
            let place = mount.place.strip_suffix(b"/").unwrap_or(&mount.place);
            if let Some(rest) = beneath(root, place) {
                // A later mount on the same place hides the earlier one.
                by_place.insert(rest.to_vec(), mount.clone());
            } else if beneath(place, root).is_some()
                && above.is_none_or(|above| above.place.len() <= mount.place.len())
            {
                above = Some(mount);
            }
        }
        if let Some(above) = above {
            by_place.entry(Vec::new()).or_insert_with(|| above.clone());
        }
        Self { by_place, visited: Mutex::default(), include_network: false }
    }

    pub(crate) fn include_network(&mut self, yes: bool) {
        self.include_network = yes;
    }

    /// The name of the file system that stands at the root, where it is known.
    pub(crate) fn file_system(&self) -> Option<&str> {
        self.by_place.get(&b""[..]).map(|mount| mount.file_system.as_str())
    }

    /// The nature of the file system that holds `path`; local where nothing is known.
    pub(crate) fn nature_at(&self, path: &[u8]) -> Nature {
        self.holding(path).map_or(Nature::Local, |mount| nature(&mount.file_system))
    }

    /// Whether a walk may go into the folder `path`: no if another file system stands there that is not walked.
    pub(crate) fn may_enter(&self, path: &[u8]) -> bool {
        let Some(mount) = self.by_place.get(path) else { return true };
        let may = match nature(&mount.file_system) {
            Nature::Local => true,
            Nature::Network => self.include_network,
            Nature::Pseudo => false,
        };
        if may {
            self.visit(path);
        }
        may
    }

    /// Marks the mount that holds `path` as visited.
    pub(crate) fn visit(&self, path: &[u8]) {
        let place = ancestors(path).find(|place| self.by_place.contains_key(*place));
        if let Some(place) = place {
            self.visited.lock().unwrap_or_else(PoisonError::into_inner).insert(place.to_vec());
        }
    }

    /// All mounts, visited or not.
    pub(crate) fn facts(&self) -> Vec<MountFacts> {
        let visited = self.visited.lock().unwrap_or_else(PoisonError::into_inner);
        self.by_place
            .iter()
            .map(|(place, mount)| {
                let visited = visited.contains(place);
                let reason = match (visited, nature(&mount.file_system)) {
                    (true, _) => None,
                    (false, Nature::Local) => Some("nothing on it was asked for"),
                    (false, Nature::Network) => Some("a network file system, or one that a program serves"),
                    (false, Nature::Pseudo) => Some("a pseudo file system of the kernel"),
                };
                MountFacts {
                    place: sys::place_text(&mount.place),
                    file_system: mount.file_system.clone(),
                    device: mount.device.clone(),
                    visited,
                    reason: reason.map(str::to_owned),
                    gap: false,
                }
            })
            .collect()
    }

    fn holding(&self, path: &[u8]) -> Option<&Mount> {
        ancestors(path).find_map(|place| self.by_place.get(place))
    }
}

/// The path itself, the folder that holds it, and so on up to the root (empty).
fn ancestors(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::successors(Some(path), |path| {
        if path.is_empty() {
            return None;
        }
        let cut = path.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
        path.get(..cut)
    })
}

/// What is left of `path` below `root`, without a slash in front; `None` if it does not stand there.
fn beneath<'a>(root: &[u8], path: &'a [u8]) -> Option<&'a [u8]> {
    let rest = path.strip_prefix(root)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix(b"/") }
}

/// Sorts file systems by name. What is not known counts as a network's: it is read with a time limit.
pub(crate) fn nature(file_system: &str) -> Nature {
    match file_system {
        // Names in lower case: Windows calls them NTFS, ReFS, FAT32 and so on.
        "ext2" | "ext3" | "ext4" | "xfs" | "btrfs" | "zfs" | "f2fs" | "jfs" | "reiserfs" | "tmpfs"
        | "ramfs" | "overlay" | "squashfs" | "erofs" | "iso9660" | "udf" | "vfat" | "msdos" | "exfat"
        | "ntfs" | "ntfs3" | "fuseblk" | "hfsplus" | "apfs" | "ufs" | "bcachefs" | "nilfs2" | "minix"
        | "rootfs" | "devtmpfs" | "aufs" | "ubifs" | "jffs2" | "cramfs" | "virtiofs" | "refs" | "fat"
        | "fat32" | "csvfs" | "cdfs" => Nature::Local,
        "proc" | "sysfs" | "cgroup" | "cgroup2" | "debugfs" | "tracefs" | "securityfs" | "bpf" | "pstore"
        | "configfs" | "efivarfs" | "devpts" | "mqueue" | "hugetlbfs" | "binfmt_misc" | "fusectl"
        | "nsfs" | "rpc_pipefs" | "selinuxfs" | "smackfs" | "autofs" | "resctrl" | "binder" | "dax" => {
            Nature::Pseudo
        }
        _ => Nature::Network,
    }
}

/// The table of mounts of this machine: whole on Linux, elsewhere the volume that `path` is on.
pub(crate) fn table(path: &Path) -> Vec<Mount> {
    if let Some(text) = sys::mountinfo() {
        return mountinfo::mounts(&text);
    }
    let volume = sys::mounted_volume(path);
    let mount = |VolumeMount { place, file_system, device }| Mount { place, file_system, device };
    volume.map(mount).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines in the form of proc(5), of a Debian 12 server with an NFS share.
    const TABLE: &[u8] = b"\
22 28 0:20 / /sys rw,nosuid - sysfs sysfs rw
23 28 0:21 / /proc rw,nosuid shared:12 - proc proc rw
28 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
40 28 8:2 / /var rw shared:2 - xfs /dev/sda2 rw
41 28 0:50 / /mnt/team\\040share rw shared:3 - nfs4 nas:/team rw
not a line
42 40 0:51 / /var/tmp rw - tmpfs tmpfs rw
";

    #[test]
    fn local_mounts_are_entered_and_network_and_pseudo_ones_not() {
        let mut mounts = Mounts::beneath(b"", &mountinfo::mounts(TABLE));
        assert!(mounts.may_enter(b"var") && mounts.may_enter(b"var/tmp") && mounts.may_enter(b"etc"));
        assert!(!mounts.may_enter(b"proc") && !mounts.may_enter(b"mnt/team share"));
        assert_eq!(mounts.nature_at(b"mnt/team share/a/b"), Nature::Network);
        assert_eq!(mounts.nature_at(b"proc/1/status"), Nature::Pseudo);
        assert_eq!(mounts.nature_at(b"variant"), Nature::Local);
        mounts.include_network(true);
        assert!(mounts.may_enter(b"mnt/team share"));
    }

    #[test]
    fn every_mount_is_visited_or_has_a_reason() {
        let mounts = Mounts::beneath(b"", &mountinfo::mounts(TABLE));
        assert!(mounts.may_enter(b"var"));
        mounts.visit(b"etc/passwd");
        for facts in mounts.facts() {
            assert_eq!(facts.visited, ["/", "/var"].contains(&facts.place.as_str()), "{facts:?}");
            assert_eq!(facts.visited, facts.reason.is_none(), "{facts:?}");
        }
    }

    #[test]
    fn of_a_tree_only_the_mounts_beneath_it_count() {
        let mounts = Mounts::beneath(b"/var", &mountinfo::mounts(TABLE));
        let places: Vec<_> = mounts.facts().into_iter().map(|facts| facts.place).collect();
        assert_eq!(places, ["/var", "/var/tmp"]);
        let inside = Mounts::beneath(b"/mnt/team share/tree", &mountinfo::mounts(TABLE));
        assert_eq!(inside.nature_at(b"etc"), Nature::Network);
    }
}
