//! READ: a bundle becomes a verdict, a list, files.
//!
//! In: a bundle and the keys to decrypt it, what the caller knows of its author ([`Claims`]), [`ReadLimits`]. Out: a
//! [`Verdict`] on two axes and, during the single pass over the file, calls of a [`Listener`] that lists or unpacks.
//! This module does not depend on the host of the bundle, and trusts nothing in the bundle before it is checked.

use std::path::{Path, PathBuf};

use crate::bundle::limits::ReadLimits;
use crate::bundle::parts::Parts;
use crate::bundle::reader::{Decrypted, OpenError};
use crate::bundle::{Identities, SealCode, forward};

mod author;
mod chain;
mod examine;
mod finding;
pub mod rescan;
mod revoked;
mod trust;
pub mod unpack;
mod verdict;

pub use finding::{FindingKind, ProofCounts, VerdictFinding};
pub use revoked::{RevokedKeys, RevokedKeysError};
pub use trust::{Listener, Silent, Trust};
pub use verdict::{Authorship, Integrity, Remark, SigningKey, Verdict};

use author::Evidence;
use examine::Examiner;

/// What the caller knows of the author of the bundle, from another source than the bundle.
#[derive(Debug, Clone, Default)]
pub struct Claims {
    /// The public key of the kit, or of the CERT that certified the kit's key.
    pub signer: Option<minisign::PublicKey>,
    /// Keys that no longer prove anything.
    pub revoked: RevokedKeys,
    /// The seal code that was read out, or is on the custody form.
    pub seal: Option<SealCode>,
}

/// Why a bundle cannot be judged at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file cannot be opened.
    #[error("cannot open '{}'", .path.display())]
    Open {
        /// Path of the file.
        path: PathBuf,
        /// The operating system's error.
        #[source]
        source: std::io::Error,
    },
    /// The bundle cannot be decrypted.
    #[error("cannot read '{}'", .path.display())]
    Decrypt {
        /// Path of the file.
        path: PathBuf,
        /// The reason.
        #[source]
        source: OpenError,
    },
    /// The bundle was made by a later version.
    #[error("cannot read a bundle of format {0}: this version reads format 1")]
    Format(u32),
    /// The given public key is not valid.
    #[error("'{0}' is neither a minisign public key nor a file that contains one")]
    Signer(String),
}

/// Reads a bundle once from beginning to end, passes its contents to the listener, and judges it.
///
/// # Errors
///
/// [`Error`] where there is nothing to judge: a wrong key, or not a bundle.
pub fn verify(
    path: &Path,
    identities: &Identities,
    claims: &Claims,
    limits: &ReadLimits,
    listener: &mut dyn Listener,
) -> Result<Verdict, Error> {
    let parts = Parts::open(path).map_err(|source| Error::Open { path: path.to_owned(), source })?;
    let (missing, next) = (parts.missing(), parts.next());
    let mut plain = Decrypted::open(parts, identities)
        .map_err(|source| Error::Decrypt { path: path.to_owned(), source })?;
    let mut examiner = Examiner::new(limits, listener);
    let walk = forward::forward(&mut plain, limits, &mut examiner);
    let seen = examiner.conclude(&walk);
    if let Some(format) = seen.later_format {
        return Err(Error::Format(format));
    }
    let sha256 = plain.sha256();
    let evidence = Evidence { path, sha256, examined: &seen };
    let judged = author::judge(claims, &evidence);
    let mut verdict = verdict::conclude(seen, &walk, judged, sha256, plain.length());
    let lost = if missing.is_empty() && verdict.integrity == Integrity::Truncated {
        next.into_iter().collect()
    } else {
        missing
    };
    verdict.parts_missing = lost
        .iter()
        .filter_map(|part| part.file_name())
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    Ok(verdict)
}

/// Reads a minisign public key: base64, or the path of a file with one.
///
/// # Errors
///
/// [`Error::Signer`].
pub fn signer(text: &str) -> Result<minisign::PublicKey, Error> {
    if let Ok(key) = minisign::PublicKey::from_base64(text.trim()) {
        return Ok(key);
    }
    let wrong = || Error::Signer(text.to_owned());
    let facts = std::fs::metadata(text).map_err(|_| wrong())?;
    // A key file has two lines; anything larger is not a key.
    if !facts.is_file() || facts.len() > 4_096 {
        return Err(wrong());
    }
    let content = std::fs::read_to_string(text).map_err(|_| wrong())?;
    let line = content.lines().rfind(|line| !line.trim().is_empty()).ok_or_else(wrong)?;
    minisign::PublicKey::from_base64(line.trim()).map_err(|_| wrong())
}
