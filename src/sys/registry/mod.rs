//! The registry of a running Windows, whose hives nobody can open as files.

use crate::evidence::Utc;

/// A value of the registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RegistryValue {
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
    pub(crate) values: Vec<RegistryValue>,
}
