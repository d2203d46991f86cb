//! WHAT to take: text (artifact definitions, playbooks) becomes a checked plan, most volatile first.
//!
//! In: YAML, embedded or from files. Out: a [`Plan`] whose steps stand in RFC 3227's order. Knows nothing of the
//! target but its operating system; variables and globs in the patterns are resolved by `sources`.

mod plan;

pub use plan::{Excluded, Limits, Note, Pattern, Plan, Source, SourceText, Step, TargetOs, Volatility};
