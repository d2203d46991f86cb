//! Receives the slots of a run that collects nothing, in order, and passes each record to a listener. A stopped run whose end is
//! urgent waits for no worker: an item that none has delivered is recorded as skipped.

use std::convert::Infallible;
use std::sync::mpsc::{Receiver, RecvTimeoutError};

use super::context::RunContext;
use super::delivery::{Delivery, Slot, SlotContent};
use super::left_out::left_out;
use super::summary::Kept;
use super::waiting::{Awaited, FAILED, TICK, delivered};
use crate::evidence::{Item, Outcome, ReasonCode};

/// Listens until the intake ends; returns the requested paths that do not exist.
pub(super) fn listen(run: &RunContext<'_>, slots: &Receiver<Slot>, listener: &mut dyn FnMut(&Item)) -> Kept {
    let (mut number, mut step, mut kept) = (0_u64, 0, Kept::default());
    loop {
        let slot = match slots.recv_timeout(TICK) {
            Ok(slot) => slot,
            Err(RecvTimeoutError::Timeout) if run.haste().is_some() => {
                kept.reached = Some(step);
                break;
            }
            Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => break,
        };
        step = slot.step;
        let mut item = match slot.content {
            // Nothing is written, so nothing needs to be flushed.
            SlotContent::FirstTier(answer) | SlotContent::Written(answer) => {
                let _ = answer.send(());
                continue;
            }
            SlotContent::Record(item) => {
                kept.note(run.plan.steps.get(slot.step), &item);
                item
            }
            SlotContent::Awaited { draft, delivery, share } => {
                let item = record(run, draft, &delivery);
                drop(share);
                item
            }
        };
        number = number.saturating_add(1);
        item.number = number;
        run.progress.kept(item.hits.len(), 0);
        listener(&item);
    }
    kept
}

/// Returns the record that a worker delivers, or one with the reason why there is none.
fn record(run: &RunContext<'_>, mut draft: Box<Item>, delivery: &Receiver<Delivery>) -> Box<Item> {
    let Ok::<_, Infallible>(came) = delivered(run, delivery, || Ok(()));
    match came {
        Awaited::Delivered(Delivery::Inspected(item) | Delivery::Whole(item, _)) => return item,
        Awaited::Delivered(Delivery::Large(large)) => return Box::new(large.draft),
        Awaited::Lost => left_out(&mut draft, Outcome::Failed, ReasonCode::Internal, FAILED),
        Awaited::Abandoned => {
            let detail = "the run was ended before this item was read";
            left_out(&mut draft, Outcome::Skipped, ReasonCode::Interrupted, detail);
        }
    }
    draft.acquired = run.clock.now();
    draft
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::mpsc::{channel, sync_channel};

    use super::*;
    use crate::acquisition::budget::Budget;
    use crate::acquisition::fixture::Fixture;

    #[test]
    fn an_item_whose_worker_failed_is_listed_as_failed() {
        let fixture = Fixture::of(b"");
        let (slots, ordered) = channel();
        let (reply, delivery) = sync_channel(1);
        drop(reply);
        let draft = Box::new(fixture.job().0.item(fixture.run().clock));
        let share = Arc::new(Budget::new(1).take(1, 0));
        slots.send(Slot { step: 0, content: SlotContent::Awaited { draft, delivery, share } }).unwrap();
        drop(slots);
        let mut listed = Vec::new();
        listen(&fixture.run(), &ordered, &mut |item| listed.push((item.outcome, item.reason.clone())));
        let [(outcome, Some(reason))] = listed.as_slice() else { panic!("{listed:?}") };
        assert_eq!((*outcome, reason.code), (Outcome::Failed, ReasonCode::Internal));
        assert_eq!(reason.detail, "an internal error occurred on this item");
    }
}
