//! The places of the product that record what was left out: a list made from its source.
//!
//! In: the files below `src`. Out: `FILE:LINE` of each call of a function that records a gap, as the compiler reports a
//! caller. Calls in tests, and in functions that pass the place of their own caller on, are none.

use std::collections::BTreeSet;
use std::path::Path;

use crate::Result;

/// What a call of such a function looks like.
const CALLS: [&str; 14] = [
    "lines.short(",
    "self.short(",
    "lines.unread(",
    "gaps.add(",
    "gaps().add(",
    ".at_most(",
    ".at_most_bytes(",
    "Unread::new(",
    "Unread::of_error(",
    "Unread::of_found(",
    "ScanGap::new(",
    "ScanGap::timeout(",
    "gap_reason(",
    "left_out(",
];

/// What marks a function that passes its caller's place on.
const TRACKED: &str = "track_caller";

/// All places below `src` of the tree.
///
/// # Errors
///
/// A folder or file that cannot be read.
pub(super) fn all(root: &Path) -> Result<BTreeSet<String>> {
    let mut places = BTreeSet::new();
    let mut ahead = vec![root.join("src")];
    while let Some(folder) = ahead.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                ahead.push(path);
            } else if is_product(&path) {
                let name = path.strip_prefix(root)?.to_string_lossy().into_owned();
                let text = std::fs::read_to_string(&path)?;
                places.extend(lines(&text).map(|line| format!("{name}:{line}")));
            }
        }
    }
    Ok(places)
}

/// Whether a file is Rust and holds more than tests.
fn is_product(path: &Path) -> bool {
    let tests = path.components().any(|part| part.as_os_str() == "tests")
        || path.file_stem().is_some_and(|stem| stem == "tests");
    path.extension().is_some_and(|extension| extension == "rs") && !tests
}

/// The numbers of the lines with such calls, before a file's tests begin.
fn lines(text: &str) -> impl Iterator<Item = usize> {
    let mut tracked: Option<usize> = None;
    let product =
        text.lines().take_while(|line| !line.starts_with("#[cfg(test)]\u{20}mod") && *line != "#[cfg(test)]");
    let numbered = product.enumerate().filter_map(move |(index, line)| {
        let code = line.trim_start();
        let indent = line.len().saturating_sub(code.len());
        if code.starts_with("#[") && code.contains(TRACKED) {
            tracked = Some(indent);
        } else if tracked == Some(indent) && code == "}" {
            tracked = None;
        }
        let calls = !code.starts_with("//") && CALLS.iter().any(|call| code.contains(call));
        (calls && tracked.is_none()).then_some(index.saturating_add(1))
    });
    numbered.collect::<Vec<_>>().into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_found_and_those_of_tests_comments_and_tracked_functions_are_not() {
        let text = "\
fn a() {
    lines.short(code, \"x\");
    // lines.short(code, \"x\");
    let gap =
        Unread::new(origin);
}
impl A {
    #[cfg_attr(feature = \"drop-gaps\", track_caller)]
    fn unread() {
        if x {
            self.short(code);
        }
    }
    fn raw() {
        self.short(code);
    }
}
#[cfg(test)]
mod tests {
    fn b() { lines.short(code) }
}
";
        assert_eq!(lines(text).collect::<Vec<_>>(), [2, 5, 15]);
    }

    #[test]
    fn the_product_has_places_and_each_kind_of_call_is_among_them() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let places = all(root).unwrap();
        let texts: Vec<String> = places
            .iter()
            .map(|place| {
                let (file, line) = place.rsplit_once(':').unwrap();
                let text = std::fs::read_to_string(root.join(file)).unwrap();
                text.lines().nth(line.parse::<usize>().unwrap() - 1).unwrap().to_owned()
            })
            .collect();
        for call in CALLS {
            assert!(texts.iter().any(|text| text.contains(call)), "{call}");
        }
    }
}
