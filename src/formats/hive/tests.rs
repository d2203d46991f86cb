//! Hives that the tests make, whole and with damage in every place.

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
    // The signature of the value cell is twenty bytes before its name.
    bytes[at - 20..at - 18].copy_from_slice(b"??");
    let mut hive = Hive::open(Cursor::new(bytes)).unwrap();
    let key = hive.key("Services\\NTDS").unwrap().unwrap();
    assert_eq!(hive.values(&key).unwrap().len(), 2);
    let unread = hive.take_unread();
    assert_eq!((unread.count, unread.first[0].0.text()), (1, "NTDS".into()));
    assert_eq!(hive.take_unread().count, 0);
}

#[test]
fn with_any_damage_reading_ends() {
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

/// Returns the offset in the bins of the cell with a name that occurs once, `before` bytes before the name.
fn cell_before(bytes: &[u8], name: &[u8], before: usize) -> u32 {
    let at = memchr::memmem::find(bytes, name).unwrap();
    u32::try_from(at - before - 4096 - 4).unwrap()
}

fn put(bytes: &mut [u8], cell: u32, at: usize, number: u32) {
    let at = 4096 + 4 + usize::try_from(cell).unwrap() + at;
    bytes[at..at + 4].copy_from_slice(&number.to_le_bytes());
}

fn number_at(bytes: &[u8], cell: u32, at: usize) -> u32 {
    u32_at(bytes, 4096 + 4 + usize::try_from(cell).unwrap() + at).unwrap()
}

/// Reads a whole hive: the numbers of keys and values, and what was left out.
fn all_of(bytes: Vec<u8>) -> (usize, usize, UnreadCells) {
    let mut hive = Hive::open(Cursor::new(bytes)).unwrap();
    let mut waiting: Vec<Key> = hive.key("").unwrap().into_iter().collect();
    let (mut keys, mut values) = (0, 0);
    while let Some(key) = waiting.pop() {
        keys += 1;
        assert!(keys < 100_000, "the walk finds no end");
        values += hive.values(&key).unwrap_or_default().len();
        let below = hive.subkeys(&key);
        waiting.extend(hive.noted(&key, below).unwrap_or_default());
    }
    (keys, values, hive.take_unread())
}

#[test]
fn a_whole_hive_lacks_nothing_and_a_truncated_one_reports_the_missing_bytes() {
    let whole = made();
    let (keys, values, unread) = all_of(whole.clone());
    assert_eq!((keys, values, unread.count), (2_003, 3, 0), "{unread:?}");
    for cut in [1, 100, 4_096, whole.len() / 2, whole.len() - 6_000] {
        let (fewer, _, unread) = all_of(whole[..whole.len() - cut].to_vec());
        let said = unread.first[0].1.to_string();
        assert!(said.starts_with(&format!("the file is cut short: {cut} of ")), "{said}");
        // The descendants of a missing key are counted as well.
        assert!(fewer == keys || unread.count > 1, "{cut}: {fewer} keys, {}", unread.count);
    }
}

#[test]
fn a_cell_cut_by_the_end_of_the_file_is_not_a_shorter_list() {
    let mut bytes = made();
    let services = cell_before(&bytes, b"Services", 76);
    let list = number_at(&bytes, services, 28);
    // The list is moved to the end of the file, which cuts it in half.
    let at = 4096 + usize::try_from(list).unwrap();
    let size =
        usize::try_from(i32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()).unsigned_abs()).unwrap();
    let cell = bytes[at..at + size].to_vec();
    let end = u32::try_from(bytes.len() - 4096).unwrap();
    put(&mut bytes, services, 28, end);
    bytes.extend(&cell[..size / 2]);
    let (keys, _, unread) = all_of(bytes);
    assert_eq!((keys, unread.count), (2, 1));
    assert!(unread.first[0].1.to_string().ends_with("is damaged: list of keys expected"), "{unread:?}");
}

#[test]
fn a_key_that_contains_itself_is_counted_and_the_others_are_read() {
    let whole = made();
    let services = cell_before(&whole, b"Services", 76);
    let ntds = cell_before(&whole, b"NTDS", 76);
    let root = u32_at(&whole, 36).unwrap();
    for (above, what) in [(services, "of itself"), (root, "of the root")] {
        // A list of one key below NTDS: the key itself, or one of its parents.
        let mut bytes = whole.clone();
        let list = u32::try_from(bytes.len() - 4096).unwrap();
        bytes.extend((-16_i32).to_le_bytes());
        bytes.extend(b"li\x02\0");
        bytes.extend(ntds.to_le_bytes());
        bytes.extend(above.to_le_bytes());
        put(&mut bytes, ntds, 20, 2);
        put(&mut bytes, ntds, 28, list);
        let (keys, values, unread) = all_of(bytes);
        assert_eq!((keys, values, unread.count), (2_003, 3, 2), "{what}: {unread:?}");
        assert!(
            unread
                .first
                .iter()
                .all(|(key, error)| { key.0 == b"NTDS" && error.to_string().ends_with("contains itself") })
        );
    }
}

