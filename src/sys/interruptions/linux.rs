//! Linux: SIGINT, SIGTERM and SIGHUP, each unless it was ignored when this process began.

use std::io;
use std::thread;

use signal_hook::consts::signal::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::{Interruption, OnInterruption};

/// What each signal asks.
const SIGNALS: [(i32, Interruption); 3] =
    [(SIGINT, Interruption::Asked), (SIGTERM, Interruption::Ordered), (SIGHUP, Interruption::Closing)];

pub(super) fn on_interruption(act: OnInterruption) -> io::Result<()> {
    let ignored = ignored_now();
    let heard = SIGNALS.iter().filter(|(signal, _)| !is_among(*signal, ignored));
    let mut signals = Signals::new(heard.map(|(signal, _)| signal))?;
    let listen = move || {
        for signal in signals.forever() {
            if let Some((_, interruption)) = SIGNALS.iter().find(|(known, _)| *known == signal) {
                act(*interruption);
            }
        }
    };
    thread::Builder::new().name("signals".to_owned()).spawn(listen)?;
    Ok(())
}

/// Whether SIGHUP is ignored, as under `nohup`.
pub(in crate::sys) fn is_hangup_ignored() -> bool {
    is_among(SIGHUP, ignored_now())
}

/// The set of signals that this process ignores now.
fn ignored_now() -> u64 {
    ignored(&std::fs::read_to_string("/proc/self/status").unwrap_or_default())
}

/// The set of ignored signals in `/proc/self/status` (`proc_pid_status(5)`): none where it is not readable.
fn ignored(status: &str) -> u64 {
    let set = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    set.and_then(|set| u64::from_str_radix(set.trim(), 16).ok()).unwrap_or_default()
}

/// Whether a signal is in a set, whose lowest bit is signal 1.
fn is_among(signal: i32, set: u64) -> bool {
    let bit = signal.checked_sub(1).and_then(|bit| u32::try_from(bit).ok());
    bit.and_then(|bit| set.checked_shr(bit)).is_some_and(|rest| rest & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signals_that_nohup_ignores_are_read_of_the_kernel() {
        let status = "SigBlk:\t0000000000000000\nSigIgn:\t0000000000001001\nSigCgt:\t0000000000000002\n";
        let set = ignored(status);
        assert!(is_among(SIGHUP, set) && is_among(13, set));
        assert!(!is_among(SIGINT, set) && !is_among(SIGTERM, set));
        assert_eq!((ignored(""), ignored("SigIgn:\tx")), (0, 0));
        assert!(!is_among(0, u64::MAX) && !is_among(65, u64::MAX) && is_among(64, u64::MAX));
    }
}
