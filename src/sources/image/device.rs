//! Something that gives bytes at an offset: an image of whatever form, or a stretch of one.
//!
//! Reading moves nothing, so that workers read side by side. What stands behind the end is no error of the device: it
//! gives fewer bytes, and whoever needed them says what is missing.

use std::fmt::Debug;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use super::super::sys;

/// Most files that a split image is joined from: 64 TiB of parts of 64 GiB.
const MAX_PARTS: usize = 1024;

/// Bytes at offsets.
pub(in crate::sources) trait Device: Debug + Send + Sync {
    /// How many bytes it has.
    fn size(&self) -> u64;

    /// Reads at `offset`; 0 at and behind the end.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;
}

/// Fills the buffer.
///
/// # Errors
/// [`io::ErrorKind::UnexpectedEof`] where the device ends before.
pub(in crate::sources) fn read_exact_at(
    device: &dyn Device,
    offset: u64,
    buffer: &mut [u8],
) -> io::Result<()> {
    fill_at(offset, buffer, |at, rest| device.read_at(at, rest))
}

/// The same with what `read` gives at an offset.
pub(in crate::sources) fn fill_at(
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

/// Reads `length` bytes at `offset`, or fewer where the device ends; for headers, whose length the caller bounds.
pub(in crate::sources) fn read_some(device: &dyn Device, offset: u64, length: usize) -> io::Result<Vec<u8>> {
    let left = usize::try_from(device.size().saturating_sub(offset)).unwrap_or(usize::MAX);
    let mut bytes = vec![0; length.min(left)];
    read_exact_at(device, offset, &mut bytes)?;
    Ok(bytes)
}

pub(in crate::sources) fn to_u64(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// A file, or the parts of a split one, one after the other.
#[derive(Debug)]
pub(super) struct Files {
    /// Each with the offset at which it begins.
    parts: Vec<(u64, File)>,
    size: u64,
}

impl Files {
    /// Opens a file; with one that is named `….001` those that follow it (`.002` and so on).
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let mut files = Self { parts: Vec::new(), size: 0 };
        files.add(path)?;
        if path.extension().is_some_and(|extension| extension == "001") {
            for number in 2..MAX_PARTS {
                let next = path.with_extension(format!("{number:03}"));
                match files.add(&next) {
                    Ok(()) => {}
                    Err(error) if error.kind() == io::ErrorKind::NotFound => break,
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(files)
    }

    fn add(&mut self, path: &Path) -> io::Result<()> {
        let file = File::open(path)?;
        let size = sys::device_size(&file)?;
        self.parts.push((self.size, file));
        self.size = self.size.saturating_add(size);
        Ok(())
    }
}

impl Device for Files {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let after = self.parts.partition_point(|(begin, _)| *begin <= offset);
        let Some((begin, file)) = after.checked_sub(1).and_then(|index| self.parts.get(index)) else {
            return Ok(0);
        };
        // A part that is longer than it was when it was opened must not run into the next one.
        let end = self.parts.get(after).map_or(self.size, |(next, _)| *next);
        let most = usize::try_from(end.saturating_sub(offset)).unwrap_or(usize::MAX).min(buffer.len());
        sys::read_at(file, offset.saturating_sub(*begin), buffer.get_mut(..most).unwrap_or_default())
    }
}

/// A stretch of another device: a partition.
#[derive(Debug)]
pub(in crate::sources) struct Stretch {
    device: Arc<dyn Device>,
    start: u64,
    size: u64,
}

impl Stretch {
    pub(super) fn new(device: Arc<dyn Device>, start: u64, size: u64) -> Self {
        // A partition that claims more than there is ends where the disk does.
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

/// Bytes in memory: of tests and fuzz targets.
#[derive(Debug)]
pub(in crate::sources) struct Memory(pub(in crate::sources) Vec<u8>);

impl Device for Memory {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_split_image_is_one_and_a_stretch_of_it_ends_where_it_does() {
        let dir = tempfile::TempDir::new().unwrap();
        for (name, content) in [("d.001", "abc"), ("d.002", "de"), ("d.003", "fgh"), ("d.005", "no")] {
            std::fs::write(dir.path().join(name), content).unwrap();
        }
        let device: Arc<dyn Device> = Arc::new(Files::open(&dir.path().join("d.001")).unwrap());
        assert_eq!(device.size(), 8);
        let mut all = [0; 8];
        read_exact_at(&*device, 0, &mut all).unwrap();
        assert_eq!(&all, b"abcdefgh");
        let stretch = Stretch::new(device, 2, 100);
        assert_eq!(stretch.size(), 6);
        let mut part = [0; 3];
        read_exact_at(&stretch, 1, &mut part).unwrap();
        assert_eq!(&part, b"def");
        let error = read_exact_at(&stretch, 4, &mut part).unwrap_err();
        assert_eq!(error.to_string(), "the image ends before byte 6");
        assert_eq!(read_some(&stretch, 4, 100).unwrap(), b"gh");
    }
}
