//! Specimens of the self-test on Windows: files kept for oneself or refused to everybody, junctions, holes,
//! compression. Each is made below the self-test's own folder, and nothing else is touched.

use std::fs::{File, FileTimes, OpenOptions};
use std::io::{self, Write as _};
use std::os::windows::ffi::OsStrExt as _;
use std::os::windows::fs::{FileTimesExt as _, OpenOptionsExt as _};
use std::os::windows::io::{AsHandle as _, AsRawHandle};
use std::path::Path;
use std::time::SystemTime;

use windows_sys::Win32::Foundation::{GENERIC_READ, GENERIC_WRITE};
use windows_sys::Win32::Security::{
    ACL_REVISION, DACL_SECURITY_INFORMATION, InitializeAcl, InitializeSecurityDescriptor,
    SECURITY_DESCRIPTOR, SetKernelObjectSecurity, SetSecurityDescriptorDacl,
};
use windows_sys::Win32::Storage::FileSystem::{
    COMPRESSION_FORMAT_DEFAULT, FILE_ATTRIBUTE_OFFLINE, FILE_FLAG_BACKUP_SEMANTICS,
    FILE_FLAG_OPEN_REPARSE_POINT, FILE_PROVIDER_COMPRESSION_LZX, FILE_SHARE_READ, SetFileAttributesW,
    WOF_PROVIDER_FILE, WRITE_DAC,
};
use windows_sys::Win32::System::Ioctl::{
    FILE_PROVIDER_CURRENT_VERSION, FSCTL_SET_COMPRESSION, FSCTL_SET_EXTERNAL_BACKING,
    FSCTL_SET_REPARSE_POINT, FSCTL_SET_SPARSE, WOF_CURRENT_VERSION,
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

pub(super) fn make_sparse(file: &File) -> io::Result<()> {
    control(file.as_handle(), FSCTL_SET_SPARSE, &[], &mut []).map(drop)
}

#[allow(clippy::disallowed_methods, reason = "the self-test's own file")]
pub(super) fn make_peculiar(kind: Peculiar, path: &Path, content: &[u8]) -> io::Result<File> {
    let share = if kind == Peculiar::KeptOpen { 0 } else { FILE_SHARE_READ };
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

/// Gives a file or key an empty list of who may do what: nobody may anything, but its owner change that.
fn refuse_everybody(object: &impl AsRawHandle) -> io::Result<()> {
    // An `ACL` without entries, which has to stand where a `u32` may.
    let mut list = [0_u32; 2];
    let mut descriptor = SECURITY_DESCRIPTOR::default();
    let length = u32::try_from(size_of_val(&list)).unwrap_or_default();
    // SAFETY: both are as long as the calls take them for and live to the end of this; the descriptor points to the list,
    // and is copied by the last call.
    let done = unsafe {
        InitializeAcl(list.as_mut_ptr().cast(), length, ACL_REVISION) != 0
            && InitializeSecurityDescriptor((&raw mut descriptor).cast(), REVISION) != 0
            && SetSecurityDescriptorDacl((&raw mut descriptor).cast(), 1, list.as_ptr().cast(), 0) != 0
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
