//! Rules of nftables, with which rules of `iptables` stand as well wherever that is one of today.
//!
//! In: what the kernel of the running system answers by netlink, to an administrator alone. Out: rows of `LiveNetwork`. It is asked only
//! where its packet filter is there already: a question makes the kernel load what it lacks, and the host would not be as it was.
//! Those of the older `iptables` are asked for by an option of a socket, of tables that are in use alone, for the same reason.

use std::time::Duration;

use super::kernel;
use super::linux_host::LinuxHost;
use super::modules;
use crate::evidence::ReasonCode;
use crate::evidence::rows::firewall::FilterPart;
use crate::evidence::rows::network::NetworkRow;
use crate::formats::iptables;
use crate::formats::netlink::Question;
use crate::formats::netlink::filter;
use crate::formats::netlink::filter::{Element, Filter, MAX_ELEMENTS};
use crate::sources::rows::{Halt, Lines, code_of};
use crate::sys;
use crate::sys::Stopwatch;

/// How long all answers may take.
const LIMIT: Duration = Duration::from_secs(8);

/// Most parts that are told.
const MAX_PARTS: usize = 50_000;

/// Most bytes of a table of modules.
const MAX_TABLE: usize = 4 << 20;

/// Tells the rules of the running system.
pub(crate) fn rules(reach: &LinuxHost, sockets: &[u8], lines: &mut Lines<'_>) -> Result<(), Halt> {
    let loaded = || reach.read("proc/modules", MAX_TABLE).ok();
    let builtin = || reach.text(&format!("{}/modules.builtin", modules::folder(reach)), MAX_TABLE).ok();
    match is_there(sockets, &loaded, &builtin) {
        Some(true) => {}
        Some(false) => return Ok(()),
        None => {
            lines.short(
                ReasonCode::Unsupported,
                "it is not known whether the kernel has nftables: its rules are not read",
            );
            return Ok(());
        }
    }
    let watch = Stopwatch::start();
    let mut left = MAX_PARTS;
    let mut sets = Vec::new();
    for question in filter::questions() {
        let mut parts: Vec<Filter> = Vec::new();
        let mut more = false;
        let asked = ask(&question, watch, &mut |kind, body| match filter::filter(kind, body) {
            Some(_) if parts.len() >= left => more = true,
            told => parts.extend(told),
        });
        left = left.saturating_sub(parts.len());
        if more {
            lines.short(
                ReasonCode::ArtifactLimit,
                format!("no more than {MAX_PARTS} parts of nftables are reported"),
            );
        }
        if let Err(error) = asked {
            lines.short(code_of(&error), format!("asking the kernel for rules of nftables: {error}"));
            // Whoever may not ask for one may not ask for another.
            if error.kind() == std::io::ErrorKind::PermissionDenied {
                return Ok(());
            }
        }
        for part in parts {
            if part.part == "set" {
                sets.push(part);
            } else {
                lines.row(&row(part))?;
            }
        }
    }
    for mut set in sets {
        let (mut all, mut more): (Vec<Element>, bool) = (Vec::new(), false);
        let asked = ask(&filter::elements_of(&set), watch, &mut |kind, body| {
            if all.len() > MAX_ELEMENTS {
                more = true;
            } else {
                filter::elements(kind, body, &mut all);
            }
        });
        if let Err(error) = asked {
            lines.short(code_of(&error), format!("asking the kernel for a set of nftables: {error}"));
        }
        set.elements = filter::written(set.form, all);
        if more || set.elements.len() > MAX_ELEMENTS {
            set.elements.truncate(MAX_ELEMENTS);
            lines.short(
                ReasonCode::ArtifactLimit,
                format!("sets of nftables of which no more than {MAX_ELEMENTS} elements are reported"),
            );
        }
        lines.row(&row(set))?;
    }
    Ok(())
}

