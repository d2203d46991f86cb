//! Says in both languages why a command line cannot be read: what clap refused, as a sentence and one hint.
//!
//! In: clap's error with its context, and the arguments. Out: a [`Failure`], which the console prints as every other. Values of arguments come from whoever typed them and are escaped.

use std::ffi::OsString;
use std::fmt;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::Failure;
use crate::text::help::PROGRAM_NAME;
use crate::text::{Language, Sentence, usage};

/// Why the value of an option cannot be read: what the readers of values return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RefusedValue(pub(super) Sentence);

impl fmt::Display for RefusedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.in_language(Language::En))
    }
}

impl std::error::Error for RefusedValue {}

/// Makes the failure for an error of clap. `tree` and the arguments say which command's help is of use.
pub(super) fn failure(error: &clap::Error, tree: &clap::Command, arguments: &[OsString]) -> Failure {
    Failure::refused(says(error)).hint(hint(error, &command(tree, arguments)))
}

/// The text of a part of an error's context.
fn part(error: &clap::Error, kind: ContextKind) -> Option<String> {
    let value = error.get(kind)?;
    let text = value.to_string();
    (!matches!(value, ContextValue::None) && !text.is_empty()).then_some(text)
}

/// The number in a part of an error's context.
fn number(error: &clap::Error, kind: ContextKind) -> u64 {
    match error.get(kind) {
        Some(ContextValue::Number(number)) => u64::try_from(*number).unwrap_or_default(),
        _ => 0,
    }
}

fn says(error: &clap::Error) -> Sentence {
    says_of(error).unwrap_or_else(usage::unreadable)
}

/// Nothing where clap gave no context.
fn says_of(error: &clap::Error) -> Option<Sentence> {
    let part = |kind| part(error, kind);
    let argument = || part(ContextKind::InvalidArg);
    Some(match error.kind() {
        ErrorKind::UnknownArgument => {
            let argument = argument()?;
            if argument.starts_with('-') {
                usage::unknown_option(&argument)
            } else {
                usage::unexpected_argument(&argument)
            }
        }
        ErrorKind::InvalidSubcommand => usage::unknown_command(&part(ContextKind::InvalidSubcommand)?),
        ErrorKind::InvalidValue => match part(ContextKind::InvalidValue) {
            Some(value) => usage::invalid_value(&value, &argument()?),
            None => usage::no_value(&argument()?),
        },
        ErrorKind::ValueValidation => {
            let (value, argument) = (part(ContextKind::InvalidValue).unwrap_or_default(), argument()?);
            let reason =
                std::error::Error::source(error).and_then(|source| source.downcast_ref::<RefusedValue>());
            match reason {
                Some(RefusedValue(reason)) => usage::refused_value(&value, &argument, reason),
                None => usage::invalid_value(&value, &argument),
            }
        }
        ErrorKind::NoEquals => usage::no_equals(&argument()?),
        ErrorKind::TooManyValues => usage::too_many_values(&part(ContextKind::InvalidValue)?, &argument()?),
        ErrorKind::TooFewValues => usage::too_few_values(
            &argument()?,
            number(error, ContextKind::MinValues),
            number(error, ContextKind::ActualNumValues),
        ),
        ErrorKind::WrongNumberOfValues => usage::wrong_number_of_values(
            &argument()?,
            number(error, ContextKind::ExpectedNumValues),
            number(error, ContextKind::ActualNumValues),
        ),
        ErrorKind::ArgumentConflict => {
            let refused = argument().or_else(|| part(ContextKind::InvalidSubcommand))?;
            match part(ContextKind::PriorArg) {
                Some(prior) if prior == refused => usage::repeated(&refused),
                Some(prior) => usage::conflict(&refused, &prior),
                None => usage::conflict_with_others(&refused),
            }
        }
        ErrorKind::MissingRequiredArgument => match error.get(ContextKind::InvalidArg)? {
            ContextValue::Strings(missing) => match missing.as_slice() {
                [one] if group(one).is_some() => usage::missing_one_of(&group(one)?),
                several => usage::missing(several.len(), &several.join(", ")),
            },
            other => usage::missing(1, &other.to_string()),
        },
        ErrorKind::MissingSubcommand => usage::missing_command(&part(ContextKind::InvalidSubcommand)?),
        ErrorKind::InvalidUtf8 => usage::not_utf8(),
        _ => return None,
    })
}

/// The arguments of a group that clap writes as `<--a <X>|--b>`.
fn group(written: &str) -> Option<String> {
    let inner = written.strip_prefix("<-")?.strip_suffix('>')?;
    Some(format!("-{}", inner.replace("|-", ", -")))
}

