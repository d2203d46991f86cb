//! Applies the transaction logs of a hive while it is read; nothing is written.
//!
//! A running Windows writes changes into `.LOG1` and `.LOG2` first, and into the hive an hour later or at shutdown,
//! so the latest changes are only in the logs. In: the hive and its logs, as files. Out: sectors that replace those
//! of the hive. Both formats are read: entries with hashes (`HvLE`, Windows 8.1 and later) and the older bitmap
//! (`DIRT`). An entry with a wrong hash, or one out of sequence, ends the recovery, as it does in Windows.
//!
//! Format: Suhanov, as in [`super`], "Format of transaction log files".

use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom};

use super::HiveError;
use crate::evidence::bytes::{u32_at, u64_at};

/// Bytes of a replaced sector.
const SECTOR: usize = 512;
/// Offset of the bins in a hive.
const BINS: u64 = 4096;
/// Largest log, in bytes. Windows keeps them far smaller; a larger one is not applied.
const LOG_LIMIT: u64 = 32 << 20;
/// The seed of the log hashes.
const SEED: u64 = 0x82ef_4d88_7a4e_55c5;

/// The result of the recovery of a hive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovery {
    /// The hive is clean: no log is needed.
    Clean,
    /// This number of log entries was applied.
    Applied(usize),
    /// The hive is dirty, and its logs are missing or do not match.
    Dirty,
}

/// A hive with its logs applied.
#[derive(Debug)]
pub struct Recovered<R> {
    hive: R,
    sectors: BTreeMap<u64, Vec<u8>>,
    position: u64,
    recovery: Recovery,
    faults: Vec<HiveError>,
}

impl<R: Read + Seek> Recovered<R> {
    /// Reads the first block of the hive, and its logs where they are needed.
    ///
    /// # Errors
    ///
    /// The hive cannot be read. A log that cannot be read counts as missing.
    pub fn new(mut hive: R, logs_of: impl IntoIterator<Item = impl Read>) -> io::Result<Self> {
        let mut block = [0; SECTOR];
        hive.seek(SeekFrom::Start(0))?;
        hive.read_exact(&mut block)?;
        let (primary, secondary) = (u32_at(&block, 4), u32_at(&block, 8));
        let right = checksum(&block) == u32_at(&block, 508);
        let clean = primary == secondary && right;
        let recovery = if clean { Recovery::Clean } else { Recovery::Dirty };
        let faults = if right { Vec::new() } else { vec![HiveError::Checksum] };
        let mut recovered = Self { hive, sectors: BTreeMap::new(), position: 0, recovery, faults };
        // For a clean hive, only the first block of each log is checked.
        let most = if clean { to_u64(SECTOR) } else { LOG_LIMIT };
        let mut logs = Vec::new();
        let mut damaged = 0_usize;
        for log in logs_of {
            match read_log(log, most, clean) {
                Log::Usable(bytes) => logs.push(bytes),
                Log::Empty => {}
                Log::Damaged => damaged = damaged.saturating_add(1),
            }
        }
        if damaged > 0 {
            recovered.recovery = Recovery::Dirty;
            recovered.faults.push(HiveError::Logs { count: damaged });
        }
        if !clean {
            recovered.apply(&logs, secondary.unwrap_or(0));
        }
        Ok(recovered)
    }

    /// Applies the log entries from a sequence number on.
    fn apply(&mut self, logs: &[Vec<u8>], from: u32) {
        let mut entries: BTreeMap<u32, Option<Entry<'_>>> = BTreeMap::new();
        for (sequence, entry) in logs.iter().flat_map(|log| entries_of(log)) {
            let known = entries.entry(sequence).or_default();
            if entry.is_some() {
                *known = entry;
            }
        }
        let (mut expected, mut applied, mut newer) = (None, 0_usize, 0_usize);
        let mut goes_on = true;
        for (sequence, entry) in entries.range(from..) {
            newer = newer.saturating_add(1);
            goes_on = goes_on && expected.is_none_or(|expected| expected == *sequence);
            let Some(entry) = entry.as_ref().filter(|_| goes_on) else {
                goes_on = false;
                continue;
            };
            entry.pages.iter().for_each(|(offset, page)| self.replace(*offset, page));
            (expected, applied) = (sequence.checked_add(1), applied.saturating_add(1));
        }
        let left_out = newer.saturating_sub(applied);
        if left_out > 0 {
            self.faults.push(HiveError::Entries { count: left_out });
        }
        if applied == 0 {
            let bitmaps: Vec<_> = logs.iter().filter_map(|log| Bitmap::of(log)).collect();
            if let Some(log) = bitmaps.iter().max_by_key(|log| log.sequence) {
                log.pages.iter().for_each(|(offset, page)| self.replace(*offset, page));
                applied = 1;
            }
        }
        if applied > 0 {
            self.recovery = Recovery::Applied(applied);
        } else {
            self.faults.push(HiveError::Dirty);
        }
    }

