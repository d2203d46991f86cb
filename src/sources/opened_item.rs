//! One item, opened for one pass: its stored bytes in order, and its facts before and after.
//!
//! What is read never exceeds the size seen when it was opened, so that a log that is written to comes to an end.
//! Holes of 64 MiB and more are left out, and the ranges that hold data are told.

use std::fmt::Write as _;
use std::fs::File;
use std::io;

use super::direct_reading::DirectReading;
use super::found::{Found, Unread, Way};
use super::mounts::Nature;
use super::rows;
use super::rows::Rows;
use super::target_volume::TargetVolume;
use super::tree::{Access, Changes, LocalFile, OpenContent, Refused};
use crate::evidence::ranges::close_smallest_holes;
use crate::evidence::{Kind, Metadata, Note, Outcome, Range, Reason, ReasonCode, Stat, Volume};
use crate::formats::disk::VolumeFile;
use crate::sys;
use crate::sys::{OpenFile, Root, time_limit};

/// Holes below this are read as zeros: they compress to nothing, and the item stays one file for every tool.
const WORTH_LEAVING_OUT: u64 = 64 << 20;

/// Most ranges told of one item; where it has more, its smallest holes are stored as zeros.
const MAX_RANGES: usize = 4096;

/// Most bytes read of a file that has no size of its own, as in `/proc`.
const NO_SIZE_LIMIT: u64 = 64 << 20;

/// An item opened for reading.
pub struct Opened {
    /// Its metadata when it was opened.
    pub metadata: Metadata,
    /// Bytes that will come at most; `None` where that is not known.
    pub stored_size: Option<u64>,
    /// The ranges that will come, one after the other; empty where everything does.
    pub ranges: Vec<Range>,
    source: Source,
    /// How it stood when it was opened, where it may change meanwhile.
    before: Option<Stat>,
    /// How to see whether it changed, where it is read of a volume in use.
    changes: Option<Changes>,
    delivered: u64,
    notes: Vec<Note>,
    read_by: Vec<String>,
}

enum Source {
    Direct(Box<DirectReading<File>>),
    Guarded(time_limit::Reader),
    Image { reading: Box<dyn VolumeFile>, at: u64, pending: std::vec::IntoIter<Range>, left: u64 },
    Rows(rows::RowReader),
}

/// What is known of an item after it was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Closed {
    /// What a reader must know of the reading.
    pub notes: Vec<Note>,
    /// How it was read.
    pub read_by: Vec<String>,
    /// What it lacks although reading came to its end.
    pub shortfall: Option<Reason>,
}

/// Opens what was found in this volume, in one way after another; the record has what was tried before.
pub(crate) fn open(
    volume: &TargetVolume,
    found: &Found,
    limit: std::time::Duration,
    access: Access,
) -> Result<Opened, Box<Unread>> {
    match volume.tree.open(found, limit, access) {
        Ok(OpenContent::File(file)) => open_on_disk(*file, found, limit),
        Ok(OpenContent::Volume { reading, read_by, refused, changes }) => {
            let mut opened = open_on_volume(reading, read_by, found);
            opened.changes = changes;
            if let Some(refused) = refused {
                opened.read_by.insert(0, format!("open: {refused}"));
            }
            Ok(opened)
        }
        Err(Refused { error, on_volume }) => {
            let mut gap = Unread::of_error(found.origin.clone(), "opening", &error);
            if let Some(error) = on_volume {
                let _ = write!(gap.reason.detail, "; on the volume itself: {error}");
            }
            Err(Box::new(Unread { kind: found.kind, metadata: found.metadata.clone(), ..gap }))
        }
    }
}

