//! `records/N.jsonl` and `records/N.sha256`: the records of a bundle, in steps small enough to lose little.
//!
//! In: records and log events in order. Out: the bytes of the two entries, and the next digest of the chain. Memory:
//! the records of the current checkpoint, as the bytes that will be written.

use serde::{Deserialize, Serialize};

use super::Error;
use crate::evidence::{Digest, Item, Utc};

/// Maximum number of records per checkpoint.
pub const CHECKPOINT_ITEMS: u64 = 500;
/// Bytes of the bundle before encryption since the last checkpoint, above which the next record ends one.
pub const CHECKPOINT_BYTES: u64 = 64 * 1024 * 1024;
/// Seconds since the last checkpoint, after which the next record or [`super::Writer::tick`] ends one.
pub const CHECKPOINT_SECONDS: u64 = 5;
/// Bytes of records and events that end a checkpoint: a few items with thousands of hits each would make a limit on
/// lines a poor limit on memory.
pub const RECORD_BYTES: usize = 4 * 1024 * 1024;
/// Longest line that is written, in bytes: where its hits make a record longer, their details are left out, which
/// `scan.gap` states.
pub const LINE_LIMIT: usize = 8 * 1024 * 1024;
/// Longest `records/N.jsonl` that is written, in bytes.
pub const RECORDS_LIMIT: usize = 32 * 1024 * 1024;

/// Longest text of an event, in bytes; the rest is cut.
const DETAIL_LIMIT: usize = 64 * 1024;
/// Longest record in bytes before its hits are shortened. The rest of a record (paths, ranges, rule names) then stays
/// below [`LINE_LIMIT`].
const SHORTEN_ABOVE: usize = 2 * 1024 * 1024;
/// Bytes of hit names that are kept then.
const HIT_NAMES: usize = 1024 * 1024;

/// One line of the custody log: who or what did what, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Time of the event.
    pub at: Utc,
    /// Type, as one word to search for: `start`, `artifact`, `first_tier`, `hit`, `failed`, `limit`, `interrupted`,
    /// `end`.
    pub event: String,
    /// A sentence for people; text from the target is escaped when printed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

impl Event {
    /// Makes an event.
    #[must_use]
    pub fn new(at: Utc, event: impl Into<String>, detail: impl Into<String>) -> Self {
        let mut detail = detail.into();
        detail.truncate(detail.floor_char_boundary(DETAIL_LIMIT));
        Self { at, event: event.into(), detail }
    }
}

/// The first line of `records/N.jsonl`. One record per line follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointHeader {
    /// Number, from 1, without gaps.
    pub checkpoint: u64,
    /// SHA-256 of the content of `veldkit.json`, which has the random bundle id. No data on the target can contain
    /// it, so that a checkpoint found after a hole in the file is known to belong to this bundle.
    pub opening: Digest,
    /// SHA-256 of the content of `records/N-1.jsonl`; of `veldkit.json` for the first checkpoint.
    pub previous: Digest,
    /// Number of the first record; absent where there are no records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<u64>,
    /// Number of records that follow.
    pub items: u64,
    /// Events since the last checkpoint, so that the log survives a kill.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log: Vec<Event>,
}

/// Returns the name of the records entry of a checkpoint.
#[must_use]
pub fn records_name(number: u64) -> String {
    format!("records/{number:06}.jsonl")
}

/// Returns the name of the entry with a checkpoint's `sha256sum -c` lines.
#[must_use]
pub fn sums_name(number: u64) -> String {
    format!("records/{number:06}.sha256")
}

/// Returns the name of the entry that ends a checkpoint.
#[must_use]
pub fn pad_name(number: u64) -> String {
    format!("pad/{number:06}")
}

/// Returns the line that `sha256sum -c` reads for a record; `None` where it has no entry with content. Entry names
/// contain neither a backslash nor a line break, so that the escaping of sha256sum is never needed.
#[must_use]
pub fn sum_line(item: &Item) -> Option<String> {
    match (&item.entry, &item.content) {
        (Some(entry), Some(content)) => Some(format!("{}  {entry}\n", content.sha256_stored)),
        _ => None,
    }
}

