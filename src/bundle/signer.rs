//! The key that signs receipt and manifest, and at the CERT the certificates of such keys.
//!
//! In: a minisign secret key, and the certificate beside it. Out: signatures that `minisign -V` checks. Nothing here
//! repeats the text of a key in an error or in `Debug`.

use std::fmt;
use std::io::Cursor;
use std::ops::Range;
use std::path::Path;

use age::secrecy::ExposeSecret as _;
use base64::Engine as _;

use super::Error;
use super::certificate::{Certificate, CertificateTerms, certificate_path};
use super::key::{Ask, read_text};

/// The kit's minisign key: signs receipt and manifest.
pub struct Signer {
    /// Boxed, so that it stays where its memory was locked.
    secret: Box<minisign::SecretKey>,
    public: minisign::PublicKey,
    certificate: Option<Certificate>,
}

impl Signer {
    /// Reads a minisign secret key file, and the certificate beside it if there is one; its passphrase is asked for now,
    /// where it has one.
    ///
    /// # Errors
    /// [`Error::ReadKey`]; [`Error::Key`] where it is none, the passphrase is wrong, or the certificate is not one of this
    /// key.
    pub fn load(path: &Path, ask: &Ask) -> Result<Self, Error> {
        let mut signer = Self::from_text(&read_text(path)?, &path.display().to_string(), ask)?;
        signer.certificate = Certificate::beside(path)?;
        match signer.terms() {
            Some(terms) if terms.public_key != signer.public_key() => {
                let whence = certificate_path(path).display().to_string();
                Err(Error::Key { whence, reason: "this certificate is one of another key".to_owned() })
            }
            _ => Ok(signer),
        }
    }

    /// Reads a minisign secret key in memory; `whence` names it in errors.
    ///
    /// # Errors
    /// As [`Signer::load`].
    pub fn from_text(text: &str, whence: &str, ask: &Ask) -> Result<Self, Error> {
        let wrong = |reason: &str| Error::Key { whence: whence.to_owned(), reason: reason.to_owned() };
        let not_a_key = || wrong("not a minisign secret key");
        let encoded = text.lines().nth(1).ok_or_else(not_a_key)?.trim();
        let bytes = base64::engine::general_purpose::STANDARD.decode(encoded).map_err(|_| not_a_key())?;
        let boxed = minisign::SecretKeyBox::from_string(text).map_err(|_| not_a_key())?;
        // Bytes 2 and 3 name how it is locked: "Sc" (scrypt), or zeros for a key without a passphrase.
        let secret = if bytes.get(2..4) == Some(b"Sc") {
            let passphrase = ask
                .passphrase(whence)
                .ok_or_else(|| wrong("this key has a passphrase, and nobody to ask for it"))?;
            boxed
                .into_secret_key(Some(passphrase.expose_secret().to_owned()))
                .map_err(|_| wrong("the passphrase is wrong, or the key is damaged"))?
        } else {
            boxed.into_unencrypted_secret_key().map_err(|_| not_a_key())?
        };
        let public = minisign::PublicKey::from_secret_key(&secret).map_err(|_| not_a_key())?;
        Ok(Self { secret: Box::new(secret), public, certificate: None })
    }

    /// Where the secret is in this process's memory, for whoever can keep it out of swap.
    #[must_use]
    pub fn secret_memory(&self) -> Range<usize> {
        let start = std::ptr::from_ref::<minisign::SecretKey>(&self.secret).addr();
        start..start.saturating_add(size_of::<minisign::SecretKey>())
    }

    /// The certificate that was beside the key.
    #[must_use]
    pub fn certificate(&self) -> Option<&Certificate> {
        self.certificate.as_ref()
    }

    /// What that certificate says.
    #[must_use]
    pub fn terms(&self) -> Option<CertificateTerms> {
        self.certificate.as_ref()?.terms()
    }

    /// The public half in base64, as `minisign -P` takes it.
    #[must_use]
    pub fn public_key(&self) -> String {
        self.public.to_base64()
    }

    /// Signs a certificate of another key: what the CERT does with its own key.
    ///
    /// # Errors
    /// [`Error::Sign`]: an id that is no single line of at most 200 bytes, or a key that cannot sign.
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

    /// Signs bytes: the text of a `.minisig` file. The trusted comment is signed too; it is one line.
    pub(super) fn sign(&self, what: &'static str, data: &[u8], trusted: &str) -> Result<String, Error> {
        // A line break would end the comment early, and the file would not verify.
        let trusted: String = trusted.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let comment = format!("signature of {what} by a veldkit key");
        minisign::sign(Some(&self.public), &self.secret, Cursor::new(data), Some(&trusted), Some(&comment))
            .map(minisign::SignatureBox::into_string)
            .map_err(|error| Error::Sign { what, reason: error.to_string() })
    }
}

/// Prints the public half: minisign's own `Debug` of a secret key prints the secret.
impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Signer").field(&self.public_key()).finish()
    }
}
