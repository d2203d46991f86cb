//! Windows: the registry by the kernel's own calls, whose names are counted and end at no zero.
//!
//! <https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-zwopenkeyex>

use std::ffi::c_void;
use std::io;
use std::os::windows::io::{AsRawHandle as _, FromRawHandle as _, OwnedHandle};
use std::ptr;

use windows_sys::Wdk::Foundation::OBJECT_ATTRIBUTES;
use windows_sys::Wdk::System::Registry::{
    KeyBasicInformation, KeyValueBasicInformation, KeyValueFullInformation, KeyValuePartialInformation,
    NtEnumerateKey, NtEnumerateValueKey, NtOpenKeyEx, NtQueryKey, NtQueryValueKey,
};
use windows_sys::Win32::Foundation::{
    HANDLE, NTSTATUS, OBJ_CASE_INSENSITIVE, STATUS_BUFFER_OVERFLOW, STATUS_BUFFER_TOO_SMALL,
    STATUS_KEY_DELETED, STATUS_NO_MORE_ENTRIES, UNICODE_STRING,
};
use windows_sys::Win32::System::Registry::{KEY_READ, REG_OPTION_BACKUP_RESTORE};

use super::{RegistryEntry, RegistryKey, RegistryNames};
use crate::sys::layouts;
use crate::sys::this_process::backup_privilege;
use crate::sys::windows::handle;

/// Largest value that is read. Windows advises 2 KB; policies of a few MB were seen.
const MAX_VALUE: usize = 16 << 20;

/// Most bytes of all values of a key, one value more or less.
const MAX_KEY: usize = 64 << 20;

/// Most names of keys below one key: the servicing stack has some ten thousand.
const MAX_KEYS: u32 = 100_000;

/// Most values of one key.
const MAX_VALUES: u32 = 100_000;

/// Words of a buffer to begin with, and bytes in front of a value's data at most: its name has 32,767 characters.
const BUFFER: usize = 512;
const MAX_HEAD: usize = 68 << 10;

/// An open key.
pub(super) struct NativeKey(OwnedHandle);

impl NativeKey {
    pub(super) fn open(path: &str) -> io::Result<Self> {
        let path = path.trim_end_matches('\\');
        let path = match path.strip_prefix("HKEY_USERS") {
            Some(rest) => format!("\\Registry\\User{rest}"),
            None => format!("\\Registry\\Machine\\{path}"),
        };
        open(ptr::null_mut(), &path.encode_utf16().collect::<Vec<_>>())
    }

    pub(super) fn below(&self, name: &[u8]) -> io::Result<Self> {
        open(self.0.as_raw_handle(), &layouts::to_wide(name))
    }

    pub(super) fn contents(&self) -> RegistryKey {
        let mut buffer = vec![0_u64; BUFFER];
        let (mut values, mut unread, mut left) = (Vec::new(), Vec::new(), MAX_KEY);
        for index in 0..=MAX_VALUES {
            if index == MAX_VALUES || left == 0 {
                // That there is one more is all that is asked for.
                if let Ok(Some(_)) = self.enumerated(index, KeyValueBasicInformation, &mut buffer) {
                    unread.push((None, limit(index)));
                }
                break;
            }
            match self.enumerated(index, KeyValueFullInformation, &mut buffer) {
                Ok(None) => break,
                Ok(Some(answer)) => match layouts::full_value(answer) {
                    Some((name, kind, data)) => {
                        left = left.saturating_sub(data.len());
                        values.push(RegistryEntry { name, kind, data: data.to_vec() });
                    }
                    None => unread.push((None, io::ErrorKind::InvalidData.into())),
                },
                Err(error) => {
                    let goes_on = error.kind() == io::ErrorKind::FileTooLarge;
                    let name = self.enumerated(index, KeyValueBasicInformation, &mut buffer);
                    unread.push((name.ok().flatten().and_then(layouts::value_name), error));
                    if !goes_on {
                        break;
                    }
                }
            }
        }
        RegistryKey { written: self.written(&mut buffer), values, unread }
    }

