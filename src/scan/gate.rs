//! Lets only so many threads in at once, where what each needs inside was not promised to it beforehand.

use std::sync::{Condvar, Mutex, PoisonError};

/// Archives gone through at once: each may hold some 32 MiB of what is packed in it, on any number of threads.
const PLACES: usize = 2;

/// A room with [`PLACES`] places.
#[derive(Debug)]
pub(super) struct Gate {
    free: Mutex<usize>,
    left: Condvar,
}

impl Default for Gate {
    fn default() -> Self {
        Self { free: Mutex::new(PLACES), left: Condvar::new() }
    }
}

/// A place in the room, given back when dropped.
pub(super) struct Inside<'a>(&'a Gate);

impl Gate {
    /// Waits for a place. Nobody inside waits for anybody outside, so one always comes free.
    pub(super) fn enter(&self) -> Inside<'_> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = self.left.wait_while(free, |free| *free == 0).unwrap_or_else(PoisonError::into_inner);
        *free = free.saturating_sub(1);
        Inside(self)
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        let mut free = self.0.free.lock().unwrap_or_else(PoisonError::into_inner);
        *free = free.saturating_add(1);
        drop(free);
        self.0.left.notify_one();
    }
}
