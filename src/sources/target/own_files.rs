//! What a target's own files and registry tell of it: small texts, names in folders, hives. Read to learn about the target, never
//! as evidence.

use std::io;

use super::Target;
use crate::evidence::Kind;
use crate::formats::hive::{Hive, HiveError};
use crate::formats::seek::ReadSeek;
use crate::playbook::TargetOs;
use crate::sources::registry_facts::{HiveFile, RegistryFacts, Running};
use crate::sources::resolve;
use crate::sources::windows_facts;

/// Largest file of the target that is read to learn about it (accounts, host name, web server's configuration).
const FACTS_LIMIT: u64 = 4 << 20;

impl Target {
    /// A small text file of the target's first volume, links inside the tree followed; empty where it cannot be read.
    pub(crate) fn read_text(&self, path: &[u8]) -> String {
        self.text(path, FACTS_LIMIT)
    }

    /// The same of a file of at most `most` bytes.
    pub(crate) fn text(&self, path: &[u8], most: u64) -> String {
        let read = || {
            let end = self.end_of(path)?;
            let found = self.look(self.system, end, None).ok().filter(|found| found.kind == Kind::File)?;
            let mut opened = self.open(&found).ok()?;
            let (mut content, mut buffer) = (Vec::new(), vec![0; 16 << 10]);
            while let Ok(count @ 1..) = opened.read(&mut buffer) {
                content.extend_from_slice(buffer.get(..count)?);
                if u64::try_from(content.len()).ok()? > most {
                    return None;
                }
            }
            Some(String::from_utf8_lossy(&content).into_owned())
        };
        read().unwrap_or_default()
    }

    /// Opens a file of the system for reading here and there, links inside the target followed.
    pub(crate) fn open_to_seek(&self, path: &[u8]) -> io::Result<Box<dyn ReadSeek>> {
        let place = self.places.get(self.system).ok_or(io::ErrorKind::NotFound)?;
        place.tree.open_to_seek(&self.end_of(path).ok_or(io::ErrorKind::NotFound)?)
    }

    /// The names in a directory of the target's first volume, sorted; none where it cannot be listed.
    pub(crate) fn names(&self, path: &[u8]) -> Vec<String> {
        let names = || Some(self.places.get(self.system)?.tree.names(&self.end_of(path)?));
        let names = names().unwrap_or_default().into_iter();
        names.filter_map(|name| String::from_utf8(name).ok()).take(10_000).collect()
    }

    /// Where a path of the target's own really stands: links followed, and on Windows spelled as on disk.
    fn end_of(&self, path: &[u8]) -> Option<Vec<u8>> {
        let place = self.places.get(self.system)?;
        if self.os != TargetOs::Windows {
            return resolve::resolve(place, path).ok();
        }
        resolve::spelled(path, place)
    }

    /// Learns what the registry tells: that of the running system by its own functions, since its hives are locked; else
    /// from the hives. A hive on a file system that may hang is not opened for this.
    pub(crate) fn learn_from_registry(&mut self) {
        let facts = self.with_registry(windows_facts::of);
        self.variables.ntds_dirs.clone_from(&facts.ntds_dirs);
        self.variables.exchange_dirs.clone_from(&facts.exchange_dirs);
        self.windows = facts;
    }

    /// Lets `read` ask the hives SYSTEM and SOFTWARE, either of which may be absent or broken.
    pub(crate) fn with_registry<T>(
        &self,
        read: impl FnOnce(&mut dyn RegistryFacts, &mut dyn RegistryFacts) -> T,
    ) -> T {
        let open = |name: &str| {
            let place = self.places.get(self.system).ok_or(io::ErrorKind::NotFound);
            let path = self.end_of(format!("Windows/System32/config/{name}").as_bytes());
            let opened = place.and_then(|place| Ok((place, path.ok_or(io::ErrorKind::NotFound)?)));
            let opened = opened.map_err(io::Error::from).and_then(|(place, path)| place.open_hive(&path));
            HiveFile::new(opened.map_err(HiveError::from).and_then(Hive::open))
        };
        if self.live {
            read(&mut Running::new("SYSTEM"), &mut Running::new("SOFTWARE"))
        } else {
            read(&mut open("SYSTEM"), &mut open("SOFTWARE"))
        }
    }
}
