//! What can go wrong while a bundle is written, and what of it is safe all the same.

use std::io;
use std::path::PathBuf;

use super::sink::Flushed;

/// A failure of the writing half.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file of the bundle could not be made; nothing was written.
    #[error("cannot create '{}'", .path.display())]
    Create {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The destination stopped taking bytes (full disk, pulled stick): what was flushed is salvageable.
    #[error(
        "cannot write to the destination after {} bytes; flushed and salvageable: {} items up to checkpoint {}",
        .flushed.bytes, .flushed.items, .flushed.checkpoint
    )]
    Sink {
        /// What the medium has confirmed.
        flushed: Flushed,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Neither a recipient nor a passphrase was given: a bundle is never written in plain text.
    #[error("cannot encrypt: neither a recipient nor a passphrase is given")]
    NoRecipient,
    /// Recipients and a passphrase exclude each other in an age file.
    #[error("recipients and a passphrase cannot be combined")]
    MixedRecipients,
    /// A recipient that age does not understand. Its text is not repeated: it might be a secret, pasted wrongly.
    #[error("{whence}: {reason}")]
    Recipient {
        /// Where it was given: `-r number 2`, or the file and its line.
        whence: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A key, recipients or identity file that cannot be read.
    #[error("cannot read '{}'", .path.display())]
    ReadKey {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A key or identity file that cannot be used. Nothing of its content is repeated.
    #[error("{whence}: {reason}")]
    Key {
        /// The file, and its line where one is at fault.
        whence: String,
        /// What is wrong with it.
        reason: String,
    },
    /// age refused the set of recipients.
    #[error("cannot encrypt to these recipients: {0}")]
    Encrypt(String),
    /// The kit's key could not sign.
    #[error("cannot sign '{what}': {reason}")]
    Sign {
        /// What was to be signed.
        what: &'static str,
        /// Why not.
        reason: String,
    },
    /// A caller's entry that the format does not allow.
    #[error("entry '{}' {reason}", crate::evidence::Printable(.name))]
    Entry {
        /// Its name.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Facts that JSON cannot hold.
    #[error("cannot write '{what}' as json")]
    Json {
        /// The entry.
        what: &'static str,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// The operating system gave no random bytes.
    #[error("cannot obtain random bytes: {0}")]
    Random(String),
}
