//! The sink as the writer has it: shared by two owners, and on a separate thread where it performs real I/O.
//!
//! In: ciphertext from age's writer, and marks from the bundle's. Out: the same to a [`Sink`], in order. Hashing and
//! the file system take as long as the encryption; on a separate thread they cost the writer one copy, and
//! incompressible data runs at the speed of age. The first failure of the thread is returned by the next call. A sink
//! in memory is called directly, so that tests see each byte when it is written.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use super::syncer::State;
use super::{Finished, Medium, Sink};

/// Bytes that are passed on at a time.
const HANDFUL: usize = 256 * 1024;
/// Maximum number of buffers in the queue, 8 MiB with those being filled and written: a medium that pauses for a
/// tenth of a second, as file systems do when they commit, delays nobody.
const WAITING: usize = 30;

/// The sink, shared by age's writer, which returns its inner writer only at the end, and the bundle's writer.
#[derive(Clone)]
pub(in crate::bundle) struct Shared(Arc<Mutex<Hand>>);

enum Hand {
    Direct(Sink),
    Piped(Pipe),
}

/// The writer's end of the channel to the thread that owns the sink.
struct Pipe {
    path: Option<PathBuf>,
    state: State,
    filling: Vec<u8>,
    spare: Receiver<Vec<u8>>,
    messages: Option<SyncSender<Message>>,
    answers: Receiver<()>,
    /// Number of unanswered marks: 0 or 1.
    open: usize,
    failure: Arc<Mutex<Option<io::Error>>>,
    thread: Option<JoinHandle<Sink>>,
}

enum Message {
    Bytes(Vec<u8>),
    Sync { checkpoint: u64, items: u64 },
    Confirm,
}

impl Shared {
    pub(in crate::bundle) fn new(sink: Sink) -> io::Result<Self> {
        let hand = match &sink.medium {
            Medium::Memory(_) => Hand::Direct(sink),
            Medium::Files(_) | Medium::Stream(_) => Hand::Piped(Pipe::start(sink)?),
        };
        Ok(Self(Arc::new(Mutex::new(hand))))
    }

    /// Returns the requested name; `None` for a stream.
    pub(in crate::bundle) fn path(&self) -> Option<PathBuf> {
        self.with(|hand| match hand {
            Hand::Direct(sink) => sink.path().map(Path::to_path_buf),
            Hand::Piped(pipe) => pipe.path.clone(),
        })
    }

    /// Returns the confirmation state, which is available even after the sink is gone.
    pub(in crate::bundle) fn state(&self) -> State {
        self.with(|hand| match hand {
            Hand::Direct(sink) => sink.state(),
            Hand::Piped(pipe) => pipe.state.clone(),
        })
    }

    /// See [`Sink::sync`]. Waits until the previous mark was passed on, so that at most two checkpoints are
    /// unconfirmed.
    pub(in crate::bundle) fn sync(&self, checkpoint: u64, items: u64) -> io::Result<()> {
        self.with(|hand| match hand {
            Hand::Direct(sink) => sink.sync(checkpoint, items),
            Hand::Piped(pipe) => pipe.sync(checkpoint, items),
        })
    }

    /// See [`Sink::confirm`].
    pub(in crate::bundle) fn confirm(&self) -> io::Result<()> {
        self.with(|hand| match hand {
            Hand::Direct(sink) => sink.confirm(),
            Hand::Piped(pipe) => pipe.confirm(),
        })
    }

    /// See [`Sink::finish`], once the other owner has dropped its share.
    pub(in crate::bundle) fn finish(self, checkpoint: u64, items: u64) -> io::Result<Finished> {
        let alone = Arc::into_inner(self.0).ok_or_else(|| io::Error::other("the sink is still in use"))?;
        match alone.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Hand::Direct(sink) => sink.finish(checkpoint, items),
            Hand::Piped(mut pipe) => pipe.end()?.finish(checkpoint, items),
        }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Hand) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.with(|hand| match hand {
            Hand::Direct(sink) => sink.write(bytes),
            Hand::Piped(pipe) => pipe.write(bytes),
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Pipe {
    fn start(sink: Sink) -> io::Result<Self> {
        let (messages, received) = sync_channel(WAITING);
        let (give_back, spare) = channel();
        let (answer, answers) = channel();
        let failure = Arc::new(Mutex::new(None));
        let (path, state) = (sink.path().map(Path::to_path_buf), sink.state());
        let first_failure = Arc::clone(&failure);
        let thread = std::thread::Builder::new().name("sink".into()).spawn(move || {
            let mut sink = sink;
            if let Err(error) = drain(&mut sink, &received, &give_back, &answer) {
                *first_failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            }
            sink
        })?;
        Ok(Self {
            path,
            state,
            filling: Vec::with_capacity(HANDFUL),
            spare,
            messages: Some(messages),
            answers,
            open: 0,
            failure,
            thread: Some(thread),
        })
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.filling.len() >= HANDFUL {
            self.hand_over()?;
        }
        let room = HANDFUL.saturating_sub(self.filling.len()).min(bytes.len());
        self.filling.extend_from_slice(bytes.get(..room).unwrap_or_default());
        Ok(room)
    }

    fn sync(&mut self, checkpoint: u64, items: u64) -> io::Result<()> {
        self.hand_over()?;
        self.wait()?;
        self.open = 1;
        self.send(Message::Sync { checkpoint, items })
    }

    fn confirm(&mut self) -> io::Result<()> {
        self.wait()?;
        self.open = 1;
        self.send(Message::Confirm)?;
        self.wait()
    }

    /// Waits for the reply to the previous request.
    fn wait(&mut self) -> io::Result<()> {
        if self.open > 0 {
            self.open = 0;
            self.answers.recv().map_err(|_| self.why())?;
        }
        Ok(())
    }

    fn hand_over(&mut self) -> io::Result<()> {
        let next = self.spare.try_recv().unwrap_or_else(|_| Vec::with_capacity(HANDFUL));
        let full = std::mem::replace(&mut self.filling, next);
        self.send(Message::Bytes(full))
    }

    fn send(&self, message: Message) -> io::Result<()> {
        let sent = self.messages.as_ref().map(|messages| messages.send(message));
        match sent {
            Some(Ok(())) => Ok(()),
            Some(Err(_)) | None => Err(self.why()),
        }
    }

    /// Passes on the rest and takes the sink back.
    fn end(&mut self) -> io::Result<Sink> {
        let sent = self.hand_over();
        self.messages = None;
        let sink = self.thread.take().and_then(|thread| thread.join().ok());
        sent?;
        match self.failure.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(error) => Err(error),
            None => sink.ok_or_else(|| io::Error::other("the writer thread has ended")),
        }
    }

    fn why(&self) -> io::Error {
        let first_failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner).take();
        first_failure.unwrap_or_else(|| io::Error::other("an earlier write failed"))
    }
}

