//! YAML as untrusted text: one document at a time, with a budget, and every fault with its line.
//!
//! In: the text of a file. Out: its documents, and each of them as a [`Node`] or a [`Fault`] with its place.
//! Documents are parsed one by one, so that a mistake in one hides none in the next. What a node must be is said in
//! [`super::fields`].

use std::collections::BTreeSet;

use granit_parser::{Event, Parser, ScalarStyle, Span};

use super::error::Fault;

/// Largest file in bytes: the whole official set together is a tenth of it.
pub(super) const MAX_FILE: u64 = 4 << 20;

/// Most faults told of one file; whoever has more has not a typing error but another kind of file.
pub(super) const MAX_FAULTS: usize = 50;

/// Most nodes of a document. Far above what any definition needs, far below what would be felt: the largest official
/// one has 700.
const MAX_NODES: usize = 50_000;

/// Deepest nesting.
const MAX_DEPTH: usize = 16;

/// One document of a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Document<'a> {
    /// The file it stands in.
    pub(super) file: &'a str,
    /// Lines of the file before it.
    before: u64,
    text: &'a str,
}

/// A value and where it stands.
#[derive(Debug)]
pub(super) struct Node {
    /// Line in the file, from 1.
    pub(super) line: u64,
    /// Column, from 1.
    pub(super) column: u64,
    /// What it is.
    pub(super) value: Value,
}

/// What a node is.
#[derive(Debug)]
pub(super) enum Value {
    /// Nothing: no text, `~` or `null`.
    Nothing,
    /// A text, a number or a word: which of them is for whoever reads it.
    Text(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping: each key, a text, once.
    Map(Vec<(Key, Node)>),
}

/// The key of an entry and where it stands.
#[derive(Debug)]
pub(super) struct Key {
    /// Line in the file, from 1.
    pub(super) line: u64,
    /// Column, from 1.
    pub(super) column: u64,
    /// The key.
    pub(super) name: String,
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
    /// Reads the document.
    ///
    /// # Errors
    ///
    /// The first thing in it that is no YAML, or that is more than the budget, with its place.
    pub(super) fn parse(&self) -> Result<Node, Fault> {
        self.nodes(self.text).or_else(|fault| match spaced(self.text) {
            Some(spaced) => self.nodes(&spaced).map_err(|_| fault),
            None => Err(fault),
        })
    }

    fn nodes(&self, text: &str) -> Result<Node, Fault> {
        let options = granit_parser::options! {
            flow_nesting_limit: MAX_DEPTH,
            block_nesting_limit: MAX_DEPTH,
        };
        let mut tree = Tree { document: self, open: Vec::new(), root: None, left: MAX_NODES };
        for event in Parser::new_from_str_with_options(text, options) {
            let (event, span) = event.map_err(|error| {
                let (line, column) = place(error.marker().line(), error.marker().col());
                self.fault(self.before.saturating_add(line), column, error.info())
            })?;
            tree.take(event, &span)?;
        }
        tree.root.ok_or_else(|| self.fault(self.before.saturating_add(1), 1, "expected a value, found none"))
    }

    /// Makes a fault at a place in the file.
    pub(super) fn fault(&self, line: u64, column: u64, problem: impl Into<String>) -> Fault {
        Fault { file: self.file.to_owned(), line, column, problem: problem.into() }
    }
}

/// A tree while the parser tells of it.
struct Tree<'a> {
    document: &'a Document<'a>,
    /// Lists and mappings that are not at their end, outermost first, each with the key that waits for a value.
    open: Vec<(Node, Option<Key>)>,
    root: Option<Node>,
    /// Nodes that the budget still allows.
    left: usize,
}

impl Tree<'_> {
    fn take(&mut self, event: Event<'_>, span: &Span) -> Result<(), Fault> {
        let value = match event {
            Event::Scalar(text, style, ..) => match (&*text, style) {
                ("" | "~" | "null" | "Null" | "NULL", ScalarStyle::Plain) => Value::Nothing,
                _ => Value::Text(text.into_owned()),
            },
            Event::SequenceStart(..) => Value::List(Vec::new()),
            Event::MappingStart(..) => Value::Map(Vec::new()),
            Event::SequenceEnd | Event::MappingEnd => {
                let Some((node, _)) = self.open.pop() else { return Ok(()) };
                self.each_once(&node)?;
                return self.place(node);
            }
            // Short texts that grow when read: nothing that is written by hand here needs them.
            Event::Alias(_) => return Err(self.refused(span, "expected a value, found an alias ('*…')")),
            _ => return Ok(()),
        };
        self.left = self.left.saturating_sub(1);
        if self.left == 0 || self.open.len() >= MAX_DEPTH {
            let problem = format!("expected at most {MAX_NODES} values, {MAX_DEPTH} deep, found more");
            return Err(self.refused(span, problem));
        }
        let (line, column) = place(span.start.line(), span.start.col());
        let node = Node { line: self.document.before.saturating_add(line), column, value };
        match node.value {
            Value::List(_) | Value::Map(_) => self.open.push((node, None)),
            Value::Nothing | Value::Text(_) => return self.place(node),
        }
        Ok(())
    }

    /// Puts a node that is whole where it belongs.
    fn place(&mut self, node: Node) -> Result<(), Fault> {
        let Some((parent, waiting)) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match (&mut parent.value, waiting.take()) {
            (Value::List(nodes), _) => nodes.push(node),
            (Value::Map(entries), Some(key)) => entries.push((key, node)),
            (Value::Map(_), None) => {
                let Node { line, column, value: Value::Text(name) } = node else {
                    return Err(self.document.fault(node.line, node.column, "expected a text as key"));
                };
                *waiting = Some(Key { line, column, name });
            }
            (Value::Nothing | Value::Text(_), _) => {}
        }
        Ok(())
    }

    fn each_once(&self, node: &Node) -> Result<(), Fault> {
        let Value::Map(entries) = &node.value else { return Ok(()) };
        let mut seen = BTreeSet::new();
        match entries.iter().find(|(key, _)| !seen.insert(key.name.as_str())) {
            None => Ok(()),
            Some((Key { line, column, name }, _)) => {
                let problem = format!("expected each key once, found a duplicate of '{name}'");
                Err(self.document.fault(*line, *column, problem))
            }
        }
    }

    fn refused(&self, span: &Span, problem: impl Into<String>) -> Fault {
        let (line, column) = place(span.start.line(), span.start.col());
        self.document.fault(self.document.before.saturating_add(line), column, problem)
    }
}

/// Line and column from 1, of the parser's, which counts columns from 0.
fn place(line: usize, column: usize) -> (u64, u64) {
    let whole = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    (whole(line).max(1), whole(column).saturating_add(1))
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
