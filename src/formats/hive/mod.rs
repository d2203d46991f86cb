//! Reads keys and values from a registry hive file, cell by cell, without loading the hive into memory.
//!
//! In: a reader that seeks. Out: keys by path, and their values. A damaged cell affects only what depends on it. That
//! is why this is not crate `regf`: version 0.2 refuses a whole hive for one key out of order, and hives of running
//! systems have such keys; its writer makes the tests' fixtures. Every offset and count is hostile: each list has a
//! limit, no link is followed upwards, and a key that is found below itself is left out, so that no loop is possible.
//! [`UnreadCells`] counts what is left out: cells of another type, keys and values that are fewer or more than their
//! key states, a file that ends before the hive does. [`Recovered`] applies transaction logs; [`Hive::is_dirty`] says
//! whether a hive needs them.
//!
//! Format: Suhanov, "Windows registry file format specification".
//! <https://github.com/msuhanov/regf/blob/master/Windows%20registry%20file%20format%20specification.md>

use std::collections::BTreeSet;
use std::io::{Read, Seek, SeekFrom};
use std::ops::ControlFlow;
use std::sync::Arc;

mod faults;
mod layout;
mod logs;
mod value;

pub use faults::{HiveError, UnreadCells};
pub use logs::{Recovered, Recovery};
pub use value::Value;

use faults::Faults;
use layout::{filetime, list_of, name_of, numbers, same_name, u16_at, u32_at, u64_at};

use crate::evidence::{Exact, Utc};

/// Offset of the first cell; offsets in a hive count from here.
const BINS: u64 = 4096;
/// Maximum bytes of a cell: a list of 65,535 names with their hashes has half of it.
const CELL_LIMIT: u32 = 1 << 20;
/// Maximum bytes of a value; a larger one is an error (policies of a few MB exist).
const VALUE_LIMIT: u32 = 16 << 20;
/// Maximum bytes of all values of a key in memory at a time, give or take one value.
const KEY_LIMIT: usize = 64 << 20;
/// Bytes per segment of a value above 16,344 bytes.
const SEGMENT: usize = 16_344;
/// Maximum number of subkeys or values of a key: `Classes` of a busy server has about 20,000.
const LIST_LIMIT: usize = 500_000;
/// Maximum depth of keys: Windows allows 512.
const LEVEL_LIMIT: usize = 512;
/// Flag of a name with one byte per character instead of UTF-16.
const KEY_COMP_NAME: u16 = 0x0020;
const VALUE_COMP_NAME: u16 = 0x0001;
const NOWHERE: u32 = u32::MAX;

/// An open hive.
#[derive(Debug)]
pub struct Hive<R> {
    source: R,
    root: u32,
    dirty: bool,
    faults: Faults,
}

/// The location of a key and of its parents, by which a key below itself is detected.
#[derive(Debug, PartialEq, Eq)]
struct KeyPlace {
    offset: u32,
    level: usize,
    above: Option<Arc<Self>>,
}

impl KeyPlace {
    /// Whether the key at an offset is this one or one of its parents.
    fn contains(&self, offset: u32) -> bool {
        let mut place = Some(self);
        while let Some(one) = place {
            if one.offset == offset {
                return true;
            }
            place = one.above.as_deref();
        }
        false
    }
}

/// A key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its name, which may contain zeros and, in WTF-8, lone surrogates.
    pub name: Exact,
    /// Time of the last change to it or to one of its values.
    pub last_written: Option<Utc>,
    /// The offset of its list of subkeys, if it has one, and the number that it states.
    subkeys: (Option<u32>, usize),
    values: (Option<u32>, usize),
    /// The parent that it states.
    parent: u32,
    place: Arc<KeyPlace>,
}

impl<R: Read + Seek> Hive<R> {
    /// Opens a hive: reads the first block.
    ///
    /// # Errors
    ///
    /// [`HiveError::Read`], [`HiveError::NoHive`].
    pub fn open(mut source: R) -> Result<Self, HiveError> {
        let mut block = [0; 512];
        source.seek(SeekFrom::Start(0))?;
        source.read_exact(&mut block)?;
        let root = u32_at(&block, 36).filter(|_| block.starts_with(b"regf")).ok_or(HiveError::NoHive)?;
        let dirty = u32_at(&block, 4) != u32_at(&block, 8);
        let length = BINS.saturating_add(u32_at(&block, 40).unwrap_or_default().into());
        let missing = length.saturating_sub(source.seek(SeekFrom::End(0))?);
        let mut faults = Faults::default();
        if missing > 0 {
            faults.add(&Exact::default(), HiveError::Short { missing, length }, 1);
        }
        Ok(Self { source, root, dirty, faults })
    }

    /// Returns the account of what was left out since the last call, and resets it.
    pub fn take_unread(&mut self) -> UnreadCells {
        self.faults.take()
    }

