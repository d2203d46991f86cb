//! The key that signs receipt and manifest, and at the CERT the certificates of such keys.
//!
//! In: a minisign secret key, and the certificate next to it. Out: signatures that `minisign -V` verifies. Nothing
//! here repeats the text of a key in an error or in `Debug`.

use std::fmt;
use std::io::Cursor;
use std::ops::Range;
use std::path::Path;

use age::secrecy::ExposeSecret as _;
use base64::Engine as _;

use super::Error;
use super::certificate::{Certificate, CertificateTerms, certificate_path};
use super::key::{Ask, read_text};

/// The kit's minisign key, which signs receipt and manifest.
pub struct Signer {
    /// Boxed, so that it stays in the memory that was locked.
    secret: Box<minisign::SecretKey>,
    public: minisign::PublicKey,
    certificate: Option<Certificate>,
}

impl Signer {
    /// Reads a minisign secret key file, and the certificate next to it if there is one. Asks for the passphrase of
    /// the key, if it has one.
    ///
    /// # Errors
    ///
    /// [`Error::ReadKey`]; [`Error::Key`] where it is not a key, the passphrase is wrong, or the certificate is that
    /// of another key.
    pub fn load(path: &Path, ask: &Ask) -> Result<Self, Error> {
        let mut signer = Self::from_text(&read_text(path)?, &path.display().to_string(), ask)?;
        signer.certificate = Certificate::next_to(path)?;
        match signer.terms() {
            Some(terms) if terms.public_key != signer.public_key() => {
                let whence = certificate_path(path).display().to_string();
                Err(Error::Key { whence, reason: "this certificate belongs to another key".to_owned() })
            }
            _ => Ok(signer),
        }
    }

    /// Parses a minisign secret key in memory; `whence` describes it in errors.
    ///
    /// # Errors
    ///
    /// See [`Signer::load`].
    pub fn from_text(text: &str, whence: &str, ask: &Ask) -> Result<Self, Error> {
        let wrong = |reason: &str| Error::Key { whence: whence.to_owned(), reason: reason.to_owned() };
        let not_a_key = || wrong("not a minisign secret key");
        let encoded = text.lines().nth(1).ok_or_else(not_a_key)?.trim();
        let bytes = base64::engine::general_purpose::STANDARD.decode(encoded).map_err(|_| not_a_key())?;
        let boxed = minisign::SecretKeyBox::from_string(text).map_err(|_| not_a_key())?;
        // Bytes 2 and 3 are the key derivation: "Sc" (scrypt), or zeros for a key without a passphrase.
        let secret = if bytes.get(2..4) == Some(b"Sc") {
            let passphrase = ask
                .passphrase(whence)
                .ok_or_else(|| wrong("this key has a passphrase, but nobody can be asked for it"))?;
            boxed
                .into_secret_key(Some(passphrase.expose_secret().to_owned()))
                .map_err(|_| wrong("the passphrase is wrong, or the key is damaged"))?
        } else {
            boxed.into_unencrypted_secret_key().map_err(|_| not_a_key())?
        };
        let public = minisign::PublicKey::from_secret_key(&secret).map_err(|_| not_a_key())?;
        Ok(Self { secret: Box::new(secret), public, certificate: None })
    }

    /// Returns the location of the secret in this process's memory, so that it can be kept out of swap.
    #[must_use]
    pub fn secret_memory(&self) -> Range<usize> {
        let start = std::ptr::from_ref::<minisign::SecretKey>(&self.secret).addr();
        start..start.saturating_add(size_of::<minisign::SecretKey>())
    }

    /// Returns the certificate that was next to the key.
    #[must_use]
    pub fn certificate(&self) -> Option<&Certificate> {
        self.certificate.as_ref()
    }

    /// Returns the content of that certificate.
    #[must_use]
    pub fn terms(&self) -> Option<CertificateTerms> {
        self.certificate.as_ref()?.terms()
    }

    /// Returns the public key in base64, in the form that `minisign -P` accepts.
    #[must_use]
    pub fn public_key(&self) -> String {
        self.public.to_base64()
    }

    /// Signs a certificate of another key, as the CERT does with its own key.
    ///
    /// # Errors
    ///
    /// [`Error::Sign`]: an id is not a single line of at most 200 bytes, or the key cannot sign.
    pub fn certify(&self, terms: &CertificateTerms) -> Result<Certificate, Error> {
        let statement = terms.to_string();
        let certificate = Certificate { statement, signature: String::new() };
        if certificate.terms().as_ref() != Some(terms) {
            let reason =
                "kit and case must be one line of at most 200 bytes, without spaces around".to_owned();
            return Err(Error::Sign { what: "certificate", reason });
        }
        let comment = certificate.trusted_comment();
        let signature = self.sign("certificate", certificate.statement.as_bytes(), &comment)?;
        Ok(Certificate { signature, ..certificate })
    }

    /// Signs bytes, and returns the text of a `.minisig` file. The trusted comment is one line and is signed as well.
    pub(super) fn sign(&self, what: &'static str, data: &[u8], trusted: &str) -> Result<String, Error> {
        // A line break would end the comment early, and the signature would not verify.
        let trusted: String = trusted.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let comment = format!("signature of {what} by a veldkit key");
        minisign::sign(Some(&self.public), &self.secret, Cursor::new(data), Some(&trusted), Some(&comment))
            .map(minisign::SignatureBox::into_string)
            .map_err(|error| Error::Sign { what, reason: error.to_string() })
    }
}

/// Prints the public key: minisign's own `Debug` of a secret key prints the secret.
impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Signer").field(&self.public_key()).finish()
    }
}
