//! Reads the shadow copies of an NTFS volume: each becomes a device with the content of the volume at its creation.
//! The libvshadow project documents the format
//! (<https://github.com/libyal/libvshadow/blob/main/documentation/Volume%20Shadow%20Snapshot%20(VSS)%20format.asciidoc>).
//!
//! In: a volume. Out: its [`ShadowCopy`]s, the oldest first. A copy stores the blocks that were overwritten since;
//! other blocks are in the next younger copy, or on the volume. The list of free blocks is ignored: no file is in
//! them. All of it is hostile: lists have limits, and a copy with damaged lists is left out together with the older
//! ones.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use super::device::{Device, read_exact_at, read_some, to_u64};
use super::partitions::guid_text;
use crate::evidence::Utc;
use crate::evidence::bytes::{filetime, u32_at, u64_at};

/// Bytes of a block of data and of a list.
const BLOCK: u64 = 0x4000;

/// Bytes of a block header, and of a catalog entry.
const HEADER: usize = 128;

/// Bytes per bit of an overlay.
const SECTOR: u64 = 512;

/// Offset of the shadow copy header on the volume.
const VOLUME_HEADER: u64 = 0x1e00;

/// {3808876b-c176-4e48-b7ae-04046e6cc752}, the identifier at the beginning of each of these structures.
const MARK: [u8; 16] =
    [0x6b, 0x87, 0x08, 0x38, 0x76, 0xc1, 0x48, 0x4e, 0xb7, 0xae, 0x04, 0x04, 0x6e, 0x6c, 0xc7, 0x52];

/// Types of blocks.
const CATALOG: u32 = 2;
const LIST: u32 = 3;

/// Maximum number of shadow copies that are read, the youngest; Windows keeps 512 at most, and rarely more than a few
/// dozen.
const MAX_COPIES: usize = 64;

/// Maximum number of catalog blocks: 126 entries each, two entries per copy.
const MAX_CATALOG: usize = 64;

/// Maximum number of blocks in all copies of a volume: 4 GiB of overwritten data. Older copies are left out.
const MAX_BLOCKS: usize = 1 << 18;

/// Memory per listed block, in bytes.
const BLOCK_MEMORY: u64 = 96;

/// Flags of a listed block.
const FORWARDS: u32 = 1;
const OVERLAYS: u32 = 2;
const UNUSED: u32 = 4;

/// A shadow copy of a volume.
#[derive(Debug, Clone)]
pub(crate) struct ShadowCopy {
    /// Number by age, from 1 for the oldest.
    pub(crate) number: u32,
    /// Time of creation.
    pub(crate) made: Option<Utc>,
    /// The volume with the content of that time.
    pub(crate) device: Arc<dyn Device>,
}

impl ShadowCopy {
    /// Returns a description for people.
    pub(crate) fn description(&self) -> String {
        match self.made {
            Some(made) => format!("shadow copy of {made}"),
            None => "shadow copy".to_owned(),
        }
    }
}

/// The data that a copy stores of one block.
#[derive(Debug, Clone, Copy, Default)]
struct Held {
    /// Offset of the whole block on the volume; for a forwarded block, its offset in the next younger copy, and on
    /// the volume where there is no such copy.
    whole: Option<(u64, Option<u64>)>,
    /// Offset of some of its sectors on the volume, and which ones. They override the whole block.
    overlay: Option<(u64, u32)>,
}

/// The blocks of a copy, by their offset on the volume.
type Store = BTreeMap<u64, Held>;

/// The volume at the time of a copy, read through the younger copies.
#[derive(Debug)]
struct Shadow {
    volume: Arc<dyn Device>,
    /// The blocks of all copies, the oldest first.
    stores: Arc<Vec<Store>>,
    own: usize,
}

/// The shadow copies of a volume.
#[derive(Debug, Default)]
pub(crate) struct ShadowCopies {
    /// The copies that are read, the oldest first.
    pub(crate) copies: Vec<ShadowCopy>,
    /// Why other copies are not read.
    pub(crate) lacking: Option<String>,
    /// Memory of their lists, in bytes.
    pub(crate) memory: u64,
}

