//! The only code that differs by operating system, and the only place where `unsafe` may stand.
//!
//! Each file offers the same functions; `unsupported.rs` answers honestly where there is no implementation.
