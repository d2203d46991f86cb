//! What a YAML value must be: texts, numbers, lists, the fields of a mapping. Written out, and not derived, because a
//! derived reader is made anew for every type, which cost a twentieth of the program.
//!
//! In: a [`Node`] of a [`Document`]. Out: the value wanted, or a [`Fault`] that says what was expected and what stands
//! there.

use std::fmt::Write as _;

use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::Error as Unknown;

use super::error::Fault;
use super::plan::Text;
use super::yaml::{Document, Node, Value};

/// A node as it is read: in its document, for its place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Read<'a> {
    document: &'a Document<'a>,
    node: &'a Node,
}

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct At<T> {
    /// The value.
    pub(super) value: T,
    /// Line in the file, from 1.
    pub(super) line: u64,
    /// Column, from 1.
    pub(super) column: u64,
}

impl<T> At<T> {
    /// Makes a fault at the value.
    pub(super) fn fault(&self, document: &Document<'_>, problem: impl Into<String>) -> Fault {
        document.fault(self.line, self.column, problem)
    }
}

/// A mapping whose keys are all known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'a>(Read<'a>);

impl<'a> Read<'a> {
    /// Begins at the root of a document.
    pub(super) const fn new(document: &'a Document<'a>, node: &'a Node) -> Self {
        Self { document, node }
    }

    /// Makes a fault at the node.
    pub(super) fn fault(self, problem: impl Into<String>) -> Fault {
        self.document.fault(self.node.line, self.node.column, problem)
    }

    fn expected(self, what: &str) -> Fault {
        let found = match &self.node.value {
            Value::Nothing => "nothing".to_owned(),
            Value::Text(text) => format!("'{text}'"),
            Value::List(_) => "a list".to_owned(),
            Value::Map(_) => "a mapping".to_owned(),
        };
        self.fault(format!("expected {what}, found {found}"))
    }

    /// Puts its place beside a value of it.
    pub(super) const fn at<T>(self, value: T) -> At<T> {
        At { value, line: self.node.line, column: self.node.column }
    }

    /// As a text.
    pub(super) fn text(self) -> Result<String, Fault> {
        self.word("a text").map(str::to_owned)
    }

    /// As a text with its place.
    pub(super) fn text_at(self) -> Result<At<String>, Fault> {
        Ok(self.at(self.text()?))
    }

    /// As a whole number.
    pub(super) fn number(self) -> Result<u64, Fault> {
        const WHAT: &str = "a whole number";
        self.word(WHAT)?.parse().map_err(|_| self.expected(WHAT))
    }

    /// As a whole number that is not large.
    pub(super) fn small(self) -> Result<u32, Fault> {
        u32::try_from(self.number()?).map_err(|_| self.expected("a number below 4294967296"))
    }

    /// As yes or no.
    pub(super) fn flag(self) -> Result<bool, Fault> {
        const WHAT: &str = "true or false";
        match self.word(WHAT)? {
            "true" | "True" | "TRUE" => Ok(true),
            "false" | "False" | "FALSE" => Ok(false),
            _ => Err(self.expected(WHAT)),
        }
    }

    /// As one of the words of a type.
    pub(super) fn one_of<T: Deserialize<'a>>(self) -> Result<T, Fault> {
        let word = self.word("a word")?;
        T::deserialize(word.into_deserializer()).map_err(|error: Unknown| self.fault(error.to_string()))
    }

    /// As a text in two languages.
    pub(super) fn both(self) -> Result<Text, Fault> {
        let fields = self.fields(&["nl", "en"])?;
        Ok(Text { nl: fields.required("nl")?.text()?, en: fields.required("en")?.text()? })
    }

    fn word(self, what: &str) -> Result<&'a str, Fault> {
        match &self.node.value {
            Value::Text(text) => Ok(text),
            _ => Err(self.expected(what)),
        }
    }

    /// As a list, each of its values read by `read`.
    pub(super) fn list<T>(self, read: fn(Self) -> Result<T, Fault>) -> Result<Vec<T>, Fault> {
        let Value::List(nodes) = &self.node.value else { return Err(self.expected("a list")) };
        nodes.iter().map(|node| read(Read { node, ..self })).collect()
    }

    /// As a mapping from any names, each of its values read by `read`.
    pub(super) fn entries<T>(self, read: fn(Self) -> Result<T, Fault>) -> Result<Vec<(String, T)>, Fault> {
        let Value::Map(entries) = &self.node.value else { return Err(self.expected("a mapping")) };
        entries.iter().map(|(key, node)| Ok((key.name.clone(), read(Read { node, ..self })?))).collect()
    }

    /// As a mapping of these keys.
    pub(super) fn fields(self, known: &[&str]) -> Result<Fields<'a>, Fault> {
        let Value::Map(entries) = &self.node.value else { return Err(self.expected("a mapping")) };
        let Some((key, _)) = entries.iter().find(|(key, _)| !known.contains(&key.name.as_str())) else {
            return Ok(Fields(self));
        };
        let mut words = String::new();
        for (index, word) in known.iter().enumerate() {
            let before = match index {
                0 => "",
                _ if index.saturating_add(1) == known.len() => " or ",
                _ => ", ",
            };
            // Writing to a text cannot fail.
            let _ = write!(words, "{before}'{word}'");
        }
        Err(self.document.fault(key.line, key.column, format!("expected {words}, found '{}'", key.name)))
    }

    /// Whether it is a mapping that has this key.
    pub(super) fn has(self, name: &str) -> bool {
        Fields(self).optional(name).is_some()
    }
}

impl<'a> Fields<'a> {
    /// The value of a key, where it stands there and is not empty.
    pub(super) fn optional(self, name: &str) -> Option<Read<'a>> {
        let Value::Map(entries) = &self.0.node.value else { return None };
        let (_, node) = entries.iter().find(|(key, _)| key.name == name)?;
        (!matches!(node.value, Value::Nothing)).then_some(Read { node, ..self.0 })
    }

    /// The value of a key that must stand there.
    pub(super) fn required(self, name: &str) -> Result<Read<'a>, Fault> {
        self.optional(name).ok_or_else(|| self.0.fault(format!("expected '{name}', which is missing")))
    }

    /// The list of a key; empty where there is none.
    pub(super) fn list<T>(self, name: &str, read: fn(Read<'a>) -> Result<T, Fault>) -> Result<Vec<T>, Fault> {
        self.optional(name).map_or_else(|| Ok(Vec::new()), |node| node.list(read))
    }

    /// Yes or no; no where nothing is said.
    pub(super) fn flag(self, name: &str) -> Result<bool, Fault> {
        self.optional(name).map_or(Ok(false), Read::flag)
    }
}
