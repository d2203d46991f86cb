//! A target's files by handles: each component of a path is opened below the one before, and none may be a link, so that
//! no path leads out of the tree, whoever changes it meanwhile, and a path may be longer than one call may name.
//!
//! Access times: Windows leaves them alone by itself where `NtfsDisableLastAccessUpdate` says so, as it does by default.
//! Where it would note each read, the handle is told not to (`SetFileTime` with -1), for which it has to ask for
//! the right to write attributes; elsewhere that right, which guards against encryption look for, is not asked for. Nor is
//! it of files that Windows keeps compressed behind an overlay, since it decompresses what is opened to be written to.
//! What is refused is asked for again with the right to make backups, where that is held, and the record says so.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::windows::io::{AsHandle as _, AsRawHandle as _, BorrowedHandle, OwnedHandle};
use std::path::Path;
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use windows_sys::Wdk::Storage::FileSystem::{
    FILE_INFORMATION_CLASS, FileBothDirectoryInformation, FileIdBothDirectoryInformation,
    NtQueryDirectoryFile,
};
use windows_sys::Win32::Foundation::{
    ERROR_OPLOCK_BREAK_IN_PROGRESS, NTSTATUS, STATUS_INVALID_INFO_CLASS, STATUS_INVALID_PARAMETER,
    STATUS_NO_MORE_FILES, STATUS_NO_SUCH_FILE, STATUS_NOT_IMPLEMENTED, STATUS_NOT_SUPPORTED, UNICODE_STRING,
};
use windows_sys::Win32::Storage::FileSystem::{
    FILE_FLAG_BACKUP_SEMANTICS, FILE_LIST_DIRECTORY, FILE_READ_ATTRIBUTES, FILE_READ_DATA, FILE_SHARE_DELETE,
    FILE_SHARE_READ, FILE_SHARE_WRITE, FILE_WRITE_ATTRIBUTES, READ_CONTROL,
};
use windows_sys::Win32::System::IO::IO_STATUS_BLOCK;
use windows_sys::Win32::System::Ioctl::{FSCTL_GET_EXTERNAL_BACKING, FSCTL_GET_NTFS_VOLUME_DATA};

use super::access_time::{leave_access_time, reads_are_noted};
use super::facts;
use super::placeholders::expose_placeholders;
use crate::evidence::{Entry, Kind, Metadata, Stat};
use crate::sys::files::{data_not_local, entries_not_local};
use crate::sys::layouts::StoredData;
use crate::sys::windows::handle::{How, control, error_of, open_at, open_data_at};
use crate::sys::{OpenFile, backup_privilege, layouts};

/// The folder that all paths of a target are relative to, held open so that it stays the same folder.
#[derive(Debug)]
pub(crate) struct Root {
    folder: Arc<OwnedHandle>,
    /// The folder asked of last, and its path: what is asked for next mostly stands in it.
    near: Mutex<Option<(Vec<u8>, Arc<OwnedHandle>)>>,
}

/// A folder of the target, held open.
#[derive(Debug)]
pub(crate) struct OpenDirectory {
    handle: Arc<OwnedHandle>,
}

/// The entries of a folder, as they come.
pub(crate) struct DirectoryEntries {
    folder: Arc<OwnedHandle>,
    ready: std::vec::IntoIter<layouts::ListedEntry>,
    begun: bool,
    over: bool,
    touches: bool,
}

/// Bytes of one answer about a folder's entries: some hundreds of them.
const LISTING: usize = 64 << 10;

