//! Reads the content of an attribute value in order, whatever its storage: resident, in runs with holes, compressed,
//! or as an overlay.
//!
//! Memory: one compression unit. Holes, and the part after the initialised size, read as zeros; a value whose runs
//! end too early is damaged, and is never filled with zeros.

use std::io;
use std::sync::Arc;

use super::runs::{Run, holding};
use super::stream::{AttributeValue, Clusters};
use super::volume::NtfsVolume;
use super::{Damage, lznt1};
use crate::evidence::Range;

/// Largest compression unit in bytes: Windows uses 64 KiB.
const MAX_UNIT: u64 = 1 << 20;

/// A value opened for reading.
#[derive(Debug)]
pub(crate) struct NtfsContent {
    volume: Arc<NtfsVolume>,
    value: AttributeValue,
    /// Number and content of the unit that was decompressed last.
    unit: Vec<u8>,
    held: Option<u64>,
}

impl NtfsContent {
    pub(super) fn new(volume: Arc<NtfsVolume>, value: AttributeValue) -> Result<Self, Damage> {
        if let AttributeValue::Clusters(clusters) = &value {
            if clusters.encrypted {
                return Err(Damage::Unsupported(
                    "encrypted by EFS: its key is not on the volume in the open",
                ));
            }
            if clusters.unit.saturating_mul(volume.geometry.cluster) > MAX_UNIT {
                return Err(Damage::Unsupported("compressed in larger units than Windows makes"));
            }
        }
        Ok(Self { volume, value, unit: Vec::new(), held: None })
    }

    /// Returns the size in bytes.
    pub(crate) fn size(&self) -> u64 {
        self.value.size()
    }

    /// Returns the ranges that contain data, in order; `None` where there are no holes.
    pub(crate) fn ranges(&self) -> Option<Vec<Range>> {
        match &self.value {
            AttributeValue::Clusters(clusters) if clusters.unit == 0 => {
                Some(data_ranges(clusters, self.volume.geometry.cluster))
            }
            AttributeValue::Clusters(_) | AttributeValue::Resident(_) => None,
        }
    }

    /// Reads at `offset`, and returns the number of bytes; 0 at or after the end.
    ///
    /// # Errors
    ///
    /// The volume cannot be read there, or is damaged.
    pub(crate) fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let count = match &self.value {
            AttributeValue::Resident(bytes) => copy(bytes, offset, buffer),
            AttributeValue::Clusters(clusters) if clusters.unit == 0 => {
                self.volume.read_clusters(clusters, offset, buffer, false)?
            }
            AttributeValue::Clusters(clusters) => {
                let size = clusters.unit.saturating_mul(self.volume.geometry.cluster);
                let number = offset.checked_div(size).unwrap_or(0);
                if self.held != Some(number) {
                    self.held = None;
                    expand_unit(&self.volume, clusters, number, &mut self.unit)?;
                    self.held = Some(number);
                }
                let left = usize::try_from(clusters.size.saturating_sub(offset)).unwrap_or(usize::MAX);
                let most = left.min(buffer.len());
                let begin = number.saturating_mul(size);
                let within = offset.saturating_sub(begin);
                let buffer = buffer.get_mut(..most).unwrap_or_default();
                let count = copy(&self.unit, within, buffer);
                // The part that was never written reads as zeros here as well.
                let written =
                    usize::try_from(clusters.initialized.saturating_sub(offset)).unwrap_or(usize::MAX);
                buffer
                    .get_mut(..count)
                    .unwrap_or_default()
                    .iter_mut()
                    .skip(written)
                    .for_each(|byte| *byte = 0);
                count
            }
        };
        Ok(count)
    }
}

/// Reads and decompresses one unit of a compressed value.
fn expand_unit(
    volume: &NtfsVolume,
    clusters: &Clusters,
    number: u64,
    unit: &mut Vec<u8>,
) -> Result<(), Damage> {
    let size = volume.geometry.cluster;
    let whole = usize::try_from(clusters.unit.saturating_mul(size)).unwrap_or(0);
    unit.clear();
    let first = number.saturating_mul(clusters.unit);
    let mut stored = Vec::new();
    let mut at = first;
    let end = first.saturating_add(clusters.unit);
    while at < end {
        // The part after the last run is not stored, like a hole: the last unit of a value may be incomplete.
        let Some(Run { at: begin, cluster: Some(cluster), length }) = holding(&clusters.runs, at) else {
            break;
        };
        let skip = at.saturating_sub(begin);
        let count = length.saturating_sub(skip).min(end.saturating_sub(at));
        let bytes = usize::try_from(count.saturating_mul(size)).unwrap_or(0);
        let from = stored.len();
        stored.resize(from.saturating_add(bytes), 0);
        let place = cluster.saturating_add(skip).saturating_mul(size);
        crate::formats::disk::read_exact_at(
            &**volume.cache.device(),
            place,
            stored.get_mut(from..).unwrap_or_default(),
        )?;
        at = at.saturating_add(count);
    }
    if stored.len() == whole {
        *unit = stored;
        return Ok(());
    }
    lznt1::expand(&stored, whole, unit)?;
    unit.resize(whole, 0);
    Ok(())
}

fn data_ranges(clusters: &Clusters, size: u64) -> Vec<Range> {
    let mut ranges: Vec<Range> = Vec::new();
    for run in clusters.runs.iter().filter(|run| run.cluster.is_some()) {
        let offset = run.at.saturating_mul(size);
        let end = offset.saturating_add(run.length.saturating_mul(size)).min(clusters.initialized);
        let length = end.saturating_sub(offset);
        match ranges.last_mut() {
            _ if length == 0 => {}
            Some(last) if last.offset.saturating_add(last.length) == offset => {
                last.length = last.length.saturating_add(length);
            }
            Some(_) | None => ranges.push(Range { offset, length }),
        }
    }
    ranges
}

fn copy(bytes: &[u8], offset: u64, buffer: &mut [u8]) -> usize {
    let from = usize::try_from(offset).ok().and_then(|offset| bytes.get(offset..)).unwrap_or_default();
    let count = from.len().min(buffer.len());
    if let (Some(to), Some(from)) = (buffer.get_mut(..count), from.get(..count)) {
        to.copy_from_slice(from);
    }
    count
}
