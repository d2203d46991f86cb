//! Takes the slots of a run that collects nothing, in order, and passes each record to a listener.

use std::sync::mpsc::Receiver;

use super::context::RunContext;
use super::delivery::{Delivery, Slot, SlotContent};
use super::left_out::left_out;
use super::summary::Kept;
use crate::evidence::{Item, Outcome, ReasonCode};

/// Gets the record of each item that was inspected, in order.
pub type ItemListener<'a> = dyn FnMut(&Item) + 'a;

/// Listens until the intake ends; returns which named places are not there.
pub(super) fn listen(run: &RunContext<'_>, slots: &Receiver<Slot>, listener: &mut ItemListener<'_>) -> Kept {
    let (mut number, mut kept) = (0_u64, Kept::default());
    for slot in slots {
        let mut item = match slot.content {
            // Nothing is written, so nothing is to be flushed.
            SlotContent::FirstTier(answer) | SlotContent::Written(answer) => {
                let _ = answer.send(());
                continue;
            }
            SlotContent::Record(item) => {
                kept.note(run.plan.steps.get(slot.step), &item);
                item
            }
            SlotContent::Awaited { draft, delivery, share } => {
                let item = match delivery.recv() {
                    Ok(Delivery::Inspected(item) | Delivery::Whole(item, _)) => item,
                    Ok(Delivery::Large(large)) => Box::new(large.draft),
                    Err(_) => {
                        let mut item = draft;
                        let detail = "the tool itself failed on this item";
                        left_out(&mut item, Outcome::Failed, ReasonCode::Internal, detail);
                        item
                    }
                };
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
        assert_eq!(reason.detail, "the tool itself failed on this item");
    }
}
