//! Calls that may hang, and how many were abandoned.
//!
//! A call that hangs cannot be taken back. Whoever waits for it goes on without it; from then on it is counted, with the
//! bytes that it holds, until it comes to its end after all. In: the begin and end of each call, as the thread that makes
//! it reports them, and the decision of the waiter. Out: the counts, by which a caller decides whether to begin another,
//! and how many there were in all. Nothing here knows what is called: reading from a target and asking rules share it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

/// The calls of one purpose that were abandoned.
#[derive(Debug, Default)]
pub(crate) struct Abandoned {
    /// Those that have not ended, and what they hold.
    calls: AtomicUsize,
    bytes: AtomicUsize,
    /// Those that ended after all, too.
    total: AtomicUsize,
}

/// A call, known to the thread that makes it and to the one that waits for it.
#[derive(Debug)]
pub(crate) struct Call {
    state: AtomicU8,
    /// What it holds while it runs.
    bytes: usize,
    abandoned: Arc<Abandoned>,
}

const RUNNING: u8 = 0;
const ENDED: u8 = 1;
const ABANDONED: u8 = 2;

impl Abandoned {
    /// How many calls were abandoned and have not ended.
    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }

    /// How many calls were abandoned, those included that ended after all.
    pub(crate) fn total(&self) -> usize {
        self.total.load(Ordering::Relaxed)
    }

    /// How many bytes the calls that have not ended hold together.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Begins a call that holds this many bytes.
    pub(crate) fn call(self: &Arc<Self>, bytes: usize) -> Arc<Call> {
        Arc::new(Call { state: AtomicU8::new(RUNNING), bytes, abandoned: Arc::clone(self) })
    }

    fn add(&self, bytes: usize) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    fn remove(&self, bytes: usize) {
        self.calls.fetch_sub(1, Ordering::Relaxed);
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl Call {
    /// Reports that the call has ended and holds nothing any more.
    pub(crate) fn end(&self) {
        if self.state.swap(ENDED, Ordering::AcqRel) == ABANDONED {
            self.abandoned.remove(self.bytes);
        }
    }

    /// Abandons the call; a second time changes nothing. Returns false where it has ended meanwhile.
    pub(crate) fn abandon(&self) -> bool {
        // Counted first: the call may end at any moment, and takes itself off the count then.
        self.abandoned.add(self.bytes);
        match self.state.compare_exchange(RUNNING, ABANDONED, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => {
                self.abandoned.total.fetch_add(1, Ordering::Relaxed);
                true
            }
            Err(before) => {
                self.abandoned.remove(self.bytes);
                before == ABANDONED
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(abandoned: &Abandoned) -> (usize, usize) {
        (abandoned.calls(), abandoned.bytes())
    }

    #[test]
    fn an_abandoned_call_is_counted_until_it_ends() {
        let abandoned = Arc::new(Abandoned::default());
        let (one, other) = (abandoned.call(7), abandoned.call(5));
        assert_eq!(counts(&abandoned), (0, 0));
        assert!(one.abandon() && other.abandon());
        assert_eq!(counts(&abandoned), (2, 12));
        assert!(one.abandon());
        assert_eq!(counts(&abandoned), (2, 12), "it is abandoned once");
        one.end();
        assert_eq!(counts(&abandoned), (1, 5));
        other.end();
        assert_eq!((counts(&abandoned), abandoned.total()), ((0, 0), 2));
    }

    #[test]
    fn a_call_that_ended_before_it_was_abandoned_is_not_counted() {
        let abandoned = Arc::new(Abandoned::default());
        let call = abandoned.call(7);
        call.end();
        assert!(!call.abandon());
        assert!(!call.abandon(), "it stays ended");
        assert_eq!((counts(&abandoned), abandoned.total()), ((0, 0), 0));
    }
}
