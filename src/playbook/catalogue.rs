//! All known definitions, handlings and playbooks: the embedded ones, and those that the operator adds.
//!
//! A file of the operator may replace known definitions, because an operator must be able to fix an embedded
//! definition without a new program, and because the official set shares names with ours; [`Added::replaced`] lists
//! them. Files of a kit may not: whoever asks for `quick` gets the `quick` of this program. A duplicate name within
//! the added files is a fault.

use std::collections::BTreeMap;
use std::path::Path;

use walkdir::WalkDir;

use super::definition::Definition;
use super::error::{Error, Fault, nearest};
use super::handling::Handling;
use super::live::Live;
use super::plan::SourceText;
use super::playbook_document::Playbook;
use super::text::FileContent;
use super::yaml;
use crate::embedded::PLAYBOOKS;
use crate::evidence::Digest;

/// Maximum depth of subdirectories below an added directory: `playbooks/artifacts` is one down.
const MAX_DEPTH: usize = 4;

/// Maximum number of files per directory; one with more is not a playbook directory.
const MAX_FILES: usize = 10_000;

/// All known definitions, handlings and playbooks.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    definitions: BTreeMap<String, Definition>,
    /// Names by alias; a name takes precedence over an alias.
    aliases: BTreeMap<String, String>,
    handlings: BTreeMap<String, Handling>,
    playbooks: BTreeMap<String, Playbook>,
    texts: BTreeMap<String, Digest>,
}

/// The result of adding a file or directory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Added {
    /// Names of the added playbooks, in order of the files.
    pub playbooks: Vec<String>,
    /// Number of defined artifacts.
    pub artifacts: usize,
    /// Sentences on known definitions that were replaced.
    pub replaced: Vec<String>,
    /// The files, each with its digest.
    pub files: Vec<SourceText>,
}

/// The text of one file.
struct Text {
    file: String,
    text: String,
}

impl Catalogue {
    /// Returns the embedded catalogue.
    ///
    /// # Errors
    ///
    /// A fault in an embedded file, which a test rules out.
    pub fn embedded() -> Result<Self, Error> {
        let mut texts = Vec::new();
        for file in PLAYBOOKS.files().into_iter().filter(|file| is_yaml(Path::new(&file.path))) {
            let name = format!("playbooks/{}", file.path);
            let text = String::from_utf8(file.bytes).map_err(|_| not_utf8(&name))?;
            texts.push(Text { file: name, text });
        }
        texts.sort_by(|a, b| a.file.cmp(&b.file));
        let mut catalogue = Self::default();
        let live = Live::ALL.iter().map(|live| (live.name().to_owned(), Definition::of_live(*live)));
        catalogue.definitions.extend(live);
        catalogue.take(&texts)?;
        Ok(catalogue)
    }

    /// Adds a file, or all `.yaml` and `.yml` files of a directory: definitions, handlings and playbooks,
    /// distinguished by their keys.
    ///
    /// # Errors
    ///
    /// The path cannot be read, has no definitions, or has faults; then nothing is added.
    pub fn add(&mut self, path: &Path) -> Result<Added, Error> {
        self.add_texts(path, &read(path)?, true)
    }

    /// Adds files of a kit, given as names and contents. `kit` is the path for errors.
    ///
    /// # Errors
    ///
    /// They have no definitions, have faults, or replace known definitions; then nothing is added.
    pub fn add_from_kit(&mut self, kit: &Path, files: Vec<(String, Vec<u8>)>) -> Result<Added, Error> {
        let texts = files.into_iter().map(|(file, bytes)| {
            let text = String::from_utf8(bytes).map_err(|_| not_utf8(&file))?;
            Ok(Text { file, text })
        });
        self.add_texts(kit, &texts.collect::<Result<Vec<_>, Error>>()?, false)
    }

    fn add_texts(&mut self, path: &Path, texts: &[Text], may_replace: bool) -> Result<Added, Error> {
        let mut next = self.clone();
        let added = next.take(texts)?;
        if !may_replace && !added.replaced.is_empty() {
            return Err(Error::Replaces(added.replaced));
        }
        if added.playbooks.is_empty() && added.artifacts == 0 && next.handlings.len() == self.handlings.len()
        {
            return Err(Error::Empty(path.to_owned()));
        }
        *self = next;
        Ok(added)
    }

    /// Returns all artifacts by name.
    pub fn artifacts(&self) -> impl Iterator<Item = &Definition> {
        self.definitions.values()
    }

    /// Returns all playbooks by name.
    pub fn playbooks(&self) -> impl Iterator<Item = &Playbook> {
        self.playbooks.values()
    }

