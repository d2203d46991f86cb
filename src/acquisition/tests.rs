//! How the threads of a run end where the writer fails, and how the run ends where one of them is blocked.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use super::budget::{PIECE, WINDOW, cost, total};
use super::delivery::Slot;
use super::fixture::{Fixture, content};
use super::summary::Kept;
use super::*;

/// Only a run that hangs takes so long.
const HANGS: Duration = Duration::from_mins(1);

/// How many large items have room in the budget together.
fn room() -> usize {
    let size = (WINDOW + 1) * PIECE;
    usize::try_from(total(false) / cost(Some(size as u64), None)).unwrap()
}

/// Runs over more large items than the budget has room for, and lets `take` have the slots once the worker waits in the
/// midst of the first. Returns whether the run ended with an error, or the panic with which it ended.
fn ended(take: impl FnOnce(&Receiver<Slot>) -> Result<Kept, Error> + Send + 'static) -> thread::Result<bool> {
    let (to, end) = channel();
    thread::spawn(move || {
        let fixture = Fixture::of(&content(WINDOW + 1)).collected_with(room());
        let run = fixture.run();
        let run = || {
            let take = |pool: &pool::Pool, _: &_, slots: &_| {
                while !pool.has_waiting() {
                    thread::yield_now();
                }
                Ok(((), take(slots)?))
            };
            drive(&run, take, |(), summary| summary)
        };
        to.send(catch_unwind(AssertUnwindSafe(run)).map(|summary| summary.is_err())).unwrap();
    });
    end.recv_timeout(HANGS).expect("the run hangs")
}

#[test]
fn a_writer_that_fails_lets_go_a_worker_that_waits_for_room_and_an_intake_that_waits_for_memory() {
    let ended = ended(|slots| {
        let taken: Vec<Slot> = slots.iter().take(room()).collect();
        assert_eq!(taken.len(), room());
        Err(Error::Thread(io::Error::other("on purpose")))
    });
    assert!(ended.unwrap());
}

#[test]
fn a_writer_that_panics_lets_go_a_worker_that_waits_for_room() {
    assert!(ended(|_| panic!("on purpose")).is_err());
}

/// The run waited for the worker, and Windows ended it unsealed when its console was closed.
#[test]
fn a_run_whose_worker_is_blocked_in_a_read_is_sealed_before_the_read_ends() {
    let (to, end) = channel();
    thread::spawn(move || {
        let fixture = Fixture::of(b"content").collected_with(3);
        let run = fixture.run();
        let mut writer = keep::fixture::writer(&fixture, bundle::Sink::memory().0);
        let (go_on, blocked) = channel::<()>();
        let keep = move |pool: &pool::Pool, stored: &_, slots: &Receiver<Slot>| {
            // Before any item is handed out, the only worker begins a read that does not end.
            let (begun, waiting) = channel();
            pool.put(Box::new(move |_| {
                begun.send(()).unwrap();
                let _ = blocked.recv();
            }));
            waiting.recv().unwrap();
            run.stop.set(StopReason::Interrupted);
            run.stop.hasten(Haste::Abandon);
            let kept = keep::keep(&run, pool, stored, slots, &mut writer).map_err(Error::Bundle)?;
            Ok((writer, kept))
        };
        let seal = |writer: Writer, summary: RunSummary| {
            let sealed = writer.seal(bundle::Closing::default()).is_ok();
            drop(go_on);
            (sealed, summary)
        };
        to.send(drive(&fixture.run(), keep, seal).unwrap()).unwrap();
    });
    let (sealed, summary) = end.recv_timeout(HANGS).expect("the run hangs");
    assert!(sealed && summary.left_behind);
    assert_eq!(summary.stopped, Some(StopReason::Interrupted));
}

/// A scan waited for the worker, however often it was asked to end.
#[test]
fn a_scan_whose_worker_is_blocked_in_a_read_ends_with_what_it_has_and_reports_the_rest() {
    let (to, end) = channel();
    thread::spawn(move || {
        let fixture = Fixture::of(b"content").collected_with(3);
        let run = fixture.run();
        let (go_on, blocked) = channel::<()>();
        let listen = move |pool: &pool::Pool, _: &_, slots: &Receiver<Slot>| {
            let (begun, waiting) = channel();
            pool.put(Box::new(move |_| {
                begun.send(()).unwrap();
                let _ = blocked.recv();
            }));
            waiting.recv().unwrap();
            // All of them wait for the worker by now.
            let ordered: Vec<Slot> = slots.iter().take(4).collect();
            let (again, slots) = channel();
            for slot in ordered {
                again.send(slot).unwrap();
            }
            drop(again);
            run.stop.set(StopReason::Interrupted);
            run.stop.hasten(Haste::Abandon);
            let mut items = Vec::new();
            let kept = listen::listen(&run, &slots, &mut |item| items.push(item.clone()));
            Ok((items, kept))
        };
        let finish = |items: Vec<Item>, summary: RunSummary| {
            drop(go_on);
            (items, summary)
        };
        to.send(drive(&fixture.run(), listen, finish).unwrap()).unwrap();
    });
    let (items, summary) = end.recv_timeout(HANGS).expect("the scan hangs");
    assert!(summary.left_behind && items.len() == 4, "{items:?}");
    // The worker may have delivered some before the read that does not end.
    for item in items.into_iter().filter(|item| item.outcome == crate::evidence::Outcome::Skipped) {
        assert_eq!(item.reason.unwrap().code, crate::evidence::ReasonCode::Interrupted);
    }
}

#[test]
fn past_its_time_limit_a_run_waits_a_while_for_its_workers_and_then_no_more() {
    let fixture = Fixture::of(b"content");
    let haste = |limit| {
        let mut run = fixture.run();
        run.settings.time_limit = limit;
        run.haste()
    };
    assert_eq!(haste(None), None);
    assert_eq!(haste(Some(Duration::ZERO)), None, "they have some seconds");
    assert_eq!(fixture.stop.reason(), None, "nobody asked for it yet");
    // A clock that began before the limit and the patience.
    let long_ago = Clock::started_before(Duration::from_mins(1));
    let mut run = fixture.run();
    run.settings.time_limit = Some(Duration::from_secs(1));
    run.clock = &long_ago;
    assert_eq!(run.haste(), Some(Haste::Abandon));
    assert_eq!(fixture.stop.reason(), Some(StopReason::TimeLimit));
}
