//! Sentences about a command line that cannot be read.

use super::sentence::sentences;

sentences! {
    /// An option that the command does not have.
    unknown_option(option: &str) { nl: "onbekende optie '{option}'", en: "unknown option '{option}'" }
    /// A word where the command expects none.
    unexpected_argument(argument: &str) {
        nl: "'{argument}' wordt hier niet verwacht",
        en: "unexpected argument '{argument}'",
    }
    /// A command that does not exist.
    unknown_command(command: &str) { nl: "onbekend commando '{command}'", en: "unknown command '{command}'" }
    /// An option without its value.
    no_value(argument: &str) { nl: "bij '{argument}' ontbreekt de waarde", en: "'{argument}' has no value" }
    /// A value that is not one of those possible.
    invalid_value(value: &str, argument: &str) {
        nl: "'{value}' kan niet bij '{argument}'",
        en: "invalid value '{value}' for '{argument}'",
    }
    /// A value that cannot be read, with the reason.
    refused_value(value: &str, argument: &str, reason: &super::Sentence) {
        nl: "'{value}' kan niet bij '{argument}': {reason}",
        en: "invalid value '{value}' for '{argument}': {reason}",
    }
    /// A value that needs an equals sign.
    no_equals(argument: &str) {
        nl: "bij '{argument}' hoort een isgelijkteken voor de waarde",
        en: "'{argument}' needs an equals sign before its value",
    }
    /// One value too many.
    too_many_values(value: &str, argument: &str) {
        nl: "bij '{argument}' hoort de waarde '{value}' niet",
        en: "'{argument}' does not take the value '{value}'",
    }
    /// Fewer values than the option needs.
    too_few_values(argument: &str, least: u64, given: u64) {
        nl: "bij '{argument}' horen minstens {least} waarden, niet {given}",
        en: "'{argument}' needs at least {least} values, not {given}",
    }
    /// Another number of values than the option needs.
    wrong_number_of_values(argument: &str, expected: u64, given: u64) {
        nl: "bij '{argument}' horen {expected} waarden, niet {given}",
        en: "'{argument}' needs {expected} values, not {given}",
    }
    /// An option that may be given once.
    repeated(argument: &str) { nl: "'{argument}' mag maar één keer", en: "'{argument}' can be given only once" }
    /// Options that exclude each other.
    conflict(argument: &str, with: &str) {
        nl: "'{argument}' kan niet samen met '{with}'",
        en: "'{argument}' cannot be used with '{with}'",
    }
    /// Options that exclude others, without their names.
    conflict_with_others(argument: &str) {
        nl: "'{argument}' kan niet samen met andere opties op deze regel",
        en: "'{argument}' cannot be used with other options on this command line",
    }
    /// Required arguments that are missing; the first parameter decides between the singular and the plural.
    missing(count: usize, arguments: &str) {
        nl: ["dit ontbreekt: {arguments}", "deze {count} dingen ontbreken: {arguments}"],
        en: ["this is missing: {arguments}", "these {count} are missing: {arguments}"],
    }
    /// None of several arguments is there, of which one is required.
    missing_one_of(arguments: &str) { nl: "een van deze ontbreekt: {arguments}", en: "one of these is missing: {arguments}" }
    /// A command without the subcommand that it needs.
    missing_command(command: &str) {
        nl: "bij '{command}' ontbreekt een commando",
        en: "'{command}' needs a command",
    }
    /// An argument that is not UTF-8 where text is needed.
    not_utf8 { nl: "een van de argumenten is geen geldige tekst (UTF-8)", en: "one of the arguments is not valid UTF-8" }
    /// The command line cannot be read, for a reason that is not known more closely.
    unreadable { nl: "de opdrachtregel klopt niet", en: "the command line cannot be read" }

    /// Suggests what was meant.
    did_you_mean(known: &str) { nl: "bedoelt u '{known}'?", en: "did you mean '{known}'?" }
    /// Suggests the values that are possible.
    choose_from(values: &str) { nl: "kies uit: {values}", en: "choose from: {values}" }
    /// Suggests a value that is possible, and lists all.
    did_you_mean_one_of(known: &str, values: &str) {
        nl: "bedoelt u '{known}'? Kies uit: {values}",
        en: "did you mean '{known}'? Choose from: {values}",
    }
    /// How a value that begins with a dash is given.
    after_two_dashes(argument: &str) {
        nl: "is dit een pad of naam, zet er dan -- voor: '-- {argument}'",
        en: "if this is a path or a name, put -- before it: '-- {argument}'",
    }
    /// Where the options of a command are.
    see_help(command: &str) {
        nl: "'{command} --help' toont alle mogelijkheden",
        en: "'{command} --help' lists all options",
    }

    /// A text that is no size.
    not_a_size { nl: "geef een grootte, zoals 4000M of 2G", en: "give a size such as 4000M or 2G" }
    /// A size of zero.
    size_of_zero { nl: "een grootte van 0 laat niets over", en: "a size of 0 leaves nothing" }
    /// A text that is no duration.
    not_a_duration {
        nl: "geef een tijdsduur, zoals 90s, 10m, 1h30m of 90d",
        en: "give a duration such as 90s, 10m, 1h30m or 90d",
    }
    /// A key that would be valid for too long.
    more_than_days(days: u64) { nl: "dit is meer dan {days} dagen", en: "this is more than {days} days" }
    /// A text that is no whole number.
    not_a_number { nl: "dit is geen heel getal", en: "this is not a whole number" }
    /// A number outside its range.
    not_between(least: u64, most: u64) {
        nl: "dit is geen heel getal van {least} tot en met {most}",
        en: "this is not a whole number from {least} to {most}",
    }
}
