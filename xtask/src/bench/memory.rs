//! Peak memory at growing numbers of files, and what one more file costs beside its name.

use std::path::Path;

use super::figures::Figures;
use super::made;
use super::measure::Binary;
use crate::Result;
use crate::fixtures::corpus;

/// Measures at each number of files.
///
/// # Errors
///
/// A run does not end with 0.
pub(super) fn measure(binary: &Binary, place: &Path, files: &[u64], figures: &mut Figures) -> Result {
    let mut peaks = Vec::new();
    for count in files {
        let folder =
            made(&place.join(format!("small-{count}")), |folder| corpus::make_small(folder, *count))?;
        peaks.push((*count, binary.collect(&folder, &["--no-scan"])?.peak_bytes));
    }
    figures.memory(&peaks, NAME);
    Ok(())
}

/// Length of an entry's name in these corpora: `fs/$rootfs$/0000/0000000.txt`.
const NAME: u64 = 28;
