//! A kit that was found: `kit.json` with its signature, and the files it lists, each checked when it is used.
//!
//! In: a directory and the keys that are trusted. Out: the description, what its signature is worth, and the bytes of its files. A file
//! is read once; its digest is that of the very bytes that are handed on. No link is followed, and no path leads out of the
//! directory, which is held open.

use std::io;
use std::path::{Path, PathBuf};

use minisign::PublicKey;

use super::description::{DescriptionError, KitDescription, KitFile, KitFileUse};
use super::trust::{TrustedKeys, is_signed};
use crate::evidence::Digest;
use crate::sys::{Root, path_of, read_outside_below};

/// The file that makes a directory a kit.
pub const DESCRIPTION: &str = "kit.json";

/// Its signature.
pub const SIGNATURE: &str = "kit.json.minisig";

/// Largest description.
const MAX_DESCRIPTION: u64 = 4 << 20;

/// Largest signature: four lines, of which minisign ends the third at 8,192 bytes.
const MAX_SIGNATURE: u64 = 16 << 10;

/// Largest file of a kit that is read into memory: a set of rules.
const MAX_FILE: u64 = 256 << 20;

/// A kit or a file of it that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KitError {
    /// A file of the kit cannot be read.
    #[error("cannot read '{}' of the kit", .path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The description is none.
    #[error("cannot use '{}'", .path.display())]
    Description {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: DescriptionError,
    },
    /// A file is not the one that the kit lists.
    #[error("'{}' is not the file that the kit lists: it has {found}, and {listed} is listed", .path.display())]
    Altered {
        /// Which.
        path: PathBuf,
        /// What it has: a length or a digest.
        found: String,
        /// What is listed.
        listed: String,
    },
}

/// What the signature of a kit is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KitSignature {
    /// It is by a key that this program trusts, in base64.
    Trusted(String),
    /// It is by the key that the kit itself names, which this program does not know.
    Unknown(String),
    /// It is not a signature of this description by the key that the kit names.
    Wrong,
    /// There is none.
    Missing,
}

/// A kit in a directory.
#[derive(Debug)]
pub struct CarriedKit {
    directory: PathBuf,
    root: Root,
    /// What it says of itself.
    pub description: KitDescription,
    /// Digest of `kit.json`.
    pub sha256: Digest,
    /// What its signature is worth.
    pub signature: KitSignature,
}

