//! Text logs of logons: `auth.log`, `secure` and `messages` as syslog daemons write them.
//!
//! In: a log as bytes that are read line by line, and a moment before which it was written. Out: what its lines say of logons
//! ([`AuthEvent`]), in order, with their moments, and how many lines are of something else or are none of a log. A line has its
//! moment by RFC 3339, or by RFC 3164 without a year and a zone. The year is found from the end: the last line was written
//! before the file was changed last, and before the next file of a rotation begins; a line whose date is after that of the next
//! is of the year before. Bounded, and never a panic.

use std::collections::VecDeque;
use std::io::{self, BufRead};

use time::format_description::well_known::Rfc3339;
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time};

use crate::evidence::Utc;

pub mod event;
pub mod rotation;

use event::{AuthEvent, event};

/// Longest line that is read as one; what is longer is cut there, and no line of a log.
const MAX_LINE: u64 = 64 << 10;

/// A line that has a date so many days before the one above it is of the next year.
const DISORDER: i64 = 2;

/// A moment as a line has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogTime {
    /// With year and zone.
    Whole(Utc),
    /// With year, by the clock of the host.
    Zoneless(Utc),
    /// Without both: month, day and time, by the clock of the host.
    Yearless {
        /// Its month.
        month: Month,
        /// Its day.
        day: u8,
        /// Its time.
        time: Time,
    },
}

/// A line of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine<'a> {
    /// When.
    pub time: LogTime,
    /// The program, without its number.
    pub program: &'a [u8],
    /// The process.
    pub pid: Option<u32>,
    /// What it says.
    pub message: &'a [u8],
}

/// An event with its moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedEvent {
    /// Number of the line, from 1.
    pub line: u64,
    /// When; where the line has no year, of the year that was found, and by the clock of the host as if it were UTC.
    pub time: Option<Utc>,
    /// Whether the line has no zone, and is by the clock of the host.
    pub zoneless: bool,
    /// The process.
    pub pid: Option<u32>,
    /// What happened.
    pub event: AuthEvent,
}

/// What a log says. The lines are those of events, of something else, and those that are no line of a log.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuthLog {
    /// The events, the last ones where there are more than were asked for.
    pub events: Vec<LoggedEvent>,
    /// Lines, empty ones left out.
    pub lines: u64,
    /// Events that are left out: those before [`Self::events`].
    pub older: u64,
    /// Lines of other programs, or that say nothing of a logon.
    pub other: u64,
    /// Lines without a moment or a program.
    pub no_line: u64,
    /// The moment of its first line, before which the file before it ends.
    pub begins: Option<Utc>,
}

/// Reads a log that was written before a moment, without which lines without a year have no moment; at most `most` events are kept. Returns what was read, and why not all was.
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
        // After a crash or `copytruncate` a line has zeros before it that were never written.
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

/// How often the year changes along the lines of a log.
#[derive(Debug, Default)]
struct Years {
    first: Option<LogTime>,
    last: Option<LogTime>,
    wraps: i32,
}

impl Years {
    /// Takes the moment of the next line, and returns how often the year has changed until there.
    fn step(&mut self, time: LogTime) -> i32 {
        self.first.get_or_insert(time);
        // A year with a 29th of February, so that each day has a place in it.
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

    /// The year of the last line: the latest in which it was written before a moment, a day more for the zone of the host.
    fn last_year(&self, before: Utc) -> i32 {
        let limit = before.date_time().saturating_add(time::Duration::days(1));
        let year = limit.year();
        let Some(last) = self.last else { return year };
        // The 29th of February is in every fourth year, but for one in a century.
        let fits = |year: &i32| of_year(last, *year).is_some_and(|moment| moment.date_time() <= limit);
        (0..9).map(|back| year.saturating_sub(back)).find(fits).unwrap_or(year)
    }
}

/// The moment of a line in a year; none where the year has no such day.
fn of_year(time: LogTime, year: i32) -> Option<Utc> {
    match time {
        LogTime::Whole(moment) | LogTime::Zoneless(moment) => Some(moment),
        LogTime::Yearless { month, day, time } => {
            let date = Date::from_calendar_date(year, month, day).ok()?;
            Some(Utc::new(PrimitiveDateTime::new(date, time).assume_utc()))
        }
    }
}

/// Reads a line; none where it has no moment or no program.
#[must_use]
pub fn line(text: &[u8]) -> Option<LogLine<'_>> {
    let text = priority(text);
    if let Some(line) = rfc5424(text) {
        return Some(line);
    }
    let (time, rest) = rfc3339(text).or_else(|| rfc3164(text)).or_else(|| of_two_words(text))?;
    let (_host, rest) = word(rest)?;
    let (mut tag, mut message) = word(rest)?;
    // busybox writes facility and level before the program.
    if !tag.ends_with(b":") && tag.contains(&b'.') {
        (tag, message) = word(message)?;
    }
    // `gdm-password]` has a bracket of its own.
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

/// Without the number of facility and level that some keep: `<86>`.
fn priority(text: &[u8]) -> &[u8] {
    let end = text.iter().take(5).position(|byte| *byte == b'>');
    match end.filter(|_| text.starts_with(b"<")).and_then(|end| text.get(end.saturating_add(1)..)) {
        Some(rest) => rest.trim_ascii_start(),
        None => text,
    }
}

/// The first word, and what is behind it.
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
        // A zone without its colon.
        let (moment, zone) = word.split_at_checked(word.len().checked_sub(2)?)?;
        OffsetDateTime::parse(&format!("{moment}:{zone}"), &Rfc3339).ok()
    })?;
    Some((LogTime::Whole(Utc::new(moment)), rest))
}

/// `1 2024-11-24T10:00:00Z host sshd 102 - - message` (RFC 5424), where a BOM may be before the message.
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

/// What is behind facts in brackets, in whose values, between quotes, a backslash keeps the next character.
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

/// `2024-11-24 10:00:00`, as some daemons are set to write it: by the clock of the host, unless a zone is at its end.
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

/// `Nov  4 03:00:00`, and with a year behind the day or the time, as some daemons are set to write it.
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
    // Fractions of a second, and a colon, may be behind it.
    let clock = clock.strip_suffix(b":").unwrap_or(clock);
    let mut parts = clock.split(|byte| *byte == b':' || *byte == b'.');
    let mut part = || parts.next().and_then(number).and_then(|number| u8::try_from(number).ok());
    let time = Time::from_hms(part()?, part()?, part()?.min(59)).ok()?;
    let yearless = LogTime::Yearless { month, day, time };
    // A day that no year has.
    of_year(yearless, 2000)?;
    Some(match year.and_then(|year| of_year(yearless, year.into())) {
        Some(moment) => (LogTime::Zoneless(moment), rest),
        None => (yearless, rest),
    })
}

#[cfg(test)]
mod tests;
