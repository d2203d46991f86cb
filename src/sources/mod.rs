//! WHERE evidence is: an artifact's patterns become items of a live host, a mounted tree or an image.
//!
//! In: a [`Step`](crate::playbook::Step). Out: what was found, opened for one pass of reading, and what was not. A
//! target has one or more `TargetVolume`s, each with a `FileTree`: of this machine, of an image, or of this machine
//! with the volume beneath to fall back on. `expand::search` walks them and streams [`Finding`]s, so memory does not
//! grow with the tree; [`Target::open`] is called by a worker and gives the stored bytes of one item. Everything on the
//! target is hostile: no path leads out of the tree, no link is followed unasked, nothing that is not a regular file is
//! opened.

pub(crate) mod accounts;
pub(crate) mod commands;
pub(crate) mod devices;
pub(crate) mod direct_reading;
pub(crate) mod drives;
pub(crate) mod expand;
pub(crate) mod found;
pub(crate) mod host;
pub mod image;
pub(crate) mod limits;
pub(crate) mod memory;
pub(crate) mod mounts;
pub(crate) mod opened_item;
pub(crate) mod own_output;
pub(crate) mod pattern;
pub(crate) mod registry_facts;
pub(crate) mod resolve;
#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "only tests use it")]
pub(crate) mod restless;
pub(crate) mod rows;
pub(crate) mod seen;
pub(crate) mod shadows;
mod spellings;
pub(crate) mod suspects;
pub(crate) mod target;
pub(crate) mod target_volume;
pub(crate) mod tool_directory;
pub(crate) mod tree;
pub(crate) mod variables;
pub(crate) mod volume_facts;
pub mod volumes;
pub(crate) mod web_roots;
pub(crate) mod windows_facts;

pub use found::{Finding, Found, Unread};
pub use host::{ClockFacts, HostFacts, Privileges, privileges};
pub use memory::{Memory, Reading};
pub use mounts::MountFacts;
pub use opened_item::{Closed, Opened};
pub use pattern::quote;
pub use target::{Target, TargetBuilder};

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
    #[error("a live host can be examined on Linux and Windows only")]
    NotLive,
}
