//! Shadow copies on an NTFS image: the volume as it stood before is put down in the form that Windows keeps it in, from the
//! description by the libvshadow project; that project's own reader and ours must give the same.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::{Mounted, collect, noise, ntfs, run};
use crate::made::{Made, text};

const BLOCK: usize = 0x4000;
const HEADER: usize = 128;
const MARK: [u8; 16] =
    [0x6b, 0x87, 0x08, 0x38, 0x76, 0xc1, 0x48, 0x4e, 0xb7, 0xae, 0x04, 0x04, 0x6e, 0x6c, 0xc7, 0x52];

/// The area on the volume that all of it stands in: a file of its own, as on Windows.
const AREA: &str = "System Volume Information/area";
const AREA_SIZE: usize = 12 << 20;

/// Blocks at the area's beginning that are no data: the catalog, and four for each copy.
const CATALOG: usize = 0;
const COPY: usize = 4;

/// A volume as it stood at one moment, and when that was.
struct Moment {
    disk: Vec<u8>,
    filetime: u64,
}

fn put(disk: &mut [u8], at: usize, bytes: &[u8]) {
    disk[at..at + bytes.len()].copy_from_slice(bytes);
}

fn words(words: &[u64]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// The beginning of a block: what it is, where it stands in its store and on the volume, and where the next of its kind does.
fn header(kind: u32, relative: usize, at: usize, next: usize) -> Vec<u8> {
    let place = words(&[relative, at, next].map(|place| u64::try_from(place).unwrap()));
    [&MARK[..], &1_u32.to_le_bytes(), &kind.to_le_bytes(), &place, &[0; 80]].concat()
}

fn number(number: usize) -> u64 {
    u64::try_from(number).unwrap()
}

/// Puts the moments down on the volume as it stands now; the area begins at the block `area`.
fn lay_down(disk: &mut [u8], moments: &[Moment], area: usize) {
    let size = number(disk.len());
    put(disk, 0x1e00, &header(1, 0x1e00, 0x1e00, 0)[..48]);
    put(disk, 0x1e00 + 24, &words(&[0x1e00, 0x1e00, 0, number(area), 0]));
    put(disk, area, &[header(2, 0, area, 0), vec![0; BLOCK - HEADER]].concat());
    let mut free = area + BLOCK * (1 + COPY * moments.len());
    for (index, moment) in moments.iter().enumerate() {
        let [store, list, ranges, bitmap] = [0, 1, 2, 3].map(|nth| area + BLOCK * (1 + COPY * index + nth));
        let id = [u8::try_from(index + 1).unwrap(); 16];
        let entry = area + CATALOG * BLOCK + HEADER * (1 + 2 * index);
        put(disk, entry, &[words(&[2, size]), id.to_vec(), words(&[1, 0x40, moment.filetime])].concat());
        let places = words(&[number(store), number(ranges), number(bitmap), 0, number(AREA_SIZE), 0]);
        put(disk, entry + HEADER, &[words(&[3, number(list)]), id.to_vec(), places].concat());
        // Of the store itself: identifiers, type, provider, flags, and two names of the machine.
        let told = [&[0; 16][..], &id, &id, &[9, 0, 0, 0], &[1, 0, 0, 0], &[9, 0, 0x42, 0], &[0; 8]].concat();
        let mut head = header(4, 0, store, 0);
        put(&mut head, 48, &words(&[number(told.len())]));
        put(disk, store, &[head, told.clone(), vec![0; BLOCK - HEADER - told.len()]].concat());
        put(disk, ranges, &[header(5, 0, ranges, 0), vec![0; BLOCK - HEADER]].concat());
        put(disk, bitmap, &[header(6, 0, bitmap, 0), vec![0; BLOCK - HEADER]].concat());
        // What the next younger copy, or the volume now, has otherwise.
        let after = moments.get(index + 1).map_or_else(|| disk.to_vec(), |next| next.disk.clone());
        let mut entries = Vec::new();
        for at in (0..disk.len()).step_by(BLOCK) {
            let own = at == 0 || (area..area + AREA_SIZE).contains(&at);
            let block = |disk: &[u8]| disk[at..(at + BLOCK).min(disk.len())].to_vec();
            if own || block(&moment.disk) == block(&after) {
                continue;
            }
            put(disk, free, &block(&moment.disk));
            entries.extend(words(&[number(at), number(free - area), number(free), 0]));
            free += BLOCK;
        }
        assert!(
            free <= area + AREA_SIZE && entries.len() <= BLOCK - HEADER,
            "{} changes",
            entries.len() / 32
        );
        entries.resize(BLOCK - HEADER, 0);
        put(disk, list, &[header(3, 0, list, 0), entries].concat());
    }
}

/// A volume with two shadow copies: hives and logs that changed between them, or not.
fn volume(made: &Made) -> std::path::PathBuf {
    let image = ntfs(made, "disk.img", 48, &["--cluster-size", "4096"]);
    let log = "Windows/System32/winevt/Logs/Security.evtx";
    let mounted = Mounted::new(&image, "streams_interface=windows");
    mounted.put(AREA, noise(AREA_SIZE, 99));
    mounted.put("Windows/System32/config/SYSTEM", "the oldest hive");
    mounted.put("Windows/System32/config/SOFTWARE", noise(300_000, 1));
    mounted.put(log, noise(900_000, 2));
    mounted.put("Users/anna/Documents/brief.txt", "no artifact");
    drop(mounted);
    let first = fs::read(&image).unwrap();
    let mounted = Mounted::new(&image, "streams_interface=windows");
    mounted.put("Windows/System32/config/SYSTEM", noise(200_000, 3));
    mounted.put(log, noise(950_000, 4));
    drop(mounted);
    let second = fs::read(&image).unwrap();
    let mounted = Mounted::new(&image, "streams_interface=windows");
    mounted.put("Windows/System32/config/SYSTEM", "the hive now");
    fs::remove_file(mounted.path(log)).unwrap();
    drop(mounted);
    let mut disk = fs::read(&image).unwrap();
    let area = noise(BLOCK, 99);
    let at = (0..disk.len()).step_by(4096).find(|at| disk[*at..].starts_with(&area[..4096])).unwrap();
    let area = at.next_multiple_of(BLOCK);
    assert!(disk[at..at + AREA_SIZE] == noise(AREA_SIZE, 99), "the area is in pieces");
    let moment = |disk, day: u64| Moment { disk, filetime: 133_000_000_000_000_000 + day * 864_000_000_000 };
    lay_down(&mut disk, &[moment(first, 0), moment(second, 1)], area);
    fs::write(&image, disk).unwrap();
    image
}

/// What a reader of the format's own project gives of a copy, as a file.
fn by_libvshadow(image: &Path, copy: u32) -> Vec<u8> {
    let folder = image.with_extension("vss");
    fs::create_dir_all(&folder).unwrap();
    run(Command::new("vshadowmount").arg(image).arg(&folder));
    let bytes = fs::read(folder.join(format!("vss{copy}")));
    run(Command::new("umount").arg(&folder));
    bytes.unwrap()
}

#[test]
#[ignore = "needs root and libvshadow"]
fn equal_content_of_shadow_copies_is_collected_once() {
    let made = Made::new();
    let image = volume(&made);
    let arguments = ["--vss", "--artifact", "WindowsSystemRegistryFiles", "--artifact", "WindowsEventLogs"];
    let output = collect(&made, &image, &arguments);
    // Its hives are none, and what they would say of the host has a record.
    assert_eq!(output.status.code(), Some(3), "{}{}", text(&output.stdout), text(&output.stderr));
    let records: Vec<_> =
        made.records().into_iter().filter(|record| record["artifact"] != "veldkit:target").collect();
    let of = |shadow: u32, name: &str| {
        let found = records.iter().find(|record| {
            let volume = &record["origin"]["volume"];
            let number = volume["shadow"][0].as_u64().unwrap_or(0);
            number == u64::from(shadow) && record["origin"]["path"].as_str().unwrap().ends_with(name)
        });
        found.unwrap_or_else(|| panic!("no {name} of {shadow} in {records:#?}")).clone()
    };
    let sum = |bytes: &[u8]| veldkit::evidence::Digest::of(bytes).to_string();
    for (shadow, name, content) in [
        (0, "SYSTEM", b"the hive now".to_vec()),
        (1, "SYSTEM", b"the oldest hive".to_vec()),
        (2, "SYSTEM", noise(200_000, 3)),
        (1, "Security.evtx", noise(900_000, 2)),
        (2, "Security.evtx", noise(950_000, 4)),
        (0, "SOFTWARE", noise(300_000, 1)),
        (2, "SOFTWARE", noise(300_000, 1)),
    ] {
        let record = of(shadow, name);
        assert_eq!(record["content"]["sha256_stored"], sum(&content), "{shadow} {name}: {record}");
        let entry = record["entry"].as_str();
        if name == "SOFTWARE" && shadow > 0 {
            assert_eq!((&record["same_as"], entry), (&"fs/C/Windows/System32/config/SOFTWARE".into(), None));
        } else {
            assert!(entry.unwrap().starts_with(&if shadow > 0 {
                format!("vss/{shadow}/fs/C/")
            } else {
                "fs/C/".into()
            }));
        }
    }
    // Its bytes are another item's, which has its own fate.
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let same = records.iter().filter(|record| record["same_as"].is_string()).count();
    assert_eq!((&told["scan"]["left_out"], same), (&2.into(), 2), "{told}");
    // What is no such artifact, and what is gone by now, is not looked for in them.
    assert!(!records.iter().any(|record| record["origin"]["path"].as_str().unwrap().contains("brief")));
    let verdict = made.veldkit(["verify", &made.bundle_argument(), "-i", "key.txt", "--json"]);
    let verdict: serde_json::Value = serde_json::from_slice(&verdict.stdout).unwrap();
    assert_eq!(verdict["integrity"], "whole", "{verdict}");
    let unpacked = made.unpack();
    let software = fs::read(unpacked.join("vss/1/fs/C/Windows/System32/config/SOFTWARE")).unwrap();
    assert!(software == noise(300_000, 1));
    let sums =
        Command::new("sha256sum").args(["--check", "--quiet", "SHA256SUMS"]).current_dir(&unpacked).output();
    assert!(sums.unwrap().status.success());
}

#[test]
#[ignore = "needs root and libvshadow"]
fn every_file_of_a_shadow_copy_is_what_libvshadow_gives() {
    let made = Made::new();
    let image = volume(&made);
    let listed = made.veldkit(["list-volumes", image.to_str().unwrap(), "--json"]);
    let listed = text(&listed.stdout);
    assert!(
        listed.contains("\"name\":\"1 vss 2\"") && listed.contains("shadow copy of 2022-06-"),
        "{listed}"
    );
    let output = collect(&made, &image, &["--vss", "--path", "/"]);
    // Its hives are none, and what they would say of the host has a record.
    assert_eq!(output.status.code(), Some(3), "{}{}", text(&output.stdout), text(&output.stderr));
    let records: Vec<_> =
        made.records().into_iter().filter(|record| record["artifact"] != "veldkit:target").collect();
    for copy in [1_u32, 2] {
        let bytes = by_libvshadow(&image, copy);
        let old = made.path().join(format!("copy{copy}.img"));
        fs::write(&old, bytes).unwrap();
        let mounted = Mounted::new(&old, "ro,streams_interface=windows");
        let ours: BTreeMap<_, _> = records
            .iter()
            .filter(|record| record["origin"]["volume"]["shadow"][0] == copy && record["kind"] == "file")
            .map(|record| {
                let digest = record["content"]["sha256_stored"].as_str().unwrap_or_default().to_owned();
                (record["origin"]["path"].as_str().unwrap().to_owned(), digest)
            })
            .filter(|(path, _)| path != AREA)
            .collect();
        let mut theirs = super::sums(&mounted);
        theirs.remove(AREA);
        assert!(ours.len() >= 4, "{ours:?}");
        assert_eq!(ours, theirs, "copy {copy}");
    }
}
