//! Where the bundle goes: a file in a folder, a file by name, or standard output; and whether it will fit.

use std::path::{Path, PathBuf};

use super::Inquiry;
use super::arguments::Collect;
use super::shared::refuse_shared;
use crate::acquisition;
use crate::acquisition::{Clock, SurveyLimits, survey};
use crate::bundle;
use crate::bundle::Sink;
use crate::bundle::receipt::{bundle_name, receipt_name};
use crate::cli::{Console, Exit, Failure};
use crate::playbook::{Mode, Plan};
use crate::sources::Target;
use crate::sys;
use crate::text::ByteSize;
use crate::text::collect::destination as text;

/// What a bundle needs at least beside its items: opening, records, manifest, receipt.
const LEAST_SPACE: u64 = 1 << 20;

/// How long the survey for the free space may take before a run; a part of the answer is better than a late start.
const SURVEY_LIMIT: std::time::Duration = std::time::Duration::from_secs(20);

/// Where the bundle goes.
#[derive(Debug)]
pub(super) struct BundleDestination {
    /// The file, or `None` for standard output.
    pub(super) file: Option<PathBuf>,
    /// Where receipt and signature go; `None` where they go nowhere.
    pub(super) sidecar: Option<PathBuf>,
    /// The name of the bundle's file, also where it goes to standard output.
    pub(super) name: String,
    /// Size of the parts.
    pub(super) split: Option<u64>,
    /// The limit on the size of files of this process, where it and no `--split` decides where the bundle's file ends.
    pub(super) file_size_limit: Option<u64>,
    /// Whether the name is ours to change.
    own_name: bool,
}

/// Most parts into which a limit on the size of files may split a bundle: as many as `cat` joins in the order of the shell.
const MAX_PARTS: u64 = 999;

/// Most bundles of one host that may begin in one second in one folder.
const MAX_TWINS: u32 = 100;

/// Chooses by `--out`, `--sidecar` and `--split`, and makes the folder where it does not exist.
pub(super) fn choose(
    arguments: &Collect,
    target: &Target,
    clock: &Clock,
    console: &mut Console<'_>,
) -> Result<BundleDestination, Failure> {
    let destination = &arguments.destination;
    let name = bundle_name(arguments.case.case.as_deref(), &target.host().name, Some(clock.started()));
    let out = match &destination.out {
        Some(out) => out.clone(),
        None => default_directory()?,
    };
    if out.as_os_str() == "-" {
        if sys::standard_output_is_terminal() {
            return Err(Failure::refused(text::to_the_terminal()).hint(text::redirect()));
        }
        if destination.split.is_some() {
            return Err(Failure::refused(text::split_needs_files()).hint(text::out_or_no_split()));
        }
        if let Some(folder) = &destination.sidecar {
            make_directory(folder)?;
            refuse_shared(arguments, folder, console)?;
        }
        return Ok(BundleDestination {
            file: None,
            sidecar: destination.sidecar.clone(),
            name,
            split: None,
            file_size_limit: None,
            own_name: true,
        });
    }

    let folder_meant = out.is_dir() || out.to_string_lossy().ends_with(std::path::is_separator);
    let file = if folder_meant { out.join(&name) } else { out };
    let folder = match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    refuse_inside_target(arguments, &folder)?;
    make_directory(&folder)?;
    refuse_shared(arguments, &folder, console)?;
    let sidecar = match &destination.sidecar {
        Some(sidecar) => {
            refuse_inside_target(arguments, sidecar)?;
            make_directory(sidecar)?;
            refuse_shared(arguments, sidecar, console)?;
            sidecar.clone()
        }
        None => folder.clone(),
    };
    let name = file.file_name().map_or(name, |name| name.to_string_lossy().into_owned());
    let limit = sys::file_size_limit();
    let file_size_limit = limit.filter(|limit| destination.split.is_none_or(|split| split > *limit));
    Ok(BundleDestination {
        file: Some(file),
        sidecar: Some(sidecar),
        name,
        split: destination.split.map(|split| file_size_limit.map_or(split, |limit| split.min(limit))),
        file_size_limit,
        own_name: folder_meant,
    })
}

