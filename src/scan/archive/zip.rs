//! The files of a zip that is in memory: by its directory, or, where that is missing, by the headers in front of them.
//!
//! In: bytes. Out: entries, each opened on demand (stored, Deflate, Deflate64, LZMA), or a sentence for what cannot be, with the number of
//! files it is about. APPNOTE 6.3.10, <https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>, with the records of ZIP64
//! (4.3.14, 4.5.3) wherever they are. Own code, since the crate `zip` keeps a table of all entries before the first can be had,
//! which a hostile directory makes larger than the scan may take.

use std::io::Read;

use deflate64::Deflate64Decoder;
use flate2::read::DeflateDecoder;
use lzma_rust2::LzmaReader;
use memchr::memmem;

/// How far from the end the directory's own end is looked for: 22 bytes and the longest comment.
const END_SEARCH: usize = 22 + 65_535;

/// How far before its locator the end record of ZIP64 is looked for: 56 bytes, and what may extend it.
const END64_SEARCH: usize = 56 + 65_535;

/// Largest dictionary of LZMA, which is memory: that of the default level of 7-Zip.
const DICTIONARY: u32 = 16 << 20;

/// What stands where a number is elsewhere, in the record of ZIP64.
const ELSEWHERE: u64 = 0xffff_ffff;

const STORED: u16 = 0;
const DEFLATED: u16 = 8;
const DEFLATE64: u16 = 9;
const LZMA: u16 = 14;
const ENCRYPTED: u16 = 1;
/// Of LZMA: a mark says where it ends.
const ENDS_BY_MARK: u16 = 2;
const SIZES_FOLLOW: u16 = 8;

/// A file in a zip.
pub(super) struct ZipEntry<'a> {
    /// Its name as it is there; what is not UTF-8 is replaced.
    pub(super) name: String,
    method: u16,
    flags: u16,
    packed: &'a [u8],
    /// Its length unpacked, as its header says; nothing where that follows behind.
    size: Option<u64>,
}

/// Files that are not reached, as many as is known, and why.
pub(super) struct Unlisted {
    pub(super) files: Option<u64>,
    pub(super) why: String,
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
            DEFLATE64 => Ok(Box::new(Deflate64Decoder::with_buffer(self.packed))),
            LZMA => self.lzma(),
            method => Err(format!("files in it are packed by {}, which is not opened", named(method))),
        }
    }

    /// LZMA behind a header of its own (5.8.8): version, length of the properties, properties.
    fn lzma(&self) -> Result<Box<dyn Read + 'a>, String> {
        let wrong = || "files in it are packed by LZMA with a wrong header".to_owned();
        let [properties, a, b, c, d] = *self.packed.get(4..9).and_then(<[u8]>::as_array).ok_or_else(wrong)?;
        if u16_at(self.packed, 2) != Some(5) {
            return Err(wrong());
        }
        let size = if self.flags & ENDS_BY_MARK != 0 { None } else { Some(self.size.ok_or_else(wrong)?) };
        // Nothing is farther back than the file is long: a small file needs no dictionary of the size that its writer had.
        let dictionary = u32::from_le_bytes([a, b, c, d]);
        let known = size.and_then(|size| u32::try_from(size).ok()).unwrap_or(u32::MAX);
        let dictionary = dictionary.min(known).max(4 << 10);
        if dictionary > DICTIONARY {
            return Err(format!("files in it need a dictionary of more than {DICTIONARY} bytes"));
        }
        let packed = self.packed.get(9..).unwrap_or_default();
        let reader =
            LzmaReader::new_with_props(packed, size.unwrap_or(u64::MAX), properties, dictionary, None);
        Ok(Box::new(reader.map_err(|_| wrong())?))
    }

    /// A folder has a name that ends so, and nothing in it; some writers deflate that nothing.
    fn is_folder(&self) -> bool {
        let is_empty = self.packed.is_empty() || self.method == DEFLATED && self.packed == [3, 0];
        self.name.ends_with('/') && is_empty
    }
}

