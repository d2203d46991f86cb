//! What a run loses without rights, said before it begins: an operator may still start it anew with them.
//!
//! In: what this process may do. Out: one sentence, or none. Only Windows reports a right to make backups; elsewhere the
//! record of each item that was refused says so, and a root without all capabilities is told beforehand why a run ends
//! with 3: what it was refused of a process is evidence that is lacking, however few they are.

use crate::sources::Privileges;
use crate::text::Sentence;
use crate::text::collect::rights as text;

/// What is lost, and what to do about it; `None` where nothing is.
pub(super) fn lost(rights: &Privileges, of_host: bool) -> Option<Sentence> {
    match (rights.privileged, rights.backup) {
        // Of a tree or an image no process is asked.
        (true, None) if of_host && rights.capabilities.as_deref().is_some_and(|all| !is_whole(all)) => {
            Some(text::not_all_capabilities())
        }
        (_, None) | (true, Some(true)) => None,
        (false, Some(true)) => Some(text::not_elevated()),
        (false, Some(false)) => Some(text::not_an_administrator()),
        (true, Some(false)) => Some(text::no_backup_privilege()),
    }
}

/// Capabilities that every Linux since 3.5 has: those up to `CAP_BLOCK_SUSPEND` (`include/uapi/linux/capability.h`).
const ALL: u64 = (1 << 37) - 1;

/// Whether a set of capabilities, in hexadecimal, has all of those.
fn is_whole(capabilities: &str) -> bool {
    u64::from_str_radix(capabilities, 16).is_ok_and(|set| set & ALL == ALL)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::golden::assert_golden;

    #[test]
    fn a_root_without_all_capabilities_is_warned_and_a_whole_one_is_not() {
        let root = |set: &str| Privileges {
            privileged: true,
            capabilities: Some(set.to_owned()),
            ..Privileges::default()
        };
        for whole in ["000001ffffffffff", "0000003fffffffff"] {
            assert_eq!(lost(&root(whole), true), None, "{whole}");
        }
        for part in ["000001fffeffffff", "00000000a80425fb"] {
            assert_eq!(lost(&root(part), true), Some(text::not_all_capabilities()), "{part}");
            assert_eq!(lost(&root(part), false), None, "{part}");
        }
    }

    #[test]
    fn only_a_windows_without_rights_loses_anything_and_each_warning_is_the_golden_text() {
        let rights = |privileged, backup| Privileges { privileged, backup, ..Privileges::default() };
        for fine in [rights(true, Some(true)), rights(true, None), rights(false, None)] {
            assert_eq!(lost(&fine, true), None);
        }
        let poor = [rights(false, Some(true)), rights(false, Some(false)), rights(true, Some(false))];
        let mut warnings: Vec<_> = poor.iter().filter_map(|rights| lost(rights, true)).collect();
        assert_eq!(warnings.len(), 3);
        warnings.push(text::not_all_capabilities());
        assert_golden("collect_rights", &warnings);
    }
}
