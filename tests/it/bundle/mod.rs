//! What the writing half writes: held against independent readers (crate zip, age, unzip, 7z, Python, bsdtar,
//! sha256sum, minisign), and against its own specification.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use veldkit::bundle::checkpoint::{
    CHECKPOINT_ITEMS, CheckpointHeader, RECORDS_LIMIT, records_name, sums_name,
};
use veldkit::bundle::manifest::{NAMES_COUNTED, OTHERS};
use veldkit::bundle::opening::Kit;
use veldkit::bundle::{
    Ask, Closing, Deflated, Deflater, Entry, Error, Event, Identities, LOG_BYTES, Manifest, Opening,
    Recipients, Sealed, Signer, Sink, Writer, WriterOptions, names, receipt,
};
use veldkit::evidence::{
    Content, Digest, Hit, Item, Kind, Metadata, Origin, Outcome, PersonalData, Reason, ReasonCode, Utc,
    Volume,
};

mod interop;
mod record;

fn utc(seconds: i64) -> Utc {
    Utc::from_unix(1_763_942_400 + seconds, 123_456_789).unwrap()
}

/// A clock that a test moves.
#[derive(Clone, Default)]
struct Hand(Arc<AtomicI64>);

impl Hand {
    fn options(&self) -> WriterOptions {
        let time = Arc::clone(&self.0);
        WriterOptions::new(Box::new(move || utc(time.load(Ordering::Relaxed))))
    }

    fn pass(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }
}

struct Key {
    identity: age::x25519::Identity,
}

impl Key {
    fn new() -> Self {
        Self { identity: age::x25519::Identity::generate() }
    }

    fn recipients(&self) -> Recipients {
        let mut recipients = Recipients::new();
        recipients.add(&self.identity.to_public().to_string(), "-r").unwrap();
        recipients
    }

    fn decrypt(&self, bundle: &[u8]) -> Vec<u8> {
        age::decrypt(&self.identity, bundle).unwrap()
    }

    /// What can be decrypted of a bundle that was cut.
    fn decrypt_prefix(&self, bundle: &[u8]) -> Vec<u8> {
        let identity: &dyn age::Identity = &self.identity;
        let mut zip = Vec::new();
        let _ = age::Decryptor::new(bundle)
            .unwrap()
            .decrypt(std::iter::once(identity))
            .unwrap()
            .read_to_end(&mut zip);
        zip
    }

    fn write(&self, path: &Path) {
        use age::secrecy::ExposeSecret as _;
        std::fs::write(path, self.identity.to_string().expose_secret()).unwrap();
    }
}

fn opening() -> Opening {
    Opening {
        bundle_id: "00112233445566778899aabbccddeeff".into(),
        started: Some(utc(0)),
        host_name: "srv-file01".into(),
        case: Some("2026-017".into()),
        examiner: Some("J. de Vries".into()),
        target: "tree".into(),
        ..Opening::default()
    }
}

fn item(number: u64, origin: &Origin) -> Item {
    Item {
        number,
        artifact: "TestFiles".into(),
        origin: origin.clone(),
        entry: None,
        kind: Kind::File,
        outcome: Outcome::Collected,
        reason: None,
        metadata: Metadata { modified: Some(utc(0)), mode: Some(0o100_640), ..Metadata::default() },
        content: None,
        read_by: vec!["open".into()],
        notes: vec![],
        scan: None,
        hits: vec![],
        personal_data: PersonalData::Low,
        acquired: utc(1),
    }
}

/// Adds one file whole, with its record.
fn add(writer: &mut Writer, deflater: &mut Deflater, number: u64, origin: &Origin, data: &[u8]) -> String {
    let name = writer.entry_name(origin, false);
    let mut out = Vec::new();
    let sum = deflater.whole(data, &mut out);
    let entry = Entry { name: name.clone(), modified: Some(utc(0)), mode: Some(0o640) };
    writer.add(&entry, &sum, &out).unwrap();
    let content = Content {
        size_stored: data.len() as u64,
        sha256_stored: Digest::of(data),
        sha256_logical: None,
        ranges: vec![],
    };
    writer
        .record(&Item { entry: Some(name.clone()), content: Some(content), ..item(number, origin) })
        .unwrap();
    name
}

