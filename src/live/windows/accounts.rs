//! `LiveAccounts` of Windows: the accounts and groups of this machine itself, and who has a profile on it.
//!
//! In: the lists of the running system's own accounts; the registry's list of profiles, of any. Out: [`AccountRow`]s.
//! Those of a directory are not asked for: that would be a question to another machine. Nothing of a password is read.

use std::io;

use super::windows_host::WindowsHost;
use crate::evidence::Exact;
use crate::evidence::rows::RowType as _;
use crate::evidence::rows::accounts::{AccountRow, HostAccount, HostGroup, UserProfile};
use crate::sources::rows::{Halt, Lines, Rows, code_of};
use crate::sys;
use crate::sys::{LocalAccount, LocalGroup};

/// How the rows are made.
pub(crate) fn rows(machine: WindowsHost) -> Rows {
    Rows::new(AccountRow::SCHEMA, "netapi", move |lines| make(&machine, lines))
}

fn make(machine: &WindowsHost, lines: &mut Lines<'_>) -> Result<(), Halt> {
    if machine.is_live() && sys::IS_WINDOWS {
        let accounts = sys::local_accounts().map(|all| all.into_iter().map(AccountRow::from).collect());
        let groups = sys::local_groups().map(|all| all.into_iter().map(AccountRow::from).collect());
        for (what, told) in [("accounts", accounts), ("groups", groups)] {
            let told: io::Result<Vec<AccountRow>> = told;
            match told {
                Ok(rows) => rows.iter().try_for_each(|row| lines.row(row))?,
                Err(error) => {
                    lines.short(code_of(&error), format!("listing {what} of this machine: {error}"));
                }
            }
        }
    }
    for profile in machine.profiles() {
        let super::windows_host::Profile { sid, folder, changed } = profile;
        lines.row(&AccountRow::Profile(UserProfile { sid, folder, changed }))?;
    }
    Ok(())
}

impl From<LocalAccount> for AccountRow {
    fn from(account: LocalAccount) -> Self {
        Self::Account(Box::new(HostAccount {
            name: Exact::from(account.name),
            id: account.id,
            full_name: Exact::from(account.full_name),
            home: Exact::from(account.home),
            comment: Some(account.comment),
            disabled: Some(account.disabled),
            locked: Some(account.locked),
            password_not_required: Some(account.password_not_required),
            password_never_expires: Some(account.password_never_expires),
            password_age: Some(account.password_age),
            last_logon: account.last_logon,
            logons: Some(account.logons),
            wrong_passwords: Some(account.wrong_passwords),
            script: Some(account.script),
            ..HostAccount::default()
        }))
    }
}

impl From<LocalGroup> for AccountRow {
    fn from(LocalGroup { name, comment, members }: LocalGroup) -> Self {
        let members = members.into_iter().map(Exact::from).collect();
        Self::Group(HostGroup { name: Exact::from(name), id: None, comment: Some(comment), members })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_and_a_group_of_windows_have_the_fields_of_windows_and_no_others() {
        let row = |row: AccountRow| serde_json::to_value(row).unwrap();
        let account = row(AccountRow::from(LocalAccount {
            name: "Anna".to_owned(),
            id: 1_001,
            ..LocalAccount::default()
        }));
        assert_eq!((&account["name"], &account["disabled"]), (&"Anna".into(), &false.into()));
        assert!(account.get("shell").is_none() && account.get("in_passwd").is_none(), "{account}");
        let group = LocalGroup { members: vec!["S-1-5-21-1-500".to_owned()], ..LocalGroup::default() };
        assert_eq!(
            row(AccountRow::from(group)),
            serde_json::json!({"row": "group", "name": "", "comment": "", "members": ["S-1-5-21-1-500"]})
        );
    }
}
