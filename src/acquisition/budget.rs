//! The byte budget: the one place that decides how much memory items under way may take together.
//!
//! Each item takes its [`Share`] before it is handed to a worker, in the order of the plan, and gives it back when
//! the writer is done with it. Taking in order rules out a deadlock: everything the writer waits for has its share.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// Bytes read and deflated as one piece. Smaller items are kept whole and carry their sizes in front; larger ones
/// go through in pieces of this size. At half a MiB a piece costs a core some 2 ms, and both cores get their part
/// of any file worth splitting.
pub(super) const PIECE: usize = 512 << 10;

/// Pieces of one large item that may be under way, raw or deflated.
pub(super) const WINDOW: usize = 8;

/// What an item costs besides its bytes: its record, its channel, its names.
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

/// What an item of `size` bytes (`None`: unknown) takes of the budget; `scanned` is how much of it is kept for the
/// rules.
pub(super) fn cost(size: Option<u64>, scan_limit: Option<u64>) -> u64 {
    let piece = u64::try_from(PIECE).unwrap_or(u64::MAX);
    let size = size.unwrap_or(piece);
    if size <= piece {
        // The raw bytes live in the worker's own buffer; the share covers the deflated ones, at worst as large.
        return size.saturating_add(SMALL_COST);
    }
    let window = piece.saturating_mul(u64::try_from(WINDOW).unwrap_or(u64::MAX));
    let head = scan_limit.map_or(0, |limit| size.min(limit));
    window.min(size.saturating_mul(2)).saturating_add(head)
}

/// What is left, and who waits for it.
pub(super) struct Budget {
    total: u64,
    free: Mutex<u64>,
    freed: Condvar,
}

impl Budget {
    pub(super) fn new(total: u64) -> Arc<Self> {
        Arc::new(Self { total, free: Mutex::new(total), freed: Condvar::new() })
    }

    /// Takes `cost` bytes, waiting until they are free. A cost above the whole budget takes all of it.
    pub(super) fn take(self: &Arc<Self>, cost: u64) -> Share {
        let cost = cost.min(self.total);
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free =
            self.freed.wait_while(free, |free| *free < cost).unwrap_or_else(PoisonError::into_inner);
        *free = free.saturating_sub(cost);
        Share { budget: Arc::clone(self), cost }
    }
}

/// A part of the budget; dropping it gives it back.
pub(super) struct Share {
    budget: Arc<Budget>,
    cost: u64,
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut free = self.budget.free.lock().unwrap_or_else(PoisonError::into_inner);
        *free = free.saturating_add(self.cost);
        drop(free);
        self.budget.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_larger_than_the_budget_takes_all_of_it_and_gives_it_back() {
        let budget = Budget::new(100);
        let share = budget.take(1000);
        assert_eq!(*budget.free.lock().unwrap(), 0);
        drop(share);
        drop(budget.take(100));
        assert_eq!(*budget.free.lock().unwrap(), 100);
    }

    #[test]
    fn no_item_costs_more_than_the_budget_with_its_limit_for_rules() {
        for size in [None, Some(0), Some(600 << 10), Some(u64::MAX)] {
            assert!(cost(size, None) <= total(false), "{size:?}");
            assert!(cost(size, Some(32 << 20)) <= total(true), "{size:?}");
        }
    }
}
