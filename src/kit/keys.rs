//! Makes keys: the age identity that bundles are encrypted to, the kit's signing key, and passphrases.
//!
//! A key file is created anew, readable by its owner alone, and never overwritten. Formats are those of `age-keygen`
//! and `minisign`, so that either tool can be left out.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use age::secrecy::ExposeSecret as _;
use zeroize::Zeroizing;

use super::create_new;
use crate::bundle::certificate::certificate_path;
use crate::bundle::{Certificate, Fingerprint, signature_path};
use crate::evidence::Utc;

/// A key that could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file could not be created or written; one that exists is never overwritten.
    #[error("cannot write the key to '{}'", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The signing key could not be made.
    #[error("cannot make a signing key: {0}")]
    Signing(String),
    /// The operating system gave no random bytes.
    #[error("cannot obtain random bytes: {0}")]
    Random(String),
}

/// An age identity (X25519): whoever has it reads what is encrypted to its recipient.
pub struct Identity(age::x25519::Identity);

impl Identity {
    /// Makes a fresh one.
    #[must_use]
    pub fn generate() -> Self {
        Self(age::x25519::Identity::generate())
    }

    /// The public half, `age1…`.
    #[must_use]
    pub fn recipient(&self) -> String {
        self.0.to_public().to_string()
    }

    /// Writes it as `age-keygen` does: comments, then the secret line. The fingerprint is a third comment.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn write(&self, path: &Path, now: Utc) -> Result<(), Error> {
        let text = Zeroizing::new(format!(
            "# created: {now}\n# fingerprint: {}\n# public key: {}\n{}\n",
            Fingerprint::of(&self.recipient()),
            self.recipient(),
            self.0.to_string().expose_secret()
        ));
        write_secret(path, text.as_bytes())
    }
}

/// Makes a minisign key pair without a passphrase, for signing where nobody can be asked: the secret half to `path`,
/// the public half beside it as `.pub`. Returns the public half in base64.
///
/// # Errors
/// [`Error::Write`], [`Error::Signing`].
pub fn make_signing_key(path: &Path) -> Result<String, Error> {
    let failed = |error: minisign::PError| Error::Signing(error.to_string());
    let pair = minisign::KeyPair::generate_unencrypted_keypair().map_err(failed)?;
    let comment = "veldkit signing key without a passphrase: keep it as you keep the stick";
    let secret = pair.sk.to_box(Some(comment)).map_err(failed)?;
    let public = pair.pk.to_box().map_err(failed)?;
    write_secret(path, Zeroizing::new(secret.to_string()).as_bytes())?;
    let beside = public_path(path);
    create_new(&beside)
        .and_then(|mut file| file.write_all(public.to_string().as_bytes()))
        .map_err(|source| Error::Write { path: beside, source })?;
    Ok(pair.pk.to_base64())
}

/// Writes the certificate of a signing key beside it, with its signature, and returns where.
///
/// # Errors
/// [`Error::Write`].
pub fn write_certificate(key: &Path, certificate: &Certificate) -> Result<PathBuf, Error> {
    let path = certificate_path(key);
    write_secret(&path, certificate.statement.as_bytes())?;
    write_secret(&signature_path(&path), certificate.signature.as_bytes())?;
    Ok(path)
}

/// Where the public half of a signing key stands.
#[must_use]
pub fn public_path(path: &Path) -> PathBuf {
    path.with_extension("pub")
}

/// Draws a passphrase of 125 bits: five groups of five letters and digits that are hard to mistake for each other
/// (Crockford's base32, <https://www.crockford.com/base32.html>).
///
/// # Errors
/// [`Error::Random`].
pub fn fresh_passphrase() -> Result<String, Error> {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let mut bytes = [0_u8; 25];
    getrandom::fill(&mut bytes).map_err(|error| Error::Random(error.to_string()))?;
    let letters =
        bytes.iter().filter_map(|byte| ALPHABET.get(usize::from(byte & 31)).map(|c| char::from(*c)));
    let letters: Vec<char> = letters.collect();
    Ok(letters.chunks(5).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-"))
}

fn write_secret(path: &Path, text: &[u8]) -> Result<(), Error> {
    create_new(path)
        .and_then(|mut file| {
            file.write_all(text)?;
            file.sync_all()
        })
        .map_err(|source| Error::Write { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_readable_by_its_owner_alone_and_never_overwritten() {
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("key.txt");
        let now = Utc::from_unix(0, 0).unwrap();
        let identity = Identity::generate();
        identity.write(&path, now).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(
            text.contains(&format!("# public key: {}\nAGE-SECRET-KEY-1", identity.recipient())),
            "{text}"
        );
        assert!(matches!(Identity::generate().write(&path, now), Err(Error::Write { .. })));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn passphrases_are_five_groups_and_never_the_same() {
        let one = fresh_passphrase().unwrap();
        assert_eq!((one.len(), one.split('-').count()), (29, 5));
        assert_ne!(one, fresh_passphrase().unwrap());
    }
}
