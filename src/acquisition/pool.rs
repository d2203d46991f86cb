//! The workers' queues: boxed tasks, and parts of tasks that another worker can do meanwhile.
//!
//! In: closures. Out: each is run once, by one worker, with that worker's own [`WorkerContext`]. What they do is not known
//! here. A task may wait for parts; a part never waits. A worker that waits in the midst of a task does parts meanwhile,
//! and begins no further task, so no worker ever waits for another that waits for it. A panic ends the task or part it is
//! in and nothing else: whoever waits for its answer finds the channel closed.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::budget::PIECE;
use super::context::RunContext;
use crate::bundle::Deflater;

/// Something to do for whichever worker takes it.
pub(super) type Task = Box<dyn FnOnce(&mut WorkerContext<'_>) + Send>;

/// The state of a worker: the run, and buffers that are kept from task to task, so that they are allocated once.
pub(super) struct WorkerContext<'a> {
    pub(super) run: &'a RunContext<'a>,
    pool: &'a Pool,
    pub(super) deflater: Deflater,
    /// Room for the first piece of an item.
    pub(super) buffer: Vec<u8>,
}

impl<'a> WorkerContext<'a> {
    pub(super) fn new(run: &'a RunContext<'a>, pool: &'a Pool) -> Self {
        Self { run, pool, deflater: Deflater::new(run.settings.level), buffer: vec![0; PIECE] }
    }

