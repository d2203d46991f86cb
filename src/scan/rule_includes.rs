//! Rule files that include others: `include "base.yar"`, relative to the file that it is in.
//!
//! In: the text of a file, where it is, and a reader of other files. Out: one text with all it includes in its place, each file
//! once, or why not with the names of both files. Rules are not code, yet an include reads a file: what is outside the
//! directory or archive that was named is refused, and so are loops and more than the limits allow.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use boreal_parser::file::YaraFileComponent;

use super::rule_limits::FILE_LIMIT;

/// Files that include each other, one in the next.
const DEPTH: usize = 16;

/// Files that one file includes, directly or through others: the indexes of public sets list some 1,000.
const INCLUDED: usize = 10_000;

/// Reads a file that is included.
pub(super) trait IncludeReader {
    /// The name by which a file is distinguished from others, of what `by` includes as `name`.
    ///
    /// # Errors
    /// It is outside the directory or archive that was named, or not there.
    fn find(&self, by: &Path, name: &str) -> Result<PathBuf, String>;

    /// The text of a file that was found.
    ///
    /// # Errors
    /// It cannot be read.
    fn read(&self, file: &Path) -> Result<String, String>;
}

/// The text with what it includes in place, and the files that are in it, its own among them. The rules of the files `elsewhere`,
/// which are compiled with another text too, are private here: conditions can ask for them, and they hit once.
///
/// # Errors
/// A file cannot be included; which, by which, on which line, and why.
pub(super) fn expanded<'t>(
    text: &'t str,
    path: &Path,
    reader: &dyn IncludeReader,
    elsewhere: &BTreeSet<&Path>,
) -> Result<(Cow<'t, str>, BTreeSet<PathBuf>), String> {
    let mut seen = BTreeSet::from([path.to_owned()]);
    // The parser reads all of a file; most have none.
    if !text.contains("include") {
        return Ok((Cow::Borrowed(text), seen));
    }
    let mut run = Run { reader, elsewhere, seen: &mut seen, open: vec![path.to_owned()], size: 0 };
    let expanded = run.expand(text, path)?;
    Ok((expanded.map_or(Cow::Borrowed(text), Cow::Owned), seen))
}

struct Run<'a> {
    reader: &'a dyn IncludeReader,
    elsewhere: &'a BTreeSet<&'a Path>,
    seen: &'a mut BTreeSet<PathBuf>,
    /// The files on the way, the outermost first.
    open: Vec<PathBuf>,
    size: usize,
}

impl Run<'_> {
    fn expand(&mut self, text: &str, path: &Path) -> Result<Option<String>, String> {
        // What cannot be parsed is reported by the engine, with its line.
        let Ok(file) = boreal_parser::parse(text) else { return Ok(None) };
        let mut out = String::new();
        let mut from = 0;
        for component in file.components {
            let YaraFileComponent::Include(include) = component else { continue };
            let before = text.get(..include.span.start).unwrap_or_default();
            let line = before.matches('\n').count().saturating_add(1);
            let failed = |why: String| {
                format!("line {line} of '{}' includes '{}': {why}", path.display(), include.path)
            };
            out.push_str(text.get(from..include.span.start).unwrap_or_default());
            from = include.span.end;
            let found = self.reader.find(path, &include.path).map_err(failed)?;
            if self.open.contains(&found) {
                return Err(failed("it includes itself that way".to_owned()));
            }
            // A file that two others include is there once: rules have no guards.
            if !self.seen.insert(found.clone()) {
                continue;
            }
            if self.open.len() > DEPTH || self.seen.len() > INCLUDED {
                return Err(failed(format!("more than {DEPTH} files deep, or more than {INCLUDED} files")));
            }
            let mut inner = self.reader.read(&found).map_err(failed)?;
            self.size = self.size.saturating_add(inner.len());
            if u64::try_from(self.size).unwrap_or(u64::MAX) > FILE_LIMIT {
                return Err(failed(format!("more than {FILE_LIMIT} bytes together")));
            }
            if boreal_parser::parse(&inner).is_err() {
                return Err(failed("it cannot be parsed; 'rules check' of that file says where".to_owned()));
            }
            if self.elsewhere.contains(found.as_path()) {
                inner = with_private_rules(&inner);
            }
            self.open.push(found.clone());
            let expanded = self.expand(&inner, &found)?;
            self.open.pop();
            out.push_str(expanded.as_deref().unwrap_or(&inner));
            out.push('\n');
        }
        if from == 0 {
            return Ok(None);
        }
        out.push_str(text.get(from..).unwrap_or_default());
        Ok(Some(out))
    }
}

