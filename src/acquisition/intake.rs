//! Walks the plan in order: what each step finds gets a number, its share of memory, and a place in the order.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, sync_channel};

use super::budget::{Budget, Share, cost};
use super::pool::Pool;
use super::worker::{Delivery, Draft, Job};
use super::{Clock, Settings, Stop, StopReason};
use crate::evidence::{Item, Kind, Outcome};
use crate::live;
use crate::playbook::{Excluded, Mode, Plan, Step, Volatility};
use crate::scan::SCAN_LIMIT;
use crate::sources::{Finding, Found, Gap, Target};

/// What the intake works on.
pub(super) struct Order<'a> {
    pub(super) plan: &'a Plan,
    pub(super) target: &'a Target,
    pub(super) settings: &'a Settings<'a>,
    pub(super) clock: &'a Clock,
    pub(super) stop: &'a Stop,
    pub(super) budget: &'a Arc<Budget>,
    pub(super) pool: &'a Pool,
}

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

/// Hands out everything the plan finds, in order: what shadow copies hold of it before the sweeps, which come last. Returns
/// the artifacts it did not get to.
pub(super) fn take_in(order: &Order<'_>, slots: &Sender<Slot>) -> Vec<Excluded> {
    let mut intake = Intake { order, slots, number: 0 };
    let sweeps = order.plan.steps.iter().position(|step| step.mode == Mode::Sweep);
    let sweeps = sweeps.unwrap_or(order.plan.steps.len());
    let copies = order.target.shadow_copies();
    let mut unread = !copies.is_empty();
    for index in 0..=order.plan.steps.len() {
        if index == sweeps {
            for shadow in &copies {
                intake.shadow_copy(*shadow);
            }
            unread &= stopped(order).is_some();
        }
        intake.step(index, None);
        if stopped(order).is_some() {
            let again = |(at, step): &(usize, &Step)| *at >= index || unread && step.shadow_copies;
            let steps = order.plan.steps.iter().enumerate().filter(again);
            return steps.map(|(_, step)| left(&step.artifact, order)).collect();
        }
        if ends_first_tier(order.plan, index) {
            intake.wait(index, SlotContent::FirstTier);
        }
    }
    Vec::new()
}

/// The walk over the plan, as far as it has come.
struct Intake<'a, 'o> {
    order: &'a Order<'o>,
    slots: &'a Sender<Slot>,
    number: u64,
}

impl Intake<'_, '_> {
    /// Looks through a shadow copy for what is worth it, when all before it is written.
    fn shadow_copy(&mut self, shadow: usize) {
        let steps = self.order.plan.steps.iter().enumerate();
        for (nth, (index, _)) in steps.filter(|(_, step)| step.shadow_copies).enumerate() {
            if nth == 0 {
                self.wait(index, SlotContent::Written);
            }
            self.step(index, Some(shadow));
        }
    }

    /// Tells the writer something, and waits for its answer.
    fn wait(&self, step: usize, content: fn(SyncSender<()>) -> SlotContent) {
        let (done, answer) = sync_channel(1);
        // Where nobody answers, the writer has failed, and the next slot meets that.
        if self.slots.send(Slot { step, content: content(done) }).is_ok() {
            let _ = answer.recv();
        }
    }

    /// Hands out what a step finds, on the target or in one of its shadow copies.
    fn step(&mut self, index: usize, shadow: Option<usize>) {
        let order = self.order;
        let Some(step) = order.plan.steps.get(index).filter(|_| stopped(order).is_none()) else { return };
        let artifact: Arc<str> = Arc::from(step.artifact.as_str());
        let mut take = |finding| {
            if stopped(order).is_some() {
                return ControlFlow::Break(());
            }
            self.number = self.number.saturating_add(1);
            let draft = Draft {
                number: self.number,
                artifact: Arc::clone(&artifact),
                personal_data: step.personal_data,
                share: None,
            };
            let content = match finding {
                Finding::Gap(gap) => {
                    let mut item = record(gap, &draft, order.clock);
                    order.settings.judge_place(&mut item);
                    SlotContent::Record(Box::new(item))
                }
                Finding::Found(found) if has_content(found.kind) => hand_out(order, found, draft, step.mode),
                Finding::Found(found) => {
                    let mut item = draft.item(found.origin, found.kind, order.clock);
                    (item.metadata, item.notes) = (found.metadata, found.notes);
                    order.settings.judge_place(&mut item);
                    SlotContent::Record(Box::new(item))
                }
            };
            match self.slots.send(Slot { step: index, content }) {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            }
        };
        match shadow {
            None => live::find_step(order.target, step, &mut take),
            Some(shadow) => live::find_in_shadow(order.target, step, shadow, &mut take),
        }
    }
}

/// Whether the step at `index` is the last of those that vanish first: nothing after it is begun before they are safe.
fn ends_first_tier(plan: &Plan, index: usize) -> bool {
    let first =
        |index: usize| plan.steps.get(index).is_some_and(|step| step.volatility == Volatility::Tables);
    first(index) && !first(index.saturating_add(1))
}

/// What the summary says where the intake itself was lost: nothing of the plan is known to be complete.
pub(super) fn lost(plan: &Plan) -> Vec<Excluded> {
    let reason = "the tool itself failed while looking for it".to_owned();
    plan.steps
        .iter()
        .map(|step| Excluded { artifact: step.artifact.clone(), reason: reason.clone() })
        .collect()
}

fn stopped(order: &Order<'_>) -> Option<StopReason> {
    if let Some(limit) = order.settings.time_limit
        && order.clock.elapsed() >= limit
    {
        order.stop.set(StopReason::TimeLimit);
    }
    order.stop.reason()
}

fn left(artifact: &str, order: &Order<'_>) -> Excluded {
    let why = match order.stop.reason() {
        Some(StopReason::Interrupted) | None => "the run was interrupted before it was complete",
        Some(StopReason::TimeLimit) => "--time-limit was reached before it was complete",
        Some(StopReason::SizeLimit) => "--size-limit was reached before it was complete",
    };
    Excluded { artifact: artifact.to_owned(), reason: why.to_owned() }
}

/// Whether there are bytes to read; a link or a folder is its record.
const fn has_content(kind: Kind) -> bool {
    matches!(kind, Kind::File | Kind::Stream | Kind::Rows | Kind::Process)
}

fn hand_out(order: &Order<'_>, found: Found, mut draft: Draft, mode: Mode) -> SlotContent {
    let scan_limit = order.settings.scanner.map(|_| u64::try_from(SCAN_LIMIT).unwrap_or(u64::MAX));
    let share = Arc::new(order.budget.take(cost(found.most(), scan_limit), cost(found.most(), None)));
    draft.share = Some(Arc::clone(&share));
    let (reply, delivery) = sync_channel(1);
    let waiting = draft.item(found.origin.clone(), found.kind, order.clock);
    order.pool.put(Job { found, draft, mode, reply });
    SlotContent::Awaited { draft: Box::new(waiting), delivery, share }
}

fn record(gap: Gap, draft: &Draft, clock: &Clock) -> Item {
    let mut item = draft.item(gap.origin, gap.kind, clock);
    (item.outcome, item.reason, item.metadata) = (gap.outcome, Some(gap.reason), gap.metadata);
    debug_assert!(item.outcome != Outcome::Collected, "a gap is never collected");
    item
}