#[test]
fn the_counts_of_a_key_are_compared_with_its_lists() {
    let whole = made();
    let services = cell_before(&whole, b"Services", 76);
    let ntds = cell_before(&whole, b"NTDS", 76);
    let with = |cell: u32, at: usize, number: u32| {
        let mut bytes = whole.clone();
        put(&mut bytes, cell, at, number);
        let (keys, values, unread) = all_of(bytes);
        let said = unread.first.first().map(|(_, error)| error.to_string()).unwrap_or_default();
        (keys, values, unread.count, said.split_once("states ").map(|(_, said)| said.to_owned()))
    };
    let said = |text: &str| Some(text.to_owned());
    // More than there are, fewer, and zero although the list exists.
    assert_eq!(with(services, 20, 2_100), (2_003, 3, 99, said("2100 subkeys, but its list has 2001")));
    assert_eq!(with(services, 20, 5), (2_003, 3, 1, said("5 subkeys, but its list has 2001")));
    assert_eq!(with(services, 20, 0), (2_003, 3, 1, said("0 subkeys, but its list has 2001")));
    assert_eq!(with(ntds, 36, 0), (2_003, 3, 1, said("0 values, but its list has 3")));
    let (keys, values, left_out, text) = with(ntds, 36, 9_000);
    assert!(keys == 2_003 && values == 3 && left_out >= 8_000, "{left_out} {text:?}");
    // A list with too small a count loses the rest, which the key's count shows.
    let list = number_at(&whole, services, 28);
    let mut bytes = whole.clone();
    let at = 4096 + 4 + usize::try_from(list).unwrap() + 2;
    bytes[at..at + 2].copy_from_slice(&1_u16.to_le_bytes());
    let (keys, _, unread) = all_of(bytes);
    assert!(keys < 2_003 && unread.count == 2_003 - keys, "{keys} {}", unread.count);
}

#[test]
fn a_key_that_is_listed_many_times_is_read_once() {
    let mut bytes = made();
    let (services, ntds) = (cell_before(&bytes, b"Services", 76), cell_before(&bytes, b"NTDS", 76));
    let list = u32::try_from(bytes.len() - 4096).unwrap();
    bytes.extend((-4_i32 * 1_002).to_le_bytes());
    bytes.extend(b"li");
    bytes.extend(1_000_u16.to_le_bytes());
    bytes.extend(ntds.to_le_bytes().repeat(1_000));
    put(&mut bytes, services, 20, 1_000);
    put(&mut bytes, services, 28, list);
    let (keys, values, unread) = all_of(bytes);
    assert_eq!((keys, values, unread.count), (3, 3, 999));
}

/// Counts keys, values and what was left out, read as a collector does: with logs, of which there are none.
fn with_logs(bytes: Vec<u8>) -> Option<(usize, usize, usize)> {
    let recovered = Recovered::new(Cursor::new(bytes), std::iter::empty::<&[u8]>()).ok()?;
    let mut hive = Hive::recovered(recovered).ok()?;
    let mut left_out = hive.take_unread().count;
    let root = hive.key("");
    if root.is_err() {
        return None;
    }
    let mut waiting: Vec<Key> = root.unwrap().into_iter().collect();
    let (mut keys, mut values) = (0, 0);
    while let Some(key) = waiting.pop() {
        keys += 1;
        assert!(keys < 100_000, "the walk finds no end");
        let flow = hive.each_value(&key, &|_| true, &mut |_| {
            values += 1;
            ControlFlow::Continue(())
        });
        assert!(flow.is_continue());
        let below = hive.subkeys(&key);
        waiting.extend(hive.noted(&key, below).unwrap_or_default());
    }
    left_out += hive.take_unread().count;
    Some((keys, values, left_out))
}

#[test]
fn no_damaged_byte_loses_a_key_or_a_value_silently() {
    let mut builder = HiveBuilder::new().unwrap();
    for key in 0..6 {
        let key = builder.create_key(&format!("A\\Key{key}\\Below")).unwrap();
        for value in 0..4 {
            builder.add_value(key, &format!("v{value}"), DataType::String, &text("een twee drie")).unwrap();
        }
    }
    let whole = builder.to_bytes().unwrap();
    let (keys, values, left_out) = with_logs(whole.clone()).unwrap();
    assert_eq!((keys, values, left_out), (14, 24, 0));
    let used = whole.iter().rposition(|byte| *byte != 0).unwrap();
    let mut fewer = 0;
    for at in (0..512).chain(4096..used) {
        for flip in [0x01, 0x80, 0xff] {
            let mut bytes = whole.clone();
            bytes[at] ^= flip;
            let Some((some_keys, some_values, left_out)) = with_logs(bytes) else { continue };
            if some_keys < keys || some_values < values {
                fewer += 1;
                assert!(left_out > 0, "{at:#x} ^ {flip:#x}: {some_keys} keys, {some_values} values");
            }
        }
    }
    assert!(fewer > 500, "{fewer}");
}
