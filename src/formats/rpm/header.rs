//! A package's header as rpm keeps it: an index of entries and the store that they point into, all in network order, without the magic
//! and the padding that a package's file has in front. <https://rpm-software-management.github.io/rpm/manual/format_header.html>

/// Bytes of the two counts in front, and of one entry of the index.
const COUNTS: usize = 8;
const ENTRY: usize = 16;

/// Tags, by `rpmtag.h`.
const NAME: u32 = 1000;
const VERSION: u32 = 1001;
const RELEASE: u32 = 1002;
const EPOCH: u32 = 1003;
const VENDOR: u32 = 1011;
const ARCHITECTURE: u32 = 1022;
const FILE_DIGESTS: u32 = 1035;
const FOLDER_NUMBERS: u32 = 1116;
const BASE_NAMES: u32 = 1117;
const FOLDERS: u32 = 1118;

/// Types of entries: a number of 32 bits, a text, a row of texts, a text in several languages.
const INT32: u32 = 4;
const STRING: u32 = 6;
const STRINGS: u32 = 8;
const TEXT: u32 = 9;

/// A package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Package<'a> {
    header: Header<'a>,
    /// Its name.
    pub name: &'a str,
    /// Its version, as its maker counts.
    pub version: &'a str,
    /// Its release, as who packed it counts.
    pub release: &'a str,
    /// What comes before the version where that began to be counted anew.
    pub epoch: Option<u32>,
}

/// Index and store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Header<'a> {
    index: &'a [u8],
    store: &'a [u8],
}

/// Reads a header; none where it is none, or names no package.
#[must_use]
pub fn read(bytes: &[u8]) -> Option<Package<'_>> {
    let index = usize::try_from(number(bytes, 0)?).ok()?.checked_mul(ENTRY)?;
    let store = usize::try_from(number(bytes, 4)?).ok()?;
    let rest = bytes.get(COUNTS..)?;
    let header = Header { index: rest.get(..index)?, store: rest.get(index..)?.get(..store)? };
    Some(Package {
        header,
        name: header.text(NAME)?,
        version: header.text(VERSION)?,
        release: header.text(RELEASE)?,
        epoch: header.numbers(EPOCH).next(),
    })
}

impl<'a> Package<'a> {
    /// Who packed it.
    #[must_use]
    pub fn vendor(&self) -> Option<&'a str> {
        self.header.text(VENDOR)
    }

    /// The processor it is for; keys that rpm trusts are kept as packages without one.
    #[must_use]
    pub fn architecture(&self) -> Option<&'a str> {
        self.header.text(ARCHITECTURE)
    }

    /// Its files: folder with a slash at its end, name, and the digest that the package came with, in hexadecimal digits; that is empty for
    /// what has no content.
    pub fn files(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8], &'a [u8])> {
        let folders: Vec<&[u8]> = self.header.texts(FOLDERS).collect();
        let digests = self.header.texts(FILE_DIGESTS).map(Some).chain(std::iter::repeat(None));
        let names = self.header.texts(BASE_NAMES).zip(self.header.numbers(FOLDER_NUMBERS)).zip(digests);
        names.filter_map(move |((name, folder), digest)| {
            let folder = *folders.get(usize::try_from(folder).ok()?)?;
            Some((folder, name, digest.unwrap_or_default()))
        })
    }
}

impl<'a> Header<'a> {
    /// Type, place in the store and count of an entry.
    fn entry(self, tag: u32) -> Option<(u32, &'a [u8], usize)> {
        let entry = self.index.chunks_exact(ENTRY).find(|entry| number(entry, 0) == Some(tag))?;
        let at = usize::try_from(number(entry, 8)?).ok()?;
        let count = usize::try_from(number(entry, 12)?).ok()?;
        Some((number(entry, 4)?, self.store.get(at..)?, count))
    }

    fn text(self, tag: u32) -> Option<&'a str> {
        let (kind, bytes, _) = self.entry(tag)?;
        let text = bytes.split(|byte| *byte == 0).next()?;
        let text = str::from_utf8(text).ok()?;
        (matches!(kind, STRING | TEXT) && !text.is_empty()).then_some(text)
    }

    fn texts(self, tag: u32) -> impl Iterator<Item = &'a [u8]> {
        let entry = self.entry(tag).filter(|(kind, ..)| *kind == STRINGS);
        entry.into_iter().flat_map(|(_, bytes, count)| bytes.split(|byte| *byte == 0).take(count))
    }

    fn numbers(self, tag: u32) -> impl Iterator<Item = u32> + use<'a> {
        let entry = self.entry(tag).filter(|(kind, ..)| *kind == INT32);
        entry.into_iter().flat_map(|(_, bytes, count)| {
            bytes.as_chunks::<4>().0.iter().take(count).map(|four| u32::from_be_bytes(*four))
        })
    }
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}
