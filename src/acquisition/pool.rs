//! What workers wait for: whole items, and of large items the heads that rules must see and the pieces that another
//! worker cannot deflate fast enough.
//!
//! A piece is put up only while a worker stands idle, so a piece never waits behind an item, and a worker that
//! waits in the midst of its own item, for room in its window or for its head to be judged, takes any piece or head that
//! is left: where the writer is held up by the rules, the rules are what there is to do. What is taken so is done
//! without waiting. So no worker ever waits for another that waits for it.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::large::{PieceTask, ScanTask};
use super::worker::Job;

/// The queues of a run.
pub(super) struct Pool {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    pieces: VecDeque<PieceTask>,
    scans: VecDeque<ScanTask>,
    /// Workers that wait, for anything.
    idle: usize,
    /// Those of them that wait in the midst of an item, and take no further one.
    busy: usize,
    closed: bool,
}

/// What a worker does next.
pub(super) enum Work {
    Piece(PieceTask),
    Scan(Box<ScanTask>),
    Job(Box<Job>),
    Nothing,
}

impl Pool {
    pub(super) fn new() -> Self {
        Self { state: Mutex::new(State::default()), changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts up an item. Their number is bounded by the budget.
    pub(super) fn put(&self, job: Job) {
        let mut state = self.lock();
        state.jobs.push_back(job);
        let busy = state.busy > 0;
        drop(state);
        // One that takes no items could else swallow the wake-up.
        if busy { self.changed.notify_all() } else { self.changed.notify_one() }
    }

    /// Puts up the head of an item for the rules. Their number is that of the large items under way, which the budget
    /// bounds.
    pub(super) fn put_scan(&self, scan: ScanTask) {
        self.lock().scans.push_back(scan);
        self.changed.notify_all();
    }

    /// Puts up a piece if a worker stands idle for it; else gives it back to be done by the caller.
    pub(super) fn offer(&self, piece: PieceTask) -> Option<PieceTask> {
        let mut state = self.lock();
        if state.idle <= state.pieces.len() {
            return Some(piece);
        }
        state.pieces.push_back(piece);
        drop(state);
        self.changed.notify_all();
        None
    }

    /// Waits for the next work; pieces first, since the writer may be waiting for them, then heads.
    pub(super) fn next(&self) -> Work {
        let mut state = self.lock();
        loop {
            if let Some(piece) = state.pieces.pop_front() {
                return Work::Piece(piece);
            }
            if let Some(scan) = state.scans.pop_front() {
                return Work::Scan(Box::new(scan));
            }
            if let Some(job) = state.jobs.pop_front() {
                return Work::Job(Box::new(job));
            }
            if state.closed {
                return Work::Nothing;
            }
            state = self.rest(state);
        }
    }

    /// Waits until `ready`, and hands out what there is to do meanwhile.
    pub(super) fn until(&self, ready: impl Fn() -> bool) -> Option<Work> {
        let mut state = self.lock();
        loop {
            if ready() {
                return None;
            }
            if let Some(piece) = state.pieces.pop_front() {
                return Some(Work::Piece(piece));
            }
            if let Some(scan) = state.scans.pop_front() {
                return Some(Work::Scan(Box::new(scan)));
            }
            state.busy = state.busy.saturating_add(1);
            state = self.rest(state);
            state.busy = state.busy.saturating_sub(1);
        }
    }

    fn rest<'a>(&self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        state.idle = state.idle.saturating_add(1);
        let mut state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        state.idle = state.idle.saturating_sub(1);
        state
    }

    /// Wakes those that wait in [`Self::until`], after what they wait for has changed.
    pub(super) fn nudge(&self) {
        // Taking the lock orders the change before the waiter's next look.
        drop(self.lock());
        self.changed.notify_all();
    }

    /// Lets workers go once the queues are empty.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }
}

/// Closes the pool when dropped.
pub(super) struct Closing<'a>(pub(super) &'a Pool);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}