    /// Does a part of this worker's task: on another worker if one is idle, else here.
    pub(super) fn share(&mut self, part: impl FnOnce(&mut WorkerContext<'_>) + Send + 'static) {
        if let Some(part) = self.pool.offer(part) {
            part(self);
        }
    }

    /// Queues a part of this worker's task for the first worker that is idle or waits.
    pub(super) fn defer(&self, part: impl FnOnce(&mut WorkerContext<'_>) + Send + 'static) {
        self.pool.put_part(Box::new(part));
    }

    /// Waits until `ready`, and does parts of other tasks meanwhile. Whoever makes it ready calls [`Pool::nudge`].
    pub(super) fn help_until(&mut self, ready: impl Fn() -> bool) {
        while let Some(part) = self.pool.part_unless(&ready) {
            self.perform(part);
        }
    }

    /// Wakes workers that wait in [`Self::help_until`].
    pub(super) fn nudge(&self) {
        self.pool.nudge();
    }

    fn perform(&mut self, task: Task) {
        if catch_unwind(AssertUnwindSafe(|| task(self))).is_err() {
            // State of these buffers that the panic left behind must not reach the next item.
            (self.deflater, self.buffer) = (Deflater::new(self.run.settings.level), vec![0; PIECE]);
            self.nudge();
        }
    }
}

/// The queues of a run.
pub(super) struct Pool {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    tasks: VecDeque<Task>,
    /// Parts for which an idle worker existed when they came: the writer may be waiting for them.
    offered: VecDeque<Task>,
    parts: VecDeque<Task>,
    /// Workers that wait, for anything.
    idle: usize,
    /// Those of them that wait within a task, and begin no further one.
    busy: usize,
    closed: bool,
}

impl State {
    fn part(&mut self) -> Option<Task> {
        self.offered.pop_front().or_else(|| self.parts.pop_front())
    }
}

impl Pool {
    pub(super) fn new() -> Self {
        Self { state: Mutex::new(State::default()), changed: Condvar::new() }
    }

    /// Works until the pool is closed and nothing is left.
    pub(super) fn work(&self, run: &RunContext<'_>) {
        let mut context = WorkerContext::new(run, self);
        while let Some(task) = self.next() {
            context.perform(task);
        }
    }

    /// Queues a task. The caller limits their number.
    pub(super) fn put(&self, task: Task) {
        let mut state = self.lock();
        state.tasks.push_back(task);
        let busy = state.busy > 0;
        drop(state);
        // One that begins no tasks could otherwise swallow the wake-up.
        if busy { self.changed.notify_all() } else { self.changed.notify_one() }
    }

    /// Wakes those that wait in [`WorkerContext::help_until`], after what they wait for has changed.
    pub(super) fn nudge(&self) {
        // Taking the lock orders the change before the waiter's next look.
        drop(self.lock());
        self.changed.notify_all();
    }

    /// Whether a worker waits in [`WorkerContext::help_until`].
    #[cfg(test)]
    pub(super) fn has_waiting(&self) -> bool {
        self.lock().busy > 0
    }

    fn put_part(&self, part: Task) {
        self.lock().parts.push_back(part);
        self.changed.notify_all();
    }

    /// Queues a part if a worker is idle for it; otherwise returns it.
    fn offer<F: FnOnce(&mut WorkerContext<'_>) + Send + 'static>(&self, part: F) -> Option<F> {
        let mut state = self.lock();
        if state.idle <= state.offered.len() {
            return Some(part);
        }
        state.offered.push_back(Box::new(part));
        drop(state);
        self.changed.notify_all();
        None
    }

    /// Waits for the next task or part; parts come first. `None` once the pool is closed and empty.
    fn next(&self) -> Option<Task> {
        let mut state = self.lock();
        loop {
            if let Some(task) = state.part().or_else(|| state.tasks.pop_front()) {
                return Some(task);
            }
            if state.closed {
                return None;
            }
            state = self.rest(state);
        }
    }

    /// Waits for a part to do; `None` as soon as `ready`.
    fn part_unless(&self, ready: &impl Fn() -> bool) -> Option<Task> {
        let mut state = self.lock();
        loop {
            if ready() {
                return None;
            }
            if let Some(part) = state.part() {
                return Some(part);
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

    fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Closes the pool when dropped: workers end once the queues are empty.
pub(super) struct PoolClosing<'a>(pub(super) &'a Pool);

impl Drop for PoolClosing<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{RecvTimeoutError, Sender, TryRecvError, channel};
    use std::thread;

    use super::*;
    use crate::acquisition::fixture::Fixture;

    fn says(word: &'static str, to: &Sender<&'static str>) -> Task {
        let to = to.clone();
        Box::new(move |_| to.send(word).unwrap())
    }

    #[test]
    fn parts_are_done_before_tasks_and_all_before_the_end() {
        let (fixture, pool) = (Fixture::of(b""), Pool::new());
        let (to, words) = channel();
        pool.put(says("task", &to));
        pool.put(says("another", &to));
        pool.put_part(says("part", &to));
        drop(PoolClosing(&pool));
        pool.work(&fixture.run());
        assert_eq!(words.try_iter().collect::<Vec<_>>(), ["part", "task", "another"]);
    }

    #[test]
    fn a_worker_that_waits_does_parts_and_begins_no_task() {
        let (fixture, pool) = (Fixture::of(b""), Pool::new());
        let run = fixture.run();
        let (to, words) = channel();
        pool.put(says("task", &to));
        pool.put_part(says("part", &to));
        let mut done = Vec::new();
        let done_at = std::cell::RefCell::new(&mut done);
        WorkerContext::new(&run, &pool).help_until(|| {
            done_at.borrow_mut().extend(words.try_iter());
            !done_at.borrow().is_empty()
        });
        assert_eq!(done, ["part"]);
    }

    #[test]
    fn a_part_is_done_at_once_where_no_worker_is_idle() {
        let (fixture, pool) = (Fixture::of(b""), Pool::new());
        let run = fixture.run();
        let (to, threads) = channel();
        WorkerContext::new(&run, &pool).share(move |_| to.send(thread::current().id()).unwrap());
        assert_eq!(threads.try_recv(), Ok(thread::current().id()));
    }

    #[test]
    fn a_part_is_done_by_a_worker_that_is_idle() {
        let (fixture, pool) = (Fixture::of(b""), Pool::new());
        let run = fixture.run();
        thread::scope(|scope| {
            let _closing = PoolClosing(&pool);
            let worker = scope.spawn(|| pool.work(&run)).thread().id();
            while pool.lock().idle == 0 {
                thread::yield_now();
            }
            let (to, threads) = channel();
            WorkerContext::new(&run, &pool).share(move |_| to.send(thread::current().id()).unwrap());
            assert_eq!(threads.recv(), Ok(worker));
        });
    }

    #[test]
    fn a_panic_ends_the_part_it_is_in_and_whoever_waits_for_it_goes_on() {
        let (fixture, pool) = (Fixture::of(b""), Pool::new());
        let run = fixture.run();
        let (to, answer) = channel::<()>();
        let mut context = WorkerContext::new(&run, &pool);
        context.buffer.clear();
        context.defer(move |_| {
            let _to = to;
            panic!("on purpose");
        });
        context.help_until(|| answer.try_recv() == Err(TryRecvError::Disconnected));
        assert_eq!(context.buffer.len(), PIECE, "what it left half done is gone");
    }

    #[test]
    fn a_panic_of_a_task_ends_no_worker() {
        let (fixture, pool) = (Fixture::of(b""), Pool::new());
        let (to, words) = channel();
        pool.put(Box::new(|_| panic!("on purpose")));
        pool.put(says("task", &to));
        drop(to);
        drop(PoolClosing(&pool));
        pool.work(&fixture.run());
        assert_eq!(words.recv(), Ok("task"));
        assert_eq!(words.recv_timeout(std::time::Duration::ZERO), Err(RecvTimeoutError::Disconnected));
    }
}
