//! KEEP: the sealed container.

mod container;
mod error;
mod writer;

pub mod checkpoint;
pub mod deflate;
pub mod key;
pub mod manifest;
pub mod names;
pub mod opening;
pub mod receipt;
pub mod seal;
pub mod sink;

pub use checkpoint::Event;
pub use container::Entry;
pub use deflate::{Deflated, Deflater};
pub use error::Error;
pub use key::{Ask, Identities, Recipients, Signer};
pub use manifest::{Closing, Manifest};
pub use opening::Opening;
pub use receipt::Language;
pub use seal::SealCode;
pub use sink::Sink;
pub use writer::{Clock, LOG_BYTES, README, Sealed, Writer, WriterOptions};
