//! `LiveObjects`, of Windows alone: what programs have given names for others to find: mutexes, events, shared memory and the like, and named
//! pipes. Much malware keeps itself from running twice by a mutex, and talks with its parts over a pipe.
//!
//! In: the kernel's own folders of objects, and the list of pipes. Out: a row each of [`Row`]. Which process has which is not
//! told: that takes a copy of every handle on the machine.

use std::time::Duration;

use serde::Serialize;

use crate::sources::rows::{Rows, code_of};
use crate::sys::{self, KernelObject, NamedPipe};

/// How long all of it may take.
const TABLE_LIMIT: Duration = Duration::from_secs(30);

/// A row of `LiveObjects`, schema `urn:veldkit:live:objects:1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "row", rename_all = "snake_case")]
pub enum Row {
    /// An object with a name.
    Object(Object),
    /// A named pipe.
    Pipe(Pipe),
}

/// An object with a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Object {
    /// `mutex`, `event`, `section`, `semaphore`, `timer`, `job`, `link`, or the kernel's own word.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// The folder that it stands in: `\BaseNamedObjects` is that of all sessions, `\Sessions\1\BaseNamedObjects` that of one.
    pub folder: String,
}

impl Object {
    /// An object of a kernel's type.
    #[must_use]
    pub fn new(kind: &str, name: String, folder: String) -> Self {
        let kind = match kind {
            "Mutant" => "mutex",
            "Event" => "event",
            "Section" => "section",
            "Semaphore" => "semaphore",
            "Timer" => "timer",
            "Job" => "job",
            "SymbolicLink" => "link",
            other => other,
        };
        Self { kind: kind.to_owned(), name, folder }
    }
}

/// A named pipe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pipe {
    /// Its name, without the `\\.\pipe\` in front of it.
    pub name: String,
    /// How many ends of it are open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instances: Option<u64>,
}

/// How the rows are made.
pub(crate) fn rows() -> Rows {
    Rows::new("urn:veldkit:live:objects:1", "ntobjects", |lines| {
        match sys::named_objects() {
            Ok(objects) => objects.into_iter().try_for_each(|object| {
                let KernelObject { kind, name, directory } = object;
                lines.row(&Row::Object(Object::new(&kind, name, directory)))
            })?,
            Err(error) => lines.short(code_of(&error), format!("listing named objects: {error}")),
        }
        match sys::named_pipes() {
            Ok(pipes) => pipes.into_iter().try_for_each(|pipe| {
                let NamedPipe { name, instances } = pipe;
                lines.row(&Row::Pipe(Pipe { name, instances }))
            })?,
            Err(error) => lines.short(code_of(&error), format!("listing named pipes: {error}")),
        }
        Ok(())
    })
    .within(TABLE_LIMIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_the_words_that_people_use_and_an_unknown_one_keeps_its_own() {
        let kind = |kind: &str| Object::new(kind, String::new(), String::new()).kind;
        assert_eq!((kind("Mutant").as_str(), kind("ALPC Port").as_str()), ("mutex", "ALPC Port"));
    }
}
