//! What is said of each thing in a bundle, and who hears it while the bundle is read.

use crate::bundle::forward::Head;
use crate::evidence::Item;

/// How well something in a bundle is proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// Its record is in a checkpoint whose chain goes back to the beginning, and it is what its record says.
    Proved,
    /// The same, but the chain goes back only to the first good checkpoint after a hole.
    Relative,
    /// It was recovered, and no good checkpoint names it.
    Unproved,
    /// Its beginning was recovered, and no good checkpoint names it.
    Partial,
    /// Its record is there, its content is lost.
    Lost,
    /// It is not what its record says, or what names it is not to be trusted.
    Refuted,
}

/// Hears of what is in a bundle while it is read.
pub trait Listener {
    /// An entry begins. It is worth nothing yet.
    fn begin(&mut self, _head: &Head) {}
    /// The next bytes of it.
    fn content(&mut self, _bytes: &[u8]) {}
    /// It ended, or broke off where `whole` is false. It is worth nothing yet.
    fn end(&mut self, _head: &Head, _whole: bool) {}
    /// A record was judged together with its entry, if it has one.
    fn item(&mut self, _item: &Item, _standing: Trust) {}
    /// An entry of the format itself was judged.
    fn own(&mut self, _name: &str, _standing: Trust) {}
    /// An entry without a record was judged: [`Trust::Unproved`], [`Trust::Partial`] or
    /// [`Trust::Refuted`].
    fn stray(&mut self, _name: &str, _standing: Trust) {}
}

/// Listens to nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Listener for Silent {}
