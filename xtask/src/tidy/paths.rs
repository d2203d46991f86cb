//! Finds the paths that a file of Rust mentions and the file that each leads to.
//!
//! In: code without comments and literals (see `code`), and the module tree as the files of `src` make it. Out: each
//! path with its line, and the module in which the item that it names is defined. A path is followed through the
//! imports of a module, so that a re-export in a `mod.rs` hides no dependency between two of its children.

use std::collections::BTreeMap;

use super::Tree;
use super::code::without_tests;

/// How many re-exports a path may lead through; more is a loop of them.
const RE_EXPORTS: usize = 16;

/// A path as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mention {
    /// From 1.
    pub(super) line: usize,
    pub(super) segments: Vec<String>,
    /// The name that a `use` gives to it; none for a path in an expression or a type.
    pub(super) alias: Option<String>,
    /// Whether it is a `pub use`.
    pub(super) public: bool,
}

/// A piece of code that matters to paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    Colons,
    Sign(char),
}

/// Every path of two segments or more, and every path of a `use`.
pub(super) fn mentions(code: &str) -> Vec<Mention> {
    let tokens = tokens(code);
    let at = |index: usize| tokens.get(index).map(|(_, token)| *token);
    let mut found = Vec::new();
    let mut index = 0;
    while let Some((line, token)) = tokens.get(index).copied() {
        let before = index.checked_sub(1).and_then(at);
        index = index.saturating_add(1);
        let Token::Word(word) = token else { continue };
        if word == "use" {
            let public = matches!(before, Some(Token::Word("pub") | Token::Sign(')')));
            index = Imports { tokens: &tokens, public, found: &mut found }.read(index, &[]);
        } else if before != Some(Token::Colons) && at(index) == Some(Token::Colons) {
            let mut segments = vec![word.to_owned()];
            while let (Some(Token::Colons), Some(Token::Word(next))) =
                (at(index), at(index.saturating_add(1)))
            {
                segments.push(next.to_owned());
                index = index.saturating_add(2);
            }
            if segments.len() > 1 {
                found.push(Mention { line, segments, alias: None, public: false });
            }
        }
    }
    found
}

/// Reads the tree of one `use`.
struct Imports<'a> {
    tokens: &'a [(usize, Token<'a>)],
    public: bool,
    found: &'a mut Vec<Mention>,
}

impl Imports<'_> {
    /// Reads one branch that begins at a token. Returns the index behind it.
    fn read(&mut self, mut index: usize, prefix: &[String]) -> usize {
        let mut segments = prefix.to_vec();
        let mut line = 0;
        while let Some((here, token)) = self.tokens.get(index).copied() {
            match token {
                Token::Word("as") => {
                    let alias = match self.tokens.get(index.saturating_add(1)) {
                        Some((_, Token::Word(alias))) => (*alias).to_owned(),
                        _ => String::new(),
                    };
                    self.put(line, segments, alias);
                    return index.saturating_add(2);
                }
                // `{self, …}` names the module before the brace.
                Token::Word("self") if !segments.is_empty() => line = here,
                Token::Word(word) => {
                    line = here;
                    segments.push(word.to_owned());
                }
                Token::Sign('*') => {
                    self.put(here, segments, "*".to_owned());
                    return index.saturating_add(1);
                }
                Token::Sign('{') => return self.group(index.saturating_add(1), &segments),
                Token::Colons => {}
                Token::Sign(_) => break,
            }
            index = index.saturating_add(1);
        }
        let alias = segments.last().cloned().unwrap_or_default();
        self.put(line, segments, alias);
        index
    }

    /// Reads the branches within braces. Returns the index behind the closing one.
    fn group(&mut self, mut index: usize, prefix: &[String]) -> usize {
        while let Some((_, token)) = self.tokens.get(index) {
            match token {
                Token::Sign('}') => return index.saturating_add(1),
                Token::Sign(',') => index = index.saturating_add(1),
                _ => index = self.read(index, prefix).max(index.saturating_add(1)),
            }
        }
        index
    }

    fn put(&mut self, line: usize, segments: Vec<String>, alias: String) {
        if !segments.is_empty() {
            self.found.push(Mention { line, segments, alias: Some(alias), public: self.public });
        }
    }
}

fn tokens(code: &str) -> Vec<(usize, Token<'_>)> {
    let mut tokens = Vec::new();
    for (number, line) in code.lines().enumerate() {
        let number = number.saturating_add(1);
        let mut rest = line.trim_start();
        while let Some(first) = rest.chars().next() {
            let word = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
            let (token, length) = if word > 0 {
                (Token::Word(rest.get(..word).unwrap_or_default()), word)
            } else if rest.starts_with("::") {
                (Token::Colons, 2)
            } else {
                (Token::Sign(first), first.len_utf8())
            };
            tokens.push((number, token));
            rest = rest.get(length..).unwrap_or_default().trim_start();
        }
    }
    tokens
}

/// The modules of `src`, one per file, with what each imports outside its tests.
pub(super) struct Modules {
    files: BTreeMap<Vec<String>, String>,
    imports: BTreeMap<Vec<String>, BTreeMap<String, Vec<String>>>,
}

