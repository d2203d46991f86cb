//! The chain of checkpoints: which of them belong to this bundle, in order, and how far back they are proved.

use crate::bundle::checkpoint::{CheckpointHeader, records_name};
use crate::evidence::{Digest, Item};

/// How far back the chain is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// To `veldkit.json`.
    Beginning,
    /// To the first good checkpoint after a hole.
    Relative,
    /// It is broken: nothing is proved.
    Nothing,
}

/// The chain as far as it was read.
#[derive(Debug)]
pub(super) struct Chain {
    /// Digest of `veldkit.json`; absent where it was lost.
    pub(super) opening: Option<Digest>,
    pub(super) number: u64,
    pub(super) last: Option<Digest>,
    pub(super) reach: Reach,
    /// Numbers of the checkpoints to which others are relative.
    pub(super) anchors: Vec<u64>,
    /// Number of the last item.
    item: u64,
}

/// Maximum number of anchors that are listed; each costs a hole of 64 KiB.
const MAX_ANCHORS: usize = 1_000;

impl Default for Chain {
    fn default() -> Self {
        Self { opening: None, number: 0, last: None, reach: Reach::Beginning, anchors: Vec::new(), item: 0 }
    }
}

impl Chain {
    /// Starts with the digest of `veldkit.json`.
    pub(super) fn open(&mut self, digest: Digest) {
        self.opening = Some(digest);
        if self.number == 0 {
            self.last = Some(digest);
        }
    }

    /// Adds the header of a checkpoint. `damaged` says that bytes were lost since the previous one: only then may
    /// checkpoints be missing.
    ///
    /// # Errors
    ///
    /// A contradiction that lost bytes cannot explain.
    pub(super) fn add(
        &mut self,
        name: &str,
        header: &CheckpointHeader,
        digest: Digest,
        damaged: bool,
    ) -> Result<(), String> {
        let before = (self.number, self.last.replace(digest));
        self.number = header.checkpoint;
        let fits = self.fit(name, header, before, damaged);
        if fits.is_err() {
            self.reach = Reach::Nothing;
        }
        fits
    }

    fn fit(
        &mut self,
        name: &str,
        header: &CheckpointHeader,
        (number, last): (u64, Option<Digest>),
        damaged: bool,
    ) -> Result<(), String> {
        if name != records_name(header.checkpoint) {
            return Err(format!("has the wrong name: it is checkpoint {}", header.checkpoint));
        }
        let opening = *self.opening.get_or_insert(header.opening);
        if header.opening != opening {
            return Err("is a checkpoint of another bundle".into());
        }
        if header.checkpoint == number.saturating_add(1) && Some(header.previous) == last {
            return Ok(());
        }
        if header.checkpoint <= number {
            return Err(format!("comes after checkpoint {number}"));
        }
        if !damaged || (header.checkpoint == number.saturating_add(1) && last.is_some()) {
            return Err(format!("does not follow checkpoint {number}: the chain is broken"));
        }
        // It is bound to this bundle's opening, which no data on the target can contain, so it belongs to this
        // bundle; the checkpoints before it are lost.
        if self.reach != Reach::Nothing {
            self.reach = Reach::Relative;
            if self.anchors.len() < MAX_ANCHORS {
                self.anchors.push(header.checkpoint);
            }
        }
        Ok(())
    }

    /// Checks that item numbers increase.
    pub(super) fn item(&mut self, item: &Item) -> Result<(), String> {
        let fits = item.number > self.item;
        self.item = item.number;
        if fits { Ok(()) } else { Err(format!("item {} is out of order", item.number)) }
    }
}
