//! A job of at(1): a script of a shell that begins with the environment of the one who gave it.
//!
//! In: the bytes of one file of the spool, and its name. Out: the lines that were given, when it runs, and as whom. The forms
//! are those of `at` 3.2 (Debian, SUSE), whose commands are behind `cd DIR || { … }`, and of Red Hat, which puts them into a
//! here-document between two lines `marcinDELIMITER…`. Pure, and never a panic.

use super::text_lines::{Line, lines};
use crate::evidence::Utc;

/// What a job says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AtJob<'a> {
    /// The number of the user.
    pub uid: Option<u32>,
    /// The commands; where their beginning is not found, the last line.
    pub commands: Vec<Line<'a>>,
}

/// Reads a job.
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

/// A line of the here-document, and the one that begins it.
fn is_delimiter(line: &[u8]) -> bool {
    line.starts_with(b"marcinDELIMITER") || line.starts_with(b"${SHELL:-/bin/sh} <<")
}

/// When a job runs: its name is its queue, five digits of its number and eight of the minute since 1970, in hexadecimal.
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
    fn the_commands_of_a_job_are_those_that_were_given() {
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
    fn the_name_of_a_job_says_when_it_runs() {
        assert_eq!(moment(b"a0000101b05518").unwrap().to_string(), "2023-11-14T22:16:00Z");
        for none in [&b"a0000101b0551"[..], b".SEQ", b"a00001zzzzzzzz", b""] {
            assert_eq!(moment(none), None);
        }
    }
}
