//! Items of shadow copies: an item with the same bytes as an earlier entry is not stored again; its record refers to
//! that entry.
//!
//! In: an item of a shadow copy. Out: a record that refers to the entry with the same bytes, or the item acquired
//! like any other. Each shadow copy is begun when everything before it is written, so that the result does not depend
//! on the order of the workers. Memory: a digest and a name per item of the artifacts that are collected from shadow
//! copies.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use sha2::{Digest as _, Sha256};

use super::acquire::acquire;
use super::item_reading::{Ending, fill, open};
use super::job::Job;
use super::pool::WorkerContext;
use crate::evidence::{Content, Digest, Item, Outcome};

/// Entries by the digest of their bytes.
#[derive(Debug, Default)]
pub(super) struct Stored(Mutex<BTreeMap<Digest, String>>);

impl Stored {
    /// Remembers the entry of an item, where all of it was stored.
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

/// Acquires an item of a shadow copy, unless the same bytes are stored, which a first reading determines.
pub(super) fn acquire_once(context: &mut WorkerContext<'_>, job: &Job, stored: &Stored) {
    let run = context.run;
    let mut opened = match open(run, job) {
        Ok(opened) => opened,
        Err(item) => return job.deliver_whole(*item, None),
    };
    let (mut sum, mut size) = (Sha256::new(), 0_u64);
    let whole = loop {
        let (filled, ending) = fill(run, &mut opened, &mut context.buffer);
        sum.update(context.buffer.get(..filled).unwrap_or_default());
        size = size.saturating_add(u64::try_from(filled).unwrap_or(u64::MAX));
        match ending {
            // Reading to compare ends where reading to store would.
            None if run.cut().is_some() => break false,
            None => {}
            Some(Ending::Whole) => break opened.ranges.is_empty(),
            Some(Ending::Cut(_) | Ending::HeadOnly) => break false,
        }
    };
    let digest = Digest::from_bytes(sum.finalize().into());
    let Some(entry) = stored.entry(&digest).filter(|_| whole) else {
        return acquire(context, job);
    };
    let mut item = job.item(run.clock);
    item.metadata = std::mem::take(&mut opened.metadata);
    item.notes.clone_from(&job.found.notes);
    let closed = opened.finish();
    item.notes.extend(closed.notes);
    item.read_by = closed.read_by;
    (item.same_as, item.content) = (Some(entry), Some(Content::new(size, digest)));
    run.judge(&mut item);
    job.deliver_whole(item, None);
}
