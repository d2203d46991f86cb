//! What the writer makes of workers and media that fail.

use std::sync::Arc;
use std::sync::mpsc::{SyncSender, channel, sync_channel};

use super::fixture::writer;
use super::*;
use crate::acquisition::budget::{Budget, WINDOW};
use crate::acquisition::delivery::{Piece, PieceReceiver, Window};
use crate::acquisition::fixture::Fixture;
use crate::bundle::Sink;
use crate::evidence::Digest;

/// Keeps one item, which a worker delivers so, or not at all.
fn keep_one(fixture: &Fixture, writer: &mut Writer, delivered: Option<Delivery>) -> Result<Kept, Error> {
    keep_all(fixture, writer, [delivered])
}

/// Keeps items, each of which a worker delivers so, or not at all.
fn keep_all<const N: usize>(
    fixture: &Fixture,
    writer: &mut Writer,
    items: [Option<Delivery>; N],
) -> Result<Kept, Error> {
    let (slots, ordered) = channel();
    for delivered in items {
        let (reply, delivery) = sync_channel(1);
        if let Some(delivered) = delivered {
            assert!(reply.send(delivered).is_ok());
        }
        drop(reply);
        let draft = Box::new(fixture.job().0.item(fixture.run().clock));
        let share = Arc::new(Budget::new(1).take(1, 0));
        let content = SlotContent::Awaited { draft, delivery, share };
        slots.send(Slot { step: 0, content }).unwrap();
    }
    drop(slots);
    keep(&fixture.run(), &Pool::new(), &Stored::default(), &ordered, writer)
}

/// The first piece of a large item, of which more would come.
fn large(fixture: &Fixture, window: &Arc<Window>, bytes: Vec<u8>) -> Delivery {
    let (done, deflated) = sync_channel(1);
    done.send((bytes, Deflated { crc32: 0, size: 7 })).unwrap();
    let (to, pieces) = channel();
    to.send(Piece::Bytes { deflated, prefix: Digest::of(b"content") }).unwrap();
    let draft = fixture.job().0.item(fixture.run().clock);
    let receiver = PieceReceiver { pieces, window: Arc::clone(window) };
    Delivery::Large(Box::new(LargeStart { draft, sparse: false, stored_size: Some(9), receiver }))
}

fn outcomes(writer: &Writer) -> Vec<u64> {
    let items = &writer.manifest().items;
    [Outcome::Collected, Outcome::Partial, Outcome::Failed].map(|outcome| items.of(outcome)).to_vec()
}

#[test]
fn an_item_whose_worker_failed_is_recorded_as_failed() {
    let fixture = Fixture::of(b"");
    let mut writer = writer(&fixture, Sink::memory().0);
    keep_one(&fixture, &mut writer, None).unwrap();
    assert_eq!(outcomes(&writer), [0, 0, 1]);
}

#[test]
fn a_large_item_whose_worker_failed_is_recorded_as_partial_and_the_bundle_can_be_sealed() {
    let fixture = Fixture::of(b"");
    let mut writer = writer(&fixture, Sink::memory().0);
    let delivery = large(&fixture, &Arc::default(), b"deflated".to_vec());
    keep_one(&fixture, &mut writer, Some(delivery)).unwrap();
    assert_eq!(outcomes(&writer), [0, 1, 0]);
    writer.seal(crate::bundle::Closing::default()).unwrap();
}

/// It waited for ever, and the run with it.
#[test]
fn a_reader_that_waits_for_room_is_let_go_where_the_medium_is_full() {
    let fixture = Fixture::of(b"");
    let (sink, _) = Sink::memory_of(100_000);
    let mut writer = writer(&fixture, sink);
    let window = full_window();
    let delivery = large(&fixture, &window, vec![0; 200_000]);
    assert!(keep_one(&fixture, &mut writer, Some(delivery)).is_err());
    assert!(window.has_room());
}