    /// Returns the errors of the hive's first block and of its logs.
    pub(super) fn take_faults(&mut self) -> Vec<HiveError> {
        std::mem::take(&mut self.faults)
    }

    /// Returns the result of the recovery.
    #[must_use]
    pub const fn recovery(&self) -> Recovery {
        self.recovery
    }

    fn replace(&mut self, offset: u32, page: &[u8]) {
        let first = BINS.saturating_add(offset.into()) / 512;
        for (sector, bytes) in (first..).zip(page.chunks_exact(SECTOR)) {
            self.sectors.insert(sector, bytes.to_vec());
        }
    }
}

impl<R: Read + Seek> Read for Recovered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let sector = self.position / 512;
        let count = if let Some(bytes) = self.sectors.get(&sector) {
            let within = usize::try_from(self.position % 512).unwrap_or(0);
            let from = bytes.get(within..).unwrap_or_default();
            let count = from.len().min(buffer.len());
            if let (Some(to), Some(from)) = (buffer.get_mut(..count), from.get(..count)) {
                to.copy_from_slice(from);
            }
            count
        } else {
            let next = self.sectors.range(sector..).next().map(|(next, _)| next.saturating_mul(512));
            let most = next.map_or(u64::MAX, |next| next.saturating_sub(self.position));
            let most = usize::try_from(most).unwrap_or(usize::MAX).min(buffer.len());
            self.hive.seek(SeekFrom::Start(self.position))?;
            self.hive.read(buffer.get_mut(..most).unwrap_or_default())?
        };
        self.position = self.position.saturating_add(u64::try_from(count).unwrap_or(0));
        Ok(count)
    }
}

impl<R: Read + Seek> Seek for Recovered<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::Current(step) => self.position.checked_add_signed(step),
            SeekFrom::End(step) => {
                // The logs may contain bins that the file does not have yet.
                let sector = self.sectors.last_key_value().map(|(sector, _)| sector.saturating_add(1));
                let end = self.hive.seek(SeekFrom::End(0))?;
                end.max(sector.unwrap_or_default().saturating_mul(512)).checked_add_signed(step)
            }
        };
        self.position = place.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

/// A log as it was found.
enum Log {
    Usable(Vec<u8>),
    /// The log was never written to.
    Empty,
    /// The first block is not that of a log, its checksum is wrong, or the log is larger than the limit.
    Damaged,
}

/// Reads a log, or with `head_only` (a clean hive) its first block only.
fn read_log(log: impl Read, most: u64, head_only: bool) -> Log {
    let mut bytes = Vec::new();
    let read = log.take(most.saturating_add(u64::from(!head_only))).read_to_end(&mut bytes);
    if bytes.iter().all(|byte| *byte == 0) {
        return if read.is_ok() { Log::Empty } else { Log::Damaged };
    }
    let fits = read.is_ok() && to_u64(bytes.len()) <= most;
    let whole = bytes.starts_with(b"regf")
        && bytes.get(..SECTOR).is_some_and(|head| checksum(head) == u32_at(head, 508));
    if fits && whole { Log::Usable(bytes) } else { Log::Damaged }
}

