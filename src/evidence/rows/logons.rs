//! Rows of `LiveLogons`, for Linux only: logons and failed attempts, from utmp, wtmp, btmp, lastlog, the databases
//! that replace them, text logs and journals. Times are those of the host's clock.

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
    /// A record of wtmp, btmp or wtmpdb, or an event of a text log or a journal.
    Logon(Box<LogonRecord>),
    /// The last logon of a user.
    LastLogon(LastLogon),
    /// The end of a file of records.
    File(LogonFile),
    /// A file with logons that is not read: compressed, or a log that SQLite has not merged yet.
    NotRead {
        /// The file.
        file: Exact,
    },
    /// A kind of row that this version does not know.
    #[serde(other)]
    #[cfg_attr(test, schemars(skip))]
    Unknown,
}

/// A record of utmp, wtmp, btmp or wtmpdb, or an event of a text log or a journal.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LogonRecord {
    /// The file that has it.
    pub file: Exact,
    /// Number of the line in a text log, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// `boot`, `run_level`, `new_time`, `old_time`, `init`, `login_prompt`, `logon`, `ended` or `accounting`; from
    /// logs and journals also `session_opened`, and `elevated` where a user assumed the rights of another.
    pub kind: Cow<'static, str>,
    /// Whether the logon was refused: the record is in btmp, or the log reports it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub failed: bool,
    /// Time of the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<Utc>,
    /// `local` where the log has neither year nor time zone: the time is as written, in the host's time zone; its
    /// year is derived from the time of the file and the order of its lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<Cow<'static, str>>,
    /// User name as given; for a failed logon, often a password that was typed in the wrong place.
    pub user: Exact,
    /// The user whose rights were requested through su or sudo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_user: Option<Exact>,
    /// Method: `password`, `publickey` …, where a log has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<Exact>,
    /// The command for sudo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Exact>,
    /// Repeat count, where one line of a log stands for several events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// Terminal, or the service.
    pub terminal: Exact,
    /// Remote host name or address, as given; the kernel version for a boot.
    pub host: Exact,
    /// Remote address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote: Option<IpAddr>,
    /// The service, where the record has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<Exact>,
    /// End of the session, where the record has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Utc>,
    /// Process id, as in `LiveProcesses` while it runs; 0 where the record has none.
    pub pid: u32,
    /// Session id.
    pub session: i64,
    /// Session id of systemd-logind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_name: Option<Exact>,
}

/// The last logon of a user.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LastLogon {
    /// User id; absent where the record has a name without an account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<u32>,
    /// The user's name, in the record or in the target's own accounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Time of the last logon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<Utc>,
    /// Terminal.
    pub terminal: Exact,
    /// Remote host name or address.
    pub host: Exact,
}

/// How many records of a file have rows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LogonFile {
    /// The file.
    pub file: Exact,
    /// Number of records, from the file size; of a text log its lines, of a journal the messages of logon services.
    pub records: u64,
    /// Number of them that have a row here: the last ones.
    pub told: u64,
    /// Number of empty records (zeros), which have no row.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub empty: u64,
    /// Number of bytes that are not a record, such as those of a torn write.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub no_record_bytes: u64,
    /// Number of lines or messages of a log or a journal that report no logon.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub other: u64,
    /// Number of lines of a log without a time or a program; of compressed messages of a journal.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unread: u64,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl LogonRecord {
    /// Reports the remote addresses. A host name is left out, since the client may choose it.
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

    /// Cites the process and the file.
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
