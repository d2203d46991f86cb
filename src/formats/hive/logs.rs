//! What a hive's transaction logs hold beyond the hive itself, laid over it while it is read: nothing is written.
//!
//! A running Windows writes changes into `.LOG1` and `.LOG2` first and into the hive an hour later or at shutdown, so that
//! what is newest stands in the logs. In: the hive and its logs, as files. Out: sectors that replace those of the hive.
//! Both forms are read: entries with hashes (`HvLE`, Windows 8.1 and later) and the older bitmap (`DIRT`). An entry whose
//! hash is wrong, or that does not follow the one before, ends what is applied, as it does for Windows.
//!
//! Format: Suhanov, as in [`super`], "Format of transaction log files".

use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom};

use crate::evidence::bytes::{u32_at, u64_at};

/// Bytes that are replaced at a time.
const SECTOR: usize = 512;
/// Where the bins begin in a hive.
const BINS: u64 = 4096;
/// Largest log that is read. Windows keeps them far below; what is larger is not applied.
const LOG_LIMIT: u64 = 32 << 20;
/// The seed of the hashes in a log.
const SEED: u64 = 0x82ef_4d88_7a4e_55c5;

/// What became of a hive's logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovery {
    /// Everything stands in the hive.
    Clean,
    /// So many entries of the logs were laid over it.
    Applied(usize),
    /// It needs its logs, and they are not there or do not fit.
    Dirty,
}

/// A hive with what its logs hold laid over it.
#[derive(Debug)]
pub struct Recovered<R> {
    hive: R,
    sectors: BTreeMap<u64, Vec<u8>>,
    position: u64,
    recovery: Recovery,
}

impl<R: Read + Seek> Recovered<R> {
    /// Reads the first block of the hive, and its logs where it needs them.
    ///
    /// # Errors
    /// Where the hive cannot be read; a log that cannot be read is one that is not there.
    pub fn new(mut hive: R, logs: impl IntoIterator<Item = impl Read>) -> io::Result<Self> {
        let mut block = [0; SECTOR];
        hive.seek(SeekFrom::Start(0))?;
        hive.read_exact(&mut block)?;
        let (primary, secondary) = (u32_at(&block, 4), u32_at(&block, 8));
        let mut recovered = Self { hive, sectors: BTreeMap::new(), position: 0, recovery: Recovery::Clean };
        if primary == secondary && checksum(&block) == u32_at(&block, 508) {
            return Ok(recovered);
        }
        recovered.recovery = Recovery::Dirty;
        let logs: Vec<Vec<u8>> = logs.into_iter().filter_map(read_log).collect();
        let mut entries = BTreeMap::new();
        for log in &logs {
            entries.extend(entries_of(log).map(|entry| (entry.sequence, entry)));
        }
        let mut expected = None;
        let mut applied = 0_usize;
        for (sequence, entry) in entries.range(secondary.unwrap_or(0)..) {
            if expected.is_some_and(|expected| expected != *sequence) {
                break;
            }
            entry.pages.iter().for_each(|(offset, page)| recovered.replace(*offset, page));
            (expected, applied) = (sequence.checked_add(1), applied.saturating_add(1));
        }
        if applied == 0 {
            let newest = logs.iter().filter_map(|log| Bitmap::of(log)).max_by_key(|log| log.sequence);
            if let Some(log) = newest {
                log.pages.iter().for_each(|(offset, page)| recovered.replace(*offset, page));
                applied = 1;
            }
        }
        if applied > 0 {
            recovered.recovery = Recovery::Applied(applied);
        }
        Ok(recovered)
    }

    /// What became of the logs.
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
            SeekFrom::End(_) => Some(self.hive.seek(to)?),
        };
        self.position = place.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

fn read_log(log: impl Read) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    log.take(LOG_LIMIT.saturating_add(1)).read_to_end(&mut bytes).ok()?;
    let whole = u64::try_from(bytes.len()).ok()? <= LOG_LIMIT;
    (whole && bytes.starts_with(b"regf")).then_some(bytes)
}

