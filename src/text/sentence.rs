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
    (@sentence $nl:tt $en:tt $($parameter:ident)+) => {
        $crate::text::Sentence::filled(
            $crate::text::sentence::sentences!(@filled Nl $nl $($parameter)+),
            $crate::text::sentence::sentences!(@filled En $en $($parameter)+),
        )
    };
    (@filled $language:ident [$one:literal, $many:literal $(,)?] $first:ident $($parameter:ident)*) => {{
        let one = $crate::text::values::is_one(&$first);
        let $first = $crate::text::values::InLanguage($crate::text::Language::$language, &$first);
        $(let $parameter = $crate::text::values::InLanguage($crate::text::Language::$language, &$parameter);)*
        if one { format!($one) } else { format!($many) }
    }};
    (@filled $language:ident $text:literal $($parameter:ident)+) => {{
        $(let $parameter = $crate::text::values::InLanguage($crate::text::Language::$language, &$parameter);)+
        format!($text)
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
