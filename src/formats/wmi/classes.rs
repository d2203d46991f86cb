//! Reads the records of the classes that WMI subscriptions consist of: the order of their fields, and their contents.
//!
//! In: the bytes of a record. Out: a [`SubscriptionPart`]. The field order is that of the classes that ship with
//! Windows.

use std::collections::BTreeMap;

use super::SubscriptionPart;
use crate::evidence::bytes::u32_at;
use crate::evidence::{Digest, sid, wtf8};

/// Bytes before the class-specific part: the digest in UTF-16, two times, the length of the rest, the offset of the
/// class name, and a byte.
pub(super) const DIGEST: usize = 128;
pub(super) const HEAD: usize = DIGEST + 16;
const FIXED: usize = HEAD + 9;

/// A field that is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// Name.
    Name,
    /// SID of the creator.
    Creator,
    /// Query of a filter.
    Query,
    /// Namespace of the query.
    Namespace,
    /// Executable of a consumer.
    Program,
    /// Command line.
    Command,
    /// Language of the script.
    Engine,
    /// Script.
    Script,
    /// File with the script.
    File,
    /// Text that is written or sent.
    Text,
    /// Server or file that receives the text.
    Place,
    /// Filter of a binding.
    Filter,
    /// Consumer of a binding.
    Consumer,
}

/// A field in a record: its size in bytes, and its meaning where it is reported.
pub type FieldSlot = (usize, Option<Field>);

const LONG: FieldSlot = (4, None);
const FLAG: FieldSlot = (2, None);
const HUGE: FieldSlot = (8, None);
const NAME: FieldSlot = (4, Some(Field::Name));
const MADE_BY: FieldSlot = (4, Some(Field::Creator));
const QUERY: FieldSlot = (4, Some(Field::Query));
const SPACE: FieldSlot = (4, Some(Field::Namespace));
const PROGRAM: FieldSlot = (4, Some(Field::Program));
const COMMAND: FieldSlot = (4, Some(Field::Command));
const ENGINE: FieldSlot = (4, Some(Field::Engine));
const SCRIPT: FieldSlot = (4, Some(Field::Script));
const FILE: FieldSlot = (4, Some(Field::File));
const TEXT: FieldSlot = (4, Some(Field::Text));
const PLACE: FieldSlot = (4, Some(Field::Place));
const FILTER: FieldSlot = (4, Some(Field::Filter));
const CONSUMER: FieldSlot = (4, Some(Field::Consumer));

/// A class: its name, and its fields in order. All consumers begin with machine name, queue size, creator and name.
pub type Class = (&'static str, &'static [FieldSlot]);

/// The classes that are reported.
pub const CLASSES: [Class; 7] = [
    ("__EventFilter", &[NAME, MADE_BY, LONG, QUERY, SPACE, LONG]),
    ("__FilterToConsumerBinding", &[FILTER, CONSUMER, LONG, FLAG, FLAG, FLAG, MADE_BY]),
    (
        "CommandLineEventConsumer",
        &[
            LONG, LONG, MADE_BY, NAME, PROGRAM, COMMAND, FLAG, FLAG, FLAG, FLAG, FLAG, LONG, LONG, LONG,
            LONG, LONG, LONG, LONG, LONG, LONG, LONG, LONG, LONG, FLAG, FLAG, FLAG, LONG,
        ],
    ),
    ("ActiveScriptEventConsumer", &[LONG, LONG, MADE_BY, NAME, ENGINE, SCRIPT, FILE, LONG]),
    ("LogFileEventConsumer", &[LONG, LONG, MADE_BY, NAME, PLACE, TEXT, HUGE, FLAG]),
    (
        "NTEventLogEventConsumer",
        &[LONG, LONG, MADE_BY, NAME, PLACE, TEXT, LONG, LONG, FLAG, LONG, LONG, LONG, LONG],
    ),
    (
        "SMTPEventConsumer",
        &[LONG, LONG, MADE_BY, NAME, PLACE, LONG, LONG, LONG, TEXT, LONG, LONG, LONG, LONG],
    ),
];

/// Returns the bytes at the beginning of a record of a class: the digest of its name in upper case, in UTF-16.
#[must_use]
pub fn pattern(class: &str) -> Vec<u8> {
    let name: Vec<u8> = class.to_uppercase().encode_utf16().flat_map(u16::to_le_bytes).collect();
    let digest = Digest::of(&name).to_string().to_uppercase();
    digest.bytes().flat_map(|digit| [digit, 0]).collect()
}

/// Reads a record; `None` where it is not one of its class.
pub(super) fn part((class, slots): Class, record: &[u8]) -> Option<SubscriptionPart> {
    let length = usize::try_from(u32_at(record, HEAD)? & 0x3fff_ffff).ok()?;
    // Two bits per field say whether it has its own value.
    let states = slots.len().div_ceil(4);
    let mut at = FIXED.checked_add(states)?;
    let fields = at;
    at = slots.iter().fold(at, |at, (width, _)| at.saturating_add(*width));
    // Qualifiers of the record, preceded by their length; and whether there are more.
    let more = usize::try_from(u32_at(record, at)?).ok()?.max(4);
    at = at.checked_add(more)?;
    at = at.checked_add(if record.get(at)? & 2 == 0 { 1 } else { 9 })?;
    let values = record.get(at.checked_add(4)?..)?;
    if !text(values, 0)?.eq_ignore_ascii_case(class.as_bytes()) {
        return None;
    }
    let mut says = BTreeMap::new();
    let mut place = fields;
    for (number, (width, field)) in slots.iter().enumerate() {
        let state = record.get(FIXED.saturating_add(number / 4)).copied().unwrap_or_default();
        // A null value.
        let none = state >> (number % 4).saturating_mul(2) & 1 != 0;
        let offset = u32_at(record, place).filter(|offset| *offset != 0 && !none);
        place = place.saturating_add(*width);
        let (Some(field), Some(offset)) = (field, offset) else { continue };
        let value = match field {
            Field::Creator => creator(values, offset),
            _ => text(values, offset),
        };
        says.extend(value.map(|value| (*field, value)));
    }
    let cut = record.len() < HEAD.saturating_add(length);
    Some(SubscriptionPart { class, says, remnant: false, cut })
}

/// Reads a text: an encoding byte, and the text with its terminator.
fn text(values: &[u8], offset: u32) -> Option<Vec<u8>> {
    let bytes = values.get(usize::try_from(offset).ok()?..)?;
    let (kind, bytes) = bytes.split_first()?;
    let text = match kind {
        // One byte per character, the first 256 of Unicode.
        0 => {
            let mut text = String::new();
            text.extend(bytes.iter().take_while(|byte| **byte != 0).map(|byte| char::from(*byte)));
            text.into_bytes()
        }
        1 => {
            let end = bytes.chunks_exact(2).position(|unit| unit == [0, 0]).unwrap_or(bytes.len() / 2);
            wtf8::encode(bytes.get(..end.saturating_mul(2)).unwrap_or_default())
        }
        _ => return None,
    };
    Some(text).filter(|text| !text.is_empty())
}

/// Reads a SID: its length, and its bytes.
fn creator(values: &[u8], offset: u32) -> Option<Vec<u8>> {
    let bytes = values.get(usize::try_from(offset).ok()?..)?;
    let length = usize::try_from(u32_at(bytes, 0)?).ok()?;
    let sid = bytes.get(4..)?.get(..length)?;
    sid::text(sid).map(String::into_bytes)
}
