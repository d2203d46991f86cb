//! A time limit for what may hang: dead network mounts, `/proc`, file systems that a program answers for.
//!
//! A system call that hangs cannot be taken back, so it is made on a thread of its own, which is left behind when the
//! limit passes. What came until then is kept.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::abandoned::{Abandoned, Call};

/// How long one system call on a guarded file system may take.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);

/// Threads left behind at most, each with its stack; past them, guarded places are given up at once. One that comes to
/// its end after all no longer counts.
const MAX_LOST: usize = 16;

/// The same for files of local disks: one driver that does not answer must not end the reading of all others, and each
/// costs its limit in time.
const MAX_LOST_LOCALLY: usize = 128;

/// Threads that wait for the next call, at most: a thread a call would be dear where every file is asked for so.
const MAX_IDLE: usize = 16;

/// Chunks under way between the reading thread and whoever takes them.
const CHUNKS: usize = 4;

/// Size of one chunk.
const CHUNK: usize = 64 << 10;

/// The calls that were given up on, each with its thread.
static LOST: LazyLock<Arc<Abandoned>> = LazyLock::new(Arc::default);

/// Those of them that asked a local disk.
static LOST_LOCALLY: LazyLock<Arc<Abandoned>> = LazyLock::new(Arc::default);

/// What a thread is given to do.
type Job = Box<dyn FnOnce() + Send>;

/// The threads that wait, by the way to give them something to do.
static IDLE: Mutex<Vec<SyncSender<Job>>> = Mutex::new(Vec::new());

/// The number of calls that hung so long that their threads were given up on, in this run; those included that ended after
/// all.
pub(crate) fn abandoned() -> usize {
    LOST.total().saturating_add(LOST_LOCALLY.total())
}

/// Does `act` on a thread of its own and gives up after `limit`.
pub(crate) fn within<T: Send + 'static>(
    limit: Duration,
    act: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    within_of(&LOST, MAX_LOST, limit, act)
}

/// Asks a local disk, which hardly ever hangs, in the same way.
pub(crate) fn watched<T: Send + 'static>(
    limit: Duration,
    act: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    within_of(&LOST_LOCALLY, MAX_LOST_LOCALLY, limit, act)
}

fn within_of<T: Send + 'static>(
    lost: &Arc<Abandoned>,
    most: usize,
    limit: Duration,
    act: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let (sender, receiver) = sync_channel(1);
    let thread = start_of(lost, most, move || drop(sender.send(act())))?;
    receive(&receiver, limit, &thread)?
        .unwrap_or_else(|| Err(io::Error::other("the reading thread ended without an answer")))
}

/// Does one thing after another on a thread of its own; where one takes longer than the limit, it is given up and a new
/// thread does those that follow. What it costs where nothing hangs is two messages each, not a thread.
pub(crate) struct OneByOne<Q, A> {
    limit: Duration,
    act: Arc<dyn Fn(Q) -> A + Send + Sync>,
    running: Option<(SyncSender<Q>, Receiver<A>, Ended)>,
}

impl<Q: Send + 'static, A: Send + 'static> OneByOne<Q, A> {
    pub(crate) fn new(limit: Duration, act: impl Fn(Q) -> A + Send + Sync + 'static) -> Self {
        Self { limit, act: Arc::new(act), running: None }
    }

    /// Does it for one.
    pub(crate) fn ask(&mut self, question: Q) -> io::Result<A> {
        let gone = || io::Error::other("the reading thread ended without an answer");
        let (questions, answers, thread) = match self.running.take() {
            Some(running) => running,
            None => self.start()?,
        };
        questions.send(question).map_err(|_| gone())?;
        let answer = receive(&answers, self.limit, &thread)?.ok_or_else(gone)?;
        self.running = Some((questions, answers, thread));
        Ok(answer)
    }

    fn start(&self) -> io::Result<(SyncSender<Q>, Receiver<A>, Ended)> {
        let (questions, asked) = sync_channel(1);
        let (answer, answers) = sync_channel(1);
        let act = Arc::clone(&self.act);
        let thread = start(move || {
            for question in asked {
                if answer.send(act(question)).is_err() {
                    return;
                }
            }
        })?;
        Ok((questions, answers, thread))
    }
}

/// Reads on a thread of its own, at most `most` bytes.
pub(crate) struct Reader {
    chunks: Receiver<io::Result<Vec<u8>>>,
    current: Vec<u8>,
    taken: usize,
    limit: Duration,
    thread: Ended,
    over: bool,
}

