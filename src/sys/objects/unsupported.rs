//! Systems without a namespace of the kernel's objects.

use std::io;

use super::{KernelObject, NamedPipe};

pub(super) fn named_objects() -> io::Result<Vec<KernelObject>> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(super) fn named_pipes() -> io::Result<Vec<NamedPipe>> {
    Err(io::ErrorKind::Unsupported.into())
}
