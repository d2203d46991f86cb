//! Progress while a run goes on: one moving line on a terminal, a plain line now and then elsewhere, or nothing.

use std::io::{IsTerminal as _, Write};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::acquisition::{Progress, Snapshot};
use crate::text::progress as text;
use crate::text::{ByteSize, Language, Sentence};

/// How often the line on a terminal is drawn anew.
const REDRAW: Duration = Duration::from_millis(200);

/// How often a plain line is written: often enough that remote consoles do not take the run for dead (the shortest
/// idle limit of a live-response console known is 5 minutes), seldom enough for a log.
const PLAIN: Duration = Duration::from_secs(15);

/// Where progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Display {
    /// One line that is drawn anew.
    Terminal,
    /// A line now and then on standard error.
    Plain,
    /// Not at all.
    Nothing,
}

impl Display {
    /// Chooses by what standard error is.
    pub(super) fn of_stderr(quiet: bool) -> Self {
        match (quiet, std::io::stderr().is_terminal()) {
            (true, _) => Self::Nothing,
            (false, true) => Self::Terminal,
            (false, false) => Self::Plain,
        }
    }
}

/// Does `work` and shows its progress meanwhile.
pub(super) fn show<T>(progress: &Progress, display: Display, lang: Language, work: impl FnOnce() -> T) -> T {
    if display == Display::Nothing {
        return work();
    }
    let (done, waiting) = channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            let bar = (display == Display::Terminal).then(bar);
            let pause = if bar.is_some() { REDRAW } else { PLAIN };
            let mut last = 0_u64;
            while waiting.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                let snapshot = progress.snapshot();
                let rate = rate(last, snapshot.bytes_read, pause);
                last = snapshot.bytes_read;
                let line = line(&snapshot, rate).in_language(lang).to_owned();
                match &bar {
                    Some(bar) => {
                        bar.set_message(line);
                        bar.tick();
                    }
                    None => drop(writeln!(std::io::stderr(), "{line}")),
                }
            }
            if let Some(bar) = bar {
                bar.finish_and_clear();
            }
        });
        let result = work();
        drop(done);
        result
    })
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed_precise} {wide_msg}") {
        bar.set_style(style);
    }
    bar
}

fn rate(before: u64, now: u64, pause: Duration) -> u64 {
    let milliseconds = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX).max(1);
    now.saturating_sub(before).saturating_mul(1000).checked_div(milliseconds).unwrap_or(0)
}

fn line(snapshot: &Snapshot, rate: u64) -> Sentence {
    let Snapshot { items, bytes_read, bytes_written, hits, artifact } = snapshot;
    let [read, rate, written] = [*bytes_read, rate, *bytes_written].map(ByteSize);
    text::line(&text::items(*items), read, rate, written, &text::hits(*hits), artifact)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_names_the_artifact_and_escapes_what_could_steer_a_terminal() {
        let snapshot = Snapshot {
            items: 12_345,
            bytes_read: 5 << 20,
            bytes_written: 2 << 20,
            hits: 3,
            artifact: "Linux\u{1b}[2J".to_owned(),
        };
        assert_eq!(
            line(&snapshot, 1 << 20).in_language(Language::En),
            "12,345 items, 5.0 MiB read (1.0 MiB/s), 2.0 MiB in the bundle, 3 hits · Linux\\u{1b}[2J"
        );
        assert!(line(&snapshot, 0).in_language(Language::Nl).starts_with("12.345 onderdelen, 5,0 MiB"));
    }
}
