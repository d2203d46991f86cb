//! Unpacks a bundle to files: everything that is proved, and with salvage also what was only recovered, kept apart.
//!
//! One pass. An entry is written to a staging file while it is read, and moved to its place only after the checkpoint
//! that lists it was judged: a wrong entry is removed and never appears as if it were right. With salvage, entries
//! that no good checkpoint lists go to `unproved/`.
//!
//! Nothing is written outside the directory, which must be new or empty: no link is followed, and none created
//! unless it was asked for (`links.rs`); nothing is overwritten. Times are restored; modes are not, since a trap should not be ready to run. Names that this system
//! does not allow, or that another entry already has on it, are changed and listed in `mapped.jsonl`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::{Listener, Trust};
use crate::bundle::forward::Head;
use crate::bundle::names::entry_name;
use crate::evidence::{Digest, Item};

mod files;
mod links;
mod only;
mod safe_paths;

use links::Links;
pub use only::Only;
pub use safe_paths::Naming;
use safe_paths::{UnpackPlace, UnpackPlaces};

/// Directory of the staging files while the bundle is read; removed at the end.
const STAGING: &str = ".staging";

/// Directory of the entries that no good checkpoint lists.
const UNPROVED: &str = "unproved";

/// Maximum number of write failures that are reported one by one.
const MAX_FAILURES: usize = 100;

/// What to unpack, and how.
#[derive(Debug, Default)]
pub struct Wish {
    /// Whether to include what was only recovered.
    pub salvage: bool,
    /// Only these entries; all of them where it is absent.
    pub only: Option<Only>,
    /// How names are changed.
    pub naming: Naming,
    /// Moves a file to a free name and never over another one; absent: the name is checked first.
    pub rename: Option<fn(&Path, &Path) -> io::Result<()>>,
    /// Apparent size up to which a file with holes is restored, in bytes.
    pub sparse: u64,
    /// Whether symbolic links of a Unix volume are made, those that lead to a place inside it.
    pub links: bool,
}

/// The result of unpacking.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct Unpacked {
    /// Number of proved items whose content is in the directory.
    pub files: u64,
    /// Number of entries below `unproved/`.
    pub unproved: u64,
    /// Number of entries that turned out wrong and were removed.
    pub removed: u64,
    /// Number of entries that got another name; `mapped.jsonl` lists them.
    pub mapped: u64,
    /// Number of those that would act on a Windows desktop under their original name.
    pub defanged: u64,
    /// Number of symbolic links that were made, and of those in whose place their content is.
    pub links: u64,
    /// Write failures, up to a limit.
    pub failures: Vec<String>,
    /// Requested entries that the bundle does not have.
    pub unmatched: Vec<String>,
}

/// Why a bundle cannot be unpacked to a directory.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The directory is not empty.
    #[error("the directory '{}' is not empty: nothing is overwritten", .0.display())]
    NotEmpty(PathBuf),
    /// The directory cannot be created or written to.
    #[error("cannot write to '{}'", .folder.display())]
    Folder {
        /// Path of the directory.
        folder: PathBuf,
        /// The operating system's error.
        #[source]
        source: io::Error,
    },
}

/// Unpacks while a bundle is verified.
pub struct Unpacker {
    folder: PathBuf,
    wish: Wish,
    places: UnpackPlaces,
    /// Entries that are not judged yet, by name; `None` for a duplicate name.
    staged: BTreeMap<String, Option<Staged>>,
    current: Option<(String, BufWriter<File>, Staged)>,
    number: u64,
    sums: BufWriter<File>,
    mapped: Option<BufWriter<File>>,
    links: Links,
    unpacked: Unpacked,
}

#[derive(Debug, Clone)]
struct Staged {
    path: PathBuf,
    whole: bool,
}

impl Unpacker {
    /// Creates the directory, or uses an empty one.
    ///
    /// # Errors
    ///
    /// [`Error::NotEmpty`], [`Error::Folder`].
    pub fn new(folder: &Path, wish: Wish) -> Result<Self, Error> {
        let failed = |source| Error::Folder { folder: folder.to_owned(), source };
        files::make_directory(folder).map_err(failed)?;
        if folder.read_dir().map_err(failed)?.next().is_some() {
            return Err(Error::NotEmpty(folder.to_owned()));
        }
        files::make_directory(&folder.join(STAGING)).map_err(failed)?;
        let sums = files::create(&folder.join("SHA256SUMS")).map_err(failed)?;
        Ok(Self {
            folder: folder.to_owned(),
            places: UnpackPlaces::new(wish.naming),
            wish,
            staged: BTreeMap::new(),
            current: None,
            number: 0,
            sums: BufWriter::new(sums),
            mapped: None,
            links: Links::default(),
            unpacked: Unpacked::default(),
        })
    }

