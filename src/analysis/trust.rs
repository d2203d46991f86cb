//! The levels of proof, and the listener that gets them while a bundle is read.

use crate::bundle::forward::Head;
use crate::evidence::Item;

/// How well something in a bundle is proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// Its record is in a checkpoint whose chain goes back to the beginning, and it matches its record.
    Proved,
    /// The same, but the chain goes back only to the first good checkpoint after a hole.
    Relative,
    /// It was recovered, but no good checkpoint lists it.
    Unproved,
    /// Its beginning was recovered, but no good checkpoint lists it.
    Partial,
    /// Its record exists, but its content is lost.
    Lost,
    /// It does not match its record, or its checkpoint cannot be trusted.
    Refuted,
}

/// Receives the contents of a bundle while it is read.
pub trait Listener {
    /// Called at the beginning of an entry, which is unverified so far.
    fn begin(&mut self, _head: &Head) {}
    /// Called with the next bytes of the entry.
    fn content(&mut self, _bytes: &[u8]) {}
    /// Called at the end of an entry, or where it broke off (`whole` is false). It is unverified so far.
    fn end(&mut self, _head: &Head, _whole: bool) {}
    /// Called when a record was judged together with its entry, if it has one.
    fn item(&mut self, _item: &Item, _standing: Trust) {}
    /// Called when an entry of the format itself was judged.
    fn own(&mut self, _name: &str, _standing: Trust) {}
    /// Called when an entry without a record was judged: [`Trust::Unproved`], [`Trust::Partial`] or
    /// [`Trust::Refuted`].
    fn stray(&mut self, _name: &str, _standing: Trust) {}
}

/// A listener that does nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Listener for Silent {}
