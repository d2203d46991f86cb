//! The shadow copies of this machine's volumes, by the names of their devices: what the kernel's folder `\Device` lists. Asking
//! so needs no service to run and changes nothing.

use std::os::windows::io::{AsRawHandle as _, FromRawHandle as _, OwnedHandle};
use std::path::PathBuf;
use std::ptr;

use windows_sys::Wdk::Foundation::OBJECT_ATTRIBUTES;
use windows_sys::Wdk::Storage::FileSystem::{NtOpenDirectoryObject, NtQueryDirectoryObject};
use windows_sys::Win32::Foundation::UNICODE_STRING;

use super::super::forms;

/// The right to list such a folder.
const DIRECTORY_QUERY: u32 = 1;

/// Most devices looked at; a machine has some hundred.
const MAX_DEVICES: usize = 1 << 16;

/// Bytes of one answer: a name and its kind.
const ANSWER: usize = 4 << 10;

/// The number of each shadow copy, as Windows counts them, and the root of its file system.
pub(in crate::sources) fn shadow_copies() -> Vec<(u32, PathBuf)> {
    let Some(folder) = devices() else { return Vec::new() };
    let (mut answer, mut context, mut numbers) = (vec![0_u64; ANSWER / 8], 0_u32, Vec::new());
    for count in 0..MAX_DEVICES {
        let length = u32::try_from(ANSWER).unwrap_or_default();
        // SAFETY: the folder is open to be listed; the buffer is as long as is said and aligned for pointers; the context is
        // the call's own.
        let status = unsafe {
            NtQueryDirectoryObject(
                folder.as_raw_handle(),
                answer.as_mut_ptr().cast(),
                length,
                true,
                count == 0,
                &raw mut context,
                ptr::null_mut(),
            )
        };
        // Anything but success is the end: that there is no more, or that no more is told.
        if status != 0 {
            break;
        }
        let base = u64::try_from(answer.as_ptr().addr()).unwrap_or_default();
        let bytes: Vec<u8> = answer.iter().flat_map(|word| word.to_le_bytes()).collect();
        numbers.extend(forms::object_name(&bytes, base).and_then(|name| forms::shadow_copy(&name)));
    }
    numbers.sort_unstable();
    let root =
        |number| PathBuf::from(format!("\\\\?\\GLOBALROOT\\Device\\HarddiskVolumeShadowCopy{number}\\"));
    numbers.into_iter().map(|number| (number, root(number))).collect()
}

/// Opens the kernel's folder of devices.
fn devices() -> Option<OwnedHandle> {
    let name: Vec<u16> = "\\Device".encode_utf16().collect();
    let length = u16::try_from(name.len().checked_mul(2)?).ok()?;
    let text = UNICODE_STRING { Length: length, MaximumLength: length, Buffer: name.as_ptr().cast_mut() };
    let attributes = OBJECT_ATTRIBUTES {
        Length: u32::try_from(size_of::<OBJECT_ATTRIBUTES>()).ok()?,
        RootDirectory: ptr::null_mut(),
        ObjectName: &raw const text,
        Attributes: 0,
        SecurityDescriptor: ptr::null(),
        SecurityQualityOfService: ptr::null(),
    };
    let mut handle = ptr::null_mut();
    // SAFETY: the attributes and the name they point to outlive the call, which only reads them.
    if unsafe { NtOpenDirectoryObject(&raw mut handle, DIRECTORY_QUERY, &raw const attributes) } < 0 {
        return None;
    }
    // SAFETY: the call succeeded, so this is an open handle that nobody else has.
    Some(unsafe { OwnedHandle::from_raw_handle(handle) })
}
