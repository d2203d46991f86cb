//! Which stage failed. Wraps each stage's own error and adds nothing; knows no exit code.

/// An error of any stage, as the command line receives it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {}
