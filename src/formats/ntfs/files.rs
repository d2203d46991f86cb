//! The files of a volume by path: metadata, directory entries and contents.
//!
//! Paths are spelled as on disk: a path whose case differs does not exist, and [`Mounted::spellings`] returns the
//! on-disk spelling.

use std::io;
use std::sync::Arc;

use super::Damage;
use super::content::NtfsContent;
use super::facts;
use super::facts::{NtfsFacts, entry_kind};
use super::index::Nodes;
use super::names::key_units;
use super::overlay;
use super::overlay::Overlay;
use super::record::{Record, kind};
use super::stream::AttributeValue;
use super::unnamed;
use super::volume::{NtfsVolume, known};
use crate::evidence::{Entry, Range, Stat, wtf8};
use crate::formats::disk::{Mounted, VolumeFile};

/// Name of a directory's index.
const DIRECTORY: &str = "$I30";

/// A shared volume.
#[derive(Debug, Clone)]
pub(crate) struct NtfsFiles(pub(crate) Arc<NtfsVolume>);

impl Mounted for NtfsFiles {
    fn read_by(&self) -> &'static str {
        "raw_ntfs"
    }

    fn file_system(&self) -> &'static str {
        "NTFS"
    }

    fn label(&self) -> String {
        self.0.label()
    }

    fn size(&self) -> u64 {
        // One cluster more than the stated number is allowed.
        self.0.geometry.clusters.saturating_sub(1).saturating_mul(self.0.geometry.cluster)
    }

    fn memory(&self) -> u64 {
        0
    }

    fn has_streams(&self) -> bool {
        true
    }

    fn stat(&self, path: &[u8]) -> io::Result<Stat> {
        self.stat_of(self.find(path)?)
    }

    fn stat_of(&self, reference: u64) -> io::Result<Stat> {
        let record = self.0.record(reference)?;
        let facts = facts::of(&self.0, number(reference), &record);
        let NtfsFacts { kind, metadata, allocated, link, streams, reparse: _ } = facts;
        Ok(Stat { kind, metadata, allocated, link, touched: false, streams })
    }

    fn list(&self, path: &[u8]) -> io::Result<Box<dyn Iterator<Item = io::Result<Entry>>>> {
        let reference = self.find(path)?;
        let record = self.directory(reference)?;
        let entries = Nodes::of(&self.0, number(reference), &record, DIRECTORY)?.entries(Arc::clone(&self.0));
        let entries = entries.filter_map(|entry| match entry {
            Ok(entry) => listed(entry.reference(), entry.key()).map(Ok),
            Err(damage) => Some(Err(damage.into())),
        });
        Ok(Box::new(entries))
    }

    fn remember(&self, directory: &[u8], reference: u64) {
        self.0.remembered.keep(directory, reference);
    }

    fn spellings(&self, directory: &[u8], name: &[u8]) -> io::Result<Vec<Vec<u8>>> {
        let reference = self.find(directory)?;
        let record = self.directory(reference)?;
        let Some(units) = wtf8::decode(name) else { return Ok(Vec::new()) };
        let index = Nodes::of(&self.0, number(reference), &record, DIRECTORY)?;
        let found = index.find_all(&self.0, &units, usize::MAX)?.into_iter();
        // A short name is not the spelling: the file has a long one as well.
        let long = found.filter(|entry| entry_kind(entry.key()).is_some_and(|(short, _)| !short));
        Ok(long.filter_map(|entry| facts::name_in(entry.key())).collect())
    }

    fn open(&self, reference: u64, stream: Option<&[u8]>) -> io::Result<Box<dyn VolumeFile>> {
        let record = self.0.record(reference)?;
        if let Some(kind) = stream.and_then(unnamed::kind_of) {
            let first = self.0.values(number(reference), &record, kind)?.into_iter().next();
            let value = first.map_or(Err(Damage::Nothing), |(_, value)| value)?;
            return Ok(Box::new(NtfsContent::new(Arc::clone(&self.0), value)?));
        }
        let streams = self.0.values(number(reference), &record, kind::DATA)?;
        let wanted = stream.unwrap_or_default();
        let take = |wanted: &[u8]| {
            let same = |name: &[u8]| wtf8::encode(name) == wanted;
            streams.iter().position(|(name, _)| same(name))
        };
        let mut values: Vec<Option<Result<AttributeValue, Damage>>> = Vec::new();
        let (main, packed) = (take(wanted), take(overlay::STREAM));
        values.extend(streams.into_iter().map(|(_, value)| Some(value)));
        let mut value_at =
            |at: Option<usize>| at.and_then(|at| values.get_mut(at)?.take()).unwrap_or(Err(Damage::Nothing));
        if stream.is_none()
            && let Some(reparse) = self.overlay(reference, &record)
        {
            let size = value_at(main)?.size();
            let packed = NtfsContent::new(Arc::clone(&self.0), value_at(packed)?)?;
            return Ok(Box::new(Overlay::open(&reparse, packed, size)?));
        }
        let value = match (value_at(main), stream) {
            // A file without a data stream is empty.
            (Err(Damage::Nothing), None) => AttributeValue::Resident(Vec::new()),
            (value, _) => value?,
        };
        Ok(Box::new(NtfsContent::new(Arc::clone(&self.0), value)?))
    }
}

