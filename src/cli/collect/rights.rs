//! What a run loses without rights, said before it begins: an operator may still start it anew with them.
//!
//! In: what this process may do. Out: one sentence, or none. Only Windows tells of a right to make backups; elsewhere the
//! record of each item that was refused says so, and a root without all capabilities is told beforehand why a run ends
//! with 3: what it was refused of a process is evidence that is lacking, however few they are.

use crate::sources::Privileges;
use crate::text::Language;

/// What is lost, and what to do about it; `None` where nothing is.
pub(super) fn lost(rights: &Privileges, lang: Language) -> Option<&'static str> {
    let (nl, en) = match (rights.privileged, rights.backup) {
        (true, None) if rights.capabilities.as_deref().is_some_and(|all| !is_whole(all)) => (
            "root heeft hier niet alle rechten (capabilities), zoals in een container: wat van processen wordt \
             geweigerd staat in hun records, en de run eindigt dan met 3; start het zo mogelijk op de host zelf",
            "root does not have all capabilities here, as in a container: what is refused of processes stands in \
             their records, and the run then ends with 3; start it on the host itself where you can",
        ),
        (_, None) | (true, Some(true)) => return None,
        (false, Some(true)) => (
            "zonder verhoogde rechten zijn vergrendelde bestanden, zoals het register, niet te lezen; start de \
             opdrachtprompt met 'Als administrator uitvoeren'",
            "without elevated rights locked files, such as the registry, cannot be read; start the prompt with \
             'Run as administrator'",
        ),
        (false, Some(false)) => (
            "zonder beheerdersrechten ontbreken het register, de gebeurtenislogboeken en de bestanden van andere \
             gebruikers; start de opdrachtprompt met 'Als administrator uitvoeren'",
            "without an administrator's rights the registry, the event logs and the files of other users are missing; \
             start the prompt with 'Run as administrator'",
        ),
        (true, Some(false)) => (
            "dit account mag geen reservekopieën maken (SeBackupPrivilege): bestanden waarvan de machtigingen dit \
             account weigeren, ontbreken",
            "this account may not make backups (SeBackupPrivilege): files whose permissions refuse this account are \
             missing",
        ),
    };
    Some(lang.pick(nl, en))
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

    #[test]
    fn a_root_without_all_capabilities_is_told_and_a_whole_one_is_not() {
        let root = |set: &str| Privileges {
            privileged: true,
            capabilities: Some(set.to_owned()),
            ..Privileges::default()
        };
        for whole in ["000001ffffffffff", "0000003fffffffff"] {
            assert_eq!(lost(&root(whole), Language::En), None, "{whole}");
        }
        assert!(lost(&root("000001fffeffffff"), Language::En).unwrap().contains("capabilities"));
        assert!(lost(&root("00000000a80425fb"), Language::Nl).unwrap().contains("container"));
    }

    #[test]
    fn only_a_windows_without_rights_loses_anything_and_is_told_what_in_both_languages() {
        let rights = |privileged, backup| Privileges { privileged, backup, ..Privileges::default() };
        for fine in [rights(true, Some(true)), rights(true, None), rights(false, None)] {
            assert_eq!(lost(&fine, Language::En), None);
        }
        let said = |privileged, lang| lost(&rights(privileged, Some(false)), lang).unwrap();
        assert!(said(false, Language::Nl).contains("Als administrator uitvoeren"));
        assert!(said(false, Language::En).contains("Run as administrator"));
        assert!(
            said(true, Language::Nl).contains("SeBackupPrivilege")
                && said(true, Language::En).contains("SeBackupPrivilege")
        );
    }
}
