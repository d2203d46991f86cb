//! One name means one thing: rules about names in `src`.
//!
//! In: the files of `src`. Out: types that share their name with another type, and paths that climb. `Error`, `Result`,
//! `Options` and `Arguments` are a module's own by their meaning. Under `sys`, the files for each operating system in one
//! directory define the same thing for their callers, so that they count once.

use std::collections::{BTreeMap, BTreeSet};

use super::code::without_tests;
use super::{Fault, Tree};

/// Names that one type per module may have.
const FREE: [&str; 4] = ["Error", "Result", "Options", "Arguments"];

/// Directories and files that hold one of several versions of the same thing.
const VERSIONS: [&str; 4] = ["linux", "windows", "unsupported", "absent"];

/// Names that more than one type has.
pub(super) fn shared(code: &Tree) -> Vec<Fault> {
    let types = types(code).into_iter();
    let shared = types.filter(|(name, places)| places.len() > 1 && !FREE.contains(&name.as_str()));
    let fault = |(name, places): (String, BTreeSet<String>)| {
        let says =
            format!("'{name}' names {} types: {}", places.len(), Vec::from_iter(places.clone()).join(", "));
        Fault::new(places.last().map_or("src", String::as_str), 0, says)
    };
    shared.map(fault).collect()
}

/// Each name with the places that define it.
type Types = BTreeMap<String, BTreeSet<String>>;

/// The types at the top level of each file that others can see.
fn types(code: &Tree) -> Types {
    let mut types = Types::new();
    for (path, code) in code.iter().filter(|(path, _)| path.starts_with("src/")) {
        for name in without_tests(code).lines().filter_map(defined) {
            types.entry(name.to_owned()).or_default().insert(place(path));
        }
    }
    types
}

/// The type that a line defines, where it is public and not inside another module.
fn defined(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("pub")?;
    let rest = match rest.strip_prefix('(') {
        Some(within) => within.split_once(')')?.1,
        None => rest,
    };
    let mut words = rest.split_whitespace().skip_while(|word| matches!(*word, "unsafe" | "auto"));
    let kind = words.next()?;
    let name = words.next()?;
    let end = name.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(name.len());
    matches!(kind, "struct" | "enum" | "trait" | "type" | "union").then(|| name.get(..end))?
}

/// A file, or for versions of the same thing the name that they share.
fn place(path: &str) -> String {
    if !path.split('/').any(|part| part == "sys") {
        return path.to_owned();
    }
    let parts: Vec<&str> = path
        .trim_end_matches(".rs")
        .split('/')
        .filter(|part| !VERSIONS.contains(part) && *part != "mod")
        .collect();
    parts.join("/")
}

/// Lines that climb three modules.
pub(super) fn climbs(code: &Tree) -> Vec<Fault> {
    climbing(code, super::CLIMB)
}

/// Lines whose paths climb `steps` modules or more; in a file's own tests, which are a module deeper, one more.
pub(super) fn climbing(code: &Tree, steps: usize) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (file, code) in code.iter().filter(|(path, _)| path.starts_with("src/")) {
        let tests = without_tests(code).lines().count();
        for (number, line) in code.lines().enumerate() {
            let steps = steps.saturating_add(usize::from(number >= tests));
            if line.contains(&"super::".repeat(steps)) {
                let says =
                    format!("climbs {steps} modules: name the path from `crate`, or move what is shared");
                faults.push(Fault::new(file, number.saturating_add(1), says));
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::super::{Tree, code};
    use super::{climbing, shared};

    fn tree(files: &[(&str, &str)]) -> Tree {
        code::of(&super::super::tree(files))
    }

    #[test]
    fn a_type_name_used_for_two_things_is_a_fault() {
        for (one, other, faults) in [
            ("pub struct Row {}", "pub(crate) enum Row {}", 1),
            ("pub(super) type Row = u8;", "pub unsafe trait Row {}", 1),
            ("pub struct Row;", "pub struct Column;", 0),
            ("pub struct Row<T>(T);", "struct Row;", 0),
            ("pub struct Row(u8);", "mod inside {\n    pub struct Row;\n}", 0),
            ("pub struct Row(u8);", "// pub struct Row;\n#[cfg(test)]\nmod tests {\npub struct Row;\n}", 0),
            ("pub enum Error {}", "pub enum Error {}", 0),
            ("pub struct Options {}", "pub struct Options {}", 0),
        ] {
            let tree = tree(&[("src/a.rs", one), ("src/b/mod.rs", other)]);
            assert_eq!(shared(&tree).len(), faults, "{one} {other}");
        }
    }

    #[test]
    fn versions_for_each_system_count_once() {
        let text = "pub struct Volume;";
        let versions = tree(&[("src/sys/files/linux.rs", text), ("src/sys/files/windows/mod.rs", text)]);
        assert_eq!(shared(&versions), []);
        let two = tree(&[("src/sys/files/linux.rs", text), ("src/sys/disks/linux.rs", text)]);
        assert_eq!(shared(&two).len(), 1);
    }

    #[test]
    fn a_path_that_climbs_three_modules_is_a_fault_and_one_that_climbs_two_is_not() {
        for (text, faults) in [
            ("use super::super::super::a::B;", 1),
            ("fn f() { super::super::super::g() }", 1),
            ("use super::super::a::B;", 0),
            ("// super::super::super::a\n", 0),
            ("#[cfg(test)]\nmod tests {\n    use super::super::super::a::B;\n}\n", 0),
            ("#[cfg(test)]\nmod tests {\n    use super::super::super::super::a::B;\n}\n", 1),
        ] {
            assert_eq!(climbing(&tree(&[("src/a/b/c.rs", text)]), 3).len(), faults, "{text}");
        }
        assert_eq!(climbing(&tree(&[("src/a/b/c.rs", "use super::super::a::B;")]), 2).len(), 1);
    }
}
