//! What a person sees: lines, and errors with their causes and one hint.
//!
//! Everything that is printed goes through a [`Console`], so that tests read it and `--quiet` means quiet.

use std::fmt;
use std::io::{self, Write};

use super::exit::{Exit, Leaves};
use super::usage::Refusal;
use crate::text::phrases::translated;
use crate::text::{Language, Sentence};

/// Where text goes, in which language, and how much of it.
pub struct Console<'a> {
    /// Results that were asked for: JSON, lists.
    out: Output<'a>,
    /// What a person reads while and after it runs.
    pub err: &'a mut dyn Write,
    /// The language of it.
    pub lang: Language,
    /// Whether only errors are printed.
    pub quiet: bool,
    /// What is left of the command where its results cannot be printed.
    pub leaves: Leaves,
}

/// Standard output. No command has another way to it, so none can drop its errors: the first is kept for the end.
struct Output<'a> {
    to: &'a mut dyn Write,
    failed: Option<io::Error>,
}

impl Output<'_> {
    /// Does something with the stream, unless it has failed before: what followed a hole would be misread.
    fn attempt(&mut self, act: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
        if self.failed.is_none() {
            self.failed = act(self.to).err();
        }
    }
}

impl<'a> Console<'a> {
    /// Makes a console of standard output and standard error.
    pub fn new(out: &'a mut dyn Write, err: &'a mut dyn Write, lang: Language, leaves: Leaves) -> Self {
        Self { out: Output { to: out, failed: None }, err, lang, quiet: false, leaves }
    }

    /// Prints a result line on standard output. A failure is reported by [`Console::finish`].
    pub fn result(&mut self, line: impl fmt::Display) {
        self.out.attempt(|to| writeln!(to, "{line}"));
    }

    /// Prints a text on standard output as it is.
    pub fn text(&mut self, text: impl fmt::Display) {
        self.out.attempt(|to| write!(to, "{text}"));
    }

    /// Prints a line for a person, unless `--quiet`.
    pub fn say(&mut self, line: impl fmt::Display) {
        if !self.quiet {
            drop(writeln!(self.err, "{line}"));
        }
    }

    /// Prints a line that must be read even with `--quiet`: a secret shown once.
    pub fn always(&mut self, line: impl fmt::Display) {
        drop(writeln!(self.err, "{line}"));
    }

    /// Prints a warning, unless `--quiet`.
    pub fn warn(&mut self, line: impl fmt::Display) {
        let word = self.lang.pick("let op", "warning");
        self.say(format_args!("{word}: {line}"));
    }

    /// Prints a failure: what was attempted and why it failed, its causes, and at most one hint.
    pub fn fail(&mut self, failure: &Failure) {
        let Lines { head, causes } = Lines::of(failure.error.as_ref());
        let (error, caused, hint) =
            self.lang.pick(("fout", "oorzaak", "advies"), ("error", "caused by", "hint"));
        drop(writeln!(self.err, "{error}: {}", translated(&head, self.lang)));
        for cause in causes {
            drop(writeln!(self.err, "  {caused}: {}", translated(&cause, self.lang)));
        }
        if let Some(text) = &failure.hint {
            drop(writeln!(self.err, "{hint}: {}", text.in_language(self.lang)));
        }
    }

    /// Prints why a command line cannot be read, in the form of [`Console::fail`].
    pub(super) fn refuse(&mut self, refusal: &Refusal) {
        let (error, hint) = self.lang.pick(("fout", "advies"), ("error", "hint"));
        drop(writeln!(self.err, "{error}: {}", refusal.says.in_language(self.lang)));
        drop(writeln!(self.err, "{hint}: {}", refusal.hint.in_language(self.lang)));
    }

    /// Flushes both streams, and returns the exit code: that of the command, unless its results could not be printed.
    /// A closed pipe is no news to whoever closed it, so of that only the code speaks.
    pub fn finish(&mut self, exit: Exit) -> Exit {
        self.out.attempt(|to| to.flush());
        let ended = match self.out.failed.take() {
            None => exit,
            Some(error) => {
                let closed = error.kind() == io::ErrorKind::BrokenPipe;
                if !closed {
                    self.fail(&Failure::new(NotPrinted(error)).hint(
                        "is er ruimte waar de uitvoer heen gaat? Wat daar staat, is niet volledig",
                        "is there room where the output goes? What is there is not complete",
                    ));
                }
                exit.unprinted(self.leaves)
            }
        };
        drop(self.err.flush());
        ended
    }
}

