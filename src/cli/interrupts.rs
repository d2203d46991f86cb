//! Ctrl-C, signals and a closed console, as a flag that the run asks for: it then seals what there is.

use std::sync::Arc;

use super::{Exit, Failure};
use crate::acquisition::{Stop, StopReason};

/// Sets the flag on Ctrl-C, SIGTERM, SIGHUP or a closed console; a second time ends the process at once.
pub(super) fn listen() -> Result<Arc<Stop>, Failure> {
    let stop = Arc::new(Stop::new());
    let flag = Arc::clone(&stop);
    // Where a closed console is no signal, the run has some seconds to be sealed in.
    let closing = Arc::clone(&stop);
    crate::sys::on_close(Box::new(move || {
        closing.set(StopReason::Interrupted);
    }));
    let heard = std::sync::atomic::AtomicBool::new(false);
    ctrlc::set_handler(move || {
        flag.set(StopReason::Interrupted);
        if heard.swap(true, std::sync::atomic::Ordering::Relaxed) {
            #[allow(
                clippy::exit,
                reason = "a second Ctrl-C asks to end at once; what was flushed is salvageable"
            )]
            std::process::exit(Exit::Interrupted.code().into());
        }
    })
    .map_err(Failure::new)?;
    Ok(stop)
}
