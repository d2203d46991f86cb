//! The names that this machine's resolver remembers. `DnsGetCacheDataTable` is described nowhere by Microsoft, and is in every
//! Windows since XP; what lists the cache elsewhere (`ipconfig /displaydns`, osquery) calls it too. The documented way is a
//! class of WMI, which Windows 7 lacks and which would start a process. So it is looked up when it is called: a Windows without it
//! loses these names and nothing else. It answers from memory and asks no server.

use std::io;
use std::ptr;

use crate::sys::ResolverEntry;
use crate::sys::windows::library::Library;
use crate::sys::windows::text_at;

/// Most names that are told.
const MAX_NAMES: usize = 100_000;

/// A name in the list that the call makes.
#[repr(C)]
struct Entry {
    next: *const Self,
    name: *const u16,
    kind: u16,
    _length: u16,
    _flags: u32,
}

type List = unsafe extern "system" fn(*mut *const Entry) -> i32;

pub(in crate::sys::network) fn cached_names() -> io::Result<Vec<ResolverEntry>> {
    // SAFETY: this is its form as all have it who call it: one pointer, and a truth of 32 bits as the answer.
    let list: List = unsafe { Library::load("dnsapi.dll")?.function(c"DnsGetCacheDataTable")? };
    let mut next: *const Entry = ptr::null();
    // SAFETY: the function is the one of that name, which takes a pointer to where it writes the begin of its list.
    if unsafe { list(&raw mut next) } == 0 {
        // It gives no reason: the service that remembers does not run, or remembers nothing.
        return Ok(Vec::new());
    }
    let mut names = Vec::new();
    for _ in 0..MAX_NAMES {
        // SAFETY: each entry points to the next one, the last to none; nothing frees them. How they are to be freed is not described
        // either, and this program ends soon.
        let Some(entry) = (unsafe { next.as_ref() }) else { break };
        next = entry.next;
        // SAFETY: the name ends in a zero.
        let name = unsafe { text_at(entry.name) };
        if !name.is_empty() {
            names.push(ResolverEntry { name, kind: entry.kind });
        }
    }
    Ok(names)
}
