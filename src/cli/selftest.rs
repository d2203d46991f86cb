//! `veldkit selftest`: what only the machine itself can show, tried out before one relies on it.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::{Console, Exit, Failure};
use crate::kit::selftest;
use crate::kit::selftest::{Check, CheckResult};
use crate::text::selftest as text;
use crate::text::{Language, Sentence};

/// What `selftest` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[arg(long, default_value = ".")]
    work: PathBuf,
    #[arg(long)]
    json: bool,
}

/// Carries out `selftest`.
pub(super) fn run(arguments: &Arguments, console: &mut Console<'_>) -> Result<Exit, Failure> {
    let (mut passed, mut failed, mut not_possible) = (0_u32, 0_u32, 0_u32);
    let mut tell = |check, name: &str, verdict: CheckResult| {
        let (count, word, reason) = match &verdict {
            CheckResult::Passed => (&mut passed, "passed", None),
            CheckResult::Failed(seen) => (&mut failed, "failed", Some(seen)),
            CheckResult::NotPossible(why) => (&mut not_possible, "not_possible", Some(why)),
        };
        *count = count.saturating_add(1);
        if arguments.json {
            let reason = reason.map(|reason| reason.in_language(Language::En));
            console.result(json!({ "check": name, "verdict": word, "reason": reason }));
        } else {
            console.answer(&line(check, &verdict));
        }
    };
    selftest::run(&arguments.work, &mut tell)
        .map_err(|error| Failure::new(error).hint(text::writable_directory()))?;
    console.say(&text::sum(passed, failed, not_possible));
    Ok(if failed == 0 { Exit::Done } else { Exit::Failure })
}

fn line(check: Check, verdict: &CheckResult) -> Sentence {
    let (word, reason) = match verdict {
        CheckResult::Passed => (text::passed(), None),
        CheckResult::Failed(seen) => (text::failed(), Some(seen)),
        CheckResult::NotPossible(why) => (text::not_here(), Some(why)),
    };
    match reason {
        Some(reason) => text::check_because(&word, &shown(check), reason),
        None => text::check(&word, &shown(check)),
    }
}

/// What each check shows.
fn shown(check: Check) -> Sentence {
    match check {
        Check::Content => text::content(),
        Check::AccessTime => text::access_time(),
        Check::DirectoryAccessTime => text::directory_access_time(),
        Check::Times => text::times(),
        Check::Owner => text::owner(),
        Check::LongPath => text::long_path(),
        Check::Names => text::names(),
        Check::Links => text::links(),
        Check::Sparse => text::sparse(),
        Check::Sharing => text::sharing(),
        Check::Streams => text::streams(),
        Check::ShortName => text::short_name(),
        Check::InUse => text::in_use(),
        Check::Oplock => text::oplock(),
        Check::PartLocked => text::part_locked(),
        Check::Backup => text::backup(),
        Check::NotLocal => text::not_local(),
        Check::Placeholders => text::placeholders(),
        Check::Compressed => text::compressed(),
        Check::Overlay => text::overlay(),
        Check::RawVolume => text::raw_volume(),
        Check::ChangeJournal => text::change_journal(),
        Check::ShadowCopies => text::shadow_copies(),
        Check::Volumes => text::volumes(),
        Check::Disks => text::disks(),
        Check::Processes => text::processes(),
        Check::Sockets => text::sockets(),
        Check::Accounts => text::accounts(),
        Check::Sessions => text::sessions(),
        Check::Pipes => text::pipes(),
        Check::CachedNames => text::cached_names(),
        Check::Signatures => text::signatures(),
        Check::Environments => text::environments(),
        Check::ClosedConsole => text::closed_console(),
        Check::Libraries => text::libraries(),
        Check::OpenDirectory => text::open_directory(),
        Check::Memory => text::memory(),
        Check::RegistryZero => text::registry_zero(),
        Check::RegistryLarge => text::registry_large(),
        Check::RegistryRefused => text::registry_refused(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::golden::assert_golden;
    use crate::text::selftest_reasons as reasons;

    #[test]
    fn each_check_with_each_verdict_is_the_golden_text() {
        let checks = selftest::all();
        let mut lines: Vec<_> = checks.map(|check| line(check, &CheckResult::Passed)).collect();
        lines.push(line(Check::Times, &CheckResult::Failed(reasons::times("[None]"))));
        lines.push(line(Check::Streams, &CheckResult::NotPossible(reasons::only_windows())));
        lines.push(text::sum(1_037, 1, 1));
        assert_golden("selftest", &lines);
    }
}
