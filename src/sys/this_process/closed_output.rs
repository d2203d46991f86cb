//! Whether standard output was closed when this process began (`>&-`).
//!
//! The standard library opens `/dev/null` in its place before `main`, so that no file gets its number; what is written then is
//! lost without an error. So it is asked before that: by a function that the loader calls first.

use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicBool, Ordering};

static CLOSED: AtomicBool = AtomicBool::new(false);

#[used]
// SAFETY: the section holds pointers to functions that the loader calls once each before `main`; this one needs nothing that is
// set up later: it makes one system call and stores a flag.
#[unsafe(link_section = ".init_array")]
static ASK: extern "C" fn() = ask;

extern "C" fn ask() {
    // SAFETY: number 1 is only asked about, and whether it is open is the question; no thread runs yet that could close it.
    let output = unsafe { BorrowedFd::borrow_raw(1) };
    CLOSED.store(rustix::io::fcntl_getfd(output) == Err(rustix::io::Errno::BADF), Ordering::Relaxed);
}

pub(super) fn was_closed() -> bool {
    CLOSED.load(Ordering::Relaxed)
}
