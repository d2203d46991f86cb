//! Where a bundle's bytes go: a file, a row of split files, a stream, or memory in tests.
//!
//! In: ciphertext in order, and a mark at every checkpoint. Out: the bytes on the medium, their SHA-256, and what
//! of them the medium has confirmed. Confirming (fsync) may take seconds on a stick, so a thread of its own does
//! it; the next mark waits for it, so that at most two checkpoints are unconfirmed. A failed fsync is never
//! repeated: the kernel drops what it could not write, and a second one would say yes
//! (<https://wiki.postgresql.org/wiki/Fsync_Errors>).

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use sha2::Digest as _;

use super::Error;
use crate::evidence::Digest;

/// Largest file on FAT32.
pub const FAT32_LIMIT: u64 = 4 * 1024 * 1024 * 1024 - 1;

/// What the medium has confirmed: the last checkpoint whose fsync has returned.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flushed {
    /// Its number; 0 before the first.
    pub checkpoint: u64,
    /// Records in it and those before it.
    pub items: u64,
    /// Length of the ciphertext that is safe.
    pub bytes: u64,
}

/// The destination of a bundle. Opened by the caller, so that a bad one is known before anything is collected.
pub struct Sink {
    medium: Medium,
    hasher: sha2::Sha256,
    bytes: u64,
    syncer: Syncer,
    /// Set by the first failure: nothing is written after it, so that nothing is taken for complete.
    broken: bool,
}

/// The sink in two hands: age's writer, which never gives back what it wraps before its end, and the bundle's.
#[derive(Clone)]
pub(super) struct Shared(Arc<Mutex<Sink>>);

impl Shared {
    pub(super) fn new(sink: Sink) -> Self {
        Self(Arc::new(Mutex::new(sink)))
    }

