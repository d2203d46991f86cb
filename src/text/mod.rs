//! What people read, in Dutch and English: the choice of the language, and the place for every sentence.
//!
//! In: typed values. Out: text in the language of the run. Sentences that are still next to the code that prints them move
//! here.

mod language;

pub use language::Language;
