//! The options of a writer: the clock, the signer, and the directory of the receipt.
//!
//! In: the operator's choices. Out: [`WriterOptions`], which the writer and the receipt of a sealed bundle share.

use std::path::PathBuf;

use super::signer::Signer;
use crate::evidence::Utc;
use crate::text::Language;

/// Returns the current time. Passed in, so that a test decides when a checkpoint is due.
pub type WriterClock = Box<dyn FnMut() -> Utc + Send>;

/// The options of a writer.
pub struct WriterOptions {
    /// Returns the time.
    pub clock: WriterClock,
    /// Signs the manifest and the receipt.
    pub signer: Option<Signer>,
    /// Language of the receipt.
    pub language: Language,
    /// Directory for the receipt and its signature; next to the bundle where it is absent. A stream without one gets
    /// neither.
    pub sidecar: Option<PathBuf>,
    /// The file size limit of this process, which may end the bundle's file: a bundle that was split because of it is
    /// reported as incomplete.
    pub file_size_limit: Option<u64>,
}

impl WriterOptions {
    /// Starts without a signer, with a Dutch receipt next to the bundle.
    #[must_use]
    pub fn new(clock: WriterClock) -> Self {
        Self { clock, signer: None, language: Language::Nl, sidecar: None, file_size_limit: None }
    }
}
