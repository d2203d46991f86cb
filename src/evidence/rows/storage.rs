//! Rows of `LiveStorage`: disks and the devices over them, file systems with their free space, encryption and whether
//! it is unlocked, and USB devices in logs or the registry.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Observable, RowCitation, RowType};
use crate::evidence::{Exact, Utc};

/// A row of schema `urn:veldkit:live:storage:1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "row", rename_all = "snake_case")]
pub enum StorageRow {
    /// A disk, a partition, or a device over them (Linux).
    Device(Box<BlockDevice>),
    /// A mounted file system (Linux), or a volume (Windows).
    FileSystem(Box<MountedVolume>),
    /// A volume in crypttab(5) that is unlocked at boot (Linux).
    Crypttab(CrypttabEntry),
    /// A USB device in a log (Linux), or a USB disk in the registry (Windows).
    Usb(Box<UsbDevice>),
    /// A kind of row that this version does not know.
    #[serde(other)]
    #[cfg_attr(test, schemars(skip))]
    Unknown,
}

/// A disk, a partition, or a device over them (Linux).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct BlockDevice {
    /// Its name below `/dev`.
    pub name: String,
    /// `disk`, `partition`, `mapped` (device-mapper), `loop` or `raid`.
    pub kind: Cow<'static, str>,
    /// Its size in bytes.
    pub size: u64,
    /// Its maker and model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Its serial number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// Whether it is removable.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub removable: bool,
    /// Whether it is connected by USB.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub usb: bool,
    /// Name of a mapped device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapped_as: Option<String>,
    /// Its content, where it could be read: `LUKS`, `ext` …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holds: Option<String>,
    /// Encryption: `LUKS1`, `LUKS2`, `PLAIN` …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption: Option<String>,
    /// Whether an encrypted device is unlocked now; without its key, it stays so only until power-off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unlocked: Option<bool>,
    /// The devices over it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub below: Vec<String>,
    /// Mount points.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mounted: Vec<Exact>,
}

/// A mounted file system (Linux), or a volume (Windows).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct MountedVolume {
    /// Mount point; on Windows `C:\`, absent where it has no letter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Exact>,
    /// Name of the file system; `BitLocker` where it is locked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The mounted device.
    pub device: String,
    /// Whether it is a network or user-space file system: its free space is not queried, because the query may hang.
    pub network: bool,
    /// Encryption: `BitLocker` (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption: Option<Cow<'static, str>>,
    /// Whether an encrypted volume is unlocked now; without its key, it stays so only until power-off (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unlocked: Option<bool>,
    /// Bytes in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<u64>,
    /// Free bytes, without those reserved for root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free: Option<u64>,
}

/// A volume in crypttab(5) that is unlocked at boot (Linux).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CrypttabEntry {
    /// Name of the mapped device.
    pub name: Exact,
    /// The device, as written.
    pub device: Exact,
    /// Location of its key, as written; `none` or `-` where it is asked for.
    pub key: Exact,
}

/// A USB device in a log (Linux), or a USB disk in the registry (Windows).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct UsbDevice {
    /// The log; `/sys` for a device that is connected now (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<Exact>,
    /// The text before it in the log: usually the local time of the host; for a journal, the time in UTC (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Exact>,
    /// Device description: type, vendor, product and revision, as Windows writes them (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// The port (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<String>,
    /// Vendor id, in hexadecimal (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor_id: Option<String>,
    /// Product id, in hexadecimal (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<String>,
    /// Vendor name (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<Exact>,
    /// Product name (Linux), or display name (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<Exact>,
    /// Serial number; on Windows, one with `&` as its second character was generated by Windows.
    pub serial: Exact,
    /// Last change of the registry key, usually when it was last connected (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_changed: Option<Utc>,
}

impl RowType for StorageRow {
    const SCHEMA: &'static str = "urn:veldkit:live:storage:1";

    /// Reports nothing: no kind of indicator covers disks or devices.
    fn observables<'row>(&'row self, _: &mut dyn FnMut(Observable<'row>)) {
        match self {
            Self::Device(device) => {
                let BlockDevice {
                    name: _,
                    kind: _,
                    size: _,
                    model: _,
                    serial: _,
                    removable: _,
                    usb: _,
                    mapped_as: _,
                    holds: _,
                    encryption: _,
                    unlocked: _,
                    below: _,
                    mounted: _,
                } = &**device;
            }
            Self::FileSystem(volume) => {
                let MountedVolume {
                    place: _,
                    kind: _,
                    device: _,
                    network: _,
                    encryption: _,
                    unlocked: _,
                    used: _,
                    free: _,
                } = &**volume;
            }
            Self::Usb(usb) => {
                let UsbDevice {
                    file: _,
                    at: _,
                    device: _,
                    port: _,
                    vendor_id: _,
                    product_id: _,
                    vendor: _,
                    product: _,
                    serial: _,
                    key_changed: _,
                } = &**usb;
            }
            Self::Crypttab(CrypttabEntry { name: _, device: _, key: _ }) | Self::Unknown => {}
        }
    }

    fn citation(&self) -> RowCitation {
        let text = |text: &Exact| text.text().into_owned();
        let path = match self {
            Self::Device(device) => Some(device.name.clone()),
            Self::FileSystem(volume) => {
                Some(volume.place.as_ref().map_or_else(|| volume.device.clone(), text))
            }
            Self::Crypttab(entry) => Some(text(&entry.name)),
            Self::Usb(usb) => Some(text(&usb.serial)),
            Self::Unknown => None,
        };
        RowCitation { path, ..RowCitation::default() }
    }
}
