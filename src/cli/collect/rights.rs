//! What a run loses without rights, said before it begins: an operator may still start it anew with them.
//!
//! In: what this process may do. Out: one sentence, or none. Only Windows tells of a right to make backups; elsewhere the
//! record of each item that was refused says so.

use crate::cli::Lang;
use crate::sources::Privileges;

/// What is lost, and what to do about it; `None` where nothing is.
pub(super) fn lost(rights: &Privileges, lang: Lang) -> Option<&'static str> {
    let (nl, en) = match (rights.privileged, rights.backup) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_windows_without_rights_loses_anything_and_is_told_what_in_both_languages() {
        let rights = |privileged, backup| Privileges { privileged, backup, ..Privileges::default() };
        for fine in [rights(true, Some(true)), rights(true, None), rights(false, None)] {
            assert_eq!(lost(&fine, Lang::En), None);
        }
        let said = |privileged, lang| lost(&rights(privileged, Some(false)), lang).unwrap();
        assert!(said(false, Lang::Nl).contains("Als administrator uitvoeren"));
        assert!(said(false, Lang::En).contains("Run as administrator"));
        assert!(
            said(true, Lang::Nl).contains("SeBackupPrivilege")
                && said(true, Lang::En).contains("SeBackupPrivilege")
        );
    }
}
