//! Decrypts a bundle chunk by chunk, and continues after a damaged chunk.
//!
//! In: the ciphertext and the keys. Out: plain bytes in order ([`Plain`]), a [`Break`] where bytes are missing, and
//! the SHA-256 of the whole file, computed in the same pass. age authenticates each chunk of 64 KiB on its own
//! (<https://c2sp.org/age#payload>): all plain bytes were written by whoever encrypted the file.

use std::cell::RefCell;
use std::io::{self, Read, Seek, SeekFrom};
use std::rc::Rc;

use age::stream::StreamReader;
use age_core::format::{FileKey, Stanza};
use age_core::secrecy::{ExposeSecret as _, SecretBox};
use sha2::Digest as _;

use super::Identities;
use crate::evidence::Digest;

/// Plain bytes per chunk.
pub const CHUNK: u64 = 64 * 1024;
/// Bytes of a chunk with its tag.
const SEALED_CHUNK: u64 = CHUNK + 16;
/// Longest age header in bytes: about 1,500 recipients. Its parser keeps it in memory.
const MAX_HEADER: u64 = 256 * 1024;

/// The plain bytes of a bundle, in order.
pub trait Plain {
    /// Reads the next bytes; 0 is the authenticated end.
    ///
    /// # Errors
    ///
    /// [`Break::Hole`] once where bytes are missing; reading continues after it. The other errors are final.
    fn next_bytes(&mut self, buffer: &mut [u8]) -> Result<usize, Break>;

    /// Goes back to an offset that was read before.
    ///
    /// # Errors
    ///
    /// [`Break::Failed`] where this is not possible.
    fn rewind(&mut self, offset: u64) -> Result<(), Break>;
}

/// Why no bytes come.
#[derive(Debug)]
pub enum Break {
    /// The plain bytes `from..to` are lost; the next ones begin at `to`.
    Hole {
        /// Offset of the damage.
        from: u64,
        /// Offset of the next bytes.
        to: u64,
    },
    /// The file ends before the authenticated end. Another `rest` bytes cannot be authenticated: they are a truncated
    /// chunk, or damage up to the end of the file, which cannot be distinguished.
    Cut {
        /// Offset at which the authenticated plain bytes end.
        at: u64,
        /// Bytes of the file after them.
        rest: u64,
    },
    /// Reading failed.
    Failed(io::Error),
}

/// Plain bytes, for tests and fuzzing: they have no holes and are never read twice.
impl<R: Read> Plain for R {
    fn next_bytes(&mut self, buffer: &mut [u8]) -> Result<usize, Break> {
        loop {
            match Read::read(self, buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => return other.map_err(Break::Failed),
            }
        }
    }

    fn rewind(&mut self, _offset: u64) -> Result<(), Break> {
        Err(Break::Failed(io::ErrorKind::Unsupported.into()))
    }
}

/// Why a bundle cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The file cannot be read.
    #[error("cannot read the bundle")]
    Read(#[source] io::Error),
    /// It is not an age file, or its header is damaged.
    #[error("not an age file, or its header is damaged: {0}")]
    Header(String),
    /// No identity matches.
    #[error("none of the {given} given keys opens this bundle{}", if *.passphrase { ": it is encrypted with a passphrase" } else { "" })]
    WrongIdentity {
        /// Number of keys tried.
        given: usize,
        /// Whether it is encrypted with a passphrase.
        passphrase: bool,
    },
    /// The passphrase is wrong.
    #[error("the passphrase does not open this bundle")]
    WrongPassphrase,
    /// A matching key cannot be used.
    #[error("cannot decrypt: {0}")]
    Decrypt(String),
}

/// The source of a bundle's ciphertext.
pub trait Ciphertext: Read + Seek {}
impl<S: Read + Seek> Ciphertext for S {}

/// A bundle that is decrypted while it is read.
pub struct Decrypted {
    cipher: Cipher,
    key: SecretBox<[u8; 16]>,
    stream: StreamReader<Cipher>,
    /// File offset of the first chunk.
    payload: u64,
    length: u64,
    position: u64,
    ended: bool,
}

