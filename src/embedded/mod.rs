//! The files in the program: playbooks, artifact definitions and rules, compressed and masked by `build.rs` next to
//! this file.
//!
//! Exactly `playbooks/*.yaml`, `playbooks/artifacts/*.yaml` and `rules/*.yar`; `selection.rs` defines this for
//! `build.rs` and for the tests.

mod mask;
#[cfg(test)]
mod selection;

use std::io::Read as _;

use flate2::read::DeflateDecoder;

/// Files of one directory of the source tree, compressed and masked.
#[derive(Debug)]
pub struct EmbeddedDirectory(&'static [u8]);

/// Artifact definitions, handlings and playbooks.
pub static PLAYBOOKS: EmbeddedDirectory =
    EmbeddedDirectory(include_bytes!(concat!(env!("OUT_DIR"), "/playbooks.masked")));

/// Rules.
pub static RULES: EmbeddedDirectory =
    EmbeddedDirectory(include_bytes!(concat!(env!("OUT_DIR"), "/rules.masked")));

/// An embedded file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Path below `playbooks` or `rules`, with `/`.
    pub path: String,
    /// Content, as in the source tree.
    pub bytes: Vec<u8>,
}

impl EmbeddedDirectory {
    /// All files, sorted by path.
    #[must_use]
    pub fn files(&self) -> Vec<File> {
        let mut deflated = self.0.to_vec();
        mask::mask(&mut deflated);
        let mut all = Vec::new();
        // Written by the build script: a test compares the result with the source tree.
        let _ = DeflateDecoder::new(deflated.as_slice()).read_to_end(&mut all);
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

/// The `date` of the newest rule, as `2026-11-25`.
#[must_use]
pub fn newest_rule_date() -> Option<String> {
    let files = RULES.files();
    let texts = files.iter().map(|file| String::from_utf8_lossy(&file.bytes));
    texts.filter_map(|text| text.lines().filter_map(date).max().map(str::to_owned)).max()
}

/// The date in a line `date = "2026-11-25"` of a rule.
fn date(line: &str) -> Option<&str> {
    let value = line.trim().strip_prefix("date")?.trim_start().strip_prefix('=')?.trim_start();
    let date = value.strip_prefix('"')?.strip_suffix('"')?;
    let fits = |(place, c): (usize, char)| if matches!(place, 4 | 7) { c == '-' } else { c.is_ascii_digit() };
    (date.len() == 10 && date.chars().enumerate().all(fits)).then_some(date)
}

/// Splits off the next field.
fn next(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    /// Returns the names in a directory of the source tree with a suffix, each with `prefix` before it.
    fn names(directory: &str, ending: &str, prefix: &str) -> Vec<String> {
        let entries = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(directory)).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.ends_with(ending)).map(|name| format!("{prefix}{name}")).collect()
    }

    #[test]
    fn exactly_the_playbooks_artifacts_and_rules_are_embedded_unchanged() {
        let playbooks =
            [names("playbooks", ".yaml", ""), names("playbooks/artifacts", ".yaml", "artifacts/")];
        for (directory, top, mut expected) in
            [(&PLAYBOOKS, "playbooks", playbooks.concat()), (&RULES, "rules", names("rules", ".yar", ""))]
        {
            let files = directory.files();
            let mut carried: Vec<String> = files.iter().map(|file| file.path.clone()).collect();
            carried.sort();
            expected.sort();
            assert!(!expected.is_empty());
            assert_eq!(carried, expected);
            let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(top);
            for file in files {
                assert!(file.bytes == fs::read(root.join(&file.path)).unwrap(), "{}", file.path);
            }
        }
    }

    #[test]
    fn the_date_of_the_rules_is_that_of_the_newest() {
        let newest = newest_rule_date().unwrap();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
        let mut dates = Vec::new();
        for name in names("rules", ".yar", "") {
            let text = fs::read_to_string(root.join(name)).unwrap();
            dates.extend(text.split("date = \"").skip(1).map(|rest| rest[..10].to_owned()));
        }
        assert!(dates.len() > 10 && dates.contains(&newest));
        assert!(dates.iter().all(|date| *date <= newest), "{newest}");
        assert_eq!(date("  date = \"2026-11-25\""), Some("2026-11-25"));
        for other in
            ["date = \"2026-1-25\"", "updated = \"2026-11-25\"", "date = 2026-11-25", "date = \"26-11-2025\""]
        {
            assert_eq!(date(other), None, "{other}");
        }
    }

    #[test]
    fn embedded_files_do_not_decompress_and_are_masked_everywhere() {
        for directory in [&PLAYBOOKS, &RULES] {
            let mut inflated = Vec::new();
            // As a scanner decompresses what it finds; after an error, the output so far is kept.
            let _ = DeflateDecoder::new(directory.0).read_to_end(&mut inflated);
            let text = directory.files().iter().flat_map(|file| file.bytes.clone()).collect::<Vec<_>>();
            let known: HashSet<&[u8]> = text.windows(8).collect();
            assert!(!inflated.windows(8).any(|window| known.contains(window)));
            let mut zeros = vec![0; directory.0.len()];
            mask::mask(&mut zeros);
            let blocks: HashSet<_> = zeros.chunks(64).collect();
            assert_eq!(blocks.len(), zeros.len().div_ceil(64), "no two stretches have the same mask");
            assert!(zeros.chunks_exact(64).all(|block| block.iter().any(|byte| *byte != 0)));
        }
    }

    #[test]
    fn other_files_in_these_directories_are_not_embedded() {
        let root = tempfile::tempdir().unwrap();
        let wanted = ["playbooks/a.yaml", "playbooks/artifacts/b.yaml", "rules/c.yar"];
        let others = [
            "playbooks/README.md",
            "playbooks/a.yaml.orig",
            "playbooks/.draft.yaml",
            "playbooks/answers/d.yaml",
            "playbooks/artifacts/deeper/e.yaml",
            "playbooks/remote/run.sh",
            "playbooks/rule.yar",
            "rules/README.md",
            "rules/iocs.csv",
            "rules/more/f.yar",
            "rules/g.yaml",
        ];
        for path in wanted.iter().chain(&others) {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        let found: Vec<String> = [selection::PLAYBOOKS, selection::RULES]
            .iter()
            .flat_map(|directories| selection::files(root.path(), directories).unwrap())
            .map(|path| path.strip_prefix(root.path()).unwrap().to_str().unwrap().replace('\\', "/"))
            .collect();
        assert_eq!(found, wanted);
    }
}
