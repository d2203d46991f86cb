//! Files and disks of this machine as devices: bytes at offsets.
//!
//! In: the path of an image, of the first part of a split one (`.000` or `.001`), or of a disk or volume of the running system. Out: a
//! [`Device`], and which file system is on it.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use crate::formats::disk::{Device, FileSystem, Sectors, Stretch, identify};
use crate::sys;

/// Most files that a split image is joined from: 64 TiB of parts of 64 GiB.
const MAX_PARTS: usize = 1024;

/// How far behind a part that is missing others are looked for.
const MAX_MISSING: usize = 16;

/// A file, or the parts of a split one, one after the other.
#[derive(Debug)]
pub(crate) struct ImageFiles {
    /// Each with the offset at which it begins.
    parts: Vec<(u64, File)>,
    size: u64,
    /// Why its end is missing, where parts were left out.
    lacking: Option<String>,
}

impl ImageFiles {
    /// Opens a file; with one that is named `….000` or `….001` (in two to four digits) those that follow it.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let mut files = Self { parts: Vec::new(), size: 0, lacking: None };
        let Some((first, digits)) = numbered(path).filter(|(number, _)| *number <= 1) else {
            files.add(path)?;
            return Ok(files);
        };
        let part = |number: usize| path.with_extension(format!("{number:0digits$}"));
        // The second part of a disk that is counted from 0 is no beginning.
        let first = if part(0).exists() { 0 } else { first };
        files.add(&part(first))?;
        for number in first.saturating_add(1).. {
            match files.add(&part(number)) {
                Ok(()) if files.parts.len() > MAX_PARTS => {
                    files.lacking = Some(format!("no more than {MAX_PARTS} parts of it are joined"));
                    break;
                }
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    let further = number.saturating_add(1)..number.saturating_add(MAX_MISSING);
                    files.lacking = further.map(part).find(|next| next.exists()).map(|next| {
                        let name = |path: &Path| path.extension().unwrap_or_default().display().to_string();
                        format!(
                            "its part .{} is missing, although .{} is there: what is behind it is not read",
                            name(&part(number)),
                            name(&next)
                        )
                    });
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(files)
    }

    /// Why its end is missing, where parts were left out.
    pub(crate) fn lacking(&self) -> Option<&str> {
        self.lacking.as_deref()
    }

    fn add(&mut self, path: &Path) -> io::Result<()> {
        let file = File::open(path)?;
        let size = sys::device_size(&file)?;
        self.parts.push((self.size, file));
        self.size = self.size.saturating_add(size);
        Ok(())
    }
}

/// The number that a file's ending is, and in how many digits.
fn numbered(path: &Path) -> Option<(usize, usize)> {
    let text = path.extension()?.to_str()?;
    let is_number = (2..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    Some((text.parse().ok().filter(|_| is_number)?, text.len()))
}

impl Device for ImageFiles {
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

/// A disk or volume of the running system.
///
/// # Errors
/// Where it cannot be opened: only an administrator may.
pub(crate) fn disk(path: &Path) -> io::Result<Arc<dyn Device>> {
    Ok(Arc::new(Sectors(Arc::new(ImageFiles::open(path)?))))
}

/// What stands on such a one.
///
/// # Errors
/// Where it cannot be opened or read.
pub(crate) fn file_system(path: &Path) -> io::Result<FileSystem> {
    identify(&*disk(path)?)
}

/// What stands on a stretch of a disk of the running system.
///
/// # Errors
/// Where the disk cannot be opened or read.
pub(crate) fn file_system_at(path: &Path, start: u64, size: u64) -> io::Result<FileSystem> {
    identify(&Stretch::new(disk(path)?, start, size))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::disk::{read_exact_at, read_some};

    #[test]
    fn a_split_image_is_one_and_a_stretch_of_it_ends_where_it_does() {
        let dir = tempfile::TempDir::new().unwrap();
        for (name, content) in [("d.001", "abc"), ("d.002", "de"), ("d.003", "fgh"), ("d.005", "no")] {
            std::fs::write(dir.path().join(name), content).unwrap();
        }
        let files = ImageFiles::open(&dir.path().join("d.001")).unwrap();
        let lacking = "its part .004 is missing, although .005 is there: what is behind it is not read";
        assert_eq!(files.lacking(), Some(lacking));
        let device: Arc<dyn Device> = Arc::new(files);
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

    #[test]
    fn parts_are_counted_from_0_or_1_in_two_to_four_digits() {
        let dir = tempfile::TempDir::new().unwrap();
        let size = |first: &str| {
            let files = ImageFiles::open(&dir.path().join(first)).unwrap();
            assert_eq!(files.lacking(), None);
            files.size()
        };
        let names =
            ["a.000", "a.001", "a.002", "b.00", "b.01", "c.0001", "c.0002", "d.1", "d.2", "e.002", "e.003"];
        for name in names {
            std::fs::write(dir.path().join(name), "abc").unwrap();
        }
        for (first, wanted) in
            [("a.000", 9), ("a.001", 9), ("a.002", 3), ("b.00", 6), ("c.0001", 6), ("d.1", 3), ("e.002", 3)]
        {
            assert_eq!(size(first), wanted, "{first}");
        }
    }
}