impl Decrypted {
    /// Opens a bundle.
    ///
    /// # Errors
    ///
    /// [`OpenError`].
    pub fn open(mut source: impl Ciphertext + 'static, identities: &Identities) -> Result<Self, OpenError> {
        let length = source.seek(SeekFrom::End(0)).map_err(OpenError::Read)?;
        source.seek(SeekFrom::Start(0)).map_err(OpenError::Read)?;
        let cipher = Cipher(Rc::new(RefCell::new(Hashed {
            source: Box::new(source),
            position: 0,
            digest: Some(sha2::Sha256::new()),
            hashed: 0,
            header_left: Some(MAX_HEADER),
        })));
        let decryptor = age::Decryptor::new(cipher.clone()).map_err(|error| match error {
            age::DecryptError::Io(source) if source.kind() == io::ErrorKind::UnexpectedEof => {
                OpenError::Header("the file ends within the header".into())
            }
            age::DecryptError::Io(source) => OpenError::Read(source),
            other => OpenError::Header(other.to_string()),
        })?;
        let passphrase = decryptor.is_scrypt();
        let kept = RefCell::new(None);
        let keeping: Vec<Keeping<'_>> =
            identities.iter().map(|identity| Keeping { identity, kept: &kept }).collect();
        let given = keeping.len();
        let stream = decryptor
            .decrypt(keeping.iter().map(|identity| -> &dyn age::Identity { identity }))
            .map_err(|error| match error {
                age::DecryptError::NoMatchingKeys => OpenError::WrongIdentity { given, passphrase },
                age::DecryptError::DecryptionFailed if passphrase => OpenError::WrongPassphrase,
                other => OpenError::Decrypt(other.to_string()),
            })?;
        let key = kept.into_inner().ok_or_else(|| OpenError::Decrypt("no file key".into()))?;
        let payload = cipher.0.borrow_mut().end_of_header();
        Ok(Self { cipher, key, stream, payload, length, position: 0, ended: false })
    }

    /// Returns the length of the file in bytes.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Returns the number of bytes of the file that were read so far.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.cipher.0.borrow().hashed
    }

    /// Reads the rest of the file and returns its SHA-256; `None` where some bytes could not be read.
    #[must_use]
    pub fn sha256(&self) -> Option<Digest> {
        self.cipher.0.borrow_mut().finish(self.length)
    }

    /// Restarts at a plain offset: a failed `StreamReader` keeps the chunk it failed on. The byte after a chunk
    /// boundary is requested first, because a seek to the boundary itself needs a valid end of the file.
    fn reopen(&mut self, offset: u64) -> io::Result<()> {
        self.cipher.0.borrow_mut().seek_to(0)?;
        let decryptor = age::Decryptor::new(self.cipher.clone()).map_err(io::Error::other)?;
        let key = Kept(&self.key);
        let identity: &dyn age::Identity = &key;
        let mut stream = decryptor.decrypt(std::iter::once(identity)).map_err(io::Error::other)?;
        if offset.is_multiple_of(CHUNK) {
            // A new reader is at 0, and would treat a seek within the first chunk as done.
            if offset > 0 {
                stream.seek(SeekFrom::Start(offset.saturating_add(1)))?;
                stream.seek(SeekFrom::Start(offset))?;
            }
        } else if offset > CHUNK {
            stream.seek(SeekFrom::Start(offset))?;
        } else {
            let mut skipped = vec![0; usize::try_from(offset).unwrap_or_default()];
            stream.read_exact(&mut skipped)?;
        }
        self.stream = stream;
        self.position = offset;
        self.ended = false;
        Ok(())
    }

    /// Determines the meaning of a chunk that cannot be read.
    fn broken(&mut self) -> Break {
        let from = self.position;
        let mut chunk = from.checked_div(CHUNK).unwrap_or_default();
        loop {
            let rest = self.length.saturating_sub(self.begin_of(chunk));
            if rest <= SEALED_CHUNK {
                self.ended = true;
                self.position = from;
                let rest =
                    self.length.saturating_sub(self.begin_of(from.checked_div(CHUNK).unwrap_or_default()));
                return Break::Cut { at: from, rest };
            }
            chunk = chunk.saturating_add(1);
            let to = chunk.saturating_mul(CHUNK);
            if self.reopen(to).is_ok() {
                return Break::Hole { from, to };
            }
        }
    }

    /// Returns the file offset of a chunk.
    fn begin_of(&self, chunk: u64) -> u64 {
        chunk.saturating_mul(SEALED_CHUNK).saturating_add(self.payload)
    }
}

impl Plain for Decrypted {
    fn next_bytes(&mut self, buffer: &mut [u8]) -> Result<usize, Break> {
        if self.ended || buffer.is_empty() {
            return Ok(0);
        }
        match self.stream.read(buffer) {
            Ok(0) => {
                self.ended = true;
                Ok(0)
            }
            Ok(read) => {
                self.position = self.position.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
                Ok(read)
            }
            Err(_) => Err(self.broken()),
        }
    }

