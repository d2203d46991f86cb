//! Rows of `LiveAccounts`: who may log on to this host, with which keys, and who may become root.
//!
//! No row has a password or its hash. Accounts of Windows are those of the machine itself; directory accounts are not
//! queried, because that would contact another machine.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Observable, RowCitation, RowType};
use crate::evidence::{Exact, Utc};

/// A row of schema `urn:veldkit:live:accounts:1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "row", rename_all = "snake_case")]
pub enum AccountRow {
    /// An account; two with one number are two rows.
    Account(Box<HostAccount>),
    /// A group.
    Group(HostGroup),
    /// A public key of SSH (Linux).
    SshKey(SshKey),
    /// A sudo rule, or an alias in rules (Linux).
    Sudo(SudoRule),
    /// A user with a current or former profile directory on this machine (Windows).
    Profile(UserProfile),
    /// A kind of row that this version does not know.
    #[serde(other)]
    #[cfg_attr(test, schemars(skip))]
    Unknown,
}

/// An account in passwd (Linux), or of this machine (Windows).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct HostAccount {
    /// Its name.
    pub name: Exact,
    /// User id: on Linux, 0 has all rights, whatever its name; on Windows, the last part of the SID, where 500 is the
    /// administrator.
    pub id: u32,
    /// Number of its group (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<u32>,
    /// Full name and similar.
    pub full_name: Exact,
    /// Home directory.
    pub home: Exact,
    /// Shell; empty means `/bin/sh` (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shell: Option<Exact>,
    /// `none`: no password is required; `set`; `locked`; `unusable`: no password is valid. Absent where it could not
    /// be read (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Cow<'static, str>>,
    /// The method of the password's hash (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<Cow<'static, str>>,
    /// Whether the hash is in passwd, which everyone may read (Linux).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_passwd: bool,
    /// The day the password was last changed (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<Utc>,
    /// The comment on it (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Whether logons are disabled (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
    /// Whether it was locked after too many wrong passwords (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locked: Option<bool>,
    /// Whether no password is required (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_not_required: Option<bool>,
    /// Whether its password never expires (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_never_expires: Option<bool>,
    /// Age of its password in seconds (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_age: Option<u32>,
    /// Last logon, as far as this machine knows (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_logon: Option<Utc>,
    /// Number of logons (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logons: Option<u32>,
    /// Wrong passwords since the last right one (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrong_passwords: Option<u32>,
    /// Script that runs at each logon (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub script: Option<String>,
}

/// A group.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct HostGroup {
    /// Its name.
    pub name: Exact,
    /// Its number (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<u32>,
    /// Its purpose (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The listed members; accounts have their primary group (Linux). The SIDs of its members, whose last part is the
    /// id of an account of this machine or of the directory (Windows).
    pub members: Vec<Exact>,
}

/// A public key of SSH (Linux).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SshKey {
    /// `authorized`: the owner of the private key may log on; `public`: the private key may be here.
    pub purpose: Cow<'static, str>,
    /// The account whose home directory has it, or for which sshd reads it; absent for a key of the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The file.
    pub file: Exact,
    /// Number of the line, from 1.
    pub line: u64,
    /// Its kind: `ssh-ed25519` …
    pub kind: Exact,
    /// `SHA256:…`, as `ssh-keygen -l` prints it; empty of a line that could not be decoded.
    pub fingerprint: String,
    /// Options of the key.
    pub options: Exact,
    /// Comment.
    pub comment: Exact,
    /// The line as written, where it is not a key or could not be decoded: `sshd` may accept lines that this version
    /// does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread: Option<Exact>,
}

/// A sudo rule, or an alias in rules (Linux).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SudoRule {
    /// The file.
    pub file: Exact,
    /// Number of its first line, from 1.
    pub line: u64,
    /// Who: a user, `%group`, or the type of an alias.
    pub who: Exact,
    /// What, as written.
    pub what: Exact,
}

/// A user with a current or former profile directory on this machine (Windows).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct UserProfile {
    /// The SID.
    pub sid: String,
    /// The directory.
    pub folder: String,
    /// Last change of its registry key, usually at each logon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<Utc>,
}

impl RowType for AccountRow {
    const SCHEMA: &'static str = "urn:veldkit:live:accounts:1";

    fn observables<'row>(&'row self, report: &mut dyn FnMut(Observable<'row>)) {
        match self {
            Self::Account(account) => {
                let HostAccount {
                    name: _,
                    id: _,
                    group: _,
                    full_name: _,
                    home: _,
                    shell,
                    password: _,
                    method: _,
                    in_passwd: _,
                    changed: _,
                    comment: _,
                    disabled: _,
                    locked: _,
                    password_not_required: _,
                    password_never_expires: _,
                    password_age: _,
                    last_logon: _,
                    logons: _,
                    wrong_passwords: _,
                    script,
                } = &**account;
                // Both run at each logon.
                if let Some(shell) = shell {
                    report(Observable::path(shell));
                }
                if let Some(script) = script {
                    report(Observable::Command(script.into()));
                }
            }
            Self::Group(HostGroup { name: _, id: _, comment: _, members: _ })
            | Self::SshKey(SshKey {
                purpose: _,
                account: _,
                file: _,
                line: _,
                kind: _,
                fingerprint: _,
                options: _,
                comment: _,
                unread: _,
            })
            | Self::Sudo(SudoRule { file: _, line: _, who: _, what: _ })
            | Self::Profile(UserProfile { sid: _, folder: _, changed: _ })
            | Self::Unknown => {}
        }
    }

    fn citation(&self) -> RowCitation {
        let name = match self {
            Self::Account(account) => account.name.text().into_owned(),
            Self::Group(group) => group.name.text().into_owned(),
            Self::SshKey(SshKey { file, .. }) | Self::Sudo(SudoRule { file, .. }) => file.text().into_owned(),
            Self::Profile(profile) => profile.folder.clone(),
            Self::Unknown => return RowCitation::default(),
        };
        RowCitation { path: Some(name), ..RowCitation::default() }
    }
}