impl BundleDestination {
    /// Opens it. Nothing that stands there is overwritten: a run that begins in the same second as another has a number behind
    /// its name.
    pub(super) fn sink(&mut self) -> Result<Sink, Failure> {
        let Some(first) = self.file.clone() else {
            return Ok(Sink::stream(Box::new(sys::standard_output())));
        };
        let first_name = self.name.clone();
        let mut twin = 1_u32;
        loop {
            let path = self.file.as_deref().unwrap_or(&first);
            let next = self.own_name && twin < MAX_TWINS;
            // A receipt whose bundle was moved away keeps its name.
            if next && self.receipt().is_some_and(|receipt| receipt.symlink_metadata().is_ok()) {
                twin = twin.saturating_add(1);
                self.rename(&first, twin_name(&first_name, twin));
                continue;
            }
            match Sink::file(path, self.split) {
                Ok(sink) => return Ok(sink.set_to_work(sys::begin_writing).rename_by(sys::rename_new)),
                Err(bundle::Error::Create { source, .. })
                    if next && source.kind() == std::io::ErrorKind::AlreadyExists =>
                {
                    twin = twin.saturating_add(1);
                    self.rename(&first, twin_name(&first_name, twin));
                }
                Err(error) => return Err(explain(error, self)),
            }
        }
    }

    fn rename(&mut self, first: &Path, name: String) {
        self.file = Some(first.with_file_name(&name));
        self.name = name;
    }

    /// Where the receipt will be.
    fn receipt(&self) -> Option<PathBuf> {
        self.sidecar.as_ref().map(|folder| folder.join(receipt_name(&self.name)))
    }

    /// The limit on the size of the bundle: the operator's, or where a limit on the size of files would make too many parts.
    pub(super) fn size_limit(&self, asked: Option<u64>) -> Option<u64> {
        let parts = self.file_size_limit.map(|limit| limit.saturating_mul(MAX_PARTS));
        asked.into_iter().chain(parts).min()
    }

    /// The files that this run itself makes, as the target may meet them.
    pub(super) fn own_files(&self) -> Vec<PathBuf> {
        let receipt = self.sidecar.as_ref().map(|folder| folder.join(&self.name));
        self.file.iter().cloned().chain(receipt).collect()
    }

    fn folder(&self) -> Option<&Path> {
        self.file.as_deref().map(|file| match file.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        })
    }
}

#[cfg(test)]
impl BundleDestination {
    /// A file in the current directory.
    pub(super) fn named(name: &str) -> Self {
        Self {
            file: Some(name.into()),
            sidecar: None,
            name: name.to_owned(),
            split: None,
            file_size_limit: None,
            own_name: true,
        }
    }
}

/// The name of a bundle of ours with a number behind it.
fn twin_name(name: &str, number: u32) -> String {
    format!("{}_{number}.zip.age", name.strip_suffix(".zip.age").unwrap_or(name))
}

/// Where a bundle goes that no place was named for: the current directory. That of an elevated prompt is Windows' own, in
/// which nobody looks for a bundle and none belongs; then it is the directory of this program, which the operator chose.
fn default_directory() -> Result<PathBuf, Failure> {
    let exact = |path: PathBuf| path.canonicalize().ok();
    let Some(system) = sys::system_directory().and_then(exact) else { return Ok(PathBuf::from(".")) };
    let current = std::env::current_dir().ok().and_then(exact);
    let program = std::env::current_exe().ok().and_then(exact);
    let program = program.as_deref().and_then(Path::parent);
    beside_system(current.as_deref(), program, &system)
        .ok_or_else(|| Failure::refused(text::not_into_windows(&system)).hint(text::choose_where()))
}

/// The current directory where that is none of Windows' own, else the program's. All of them are whole paths.
fn beside_system(current: Option<&Path>, program: Option<&Path>, system: &Path) -> Option<PathBuf> {
    if current.is_none_or(|current| !is_of_the_system(current, system)) {
        return Some(PathBuf::from("."));
    }
    program.filter(|program| !is_of_the_system(program, system)).map(Path::to_owned)
}

/// Whether a directory is the one of Windows (`C:\Windows`), or is or is below the one that holds its programs (`system`,
/// `C:\Windows\System32`) or its counterpart for 32 bits. What else is below Windows' own, such as `Temp`, is none of
/// them.
fn is_of_the_system(directory: &Path, system: &Path) -> bool {
    let parts = |path: &Path| -> Vec<String> {
        path.components().map(|part| part.as_os_str().to_string_lossy().to_lowercase()).collect()
    };
    let (directory, system) = (parts(directory), parts(system));
    let Some((_, windows)) = system.split_last() else { return false };
    directory == windows
        || directory.starts_with(&system)
        || directory
            .strip_prefix(windows)
            .and_then(|rest| rest.first())
            .is_some_and(|first| matches!(first.as_str(), "syswow64" | "sysnative"))
}

/// A bundle written into the tree under examination would change it, and collect itself.
fn refuse_inside_target(arguments: &Collect, folder: &Path) -> Result<(), Failure> {
    let Some(root) = arguments.choice.root.as_deref().and_then(|root| root.canonicalize().ok()) else {
        return Ok(());
    };
    // The folder may not exist yet; its nearest ancestor that does decides.
    let absolute = std::path::absolute(folder).map_err(Failure::new)?;
    let standing = absolute.ancestors().find_map(|ancestor| ancestor.canonicalize().ok());
    if standing.is_some_and(|standing| standing.starts_with(&root)) {
        return Err(Failure::refused(text::inside_target(folder, &root)).hint(text::outside_target()));
    }
    Ok(())
}

