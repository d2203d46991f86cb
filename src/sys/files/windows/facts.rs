//! What Windows says of an open file: times, sizes, attributes, owner, short name, streams, and where it leads.

use std::io;
use std::os::windows::io::{AsRawHandle as _, BorrowedHandle};

use windows_sys::Wdk::Storage::FileSystem::{FileAlternateNameInformation, NtQueryInformationFile};
use windows_sys::Win32::Security::{GetKernelObjectSecurity, OWNER_SECURITY_INFORMATION};
use windows_sys::Win32::Storage::FileSystem::{
    BY_HANDLE_FILE_INFORMATION, FILE_ATTRIBUTE_REPARSE_POINT, FILE_ATTRIBUTE_TAG_INFO, FILE_BASIC_INFO,
    FILE_ID_INFO, FILE_INFO_BY_HANDLE_CLASS, FILE_STANDARD_INFO, FileAttributeTagInfo, FileBasicInfo,
    FileIdInfo, FileStandardInfo, FileStreamInfo, GetFileInformationByHandle, GetFileInformationByHandleEx,
};
use windows_sys::Win32::System::IO::IO_STATUS_BLOCK;
use windows_sys::Win32::System::Ioctl::FSCTL_GET_REPARSE_POINT;

use crate::evidence::{Kind, Metadata, Stat};
use crate::sys::layouts;
use crate::sys::windows::handle::{ERROR_MORE_DATA, control};

/// Largest answer about a reparse point (`MAXIMUM_REPARSE_DATA_BUFFER_SIZE`).
const MAX_REPARSE: usize = 16 << 10;

/// Bytes of a list of streams to begin with, and at most: some 20,000 streams. A file with more is told as one that has
/// those: it was made to be so.
const STREAMS: usize = 4 << 10;
const MAX_STREAMS: usize = 1 << 20;

/// Largest security descriptor asked for an owner alone: a header and one SID.
const MAX_OWNER: usize = 256;

/// Attributes and reparse tag of an open file; the tag is 0 where it has none.
pub(super) fn tag(handle: BorrowedHandle<'_>) -> io::Result<(u32, u32)> {
    let basic: FILE_BASIC_INFO = info(handle, FileBasicInfo)?;
    if basic.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT == 0 {
        return Ok((basic.FileAttributes, 0));
    }
    let tag: FILE_ATTRIBUTE_TAG_INFO = info(handle, FileAttributeTagInfo)?;
    Ok((basic.FileAttributes, tag.ReparseTag))
}

/// All that Windows reports of an open file or directory.
pub(super) fn stat(handle: BorrowedHandle<'_>) -> io::Result<Stat> {
    let basic: FILE_BASIC_INFO = info(handle, FileBasicInfo)?;
    let standard: FILE_STANDARD_INFO = info(handle, FileStandardInfo)?;
    let (attributes, tag) = tag(handle)?;
    let kind = layouts::kind_of(attributes, tag);
    let (device, inode, inode_high) = identity(handle)?;
    let link = (kind == Kind::Link).then(|| link(handle)).flatten();
    let size = u64::try_from(standard.EndOfFile).ok();
    let metadata = Metadata {
        size: size.filter(|_| kind == Kind::File || kind == Kind::Link),
        modified: moment(basic.LastWriteTime),
        accessed: moment(basic.LastAccessTime),
        changed: moment(basic.ChangeTime),
        born: moment(basic.CreationTime),
        attributes: Some(attributes),
        owner: owner(handle),
        device: Some(device.into()),
        inode: Some(inode),
        inode_high,
        links: Some(standard.NumberOfLinks.into()),
        target: link.as_ref().map(|target| String::from_utf8_lossy(target).replace('/', "\\")),
        short_name: short_name(handle),
        ..Metadata::default()
    };
    Ok(Stat {
        kind,
        metadata,
        allocated: u64::try_from(standard.AllocationSize).ok(),
        link,
        touched: false,
        streams: streams(handle),
    })
}

/// Units of 100 ns since 1601; 0 means that none is kept.
pub(super) fn moment(ticks: i64) -> Option<crate::evidence::Utc> {
    layouts::filetime(u64::try_from(ticks).ok()?)
}

/// Serial number of its volume, and its number there: the upper half as well where the lower one is not all of it, as on
/// `ReFS`. <https://learn.microsoft.com/windows/win32/api/winbase/ns-winbase-file_id_info>
fn identity(handle: BorrowedHandle<'_>) -> io::Result<(u32, u64, Option<u64>)> {
    let mut facts = BY_HANDLE_FILE_INFORMATION::default();
    // SAFETY: the handle is open, and what is written to is of the call's type.
    if unsafe { GetFileInformationByHandle(handle.as_raw_handle(), &raw mut facts) } == 0 {
        return Err(io::Error::last_os_error());
    }
    let number = u64::from(facts.nFileIndexHigh) << 32 | u64::from(facts.nFileIndexLow);
    // Since Windows 8, and not of every file system.
    let whole = info::<FILE_ID_INFO>(handle, FileIdInfo).map(|facts| facts.FileId.Identifier);
    let halves =
        whole.ok().and_then(|whole| Some((layouts::u64_at(&whole, 0)?, layouts::u64_at(&whole, 8)?)));
    let (number, high) = match halves {
        Some((low, high)) if high != 0 => (low, Some(high)),
        Some(_) | None => (number, None),
    };
    Ok((facts.dwVolumeSerialNumber, number, high))
}

