//! Reads a package header as rpm stores it: an index of entries and the data store that they point into, in network
//! byte order, without the magic and the padding of a package file.
//! <https://rpm-software-management.github.io/rpm/manual/format_header.html>

/// Bytes of the two counts at the beginning, and of one index entry.
const COUNTS: usize = 8;
const ENTRY: usize = 16;

/// Tags, from `rpmtag.h`.
const NAME: u32 = 1000;
const VERSION: u32 = 1001;
const RELEASE: u32 = 1002;
const EPOCH: u32 = 1003;
const VENDOR: u32 = 1011;
const ARCHITECTURE: u32 = 1022;
const FILE_DIGESTS: u32 = 1035;
const DIRECTORY_INDEXES: u32 = 1116;
const BASE_NAMES: u32 = 1117;
const DIRECTORIES: u32 = 1118;

/// Types of entries: 32-bit numbers, a string, an array of strings, a localised string.
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
    /// Upstream version.
    pub version: &'a str,
    /// Release number of the packager.
    pub release: &'a str,
    /// Epoch, which takes precedence over the version.
    pub epoch: Option<u32>,
}

/// Index and data store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Header<'a> {
    index: &'a [u8],
    store: &'a [u8],
}

/// Reads a header; `None` where it is malformed, or has no package name.
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
    /// Returns the packager.
    #[must_use]
    pub fn vendor(&self) -> Option<&'a str> {
        self.header.text(VENDOR)
    }

    /// Returns the architecture; the public keys that rpm trusts are stored as packages without one.
    #[must_use]
    pub fn architecture(&self) -> Option<&'a str> {
        self.header.text(ARCHITECTURE)
    }

    /// Returns its files: directory with a trailing slash, name, and the digest from the package in hexadecimal
    /// digits, which is empty for anything without content.
    pub fn files(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8], &'a [u8])> {
        let directories: Vec<&[u8]> = self.header.texts(DIRECTORIES).collect();
        let digests = self.header.texts(FILE_DIGESTS).map(Some).chain(std::iter::repeat(None));
        let names = self.header.texts(BASE_NAMES).zip(self.header.numbers(DIRECTORY_INDEXES)).zip(digests);
        names.filter_map(move |((name, directory), digest)| {
            let directory = *directories.get(usize::try_from(directory).ok()?)?;
            Some((directory, name, digest.unwrap_or_default()))
        })
    }
}

impl<'a> Header<'a> {
    /// Returns type, offset and count of an entry.
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
