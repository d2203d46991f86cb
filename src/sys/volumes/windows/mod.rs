//! Windows: drives and volumes without a letter, where they are mounted, and the space on them.

mod shadows;

use std::fs::{File, OpenOptions};
use std::io;
use std::os::windows::ffi::OsStrExt as _;
use std::os::windows::fs::OpenOptionsExt as _;
use std::os::windows::io::AsHandle as _;
use std::path::{Path, PathBuf};

use windows_sys::Win32::Foundation::INVALID_HANDLE_VALUE;
use windows_sys::Win32::Storage::FileSystem::{
    FindFirstVolumeW, FindNextVolumeW, FindVolumeClose, GetDiskFreeSpaceExW, GetDriveTypeW, GetLogicalDrives,
    GetVolumeInformationW, GetVolumeNameForVolumeMountPointW, GetVolumePathNameW,
    GetVolumePathNamesForVolumeNameW, QueryDosDeviceW,
};
use windows_sys::Win32::System::Diagnostics::Debug::{SEM_FAILCRITICALERRORS, SetErrorMode};
use windows_sys::Win32::System::Ioctl::IOCTL_DISK_GET_LENGTH_INFO;
use windows_sys::Win32::System::SystemInformation::{GetSystemDirectoryW, GetSystemWindowsDirectoryW};
use windows_sys::Win32::System::WindowsProgramming::{DRIVE_FIXED, DRIVE_RAMDISK, DRIVE_REMOTE};

pub(super) use shadows::shadow_copies;

pub(super) use super::unsupported::{begin_writing, mountinfo};
use super::{Asked, HostSystem, LiveRoot, LiveSystem, SystemVolume, SystemVolumeKind, VolumeMount};
use crate::evidence::Volume;
use crate::sys::windows::handle::control;
use crate::sys::windows::text;
use crate::sys::{layouts, path_bytes};

/// Longest path these functions give (`MAX_PATH` and its end).
const MAX_PATH: usize = 261;

/// On which disks a volume stands, `CTL_CODE(IOCTL_VOLUME_BASE, 0, METHOD_BUFFERED, FILE_ANY_ACCESS)` of winioctl.h; the crate
/// has the structures alone.
const IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS: u32 = 0x56_0000;

/// Most volumes looked at; the drive letters are 26.
const MAX_VOLUMES: usize = 128;

#[allow(clippy::unnecessary_wraps, reason = "not every system has it")]
pub(super) fn live() -> Option<LiveSystem> {
    Some(LiveSystem { system: HostSystem::Windows, roots: roots() })
}

pub(super) fn place_text(place: &[u8]) -> String {
    let path = place.strip_prefix(b"//?/").unwrap_or(place);
    String::from_utf8_lossy(path).replace('/', "\\")
}

/// All drives, the one of the system first, then the volumes without a letter.
fn roots() -> Vec<LiveRoot> {
    // SAFETY: it takes and gives a number. Without it an empty drive would put up a window and wait for a disk.
    unsafe { SetErrorMode(SEM_FAILCRITICALERRORS) };
    // SAFETY: it takes nothing and gives a number: one bit a letter.
    let letters = unsafe { GetLogicalDrives() };
    let drive = |letter: char| {
        let root = format!("{letter}:\\");
        // SAFETY: the path ends in a zero and outlives the call.
        let kind = unsafe { GetDriveTypeW(wide(&root).as_ptr()) };
        let asked = match kind {
            DRIVE_FIXED | DRIVE_RAMDISK if !is_substitute(letter) => Asked::Always,
            DRIVE_REMOTE => Asked::WithNetwork,
            _ => Asked::ByName,
        };
        LiveRoot { volume: Volume::Drive(letter), path: PathBuf::from(format!("\\\\?\\{root}")), asked }
    };
    let set = |letter: char| letters >> u32::from(letter).saturating_sub(u32::from('A')) & 1 == 1;
    let mut roots: Vec<LiveRoot> = ('A'..='Z').filter(|letter| set(*letter)).map(drive).collect();
    let system = system_drive().map(Volume::Drive);
    roots.sort_by_key(|root| Some(&root.volume) != system.as_ref());
    roots.extend(unlettered());
    roots
}

