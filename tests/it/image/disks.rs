//! Disks: partitions, which of them is `C`, what is said of those that are not read, and of what is no disk.

use std::fs;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::process::Command;

use super::{Mounted, collect, ntfs, run};
use crate::made::{Made, assert_golden, text};

/// Puts a volume into a disk at `sector` of 512 bytes.
fn put(disk: &Path, volume: &Path, sector: u64) {
    let disk = fs::OpenOptions::new().write(true).open(disk).unwrap();
    disk.write_all_at(&fs::read(volume).unwrap(), sector * 512).unwrap();
}

fn sfdisk(disk: &Path, script: &str) {
    use std::io::Write as _;
    let mut command = Command::new("sfdisk");
    command.arg("--quiet").arg(disk).stdin(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
}

/// A disk as Windows makes one: EFI, reserved, system, recovery, another volume that is encrypted.
fn windows_disk(made: &Made) -> std::path::PathBuf {
    let (system, data) =
        (ntfs(made, "system.img", 12, &[]), ntfs(made, "data.img", 12, &["--label", "DATA"]));
    let mounted = Mounted::new(&system, "streams_interface=windows");
    let guid = "11112222-3333-4444-5555-666677778888";
    let mut builder = regf::HiveBuilder::new().unwrap();
    let key = builder.create_key("MountedDevices").unwrap();
    let data_id: Vec<u8> = [
        b"DMIO:ID:".as_slice(),
        &[0x22, 0x22, 0x11, 0x11, 0x33, 0x33, 0x44, 0x44, 0x55, 0x55, 0x66, 0x66, 0x77, 0x77, 0x88, 0x88],
    ]
    .concat();
    builder.add_value(key, "\\DosDevices\\E:", regf::DataType::Binary, &data_id).unwrap();
    mounted.put("Windows/System32/config/SYSTEM", builder.to_bytes().unwrap());
    mounted.put("Users/anna/notitie.txt", "van C");
    drop(mounted);
    Mounted::new(&data, "streams_interface=windows").put("backup/notitie.txt", "van E");
    let disk = made.path().join("disk.raw");
    fs::File::create(&disk).unwrap().set_len(64 << 20).unwrap();
    let script = format!(
        "label: gpt\nstart=2048, size=8192, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B\n\
         start=10240, size=24576, type=EBD0A0A2-B9E5-4433-87C0-68B6B72699C7\n\
         start=34816, size=24576, type=EBD0A0A2-B9E5-4433-87C0-68B6B72699C7, uuid={guid}\n\
         start=59392, size=8192, type=EBD0A0A2-B9E5-4433-87C0-68B6B72699C7\n"
    );
    sfdisk(&disk, &script);
    put(&disk, &system, 10_240);
    put(&disk, &data, 34_816);
    let file = fs::OpenOptions::new().write(true).open(&disk).unwrap();
    file.write_all_at(b"\xeb\x58\x90-FVE-FS-", 59_392 * 512).unwrap();
    disk
}

#[test]
#[ignore = "needs root"]
fn a_windows_disk_has_its_letters_and_reports_unreadable_volumes() {
    let made = Made::new();
    let disk = windows_disk(&made);
    let output = collect(&made, &disk, &["--path", "\\**\\notitie.txt"]);
    // Nothing of the encrypted volume is in the bundle.
    assert_eq!(output.status.code(), Some(3), "{}{}", text(&output.stdout), text(&output.stderr));
    let unpacked = made.unpack();
    let content = |path: &str| fs::read_to_string(unpacked.join(path)).unwrap();
    assert_eq!(content("fs/C/Users/anna/notitie.txt"), "van C");
    assert_eq!(content("fs/E/backup/notitie.txt"), "van E");
    let manifest: serde_json::Value = serde_json::from_str(&content("manifest.json")).unwrap();
    let mounts: Vec<_> = manifest["mounts"].as_array().unwrap().iter().collect();
    assert_eq!(mounts.len(), 5, "{mounts:#?}");
    assert_eq!((&mounts[0]["place"], &mounts[0]["file_system"]), (&"table".into(), &"gpt".into()));
    let visited: Vec<_> = mounts.iter().map(|mount| mount["visited"].as_bool().unwrap()).collect();
    assert_eq!(visited, [true, false, true, true, false], "{mounts:#?}");
    let gaps: Vec<_> = mounts.iter().map(|mount| mount["gap"] == true).collect();
    assert_eq!(gaps, [false, true, false, false, true], "{mounts:#?}");
    assert!(mounts[4]["reason"].as_str().unwrap().contains("BitLocker"), "{mounts:#?}");
    assert_eq!(manifest["complete"], false);
    assert!(manifest["incomplete"].as_str().unwrap().contains("partition 1"), "{manifest:#}");
    let opening: serde_json::Value = serde_json::from_str(&content("veldkit.json")).unwrap();
    assert_eq!(opening["target"], "image");
}

#[test]
#[ignore = "needs root"]
fn one_partition_is_used_where_one_is_given_and_a_split_disk_is_joined() {
    let made = Made::new();
    let disk = windows_disk(&made);
    run(Command::new("split")
        .args(["-b", "10M", "-a", "3", "--numeric-suffixes=1"])
        .arg(&disk)
        .arg(made.path().join("parts.")));
    let first = made.path().join("parts.001");
    let output = collect(&made, &first, &["--partition", "3", "--path", "\\**\\notitie.txt"]);
    assert_eq!(output.status.code(), Some(0), "{}{}", text(&output.stdout), text(&output.stderr));
    let records = made.records();
    assert_eq!(records.len(), 1, "{records:#?}");
    let id = "11112222-3333-4444-5555-666677778888";
    assert_eq!(records[0]["origin"]["volume"]["unlettered"], id);
    let refused = collect(&made, &disk, &["--partition", "9", "--path", "/"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        text(&refused.stderr).contains("it has no partition 9, but 1, 2, 3, 4"),
        "{}",
        text(&refused.stderr)
    );
}

#[test]
#[ignore = "needs root"]
fn list_volumes_prints_the_golden_text_and_all_of_them_as_json() {
    let made = Made::new();
    let disk = windows_disk(&made);
    let disk = disk.to_str().unwrap();
    assert_golden(["en", "nl"].map(|lang| {
        let output = made.veldkit(["list-volumes", disk, "--lang", lang]);
        (format!("list_volumes.{lang}.txt"), text(&output.stdout))
    }));
    let output = made.veldkit(["list-volumes", disk, "--json"]);
    let lines = text(&output.stdout);
    let volumes: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(volumes.len(), 4);
    assert_eq!((&volumes[2]["label"], &volumes[2]["place"]), (&"DATA".into(), &"E:".into()), "{volumes:#?}");
}

#[test]
fn what_is_no_disk_is_refused_with_what_is_there() {
    let made = Made::new();
    let nothing = made.path().join("nothing.img");
    fs::write(&nothing, vec![0; 1 << 20]).unwrap();
    let output = collect(&made, &nothing, &["--path", "/"]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(said.contains("nothing.img") && said.contains("holds no known file system"), "{said}");
    let missing = collect(&made, &made.path().join("no.img"), &["--path", "/"]);
    assert_eq!(missing.status.code(), Some(1), "{}", text(&missing.stderr));
    let both = made.veldkit(["collect", "--image", "x", "--root", "y"]);
    assert_eq!(both.status.code(), Some(2), "{}", text(&both.stderr));
}

#[test]
#[ignore = "needs root"]
fn every_form_of_a_virtual_disk_is_the_disk_that_it_holds() {
    let made = Made::new();
    let disk = windows_disk(&made);
    let wanted = {
        let output = collect(&made, &disk, &["--path", "/"]);
        assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
        super::digests(&made.records())
    };
    assert!(wanted.len() >= 3, "{wanted:?}");
    for (format, options, ending) in [
        ("qcow2", "", "qcow2"),
        ("qcow2", "compressed", "c.qcow2"),
        ("qcow2", "cluster_size=4096,compat=0.10", "v2.qcow2"),
        ("vpc", "subformat=dynamic,force_size=on", "vhd"),
        ("vpc", "subformat=fixed,force_size=on", "fixed.vhd"),
        ("vhdx", "subformat=dynamic,block_size=1048576", "vhdx"),
        ("vhdx", "subformat=fixed", "fixed.vhdx"),
        ("vmdk", "subformat=monolithicSparse", "vmdk"),
    ] {
        let image = made.path().join(format!("disk.{ending}"));
        let mut command = Command::new("qemu-img");
        command.args(["convert", "-f", "raw", "-O", format]);
        match options {
            "" => &mut command,
            "compressed" => command.arg("-c"),
            options => command.args(["-o", options]),
        };
        run(command.arg(&disk).arg(&image));
        for bundle in made.bundles() {
            fs::remove_file(bundle).unwrap();
        }
        let output = collect(&made, &image, &["--path", "/"]);
        assert_eq!(output.status.code(), Some(3), "{ending}: {}", text(&output.stderr));
        assert_eq!(super::digests(&made.records()), wanted, "{ending}");
    }
}

#[test]
#[ignore = "needs root"]
fn an_unsupported_format_says_what_to_do() {
    let made = Made::new();
    let raw = made.path().join("disk.raw");
    fs::write(&raw, vec![7; 1 << 20]).unwrap();
    let convert = |name: &str, options: &[&str]| {
        let image = made.path().join(name);
        run(Command::new("qemu-img").args(["convert", "-f", "raw"]).args(options).arg(&raw).arg(&image));
        text(&collect(&made, &image, &["--path", "/"]).stderr)
    };
    let streamed = convert("s.vmdk", &["-O", "vmdk", "-o", "subformat=streamOptimized"]);
    assert!(streamed.contains("compressed") && streamed.contains("qemu-img convert"), "{streamed}");
    let flat = convert("f.vmdk", &["-O", "vmdk", "-o", "subformat=monolithicFlat"]);
    assert!(flat.contains("in other files") && flat.contains("qemu-img convert"), "{flat}");
    for format in ["qcow2", "vpc", "vmdk"] {
        let (base, above) = (format!("base.{format}"), made.path().join(format!("above.{format}")));
        convert(&base, &["-O", format]);
        if format == "vpc" {
            // QEMU makes no VHD of this kind: a footer that says it is one stands for it.
            made_differencing(&made.path().join(&base), &above);
        } else {
            let mut command = Command::new("qemu-img");
            command.current_dir(made.path()).args(["create", "-q", "-f", format, "-F", format, "-b", &base]);
            run(command.arg(&above));
        }
        let said = text(&collect(&made, &above, &["--path", "/"]).stderr);
        assert!(said.contains("only differences") && said.contains("qemu-img convert"), "{format}: {said}");
    }
    let encase = made.path().join("x.E01");
    fs::write(&encase, [b"EVF\x09\x0d\x0a\xff\x00".as_slice(), &[0; 1000]].concat()).unwrap();
    let encase = text(&collect(&made, &encase, &["--path", "/"]).stderr);
    assert!(encase.contains("ewfexport"), "{encase}");
}

/// A copy of a VHD whose footer says that it holds differences only.
fn made_differencing(from: &Path, to: &Path) {
    let mut bytes = fs::read(from).unwrap();
    let kind = bytes.len() - 512 + 60;
    let sum = bytes.len() - 512 + 64;
    let (before, checksum) = (bytes[kind + 3], u32::from_be_bytes(bytes[sum..sum + 4].try_into().unwrap()));
    bytes[kind..kind + 4].copy_from_slice(&4_u32.to_be_bytes());
    // The sum of all bytes, inverted.
    let checksum = checksum.wrapping_add(u32::from(before)).wrapping_sub(4);
    bytes[sum..sum + 4].copy_from_slice(&checksum.to_be_bytes());
    fs::write(to, bytes).unwrap();
}
