//! The rows of live and derived state: one public type per schema, the same for every operating system.
//!
//! A collector makes these values, an item of rows keeps them as JSON lines, and the indicator matcher and the analyst's
//! side read them back as the same types. In: nothing but values. Out: `Serialize` and `Deserialize`, a JSON Schema
//! next to each type (`*.schema.json`, which a test compares with the type), and [`RowType::observables`], what of a
//! row an indicator can name.
//!
//! A field that one operating system does not have is left out there. A reader ignores fields and kinds of rows that it
//! does not know; the number at the end of a schema's name grows when a field changes its meaning. Text of the target is
//! [`Exact`](super::Exact), times are UTC in RFC 3339.

use std::net::IpAddr;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A row type, named by its schema.
pub trait RowType: Serialize + DeserializeOwned {
    /// The name of the schema, for example `urn:veldkit:live:processes:1`.
    const SCHEMA: &'static str;

    /// Reports everything in the row that an indicator can name, in the order of its fields.
    ///
    /// Implementations take the row apart field by field without `..`, so that a field that is renamed or added stops the
    /// build here until somebody has decided what it says.
    fn observables<'row>(&'row self, report: &mut dyn FnMut(Observable<'row>));

    /// What a hit in this row cites besides its number.
    fn key(&self) -> RowKey;
}

/// Something in a row that an indicator can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Observable<'row> {
    /// The other end of a connection, a resolver, a neighbour: an address that is not the host's own.
    Address(IpAddr),
    /// A name that was looked up, or that the host's own table resolves.
    Domain(&'row str),
    /// The path of a file, as its system writes it.
    Path(&'row str),
    /// A command line, or one word of one.
    Command(&'row str),
    /// MD5, SHA-1 or SHA-256 of a file, in hexadecimal digits.
    Digest(&'row str),
    /// The name of a named pipe.
    Pipe(&'row str),
    /// The name of a mutex.
    Mutex(&'row str),
    /// A registry key, or one of its values.
    Registry {
        /// The whole name of the key.
        key: &'row str,
        /// The name of the value; `None` for the key itself.
        name: Option<&'row str>,
        /// What the value holds, as text.
        value: Option<&'row str>,
    },
}

/// The fields of a row by which a person finds what it is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RowKey {
    /// The process.
    pub pid: Option<u32>,
    /// The local port of a socket.
    pub port: Option<u16>,
    /// The file, key, unit or name.
    pub path: Option<String>,
}
