//! Reads the actions of a scheduled task from the registry value `Actions` below `TaskCache\Tasks`. The scheduler
//! runs these, whatever the task file contains. Pure; never panics.
//!
//! In: the bytes of the value. Out: the actions; `None` for an unknown form. Microsoft does not document the form,
//! but see <https://cyber.wtf/2022/06/01/windows-registry-analysis-todays-episode-tasks/>: a version, the name of the
//! principal, and for each action its type, name and content; text lengths are in bytes.

use super::task_xml::Action;
use crate::evidence::bytes::{u16_at, u32_at};

/// Known versions: Windows 8 and later.
const VERSIONS: [u16; 2] = [2, 3];

/// Maximum number of actions per task: the scheduler allows 32.
const MAX_ACTIONS: usize = 64;

const RUN: u16 = 0x6666;
const CLASS: u16 = 0x7777;
const MESSAGE: u16 = 0x9999;

/// Reads all actions; `None` where the bytes are not entirely in a known form.
#[must_use]
pub fn actions(bytes: &[u8]) -> Option<Vec<Action>> {
    let version = u16_at(bytes, 0).filter(|version| VERSIONS.contains(version))?;
    let mut rest = Rest(bytes.get(2..)?);
    rest.text()?;
    let mut all = Vec::new();
    while !rest.0.is_empty() {
        let kind = rest.number()?;
        rest.text()?;
        all.push(match kind {
            RUN => {
                let (command, arguments, folder) = (rest.text()?, rest.text()?, rest.text()?);
                if version > 2 {
                    rest.number()?;
                }
                Action::Run { command, arguments, folder }
            }
            CLASS => Action::Class { id: rest.class()?, data: rest.text()? },
            MESSAGE => {
                rest.text()?;
                rest.text()?;
                Action::Other("ShowMessage".to_owned())
            }
            _ => return None,
        });
        if all.len() > MAX_ACTIONS {
            return None;
        }
    }
    Some(all)
}

/// The bytes that are still to be read.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u16> {
        u16_at(self.take(2)?, 0)
    }

    fn text(&mut self) -> Option<String> {
        let length = usize::try_from(u32_at(self.take(4)?, 0)?).ok()?;
        let (units, rest) = self.take(length)?.as_chunks::<2>();
        let units: Vec<u16> = units.iter().map(|two| u16::from_le_bytes(*two)).collect();
        rest.is_empty().then(|| String::from_utf16_lossy(&units))
    }

    /// Reads a GUID in braces; its first three parts are numbers.
    fn class(&mut self) -> Option<String> {
        let bytes = self.take(16)?;
        let (first, second, third) = (u32_at(bytes, 0)?, u16_at(bytes, 4)?, u16_at(bytes, 6)?);
        let number = |bytes: &[u8]| bytes.iter().fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
        let (fourth, rest) = (number(bytes.get(8..10)?), number(bytes.get(10..)?));
        Some(format!("{{{first:08X}-{second:04X}-{third:04X}-{fourth:04X}-{rest:012X}}}"))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    fn text(text: &str) -> Vec<u8> {
        let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        [&u32::try_from(units.len()).unwrap().to_le_bytes()[..], &units].concat()
    }

    /// Makes the value of a task that runs one program.
    pub(crate) fn of_program(command: &str, arguments: &str) -> Vec<u8> {
        let head = [&3_u16.to_le_bytes()[..], &text("Author"), &RUN.to_le_bytes(), &text("")].concat();
        [head, text(command), text(arguments), text(""), vec![0, 0]].concat()
    }

    #[test]
    fn a_program_and_a_class_are_read_with_their_arguments() {
        let class = [
            &CLASS.to_le_bytes()[..],
            &text("x"),
            &[0x4d, 0x3c, 0x2b, 0x1a, 0x6f, 0x5e, 0x8b, 0x7a, 1, 2, 3, 4, 5, 6, 7, 8],
            &text("data"),
        ]
        .concat();
        let bytes = [of_program("C:\\k.exe", "-x \u{e9}"), class].concat();
        let run = Action::Run {
            command: "C:\\k.exe".to_owned(),
            arguments: "-x \u{e9}".to_owned(),
            folder: String::new(),
        };
        let class = Action::Class {
            id: "{1A2B3C4D-5E6F-7A8B-0102-030405060708}".to_owned(),
            data: "data".to_owned(),
        };
        assert_eq!(actions(&bytes), Some(vec![run, class]));
    }

    #[test]
    fn bytes_in_another_form_are_not_read() {
        let whole = of_program("C:\\k.exe", "");
        for length in 0..whole.len() {
            let cut = actions(&whole[..length]);
            assert!(cut.is_none_or(|actions| actions.is_empty()), "{length}");
        }
        let mut other = whole.clone();
        other[0] = 9;
        assert_eq!(actions(&other), None);
        let mut counted = whole;
        counted[2..6].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(actions(&counted), None);
        let head = [&3_u16.to_le_bytes()[..], &text("Author")].concat();
        assert_eq!(actions(&[head, [0x88, 0x88, 0, 0, 0, 0].to_vec()].concat()), None);
    }
}