/// Opens what could be had in no other way out of the first of these shadow copies that has it; `gap` is what it leaves
/// otherwise. They are asked for only where it may stand in one, since finding them takes time.
pub(crate) fn open_in_copies<'a, I: Iterator<Item = &'a TargetVolume>>(
    copies: impl FnOnce() -> I,
    found: &Found,
    gap: Box<Unread>,
    limit: std::time::Duration,
) -> Result<Opened, Box<Unread>> {
    if !may_stand_in_copies(found, gap.reason.code) {
        return Err(gap);
    }
    for copy in copies() {
        let Volume::Shadow(number, _) = &copy.volume else { continue };
        let Ok((stat, Nature::Local)) = copy.tree.look(&found.path, None) else { continue };
        let (owner, group) = (found.metadata.owner.clone(), found.metadata.group.clone());
        let metadata = Metadata { owner, group, ..stat.metadata };
        let then = Found { metadata, allocated: stat.allocated, ..found.clone() };
        if let Ok(mut opened) = open(copy, &then, limit, Access::Shared) {
            let refused = gap.reason.detail.strip_prefix("opening: ").unwrap_or(&gap.reason.detail);
            opened.read_by.insert(0, format!("open: {refused}"));
            opened.read_by.push(format!("shadow copy {number}"));
            opened.notes.push(Note::OfShadowCopy);
            return Ok(opened);
        }
    }
    Err(gap)
}

/// Whether something that was there and was not to be read may be so where nobody has it open.
fn may_stand_in_copies(found: &Found, code: ReasonCode) -> bool {
    let refused = matches!(
        code,
        ReasonCode::InUse
            | ReasonCode::PermissionDenied
            | ReasonCode::ReadError
            | ReasonCode::Unsupported
            | ReasonCode::BlockedByAntivirus
            | ReasonCode::Timeout
    );
    refused && !found.guarded && !found.is_of_a_shadow_copy() && matches!(found.way, Way::File)
}

fn open_on_volume(reading: Box<dyn VolumeFile>, read_by: &'static str, found: &Found) -> Opened {
    let size = reading.size();
    let mut metadata = found.metadata.clone();
    metadata.size = Some(size);
    reading.add_facts(&mut metadata);
    let ranges = reading.ranges();
    let whole = Source::Image { reading, at: 0, pending: Vec::new().into_iter(), left: size };
    let mut opened = Opened {
        metadata,
        stored_size: Some(size),
        ranges: Vec::new(),
        source: whole,
        before: None,
        changes: None,
        delivered: 0,
        notes: Vec::new(),
        read_by: vec![read_by.to_owned()],
    };
    if let Some(mut ranges) = ranges
        && size.saturating_sub(sum(&ranges)) >= WORTH_LEAVING_OUT
    {
        let cut = ranges.len() > MAX_RANGES;
        if cut {
            close_smallest_holes(&mut ranges, MAX_RANGES);
        }
        opened.take_ranges(ranges, cut);
    }
    opened
}

fn open_on_disk(local: LocalFile, found: &Found, limit: std::time::Duration) -> Result<Opened, Box<Unread>> {
    let LocalFile { opened: OpenFile { file, touches, read_by }, stat, watch, beneath } = local;
    // Where a server, a program or the kernel makes the numbers up, they may differ from one asking to the next. Those of
    // a program stay while it runs, and a process may begin another one before this one is copied.
    let same = (found.guarded && !matches!(found.way, Way::Program))
        || identity(&stat.metadata) == identity(&found.metadata);
    let is_file = stat.kind == Kind::File || found.kind == Kind::Stream;
    if !is_file || !same {
        let gap = Unread::of_found(
            found.clone(),
            Outcome::Missing,
            ReasonCode::Vanished,
            "another file is there now",
        );
        return Err(Box::new(gap));
    }
    let mut metadata = stat.metadata.clone();
    (metadata.owner, metadata.group) = (found.metadata.owner.clone(), found.metadata.group.clone());
    metadata.zone_identifier.clone_from(&found.metadata.zone_identifier);
    if found.kind == Kind::Stream {
        // The facts are those of the file or folder that it belongs to.
        metadata.size = file.metadata().map(|stream| stream.len()).ok();
    }
    let size = metadata.size.unwrap_or(0);
    let mut notes = Vec::new();
    if touches {
        notes.push(Note::AccessTimeTouched);
    }
    let mut opened = Opened {
        metadata,
        stored_size: Some(size),
        ranges: Vec::new(),
        source: Source::Direct(Box::new(DirectReading::new(file, size, watch, beneath))),
        before: Some(stat),
        changes: None,
        delivered: 0,
        notes,
        read_by,
    };
    if found.guarded {
        opened.guard(found, limit)?;
    } else {
        opened.leave_out_holes(size);
    }
    Ok(opened)
}

