//! Linux: `renameat2` and modes.

use std::fs::Metadata;
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use super::unsupported;
pub(super) use super::unsupported::keeps_rights;

const STICKY: u32 = 0o1000;
const GROUP_WRITES: u32 = 0o020;
const OTHERS_WRITE: u32 = 0o002;

pub(super) fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // The kernel (before 3.15) or the file system does not know the flag.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => unsupported::rename_new(from, to),
        other => Ok(other?),
    }
}

pub(super) fn changed_by_others(directory: &Path) -> io::Result<Option<PathBuf>> {
    let directory = directory.canonicalize()?;
    for ancestor in directory.ancestors() {
        if is_changed_by_others(&ancestor.metadata()?) {
            return Ok(Some(ancestor.to_owned()));
        }
    }
    Ok(None)
}

fn is_changed_by_others(facts: &Metadata) -> bool {
    others_write(facts.permissions().mode(), facts.gid())
}

const fn others_write(mode: u32, group: u32) -> bool {
    mode & STICKY == 0 && (mode & OTHERS_WRITE != 0 || (mode & GROUP_WRITES != 0 && group != 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_says_whether_others_can_replace_what_is_there() {
        for (mode, group, expected) in [
            (0o40777, 0, true),
            (0o41777, 0, false),
            (0o40775, 1000, true),
            (0o40775, 0, false),
            (0o40755, 1000, false),
            (0o40700, 1000, false),
            (0o40702, 0, true),
        ] {
            assert_eq!(others_write(mode, group), expected, "{mode:o} {group}");
        }
    }

    #[test]
    fn a_directory_below_one_that_others_can_write_is_theirs_too() {
        let folder = tempfile::TempDir::new().unwrap();
        let below = folder.path().join("a/b");
        std::fs::create_dir_all(&below).unwrap();
        assert_eq!(changed_by_others(&below).unwrap(), None);
        let open = folder.path().join("a");
        std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o777)).unwrap();
        assert_eq!(changed_by_others(&below).unwrap(), Some(open.canonicalize().unwrap()));
    }

    #[test]
    fn a_move_never_replaces_a_file_or_a_link() {
        let folder = tempfile::TempDir::new().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        std::fs::write(&from, "new").unwrap();
        std::fs::write(&to, "there").unwrap();
        for rename in [rename_new, unsupported::rename_new] {
            assert_eq!(rename(&from, &to).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
            assert_eq!(std::fs::read(&to).unwrap(), b"there");
        }
        let dangling = folder.path().join("dangling");
        std::os::unix::fs::symlink("nowhere", &dangling).unwrap();
        assert_eq!(rename_new(&from, &dangling).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        let free = folder.path().join("free");
        rename_new(&from, &free).unwrap();
        assert_eq!(std::fs::read(&free).unwrap(), b"new");
    }
}