impl Root {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        use std::os::windows::fs::OpenOptionsExt as _;
        expose_placeholders();
        #[allow(clippy::disallowed_methods, reason = "a folder is opened to read")]
        let folder = std::fs::OpenOptions::new()
            .access_mode(FILE_READ_ATTRIBUTES | FILE_LIST_DIRECTORY)
            .share_mode(FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)
            .custom_flags(FILE_FLAG_BACKUP_SEMANTICS)
            .open(path)?;
        if !folder.metadata()?.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        Ok(Self { folder: Arc::new(folder.into()), near: Mutex::default() })
    }

    /// The facts of `path` below the root; a link's own. The empty path is the root itself.
    pub(crate) fn stat(&self, path: &[u8]) -> io::Result<Stat> {
        let (folder, name) = apart(path);
        stat_at(self.descend(folder)?.as_handle(), name)
    }

    /// Opens a folder to list it.
    pub(crate) fn folder(&self, path: &[u8]) -> io::Result<OpenDirectory> {
        let (above, name) = apart(path);
        let above = self.descend(above)?;
        let handle = step(above.as_handle(), name, FILE_READ_ATTRIBUTES | FILE_LIST_DIRECTORY)?;
        let (attributes, _) = facts::tag(handle.as_handle())?;
        if layouts::is_recalled(attributes) {
            return Err(entries_not_local());
        }
        Ok(OpenDirectory { handle: Arc::new(handle) })
    }

    /// The name of `path`'s last part as it is spelled on disk, where it was found by another case or its short name.
    pub(crate) fn spelled(&self, path: &[u8]) -> io::Result<Vec<u8>> {
        let (folder, name) = apart(path);
        Ok(listed(self.descend(folder)?.as_handle(), name)?.name)
    }

    /// Opens the data of a file, or of one of its streams, for reading: never by way of a link, and never what would have
    /// to be fetched from elsewhere first.
    pub(crate) fn open_file(&self, path: &[u8], stream: Option<&[u8]>) -> io::Result<OpenFile> {
        let (folder, name) = apart(path);
        let folder = self.descend(folder)?;
        let itself = open_at(folder.as_handle(), &layouts::to_wide(name), How::itself(FILE_READ_ATTRIBUTES))?;
        let (attributes, tag) = facts::tag(itself.as_handle())?;
        let kind = layouts::kind_of(attributes, tag);
        let by_driver = match (kind, layouts::stored(attributes, tag)) {
            (Kind::File, StoredData::Away) => {
                return Err(data_not_local());
            }
            (Kind::File, StoredData::Unknown) => {
                return Err(io::Error::other(format!(
                    "how its data is stored is not known (tag 0x{tag:08x})"
                )));
            }
            (Kind::File, StoredData::ByDriver) => stream.is_none(),
            (Kind::File, StoredData::Plain) => false,
            (Kind::Directory, _) if stream.is_some() => false,
            _ => return Err(io::ErrorKind::NotADirectory.into()),
        };
        let stays_packed = by_driver || (reads_are_noted() && is_overlaid(itself.as_handle()));
        data(folder.as_handle(), &joined(name, stream), by_driver, stays_packed)
    }

    /// Where a link points, as written in it.
    pub(crate) fn link(&self, path: &[u8]) -> io::Result<Vec<u8>> {
        self.stat(path)?.link.ok_or_else(|| io::ErrorKind::InvalidInput.into())
    }

    /// Opens the program of a process, where its name may be gone: there is no such way here.
    #[allow(clippy::unused_self, reason = "other systems ask the disk")]
    pub(crate) fn open_program(&self, _path: &[u8]) -> io::Result<OpenFile> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Adds what Linux keeps as extended attributes and flags: here there are none.
    pub(crate) fn add_attributes(_: &File, _: &mut Metadata) {}

    /// The facts of an open file.
    pub(crate) fn stat_open(file: &File) -> io::Result<Stat> {
        facts::stat(file.as_handle())
    }

    /// The serial number of its volume with all of its 64 bits, where that is NTFS: the 32 bits that other calls report
    /// are the lower half, which volumes made by one tool may share.
    pub(crate) fn volume_serial(&self) -> Option<u64> {
        let mut answer = [0; 128];
        let (filled, _) =
            control(self.folder.as_handle(), FSCTL_GET_NTFS_VOLUME_DATA, &[], &mut answer).ok()?;
        layouts::u64_at(answer.get(..filled)?, 0)
    }

    /// Opens the folder at `path`, component by component.
    fn descend(&self, path: &[u8]) -> io::Result<Arc<OwnedHandle>> {
        if path.is_empty() {
            return Ok(Arc::clone(&self.folder));
        }
        let near = self.near.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((at, handle)) = near
            && at == path
        {
            return Ok(handle);
        }
        let mut folder = Arc::clone(&self.folder);
        for name in path.split(|byte| *byte == b'/') {
            folder = Arc::new(step(folder.as_handle(), name, FILE_READ_ATTRIBUTES)?);
        }
        *self.near.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((path.to_vec(), Arc::clone(&folder)));
        Ok(folder)
    }
}

