//! The pieces of a large item: what each is deflated from, and the buffers they are read into.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use crate::acquisition::budget::PIECE;
use crate::bundle::deflate::{Deflated, Deflater};

/// How far back deflate looks: what comes before a piece helps to compress it.
pub(super) const DICTIONARY: usize = 32 << 10;

/// A piece to deflate: a stretch of a buffer, after up to [`DICTIONARY`] bytes that precede it.
pub(super) struct PieceData {
    pub(super) buffer: Arc<Vec<u8>>,
    pub(super) data: Range<usize>,
    /// Whether the item ends with it.
    pub(super) last: bool,
}

impl PieceData {
    /// Deflates it and hands it to the writer.
    pub(super) fn deflate(self, deflater: &mut Deflater, done: &SyncSender<(Vec<u8>, Deflated)>) {
        let dictionary = self.data.start.saturating_sub(DICTIONARY)..self.data.start;
        let before = self.buffer.get(dictionary).unwrap_or_default();
        let data = self.buffer.get(self.data.clone()).unwrap_or_default();
        let mut out = Vec::with_capacity(data.len().saturating_div(2));
        let counted = deflater.chunk(data, before, self.last, &mut out);
        drop(done.try_send((out, counted)));
    }
}

/// The buffers of an item's pieces, each used again once nobody has it any more: as many as the window, and those at
/// either end.
#[derive(Default)]
pub(super) struct Buffers(VecDeque<Arc<Vec<u8>>>);

impl Buffers {
    /// One with room for a piece and what comes before it.
    pub(super) fn take(&mut self) -> Vec<u8> {
        let oldest = self.0.pop_front().map(Arc::try_unwrap);
        match oldest {
            Some(Ok(buffer)) => buffer,
            Some(Err(in_use)) => {
                self.0.push_front(in_use);
                vec![0; DICTIONARY.saturating_add(PIECE)]
            }
            None => vec![0; DICTIONARY.saturating_add(PIECE)],
        }
    }

    /// Lends one out, to be used again later.
    pub(super) fn give(&mut self, buffer: Vec<u8>) -> Arc<Vec<u8>> {
        let buffer = Arc::new(buffer);
        self.0.push_back(Arc::clone(&buffer));
        buffer
    }
}

/// Copies bytes to the beginning of a buffer that has room for them.
pub(super) fn copy(bytes: &[u8], buffer: &mut [u8]) {
    if let Some(beginning) = buffer.get_mut(..bytes.len()) {
        beginning.copy_from_slice(bytes);
    }
}

/// The part of a buffer that helps to compress what follows it.
pub(super) fn tail(buffer: &[u8]) -> &[u8] {
    buffer.get(buffer.len().saturating_sub(DICTIONARY)..).unwrap_or_default()
}
