//! A device, from which bytes are read at an offset: an image of any format, or a range of one. Files and disks of
//! this machine become devices in `src/sources/devices.rs`.
//!
//! A read has no position to move, so that workers can read in parallel. A read past the end returns fewer bytes; the
//! caller decides whether that is an error.

use std::fmt::Debug;
use std::io;
use std::sync::Arc;

/// A source of bytes at offsets.
pub(crate) trait Device: Debug + Send + Sync {
    /// Size in bytes.
    fn size(&self) -> u64;

    /// Reads at `offset`, and returns the number of bytes; 0 at or after the end.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;
}

/// Fills the buffer.
///
/// # Errors
/// [`io::ErrorKind::UnexpectedEof`] where the device ends before.
pub(crate) fn read_exact_at(device: &dyn Device, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
    fill_at(offset, buffer, |at, rest| device.read_at(at, rest))
}

/// Fills the buffer from `read`, a function that reads at an offset.
pub(crate) fn fill_at(
    offset: u64,
    buffer: &mut [u8],
    mut read: impl FnMut(u64, &mut [u8]) -> io::Result<usize>,
) -> io::Result<()> {
    let mut filled = 0_usize;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match read(offset.saturating_add(to_u64(filled)), rest) {
            Ok(0) => {
                let text = format!("the image ends before byte {}", offset.saturating_add(to_u64(filled)));
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, text));
            }
            Ok(count) => filled = filled.saturating_add(count),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Reads `length` bytes at `offset`, or fewer where the device ends. For headers, whose length the caller limits.
pub(crate) fn read_some(device: &dyn Device, offset: u64, length: usize) -> io::Result<Vec<u8>> {
    let left = usize::try_from(device.size().saturating_sub(offset)).unwrap_or(usize::MAX);
    let mut bytes = vec![0; length.min(left)];
    read_exact_at(device, offset, &mut bytes)?;
    Ok(bytes)
}

pub(crate) fn to_u64(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// A range of another device: a partition.
#[derive(Debug)]
pub(crate) struct Stretch {
    device: Arc<dyn Device>,
    start: u64,
    size: u64,
}

impl Stretch {
    pub(crate) fn new(device: Arc<dyn Device>, start: u64, size: u64) -> Self {
        // A partition that claims more than the disk has ends with the disk.
        let size = size.min(device.size().saturating_sub(start));
        Self { device, start, size }
    }
}

impl Device for Stretch {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.size.saturating_sub(offset)).unwrap_or(usize::MAX).min(buffer.len());
        self.device.read_at(self.start.saturating_add(offset), buffer.get_mut(..most).unwrap_or_default())
    }
}

/// Bytes in memory, for tests and fuzz targets.
#[derive(Debug)]
pub(crate) struct MemoryDevice(pub(crate) Vec<u8>);

impl Device for MemoryDevice {
    fn size(&self) -> u64 {
        to_u64(self.0.len())
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let from = usize::try_from(offset).ok().and_then(|offset| self.0.get(offset..)).unwrap_or_default();
        let count = from.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..count), from.get(..count)) {
            to.copy_from_slice(from);
        }
        Ok(count)
    }
}
