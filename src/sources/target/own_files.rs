//! What a target's own files and registry tell of it: small texts, names in folders, hives. Read to learn about the target, never
//! as evidence.

use std::collections::BTreeSet;
use std::io;
use std::sync::PoisonError;

use super::Target;
use crate::evidence::{Kind, Outcome, ReasonCode};
use crate::formats::hive::{Hive, HiveError};
use crate::formats::seek::ReadSeek;
use crate::playbook::TargetOs;
use crate::sources::found::Unread;
use crate::sources::registry_facts::{HiveFile, RegistryFacts, Running, UnreadKeys};
use crate::sources::resolve;
use crate::sources::resolve::Astray;
use crate::sources::windows_facts;
use crate::sys;

/// Largest file of the target that is read to learn about it (accounts, host name, web server's configuration).
const FACTS_LIMIT: u64 = 4 << 20;

/// Most names of a directory that are read to learn about the target.
const MAX_NAMES: usize = 100_000;

/// Most that is noted of what could not be learned.
const MAX_UNLEARNED: usize = 1_000;

impl Target {
    /// A small text file of the target's first volume, links inside the tree followed; empty where it is not there. Where
    /// it cannot be read, that is noted: [`Self::unlearned`].
    pub(crate) fn read_text(&self, path: &[u8]) -> String {
        self.text(path, FACTS_LIMIT)
    }

    /// The same of a file of at most `most` bytes.
    pub(crate) fn text(&self, path: &[u8], most: u64) -> String {
        String::from_utf8_lossy(&self.bytes(path, most)).into_owned()
    }

    /// The same as bytes, for what names paths.
    pub(super) fn read_bytes(&self, path: &[u8]) -> Vec<u8> {
        self.bytes(path, FACTS_LIMIT)
    }

    fn bytes(&self, path: &[u8], most: u64) -> Vec<u8> {
        self.whole_file(path, most).unwrap_or_else(|gap| {
            self.note(*gap);
            Vec::new()
        })
    }

    fn whole_file(&self, path: &[u8], most: u64) -> Result<Vec<u8>, Box<Unread>> {
        let origin = || self.origin(self.system, path.to_vec());
        let failed = |error: &io::Error| Box::new(Unread::of_error(origin(), "reading", error));
        let Some(end) = self.end_of(path).map_err(|error| failed(&error))? else { return Ok(Vec::new()) };
        let found = match self.look(self.system, end, None) {
            Ok(found) if found.kind == Kind::File => found,
            // A folder between files of configuration is no such file.
            Ok(found) if found.kind == Kind::Directory => return Ok(Vec::new()),
            Ok(_) => return Err(failed(&io::Error::other("it is no regular file"))),
            Err(error) if sys::is_nothing(&error) => return Ok(Vec::new()),
            Err(error) => return Err(failed(&error)),
        };
        let mut opened = self.open(&found)?;
        let (mut content, mut buffer) = (Vec::new(), vec![0; 16 << 10]);
        loop {
            let count = opened.read(&mut buffer).map_err(|error| failed(&error))?;
            let Some(read) = buffer.get(..count).filter(|read| !read.is_empty()) else { break };
            content.extend_from_slice(read);
            if u64::try_from(content.len()).unwrap_or(u64::MAX) > most {
                let detail = format!("it is longer than {most} bytes, and its content is not known");
                return Err(Box::new(Unread::new(
                    origin(),
                    Outcome::Failed,
                    ReasonCode::Unsupported,
                    detail,
                )));
            }
        }
        Ok(content)
    }

