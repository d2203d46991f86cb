//! Walks the plan in order: each item found gets its share of memory, a slot in the order of the bundle, and a task
//! for the workers.
//!
//! In: the run. Out: slots, in the order of the bundle, and tasks in the pool; at the end, the artifacts that were
//! left incomplete.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::mpsc::{Sender, SyncSender, sync_channel};

use super::acquire::acquire;
use super::budget::{Budget, cost, total};
use super::context::RunContext;
use super::delivery::{Slot, SlotContent};
use super::inspect::{SweepQuota, look, sweep};
use super::job::{Draft, Job};
use super::pool::{Pool, Task};
use super::process::scan_process;
use super::shadow_duplicates::{Stored, acquire_once};
use super::stop::StopReason;
use crate::evidence::{Item, Kind, PersonalData, ReasonCode};
use crate::live;
use crate::playbook::{Excluded, Mode, Plan, Step, TARGET_ARTIFACT, Volatility};
use crate::scan::SCAN_LIMIT;
use crate::sources::rows::gap_reason;
use crate::sources::{Finding, Found};

/// The walk over the plan, as far as it has come.
pub(super) struct Intake<'a> {
    run: &'a RunContext<'a>,
    pool: &'a Pool,
    slots: Sender<Slot>,
    budget: Arc<Budget>,
    stored: Arc<Stored>,
    quota: Arc<SweepQuota>,
    number: u64,
}

impl<'a> Intake<'a> {
    pub(super) fn new(
        run: &'a RunContext<'a>,
        pool: &'a Pool,
        slots: Sender<Slot>,
        stored: Arc<Stored>,
    ) -> Self {
        let bytes = total(run.settings.scanner.is_some()).saturating_sub(run.target.memory());
        Self { run, pool, slots, budget: Budget::new(bytes), stored, quota: Arc::default(), number: 0 }
    }

    /// Processes everything the plan finds, in order; shadow copies come before the sweeps, which are last. Returns
    /// the artifacts that were not reached.
    pub(super) fn take_in(mut self) -> Vec<Excluded> {
        let (run, steps) = (self.run, self.run.plan.steps.as_slice());
        let sweeps = steps.iter().position(|step| step.mode == Mode::Sweep).unwrap_or(steps.len());
        let copies = run.target.shadow_copies();
        let mut unread = !copies.is_empty();
        self.unlearned();
        for index in 0..=steps.len() {
            if index == sweeps {
                for shadow in &copies {
                    self.shadow_copy(*shadow);
                }
                unread &= run.out_of_time().is_some();
            }
            self.step(index, None);
            if let Some(reason) = run.out_of_time() {
                let again = |(at, step): &(usize, &Step)| *at >= index || unread && step.shadow_copies;
                let steps = steps.iter().enumerate().filter(again);
                return steps.filter_map(|(_, step)| left(&step.artifact, reason)).collect();
            }
            if ends_first_tier(run.plan, index) {
                self.wait(index, SlotContent::FirstTier);
            }
        }
        Vec::new()
    }

    /// Records missing facts about the target: files to which definitions refer through them may have been missed.
    fn unlearned(&mut self) {
        for gap in self.run.target.unlearned() {
            self.number = self.number.saturating_add(1);
            let artifact = Arc::from(TARGET_ARTIFACT);
            let draft = Draft { number: self.number, artifact, personal_data: PersonalData::None };
            let content = SlotContent::Record(Box::new(record(self.run, Finding::Gap(gap), &draft)));
            if self.slots.send(Slot { step: 0, content }).is_err() {
                return;
            }
        }
    }

    /// Collects the plan's items from a shadow copy, after everything before it was written.
    fn shadow_copy(&mut self, shadow: usize) {
        let steps = self.run.plan.steps.iter().enumerate();
        for (nth, (index, _)) in steps.filter(|(_, step)| step.shadow_copies).enumerate() {
            if nth == 0 {
                self.wait(index, SlotContent::Written);
            }
            self.step(index, Some(shadow));
        }
    }

    /// Sends the writer a slot that it answers, and waits for the answer.
    fn wait(&self, step: usize, content: fn(SyncSender<()>) -> SlotContent) {
        let (done, answer) = sync_channel(1);
        // Where nobody replies, the writer has failed, and the next slot notices that.
        if self.slots.send(Slot { step, content: content(done) }).is_ok() {
            let _ = answer.recv();
        }
    }

    /// Processes the items of a step, on the target or in one of its shadow copies.
    fn step(&mut self, index: usize, shadow: Option<usize>) {
        let run = self.run;
        let Some(step) = run.plan.steps.get(index).filter(|_| run.out_of_time().is_none()) else { return };
        let artifact: Arc<str> = Arc::from(step.artifact.as_str());
        let mut take = |finding| {
            if run.out_of_time().is_some() {
                return ControlFlow::Break(());
            }
            self.number = self.number.saturating_add(1);
            let artifact = Arc::clone(&artifact);
            let draft = Draft { number: self.number, artifact, personal_data: step.personal_data };
            let content = match finding {
                Finding::Found(found) if has_content(found.kind) => self.hand_out(found, draft, step.mode),
                finding => SlotContent::Record(Box::new(record(run, finding, &draft))),
            };
            match self.slots.send(Slot { step: index, content }) {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            }
        };
        let goes_on = || run.out_of_time().is_none();
        match shadow {
            None => live::find_step_while(run.target, step, &goes_on, &mut take),
            Some(shadow) => live::find_in_shadow(run.target, step, shadow, &goes_on, &mut take),
        }
    }