/// Begins to make rows.
pub(crate) fn open_rows(found: &Found, rows: &Rows) -> Result<Opened, Box<Unread>> {
    let reader = rows.open().map_err(|error| {
        let gap = Unread::of_error(found.origin.clone(), "starting to make rows", &error);
        Box::new(Unread { kind: Kind::Rows, ..gap })
    })?;
    Ok(Opened {
        metadata: Metadata::default(),
        stored_size: None,
        ranges: Vec::new(),
        source: Source::Rows(reader),
        before: None,
        changes: None,
        delivered: 0,
        notes: Vec::new(),
        read_by: vec![rows.read_by().to_owned()],
    })
}

impl Opened {
    /// Reads on a thread of its own from here on.
    fn guard(&mut self, found: &Found, limit: std::time::Duration) -> Result<(), Box<Unread>> {
        let Source::Direct(direct) = &self.source else { return Ok(()) };
        let failed = |error: io::Error| {
            Box::new(Unread::of_error(found.origin.clone(), "reading with a time limit", &error))
        };
        let most = if found.no_size { NO_SIZE_LIMIT } else { direct.left() };
        let reading = direct.file().try_clone().map_err(failed)?;
        let reader = time_limit::Reader::start(reading, most, limit).map_err(failed)?;
        if found.no_size {
            self.stored_size = None;
            self.metadata.size = None;
            self.notes.push(Note::NoSize);
        }
        self.notes.push(Note::Guarded);
        self.source = Source::Guarded(reader);
        Ok(())
    }

    fn leave_out_holes(&mut self, size: u64) {
        let Source::Direct(direct) = &self.source else { return };
        let allocated = self.before.as_ref().and_then(|before| before.allocated).unwrap_or(size);
        if size.saturating_sub(allocated) < WORTH_LEAVING_OUT {
            return;
        }
        let Some((ranges, cut)) = sys::data_ranges(direct.file(), size, MAX_RANGES) else { return };
        if size.saturating_sub(sum(&ranges)) >= WORTH_LEAVING_OUT {
            self.take_ranges(ranges, cut);
        }
    }

    /// Reads these ranges and nothing else. `cut` says that the smallest holes between them were closed.
    fn take_ranges(&mut self, ranges: Vec<Range>, cut: bool) {
        self.notes.push(Note::Sparse);
        if cut {
            self.notes.push(Note::RangesCut);
        }
        // All hole: one empty range says so, since no range at all would mean that everything is stored.
        self.ranges = if ranges.is_empty() { vec![Range { offset: 0, length: 0 }] } else { ranges };
        self.stored_size = Some(sum(&self.ranges));
        match &mut self.source {
            Source::Direct(direct) => direct.take_ranges(self.ranges.clone()),
            Source::Image { pending, left, .. } => {
                (*pending, *left) = (self.ranges.clone().into_iter(), 0);
            }
            Source::Guarded(_) | Source::Rows(_) => {}
        }
    }

