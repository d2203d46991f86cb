//! Rows of `LiveObjects`, for Windows only: named kernel objects of programs, and named pipes. Malware often uses a
//! mutex to run only once, and pipes to communicate among its parts.

use serde::{Deserialize, Serialize};

use super::{Observable, RowCitation, RowType};

/// A row of schema `urn:veldkit:live:objects:1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "row", rename_all = "snake_case")]
pub enum ObjectRow {
    /// An object with a name.
    Object(NamedObject),
    /// A named pipe.
    Pipe(PipeObject),
    /// A kind of row that this version does not know.
    #[serde(other)]
    #[cfg_attr(test, schemars(skip))]
    Unknown,
}

/// An object with a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NamedObject {
    /// `mutex`, `event`, `section`, `semaphore`, `timer`, `job`, `link`, or the kernel's own word.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// The kernel directory: `\BaseNamedObjects` is shared by all sessions, `\Sessions\1\BaseNamedObjects` belongs to
    /// one.
    pub folder: String,
}

/// A named pipe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PipeObject {
    /// Name, without the prefix `\\.\pipe\`.
    pub name: String,
    /// Number of open instances.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instances: Option<u64>,
}

impl RowType for ObjectRow {
    const SCHEMA: &'static str = "urn:veldkit:live:objects:1";

    fn observables<'row>(&'row self, report: &mut dyn FnMut(Observable<'row>)) {
        match self {
            // Lists contain mutex names; an event of the same name is something else.
            Self::Object(NamedObject { kind, name, folder: _ }) => {
                if kind == "mutex" {
                    report(Observable::Mutex(name.into()));
                }
            }
            Self::Pipe(PipeObject { name, instances: _ }) => report(Observable::Pipe(name.into())),
            Self::Unknown => {}
        }
    }

    fn citation(&self) -> RowCitation {
        let path = match self {
            Self::Object(object) => Some(format!("{}\\{}", object.folder, object.name)),
            Self::Pipe(pipe) => Some(format!("\\\\.\\pipe\\{}", pipe.name)),
            Self::Unknown => None,
        };
        RowCitation { path, ..RowCitation::default() }
    }
}
