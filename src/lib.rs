//! Veldkit collects what a responder needs from an affected host and keeps it in one sealed, encrypted bundle.
//!
//! The way evidence goes, from left to right; what stands on the left knows nothing of what stands on the right:
//!
//! ```text
//! playbook ──> sources ──┐
//!  what        where     ├──> acquisition ──> bundle ──> analysis
//!              scan ─────┘     one pass       keep       read
//!              judge
//! ```
//!
//! [`evidence`] holds the words all of them share, [`embedded`] what the program carries, [`kit`] what a responder takes along, [`cli`] the command line.

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

pub mod error;

pub mod evidence;

pub mod embedded;

pub mod formats;

pub mod sys;

pub mod playbook;

pub mod sources;

pub mod live;

pub mod scan;

pub mod bundle;

pub mod acquisition;

pub mod analysis;

pub mod kit;

pub mod cli;
