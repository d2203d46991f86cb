//! The file of a bundle, or the parts of a split one, as one stream.
//!
//! In: the path of the bundle, or of any of its parts (`.001`, `.002` …). Out: `Read + Seek` over all of them. A
//! missing part ends the stream: the parts before it are read as a truncated bundle.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Maximum number of parts: three digits.
const MAX_PARTS: u32 = 999;

/// The ciphertext of a bundle.
#[derive(Debug)]
pub struct Parts {
    parts: Vec<Part>,
    position: u64,
    length: u64,
    /// The part whose file position matches `position`, if any.
    current: Option<usize>,
}

#[derive(Debug)]
struct Part {
    path: PathBuf,
    file: File,
    start: u64,
    length: u64,
}

impl Parts {
    /// Opens a bundle by its name, by that of a part, or by the common name of its parts.
    ///
    /// # Errors
    ///
    /// No such file can be opened, it is not a regular file, or it is a part whose first part is missing.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut parts = Vec::new();
        let mut length: u64 = 0;
        let paths = paths_of(path);
        let stands_alone = paths.len() == 1;
        for path in paths {
            let mut file = File::open(&path)?;
            if stands_alone
                && part_number(&path).is_some_and(|number| number > 1)
                && !begins_a_bundle(&mut file)?
            {
                let first = numbered(&name_without_part(&path), 1);
                let detail = format!(
                    "it is a part of a split bundle, and the first part '{}' is missing",
                    first.display()
                );
                return Err(io::Error::new(io::ErrorKind::NotFound, detail));
            }
            let facts = file.metadata()?;
            if !facts.is_file() {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
            }
            parts.push(Part { path, file, start: length, length: facts.len() });
            length = length.saturating_add(facts.len());
        }
        Ok(Self { parts, position: 0, length, current: None })
    }

    /// Returns the names of parts that are missing before a part that is there; empty for a bundle that is not split.
    #[must_use]
    pub fn missing(&self) -> Vec<PathBuf> {
        let Some(last) = self.last_number() else { return Vec::new() };
        let name = |number| numbered(&self.paths().next().map(name_without_part).unwrap_or_default(), number);
        let after: Vec<u32> =
            (last.saturating_add(1)..=MAX_PARTS).filter(|number| name(*number).is_file()).collect();
        let end = after.last().copied().unwrap_or(last);
        (last.saturating_add(1)..end).filter(|number| !after.contains(number)).map(name).collect()
    }

    /// Returns the name that the part after the last one would have; `None` for a bundle that is not split.
    #[must_use]
    pub fn next(&self) -> Option<PathBuf> {
        let last = self.last_number()?;
        let name = name_without_part(self.paths().next()?);
        Some(numbered(&name, last.saturating_add(1)))
    }

    fn last_number(&self) -> Option<u32> {
        part_number(self.paths().last()?)
    }

    /// Returns the files, in order.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.parts.iter().map(|part| part.path.as_path())
    }

    /// Returns the total length in bytes.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }
}

/// Returns the name of the bundle without a part number.
#[must_use]
pub fn name_without_part(path: &Path) -> PathBuf {
    match part_number(path) {
        Some(_) => path.with_extension(""),
        None => path.to_owned(),
    }
}

fn numbered(name: &Path, number: u32) -> PathBuf {
    let mut name = name.as_os_str().to_owned();
    name.push(format!(".{number:03}"));
    PathBuf::from(name)
}

fn paths_of(path: &Path) -> Vec<PathBuf> {
    let numbered = |number| numbered(&name_without_part(path), number);
    if part_number(path).is_none() && (path.exists() || !numbered(1).exists()) {
        return vec![path.to_owned()];
    }
    let row: Vec<_> = (1..=MAX_PARTS).map(numbered).take_while(|path| path.is_file()).collect();
    if row.is_empty() { vec![path.to_owned()] } else { row }
}

/// Whether a file begins as age's format does, binary or armored.
fn begins_a_bundle(file: &mut File) -> io::Result<bool> {
    let mut begin = Vec::new();
    Read::by_ref(file).take(32).read_to_end(&mut begin)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(begin.starts_with(b"age-encryption.org/") || begin.starts_with(b"-----BEGIN AGE"))
}

fn part_number(path: &Path) -> Option<u32> {
    let extension = path.extension()?.to_str()?;
    if extension.len() != 3 || !extension.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    extension.parse().ok()
}

impl Read for Parts {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let position = self.position;
        let holds = |part: &Part| part.start <= position && position < part.start.saturating_add(part.length);
        let Some(index) = self.parts.iter().position(holds) else { return Ok(0) };
        let Some(part) = self.parts.get_mut(index) else { return Ok(0) };
        let within = position.saturating_sub(part.start);
        if self.current != Some(index) {
            part.file.seek(SeekFrom::Start(within))?;
            self.current = Some(index);
        }
        let left = usize::try_from(part.length.saturating_sub(within)).unwrap_or(usize::MAX);
        let most = buffer.len().min(left);
        let read = part.file.read(buffer.get_mut(..most).unwrap_or_default()).inspect_err(|_| {
            self.current = None;
        })?;
        self.position = position.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
        Ok(read)
    }
}

impl Seek for Parts {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
            SeekFrom::End(offset) => self.length.checked_add_signed(offset),
        };
        let position = position
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "cannot seek before the beginning"))?;
        if position != self.position {
            self.position = position;
            self.current = None;
        }
        Ok(position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_one_stream_whichever_of_them_is_given() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        std::fs::write(path("b.age.001"), b"hello ").unwrap();
        std::fs::write(path("b.age.002"), b"").unwrap();
        std::fs::write(path("b.age.003"), b"world").unwrap();
        for name in ["b.age.001", "b.age.003", "b.age"] {
            let mut parts = Parts::open(&path(name)).unwrap();
            let mut text = String::new();
            parts.read_to_string(&mut text).unwrap();
            assert_eq!(text, "hello world", "{name}");
            parts.seek(SeekFrom::Start(4)).unwrap();
            text.clear();
            parts.read_to_string(&mut text).unwrap();
            assert_eq!(text, "o world");
        }
        assert!(Parts::open(&path("c.age")).is_err());
        assert_eq!(name_without_part(&path("b.age.002")), path("b.age"));
        assert_eq!(name_without_part(&path("b.age")), path("b.age"));
    }
}
