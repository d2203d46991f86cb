//! `LiveStorage` of Windows: volumes with their file systems and free space, and the USB disks that were ever in it.
//!
//! In: the volumes of the running system; the registry, of any. Out: a row each of [`Row`]. Whether a volume that is open is
//! one of BitLocker no function of Windows 7 tells: WMI alone does, which is not asked. One that is locked shows by its first
//! block, to an administrator.

use serde::Serialize;

use super::super::super::rows::{Halt, Lines, Rows, code_of};
use super::super::super::sys;
use super::super::super::windows_facts::Facts;
use super::machine::Machine;
use crate::evidence::Utc;

/// Most disks and most of one kind.
const MAX_DISKS: usize = 10_000;

/// A row of `LiveStorage` of Windows, schema `urn:veldkit:live:storage:1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "row", rename_all = "snake_case")]
pub enum Row {
    /// A volume.
    FileSystem(Box<Volume>),
    /// A USB disk that the registry tells of.
    Usb {
        /// What it says of itself: kind, maker, product and revision, as Windows writes them.
        device: String,
        /// Its serial number; one whose second character is `&` is Windows' own.
        serial: String,
        /// The name that people see.
        #[serde(skip_serializing_if = "Option::is_none")]
        product: Option<String>,
        /// When the key was last changed: mostly when it was put in last.
        #[serde(skip_serializing_if = "Option::is_none")]
        key_changed: Option<Utc>,
    },
}

/// A volume.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Volume {
    /// Where it stands: `C:\`; left out where it stands at no letter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Its file system; `BitLocker` where it is locked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// What is mounted there.
    pub device: String,
    /// Whether another machine keeps it: its space is not asked for.
    pub network: bool,
    /// Bytes in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub used: Option<u64>,
    /// Bytes that may still be written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub free: Option<u64>,
}

/// How the rows are made.
pub(super) fn rows(machine: Machine) -> Rows {
    Rows::new("urn:veldkit:live:storage:1", "volumes", move |lines| make(&machine, lines))
}

fn make(machine: &Machine, lines: &mut Lines<'_>) -> Result<(), Halt> {
    if machine.is_live() && sys::TELLS_AS_WINDOWS {
        match sys::volumes() {
            Ok(volumes) => {
                for facts in volumes {
                    let network = facts.kind.as_deref() == Some("network");
                    let path = facts.place.as_deref().filter(|_| !network).map(std::path::Path::new);
                    let volume = Volume {
                        network,
                        used: path.and_then(sys::used_space),
                        free: path.and_then(sys::free_space),
                        kind: facts.file_system,
                        device: facts.name,
                        place: facts.place,
                    };
                    lines.row(&Row::FileSystem(Box::new(volume)))?;
                }
            }
            Err(error) => lines.short(code_of(&error), format!("listing volumes: {error}")),
        }
    }
    let mut all = Vec::new();
    machine.registry(|system, _| usb(system, &mut all));
    all.iter().try_for_each(|row| lines.row(row))
}

/// USB disks: a key for each kind, and below it one for each disk.
fn usb(hive: &mut dyn Facts, all: &mut Vec<Row>) {
    let place = format!("{}\\Enum\\USBSTOR", hive.control_set());
    for device in hive.subkeys(&place).into_iter().take(MAX_DISKS) {
        let most = MAX_DISKS.saturating_sub(all.len());
        hive.each(&format!("{place}\\{device}"), "", most, &mut |serial, key, _| {
            all.push(Row::Usb {
                device: device.clone(),
                serial: serial.to_owned(),
                product: key.text("FriendlyName"),
                key_changed: key.written,
            });
        });
    }
}
