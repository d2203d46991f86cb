//! The fuzz targets over their seeds and some thousand mutations of each: no input makes a reader panic.
//!
//! The mutations follow from a fixed seed. `cargo +nightly fuzz run TARGET` in `tests/fuzz` searches on by coverage.

use veldkit::formats::wmi;

#[path = "../fuzz/targets.rs"]
mod targets;

/// Mutations of each seed.
const ROUNDS: u64 = 3_000;

/// `SplitMix64`.
fn next(state: &mut u64) -> usize {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    usize::try_from((z ^ (z >> 31)) >> 33).unwrap()
}

#[test]
fn no_mutation_of_a_seed_makes_a_reader_panic() {
    let mut state = 1;
    for (name, seeds, body) in targets::TARGETS {
        body(&[]);
        for seed in seeds {
            body(seed);
            for _ in 0..ROUNDS {
                let mut data = seed.to_vec();
                for _ in 0..=next(&mut state) % 8 {
                    let at = next(&mut state) % (data.len() + 1);
                    match next(&mut state) % 5 {
                        0 if at < data.len() => data[at] = next(&mut state).to_le_bytes()[0],
                        1 if at < data.len() => data[at] ^= 1 << (next(&mut state) % 8),
                        2 => data.truncate(at),
                        3 => data.insert(at, next(&mut state).to_le_bytes()[0]),
                        _ => data.extend_from_within(at.min(data.len() / 2)..),
                    }
                    data.truncate(64 * 1024);
                }
                let panicked = std::panic::catch_unwind(|| body(&data)).is_err();
                assert!(!panicked, "{name}: {}", data.escape_ascii());
            }
        }
    }
}

#[test]
fn every_target_has_its_file_for_cargo_fuzz() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz");
    let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    for (name, ..) in targets::TARGETS {
        let program = std::fs::read_to_string(folder.join(format!("fuzz_targets/{name}.rs"))).unwrap();
        let called = program.split("| targets::").nth(1).and_then(|rest| rest.split('(').next()).unwrap();
        let (file, function) = called.split_once("::").unwrap_or(("targets", called));
        let bodies = std::fs::read_to_string(folder.join(format!("{file}.rs"))).unwrap();
        assert!(bodies.contains(&format!("pub fn {function}(")), "{called}");
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
    }
}

#[test]
fn the_seeds_are_accepted_by_their_readers() {
    let seed = |wanted: &str| targets::TARGETS.iter().find(|(name, ..)| *name == wanted).unwrap().1[0];
    serde_json::from_slice::<veldkit::evidence::Item>(seed("record")).unwrap();
    let record = [&wmi::classes::pattern("__EventFilter")[..], seed("subscriptions_of_wmi")].concat();
    assert_eq!(wmi::parts_of(&record, b"")[0].says[&wmi::Field::Name], b"Kwaad");
    let objects = [[b"LPKSHHRH".to_vec(), vec![0; 200]].concat(), seed("journal").to_vec()].concat();
    let objects = objects.into_iter().enumerate().map(|(at, byte)| match at {
        120 => 192,
        128 => 16,
        192 => 208,
        _ => byte,
    });
    let messages =
        veldkit::formats::journald::messages_of(&objects.collect::<Vec<_>>(), b"_KERNEL_SUBSYSTEM", b"usb");
    assert_eq!(messages, [(1_700_000_000_000_000, b"a".to_vec())]);
    let text = |name| std::str::from_utf8(seed(name)).unwrap();
    assert!(veldkit::bundle::receipt::Block::parse(text("receipt")).is_some());
    assert!(veldkit::bundle::SealCode::parse(text("seal_code")).is_ok());
    let mut hive = veldkit::formats::hive::Hive::open(std::io::Cursor::new(seed("hive"))).unwrap();
    assert_eq!(hive.key("").unwrap().unwrap().name, "r".into());
    assert_eq!(veldkit::formats::mountinfo::mounts(seed("mountinfo")).len(), 1);
    // The volume that is changed is whole before: every way of storing a file is on the path of the search.
    let mut read = std::collections::BTreeMap::new();
    targets::images::files(&[], &mut |path, bytes| *read.entry(path.to_owned()).or_insert(0) += bytes);
    let read: Vec<_> = read.iter().map(|(path, bytes)| (path.as_str(), *bytes)).collect();
    let wanted = [
        ("$MFT", 40_960),
        ("a.txt", 4),
        ("a.txt:s", 6),
        ("b.bin", 5_000),
        ("c.txt", 4_096),
        ("d/e", 1_000),
        ("w.exe", 304),
    ];
    assert_eq!(read, wanted);
    let mut read = std::collections::BTreeMap::new();
    targets::images::ext_files(&[], &mut |path, bytes| *read.entry(path.to_owned()).or_insert(0) += bytes);
    let read: Vec<_> = read.iter().map(|(path, bytes)| (path.as_str(), *bytes)).collect();
    assert_eq!(read, [("a.txt", 4), ("c.bin", 16_384), ("folder/b.bin", 3_000)]);
    let now = veldkit::evidence::Utc::from_unix(1_795_489_445, 0).unwrap();
    for (format, count) in [
        ("values", 4),
        ("filenames", 2),
        ("csv", 1),
        ("misp", 2),
        ("stix", 3),
        ("openioc", 1),
        ("warninglist", 2),
    ] {
        let list = veldkit::scan::indicators::read_bytes(seed(&format!("indicators_{format}")), None, now);
        assert_eq!(list.len(), count, "{format}: {:?}", list.lists());
    }
}
