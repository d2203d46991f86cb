//! WHAT to collect: texts (artifact definitions, playbooks, handlings) become a checked plan, most volatile first.
//!
//! In: YAML, embedded or from files. Out: a [`Plan`] whose steps are in the order of RFC 3227. All that is known here of
//! the target is its operating system; `sources` resolves variables and globs in the patterns.
//!
//! - A [`Definition`] describes an artifact and its locations, in the ForensicArtifacts format.
//! - A [`Live`] artifact is not in a file: a running system reports it. These are a table in the program itself.
//! - A [`Handling`] has, once per artifact, its volatility, the personal data in it, the purpose of collecting it, and
//!   its limits.
//! - A [`Playbook`] chooses artifacts for a kind of incident, and has instructions for the operator.
//! - The [`Catalogue`] has all of them and makes the [`Plan`].

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
    BilingualText, Companion, DEFAULT_DEPTH, Excluded, Follow, Limits, MemoryTool, Mode, Pattern, Plan,
    PlaybookNote, ProgramCall, Source, SourceText, Step, TargetOs, Volatility,
};
pub use playbook_document::{Named, Playbook};
pub use request::{MEMORY_ARTIFACT, PATH_ARTIFACT, Request, SWEEP_ARTIFACT, TARGET_ARTIFACT, plan_to_look};
pub use system::System;
pub use text::FileContent;
