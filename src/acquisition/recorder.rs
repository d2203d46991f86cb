//! The record of one item, from its opening to its end: digests, matches of rules and indicators, outcome.
//!
//! In: the bytes in order, the results of scanning, and the ending. Out: the finished record. Every item that is
//! read, whether whole, in pieces or only to inspect it, gets its record here. Memory: that of the digests; bytes are
//! not kept.

use super::context::RunContext;
use super::digester::Digester;
use super::item_reading::Ending;
use super::job::Job;
use crate::evidence::{Cause, Digest, Item, Kind, Note, Outcome, Range, ReasonCode};
use crate::scan::indicators::InText;
use crate::scan::{Bytes, Examined, Scanner, Subject};
use crate::sources::{Closed, Opened};

/// The use of the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// They are stored, as many as came.
    Store,
    /// They are not stored: the record has their digest only where all of them came.
    Inspect,
}

/// The record of an item that is being read.
pub(super) struct ItemRecorder {
    item: Item,
    digester: Digester,
    purpose: Purpose,
    /// Number of bytes that the rules saw, if they were applied.
    scanned: Option<u64>,
    /// Number of bytes that the indicators saw, if they were applied, and their matches.
    searched: Option<(u64, InText)>,
}

impl ItemRecorder {
    /// Begins the record of an opened item, and takes over its metadata and ranges.
    pub(super) fn begin(run: &RunContext<'_>, job: &Job, opened: &mut Opened, purpose: Purpose) -> Self {
        let mut item = job.item(run.clock);
        item.metadata = std::mem::take(&mut opened.metadata);
        item.notes.clone_from(&job.found.notes);
        if item.kind == Kind::File && item.metadata.grants_rights() {
            item.notes.push(Note::GrantsRights);
        }
        let ranges = std::mem::take(&mut opened.ranges);
        let digester = Digester::new(ranges, item.metadata.size.unwrap_or(0), run.wanted());
        Self { item, digester, purpose, scanned: None, searched: None }
    }

    /// The record as far as it is known.
    pub(super) fn item(&self) -> &Item {
        &self.item
    }

    /// Adds the next bytes to the digests.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.digester.update(bytes);
    }

    /// The digest of the bytes so far.
    pub(super) fn prefix(&self) -> Digest {
        self.digester.prefix()
    }

    /// Records the matches of the rules in the first `length` bytes.
    pub(super) fn scanned(&mut self, examined: Examined, length: usize) {
        self.unscanned(examined);
        self.scanned = Some(u64::try_from(length).unwrap_or(u64::MAX));
    }

    /// Records why the rules were not applied.
    pub(super) fn unscanned(&mut self, examined: Examined) {
        let Examined { scanned, hits, assessment } = examined;
        (self.item.scan, self.item.hits, self.item.assessment) = (Some(scanned), hits, assessment);
    }

    /// Matches the indicators against the text of the item, of which `head` is the beginning, where it is of a kind
    /// whose text is matched.
    pub(super) fn search(&mut self, run: &RunContext<'_>, head: &[u8]) {
        let hits = run.settings.indicators.and_then(|indicators| indicators.text(&self.item.origin, head));
        self.searched = hits.map(|hits| (u64::try_from(head.len()).unwrap_or(u64::MAX), hits));
    }

    /// Ends the record: digests, outcome, and indicators for path and digests.
    pub(super) fn finish(self, run: &RunContext<'_>, closed: Closed, ending: Ending) -> Item {
        let Self { mut item, digester, purpose, scanned, searched } = self;
        let ending = ending.unless(&closed);
        let (content, note) = digester.finish(ending == Ending::Whole);
        let size = content.size_stored;
        if let Some(head) = scanned.filter(|head| size > *head) {
            let scan = item.scan.get_or_insert_default();
            scan.gap.get_or_insert_with(|| format!("only the first {head} bytes were scanned"));
            scan.cause.get_or_insert(Cause::Size);
        }
        let seen = scanned.or_else(|| searched.as_ref().map(|(head, _)| *head));
        item.notes.extend(seen.filter(|head| size > *head).map(|_| Note::ScannedHeadOnly));
        if let Some((_, in_text)) = searched {
            in_text.add_to(&mut item);
        }

        item.read_by = closed.read_by;
        item.notes.extend(closed.notes);
        item.notes.extend(note);
        let is_kept = match purpose {
            Purpose::Store => size > 0 || !matches!(ending, Ending::Cut(_)),
            Purpose::Inspect => size >= size_to_read(item.metadata.size.unwrap_or(0), &content.ranges),
        };
        if let Ending::Cut(reason) = ending {
            item.outcome = match (size, reason.code) {
                (0, ReasonCode::PermissionDenied) => Outcome::Denied,
                (0, ReasonCode::Vanished) => Outcome::Missing,
                (0, _) => Outcome::Failed,
                _ => Outcome::Partial,
            };
            item.reason = Some(reason);
        }
        item.content = is_kept.then_some(content);
        run.judge(&mut item);
        item
    }
}

/// Returns the bytes to read for an item of this size, without its holes.
fn size_to_read(size: u64, ranges: &[Range]) -> u64 {
    if ranges.is_empty() {
        size
    } else {
        ranges.iter().fold(0, |sum, range| sum.saturating_add(range.length))
    }
}

