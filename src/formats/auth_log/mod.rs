//! Reads text logs of logons: `auth.log`, `secure` and `messages`, as syslog daemons write them.
//!
//! In: the log, read line by line, and a time before which it was written. Out: its [`AuthEvent`]s in order, with
//! their times, and counts of the other lines. The time of a line is in the format of RFC 3339, or of RFC 3164
//! without year and time zone. The year is derived from the end of the log: the last line is older than the
//! modification time of the file and than the next file of the rotation; where the date of a line is later than that
//! of the next line, it belongs to the year before. Bounded; never panics.

use std::collections::VecDeque;
use std::io::{self, BufRead};

use time::format_description::well_known::Rfc3339;
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time};

use crate::evidence::Utc;

pub mod event;
pub mod rotation;

use event::{AuthEvent, event};

/// Longest line, in bytes. A longer one is cut there and is not read as a log line.
const MAX_LINE: u64 = 64 << 10;

/// Number of days by which a line may be older than the line above it. Beyond that, it belongs to the next year.
const DISORDER: i64 = 2;

/// The time of a log line, in the precision that the line has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogTime {
    /// With year and time zone.
    Whole(Utc),
    /// With year, in the time zone of the host.
    Zoneless(Utc),
    /// Without year and time zone: month, day and time in the time zone of the host.
    Yearless {
        /// Month.
        month: Month,
        /// Day of the month.
        day: u8,
        /// Time of day.
        time: Time,
    },
}

/// A line of a log, split into its fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine<'a> {
    /// Time of the line.
    pub time: LogTime,
    /// Name of the program, without its process id.
    pub program: &'a [u8],
    /// Process id.
    pub pid: Option<u32>,
    /// Text of the message.
    pub message: &'a [u8],
}

/// A logon event with its line and its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedEvent {
    /// Line number, from 1.
    pub line: u64,
    /// Time of the event. The year is derived where the line has none; local time is returned as if it were UTC.
    pub time: Option<Utc>,
    /// Whether the line has no time zone, so that the time is local time of the host.
    pub zoneless: bool,
    /// Process id.
    pub pid: Option<u32>,
    /// The event.
    pub event: AuthEvent,
}

/// The content of a log: its events, and counts of its other lines.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuthLog {
    /// The events; the latest ones where there are more than the caller asked for.
    pub events: Vec<LoggedEvent>,
    /// Number of lines, without empty ones.
    pub lines: u64,
    /// Number of events before [`Self::events`] that were left out.
    pub older: u64,
    /// Number of lines of other programs, or that report no logon.
    pub other: u64,
    /// Number of lines without a time or a program name.
    pub no_line: u64,
    /// Time of the first line. The preceding file of the rotation ends before it.
    pub begins: Option<Utc>,
}

/// Reads a log that was written before `before` and keeps the latest `most` events. Lines without a year have no time
/// where `before` is `None`. Returns the content, and the error that ended the reading early.
pub fn read(log: &mut dyn BufRead, before: Option<Utc>, most: usize) -> (AuthLog, Option<io::Error>) {
    let mut all = AuthLog::default();
    let mut kept: VecDeque<(u64, LogTime, i32, Option<u32>, AuthEvent)> = VecDeque::new();
    let mut years = Years::default();
    let (mut number, mut bytes) = (0_u64, Vec::new());
    let mut failure = None;
    loop {
        bytes.clear();
        match io::Read::take(&mut *log, MAX_LINE).read_until(b'\n', &mut bytes) {
            Ok(0) => break,
            Ok(_) => {}
            Err(error) => {
                failure = Some(error);
                break;
            }
        }
        number = number.saturating_add(1);
        // After a crash or `copytruncate`, a line may be preceded by zero bytes that were never written.
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        let text = bytes.get(zeros..).unwrap_or_default().trim_ascii();
        if text.is_empty() {
            continue;
        }
        all.lines = all.lines.saturating_add(1);
        let Some(line) = line(text) else {
            all.no_line = all.no_line.saturating_add(1);
            continue;
        };
        let wraps = years.step(line.time);
        match event(line.program, line.message) {
            Some(event) => {
                kept.push_back((number, line.time, wraps, line.pid, event));
                if kept.len() > most {
                    kept.pop_front();
                    all.older = all.older.saturating_add(1);
                }
            }
            None => all.other = all.other.saturating_add(1),
        }
    }
    let last = before.map(|before| years.last_year(before));
    let resolved = |time: LogTime, wraps: i32| match time {
        LogTime::Whole(moment) | LogTime::Zoneless(moment) => Some(moment),
        LogTime::Yearless { .. } => of_year(time, last?.saturating_sub(years.wraps.saturating_sub(wraps))),
    };
    all.begins = years.first.and_then(|first| resolved(first, 0));
    all.events = kept
        .into_iter()
        .map(|(line, time, wraps, pid, event)| LoggedEvent {
            line,
            time: resolved(time, wraps),
            zoneless: !matches!(time, LogTime::Whole(_)),
            pid,
            event,
        })
        .collect();
    (all, failure)
}

