//! Certificates of signing keys: the CERT's statement about the signing key of a kit.
//!
//! A kit's key is on the stick, and an administrator of any host that the stick was plugged into may have copied it. So a
//! kit gets a key for one case, and a short text that states so, signed with a key that never leaves the CERT:
//!
//! ```text
//! veldkit signing certificate 1
//! public-key: RW…
//! key-id: <16 hex digits, as minisign prints them>
//! kit: <id, or nothing>
//! case: <id, or nothing>
//! not-before: 2026-11-30T18:00:00Z
//! not-after: 2027-02-28T18:00:00Z
//! ```
//!
//! It is next to the key as `kit.cert`, with its signature as `kit.cert.minisig`, so that `minisign -Vm kit.cert -p cert.pub`
//! verifies it; in a bundle both are in `veldkit.json`, under `kit.certificate`. In: terms and the CERT's key, or such files.
//! Out: the terms, after verification with a public key that the reader has from elsewhere. Any other spelling is refused.

use std::fmt;
use std::io::{Cursor, Read as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minisign::{PublicKey, SignatureBox};
use serde::{Deserialize, Serialize};

use super::Error;
use super::minisign_files::{key_id, signature_path};
use crate::evidence::{Digest, Utc};

const HEAD: &str = "veldkit signing certificate 1";
/// Longest id of a kit or a case in a certificate, in bytes.
const ID_LIMIT: usize = 200;
/// Largest certificate or signature file, in bytes; each has a few hundred.
const FILE_LIMIT: u64 = 16 * 1024;

/// A certificate as it is transported: text and signature, neither verified yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// Text of the certificate.
    pub statement: String,
    /// Its minisign signature.
    pub signature: String,
}

/// The content of a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CertificateTerms {
    /// The signing key in base64, in the form that `minisign -P` accepts.
    pub public_key: String,
    /// Id of the key, as minisign prints it.
    pub key_id: String,
    /// Id of the kit that has the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kit: Option<String>,
    /// Id of the only case in which the key may sign.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// Beginning of the validity.
    pub not_before: Utc,
    /// End of the validity.
    pub not_after: Utc,
}

impl Certificate {
    /// Reads the certificate next to a key; `None` where there is none.
    ///
    /// # Errors
    ///
    /// [`Error::ReadKey`]; [`Error::Key`] where only one of the two files exists, or is not a certificate.
    pub fn next_to(key: &Path) -> Result<Option<Self>, Error> {
        let path = certificate_path(key);
        let Some(statement) = read(&path)? else { return Ok(None) };
        let wrong =
            |reason: &str| Error::Key { whence: path.display().to_string(), reason: reason.to_owned() };
        let signature =
            read(&signature_path(&path))?.ok_or_else(|| wrong("its signature (.minisig) is missing"))?;
        let certificate = Self { statement, signature };
        certificate.terms().ok_or_else(|| wrong("not a certificate of a signing key"))?;
        Ok(Some(certificate))
    }

    /// Returns its content, unverified.
    #[must_use]
    pub fn terms(&self) -> Option<CertificateTerms> {
        CertificateTerms::parse(&self.statement)
    }

    /// Returns the trusted comment that the signature covers, so that the key's signature of another kind of text is
    /// not accepted.
    pub(super) fn trusted_comment(&self) -> String {
        format!("veldkit 1 certificate sha256={}", Digest::of(self.statement.as_bytes()))
    }

    /// Verifies it with the CERT's public key, and returns its content.
    ///
    /// # Errors
    ///
    /// The reason why it is not a certificate by this key.
    pub fn confirm(&self, authority: &PublicKey) -> Result<CertificateTerms, String> {
        let terms = self.terms().ok_or("it is not a certificate of a signing key")?;
        let signature = SignatureBox::from_string(&self.signature)
            .map_err(|_| "its signature is not a minisign signature")?;
        minisign::verify(authority, &signature, Cursor::new(self.statement.as_bytes()), true, false, false)
            .map_err(|error| error.to_string().to_lowercase())?;
        let said = signature.trusted_comment().map_err(|error| error.to_string())?;
        if said == self.trusted_comment() {
            Ok(terms)
        } else {
            Err("its signature is that of another kind of text".to_owned())
        }
    }
}

