//! Looks at items without taking them: what `--sweep` walks over, and what `veldkit scan` is pointed at.
//!
//! In: an item that was found. Out: its record as it would be, for whoever counts or lists; in a sweep, an item on which
//! something fires is then acquired like any other, by a second reading, up to limits. Memory: the beginning that rules
//! see, which the item's share of the budget covers.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender};

use super::budget::PIECE;
use super::digester::Digester;
use super::intake::{Slot, SlotContent};
use super::keep::Kept;
use super::worker::{
    Bench, Delivery, Draft, Ending, Hands, acquire, conclude, deliver, examined, fill, limited_by_size, scan,
    stopped, unread,
};
use super::{Error, Summary};
use crate::evidence::{Item, Note, Outcome, Reason, ReasonCode, ScanCounts};
use crate::playbook::Mode;
use crate::scan::SCAN_LIMIT;
use crate::sources::{Found, Opened};

/// Most items that sweeps collect; of further ones the record names what fired.
const SWEPT_ITEMS: u64 = 10_000;

/// Most bytes that sweeps collect, before compression.
const SWEPT_BYTES: u64 = 8 << 30;

/// What sweeps walked over and did not take: counts, no records.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Swept {
    /// What became of the items as far as scanning goes; those collected are not among them.
    #[serde(flatten)]
    pub counts: ScanCounts,
    /// Bytes that the rules saw of them.
    pub bytes: u64,
}

impl Swept {
    /// Counts an item.
    pub(super) fn add(&mut self, item: &Item) {
        self.counts.add(item);
        self.bytes = self.bytes.saturating_add(item.scan.as_ref().map_or(0, |scan| scan.bytes));
    }
}

/// What the sweeps of a run have collected so far.
#[derive(Debug, Default)]
pub(super) struct Taken {
    items: AtomicU64,
    bytes: AtomicU64,
}

impl Taken {
    /// Whether one more item of this size may be collected; if so, it counts.
    fn one_more(&self, size: u64) -> bool {
        let bytes = self.bytes.load(Ordering::Relaxed).saturating_add(size);
        if bytes > SWEPT_BYTES || self.items.load(Ordering::Relaxed) >= SWEPT_ITEMS {
            return false;
        }
        self.items.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(size, Ordering::Relaxed);
        true
    }
}

/// Looks at one item; in a sweep, takes it where something fires.
pub(super) fn look(
    bench: &Bench<'_>,
    hands: &mut Hands,
    found: &Found,
    draft: &Draft,
    mode: Mode,
    reply: &SyncSender<Delivery>,
) {
    let opened = match bench.target.open_shared(found) {
        Ok(opened) => opened,
        Err(gap) => return deliver(reply, Delivery::Looked(Box::new(unread(*gap, found, draft, bench)))),
    };
    if let Some(item) = limited_by_size(&opened, found, draft, bench) {
        return deliver(reply, Delivery::Looked(Box::new(item)));
    }
    let mut item = draft.item(found.origin.clone(), found.kind, bench.clock);
    read(bench, hands, (found, draft), opened, mode, &mut item);
    if item.hits.is_empty() || mode == Mode::Look {
        return deliver(reply, Delivery::Looked(Box::new(item)));
    }
    if bench.taken.one_more(item.metadata.size.unwrap_or(0)) {
        return acquire(bench, hands, found, draft, reply);
    }
    let detail = format!("sweeps collect at most {SWEPT_ITEMS} items and {} GiB", SWEPT_BYTES >> 30);
    (item.outcome, item.reason) = (Outcome::Skipped, Some(Reason::new(ReasonCode::ArtifactLimit, detail)));
    item.content = None;
    deliver(reply, Delivery::Looked(Box::new(item)));
}