fn make_directory(folder: &Path) -> Result<(), Failure> {
    bundle::sink::make_directory(folder).map_err(|error| Failure::new(error).hint(text::writable_directory()))
}

/// Compares the free space with what the run would collect, and says which artifact it would reach.
///
/// The survey costs a walk over the target, so it is made only where the free space is not plainly enough: where it
/// is below all that the target's file systems hold.
pub(super) fn warn_of_shortage(
    inquiry: &Inquiry<'_>,
    place: &BundleDestination,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let Inquiry { arguments, plan, target, clock, stop, .. } = *inquiry;
    let Some(free) = place.folder().and_then(sys::free_space) else { return Ok(()) };
    let free = arguments.limits.size_limit.map_or(free, |limit| free.min(limit));
    if target.used_space().is_some_and(|used| used < free) {
        return Ok(());
    }
    // One of its own: what a target has handed out, it does not hand out again.
    let target = super::target(arguments, clock)?;
    let over = clock.elapsed().saturating_add(SURVEY_LIMIT);
    let limits = SurveyLimits { max_file_size: arguments.limits.max_file_size, time: Some(over) };
    // Of what is swept only items with hits are collected: nobody knows their size, and walking whole disks twice
    // takes long.
    let taken = Plan {
        steps: plan.steps.iter().filter(|step| step.mode != Mode::Sweep).cloned().collect(),
        ..Plan::default()
    };
    let survey = survey(&taken, &target, limits, clock, stop);
    // Nothing shrinks by less than nothing: if the raw bytes fit, the bundle does.
    let needed = survey.bytes().saturating_add(LEAST_SPACE);
    if needed <= free {
        return Ok(());
    }
    let mut left = free.saturating_sub(LEAST_SPACE);
    let first_cut = survey.steps.iter().find(|step| match left.checked_sub(step.bytes) {
        Some(rest) => {
            left = rest;
            false
        }
        None => true,
    });
    let reached = first_cut.map_or("-", |step| step.artifact.as_str());
    console.warn(&text::may_not_fit(ByteSize(free), ByteSize(needed), reached));
    Ok(())
}

/// What a person can do where the destination could not be opened.
pub(super) fn explain(error: bundle::Error, place: &BundleDestination) -> Failure {
    let folder = place.folder().unwrap_or_else(|| Path::new("."));
    Failure::new(error).hint(text::can_you_write(folder))
}

/// A run that ended without its seal: what was flushed is salvageable, and how.
pub(super) fn unsealed(error: acquisition::Error, place: &BundleDestination) -> Failure {
    Failure::new(error).exit(Exit::Unsealed).hint(text::salvage(&place.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_goes_to_the_current_directory_but_for_windows_own() {
        let system = Path::new("/c/Windows/System32");
        let stick = Path::new("/e/kit");
        let chosen = |current: &str, program| beside_system(Some(Path::new(current)), Some(program), system);
        for own in ["/c/WINDOWS/system32", "/c/Windows", "/c/Windows/SysWOW64", "/c/Windows/System32/drivers"]
        {
            assert_eq!(chosen(own, stick).as_deref(), Some(stick), "{own}");
            assert_eq!(chosen(own, system), None, "the program itself is there: {own}");
        }
        for other in ["/c/Windows/Temp", "/c/Users/beheer", "/c/System32", "/c", "/e/kit"] {
            assert_eq!(chosen(other, stick).as_deref(), Some(Path::new(".")), "{other}");
        }
        assert_eq!(beside_system(None, None, system).as_deref(), Some(Path::new(".")));
        assert_eq!(beside_system(Some(system), None, system), None);
    }

    #[test]
    fn a_run_that_begins_in_the_same_second_as_another_gets_a_number_and_a_name_that_was_asked_for_none() {
        let folder = tempfile::TempDir::new().unwrap();
        let place = |own_name| BundleDestination {
            file: Some(folder.path().join("veldkit_a.zip.age")),
            sidecar: None,
            name: "veldkit_a.zip.age".to_owned(),
            split: None,
            file_size_limit: None,
            own_name,
        };
        for name in ["veldkit_a.zip.age", "veldkit_a_2.zip.age", "veldkit_a_3.zip.age"] {
            let mut place = place(true);
            drop(place.sink().ok().unwrap());
            assert_eq!((place.name.as_str(), place.file), (name, Some(folder.path().join(name))));
        }
        assert!(place(false).sink().is_err());
    }
}
