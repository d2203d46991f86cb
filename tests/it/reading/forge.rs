//! A forging kit: bundles that are right, wrong in one point, or hostile, sealed with real age.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "a forger writes whatever numbers a test asks for"
)]

use std::io::Write as _;
use std::path::{Path, PathBuf};

use age::secrecy::ExposeSecret as _;
use veldkit::bundle::checkpoint::{CheckpointHeader, Event, pad_name, records_name, sum_line, sums_name};
use veldkit::bundle::manifest::{ChainEnd, Counts};
use veldkit::bundle::{Deflater, Manifest, Opening, README};
use veldkit::evidence::{Content, Digest, Item, Kind, Metadata, Origin, Outcome, PersonalData, Utc};

/// A zip entry as it is to be written; what is `None` is written as it should be.
#[derive(Clone, Debug, Default)]
pub struct Lie {
    pub crc32: Option<u32>,
    pub size: Option<u64>,
    pub compressed: Option<u64>,
    pub method: Option<u16>,
    pub flags: Option<u16>,
    /// Known sizes in the header, or a descriptor after the content.
    pub streamed: bool,
    pub extra: Vec<u8>,
    /// Raw deflate data instead of that of the content.
    pub raw: Option<Vec<u8>>,
}

/// A zip file, by hand.
#[derive(Default, Clone)]
pub struct Zip {
    pub bytes: Vec<u8>,
    pub directory: Vec<u8>,
    pub entries: u64,
    /// Where each entry begins, by name.
    pub places: Vec<(String, usize)>,
    /// What the end record claims instead.
    pub claim: Option<u64>,
}

impl Zip {
    pub fn add(&mut self, name: &str, content: &[u8]) {
        self.lie(name, content, &Lie::default());
    }

    pub fn lie(&mut self, name: &str, content: &[u8], lie: &Lie) {
        let offset = self.bytes.len();
        self.places.push((name.to_owned(), offset));
        let empty = content.is_empty() && lie.raw.is_none() && !lie.streamed;
        let mut data = Vec::new();
        let sum = Deflater::new(1).whole(content, &mut data);
        let data = if empty { vec![] } else { lie.raw.clone().unwrap_or(data) };
        let crc = lie.crc32.unwrap_or(sum.crc32);
        let size = lie.size.unwrap_or(content.len() as u64);
        let compressed = lie.compressed.unwrap_or(data.len() as u64);
        let flags = lie.flags.unwrap_or(if lie.streamed { 0x0808 } else { 0x0800 });
        let method = lie.method.unwrap_or(if empty { 0 } else { 8 });
        let wide = lie.streamed || size >= 0xffff_ffff || compressed >= 0xffff_ffff;
        let version: u16 = if wide { 45 } else { 20 };
        let mut extra = lie.extra.clone();
        if wide {
            extra.extend_from_slice(&[1, 0, 16, 0]);
            extra.extend_from_slice(&(if lie.streamed { 0 } else { size }).to_le_bytes());
            extra.extend_from_slice(&(if lie.streamed { 0 } else { compressed }).to_le_bytes());
        }
        let narrow = |n: u64| if wide { u32::MAX } else { n as u32 };
        let out = &mut self.bytes;
        out.extend_from_slice(b"PK\x03\x04");
        for field in [version, flags, method, 0, 0x21] {
            out.extend_from_slice(&field.to_le_bytes());
        }
        for field in [if lie.streamed { 0 } else { crc }, narrow(compressed), narrow(size)] {
            out.extend_from_slice(&field.to_le_bytes());
        }
        out.extend_from_slice(&(name.len() as u16).to_le_bytes());
        out.extend_from_slice(&(extra.len() as u16).to_le_bytes());
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(&extra);
        out.extend_from_slice(&data);
        if lie.streamed {
            out.extend_from_slice(b"PK\x07\x08");
            out.extend_from_slice(&crc.to_le_bytes());
            out.extend_from_slice(&compressed.to_le_bytes());
            out.extend_from_slice(&size.to_le_bytes());
        }
        let out = &mut self.directory;
        out.extend_from_slice(b"PK\x01\x02");
        for field in [0x032d, version, flags, method, 0, 0x21] {
            out.extend_from_slice(&field.to_le_bytes());
        }
        let narrow = |n: u64| if n >= 0xffff_ffff { u32::MAX } else { n as u32 };
        for field in [crc, narrow(compressed), narrow(size)] {
            out.extend_from_slice(&field.to_le_bytes());
        }
        let mut extra = Vec::new();
        for (large, value) in [(size >= 0xffff_ffff, size), (compressed >= 0xffff_ffff, compressed)] {
            if large {
                extra.extend_from_slice(&value.to_le_bytes());
            }
        }
        if !extra.is_empty() {
            let length = extra.len() as u16;
            extra.splice(0..0, [1, 0].into_iter().chain(length.to_le_bytes()));
        }
        out.extend_from_slice(&(name.len() as u16).to_le_bytes());
        out.extend_from_slice(&(extra.len() as u16).to_le_bytes());
        out.extend_from_slice(&[0; 6]);
        out.extend_from_slice(&0o100_644_u32.checked_shl(16).unwrap().to_le_bytes());
        out.extend_from_slice(&(offset as u32).to_le_bytes());
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(&extra);
        self.entries += 1;
    }