/// Finds the shadow copies of a volume. Damage affects only the copies that depend on the damaged lists.
pub(crate) fn shadow_copies(volume: &Arc<dyn Device>) -> ShadowCopies {
    let Catalog { mut listed, elsewhere } = match catalog(&**volume) {
        Ok(catalog) => catalog,
        Err(error) => {
            let lacking = Some(format!("cannot read the list of shadow copies: {error}"));
            return ShadowCopies { lacking, ..ShadowCopies::default() };
        }
    };
    listed.sort_by_key(|(made, _)| *made);
    let old = listed.len().saturating_sub(MAX_COPIES);
    let mut room = MAX_BLOCKS;
    // The youngest first: a copy is read through all younger ones.
    let (mut stores, mut why) = (Vec::new(), None);
    for (made, list) in listed.iter().skip(old).rev() {
        match store(&**volume, *list, &mut room) {
            Ok(store) => stores.push((*made, store)),
            Err(error) => {
                why = Some(error.to_string());
                break;
            }
        }
    }
    stores.reverse();
    let first = listed.len().saturating_sub(stores.len());
    let (made, stores): (Vec<u64>, Vec<Store>) = stores.into_iter().unzip();
    let stores = Arc::new(stores);
    let copy = |(own, made): (usize, u64)| ShadowCopy {
        number: u32::try_from(first.saturating_add(own).saturating_add(1)).unwrap_or(u32::MAX),
        made: filetime(made),
        device: Arc::new(Shadow { volume: Arc::clone(volume), stores: Arc::clone(&stores), own }),
    };
    let why = why.unwrap_or_else(|| format!("no more than {MAX_COPIES} are read"));
    ShadowCopies {
        copies: made.into_iter().enumerate().map(copy).collect(),
        lacking: match (
            (first > 0).then(|| format!("the oldest, {first} of {}: {why}", listed.len())),
            elsewhere,
        ) {
            (Some(old), Some(elsewhere)) => Some(format!("{old}; {elsewhere}")),
            (old, elsewhere) => old.or(elsewhere),
        },
        memory: to_u64(MAX_BLOCKS.saturating_sub(room)).saturating_mul(BLOCK_MEMORY),
    }
}

/// The catalog of shadow copies.
#[derive(Debug, Default)]
struct Catalog {
    /// Creation time of each copy, and offset of its block list.
    listed: Vec<(u64, u64)>,
    /// Why other copies are not listed.
    elsewhere: Option<String>,
}

fn catalog(volume: &dyn Device) -> io::Result<Catalog> {
    let header = read_some(volume, VOLUME_HEADER, HEADER)?;
    if !header.starts_with(&MARK) {
        return Ok(Catalog::default());
    }
    let mut at = u64_at(&header, 48).unwrap_or(0);
    let (mut times, mut lists) = (BTreeMap::new(), BTreeMap::new());
    for _ in 0..MAX_CATALOG {
        if at == 0 {
            break;
        }
        let block = block(volume, at, CATALOG)?;
        for entry in block.chunks_exact(HEADER).skip(1) {
            let store = entry.get(16..32).unwrap_or_default().to_vec();
            match u64_at(entry, 0) {
                Some(2) => drop(times.insert(store, u64_at(entry, 48).unwrap_or(0))),
                Some(3) => drop(lists.insert(store, u64_at(entry, 8).unwrap_or(0))),
                _ => {}
            }
        }
        at = u64_at(&block, 40).unwrap_or(0);
    }
    let without = times.keys().filter(|store| !lists.contains_key(*store)).count();
    let (own, storage) = (header.get(64..80), header.get(80..96));
    let other = storage.and_then(|storage| storage.first_chunk::<16>()).filter(|guid| **guid != [0; 16]);
    let other = other.filter(|_| own != storage);
    let elsewhere = match (without, other) {
        (0, None) => None,
        (0, Some(guid)) => Some(format!(
            "its shadow copies are stored on another volume ({}), which is not looked for: mount the disks in Windows, and \
             collect from its shadow copies there",
            guid_text(guid)
        )),
        (count, _) => Some(format!(
            "{count} shadow copies are not read: their block lists are not on this volume, but probably on another one"
        )),
    };
    let listed = times.into_iter().filter_map(|(store, made)| Some((made, *lists.get(&store)?))).collect();
    Ok(Catalog { listed, elsewhere })
}

