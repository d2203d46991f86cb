//! Who may change a file or a directory, by its security descriptor: [MS-DTYP] 2.4.4 to 2.4.6, and what each right lets one do.
//! <https://learn.microsoft.com/openspecs/windows_protocols/ms-dtyp/7d4dac05-9cef-4563-a058-f108abecce1d>
//!
//! In: a self-relative descriptor with owner and access list, and the SID of the user who runs this. Out: who may change the object
//! besides those who may change anything on the machine. An entry that is not understood counts as one that allows.

use super::{u16_at, u32_at};
use crate::evidence::sid;

/// What is to be kept from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guarded {
    /// The content of a file.
    File,
    /// A directory and the files that are made in it.
    Directory,
    /// The directories in a directory, which nobody else may rename or delete.
    Ancestor,
}

/// Who may change an object although this user and the administrators alone should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stranger {
    /// Everybody, since it has no access list.
    NoList,
    /// Its owner, who may always change the list.
    Owner(String),
    /// Whom an entry of the list allows it.
    Entry(String),
    /// Nobody knows: the descriptor is damaged.
    Damaged,
}

/// Those who can change anything anyway: Administrators, SYSTEM, `TrustedInstaller`; and the owner of what is made, by whichever name:
/// CREATOR OWNER becomes the owner, OWNER RIGHTS is.
const TRUSTED: [&str; 5] = [
    "S-1-5-32-544",
    "S-1-5-18",
    "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464",
    "S-1-3-0",
    "S-1-3-4",
];

const EVERYONE: &str = "S-1-1-0";

/// `SE_DACL_PRESENT`, `SE_SELF_RELATIVE`.
const HAS_LIST: u16 = 0x4;
const SELF_RELATIVE: u16 = 0x8000;

/// `OBJECT_INHERIT_ACE`, `INHERIT_ONLY_ACE`.
const TO_FILES: u8 = 0x1;
const INHERIT_ONLY: u8 = 0x8;

/// `DELETE`, `WRITE_DAC`, `WRITE_OWNER`, `GENERIC_ALL`: rights to put another object in the place of this one, or to be given all others.
const TAKE_OVER: u32 = 0x0001_0000 | 0x0004_0000 | 0x0008_0000 | 0x1000_0000;

/// `FILE_WRITE_DATA`, which is `FILE_ADD_FILE`; `FILE_APPEND_DATA`, which is `FILE_ADD_SUBDIRECTORY`; `FILE_WRITE_ATTRIBUTES`, with which
/// a reparse point is set that leads elsewhere; `GENERIC_WRITE`.
const WRITE: u32 = 0x2 | 0x4 | 0x100 | 0x4000_0000;

/// `FILE_DELETE_CHILD`.
const DELETE_CHILD: u32 = 0x40;

/// Most entries of a list: 64 KiB of the shortest.
const MAX_ENTRIES: usize = 1 << 13;

impl Guarded {
    /// The rights that nobody else should have to the object itself.
    const fn rights(self) -> u32 {
        match self {
            Self::File => TAKE_OVER | WRITE,
            Self::Directory => TAKE_OVER | WRITE | DELETE_CHILD,
            Self::Ancestor => TAKE_OVER | DELETE_CHILD,
        }
    }
}

/// Finds who else may change an object; `own` is the SID of the user who runs this.
pub(crate) fn stranger(descriptor: &[u8], guarded: Guarded, own: &str) -> Option<Stranger> {
    match find(descriptor, guarded, own) {
        Some(Access::Kept) => None,
        Some(Access::Given(stranger)) => Some(stranger),
        None => Some(Stranger::Damaged),
    }
}

/// What a whole descriptor says.
enum Access {
    Kept,
    Given(Stranger),
}