impl OpenDirectory {
    /// Its entries. An error is the last of them.
    pub(crate) fn entries(&self) -> io::Result<DirectoryEntries> {
        // A handle of its own keeps its own place in the list.
        let (folder, touches) = open_to_list(self.handle.as_handle())?;
        Ok(DirectoryEntries {
            folder: Arc::new(folder),
            touches,
            ready: Vec::new().into_iter(),
            begun: false,
            over: false,
        })
    }

    /// The facts of the entry `name`; a link's own.
    pub(crate) fn stat(&self, name: &[u8]) -> io::Result<Stat> {
        stat_at(self.handle.as_handle(), name)
    }
}

impl DirectoryEntries {
    /// Whether listing them may change the directory's access time.
    pub(crate) const fn touch(&self) -> bool {
        self.touches
    }
}

impl Iterator for DirectoryEntries {
    type Item = io::Result<Entry>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            for entry in self.ready.by_ref() {
                // A name with a slash is none: only a file system that lies has it.
                if !matches!(entry.name.as_slice(), b"." | b".." | b"") && !entry.name.contains(&b'/') {
                    let kind = layouts::kind_of(entry.attributes, entry.tag);
                    return Some(Ok(Entry { kind, name: entry.name, reference: None }));
                }
            }
            if self.over {
                return None;
            }
            match query(self.folder.as_handle(), None, !self.begun, LISTING) {
                Ok(Some(entries)) => self.ready = entries.into_iter(),
                Ok(None) => self.over = true,
                Err(error) => {
                    self.over = true;
                    return Some(Err(error));
                }
            }
            self.begun = true;
        }
    }
}

/// Opens one component: a folder, and no link. What the folder above is refused with is asked for as for a backup, which
/// [`How::folder`] always does.
fn step(folder: BorrowedHandle<'_>, name: &[u8], access: u32) -> io::Result<OwnedHandle> {
    refuse_upwards(name)?;
    let handle = open_at(folder, &layouts::to_wide(name), How::folder(access))?;
    let (attributes, tag) = facts::tag(handle.as_handle())?;
    match layouts::kind_of(attributes, tag) {
        Kind::Directory => Ok(handle),
        _ => Err(io::ErrorKind::NotADirectory.into()),
    }
}

fn refuse_upwards(name: &[u8]) -> io::Result<()> {
    if matches!(name, b".." | b".") || name.contains(&b'\\') || name.contains(&b':') {
        return Err(io::ErrorKind::NotFound.into());
    }
    Ok(())
}

fn stat_at(folder: BorrowedHandle<'_>, name: &[u8]) -> io::Result<Stat> {
    refuse_upwards(name)?;
    let wide = layouts::to_wide(name);
    let open = |access| open_at(folder, &wide, How::itself(access));
    // Who may not read its owner may read the rest. Neither open waits for a program that has locked it.
    let opened = open(FILE_READ_ATTRIBUTES | READ_CONTROL).or_else(|_| open(FILE_READ_ATTRIBUTES));
    let mut stat = match opened {
        Ok(handle) => facts::stat(handle.as_handle())?,
        Err(error) if super::is_nothing(&error) || name.is_empty() => return Err(error),
        // A page file, say, may not be opened even for this; its folder tells most of it.
        Err(error) => {
            let device = facts::stat(folder).ok().and_then(|stat| stat.metadata.device);
            return listed(folder, name).map(|entry| facts::of_listing(&entry, device)).map_err(|_| error);
        }
    };
    take_zone(folder, name, &mut stat);
    Ok(stat)
}

/// Reads the mark of the web of a file, which then is metadata and no stream any more; a larger one stays a stream. What
/// is not on this machine is not opened for it.
fn take_zone(folder: BorrowedHandle<'_>, name: &[u8], stat: &mut Stat) {
    let is_mark = |(stream, size): &(Vec<u8>, u64)| stream == ZONE && *size <= MAX_ZONE;
    let Some(at) = stat.streams.iter().position(is_mark) else { return };
    if layouts::stored(stat.metadata.attributes.unwrap_or_default(), 0) == StoredData::Away {
        return;
    }
    let Ok(opened) = data(folder, &joined(name, Some(ZONE)), false, false) else { return };
    let mut content = Vec::new();
    if opened.file.take(MAX_ZONE).read_to_end(&mut content).is_ok() {
        stat.metadata.zone_identifier = Some(String::from_utf8_lossy(&content).into_owned());
        stat.streams.remove(at);
    }
}