    pub(super) fn with<T>(&self, act: impl FnOnce(&mut Sink) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Gives the sink back, where the other hand has let go.
    pub(super) fn into_sink(self) -> io::Result<Sink> {
        let alone = Arc::into_inner(self.0).ok_or_else(|| io::Error::other("the sink is still in use"))?;
        Ok(alone.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.with(|sink| sink.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is left when a bundle is complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// The files, in order; empty for a stream.
    pub paths: Vec<PathBuf>,
    /// Digest of all bytes (of the files joined).
    pub sha256: Digest,
    /// Their number.
    pub bytes: u64,
}

/// The memory behind [`Sink::memory`], shared with the test that made it.
#[derive(Debug, Clone, Default)]
pub struct Memory(Arc<Mutex<Stored>>);

#[derive(Debug, Default)]
struct Stored {
    bytes: Vec<u8>,
    synced: usize,
    capacity: Option<usize>,
}

enum Medium {
    Files(Files),
    Stream(Box<dyn Write + Send>),
    Memory(Memory),
}

struct Files {
    /// The name asked for; parts add `.001` and so on.
    path: PathBuf,
    current: File,
    paths: Vec<PathBuf>,
    /// Bytes in the current part.
    length: u64,
    split: Option<u64>,
    /// Ended parts that no fsync has covered yet.
    ended: Vec<File>,
}

impl Sink {
    /// Makes a new file; with `split`, parts of that many bytes named `.001`, `.002` and so on. A file system that
    /// ends files at 4 GiB (FAT32) turns one file into such parts by itself, when the end is met.
    ///
    /// # Errors
    /// [`Error::Create`], also where a file of that name exists: nothing is ever overwritten.
    pub fn file(path: &Path, split: Option<u64>) -> Result<Self, Error> {
        let split = split.map(|size| size.max(1));
        let first = if split.is_some() { part_path(path, 1) } else { path.to_owned() };
        let current = create_new(&first).map_err(|source| Error::Create { path: first.clone(), source })?;
        sync_folder(&first);
        Ok(Self::over(Medium::Files(Files {
            path: path.to_owned(),
            current,
            paths: vec![first],
            length: 0,
            split,
            ended: Vec::new(),
        })))
    }

    /// Wraps a stream, for example standard output. What it takes counts as flushed when `flush` returns; whether
    /// it is kept is up to whoever reads it.
    #[must_use]
    pub fn stream(writer: Box<dyn Write + Send>) -> Self {
        Self::over(Medium::Stream(writer))
    }

    /// Makes a sink in memory, and the handle to look into it.
    #[must_use]
    pub fn memory() -> (Self, Memory) {
        let memory = Memory::default();
        (Self::over(Medium::Memory(memory.clone())), memory)
    }

    /// Makes a sink in memory that is full after `capacity` bytes, as a disk is.
    #[must_use]
    pub fn memory_of(capacity: usize) -> (Self, Memory) {
        let (sink, memory) = Self::memory();
        memory.with(|stored| stored.capacity = Some(capacity));
        (sink, memory)
    }

    /// The files so far, in order.
    #[must_use]
    pub fn paths(&self) -> &[PathBuf] {
        match &self.medium {
            Medium::Files(files) => &files.paths,
            Medium::Stream(_) | Medium::Memory(_) => &[],
        }
    }

    /// The name asked for, without the number of a part; `None` for a stream.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match &self.medium {
            Medium::Files(files) => Some(&files.path),
            Medium::Stream(_) | Medium::Memory(_) => None,
        }
    }

    /// Bytes taken so far.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// What the medium has confirmed so far.
    #[must_use]
    pub fn flushed(&self) -> Flushed {
        self.syncer.state().flushed
    }

    /// Asks the medium to confirm all bytes so far, as checkpoint `checkpoint` with `items` records. Waits for the
    /// answer to the request before this one, not for its own.
    ///
    /// # Errors
    /// Where an earlier request, or this one, failed.
    pub fn sync(&mut self, checkpoint: u64, items: u64) -> io::Result<()> {
        let mark = Flushed { checkpoint, items, bytes: self.bytes };
        let handles = match &mut self.medium {
            Medium::Files(files) => files.unsynced()?,
            Medium::Stream(stream) => {
                stream.flush()?;
                Vec::new()
            }
            Medium::Memory(memory) => {
                memory.with(|stored| stored.synced = stored.bytes.len());
                Vec::new()
            }
        };
        if handles.is_empty() {
            self.syncer.state_mut(|state| state.flushed = mark);
            return Ok(());
        }
        self.syncer.ask(mark, handles)
    }

    /// Waits until the medium has confirmed everything.
    ///
    /// # Errors
    /// Where it did not.
    pub fn finish(mut self, checkpoint: u64, items: u64) -> io::Result<Finished> {
        if self.broken {
            return Err(io::Error::other("an earlier write failed"));
        }
        self.sync(checkpoint, items)?;
        self.syncer.wait()?;
        let paths = self.paths().to_vec();
        Ok(Finished { paths, sha256: Digest::from_bytes(self.hasher.finalize().into()), bytes: self.bytes })
    }

    fn over(medium: Medium) -> Self {
        Self { medium, hasher: sha2::Sha256::new(), bytes: 0, syncer: Syncer::default(), broken: false }
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.broken {
            return Err(io::Error::other("an earlier write failed"));
        }
        let written = match &mut self.medium {
            Medium::Files(files) => files.write(bytes),
            Medium::Stream(stream) => stream.write(bytes),
            Medium::Memory(memory) => memory.write(bytes),
        };
        match written {
            Ok(count) => {
                self.hasher.update(bytes.get(..count).unwrap_or_default());
                self.bytes = self.bytes.saturating_add(length(count));
                Ok(count)
            }
            Err(error) => {
                self.broken = error.kind() != io::ErrorKind::Interrupted;
                Err(error)
            }
        }
    }

    /// Does nothing: [`Sink::sync`] is what makes bytes safe.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Memory {
    /// All bytes written.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.with(|stored| stored.bytes.clone())
    }

    /// The bytes that would be left after a power cut: those before the last [`Sink::sync`].
    #[must_use]
    pub fn synced(&self) -> Vec<u8> {
        self.with(|stored| stored.bytes.get(..stored.synced).unwrap_or_default().to_vec())
    }

    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        self.with(|stored| {
            let room = stored.capacity.map_or(bytes.len(), |limit| limit.saturating_sub(stored.bytes.len()));
            let taken = bytes.get(..room.min(bytes.len())).unwrap_or_default();
            if taken.is_empty() && !bytes.is_empty() {
                return Err(io::ErrorKind::StorageFull.into());
            }
            stored.bytes.extend_from_slice(taken);
            Ok(taken.len())
        })
    }