/// Tells the rules of a table of the older packet filter.
pub(crate) fn older(six: bool, name: &[u8], lines: &mut Lines<'_>) -> Result<(), Halt> {
    match sys::ask_table(six, name) {
        Ok((info, entries)) => {
            iptables::table(six, name, &info, &entries).into_iter().try_for_each(|part| lines.row(&row(part)))
        }
        Err(error) => {
            lines.short(code_of(&error), format!("asking the kernel for rules of iptables: {error}"));
            Ok(())
        }
    }
}

fn row(part: Filter) -> NetworkRow {
    let Filter {
        part,
        family,
        table,
        name,
        handle,
        kind,
        hook,
        priority,
        policy,
        devices,
        dormant,
        says,
        comment,
        elements,
        form: _,
    } = part;
    NetworkRow::Filter(Box::new(FilterPart {
        part: part.into(),
        family,
        table,
        name,
        handle,
        kind,
        hook,
        priority,
        policy,
        devices,
        dormant,
        says,
        comment,
        elements,
    }))
}

fn ask(question: &Question, watch: Stopwatch, take: &mut dyn FnMut(u16, &[u8])) -> std::io::Result<()> {
    kernel::ask(question, LIMIT.saturating_sub(watch.elapsed()), take)
}

/// Whether the kernel has nftables at work, so that a question makes it load nothing; `None` where that is told nowhere.
///
/// In: `/proc/net/netlink`, where the kernel's own socket for packet filters stands; `/proc/modules`, which a kernel without modules
/// has not; `modules.builtin` (kbuild), which names what is no module.
fn is_there(
    sockets: &[u8],
    modules: &dyn Fn() -> Option<Vec<u8>>,
    builtin: &dyn Fn() -> Option<Vec<u8>>,
) -> Option<bool> {
    let lines = |text: &[u8], which: &dyn Fn(&[u8]) -> bool| text.split(|byte| *byte == b'\n').any(which);
    // Columns: address, protocol (12 is netfilter), the number of the process, 0 for the kernel.
    let kernels = lines(sockets, &|line| {
        let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).skip(1);
        (words.next(), words.next()) == (Some(b"12"), Some(b"0"))
    });
    if !kernels {
        return Some(false);
    }
    let Some(modules) = modules() else { return Some(true) };
    if lines(&modules, &|line| line.starts_with(b"nf_tables ")) {
        return Some(true);
    }
    builtin().map(|text| lines(&text, &|line| line.ends_with(b"/nf_tables.ko")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_is_asked_where_its_filter_is_there_and_nowhere_else() {
        let head =
            "sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n";
        let with = format!(
            "{head}00000000d5dd33cd 12  0          00000000 0        0        0     2        0        8666\n"
        );
        let without = format!(
            "{head}00000000d5dd33cd 0   0          00000000 0 0 0 2 0 8666\n00000000d5dd33ce 12  77         00000000 0 0 0 2 0 8667\n"
        );
        let (with, without) = (with.as_bytes(), without.as_bytes());
        let loaded =
            Some(&b"nft_chain_nat 16384 1 - Live 0x0\nnf_tables 376832 1 nft_chain_nat, Live 0x0\n"[..]);
        let others = Some(&b"nf_tables_x 1 1 - Live 0x0\nloop 1 0 - Live 0x0\n"[..]);
        let within = Some(&b"kernel/net/netfilter/nf_tables.ko\n"[..]);
        let not = Some(&b"kernel/net/netfilter/nfnetlink.ko\n"[..]);
        let is_there = |sockets: &[u8], modules: Option<&[u8]>, builtin: Option<&[u8]>| {
            is_there(sockets, &|| modules.map(<[u8]>::to_vec), &|| builtin.map(<[u8]>::to_vec))
        };
        assert_eq!(is_there(without, loaded, within), Some(false));
        assert_eq!(is_there(b"", None, None), Some(false));
        assert_eq!(is_there(with, None, None), Some(true));
        assert_eq!(is_there(with, loaded, None), Some(true));
        assert_eq!(is_there(with, others, within), Some(true));
        assert_eq!(is_there(with, others, not), Some(false));
        assert_eq!(is_there(with, others, None), None);
    }
}
