//! A volume: its geometry, its master file table, and the records in it.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use super::Damage;
use super::geometry::{Geometry, geometry};
use super::names::UpperCase;
use super::owners::Owners;
use super::record::{Attribute, AttributeBody, Record, kind};
use super::runs::holding;
use super::stream::{AttributeValue, Clusters, Gathered, MAX_HELD, Stream};
use crate::evidence::bytes::{u16_at, u32_at, u64_at};
use crate::evidence::wtf8;
use crate::formats::disk::{Cache, Device, Remembered, read_some, to_u64};

/// Numbers of records that every volume has.
pub(super) mod known {
    pub(in crate::formats::ntfs) const MFT: u64 = 0;
    pub(in crate::formats::ntfs) const VOLUME: u64 = 3;
    pub(in crate::formats::ntfs) const ROOT: u64 = 5;
    pub(in crate::formats::ntfs) const SECURE: u64 = 9;
    pub(in crate::formats::ntfs) const UPPER_CASE: u64 = 10;
    /// Records below this number are the file system's own.
    pub(in crate::formats::ntfs) const FIRST_OF_USERS: u64 = 24;
}

/// The record number in a file reference; the other bits are its sequence number.
const NUMBER: u64 = 0xffff_ffff_ffff;

/// Maximum number of extension records per file: the attribute list has at most 256 KiB on Windows.
const MAX_EXTENSIONS: usize = 8_192;

/// An NTFS volume.
#[derive(Debug)]
pub(crate) struct NtfsVolume {
    pub(super) cache: Cache,
    pub(super) geometry: Geometry,
    mft: Clusters,
    pub(super) upper: UpperCase,
    pub(super) owners: Owners,
    /// The directories of the current walk.
    pub(super) remembered: Remembered,
}

impl NtfsVolume {
    /// Opens a volume. `share` is the part of the block cache that it gets.
    ///
    /// # Errors
    ///
    /// It is not a volume, or its master file table cannot be found.
    pub(crate) fn open(device: Arc<dyn Device>, share: usize) -> Result<Self, Damage> {
        let geometry = geometry(&read_some(&*device, 0, 512)?).ok_or(Damage::Boot)?;
        let mut volume = Self {
            cache: Cache::new(device, share),
            geometry,
            mft: Clusters::default(),
            upper: UpperCase::new(&[]),
            owners: Owners::default(),
            remembered: Remembered::default(),
        };
        volume.find_mft()?;
        let table = volume.first_value(known::UPPER_CASE, kind::DATA).and_then(|value| volume.held(&value));
        volume.upper = UpperCase::new(&table.unwrap_or_default());
        Ok(volume)
    }

    /// Returns the label; empty where there is none.
    pub(crate) fn label(&self) -> String {
        let value = self.first_value(known::VOLUME, kind::VOLUME_NAME).and_then(|value| self.held(&value));
        String::from_utf8_lossy(&wtf8::encode(&value.unwrap_or_default())).into_owned()
    }

    /// Reads the record of a file, by reference. Sequence number 0 matches any.
    ///
    /// # Errors
    ///
    /// It cannot be read, is damaged, or belongs to another file.
    pub(super) fn record(&self, reference: u64) -> Result<Record, Damage> {
        let record = self.raw_record(reference & NUMBER)?;
        let sequence = u16::try_from(reference >> 48).unwrap_or(0);
        if !record.in_use() || (sequence != 0 && sequence != record.sequence()) {
            return Err(Damage::Reused);
        }
        Ok(record)
    }

    /// Returns the reference of the file in a record.
    pub(super) fn reference(number: u64, record: &Record) -> u64 {
        (number & NUMBER) | (u64::from(record.sequence()) << 48)
    }

