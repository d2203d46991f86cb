//! The destination of a bundle's bytes: a file, split files, a stream, or memory in tests.
//!
//! In: ciphertext in order, and a mark at every checkpoint. Out: the bytes on the medium, their SHA-256, and how much
//! of them the medium has confirmed. Confirmation (fsync) may take seconds on a stick, so a separate thread does it;
//! the next mark waits for it, so that at most two checkpoints are unconfirmed. A failed fsync is never repeated: the
//! kernel drops what it could not write, and a second fsync would succeed
//! (<https://wiki.postgresql.org/wiki/Fsync_Errors>).

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use sha2::Digest as _;

use super::Error;
use crate::evidence::Digest;

mod files;
mod pipe;
mod syncer;

pub use files::{Begin, FAT32_LIMIT, Rename, make_directory, part_path, write_sidecar};
pub use syncer::Flushed;

pub(super) use pipe::Shared;

use files::Files;
use syncer::{State, Syncer};

/// The destination of a bundle. The caller opens it, so that a bad destination is detected before anything is
/// collected.
pub struct Sink {
    medium: Medium,
    hasher: sha2::Sha256,
    bytes: u64,
    syncer: Syncer,
    /// Set by the first failure: nothing is written after it, so that nothing is considered complete.
    broken: bool,
}

/// The result of a complete bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// The files, in order; empty for a stream.
    pub paths: Vec<PathBuf>,
    /// Digest of all bytes (of the joined files).
    pub sha256: Digest,
    /// Number of bytes.
    pub bytes: u64,
}

/// The memory of [`Sink::memory`], shared with the test that made it.
#[derive(Debug, Clone, Default)]
pub struct MemorySink(Arc<Mutex<Stored>>);

#[derive(Debug, Default)]
struct Stored {
    bytes: Vec<u8>,
    synced: usize,
    capacity: Option<usize>,
}

enum Medium {
    Files(Files),
    Stream(Box<dyn Write + Send>),
    Memory(MemorySink),
}

impl Sink {
    /// Creates a file; with `split`, parts of that many bytes named `.001`, `.002` and so on. On a file system with a
    /// limit of 4 GiB (FAT32), one file becomes such parts when the limit is reached.
    ///
    /// # Errors
    ///
    /// [`Error::Create`], also where a file of that name exists: nothing is ever overwritten.
    pub fn file(path: &Path, split: Option<u64>) -> Result<Self, Error> {
        Files::create(path, split).map(|files| Self::over(Medium::Files(files)))
    }

    /// Sets the function that starts writing files to the medium, some MiB at a time, so that it writes continuously
    /// instead of only at a confirmation. Each range is passed twice: when it was written, and with the next one,
    /// when the system need no longer keep it in memory.
    #[must_use]
    pub fn set_to_work(mut self, begin: Begin) -> Self {
        if let Medium::Files(files) = &mut self.medium {
            files.set_to_work(begin);
        }
        self
    }

    /// Sets the function that renames a full file to the name of its first part, in one step that never replaces
    /// another file.
    #[must_use]
    pub fn rename_by(mut self, rename: Rename) -> Self {
        if let Medium::Files(files) = &mut self.medium {
            files.rename_by(rename);
        }
        self
    }

    /// Wraps a stream, for example standard output. Its bytes count as flushed when `flush` returns; the reader is
    /// responsible for keeping them.
    #[must_use]
    pub fn stream(writer: Box<dyn Write + Send>) -> Self {
        Self::over(Medium::Stream(writer))
    }

    /// Makes a sink in memory, and a handle to inspect it.
    #[must_use]
    pub fn memory() -> (Self, MemorySink) {
        let memory = MemorySink::default();
        (Self::over(Medium::Memory(memory.clone())), memory)
    }

    /// Makes a sink in memory that is full after `capacity` bytes, like a disk.
    #[must_use]
    pub fn memory_of(capacity: usize) -> (Self, MemorySink) {
        let (sink, memory) = Self::memory();
        memory.with(|stored| stored.capacity = Some(capacity));
        (sink, memory)
    }

    /// Returns the files so far, in order.
    #[must_use]
    pub fn paths(&self) -> &[PathBuf] {
        match &self.medium {
            Medium::Files(files) => files.paths(),
            Medium::Stream(_) | Medium::Memory(_) => &[],
        }
    }

    /// Returns the requested name, without a part number; `None` for a stream.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match &self.medium {
            Medium::Files(files) => Some(files.path()),
            Medium::Stream(_) | Medium::Memory(_) => None,
        }
    }

    /// Returns the number of bytes written so far.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Returns what the medium has confirmed so far.
    #[must_use]
    pub fn flushed(&self) -> Flushed {
        self.syncer.state().flushed()
    }

    /// Asks the medium to confirm all bytes so far, as checkpoint `checkpoint` with `items` records. Waits for the
    /// reply to the previous request, not for its own.
    ///
    /// # Errors
    ///
    /// A previous request, or this one, failed.
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
            self.syncer.confirm(mark);
            return Ok(());
        }
        self.syncer.ask(mark, handles)
    }

    /// Waits until the medium has confirmed the last mark.
    ///
    /// # Errors
    ///
    /// It failed.
    pub fn confirm(&mut self) -> io::Result<()> {
        self.syncer.wait()
    }

    /// Waits until the medium has confirmed everything.
    ///
    /// # Errors
    ///
    /// It failed.
    pub fn finish(mut self, checkpoint: u64, items: u64) -> io::Result<Finished> {
        if self.broken {
            return Err(io::Error::other("an earlier write failed"));
        }
        self.sync(checkpoint, items)?;
        self.syncer.wait()?;
        let paths = self.paths().to_vec();
        Ok(Finished { paths, sha256: Digest::from_bytes(self.hasher.finalize().into()), bytes: self.bytes })
    }

    /// Returns the confirmation state, for use while another thread has the sink.
    fn state(&self) -> State {
        self.syncer.state()
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

    /// Does nothing: only [`Sink::sync`] makes bytes safe.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MemorySink {
    /// Returns all bytes written.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.with(|stored| stored.bytes.clone())
    }

    /// Returns the bytes that would survive a power cut: those before the last [`Sink::sync`].
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

fn length(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_split_file_joined_is_the_stream() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("b.zip.age");
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
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("b.zip.age");
        std::fs::write(&path, "evidence").unwrap();
        assert!(matches!(Sink::file(&path, None), Err(Error::Create { .. })));
        assert!(write_sidecar(&path, b"x").is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"evidence");
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
}
