//! The files of a volume by their paths: facts of a path, names in a directory, contents of a file.

use std::io;
use std::sync::Arc;

use super::ExtDamage;
use super::content::ExtContent;
use super::folder::{ExtEntries, NamedInode};
use super::held_blocks::JournalState;
use super::inode::Inode;
use super::link;
use super::volume::ExtVolume;
use crate::evidence::{Entry, Kind, Stat};
use crate::formats::disk::{Mounted, VolumeFile};

/// The inode of the root.
const ROOT: u32 = 2;

/// A volume that is held by several.
#[derive(Debug, Clone)]
pub(crate) struct ExtFiles(pub(crate) Arc<ExtVolume>);

impl Mounted for ExtFiles {
    fn read_by(&self) -> &'static str {
        match self.0.journal.state {
            JournalState::Clean => "raw_ext",
            JournalState::Replayed => "raw_ext with its journal",
            JournalState::InPart => "raw_ext with its journal in part",
            JournalState::Doubtful => "raw_ext with its journal in doubt",
            JournalState::Unusable => "raw_ext without its journal",
        }
    }

    fn file_system(&self) -> &'static str {
        self.0.layout.name()
    }

    fn label(&self) -> String {
        self.0.label()
    }

    fn size(&self) -> u64 {
        self.0.layout.blocks.saturating_mul(super::layout::to_u64(self.0.layout.block))
    }

    fn doubt(&self) -> Option<&'static str> {
        match self.0.journal.state {
            JournalState::Clean | JournalState::Replayed => None,
            JournalState::InPart => Some(
                "the volume was not unmounted, and its journal is read in part only (fast commits, damage, or its size): \
                 its last changes may be missing; mount a copy of it, and collect with --root",
            ),
            JournalState::Doubtful => Some(
                "the volume was not unmounted, and the superblock of its journal has a wrong checksum: its last changes \
                 are in doubt",
            ),
            JournalState::Unusable => Some(
                "the volume was not unmounted, and its journal cannot be read: its last changes are missing",
            ),
        }
    }

    fn memory(&self) -> u64 {
        self.0.journal.memory()
    }

    fn has_streams(&self) -> bool {
        false
    }

    fn stat(&self, path: &[u8]) -> io::Result<Stat> {
        self.facts(self.find(path)?)
    }

    fn stat_of(&self, reference: u64) -> io::Result<Stat> {
        self.facts(number(reference)?)
    }

    fn list(&self, path: &[u8]) -> io::Result<Box<dyn Iterator<Item = io::Result<Entry>>>> {
        let entries = ExtEntries::of(&self.0, self.0.inode(self.find(path)?)?)?;
        let volume = Arc::clone(&self.0);
        Ok(Box::new(entries.map(move |entry| {
            let NamedInode { name, inode, kind } = entry?;
            // Volumes of before 1999 do not say in the folder what stands in it.
            let told =
                if kind == Kind::Unknown { volume.inode(inode).map(|inode| inode.kind).ok() } else { None };
            Ok(Entry { name, kind: told.unwrap_or(kind), reference: Some(inode.into()) })
        })))
    }

    fn remember(&self, directory: &[u8], reference: u64) {
        self.0.remembered.keep(directory, reference);
    }

    fn spelling(&self, folder: &[u8], name: &[u8]) -> io::Result<Option<Vec<u8>>> {
        let folder = self.0.inode(self.find(folder)?)?;
        match self.child(folder, name) {
            Ok(_) => Ok(Some(name.to_vec())),
            Err(ExtDamage::Nothing) => Ok(None),
            Err(damage) => Err(damage.into()),
        }
    }

    fn open(&self, reference: u64, stream: Option<&[u8]>) -> io::Result<Box<dyn VolumeFile>> {
        let inode = self.0.inode(number(reference)?)?;
        if stream.is_some() || inode.kind != Kind::File {
            return Err(ExtDamage::Nothing.into());
        }
        Ok(Box::new(ExtContent::of(&self.0, &inode)?))
    }
}

impl ExtFiles {
    fn facts(&self, number: u32) -> io::Result<Stat> {
        let inode = self.0.inode(number)?;
        let link = link::target(&self.0, &inode)?;
        Ok(inode.stat(&self.0.layout, link))
    }

    /// The inode at a path; no link is followed.
    fn find(&self, path: &[u8]) -> Result<u32, ExtDamage> {
        let (from, rest) = self.0.remembered.nearest(path).unwrap_or((ROOT.into(), path));
        let mut parts = rest.split(|byte| *byte == b'/').filter(|part| !part.is_empty());
        parts.try_fold(number(from)?, |at, part| self.child(self.0.inode(at)?, part))
    }

    /// The inode of the entry `name` of a folder. Damage elsewhere in it counts only where the name is not found.
    fn child(&self, folder: Inode, name: &[u8]) -> Result<u32, ExtDamage> {
        let mut damage = ExtDamage::Nothing;
        for entry in ExtEntries::of(&self.0, folder)? {
            match entry {
                Ok(entry) if entry.name == name => return Ok(entry.inode),
                Ok(_) => {}
                Err(error) => damage = error,
            }
        }
        Err(damage)
    }
}

/// The inode that a listing or a record names.
fn number(reference: u64) -> Result<u32, ExtDamage> {
    u32::try_from(reference).map_err(|_| ExtDamage::Nothing)
}