/// The checkpoint that is being filled.
pub(super) struct Filling {
    number: u64,
    opening: Digest,
    previous: Digest,
    first: Option<u64>,
    items: u64,
    lines: Vec<u8>,
    sums: String,
    log: Vec<Event>,
    log_bytes: usize,
}

/// The two entries of a finished checkpoint.
pub(super) struct Full {
    pub(super) number: u64,
    pub(super) items: u64,
    pub(super) records: Vec<u8>,
    pub(super) sums: String,
}

impl Filling {
    /// Starts the first checkpoint, bound to the content of `veldkit.json`.
    pub(super) fn first(opening: &Digest) -> Self {
        Self {
            number: 1,
            opening: *opening,
            previous: *opening,
            first: None,
            items: 0,
            lines: Vec::new(),
            sums: String::new(),
            log: Vec::new(),
            log_bytes: 0,
        }
    }

    pub(super) fn record(&mut self, item: &Item) -> Result<(), Error> {
        let start = self.lines.len();
        let mut written = serde_json::to_writer(&mut self.lines, item);
        if written.is_ok() && self.lines.len().saturating_sub(start) > SHORTEN_ABOVE {
            self.lines.truncate(start);
            written = serde_json::to_writer(&mut self.lines, &shortened(item));
        }
        if let Err(source) = written {
            self.lines.truncate(start);
            return Err(Error::Json { what: "record", source });
        }
        self.lines.push(b'\n');
        self.sums.extend(sum_line(item));
        self.first.get_or_insert(item.number);
        self.items = self.items.saturating_add(1);
        Ok(())
    }

    /// Adds an event that has `length` bytes as JSON.
    pub(super) fn log(&mut self, event: Event, length: usize) {
        self.log_bytes = self.log_bytes.saturating_add(length);
        self.log.push(event);
    }

    pub(super) fn items(&self) -> u64 {
        self.items
    }

    pub(super) fn is_empty(&self) -> bool {
        self.items == 0 && self.log.is_empty()
    }

    /// Returns the bytes in memory.
    pub(super) fn bytes(&self) -> usize {
        self.lines.len().saturating_add(self.sums.len()).saturating_add(self.log_bytes)
    }

    /// Returns the number of finished checkpoints, and the digest of the last one (of `veldkit.json` before the
    /// first).
    pub(super) fn chain(&self) -> (u64, Digest) {
        (self.number.saturating_sub(1), self.previous)
    }

    /// Returns the entries of this checkpoint and starts the next.
    pub(super) fn turn(&mut self) -> Result<Full, Error> {
        let header = CheckpointHeader {
            checkpoint: self.number,
            opening: self.opening,
            previous: self.previous,
            first: self.first,
            items: self.items,
            log: std::mem::take(&mut self.log),
        };
        let mut records = Vec::with_capacity(self.lines.len().saturating_add(256));
        serde_json::to_writer(&mut records, &header)
            .map_err(|source| Error::Json { what: "checkpoint", source })?;
        records.push(b'\n');
        records.extend_from_slice(&self.lines);
        let mut full =
            Full { number: self.number, items: self.items, records, sums: std::mem::take(&mut self.sums) };
        self.number = self.number.saturating_add(1);
        self.previous = Digest::of(&full.records);
        // Never empty: `sha256sum -c` fails on an empty list.
        full.sums.insert_str(0, &format!("{}  {}\n", self.previous, records_name(full.number)));
        self.first = None;
        self.items = 0;
        self.lines.clear();
        self.log_bytes = 0;
        Ok(full)
    }
}

/// Returns a record with the bare names of its first hits.
fn shortened(item: &Item) -> Item {
    let mut item = item.clone();
    let all = item.hits.len();
    let mut room = HIT_NAMES;
    item.hits.retain_mut(|hit| {
        hit.strip();
        room = room.saturating_sub(hit.rule.len().saturating_add(hit.source.len()).saturating_add(32));
        room > 0
    });
    let gap = format!("the record lists {} of {all} hits, without their details", item.hits.len());
    if let Some(scan) = &mut item.scan {
        scan.gap = Some(scan.gap.take().map_or_else(|| gap.clone(), |before| format!("{before}; {gap}")));
    }
    item
}

