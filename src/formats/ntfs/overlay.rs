//! Reads files that Windows keeps compressed behind a reparse point (`CompactOS`, `compact /exe`): their data stream
//! is a hole, and the content is compressed in the stream `WofCompressedData`.
//!
//! The stream begins with the offsets of all chunks except the first, counted from the end of these offsets; an
//! incompressible chunk is stored as it is. [MS-FSCC] 2.1.2 lists the tag; the layout is documented in wimlib
//! (<https://wimlib.net/git/?p=wimlib;a=blob;f=include/wimlib/wof.h>) and in the documentation of `WOF_EXTERNAL_INFO`
//! and `FILE_PROVIDER_EXTERNAL_INFO_V1`
//! (<https://learn.microsoft.com/windows-hardware/drivers/ddi/ntifs/ns-ntifs-_file_provider_external_info_v1>).

use std::io;

use super::content::NtfsContent;
use super::{Damage, lzx, xpress};
use crate::evidence::bytes::{u32_at, u64_at};
use crate::formats::disk::to_u64;

/// The stream with the compressed data.
pub(super) const STREAM: &[u8] = b"WofCompressedData";

const TAG_WOF: u32 = 0x8000_0017;
/// The provider that keeps data in the file itself; the other one keeps it in a separate archive.
const PROVIDER_FILE: u32 = 2;

/// Larger files have eight-byte offsets.
const WIDE: u64 = 1 << 32;

/// Whether a reparse point is that of an overlay of either kind.
pub(super) fn is_overlay(reparse: &[u8]) -> bool {
    u32_at(reparse, 0) == Some(TAG_WOF)
}

/// The compression method of the chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    Xpress,
    Lzx,
}

/// The content of an overlay file.
#[derive(Debug)]
pub(crate) struct Overlay {
    packed: NtfsContent,
    size: u64,
    chunk: usize,
    method: Method,
    /// Number and content of the chunk that was decompressed last.
    expanded: Vec<u8>,
    held: Option<u64>,
}

impl Overlay {
    /// Opens a file by its reparse point, its stream and its size.
    ///
    /// # Errors
    ///
    /// The data is stored in an archive, or the compression method is unknown.
    pub(super) fn open(reparse: &[u8], packed: NtfsContent, size: u64) -> Result<Self, Damage> {
        let word = |at: usize| u32_at(reparse, at.saturating_add(8));
        if word(4) != Some(PROVIDER_FILE) {
            return Err(Damage::Unsupported("the data is in a separate archive (WIM)"));
        }
        let (method, chunk) = match word(12) {
            Some(0) => (Method::Xpress, 4 << 10),
            Some(1) => (Method::Lzx, 32 << 10),
            Some(2) => (Method::Xpress, 8 << 10),
            Some(3) => (Method::Xpress, 16 << 10),
            _ => return Err(Damage::Unsupported("compressed by an unknown method")),
        };
        Ok(Self { packed, size, chunk, method, expanded: Vec::new(), held: None })
    }

    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Reads at `offset`, and returns the number of bytes; 0 at or after the end.
    ///
    /// # Errors
    ///
    /// The volume cannot be read there, or the compressed data is damaged.
    pub(crate) fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        if offset >= self.size {
            return Ok(0);
        }
        let chunk = to_u64(self.chunk);
        let number = offset.checked_div(chunk).unwrap_or(0);
        if self.held != Some(number) {
            self.held = None;
            self.expand(number)?;
            self.held = Some(number);
        }
        let within = usize::try_from(offset.checked_rem(chunk).unwrap_or(0)).unwrap_or(0);
        let from = self.expanded.get(within..).unwrap_or_default();
        let count = from.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..count), from.get(..count)) {
            to.copy_from_slice(from);
        }
        Ok(count)
    }

    fn expand(&mut self, number: u64) -> io::Result<()> {
        let chunk = to_u64(self.chunk);
        let length = usize::try_from(self.size.saturating_sub(number.saturating_mul(chunk)).min(chunk));
        let length = length.unwrap_or(self.chunk);
        let (begin, end) = self.place(number)?;
        let stored = usize::try_from(end.saturating_sub(begin)).ok();
        let stored = stored.filter(|stored| (1..=length).contains(stored)).ok_or(Damage::Compressed)?;
        let mut packed = vec![0; stored];
        self.read_packed(begin, &mut packed)?;
        self.expanded.clear();
        if stored == length {
            self.expanded = packed;
            return Ok(());
        }
        match self.method {
            Method::Xpress => xpress::expand(&packed, length, &mut self.expanded)?,
            Method::Lzx => lzx::expand(&packed, length, &mut self.expanded)?,
        }
        Ok(())
    }

    /// Returns the location of a chunk in the stream.
    fn place(&mut self, number: u64) -> io::Result<(u64, u64)> {
        let chunk = to_u64(self.chunk);
        let chunks = self.size.div_ceil(chunk);
        let width: u64 = if self.size > WIDE { 8 } else { 4 };
        let data = chunks.saturating_sub(1).saturating_mul(width);
        let mut offset = |index: u64| -> io::Result<u64> {
            let Some(before) = index.checked_sub(1) else { return Ok(0) };
            let mut bytes = [0; 8];
            let wanted = if width == 8 { &mut bytes[..] } else { bytes.get_mut(..4).unwrap_or_default() };
            read_all(&mut self.packed, before.saturating_mul(width), wanted)?;
            Ok(u64_at(&bytes, 0).unwrap_or(0))
        };
        let begin = data.saturating_add(offset(number)?);
        let next = number.saturating_add(1);
        let end = if next >= chunks { self.packed.size() } else { data.saturating_add(offset(next)?) };
        Ok((begin, end))
    }

    fn read_packed(&mut self, at: u64, buffer: &mut [u8]) -> io::Result<()> {
        read_all(&mut self.packed, at, buffer)
    }
}

fn read_all(content: &mut NtfsContent, at: u64, buffer: &mut [u8]) -> io::Result<()> {
    let mut filled = 0_usize;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match content.read_at(at.saturating_add(to_u64(filled)), rest)? {
            0 => return Err(Damage::Compressed.into()),
            count => filled = filled.saturating_add(count),
        }
    }
    Ok(())
}
