//! Reads keys and values out of a registry hive file, cell by cell, without holding the hive in memory.
//!
//! In: anything that reads and seeks. Out: keys by path and their values; a broken cell costs what hangs on it and
//! nothing else, which is why this is not crate `regf` (0.2 refuses a whole hive for one key out of order, and hives of
//! running systems have them; its writer makes the tests' fixtures). Every offset and count is hostile: each list has
//! a limit, and nothing is followed upwards, so that no loop is possible. Transaction logs are laid over by [`Recovered`]; a
//! hive that needs them says so in [`Hive::is_dirty`].
//!
//! Format: Suhanov, "Windows registry file format specification".
//! <https://github.com/msuhanov/regf/blob/master/Windows%20registry%20file%20format%20specification.md>

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::ControlFlow;

mod layout;
mod logs;

pub use logs::{Recovered, Recovery};

use layout::{filetime, list_of, name_of, numbers, same_name, u16_at, u32_at, u64_at, utf16};

use crate::evidence::{Exact, Utc};

/// Where cells begin: offsets in a hive count from here.
const BINS: u64 = 4096;
/// Most bytes of one cell that are read: a list of 65,535 names and their hashes has half of it.
const CELL_LIMIT: u32 = 1 << 20;
/// Most bytes of one value; larger ones (seen: policies of a few MB) are cut off as an error.
const VALUE_LIMIT: u32 = 16 << 20;
/// Most bytes of all values of a key that are held at a time, a value more or less.
const KEY_LIMIT: usize = 64 << 20;
/// What one segment of a value above 16,344 bytes holds.
const SEGMENT: usize = 16_344;
/// Most subkeys of one key, or values: `Classes` of a loaded server has some 20,000.
const LIST_LIMIT: usize = 500_000;
/// Most places whose reason for being unread is kept; the rest are counted.
const MAX_UNREAD: usize = 64;
/// A name of one byte a character instead of UTF-16.
const KEY_COMP_NAME: u16 = 0x0020;
const VALUE_COMP_NAME: u16 = 0x0001;
const NOWHERE: u32 = u32::MAX;

/// What is wrong with a hive.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HiveError {
    /// The file could not be read.
    #[error("cannot read the hive")]
    Read(#[from] io::Error),
    /// Its first block is not that of a hive.
    #[error("not a registry hive")]
    NoHive,
    /// A cell does not hold what points to it.
    #[error("the cell at {offset:#x} is no {expected}")]
    Cell {
        /// From the beginning of the bins.
        offset: u32,
        /// What was expected there.
        expected: &'static str,
    },
    /// There is more than is read.
    #[error("no more than {most} {what} of one key are read")]
    Limit {
        /// So many.
        most: usize,
        /// Of what.
        what: &'static str,
    },
}

/// An open hive.
#[derive(Debug)]
pub struct Hive<R> {
    source: R,
    root: u32,
    dirty: bool,
    unread: UnreadCells,
}

/// The cells that were left out because they cannot be read.
#[derive(Debug, Default)]
pub struct UnreadCells {
    /// The key whose list or value it is, and why; the first `MAX_UNREAD` of them.
    pub first: Vec<(Exact, HiveError)>,
    /// How many there are.
    pub count: usize,
}

/// A key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its own name, which may hold zeros and, in WTF-8, lone surrogates.
    pub name: Exact,
    /// When it or one of its values was last changed.
    pub last_written: Option<Utc>,
    subkeys: Option<u32>,
    values: Option<(u32, usize)>,
}

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// Its name, as of a key; empty for the key's default value.
    pub name: Exact,
    /// Its type, as numbered by Windows (`REG_SZ` is 1).
    pub kind: u32,
    /// Its bytes.
    pub data: Vec<u8>,
}

