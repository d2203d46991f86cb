//! The states of a large item, one after the other.

use std::io::Read as _;
use std::sync::mpsc::{Receiver, TryRecvError};

use super::*;
use crate::acquisition::fixture::{Fixture, content};
use crate::acquisition::item_reading::open;
use crate::acquisition::pool::Pool;
use crate::acquisition::stop::StopReason;
use crate::evidence::{Item, Note, Outcome, Range};
use crate::scan::indicators::{Sums, Wanted};

/// A large item that was announced, with what its states need.
struct Begun<'a> {
    context: WorkerContext<'a>,
    job: Job,
    start: LargeStart,
    item: LargeItem,
}

/// Lets `act` have an item of this content after its announcement.
fn begun(fixture: &Fixture, act: impl FnOnce(Begun<'_>)) {
    begun_of(fixture, Vec::new(), act);
}

/// The same of an item of which only these ranges are data.
fn begun_of(fixture: &Fixture, ranges: Vec<Range>, act: impl FnOnce(Begun<'_>)) {
    let (run, pool) = (fixture.run(), Pool::new());
    let context = WorkerContext::new(&run, &pool);
    let (job, delivery) = fixture.job();
    let mut opened = open(&run, &job).unwrap();
    opened.ranges = ranges;
    let mut first = vec![0; PIECE];
    assert_eq!(fill(&run, &mut opened, &mut first), (PIECE, None));
    let item = LargeItem::begin(&context, &job, opened, first);
    let Ok(Delivery::Large(start)) = delivery.try_recv() else { panic!("it was not announced") };
    act(Begun { context, job, start: *start, item });
}

impl Begun<'_> {
    /// Takes the next step.
    fn advance(mut self) -> Self {
        self.item = self.item.advance(&mut self.context, &self.job).unwrap();
        self
    }

    /// Takes all steps that are left. Returns the content that came out, and the record.
    fn finish(self) -> (Vec<u8>, Item) {
        received(&self.run_out().receiver.pieces)
    }

    /// Takes all steps that are left.
    fn run_out(mut self) -> LargeStart {
        let mut state = Some(self.item);
        while let Some(item) = state {
            state = item.advance(&mut self.context, &self.job);
        }
        self.start
    }
}

fn received(pieces: &Receiver<Piece>) -> (Vec<u8>, Item) {
    let mut stream = Vec::new();
    loop {
        match pieces.try_recv().unwrap() {
            Piece::Bytes { deflated, .. } => stream.extend(deflated.try_recv().unwrap().0),
            Piece::End(item) => {
                let mut content = Vec::new();
                flate2::read::DeflateDecoder::new(stream.as_slice()).read_to_end(&mut content).unwrap();
                return (content, *item);
            }
        }
    }
}

#[test]
fn it_is_announced_before_anything_of_it_comes() {
    let content = content(2);
    begun(&Fixture::of(&content), |begun| {
        assert!(matches!(begun.item, LargeItem::Head(_)));
        assert_eq!(begun.start.stored_size, Some(content.len() as u64));
        assert_eq!((begun.start.sparse, begun.start.draft.number), (false, 1));
        assert!(matches!(begun.start.receiver.pieces.try_recv(), Err(TryRecvError::Empty)));
    });
}

#[test]
fn without_rules_its_head_is_the_first_piece() {
    let content = content(2);
    begun(&Fixture::of(&content), |begun| {
        let LargeItem::Sending(sending) = begun.advance().item else { panic!("the head was not read") };
        assert!(matches!(sending.verdict, Verdict::NoRules));
        assert_eq!((sending.bytes.as_slice(), sending.ending), (&content[..PIECE], None));
        assert_eq!(sending.ends.collect::<Vec<_>>(), [(PIECE, Digest::of(&content[..PIECE]))]);
    });
}

#[test]
fn with_rules_its_head_is_all_that_they_see_at_once() {
    let content = content(2);
    begun(&Fixture::of(&content).scanned(), |begun| {
        let LargeItem::Sending(sending) = begun.advance().item else { panic!("the head was not read") };
        let Verdict::Awaited { length, answer } = &sending.verdict else { panic!("no rules were asked") };
        assert_eq!((*length, answer.get()), (content.len(), None));
        assert_eq!((sending.bytes.as_slice(), sending.ending), (content.as_slice(), Some(Ending::Whole)));
        let ends: Vec<usize> = sending.ends.map(|(end, _)| end).collect();
        assert_eq!(ends, [PIECE, 2 * PIECE, content.len()]);
    });
}

#[test]
fn when_its_head_is_sent_the_rest_follows() {
    begun(&Fixture::of(&content(2)), |begun| {
        let begun = begun.advance().advance();
        assert!(matches!(begun.item, LargeItem::Following(_)));
        assert!(matches!(begun.start.receiver.pieces.try_recv(), Ok(Piece::Bytes { .. })));
        assert!(matches!(begun.start.receiver.pieces.try_recv(), Err(TryRecvError::Empty)));
    });
}

#[test]
fn when_its_head_is_all_of_it_nothing_follows() {
    let content = content(2);
    begun(&Fixture::of(&content).scanned(), |begun| {
        let begun = begun.advance().advance();
        let LargeItem::Ended(ended) = &begun.item else { panic!("it goes on") };
        assert_eq!(ended.ending, Ending::Whole);
        let (stored, item) = begun.finish();
        assert!(stored == content);
        let scan = item.scan.unwrap();
        assert_eq!((scan.bytes, scan.gap), (content.len() as u64, None));
    });
}

#[test]
fn each_step_behind_the_head_sends_one_piece_until_its_end() {
    let content = content(3);
    begun(&Fixture::of(&content), |begun| {
        let mut begun = begun.advance().advance();
        for _ in 0..2 {
            begun = begun.advance();
            assert!(matches!(begun.item, LargeItem::Following(_)));
        }
        let begun = begun.advance();
        let LargeItem::Ended(ended) = &begun.item else { panic!("it goes on") };
        assert_eq!(ended.ending, Ending::Whole);
        let (stored, item) = begun.finish();
        assert!(stored == content, "the pieces are not the item");
        assert_eq!(item.outcome, Outcome::Collected);
        assert_eq!(item.content.unwrap().sha256_stored, Digest::of(&content));
    });
}

#[test]
fn a_writer_that_wants_no_more_ends_the_reading() {
    begun(&Fixture::of(&content(3)), |begun| {
        let begun = begun.advance().advance();
        begun.start.receiver.window.cut();
        let begun = begun.advance();
        let LargeItem::Ended(ended) = &begun.item else { panic!("it goes on") };
        assert_eq!(ended.ending, unwanted());
    });
}

/// The list names the digests of what is read before the writer stops it, which are those of no file.
#[test]
fn what_the_writer_cuts_has_no_digest_of_the_whole_and_matches_none() {
    let content = content(3);
    let read = &content[..2 * PIECE];
    let mut sums = Sums::new(Wanted { md5: true, sha1: true });
    sums.update(read);
    let (md5, sha1) = sums.finish();
    let list = format!("{}\n{}\n{}\n", md5.unwrap(), sha1.unwrap(), Digest::of(read));
    let fixture = Fixture::of(&content).listed(&list);
    assert_eq!(fixture.run().settings.indicators.unwrap().len(), 3);
    let all = Range { offset: 0, length: content.len() as u64 };
    let as_far_as_read = Range { length: read.len() as u64, ..all };
    for (ranges, kept) in [(vec![], vec![]), (vec![all], vec![as_far_as_read])] {
        begun_of(&fixture, ranges, |begun| {
            let begun = begun.advance().advance().advance();
            begun.start.receiver.window.cut();
            let Some(Piece::End(item)) = begun.run_out().receiver.pieces.try_iter().last() else {
                panic!("there is no record")
            };
            let content = item.content.unwrap();
            assert_eq!((content.sha256_stored, content.ranges), (Digest::of(read), kept));
            assert_eq!((content.md5, content.sha1, content.sha256_logical), (None, None, None));
            assert_eq!((item.hits, item.outcome), (vec![], Outcome::Partial));
            assert_eq!(item.reason.unwrap().code, ReasonCode::OperatorLimit);
        });
    }
}

#[test]
fn a_run_that_is_stopped_cuts_it_and_the_record_says_why() {
    let fixture = Fixture::of(&content(3));
    begun(&fixture, |begun| {
        let begun = begun.advance().advance();
        fixture.stop.set(StopReason::Interrupted);
        let begun = begun.advance();
        assert!(matches!(begun.item, LargeItem::Ended(Ended { ending: Ending::Cut(_), .. })));
        let (stored, item) = begun.finish();
        assert_eq!((stored.len(), item.outcome), (PIECE, Outcome::Partial));
        assert_eq!(item.reason.unwrap().code, ReasonCode::Interrupted);
    });
}

#[test]
fn where_nobody_listens_any_more_nothing_is_read_any_more() {
    for steps in [1, 2] {
        let fixture = Fixture::of(&content(2));
        begun(&fixture, |mut begun| {
            for _ in 0..steps {
                begun = begun.advance();
            }
            let Begun { mut context, job, start, item } = begun;
            drop(start);
            let mut state = Some(item);
            while let Some(item) = state {
                state = item.advance(&mut context, &job);
            }
            assert_eq!(fixture.run().progress.snapshot().bytes_read, PIECE as u64);
        });
    }
}

#[test]
fn a_scan_that_fails_is_a_gap_in_the_record() {
    let content = content(1);
    begun(&Fixture::of(&content).scanned(), |begun| {
        let mut begun = begun.advance().advance();
        let LargeItem::Ended(ended) = &mut begun.item else { panic!("it goes on") };
        // As a worker leaves it that failed: nobody else has it, and it was never set.
        ended.verdict = Verdict::Awaited { length: 7, answer: Arc::new(OnceLock::new()) };
        let (_, item) = begun.finish();
        let scan = item.scan.unwrap();
        assert_eq!(
            (scan.gap.as_deref(), scan.cause),
            (Some("the rules were not applied"), Some(Cause::Error))
        );
        assert!(item.notes.contains(&Note::ScannedHeadOnly));
    });
}
