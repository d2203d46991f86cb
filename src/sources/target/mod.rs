//! The machine, tree or image under examination: its volumes, which system it is, and its accounts.
//!
//! In: what [`TargetBuilder`] found out. Out: [`Target`], which every thread shares and which answers where something is,
//! opens it, and keeps count of what was handed out already.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use super::accounts::Accounts;
use super::found::{Found, Unread, Way};
use super::host::{ClockFacts, HostFacts};
use super::mounts::{MountFacts, Nature};
use super::opened_item::{Opened, open, open_in_copies, open_rows};
use super::own_output::OwnOutput;
use super::seen::Seen;
use super::target_volume::TargetVolume;
use super::tree::{Access, Handle};
use super::variables::Variables;
use super::windows_facts::WindowsFacts;
use super::{Error, host, shadows};
use crate::evidence::{Entry, Kind, Note, Origin, Utc, Volume};
use crate::formats::disk;
use crate::playbook::TargetOs;
use crate::sys;
use crate::sys::{Asked, time_limit};

mod builder;
mod own_files;

pub use builder::TargetBuilder;

/// The machine or tree under examination.
pub struct Target {
    live: bool,
    os: TargetOs,
    places: Vec<Arc<TargetVolume>>,
    /// Index of the volume that holds the operating system.
    system: usize,
    accounts: Arc<Accounts>,
    variables: Variables,
    /// What its registry tells, where it is a Windows.
    windows: WindowsFacts,
    start: Option<Utc>,
    own: OwnOutput,
    seen: Seen,
    /// The volumes of an image, read or not.
    volumes: Vec<MountFacts>,
    /// Memory in bytes that lists of shadow copies take.
    shadow_memory: u64,
    /// Drives of this machine that could not be looked at.
    closed: Vec<MountFacts>,
    /// What could not be learned about it.
    unlearned: Mutex<Vec<Unread>>,
    /// The shadow copies of the running system, the newest first: opened when something can be had in no other way.
    last_resort: OnceLock<Vec<TargetVolume>>,
}

impl Target {
    /// The running system, as [`TargetBuilder::live`] has it.
    ///
    /// # Errors
    /// [`Error::NotLive`] where this version cannot read it; [`Error::Root`].
    pub fn live() -> Result<Self, Error> {
        TargetBuilder::live().map(TargetBuilder::build)
    }

    /// A system mounted or copied below `root`, as [`TargetBuilder::tree`] has it.
    ///
    /// # Errors
    /// [`Error::Root`].
    pub fn tree(root: &Path) -> Result<Self, Error> {
        TargetBuilder::tree(root).map(TargetBuilder::build)
    }

    /// The same target, with files that this run writes, and those next to them under the same stem, left out of the
    /// collection.
    #[must_use]
    pub fn keeping_out(mut self, files: &[PathBuf]) -> Self {
        for file in files {
            self.own.keep_out(file);
        }
        self
    }

    /// Memory in bytes that reading this target takes besides what is read: the blocks of an image, or of a raw volume,
    /// that are kept.
    #[must_use]
    pub fn memory(&self) -> u64 {
        let raw = self.places.iter().any(|place| place.tree.raw().is_there());
        let blocks = if raw || !self.volumes.is_empty() { disk::MEMORY } else { 0 };
        let held = self.places.iter().fold(0_u64, |held, place| held.saturating_add(place.tree.memory()));
        blocks.saturating_add(held).saturating_add(self.shadow_memory)
    }

    /// The target's operating system.
    #[must_use]
    pub const fn os(&self) -> TargetOs {
        self.os
    }

    /// The shadow copies that are searched, by the index of their volume, the oldest of each volume first.
    #[must_use]
    pub fn shadow_copies(&self) -> Vec<usize> {
        let places = self.places.iter().enumerate();
        places.filter(|(_, place)| place.asked == Asked::AsShadow).map(|(index, _)| index).collect()
    }

    /// Which host it is.
    #[must_use]
    pub fn host(&self) -> HostFacts {
        if self.os == TargetOs::Windows {
            let name = Some(self.windows.host.name.clone()).filter(|name| !name.is_empty());
            return HostFacts {
                name: name.unwrap_or_else(|| "tree".to_owned()),
                kernel: if self.live { sys::kernel_version() } else { None },
                architecture: self.live.then(|| std::env::consts::ARCH.to_owned()),
                ..self.windows.host.clone()
            };
        }
        host::host(self.live, &|path| self.read_text(path))
    }

