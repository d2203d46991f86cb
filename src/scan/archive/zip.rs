//! The files of a zip that is in memory: by its directory, or, where that is missing, by the headers in front of them.
//!
//! In: bytes. Out: entries, each opened on demand (stored or deflated), or a sentence for what cannot be. APPNOTE 6.3.10,
//! <https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>. Own code, since the crate `zip` keeps a table of all
//! entries before the first can be had, which a hostile directory makes larger than the scan may take.

use std::io::Read;

use flate2::read::DeflateDecoder;

/// How far from the end the directory's own end is looked for: 22 bytes and the longest comment.
const END_SEARCH: usize = 22 + 65_535;

const STORED: u16 = 0;
const DEFLATED: u16 = 8;
const ENCRYPTED: u16 = 1;
const SIZES_FOLLOW: u16 = 8;

/// A file in a zip.
pub(super) struct ZipEntry<'a> {
    /// Its name as it stands there; what is not UTF-8 is replaced.
    pub(super) name: String,
    method: u16,
    flags: u16,
    packed: &'a [u8],
}

impl<'a> ZipEntry<'a> {
    /// Its content as it unpacks, or why it cannot.
    pub(super) fn open(&self) -> Result<Box<dyn Read + 'a>, String> {
        if self.flags & ENCRYPTED != 0 {
            return Err("files in it are encrypted".to_owned());
        }
        match self.method {
            STORED => Ok(Box::new(self.packed)),
            DEFLATED => Ok(Box::new(DeflateDecoder::new(self.packed))),
            method => Err(format!("files in it are packed by method {method}, which is not opened")),
        }
    }
}

/// All files of a zip, folders left out.
pub(super) fn entries(content: &[u8]) -> Box<dyn Iterator<Item = Result<ZipEntry<'_>, String>> + '_> {
    match directory(content) {
        Some(at) => Box::new(Listed { content, at }),
        None => Box::new(Forward { content, at: 0, ended: false }),
    }
}

/// Where the directory begins, if the end of it is there.
fn directory(content: &[u8]) -> Option<usize> {
    let from = content.len().saturating_sub(END_SEARCH);
    let tail = content.get(from..)?;
    let end = tail.windows(4).rposition(|bytes| bytes == b"PK\x05\x06")?.checked_add(from)?;
    let size = usize::try_from(u32_at(content, end.checked_add(12)?)?).ok()?;
    // Programs and self-extracting archives have bytes before the first entry: the directory ends where its end begins.
    let begin = end.checked_sub(size)?;
    (content.get(begin..)?.starts_with(b"PK\x01\x02")).then_some(begin)
}

/// Goes through the directory.
struct Listed<'a> {
    content: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Listed<'a> {
    type Item = Result<ZipEntry<'a>, String>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let header = self.content.get(self.at..).filter(|rest| rest.starts_with(b"PK\x01\x02"))?;
            let [name, extra, comment] = [28, 30, 32].map(|at| u16_at(header, at).map(usize::from));
            let (name, extra, comment) = (name?, extra?, comment?);
            let length = name.checked_add(extra)?.checked_add(comment)?.checked_add(46)?;
            self.at = self.at.checked_add(length)?;
            let name = text(header.get(46..name.checked_add(46)?)?);
            if name.ends_with('/') {
                continue;
            }
            let (flags, method) = (u16_at(header, 8)?, u16_at(header, 10)?);
            let size = usize::try_from(u32_at(header, 20)?).ok()?;
            let offset = usize::try_from(u32_at(header, 42)?).ok()?;
            let packed = self.packed(offset, size);
            return Some(match packed {
                Some(packed) => Ok(ZipEntry { name, method, flags, packed }),
                None => Err("files in it are not where its directory says".to_owned()),
            });
        }
    }
}

impl<'a> Listed<'a> {
    /// The packed bytes of the entry whose own header stands at `offset`. Sizes and offsets of 4 GiB and more, which
    /// stand elsewhere, are past the end of what is in memory.
    fn packed(&self, offset: usize, size: usize) -> Option<&'a [u8]> {
        let header = self.content.get(offset..).filter(|rest| rest.starts_with(b"PK\x03\x04"))?;
        let begin = behind(header)?;
        header.get(begin..begin.checked_add(size)?)
    }
}

/// Goes from header to header, as far as these say how long each entry is.
struct Forward<'a> {
    content: &'a [u8],
    at: usize,
    ended: bool,
}

impl<'a> Iterator for Forward<'a> {
    type Item = Result<ZipEntry<'a>, String>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.ended {
            let header = self.content.get(self.at..).filter(|rest| rest.starts_with(b"PK\x03\x04"))?;
            let (flags, method) = (u16_at(header, 6)?, u16_at(header, 8)?);
            let size = usize::try_from(u32_at(header, 18)?).ok()?;
            let length = usize::from(u16_at(header, 26)?);
            let name = text(header.get(30..length.checked_add(30)?)?);
            let begin = behind(header)?;
            let rest = header.get(begin..)?;
            // Where the size follows behind, or the rest was cut, deflate still knows its own end.
            let packed = rest.get(..size).unwrap_or(rest);
            if flags & SIZES_FOLLOW != 0 || packed.len() < size {
                self.ended = true;
                let packed = rest;
                return Some(if method == DEFLATED {
                    Ok(ZipEntry { name, method, flags, packed })
                } else {
                    Err("its directory is missing, and files in it do not say where they end".to_owned())
                });
            }
            self.at = self.at.checked_add(begin)?.checked_add(size)?;
            if !name.ends_with('/') {
                return Some(Ok(ZipEntry { name, method, flags, packed }));
            }
        }
        None
    }
}

/// Where the content behind a local header begins.
fn behind(header: &[u8]) -> Option<usize> {
    let [name, extra] = [26, 28].map(|at| u16_at(header, at).map(usize::from));
    name?.checked_add(extra?)?.checked_add(30)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}
