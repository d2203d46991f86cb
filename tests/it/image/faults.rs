//! Disks that are damaged, stale or unusual, each as a public bug report of this field has it: what is whole is used, what
//! is missing is reported, and the run says so. Tables of partitions are compared with `sfdisk` and `mmls`. Made images
//! only.

use std::fs;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::{collect, run};
use crate::made::{Made, text};

const SECTOR: u64 = 512;

/// An ext4 volume of 4 MiB with this label and one file.
pub(super) fn volume(made: &Made, label: &str) -> Vec<u8> {
    let (image, tree) = (made.path().join(format!("{label}.ext4")), made.path().join(format!("{label}.d")));
    fs::create_dir_all(tree.join("etc")).unwrap();
    fs::write(tree.join("etc/hostname"), label).unwrap();
    fs::File::create(&image).unwrap().set_len(4 << 20).unwrap();
    let mut command = Command::new("/usr/sbin/mke2fs");
    run(command.args(["-q", "-F", "-t", "ext4", "-L", label, "-d"]).arg(&tree).arg(&image));
    fs::read(&image).unwrap()
}

/// An empty disk.
fn disk(made: &Made, name: &str, mebibytes: u64) -> PathBuf {
    let disk = made.path().join(name);
    fs::File::create(&disk).unwrap().set_len(mebibytes << 20).unwrap();
    disk
}

fn write(disk: &Path, sector: u64, bytes: &[u8]) {
    let file = fs::OpenOptions::new().write(true).open(disk).unwrap();
    file.write_all_at(bytes, sector * SECTOR).unwrap();
}