fn to_u64(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// Returns the checksum of the first 508 bytes of a hive's first block.
fn checksum(block: &[u8]) -> Option<u32> {
    let words = block.get(..508)?.chunks_exact(4).filter_map(|four| u32_at(four, 0));
    Some(match words.fold(0, |sum, word| sum ^ word) {
        0 => 1,
        u32::MAX => u32::MAX.saturating_sub(1),
        sum => sum,
    })
}

/// A log entry: pages by their offset from the first bin.
struct Entry<'a> {
    pages: Vec<(u32, &'a [u8])>,
}

/// Returns the entries of a log with hashes, by sequence number; `None` from the first damaged one on, since each
/// builds on the one before. The bytes after the last entry are left over from earlier use: they are not an entry, or
/// have an older number.
fn entries_of(log: &[u8]) -> impl Iterator<Item = (u32, Option<Entry<'_>>)> {
    let mut rest = log.get(SECTOR..).unwrap_or_default();
    let mut broken = false;
    std::iter::from_fn(move || {
        let size = usize::try_from(u32_at(rest, 4)?).ok()?;
        if !rest.starts_with(b"HvLE") {
            return None;
        }
        let sequence = u32_at(rest, 12)?;
        let whole = size >= SECTOR && size % SECTOR == 0;
        let (bytes, tail) = rest.split_at_checked(size).filter(|_| whole).unwrap_or((rest, &[]));
        rest = tail;
        let entry = entry(bytes).filter(|_| whole && !broken);
        broken = entry.is_none();
        Some((sequence, entry))
    })
}

fn entry(bytes: &[u8]) -> Option<Entry<'_>> {
    let right = hash(bytes.get(40..)?) == u64_at(bytes, 24)? && hash(bytes.get(..32)?) == u64_at(bytes, 32)?;
    let count = usize::try_from(u32_at(bytes, 20)?).ok().filter(|_| right)?;
    let references = bytes.get(40..)?.get(..count.checked_mul(8)?)?;
    let mut data = bytes.get(40..)?.get(references.len()..)?;
    let mut pages = Vec::new();
    for reference in references.chunks_exact(8) {
        let (page, tail) = data.split_at_checked(usize::try_from(u32_at(reference, 4)?).ok()?)?;
        pages.push((u32_at(reference, 0)?, page));
        data = tail;
    }
    Some(Entry { pages })
}

/// A log of the older format: a bit per sector of the bins, and the sectors whose bit is set.
struct Bitmap<'a> {
    sequence: u32,
    pages: Vec<(u32, &'a [u8])>,
}

impl<'a> Bitmap<'a> {
    fn of(log: &'a [u8]) -> Option<Self> {
        let sequence = u32_at(log, 4).filter(|sequence| u32_at(log, 8) == Some(*sequence))?;
        let head = log.get(..SECTOR)?;
        let body = log.get(SECTOR..)?.strip_prefix(b"DIRT")?;
        if checksum(head) != u32_at(head, 508) {
            return None;
        }
        // Bytes of the bins, in sectors, in bits.
        let length = usize::try_from(u32_at(head, 40)?).ok()? / SECTOR / 8;
        let bitmap = body.get(..length)?;
        let begin = SECTOR.checked_add(4)?.checked_add(length)?.checked_next_multiple_of(SECTOR)?;
        let mut data = log.get(begin..)?.chunks_exact(SECTOR);
        let mut pages = Vec::new();
        let bits = bitmap.iter().flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1 == 1));
        for (sector, dirty) in (0_u32..).zip(bits) {
            if dirty {
                pages.push((sector.checked_mul(512)?, data.next()?));
            }
        }
        Some(Self { sequence, pages })
    }
}

/// Marvin32, the hash of log entries.
fn hash(bytes: &[u8]) -> u64 {
    marvin(SEED, bytes)
}

fn marvin(seed: u64, bytes: &[u8]) -> u64 {
    let halves = seed.to_le_bytes();
    let (mut low, mut high) = (u32_at(&halves, 0).unwrap_or(0), u32_at(&halves, 4).unwrap_or(0));
    let mut mix = |word: u32| {
        low = low.wrapping_add(word);
        high ^= low;
        low = low.rotate_left(20).wrapping_add(high);
        high = high.rotate_left(9) ^ low;
        low = low.rotate_left(27).wrapping_add(high);
        high = high.rotate_left(19);
    };
    let words = bytes.chunks_exact(4);
    let mut last = [0; 4];
    // The remaining bytes, and an end marker.
    let tail = words.remainder().iter().copied().chain([0x80]);
    last.iter_mut().zip(tail).for_each(|(to, byte)| *to = byte);
    words.filter_map(|four| u32_at(four, 0)).for_each(&mut mix);
    mix(u32::from_le_bytes(last));
    mix(0);
    (u64::from(high) << 32) | u64::from(low)
}

#[cfg(test)]
mod tests;
