//! An item larger than one piece, as a state machine: read and digested in order by one worker, deflated in pieces and
//! scanned by any idle worker, and written as it comes.
//!
//! ```text
//! Head ──> Sending ──> Following ⟲ ──> Ended ──> (record sent)
//!             └────────────────────────^
//! ```
//!
//! In: the opened item, and its first piece, which was full. Out: a [`LargeStart`], its pieces in order, and the record.
//! The head, as much as the rules see at once, is read before the first piece is deflated, so that the rules can
//! begin while the pieces are deflated: no core waits for the other at the end of the last item. What is behind the
//! head is read piece by piece. At most [`WINDOW`](super::budget::WINDOW) pieces are under way, in addition to the head.

use std::iter::Peekable;
use std::sync::mpsc::{Sender, channel, sync_channel};
use std::sync::{Arc, OnceLock};
use std::vec;

mod piece;

use piece::{Buffers, DICTIONARY, PieceData, copy, tail};

use super::budget::PIECE;
use super::delivery::{Delivery, LargeStart, Piece, PieceReceiver, Window};
use super::item_reading::{Ending, fill};
use super::job::Job;
use super::pool::WorkerContext;
use super::recorder::{ItemRecorder, Purpose, scan};
use crate::evidence::{Cause, Digest, ReasonCode, Scanned};
use crate::scan::{Bytes, Examined, SCAN_LIMIT};
use crate::sources::Opened;
use crate::sources::rows::gap_reason;

/// Streams an item whose first piece, `first`, is full.
pub(super) fn stream(context: &mut WorkerContext<'_>, job: &Job, opened: Opened, first: Vec<u8>) {
    let mut state = Some(LargeItem::begin(context, job, opened, first));
    while let Some(item) = state {
        state = item.advance(context, job);
    }
}

/// A large item, by how far it has come.
enum LargeItem {
    /// It is announced, and its first piece was read.
    Head(Head),
    /// The rules have its head; the pieces of the head are sent.
    Sending(Sending),
    /// The rest after the head is read and sent, a piece at a time.
    Following(Following),
    /// It has ended; only its record is missing.
    Ended(Ended),
}

impl LargeItem {
    /// Announces the item to the writer.
    fn begin(context: &WorkerContext<'_>, job: &Job, mut opened: Opened, first: Vec<u8>) -> Self {
        let sparse = !opened.ranges.is_empty();
        let recorder = ItemRecorder::begin(context.run, job, &mut opened, Purpose::Store);
        let (pieces, received) = channel();
        let window = Arc::new(Window::default());
        job.deliver(Delivery::Large(Box::new(LargeStart {
            draft: recorder.item().clone(),
            sparse,
            stored_size: opened.stored_size,
            receiver: PieceReceiver { pieces: received, window: Arc::clone(&window) },
        })));
        Self::Head(Head { reading: Reading { recorder, opened, line: Line { pieces, window } }, first })
    }

    /// Performs the next step; `None` after the last.
    fn advance(self, context: &mut WorkerContext<'_>, job: &Job) -> Option<Self> {
        match self {
            Self::Head(head) => Some(Self::Sending(head.read(context, job))),
            Self::Sending(sending) => Some(sending.send(context)),
            Self::Following(following) => Some(following.send_next(context)),
            Self::Ended(ended) => {
                ended.close(context);
                None
            }
        }
    }
}

/// The data of every state except the last: the record, the source, and the channel to the writer.
struct Reading {
    recorder: ItemRecorder,
    opened: Opened,
    line: Line,
}

/// The state before the head is read.
struct Head {
    reading: Reading,
    first: Vec<u8>,
}

/// The state in which the pieces of the head are sent.
struct Sending {
    reading: Reading,
    verdict: Verdict,
    bytes: Arc<Vec<u8>>,
    /// Where each piece ends, and the digest of all up to there.
    ends: Peekable<vec::IntoIter<(usize, Digest)>>,
    /// How reading ended, if it did within the head.
    ending: Option<Ending>,
}

/// The state in which the rest after the head is read.
struct Following {
    reading: Reading,
    verdict: Verdict,
    /// The end of the piece before the next one.
    before: Vec<u8>,
    buffers: Buffers,
}

