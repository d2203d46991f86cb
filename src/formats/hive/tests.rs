//! Hives that the tests make, whole and damaged in every place.

use std::io::Cursor;

use regf::{DataType, HiveBuilder};

use super::*;

fn text(text: &str) -> Vec<u8> {
    text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect()
}

fn made() -> Vec<u8> {
    let mut builder = HiveBuilder::new().unwrap();
    let root = builder.root_offset();
    let services = builder.add_key(root, "Services").unwrap();
    for number in 0..2_000 {
        builder.add_key(services, &format!("svc{number:04}")).unwrap();
    }
    let ntds = builder.add_key(services, "NTDS").unwrap();
    builder.add_value(ntds, "DSA Database file", DataType::String, &text("D:\\NTDS\\ntds.dit")).unwrap();
    builder.add_value(ntds, "Start", DataType::Dword, &2_u32.to_le_bytes()).unwrap();
    let big: Vec<u8> = (0..70_000_u32).flat_map(u32::to_le_bytes).collect();
    builder.add_value(ntds, "Groß", DataType::Binary, &big).unwrap();
    builder.to_bytes().unwrap()
}

#[test]
fn keys_and_values_are_found_without_regard_to_case() {
    let mut hive = Hive::open(Cursor::new(made())).unwrap();
    let key = hive.key("services\\ntds").unwrap().unwrap();
    assert_eq!(key.name.text(), "NTDS");
    let file = hive.value(&key, "dsa database FILE").unwrap().unwrap();
    assert_eq!(file.text().as_deref(), Some("D:\\NTDS\\ntds.dit"));
    assert_eq!(hive.value(&key, "start").unwrap().unwrap().number(), Some(2));
    let big = hive.value(&key, "groß").unwrap().unwrap();
    assert!(big.data.len() == 280_000 && big.data.ends_with(&69_999_u32.to_le_bytes()));
    assert_eq!(hive.values(&key).unwrap().len(), 3);
    let services = hive.key("Services").unwrap().unwrap();
    assert_eq!(hive.subkeys(&services).unwrap().len(), 2_001);
    assert_eq!(hive.key("Services\\none").unwrap(), None);
    assert!(!hive.is_dirty());
}

#[test]
fn names_keep_their_zeros_and_their_lone_surrogates() {
    let mut builder = HiveBuilder::new().unwrap();
    let run = builder.create_key("Run").unwrap();
    builder.add_value(run, "Bijwerker", DataType::String, &text("goed.exe")).unwrap();
    builder.add_value(run, "Bijwerker\0", DataType::String, &text("kwaad.exe")).unwrap();
    builder.add_value(run, "x\u{4141}y", DataType::String, &text("zoek.exe")).unwrap();
    builder.create_key("Run\0").unwrap();
    let mut bytes = builder.to_bytes().unwrap();
    let at = memchr::memmem::find(&bytes, b"\x41\x41y\0").unwrap();
    bytes[at..at + 2].copy_from_slice(&[0x00, 0xd8]);
    let mut hive = Hive::open(Cursor::new(bytes)).unwrap();
    let key = hive.key("run").unwrap().unwrap();
    let values = hive.values(&key).unwrap();
    let of = |name: &[u8]| values.iter().find(|value| value.name.0 == name).and_then(Value::text);
    assert_eq!(of(b"Bijwerker").as_deref(), Some("goed.exe"));
    assert_eq!(of(b"Bijwerker\0").as_deref(), Some("kwaad.exe"));
    assert_eq!(of(b"x\xed\xa0\x80y").as_deref(), Some("zoek.exe"));
    assert!(hive.key("Run\0").unwrap().is_some() && hive.take_unread().count == 0);
}

#[test]
fn what_is_left_out_is_counted_with_its_key() {
    let mut bytes = made();
    let at = memchr::memmem::find(&bytes, b"DSA Database").unwrap();
    // The mark of a value's cell is twenty bytes in front of its name.
    bytes[at - 20..at - 18].copy_from_slice(b"??");
    let mut hive = Hive::open(Cursor::new(bytes)).unwrap();
    let key = hive.key("Services\\NTDS").unwrap().unwrap();
    assert_eq!(hive.values(&key).unwrap().len(), 2);
    let unread = hive.take_unread();
    assert_eq!((unread.count, unread.first[0].0.text()), (1, "NTDS".into()));
    assert_eq!(hive.take_unread().count, 0);
}

#[test]
fn whatever_is_broken_in_it_reading_ends() {
    let whole = made();
    let mut state = 7_u64;
    for _ in 0..400 {
        let mut bytes = whole.clone();
        for _ in 0..40 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = usize::try_from(state >> 33).unwrap() % bytes.len();
            bytes[at] = state.to_le_bytes()[7];
        }
        let Ok(mut hive) = Hive::open(Cursor::new(bytes)) else { continue };
        let Ok(Some(key)) = hive.key("Services\\NTDS") else { continue };
        drop((hive.values(&key), hive.value(&key, "Start"), hive.subkeys(&key)));
    }
    for length in [0, 10, 511, 4096, 5000, whole.len() / 2] {
        if let Ok(mut hive) = Hive::open(Cursor::new(&whole[..length])) {
            drop(hive.key("Services\\NTDS"));
        }
    }
}
