//! Rows of `LiveExecutables`: the files that processes run and have mapped as code, with digests, and code in memory
//! that is of no file.

use serde::{Deserialize, Serialize};

use super::signature::Signature;
use super::{Observable, RowCitation, RowType};
use crate::evidence::{Digest, Exact, ReasonCode};

/// A row of schema `urn:veldkit:live:executables:1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "row", rename_all = "snake_case")]
pub enum ExecutableRow {
    /// A file that is run, or mapped to be run.
    File(Box<RunningFile>),
    /// Executable memory of a process that is of no file, as injected code is, and as compilers at run time make.
    LooseCode(LooseStretches),
    /// A kind of row that this version does not know.
    #[serde(other)]
    #[cfg_attr(test, schemars(skip))]
    Unknown,
}

/// A file that is run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RunningFile {
    /// Its path as the kernel reports it.
    pub path: Exact,
    /// Whether it no longer exists under this path.
    pub deleted: bool,
    /// Whether a process has it as its program; otherwise it is only mapped.
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
    /// Why it has no digest: a code as in the records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_digest: Option<ReasonCode>,
    /// What the running system says of its signature (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<Box<Signature>>,
    /// Whether the file under the path now has another inode than the one that is mapped (Linux).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replaced: bool,
    /// How many processes run it or have it mapped.
    pub processes: u64,
    /// The first of them.
    pub pids: Vec<u32>,
}

/// Executable memory of one process that is of no file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LooseStretches {
    /// The process.
    pub pid: u32,
    /// Number of such stretches.
    pub stretches: u64,
    /// Their bytes together.
    pub bytes: u64,
    /// Of the stretches, those that may be written as well.
    pub writable: u64,
    /// Where the first of them begins, in hexadecimal.
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
