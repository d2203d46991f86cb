//! The keys to which a bundle is encrypted, and those that decrypt it.
//!
//! In: recipients and key files in the formats of age and OpenSSH. Out: keys for the age crate. No error and no
//! `Debug` here repeats the text of a key: text that is not a public key may be a secret that was pasted into the
//! wrong option. Files are read as a whole, up to a limit.

use std::fmt;
use std::io::{BufRead as _, BufReader, Cursor, Read as _};
use std::path::Path;
use std::sync::Arc;

use age::secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use super::Error;
use super::fingerprint::FingerprintedRecipient;

/// Largest key, recipients or identity file, in bytes: 16 MiB is age's limit for identities.
const KEY_FILE_LIMIT: u64 = 16 * 1024 * 1024;

/// Maximum number of recipients of a bundle: each is shown with its fingerprint before a run, and takes a line in the
/// file header.
const RECIPIENTS_LIMIT: usize = 100;

/// Asks a person for the passphrase of a key; `None` where nobody can be asked. The argument describes the key.
#[derive(Clone)]
pub struct Ask(Arc<Asking>);

type Asking = dyn Fn(&str) -> Option<SecretString> + Send + Sync;

impl Ask {
    /// Wraps a function that asks.
    #[must_use]
    pub fn new(ask: impl Fn(&str) -> Option<SecretString> + Send + Sync + 'static) -> Self {
        Self(Arc::new(ask))
    }

    /// Asks for the passphrase of the key at `whence`.
    pub(super) fn passphrase(&self, whence: &str) -> Option<SecretString> {
        (self.0)(whence)
    }

    /// Refuses every key that has a passphrase.
    #[must_use]
    pub fn nobody() -> Self {
        Self::new(|_| None)
    }
}

impl fmt::Debug for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ask")
    }
}

impl age::Callbacks for Ask {
    fn display_message(&self, _message: &str) {}

    fn confirm(&self, _message: &str, _yes: &str, _no: Option<&str>) -> Option<bool> {
        None
    }

    fn request_public_string(&self, _description: &str) -> Option<String> {
        None
    }

    fn request_passphrase(&self, description: &str) -> Option<SecretString> {
        (self.0)(description)
    }
}

/// The recipients of a bundle: any number of public keys, or one passphrase.
#[derive(Default)]
pub struct Recipients {
    keys: Vec<(String, Box<dyn age::Recipient + Send + Sync>)>,
    passphrase: Option<SecretString>,
    work_factor: Option<u8>,
}

impl Recipients {
    /// Starts without recipients.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a recipient: `age1…`, `ssh-ed25519 …` or `ssh-rsa …`. `whence` says where it was given.
    ///
    /// # Errors
    ///
    /// [`Error::Recipient`] where age does not accept it.
    pub fn add(&mut self, text: &str, whence: &str) -> Result<(), Error> {
        let text = text.trim();
        let wrong = |reason| Error::Recipient { whence: whence.into(), reason };
        if self.keys.len() >= RECIPIENTS_LIMIT {
            return Err(wrong("more than 100 recipients: nobody can check to whom this is encrypted"));
        }
        let key = parse_recipient(text).map_err(wrong)?;
        self.keys.push((text.to_owned(), key));
        Ok(())
    }

    /// Adds all recipients in a file: one per line, without blank lines and lines that begin with `#`.
    ///
    /// # Errors
    ///
    /// [`Error::ReadKey`]; [`Error::Recipient`] with file and line, or where the file has no recipient.
    pub fn add_file(&mut self, path: &Path) -> Result<(), Error> {
        self.add_text(&read_text(path)?, path)
    }

