//! Reading at positions, as databases and hives need it: `ReadSeek`, and the error of a damaged file.

use std::io;

/// Reads and seeks.
pub(crate) trait ReadSeek: io::Read + io::Seek + Send {
    /// Reads `length` bytes at `offset`; how many the caller bounds.
    ///
    /// # Errors
    /// [`io::ErrorKind::UnexpectedEof`] where the file ends before.
    fn stretch(&mut self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        self.seek(io::SeekFrom::Start(offset))?;
        self.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

impl<T: io::Read + io::Seek + Send> ReadSeek for T {}

/// Why a file is not read further.
pub(crate) fn damaged(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("it is damaged: {what}"))
}
