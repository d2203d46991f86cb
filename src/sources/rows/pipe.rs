//! Between the thread that makes rows and the worker that reads them: whole lines, a bounded number of bytes of them.
//!
//! In: lines. Out: their bytes, in order, as soon as they are asked for; an end in any case, also of a maker that hangs.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{Halt, gap_reason};
use crate::evidence::{Reason, ReasonCode};
use crate::sys::Stopwatch;
use crate::sys::time_limit::{Ended, give_up};

/// Bytes made ahead of the reader before the maker rests.
pub(super) const AHEAD: usize = 256 << 10;

/// How often a reader that waits looks up, so that a run that was stopped need not wait for the limit.
const TICK: Duration = Duration::from_millis(250);

/// What maker and reader share.
#[derive(Default)]
pub(super) struct Pipe {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Whole lines that nobody has taken yet.
    bytes: Vec<u8>,
    /// Whether the maker has come to its end.
    ended: bool,
    /// Whether the reader has gone.
    unwanted: bool,
    /// What is lacking.
    shortfall: Option<Reason>,
}

impl Pipe {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn push(&self, line: &[u8]) -> Result<(), Halt> {
        let full = |state: &mut State| state.bytes.len() >= AHEAD && !state.unwanted;
        let mut state = self.changed.wait_while(self.lock(), full).unwrap_or_else(PoisonError::into_inner);
        if state.unwanted {
            return Err(Halt::Unwanted);
        }
        state.bytes.extend_from_slice(line);
        drop(state);
        self.changed.notify_all();
        Ok(())
    }
}

/// Tells the reader of the end, whatever way the maker comes to it.
pub(super) struct PipeEnding<'a>(&'a Pipe);

impl<'a> PipeEnding<'a> {
    pub(super) fn of(pipe: &'a Pipe) -> Self {
        Self(pipe)
    }

    pub(super) fn whole(self, shortfall: Option<Reason>) {
        self.0.lock().shortfall = shortfall;
        self.0.lock().ended = true;
    }
}

impl Drop for PipeEnding<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        if !state.ended {
            state.ended = true;
            state.shortfall = gap_reason(ReasonCode::Internal, "the tool itself failed on these rows");
        }
        drop(state);
        self.0.changed.notify_all();
    }
}

/// Rows as the bytes of an item. Its end is never an error: [`RowReader::finish`] tells what they lack.
pub(crate) struct RowReader {
    pipe: Arc<Pipe>,
    thread: Ended,
    current: Vec<u8>,
    taken: usize,
    waited: Duration,
    limit: Duration,
}

impl RowReader {
    pub(super) fn new(pipe: Arc<Pipe>, thread: Ended, limit: Duration) -> Self {
        Self { pipe, thread, current: Vec::new(), taken: 0, waited: Duration::ZERO, limit }
    }

    /// Gives the next bytes; 0 at the end.
    ///
    /// # Errors
    /// [`io::ErrorKind::Interrupted`] where nothing came for a moment: to ask again is to wait on.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.taken >= self.current.len() && !self.refill()? {
            return Ok(0);
        }
        let ready = self.current.get(self.taken..).unwrap_or_default();
        let count = ready.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..count), ready.get(..count)) {
            to.copy_from_slice(from);
        }
        self.taken = self.taken.saturating_add(count);
        Ok(count)
    }

    /// Takes what was made; `false` at the end.
    fn refill(&mut self) -> io::Result<bool> {
        let watch = Stopwatch::start();
        let nothing = |state: &mut State| state.bytes.is_empty() && !state.ended && !state.unwanted;
        let waiting = self.pipe.changed.wait_timeout_while(self.pipe.lock(), TICK, nothing);
        let (mut state, _) = waiting.unwrap_or_else(PoisonError::into_inner);
        self.waited = self.waited.saturating_add(watch.elapsed());
        if !state.bytes.is_empty() {
            self.current.clear();
            self.taken = 0;
            std::mem::swap(&mut self.current, &mut state.bytes);
            drop(state);
            self.pipe.changed.notify_all();
            return Ok(true);
        }
        if state.ended || state.unwanted {
            return Ok(false);
        }
        if self.waited < self.limit {
            return Err(io::ErrorKind::Interrupted.into());
        }
        state.unwanted = true;
        let detail = format!("no end within {} s; what came until then is kept", self.limit.as_secs());
        state.shortfall = gap_reason(ReasonCode::Timeout, detail);
        give_up(&self.thread);
        Ok(false)
    }

    /// Tells what the rows lack.
    pub(crate) fn finish(self) -> Option<Reason> {
        self.pipe.lock().shortfall.take()
    }
}

/// Lets the maker end: nobody takes what it makes.
impl Drop for RowReader {
    fn drop(&mut self) {
        self.pipe.lock().unwanted = true;
        self.pipe.changed.notify_all();
    }
}
