//! What a person sees: lines, and errors with their causes and one hint.
//!
//! Everything that is printed goes through a [`Console`], so that tests read it and `--quiet` means quiet. What a person reads
//! is a [`Sentence`] of [`crate::text`], so that none has one language only; what is the same in every language, such as JSON
//! or a path, is printed as data.

use std::error::Error;
use std::fmt;
use std::io::{self, Write};

use super::exit::{Exit, Leaves};
use crate::text::console as text;
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
    /// Whether the operator asked for that language, so that nothing else chooses another.
    pub lang_is_asked: bool,
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
        Self { out: Output { to: out, failed: None }, err, lang, lang_is_asked: false, quiet: false, leaves }
    }

    /// Speaks another language from here on, where one is wanted and the operator asked for none.
    pub fn prefer(&mut self, lang: Option<Language>) {
        if !self.lang_is_asked {
            self.lang = lang.unwrap_or(self.lang);
        }
    }

    /// Prints a line of data on standard output. A failure is reported by [`Console::finish`].
    pub fn result(&mut self, line: impl fmt::Display) {
        self.out.attempt(|to| writeln!(to, "{line}"));
    }

    /// Prints data on standard output as it is.
    pub fn text(&mut self, text: impl fmt::Display) {
        self.out.attempt(|to| write!(to, "{text}"));
    }

    /// Prints a result for a person on standard output.
    pub fn answer(&mut self, sentence: &Sentence) {
        let lang = self.lang;
        self.result(sentence.in_language(lang));
    }

    /// Prints results for a person on standard output, one per line.
    pub fn answer_all(&mut self, sentences: &[Sentence]) {
        for sentence in sentences {
            self.answer(sentence);
        }
    }

    /// Prints sentences for a person, one per line, unless `--quiet`.
    pub fn say_all(&mut self, sentences: &[Sentence]) {
        for sentence in sentences {
            self.say(sentence);
        }
    }

    /// Prints a sentence for a person, unless `--quiet`.
    pub fn say(&mut self, sentence: &Sentence) {
        if !self.quiet {
            self.always(sentence);
        }
    }

    /// Prints a sentence that must be read even with `--quiet`.
    pub fn always(&mut self, sentence: &Sentence) {
        let lang = self.lang;
        self.always_data(sentence.in_language(lang));
    }

    /// Prints data that must be seen even with `--quiet`: a secret shown once, or JSON where standard output is a bundle.
    pub fn always_data(&mut self, line: impl fmt::Display) {
        drop(writeln!(self.err, "{line}"));
    }

    /// Prints a warning, unless `--quiet`.
    pub fn warn(&mut self, sentence: &Sentence) {
        self.say(&text::announced(&text::warning(), sentence));
    }

    /// Prints a failure: what was attempted and why it failed, its causes, and at most one hint.
    pub fn fail(&mut self, failure: &Failure) {
        let Lines { head, causes } = Lines::of(failure.error.as_ref(), self.lang);
        let [error, caused_by, hint] = [text::error(), text::caused_by(), text::hint()];
        let lang = self.lang;
        drop(writeln!(self.err, "{}: {head}", error.in_language(lang)));
        for cause in causes {
            drop(writeln!(self.err, "  {}: {cause}", caused_by.in_language(lang)));
        }
        if let Some(text) = &failure.hint {
            drop(writeln!(self.err, "{}: {}", hint.in_language(lang), text.in_language(lang)));
        }
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
                    let not_printed = CommandError::new(text::not_printed()).caused_by(error);
                    self.fail(&Failure::new(not_printed).hint(text::space_for_output()));
                }
                exit.unprinted(self.leaves)
            }
        };
        drop(self.err.flush());
        ended
    }
}

/// An error of the command line itself. Its text is in both languages; whoever asks for it as for any error has it in English.
#[derive(Debug)]
pub struct CommandError {
    text: Sentence,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl CommandError {
    /// Makes an error without a cause.
    #[must_use]
    pub const fn new(text: Sentence) -> Self {
        Self { text, source: None }
    }

    /// Adds its cause.
    #[must_use]
    pub fn caused_by(self, source: impl Error + Send + Sync + 'static) -> Self {
        Self { source: Some(Box::new(source)), ..self }
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text.in_language(Language::En))
    }
}

impl Error for CommandError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let source = self.source.as_deref()?;
        Some(source)
    }
}

