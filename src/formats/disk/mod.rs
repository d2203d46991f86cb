//! Disk images: the bytes of an image become volumes, each with its file system.
//!
//! ```text
//! Device ── virtual disk ── partitions ── file system ── Mounted: paths, facts, contents
//! ```
//!
//! In: a `Device`, raw or a virtual disk of a kind that `open` knows. Out: its [`Disk`], with the file system of each
//! volume, read or not. An image is hostile from its first byte on.

mod cache;
mod device;
mod identify;
mod partitions;
mod remembered;
mod sectors;
mod shadows;
mod virtual_disks;

use std::fmt::Debug;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;

pub(crate) use cache::{Cache, MEMORY};
pub(crate) use device::{Device, MemoryDevice, Stretch, fill_at, read_exact_at, read_some, to_u64};
pub use identify::FileSystem;
pub(crate) use identify::identify;
pub(crate) use remembered::Remembered;
pub(crate) use sectors::Sectors;
pub(crate) use shadows::{ShadowCopies, shadow_copies};

pub(crate) use partitions::TableNote;
use partitions::{DeviceId, Partition, Table};

use crate::evidence::{Entry, Metadata, Range, Stat};

/// A file system that this program reads by itself.
pub(crate) trait Mounted: Debug + Send + Sync {
    /// How a record names this way of reading.
    fn read_by(&self) -> &'static str;

    /// What it is.
    fn file_system(&self) -> &'static str;

    /// The volume's own label.
    fn label(&self) -> String;

    /// Bytes of the volume that it says it takes.
    fn size(&self) -> u64;

    /// Why what is read of it may not be its last state; `None` where nothing is in doubt.
    fn doubt(&self) -> Option<&'static str> {
        None
    }

    /// Memory in bytes that it takes besides the blocks that are kept.
    fn memory(&self) -> u64;

    /// Whether its files have alternate streams.
    fn has_streams(&self) -> bool;

    /// The facts of what stands at a path spelled as on disk; a link's own.
    fn stat(&self, path: &[u8]) -> io::Result<Stat>;

    /// The facts of a file by the reference that a listing gave.
    fn stat_of(&self, reference: u64) -> io::Result<Stat>;

    /// The entries of a folder, as they come.
    fn list(&self, path: &[u8]) -> io::Result<Box<dyn Iterator<Item = io::Result<Entry>>>>;

    /// Takes note of where a directory is, by the reference that a listing gave: it, and what is in it, is asked for next.
    fn remember(&self, directory: &[u8], reference: u64) {
        let _ = (directory, reference);
    }

    /// How the entry `name` of a folder is written on disk, where it may differ in case.
    /// Of several the nearest is the first.
    fn spellings(&self, folder: &[u8], name: &[u8]) -> io::Result<Vec<Vec<u8>>>;

    /// Opens a file by reference, or one of its streams.
    fn open(&self, reference: u64, stream: Option<&[u8]>) -> io::Result<Box<dyn VolumeFile>>;
}

/// An open file of such a file system.
pub(crate) trait VolumeFile: Debug + Send {
    /// Its size in bytes.
    fn size(&self) -> u64;

    /// The stretches that hold data, in order; `None` where holes play no part.
    fn ranges(&self) -> Option<Vec<Range>>;

    /// Reads at `offset`; 0 at and behind its end.
    fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;

    /// Adds its flags and extended attributes, where the file system has some that are read here.
    fn add_facts(&self, _: &mut Metadata) {}
}

/// An open file as something that has a place of its own in it.
#[derive(Debug)]
pub(crate) struct Seeker {
    reading: Box<dyn VolumeFile>,
    at: u64,
}

impl Seeker {
    pub(crate) fn new(reading: Box<dyn VolumeFile>) -> Self {
        Self { reading, at: 0 }
    }
}

impl Read for Seeker {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reading.read_at(self.at, buffer)?;
        self.at = self.at.saturating_add(to_u64(count));
        Ok(count)
    }
}

impl Seek for Seeker {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::Current(step) => self.at.checked_add_signed(step),
            SeekFrom::End(step) => self.reading.size().checked_add_signed(step),
        };
        self.at = place.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

/// An open image.
#[derive(Debug)]
pub struct Disk {
    /// The form of the image: `raw`, `qcow2` …
    pub form: &'static str,
    /// Bytes of the disk that it holds.
    pub size: u64,
    /// `mbr` or `gpt`; `None` for a volume without a table around it.
    pub scheme: Option<&'static str>,
    /// The same, with which copy of the table is used.
    pub table: Option<&'static str>,
    /// Bytes of a sector, as far as the table tells.
    pub sector: Option<u64>,
    /// Its volumes, in the order of their numbers.
    pub volumes: Vec<DiskVolume>,
    /// What is to be known of its table and of the file that holds it.
    pub notes: Vec<TableNote>,
}

