//! What is packed in a zip, gzip or tar is scanned with the rules as well: in memory, within limits, with its path.
//!
//! In: the content of an item as far as it was kept. Out: each file inside, to a visitor, with the path inside
//! (`docs.zip!macro.doc`), and what was not looked into. Everything here is hostile: sizes are what comes out and not
//! what headers say, and each limit has a name. A gzip of a tar is read as a stream; everything else that holds further
//! archives is kept whole, up to [`MEMBER`].

use std::io::Read;
use std::ops::ControlFlow;

use flate2::read::MultiGzDecoder;

use super::Bytes;
use super::indicators::Wanted;
use crate::evidence::Content;

mod digests;
mod packing;
mod report;
mod tar;
mod zip;

use packing::Packing;
use report::MemberFate;
pub(super) use report::Report;

/// Archives within archives: a document in a mail attachment's zip in a backup's tar.gz stands at four.
const DEPTH: usize = 4;

/// Files looked into in one item: an office document has dozens, a Java library thousands.
const MEMBERS: u64 = 20_000;

/// Bytes kept of one file inside; of a larger one rules see the beginning. Times [`DEPTH`], that is what one worker
/// needs at most.
const MEMBER: usize = 8 << 20;

/// Bytes unpacked of one item: a second of scanning, whatever it says of itself.
const BYTES: u64 = 128 << 20;

/// How many times its own size an item may unpack to, past [`ALLOWANCE`]: text shrinks to a tenth, logs to a fiftieth;
/// deflate ends at 1,032.
const RATIO: u64 = 100;

/// What may be unpacked before [`RATIO`] counts.
const ALLOWANCE: u64 = 4 << 20;

/// Longest path inside that is told, in characters.
const PATH: usize = 512;

/// A file inside an archive.
pub(super) struct Member<'a> {
    /// Its path inside, the archives on the way joined by `!`.
    pub(super) path: &'a str,
    /// Its content, as far as it was kept; nothing where it could not be opened.
    pub(super) content: Option<&'a Bytes>,
    /// Its digests, where they were asked for and all of it was unpacked.
    pub(super) digests: Option<&'a Content>,
}

/// Takes files inside; breaks off where no more is wanted, and says whether it saw this one.
pub(super) type MemberVisitor<'v> = dyn FnMut(&Member<'_>) -> ControlFlow<WasSeen> + 'v;

/// Whether a visitor that breaks off saw the file on which it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WasSeen {
    Yes,
    No,
}

/// Why files are not opened past the one on which going through an archive ended.
const AFTER: &str = "files in it come after a limit was reached";

/// Whether something is packed in it, or it is at least of a kind that packs.
pub(super) fn is_archive(content: &[u8]) -> bool {
    Packing::of(content).is_some()
}

/// Goes through what is packed in `content`. `whole` says whether that is all of the item, `wanted` which digests are
/// taken of the files inside, if any are.
pub(super) fn walk(
    name: &str,
    content: &[u8],
    whole: bool,
    wanted: Option<Wanted>,
    visit: &mut MemberVisitor<'_>,
) -> Report {
    let length = u64::try_from(content.len()).unwrap_or(u64::MAX);
    let bytes = length.saturating_mul(RATIO).clamp(ALLOWANCE, BYTES);
    let mut walk = Walk { visit, wanted, bytes, names: 0, report: Report::default() };
    if !whole {
        walk.report.gap("only its beginning was kept, and what is packed after that was not scanned");
    }
    // What stops is told in the report.
    let _stopped = walk.archive(name, "", content, DEPTH);
    walk.report
}

struct Walk<'a, 'v> {
    visit: &'a mut MemberVisitor<'v>,
    wanted: Option<Wanted>,
    /// What may still be unpacked.
    bytes: u64,
    /// Files shown by their path alone.
    names: u64,
    report: Report,
}

