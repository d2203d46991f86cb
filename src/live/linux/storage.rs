//! `LiveStorage`: disks, partitions and what is laid over them, whether they are encrypted and open now, file systems with their
//! free space, and what the logs say of USB devices.
//!
//! In: `/sys/class/block`, the table of mounts, `/etc/crypttab`, the logs, in text and as journals. Out: [`StorageRow`]s. A volume that is
//! encrypted and open is lost as evidence with the power, unless its key is at hand: the
//! operator is told of those before and after the run. Linux itself keeps no history of USB.

use std::collections::BTreeMap;

use super::linux_host::LinuxHost;
use crate::evidence::ReasonCode;
use crate::evidence::rows::RowType as _;
use crate::evidence::rows::storage::{BlockDevice, CrypttabEntry, MountedVolume, StorageRow, UsbDevice};
use crate::formats::mountinfo;
use crate::formats::mountinfo::Mount;
use crate::formats::usb_log::usb;
use crate::formats::{journald, text_lines};
use crate::live::Exact;
use crate::sources::mounts::{Nature, nature};
use crate::sources::rows::{Halt, Lines, Rows, code_of};
use crate::sources::volumes;
use crate::sys;

/// Most bytes of one log that is looked through for USB devices.
const MAX_LOG: usize = 64 << 20;

/// Most bytes of a table.
const MAX_TABLE: usize = 16 << 20;

/// Most devices that are told.
const MAX_DEVICES: usize = 10_000;

/// Most files of the journal.
const MAX_JOURNALS: usize = 500;

/// How the rows are made.
pub(crate) fn rows(reach: LinuxHost) -> Rows {
    Rows::new(StorageRow::SCHEMA, "sysfs", move |lines| make(&reach, lines))
}

fn make(reach: &LinuxHost, lines: &mut Lines<'_>) -> Result<(), Halt> {
    let mounts = mounts(reach);
    let mut all = devices(reach, &mounts);
    look_at_devices(reach, &mut all);
    for device in all {
        lines.row(&StorageRow::Device(Box::new(device)))?;
    }
    for Mount { place, file_system, device } in mounts {
        let nature = nature(&file_system);
        if nature == Nature::Pseudo {
            continue;
        }
        let path = Some(sys::path_of(&place)).filter(|_| reach.is_live() && nature == Nature::Local);
        let free = path.as_deref().and_then(sys::free_space);
        let used = path.as_deref().and_then(sys::used_space);
        let network = nature == Nature::Network;
        lines.row(&StorageRow::FileSystem(Box::new(MountedVolume {
            place: Some(Exact(place)),
            kind: Some(file_system),
            device,
            network,
            used,
            free,
            ..MountedVolume::default()
        })))?;
    }
    for (_, line) in text_lines::lines(&reach.whole("etc/crypttab", MAX_TABLE)) {
        let mut fields =
            line.split(u8::is_ascii_whitespace).filter(|field| !field.is_empty()).map(Exact::from);
        if let (Some(name), Some(device)) = (fields.next(), fields.next()) {
            let key = fields.next().unwrap_or_default();
            lines.row(&StorageRow::Crypttab(CrypttabEntry { name, device, key }))?;
        }
    }
    for usb in connected(reach) {
        lines.row(&StorageRow::Usb(Box::new(usb)))?;
    }
    let logs = ["var/log/kern.log*", "var/log/messages*", "var/log/syslog*", "var/log/dmesg*"];
    for log in logs.iter().flat_map(|pattern| reach.matching(pattern)) {
        for usb in usb(&reach.whole(&log, MAX_LOG), &log) {
            lines.row(&StorageRow::Usb(Box::new(usb)))?;
        }
    }
    let journals = ["var/log/journal/*/system*.journal*", "run/log/journal/*/system*.journal*"];
    let files = journals.iter().flat_map(|pattern| reach.matching(pattern));
    for file in reach.gaps().at_most(MAX_JOURNALS, "files of the journal", files) {
        let said = reach
            .open(&file)
            .and_then(|mut file| journald::messages(file.as_mut(), b"_KERNEL_SUBSYSTEM", b"usb"));
        let short = match said {
            Ok(read) => {
                for usb in usb(&journald::as_log(&read.all), &file) {
                    lines.row(&StorageRow::Usb(Box::new(usb)))?;
                }
                if read.compressed > 0 {
                    let (file, count) = (String::from_utf8_lossy(&file), read.compressed);
                    let detail =
                        format!("the journal /{file}: {count} messages are compressed, and not read");
                    lines.short(ReasonCode::Unsupported, detail);
                }
                read.short
            }
            Err(error) => Some(error),
        };
        if let Some(error) = short {
            let file = String::from_utf8_lossy(&file);
            lines.short(code_of(&error), format!("reading the journal /{file}: {error}"));
        }
    }
    Ok(())
}

