//! Rule files: the embedded ones, and files, folders and zip files that the operator names. Read whole, up to a limit.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufReader, Cursor, Read as _};
use std::path::{Path, PathBuf};

use super::rule_includes::{IncludeReader, expanded, joined};
use super::rule_limits::{FILE_LIMIT, FILES_LIMIT, is_rule_file};
use super::rule_zip::{ZippedRules, is_zip, members};
use super::{Error, rule_text};
use crate::embedded::RULES;
use crate::evidence::Digest;

/// How the names of the embedded files begin, and no other's: see [`shown`].
pub(super) const EMBEDDED_PREFIX: &str = "veldkit/";

/// Where rules come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleSource {
    /// The rules built in.
    Embedded,
    /// A rule file, or a folder or zip file with `.yar`, `.yara` and `.rule` files in it.
    Path(PathBuf),
    /// A zip of rule files that is in memory already: a packed set whose encryption was taken off.
    Packed {
        /// The file it was read from.
        path: PathBuf,
        /// The zip.
        zip: Vec<u8>,
    },
    /// A rule file that is in memory already: one of a kit, whose digest was checked.
    Text {
        /// The file it was read from.
        path: PathBuf,
        /// What is in it.
        bytes: Vec<u8>,
    },
}

/// A rule file's text as it is compiled, or packed for a kit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleFileText {
    /// Its name, unique in the set.
    pub name: String,
    /// Its text, with the files that it includes in place; bytes that are not UTF-8 are escaped.
    pub text: String,
}

/// Reads the rule files of all sources, for packing. What cannot be read is an error here: a kit must not miss rules.
///
/// # Errors
/// [`Error::List`].
pub fn rule_texts(sources: &[RuleSource]) -> Result<Vec<RuleFileText>, Error> {
    let texts = read(sources)?.into_iter().map(|text| match text.content {
        Ok(content) => Ok(RuleFileText { name: text.name, text: content }),
        Err(reason) => {
            let path = PathBuf::from(text.name);
            Err(Error::List { path, source: std::io::Error::other(reason) })
        }
    });
    texts.collect()
}

/// A rule file as read.
pub(super) struct RuleText {
    /// Its name, unique in the set: its namespace.
    pub(super) name: String,
    pub(super) sha256: Digest,
    /// Its text, or why there is none.
    pub(super) content: Result<String, String>,
}

/// Reads all sources, in their order and by name within a folder.
pub(super) fn read(sources: &[RuleSource]) -> Result<Vec<RuleText>, Error> {
    let mut names = BTreeSet::new();
    let mut texts = Vec::new();
    for source in sources {
        match source {
            RuleSource::Embedded => {
                for file in RULES.files().into_iter().filter(|file| is_rule_file(Path::new(&file.path))) {
                    let name = unique(&format!("{EMBEDDED_PREFIX}{}", file.path), &mut names);
                    texts.push(text(name, Path::new(&file.path), Ok(file.bytes), &Alone));
                }
            }
            RuleSource::Path(path) if is_zip(path) => {
                let failed = |source| Error::List { path: path.clone(), source };
                let zip = File::open(path).map_err(failed)?;
                zipped(path, &members(BufReader::new(zip)).map_err(failed)?, &mut names, &mut texts);
            }
            RuleSource::Packed { path, zip } => {
                let failed = |source| Error::List { path: path.clone(), source };
                zipped(path, &members(Cursor::new(zip)).map_err(failed)?, &mut names, &mut texts);
            }
            RuleSource::Text { path, bytes } => {
                let name = unique(&shown(path), &mut names);
                texts.push(text(name, path, Ok(bytes.clone()), &Alone));
            }
            RuleSource::Path(path) => {
                let below = Below::of(path);
                for file in files(path)? {
                    let name = unique(&shown(&file), &mut names);
                    // Links are followed to where a file is, so that a loop is one by whatever names.
                    let place = file.canonicalize().unwrap_or_else(|_| file.clone());
                    texts.push(text(name, &place, read_file(&file), &below));
                }
            }
        }
    }
    Ok(texts)
}

/// A file that has no directory around it: one in memory.
struct Alone;

impl IncludeReader for Alone {
    fn find(&self, _: &Path, _: &str) -> Result<PathBuf, String> {
        Err("this file was not read from a directory or archive of rules".to_owned())
    }

    fn read(&self, _: &Path) -> Result<String, String> {
        Err("not there".to_owned())
    }
}

/// The files below the directory that was named, or that a named file is in.
struct Below {
    root: Option<PathBuf>,
}

impl Below {
    fn of(path: &Path) -> Self {
        let place = path.canonicalize().ok();
        let is_file = path.is_file();
        Self {
            root: place
                .and_then(|place| if is_file { place.parent().map(Path::to_owned) } else { Some(place) }),
        }
    }
}

