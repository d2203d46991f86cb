//! The receipt's section of who can read the bundle: each key by the four words of its fingerprint.
//!
//! In: a [`Receipt`]. Out: lines of at most 105 columns. Whoever holds the paper compares the words with those that
//! the CERT reads out; a key that was swapped on the stick has others.

use std::fmt::{self, Write as _};

use super::Receipt;
use crate::text::Language;

/// Recipients that are named; the others are counted.
const NAMED: usize = 12;

impl Receipt<'_> {
    pub(super) fn readers(&self, page: &mut String, language: Language) -> fmt::Result {
        let all = &self.opening.recipient_fingerprints;
        if all.is_empty() {
            return Ok(());
        }
        writeln!(page, "{}", language.pick("WIE DIT KAN LEZEN", "WHO CAN READ IT"))?;
        for recipient in all.iter().take(NAMED) {
            if recipient.fingerprint.is_some() {
                writeln!(page, "- {recipient}")?;
            } else {
                let whoever = ("- wie de wachtwoordzin kent", "- whoever knows the passphrase");
                writeln!(page, "{}", language.pick(whoever.0, whoever.1))?;
            }
        }
        let more = all.len().saturating_sub(NAMED);
        if more > 0 {
            writeln!(page, "- {} (+ {more})", language.pick("en anderen", "and others"))?;
        }
        if all.iter().any(|recipient| recipient.fingerprint.is_some()) {
            let advice = language.pick(
                "Lees ook deze woorden voor aan de IBD-CERT. Herkent men ze daar niet, dan is de sleutel op de stick\n\
                 verwisseld: geef het bestand dan aan niemand af.",
                "Read out these words to IBD-CERT as well. If they are not known there, the key on the stick was swapped:\n\
                 then hand the file over to nobody.",
            );
            writeln!(page, "{advice}")?;
        }
        page.push('\n');
        Ok(())
    }
}
