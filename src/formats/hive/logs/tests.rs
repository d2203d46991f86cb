//! Whole and damaged logs that the tests make, and their hives.

use std::io::Cursor;

use regf::{DataType, HiveBuilder};

use super::*;
use crate::formats::hive::Hive;

fn hive(text: &str) -> Vec<u8> {
    let mut builder = HiveBuilder::new().unwrap();
    let key = builder.create_key("Software\\Run").unwrap();
    builder.add_value(key, "Name", DataType::Binary, text.repeat(20).as_bytes()).unwrap();
    builder.to_bytes().unwrap()
}

/// The hive before a change that only the log contains.
fn before(sequence: u32) -> Vec<u8> {
    let mut old = hive("oud..");
    old[4..8].copy_from_slice(&(sequence + 1).to_le_bytes());
    old[8..12].copy_from_slice(&sequence.to_le_bytes());
    let sum = checksum(&old[..512]).unwrap().to_le_bytes();
    old[508..512].copy_from_slice(&sum);
    old
}

fn entry_bytes(sequence: u32, pages: &[(u32, &[u8])]) -> Vec<u8> {
    let mut bytes = vec![0; 40];
    bytes[..4].copy_from_slice(b"HvLE");
    bytes[12..16].copy_from_slice(&sequence.to_le_bytes());
    bytes[20..24].copy_from_slice(&u32::try_from(pages.len()).unwrap().to_le_bytes());
    for (offset, page) in pages {
        bytes.extend(offset.to_le_bytes());
        bytes.extend(u32::try_from(page.len()).unwrap().to_le_bytes());
    }
    for (_, page) in pages {
        bytes.extend_from_slice(page);
    }
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    let size = u32::try_from(bytes.len()).unwrap().to_le_bytes();
    bytes[4..8].copy_from_slice(&size);
    let data = hash(&bytes[40..]).to_le_bytes();
    bytes[24..32].copy_from_slice(&data);
    let head = hash(&bytes[..32]).to_le_bytes();
    bytes[32..40].copy_from_slice(&head);
    bytes
}

fn log(entries: &[Vec<u8>]) -> Vec<u8> {
    [before(7)[..512].to_vec(), entries.concat()].concat()
}

/// Returns the pages that differ between two states of the hive.
fn changed(after: &[u8]) -> Vec<(u32, Vec<u8>)> {
    let old = hive("oud..");
    let pages = old.chunks(4096).zip(after.chunks(4096)).enumerate().skip(1);
    pages
        .filter(|(_, (old, new))| old != new)
        .map(|(number, (_, new))| (u32::try_from((number - 1) * 4096).unwrap(), new.to_vec()))
        .collect()
}

fn name(hive: Vec<u8>, logs: &[Vec<u8>]) -> (String, Recovery) {
    let recovered = Recovered::new(Cursor::new(hive), logs.iter().map(|log| &log[..])).unwrap();
    let recovery = recovered.recovery();
    let mut hive = Hive::open(recovered).unwrap();
    let key = hive.key("Software\\Run").unwrap().unwrap();
    let value = hive.value(&key, "Name").unwrap().unwrap();
    (String::from_utf8(value.data[..5].to_vec()).unwrap(), recovery)
}

fn with(sequence: u32, text: &str) -> Vec<u8> {
    let pages = changed(&hive(text));
    let pages: Vec<(u32, &[u8])> = pages.iter().map(|(offset, page)| (*offset, &page[..])).collect();
    entry_bytes(sequence, &pages)
}

#[test]
fn the_hash_is_marvin() {
    // The vectors of .NET's tests of this function.
    const SEED: u64 = 0x004f_b61a_001b_dbcc;
    for (bytes, wanted) in [
        (&[][..], 0x30ed_35c1_00cd_3c7d),
        (&[0xaf], 0x48e7_3fc7_7d75_ddc1),
        (&[0xe7, 0x0f], 0xb5f6_e1fc_485d_bff8),
        (&[0x37, 0xf4, 0x95], 0xf0b0_7c78_9b8c_f7e8),
    ] {
        assert_eq!(marvin(SEED, bytes), wanted, "{bytes:x?}");
    }
}

#[test]
fn changes_only_in_the_logs_are_read_in_order() {
    let (first, second) = (log(&[with(7, "jong."), with(8, "nieuw")]), log(&[with(9, "laats")]));
    assert_eq!(name(before(7), std::slice::from_ref(&first)), ("nieuw".into(), Recovery::Applied(2)));
    assert_eq!(name(before(7), &[second.clone(), first]), ("laats".into(), Recovery::Applied(3)));
    // Entries before the hive's own state are older, and a gap ends the sequence.
    let old = log(&[with(5, "fout."), with(7, "jong."), with(9, "laats")]);
    assert_eq!(name(before(7), &[old]), ("jong.".into(), Recovery::Applied(1)));
    assert_eq!(name(before(7), &[]), ("oud..".into(), Recovery::Dirty));
    assert_eq!(name(hive("oud.."), &[second]), ("oud..".into(), Recovery::Clean));
}

