//! Keys that the self-test makes in the registry of whoever runs it, to try the reader of the registry on: below one of its own in
//! `HKEY_CURRENT_USER\Software`. They are volatile, so that no hive is written, and gone with the value that holds them.

#[cfg_attr(windows, allow(dead_code, reason = "compiled everywhere, so that it stays right"))]
mod unsupported {
    use std::io;

    /// Keys, of which there are none.
    pub(super) enum MadeKeys {}

    impl MadeKeys {
        pub(super) fn new(_name: &str) -> io::Result<Self> {
            Err(io::ErrorKind::Unsupported.into())
        }

        pub(super) const fn path(&self) -> &str {
            match *self {}
        }

        pub(super) const fn value(&mut self, _key: &str, _name: &str, _data: &[u8]) -> io::Result<()> {
            match *self {}
        }

        pub(super) const fn refuse(&self, _key: &str) -> io::Result<()> {
            match *self {}
        }
    }
}

#[cfg(windows)]
use super::system::registry as system;
#[cfg(not(windows))]
use unsupported as system;

use std::io;

/// Keys of the self-test's own.
pub(crate) struct RegistrySpecimens(system::MadeKeys);

impl RegistrySpecimens {
    /// Makes the key `name` in which all others are.
    ///
    /// # Errors
    /// It cannot be made: there is no registry, or it refuses.
    pub(crate) fn new(name: &str) -> io::Result<Self> {
        system::MadeKeys::new(name).map(Self)
    }

    /// Where it is, from `HKEY_USERS` on.
    pub(crate) fn path(&self) -> &str {
        self.0.path()
    }

    /// Writes a value of bytes into a key below it, which is made where there is none. Names may hold zeros.
    pub(crate) fn value(&mut self, key: &str, name: &str, data: &[u8]) -> io::Result<()> {
        self.0.value(key, name, data)
    }

    /// Lets a key below it be read by nobody.
    pub(crate) fn refuse(&self, key: &str) -> io::Result<()> {
        self.0.refuse(key)
    }
}
