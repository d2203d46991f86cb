//! Reads the entries of a directory, block by block in on-disk order. The hash tree of a large directory is not used:
//! its nodes look like empty entries to a linear reader, and its pointers may be damaged.

use std::collections::VecDeque;
use std::sync::Arc;

use super::ExtDamage;
use super::inode::Inode;
use super::layout::to_u64;
use super::runs::Runs;
use super::volume::ExtVolume;
use crate::evidence::Kind;
use crate::evidence::bytes::{u16_at, u32_at};
use crate::formats::crc32c::crc32c;

/// Maximum number of blocks per directory: 4 GiB.
const MAX_BLOCKS: u64 = 1 << 20;

/// Type byte of the entry that contains a block's checksum, and its length.
const TAIL: (u8, usize) = (0xde, 12);

/// An entry of a directory.
#[derive(Debug, Clone)]
pub(super) struct NamedInode {
    pub(super) name: Vec<u8>,
    pub(super) inode: u32,
    /// File type in the entry; some volumes do not record it.
    pub(super) kind: Kind,
}

/// The entries of a directory, in on-disk order. Each damaged entry is an error in the sequence; the others follow.
#[derive(Debug)]
pub(super) struct ExtEntries {
    volume: Arc<ExtVolume>,
    inode: Inode,
    runs: Runs,
    /// Index of the current run, and of the block in it.
    at: (usize, u64),
    /// Number of blocks read so far.
    read: u64,
    ready: VecDeque<Result<NamedInode, ExtDamage>>,
}

impl ExtEntries {
    /// Opens the entries of a directory.
    ///
    /// # Errors
    ///
    /// The inode is not a directory, its names are encrypted, or its block map is damaged.
    pub(super) fn of(volume: &Arc<ExtVolume>, inode: Inode) -> Result<Self, ExtDamage> {
        if inode.kind != Kind::Directory {
            return Err(ExtDamage::Nothing);
        }
        if inode.is_encrypted() {
            return Err(ExtDamage::Unsupported(
                "its names are encrypted by the file system (fscrypt): their key is not on the volume in the open",
            ));
        }
        let mut ready = VecDeque::new();
        let runs = match inode.inline() {
            // The first two entries are replaced by the number of the parent directory.
            Some((first, rest)) => {
                take(first.get(4..).unwrap_or_default(), &mut ready);
                take(rest, &mut ready);
                Runs::default()
            }
            None => Runs::of(volume, &inode)?,
        };
        Ok(Self { volume: Arc::clone(volume), inode, runs, at: (0, 0), read: 0, ready })
    }

    /// Returns the next block of the directory; `None` at the end.
    fn next_block(&mut self) -> Option<u64> {
        let size = to_u64(self.volume.layout.block);
        loop {
            let run = self.runs.runs.get(self.at.0)?;
            let inside = self.at.1 < run.length
                && run.at.saturating_add(self.at.1).saturating_mul(size) < self.inode.size;
            if inside {
                let block = run.block.saturating_add(self.at.1);
                self.at.1 = self.at.1.saturating_add(1);
                return Some(block);
            }
            self.at = (self.at.0.saturating_add(1), 0);
        }
    }

    fn read_block(&mut self, block: u64) {
        self.read = self.read.saturating_add(1);
        if self.read > MAX_BLOCKS {
            self.runs = Runs::default();
            self.ready.push_back(Err(ExtDamage::TooLarge("list of names")));
            return;
        }
        match self.volume.block(block) {
            Ok(bytes) => {
                take(&bytes, &mut self.ready);
                // Its names are returned anyway: some of them may be undamaged.
                if self.volume.layout.has_checksums() && !self.is_whole(&bytes) {
                    self.ready.push_back(Err(ExtDamage::Checksum("list of names")));
                }
            }
            Err(damage) => self.ready.push_back(Err(damage)),
        }
    }

    /// Whether a block matches its checksum. A node of the hash tree has its own checksum, and no names.
    fn is_whole(&self, block: &[u8]) -> bool {
        let is_node = self.inode.is_indexed() && (self.read == 1 || is_empty(block));
        let tail = block.len().checked_sub(TAIL.1).and_then(|at| block.split_at_checked(at));
        is_node
            || tail.is_some_and(|(before, tail)| {
                tail.get(7) == Some(&TAIL.0) && u32_at(tail, 8) == Some(crc32c(self.inode.seed, before))
            })
    }
}

impl Iterator for ExtEntries {
    type Item = Result<NamedInode, ExtDamage>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(ready) = self.ready.pop_front() {
                return Some(ready);
            }
            let block = self.next_block()?;
            self.read_block(block);
        }
    }
}

