//! An item larger than one piece: read and digested in order by one worker, deflated in pieces and held against the
//! rules by whoever stands idle, and written as it comes.
//!
//! Its head, as much as the rules see at once, is read before the first piece is deflated, so that the rules can
//! begin while the pieces are deflated: no core waits for the other at the end of the last item. What lies behind the
//! head is read piece by piece. At most [`WINDOW`] pieces are under way, besides the head.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, OnceLock};

use super::budget::{PIECE, WINDOW};
use super::digester::Digester;
use super::pool::Work;
use super::worker::{
    Bench, Delivery, Draft, Ending, Hands, conclude, deliver, examined, fill, scan, stopped,
};
use crate::bundle::deflate::{Deflated, Deflater};
use crate::evidence::{Cause, Digest, Item, Metadata, Note, Origin, Scanned};
use crate::scan::indicators::Indicators;
use crate::scan::{Bytes, Examined, SCAN_LIMIT, Scanner};
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

/// A piece to deflate: a stretch of a buffer, and before it up to [`DICTIONARY`] bytes that precede it.
pub(super) struct PieceTask {
    buffer: Arc<Vec<u8>>,
    data: Range<usize>,
    last: bool,
    reply: SyncSender<(Vec<u8>, Deflated)>,
}

impl PieceTask {
    /// Deflates it and hands it to the writer.
    pub(super) fn deflate(self, deflater: &mut Deflater) {
        let dictionary = self.data.start.saturating_sub(DICTIONARY)..self.data.start;
        let before = self.buffer.get(dictionary).unwrap_or_default();
        let data = self.buffer.get(self.data.clone()).unwrap_or_default();
        let mut out = Vec::with_capacity(data.len().saturating_div(2));
        let counted = deflater.chunk(data, before, self.last, &mut out);
        drop(self.reply.try_send((out, counted)));
    }
}

/// What the rules say of a head, once somebody has asked them.
type Judgement = Arc<OnceLock<Examined>>;

/// The head of an item, to be held against the rules.
pub(super) struct ScanTask {
    head: Bytes,
    /// The record as far as it is known: rules ask for name, path and owner.
    item: Item,
    /// Whether the head is all of it.
    whole: bool,
    judgement: Judgement,
}

impl ScanTask {
    /// Asks the rules. Whoever waits for it must be nudged afterwards.
    pub(super) fn judge(self, scanner: &Scanner, indicators: Option<&Indicators>) {
        drop(self.judgement.set(scan(scanner, indicators, &self.head, self.whole, &self.item)));
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

    let mut digester = Digester::new(ranges, item.metadata.size.unwrap_or(0), bench.settings.wanted());
    let (scanner, unseen) = match draft.scanner(bench) {
        Ok(scanner) => (scanner, None),
        Err(unseen) => (None, Some(unseen)),
    };
    let limit = if scanner.is_some() { SCAN_LIMIT } else { PIECE };
    let Head { bytes, ends, mut ending } = head(bench, &mut opened, &mut digester, first, limit, &item);
    let bytes = Arc::new(bytes);
    let head_length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let judgement = scanner.map(|_| {
        let judgement = Judgement::default();
        let whole = ending.is_some() || item.metadata.size == Some(head_length);
        let task = ScanTask {
            head: draft.held(Bytes::beginning(&bytes, bytes.len())),
            item: item.clone(),
            whole,
            judgement: Arc::clone(&judgement),
        };
        bench.pool.put_scan(task);
        judgement
    });
    let in_text = bench.settings.indicators.and_then(|indicators| indicators.text(&item.origin, &bytes));

    let mut line = Line { bench, hands, pieces: &pieces, window: &window };
    let mut before = tail(&bytes).to_vec();
    let mut begin = 0;
    let mut ends = ends.into_iter().peekable();
    while let Some((end, prefix)) = ends.next() {
        let last = ending.is_some() && ends.peek().is_none();
        if !line.send(Arc::clone(&bytes), begin..end, last, prefix) {
            return;
        }
        begin = end;
    }
    drop(bytes);
    let mut buffers = Buffers::default();
    while ending.is_none() && !window.cut.load(Ordering::Acquire) {
        let mut buffer = buffers.take();
        let begin = before.len();
        let (mut end, room) = (begin, begin..begin.saturating_add(PIECE));
        copy(&before, &mut buffer);
        if let Some(reason) = stopped(bench) {
            ending = Some(Ending::Cut(reason));
        } else if let Some(room) = buffer.get_mut(room) {
            let filled;
            (filled, ending) = fill(&mut opened, room, bench);
            end = begin.saturating_add(filled);
        }
        let data = buffer.get(begin..end).unwrap_or_default();
        digester.update(data);
        if data.len() >= DICTIONARY {
            before.clear();
            before.extend_from_slice(tail(data));
        }
        if !line.send(buffers.give(buffer), begin..end, ending.is_some(), digester.prefix()) {
            return;
        }
    }

    let closed = opened.finish();
    let ending = ending.map(|ending| ending.unless(&closed));
    let (content, note) = digester.finish(matches!(ending, Some(Ending::Whole)));
    if let Some(judgement) = judgement {
        examined(&mut item, line.judged(&judgement));
        if content.size_stored > head_length {
            let scan = item.scan.get_or_insert_default();
            scan.gap.get_or_insert_with(|| format!("only the first {head_length} bytes were scanned"));
            scan.cause.get_or_insert(Cause::Size);
            item.notes.push(Note::ScannedHeadOnly);
        }
    }
    if let Some(unseen) = unseen {
        examined(&mut item, unseen);
    }
    // Without rules the head is one piece.
    if in_text.is_some() && scanner.is_none() && content.size_stored > head_length {
        item.notes.push(Note::ScannedHeadOnly);
    }
    item.hits.extend(in_text.into_iter().flatten());
    conclude(&mut item, content, note, closed, ending.unwrap_or(Ending::Whole));
    bench.settings.judge(&mut item);
    item.acquired = bench.clock.now();
    drop(pieces.send(Piece::End(Box::new(item))));
}

/// The beginning of an item, read and digested.
struct Head {
    bytes: Vec<u8>,
    /// Where each piece of it ends, and the digest of all up to there.
    ends: Vec<(usize, Digest)>,
    /// How reading ended, if it did within the head.
    ending: Option<Ending>,
}

/// Reads on from the first piece, up to `limit` bytes.
fn head(
    bench: &Bench<'_>,
    opened: &mut Opened,
    digester: &mut Digester,
    first: Vec<u8>,
    limit: usize,
    item: &Item,
) -> Head {
    digester.update(&first);
    let mut length = first.len();
    let mut ends = vec![(length, digester.prefix())];
    let expected = item.metadata.size.and_then(|size| usize::try_from(size).ok()).unwrap_or(limit).min(limit);
    let mut bytes = first;
    let mut ending = None;
    while ending.is_none() && length < limit {
        if length == bytes.len() {
            // Room for the read that finds the end; once, where the size is true.
            let room = expected.max(length).saturating_add(PIECE).min(limit);
            let mut larger = vec![0; room];
            copy(&bytes, &mut larger);
            bytes = larger;
        }
        let end = length.saturating_add(PIECE).min(bytes.len());
        let Some(room) = bytes.get_mut(length..end) else { break };
        let filled;
        (filled, ending) = match stopped(bench) {
            Some(reason) => (0, Some(Ending::Cut(reason))),
            None => fill(opened, room, bench),
        };
        let end = length.saturating_add(filled);
        digester.update(bytes.get(length..end).unwrap_or_default());
        length = end;
        ends.push((length, digester.prefix()));
    }
    bytes.truncate(length);
    Head { bytes, ends, ending }
}

/// The buffers of an item's pieces, each used again once nobody has it any more: [`WINDOW`] and those at either end.
#[derive(Default)]
struct Buffers(VecDeque<Arc<Vec<u8>>>);

impl Buffers {
    /// One with room for a piece and what stands before it.
    fn take(&mut self) -> Vec<u8> {
        let oldest = self.0.pop_front().map(Arc::try_unwrap);
        match oldest {
            Some(Ok(buffer)) => buffer,
            Some(Err(in_use)) => {
                self.0.push_front(in_use);
                vec![0; DICTIONARY.saturating_add(PIECE)]
            }
            None => vec![0; DICTIONARY.saturating_add(PIECE)],
        }
    }