    fn with<T>(&self, act: impl FnOnce(&mut Stored) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Files {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.split.is_some_and(|split| self.length >= split) {
            self.next_part()?;
        }
        let room = self.split.map_or(u64::MAX, |split| split.saturating_sub(self.length));
        let room = usize::try_from(room).unwrap_or(usize::MAX).min(bytes.len());
        let part = bytes.get(..room).unwrap_or_default();
        let written = match self.current.write(part) {
            Err(error) if self.split.is_none() && self.at_its_end(&error) => {
                self.split_from_here()?;
                self.current.write(part)?
            }
            other => other?,
        };
        self.length = self.length.saturating_add(length(written));
        Ok(written)
    }

    /// Whether the file, not the disk, is full. Windows calls both "full", so the length tells them apart.
    fn at_its_end(&self, error: &io::Error) -> bool {
        match error.kind() {
            io::ErrorKind::FileTooLarge => self.length > 0,
            io::ErrorKind::StorageFull => self.length == FAT32_LIMIT,
            _ => false,
        }
    }

    fn split_from_here(&mut self) -> io::Result<()> {
        let first = part_path(&self.path, 1);
        // Not over an existing file: `rename` would replace it.
        if first.symlink_metadata().is_ok() {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, first.display().to_string()));
        }
        std::fs::rename(&self.path, &first)?;
        self.paths = vec![first];
        self.split = Some(self.length);
        self.next_part()
    }

    fn next_part(&mut self) -> io::Result<()> {
        let path = part_path(&self.path, self.paths.len().saturating_add(1));
        let next = create_new(&path)?;
        sync_folder(&path);
        self.paths.push(path);
        self.ended.push(std::mem::replace(&mut self.current, next));
        self.length = 0;
        Ok(())
    }

    fn unsynced(&mut self) -> io::Result<Vec<File>> {
        let current = self.current.try_clone()?;
        let mut handles = std::mem::take(&mut self.ended);
        handles.push(current);
        Ok(handles)
    }
}

/// Part `number` (from 1) of a split bundle; `cat` with the shell's own order joins up to 999 of them.
#[must_use]
pub fn part_path(path: &Path, number: usize) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number:03}"));
    PathBuf::from(name)
}

/// Makes a file beside the bundle (receipt, signature) and waits until it is on the medium.
///
/// # Errors
/// [`Error::Create`], also where it exists.
pub fn write_sidecar(path: &Path, content: &[u8]) -> Result<(), Error> {
    let write = || {
        let mut file = create_new(path)?;
        file.write_all(content)?;
        file.sync_all()
    };
    write().map_err(|source| Error::Create { path: path.to_owned(), source })?;
    sync_folder(path);
    Ok(())
}

