//! What `--help` prints of each command and argument, in both languages.
//!
//! One table, [`COMMANDS`]: per command its description, its arguments under their headings, examples that work, and the
//! exit codes that it can end with. `cli` applies it to the tree of commands before the command line is read, so nothing
//! of what clap would derive from the source is printed. To add an option, add its field in `cli` and its row here; a test
//! finds what is missing, and what no command has any more. Default and possible values that clap knows are added there.

use super::Sentence;

mod bundle;
mod collect;
mod host;
mod kit;
mod shared;

/// The name of the program on a command line.
pub const PROGRAM_NAME: &str = "veldkit";

/// Heading above the commands of a command.
pub static COMMANDS_HEADING: Sentence = Sentence::fixed("Commando's", "Commands");
/// Stands for a command in the line that shows the usage.
pub static COMMAND_VALUE: Sentence = Sentence::fixed("COMMANDO", "COMMAND");
/// Heading of the line that shows the usage.
pub static USAGE_HEADING: Sentence = Sentence::fixed("Gebruik:", "Usage:");
/// Stands for all options in the line that shows the usage.
pub static OPTIONS_VALUE: Sentence = Sentence::fixed("[OPTIES]", "[OPTIONS]");
/// Heading above the examples.
pub static EXAMPLES_HEADING: Sentence = Sentence::fixed("Voorbeelden:", "Examples:");
/// Heading above the exit codes.
pub static EXIT_CODES_HEADING: Sentence = Sentence::fixed("Exitcodes:", "Exit codes:");
/// Comes before the default of an option.
pub static DEFAULT: Sentence = Sentence::fixed("standaard", "default");
/// Comes before the values that an option can have.
pub static POSSIBLE_VALUES: Sentence = Sentence::fixed("mogelijke waarden", "possible values");
/// What `veldkit help` does.
pub static HELP_COMMAND: Sentence =
    Sentence::fixed("Toon uitleg over een commando", "Print help for a command");

/// A command or subcommand.
#[derive(Debug)]
pub struct CommandText {
    /// Its names from the first after the program's on: empty for the program itself, `rules check`.
    pub path: &'static str,
    /// What it does.
    pub about: Sentence,
    /// Its arguments under their headings, without those of [`COMMON`].
    pub groups: &'static [&'static ArgumentGroup],
    /// Command lines that work.
    pub examples: &'static [Example],
    /// Exit codes that it can end with, ascending.
    pub codes: &'static [u8],
}

/// Arguments under one heading.
#[derive(Debug)]
pub struct ArgumentGroup {
    /// The heading, without a colon.
    pub heading: Sentence,
    /// The arguments.
    pub arguments: &'static [Argument],
}

/// An option, a switch or a positional argument.
#[derive(Debug)]
pub struct Argument {
    /// Its identifier in clap: the name of the field.
    pub id: &'static str,
    /// What stands for its value; none for a switch.
    pub value: Option<Sentence>,
    /// What it does, with unit and default.
    pub text: Sentence,
}

/// A command line that works, with what it does.
#[derive(Debug)]
pub struct Example {
    /// The command line, words parted by single spaces.
    pub line: &'static str,
    /// What it does.
    pub text: Sentence,
}

/// Makes an option or positional argument; the names for its value are in Dutch and English.
const fn option(
    id: &'static str,
    value: (&'static str, &'static str),
    nl: &'static str,
    en: &'static str,
) -> Argument {
    Argument { id, value: Some(Sentence::fixed(value.0, value.1)), text: Sentence::fixed(nl, en) }
}

/// Makes a switch.
const fn switch(id: &'static str, nl: &'static str, en: &'static str) -> Argument {
    Argument { id, value: None, text: Sentence::fixed(nl, en) }
}

/// Makes an example.
const fn example(line: &'static str, nl: &'static str, en: &'static str) -> Example {
    Example { line, text: Sentence::fixed(nl, en) }
}

/// All commands, each before its subcommands.
pub static COMMANDS: &[&CommandText] = &[
    &shared::PROGRAM,
    &collect::COLLECT,
    &host::SCAN,
    &bundle::VERIFY,
    &bundle::LIST,
    &bundle::UNPACK,
    &host::LIST_VOLUMES,
    &host::INVENTORY,
    &host::SELFTEST,
    &kit::KEYGEN,
    &kit::INDICATORS,
    &kit::INDICATORS_CHECK,
    &kit::RULES,
    &kit::RULES_CHECK,
    &kit::RULES_LIST,
    &kit::RULES_PACK,
    &kit::PLAYBOOK,
    &kit::PLAYBOOK_LIST,
    &kit::PLAYBOOK_SHOW,
    &kit::PLAYBOOK_CHECK,
];

pub use shared::COMMON;

impl CommandText {
    /// The command with this path.
    #[must_use]
    pub fn of(path: &str) -> Option<&'static Self> {
        COMMANDS.iter().copied().find(|command| command.path == path)
    }

    /// An argument with its heading: one of the command, or of all commands.
    #[must_use]
    pub fn argument(&self, id: &str) -> Option<(&'static Sentence, &'static Argument)> {
        self.groups.iter().copied().chain([&COMMON]).find_map(|group| {
            Some((&group.heading, group.arguments.iter().find(|argument| argument.id == id)?))
        })
    }
}
