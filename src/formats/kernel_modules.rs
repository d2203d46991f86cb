//! Reads the module tables of the Linux kernel: `/proc/modules`, and `modules.dep`, which has the files of the
//! modules.
//!
//! In: the text of a table. Out: one [`KernelModule`] per line, and files by module name. Pure; never panics.

use std::collections::BTreeMap;

use crate::evidence::Exact;
use crate::evidence::rows::autostarts::KernelModule;

/// Reads `/proc/modules` (`proc_modules(5)`): name, memory size, reference count, dependents, state, address, and
/// taint flags in brackets.
#[must_use]
pub fn modules(text: &[u8]) -> Vec<KernelModule> {
    let line = |line: &[u8]| {
        let text = String::from_utf8_lossy(line);
        let fields: Vec<&str> = text.split_ascii_whitespace().take(8).collect();
        let used_by = fields.get(3)?.split(',').filter(|name| !matches!(*name, "" | "-" | "[permanent]"));
        let taint = fields.get(6).map(|taint| Exact::from(taint.trim_matches(['(', ')'])));
        Some(KernelModule {
            name: Exact::from(fields.first()?),
            listed: true,
            memory: Some(fields.get(1)?.parse().ok()?),
            users: fields.get(2)?.parse().ok(),
            used_by: used_by.map(Exact::from).collect(),
            state: fields.get(4).map(Exact::from),
            taint,
            ..KernelModule::default()
        })
    };
    text.split(|byte| *byte == b'\n').filter_map(line).collect()
}

/// Reads modules.dep (modules.dep(5)): the files of modules, by the names that the kernel uses.
#[must_use]
pub fn files(table: &[u8]) -> BTreeMap<Vec<u8>, &[u8]> {
    let files = table.split(|byte| *byte == b'\n').filter_map(|line| line.split(|byte| *byte == b':').next());
    let named = files.filter_map(|file| {
        let name = file.rsplit(|byte| *byte == b'/').next()?;
        let end = name.windows(3).position(|part| part == b".ko")?;
        Some((plain(name.get(..end)?), file))
    });
    named.take(1 << 20).collect()
}

/// Writes a module name as the kernel does.
pub(crate) fn plain(name: &[u8]) -> Vec<u8> {
    name.iter().map(|byte| if *byte == b'-' { b'_' } else { *byte }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In the form of `proc_modules(5)`, with an out-of-tree module.
    #[test]
    fn modules_and_their_files_are_read() {
        let table =
            b"nf_tables 303104 0 - Live 0x0000000000000000\nlibcrc32c 16384 2 nf_tables,xfs, Live 0x0\n\
            diamorphine 16384 0 - Live 0x0 (OE)\nx\nlvm 1 1 [permanent], Live 0x0\n";
        let all = modules(table);
        assert_eq!(all.len(), 4);
        assert_eq!((all[1].users, all[1].used_by.clone()), (Some(2), vec!["nf_tables".into(), "xfs".into()]));
        assert_eq!((all[2].taint.clone(), all[0].taint.clone()), (Some("OE".into()), None));
        assert!(all[3].used_by.is_empty());
        let dep = b"kernel/net/nf-tables.ko.xz: kernel/lib/libcrc32c.ko.xz\nkernel/lib/libcrc32c.ko.xz:\nx\n";
        let files = files(dep);
        assert_eq!(files[&b"nf_tables"[..].to_vec()], b"kernel/net/nf-tables.ko.xz");
        assert_eq!(files.len(), 2);
    }
}