impl CarriedKit {
    /// Opens the kit in a directory.
    ///
    /// # Errors
    /// [`KitError::Read`] where there is no `kit.json`, or it is a link, no file or too large; [`KitError::Description`].
    pub fn open(directory: &Path, trusted: &TrustedKeys) -> Result<Self, KitError> {
        let failed = |path: &str, source| KitError::Read { path: directory.join(path), source };
        let root = Root::open(directory).map_err(|source| failed("", source))?;
        let directory = std::path::absolute(directory).map_err(|source| failed("", source))?;
        let text = read_outside_below(&root, DESCRIPTION, MAX_DESCRIPTION)
            .map_err(|source| failed(DESCRIPTION, source))?;
        let signature = match read_outside_below(&root, SIGNATURE, MAX_SIGNATURE) {
            Ok(signature) => Some(String::from_utf8_lossy(&signature).into_owned()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(source) => return Err(failed(SIGNATURE, source)),
        };
        let description = KitDescription::parse(&text)
            .map_err(|source| KitError::Description { path: directory.join(DESCRIPTION), source })?;
        let signature = match signature {
            None => KitSignature::Missing,
            Some(signature) => match trusted.signer(&text, &signature) {
                Some(key) => KitSignature::Trusted(key),
                None => own_signature(&description, &text, &signature),
            },
        };
        Ok(Self { directory, root, description, sha256: Digest::of(&text), signature })
    }

    /// Whether a directory has something of the name of a kit's description, whatever it is.
    #[must_use]
    pub fn is_in(directory: &Path) -> bool {
        directory.join(DESCRIPTION).symlink_metadata().is_ok()
    }

    /// Where it is.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The whole path of a file of it.
    #[must_use]
    pub fn path(&self, file: &KitFile) -> PathBuf {
        self.directory.join(path_of(file.path.as_bytes()))
    }

    /// Reads a file once and checks it against the list: what is returned is what was digested.
    ///
    /// # Errors
    /// [`KitError::Read`]; [`KitError::Altered`].
    pub fn read(&self, file: &KitFile) -> Result<Vec<u8>, KitError> {
        let limit = MAX_FILE.min(file.bytes);
        let bytes = read_outside_below(&self.root, &file.path, limit).map_err(|source| {
            if source.kind() == io::ErrorKind::FileTooLarge && limit == file.bytes {
                return self.altered(file, "more bytes".to_owned(), file.bytes.to_string());
            }
            KitError::Read { path: self.path(file), source }
        })?;
        self.check(file, &Digest::of(&bytes))?;
        Ok(bytes)
    }

    /// Checks the digest of a file that was read elsewhere.
    ///
    /// # Errors
    /// [`KitError::Altered`].
    pub fn check(&self, file: &KitFile, found: &Digest) -> Result<(), KitError> {
        if *found == file.sha256 {
            return Ok(());
        }
        Err(self.altered(file, format!("SHA-256 {found}"), file.sha256.to_string()))
    }

    /// Reads all files of one kind, with their paths.
    ///
    /// # Errors
    /// As [`CarriedKit::read`].
    pub fn read_all(&self, purpose: KitFileUse) -> Result<Vec<(PathBuf, Vec<u8>)>, KitError> {
        let files = self.description.files_for(purpose);
        files.map(|file| Ok((self.path(file), self.read(file)?))).collect()
    }

    fn altered(&self, file: &KitFile, found: String, listed: String) -> KitError {
        KitError::Altered { path: self.path(file), found, listed }
    }
}

/// What a signature by nobody who is trusted is worth: whether it fits the key that the kit names.
fn own_signature(description: &KitDescription, text: &[u8], signature: &str) -> KitSignature {
    match PublicKey::from_base64(description.signer.public_key.trim()) {
        Ok(key) if is_signed(&key, text, signature) => KitSignature::Unknown(key.to_base64()),
        _ => KitSignature::Wrong,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct MadeKit {
        dir: tempfile::TempDir,
        pair: minisign::KeyPair,
    }

    impl MadeKit {
        fn new(files: &[(&str, &[u8])]) -> Self {
            let made = Self {
                dir: tempfile::TempDir::new().unwrap(),
                pair: minisign::KeyPair::generate_unencrypted_keypair().unwrap(),
            };
            let listed: Vec<_> = files
                .iter()
                .map(|(path, content)| {
                    let whole = made.dir.path().join(path);
                    std::fs::create_dir_all(whole.parent().unwrap()).unwrap();
                    std::fs::write(whole, content).unwrap();
                    serde_json::json!({
                        "path": path, "bytes": content.len(), "sha256": Digest::of(content), "use": "rules"
                    })
                })
                .collect();
            let text = serde_json::json!({
                "format": 1, "name": "test", "files": listed, "recipients": ["age1x"],
                "signer": {"public_key": made.pair.pk.to_base64(), "comment": "the test"},
            });
            std::fs::write(made.dir.path().join(DESCRIPTION), text.to_string()).unwrap();
            made.sign(&made.pair);
            made
        }

        fn sign(&self, pair: &minisign::KeyPair) {
            let text = std::fs::read(self.dir.path().join(DESCRIPTION)).unwrap();
            let signature =
                minisign::sign(Some(&pair.pk), &pair.sk, io::Cursor::new(text), None, None).unwrap();
            std::fs::write(self.dir.path().join(SIGNATURE), signature.into_string()).unwrap();
        }

        fn open(&self) -> Result<CarriedKit, KitError> {
            CarriedKit::open(self.dir.path(), &TrustedKeys::parse(&self.pair.pk.to_base64()).unwrap())
        }
    }

    #[test]
    fn a_kit_signed_by_a_trusted_key_is_trusted_and_any_other_is_not() {
        let made = MadeKit::new(&[("rules/a.yar", b"rule a { condition: true }")]);
        let key = made.pair.pk.to_base64();
        assert_eq!(made.open().unwrap().signature, KitSignature::Trusted(key.clone()));
        let unknown = CarriedKit::open(made.dir.path(), &TrustedKeys::default()).unwrap();
        assert_eq!(unknown.signature, KitSignature::Unknown(key));
        made.sign(&minisign::KeyPair::generate_unencrypted_keypair().unwrap());
        assert_eq!(made.open().unwrap().signature, KitSignature::Wrong);
        made.sign(&made.pair);
        let description = made.dir.path().join(DESCRIPTION);
        let text = std::fs::read_to_string(&description).unwrap();
        std::fs::write(&description, text.replace("age1x", "age1y")).unwrap();
        assert_eq!(made.open().unwrap().signature, KitSignature::Wrong);
        std::fs::remove_file(made.dir.path().join(SIGNATURE)).unwrap();
        assert_eq!(made.open().unwrap().signature, KitSignature::Missing);
    }

    #[test]
    fn a_file_that_is_not_as_listed_is_refused_when_it_is_used() {
        let made = MadeKit::new(&[("rules/a.yar", b"rule a { condition: true }"), ("rules/b.yar", b"b")]);
        let kit = made.open().unwrap();
        assert_eq!(kit.read_all(KitFileUse::Rules).unwrap().len(), 2);
        assert_eq!(kit.read_all(KitFileUse::Tool).unwrap().len(), 0);
        let [whole, other] = &kit.description.files[..] else { panic!() };
        let path = kit.path(whole);
        for content in ["rule a { condition: TRUE }", "rule a { condition: true } // more", ""] {
            std::fs::write(&path, content).unwrap();
            assert!(matches!(kit.read(whole), Err(KitError::Altered { .. })), "{content}");
        }
        std::fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink(kit.path(other), &path).unwrap();
        assert!(matches!(kit.read(whole), Err(KitError::Read { .. })), "a link is not followed");
        assert!(kit.read(other).is_ok());
    }

    #[test]
    fn a_description_that_is_a_link_or_no_file_is_no_kit() {
        let made = MadeKit::new(&[]);
        let description = made.dir.path().join(DESCRIPTION);
        std::fs::rename(&description, made.dir.path().join("other.json")).unwrap();
        assert!(!CarriedKit::is_in(made.dir.path()));
        std::os::unix::fs::symlink("other.json", &description).unwrap();
        assert!(CarriedKit::is_in(made.dir.path()));
        assert!(matches!(made.open(), Err(KitError::Read { .. })));
        std::fs::remove_file(&description).unwrap();
        std::fs::create_dir(&description).unwrap();
        assert!(matches!(made.open(), Err(KitError::Read { .. })));
    }
}
