//! Gives the tree of commands its texts in one language, before the command line is read.
//!
//! In: the tree as clap derives it, whose texts nobody reads, and the table in [`crate::text::help`]. Out: the same tree
//! with descriptions, headings, names of values, examples and exit codes. What clap itself prints in English alone, its
//! headings, `[default: …]`, `[possible values: …]` and `[OPTIONS]`, is replaced.

use std::ffi::OsString;

use clap::{Arg, ArgAction, CommandFactory as _, ValueEnum as _};

use super::args::{Cli, STYLES};
use crate::text::help::{self, Argument, CommandText};
use crate::text::{Language, Sentence, exit_codes};

/// The tree of commands with all its texts, as it is used to read a command line, and to make completions and man pages.
#[must_use]
pub fn command(language: Language) -> clap::Command {
    let mut command = described(Cli::command(), "", language);
    command.build();
    finished(command, "", language)
}

/// The same for man pages, whose generator builds the tree itself and needs no page for `help`.
#[must_use]
pub fn command_for_man_pages(language: Language) -> clap::Command {
    described(Cli::command(), "", language).disable_help_subcommand(true)
}

/// The language that the arguments ask for, before they are read: the first `--lang` with a known value.
pub(super) fn asked(arguments: &[OsString]) -> Option<Language> {
    let options =
        || arguments.iter().skip(1).map(|argument| argument.to_str()).take_while(|one| *one != Some("--"));
    let values = options().zip(options().skip(1).chain([None]));
    values
        .filter_map(|(option, next)| match option? {
            "--lang" => next,
            option => option.strip_prefix("--lang="),
        })
        .find_map(|value| Language::from_str(value, false).ok())
}

/// Sets the texts of a command and all below it.
fn described(mut command: clap::Command, path: &str, language: Language) -> clap::Command {
    let names: Vec<String> = command.get_subcommands().map(|below| below.get_name().to_owned()).collect();
    for name in names {
        let path = format!("{path} {name}");
        command = command.mut_subcommand(&name, |below| described(below, path.trim_start(), language));
    }
    let Some(texts) = CommandText::of(path) else { return command };
    let in_language = |sentence: &'static Sentence| sentence.in_language(language);
    command = command
        .about(in_language(&texts.about))
        .long_about(None)
        .after_help(ending(texts, language))
        .help_template(template(language))
        .subcommand_help_heading(in_language(&help::COMMANDS_HEADING))
        .subcommand_value_name(in_language(&help::COMMAND_VALUE))
        .disable_help_flag(true)
        .disable_version_flag(true)
        .arg(Arg::new("help").short('h').long("help").action(ArgAction::Help));
    if path.is_empty() {
        command = command.arg(Arg::new("version").short('V').long("version").action(ArgAction::Version));
    }
    command.mut_args(|argument| match texts.argument(argument.get_id().as_str()) {
        Some((heading, text)) => explained(argument, in_language(heading), text, language),
        None => argument,
    })
}

/// What every command has comes after its own options.
const LAST: usize = 900;

/// Sets the texts of an argument.
fn explained(argument: Arg, heading: &'static str, text: &'static Argument, language: Language) -> Arg {
    let common = help::COMMON.arguments.iter().any(|common| common.id == text.id);
    let argument = argument.long_help(None).help_heading(heading);
    let argument = if common { argument.display_order(LAST) } else { argument };
    let mut help = text.text.in_language(language).to_owned();
    let Some(value) = &text.value else { return argument.help(help) };
    let mut add = |values: Vec<String>, word: &Sentence| {
        let word = word.in_language(language);
        if !values.is_empty() && !help.contains(&format!("[{word}:")) {
            help = format!("{help} [{word}: {}]", values.join(", "));
        }
    };
    let possible = argument.get_possible_values();
    let possible = possible.iter().filter(|value| !value.is_hide_set());
    add(possible.map(|value| value.get_name().to_owned()).collect(), &help::POSSIBLE_VALUES);
    let defaults = argument.get_default_values().iter();
    add(defaults.map(|value| value.to_string_lossy().into_owned()).collect(), &help::DEFAULT);
    argument
        .help(help)
        .value_name(value.in_language(language))
        .hide_default_value(true)
        .hide_possible_values(true)
}