/// The state in which the record is missing.
struct Ended {
    reading: Reading,
    verdict: Verdict,
    ending: Ending,
}

/// The result of the rules for the head.
enum Verdict {
    /// There are no rules.
    NoRules,
    /// They cannot be used.
    Unasked(Examined),
    /// A worker matches them against this many bytes.
    Awaited { length: usize, answer: Arc<OnceLock<Examined>> },
}

impl Head {
    /// Reads the head, and queues it for the rules.
    fn read(self, context: &WorkerContext<'_>, job: &Job) -> Sending {
        let Self { mut reading, first } = self;
        let (scanner, unscanned) = match job.scanner(context.run) {
            Ok(scanner) => (scanner, None),
            Err(unscanned) => (None, Some(unscanned)),
        };
        let limit = if scanner.is_some() { SCAN_LIMIT } else { PIECE };
        let (bytes, ends, ending) = reading.head(context, first, limit);
        let bytes = Arc::new(bytes);
        let verdict = match (scanner, unscanned) {
            (Some(_), _) => {
                let length = bytes.len();
                let size = reading.recorder.item().metadata.size;
                let whole = ending.is_some() || size == Some(u64::try_from(length).unwrap_or(u64::MAX));
                let head = job.held(Bytes::beginning(&bytes, length));
                Verdict::Awaited { length, answer: ask(context, &reading.recorder, head, whole) }
            }
            (None, Some(unscanned)) => Verdict::Unasked(unscanned),
            (None, None) => Verdict::NoRules,
        };
        reading.recorder.search(context.run, &bytes);
        Sending { reading, verdict, bytes, ends: ends.into_iter().peekable(), ending }
    }
}

impl Sending {
    /// Sends the pieces of the head.
    fn send(self, context: &mut WorkerContext<'_>) -> LargeItem {
        let Self { reading, verdict, bytes, mut ends, ending } = self;
        let mut begin = 0;
        while let Some((end, prefix)) = ends.next() {
            let last = ending.is_some() && ends.peek().is_none();
            let piece = PieceData { buffer: Arc::clone(&bytes), data: begin..end, last };
            reading.line.send(context, piece, prefix);
            begin = end;
        }
        if let Some(ending) = ending {
            return LargeItem::Ended(Ended { reading, verdict, ending });
        }
        let before = tail(&bytes).to_vec();
        LargeItem::Following(Following { reading, verdict, before, buffers: Buffers::default() })
    }
}

impl Following {
    /// Reads and sends one piece.
    fn send_next(self, context: &mut WorkerContext<'_>) -> LargeItem {
        let Self { mut reading, verdict, mut before, mut buffers } = self;
        if reading.line.window.is_cut() {
            return LargeItem::Ended(Ended { reading, verdict, ending: unwanted() });
        }
        let mut buffer = buffers.take();
        let begin = before.len();
        copy(&before, &mut buffer);
        let room = buffer.get_mut(begin..begin.saturating_add(PIECE)).unwrap_or_default();
        let (filled, ending) = reading.fill(context, room);
        let end = begin.saturating_add(filled);
        let data = buffer.get(begin..end).unwrap_or_default();
        reading.recorder.update(data);
        if data.len() >= DICTIONARY {
            before.clear();
            before.extend_from_slice(tail(data));
        }
        let piece = PieceData { buffer: buffers.give(buffer), data: begin..end, last: ending.is_some() };
        let prefix = reading.recorder.prefix();
        reading.line.send(context, piece, prefix);
        match ending {
            Some(ending) => LargeItem::Ended(Ended { reading, verdict, ending }),
            None => LargeItem::Following(Self { reading, verdict, before, buffers }),
        }
    }
}

impl Ended {
    /// Waits for the rules, and sends the record.
    fn close(self, context: &mut WorkerContext<'_>) {
        let Self { reading: Reading { mut recorder, opened, line }, verdict, ending } = self;
        let closed = opened.finish();
        match verdict {
            Verdict::NoRules => {}
            Verdict::Unasked(examined) => recorder.unscanned(examined),
            Verdict::Awaited { length, answer } => recorder.scanned(answered(context, &answer), length),
        }
        let mut item = recorder.finish(context.run, closed, ending);
        item.acquired = context.run.clock.now();
        drop(line.pieces.send(Piece::End(Box::new(item))));
    }
}

