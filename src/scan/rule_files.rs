//! Rule files: the embedded ones, and files, folders and zip files that the operator names. Read whole, up to a limit.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufReader, Cursor, Read as _};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::rule_includes::{IncludeReader, joined};
use super::rule_limits::{FILE_LIMIT, FILES_LIMIT, is_rule_file};
use super::rule_plan::ReadRule;
use super::rule_zip::{RuleZip, is_zip, members};
use super::skipped_files::SkippedFiles;
use super::{Error, rule_text};
use crate::embedded::RULES;

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

/// The rule files of all sources, and what is beside them.
#[derive(Default)]
pub(super) struct ReadRules {
    pub(super) files: Vec<ReadRule>,
    /// Files of named directories and archives that are no rule files by their name.
    pub(super) skipped: SkippedFiles,
}

/// Reads all sources, in their order and by name within a folder.
pub(super) fn read(sources: &[RuleSource]) -> Result<ReadRules, Error> {
    let mut names = BTreeSet::new();
    let mut all = ReadRules::default();
    let alone: Rc<dyn IncludeReader> = Rc::new(Alone);
    for source in sources {
        // What is named twice is one thing. What is on disk is one by its path, by whatever names it is reached.
        let set = sources.iter().position(|other| other == source).unwrap_or_default().saturating_add(1);
        match source {
            RuleSource::Embedded => {
                for file in RULES.files().into_iter().filter(|file| is_rule_file(Path::new(&file.path))) {
                    let name = unique(&format!("{EMBEDDED_PREFIX}{}", file.path), &mut names);
                    all.files.push(ReadRule::new(name, (set, file.path.into()), Ok(file.bytes), &alone));
                }
            }
            RuleSource::Path(path) if is_zip(path) => {
                let failed = |source| Error::List { path: path.clone(), source };
                let zip = File::open(path).map_err(failed)?;
                let zip = members(BufReader::new(zip)).map_err(failed)?;
                zipped((path, set), zip, &mut names, &mut all);
            }
            RuleSource::Packed { path, zip } => {
                let failed = |source| Error::List { path: path.clone(), source };
                let zip = members(Cursor::new(zip)).map_err(failed)?;
                zipped((path, set), zip, &mut names, &mut all);
            }
            RuleSource::Text { path, bytes } => {
                let name = unique(&shown(path), &mut names);
                all.files.push(ReadRule::new(name, (set, path.clone()), Ok(bytes.clone()), &alone));
            }
            RuleSource::Path(path) => {
                let below: Rc<dyn IncludeReader> = Rc::new(Below::of(path));
                for file in files(path, &mut all.skipped)? {
                    let name = unique(&shown(&file), &mut names);
                    // Links are followed to where a file is, so that a loop is one by whatever names.
                    let place = file.canonicalize().unwrap_or_else(|_| file.clone());
                    all.files.push(ReadRule::new(name, (0, place), read_file(&file), &below));
                }
            }
        }
    }
    Ok(all)
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
struct Members(BTreeMap<PathBuf, Vec<u8>>);

impl IncludeReader for Members {
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

fn zipped((path, set): (&Path, usize), zip: RuleZip, names: &mut BTreeSet<String>, all: &mut ReadRules) {
    for member in &zip.skipped {
        all.skipped.add(&format!("{}/{member}", path.display()));
    }
    let place = |member: &str| PathBuf::from(member.replace('\\', "/"));
    let known = zip
        .members
        .iter()
        .filter_map(|(member, content)| Some((place(member), content.as_ref().ok()?.clone())))
        .collect();
    let reader: Rc<dyn IncludeReader> = Rc::new(Members(known));
    for (member, content) in zip.members {
        let name = unique(&format!("{}/{member}", shown(path)), names);
        all.files.push(ReadRule::new(name, (set, place(&member)), content, &reader));
    }
}

/// The file itself, or all rule files beneath a folder, by name; links are not followed, and count as files that are not read.
fn files(path: &Path, skipped: &mut SkippedFiles) -> Result<Vec<PathBuf>, Error> {
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
    // What a version control system keeps are no rules, and no files that anybody put there.
    let entries = walkdir::WalkDir::new(path).sort_by_file_name().into_iter();
    for entry in entries.filter_entry(|entry| entry.file_name() != ".git") {
        let entry = entry.map_err(|error| failed(error.into()))?;
        if entry.file_type().is_dir() {
            continue;
        }
        if !entry.file_type().is_file() || !is_rule_file(entry.path()) {
            skipped.add(&entry.path().display().to_string());
            continue;
        }
        if files.len() >= FILES_LIMIT {
            return Err(failed(std::io::Error::other(format!("more than {FILES_LIMIT} rule files"))));
        }
        files.push(entry.into_path());
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
