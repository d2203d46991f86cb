//! Who may know whom in `src/`. The left may not know the right; `cli` knows all and nobody knows `cli`.

use super::code::code;
use super::{Fault, Tree, is_rust};

/// Each module with the modules it may name. What a line says "still" of is on its way out.
const ARROWS: [(&str, &[&str]); 15] = [
    ("evidence", &[]),
    ("sys", &["evidence"]),
    // Still `sys`, for netlink; and `live`, whose rows systemd's resolver is read into.
    ("formats", &["evidence", "sys", "live"]),
    ("embedded", &[]),
    ("playbook", &["embedded", "evidence"]),
    ("sources", &["evidence", "sys", "formats", "playbook"]),
    ("live", &["evidence", "sys", "formats", "playbook", "sources"]),
    ("scan", &["embedded", "evidence", "sys"]),
    ("text", &["evidence"]),
    // `text` for the receipt.
    ("bundle", &["evidence", "text"]),
    ("acquisition", &["evidence", "sys", "playbook", "sources", "live", "scan", "bundle"]),
    ("analysis", &["evidence", "formats", "scan", "bundle"]),
    // The self-test tries every way in which evidence is read.
    (
        "kit",
        &[
            "evidence",
            "sys",
            "formats",
            "playbook",
            "sources",
            "live",
            "scan",
            "text",
            "bundle",
            "acquisition",
            "analysis",
        ],
    ),
    ("error", &["evidence", "playbook", "sources", "scan", "bundle", "acquisition", "analysis", "kit"]),
    (
        "cli",
        &[
            "evidence",
            "sys",
            "formats",
            "embedded",
            "playbook",
            "sources",
            "live",
            "scan",
            "text",
            "bundle",
            "acquisition",
            "analysis",
            "kit",
            "error",
        ],
    ),
];

/// Uses that go against the arrows.
pub(super) fn broken(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (path, text) in tree {
        let Some(module) = module(path) else { continue };
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == module) else {
            faults.push(Fault::new(path, 0, format!("'{module}' stands in no arrow: say what it may know")));
            continue;
        };
        for (line, used) in uses(&code(text)) {
            let known = ARROWS.iter().any(|(name, _)| *name == used);
            if known && used != module && !allowed.contains(&used.as_str()) {
                faults.push(Fault::new(path, line, format!("'{module}' may not know '{used}'")));
            }
        }
    }
    faults
}

/// The module of `src/` that a file belongs to; none for the two roots and what stands elsewhere.
fn module(path: &str) -> Option<&str> {
    let inside = path.strip_prefix("src/").filter(|_| is_rust(path))?;
    let module = inside.split(['/', '.']).next()?;
    (!matches!(inside, "main.rs" | "lib.rs")).then_some(module)
}

/// Every module named after `crate::`, also within braces, with its line.
fn uses(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (at, prefix) in code.match_indices("crate::") {
        let line = line_of(code, at);
        let rest = code.get(at.saturating_add(prefix.len())..).unwrap_or_default();
        match rest.strip_prefix('{') {
            Some(group) => found.extend(names_of(group).into_iter().map(|name| (line, name))),
            None => found.push((line, name(rest))),
        }
    }
    found
}

/// The first name of each part of a `{…}` group, whose opening brace is already read.
fn names_of(group: &str) -> Vec<String> {
    let mut names = Vec::new();
    let (mut depth, mut begins) = (0_usize, true);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth = depth.saturating_add(1),
            '}' if depth == 0 => break,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => begins = true,
            c if begins && !c.is_whitespace() => {
                names.push(name(group.get(at..).unwrap_or_default()));
                begins = false;
            }
            _ => {}
        }
    }
    names
}

fn name(rest: &str) -> String {
    rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

fn line_of(text: &str, at: usize) -> usize {
    text.get(..at).unwrap_or_default().matches('\n').count().saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::super::tree;
    use super::broken;

    #[test]
    fn a_use_against_the_arrows_is_a_fault_and_one_along_them_is_not() {
        for (path, text, faults) in [
            ("src/bundle/mod.rs", "use crate::evidence::Item;", 0),
            ("src/bundle/mod.rs", "use crate::sources::Target;", 1),
            ("src/analysis/verify.rs", "fn f() { crate::sources::sys::open() }", 1),
            ("src/scan/mod.rs", "use crate::{evidence::{Hit, Item}, bundle::Writer, error::Error};", 2),
            ("src/scan/mod.rs", "//! as crate::bundle::Writer does\nconst A: &str = \"crate::cli::X\";", 0),
            ("src/kit/mod.rs", "use crate::cli::Exit;", 1),
            ("src/cli/collect.rs", "use crate::{acquisition, sources, error};", 0),
            ("src/bundle/reader.rs", "use crate::bundle::seal;", 0),
            ("src/extra.rs", "", 1),
            ("src/lib.rs", "pub use crate::cli::main;", 0),
            ("tests/it/main.rs", "use crate::cli::Exit;", 0),
        ] {
            assert_eq!(broken(&tree(&[(path, text)])).len(), faults, "{path}: {text}");
        }
    }

    #[test]
    fn a_fault_names_its_line() {
        let faults = broken(&tree(&[("src/evidence/mod.rs", "//! x\n\nuse crate::scan;\n")]));
        assert_eq!(faults[0].to_string(), "src/evidence/mod.rs:3: 'evidence' may not know 'scan'");
    }
}
