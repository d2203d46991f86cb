//! What is next to a tool that is about to be started: Windows loads libraries from the directory of a program before its own, and on
//! Linux a program may ask for those next to it (`$ORIGIN`). Whoever can put a file there has it run with all rights of this program,
//! whatever the digest of the tool itself.
//!
//! In: the tool, and what its kit lists in its directory. Out: nothing, or the file because of which it is not started. A directory of the
//! system itself is not asked: who writes there has replaced what every program loads. What a tool loads from other places, such as
//! `$ORIGIN/../lib`, is not known here.

use std::ffi::OsStr;
use std::path::Path;

use crate::evidence::{Digest, Printable};
use crate::playbook::Companion;
use crate::sys;

/// Endings of what a program loads without being asked: libraries, and what redirects it to others (`.local`, manifests,
/// configurations of .NET).
const LOADED: [&str; 8] = ["dll", "ocx", "cpl", "drv", "local", "manifest", "config", "so"];

/// Endings of what it may start. Nobody tells what else belongs to a tool outside of a kit, so only a kit has to list them.
const STARTED: [&str; 4] = ["exe", "com", "sys", "scr"];

/// Most entries of a directory that are checked; a tool among more than these is not started.
const MAX_ENTRIES: usize = 10_000;

/// Largest library whose digest is compared.
const MAX_LIBRARY: u64 = 256 << 20;

/// Directories of a Linux system.
const SYSTEM: [&str; 6] = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64"];

/// Finds that nothing but the companions of a tool is next to it; `None` where it is not a tool of a kit.
///
/// # Errors
/// Which file is not listed, or not as it is listed; or why the directory cannot be read.
pub(crate) fn check(tool: &Path, companions: Option<&[Companion]>) -> Result<(), String> {
    let unread = |error| format!("its directory cannot be read: {error}");
    let tool = tool.canonicalize().map_err(unread)?;
    let Some(directory) = tool.parent().filter(|directory| !is_of_the_system(directory)) else {
        return Ok(());
    };
    let this = std::env::current_exe().ok().and_then(|this| this.canonicalize().ok());
    for (number, entry) in directory.read_dir().map_err(unread)?.enumerate() {
        let entry = entry.map_err(unread)?;
        if number >= MAX_ENTRIES {
            return Err(format!("more than {MAX_ENTRIES} files are in its directory"));
        }
        let path = entry.path();
        if path == tool || Some(&path) == this.as_ref() || !counts(&entry.file_name(), companions.is_some()) {
            continue;
        }
        let name = entry.file_name().to_string_lossy().into_owned();
        let listed = companions.into_iter().flatten().find(|listed| listed.name.eq_ignore_ascii_case(&name));
        let Some(listed) = listed else {
            return Err(match companions {
                Some(_) => format!("'{}' is next to it, which the kit does not list", Printable(&name)),
                None => format!("'{}' is next to it, which it may load", Printable(&name)),
            });
        };
        let read = sys::read_outside(&path, MAX_LIBRARY)
            .map_err(|error| format!("'{}' next to it cannot be read: {error}", Printable(&name)))?;
        if Digest::of(&read.bytes) != listed.sha256 {
            return Err(format!("'{}' next to it is not the file that the kit lists", Printable(&name)));
        }
    }
    Ok(())
}

/// Whether a file of this name next to a program may be loaded by it, or of a kit's tool started.
fn counts(name: &OsStr, in_kit: bool) -> bool {
    let name = name.to_string_lossy().to_ascii_lowercase();
    // Windows takes no notice of dots and spaces at the end.
    let name = name.trim_end_matches(['.', ' ']);
    let ending = name.rsplit_once('.').map(|(_, ending)| ending).unwrap_or_default();
    // `libx.so.6`
    LOADED.contains(&ending) || name.contains(".so.") || (in_kit && STARTED.contains(&ending))
}

