//! What a writer needs in addition to the evidence: the time, the signer, and where the receipt goes.
//!
//! In: the operator's choices. Out: [`WriterOptions`], which the writer and the receipt of a sealed bundle share.

use std::path::PathBuf;

use super::signer::Signer;
use crate::evidence::Utc;
use crate::text::Language;

/// Returns the present moment. Passed in, so that a test decides when a checkpoint is due.
pub type WriterClock = Box<dyn FnMut() -> Utc + Send>;

/// What a writer needs in addition to the evidence.
pub struct WriterOptions {
    /// Returns the time.
    pub clock: WriterClock,
    /// Signs the manifest and the receipt.
    pub signer: Option<Signer>,
    /// Language of the receipt.
    pub language: Language,
    /// Directory for the receipt and its signature; next to the bundle where it is absent. A stream without one has
    /// neither.
    pub sidecar: Option<PathBuf>,
    /// The limit on the size of files that this process has, where it may end the bundle's file: a bundle that had to be split
    /// by it is not as it was asked for.
    pub file_size_limit: Option<u64>,
}

impl WriterOptions {
    /// Starts with no signer, the receipt in Dutch next to the bundle.
    #[must_use]
    pub fn new(clock: WriterClock) -> Self {
        Self { clock, signer: None, language: Language::Nl, sidecar: None, file_size_limit: None }
    }
}
