//! Access rights of files and directories, asked of Windows; what they mean is read by [`crate::sys::layouts`].

use std::fs::OpenOptions;
use std::io;
use std::os::windows::fs::OpenOptionsExt as _;
use std::os::windows::io::{AsHandle as _, AsRawHandle as _, BorrowedHandle};
use std::path::Path;
use std::ptr;

use windows_sys::Win32::Security::{
    DACL_SECURITY_INFORMATION, GetKernelObjectSecurity, OWNER_SECURITY_INFORMATION, TokenUser,
};
use windows_sys::Win32::Storage::FileSystem::{
    FILE_FLAG_BACKUP_SEMANTICS, FILE_SHARE_DELETE, FILE_SHARE_READ, FILE_SHARE_WRITE,
    GetVolumeInformationByHandleW, READ_CONTROL,
};

use super::token;
use crate::sys::layouts;
use crate::sys::layouts::{Guarded, Stranger};

/// `FILE_PERSISTENT_ACLS` of `winnt.h`.
const FILE_PERSISTENT_ACLS: u32 = 0x8;

/// Bytes of a descriptor to begin with, and at most: an access list has up to 64 KiB.
const USUAL: usize = 1 << 10;
const LARGEST: usize = 128 << 10;

/// Who may change an open object besides this user and the administrators. `None` also where its volume keeps no access rights, as FAT
/// and exFAT.
pub(in crate::sys) fn stranger(handle: BorrowedHandle<'_>, guarded: Guarded) -> io::Result<Option<Stranger>> {
    if !keeps_rights(handle) {
        return Ok(None);
    }
    let own = token::own().ok().and_then(|token| token::information(&token, TokenUser));
    let own = own.as_deref().and_then(layouts::sid_behind).unwrap_or_default();
    Ok(layouts::stranger(&descriptor(handle)?, guarded, &own))
}

/// The same by a path, whose links are followed.
pub(in crate::sys) fn stranger_at(path: &Path, guarded: Guarded) -> io::Result<Option<Stranger>> {
    with_open(path, |handle| stranger(handle, guarded))?
}

/// Whether the volume of a path keeps access rights.
pub(in crate::sys) fn volume_keeps_rights(path: &Path) -> io::Result<bool> {
    with_open(path, keeps_rights)
}

/// Opens a file or directory to ask for its rights alone.
#[allow(clippy::disallowed_methods, reason = "opened to ask, not to change")]
fn with_open<T>(path: &Path, ask: impl FnOnce(BorrowedHandle<'_>) -> T) -> io::Result<T> {
    let file = OpenOptions::new()
        .access_mode(READ_CONTROL)
        .share_mode(FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)
        .custom_flags(FILE_FLAG_BACKUP_SEMANTICS)
        .open(path)?;
    Ok(ask(file.as_handle()))
}

/// A volume that does not answer is taken for one that keeps them.
pub(in crate::sys) fn keeps_rights(handle: BorrowedHandle<'_>) -> bool {
    let mut flags = 0;
    // SAFETY: the handle is open; the flags are of the call's type, and nothing else is asked for.
    let done = unsafe {
        GetVolumeInformationByHandleW(
            handle.as_raw_handle(),
            ptr::null_mut(),
            0,
            ptr::null_mut(),
            ptr::null_mut(),
            &raw mut flags,
            ptr::null_mut(),
            0,
        )
    };
    done == 0 || flags & FILE_PERSISTENT_ACLS != 0
}

/// Owner and access list of an open object.
fn descriptor(handle: BorrowedHandle<'_>) -> io::Result<Vec<u8>> {
    let mut size = USUAL;
    loop {
        let mut bytes = vec![0_u8; size];
        let mut needed = 0;
        // SAFETY: the handle is open; the buffer is as long as is said, on the heap, where it is aligned as the kernel asks.
        let done = unsafe {
            GetKernelObjectSecurity(
                handle.as_raw_handle(),
                OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
                bytes.as_mut_ptr().cast(),
                u32::try_from(size).unwrap_or_default(),
                &raw mut needed,
            )
        };
        if done != 0 {
            return Ok(bytes);
        }
        let error = io::Error::last_os_error();
        let needed = usize::try_from(needed).unwrap_or(usize::MAX);
        if needed <= size || needed > LARGEST {
            return Err(error);
        }
        size = needed;
    }
}
