//! Reads at offsets, for databases and hives: `ReadSeek`, and the error of a damaged file.

use std::io;

/// A reader that seeks.
pub(crate) trait ReadSeek: io::Read + io::Seek + Send {
    /// Reads `length` bytes at `offset`; the caller limits the length.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::UnexpectedEof`] where the file ends before.
    fn stretch(&mut self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        self.seek(io::SeekFrom::Start(offset))?;
        self.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

impl<T: io::Read + io::Seek + Send> ReadSeek for T {}

/// Makes the error of a damaged file.
pub(crate) fn damaged(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("damaged data: {what}"))
}
