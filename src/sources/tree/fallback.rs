//! Files of this machine, with the volume beneath them to fall back on.
//!
//! In: paths, and the two trees. Out: the operating system's answer wherever it has one. The volume is read for the file
//! system's own files (`$MFT` and its like), and for a file that the system refuses because of rights or because another
//! program keeps it; the record says so.

use std::io;
use std::time::Duration;

use super::image::{read, to_seek};
use super::listing::{Handle, Listing};
use super::raw;
use super::raw::Raw;
use super::{Access, Changes, FileTree, HostTree, OpenContent, Refused};
use crate::evidence::{Entry, Stat, Utc};
use crate::formats::disk::Mounted as _;
use crate::formats::ntfs::NtfsFiles;
use crate::formats::seek::ReadSeek;
use crate::sources::direct_reading::Beneath;
use crate::sources::found::{Found, Way};
use crate::sources::mounts::Nature;

/// A drive whose volume can be read.
#[derive(Debug)]
pub(crate) struct FallbackTree {
    host: HostTree,
    raw: Raw,
}

impl FallbackTree {
    /// The files of `host`, with `raw` beneath them.
    pub(crate) const fn new(host: HostTree, raw: Raw) -> Self {
        Self { host, raw }
    }
}

impl FileTree for FallbackTree {
    fn look(&self, path: &[u8], listed: Option<(&Handle, &Entry)>) -> io::Result<(Stat, Nature)> {
        if !raw::is_own(path) {
            return self.host.look(path, listed);
        }
        let refused = match self.raw.open() {
            Ok(volume) => return Ok((volume.stat(path)?, Nature::Local)),
            Err(refused) => refused,
        };
        self.host.look(path, listed).map_err(|error| {
            // Whoever may not open the volume does not learn whether it is there.
            if refused.kind() == io::ErrorKind::PermissionDenied {
                raw::both(&refused, &error)
            } else {
                error
            }
        })
    }

    fn list(&self, path: &[u8]) -> io::Result<Listing> {
        self.host.list(path)
    }

    fn open(&self, found: &Found, limit: Duration, access: Access) -> Result<OpenContent, Refused> {
        let Refused { error, .. } = match self.host.open(found, limit, access) {
            Ok(OpenContent::File(mut file)) => {
                file.beneath = self.beneath(found, access);
                return Ok(OpenContent::File(file));
            }
            Ok(content) => return Ok(content),
            Err(refused) => refused,
        };
        if !turns_to_the_volume(found, &error, access) {
            return Err(error.into());
        }
        let open = || {
            let volume = self.raw.open()?;
            Ok((State::of(&volume, found)?, read(&volume, found)?, volume.read_by()))
        };
        match open() {
            Ok((before, reading, read_by)) => {
                let changes = Some(self.changes(found, before));
                Ok(OpenContent::Volume { reading, read_by, refused: Some(error), changes })
            }
            Err(on_volume) => Err(Refused { error, on_volume: Some(on_volume) }),
        }
    }

    fn open_to_seek(&self, path: &[u8]) -> io::Result<Box<dyn ReadSeek>> {
        self.host.open_to_seek(path).or_else(|error| {
            if !raw::may_help(&error) {
                return Err(error);
            }
            to_seek(&self.raw.open().map_err(|_| error)?, path)
        })
    }

    fn has_streams(&self) -> bool {
        self.host.has_streams()
    }

    fn memory(&self) -> u64 {
        0
    }

    fn host(&self) -> Option<&HostTree> {
        Some(&self.host)
    }

    fn host_mut(&mut self) -> Option<&mut HostTree> {
        Some(&mut self.host)
    }

    fn raw(&self) -> &Raw {
        &self.raw
    }
}

impl FallbackTree {
    /// How to see whether what is read of the volume has changed since.
    fn changes(&self, found: &Found, before: State) -> Changes {
        let (raw, found) = (self.raw.clone(), found.clone());
        // The volume is opened anew: what was kept of it in memory is as old as the reading.
        Box::new(move || Ok(State::of(&raw.open()?, &found)? != before))
    }

    /// The way to what was found on the volume, for where its handle gives no more.
    fn beneath(&self, found: &Found, access: Access) -> Option<Beneath> {
        let goes_on = access == Access::All && self.raw.is_there() && is_on_the_volume(found);
        goes_on.then(|| {
            let (raw, found) = (self.raw.clone(), found.clone());
            let open: Beneath = Box::new(move || {
                let volume = raw.open()?;
                Ok((read(&volume, &found)?, volume.read_by()))
            });
            open
        })
    }
}

/// What shows that a file on the volume has changed: its facts, and its first sector, where a hive and a database count
/// their changes. The system writes a file's facts down only later, and a hive's sequence numbers with each change.
#[derive(PartialEq, Eq)]
struct State {
    size: Option<u64>,
    modified: Option<Utc>,
    changed: Option<Utc>,
    first: Vec<u8>,
}

/// Bytes of the first sector.
const SECTOR: usize = 512;

impl State {
    fn of(volume: &NtfsFiles, found: &Found) -> io::Result<Self> {
        let metadata = volume.stat_of(found.metadata.inode.unwrap_or_default())?.metadata;
        let mut first = vec![0; SECTOR];
        let count = read(volume, found)?.read_at(0, &mut first)?;
        first.truncate(count);
        Ok(Self { size: metadata.size, modified: metadata.modified, changed: metadata.changed, first })
    }
}

/// Whether what was refused is asked of the volume beneath.
fn turns_to_the_volume(found: &Found, refused: &io::Error, access: Access) -> bool {
    let helps = raw::is_own(&found.path) || (access == Access::All && raw::may_help(refused));
    helps && is_on_the_volume(found)
}

/// Whether something found is a file that the volume has.
const fn is_on_the_volume(found: &Found) -> bool {
    !found.guarded && matches!(found.way, Way::File)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{Kind, Metadata, Origin};

    fn found(path: &str, inode: Option<u64>) -> Found {
        let metadata = Metadata { inode, ..Metadata::default() };
        let file = Found::file(Origin::drive('C', path));
        Found { kind: Kind::File, metadata, path: path.as_bytes().to_vec(), ..file }
    }

    #[test]
    fn only_what_is_refused_is_asked_of_the_volume_and_only_where_it_is_collected() {
        let refused = io::Error::from(io::ErrorKind::PermissionDenied);
        let gone = io::Error::from(io::ErrorKind::NotFound);
        let hive = found("Windows/System32/config/SAM", Some(7));
        assert!(turns_to_the_volume(&hive, &refused, Access::All));
        assert!(!turns_to_the_volume(&hive, &refused, Access::Shared));
        assert!(!turns_to_the_volume(&hive, &gone, Access::All));
        assert!(turns_to_the_volume(&found("$MFT", None), &gone, Access::Shared));
        let late = io::Error::from(io::ErrorKind::TimedOut);
        assert!(turns_to_the_volume(&hive, &late, Access::All), "an open that nobody answers");
        assert!(!turns_to_the_volume(&Found { guarded: true, ..hive }, &refused, Access::All));
    }
}
