//! A buffer over plain bytes: peeks, counts, and reports an end only after the bytes before it were used.

use std::io;

use crate::bundle::reader::Plain;

/// Bytes in memory: four age chunks.
const BUFFER: usize = 256 * 1024;

/// Why no more bytes come.
#[derive(Debug)]
pub(super) enum InputEnd {
    Hole { from: u64, to: u64 },
    Cut { at: u64, rest: u64 },
    End,
    Failed(io::Error),
}

pub(super) struct Input<'a> {
    plain: &'a mut dyn Plain,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Plain offset of `buffer[start]`.
    offset: u64,
    read: u64,
}

impl<'a> Input<'a> {
    pub(super) fn new(plain: &'a mut dyn Plain) -> Self {
        Self { plain, buffer: vec![0; BUFFER], start: 0, end: 0, offset: 0, read: 0 }
    }

    /// Returns the plain offset of the next byte.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Returns the number of plain bytes read so far, including those read twice.
    pub(super) fn read_so_far(&self) -> u64 {
        self.read
    }

    /// Returns the buffered bytes; at least one, unless the input has ended.
    pub(super) fn some(&mut self) -> Result<&[u8], InputEnd> {
        if self.start == self.end {
            self.more()?;
        }
        Ok(self.at_hand())
    }

    /// Returns the next bytes, at least `count` of them (at most 128 KiB).
    pub(super) fn peek(&mut self, count: usize) -> Result<&[u8], InputEnd> {
        while self.at_hand().len() < count {
            self.more()?;
        }
        Ok(self.at_hand())
    }

    /// Consumes buffered bytes.
    pub(super) fn take(&mut self, count: usize) {
        let count = count.min(self.at_hand().len());
        self.start = self.start.saturating_add(count);
        self.offset = self.offset.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
    }

    /// Moves to an offset: within the buffer, by rewinding, or after a hole, where nothing is buffered.
    pub(super) fn go_to(&mut self, to: u64) -> Result<(), InputEnd> {
        if let Some(ahead) = to.checked_sub(self.offset) {
            let ahead = usize::try_from(ahead).unwrap_or(usize::MAX);
            if ahead <= self.at_hand().len() {
                self.take(ahead);
                return Ok(());
            }
            // Only after a hole: the stream itself is at this offset.
            self.clear(to);
            return Ok(());
        }
        let back = usize::try_from(self.offset.saturating_sub(to)).unwrap_or(usize::MAX);
        if let Some(start) = self.start.checked_sub(back) {
            self.start = start;
            self.offset = to;
            return Ok(());
        }
        self.plain.rewind(to).map_err(InputEnd::from)?;
        self.clear(to);
        Ok(())
    }

    /// Advances to the first occurrence of one of the signatures.
    pub(super) fn find(&mut self, signatures: &[[u8; 4]]) -> Result<(), InputEnd> {
        loop {
            let bytes = self.peek(4)?;
            let found = bytes.windows(4).position(|window| signatures.iter().any(|s| window == s));
            let passed = found.unwrap_or(bytes.len().saturating_sub(3));
            self.take(passed);
            if found.is_some() {
                return Ok(());
            }
        }
    }

    fn at_hand(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    fn clear(&mut self, to: u64) {
        self.start = 0;
        self.end = 0;
        self.offset = to;
    }

    fn more(&mut self) -> Result<(), InputEnd> {
        // Half of the buffer is kept before the current offset, so that moving back a little costs nothing.
        if self.end == self.buffer.len() {
            let keep = self.start.min(BUFFER / 4);
            let from = self.start.saturating_sub(keep);
            self.buffer.copy_within(from..self.end, 0);
            self.end = self.end.saturating_sub(from);
            self.start = keep;
        }
        let free = self.buffer.get_mut(self.end..).unwrap_or_default();
        match self.plain.next_bytes(free) {
            Ok(0) => Err(InputEnd::End),
            Ok(read) => {
                self.end = self.end.saturating_add(read).min(BUFFER);
                self.read = self.read.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
                Ok(())
            }
            Err(broken) => Err(broken.into()),
        }
    }
}
