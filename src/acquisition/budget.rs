//! The byte budget: the limit on the memory of all items in progress together.
//!
//! Each item gets its [`Share`] before it is passed to a worker, in the order of the plan, and releases it when the
//! writer is done with it. The order rules out a deadlock: everything that the writer waits for has its share.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::scan::MemoryAccount;

/// Bytes read and deflated as one piece. Smaller items are kept whole and carry their sizes in front; larger ones
/// go through in pieces of this size. At half a MiB a piece costs a core some 2 ms, and both cores get their part
/// of any file worth splitting.
pub(super) const PIECE: usize = 512 << 10;

/// Pieces of one large item that may be under way, raw or deflated.
pub(super) const WINDOW: usize = 8;

/// Cost of an item in addition to its bytes: its record, its channel, its names.
const SMALL_COST: u64 = 8 << 10;

/// All items under way together. With the worker's own buffers, the engine's tables and the zip's directory this
/// keeps a run without rules below 128 MiB.
const TOTAL: u64 = 40 << 20;

/// Besides that, room for one whole buffer up to the scanner's limit and another beginning.
const TOTAL_SCANNING: u64 = 96 << 20;

/// The budget of a run, in bytes.
pub(super) const fn total(scanning: bool) -> u64 {
    if scanning { TOTAL_SCANNING } else { TOTAL }
}

/// Returns the cost of an item of `size` bytes (`None`: unknown); `scan_limit` is how much of it is kept for the
/// rules.
pub(super) fn cost(size: Option<u64>, scan_limit: Option<u64>) -> u64 {
    let piece = u64::try_from(PIECE).unwrap_or(u64::MAX);
    let size = size.unwrap_or(piece);
    if size <= piece {
        // The raw bytes are in the worker's own buffer; the share covers the compressed ones, which are at worst as
        // large.
        return size.saturating_add(SMALL_COST);
    }
    let window = piece.saturating_mul(u64::try_from(WINDOW).unwrap_or(u64::MAX));
    let head = scan_limit.map_or(0, |limit| size.min(limit));
    window.min(size.saturating_mul(2)).saturating_add(head)
}

/// The free part of the budget, and the waiting threads.
pub(super) struct Budget {
    total: u64,
    state: Mutex<State>,
    freed: Condvar,
}

struct State {
    free: u64,
    /// Memory of abandoned scans: nobody knows when it is released.
    lost: u64,
}

impl Budget {
    pub(super) fn new(total: u64) -> Arc<Self> {
        Arc::new(Self { total, state: Mutex::new(State { free: total, lost: 0 }), freed: Condvar::new() })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Acquires `cost` bytes, waiting until they are free. A cost above the whole budget acquires all of it. Where
    /// abandoned scans leave too little memory for it, it acquires `least`, which the share states.
    pub(super) fn take(self: &Arc<Self>, cost: u64, least: u64) -> Share {
        let cost = cost.min(self.total);
        let mut state = self.lock();
        loop {
            let room = self.total.saturating_sub(state.lost);
            let (wanted, is_full) = if cost <= room { (cost, true) } else { (least.min(room), false) };
            if wanted <= state.free {
                state.free = state.free.saturating_sub(wanted);
                let lost = AtomicBool::new(false);
                return Share { budget: Arc::clone(self), cost: wanted, is_full, lost };
            }
            state = self.freed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// A part of the budget; dropping it releases it.
pub(super) struct Share {
    budget: Arc<Budget>,
    cost: u64,
    /// Whether it is all that was requested.
    pub(super) is_full: bool,
    lost: AtomicBool,
}

impl MemoryAccount for Share {
    fn left_behind(&self) {
        if !self.lost.swap(true, Ordering::Relaxed) {
            let mut state = self.budget.lock();
            state.lost = state.lost.saturating_add(self.cost);
            drop(state);
            self.budget.freed.notify_one();
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut state = self.budget.lock();
        state.free = state.free.saturating_add(self.cost);
        if *self.lost.get_mut() {
            state.lost = state.lost.saturating_sub(self.cost);
        }
        drop(state);
        self.budget.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(budget: &Budget) -> (u64, u64) {
        let state = budget.lock();
        (state.free, state.lost)
    }

    #[test]
    fn a_share_larger_than_the_budget_takes_all_of_it_and_gives_it_back() {
        let budget = Budget::new(100);
        let share = budget.take(1000, 0);
        assert_eq!(budget.lock().free, 0);
        assert!(share.is_full);
        drop(share);
        drop(budget.take(100, 0));
        assert_eq!(budget.lock().free, 100);
    }

    #[test]
    fn what_is_left_behind_stays_taken_and_those_that_no_longer_fit_take_their_least() {
        let budget = Budget::new(100);
        let held = budget.take(70, 10);
        held.left_behind();
        held.left_behind();
        let fits = budget.take(20, 10);
        assert!(fits.is_full);
        let reduced = budget.take(40, 10);
        assert!(!reduced.is_full);
        assert_eq!(state(&budget), (0, 70));
        drop(reduced);
        drop(held);
        assert_eq!(state(&budget), (80, 0));
        assert!(budget.take(40, 10).is_full);
    }

    #[test]
    fn no_item_costs_more_than_the_budget_with_its_limit_for_rules() {
        for size in [None, Some(0), Some(600 << 10), Some(u64::MAX)] {
            assert!(cost(size, None) <= total(false), "{size:?}");
            assert!(cost(size, Some(32 << 20)) <= total(true), "{size:?}");
        }
    }
}
