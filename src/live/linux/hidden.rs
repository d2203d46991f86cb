//! Processes that answer when they are asked for by number and that no list names: how a rootkit that filters the listing of
//! `/proc` gives itself away.
//!
//! In: the numbers listed, a way to ask for one. Out: those that were hidden. A thread answers by its number too, and so each
//! that answers is asked whose it is; what starts meanwhile is in the list made afterwards.

use std::collections::BTreeSet;
use std::time::Duration;

use super::linux_host::LinuxHost;
use crate::formats::procfs;
use crate::sys::Stopwatch;

/// How long numbers are asked for: four million of them, which is the most there can be, take longer, and what vanishes first
/// is to be safe within seconds.
const TIME: Duration = Duration::from_secs(2);

/// Most bytes of a process's status.
const MAX_STATUS: usize = 16 << 10;

/// Looks for processes of the running system that are not among `listed`; gives them, and the last number asked for.
pub(crate) fn look(reach: &LinuxHost, listed: &[u32]) -> (Vec<u32>, u32) {
    let last = reach.read("proc/loadavg", 256).ok().and_then(|text| procfs::last_pid(&text)).unwrap_or(0);
    let to = listed.last().copied().unwrap_or(0).max(last);
    let watch = Stopwatch::start();
    let group = |pid: u32| procfs::status(&reach.read(&format!("proc/{pid}/status"), MAX_STATUS).ok()?).group;
    let (found, asked) = unlisted(listed, to, &group, &|| watch.elapsed() < TIME);
    if found.is_empty() {
        return (found, asked);
    }
    let after: BTreeSet<u32> = reach.pids().unwrap_or_default().into_iter().collect();
    // One that has ended since then is no hidden one either.
    let hidden = found.into_iter().filter(|pid| !after.contains(pid) && group(*pid) == Some(*pid));
    (hidden.collect(), asked)
}

/// The numbers up to `to` that are not listed and are those of a process of their own; and the last one asked for.
fn unlisted(
    listed: &[u32],
    to: u32,
    group: &dyn Fn(u32) -> Option<u32>,
    goes_on: &dyn Fn() -> bool,
) -> (Vec<u32>, u32) {
    let listed: BTreeSet<u32> = listed.iter().copied().collect();
    let mut found = Vec::new();
    for pid in 1..=to {
        // The clock is asked now and then.
        if pid % 1_024 == 0 && !goes_on() {
            return (found, pid);
        }
        if !listed.contains(&pid) && group(pid) == Some(pid) {
            found.push(pid);
        }
    }
    (found, to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_answers_and_is_not_listed_is_hidden_and_a_thread_is_not() {
        let group = |pid: u32| match pid {
            1 | 7 | 4000 => Some(pid),
            8 => Some(7),
            _ => None,
        };
        assert_eq!(unlisted(&[1, 7], 5_000, &group, &|| true), (vec![4000], 5_000));
        assert_eq!(unlisted(&[1, 7, 4000], 5_000, &group, &|| true).0, Vec::<u32>::new());
        assert_eq!(
            unlisted(&[1], 5_000, &group, &|| false),
            (vec![7], 1_024),
            "what was found in time is kept"
        );
    }
}
