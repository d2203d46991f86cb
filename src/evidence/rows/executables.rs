//! Rows of `LiveExecutables`: the program files and mapped code files of processes, with digests, and executable
//! memory without a file.

use serde::{Deserialize, Serialize};

use super::signature::Signature;
use super::{Observable, RowCitation, RowType};
use crate::evidence::{Digest, Exact, ReasonCode};

/// A row of schema `urn:veldkit:live:executables:1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "row", rename_all = "snake_case")]
pub enum ExecutableRow {
    /// A file that is running, or mapped as code.
    File(Box<RunningFile>),
    /// Executable memory of a process without a file, as in injected code and just-in-time compilers.
    LooseCode(LooseStretches),
    /// A kind of row that this version does not know.
    #[serde(other)]
    #[cfg_attr(test, schemars(skip))]
    Unknown,
}

/// A file that is running, or mapped as code.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RunningFile {
    /// Path as reported by the kernel.
    pub path: Exact,
    /// Whether it no longer exists at this path.
    pub deleted: bool,
    /// Whether it is the program of a process; otherwise it is only mapped.
    pub program: bool,
    /// Its inode (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inode: Option<u64>,
    /// Its size in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// SHA-256 of its content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Digest>,
    /// Why it has no digest, as a code of the records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_digest: Option<ReasonCode>,
    /// Signature status, from the running system (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<Box<Signature>>,
    /// Whether the file at this path now has another inode than the mapped one (Linux).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replaced: bool,
    /// Number of processes that run it or have it mapped.
    pub processes: u64,
    /// The first of their process ids.
    pub pids: Vec<u32>,
}

/// Executable memory of one process without a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LooseStretches {
    /// The process.
    pub pid: u32,
    /// Number of memory ranges.
    pub stretches: u64,
    /// Their total size in bytes.
    pub bytes: u64,
    /// Number of ranges that are writable as well.
    pub writable: u64,
    /// Address of the first one, in hexadecimal.
    pub first: String,
}

impl RowType for ExecutableRow {
    const SCHEMA: &'static str = "urn:veldkit:live:executables:1";

    fn observables<'row>(&'row self, report: &mut dyn FnMut(Observable<'row>)) {
        match self {
            Self::File(file) => {
                let RunningFile {
                    path,
                    deleted: _,
                    program: _,
                    inode: _,
                    size: _,
                    sha256,
                    no_digest: _,
                    signature: _,
                    replaced: _,
                    processes: _,
                    pids: _,
                } = &**file;
                if let Some(digest) = sha256 {
                    report(Observable::Digest(digest.to_string().into()));
                }
                report(Observable::path(path));
            }
            Self::LooseCode(LooseStretches { pid: _, stretches: _, bytes: _, writable: _, first: _ })
            | Self::Unknown => {}
        }
    }

    fn citation(&self) -> RowCitation {
        match self {
            Self::File(file) => RowCitation {
                pid: file.pids.first().copied(),
                port: None,
                path: Some(file.path.text().into_owned()),
            },
            Self::LooseCode(loose) => RowCitation { pid: Some(loose.pid), ..RowCitation::default() },
            Self::Unknown => RowCitation::default(),
        }
    }
}
