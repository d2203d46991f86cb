//! What stands on an NTFS volume in all the ways that one can store it: each file's digest is that of the mount and of
//! `icat`.

use std::fs;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::process::Command;

use super::{Mounted, collect, digests, noise, ntfs, run, sums};
use crate::made::{Made, text};

/// Resident, large, fragmented, sparse, compressed; streams, links, names; 10,000 files in a folder.
fn fill(mounted: &Mounted) {
    mounted.put("Windows/System32/config/SYSTEM", crate::made::hive());
    for number in 0..10_000 {
        mounted.put(&format!("many/file {number}.txt"), format!("{number}\n"));
    }
    mounted.put("resident.txt", "kort");
    mounted.put("empty", "");
    mounted.put("large.bin", noise(3_000_001, 1));
    let mut sparse = fs::File::create(mounted.path("sparse.bin")).unwrap();
    sparse.write_all(b"begin").unwrap();
    sparse.seek(SeekFrom::Start(90_000_000)).unwrap();
    sparse.write_all(b"end").unwrap();
    fs::create_dir(mounted.path("packed")).unwrap();
    // FILE_ATTRIBUTE_COMPRESSED on a folder: what is made in it is compressed.
    run(Command::new("setfattr")
        .args(["-h", "-v", "0x00000800", "-n", "system.ntfs_attrib_be"])
        .arg(mounted.path("packed")));
    let lines = (0..200_000).map(|number| format!("regel {number}\n")).collect::<Vec<_>>().concat();
    mounted.put("packed/text.txt", &lines);
    mounted.put("packed/noise.bin", noise(700_000, 2));
    mounted
        .put("packed/mixed.bin", [lines.as_bytes(), &vec![0; 500_000], &noise(100_000, 3), b"end"].concat());
    mounted.put("streams.txt", "main");
    fs::write(mounted.path("streams.txt:Zone.Identifier"), "[ZoneTransfer]\r\nZoneId=3\r\n").unwrap();
    fs::write(mounted.path("streams.txt:verborgen"), noise(50_000, 4)).unwrap();
    fs::create_dir_all(mounted.path("Users/anna")).unwrap();
    fs::hard_link(mounted.path("large.bin"), mounted.path("Users/anna/same.bin")).unwrap();
    for name in ["emoji 🗄.txt", "CON", "aux.txt", "trailing.", "ÀÉÎ", "Case", "case"] {
        mounted.put(&format!("names/{name}"), name);
    }
}

#[test]
#[ignore = "needs root"]
fn every_file_is_what_the_mount_and_icat_say_however_it_is_stored() {
    let made = Made::new();
    let image = ntfs(&made, "disk.img", 160, &[]);
    let mounted = Mounted::new(&image, "compression,streams_interface=windows");
    fill(&mounted);
    drop(mounted);
    let output = collect(&made, &image, &["--path", "/"]);
    assert_eq!(output.status.code(), Some(0), "{}{}", text(&output.stdout), text(&output.stderr));
    let records = made.records();
    let mut got = digests(&records);
    let mounted = Mounted::new(&image, "ro,streams_interface=windows");
    let stream = fs::read(mounted.path("streams.txt:verborgen")).unwrap();
    let stream = veldkit::evidence::Digest::of(&stream).to_string();
    assert_eq!(got.remove("streams.txt:verborgen"), Some(stream));
    let wanted = sums(&mounted);
    drop(mounted);
    assert!(wanted.len() > 10_015, "{}", wanted.len());
    for (path, digest) in &wanted {
        assert_eq!(got.get(path), Some(digest), "{path}");
    }
    assert_eq!(got.len(), wanted.len());
    // The second opinion, on one of each kind and some of the many.
    let files = records.iter().filter(|record| record["kind"] == "file" && record["metadata"]["size"] != 0);
    for record in files.filter(|record| {
        let path = record["origin"]["path"].as_str().unwrap();
        !path.starts_with("many/") || path.ends_with("77.txt")
    }) {
        let number = record["metadata"]["inode"].as_u64().unwrap() & 0xffff_ffff_ffff;
        let bytes = run(Command::new("icat").arg(&image).arg(number.to_string()));
        let path = record["origin"]["path"].as_str().unwrap();
        assert_eq!(veldkit::evidence::Digest::of(&bytes).to_string(), got[path], "{path}");
    }
    told(&records);
}

