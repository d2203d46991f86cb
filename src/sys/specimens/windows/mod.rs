//! Specimens of the self-test on Windows: files kept for oneself or refused to everybody, junctions, holes,
//! compression. Each is made below the self-test's own folder, and nothing else is touched.

use std::fs::{File, FileTimes, OpenOptions};
use std::io::{self, Write as _};
use std::os::windows::ffi::OsStrExt as _;
use std::os::windows::fs::{FileTimesExt as _, OpenOptionsExt as _};
use std::os::windows::io::{AsHandle as _, AsRawHandle};
use std::path::Path;
use std::ptr;
use std::time::SystemTime;

use windows_sys::Win32::Foundation::{ERROR_IO_PENDING, GENERIC_READ, GENERIC_WRITE};
use windows_sys::Win32::Security::{
    ACL_REVISION, DACL_SECURITY_INFORMATION, InitializeAcl, InitializeSecurityDescriptor,
    SECURITY_DESCRIPTOR, SetKernelObjectSecurity, SetSecurityDescriptorDacl,
};
use windows_sys::Win32::Storage::FileSystem::{
    COMPRESSION_FORMAT_DEFAULT, FILE_ATTRIBUTE_OFFLINE, FILE_FLAG_BACKUP_SEMANTICS,
    FILE_FLAG_OPEN_REPARSE_POINT, FILE_FLAG_OVERLAPPED, FILE_PROVIDER_COMPRESSION_LZX, FILE_SHARE_DELETE,
    FILE_SHARE_READ, FILE_SHARE_WRITE, FILE_WRITE_ATTRIBUTES, LockFile, SetFileAttributesW,
    WOF_PROVIDER_FILE, WRITE_DAC,
};
use windows_sys::Win32::System::IO::{DeviceIoControl, OVERLAPPED};
use windows_sys::Win32::System::Ioctl::{
    FILE_PROVIDER_CURRENT_VERSION, FSCTL_REQUEST_BATCH_OPLOCK, FSCTL_SET_COMPRESSION,
    FSCTL_SET_EXTERNAL_BACKING, FSCTL_SET_REPARSE_POINT, FSCTL_SET_SPARSE, WOF_CURRENT_VERSION,
};

use super::Peculiar;
use crate::sys::layouts;
use crate::sys::windows::handle::control;

pub(super) mod registry;

/// `SECURITY_DESCRIPTOR_REVISION`.
const REVISION: u32 = 1;

pub(super) fn born(times: FileTimes, moment: SystemTime) -> FileTimes {
    times.set_created(moment)
}

/// Opens a directory to change its times.
#[allow(clippy::disallowed_methods, reason = "the self-test's own directory")]
pub(super) fn open_directory(path: &Path) -> io::Result<File> {
    OpenOptions::new().access_mode(FILE_WRITE_ATTRIBUTES).custom_flags(FILE_FLAG_BACKUP_SEMANTICS).open(path)
}

/// A junction: a folder whose reparse point names the other one by its whole path.
#[allow(clippy::disallowed_methods, reason = "the self-test's own folder")]
pub(super) fn make_link(path: &Path, to: &Path) -> io::Result<()> {
    std::fs::create_dir(path)?;
    let options = FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT;
    let folder = OpenOptions::new().access_mode(GENERIC_WRITE).custom_flags(options).open(path)?;
    let to: Vec<u16> = to.as_os_str().encode_wide().collect();
    let point = layouts::junction(&to).ok_or(io::ErrorKind::InvalidFilename)?;
    control(folder.as_handle(), FSCTL_SET_REPARSE_POINT, &point, &mut []).map(drop)
}

/// Gives a directory no access list at all.
#[allow(clippy::disallowed_methods, reason = "the self-test's own directory")]
pub(super) fn open_to_everybody(path: &Path) -> io::Result<()> {
    let directory =
        OpenOptions::new().access_mode(WRITE_DAC).custom_flags(FILE_FLAG_BACKUP_SEMANTICS).open(path)?;
    set_access_list(&directory, None)
}

pub(super) fn make_sparse(file: &File) -> io::Result<()> {
    control(file.as_handle(), FSCTL_SET_SPARSE, &[], &mut []).map(drop)
}

