//! No circle of files inside a room: what a file uses can be read and understood before the file itself.
//!
//! In: the files of `src`. Out: each set of files of one room in which every file leads to every other. A file leads to
//! the file that defines an item it names, by `use` or by a path in code, whichever re-exports the path goes through.
//!
//! Not counted are:
//! - a child's use of its own ancestor (`super::Entry`, defined in the `mod.rs` above it): a module's shared types are in
//!   its `mod.rs`, and its children are parts of it. The `mod.rs` that uses its children is an edge all the same, so
//!   that a sibling which a child needs may not need the `mod.rs` in turn;
//! - `mod` lines, and a `pub use` whose name occurs nowhere else in the file: they hand on and use nothing;
//! - a file's own tests.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::code::without_tests;
use super::paths::{Mention, Modules, mentions};
use super::{Fault, Tree};

/// The circles of files, each as a fault.
pub(super) fn circles(code: &Tree) -> Vec<Fault> {
    all(code).iter().map(Circle::fault).collect()
}

/// A circle: how many files it has, and its shortest way round, back to the first file.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Circle {
    files: usize,
    shortest: Vec<String>,
}

impl Circle {
    fn fault(&self) -> Fault {
        let first = self.shortest.first().map_or("", String::as_str);
        let says = format!("in a circle of {} files: {}", self.files, self.shortest.join(" -> "));
        Fault::new(first, 0, says)
    }
}

/// The circles of the tree.
fn all(code: &Tree) -> Vec<Circle> {
    let edges = edges(code);
    let reached: BTreeMap<&str, BTreeSet<&str>> =
        edges.keys().map(|file| (file.as_str(), reach(&edges, file))).collect();
    let leads = |from: &str, to: &str| reached.get(from).is_some_and(|files| files.contains(to));
    let mut circles = BTreeSet::new();
    for (file, files) in &reached {
        let circle: BTreeSet<&str> = files.iter().copied().filter(|other| leads(other, file)).collect();
        if circle.len() > 1 {
            circles.insert(circle);
        }
    }
    let shortest = |circle: &BTreeSet<&str>| {
        let rounds = circle.iter().filter_map(|file| way_round(&edges, file));
        rounds.min_by_key(Vec::len).unwrap_or_default()
    };
    circles.iter().map(|circle| Circle { files: circle.len(), shortest: shortest(circle) }).collect()
}

/// The shortest way from a file back to it.
fn way_round(edges: &Edges, from: &str) -> Option<Vec<String>> {
    let mut ways = VecDeque::from([vec![from]]);
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        for next in edges.get(*way.last()?).into_iter().flatten() {
            if next == from {
                return Some(way.iter().chain([&from]).map(|file| (*file).to_owned()).collect());
            }
            if seen.insert(next) {
                ways.push_back(way.iter().copied().chain([next.as_str()]).collect());
            }
        }
    }
    None
}

/// All files that a file leads to, by any number of steps.
fn reach<'a>(edges: &'a Edges, from: &str) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<&str> = edges.get(from).into_iter().flatten().map(String::as_str).collect();
    while let Some(file) = next.pop() {
        if reached.insert(file) {
            next.extend(edges.get(file).into_iter().flatten().map(String::as_str));
        }
    }
    reached
}

/// Which file of a room leads to which.
type Edges = BTreeMap<String, BTreeSet<String>>;

fn edges(code: &Tree) -> Edges {
    let modules = Modules::of(code);
    let mut edges = Edges::new();
    for (module, file) in modules.iter() {
        let code = without_tests(code.get(file).map_or("", String::as_str));
        for mention in mentions(code) {
            if hands_on(code, &mention) {
                continue;
            }
            let Some(used) = modules.definition(module, &mention.segments) else { continue };
            let same_room = !used.is_empty() && used.first() == module.first();
            if same_room
                && !module.starts_with(&used)
                && let Some(used) = modules.file(&used)
            {
                edges.entry(file.clone()).or_default().insert(used.to_owned());
            }
        }
    }
    edges
}

