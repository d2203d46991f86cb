//! Reads a scheduled task as Windows stores it below `System32\Tasks`: XML, mostly in UTF-16. Pure; never panics.
//!
//! In: the bytes of one file. Out: its actions, user, triggers, and whether it is enabled. Only the five predefined
//! entities are expanded, and the number of nodes has a limit.
//! <https://learn.microsoft.com/windows/win32/taskschd/task-scheduler-schema>

use roxmltree::{Document, Node, ParsingOptions};

/// Maximum number of nodes per task.
const MAX_NODES: u32 = 20_000;

/// Maximum number of actions, and of triggers, that are reported.
const MAX_PARTS: usize = 64;

/// Maximum number of characters of a text.
const MAX_TEXT: usize = 4_096;

/// A scheduled task.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScheduledTask {
    /// Path of the task in the task tree.
    pub uri: Option<String>,
    /// Author, as stated in the file.
    pub author: Option<String>,
    /// Registration date, as stated in the file.
    pub date: Option<String>,
    /// The user or group it runs as, by SID or name.
    pub user: Option<String>,
    /// Whether it runs with the highest privileges of the user.
    pub highest: bool,
    /// Whether it is enabled.
    pub enabled: bool,
    /// Whether it is hidden from the task list.
    pub hidden: bool,
    /// Triggers: type, with time and repetition where they have one.
    pub triggers: Vec<String>,
    /// Actions.
    pub actions: Vec<Action>,
}

/// An action of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Starts a program.
    Run {
        /// Program, as written.
        command: String,
        /// Arguments.
        arguments: String,
        /// Working directory.
        folder: String,
    },
    /// Calls a COM object.
    Class {
        /// Class id, a GUID in braces.
        id: String,
        /// Data for the object.
        data: String,
    },
    /// Another type, by name: a message, an e-mail.
    Other(String),
}

/// Reads a task; `None` where the bytes are not one.
#[must_use]
pub fn task(bytes: &[u8]) -> Option<ScheduledTask> {
    let text = text(bytes);
    // The text is decoded already, whatever encoding its first line states.
    let text = match text.trim_start().strip_prefix("<?xml") {
        Some(rest) => rest.split_once("?>")?.1,
        None => &text,
    };
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).ok()?;
    let root = document.root_element();
    if root.tag_name().name() != "Task" {
        return None;
    }
    let registered = child(root, "RegistrationInfo");
    let settings = child(root, "Settings");
    let principals = child(root, "Principals").into_iter().flat_map(elements);
    let principal = principals.into_iter().next();
    let set = |name| settings.and_then(|settings| text_of(settings, name));
    let known = |name| registered.and_then(|registered| text_of(registered, name));
    let as_whom = |name| principal.and_then(|principal| text_of(principal, name));
    Some(ScheduledTask {
        uri: known("URI"),
        author: known("Author"),
        date: known("Date"),
        user: as_whom("UserId").or_else(|| as_whom("GroupId")),
        highest: as_whom("RunLevel").as_deref() == Some("HighestAvailable"),
        enabled: set("Enabled").is_none_or(|on| on != "false"),
        hidden: set("Hidden").as_deref() == Some("true"),
        triggers: parts(root, "Triggers").map(trigger).collect(),
        actions: parts(root, "Actions").map(action).collect(),
    })
}

