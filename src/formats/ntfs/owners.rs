//! The owners of a volume's files as far as they are known: kept by the volume, filled by `security`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};

use super::stream::Clusters;

/// The owners that were looked up, and the table for further ones.
#[derive(Debug, Default)]
pub(super) struct Owners {
    /// Read at the first request; `None` inside where the volume has no descriptors, as before NTFS 3.
    pub(super) descriptors: OnceLock<Option<Descriptors>>,
    /// Owners as SIDs, by their number in `$Secure`.
    pub(super) known: Mutex<BTreeMap<u32, Option<Arc<str>>>>,
}

/// The security descriptors of a volume (`$Secure`).
#[derive(Debug)]
pub(super) struct Descriptors {
    /// Offset and length in `$SDS`, by number (`$SII`).
    pub(super) places: BTreeMap<u32, (u64, u32)>,
    /// The stream `$SDS`.
    pub(super) stream: Clusters,
}