/// Counts the changes of year along the lines of a log.
#[derive(Debug, Default)]
struct Years {
    first: Option<LogTime>,
    last: Option<LogTime>,
    wraps: i32,
}

impl Years {
    /// Adds the time of the next line, and returns the number of year changes so far.
    fn step(&mut self, time: LogTime) -> i32 {
        self.first.get_or_insert(time);
        // A leap year, so that every day exists in it.
        let day = |time| of_year(time, 2000).map(|moment| moment.date_time().unix_timestamp() / 86_400);
        if let (Some(last), LogTime::Yearless { .. }) = (self.last, time)
            && let (Some(above), Some(here)) = (day(last), day(time))
            && above.saturating_sub(here) > DISORDER
        {
            self.wraps = self.wraps.saturating_add(1);
        }
        if matches!(time, LogTime::Yearless { .. }) {
            self.last = Some(time);
        }
        self.wraps
    }

    /// Returns the year of the last line: the latest one that puts the line before the given time, with one day of
    /// tolerance for the time zone.
    fn last_year(&self, before: Utc) -> i32 {
        let limit = before.date_time().saturating_add(time::Duration::days(1));
        let year = limit.year();
        let Some(last) = self.last else { return year };
        // Every fourth year has a 29th of February, except for one in a century.
        let fits = |year: &i32| of_year(last, *year).is_some_and(|moment| moment.date_time() <= limit);
        (0..9).map(|back| year.saturating_sub(back)).find(fits).unwrap_or(year)
    }
}

/// Returns the time of a line in a year; `None` where the year has no such day.
fn of_year(time: LogTime, year: i32) -> Option<Utc> {
    match time {
        LogTime::Whole(moment) | LogTime::Zoneless(moment) => Some(moment),
        LogTime::Yearless { month, day, time } => {
            let date = Date::from_calendar_date(year, month, day).ok()?;
            Some(Utc::new(PrimitiveDateTime::new(date, time).assume_utc()))
        }
    }
}

/// Splits a line into its fields; `None` where it has no time or no program name.
#[must_use]
pub fn line(text: &[u8]) -> Option<LogLine<'_>> {
    let text = priority(text);
    if let Some(line) = rfc5424(text) {
        return Some(line);
    }
    let (time, rest) = rfc3339(text).or_else(|| rfc3164(text)).or_else(|| of_two_words(text))?;
    let (_host, rest) = word(rest)?;
    let (mut tag, mut message) = word(rest)?;
    // busybox writes facility and level before the program name.
    if !tag.ends_with(b":") && tag.contains(&b'.') {
        (tag, message) = word(message)?;
    }
    // `gdm-password]` has a bracket in its name.
    let tag = tag.strip_suffix(b":")?;
    let (program, pid) = match tag.iter().position(|byte| *byte == b'[') {
        Some(cut) => {
            let number = tag.get(cut..)?.trim_ascii_start();
            let digits: Vec<u8> = number.iter().copied().filter(u8::is_ascii_digit).collect();
            (tag.get(..cut)?, str::from_utf8(&digits).ok()?.parse().ok())
        }
        None => (tag.strip_suffix(b"]").unwrap_or(tag), None),
    };
    Some(LogLine { time, program, pid, message: message.trim_ascii() })
}

/// Removes the priority that some daemons keep: `<86>`.
fn priority(text: &[u8]) -> &[u8] {
    let end = text.iter().take(5).position(|byte| *byte == b'>');
    match end.filter(|_| text.starts_with(b"<")).and_then(|end| text.get(end.saturating_add(1)..)) {
        Some(rest) => rest.trim_ascii_start(),
        None => text,
    }
}

/// Splits off the first word.
fn word(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let text = text.trim_ascii_start();
    let end = text.iter().position(u8::is_ascii_whitespace).unwrap_or(text.len());
    let (word, rest) = text.split_at_checked(end)?;
    (!word.is_empty()).then_some((word, rest))
}