/// Reads what rules see, and where the whole is asked for, the rest for its digest.
fn read(
    bench: &Bench<'_>,
    hands: &mut Hands,
    (found, draft): (&Found, &Draft),
    mut opened: Opened,
    mode: Mode,
    item: &mut Item,
) {
    item.metadata = std::mem::take(&mut opened.metadata);
    item.notes.clone_from(&found.notes);
    let size = item.metadata.size.unwrap_or(0);
    let mut digester = Digester::new(std::mem::take(&mut opened.ranges), size, bench.settings.wanted());
    let small = usize::try_from(size).unwrap_or(usize::MAX).min(PIECE);
    let scanner = draft.scanner(bench);
    let limit = if scanner.is_ok() { SCAN_LIMIT } else { PIECE };
    let mut head = Vec::with_capacity(usize::try_from(size).unwrap_or(limit).min(limit).max(small));
    let mut whole = true;
    let mut buffer = std::mem::take(&mut hands.raw);
    let ending = loop {
        let (filled, ending) = fill(&mut opened, &mut buffer, bench);
        let bytes = buffer.get(..filled).unwrap_or_default();
        let room = limit.saturating_sub(head.len());
        head.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        whole &= bytes.len() <= room;
        digester.update(bytes);
        if let Some(ending) = ending {
            break ending;
        }
        if !whole && mode == Mode::Sweep {
            // A sweep over a disk does not read what no rule sees.
            break Ending::Whole;
        }
        if let Some(reason) = stopped(bench) {
            break Ending::Cut(reason);
        }
    };
    hands.raw = buffer;
    let closed = opened.finish();
    let ending = ending.unless(&closed);
    let to_the_end = whole || mode != Mode::Sweep;
    let (content, note) = digester.finish(to_the_end && matches!(ending, Ending::Whole));
    let head = draft.held(head.into());
    match scanner {
        Ok(Some(scanner)) => {
            let seen = scan(scanner, bench.settings.indicators, &head, whole, item);
            examined(item, seen);
            item.notes.extend((!whole).then_some(Note::ScannedHeadOnly));
        }
        Ok(None) => {}
        Err(unseen) => examined(item, unseen),
    }
    let in_text = bench.settings.indicators.and_then(|indicators| indicators.text(&item.origin, &head));
    item.hits.extend(in_text.into_iter().flatten());
    let read_all = content.size_stored >= opened_size(size, &content.ranges);
    conclude(item, content, note, closed, ending);
    if !read_all {
        item.content = None;
    }
    bench.settings.judge(item);
    item.acquired = bench.clock.now();
}

/// Bytes that an item of this size has to be read, its holes left out.
fn opened_size(size: u64, ranges: &[crate::evidence::Range]) -> u64 {
    if ranges.is_empty() {
        size
    } else {
        ranges.iter().fold(0, |sum, range| sum.saturating_add(range.length))
    }
}

/// Hears of each item that was looked at, in order.
pub type Listener<'a> = dyn FnMut(&Item) + 'a;

/// Takes the slots of a run that only looks.
pub(super) fn listen(slots: &Receiver<Slot>, bench: &Bench<'_>, listener: &mut Listener<'_>) {
    let mut number = 0_u64;
    for slot in slots {
        let mut item = match slot.content {
            // Nothing is written, so nothing is to be flushed.
            SlotContent::FirstTier(answer) | SlotContent::Written(answer) => {
                let _ = answer.send(());
                continue;
            }
            SlotContent::Record(item) => item,
            SlotContent::Awaited { draft, delivery, share } => {
                let item = match delivery.recv() {
                    Ok(Delivery::Looked(item) | Delivery::Whole(item, _)) => item,
                    Ok(Delivery::Large(large)) => Box::new(large.draft),
                    Err(_) => {
                        let reason = Reason::new(ReasonCode::Internal, "the tool itself failed on this item");
                        Box::new(Item { outcome: Outcome::Failed, reason: Some(reason), ..*draft })
                    }
                };
                drop(share);
                item
            }
        };
        number = number.saturating_add(1);
        item.number = number;
        bench.progress.kept(item.hits.len(), 0);
        listener(&item);
    }
}

/// Looks at everything the plan asks for and takes nothing: each item is read once and told to the listener, in order.
///
/// # Errors
///
/// Where no worker can be started.
pub fn look_at(
    plan: &crate::playbook::Plan,
    target: &crate::sources::Target,
    settings: &super::Settings<'_>,
    context: &super::Context<'_>,
    listener: &mut Listener<'_>,
) -> Result<Summary, Error> {
    super::drive(plan, target, settings, context, |slots, bench| {
        listen(slots, bench, listener);
        Ok(Kept::default())
    })
}
