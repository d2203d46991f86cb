//! Opening by handle, as the kernel's own call has it: a name below an open folder, whatever characters it holds and
//! however long its path is, shared with everybody, so that no other program is ever refused a file because of this one.

use std::io;
use std::os::windows::io::{AsRawHandle as _, BorrowedHandle, FromRawHandle as _, OwnedHandle};
use std::ptr;

use windows_sys::Wdk::Foundation::OBJECT_ATTRIBUTES;
use windows_sys::Wdk::Storage::FileSystem::{
    FILE_COMPLETE_IF_OPLOCKED, FILE_DIRECTORY_FILE, FILE_NON_DIRECTORY_FILE, FILE_OPEN,
    FILE_OPEN_FOR_BACKUP_INTENT, FILE_OPEN_NO_RECALL, FILE_OPEN_REPARSE_POINT, FILE_SYNCHRONOUS_IO_NONALERT,
    NtCreateFile,
};
use windows_sys::Win32::Foundation::{
    ERROR_OPLOCK_BREAK_IN_PROGRESS, NTSTATUS, OBJ_CASE_INSENSITIVE, RtlNtStatusToDosError,
    STATUS_DELETE_PENDING, STATUS_OPLOCK_BREAK_IN_PROGRESS, UNICODE_STRING,
};
use windows_sys::Win32::Storage::FileSystem::{
    FILE_SHARE_DELETE, FILE_SHARE_READ, FILE_SHARE_WRITE, SYNCHRONIZE,
};
use windows_sys::Win32::System::IO::{DeviceIoControl, IO_STATUS_BLOCK};

/// What is opened below a folder, and how.
#[derive(Debug, Clone, Copy)]
pub(in crate::sys) struct How {
    /// Rights asked for, besides waiting for the answer.
    pub(in crate::sys) access: u32,
    /// Options of `NtCreateFile`.
    pub(in crate::sys) options: u32,
}

/// None of them waits for another program: where one holds an opportunistic lock, a file is open at once while that program
/// is being asked to give it up (`FILE_COMPLETE_IF_OPLOCKED`). Facts can be read all the same; data waits for the answer,
/// which a program may never give. An open for `FILE_READ_ATTRIBUTES` alone asks nobody.
/// <https://learn.microsoft.com/windows-hardware/drivers/ifs/irp-mj-create2>
impl How {
    /// Itself, whatever it is and wherever it leads, and never its data from elsewhere.
    pub(in crate::sys) const fn itself(access: u32) -> Self {
        let options = FILE_OPEN_REPARSE_POINT | FILE_OPEN_FOR_BACKUP_INTENT | FILE_OPEN_NO_RECALL;
        Self { access, options: options | FILE_COMPLETE_IF_OPLOCKED }
    }

    /// A folder, not by way of a link.
    pub(in crate::sys) const fn folder(access: u32) -> Self {
        let Self { options, .. } = Self::itself(access);
        Self { access, options: options | FILE_DIRECTORY_FILE }
    }

    /// The data of a file, as whoever runs this may read it; `driver` lets the driver whose tag the file has give it.
    pub(in crate::sys) const fn data(access: u32, driver: bool) -> Self {
        let itself = if driver { 0 } else { FILE_OPEN_REPARSE_POINT };
        let options = FILE_NON_DIRECTORY_FILE | FILE_OPEN_NO_RECALL | FILE_COMPLETE_IF_OPLOCKED;
        Self { access, options: itself | options }
    }

    /// The same with the right to make backups, where it is held.
    pub(in crate::sys) const fn backup(self) -> Self {
        Self { options: self.options | FILE_OPEN_FOR_BACKUP_INTENT, ..self }
    }
}

/// Opens `name` below `folder`; an empty name opens the folder anew.
pub(in crate::sys) fn open_at(folder: BorrowedHandle<'_>, name: &[u16], how: How) -> io::Result<OwnedHandle> {
    open(folder, name, how).map(|(handle, _)| handle)
}

