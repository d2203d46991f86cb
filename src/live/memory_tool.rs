//! `LiveMemory` by a responder's own tool, which a playbook names with its digest: the way to memory on Windows, which shows it
//! to drivers alone, and of those to signed ones.
//!
//! In: the tool. Out: an item, `live/LiveMemory.raw`, that is what the tool writes to standard output, taken over as it comes: nothing of
//! it is on the host's disks. It is started when the item is read, and only where its SHA-256 is the one wanted. It is ended where
//! nothing comes of it for [`IDLE`], or nobody wants more.

use std::io::{self, Read as _};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::Child;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use crate::evidence::{Origin, Outcome, Reason, ReasonCode};
use crate::playbook::{Live, MemoryTool};
use crate::sources::commands;
use crate::sources::found::{Finding, Found, Unread};
use crate::sources::rows::{Halt, Lines, Rows, code_of};
use crate::sources::target::Target;
use crate::sys::time_limit;

/// How long it may say nothing.
const IDLE: Duration = Duration::from_mins(2);

/// How long all waiting for it may take together.
const TABLE_LIMIT: Duration = Duration::from_hours(6);

/// Bytes taken over at once.
const CHUNK: usize = 64 << 10;

/// Most of what it says besides that is told, in bytes.
const MAX_SAID: u64 = 2 << 10;

/// Most memory of a system that does not tell how much it has.
const MOST: u64 = 4 << 40;

/// What an image may have besides memory: the holes that devices take of the addresses, which a raw image fills with zeros.
/// Servers leave terabytes between their memory and what is plugged in later; zeros take next to no space in a bundle.
const HOLES: u64 = 16 << 40;

/// Hands out the item, or why there is none.
pub(crate) fn find(
    target: &Target,
    tool: &MemoryTool,
    emit: &mut dyn FnMut(Finding) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let origin = Origin::Live { name: format!("{}.raw", Live::Memory.name()) };
    let gap = |outcome, code, why: &str| Finding::Gap(Unread::new(origin.clone(), outcome, code, why));
    if !target.is_live() {
        let why = "only a running system has memory";
        return emit(gap(Outcome::Missing, ReasonCode::NotApplicable, why));
    }
    let Some(path) = commands::place(&tool.program).filter(|path| path.is_file()) else {
        return emit(gap(Outcome::Missing, ReasonCode::NotFound, commands::NO_PLACE));
    };
    let most = crate::sys::total_memory().unwrap_or(MOST).saturating_add(HOLES);
    let tool = tool.clone();
    let rows = Rows::text("tool", most, move |lines| take(&path, &tool, IDLE, lines));
    emit(Finding::Found(Found::rows(origin, rows.within(TABLE_LIMIT))))
}

/// Runs it and takes over what it writes.
fn take(path: &Path, tool: &MemoryTool, idle: Duration, lines: &mut Lines<'_>) -> Result<(), Halt> {
    let failed =
        |attempt: &str, error: &io::Error| Halt::of_error(&format!("{attempt} '{}'", path.display()), error);
    let held = commands::hold(path, &[tool.sha256], tool.companions.as_deref()).map_err(Halt::Failed)?;
    let child = held.start(&tool.arguments).map_err(|error| failed("starting", &error))?;
    drop(held);
    let mut running = Running(child);
    let (out, err) = (running.0.stdout.take(), running.0.stderr.take());
    let unread = |error: io::Error| failed("reading from", &error);
    let out = out.ok_or_else(|| unread(io::ErrorKind::BrokenPipe.into()))?;
    let mut out = time_limit::Reader::start(out, u64::MAX, idle).map_err(unread)?;
    let (said, saying) = sync_channel(1);
    time_limit::start(move || {
        let mut text = Vec::new();
        if let Some(mut err) = err {
            let _ = err.by_ref().take(MAX_SAID).read_to_end(&mut text);
            // It must not wait because nobody listens.
            let _ = io::copy(&mut err, &mut io::sink());
        }
        let _ = said.send(text);
    })
    .map_err(unread)?;
    let mut buffer = vec![0; CHUNK];
    loop {
        match out.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => lines.raw(buffer.get(..count).unwrap_or_default())?,
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                let detail =
                    format!("nothing came of it for {} s; what came until then is kept", idle.as_secs());
                return Err(Halt::Failed(Reason::new(ReasonCode::Timeout, detail)));
            }
            Err(error) => return Err(unread(error)),
        }
    }
    let said = saying.recv_timeout(idle).unwrap_or_default();
    match commands::end_of(&mut running.0, idle) {
        Ok(Some(status)) if status.success() => Ok(()),
        Ok(None) => {
            let detail = format!("'{}' has closed its output and did not end", path.display());
            lines.short(ReasonCode::Timeout, detail);
            Ok(())
        }
        Ok(Some(status)) => {
            let said = String::from_utf8_lossy(&said).trim().to_owned();
            let detail = format!("'{}' ended with {status}: {said}", path.display());
            lines.short(ReasonCode::ReadError, detail);
            Ok(())
        }
        Err(error) => {
            lines.short(code_of(&error), format!("waiting for '{}': {error}", path.display()));
            Ok(())
        }
    }
}

/// The tool, which ends with whoever waits for it.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Digest;
    use crate::sources::rows::tests::read_all;

    fn taken(script: &str, sha256: Option<Digest>, idle: Duration) -> (Vec<u8>, Option<Reason>) {
        let shell = Path::new("/bin/sh");
        let sha256 = sha256.unwrap_or_else(|| Digest::of(&std::fs::read(shell).unwrap()));
        let arguments = vec!["-c".to_owned(), script.to_owned()];
        let tool = MemoryTool { program: "/bin/sh".to_owned(), sha256, arguments, companions: None };
        let rows = Rows::text("tool", 1 << 30, move |lines| take(shell, &tool, idle, lines));
        read_all(&rows)
    }

    #[test]
    fn what_the_tool_writes_is_taken_over_and_how_it_ends_is_told() {
        let (bytes, short) = taken("head -c 3000000 /dev/zero; echo end", None, IDLE);
        assert_eq!((bytes.len(), short), (3_000_004, None));
        let (bytes, short) = taken("printf begun; echo no driver >&2; exit 3", None, IDLE);
        let short = short.unwrap();
        assert_eq!((bytes.as_slice(), short.code), (&b"begun"[..], ReasonCode::ReadError));
        assert!(short.detail.contains("no driver") && short.detail.contains('3'), "{short:?}");
    }

    #[test]
    fn another_digest_than_the_one_wanted_is_not_run() {
        let dir = tempfile::TempDir::new().unwrap();
        let trace = dir.path().join("it ran");
        let script = format!("touch '{}'; echo memory", trace.display());
        let (bytes, short) = taken(&script, Some(Digest::of(b"another tool")), IDLE);
        assert!(bytes.is_empty() && !trace.exists());
        assert!(short.unwrap().detail.ends_with("it was not run"));
    }

    #[test]
    fn a_tool_that_closes_its_outputs_and_goes_on_is_ended() {
        let (bytes, short) =
            taken("printf all; exec >&- 2>&-; exec sleep 600", None, Duration::from_millis(300));
        assert_eq!((bytes.as_slice(), short.unwrap().code), (&b"all"[..], ReasonCode::Timeout));
    }

    #[test]
    fn a_tool_that_hangs_is_ended_and_what_came_is_kept() {
        let (bytes, short) = taken("printf begun; exec sleep 600", None, Duration::from_millis(300));
        assert_eq!((bytes.as_slice(), short.unwrap().code), (&b"begun"[..], ReasonCode::Timeout));
    }
}
