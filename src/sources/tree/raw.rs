//! The volume beneath a drive of the running system, read by NTFS's own structures: the file system's own files, which
//! Windows shows to nobody, and what another program keeps for itself.
//!
//! In: the path of a drive, or of a volume without a letter. Out: its files. It is opened anew each time, since a volume in
//! use changes beneath whatever is kept of it in memory; what the system has not written down yet is not on it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::formats::ntfs;
use crate::sources::devices;
use crate::sys;

/// Part of the memory for blocks (see [`MEMORY`](crate::formats::disk::MEMORY)) that one opening takes: each worker has one at most.
const SHARE: usize = 16;

/// The files that an NTFS volume has for itself, by the name of the first folder or file
/// (<https://flatcap.github.io/linux-ntfs/ntfs/files/>).
pub(crate) const OWN: [&[u8]; 11] = [
    b"$MFT",
    b"$MFTMirr",
    b"$LogFile",
    b"$Volume",
    b"$AttrDef",
    b"$Bitmap",
    b"$Boot",
    b"$BadClus",
    b"$Secure",
    b"$UpCase",
    b"$Extend",
];

/// Whether a path is that of a file which the file system has for itself.
pub(crate) fn is_own(path: &[u8]) -> bool {
    let first = path.split(|byte| *byte == b'/').next().unwrap_or_default();
    OWN.iter().any(|own| own.eq_ignore_ascii_case(first))
}

/// The volume beneath a file tree of this machine.
#[derive(Debug, Clone)]
pub(crate) enum Raw {
    /// Nothing that can be read so: a folder, a drive of a server, another file system.
    Nothing,
    /// A volume, by the path of its device.
    Volume(PathBuf),
    #[cfg(test)]
    Disk(Arc<dyn crate::formats::disk::Device>),
}

impl Raw {
    /// What stands beneath the folder `path`, whose file system has this name.
    pub(crate) fn beneath(path: &Path, file_system: Option<&str>) -> Self {
        match sys::raw_volume(path) {
            Some(device) if file_system.is_some_and(|name| name.eq_ignore_ascii_case("ntfs")) => {
                Self::Volume(device)
            }
            Some(_) | None => Self::Nothing,
        }
    }

    /// Whether there is something to open.
    pub(crate) const fn is_there(&self) -> bool {
        !matches!(self, Self::Nothing)
    }

    /// Opens it.
    ///
    /// # Errors
    /// [`io::ErrorKind::PermissionDenied`] without an administrator's rights; [`io::ErrorKind::Unsupported`] where there is
    /// nothing of the kind.
    pub(crate) fn open(&self) -> io::Result<ntfs::NtfsFiles> {
        let device = match self {
            Self::Nothing => return Err(io::ErrorKind::Unsupported.into()),
            Self::Volume(path) => devices::disk(path)?,
            #[cfg(test)]
            Self::Disk(device) => Arc::clone(device),
        };
        Ok(ntfs::NtfsFiles(Arc::new(ntfs::NtfsVolume::open(device, SHARE)?)))
    }
}

/// Whether what the system answered may be asked of the volume itself: it is refused, another program keeps it, an
/// anti-virus blocks it, or no answer came.
pub(crate) fn may_help(error: &io::Error) -> bool {
    sys::is_in_use(error)
        || sys::is_blocked_by_antivirus(error)
        || matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::TimedOut)
}

/// The failure of both ways, of the kind of the first.
pub(crate) fn both(first: &io::Error, raw: &io::Error) -> io::Error {
    io::Error::new(first.kind(), format!("{first}; on the volume itself: {raw}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_file_system_has_for_itself_is_its_own() {
        for (path, own) in [
            ("$MFT", true),
            ("$extend/$UsnJrnl", true),
            ("$Recycle.Bin/S-1-5-18/desktop.ini", false),
            ("$MFT.txt", false),
            ("Users/$MFT", false),
            ("", false),
        ] {
            assert_eq!(is_own(path.as_bytes()), own, "{path}");
        }
    }
}
