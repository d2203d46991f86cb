//! Domain names in the one form in which they are compared: lower case, labels outside ASCII as A-labels (Punycode).
//!
//! In: a name as a list or a host writes it. Out: its ASCII form by UTS 46 (<https://www.unicode.org/reports/tr46/>),
//! nontransitional and normalised to NFC, or nothing where it is no domain name. The crate `idna` does the mapping; a
//! name in ASCII keeps its labels as they are, because malware also resolves names whose A-labels are not valid.

use std::borrow::Cow;

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

/// Longest domain name, in characters (RFC 1035 2.3.4, written without its last dot).
const NAME_LIMIT: usize = 253;

/// Longest label (RFC 1035 2.3.4).
const LABEL_LIMIT: usize = 63;

/// Letters, digits, hyphens and, as service names have them, underscores: every other ASCII character is denied.
const ALLOWED: AsciiDenyList = AsciiDenyList::new(true, "!\"#$%&'()*+,/:;<=>?@[\\]^`{|}~");

/// The comparable form of a domain name of two or more labels.
pub(super) fn to_ascii(name: &str) -> Option<String> {
    let name = name.trim();
    // No A-label is shorter than a quarter of the bytes that it stands for, and a longer text is no name.
    if name.len() > NAME_LIMIT.saturating_mul(4) {
        return None;
    }
    let ascii = if name.is_ascii() {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Uts46::new().to_ascii(name.as_bytes(), ALLOWED, Hyphens::Allow, DnsLength::Ignore).ok()?
    };
    let ascii = ascii.strip_suffix('.').unwrap_or(&ascii);
    if ascii.len() > NAME_LIMIT || !ascii.split('.').all(is_label) {
        return None;
    }
    // What ends in digits is an address or a mistyped one (WHATWG URL, "ends in a number checker").
    let (_, last) = ascii.rsplit_once('.')?;
    (!last.bytes().all(|byte| byte.is_ascii_digit())).then(|| ascii.to_owned())
}

fn is_label(label: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
    !label.is_empty() && label.len() <= LABEL_LIMIT && label.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_the_rfc_and_of_the_registries_come_out_as_they_are_published() {
        // RFC 3492 7.1 (B), (L), (I), and names of registries.
        for (name, expected) in [
            ("他们为什么不说中文", "xn--ihqwcrb4cv8a8dqg056pqjye"),
            ("3年b組金八先生", "xn--3b-ww4c5e180e575a65lsy2b"),
            ("почемужеонинеговорятпорусски", "xn--b1abfaaepdrnnbgefbadotcwatmq2g4l"),
            ("bücher", "xn--bcher-kva"),
            ("münchen", "xn--mnchen-3ya"),
            ("例え", "xn--r8jz45g"),
            ("straße", "xn--strae-oqa"),
            ("☃", "xn--n3h"),
        ] {
            assert_eq!(to_ascii(&format!("{name}.nl")).as_deref(), Some(&*format!("{expected}.nl")));
        }
    }

    #[test]
    fn case_dots_of_other_scripts_and_a_last_dot_make_no_difference() {
        for name in [
            "EVIL.Example.COM",
            "evil.example.com.",
            "evil\u{3002}example\u{ff0e}com",
            "evil.example.com\u{3002}",
            "ｅｖｉｌ.example.com",
        ] {
            assert_eq!(to_ascii(name).as_deref(), Some("evil.example.com"), "{name}");
        }
        assert_eq!(to_ascii("BÜCHER.de").as_deref(), Some("xn--bcher-kva.de"));
        assert_eq!(to_ascii("_dmarc.example.com").as_deref(), Some("_dmarc.example.com"));
        assert_eq!(to_ascii("_dmarc.bücher.de").as_deref(), Some("_dmarc.xn--bcher-kva.de"));
        assert_eq!(to_ascii("r3---sn.example.com").as_deref(), Some("r3---sn.example.com"));
    }

    #[test]
    fn a_decomposed_name_and_its_composed_one_are_the_same() {
        // u with a combining diaeresis, and the letter ü (NFD and NFC).
        assert_eq!(to_ascii("bu\u{308}cher.de"), to_ascii("b\u{fc}cher.de"));
        assert_eq!(to_ascii("bu\u{308}cher.de").as_deref(), Some("xn--bcher-kva.de"));
        // Hangul, whose syllables are composed by rule and not by table.
        assert_eq!(to_ascii("\u{1112}\u{1161}\u{11ab}.kr"), to_ascii("한.kr"));
    }

    #[test]
    fn an_a_label_that_stands_for_nothing_is_compared_as_it_is() {
        assert_eq!(to_ascii("xn--0.example.com").as_deref(), Some("xn--0.example.com"));
    }

    #[test]
    fn what_is_no_domain_name_is_refused() {
        let (long_label, long_name) = (format!("{}.com", "a".repeat(64)), "a.".repeat(130) + "com");
        for name in [
            "",
            ".",
            "com",
            "localhost",
            "a..b",
            "a.b..",
            "1.2.3.4",
            "１.２.３.４",
            "a b.com",
            "a/b.com",
            "ü/b.com",
            "ü..nl",
            "ü\u{202e}.nl",
        ] {
            assert_eq!(to_ascii(name), None, "{name}");
        }
        assert_eq!((to_ascii(&long_label), to_ascii(&long_name)), (None, None));
        assert_eq!(to_ascii(&"ü".repeat(2_000_000)), None);
        assert_eq!(to_ascii(&format!("{}.nl", "ü".repeat(64))), None);
    }
}
