//! Veldkit collects what a responder needs from an affected host and keeps it in one sealed, encrypted bundle.
//!
//! The path of evidence, from left to right. A module uses what is to the left of it and nothing to the right:
//!
//! ```text
//! playbook --> sources --> live --+
//!   what        where     state   +--> acquisition --> bundle --> analysis
//!                         scan ---+     one pass        keep       read
//!                         judge
//! ```
//!
//! [`evidence`] is the vocabulary of all of them, with the types of rows. [`formats`] reads formats from bytes and knows
//! neither host nor target; [`sys`] is the operating system, and the only module with `unsafe` code. [`text`] is what
//! people read, [`embedded`] what the program carries, [`kit`] what a responder takes along, [`cli`] the command line. [`docs`] is for
//! whoever carries on: architecture, glossary, how to add something.

// The unit tests make their own evidence on disk, and count in ways a product must not. The same code is held to
// the lints in the build without tests, which clippy looks at as well.
#![cfg_attr(
    test,
    allow(
        clippy::disallowed_methods,
        clippy::disallowed_types,
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        reason = "tests write below a temporary folder and calculate with numbers of their own"
    )
)]

pub mod docs;

pub mod evidence;

pub mod formats;

pub mod sys;

pub mod embedded;

pub mod playbook;

pub mod sources;

pub mod live;

pub mod scan;

pub mod text;

pub mod bundle;

pub mod acquisition;

pub mod analysis;

pub mod kit;

pub mod cli;