    /// Returns the result, or notes the error with its key.
    fn noted<T>(&mut self, key: &Key, read: Result<T, HiveError>) -> Option<T> {
        match read {
            Ok(read) => return Some(read),
            Err(error) => self.faults.add(&key.name, error, 1),
        }
        None
    }

    /// Whether the hive was being written to when it was copied, so that its transaction logs have newer changes.
    #[must_use]
    pub const fn is_dirty(&self) -> bool {
        self.dirty
    }

    /// Returns the key at a path below the root, with parts separated by `\`, regardless of case; `None` where there
    /// is none.
    ///
    /// # Errors
    ///
    /// The [`HiveError`] of a cell on the path.
    pub fn key(&mut self, path: &str) -> Result<Option<Key>, HiveError> {
        let mut key = self.key_at(self.root, None)?;
        for part in path.split('\\').filter(|part| !part.is_empty()) {
            match self.subkey(&key, part)? {
                Some(found) => key = found,
                None => return Ok(None),
            }
        }
        Ok(Some(key))
    }

    /// Returns the subkey of this name, regardless of case; `None` where there is none.
    ///
    /// # Errors
    ///
    /// The [`HiveError`] of the list.
    pub fn subkey(&mut self, key: &Key, name: &str) -> Result<Option<Key>, HiveError> {
        let name = name.to_lowercase();
        for offset in self.subkey_offsets(key)? {
            // A subkey that cannot be read is assumed to have another name.
            let candidate = self.key_at(offset, Some(key));
            if let Some(candidate) = self.noted(key, candidate) {
                self.compare_parent(key, &candidate);
                if same_name(&candidate.name, &name) {
                    return Ok(Some(candidate));
                }
            }
        }
        Ok(None)
    }

    /// Returns the subkeys of a key; those that cannot be read are left out and counted.
    ///
    /// # Errors
    ///
    /// The [`HiveError`] of the list.
    pub fn subkeys(&mut self, key: &Key) -> Result<Vec<Key>, HiveError> {
        let mut keys = Vec::new();
        for offset in self.subkey_offsets(key)? {
            let below = self.key_at(offset, Some(key));
            if let Some(below) = self.noted(key, below) {
                self.compare_parent(key, &below);
                keys.push(below);
            }
        }
        Ok(keys)
    }

    /// Returns the value of a key by name, regardless of case; `None` where there is none.
    ///
    /// # Errors
    ///
    /// The [`HiveError`] of the list, or of the value itself.
    pub fn value(&mut self, key: &Key, name: &str) -> Result<Option<Value>, HiveError> {
        let name = name.to_lowercase();
        for offset in self.value_offsets(key)? {
            let head = self.value_head(offset);
            if let Some(head) = self.noted(key, head)
                && same_name(&head.name, &name)
            {
                return self.complete(head).map(Some);
            }
        }
        Ok(None)
    }

    /// Passes the values of a key whose name is `wanted` to `act`, one at a time, until it breaks; those that cannot
    /// be read are left out and counted.
    pub fn each_value(
        &mut self,
        key: &Key,
        wanted: &dyn Fn(&[u8]) -> bool,
        act: &mut dyn FnMut(Value) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let offsets = self.value_offsets(key);
        for offset in self.noted(key, offsets).unwrap_or_default() {
            let head = self.value_head(offset);
            let Some(head) = self.noted(key, head) else { continue };
            if wanted(&head.name.0) {
                let value = self.complete(head);
                if let Some(value) = self.noted(key, value) {
                    act(value)?;
                }
            }
        }
        ControlFlow::Continue(())
    }

    /// Returns the values of a key; those that cannot be read are left out and counted.
    ///
    /// # Errors
    ///
    /// The [`HiveError`] of the list.
    pub fn values(&mut self, key: &Key) -> Result<Vec<Value>, HiveError> {
        let (mut values, mut left) = (Vec::new(), KEY_LIMIT);
        for offset in self.value_offsets(key)? {
            if left == 0 {
                self.noted::<()>(key, Err(HiveError::Limit { most: KEY_LIMIT, what: "bytes" }));
                break;
            }
            let value = self.value_head(offset).and_then(|head| self.complete(head));
            let value = self.noted(key, value);
            left = left.saturating_sub(value.as_ref().map_or(0, |value| value.data.len()));
            values.extend(value);
        }
        Ok(values)
    }

