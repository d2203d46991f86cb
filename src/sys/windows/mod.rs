//! Windows: a target's files by handles ([`root`]), its volumes, its own registry, and what this process may do.
//!
//! Everything here asks and nothing changes anything on the machine, but [`specimens`] for the self-test; the calls are thin, and what they answer is read by
//! [`super::layouts`], which is tested everywhere. Only functions that Windows 7 SP1 has are called.

mod facts;
mod handle;
mod library;
mod memory;
mod network;
mod objects;
mod people;
mod process;
mod ranges;
mod registry;
mod resolver;
mod root;
mod running;
mod services;
mod sessions;
mod shadows;
mod signature;
mod sockets;
mod specimens;
mod volumes;

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::windows::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::windows::fs::FileExt as _;
use std::path::{Path, PathBuf};

use windows_sys::Win32::Foundation::FILETIME;

pub(crate) use self::memory::{ProcessMemory, loose_code, process_facts, process_ids, processes};
pub(crate) use self::network::{adapters, neighbours, routes};
pub(crate) use self::objects::{named_objects, named_pipes};
pub(crate) use self::people::{local_accounts, local_groups};
pub(crate) use self::process::{
    backup_privilege, boot_time, clock_synchronised, effective_capabilities, integrity, privileged,
};
pub use self::process::{on_close, peak_memory, ui_language};
pub(crate) use self::ranges::data_ranges;
pub(crate) use self::registry::{
    contents as registry_contents, subkeys as registry_subkeys, value as registry_value,
};
pub(crate) use self::resolver::cached_names;
pub(crate) use self::root::{Folder, Root};
pub(crate) use self::running::{environment, loaded_modules, process_details};
pub(crate) use self::services::services;
pub(crate) use self::sessions::{logons, sessions};
pub(crate) use self::shadows::shadow_copies;
pub(crate) use self::signature::signature;
pub(crate) use self::sockets::socket_tables;
pub(crate) use self::specimens::{born, make_link, make_peculiar, make_sparse};
pub use self::volumes::{begin_writing, free_space};
pub(crate) use self::volumes::{device_size, mounted_volume, mountinfo, raw_volume, used_space, volumes};
pub(crate) use super::not_linux::{ask_kernel, ask_resolver, ask_table};
use super::{HostSystem, LiveSystem, layouts};

/// Another program has it open and shares it with nobody; or has locked a part of it.
const IN_USE: [i32; 2] = [32, 33];

/// Names that no file can have: bad ones, and those of what is no folder.
const NO_NAME: [i32; 3] = [123, 161, 267];

/// This machine's own files as a target.
#[allow(clippy::unnecessary_wraps, reason = "not every system has it")]
pub(crate) fn live() -> Option<LiveSystem> {
    Some(LiveSystem { system: HostSystem::Windows, roots: volumes::places() })
}

/// Whether this system tells its tables as Windows does.
pub(crate) const TELLS_AS_WINDOWS: bool = true;

/// Whether files and folders have streams besides their content here.
pub(crate) const HAS_STREAMS: bool = true;

/// Reads at an offset of a file.
pub(crate) fn read_at(file: &File, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
    file.seek_read(buffer, offset)
}

/// Whether an error says that what was asked for is there no more.
#[must_use]
pub fn is_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
}

/// Whether an error says that nothing is there under that path: no such name, no folder on the way, or a link where
/// none may be followed.
pub(crate) fn is_nothing(error: &io::Error) -> bool {
    is_gone(error)
        || error.kind() == io::ErrorKind::NotADirectory
        || error.raw_os_error().is_some_and(|code| NO_NAME.contains(&code))
}

/// Whether an error says that another program keeps it for itself.
pub(crate) fn is_in_use(error: &io::Error) -> bool {
    error.raw_os_error().is_some_and(|code| IN_USE.contains(&code))
}

/// A name as the bytes of an origin.
pub(crate) fn name_bytes(name: &OsStr) -> Vec<u8> {
    layouts::from_wide(&name.encode_wide().collect::<Vec<_>>())
}

/// A name out of the bytes of an origin.
fn name_of(bytes: &[u8]) -> OsString {
    OsString::from_wide(&layouts::to_wide(bytes))
}

/// A path as bytes, joined by `/`.
pub(crate) fn path_bytes(path: &Path) -> Vec<u8> {
    let mut bytes = name_bytes(path.as_os_str());
    bytes.iter_mut().filter(|byte| **byte == b'\\').for_each(|byte| *byte = b'/');
    bytes
}

/// A path out of bytes joined by `/`.
pub(crate) fn path_of(bytes: &[u8]) -> PathBuf {
    let separated: Vec<u8> = bytes.iter().map(|byte| if *byte == b'/' { b'\\' } else { *byte }).collect();
    PathBuf::from(name_of(&separated))
}

/// A place of the table of mounts as people write it.
pub(crate) fn place_text(place: &[u8]) -> String {
    let path = place.strip_prefix(b"//?/").unwrap_or(place);
    String::from_utf8_lossy(path).replace('/', "\\")
}

/// A moment or a stretch of time in units of 100 ns.
fn ticks(time: FILETIME) -> u64 {
    (u64::from(time.dwHighDateTime) << 32) | u64::from(time.dwLowDateTime)
}

/// What stands before the first zero.
fn text(units: &[u16]) -> String {
    String::from_utf16_lossy(units.split(|unit| *unit == 0).next().unwrap_or_default())
}

/// Most units of a text whose length nothing else says.
const MAX_TEXT: usize = 32 << 10;

/// A text that a call left somewhere; empty where there is none.
///
/// # Safety
/// It is null, or what stands there ends in a zero.
unsafe fn text_at(text: *const u16) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: up to the zero all may be read, and nothing behind it is.
    let length = (0..MAX_TEXT).take_while(|at| unsafe { *text.add(*at) } != 0).count();
    // SAFETY: so many units were read just now.
    String::from_utf16_lossy(unsafe { std::slice::from_raw_parts(text, length) })
}

/// The same of bytes.
///
/// # Safety
/// As of [`text_at`].
unsafe fn narrow_text_at(text: *const u8) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: up to the zero all may be read, and nothing behind it is.
    let length = (0..MAX_TEXT).take_while(|at| unsafe { *text.add(*at) } != 0).count();
    // SAFETY: so many bytes were read just now.
    String::from_utf8_lossy(unsafe { std::slice::from_raw_parts(text, length) }).into_owned()
}
