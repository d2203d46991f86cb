//! What only Windows has, as every other system answers when asked for it.

use std::io;
use std::path::{Path, PathBuf};

use crate::sources::hive::Value;

/// Whether files and folders have streams besides their content here.
pub(in crate::sources) const HAS_STREAMS: bool = false;

/// A place of the table of mounts as people write it.
pub(in crate::sources) fn place_text(place: &[u8]) -> String {
    String::from_utf8_lossy(place).into_owned()
}

/// Whether an error says that another program keeps it for itself: no file is kept so here.
pub(in crate::sources) const fn is_in_use(_error: &io::Error) -> bool {
    false
}

/// A volume beneath a folder that is read by its own structures: what is in use can be read as any other file here.
pub(in crate::sources) const fn raw_volume(_path: &Path) -> Option<PathBuf> {
    None
}

/// Shadow copies of volumes ...
pub(in crate::sources) const fn shadow_copies() -> Vec<(u32, PathBuf)> {
    Vec::new()
}

/// ... a level of integrity ...
pub(in crate::sources) const fn integrity() -> Option<String> {
    None
}

/// ... a right to make backups ...
pub(in crate::sources) const fn backup_privilege() -> Option<bool> {
    None
}

/// ... a registry of the running system ...
pub(in crate::sources) const fn registry_value(_key: &str, _name: &str) -> Option<Value> {
    None
}

/// ... with keys below keys ...
pub(in crate::sources) const fn registry_subkeys(_key: &str) -> Vec<String> {
    Vec::new()
}

/// ... a language of the user's that is not in the environment ...
#[must_use]
pub const fn ui_language() -> Option<String> {
    None
}

/// ... and a console whose closing is no signal.
pub fn on_close(_act: Box<dyn Fn() + Send + Sync>) {}
