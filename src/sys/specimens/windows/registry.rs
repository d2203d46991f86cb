//! Keys of the self-test on Windows, made by the kernel's own calls, whose names may hold zeros.

use std::collections::BTreeMap;
use std::io;
use std::os::windows::io::{AsRawHandle as _, FromRawHandle as _, OwnedHandle};
use std::ptr;

use windows_sys::Wdk::Foundation::OBJECT_ATTRIBUTES;
use windows_sys::Wdk::System::Registry::{NtCreateKey, NtDeleteKey, NtSetValueKey};
use windows_sys::Win32::Foundation::{HANDLE, OBJ_CASE_INSENSITIVE, UNICODE_STRING};
use windows_sys::Win32::Security::TokenUser;
use windows_sys::Win32::System::Registry::{KEY_ALL_ACCESS, REG_BINARY, REG_OPTION_VOLATILE};

use super::refuse_everybody;
use crate::sys::layouts;
use crate::sys::windows::{handle, token};

/// A key and those below it, open with the right to delete them.
pub(in crate::sys::specimens) struct MadeKeys {
    path: String,
    top: OwnedHandle,
    keys: BTreeMap<String, OwnedHandle>,
}

impl MadeKeys {
    pub(in crate::sys::specimens) fn new(name: &str) -> io::Result<Self> {
        let user = token::information(&token::own()?, TokenUser);
        let sid = user.as_deref().and_then(layouts::sid_behind).ok_or(io::ErrorKind::InvalidData)?;
        let path = format!("{sid}\\Software\\{name}");
        let top = create(ptr::null_mut(), &format!("\\Registry\\User\\{path}"))?;
        Ok(Self { path: format!("HKEY_USERS\\{path}"), top, keys: BTreeMap::new() })
    }

    pub(in crate::sys::specimens) fn path(&self) -> &str {
        &self.path
    }

    pub(in crate::sys::specimens) fn value(&mut self, key: &str, name: &str, data: &[u8]) -> io::Result<()> {
        if !self.keys.contains_key(key) {
            let made = create(self.top.as_raw_handle(), key)?;
            self.keys.insert(key.to_owned(), made);
        }
        let made = self.keys.get(key).ok_or(io::ErrorKind::NotFound)?;
        let units: Vec<u16> = name.encode_utf16().collect();
        let text = counted(&units)?;
        let length = u32::try_from(data.len()).map_err(|_| io::ErrorKind::FileTooLarge)?;
        // SAFETY: the key is open; `text`, the units it points to and the data outlive the call, and have the lengths that are
        // said.
        let status = unsafe {
            NtSetValueKey(made.as_raw_handle(), &raw const text, 0, REG_BINARY, data.as_ptr().cast(), length)
        };
        if status < 0 { Err(handle::error_of(status)) } else { Ok(()) }
    }

    pub(in crate::sys::specimens) fn refuse(&self, key: &str) -> io::Result<()> {
        refuse_everybody(self.keys.get(key).ok_or(io::ErrorKind::NotFound)?)
    }
}

impl Drop for MadeKeys {
    fn drop(&mut self) {
        // Keys with keys below them are not deleted, so these go first.
        for key in self.keys.values().chain([&self.top]) {
            // SAFETY: the key is open with the right to be deleted. One that stays is gone when the machine is restarted.
            unsafe { NtDeleteKey(key.as_raw_handle()) };
        }
    }
}

fn counted(units: &[u16]) -> io::Result<UNICODE_STRING> {
    let length = units.len().checked_mul(2).and_then(|bytes| u16::try_from(bytes).ok());
    let length = length.ok_or(io::ErrorKind::InvalidFilename)?;
    Ok(UNICODE_STRING { Length: length, MaximumLength: length, Buffer: units.as_ptr().cast_mut() })
}

/// Makes a volatile key below another, or by its whole path.
fn create(root: HANDLE, name: &str) -> io::Result<OwnedHandle> {
    let units: Vec<u16> = name.encode_utf16().collect();
    let text = counted(&units)?;
    let attributes = OBJECT_ATTRIBUTES {
        Length: u32::try_from(size_of::<OBJECT_ATTRIBUTES>()).unwrap_or_default(),
        RootDirectory: root,
        ObjectName: &raw const text,
        Attributes: OBJ_CASE_INSENSITIVE,
        SecurityDescriptor: ptr::null(),
        SecurityQualityOfService: ptr::null(),
    };
    // Wine writes there even where nobody asks for it.
    let (mut key, mut disposition): (HANDLE, u32) = (ptr::null_mut(), 0);
    // SAFETY: `root` is open or null; `attributes`, `text` and the units it points to outlive the call, which only reads them;
    // the two that it writes to are of its types.
    let status = unsafe {
        NtCreateKey(
            &raw mut key,
            KEY_ALL_ACCESS,
            &raw const attributes,
            0,
            ptr::null(),
            REG_OPTION_VOLATILE,
            &raw mut disposition,
        )
    };
    if status < 0 {
        return Err(handle::error_of(status));
    }
    // SAFETY: the call succeeded, so this is an open handle that nobody else has.
    Ok(unsafe { OwnedHandle::from_raw_handle(key) })
}