    /// Ends the work: removes what was never judged, and returns the result.
    #[must_use]
    pub fn finish(mut self) -> Unpacked {
        for staged in std::mem::take(&mut self.staged).into_values().flatten() {
            files::remove(&staged.path);
            self.unpacked.removed = self.unpacked.removed.saturating_add(1);
        }
        files::remove_folder(&self.folder.join(STAGING));
        self.make_links();
        let flushed = self.sums.flush().and_then(|()| self.mapped.as_mut().map_or(Ok(()), BufWriter::flush));
        self.note(&self.folder.clone(), flushed);
        self.unpacked.unmatched = self.wish.only.as_ref().map(Only::unmet).unwrap_or_default();
        self.unpacked
    }

    fn make_links(&mut self) {
        let made = std::mem::take(&mut self.links).make(&self.folder, &self.places);
        self.unpacked.links = made.made;
        for (path, error) in made.failed {
            self.note(&path, Err(error));
        }
    }

    fn wanted(&mut self, name: &str) -> bool {
        let evidence = !is_own(name);
        !name.starts_with("pad/") && self.wish.only.as_mut().is_none_or(|only| !evidence || only.means(name))
    }

    fn note(&mut self, on: &Path, result: io::Result<()>) {
        if let Err(error) = result
            && self.unpacked.failures.len() < MAX_FAILURES
        {
            self.unpacked.failures.push(format!("'{}': {error}", on.display()));
        }
    }

    /// Takes an entry out of staging: its file, unless the name was a duplicate or was not requested.
    fn take(&mut self, name: &str) -> Option<Staged> {
        self.staged.remove(name).flatten()
    }

    fn discard(&mut self, name: &str) {
        if let Some(staged) = self.take(name) {
            files::remove(&staged.path);
            self.unpacked.removed = self.unpacked.removed.saturating_add(1);
        }
    }

    /// Moves a staged file to its place below `folder`, and returns the path.
    fn place(&mut self, name: &str, below: &str, staged: &Staged) -> Option<PathBuf> {
        let UnpackPlace { path: relative, why, defanged } = self.places.of(name, below);
        let to = self.folder.join(&relative);
        let rename = self.wish.rename.unwrap_or(files::place);
        let moved =
            to.parent().map_or(Ok(()), files::make_directory).and_then(|()| rename(&staged.path, &to));
        if let Err(error) = moved {
            self.note(&relative, Err(error));
            files::remove(&staged.path);
            return None;
        }
        if let Some(why) = why {
            self.write_mapped(name, &relative, why, defanged);
        }
        Some(relative)
    }

    fn write_mapped(&mut self, name: &str, relative: &Path, why: &str, defanged: bool) {
        self.unpacked.mapped = self.unpacked.mapped.saturating_add(1);
        self.unpacked.defanged = self.unpacked.defanged.saturating_add(u64::from(defanged));
        if self.mapped.is_none() {
            let created = files::create(&self.folder.join("mapped.jsonl"));
            self.mapped = created.map(BufWriter::new).ok();
        }
        let line = json!({ "entry": name, "path": slashed(relative), "why": why });
        if let Some(mapped) = &mut self.mapped {
            let written = writeln!(mapped, "{line}");
            self.note(relative, written);
        }
    }

    fn sum(&mut self, digest: &Digest, relative: &Path) {
        let written = writeln!(self.sums, "{digest}  {}", slashed(relative));
        self.note(relative, written);
    }

    /// Moves an item whose record was judged good to its place.
    fn put(&mut self, item: &Item, name: &str, staged: &Staged) {
        let Some(content) = &item.content else { return files::remove(&staged.path) };
        let rebuild = !content.ranges.is_empty() && name.starts_with("sparse/");
        let size = item.metadata.size.unwrap_or(0);
        let placed = if rebuild && size <= self.wish.sparse {
            let whole = staged.path.with_extension("holes");
            let done = rebuild_holes(&staged.path, &whole, content, size);
            files::remove(&staged.path);
            let name = name.replacen("sparse/", "", 1);
            let name = if name.starts_with("vss/") { name } else { format!("fs/{name}") };
            match done {
                Ok(()) => self.place(&name, "", &Staged { path: whole, whole: true }),
                Err(error) => {
                    files::remove(&whole);
                    self.note(Path::new(&name), Err(error));
                    None
                }
            }
        } else {
            self.place(name, "", staged)
        };
        let Some(relative) = placed else { return };
        self.unpacked.files = self.unpacked.files.saturating_add(1);
        let digest = if rebuild { content.sha256_logical.as_ref() } else { Some(&content.sha256_stored) };
        if let Some(digest) = digest {
            self.sum(digest, &relative);
        }
        if let Some(modified) = item.metadata.modified {
            let timed = files::set_time(&self.folder.join(&relative), modified);
            self.note(&relative, timed);
        }
    }
}

impl Unpacker {
    /// Unpacks an item that was not stored again: a second name for the file with the same bytes.
    fn put_same(&mut self, item: &Item) {
        let (Some(same), Some(content)) = (&item.same_as, &item.content) else { return };
        let name = entry_name(&item.origin, false);
        if !self.wanted(&name) {
            return;
        }
        let from = self.folder.join(self.places.known(same));
        let UnpackPlace { path: relative, why, defanged } = self.places.of(&name, "");
        let to = self.folder.join(&relative);
        let linked = to.parent().map_or(Ok(()), files::make_directory).and_then(|()| files::link(&from, &to));
        if let Err(error) = linked {
            return self.note(&relative, Err(error));
        }
        if let Some(why) = why {
            self.write_mapped(&name, &relative, why, defanged);
        }
        self.unpacked.files = self.unpacked.files.saturating_add(1);
        self.sum(&content.sha256_stored, &relative);
    }
}

