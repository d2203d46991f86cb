//! A buffer over plain bytes: looks ahead, counts, and hands a stop on only when the bytes before it are used up.

use std::io;

use crate::bundle::reader::Plain;

/// Bytes held at once: four chunks of age.
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

    /// Plain offset of the next byte.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Plain bytes read so far, those read again included.
    pub(super) fn read_so_far(&self) -> u64 {
        self.read
    }

    /// The bytes at hand; at least one, unless nothing more comes.
    pub(super) fn some(&mut self) -> Result<&[u8], InputEnd> {
        if self.start == self.end {
            self.more()?;
        }
        Ok(self.at_hand())
    }

    /// The next bytes, at least `count` of them (at most 128 KiB).
    pub(super) fn peek(&mut self, count: usize) -> Result<&[u8], InputEnd> {
        while self.at_hand().len() < count {
            self.more()?;
        }
        Ok(self.at_hand())
    }

    /// Uses up bytes at hand.
    pub(super) fn take(&mut self, count: usize) {
        let count = count.min(self.at_hand().len());
        self.start = self.start.saturating_add(count);
        self.offset = self.offset.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
    }

    /// Goes to an offset: within the buffer, or by going back; or behind a hole, where nothing is at hand.
    pub(super) fn go_to(&mut self, to: u64) -> Result<(), InputEnd> {
        if let Some(ahead) = to.checked_sub(self.offset) {
            let ahead = usize::try_from(ahead).unwrap_or(usize::MAX);
            if ahead <= self.at_hand().len() {
                self.take(ahead);
                return Ok(());
            }
            // Only behind a hole: the stream itself stands there.
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

    /// Goes forward to the first place where one of the signatures stands.
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
        // Half of the buffer stays behind the current place, so that going back a little costs nothing.
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
