//! Reads the tables of cron, anacron and incron.
//!
//! In: the bytes of one file. Out: its jobs: schedule, user, command and line number. Pure; never panics.

use super::text_lines::{lines, split};

/// A job in a cron table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CronJob<'a> {
    /// Line number, from 1.
    pub line: u64,
    /// The schedule: five fields, `@reboot` and the like; for anacron, period and delay.
    pub schedule: &'a [u8],
    /// The user, in a table with a user column.
    pub user: Option<&'a [u8]>,
    /// The command that the shell gets.
    pub command: &'a [u8],
}

/// Reads a cron table (crontab(5)); `names_user` says whether it is a system table, with a user column. Variable
/// settings are skipped. Lines that only fcron has (fcrontab(5)) begin with `&` or `%`, which no other cron allows.
pub fn jobs(text: &[u8], names_user: bool) -> impl Iterator<Item = CronJob<'_>> {
    lines(text).filter_map(move |(line, text)| {
        // A variable name is not a number, `*`, `@word` or `~`. A minus before the minute stops cronie and SUSE's
        // cron from logging the job; it is not part of the schedule.
        let text = text.strip_prefix(b"-").unwrap_or(text);
        if is_setting(text) {
            return None;
        }
        if !text.first()?.is_ascii_digit() && !matches!(text.first()?, b'*' | b'@' | b'~' | b'&' | b'%') {
            return None;
        }
        let count = fields(text);
        let (schedule, rest) = split(text, count)?;
        let (user, command) =
            if names_user { split(rest, 1).map(|(user, rest)| (Some(user), rest))? } else { (None, rest) };
        (!command.is_empty()).then_some(CronJob { line, schedule, user, command })
    })
}

/// Whether the first word is followed by an equals sign: a variable of any name, even of one that is a moment (`load_env`).
fn is_setting(text: &[u8]) -> bool {
    let name = text.iter().take_while(|byte| !byte.is_ascii_whitespace() && **byte != b'=').count();
    text.get(name..).is_some_and(|rest| rest.trim_ascii_start().starts_with(b"="))
}

/// Returns the number of schedule fields at the beginning of a line.
fn fields(text: &[u8]) -> usize {
    let word = text.split(u8::is_ascii_whitespace).next().unwrap_or_default();
    match (word, word.first()) {
        // fcron's options, alone or before a period.
        (b"@", _) => 2,
        (_, Some(b'@')) => {
            let next = split(text, 1).and_then(|(_, rest)| rest.first().copied());
            let is_cron = [
                &b"@reboot"[..],
                b"@yearly",
                b"@annually",
                b"@monthly",
                b"@weekly",
                b"@daily",
                b"@midnight",
                b"@hourly",
            ];
            let is_option = !is_cron.contains(&word) && next.is_some_and(|byte| byte.is_ascii_digit());
            if is_option { 2 } else { 1 }
        }
        (_, Some(b'&')) => 6,
        (_, Some(b'%')) => {
            let period = word.get(1..).and_then(|word| word.split(|byte| *byte == b',').next());
            match period.unwrap_or_default() {
                b"hourly" | b"midhourly" => 2,
                b"daily" | b"middaily" | b"nightly" | b"weekly" | b"midweekly" => 3,
                b"monthly" | b"midmonthly" => 4,
                _ => 6,
            }
        }
        _ => 5,
    }
}

/// Reads anacrontab(5): period, delay, name, command.
pub fn anacron(text: &[u8]) -> impl Iterator<Item = CronJob<'_>> {
    lines(text).filter_map(|(line, text)| {
        let first = *text.first()?;
        let (schedule, rest) = split(text, 2).filter(|_| first.is_ascii_digit() || first == b'@')?;
        let (_, command) = split(rest, 1)?;
        (!command.is_empty()).then_some(CronJob { line, schedule, user: None, command })
    })
}

/// Reads incrontab(5): a path, events on it, and the command that they start.
pub fn incron(text: &[u8]) -> impl Iterator<Item = CronJob<'_>> {
    lines(text).filter_map(|(line, text)| {
        let (schedule, command) = split(text, 2)?;
        (!command.is_empty()).then_some(CronJob { line, schedule, user: None, command })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> String {
        String::from_utf8_lossy(bytes).into_owned()
    }

    /// Lines of Debian 12's `/etc/crontab` and of cron's manual.
    #[test]
    fn jobs_of_cron_and_anacron_are_read_and_variables_are_skipped() {
        let table = b"SHELL=/bin/sh\n# m h\n17 *\t* * *\troot\tcd / && run-parts --report /etc/cron.hourly\n@reboot anna /tmp/.x/m -q\n1 2 3 4 5\n";
        let all: Vec<_> = jobs(table, true).collect();
        assert_eq!(all.len(), 2);
        assert_eq!(
            (all[0].line, text(all[0].schedule), all[0].user),
            (3, "17 *\t* * *".to_owned(), Some(&b"root"[..]))
        );
        assert_eq!(text(all[0].command), "cd / && run-parts --report /etc/cron.hourly");
        assert_eq!(
            (text(all[1].schedule), text(all[1].command)),
            ("@reboot".to_owned(), "/tmp/.x/m -q".to_owned())
        );
        let quiet: Vec<_> = jobs(b"-*/5 * * * * root /opt/a\n~ 3 * * * root /opt/b\n-x\n-\n", true).collect();
        assert_eq!(quiet.len(), 2);
        assert_eq!(
            (text(quiet[0].schedule), text(quiet[0].command)),
            ("*/5 * * * *".into(), "/opt/a".to_owned())
        );
        assert_eq!(
            jobs(b"*=x a b c d e f\n0 = x a b c d e f\n", false).count(),
            0,
            "variables of these names"
        );
        let watched: Vec<_> = incron(b"/etc/passwd IN_MODIFY /tmp/x $@/$#\n/x IN_CREATE\n").collect();
        assert_eq!((watched.len(), text(watched[0].command)), (1, "/tmp/x $@/$#".to_owned()));
        // Examples of fcrontab(5).
        let fcron = b"&bootrun,mail(no) 0 5 * * * /opt/a\n& 1 2 3 4 5 /opt/b\n@ 30 /opt/c\n@first(1) 1d2h /opt/d x\n%hourly 5 /opt/e\n%daily,stdout * 8-9 /opt/f\n%monthly * * 1-7 /opt/g\n%hours * * * * * /opt/h\n!mailto(x)\n";
        let all: Vec<_> = jobs(fcron, false).map(|job| text(job.command)).collect();
        assert_eq!(all, ["/opt/a", "/opt/b", "/opt/c", "/opt/d x", "/opt/e", "/opt/f", "/opt/g", "/opt/h"]);
        let redis = b"REDIS0009\xfa\tredis-ver\x055.0.7\n\n*/1 * * * * /opt/x\n\n\xff\0";
        assert_eq!(jobs(redis, false).map(|job| text(job.command)).collect::<Vec<_>>(), ["/opt/x"]);
        let own: Vec<_> = jobs(b"*/5 * * * * curl x | sh\n", false).collect();
        assert_eq!((own[0].user, text(own[0].command)), (None, "curl x | sh".to_owned()));
        let all: Vec<_> = anacron(
            b"START_HOURS_RANGE=3-22\n1\t5\tcron.daily\trun-parts /etc/cron.daily\n@monthly 15 x /y\n",
        )
        .collect();
        assert_eq!(
            (all.len(), text(all[0].schedule), text(all[0].command)),
            (2, "1\t5".into(), "run-parts /etc/cron.daily".into())
        );
    }
}
