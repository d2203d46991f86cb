//! Items of shadow copies: what is the same as what was stored before is not stored again, but told to be so.
//!
//! In: an item of a shadow copy. Out: a record that names the entry with the same bytes, or the item taken like any other.
//! Each shadow copy is begun when everything before it is written, so that what is stored once does not hang on which worker
//! was first. Memory: a digest and a name for each item of the artifacts that are taken from shadow copies.

use std::collections::BTreeMap;
use std::sync::mpsc::SyncSender;
use std::sync::{Mutex, PoisonError};

use sha2::{Digest as _, Sha256};

use super::worker::{Bench, Delivery, Draft, Ending, Hands, acquire, deliver, fill, opened, stopped};
use crate::evidence::{Content, Digest, Item, Outcome};
use crate::sources::Found;

/// Entries by the digest of their bytes.
#[derive(Debug, Default)]
pub(super) struct Stored(Mutex<BTreeMap<Digest, String>>);

impl Stored {
    /// Remembers what an item stored, where that is all of it.
    pub(super) fn add(&self, item: &Item) {
        if let (Outcome::Collected, Some(entry), Some(content)) = (item.outcome, &item.entry, &item.content)
            && content.ranges.is_empty()
        {
            let mut stored = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            stored.entry(content.sha256_stored).or_insert_with(|| entry.clone());
        }
    }

    fn entry(&self, digest: &Digest) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(digest).cloned()
    }
}

/// Takes an item of a shadow copy, unless the same bytes are stored: it is read once to know that.
pub(super) fn acquire_once(
    bench: &Bench<'_>,
    hands: &mut Hands,
    found: &Found,
    draft: &Draft,
    reply: &SyncSender<Delivery>,
) {
    let mut opened = match opened(bench, found, draft) {
        Ok(opened) => opened,
        Err(item) => return deliver(reply, Delivery::Whole(item, None)),
    };
    let (mut sum, mut size) = (Sha256::new(), 0_u64);
    let whole = loop {
        let (filled, ending) = fill(&mut opened, &mut hands.raw, bench);
        sum.update(hands.raw.get(..filled).unwrap_or_default());
        size = size.saturating_add(u64::try_from(filled).unwrap_or(u64::MAX));
        match ending {
            // What is read to be compared is given up as soon as what is read to be kept would be.
            None if stopped(bench).is_some() => break false,
            None => {}
            Some(Ending::Whole) => break opened.ranges.is_empty(),
            Some(Ending::Cut(_)) => break false,
        }
    };
    let digest = Digest::from_bytes(sum.finalize().into());
    let Some(entry) = bench.stored.entry(&digest).filter(|_| whole) else {
        return acquire(bench, hands, found, draft, reply);
    };
    let mut item = draft.item(found.origin.clone(), found.kind, bench.clock);
    item.metadata = std::mem::take(&mut opened.metadata);
    item.notes.clone_from(&found.notes);
    let closed = opened.finish();
    item.notes.extend(closed.notes);
    item.read_by = closed.read_by;
    (item.same_as, item.content) = (Some(entry), Some(Content::new(size, digest)));
    bench.settings.judge(&mut item);
    deliver(reply, Delivery::Whole(Box::new(item), None));
}