    /// Adds all recipients in the text of a file.
    ///
    /// # Errors
    ///
    /// See [`Recipients::add_file`].
    pub fn add_text(&mut self, text: &str, path: &Path) -> Result<(), Error> {
        let before = self.keys.len();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if !line.is_empty() && !line.starts_with('#') {
                self.add(line, &format!("{} line {}", path.display(), number.saturating_add(1)))?;
            }
        }
        if self.keys.len() == before {
            let whence = path.display().to_string();
            return Err(Error::Recipient { whence, reason: "the file contains no recipient" });
        }
        Ok(())
    }

    /// Encrypts to a passphrase instead.
    pub fn set_passphrase(&mut self, passphrase: SecretString) {
        self.passphrase = Some(passphrase);
    }

    /// Sets the cost of the passphrase as the logarithm of scrypt's N; the default takes one second on this machine.
    pub fn set_work_factor(&mut self, log_n: u8) {
        self.work_factor = Some(log_n);
    }

    /// Returns the recipients as given; `passphrase` for one. Written to `veldkit.json`.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let passphrase = self.passphrase.iter().map(|_| "passphrase".to_owned());
        self.keys.iter().map(|(name, _)| name.clone()).chain(passphrase).collect()
    }

    /// Returns the recipients with their fingerprints.
    #[must_use]
    pub fn fingerprints(&self) -> Vec<FingerprintedRecipient> {
        let keys = self.keys.iter().map(|(name, _)| FingerprintedRecipient::of(name));
        keys.chain(self.passphrase.iter().map(|_| FingerprintedRecipient::passphrase())).collect()
    }

    /// Checks that there are recipients or a passphrase.
    ///
    /// # Errors
    ///
    /// [`Error::NoRecipient`] and [`Error::MixedRecipients`].
    pub fn check(&self) -> Result<(), Error> {
        match (self.keys.is_empty(), self.passphrase.is_some()) {
            (true, false) => Err(Error::NoRecipient),
            (false, true) => Err(Error::MixedRecipients),
            _ => Ok(()),
        }
    }

    /// Draws the file key and encrypts it to all recipients.
    pub(super) fn encryptor(&self) -> Result<age::Encryptor, Error> {
        self.check()?;
        let encryptor = match &self.passphrase {
            Some(passphrase) => {
                let mut recipient = age::scrypt::Recipient::new(passphrase.clone());
                if let Some(log_n) = self.work_factor {
                    recipient.set_work_factor(log_n);
                }
                let recipient: &dyn age::Recipient = &recipient;
                age::Encryptor::with_recipients(std::iter::once(recipient))
            }
            None => age::Encryptor::with_recipients(self.keys.iter().map(|(_, key)| {
                let key: &dyn age::Recipient = &**key;
                key
            })),
        };
        encryptor.map_err(|error| Error::Encrypt(error.to_string()))
    }
}

/// Prints the recipients, which are public, and never the passphrase.
impl fmt::Debug for Recipients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Recipients").field(&self.names()).finish()
    }
}

fn parse_recipient(text: &str) -> Result<Box<dyn age::Recipient + Send + Sync>, &'static str> {
    if text.to_ascii_uppercase().starts_with("AGE-SECRET-KEY-") || text.contains("PRIVATE KEY") {
        return Err("this is a secret key, not a recipient; give its public half");
    }
    if text.starts_with("ssh-") {
        return match text.parse::<age::ssh::Recipient>() {
            Ok(key) => Ok(Box::new(key)),
            Err(_) => Err("not an ssh-ed25519 or ssh-rsa public key that age can encrypt to"),
        };
    }
    if let Ok(key) = text.parse::<age::x25519::Recipient>() {
        return Ok(Box::new(key));
    }
    if let Ok(key) = text.parse::<age::tag::Recipient>() {
        return Ok(Box::new(key));
    }
    if let Ok(key) = text.parse::<age::tagpq::Recipient>() {
        return Ok(Box::new(key));
    }
    Err(if text.starts_with("age1") {
        "not a whole age recipient: a character is wrong or missing"
    } else {
        "not a recipient: expected age1…, ssh-ed25519 … or ssh-rsa …"
    })
}

/// The keys that decrypt a bundle: identities in files, SSH keys, passphrases.
#[derive(Default)]
pub struct Identities(Vec<Box<dyn age::Identity>>);

