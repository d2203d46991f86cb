//! Where the data of a file with holes stands, as its file system tells it.

use std::fs::File;
use std::os::windows::io::AsHandle as _;

use windows_sys::Win32::System::Ioctl::FSCTL_QUERY_ALLOCATED_RANGES;

use crate::evidence::Range;
use crate::evidence::ranges::Growing;
use crate::sys::windows::handle::control;

/// Ranges in one answer, of 16 bytes each.
const ANSWER: usize = 4096 * 16;

/// The ranges of a file that hold data, at most `most` of them; the flag says whether there are more in the file, of
/// which the ones with the smallest holes between them are told as one. `None` where the file system cannot tell.
pub(crate) fn data_ranges(file: &File, size: u64, most: usize) -> Option<(Vec<Range>, bool)> {
    let mut ranges = Growing::new(most);
    let mut position = 0;
    let mut answer = vec![0; ANSWER];
    while position < size {
        let asked = [position.to_le_bytes(), size.saturating_sub(position).to_le_bytes()].concat();
        let (length, more) =
            control(file.as_handle(), FSCTL_QUERY_ALLOCATED_RANGES, &asked, &mut answer).ok()?;
        let before = position;
        for pair in answer.get(..length)?.chunks_exact(16) {
            let (offset, length) = pair.split_first_chunk::<8>()?;
            let offset = u64::from_le_bytes(*offset);
            let length = u64::from_le_bytes(*length.first_chunk()?).min(size.saturating_sub(offset));
            ranges.push(Range { offset, length });
            position = offset.saturating_add(length);
        }
        if !more || position <= before {
            break;
        }
    }
    Some(ranges.finish())
}
