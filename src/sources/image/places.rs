//! From a disk's volumes to volumes of the target: which are read, under which letter, and why the others are not.
//!
//! The volume that holds a Windows is `C`, unless the `MountedDevices` of its own registry say otherwise; the letters
//! of the others are taken from there too. The first that holds a Unix is its root. A volume that is neither is known
//! by its identifier.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

use crate::evidence::{Printable, Volume};
use crate::formats::disk;
use crate::formats::disk::{Disk, DiskVolume, FileSystem, Mounted, ShadowCopies, TableNote, to_u64};
use crate::formats::hive::Hive;
use crate::formats::{ext, ntfs};
use crate::sources::mounts::MountFacts;
use crate::sources::resolve::spelled;
use crate::sources::target_volume::TargetVolume;
use crate::sources::volume_facts::VolumeFacts;
use crate::sys::Asked;

/// Most volumes of one disk that are read.
const MAX_PLACES: usize = 64;

/// What an image gives.
#[derive(Debug, Default)]
pub(crate) struct ImageVolumes {
    /// Volumes that are read, those with an operating system first.
    pub(crate) places: Vec<TargetVolume>,
    /// Every volume, read or not, for the manifest.
    pub(crate) facts: Vec<MountFacts>,
}

/// Opens the volumes of an image; only the one that is numbered `partition`, where one is named.
///
/// # Errors
/// Where the image cannot be read, has no such partition, or nothing on it is read by this version; the text says what is
/// there.
pub(crate) fn open(path: &Path, partition: Option<u32>) -> io::Result<ImageVolumes> {
    let disk = super::open(path)?;
    let image = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    of_disk(&disk, &image, partition)
}

/// The same of a disk in memory.
pub(crate) fn in_memory(bytes: Vec<u8>) -> io::Result<ImageVolumes> {
    of_disk(&disk::volumes("memory", Arc::new(disk::MemoryDevice(bytes)))?, "memory", None)
}

/// The same of a disk that is open.
fn of_disk(disk: &Disk, image: &str, partition: Option<u32>) -> io::Result<ImageVolumes> {
    if let Some(number) = partition
        && disk.volumes.iter().all(|volume| volume.number != number)
    {
        let numbers: Vec<_> = disk.volumes.iter().map(|volume| volume.number.to_string()).collect();
        let text = format!("it has no partition {number}, but {}", numbers.join(", "));
        return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
    }
    let wanted = |volume: &DiskVolume| partition.is_none_or(|number| number == volume.number);
    let readable = readable(disk);
    let mut mounted = Vec::new();
    let mut facts = of_the_table(disk, image, partition);
    for volume in &disk.volumes {
        let told = |reason: Option<String>, place: String, file_system: &str| MountFacts {
            place,
            file_system: file_system.to_owned(),
            device: format!("{image}, partition {} ({})", volume.number, Printable(&volume.kind)),
            visited: reason.is_none(),
            reason,
            gap: false,
        };
        let read = if !wanted(volume) {
            Err("another partition was asked for".to_owned())
        } else if mounted.len() >= MAX_PLACES {
            Err(format!("more than {MAX_PLACES} volumes are not read at once"))
        } else {
            mount(volume, readable)
        };
        match read {
            Ok(place) => {
                let mut fact = told(None, String::new(), place.file_system());
                (fact.reason, fact.gap) = doubts(volume, &*place);
                mounted.push((volume, place, fact));
            }
            Err(reason) => {
                let mut fact = told(Some(reason), id(volume), volume.file_system.name());
                fact.gap = wanted(volume) && !holds_nothing(volume);
                facts.push(fact);
            }
        }
    }
    if mounted.is_empty() {
        let said = facts.iter().map(|fact| {
            format!("{}: {}: {}", fact.device, fact.file_system, fact.reason.as_deref().unwrap_or_default())
        });
        let said: Vec<_> = said.collect();
        let text = if said.is_empty() { "it has no partitions".to_owned() } else { said.join("; ") };
        return Err(io::Error::new(io::ErrorKind::Unsupported, text));
    }
    let names = names(&mounted.iter().map(|(volume, mounted, _)| (*volume, mounted)).collect::<Vec<_>>());
    let mut places = Vec::new();
    for ((volume, mounted, mut fact), name) in mounted.into_iter().zip(names) {
        fact.place = name_text(&name);
        facts.push(fact);
        let device = has_shadow_copies(volume).then(|| Arc::clone(&volume.device));
        places.push(TargetVolume::mounted(name, mounted, device, Asked::Always));
    }
    facts.sort_by(|one, other| one.device.cmp(&other.device));
    Ok(ImageVolumes { places, facts })
}

