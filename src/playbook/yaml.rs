//! YAML as untrusted text: one document at a time, with a budget, and every fault with its line.
//!
//! In: the text of a file. Out: its documents, and each of them as a typed value or a [`Fault`] with its place.
//! Documents are parsed one by one, so that a mistake in one hides none in the next.

use serde::de::DeserializeOwned;
use serde_saphyr::{DuplicateKeyPolicy, Location, Spanned};

use super::error::Fault;

/// Largest file in bytes: the whole official set together is a tenth of it.
pub(super) const MAX_FILE: u64 = 4 << 20;

/// Most faults told of one file; whoever has more has not a typing error but another kind of file.
pub(super) const MAX_FAULTS: usize = 50;

/// One document of a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Document<'a> {
    /// The file it stands in.
    pub(super) file: &'a str,
    /// Lines of the file before it.
    before: u64,
    text: &'a str,
}

/// Splits a file at its document markers. A `---` at the start of a line can be nothing else in YAML 1.2 (9.1.2,
/// `c-forbidden`). Pieces of blank lines, comments and directives alone are left out.
pub(super) fn documents<'a>(file: &'a str, text: &'a str) -> Vec<Document<'a>> {
    let mut documents = Vec::new();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (mut start, mut at, mut line, mut before) = (0_usize, 0_usize, 0_u64, 0_u64);
    for piece in text.split_inclusive('\n') {
        let end = at.saturating_add(piece.len());
        line = line.saturating_add(1);
        let bare = piece.trim_end();
        if bare == "---" || bare.starts_with("--- #") {
            documents.push(Document { file, before, text: text.get(start..at).unwrap_or_default() });
            (start, before) = (end, line);
        }
        at = end;
    }
    documents.push(Document { file, before, text: text.get(start..).unwrap_or_default() });
    documents.retain(|document| document.text.lines().any(says_something));
    documents
}

fn says_something(line: &str) -> bool {
    let line = line.trim();
    !(line.is_empty() || line.starts_with('#') || line.starts_with('%') || line == "...")
}

impl Document<'_> {
    /// Reads the document as a value.
    ///
    /// # Errors
    ///
    /// The first thing in it that is no YAML or does not fit the type, with its place.
    pub(super) fn parse<T: DeserializeOwned>(&self) -> Result<T, Fault> {
        // Far above what any definition needs, far below what would be felt: nodes of the largest official one: 700.
        let options = serde_saphyr::options! {
            budget: serde_saphyr::budget! {
                max_depth: 16,
                max_nodes: 50_000,
                max_events: 200_000,
                max_documents: 1,
                max_aliases: 100,
                max_anchors: 100,
                max_merge_keys: 100,
            },
            duplicate_keys: DuplicateKeyPolicy::Error,
            with_snippet: false,
        };
        serde_saphyr::from_str_with_options(self.text, options.clone())
            .or_else(|error| match spaced(self.text) {
                Some(spaced) => serde_saphyr::from_str_with_options(&spaced, options).map_err(|_| error),
                None => Err(error),
            })
            .map_err(|error| {
                let problem = error.without_snippet().render();
                let (line, column) = error.location().map_or((0, 0), |at| (at.line(), at.column()));
                // The message repeats the place within the document, which is not that within the file.
                let suffix = format!(" at line {line}, column {column}");
                let problem = problem.split(" -->").next().unwrap_or_default().replace(&suffix, "");
                Fault { problem: problem.trim_end().to_owned(), ..self.fault(line, column, "") }
            })
    }

    /// Makes a fault at a value.
    pub(super) fn fault_at<T>(&self, at: &Spanned<T>, problem: impl Into<String>) -> Fault {
        let Place { line, column } = Place::of(at.referenced);
        Fault { problem: problem.into(), ..self.fault(line, column, "") }
    }

    /// The line in the file of a value.
    pub(super) fn line_of<T>(&self, at: &Spanned<T>) -> u64 {
        self.before.saturating_add(at.referenced.line())
    }

    fn fault(&self, line: u64, column: u64, problem: &str) -> Fault {
        Fault {
            file: self.file.to_owned(),
            line: self.before.saturating_add(line.max(1)),
            column,
            problem: problem.to_owned(),
        }
    }
}

/// `{key:[…]}` with the space that YAML 1.2 wants after the colon: the official set holds a line without it, which
/// `PyYAML` reads. None where nothing is to be changed.
fn spaced(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (mut quote, mut flow, mut before) = (None, 0_usize, ' ');
        for c in line.chars() {
            match (quote, c) {
                (None, '\'' | '"') => quote = Some(c),
                (Some(open), _) if open == c => quote = None,
                (None, '{' | '[') => {
                    if before == ':' && flow > 0 {
                        out.push(' ');
                    }
                    flow = flow.saturating_add(1);
                }
                (None, '}' | ']') => flow = flow.saturating_sub(1),
                _ => {}
            }
            out.push(c);
            before = c;
        }
    }
    (out != text).then_some(out)
}

struct Place {
    line: u64,
    column: u64,
}

impl Place {
    fn of(location: Location) -> Self {
        Self { line: location.line(), column: location.column() }
    }
}
