//! Parses YAML as untrusted text: one document at a time, within limits, and every fault with its line.
//!
//! In: the text of a file. Out: its documents, and each of them as a type that derives `Deserialize`, or a [`Fault`]
//! with its place. Documents are parsed one by one, so that a mistake in one does not hide those in the next. The
//! crate `serde-saphyr` parses; this module sets its limits and words its errors as what was expected and what was
//! found.

use serde::de::DeserializeOwned;
use serde_saphyr::budget::BudgetBreach;
use serde_saphyr::{
    DefaultMessageFormatter, Error, Location, MergeKeyPolicy, MessageFormatter as _, Options, Spanned,
};

use super::error::Fault;

/// Largest file in bytes: the whole official set together is a tenth of it.
pub(super) const MAX_FILE: u64 = 4 << 20;

/// Maximum number of faults per file: a file with more is not a playbook.
pub(super) const MAX_FAULTS: usize = 50;

/// Maximum number of nodes per document, far above any definition, and parsed quickly: the largest official one has
/// 700.
const MAX_NODES: usize = 50_000;

/// Maximum nesting depth.
const MAX_DEPTH: usize = 16;

/// Maximum number of characters of a value that a fault repeats.
const SHOWN: usize = 80;

/// One document of a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Document<'a> {
    /// The file it is in.
    pub(super) file: &'a str,
    /// Number of lines of the file before it.
    before: u64,
    text: &'a str,
}

/// Splits a file at its document markers. A `---` at the start of a line can be nothing else in YAML 1.2 (9.1.2,
/// `c-forbidden`). Parts with only blank lines, comments and directives are left out.
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
    /// Parses the document.
    ///
    /// # Errors
    ///
    /// The first part that is not YAML, does not match the type or exceeds the limits, with its place.
    pub(super) fn parse<T: DeserializeOwned>(&self) -> Result<T, Fault> {
        self.parse_text(self.text).or_else(|fault| match spaced(self.text) {
            Some(spaced) => self.parse_text(&spaced).map_err(|_| fault),
            None => Err(fault),
        })
    }

    fn parse_text<T: DeserializeOwned>(&self, text: &str) -> Result<T, Fault> {
        serde_saphyr::from_str_with_options(text, options())
            .map_err(|error| self.fault_at(error.location(), problem(&error, text)))
    }

    /// Returns the line of a value in the file, from 1.
    pub(super) fn line<T>(&self, value: &Spanned<T>) -> u64 {
        self.before.saturating_add(value.referenced.line())
    }

    /// Makes a fault at a value.
    pub(super) fn fault<T>(&self, value: &Spanned<T>, problem: impl Into<String>) -> Fault {
        self.fault_at(Some(value.referenced), problem)
    }

    fn fault_at(&self, location: Option<Location>, problem: impl Into<String>) -> Fault {
        let (line, column) = location.map_or((1, 1), |location| (location.line().max(1), location.column()));
        Fault {
            file: self.file.to_owned(),
            line: self.before.saturating_add(line),
            column,
            problem: problem.into(),
        }
    }
}

/// Makes the options for a document. Anchors and aliases make short texts grow when read, and merge keys hide where a
/// value comes from; neither format needs them.
fn options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: MAX_DEPTH,
            flow_nesting_limit: MAX_DEPTH + 1,
            max_nodes: MAX_NODES,
            max_anchors: 0,
            max_aliases: 0,
        },
        merge_keys: MergeKeyPolicy::AsOrdinary,
        strict_booleans: true,
        with_snippet: false,
    }
}

/// Words an error as what was expected and what was found.
fn problem(error: &Error, text: &str) -> String {
    let expected = match error {
        Error::SerdeUnknownField { field: found, expected, .. }
        | Error::SerdeUnknownVariant { variant: found, expected, .. } => {
            return format!("expected {}, found '{found}'", one_of(expected));
        }
        Error::SerdeMissingField { field, .. } => return format!("expected '{field}', which is missing"),
        Error::DuplicateMappingKey { key, .. } => {
            let key = key.as_deref().unwrap_or("?");
            return format!("expected each key once, found a duplicate of '{key}'");
        }
        Error::MultipleDocuments { .. } => {
            return "expected one document, found another that does not begin with '---' on a separate line"
                .to_owned();
        }
        Error::Budget { breach: BudgetBreach::Anchors { .. } | BudgetBreach::Aliases { .. }, .. } => {
            return "expected a value, found an anchor ('&…') or an alias ('*…')".to_owned();
        }
        Error::Budget { .. } => {
            return format!("expected at most {MAX_NODES} values, {MAX_DEPTH} deep, found more");
        }
        Error::Unexpected { expected: "mapping start", .. } => "a mapping",
        Error::Unexpected { expected: "sequence start", .. } => "a list",
        Error::Unexpected { expected: "string scalar", .. } | Error::NullIntoString { .. } => "a text",
        Error::Unexpected { expected, .. } => expected,
        Error::InvalidScalar { ty: "u32", .. } => "a whole number below 4294967296",
        Error::InvalidScalar { .. } => "a whole number",
        Error::InvalidBooleanStrict { .. } => "true or false",
        other => return DefaultMessageFormatter.format_message(other).into_owned(),
    };
    match error.location().and_then(|location| found(location, text)) {
        Some(found) => format!("expected {expected}, found {found}"),
        None => format!("expected {expected}"),
    }
}

/// `'a', 'b' or 'c'`.
fn one_of(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

/// Returns the value at a place, in words. For a list or a mapping, the span is its bracket, or empty where there is
/// none.
fn found(location: Location, text: &str) -> Option<String> {
    let whole = |number: u64| usize::try_from(number).ok();
    let rest = text.get(whole(location.span().byte_offset()?)?..)?;
    let value = rest.get(..whole(location.span().byte_len()?)?)?;
    Some(match (value, rest.chars().next()) {
        ("[", _) | ("", Some('-')) => "a list".to_owned(),
        ("~" | "null" | "Null" | "NULL", _) | ("", None | Some(':' | '\r' | '\n')) => "nothing".to_owned(),
        ("{" | "", _) => "a mapping".to_owned(),
        (value, _) => {
            let shown: String = value.trim_matches(['\'', '"']).chars().take(SHOWN).collect();
            format!("'{shown}'")
        }
    })
}

/// Adds the space after the colon in `{key:[…]}` that YAML 1.2 requires: the official set has a line without it,
/// which `PyYAML` reads. `None` where nothing is to be changed.
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
