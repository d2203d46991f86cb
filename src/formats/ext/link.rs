//! Reads the targets of symbolic links: short ones are in the inode, longer ones in a block.

use std::sync::Arc;

use super::ExtDamage;
use super::content::ExtContent;
use super::inode::Inode;
use super::layout::to_u64;
use super::volume::ExtVolume;
use crate::evidence::Kind;

/// Longest target in bytes: the kernel allows less than a block, and a path of 4,096 bytes.
const MAX_LINK: u64 = 64 << 10;

/// Returns the target of a link; `None` where it is encrypted, or the inode is not a link.
pub(super) fn target(volume: &Arc<ExtVolume>, inode: &Inode) -> Result<Option<Vec<u8>>, ExtDamage> {
    if inode.kind != Kind::Link || inode.is_encrypted() {
        return Ok(None);
    }
    if let Some(target) = inode.short_link() {
        return Ok(Some(target.to_vec()));
    }
    let size = usize::try_from(inode.size).ok().filter(|_| inode.size <= MAX_LINK);
    let mut target = vec![0; size.ok_or(ExtDamage::TooLarge("link"))?];
    let mut content = ExtContent::of(volume, inode)?;
    let mut filled = 0_usize;
    while let Some(rest) = target.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match content.read_at(to_u64(filled), rest)? {
            0 => break,
            count => filled = filled.saturating_add(count),
        }
    }
    Ok(Some(target))
}