    /// Gives one away, to be looked for again.
    fn give(&mut self, buffer: Vec<u8>) -> Arc<Vec<u8>> {
        let buffer = Arc::new(buffer);
        self.0.push_back(Arc::clone(&buffer));
        buffer
    }
}

/// Copies bytes to the beginning of a buffer that has room for them.
fn copy(bytes: &[u8], buffer: &mut [u8]) {
    if let Some(beginning) = buffer.get_mut(..bytes.len()) {
        beginning.copy_from_slice(bytes);
    }
}

/// What of a buffer helps to compress what follows it.
fn tail(buffer: &[u8]) -> &[u8] {
    buffer.get(buffer.len().saturating_sub(DICTIONARY)..).unwrap_or_default()
}

/// The way of an item's pieces to the writer.
struct Line<'a> {
    bench: &'a Bench<'a>,
    hands: &'a mut Hands,
    pieces: &'a Sender<Piece>,
    window: &'a Window,
}

impl Line<'_> {
    /// Sends the next piece once there is room for it, deflated by whoever is free. Returns whether anybody listens.
    fn send(&mut self, buffer: Arc<Vec<u8>>, data: Range<usize>, last: bool, prefix: Digest) -> bool {
        if self.window.cut.load(Ordering::Acquire) {
            return true;
        }
        // Room first, so that no more than the window is ever under way; meanwhile there is other work.
        let has_room = || self.window.under_way.load(Ordering::Acquire) < WINDOW;
        while let Some(work) = self.bench.pool.until(has_room) {
            self.help(work);
        }
        self.window.under_way.fetch_add(1, Ordering::AcqRel);
        let (done, deflated) = sync_channel(1);
        if self.pieces.send(Piece::Bytes { deflated, prefix }).is_err() {
            return false;
        }
        if let Some(task) = self.bench.pool.offer(PieceTask { buffer, data, last, reply: done }) {
            task.deflate(&mut self.hands.deflater);
        }
        true
    }

    /// Waits for what the rules say; meanwhile asks them itself, or does what else there is to do.
    fn judged(&mut self, judgement: &OnceLock<Examined>) -> Examined {
        while let Some(work) = self.bench.pool.until(|| judgement.get().is_some()) {
            self.help(work);
        }
        judgement.get().cloned().unwrap_or_else(|| {
            let (gap, cause) = (Some("the rules were not asked".to_owned()), Some(Cause::Error));
            Examined { scanned: Scanned { gap, cause, ..Scanned::default() }, ..Examined::default() }
        })
    }

    fn help(&mut self, work: Work) {
        super::worker::share(self.bench, self.hands, work);
    }
}
