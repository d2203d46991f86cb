//! Parts of the rows of `LiveAutostarts` about a Windows' registry as such: what could not be read, and what its files hold
//! that the running system does not report.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Observable, RowCitation};
use crate::evidence::{Exact, ReasonCode, Utc};

/// A place that starts something and could not be read, or not to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct UnreadPlace {
    /// The key of the registry, from its root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registry_key: Option<Exact>,
    /// The value in that key, where it is one and its name is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Exact>,
    /// The file or directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<Exact>,
    /// Why: a code as in the records.
    pub why: ReasonCode,
    /// The same in words.
    pub detail: String,
}

impl UnreadPlace {
    pub(super) fn observables<'row>(&'row self, report: &mut dyn FnMut(Observable<'row>)) {
        let Self { registry_key, key, file, why: _, detail: _ } = self;
        if let Some(file) = file {
            report(Observable::path(file));
        }
        if let Some(registry_key) = registry_key {
            let name = key.as_ref().map(Exact::text);
            report(Observable::Registry { key: registry_key.text(), name, value: None });
        }
    }

    pub(super) fn citation(&self) -> RowCitation {
        let path = self.file.as_ref().or(self.registry_key.as_ref());
        RowCitation { path: path.map(|path| path.text().into_owned()), ..RowCitation::default() }
    }
}

/// A key or value of a hive that the running system does not report, or reports with other data.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RegistryDifference {
    /// `key_not_reported`, `value_not_reported` or `other_data`.
    pub difference: Cow<'static, str>,
    /// The key, from its root; the control set as the hive names it.
    pub registry_key: Exact,
    /// The value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Exact>,
    /// What the hive has there, where it is text; its beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Exact>,
    /// What the running system reports instead, where it is text; its beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reported: Option<Exact>,
    /// When the key was last changed, by the hive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_changed: Option<Utc>,
}

impl RegistryDifference {
    pub(super) fn observables<'row>(&'row self, report: &mut dyn FnMut(Observable<'row>)) {
        let Self { difference: _, registry_key, key, command, reported, key_changed: _ } = self;
        let name = key.as_ref().map(Exact::text);
        let value = command.as_ref().map(Exact::text);
        report(Observable::Registry { key: registry_key.text(), name, value });
        [command, reported].into_iter().flatten().for_each(|text| report(Observable::command(text)));
    }

    pub(super) fn citation(&self) -> RowCitation {
        RowCitation { path: Some(self.registry_key.text().into_owned()), ..RowCitation::default() }
    }
}

/// How far a hive's file was compared with what the running system reports.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RegistryComparison {
    /// The hive, by its place in the registry.
    pub hive: String,
    /// Keys that both have, last changed at the same moment, of which every value was compared.
    pub keys: u64,
    /// Values in them.
    pub values: u64,
    /// Keys that were changed after the file was written: they were not compared.
    #[serde(default, skip_serializing_if = "is_none")]
    pub changed: u64,
    /// Differences that are rows of their own.
    #[serde(default, skip_serializing_if = "is_none")]
    pub differences: u64,
    /// Why nothing was compared: a code as in the records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<ReasonCode>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
const fn is_none(number: &u64) -> bool {
    *number == 0
}
