//! Rule files: the embedded ones, and files, folders and zip files that the operator names. Read whole, up to a limit.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufReader, Cursor, Read as _};
use std::path::{Path, PathBuf};

use super::Error;
use super::rule_limits::{FILE_LIMIT, FILES_LIMIT, is_rule_file};
use super::rule_zip::{ZippedRules, is_zip, members};
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
    /// Its text; bytes that are not UTF-8 are replaced.
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
                    texts.push(text(name, Ok(file.bytes)));
                }
            }
            RuleSource::Path(path) if is_zip(path) => {
                let failed = |source| Error::List { path: path.clone(), source };
                let zip = File::open(path).map_err(failed)?;
                zipped(path, members(BufReader::new(zip)).map_err(failed)?, &mut names, &mut texts);
            }
            RuleSource::Packed { path, zip } => {
                let failed = |source| Error::List { path: path.clone(), source };
                zipped(path, members(Cursor::new(zip)).map_err(failed)?, &mut names, &mut texts);
            }
            RuleSource::Text { path, bytes } => {
                let name = unique(&shown(path), &mut names);
                texts.push(text(name, Ok(bytes.clone())));
            }
            RuleSource::Path(path) => {
                for file in files(path)? {
                    let name = unique(&shown(&file), &mut names);
                    texts.push(text(name, read_file(&file)));
                }
            }
        }
    }
    Ok(texts)
}

fn zipped(path: &Path, members: Vec<ZippedRules>, names: &mut BTreeSet<String>, texts: &mut Vec<RuleText>) {
    for (member, content) in members {
        let name = unique(&format!("{}/{member}", shown(path)), names);
        texts.push(text(name, content));
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

/// Rules in the wild hold stray bytes of old encodings, mostly in comments: those are replaced, not refused.
fn text(name: String, content: Result<Vec<u8>, String>) -> RuleText {
    let sha256 = Digest::of(content.as_deref().unwrap_or_default());
    let content = content.map(|bytes| {
        let text = String::from_utf8_lossy(&bytes);
        text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned()
    });
    RuleText { name, sha256, content }
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