impl IncludeReader for Below {
    fn find(&self, by: &Path, name: &str) -> Result<PathBuf, String> {
        let root = self.root.as_deref().ok_or("the directory it is in cannot be found")?;
        let beside = by.parent().unwrap_or(root);
        let mut place = beside.join(name).canonicalize();
        if place.is_err() && name.contains('\\') {
            place = beside.join(name.replace('\\', "/")).canonicalize();
        }
        // Nothing is said of a file outside, not even whether it is there.
        let outside = || format!("not below '{}', or not there", root.display());
        let place = place.ok().filter(|place| place.starts_with(root)).ok_or_else(outside)?;
        if place.is_file() { Ok(place) } else { Err("not a regular file".to_owned()) }
    }

    fn read(&self, file: &Path) -> Result<String, String> {
        read_file(file).map(|bytes| rule_text::of(&bytes))
    }
}

/// The members of an archive.
struct Members<'a>(&'a BTreeMap<PathBuf, &'a [u8]>);

impl IncludeReader for Members<'_> {
    fn find(&self, by: &Path, name: &str) -> Result<PathBuf, String> {
        let place = joined(by, name).ok_or("it is outside the archive")?;
        if self.0.contains_key(&place) {
            Ok(place)
        } else {
            Err("no such rule file in the archive".to_owned())
        }
    }

    fn read(&self, file: &Path) -> Result<String, String> {
        self.0
            .get(file)
            .map(|bytes| rule_text::of(bytes))
            .ok_or_else(|| "no such rule file in the archive".to_owned())
    }
}

fn zipped(path: &Path, members: &[ZippedRules], names: &mut BTreeSet<String>, texts: &mut Vec<RuleText>) {
    let place = |member: &str| PathBuf::from(member.replace('\\', "/"));
    let known = members
        .iter()
        .filter_map(|(member, content)| Some((place(member), content.as_ref().ok()?.as_slice())))
        .collect();
    let reader = Members(&known);
    for (member, content) in members {
        let name = unique(&format!("{}/{member}", shown(path)), names);
        texts.push(text(name, &place(member), content.clone(), &reader));
    }
}

/// The file itself, or all rule files beneath a folder, by name; links are not followed.
fn files(path: &Path) -> Result<Vec<PathBuf>, Error> {
    let failed = |source| Error::List { path: path.to_owned(), source };
    let facts = std::fs::metadata(path).map_err(failed)?;
    if facts.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    // A pipe would hold up the run.
    if !facts.is_dir() {
        return Err(failed(std::io::Error::other("neither a regular file nor a directory")));
    }
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(path).sort_by_file_name() {
        let entry = entry.map_err(|error| failed(error.into()))?;
        if entry.file_type().is_file() && is_rule_file(entry.path()) {
            if files.len() >= FILES_LIMIT {
                return Err(failed(std::io::Error::other(format!("more than {FILES_LIMIT} rule files"))));
            }
            files.push(entry.into_path());
        }
    }
    if files.is_empty() {
        return Err(failed(std::io::Error::other("no .yar, .yara or .rule file beneath it")));
    }
    Ok(files)
}

fn read_file(path: &Path) -> Result<Vec<u8>, String> {
    let mut content = Vec::new();
    let file = File::open(path).map_err(|error| error.to_string())?;
    file.take(FILE_LIMIT.saturating_add(1)).read_to_end(&mut content).map_err(|error| error.to_string())?;
    if u64::try_from(content.len()).unwrap_or(u64::MAX) > FILE_LIMIT {
        return Err(format!("larger than {FILE_LIMIT} bytes"));
    }
    Ok(content)
}

/// The text of a file with what it includes, and the digest of that where it includes something.
fn text(
    name: String,
    place: &Path,
    content: Result<Vec<u8>, String>,
    reader: &dyn IncludeReader,
) -> RuleText {
    let sha256 = Digest::of(content.as_deref().unwrap_or_default());
    let own = content.map(|bytes| rule_text::of(&bytes));
    match own.and_then(|own| Ok((expanded(&own, place, reader)?.into_owned(), own))) {
        Ok((text, own)) if text == own => RuleText { name, sha256, content: Ok(text) },
        Ok((text, _)) => RuleText { name, sha256: Digest::of(text.as_bytes()), content: Ok(text) },
        Err(reason) => RuleText { name, sha256, content: Err(reason) },
    }
}

/// A path as it was given; one that would read as one of those built in is told apart.
fn shown(path: &Path) -> String {
    let name = path.display().to_string();
    if name.starts_with(EMBEDDED_PREFIX) { format!("./{name}") } else { name }
}

fn unique(name: &str, names: &mut BTreeSet<String>) -> String {
    let mut candidate = name.to_owned();
    let mut number = 2_u64;
    while !names.insert(candidate.clone()) {
        candidate = format!("{name} ({number})");
        number = number.saturating_add(1);
    }
    candidate
}