fn rfc3339(text: &[u8]) -> Option<(LogTime, &[u8])> {
    let (word, rest) = word(text)?;
    if !word.first()?.is_ascii_digit() {
        return None;
    }
    let word = str::from_utf8(word).ok()?;
    let moment = OffsetDateTime::parse(word, &Rfc3339).ok().or_else(|| {
        // The time zone has no colon.
        let (moment, zone) = word.split_at_checked(word.len().checked_sub(2)?)?;
        OffsetDateTime::parse(&format!("{moment}:{zone}"), &Rfc3339).ok()
    })?;
    Some((LogTime::Whole(Utc::new(moment)), rest))
}

/// Reads `1 2024-11-24T10:00:00Z host sshd 102 - - message` (RFC 5424), with an optional BOM before the message.
fn rfc5424(text: &[u8]) -> Option<LogLine<'_>> {
    let (version, rest) = word(text)?;
    let (time, rest) = rfc3339(rest).filter(|_| version == b"1")?;
    let (_host, rest) = word(rest)?;
    let (program, rest) = word(rest)?;
    let (pid, rest) = word(rest)?;
    let (_message_id, rest) = word(rest)?;
    let rest = rest.trim_ascii_start();
    let message = if rest.starts_with(b"[") { behind_facts(rest)? } else { word(rest)?.1 };
    let message = message.trim_ascii();
    let message = message.strip_prefix(b"\xef\xbb\xbf").unwrap_or(message);
    Some(LogLine { time, program, pid: str::from_utf8(pid).ok()?.parse().ok(), message })
}

/// Returns the text after structured data (RFC 5424, 6.3): within quoted values, a backslash escapes the next
/// character.
fn behind_facts(text: &[u8]) -> Option<&[u8]> {
    let (mut quoted, mut kept, mut open) = (false, false, false);
    let end = text.iter().position(|byte| {
        let plain = !std::mem::take(&mut kept);
        match byte {
            b'\\' if quoted => kept = plain,
            b'"' if plain => quoted = !quoted,
            b'[' if !quoted => open = true,
            b']' if !quoted => open = false,
            _ => return !open && byte.is_ascii_whitespace(),
        }
        false
    });
    text.get(end.unwrap_or(text.len())..)
}

/// Reads `2024-11-24 10:00:00`, which some daemons are configured to write: local time, unless a time zone follows.
fn of_two_words(text: &[u8]) -> Option<(LogTime, &[u8])> {
    let (date, rest) = word(text)?;
    let (clock, rest) = word(rest)?;
    let whole = [date, b"T", clock].concat();
    if let Some((time, _)) = rfc3339(&whole) {
        return Some((time, rest));
    }
    let zoned = [&whole[..], b"Z"].concat();
    let (LogTime::Whole(moment), _) = rfc3339(&zoned)? else { return None };
    Some((LogTime::Zoneless(moment), rest))
}

/// Reads `Nov  4 03:00:00`, optionally with a year after the day or the time.
fn rfc3164(text: &[u8]) -> Option<(LogTime, &[u8])> {
    const MONTHS: [&[u8]; 12] =
        [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];
    let number = |word: &[u8]| str::from_utf8(word).ok()?.parse::<u16>().ok();
    let (name, rest) = word(text)?;
    let index = MONTHS.iter().position(|month| month.eq_ignore_ascii_case(name))?;
    let month = Month::try_from(u8::try_from(index.saturating_add(1)).ok()?).ok()?;
    let (day, rest) = word(rest)?;
    let day = u8::try_from(number(day)?).ok()?;
    let (mut clock, mut rest) = word(rest)?;
    let mut year = number(clock).filter(|year| *year >= 1970);
    if year.is_some() {
        (clock, rest) = word(rest)?;
    } else if let Some((next, further)) = word(rest)
        && next.len() == 4
        && let Some(behind) = number(next).filter(|year| *year >= 1970)
    {
        (year, rest) = (Some(behind), further);
    }
    // Fractions of a second, and a colon, may follow.
    let clock = clock.strip_suffix(b":").unwrap_or(clock);
    let mut parts = clock.split(|byte| *byte == b':' || *byte == b'.');
    let mut part = || parts.next().and_then(number).and_then(|number| u8::try_from(number).ok());
    let time = Time::from_hms(part()?, part()?, part()?.min(59)).ok()?;
    let yearless = LogTime::Yearless { month, day, time };
    // A day that exists in no year.
    of_year(yearless, 2000)?;
    Some(match year.and_then(|year| of_year(yearless, year.into())) {
        Some(moment) => (LogTime::Zoneless(moment), rest),
        None => (yearless, rest),
    })
}

#[cfg(test)]
mod tests;
