//! Programs that are started on the examined system: what runs is the file whose digest was computed.
//!
//! In: a path and arguments. Out: a running child with its outputs to be read. The file is opened once, digested, and held until it
//! has started, so that nobody exchanges it in between: Windows refuses everybody else the right to write, rename or delete it;
//! Linux starts it by its descriptor, whatever its path leads to by then, and refuses to write to it from then on. The child has
//! an environment of the system's own directories and nothing of this process's.

#[cfg(target_os = "linux")]
mod linux;
#[cfg_attr(
    any(target_os = "linux", windows),
    allow(dead_code, reason = "compiled everywhere, so that it stays right")
)]
mod unsupported;
#[cfg(windows)]
#[allow(unsafe_code, reason = "Windows' own functions are called here; each call says why it is right")]
mod windows;

#[cfg(target_os = "linux")]
use linux as system;
#[cfg(not(any(target_os = "linux", windows)))]
use unsupported as system;
#[cfg(windows)]
use windows as system;

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::evidence::Digest;

/// Largest program that is digested and started.
const MAX_PROGRAM: u64 = 512 << 20;

/// How a script begins: the system would start another program for it, whose digest nobody has computed.
const SCRIPT: &[u8] = b"#!";

/// A program that is held open, with the digest of what is in it.
#[derive(Debug)]
pub(crate) struct HeldProgram {
    path: PathBuf,
    file: File,
    sha256: Digest,
    /// The file as it was before it was digested.
    version: system::Version,
}

impl HeldProgram {
    /// Opens a program by its whole path and computes its digest.
    ///
    /// # Errors
    /// It cannot be opened, is not a regular file (a pipe would never end), is a script, has more than 512 MiB, or on Windows does
    /// not end in `.exe`.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let refused = |kind, why: &str| io::Error::new(kind, why.to_owned());
        let file = system::open(path)?;
        if !file.metadata()?.is_file() {
            return Err(refused(io::ErrorKind::InvalidInput, "it is not a regular file"));
        }
        let version = system::version(&file)?;
        let mut begin = Vec::new();
        let mut content = (&file).take(MAX_PROGRAM.saturating_add(1));
        content.by_ref().take(2).read_to_end(&mut begin)?;
        if begin == SCRIPT {
            return Err(refused(
                io::ErrorKind::InvalidInput,
                "it is a script: give the program that runs it",
            ));
        }
        let sha256 = Digest::of_reader(&mut begin.as_slice().chain(content.by_ref()))?;
        if content.limit() == 0 {
            return Err(refused(io::ErrorKind::FileTooLarge, "it is larger than 512 MiB"));
        }
        Ok(Self { path: path.to_owned(), file, sha256, version })
    }

    /// SHA-256 of what is in it.
    pub(crate) const fn sha256(&self) -> Digest {
        self.sha256
    }

    /// Starts it, its outputs to be read.
    ///
    /// # Errors
    /// The system does not start it, or somebody wrote to it since it was digested; then it is ended at once.
    #[allow(clippy::disallowed_methods, reason = "the one place that starts what an artifact names")]
    pub(crate) fn start(&self, arguments: &[String]) -> io::Result<Child> {
        let unchanged = || {
            if system::version(&self.file)? == self.version {
                Ok(())
            } else {
                Err(io::Error::other("it was written to after its digest was computed"))
            }
        };
        unchanged()?;
        let mut command = Command::new(system::name(&self.path, &self.file)?);
        command.env_clear();
        system::surroundings(&mut command, &self.path)?;
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        // From here on the system itself refuses to write to it.
        if let Err(error) = unchanged() {
            child.kill()?;
            child.wait()?;
            return Err(error);
        }
        Ok(child)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_exchanged_after_its_digest_is_not_the_one_that_runs() {
        // By links: a program that another thread has just written may not be started yet.
        let dir = tempfile::TempDir::new().unwrap();
        let (path, other) = (dir.path().join("program"), dir.path().join("other"));
        std::os::unix::fs::symlink("/bin/echo", &path).unwrap();
        let held = HeldProgram::open(&path).unwrap();
        assert_eq!(held.sha256(), Digest::of(&std::fs::read("/bin/echo").unwrap()));
        std::os::unix::fs::symlink("/bin/pwd", &other).unwrap();
        std::fs::rename(&other, &path).unwrap();
        let output = held.start(&["first".to_owned()]).unwrap().wait_with_output().unwrap();
        assert_eq!(output.stdout, b"first\n");
    }

    #[test]
    fn a_program_that_is_written_to_after_its_digest_is_not_run() {
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("program");
        std::fs::copy("/bin/echo", &path).unwrap();
        let held = HeldProgram::open(&path).unwrap();
        std::fs::OpenOptions::new()
            .append(true)
            .open(&path)
            .and_then(|mut file| {
                use std::io::Write as _;
                file.write_all(b"x")
            })
            .unwrap();
        let error = held.start(&[]).unwrap_err();
        assert!(error.to_string().contains("written to"), "{error}");
    }

    #[test]
    fn a_child_has_nothing_of_this_processs_environment_and_none_of_its_directory() {
        let shell = HeldProgram::open(Path::new("/bin/sh")).unwrap();
        let script = "/usr/bin/env; pwd; echo $0".to_owned();
        let output = shell.start(&["-c".to_owned(), script]).unwrap().wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let mut lines: Vec<_> = text.lines().collect();
        lines.sort_unstable();
        // The shell itself sets the last three of these.
        lines.retain(|line| !["PWD=", "SHLVL=", "_="].iter().any(|own| line.starts_with(own)));
        assert_eq!(lines, ["/", "/bin/sh", "LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"]);
    }

    #[test]
    fn what_is_no_program_is_refused_and_does_not_block() {
        let dir = tempfile::TempDir::new().unwrap();
        let pipe = dir.path().join("pipe");
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0)
            .unwrap();
        let script = dir.path().join("script");
        std::fs::write(&script, "#!/bin/sh\necho\n").unwrap();
        for (path, why) in [(dir.path(), "regular"), (&pipe, "regular"), (&script, "script")] {
            let error = HeldProgram::open(path).unwrap_err();
            assert!(error.to_string().contains(why), "{}: {error}", path.display());
        }
    }
}
