//! Reads a scheduled task of the older service (`Windows\Tasks\*.job`), which `at` and Windows XP wrote and later
//! versions still run.
//!
//! In: the bytes of one file. Out: the task in the same form as a task in XML. Pure; bounded by the file size; never
//! panics. Format: [MS-TSCH] 2.4, ".JOB File Format".
//! <https://learn.microsoft.com/openspecs/windows_protocols/ms-tsch/0d6383e4-de92-43e7-b0bb-a60cfa36379f>

use std::fmt::Write as _;

use super::task_xml::{Action, ScheduledTask};
use crate::evidence::bytes::{u16_at, u32_at};

/// Bytes of the fixed-length section, and of one trigger.
const FIXED: usize = 68;
const TRIGGER: usize = 48;

/// Maximum number of triggers.
const MAX_TRIGGERS: usize = 64;

/// Maximum number of characters of a text.
const MAX_TEXT: usize = 4_096;

/// Flags of a task, and of a trigger.
const DISABLED: u32 = 0x4;
const HIDDEN: u32 = 0x200;
const TRIGGER_DISABLED: u32 = 0x4;

/// Reads a task; `None` where the bytes are not one.
#[must_use]
pub fn task(bytes: &[u8]) -> Option<ScheduledTask> {
    // The format version is 1, and the texts begin after the fixed-length section and the number of instances.
    let begin = usize::from(u16_at(bytes, 20)?);
    if u16_at(bytes, 2)? != 1 || begin < FIXED {
        return None;
    }
    let flags = u32_at(bytes, 48)?;
    let mut rest = bytes.get(begin..)?;
    let mut text = || {
        let count = usize::from(u16_at(rest, 0)?);
        let (units, behind) = rest.get(2..)?.split_at_checked(count.checked_mul(2)?)?;
        rest = behind;
        let units = units.chunks_exact(2).filter_map(|two| u16_at(two, 0));
        let text: String =
            char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
        Some(text.trim_end_matches('\0').chars().take(MAX_TEXT).collect::<String>())
    };
    let (command, arguments, folder, author) = (text()?, text()?, text()?, text()?);
    Some(ScheduledTask {
        author: Some(author).filter(|author| !author.is_empty()),
        enabled: flags & DISABLED == 0,
        hidden: flags & HIDDEN != 0,
        triggers: triggers(bytes).unwrap_or_default(),
        actions: vec![Action::Run { command, arguments, folder }],
        ..ScheduledTask::default()
    })
}

fn triggers(bytes: &[u8]) -> Option<Vec<String>> {
    let rest = bytes.get(usize::from(u16_at(bytes, 22)?)..)?;
    let count = usize::from(u16_at(rest, 0)?).min(MAX_TRIGGERS);
    Some(rest.get(2..)?.chunks_exact(TRIGGER).take(count).filter_map(trigger).collect())
}

/// Writes a trigger as text: type, start, repetition, and whether it is disabled.
fn trigger(bytes: &[u8]) -> Option<String> {
    let number = |at| u16_at(bytes, at);
    let kind = match u32_at(bytes, 32)? {
        0 => "once",
        1 => "daily",
        2 => "weekly",
        3 => "monthly by date",
        4 => "monthly by day of the week",
        5 => "when idle",
        6 => "at boot",
        7 => "at logon",
        other => return Some(format!("of type {other}")),
    };
    let mut text = kind.to_owned();
    if u32_at(bytes, 32)? < 5 {
        let (year, month, day) = (number(4)?, number(6)?, number(8)?);
        let (hour, minute) = (number(16)?, number(18)?);
        write!(text, " from {year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}").ok()?;
    }
    if let Some(minutes) = u32_at(bytes, 24).filter(|minutes| *minutes > 0) {
        write!(text, " every {minutes} minutes").ok()?;
    }
    if u32_at(bytes, 28)? & TRIGGER_DISABLED != 0 {
        text.push_str(" (off)");
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(text: &str) -> Vec<u8> {
        let units: Vec<u16> = text.encode_utf16().chain([0]).collect();
        let count = if text.is_empty() { 0 } else { u16::try_from(units.len()).unwrap() };
        let text = units.iter().take(count.into()).flat_map(|unit| unit.to_le_bytes());
        count.to_le_bytes().into_iter().chain(text).collect()
    }

    /// Makes a task of Windows 7 that runs a program every hour and at each logon.
    fn made(flags: u32, command: &str) -> Vec<u8> {
        let mut bytes = vec![0; FIXED];
        bytes[..4].copy_from_slice(&[1, 6, 1, 0]);
        bytes[20..22].copy_from_slice(&70_u16.to_le_bytes());
        bytes[48..52].copy_from_slice(&flags.to_le_bytes());
        bytes.extend([0, 0]);
        for text in [command, "-q \"een twee\"", "C:\\Users\\Public", "BUREAU\\anna", "Onderhoud"] {
            bytes.extend(wide(text));
        }
        bytes.extend([0, 0, 8, 0]);
        bytes.extend([0; 8]);
        let at = u16::try_from(bytes.len()).unwrap();
        bytes[22..24].copy_from_slice(&at.to_le_bytes());
        bytes.extend(2_u16.to_le_bytes());
        for (kind, flags) in [(1_u32, 0_u32), (7, 4)] {
            let mut trigger = vec![0; TRIGGER];
            for (at, number) in [(0, 48_u16), (4, 2024), (6, 11), (8, 24), (16, 3), (18, 5)] {
                trigger[at..at + 2].copy_from_slice(&number.to_le_bytes());
            }
            trigger[24..28].copy_from_slice(&if kind == 1 { 60_u32 } else { 0 }.to_le_bytes());
            trigger[28..32].copy_from_slice(&flags.to_le_bytes());
            trigger[32..36].copy_from_slice(&kind.to_le_bytes());
            bytes.extend(trigger);
        }
        bytes
    }

    #[test]
    fn a_task_of_the_older_service_is_read() {
        let task = task(&made(0x2000, "C:\\Users\\Public\\k.exe")).unwrap();
        let run = Action::Run {
            command: "C:\\Users\\Public\\k.exe".to_owned(),
            arguments: "-q \"een twee\"".to_owned(),
            folder: "C:\\Users\\Public".to_owned(),
        };
        assert_eq!((task.actions, task.author.as_deref()), (vec![run], Some("BUREAU\\anna")));
        assert_eq!(task.triggers, ["daily from 2024-11-24T03:05 every 60 minutes", "at logon (off)"]);
        assert!(task.enabled && !task.hidden);
        let off = super::task(&made(0x204, "x")).unwrap();
        assert!(!off.enabled && off.hidden);
    }

    #[test]
    fn truncated_or_other_bytes_are_not_a_task_and_no_damage_panics() {
        let whole = made(0, "C:\\k.exe");
        for cut in 0..120 {
            assert_eq!(task(&whole[..cut]), None, "{cut}");
        }
        assert_eq!(task(b"<?xml version=\"1.0\"?><Task/>"), None);
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 0xff;
            drop(task(&bytes));
        }
    }
}
