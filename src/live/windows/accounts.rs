//! `LiveAccounts` of Windows: the accounts and groups of this machine itself, and who has a profile on it.
//!
//! In: the lists of the running system's own accounts; the registry's list of profiles, of any. Out: a row each of [`Row`].
//! Those of a directory are not asked for: that would be a question to another machine. Nothing of a password is read.

use std::io;

use serde::Serialize;

use super::machine::Machine;
use crate::evidence::Utc;
use crate::sources::rows::{Halt, Lines, Rows, code_of};
use crate::sys::{self, LocalAccount, LocalGroup};

/// A row of `LiveAccounts` of Windows, schema `urn:veldkit:live:accounts:1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "row", rename_all = "snake_case")]
pub enum Row {
    /// An account of this machine.
    Account(Box<Account>),
    /// A group of this machine.
    Group {
        /// Its name.
        name: String,
        /// What it is for.
        comment: String,
        /// The SIDs of its members; their last part is the number of an account of this machine, or of the directory.
        members: Vec<String>,
    },
    /// Somebody who has, or had, a folder on this machine.
    Profile {
        /// The SID.
        sid: String,
        /// The folder.
        folder: String,
        /// When the registry's note of it was last changed: mostly with each logon.
        #[serde(skip_serializing_if = "Option::is_none")]
        changed: Option<Utc>,
    },
}

/// An account of this machine.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of its own that Windows keeps")]
pub struct Account {
    /// Its name.
    pub name: String,
    /// Its number, the last part of its SID; 500 is the administrator whatever its name.
    pub id: u32,
    /// Full name.
    pub full_name: String,
    /// What is written of it.
    pub comment: String,
    /// Whether nobody can log on as it.
    pub disabled: bool,
    /// Whether it was locked for too many wrong passwords.
    pub locked: bool,
    /// Whether it need have no password.
    pub password_not_required: bool,
    /// Whether its password is never too old.
    pub password_never_expires: bool,
    /// How old its password is, in seconds.
    pub password_age: u32,
    /// When it was logged on as last, as far as this machine knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_logon: Option<Utc>,
    /// How often it was logged on as.
    pub logons: u32,
    /// Wrong passwords since the last right one.
    pub wrong_passwords: u32,
    /// A script that is run at each logon.
    pub script: String,
    /// Its home.
    pub home: String,
}

/// How the rows are made.
pub(crate) fn rows(machine: Machine) -> Rows {
    Rows::new("urn:veldkit:live:accounts:1", "netapi", move |lines| make(&machine, lines))
}

fn make(machine: &Machine, lines: &mut Lines<'_>) -> Result<(), Halt> {
    if machine.is_live() && sys::IS_WINDOWS {
        let accounts = sys::local_accounts().map(|all| all.into_iter().map(Row::from).collect());
        let groups = sys::local_groups().map(|all| all.into_iter().map(Row::from).collect());
        for (what, told) in [("accounts", accounts), ("groups", groups)] {
            let told: io::Result<Vec<Row>> = told;
            match told {
                Ok(rows) => rows.iter().try_for_each(|row| lines.row(row))?,
                Err(error) => {
                    lines.short(code_of(&error), format!("listing {what} of this machine: {error}"));
                }
            }
        }
    }
    for profile in machine.profiles() {
        let super::machine::Profile { sid, folder, changed } = profile;
        lines.row(&Row::Profile { sid, folder, changed })?;
    }
    Ok(())
}

impl From<LocalAccount> for Row {
    fn from(account: LocalAccount) -> Self {
        Self::Account(Box::new(Account {
            name: account.name,
            id: account.id,
            full_name: account.full_name,
            comment: account.comment,
            disabled: account.disabled,
            locked: account.locked,
            password_not_required: account.password_not_required,
            password_never_expires: account.password_never_expires,
            password_age: account.password_age,
            last_logon: account.last_logon,
            logons: account.logons,
            wrong_passwords: account.wrong_passwords,
            script: account.script,
            home: account.home,
        }))
    }
}

impl From<LocalGroup> for Row {
    fn from(LocalGroup { name, comment, members }: LocalGroup) -> Self {
        Self::Group { name, comment, members }
    }
}