    /// The clock of the host, where the target is the running system.
    #[must_use]
    pub fn clock(&self) -> ClockFacts {
        if self.os == TargetOs::Windows {
            let zone = self.windows.zone.clone();
            return if self.live {
                host::live_clock(zone)
            } else {
                ClockFacts { zone, ..ClockFacts::default() }
            };
        }
        host::clock(self.live, self.places.first().map(AsRef::as_ref), &|path| self.read_text(path))
    }

    /// All mounts at and beneath the target's roots, visited or skipped with the reason; complete after the run.
    #[must_use]
    pub fn mounts(&self) -> Vec<MountFacts> {
        let mounted = self.places.iter().flat_map(|place| place.mount_facts());
        self.volumes.iter().cloned().chain(mounted).chain(self.closed.iter().cloned()).collect()
    }

    /// What of the target's volumes is not read although it was asked for, in words; `None` where there is nothing.
    #[must_use]
    pub fn unread_volumes(&self) -> Option<String> {
        let gaps: Vec<_> = self.volumes.iter().filter(|fact| fact.gap).collect();
        let first = gaps.first()?;
        let more = match gaps.len() {
            1 => String::new(),
            count => format!(" (the first of {count}; the manifest lists them under mounts)"),
        };
        let name =
            if first.file_system.is_empty() { String::new() } else { format!(" {}:", first.file_system) };
        let reason = first.reason.as_deref().unwrap_or_default();
        Some(format!("not everything on the image is read: {}:{name} {reason}{more}", first.device))
    }

    /// Bytes that the target's file systems hold, but for those that are only looked at by name; absent where one does
    /// not tell.
    #[must_use]
    pub fn used_space(&self) -> Option<u64> {
        let all = self.places.iter().filter(|place| place.asked == Asked::Always);
        all.map(|place| sys::used_space(&place.folder(b"")?)).sum()
    }

    /// How many directories of this machine may have a new access time, because they were listed.
    #[must_use]
    pub fn touched_directories(&self) -> u64 {
        self.places.iter().filter_map(|place| Some(place.tree.host()?.touched())).sum()
    }

    /// Opens what was found, for one pass.
    ///
    /// # Errors
    /// The gap it leaves, where it cannot be read.
    pub fn open(&self, found: &Found) -> Result<Opened, Box<Unread>> {
        self.open_within(found, Access::All)
    }

    /// Opens what was found to look at it, for one pass: what another program keeps for itself stays closed.
    ///
    /// # Errors
    /// The gap it leaves, where it cannot be read.
    pub fn open_shared(&self, found: &Found) -> Result<Opened, Box<Unread>> {
        self.open_within(found, Access::Shared)
    }

    fn open_within(&self, found: &Found, access: Access) -> Result<Opened, Box<Unread>> {
        if let Way::Rows(rows) = &found.way {
            return open_rows(found, rows);
        }
        match self.places.get(found.place) {
            Some(place) => open(place, found, time_limit::LIMIT, access).or_else(|gap| {
                if access == Access::Shared || !self.live {
                    return Err(gap);
                }
                let copies = || self.last_resort().iter().filter(|copy| copy.is_copy_of(&place.volume));
                open_in_copies(copies, found, gap, time_limit::LIMIT)
            }),
            None => Err(Box::new(Unread::of_error(
                found.origin.clone(),
                "opening",
                &io::ErrorKind::NotFound.into(),
            ))),
        }
    }

    fn last_resort(&self) -> &[TargetVolume] {
        self.last_resort.get_or_init(|| {
            let mut copies = shadows::of(&self.places, self.live).places;
            copies.reverse();
            copies
        })
    }

    /// The volume that something found is on.
    pub(crate) fn place_of(&self, found: &Found) -> Option<&Arc<TargetVolume>> {
        self.places.get(found.place)
    }

