//! Receives the slots of a run that collects nothing, in order, and passes each record to a listener.

use std::sync::mpsc::Receiver;

use super::context::RunContext;
use super::delivery::{Delivery, Slot, SlotContent};
use super::summary::Kept;
use crate::evidence::{Item, Outcome, Reason, ReasonCode};

/// Gets the record of each item that was inspected, in order.
pub type ItemListener<'a> = dyn FnMut(&Item) + 'a;

/// Listens until the intake ends; returns the requested paths that do not exist.
pub(super) fn listen(run: &RunContext<'_>, slots: &Receiver<Slot>, listener: &mut ItemListener<'_>) -> Kept {
    let (mut number, mut kept) = (0_u64, Kept::default());
    for slot in slots {
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
                let item = match delivery.recv() {
                    Ok(Delivery::Inspected(item) | Delivery::Whole(item, _)) => item,
                    Ok(Delivery::Large(large)) => Box::new(large.draft),
                    Err(_) => {
                        let reason =
                            Reason::new(ReasonCode::Internal, "an internal error occurred on this item");
                        Box::new(Item { outcome: Outcome::Failed, reason: Some(reason), ..*draft })
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
