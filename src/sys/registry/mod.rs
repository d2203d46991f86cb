//! The registry of a running Windows, whose hives nobody can open as files. It is only read.
//!
//! A key is named from `HKEY_LOCAL_MACHINE` on, or by a name that begins with `HKEY_USERS`. Names of keys and values are
//! WTF-8: they may hold zeros, which end a name for the functions of `advapi32` and not for the kernel, and lone surrogates. A
//! key whose permissions refuse is read by the right to make backups, where it is held. What was refused, or is larger
//! than a limit, is reported with the rest.

#[cfg_attr(windows, allow(dead_code, reason = "compiled everywhere, so that it stays right"))]
mod unsupported;
#[cfg(any(windows, test))]
#[cfg_attr(not(windows), allow(dead_code, reason = "elsewhere only its own tests use it"))]
mod values;
#[cfg(windows)]
#[allow(unsafe_code, reason = "Windows' own functions are called here; each call says why it is right")]
mod windows;

#[cfg(not(windows))]
use unsupported as system;
#[cfg(windows)]
use windows as system;

use std::io;

use crate::evidence::Utc;

/// A value of the registry with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RegistryEntry {
    /// WTF-8; empty for the default value of its key.
    pub(crate) name: Vec<u8>,
    /// Its type as Windows numbers it: `REG_SZ` is 1.
    pub(crate) kind: u32,
    pub(crate) data: Vec<u8>,
}

/// The values of a key.
#[derive(Debug, Default)]
pub(crate) struct RegistryKey {
    /// When the key or one of its values was last changed.
    pub(crate) written: Option<Utc>,
    pub(crate) values: Vec<RegistryEntry>,
    /// The values that could not be read: the name, where it is known, and why.
    pub(crate) unread: Vec<(Option<Vec<u8>>, io::Error)>,
}

/// The names of the keys below a key, and why they are not all of them.
#[derive(Debug, Default)]
pub(crate) struct RegistryNames {
    /// WTF-8, in the kernel's order.
    pub(crate) names: Vec<Vec<u8>>,
    pub(crate) failure: Option<io::Error>,
}

/// An open key of the registry.
pub(crate) struct RegistryHandle(system::NativeKey);

impl RegistryHandle {
    /// Opens a key by its path.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`], or the failure of the system.
    pub(crate) fn open(path: &str) -> io::Result<Self> {
        system::NativeKey::open(path).map(Self)
    }

    /// Opens a key below this one by its name in WTF-8.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub(crate) fn below(&self, name: &[u8]) -> io::Result<Self> {
        self.0.below(name).map(Self)
    }

    /// Reads its values.
    pub(crate) fn contents(&self) -> RegistryKey {
        self.0.contents()
    }

    /// Reads one value; `None` where there is none.
    ///
    /// # Errors
    /// The failure of the system, or [`io::ErrorKind::FileTooLarge`].
    pub(crate) fn value(&self, name: &str) -> io::Result<Option<RegistryEntry>> {
        self.0.value(name)
    }

    /// Lists the keys below it.
    pub(crate) fn names(&self) -> RegistryNames {
        self.0.names()
    }
}

/// Reads a value; `None` where there is none, or where it cannot be read.
#[cfg_attr(not(windows), allow(dead_code, reason = "only Windows' own parts ask for a single value"))]
pub(crate) fn registry_value(key: &str, name: &str) -> Option<RegistryEntry> {
    RegistryHandle::open(key).ok()?.value(name).ok()?
}
