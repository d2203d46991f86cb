//! Reads rpm's own database format, as SUSE has it: slots with the location of each package header. The form is that
//! of <https://github.com/rpm-software-management/rpm/blob/master/lib/backend/ndb/rpmpkg.c>.

use std::io;

use super::MAX_HEADER;
use crate::evidence::bytes::u32_at;
use crate::formats::seek::{ReadSeek, damaged};

/// Bytes of a page of slots, of one slot, and of a block, the unit of all offsets.
const PAGE: usize = 4096;
const SLOT: usize = 16;
const BLOCK: u64 = 16;

/// Signatures of the file, of a slot, and of a package.
const MAGIC: &[u8; 4] = b"RpmP";
const SLOT_MAGIC: &[u8; 4] = b"Slot";
const BLOB_MAGIC: &[u8; 4] = b"BlbS";

/// Maximum number of slot pages: a quarter of a million packages.
const MAX_PAGES: u32 = 1024;

/// Passes each header to `take`.
pub(super) fn each(file: &mut dyn ReadSeek, take: &mut dyn FnMut(&[u8]) -> bool) -> io::Result<()> {
    let head = file.stretch(0, 32)?;
    if !head.starts_with(MAGIC) || u32_at(&head, 4) != Some(0) {
        return Err(damaged("not an ndb database of rpm"));
    }
    let pages = u32_at(&head, 12).filter(|pages| (1..=MAX_PAGES).contains(pages));
    let pages = pages.ok_or_else(|| damaged("the number of pages"))?;
    let length = usize::try_from(pages).unwrap_or_default().saturating_mul(PAGE);
    let slots = file.stretch(0, length)?;
    // Packages share no bytes: together they are no longer than the file.
    let mut room = file.seek(io::SeekFrom::End(0))?;
    // The file header takes the place of two slots.
    for slot in slots.chunks_exact(SLOT).skip(2) {
        if !slot.starts_with(SLOT_MAGIC) {
            return Err(damaged("a slot"));
        }
        let (number, at) = (u32_at(slot, 4).unwrap_or_default(), u32_at(slot, 8).unwrap_or_default());
        if at == 0 {
            continue;
        }
        let place = u64::from(at).saturating_mul(BLOCK);
        let blob = file.stretch(place, SLOT)?;
        let length = u32_at(&blob, 12).and_then(|length| usize::try_from(length).ok());
        if !blob.starts_with(BLOB_MAGIC) || u32_at(&blob, 4) != Some(number) {
            return Err(damaged("the location of a package"));
        }
        let length =
            length.filter(|length| *length <= MAX_HEADER).ok_or_else(|| damaged("a package's length"))?;
        let taken = u64::try_from(length).unwrap_or(u64::MAX);
        room = room.checked_sub(taken).ok_or_else(|| damaged("the packages are longer than the file"))?;
        if !take(&file.stretch(place.saturating_add(BLOCK), length)?) {
            break;
        }
    }
    Ok(())
}
