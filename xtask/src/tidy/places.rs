//! What may stand in one place only: code that differs by operating system, `unsafe`, and the exceptions to
//! `.clippy.toml`'s list of what the tool may not do to a host.

use super::code::without_tests;
use super::{Fault, Tree, is_rust};

/// The only place that knows the operating system.
pub(super) const SYS: &str = "src/sys/";

/// Where a system may be told apart besides: what is written for its owner's eyes alone has a mode on Unix.
pub(super) const MODES: [&str; 3] = ["src/kit/mod.rs", "src/bundle/sink/files.rs", "src/analysis/unpack"];

/// Words in a `cfg` that tell operating systems apart.
const SYSTEMS: [&str; 6] = ["target_os", "target_family", "target_env", "target_vendor", "windows", "unix"];

/// Where each group of disallowed methods may be released (ARCHITECTURE's invariants 3 to 5).
pub(super) const RELEASES: [&str; 10] = [
    "src/embedded/build.rs",
    "src/sys/",
    "src/sources/commands",
    "src/acquisition/clock.rs",
    "src/bundle/sink",
    "src/bundle/writer",
    "src/analysis/unpack",
    "src/kit/",
    "src/text/golden.rs",
    "src/lib.rs",
];

/// Code that stands where it may not.
pub(super) fn misplaced(tree: &Tree, code: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (path, text) in tree {
        if !path.starts_with("src/") || !is_rust(path) {
            continue;
        }
        let code = code.get(path).map_or("", String::as_str);
        // A file's own tests may use what only one system has.
        let tests = without_tests(code).lines().count();
        // A release is looked for in the text: its reason is a string, which `code` blanks.
        for (number, (line, raw)) in code.lines().zip(text.lines()).enumerate() {
            let number = number.saturating_add(1);
            if !path.starts_with(SYS) {
                let mode = MODES.iter().any(|place| path.starts_with(place));
                if number <= tests && !mode && tells_systems_apart(line) {
                    faults.push(Fault::new(
                        path,
                        number,
                        format!("only {SYS} tells operating systems apart"),
                    ));
                }
                if words(line).any(|word| word == "unsafe") {
                    faults.push(Fault::new(path, number, format!("unsafe code stands in {SYS} only")));
                }
            }
            let released = line.contains("clippy::disallowed_methods");
            if released && !RELEASES.iter().any(|place| path.starts_with(place)) {
                let says = format!("not a place where '{}' may stand: see .clippy.toml", raw.trim());
                faults.push(Fault::new(path, number, says));
            }
        }
    }
    faults
}

fn tells_systems_apart(line: &str) -> bool {
    let cfg = ["cfg(", "cfg!(", "cfg_attr("].into_iter().any(|cfg| line.contains(cfg));
    (cfg && words(line).any(|word| SYSTEMS.contains(&word)))
        || ["std::os::unix", "std::os::linux", "std::os::windows", "std::os::fd"]
            .into_iter()
            .any(|path| line.contains(path))
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::{code, tree};
    use super::misplaced;

    #[test]
    fn what_has_one_place_is_a_fault_elsewhere() {
        for (path, text, faults) in [
            ("src/sys/mod.rs", "#[cfg(target_os = \"linux\")]\nmod linux;\nunsafe { f() }", 0),
            ("src/sources/sys/mod.rs", "unsafe { f() }", 1),
            ("src/sources/mod.rs", "#[cfg(target_os = \"linux\")]\nmod linux;", 1),
            ("src/bundle/sink.rs", "if cfg!(windows) {}", 1),
            ("src/bundle/sink.rs", "#[cfg_attr(unix, allow(x))]", 1),
            ("src/bundle/sink.rs", "use std::os::unix::fs::OpenOptionsExt;", 1),
            ("src/bundle/mod.rs", "unsafe { f() }", 1),
            ("src/bundle/mod.rs", "// cfg(windows), unsafe\n#[cfg(test)]\nmod tests {}", 0),
            ("src/bundle/sink.rs", "#[allow(clippy::disallowed_methods, reason = \"the sink\")]", 0),
            ("src/scan/mod.rs", "#[allow(clippy::disallowed_methods, reason = \"quick\")]", 1),
            ("src/bundle/mod.rs", "#[cfg(test)]\nmod tests {\n    #[cfg(unix)]\n    #[test]", 0),
            ("src/bundle/mod.rs", "#[cfg(unix)]\nfn f() {}\n#[cfg(test)]\nmod tests {}", 1),
            ("tests/it/main.rs", "#[cfg(unix)]", 0),
        ] {
            let tree = tree(&[(path, text)]);
            assert_eq!(misplaced(&tree, &code::of(&tree)).len(), faults, "{path}: {text}");
        }
    }
}