    /// Gives the next stored bytes; 0 at the end.
    ///
    /// # Errors
    /// That of the operating system; [`io::ErrorKind::TimedOut`] where a guarded read hangs;
    /// [`io::ErrorKind::Interrupted`] where asking again is to go on.
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = match &mut self.source {
            Source::Guarded(reader) => reader.read(buffer)?,
            Source::Rows(reader) => reader.read(buffer)?,
            Source::Direct(direct) => direct.read(buffer)?,
            Source::Image { reading, at, pending, left } => {
                while *left == 0 {
                    let Some(range) = pending.next() else { return Ok(0) };
                    (*at, *left) = (range.offset, range.length);
                }
                let most = usize::try_from(*left).unwrap_or(usize::MAX).min(buffer.len());
                let count = reading.read_at(*at, buffer.get_mut(..most).unwrap_or_default())?;
                let step = u64::try_from(count).unwrap_or(u64::MAX);
                (*at, *left) = (at.saturating_add(step), left.saturating_sub(step));
                count
            }
        };
        self.delivered = self.delivered.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        Ok(count)
    }

    /// Looks at the item once more and tells how reading went.
    #[must_use]
    pub fn finish(self) -> Closed {
        let Self { source, before, changes, delivered, stored_size, mut notes, mut read_by, .. } = self;
        let (after, shortfall) = match source {
            Source::Direct(direct) => {
                let (file, watch, ways) = direct.finish();
                read_by.extend(ways);
                let look = move || Root::stat_open(&file);
                let after = match watch {
                    Some(limit) => time_limit::watched(limit, look),
                    None => look(),
                };
                (after.ok(), None)
            }
            // An image does not change, and a guarded file system might hang here.
            Source::Image { .. } | Source::Guarded(_) => (None, None),
            Source::Rows(reader) => (None, reader.finish()),
        };
        if let (Some(before), Some(after)) = (before, after) {
            let (old, new) = (&before.metadata, &after.metadata);
            if old.size != new.size || old.modified != new.modified {
                notes.push(Note::ChangedDuringRead);
            }
            if new.size > old.size {
                notes.push(Note::Grew);
            }
            // Not every file system heeds the asking that a read is not noted.
            if old.accessed != new.accessed && !notes.contains(&Note::AccessTimeTouched) {
                notes.push(Note::AccessTimeTouched);
            }
        }
        // What cannot be seen again counts as changed: nobody may take it for one state of the file.
        if changes.is_some_and(|changed| changed().unwrap_or(true)) {
            notes.push(Note::ChangedDuringRead);
        }
        if stored_size.is_some_and(|size| delivered < size) {
            notes.push(Note::ShortRead);
        }
        Closed { notes, read_by, shortfall }
    }
}

/// What tells one file of this machine from another.
const fn identity(metadata: &Metadata) -> (Option<u64>, Option<u64>, Option<u64>) {
    (metadata.device, metadata.inode, metadata.inode_high)
}

