//! Faults of the registry, logons, autostarts and packages of a made host: what cannot be read is in the rows, and in the exit
//! code.

use std::fs;

use regf::{DataType, HiveBuilder};
use serde_json::Value;

use crate::made::Made;

/// What one artifact of a tree gives: its rows, the JSON object, and the exit code.
pub struct Collected {
    pub rows: Vec<Value>,
    pub json: Value,
    pub code: i32,
}

impl Collected {
    fn of(made: &Made, artifact: &str) -> Self {
        Self::by(made, artifact, ["--artifact", artifact, "--no-scan"])
    }

    /// The same of the artifact of a playbook.
    fn by(made: &Made, artifact: &str, arguments: [&str; 3]) -> Self {
        let (json, code) = made.collect(arguments);
        let unpacked = made.unpack();
        let text = fs::read_to_string(unpacked.join(format!("derived/{artifact}.jsonl"))).unwrap_or_default();
        let rows = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        fs::remove_dir_all(&unpacked).unwrap();
        for entry in fs::read_dir(made.out()).unwrap() {
            fs::remove_file(entry.unwrap().path()).unwrap();
        }
        Self { rows, json, code }
    }

    fn of_kind(&self, kind: &str) -> Vec<&Value> {
        self.rows.iter().filter(|row| row["row"] == kind).collect()
    }

    /// The texts of a field in rows of one kind.
    pub fn texts(&self, kind: &str, field: &str) -> Vec<String> {
        let text = |row: &&Value| row[field].as_str().unwrap_or_default().to_owned();
        self.of_kind(kind).iter().map(text).collect()
    }
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect()
}

/// A SOFTWARE hive with what it starts, and 300 keys besides.
fn software() -> Vec<u8> {
    let mut builder = HiveBuilder::new().unwrap();
    let run = builder.create_key("Microsoft\\Windows\\CurrentVersion\\Run").unwrap();
    builder.add_value(run, "Bijwerker", DataType::String, &wide("C:\\Users\\Public\\k.exe")).unwrap();
    for number in 0..300 {
        builder.create_key(&format!("Classes\\.x{number:03}")).unwrap();
    }
    builder.to_bytes().unwrap()
}

/// A playbook that asks for all keys and values of the hive.
const ALL_SOFTWARE: &str = r"playbook: software
version: 1
title: {nl: sleutels, en: keys}
description: {nl: sleutels, en: keys}
artifacts: [AllSoftware]
---
name: AllSoftware
doc: All keys of the hive.
sources:
- type: REGISTRY_KEY
  attributes:
    keys: ['HKEY_LOCAL_MACHINE\Software\**']
supported_os: [Windows]
";

/// A Windows with this SOFTWARE hive, and its log.
pub fn windows(software: &[u8], log: Option<&[u8]>) -> Made {
    let made = Made::new();
    fs::write(made.path().join("all.yaml"), ALL_SOFTWARE).unwrap();
    let system = HiveBuilder::new().unwrap().to_bytes().unwrap();
    made.put("C/Windows/System32/config/SYSTEM", &system);
    made.put("C/Windows/System32/config/SOFTWARE", software);
    if let Some(log) = log {
        made.put("C/Windows/System32/config/SOFTWARE.LOG1", log);
    }
    made
}

/// All keys and values of the SOFTWARE hive of [`windows`].
pub fn all_software(made: &Made) -> Collected {
    Collected::by(made, "AllSoftware", ["--playbook", "all.yaml", "--no-scan"])
}

/// The sum of a first block, as the format has it.
fn with_sum(mut block: Vec<u8>) -> Vec<u8> {
    let sum = block[..508].chunks(4).fold(0, |sum, four| sum ^ u32::from_le_bytes(four.try_into().unwrap()));
    block[508..512].copy_from_slice(&sum.to_le_bytes());
    block
}

/// Faults of keys that nothing but a search for them comes by.
const WITHIN_A_KEY: [&str; 3] = ["fewer values", "a loop", "no list"];

#[test]
fn a_damaged_hive_is_never_clean_and_ends_with_3() {
    let whole = software();
    let made = windows(&whole, None);
    let fine = all_software(&made);
    assert_eq!((fine.code, fine.texts("hive", "recovery")), (0, vec!["clean".to_owned()]), "{}", fine.json);
    assert!(fine.texts("value", "text").contains(&"C:\\Users\\Public\\k.exe".to_owned()), "{:?}", fine.rows);

    let mut dirty = whole.clone();
    let sequence = u32::from_le_bytes(dirty[4..8].try_into().unwrap());
    dirty[4..8].copy_from_slice(&(sequence + 1).to_le_bytes());
    let dirty = with_sum(dirty);
    let mut bad_log = dirty[..512].to_vec();
    bad_log[508] ^= 1;
    let run = memchr::memmem::find(&whole, b"Run").unwrap() - 76;
    let mut more = whole.clone();
    more[run + 36..run + 40].copy_from_slice(&9_u32.to_le_bytes());
    let mut looped = whole.clone();
    let (cell, end) = (u32::try_from(run - 4 - 4096).unwrap(), u32::try_from(whole.len() - 4096).unwrap());
    looped[run + 20..run + 24].copy_from_slice(&1_u32.to_le_bytes());
    looped[run + 28..run + 32].copy_from_slice(&end.to_le_bytes());
    looped.extend((-16_i32).to_le_bytes());
    looped.extend(b"li\x01\0");
    looped.extend(cell.to_le_bytes());
    looped.extend([0; 4]);
    let mut no_list = whole.clone();
    let at =
        memchr::memmem::rfind(&no_list, b"lh").or_else(|| memchr::memmem::rfind(&no_list, b"lf")).unwrap();
    no_list[at..at + 2].copy_from_slice(b"??");
    for (what, hive, log, wanted) in [
        ("cut short", whole[..whole.len() - 700].to_vec(), None, "the file is cut short: 700 of "),
        ("cut to its first block", whole[..600].to_vec(), None, "the file is cut short: "),
        ("no logs", dirty.clone(), None, "no transaction log completes it"),
        ("a damaged log", dirty, Some(bad_log.clone()), "1 transaction logs are damaged"),
        ("a damaged log of a clean hive", whole.clone(), Some(bad_log), "1 transaction logs are damaged"),
        ("fewer values", more, None, "says that it has 9 values, and "),
        ("a loop", looped, None, "contains itself"),
        ("no list", no_list, None, "is no list of keys"),
    ] {
        let made = windows(&hive, log.as_deref());
        let found = all_software(&made);
        let broken = found.texts("broken", "detail");
        assert_eq!(found.code, 3, "{what}: {}", found.json);
        assert!(broken.iter().any(|detail| detail.contains(wanted)), "{what}: {broken:?}");
        let clean = found.texts("hive", "recovery").contains(&"clean".to_owned());
        assert!(!clean || !what.contains("log"), "{what}: {:?}", found.rows);
        // What reads the same hive for something else says so too.
        let software = Collected::of(&made, "LiveSoftware");
        assert!(WITHIN_A_KEY.contains(&what) || software.code == 3, "{what}: {}", software.json);
    }
}
