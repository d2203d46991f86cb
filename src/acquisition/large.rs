//! An item larger than one piece: read and digested in order by one worker, deflated in pieces by whoever stands
//! idle, and written as they come. At most [`WINDOW`] pieces of it are in memory, and the head that rules see.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};

use super::budget::{PIECE, WINDOW};
use super::digester::Digester;
use super::worker::{Bench, Delivery, Draft, Ending, Hands, conclude, deliver, fill, scan, stopped};
use crate::bundle::deflate::{Deflated, Deflater};
use crate::evidence::{Digest, Item, Metadata, Note, Origin};
use crate::scan::SCAN_LIMIT;
use crate::sources::{Found, Opened};

/// How far back deflate looks: what stands before a piece helps to compress it.
const DICTIONARY: usize = 32 << 10;

/// What the writer must know to begin the entry; pieces and the record follow.
pub(super) struct LargeStart {
    pub(super) origin: Origin,
    pub(super) metadata: Metadata,
    pub(super) sparse: bool,
    /// Bytes that will come at most.
    pub(super) stored_size: Option<u64>,
    pub(super) pieces: Receiver<Piece>,
    pub(super) window: Arc<Window>,
    /// The record to write if the worker is lost before it sends one.
    pub(super) draft: Item,
}

/// The next part of a large item.
pub(super) enum Piece {
    /// Deflated bytes, when whoever has them is done.
    Bytes {
        deflated: Receiver<(Vec<u8>, Deflated)>,
        /// SHA-256 of the item up to the end of this piece, should the writer cut it here.
        prefix: Digest,
    },
    /// The record; nothing follows.
    End(Box<Item>),
}

/// What reader and writer of one large item tell each other.
#[derive(Default)]
pub(super) struct Window {
    under_way: AtomicUsize,
    cut: AtomicBool,
}

impl Window {
    /// Says that the writer is done with one piece.
    pub(super) fn passed(&self) {
        self.under_way.fetch_sub(1, Ordering::AcqRel);
    }

    /// Asks the reader to stop: nothing more of this item is wanted.
    pub(super) fn cut(&self) {
        self.cut.store(true, Ordering::Release);
    }
}

/// A piece to deflate: the bytes, and before them up to [`DICTIONARY`] bytes that precede it.
pub(super) struct PieceTask {
    buffer: Vec<u8>,
    before: usize,
    last: bool,
    reply: SyncSender<(Vec<u8>, Deflated)>,
}

impl PieceTask {
    /// Deflates it and hands it to the writer.
    pub(super) fn deflate(self, deflater: &mut Deflater) {
        let (before, data) = self.buffer.split_at_checked(self.before).unwrap_or((&[], &self.buffer));
        let mut out = Vec::with_capacity(data.len().saturating_div(2));
        let counted = deflater.chunk(data, before, self.last, &mut out);
        drop(self.reply.try_send((out, counted)));
    }
}

/// Streams an item whose first piece, `first`, is full.
pub(super) fn stream(
    bench: &Bench<'_>,
    hands: &mut Hands,
    found: &Found,
    draft: &Draft,
    mut opened: Opened,
    first: Vec<u8>,
    reply: &SyncSender<Delivery>,
) {
    let metadata = std::mem::take(&mut opened.metadata);
    let ranges = std::mem::take(&mut opened.ranges);
    let mut item = draft.item(found.origin.clone(), found.kind, bench.clock);
    item.metadata.clone_from(&metadata);
    item.notes.clone_from(&found.notes);
    let (pieces, receiver) = channel();
    let window = Arc::new(Window::default());
    deliver(
        reply,
        Delivery::Large(Box::new(LargeStart {
            origin: found.origin.clone(),
            metadata,
            sparse: !ranges.is_empty(),
            stored_size: opened.stored_size,
            pieces: receiver,
            window: Arc::clone(&window),
            draft: item.clone(),
        })),
    );

    let mut digester = Digester::new(ranges, item.metadata.size.unwrap_or(0));
    let mut head = Head::new(bench.settings.scanner.is_some(), item.metadata.size);
    let (mut buffer, mut before, mut ending) = (first, 0, None);
    loop {
        let data = buffer.get(before..).unwrap_or_default();
        digester.update(data);
        head.keep(data);
        let tail_from = buffer.len().saturating_sub(DICTIONARY);
        let tail = buffer.get(tail_from..).unwrap_or_default().to_vec();

        // Room first, so that no more than the window is ever under way; meanwhile another's piece is deflated.
        let has_room = || window.under_way.load(Ordering::Acquire) < WINDOW;
        while let Some(piece) = bench.pool.until(has_room) {
            piece.deflate(&mut hands.deflater);
        }
        window.under_way.fetch_add(1, Ordering::AcqRel);
        let (done, deflated) = sync_channel(1);
        if pieces.send(Piece::Bytes { deflated, prefix: digester.prefix() }).is_err() {
            return;
        }
        let task = PieceTask { buffer, before, last: ending.is_some(), reply: done };
        if let Some(task) = bench.pool.offer(task) {
            task.deflate(&mut hands.deflater);
        }
        if ending.is_some() || window.cut.load(Ordering::Acquire) {
            break;
        }

        before = tail.len();
        buffer = tail;
        buffer.resize(before.saturating_add(PIECE), 0);
        if let Some(reason) = stopped(bench) {
            buffer.truncate(before);
            ending = Some(Ending::Cut(reason));
            continue;
        }
        let (filled, end) = fill(&mut opened, buffer.get_mut(before..).unwrap_or_default(), bench);
        buffer.truncate(before.saturating_add(filled));
        ending = end;
    }

    let ending = ending.unwrap_or(Ending::Whole);
    let closed = opened.finish();
    let (content, note) = digester.finish(matches!(ending, Ending::Whole));
    if let Some(scanner) = bench.settings.scanner {
        let head_only = content.size_stored > head.length();
        let (scanned, hits) = scan(scanner, &head.bytes, head_only, &item);
        (item.scan, item.hits) = (Some(scanned), hits);
        item.notes.extend(head_only.then_some(Note::ScannedHeadOnly));
    }
    conclude(&mut item, content, note, closed, ending);
    item.acquired = bench.clock.now();
    drop(pieces.send(Piece::End(Box::new(item))));
}

/// The beginning of an item, kept for rules that need it in one buffer.
struct Head {
    bytes: Vec<u8>,
    limit: usize,
}

impl Head {
    fn new(wanted: bool, size: Option<u64>) -> Self {
        let limit = if wanted { SCAN_LIMIT } else { 0 };
        let expected = size.and_then(|size| usize::try_from(size).ok()).unwrap_or(limit).min(limit);
        Self { bytes: Vec::with_capacity(expected), limit }
    }

    fn keep(&mut self, data: &[u8]) {
        let room = self.limit.saturating_sub(self.bytes.len());
        self.bytes.extend_from_slice(data.get(..room).unwrap_or(data));
    }

    fn length(&self) -> u64 {
        u64::try_from(self.bytes.len()).unwrap_or(u64::MAX)
    }
}