impl Value {
    /// The text of a `REG_SZ`, `REG_EXPAND_SZ` or `REG_LINK`, up to its first zero.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        matches!(self.kind, 1 | 2 | 6)
            .then(|| utf16(&self.data).split('\0').next().unwrap_or_default().to_owned())
    }

    /// The texts of a `REG_MULTI_SZ`, or the one of another kind of text; empty ones are left out and counted.
    #[must_use]
    pub fn texts(&self) -> Vec<String> {
        if self.kind != 7 {
            return self.text().filter(|text| !text.is_empty()).into_iter().collect();
        }
        utf16(&self.data).split('\0').filter(|text| !text.is_empty()).map(str::to_owned).collect()
    }

    /// The number of a `REG_DWORD`.
    #[must_use]
    pub fn number(&self) -> Option<u32> {
        if self.kind == 4 { u32_at(&self.data, 0) } else { None }
    }
}

impl<R: Read + Seek> Hive<R> {
    /// Reads the first block.
    ///
    /// # Errors
    /// [`HiveError::Read`], [`HiveError::NoHive`].
    pub fn open(mut source: R) -> Result<Self, HiveError> {
        let mut block = [0; 512];
        source.seek(SeekFrom::Start(0))?;
        source.read_exact(&mut block)?;
        let root = u32_at(&block, 36).filter(|_| block.starts_with(b"regf")).ok_or(HiveError::NoHive)?;
        let dirty = u32_at(&block, 4) != u32_at(&block, 8);
        Ok(Self { source, root, dirty, unread: UnreadCells::default() })
    }

    /// Takes the account of what was left out since it was last asked for.
    pub fn take_unread(&mut self) -> UnreadCells {
        std::mem::take(&mut self.unread)
    }

    /// Returns what was read, or notes of which key it was.
    fn noted<T>(&mut self, key: &Key, read: Result<T, HiveError>) -> Option<T> {
        let error = match read {
            Ok(read) => return Some(read),
            Err(error) => error,
        };
        self.unread.count = self.unread.count.saturating_add(1);
        if self.unread.first.len() < MAX_UNREAD {
            self.unread.first.push((key.name.clone(), error));
        }
        None
    }

    /// Whether it was written to when it was copied, so that its transaction logs hold what is newer.
    #[must_use]
    pub const fn is_dirty(&self) -> bool {
        self.dirty
    }

    /// The key at a path below the root, parts separated by `\`, without regard to case; `None` where there is none.
    ///
    /// # Errors
    /// [`HiveError`] of a cell on the way.
    pub fn key(&mut self, path: &str) -> Result<Option<Key>, HiveError> {
        let mut key = self.key_at(self.root)?;
        for part in path.split('\\').filter(|part| !part.is_empty()) {
            match self.subkey(&key, part)? {
                Some(found) => key = found,
                None => return Ok(None),
            }
        }
        Ok(Some(key))
    }

    /// The key of this name below one, without regard to case; `None` where there is none.
    ///
    /// # Errors
    /// [`HiveError`] of the list.
    pub fn subkey(&mut self, key: &Key, name: &str) -> Result<Option<Key>, HiveError> {
        let name = name.to_lowercase();
        for offset in self.subkey_offsets(key)? {
            // One that cannot be read is not the one that is looked for, as far as anybody can tell.
            let candidate = self.key_at(offset);
            if let Some(candidate) = self.noted(key, candidate)
                && same_name(&candidate.name, &name)
            {
                return Ok(Some(candidate));
            }
        }
        Ok(None)
    }

    /// The keys below one; those that cannot be read are left out and counted.
    ///
    /// # Errors
    /// [`HiveError`] of the list.
    pub fn subkeys(&mut self, key: &Key) -> Result<Vec<Key>, HiveError> {
        let mut keys = Vec::new();
        for offset in self.subkey_offsets(key)? {
            let below = self.key_at(offset);
            keys.extend(self.noted(key, below));
        }
        Ok(keys)
    }

    /// The value of a key by name, without regard to case; `None` where there is none.
    ///
    /// # Errors
    /// [`HiveError`] of the list, or of the value itself.
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

    /// Hands out the values of a key whose name is `wanted`, one at a time, until `act` breaks; those that cannot be read
    /// are left out and counted.
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

    /// The values of a key; those that cannot be read are left out and counted.
    ///
    /// # Errors
    /// [`HiveError`] of the list.
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