    /// Ends it with directory and end records.
    pub fn finish(mut self) -> Vec<u8> {
        let start = self.bytes.len() as u64;
        self.bytes.extend_from_slice(&self.directory);
        let at = self.bytes.len() as u64;
        let count = self.claim.unwrap_or(self.entries);
        let large = count >= 0xffff;
        let out = &mut self.bytes;
        if large {
            out.extend_from_slice(b"PK\x06\x06");
            out.extend_from_slice(&44_u64.to_le_bytes());
            out.extend_from_slice(&[45, 3, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            for field in [count, count, self.directory.len() as u64, start] {
                out.extend_from_slice(&field.to_le_bytes());
            }
            out.extend_from_slice(b"PK\x06\x07\0\0\0\0");
            out.extend_from_slice(&at.to_le_bytes());
            out.extend_from_slice(&1_u32.to_le_bytes());
        }
        out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
        let count = if large { 0xffff } else { count as u16 };
        out.extend_from_slice(&count.to_le_bytes());
        out.extend_from_slice(&count.to_le_bytes());
        out.extend_from_slice(&(self.directory.len() as u32).to_le_bytes());
        out.extend_from_slice(&(start as u32).to_le_bytes());
        out.extend_from_slice(&[0, 0]);
        self.bytes
    }
}

/// A bundle's archive in the making, as the writer would make it, unless a test steps in.
#[derive(Clone)]
pub struct Forge {
    pub zip: Zip,
    pub opening: Opening,
    opening_digest: Digest,
    previous: Digest,
    checkpoint: u64,
    number: u64,
    lines: Vec<Item>,
    counts: Counts,
    /// Items of each checkpoint: name of the entry and its content.
    pub content: Vec<(String, Vec<u8>, u64)>,
}

pub fn utc() -> Utc {
    Utc::from_unix(1_763_942_400, 123_456_789).unwrap()
}

pub fn item(number: u64, origin: Origin, entry: &str, content: &[u8]) -> Item {
    Item {
        number,
        artifact: "TestFiles".into(),
        origin,
        entry: Some(entry.to_owned()),
        same_as: None,
        kind: Kind::File,
        outcome: Outcome::Collected,
        reason: None,
        metadata: Metadata {
            modified: Some(utc()),
            mode: Some(0o104_755),
            size: Some(content.len() as u64),
            ..Metadata::default()
        },
        content: Some(Content::new(content.len() as u64, Digest::of(content))),
        read_by: vec![],
        notes: vec![],
        scan: None,
        hits: vec![],
        assessment: None,
        personal_data: PersonalData::Low,
        acquired: utc(),
    }
}

impl Forge {
    pub fn new() -> Self {
        Self::of("00112233445566778899aabbccddeeff")
    }

    /// A bundle with an id of its own.
    pub fn of(bundle_id: &str) -> Self {
        let opening = Opening {
            format: 1,
            bundle_id: bundle_id.into(),
            started: Some(utc()),
            host_name: "srv-file01".into(),
            case: Some("2026-017".into()),
            readme_sha256: Some(Digest::of(README.as_bytes())),
            ..Opening::default()
        };
        let text = serde_json::to_vec(&opening).unwrap();
        let opening_digest = Digest::of(&text);
        let mut zip = Zip::default();
        zip.add("veldkit.json", &text);
        zip.add("README.txt", README.as_bytes());
        Self {
            zip,
            opening,
            opening_digest,
            previous: opening_digest,
            checkpoint: 0,
            number: 0,
            lines: vec![],
            counts: Counts::default(),
            content: vec![],
        }
    }

    /// An ordinary file below the root.
    pub fn file(&mut self, path: &str, content: &[u8]) -> &mut Self {
        self.file_as(path, content, &Lie::default())
    }

    pub fn file_as(&mut self, path: &str, content: &[u8], lie: &Lie) -> &mut Self {
        let entry = format!("fs/$rootfs$/{path}");
        self.zip.lie(&entry, content, lie);
        self.record_of(path, &entry, content)
    }

    /// The record of a file, without its entry.
    pub fn record_of(&mut self, path: &str, entry: &str, content: &[u8]) -> &mut Self {
        let item = item(self.number + 1, Origin::root(path), entry, content);
        self.content.push((entry.to_owned(), content.to_vec(), self.checkpoint + 1));
        self.record(item)
    }

    /// The record of a file of a shadow copy whose bytes are said to be those of an entry.
    pub fn same_as(&mut self, path: &str, entry: &str, content: &[u8]) -> &mut Self {
        let item = item(self.number + 1, Origin::root(path), entry, content);
        self.record(Item { entry: None, same_as: Some(entry.to_owned()), ..item })
    }

    pub fn record(&mut self, item: Item) -> &mut Self {
        self.number = item.number;
        self.counts.all += 1;
        *self.counts.outcomes.entry(item.outcome.word().into()).or_default() += 1;
        self.lines.push(item);
        self
    }

    pub fn checkpoint(&mut self) -> &mut Self {
        self.checkpoint += 1;
        let number = self.checkpoint;
        let header = CheckpointHeader {
            checkpoint: number,
            opening: self.opening_digest,
            previous: self.previous,
            first: self.lines.first().map(|item| item.number),
            items: self.lines.len() as u64,
            log: vec![Event::new(utc(), "test", "checkpoint")],
        };
        let mut records = serde_json::to_vec(&header).unwrap();
        records.push(b'\n');
        let mut sums = String::new();
        for item in self.lines.drain(..) {
            records.extend_from_slice(&serde_json::to_vec(&item).unwrap());
            records.push(b'\n');
            sums.extend(sum_line(&item));
        }
        self.previous = Digest::of(&records);
        sums.insert_str(0, &format!("{}  {}\n", self.previous, records_name(number)));
        self.zip.add(&records_name(number), &records);
        self.zip.add(&sums_name(number), sums.as_bytes());
        // As the writer does: the stream passes the next chunk boundary.
        let position = self.zip.bytes.len();
        let length = position.next_multiple_of(65_536) + 1 - position;
        let mut raw = vec![1];
        let length = length.saturating_sub(54).max(1);
        raw.extend_from_slice(&(length as u16).to_le_bytes());
        raw.extend_from_slice(&(!(length as u16)).to_le_bytes());
        raw.resize(length + 5, 0);
        let zeros = vec![0; length];
        self.zip.lie(&pad_name(number), &zeros, &Lie { raw: Some(raw), ..Lie::default() });
        self
    }

    pub fn manifest(&self) -> Manifest {
        let log = b"{}\n";
        Manifest {
            format: 1,
            bundle_id: self.opening.bundle_id.clone(),
            case: self.opening.case.clone(),
            host_name: self.opening.host_name.clone(),
            complete: true,
            chain: ChainEnd { checkpoints: self.checkpoint, last: Some(self.previous) },
            entries: [
                ("veldkit.json", self.opening_digest),
                ("README.txt", Digest::of(README.as_bytes())),
                ("log/custody.jsonl", Digest::of(log)),
            ]
            .map(|(name, digest)| (name.to_owned(), digest))
            .into(),
            entries_before: self.zip.entries + 1,
            items: self.counts.clone(),
            ..Manifest::default()
        }
    }

    /// Log, manifest and, with a key, its signature.
    pub fn close(mut self, key: Option<&minisign::KeyPair>) -> Zip {
        let manifest = serde_json::to_vec(&self.manifest()).unwrap();
        self.zip.add("log/custody.jsonl", b"{}\n");
        self.zip.add("manifest.json", &manifest);
        if let Some(key) = key {
            let comment =
                veldkit::bundle::receipt::trusted_comment("manifest", &self.opening, &Digest::of(&manifest));
            let signature =
                minisign::sign(Some(&key.pk), &key.sk, &manifest[..], Some(&comment), None).unwrap();
            self.zip.add("manifest.json.minisig", signature.into_string().as_bytes());
        }
        self.zip
    }
}

/// A key pair, and bundles in a folder of their own.
pub struct Desk {
    pub folder: tempfile::TempDir,
    pub identity: age::x25519::Identity,
}

impl Desk {
    pub fn new() -> Self {
        let desk = Self { folder: tempfile::tempdir().unwrap(), identity: age::x25519::Identity::generate() };
        std::fs::write(desk.path("key.txt"), desk.identity.to_string().expose_secret()).unwrap();
        desk
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn identities(&self) -> veldkit::bundle::Identities {
        let mut identities = veldkit::bundle::Identities::new();
        identities.add(self.identity.clone());
        identities
    }

    pub fn encrypt(&self, plain: &[u8]) -> Vec<u8> {
        let recipient = self.identity.to_public();
        let encryptor =
            age::Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient)).unwrap();
        let mut sealed = Vec::new();
        let mut writer = encryptor.wrap_output(&mut sealed).unwrap();
        writer.write_all(plain).unwrap();
        writer.finish().unwrap();
        sealed
    }

    pub fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    pub fn bundle(&self, plain: &[u8]) -> PathBuf {
        self.write("b.zip.age", &self.encrypt(plain))
    }
}

/// Everything below a folder, as relative paths with `/`.
pub fn tree(folder: &Path) -> Vec<String> {
    let mut found: Vec<_> = walkdir::WalkDir::new(folder)
        .min_depth(1)
        .into_iter()
        .map(|entry| entry.unwrap().path().strip_prefix(folder).unwrap().to_string_lossy().into_owned())
        .collect();
    found.sort();
    found
}

/// Random numbers from a printed seed (splitmix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        (self.roll() % limit as u64) as usize
    }

    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.roll() as u8).collect()
    }
}
