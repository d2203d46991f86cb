//! What a worker does with one item: open, read, digest, scan, deflate; all from one read.
//!
//! An item that ends within one piece is delivered whole, its sizes known; a longer one goes through [`super::large`].
//! A panic ends as that item's outcome.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use super::budget::{PIECE, Share};
use super::digester::Digester;
use super::large::LargeStart;
use super::look::{Taken, look};
use super::once::{Stored, acquire_once};
use super::pool::{Pool, Work};
use super::process::look_through;
use super::{Clock, Progress, Settings, Stop, large};
use crate::bundle::deflate::{Deflated, Deflater};
use crate::evidence::{Content, Item, Kind, Note, Origin, Outcome, Reason, ReasonCode};
use crate::playbook::Mode;
use crate::scan::indicators::Indicators;
use crate::scan::{Bytes, Examined, Scanner, Subject};
use crate::sources::{Closed, Found, Gap, Opened, Target};

/// What all workers of a run share.
pub(super) struct Bench<'a> {
    pub(super) target: &'a Target,
    pub(super) settings: &'a Settings<'a>,
    pub(super) clock: &'a Clock,
    pub(super) progress: &'a Progress,
    pub(super) stop: &'a Stop,
    pub(super) pool: &'a Pool,
    pub(super) taken: &'a Taken,
    pub(super) stored: &'a Stored,
}

/// An item to acquire, and where the writer waits for it.
pub(super) struct Job {
    pub(super) found: Found,
    pub(super) draft: Draft,
    pub(super) mode: Mode,
    pub(super) reply: SyncSender<Delivery>,
}

/// What the intake knows of an item before it is opened.
#[derive(Clone)]
pub(super) struct Draft {
    pub(super) number: u64,
    pub(super) artifact: Arc<str>,
    pub(super) personal_data: crate::evidence::PersonalData,
    /// Its part of the budget, where it has content.
    pub(super) share: Option<Arc<Share>>,
}

/// What a worker hands to the writer.
pub(super) enum Delivery {
    /// An item with its record complete, and its bytes where it has some.
    Whole(Box<Item>, Option<Body>),
    /// An item that comes in pieces; its record follows at the end.
    Large(Box<LargeStart>),
    /// An item that was looked at and not taken.
    Looked(Box<Item>),
}

/// The deflated bytes of an item that was kept whole.
pub(super) struct Body {
    pub(super) bytes: Vec<u8>,
    pub(super) deflated: Deflated,
}

/// What a worker keeps from item to item, so that it is allocated once.
pub(super) struct Hands {
    pub(super) deflater: Deflater,
    pub(super) raw: Vec<u8>,
}

impl Hands {
    pub(super) fn new(level: u32) -> Self {
        Self { deflater: Deflater::new(level), raw: vec![0; PIECE] }
    }
}

/// Works until nothing is left.
pub(super) fn work(bench: &Bench<'_>) {
    let mut hands = Hands::new(bench.settings.level);
    loop {
        match bench.pool.next() {
            Work::Nothing => return,
            work @ (Work::Piece(_) | Work::Scan(_)) => share(bench, &mut hands, work),
            Work::Job(job) => {
                let Job { found, draft, mode, reply } = *job;
                let attempt = AssertUnwindSafe(|| match mode {
                    _ if found.kind == Kind::Process => look_through(bench, &found, &draft, &reply),
                    Mode::Collect if found.is_of_a_shadow_copy() => {
                        acquire_once(bench, &mut hands, &found, &draft, &reply);
                    }
                    Mode::Collect => acquire(bench, &mut hands, &found, &draft, &reply),
                    Mode::Sweep | Mode::Look => look(bench, &mut hands, &found, &draft, mode, &reply),
                });
                if catch_unwind(attempt).is_err() {
                    // What the panic left half done in these buffers must not reach the next item.
                    hands = Hands::new(bench.settings.level);
                    let reason = Reason::new(ReasonCode::Internal, "the tool itself failed on this item");
                    let mut item = draft.item(found.origin.clone(), found.kind, bench.clock);
                    (item.outcome, item.reason) = (Outcome::Failed, Some(reason));
                    // Where pieces were already delivered, the writer ends the entry itself.
                    drop(reply.try_send(Delivery::Whole(Box::new(item), None)));
                }
            }
        }
    }
}

/// Does a part of another item's work. Never waits.
pub(super) fn share(bench: &Bench<'_>, hands: &mut Hands, work: Work) {
    match work {
        Work::Piece(piece) => piece.deflate(&mut hands.deflater),
        Work::Scan(head) => {
            if let Some(scanner) = bench.settings.scanner {
                head.judge(scanner, bench.settings.indicators);
            }
            bench.pool.nudge();
        }
        // A whole item is no part of another's work, and `until` hands out none.
        Work::Job(_) | Work::Nothing => {}
    }
}