#[allow(clippy::disallowed_methods, reason = "the self-test's own file")]
pub(super) fn make_peculiar(kind: Peculiar, path: &Path, content: &[u8]) -> io::Result<File> {
    let share = match kind {
        Peculiar::KeptOpen => 0,
        Peculiar::PartLocked => FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
        _ => FILE_SHARE_READ,
    };
    let mut options = OpenOptions::new();
    options
        .create_new(true)
        .write(true)
        .access_mode(GENERIC_READ | GENERIC_WRITE | WRITE_DAC)
        .share_mode(share);
    let mut file = options.open(path)?;
    file.write_all(content)?;
    match kind {
        Peculiar::KeptOpen => {}
        Peculiar::Oplocked => {
            file.sync_all()?;
            // Only a file that nobody else has open can be locked so.
            drop(file);
            return lock_opportunistically(path);
        }
        Peculiar::PartLocked => {
            file.sync_all()?;
            lock_part(&file, content.len())?;
            return Ok(file);
        }
        Peculiar::Refused => refuse_everybody(&file)?,
        Peculiar::Offline => set_offline(path)?,
        Peculiar::Compressed => {
            let format = COMPRESSION_FORMAT_DEFAULT.to_le_bytes();
            control(file.as_handle(), FSCTL_SET_COMPRESSION, &format, &mut [])?;
        }
        Peculiar::Overlaid => {
            file.sync_all()?;
            // WOF_EXTERNAL_INFO, then FILE_PROVIDER_EXTERNAL_INFO_V1
            // (<https://learn.microsoft.com/windows-hardware/drivers/ifs/fsctl-set-external-backing>).
            let (provider, method) = (WOF_PROVIDER_FILE, FILE_PROVIDER_COMPRESSION_LZX);
            let words = [WOF_CURRENT_VERSION, provider, FILE_PROVIDER_CURRENT_VERSION, method, 0];
            let asked: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
            control(file.as_handle(), FSCTL_SET_EXTERNAL_BACKING, &asked, &mut [])?;
        }
    }
    file.sync_all()?;
    Ok(file)
}

/// Opens a file and takes an opportunistic lock on it, which is held until the file is closed.
/// <https://learn.microsoft.com/windows/win32/api/winioctl/ni-winioctl-fsctl_request_batch_oplock>
#[allow(clippy::disallowed_methods, reason = "the self-test's own file")]
fn lock_opportunistically(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new()
        .access_mode(GENERIC_READ)
        .share_mode(FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)
        .custom_flags(FILE_FLAG_OVERLAPPED)
        .open(path)?;
    // The kernel writes to it when the lock is broken or the file closed: it stays for as long as this process does.
    let pending: &'static mut OVERLAPPED = Box::leak(Box::default());
    // SAFETY: the file is open for overlapped use; the code takes and returns no bytes; `pending` is never freed, and nobody
    // else uses it.
    let done = unsafe {
        DeviceIoControl(
            file.as_raw_handle(),
            FSCTL_REQUEST_BATCH_OPLOCK,
            ptr::null(),
            0,
            ptr::null_mut(),
            0,
            ptr::null_mut(),
            pending,
        )
    };
    let error = io::Error::last_os_error();
    match (done, error.raw_os_error()) {
        (0, Some(code)) if code == ERROR_IO_PENDING.cast_signed() => Ok(file),
        (0, _) => Err(error),
        // It is over already, so nothing is locked.
        _ => Err(io::ErrorKind::Unsupported.into()),
    }
}

/// Locks 16 bytes in the midst of a file against everybody else.
fn lock_part(file: &File, size: usize) -> io::Result<()> {
    let middle = u32::try_from(size / 2).unwrap_or_default();
    // SAFETY: the file is open; the call takes numbers.
    let done = unsafe { LockFile(file.as_raw_handle(), middle, 0, 16, 0) };
    if done == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Gives a file or key an empty list of who may do what: nobody may anything, but its owner change that.
fn refuse_everybody(object: &impl AsRawHandle) -> io::Result<()> {
    // An `ACL` without entries, which has to stand where a `u32` may.
    let mut list = [0_u32; 2];
    let length = u32::try_from(size_of_val(&list)).unwrap_or_default();
    // SAFETY: the list is as long as is said.
    if unsafe { InitializeAcl(list.as_mut_ptr().cast(), length, ACL_REVISION) } == 0 {
        return Err(io::Error::last_os_error());
    }
    set_access_list(object, Some(&list))
}

/// Sets the access list of an open object: one without entries, or none at all.
fn set_access_list(object: &impl AsRawHandle, empty: Option<&[u32; 2]>) -> io::Result<()> {
    let mut descriptor = SECURITY_DESCRIPTOR::default();
    let list = empty.map_or(ptr::null(), |list| list.as_ptr().cast());
    // SAFETY: the descriptor is as long as the calls take it for and lives to the end of this; it points to nothing, or to a list that
    // was initialized as an empty one, and both are copied by the last call.
    let done = unsafe {
        InitializeSecurityDescriptor((&raw mut descriptor).cast(), REVISION) != 0
            && SetSecurityDescriptorDacl((&raw mut descriptor).cast(), 1, list, 0) != 0
            && SetKernelObjectSecurity(
                object.as_raw_handle(),
                DACL_SECURITY_INFORMATION,
                (&raw mut descriptor).cast(),
            ) != 0
    };
    if done { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn set_offline(path: &Path) -> io::Result<()> {
    let path: Vec<u16> = path.as_os_str().encode_wide().chain([0]).collect();
    // SAFETY: the path ends in a zero and outlives the call.
    let done = unsafe { SetFileAttributesW(path.as_ptr(), FILE_ATTRIBUTE_OFFLINE) };
    if done == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