/// The table of a disk as a fact, with what is in doubt of it; where one partition is asked for, its doubts are no gap.
fn of_the_table(disk: &Disk, image: &str, partition: Option<u32>) -> Vec<MountFacts> {
    let table = disk.table.map(|used| (used, None, false));
    let notes = disk.notes.iter().map(|note| (disk.form, Some(note.text.to_string()), note.gap));
    let fact = |(used, reason, gap): (&str, Option<String>, bool)| MountFacts {
        place: "table".to_owned(),
        file_system: used.to_owned(),
        device: image.to_owned(),
        visited: true,
        reason,
        gap: gap && partition.is_none(),
    };
    table.into_iter().chain(notes).map(fact).collect()
}

/// What is in doubt of a volume that is read, and whether something of it may be missing.
fn doubts(volume: &DiskVolume, mounted: &dyn Mounted) -> (Option<String>, bool) {
    let (claimed, there) = (mounted.size(), volume.device.size());
    let beyond = (claimed > there).then(|| {
        format!(
            "the file system has {claimed} bytes, of which the image holds {there}: what is behind them cannot be read"
        )
    });
    let lacking: Vec<_> = beyond.into_iter().chain(mounted.doubt().map(str::to_owned)).collect();
    let gap = !lacking.is_empty() || volume.notes.iter().any(|note| note.gap);
    let texts: Vec<_> = volume.notes.iter().map(|note| note.text.to_string()).chain(lacking).collect();
    ((!texts.is_empty()).then(|| texts.join("; ")), gap)
}

/// Whether no file system belongs on a volume: what its table reserves for boot code, or for nothing yet.
fn holds_nothing(volume: &DiskVolume) -> bool {
    volume.file_system == FileSystem::Unknown
        && matches!(volume.kind.as_str(), "Microsoft reserved" | "BIOS boot")
}

/// What is said of each volume to whoever has to choose one.
pub(crate) fn told(disk: &Disk) -> Vec<VolumeFacts> {
    let readable = readable(disk);
    let mounted: Vec<_> = disk.volumes.iter().map(|volume| mount(volume, readable)).collect();
    let read: Vec<_> = disk
        .volumes
        .iter()
        .zip(&mounted)
        .filter_map(|(volume, read)| Some((volume, read.as_ref().ok()?)))
        .collect();
    let mut names = names(&read).into_iter();
    let mut all: Vec<_> = disk.notes.iter().map(|note| of_note(disk, note)).collect();
    for (volume, read) in disk.volumes.iter().zip(&mounted) {
        let (note, gap) = read.as_ref().map(|read| doubts(volume, &**read)).unwrap_or_default();
        let facts = VolumeFacts {
            disk: None,
            name: volume.number.to_string(),
            start: Some(volume.start),
            size: volume.size,
            kind: Some(volume.kind.clone()),
            label: read.as_ref().map(|read| read.label()).ok().or_else(|| volume.name.clone()),
            file_system: Some(
                read.as_ref().map_or(volume.file_system.name(), |read| read.file_system()).to_owned(),
            ),
            place: read.as_ref().ok().and_then(|_| names.next()).map(|name| name_text(&name)),
            not_read: read.as_ref().err().cloned(),
            table: disk.table.map(str::to_owned),
            note,
            gap: gap || (read.is_err() && !holds_nothing(volume)),
        };
        let place = facts.place.clone().unwrap_or_default();
        let has_copies = read.is_ok() && has_shadow_copies(volume);
        let found = if has_copies { disk::shadow_copies(&volume.device) } else { ShadowCopies::default() };
        all.push(facts);
        all.extend(found.lacking.map(|lacking| VolumeFacts {
            name: format!("{} vss", volume.number),
            kind: Some("shadow copies".to_owned()),
            not_read: Some(lacking),
            gap: true,
            ..VolumeFacts::default()
        }));
        all.extend(found.copies.into_iter().map(|copy| VolumeFacts {
            name: format!("{} vss {}", volume.number, copy.number),
            size: volume.size,
            kind: Some(copy.description()),
            file_system: Some(volume.file_system.name().to_owned()),
            place: Some(format!("vss{}:{place}", copy.number)),
            ..VolumeFacts::default()
        }));
    }
    all
}

/// A line of what is to be known of a disk's table or file.
fn of_note(disk: &Disk, note: &TableNote) -> VolumeFacts {
    VolumeFacts {
        name: "table".to_owned(),
        size: disk.size,
        kind: Some(disk.table.unwrap_or(disk.form).to_owned()),
        note: Some(note.text.to_string()),
        gap: note.gap,
        ..VolumeFacts::default()
    }
}

