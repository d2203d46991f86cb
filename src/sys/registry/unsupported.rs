//! Systems without a registry.

use super::{RegistryEntry, RegistryKey};

pub(super) const fn registry_value(_key: &str, _name: &str) -> Option<RegistryEntry> {
    None
}

pub(super) const fn registry_contents(_key: &str) -> Option<RegistryKey> {
    None
}

pub(super) const fn registry_subkeys(_key: &str) -> Vec<String> {
    Vec::new()
}
