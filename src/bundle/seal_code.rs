//! The seal code: the first 100 bits of the bundle's SHA-256 in a form that survives a bad telephone line.
//!
//! In: a digest, or a code that somebody read out. Out: five groups of four characters and a check character each
//! (`7Z3K-M 0QX9-…`), or the result of a comparison: the same, misheard, or a different file.
//!
//! The check character of a group is the sum of its four values with weights 1, 3, 5, 7 and an offset for its
//! position, modulo 32. Odd weights are invertible modulo 32, so that a single wrong character is always detected;
//! two swapped neighbours are detected unless their values differ by exactly 16, and so is a group in the place of
//! another.

use std::fmt;

use crate::evidence::Digest;

/// Crockford's base32: without I, L, O and U, which are easily misread (<https://www.crockford.com/base32.html>).
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const GROUPS: usize = 5;
const WEIGHTS: [u8; 4] = [1, 3, 5, 7];

/// 100 bits of a digest, for reading over a telephone: `Display` writes `1234-5 …`, [`SealCode::hear`] compares it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealCode([[u8; 4]; GROUPS]);

/// The result of comparing a seal code that was read out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// It is this file ('klopt').
    Same,
    /// A check character is wrong, or characters are missing: it was misheard or mistyped ('lees opnieuw').
    ReadAgain {
        /// The groups to read again, from 1; empty where the number of characters is wrong.
        groups: Vec<usize>,
    },
    /// It was heard correctly and belongs to another file ('wijkt af').
    Different,
}

impl SealCode {
    /// Makes the code from a bundle's SHA-256.
    #[must_use]
    pub fn of(digest: &Digest) -> Self {
        let mut groups = [[0_u8; 4]; GROUPS];
        // 100 bits are 20 characters of 5 bits, the highest bits first; no character uses bits after bit 104.
        for (place, value) in groups.iter_mut().flatten().enumerate() {
            let first_bit = place.saturating_mul(5);
            *value =
                (0..5).fold(0, |value, bit| (value << 1) | bit_of(digest, first_bit.saturating_add(bit)));
        }
        Self(groups)
    }

    /// Compares a code that somebody read out with this one. Case, spaces, dashes and dots are ignored; `O` counts as
    /// `0`, `I` and `L` as `1`.
    #[must_use]
    pub fn hear(&self, text: &str) -> Heard {
        match Self::parse(text) {
            Err(groups) => Heard::ReadAgain { groups },
            Ok(code) if code == *self => Heard::Same,
            Ok(_) => Heard::Different,
        }
    }

    /// Parses a code.
    ///
    /// # Errors
    ///
    /// The groups (from 1) with a wrong check character; empty where it does not have 25 characters of the alphabet.
    pub fn parse(text: &str) -> Result<Self, Vec<usize>> {
        let mut values = Vec::new();
        for character in text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '.' | '_')) {
            // A longer text is not a code; stop before it takes memory.
            if values.len() > GROUPS.saturating_mul(5) {
                return Err(Vec::new());
            }
            values.push(value_of(character).ok_or_else(Vec::new)?);
        }
        if values.len() != GROUPS.saturating_mul(5) {
            return Err(Vec::new());
        }
        let mut code = [[0; 4]; GROUPS];
        let mut wrong = Vec::new();
        for (number, (group, heard)) in code.iter_mut().zip(values.chunks_exact(5)).enumerate() {
            if let [a, b, c, d, check] = *heard {
                *group = [a, b, c, d];
                if check_of(number, *group) != check {
                    wrong.push(number.saturating_add(1));
                }
            }
        }
        if wrong.is_empty() { Ok(Self(code)) } else { Err(wrong) }
    }
}

/// Writes five groups separated by spaces, each with four characters, a dash and the check character.
impl fmt::Display for SealCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, group) in self.0.iter().enumerate() {
            if number > 0 {
                f.write_str(" ")?;
            }
            for value in group {
                write!(f, "{}", letter_of(*value))?;
            }
            write!(f, "-{}", letter_of(check_of(number, *group)))?;
        }
        Ok(())
    }
}

fn bit_of(digest: &Digest, place: usize) -> u8 {
    let byte = digest.as_bytes().get(place >> 3).copied().unwrap_or_default();
    (byte >> (7_usize.saturating_sub(place & 7))) & 1
}

/// `(group + 1 + 1a + 3b + 5c + 7d) mod 32`, where the group counts from 0.
fn check_of(group: usize, values: [u8; 4]) -> u8 {
    let offset = u8::try_from(group).unwrap_or_default().wrapping_add(1);
    let sum = values
        .iter()
        .zip(WEIGHTS)
        .fold(offset, |sum, (value, weight)| sum.wrapping_add(value.wrapping_mul(weight)));
    sum & 31
}

fn letter_of(value: u8) -> char {
    ALPHABET.get(usize::from(value & 31)).map_or('?', |letter| char::from(*letter))
}

fn value_of(character: char) -> Option<u8> {
    let letter = match character.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    ALPHABET
        .iter()
        .position(|candidate| char::from(*candidate) == letter)
        .and_then(|place| u8::try_from(place).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_of_a_known_digest_is_fixed() {
        // SHA-256("abc") begins ba7816bf8f01cfea414140de5d; the code was computed with Python's integers.
        let code = SealCode::of(&Digest::of(b"abc"));
        assert_eq!(code.to_string(), "Q9W1-6 DFWF-H 077Y-D MGA1-1 83F5-4");
        assert_eq!(SealCode::parse(&code.to_string()).unwrap(), code);
    }

    #[test]
    fn case_spacing_and_look_alikes_do_not_matter() {
        let code = SealCode::of(&Digest::of(b"abc"));
        let spoken =
            code.to_string().to_lowercase().replace(['-', ' '], "").replace('0', "o").replace('1', "l");
        assert_eq!(code.hear(&spoken), Heard::Same);
    }

    #[test]
    fn every_single_misheard_character_is_to_be_read_again_in_its_group() {
        let code = SealCode::of(&Digest::of(b"x"));
        let said: Vec<char> = code.to_string().chars().filter(char::is_ascii_alphanumeric).collect();
        for place in 0..said.len() {
            for letter in ALPHABET {
                let mut wrong = said.clone();
                if wrong[place] == char::from(*letter) {
                    continue;
                }
                wrong[place] = char::from(*letter);
                let wrong: String = wrong.into_iter().collect();
                assert_eq!(code.hear(&wrong), Heard::ReadAgain { groups: vec![place / 5 + 1] }, "{wrong}");
            }
        }
    }

    #[test]
    fn groups_that_changed_places_are_to_be_read_again() {
        let code = SealCode::of(&Digest::of(b"x")).to_string();
        let mut groups: Vec<&str> = code.split(' ').collect();
        groups.swap(1, 3);
        assert_eq!(SealCode::parse(&groups.join(" ")), Err(vec![2, 4]));
    }

    #[test]
    fn another_files_code_differs_and_a_short_one_is_read_again() {
        let code = SealCode::of(&Digest::of(b"x"));
        assert_eq!(code.hear(&SealCode::of(&Digest::of(b"y")).to_string()), Heard::Different);
        for short in ["", "7Z3K", &"0".repeat(10_000), "€€€€"] {
            assert_eq!(code.hear(short), Heard::ReadAgain { groups: vec![] });
        }
    }
}
