//! Checks on the program itself: how it ends where its console is closed, and what it has loaded.

use std::io::{self, Read as _};
use std::path::Path;
use std::time::Duration;

use super::{CheckResult, Trying, passes};
use crate::evidence::Digest;
use crate::kit::keys::Identity;
use crate::sources::quote;
use crate::sys;
use crate::sys::{ConsoleChild, Stopwatch, time_limit};
use crate::text::phrases::Phrase;
use crate::text::selftest_reasons as text;

/// How long a run may take to be sealed whose console is closed: Windows ends it after 5 seconds.
const SEALED_WITHIN: Duration = Duration::from_secs(4);

/// How long the whole check may take.
const LIMIT: Duration = Duration::from_secs(30);

/// More than a pipe and the buffers of a run hold, so that the run waits until somebody reads.
const NOISE: usize = 48 << 20;

/// Most bytes of the bundle, and of what the child says.
const MOST: u64 = 128 << 20;
const MOST_SAID: u64 = 1 << 20;

/// Collects in a child process whose bundle nobody reads at first, closes its console, and reads on: the bundle must be sealed.
pub(super) fn closed_console(trying: &Trying) -> CheckResult {
    const NAME: &str = "noise.bin";
    let mut noise = vec![0; NOISE];
    if let Err(error) = getrandom::fill(&mut noise) {
        return CheckResult::NotPossible(text::no_random_bytes(&error.to_string()));
    }
    if let Err(error) = trying.place.file(NAME, &noise) {
        return CheckResult::NotPossible(text::no_file(&error.to_string()));
    }
    let path = quote(&sys::place_text(&sys::path_bytes(&trying.place.path().join(NAME))));
    let recipient = Identity::generate().recipient();
    let arguments =
        ["collect", "--out", "-", "--quiet", "--no-scan", "--json", "-r", &recipient, "--path", &path];
    let child = match ConsoleChild::start(&arguments) {
        Ok(child) => child,
        Err(error) if error.kind() == io::ErrorKind::Unsupported => {
            return CheckResult::NotPossible(text::reported(Phrase(&error.to_string())));
        }
        Err(error) => return CheckResult::Failed(text::starting_a_child(&error.to_string())),
    };
    match time_limit::within(LIMIT, move || close(child)) {
        Ok(verdict) => verdict,
        Err(error) => CheckResult::Failed(text::reported(Phrase(&error.to_string()))),
    }
}

/// Closes the console of a child that collects, and says what became of its bundle.
fn close(mut child: ConsoleChild) -> io::Result<CheckResult> {
    let mut bundle = vec![0];
    // Once a byte is there the run has begun, and listens.
    child.output().read_exact(&mut bundle)?;
    let watch = Stopwatch::start();
    child.close_console()?;
    child.output().take(MOST).read_to_end(&mut bundle)?;
    let mut said = String::new();
    child.errors().take(MOST_SAID).read_to_string(&mut said)?;
    let code = child.wait(SEALED_WITHIN.saturating_sub(watch.elapsed()))?;
    let words = said.lines().rev().find_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let digest = Digest::of(&bundle).to_string();
    let said = |name| words.as_ref().and_then(|words: &serde_json::Value| words.get(name));
    let sealed = said("sha256").is_some_and(|told| *told == digest.as_str())
        && said("exit").is_some_and(|code| *code == 130);
    let seconds = watch.elapsed().as_secs_f64();
    Ok(passes(sealed && code == Some(130), || {
        text::not_sealed(&format!("{seconds:.1}"), &format!("{code:?}"), bundle.len())
    }))
}

/// What `veldkit.exe` imports, and `cargo xtask dist` allows: each must be a KnownDLL here, but for ntdll, which Windows loads
/// itself.
const IMPORTED: [&str; 4] = ["advapi32.dll", "kernel32.dll", "msvcrt.dll", "ws2_32.dll"];

/// The list that Windows takes them from.
const KNOWN_DLLS: &str = "SYSTEM\\CurrentControlSet\\Control\\Session Manager\\KnownDLLs";

/// Nothing is loaded from the directory of the program, where anybody may have put it; and what is imported is known to Windows.
pub(super) fn libraries(_trying: &Trying) -> CheckResult {
    if !sys::IS_WINDOWS {
        return CheckResult::NotPossible(text::static_program());
    }
    let loaded =
        std::env::current_exe().and_then(|program| Ok((program, sys::loaded_modules(std::process::id())?)));
    let (program, loaded) = match loaded {
        Ok(loaded) => loaded,
        Err(error) => return CheckResult::Failed(text::listing_modules(&error.to_string())),
    };
    let program = program.display().to_string();
    let folder = Path::new(&program).parent().map(|folder| folder.display().to_string()).unwrap_or_default();
    let planted = loaded.iter().find(|path| {
        let of_folder =
            path.rsplit_once('\\').is_some_and(|(parent, _)| parent.eq_ignore_ascii_case(&folder));
        of_folder && !path.eq_ignore_ascii_case(&program)
    });
    if let Some(planted) = planted {
        return CheckResult::Failed(text::is_loaded(planted));
    }
    let Ok(known) = sys::RegistryHandle::open(KNOWN_DLLS).map(|key| key.contents()) else {
        return CheckResult::NotPossible(text::no_known_dlls());
    };
    let known: Vec<String> = known
        .values
        .iter()
        .map(|value| String::from_utf8_lossy(&value.data).replace('\0', "").to_ascii_lowercase())
        .collect();
    let unknown: Vec<&str> =
        IMPORTED.into_iter().filter(|name| !known.iter().any(|known| known == name)).collect();
    passes(unknown.is_empty(), || text::not_known(&unknown.join(", ")))
}