fn mounts(reach: &LinuxHost) -> Vec<Mount> {
    let own = reach.link("proc/self").ok().map(|pid| String::from_utf8_lossy(&pid).into_owned());
    let path = format!("proc/{}/mountinfo", own.as_deref().unwrap_or("1"));
    mountinfo::mounts(&reach.whole_table(&path, MAX_TABLE))
}

/// The encrypted volumes of the running system that are open now, as they are mapped and mounted. No device is read for it.
pub(crate) fn unlocked(reach: &LinuxHost) -> Vec<String> {
    let mounts = mounts(reach);
    let devices = devices(reach, &mounts).into_iter().filter(|device| device.unlocked == Some(true));
    let mapped = devices.map(|device| {
        let places: Vec<_> =
            device.mounted.iter().map(|place| String::from_utf8_lossy(&place.0).into_owned()).collect();
        let name = device.mapped_as.unwrap_or(device.name);
        if places.is_empty() { name } else { format!("{name} ({})", places.join(", ")) }
    });
    // Folders that a file system decrypts have no device of their own.
    let laid_over = ["ecryptfs", "fuse.encfs", "fuse.gocryptfs", "fuse.cryfs", "fuse.veracrypt"];
    let folders = mounts.iter().filter(|mount| laid_over.contains(&mount.file_system.as_str()));
    mapped.chain(folders.map(|mount| String::from_utf8_lossy(&mount.place).into_owned())).collect()
}

fn devices(reach: &LinuxHost, mounts: &[Mount]) -> Vec<BlockDevice> {
    let names = reach.matching("sys/class/block/*");
    let mut all: Vec<BlockDevice> = Vec::new();
    for path in reach.gaps().at_most(MAX_DEVICES, "devices", names) {
        // A device may have gone meanwhile.
        let Ok(end) = reach.end_of(&path) else { continue };
        let folder = String::from_utf8_lossy(&end).into_owned();
        let Some(name) = folder.rsplit('/').next().map(str::to_owned) else { continue };
        let fact = |what: &str| {
            let text = reach.text(&format!("{folder}/{what}"), 1_024).ok()?;
            Some(String::from_utf8_lossy(&text).trim().to_owned()).filter(|text| !text.is_empty())
        };
        // In units of 512 bytes, whatever the device's own (sysfs-block).
        let size = fact("size").and_then(|size| size.parse::<u64>().ok()?.checked_mul(512)).unwrap_or(0);
        // Empty loops and RAM disks that nobody uses are of the kernel's own making.
        if size == 0 {
            continue;
        }
        let (uuid, mapped_as) = (fact("dm/uuid"), fact("dm/name"));
        // `CRYPT-LUKS2-…-name`, as cryptsetup gives it.
        let encryption = uuid
            .as_deref()
            .and_then(|uuid| uuid.strip_prefix("CRYPT-")?.split('-').next())
            .map(str::to_owned);
        let below = reach
            .matching(&format!("{folder}/holders/*"))
            .iter()
            .filter_map(|path| path.rsplit(|byte| *byte == b'/').next())
            .map(|name| String::from_utf8_lossy(name).into_owned())
            .collect();
        let names = [format!("/dev/{name}"), format!("/dev/mapper/{}", mapped_as.as_deref().unwrap_or("?"))];
        let mounted = mounts
            .iter()
            .filter(|mount| names.contains(&mount.device))
            .map(|mount| Exact::from(&mount.place))
            .collect();
        let kind = match () {
            () if mapped_as.is_some() => "mapped",
            () if name.starts_with("loop") => "loop",
            () if name.starts_with("md") => "raid",
            () if fact("partition").is_some() => "partition",
            () => "disk",
        };
        let model: Vec<String> = ["device/vendor", "device/model"].into_iter().filter_map(fact).collect();
        all.push(BlockDevice {
            kind: kind.into(),
            size,
            model: Some(model.join(" ")).filter(|model| !model.is_empty()),
            serial: fact("device/serial"),
            removable: fact("removable").as_deref() == Some("1"),
            usb: folder.contains("/usb"),
            holds: None,
            unlocked: encryption.is_some().then_some(true),
            encryption,
            mapped_as,
            below,
            mounted,
            name,
        });
    }
    all
}

