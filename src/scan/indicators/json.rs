//! Feeds in JSON, read as a stream: no feed is held whole, whatever its size.
//!
//! In: text, and a [`Visitor`] that says of each key whether to go down into it, take its value, take the elements of
//! its array one by one, or pass over it. Out: calls in the order of the document. A guard before the parser bounds the
//! depth and the length of strings, so that what is passed over costs no memory either.

use std::fmt;
use std::io::{self, Read};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor as SerdeVisitor};
use serde_json::Value;

/// Deepest nesting: MISP and STIX have some eight levels.
const DEPTH_LIMIT: u32 = 48;

/// Longest string, in bytes: a sample attached in base64 is no indicator, but stands in honest feeds.
const STRING_LIMIT: usize = 64 << 20;

/// What to do with what stands under a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyAction {
    /// Go down: its keys, or those of the objects in its array, are asked for in turn.
    Descend,
    /// Hand it over.
    Take,
    /// Hand over the elements of its array, one by one; or itself where it is none.
    Elements,
    /// Pass over it.
    Skip,
}

/// Who reads a feed.
pub(super) trait Visitor {
    /// What to do with what stands under `key`, so many objects deep (0: the document's own keys).
    fn step(&mut self, key: &str, depth: u32) -> KeyAction;
    /// A value, or an element.
    fn value(&mut self, key: &str, value: Value);
    /// An object under `key` that was gone down into begins.
    fn begin(&mut self, _key: &str) {}
    /// It ends.
    fn end(&mut self, _key: &str) {}
}

/// Reads a document.
///
/// # Errors
/// Where it is no JSON, or a limit ends it; what came before was handed over.
pub(super) fn walk(reader: impl Read, visitor: &mut dyn Visitor) -> Result<(), String> {
    let guarded = io::BufReader::with_capacity(64 << 10, Guarded::new(reader));
    let mut json = serde_json::Deserializer::from_reader(guarded);
    let walked = Down { visitor, key: "", depth: 0 }.deserialize(&mut json).and_then(|()| json.end());
    walked.map_err(|error| error.to_string())
}

struct Down<'a> {
    visitor: &'a mut dyn Visitor,
    key: &'a str,
    depth: u32,
}

impl<'de> DeserializeSeed<'de> for Down<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> SerdeVisitor<'de> for Down<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or an array")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { visitor, key: name, depth } = self;
        visitor.begin(name);
        while let Some(key) = map.next_key::<String>()? {
            match visitor.step(&key, depth) {
                KeyAction::Skip => drop(map.next_value::<IgnoredAny>()?),
                KeyAction::Take => visitor.value(&key, map.next_value()?),
                KeyAction::Elements => map.next_value_seed(Elements { visitor, key: &key })?,
                KeyAction::Descend => {
                    let below = Down { visitor, key: &key, depth: depth.saturating_add(1) };
                    map.next_value_seed(below)?;
                }
            }
        }
        visitor.end(name);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq
            .next_element_seed(Down { visitor: self.visitor, key: self.key, depth: self.depth })?
            .is_some()
        {}
        Ok(())
    }

    // What is no container has nothing below it.
    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }
    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }
    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }
    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }
    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

struct Elements<'a> {
    visitor: &'a mut dyn Visitor,
    key: &'a str,
}

impl<'de> DeserializeSeed<'de> for Elements<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> SerdeVisitor<'de> for Elements<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(element) = seq.next_element::<Value>()? {
            self.visitor.value(self.key, element);
        }
        Ok(())
    }

    /// Some exports number their elements instead.
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some((_, element)) = map.next_entry::<IgnoredAny, Value>()? {
            self.visitor.value(self.key, element);
        }
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
}

/// The text of a field: a string, or a number or truth as text; empty where it is absent or something else.
pub(super) fn text<'a>(value: &'a Value, field: &str) -> std::borrow::Cow<'a, str> {
    match value.get(field) {
        Some(Value::String(text)) => text.as_str().into(),
        Some(other @ (Value::Number(_) | Value::Bool(_))) => other.to_string().into(),
        _ => "".into(),
    }
}

/// The truth of a field: `true`, `1`, `"1"` and `"true"` are true, anything else is not.
pub(super) fn truth(value: &Value, field: &str) -> bool {
    matches!(&*text(value, field), "true" | "1" | "True")
}

