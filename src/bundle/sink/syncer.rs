//! Waits for the medium on a separate thread, so that a slow stick does not delay the writer.
//!
//! In: handles to sync, and what is safe when that is done. Out: what is safe so far. One request is open at a time;
//! the first failure is final.

use std::fs::File;
use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// What the medium has confirmed: the last checkpoint whose fsync has returned.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flushed {
    /// Number of the checkpoint; 0 before the first.
    pub checkpoint: u64,
    /// Number of records up to and including it.
    pub items: u64,
    /// Length of the ciphertext that is safe, in bytes.
    pub bytes: u64,
}

/// The handle of the thread that waits for the medium.
#[derive(Default)]
pub(super) struct Syncer {
    state: State,
    thread: Option<Thread>,
    /// Number of unanswered requests: 0 or 1.
    open: usize,
}

struct Thread {
    requests: Option<Sender<(Flushed, Vec<File>)>>,
    answers: Receiver<io::Result<()>>,
    handle: Option<JoinHandle<()>>,
}

/// What is safe so far, and whether anything failed; shared by all who ask.
#[derive(Debug, Default, Clone)]
pub(in crate::bundle) struct State(Arc<Mutex<(Flushed, bool)>>);

impl State {
    pub(in crate::bundle) fn flushed(&self) -> Flushed {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    fn failed(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1
    }

    /// Stores a reply. After a failure, nothing more is safe.
    fn answer(&self, mark: Flushed, safe: bool) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.1 |= !safe;
        if !state.1 {
            state.0 = mark;
        }
    }
}

impl Syncer {
    pub(super) fn state(&self) -> State {
        self.state.clone()
    }

    /// Marks as safe what needs no request.
    pub(super) fn confirm(&self, mark: Flushed) {
        self.state.answer(mark, true);
    }

    pub(super) fn ask(&mut self, mark: Flushed, handles: Vec<File>) -> io::Result<()> {
        self.wait()?;
        if self.thread.is_none() {
            self.thread = Some(Thread::start(self.state())?);
        }
        let sent =
            self.thread.as_ref().and_then(|thread| thread.requests.as_ref()?.send((mark, handles)).ok());
        self.open = 1;
        sent.ok_or_else(|| io::Error::other("the fsync thread has ended"))
    }

    pub(super) fn wait(&mut self) -> io::Result<()> {
        if self.open > 0 {
            self.open = 0;
            let answer = self.thread.as_ref().and_then(|thread| thread.answers.recv().ok());
            answer.unwrap_or_else(|| Err(io::Error::other("the fsync thread has ended")))?;
        }
        if self.state.failed() { Err(io::Error::other("an earlier fsync failed")) } else { Ok(()) }
    }
}

impl Thread {
    fn start(state: State) -> io::Result<Self> {
        let (requests, received) = channel::<(Flushed, Vec<File>)>();
        let (answer, answers) = channel();
        let handle = std::thread::Builder::new().name("sync".into()).spawn(move || {
            for (mark, handles) in received {
                let result = handles.iter().try_for_each(File::sync_data);
                state.answer(mark, result.is_ok());
                if answer.send(result).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { requests: Some(requests), answers, handle: Some(handle) })
    }
}

/// Lets the last fsync end: what it confirms is evidence, even after an error elsewhere.
impl Drop for Thread {
    fn drop(&mut self) {
        self.requests = None;
        if let Some(handle) = self.handle.take() {
            let _ = handle.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_failed_fsync_is_never_taken_back() {
        let mut syncer = Syncer::default();
        // A handle that cannot be synced: the read end of a pipe.
        let (reader, _writer) = io::pipe().unwrap();
        let broken = File::from(std::os::fd::OwnedFd::from(reader));
        syncer.ask(Flushed { checkpoint: 1, ..Flushed::default() }, vec![broken]).unwrap();
        assert!(syncer.wait().is_err());
        let good = tempfile::tempfile().unwrap();
        assert!(syncer.ask(Flushed { checkpoint: 2, ..Flushed::default() }, vec![good]).is_err());
        assert_eq!(syncer.state().flushed().checkpoint, 0);
    }
}
