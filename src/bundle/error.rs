//! The errors of writing a bundle, with the part of it that is safe nevertheless.

use std::io;
use std::path::PathBuf;

use super::sink::Flushed;

/// An error while a bundle is prepared or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file of the bundle could not be created; nothing was written.
    #[error("cannot create '{}'", .path.display())]
    Create {
        /// Path of the file.
        path: PathBuf,
        /// The operating system's error.
        #[source]
        source: io::Error,
    },
    /// The destination accepts no more bytes (full disk, pulled stick): flushed data is salvageable.
    #[error(
        "cannot write to the destination after {} bytes; flushed and salvageable: {} items up to checkpoint {}",
        .flushed.bytes, .flushed.items, .flushed.checkpoint
    )]
    Sink {
        /// The part that the medium has confirmed.
        flushed: Flushed,
        /// The operating system's error.
        #[source]
        source: io::Error,
    },
    /// Neither a recipient nor a passphrase was given: a bundle is never written in plain text.
    #[error("cannot encrypt: neither a recipient nor a passphrase is given")]
    NoRecipient,
    /// An age file has either recipients or a passphrase.
    #[error("cannot encrypt: recipients and a passphrase cannot be combined")]
    MixedRecipients,
    /// A recipient that age does not accept. Its text is not repeated: it might be a secret that was pasted by
    /// mistake.
    #[error("{whence}: {reason}")]
    Recipient {
        /// Where it was given: `-r number 2`, or the file and its line.
        whence: String,
        /// The reason.
        reason: &'static str,
    },
    /// A key, recipients or identity file that cannot be read.
    #[error("cannot read '{}'", .path.display())]
    ReadKey {
        /// Path of the file.
        path: PathBuf,
        /// The operating system's error.
        #[source]
        source: io::Error,
    },
    /// A key or identity file that cannot be used. Nothing of its content is repeated.
    #[error("{whence}: {reason}")]
    Key {
        /// The file, and the line where one is at fault.
        whence: String,
        /// The reason.
        reason: String,
    },
    /// age refused the set of recipients.
    #[error("cannot encrypt to these recipients: {0}")]
    Encrypt(String),
    /// The kit's key could not sign.
    #[error("cannot sign '{what}': {reason}")]
    Sign {
        /// The document to be signed.
        what: &'static str,
        /// The reason.
        reason: String,
    },
    /// An entry from the caller that the format does not allow.
    #[error("entry '{}' {reason}", crate::evidence::Printable(.name))]
    Entry {
        /// Name of the entry.
        name: String,
        /// The reason.
        reason: &'static str,
    },
    /// Data that cannot be written as JSON.
    #[error("cannot write '{what}' as json")]
    Json {
        /// Name of the document.
        what: &'static str,
        /// The error of the serialiser.
        #[source]
        source: serde_json::Error,
    },
    /// The operating system returned no random bytes.
    #[error("cannot obtain random bytes: {0}")]
    Random(String),
}