/// Looks at what stands on devices: whether LUKS does on one over which nothing is opened.
fn look_at_devices(reach: &LinuxHost, all: &mut [BlockDevice]) {
    let told = if reach.is_live() { volumes::of_system().unwrap_or_default() } else { Vec::new() };
    let told: BTreeMap<String, Option<String>> =
        told.into_iter().map(|volume| (volume.name, volume.file_system)).collect();
    let open: Vec<String> =
        all.iter().filter(|device| device.encryption.is_some()).map(|device| device.name.clone()).collect();
    for device in all {
        device.holds = told.get(&format!("/dev/{}", device.name)).cloned().flatten();
        if device.holds.as_deref() == Some("LUKS") {
            device.unlocked = Some(device.below.iter().any(|above| open.contains(above)));
        }
    }
}

/// What is connected now.
fn connected(reach: &LinuxHost) -> Vec<UsbDevice> {
    let devices = reach.matching("sys/bus/usb/devices/*/idVendor");
    let devices = reach.gaps().at_most(MAX_DEVICES, "USB devices", devices);
    devices
        .filter_map(|path| {
            let folder = String::from_utf8_lossy(path.strip_suffix(b"/idVendor")?).into_owned();
            let fact = |what: &str| {
                let text = reach.text(&format!("{folder}/{what}"), 1_024).unwrap_or_default();
                Exact::from(text.trim_ascii())
            };
            let number = |what: &str| String::from_utf8_lossy(&fact(what).0).into_owned();
            Some(UsbDevice {
                file: Some(Exact::from("/sys")),
                at: Some(Exact::default()),
                port: Some(folder.rsplit('/').next()?.to_owned()),
                vendor_id: Some(number("idVendor")),
                product_id: Some(number("idProduct")),
                vendor: Some(fact("manufacturer")),
                product: Some(fact("product")),
                serial: fact("serial"),
                ..UsbDevice::default()
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encrypted_and_open_is_named_with_its_place_and_what_is_not_is_not() {
        let dir = tempfile::TempDir::new().unwrap();
        let put = |path: &str, content: &str| {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        };
        put("etc/hostname", "x");
        for (name, uuid, mapped) in
            [("dm-0", "CRYPT-LUKS2-1-root_crypt", "root_crypt"), ("dm-1", "LVM-2", "vg-data")]
        {
            put(&format!("sys/class/block/{name}/size"), "8");
            put(&format!("sys/class/block/{name}/dm/uuid"), uuid);
            put(&format!("sys/class/block/{name}/dm/name"), mapped);
        }
        let mounts = "1 0 8:1 / / rw - ext4 /dev/mapper/root_crypt rw\n2 1 8:2 / /data rw - ext4 /dev/mapper/vg-data rw\n\
            3 1 0:7 / /home/anna rw - ecryptfs /home/.ecryptfs/anna rw\n";
        put("proc/1/mountinfo", mounts);
        let target = crate::live::Target::tree(dir.path()).unwrap();
        let reach = LinuxHost::of(&target).unwrap();
        assert_eq!(unlocked(&reach), ["root_crypt (/)", "/home/anna"]);
        assert_eq!(
            crate::live::unlocked_volumes(&target),
            Vec::<String>::new(),
            "a tree cannot be shut down"
        );
    }
}
