//! A digest and a time: the two values that records write as text.

use std::fmt;
use std::io;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::WordError;

/// SHA-256 of some bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest([u8; 32]);

impl Digest {
    /// Wraps the 32 bytes of a digest.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Computes the digest of bytes in memory.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        use sha2::Digest as _;
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// Computes the digest of all bytes of `reader`, in constant memory.
    ///
    /// # Errors
    ///
    /// The error of the reader.
    pub fn of_reader(reader: &mut dyn io::Read) -> io::Result<Self> {
        use sha2::Digest as _;
        let mut hasher = sha2::Sha256::new();
        let mut buffer = vec![0; 64 << 10];
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => return Ok(Self(hasher.finalize().into())),
                Ok(count) => hasher.update(buffer.get(..count).unwrap_or_default()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// Prints 64 lower-case hexadecimal digits.
impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl FromStr for Digest {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        hexadecimal(text).map(Self).ok_or_else(|| WordError::Digest(text.to_owned()))
    }
}

/// Reads `2 * N` hexadecimal digits.
fn hexadecimal<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    if text.len() != N.saturating_mul(2) || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

/// MD5 or SHA-1: a digest for lookups in lists only, which does not prove integrity.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sum<const N: usize>([u8; N]);

/// MD5 of some bytes.
pub type Md5 = Sum<16>;

/// SHA-1 of some bytes.
pub type Sha1 = Sum<20>;

impl<const N: usize> Sum<N> {
    /// Wraps the bytes of a digest.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; N]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; N] {
        &self.0
    }
}

/// Prints lower-case hexadecimal digits.
impl<const N: usize> fmt::Display for Sum<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl<const N: usize> fmt::Debug for Sum<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sum({self})")
    }
}

impl<const N: usize> TryFrom<String> for Sum<N> {
    type Error = WordError;

    fn try_from(text: String) -> Result<Self, WordError> {
        hexadecimal(&text).map(Self).ok_or(WordError::Sum(text))
    }
}

impl<const N: usize> From<Sum<N>> for String {
    fn from(sum: Sum<N>) -> Self {
        sum.to_string()
    }
}

impl TryFrom<String> for Digest {
    type Error = WordError;

    fn try_from(text: String) -> Result<Self, WordError> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

/// A time in UTC, with nanoseconds where its source has them; RFC 3339 in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Utc(OffsetDateTime);

impl Utc {
    /// Makes a time from seconds since 1970 and nanoseconds; `None` outside the years -9999 to 9999.
    #[must_use]
    pub fn from_unix(seconds: i64, nanoseconds: u32) -> Option<Self> {
        let moment = OffsetDateTime::from_unix_timestamp(seconds).ok()?;
        moment.replace_nanosecond(nanoseconds).ok().map(Self)
    }

    /// Wraps a time, and converts it to UTC.
    #[must_use]
    pub fn new(moment: OffsetDateTime) -> Self {
        Self(moment.to_offset(time::UtcOffset::UTC))
    }

    /// Returns the date and time in UTC.
    #[must_use]
    pub const fn date_time(self) -> OffsetDateTime {
        self.0
    }
}

impl fmt::Display for Utc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.format(&Rfc3339).map_err(|_| fmt::Error)?)
    }
}

impl TryFrom<String> for Utc {
    type Error = WordError;

    fn try_from(text: String) -> Result<Self, WordError> {
        OffsetDateTime::parse(&text, &Rfc3339).map(Self::new).map_err(|_| WordError::Time(text))
    }
}

impl From<Utc> for String {
    fn from(moment: Utc) -> Self {
        moment.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_read_back_as_printed_and_nothing_else_is_one() {
        let digest = Digest::of(b"abc");
        assert_eq!(digest.to_string(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(digest.to_string().parse::<Digest>().unwrap(), digest);
        for wrong in ["", "ba78", &"+1".repeat(32), &"é".repeat(32)] {
            assert!(wrong.parse::<Digest>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_sum_is_read_back_as_printed_and_only_at_its_own_length() {
        let sum = Md5::from_bytes([0xab; 16]);
        assert_eq!(Md5::try_from(sum.to_string()).unwrap(), sum);
        assert!(Sha1::try_from(sum.to_string()).is_err());
        assert!(Md5::try_from("+1".repeat(16)).is_err());
    }
}
