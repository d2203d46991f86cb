//! The running system's registry by its own functions: its hives are locked against everybody while it runs. Only read.

use std::ptr;

use windows_sys::Win32::Foundation::ERROR_SUCCESS;
use windows_sys::Win32::System::Registry::{
    HKEY, HKEY_LOCAL_MACHINE, KEY_READ, KEY_WOW64_64KEY, RegCloseKey, RegEnumKeyExW, RegOpenKeyExW,
    RegQueryValueExW,
};

use crate::sources::hive::Value;

/// Largest value asked for: what is read is names, paths and numbers.
const MAX_VALUE: usize = 64 << 10;

/// Most names of keys below one key.
const MAX_KEYS: u32 = 1_000;

/// An open key.
struct Key(HKEY);

impl Key {
    fn open(path: &str) -> Option<Self> {
        let path: Vec<u16> = path.encode_utf16().chain([0]).collect();
        let mut key: HKEY = ptr::null_mut();
        // SAFETY: the path ends in a zero and outlives the call; `key` is of the call's type.
        let answer = unsafe {
            RegOpenKeyExW(HKEY_LOCAL_MACHINE, path.as_ptr(), 0, KEY_READ | KEY_WOW64_64KEY, &raw mut key)
        };
        (answer == ERROR_SUCCESS).then_some(Self(key))
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        // SAFETY: the key was opened by this program and is closed once.
        unsafe { RegCloseKey(self.0) };
    }
}

/// A value below `HKEY_LOCAL_MACHINE`.
pub(in crate::sources) fn value(key: &str, name: &str) -> Option<Value> {
    let key = Key::open(key)?;
    let wide: Vec<u16> = name.encode_utf16().chain([0]).collect();
    let mut data = vec![0_u8; MAX_VALUE];
    let (mut kind, mut length) = (0, u32::try_from(MAX_VALUE).ok()?);
    // SAFETY: the key is open, the name ends in a zero, and the buffer is as long as is said.
    let answer = unsafe {
        RegQueryValueExW(key.0, wide.as_ptr(), ptr::null(), &raw mut kind, data.as_mut_ptr(), &raw mut length)
    };
    data.truncate(usize::try_from(length).ok()?);
    (answer == ERROR_SUCCESS).then(|| Value { name: name.to_owned(), kind, data })
}

/// The names of the keys below a key below `HKEY_LOCAL_MACHINE`.
pub(in crate::sources) fn subkeys(key: &str) -> Vec<String> {
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