    pub(super) fn value(&self, name: &str) -> io::Result<Option<RegistryEntry>> {
        let units: Vec<u16> = name.encode_utf16().collect();
        let text = counted(&units)?;
        let mut buffer = vec![0_u64; BUFFER];
        let answer = ask(&mut buffer, |to, size, length| {
            // SAFETY: the key is open; `text` and the units it points to outlive the call, and the buffer is as long as is
            // said.
            unsafe {
                NtQueryValueKey(
                    self.0.as_raw_handle(),
                    &raw const text,
                    KeyValuePartialInformation,
                    to,
                    size,
                    length,
                )
            }
        });
        let answer = match answer {
            Ok(answer) => answer.and_then(layouts::partial_value),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let (kind, data) = answer.ok_or(io::ErrorKind::InvalidData)?;
        Ok(Some(RegistryEntry { name: name.as_bytes().to_vec(), kind, data: data.to_vec() }))
    }

    pub(super) fn names(&self) -> RegistryNames {
        let mut buffer = vec![0_u64; BUFFER];
        let mut listed = RegistryNames::default();
        for index in 0..=MAX_KEYS {
            let answer = ask(&mut buffer, |to, size, length| {
                // SAFETY: the key is open, and the buffer is as long as is said.
                unsafe {
                    NtEnumerateKey(self.0.as_raw_handle(), index, KeyBasicInformation, to, size, length)
                }
            });
            match answer {
                Ok(None) => break,
                Ok(Some(_)) if index == MAX_KEYS => listed.failure = Some(limit(index)),
                Ok(Some(answer)) => match layouts::key_name(answer) {
                    Some(name) => listed.names.push(name),
                    None => listed.failure = Some(io::ErrorKind::InvalidData.into()),
                },
                Err(error) => {
                    listed.failure = Some(error);
                    break;
                }
            }
        }
        listed
    }

    /// When it, or a value of it, was last changed.
    fn written(&self, buffer: &mut Vec<u64>) -> Option<crate::evidence::Utc> {
        let answer = ask(buffer, |to, size, length| {
            // SAFETY: the key is open, and the buffer is as long as is said.
            unsafe { NtQueryKey(self.0.as_raw_handle(), KeyBasicInformation, to, size, length) }
        });
        layouts::filetime(layouts::key_written(answer.ok()??)?)
    }

    /// The value of a number; `None` behind the last.
    fn enumerated<'a>(
        &self,
        index: u32,
        class: i32,
        buffer: &'a mut Vec<u64>,
    ) -> io::Result<Option<&'a [u8]>> {
        ask(buffer, |to, size, length| {
            // SAFETY: the key is open, and the buffer is as long as is said.
            unsafe { NtEnumerateValueKey(self.0.as_raw_handle(), index, class, to, size, length) }
        })
    }
}

fn limit(most: u32) -> io::Error {
    io::Error::new(io::ErrorKind::QuotaExceeded, format!("no more than {most} of one key are read"))
}

/// A text that a call is given. The units outlive it.
fn counted(units: &[u16]) -> io::Result<UNICODE_STRING> {
    let length = units.len().checked_mul(2).and_then(|bytes| u16::try_from(bytes).ok());
    let length = length.ok_or(io::ErrorKind::InvalidFilename)?;
    Ok(UNICODE_STRING { Length: length, MaximumLength: length, Buffer: units.as_ptr().cast_mut() })
}

/// Opens a key below another, or by its whole path; as whoever makes backups where its permissions refuse.
fn open(root: HANDLE, name: &[u16]) -> io::Result<NativeKey> {
    let text = counted(name)?;
    let attributes = OBJECT_ATTRIBUTES {
        Length: u32::try_from(size_of::<OBJECT_ATTRIBUTES>()).unwrap_or_default(),
        RootDirectory: root,
        ObjectName: &raw const text,
        Attributes: OBJ_CASE_INSENSITIVE,
        SecurityDescriptor: ptr::null(),
        SecurityQualityOfService: ptr::null(),
    };
    let attempt = |options: u32| {
        let mut key: HANDLE = ptr::null_mut();
        // SAFETY: `root` is open or null; `attributes`, `text` and the name it points to outlive the call, which only reads
        // them; `key` is of the call's type.
        let status = unsafe { NtOpenKeyEx(&raw mut key, KEY_READ, &raw const attributes, options) };
        if status < 0 {
            return Err(error_of(status));
        }
        // SAFETY: the call succeeded, so this is an open handle that nobody else has.
        Ok(NativeKey(unsafe { OwnedHandle::from_raw_handle(key) }))
    };
    match attempt(0) {
        Err(refused)
            if refused.kind() == io::ErrorKind::PermissionDenied && backup_privilege() == Some(true) =>
        {
            attempt(REG_OPTION_BACKUP_RESTORE).map_err(|_| refused)
        }
        answer => answer,
    }
}

/// Asks with a buffer that grows until the answer fits; `None` where there are no more entries.
fn ask(
    buffer: &mut Vec<u64>,
    call: impl Fn(*mut c_void, u32, *mut u32) -> NTSTATUS,
) -> io::Result<Option<&[u8]>> {
    let most = MAX_VALUE.saturating_add(MAX_HEAD);
    let length = loop {
        let size = size_of_val(buffer.as_slice());
        let mut length = 0;
        match call(buffer.as_mut_ptr().cast(), u32::try_from(size).unwrap_or(u32::MAX), &raw mut length) {
            STATUS_NO_MORE_ENTRIES => return Ok(None),
            STATUS_BUFFER_OVERFLOW | STATUS_BUFFER_TOO_SMALL => {
                let wanted = usize::try_from(length).unwrap_or(usize::MAX);
                if wanted > most || size >= most {
                    let text = format!("{wanted} bytes, of which no more than {MAX_VALUE} are read");
                    return Err(io::Error::new(io::ErrorKind::FileTooLarge, text));
                }
                // It may have grown meanwhile.
                let wanted = wanted.max(size.saturating_mul(2)).min(most);
                buffer.resize(wanted.div_ceil(size_of::<u64>()), 0);
            }
            status if status < 0 => return Err(error_of(status)),
            _ => break usize::try_from(length).unwrap_or(usize::MAX).min(size),
        }
    };
    // SAFETY: the buffer has so many bytes, all of them initialised, and any bytes are valid as such.
    Ok(Some(unsafe { std::slice::from_raw_parts(buffer.as_ptr().cast(), length) }))
}

/// The kernel's answer as an error of the system; a key that is being deleted is gone.
fn error_of(status: NTSTATUS) -> io::Error {
    if status == STATUS_KEY_DELETED {
        return io::ErrorKind::NotFound.into();
    }
    handle::error_of(status)
}
