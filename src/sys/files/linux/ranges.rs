//! Where the data of a file with holes stands, told in a list of bounded length.

use std::fs::File;

use rustix::fs::{SeekFrom, seek};
use rustix::io::Errno;

use crate::evidence::Range;
use crate::evidence::ranges::Growing;

/// The ranges of a file that hold data, at most `most` of them; the flag says whether there are more in the file, of
/// which the ones with the smallest holes between them are told as one. `None` where the file system cannot tell.
pub(crate) fn data_ranges(file: &File, size: u64, most: usize) -> Option<(Vec<Range>, bool)> {
    let mut ranges = Growing::new(most);
    let mut position = 0;
    while position < size {
        let offset = match seek(file, SeekFrom::Data(position)) {
            Ok(offset) => offset,
            Err(Errno::NXIO) => break,
            Err(_) => return None,
        };
        let end = seek(file, SeekFrom::Hole(offset)).ok()?.min(size);
        ranges.push(Range { offset, length: end.saturating_sub(offset) });
        position = end.max(offset.saturating_add(1));
    }
    seek(file, SeekFrom::Start(0)).is_ok().then(|| ranges.finish())
}
