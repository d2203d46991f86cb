//! File attributes other than times and mode, which may grant rights or hide a trace: file capabilities, access
//! control lists, labels, other extended attributes, and flags such as *immutable*.
//!
//! In: names and values, and the bits of `FS_IOC_GETFLAGS`, from the running kernel or from an ext volume. Out: the
//! form in a record. Everything is limited ([`MAX_TEXT`], [`MAX_OTHER`]); attributes that are left out are counted.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::bytes::{u16_at, u32_at};

/// Maximum bytes of names and values per item: an item may take 1 KiB of memory besides its name.
const MAX_TEXT: usize = 640;

/// Maximum number of attributes that are kept unchanged.
const MAX_OTHER: usize = 12;

/// Maximum bytes of a value that are kept.
const MAX_VALUE: usize = 128;

/// The flags by their bits in `linux/fs.h`, which are those of an ext inode as well; flags that only affect storage
/// are left out.
const FLAGS: [(u32, FileFlag); 7] = [
    (0x0000_0001, FileFlag::SecureDeletion),
    (0x0000_0002, FileFlag::Undeletable),
    (0x0000_0004, FileFlag::Compressed),
    (0x0000_0010, FileFlag::Immutable),
    (0x0000_0020, FileFlag::AppendOnly),
    (0x0000_0800, FileFlag::Encrypted),
    (0x0010_0000, FileFlag::Verity),
];

/// A flag of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileFlag {
    /// `s`: its blocks are overwritten when it is deleted.
    SecureDeletion,
    /// `u`: its content is kept when it is deleted.
    Undeletable,
    /// `c`: it is stored compressed.
    Compressed,
    /// `i`: nobody, including root, may change, rename or delete it until the flag is removed.
    Immutable,
    /// `a`: it may only grow.
    AppendOnly,
    /// `E`: it is encrypted by the file system.
    Encrypted,
    /// `V`: its content is protected by a hash tree.
    Verity,
    /// A flag that this version does not know.
    #[serde(other)]
    Other,
}

impl FileFlag {
    /// Returns the flags in the bits of `FS_IOC_GETFLAGS`, or of an ext inode.
    pub(crate) fn of_bits(bits: u32) -> Vec<Self> {
        FLAGS.into_iter().filter(|(bit, _)| bits & bit != 0).map(|(_, flag)| flag).collect()
    }
}

/// The extended attributes of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FileAttributes {
    /// Capabilities that the program gets beyond those of its user (`security.capability`): comparable to the set-uid
    /// bit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capabilities: Option<FileCapabilities>,
    /// The access control list (`system.posix_acl_access`), as `getfacl --omit-header` prints it, with commas.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acl: Option<String>,
    /// The default access control list of a directory (`system.posix_acl_default`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_acl: Option<String>,
    /// The `SELinux` label (`security.selinux`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selinux: Option<String>,
    /// All others, in the order of the file system.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub other: Vec<ExtendedAttribute>,
    /// Number of attributes that are not kept, or could not be read.
    #[serde(skip_serializing_if = "is_zero")]
    pub left_out: u64,
}

/// An extended attribute, unchanged.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExtendedAttribute {
    /// Name with its namespace, such as `user.xdg.origin.url` (not UTF-8: with U+FFFD).
    pub name: String,
    /// Bytes of the value.
    pub size: u64,
    /// The value, where it is text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The value, where it is not text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_base64: Option<String>,
    /// Whether only its beginning is kept.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
}

/// File capabilities (`capabilities(7)`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FileCapabilities {
    /// Capabilities that the program gets, such as `cap_setuid`.
    pub permitted: Vec<String>,
    /// Capabilities that it gets where its user has them as inheritable ones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inheritable: Vec<String>,
    /// Whether they are effective at once.
    pub effective: bool,
    /// The root user of the user namespace in which they apply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root_uid: Option<u32>,
}

impl FileAttributes {
    /// Adds an attribute: its full name, its value, and the size of the value, of which less may have been read.
    pub(crate) fn add(&mut self, name: &[u8], value: &[u8], size: u64) {
        let text = || String::from_utf8(value.strip_suffix(b"\0").unwrap_or(value).to_vec()).ok();
        let known = match name {
            b"security.capability" => decode_capabilities(value).map(|caps| self.capabilities = Some(caps)),
            b"system.posix_acl_access" => decode_acl(value).map(|acl| self.acl = Some(acl)),
            b"system.posix_acl_default" => decode_acl(value).map(|acl| self.default_acl = Some(acl)),
            b"security.selinux" if value.len() <= MAX_VALUE => text().map(|label| self.selinux = Some(label)),
            _ => None,
        };
        if known.is_none() {
            self.add_as_it_is(name, value, size);
        }
    }

