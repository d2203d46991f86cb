//! Ctrl-C, signals and a closed console, as a flag that the run asks for: it then seals what there is, in stages that end before
//! the system ends the process.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use super::{Exit, Failure};
use crate::acquisition::{Haste, Stop, StopReason};
use crate::sys;
use crate::sys::Interruption;

/// How long items under way may take to end by themselves, and how long what is delivered is written after that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stages {
    ending: Duration,
    writing: Duration,
}

impl Stages {
    /// Windows gives 5 seconds to a program whose console is closed; of those one is left for the seal, and one is nobody's.
    const fn of(interruption: Interruption) -> Self {
        match interruption {
            Interruption::Asked => Self { ending: Duration::from_secs(10), writing: Duration::from_secs(5) },
            Interruption::Ordered | Interruption::Closing => {
                Self { ending: Duration::from_secs(1), writing: Duration::from_millis(1_500) }
            }
        }
    }
}

/// What asks this process to end, heard from [`listen`] on.
pub(super) struct Interrupts {
    stop: Arc<Stop>,
    begun: Arc<AtomicBool>,
}

impl Interrupts {
    /// The flag that a run looks at.
    pub(super) fn stop(&self) -> &Stop {
        &self.stop
    }

    /// From here on there is a run that looks at the flag and is sealed. Before that nothing is to be sealed, and nobody
    /// looks at the flag, be it that keys are read from a pipe: the process ends at once.
    pub(super) fn begin(&self) {
        self.begun.store(true, Ordering::Relaxed);
    }
}

/// Listens for whatever asks this process to end. During a run the first time sets the flag. Where a person or a program asks
/// twice, the process ends at once; a system that closes the console hastens the seal, however often it says so.
pub(super) fn listen() -> Result<Interrupts, Failure> {
    let stop = Arc::new(Stop::new());
    let flag = Arc::clone(&stop);
    let begun = Arc::new(AtomicBool::new(false));
    let is_begun = Arc::clone(&begun);
    let asked = AtomicBool::new(false);
    sys::on_interruption(Box::new(move |interruption| {
        let insists = interruption != Interruption::Closing && asked.swap(true, Ordering::Relaxed);
        if insists || !is_begun.load(Ordering::Relaxed) {
            leave(Exit::Interrupted);
        }
        flag.set(StopReason::Interrupted);
        let (stages, hurried) = (Stages::of(interruption), Arc::clone(&flag));
        let timer = thread::Builder::new().name("haste".to_owned()).spawn(move || hasten(stages, &hurried));
        if timer.is_err() {
            flag.hasten(Haste::Seal);
        }
    }))
    .map_err(Failure::new)?;
    Ok(Interrupts { stop, begun })
}

fn hasten(stages: Stages, stop: &Stop) {
    let (_open, never) = channel::<()>();
    let _ = never.recv_timeout(stages.ending);
    stop.hasten(Haste::Abandon);
    let _ = never.recv_timeout(stages.writing);
    stop.hasten(Haste::Seal);
}

/// Ends the process, also where threads of it are blocked.
pub(super) fn leave(exit: Exit) -> ! {
    #[allow(
        clippy::exit,
        reason = "whoever asked twice wants the end at once, and a sealed run waits for no thread that is blocked"
    )]
    std::process::exit(exit.code().into())
}