/// One of the fixed answers of `GetFileInformationByHandleEx`: plain numbers, for which zeros are a value.
fn info<T: Copy + Default>(handle: BorrowedHandle<'_>, class: FILE_INFO_BY_HANDLE_CLASS) -> io::Result<T> {
    let mut answer = T::default();
    let length = u32::try_from(size_of::<T>()).unwrap_or_default();
    // SAFETY: the handle is open; `answer` has the length that is said. The classes asked for are those of these types.
    let done = unsafe {
        GetFileInformationByHandleEx(handle.as_raw_handle(), class, (&raw mut answer).cast(), length)
    };
    if done == 0 { Err(io::Error::last_os_error()) } else { Ok(answer) }
}

/// Where a reparse point leads; `None` where it does not say, or leads to no place.
fn link(handle: BorrowedHandle<'_>) -> Option<Vec<u8>> {
    let mut buffer = vec![0; MAX_REPARSE];
    let (length, _) = control(handle, FSCTL_GET_REPARSE_POINT, &[], &mut buffer).ok()?;
    layouts::target(buffer.get(..length)?)
}

/// The owner's SID; `None` where the handle may not read it, or the file system keeps none.
fn owner(handle: BorrowedHandle<'_>) -> Option<String> {
    // On the heap, where it is aligned as the kernel asks.
    let mut descriptor = vec![0_u8; MAX_OWNER];
    let mut needed = 0;
    // SAFETY: the handle is open; the buffer is as long as is said, and the call writes no more than that into it.
    let done = unsafe {
        GetKernelObjectSecurity(
            handle.as_raw_handle(),
            OWNER_SECURITY_INFORMATION,
            descriptor.as_mut_ptr().cast(),
            u32::try_from(MAX_OWNER).unwrap_or_default(),
            &raw mut needed,
        )
    };
    if done == 0 { None } else { layouts::owner(&descriptor) }
}

/// The name of eight and three characters, where the file system keeps one.
fn short_name(handle: BorrowedHandle<'_>) -> Option<String> {
    let mut answer = vec![0_u8; 64];
    let mut status = IO_STATUS_BLOCK::default();
    // SAFETY: the handle is open for synchronous use; the buffer is as long as is said.
    let result = unsafe {
        NtQueryInformationFile(
            handle.as_raw_handle(),
            &raw mut status,
            answer.as_mut_ptr().cast(),
            u32::try_from(answer.len()).unwrap_or_default(),
            FileAlternateNameInformation,
        )
    };
    if result < 0 {
        return None;
    }
    let length = usize::try_from(layouts::u32_at(&answer, 0)?).ok()?;
    let name = answer.get(4..4_usize.checked_add(length)?).filter(|name| !name.is_empty())?;
    Some(String::from_utf16_lossy(&layouts::wide(name)))
}

/// Its named streams; none where the file system has no such thing.
fn streams(handle: BorrowedHandle<'_>) -> Vec<(Vec<u8>, u64)> {
    let mut buffer = vec![0_u8; STREAMS];
    loop {
        let length = u32::try_from(buffer.len()).unwrap_or(u32::MAX);
        // SAFETY: the handle is open; the buffer is as long as is said.
        let done = unsafe {
            GetFileInformationByHandleEx(
                handle.as_raw_handle(),
                FileStreamInfo,
                buffer.as_mut_ptr().cast(),
                length,
            )
        };
        if done != 0 {
            return layouts::streams(&buffer);
        }
        let more = io::Error::last_os_error().raw_os_error() == Some(ERROR_MORE_DATA);
        if !more || buffer.len() >= MAX_STREAMS {
            return if more { layouts::streams(&buffer) } else { Vec::new() };
        }
        buffer = vec![0; buffer.len().saturating_mul(4)];
    }
}

/// What its folder tells of an entry that may not be opened at all: neither its owner nor its streams.
pub(super) fn of_listing(entry: &layouts::ListedEntry, device: Option<u64>) -> Stat {
    let kind = layouts::kind_of(entry.attributes, entry.tag);
    let metadata = Metadata {
        size: Some(entry.size).filter(|_| kind == Kind::File || kind == Kind::Link),
        modified: layouts::filetime(entry.modified),
        accessed: layouts::filetime(entry.accessed),
        changed: layouts::filetime(entry.changed),
        born: layouts::filetime(entry.born),
        attributes: Some(entry.attributes),
        device,
        inode: Some(entry.number),
        short_name: entry.short_name.clone(),
        ..Metadata::default()
    };
    Stat { kind, metadata, allocated: Some(entry.allocated), link: None, touched: false, streams: Vec::new() }
}