/// Where Windows says that a file came from, and the largest stream of that name that is taken for one.
const ZONE: &[u8] = b"Zone.Identifier";
const MAX_ZONE: u64 = 16 << 10;

/// Opens a directory anew to list it, without that being noted as an access where that may be asked; and whether it may be
/// noted nevertheless.
fn open_to_list(directory: BorrowedHandle<'_>) -> io::Result<(OwnedHandle, bool)> {
    let access = FILE_READ_ATTRIBUTES | FILE_LIST_DIRECTORY;
    let noted = reads_are_noted();
    if noted
        && let Ok(handle) = open_at(directory, &[], How::folder(access | FILE_WRITE_ATTRIBUTES))
        && leave_access_time(&handle)
    {
        return Ok((handle, false));
    }
    Ok((open_at(directory, &[], How::folder(access))?, noted))
}

/// Whether Windows keeps an open file compressed behind an overlay (`compact /exe`), which hides its reparse point.
fn is_overlaid(file: BorrowedHandle<'_>) -> bool {
    control(file, FSCTL_GET_EXTERNAL_BACKING, &[], &mut [0; 64]).is_ok()
}

/// Opens data to read it, first as whoever runs this may, then as for a backup. `stays_packed` says that it must not be
/// opened with any right to write.
fn data(
    folder: BorrowedHandle<'_>,
    name: &[u16],
    by_driver: bool,
    stays_packed: bool,
) -> io::Result<OpenFile> {
    let read = FILE_READ_DATA | FILE_READ_ATTRIBUTES;
    let how = How::data(read, by_driver);
    let noted = reads_are_noted();
    let mut read_by = Vec::new();
    if noted
        && !stays_packed
        && let Ok(handle) = open_patiently(folder, name, How { access: read | FILE_WRITE_ATTRIBUTES, ..how })
    {
        let touches = !leave_access_time(&handle);
        read_by.push(if touches { "open" } else { "open_noatime" }.to_owned());
        return Ok(OpenFile { file: handle.into(), touches, read_by });
    }
    let refused = match open_patiently(folder, name, how) {
        Ok(handle) => {
            read_by.push("open".to_owned());
            return Ok(OpenFile { file: handle.into(), touches: noted, read_by });
        }
        Err(error) => error,
    };
    if refused.kind() != io::ErrorKind::PermissionDenied || backup_privilege() != Some(true) {
        return Err(refused);
    }
    let handle = open_patiently(folder, name, how.backup())?;
    read_by.push(format!("open: {refused}"));
    read_by.push("open_backup".to_owned());
    Ok(OpenFile { file: handle.into(), touches: noted, read_by })
}

/// How often data is opened anew while another program gives up its opportunistic lock, and how long each time is waited.
/// Programs that answer do so within milliseconds.
const OPLOCK_TRIES: u32 = 5;
const OPLOCK_PAUSE: Duration = Duration::from_millis(20);

/// How often there is such a wait in one run: whoever locks ten thousand files must not hold it up for long.
const MAX_OPLOCK_WAITS: u32 = 500;

/// Opens data, and waits a little where another program is being asked to give up its opportunistic lock.
#[allow(clippy::disallowed_methods, reason = "what reports that it was given up may never return")]
fn open_patiently(folder: BorrowedHandle<'_>, name: &[u16], how: How) -> io::Result<OwnedHandle> {
    static WAITS: AtomicU32 = AtomicU32::new(0);
    let locked =
        |error: &io::Error| error.raw_os_error() == Some(ERROR_OPLOCK_BREAK_IN_PROGRESS.cast_signed());
    let mut opened = open_data_at(folder, name, how);
    for _ in 1..OPLOCK_TRIES {
        if !opened.as_ref().is_err_and(locked) || WAITS.fetch_add(1, Ordering::Relaxed) >= MAX_OPLOCK_WAITS {
            break;
        }
        std::thread::sleep(OPLOCK_PAUSE);
        opened = open_data_at(folder, name, how);
    }
    opened
}

