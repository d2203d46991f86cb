//! Checkpoints: when they come, what they make safe, and what is said when the medium fails.

use super::*;

#[test]
fn a_checkpoint_comes_after_its_items_or_its_seconds() {
    let (hand, key) = (Hand::default(), Key::new());
    let (sink, memory) = Sink::memory();
    let mut writer = Writer::create(sink, &key.recipients(), &opening(), hand.options()).unwrap();
    let denied = |number| Item { outcome: Outcome::Denied, ..item(number, &Origin::root("x")) };
    for number in 1..CHECKPOINT_ITEMS {
        writer.record(&denied(number)).unwrap();
    }
    assert_eq!(writer.flushed().checkpoint, 0);
    writer.record(&denied(CHECKPOINT_ITEMS)).unwrap();
    assert_eq!((writer.flushed().checkpoint, writer.flushed().items), (1, CHECKPOINT_ITEMS));
    writer.record(&denied(501)).unwrap();
    hand.pass(4);
    writer.tick().unwrap();
    assert_eq!(writer.flushed().checkpoint, 1);
    hand.pass(1);
    writer.tick().unwrap();
    assert_eq!((writer.flushed().checkpoint, writer.flushed().items), (2, 501));
    hand.pass(-3_600);
    writer.tick().unwrap();
    assert_eq!(writer.flushed().checkpoint, 2, "nothing new, no checkpoint");
    assert_eq!(writer.flushed().bytes, memory.synced().len() as u64);
}

/// The whole entries of an archive that was cut, read forward without its directory, and where the last one ends.
pub(super) fn forward(zip: &[u8]) -> (Vec<(String, Vec<u8>)>, usize) {
    let number = |at: usize, bytes: usize| {
        zip.get(at..at + bytes)
            .map(|field| field.iter().rev().fold(0, |sum, byte| sum << 8 | usize::from(*byte)))
    };
    let mut found = Vec::new();
    let mut at = 0;
    let mut whole = 0;
    while zip.get(at..at + 4) == Some(b"PK\x03\x04") {
        let entry = (|| {
            let (flags, method) = (number(at + 6, 2)?, number(at + 8, 2)?);
            let (name, extra) = (number(at + 26, 2)?, number(at + 28, 2)?);
            let start = at + 30 + name + extra;
            let name = String::from_utf8(zip.get(at + 30..at + 30 + name)?.to_vec()).unwrap();
            let mut content = Vec::new();
            let mut end = start;
            if method == 8 {
                let mut inflater = flate2::bufread::DeflateDecoder::new(zip.get(start..)?);
                inflater.read_to_end(&mut content).ok()?;
                end += usize::try_from(inflater.total_in()).unwrap();
            }
            assert!(method == 8 || (method == 0 && number(at + 22, 4) == Some(0)), "{name}");
            let crc = crc32fast::hash(&content) as usize;
            if flags & 8 == 0 {
                assert_eq!((number(at + 14, 4), number(at + 22, 4)), (Some(crc), Some(content.len())));
                assert_eq!(number(at + 18, 4), Some(end - start));
            } else {
                let sizes = (number(end + 4, 4)?, number(end + 8, 8)?, number(end + 16, 8)?);
                assert_eq!(&zip[end..end + 4], b"PK\x07\x08");
                assert_eq!(sizes, (crc, end - start, content.len()));
                end += 24;
            }
            (end <= zip.len()).then_some((name, content, end))
        })();
        let Some((name, content, end)) = entry else { break };
        found.push((name, content));
        at = end;
        whole = end;
    }
    (found, whole)
}

#[test]
fn what_a_checkpoint_made_safe_survives_a_power_cut() {
    let key = Key::new();
    let mut deflater = Deflater::new(1);
    for filler in [0, 1, 60_000].into_iter().chain((64_000..65_600).step_by(20)) {
        let (sink, memory) = Sink::memory();
        let hand = Hand::default();
        let mut writer = Writer::create(sink, &key.recipients(), &opening(), hand.options()).unwrap();
        add(&mut writer, &mut deflater, 1, &Origin::root("a"), &noise(filler, 7));
        hand.pass(10);
        let name = add(&mut writer, &mut deflater, 2, &Origin::root("b"), b"here");
        assert_eq!(writer.flushed().checkpoint, 1);
        // Never sealed, and what was written after the checkpoint is lost with the page cache.
        add(&mut writer, &mut deflater, 3, &Origin::root("c"), &noise(200_000, 9));
        let (found, _) = forward(&key.decrypt_prefix(&memory.synced()));
        assert_eq!(content(&found, &name), b"here", "{filler}");
        assert!(!content(&found, &records_name(1)).is_empty(), "{filler}");
        assert!(!content(&found, &sums_name(1)).is_empty(), "{filler}");
    }
}

#[test]
fn a_full_disk_says_what_was_flushed() {
    let key = Key::new();
    let hand = Hand::default();
    let (sink, memory) = Sink::memory_of(300_000);
    let mut writer = Writer::create(sink, &key.recipients(), &opening(), hand.options()).unwrap();
    let mut deflater = Deflater::new(1);
    add(&mut writer, &mut deflater, 1, &Origin::root("a"), &noise(1_000, 1));
    hand.pass(5);
    writer.tick().unwrap();
    let entry = BundleEntry { name: "fs/$rootfs$/b".into(), ..BundleEntry::default() };
    let mut entry = writer.entry(&entry, None).unwrap();
    let noise = noise(100_000, 2);
    let error = (0..10).find_map(|_| entry.piece(&noise, &Deflated::of(&noise)).err()).unwrap();
    let Error::Sink { flushed, source } = &error else { panic!("{error}") };
    assert_eq!((flushed.checkpoint, flushed.items), (1, 1));
    assert_eq!(source.kind(), std::io::ErrorKind::StorageFull);
    assert!(flushed.bytes <= memory.bytes().len() as u64);
    assert!(matches!(entry.finish(), Err(Error::Sink { .. })), "nothing is written after the first failure");
}

#[test]
fn a_log_past_its_limit_is_complete_in_the_checkpoints() {
    let key = Key::new();
    let (sink, memory) = Sink::memory();
    let mut writer = Writer::create(sink, &key.recipients(), &opening(), Hand::default().options()).unwrap();
    let number = 2 * LOG_BYTES / 50_000;
    for place in 0..number {
        writer.log(Event::new(utc(0), format!("e{place}"), "x".repeat(50_000))).unwrap();
    }
    writer.log(Event::new(utc(0), "long", "é".repeat(100_000))).unwrap();
    let sealed = writer.seal(Closing::default()).unwrap();
    let entries = entries(&key.decrypt(&memory.bytes()));
    let log = String::from_utf8(content(&entries, "log/custody.jsonl").to_vec()).unwrap();
    assert!(log.len() < LOG_BYTES + 1_000);
    let last: Event = serde_json::from_str(log.lines().last().unwrap()).unwrap();
    assert_eq!(last.event, "log_cut");
    let mut all = Vec::new();
    for checkpoint in 1..=sealed.manifest.chain.checkpoints {
        let records = content(&entries, &records_name(checkpoint));
        assert!(records.len() < RECORDS_LIMIT);
        all.extend(serde_json::from_slice::<CheckpointHeader>(records).unwrap().log);
    }
    assert_eq!(all.len(), number + 1);
    assert_eq!(all.last().unwrap().detail.len(), 65_536);
}
