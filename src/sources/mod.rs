//! WHERE evidence stands: an artifact's patterns become items of a live host or of a mounted tree.
//!
//! In: a [`crate::playbook::Step`]. Out: what was found, opened for one pass of reading, and what was not found.

pub mod sys;