    /// Calls `act` with each attribute of a file, including those of extension records. A broken attribute ends its
    /// record only.
    ///
    /// # Errors
    ///
    /// The first damage, after all readable attributes were passed on.
    pub(super) fn each_attribute(
        &self,
        number: u64,
        base: &Record,
        mut act: impl FnMut(&Attribute<'_>),
    ) -> Result<(), Damage> {
        let mut damage = None;
        let mut list = None;
        for attribute in base.attributes() {
            match attribute {
                Ok(attribute) if attribute.kind == kind::ATTRIBUTE_LIST => {
                    let mut gathered = Gathered::new(self.geometry.clusters);
                    gathered.add(&attribute);
                    list = gathered.finish().pop().map(|(_, value)| value);
                }
                Ok(attribute) => act(&attribute),
                Err(error) => damage = damage.or(Some(error)),
            }
        }
        let extensions = match list {
            Some(list) => list.and_then(|list| self.held(&list)).map(|list| extensions(&list, number)),
            None => Ok(BTreeSet::new()),
        };
        for reference in extensions.unwrap_or_else(|error| {
            damage = damage.take().or(Some(error));
            BTreeSet::new()
        }) {
            let extension = self.record(reference).and_then(|record| {
                let mine = record.base() & NUMBER == number & NUMBER;
                if mine { Ok(record) } else { Err(Damage::Reused) }
            });
            match extension {
                Ok(record) => {
                    for attribute in record.attributes() {
                        match attribute {
                            Ok(attribute) => act(&attribute),
                            Err(error) => damage = damage.or(Some(error)),
                        }
                    }
                }
                Err(error) => damage = damage.or(Some(error)),
            }
        }
        damage.map_or(Ok(()), Err)
    }

    /// Returns the values of one attribute type of a file, by name. Damage elsewhere in its records is an error only
    /// where there is no value: a value without one of its pieces is detected by its runs.
    ///
    /// # Errors
    ///
    /// The damage, where no value of this type is left.
    pub(super) fn values(&self, number: u64, record: &Record, wanted: u32) -> Result<Vec<Stream>, Damage> {
        let mut gathered = Gathered::new(self.geometry.clusters);
        let damage = self.each_attribute(number, record, |attribute| {
            if attribute.kind == wanted {
                gathered.add(attribute);
            }
        });
        let values = gathered.finish();
        if values.is_empty() {
            damage?;
        }
        Ok(values)
    }

    /// Returns the unnamed value of one of the file system's own files.
    pub(super) fn first_value(&self, number: u64, wanted: u32) -> Result<AttributeValue, Damage> {
        let record = self.record(number)?;
        let values = self.values(number, &record, wanted)?;
        let unnamed = values.into_iter().find(|(name, _)| name.is_empty());
        unnamed.map_or(Err(Damage::Nothing), |(_, value)| value)
    }

    /// Reads a value into memory, where it is small enough.
    pub(super) fn held(&self, value: &AttributeValue) -> Result<Vec<u8>, Damage> {
        let size = usize::try_from(value.size()).ok().filter(|_| value.size() <= MAX_HELD);
        let mut bytes = vec![0; size.ok_or(Damage::TooLarge("attribute"))?];
        match value {
            AttributeValue::Resident(resident) => bytes.clone_from(resident),
            AttributeValue::Clusters(clusters) => self.read_value(clusters, 0, &mut bytes)?,
        }
        Ok(bytes)
    }

    /// Fills the buffer from a value of the file system's own files, through the cache.
    ///
    /// # Errors
    ///
    /// It ends before, cannot be read, or is compressed.
    pub(super) fn read_value(
        &self,
        clusters: &Clusters,
        offset: u64,
        buffer: &mut [u8],
    ) -> Result<(), Damage> {
        if clusters.unit != 0 || clusters.encrypted {
            return Err(Damage::Unsupported("a structure of the file system is compressed or encrypted"));
        }
        let mut filled = 0_usize;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.read_clusters(clusters, offset.saturating_add(to_u64(filled)), rest, true)? {
                0 => return Err(Damage::Runs("end before the value does")),
                count => filled = filled.saturating_add(count),
            }
        }
        Ok(())
    }

    /// Reads at `offset` of an uncompressed value, from at most one run; 0 at or after the end. `cached` is for the
    /// file system's own structures: the content of a file is read once.
    pub(super) fn read_clusters(
        &self,
        clusters: &Clusters,
        offset: u64,
        buffer: &mut [u8],
        cached: bool,
    ) -> Result<usize, Damage> {
        let size = self.geometry.cluster;
        let most = |end: u64, length: usize| {
            usize::try_from(end.saturating_sub(offset)).unwrap_or(usize::MAX).min(length)
        };
        let length = most(clusters.size, buffer.len());
        if length == 0 {
            return Ok(0);
        }
        if offset >= clusters.initialized {
            return Ok(zeros(buffer, length));
        }
        let at = offset.checked_div(size).unwrap_or(0);
        let run = holding(&clusters.runs, at).ok_or(Damage::Runs("end before the value does"))?;
        let begin = run.at.saturating_mul(size);
        let length = most(clusters.initialized, length);
        let length = most(begin.saturating_add(run.length.saturating_mul(size)), length);
        let Some(cluster) = run.cluster else { return Ok(zeros(buffer, length)) };
        let place = cluster.saturating_mul(size).saturating_add(offset.saturating_sub(begin));
        let buffer = buffer.get_mut(..length).unwrap_or_default();
        if cached {
            self.cache.read_exact(place, buffer)?;
            return Ok(length);
        }
        match self.cache.device().read_at(place, buffer)? {
            0 => {
                let text = format!("the image ends before byte {place}");
                Err(io::Error::new(io::ErrorKind::UnexpectedEof, text).into())
            }
            count => Ok(count),
        }
    }