/// A method as APPNOTE 4.4.5 names it.
fn named(method: u16) -> String {
    let name = match method {
        1 => "Shrink",
        2..=5 => "Reduce",
        6 => "Implode",
        12 => "bzip2",
        20 | 93 => "Zstandard",
        95 => "XZ",
        97 => "WavPack",
        98 => "PPMd",
        99 => "AES encryption",
        _ => return format!("method {method}"),
    };
    format!("method {method} ({name})")
}

/// All files of a zip, folders left out.
pub(super) fn entries(content: &[u8]) -> Box<dyn Iterator<Item = Result<ZipEntry<'_>, Unlisted>> + '_> {
    match directory(content) {
        Some(Directory { begin, shift, entries }) => {
            Box::new(Listed { content, at: begin, shift, left: Some(entries) })
        }
        None => Box::new(Forward { content, at: 0, ended: false }),
    }
}

/// Whether a zip ends the content, whatever it begins with.
pub(super) fn is_behind(content: &[u8]) -> bool {
    directory(content).is_some()
}

/// Whether a zip in parts ends the content, whose directory is not, or not all, in this part (APPNOTE 4.4.19 to 4.4.21).
pub(super) fn is_last_part(content: &[u8]) -> bool {
    let from = content.len().saturating_sub(END_SEARCH);
    let end = content
        .get(from..)
        .and_then(|end| memmem::rfind(end, b"PK\x05\x06"))
        .map(|at| from.saturating_add(at));
    end.is_some_and(|end| {
        let field = |offset: usize| u16_at(content, end.checked_add(offset)?);
        let comment = field(20).map(usize::from);
        let ends = end.checked_add(22).zip(comment).and_then(|(end, comment)| end.checked_add(comment));
        ends == Some(content.len()) && field(10).is_some_and(|entries| entries > 0)
    })
}

/// Where the directory is, and what it says of itself.
struct Directory {
    begin: usize,
    /// What is in front of the zip, and not counted by its offsets.
    shift: usize,
    /// How many entries it has.
    entries: u64,
}

/// The directory, if the end of it is there.
fn directory(content: &[u8]) -> Option<Directory> {
    let from = content.len().saturating_sub(END_SEARCH);
    let end = memmem::rfind(content.get(from..)?, b"PK\x05\x06")?.checked_add(from)?;
    let [entries, size, offset] = [
        u64::from(u16_at(content, end.checked_add(10)?)?),
        u64::from(u32_at(content, end.checked_add(12)?)?),
        u64::from(u32_at(content, end.checked_add(16)?)?),
    ];
    let end64 =
        end.checked_sub(20).filter(|locator| starts(content, *locator, b"PK\x06\x07")).and_then(|locator| {
            let from = locator.saturating_sub(END64_SEARCH);
            let at = memmem::rfind(content.get(from..locator)?, b"PK\x06\x06")?.checked_add(from)?;
            let field = |offset: usize| u64_at(content, at.checked_add(offset)?);
            Some((at, field(32)?, field(40)?, field(48)?))
        });
    // Either end of it may be right where the other is not: the one that leads to a directory counts.
    let found = |(end, entries, size, offset): (usize, u64, u64, u64)| {
        // Programs and self-extracting archives have bytes before the first entry: the directory ends where its end begins.
        let begin = end.checked_sub(usize::try_from(size).ok()?)?;
        let shift = begin.saturating_sub(usize::try_from(offset).ok()?);
        starts(content, begin, b"PK\x01\x02").then_some(Directory { begin, shift, entries })
    };
    end64.and_then(found).or_else(|| found((end, entries, size, offset)))
}

fn starts(content: &[u8], at: usize, signature: &[u8]) -> bool {
    content.get(at..).is_some_and(|rest| rest.starts_with(signature))
}

/// Goes through the directory.
struct Listed<'a> {
    content: &'a [u8],
    at: usize,
    shift: usize,
    /// Entries that are still to come, by what the directory says; nothing once it ended.
    left: Option<u64>,
}