/// Replaces what is known only of the whole tree: the usage of each command, and the description of `help`.
fn finished(mut command: clap::Command, path: &str, language: Language) -> clap::Command {
    for below in command.get_subcommands_mut() {
        let name = below.get_name().to_owned();
        // `help` has a copy of the whole tree below it.
        let path =
            if name == "help" { path.to_owned() } else { format!("{path} {name}").trim_start().to_owned() };
        let built = finished(std::mem::take(below), &path, language);
        *below = if name == "help" {
            built.about(help::HELP_COMMAND.in_language(language))
        } else if let Some(texts) = CommandText::of(&path) {
            built.about(texts.about.in_language(language))
        } else {
            built
        };
    }
    if language == Language::En {
        return command;
    }
    let usage = command.render_usage().ansi().to_string();
    match usage.split_once(help::USAGE_HEADING.in_language(Language::En)) {
        Some((_, usage)) => {
            let usage = usage.trim_start_matches("\u{1b}[0m").trim_start().replace(
                help::OPTIONS_VALUE.in_language(Language::En),
                help::OPTIONS_VALUE.in_language(language),
            );
            command.override_usage(usage)
        }
        None => command,
    }
}

/// Description, usage, arguments, ending.
fn template(language: Language) -> String {
    let style = STYLES.get_usage();
    let heading = help::USAGE_HEADING.in_language(language);
    format!("{{about-with-newline}}\n{style}{heading}{style:#} {{usage}}\n\n{{all-args}}{{after-help}}")
}