#[allow(clippy::disallowed_methods, reason = "the one place where a bundle and its sidecars are made")]
fn create_new(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

/// Puts the new name itself on the medium. Best effort: Windows has no such call, and some file systems refuse it.
fn sync_folder(path: &Path) {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
}

/// The thread that waits for the medium.
#[derive(Default)]
struct Syncer {
    shared: Arc<Mutex<SyncState>>,
    thread: Option<Thread>,
    /// Requests that were sent and not yet answered: 0 or 1.
    open: usize,
}

struct Thread {
    requests: Option<Sender<(Flushed, Vec<File>)>>,
    answers: Receiver<io::Result<()>>,
    handle: Option<JoinHandle<()>>,
}

#[derive(Debug, Default, Clone, Copy)]
struct SyncState {
    flushed: Flushed,
    failed: bool,
}

impl Syncer {
    fn state(&self) -> SyncState {
        *self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state_mut(&self, act: impl FnOnce(&mut SyncState)) {
        act(&mut self.shared.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn ask(&mut self, mark: Flushed, handles: Vec<File>) -> io::Result<()> {
        self.wait()?;
        if self.thread.is_none() {
            self.thread = Some(Thread::start(&self.shared)?);
        }
        let sent =
            self.thread.as_ref().and_then(|thread| thread.requests.as_ref()?.send((mark, handles)).ok());
        self.open = 1;
        sent.ok_or_else(|| io::Error::other("the thread that waits for the medium has ended"))
    }

    fn wait(&mut self) -> io::Result<()> {
        if self.open > 0 {
            self.open = 0;
            let answer = self.thread.as_ref().and_then(|thread| thread.answers.recv().ok());
            answer
                .unwrap_or_else(|| Err(io::Error::other("the thread that waits for the medium has ended")))?;
        }
        if self.state().failed { Err(io::Error::other("an earlier fsync failed")) } else { Ok(()) }
    }
}

impl Thread {
    fn start(shared: &Arc<Mutex<SyncState>>) -> io::Result<Self> {
        let (requests, received) = channel::<(Flushed, Vec<File>)>();
        let (answer, answers) = channel();
        let shared = Arc::clone(shared);
        let handle = std::thread::Builder::new().name("sync".into()).spawn(move || {
            for (mark, handles) in received {
                let result = handles.iter().try_for_each(File::sync_data);
                {
                    let mut state = shared.lock().unwrap_or_else(PoisonError::into_inner);
                    if result.is_ok() && !state.failed {
                        state.flushed = mark;
                    }
                    state.failed |= result.is_err();
                }
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

fn length(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_split_file_joined_is_the_stream() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("b.zip.age");
        let mut sink = Sink::file(&path, Some(1_000)).unwrap();
        let data: Vec<u8> = (0..3_500_u32).map(|n| n.to_le_bytes()[0]).collect();
        sink.write_all(&data[..10]).unwrap();
        sink.sync(1, 5).unwrap();
        sink.write_all(&data[10..]).unwrap();
        let finished = sink.finish(2, 9).unwrap();
        let names: Vec<_> = finished.paths.iter().map(|path| path.file_name().unwrap().to_owned()).collect();
        assert_eq!(names, ["b.zip.age.001", "b.zip.age.002", "b.zip.age.003", "b.zip.age.004"]);
        let joined: Vec<u8> = finished.paths.iter().flat_map(|path| std::fs::read(path).unwrap()).collect();
        assert_eq!(joined, data);
        assert_eq!((finished.sha256, finished.bytes), (Digest::of(&data), 3_500));
    }

    #[test]
    fn nothing_is_ever_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("b.zip.age");
        std::fs::write(&path, "evidence").unwrap();
        assert!(matches!(Sink::file(&path, None), Err(Error::Create { .. })));
        assert!(write_sidecar(&path, b"x").is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"evidence");
    }

    #[test]
    fn a_full_file_becomes_the_first_part() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("b.zip.age");
        let mut sink = Sink::file(&path, None).unwrap();
        sink.write_all(b"first").unwrap();
        if let Medium::Files(files) = &mut sink.medium {
            assert!(files.at_its_end(&io::ErrorKind::FileTooLarge.into()));
            assert!(!files.at_its_end(&io::ErrorKind::StorageFull.into()));
            files.split_from_here().unwrap();
        }
        sink.write_all(b"second").unwrap();
        let finished = sink.finish(1, 0).unwrap();
        assert!(!path.exists());
        assert_eq!(std::fs::read(&finished.paths[0]).unwrap(), b"first");
        assert_eq!(std::fs::read(part_path(&path, 2)).unwrap(), b"secon");
        assert_eq!(std::fs::read(part_path(&path, 3)).unwrap(), b"d");
    }

    #[test]
    fn only_what_was_synced_survives_a_power_cut() {
        let (mut sink, memory) = Sink::memory();
        sink.write_all(b"safe").unwrap();
        sink.sync(1, 2).unwrap();
        sink.write_all(b"lost").unwrap();
        assert_eq!(memory.synced(), b"safe");
        assert_eq!(memory.bytes(), b"safelost");
        assert_eq!(sink.flushed(), Flushed { checkpoint: 1, items: 2, bytes: 4 });
    }

    #[test]
    fn a_full_sink_takes_nothing_more_and_is_never_complete() {
        let (mut sink, _) = Sink::memory_of(6);
        sink.write_all(b"safe").unwrap();
        sink.sync(1, 1).unwrap();
        assert!(sink.write_all(b"too much").is_err());
        assert!(sink.write_all(b"").is_ok());
        assert!(sink.write_all(b"x").is_err());
        assert_eq!(sink.flushed().checkpoint, 1);
        assert!(sink.finish(2, 2).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_failed_fsync_is_never_taken_back() {
        let mut syncer = Syncer::default();
        // A handle that cannot be written back: a read-only pipe end is no file to fsync.
        let (reader, _writer) = io::pipe().unwrap();
        let broken = File::from(std::os::fd::OwnedFd::from(reader));
        syncer.ask(Flushed { checkpoint: 1, ..Flushed::default() }, vec![broken]).unwrap();
        assert!(syncer.wait().is_err());
        let good = tempfile::tempfile().unwrap();
        assert!(syncer.ask(Flushed { checkpoint: 2, ..Flushed::default() }, vec![good]).is_err());
        assert_eq!(syncer.state().flushed.checkpoint, 0);
    }
}
