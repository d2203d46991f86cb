//! The shadow copies of this machine's volumes, by the names of their devices: what the kernel's folder `\Device` lists. Asking
//! so needs no service to run and changes nothing.

use std::path::PathBuf;

use crate::sys::layouts;
use crate::sys::objects::each_object;

/// Most devices looked at; a machine has some hundred.
const MAX_DEVICES: usize = 1 << 16;

/// The number of each shadow copy, as Windows counts them, and the root of its file system.
pub(in crate::sys::volumes) fn shadow_copies() -> Vec<(u32, PathBuf)> {
    let mut numbers = Vec::new();
    // A folder that cannot be listed tells of none.
    let _ = each_object("\\Device", MAX_DEVICES, &mut |name, _| numbers.extend(layouts::shadow_copy(name)));
    numbers.sort_unstable();
    let root =
        |number| PathBuf::from(format!("\\\\?\\GLOBALROOT\\Device\\HarddiskVolumeShadowCopy{number}\\"));
    numbers.into_iter().map(|number| (number, root(number))).collect()
}
