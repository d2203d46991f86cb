//! Programs that an artifact names (COMMAND), run on the live system: the only place that starts a process.
//!
//! In: a program by its whole path, or by name for a copy in the folder `tools` beside this program; its arguments. Out: an item
//! each for what it writes to standard output and to standard error, and one that says how it ran ([`CommandRun`]). There is no
//! shell, and nothing of this process's environment but on Windows, where programs need it. The program is run once,
//! when the first of its items is read; it has [`TIME`], and what it writes beyond [`MOST`] is left out.

use std::io::{self, Read as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use super::found::{Finding, Found, Unread};
use super::rows::{Halt, Lines, Rows};
use super::target::Target;
use crate::evidence::rows::RowType as _;
use crate::evidence::rows::commands::{CommandRow, CommandRun};
use crate::evidence::{Digest, Origin, Outcome, Reason, ReasonCode};
use crate::playbook::TargetOs;
use crate::sys::{Stopwatch, time_limit};

/// How long a program may run; then it is ended.
const TIME: Duration = Duration::from_mins(1);

/// Most bytes kept of either of its outputs, which are held in memory until they are stored.
const MOST: usize = 8 << 20;

/// How often a program that has closed its outputs is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// Its end, as all three items are made of it.
#[derive(Default)]
struct Done {
    run: CommandRun,
    outputs: [Output; 2],
    /// Why it is not whole.
    short: Option<Reason>,
}

/// What came of one output.
#[derive(Debug, Clone, Default)]
struct Output {
    bytes: Vec<u8>,
    cut: bool,
}

/// Hands out the items of a program; `number` tells it from others of the same artifact.
pub(crate) fn find(
    target: &Target,
    artifact: &str,
    number: usize,
    (program, arguments): (&str, &[String]),
    emit: &mut dyn FnMut(Finding) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let name = program.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
    let origin = |what: &str| Origin::Command {
        artifact: artifact.to_owned(),
        name: format!("{number}-{name}.{what}"),
    };
    let gap = |code: ReasonCode, why: &str| {
        let outcome = if code == ReasonCode::NotFound { Outcome::Missing } else { Outcome::Skipped };
        Finding::Gap(Unread::new(origin("stdout.txt"), outcome, code, why))
    };
    if !target.is_live() {
        return emit(gap(ReasonCode::NotApplicable, "programs are run on the running system alone"));
    }
    let Some(path) = place(program) else {
        return emit(gap(
            ReasonCode::NotFound,
            "it has no whole path, and no copy in the folder 'tools' of the kit",
        ));
    };
    if !path.is_file() {
        return emit(gap(ReasonCode::NotFound, "no such program"));
    }
    let (arguments, bare) = (arguments.to_vec(), target.os() != TargetOs::Windows);
    let done: Arc<OnceLock<Done>> = Arc::default();
    let get = move || (Arc::clone(&done), path.clone(), arguments.clone());
    for (what, output) in [("stdout.txt", Some(0)), ("stderr.txt", Some(1)), ("run.jsonl", None)] {
        let (done, path, arguments) = get();
        let make = move |lines: &mut Lines<'_>| {
            let done = done.get_or_init(|| run(&path, &arguments, bare, TIME));
            tell(done, output, lines)
        };
        let most = u64::try_from(MOST).unwrap_or(u64::MAX).saturating_mul(2);
        let rows = match output {
            Some(_) => Rows::text("command", most, make),
            None => Rows::new(CommandRow::SCHEMA, "command", make),
        };
        // The first of them waits for the program, and so may others that are read beside it.
        emit(Finding::Found(Found::rows(origin(what), rows.within(TIME.saturating_mul(2)))))?;
    }
    ControlFlow::Continue(())
}

/// Where a program stands: by its whole path, or as the kit's own copy.
pub(crate) fn place(program: &str) -> Option<PathBuf> {
    let path = Path::new(program);
    if path.is_absolute() {
        return Some(path.to_owned());
    }
    let plain = !program.contains(['/', '\\']) && program != "..";
    let beside = std::env::current_exe().ok()?.parent()?.join("tools").join(program);
    (plain && beside.is_file()).then_some(beside)
}

fn tell(done: &Done, output: Option<usize>, lines: &mut Lines<'_>) -> Result<(), Halt> {
    if let Some(reason) = &done.short {
        lines.short(reason.code, reason.detail.clone());
    }
    let Some(output) = output.and_then(|at| done.outputs.get(at)) else {
        return lines.row(&CommandRow::Run(done.run.clone()));
    };
    if output.cut {
        lines.short(ReasonCode::SizeLimit, format!("no more than {MOST} bytes of an output are kept"));
    }
    output.bytes.chunks(64 << 10).try_for_each(|chunk| lines.raw(chunk))
}

/// Largest program whose digest is computed.
const MAX_PROGRAM: u64 = 512 << 20;

/// SHA-256 of a program of this machine.
///
/// # Errors
/// It cannot be read, is not a regular file (a pipe would never end), or has more than 512 MiB.
pub(crate) fn digest_of(path: &Path) -> io::Result<Digest> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
    }
    let mut program = std::fs::File::open(path)?.take(MAX_PROGRAM.saturating_add(1));
    let digest = Digest::of_reader(&mut program)?;
    if program.limit() == 0 {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 512 MiB"));
    }
    Ok(digest)
}