    fn raw_record(&self, number: u64) -> Result<Record, Damage> {
        let size = self.geometry.record;
        let offset = number.saturating_mul(to_u64(size));
        if offset >= self.mft.size {
            return Err(Damage::Nothing);
        }
        let mut bytes = vec![0; size];
        self.read_value(&self.mft, offset, &mut bytes)?;
        Record::new(bytes)
    }

    /// Finds the runs of the master file table: in its first record and, where that has a list, in extension records.
    /// These are in the part of the table that is known by then.
    fn find_mft(&mut self) -> Result<(), Damage> {
        let (first, copy) = self.geometry.mft;
        let record = self.record_at_cluster(first).or_else(|error| {
            // The copy has the same first records, for when the beginning of the table is damaged.
            self.record_at_cluster(copy).map_err(|_| error)
        })?;
        let mut known = Gathered::new(self.geometry.clusters);
        for attribute in record.attributes() {
            let attribute = attribute?;
            if attribute.kind == kind::DATA && attribute.name.is_empty() {
                known.add(&attribute);
            }
        }
        self.mft = clusters(known.finish())?;
        let listed = record.attributes().flatten().any(|attribute| attribute.kind == kind::ATTRIBUTE_LIST);
        if listed {
            let values = self.values(known::MFT, &record, kind::DATA)?;
            let unnamed = values.into_iter().filter(|(name, _)| name.is_empty()).collect();
            self.mft = clusters(unnamed)?;
        }
        Ok(())
    }

    fn record_at_cluster(&self, cluster: u64) -> Result<Record, Damage> {
        let mut bytes = vec![0; self.geometry.record];
        self.cache.read_exact(cluster.saturating_mul(self.geometry.cluster), &mut bytes)?;
        Record::new(bytes)
    }
}

fn clusters(values: Vec<Stream>) -> Result<Clusters, Damage> {
    match values.into_iter().next() {
        Some((_, Ok(AttributeValue::Clusters(clusters)))) => Ok(clusters),
        Some((_, Err(damage))) => Err(damage),
        Some((_, Ok(AttributeValue::Resident(_)))) | None => Err(Damage::Block("master file table")),
    }
}

/// Returns the extension records in an attribute list.
fn extensions(list: &[u8], own: u64) -> BTreeSet<u64> {
    let mut references = BTreeSet::new();
    let mut rest = list;
    // Each entry has at least 26 bytes, and the length of the list is limited.
    while let (Some(length), Some(reference)) = (u16_at(rest, 4), u64_at(rest, 16)) {
        if reference & NUMBER != own & NUMBER && references.len() < MAX_EXTENSIONS {
            references.insert(reference);
        }
        match rest.get(usize::from(length)..) {
            Some(tail) if length >= 24 => rest = tail,
            Some(_) | None => break,
        }
    }
    references
}

fn zeros(buffer: &mut [u8], length: usize) -> usize {
    let buffer = buffer.get_mut(..length).unwrap_or_default();
    buffer.fill(0);
    buffer.len()
}

/// Returns the body of a resident attribute.
pub(super) fn resident<'a>(attribute: &Attribute<'a>) -> Option<&'a [u8]> {
    match attribute.body {
        AttributeBody::Resident(bytes) => Some(bytes),
        AttributeBody::Elsewhere(_) => None,
    }
}

/// Reads the block size of an index from its root.
pub(super) fn index_block_size(root: &[u8]) -> Option<usize> {
    let size = usize::try_from(u32_at(root, 8)?).ok()?;
    ((512..=65_536).contains(&size) && size.is_power_of_two()).then_some(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_truncated_or_invalid_list_ends() {
        let mut list = vec![0; 64];
        list[4] = 32;
        list[16] = 9;
        list[32 + 4] = 0;
        list[32 + 16] = 7;
        assert_eq!(extensions(&list, 5), BTreeSet::from([7, 9]));
        assert_eq!(extensions(&list, 9), BTreeSet::from([7]));
        assert!(extensions(&[], 0).is_empty());
    }
}
