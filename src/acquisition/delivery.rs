//! The messages between the threads of a run: slots from the intake in the order of the bundle, deliveries from the
//! workers, and the pieces of a large item.
//!
//! A slot that awaits a delivery has the receiving end of that worker's channel. Where a channel closes without a
//! reply, the worker failed, and the draft in the slot becomes a record that states so.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender};

use super::budget::{Share, WINDOW};
use crate::bundle::Deflated;
use crate::evidence::{Digest, Item};

/// The place of one item in the order of the bundle.
pub(super) struct Slot {
    /// Index of its step in the plan.
    pub(super) step: usize,
    pub(super) content: SlotContent,
}

pub(super) enum SlotContent {
    /// A record without content, complete as it is.
    Record(Box<Item>),
    /// A worker will deliver it.
    Awaited {
        draft: Box<Item>,
        delivery: Receiver<Delivery>,
        /// Released when the writer is done with the item.
        share: Arc<Share>,
    },
    /// The first tier is complete: it must be flushed, and the reply is awaited.
    FirstTier(SyncSender<()>),
    /// Everything before must be written; the reply is awaited.
    Written(SyncSender<()>),
}

/// A message from a worker to the writer.
pub(super) enum Delivery {
    /// An item with its record complete, and its bytes where it has some.
    Whole(Box<Item>, Option<Body>),
    /// An item that comes in pieces; its record follows at the end.
    Large(Box<LargeStart>),
    /// An item that was inspected and not collected.
    Inspected(Box<Item>),
}

/// The compressed bytes of an item in one piece.
pub(super) struct Body {
    pub(super) bytes: Vec<u8>,
    pub(super) deflated: Deflated,
}

/// The data with which the writer begins the entry; pieces and the record follow.
pub(super) struct LargeStart {
    /// The record as far as it is known, written if the worker fails before it sends one.
    pub(super) draft: Item,
    /// Whether holes are left out.
    pub(super) sparse: bool,
    /// Maximum number of bytes to come.
    pub(super) stored_size: Option<u64>,
    pub(super) receiver: PieceReceiver,
}

/// The writer's end of a large item. Dropping it, read or unread, tells the reader that nothing more is wanted, so
/// that no reader waits forever for room in a window. A reader that already waits needs a nudge of the pool.
pub(super) struct PieceReceiver {
    pub(super) pieces: Receiver<Piece>,
    pub(super) window: Arc<Window>,
}

impl Drop for PieceReceiver {
    fn drop(&mut self) {
        self.window.cut();
    }
}

/// The next part of a large item.
pub(super) enum Piece {
    /// Compressed bytes, as soon as a worker has compressed them.
    Bytes {
        deflated: Receiver<(Vec<u8>, Deflated)>,
        /// SHA-256 of the item up to the end of this piece, in case the writer cuts it here.
        prefix: Digest,
    },
    /// The record; nothing follows.
    End(Box<Item>),
}

/// The number of pieces of a large item in progress, and whether more are wanted.
#[derive(Default)]
pub(super) struct Window {
    under_way: AtomicUsize,
    cut: AtomicBool,
}

impl Window {
    /// Whether another piece may be sent, or none is wanted any more.
    pub(super) fn has_room(&self) -> bool {
        self.under_way.load(Ordering::Acquire) < WINDOW || self.is_cut()
    }

    /// Counts a piece that is sent.
    pub(super) fn sent(&self) {
        self.under_way.fetch_add(1, Ordering::AcqRel);
    }

    /// Counts a piece that the writer is done with.
    pub(super) fn passed(&self) {
        self.under_way.fetch_sub(1, Ordering::AcqRel);
    }

    /// Asks the reader to stop: nothing more of this item is wanted.
    pub(super) fn cut(&self) {
        self.cut.store(true, Ordering::Release);
    }

    /// Whether the writer asked to stop.
    pub(super) fn is_cut(&self) -> bool {
        self.cut.load(Ordering::Acquire)
    }
}
