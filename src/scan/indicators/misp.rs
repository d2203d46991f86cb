//! MISP events (<https://www.misp-standard.org/rfc/misp-standard-core.html>): one, several in a `response` as its API answers,
//! attributes alone, and feed folders (`manifest.json`, a file an event, <https://www.misp-project.org/feeds/>).
//!
//! An attribute counts where it is meant for detection (`to_ids`), not deleted, and no warninglist of the MISP it comes
//! from names it (`warnings`, as `includeWarninglistHits` exports them). Attributes of objects count as those of the
//! event do; in a `file` object with a digest, the file's name is told beside it. A feed's `hashes.csv` holds MD5s of
//! values and not of files: it is not read.

use std::io::Read;

use serde_json::Value;

use super::intake::ListIntake;
use super::json;
use super::json::{KeyAction, Visitor, text, truth};
use super::labels::Said;

/// Most attributes of one event: the largest public ones have some 100,000.
const ATTRIBUTES_LIMIT: usize = 1_000_000;

/// Longest value or comment that is kept of an attribute, in bytes.
const TEXT_LIMIT: usize = 32 << 10;

/// Reads a document of events.
pub(super) fn read(reader: impl Read, intake: &mut ListIntake<'_>) -> Result<(), String> {
    let mut events = Events { intake, event: Event::default(), object: None, seen: false };
    json::walk(reader, &mut events)?;
    events.event_ends();
    if events.seen { Ok(()) } else { Err("no MISP event and no attribute in it".to_owned()) }
}

/// The file names of a feed's events, by its `manifest.json`: an object whose keys are the events' UUIDs.
pub(super) fn manifest(reader: impl Read) -> Result<FeedNames, String> {
    let mut names = FeedNames::default();
    json::walk(reader, &mut names)?;
    names.files.sort();
    Ok(names)
}

/// What the manifest of a feed names.
#[derive(Default)]
pub(super) struct FeedNames {
    /// The files of events.
    pub(super) files: Vec<String>,
    /// Keys that are no UUID.
    pub(super) others: Vec<String>,
}

impl Visitor for FeedNames {
    fn step(&mut self, key: &str, _: u32) -> KeyAction {
        // A UUID and nothing else: no key leads out of the folder.
        if key.len() == 36 && key.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-') {
            self.files.push(format!("{key}.json"));
        } else {
            self.others.push(key.to_owned());
        }
        KeyAction::Skip
    }

    fn value(&mut self, _: &str, _: Value) {}
}

/// An attribute, as far as it matters.
struct Attribute {
    kind: String,
    value: String,
    comment: String,
}

#[derive(Default)]
struct Event {
    info: String,
    uuid: String,
    attributes: Vec<Attribute>,
}

struct Object {
    is_file: bool,
    /// Where its attributes begin among the event's.
    first: usize,
}

struct Events<'a, 'i> {
    intake: &'a mut ListIntake<'i>,
    event: Event,
    object: Option<Object>,
    seen: bool,
}

impl Visitor for Events<'_, '_> {
    fn step(&mut self, key: &str, _: u32) -> KeyAction {
        match key {
            "response" | "Event" | "Object" => KeyAction::Descend,
            "Attribute" => KeyAction::Elements,
            "info" | "uuid" | "name" | "value" => KeyAction::Take,
            _ => KeyAction::Skip,
        }
    }

    fn begin(&mut self, key: &str) {
        match key {
            "Event" => self.event_ends(),
            "Object" => {
                self.object = Some(Object { is_file: false, first: self.event.attributes.len() });
            }
            _ => {}
        }
        self.seen |= key == "Event";
    }

    fn end(&mut self, key: &str) {
        match key {
            "Event" => self.event_ends(),
            "Object" => self.object_ends(),
            _ => {}
        }
    }

    fn value(&mut self, key: &str, value: Value) {
        if key == "Attribute" {
            self.seen = true;
            return self.attribute(&value);
        }
        let Value::String(text) = value else { return };
        match (key, &mut self.object) {
            ("name", Some(object)) => object.is_file = text == "file",
            ("info", None) => self.event.info = cut(text),
            ("uuid", None) => self.event.uuid = cut(text),
            _ => {}
        }
    }
}

impl Events<'_, '_> {
    fn attribute(&mut self, attribute: &Value) {
        let (kind, value) = (text(attribute, "type"), text(attribute, "value"));
        let warned =
            |field| attribute.get(field).and_then(Value::as_array).is_some_and(|lists| !lists.is_empty());
        let why = if truth(attribute, "deleted") {
            "attribute that was deleted"
        } else if !truth(attribute, "to_ids") {
            "attribute not meant for detection (to_ids)"
        } else if warned("warnings") || warned("Warninglist") {
            "attribute that is on a warninglist of its MISP"
        } else if self.event.attributes.len() >= ATTRIBUTES_LIMIT {
            "attribute over the limit of one event"
        } else {
            // Attributes that are searched for come without their event and carry it inside.
            if let Some(event) = attribute.get("Event") {
                self.event_ends();
                self.event.info = cut(text(event, "info").into_owned());
                self.event.uuid = cut(text(event, "uuid").into_owned());
            }
            let comment = cut(text(attribute, "comment").into_owned());
            self.event.attributes.push(Attribute {
                kind: kind.into_owned(),
                value: cut(value.into_owned()),
                comment,
            });
            return;
        };
        self.intake.refuse(why, &value);
    }

    /// In a file with digests its name is told beside them; the attribute itself is no indicator of its own.
    fn object_ends(&mut self) {
        let Some(object) = self.object.take().filter(|object| object.is_file) else { return };
        let own = self.event.attributes.get(object.first..).unwrap_or_default();
        let is_digest = |attribute: &Attribute| matches!(attribute.kind.as_str(), "md5" | "sha1" | "sha256");
        if !own.iter().any(is_digest) {
            return;
        }
        let names: Vec<String> = own
            .iter()
            .filter(|attribute| attribute.kind == "filename")
            .map(|attribute| attribute.value.clone())
            .collect();
        let mut kept: Vec<Attribute> = self.event.attributes.drain(object.first..).collect();
        kept.retain(|attribute| attribute.kind != "filename");
        if let Some(name) = names.first() {
            for attribute in kept.iter_mut().filter(|attribute| is_digest(attribute)) {
                let name = format!("file name {name}");
                attribute.comment = if attribute.comment.is_empty() {
                    name
                } else {
                    format!("{}, {name}", attribute.comment)
                };
            }
        }
        self.event.attributes.extend(kept);
    }

    fn event_ends(&mut self) {
        self.object = None;
        let Event { info, uuid, attributes, .. } = std::mem::take(&mut self.event);
        for Attribute { kind, value, comment } in attributes {
            let description = match (info.as_str(), comment.as_str()) {
                (info, "") => info.to_owned(),
                ("", comment) => comment.to_owned(),
                (info, comment) => format!("{info}: {comment}"),
            };
            let reference = if uuid.is_empty() { String::new() } else { format!("MISP event {uuid}") };
            self.intake.typed(
                &kind,
                &value,
                &Said { score: None, description: &description, reference: &reference },
            );
        }
    }
}

fn cut(mut text: String) -> String {
    if text.len() > TEXT_LIMIT {
        let end = text.floor_char_boundary(TEXT_LIMIT);
        text.truncate(end);
    }
    text
}
