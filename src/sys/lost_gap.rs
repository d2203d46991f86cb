//! A fault made on purpose: one place that records what was left out loses it, and a test must notice.
//!
//! In: the variable `VELDKIT_DROP_GAP`, the place as `FILE:LINE`; and `VELDKIT_GAP_LOG`, a file that gets the places that
//! were reached, one a line. Out: whether the gap that is being recorded is to be lost. Only a build with the feature
//! `drop-gaps` has any of it: `cargo xtask gaps` makes one, and `cargo xtask dist` makes none. A function that records a
//! gap asks here, and is `track_caller` in such a build, so that the place is that of its caller.

/// Whether the gap recorded by the caller is to be lost; never in a program that is carried to a host.
#[cfg(not(feature = "drop-gaps"))]
pub(crate) const fn gap_is_lost() -> bool {
    false
}

/// Whether the gap recorded by the caller is to be lost.
#[cfg(feature = "drop-gaps")]
#[track_caller]
pub(crate) fn gap_is_lost() -> bool {
    use std::collections::BTreeSet;
    use std::io::Write as _;
    use std::sync::{LazyLock, Mutex, PoisonError};

    static LOST: LazyLock<Option<String>> = LazyLock::new(|| std::env::var("VELDKIT_DROP_GAP").ok());
    static REACHED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

    let caller = std::panic::Location::caller();
    let place = format!("{}:{}", caller.file(), caller.line());
    if let Some(log) = std::env::var_os("VELDKIT_GAP_LOG") {
        let mut reached = REACHED.lock().unwrap_or_else(PoisonError::into_inner);
        if reached.insert(place.clone()) {
            #[allow(
                clippy::disallowed_methods,
                reason = "a developer's machine, and a build that is never carried"
            )]
            let log = std::fs::OpenOptions::new().append(true).create(true).open(log);
            if let Ok(mut log) = log {
                let _ = log.write_all(format!("{place}\n").as_bytes());
            }
        }
    }
    LOST.as_deref() == Some(place.as_str())
}