    /// What could not be learned about the target, such as its accounts, homes and web servers: what a definition names by
    /// these is not looked for there.
    #[must_use]
    pub fn unlearned(&self) -> Vec<Unread> {
        self.unlearned.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes what could not be learned, each path once.
    fn note(&self, gap: Unread) {
        let mut all = self.unlearned.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = all.iter().all(|known| known.origin != gap.origin);
        if gap.outcome != Outcome::Missing && is_new && all.len() < MAX_UNLEARNED {
            all.push(gap);
        }
    }

    /// Opens a file of the system for reading here and there, links inside the target followed.
    pub(crate) fn open_to_seek(&self, path: &[u8]) -> io::Result<Box<dyn ReadSeek>> {
        let place = self.places.get(self.system).ok_or(io::ErrorKind::NotFound)?;
        place.tree.open_to_seek(&self.end_of(path)?.ok_or(io::ErrorKind::NotFound)?)
    }

    /// Notes something that is there and cannot be taken into account.
    pub(super) fn note_unsupported(&self, path: &[u8], why: &str) {
        let origin = self.origin(self.system, path.to_vec());
        self.note(Unread::new(origin, Outcome::Failed, ReasonCode::Unsupported, why));
    }

    /// The names in a directory of the target's first volume, sorted. Where it cannot be listed, and where a name is not
    /// Unicode, that is noted: [`Self::unlearned`].
    pub(crate) fn names(&self, path: &[u8]) -> Vec<String> {
        let failed = |path: &[u8], error: &io::Error| {
            self.note(Unread::of_error(self.origin(self.system, path.to_vec()), "listing", error));
        };
        let directories = match (self.places.get(self.system), self.os) {
            (None, _) => Vec::new(),
            (Some(place), TargetOs::Windows) => resolve::spellings(path, place),
            (Some(_), _) => match self.end_of(path) {
                Ok(end) => end.into_iter().collect(),
                Err(error) => {
                    failed(path, &error);
                    Vec::new()
                }
            },
        };
        let mut names = BTreeSet::new();
        for directory in directories {
            self.add_names(&directory, &mut names, &failed);
        }
        names.into_iter().collect()
    }

    fn add_names(&self, directory: &[u8], names: &mut BTreeSet<String>, failed: &dyn Fn(&[u8], &io::Error)) {
        let Some(place) = self.places.get(self.system) else { return };
        let entries = match place.tree.list(directory) {
            Ok(listing) => listing.entries,
            Err(error) => return failed(directory, &error),
        };
        for entry in entries {
            let name = match entry {
                Ok(entry) => String::from_utf8(entry.name),
                Err(error) => {
                    failed(directory, &error);
                    continue;
                }
            };
            match name {
                Ok(_) if names.len() >= MAX_NAMES => {
                    let text = format!("no more than {MAX_NAMES} names of one directory are read");
                    self.note_unsupported(directory, &text);
                    break;
                }
                Ok(name) => drop(names.insert(name)),
                Err(name) => {
                    let text = "its name is not Unicode: paths of definitions below it are not searched";
                    self.note_unsupported(&[directory, b"/", name.as_bytes()].concat(), text);
                }
            }
        }
    }

    /// Where a path of the target's own really stands: links followed, and on Windows spelled as on disk; `None` where it
    /// is not there.
    fn end_of(&self, path: &[u8]) -> io::Result<Option<Vec<u8>>> {
        let Some(place) = self.places.get(self.system) else { return Ok(None) };
        if self.os == TargetOs::Windows {
            return Ok(resolve::spelled(path, place));
        }
        match resolve::resolve(place, path) {
            Ok(end) => Ok(Some(end)),
            Err(Astray::Loop) => Err(io::Error::other("its links lead round in a circle")),
            Err(Astray::Failed(error)) => Err(error),
        }
    }

    /// Learns what the registry tells: that of the running system by its own functions, since its hives are locked; else
    /// from the hives. A hive on a file system that may hang is not opened for this.
    pub(crate) fn learn_from_registry(&mut self) {
        let facts = self.with_registry(|system, software| {
            let facts = windows_facts::of(system, software);
            self.note_hive("SYSTEM", system);
            self.note_hive("SOFTWARE", software);
            facts
        });
        self.variables.ntds_dirs.clone_from(&facts.ntds_dirs);
        self.variables.exchange_dirs.clone_from(&facts.exchange_dirs);
        self.windows = facts;
    }

    /// Notes what could not be read of a hive.
    fn note_hive(&self, name: &str, hive: &mut dyn RegistryFacts) {
        let UnreadKeys { first, count } = hive.take_unread();
        let Some(unread) = first.into_iter().next() else { return };
        let origin = self.origin(self.system, format!("Windows/System32/config/{name}").into_bytes());
        let more = if count > 1 { format!(" (the first of {count})") } else { String::new() };
        let detail = format!("reading '{}' of it: {}{more}", unread.key.text(), unread.detail);
        self.note(Unread::new(origin, Outcome::Failed, unread.code, detail));
    }

    /// Lets `read` ask the hives SYSTEM and SOFTWARE, either of which may be absent or broken.
    pub(crate) fn with_registry<T>(
        &self,
        read: impl FnOnce(&mut dyn RegistryFacts, &mut dyn RegistryFacts) -> T,
    ) -> T {
        let open = |name: &str| {
            let place = self.places.get(self.system).ok_or(io::ErrorKind::NotFound);
            let path = self.end_of(format!("Windows/System32/config/{name}").as_bytes());
            let path = path.and_then(|path| path.ok_or(io::ErrorKind::NotFound.into()));
            let opened = place.map_err(io::Error::from).and_then(|place| place.open_hive(&path?));
            HiveFile::new(opened.map_err(HiveError::from).and_then(Hive::recovered))
        };
        if self.live {
            read(&mut Running::new("SYSTEM"), &mut Running::new("SOFTWARE"))
        } else {
            read(&mut open("SYSTEM"), &mut open("SOFTWARE"))
        }
    }
}
