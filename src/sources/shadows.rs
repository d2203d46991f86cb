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
        }));
        let share = found.copies.len().saturating_mul(4);
        for copy in found.copies {
            let opened = ntfs::NtfsVolume::open(Arc::clone(&copy.device), share).map_err(io::Error::from);
            self.facts.push(MountFacts {
                place: format!("vss{}", copy.number),
                file_system: "NTFS".to_owned(),
                device: copy.told(),
                visited: opened.is_ok(),
                reason: opened.as_ref().err().map(ToString::to_string),
            });
            let Ok(opened) = opened else { continue };
            let volume = Volume::Shadow(copy.number, Box::new(place.volume.clone()));
            let files = Arc::new(ntfs::NtfsFiles(Arc::new(opened)));
            self.places.push(TargetVolume::mounted(volume, files, None, Asked::AsShadow));
        }
    }

    /// Each belongs to the drive whose serial number it has.
    fn of_this_system(&mut self, places: &[Arc<TargetVolume>]) {
        let serial = |place: &TargetVolume| place.stat(b"").ok().and_then(|stat| stat.metadata.device);
        let drives: Vec<_> = places.iter().map(|place| (serial(place), place.volume.clone())).collect();
        for (number, path) in sys::shadow_copies() {
            let open = |volume: Volume| {
                TargetVolume::open(Volume::Shadow(number, Box::new(volume)), &path, Asked::AsShadow)
            };
            // Asked for its serial number first, which says what it is a copy of.
            let of = open(Volume::Root).map(|place| serial(&place));
            let of = of.map(|of| drives.iter().find(|(drive, _)| of.is_some() && *drive == of));
            match of {
                Ok(Some((_, volume))) => self.places.extend(open(volume.clone())),
                // A copy of a drive that is not looked at.
                Ok(None) => {}
                Err(error) => self.closed.push(MountFacts::unreadable(&sys::path_bytes(&path), &error)),
            }
        }
    }
}
