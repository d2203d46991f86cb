//! The bundle of an NTFS image as dissect reads it: the same zip, opened as a target, answers from `$MFT`, the change
//! journal, the event log and the registry.

use std::fs;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::process::Command;

use regf::{DataType, HiveBuilder};

use super::event_log::{self, FailedLogon};
use super::{Mounted, collect, ntfs, run};
use crate::made::{Made, text};

fn hive(values: &[(&str, &str, &str)]) -> Vec<u8> {
    let mut builder = HiveBuilder::new().unwrap();
    for (key, name, text) in values {
        let key = builder.create_key(key).unwrap();
        let bytes: Vec<u8> = text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
        builder.add_value(key, name, DataType::String, &bytes).unwrap();
    }
    builder.to_bytes().unwrap()
}

/// A record of the change journal, version 2: `name` was made.
fn journal_record(usn: u64, name: &str) -> Vec<u8> {
    let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let length = (60 + name.len()).next_multiple_of(8);
    let mut bytes = vec![0; length];
    bytes[..4].copy_from_slice(&u32::try_from(length).unwrap().to_le_bytes());
    bytes[4] = 2;
    bytes[8..16].copy_from_slice(&(64_u64 | 1 << 48).to_le_bytes());
    bytes[16..24].copy_from_slice(&(5_u64 | 5 << 48).to_le_bytes());
    bytes[24..32].copy_from_slice(&usn.to_le_bytes());
    bytes[32..40].copy_from_slice(&133_000_000_000_000_000_u64.to_le_bytes());
    bytes[40..44].copy_from_slice(&0x100_u32.to_le_bytes());
    bytes[52] = 0x20;
    bytes[56..58].copy_from_slice(&u16::try_from(name.len()).unwrap().to_le_bytes());
    bytes[58] = 60;
    bytes[60..60 + name.len()].copy_from_slice(&name);
    bytes
}

#[test]
#[ignore = "needs root and dissect"]
fn dissect_answers_from_the_bundle_of_an_image() {
    const HOLE: u64 = 128 << 20;
    let made = Made::new();
    let image = ntfs(&made, "disk.img", 64, &[]);
    let mounted = Mounted::new(&image, "streams_interface=windows,show_sys_files");
    let control = "ControlSet001\\Control\\ComputerName\\ComputerName";
    let mut builder = HiveBuilder::new().unwrap();
    let select = builder.create_key("Select").unwrap();
    builder.add_value(select, "Current", DataType::Dword, &1_u32.to_le_bytes()).unwrap();
    let name = builder.create_key(control).unwrap();
    let wide: Vec<u8> = "STADHUIS-PC1".encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
    builder.add_value(name, "ComputerName", DataType::String, &wide).unwrap();
    mounted.put("Windows/System32/config/SYSTEM", builder.to_bytes().unwrap());
    let run_key = "Microsoft\\Windows\\CurrentVersion\\Run";
    mounted.put(
        "Windows/System32/config/SOFTWARE",
        hive(&[
            (run_key, "Bijwerker", "C:\\Users\\Public\\bijwerker.exe"),
            ("Microsoft\\Windows NT\\CurrentVersion", "ProductName", "Windows 10 Pro"),
            ("Microsoft\\Windows NT\\CurrentVersion", "SystemRoot", "C:\\Windows"),
        ]),
    );
    let failed = |user, seconds: u64| FailedLogon {
        user,
        address: "192.0.2.77",
        time: 133_000_000_000_000_000 + seconds * 10_000_000,
    };
    mounted.put(
        "Windows/System32/winevt/Logs/Security.evtx",
        event_log::write("STADHUIS-PC1", &[failed("beheerder", 0), failed("anna", 3)]),
    );
    mounted.put("Users/anna/Documents/losgeld.txt", "betaal");
    mounted.put("$Extene/$UsnJrnl", "");
    let mut journal = fs::File::create(mounted.path("$Extene/$UsnJrnl:$J")).unwrap();
    journal.seek(SeekFrom::Start(HOLE)).unwrap();
    let first = journal_record(HOLE, "losgeld.txt");
    let next = HOLE + u64::try_from(first.len()).unwrap();
    journal.write_all(&[first, journal_record(next, "sleutel.bin")].concat()).unwrap();
    drop(journal);
    drop(mounted);
    super::volume::rename_extend(&image);

    let playbook = [
        "NTFSMFTFiles",
        "NTFSUSNJournal",
        "NTFSVolumeFiles",
        "WindowsSystemRegistryFiles",
        "WindowsContextFolder",
        "WindowsEventLogs",
    ];
    let arguments: Vec<&str> = playbook.iter().flat_map(|name| ["--artifact", *name]).collect();
    let output = collect(&made, &image, &arguments);
    assert_eq!(output.status.code(), Some(0), "{}{}", text(&output.stdout), text(&output.stderr));
    let zip = made.path().join("bundle.zip");
    run(Command::new("age").arg("-d").arg("-i").arg(made.identity()).arg("-o").arg(&zip).arg(made.bundle()));
    let tool = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/venv/bin/target-query");
    for (function, wanted) in [
        ("hostname", &["STADHUIS-PC1"][..]),
        ("mft", &["losgeld.txt", "SOFTWARE"]),
        ("usnjrnl", &["losgeld.txt", "sleutel.bin"]),
        ("runkeys", &["bijwerker.exe"]),
        ("evtx", &["Microsoft-Windows-Security-Auditing", "4625", "beheerder", "anna", "192.0.2.77"]),
    ] {
        let answer = text(&run(Command::new(&tool).arg(&zip).args(["-q", "-f", function, "-s"])));
        for word in wanted {
            assert!(answer.contains(word), "{function} lacks {word}: {answer}");
        }
    }
}
