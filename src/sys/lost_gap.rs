//! A fault made on purpose: one place that records what was left out loses it, and a test must notice.
//!
//! In: the variable `VELDKIT_DROP_GAP`, the place as `FILE:LINE`; and `VELDKIT_GAP_LOG`, a file that gets the places that
//! were reached, one a line. Out: whether the gap that is being recorded is to be lost. Only a build with the feature
//! `drop-gaps` has any of it: `cargo xtask gaps` makes one, and `cargo xtask dist` makes none. A function that records a
//! gap asks here, and is `track_caller` in such a build, so that the place is that of its caller.

/// The place in the source that records a gap: whoever calls the first function that does not pass its caller's on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GapPlace {
    #[cfg(feature = "drop-gaps")]
    caller: &'static std::panic::Location<'static>,
}

/// Whether the gap recorded by the caller is to be lost; never in a program that is carried to a host.
#[cfg_attr(feature = "drop-gaps", track_caller)]
pub(crate) fn gap_is_lost() -> bool {
    GapPlace::of_caller().is_lost()
}

impl GapPlace {
    /// The caller's.
    #[cfg_attr(feature = "drop-gaps", track_caller)]
    pub(crate) const fn of_caller() -> Self {
        Self {
            #[cfg(feature = "drop-gaps")]
            caller: std::panic::Location::caller(),
        }
    }

    /// Whether what is recorded there is to be lost.
    #[cfg(not(feature = "drop-gaps"))]
    #[allow(
        clippy::unused_self,
        clippy::trivially_copy_pass_by_ref,
        reason = "a build that loses gaps looks at it"
    )]
    pub(crate) const fn is_lost(self) -> bool {
        false
    }

    /// Whether what is recorded there is to be lost.
    #[cfg(feature = "drop-gaps")]
    pub(crate) fn is_lost(self) -> bool {
        use std::collections::BTreeSet;
        use std::io::Write as _;
        use std::sync::{LazyLock, Mutex, PoisonError};

        static LOST: LazyLock<Option<String>> = LazyLock::new(|| std::env::var("VELDKIT_DROP_GAP").ok());
        static REACHED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

        let place = format!("{}:{}", self.caller.file(), self.caller.line());
        if let Some(log) = std::env::var_os("VELDKIT_GAP_LOG") {
            let mut reached = REACHED.lock().unwrap_or_else(PoisonError::into_inner);
            if reached.insert(place.clone()) {
                #[allow(clippy::disallowed_methods, reason = "a developer's machine: this is never carried")]
                let log = std::fs::OpenOptions::new().append(true).create(true).open(log);
                if let Ok(mut log) = log {
                    let _ = log.write_all(format!("{place}\n").as_bytes());
                }
            }
        }
        LOST.as_deref() == Some(place.as_str())
    }
}