/// A volume of a disk.
#[derive(Debug)]
pub struct DiskVolume {
    /// As other tools number it, from 1; 1 for a volume without a table around it.
    pub number: u32,
    /// In bytes.
    pub start: u64,
    /// In bytes.
    pub size: u64,
    /// What the table says it is for.
    pub kind: String,
    /// Its name in the table.
    pub name: Option<String>,
    /// Its file system.
    pub file_system: FileSystem,
    /// What is to be known of it.
    pub notes: Vec<TableNote>,
    pub(crate) device: Arc<dyn Device>,
    id: Option<DeviceId>,
}

impl DiskVolume {
    /// What tells it from others, where no drive letter does.
    pub(crate) fn id(&self) -> Option<String> {
        self.id.as_ref().map(DeviceId::text)
    }

    /// What a Windows registry's `MountedDevices` holds for it.
    pub(crate) fn mounted(&self) -> Option<Vec<u8>> {
        self.id.as_ref().map(DeviceId::mounted)
    }
}

/// Finds the volumes of an image in whatever form it is kept.
///
/// # Errors
/// Where it cannot be read, or has a form that is not read here; the text says what to do.
pub(crate) fn open(image: Arc<dyn Device>) -> io::Result<Disk> {
    let virtual_disks::OpenedForm { form, device, notes } = virtual_disks::open(image)?;
    let mut disk = volumes(form, device)?;
    disk.notes.extend(notes);
    Ok(disk)
}

/// Finds what is on a disk.
pub(crate) fn volumes(form: &'static str, device: Arc<dyn Device>) -> io::Result<Disk> {
    let size = device.size();
    let whole = identify(&*device)?;
    // A volume without a table may have its mark where a table has code: then there is none.
    let table = if whole.begins_with_its_mark() { None } else { partitions::read(&*device)? };
    let Some(Table { scheme, used, sector, partitions, mut notes }) = table else {
        return Ok(of_one_volume(form, device, whole, Vec::new()));
    };
    let volumes: Vec<_> = partitions.into_iter().map(|partition| volume(&device, partition)).collect();
    if whole != FileSystem::Unknown {
        // Both are there: what a boot sector claims counts only where something is in its partitions.
        if volumes.iter().all(|volume| volume.file_system == FileSystem::Unknown) {
            return Ok(of_one_volume(form, device, whole, Vec::new()));
        }
        notes.push(besides(whole));
    } else if volumes.is_empty() {
        return Ok(of_one_volume(form, device, whole, notes));
    }
    Ok(Disk { form, size, scheme: Some(scheme), table: Some(used), sector: Some(sector), volumes, notes })
}

/// A disk that is a volume as a whole.
fn of_one_volume(
    form: &'static str,
    device: Arc<dyn Device>,
    file_system: FileSystem,
    notes: Vec<TableNote>,
) -> Disk {
    let size = device.size();
    let volume = DiskVolume {
        number: 1,
        start: 0,
        size,
        kind: "volume".to_owned(),
        name: None,
        file_system,
        notes: of_a_mirror(file_system, &*device),
        device,
        id: None,
    };
    Disk { form, size, scheme: None, table: None, sector: None, volumes: vec![volume], notes }
}

/// What is said of a disk with a table that has marks of something else as a whole.
fn besides(whole: FileSystem) -> TableNote {
    let name = whole.name();
    if name.ends_with("RAID") {
        let text = format!("it is a part of a RAID ({name}) too: what its other disks hold is not read");
        return TableNote::gap(text);
    }
    TableNote::known(format!(
        "the disk as a whole has marks of {name} too, as an older use leaves them: its table counts"
    ))
}

fn of_a_mirror(file_system: FileSystem, device: &dyn Device) -> Vec<TableNote> {
    if file_system.obstacle().is_none() && identify::is_half_of_a_mirror(device) {
        let text = "one disk of a mirror (Linux RAID), read by itself: it may be older than the others; 'mdadm --assemble \
                    --readonly' puts it together";
        return vec![TableNote::gap(text)];
    }
    Vec::new()
}

fn volume(disk: &Arc<dyn Device>, partition: Partition) -> DiskVolume {
    let Partition { number, start, size, kind, name, id } = partition;
    let device: Arc<dyn Device> = Arc::new(Stretch::new(Arc::clone(disk), start, size));
    // A partition that cannot be read is one whose content is not known; whoever asks for it gets the reason.
    let file_system = identify(&*device).unwrap_or(FileSystem::Unknown);
    let mut notes = of_a_mirror(file_system, &*device);
    let there = device.size();
    if there < size {
        let text = format!(
            "the partition has {size} bytes by the table, of which the image holds {there}: what is behind them cannot be \
             read"
        );
        notes.push(TableNote::gap(text));
    }
    DiskVolume { number, start, size, kind, name, file_system, notes, device, id: Some(id) }
}
