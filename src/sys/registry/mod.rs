//! The registry of a running Windows, whose hives nobody can open as files. It is only read.
//!
//! A key is named from `HKEY_LOCAL_MACHINE` on, or by a name that begins with `HKEY_USERS`.

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

use crate::evidence::Utc;

/// A value of the registry with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RegistryEntry {
    /// Empty for the default value of its key.
    pub(crate) name: String,
    /// Its type as Windows numbers it: `REG_SZ` is 1.
    pub(crate) kind: u32,
    pub(crate) data: Vec<u8>,
}

/// The values of a key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RegistryKey {
    /// When the key or one of its values was last changed.
    pub(crate) written: Option<Utc>,
    pub(crate) values: Vec<RegistryEntry>,
}

/// Reads a value; `None` where there is none, or where it is longer than a name or path can be.
pub(crate) fn registry_value(key: &str, name: &str) -> Option<RegistryEntry> {
    system::registry_value(key, name)
}

/// Reads the values of a key; of a value that is too large only its name and type.
pub(crate) fn registry_contents(key: &str) -> Option<RegistryKey> {
    system::registry_contents(key)
}

/// Lists the names of the keys below a key; none where it cannot be opened.
pub(crate) fn registry_subkeys(key: &str) -> Vec<String> {
    system::registry_subkeys(key)
}