/// Opens the file system of a volume, or says why not.
fn mount(volume: &DiskVolume, readable: usize) -> Result<Arc<dyn Mounted>, String> {
    match volume.file_system {
        FileSystem::Ntfs => match ntfs::NtfsVolume::open(Arc::clone(&volume.device), readable) {
            Ok(opened) => Ok(Arc::new(ntfs::NtfsFiles(Arc::new(opened)))),
            Err(damage) => Err(damage.to_string()),
        },
        FileSystem::Ext => match ext::ExtVolume::open(Arc::clone(&volume.device), readable) {
            Ok(opened) => Ok(Arc::new(ext::ExtFiles(Arc::new(opened)))),
            Err(damage) => Err(damage.to_string()),
        },
        other => Err(other.obstacle().unwrap_or("this version cannot read this file system").to_owned()),
    }
}

/// How many volumes share the memory for blocks.
fn readable(disk: &Disk) -> usize {
    let ours = |volume: &&DiskVolume| volume.file_system.obstacle().is_none();
    disk.volumes.iter().filter(ours).count()
}

/// Whether shadow copies may stand on a volume.
fn has_shadow_copies(volume: &DiskVolume) -> bool {
    volume.file_system == FileSystem::Ntfs
}

/// What each volume is called in the bundle.
fn names(volumes: &[(&DiskVolume, &Arc<dyn Mounted>)]) -> Vec<Volume> {
    let root = volumes.iter().position(|(volume, mounted)| {
        let place = TargetVolume::mounted(Volume::Root, Arc::clone(mounted), None, Asked::Always);
        volume.file_system == FileSystem::Ext && place.holds_unix()
    });
    let letters = letters(volumes).into_iter().enumerate().zip(volumes);
    letters
        .map(|((index, letter), (volume, _))| match letter {
            Some(letter) => Volume::Drive(letter),
            None if root == Some(index) => Volume::Root,
            None => Volume::Unlettered(id(volume)),
        })
        .collect()
}

/// How that is written for people.
fn name_text(name: &Volume) -> String {
    match name {
        Volume::Root => "/".to_owned(),
        Volume::Drive(letter) => format!("{letter}:"),
        Volume::Unlettered(id) => id.clone(),
        Volume::Shadow(number, of) => format!("vss{number}:{}", name_text(of)),
    }
}

/// The letter of each volume; each is given once.
fn letters(volumes: &[(&DiskVolume, &Arc<dyn Mounted>)]) -> Vec<Option<char>> {
    let mut known: BTreeMap<Vec<u8>, char> = BTreeMap::new();
    let mut windows = Vec::new();
    for (_, mounted) in volumes {
        let place = TargetVolume::mounted(Volume::Root, Arc::clone(mounted), None, Asked::Always);
        let holds = place.holds_windows();
        windows.push(holds);
        if holds && known.is_empty() {
            known = mounted_devices(&place).unwrap_or_default();
        }
    }
    let mut taken = Vec::new();
    let mut give = |letter: Option<char>| {
        let letter = letter.filter(|letter| !taken.contains(letter))?;
        taken.push(letter);
        Some(letter)
    };
    let told: Vec<Option<char>> = volumes
        .iter()
        .map(|(volume, _)| give(volume.mounted().and_then(|id| known.get(&id).copied())))
        .collect();
    let told = told.into_iter().zip(windows);
    told.map(|(letter, windows)| letter.or_else(|| if windows { give(Some('C')) } else { None })).collect()
}

/// What `HKLM\SYSTEM\MountedDevices` calls the letters of.
fn mounted_devices(place: &TargetVolume) -> Option<BTreeMap<Vec<u8>, char>> {
    let path = spelled(b"Windows/System32/config/SYSTEM", place)?;
    let mut hive = Hive::recovered(place.open_hive(&path).ok()?).ok()?;
    let key = hive.key("MountedDevices").ok()??;
    let mut letters = BTreeMap::new();
    for value in hive.values(&key).ok()? {
        let name = value.name.text().to_ascii_uppercase();
        if let Some(letter) = name.strip_prefix("\\DOSDEVICES\\").and_then(|rest| rest.strip_suffix(':'))
            && let [letter @ b'A'..=b'Z'] = letter.as_bytes()
        {
            letters.insert(value.data, char::from(*letter));
        }
    }
    Some(letters)
}

/// What a volume is known by without a letter.
fn id(volume: &DiskVolume) -> String {
    volume.id().unwrap_or_else(|| {
        // A volume without a table is told from others by its size and nothing else.
        format!("{:x}", volume.size.max(to_u64(1)))
    })
}
