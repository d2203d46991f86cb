//! Functions of Windows that are looked up when they are called: what an older one lacks, and what only some runs need.
//!
//! A library comes out of Windows' own folder and no other: one beside this program may be anybody's.

use std::ffi::{CStr, OsString};
use std::io;
use std::os::windows::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;
use std::ptr;

use windows_sys::Win32::Foundation::HMODULE;
use windows_sys::Win32::System::LibraryLoader::{
    GetProcAddress, LOAD_WITH_ALTERED_SEARCH_PATH, LoadLibraryExW,
};
use windows_sys::Win32::System::SystemInformation::GetSystemDirectoryW;

/// Longest path of Windows' own folder, in units.
const MAX_FOLDER: usize = 260;

/// A library of Windows, which stays loaded.
pub(in crate::sys) struct Library(HMODULE);

impl Library {
    /// Loads it, by the name of its file.
    pub(in crate::sys) fn load(name: &str) -> io::Result<Self> {
        let mut folder = [0_u16; MAX_FOLDER];
        let length = u32::try_from(folder.len()).unwrap_or_default();
        // SAFETY: the buffer is as long as is said.
        let length = unsafe { GetSystemDirectoryW(folder.as_mut_ptr(), length) };
        let folder =
            usize::try_from(length).ok().filter(|length| *length > 0).and_then(|to| folder.get(..to));
        let folder = OsString::from_wide(folder.ok_or_else(io::Error::last_os_error)?);
        let library = Path::new(&folder).join(name);
        let library: Vec<u16> = library.as_os_str().encode_wide().chain([0]).collect();
        // What it needs itself is looked for beside it first, and not beside this program.
        // SAFETY: the path ends in a zero.
        let library =
            unsafe { LoadLibraryExW(library.as_ptr(), ptr::null_mut(), LOAD_WITH_ALTERED_SEARCH_PATH) };
        if library.is_null() { Err(io::Error::last_os_error()) } else { Ok(Self(library)) }
    }

    /// A function of it.
    ///
    /// # Safety
    /// `F` is a pointer to a function of the form that the one of this name has.
    pub(in crate::sys) unsafe fn function<F: Copy>(&self, name: &CStr) -> io::Result<F> {
        const { assert!(size_of::<F>() == size_of::<usize>()) };
        // SAFETY: the library is loaded and stays so; the name ends in a zero.
        let found = unsafe { GetProcAddress(self.0, name.as_ptr().cast()) };
        let found = found.ok_or_else(io::Error::last_os_error)?;
        // SAFETY: both are pointers to functions, and whoever asks says that the form is right.
        Ok(unsafe { std::mem::transmute_copy(&found) })
    }
}
