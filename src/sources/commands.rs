//! Programs that an artifact names (COMMAND), run on the live system: the only place that starts a process.
//!
//! In: a program by its whole path, its arguments, the digests of which it must have one. Out: an item each for what it writes to
//! standard output and to standard error, and one that says how it ran ([`CommandRun`]). There is no shell, and nothing of this
//! process's environment. The program is run once, when the first of its items is read; it has [`TIME`], and what it writes beyond
//! [`MOST`] is left out.
//!
//! Without a digest nothing is run, whoever wrote the definition: on a host of an intruder the system's own programs are his as
//! well. No artifact that this program carries runs a program, so the rule has no exception.

use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use super::found::{Finding, Found, Unread};
use super::rows::{Halt, Lines, Rows};
use super::target::Target;
use super::tool_directory;
use crate::evidence::rows::RowType as _;
use crate::evidence::rows::commands::{CommandRow, CommandRun};
use crate::evidence::{Digest, Origin, Outcome, Reason, ReasonCode};
use crate::playbook::{Companion, ProgramCall};
use crate::sys::{HeldProgram, Stopwatch, time_limit};

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
    call: &ProgramCall,
    emit: &mut dyn FnMut(Finding) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let name = call.program.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
    let origin = |what: &str| Origin::Command {
        artifact: artifact.to_owned(),
        name: format!("{number}-{name}.{what}"),
    };
    let gap = |code: ReasonCode, why: &str| {
        let outcome = match code {
            ReasonCode::NotFound => Outcome::Missing,
            ReasonCode::Unsupported => Outcome::Failed,
            _ => Outcome::Skipped,
        };
        Finding::Gap(Unread::new(origin("stdout.txt"), outcome, code, why))
    };
    if !target.is_live() {
        return emit(gap(ReasonCode::NotApplicable, "programs are run on the running system alone"));
    }
    let Some(path) = place(&call.program) else {
        return emit(gap(ReasonCode::NotFound, NO_PLACE));
    };
    if call.sha256.is_empty() {
        return emit(gap(
            ReasonCode::Unsupported,
            "its definition has no SHA-256 that it must have: it was not run",
        ));
    }
    if !path.is_file() {
        return emit(gap(ReasonCode::NotFound, "no such program"));
    }
    let call = ProgramCall { program: path.display().to_string(), ..call.clone() };
    let done: Arc<OnceLock<Done>> = Arc::default();
    let get = move || (Arc::clone(&done), call.clone());
    for (what, output) in [("stdout.txt", Some(0)), ("stderr.txt", Some(1)), ("run.jsonl", None)] {
        let (done, call) = get();
        let make = move |lines: &mut Lines<'_>| {
            let done = done.get_or_init(|| run(&call, TIME));
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

/// Why a program that is asked for by its name alone is not run.
pub(crate) const NO_PLACE: &str = "it has no whole path, and the kit has no tool of this name";

/// The place of a program: its whole path, or none. A kit's own tools have theirs already.
pub(crate) fn place(program: &str) -> Option<PathBuf> {
    let path = Path::new(program);
    path.is_absolute().then(|| path.to_owned())
}

/// Opens a program and holds it, where its digest is one of those wanted, and nothing is next to it that it might load besides what its
/// kit lists there.
///
/// # Errors
/// It cannot be opened or is no program; it has another digest, or company, which is then [`ReasonCode::Unsupported`].
pub(crate) fn hold(
    path: &Path,
    wanted: &[Digest],
    companions: Option<&[Companion]>,
) -> Result<HeldProgram, Reason> {
    let held = HeldProgram::open(path).map_err(|error| {
        Reason::new(super::rows::code_of(&error), format!("reading '{}': {error}", path.display()))
    })?;
    if wanted.contains(&held.sha256()) {
        return match tool_directory::check(path, companions) {
            Ok(()) => Ok(held),
            Err(why) => {
                let detail = format!("'{}' was not run: {why}", path.display());
                Err(Reason::new(ReasonCode::Unsupported, detail))
            }
        };
    }
    let listed = wanted.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ");
    let listed = if listed.is_empty() { "one that the kit does not list".to_owned() } else { listed };
    let (path, sha256) = (path.display(), held.sha256());
    let detail = format!("'{path}' has SHA-256 {sha256}, and {listed} is wanted: it was not run");
    Err(Reason::new(ReasonCode::Unsupported, detail))
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

/// Runs it to its end, or to the limit, where its digest is one of those wanted.
fn run(call: &ProgramCall, limit: Duration) -> Done {
    let path = Path::new(&call.program);
    let watch = Stopwatch::start();
    let (program, arguments) = (call.program.clone(), call.arguments.clone());
    let mut done =
        Done { run: CommandRun { program, arguments, ..CommandRun::default() }, ..Done::default() };
    let held = match hold(path, &call.sha256, call.companions.as_deref()) {
        Ok(held) => held,
        Err(reason) => {
            done.short = Some(reason);
            return done;
        }
    };
    done.run.sha256 = Some(held.sha256());
    let ended = held.start(&call.arguments).and_then(|child| follow(child, &watch, limit, &mut done));
    if let Err(error) = &ended {
        done.short =
            Some(Reason::new(super::rows::code_of(error), format!("running '{}': {error}", path.display())));
    }
    done.run.exit_code = ended.ok().flatten();
    done.run.milliseconds = u64::try_from(watch.elapsed().as_millis()).unwrap_or(u64::MAX);
    done
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

    fn call(program: &str, arguments: &[&str], sha256: &[Digest]) -> ProgramCall {
        let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        ProgramCall { program: program.to_owned(), arguments, sha256: sha256.to_vec(), companions: None }
    }

    fn shell(script: &str, limit: Duration) -> Done {
        let digest = Digest::of(&std::fs::read("/bin/sh").unwrap());
        run(&call("/bin/sh", &["-c", script], &[Digest::of(b"an older one"), digest]), limit)
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
    fn a_program_without_its_path_is_none_also_where_a_file_of_its_name_is_next_to_this_program() {
        assert_eq!(place("/bin/ls"), Some("/bin/ls".into()));
        let this = std::env::current_exe().unwrap();
        let name = this.file_name().unwrap().to_str().unwrap();
        assert_eq!((place("ls"), place("../bin/ls"), place(".."), place(name)), (None, None, None, None));
        let done = run(&call("/no/such", &[], &[Digest::of(b"")]), TIME);
        assert_eq!(done.short.unwrap().code, ReasonCode::Vanished);
    }

    #[test]
    fn a_program_with_another_digest_is_not_run_and_says_which_it_has() {
        let dir = tempfile::TempDir::new().unwrap();
        let mark = dir.path().join("it ran").display().to_string();
        let touch = Path::new("/usr/bin/touch");
        let done = run(&call("/usr/bin/touch", &[&mark], &[Digest::of(b"another")]), TIME);
        assert!(!Path::new(&mark).exists() && done.run.sha256.is_none());
        let reason = done.short.unwrap();
        assert_eq!(reason.code, ReasonCode::Unsupported);
        assert!(
            reason.detail.contains(&Digest::of(&std::fs::read(touch).unwrap()).to_string()),
            "{reason:?}"
        );
    }
}