    /// Returns an artifact by its name or an alias.
    #[must_use]
    pub fn artifact(&self, name: &str) -> Option<&Definition> {
        self.definitions.get(name).or_else(|| self.definitions.get(self.aliases.get(name)?))
    }

    /// Returns a playbook by its name.
    #[must_use]
    pub fn playbook(&self, name: &str) -> Option<&Playbook> {
        self.playbooks.get(name)
    }

    /// Returns the handling of an artifact, if one is defined.
    #[must_use]
    pub fn handling(&self, artifact: &str) -> Option<&Handling> {
        self.handlings.get(artifact)
    }

    /// Returns all handlings, by artifact name.
    pub fn handlings(&self) -> impl Iterator<Item = (&str, &Handling)> {
        self.handlings.iter().map(|(name, handling)| (name.as_str(), handling))
    }

    /// Returns the inconsistencies: unknown names, cycles, and opt-in artifacts in a playbook without `opt_in`.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for definition in self.definitions.values() {
            for member in definition.members().filter(|name| self.artifact(name).is_none()) {
                let problem = Self::lacks("artifact", member, self.artifact_names());
                faults.push(Fault { line: definition.line, ..Fault::of_file(&definition.file, problem) });
            }
        }
        for definition in self.definitions.values() {
            for call in definition.programs().filter(|call| call.sha256.is_empty()) {
                let problem = format!(
                    "expected 'sha256' in the attributes of the COMMAND '{}', found none: it is not run",
                    call.program
                );
                faults.push(Fault { line: definition.line, ..Fault::of_file(&definition.file, problem) });
            }
        }
        for (name, handling) in &self.handlings {
            if !self.definitions.contains_key(name) {
                let problem = Self::lacks("artifact", name, self.artifact_names());
                faults.push(Fault { line: handling.line, ..Fault::of_file(&handling.file, problem) });
            }
        }
        for playbook in self.playbooks.values() {
            let fault =
                |line: u64, problem: String| Fault { line, ..Fault::of_file(&playbook.file, problem) };
            for included in &playbook.includes {
                match self.playbook(&included.name) {
                    None => {
                        let known = self.playbooks.keys().map(String::as_str);
                        faults.push(fault(included.line, Self::lacks("playbook", &included.name, known)));
                    }
                    Some(other) if other.opt_in && !playbook.opt_in => faults.push(fault(
                        included.line,
                        format!(
                            "expected 'opt_in: true' in the playbook that includes '{}', found none",
                            other.name
                        ),
                    )),
                    Some(_) => {}
                }
            }
            for artifact in &playbook.artifacts {
                let Some(definition) = self.artifact(&artifact.name) else {
                    let problem = Self::lacks("artifact", &artifact.name, self.artifact_names());
                    faults.push(fault(artifact.line, problem));
                    continue;
                };
                let asks = self.handling(&definition.name).is_some_and(|handling| handling.opt_in);
                if asks && !playbook.opt_in {
                    let problem = format!(
                        "expected 'opt_in: true' in the playbook that collects '{}', found none",
                        artifact.name
                    );
                    faults.push(fault(artifact.line, problem));
                }
            }
        }
        faults
    }

    pub(super) fn artifact_names(&self) -> impl Iterator<Item = &str> {
        self.definitions.keys().map(String::as_str)
    }

    /// Returns the digest of a file that was read.
    pub(super) fn text(&self, file: &str) -> Option<SourceText> {
        Some(SourceText { name: file.to_owned(), sha256: *self.texts.get(file)? })
    }

    fn lacks<'a>(what: &str, name: &str, known: impl Iterator<Item = &'a str>) -> String {
        let near = nearest(name, known);
        let hint =
            if near.is_empty() { String::new() } else { format!(" (did you mean {}?)", near.join(", ")) };
        format!("expected a known {what}, found '{name}'{hint}")
    }

    fn take(&mut self, texts: &[Text]) -> Result<Added, Error> {
        let mut faults = Vec::new();
        let mut together = Self::default();
        let mut added = Added::default();
        for Text { file, text } in texts {
            match FileContent::read(file, text) {
                Ok(content) => {
                    let duplicates = together.insert(content, &mut added);
                    faults.extend(duplicates);
                    let sha256 = Digest::of(text.as_bytes());
                    together.texts.insert(file.clone(), sha256);
                    added.files.push(SourceText { name: file.clone(), sha256 });
                }
                Err(found) => faults.extend(found),
            }
        }
        if !faults.is_empty() {
            return Err(Error::Faults(faults));
        }
        let replaced = |what: &str, name: &str, before: &str, after: &str| {
            format!("{what} '{name}' of {after} replaces that of {before}")
        };
        for (name, definition) in together.definitions {
            let file = definition.file.clone();
            // A name takes precedence over an alias.
            if let Some(meant) = self.aliases.get(&name) {
                added.replaced.push(format!("artifact '{name}' of {file} replaces the alias of '{meant}'"));
            }
            if let Some(before) = self.definitions.insert(name.clone(), definition) {
                added.replaced.push(replaced("artifact", &name, &before.file, &file));
            }
        }
        for (name, playbook) in together.playbooks {
            let file = playbook.file.clone();
            if let Some(before) = self.playbooks.insert(name.clone(), playbook) {
                added.replaced.push(replaced("playbook", &name, &before.file, &file));
            }
        }
        for (name, handling) in together.handlings {
            let file = handling.file.clone();
            if let Some(before) = self.handlings.insert(name.clone(), handling) {
                added.replaced.push(replaced("handling", &name, &before.file, &file));
            }
        }
        for (alias, name) in together.aliases {
            let before = self.aliases.insert(alias.clone(), name.clone());
            if let Some(before) = before.filter(|before| *before != name) {
                added.replaced.push(format!("alias '{alias}' of '{name}' replaces that of '{before}'"));
            }
        }
        self.texts.extend(together.texts);
        Ok(added)
    }

    /// Adds the content of one file, and returns faults for duplicate names.
    fn insert(&mut self, content: FileContent, added: &mut Added) -> Vec<Fault> {
        let mut faults = Vec::new();
        let twice = |name: &str, file: &str, line: u64, first: (&str, u64)| Fault {
            line,
            ..Fault::of_file(
                file,
                format!("expected '{name}' once, found it in {}:{} as well", first.0, first.1),
            )
        };
        for definition in content.definitions {
            for alias in &definition.aliases {
                self.aliases.insert(alias.clone(), definition.name.clone());
            }
            added.artifacts = added.artifacts.saturating_add(1);
            if let Some(first) = self.definitions.get(&definition.name) {
                faults.push(twice(
                    &definition.name,
                    &definition.file,
                    definition.line,
                    (&first.file, first.line),
                ));
            }
            self.definitions.insert(definition.name.clone(), definition);
        }
        for playbook in content.playbooks {
            added.playbooks.push(playbook.name.clone());
            if let Some(first) = self.playbooks.get(&playbook.name) {
                faults.push(twice(&playbook.name, &playbook.file, playbook.line, (&first.file, first.line)));
            }
            self.playbooks.insert(playbook.name.clone(), playbook);
        }
        for (name, handling) in content.handlings {
            if let Some(first) = self.handlings.get(&name) {
                faults.push(twice(&name, &handling.file, handling.line, (&first.file, first.line)));
            }
            self.handlings.insert(name, handling);
        }
        faults
    }
}