impl Reader {
    /// Starts to read `source` ahead.
    pub(crate) fn start(
        mut source: impl io::Read + Send + 'static,
        most: u64,
        limit: Duration,
    ) -> io::Result<Self> {
        let (sender, chunks) = sync_channel(CHUNKS);
        let thread = start(move || read_ahead(&mut source, most, &sender))?;
        Ok(Self { chunks, current: Vec::new(), taken: 0, limit, thread, over: false })
    }

    /// Gives the next bytes; 0 at the end, [`io::ErrorKind::TimedOut`] where nothing came within the limit.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.taken >= self.current.len() {
            if self.over {
                return Ok(0);
            }
            match receive(&self.chunks, self.limit, &self.thread) {
                Ok(Some(Ok(chunk))) => (self.current, self.taken) = (chunk, 0),
                Ok(None) => self.over = true,
                Ok(Some(Err(error))) | Err(error) => {
                    self.over = true;
                    return Err(error);
                }
            }
        }
        let ready = self.current.get(self.taken..).unwrap_or_default();
        let count = ready.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..count), ready.get(..count)) {
            to.copy_from_slice(from);
        }
        self.taken = self.taken.saturating_add(count);
        Ok(count)
    }
}

fn read_ahead(source: &mut impl io::Read, most: u64, sender: &SyncSender<io::Result<Vec<u8>>>) {
    let mut left = most;
    while left > 0 {
        let mut chunk = vec![0; CHUNK.min(usize::try_from(left).unwrap_or(CHUNK))];
        match source.read(&mut chunk) {
            Ok(0) => return,
            Ok(count) => {
                chunk.truncate(count);
                left = left.saturating_sub(u64::try_from(count).unwrap_or(u64::MAX));
                if sender.send(Ok(chunk)).is_err() {
                    return;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                drop(sender.send(Err(error)));
                return;
            }
        }
    }
}

/// A call that runs on its own thread, known to that thread and to the one that waits for it.
pub(crate) type Ended = Arc<Call>;

/// Ends a call when it is dropped, so that one that panics does not count as hanging for ever.
struct EndsCall(Ended);

impl Drop for EndsCall {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// Starts a thread that may have to be left behind.
pub(crate) fn start(act: impl FnOnce() + Send + 'static) -> io::Result<Ended> {
    start_of(&LOST, MAX_LOST, act)
}

fn start_of(lost: &Arc<Abandoned>, most: usize, act: impl FnOnce() + Send + 'static) -> io::Result<Ended> {
    if lost.calls() >= most {
        return Err(io::Error::new(io::ErrorKind::TimedOut, "too many reads hang already"));
    }
    let call = lost.call(0);
    let ending = EndsCall(Arc::clone(&call));
    let mut job: Job = Box::new(move || {
        let _ending = ending;
        act();
    });
    // One that has ended meanwhile gives the job back.
    while let Some(idle) = next_idle() {
        match idle.try_send(job) {
            Ok(()) => return Ok(call),
            Err(TrySendError::Full(back) | TrySendError::Disconnected(back)) => job = back,
        }
    }
    thread::Builder::new().name("guarded".to_owned()).spawn(move || work(job))?;
    Ok(call)
}

/// Does one job after another, for as long as there are not too many threads that wait for one.
fn work(mut job: Job) {
    loop {
        job();
        let (sender, jobs) = sync_channel(1);
        {
            let mut idle = idle_threads();
            if idle.len() >= MAX_IDLE {
                return;
            }
            idle.push(sender);
        }
        match jobs.recv() {
            Ok(next) => job = next,
            Err(_) => return,
        }
    }
}

fn next_idle() -> Option<SyncSender<Job>> {
    idle_threads().pop()
}

fn idle_threads() -> MutexGuard<'static, Vec<SyncSender<Job>>> {
    IDLE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits for a message; `None` where the thread has ended without one.
fn receive<T>(receiver: &Receiver<T>, limit: Duration, thread: &Call) -> io::Result<Option<T>> {
    match receiver.recv_timeout(limit) {
        Ok(message) => Ok(Some(message)),
        Err(RecvTimeoutError::Disconnected) => Ok(None),
        Err(RecvTimeoutError::Timeout) => {
            give_up(thread);
            let text = format!("no answer within {} s", limit.as_secs());
            Err(io::Error::new(io::ErrorKind::TimedOut, text))
        }
    }
}

/// Leaves a thread behind: it counts as lost until it comes to its end.
pub(crate) fn give_up(thread: &Call) {
    thread.abandon();
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(50);

    #[test]
    fn a_call_that_panics_has_ended_and_does_not_count_as_hanging() {
        let (done, ended) = std::sync::mpsc::channel::<()>();
        let call = start(move || {
            let _done = done;
            panic!("a reader fell over");
        })
        .unwrap();
        // The sender is dropped while the thread unwinds, and the call is ended right after.
        assert!(ended.recv().is_err());
        while Arc::strong_count(&call) > 1 {
            thread::yield_now();
        }
        assert!(!call.abandon());
    }

    #[test]
    fn a_read_that_hangs_is_given_up_and_what_came_before_is_kept() {
        let (silent, mut speaking) = io::pipe().unwrap();
        io::Write::write_all(&mut speaking, b"what came").unwrap();
        let mut reader = Reader::start(silent, u64::MAX, SHORT).unwrap();
        let mut buffer = [0; 64];
        assert_eq!(reader.read(&mut buffer).unwrap(), 9);
        assert_eq!(&buffer[..9], b"what came");
        assert_eq!(reader.read(&mut buffer).unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert_eq!(reader.read(&mut buffer).unwrap(), 0);
    }

    #[test]
    fn an_endless_source_ends_at_the_limit_of_bytes() {
        let mut reader = Reader::start(io::repeat(7), 200_000, SHORT).unwrap();
        let (mut all, mut buffer) = (0, [0; 1000]);
        while let Ok(count @ 1..) = reader.read(&mut buffer) {
            all += count;
        }
        assert_eq!(all, 200_000);
    }

    #[test]
    fn a_call_that_hangs_is_given_up_and_counted() {
        let (silent, speaking) = io::pipe().unwrap();
        let before = abandoned();
        let hanging = within(SHORT, move || io::read_to_string(silent));
        assert_eq!(hanging.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert!(abandoned() > before);
        drop(speaking);
        assert_eq!(within(SHORT, || Ok(5)).unwrap(), 5);
    }

    #[test]
    fn local_disks_and_other_places_do_not_use_up_each_others_guard() {
        let hang = || {
            let (silent, speaking) = io::pipe().unwrap();
            let late = watched(Duration::from_millis(1), move || io::read_to_string(silent));
            (late.unwrap_err().to_string(), speaking)
        };
        let (lates, held): (Vec<_>, Vec<_>) = (0..=MAX_LOST).map(|_| hang()).unzip();
        assert!(lates.iter().all(|late| late.starts_with("no answer")), "{lates:?}");
        assert_eq!(watched(SHORT, || Ok(7)).unwrap(), 7, "more than {MAX_LOST} of a local disk hang");
        drop(held);
    }

    #[test]
    fn a_thread_whose_call_has_ended_takes_the_next_one() {
        let id = || watched(Duration::from_mins(1), || Ok(thread::current().id())).unwrap();
        let ids: std::collections::BTreeSet<_> = (0..200).map(|_| format!("{:?}", id())).collect();
        // Other tests take and give back threads meanwhile.
        assert!(ids.len() < 150, "{} threads for 200 calls", ids.len());
    }

    #[test]
    fn one_of_many_that_hangs_is_given_up_and_those_after_it_are_done() {
        let (silent, speaking) = io::pipe().unwrap();
        let silent = Mutex::new(silent);
        let mut many = OneByOne::new(Duration::from_secs(2), move |number| {
            if number == 3 {
                drop(io::read_to_string(&mut *silent.lock().unwrap()));
            }
            assert!(number != 6, "on purpose");
            number * 2
        });
        // Other tests leave threads behind meanwhile; while there are too many of them, nothing is begun.
        let mut ask = |number| {
            for _ in 0..1_000 {
                match many.ask(number) {
                    Err(error) if error.to_string().contains("hang already") => {
                        thread::sleep(Duration::from_millis(10));
                    }
                    answer => return answer.map_err(|error| error.kind()),
                }
            }
            panic!("the guard gives everything up");
        };
        let answers: Vec<_> = (1..8).map(&mut ask).collect();
        let (late, failed) = (Err(io::ErrorKind::TimedOut), Err(io::ErrorKind::Other));
        assert_eq!(answers, [Ok(2), Ok(4), late, Ok(8), Ok(10), failed, Ok(14)]);
        drop(speaking);
    }

    #[test]
    fn slow_calls_that_come_to_an_end_do_not_use_up_the_guard() {
        for _ in 0..2 * MAX_LOST {
            let (silent, speaking) = io::pipe().unwrap();
            assert!(within(Duration::from_millis(1), move || io::read_to_string(silent)).is_err());
            drop(speaking);
        }
        // The last of them may be on their way still.
        let mut tries = 0..1_000;
        while within(SHORT, || Ok(())).is_err() {
            assert!(tries.next().is_some(), "the guard gives everything up");
            thread::sleep(Duration::from_millis(10));
        }
    }
}
