//! What a person sees: lines, and errors with their causes and one hint.
//!
//! Everything that is printed goes through a [`Console`], so that tests read it and `--quiet` means quiet.

use std::fmt;
use std::io::{self, Write};

use super::exit::Exit;
use crate::text::Language;

/// Where text goes, in which language, and how much of it.
pub struct Console<'a> {
    /// Results that were asked for: JSON, lists.
    pub out: &'a mut dyn Write,
    /// What a person reads while and after it runs.
    pub err: &'a mut dyn Write,
    /// The language of it.
    pub lang: Language,
    /// Whether only errors are printed.
    pub quiet: bool,
}

impl Console<'_> {
    /// Prints a result line on standard output. A closed pipe is no failure: nobody reads any more.
    pub fn result(&mut self, line: impl fmt::Display) {
        drop(writeln!(self.out, "{line}"));
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
        drop(writeln!(self.err, "{error}: {head}"));
        for cause in causes {
            drop(writeln!(self.err, "  {caused}: {cause}"));
        }
        if let Some((nl, en)) = &failure.hint {
            drop(writeln!(self.err, "{hint}: {}", self.lang.pick(nl, en)));
        }
    }

    /// Flushes both streams.
    ///
    /// # Errors
    ///
    /// That of standard output, where a result could not be delivered.
    pub fn flush(&mut self) -> io::Result<()> {
        drop(self.err.flush());
        self.out.flush()
    }
}

/// A failure as the command line reports it: an error, its exit code, one clear next step.
#[derive(Debug)]
pub struct Failure {
    /// What failed.
    pub error: Box<dyn std::error::Error + Send + Sync>,
    /// With which code the process ends.
    pub exit: Exit,
    /// What to do, in Dutch and in English.
    pub hint: Option<(String, String)>,
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
        Self { hint: Some((nl.into(), en.into())), ..self }
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
    #[error("cannot read the rules in 'x.yar'")]
    struct Outer(#[source] io::Error);

    #[test]
    fn a_failure_names_its_causes_and_one_hint_in_the_language_asked_for() {
        let failure = Failure::new(Outer(io::Error::other("disk on fire"))).hint("blus", "extinguish");
        for (lang, expected) in [
            (
                Language::En,
                "error: cannot read the rules in 'x.yar'\n  caused by: disk on fire\nhint: extinguish\n",
            ),
            (Language::Nl, "fout: cannot read the rules in 'x.yar'\n  oorzaak: disk on fire\nadvies: blus\n"),
        ] {
            let (mut out, mut err) = (Vec::new(), Vec::new());
            Console { out: &mut out, err: &mut err, lang, quiet: true }.fail(&failure);
            assert_eq!(String::from_utf8(err).unwrap(), expected);
            assert!(out.is_empty());
        }
    }
}
