//! Where Windows looks for libraries that this process asks for by name: System32, and nowhere else.
//!
//! Three measures, since no Windows has all of them. The program imports KnownDLLs only, which Windows takes from a list of
//! its own (all versions). Its load configuration says the same of whatever it imports (Windows 10 1607 and later). And
//! [`restrict`], first in `main`, says it of what Windows' own libraries load while the program runs: for Windows 8 and
//! later, and for Windows 7 with the update KB2533623; without that update the current directory is left out at least.

use windows_sys::Win32::System::LibraryLoader::{
    GetModuleHandleW, GetProcAddress, LOAD_LIBRARY_SEARCH_SYSTEM32, SetDllDirectoryW,
};
use windows_sys::core::{BOOL, w};

/// Searches System32 alone for libraries asked for by name.
pub(crate) fn restrict() {
    // SAFETY: an empty name takes the current directory out of the search; it ends in a zero.
    unsafe { SetDllDirectoryW(w!("")) };
    // SAFETY: both names end in a zero; kernel32 is in every process, and stays.
    let found = unsafe {
        GetProcAddress(GetModuleHandleW(w!("kernel32.dll")), c"SetDefaultDllDirectories".as_ptr().cast())
    };
    let Some(found) = found else { return };
    // SAFETY: it is of this form by its page: <https://learn.microsoft.com/windows/win32/api/libloaderapi/nf-libloaderapi-setdefaultdlldirectories>
    let set: unsafe extern "system" fn(u32) -> BOOL = unsafe { std::mem::transmute(found) };
    // SAFETY: a static of this program. Read in a way that cannot be foreseen, so that linkers keep it.
    let flags = unsafe { (&raw const LOAD_CONFIGURATION.dependent_load_flags).read_volatile() };
    // SAFETY: it takes a number.
    unsafe { set(u32::from(flags)) };
}

/// The load configuration, in a section of its own by which `cargo xtask dist` finds it and names it in the program's header;
/// mingw's linker does not. <https://learn.microsoft.com/windows/win32/debug/pe-format#the-load-configuration-structure-image-only>
#[used]
#[unsafe(link_section = ".ldcfg")]
static LOAD_CONFIGURATION: LoadConfiguration = LoadConfiguration {
    size: LENGTH,
    before_flags: [0; 0x4a],
    dependent_load_flags: SYSTEM_ONLY,
    behind_flags: [0; 0x20],
};

/// Bytes of the structure as Windows 7 knows it, which ends with `SEHandlerCount`.
const LENGTH: u32 = 0x70;

/// [`LOAD_LIBRARY_SEARCH_SYSTEM32`] as the structure has room for it.
const SYSTEM_ONLY: u16 = 0x800;

/// `IMAGE_LOAD_CONFIG_DIRECTORY64`, with nothing set but the flags.
#[repr(C, align(8))]
struct LoadConfiguration {
    size: u32,
    before_flags: [u8; 0x4a],
    dependent_load_flags: u16,
    behind_flags: [u8; 0x20],
}

const _: () = assert!(
    size_of::<LoadConfiguration>() == 0x70
        && std::mem::offset_of!(LoadConfiguration, dependent_load_flags) == 0x4e
        && LOAD_LIBRARY_SEARCH_SYSTEM32 == 0x800
);