/// `None` where the descriptor is damaged.
fn find(descriptor: &[u8], guarded: Guarded, own: &str) -> Option<Access> {
    let is_trusted = |sid: &str| sid == own || TRUSTED.contains(&sid);
    let control = u16_at(descriptor, 2)?;
    if descriptor.first() != Some(&1) || control & SELF_RELATIVE == 0 {
        return None;
    }
    let list = usize::try_from(u32_at(descriptor, 16)?).ok()?;
    if control & HAS_LIST == 0 || list == 0 {
        return Some(Access::Given(Stranger::NoList));
    }
    let owner = sid::owner(descriptor)?;
    if !is_trusted(&owner) {
        return Some(Access::Given(Stranger::Owner(owner)));
    }
    let list = descriptor.get(list..)?;
    let list = list.get(..usize::from(u16_at(list, 2)?))?;
    let count = usize::from(u16_at(list, 4)?);
    let mut rest = list.get(8..)?;
    let mut denied: Vec<Entry> = Vec::new();
    for _ in 0..count.min(MAX_ENTRIES) {
        let length = usize::from(u16_at(rest, 2)?);
        let entry = Entry::of(rest.get(..length).filter(|_| length >= 8)?)?;
        rest = rest.get(length..)?;
        match entry.effect {
            Effect::Denies => denied.push(entry),
            Effect::Allows if !is_trusted(&entry.sid) && entry.allows(guarded, &denied) => {
                return Some(Access::Given(Stranger::Entry(entry.sid)));
            }
            Effect::Allows | Effect::Nothing => {}
        }
    }
    (count <= MAX_ENTRIES).then_some(Access::Kept)
}

/// What an entry does here.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Effect {
    Allows,
    Denies,
    Nothing,
}

/// An entry of a list.
struct Entry {
    effect: Effect,
    flags: u8,
    rights: u32,
    sid: String,
}

impl Entry {
    fn of(bytes: &[u8]) -> Option<Self> {
        let (kind, flags, rights) = (*bytes.first()?, *bytes.get(1)?, u32_at(bytes, 4)?);
        let (effect, sid) = match kind {
            // `ACCESS_ALLOWED_ACE`, and with a condition, which may hold.
            0 | 9 => (Effect::Allows, sid::text(bytes.get(8..)?)?),
            // `ACCESS_DENIED_ACE`.
            1 => (Effect::Denies, sid::text(bytes.get(8..)?)?),
            // `ACCESS_ALLOWED_OBJECT_ACE`, and with a condition: two GUIDs may precede the SID.
            5 | 11 => {
                let present = u32_at(bytes, 8)?;
                let guids = usize::try_from((present & 3).count_ones()).ok()?.checked_mul(16)?;
                (Effect::Allows, sid::text(bytes.get(guids.checked_add(12)?..)?)?)
            }
            // What denies a part, or on a condition, need not deny this. Audits, labels and the like are not for this list.
            6 | 10 | 12 | 2 | 3 | 7 | 8 | 13..=20 => (Effect::Nothing, String::new()),
            // `ACCESS_ALLOWED_COMPOUND_ACE`, and what nobody has defined yet.
            _ => return None,
        };
        Some(Self { effect, flags, rights, sid })
    }

    /// Whether it lets its trustee change what is guarded, in spite of the entries before it that deny.
    fn allows(&self, guarded: Guarded, denied: &[Self]) -> bool {
        let left = |counts: fn(u8) -> bool, wanted: u32| {
            if !counts(self.flags) {
                return false;
            }
            let kept = denied
                .iter()
                .filter(|entry| counts(entry.flags) && (entry.sid == self.sid || entry.sid == EVERYONE));
            let kept = kept.fold(0, |rights, entry| rights | spelled_out(entry.rights));
            spelled_out(self.rights) & wanted & !kept != 0
        };
        left(|flags| flags & INHERIT_ONLY == 0, guarded.rights())
            || (guarded == Guarded::Directory && left(|flags| flags & TO_FILES != 0, Guarded::File.rights()))
    }
}

