//! The tables of these rules name only what exists: a place that was moved or removed leaves no exception behind.
//!
//! In: the tree and the paths that the tables hold. Out: each path of a table that begins no path of the tree. A room of
//! the architecture that is not built yet is named in `arrows::PLANNED`, until it is built.

use super::arrows::{ARROWS, PLANNED};
use super::files::TOP;
use super::places::{MODES, RELEASES, SYS};
use super::{Fault, Tree};

/// Paths in tables that are not in the tree, and planned rooms that are.
pub(super) fn stale(tree: &Tree) -> Vec<Fault> {
    let rooms = ARROWS.iter().map(|(room, _)| *room).filter(|room| !PLANNED.contains(room));
    let mut faults = absent(tree, "arrows.rs", &rooms.map(|room| format!("src/{room}")).collect::<Vec<_>>());
    faults.extend(absent(tree, "places.rs", &[&[SYS], &MODES[..], &RELEASES[..]].concat()));
    faults.extend(absent(tree, "files.rs", &TOP));
    let built = PLANNED.iter().filter(|room| exists(tree, &format!("src/{room}")));
    faults.extend(built.map(|room| fault("arrows.rs", &format!("{room} is built, so it is not planned"))));
    faults
}

/// The paths of a table that begin no path of the tree.
fn absent(tree: &Tree, table: &str, paths: &[impl AsRef<str>]) -> Vec<Fault> {
    let gone = paths.iter().map(AsRef::as_ref).filter(|path| !exists(tree, path));
    gone.map(|path| fault(table, &format!("{path} does not exist"))).collect()
}

/// Whether a path is that of a file or a directory; the name of a Rust module may be without its ending.
fn exists(tree: &Tree, path: &str) -> bool {
    let inside = |file: &str| {
        let rest = file.strip_prefix(path);
        rest.is_some_and(|rest| rest.is_empty() || path.ends_with('/') || rest.starts_with(['/', '.']))
    };
    tree.keys().any(|file| inside(file))
}

fn fault(table: &str, says: &str) -> Fault {
    Fault::new(&format!("xtask/src/tidy/{table}"), 0, format!("stale: {says}"))
}

#[cfg(test)]
mod tests {
    use super::super::tree;
    use super::{absent, stale};

    #[test]
    fn a_path_in_a_table_that_does_not_exist_is_a_fault() {
        let tree = tree(&[("src/bundle/writer.rs", ""), ("src/kit/mod.rs", "")]);
        for (path, faults) in [
            ("src/bundle/writer", 0),
            ("src/bundle/writer.rs", 0),
            ("src/kit/", 0),
            ("src/kit", 0),
            ("src/bundle/write", 1),
            ("src/bundle/sidecar", 1),
            ("src/ki", 1),
        ] {
            assert_eq!(absent(&tree, "places.rs", &[path]).len(), faults, "{path}");
        }
    }

    #[test]
    fn a_tree_without_any_room_has_stale_entries_in_every_table() {
        let faults = stale(&tree(&[("other/file", "")]));
        for table in ["arrows.rs", "places.rs", "files.rs"] {
            assert!(faults.iter().any(|fault| fault.file.ends_with(table)), "{table}: {faults:?}");
        }
    }
}
