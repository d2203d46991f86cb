//! The writer of a bundle: entries and records in, one encrypted stream out, in the order of the format.
//!
//! In: whole entries or pieces, each item's record after its entry, log events. Out: a sealed bundle with its
//! sidecars, or an error that states how much was flushed and is salvageable. One thread owns it; it encrypts and
//! numbers, the workers do the rest. Memory: the records of the current checkpoint, a log of at most [`LOG_BYTES`],
//! and the zip's directory.

use std::collections::BTreeSet;
use std::hash::{BuildHasher as _, RandomState};
use std::io;

use age::stream::StreamWriter;

use super::checkpoint::{
    CHECKPOINT_BYTES, CHECKPOINT_ITEMS, CHECKPOINT_SECONDS, Event, Filling, RECORD_BYTES, pad_length,
    pad_name, records_name, sums_name,
};
use super::container::{BundleEntry, Container};
use super::deflate::{DEFAULT_LEVEL, Deflated, Deflater};
use super::entry_writer::EntryWriter;
use super::error::Error;
use super::json::{json, json_line};
use super::key::Recipients;
use super::manifest::{ChainEnd, Closing, Manifest};
use super::names;
use super::opening::{FORMAT_VERSION, Kit, Opening};
use super::options::WriterOptions;
use super::receipt;
use super::sealed::Sealed;
use super::sink::{Flushed, Shared, Sink};
use crate::evidence::{Digest, Item, Origin, Utc};

/// Bytes of the custody log that are repeated in `log/custody.jsonl`; later events are in the checkpoints only, as
/// the last line of the log states.
pub const LOG_BYTES: usize = 4 * 1024 * 1024;

/// A bundle that is being written.
pub struct Writer {
    container: Container<StreamWriter<Shared>>,
    sink: Shared,
    deflater: Deflater,
    scratch: Vec<u8>,
    options: WriterOptions,
    opening: Opening,
    opening_digest: Digest,
    filling: Filling,
    last_checkpoint: Utc,
    position_then: u64,
    items_before: u64,
    manifest: Manifest,
    log: Vec<u8>,
    log_left_out: u64,
    /// A hash of each name in use, to detect a second use: 8 bytes per name. If two names have the same hash, the
    /// second one only gets a number.
    taken: BTreeSet<u64>,
    hasher: RandomState,
}

impl Writer {
    /// Begins a bundle: `veldkit.json` and `README.txt`. Completes `opening` with the format version, the recipients,
    /// the digest of `README.txt` and the kit's public key.
    ///
    /// # Errors
    ///
    /// [`Error::NoRecipient`], [`Error::MixedRecipients`], [`Error::Encrypt`]; [`Error::Sink`].
    pub fn create(
        sink: Sink,
        recipients: &Recipients,
        opening: &Opening,
        mut options: WriterOptions,
    ) -> Result<Self, Error> {
        let encryptor = recipients.encryptor()?;
        let readme = README.as_bytes();
        let mut opening = opening.clone();
        opening.format = FORMAT_VERSION;
        opening.recipients = recipients.names();
        opening.recipient_fingerprints = recipients.fingerprints();
        opening.readme_sha256 = Some(Digest::of(readme));
        if let Some(signer) = &options.signer {
            let kit = opening.kit.get_or_insert_with(Kit::default);
            kit.public_key = Some(signer.public_key());
            kit.certificate = signer.certificate().cloned();
            if let (true, Some(id)) = (kit.id.is_empty(), signer.terms().and_then(|terms| terms.kit)) {
                kit.id = id;
            }
        }
        let text = json("veldkit.json", &opening)?;
        let opening_digest = Digest::of(&text);
        let nothing_safe = |source| Error::Sink { flushed: Flushed::default(), source };
        let sink = Shared::new(sink).map_err(nothing_safe)?;
        let age = encryptor.wrap_output(sink.clone()).map_err(nothing_safe)?;
        let now = (options.clock)();
        let mut writer = Self {
            container: Container::new(age),
            sink,
            deflater: Deflater::new(DEFAULT_LEVEL),
            scratch: Vec::new(),
            manifest: Manifest::begin(&opening),
            opening,
            opening_digest,
            filling: Filling::first(&opening_digest),
            last_checkpoint: now,
            position_then: 0,
            items_before: 0,
            options,
            log: Vec::new(),
            log_left_out: 0,
            taken: BTreeSet::new(),
            hasher: RandomState::new(),
        };
        let started = writer.opening.started.unwrap_or(now);
        writer.own_entry("veldkit.json", &text, started)?;
        writer.own_entry("README.txt", readme, started)?;
        Ok(writer)
    }

    /// Returns the entry name of an origin, and marks it as used. `sparse` is for content without its holes. Append a
    /// `/` for a directory.
    pub fn entry_name(&mut self, origin: &Origin, sparse: bool) -> String {
        let name = names::entry_name(origin, sparse);
        if self.taken.insert(self.hasher.hash_one(&name)) {
            return name;
        }
        let mut number = 2_u64;
        loop {
            let numbered = names::numbered(&name, number);
            if self.taken.insert(self.hasher.hash_one(&numbered)) {
                return numbered;
            }
            number = number.saturating_add(1);
        }
    }

