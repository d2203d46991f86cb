//! Packs rule sets for the way: one encrypted, compressed file that no anti-virus reads and nobody else sees.
//!
//! In: rule files and recipients; out: a file that `--rules` takes with an identity, and that `age -d` and `unzip` open.
//! Reading it back happens in memory: rules never stand on the examined host in plain text.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::create_new;
use crate::bundle::reader::OpenError;
use crate::bundle::{Identities, Recipients, packed};
use crate::scan::{PACKED_LIMIT, RuleFileText, RuleSource};

/// How an age file begins (<https://c2sp.org/age>).
const AGE: &[u8] = b"age-encryption.org/";

/// How a zip begins.
const ZIP: &[u8] = b"PK\x03\x04";

/// Bytes of a path component that zip readers everywhere take.
const COMPONENT: usize = 120;

/// A rule set that could not be packed or opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file could not be created or written; one that exists is never overwritten.
    #[error("cannot write the rule set to '{}'", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// There is nobody to encrypt to.
    #[error("cannot encrypt the rule set")]
    Keys(#[source] crate::bundle::Error),
    /// A packed set cannot be opened.
    #[error("cannot open the packed rule set '{}'", .path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: OpenError,
    },
}

/// Packs rule files into a new file.
///
/// # Errors
/// [`Error::Write`], [`Error::Keys`].
pub fn pack(texts: &[RuleFileText], recipients: &Recipients, path: &Path) -> Result<(), Error> {
    recipients.check().map_err(Error::Keys)?;
    let mut names = BTreeSet::new();
    let files: Vec<_> = texts
        .iter()
        .map(|text| (entry_name(&text.name, &mut names), text.text.as_bytes().to_vec()))
        .collect();
    let failed = |source| Error::Write { path: path.to_owned(), source };
    let mut file = create_new(path).map_err(failed)?;
    packed::write(&mut file, recipients, &files).map_err(Error::Keys)?.map_err(failed)?;
    file.flush().and_then(|()| file.sync_all()).map_err(failed)
}

/// Whether a file is encrypted with age; a rule file never begins so.
#[must_use]
pub fn is_packed(path: &Path) -> bool {
    let mut begin = [0; AGE.len()];
    // A pipe would hold up the run.
    path.is_file()
        && File::open(path).and_then(|mut file| file.read_exact(&mut begin)).is_ok()
        && begin == AGE
}

/// Opens a packed rule set in memory.
///
/// # Errors
/// [`Error::Open`].
pub fn open(path: &Path, identities: &Identities) -> Result<RuleSource, Error> {
    let failed = |source| Error::Open { path: path.to_owned(), source };
    let file = File::open(path).map_err(|error| failed(OpenError::Read(error)))?;
    let zip = packed::open(file, identities, PACKED_LIMIT).map_err(failed)?;
    Ok(RuleSource::Packed { path: path.to_owned(), zip })
}

/// Makes a source of a rule file that was read already: packed, a zip, or text.
///
/// # Errors
/// [`Error::Open`].
pub fn of_bytes(path: PathBuf, bytes: Vec<u8>, identities: &Identities) -> Result<RuleSource, Error> {
    if bytes.starts_with(AGE) {
        return match packed::open(io::Cursor::new(bytes), identities, PACKED_LIMIT) {
            Ok(zip) => Ok(RuleSource::Packed { path, zip }),
            Err(source) => Err(Error::Open { path, source }),
        };
    }
    Ok(if bytes.starts_with(ZIP) {
        RuleSource::Packed { path, zip: bytes }
    } else {
        RuleSource::Text { path, bytes }
    })
}

/// The name of a rule file inside: relative, without a part that leads up, ending as a rule file's does, and each
/// once whatever the system thinks of case.
fn entry_name(name: &str, names: &mut BTreeSet<String>) -> String {
    let parts = name.split(['/', '\\', ':']).filter(|part| !matches!(*part, "" | "." | ".."));
    let parts = parts.map(|part| {
        let kept = part.chars().map(|c| if c.is_control() { '_' } else { c });
        kept.take(COMPONENT).collect::<String>()
    });
    let joined = parts.collect::<Vec<_>>().join("/");
    let (stem, extension) = match joined.rsplit_once('.') {
        Some((stem, end @ ("yar" | "yara" | "rule"))) => (stem.to_owned(), end.to_owned()),
        _ => (joined.clone(), "yar".to_owned()),
    };
    let mut candidate = format!("{stem}.{extension}");
    let mut number = 2_u64;
    while !names.insert(candidate.to_lowercase()) {
        candidate = format!("{stem} ({number}).{extension}");
        number = number.saturating_add(1);
    }
    candidate
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_inside_lead_nowhere_and_stay_apart() {
        let mut names = BTreeSet::new();
        for (name, inside) in [
            ("/home/x/rules/a.yar", "home/x/rules/a.yar"),
            ("../../a.yara", "a.yara"),
            ("C:\\rules\\A.YARA", "C/rules/A.YARA.yar"),
            ("a.YARA", "a.YARA.yar"),
            ("notes.txt", "notes.txt.yar"),
            ("A.yara", "A (2).yara"),
        ] {
            assert_eq!(entry_name(name, &mut names), inside, "{name}");
        }
    }

    #[test]
    fn a_set_that_was_cut_or_is_for_another_key_gives_no_rules() {
        let dir = tempfile::TempDir::new().unwrap();
        let (mine, other) = (age::x25519::Identity::generate(), age::x25519::Identity::generate());
        let mut recipients = Recipients::new();
        recipients.add(&mine.to_public().to_string(), "test").unwrap();
        let text = RuleFileText { name: "a.yar".into(), text: "rule a { condition: true }".repeat(9_000) };
        let path = dir.path().join("set.age");
        pack(std::slice::from_ref(&text), &recipients, &path).unwrap();
        let whole = std::fs::read(&path).unwrap();
        assert!(is_packed(&path));
        assert!(!whole.windows(4).any(|bytes| bytes == b"rule"));
        assert!(matches!(pack(&[text], &recipients, &path), Err(Error::Write { .. })), "never overwritten");
        let opened = |path: &Path, key: &age::x25519::Identity| {
            let mut identities = Identities::new();
            identities.add(key.clone());
            open(path, &identities)
        };
        assert!(matches!(opened(&path, &mine), Ok(RuleSource::Packed { .. })));
        assert!(matches!(opened(&path, &other), Err(Error::Open { .. })));
        let cut = dir.path().join("cut.age");
        std::fs::write(&cut, &whole[..whole.len() - 9]).unwrap();
        assert!(matches!(opened(&cut, &mine), Err(Error::Open { .. })));
    }
}
