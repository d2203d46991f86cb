//! The names that this machine's resolver remembers. `DnsGetCacheDataTable` is described nowhere by Microsoft, and is in every
//! Windows since XP; what lists the cache elsewhere (`ipconfig /displaydns`, osquery) calls it too. The documented way is a
//! class of WMI, which Windows 7 lacks and which would start a process. So it is looked up when it is called: a Windows without it
//! loses these rows and nothing else. It answers from memory and asks no server.

use std::ffi::OsString;
use std::io;
use std::os::windows::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;
use std::ptr;

use windows_sys::Win32::System::LibraryLoader::{GetProcAddress, LoadLibraryW};
use windows_sys::Win32::System::SystemInformation::GetSystemDirectoryW;

use super::text_at;
use crate::sources::live::windows::network::Row;

/// Most names that are told.
const MAX_NAMES: usize = 100_000;

/// Longest path of Windows' own folder, in units.
const MAX_FOLDER: usize = 260;

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

/// A row for each name.
pub(in crate::sources) fn cached_names() -> io::Result<Vec<Row>> {
    let list = list()?;
    let mut next: *const Entry = ptr::null();
    // SAFETY: the function is the one of that name, which takes a pointer to where it writes the begin of its list.
    if unsafe { list(&raw mut next) } == 0 {
        // It gives no reason: the service that remembers does not run, or remembers nothing.
        return Ok(Vec::new());
    }
    let mut rows = Vec::new();
    for _ in 0..MAX_NAMES {
        // SAFETY: each entry points to the next one, the last to none; nothing frees them. How they are to be freed is not described
        // either, and this program ends soon.
        let Some(entry) = (unsafe { next.as_ref() }) else { break };
        next = entry.next;
        // SAFETY: the name ends in a zero.
        let name = unsafe { text_at(entry.name) };
        if !name.is_empty() {
            rows.push(Row::CachedName { name, kind: entry.kind });
        }
    }
    Ok(rows)
}

/// The function, out of the library in Windows' own folder and no other: one beside this program may be anybody's.
fn list() -> io::Result<List> {
    let mut folder = [0_u16; MAX_FOLDER];
    let length = u32::try_from(folder.len()).unwrap_or_default();
    // SAFETY: the buffer is as long as is said.
    let length = unsafe { GetSystemDirectoryW(folder.as_mut_ptr(), length) };
    let folder = usize::try_from(length).ok().filter(|length| *length > 0).and_then(|to| folder.get(..to));
    let folder = OsString::from_wide(folder.ok_or_else(io::Error::last_os_error)?);
    let library = Path::new(&folder).join("dnsapi.dll");
    let library: Vec<u16> = library.as_os_str().encode_wide().chain([0]).collect();
    // SAFETY: the path ends in a zero.
    let library = unsafe { LoadLibraryW(library.as_ptr()) };
    if library.is_null() {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the library is loaded and stays so; the name ends in a zero.
    let found = unsafe { GetProcAddress(library, c"DnsGetCacheDataTable".as_ptr().cast()) };
    let found = found.ok_or_else(io::Error::last_os_error)?;
    // SAFETY: this is its form as all have it who call it: one pointer, and a truth of 32 bits as the answer.
    Ok(unsafe { std::mem::transmute::<unsafe extern "system" fn() -> isize, List>(found) })
}
