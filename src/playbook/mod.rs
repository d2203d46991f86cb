//! WHAT to take: text (artifact definitions, playbooks, handlings) becomes a checked plan, most volatile first.
//!
//! In: YAML, embedded or from files. Out: a [`Plan`] whose steps stand in RFC 3227's order. Knows nothing of the
//! target but its operating system; variables and globs in the patterns are resolved by `sources`.
//!
//! - A [`Definition`] says what an artifact is and where it stands, in the ForensicArtifacts format.
//! - A [`Live`] artifact stands in no file: a running system tells it. These are a table of the program's own.
//! - A [`Handling`] says, once for each artifact, when it is taken, what it tells about people and why it may be
//!   taken, and its limits.
//! - A [`Playbook`] chooses artifacts for a kind of incident and tells the operator what to do.
//! - The [`Catalogue`] knows all of them and makes the [`Plan`].

mod catalogue;
mod definition;
mod error;
mod handling;
mod kit_tools;
mod live;
mod pattern;
mod plan;
mod playbook_document;
mod request;
mod system;
mod text;
mod yaml;

pub use catalogue::{Added, Catalogue};
pub use definition::{Definition, Place, Placed};
pub use error::{Error, Fault};
pub use handling::Handling;
pub use kit_tools::KitTool;
pub use live::Live;
pub use plan::{
    BilingualText, DEFAULT_DEPTH, Excluded, Follow, Limits, MemoryTool, Mode, Pattern, Plan, PlaybookNote,
    ProgramCall, Source, SourceText, Step, TargetOs, Volatility,
};
pub use playbook_document::{Named, Playbook};
pub use request::{MEMORY_ARTIFACT, PATH_ARTIFACT, Request, SWEEP_ARTIFACT, TARGET_ARTIFACT, plan_to_look};
pub use system::System;
pub use text::FileContent;
