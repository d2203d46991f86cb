//! Threads on which rules are asked, so that one that does not come to its end can be left behind.
//!
//! An engine looks at its clock only between its steps, and one step of a rule that somebody made for it takes minutes.
//! Nothing can take such a step back. So whoever wants something scanned hands it to a thread that waits here, sleeps
//! until the answer comes, and goes on without it where it does not. What that costs where nothing hangs is two wake-ups
//! a scan; threads are used again. A thread left behind ends when its step does, or with the process, which waits for
//! none of them.
//!
//! In: something to do, how long it may take, and the content that it holds. Out: what came of it, or why nothing did.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::{Bytes, SCAN_LIMIT};

/// Scans left behind at most, each on a core of the host; past them nothing more is scanned until one ends.
const SCANS: usize = 16;

/// Content that they may hold together: two of the largest.
const BYTES: usize = SCAN_LIMIT << 1;

/// Content that is asked about without another thread: what one string costs grows at worst by the cube of the length, and
/// is about a second here (at four times the length, a minute). So short are most settings of a system, and there the
/// two wake-ups would cost more than the scan.
const SHORT: usize = 1 << 10;

/// Threads that are ready for the next scan, and those left behind.
#[derive(Default)]
pub(super) struct Guard {
    idle: Mutex<Vec<SyncSender<Task>>>,
    left: Arc<Left>,
}

type Task = Box<dyn FnOnce() + Send>;

/// What scans left behind hold.
#[derive(Default)]
struct Left {
    scans: AtomicUsize,
    bytes: AtomicUsize,
}

/// Why nothing came of a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Undone {
    /// Its time was over, and it goes on by itself.
    LeftBehind,
    /// It was not begun: too many were left behind before it.
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
        let (scans, bytes) =
            (self.left.scans.load(Ordering::Relaxed), self.left.bytes.load(Ordering::Relaxed));
        if scans >= SCANS || (scans > 0 && bytes.saturating_add(content.len()) > BYTES) {
            return Err(Undone::NotBegun);
        }
        let (answer, answered) = sync_channel(1);
        let state = Arc::new(AtomicU8::new(RUNNING));
        let (left, length, ended) = (Arc::clone(&self.left), content.len(), Arc::clone(&state));
        let task: Task = Box::new(move || {
            // What the act held is gone before anybody hears of its end.
            let done = catch_unwind(AssertUnwindSafe(act));
            if ended.swap(ENDED, Ordering::AcqRel) == LEFT_BEHIND {
                left.gone(length);
            }
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
                self.left.one_more(length);
                if state.swap(LEFT_BEHIND, Ordering::AcqRel) == ENDED {
                    self.left.gone(length);
                } else {
                    content.left_behind();
                }
                Err(Undone::LeftBehind)
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

const RUNNING: u8 = 0;
const ENDED: u8 = 1;
const LEFT_BEHIND: u8 = 2;

impl Left {
    fn one_more(&self, bytes: usize) {
        self.scans.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    fn gone(&self, bytes: usize) {
        self.scans.fetch_sub(1, Ordering::Relaxed);
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;
    use crate::scan::bytes::Account;

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
        assert_eq!(guard.apart(MOMENT, &content, act), Err(Undone::LeftBehind));
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
                assert_eq!(guard.apart(MOMENT, &content, act), Err(Undone::LeftBehind));
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
        impl Account for Told {
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
        assert_eq!(guard.apart(MOMENT, &large, holds), Err(Undone::LeftBehind));
        assert_eq!(told.0.load(Ordering::Relaxed), 1);
        assert_eq!(guard.apart(LONG, &large, || ()), Err(Undone::NotBegun));
        assert_eq!(guard.apart(LONG, &Bytes::from(b""), || ()), Ok(()), "what holds nothing is done still");
        drop(end);
        assert!(settle(&guard, &large));
        drop(large);
        assert_eq!(Arc::strong_count(&told), 1, "what was held is given back");
    }
}