    fn rewind(&mut self, offset: u64) -> Result<(), Break> {
        self.reopen(offset).map_err(Break::Failed)
    }
}

/// An identity that remembers the file key, so that a hole does not require the passphrase again.
struct Keeping<'a> {
    identity: &'a dyn age::Identity,
    kept: &'a RefCell<Option<SecretBox<[u8; 16]>>>,
}

impl Keeping<'_> {
    fn keep(&self, key: &FileKey) {
        *self.kept.borrow_mut() = Some(SecretBox::new(Box::new(*key.expose_secret())));
    }
}

impl age::Identity for Keeping<'_> {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, age::DecryptError>> {
        let key = self.identity.unwrap_stanza(stanza);
        if let Some(Ok(key)) = &key {
            self.keep(key);
        }
        key
    }

    fn unwrap_stanzas(&self, stanzas: &[Stanza]) -> Option<Result<FileKey, age::DecryptError>> {
        let key = self.identity.unwrap_stanzas(stanzas);
        if let Some(Ok(key)) = &key {
            self.keep(key);
        }
        key
    }
}

/// The file key itself, as an identity.
struct Kept<'a>(&'a SecretBox<[u8; 16]>);

impl age::Identity for Kept<'_> {
    fn unwrap_stanza(&self, _stanza: &Stanza) -> Option<Result<FileKey, age::DecryptError>> {
        Some(Ok(FileKey::init_with_mut(|key| *key = *self.0.expose_secret())))
    }
}

/// The ciphertext, shared between age's reader and this one.
#[derive(Clone)]
struct Cipher(Rc<RefCell<Hashed>>);

/// A source whose bytes are hashed in order when they are first read, regardless of seeks.
struct Hashed {
    source: Box<dyn Ciphertext>,
    position: u64,
    /// `None` once a byte could not be read.
    digest: Option<sha2::Sha256>,
    hashed: u64,
    /// Number of bytes left for the header; `None` after it.
    header_left: Option<u64>,
}

impl Hashed {
    fn end_of_header(&mut self) -> u64 {
        self.header_left = None;
        self.position
    }

    fn seek_to(&mut self, offset: u64) -> io::Result<u64> {
        self.position = self.source.seek(SeekFrom::Start(offset))?;
        Ok(self.position)
    }

    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.digest.is_some() && self.position > self.hashed {
            let to = self.position;
            self.catch_up(to);
            self.seek_to(to)?;
        }
        let read = self.source.read(buffer)?;
        let bytes = buffer.get(..read).unwrap_or_default();
        let length = u64::try_from(read).unwrap_or(u64::MAX);
        if let Some(left) = self.header_left {
            self.header_left = Some(left.checked_sub(length).ok_or_else(|| {
                io::Error::new(io::ErrorKind::InvalidData, "the age header is larger than 256 KiB")
            })?);
        }
        let end = self.position.saturating_add(length);
        if let Some(digest) = &mut self.digest
            && end > self.hashed
        {
            let known = usize::try_from(self.hashed.saturating_sub(self.position)).unwrap_or(usize::MAX);
            digest.update(bytes.get(known..).unwrap_or_default());
            self.hashed = end;
        }
        self.position = end;
        Ok(read)
    }

    /// Hashes the bytes up to an offset that were skipped.
    fn catch_up(&mut self, to: u64) {
        let mut buffer = vec![0; 64 * 1024];
        let mut left = to.saturating_sub(self.hashed);
        let mut fail = self.seek_to(self.hashed).is_err();
        while left > 0 && !fail {
            let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
            match self.source.read(buffer.get_mut(..most).unwrap_or_default()) {
                Ok(0) => fail = true,
                Ok(read) => {
                    if let Some(digest) = &mut self.digest {
                        digest.update(buffer.get(..read).unwrap_or_default());
                    }
                    let read = u64::try_from(read).unwrap_or(u64::MAX);
                    self.hashed = self.hashed.saturating_add(read);
                    self.position = self.hashed;
                    left = left.saturating_sub(read);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => fail = true,
            }
        }
        if fail {
            self.digest = None;
        }
    }

    fn finish(&mut self, length: u64) -> Option<Digest> {
        if self.digest.is_some() && self.hashed < length {
            self.catch_up(length);
        }
        self.digest.clone().map(|digest| Digest::from_bytes(digest.finalize().into()))
    }
}

impl Read for Cipher {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.borrow_mut().read(buffer)
    }
}

impl Seek for Cipher {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let mut inner = self.0.borrow_mut();
        let position = inner.source.seek(to)?;
        inner.position = position;
        Ok(position)
    }
}
