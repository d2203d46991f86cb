//! The states of a large item, one after the other.

use std::io::Read as _;
use std::sync::mpsc::{Receiver, TryRecvError};

use super::*;
use crate::acquisition::fill::open;
use crate::acquisition::fixture::{Fixture, content};
use crate::acquisition::pool::Pool;
use crate::acquisition::stop::StopReason;
use crate::evidence::{Item, Note, Outcome, ReasonCode};

/// A large item that was announced, with what its states need.
struct Begun<'a> {
    context: WorkerContext<'a>,
    job: Job,
    start: LargeStart,
    item: LargeItem,
}

/// Lets `act` have an item of this content after its announcement.
fn begun(fixture: &Fixture, act: impl FnOnce(Begun<'_>)) {
    let (run, pool) = (fixture.run(), Pool::new());
    let context = WorkerContext::new(&run, &pool);
    let (job, delivery) = fixture.job();
    let mut opened = open(&run, &job).unwrap();
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
    fn finish(mut self) -> (Vec<u8>, Item) {
        let mut state = Some(self.item);
        while let Some(item) = state {
            state = item.advance(&mut self.context, &self.job);
        }
        received(&self.start.receiver.pieces)
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
        assert_eq!(ended.ending, Some(Ending::Whole));
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
        assert_eq!(ended.ending, Some(Ending::Whole));
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
        assert_eq!(ended.ending, None);
    });
}

#[test]
fn a_run_that_is_stopped_cuts_it_and_the_record_says_why() {
    let fixture = Fixture::of(&content(3));
    begun(&fixture, |begun| {
        let begun = begun.advance().advance();
        fixture.stop.set(StopReason::Interrupted);
        let begun = begun.advance();
        assert!(matches!(begun.item, LargeItem::Ended(Ended { ending: Some(Ending::Cut(_)), .. })));
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
        assert_eq!((scan.gap.as_deref(), scan.cause), (Some("the rules were not asked"), Some(Cause::Error)));
        assert!(item.notes.contains(&Note::ScannedHeadOnly));
    });
}
