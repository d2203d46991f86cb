//! A file of this machine, read in order by its handle; from where the handle gives no more, from the volume beneath.
//!
//! Another program may lock a part of a file, an anti-virus may refuse it, and a driver may never answer. What came until
//! then is kept, and the rest is read by the volume's own structures where there is one, from the same offset on. In: the
//! open file, its ranges and the way to the volume. Out: bytes in order, and how they were read.

use std::fs::File;
use std::io;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use super::tree::may_help;
use crate::evidence::Range;
use crate::formats::disk::VolumeFile;
use crate::sys;
use crate::sys::time_limit;

/// Most bytes of one read that may have to be abandoned: what an abandoned thread holds.
const MAX_CHUNK: usize = 1 << 20;

/// Opens the same data on the volume beneath; returns how a record names that way of reading as well.
pub(crate) type Beneath = Box<dyn FnOnce() -> io::Result<(Box<dyn VolumeFile>, &'static str)> + Send>;

/// Something that is read at offsets.
pub(super) trait ReadAt: Send + Sync + 'static {
    /// Reads at an offset; 0 at the end.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;
}

impl ReadAt for File {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        sys::read_at(self, offset, buffer)
    }
}

/// A file that is being read.
pub(super) struct DirectReading<F> {
    file: Arc<F>,
    /// How long one read may take, where it is made on a thread that can be left behind.
    watch: Option<Duration>,
    beneath: Option<Beneath>,
    /// The same data on the volume, once that is read.
    volume: Option<Box<dyn VolumeFile>>,
    at: u64,
    /// Bytes of the current range that have not come yet.
    left: u64,
    pending: std::vec::IntoIter<Range>,
    chunk: Vec<u8>,
    /// Why the handle was left, and what was read instead.
    ways: Vec<String>,
}

impl<F: ReadAt> DirectReading<F> {
    /// Reads the first `size` bytes.
    pub(super) fn new(file: F, size: u64, watch: Option<Duration>, beneath: Option<Beneath>) -> Self {
        Self {
            file: Arc::new(file),
            watch,
            beneath,
            volume: None,
            at: 0,
            left: size,
            pending: Vec::new().into_iter(),
            chunk: Vec::new(),
            ways: Vec::new(),
        }
    }

    /// The open file.
    pub(super) fn file(&self) -> &F {
        &self.file
    }

    /// Bytes of the current range that have not come yet.
    pub(super) const fn left(&self) -> u64 {
        self.left
    }

    /// Reads these ranges and nothing else.
    pub(super) fn take_ranges(&mut self, ranges: Vec<Range>) {
        (self.pending, self.left) = (ranges.into_iter(), 0);
    }

