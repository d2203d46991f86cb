//! `LiveObjects`, of Windows alone: what programs have given names for others to find: mutexes, events, shared memory and the like, and named
//! pipes. Much malware keeps itself from running twice by a mutex, and talks with its parts over a pipe.
//!
//! In: the kernel's own folders of objects, and the list of pipes. Out: one [`ObjectRow`] per object. Which process has which is not
//! told: that takes a copy of every handle on the machine.

use std::time::Duration;

use crate::evidence::rows::RowType as _;
use crate::evidence::rows::objects::{NamedObject, ObjectRow, PipeObject};
use crate::sources::rows::{Rows, code_of};
use crate::sys;
use crate::sys::{KernelObject, NamedPipe};

/// How long all of it may take.
const TABLE_LIMIT: Duration = Duration::from_secs(30);

/// How the rows are made.
pub(crate) fn rows() -> Rows {
    Rows::new(ObjectRow::SCHEMA, "ntobjects", |lines| {
        match sys::named_objects() {
            Ok(objects) => objects.into_iter().try_for_each(|object| {
                let KernelObject { kind, name, directory } = object;
                lines.row(&ObjectRow::Object(named(&kind, name, directory)))
            })?,
            Err(error) => lines.short(code_of(&error), format!("listing named objects: {error}")),
        }
        match sys::named_pipes() {
            Ok(pipes) => pipes.into_iter().try_for_each(|pipe| {
                let NamedPipe { name, instances } = pipe;
                lines.row(&ObjectRow::Pipe(PipeObject { name, instances }))
            })?,
            Err(error) => lines.short(code_of(&error), format!("listing named pipes: {error}")),
        }
        Ok(())
    })
    .within(TABLE_LIMIT)
}

/// An object of a kernel's type.
fn named(kind: &str, name: String, folder: String) -> NamedObject {
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
    NamedObject { kind: kind.to_owned(), name, folder }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_the_words_that_people_use_and_an_unknown_one_keeps_its_own() {
        let kind = |kind: &str| named(kind, String::new(), String::new()).kind;
        assert_eq!((kind("Mutant").as_str(), kind("ALPC Port").as_str()), ("mutex", "ALPC Port"));
    }
}