/// Returns the ending where the writer wants no more, for lack of room. Only the writer knows how much it kept, so it
/// replaces the reason; here, it only matters that the item is incomplete, without a digest that a list could have.
fn unwanted() -> Ending {
    Ending::cut(gap_reason(ReasonCode::OperatorLimit, "--size-limit was reached"))
}

/// Queues a head for the rules. The worker that matches them sets the answer; where it fails, the answer is never
/// set, and this is left as its only owner.
fn ask(
    context: &WorkerContext<'_>,
    recorder: &ItemRecorder,
    head: Bytes,
    whole: bool,
) -> Arc<OnceLock<Examined>> {
    let answer = Arc::new(OnceLock::new());
    // Rules use name, path and owner, which the record has.
    let (item, given) = (recorder.item().clone(), Arc::clone(&answer));
    context.defer(move |context: &mut WorkerContext<'_>| {
        if let Some(scanner) = context.run.settings.scanner {
            drop(given.set(scan(context.run, scanner, &item, &head, whole)));
        }
        drop(given);
        context.nudge();
    });
    answer
}

/// Waits for the result of the rules; meanwhile matches them here, or performs other parts.
fn answered(context: &mut WorkerContext<'_>, answer: &Arc<OnceLock<Examined>>) -> Examined {
    context.help_until(|| answer.get().is_some() || Arc::strong_count(answer) == 1);
    answer.get().cloned().unwrap_or_else(|| {
        let (gap, cause) = (Some("the rules were not applied".to_owned()), Some(Cause::Error));
        Examined { scanned: Scanned { gap, cause, ..Scanned::default() }, ..Examined::default() }
    })
}

impl Reading {
    /// Reads on from the first piece, up to `limit` bytes. Returns them, the end of each piece with the digest of all
    /// up to there, and the ending if there was one.
    fn head(
        &mut self,
        context: &WorkerContext<'_>,
        first: Vec<u8>,
        limit: usize,
    ) -> (Vec<u8>, Vec<(usize, Digest)>, Option<Ending>) {
        self.recorder.update(&first);
        let mut length = first.len();
        let mut ends = vec![(length, self.recorder.prefix())];
        let size = self.recorder.item().metadata.size;
        let expected = size.and_then(|size| usize::try_from(size).ok()).unwrap_or(limit).min(limit);
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
            (filled, ending) = self.fill(context, room);
            let end = length.saturating_add(filled);
            self.recorder.update(bytes.get(length..end).unwrap_or_default());
            length = end;
            ends.push((length, self.recorder.prefix()));
        }
        bytes.truncate(length);
        (bytes, ends, ending)
    }

    /// Fills a buffer, unless the run was stopped.
    fn fill(&mut self, context: &WorkerContext<'_>, room: &mut [u8]) -> (usize, Option<Ending>) {
        match context.run.cut() {
            Some(reason) => (0, Some(Ending::Cut(reason))),
            None => fill(context.run, &mut self.opened, room),
        }
    }
}

/// The channel of an item's pieces to the writer.
struct Line {
    pieces: Sender<Piece>,
    window: Arc<Window>,
}

impl Line {
    /// Sends the next piece once there is room for it, compressed by any idle worker; does nothing where no more is
    /// wanted.
    fn send(&self, context: &mut WorkerContext<'_>, piece: PieceData, prefix: Digest) {
        if self.window.is_cut() {
            return;
        }
        // Waits for room first, so that no more than the window is ever in progress; other work is done meanwhile.
        context.help_until(|| self.window.has_room());
        self.window.sent();
        let (done, deflated) = sync_channel(1);
        if self.pieces.send(Piece::Bytes { deflated, prefix }).is_ok() {
            context.share(move |context: &mut WorkerContext<'_>| piece.deflate(&mut context.deflater, &done));
        }
    }
}

#[cfg(test)]
mod tests;
