//! Windows: the kernel's object directories, listed by its own calls, and the file system of named pipes.

use std::fs;
use std::io;
use std::os::windows::io::{AsRawHandle as _, FromRawHandle as _, OwnedHandle};
use std::ptr;

use windows_sys::Wdk::Foundation::OBJECT_ATTRIBUTES;
use windows_sys::Wdk::Storage::FileSystem::{NtOpenDirectoryObject, NtQueryDirectoryObject};
use windows_sys::Win32::Foundation::{STATUS_NO_MORE_ENTRIES, UNICODE_STRING};

use super::{KernelObject, NamedPipe};
use crate::sys::layouts;
use crate::sys::windows::handle::error_of;

/// The right to list such a folder.
const DIRECTORY_QUERY: u32 = 1;

/// Bytes of one answer: two texts, whose lengths are 16 bits each, and what points to them.
const ANSWER: usize = 132 << 10;

/// Where the objects of all sessions stand, and the folder with a folder for each session.
const OF_ALL: &str = "\\BaseNamedObjects";
const SESSIONS: &str = "\\Sessions";

/// Most objects told of, most folders looked at, and most pipes.
const MAX_OBJECTS: usize = 200_000;
const MAX_FOLDERS: usize = 1_000;
const MAX_PIPES: usize = 50_000;

pub(crate) fn named_objects() -> io::Result<Vec<KernelObject>> {
    let mut folders = vec![OF_ALL.to_owned()];
    // Who may list no sessions is told of those of all.
    let _ = each_object(SESSIONS, MAX_FOLDERS, &mut |name, _| {
        folders.push(format!("{SESSIONS}\\{}{OF_ALL}", String::from_utf16_lossy(name)));
    });
    let (mut all, mut refused, mut next) = (Vec::new(), None, 0_usize);
    while let Some(folder) = folders.get(next).cloned() {
        next = next.saturating_add(1);
        let mut below = Vec::new();
        let listed = each_object(&folder, MAX_OBJECTS.saturating_sub(all.len()), &mut |name, kind| {
            let name = String::from_utf16_lossy(name);
            match kind {
                "Directory" => below.push(format!("{folder}\\{name}")),
                kind => {
                    all.push(KernelObject { kind: kind.to_owned(), name, directory: folder.clone() });
                }
            }
        });
        if let Err(error) = listed {
            refused = refused.or(Some(error));
        }
        below.truncate(MAX_FOLDERS.saturating_sub(folders.len()));
        folders.extend(below);
    }
    // Sessions of others may be closed to this account; where nothing at all may be seen, that is the answer.
    match refused {
        Some(error) if all.is_empty() => Err(error),
        _ => Ok(all),
    }
}

pub(crate) fn named_pipes() -> io::Result<Vec<NamedPipe>> {
    let entries = fs::read_dir(r"\\.\pipe\")?.take(MAX_PIPES).filter_map(Result::ok);
    let pipe = |entry: fs::DirEntry| NamedPipe {
        name: entry.file_name().to_string_lossy().into_owned(),
        // What would be a file's size: how many programs have an end of it.
        instances: entry.metadata().ok().map(|metadata| metadata.len()),
    };
    Ok(entries.map(pipe).collect())
}

/// Hands on the name and the type of each object in one of the kernel's folders, at most `most`.
pub(in crate::sys) fn each_object(
    folder: &str,
    most: usize,
    take: &mut dyn FnMut(&[u16], &str),
) -> io::Result<()> {
    let folder = open(folder)?;
    let (mut answer, mut context) = (vec![0_u64; ANSWER / 8], 0_u32);
    for count in 0..most {
        let length = u32::try_from(ANSWER).unwrap_or_default();
        // SAFETY: the folder is open to be listed; the buffer is as long as is said and aligned for pointers; the context is
        // the call's own.
        let status = unsafe {
            NtQueryDirectoryObject(
                folder.as_raw_handle(),
                answer.as_mut_ptr().cast(),
                length,
                true,
                count == 0,
                &raw mut context,
                ptr::null_mut(),
            )
        };
        match status {
            STATUS_NO_MORE_ENTRIES => break,
            failed if failed < 0 => return Err(error_of(failed)),
            _ => {}
        }
        let base = u64::try_from(answer.as_ptr().addr()).unwrap_or_default();
        let bytes: Vec<u8> = answer.iter().flat_map(|word| word.to_le_bytes()).collect();
        if let Some((name, kind)) = layouts::object(&bytes, base) {
            take(&name, &kind);
        }
    }
    Ok(())
}

/// Opens one of the kernel's folders.
fn open(folder: &str) -> io::Result<OwnedHandle> {
    let name: Vec<u16> = folder.encode_utf16().collect();
    let length = name.len().checked_mul(2).and_then(|bytes| u16::try_from(bytes).ok());
    let length = length.ok_or(io::ErrorKind::InvalidFilename)?;
    let text = UNICODE_STRING { Length: length, MaximumLength: length, Buffer: name.as_ptr().cast_mut() };
    let attributes = OBJECT_ATTRIBUTES {
        Length: u32::try_from(size_of::<OBJECT_ATTRIBUTES>()).unwrap_or_default(),
        RootDirectory: ptr::null_mut(),
        ObjectName: &raw const text,
        Attributes: 0,
        SecurityDescriptor: ptr::null(),
        SecurityQualityOfService: ptr::null(),
    };
    let mut handle = ptr::null_mut();
    // SAFETY: the attributes and the name they point to outlive the call, which only reads them.
    let status = unsafe { NtOpenDirectoryObject(&raw mut handle, DIRECTORY_QUERY, &raw const attributes) };
    if status < 0 {
        return Err(error_of(status));
    }
    // SAFETY: the call succeeded, so this is an open handle that nobody else has.
    Ok(unsafe { OwnedHandle::from_raw_handle(handle) })
}
