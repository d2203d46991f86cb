//! What the program carries: the files of `playbooks/` and `rules/`, deflated by `build.rs` beside this.

use std::io::Read as _;

use flate2::read::DeflateDecoder;

/// A folder of the source tree that stands in the program.
#[derive(Debug)]
pub struct Folder(&'static [u8]);

/// Artifact definitions, handlings and playbooks.
pub static PLAYBOOKS: Folder = Folder(include_bytes!(concat!(env!("OUT_DIR"), "/playbooks.deflate")));

/// Rules and indicators.
pub static RULES: Folder = Folder(include_bytes!(concat!(env!("OUT_DIR"), "/rules.deflate")));

/// A file of such a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its path below the folder, with `/`.
    pub path: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

impl Folder {
    /// All of its files, by path.
    #[must_use]
    pub fn files(&self) -> Vec<File> {
        let mut all = Vec::new();
        // The program's own bytes: a test holds what comes out against the folders.
        let _ = DeflateDecoder::new(self.0).read_to_end(&mut all);
        let mut rest = all.as_slice();
        let mut files = Vec::new();
        while let Some((path, after)) = next(rest)
            && let Some((bytes, after)) = next(after)
        {
            files.push(File { path: String::from_utf8_lossy(path).into_owned(), bytes: bytes.to_vec() });
            rest = after;
        }
        files
    }
}

/// The next field, and what follows it.
fn next(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_file_of_both_folders_is_carried_as_it_is() {
        for (folder, name) in [(&PLAYBOOKS, "playbooks"), (&RULES, "rules")] {
            let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
            let on_disk = walkdir::WalkDir::new(&root).into_iter().map(Result::unwrap);
            let mut expected: Vec<File> = on_disk
                .filter(|entry| entry.file_type().is_file())
                .map(|entry| File {
                    path: entry.path().strip_prefix(&root).unwrap().to_str().unwrap().to_owned(),
                    bytes: std::fs::read(entry.path()).unwrap(),
                })
                .collect();
            expected.sort_by(|a, b| Path::new(&a.path).cmp(Path::new(&b.path)));
            assert!(!expected.is_empty());
            assert!(folder.files() == expected, "{name}");
        }
    }
}