fn sfdisk(disk: &Path, script: &str) {
    use std::io::Write as _;
    let mut command = Command::new("/usr/sbin/sfdisk");
    command.arg("--quiet").arg(disk).stdin(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
}

fn list(made: &Made, disk: &Path) -> (Vec<serde_json::Value>, Output) {
    let output = made.veldkit(["list-volumes", disk.to_str().unwrap(), "--json"]);
    let rows = text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (rows, output)
}

/// Number, first sector and sectors of each partition that the tool lists.
fn partitions(made: &Made, disk: &Path) -> Vec<(u64, u64, u64)> {
    let (rows, output) = list(made, disk);
    assert!(matches!(output.status.code(), Some(0 | 3)), "{}", text(&output.stderr));
    let rows = rows.iter().filter(|row| row["name"] != "table");
    rows.map(|row| {
        let number = row["name"].as_str().unwrap().parse().unwrap();
        (number, row["start"].as_u64().unwrap() / SECTOR, row["size"].as_u64().unwrap() / SECTOR)
    })
    .collect()
}

/// The same as `sfdisk` has them; extended partitions are none.
fn by_sfdisk(disk: &Path) -> Vec<(u64, u64, u64)> {
    let output = run(Command::new("/usr/sbin/sfdisk").arg("--json").arg(disk));
    let json: serde_json::Value = serde_json::from_slice(&output).unwrap();
    let table = json["partitiontable"]["partitions"].as_array().cloned().unwrap_or_default();
    let table = table.iter().filter(|row| !matches!(row["type"].as_str(), Some("5" | "f" | "85")));
    table
        .map(|row| {
            let node = row["node"].as_str().unwrap();
            let number = node.strip_prefix(disk.to_str().unwrap()).unwrap();
            let number = number.trim_start_matches('p').parse().unwrap();
            (number, row["start"].as_u64().unwrap(), row["size"].as_u64().unwrap())
        })
        .collect()
}

/// First sector and sectors of each partition as `mmls` has them, sorted.
fn by_mmls(disk: &Path) -> Vec<(u64, u64)> {
    let listed = text(&run(Command::new("mmls").arg("-a").arg(disk)));
    let mut all: Vec<(u64, u64)> = listed
        .lines()
        .filter(|line| !line.contains("Extended"))
        .filter_map(|line| {
            let words: Vec<_> = line.split_whitespace().collect();
            let [_, slot, start, _, length, ..] = words[..] else { return None };
            slot.starts_with(|first: char| first.is_ascii_digit())
                .then(|| (start.parse().unwrap(), length.parse().unwrap()))
        })
        .collect();
    all.sort_unstable();
    all
}

fn agree(made: &Made, disk: &Path, what: &str) {
    let listed = partitions(made, disk);
    assert_eq!(listed, by_sfdisk(disk), "{what}: sfdisk");
    let mut places: Vec<_> = listed.iter().map(|(_, start, size)| (*start, *size)).collect();
    places.sort_unstable();
    assert_eq!(places, by_mmls(disk), "{what}: mmls");
}

#[test]
fn tables_of_partitions_are_those_of_sfdisk_and_mmls() {
    let made = Made::new();
    for (name, script) in [
        ("mbr", "label: dos\nstart=2048, size=4096, type=83\nstart=8192, size=2048, type=7\n"),
        ("one that is last", "label: dos\n4: start=2048, size=4096, type=83\n"),
        (
            "logical drives",
            "label: dos\nstart=2048, size=4096, type=83\nstart=8192, size=50000, type=5\nsize=2048, type=83\nsize=4096, \
             type=7\nsize=2048, type=82\n",
        ),
        (
            "an extended partition that is the first",
            "label: dos\nstart=2048, size=40000, type=f\nstart=45056, size=4096, type=83\n5: start=4096, size=2048, \
             type=83\n6: start=8192, size=2048, type=83\n",
        ),
        ("gpt", "label: gpt\nstart=2048, size=4096, type=L\nstart=8192, size=2048, type=U\n"),
        ("gpt with gaps in its numbers", "label: gpt\n2: start=2048, size=4096\n7: start=8192, size=2048\n"),
        (
            "gpt with more entries",
            "label: gpt\ntable-length: 256\nstart=2048, size=4096\n200: start=8192, size=64\n",
        ),
    ] {
        let disk = disk(&made, &format!("{}.img", name.replace(' ', "-")), 40);
        sfdisk(&disk, script);
        agree(&made, &disk, name);
        assert!(!partitions(&made, &disk).is_empty(), "{name}");
    }
}

/// An entry of an MBR: kind, first sector, sectors.
type MbrEntry = (u8, u32, u32);

fn mbr(entries: &[MbrEntry]) -> Vec<u8> {
    let mut block = vec![0; 512];
    block[440..444].copy_from_slice(&[0xbe, 0xba, 0xfe, 0xca]);
    for (entry, (kind, first, count)) in block[446..510].chunks_exact_mut(16).zip(entries) {
        entry[4] = *kind;
        entry[8..12].copy_from_slice(&first.to_le_bytes());
        entry[12..].copy_from_slice(&count.to_le_bytes());
    }
    block[510..].copy_from_slice(&[0x55, 0xaa]);
    block
}

#[test]
fn logical_drives_in_any_order_are_those_of_sfdisk_and_mmls_and_a_loop_ends() {
    let made = Made::new();
    let links = |name: &str, links: &[(u64, &[MbrEntry])]| {
        let disk = disk(&made, name, 40);
        for (sector, entries) in links {
            write(&disk, *sector, &mbr(entries));
        }
        disk
    };
    // The third link is before the second one (shared case 05).
    let backwards = links(
        "backwards.img",
        &[
            (0, &[(0x0f, 2048, 79_872)]),
            (2048, &[(0x83, 2048, 8192), (5, 57_952, 8256)]),
            (60_000, &[(0x83, 64, 8192), (5, 27_952, 8256)]),
            (30_000, &[(0x83, 64, 8192)]),
        ],
    );
    agree(&made, &backwards, "backwards");
    assert_eq!(partitions(&made, &backwards).len(), 3);
    let circle = links(
        "circle.img",
        &[
            (0, &[(0x05, 2048, 60_000)]),
            (2048, &[(0x83, 64, 100), (5, 10_000, 200)]),
            (12_048, &[(0x83, 64, 100), (5, 0, 200)]),
        ],
    );
    let (rows, output) = list(&made, &circle);
    assert_eq!((rows.len(), output.status.code()), (3, Some(3)), "{rows:#?}");
    assert!(rows[0]["note"].as_str().unwrap().contains("the chain is a loop"), "{rows:#?}");
    let two = links(
        "two.img",
        &[
            (0, &[(0x05, 2048, 10_000), (0x85, 20_480, 10_000)]),
            (2048, &[(0x83, 64, 100)]),
            (20_480, &[(0x83, 64, 100)]),
        ],
    );
    assert_eq!(partitions(&made, &two), [(5, 2112, 100), (6, 20_544, 100)]);
}

/// A disk with a GPT and one ext4 volume labelled `root`.
fn gpt(made: &Made, name: &str) -> PathBuf {
    let disk = disk(made, name, 16);
    sfdisk(&disk, "label: gpt\nstart=2048, size=8192, type=L\nstart=12288, size=64, type=L\n");
    write(&disk, 2048, &volume(made, "root"));
    disk
}

#[test]
fn a_damaged_gpt_is_answered_by_its_copy_and_a_stale_one_by_nobody() {
    let made = Made::new();
    let last = (16 << 20) / SECTOR - 1;
    let zeros = [0; 512];
    for (name, damage, used, reported) in [
        ("whole", vec![], "gpt", false),
        ("header", vec![1], "gpt, the copy at its end", true),
        ("entries", vec![2], "gpt, the copy at its end", true),
        ("copy", vec![last], "gpt", true),
        ("entries of the copy", vec![last - 32], "gpt", true),
    ] {
        let disk = gpt(&made, "gpt.img");
        for sector in damage {
            write(&disk, sector, &zeros);
        }
        let (rows, _) = list(&made, &disk);
        let root =
            rows.iter().find(|row| row["label"] == "root").unwrap_or_else(|| panic!("{name}: {rows:#?}"));
        assert_eq!(root["table"], used, "{name}");
        assert_eq!(rows.iter().any(|row| row["name"] == "table"), reported, "{name}: {rows:#?}");
    }
    let both = gpt(&made, "both.img");
    write(&both, 2, &zeros);
    write(&both, last - 32, &zeros);
    let output = collect(&made, &both, &["--path", "/"]);
    assert!(matches!(output.status.code(), Some(1 | 3)), "{}", text(&output.stderr));
    // An MBR that does not announce the GPT (shared case 02), and one that was wiped.
    let stale = gpt(&made, "stale.img");
    write(&stale, 0, &mbr(&[(0x83, 2048, 8192)]));
    write(&stale, 1, &zeros);
    agree_on_label(&made, &stale, "root", "mbr");
    let wiped = gpt(&made, "wiped.img");
    write(&wiped, 0, &zeros);
    let (rows, output) = list(&made, &wiped);
    assert_eq!(output.status.code(), Some(3));
    assert!(rows[0]["note"].as_str().unwrap().contains("no protective MBR"), "{rows:#?}");
}

fn agree_on_label(made: &Made, disk: &Path, label: &str, table: &str) {
    let (rows, _) = list(made, disk);
    let found = rows.iter().find(|row| row["label"] == label).unwrap_or_else(|| panic!("{rows:#?}"));
    assert_eq!(found["table"], table);
}

#[test]
fn marks_of_an_older_use_do_not_hide_a_table() {
    let made = Made::new();
    let disk = disk(&made, "old.img", 16);
    let old = volume(&made, "old");
    write(&disk, 0, &old[..1 << 20]);
    write(&disk, 0, &mbr(&[(0x83, 2048, 8192)]));
    write(&disk, 2048, &volume(&made, "new"));
    agree_on_label(&made, &disk, "new", "mbr");
}

#[test]
fn what_is_behind_the_end_of_an_image_is_reported() {
    let made = Made::new();
    let whole = gpt(&made, "whole.img");
    let records = |image: &Path| {
        let output = collect(&made, image, &["--path", "/"]);
        let manifest: serde_json::Value = {
            let unpacked = made.unpack();
            let text = fs::read_to_string(unpacked.join("manifest.json")).unwrap();
            fs::remove_dir_all(unpacked).unwrap();
            serde_json::from_str(&text).unwrap()
        };
        made.bundles().iter().for_each(|bundle| fs::remove_file(bundle).unwrap());
        (output.status.code(), manifest)
    };
    // The second partition has no file system; the first one is whole.
    let (code, manifest) = records(&whole);
    assert_eq!((code, &manifest["complete"]), (Some(3), &false.into()));
    for (what, image) in [
        ("partition", {
            let cut = made.path().join("cut.img");
            fs::write(&cut, &fs::read(&whole).unwrap()[..3 << 20]).unwrap();
            cut
        }),
        ("file system", {
            let cut = made.path().join("cut.ext4");
            fs::write(&cut, &volume(&made, "cut")[..3 << 20]).unwrap();
            cut
        }),
    ] {
        let (code, manifest) = records(&image);
        assert_eq!((code, &manifest["complete"]), (Some(3), &false.into()), "{what}");
        let mounts = manifest["mounts"].as_array().unwrap();
        let said = format!("the {what} has ");
        let told =
            |mount: &&serde_json::Value| mount["reason"].as_str().is_some_and(|why| why.contains(&said));
        let fact = mounts.iter().find(told).unwrap_or_else(|| panic!("{what}: {manifest:#}"));
        assert_eq!(fact["gap"], true, "{what}");
    }
}

#[test]
fn a_split_disk_begins_with_000_or_001_and_a_missing_part_is_reported() {
    let made = Made::new();
    let bytes = fs::read(gpt(&made, "whole.img")).unwrap();
    for first in [0, 1] {
        let part = |number: usize| made.path().join(format!("part{first}.{number:03}"));
        for (number, piece) in bytes.chunks(3 << 20).enumerate() {
            fs::write(part(number + first), piece).unwrap();
        }
        agree_on_label(&made, &part(first), "root", "gpt");
        assert_eq!(partitions(&made, &part(first)).len(), 2);
        fs::remove_file(part(first + 1)).unwrap();
        let (rows, output) = list(&made, &part(first));
        assert_eq!(output.status.code(), Some(3), "{rows:#?}");
        let said = format!("its part .{:03} is missing", first + 1);
        assert!(rows.iter().any(|row| row["note"].as_str().unwrap_or("").contains(&said)), "{rows:#?}");
    }
}

#[test]
fn a_vhd_and_a_vhdx_are_read_by_the_copy_of_what_is_damaged() {
    let made = Made::new();
    let raw = gpt(&made, "whole.img");
    let converted = |name: &str, options: &[&str]| {
        let image = made.path().join(name);
        let mut command = Command::new("qemu-img");
        run(command.args(["convert", "-f", "raw"]).args(options).arg(&raw).arg(&image));
        image
    };
    let vhd = converted("d.vhd", &["-O", "vpc", "-o", "subformat=dynamic,force_size=on"]);
    let whole = fs::read(&vhd).unwrap();
    let footer = whole.len() - 512;
    for (name, change) in [("damaged", Some(48)), ("gone", None)] {
        let mut bytes = whole.clone();
        match change {
            Some(at) => bytes[footer + at] ^= 0xff,
            None => bytes.truncate(footer),
        }
        fs::write(&vhd, bytes).unwrap();
        agree_on_label(&made, &vhd, "root", "gpt");
        let (rows, _) = list(&made, &vhd);
        let said = |row: &serde_json::Value| row["note"].as_str().is_some_and(|note| note.contains("footer"));
        assert!(rows.iter().any(said), "{name}: {rows:#?}");
    }
    // Of its other header there is no copy.
    let mut bytes = whole.clone();
    bytes[512 + 100] ^= 0xff;
    fs::write(&vhd, bytes).unwrap();
    let (rows, output) = list(&made, &vhd);
    assert!(rows.iter().any(|row| row["note"].to_string().contains("the header of the VHD")), "{rows:#?}");
    assert_eq!(output.status.code(), Some(3));
    let vhdx = converted("d.vhdx", &["-O", "vhdx"]);
    let whole = fs::read(&vhdx).unwrap();
    for (damage, code) in [(vec![192 << 10], 3), (vec![256 << 10], 3), (vec![192 << 10, 256 << 10], 1)] {
        let mut bytes = whole.clone();
        for at in &damage {
            bytes[at + 20] ^= 0xff;
        }
        fs::write(&vhdx, bytes).unwrap();
        let (rows, output) = list(&made, &vhdx);
        // The second partition has no file system.
        assert_eq!(output.status.code(), Some(code), "{damage:?} {rows:#?} {}", text(&output.stderr));
        assert_eq!(rows.iter().any(|row| row["label"] == "root"), code == 3, "{damage:?}");
    }
}

#[test]
fn each_form_that_is_not_read_is_an_error_with_its_name() {
    let made = Made::new();
    let raw = disk(&made, "raw.img", 1);
    for (form, named) in [("vdi", "VirtualBox"), ("qed", "QED"), ("parallels", "Parallels"), ("qcow", "QCOW")]
    {
        let image = made.path().join(format!("d.{form}"));
        run(Command::new("qemu-img").args(["convert", "-O", form]).arg(&raw).arg(&image));
        for arguments in [vec!["list-volumes"], vec!["collect", "--path", "/", "--image"]] {
            let output = made.veldkit(arguments.into_iter().chain([image.to_str().unwrap()]));
            let said = text(&output.stderr);
            assert!(matches!(output.status.code(), Some(1 | 2)), "{form}: {said}");
        }
        let (_, output) = list(&made, &image);
        let said = text(&output.stderr);
        assert!(
            output.status.code() == Some(1) && said.contains(named) && said.contains("qemu-img"),
            "{said}"
        );
    }
    run(Command::new("gzip").arg("-k").arg(&raw));
    run(Command::new("tar")
        .arg("-cf")
        .arg(made.path().join("d.ova"))
        .arg("-C")
        .arg(made.path())
        .arg("raw.img"));
    for (name, said) in [("raw.img.gz", "gunzip"), ("d.ova", "tar -xf")] {
        let (_, output) = list(&made, &made.path().join(name));
        assert!(output.status.code() == Some(1) && text(&output.stderr).contains(said), "{name}");
    }
}

#[test]
fn a_volume_that_is_not_read_makes_the_run_partial_unless_another_one_is_asked_for() {
    let made = Made::new();
    let disk = disk(&made, "two.img", 16);
    sfdisk(&disk, "label: gpt\nstart=2048, size=8192, type=L\nstart=12288, size=4096, type=L\n");
    write(&disk, 2048, &volume(&made, "root"));
    write(&disk, 12_288, b"XFSB");
    for (arguments, code) in [(&["--path", "/"][..], 3), (&["--path", "/", "--partition", "1"], 0)] {
        let output = collect(&made, &disk, arguments);
        assert_eq!(output.status.code(), Some(code), "{}", text(&output.stderr));
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(json["complete"], code == 0, "{json:#}");
        made.bundles().iter().for_each(|bundle| fs::remove_file(bundle).unwrap());
    }
}