    /// The same target with a disk beneath its first volume that changes so many times while it is read.
    #[cfg(test)]
    pub(crate) fn above_a_restless_disk(mut self, changes: u32) -> Self {
        let path = self.places[0].folder(b"").unwrap();
        let disk = Arc::new(super::restless::Restless::new(changes));
        self.places = vec![Arc::new(TargetVolume::above(Volume::Drive('C'), &path, disk))];
        self
    }

    /// What its file system says of something found by now.
    pub(crate) fn look_again(&self, found: &Found) -> io::Result<crate::evidence::Metadata> {
        let place = self.place_of(found).ok_or(io::ErrorKind::NotFound)?;
        Ok(place.tree.look(&found.path, None)?.0.metadata)
    }

    /// Whether a volume is one of an image.
    pub(crate) fn is_image(&self, place: usize) -> bool {
        self.places.get(place).is_some_and(|place| place.tree.host().is_none())
    }

    pub(crate) fn start(&self) -> Option<Utc> {
        self.start
    }

    pub(crate) fn variables(&self) -> &Variables {
        &self.variables
    }

    pub(crate) fn places(&self) -> &[Arc<TargetVolume>] {
        &self.places
    }

    /// The volume that holds the operating system, and its index.
    pub(crate) fn system_place(&self) -> Option<(usize, &Arc<TargetVolume>)> {
        self.places.get(self.system).map(|place| (self.system, place))
    }

    /// Its own accounts.
    pub(crate) fn accounts(&self) -> Arc<Accounts> {
        Arc::clone(&self.accounts)
    }

    /// Whether it is the running system.
    pub(crate) const fn is_live(&self) -> bool {
        self.live
    }

    pub(crate) fn origin(&self, place: usize, path: Vec<u8>) -> Origin {
        let volume = self.places.get(place).map_or(Volume::Root, |place| place.volume.clone());
        Origin::File { volume, path, stream: None }
    }

    pub(crate) fn first_time(&self, place: usize, path: &[u8]) -> bool {
        self.seen.first_time(place, path)
    }

    /// Whether it was handed out before.
    pub(crate) fn was_given(&self, place: usize, path: &[u8]) -> bool {
        self.seen.holds(place, path)
    }

    pub(crate) fn is_own(&self, found: &Found) -> bool {
        let Some(place) = self.places.get(found.place) else { return false };
        let cut = found.path.iter().rposition(|byte| *byte == b'/');
        let (folder, name) = match cut {
            Some(cut) => (found.path.get(..cut), found.path.get(cut.saturating_add(1)..)),
            None => (Some(&b""[..]), Some(found.path.as_slice())),
        };
        let Some(folder) = place.folder(folder.unwrap_or_default()) else { return false };
        self.own.is_own(&sys::path_bytes(&folder), name.unwrap_or_default())
    }

    /// What stands at `path`; asked of the folder that listed it, if one did.
    pub(crate) fn look(
        &self,
        place: usize,
        path: Vec<u8>,
        listed: Option<(&Handle, &Entry)>,
    ) -> io::Result<Found> {
        let standing = self.places.get(place).ok_or(io::ErrorKind::NotFound)?;
        let (stat, nature) = standing.tree.look(&path, listed)?;
        let mut metadata = stat.metadata;
        let user = metadata.uid.and_then(|uid| self.accounts.user(uid));
        let group = metadata.gid.and_then(|gid| self.accounts.group(gid));
        let mut notes = Vec::new();
        if user.is_some() || group.is_some() {
            notes.push(Note::NamesFromTarget);
        }
        // Where the file system itself names the owner, as NTFS does by SID, that stays.
        metadata.owner = user.map(str::to_owned).or(metadata.owner);
        metadata.group = group.map(str::to_owned).or(metadata.group);
        // The kernel's made-up links have the time of the asking.
        if stat.touched && nature != Nature::Pseudo {
            notes.push(Note::AccessTimeTouched);
        }
        let no_size = nature == Nature::Pseudo && stat.kind == Kind::File;
        Ok(Found {
            origin: self.origin(place, path.clone()),
            kind: stat.kind,
            metadata,
            notes,
            place,
            path,
            allocated: stat.allocated.filter(|_| !no_size),
            guarded: nature != Nature::Local,
            no_size,
            streams: stat.streams,
            way: Way::File,
        })
    }
}
