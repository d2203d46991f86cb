//! CARRY: what a responder takes along: keys, packed rules, and a signed kit; how one is made and its launchers come later.
//!
//! What is made here is created anew, readable by its owner alone, and never overwritten.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

pub mod carried;
pub mod description;
pub mod keys;
pub mod rules;
pub mod selftest;
pub mod trust;

/// Creates a file for its owner alone.
#[allow(
    clippy::disallowed_methods,
    reason = "keys and packed rules stand where the operator asked for them, and nowhere else"
)]
fn create_new(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