/// Bounds the depth and the strings of a document before the parser sees them.
struct Guarded<R> {
    inner: R,
    in_string: bool,
    escaped: bool,
    length: usize,
    depth: u32,
    /// What is wrong with what follows the bytes already given.
    fault: Option<String>,
}

impl<R> Guarded<R> {
    const fn new(inner: R) -> Self {
        Self { inner, in_string: false, escaped: false, length: 0, depth: 0, fault: None }
    }

    /// How many of the bytes are within the limits; where not all, the fault is kept.
    fn pass(&mut self, bytes: &[u8]) -> usize {
        for (at, byte) in bytes.iter().enumerate() {
            if self.in_string {
                self.length = self.length.saturating_add(1);
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => self.in_string = false,
                    _ => {}
                }
            } else {
                match byte {
                    b'"' => (self.in_string, self.length) = (true, 0),
                    b'[' | b'{' => self.depth = self.depth.saturating_add(1),
                    b']' | b'}' => self.depth = self.depth.saturating_sub(1),
                    _ => {}
                }
            }
            if self.length > STRING_LIMIT {
                self.fault = Some(format!("a string longer than {STRING_LIMIT} bytes"));
                return at;
            }
            if self.depth > DEPTH_LIMIT {
                self.fault = Some(format!("nested deeper than {DEPTH_LIMIT} levels"));
                return at;
            }
        }
        bytes.len()
    }
}

impl<R: Read> Read for Guarded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.fault.is_none() {
            let count = self.inner.read(buffer)?;
            let within = self.pass(buffer.get(..count).unwrap_or_default());
            if within > 0 || self.fault.is_none() {
                return Ok(within);
            }
        }
        Err(io::Error::other(self.fault.clone().unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Log(Vec<String>);

    impl Visitor for Log {
        fn step(&mut self, key: &str, depth: u32) -> KeyAction {
            match (key, depth) {
                ("down", _) => KeyAction::Descend,
                ("list", _) => KeyAction::Elements,
                ("take", _) => KeyAction::Take,
                _ => KeyAction::Skip,
            }
        }
        fn value(&mut self, key: &str, value: Value) {
            self.0.push(format!("{key}={value}"));
        }
        fn end(&mut self, key: &str) {
            self.0.push(format!("end {key}"));
        }
    }

    fn log(text: &str) -> (Vec<String>, Result<(), String>) {
        let mut log = Log::default();
        let result = walk(text.as_bytes(), &mut log);
        (log.0, result)
    }

    #[test]
    fn containers_are_gone_into_elements_are_handed_over_and_the_rest_is_passed_over() {
        let text = r#"{"skip":[[{"take":0}]],"down":[{"take":1},{"list":[2,{"a":3}]},null],"list":{"0":4},"down":5}"#;
        let (calls, result) = log(text);
        assert_eq!(calls, ["take=1", "end down", "list=2", "list={\"a\":3}", "end down", "list=4", "end "]);
        assert_eq!(result, Ok(()));
    }

    #[test]
    fn what_came_before_a_fault_was_handed_over_and_the_fault_is_named() {
        for (tail, fault) in [
            ("", "EOF"),
            ("nonsense", "expected"),
            ("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "nested deeper"),
        ] {
            let (calls, result) = log(&format!(r#"{{"take":1,"skip":{tail}"#));
            assert_eq!(calls, ["take=1"], "{tail}");
            assert!(result.as_ref().is_err_and(|error| error.contains(fault)), "{tail}: {result:?}");
        }
        let (_, result) = log(r#"{"take":1} {"take":2}"#);
        assert!(result.is_err());
    }

    #[test]
    fn a_string_of_a_gigabyte_ends_at_the_limit() {
        let text = br#"{"skip":""#.chain(io::repeat(b'x').take(1 << 30)).chain(&b"\"}"[..]);
        let result = walk(text, &mut Log::default());
        assert!(result.is_err_and(|error| error.contains("string longer")));
    }

    #[test]
    fn fields_are_read_however_an_export_writes_them() {
        let value = serde_json::json!({"a": "x", "b": 7, "c": true, "d": null, "e": "1", "f": []});
        let read = |field| text(&value, field).into_owned();
        assert_eq!([read("a"), read("b"), read("d"), read("f"), read("z")], ["x", "7", "", "", ""]);
        assert!(truth(&value, "c") && truth(&value, "e") && !truth(&value, "d") && !truth(&value, "b"));
    }
}
