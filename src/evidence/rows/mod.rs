//! The rows of live and derived state: one public type per schema, the same for every operating system.
//!
//! A collector makes these values, an item of rows keeps them as JSON lines, and the indicator matcher and the analyst's
//! side read them back as the same types. In: nothing but values and lines. Out: `Serialize` and `Deserialize`, a JSON
//! Schema next to each type (`*.schema.json`, which a test compares with the type), [`RowType::observables`], everything
//! in a row that an indicator can name, and [`read`], which reads an item of rows of any schema.
//!
//! A field that one operating system does not have is left out there. A reader ignores fields that it does not know, and
//! reads a kind of row that it does not know as `Unknown`; the number at the end of a schema's name grows when a field
//! changes its meaning. Text of the target is [`Exact`], times are UTC in RFC 3339.

use std::borrow::Cow;
use std::net::IpAddr;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::Exact;

pub mod accounts;
pub mod autostarts;
pub mod commands;
pub mod environments;
pub mod executables;
pub mod firewall;
mod hexadecimal;
pub mod logons;
pub mod network;
pub mod objects;
pub mod processes;
mod reader;
pub mod registry;
pub mod registry_differences;
#[cfg(test)]
mod schema_generator;
pub mod sessions;
pub mod signature;
pub mod sockets;
pub mod software;
pub mod started_files;
pub mod storage;
#[cfg(test)]
pub(crate) mod validate;

pub use reader::{RowLines, RowRead, read, rows_of_unknown_schema};

/// Validates the rows of an item against the schema next to their type, and reads them back as that type, which gives the
/// same lines again.
#[cfg(test)]
pub(crate) fn check(bytes: &[u8]) {
    validate::rows(bytes);
    let lines = bytes.split(|byte| *byte == b'\n').skip(1);
    for (row, line) in read(bytes).into_iter().flatten().zip(lines) {
        let RowRead::Row { row, .. } = row else { panic!("{row:?}: {}", line.escape_ascii()) };
        assert_eq!(String::from_utf8_lossy(line), serde_json::to_string(&row).unwrap());
    }
}

/// Writes rows as an item, with [`check`], and compares the rows that are read back. Returns the item.
#[cfg(test)]
pub(crate) fn written<R: RowType + PartialEq + std::fmt::Debug>(rows: &[R]) -> String {
    let mut item = format!("{{\"row\":\"schema\",\"schema\":\"{}\"}}\n", R::SCHEMA);
    for row in rows {
        let line = serde_json::to_string(row).unwrap();
        assert_eq!(&serde_json::from_str::<R>(&line).unwrap(), row);
        item.push_str(&line);
        item.push('\n');
    }
    check(item.as_bytes());
    item
}

/// A row type, named by its schema.
///
/// [`observables`](Self::observables) takes a row apart field by field. A field that exists compiles:
///
/// ```
/// use veldkit::evidence::rows::sockets::SocketOwner;
///
/// fn name_of(owner: &SocketOwner) -> &veldkit::evidence::Exact {
///     let SocketOwner { pid: _, name } = owner;
///     name
/// }
/// ```
///
/// A field that was renamed does not:
///
/// ```compile_fail,E0026
/// use veldkit::evidence::rows::sockets::SocketOwner;
///
/// fn name_of(owner: &SocketOwner) -> &veldkit::evidence::Exact {
///     let SocketOwner { pid: _, title: name } = owner;
///     name
/// }
/// ```
///
/// Nor does one that was added and that nobody has decided about:
///
/// ```compile_fail,E0027
/// use veldkit::evidence::rows::sockets::SocketOwner;
///
/// fn name_of(owner: &SocketOwner) -> &veldkit::evidence::Exact {
///     let SocketOwner { name } = owner;
///     name
/// }
/// ```
pub trait RowType: Serialize + DeserializeOwned {
    /// The name of the schema, for example `urn:veldkit:live:processes:1`.
    const SCHEMA: &'static str;