/// Whether a directory is the system's own.
fn is_of_the_system(directory: &Path) -> bool {
    match sys::system_directory().and_then(|system| system.canonicalize().ok()) {
        Some(system) => directory.starts_with(system),
        None => !sys::IS_WINDOWS && SYSTEM.iter().any(|system| directory.starts_with(system)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A directory with a tool in it, and these files.
    fn with(files: &[&str]) -> tempfile::TempDir {
        let directory = tempfile::TempDir::new().unwrap();
        for file in ["tool.exe"].iter().chain(files) {
            std::fs::write(directory.path().join(file), file).unwrap();
        }
        directory
    }

    fn checked(files: &[&str], companions: Option<&[Companion]>) -> Result<(), String> {
        let directory = with(files);
        check(&directory.path().join("tool.exe"), companions)
    }

    fn companion(name: &str) -> Companion {
        Companion { name: name.to_owned(), sha256: Digest::of(name.as_bytes()) }
    }

    #[test]
    fn whatever_a_tool_may_load_from_its_directory_keeps_it_from_being_started() {
        for file in [
            "version.dll",
            "VERSION.DLL",
            "version.dll.",
            "tool.exe.local",
            "tool.exe.manifest",
            "tool.exe.config",
            "x.ocx",
            "x.cpl",
            "x.drv",
            "libc.so",
            "libc.so.6",
        ] {
            let why = checked(&[file], None).unwrap_err();
            assert!(why.contains(file) && why.contains("may load"), "{why}");
            let why = checked(&[file], Some(&[])).unwrap_err();
            assert!(why.contains(file) && why.contains("does not list"), "{why}");
        }
        let harmless = ["readme.txt", "rules.yar", "dll", "version.dll.txt", "sofa", "x.son"];
        assert_eq!((checked(&harmless, None), checked(&harmless, Some(&[]))), (Ok(()), Ok(())));
    }

    #[test]
    fn other_programs_next_to_it_belong_to_a_kit_only_where_it_lists_them() {
        assert_eq!(checked(&["other.exe", "driver.sys"], None), Ok(()));
        for file in ["other.exe", "driver.sys"] {
            assert!(checked(&[file], Some(&[])).unwrap_err().contains(file));
            assert_eq!(checked(&[file], Some(&[companion(file)])), Ok(()));
        }
    }

    #[test]
    fn what_a_kit_lists_may_be_there_as_it_is_listed_and_not_otherwise() {
        let listed = [companion("version.dll"), companion("absent.dll")];
        assert_eq!(checked(&["version.dll"], Some(&listed)), Ok(()));
        assert_eq!(
            checked(&["version.dll", "x.dll"], Some(&listed)).unwrap_err().matches("x.dll").count(),
            1
        );
        let other = [Companion { sha256: Digest::of(b"another"), ..companion("version.dll") }];
        assert!(checked(&["version.dll"], Some(&other)).unwrap_err().contains("is not the file"));
    }

    #[test]
    fn a_directory_or_a_pipe_of_such_a_name_counts_and_holds_up_nothing() {
        let directory = with(&[]);
        let local = directory.path().join("tool.exe.local");
        std::fs::create_dir(&local).unwrap();
        assert!(check(&directory.path().join("tool.exe"), None).unwrap_err().contains("tool.exe.local"));
        std::fs::remove_dir(&local).unwrap();
        let pipe = directory.path().join("version.dll");
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0)
            .unwrap();
        let listed = [companion("version.dll")];
        let why = check(&directory.path().join("tool.exe"), Some(&listed)).unwrap_err();
        assert!(why.contains("not a regular file"), "{why}");
    }

    #[test]
    fn a_link_to_a_tool_is_in_the_directory_that_it_leads_to_and_the_systems_own_are_not_asked() {
        let (bare, planted) = (with(&[]), with(&["version.dll"]));
        let link = bare.path().join("link.exe");
        std::os::unix::fs::symlink(planted.path().join("tool.exe"), &link).unwrap();
        assert!(check(&link, None).unwrap_err().contains("version.dll"));
        assert_eq!(check(Path::new("/bin/sh"), None), Ok(()));
        assert!(check(&bare.path().join("absent"), None).is_err());
    }
}