/// Reads a block of a type and checks its header.
fn block(volume: &dyn Device, at: u64, kind: u32) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(BLOCK).unwrap_or(0)];
    read_exact_at(volume, at, &mut bytes)?;
    if bytes.starts_with(&MARK) && u32_at(&bytes, 20) == Some(kind) {
        Ok(bytes)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidData, "a list of a shadow copy is damaged"))
    }
}

/// Reads the block list of a copy. `room` is the number of blocks that may still be listed.
fn store(volume: &dyn Device, list: u64, room: &mut usize) -> io::Result<Store> {
    let (mut store, mut back) = (Store::new(), BTreeMap::new());
    let mut at = list;
    while at != 0 {
        let block = block(volume, at, LIST)?;
        for entry in block.get(HEADER..).unwrap_or_default().chunks_exact(32) {
            *room = room.checked_sub(1).ok_or_else(too_many)?;
            take(entry, &mut store, &mut back);
        }
        at = u64_at(&block, 40).unwrap_or(0);
    }
    Ok(store)
}

fn too_many() -> io::Error {
    let most = to_u64(MAX_BLOCKS).saturating_mul(BLOCK) >> 30;
    io::Error::other(format!("no more than {most} GiB of overwritten blocks are listed"))
}

/// Adds a listed block; `back` maps the targets of forwarded blocks to their origin.
fn take(entry: &[u8], store: &mut Store, back: &mut BTreeMap<u64, u64>) -> Option<()> {
    let (mut original, relative, at) = (u64_at(entry, 0)?, u64_at(entry, 8)?, u64_at(entry, 16)?);
    let (flags, sectors) = (u32_at(entry, 24)?, u32_at(entry, 28)?);
    // The rest of the last block of a list is zeros.
    if flags & UNUSED != 0 || (original, relative, at) == (0, 0, 0) {
        return None;
    }
    if flags & OVERLAYS != 0 {
        let held = store.entry(original).or_default();
        held.overlay = Some(held.overlay.map_or((at, sectors), |(at, before)| (at, before | sectors)));
        return None;
    }
    if let Some(first) = back.remove(&original) {
        original = first;
        if flags & FORWARDS != 0 && original == relative {
            return None;
        }
    }
    let forwards = (flags & FORWARDS != 0).then_some(relative);
    store.entry(original).or_default().whole = Some((at, forwards));
    if forwards.is_some() {
        back.insert(relative, original);
    }
    Some(())
}

impl Shadow {
    /// Returns the offset on the volume of the byte at `offset`, and the number of contiguous bytes there.
    fn place(&self, offset: u64) -> (u64, u64) {
        let mut within = offset.checked_rem(BLOCK).unwrap_or(0);
        let mut original = offset.saturating_sub(within);
        let mut length = BLOCK.saturating_sub(within);
        for (index, store) in self.stores.iter().enumerate().skip(self.own) {
            let Some(held) = store.get(&original) else { continue };
            if index == self.own
                && let Some((at, sectors)) = held.overlay
            {
                let sector = within.checked_div(SECTOR).unwrap_or(0);
                let end = sector.saturating_add(1).saturating_mul(SECTOR);
                length = end.saturating_sub(within);
                if u32::try_from(sector).ok().and_then(|bit| sectors.checked_shr(bit)).unwrap_or(0) & 1 == 1 {
                    return (at.saturating_add(within), length);
                }
            }
            match held.whole {
                None => {}
                Some((_, Some(relative))) if index.saturating_add(1) < self.stores.len() => {
                    let moved = relative.checked_rem(BLOCK).unwrap_or(0);
                    original = relative.saturating_sub(moved);
                    within = within.saturating_add(moved);
                }
                Some((at, _)) => return (at.saturating_add(within), length),
            }
        }
        (original.saturating_add(within), length)
    }
}