/// Whether it is a re-export of what the file itself does not use.
fn hands_on(code: &str, mention: &Mention) -> bool {
    let words = |name: &str| {
        code.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| *word == name).count()
    };
    mention.public && mention.alias.as_deref().is_some_and(|alias| words(alias) <= 1)
}

#[cfg(test)]
mod tests {
    use super::super::{code, tree};
    use super::{all, circles};

    #[test]
    fn files_that_use_each_other_are_a_circle() {
        for (what, files, circles) in [
            ("siblings", vec![("src/a/b.rs", "use super::c::C;"), ("src/a/c.rs", "use super::b::B;")], 1),
            ("one way", vec![("src/a/b.rs", "use super::c::C;"), ("src/a/c.rs", "use super::d::D;")], 0),
            (
                "paths in code",
                vec![("src/a/b.rs", "fn f() { super::c::g() }"), ("src/a/c.rs", "use crate::a::b::B;")],
                1,
            ),
            (
                "a descendant of a sibling",
                vec![
                    ("src/a/b/mod.rs", ""),
                    ("src/a/b/e.rs", "use super::super::c::C;"),
                    ("src/a/c.rs", "use super::b::e::E;"),
                ],
                1,
            ),
            (
                "children that use types of their module",
                vec![
                    ("src/a/mod.rs", "mod b;\nfn f() { b::g() }\nstruct T;"),
                    ("src/a/b.rs", "use super::T;"),
                ],
                0,
            ),
            (
                "a module, its child, and a sibling of the module",
                vec![
                    ("src/a/b/mod.rs", "use e::E;"),
                    ("src/a/b/e.rs", "use super::super::c::C;"),
                    ("src/a/c.rs", "use super::b::T;"),
                ],
                1,
            ),
            (
                "behind re-exports",
                vec![
                    ("src/a/mod.rs", "pub use b::B;\npub use c::C;"),
                    ("src/a/b.rs", "use super::C;"),
                    ("src/a/c.rs", "use super::B;"),
                ],
                1,
            ),
            (
                "a module that only re-exports",
                vec![
                    ("src/a/b/mod.rs", "mod e;\npub use e::E;\npub struct T;"),
                    ("src/a/b/e.rs", "use super::super::c::C;"),
                    ("src/a/c.rs", "use super::b::T;"),
                ],
                0,
            ),
            (
                "tests",
                vec![
                    ("src/a/b.rs", "use super::c::C;"),
                    ("src/a/c.rs", "#[cfg(test)]\nmod tests {\n    use super::super::b::B;\n}\n"),
                ],
                0,
            ),
            (
                "two rooms",
                vec![("src/a/b.rs", "use crate::d::e::E;"), ("src/d/e.rs", "use crate::a::b::B;")],
                0,
            ),
            ("comments", vec![("src/a/b.rs", "// super::c::C\n"), ("src/a/c.rs", "use super::b::B;")], 0),
        ] {
            let files: Vec<_> = [
                ("src/a/b.rs", ""),
                ("src/a/c.rs", ""),
                ("src/a/mod.rs", "mod b;\nmod c;"),
                ("src/a/d.rs", ""),
            ]
            .into_iter()
            .filter(|(path, _)| {
                !files.iter().any(|(other, _)| *other == *path || other.starts_with("src/a/b/"))
            })
            .chain(files.iter().copied())
            .collect();
            assert_eq!(all(&code::of(&tree(&files))).len(), circles, "{what}");
        }
    }

    #[test]
    fn a_circle_is_a_fault_that_shows_its_shortest_way_round() {
        let faults = circles(&code::of(&tree(&[
            ("src/a/b.rs", "use super::c::C;\nuse super::d::D;"),
            ("src/a/c.rs", "use super::d::D;"),
            ("src/a/d.rs", "use super::b::B;"),
        ])));
        let says: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert_eq!(says, ["src/a/b.rs: in a circle of 3 files: src/a/b.rs -> src/a/d.rs -> src/a/b.rs"]);
    }
}