    /// Returns the content of an allocated cell, up to [`CELL_LIMIT`].
    fn cell(&mut self, offset: u32, expected: &'static str) -> Result<Vec<u8>, HiveError> {
        let wrong = || HiveError::Cell { offset, expected };
        if offset == NOWHERE {
            return Err(wrong());
        }
        self.source.seek(SeekFrom::Start(BINS.saturating_add(offset.into())))?;
        let mut size = [0; 4];
        self.source.read_exact(&mut size).map_err(|_| wrong())?;
        // The length is negative where the cell is in use, and counts its own four bytes.
        let size = i32::from_le_bytes(size);
        let length = size.checked_neg().and_then(|size| u32::try_from(size).ok()).ok_or_else(wrong)?;
        let length = length.saturating_sub(4).min(CELL_LIMIT);
        let mut content = Vec::new();
        (&mut self.source).take(length.into()).read_to_end(&mut content)?;
        // The file ends within the cell.
        if u32::try_from(content.len()).is_ok_and(|read| read < length) { Err(wrong()) } else { Ok(content) }
    }

    /// Returns the key at an offset, which the list of the key above it has.
    fn key_at(&mut self, offset: u32, above: Option<&Key>) -> Result<Key, HiveError> {
        if above.is_some_and(|above| above.place.contains(offset)) {
            return Err(HiveError::Loop { offset });
        }
        let level = above.map_or(0, |above| above.place.level.saturating_add(1));
        if level > LEVEL_LIMIT {
            return Err(HiveError::Limit { most: LEVEL_LIMIT, what: "levels" });
        }
        let cell = self.cell(offset, "key")?;
        let read = || {
            let flags = u16_at(&cell, 2).filter(|_| cell.starts_with(b"nk"))?;
            let length = usize::from(u16_at(&cell, 72)?);
            let name = cell.get(76..)?.get(..length)?;
            let list = |count: usize, list: usize| {
                let count = usize::try_from(u32_at(&cell, count)?).unwrap_or(usize::MAX);
                Some((u32_at(&cell, list).filter(|list| *list != NOWHERE || count > 0), count))
            };
            let above = above.map(|above| Arc::clone(&above.place));
            Some(Key {
                name: name_of(name, flags & KEY_COMP_NAME != 0),
                last_written: filetime(u64_at(&cell, 4)?),
                subkeys: list(20, 28)?,
                values: list(36, 40)?,
                parent: u32_at(&cell, 16)?,
                place: Arc::new(KeyPlace { offset, level, above }),
            })
        };
        read().ok_or(HiveError::Cell { offset, expected: "key" })
    }

    /// Returns the offsets of a key's subkeys, each once, and notes where their number differs from the one stated.
    fn subkey_offsets(&mut self, key: &Key) -> Result<Vec<u32>, HiveError> {
        let (Some(list), said) = key.subkeys else { return Ok(Vec::new()) };
        if said == 0 {
            return Ok(self.uncounted_subkeys(key, list));
        }
        let mut all = self.listed_keys(key, list)?;
        if all.len() > LIST_LIMIT {
            all.truncate(LIST_LIMIT);
            self.noted::<()>(key, Err(HiveError::Limit { most: LIST_LIMIT, what: "keys" }));
            return Ok(all);
        }
        let mut seen = BTreeSet::new();
        all.retain(|offset| seen.insert(*offset));
        self.compare_count(key, "subkeys", said, all.len());
        Ok(all)
    }

    /// Returns the members of a key's list, up to one more than the limit.
    fn listed_keys(&mut self, key: &Key, list: u32) -> Result<Vec<u32>, HiveError> {
        let cell = self.cell(list, "list of keys")?;
        let offsets = list_of(&cell).ok_or(HiveError::Cell { offset: list, expected: "list of keys" })?;
        if !cell.starts_with(b"ri") {
            return Ok(offsets);
        }
        let mut all = Vec::new();
        for list in offsets {
            let cell = self.cell(list, "list of keys");
            // A list of lists of lists is not allowed, and would make loops possible.
            let cell = cell.ok().filter(|cell| !cell.starts_with(b"ri"));
            let part = cell
                .and_then(|cell| list_of(&cell))
                .ok_or(HiveError::Cell { offset: list, expected: "list of keys" });
            all.extend(self.noted(key, part).unwrap_or_default());
            if all.len() > LIST_LIMIT {
                break;
            }
        }
        Ok(all)
    }

    /// Returns the subkeys of a key that states none but has a list. A list left over from deleted keys is in a free
    /// cell, or its members have another parent.
    fn uncounted_subkeys(&mut self, key: &Key, list: u32) -> Vec<u32> {
        let Ok(cell) = self.cell(list, "list of keys") else { return Vec::new() };
        let mut listed = list_of(&cell).unwrap_or_default();
        if cell.starts_with(b"ri") {
            let lists = listed.into_iter().filter_map(|list| self.cell(list, "list of keys").ok());
            let lists = lists.filter(|cell| !cell.starts_with(b"ri"));
            listed = lists.filter_map(|cell| list_of(&cell)).flatten().take(LIST_LIMIT).collect();
        }
        let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
        for offset in listed {
            let is_below = |below: Key| below.parent == key.place.offset;
            if seen.insert(offset) && self.key_at(offset, Some(key)).is_ok_and(is_below) {
                found.push(offset);
            }
        }
        self.compare_count(key, "subkeys", 0, found.len());
        found
    }

