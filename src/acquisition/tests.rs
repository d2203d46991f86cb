//! How the threads of a run end where the writer fails.

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
            drive(&run, |pool, _, slots| {
                while !pool.has_waiting() {
                    thread::yield_now();
                }
                take(slots)
            })
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
