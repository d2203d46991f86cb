//! KEEP: the sealed container.