    /// Reports everything in the row that an indicator can name, in the order of its fields.
    ///
    /// Implementations take the row apart field by field without `..`, so that a field that is renamed or added stops the
    /// build here until somebody has decided what it says.
    fn observables<'row>(&'row self, report: &mut dyn FnMut(Observable<'row>));

    /// Returns what a hit in this row cites besides its number.
    fn citation(&self) -> RowCitation;
}

/// Something in a row that an indicator can name. Text that is not UTF-8 has U+FFFD for what is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observable<'row> {
    /// The other end of a connection, a resolver, a neighbour: an address that is not the host's own.
    Address(IpAddr),
    /// A name that was looked up, or that the host's own table resolves.
    Domain(Cow<'row, str>),
    /// The path of a file, as its system writes it.
    Path(Cow<'row, str>),
    /// A command line, or one word of one.
    Command(Cow<'row, str>),
    /// MD5, SHA-1 or SHA-256 of a file, in hexadecimal digits.
    Digest(Cow<'row, str>),
    /// The name of a named pipe.
    Pipe(Cow<'row, str>),
    /// The name of a mutex.
    Mutex(Cow<'row, str>),
    /// A registry key, or one of its values.
    Registry {
        /// The whole name of the key.
        key: Cow<'row, str>,
        /// The name of the value; `None` for the key itself.
        name: Option<Cow<'row, str>>,
        /// What the value holds, as text.
        value: Option<Cow<'row, str>>,
    },
}

impl<'row> Observable<'row> {
    /// Reads an address that its source has as text, with or without the interface of a link behind it (`fe80::1%eth0`).
    #[must_use]
    pub fn address(text: &str) -> Option<Self> {
        text.split('%').next()?.parse().ok().map(Self::Address)
    }

    /// Makes a [`Self::Path`] of bytes of the target.
    #[must_use]
    pub fn path(path: &'row Exact) -> Self {
        Self::Path(path.text())
    }

    /// Makes a [`Self::Command`] of bytes of the target.
    #[must_use]
    pub fn command(command: &'row Exact) -> Self {
        Self::Command(command.text())
    }
}

/// The fields of a row by which a person finds what it is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowCitation {
    /// The process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// The local port of a socket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// The file, key, unit or name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// Declares the schemas: a name, and the type of its rows.
///
/// A new row type needs its module above, its line below, and its JSON Schema in `<name in lower case>.schema.json`: the
/// test `the_schema_of_every_row_type_is_the_file_next_to_it` writes it to `target/rows`, from where it is copied.
macro_rules! schemas {
    ($($(#[$doc:meta])* $name:ident($row:ty)),+ $(,)?) => {
        /// The schemas that this version knows.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum RowSchema {
            $($(#[$doc])* $name,)+
        }

        /// A row of any schema that this version knows.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum AnyRow {
            $($(#[$doc])* $name($row),)+
        }

        impl RowSchema {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Finds a schema by its name, for example `urn:veldkit:live:sockets:1`.
            #[must_use]
            pub fn of(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|schema| schema.name() == name)
            }

            /// The name of the schema.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => <$row as RowType>::SCHEMA,)+
                }
            }

            /// Reads a row of this schema from its line.
            ///
            /// # Errors
            /// The line is no JSON, or lacks a field that the schema requires.
            pub fn row(self, line: &[u8]) -> serde_json::Result<AnyRow> {
                match self {
                    $(Self::$name => serde_json::from_slice::<$row>(line).map(AnyRow::$name),)+
                }
            }

            /// Generates the JSON Schema of its rows from their type.
            #[cfg(test)]
            fn generate(self) -> schemars::Schema {
                match self {
                    $(Self::$name => schema_generator::generator().into_root_schema_for::<$row>(),)+
                }
            }
        }

        impl AnyRow {
            /// Reports everything in the row that an indicator can name.
            pub fn observables<'row>(&'row self, report: &mut dyn FnMut(Observable<'row>)) {
                match self {
                    $(Self::$name(row) => row.observables(report),)+
                }
            }

            /// Whether it is of a kind that this version does not know.
            #[must_use]
            pub const fn is_unknown(&self) -> bool {
                matches!(self, $(Self::$name(<$row>::Unknown))|+)
            }

            /// Returns what a hit in this row cites besides its number.
            #[must_use]
            pub fn citation(&self) -> RowCitation {
                match self {
                    $(Self::$name(row) => row.citation(),)+
                }
            }
        }

        /// Writes the row as its own type does, without a tag for the schema.
        impl Serialize for AnyRow {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $(Self::$name(row) => row.serialize(serializer),)+
                }
            }
        }
    };
}

schemas! {
    /// Who may log on: [`accounts`].
    Accounts(accounts::AccountRow),
    /// What the system starts by itself: [`autostarts`].
    Autostarts(autostarts::AutostartRow),
    /// Programs that a playbook had run: [`commands`].
    Commands(commands::CommandRow),
    /// Environments of processes: [`environments`].
    Environments(environments::EnvironmentRow),
    /// Files that are run, and code in memory: [`executables`].
    Executables(executables::ExecutableRow),
    /// Who logged on: [`logons`].
    Logons(logons::LogonRow),
    /// How the host is connected: [`network`].
    Network(network::NetworkRow),
    /// Objects and pipes with names: [`objects`].
    Objects(objects::ObjectRow),
    /// The table of processes: [`processes`].
    Processes(processes::ProcessRow),
    /// Keys and values of the registry: [`registry`].
    Registry(registry::RegistryRow),
    /// Who is logged on now: [`sessions`].
    Sessions(sessions::SessionRow),
    /// Sockets of the running system: [`sockets`].
    Sockets(sockets::SocketRow),
    /// What is installed on a Windows: [`software`].
    Software(software::SoftwareRow),
    /// Disks, volumes and USB devices: [`storage`].
    Storage(storage::StorageRow),
}