impl Identities {
    /// Starts without keys.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the keys in a file: age secret keys or an OpenSSH private key, plain or encrypted with a passphrase,
    /// which is asked for when it is first needed.
    ///
    /// # Errors
    ///
    /// [`Error::ReadKey`] and [`Error::Key`].
    pub fn add_file(&mut self, path: &Path, ask: &Ask) -> Result<(), Error> {
        let name = path.display().to_string();
        let wrong = |reason: String| Error::Key { whence: path.display().to_string(), reason };
        let content = read(path)?;
        if content.starts_with(b"age-encryption.org/") {
            let identity = age::encrypted::Identity::from_buffer(
                Cursor::new(content.to_vec()),
                Some(name),
                ask.clone(),
                None,
            )
            .map_err(|error| wrong(error.to_string()))?
            .ok_or_else(|| wrong("encrypted, but not with a passphrase".into()))?;
            self.0.push(Box::new(identity));
        } else if content.starts_with(b"-----BEGIN AGE ENCRYPTED FILE-----") {
            return Err(wrong(
                "an armored file: take the armor off with `age -d`, or encrypt it without -a".into(),
            ));
        } else if content.starts_with(b"-----BEGIN ") {
            let key = age::ssh::Identity::from_buffer(BufReader::new(content.as_slice()), Some(name))
                .map_err(|_| wrong("not an OpenSSH private key".into()))?;
            if let age::ssh::Identity::Unsupported(_) = key {
                return Err(wrong("an SSH key of a kind that age cannot decrypt with".into()));
            }
            self.0.push(Box::new(key.with_callbacks(ask.clone())));
        } else {
            self.add_secret_keys(&content, path)?;
        }
        Ok(())
    }

    /// Adds an age secret key that is in memory.
    pub fn add(&mut self, identity: impl age::Identity + 'static) {
        self.0.push(Box::new(identity));
    }

    /// Adds a passphrase.
    pub fn add_passphrase(&mut self, passphrase: SecretString) {
        self.0.push(Box::new(age::scrypt::Identity::new(passphrase)));
    }

    /// Whether there are no keys.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns all keys, for age's `Decryptor::decrypt`.
    pub fn iter(&self) -> impl Iterator<Item = &dyn age::Identity> {
        self.0.iter().map(AsRef::as_ref)
    }

    fn add_secret_keys(&mut self, content: &[u8], path: &Path) -> Result<(), Error> {
        let before = self.0.len();
        for (number, line) in BufReader::new(content).lines().enumerate() {
            let whence = format!("{} line {}", path.display(), number.saturating_add(1));
            let line = line.map(SecretString::from).map_err(|_| Error::Key {
                whence: whence.clone(),
                reason: "not text: neither an age identity file nor an SSH key".into(),
            })?;
            let text = line.expose_secret().trim();
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            let key = text.parse::<age::x25519::Identity>().map_err(|_| Error::Key {
                whence,
                reason: if text.starts_with("age1") || text.starts_with("ssh-") {
                    "this is a public key; reading needs the secret one".into()
                } else {
                    "not an age secret key (AGE-SECRET-KEY-1…)".into()
                },
            })?;
            self.0.push(Box::new(key));
        }
        if self.0.len() == before {
            let whence = path.display().to_string();
            return Err(Error::Key { whence, reason: "the file contains no identity".into() });
        }
        Ok(())
    }
}

impl fmt::Debug for Identities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identities({})", self.0.len())
    }
}

/// Reads a key file into memory that is overwritten when it is freed.
fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, Error> {
    let wrong = |source| Error::ReadKey { path: path.to_owned(), source };
    let file = std::fs::File::open(path).map_err(wrong)?;
    // Allocated at once: a vector that grows leaves copies in freed memory.
    let length = file.metadata().map_or(0, |facts| facts.len()).min(KEY_FILE_LIMIT).saturating_add(64);
    let mut content = Zeroizing::new(Vec::with_capacity(usize::try_from(length).unwrap_or_default()));
    file.take(KEY_FILE_LIMIT.saturating_add(1)).read_to_end(&mut content).map_err(wrong)?;
    if u64::try_from(content.len()).unwrap_or(u64::MAX) > KEY_FILE_LIMIT {
        let whence = path.display().to_string();
        return Err(Error::Key { whence, reason: "larger than 16 MiB: not a key file".into() });
    }
    Ok(content)
}

pub(super) fn read_text(path: &Path) -> Result<Zeroizing<String>, Error> {
    let mut content = read(path)?;
    match String::from_utf8(std::mem::take(&mut *content)) {
        Ok(text) => Ok(Zeroizing::new(text)),
        Err(error) => {
            drop(Zeroizing::new(error.into_bytes()));
            Err(Error::Key { whence: path.display().to_string(), reason: "not a text file".into() })
        }
    }
}
