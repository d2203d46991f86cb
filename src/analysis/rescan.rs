//! Matches rules and indicators against the contents of a bundle: new ones of the analyst, on evidence that was
//! collected with older ones.
//!
//! In: a bundle and compiled rules. Out: each record with the current matches of its entry and its level of proof,
//! and the verdict on the bundle. One pass: an entry is scanned while it is read, up to the scanner's limit, and
//! reported when the checkpoint that lists it was judged. An entry that no good checkpoint lists is reported as such.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::{Claims, Error, Listener, Trust, Verdict, verify};
use crate::bundle::forward::Head;
use crate::bundle::limits::{MAX_UNNAMED, ReadLimits};
use crate::bundle::{Identities, names};
use crate::evidence::{Item, Origin};
use crate::scan::indicators::{InText, Indicators};
use crate::scan::{Bytes, Examined, SCAN_LIMIT, Scanner, Subject, assess};

/// Receives the results of a rescan.
pub trait Rescan {
    /// Called with an item, whose hits are the current ones, and its level of proof.
    fn item(&mut self, item: &Item, standing: Trust);
    /// Called with the matches of an entry that no good record lists.
    fn stray(&mut self, name: &str, examined: &Examined, standing: Trust);
}

/// Rescans a bundle.
///
/// # Errors
///
/// [`Error`] where there is nothing to judge: a wrong key, or not a bundle.
pub fn rescan(
    path: &Path,
    identities: &Identities,
    limits: &ReadLimits,
    (scanner, indicators): (&Scanner, Option<&Indicators>),
    told: &mut dyn Rescan,
) -> Result<Verdict, Error> {
    let mut pass =
        Pass { scanner, indicators, told, head: Vec::new(), whole: true, waiting: BTreeMap::new() };
    verify(path, identities, &Claims::default(), limits, &mut pass)
}

struct Pass<'a> {
    scanner: &'a Scanner,
    indicators: Option<&'a Indicators>,
    told: &'a mut dyn Rescan,
    /// The beginning of the current entry, as far as rules see it; and whether that is all of it.
    head: Vec<u8>,
    whole: bool,
    /// The results of entries whose record is still to come.
    waiting: BTreeMap<String, Waiting>,
}

/// The matches of rules and indicators in an entry.
struct Waiting {
    examined: Examined,
    in_text: InText,
}

impl Listener for Pass<'_> {
    fn begin(&mut self, _head: &Head) {
        self.head.clear();
        self.whole = true;
    }

    fn content(&mut self, bytes: &[u8]) {
        let room = SCAN_LIMIT.saturating_sub(self.head.len());
        self.head.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        self.whole &= bytes.len() <= room;
    }

    fn end(&mut self, head: &Head, whole: bool) {
        // The reader gives up on a bundle with more unlisted entries than this.
        if self.waiting.len() > MAX_UNNAMED || is_own(&head.name) {
            return;
        }
        let origin = names::origin_of(&head.name);
        let path = origin.as_ref().map_or_else(|| head.name.clone(), ToString::to_string);
        let name = origin.as_ref().map(Origin::file_name).unwrap_or_default();
        let name = String::from_utf8_lossy(name).into_owned();
        let subject = Subject { path: &path, name: &name, owner: "" };
        let content = Arc::new(std::mem::take(&mut self.head));
        let head_bytes = Bytes::beginning(&content, content.len());
        let examined = self.scanner.examine(&subject, &head_bytes, self.whole && whole, self.indicators);
        let in_text = self.indicators.zip(origin.as_ref());
        let in_text = in_text.and_then(|(indicators, origin)| indicators.text(origin, &content));
        drop(head_bytes);
        // An abandoned scan keeps the buffer.
        self.head = Arc::try_unwrap(content).unwrap_or_default();
        let in_text = in_text.unwrap_or_default();
        self.waiting.insert(head.name.clone(), Waiting { examined, in_text });
    }

    fn item(&mut self, item: &Item, standing: Trust) {
        let examined = item.entry.as_ref().and_then(|entry| self.waiting.remove(entry));
        let mut item = item.clone();
        if let Some(Waiting { examined, in_text }) = examined {
            let Examined { scanned, hits, assessment } = examined;
            (item.scan, item.hits, item.assessment) = (Some(scanned), hits, assessment);
            in_text.add_to(&mut item);
        } else {
            // The entry of a directory, or an item without an entry: earlier matches are not current ones.
            (item.scan, item.hits, item.assessment) = (None, Vec::new(), None);
        }
        // The record has the digests; MD5 and SHA-1 only where lists asked for them when it was collected.
        if let Some(indicators) = self.indicators {
            indicators.judge(&mut item);
        }
        self.told.item(&item, standing);
    }

    fn stray(&mut self, name: &str, standing: Trust) {
        if let Some(Waiting { mut examined, in_text }) = self.waiting.remove(name) {
            in_text.report_gap(&mut examined.scanned);
            examined.hits.extend(in_text.hits);
            examined.assessment = assess(&examined.hits);
            self.told.stray(name, &examined, standing);
        }
    }
}

/// Whether an entry belongs to the format itself, and is not evidence.
fn is_own(name: &str) -> bool {
    !["fs/", "vss/", "sparse/", "live/", "derived/", "commands/"]
        .iter()
        .any(|folder| name.starts_with(folder))
}
