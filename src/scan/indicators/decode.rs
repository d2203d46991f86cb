//! A list's bytes as text: its digest is taken, its encoding told by its first bytes, its lines bounded.
//!
//! In: any file. Out: UTF-8, from UTF-8 or UTF-16 with or without a byte order mark; what is neither is taken for Latin-1
//! where lines are read. Nothing is held but one buffer and one line: a list may be one line of a gigabyte.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::evidence::Digest;

/// Largest list: ten million digests with their descriptions are some 1 GB.
pub(super) const LIST_LIMIT: u64 = 8 << 30;

/// Longest line, in bytes: a pattern of 4 KiB and a description fit many times.
pub(super) const LINE_LIMIT: usize = 64 << 10;

/// What is looked at to tell encoding and format.
pub(super) const HEAD: usize = 64 << 10;

/// Bytes decoded at once.
const BLOCK: usize = 64 << 10;

/// The bytes of a file, digested as they pass.
pub(super) struct Digesting<R> {
    inner: R,
    digest: Sha256,
    left: u64,
}

impl<R: Read> Digesting<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, digest: Sha256::new(), left: LIST_LIMIT }
    }

    /// Reads on to the end and gives the digest of all.
    pub(super) fn finish(mut self) -> io::Result<Digest> {
        let mut buffer = vec![0; BLOCK];
        while self.read(&mut buffer)? > 0 {}
        Ok(Digest::from_bytes(self.digest.finalize().into()))
    }
}

impl<R: Read> Read for Digesting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.digest.update(buffer.get(..count).unwrap_or_default());
        let read = u64::try_from(count).unwrap_or(u64::MAX);
        match self.left.checked_sub(read) {
            Some(left) => self.left = left,
            None => return Err(io::Error::other(format!("larger than {LIST_LIMIT} bytes"))),
        }
        Ok(count)
    }
}

/// Opens a list.
pub(super) fn open(path: &Path) -> io::Result<Digesting<File>> {
    let file = File::open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    Ok(Digesting::new(file))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    /// UTF-8, or bytes that are taken as they come.
    Bytes,
    Utf16 {
        big: bool,
    },
}

/// A list's text: UTF-8, or single bytes of another encoding where it is none.
pub(super) struct Text<R> {
    inner: R,
    encoding: Encoding,
    /// Decoded and not yet given.
    ready: Vec<u8>,
    given: usize,
    /// Raw bytes of a character that is not whole yet.
    rest: Vec<u8>,
    ended: bool,
}

impl<R: Read> Text<R> {
    /// Looks at the first bytes; a byte order mark is not part of the text.
    pub(super) fn new(mut inner: R) -> io::Result<Self> {
        let mut first = vec![0; BLOCK];
        let mut filled = 0;
        while let Some(rest) = first.get_mut(filled..)
            && !rest.is_empty()
        {
            match inner.read(rest)? {
                0 => break,
                count => filled = filled.saturating_add(count),
            }
        }
        first.truncate(filled);
        let (encoding, mark) = encoding(&first);
        let mut text = Self {
            inner,
            encoding,
            ready: Vec::new(),
            given: 0,
            rest: first.split_off(mark.min(filled)),
            ended: false,
        };
        text.decode();
        Ok(text)
    }

    /// The first of the text, for whoever must tell its format; it is still to be read.
    pub(super) fn head(&self) -> &[u8] {
        self.ready.get(..HEAD).unwrap_or(&self.ready)
    }

    /// The reader beneath.
    pub(super) fn into_inner(self) -> R {
        self.inner
    }

    fn fill(&mut self) -> io::Result<()> {
        let kept = self.rest.len();
        self.rest.resize(kept.saturating_add(BLOCK), 0);
        let result = self.inner.read(self.rest.get_mut(kept..).unwrap_or_default());
        let count = *result.as_ref().unwrap_or(&0);
        self.rest.truncate(kept.saturating_add(count));
        self.ended = result? == 0;
        self.decode();
        Ok(())
    }

    /// Turns whole characters of `rest` into `ready`.
    fn decode(&mut self) {
        self.given = 0;
        let Encoding::Utf16 { big } = self.encoding else {
            self.ready = std::mem::take(&mut self.rest);
            return;
        };
        let (pairs, odd) = self.rest.as_chunks::<2>();
        let unit = |pair: &[u8; 2]| if big { u16::from_be_bytes(*pair) } else { u16::from_le_bytes(*pair) };
        // The first half of a surrogate pair waits for its other half.
        let waits = pairs.last().is_some_and(|pair| (0xd800..0xdc00).contains(&unit(pair))) && !self.ended;
        let whole = pairs.len().saturating_sub(usize::from(waits));
        let units = pairs.iter().take(whole).map(unit);
        let text: String =
            char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
        let mut rest: Vec<u8> = pairs.iter().skip(whole).flatten().copied().collect();
        rest.extend(odd);
        self.ready = text.into_bytes();
        self.rest = rest;
    }
}

impl<R: Read> Read for Text<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given >= self.ready.len() {
            if self.encoding == Encoding::Bytes {
                return self.inner.read(buffer);
            }
            if self.ended {
                return Ok(0);
            }
            self.fill()?;
        }
        let ready = self.ready.get(self.given..).unwrap_or_default();
        let count = ready.len().min(buffer.len());
        let (to, from) = (buffer.get_mut(..count), ready.get(..count));
        if let (Some(to), Some(from)) = (to, from) {
            to.copy_from_slice(from);
        }
        self.given = self.given.saturating_add(count);
        Ok(count)
    }
}