/// Runs it to its end, or to the limit.
fn run(path: &Path, arguments: &[String], bare: bool, limit: Duration) -> Done {
    let sha256 = digest_of(path).ok();
    let watch = Stopwatch::start();
    let mut done = Done::default();
    let ended = start(path, arguments, bare).and_then(|child| follow(child, &watch, limit, &mut done));
    if let Err(error) = &ended {
        done.short =
            Some(Reason::new(super::rows::code_of(error), format!("running '{}': {error}", path.display())));
    }
    done.run = CommandRun {
        program: path.display().to_string(),
        arguments: arguments.to_vec(),
        sha256,
        exit_code: ended.ok().flatten(),
        milliseconds: u64::try_from(watch.elapsed().as_millis()).unwrap_or(u64::MAX),
    };
    done
}

/// Starts it, its outputs to be read.
#[allow(clippy::disallowed_methods, reason = "the one place that starts what an artifact names")]
pub(crate) fn start(path: &Path, arguments: &[String], bare: bool) -> io::Result<Child> {
    let mut command = Command::new(path);
    if bare {
        command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("LC_ALL", "C").current_dir("/");
    }
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()
}

/// Takes what it writes until it ends; gives its exit code.
fn follow(mut child: Child, watch: &Stopwatch, limit: Duration, done: &mut Done) -> io::Result<Option<i32>> {
    let (sender, ended) = channel();
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let kept: [Arc<Mutex<Output>>; 2] = Default::default();
    let [first, second] = [Arc::clone(&kept[0]), Arc::clone(&kept[1])];
    let threads = [keep(out, first, sender.clone())?, keep(err, second, sender)?];
    let left = || limit.saturating_sub(watch.elapsed());
    let mut all = threads.iter().all(|_| ended.recv_timeout(left()).is_ok());
    let status = if all { end_of(&mut child, left())? } else { child.try_wait()? };
    all &= status.is_some();
    if status.is_none() {
        child.kill()?;
        child.wait()?;
    }
    if !all {
        // What it started may hold the outputs open still.
        for thread in &threads {
            time_limit::give_up(thread);
        }
        let detail = format!("no end within {} s; what came until then is kept", limit.as_secs());
        done.short = Some(Reason::new(ReasonCode::Timeout, detail));
    }
    done.outputs = kept.map(|kept| std::mem::take(&mut *kept.lock().unwrap_or_else(PoisonError::into_inner)));
    Ok(status.and_then(|status| status.code()))
}

/// How a program that has closed its outputs ends, where it does within `limit`: it may go on for as long as it likes.
pub(crate) fn end_of(child: &mut Child, limit: Duration) -> io::Result<Option<ExitStatus>> {
    let watch = Stopwatch::start();
    let (_open, never) = channel::<()>();
    let mut status = child.try_wait()?;
    while status.is_none() && watch.elapsed() < limit {
        let _ = never.recv_timeout(LOOK);
        status = child.try_wait()?;
    }
    Ok(status)
}

/// Keeps what comes of one output, and takes the rest without keeping it, so that the program does not wait.
fn keep(
    from: Option<impl io::Read + Send + 'static>,
    kept: Arc<Mutex<Output>>,
    ended: Sender<()>,
) -> io::Result<time_limit::Ended> {
    let mut from = from.ok_or(io::ErrorKind::BrokenPipe)?;
    time_limit::start(move || {
        let mut buffer = vec![0; 64 << 10];
        loop {
            match from.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => {
                    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                    let room = MOST.saturating_sub(kept.bytes.len()).min(count);
                    kept.bytes.extend_from_slice(buffer.get(..room).unwrap_or_default());
                    kept.cut |= room < count;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        let _ = ended.send(());
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, limit: Duration) -> Done {
        run(Path::new("/bin/sh"), &["-c".to_owned(), script.to_owned()], true, limit)
    }

    #[test]
    fn the_digest_of_a_program_is_that_of_a_regular_file_only() {
        let dir = tempfile::TempDir::new().unwrap();
        let program = dir.path().join("program");
        std::fs::write(&program, "abc").unwrap();
        assert_eq!(digest_of(&program).unwrap(), Digest::of(b"abc"));
        assert_eq!(digest_of(dir.path()).unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }

    #[test]
    fn both_outputs_and_the_exit_code_are_kept_and_the_environment_is_bare() {
        let done = shell("echo out; echo err >&2; env; pwd; exit 7", TIME);
        let out = String::from_utf8(done.outputs[0].bytes.clone()).unwrap();
        assert!(out.starts_with("out\n") && out.ends_with("/\n") && !out.contains("CARGO"), "{out}");
        assert_eq!((done.outputs[1].bytes.as_slice(), done.run.exit_code), (&b"err\n"[..], Some(7)));
        assert!(done.short.is_none() && done.run.sha256.is_some());
    }

    #[test]
    fn a_program_that_goes_on_is_ended_and_one_that_writes_without_end_is_cut() {
        let done = shell("echo begun; exec sleep 600", Duration::from_millis(300));
        assert_eq!((done.outputs[0].bytes.as_slice(), done.run.exit_code), (&b"begun\n"[..], None));
        assert_eq!(done.short.unwrap().code, ReasonCode::Timeout);
        let done = shell("exec >&- 2>&-; exec sleep 600", Duration::from_millis(300));
        assert_eq!(done.short.unwrap().code, ReasonCode::Timeout);
        let done = shell("head -c 20000000 /dev/zero", TIME);
        assert_eq!((done.outputs[0].bytes.len(), done.outputs[0].cut), (MOST, true));
        assert_eq!(done.run.exit_code, Some(0));
    }

    #[test]
    fn a_program_without_its_path_is_the_kits_own_copy_or_none() {
        assert_eq!(place("/bin/ls"), Some("/bin/ls".into()));
        assert_eq!((place("ls"), place("../bin/ls"), place("..")), (None, None, None));
        let done = run(Path::new("/no/such"), &[], true, TIME);
        assert_eq!(done.short.unwrap().code, ReasonCode::Vanished);
    }
}