/// A failure as the command line reports it: an error, its exit code, one clear next step.
#[derive(Debug)]
pub struct Failure {
    /// What failed.
    pub error: Box<dyn Error + Send + Sync>,
    /// With which code the process ends.
    pub exit: Exit,
    /// What to do.
    pub hint: Option<Sentence>,
}

impl Failure {
    /// Makes a failure of any stage's error: exit code 1, no hint.
    pub fn new(error: impl Error + Send + Sync + 'static) -> Self {
        Self { error: Box::new(error), exit: Exit::Failure, hint: None }
    }

    /// Makes a failure of a wrong command line: exit code 2.
    pub fn usage(error: impl Error + Send + Sync + 'static) -> Self {
        Self { exit: Exit::Usage, ..Self::new(error) }
    }

    /// Makes a failure of a wrong command line that has its own text: exit code 2.
    #[must_use]
    pub fn refused(text: Sentence) -> Self {
        Self::usage(CommandError::new(text))
    }

    /// Sets the exit code.
    #[must_use]
    pub fn exit(self, exit: Exit) -> Self {
        Self { exit, ..self }
    }

    /// Adds the one next step.
    #[must_use]
    pub fn hint(self, hint: Sentence) -> Self {
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
    fn of(error: &(dyn Error + 'static), lang: Language) -> Self {
        let head = written(error, lang);
        let mut said = head.clone();
        let mut causes = Vec::new();
        let mut next = error.source();
        while let Some(cause) = next
            && causes.len() < MAX_CAUSES
        {
            let text = written(cause, lang);
            if !said.ends_with(&text) {
                causes.push(text.clone());
                said = text;
            }
            next = cause.source();
        }
        Self { head, causes }
    }
}

/// The text of an error, in the language asked for where it has it.
fn written(error: &(dyn Error + 'static), lang: Language) -> String {
    match error.downcast_ref::<CommandError>() {
        Some(CommandError { text, .. }) => text.in_language(lang).to_owned(),
        None => translated(&error.to_string(), lang).into_owned(),
    }
}

/// Compares all that is printed, both streams one after the other, with the golden files of a screen.
#[cfg(test)]
pub(crate) fn assert_printed(name: &str, print: impl Fn(&mut Console<'_>)) {
    crate::text::golden::assert_golden_screen(name, |lang| {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        print(&mut Console::new(&mut out, &mut err, lang, Leaves::Nothing));
        format!("{}{}", String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot list the rules in 'x.yar'")]
    struct Outer(#[source] io::Error);

    #[test]
    fn a_failure_names_its_causes_and_one_hint_in_the_language_asked_for() {
        let failure = Failure::new(Outer(io::Error::other("disk on fire"))).hint(text::space_for_output());
        let hint = text::space_for_output();
        for (lang, before, hint) in [
            (
                Language::En,
                "error: cannot list the rules in 'x.yar'\n  caused by: disk on fire\nhint: ",
                hint.in_language(Language::En),
            ),
            (
                Language::Nl,
                "fout: kan geen lijst maken van de regels in 'x.yar'\n  oorzaak: disk on fire\nadvies: ",
                hint.in_language(Language::Nl),
            ),
        ] {
            assert_eq!(printed(&failure, lang), format!("{before}{hint}\n"));
        }
    }

    fn printed(failure: &Failure, lang: Language) -> String {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        Console::new(&mut out, &mut err, lang, Leaves::Nothing).fail(failure);
        assert!(out.is_empty());
        String::from_utf8(err).unwrap()
    }

    #[test]
    fn an_error_of_the_command_line_is_in_the_language_asked_for() {
        let refused = Failure::refused(text::not_printed());
        assert_eq!(printed(&refused, Language::Nl), "fout: kan niet naar de standaarduitvoer schrijven\n");
        assert_eq!(
            (refused.exit, refused.error.to_string().as_str()),
            (Exit::Usage, "cannot write to standard output")
        );
    }

    #[test]
    fn a_language_that_was_asked_for_is_kept_and_another_gives_way() {
        for (asked, lang) in [(false, Language::Nl), (true, Language::En)] {
            let (mut out, mut err) = (Vec::new(), Vec::new());
            let mut console = Console::new(&mut out, &mut err, Language::En, Leaves::Nothing);
            console.lang_is_asked = asked;
            console.prefer(Some(Language::Nl));
            console.prefer(None);
            assert_eq!(console.lang, lang);
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