/// A text whose rules are all private.
fn with_private_rules(text: &str) -> String {
    let Ok(file) = boreal_parser::parse(text) else { return text.to_owned() };
    let mut out = text.to_owned();
    for component in file.components.into_iter().rev() {
        let YaraFileComponent::Rule(rule) = component else { continue };
        // The last word `rule` before a name is the keyword, or in a comment after it, where one more word does no harm.
        let keyword = text.get(..rule.name_span.start).and_then(|before| before.rfind("rule"));
        if let (false, Some(keyword)) = (rule.is_private, keyword) {
            out.insert_str(keyword, "private ");
        }
    }
    out
}

/// A path without `.` and `..`, from the file that names it; nothing where it leads out of where it begins.
pub(super) fn joined(by: &Path, name: &str) -> Option<PathBuf> {
    let name = name.replace('\\', "/");
    if name.starts_with('/') || name.get(1..2) == Some(":") {
        return None;
    }
    let mut parts = Vec::new();
    for component in by.parent().into_iter().flat_map(Path::components).chain(Path::new(&name).components()) {
        match component {
            Component::ParentDir => {
                parts.pop()?;
            }
            Component::Normal(part) => parts.push(part),
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(parts.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    struct Memory(BTreeMap<&'static str, &'static str>);

    impl IncludeReader for Memory {
        fn find(&self, by: &Path, name: &str) -> Result<PathBuf, String> {
            joined(by, name).ok_or_else(|| "outside".to_owned())
        }
        fn read(&self, file: &Path) -> Result<String, String> {
            let text = file.to_str().and_then(|file| self.0.get(file));
            text.map(ToString::to_string).ok_or_else(|| "not there".to_owned())
        }
    }

    fn run(files: &[(&'static str, &'static str)]) -> Result<String, String> {
        let memory = Memory(files.iter().copied().collect());
        expanded(files[0].1, Path::new(files[0].0), &memory, &BTreeSet::new())
            .map(|(text, _)| text.into_owned())
    }

    #[test]
    fn what_is_included_is_in_its_place_and_once() {
        let base = ("s/base.yar", "rule b { condition: true }");
        let text = run(&[
            ("s/index.yar", "include \"./a.yar\" include \"x/../c.yar\"\nrule i { condition: b }"),
            ("s/a.yar", "include \"base.yar\"\nrule a { condition: b }"),
            ("s/c.yar", "include \".\\\\base.yar\"\nrule c { condition: b }"),
            base,
        ]);
        let text = text.unwrap();
        assert_eq!(text.matches("rule b").count(), 1, "{text}");
        for rule in ["rule a", "rule c", "rule i"] {
            assert!(text.contains(rule) && text.find("rule b") < text.find(rule), "{text}");
        }
        assert!(!text.contains("include"), "{text}");
    }

    #[test]
    fn loops_files_outside_and_files_that_are_missing_are_reported_with_both_names() {
        for (text, why) in [
            ("include \"index.yar\"", "includes itself"),
            ("include \"a.yar\"", "includes itself"),
            ("include \"../../etc/x.yar\"", "outside"),
            ("include \"/etc/x.yar\"", "outside"),
            ("include \"C:\\\\x.yar\"", "outside"),
            ("include \"b.yar\"", "cannot be parsed"),
            ("\n\ninclude \"none.yar\"", "line 3 of 's/index.yar' includes 'none.yar': not there"),
        ] {
            let error =
                run(&[("s/index.yar", text), ("s/a.yar", "include \"index.yar\""), ("s/b.yar", "rule x {")])
                    .unwrap_err();
            assert!(error.contains(why) && error.contains(".yar'"), "{text}: {error}");
        }
    }

    #[test]
    fn a_text_without_includes_or_that_cannot_be_parsed_stays_as_it_is() {
        for text in [
            "rule include_x { condition: true }",
            "// include \"a\"\n",
            "include include",
            "rule x { strings: $a = \"include \\\"b\\\"\" condition: $a }",
        ] {
            assert_eq!(run(&[("a.yar", text)]).as_deref(), Ok(text));
        }
    }
}
