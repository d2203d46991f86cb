//! KEEP: the sealed container.

mod container;
mod error;

pub mod deflate;
pub mod key;
pub mod names;
pub mod opening;
pub mod seal;
pub mod sink;

pub use container::Entry;
pub use error::Error;