/// It waited for ever as well: the writer never came to its pieces.
#[test]
fn the_reader_of_a_later_item_is_let_go_where_the_medium_is_full() {
    let fixture = Fixture::of(b"");
    let (sink, _) = Sink::memory_of(100_000);
    let mut writer = writer(&fixture, sink);
    let windows = [full_window(), full_window()];
    let deliveries = windows.each_ref().map(|window| Some(large(&fixture, window, vec![0; 200_000])));
    assert!(keep_all(&fixture, &mut writer, deliveries).is_err());
    assert_eq!(windows.map(|window| window.has_room()), [true, true]);
}

/// The window of a reader that waits for room.
fn full_window() -> Arc<Window> {
    let window = Arc::new(Window::default());
    (0..WINDOW).for_each(|_| window.sent());
    assert!(!window.has_room());
    window
}

/// Items, each with the end of its worker's channel, which stays open.
fn slots(
    fixture: &Fixture,
    deliveries: Vec<Option<Delivery>>,
) -> (Vec<SyncSender<Delivery>>, Receiver<Slot>) {
    let (slots, ordered) = channel();
    let mut workers = Vec::new();
    for delivered in deliveries {
        let (reply, delivery) = sync_channel(1);
        if let Some(delivered) = delivered {
            assert!(reply.send(delivered).is_ok());
        }
        workers.push(reply);
        let draft = Box::new(fixture.job().0.item(fixture.run().clock));
        let share = Arc::new(Budget::new(1).take(1, 0));
        slots.send(Slot { step: 0, content: SlotContent::Awaited { draft, delivery, share } }).unwrap();
    }
    (workers, ordered)
}

fn whole(fixture: &Fixture) -> Delivery {
    let body = Body { bytes: vec![3, 0], deflated: Deflated::default() };
    Delivery::Whole(Box::new(fixture.job().0.item(fixture.run().clock)), Some(body))
}

fn recorded(writer: &Writer) -> [u64; 4] {
    let items = &writer.manifest().items;
    [Outcome::Collected, Outcome::Partial, Outcome::Failed, Outcome::Skipped].map(|outcome| items.of(outcome))
}

#[test]
fn a_run_that_must_be_sealed_records_what_nobody_delivered_and_writes_what_is_delivered_behind_it() {
    let fixture = Fixture::of(b"");
    let mut writer = writer(&fixture, Sink::memory().0);
    let stuck = large(&fixture, &Arc::default(), b"deflated".to_vec());
    let (_workers, slots) = slots(&fixture, vec![None, Some(whole(&fixture)), Some(stuck), None]);
    fixture.stop.set(StopReason::Interrupted);
    fixture.stop.hasten(Haste::Abandon);
    let kept = keep(&fixture.run(), &Pool::new(), &Stored::default(), &slots, &mut writer).unwrap();
    assert_eq!(recorded(&writer), [1, 1, 0, 2]);
    assert_eq!(kept.reached, None, "the intake had ended");
    writer.seal(crate::bundle::Closing::default()).unwrap();
}

#[test]
fn where_the_seal_must_come_now_only_records_are_written() {
    let fixture = Fixture::of(b"");
    let mut writer = writer(&fixture, Sink::memory().0);
    let started = large(&fixture, &Arc::default(), b"deflated".to_vec());
    let (_workers, slots) = slots(&fixture, vec![None, Some(whole(&fixture)), Some(started)]);
    fixture.stop.set(StopReason::Interrupted);
    fixture.stop.hasten(Haste::Seal);
    keep(&fixture.run(), &Pool::new(), &Stored::default(), &slots, &mut writer).unwrap();
    assert_eq!(recorded(&writer), [0, 0, 0, 3]);
}

#[test]
fn haste_is_of_a_stopped_run_and_is_never_taken_back() {
    let fixture = Fixture::of(b"");
    fixture.stop.hasten(Haste::Seal);
    assert_eq!(fixture.stop.haste(), None);
    fixture.stop.set(StopReason::Interrupted);
    fixture.stop.hasten(Haste::Abandon);
    assert_eq!(fixture.stop.haste(), Some(Haste::Seal));
}
