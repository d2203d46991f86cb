//! What each exit code means, as `--help` lists it.

use super::Sentence;

/// The codes, ascending, with what they mean.
pub static EXIT_CODES: &[(u8, Sentence)] = &[
    (0, Sentence::fixed("Alles wat gevraagd was, is gedaan", "All that was asked was done")),
    (1, Sentence::fixed("Mislukt: er is geen bruikbaar resultaat", "Failed: there is no usable result")),
    (2, Sentence::fixed("De opdrachtregel klopt niet", "Wrong command line")),
    (
        3,
        Sentence::fixed(
            "Gedeeltelijk: er is een resultaat, maar niet alles kon worden gelezen, gebruikt of geschreven",
            "Partial: there is a result, but not everything could be read, used or written",
        ),
    ),
    (
        4,
        Sentence::fixed(
            "De bundel is afgekapt of gewijzigd, of niet van de maker die is opgegeven",
            "The bundle is truncated or tampered with, or not by the author that was given",
        ),
    ),
    (
        5,
        Sentence::fixed(
            "Er zijn treffers en er is verder niets misgegaan (alleen met --exit-on-hit, anders 0)",
            "There are hits and nothing else went wrong (only with --exit-on-hit, else 0)",
        ),
    ),
    (
        6,
        Sentence::fixed(
            "Er is geen verzegelde bundel; haal terug wat er is met 'veldkit unpack --salvage'",
            "There is no sealed bundle; recover what there is with 'veldkit unpack --salvage'",
        ),
    ),
    (
        130,
        Sentence::fixed(
            "Onderbroken, bijvoorbeeld met Ctrl-C; wat er tot dan toe was, is bewaard",
            "Interrupted, for example by Ctrl-C; what there was by then is kept",
        ),
    ),
];

/// What a code means.
#[must_use]
pub fn meaning(code: u8) -> Option<&'static Sentence> {
    EXIT_CODES.iter().find_map(|(known, meaning)| (*known == code).then_some(meaning))
}