/// Streams one file in chunks, with its record.
fn stream(writer: &mut Writer, deflater: &mut Deflater, number: u64, origin: &Origin, data: &[u8]) -> String {
    let name = writer.entry_name(origin, false);
    writer.begin(&Entry { name: name.clone(), modified: Some(utc(0)), mode: None }, None).unwrap();
    let mut sum = Deflated::default();
    let mut out = Vec::new();
    for (place, chunk) in data.chunks(300_000).enumerate() {
        out.clear();
        sum = sum.then(&deflater.chunk(chunk, &data[..place * 300_000], false, &mut out));
        writer.piece(&out).unwrap();
    }
    out.clear();
    deflater.chunk(&[], &[], true, &mut out);
    writer.piece(&out).unwrap();
    writer.end(sum.crc32, sum.size).unwrap();
    let content = Content {
        size_stored: data.len() as u64,
        sha256_stored: Digest::of(data),
        sha256_logical: None,
        ranges: vec![],
    };
    writer
        .record(&Item { entry: Some(name.clone()), content: Some(content), ..item(number, origin) })
        .unwrap();
    name
}

fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.wrapping_mul(0x2545_f491_4f6c_dd1d).to_be_bytes()[0]
    })
    .take(length)
    .collect()
}

fn text(length: usize) -> Vec<u8> {
    (0..).flat_map(|n: u64| format!("line {n} of a log, {}\n", n * 7919).into_bytes()).take(length).collect()
}

/// Files of every kind of name, size and form.
fn files() -> Vec<(Origin, Vec<u8>)> {
    let stream = |path: &str, stream: &str| Origin::File {
        volume: Volume::Drive('C'),
        path: path.into(),
        stream: Some(stream.into()),
    };
    vec![
        (Origin::root("etc/passwd"), text(1_000)),
        (Origin::root("empty"), vec![]),
        (Origin::root("var/log/zoë 100%.log"), text(700_000)),
        (Origin::root(b"tmp/\xff\x1b%41:x".to_vec()), noise(5_000, 3)),
        (Origin::root(format!("deep/{}/file", vec!["x".repeat(200); 20].join("/"))), text(10)),
        (stream("$Extend/$UsnJrnl", "$J"), noise(600_000, 5)),
        (Origin::Live { name: "processes.jsonl".into() }, b"{}\n".to_vec()),
    ]
}

struct Made {
    bundle: Vec<u8>,
    zip: Vec<u8>,
    contents: BTreeMap<String, Vec<u8>>,
    sealed: Sealed,
}

fn make(options: WriterOptions, key: &Key) -> Made {
    let (sink, memory) = Sink::memory();
    let (sealed, contents) = fill(sink, options, key);
    let bundle = memory.bytes();
    Made { zip: key.decrypt(&bundle), bundle, contents, sealed }
}

fn fill(sink: Sink, options: WriterOptions, key: &Key) -> (Sealed, BTreeMap<String, Vec<u8>>) {
    let mut writer = Writer::create(sink, &key.recipients(), &opening(), options).unwrap();
    let mut deflater = Deflater::new(1);
    let mut contents = BTreeMap::new();
    writer.log(Event::new(utc(0), "start", "a test")).unwrap();
    let mut number = 0;
    for (origin, data) in files() {
        number += 1;
        let name = if data.len() > 100_000 {
            stream(&mut writer, &mut deflater, number, &origin, &data)
        } else {
            add(&mut writer, &mut deflater, number, &origin, &data)
        };
        contents.insert(name, data);
    }
    let folder = Origin::drive('C', "Windows/System32");
    let name = format!("{}/", writer.entry_name(&folder, false));
    writer.add(&Entry { name: name.clone(), ..Entry::default() }, &Deflated::default(), &[]).unwrap();
    let record = Item { entry: Some(name), kind: Kind::Directory, ..item(number + 1, &folder) };
    writer.record(&record).unwrap();
    let denied = Item {
        outcome: Outcome::Denied,
        reason: Some(Reason::new(ReasonCode::PermissionDenied, "no")),
        ..item(number + 2, &Origin::root("etc/shadow"))
    };
    writer.record(&denied).unwrap();
    let closing = Closing { ended: Some(utc(60)), ..Closing::default() };
    (writer.seal(closing).unwrap(), contents)
}