/// What records say besides the content.
fn told(records: &[serde_json::Value]) {
    let record = |path: &str| {
        let found = records.iter().find(|r| r["origin"]["path"] == path && r["origin"]["stream"].is_null());
        found.unwrap_or_else(|| panic!("{path}"))
    };
    let streams = record("streams.txt");
    assert_eq!(streams["metadata"]["zone_identifier"], "[ZoneTransfer]\r\nZoneId=3\r\n");
    assert_eq!(streams["read_by"], serde_json::json!(["raw_ntfs"]));
    for time in ["born", "modified", "changed", "accessed"] {
        assert!(streams["metadata"][time].as_str().is_some_and(|time| time.starts_with("20")), "{streams}");
    }
    assert!(streams["metadata"]["owner"].as_str().is_some_and(|sid| sid.starts_with("S-1-")), "{streams}");
    assert_eq!(record("large.bin")["metadata"]["links"], 2);
    assert_eq!(record("large.bin")["metadata"]["inode"], record("Users/anna/same.bin")["metadata"]["inode"]);
    let sparse = record("sparse.bin");
    assert_eq!(sparse["metadata"]["size"], 90_000_003);
    assert!(sparse["content"]["size_stored"].as_u64().unwrap() < 1 << 20, "{sparse}");
    assert_eq!(sparse["notes"], serde_json::json!(["sparse"]));
    assert_eq!(record("packed/text.txt")["metadata"]["attributes"], 0x820);
}

#[test]
#[ignore = "needs root"]
fn a_table_and_files_in_so_many_pieces_that_they_need_lists_are_read() {
    let made = Made::new();
    let image = ntfs(&made, "pieces.img", 24, &["--cluster-size", "512"]);
    let mounted = Mounted::new(&image, "streams_interface=windows");
    // Full to the end, then every other file is gone: what comes next stands in the gaps.
    let (mut files, block) = (0, noise(1024, 5));
    while fs::write(mounted.path(&format!("f{files}")), &block).is_ok() {
        files += 1;
    }
    assert!(files > 5_000, "{files}");
    for number in (0..files).step_by(2) {
        fs::remove_file(mounted.path(&format!("f{number}"))).unwrap();
    }
    mounted.put("pieces.bin", noise(1_500_000, 6));
    let long = "n".repeat(200);
    (0..6).for_each(|number| {
        fs::hard_link(mounted.path("pieces.bin"), mounted.path(&format!("{long}{number}"))).unwrap();
    });
    let mut empty = 0;
    while empty < 6_000 && fs::File::create(mounted.path(&format!("e{empty}"))).is_ok() {
        empty += 1;
    }
    drop(mounted);
    let number = |name: &str| {
        let listed = text(&run(Command::new("ifind").args(["-n", name]).arg(&image)));
        text(&run(Command::new("istat").arg(&image).arg(listed.trim())))
    };
    for (what, said) in [("$MFT", number("/$MFT")), ("pieces.bin", number("/pieces.bin"))] {
        assert!(said.contains("$ATTRIBUTE_LIST"), "the fixture makes no list of {what}: {said}");
    }
    let output = collect(&made, &image, &["--path", "/"]);
    assert_eq!(output.status.code(), Some(0), "{}{}", text(&output.stdout), text(&output.stderr));
    let mounted = Mounted::new(&image, "ro");
    assert_eq!(digests(&made.records()), sums(&mounted));
}

