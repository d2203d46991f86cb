//! Random numbers for the one crate that would import them from a library that is no KnownDLL.
//!
//! getrandom 0.2, which age brings along, imports `BCryptGenRandom` by name, and offers no other way on Windows. A `bcrypt.dll`
//! next to the program would then run before `main` (see [`super::search_path`]). So the function is defined here, where the
//! linker finds it first, by what getrandom itself falls back on and what Rust's library and getrandom 0.4 use on this target:
//! `RtlGenRandom` of advapi32, a KnownDLL. Since Windows Vista both are the same generator
//! (<https://learn.microsoft.com/windows/win32/api/ntsecapi/nf-ntsecapi-rtlgenrandom>). `cargo xtask dist` fails when bcrypt is
//! imported after all.

use std::ffi::c_void;

use windows_sys::Win32::Foundation::{
    NTSTATUS, STATUS_INVALID_PARAMETER, STATUS_SUCCESS, STATUS_UNSUCCESSFUL,
};
use windows_sys::Win32::Security::Authentication::Identity::RtlGenRandom;
use windows_sys::Win32::Security::Cryptography::{BCRYPT_ALG_HANDLE, BCRYPT_USE_SYSTEM_PREFERRED_RNG};

/// Fills a buffer with random bytes.
///
/// # Safety
/// The buffer may be written, and is as long as is said.
#[unsafe(no_mangle)]
unsafe extern "system" fn BCryptGenRandom(
    algorithm: BCRYPT_ALG_HANDLE,
    buffer: *mut u8,
    length: u32,
    flags: u32,
) -> NTSTATUS {
    // The system's own generator is the only one here, and no algorithm's.
    if !algorithm.is_null() || flags != BCRYPT_USE_SYSTEM_PREFERRED_RNG {
        return STATUS_INVALID_PARAMETER;
    }
    // SAFETY: as the caller says.
    if unsafe { RtlGenRandom(buffer.cast::<c_void>(), length) } {
        STATUS_SUCCESS
    } else {
        STATUS_UNSUCCESSFUL
    }
}

/// The address by which a call into a library finds the function.
#[used]
#[unsafe(export_name = "__imp_BCryptGenRandom")]
static IMPORT: unsafe extern "system" fn(BCRYPT_ALG_HANDLE, *mut u8, u32, u32) -> NTSTATUS = BCryptGenRandom;
