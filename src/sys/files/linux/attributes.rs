//! Extended attributes and flags of an open file, by its descriptor: nothing is opened for it, and no access time changes.
//! `flistxattr(2)`, `fgetxattr(2)`, `FS_IOC_GETFLAGS` in `ioctl_iflags(2)`.

use std::ffi::CStr;
use std::fs::File;

use rustix::fs::{fgetxattr, flistxattr, ioctl_getflags};
use rustix::io::Errno;

use crate::evidence::{FileAttributes, FileFlag, Metadata};

/// Most bytes of the names of a file: the kernel's own limit, `XATTR_LIST_MAX`.
const MAX_NAMES: usize = 65_536;

/// The longest value that the kernel allows, `XATTR_SIZE_MAX`.
const MAX_VALUE: usize = 65_536;

/// Bytes that names and values are read in where they fit, as nearly all do.
const MAX_READ: usize = 1_024;

/// Adds what an open file has of extended attributes and flags to its metadata.
pub(crate) fn add(file: &File, metadata: &mut Metadata) {
    if let Ok(bits) = ioctl_getflags(file) {
        let flags = FileFlag::of_bits(bits.bits());
        metadata
            .flags
            .extend(flags.into_iter().filter(|flag| !metadata.flags.contains(flag)).collect::<Vec<_>>());
        metadata.flags.sort();
    }
    let mut attributes = FileAttributes::default();
    match names(file) {
        Ok(names) => {
            for name in names.split_inclusive(|byte| *byte == 0) {
                add_one(file, name, &mut attributes);
            }
        }
        // A file system without them.
        Err(Errno::NOTSUP | Errno::NOSYS | Errno::NODATA) => {}
        Err(_) => attributes.skip(),
    }
    metadata.xattrs = (!attributes.is_empty()).then(|| Box::new(attributes));
}

/// The names of all attributes, each with a zero at its end.
fn names(file: &File) -> rustix::io::Result<Vec<u8>> {
    let mut names = vec![0; MAX_READ];
    let length = match flistxattr(file, names.as_mut_slice()) {
        Err(Errno::RANGE) => {
            names = vec![0; MAX_NAMES];
            flistxattr(file, names.as_mut_slice())?
        }
        other => other?,
    };
    names.truncate(length);
    Ok(names)
}

fn add_one(file: &File, name: &[u8], attributes: &mut FileAttributes) {
    let Ok(text) = CStr::from_bytes_with_nul(name) else { return attributes.skip() };
    let mut value = vec![0; MAX_READ];
    match fgetxattr(file, text, value.as_mut_slice()) {
        Ok(length) => {
            let size = u64::try_from(length).unwrap_or(u64::MAX);
            attributes.add(text.to_bytes(), value.get(..length).unwrap_or_default(), size);
        }
        // Longer than what is kept of any: of the longest that the kernel allows the beginning is kept.
        Err(Errno::RANGE) => {
            value = vec![0; MAX_VALUE];
            match fgetxattr(file, text, value.as_mut_slice()) {
                Ok(length) => {
                    let size = u64::try_from(length).unwrap_or(u64::MAX);
                    attributes.add(text.to_bytes(), value.get(..length).unwrap_or_default(), size);
                }
                Err(_) => attributes.skip(),
            }
        }
        // Removed since its name was read.
        Err(Errno::NODATA) => {}
        Err(_) => attributes.skip(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::{XattrFlags, fsetxattr};

    #[test]
    fn the_attributes_of_an_open_file_are_read_and_its_access_time_stays() {
        let directory = tempfile::TempDir::new().unwrap();
        let path = directory.path().join("file");
        std::fs::write(&path, "x").unwrap();
        let past = filetime::FileTime::from_unix_time(1_600_000_000, 0);
        filetime::set_file_times(&path, past, past).unwrap();
        let file = File::open(&path).unwrap();
        let mut metadata = Metadata::default();
        add(&file, &mut metadata);
        assert!(metadata.xattrs.is_none(), "{metadata:?}");
        let set = |name: &str, value: &[u8]| fsetxattr(&file, name, value, XattrFlags::empty());
        if set("user.origin", b"https://example.org/x").is_err() {
            eprintln!("the file system of the temporary directory has no extended attributes");
            return;
        }
        set("user.long", &[b'a'; 2_000]).unwrap();
        add(&file, &mut metadata);
        let mut other = metadata.xattrs.unwrap().other;
        other.sort_by(|one, two| one.name.cmp(&two.name));
        assert_eq!((other[0].name.as_str(), other[0].size, other[0].cut), ("user.long", 2_000, true));
        assert_eq!(other[1].value.as_deref(), Some("https://example.org/x"));
        let facts = std::fs::metadata(&path).unwrap();
        assert_eq!(filetime::FileTime::from_last_access_time(&facts), past);
    }
}
