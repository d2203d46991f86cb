//! An encrypted zip that is not a bundle: a rule set in a kit, so that anti-virus software does not delete it.
//!
//! In: names and contents, all in memory. Out: `age( zip( entries ) )` on any writer, with the same container and the
//! same kinds of recipients as a bundle, so that `age -d` and `unzip` open it as well. And back again, within a
//! limit.

use std::io::{self, Read, Seek, Write};

use super::Error;
use super::container::{BundleEntry, Container};
use super::deflate::Deflater;
use super::key::{Identities, Recipients};
use super::reader::{Break, Decrypted, OpenError, Plain};

/// Level of deflate: packed once, carried often.
const LEVEL: u32 = 9;

/// Writes the files, in order, encrypted to the recipients.
///
/// # Errors
///
/// [`Error::NoRecipient`], [`Error::MixedRecipients`]; an [`io::Error`] where `out` cannot be written.
pub fn write(
    out: impl Write,
    recipients: &Recipients,
    files: &[(String, Vec<u8>)],
) -> Result<io::Result<()>, Error> {
    recipients.check()?;
    let encryptor = recipients.encryptor()?;
    let written = encryptor.wrap_output(out).and_then(|encrypted| {
        let mut container = Container::new(encrypted);
        let mut deflater = Deflater::new(LEVEL);
        for (name, content) in files {
            let mut bytes = Vec::new();
            let sums = deflater.whole(content, &mut bytes);
            let entry = BundleEntry { name: name.clone(), ..BundleEntry::default() };
            container.add(&entry, sums.crc32, sums.size, &bytes)?;
        }
        container.finish()?.finish()?.flush()
    });
    Ok(written)
}

/// Decrypts a packed set and returns the zip, of at most `limit` bytes.
///
/// # Errors
///
/// [`OpenError`]; a truncated or damaged set is not returned at all, since missing rules mislead.
pub fn open(
    source: impl Read + Seek + 'static,
    identities: &Identities,
    limit: u64,
) -> Result<Vec<u8>, OpenError> {
    let mut plain = Decrypted::open(source, identities)?;
    let mut zip = Vec::new();
    let mut buffer = vec![0; 64 << 10];
    loop {
        let count = plain.next_bytes(&mut buffer).map_err(|lost| match lost {
            Break::Failed(source) => OpenError::Read(source),
            Break::Hole { .. } | Break::Cut { .. } => OpenError::Read(io::Error::new(
                io::ErrorKind::InvalidData,
                "the file is truncated or damaged",
            )),
        })?;
        if count == 0 {
            return Ok(zip);
        }
        zip.extend_from_slice(buffer.get(..count).unwrap_or_default());
        if u64::try_from(zip.len()).unwrap_or(u64::MAX) > limit {
            let text = format!("it contains more than {limit} bytes");
            return Err(OpenError::Read(io::Error::new(io::ErrorKind::FileTooLarge, text)));
        }
    }
}