impl<'a> Iterator for Listed<'a> {
    type Item = Result<ZipEntry<'a>, Unlisted>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let left = self.left?;
            let Some((header, length)) = self.header() else {
                self.left = None;
                // What its end says of how many there are is as hostile as the rest: no more than there is room for.
                let most = u64::try_from(self.content.len() / 46).unwrap_or(u64::MAX);
                let why = "its directory ends before all files in it are listed".to_owned();
                return (left > 0).then(|| Err(Unlisted { files: Some(left.min(most)), why }));
            };
            self.at = self.at.saturating_add(length);
            self.left = Some(left.saturating_sub(1));
            match self.entry(header) {
                Some(entry) if entry.is_folder() => {}
                Some(entry) => return Some(Ok(entry)),
                None => {
                    let why = "files in it are not where its directory says".to_owned();
                    return Some(Err(Unlisted { files: Some(1), why }));
                }
            }
        }
    }
}

impl<'a> Listed<'a> {
    /// The next header of the directory, and its length.
    fn header(&self) -> Option<(&'a [u8], usize)> {
        let header = self.content.get(self.at..).filter(|rest| rest.starts_with(b"PK\x01\x02"))?;
        let [name, extra, comment] = [28, 30, 32].map(|at| u16_at(header, at).map(usize::from));
        let length = name?.checked_add(extra?)?.checked_add(comment?)?.checked_add(46)?;
        Some((header.get(..length)?, length))
    }

    /// The entry of a header, where its content is in memory.
    fn entry(&self, header: &'a [u8]) -> Option<ZipEntry<'a>> {
        let length = usize::from(u16_at(header, 28)?);
        let behind = length.checked_add(46)?;
        let name = text(header.get(46..behind)?);
        let extra = header.get(behind..behind.checked_add(usize::from(u16_at(header, 30)?))?)?;
        let (flags, method) = (u16_at(header, 8)?, u16_at(header, 10)?);
        let numbers = [24, 20, 42].map(|at| u32_at(header, at).map(u64::from));
        let [plain, size, offset] = widened([numbers[0]?, numbers[1]?, numbers[2]?], extra)?;
        let (size, offset) = (usize::try_from(size).ok()?, usize::try_from(offset).ok()?);
        let packed =
            self.packed(offset, size).or_else(|| self.packed(offset.checked_add(self.shift)?, size))?;
        Some(ZipEntry { name, method, flags, packed, size: Some(plain) })
    }

    /// The packed bytes of the entry whose own header is at `offset`.
    fn packed(&self, offset: usize, size: usize) -> Option<&'a [u8]> {
        let header = self.content.get(offset..).filter(|rest| rest.starts_with(b"PK\x03\x04"))?;
        let begin = behind(header)?;
        header.get(begin..begin.checked_add(size)?)
    }
}

/// The size, packed size and offset of a header, each from the record of ZIP64 (4.5.3) where it is there: that has those and
/// only those, in this order, whose own field says so.
fn widened(numbers: [u64; 3], extra: &[u8]) -> Option<[u64; 3]> {
    let mut record = numbers.contains(&ELSEWHERE).then(|| record(extra, 1)).flatten();
    let mut wide = |number: u64| {
        let Some(bytes) = record.filter(|_| number == ELSEWHERE) else { return Some(number) };
        record = bytes.get(8..);
        u64_at(bytes, 0)
    };
    let [size, packed, offset] = numbers;
    Some([wide(size)?, wide(packed)?, wide(offset)?])
}

/// The record of a kind among the extra fields of a header.
fn record(mut extra: &[u8], kind: u16) -> Option<&[u8]> {
    loop {
        let end = usize::from(u16_at(extra, 2)?).checked_add(4)?;
        if u16_at(extra, 0)? == kind {
            return extra.get(4..end.min(extra.len()));
        }
        extra = extra.get(end..)?;
    }
}

/// Goes from header to header, as far as these say how long each entry is.
struct Forward<'a> {
    content: &'a [u8],
    at: usize,
    ended: bool,
}

