//! Files that come from outside of the program and steer it: recipients, a kit's description, what a kit carries.
//!
//! In: a path that the operator named, or one below a kit's directory. Out: the bytes, read once and up to a limit, and who may
//! write to the file. What is no regular file is refused and never waited for: a pipe would hold up the run.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use super::{OtherWriters, Root, system};
use crate::evidence::Kind;

/// A file that was read whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OutsideBytes {
    pub(crate) bytes: Vec<u8>,
    /// Who may write to it or replace it, other than its owner; `None` where nobody may, or where the system does not say.
    pub(crate) writers: Option<OtherWriters>,
}

/// Reads a file that the operator named; links on the way are followed, since the operator made the path.
///
/// # Errors
/// It cannot be read, is no regular file, or has more than `limit` bytes.
pub(crate) fn read_outside(path: &Path, limit: u64) -> io::Result<OutsideBytes> {
    let file = system::open_outside(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
    }
    let writers = system::other_writers(&file, path)?;
    Ok(OutsideBytes { bytes: read(&file, limit)?, writers })
}

/// Who may write to a file or directory that the operator named, or replace it, other than its owner. In a directory anybody may
/// also put a file where its mode or access list lets him.
///
/// # Errors
/// It cannot be opened.
pub(crate) fn other_writers_at(path: &Path) -> io::Result<Option<OtherWriters>> {
    system::other_writers_at(path)
}

/// Reads a file below a directory that is held open. No component may be a link, and nothing leads out of it.
///
/// # Errors
/// It cannot be read, is a link or no regular file, or has more than `limit` bytes.
pub(crate) fn read_outside_below(root: &Root, path: &str, limit: u64) -> io::Result<Vec<u8>> {
    let facts = root.stat(path.as_bytes())?;
    if facts.kind == Kind::Link {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is a link"));
    }
    if facts.kind != Kind::File {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
    }
    let file = root.open_file(path.as_bytes(), None)?.file;
    // What was there a moment ago may be another thing by now.
    if Root::stat_open(&file)?.kind != Kind::File {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
    }
    read(&file, limit)
}

fn read(file: &File, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > limit {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it is larger than {limit} bytes")));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    #[test]
    fn a_file_is_read_up_to_its_limit_and_what_is_no_file_is_refused_at_once() {
        let dir = tempfile::TempDir::new().unwrap();
        let at = |name: &str| dir.path().join(name);
        std::fs::write(at("file"), "12345").unwrap();
        std::fs::create_dir(at("directory")).unwrap();
        rustix::fs::mknodat(
            rustix::fs::CWD,
            at("pipe"),
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RWXU,
            0,
        )
        .unwrap();
        symlink("file", at("link")).unwrap();
        symlink("/etc", at("out")).unwrap();
        assert_eq!(read_outside(&at("file"), 5).unwrap().bytes, b"12345");
        assert_eq!(read_outside(&at("link"), 5).unwrap().bytes, b"12345");
        assert_eq!(read_outside(&at("file"), 4).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        assert!(read_outside(&at("pipe"), 5).is_err() && read_outside(&at("directory"), 5).is_err());
        let root = Root::open(dir.path()).unwrap();
        assert_eq!(read_outside_below(&root, "file", 5).unwrap(), b"12345");
        for path in ["link", "out/passwd", "pipe", "directory", "../x", "none"] {
            assert!(read_outside_below(&root, path, 5).is_err(), "{path}");
        }
    }

    #[test]
    fn a_file_that_others_may_write_to_or_replace_says_so() {
        let dir = tempfile::TempDir::new().unwrap();
        let file = dir.path().join("file");
        std::fs::write(&file, "x").unwrap();
        let set = |path: &Path, mode| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        let writers = |mode, above| {
            set(&file, mode);
            set(dir.path(), above);
            read_outside(&file, 9).unwrap().writers
        };
        assert_eq!(writers(0o644, 0o755), None);
        assert_eq!(writers(0o646, 0o755), Some(OtherWriters::Everybody));
        assert_eq!(writers(0o644, 0o777), Some(OtherWriters::Everybody), "anybody may replace it");
        assert_eq!(writers(0o644, 0o1777), None, "nobody but its owner may replace it");
        let below = dir.path().join("below");
        std::fs::create_dir(&below).unwrap();
        std::fs::rename(&file, below.join("file")).unwrap();
        set(dir.path(), 0o777);
        let of = |name: &str| other_writers_at(&below.join(name)).unwrap();
        assert_eq!(of("file"), Some(OtherWriters::Everybody), "anybody may replace the directory it is in");
        assert_eq!(of(""), Some(OtherWriters::Everybody));
        set(dir.path(), 0o755);
        assert_eq!((of("file"), of("")), (None, None));
        set(&below, 0o1777);
        assert_eq!(of(""), Some(OtherWriters::Everybody), "anybody may add a file");
    }
}