/// Examples and exit codes.
fn ending(texts: &CommandText, language: Language) -> String {
    let (header, literal) = (STYLES.get_header(), STYLES.get_literal());
    let heading = |sentence: &Sentence| format!("{header}{}{header:#}", sentence.in_language(language));
    let mut lines = vec![heading(&help::EXAMPLES_HEADING)];
    for example in texts.examples {
        lines.push(format!("  {}:", example.text.in_language(language)));
        lines.push(format!("    {literal}{}{literal:#}", example.line));
    }
    lines.push(String::new());
    lines.push(heading(&help::EXIT_CODES_HEADING));
    for code in texts.codes {
        let meaning = exit_codes::meaning(*code).map_or("", |meaning| meaning.in_language(language));
        lines.push(format!("  {literal}{code:>3}{literal:#}  {meaning}"));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    const LANGUAGES: [Language; 2] = [Language::Nl, Language::En];

    /// What is the same word in both languages.
    const SAME: [&str; 1] = ["Kit"];

    /// Each command of the tree with its path, without `help`.
    fn all(command: &clap::Command, path: &str) -> Vec<(String, clap::Command)> {
        let mut found = vec![(path.to_owned(), command.clone())];
        for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
            found.extend(all(below, format!("{path} {}", below.get_name()).trim_start()));
        }
        found
    }

    #[test]
    fn every_command_and_argument_has_its_text_and_every_text_is_used() {
        for language in LANGUAGES {
            let tree = all(&command(language), "");
            let known: BTreeSet<&str> = help::COMMANDS.iter().map(|command| command.path).collect();
            assert_eq!(known.len(), help::COMMANDS.len(), "a command has two entries");
            assert_eq!(tree.iter().map(|(path, _)| path.as_str()).collect::<BTreeSet<_>>(), known);
            for (path, command) in tree {
                let texts = CommandText::of(&path).unwrap();
                assert_eq!(command.get_about().unwrap().to_string(), texts.about.in_language(language));
                let mut of_tree = BTreeSet::new();
                for argument in command.get_arguments() {
                    let id = argument.get_id().as_str();
                    let (heading, text) =
                        texts.argument(id).unwrap_or_else(|| panic!("no text for '{id}' of '{path}'"));
                    of_tree.insert(id.to_owned());
                    assert_eq!(
                        argument.get_help_heading(),
                        Some(heading.in_language(language)),
                        "{path}: {id}"
                    );
                    assert!(
                        argument.get_help().unwrap().to_string().starts_with(text.text.in_language(language))
                    );
                    assert_eq!(argument.get_long_help(), None, "{path}: {id}");
                    let value = text.value.as_ref().map(|value| value.in_language(language));
                    assert_eq!(argument.get_action().takes_values(), value.is_some(), "{path}: {id}");
                    let names = argument.get_value_names().unwrap_or_default();
                    assert!(value.is_none_or(|value| names.iter().any(|name| name == value)), "{path}: {id}");
                }
                let written = texts.groups.iter().flat_map(|group| group.arguments);
                let common = ["lang", "help"].into_iter().chain(path.is_empty().then_some("version"));
                let mut of_texts: Vec<_> = written.map(|argument| argument.id).chain(common).collect();
                of_texts.sort_unstable();
                assert_eq!(of_tree.iter().map(String::as_str).collect::<Vec<_>>(), of_texts, "{path}");
            }
        }
    }

    #[test]
    fn no_text_is_english_in_both_languages_and_none_is_longer_than_two_lines() {
        let commands = help::COMMANDS.iter();
        let mut texts: Vec<&Sentence> = commands.clone().map(|command| &command.about).collect();
        for group in
            commands.clone().flat_map(|command| command.groups.iter().copied()).chain([&help::COMMON])
        {
            texts.push(&group.heading);
            texts.extend(group.arguments.iter().map(|argument| &argument.text));
        }
        texts.extend(commands.flat_map(|command| command.examples).map(|example| &example.text));
        texts.extend(exit_codes::EXIT_CODES.iter().map(|(_, meaning)| meaning));
        assert!(texts.len() > 150);
        for text in texts {
            let (nl, en) = (text.in_language(Language::Nl), text.in_language(Language::En));
            assert!(!nl.is_empty() && !en.is_empty() && (nl != en || SAME.contains(&nl)), "{nl} | {en}");
            for text in [nl, en] {
                assert!(
                    text.chars().count() <= 210 && !text.ends_with('.') && !text.contains('\n'),
                    "{text}"
                );
            }
            assert_eq!(nl.contains("[standaard: "), en.contains("[default: "), "{nl} | {en}");
            assert_eq!(nl.contains("mag vaker"), en.contains("may be repeated"), "{nl} | {en}");
        }
    }

    #[test]
    fn the_exit_codes_of_each_command_are_those_of_the_documented_table() {
        let source =
            fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli/mod.rs")).unwrap();
        let mut rows = 0;
        for line in source.lines().filter_map(|line| line.strip_prefix("//! | `")) {
            let (name, codes) = line.split_once('`').unwrap();
            let codes: Vec<u8> =
                codes.trim_matches([' ', '|']).split(", ").map(|code| code.parse().unwrap()).collect();
            assert!(codes.iter().all(|code| exit_codes::meaning(*code).is_some()), "{name}");
            if name == "help" {
                continue;
            }
            rows += 1;
            assert_eq!(CommandText::of(name).unwrap().codes, codes, "{name}");
            let below = help::COMMANDS.iter().filter(|command| command.path.starts_with(&format!("{name} ")));
            let below: BTreeSet<u8> = below.flat_map(|command| command.codes.iter().copied()).collect();
            assert!(below.is_empty() || below.into_iter().eq(codes), "{name}");
        }
        assert_eq!(rows, help::COMMANDS.iter().filter(|command| !command.path.contains(' ')).count() - 1);
        let all: Vec<u8> = exit_codes::EXIT_CODES.iter().map(|(code, _)| *code).collect();
        assert_eq!(CommandText::of("").unwrap().codes, all);
    }

    #[test]
    fn every_example_can_be_read_as_a_command_line_of_its_command() {
        for texts in help::COMMANDS {
            assert!((2..=4).contains(&texts.examples.len()), "{}", texts.path);
            for example in texts.examples {
                let words = example.line.split(' ');
                let read = command(Language::Nl).try_get_matches_from(words);
                assert!(read.is_ok(), "{}: {}", example.line, read.unwrap_err());
                assert!(
                    example.line.starts_with(format!("veldkit {}", texts.path).trim_end()),
                    "{}",
                    example.line
                );
            }
        }
    }

    #[test]
    fn the_language_is_found_before_the_command_line_is_read() {
        for (line, expected) in [
            ("veldkit --lang nl --help", Some(Language::Nl)),
            ("veldkit list --lang=en --help", Some(Language::En)),
            ("veldkit list --lang", None),
            ("veldkit --lang --lang nl", Some(Language::Nl)),
            ("veldkit --lang=de --lang=nl", Some(Language::Nl)),
            ("veldkit --lang= --language nl -lang nl lang nl", None),
            ("veldkit scan -- --lang nl", None),
            ("--lang nl", None),
            ("", None),
        ] {
            let arguments: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            assert_eq!(asked(&arguments), expected, "{line}");
        }
        #[cfg(unix)]
        {
            use std::os::unix::ffi::OsStringExt as _;
            let broken = OsString::from_vec(vec![b'-', 0xff]);
            assert_eq!(asked(&["veldkit".into(), broken, "--lang".into(), "nl".into()]), Some(Language::Nl));
        }
    }

    #[test]
    fn help_has_colours_only_for_a_terminal() {
        for (language, heading) in [(Language::En, "Usage:"), (Language::Nl, "Gebruik:")] {
            let help = command(language).render_help();
            assert!(
                help.ansi().to_string().contains(&format!("\u{1b}[1m\u{1b}[32m{heading}")),
                "{}",
                help.ansi()
            );
            assert!(!help.to_string().contains('\u{1b}'));
        }
    }

    #[test]
    fn nothing_of_the_dutch_help_is_what_clap_prints_in_english_alone() {
        for (path, mut command) in all(&command(Language::Nl), "") {
            let help = command.render_long_help().to_string();
            for english in
                ["Usage", "Options", "OPTIONS", "Arguments", "COMMAND>", "default:", "possible", "Print"]
            {
                assert!(!help.contains(english), "{path}: {english}: {help}");
            }
        }
    }
}