impl Draft {
    /// Content of this item, on its part of the budget.
    pub(super) fn held(&self, bytes: Bytes) -> Bytes {
        match &self.share {
            Some(share) => bytes.on(Arc::clone(share)),
            None => bytes,
        }
    }

    /// The rules, or why they cannot be asked of this item: scans left behind may hold the memory that its head needs.
    pub(super) fn scanner<'a>(&self, bench: &Bench<'a>) -> Result<Option<&'a Scanner>, Examined> {
        let is_full = self.share.as_ref().is_none_or(|share| share.is_full);
        match bench.settings.scanner {
            Some(_) if !is_full => Err(Examined::unseen()),
            scanner => Ok(scanner),
        }
    }

    /// The record of this item as far as it is known, with outcome `collected`.
    pub(super) fn item(&self, origin: Origin, kind: Kind, clock: &Clock) -> Item {
        Item {
            number: self.number,
            artifact: self.artifact.as_ref().to_owned(),
            origin,
            entry: None,
            same_as: None,
            kind,
            outcome: Outcome::Collected,
            reason: None,
            metadata: crate::evidence::Metadata::default(),
            content: None,
            read_by: Vec::new(),
            notes: Vec::new(),
            scan: None,
            hits: Vec::new(),
            assessment: None,
            personal_data: self.personal_data,
            acquired: clock.now(),
        }
    }
}

/// How reading ended.
pub(super) enum Ending {
    /// At the item's end.
    Whole,
    /// Before it, for this reason.
    Cut(Reason),
}

impl Ending {
    /// The same, or the reason why an item is not whole although reading came to its end.
    pub(super) fn unless(self, closed: &Closed) -> Self {
        match (self, &closed.shortfall) {
            (Self::Whole, Some(reason)) => Self::Cut(reason.clone()),
            (ending, _) => ending,
        }
    }
}

/// Takes one item.
pub(super) fn acquire(
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
    let mut raw = std::mem::take(&mut hands.raw);
    let (filled, ending) = fill(&mut opened, &mut raw, bench);
    let full = filled == raw.len();
    match (ending, full) {
        (None, true) => {
            hands.raw = vec![0; PIECE];
            large::stream(bench, hands, found, draft, opened, raw, reply);
        }
        (ending, _) => {
            let ending = ending.unwrap_or(Ending::Whole);
            let raw = Arc::new(raw);
            let bytes = draft.held(Bytes::beginning(&raw, filled));
            deliver(reply, whole(bench, hands, found, draft, opened, &bytes, ending));
            drop(bytes);
            // A scan that was left behind keeps the buffer.
            hands.raw = Arc::try_unwrap(raw).unwrap_or_else(|_| vec![0; PIECE]);
        }
    }
}

/// Opens an item to take it, or gives the record of why it is not taken.
pub(super) fn opened(bench: &Bench<'_>, found: &Found, draft: &Draft) -> Result<Opened, Box<Item>> {
    let opened = bench.target.open(found).map_err(|gap| Box::new(unread(*gap, found, draft, bench)))?;
    match limited_by_size(&opened, found, draft, bench) {
        Some(item) => Err(Box::new(item)),
        None => Ok(opened),
    }
}

/// The record of an item that could not be opened.
pub(super) fn unread(gap: Gap, found: &Found, draft: &Draft, bench: &Bench<'_>) -> Item {
    let mut item = draft.item(gap.origin, gap.kind, bench.clock);
    (item.outcome, item.reason, item.metadata) = (gap.outcome, Some(gap.reason), gap.metadata);
    item.notes.clone_from(&found.notes);
    bench.settings.judge_place(&mut item);
    item
}

/// The record of an item that is larger than the operator allows, where it is.
pub(super) fn limited_by_size(
    opened: &Opened,
    found: &Found,
    draft: &Draft,
    bench: &Bench<'_>,
) -> Option<Item> {
    let (limit, size) = (bench.settings.max_file_size?, opened.stored_size?);
    if size <= limit {
        return None;
    }
    let mut item = draft.item(found.origin.clone(), found.kind, bench.clock);
    let detail = format!("{size} bytes to read, --max-file-size allows {limit}");
    (item.outcome, item.reason) = (Outcome::Skipped, Some(Reason::new(ReasonCode::OperatorLimit, detail)));
    item.metadata.clone_from(&opened.metadata);
    item.notes.clone_from(&found.notes);
    bench.settings.judge_place(&mut item);
    Some(item)
}

/// Reads until the buffer is full or the item ends. Returns how much came, and how it ended if it did.
pub(super) fn fill(opened: &mut Opened, buffer: &mut [u8], bench: &Bench<'_>) -> (usize, Option<Ending>) {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..)
        && !rest.is_empty()
    {
        match opened.read(rest) {
            Ok(0) => return (filled, Some(Ending::Whole)),
            Ok(count) => {
                bench.progress.read(count);
                filled = filled.saturating_add(count);
            }
            // Nothing came for a moment, as where rows are made: time to look up.
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {
                if let Some(reason) = stopped(bench) {
                    return (filled, Some(Ending::Cut(reason)));
                }
            }
            Err(error) => return (filled, Some(Ending::Cut(read_failure(&error)))),
        }
    }
    (filled, None)
}