fn hint(error: &clap::Error, command: &str) -> Sentence {
    let part = |kind| part(error, kind);
    let suggested =
        [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue]
            .into_iter()
            .find_map(part);
    let values = part(ContextKind::ValidValue).or_else(|| part(ContextKind::ValidSubcommand));
    match (suggested, values) {
        (Some(known), Some(values)) => usage::did_you_mean_one_of(&known, &values),
        (Some(known), None) => usage::did_you_mean(&known),
        (None, Some(values)) => usage::choose_from(&values),
        (None, None) if error.get(ContextKind::TrailingArg).is_some() => {
            usage::after_two_dashes(&part(ContextKind::InvalidArg).unwrap_or_default())
        }
        (None, None) => usage::see_help(command),
    }
}

/// The command that the arguments are for, as far as they name one.
fn command(tree: &clap::Command, arguments: &[OsString]) -> String {
    let mut path = vec![PROGRAM_NAME];
    let mut tree = tree;
    for word in arguments.iter().skip(1).filter_map(|argument| argument.to_str()) {
        if let Some(below) = tree.find_subcommand(word) {
            path.push(below.get_name());
            tree = below;
        }
    }
    path.join(" ")
}

#[cfg(test)]
mod tests {
    use clap::{Arg, ArgAction, Command};

    use super::*;

    /// What is printed of a command line that is refused.
    fn refused(tree: &Command, line: &str) -> (ErrorKind, [String; 4]) {
        let arguments: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        let error = tree.clone().try_get_matches_from(&arguments).unwrap_err();
        let (says, hint) = (says(&error), hint(&error, &command(tree, &arguments)));
        let both = |sentence: &Sentence| {
            [Language::Nl, Language::En].map(|lang| sentence.in_language(lang).to_owned())
        };
        let ([nl, en], [nl_hint, en_hint]) = (both(&says), both(&hint));
        (error.kind(), [nl, en, nl_hint, en_hint])
    }

    /// The others are in `tests/golden/usage.*.txt`.
    #[test]
    fn kinds_of_refusal_that_no_command_has_today_have_their_sentences_too() {
        let tree = || Command::new("veldkit").bin_name("veldkit");
        let option = || Arg::new("o").long("o").value_name("X").action(ArgAction::Set);
        let see = ["'veldkit --help' toont alle mogelijkheden", "'veldkit --help' lists all options"];
        for (tree, line, kind, nl, en) in [
            (
                tree().arg(option().require_equals(true)),
                "veldkit --o 1",
                ErrorKind::NoEquals,
                "bij '--o=<X>' hoort een isgelijkteken voor de waarde",
                "'--o=<X>' needs an equals sign before its value",
            ),
            (
                tree().arg(option().num_args(0..=1)).arg(Arg::new("s").long("s").action(ArgAction::SetTrue)),
                "veldkit --s=1",
                ErrorKind::TooManyValues,
                "bij '--s' hoort de waarde '1' niet",
                "'--s' does not take the value '1'",
            ),
            (
                tree().arg(option().num_args(2..=3)),
                "veldkit --o 1",
                ErrorKind::TooFewValues,
                "bij '--o <X> <X>...' horen minstens 2 waarden, niet 1",
                "'--o <X> <X>...' needs at least 2 values, not 1",
            ),
            (
                tree().arg(option().num_args(2)),
                "veldkit --o 1",
                ErrorKind::WrongNumberOfValues,
                "bij '--o <X> <X>' horen 2 waarden, niet 1",
                "'--o <X> <X>' needs 2 values, not 1",
            ),
        ] {
            let (found, [says_nl, says_en, hint_nl, hint_en]) = refused(&tree, line);
            assert_eq!((found, says_nl.as_str(), says_en.as_str()), (kind, nl, en));
            assert_eq!([hint_nl.as_str(), hint_en.as_str()], see);
        }
    }

    #[test]
    fn an_error_without_context_and_a_kind_that_is_not_known_have_a_sentence() {
        let tree = crate::cli::command(Language::En);
        for kind in [ErrorKind::UnknownArgument, ErrorKind::Io, ErrorKind::Format, ErrorKind::InvalidValue] {
            let error = clap::Error::new(kind);
            let arguments = ["veldkit".into(), "rules".into(), "check".into()];
            let expected = (usage::unreadable(), usage::see_help("veldkit rules check"));
            assert_eq!((says(&error), hint(&error, &command(&tree, &arguments))), expected, "{kind:?}");
        }
    }

    #[test]
    fn what_was_typed_cannot_steer_the_terminal() {
        let tree = crate::cli::command(Language::En);
        let (_, texts) = refused(&tree, "veldkit list --x\u{1b}[2J");
        assert!(
            texts.iter().all(|text| !text.contains('\u{1b}')) && texts[0].contains("\\u{1b}"),
            "{texts:?}"
        );
    }
}
