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
    Ask, BundleEntry, Closing, Deflated, Deflater, Error, Event, Fingerprint, Identities, LOG_BYTES,
    Manifest, Opening, Recipients, Sealed, Signer, Sink, Writer, WriterOptions, names, receipt,
};
use veldkit::evidence::{
    Content, Digest, Hit, Item, Kind, Metadata, Origin, Outcome, PersonalData, Reason, ReasonCode, Utc,
    Volume,
};

mod checkpoints;
mod form;
mod interop;
mod keys;
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
        same_as: None,
        kind: Kind::File,
        outcome: Outcome::Collected,
        reason: None,
        metadata: Metadata { modified: Some(utc(0)), mode: Some(0o100_640), ..Metadata::default() },
        content: None,
        read_by: vec!["open".into()],
        notes: vec![],
        scan: None,
        hits: vec![],
        assessment: None,
        personal_data: PersonalData::Low,
        acquired: utc(1),
    }
}

/// Adds one file whole, with its record.
fn add(writer: &mut Writer, deflater: &mut Deflater, number: u64, origin: &Origin, data: &[u8]) -> String {
    let name = writer.entry_name(origin, false);
    let mut out = Vec::new();
    let sum = deflater.whole(data, &mut out);
    let entry = BundleEntry { name: name.clone(), modified: Some(utc(0)), mode: Some(0o640) };
    writer.add(&entry, &sum, &out).unwrap();
    let content = Content::new(data.len() as u64, Digest::of(data));
    writer
        .record(&Item { entry: Some(name.clone()), content: Some(content), ..item(number, origin) })
        .unwrap();
    name
}

/// Streams one file in chunks, with its record.
fn stream(writer: &mut Writer, deflater: &mut Deflater, number: u64, origin: &Origin, data: &[u8]) -> String {
    let name = writer.entry_name(origin, false);
    let header = BundleEntry { name: name.clone(), modified: Some(utc(0)), mode: None };
    let mut entry = writer.entry(&header, None).unwrap();
    let mut out = Vec::new();
    for (place, chunk) in data.chunks(300_000).enumerate() {
        out.clear();
        let sum = deflater.chunk(chunk, &data[..place * 300_000], false, &mut out);
        entry.piece(&out, &sum).unwrap();
    }
    entry.cut().unwrap();
    let content = Content::new(data.len() as u64, Digest::of(data));
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
    writer
        .add(&BundleEntry { name: name.clone(), ..BundleEntry::default() }, &Deflated::default(), &[])
        .unwrap();
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
