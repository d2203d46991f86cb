//! Rows of `LiveSoftware`, for Windows only: installed software, for all users and per user, system updates,
//! firmware.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Observable, RowCitation, RowType};
use crate::evidence::Utc;

/// A row of schema `urn:veldkit:live:software:1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "row", rename_all = "snake_case")]
pub enum SoftwareRow {
    /// An installed component.
    Component(Box<InstalledSoftware>),
    /// A kind of row that this version does not know.
    #[serde(other)]
    #[cfg_attr(test, schemars(skip))]
    Unknown,
}

/// An installed component.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct InstalledSoftware {
    /// `software`, `patch`, `firmware` or `hardware`.
    pub sort: Cow<'static, str>,
    /// Its name.
    pub name: String,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Vendor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    /// Architecture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub architecture: Option<String>,
    /// SID of the user, where it is installed for one user only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Registry key with the entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registry_key: Option<String>,
    /// Last change of that key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_changed: Option<Utc>,
    /// Installation date, as the installer wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub installed: Option<String>,
    /// Installation directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
}

impl RowType for SoftwareRow {
    const SCHEMA: &'static str = "urn:veldkit:live:software:1";

    fn observables<'row>(&'row self, report: &mut dyn FnMut(Observable<'row>)) {
        match self {
            Self::Component(component) => {
                let InstalledSoftware {
                    sort: _,
                    name: _,
                    version: _,
                    vendor: _,
                    architecture: _,
                    user: _,
                    registry_key,
                    key_changed: _,
                    installed: _,
                    folder,
                } = &**component;
                let key = registry_key.iter().map(|key| Observable::Registry {
                    key: key.into(),
                    name: None,
                    value: None,
                });
                key.chain(folder.iter().map(|folder| Observable::Path(folder.into()))).for_each(report);
            }
            Self::Unknown => {}
        }
    }

    fn citation(&self) -> RowCitation {
        match self {
            Self::Component(component) => {
                RowCitation { path: component.registry_key.clone(), ..RowCitation::default() }
            }
            Self::Unknown => RowCitation::default(),
        }
    }
}