/// Returns the length of the pad that begins at byte `position` of the stream, so that everything before it is
/// written out by age, which holds back the last 1 to 65,536 bytes until more come. `overhead` is the size of the
/// entry without its content.
pub(super) fn pad_length(position: u64, overhead: u64) -> u64 {
    let boundary = position.next_multiple_of(AGE_CHUNK);
    let needed = boundary.saturating_add(1).saturating_sub(position);
    // Never empty, so that its form does not depend on its position.
    needed.saturating_sub(overhead).max(1)
}

/// Plain bytes per chunk of age's STREAM (<https://c2sp.org/age#payload>).
const AGE_CHUNK: u64 = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pad_always_ends_past_the_next_chunk_boundary_and_never_needs_two() {
        for position in (0..200_000).step_by(7).chain(65_400..65_700).chain(131_000..131_200) {
            let overhead = 54;
            let end = position + overhead + pad_length(position, overhead);
            assert!(end > position.next_multiple_of(AGE_CHUNK), "{position}");
            assert!(end <= position + AGE_CHUNK + overhead + 1, "{position}");
        }
    }

    #[test]
    fn a_record_with_too_many_hits_keeps_their_names_and_says_so() {
        use crate::evidence::{Hit, Kind, Match, Outcome, PersonalData, Scanned};
        let matches = vec![Match { string: "$a".into(), offset: 1, length: 2 }; 2_000];
        let hit = |number| Hit {
            description: Some("x".repeat(500)),
            value: Some("x".repeat(500)),
            tags: vec!["t".into()],
            meta: vec![("author".into(), "x".repeat(500))],
            matches: matches.clone(),
            ..Hit::rule(format!("rule{number}"), "rules.yar")
        };
        let item = Item {
            number: 1,
            artifact: "X".into(),
            origin: crate::evidence::Origin::root("x"),
            entry: None,
            same_as: None,
            kind: Kind::File,
            outcome: Outcome::Collected,
            reason: None,
            metadata: crate::evidence::Metadata::default(),
            content: None,
            read_by: vec![],
            notes: vec![],
            scan: Some(Scanned { bytes: 9, gap: Some("before".into()), ..Scanned::default() }),
            hits: (0..100).map(hit).collect(),
            assessment: None,
            personal_data: PersonalData::None,
            acquired: Utc::from_unix(0, 0).unwrap(),
        };
        let mut filling = Filling::first(&Digest::of(b""));
        filling.record(&item).unwrap();
        let full = filling.turn().unwrap();
        let line = full.records.split(|byte| *byte == b'\n').nth(1).unwrap();
        assert!(line.len() < LINE_LIMIT && line.len() < 20_000, "{}", line.len());
        let read: Item = serde_json::from_slice(line).unwrap();
        assert_eq!(read.hits.len(), 100);
        assert_eq!(
            read.scan.unwrap().gap.unwrap(),
            "before; the record lists 100 of 100 hits, without their details"
        );
    }

    #[test]
    fn each_checkpoint_names_the_digest_of_the_one_before() {
        let opening = Digest::of(b"veldkit.json");
        let mut filling = Filling::first(&opening);
        let at = Utc::from_unix(0, 0).unwrap();
        let mut previous = opening;
        for number in 1..4 {
            filling.log(Event::new(at, "test", "x"), 60);
            let full = filling.turn().unwrap();
            let header: CheckpointHeader = serde_json::from_slice(&full.records).unwrap();
            assert_eq!((header.checkpoint, header.previous, header.log.len()), (number, previous, 1));
            previous = Digest::of(&full.records);
            assert_eq!(filling.chain(), (number, previous));
            assert!(filling.is_empty() && filling.bytes() == 0);
        }
    }
}