pub(super) fn mounted_volume(path: &Path) -> Option<VolumeMount> {
    let name: Vec<u16> = path.as_os_str().encode_wide().chain([0]).collect();
    let mut root = [0_u16; MAX_PATH];
    // SAFETY: the path ends in a zero; the buffer has the length that is said.
    let done = unsafe { GetVolumePathNameW(name.as_ptr(), root.as_mut_ptr(), length(&root)) };
    if done == 0 {
        return None;
    }
    // SAFETY: the path ends in a zero, which the call above wrote.
    let remote = unsafe { GetDriveTypeW(root.as_ptr()) } == DRIVE_REMOTE;
    let file_system = if remote { Some("remote".to_owned()) } else { file_system(&root) };
    let mut device = [0_u16; MAX_PATH];
    // SAFETY: the path ends in a zero; the buffer has the length that is said.
    let named =
        unsafe { GetVolumeNameForVolumeMountPointW(root.as_ptr(), device.as_mut_ptr(), length(&device)) };
    let place = path_bytes(Path::new(&text(&root)));
    file_system.map(|file_system| VolumeMount {
        place: if place.starts_with(b"//?/") { place } else { [b"//?/", place.as_slice()].concat() },
        file_system,
        device: if named == 0 { text(&root) } else { text(&device) },
    })
}

/// The name of the file system at a root, in lower case; `None` where there is no medium.
fn file_system(root: &[u16]) -> Option<String> {
    let mut name = [0_u16; MAX_PATH];
    // SAFETY: the path ends in a zero; the one buffer has the length that is said, the others are not asked for.
    let done = unsafe {
        GetVolumeInformationW(
            root.as_ptr(),
            std::ptr::null_mut(),
            0,
            std::ptr::null_mut(),
            std::ptr::null_mut(),
            std::ptr::null_mut(),
            name.as_mut_ptr(),
            length(&name),
        )
    };
    (done != 0).then(|| text(&name).to_ascii_lowercase())
}

/// Volumes that stand at no drive letter: those of the firmware, of recovery, or in a folder.
fn unlettered() -> Vec<LiveRoot> {
    let mut name = [0_u16; MAX_PATH];
    // SAFETY: the buffer has the length that is said.
    let search = unsafe { FindFirstVolumeW(name.as_mut_ptr(), length(&name)) };
    if search == INVALID_HANDLE_VALUE {
        return Vec::new();
    }
    let mut places = Vec::new();
    for _ in 0..MAX_VOLUMES {
        // SAFETY: the name ends in a zero, which the calls around write.
        let fixed = unsafe { GetDriveTypeW(name.as_ptr()) } == DRIVE_FIXED;
        let path = text(&name);
        let guid = path.strip_prefix("\\\\?\\Volume{").and_then(|rest| rest.strip_suffix("}\\"));
        if let Some(guid) = guid.filter(|_| fixed && !has_letter(&name)) {
            let volume = Volume::Unlettered(guid.to_owned());
            places.push(LiveRoot { volume, path: PathBuf::from(&path), asked: Asked::Always });
        }
        // SAFETY: the search is open; the buffer has the length that is said.
        if unsafe { FindNextVolumeW(search, name.as_mut_ptr(), length(&name)) } == 0 {
            break;
        }
    }
    // SAFETY: the search is open, and is closed once.
    unsafe { FindVolumeClose(search) };
    places
}

#[allow(clippy::unnecessary_wraps, reason = "elsewhere asking may fail")]
pub(super) fn volumes() -> io::Result<Vec<SystemVolume>> {
    let facts = |root: LiveRoot| {
        let path: Vec<u16> = root.path.as_os_str().encode_wide().chain([0]).collect();
        let mounted = mounted_volume(&root.path);
        let (disk, start) = beginning(&root).unzip();
        let network = root.asked == Asked::WithNetwork;
        SystemVolume {
            name: mounted
                .as_ref()
                .map_or_else(|| root.path.display().to_string(), |mounted| mounted.device.clone()),
            kind: if network { SystemVolumeKind::Network } else { SystemVolumeKind::Volume },
            disk: disk.map(|number| format!("\\\\.\\PhysicalDrive{number}")),
            start,
            size: total_space(&path).unwrap_or(0),
            file_system: mounted.map(|mounted| mounted.file_system),
            place: match root.volume {
                Volume::Drive(letter) => Some(format!("{letter}:\\")),
                Volume::Root | Volume::Unlettered(_) | Volume::Shadow(..) => None,
            },
            device: raw_volume(&root.path),
        }
    };
    let shadow = |(_, path): (u32, PathBuf)| {
        let root: Vec<u16> = path.as_os_str().encode_wide().chain([0]).collect();
        SystemVolume {
            name: path.display().to_string(),
            kind: SystemVolumeKind::ShadowCopy,
            disk: None,
            start: None,
            size: total_space(&root).unwrap_or(0),
            file_system: file_system(&root),
            place: None,
            device: None,
        }
    };
    let copies = shadow_copies().into_iter().map(shadow);
    Ok(roots().into_iter().map(facts).chain(copies).collect())
}

