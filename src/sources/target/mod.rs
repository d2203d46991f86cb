//! The machine or tree under examination: where its files stand, what system it is, who lives on it.

use std::io;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use super::accounts::Accounts;
use super::drives::drives;
use super::host::{ClockFacts, HostFacts};
use super::item::{Finding, Found, Gap, Way};
use super::mounts::{MountFacts, Nature};
use super::open::{Opened, Reach, open, open_in_copies, open_rows};
use super::own_output::OwnOutput;
use super::place::{Ground, Place};
use super::seen::Seen;
use super::shadows::Standing;
use super::variables::Variables;
use super::walk::Handle;
use super::windows_facts::WindowsFacts;
use super::{Error, accounts, expand, host, shadows, web_roots};
use crate::evidence::{Entry, Kind, Note, Origin, Utc, Volume};
use crate::formats::disk;
use crate::playbook::{Pattern, Step, TargetOs};
use crate::sources::image;
use crate::sys::{self, Asked, HostSystem, LiveRoot, LiveSystem, guard};

mod own_files;

/// The machine or tree under examination.
pub struct Target {
    live: bool,
    os: TargetOs,
    places: Vec<Arc<Place>>,
    /// Index of the place that holds the operating system.
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
    /// The shadow copies of the running system, the newest first: opened when something can be had in no other way.
    last_resort: OnceLock<Vec<Place>>,
}

impl Target {
    /// The running system.
    ///
    /// # Errors
    /// [`Error::NotLive`] where this version cannot read it; [`Error::Root`].
    pub fn live() -> Result<Self, Error> {
        let LiveSystem { system, roots } = sys::live().ok_or(Error::NotLive)?;
        let os = match system {
            HostSystem::Linux => TargetOs::Linux,
            HostSystem::Windows => TargetOs::Windows,
        };
        let (mut opened, mut closed) = (Vec::new(), Vec::new());
        for LiveRoot { volume, path, asked } in roots {
            let opening = path.clone();
            let open = move || Place::open(volume, &opening, asked);
            // A drive of a server that is gone may take minutes to say so.
            let place = if asked == Asked::Always { open() } else { guard::within(guard::LIMIT, open) };
            match place {
                Ok(place) => opened.push(place),
                // An empty drive, or one whose server is gone; the first one holds the system.
                Err(source) if opened.is_empty() => return Err(Error::Root { root: path, source }),
                Err(error) => closed.push(MountFacts::unreadable(&sys::path_bytes(&path), &error)),
            }
        }
        let mut target = Self::of(true, os, opened);
        target.closed = closed;
        Ok(target)
    }

    /// A system mounted or copied below `root`. What system it is, its own files tell; a Windows system may stand in
    /// the folder itself, or in folders named after its drives (`C`, `C:`).
    ///
    /// # Errors
    /// [`Error::Root`].
    pub fn tree(root: &Path) -> Result<Self, Error> {
        let drives = drives(root).map_err(|source| Error::Root { root: root.to_owned(), source })?;
        if drives.is_empty() {
            let place = place(Volume::Root, root)?;
            let os = if place.stat(b"etc").is_ok_and(|stat| stat.kind == Kind::Directory) {
                TargetOs::Linux
            } else {
                TargetOs::Other
            };
            return Ok(Self::of(false, os, vec![place]));
        }
        let places = drives
            .into_iter()
            .map(|(letter, path)| place(Volume::Drive(letter), &path))
            .collect::<Result<_, _>>()?;
        Ok(Self::of(false, TargetOs::Windows, places))
    }

    /// The disk in an image, or the one of its volumes that is numbered `partition`.
    ///
    /// # Errors
    /// [`Error::Image`].
    pub fn image(path: &Path, partition: Option<u32>) -> Result<Self, Error> {
        let standing = image::standing(path, partition)
            .map_err(|source| Error::Image { image: path.to_owned(), source })?;
        Ok(Self::of_image(standing))
    }

