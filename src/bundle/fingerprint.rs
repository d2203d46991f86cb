//! Fingerprints of public keys: four words that two people compare over the telephone.
//!
//! In: a recipient (age or SSH) or a minisign public key, as text. Out: the SHA-256 of its canonical text, and the
//! first 44 bits of that as four words of the English list of BIP-39
//! (<https://github.com/bitcoin/bips/blob/master/bip-0039/english.txt>; 2,048 words, MIT). Why this list: its words are
//! short and common, differ in their first four letters, and have 11 bits each, where those of the PGP list have 8: an
//! attacker has to make about 2^44 keys instead of 2^32 to find another key with the same four words. That takes a month
//! on a hundred processors, so the words reveal a recipient that was swapped on a stick; to exclude even such an attack,
//! compare the whole digest, which JSON has next to the words.
//!
//! The canonical text is the key as its tools print it, without comment or line end: `age1…` in lower case,
//! `ssh-ed25519 AAAA…` (type, one space, base64), `RW…` for minisign. With public tools:
//!
//! ```sh
//! bits=$((0x$(printf %s "$KEY" | sha256sum | cut -c1-11)))
//! for shift in 33 22 11 0; do sed -n "$(( (bits >> shift & 2047) + 1 ))p" english.txt; done
//! ```

use std::fmt;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::evidence::{Digest, Printable};

/// Shift of each word's 11 bits in the first 64 bits of the digest; the list has 2^11 words.
const SHIFTS: [u32; 4] = [53, 42, 31, 20];
/// Mask of 11 bits.
const MASK: u64 = 2_047;
/// Number of characters at the end of a key that are shown.
const END: usize = 8;

static LIST: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| include_str!("bip39_english.txt").lines().collect());

/// The fingerprint of a public key; `Display` writes its four words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// The four words, separated by spaces.
    pub words: String,
    /// SHA-256 of the canonical text, whose first 44 bits are the words.
    pub sha256: Digest,
}

impl Fingerprint {
    /// Computes the fingerprint of a recipient or of a minisign public key in base64.
    #[must_use]
    pub fn of(key: &str) -> Self {
        let sha256 = Digest::of(canonical(key).as_bytes());
        let first: [u8; 8] = sha256.as_bytes().first_chunk().copied().unwrap_or_default();
        let bits = u64::from_be_bytes(first);
        let words: Vec<&str> = SHIFTS
            .into_iter()
            .filter_map(|shift| LIST.get(usize::try_from((bits >> shift) & MASK).ok()?).copied())
            .collect();
        Self { words: words.join(" "), sha256 }
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

/// A recipient as it was given, with its fingerprint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FingerprintedRecipient {
    /// As in `recipients`; `passphrase` for one.
    pub recipient: String,
    /// Absent for a passphrase.
    #[serde(flatten)]
    pub fingerprint: Option<Fingerprint>,
}

impl FingerprintedRecipient {
    /// Computes the fingerprint of a recipient.
    #[must_use]
    pub fn of(recipient: &str) -> Self {
        Self { recipient: recipient.to_owned(), fingerprint: Some(Fingerprint::of(recipient)) }
    }

    /// Returns the entry for whoever has the passphrase.
    #[must_use]
    pub fn passphrase() -> Self {
        Self { recipient: "passphrase".to_owned(), fingerprint: None }
    }
}

/// Writes the four words, and the end of the key: all keys of a type begin alike, and a comment is arbitrary.
impl fmt::Display for FingerprintedRecipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(fingerprint) = &self.fingerprint else { return f.write_str("passphrase") };
        let key = canonical(&self.recipient);
        let (kind, key) = match key.split_once(' ') {
            Some((kind, blob)) => (format!("{kind} "), blob),
            None => (key.chars().take(4).collect(), key.as_str()),
        };
        let end = key.char_indices().nth_back(END - 1).and_then(|(place, _)| key.get(place..)).unwrap_or(key);
        write!(f, "{fingerprint} ({}…{})", Printable(&kind), Printable(end))
    }
}

/// Returns the text that is hashed: the key without its comment, with `age1…` in lower case, since Bech32 ignores
/// case.
fn canonical(key: &str) -> String {
    let mut fields = key.split_ascii_whitespace();
    let first = fields.next().unwrap_or_default();
    match fields.next() {
        Some(blob) if first.starts_with("ssh-") => format!("{first} {blob}"),
        _ if first.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("age1")) => {
            first.to_ascii_lowercase()
        }
        _ => first.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AGE: &str = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";

    #[test]
    fn the_list_is_that_of_bip_39() {
        assert_eq!(LIST.len(), 2_048);
        assert_eq!((LIST[0], LIST[2_047]), ("abandon", "zoo"));
        let digest = Digest::of(include_bytes!("bip39_english.txt"));
        // As published: https://github.com/bitcoin/bips/blob/master/bip-0039/english.txt.
        assert_eq!(digest.to_string(), "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda");
    }

    #[test]
    fn a_comment_spaces_and_upper_case_do_not_change_it_and_another_key_does() {
        assert_eq!(Fingerprint::of(AGE), Fingerprint::of(&format!(" {}\n", AGE.to_uppercase())));
        let ssh = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHsKLqeplhpW+uObz5dvMgjz1OxfM/XXUB+VHtZ6isGN";
        assert_eq!(Fingerprint::of(ssh), Fingerprint::of(&format!("{ssh}  someone@somewhere")));
        assert_ne!(Fingerprint::of(AGE).words, Fingerprint::of(ssh).words);
        // Base64 is case-sensitive: two keys may differ in the case of a letter only.
        assert_ne!(Fingerprint::of("RWQa"), Fingerprint::of("RWQA"));
    }

    #[test]
    fn a_reader_is_shown_by_its_words_and_the_end_of_its_key() {
        let words = Fingerprint::of(AGE).words;
        assert_eq!(FingerprintedRecipient::of(AGE).to_string(), format!("{words} (age1…aqmcac8p)"));
        let ssh =
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHsKLqeplhpW+uObz5dvMgjz1OxfM/XXUB+VHtZ6isGN abandon zoo";
        let shown = FingerprintedRecipient::of(ssh).to_string();
        assert!(shown.ends_with("(ssh-ed25519 …HtZ6isGN)") && !shown.contains("abandon zoo"), "{shown}");
        for recipient in [FingerprintedRecipient::of(AGE), FingerprintedRecipient::passphrase()] {
            let json = serde_json::to_string(&recipient).unwrap();
            assert_eq!(serde_json::from_str::<FingerprintedRecipient>(&json).unwrap(), recipient, "{json}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_documented_commands_give_the_same_words() {
        let source = include_str!("fingerprint.rs");
        let commands: Vec<&str> = source
            .lines()
            .skip_while(|line| *line != "//! ```sh")
            .skip(1)
            .take_while(|line| *line != "//! ```")
            .map(|line| line.trim_start_matches("//! "))
            .collect();
        assert_eq!(commands.len(), 2);
        let directory = tempfile::TempDir::new().unwrap();
        std::fs::write(directory.path().join("english.txt"), include_str!("bip39_english.txt")).unwrap();
        let output = std::process::Command::new("sh")
            .args(["-c", &commands.join("\n")])
            .env("KEY", AGE)
            .current_dir(directory.path())
            .output()
            .unwrap();
        let words = String::from_utf8(output.stdout).unwrap();
        assert_eq!(words.lines().collect::<Vec<_>>().join(" "), Fingerprint::of(AGE).words);
        assert_eq!(Fingerprint::of(AGE).words.split(' ').count(), 4);
    }
}