impl CertificateTerms {
    fn parse(statement: &str) -> Option<Self> {
        let mut lines = statement.strip_suffix('\n')?.split('\n');
        if lines.next()? != HEAD {
            return None;
        }
        let mut field = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(':').map(str::trim_start);
        let id = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let moment = |text: &str| Utc::try_from(text.to_owned()).ok();
        let terms = Self {
            public_key: field("public-key")?.to_owned(),
            key_id: field("key-id")?.to_owned(),
            kit: id(field("kit")?),
            case: id(field("case")?),
            not_before: moment(field("not-before")?)?,
            not_after: moment(field("not-after")?)?,
        };
        let key = PublicKey::from_base64(&terms.public_key).ok()?;
        let ids = terms.kit.iter().chain(&terms.case);
        let good = is_ed25519(&terms.public_key)
            && key_id(&key) == terms.key_id
            && terms.not_before <= terms.not_after
            && ids
                .clone()
                .all(|id| id.len() <= ID_LIMIT && id.trim() == id && !id.chars().any(char::is_control));
        // Only the canonical spelling is accepted.
        (good && lines.next().is_none() && terms.to_string() == statement).then_some(terms)
    }
}

/// Whether a public key has the algorithm bytes of Ed25519, the only one in use (minisign(1), "Public key format"):
/// the key parser does not check them.
fn is_ed25519(public_key: &str) -> bool {
    STANDARD.decode(public_key).is_ok_and(|bytes| bytes.starts_with(b"Ed"))
}

/// Writes the text of the certificate.
impl fmt::Display for CertificateTerms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEAD}")?;
        let mut line = |name: &str, value: &str| {
            let space = if value.is_empty() { "" } else { " " };
            writeln!(f, "{name}:{space}{value}")
        };
        line("public-key", &self.public_key)?;
        line("key-id", &self.key_id)?;
        line("kit", self.kit.as_deref().unwrap_or_default())?;
        line("case", self.case.as_deref().unwrap_or_default())?;
        line("not-before", &self.not_before.to_string())?;
        line("not-after", &self.not_after.to_string())
    }
}

/// Returns the path of the certificate of a key.
#[must_use]
pub fn certificate_path(key: &Path) -> PathBuf {
    key.with_extension("cert")
}

fn read(path: &Path) -> Result<Option<String>, Error> {
    let wrong = |source| Error::ReadKey { path: path.to_owned(), source };
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(wrong(error)),
    };
    let mut text = String::new();
    file.take(FILE_LIMIT).read_to_string(&mut text).map_err(wrong)?;
    Ok(Some(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::{Ask, Signer};

    fn signer() -> Signer {
        let pair = minisign::KeyPair::generate_unencrypted_keypair().unwrap();
        Signer::from_text(&pair.sk.to_box(None).unwrap().into_string(), "a key", &Ask::nobody()).unwrap()
    }

    fn terms(case: Option<&str>) -> CertificateTerms {
        let public_key = signer().public_key();
        CertificateTerms {
            key_id: key_id(&PublicKey::from_base64(&public_key).unwrap()),
            public_key,
            kit: None,
            case: case.map(str::to_owned),
            not_before: Utc::from_unix(1_700_000_000, 0).unwrap(),
            not_after: Utc::from_unix(1_800_000_000, 0).unwrap(),
        }
    }

    #[test]
    fn a_certificate_is_confirmed_by_the_key_that_signed_it_and_by_no_other() {
        let authority = signer();
        let public = |signer: &Signer| PublicKey::from_base64(&signer.public_key()).unwrap();
        let terms = terms(Some("2026-0042: the second"));
        let certificate = authority.certify(&terms).unwrap();
        assert_eq!(certificate.confirm(&public(&authority)), Ok(terms));
        assert!(certificate.confirm(&public(&signer())).is_err());
        let later = certificate.statement.replace("2027", "2037");
        assert_ne!(later, certificate.statement);
        let changed = Certificate { statement: later, ..certificate.clone() };
        assert!(changed.terms().is_some() && changed.confirm(&public(&authority)).is_err());
        // The same text, signed by the same key for another purpose.
        let signature =
            authority.sign("receipt", certificate.statement.as_bytes(), "veldkit 1 receipt").unwrap();
        let other = Certificate { signature, ..certificate };
        assert!(other.confirm(&public(&authority)).is_err());
    }

    #[test]
    fn a_text_that_does_not_read_exactly_as_one_is_no_certificate() {
        let good = terms(None).to_string();
        let parse = |text: &str| CertificateTerms::parse(text);
        assert!(parse(&good).is_some());
        let id = terms(None).key_id;
        for wrong in [
            String::new(),
            good.trim_end().to_owned(),
            format!("{good}\n"),
            format!("{good}case: another\n"),
            good.replace("case:", "case: "),
            good.replace("case:", "case: a\r"),
            good.replace("kit:", &format!("kit: {}", "a".repeat(201))),
            good.replace("not-after: 2027", "not-after: 2017"),
            good.replace("Z\n", "+00:00\n"),
            good.replace("key-id: ", &format!("key-id: {id}")),
            good.replace("certificate 1", "certificate 2"),
            good.replace("public-key: RW", "public-key: RX"),
        ] {
            assert_eq!(parse(&wrong), None, "{wrong}");
        }
        assert!(signer().certify(&terms(Some("a\nkit: b"))).is_err());
    }
}
