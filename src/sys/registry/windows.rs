//! Windows: the registry by its own functions.

use std::ptr;

use windows_sys::Win32::Foundation::{ERROR_MORE_DATA, ERROR_SUCCESS, FILETIME};
use windows_sys::Win32::System::Registry::{
    HKEY, HKEY_LOCAL_MACHINE, HKEY_USERS, KEY_READ, KEY_WOW64_64KEY, RegCloseKey, RegEnumKeyExW,
    RegEnumValueW, RegOpenKeyExW, RegQueryInfoKeyW, RegQueryValueExW,
};

use super::{RegistryEntry, RegistryKey};
use crate::sys::layouts;
use crate::sys::windows::{text, ticks};

/// Largest value asked for: what is read is names, paths and numbers.
const MAX_VALUE: usize = 64 << 10;

/// Most names of keys below one key: the servicing stack has some ten thousand.
const MAX_KEYS: u32 = 100_000;

/// Most values of one key.
const MAX_VALUES: u32 = 10_000;

/// Units of the longest name of a value, and its end.
const MAX_NAME: usize = 16_384;

/// An open key.
struct Key(HKEY);

impl Key {
    fn open(path: &str) -> Option<Self> {
        let (root, path) = match path.strip_prefix("HKEY_USERS") {
            Some(rest) => (HKEY_USERS, rest.trim_start_matches('\\')),
            None => (HKEY_LOCAL_MACHINE, path),
        };
        let path: Vec<u16> = path.encode_utf16().chain([0]).collect();
        let mut key: HKEY = ptr::null_mut();
        // SAFETY: the path ends in a zero and outlives the call; `key` is of the call's type.
        let answer =
            unsafe { RegOpenKeyExW(root, path.as_ptr(), 0, KEY_READ | KEY_WOW64_64KEY, &raw mut key) };
        (answer == ERROR_SUCCESS).then_some(Self(key))
    }

    /// When it, or a value of it, was last changed.
    fn written(&self) -> Option<FILETIME> {
        let mut time = FILETIME::default();
        // SAFETY: the key is open; all but the time, which is of the call's type, is not asked for.
        let answer = unsafe {
            RegQueryInfoKeyW(
                self.0,
                ptr::null_mut(),
                ptr::null_mut(),
                ptr::null(),
                ptr::null_mut(),
                ptr::null_mut(),
                ptr::null_mut(),
                ptr::null_mut(),
                ptr::null_mut(),
                ptr::null_mut(),
                ptr::null_mut(),
                &raw mut time,
            )
        };
        (answer == ERROR_SUCCESS).then_some(time)
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        // SAFETY: the key was opened by this program and is closed once.
        unsafe { RegCloseKey(self.0) };
    }
}

pub(super) fn registry_value(key: &str, name: &str) -> Option<RegistryEntry> {
    let key = Key::open(key)?;
    let wide: Vec<u16> = name.encode_utf16().chain([0]).collect();
    let mut data = vec![0_u8; MAX_VALUE];
    let (mut kind, mut length) = (0, u32::try_from(MAX_VALUE).ok()?);
    // SAFETY: the key is open, the name ends in a zero, and the buffer is as long as is said.
    let answer = unsafe {
        RegQueryValueExW(key.0, wide.as_ptr(), ptr::null(), &raw mut kind, data.as_mut_ptr(), &raw mut length)
    };
    data.truncate(usize::try_from(length).ok()?);
    (answer == ERROR_SUCCESS).then(|| RegistryEntry { name: name.to_owned(), kind, data })
}

pub(super) fn registry_contents(key: &str) -> Option<RegistryKey> {
    let key = Key::open(key)?;
    let written = key.written().and_then(|time| layouts::filetime(ticks(time)));
    let (mut name, mut data) = (vec![0_u16; MAX_NAME], vec![0_u8; MAX_VALUE]);
    let mut values = Vec::new();
    for index in 0..MAX_VALUES {
        let (mut kind, mut name_length) = (0, u32::try_from(name.len()).ok()?);
        let mut length = u32::try_from(data.len()).ok()?;
        // SAFETY: the key is open, and both buffers have the lengths that are said.
        let answer = unsafe {
            RegEnumValueW(
                key.0,
                index,
                name.as_mut_ptr(),
                &raw mut name_length,
                ptr::null(),
                &raw mut kind,
                data.as_mut_ptr(),
                &raw mut length,
            )
        };
        let data = match answer {
            ERROR_SUCCESS => data.get(..usize::try_from(length).ok()?)?.to_vec(),
            ERROR_MORE_DATA => Vec::new(),
            // There are no more, or no more are told.
            _ => break,
        };
        values.push(RegistryEntry { name: text(&name), kind, data });
    }
    Some(RegistryKey { written, values })
}

pub(super) fn registry_subkeys(key: &str) -> Vec<String> {
    let Some(key) = Key::open(key) else { return Vec::new() };
    let name_of = |index: u32| {
        // A key's name has at most 255 characters.
        let mut name = [0_u16; 256];
        let mut length = 256;
        // SAFETY: the key is open, and the buffer has the length that is said.
        let answer = unsafe {
            RegEnumKeyExW(
                key.0,
                index,
                name.as_mut_ptr(),
                &raw mut length,
                ptr::null(),
                ptr::null_mut(),
                ptr::null_mut(),
                ptr::null_mut(),
            )
        };
        let name = name.get(..usize::try_from(length).ok()?)?;
        (answer == ERROR_SUCCESS).then(|| String::from_utf16_lossy(name))
    };
    (0..MAX_KEYS).map_while(name_of).collect()
}