fn read_failure(error: &std::io::Error) -> Reason {
    let code = match error.kind() {
        // A process that ended while its files in /proc were read is no failure.
        _ if crate::sys::is_gone(error) => ReasonCode::Vanished,
        std::io::ErrorKind::TimedOut => ReasonCode::Timeout,
        std::io::ErrorKind::PermissionDenied => ReasonCode::PermissionDenied,
        _ => ReasonCode::ReadError,
    };
    Reason::new(code, format!("reading: {error}"))
}

/// Finishes an item that was read to its end within one piece.
fn whole(
    bench: &Bench<'_>,
    hands: &mut Hands,
    found: &Found,
    draft: &Draft,
    mut opened: Opened,
    bytes: &Bytes,
    ending: Ending,
) -> Delivery {
    let metadata = std::mem::take(&mut opened.metadata);
    let mut digester = Digester::new(
        std::mem::take(&mut opened.ranges),
        metadata.size.unwrap_or(0),
        bench.settings.wanted(),
    );
    let closed = opened.finish();
    let ending = ending.unless(&closed);
    digester.update(bytes);
    let nothing = bytes.is_empty() && matches!(ending, Ending::Cut(_));
    let (content, note) = digester.finish(matches!(ending, Ending::Whole));

    let mut item = draft.item(found.origin.clone(), found.kind, bench.clock);
    item.metadata = metadata;
    item.notes.clone_from(&found.notes);
    if let Some(scanner) = bench.settings.scanner {
        let seen = scan(scanner, bench.settings.indicators, bytes, true, &item);
        examined(&mut item, seen);
    }
    let in_text = bench.settings.indicators.and_then(|indicators| indicators.text(&item.origin, bytes));
    item.hits.extend(in_text.into_iter().flatten());
    conclude(&mut item, content, note, closed, ending);
    bench.settings.judge(&mut item);
    if nothing {
        item.content = None;
        return Delivery::Whole(Box::new(item), None);
    }
    let mut deflated_bytes = Vec::with_capacity(bytes.len().saturating_div(2).saturating_add(64));
    let deflated = hands.deflater.whole(bytes, &mut deflated_bytes);
    Delivery::Whole(Box::new(item), Some(Body { bytes: deflated_bytes, deflated }))
}

/// Writes into the record how reading ended.
pub(super) fn conclude(
    item: &mut Item,
    content: Content,
    note: Option<Note>,
    closed: Closed,
    ending: Ending,
) {
    item.read_by = closed.read_by;
    item.notes.extend(closed.notes);
    item.notes.extend(note);
    if let Ending::Cut(reason) = ending {
        item.outcome = match (content.size_stored, reason.code) {
            (0, ReasonCode::PermissionDenied) => Outcome::Denied,
            (0, ReasonCode::Vanished) => Outcome::Missing,
            (0, _) => Outcome::Failed,
            _ => Outcome::Partial,
        };
        item.reason = Some(reason);
    }
    item.content = Some(content);
}

/// Looks at what was read. `whole` says that it is all of the item.
pub(super) fn scan(
    scanner: &Scanner,
    indicators: Option<&Indicators>,
    bytes: &Bytes,
    whole: bool,
    item: &Item,
) -> Examined {
    let path = item.origin.to_string();
    let name = String::from_utf8_lossy(item.origin.file_name()).into_owned();
    let owner = item.metadata.owner.as_deref().unwrap_or_default();
    scanner.examine(&Subject { path: &path, name: &name, owner }, bytes, whole, indicators)
}

/// Writes into the record what was seen.
pub(super) fn examined(item: &mut Item, examined: Examined) {
    let Examined { scanned, hits, assessment } = examined;
    (item.scan, item.hits, item.assessment) = (Some(scanned), hits, assessment);
}

/// Hands a delivery to the writer. Where it no longer listens the run is over, and nothing is lost by silence.
pub(super) fn deliver(reply: &SyncSender<Delivery>, delivery: Delivery) {
    drop(reply.send(delivery));
}

/// Whether the operator's time is over or the run was interrupted, as the reason a cut item is given.
pub(super) fn stopped(bench: &Bench<'_>) -> Option<Reason> {
    use super::StopReason::{Interrupted, SizeLimit, TimeLimit};
    bench.stop.reason().map(|reason| match reason {
        Interrupted => Reason::new(ReasonCode::Interrupted, "the run was interrupted"),
        TimeLimit => Reason::new(ReasonCode::OperatorLimit, "--time-limit was reached"),
        SizeLimit => Reason::new(ReasonCode::OperatorLimit, "--size-limit was reached"),
    })
}
