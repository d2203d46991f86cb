//! `LiveStorage` and `LiveBodyfile`: devices of a made `/sys`, the warning of what a shutdown locks, and a timeline by mactime.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use super::{live, of_kind, rows};
use crate::made::{Made, text};

#[test]
fn an_unlocked_encrypted_volume_has_a_row_with_the_devices_over_it() {
    let made = Made::linux();
    for (path, content) in [
        ("sys/devices/virtual/block/dm-0/size", "2048\n"),
        ("sys/devices/virtual/block/dm-0/dm/uuid", "CRYPT-LUKS2-0123-root_crypt\n"),
        ("sys/devices/virtual/block/dm-0/dm/name", "root_crypt\n"),
        ("sys/devices/pci/ata1/block/sda/size", "4096\n"),
        ("sys/devices/pci/ata1/block/sda/device/model", "VELD 1\n"),
        ("sys/devices/pci/ata1/block/sda/sda1/size", "2048\n"),
        ("sys/devices/pci/ata1/block/sda/sda1/partition", "1\n"),
        ("sys/devices/pci/usb1/1-1/block/sdb/size", "64\n"),
        ("sys/devices/pci/usb1/1-1/block/sdb/removable", "1\n"),
        ("sys/devices/virtual/block/loop0/size", "0\n"),
        ("etc/crypttab", "# x\nroot_crypt UUID=1 none luks\n"),
        (
            "proc/1/mountinfo",
            "1 0 8:1 / / rw - ext4 /dev/mapper/root_crypt rw\n2 1 0:5 / /mnt rw - nfs4 nas:/x rw\n3 1 0:6 / /sys rw - sysfs sysfs rw\n",
        ),
        (
            "var/log/kern.log",
            "Nov 24 h kernel: usb 1-1: New USB device found, idVendor=0781, idProduct=5567\n",
        ),
    ] {
        made.put(path, content.as_bytes());
    }
    let tree = made.tree();
    fs::create_dir_all(tree.join("sys/class/block")).unwrap();
    fs::create_dir_all(tree.join("sys/devices/pci/ata1/block/sda/sda1/holders")).unwrap();
    for (name, to) in [
        ("dm-0", "virtual/block/dm-0"),
        ("sda", "pci/ata1/block/sda"),
        ("sda1", "pci/ata1/block/sda/sda1"),
        ("sdb", "pci/usb1/1-1/block/sdb"),
        ("loop0", "virtual/block/loop0"),
    ] {
        symlink(format!("../../devices/{to}"), tree.join("sys/class/block").join(name)).unwrap();
    }
    symlink(
        "../../../../../virtual/block/dm-0",
        tree.join("sys/devices/pci/ata1/block/sda/sda1/holders/dm-0"),
    )
    .unwrap();
    let (json, code) = made.collect(["--artifact", "LiveStorage"]);
    assert_eq!(code, 0, "{json}");
    assert_eq!(json["unlocked_volumes"], serde_json::json!([]), "a tree cannot be shut down");
    let rows = rows(&made.unpack(), "derived/LiveStorage.jsonl");
    let devices = of_kind(&rows, "device");
    assert_eq!(devices.len(), 4, "{devices:?}");
    let device = |name: &str| devices.iter().find(|row| row["name"] == name).unwrap();
    let open = device("dm-0");
    assert_eq!(
        (&open["kind"], &open["encryption"], &open["unlocked"]),
        (&"mapped".into(), &"LUKS2".into(), &true.into())
    );
    assert_eq!((&open["mapped_as"], &open["mounted"]), (&"root_crypt".into(), &serde_json::json!(["/"])));
    assert_eq!(
        (&device("sda1")["kind"], &device("sda1")["below"]),
        (&"partition".into(), &serde_json::json!(["dm-0"]))
    );
    assert_eq!((&device("sda")["model"], &device("sda")["size"]), (&"VELD 1".into(), &2_097_152.into()));
    assert_eq!((&device("sdb")["usb"], &device("sdb")["removable"]), (&true.into(), &true.into()));
    let systems = of_kind(&rows, "file_system");
    assert_eq!(
        systems.iter().map(|row| row["network"].as_bool().unwrap()).collect::<Vec<_>>(),
        [false, true]
    );
    assert_eq!(of_kind(&rows, "crypttab")[0]["key"], "none");
    assert_eq!(of_kind(&rows, "usb")[0]["vendor_id"], "0781");
}

#[test]
fn the_running_system_has_rows_of_its_file_systems_with_their_space() {
    let made = Made::new();
    let (json, rows) = live(&made, "LiveStorage");
    let root = of_kind(&rows, "file_system")
        .into_iter()
        .find(|row| row["place"] == "/")
        .unwrap_or_else(|| panic!("{json}"));
    // Another may write meanwhile: the size stays, the free space nearly does.
    let said = text(&Command::new("df").args(["-B1", "--output=size,avail", "/"]).output().unwrap().stdout);
    let numbers: Vec<u64> = said.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    if root["network"] == false {
        let free = root["free"].as_u64().unwrap();
        assert!(free.abs_diff(numbers[1]) < 1 << 30, "{free} {said}");
    }
}