fn sum(ranges: &[Range]) -> u64 {
    ranges.iter().fold(0, |sum, range| sum.saturating_add(range.length))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::evidence::Origin;
    use crate::formats::disk::MemoryDevice;
    use crate::formats::ntfs;
    use crate::sys::Asked;

    fn found(path: &str, inode: Option<u64>) -> Found {
        let gap = Origin::drive('C', path);
        let metadata = Metadata { inode, ..Metadata::default() };
        Found { kind: Kind::File, metadata, path: path.as_bytes().to_vec(), ..Found::file(gap) }
    }

    #[test]
    fn what_the_file_system_has_for_itself_is_read_from_the_volume_beneath_and_the_record_says_so() {
        let dir = tempfile::TempDir::new().unwrap();
        let bytes = crate::formats::made_volume::volume();
        let place =
            TargetVolume::above(Volume::Drive('C'), dir.path(), Arc::new(MemoryDevice(bytes.clone())));
        let (stat, _) = place.tree.look(b"$MFT", None).unwrap();
        let found = found("$MFT", stat.metadata.inode);
        for access in [Access::All, Access::Shared] {
            let mut opened = open(&place, &found, std::time::Duration::MAX, access).unwrap();
            let mut content = vec![0; usize::try_from(opened.stored_size.unwrap()).unwrap()];
            let count = opened.read(&mut content).unwrap();
            assert!(count >= 1024 && content[..count] == bytes[16 * 512..16 * 512 + count], "{count}");
            let read_by = opened.finish().read_by;
            assert!(read_by[0].starts_with("open: ") && read_by[1..] == ["raw_ntfs"], "{read_by:?}");
        }
        // A folder beside it is asked of the system alone.
        assert!(place.tree.look(b"a.txt", None).is_err());
    }

    /// A disk that another program writes to.
    #[derive(Debug, Clone)]
    struct InUse(Arc<std::sync::Mutex<Vec<u8>>>);

    impl crate::formats::disk::Device for InUse {
        fn size(&self) -> u64 {
            u64::try_from(self.0.lock().unwrap().len()).unwrap()
        }

        fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
            MemoryDevice(self.0.lock().unwrap().clone()).read_at(offset, buffer)
        }
    }

    #[test]
    fn what_is_read_of_a_volume_while_it_changes_is_noted() {
        let dir = tempfile::TempDir::new().unwrap();
        for changes in [false, true] {
            let disk = InUse(Arc::new(std::sync::Mutex::new(crate::formats::made_volume::volume())));
            let place = TargetVolume::above(Volume::Drive('C'), dir.path(), Arc::new(disk.clone()));
            let (stat, _) = place.tree.look(b"$MFT", None).unwrap();
            let found = found("$MFT", stat.metadata.inode);
            let mut opened = open(&place, &found, std::time::Duration::MAX, Access::All).unwrap();
            while opened.read(&mut [0; 4096]).unwrap() > 0 {}
            if changes {
                // A counter in the first sector of the file, as that of a hive.
                disk.0.lock().unwrap()[16 * 512 + 400] ^= 1;
            }
            let noted = opened.finish().notes.contains(&Note::ChangedDuringRead);
            assert_eq!(noted, changes);
        }
    }

    #[test]
    fn what_can_be_had_in_no_other_way_is_read_from_the_newest_shadow_copy_that_has_it_and_the_record_says_so()
     {
        let copy = |number: u32| {
            let bytes = crate::formats::made_volume::volume();
            let volume = ntfs::NtfsVolume::open(Arc::new(MemoryDevice(bytes)), 16).unwrap();
            let of = Volume::Shadow(number, Box::new(Volume::Drive('C')));
            TargetVolume::mounted(of, Arc::new(ntfs::NtfsFiles(Arc::new(volume))), None, Asked::AsShadow)
        };
        let copies = [copy(9), copy(4)];
        let refused =
            |code| Box::new(Unread::new(Origin::drive('C', "x"), Outcome::Failed, code, "opening: in use"));
        let there = found("$MFT", Some(700));
        let limit = std::time::Duration::MAX;
        let opened = open_in_copies(|| copies.iter(), &there, refused(ReasonCode::InUse), limit).unwrap();
        assert!(
            opened.stored_size.unwrap() > 0 && opened.metadata.inode != Some(700),
            "{:?}",
            opened.metadata
        );
        let closed = opened.finish();
        assert_eq!(closed.read_by, ["open: in use", "raw_ntfs", "shadow copy 9"]);
        assert!(closed.notes.contains(&Note::OfShadowCopy));
        // What is not in them, what vanished, and what may hang keep their own reason.
        for (found, code, sought) in [
            (found("none.txt", None), ReasonCode::InUse, true),
            (there.clone(), ReasonCode::Vanished, false),
            (Found { guarded: true, ..there.clone() }, ReasonCode::InUse, false),
        ] {
            let mut asked = false;
            let copies = || {
                asked = true;
                copies.iter()
            };
            let gap = open_in_copies(copies, &found, refused(code), limit).err().unwrap();
            assert_eq!((gap.reason.code, gap.reason.detail.as_str()), (code, "opening: in use"));
            assert_eq!(asked, sought, "{code:?}");
        }
    }
}
