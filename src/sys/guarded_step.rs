//! Work under a time limit whose results more than one reader needs.
//!
//! In: a limit and the work. The work runs on a thread of its own and adds to its results as it goes. Out: the results
//! and how the work ended, the same for every reader. When the limit passes, the thread is left behind (see
//! [`super::time_limit`]), and the results are those found until then. When the step is dropped, nobody reads the results:
//! the work ends at the next one that it adds.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Stopwatch;
use super::time_limit;
use super::time_limit::Ended;

/// Work that was started, with its limit. `T` is what it finds.
pub(crate) struct GuardedStep<T: Default> {
    limit: Duration,
    watch: Stopwatch,
    shared: Arc<Shared<T>>,
}

/// How the work ended.
pub(crate) struct StepOutcome<T> {
    /// Everything found until the end.
    pub(crate) found: T,
    /// Why it is not complete: [`io::ErrorKind::TimedOut`] when the limit passed.
    pub(crate) failure: Option<io::Error>,
}

/// The handle by which the work reports what it finds.
pub(crate) struct StepProgress<T>(Arc<Shared<T>>);

struct Shared<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

enum State<T> {
    Running(T, Option<Ended>),
    Over(Arc<StepOutcome<T>>),
}

impl<T: Default + Send + Sync + 'static> GuardedStep<T> {
    /// Starts the work.
    pub(crate) fn start(limit: Duration, work: impl FnOnce(&StepProgress<T>) + Send + 'static) -> Self {
        let state = Mutex::new(State::Running(T::default(), None));
        let shared = Arc::new(Shared { state, changed: Condvar::new() });
        let progress = StepProgress(Arc::clone(&shared));
        let watch = Stopwatch::start();
        match time_limit::start(move || {
            let ending = Ending(&progress.0);
            work(&progress);
            drop(ending);
        }) {
            Ok(ended) => {
                if let State::Running(_, thread) = &mut *shared.lock() {
                    *thread = Some(ended);
                }
            }
            Err(error) => drop(shared.lock().end(Some(error))),
        }
        Self { limit, watch, shared }
    }

    /// Waits until the work ends or its limit passes, counted from its start.
    pub(crate) fn outcome(&self) -> Arc<StepOutcome<T>> {
        let left = self.limit.saturating_sub(self.watch.elapsed());
        let running = |state: &mut State<T>| matches!(state, State::Running(..));
        let waiting = self.shared.changed.wait_timeout_while(self.shared.lock(), left, running);
        let (mut state, _) = waiting.unwrap_or_else(PoisonError::into_inner);
        if let State::Running(_, Some(thread)) = &*state {
            time_limit::give_up(thread);
        }
        let text = format!("no end within {} s; what was found until then is kept", self.limit.as_secs());
        let outcome = state.end(Some(io::Error::new(io::ErrorKind::TimedOut, text)));
        drop(state);
        self.shared.changed.notify_all();
        outcome
    }
}

/// A run that stops early must not leave work behind that reads the target.
impl<T: Default> Drop for GuardedStep<T> {
    fn drop(&mut self) {
        self.shared.lock().end(None);
    }
}

impl<T> StepProgress<T> {
    /// Adds to what was found; `None` once nobody waits for it any more.
    pub(crate) fn add<R>(&self, add: impl FnOnce(&mut T) -> R) -> Option<R> {
        match &mut *self.0.lock() {
            State::Running(found, _) => Some(add(found)),
            State::Over(_) => None,
        }
    }
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Default> State<T> {
    /// Ends it with this failure, unless it has ended already.
    fn end(&mut self, failure: Option<io::Error>) -> Arc<StepOutcome<T>> {
        match self {
            Self::Over(outcome) => Arc::clone(outcome),
            Self::Running(found, _) => {
                let outcome = Arc::new(StepOutcome { found: std::mem::take(found), failure });
                *self = Self::Over(Arc::clone(&outcome));
                outcome
            }
        }
    }
}

/// Ends the step in whatever way its thread ends.
struct Ending<'a, T: Default>(&'a Shared<T>);

impl<T: Default> Drop for Ending<'_, T> {
    fn drop(&mut self) {
        let panicked = std::thread::panicking();
        let failure = panicked.then(|| io::Error::other("the tool itself failed at this"));
        self.0.lock().end(failure);
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    const LONG: Duration = Duration::from_mins(10);

    #[test]
    fn every_reader_gets_all_that_was_found() {
        let step = GuardedStep::start(LONG, |progress: &StepProgress<Vec<u32>>| {
            assert!((0..3).all(|number| progress.add(|found| found.push(number)).is_some()));
        });
        for _ in 0..2 {
            let outcome = step.outcome();
            assert!(outcome.failure.is_none(), "{:?}", outcome.failure);
            assert_eq!(outcome.found, [0, 1, 2]);
        }
    }

    #[test]
    fn what_was_found_before_the_limit_stays_and_later_finds_are_refused() {
        let (silent, speaking) = io::pipe().unwrap();
        let (blocked, reached) = channel();
        let (done, refused) = channel();
        let step = GuardedStep::start(Duration::ZERO, move |progress: &StepProgress<Vec<u32>>| {
            progress.add(|found| found.push(7));
            blocked.send(()).unwrap();
            drop(io::read_to_string(silent));
            done.send(progress.add(|found| found.push(8))).unwrap();
        });
        reached.recv().unwrap();
        for _ in 0..2 {
            let outcome = step.outcome();
            assert_eq!(outcome.found, [7]);
            assert_eq!(outcome.failure.as_ref().unwrap().kind(), io::ErrorKind::TimedOut);
        }
        drop(speaking);
        assert_eq!(refused.recv().unwrap(), None);
        assert_eq!(step.outcome().found, [7]);
    }

    #[test]
    fn work_of_a_step_that_was_dropped_is_refused_its_finds() {
        let (drop_it, dropped) = channel();
        let (done, refused) = channel();
        let step = GuardedStep::start(LONG, move |progress: &StepProgress<Vec<u32>>| {
            dropped.recv().unwrap();
            done.send(progress.add(|found| found.push(1))).unwrap();
        });
        drop(step);
        drop_it.send(()).unwrap();
        assert_eq!(refused.recv().unwrap(), None);
    }

    #[test]
    fn a_panic_is_the_outcome_of_its_step() {
        let step = GuardedStep::start(LONG, |progress: &StepProgress<Vec<u32>>| {
            progress.add(|found| found.push(1));
            panic!("on purpose");
        });
        let outcome = step.outcome();
        assert_eq!(outcome.found, [1]);
        assert_eq!(outcome.failure.as_ref().unwrap().kind(), io::ErrorKind::Other);
    }
}
