//! A text in both languages, and the macro that makes a function per sentence.

use std::borrow::Cow;
use std::fmt;

use super::{Language, Localized};

/// A text for a person in Dutch and in English, with its values filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    nl: Cow<'static, str>,
    en: Cow<'static, str>,
}

impl Sentence {
    /// Makes a sentence without values.
    #[must_use]
    pub(super) const fn fixed(nl: &'static str, en: &'static str) -> Self {
        Self { nl: Cow::Borrowed(nl), en: Cow::Borrowed(en) }
    }

    /// Makes a sentence with its values filled in.
    #[must_use]
    pub(super) const fn filled(nl: String, en: String) -> Self {
        Self { nl: Cow::Owned(nl), en: Cow::Owned(en) }
    }

    /// Returns its text in a language.
    #[must_use]
    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::Nl => &self.nl,
            Language::En => &self.en,
        }
    }
}

impl Localized for Sentence {
    fn write(&self, language: Language, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.in_language(language))
    }
}

/// A value with the name of its place in a template.
type Named<'a> = (&'a str, &'a dyn Localized);

/// Fills both templates. One function does so for all sentences while the program runs: `format!` for each in two languages
/// was 0.3 MB of code.
pub(super) fn filled(nl: &str, en: &str, values: &[Named<'_>]) -> Sentence {
    Sentence::filled(fill(nl, Language::Nl, values), fill(en, Language::En, values))
}

/// Fills a template: `{name}`, also with a width as in `{name:<18}` or `{name:>4}`, and `{{` and `}}` for braces.
fn fill(template: &str, language: Language, values: &[Named<'_>]) -> String {
    let mut text = String::with_capacity(template.len().saturating_mul(2));
    let mut rest = template;
    while let Some((before, tail)) = rest.find(['{', '}']).and_then(|at| rest.split_at_checked(at)) {
        text.push_str(before);
        if let Some(after) = tail.strip_prefix("{{").or_else(|| tail.strip_prefix("}}")) {
            text.push_str(tail.get(..1).unwrap_or_default());
            rest = after;
            continue;
        }
        let Some((place, after)) = tail.split_once('}') else { break };
        let place = place.trim_start_matches('{');
        let (name, width) = place.split_once(':').unwrap_or((place, ""));
        if let Some((_, value)) = values.iter().find(|(of, _)| *of == name) {
            push_padded(&mut text, &value.written(language), width);
        }
        rest = after;
    }
    text.push_str(rest);
    text
}

/// Adds a value in a column: `<N` on the left, `>N` on the right of N characters.
fn push_padded(text: &mut String, value: &str, width: &str) {
    let columns = width.trim_start_matches(['<', '>']).parse::<usize>().unwrap_or(0);
    let blanks = std::iter::repeat_n(' ', columns.saturating_sub(value.chars().count()));
    if width.starts_with('>') {
        text.extend(blanks);
        text.push_str(value);
    } else {
        text.push_str(value);
        text.extend(blanks);
    }
}

/// Makes a function per sentence.
///
/// ```ignore
/// sentences! {
///     /// At the end of a run without anything in its bundle.
///     nothing_collected { nl: "er is niets verzameld", en: "nothing was collected" }
///     /// Items of a bundle; the first parameter decides between the singular and the plural.
///     items(count: u64) { nl: ["{count} onderdeel", "{count} onderdelen"], en: ["{count} item", "{count} items"] }
/// }
/// ```
macro_rules! sentences {
    ($(
        $(#[$attribute:meta])*
        $name:ident $(($($parameter:ident: $type:ty),+ $(,)?))? { nl: $nl:tt, en: $en:tt $(,)? }
    )+) => {$(
        $(#[$attribute])*
        #[must_use]
        pub fn $name($($($parameter: $type),+)?) -> $crate::text::Sentence {
            $crate::text::sentence::sentences!(@sentence $nl $en $($($parameter)+)?)
        }
    )+};
    (@sentence $nl:tt $en:tt) => {
        $crate::text::Sentence::fixed($nl, $en)
    };
    (@sentence [$nl_one:literal, $nl_many:literal $(,)?] [$en_one:literal, $en_many:literal $(,)?] $first:ident $($parameter:ident)*) => {{
        $crate::text::sentence::sentences!(@check $nl_many, $first $($parameter)*);
        $crate::text::sentence::sentences!(@check $en_many, $first $($parameter)*);
        let one = $crate::text::values::is_one(&$first);
        let (nl, en) = if one { ($nl_one, $en_one) } else { ($nl_many, $en_many) };
        $crate::text::sentence::filled(nl, en, &[
            (stringify!($first), &$first),
            $((stringify!($parameter), &$parameter),)*
        ])
    }};
    (@sentence $nl:literal $en:literal $($parameter:ident)+) => {{
        $crate::text::sentence::sentences!(@check $nl, $($parameter)+);
        $crate::text::sentence::sentences!(@check $en, $($parameter)+);
        $crate::text::sentence::filled($nl, $en, &[$((stringify!($parameter), &$parameter)),+])
    }};
    // Compiles only where the text has each parameter and no other; nothing of it is run.
    (@check $text:literal, $($parameter:ident)+) => {{
        $(let $parameter = "";)+
        let _ = format_args!($text);
    }};
}

pub(in crate::text) use sentences;

#[cfg(test)]
#[allow(unreachable_pub, reason = "the macro makes public functions")]
mod tests {
    use super::*;
    use crate::text::ByteSize;

    sentences! {
        /// Without values.
        nothing { nl: "niets", en: "nothing" }
        /// With a plural.
        items(count: u64) { nl: ["{count} onderdeel", "{count} onderdelen"], en: ["{count} item", "{count} items"] }
        /// With a sentence and a text of the host in it.
        from(what: &Sentence, size: ByteSize, host: &str) {
            nl: "{what} van {host} ({size})",
            en: "{what} of {host} ({size})",
        }
    }

    #[test]
    fn a_template_has_columns_and_braces() {
        let values: [Named<'_>; 2] = [("a", &"é"), ("b", &7_u64)];
        assert_eq!(fill("{a:<3}|{b:>3}|{{{a}}}", Language::En, &values), "é  |  7|{é}");
        assert_eq!(fill("{a} {unknown}{", Language::En, &values), "é {");
    }

    #[test]
    fn a_sentence_has_both_languages_with_their_own_numbers_and_plurals() {
        let (nl, en) = (Language::Nl, Language::En);
        assert_eq!((nothing().in_language(nl), nothing().in_language(en)), ("niets", "nothing"));
        assert_eq!(items(1).in_language(nl), "1 onderdeel");
        assert_eq!(items(9_407).in_language(nl), "9.407 onderdelen");
        assert_eq!(items(0).in_language(en), "0 items");
        assert_eq!(items(9_407).in_language(en), "9,407 items");
    }

    #[test]
    fn a_sentence_holds_others_and_escapes_what_comes_from_a_host() {
        let inner = items(2);
        let sentence = from(&inner, ByteSize(1_536), "pc\u{1b}[2J");
        assert_eq!(sentence.in_language(Language::Nl), "2 onderdelen van pc\\u{1b}[2J (1,5 KiB)");
        assert_eq!(sentence.in_language(Language::En), "2 items of pc\\u{1b}[2J (1.5 KiB)");
    }
}
