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

/// A file system that this program reads from its on-disk structures.
pub(crate) trait Mounted: Debug + Send + Sync {
    /// Returns the name of the access method, for records.
    fn read_by(&self) -> &'static str;

    /// Returns the name of the file system.
    fn file_system(&self) -> &'static str;

    /// Returns the volume label.
    fn label(&self) -> String;

    /// Returns the size of the volume in bytes, as stated by the file system.
    fn size(&self) -> u64;

    /// Returns why the content may not be the latest state; `None` where it is.
    fn doubt(&self) -> Option<&'static str> {
        None
    }

    /// Returns the memory that it uses, in bytes, without the cached blocks.
    fn memory(&self) -> u64;

    /// Whether files may have alternate data streams.
    fn has_streams(&self) -> bool;

    /// Returns the metadata of a path, spelled as on disk. Links are not followed.
    fn stat(&self, path: &[u8]) -> io::Result<Stat>;

    /// Returns the metadata of a file, by the reference from a listing.
    fn stat_of(&self, reference: u64) -> io::Result<Stat>;

    /// Lists the entries of a directory, in on-disk order.
    fn list(&self, path: &[u8]) -> io::Result<Box<dyn Iterator<Item = io::Result<Entry>>>>;

    /// Remembers the reference of a directory from a listing, since the directory and its entries are requested next.
    fn remember(&self, directory: &[u8], reference: u64) {
        let _ = (directory, reference);
    }

    /// Returns the on-disk spellings of an entry of a directory, which may differ in case; the nearest comes first.
    fn spellings(&self, directory: &[u8], name: &[u8]) -> io::Result<Vec<Vec<u8>>>;

    /// Opens a file, or one of its streams, by reference.
    fn open(&self, reference: u64, stream: Option<&[u8]>) -> io::Result<Box<dyn VolumeFile>>;
}

/// An open file of such a file system.
pub(crate) trait VolumeFile: Debug + Send {
    /// Size in bytes.
    fn size(&self) -> u64;

    /// Returns the ranges that contain data, in order; `None` where there are no holes.
    fn ranges(&self) -> Option<Vec<Range>>;

    /// Reads at `offset`, and returns the number of bytes; 0 at or after the end.
    fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;

    /// Adds flags and extended attributes, where the file system has them.
    fn add_facts(&self, _: &mut Metadata) {}
}

/// An open file with a read position.
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
    /// The image format: `raw`, `qcow2` …
    pub form: &'static str,
    /// Size of the disk in bytes.
    pub size: u64,
    /// `mbr` or `gpt`; `None` for a volume without a partition table.
    pub scheme: Option<&'static str>,
    /// The same, with the copy of the table that is used.
    pub table: Option<&'static str>,
    /// Sector size in bytes, where the table shows it.
    pub sector: Option<u64>,
    /// The volumes, in the order of their numbers.
    pub volumes: Vec<DiskVolume>,
    /// Notes on the table and on the image file.
    pub notes: Vec<TableNote>,
}

/// A volume of a disk.
#[derive(Debug)]
pub struct DiskVolume {
    /// Number from 1, as other tools count; 1 for a volume without a partition table.
    pub number: u32,
    /// Offset in bytes.
    pub start: u64,
    /// Size in bytes.
    pub size: u64,
    /// Type of the partition, from the table.
    pub kind: String,
    /// Name in the table.
    pub name: Option<String>,
    /// The content of the volume.
    pub file_system: FileSystem,
    /// Notes on the volume.
    pub notes: Vec<TableNote>,
    pub(crate) device: Arc<dyn Device>,
    id: Option<DeviceId>,
}

impl DiskVolume {
    /// Returns an identifier for a volume without a drive letter.
    pub(crate) fn id(&self) -> Option<String> {
        self.id.as_ref().map(DeviceId::text)
    }

    /// Returns the value that a Windows registry has for it in `MountedDevices`.
    pub(crate) fn mounted(&self) -> Option<Vec<u8>> {
        self.id.as_ref().map(DeviceId::mounted)
    }
}

/// Finds the volumes of an image in any supported format.
///
/// # Errors
///
/// The image cannot be read, or its format is not supported; the text says what to do.
pub(crate) fn open(image: Arc<dyn Device>) -> io::Result<Disk> {
    let virtual_disks::OpenedForm { form, device, notes } = virtual_disks::open(image)?;
    let mut disk = volumes(form, device)?;
    disk.notes.extend(notes);
    Ok(disk)
}

/// Finds the volumes of a disk.
pub(crate) fn volumes(form: &'static str, device: Arc<dyn Device>) -> io::Result<Disk> {
    let size = device.size();
    let whole = identify(&*device)?;
    // A volume without a table may have its signature where a table has boot code. Such a disk has no table.
    let table = if whole.begins_with_its_mark() { None } else { partitions::read(&*device)? };
    let Some(Table { scheme, used, sector, partitions, mut notes }) = table else {
        return Ok(of_one_volume(form, device, whole, Vec::new()));
    };
    let volumes: Vec<_> = partitions.into_iter().map(|partition| volume(&device, partition)).collect();
    if whole != FileSystem::Unknown {
        // Both signatures exist: the boot sector counts only where at least one of its partitions has content.
        if volumes.iter().all(|volume| volume.file_system == FileSystem::Unknown) {
            return Ok(of_one_volume(form, device, whole, Vec::new()));
        }
        notes.push(second_signature(whole));
    } else if volumes.is_empty() {
        return Ok(of_one_volume(form, device, whole, notes));
    }
    Ok(Disk { form, size, scheme: Some(scheme), table: Some(used), sector: Some(sector), volumes, notes })
}

/// Makes a disk that is one volume as a whole.
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

/// The note for a disk with a table that also has the signature of a file system or RAID as a whole.
fn second_signature(whole: FileSystem) -> TableNote {
    let name = whole.name();
    if name.ends_with("RAID") {
        let text = format!("the disk is also a member of a RAID ({name}): the other members are not read");
        return TableNote::gap(text);
    }
    TableNote::known(format!(
        "the disk as a whole also has the signature of {name}, probably from an earlier use: the partition table is used"
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
    // A partition that cannot be read has unknown content; whoever opens it gets the error.
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