    /// Writes a whole entry: `bytes` is its raw deflate stream, `deflated` has CRC and size of its content. A
    /// directory, whose name ends in `/`, has no content.
    ///
    /// # Errors
    ///
    /// [`Error::Entry`] for a name that the format does not allow; [`Error::Sink`].
    pub fn add(&mut self, entry: &BundleEntry, deflated: &Deflated, bytes: &[u8]) -> Result<(), Error> {
        self.check(entry)?;
        let added = self.container.add(entry, deflated.crc32, deflated.size, bytes);
        added.map_err(|source| self.sink_error(source))
    }

    /// Begins an entry of unknown compressed size. `expected` is the number of content bytes to come; where that is
    /// the size of a checkpoint or more, or unknown, earlier records are made safe first, since the pieces may take
    /// long. (Before every streamed entry, it would cost each file of a MiB an fsync and a pad.)
    ///
    /// # Errors
    ///
    /// See [`Writer::add`].
    pub fn entry(&mut self, entry: &BundleEntry, expected: Option<u64>) -> Result<EntryWriter<'_>, Error> {
        self.check(entry)?;
        let long = expected.is_none_or(|expected| expected >= CHECKPOINT_BYTES);
        if long && self.filling.items() > 0 {
            self.checkpoint()?;
        }
        EntryWriter::begin(&mut self.container, &self.sink, entry)
    }

    /// Records an item, after its entry. Ends a checkpoint where one is due.
    ///
    /// # Errors
    ///
    /// [`Error::Sink`].
    pub fn record(&mut self, item: &Item) -> Result<(), Error> {
        self.filling.record(item)?;
        self.manifest.add(item);
        self.tick()
    }

    /// Adds to the custody log. Ends a checkpoint where one is due.
    ///
    /// # Errors
    ///
    /// [`Error::Sink`].
    pub fn log(&mut self, event: Event) -> Result<(), Error> {
        let line = json_line("log", &event)?;
        if self.log_left_out == 0 && self.log.len().saturating_add(line.len()) <= LOG_BYTES {
            self.log.extend_from_slice(&line);
        } else {
            self.log_left_out = self.log_left_out.saturating_add(1);
        }
        self.filling.log(event, line.len());
        self.tick()
    }

    /// Ends a checkpoint where one is due; for a caller that waits for evidence.
    ///
    /// # Errors
    ///
    /// [`Error::Sink`].
    pub fn tick(&mut self) -> Result<(), Error> {
        if self.filling.is_empty() || self.container.is_open() {
            return Ok(());
        }
        let grown = self.container.position().saturating_sub(self.position_then);
        let due = self.filling.items() >= CHECKPOINT_ITEMS
            || grown >= CHECKPOINT_BYTES
            || self.filling.bytes() >= RECORD_BYTES
            || {
                let now = (self.options.clock)();
                let (now, then) = (now.date_time(), self.last_checkpoint.date_time());
                // A clock that was set back ends one as well: the time since the last checkpoint is unknown.
                now.unix_timestamp().abs_diff(then.unix_timestamp()) >= CHECKPOINT_SECONDS
            };
        if due { self.checkpoint() } else { Ok(()) }
    }

    /// Ends the current checkpoint and waits until the medium has confirmed all records.
    ///
    /// # Errors
    ///
    /// [`Error::Sink`].
    pub fn flush(&mut self) -> Result<Flushed, Error> {
        if !self.filling.is_empty() && !self.container.is_open() {
            self.checkpoint()?;
        }
        let confirmed = self.sink.confirm();
        confirmed.map_err(|source| self.sink_error(source))?;
        Ok(self.flushed())
    }

    /// Returns what the medium has confirmed so far.
    #[must_use]
    pub fn flushed(&self) -> Flushed {
        self.sink.state().flushed()
    }

    /// Returns the bytes of the bundle so far, before encryption (which adds 16 per 65,536).
    #[must_use]
    pub fn bytes_written(&self) -> u64 {
        self.container.position()
    }

    /// Returns the account so far.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Seals the bundle: last checkpoint, log, manifest, signature, directory, and the sidecars.
    ///
    /// # Errors
    ///
    /// [`Error::Sink`]; [`Error::Sign`]. A sidecar that cannot be written is not an error: see [`Sealed`].
    pub fn seal(mut self, closing: Closing) -> Result<Sealed, Error> {
        if self.container.is_open() {
            return Err(Error::Entry { name: String::new(), reason: "was not ended" });
        }
        let ended = match closing.ended {
            Some(ended) => ended,
            None => (self.options.clock)(),
        };
        if !self.filling.is_empty() {
            self.checkpoint()?;
        }
        let log = self.whole_log(ended)?;
        self.own_entry("log/custody.jsonl", &log, ended)?;
        self.close_manifest(Closing { ended: Some(ended), ..closing }, &log);
        let manifest = json("manifest.json", &self.manifest)?;
        self.own_entry("manifest.json", &manifest, ended)?;
        if let Some(signer) = &self.options.signer {
            let comment = receipt::trusted_comment("manifest", &self.opening, &Digest::of(&manifest));
            let signature = signer.sign("manifest.json", &manifest, &comment)?;
            self.own_entry("manifest.json.minisig", signature.as_bytes(), ended)?;
        }
        self.close()
    }

    fn close_manifest(&mut self, closing: Closing, log: &[u8]) {
        let (checkpoints, last) = self.filling.chain();
        self.manifest.close(closing);
        self.manifest.chain = ChainEnd { checkpoints, last: Some(last) };
        self.manifest.entries = [
            ("veldkit.json", self.opening_digest),
            ("README.txt", Digest::of(README.as_bytes())),
            ("log/custody.jsonl", Digest::of(log)),
        ]
        .map(|(name, digest)| (name.to_owned(), digest))
        .into();
        self.manifest.entries_before = self.container.entries();
    }

    /// Ends zip, age and file.
    fn close(self) -> Result<Sealed, Error> {
        let Self { container, sink, options, opening, manifest, filling, items_before, .. } = self;
        let state = sink.state();
        let path = sink.path();
        let (checkpoints, _) = filling.chain();
        let finished = container
            .finish()
            .and_then(StreamWriter::finish)
            .map(drop)
            .and_then(|()| sink.finish(checkpoints, items_before))
            .map_err(|source| Error::Sink { flushed: state.flushed(), source })?;
        Ok(Sealed::of(&finished, path.as_deref(), &opening, manifest, &options))
    }

    /// Writes the current checkpoint, and the pad after it.
    fn checkpoint(&mut self) -> Result<(), Error> {
        let now = (self.options.clock)();
        let full = self.filling.turn()?;
        self.own_entry(&records_name(full.number), &full.records, now)?;
        self.own_entry(&sums_name(full.number), full.sums.as_bytes(), now)?;
        self.pad(full.number, now)?;
        self.items_before = self.items_before.saturating_add(full.items);
        let items = self.items_before;
        let synced = self.sink.sync(full.number, items);
        synced.map_err(|source| self.sink_error(source))?;
        self.last_checkpoint = now;
        self.position_then = self.container.position();
        Ok(())
    }

    fn pad(&mut self, number: u64, now: Utc) -> Result<(), Error> {
        /// Local header, time, name of `pad/000001`, and the header of one stored block.
        const OVERHEAD: u64 = 30 + 9 + 10 + 5;
        let length = usize::try_from(pad_length(self.container.position(), OVERHEAD)).unwrap_or(1);
        let zeros = vec![0; length];
        // Stored, since its purpose is its length in the stream. A block has up to 65,535 bytes, a pad 65,483.
        let size = u16::try_from(length).unwrap_or(u16::MAX);
        let mut block = Vec::with_capacity(length.saturating_add(5));
        block.push(1);
        block.extend_from_slice(&size.to_le_bytes());
        block.extend_from_slice(&(!size).to_le_bytes());
        block.extend_from_slice(&zeros);
        let entry = BundleEntry { name: pad_name(number), modified: Some(now), mode: None };
        self.add(&entry, &Deflated::of(&zeros), &block)
    }

    /// Writes an entry of the format itself.
    fn own_entry(&mut self, name: &str, content: &[u8], modified: Utc) -> Result<(), Error> {
        let mut out = std::mem::take(&mut self.scratch);
        out.clear();
        let deflated = self.deflater.whole(content, &mut out);
        let added = self.add(
            &BundleEntry { name: name.to_owned(), modified: Some(modified), mode: None },
            &deflated,
            &out,
        );
        self.scratch = out;
        added
    }

    fn whole_log(&mut self, ended: Utc) -> Result<Vec<u8>, Error> {
        let mut log = std::mem::take(&mut self.log);
        if self.log_left_out > 0 {
            let detail = format!("{} more events are in the checkpoints only", self.log_left_out);
            log.extend_from_slice(&json_line("log", &Event::new(ended, "log_cut", detail))?);
        }
        Ok(log)
    }

    fn check(&self, entry: &BundleEntry) -> Result<(), Error> {
        let reason = if entry.name.is_empty() || entry.name.len() > names::NAME_LIMIT {
            "has a name that is empty or too long"
        } else if self.container.is_open() {
            "begins after an entry that was never ended"
        } else {
            return Ok(());
        };
        Err(Error::Entry { name: entry.name.clone(), reason })
    }

    fn sink_error(&self, source: io::Error) -> Error {
        Error::Sink { flushed: self.flushed(), source }
    }
}

/// How to open, verify and salvage a bundle with public tools only: `README.txt` of every bundle.
pub const README: &str = include_str!("README.txt");
