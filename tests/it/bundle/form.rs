//! The form of a bundle: its entries, their order, names, times, and that every one of them is accounted for.

use super::*;

#[test]
fn every_entry_is_read_back_by_another_reader_as_it_was_written() {
    let made = make(Hand::default().options(), &Key::new());
    let entries = entries(&made.zip);
    for (name, data) in &made.contents {
        assert!(content(&entries, name) == data.as_slice(), "{name}");
    }
    assert_eq!(made.sealed.sha256, Digest::of(&made.bundle));
    assert_eq!(made.sealed.bytes, made.bundle.len() as u64);
}

#[test]
fn the_entries_are_in_the_order_of_the_format() {
    let made = make(Hand::default().options(), &Key::new());
    let names: Vec<String> = entries(&made.zip).into_iter().map(|(name, _)| name).collect();
    assert_eq!(&names[..2], ["veldkit.json", "README.txt"]);
    assert_eq!(
        &names[names.len() - 5..],
        [
            &records_name(made.sealed.manifest.chain.checkpoints),
            &sums_name(made.sealed.manifest.chain.checkpoints),
            "pad/000003",
            "log/custody.jsonl",
            "manifest.json"
        ]
    );
}

#[test]
fn the_chain_holds_from_veldkit_json_to_the_manifest_and_covers_every_entry() {
    let made = make(Hand::default().options(), &Key::new());
    let entries = entries(&made.zip);
    let manifest: Manifest = serde_json::from_slice(content(&entries, "manifest.json")).unwrap();
    assert_eq!(manifest, made.sealed.manifest);
    let opening: Opening = serde_json::from_slice(content(&entries, "veldkit.json")).unwrap();
    assert_eq!(opening.format, 1);
    let mut covered = vec!["manifest.json".to_owned()];
    for (name, digest) in &manifest.entries {
        assert_eq!(Digest::of(content(&entries, name)), *digest, "{name}");
        covered.push(name.clone());
    }
    assert_eq!(opening.readme_sha256, manifest.entries.get("README.txt").copied());

    let mut previous = Digest::of(content(&entries, "veldkit.json"));
    let mut items = 0;
    let mut logged = Vec::new();
    for number in 1..=manifest.chain.checkpoints {
        let records = content(&entries, &records_name(number));
        let mut lines = records.split_inclusive(|byte| *byte == b'\n');
        let header: CheckpointHeader = serde_json::from_slice(lines.next().unwrap()).unwrap();
        assert_eq!((header.checkpoint, header.previous), (number, previous));
        previous = Digest::of(records);
        let mut sums = format!("{previous}  {}\n", records_name(number));
        let mut count = 0;
        for line in lines {
            let item: Item = serde_json::from_slice(line).unwrap();
            count += 1;
            if let Some(entry) = &item.entry {
                covered.push(entry.clone());
                if let Some(stored) = &item.content {
                    assert_eq!(Digest::of(content(&entries, entry)), stored.sha256_stored);
                    sums.extend([&stored.sha256_stored.to_string(), "  ", entry, "\n"]);
                }
            }
        }
        assert_eq!(header.items, count);
        items += count;
        logged.extend(header.log);
        assert_eq!(content(&entries, &sums_name(number)), sums.as_bytes());
        let pad = content(&entries, &format!("pad/{number:06}"));
        assert!(!pad.is_empty() && pad.len() <= 65_536 && pad.iter().all(|byte| *byte == 0));
        covered.extend([records_name(number), sums_name(number), format!("pad/{number:06}")]);
    }
    assert_eq!(manifest.chain.last, Some(previous));
    assert_eq!(manifest.items.all, items);
    assert_eq!(manifest.items.of(Outcome::Denied), 1);
    assert_eq!(manifest.partial, 1);
    assert_eq!(manifest.entries_before, entries.len() as u64 - 1);
    let log = String::from_utf8(content(&entries, "log/custody.jsonl").to_vec()).unwrap();
    let log: Vec<Event> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(log, logged);

    covered.sort();
    let mut names: Vec<String> = entries.into_iter().map(|(name, _)| name).collect();
    names.sort();
    assert_eq!(covered, names);
}

#[test]
fn every_entry_ends_itself_and_is_found_without_the_directory() {
    let made = make(Hand::default().options(), &Key::new());
    let (forward, end) = checkpoints::forward(&made.zip);
    assert_eq!(&made.zip[end..end + 4], b"PK\x01\x02");
    assert!(forward == entries(&made.zip));
}

#[test]
fn the_same_origin_twice_gets_two_entries() {
    let key = Key::new();
    let (sink, _) = Sink::memory();
    let mut writer = Writer::create(sink, &key.recipients(), &opening(), Hand::default().options()).unwrap();
    let origin = Origin::root("etc/passwd");
    let given: Vec<String> = (0..3).map(|_| writer.entry_name(&origin, false)).collect();
    assert_eq!(given, ["fs/$rootfs$/etc/passwd", "fs/$rootfs$/etc/passwd%7E2", "fs/$rootfs$/etc/passwd%7E3"]);
    assert_eq!(names::origin_of(&given[1]), None);
}