    /// A disk held in memory: of tests, and of what searches for bytes that break a reader.
    ///
    /// # Errors
    /// [`Error::Image`].
    pub fn image_in_memory(bytes: Vec<u8>) -> Result<Self, Error> {
        let standing = image::standing_in_memory(bytes)
            .map_err(|source| Error::Image { image: "memory".into(), source })?;
        Ok(Self::of_image(standing))
    }

    /// Whose files stand on the volumes, their own folders tell; a volume of Windows' own file system is one of its drives.
    fn of_image(standing: image::Standing) -> Self {
        let image::Standing { places, facts } = standing;
        let windows = places.iter().any(Place::holds_windows);
        let os = if !windows && places.iter().any(|place| place.volume == Volume::Root) {
            TargetOs::Linux
        } else if windows || places.iter().any(Place::has_streams) {
            TargetOs::Windows
        } else {
            TargetOs::Other
        };
        Self { volumes: facts, ..Self::of(false, os, places) }
    }

    /// Memory in bytes that reading this target takes besides what is read: the blocks of an image, or of a raw volume,
    /// that are kept.
    #[must_use]
    pub fn memory(&self) -> u64 {
        let raw = self.places.iter().any(|place| place.raw().is_there());
        let blocks = if raw || !self.volumes.is_empty() { disk::MEMORY } else { 0 };
        let held = self.places.iter().fold(0_u64, |held, place| held.saturating_add(place.memory()));
        blocks.saturating_add(held).saturating_add(self.shadow_memory)
    }

    fn of(live: bool, os: TargetOs, places: Vec<Place>) -> Self {
        let places: Vec<_> = places.into_iter().map(Arc::new).collect();
        let system = places.iter().position(|place| place.holds_windows());
        let system =
            system.or_else(|| places.iter().position(|place| place.volume == Volume::Root)).unwrap_or(0);
        let mut target = Self {
            live,
            os,
            places,
            system,
            accounts: Arc::default(),
            variables: Variables { os: Some(os), ..Variables::default() },
            windows: WindowsFacts::default(),
            start: None,
            own: OwnOutput::default(),
            seen: Seen::default(),
            volumes: Vec::new(),
            shadow_memory: 0,
            closed: Vec::new(),
            last_resort: OnceLock::new(),
        };
        let (passwd, group) = (target.read_text(b"etc/passwd"), target.read_text(b"etc/group"));
        target.accounts = Arc::new(Accounts::parse(passwd.as_bytes(), group.as_bytes()));
        target.variables.homes = if os == TargetOs::Windows {
            let is_folder = |path: &str| {
                let place = target.places.get(system);
                let stat = place.and_then(|place| place.stat(path.as_bytes()).ok());
                stat.is_some_and(|stat| stat.kind == Kind::Directory)
            };
            accounts::profiles(target.names(b"Users"), &is_folder)
        } else {
            target.accounts.homes_with(target.names(b"home"))
        };
        if os == TargetOs::Windows {
            target.learn_from_registry();
        }
        let (roots, logs) = web_roots::of(&|path| target.read_text(path), &|path| target.names(path), os);
        (target.variables.web_roots, target.variables.web_log_dirs) = (roots, logs);
        target
    }

    /// The target's operating system.
    #[must_use]
    pub const fn os(&self) -> TargetOs {
        self.os
    }

    /// Sets the moment the run began, which limits by age count from.
    pub fn set_start(&mut self, start: Utc) {
        self.start = Some(start);
    }

    /// Keeps a file that this run writes, and those beside it under the same stem, out of the collection.
    pub fn keep_out(&mut self, path: &Path) {
        self.own.keep_out(path);
    }

    /// Whether network file systems are walked into.
    pub fn include_network(&mut self, yes: bool) {
        // Set before anything is looked for, and so before a collector holds on to a place.
        let places = self.places.iter_mut().filter_map(Arc::get_mut);
        places.for_each(|place| place.include_network(yes));
    }

