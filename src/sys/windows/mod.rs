//! What the calls to Windows of all subjects share: handles, tokens, libraries, texts.
//!
//! Calls here and in the subjects' `windows` modules ask, and change nothing on the machine but for the self-test's own files and keys. They are thin:
//! what they answer is read by [`super::layouts`], which is tested everywhere. Only functions that Windows 7 SP1 has are called.

pub(in crate::sys) mod handle;
pub(in crate::sys) mod library;
mod random;
pub(in crate::sys) mod search_path;
pub(in crate::sys) mod security;
pub(in crate::sys) mod token;

use windows_sys::Win32::Foundation::FILETIME;

/// A moment or a duration in units of 100 ns.
pub(in crate::sys) fn ticks(time: FILETIME) -> u64 {
    (u64::from(time.dwHighDateTime) << 32) | u64::from(time.dwLowDateTime)
}

/// The text before the first zero.
pub(in crate::sys) fn text(units: &[u16]) -> String {
    String::from_utf16_lossy(units.split(|unit| *unit == 0).next().unwrap_or_default())
}

/// Most units of a text whose length nothing else says.
const MAX_TEXT: usize = 32 << 10;

/// Reads a text that a call left behind; empty where there is none.
///
/// # Safety
/// The pointer is null, or the text that it points to ends in a zero.
pub(in crate::sys) unsafe fn text_at(text: *const u16) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: up to the zero all may be read, and nothing behind it is.
    let length = (0..MAX_TEXT).take_while(|at| unsafe { *text.add(*at) } != 0).count();
    // SAFETY: so many units were read just now.
    String::from_utf16_lossy(unsafe { std::slice::from_raw_parts(text, length) })
}

/// Reads a text of bytes.
///
/// # Safety
/// As of [`text_at`].
pub(in crate::sys) unsafe fn narrow_text_at(text: *const u8) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: up to the zero all may be read, and nothing behind it is.
    let length = (0..MAX_TEXT).take_while(|at| unsafe { *text.add(*at) } != 0).count();
    // SAFETY: so many bytes were read just now.
    String::from_utf8_lossy(unsafe { std::slice::from_raw_parts(text, length) }).into_owned()
}