/// Returns a path below the directory with `/` between its names on every system, for tools on other systems.
fn slashed(relative: &Path) -> String {
    let names: Vec<_> = relative.iter().map(std::ffi::OsStr::to_string_lossy).collect();
    names.join("/")
}

/// Whether an entry belongs to the format: records, log, manifest and the like are always unpacked.
fn is_own(name: &str) -> bool {
    matches!(
        name,
        "veldkit.json" | "README.txt" | "log/custody.jsonl" | "manifest.json" | "manifest.json.minisig"
    ) || name.starts_with("records/")
        || name.starts_with("pad/")
}

impl Listener for Unpacker {
    fn begin(&mut self, head: &Head) {
        self.current = None;
        if head.name.ends_with('/') || !self.wanted(&head.name) {
            return;
        }
        if head.after_hole {
            // The later of two is used, as in the examination.
            self.discard(&head.name);
        } else if self.staged.contains_key(&head.name) {
            // Two entries of one name cannot be distinguished, so neither is moved to the place.
            if let Some(Some(first)) = self.staged.insert(head.name.clone(), None) {
                files::remove(&first.path);
            }
            return;
        }
        self.number = self.number.saturating_add(1);
        let path = self.folder.join(STAGING).join(self.number.to_string());
        match files::create(&path) {
            Ok(file) => {
                let staged = Staged { path, whole: false };
                self.current = Some((head.name.clone(), BufWriter::with_capacity(256 << 10, file), staged));
            }
            Err(error) => self.note(Path::new(&head.name), Err(error)),
        }
    }

    fn content(&mut self, bytes: &[u8]) {
        let Some((name, file, staged)) = &mut self.current else { return };
        if let Err(error) = file.write_all(bytes) {
            let (name, path) = (name.clone(), staged.path.clone());
            self.current = None;
            files::remove(&path);
            self.note(Path::new(&name), Err(error));
        }
    }

    fn end(&mut self, _head: &Head, whole: bool) {
        let Some((name, mut file, staged)) = self.current.take() else { return };
        match file.flush() {
            Ok(()) => {
                self.staged.insert(name, Some(Staged { whole, ..staged }));
            }
            Err(error) => {
                files::remove(&staged.path);
                self.note(Path::new(&name), Err(error));
            }
        }
    }

    fn item(&mut self, item: &Item, trust: Trust) {
        let Some(name) = &item.entry else {
            if matches!(trust, Trust::Proved | Trust::Relative) {
                if self.wish.links && self.wanted(&entry_name(&item.origin, false)) {
                    self.links.remember(item);
                }
                self.put_same(item);
            }
            return;
        };
        match trust {
            Trust::Proved | Trust::Relative => {
                if let Some(staged) = self.take(name) {
                    self.put(item, name, &staged);
                }
            }
            Trust::Unproved | Trust::Partial => self.stray(name, trust),
            Trust::Lost | Trust::Refuted => self.discard(name),
        }
    }

    fn own(&mut self, name: &str, trust: Trust) {
        let Some(staged) = self.take(name) else { return };
        if trust == Trust::Refuted || !staged.whole {
            return files::remove(&staged.path);
        }
        self.place(name, "", &staged);
    }

    fn stray(&mut self, name: &str, trust: Trust) {
        let keep = self.wish.salvage && matches!(trust, Trust::Unproved | Trust::Partial);
        if !keep {
            return self.discard(name);
        }
        let Some(staged) = self.take(name) else { return };
        let cut = if staged.whole { "" } else { ".cut" };
        if self.place(&format!("{name}{cut}"), UNPROVED, &staged).is_some() {
            self.unpacked.unproved = self.unpacked.unproved.saturating_add(1);
        }
    }
}

/// Writes the stored ranges to their offsets, with holes between them.
fn rebuild_holes(from: &Path, to: &Path, content: &crate::evidence::Content, size: u64) -> io::Result<()> {
    let wrong = || io::Error::new(io::ErrorKind::InvalidData, "its ranges do not fit its content");
    let stored = content.ranges.iter().try_fold(0_u64, |sum, range| sum.checked_add(range.length));
    if stored != Some(content.size_stored) {
        return Err(wrong());
    }
    let mut source = File::open(from)?;
    let mut target = files::create(to)?;
    files::set_length(&target, size)?;
    for range in &content.ranges {
        let end = range.offset.checked_add(range.length).ok_or_else(wrong)?;
        if end > size {
            return Err(wrong());
        }
        target.seek(SeekFrom::Start(range.offset))?;
        let copied = io::copy(&mut io::Read::by_ref(&mut source).take(range.length), &mut target)?;
        if copied != range.length {
            return Err(wrong());
        }
    }
    Ok(())
}
