//! Reads a job of at(1): a shell script that begins with the environment of the user who queued it.
//!
//! In: the bytes of one spool file, and its name. Out: the commands, the time at which it runs, and its user. Reads
//! the layout of `at` 3.2 (Debian, SUSE), which puts the commands after `cd DIR || { …`, and that of Red Hat, which
//! puts them into a here-document between two lines `marcinDELIMITER…`. Pure; never panics.

use super::text_lines::{Line, lines};
use crate::evidence::Utc;

/// The commands and the user of a job.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AtJob<'a> {
    /// The user id, from the header of the script.
    pub uid: Option<u32>,
    /// The commands with their line numbers; the last line alone where their beginning is not found.
    pub commands: Vec<Line<'a>>,
}

/// Reads the script of a job.
#[must_use]
pub fn job(text: &[u8]) -> AtJob<'_> {
    let uid = text.split(|byte| *byte == b'\n').take(4).find_map(|line| {
        let rest = line.strip_prefix(b"# atrun uid=")?;
        str::from_utf8(rest.split(|byte| !byte.is_ascii_digit()).next()?).ok()?.parse().ok()
    });
    let all: Vec<Line<'_>> = lines(text).collect();
    let changes = all.iter().position(|(_, line)| line.starts_with(b"cd ") && line.ends_with(b"|| {"));
    let behind = changes.and_then(|at| {
        let closed = all.iter().skip(at).position(|(_, line)| *line == b"}")?;
        all.get(at.checked_add(closed)?.checked_add(1)?..)
    });
    let commands = match behind.filter(|commands| !commands.is_empty()) {
        Some(commands) => commands.iter().filter(|(_, line)| !is_delimiter(line)).copied().collect(),
        None => all.iter().rfind(|(_, line)| !is_delimiter(line)).copied().into_iter().collect(),
    };
    AtJob { uid, commands }
}

/// Whether a line is the delimiter of the here-document, or opens it.
fn is_delimiter(line: &[u8]) -> bool {
    line.starts_with(b"marcinDELIMITER") || line.starts_with(b"${SHELL:-/bin/sh} <<")
}

/// Returns the time at which a job runs, from its file name: the queue, five hexadecimal digits of the job number,
/// and eight of the minutes since 1970.
#[must_use]
pub fn moment(name: &[u8]) -> Option<Utc> {
    let digits = name.get(6..14).filter(|_| name.len() == 14)?;
    let minutes = i64::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?;
    Utc::from_unix(minutes.checked_mul(60)?, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> (Option<u32>, Vec<String>) {
        let job = job(text.as_bytes());
        (job.uid, job.commands.iter().map(|(_, line)| String::from_utf8_lossy(line).into_owned()).collect())
    }

    #[test]
    fn the_commands_of_a_job_are_those_of_the_user() {
        let head = "#!/bin/sh\n# atrun uid=1000 gid=1000\n# mail anna 0\numask 22\nPATH=/usr/bin:/bin; export PATH\n\
            cd /home/anna || {\n\t echo 'Execution directory inaccessible' >&2\n\t exit 1\n}\n";
        let debian = said(&format!("{head}/opt/een\n/opt/twee -q\n"));
        assert_eq!(debian, (Some(1000), vec!["/opt/een".to_owned(), "/opt/twee -q".to_owned()]));
        let red_hat = said(&format!(
            "{head}${{SHELL:-/bin/sh}} << 'marcinDELIMITER5e0a1b2c'\n/opt/een\n\nmarcinDELIMITER5e0a1b2c\n"
        ));
        assert_eq!(red_hat, (Some(1000), vec!["/opt/een".to_owned()]));
        assert_eq!(said("#!/bin/sh\n/opt/x\n"), (None, vec!["/opt/x".to_owned()]));
        assert_eq!(said(""), (None, vec![]));
        assert_eq!(said("cd /x || {\n"), (None, vec!["cd /x || {".to_owned()]));
    }

    #[test]
    fn the_name_of_a_job_contains_its_time() {
        assert_eq!(moment(b"a0000101b05518").unwrap().to_string(), "2023-11-14T22:16:00Z");
        for none in [&b"a0000101b0551"[..], b".SEQ", b"a00001zzzzzzzz", b""] {
            assert_eq!(moment(none), None);
        }
    }
}
