//! The volumes of an image or of this host, for whoever has to choose one: `list-volumes`.

use std::io;
use std::path::Path;

use super::Error;
pub use super::volume_facts::VolumeFacts;
use super::{devices, image};
use crate::formats::disk::FileSystem;
use crate::formats::mountinfo;
use crate::formats::mountinfo::Mount;
use crate::sys;
use crate::sys::{SystemVolume, SystemVolumeKind};

/// The volumes of an image.
///
/// # Errors
/// [`Error::Image`] where it cannot be read.
pub fn of_image(path: &Path) -> Result<Vec<VolumeFacts>, Error> {
    let wrong = |source: io::Error| Error::Image { image: path.to_owned(), source };
    let disk = image::open(path).map_err(wrong)?;
    Ok(image::told(&disk))
}

/// The volumes of this host.
///
/// # Errors
/// [`Error::Volumes`] where the system does not tell.
pub fn of_this_host() -> Result<Vec<VolumeFacts>, Error> {
    of_system().map_err(|source| Error::Volumes { source })
}

/// The volumes of this host, with where each is mounted and which file system it has. Only an administrator may look at a
/// device itself; of one that is mounted, the system's own word is enough.
///
/// # Errors
/// The system does not list them.
pub(crate) fn of_system() -> io::Result<Vec<VolumeFacts>> {
    let mounts = sys::mountinfo().map(|text| mountinfo::mounts(&text)).unwrap_or_default();
    Ok(sys::volumes()?.into_iter().map(|volume| facts(volume, &mounts)).collect())
}

fn facts(volume: SystemVolume, mounts: &[Mount]) -> VolumeFacts {
    let mount = mounts.iter().find(|mount| mount.device == volume.name);
    let mounted = volume.file_system.or_else(|| mount.map(|mount| mount.file_system.clone()));
    let file_system = mounted.or_else(|| {
        let seen = devices::file_system(volume.device.as_deref()?).ok()?;
        (seen != FileSystem::Unknown).then(|| seen.name().to_owned())
    });
    let kind = match volume.kind {
        SystemVolumeKind::Disk => Some("disk"),
        SystemVolumeKind::Partition => Some("partition"),
        SystemVolumeKind::Volume => None,
        SystemVolumeKind::Network => Some("network"),
        SystemVolumeKind::ShadowCopy => Some("shadow copy"),
    };
    VolumeFacts {
        name: volume.name,
        disk: volume.disk,
        start: volume.start,
        size: volume.size,
        kind: kind.map(str::to_owned),
        label: None,
        file_system,
        place: volume.place.or_else(|| mount.map(|mount| String::from_utf8_lossy(&mount.place).into_owned())),
        not_read: None,
        ..VolumeFacts::default()
    }
}
