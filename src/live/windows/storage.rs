//! `LiveStorage` of Windows: volumes with their file systems and free space, and the USB disks that were ever in it.
//!
//! In: the volumes of the running system; the registry, of any. Out: [`StorageRow`]s. Whether a volume that is open is
//! one of BitLocker shows where it begins on its disk, beneath the driver that decrypts it, to an administrator: no function of
//! Windows 7 tells it, but WMI, which is not asked. One that is locked shows by its own first block. The operator is told of
//! those that are open: they are locked with the power.

use std::io;
use std::path::Path;

use super::windows_host::{WindowsHost, report_unread};
use crate::evidence::Exact;
use crate::evidence::rows::RowType as _;
use crate::evidence::rows::storage::{MountedVolume, StorageRow, UsbDevice};
use crate::formats::disk::FileSystem;
use crate::sources::devices;
use crate::sources::registry_facts::RegistryFacts;
use crate::sources::rows::{Halt, Lines, Rows, code_of};
use crate::sources::volumes;
use crate::sources::volumes::VolumeFacts;
use crate::sys;
use crate::sys::time_limit;

/// Most disks and most of one kind.
const MAX_DISKS: usize = 10_000;

/// How the rows are made.
pub(crate) fn rows(machine: WindowsHost) -> Rows {
    Rows::new(StorageRow::SCHEMA, "volumes", move |lines| make(&machine, lines))
}

fn make(machine: &WindowsHost, lines: &mut Lines<'_>) -> Result<(), Halt> {
    if machine.is_live() && sys::IS_WINDOWS {
        match volumes::of_system() {
            Ok(volumes) => {
                let mut unknown = None;
                for facts in volumes {
                    let asked = facts.clone();
                    // A disk that is failing may take minutes to say so.
                    let unlocked = time_limit::within(time_limit::LIMIT, move || unlocked(&asked));
                    let unlocked = unlocked.unwrap_or_else(|error| {
                        unknown.get_or_insert((facts.disk.clone().unwrap_or_default(), error));
                        None
                    });
                    let network = facts.kind.as_deref() == Some("network");
                    let path = facts.place.as_deref().filter(|_| !network).map(Path::new);
                    let volume = MountedVolume {
                        network,
                        encryption: unlocked.map(|_| FileSystem::BitLocker.name().into()),
                        unlocked,
                        used: path.and_then(sys::used_space),
                        free: path.and_then(sys::free_space),
                        kind: facts.file_system,
                        device: facts.name,
                        place: facts.place.map(Exact::from),
                    };
                    lines.row(&StorageRow::FileSystem(Box::new(volume)))?;
                }
                if let Some((disk, error)) = unknown {
                    let detail = format!("whether open volumes are of BitLocker: reading '{disk}': {error}");
                    lines.short(code_of(&error), detail);
                }
            }
            Err(error) => lines.short(code_of(&error), format!("listing volumes: {error}")),
        }
    }
    let mut all = Vec::new();
    machine.registry(|system, _| {
        usb(system, &mut all);
        report_unread(system, "HKEY_LOCAL_MACHINE\\SYSTEM", lines);
    });
    all.iter().try_for_each(|row| lines.row(row))
}

/// Whether a volume that is encrypted is open; `None` where it is not encrypted, or where it stands is not told.
///
/// # Errors
/// Where its disk cannot be read.
fn unlocked(facts: &VolumeFacts) -> io::Result<Option<bool>> {
    if facts.file_system.as_deref() == Some(FileSystem::BitLocker.name()) {
        return Ok(Some(false));
    }
    let (Some(disk), Some(start)) = (facts.disk.as_deref(), facts.start) else { return Ok(None) };
    let beneath = devices::file_system_at(Path::new(disk), start, u64::MAX)?;
    Ok((beneath == FileSystem::BitLocker).then_some(true))
}

/// The volumes of the running system that are of BitLocker and open now, by the places where they stand.
pub(crate) fn open_volumes() -> Vec<String> {
    if !sys::IS_WINDOWS {
        return Vec::new();
    }
    // All of them within one limit: the run waits for this before it begins.
    let look = || {
        let open =
            volumes::of_system()?.into_iter().filter(|facts| matches!(unlocked(facts), Ok(Some(true))));
        Ok(open.map(|facts| facts.place.unwrap_or(facts.name)).collect())
    };
    time_limit::within(time_limit::LIMIT, look).unwrap_or_default()
}

/// USB disks: a key for each kind, and below it one for each disk.
fn usb(hive: &mut dyn RegistryFacts, all: &mut Vec<StorageRow>) {
    let place = format!("{}\\Enum\\USBSTOR", hive.control_set());
    for device in hive.subkeys(&place) {
        let most = MAX_DISKS.saturating_sub(all.len());
        let device = device.text();
        hive.each(&format!("{place}\\{device}"), "", most, &mut |serial, key, _| {
            all.push(StorageRow::Usb(Box::new(UsbDevice {
                device: Some(device.clone().into_owned()),
                serial: serial.clone(),
                product: key.text("FriendlyName").map(Exact::from),
                key_changed: key.written,
                ..UsbDevice::default()
            })));
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_volume_of_bitlocker_is_open_where_only_its_disk_shows_it() {
        let dir = tempfile::TempDir::new().unwrap();
        let disk = dir.path().join("disk");
        let mut bytes = vec![0; 4 << 20];
        bytes[(1 << 20) + 3..][..8].copy_from_slice(b"-FVE-FS-");
        bytes[(2 << 20) + 3..][..8].copy_from_slice(b"NTFS    ");
        std::fs::write(&disk, bytes).unwrap();
        let facts = |start, file_system: &str| VolumeFacts {
            disk: Some(disk.display().to_string()),
            start: Some(start),
            file_system: Some(file_system.to_owned()),
            ..VolumeFacts::default()
        };
        assert_eq!(unlocked(&facts(1 << 20, "ntfs")).unwrap(), Some(true));
        assert_eq!(unlocked(&facts(2 << 20, "ntfs")).unwrap(), None);
        assert_eq!(unlocked(&facts(1 << 20, "BitLocker")).unwrap(), Some(false));
        let elsewhere = VolumeFacts { disk: None, ..facts(1 << 20, "ntfs") };
        assert_eq!(unlocked(&elsewhere).unwrap(), None);
        std::fs::remove_file(&disk).unwrap();
        assert_eq!(unlocked(&facts(1 << 20, "ntfs")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
