//! Reads a disk of the running system: Windows reads whole sectors only, into sector-aligned memory
//! (<https://learn.microsoft.com/windows/win32/fileio/file-buffering>).

use std::io;
use std::sync::Arc;

use super::device::{Device, to_u64};

/// The largest sector size in use, a multiple of the others.
const SECTOR: usize = 4096;

/// Maximum number of bytes per read.
const MOST: usize = 1 << 20;

/// A device that is read in whole sectors only.
#[derive(Debug)]
pub(crate) struct Sectors(pub(crate) Arc<dyn Device>);

impl Device for Sectors {
    fn size(&self) -> u64 {
        self.0.size()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.size().saturating_sub(offset)).unwrap_or(usize::MAX);
        let wanted = buffer.len().min(left).min(MOST);
        let sector = to_u64(SECTOR);
        let before = offset.checked_rem(sector).unwrap_or(0);
        let begin = offset.saturating_sub(before);
        let before = usize::try_from(before).unwrap_or(0);
        // The size is a multiple of the sector size, which may be smaller than the largest one.
        let end = offset.saturating_add(to_u64(wanted)).next_multiple_of(sector).min(self.size());
        let length = usize::try_from(end.saturating_sub(begin)).unwrap_or(0);
        if wanted == 0 || length == 0 {
            return Ok(0);
        }
        let mut room = vec![0; length.saturating_add(SECTOR)];
        let skip = room.as_ptr().align_offset(SECTOR);
        let aligned = room.get_mut(skip..).and_then(|room| room.get_mut(..length));
        let aligned = aligned.ok_or(io::ErrorKind::OutOfMemory)?;
        let came = self.0.read_at(begin, aligned)?;
        let from = aligned.get(before..came.min(before.saturating_add(wanted))).unwrap_or_default();
        match buffer.get_mut(..from.len()) {
            Some(to) => to.copy_from_slice(from),
            None => return Ok(0),
        }
        Ok(from.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::disk::device::{MemoryDevice, read_exact_at};

    /// Refuses reads that Windows may refuse, and returns at most some sectors at a time.
    #[derive(Debug)]
    struct Strict(MemoryDevice);

    impl Device for Strict {
        fn size(&self) -> u64 {
            self.0.size()
        }

        fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
            assert!(
                offset.is_multiple_of(512) && buffer.len().is_multiple_of(512),
                "{offset} {}",
                buffer.len()
            );
            assert_eq!(buffer.as_ptr().align_offset(SECTOR), 0);
            let most = buffer.len().min(24 * 512);
            self.0.read_at(offset, &mut buffer[..most])
        }
    }

    #[test]
    fn any_range_is_read_in_whole_sectors() {
        let bytes: Vec<u8> = (0..4096_u32 * 20 + 512).map(|at| (at / 3).to_le_bytes()[0]).collect();
        let sectors = Sectors(Arc::new(Strict(MemoryDevice(bytes.clone()))));
        let end = bytes.len();
        for (at, length) in [(0, 1), (511, 2), (4095, 4098), (5000, 70_000), (end - 3, 3), (0, end)] {
            let mut buffer = vec![0; length];
            read_exact_at(&sectors, to_u64(at), &mut buffer).unwrap();
            assert_eq!(buffer, bytes[at..at + length], "{at} {length}");
        }
        assert_eq!(sectors.read_at(to_u64(end), &mut [0; 10]).unwrap(), 0);
        assert_eq!(sectors.read_at(7, &mut []).unwrap(), 0);
    }
}
