//! Rows of registry artifacts: keys and values, read from hives of Windows.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Observable, RowCitation, RowType};
use crate::evidence::{Exact, Utc};

/// A row of schema `urn:veldkit:derived:registry:1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "row", rename_all = "snake_case")]
pub enum RegistryRow {
    /// A hive that the rows after it are from.
    Hive {
        /// Path of the hive.
        hive: String,
        /// How it was brought up to date: `clean`, `applied` (its logs), or `dirty` (it has changes that are lost).
        recovery: Cow<'static, str>,
        /// How many entries of its logs were applied.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        entries: Option<usize>,
    },
    /// A hive, or a part of one, that cannot be read.
    Broken {
        /// Path of the hive.
        hive: String,
        /// Why.
        detail: String,
    },
    /// A key.
    Key {
        /// Its whole name.
        key: Exact,
        /// When it or one of its values was last written.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        last_written: Option<Utc>,
    },
    /// A value.
    Value(RegistryValueRow),
    /// A kind of row that this version does not know.
    #[serde(other)]
    #[cfg_attr(test, schemars(skip))]
    Unknown,
}

/// A value of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RegistryValueRow {
    /// The whole name of its key.
    pub key: Exact,
    /// Its name; empty for the default value.
    pub name: Exact,
    /// Its type: `REG_SZ` and so on, or the number of another one.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it holds.
    #[serde(flatten)]
    pub data: RegistryData,
    /// Its size in bytes, where only the beginning of it is in the row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<usize>,
}

/// What a value holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RegistryData {
    /// Text.
    Text(String),
    /// A list of texts.
    List(Vec<String>),
    /// A number.
    Number(u64),
    /// Bytes in Base64: of a binary type, or what does not fit its type.
    #[serde(rename = "data")]
    Base64(String),
}

impl RowType for RegistryRow {
    const SCHEMA: &'static str = "urn:veldkit:derived:registry:1";

    fn observables<'row>(&'row self, report: &mut dyn FnMut(Observable<'row>)) {
        match self {
            Self::Hive { hive: _, recovery: _, entries: _ }
            | Self::Broken { hive: _, detail: _ }
            | Self::Unknown => {}
            Self::Key { key, last_written: _ } => {
                report(Observable::Registry { key: key.text(), name: None, value: None });
            }
            Self::Value(RegistryValueRow { key, name, kind: _, data, size: _ }) => {
                let held: Vec<Cow<'row, str>> = match data {
                    RegistryData::Text(text) => vec![text.into()],
                    RegistryData::List(list) => list.iter().map(Into::into).collect(),
                    RegistryData::Number(number) => vec![number.to_string().into()],
                    RegistryData::Base64(_) => Vec::new(),
                };
                let mut of = |value| {
                    report(Observable::Registry { key: key.text(), name: Some(name.text()), value });
                };
                if held.is_empty() {
                    of(None);
                }
                for one in &held {
                    of(Some(one.clone()));
                }
                // What a value holds is often a command line: this is where programs are registered to start.
                for one in held {
                    report(Observable::Command(one));
                }
            }
        }
    }

    fn citation(&self) -> RowCitation {
        let path = match self {
            Self::Hive { hive, .. } | Self::Broken { hive, .. } => Some(hive.clone()),
            Self::Key { key, .. } => Some(key.text().into_owned()),
            Self::Value(RegistryValueRow { key, name, .. }) => {
                Some(format!("{}\\{}", key.text(), name.text()))
            }
            Self::Unknown => None,
        };
        RowCitation { path, ..RowCitation::default() }
    }
}
