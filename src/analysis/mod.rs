//! READ: a bundle becomes a verdict, a list, files.
//!
//! In: a bundle and who can read it, what the caller knows of its author ([`Claims`]), [`ReadLimits`]. Out: a
//! [`Verdict`] on two axes, and, while the one pass over the file goes on, calls of a [`Listener`] that lists or
//! unpacks. Nothing in here knows of the host the bundle came from, and nothing inside the bundle is believed
//! before it is checked.

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

/// What the caller knows of who made the bundle, from somewhere else than the bundle.
#[derive(Debug, Clone, Default)]
pub struct Claims {
    /// The public key of the kit, or of the CERT that certified the kit's.
    pub signer: Option<minisign::PublicKey>,
    /// Keys that no longer prove anything.
    pub revoked: RevokedKeys,
    /// The seal code that was read out or stands on the custody form.
    pub seal: Option<SealCode>,
}

/// Why a bundle cannot be judged at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file cannot be opened.
    #[error("cannot open '{}'", .path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Its encryption cannot be taken off.
    #[error("cannot read '{}'", .path.display())]
    Decrypt {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: OpenError,
    },
    /// Made by a later version.
    #[error("the bundle has format {0}; this version reads format 1")]
    Format(u32),
    /// The given public key is none.
    #[error("'{0}' is not a minisign public key or a file that holds one")]
    Signer(String),
}

/// Reads a bundle once from its beginning to its end, tells the listener what is in it, and judges it.
///
/// # Errors
/// [`Error`] where there is nothing to judge: a wrong key, no bundle.
pub fn verify(
    path: &Path,
    identities: &Identities,
    claims: &Claims,
    limits: &ReadLimits,
    listener: &mut dyn Listener,
) -> Result<Verdict, Error> {
    let parts = Parts::open(path).map_err(|source| Error::Open { path: path.to_owned(), source })?;
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
    Ok(verdict::conclude(seen, &walk, judged, sha256, plain.length()))
}

/// Reads a minisign public key: base64, or the path of a file that holds one.
///
/// # Errors
/// [`Error::Signer`].
pub fn signer(text: &str) -> Result<minisign::PublicKey, Error> {
    if let Ok(key) = minisign::PublicKey::from_base64(text.trim()) {
        return Ok(key);
    }
    let wrong = || Error::Signer(text.to_owned());
    let facts = std::fs::metadata(text).map_err(|_| wrong())?;
    // Two lines; anything else is no key, and need not be read.
    if !facts.is_file() || facts.len() > 4_096 {
        return Err(wrong());
    }
    let content = std::fs::read_to_string(text).map_err(|_| wrong())?;
    let line = content.lines().rfind(|line| !line.trim().is_empty()).ok_or_else(wrong)?;
    minisign::PublicKey::from_base64(line.trim()).map_err(|_| wrong())
}