/// Matches the rules against an item's `head`; `whole` says whether it is all of the item. Rules see its path, name
/// and owner.
pub(super) fn scan(
    run: &RunContext<'_>,
    scanner: &Scanner,
    item: &Item,
    head: &Bytes,
    whole: bool,
) -> Examined {
    let path = item.origin.to_string();
    let name = String::from_utf8_lossy(item.origin.file_name()).into_owned();
    let owner = item.metadata.owner.as_deref().unwrap_or_default();
    scanner.examine(&Subject { path: &path, name: &name, owner }, head, whole, run.settings.indicators)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::acquisition::fixture::Fixture;
    use crate::acquisition::item_reading::open;
    use crate::evidence::{Reason, Scanned};

    const CONTENT: &[u8] = b"0123456789";

    /// The record of the file of ten bytes, of which the first `read` came.
    fn record(purpose: Purpose, read: usize, ending: Ending, act: impl FnOnce(&mut ItemRecorder)) -> Item {
        let fixture = Fixture::of(CONTENT);
        let (run, (job, _)) = (fixture.run(), fixture.job());
        let mut opened = open(&run, &job).unwrap();
        let mut recorder = ItemRecorder::begin(&run, &job, &mut opened, purpose);
        assert_eq!(recorder.item().metadata.size, Some(10), "the metadata is taken over");
        recorder.update(&CONTENT[..read]);
        assert_eq!(recorder.prefix(), Digest::of(&CONTENT[..read]));
        act(&mut recorder);
        recorder.finish(&run, Closed::default(), ending)
    }

    fn cut(code: ReasonCode) -> Ending {
        Ending::Cut(Reason::new(code, "why"))
    }

    #[test]
    fn a_whole_item_is_collected_with_its_digest() {
        let item = record(Purpose::Store, 10, Ending::Whole, |_| {});
        assert_eq!((item.outcome, item.reason, item.scan), (Outcome::Collected, None, None));
        assert_eq!(item.content.unwrap().sha256_stored, Digest::of(CONTENT));
    }

    #[test]
    fn the_outcome_of_a_cut_item_follows_from_what_came_and_why_it_ended() {
        for (read, code, outcome) in [
            (4, ReasonCode::Interrupted, Outcome::Partial),
            (4, ReasonCode::PermissionDenied, Outcome::Partial),
            (0, ReasonCode::PermissionDenied, Outcome::Denied),
            (0, ReasonCode::Vanished, Outcome::Missing),
            (0, ReasonCode::ReadError, Outcome::Failed),
        ] {
            let item = record(Purpose::Store, read, cut(code), |_| {});
            assert_eq!((item.outcome, item.reason.unwrap().code), (outcome, code), "{read}");
            assert_eq!(item.content.map(|content| content.size_stored), (read > 0).then_some(4), "{code:?}");
        }
    }

    #[test]
    fn an_inspected_item_has_a_digest_only_where_all_of_it_was_read() {
        for (read, ending) in [(4, Ending::HeadOnly), (4, cut(ReasonCode::ReadError))] {
            assert_eq!(record(Purpose::Inspect, read, ending, |_| {}).content, None);
        }
        let whole = record(Purpose::Inspect, 10, Ending::Whole, |_| {});
        assert_eq!(whole.content.unwrap().sha256_stored, Digest::of(CONTENT));
    }

    #[test]
    fn a_shortfall_makes_an_item_partial_although_its_end_came() {
        let fixture = Fixture::of(CONTENT);
        let (run, (job, _)) = (fixture.run(), fixture.job());
        let mut opened = open(&run, &job).unwrap();
        let mut recorder = ItemRecorder::begin(&run, &job, &mut opened, Purpose::Store);
        recorder.update(CONTENT);
        let shortfall = Some(Reason::new(ReasonCode::ArtifactLimit, "more rows than it may have"));
        let item = recorder.finish(&run, Closed { shortfall, ..Closed::default() }, Ending::Whole);
        assert_eq!((item.outcome, item.reason.unwrap().code), (Outcome::Partial, ReasonCode::ArtifactLimit));
    }

    #[test]
    fn what_the_rules_did_not_see_is_a_gap_and_a_note() {
        let seen = || Examined { scanned: Scanned { bytes: 4, ..Scanned::default() }, ..Examined::default() };
        let head = record(Purpose::Store, 10, Ending::Whole, |recorder| recorder.scanned(seen(), 4));
        let scan = head.scan.unwrap();
        let gap = scan.gap.as_deref();
        assert_eq!((gap, scan.cause), (Some("only the first 4 bytes were scanned"), Some(Cause::Size)));
        assert_eq!(head.notes, [Note::ScannedHeadOnly]);
        let all = record(Purpose::Store, 10, Ending::Whole, |recorder| recorder.scanned(seen(), 10));
        assert_eq!((all.scan.unwrap().gap, all.notes), (None, vec![]));
        let unasked = record(Purpose::Store, 10, Ending::Whole, |recorder| {
            recorder.unscanned(Examined::unseen());
        });
        assert_eq!((unasked.scan.unwrap().cause, unasked.notes), (Some(Cause::Time), vec![]));
    }
}