/// Generic rights in an entry that is only inherited are written out when they are: what denies one denies those too.
const fn spelled_out(rights: u32) -> u32 {
    let mut all = rights;
    if all & 0x1000_0000 != 0 {
        all |= (TAKE_OVER & !0x1000_0000) | (WRITE & !0x4000_0000) | DELETE_CHILD;
        all &= !0x1000_0000;
    }
    if all & 0x4000_0000 != 0 {
        all |= WRITE & !0x4000_0000;
        all &= !0x4000_0000;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: &str = "S-1-5-21-1-2-3-1001";
    const ADMINISTRATORS: &str = "S-1-5-32-544";
    const USERS: &str = "S-1-5-32-545";
    const MODIFY: u32 = 0x0013_01bf;
    const READ: u32 = 0x0012_00a9;
    const ALL: u32 = 0x001f_01ff;

    fn sid_bytes(sid: &str) -> Vec<u8> {
        let parts: Vec<u32> = sid.split('-').skip(2).map(|part| part.parse().unwrap()).collect();
        let mut bytes = vec![1, u8::try_from(parts.len() - 1).unwrap(), 0, 0];
        bytes.extend(parts[0].to_be_bytes());
        bytes.extend(parts[1..].iter().flat_map(|part| part.to_le_bytes()));
        bytes
    }

    /// An entry: its type, its flags, rights, whose.
    type Made<'a> = (u8, u8, u32, &'a str);

    fn descriptor(owner: &str, entries: &[Made<'_>]) -> Vec<u8> {
        let mut list = Vec::new();
        for (kind, flags, rights, sid) in entries {
            let mut body = rights.to_le_bytes().to_vec();
            if matches!(kind, 5 | 6 | 11) {
                body.extend(1_u32.to_le_bytes());
                body.extend([7; 16]);
            }
            body.extend(sid_bytes(sid));
            list.extend([*kind, *flags]);
            list.extend(u16::try_from(body.len() + 4).unwrap().to_le_bytes());
            list.extend(body);
        }
        let owner = sid_bytes(owner);
        let at = u32::try_from(20 + owner.len()).unwrap();
        let mut bytes = vec![1, 0, 4, 0x80, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        bytes.extend(at.to_le_bytes());
        bytes.extend(owner);
        bytes.extend([2, 0]);
        bytes.extend(u16::try_from(list.len() + 8).unwrap().to_le_bytes());
        bytes.extend(u16::try_from(entries.len()).unwrap().to_le_bytes());
        bytes.extend([0, 0]);
        bytes.extend(list);
        bytes
    }

    fn found(guarded: Guarded, entries: &[Made<'_>]) -> Option<Stranger> {
        stranger(&descriptor(ADMINISTRATORS, entries), guarded, USER)
    }

    #[allow(clippy::unnecessary_wraps, reason = "it is compared with what is found")]
    fn entry(sid: &str) -> Option<Stranger> {
        Some(Stranger::Entry(sid.to_owned()))
    }

    #[test]
    fn a_directory_of_the_administrators_and_of_whoever_runs_this_is_kept_from_others() {
        let kept = [
            (0, 3, ALL, ADMINISTRATORS),
            (0, 3, ALL, "S-1-5-18"),
            (0, 3, ALL, TRUSTED[2]),
            (0, 3, ALL, USER),
            (0, 11, 0x1000_0000, "S-1-3-0"),
            (0, 3, READ, USERS),
            (0, 3, READ, EVERYONE),
        ];
        for guarded in [Guarded::File, Guarded::Directory, Guarded::Ancestor] {
            assert_eq!(found(guarded, &kept), None, "{guarded:?}");
            assert_eq!(found(guarded, &[]), None, "an empty list lets nobody in");
        }
    }

    #[test]
    fn whoever_else_may_write_is_found_whatever_the_group_and_the_right() {
        for sid in [EVERYONE, "S-1-5-11", USERS, "S-1-5-4", "S-1-5-21-1-2-3-513", "S-1-3-1", "S-1-15-2-1"] {
            assert_eq!(found(Guarded::Directory, &[(0, 3, MODIFY, sid)]), entry(sid));
        }
        for right in [0x2, 0x4, 0x40, 0x100, 0x1_0000, 0x4_0000, 0x8_0000, 0x1000_0000, 0x4000_0000] {
            assert_eq!(found(Guarded::Directory, &[(0, 0, right, USERS)]), entry(USERS), "{right:#x}");
        }
        for right in [0x1, 0x8, 0x10, 0x20, 0x80, 0x2_0000, 0x10_0000, 0x2000_0000, 0x8000_0000] {
            assert_eq!(found(Guarded::Directory, &[(0, 0, right, USERS)]), None, "{right:#x}");
        }
    }

    #[test]
    fn in_a_directory_above_others_may_make_files_and_not_put_others_in_their_place() {
        // The root of a volume as Windows makes it.
        let root = [(0, 0, 0x4, "S-1-5-11"), (0, 11, MODIFY, "S-1-5-11"), (0, 3, READ, USERS)];
        assert_eq!(found(Guarded::Ancestor, &root), None);
        assert_eq!(found(Guarded::Directory, &root), entry("S-1-5-11"));
        for right in [0x40, 0x1_0000, 0x4_0000, 0x8_0000] {
            assert_eq!(found(Guarded::Ancestor, &[(0, 0, right, USERS)]), entry(USERS), "{right:#x}");
        }
    }

    #[test]
    fn what_is_only_inherited_counts_where_files_inherit_it() {
        let with = |flags, guarded| found(guarded, &[(0, flags, MODIFY, USERS)]);
        assert_eq!(with(0x9, Guarded::Directory), entry(USERS), "the files in it");
        assert_eq!(with(0xa, Guarded::Directory), None, "the directories in it");
        assert_eq!(with(0x9, Guarded::Ancestor), None);
        assert_eq!(with(0x13, Guarded::Directory), entry(USERS), "inherited by it, and in force");
        let generic = [(0, 0xb, 0x4000_0000, USERS)];
        assert_eq!(found(Guarded::Directory, &generic), entry(USERS));
    }

    #[test]
    fn an_entry_that_denies_counts_for_those_behind_it_and_for_whom_it_is() {
        let allow = (0, 3, MODIFY, USERS);
        let behind = |denied: Made<'_>| found(Guarded::Directory, &[denied, allow]);
        assert_eq!(behind((1, 3, ALL, USERS)), None);
        assert_eq!(behind((1, 3, ALL, EVERYONE)), None);
        assert_eq!(behind((1, 3, 0x1000_0000, EVERYONE)), None);
        assert_eq!(behind((1, 3, 0x2, USERS)), entry(USERS), "other rights are left");
        assert_eq!(behind((1, 3, ALL, "S-1-5-4")), entry(USERS), "others are left");
        assert_eq!(behind((1, 2, ALL, USERS)), entry(USERS), "the files in it are left");
        assert_eq!(behind((1, 0xb, ALL, USERS)), entry(USERS), "it itself is left");
        assert_eq!(behind((6, 3, ALL, USERS)), entry(USERS), "it denies a part");
        assert_eq!(behind((10, 3, ALL, USERS)), entry(USERS), "it denies on a condition");
        assert_eq!(
            found(Guarded::Directory, &[allow, (1, 3, ALL, USERS)]),
            entry(USERS),
            "it comes too late"
        );
    }

    #[test]
    fn entries_for_objects_and_with_conditions_allow_and_audits_do_not() {
        for kind in [5, 9, 11] {
            assert_eq!(found(Guarded::File, &[(kind, 0, MODIFY, USERS)]), entry(USERS), "{kind}");
        }
        for kind in [2, 17, 20] {
            assert_eq!(found(Guarded::File, &[(kind, 0, MODIFY, USERS)]), None, "{kind}");
        }
        for kind in [4, 21, 255] {
            assert_eq!(found(Guarded::File, &[(kind, 0, READ, USERS)]), Some(Stranger::Damaged), "{kind}");
        }
    }

    #[test]
    fn without_a_list_everybody_may_and_an_owner_always_may() {
        let whole = descriptor(ADMINISTRATORS, &[]);
        let (mut absent, mut null) = (whole.clone(), whole.clone());
        absent[2] = 0;
        null[16..20].fill(0);
        assert_eq!(stranger(&absent, Guarded::Ancestor, USER), Some(Stranger::NoList));
        assert_eq!(stranger(&null, Guarded::Ancestor, USER), Some(Stranger::NoList));
        let other = "S-1-5-21-1-2-3-1002";
        for guarded in [Guarded::File, Guarded::Directory, Guarded::Ancestor] {
            let owned = |by| stranger(&descriptor(by, &[(0, 3, ALL, ADMINISTRATORS)]), guarded, USER);
            assert_eq!(owned(other), Some(Stranger::Owner(other.to_owned())));
            assert_eq!((owned(USER), owned("S-1-5-18")), (None, None));
        }
    }

    #[test]
    fn a_damaged_descriptor_is_never_one_that_keeps_others_out() {
        let whole = descriptor(USER, &[(0, 3, ALL, ADMINISTRATORS), (0, 3, READ, USERS)]);
        assert_eq!(stranger(&whole, Guarded::File, USER), None);
        for cut in 0..whole.len() {
            assert!(stranger(&whole[..cut], Guarded::File, USER).is_some(), "{cut}");
        }
        for (at, byte) in
            [(0, 2), (3, 0), (4, 0), (16, 255), (21, 16), (20 + 28 + 8 + 2, 0), (20 + 28 + 8 + 2, 7)]
        {
            let mut damaged = whole.clone();
            damaged[at] = byte;
            assert_eq!(stranger(&damaged, Guarded::File, USER), Some(Stranger::Damaged), "{at} {byte}");
        }
        let mut more = whole;
        let at = 20 + 28 + 4;
        more[at] = 3;
        assert_eq!(stranger(&more, Guarded::File, USER), Some(Stranger::Damaged), "entries behind the end");
    }
}
