//! Compares entries with the records of the checkpoint that lists them.

use std::collections::BTreeMap;

use super::Examiner;
use crate::analysis::Trust;
use crate::bundle::checkpoint::{CheckpointHeader, records_name, sum_line, sums_name};
use crate::bundle::forward::EntryBody;
use crate::evidence::{Content, Digest, Item, Printable};

/// Returns a key for an entry with its content: enough bits of a digest of both that a collision is infeasible.
fn key(entry: &str, content: &Digest) -> [u8; 16] {
    let both = Digest::of(&[entry.as_bytes(), &[0], content.as_bytes()].concat());
    both.as_bytes().first_chunk().copied().unwrap_or_default()
}

impl Examiner<'_> {
    pub(super) fn records(&mut self, name: &str, text: &[u8], body: &EntryBody) -> Result<Trust, String> {
        let mut lines = text.split_inclusive(|byte| *byte == b'\n');
        let header: CheckpointHeader = serde_json::from_slice(lines.next().unwrap_or_default())
            .map_err(|error| format!("does not begin with a checkpoint: {error}"))?;
        let fits = self.chain.add(name, &header, body.sha256, self.damaged);
        let mut sums = Sums::of(header.checkpoint, &body.sha256);
        let (mut count, mut unread) = (0_u64, None);
        for line in lines {
            count = count.saturating_add(1);
            if count > self.limits.checkpoint {
                unread = Some(format!("contains more than {} records", self.limits.checkpoint));
                break;
            }
            match serde_json::from_slice::<Item>(line) {
                Ok(item) => {
                    sums.add(&item);
                    self.item(&item);
                }
                Err(error) => {
                    unread = Some(format!("cannot be read in line {}: {error}", count.saturating_add(1)));
                    break;
                }
            }
        }
        self.sums = Some((header.checkpoint, sums.digest()));
        self.damaged = false;
        self.out.checkpoints = self.out.checkpoints.saturating_add(1);
        fits?;
        match unread {
            Some(what) => Err(what),
            None if count != header.items => {
                Err(format!("states {} records, but contains {count}", header.items))
            }
            None => Ok(self.trusted()),
        }
    }

    /// Judges a record together with its entry.
    fn item(&mut self, item: &Item) {
        self.items = self.items.saturating_add(1);
        count(&mut self.all_outcomes, item.outcome.word());
        if let Err(what) = self.chain.item(item) {
            self.tampering("records", what);
        }
        let trusted = self.trusted();
        let standing = match (&item.entry, &item.content) {
            (None, None) => trusted,
            (None, Some(content)) => self.same(item, content, trusted),
            (Some(entry), content) => match self.waiting.remove(entry) {
                Some(found) => {
                    let right = match content {
                        Some(said) => found.sha256 == said.sha256_stored && found.size == said.size_stored,
                        None => found.size == 0,
                    };
                    if right {
                        self.kept.extend(content.as_ref().map(|said| key(entry, &said.sha256_stored)));
                        trusted
                    } else {
                        self.tampering(entry, "does not match its record".into());
                        Trust::Refuted
                    }
                }
                None if self.torn.contains_key(entry) => self.torn.remove(entry).unwrap_or(Trust::Refuted),
                None if self.ever_damaged => Trust::Lost,
                None => {
                    self.tampering(entry, "is recorded, but missing".into());
                    Trust::Refuted
                }
            },
        };
        let counts = &mut self.out.counts;
        let counter = match standing {
            Trust::Proved => &mut counts.proved,
            Trust::Relative => &mut counts.relative,
            Trust::Lost => &mut counts.lost,
            // Counted when it broke off.
            Trust::Partial => &mut 0,
            _ => &mut counts.refuted,
        };
        *counter = counter.saturating_add(1);
        if matches!(standing, Trust::Proved | Trust::Relative) {
            count(&mut self.out.outcomes, item.outcome.word());
            if !item.hits.is_empty() {
                self.out.items_with_hits = self.out.items_with_hits.saturating_add(1);
            }
        }
        self.listener.item(item, standing);
    }

    /// Judges a record whose content is another item's: that entry was judged before, and must have this content.
    fn same(&mut self, item: &Item, content: &Content, trusted: Trust) -> Trust {
        let name = item.origin.to_string();
        match &item.same_as {
            Some(entry) if self.kept.contains(&key(entry, &content.sha256_stored)) => trusted,
            Some(_) if self.ever_damaged => Trust::Lost,
            Some(entry) => {
                let what = format!(
                    "is recorded as the same as '{}', which does not exist with that content",
                    Printable(entry)
                );
                self.tampering(&name, what);
                Trust::Refuted
            }
            None => {
                self.tampering(&name, "has content, but no entry".into());
                Trust::Refuted
            }
        }
    }

    /// Judges the entries without a record; in a sealed bundle (`due`) there must be none.
    pub(super) fn strays(&mut self, due: bool) {
        for name in std::mem::take(&mut self.waiting).into_keys() {
            if due && !self.ever_damaged {
                self.tampering(&name, "has no record".into());
                self.out.counts.refuted = self.out.counts.refuted.saturating_add(1);
                self.listener.stray(&name, Trust::Refuted);
            } else {
                self.out.counts.unproved = self.out.counts.unproved.saturating_add(1);
                self.listener.stray(&name, Trust::Unproved);
            }
        }
    }

    pub(super) fn wait(&mut self, name: &str, body: EntryBody) {
        if self.waiting.len() >= self.limits.unnamed && self.ever_damaged {
            // The records of the entries before it are lost.
            self.strays(false);
        }
        if self.waiting.len() >= self.limits.unnamed {
            let most = self.limits.unnamed;
            self.tampering(name, format!("follows {most} entries without a record"));
            self.listener.stray(name, Trust::Refuted);
        } else {
            // After a hole, the later of two entries counts: one in the content of a file comes before the real one.
            self.waiting.insert(name.to_owned(), body);
        }
    }

    pub(super) fn sums(&mut self, name: &str, body: &EntryBody) -> Result<Trust, String> {
        self.sums_read = self.sums_read.saturating_add(1);
        match self.sums.take() {
            Some((number, digest)) if name == sums_name(number) && digest == body.sha256 => {
                Ok(self.trusted())
            }
            None if self.damaged || self.ever_damaged => Ok(Trust::Unproved),
            Some(_) => Err("does not match the records of its checkpoint".into()),
            None => Err("belongs to no checkpoint".into()),
        }
    }
}

/// The expected digest of `records/N.sha256`.
struct Sums(sha2::Sha256);

impl Sums {
    fn of(number: u64, records: &Digest) -> Self {
        use sha2::Digest as _;
        Self(sha2::Sha256::new_with_prefix(format!("{records}  {}\n", records_name(number))))
    }

    fn add(&mut self, item: &Item) {
        use sha2::Digest as _;
        if let Some(line) = sum_line(item) {
            self.0.update(line.as_bytes());
        }
    }

    fn digest(self) -> Digest {
        use sha2::Digest as _;
        Digest::from_bytes(self.0.finalize().into())
    }
}

fn count(counts: &mut BTreeMap<String, u64>, word: &str) {
    match counts.get_mut(word) {
        Some(number) => *number = number.saturating_add(1),
        None => {
            counts.insert(word.to_owned(), 1);
        }
    }
}
