//! Which room of `src/` may use which: the arrows of ARCHITECTURE, as one table.
//!
//! In: the files of `src`. Out: each path, in an import or in code, that leads into a room which the table does not
//! allow. Nothing may use `cli`. A file's own tests keep to the same arrows.

use super::paths::{Modules, mentions};
use super::{Fault, Tree};

/// Each room with what it may use: whole rooms, or modules of one.
pub(super) const ARROWS: [(&str, &[&str]); 16] = [
    ("docs", &[]),
    ("evidence", &[]),
    ("embedded", &[]),
    ("text", &["evidence"]),
    ("formats", &["evidence"]),
    ("sys", &["evidence"]),
    ("playbook", &["embedded", "evidence"]),
    ("sources", &["evidence", "formats", "playbook", "sys"]),
    ("live", &["evidence", "formats", "playbook", "sources", "sys"]),
    ("scan", &["embedded", "evidence", "formats", "sys"]),
    // `text` for the sentences of the receipt.
    ("bundle", &["evidence", "text"]),
    ("acquisition", &["bundle", "evidence", "live", "playbook", "scan", "sources", "sys"]),
    ("analysis", &["bundle", "evidence", "formats", "scan"]),
    (
        "case",
        &["analysis", "bundle", "embedded", "evidence", "formats", "scan", "sys::child", "sys::volumes"],
    ),
    // `live` and `formats` for the self-test, which tries every way in which evidence is read; `text` for the wizard.
    (
        "kit",
        &[
            "acquisition",
            "analysis",
            "bundle",
            "embedded",
            "evidence",
            "formats",
            "live",
            "playbook",
            "scan",
            "sources",
            "sys",
            "text",
        ],
    ),
    (
        "cli",
        &[
            "acquisition",
            "analysis",
            "bundle",
            "case",
            "embedded",
            "evidence",
            "formats",
            "kit",
            "live",
            "playbook",
            "scan",
            "sources",
            "sys",
            "text",
        ],
    ),
];

/// Rooms of the table that are not built yet.
pub(super) const PLANNED: [&str; 1] = ["case"];

/// Uses that go against the arrows.
pub(super) fn broken(code: &Tree) -> Vec<Fault> {
    let modules = Modules::of(code);
    let mut faults = Vec::new();
    for (module, path) in modules.iter() {
        let Some(room) = module.first() else { continue };
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| name == room) else {
            faults.push(Fault::new(path, 0, format!("'{room}' is in no arrow: add what it may use")));
            continue;
        };
        for mention in mentions(code.get(path).map_or("", String::as_str)) {
            let Some(used) = modules.path(module, &mention.segments) else { continue };
            let Some(other) = used.first() else { continue };
            let known = ARROWS.iter().any(|(name, _)| name == other);
            if known && other != room && !allowed.iter().any(|allowed| within(&used, allowed)) {
                faults.push(Fault::new(path, mention.line, format!("'{room}' may not use '{other}'")));
            }
        }
    }
    faults.sort_by(|a, b| (&a.file, a.line, &a.says).cmp(&(&b.file, b.line, &b.says)));
    faults.dedup();
    faults
}

/// Whether a path leads into a room or module.
fn within(path: &[String], allowed: &str) -> bool {
    let mut path = path.iter();
    allowed.split("::").all(|part| path.next().is_some_and(|segment| segment == part))
}

#[cfg(test)]
mod tests {
    use super::super::{code, tree};
    use super::{broken, within};

    #[test]
    fn a_use_against_the_arrows_is_a_fault_and_one_along_them_is_not() {
        for (path, text, faults) in [
            ("src/bundle/mod.rs", "use crate::evidence::Item;", 0),
            ("src/bundle/mod.rs", "use crate::sources::Target;", 1),
            ("src/bundle/mod.rs", "use super::sources::Target;", 1),
            ("src/analysis/verify.rs", "fn f() { crate::sys::files::open() }", 1),
            ("src/scan/mod.rs", "use crate::{evidence::{Hit, Item}, bundle::Writer, analysis::Error};", 2),
            ("src/scan/mod.rs", "//! as crate::bundle::Writer does\nconst A: &str = \"crate::cli::X\";", 0),
            ("src/kit/mod.rs", "use crate::cli::Exit;", 1),
            ("src/cli/collect.rs", "use crate::{acquisition, sources, kit};", 0),
            ("src/bundle/reader.rs", "use crate::bundle::seal;", 0),
            ("src/sys/linux/mod.rs", "use crate::evidence::Utc;", 0),
            ("src/sys/linux/mod.rs", "use crate::formats::hive::Hive;", 1),
            ("src/live/processes.rs", "use crate::{formats::proc, sys::processes};", 0),
            ("src/formats/hive.rs", "use crate::sys::files;", 1),
            ("src/case/worker.rs", "use crate::sys::child::Child;", 0),
            ("src/case/worker.rs", "use crate::sys::files::open;", 1),
            ("src/extra.rs", "", 1),
            ("src/lib.rs", "pub use crate::cli::main;", 0),
            ("tests/it/main.rs", "use crate::cli::Exit;", 0),
        ] {
            assert_eq!(broken(&code::of(&tree(&[(path, text)]))).len(), faults, "{path}: {text}");
        }
    }

    #[test]
    fn an_arrow_may_lead_to_a_part_of_a_room() {
        let path = |text: &str| text.split("::").map(str::to_owned).collect::<Vec<_>>();
        assert!(within(&path("sys::child::Child"), "sys::child"));
        assert!(within(&path("sys::child"), "sys"));
        assert!(!within(&path("sys::files::open"), "sys::child"));
        assert!(!within(&path("sys"), "sys::child"));
    }

    #[test]
    fn a_fault_has_its_line() {
        let faults = broken(&code::of(&tree(&[("src/evidence/mod.rs", "//! x\n\nuse crate::scan;\n")])));
        assert_eq!(faults[0].to_string(), "src/evidence/mod.rs:3: 'evidence' may not use 'scan'");
    }
}