    /// Reads the next bytes; 0 at the end.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.left == 0 {
            let Some(range) = self.pending.next() else { return Ok(0) };
            (self.at, self.left) = (range.offset, range.length);
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let buffer = buffer.get_mut(..most).unwrap_or_default();
        let count = match self.read_here(buffer) {
            Err(error) if self.turns_to_the_volume(&error) => self.read_here(buffer),
            read => read,
        }?;
        if count == 0 {
            // It became shorter: what the record says of ranges ends here.
            self.take_ranges(Vec::new());
        }
        let step = u64::try_from(count).unwrap_or(u64::MAX);
        (self.at, self.left) = (self.at.saturating_add(step), self.left.saturating_sub(step));
        Ok(count)
    }

    /// Reads where the reading is, from what it reads now.
    fn read_here(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let at = self.at;
        if let Some(volume) = &mut self.volume {
            return volume.read_at(at, buffer);
        }
        let Some(limit) = self.watch else { return self.file.read_at(at, buffer) };
        let (file, mut chunk, most) =
            (Arc::clone(&self.file), mem::take(&mut self.chunk), buffer.len().min(MAX_CHUNK));
        self.chunk = time_limit::watched(limit, move || {
            chunk.resize(most, 0);
            let count = file.read_at(at, &mut chunk)?;
            chunk.truncate(count);
            Ok(chunk)
        })?;
        if let Some(to) = buffer.get_mut(..self.chunk.len()) {
            to.copy_from_slice(&self.chunk);
        }
        Ok(self.chunk.len())
    }

    /// Opens the volume where that may help; whether reading goes on there.
    fn turns_to_the_volume(&mut self, error: &io::Error) -> bool {
        if !may_help(error) {
            return false;
        }
        let Some(beneath) = self.beneath.take() else { return false };
        self.ways.push(format!("read at {}: {error}", self.at));
        match beneath() {
            Ok((volume, read_by)) => {
                self.ways.push(read_by.to_owned());
                self.volume = Some(volume);
                true
            }
            Err(on_volume) => {
                self.ways.push(format!("on the volume itself: {on_volume}"));
                false
            }
        }
    }

    /// Ends it; the file, and in what ways it was read besides its handle.
    pub(super) fn finish(self) -> (Arc<F>, Option<Duration>, Vec<String>) {
        (self.file, self.watch, self.ways)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    /// A hundred bytes, each its own number; where it begins to be locked, and how.
    struct Locked(u64, io::ErrorKind);

    fn bytes() -> Vec<u8> {
        (0..100).collect()
    }

    fn copy(at: u64, buffer: &mut [u8]) -> usize {
        let all = bytes();
        let rest = all.get(usize::try_from(at).unwrap()..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        count
    }

    impl ReadAt for Locked {
        fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
            // As Windows has it: a read that touches a locked part gives nothing of it.
            let end = offset + u64::try_from(buffer.len()).unwrap();
            if end > self.0 { Err(self.1.into()) } else { Ok(copy(offset, buffer)) }
        }
    }

    /// What the volume has, with every byte's highest bit set to show where it came from.
    #[derive(Debug)]
    struct OnVolume;

    impl VolumeFile for OnVolume {
        fn size(&self) -> u64 {
            100
        }

        fn ranges(&self) -> Option<Vec<Range>> {
            None
        }

        fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
            let count = copy(offset, buffer);
            buffer[..count].iter_mut().for_each(|byte| *byte |= 0x80);
            Ok(count)
        }
    }

    fn beneath() -> Beneath {
        Box::new(|| Ok((Box::new(OnVolume), "raw_ntfs")))
    }

    fn all<F: ReadAt>(reading: &mut DirectReading<F>) -> (Vec<u8>, io::Result<()>) {
        let (mut all, mut buffer) = (Vec::new(), [0; 30]);
        loop {
            match reading.read(&mut buffer) {
                Ok(0) => return (all, Ok(())),
                Ok(count) => all.extend_from_slice(&buffer[..count]),
                Err(error) => return (all, Err(error)),
            }
        }
    }

    #[test]
    fn from_where_a_part_is_locked_on_the_volume_is_read() {
        for watch in [None, Some(Duration::from_mins(1))] {
            let locked = Locked(70, io::ErrorKind::PermissionDenied);
            let mut reading = DirectReading::new(locked, 100, watch, Some(beneath()));
            let (content, end) = all(&mut reading);
            let expected: Vec<u8> = (0..60).chain((60..100).map(|byte| byte | 0x80)).collect();
            assert!(end.is_ok() && content == expected, "{content:?}");
            let (_, _, ways) = reading.finish();
            assert!(ways[0].starts_with("read at 60: ") && ways[1..] == ["raw_ntfs"], "{ways:?}");
        }
    }

    #[test]
    fn ranges_go_on_at_the_same_place_of_the_volume() {
        let mut reading =
            DirectReading::new(Locked(50, io::ErrorKind::PermissionDenied), 100, None, Some(beneath()));
        reading.take_ranges(vec![Range { offset: 10, length: 5 }, Range { offset: 48, length: 4 }]);
        let (content, end) = all(&mut reading);
        let expected: Vec<u8> = (10..15).chain((48..52).map(|byte| byte | 0x80)).collect();
        assert!(end.is_ok() && content == expected, "{content:?}");
    }

    #[test]
    fn what_the_volume_cannot_help_with_keeps_its_own_error_and_what_came_before() {
        let none: Beneath = Box::new(|| Err(io::ErrorKind::Unsupported.into()));
        for (beneath, kind, ways) in [
            (Some(none), io::ErrorKind::PermissionDenied, 2),
            (None, io::ErrorKind::PermissionDenied, 0),
            // A disk that is broken is as broken beneath.
            (Some(beneath()), io::ErrorKind::Other, 0),
        ] {
            let mut reading = DirectReading::new(Locked(40, kind), 100, None, beneath);
            let (content, end) = all(&mut reading);
            assert_eq!((content.len(), end.unwrap_err().kind()), (30, kind));
            assert_eq!(reading.finish().2.len(), ways);
        }
    }

    /// A file whose driver never answers from an offset on.
    struct Hanging(u64, Mutex<Receiver<()>>);

    impl ReadAt for Hanging {
        fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
            if offset >= self.0 {
                let _ = self.1.lock().unwrap().recv();
            }
            Ok(copy(offset, buffer))
        }
    }

    fn hanging() -> (Sender<()>, Hanging) {
        let (answer, never) = channel();
        (answer, Hanging(60, Mutex::new(never)))
    }

    #[test]
    fn a_read_that_never_ends_is_left_and_the_rest_comes_from_the_volume() {
        let limit = Some(Duration::from_millis(50));
        let (answer, file) = hanging();
        let mut reading = DirectReading::new(file, 100, limit, Some(beneath()));
        let (content, end) = all(&mut reading);
        assert!(end.is_ok() && content.len() == 100, "{content:?}");
        assert_eq!((content[59], content[60]), (59, 0xbc));
        drop(answer);

        let (answer, file) = hanging();
        let mut reading = DirectReading::new(file, 100, limit, None);
        let (content, end) = all(&mut reading);
        assert_eq!((content.len(), end.unwrap_err().kind()), (60, io::ErrorKind::TimedOut));
        drop(answer);
    }
}