/// Decodes UTF-16 with a byte order mark, or UTF-8.
pub(super) fn text(bytes: &[u8]) -> String {
    let units = |bytes: &[u8], of: fn([u8; 2]) -> u16| {
        let (pairs, _) = bytes.as_chunks::<2>();
        let units: Vec<u16> = pairs.iter().map(|pair| of(*pair)).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => units(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => units(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

fn elements<'a>(node: Node<'a, 'a>) -> impl Iterator<Item = Node<'a, 'a>> {
    node.children().filter(Node::is_element)
}

fn child<'a>(node: Node<'a, 'a>, name: &str) -> Option<Node<'a, 'a>> {
    elements(node).find(|child| child.tag_name().name() == name)
}

/// Returns the children of an element, up to the limit.
fn parts<'a>(root: Node<'a, 'a>, name: &str) -> impl Iterator<Item = Node<'a, 'a>> {
    child(root, name).into_iter().flat_map(elements).take(MAX_PARTS)
}

/// Returns the text of a child; `None` where it is empty.
fn text_of(node: Node<'_, '_>, name: &str) -> Option<String> {
    let text = child_text(node, name)?;
    let text: String = text.trim().chars().take(MAX_TEXT).collect();
    (!text.is_empty()).then_some(text)
}

fn child_text(node: Node<'_, '_>, name: &str) -> Option<String> {
    let found = node.children().find(|child| child.is_element() && child.tag_name().name() == name)?;
    found.text().map(str::to_owned)
}

fn trigger(node: Node<'_, '_>) -> String {
    let mut trigger = node.tag_name().name().to_owned();
    let mut add = |text: Option<String>| {
        if let Some(text) = text {
            trigger.push(' ');
            trigger.push_str(&text);
        }
    };
    add(text_of(node, "StartBoundary"));
    add(text_of(node, "Delay"));
    let within = node.children().filter(Node::is_element);
    for part in within.take(MAX_PARTS) {
        match part.tag_name().name() {
            "Repetition" => add(text_of(part, "Interval").map(|interval| format!("every {interval}"))),
            name if name.starts_with("ScheduleBy") => add(Some(name.to_owned())),
            "UserId" | "StateChange" | "Subscription" => add(text_of(node, part.tag_name().name())),
            "Enabled" if part.text() == Some("false") => add(Some("off".to_owned())),
            _ => {}
        }
    }
    trigger
}

fn action(node: Node<'_, '_>) -> Action {
    let of = |name| text_of(node, name).unwrap_or_default();
    match node.tag_name().name() {
        "Exec" => {
            Action::Run { command: of("Command"), arguments: of("Arguments"), folder: of("WorkingDirectory") }
        }
        "ComHandler" => Action::Class { id: of("ClassId"), data: of("Data") },
        other => Action::Other(other.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In the form in which Windows writes a task, shortened.
    const TASK: &str = r#"<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo><Date>2026-11-24T03:00:00</Date><Author>STADHUIS\anna</Author><URI>\Onderhoud\Bijwerken</URI></RegistrationInfo>
  <Triggers>
    <LogonTrigger><Enabled>true</Enabled></LogonTrigger>
    <TimeTrigger><Repetition><Interval>PT5M</Interval></Repetition><StartBoundary>2026-11-24T03:00:00</StartBoundary><Enabled>false</Enabled></TimeTrigger>
    <CalendarTrigger><ScheduleByDay><DaysInterval>1</DaysInterval></ScheduleByDay></CalendarTrigger>
  </Triggers>
  <Principals><Principal id="Author"><UserId>S-1-5-18</UserId><RunLevel>HighestAvailable</RunLevel></Principal></Principals>
  <Settings><Hidden>true</Hidden><Enabled>true</Enabled></Settings>
  <Actions Context="Author">
    <Exec><Command>powershell.exe</Command><Arguments>-File &quot;C:\ProgramData\x.ps1&quot;</Arguments></Exec>
    <ComHandler><ClassId>{0358B920-0AC7-461F-98F4-58E32CD89148}</ClassId></ComHandler>
    <ShowMessage><Title>x</Title></ShowMessage>
  </Actions>
</Task>"#;

    fn wide(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(bytes).collect()
    }

    #[test]
    fn actions_user_and_triggers_are_read_in_each_encoding() {
        let all = [
            TASK.as_bytes().to_vec(),
            wide(TASK, u16::to_le_bytes),
            wide(TASK, u16::to_be_bytes),
            [b"\xef\xbb\xbf", TASK.as_bytes()].concat(),
        ];
        for bytes in all {
            let task_read = task(&bytes).unwrap();
            assert_eq!(task_read.uri.as_deref(), Some("\\Onderhoud\\Bijwerken"));
            assert_eq!((task_read.user.as_deref(), task_read.highest), (Some("S-1-5-18"), true));
            assert_eq!((task_read.enabled, task_read.hidden), (true, true));
            assert_eq!(
                task_read.triggers,
                [
                    "LogonTrigger",
                    "TimeTrigger 2026-11-24T03:00:00 every PT5M off",
                    "CalendarTrigger ScheduleByDay"
                ]
            );
            assert_eq!(
                task_read.actions,
                [
                    Action::Run {
                        command: "powershell.exe".into(),
                        arguments: "-File \"C:\\ProgramData\\x.ps1\"".into(),
                        folder: String::new()
                    },
                    Action::Class {
                        id: "{0358B920-0AC7-461F-98F4-58E32CD89148}".into(),
                        data: String::new()
                    },
                    Action::Other("ShowMessage".into()),
                ]
            );
        }
    }

    #[test]
    fn other_files_and_entity_bombs_are_not_read_as_tasks() {
        let bomb =
            "<!DOCTYPE Task [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><Task><Actions>&b;</Actions></Task>";
        let wide_open = format!("<Task>{}</Task>", "<a/>".repeat(30_000));
        for wrong in ["", "<x/>", "<Task>", bomb, wide_open.as_str(), "\u{fffd}"] {
            assert_eq!(task(wrong.as_bytes()), None);
        }
        assert!(task(&wide(TASK, u16::to_le_bytes)[..100]).is_none());
        let bare = task(b"<Task><Settings><Enabled>false</Enabled></Settings></Task>").unwrap();
        assert!(!bare.enabled && bare.actions.is_empty());
    }
}