/// The encoding, and the length of the mark that says so. Without a mark, text whose every second byte is zero is UTF-16.
fn encoding(first: &[u8]) -> (Encoding, usize) {
    match first {
        [0xef, 0xbb, 0xbf, ..] => (Encoding::Bytes, 3),
        [0xff, 0xfe, ..] => (Encoding::Utf16 { big: false }, 2),
        [0xfe, 0xff, ..] => (Encoding::Utf16 { big: true }, 2),
        [a, 0, b, 0, ..] if *a != 0 && *b != 0 => (Encoding::Utf16 { big: false }, 0),
        [0, a, 0, b, ..] if *a != 0 && *b != 0 => (Encoding::Utf16 { big: true }, 0),
        _ => (Encoding::Bytes, 0),
    }
}

/// The lines of a text.
pub(super) struct TextLines<R> {
    inner: BufReader<R>,
    bytes: Vec<u8>,
}

/// What stands next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// A line.
    Line,
    /// The beginning of a line longer than [`LINE_LIMIT`]; the rest of it was passed over.
    TooLong,
    /// Nothing.
    End,
}

impl<R: Read> TextLines<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner: BufReader::with_capacity(BLOCK, inner), bytes: Vec::new() }
    }

    /// Reads the next line into `line`, without its end.
    pub(super) fn next(&mut self, line: &mut String) -> io::Result<Next> {
        line.clear();
        self.bytes.clear();
        let mut any = false;
        let mut too_long = false;
        loop {
            let buffer = self.inner.fill_buf()?;
            if buffer.is_empty() {
                break;
            }
            any = true;
            let end = memchr::memchr(b'\n', buffer);
            let part = buffer.get(..end.unwrap_or(buffer.len())).unwrap_or_default();
            let room = LINE_LIMIT.saturating_sub(self.bytes.len());
            too_long |= part.len() > room;
            self.bytes.extend_from_slice(part.get(..room).unwrap_or(part));
            let used = end.map_or(buffer.len(), |end| end.saturating_add(1));
            self.inner.consume(used);
            if end.is_some() {
                break;
            }
        }
        if !any {
            return Ok(Next::End);
        }
        let bytes = self.bytes.strip_suffix(b"\r").unwrap_or(&self.bytes);
        match std::str::from_utf8(bytes) {
            Ok(text) => line.push_str(text),
            Err(_) if too_long => line.push_str(&String::from_utf8_lossy(bytes)),
            Err(_) => line.extend(bytes.iter().copied().map(char::from)),
        }
        Ok(if too_long { Next::TooLong } else { Next::Line })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(bytes: &[u8]) -> Vec<String> {
        let mut lines = TextLines::new(Text::new(bytes).unwrap());
        let (mut all, mut line) = (Vec::new(), String::new());
        while lines.next(&mut line).unwrap() != Next::End {
            all.push(line.clone());
        }
        all
    }

    fn utf16(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(order).collect()
    }

    #[test]
    fn every_encoding_that_lists_come_in_is_read_as_the_same_text() {
        let text = "evil\u{20ac}\u{1f600};é\r\nb;c\n";
        let expected = ["evil\u{20ac}\u{1f600};é", "b;c"];
        for bytes in [
            text.as_bytes().to_vec(),
            [b"\xef\xbb\xbf", text.as_bytes()].concat(),
            utf16(&format!("\u{feff}{text}"), u16::to_le_bytes),
            utf16(&format!("\u{feff}{text}"), u16::to_be_bytes),
            utf16(text, u16::to_le_bytes),
            utf16(text, u16::to_be_bytes),
        ] {
            assert_eq!(lines(&bytes), expected, "{}", bytes.escape_ascii());
        }
        assert_eq!(lines(b"caf\xe9;x\nb"), ["café;x", "b"]);
        assert_eq!(lines(b""), [""; 0]);
    }

    #[test]
    fn a_surrogate_pair_across_two_blocks_is_one_letter() {
        let text = format!("\u{feff}{}\u{1f600}", "a".repeat(BLOCK / 2 - 2));
        let bytes = utf16(&text, u16::to_le_bytes);
        assert_eq!(lines(&bytes)[0].chars().last(), Some('\u{1f600}'));
        // Half a pair at the end, and half a unit, are no letters.
        assert_eq!(lines(&[0xff, 0xfe, b'a', 0, 0x3d, 0xd8, 7]), ["a\u{fffd}"]);
    }

    #[test]
    fn a_line_of_a_gigabyte_is_passed_over_without_being_held() {
        let long = io::repeat(b'x').take(1 << 30);
        let bytes = long.chain(&b"\nnext\n"[..]);
        let mut lines = TextLines::new(Text::new(bytes).unwrap());
        let mut line = String::new();
        assert_eq!(lines.next(&mut line).unwrap(), Next::TooLong);
        assert_eq!(line.len(), LINE_LIMIT);
        assert!(lines.bytes.capacity() <= 2 * LINE_LIMIT);
        assert_eq!((lines.next(&mut line).unwrap(), &*line), (Next::Line, "next"));
        assert_eq!(lines.next(&mut line).unwrap(), Next::End);
    }

    #[test]
    fn the_digest_is_that_of_the_file_whatever_of_it_was_read() {
        let bytes = utf16("\u{feff}abc\n", u16::to_le_bytes);
        let mut text = Text::new(Digesting::new(&bytes[..])).unwrap();
        text.read_exact(&mut [0; 2]).unwrap();
        assert_eq!(text.into_inner().finish().unwrap(), Digest::of(&bytes));
    }
}