    /// Returns the offsets of a key's values, and notes where their number differs from the one stated.
    fn value_offsets(&mut self, key: &Key) -> Result<Vec<u32>, HiveError> {
        let (Some(list), said) = key.values else { return Ok(Vec::new()) };
        if said == 0 {
            let cell = self.cell(list, "list of values").unwrap_or_default();
            let found: Vec<u32> =
                numbers(&cell).take_while(|value| self.value_head(*value).is_ok()).collect();
            self.compare_count(key, "values", said, found.len());
            return Ok(found);
        }
        let cell = self.cell(list, "list of values")?;
        let offsets: Vec<u32> = numbers(&cell).take(said).collect();
        self.compare_count(key, "values", said, offsets.len());
        Ok(offsets)
    }

    /// Notes a key in the list of a key that is not its stated parent, whose own keys are then missing.
    fn compare_parent(&mut self, key: &Key, below: &Key) {
        if below.parent != key.place.offset {
            let (offset, parent) = (below.place.offset, below.parent);
            self.faults.add(&key.name, HiveError::Parent { key: offset, parent }, 1);
        }
    }

    /// Notes that the number stated by a key differs from the number found.
    fn compare_count(&mut self, key: &Key, what: &'static str, said: usize, found: usize) {
        if said != found {
            let left_out = said.saturating_sub(found).max(1);
            self.faults.add(
                &key.name,
                HiveError::Count { key: key.place.offset, said, found, what },
                left_out,
            );
        }
    }

    /// Returns a value whose data is still the location of the data.
    fn value_head(&mut self, offset: u32) -> Result<Value, HiveError> {
        let cell = self.cell(offset, "value")?;
        let read = || {
            let length = u16_at(&cell, 2).filter(|_| cell.starts_with(b"vk"))?;
            let name = cell.get(20..)?.get(..usize::from(length))?;
            let flags = u16_at(&cell, 16)?;
            Some(Value {
                name: name_of(name, flags & VALUE_COMP_NAME != 0),
                kind: u32_at(&cell, 12)?,
                data: cell.get(4..12)?.to_vec(),
            })
        };
        read().ok_or(HiveError::Cell { offset, expected: "value" })
    }

    fn complete(&mut self, mut value: Value) -> Result<Value, HiveError> {
        /// Flag of up to four bytes of data in place of the offset.
        const RESIDENT: u32 = 1 << 31;
        let size = u32_at(&value.data, 0).unwrap_or_default();
        let offset = u32_at(&value.data, 4).unwrap_or(NOWHERE);
        if size & RESIDENT != 0 {
            let length = usize::try_from(size & !RESIDENT).unwrap_or(4).min(4);
            value.data = offset.to_le_bytes().get(..length).unwrap_or_default().to_vec();
            return Ok(value);
        }
        if size == 0 {
            value.data.clear();
            return Ok(value);
        }
        let wrong = || HiveError::Cell { offset, expected: "value data" };
        let length = usize::try_from(size).ok().filter(|_| size <= VALUE_LIMIT).ok_or_else(wrong)?;
        let cell = self.cell(offset, "value data")?;
        value.data =
            if length > SEGMENT && cell.starts_with(b"db") { self.segments(&cell, length)? } else { cell };
        value.data.truncate(length);
        if value.data.len() == length { Ok(value) } else { Err(wrong()) }
    }

    /// Reads a value of more than one segment.
    fn segments(&mut self, head: &[u8], length: usize) -> Result<Vec<u8>, HiveError> {
        let list = u32_at(head, 4).unwrap_or(NOWHERE);
        let cell = self.cell(list, "list of segments")?;
        let mut data = Vec::new();
        for offset in numbers(&cell).take(usize::from(u16_at(head, 2).unwrap_or_default())) {
            let segment = self.cell(offset, "segment")?;
            data.extend_from_slice(segment.get(..SEGMENT).unwrap_or(&segment));
            if data.len() >= length {
                break;
            }
        }
        Ok(data)
    }
}

impl<R: Read + Seek> Hive<Recovered<R>> {
    /// Opens a hive with its logs applied; errors of the logs are part of the account.
    ///
    /// # Errors
    ///
    /// See [`Self::open`].
    pub fn recovered(source: Recovered<R>) -> Result<Self, HiveError> {
        let mut hive = Self::open(source)?;
        for error in hive.source.take_faults() {
            hive.faults.add(&Exact::default(), error, 1);
        }
        Ok(hive)
    }

    /// Returns the result of the recovery.
    #[must_use]
    pub const fn recovery(&self) -> Recovery {
        self.source.recovery()
    }
}

#[cfg(test)]
mod tests;