impl Modules {
    /// Reads the files of `src`, given as code.
    pub(super) fn of(code: &Tree) -> Self {
        let files: BTreeMap<Vec<String>, String> =
            code.keys().filter_map(|path| Some((module(path)?, path.clone()))).collect();
        let mut modules = Self { files, imports: BTreeMap::new() };
        let mut imports = BTreeMap::new();
        for (module, path) in &modules.files {
            let code = code.get(path).map_or("", String::as_str);
            let mut names = BTreeMap::new();
            for mention in mentions(without_tests(code)) {
                if let (Some(alias), Some(path)) = (mention.alias, modules.path(module, &mention.segments)) {
                    names.insert(alias, path);
                }
            }
            imports.insert(module.clone(), names);
        }
        modules.imports = imports;
        modules
    }

    /// The file of a module.
    pub(super) fn file(&self, module: &[String]) -> Option<&str> {
        self.files.get(module).map(String::as_str)
    }

    /// All modules, with their files.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Vec<String>, &String)> {
        self.files.iter()
    }

    /// The path from the root of the crate; none where it leads into another crate.
    pub(super) fn path(&self, module: &[String], segments: &[String]) -> Option<Vec<String>> {
        let (first, rest) = segments.split_first()?;
        match first.as_str() {
            "crate" => Some(rest.to_vec()),
            "self" => Some([module, rest].concat()),
            "super" => {
                let ups = segments.iter().take_while(|segment| *segment == "super").count();
                let base = module.get(..module.len().checked_sub(ups)?)?;
                Some([base, segments.get(ups..)?].concat())
            }
            name => {
                let child = [module, std::slice::from_ref(first)].concat();
                if self.files.contains_key(&child) {
                    return Some([module, segments].concat());
                }
                let import = self.imports.get(module)?.get(name)?;
                Some([import, rest].concat())
            }
        }
    }

    /// The module in which a path's item is defined, re-exports followed; none where that is another crate.
    pub(super) fn definition(&self, module: &[String], segments: &[String]) -> Option<Vec<String>> {
        let mut path = self.path(module, segments)?;
        for _ in 0..RE_EXPORTS {
            let depth = (0..=path.len())
                .rev()
                .find(|depth| path.get(..*depth).is_some_and(|part| self.files.contains_key(part)))?;
            let (found, rest) = path.split_at_checked(depth)?;
            let import = rest.first().and_then(|name| self.imports.get(found)?.get(name));
            let Some(import) = import else { return Some(found.to_vec()) };
            // A glob, or an import of the module itself, leads no further.
            let further: Vec<String> = import.iter().chain(rest.iter().skip(1)).cloned().collect();
            if further == path {
                return Some(found.to_vec());
            }
            path = further;
        }
        None
    }
}

/// The module that a file of `src` is; the root of the crate is the empty one.
fn module(path: &str) -> Option<Vec<String>> {
    let inside = path.strip_prefix("src/")?.strip_suffix(".rs")?;
    if matches!(inside, "main" | "embedded/build") {
        return None;
    }
    if inside == "lib" {
        return Some(Vec::new());
    }
    let inside = inside.strip_suffix("/mod").unwrap_or(inside);
    Some(inside.split('/').map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::super::tree;
    use super::{Modules, mentions};

    fn shown(code: &str) -> Vec<String> {
        let shown = |mention: super::Mention| {
            let alias = mention.alias.map_or(String::new(), |alias| format!(" as {alias}"));
            format!("{} {}{alias}", mention.line, mention.segments.join("::"))
        };
        mentions(code).into_iter().map(shown).collect()
    }

    #[test]
    fn paths_of_imports_and_of_expressions_are_found() {
        for (code, expected) in [
            ("use super::a::B;", vec!["1 super::a::B as B"]),
            ("use super::tables;", vec!["1 super::tables as tables"]),
            (
                "use crate::{a::B as C, d::{self, E}};",
                vec!["1 crate::a::B as C", "1 crate::d as d", "1 crate::d::E as E"],
            ),
            ("use super::*;\nfn f() {}", vec!["1 super as *"]),
            ("use {\n    a::B,\n    c::D,\n};", vec!["2 a::B as B", "3 c::D as D"]),
            ("fn f() {\n    super::a::g::<u8>(x::Y)\n}", vec!["2 super::a::g", "2 x::Y"]),
            ("let a: Vec<super::T> = b;", vec!["1 super::T"]),
        ] {
            assert_eq!(shown(code), expected, "{code}");
        }
    }

    #[test]
    fn a_path_leads_to_the_file_that_defines_its_item() {
        let modules = Modules::of(&tree(&[
            ("src/lib.rs", "mod room;"),
            ("src/room/mod.rs", "mod one;\nmod two;\npub use one::First;\nstruct Own;"),
            ("src/room/one.rs", ""),
            ("src/room/two/mod.rs", "use super::one;"),
            ("src/room/two/deep.rs", ""),
        ]));
        let module = |path: &str| path.split("::").map(str::to_owned).collect::<Vec<_>>();
        for (from, path, file) in [
            ("room::two", "super::First", Some("src/room/one.rs")),
            ("room::two", "super::Own", Some("src/room/mod.rs")),
            ("room::two", "one::f", Some("src/room/one.rs")),
            ("room::two", "deep::f", Some("src/room/two/deep.rs")),
            ("room::two::deep", "super::super::one::f", Some("src/room/one.rs")),
            ("room::two::deep", "self::x", Some("src/room/two/deep.rs")),
            ("room::one", "crate::room::two::deep::f", Some("src/room/two/deep.rs")),
            ("room::one", "std::fs::read", None),
        ] {
            let found = modules.definition(&module(from), &module(path));
            assert_eq!(found.as_deref().and_then(|found| modules.file(found)), file, "{from}: {path}");
        }
    }
}