/// What a folder tells of its entry `name`.
fn listed(folder: BorrowedHandle<'_>, name: &[u8]) -> io::Result<layouts::ListedEntry> {
    let (again, _) = open_to_list(folder)?;
    let wide = layouts::to_wide(name);
    // In a list these would stand for other names.
    if wide.iter().any(|unit| [b'*', b'?', b'<', b'>', b'"'].map(u16::from).contains(unit)) {
        return Err(io::ErrorKind::NotFound.into());
    }
    let entries = query(again.as_handle(), Some(&wide), true, layouts::LARGEST_ENTRY)?;
    entries.and_then(|entries| entries.into_iter().next()).ok_or_else(|| io::ErrorKind::NotFound.into())
}

/// The ways in which a directory lists its entries, the best first: some redirectors and older servers refuse the one that
/// has each entry's number on the volume.
const CLASSES: [(FILE_INFORMATION_CLASS, ReadEntries); 2] = [
    (FileIdBothDirectoryInformation, layouts::entries),
    (FileBothDirectoryInformation, layouts::entries_without_number),
];
type ReadEntries = fn(&[u8]) -> Vec<layouts::ListedEntry>;

/// What a file system answers that does not know a way of listing.
const NOT_KNOWN: [NTSTATUS; 4] =
    [STATUS_INVALID_INFO_CLASS, STATUS_INVALID_PARAMETER, STATUS_NOT_IMPLEMENTED, STATUS_NOT_SUPPORTED];

/// Asks a directory for its next entries, in at most `size` bytes, or for the one called `name`; `None` where there are
/// none.
fn query(
    folder: BorrowedHandle<'_>,
    name: Option<&[u16]>,
    anew: bool,
    size: usize,
) -> io::Result<Option<Vec<layouts::ListedEntry>>> {
    let mut answer = vec![0; size];
    let mut status = STATUS_NOT_SUPPORTED;
    for (class, read) in CLASSES {
        answer.fill(0);
        status = query_as(class, folder, name, anew, &mut answer)?;
        match status {
            STATUS_NO_MORE_FILES | STATUS_NO_SUCH_FILE => return Ok(None),
            0.. => return Ok(Some(read(&answer))),
            _ if NOT_KNOWN.contains(&status) => {}
            _ => break,
        }
    }
    Err(error_of(status))
}

/// Asks in one way; the kernel's answer.
fn query_as(
    class: FILE_INFORMATION_CLASS,
    folder: BorrowedHandle<'_>,
    name: Option<&[u16]>,
    anew: bool,
    answer: &mut [u8],
) -> io::Result<NTSTATUS> {
    let bytes = name.map_or(0, <[u16]>::len).saturating_mul(2);
    let bytes = u16::try_from(bytes).map_err(|_| io::ErrorKind::InvalidFilename)?;
    let text = name.map(|name| UNICODE_STRING {
        Length: bytes,
        MaximumLength: bytes,
        Buffer: name.as_ptr().cast_mut(),
    });
    let mut status = IO_STATUS_BLOCK::default();
    // SAFETY: the folder is open for synchronous use; the buffer is as long as is said; the name, where there is one,
    // outlives the call, which only reads it.
    let result = unsafe {
        NtQueryDirectoryFile(
            folder.as_raw_handle(),
            ptr::null_mut(),
            None,
            ptr::null(),
            &raw mut status,
            answer.as_mut_ptr().cast(),
            u32::try_from(answer.len()).unwrap_or_default(),
            class,
            name.is_some(),
            text.as_ref().map_or(ptr::null(), ptr::from_ref),
            anew,
        )
    };
    Ok(result)
}

/// The folder and the name of a path.
fn apart(path: &[u8]) -> (&[u8], &[u8]) {
    match path.iter().rposition(|byte| *byte == b'/') {
        Some(cut) => {
            (path.get(..cut).unwrap_or_default(), path.get(cut.saturating_add(1)..).unwrap_or_default())
        }
        None => (b"", path),
    }
}

fn joined(name: &[u8], stream: Option<&[u8]>) -> Vec<u16> {
    let mut wide = layouts::to_wide(name);
    if let Some(stream) = stream {
        wide.push(u16::from(b':'));
        wide.extend(layouts::to_wide(stream));
    }
    wide
}
