//! Modules of the kernel: those that `/proc/modules` tells, with the files they came from, and those that only the kernel's
//! own folder of them still knows.
//!
//! In: `/proc/modules`, `/sys/module`, `modules.dep` of the running kernel. Out: a [`KernelModule`] each. A module that takes itself out
//! of the kernel's list mostly leaves its folder in `/sys/module` behind; what is built into the kernel has a folder too,
//! but no state in it.

use std::collections::BTreeSet;

use super::linux_host::LinuxHost;
use super::started_files::rooted;
use crate::evidence::rows::autostarts::KernelModule;
use crate::formats::kernel_modules::{files, modules, plain};

/// Most bytes of a table.
const MAX_TABLE: usize = 16 << 20;

/// All modules of the target.
pub(crate) fn all(reach: &LinuxHost) -> Vec<KernelModule> {
    let mut all = modules(&reach.whole_table("proc/modules", MAX_TABLE));
    let listed: BTreeSet<Vec<u8>> = all.iter().map(|module| module.name.0.clone()).collect();
    for state in reach.matching("sys/module/*/initstate") {
        let name = state.split(|byte| *byte == b'/').nth(2).unwrap_or_default();
        if !listed.contains(name) {
            all.push(KernelModule { name: name.into(), ..KernelModule::default() });
        }
    }
    if all.is_empty() {
        return all;
    }
    let folder = folder(reach);
    let table = reach.whole(format!("{folder}/modules.dep"), MAX_TABLE);
    let files = files(&table);
    for module in &mut all {
        let file = files.get(&plain(&module.name.0)).map(|file| [folder.as_bytes(), b"/", file].concat());
        module.target = file.map(|file| rooted(&reach.end_of(&file).unwrap_or(file)));
    }
    all
}

/// The folder of the running kernel's modules.
pub(crate) fn folder(reach: &LinuxHost) -> String {
    let release = reach.read("proc/sys/kernel/osrelease", 256).unwrap_or_default();
    format!("lib/modules/{}", String::from_utf8_lossy(&release).trim())
}