/// Opens `name` below `folder` to read its data.
///
/// # Errors
/// `ERROR_OPLOCK_BREAK_IN_PROGRESS` where a read would wait until another program gives up its opportunistic lock.
pub(in crate::sys) fn open_data_at(
    folder: BorrowedHandle<'_>,
    name: &[u16],
    how: How,
) -> io::Result<OwnedHandle> {
    let (handle, status) = open(folder, name, how)?;
    if status == STATUS_OPLOCK_BREAK_IN_PROGRESS {
        return Err(io::Error::from_raw_os_error(ERROR_OPLOCK_BREAK_IN_PROGRESS.cast_signed()));
    }
    Ok(handle)
}

/// Opens `name` below `folder`; returns the kernel's answer as well, one of its successes.
fn open(folder: BorrowedHandle<'_>, name: &[u16], how: How) -> io::Result<(OwnedHandle, NTSTATUS)> {
    let length = name.len().checked_mul(2).and_then(|bytes| u16::try_from(bytes).ok());
    let length = length.ok_or(io::ErrorKind::InvalidFilename)?;
    let text = UNICODE_STRING { Length: length, MaximumLength: length, Buffer: name.as_ptr().cast_mut() };
    let attributes = OBJECT_ATTRIBUTES {
        Length: u32::try_from(size_of::<OBJECT_ATTRIBUTES>()).unwrap_or_default(),
        RootDirectory: folder.as_raw_handle(),
        ObjectName: &raw const text,
        Attributes: OBJ_CASE_INSENSITIVE,
        SecurityDescriptor: ptr::null(),
        SecurityQualityOfService: ptr::null(),
    };
    let mut status = IO_STATUS_BLOCK::default();
    let mut handle = ptr::null_mut();
    // SAFETY: `folder` is open; `attributes`, `text` and the name it points to outlive the call, which only reads them; the
    // two it writes to are of its types. Opened for synchronous use, so nothing is written after it returns.
    let answer = unsafe {
        NtCreateFile(
            &raw mut handle,
            how.access | SYNCHRONIZE,
            &raw const attributes,
            &raw mut status,
            ptr::null(),
            0,
            FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
            FILE_OPEN,
            how.options | FILE_SYNCHRONOUS_IO_NONALERT,
            ptr::null(),
            0,
        )
    };
    if answer < 0 {
        return Err(error_of(answer));
    }
    // SAFETY: the call succeeded, so this is an open handle that nobody else has.
    let handle = unsafe { OwnedHandle::from_raw_handle(handle) };
    Ok((handle, answer))
}

/// The kernel's answer as an error of the system. A file that is being deleted is gone: the system's own table would
/// call it refused.
pub(in crate::sys) fn error_of(status: NTSTATUS) -> io::Error {
    if status == STATUS_DELETE_PENDING {
        return io::ErrorKind::NotFound.into();
    }
    // SAFETY: it takes and gives a number.
    let code = unsafe { RtlNtStatusToDosError(status) };
    io::Error::from_raw_os_error(code.cast_signed())
}

/// Asks the file system something about an open file; gives how many bytes of `out` it filled. An answer that goes on
/// beyond them is no failure: the flag says so.
pub(in crate::sys) fn control(
    handle: BorrowedHandle<'_>,
    code: u32,
    input: &[u8],
    out: &mut [u8],
) -> io::Result<(usize, bool)> {
    let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let mut filled = 0_u32;
    // SAFETY: the handle is open for synchronous use; both buffers are as long as is said, and outlive the call.
    let done = unsafe {
        DeviceIoControl(
            handle.as_raw_handle(),
            code,
            input.as_ptr().cast(),
            length(input),
            out.as_mut_ptr().cast(),
            length(out),
            &raw mut filled,
            ptr::null_mut(),
        )
    };
    let filled = usize::try_from(filled).unwrap_or(usize::MAX).min(out.len());
    if done != 0 {
        return Ok((filled, false));
    }
    let error = io::Error::last_os_error();
    if error.raw_os_error() == Some(ERROR_MORE_DATA) { Ok((filled, true)) } else { Err(error) }
}

/// More is there than the buffer holds.
pub(in crate::sys) const ERROR_MORE_DATA: i32 = 234;