#[test]
fn the_bodyfile_has_the_whole_tree_and_mactime_reads_it() {
    let made = Made::linux();
    symlink("passwd", made.tree().join("etc/link")).unwrap();
    made.put("tmp/a|b\nc", b"12345");
    let (json, code) = made.collect(["--artifact", "LiveBodyfile"]);
    assert_eq!(code, 0, "{json}");
    let unpacked = made.unpack();
    let file = unpacked.join("derived/LiveBodyfile.txt");
    let content = fs::read_to_string(&file).unwrap();
    let found = Command::new("find").arg(made.tree()).args(["-printf", "x\n"]).output().unwrap();
    assert_eq!(content.lines().count(), text(&found.stdout).lines().filter(|line| *line == "x").count());
    let line = |name: &str| {
        content
            .lines()
            .find(|line| line.split('|').nth(1) == Some(name))
            .unwrap_or_else(|| panic!("{name}: {content}"))
            .to_owned()
    };
    assert!(line("/tmp/a^b^c").contains("|r/rrw-") && line("/tmp/a^b^c").contains("|5|"), "{content}");
    assert!(line("/etc/link -> passwd").contains("|l/lrwxrwxrwx|"));
    let stat = Command::new("stat")
        .args(["-c", "%i|%u|%g|%s|%X|%Y|%Z"])
        .arg(made.tree().join("etc/passwd"))
        .output()
        .unwrap();
    let said = text(&stat.stdout);
    let said: Vec<_> = said.trim().split('|').collect();
    let ours = line("/etc/passwd");
    let ours: Vec<_> = ours.split('|').collect();
    assert_eq!([ours[2], ours[4], ours[5], ours[6], ours[7], ours[8], ours[9]], said[..]);
    let mactime = Command::new("mactime").args(["-d", "-b"]).arg(&file).output().unwrap();
    let timeline = text(&mactime.stdout);
    assert!(
        timeline.contains("\"/etc/passwd\"") && timeline.contains("/tmp/a^b^c"),
        "{timeline}{}",
        text(&mactime.stderr)
    );
}

/// The same stick again and again and another one, among what else the kernel says, in a journal that systemd's own program writes
/// in either of its forms.
#[test]
#[ignore = "needs systemd-journal-remote"]
fn usb_sticks_only_in_the_journal_have_a_row_per_connection() {
    use std::fmt::Write as _;

    let mut export = String::new();
    let mut said = |moment: u64, subsystem: &str, message: &str| {
        writeln!(
            export,
            "__REALTIME_TIMESTAMP={}\n__MONOTONIC_TIMESTAMP={moment}\n_BOOT_ID={:032x}\n_TRANSPORT=kernel\n\
             _KERNEL_SUBSYSTEM={subsystem}\nMESSAGE={message}\n",
            1_700_000_000_000_000 + moment,
            1
        )
        .unwrap();
    };
    for time in 0..50_u64 {
        let moment = time * 1_000_000;
        said(moment, "pci", &format!("pci 0000:00:00.0: said {time}"));
        let product = if time == 30 { "9999" } else { "5567" };
        said(
            moment + 1,
            "usb",
            &format!("usb 1-1: New USB device found, idVendor=0781, idProduct={product}, bcdDevice= 1.00"),
        );
        said(moment + 2, "usb", "usb 1-1: Manufacturer: SanDisk");
        said(moment + 3, "usb", &format!("usb 1-1: SerialNumber: S{product}"));
    }
    for compact in ["0", "1"] {
        let made = Made::linux();
        made.put("var/log/journal/0123/system.journal", b"");
        fs::write(made.path().join("export"), &export).unwrap();
        let journal = made.tree().join("var/log/journal/0123/system.journal");
        fs::remove_file(&journal).unwrap();
        let written = Command::new("/lib/systemd/systemd-journal-remote")
            .env("SYSTEMD_JOURNAL_COMPACT", compact)
            .arg("--output")
            .args([journal.as_os_str(), made.path().join("export").as_os_str()])
            .output()
            .unwrap();
        assert!(written.status.success(), "{}", text(&written.stderr));
        let (json, code) = made.collect(["--artifact", "LiveStorage"]);
        assert_eq!(code, 0, "{json}");
        let rows = rows(&made.unpack(), "derived/LiveStorage.jsonl");
        let sticks = of_kind(&rows, "usb");
        assert_eq!(sticks.len(), 50);
        for (time, stick) in sticks.iter().enumerate() {
            let product = if time == 30 { "9999" } else { "5567" };
            assert_eq!((&stick["product_id"], &stick["vendor"]), (&product.into(), &"SanDisk".into()));
            assert_eq!(stick["serial"], format!("S{product}"));
            assert_eq!(stick["file"], "/var/log/journal/0123/system.journal");
        }
        assert_eq!(sticks[0]["at"], "2023-11-14T22:13:20.000001Z");
        assert_eq!(sticks[49]["at"], "2023-11-14T22:14:09.000001Z");
        // One that breaks off in its head is named, and costs its own devices.
        fs::write(&journal, b"LPKSHHRH").unwrap();
        let (json, code) = made.collect(["--artifact", "LiveStorage"]);
        assert_eq!(code, 3, "{json}");
    }
}