/// Whether one entry without a name fills the block.
fn is_empty(block: &[u8]) -> bool {
    u32_at(block, 0) == Some(0) && length(block, block.len()) == Some(block.len())
}

/// Reads the entries of a block. An entry has at least 8 bytes, so the block size limits their number.
fn take(block: &[u8], ready: &mut VecDeque<Result<NamedInode, ExtDamage>>) {
    let mut rest = block;
    while rest.len() >= 8 {
        let step = length(rest, block.len()).filter(|step| *step >= 8 && step.is_multiple_of(4));
        let Some((entry, further)) = step.and_then(|step| rest.split_at_checked(step)) else {
            ready.push_back(Err(ExtDamage::Block("list of names")));
            return;
        };
        rest = further;
        let inode = u32_at(entry, 0).unwrap_or(0);
        let name = entry.get(6).map(|length| usize::from(*length)).filter(|length| *length > 0);
        match name.map(|length| entry.get(8..).and_then(|rest| rest.get(..length))) {
            // A deleted name, or the entry that contains the checksum.
            _ if inode == 0 => {}
            Some(Some(b"." | b"..")) => {}
            Some(Some(name)) if !name.iter().any(|byte| matches!(byte, 0 | b'/')) => {
                let kind = kind_of(entry.get(7).copied().unwrap_or(0));
                ready.push_back(Ok(NamedInode { name: name.to_vec(), inode, kind }));
            }
            Some(Some(_)) => ready.push_back(Err(ExtDamage::Name)),
            Some(None) | None => ready.push_back(Err(ExtDamage::Block("list of names"))),
        }
    }
}

/// Returns the length of the first entry in `rest`, in a block of `size` bytes. A length of 64 KiB does not fit in
/// its field.
fn length(rest: &[u8], size: usize) -> Option<usize> {
    let length = usize::from(u16_at(rest, 4)?);
    if size < 1 << 16 {
        return Some(length);
    }
    Some(if matches!(length, 0 | 0xffff) { size } else { (length & 0xfffc) | ((length & 3) << 16) })
}

const fn kind_of(stored: u8) -> Kind {
    match stored & 0xf {
        1 => Kind::File,
        2 => Kind::Directory,
        3 | 4 => Kind::Device,
        5 => Kind::Fifo,
        6 => Kind::Socket,
        7 => Kind::Link,
        _ => Kind::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(inode: u32, step: u16, name: &[u8], kind: u8) -> Vec<u8> {
        let mut bytes = inode.to_le_bytes().to_vec();
        bytes.extend(step.to_le_bytes());
        bytes.extend([u8::try_from(name.len()).unwrap(), kind]);
        bytes.extend(name);
        bytes.resize(bytes.len().max(usize::from(step)), 0);
        bytes
    }

    fn names(block: &[u8]) -> Vec<Result<String, String>> {
        let mut ready = VecDeque::new();
        take(block, &mut ready);
        let text = |named: NamedInode| {
            format!("{} {} {:?}", named.inode, String::from_utf8_lossy(&named.name), named.kind)
        };
        ready.into_iter().map(|entry| entry.map(text).map_err(|damage| damage.to_string())).collect()
    }

    #[test]
    fn names_are_read_and_invalid_ones_are_refused() {
        let block = [
            entry(2, 12, b".", 2),
            entry(2, 12, b"..", 2),
            entry(12, 16, b"a.txt", 1),
            entry(0, 16, b"gone", 1),
            entry(13, 16, b"../x", 1),
            entry(14, 12, b"a\0b", 1),
            entry(15, 40, b"link", 7),
        ];
        let wrong = Err(ExtDamage::Name.to_string());
        let read = names(&block.concat());
        assert_eq!(
            read,
            [Ok("12 a.txt File".to_owned()), wrong.clone(), wrong, Ok("15 link Link".to_owned())]
        );
    }

    #[test]
    fn a_truncated_or_invalid_list_ends() {
        for (step, length) in [(0, 3), (6, 3), (7, 3), (8, 200), (4_000, 3), (u16::MAX, 3)] {
            let mut block = entry(12, step, &vec![b'n'; length], 1);
            block.resize(1024, 0);
            assert!(names(&block).last().unwrap().is_err(), "{step} {length}");
        }
        assert!(names(&[1, 2, 3]).is_empty());
        // In a block of 64 KiB, the length of the last entry does not fit.
        assert_eq!(length(&[0, 0, 0, 0, 0xff, 0xff], 1 << 16), Some(1 << 16));
        assert_eq!(length(&[0, 0, 0, 0, 0x0d, 0x00], 1 << 16), Some(0x1_000c));
        assert_eq!(length(&[0, 0, 0, 0, 0xff, 0xff], 4096), Some(0xffff));
    }
}