/// `ntfs-3g` makes nothing in `$Extend`: a folder that is sorted beside it takes its name, and it another.
pub(super) fn rename_extend(image: &std::path::Path) {
    let mut bytes = fs::read(image).unwrap();
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    for (from, to) in [("$Extend", "$Extenc"), ("$Extene", "$Extend")] {
        let (from, to) = (wide(from), wide(to));
        let places: Vec<usize> =
            (0..bytes.len() - from.len()).filter(|at| bytes[*at..].starts_with(&from)).collect();
        assert!(places.len() >= 2, "{}", places.len());
        for at in places {
            bytes[at..at + to.len()].copy_from_slice(&to);
        }
    }
    fs::write(image, bytes).unwrap();
}

#[test]
#[ignore = "needs root"]
fn the_files_of_the_file_system_are_collected_by_name_and_the_journal_without_its_leading_hole() {
    let made = Made::new();
    let image = ntfs(&made, "disk.img", 64, &[]);
    let mounted = Mounted::new(&image, "streams_interface=windows,show_sys_files");
    mounted.put("Windows/System32/config/SYSTEM", crate::made::hive());
    mounted.put("$Extene/$UsnJrnl", "");
    let mut journal = fs::File::create(mounted.path("$Extene/$UsnJrnl:$J")).unwrap();
    journal.seek(SeekFrom::Start(80 << 20)).unwrap();
    journal.write_all(&noise(9_000, 7)).unwrap();
    drop(journal);
    fs::write(mounted.path("$Extene/$UsnJrnl:$Max"), [0; 32]).unwrap();
    drop(mounted);
    rename_extend(&image);
    let artifacts = ["NTFSMFTFiles", "NTFSLogFile", "NTFSUSNJournal", "NTFSVolumeFiles"];
    let arguments: Vec<&str> = artifacts.iter().flat_map(|name| ["--artifact", *name]).collect();
    let output = collect(&made, &image, &arguments);
    assert_eq!(output.status.code(), Some(0), "{}{}", text(&output.stdout), text(&output.stderr));
    let records = made.records();
    let got = digests(&records);
    for (name, number) in [("$MFT", "0"), ("$LogFile", "2"), ("$Boot", "7"), ("$Secure:$SDS", "9-128-8")] {
        let bytes = match number {
            "9-128-8" => None,
            number => Some(run(Command::new("icat").arg(&image).arg(number))),
        };
        let digest = got.get(name).unwrap_or_else(|| panic!("no {name} in {got:?}"));
        if let Some(bytes) = bytes {
            assert_eq!(veldkit::evidence::Digest::of(&bytes).to_string(), *digest, "{name}");
        }
    }
    let journal = records.iter().find(|record| record["origin"]["stream"] == "$J").unwrap();
    assert_eq!(journal["entry"], "fs/C/$Extend/$UsnJrnl:$J");
    assert_eq!(journal["content"]["ranges"][0][0], 80 << 20, "{journal}");
    assert!(records.iter().all(|record| record["outcome"] == "collected"), "{records:#?}");
}

#[test]
#[ignore = "needs root"]
fn directories_whose_names_differ_in_case_alone_are_all_searched() {
    let made = Made::new();
    let image = ntfs(&made, "disk.img", 40, &[]);
    // As a directory of WSL tells them apart.
    let mounted = Mounted::new(&image, "rw");
    mounted.put("Windows/System32/config/SYSTEM", crate::made::hive());
    let wanted = ["Users/ANNA/z.txt", "Users/anna/x.txt", "users/Anna/y.txt"];
    for path in wanted {
        mounted.put(path, path);
    }
    drop(mounted);
    let output = collect(&made, &image, &["--path", "/Users/anna/*.txt"]);
    assert_eq!(output.status.code(), Some(0), "{}{}", text(&output.stdout), text(&output.stderr));
    assert_eq!(digests(&made.records()).into_keys().collect::<Vec<_>>(), wanted);
}
