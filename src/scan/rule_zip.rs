//! Rule sets as they are published, or packed for a kit: a zip of rule files. Read in memory, within limits; nothing is
//! unpacked to disk.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;

use zip::ZipArchive;

use super::rule_limits::{FILE_LIMIT, FILES_LIMIT, is_rule_file};

/// Bytes of all rule files of one zip together: the largest public sets have some 60 MB.
pub const PACKED_LIMIT: u64 = 256 << 20;

/// A rule file's name in the zip file, and its bytes or why there are none.
pub(super) type ZippedRules = (String, Result<Vec<u8>, String>);

/// What a zip of rules holds.
pub(super) struct RuleZip {
    /// The rule files, by name.
    pub(super) members: Vec<ZippedRules>,
    /// Names of the other files.
    pub(super) skipped: Vec<String>,
}

/// Whether a file begins as a zip file does; no rule file begins so.
pub(super) fn is_zip(path: &Path) -> bool {
    let mut begin = [0; 4];
    // A pipe would hold up the run.
    path.is_file()
        && File::open(path).and_then(|mut file| file.read_exact(&mut begin)).is_ok()
        && begin == *b"PK\x03\x04"
}

/// The rule files of a zip, by name.
///
/// # Errors
/// It cannot be read as one, holds no rule file, or more than the limits allow.
pub(super) fn members(zip: impl Read + Seek) -> io::Result<RuleZip> {
    let mut archive = ZipArchive::new(zip).map_err(io::Error::other)?;
    let (mut found, mut skipped) = (BTreeMap::new(), Vec::new());
    for index in 0..archive.len() {
        let Some(Ok(name)) = archive.name_for_index(index) else {
            skipped.push(format!("(member {index}, of no name that can be read)"));
            continue;
        };
        let name = name.into_owned();
        if name.ends_with(['/', '\\']) {
            continue;
        }
        if !is_rule_file(Path::new(&name)) {
            skipped.push(name);
        } else if found.insert(name.clone(), index).is_some() {
            skipped.push(format!("{name} (there is another of that name)"));
        }
    }
    if found.is_empty() {
        return Err(io::Error::other("no .yar, .yara or .rule file in it"));
    }
    if found.len() > FILES_LIMIT {
        return Err(io::Error::other(format!("more than {FILES_LIMIT} rule files")));
    }
    let mut left = PACKED_LIMIT;
    let mut members = Vec::new();
    for (name, index) in found {
        let content = member(&mut archive, index, left.min(FILE_LIMIT));
        let length = content.as_ref().map_or(0, Vec::len);
        left = left.saturating_sub(u64::try_from(length).unwrap_or(u64::MAX));
        members.push((name, content));
    }
    Ok(RuleZip { members, skipped })
}

/// One member, of at most `limit` bytes whatever its header says.
fn member(archive: &mut ZipArchive<impl Read + Seek>, index: usize, limit: u64) -> Result<Vec<u8>, String> {
    let file = archive.by_index(index).map_err(|error| error.to_string())?;
    let mut content = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut content).map_err(|error| error.to_string())?;
    if u64::try_from(content.len()).unwrap_or(u64::MAX) > limit {
        return Err(format!("larger than the {limit} bytes that are left for it"));
    }
    Ok(content)
}
