//! The files of a tar, read forward: POSIX ustar, GNU long names and pax paths.
//!
//! In: a reader. Out: the name of each regular file, and a reader of its content that ends where the file does. The
//! format: POSIX.1-2017 `pax`, <https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html>, and
//! <https://www.gnu.org/software/tar/manual/html_node/Standard.html>.

use std::io::{self, Read};

/// Everything in a tar begins at a multiple of this.
pub(super) const BLOCK: usize = 512;

/// Longest name that a header of its own may bring, and longest set of pax fields.
const LONG: u64 = 64 << 10;

/// A regular file in a tar.
pub(super) struct TarFile {
    pub(super) name: String,
    /// Its content is not as it is stored: GNU tar left out its holes.
    pub(super) is_sparse: bool,
}

/// A tar that is being read.
pub(super) struct Archive<R> {
    reader: R,
    /// Bytes of the current file that are still to come, and of the filling behind it.
    left: u64,
    filling: u64,
}

impl<R: Read> Archive<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, left: 0, filling: 0 }
    }

    /// Goes to the next regular file; what is left of the one before must be finished.
    pub(super) fn next_file(&mut self) -> io::Result<Option<TarFile>> {
        let mut long_name = None;
        loop {
            let mut header = [0; BLOCK];
            match self.reader.read(&mut header[..1])? {
                0 => return Ok(None),
                _ => self.reader.read_exact(&mut header[1..])?,
            }
            if header.iter().all(|byte| *byte == 0) {
                return Ok(None);
            }
            if !checksum_fits(&header) {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "a header's checksum is wrong"));
            }
            self.left = number(&header[124..136]);
            self.filling = filling(self.left);
            match header[156] {
                kind @ (b'0' | 0 | b'7' | b'S') => {
                    let name = long_name.unwrap_or_else(|| name(&header));
                    return Ok(Some(TarFile { name, is_sparse: kind == b'S' }));
                }
                b'L' => long_name = Some(text(&self.extension()?)),
                b'x' => long_name = pax_path(&self.extension()?).or(long_name),
                _ => self.pass(u64::MAX)?,
            }
        }
    }

    /// The content of the current file.
    pub(super) fn content(&mut self) -> TarContent<'_, R> {
        TarContent(self)
    }

    /// Passes over the rest of the current file, of which at most `most` bytes are read. Returns how many were.
    pub(super) fn finish_file(&mut self, most: u64) -> u64 {
        let before = self.left;
        // Where the reader fails, the next header fails, and says so.
        drop(self.pass(most));
        before.saturating_sub(self.left)
    }

    fn pass(&mut self, most: u64) -> io::Result<()> {
        let passed = io::copy(&mut self.reader.by_ref().take(self.left.min(most)), &mut io::sink())?;
        self.left = self.left.saturating_sub(passed);
        if self.left == 0 {
            io::copy(&mut self.reader.by_ref().take(self.filling), &mut io::sink())?;
        }
        Ok(())
    }

    /// The content of a header's own extension.
    fn extension(&mut self) -> io::Result<Vec<u8>> {
        if self.left > LONG {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a name longer than 64 KiB"));
        }
        let mut content = Vec::new();
        self.content().read_to_end(&mut content)?;
        self.pass(u64::MAX)?;
        Ok(content)
    }
}

/// Reads the current file of an archive.
pub(super) struct TarContent<'a, R>(&'a mut Archive<R>);

impl<R: Read> Read for TarContent<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.0.left).unwrap_or(usize::MAX).min(buffer.len());
        let count = self.0.reader.read(buffer.get_mut(..most).unwrap_or_default())?;
        if count == 0 && most > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.0.left = self.0.left.saturating_sub(u64::try_from(count).unwrap_or(u64::MAX));
        Ok(count)
    }
}

fn filling(size: u64) -> u64 {
    let block = u64::try_from(BLOCK).unwrap_or(u64::MAX);
    match size.checked_rem(block) {
        None | Some(0) => 0,
        Some(over) => block.saturating_sub(over),
    }
}

/// The sum of all bytes, those of the sum itself taken for spaces.
fn checksum_fits(header: &[u8; BLOCK]) -> bool {
    let sum = header.iter().enumerate().fold(0_u64, |sum, (at, byte)| {
        sum.saturating_add(if (148..156).contains(&at) { 32 } else { u64::from(*byte) })
    });
    number(&header[148..156]) == sum
}

/// A number in octal, or in binary where its first bit is set, as GNU writes large ones.
fn number(field: &[u8]) -> u64 {
    if field.first().is_some_and(|byte| byte & 0x80 != 0) {
        let tail = field.get(field.len().saturating_sub(8)..).unwrap_or_default();
        return tail.iter().fold(0, |value, byte| (value << 8) | u64::from(*byte));
    }
    let digits = field.iter().skip_while(|byte| **byte == b' ').take_while(|byte| byte.is_ascii_digit());
    digits.fold(0_u64, |value, byte| {
        value.saturating_mul(8).saturating_add(u64::from(byte.saturating_sub(b'0')))
    })
}

fn name(header: &[u8; BLOCK]) -> String {
    let name = text(&header[..100]);
    let prefix = text(&header[345..500]);
    if header[257..262] == *b"ustar" && header[262] == 0 && !prefix.is_empty() {
        format!("{prefix}/{name}")
    } else {
        name
    }
}

/// The `path` of a set of pax fields: `<length> path=<value>\n`.
fn pax_path(fields: &[u8]) -> Option<String> {
    let mut rest = fields;
    while !rest.is_empty() {
        let space = rest.iter().position(|byte| *byte == b' ')?;
        let length: usize = str::from_utf8(rest.get(..space)?).ok()?.parse().ok()?;
        let field = rest.get(space.checked_add(1)?..length.checked_sub(1)?)?;
        if let Some(path) = field.strip_prefix(b"path=") {
            return Some(text(path));
        }
        rest = rest.get(length..)?;
    }
    None
}

fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).into_owned()
}