impl Walk<'_, '_> {
    /// Goes through one archive at `path` inside the item (empty for the item itself, whose name is `name`).
    fn archive(&mut self, name: &str, path: &str, content: &[u8], depth: usize) -> ControlFlow<()> {
        match Packing::of(content) {
            None => ControlFlow::Continue(()),
            Some(Packing::Closed(kind)) => {
                // How many files are in it is not known: it counts as one.
                let why = format!("what is packed in a {kind} is not scanned");
                self.report.count(&MemberFate::NotOpened(&why), 1);
                ControlFlow::Continue(())
            }
            Some(_) if depth == 0 => {
                let why = format!("archives more than {DEPTH} deep were not scanned");
                self.report.count(&MemberFate::NotOpened(&why), 1);
                ControlFlow::Continue(())
            }
            Some(Packing::Zip) => self.zip(path, content, depth),
            Some(Packing::Tar) => self.tar(path, content, depth),
            Some(Packing::Gzip) => self.gzip(name, path, content, depth),
        }
    }

    fn zip(&mut self, path: &str, content: &[u8], depth: usize) -> ControlFlow<()> {
        let mut entries = zip::entries(content);
        while let Some(entry) = entries.next() {
            if self.zip_entry(path, entry, depth).is_break() {
                let rest = u64::try_from(entries.count()).unwrap_or(u64::MAX);
                if rest > 0 {
                    self.report.count(&MemberFate::NotOpened(AFTER), rest);
                }
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    }

    fn zip_entry(
        &mut self,
        path: &str,
        entry: Result<zip::ZipEntry<'_>, zip::Unlisted>,
        depth: usize,
    ) -> ControlFlow<()> {
        let entry = match entry {
            Ok(entry) => entry,
            Err(zip::Unlisted { files, why }) => {
                match files {
                    Some(files) => self.report.count(&MemberFate::NotOpened(&why), files),
                    None => self.report.gap(why),
                }
                return ControlFlow::Continue(());
            }
        };
        let inside = join(path, &entry.name);
        match entry.open() {
            Ok(reader) => self.member(&inside, reader, depth),
            Err(why) => self.closed(&inside, &why),
        }
    }

    fn tar(&mut self, path: &str, reader: impl Read, depth: usize) -> ControlFlow<()> {
        let mut archive = tar::Archive::new(reader);
        loop {
            match archive.next_file() {
                Ok(Some(tar::TarFile { name, is_sparse: true })) => {
                    self.closed(&join(path, &name), "files in it are stored as sparse ones of GNU tar")?;
                    self.bytes = self.bytes.saturating_sub(archive.finish_file(self.bytes));
                }
                Ok(Some(tar::TarFile { name, .. })) => {
                    let inside = join(path, &name);
                    self.member(&inside, archive.content(), depth)?;
                    // What was not kept of a large file is unpacked all the same, and counts.
                    let skipped = archive.finish_file(self.bytes);
                    self.bytes = self.bytes.saturating_sub(skipped);
                    if self.bytes == 0 {
                        return self.spent();
                    }
                }
                Ok(None) => return ControlFlow::Continue(()),
                Err(error) => {
                    self.report.gap(format!("a tar broke off: {error}"));
                    return ControlFlow::Continue(());
                }
            }
        }
    }

    fn gzip(&mut self, name: &str, path: &str, content: &[u8], depth: usize) -> ControlFlow<()> {
        let mut reader = MultiGzDecoder::new(content);
        let mut head = vec![0; tar::BLOCK];
        let filled = fill(&mut reader, &mut head);
        let began = head.get(..filled).unwrap_or_default();
        let inside = join(path, &unzipped_name(name));
        if Packing::of(began) == Some(Packing::Tar) && depth > 1 {
            return self.tar(&inside, began.chain(reader), depth.saturating_sub(1));
        }
        self.member(&inside, began.chain(reader), depth)
    }

    /// Reads one file inside, shows it, and goes into it where it packs others itself.
    fn member(&mut self, path: &str, mut reader: impl Read, depth: usize) -> ControlFlow<()> {
        self.one_more()?;
        let mut content = Vec::new();
        let limit = u64::try_from(MEMBER).unwrap_or(u64::MAX).min(self.bytes);
        let read = reader.by_ref().take(limit.saturating_add(1)).read_to_end(&mut content);
        let is_damaged = read.is_err();
        let length = u64::try_from(content.len()).unwrap_or(u64::MAX);
        self.bytes = self.bytes.saturating_sub(length);
        if let Err(error) = read {
            self.report.gap(format!("a file in it is damaged: {error}"));
        }
        let cut = length > limit;
        let digests = match self.wanted {
            Some(wanted) if !is_damaged => digests::digests(&content, &mut reader, wanted, &mut self.bytes),
            _ => None,
        };
        if cut {
            content.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
            if self.bytes > 0 {
                self.report.gap(format!(
                    "of files in it that are larger than {MEMBER} bytes only the beginning was scanned"
                ));
            }
        }
        let content = Bytes::from(content);
        match (self.visit)(&Member { path, content: Some(&content), digests: digests.as_ref() }) {
            ControlFlow::Continue(()) => self.report.count(&MemberFate::Scanned, 1),
            ControlFlow::Break(WasSeen::Yes) => {
                self.report.count(&MemberFate::Scanned, 1);
                return ControlFlow::Break(());
            }
            ControlFlow::Break(WasSeen::No) => {
                self.report.count(&MemberFate::NotOpened(AFTER), 1);
                return ControlFlow::Break(());
            }
        }
        if cut && self.bytes == 0 {
            return self.spent();
        }
        let name = path.rsplit(['/', '!']).next().unwrap_or(path).to_owned();
        self.archive(&name, path, &content, depth.saturating_sub(1))
    }

    /// Shows a file inside by its path alone.
    fn closed(&mut self, path: &str, why: &str) -> ControlFlow<()> {
        self.report.count(&MemberFate::NotOpened(why), 1);
        self.names = self.names.saturating_add(1);
        if self.names > MEMBERS {
            return self.too_many();
        }
        match (self.visit)(&Member { path, content: None, digests: None }) {
            ControlFlow::Continue(()) => ControlFlow::Continue(()),
            ControlFlow::Break(_) => ControlFlow::Break(()),
        }
    }

    /// Ends where there were too many files inside.
    fn one_more(&mut self) -> ControlFlow<()> {
        if self.report.scanned() < MEMBERS {
            return ControlFlow::Continue(());
        }
        self.report.count(&MemberFate::NotOpened(AFTER), 1);
        self.too_many()
    }

    fn too_many(&mut self) -> ControlFlow<()> {
        self.report.gap(format!("more than {MEMBERS} files in it"));
        ControlFlow::Break(())
    }

    /// Says that no more is unpacked.
    fn spent(&mut self) -> ControlFlow<()> {
        self.report.gap("it unpacks to more than the limits allow");
        ControlFlow::Break(())
    }
}

/// The path of a file in an archive that itself stands at `path`.
fn join(path: &str, name: &str) -> String {
    let joined = if path.is_empty() { name.to_owned() } else { format!("{path}!{name}") };
    joined.chars().take(PATH).collect()
}

/// What `gunzip` would call it: the name of the packed file without its ending.
fn unzipped_name(name: &str) -> String {
    match name.rsplit_once('.') {
        Some((stem, end)) if end.eq_ignore_ascii_case("tgz") => format!("{stem}.tar"),
        Some((stem, end)) if end.eq_ignore_ascii_case("gz") && !stem.is_empty() => stem.to_owned(),
        _ => "unpacked".to_owned(),
    }
}

/// Reads until the buffer is full or nothing comes; what is damaged ends it.
fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> usize {
    let mut filled = 0_usize;
    while let Some(rest) = buffer.get_mut(filled..)
        && !rest.is_empty()
    {
        match reader.read(rest) {
            Ok(0) => break,
            Ok(count) => filled = filled.saturating_add(count),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    filled
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod zip64_tests;
