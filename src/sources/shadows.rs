//! The shadow copies of a target's volumes, as further volumes of the target.
//!
//! In: the volumes of a target. Out: [`ShadowVolumes`]: those of an image by the volume's own lists, those of a running
//! Windows by the names that it gives them.

use std::io;
use std::sync::Arc;

use super::mounts::MountFacts;
use super::target_volume::TargetVolume;
use crate::evidence::{Origin, Volume};
use crate::formats::{disk, ntfs};
use crate::sys;
use crate::sys::Asked;

/// What stands in shadow copies.
#[derive(Default)]
pub(crate) struct ShadowVolumes {
    /// Those that are read, the oldest of each volume first.
    pub(crate) places: Vec<TargetVolume>,
    /// What is told of those of an image, read or not.
    pub(crate) facts: Vec<MountFacts>,
    /// Those of the running system that could not be looked at.
    pub(crate) closed: Vec<MountFacts>,
    /// Memory in bytes that their lists take.
    pub(crate) memory: u64,
}

/// The shadow copies of these volumes; of the running system where `live` says so.
pub(crate) fn of(places: &[Arc<TargetVolume>], live: bool) -> ShadowVolumes {
    let mut standing = ShadowVolumes::default();
    if live {
        standing.of_this_system(places);
    }
    for place in places {
        standing.of_an_image(place);
    }
    standing
}

impl ShadowVolumes {
    fn of_an_image(&mut self, place: &TargetVolume) {
        let Some(device) = place.device() else { return };
        let found = disk::shadow_copies(device);
        self.memory = self.memory.saturating_add(found.memory);
        let root = Origin::File { volume: place.volume.clone(), path: Vec::new(), stream: None };
        self.facts.extend(found.lacking.map(|reason| MountFacts {
            place: "vss".to_owned(),
            file_system: "NTFS".to_owned(),
            device: format!("shadow copies of {root}"),
            visited: false,
            reason: Some(reason),
            gap: true,
        }));
        let share = found.copies.len().saturating_mul(4);
        for copy in found.copies {
            let opened = ntfs::NtfsVolume::open(Arc::clone(&copy.device), share).map_err(io::Error::from);
            self.facts.push(MountFacts {
                place: format!("vss{}", copy.number),
                file_system: "NTFS".to_owned(),
                device: copy.description(),
                visited: opened.is_ok(),
                reason: opened.as_ref().err().map(ToString::to_string),
                gap: opened.is_err(),
            });
            let Ok(opened) = opened else { continue };
            let volume = Volume::Shadow(copy.number, Box::new(place.volume.clone()));
            let files = Arc::new(ntfs::NtfsFiles(Arc::new(opened)));
            self.places.push(TargetVolume::mounted(volume, files, None, Asked::AsShadow));
        }
    }

    /// Each belongs to the drive whose serial number it has.
    fn of_this_system(&mut self, places: &[Arc<TargetVolume>]) {
        let drives: Vec<_> = places.iter().map(|place| (serial(place), place.volume.clone())).collect();
        for (number, path) in sys::shadow_copies() {
            let open = |volume: Volume| {
                TargetVolume::open(Volume::Shadow(number, Box::new(volume)), &path, Asked::AsShadow)
            };
            // Asked for its serial number first, which says what it is a copy of.
            let of = open(Volume::Root).and_then(|place| drive_of(serial(&place), &drives));
            match of {
                Ok(Some(volume)) => self.places.extend(open(volume.clone())),
                // A copy of a drive that is not looked at.
                Ok(None) => {}
                Err(error) => self.closed.push(MountFacts::unreadable(&sys::path_bytes(&path), &error)),
            }
        }
    }
}

/// What a volume and its shadow copies have in common: the serial number of its file system, all 64 bits of it where
/// that is NTFS.
fn serial(place: &TargetVolume) -> Option<u64> {
    let whole = place.tree.host().and_then(|host| host.root().volume_serial());
    whole.or_else(|| place.stat(b"").ok().and_then(|stat| stat.metadata.device))
}

/// The drive that a shadow copy with this serial number is of; `None` where none has it.
///
/// # Errors
/// More than one has it, as copies of a disk do: nobody knows then of which of them it is.
fn drive_of(serial: Option<u64>, drives: &[(Option<u64>, Volume)]) -> io::Result<Option<&Volume>> {
    let Some(serial) = serial else { return Ok(None) };
    let mut having = drives.iter().filter(|(drive, _)| *drive == Some(serial)).map(|(_, volume)| volume);
    let (first, others) = (having.next(), having.count());
    if others > 0 {
        let volumes = others.saturating_add(1);
        let text = format!(
            "{volumes} volumes have its serial number {serial:016x}, so it is not known which of them it is a copy of"
        );
        return Err(io::Error::other(text));
    }
    Ok(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shadow_copy_is_of_the_only_drive_with_its_serial_number() {
        let (c, d, e) = (Volume::Drive('C'), Volume::Drive('D'), Volume::Drive('E'));
        // Two volumes of one maker share the lower half.
        let drives = [(Some(0x1_0000_0007), c.clone()), (Some(0x2_0000_0007), d.clone()), (None, e.clone())];
        assert_eq!(drive_of(Some(0x2_0000_0007), &drives).unwrap(), Some(&d));
        assert_eq!(drive_of(Some(7), &drives).unwrap(), None);
        assert_eq!(drive_of(None, &drives).unwrap(), None, "two that report none are no match");
        let twins = [(Some(7), c), (Some(7), d), (Some(8), e.clone())];
        let error = drive_of(Some(7), &twins).unwrap_err().to_string();
        assert!(error.starts_with("2 volumes have its serial number 0000000000000007"), "{error}");
        assert_eq!(drive_of(Some(8), &twins).unwrap(), Some(&e));
    }
}
