//! Reads the owners of files from the security descriptors in `$Secure`, where NTFS 3 stores each descriptor once for
//! all files that share it.
//!
//! The index `$SII` has the location of each descriptor in `$SDS`; only the header of each and the owner's SID are
//! read ([`crate::evidence::sid`]).

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use super::Damage;
use super::index;
use super::index::Nodes;
use super::owners::Descriptors;
use super::record::kind;
use super::stream::AttributeValue;
use super::volume::{NtfsVolume, known};
use crate::evidence::bytes::{u32_at, u64_at};
use crate::evidence::sid;

/// Maximum number of descriptors per volume: an old file server has about ten thousand.
const MAX_DESCRIPTORS: usize = 200_000;

/// Maximum number of owners in memory.
const MAX_OWNERS: usize = 20_000;

/// Maximum bytes of a descriptor that are read: the owner is in its first part, or after its lists of 64 KiB each.
const MAX_DESCRIPTOR: u32 = 256 << 10;

/// Returns the SID of the owner for a number in `$Secure`.
pub(super) fn owner(volume: &NtfsVolume, id: u32) -> Option<String> {
    let owners = &volume.owners;
    let known = owners.known.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
    let owner = if let Some(owner) = known {
        owner
    } else {
        let descriptors = owners.descriptors.get_or_init(|| descriptors(volume).ok()).as_ref();
        let owner = descriptors.and_then(|descriptors| read_owner(volume, descriptors, id)).map(Arc::from);
        let mut known = owners.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() < MAX_OWNERS {
            known.insert(id, owner.clone());
        }
        owner
    };
    owner.map(|owner| owner.as_ref().to_owned())
}

/// Reads the index of descriptors.
fn descriptors(volume: &NtfsVolume) -> Result<Descriptors, Damage> {
    let record = volume.record(known::SECURE)?;
    let streams = volume.values(known::SECURE, &record, kind::DATA)?;
    let stream = streams.into_iter().find(|(name, _)| is_named(name, "$SDS"));
    let Some((_, Ok(AttributeValue::Clusters(stream)))) = stream else { return Err(Damage::Nothing) };
    let mut places = BTreeMap::new();
    for entry in Nodes::of(volume, known::SECURE, &record, "$SII")?.entries(volume) {
        let Ok(entry) = entry else { continue };
        if let Some((id, place)) = place_of(&entry).filter(|_| places.len() < MAX_DESCRIPTORS) {
            places.insert(id, place);
        }
    }
    Ok(Descriptors { places, stream })
}

fn read_owner(volume: &NtfsVolume, descriptors: &Descriptors, id: u32) -> Option<String> {
    /// Hash, number, offset and length precede each descriptor.
    const HEAD: u32 = 20;
    let (offset, length) = *descriptors.places.get(&id)?;
    let length = length.checked_sub(HEAD)?.min(MAX_DESCRIPTOR);
    let mut bytes = vec![0; usize::try_from(length).ok()?];
    volume.read_value(&descriptors.stream, offset.checked_add(HEAD.into())?, &mut bytes).ok()?;
    sid::owner(&bytes)
}

fn is_named(name: &[u8], wanted: &str) -> bool {
    super::names::units(name).eq(wanted.encode_utf16())
}

/// Reads the number of a descriptor, and its offset and length in `$SDS`, from an entry of `$SII`.
fn place_of(entry: &index::IndexEntry) -> Option<(u32, (u64, u32))> {
    let data = entry.data()?;
    Some((u32_at(data, 4)?, (u64_at(data, 8)?, u32_at(data, 16)?)))
}
