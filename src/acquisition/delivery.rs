//! What the threads of a run hand to one another: slots from the intake in the order of the bundle, deliveries from the
//! workers, and the pieces of a large item.
//!
//! A slot that awaits a delivery holds the receiving end of that worker's channel. Where a channel closes without an
//! answer, the worker failed, and the draft in the slot becomes the record that says so.

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
        /// Given back when the writer is done with the item.
        share: Arc<Share>,
    },
    /// The first tier is complete: it is to be flushed, and the answer is waited for.
    FirstTier(SyncSender<()>),
    /// Everything before is to be written; the answer is waited for.
    Written(SyncSender<()>),
}

/// What a worker hands to the writer.
pub(super) enum Delivery {
    /// An item with its record complete, and its bytes where it has some.
    Whole(Box<Item>, Option<Body>),
    /// An item that comes in pieces; its record follows at the end.
    Large(Box<LargeStart>),
    /// An item that was inspected and not collected.
    Inspected(Box<Item>),
}

/// The deflated bytes of an item that was kept whole.
pub(super) struct Body {
    pub(super) bytes: Vec<u8>,
    pub(super) deflated: Deflated,
}

/// What the writer must know to begin the entry; pieces and the record follow.
pub(super) struct LargeStart {
    /// The record as far as it is known, written if the worker fails before it sends one.
    pub(super) draft: Item,
    /// Whether holes are left out.
    pub(super) sparse: bool,
    /// Bytes that will come at most.
    pub(super) stored_size: Option<u64>,
    pub(super) receiver: PieceReceiver,
}

/// The writer's end of a large item. Dropping it, read or unread, tells the reader that nothing more is wanted, so that
/// no reader waits for room in a window that nobody empties. A reader that waits already needs a nudge of the pool.
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
    /// Deflated bytes, when whoever deflates them is done.
    Bytes {
        deflated: Receiver<(Vec<u8>, Deflated)>,
        /// SHA-256 of the item up to the end of this piece, should the writer cut it here.
        prefix: Digest,
    },
    /// The record; nothing follows.
    End(Box<Item>),
}

/// How many pieces of one large item are under way, and whether more are wanted.
#[derive(Default)]
pub(super) struct Window {
    under_way: AtomicUsize,
    cut: AtomicBool,
}

impl Window {
    /// Whether one more piece may be sent, or none is wanted any more.
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
