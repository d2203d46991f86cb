//! What a static program leaves out of the C library: where a thread's stack stands.
//!
//! Rust's library asks it for one thing only, to say "has overflowed its stack" before such a thread ends the process, which it does all
//! the same. The C library finds the answer for the first thread in `/proc/self/maps`, and the reading of numbers out of text that it
//! does this with (`sscanf`, with all of floating point and of wide characters) is some 60 KB of a program that is to be small.

use std::ffi::{c_int, c_void};

/// In place of the C library's: it does not tell. Rust's library then knows of no guard page.
#[allow(
    unsafe_code,
    reason = "a name that the C library has as well; where nothing else is linked in, this is the one that is called"
)]
#[unsafe(no_mangle)]
extern "C" fn pthread_getattr_np(_thread: usize, _attributes: *mut c_void) -> c_int {
    const NOT_TOLD: c_int = 38;
    NOT_TOLD
}
