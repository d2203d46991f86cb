//! Threads on which rules are asked, so that a scan that does not come to its end can be abandoned.
//!
//! An engine looks at its clock only between its steps, and one step of a rule that somebody made for it takes minutes.
//! Nothing can take such a step back. So a scan is handed to a thread that waits here; the caller sleeps until the answer
//! comes, and goes on without it where it does not. Where nothing hangs, that costs two wake-ups per scan; threads are
//! used again. An abandoned thread ends when its step does, or with the process, which waits for none of them.
//!
//! In: something to do, how long it may take, and the content that it holds. Out: its result, or why there is none.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::{Bytes, SCAN_LIMIT};
use crate::sys::abandoned::Abandoned;

/// Most abandoned scans, each on a core of the host; past them nothing more is scanned until one ends.
const SCANS: usize = 16;

/// Content that they may hold together: two of the largest.
const BYTES: usize = SCAN_LIMIT << 1;

/// Content that is scanned without another thread: what one string costs grows at worst by the cube of the length, and
/// is about a second here (at four times the length, a minute). So short are most settings of a system, and there the
/// two wake-ups would cost more than the scan.
const SHORT: usize = 1 << 10;

/// How long past its limit an engine is waited for before it is abandoned: it asks the clock between its steps, and
/// this process may have been stopped meanwhile.
pub(super) const GRACE: Duration = Duration::from_secs(3);

/// Threads that are ready for the next scan, and the scans that were abandoned.
#[derive(Default)]
pub(super) struct Guard {
    idle: Mutex<Vec<SyncSender<Task>>>,
    abandoned: Arc<Abandoned>,
}

type Task = Box<dyn FnOnce() + Send>;

/// Why nothing came of a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Undone {
    /// Its time was over, and it goes on by itself.
    Abandoned,
    /// It was not begun: too many were abandoned before it.
    NotBegun,
    /// It failed.
    Failed,
}

impl Guard {
    /// Does `act` for no longer than `limit`, or, where its content is [`SHORT`], about so long. `content` is what it holds
    /// meanwhile.
    pub(super) fn within<T: Send + 'static>(
        &self,
        limit: Duration,
        content: &Bytes,
        act: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Undone> {
        if content.len() > SHORT {
            return self.apart(limit, content, act);
        }
        catch_unwind(AssertUnwindSafe(act)).map_err(|_| Undone::Failed)
    }

    /// Does `act` on a thread of this guard, for no longer than `limit`, however short its content is.
    pub(super) fn apart<T: Send + 'static>(
        &self,
        limit: Duration,
        content: &Bytes,
        act: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Undone> {
        let (scans, bytes) = (self.abandoned.calls(), self.abandoned.bytes());
        if scans >= SCANS || (scans > 0 && bytes.saturating_add(content.len()) > BYTES) {
            return Err(Undone::NotBegun);
        }
        let (answer, answered) = sync_channel(1);
        let call = self.abandoned.call(content.len());
        let made = Arc::clone(&call);
        let task: Task = Box::new(move || {
            // What the act held is gone before anybody hears of its end.
            let done = catch_unwind(AssertUnwindSafe(act));
            made.end();
            drop(answer.try_send(done));
        });
        let thread = self.start(task).ok_or(Undone::Failed)?;
        match answered.recv_timeout(limit) {
            Ok(done) => {
                self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
                done.map_err(|_| Undone::Failed)
            }
            Err(RecvTimeoutError::Disconnected) => Err(Undone::Failed),
            Err(RecvTimeoutError::Timeout) => {
                if call.abandon() {
                    content.left_behind();
                }
                Err(Undone::Abandoned)
            }
        }
    }