#[test]
fn an_entry_with_a_wrong_hash_ends_the_recovery() {
    let whole = log(&[with(7, "jong."), with(8, "nieuw")]);
    let first = with(7, "jong.").len();
    for (at, wanted) in [(512 + first + 100, "jong."), (512 + 100, "oud.."), (512 + 12, "oud..")] {
        let mut broken = whole.clone();
        broken[at] ^= 1;
        assert_eq!(name(before(7), &[broken]).0, wanted, "{at}");
    }
    for cut in [0, 3, 511, 512, 540, 600, whole.len() - 1] {
        drop(name(before(7), &[whole[..cut].to_vec()]));
    }
}

#[test]
fn a_log_of_the_older_format_is_applied() {
    let new = hive("nieuw");
    let bins = new.len() - 4096;
    let mut log = before(7)[..512].to_vec();
    log[8..12].copy_from_slice(&8_u32.to_le_bytes());
    log[40..44].copy_from_slice(&u32::try_from(bins).unwrap().to_le_bytes());
    let sum = checksum(&log).unwrap().to_le_bytes();
    log[508..512].copy_from_slice(&sum);
    log.extend(b"DIRT");
    log.extend(vec![0xff; bins / 512 / 8]);
    log.resize(log.len().next_multiple_of(512), 0);
    log.extend(&new[4096..]);
    assert_eq!(name(before(7), &[log.clone()]), ("nieuw".into(), Recovery::Applied(1)));
    log[508] ^= 1;
    assert_eq!(name(before(7), &[log]).1, Recovery::Dirty);
}

fn faults(hive: Vec<u8>, logs: &[Vec<u8>]) -> (Recovery, Vec<String>) {
    let recovered = Recovered::new(Cursor::new(hive), logs.iter().map(|log| &log[..])).unwrap();
    let recovery = recovered.recovery();
    let mut hive = Hive::recovered(recovered).unwrap();
    (recovery, hive.take_unread().first.iter().map(|(_, error)| error.to_string()).collect())
}

#[test]
fn unusable_logs_are_counted_and_their_hive_is_not_clean() {
    let damaged = "1 transaction logs were not applied: their beginning is damaged, or they are too large";
    let dirty = "the hive was being written, and no transaction log completes it";
    let whole = log(&[with(7, "jong.")]);
    let mut wrong = whole.clone();
    wrong[508] ^= 1;
    assert_eq!(faults(before(7), &[wrong.clone()]), (Recovery::Dirty, vec![damaged.into(), dirty.into()]));
    // The other log is applied, and the damaged one is reported.
    assert_eq!(
        faults(before(7), &[wrong.clone(), whole.clone()]),
        (Recovery::Applied(1), vec![damaged.into()])
    );
    // A clean hive with a damaged log.
    assert_eq!(faults(hive("oud.."), &[wrong]), (Recovery::Dirty, vec![damaged.into()]));
    for none in [vec![], vec![0; 4_096], whole.clone()] {
        assert_eq!(faults(hive("oud.."), &[none]), (Recovery::Clean, vec![]));
    }
    for no_log in [b"MZ".to_vec(), whole[..100].to_vec()] {
        assert_eq!(faults(before(7), &[no_log]), (Recovery::Dirty, vec![damaged.into(), dirty.into()]));
    }
    // Older than the hive, like every log that was written back.
    assert_eq!(faults(before(7), &[log(&[with(5, "fout.")])]), (Recovery::Dirty, vec![dirty.into()]));
}

#[test]
fn entries_that_are_not_applied_are_counted() {
    let left_out = |count| {
        format!(
            "{count} entries of the transaction logs were not applied: they are damaged or out of sequence"
        )
    };
    let gap = log(&[with(7, "jong."), with(9, "laats"), with(10, "einde")]);
    assert_eq!(faults(before(7), &[gap]), (Recovery::Applied(1), vec![left_out(2)]));
    let mut broken = log(&[with(7, "jong."), with(8, "nieuw"), with(9, "laats")]);
    let second = 512 + with(7, "jong.").len();
    broken[second + 100] ^= 1;
    assert_eq!(faults(before(7), &[broken]), (Recovery::Applied(1), vec![left_out(2)]));
    let cut = log(&[with(7, "jong."), with(8, "nieuw")]);
    let cut = cut[..cut.len() - 300].to_vec();
    assert_eq!(faults(before(7), &[cut]), (Recovery::Applied(1), vec![left_out(1)]));
    let whole = log(&[with(7, "jong."), with(8, "nieuw")]);
    assert_eq!(faults(before(7), &[whole]), (Recovery::Applied(2), vec![]));
}

#[test]
fn a_first_block_with_a_wrong_checksum_is_reported() {
    let mut bytes = hive("oud..");
    bytes[12] ^= 1;
    let (recovery, faults) = faults(bytes, &[]);
    assert_eq!(
        (recovery, faults[0].as_str()),
        (Recovery::Dirty, "the checksum of the hive's first block is wrong")
    );
}
