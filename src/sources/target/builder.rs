//! Builds a target: opens its volumes, takes options, and then examines it once.
//!
//! In: the running system, a directory or an image. Out: a [`Target`], which nothing changes any more.

use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};

use super::Target;
use crate::evidence::{Kind, Utc, Volume};
use crate::playbook::TargetOs;
use crate::sources::accounts;
use crate::sources::accounts::Accounts;
use crate::sources::drives::drives;
use crate::sources::mounts::MountFacts;
use crate::sources::own_output::OwnOutput;
use crate::sources::resolve::spellings;
use crate::sources::seen::Seen;
use crate::sources::shadows;
use crate::sources::shadows::ShadowVolumes;
use crate::sources::target_volume::TargetVolume;
use crate::sources::variables::Variables;
use crate::sources::windows_facts::WindowsFacts;
use crate::sources::{Error, image, web_roots};
use crate::sys;
use crate::sys::{Asked, HostSystem, LiveRoot, LiveSystem, time_limit};

/// A target whose volumes are open and whose options are still to be set.
#[derive(Debug)]
pub struct TargetBuilder {
    live: bool,
    os: TargetOs,
    volumes: Vec<TargetVolume>,
    /// The volumes of an image, read or not.
    facts: Vec<MountFacts>,
    /// Drives of this machine that could not be opened.
    closed: Vec<MountFacts>,
    start: Option<Utc>,
    shadow_copies: bool,
}

impl TargetBuilder {
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
            let open = move || TargetVolume::open(volume, &opening, asked);
            // A drive of a server that is gone may take minutes to say so.
            let place =
                if asked == Asked::Always { open() } else { time_limit::within(time_limit::LIMIT, open) };
            match place {
                Ok(place) => opened.push(place),
                // An empty drive, or one whose server is gone; the first one holds the system.
                Err(source) if opened.is_empty() => return Err(Error::Root { root: path, source }),
                Err(error) => closed.push(MountFacts::unreadable(&sys::path_bytes(&path), &error)),
            }
        }
        Ok(Self { closed, ..Self::of(true, os, opened) })
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
        let standing = image::open_volumes(path, partition)
            .map_err(|source| Error::Image { image: path.to_owned(), source })?;
        Ok(Self::of_image(standing))
    }

    /// A disk held in memory: of tests, and of what searches for bytes that break a reader.
    ///
    /// # Errors
    /// [`Error::Image`].
    pub fn image_in_memory(bytes: Vec<u8>) -> Result<Self, Error> {
        let standing = image::volumes_in_memory(bytes)
            .map_err(|source| Error::Image { image: "memory".into(), source })?;
        Ok(Self::of_image(standing))
    }

    /// Whose files stand on the volumes, their own folders tell; a volume of Windows' own file system is one of its drives.
    fn of_image(standing: image::ImageVolumes) -> Self {
        let image::ImageVolumes { places, facts } = standing;
        let windows = places.iter().any(TargetVolume::holds_windows);
        let os = if !windows && places.iter().any(|place| place.volume == Volume::Root) {
            TargetOs::Linux
        } else if windows || places.iter().any(|place| place.tree.has_streams()) {
            TargetOs::Windows
        } else {
            TargetOs::Other
        };
        Self { facts, ..Self::of(false, os, places) }
    }

    const fn of(live: bool, os: TargetOs, volumes: Vec<TargetVolume>) -> Self {
        Self { live, os, volumes, facts: Vec::new(), closed: Vec::new(), start: None, shadow_copies: false }
    }

    /// Sets the moment the run began, from which limits by age count.
    #[must_use]
    pub fn started(self, start: Utc) -> Self {
        Self { start: Some(start), ..self }
    }

    /// Whether network file systems are walked into.
    #[must_use]
    pub fn with_network(mut self, yes: bool) -> Self {
        self.volumes.iter_mut().for_each(|volume| volume.include_network(yes));
        self
    }

    /// Whether the shadow copies of its volumes belong to it, which
    /// [`find_in_shadow`](crate::live::find_in_shadow) searches.
    #[must_use]
    pub fn with_shadow_copies(self, yes: bool) -> Self {
        Self { shadow_copies: yes, ..self }
    }

    /// Reads from the target's own files which system it is, who has accounts, and where its servers keep their data.
    #[must_use]
    pub fn build(self) -> Target {
        let Self { live, os, volumes, facts, closed, start, shadow_copies } = self;
        let places: Vec<_> = volumes.into_iter().map(Arc::new).collect();
        let system = places.iter().position(|place| place.holds_windows());
        let system =
            system.or_else(|| places.iter().position(|place| place.volume == Volume::Root)).unwrap_or(0);
        let mut target = Target {
            live,
            os,
            places,
            system,
            accounts: Arc::default(),
            variables: Variables { os: Some(os), ..Variables::default() },
            windows: WindowsFacts::default(),
            start,
            own: OwnOutput::default(),
            seen: Seen::default(),
            volumes: facts,
            shadow_memory: 0,
            closed,
            unlearned: Mutex::default(),
            last_resort: OnceLock::new(),
        };
        target.learn();
        if shadow_copies {
            let ShadowVolumes { places, facts, closed, memory } = shadows::of(&target.places, live);
            target.places.extend(places.into_iter().map(Arc::new));
            target.volumes.extend(facts);
            target.closed.extend(closed);
            target.shadow_memory = memory;
        }
        target
    }
}

impl Target {
    fn learn(&mut self) {
        let (passwd, group) = (self.read_bytes(b"etc/passwd"), self.read_bytes(b"etc/group"));
        self.accounts = Arc::new(Accounts::parse(&passwd, &group));
        self.variables.homes = if self.os == TargetOs::Windows {
            let is_directory = |path: &str| {
                let Some(place) = self.places.get(self.system) else { return false };
                let is = |path: &[u8]| place.stat(path).is_ok_and(|stat| stat.kind == Kind::Directory);
                is(path.as_bytes()) || spellings(path.as_bytes(), place).iter().any(|path| is(path))
            };
            accounts::profiles(self.names(b"Users"), &is_directory)
        } else {
            for home in self.accounts.homes.iter().filter(|(_, home)| str::from_utf8(home).is_err()) {
                let text = "its name is not Unicode: paths of definitions below it are not searched";
                self.note_unsupported(&home.1, text);
            }
            self.accounts.homes_with(self.names(b"home"))
        };
        if self.os == TargetOs::Windows {
            self.learn_from_registry();
        }
        let (roots, logs) = web_roots::of(
            &|path| self.read_text(path),
            &|path| {
                let names = self.names(path);
                if names.len() > web_roots::MAX_FILES {
                    let most = web_roots::MAX_FILES;
                    self.note_unsupported(
                        path,
                        &format!("no more than {most} files of it are read for roots"),
                    );
                }
                names
            },
            self.os,
        );
        (self.variables.web_roots, self.variables.web_log_dirs) = (roots, logs);
    }
}

fn place(volume: Volume, path: &Path) -> Result<TargetVolume, Error> {
    TargetVolume::open(volume, path, Asked::Always)
        .map_err(|source| Error::Root { root: path.to_owned(), source })
}
