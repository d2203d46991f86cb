//! Specimens that the self-test makes to try the collector on: files in a directory of its own, which is removed at the
//! end. Nothing else on the machine is changed. Specimens that only one system can make are in that system's module.

#[cfg(target_os = "linux")]
mod linux;
mod registry;
#[cfg_attr(
    any(target_os = "linux", windows),
    allow(dead_code, reason = "compiled everywhere, so that it stays right")
)]
mod unsupported;
#[cfg(windows)]
#[allow(unsafe_code, reason = "Windows' own functions are called here; each call says why it is right")]
mod windows;

#[cfg(target_os = "linux")]
use linux as system;
#[cfg(not(any(target_os = "linux", windows)))]
use unsupported as system;
#[cfg(windows)]
use windows as system;

pub(crate) use registry::RegistrySpecimens;

use std::fs::{self, File};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// A kind of file that not every system has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Peculiar {
    /// Its maker keeps it for itself as long as it is open.
    KeptOpen,
    /// Its maker holds an opportunistic lock on it, and never answers when asked to give it up.
    Oplocked,
    /// Its maker has locked bytes in the midst of it.
    PartLocked,
    /// Its permissions refuse everybody.
    Refused,
    /// Its attributes say that its data is elsewhere.
    Offline,
    /// The file system compresses it.
    Compressed,
    /// The system keeps it compressed behind an overlay.
    Overlaid,
}

/// A folder of the self-test's own, gone with this value.
#[derive(Debug)]
pub(crate) struct Workplace {
    path: PathBuf,
    open: Vec<File>,
}

/// When its files were changed and read last, as far as they say: long ago, the second after the first was noted.
pub(crate) const MADE: u64 = 1_000_000_000;

#[allow(
    clippy::disallowed_methods,
    reason = "the self-test's own files in its own folder, which it takes away again"
)]
impl Workplace {
    /// Makes the folder `name` below `folder`.
    pub(crate) fn new(folder: &Path, name: &str) -> io::Result<Self> {
        let path = folder.canonicalize()?.join(name);
        fs::create_dir(&path)?;
        Ok(Self { path, open: Vec::new() })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file, to the disk itself, and gives it times of long ago.
    pub(crate) fn file(&self, name: &str, content: &[u8]) -> io::Result<()> {
        let path = self.path.join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = File::create_new(&path)?;
        file.write_all(content)?;
        file.set_times(long_ago())?;
        file.sync_all()
    }

    /// Writes the stream `stream` of a file that is there.
    pub(crate) fn stream(&self, name: &str, stream: &str, content: &[u8]) -> io::Result<()> {
        fs::write(self.path.join(format!("{name}:{stream}")), content)
    }

    /// Makes a folder.
    pub(crate) fn folder(&self, name: &str) -> io::Result<()> {
        fs::create_dir_all(self.path.join(name))
    }

    /// Makes a directory that everybody can change.
    pub(crate) fn open_directory(&self, name: &str) -> io::Result<PathBuf> {
        let path = self.path.join(name);
        fs::create_dir(&path)?;
        system::open_to_everybody(&path)?;
        Ok(path)
    }

    /// Makes a directory with a file in it, and gives both times of long ago.
    pub(crate) fn old_directory(&self, name: &str, inside: &str) -> io::Result<()> {
        self.file(&format!("{name}/{inside}"), name.as_bytes())?;
        let directory = system::open_directory(&self.path.join(name))?;
        directory.set_times(long_ago())
    }

    /// Makes a link to a folder beside it.
    pub(crate) fn link(&self, name: &str, to: &str) -> io::Result<()> {
        system::make_link(&self.path.join(name), &self.path.join(to))
    }

    /// Makes a file of `size` bytes of which only the last are written.
    pub(crate) fn sparse(&self, name: &str, size: u64, end: &[u8]) -> io::Result<()> {
        let mut file = File::create_new(self.path.join(name))?;
        system::make_sparse(&file)?;
        let length = u64::try_from(end.len()).unwrap_or(u64::MAX);
        file.seek(SeekFrom::Start(size.saturating_sub(length)))?;
        file.write_all(end)?;
        file.sync_all()
    }

    /// Makes a file of a kind that only some systems have.
    pub(crate) fn peculiar(&mut self, kind: Peculiar, name: &str, content: &[u8]) -> io::Result<()> {
        let file = system::make_peculiar(kind, &self.path.join(name), content)?;
        if matches!(kind, Peculiar::KeptOpen | Peculiar::Oplocked | Peculiar::PartLocked) {
            self.open.push(file);
        }
        Ok(())
    }

    /// Gives a file another name and then its own again, as any program may that is not refused.
    pub(crate) fn rename_and_back(&self, name: &str) -> io::Result<()> {
        let (path, other) = (self.path.join(name), self.path.join(format!("{name}.other")));
        fs::rename(&path, &other)?;
        fs::rename(other, path)
    }
}

/// The times of what is made.
fn long_ago() -> fs::FileTimes {
    let at = |seconds| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
    let times = fs::FileTimes::new();
    match (at(MADE), at(MADE.saturating_sub(1))) {
        (Some(modified), Some(accessed)) => {
            system::born(times, modified).set_modified(modified).set_accessed(accessed)
        }
        _ => times,
    }
}

impl Drop for Workplace {
    #[allow(clippy::disallowed_methods, reason = "it made the folder itself")]
    fn drop(&mut self) {
        self.open.clear();
        // What stays is named by whoever asks whether it is gone.
        drop(fs::remove_dir_all(&self.path));
    }
}
