//! WHERE evidence stands: an artifact's patterns become items of a live host or of a mounted tree.
//!
//! In: a [`Step`](crate::playbook::Step). Out: what was found, opened for one pass of reading, and what was not.
//! [`Target::find`] walks and streams [`Finding`]s, so memory does not grow with the tree; [`Target::open`] is called
//! by a worker and gives the stored bytes of one item. Everything on the target is hostile: no path leads out of the
//! tree, no link is followed unasked, nothing that is not a regular file is opened.

mod accounts;
mod bytes;
mod commands;
mod drives;
mod exact;
mod expand;
mod ext;
mod guard;
pub mod hive;
mod host;
pub mod image;
pub mod inventory;
mod item;
mod limits;
pub mod live;
mod memory;
mod memory_tool;
mod mounts;
mod ntfs;
mod open;
mod own_output;
mod pattern;
mod place;
mod ranges;
mod raw;
mod registry;
mod resolve;
mod rows;
pub mod rpm;
mod seek;
mod seen;
pub mod selftest;
mod shadows;
pub mod sqlite;
mod sys;
mod target;
mod variables;
pub mod volumes;
mod walk;
pub mod web_roots;
mod windows_facts;

#[cfg(test)]
#[allow(unreachable_pub, reason = "the fuzz targets, which stand in a package of their own, use it too")]
#[path = "../../tests/fuzz/ntfs.rs"]
mod made_volume;

pub use exact::Exact;
pub use host::{ClockFacts, HostFacts, Privileges, privileges};
pub use item::{Finding, Found, Gap};
pub use memory::{Memory, Reading};
pub use mounts::{MountFacts, parse_mountinfo};
pub use open::{Closed, Opened};
pub use pattern::quote;
pub use sys::{begin_writing, free_space, is_gone, on_close, peak_memory, ui_language};
pub use target::Target;

/// A target that cannot be examined.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The tree is not a folder that can be read.
    #[error("cannot read the target '{}'", .root.display())]
    Root {
        /// The folder.
        root: std::path::PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The image cannot be read, or has nothing on it that can.
    #[error("cannot read the image '{}'", .image.display())]
    Image {
        /// The file.
        image: std::path::PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// This host does not tell of its volumes.
    #[error("cannot list the volumes of this host")]
    Volumes {
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The live system's files cannot be read on this operating system by this version.
    #[error("this version collects from a live host on Linux and Windows only")]
    NotLive,
}