/// Writes the remaining bytes: they are evidence, even after an error elsewhere.
impl Drop for Pipe {
    fn drop(&mut self) {
        if self.thread.is_some() {
            let _ = self.end();
        }
    }
}

fn drain(
    sink: &mut Sink,
    messages: &Receiver<Message>,
    give_back: &Sender<Vec<u8>>,
    answer: &Sender<()>,
) -> io::Result<()> {
    for message in messages {
        match message {
            Message::Bytes(mut bytes) => {
                sink.write_all(&bytes)?;
                bytes.clear();
                // Nobody takes it back at the end.
                let _ = give_back.send(bytes);
            }
            Message::Sync { checkpoint, items } => {
                sink.sync(checkpoint, items)?;
                let _ = answer.send(());
            }
            Message::Confirm => {
                sink.confirm()?;
                let _ = answer.send(());
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Digest;

    #[test]
    fn all_bytes_come_out_in_order_and_marks_in_their_place() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("b.zip.age");
        let mut shared = Shared::new(Sink::file(&path, None).unwrap()).unwrap();
        let data: Vec<u8> = (0..3_000_000).flat_map(u32::to_le_bytes).collect();
        for (number, part) in data.chunks(1_000_001).enumerate() {
            shared.write_all(part).unwrap();
            shared.sync(number as u64 + 1, 7).unwrap();
        }
        let finished = shared.finish(99, 8).unwrap();
        assert_eq!(finished.sha256, Digest::of(&data));
        assert!(std::fs::read(&path).unwrap() == data);
    }

    #[test]
    fn a_mark_waits_for_the_one_before_the_last() {
        let directory = tempfile::tempdir().unwrap();
        let shared = Shared::new(Sink::file(&directory.path().join("b"), None).unwrap()).unwrap();
        for number in 1..50 {
            shared.sync(number, number).unwrap();
            assert!(
                shared.state().flushed().checkpoint + 2 >= number,
                "{:?} at {number}",
                shared.state().flushed()
            );
        }
    }

    #[test]
    fn what_was_confirmed_is_flushed() {
        let directory = tempfile::tempdir().unwrap();
        let shared = Shared::new(Sink::file(&directory.path().join("b"), None).unwrap()).unwrap();
        for number in 1..50 {
            shared.sync(number, number).unwrap();
            shared.confirm().unwrap();
            assert_eq!(shared.state().flushed().checkpoint, number);
        }
        shared.confirm().unwrap();
    }

    #[test]
    fn the_first_failure_of_the_thread_is_reported_once_and_nothing_is_complete() {
        struct Full(usize);
        impl Write for Full {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::StorageFull)?;
                Ok(bytes.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut shared = Shared::new(Sink::stream(Box::new(Full(1 << 20)))).unwrap();
        shared.write_all(b"safe").unwrap();
        shared.sync(1, 1).unwrap();
        let zeros = vec![0; 65_536];
        let error = (0..1_000).find_map(|_| shared.write_all(&zeros).err()).unwrap();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        assert!(shared.sync(2, 2).is_err());
        assert_eq!(shared.state().flushed().checkpoint, 1);
        assert!(shared.finish(3, 3).is_err());
    }

    #[test]
    fn what_was_taken_is_written_even_if_it_is_never_finished() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("b");
        let mut shared = Shared::new(Sink::file(&path, None).unwrap()).unwrap();
        shared.write_all(b"evidence").unwrap();
        drop(shared);
        assert_eq!(std::fs::read(&path).unwrap(), b"evidence");
    }
}