impl NtfsFiles {
    /// Returns the reference of the file at a path spelled as on disk.
    fn find(&self, path: &[u8]) -> Result<u64, Damage> {
        let (mut reference, rest) = self.0.remembered.nearest(path).unwrap_or((known::ROOT, path));
        for part in rest.split(|byte| *byte == b'/').filter(|part| !part.is_empty()) {
            let record = self.directory(reference)?;
            let units = wtf8::decode(part).ok_or(Damage::Nothing)?;
            let found = Nodes::of(&self.0, number(reference), &record, DIRECTORY)?.find(&self.0, &units)?;
            let exact =
                found.filter(|entry| key_units(entry.key()).is_some_and(|key| key.eq(units.iter().copied())));
            reference = exact.ok_or(Damage::Nothing)?.reference();
        }
        Ok(reference)
    }

    fn directory(&self, reference: u64) -> Result<Record, Damage> {
        let record = self.0.record(reference)?;
        if record.is_directory() { Ok(record) } else { Err(Damage::Nothing) }
    }

    /// Returns the reparse point of a file, if it is that of an overlay.
    fn overlay(&self, reference: u64, record: &Record) -> Option<Vec<u8>> {
        let has = record.attributes().flatten().any(|attribute| attribute.kind == kind::REPARSE_POINT);
        let listed = record.attributes().flatten().any(|attribute| attribute.kind == kind::ATTRIBUTE_LIST);
        if !has && !listed {
            return None;
        }
        let values = self.0.values(number(reference), record, kind::REPARSE_POINT).ok()?;
        let value = values.into_iter().next()?.1.ok()?;
        self.0.held(&value).ok().filter(|bytes| overlay::is_overlay(bytes))
    }
}

impl AsRef<Self> for NtfsVolume {
    fn as_ref(&self) -> &Self {
        self
    }
}

fn number(reference: u64) -> u64 {
    reference & 0xffff_ffff_ffff
}

/// Returns a directory entry as it is listed. Short names and the file system's own files are left out, as Windows
/// does; a pattern with the name of such a file finds it.
fn listed(reference: u64, key: &[u8]) -> Option<Entry> {
    let (short, kind) = entry_kind(key)?;
    if short || number(reference) < known::FIRST_OF_USERS {
        return None;
    }
    Some(Entry { name: facts::name_in(key)?, kind, reference: Some(reference) })
}

impl VolumeFile for NtfsContent {
    fn size(&self) -> u64 {
        Self::size(self)
    }

    fn ranges(&self) -> Option<Vec<Range>> {
        Self::ranges(self)
    }

    fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        Self::read_at(self, offset, buffer)
    }
}

impl VolumeFile for Overlay {
    fn size(&self) -> u64 {
        Self::size(self)
    }

    fn ranges(&self) -> Option<Vec<Range>> {
        None
    }

    fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        Self::read_at(self, offset, buffer)
    }
}
