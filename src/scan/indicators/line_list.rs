//! Lists of one indicator a line, as signature-base has them (<https://github.com/Neo23x0/signature-base>, `iocs/`) and as
//! most simple feeds do.
//!
//! `values`: `value`, `value;description` or `value;score;description`; the value is a digest, an address or network, a
//! domain or a URL, told by its form. What `sha256sum` and its like print is read as well ([`checksum`]). `filenames`: an expression over paths,
//! `regex`, `regex;score` or `regex;score;false positives`. A line that begins with `#` describes those below it, to
//! the next such line; nothing else of a line reaches the lines below.

use std::io::Read;

use super::checksum;
use super::decode::{Next, TextLines};
use super::intake::ListIntake;
use super::labels::Said;
use super::observable;
use super::observable::IndicatorValue;
use super::path::PathForm;
use super::pattern::Within;

/// Lines that are looked at to tell the two kinds of lists.
const LINES_LOOKED_AT: usize = 200;

/// Endings of programs and documents that a bare word in a list of values is not taken for a domain with.
const FILE_ENDINGS: [&str; 22] = [
    "exe", "dll", "sys", "bat", "cmd", "ps1", "vbs", "js", "jse", "hta", "scr", "lnk", "tmp", "dat", "bin",
    "txt", "doc", "docx", "xls", "xlsx", "pdf", "rar",
];

/// Whether the beginning of a list is one of expressions over paths: most of its lines have a score behind something
/// that is no digest, address or domain.
pub(super) fn is_filenames(head: &str) -> bool {
    let lines = head.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let (mut scored, mut all) = (0_usize, 0_usize);
    for line in lines.take(LINES_LOOKED_AT) {
        all = all.saturating_add(1);
        let is_scored = split_score(line).is_some_and(|(expression, ..)| value(expression).is_err());
        scored = scored.saturating_add(usize::from(is_scored));
    }
    scored.saturating_mul(2) > all
}

/// Whether the first line of a list is one that `sha256sum` or its like prints, whatever characters are in the name.
pub(super) fn is_checksums(head: &str) -> bool {
    let mut lines = head.lines().map(str::trim_end).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.next().is_some_and(|line| checksum::line(line).is_some())
}

/// Whether at least half of the first lines of a text are values that are taken: a list, whatever its file is called.
pub(super) fn is_values(head: &str) -> bool {
    let lines = head.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let taken = |line: &str| checksum::line(line).is_some() || value(fields(line).0).is_ok();
    let (all, values) = lines.take(LINES_LOOKED_AT).fold((0_usize, 0_usize), |(all, values), line| {
        (all.saturating_add(1), values.saturating_add(usize::from(taken(line))))
    });
    values > 0 && values.saturating_mul(2) >= all
}

/// Reads a list of values.
pub(super) fn values<R: Read>(lines: &mut TextLines<R>, intake: &mut ListIntake<'_>) -> Result<(), String> {
    each(lines, intake, |line, above, intake| {
        if let Some((digest, name)) = checksum::line(line) {
            let description = if above.is_empty() { name } else { format!("{above} (file name {name})") };
            let said = Said { score: None, description: &description, reference: "" };
            return match digest {
                Ok(observable) => intake.take(observable, &said),
                Err(why) => intake.refuse(why, line),
            };
        }
        let (first, score, description) = fields(line);
        let said = Said {
            score,
            description: if description.is_empty() { above } else { description },
            reference: "",
        };
        for text in sunk_hosts(line).unwrap_or_else(|| vec![first]) {
            let said = Said { description: if text == first { said.description } else { above }, ..said };
            match value(text) {
                Ok(observable) => intake.take(observable, &said),
                Err(why) => intake.refuse(why, line),
            }
        }
    })
}

/// The names of a line of a hosts file that sends them nowhere, as block lists are published: `0.0.0.0 bad.example.org`.
fn sunk_hosts(line: &str) -> Option<Vec<&str>> {
    let mut words = line.split('#').next()?.split_whitespace();
    matches!(words.next()?, "0.0.0.0" | "127.0.0.1" | "::" | "::1").then_some(())?;
    let hosts: Vec<&str> = words.collect();
    matches!(value(hosts.first()?), Ok(IndicatorValue::Domain(..))).then_some(hosts)
}

