//! Rows of `LiveLogons`, of Linux only: who logged on, from where, and who tried; as records of utmp, wtmp, btmp, lastlog,
//! the databases that replace them, text logs and journals have it. Times are by the clock of the host.

use std::borrow::Cow;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::{Observable, RowCitation, RowType};
use crate::evidence::{Exact, Utc};

/// A row of schema `urn:veldkit:live:logons:1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "row", rename_all = "snake_case")]
pub enum LogonRow {
    /// A record of wtmp, btmp or wtmpdb, or what a line of a text log or a message of a journal says.
    Logon(Box<LogonRecord>),
    /// The last logon of a user.
    LastLogon(LastLogon),
    /// The end of a file of records.
    File(LogonFile),
    /// A file that holds logons and is not read here: compressed, or a log that SQLite has not merged yet.
    NotRead {
        /// The file.
        file: Exact,
    },
    /// A kind of row that this version does not know.
    #[serde(other)]
    #[cfg_attr(test, schemars(skip))]
    Unknown,
}

/// A record of utmp, wtmp, btmp or wtmpdb, a line of a text log, or a message of a journal.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LogonRecord {
    /// The file that has it.
    pub file: Exact,
    /// Number of the line in a text log, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// `boot`, `run_level`, `new_time`, `old_time`, `init`, `login_prompt`, `logon`, `ended` or `accounting`; of logs and
    /// journals also `session_opened`, and `elevated` where a user took the rights of another.
    pub kind: Cow<'static, str>,
    /// Whether the logon was refused: the record is in btmp, or the log says so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub failed: bool,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<Utc>,
    /// `local` where the log has neither the year nor the zone: the time is as written, by the host's own zone, of the year
    /// that the time of the file and the order of its lines lead to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<Cow<'static, str>>,
    /// The user as given; at a failed logon often a password, typed in the wrong place.
    pub user: Exact,
    /// Whose rights the user took, or asked for: of su and sudo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_user: Option<Exact>,
    /// How: `password`, `publickey` …, where a log says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<Exact>,
    /// What sudo was asked to run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Exact>,
    /// How often, where one line of a log is for several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// Terminal, or the service.
    pub terminal: Exact,
    /// Name or address of the other end, as it was given; the version of the kernel in a record of a boot.
    pub host: Exact,
    /// Address of the other end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote: Option<IpAddr>,
    /// The service that it came by, where the record says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<Exact>,
    /// When it ended, where the record itself says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Utc>,
    /// The process, by its number in `LiveProcesses` where it still runs; 0 where the record has none.
    pub pid: u32,
    /// Number of the session.
    pub session: i64,
    /// Name of the session, as systemd's logind gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_name: Option<Exact>,
}

/// The last logon of a user.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LastLogon {
    /// Number of the user; left out where the record has a name that no account has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<u32>,
    /// The user's name, in the record or in the target's own accounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<Utc>,
    /// Terminal.
    pub terminal: Exact,
    /// Name or address of the other end.
    pub host: Exact,
}

/// How much of a file of records has rows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LogonFile {
    /// The file.
    pub file: Exact,
    /// Records in it, by its size; of a text log its lines, of a journal the messages of what people log on by.
    pub records: u64,
    /// Of them, those that have a row here: the last ones.
    pub told: u64,
    /// Of those that were read, those that hold nothing and have no row: zeros alone.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub empty: u64,
    /// Bytes among those that were read that are no record, as a write that was cut short leaves them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub no_record_bytes: u64,
    /// Of a log or a journal: those that say nothing of a logon.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub other: u64,
    /// Of a log: lines without a moment or a program; of a journal: messages that are compressed, which is not read here.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unread: u64,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl LogonRecord {
    /// Reports the addresses that it came from. A host is an address or a name, and a name here is one that the other
    /// end's owner chose.
    pub(super) fn observables<'row>(&'row self, report: &mut dyn FnMut(Observable<'row>)) {
        let Self {
            file: _,
            line: _,
            kind: _,
            failed: _,
            time: _,
            clock: _,
            user: _,
            as_user: _,
            method: _,
            command,
            times: _,
            terminal: _,
            host,
            remote,
            service: _,
            until: _,
            pid: _,
            session: _,
            session_name: _,
        } = self;
        if let Some(command) = command {
            report(Observable::Command(command.text()));
        }
        if let Some(remote) = remote {
            report(Observable::Address(*remote));
        }
        Observable::address(&host.text()).into_iter().for_each(report);
    }

    /// The process and the file.
    pub(super) fn citation(&self) -> RowCitation {
        let pid = Some(self.pid).filter(|pid| *pid != 0);
        RowCitation { pid, port: None, path: Some(self.file.text().into_owned()) }
    }
}

impl RowType for LogonRow {
    const SCHEMA: &'static str = "urn:veldkit:live:logons:1";

    fn observables<'row>(&'row self, report: &mut dyn FnMut(Observable<'row>)) {
        match self {
            Self::Logon(record) => record.observables(report),
            Self::LastLogon(LastLogon { user_id: _, user: _, time: _, terminal: _, host }) => {
                Observable::address(&host.text()).into_iter().for_each(report);
            }
            Self::File(LogonFile {
                file: _,
                records: _,
                told: _,
                empty: _,
                no_record_bytes: _,
                other: _,
                unread: _,
            })
            | Self::NotRead { file: _ }
            | Self::Unknown => {}
        }
    }

    fn citation(&self) -> RowCitation {
        match self {
            Self::Logon(record) => record.citation(),
            Self::File(LogonFile { file, .. }) | Self::NotRead { file } => {
                RowCitation { path: Some(file.text().into_owned()), ..RowCitation::default() }
            }
            Self::LastLogon(last) => RowCitation { path: last.user.clone(), ..RowCitation::default() },
            Self::Unknown => RowCitation::default(),
        }
    }
}