/// The results of a command are not all where the operator wanted them.
#[derive(Debug, thiserror::Error)]
#[error("cannot write to standard output")]
pub(super) struct NotPrinted(#[source] pub(super) io::Error);

/// A failure as the command line reports it: an error, its exit code, one clear next step.
#[derive(Debug)]
pub struct Failure {
    /// What failed.
    pub error: Box<dyn std::error::Error + Send + Sync>,
    /// With which code the process ends.
    pub exit: Exit,
    /// What to do.
    pub hint: Option<Sentence>,
}

impl Failure {
    /// Makes a failure of any stage's error: exit code 1, no hint.
    pub fn new(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { error: error.into(), exit: Exit::Failure, hint: None }
    }

    /// Makes a failure of a wrong command line: exit code 2.
    pub fn usage(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { exit: Exit::Usage, ..Self::new(error) }
    }

    /// Sets the exit code.
    #[must_use]
    pub fn exit(self, exit: Exit) -> Self {
        Self { exit, ..self }
    }

    /// Adds the one next step.
    #[must_use]
    pub fn hint(self, nl: impl Into<String>, en: impl Into<String>) -> Self {
        self.advise(Sentence::filled(nl.into(), en.into()))
    }

    /// Adds the one next step.
    #[must_use]
    pub fn advise(self, hint: Sentence) -> Self {
        Self { hint: Some(hint), ..self }
    }
}

/// The texts of an error and its causes, without a cause that its own error already quotes.
struct Lines {
    head: String,
    causes: Vec<String>,
}

/// Most causes printed: an error that is its own cause would else never end.
const MAX_CAUSES: usize = 16;

impl Lines {
    fn of(error: &dyn std::error::Error) -> Self {
        let head = error.to_string();
        let mut said = head.clone();
        let mut causes = Vec::new();
        let mut next = error.source();
        while let Some(cause) = next
            && causes.len() < MAX_CAUSES
        {
            let text = cause.to_string();
            if !said.ends_with(&text) {
                causes.push(text.clone());
                said = text;
            }
            next = cause.source();
        }
        Self { head, causes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot list the rules in 'x.yar'")]
    struct Outer(#[source] io::Error);

    #[test]
    fn a_failure_names_its_causes_and_one_hint_in_the_language_asked_for() {
        let failure = Failure::new(Outer(io::Error::other("disk on fire"))).hint("blus", "extinguish");
        for (lang, expected) in [
            (
                Language::En,
                "error: cannot list the rules in 'x.yar'\n  caused by: disk on fire\nhint: extinguish\n",
            ),
            (
                Language::Nl,
                "fout: kan de regels in 'x.yar' niet opsommen\n  oorzaak: disk on fire\nadvies: blus\n",
            ),
        ] {
            let (mut out, mut err) = (Vec::new(), Vec::new());
            Console::new(&mut out, &mut err, lang, Leaves::Nothing).fail(&failure);
            assert_eq!(String::from_utf8(err).unwrap(), expected);
            assert!(out.is_empty());
        }
    }

    /// Fails with this kind of error from a number of bytes on, when it is written to or only when it is flushed.
    struct Failing {
        room: usize,
        kind: io::ErrorKind,
    }

    impl Write for Failing {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.room = self.room.checked_sub(bytes.len()).ok_or(self.kind)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            if self.room == 0 { Err(self.kind.into()) } else { Ok(()) }
        }
    }

    #[test]
    fn output_that_cannot_be_written_is_reported_at_the_end_and_never_ends_in_0() {
        for (room, kind, reported) in [
            (0, io::ErrorKind::StorageFull, true),
            (3, io::ErrorKind::StorageFull, true),
            (8, io::ErrorKind::Other, true),
            (0, io::ErrorKind::BrokenPipe, false),
        ] {
            let (mut out, mut err) = (Failing { room, kind }, Vec::new());
            let mut console = Console::new(&mut out, &mut err, Language::En, Leaves::Result);
            console.quiet = true;
            console.result("one");
            console.text("two\n");
            assert_eq!(console.finish(Exit::Done), Exit::Partial, "{room}");
            let said = String::from_utf8(err).unwrap();
            assert_eq!(said.contains("cannot write to standard output"), reported, "{said}");
        }
        let (mut out, mut err) = (Failing { room: 9, kind: io::ErrorKind::Other }, Vec::new());
        let mut console = Console::new(&mut out, &mut err, Language::En, Leaves::Nothing);
        console.result("one");
        console.text("two\n");
        assert_eq!((console.finish(Exit::Hits), err.len()), (Exit::Hits, 0));
    }
}