/// Reads a list of expressions over paths.
pub(super) fn filenames<R: Read>(
    lines: &mut TextLines<R>,
    intake: &mut ListIntake<'_>,
) -> Result<(), String> {
    each(lines, intake, |line, above, intake| {
        let (expression, score, except) = match split_score(line) {
            Some((expression, score, except)) => (expression, Some(score), except),
            None if line.contains(';') => return intake.refuse("line whose score is no number", line),
            None => (line, None, None),
        };
        let form = PathForm::Pattern {
            expression: expression.to_owned(),
            within: Within::Path,
            except: except.map(ToOwned::to_owned),
        };
        intake.take(IndicatorValue::Path(form), &Said { score, description: above, reference: "" });
    })
}

/// Hands over each line with the comment above it.
fn each<R: Read>(
    lines: &mut TextLines<R>,
    intake: &mut ListIntake<'_>,
    mut take: impl FnMut(&str, &str, &mut ListIntake<'_>),
) -> Result<(), String> {
    let (mut line, mut above, mut used) = (String::new(), String::new(), false);
    loop {
        match lines.next(&mut line).map_err(|error| error.to_string())? {
            Next::End => return Ok(()),
            Next::TooLong => intake.refuse("line longer than 64 KiB", &line),
            Next::Line => {
                let line = line.trim();
                if let Some(comment) = line.strip_prefix('#') {
                    let comment = comment.trim_matches(['#', ' ', '\t', '-', '=']);
                    if !comment.is_empty() {
                        above.clear();
                        above.push_str(comment);
                        used = false;
                    }
                } else if line.is_empty() {
                    // A blank line ends what a comment describes, once something stood below it.
                    if used {
                        above.clear();
                    }
                } else {
                    used = true;
                    take(line, &above, intake);
                }
            }
        }
    }
}

/// `regex;score` and `regex;score;false positives`, at the first semicolon that a number follows: an expression may
/// have semicolons of its own.
fn split_score(line: &str) -> Option<(&str, u8, Option<&str>)> {
    line.match_indices(';').find_map(|(at, _)| {
        let (expression, rest) = line.split_at_checked(at)?;
        let rest = rest.strip_prefix(';')?;
        let (score, except) =
            rest.split_once(';').map_or((rest, None), |(score, except)| (score, Some(except)));
        Some((expression, read_score(score)?, except))
    })
}

/// A score of 0 to 100; more counts as 100.
pub(super) fn read_score(text: &str) -> Option<u8> {
    let text = text.trim();
    let is_number = !text.is_empty() && text.len() <= 9 && text.bytes().all(|byte| byte.is_ascii_digit());
    let number: u32 = text.parse().ok().filter(|_| is_number)?;
    Some(u8::try_from(number).unwrap_or(100).min(100))
}

/// Value, score and description of a line.
fn fields(line: &str) -> (&str, Option<u8>, &str) {
    if let Some((first, rest)) = line.split_once(';') {
        if let Some(score) = read_score(rest) {
            return (first, Some(score), "");
        }
        if let Some((score, description)) = rest.split_once(';')
            && let Some(score) = read_score(score)
        {
            return (first, Some(score), description.trim());
        }
        return (first, None, rest.trim());
    }
    match line.split_once(char::is_whitespace) {
        // As sha256sum prints it, or with a comment behind it.
        Some((first, rest)) => (first, None, rest.trim_start().trim_start_matches(['*', '#']).trim()),
        None => (line, None, ""),
    }
}

/// A bare value, but for what looks like the name of a file.
pub(super) fn value(text: &str) -> Result<IndicatorValue, &'static str> {
    let text = text.trim().trim_matches('"');
    match observable::guess(text) {
        Ok(IndicatorValue::Domain(..)) if has_file_ending(text) => {
            Err("file name in a list of values (a list of expressions is read with filenames=)")
        }
        read => read,
    }
}

fn has_file_ending(text: &str) -> bool {
    let ending = text.rsplit('.').next().unwrap_or_default();
    FILE_ENDINGS.iter().any(|known| known.eq_ignore_ascii_case(ending))
}