fn read(path: &Path) -> Result<Vec<Text>, Error> {
    let at = |path: &Path, source| Error::Read { path: path.to_owned(), source };
    let is_folder = std::fs::metadata(path).map_err(|error| at(path, error))?.is_dir();
    if !is_folder {
        return Ok(vec![read_file(path)?]);
    }
    let mut texts = Vec::new();
    for entry in WalkDir::new(path).max_depth(MAX_DEPTH).sort_by_file_name() {
        let entry = entry.map_err(|error| {
            let place = error.path().unwrap_or(path).to_owned();
            at(&place, error.into())
        })?;
        if entry.file_type().is_file() && is_yaml(entry.path()) {
            texts.push(read_file(entry.path())?);
        }
        if texts.len() > MAX_FILES {
            let name = path.to_string_lossy();
            let problem = format!("expected a directory of at most {MAX_FILES} definition files, found more");
            return Err(Error::Faults(vec![Fault::of_file(&name, problem)]));
        }
    }
    Ok(texts)
}

fn read_file(path: &Path) -> Result<Text, Error> {
    use std::io::Read as _;
    let file = path.to_string_lossy().into_owned();
    let failed = |source| Error::Read { path: path.to_owned(), source };
    // Reading a pipe would block the run.
    if !std::fs::metadata(path).map_err(failed)?.is_file() {
        return Err(failed(std::io::Error::new(
            std::io::ErrorKind::InvalidInput,
            "it is not a regular file",
        )));
    }
    let mut bytes = Vec::new();
    // One byte more than the limit, to detect a longer file.
    let limit = yaml::MAX_FILE.saturating_add(1);
    std::fs::File::open(path)
        .and_then(|opened| opened.take(limit).read_to_end(&mut bytes))
        .map_err(failed)?;
    let text = String::from_utf8(bytes).map_err(|_| not_utf8(&file))?;
    Ok(Text { file, text })
}

fn not_utf8(file: &str) -> Error {
    Error::Faults(vec![Fault::of_file(file, "expected text in UTF-8, found other bytes")])
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
}
