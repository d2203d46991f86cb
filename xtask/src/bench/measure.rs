//! Runs a command and tells how long it took, on how much processor time and memory.
//!
//! By `wait4` of Python's standard library, the only way to a child's own peak that needs neither `unsafe` nor a
//! package; Python is there for the tests.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;
use crate::process::output;

/// Starts a command, waits for it, prints its exit code, seconds, processor seconds and peak in KiB.
const WAIT: &str = "\
import os, sys, time
begin = time.monotonic()
quiet = [(os.POSIX_SPAWN_OPEN, 1, '/dev/null', os.O_WRONLY, 0)]
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=quiet)
_, status, usage = os.wait4(child, 0)
print(os.waitstatus_to_exitcode(status), time.monotonic() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss)
";

/// What a command cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cost {
    pub(super) seconds: f64,
    pub(super) processor_seconds: f64,
    /// Highest resident memory.
    pub(super) peak_bytes: u64,
    /// Size of what it made.
    pub(super) made: u64,
}

/// Runs a command that makes `file`.
///
/// # Errors
///
/// It does not end with 0.
pub(super) fn cost(command: &[&str], file: &Path) -> Result<Cost> {
    let (code, cost) = measured(command)?;
    if code != 0 {
        return Err(format!("'{}' ended with {code}", command.join(" ")).into());
    }
    Ok(Cost { made: std::fs::metadata(file)?.len(), ..cost })
}

/// Runs a command that makes no file. Returns its exit code too.
///
/// # Errors
///
/// It does not start.
pub(super) fn measured(command: &[&str]) -> Result<(i32, Cost)> {
    let line = output(Command::new("python3").arg("-c").arg(WAIT).args(command))?;
    let mut fields = line.split_whitespace();
    let mut field = || fields.next().ok_or("the measuring Python printed too little");
    let code = field()?.parse()?;
    let (seconds, processor_seconds) = (field()?.parse()?, field()?.parse()?);
    let kibibytes: u64 = field()?.parse()?;
    let peak_bytes = kibibytes.saturating_mul(1024);
    Ok((code, Cost { seconds, processor_seconds, peak_bytes, made: 0 }))
}

/// The binary measured, where its output goes, and to whom that is encrypted.
pub(super) struct Binary {
    program: PathBuf,
    place: PathBuf,
    pub(super) recipient: String,
}

impl Binary {
    /// Makes an identity in `place` to encrypt to.
    ///
    /// # Errors
    ///
    /// `age-keygen` is missing or fails.
    pub(super) fn new(program: PathBuf, place: &Path) -> Result<Self> {
        let key = place.join("key.txt");
        if !key.exists() {
            output(Command::new("age-keygen").arg("-o").arg(&key))?;
        }
        let recipient = output(Command::new("age-keygen").arg("-y").arg(&key))?.trim().to_owned();
        Ok(Self { program, place: place.to_owned(), recipient })
    }

    /// Where it stands.
    pub(super) fn program(&self) -> &Path {
        &self.program
    }

    /// Collects all of a folder.
    ///
    /// # Errors
    ///
    /// The run does not end with 0.
    pub(super) fn collect(&self, corpus: &Path, options: &[&str]) -> Result<Cost> {
        self.collect_chosen(corpus, &[&["--path", "/"], options].concat())
    }

    /// Collects what the options choose of a tree.
    ///
    /// # Errors
    ///
    /// The run does not end with 0.
    pub(super) fn collect_chosen(&self, corpus: &Path, options: &[&str]) -> Result<Cost> {
        let bundle = self.fresh("bundle.zip.age")?;
        let (program, corpus, out) =
            (self.program.to_string_lossy(), corpus.to_string_lossy(), bundle.to_string_lossy());
        let mut command = vec![&*program, "collect", "--root", &corpus, "--quiet", "--out", &out];
        command.extend(["--recipient", &self.recipient]);
        command.extend(options);
        cost(&command, &bundle)
    }

    /// Collects all that is on an image.
    ///
    /// # Errors
    ///
    /// The run does not end with 0.
    pub(super) fn collect_image(&self, image: &Path, options: &[&str]) -> Result<Cost> {
        let bundle = self.fresh("bundle.zip.age")?;
        let (program, image, out) =
            (self.program.to_string_lossy(), image.to_string_lossy(), bundle.to_string_lossy());
        let mut command =
            vec![&*program, "collect", "--image", &image, "--path", "/", "--quiet", "--out", &out];
        command.extend(["--recipient", &self.recipient]);
        command.extend(options);
        cost(&command, &bundle)
    }

    /// A file in the place of output, of which none is there before.
    ///
    /// # Errors
    ///
    /// An old one cannot be removed.
    pub(super) fn fresh(&self, name: &str) -> Result<PathBuf> {
        let folder = self.place.join("out");
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir_all(&folder)?;
        Ok(folder.join(name))
    }
}