#[test]
fn times_and_modes_are_in_the_archive_without_links_or_set_uid() {
    let key = Key::new();
    let (sink, memory) = Sink::memory();
    let mut writer = Writer::create(sink, &key.recipients(), &opening(), Hand::default().options()).unwrap();
    for (name, mode) in [("fs/a", 0o120_777), ("fs/b", 0o104_000), ("fs/c/", 0o040_000)] {
        let entry = BundleEntry { name: name.into(), modified: Some(utc(0)), mode: Some(mode) };
        writer.add(&entry, &Deflated::default(), &[]).unwrap();
    }
    let old = BundleEntry { name: "fs/old".into(), modified: Utc::from_unix(-5_000_000_000, 0), mode: None };
    writer.add(&old, &Deflated::default(), &[]).unwrap();
    writer.seal(Closing::default()).unwrap();
    let zip = key.decrypt(&memory.bytes());
    let mut archive = zip::ZipArchive::new(Cursor::new(&zip)).unwrap();
    let mut mode = |name: &str| archive.by_name(name).unwrap().unix_mode().unwrap();
    assert_eq!((mode("fs/a"), mode("fs/b"), mode("fs/c/")), (0o100_777, 0o100_400, 0o040_700));
    let time = archive.by_name("fs/a").unwrap().last_modified().unwrap();
    assert_eq!((time.year(), time.month(), time.day(), time.hour()), (2025, 11, 24, 0));
    assert_eq!(archive.by_name("fs/old").unwrap().last_modified().unwrap().year(), 1980);
}

#[test]
fn hits_are_counted_by_rule_and_past_the_limit_together() {
    let key = Key::new();
    let (sink, _) = Sink::memory();
    let mut writer = Writer::create(sink, &key.recipients(), &opening(), Hand::default().options()).unwrap();
    let hit = |rule: String| Hit::rule(rule, "x");
    for number in 1..=NAMES_COUNTED as u64 + 10 {
        let hits = vec![hit("always".into()), hit(format!("rule{number}"))];
        writer.record(&Item { hits, ..item(number, &Origin::root("x")) }).unwrap();
    }
    let manifest = writer.seal(Closing::default()).unwrap().manifest;
    let all = NAMES_COUNTED as u64 + 10;
    assert_eq!((manifest.items_with_hits, manifest.hits["always"]), (all, all));
    assert_eq!(manifest.hits.len(), NAMES_COUNTED + 1);
    assert_eq!(manifest.hits[OTHERS], 11);
}

#[test]
fn an_interrupted_run_says_so_and_why() {
    let key = Key::new();
    let (sink, _) = Sink::memory();
    let writer = Writer::create(sink, &key.recipients(), &opening(), Hand::default().options()).unwrap();
    let closing = Closing {
        incomplete: Some("interrupted".into()),
        limits_reached: vec!["time-limit 60 s".into()],
        ..Closing::default()
    };
    let sealed = writer.seal(closing).unwrap();
    assert!(!sealed.manifest.complete);
    assert_eq!(sealed.manifest.limits_reached, ["time-limit 60 s"]);
    assert!(sealed.receipt.contains("Niet voltooid: interrupted"), "{}", sealed.receipt);
    assert!(sealed.manifest.chain.last.is_some() && sealed.manifest.chain.checkpoints == 0);
}

#[test]
fn a_name_the_format_does_not_allow_is_refused() {
    let key = Key::new();
    let (sink, _) = Sink::memory();
    let mut writer = Writer::create(sink, &key.recipients(), &opening(), Hand::default().options()).unwrap();
    for name in [String::new(), "x".repeat(1_001)] {
        let entry = BundleEntry { name, ..BundleEntry::default() };
        assert!(matches!(writer.add(&entry, &Deflated::default(), &[]), Err(Error::Entry { .. })));
    }
}

#[test]
fn a_bundle_with_an_abandoned_entry_takes_no_further_one_and_cannot_be_sealed() {
    let key = Key::new();
    let (sink, _) = Sink::memory();
    let mut writer = Writer::create(sink, &key.recipients(), &opening(), Hand::default().options()).unwrap();
    let entry = BundleEntry { name: "fs/a".into(), ..BundleEntry::default() };
    drop(writer.entry(&entry, None).unwrap());
    assert!(matches!(writer.entry(&entry, None), Err(Error::Entry { .. })));
    assert!(matches!(writer.add(&entry, &Deflated::default(), &[]), Err(Error::Entry { .. })));
    assert!(matches!(writer.seal(Closing::default()), Err(Error::Entry { .. })));
}

#[test]
fn a_writer_may_live_on_another_thread_than_the_one_that_made_it() {
    fn is_send<T: Send>() {}
    is_send::<Writer>();
    is_send::<Sink>();
}