    /// Takes the shadow copies of its volumes along, which [`Self::find_in_shadow`] looks through.
    pub fn include_shadow_copies(&mut self) {
        let Standing { places, facts, closed, memory } = shadows::of(&self.places, self.live);
        self.places.extend(places.into_iter().map(Arc::new));
        self.volumes.extend(facts);
        self.closed.extend(closed);
        self.shadow_memory = memory;
    }

    /// The shadow copies that are looked through, by the index of their place, the oldest of each volume first.
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
                kernel: if self.live { sysinfo::System::kernel_version().ok() } else { None },
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

    /// Bytes that the target's file systems hold, but for those that are only looked at by name; absent where one does
    /// not tell.
    #[must_use]
    pub fn used_space(&self) -> Option<u64> {
        let all = self.places.iter().filter(|place| place.asked == Asked::Always);
        all.map(|place| sys::used_space(&place.folder(b"")?)).sum()
    }

    /// Looks for the files that match the patterns of one step, in the shadow copy `shadow` if one is given, and hands them out
    /// as they are found, until `emit` breaks. A file that an earlier step was given is not given again.
    pub(crate) fn find_files(
        &self,
        step: &Step,
        patterns: &[Pattern],
        shadow: Option<usize>,
        emit: &mut dyn FnMut(Finding) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        expand::search(self, step, patterns, shadow, emit)
    }

    /// Opens what was found, for one pass.
    ///
    /// # Errors
    /// The gap it leaves, where it cannot be read.
    pub fn open(&self, found: &Found) -> Result<Opened, Box<Gap>> {
        self.open_within(found, Reach::All)
    }

    /// Opens what was found to look at it, for one pass: what another program keeps for itself stays closed.
    ///
    /// # Errors
    /// The gap it leaves, where it cannot be read.
    pub fn open_shared(&self, found: &Found) -> Result<Opened, Box<Gap>> {
        self.open_within(found, Reach::Shared)
    }

    fn open_within(&self, found: &Found, reach: Reach) -> Result<Opened, Box<Gap>> {
        if let Way::Rows(rows) = &found.way {
            return open_rows(found, rows);
        }
        match self.places.get(found.place) {
            Some(place) => open(place, found, guard::LIMIT, reach).or_else(|gap| {
                if reach == Reach::Shared || !self.live {
                    return Err(gap);
                }
                let copies = || self.last_resort().iter().filter(|copy| copy.is_copy_of(&place.volume));
                open_in_copies(copies, found, gap, guard::LIMIT)
            }),
            None => {
                Err(Box::new(Gap::of_error(found.origin.clone(), "opening", &io::ErrorKind::NotFound.into())))
            }
        }
    }

    fn last_resort(&self) -> &[Place] {
        self.last_resort.get_or_init(|| {
            let mut copies = shadows::of(&self.places, self.live).places;
            copies.reverse();
            copies
        })
    }

    /// The place that something found stands in.
    pub(crate) fn place_of(&self, found: &Found) -> Option<&Arc<Place>> {
        self.places.get(found.place)
    }

    /// What its file system says of something found by now.
    pub(crate) fn look_again(&self, found: &Found) -> io::Result<crate::evidence::Metadata> {
        let place = self.place_of(found).ok_or(io::ErrorKind::NotFound)?;
        Ok(place.look(&found.path, None)?.0.metadata)
    }

    /// Whether a place stands in an image.
    pub(crate) fn is_image(&self, place: usize) -> bool {
        self.places.get(place).is_some_and(|place| matches!(place.ground, Ground::Image(_)))
    }

    pub(crate) fn start(&self) -> Option<Utc> {
        self.start
    }

    pub(crate) fn variables(&self) -> &Variables {
        &self.variables
    }

    pub(crate) fn places(&self) -> &[Arc<Place>] {
        &self.places
    }

    /// The place that holds the operating system, and its index.
    pub(crate) fn system_place(&self) -> Option<(usize, &Arc<Place>)> {
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
        let (stat, nature) = standing.look(&path, listed)?;
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

fn place(volume: Volume, path: &Path) -> Result<Place, Error> {
    Place::open(volume, path, Asked::Always).map_err(|source| Error::Root { root: path.to_owned(), source })
}
