//! Every sentence that a person reads, Dutch and English side by side.
//!
//! In: typed values. Out: a [`Sentence`], which has both languages; whoever prints it chooses one. A sentence is a
//! function made by `sentences!`, so a parameter has a type, one language alone does not compile, and numbers, sizes,
//! durations and times are written as each language writes them ([`Localized`]). Texts that come from a host or an operator
//! are escaped on the way.
//!
//! One file per screen or command. To add a sentence, add its function there and pass it to the console. The words that
//! stay as they are in both languages are no sentences: JSON, field names, names of files and rules. Errors and reasons are
//! made in English by the stages and translated when a person reads them: [`phrases`].

pub mod changeable;
pub mod collect;
pub mod console;
pub mod coverage;
pub mod exit_codes;
#[cfg(test)]
pub(crate) mod golden;
pub mod help;
pub mod hit_row;
pub mod indicators;
pub mod inventory;
pub mod keygen;
pub mod kit;
mod language;
pub mod layout;
pub mod list;
pub mod list_volumes;
pub mod outcome;
pub mod outside;
pub mod phrases;
pub mod playbook;
pub mod progress;
pub mod receipt;
pub mod recipients;
pub mod rules;
pub mod scan;
pub mod scanning;
pub mod selftest;
pub mod selftest_reasons;
mod sentence;
pub mod severity;
pub mod unpack;
pub mod usage;
mod values;
pub mod verify;
pub mod version;

pub use language::Language;
pub use sentence::Sentence;
pub use values::{ByteSize, Decimal, Items, Localized};
