//! Writes one entry of a bundle whose compressed size is not known when it begins.
//!
//! In: the pieces of one deflate stream, in order, with the CRC-32 and size of their content. Out: the finished
//! entry, with the total CRC-32 and size. It borrows the writer of the bundle, so that nothing can be written between
//! the pieces. Both ways to end it consume it. One that is dropped leaves its entry open, and a bundle with an open
//! entry accepts no further entry and cannot be sealed.

use std::io;

use age::stream::StreamWriter;

use super::container::{BundleEntry, Container};
use super::deflate::Deflated;
use super::error::Error;
use super::sink::Shared;

/// An empty last block of deflate (RFC 1951 3.2.6, fixed codes): ends a stream between two pieces.
const END_OF_DEFLATE: [u8; 2] = [0x03, 0x00];

/// An entry whose pieces are being written.
#[must_use = "an entry that is neither finished nor cut leaves a bundle that cannot be sealed"]
pub struct EntryWriter<'a> {
    container: &'a mut Container<StreamWriter<Shared>>,
    sink: &'a Shared,
    content: Deflated,
}

impl<'a> EntryWriter<'a> {
    /// Writes the header of the entry.
    pub(super) fn begin(
        container: &'a mut Container<StreamWriter<Shared>>,
        sink: &'a Shared,
        entry: &BundleEntry,
    ) -> Result<Self, Error> {
        container.begin(entry).map_err(|source| failed(sink, source))?;
        Ok(Self { container, sink, content: Deflated::default() })
    }

    /// Writes the next piece of the deflate stream; `content` is the CRC-32 and size of its content.
    ///
    /// # Errors
    ///
    /// [`Error::Sink`].
    pub fn piece(&mut self, bytes: &[u8], content: &Deflated) -> Result<(), Error> {
        self.container.piece(bytes).map_err(|source| failed(self.sink, source))?;
        self.content = self.content.then(content);
        Ok(())
    }

    /// Returns the bytes of the bundle so far, before encryption (which adds 16 per 65,536).
    #[must_use]
    pub fn bytes_written(&self) -> u64 {
        self.container.position()
    }

    /// Returns CRC-32 and size of the content so far.
    #[must_use]
    pub fn content(&self) -> Deflated {
        self.content
    }

    /// Ends the entry, whose last piece ended the deflate stream. Returns CRC-32 and size of its content.
    ///
    /// # Errors
    ///
    /// [`Error::Sink`].
    pub fn finish(self) -> Result<Deflated, Error> {
        let Self { container, sink, content } = self;
        container.end(content.crc32, content.size).map_err(|source| failed(sink, source))?;
        Ok(content)
    }

    /// Ends the entry, and its deflate stream between two pieces: the rest was not read, or is not wanted. The caller
    /// records the item as partial. Returns CRC-32 and size of the content so far.
    ///
    /// # Errors
    ///
    /// [`Error::Sink`].
    pub fn cut(mut self) -> Result<Deflated, Error> {
        self.piece(&END_OF_DEFLATE, &Deflated::default())?;
        self.finish()
    }
}

fn failed(sink: &Shared, source: io::Error) -> Error {
    Error::Sink { flushed: sink.state().flushed(), source }
}