    /// Gives a task to a thread that waits, or to a new one. Returns the way to that thread.
    fn start(&self, mut task: Task) -> Option<SyncSender<Task>> {
        while let Some(thread) = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop() {
            match thread.send(task) {
                Ok(()) => return Some(thread),
                Err(unsent) => task = unsent.0,
            }
        }
        let (tasks, given) = sync_channel::<Task>(1);
        let run = move || given.into_iter().for_each(|task| task());
        thread::Builder::new().name("rules".to_owned()).spawn(run).ok()?;
        tasks.send(task).ok()?;
        Some(tasks)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;
    use crate::scan::bytes::MemoryAccount;

    const MOMENT: Duration = Duration::from_millis(20);
    const LONG: Duration = Duration::from_mins(1);

    /// Hangs until the other end is dropped.
    fn hangs() -> (Sender<()>, impl FnOnce() + Send + 'static) {
        let (end, wait): (_, Receiver<()>) = channel();
        (end, move || {
            let _ = wait.recv();
        })
    }

    fn settle(guard: &Guard, content: &Bytes) -> bool {
        (0..1_000).any(|_| {
            thread::sleep(Duration::from_millis(10));
            guard.apart(LONG, content, || ()).is_ok()
        })
    }

    #[test]
    fn what_hangs_is_left_behind_and_what_follows_is_done() {
        let guard = Guard::default();
        let content = Bytes::from(b"x");
        let (end, act) = hangs();
        assert_eq!(guard.apart(MOMENT, &content, act), Err(Undone::Abandoned));
        assert_eq!(guard.apart(LONG, &content, || 7), Ok(7));
        assert_eq!(guard.apart(LONG, &content, || panic!("on purpose")), Err::<(), _>(Undone::Failed));
        assert_eq!(guard.apart(LONG, &content, || 8), Ok(8));
        drop(end);
    }

    #[test]
    fn short_content_is_asked_about_where_the_caller_is_and_longer_content_is_not() {
        let guard = Guard::default();
        let here = thread::current().id();
        let asked = |length| guard.within(LONG, &Bytes::from(vec![0; length]), || thread::current().id());
        assert_eq!(asked(SHORT), Ok(here));
        assert_ne!(asked(SHORT + 1).unwrap(), here);
        let failed = guard.within(LONG, &Bytes::from(b"x"), || panic!("on purpose"));
        assert_eq!(failed, Err::<(), _>(Undone::Failed));
    }

    #[test]
    fn a_thread_is_used_again_and_holds_nothing_after_its_answer() {
        let guard = Guard::default();
        let mut buffer = Arc::new(vec![1_u8; 8]);
        let mut threads = Vec::new();
        for _ in 0..10 {
            let content = Bytes::beginning(&buffer, 4);
            let held = content.clone();
            threads.push(guard.apart(LONG, &content, move || (held.len(), thread::current().id())).unwrap());
            drop(content);
            assert!(Arc::get_mut(&mut buffer).is_some());
        }
        threads.dedup();
        assert_eq!(threads.len(), 1);
        assert_eq!(threads[0].0, 4);
    }

    #[test]
    fn past_so_many_left_behind_nothing_is_begun_until_one_ends() {
        let guard = Guard::default();
        let content = Bytes::from(b"x");
        let ends: Vec<_> = (0..SCANS)
            .map(|_| {
                let (end, act) = hangs();
                assert_eq!(guard.apart(MOMENT, &content, act), Err(Undone::Abandoned));
                end
            })
            .collect();
        assert_eq!(guard.apart(LONG, &content, || ()), Err(Undone::NotBegun));
        drop(ends);
        assert!(settle(&guard, &content));
    }

    #[test]
    fn content_held_by_what_was_left_behind_is_bounded_and_told_to_its_account() {
        struct Told(AtomicUsize);
        impl MemoryAccount for Told {
            fn left_behind(&self) {
                self.0.fetch_add(1, Ordering::Relaxed);
            }
        }
        let guard = Guard::default();
        let told = Arc::new(Told(AtomicUsize::new(0)));
        let large = Bytes::from(vec![0; BYTES]).on(Arc::clone(&told));
        let (end, act) = hangs();
        let held = large.clone();
        let holds = move || {
            act();
            drop(held);
        };
        assert_eq!(guard.apart(MOMENT, &large, holds), Err(Undone::Abandoned));
        assert_eq!(told.0.load(Ordering::Relaxed), 1);
        assert_eq!(guard.apart(LONG, &large, || ()), Err(Undone::NotBegun));
        assert_eq!(guard.apart(LONG, &Bytes::from(b""), || ()), Ok(()), "what holds nothing is done still");
        drop(end);
        assert!(settle(&guard, &large));
        drop(large);
        assert_eq!(Arc::strong_count(&told), 1, "what was held is given back");
    }
}