    /// The content of an allocated cell, up to [`CELL_LIMIT`].
    fn cell(&mut self, offset: u32, expected: &'static str) -> Result<Vec<u8>, HiveError> {
        let wrong = || HiveError::Cell { offset, expected };
        if offset == NOWHERE {
            return Err(wrong());
        }
        self.source.seek(SeekFrom::Start(BINS.saturating_add(offset.into())))?;
        let mut size = [0; 4];
        self.source.read_exact(&mut size).map_err(|_| wrong())?;
        // Negative where the cell is in use; the length counts its own four bytes.
        let size = i32::from_le_bytes(size);
        let length = size.checked_neg().and_then(|size| u32::try_from(size).ok()).ok_or_else(wrong)?;
        let length = length.saturating_sub(4).min(CELL_LIMIT);
        let mut content = Vec::new();
        (&mut self.source).take(length.into()).read_to_end(&mut content)?;
        Ok(content)
    }

    fn key_at(&mut self, offset: u32) -> Result<Key, HiveError> {
        let cell = self.cell(offset, "key")?;
        let read = || {
            let flags = u16_at(&cell, 2).filter(|_| cell.starts_with(b"nk"))?;
            let length = usize::from(u16_at(&cell, 72)?);
            let name = cell.get(76..)?.get(..length)?;
            let (subkeys, values) = (u32_at(&cell, 20)?, u32_at(&cell, 36)?);
            Some(Key {
                name: name_of(name, flags & KEY_COMP_NAME != 0),
                last_written: filetime(u64_at(&cell, 4)?),
                subkeys: u32_at(&cell, 28).filter(|_| subkeys > 0),
                values: u32_at(&cell, 40)
                    .filter(|_| values > 0)
                    .map(|list| (list, usize::try_from(values).unwrap_or(usize::MAX))),
            })
        };
        read().ok_or(HiveError::Cell { offset, expected: "key" })
    }

    fn subkey_offsets(&mut self, key: &Key) -> Result<Vec<u32>, HiveError> {
        let Some(list) = key.subkeys else { return Ok(Vec::new()) };
        let cell = self.cell(list, "list of keys")?;
        let offsets = list_of(&cell).ok_or(HiveError::Cell { offset: list, expected: "list of keys" })?;
        if !cell.starts_with(b"ri") {
            return Ok(offsets);
        }
        let mut all = Vec::new();
        for list in offsets {
            let cell = self.cell(list, "list of keys");
            // A list of lists of lists is not allowed, and would be the way to a loop.
            let cell = cell.ok().filter(|cell| !cell.starts_with(b"ri"));
            let part = cell
                .and_then(|cell| list_of(&cell))
                .ok_or(HiveError::Cell { offset: list, expected: "list of keys" });
            all.extend(self.noted(key, part).unwrap_or_default());
            if all.len() > LIST_LIMIT {
                all.truncate(LIST_LIMIT);
                self.noted::<()>(key, Err(HiveError::Limit { most: LIST_LIMIT, what: "keys" }));
                break;
            }
        }
        Ok(all)
    }

    fn value_offsets(&mut self, key: &Key) -> Result<Vec<u32>, HiveError> {
        let Some((list, count)) = key.values else { return Ok(Vec::new()) };
        let cell = self.cell(list, "list of values")?;
        let offsets: Vec<u32> = numbers(&cell).take(count).collect();
        if offsets.len() < count {
            self.noted::<()>(key, Err(HiveError::Limit { most: offsets.len(), what: "values" }));
        }
        Ok(offsets)
    }

    /// A value whose data still stands for where it is.
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
        /// Set where up to four bytes stand in place of the offset.
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
        let wrong = || HiveError::Cell { offset, expected: "value's data" };
        let length = usize::try_from(size).ok().filter(|_| size <= VALUE_LIMIT).ok_or_else(wrong)?;
        let cell = self.cell(offset, "value's data")?;
        value.data =
            if length > SEGMENT && cell.starts_with(b"db") { self.segments(&cell, length)? } else { cell };
        value.data.truncate(length);
        if value.data.len() == length { Ok(value) } else { Err(wrong()) }
    }

    /// A value of more than one segment.
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
    /// What became of its logs.
    #[must_use]
    pub const fn recovery(&self) -> Recovery {
        self.source.recovery()
    }
}

#[cfg(test)]
mod tests;