impl<'a> Iterator for Forward<'a> {
    type Item = Result<ZipEntry<'a>, Unlisted>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.ended {
            let rest = self.content.get(self.at..).unwrap_or_default();
            if !rest.starts_with(b"PK\x03\x04") {
                self.ended = true;
                // Behind the last file are the directory, its end, or what precedes it (4.3.6); else it broke off.
                let whole = rest.is_empty()
                    || [&b"PK\x01\x02"[..], b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x08", b"PK\x07\x08"]
                        .iter()
                        .any(|sign| rest.starts_with(sign));
                if whole && !rest.starts_with(b"PK\x07\x08") {
                    return None;
                }
                if rest.starts_with(b"PK\x07\x08PK\x03\x04") {
                    (self.at, self.ended) = (self.at.saturating_add(4), false);
                    continue;
                }
                return Some(Err(broken()));
            }
            match self.entry(rest) {
                Some(entry) if entry.is_folder() => {}
                Some(entry) => return Some(Ok(entry)),
                None => {
                    self.ended = true;
                    return Some(Err(broken()));
                }
            }
        }
        None
    }
}

fn broken() -> Unlisted {
    let why = "its directory is missing, and files in it do not say where they end".to_owned();
    Unlisted { files: None, why }
}

impl<'a> Forward<'a> {
    fn entry(&mut self, header: &'a [u8]) -> Option<ZipEntry<'a>> {
        let (flags, method) = (u16_at(header, 6)?, u16_at(header, 8)?);
        let length = usize::from(u16_at(header, 26)?);
        let behind_name = length.checked_add(30)?;
        let name = text(header.get(30..behind_name)?);
        let begin = behind(header)?;
        let extra = header.get(behind_name..begin)?;
        let numbers = [22, 18].map(|at| u32_at(header, at).map(u64::from));
        let [plain, size, _] = widened([numbers[0]?, numbers[1]?, 0], extra)?;
        let rest = header.get(begin..)?;
        let size = usize::try_from(size).ok()?;
        let (packed, after) = if flags & SIZES_FOLLOW != 0 && (size == 0 || numbers[1] == Some(ELSEWHERE)) {
            match described(rest) {
                Some((size, after)) => (rest.get(..size)?, after),
                // Deflate still knows its own end.
                None if method == DEFLATED => (rest, rest.len()),
                None => return None,
            }
        } else if rest.len() < size {
            // The rest was cut.
            (rest, rest.len())
        } else {
            (rest.get(..size)?, size)
        };
        self.at = self.at.checked_add(begin)?.checked_add(after)?;
        let plain = Some(plain).filter(|_| flags & SIZES_FOLLOW == 0);
        Some(ZipEntry { name, method, flags, packed, size: plain })
    }
}

/// The size of an entry that says it behind itself (4.3.9), and where the next one begins: with or without a signature, in four
/// bytes or in eight.
fn described(rest: &[u8]) -> Option<(usize, usize)> {
    let fits = |at: usize, size: Option<u64>| size == u64::try_from(at).ok();
    // Whatever comes next begins so, or nothing does.
    let is_next = |at: usize| rest.get(at..).is_some_and(|next| next.is_empty() || next.starts_with(b"PK"));
    let signed = memmem::find_iter(rest, b"PK\x07\x08").find_map(|at| {
        let size = at.checked_add(8)?;
        let [four, eight] = [at.checked_add(16)?, at.checked_add(24)?];
        if fits(at, u32_at(rest, size).map(u64::from)) && is_next(four) {
            Some((at, four))
        } else if fits(at, u64_at(rest, size)) && is_next(eight) {
            Some((at, eight))
        } else {
            None
        }
    });
    signed.or_else(|| {
        memmem::find_iter(rest, b"PK").find_map(|next| {
            let is_header = starts(rest, next, b"PK\x03\x04") || starts(rest, next, b"PK\x01\x02");
            let four = next
                .checked_sub(12)
                .filter(|at| is_header && fits(*at, u32_at(rest, at.saturating_add(4)).map(u64::from)));
            let eight =
                next.checked_sub(20).filter(|at| is_header && fits(*at, u64_at(rest, at.saturating_add(4))));
            four.or(eight).map(|size| (size, next))
        })
    })
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

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at.checked_add(8)?)?.try_into().ok()?))
}