    /// Waits for the item's share of memory, and queues its task.
    fn hand_out(&self, found: Found, draft: Draft, mode: Mode) -> SlotContent {
        let run = self.run;
        let scan_limit = run.settings.scanner.map(|_| u64::try_from(SCAN_LIMIT).unwrap_or(u64::MAX));
        let share = Arc::new(self.budget.take(cost(found.most(), scan_limit), cost(found.most(), None)));
        let (reply, delivery) = sync_channel(1);
        let job = Job::new(found, draft, Arc::clone(&share), reply);
        let draft = Box::new(job.item(run.clock));
        self.pool.put(self.task(job, mode));
        SlotContent::Awaited { draft, delivery, share }
    }

    /// What a worker does with an item.
    fn task(&self, job: Job, mode: Mode) -> Task {
        match mode {
            _ if job.found.kind == Kind::Process => Box::new(move |context| scan_process(context, &job)),
            Mode::Collect if job.found.is_of_a_shadow_copy() => {
                let stored = Arc::clone(&self.stored);
                Box::new(move |context| acquire_once(context, &job, &stored))
            }
            Mode::Collect => Box::new(move |context| acquire(context, &job)),
            Mode::Sweep => {
                let quota = Arc::clone(&self.quota);
                Box::new(move |context| sweep(context, &job, &quota))
            }
            Mode::Look => Box::new(move |context| look(context, &job)),
        }
    }
}

/// Returns the summary where the intake itself failed: no step of the plan is known to be complete.
pub(super) fn lost(plan: &Plan) -> Vec<Excluded> {
    let reason = "an internal error occurred while searching for it".to_owned();
    plan.steps
        .iter()
        .filter_map(|step| {
            let reason = gap_reason(ReasonCode::Internal, reason.as_str())?.detail;
            Some(Excluded { artifact: step.artifact.clone(), reason })
        })
        .collect()
}

/// Returns the summary of a run that was sealed without waiting for the intake: no step from `reached` on is known to
/// be complete.
pub(super) fn unreached(run: &RunContext<'_>, reached: usize) -> Vec<Excluded> {
    let reason = run.stop.reason().unwrap_or(StopReason::Interrupted);
    run.plan.steps.iter().skip(reached).filter_map(|step| left(&step.artifact, reason)).collect()
}

/// Whether the step at `index` is the last of the most volatile ones: nothing after it is begun before they are
/// flushed.
fn ends_first_tier(plan: &Plan, index: usize) -> bool {
    let first =
        |index: usize| plan.steps.get(index).is_some_and(|step| step.volatility == Volatility::Tables);
    first(index) && !first(index.saturating_add(1))
}

fn left(artifact: &str, reason: StopReason) -> Option<Excluded> {
    let why = match reason {
        StopReason::Interrupted => "the run was interrupted before it was complete",
        StopReason::TimeLimit => "--time-limit was reached before it was complete",
        StopReason::SizeLimit => "--size-limit was reached before it was complete",
    };
    let reason = gap_reason(ReasonCode::OperatorLimit, why)?;
    Some(Excluded { artifact: artifact.to_owned(), reason: reason.detail })
}

/// Whether there are bytes to read; a link or a directory is only recorded.
const fn has_content(kind: Kind) -> bool {
    matches!(kind, Kind::File | Kind::Stream | Kind::Rows | Kind::Process)
}

/// Makes the record of an item without content.
fn record(run: &RunContext<'_>, finding: Finding, draft: &Draft) -> Item {
    let mut item = match finding {
        Finding::Gap(gap) => draft.gap(gap, run.clock),
        Finding::Found(found) => {
            let mut item = draft.item(found.origin, found.kind, run.clock);
            (item.metadata, item.notes) = (found.metadata, found.notes);
            item
        }
    };
    run.judge_place(&mut item);
    item
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::acquisition::fixture::Fixture;

    #[test]
    fn steps_that_were_not_come_to_their_end_are_left_with_their_reason() {
        let fixture = Fixture::of(b"");
        let (run, plan) = (fixture.run(), fixture.run().plan);
        let said = |left: Vec<Excluded>| left.into_iter().map(|left| left.reason).collect::<Vec<_>>();
        assert_eq!(plan.steps.len(), 1);
        assert_eq!(said(lost(plan)), ["an internal error occurred while searching for it"]);
        for (reason, text) in [
            (StopReason::Interrupted, "the run was interrupted before it was complete"),
            (StopReason::TimeLimit, "--time-limit was reached before it was complete"),
            (StopReason::SizeLimit, "--size-limit was reached before it was complete"),
        ] {
            assert_eq!(left("a", reason).map(|left| left.reason).as_deref(), Some(text));
        }
        assert_eq!(said(unreached(&run, 0)), ["the run was interrupted before it was complete"]);
        assert_eq!(said(unreached(&run, 1)), [""; 0]);
    }
}