impl Device for Shadow {
    fn size(&self) -> u64 {
        self.volume.size()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let (at, length) = self.place(offset);
        let left = self.size().saturating_sub(offset).min(length);
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        self.volume.read_at(at, buffer.get_mut(..most).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::disk::device::MemoryDevice;

    /// A volume of sixteen blocks, each filled with its number, with two copies: the catalog in block 8, the list of
    /// the older copy in 9, that of the younger one in 10.
    fn volume(older: &[[u64; 5]], younger: &[[u64; 5]]) -> Arc<dyn Device> {
        let block = usize::try_from(BLOCK).unwrap();
        let mut disk: Vec<u8> = (0..16_u8).flat_map(|number| vec![number; block]).collect();
        let mut put = |at: usize, bytes: &[u8]| disk[at..at + bytes.len()].copy_from_slice(bytes);
        let header = |kind: u32| [&MARK[..], &1_u32.to_le_bytes(), &kind.to_le_bytes(), &[0; 104]].concat();
        put(0x1e00, &[header(1)[..48].to_vec(), (8 * BLOCK).to_le_bytes().to_vec()].concat());
        put(8 * block, &[header(CATALOG), vec![0; block - HEADER]].concat());
        for (number, made, list) in [(0_usize, 200_u64, 10), (1, 100, 9)] {
            let at = 8 * block + HEADER * (1 + 2 * number);
            let id = vec![u8::try_from(number + 1).unwrap(); 16];
            let copy = [2_u64.to_le_bytes().to_vec(), vec![0; 8], id.clone(), vec![0; 16]].concat();
            put(at, &[copy, made.to_le_bytes().to_vec()].concat());
            let list: u64 = list * BLOCK;
            put(at + HEADER, &[3_u64.to_le_bytes().to_vec(), list.to_le_bytes().to_vec(), id].concat());
        }
        for (at, entries) in [(9, older), (10, younger)] {
            put(at * block, &[header(LIST), vec![0; block - HEADER]].concat());
            for (number, [original, relative, stored, flags, sectors]) in entries.iter().enumerate() {
                let words = [original * BLOCK, relative * BLOCK, stored * BLOCK, flags | sectors << 32];
                let words: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
                put(at * block + HEADER + number * 32, &words);
            }
        }
        Arc::new(MemoryDevice(disk))
    }

    /// Reads the first byte of each sector through a copy.
    fn read(copy: &ShadowCopy, places: &[(u64, u64)]) -> Vec<u8> {
        let byte = |(block, sector): &(u64, u64)| {
            let mut byte = [0];
            read_exact_at(&*copy.device, block * BLOCK + sector * SECTOR, &mut byte).unwrap();
            byte[0]
        };
        places.iter().map(byte).collect()
    }

    #[test]
    fn a_block_is_read_from_the_copy_then_a_younger_copy_then_the_volume() {
        let copies =
            shadow_copies(&volume(&[[1, 0, 12, 0, 0]], &[[2, 0, 13, 0, 0], [1, 0, 14, 0, 0]])).copies;
        assert_eq!(copies.iter().map(|copy| copy.number).collect::<Vec<_>>(), [1, 2]);
        assert!(copies[0].made < copies[1].made);
        let places = [(1, 0), (2, 0), (3, 0), (1, 31)];
        assert_eq!(read(&copies[0], &places), [12, 13, 3, 12]);
        assert_eq!(read(&copies[1], &places), [14, 13, 3, 14]);
    }

    #[test]
    fn an_overlay_has_sectors_of_its_copy_and_forwarded_blocks_are_followed() {
        let older = [[1, 0, 12, 2, 0b100], [1, 1, 12, 2, 0b1], [4, 5, 0, 1, 0]];
        let copies = shadow_copies(&volume(&older, &[[5, 0, 13, 0, 0], [6, 0, 14, 4, 0]])).copies;
        assert_eq!(read(&copies[0], &[(1, 0), (1, 1), (1, 2), (4, 0), (6, 0)]), [12, 1, 12, 13, 6]);
        assert_eq!(read(&copies[1], &[(1, 0), (4, 0), (5, 0)]), [1, 4, 13]);
    }

    #[test]
    fn copies_stored_on_another_volume_are_reported() {
        let whole = read_some(&*volume(&[[1, 0, 12, 0, 0]], &[]), 0, 1 << 20).unwrap();
        let lacking =
            |disk: Vec<u8>| shadow_copies(&(Arc::new(MemoryDevice(disk)) as Arc<dyn Device>)).lacking;
        assert_eq!(lacking(whole.clone()), None);
        let mut stored = whole.clone();
        stored[0x1e00 + 64..0x1e00 + 80].fill(1);
        stored[0x1e00 + 80..0x1e00 + 96].fill(1);
        assert_eq!(lacking(stored.clone()), None);
        stored[0x1e00 + 80..0x1e00 + 96].fill(2);
        stored[0x1e00 + 48..0x1e00 + 56].fill(0);
        let said = lacking(stored).unwrap();
        assert!(said.contains("another volume (02020202-0202-0202-0202-020202020202)"), "{said}");
        // A copy in the catalog without a block list.
        let mut listed = whole;
        listed[8 * usize::try_from(BLOCK).unwrap() + HEADER * 2] = 9;
        assert!(lacking(listed).unwrap().starts_with("1 shadow copies are not read: their block lists"));
    }

    #[test]
    fn a_damaged_list_loses_its_copy_and_the_older_ones_only() {
        for none in [vec![0; 0x1_0000], Vec::new()] {
            let none = shadow_copies(&(Arc::new(MemoryDevice(none)) as Arc<dyn Device>));
            assert!(none.copies.is_empty() && none.lacking.is_none());
        }
        for (damaged, left, lacking) in [
            (8, vec![], "cannot read the list of shadow copies"),
            (9, vec![2], "the oldest, 1 of 2: a list"),
            (10, vec![], "the oldest, 2 of 2: a list"),
        ] {
            let mut disk = read_some(&*volume(&[[1, 0, 12, 0, 0]], &[]), 0, 1 << 20).unwrap();
            disk[damaged * usize::try_from(BLOCK).unwrap()] ^= 1;
            let found = shadow_copies(&(Arc::new(MemoryDevice(disk)) as Arc<dyn Device>));
            assert_eq!(found.copies.iter().map(|copy| copy.number).collect::<Vec<_>>(), left, "{damaged}");
            assert!(found.lacking.unwrap().starts_with(lacking), "{damaged}");
        }
    }

    #[test]
    fn a_list_that_points_to_itself_ends() {
        let mut disk = read_some(&*volume(&[[1, 0, 12, 0, 0]], &[]), 0, 1 << 20).unwrap();
        let next = 9 * usize::try_from(BLOCK).unwrap() + 40;
        disk[next..next + 8].copy_from_slice(&(9 * BLOCK).to_le_bytes());
        let found = shadow_copies(&(Arc::new(MemoryDevice(disk)) as Arc<dyn Device>));
        assert_eq!(found.copies.iter().map(|copy| copy.number).collect::<Vec<_>>(), [2]);
        assert!(found.lacking.unwrap().contains("no more than 4 GiB"), "what is not read is said");
    }

    /// Writes a catalog of copies with these numbers into a block, with the offset of the next block or 0.
    fn list_copies(disk: &mut [u8], at: usize, numbers: std::ops::Range<u8>, next: u64) {
        let block = &mut disk[at * usize::try_from(BLOCK).unwrap()..][..usize::try_from(BLOCK).unwrap()];
        block.fill(0);
        block[..16].copy_from_slice(&MARK);
        block[20..24].copy_from_slice(&CATALOG.to_le_bytes());
        block[40..48].copy_from_slice(&(next * BLOCK).to_le_bytes());
        for (two, number) in block[HEADER..].chunks_exact_mut(2 * HEADER).zip(numbers) {
            (two[0], two[48], two[HEADER]) = (2, number, 3);
            two[16..32].fill(number);
            two[HEADER + 8..HEADER + 16].copy_from_slice(&(9 * BLOCK).to_le_bytes());
            two[HEADER + 16..HEADER + 32].fill(number);
        }
    }

    #[test]
    fn a_catalog_loop_ends_and_of_many_copies_the_youngest_are_read() {
        let disk = read_some(&*volume(&[[1, 0, 12, 0, 0]], &[]), 0, 1 << 20).unwrap();
        let found = |catalogs: &[(usize, std::ops::Range<u8>, u64)]| {
            let mut disk = disk.clone();
            for (at, numbers, next) in catalogs {
                list_copies(&mut disk, *at, numbers.clone(), *next);
            }
            let found = shadow_copies(&(Arc::new(MemoryDevice(disk)) as Arc<dyn Device>));
            (found.copies.iter().map(|copy| copy.number).collect::<Vec<_>>(), found.lacking)
        };
        assert_eq!(found(&[(8, 1..4, 8)]), (vec![1, 2, 3], None));
        let (numbers, lacking) = found(&[(8, 1..61, 11), (11, 61..67, 0)]);
        assert_eq!(numbers, (3..67).collect::<Vec<_>>());
        assert_eq!(lacking.unwrap(), "the oldest, 2 of 66: no more than 64 are read");
    }
}
