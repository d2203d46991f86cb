//! Rows of `LiveStorage`: disks and what is laid over them, file systems with their free space, whether they are encrypted and
//! open now, and the USB devices that logs or the registry report.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Observable, RowCitation, RowType};
use crate::evidence::{Exact, Utc};

/// A row of schema `urn:veldkit:live:storage:1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "row", rename_all = "snake_case")]
pub enum StorageRow {
    /// A disk, a partition, or what is laid over them (Linux).
    Device(Box<BlockDevice>),
    /// A file system that is mounted (Linux), or a volume (Windows).
    FileSystem(Box<MountedVolume>),
    /// A volume that is opened when the system starts, of crypttab(5) (Linux).
    Crypttab(CrypttabEntry),
    /// A USB device that a log reports (Linux), or a USB disk in the registry (Windows).
    Usb(Box<UsbDevice>),
    /// A kind of row that this version does not know.
    #[serde(other)]
    #[cfg_attr(test, schemars(skip))]
    Unknown,
}

/// A disk, a partition, or what is laid over them (Linux).
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
    /// Whether it may be taken out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub removable: bool,
    /// Whether it is on USB.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub usb: bool,
    /// Of a mapped device: the name it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapped_as: Option<String>,
    /// What is on it, where it could be read: `LUKS`, `ext` …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holds: Option<String>,
    /// How it is encrypted: `LUKS1`, `LUKS2`, `PLAIN` …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption: Option<String>,
    /// Whether an encrypted device is open now; without its key it is so until the power goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unlocked: Option<bool>,
    /// The devices laid over it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub below: Vec<String>,
    /// Where it is mounted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mounted: Vec<Exact>,
}

/// A file system that is mounted (Linux), or a volume (Windows).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct MountedVolume {
    /// Where: of Windows `C:\`, left out where it has no letter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Exact>,
    /// Its kind, as the system names it; `BitLocker` where it is locked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// What is mounted there.
    pub device: String,
    /// Whether another machine, or a program, keeps it: its space is not asked for, because the answer may not come.
    pub network: bool,
    /// How it is encrypted: `BitLocker` (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption: Option<Cow<'static, str>>,
    /// Whether an encrypted volume is open now; without its key it is so until the power goes (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unlocked: Option<bool>,
    /// Bytes in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<u64>,
    /// Bytes that may still be written; those reserved for root are neither.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free: Option<u64>,
}

/// A volume that is opened when the system starts, of crypttab(5) (Linux).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CrypttabEntry {
    /// The name it gets.
    pub name: Exact,
    /// The device, as written.
    pub device: Exact,
    /// Where its key is, as written; `none` or `-` where it is asked for.
    pub key: Exact,
}

/// A USB device that a log reports (Linux), or a USB disk in the registry (Windows).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct UsbDevice {
    /// The log; `/sys` for a device that is connected now (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<Exact>,
    /// The text before it in the log: mostly the time, by the clock and in the zone of the host; of a journal in UTC (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Exact>,
    /// The description it gives of itself: kind, maker, product and revision, as Windows writes them (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// The port (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<String>,
    /// Number of the vendor, in hexadecimal (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor_id: Option<String>,
    /// Number of the product (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<String>,
    /// The maker's name (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<Exact>,
    /// The product's name (Linux), or the name that people see (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<Exact>,
    /// Its serial number; of Windows, one whose second character is `&` was made by Windows.
    pub serial: Exact,
    /// When the registry's key was last changed: mostly when it was last plugged in (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_changed: Option<Utc>,
}

impl RowType for StorageRow {
    const SCHEMA: &'static str = "urn:veldkit:live:storage:1";

    /// Reports nothing: no kind of indicator names a disk or a device.
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