    /// Counts an attribute that could not be read.
    pub(crate) fn skip(&mut self) {
        self.left_out = self.left_out.saturating_add(1);
    }

    /// Whether there are no attributes.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn add_as_it_is(&mut self, name: &[u8], value: &[u8], size: u64) {
        let kept = value.get(..MAX_VALUE).unwrap_or(value);
        let used = self.other.iter().fold(0_usize, |sum, one| sum.saturating_add(one.length()));
        let length = name.len().saturating_add(kept.len());
        if self.other.len() >= MAX_OTHER || used.saturating_add(length) > MAX_TEXT {
            return self.skip();
        }
        let text = str::from_utf8(kept).ok().filter(|text| !text.contains('\0'));
        self.other.push(ExtendedAttribute {
            name: String::from_utf8_lossy(name).into_owned(),
            size,
            value: text.map(str::to_owned),
            value_base64: text.is_none().then(|| STANDARD.encode(kept)),
            cut: u64::try_from(kept.len()).unwrap_or(u64::MAX) < size,
        });
    }
}

impl ExtendedAttribute {
    fn length(&self) -> usize {
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        self.name.len().saturating_add(text(&self.value)).saturating_add(text(&self.value_base64))
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// The names of capabilities by number (`linux/capability.h`).
const CAPABILITIES: [&str; 41] = [
    "cap_chown",
    "cap_dac_override",
    "cap_dac_read_search",
    "cap_fowner",
    "cap_fsetid",
    "cap_kill",
    "cap_setgid",
    "cap_setuid",
    "cap_setpcap",
    "cap_linux_immutable",
    "cap_net_bind_service",
    "cap_net_broadcast",
    "cap_net_admin",
    "cap_net_raw",
    "cap_ipc_lock",
    "cap_ipc_owner",
    "cap_sys_module",
    "cap_sys_rawio",
    "cap_sys_chroot",
    "cap_sys_ptrace",
    "cap_sys_pacct",
    "cap_sys_admin",
    "cap_sys_boot",
    "cap_sys_nice",
    "cap_sys_resource",
    "cap_sys_time",
    "cap_sys_tty_config",
    "cap_mknod",
    "cap_lease",
    "cap_audit_write",
    "cap_audit_control",
    "cap_setfcap",
    "cap_mac_override",
    "cap_mac_admin",
    "cap_syslog",
    "cap_wake_alarm",
    "cap_block_suspend",
    "cap_audit_read",
    "cap_perfmon",
    "cap_bpf",
    "cap_checkpoint_restore",
];

/// Reads `struct vfs_cap_data` or `vfs_ns_cap_data` of `linux/capability.h`; `None` for an unknown version.
fn decode_capabilities(value: &[u8]) -> Option<FileCapabilities> {
    const EFFECTIVE: u32 = 1;
    let head = u32_at(value, 0)?;
    let (pairs, length, has_root) = match head >> 24 {
        1 => (1_usize, 12, false),
        2 => (2, 20, false),
        3 => (2, 24, true),
        _ => return None,
    };
    if value.len() != length {
        return None;
    }
    let bits = |which: usize| {
        let word = |pair: usize| u32_at(value, pair.checked_mul(8)?.checked_add(4)?.checked_add(which)?);
        let low = u64::from(word(0)?);
        let high = if pairs > 1 { u64::from(word(1)?) } else { 0 };
        Some(low | high << 32)
    };
    Some(FileCapabilities {
        permitted: names_of(bits(0)?),
        inheritable: names_of(bits(4)?),
        effective: head & EFFECTIVE != 0,
        root_uid: if has_root { u32_at(value, 20) } else { None },
    })
}

fn names_of(bits: u64) -> Vec<String> {
    if bits & ALL == ALL {
        return vec!["all".to_owned()];
    }
    let set = (0_u32..64).filter(|bit| bits >> bit & 1 == 1);
    let name = |bit: u32| {
        let known = usize::try_from(bit).ok().and_then(|bit| CAPABILITIES.get(bit));
        known.map_or_else(|| format!("cap_{bit}"), |name| (*name).to_owned())
    };
    set.map(name).collect()
}

/// All capabilities with a name.
const ALL: u64 = (1 << 41) - 1;

/// Maximum number of entries of an access control list that are kept.
const MAX_ACL: usize = 16;

/// Reads an access control list in the kernel's format (`linux/posix_acl_xattr.h`, version 2); `None` for other
/// bytes.
fn decode_acl(value: &[u8]) -> Option<String> {
    if u32_at(value, 0)? != 2 {
        return None;
    }
    let mut text = String::new();
    let entries = value.get(4..)?.chunks_exact(8);
    let count = entries.len();
    for entry in entries.take(MAX_ACL) {
        let (tag, rights, id) = (u16_at(entry, 0)?, u16_at(entry, 2)?, u32_at(entry, 4)?);
        let (word, named) = match tag {
            0x01 => ("user", false),
            0x02 => ("user", true),
            0x04 => ("group", false),
            0x08 => ("group", true),
            0x10 => ("mask", false),
            0x20 => ("other", false),
            _ => return None,
        };
        let id = if named { id.to_string() } else { String::new() };
        let sign = |bit: u16, sign| if rights & bit != 0 { sign } else { '-' };
        let comma = if text.is_empty() { "" } else { "," };
        let _ = write!(text, "{comma}{word}:{id}:{}{}{}", sign(4, 'r'), sign(2, 'w'), sign(1, 'x'));
    }
    if count > MAX_ACL {
        let _ = write!(text, ",… +{}", count.saturating_sub(MAX_ACL));
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    fn of(name: &str, value: &[u8]) -> FileAttributes {
        let mut attributes = FileAttributes::default();
        attributes.add(name.as_bytes(), value, value.len() as u64);
        attributes
    }

    #[test]
    fn capabilities_of_each_version_are_read_and_what_is_none_is_kept_as_it_is() {
        let caps = |value: &[u8]| of("security.capability", value).capabilities;
        let second = caps(&words(&[0x0200_0001, 1 << 7, 0, 0, 0])).unwrap();
        assert_eq!((second.permitted, second.effective), (vec!["cap_setuid".to_owned()], true));
        let third = caps(&words(&[0x0300_0000, 1 << 12, 1 << 13, 1 << 6, 0, 1000])).unwrap();
        assert_eq!(third.permitted, ["cap_net_admin", "cap_perfmon"]);
        assert_eq!((third.inheritable, third.root_uid), (vec!["cap_net_raw".to_owned()], Some(1000)));
        assert_eq!(caps(&words(&[0x0100_0000, 1 << 21, 0])).unwrap().permitted, ["cap_sys_admin"]);
        assert_eq!(caps(&words(&[0x0200_0001, u32::MAX, 0, 0x1ff, 0])).unwrap().permitted, ["all"]);
        assert_eq!(caps(&words(&[0x0200_0001, 0, 0, 1 << 20, 0])).unwrap().permitted, ["cap_52"]);
        for odd in [&[][..], &[1, 2, 3], &words(&[0x0200_0001, 1]), &words(&[0x0900_0001, 1, 0, 0, 0])] {
            let kept = of("security.capability", odd);
            assert!(kept.capabilities.is_none() && kept.other.len() == 1, "{kept:?}");
        }
    }

    #[test]
    fn an_access_control_list_is_written_as_getfacl_writes_it() {
        let entry = |tag: u16, rights: u16, id: u32| {
            [&tag.to_le_bytes()[..], &rights.to_le_bytes(), &id.to_le_bytes()].concat()
        };
        let value = [
            words(&[2]),
            entry(1, 7, u32::MAX),
            entry(2, 6, 1000),
            entry(4, 5, u32::MAX),
            entry(16, 7, u32::MAX),
            entry(32, 0, u32::MAX),
        ]
        .concat();
        let acl = of("system.posix_acl_access", &value).acl.unwrap();
        assert_eq!(acl, "user::rwx,user:1000:rw-,group::r-x,mask::rwx,other::---");
        let many = [words(&[2]), entry(2, 4, 7).repeat(40)].concat();
        assert!(of("system.posix_acl_default", &many).default_acl.unwrap().ends_with("+24"));
        assert_eq!(of("system.posix_acl_access", b"x").other.len(), 1);
    }

    #[test]
    fn other_attributes_are_kept_up_to_a_limit_and_the_rest_is_counted() {
        let kept = of("security.selinux", b"system_u:object_r:etc_t:s0\0");
        assert_eq!(kept.selinux.as_deref(), Some("system_u:object_r:etc_t:s0"));
        let binary = of("user.x", &[0, 1, 255]);
        assert_eq!(binary.other[0].value_base64.as_deref(), Some("AAH/"));
        let mut many = FileAttributes::default();
        for number in 0..100 {
            many.add(format!("trusted.{number}").as_bytes(), &[b'a'; 500], 500);
        }
        let length: usize = many.other.iter().map(ExtendedAttribute::length).sum();
        assert!(length <= MAX_TEXT && many.other[0].cut, "{many:?}");
        assert_eq!(many.other.len() as u64 + many.left_out, 100);
        let json = serde_json::to_string(&many).unwrap();
        assert_eq!(serde_json::from_str::<FileAttributes>(&json).unwrap(), many);
    }

    #[test]
    fn flags_are_read_from_the_bits_of_an_inode() {
        assert_eq!(FileFlag::of_bits(0x30), [FileFlag::Immutable, FileFlag::AppendOnly]);
        assert!(FileFlag::of_bits(0x0008_0000).is_empty(), "extents say how data is stored");
    }
}
