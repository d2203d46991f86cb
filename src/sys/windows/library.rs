//! Libraries of Windows that are loaded when they are first called, by their full path in System32.
//!
//! What the program imports by name, Windows looks for next to the program first, unless it is a KnownDLL: a file planted there
//! would run before `main`. So only KnownDLLs are imported (`cargo xtask dist` checks it), and every other library is loaded
//! here. A function that this Windows lacks is an error of [`io::ErrorKind::Unsupported`] to whoever asks for it.

use std::ffi::{CStr, OsString};
use std::io;
use std::os::windows::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::PathBuf;
use std::ptr;

use windows_sys::Win32::Foundation::{ERROR_INVALID_PARAMETER, HMODULE};
use windows_sys::Win32::System::LibraryLoader::{
    GetProcAddress, LOAD_LIBRARY_SEARCH_SYSTEM32, LOAD_WITH_ALTERED_SEARCH_PATH, LoadLibraryExW,
};
use windows_sys::Win32::System::SystemInformation::GetSystemDirectoryW;

/// Longest path of Windows' own folder, in units.
const MAX_FOLDER: usize = 260;

/// Windows' own directory of programs and libraries (`System32`).
pub(in crate::sys) fn system_directory() -> io::Result<PathBuf> {
    let mut folder = [0_u16; MAX_FOLDER];
    let length = u32::try_from(folder.len()).unwrap_or_default();
    // SAFETY: the buffer is as long as is said.
    let length = unsafe { GetSystemDirectoryW(folder.as_mut_ptr(), length) };
    let folder = usize::try_from(length).ok().filter(|length| *length > 0).and_then(|to| folder.get(..to));
    Ok(OsString::from_wide(folder.ok_or_else(io::Error::last_os_error)?).into())
}

/// A library of Windows, which stays loaded.
pub(in crate::sys) struct Library(HMODULE);

impl Library {
    /// Loads it, by the name of its file.
    pub(in crate::sys) fn load(name: &str) -> io::Result<Self> {
        let library = system_directory()?.join(name);
        let library: Vec<u16> = library.as_os_str().encode_wide().chain([0]).collect();
        // What it needs itself is looked for in System32 alone. Windows 7 takes that flag only with an update (KB2533623); without it
        // the directory of the library is searched first, which is System32, and not the one of this program.
        let load = |flags| {
            // SAFETY: the path ends in a zero.
            let loaded = unsafe { LoadLibraryExW(library.as_ptr(), ptr::null_mut(), flags) };
            if loaded.is_null() { Err(io::Error::last_os_error()) } else { Ok(Self(loaded)) }
        };
        match load(LOAD_LIBRARY_SEARCH_SYSTEM32) {
            Err(error) if error.raw_os_error() == Some(ERROR_INVALID_PARAMETER.cast_signed()) => {
                load(LOAD_WITH_ALTERED_SEARCH_PATH)
            }
            loaded => loaded,
        }
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

/// Declares functions of a library that is loaded when they are first asked for: a struct with one field per function, and
/// `get`, which returns it. The form of each function is written out, and the compiler compares it with the one that
/// `windows_sys` has from Microsoft's metadata.
macro_rules! system_functions {
    (
        $(#[$doc:meta])*
        $name:ident in $file:literal {
            $($field:ident: $function:ident($($argument:ty),*) -> $answer:ty,)+
        }
    ) => {
        $(#[$doc])*
        struct $name {
            $($field: unsafe extern "system" fn($($argument),*) -> $answer,)+
        }

        // Compared only: a constant without a name is never part of the program, so nothing is imported.
        $(const _: unsafe extern "system" fn($($argument),*) -> $answer = $function;)+

        impl $name {
            /// Loads the library, once.
            ///
            /// # Errors
            /// [`std::io::ErrorKind::Unsupported`] where this Windows has no such library, or it lacks one of the functions.
            fn get() -> std::io::Result<&'static Self> {
                static LOADED: std::sync::OnceLock<Result<$name, String>> = std::sync::OnceLock::new();
                let load = || {
                    let library = $crate::sys::windows::library::Library::load($file)
                        .map_err(|error| format!("{} cannot be loaded: {error}", $file))?;
                    $(let $field = {
                        const NAME: &std::ffi::CStr =
                            match std::ffi::CStr::from_bytes_with_nul(concat!(stringify!($function), "\0").as_bytes()) {
                                Ok(name) => name,
                                Err(_) => c"",
                            };
                        // SAFETY: the form is the one that `windows_sys` has for this name, as compared above.
                        unsafe { library.function(NAME) }
                            .map_err(|error| format!("{} lacks {}: {error}", $file, stringify!($function)))?
                    };)+
                    Ok(Self { $($field),+ })
                };
                let loaded = LOADED.get_or_init(load);
                loaded.as_ref().map_err(|why| std::io::Error::new(std::io::ErrorKind::Unsupported, why.clone()))
            }
        }
    };
}

pub(in crate::sys) use system_functions;
