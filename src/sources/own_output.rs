//! The tool's own output, which it must not collect: the bundle, its parts, receipt and signature.

use crate::sys;
use std::path::{Path, PathBuf};

/// Stems of the files that this run makes, with the folder they stand in.
#[derive(Debug, Default)]
pub(crate) struct OwnOutput {
    stems: Vec<(Vec<u8>, Vec<u8>)>,
}

impl OwnOutput {
    /// Keeps out the file that will stand at `path`, and those that will stand beside it under the same stem.
    pub(crate) fn keep_out(&mut self, path: &Path) {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return };
        // The folder's real place; the file itself does not exist yet.
        let folder = folder.canonicalize().unwrap_or_else(|_| PathBuf::from(folder));
        let name = sys::name_bytes(name);
        let stem = name.strip_suffix(b".zip.age").unwrap_or(&name);
        self.stems.push((sys::path_bytes(&folder), stem.to_vec()));
    }

    /// Whether the file `name` in `folder` (an absolute path) is one of them.
    pub(crate) fn is_own(&self, folder: &[u8], name: &[u8]) -> bool {
        self.stems.iter().any(|(own, stem)| {
            own == folder
                && name
                    .strip_prefix(stem.as_slice())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(b"."))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_its_parts_and_its_sidecars_are_own_output_and_nothing_else_there_is() {
        let dir = tempfile::TempDir::new().unwrap();
        let mut own = OwnOutput::default();
        own.keep_out(&dir.path().join("veldkit_x.zip.age"));
        let folder = sys::path_bytes(&dir.path().canonicalize().unwrap());
        for name in [
            "veldkit_x.zip.age",
            "veldkit_x.zip.age.001",
            "veldkit_x.receipt.txt",
            "veldkit_x.receipt.txt.minisig",
        ] {
            assert!(own.is_own(&folder, name.as_bytes()), "{name}");
        }
        assert!(!own.is_own(&folder, b"veldkit_xy.zip.age") && !own.is_own(b"/etc", b"veldkit_x.zip.age"));
    }
}