fn entries(zip: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = zip::ZipArchive::new(Cursor::new(zip)).unwrap();
    (0..archive.len())
        .map(|place| {
            let mut file = archive.by_index(place).unwrap();
            let mut content = Vec::new();
            file.read_to_end(&mut content).unwrap();
            (file.name().unwrap().into_owned(), content)
        })
        .collect()
}

fn content<'a>(entries: &'a [(String, Vec<u8>)], name: &str) -> &'a [u8] {
    let found: Vec<_> = entries.iter().filter(|(other, _)| other == name).collect();
    assert_eq!(found.len(), 1, "{name}");
    &found[0].1
}

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
fn the_entries_stand_in_the_order_of_the_format() {
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
                    sums += &format!("{}  {entry}\n", stored.sha256_stored);
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
fn forward(zip: &[u8]) -> (Vec<(String, Vec<u8>)>, usize) {
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
fn every_entry_ends_itself_and_is_found_without_the_directory() {
    let made = make(Hand::default().options(), &Key::new());
    let (forward, end) = forward(&made.zip);
    assert_eq!(&made.zip[end..end + 4], b"PK\x01\x02");
    assert!(forward == entries(&made.zip));
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
    let entry = Entry { name: "fs/$rootfs$/b".into(), ..Entry::default() };
    writer.begin(&entry, None).unwrap();
    let error = (0..10).find_map(|_| writer.piece(&noise(100_000, 2)).err()).unwrap();
    let Error::Sink { flushed, source } = &error else { panic!("{error}") };
    assert_eq!((flushed.checkpoint, flushed.items), (1, 1));
    assert_eq!(source.kind(), std::io::ErrorKind::StorageFull);
    assert!(flushed.bytes <= memory.bytes().len() as u64);
    assert!(
        matches!(writer.end(0, 0), Err(Error::Sink { .. })),
        "nothing is written after the first failure"
    );
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
fn times_and_modes_stand_in_the_archive_without_links_or_set_uid() {
    let key = Key::new();
    let (sink, memory) = Sink::memory();
    let mut writer = Writer::create(sink, &key.recipients(), &opening(), Hand::default().options()).unwrap();
    for (name, mode) in [("fs/a", 0o120_777), ("fs/b", 0o104_000), ("fs/c/", 0o040_000)] {
        let entry = Entry { name: name.into(), modified: Some(utc(0)), mode: Some(mode) };
        writer.add(&entry, &Deflated::default(), &[]).unwrap();
    }
    let old = Entry { name: "fs/old".into(), modified: Utc::from_unix(-5_000_000_000, 0), mode: None };
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
fn a_passphrase_opens_a_bundle_and_never_goes_with_recipients() {
    let passphrase = age::secrecy::SecretString::from("correct horse".to_owned());
    let mut recipients = Recipients::new();
    assert!(matches!(recipients.check(), Err(Error::NoRecipient)));
    recipients.set_passphrase(passphrase.clone());
    recipients.set_work_factor(4);
    assert_eq!(recipients.names(), ["passphrase"]);
    let (sink, memory) = Sink::memory();
    let writer = Writer::create(sink, &recipients, &opening(), Hand::default().options()).unwrap();
    writer.seal(Closing::default()).unwrap();
    let mut identities = Identities::new();
    identities.add_passphrase(passphrase);
    let bundle = memory.bytes();
    let mut zip = Vec::new();
    let mut reader = age::Decryptor::new(&bundle[..]).unwrap().decrypt(identities.iter()).unwrap();
    reader.read_to_end(&mut zip).unwrap();
    assert!(!content(&entries(&zip), "veldkit.json").is_empty());

    recipients.add(&Key::new().identity.to_public().to_string(), "-r").unwrap();
    assert!(matches!(recipients.check(), Err(Error::MixedRecipients)));
}

#[test]
fn a_bad_recipient_is_named_by_its_place_and_never_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("recipients.txt");
    let good = Key::new().identity.to_public().to_string();
    for bad in ["hunter2 is my passphrase", "AGE-SECRET-KEY-1QQQ", "age1qqq", "ssh-ed25519 AAAA"] {
        std::fs::write(&path, format!("# ours\n\n{good}\n{bad}\n")).unwrap();
        let error = Recipients::new().add_file(&path).unwrap_err().to_string();
        assert!(error.contains("recipients.txt line 4"), "{error}");
        assert!(!error.contains(bad), "{error}");
    }
    std::fs::write(&path, "# nobody\n").unwrap();
    assert!(Recipients::new().add_file(&path).is_err());
    let ssh = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHsKLqeplhpW+uObz5dvMgjz1OxfM/XXUB+VHtZ6isGN alice@rust";
    std::fs::write(&path, format!("{good}\n\n# a comment\n{ssh}\n")).unwrap();
    let mut recipients = Recipients::new();
    recipients.add_file(&path).unwrap();
    assert_eq!(recipients.names(), [good, ssh.to_owned()]);
}

#[test]
fn an_identity_file_may_be_locked_with_a_passphrase() {
    use age::secrecy::{ExposeSecret as _, SecretString};
    let folder = tempfile::tempdir().unwrap();
    let key = Key::new();
    let bundle = make(Hand::default().options(), &key).bundle;
    let path = folder.path().join("key.age");
    let mut recipient = age::scrypt::Recipient::new(SecretString::from("x".to_owned()));
    recipient.set_work_factor(4);
    let locked = age::encrypt(&recipient, key.identity.to_string().expose_secret().as_bytes()).unwrap();
    std::fs::write(&path, locked).unwrap();
    for (passphrase, opens) in [(Some("x"), true), (Some("y"), false), (None, false)] {
        let ask = Ask::new(move |_| passphrase.map(|text| SecretString::from(text.to_owned())));
        let mut identities = Identities::new();
        identities.add_file(&path, &ask).unwrap();
        let opened = age::Decryptor::new(&bundle[..]).unwrap().decrypt(identities.iter());
        assert_eq!(opened.is_ok(), opens, "{passphrase:?}");
    }
    for (wrong, says) in [
        ("hunter2\n", "line 1: not an age secret key"),
        ("# only a comment\n", "no identity"),
        ("age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg\n", "public key"),
    ] {
        std::fs::write(&path, wrong).unwrap();
        let error = Identities::new().add_file(&path, &Ask::nobody()).unwrap_err().to_string();
        assert!(error.contains(says) && !error.contains("hunter2"), "{error}");
    }
}

#[test]
fn a_log_past_its_limit_stands_whole_in_the_checkpoints() {
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

#[test]
fn hits_are_counted_by_rule_and_past_the_limit_together() {
    let key = Key::new();
    let (sink, _) = Sink::memory();
    let mut writer = Writer::create(sink, &key.recipients(), &opening(), Hand::default().options()).unwrap();
    let hit = |rule: String| Hit { rule, source: "x".into(), tags: vec![], meta: vec![], matches: vec![] };
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
        let entry = Entry { name, ..Entry::default() };
        assert!(matches!(writer.add(&entry, &Deflated::default(), &[]), Err(Error::Entry { .. })));
    }
    let entry = Entry { name: "fs/a".into(), ..Entry::default() };
    writer.begin(&entry, None).unwrap();
    assert!(matches!(writer.add(&entry, &Deflated::default(), &[]), Err(Error::Entry { .. })));
    assert!(matches!(writer.seal(Closing::default()), Err(Error::Entry { .. })));
}

fn signer() -> Signer {
    let pair = minisign::KeyPair::generate_unencrypted_keypair().unwrap();
    let text = pair.sk.to_box(None).unwrap().into_string();
    Signer::from_text(&text, "kit.key", &Ask::nobody()).unwrap()
}

#[test]
fn manifest_and_receipt_are_signed_and_bound_to_bundle_case_host_and_kit() {
    let key = Key::new();
    let folder = tempfile::tempdir().unwrap();
    let signer = signer();
    let public = minisign::PublicKey::from_base64(&signer.public_key()).unwrap();
    let options = WriterOptions {
        signer: Some(signer),
        sidecar: Some(folder.path().to_owned()),
        ..Hand::default().options()
    };
    let (sink, memory) = Sink::memory();
    let opening =
        Opening { kit: Some(Kit { id: "kit 7".into(), counter: Some(3), public_key: None }), ..opening() };
    let writer = Writer::create(sink, &key.recipients(), &opening, options).unwrap();
    let sealed = writer.seal(Closing { ended: Some(utc(60)), ..Closing::default() }).unwrap();
    assert!(sealed.sidecar_error.is_none());
    let entries = entries(&key.decrypt(&memory.bytes()));
    assert_eq!(entries.last().unwrap().0, "manifest.json.minisig");
    let receipt_path = folder.path().join("veldkit_2026-017_srv-file01_20251124T000000Z.receipt.txt");
    let signature_path = receipt::signature_path(&receipt_path);
    assert_eq!(sealed.sidecars, [receipt_path.clone(), signature_path.clone()]);
    for (text, signature, digest) in [
        (
            content(&entries, "manifest.json").to_vec(),
            String::from_utf8(content(&entries, "manifest.json.minisig").to_vec()).unwrap(),
            Digest::of(content(&entries, "manifest.json")),
        ),
        (
            std::fs::read(&receipt_path).unwrap(),
            std::fs::read_to_string(&signature_path).unwrap(),
            sealed.sha256,
        ),
    ] {
        let signature = minisign::SignatureBox::from_string(&signature).unwrap();
        minisign::verify(&public, &signature, Cursor::new(&text), true, false, false).unwrap();
        let comment = signature.trusted_comment().unwrap();
        for part in [
            "bundle=00112233445566778899aabbccddeeff",
            "case=2026-017",
            "host=srv-file01",
            "kit=kit%207",
            "counter=3",
            &format!("sha256={digest}"),
        ] {
            assert!(comment.split(' ').any(|other| other == part), "{comment}: {part}");
        }
        let mut other = text.clone();
        other[0] ^= 1;
        assert!(minisign::verify(&public, &signature, Cursor::new(&other), true, false, false).is_err());
    }
    let block = receipt::Block::parse(&sealed.receipt).unwrap();
    assert_eq!((block.sha256, block.bytes), (Digest::of(&memory.bytes()), memory.bytes().len() as u64));
}

#[test]
fn a_locked_signing_key_asks_for_its_passphrase() {
    use age::secrecy::SecretString;
    let pair = minisign::KeyPair::generate_encrypted_keypair(Some("x".into())).unwrap();
    let text = pair.sk.to_box(None).unwrap().into_string();
    let ask = |said: &'static str| Ask::new(move |_| Some(SecretString::from(said.to_owned())));
    assert!(Signer::from_text(&text, "kit.key", &ask("x")).is_ok());
    for (text, ask) in [
        (text.as_str(), ask("y")),
        (&text, Ask::nobody()),
        ("", Ask::nobody()),
        ("untrusted comment: x\nAAAA\n", Ask::nobody()),
        ("untrusted comment: x\nno base64!\n", Ask::nobody()),
    ] {
        let error = Signer::from_text(text, "kit.key", &ask).unwrap_err().to_string();
        assert!(error.starts_with("kit.key: "), "{error}");
    }
}

#[test]
fn a_receipt_that_cannot_be_written_leaves_the_bundle_sealed() {
    let key = Key::new();
    let (sink, memory) = Sink::memory();
    let options = WriterOptions { sidecar: Some("/nonexistent/veldkit".into()), ..Hand::default().options() };
    let writer = Writer::create(sink, &key.recipients(), &opening(), options).unwrap();
    let sealed = writer.seal(Closing::default()).unwrap();
    assert!(sealed.sidecar_error.is_some() && sealed.sidecars.is_empty());
    assert_eq!(sealed.sha256, Digest::of(&memory.bytes()));
}

#[test]
fn the_receipts_stand_as_agreed() {
    for (language, golden) in
        [(veldkit::bundle::Language::Nl, "receipt.nl.txt"), (veldkit::bundle::Language::En, "receipt.en.txt")]
    {
        let options = WriterOptions { language, ..Hand::default().options() };
        let made = make(options, &Key::new());
        // Only what the random file key decides is masked.
        let masked = made
            .sealed
            .receipt
            .replace(&made.sealed.sha256.to_string(), "<sha256>")
            .replace(&made.sealed.seal_code.to_string(), "<seal code>")
            .replace(&format!("bytes: {}", made.sealed.bytes), "bytes: <bytes>");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(golden);
        assert_eq!(masked, std::fs::read_to_string(&path).unwrap(), "{golden}");
    }
}