/// The sum of the first 508 bytes of a hive's first block.
fn checksum(block: &[u8]) -> Option<u32> {
    let words = block.get(..508)?.chunks_exact(4).filter_map(|four| u32_at(four, 0));
    Some(match words.fold(0, |sum, word| sum ^ word) {
        0 => 1,
        u32::MAX => u32::MAX.saturating_sub(1),
        sum => sum,
    })
}

/// An entry of a log: pages by their offset from the first bin.
struct Entry<'a> {
    sequence: u32,
    pages: Vec<(u32, &'a [u8])>,
}

/// The entries of a log with hashes, up to the first that is not whole.
fn entries_of(log: &[u8]) -> impl Iterator<Item = Entry<'_>> {
    let mut rest = log.get(SECTOR..).unwrap_or_default();
    std::iter::from_fn(move || {
        let size = usize::try_from(u32_at(rest, 4)?).ok()?;
        let whole = rest.starts_with(b"HvLE") && size >= SECTOR && size % SECTOR == 0;
        let (bytes, tail) = rest.split_at_checked(size).filter(|_| whole)?;
        rest = tail;
        entry(bytes)
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
    Some(Entry { sequence: u32_at(bytes, 12)?, pages })
}

/// A log of the older form: a bit for each sector of the bins, and the sectors whose bit is set.
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

/// Marvin32, by which the entries of a log are checked.
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
    // What is left, and a mark behind it.
    let tail = words.remainder().iter().copied().chain([0x80]);
    last.iter_mut().zip(tail).for_each(|(to, byte)| *to = byte);
    words.filter_map(|four| u32_at(four, 0)).for_each(&mut mix);
    mix(u32::from_le_bytes(last));
    mix(0);
    (u64::from(high) << 32) | u64::from(low)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use regf::{DataType, HiveBuilder};

    use super::*;
    use crate::formats::hive::Hive;

    fn hive(text: &str) -> Vec<u8> {
        let mut builder = HiveBuilder::new().unwrap();
        let key = builder.create_key("Software\\Run").unwrap();
        builder.add_value(key, "Name", DataType::Binary, text.repeat(20).as_bytes()).unwrap();
        builder.to_bytes().unwrap()
    }

    /// The hive as it stood before a change that only the log holds.
    fn before(sequence: u32) -> Vec<u8> {
        let mut old = hive("oud..");
        old[4..8].copy_from_slice(&(sequence + 1).to_le_bytes());
        old[8..12].copy_from_slice(&sequence.to_le_bytes());
        let sum = checksum(&old[..512]).unwrap().to_le_bytes();
        old[508..512].copy_from_slice(&sum);
        old
    }

    fn entry_bytes(sequence: u32, pages: &[(u32, &[u8])]) -> Vec<u8> {
        let mut bytes = vec![0; 40];
        bytes[..4].copy_from_slice(b"HvLE");
        bytes[12..16].copy_from_slice(&sequence.to_le_bytes());
        bytes[20..24].copy_from_slice(&u32::try_from(pages.len()).unwrap().to_le_bytes());
        for (offset, page) in pages {
            bytes.extend(offset.to_le_bytes());
            bytes.extend(u32::try_from(page.len()).unwrap().to_le_bytes());
        }
        for (_, page) in pages {
            bytes.extend_from_slice(page);
        }
        bytes.resize(bytes.len().next_multiple_of(512), 0);
        let size = u32::try_from(bytes.len()).unwrap().to_le_bytes();
        bytes[4..8].copy_from_slice(&size);
        let data = hash(&bytes[40..]).to_le_bytes();
        bytes[24..32].copy_from_slice(&data);
        let head = hash(&bytes[..32]).to_le_bytes();
        bytes[32..40].copy_from_slice(&head);
        bytes
    }

    fn log(entries: &[Vec<u8>]) -> Vec<u8> {
        [before(7)[..512].to_vec(), entries.concat()].concat()
    }

    /// The pages that differ between two states of the hive.
    fn changed(after: &[u8]) -> Vec<(u32, Vec<u8>)> {
        let old = hive("oud..");
        let pages = old.chunks(4096).zip(after.chunks(4096)).enumerate().skip(1);
        pages
            .filter(|(_, (old, new))| old != new)
            .map(|(number, (_, new))| (u32::try_from((number - 1) * 4096).unwrap(), new.to_vec()))
            .collect()
    }

    fn name(hive: Vec<u8>, logs: &[Vec<u8>]) -> (String, Recovery) {
        let recovered = Recovered::new(Cursor::new(hive), logs.iter().map(|log| &log[..])).unwrap();
        let recovery = recovered.recovery();
        let mut hive = Hive::open(recovered).unwrap();
        let key = hive.key("Software\\Run").unwrap().unwrap();
        let value = hive.value(&key, "Name").unwrap().unwrap();
        (String::from_utf8(value.data[..5].to_vec()).unwrap(), recovery)
    }

    fn with(sequence: u32, text: &str) -> Vec<u8> {
        let pages = changed(&hive(text));
        let pages: Vec<(u32, &[u8])> = pages.iter().map(|(offset, page)| (*offset, &page[..])).collect();
        entry_bytes(sequence, &pages)
    }

    #[test]
    fn the_hash_is_marvin() {
        // The vectors of .NET's own tests of this function.
        const SEED: u64 = 0x004f_b61a_001b_dbcc;
        for (bytes, wanted) in [
            (&[][..], 0x30ed_35c1_00cd_3c7d),
            (&[0xaf], 0x48e7_3fc7_7d75_ddc1),
            (&[0xe7, 0x0f], 0xb5f6_e1fc_485d_bff8),
            (&[0x37, 0xf4, 0x95], 0xf0b0_7c78_9b8c_f7e8),
        ] {
            assert_eq!(marvin(SEED, bytes), wanted, "{bytes:x?}");
        }
    }

    #[test]
    fn what_only_the_logs_hold_is_read_from_them_in_order() {
        let (first, second) = (log(&[with(7, "jong."), with(8, "nieuw")]), log(&[with(9, "laats")]));
        assert_eq!(name(before(7), std::slice::from_ref(&first)), ("nieuw".into(), Recovery::Applied(2)));
        assert_eq!(name(before(7), &[second.clone(), first]), ("laats".into(), Recovery::Applied(3)));
        // Entries before the hive's own state are older than it, and a gap ends what follows.
        let old = log(&[with(5, "fout."), with(7, "jong."), with(9, "laats")]);
        assert_eq!(name(before(7), &[old]), ("jong.".into(), Recovery::Applied(1)));
        assert_eq!(name(before(7), &[]), ("oud..".into(), Recovery::Dirty));
        assert_eq!(name(hive("oud.."), &[second]), ("oud..".into(), Recovery::Clean));
    }

    #[test]
    fn an_entry_whose_hash_is_wrong_ends_what_is_applied() {
        let whole = log(&[with(7, "jong."), with(8, "nieuw")]);
        let first = with(7, "jong.").len();
        for (at, wanted) in [(512 + first + 100, "jong."), (512 + 100, "oud.."), (512 + 12, "oud..")] {
            let mut broken = whole.clone();
            broken[at] ^= 1;
            assert_eq!(name(before(7), &[broken]).0, wanted, "{at}");
        }
        for cut in [0, 3, 511, 512, 540, 600, whole.len() - 1] {
            drop(name(before(7), &[whole[..cut].to_vec()]));
        }
    }

    #[test]
    fn the_older_form_is_laid_over_by_its_bits() {
        let new = hive("nieuw");
        let bins = new.len() - 4096;
        let mut log = before(7)[..512].to_vec();
        log[8..12].copy_from_slice(&8_u32.to_le_bytes());
        log[40..44].copy_from_slice(&u32::try_from(bins).unwrap().to_le_bytes());
        let sum = checksum(&log).unwrap().to_le_bytes();
        log[508..512].copy_from_slice(&sum);
        log.extend(b"DIRT");
        log.extend(vec![0xff; bins / 512 / 8]);
        log.resize(log.len().next_multiple_of(512), 0);
        log.extend(&new[4096..]);
        assert_eq!(name(before(7), &[log.clone()]), ("nieuw".into(), Recovery::Applied(1)));
        log[508] ^= 1;
        assert_eq!(name(before(7), &[log]).1, Recovery::Dirty);
    }
}