/// The number of the disk on which a volume of this machine begins, and where on it. Nobody needs a right for this question.
fn beginning(place: &LiveRoot) -> Option<(u32, u64)> {
    let device = raw_volume(&place.path).filter(|_| place.asked != Asked::WithNetwork)?;
    #[allow(
        clippy::disallowed_methods,
        reason = "a volume is opened with no right at all, to ask a question"
    )]
    let volume = OpenOptions::new().access_mode(0).open(device).ok()?;
    let mut answer = [0; 4096];
    let (filled, _) =
        control(volume.as_handle(), IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS, &[], &mut answer).ok()?;
    layouts::first_extent(answer.get(..filled)?)
}

pub(super) fn raw_volume(path: &Path) -> Option<PathBuf> {
    layouts::device(path.to_str()?).map(PathBuf::from)
}

pub(super) fn system_directory() -> Option<PathBuf> {
    let mut directory = [0_u16; MAX_PATH];
    // SAFETY: the buffer has the length that is said.
    let filled = unsafe { GetSystemDirectoryW(directory.as_mut_ptr(), length(&directory)) };
    (filled > 0).then(|| PathBuf::from(text(&directory)))
}

pub(super) fn device_size(file: &File) -> io::Result<u64> {
    let mut length = [0; 8];
    match control(file.as_handle(), IOCTL_DISK_GET_LENGTH_INFO, &[], &mut length) {
        Ok((8, _)) => Ok(u64::from_le_bytes(length)),
        // What is no volume does not know this.
        Ok(_) | Err(_) => file.metadata().map(|metadata| metadata.len()),
    }
}

/// Whether a volume stands at a drive letter.
fn has_letter(volume: &[u16]) -> bool {
    let mut names = [0_u16; 4096];
    let mut filled = 0;
    // SAFETY: the name ends in a zero; the buffer has the length that is said.
    let done = unsafe {
        GetVolumePathNamesForVolumeNameW(volume.as_ptr(), names.as_mut_ptr(), length(&names), &raw mut filled)
    };
    // One that stands at more places than fit has a letter among them, or is found where they are.
    done == 0 || names.split(|unit| *unit == 0).any(|name| name.len() == 3)
}

/// Whether a letter only stands for a folder elsewhere (`subst`), which is found there.
fn is_substitute(letter: char) -> bool {
    device_of(letter).is_some_and(|device| device.starts_with("\\??\\"))
}

/// The kernel's name of what is behind a letter.
fn device_of(letter: char) -> Option<String> {
    let mut device = [0_u16; MAX_PATH];
    let drive = wide(&format!("{letter}:"));
    // SAFETY: the name ends in a zero; the buffer has the length that is said.
    let done = unsafe { QueryDosDeviceW(drive.as_ptr(), device.as_mut_ptr(), length(&device)) };
    (done != 0).then(|| text(&device))
}

/// The letters of drives, each with the kernel's name of its device.
pub(in crate::sys) fn drive_devices() -> Vec<(char, String)> {
    ('A'..='Z').filter_map(|letter| Some((letter, device_of(letter)?))).collect()
}

fn system_drive() -> Option<char> {
    let mut folder = [0_u16; MAX_PATH];
    // SAFETY: the buffer has the length that is said.
    unsafe { GetSystemWindowsDirectoryW(folder.as_mut_ptr(), length(&folder)) };
    text(&folder).chars().next().filter(char::is_ascii_alphabetic).map(|letter| letter.to_ascii_uppercase())
}

pub(super) fn free_space(directory: &Path) -> Option<u64> {
    space(directory).map(|(available, _)| available)
}

pub(super) fn used_space(directory: &Path) -> Option<u64> {
    space(directory).map(|(_, used)| used)
}

fn total_space(root: &[u16]) -> Option<u64> {
    spaces(root).map(|(_, total, _)| total)
}

fn space(folder: &Path) -> Option<(u64, u64)> {
    let folder: Vec<u16> = folder.as_os_str().encode_wide().chain([0]).collect();
    spaces(&folder).map(|(available, total, free)| (available, total.saturating_sub(free)))
}

/// Bytes that may be written, that the file system has, and that are free, below a folder whose path ends in a zero.
fn spaces(folder: &[u16]) -> Option<(u64, u64, u64)> {
    let (mut available, mut total, mut free) = (0, 0, 0);
    // SAFETY: the path ends in a zero and outlives the call; the three are of its types.
    let done =
        unsafe { GetDiskFreeSpaceExW(folder.as_ptr(), &raw mut available, &raw mut total, &raw mut free) };
    (done != 0).then_some((available, total, free))
}

fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

fn length(buffer: &[u16]) -> u32 {
    u32::try_from(buffer.len()).unwrap_or_default()
}
