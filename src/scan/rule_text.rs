//! The bytes of a rule file as text that the engines take.
//!
//! In: bytes, in UTF-8 or in an old code page. Out: text. YARA takes bytes as they are, so what is not UTF-8 is written as
//! an escape within strings and expressions, where it means that byte; in comments it means nothing and is replaced.

use std::fmt::Write as _;

/// Where in a rule file something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Code,
    LineComment,
    BlockComment,
    /// A string or an expression, by the byte that ends it.
    Quoted(u8),
}

/// The text of a rule file, without a byte order mark.
pub(super) fn of(bytes: &[u8]) -> String {
    if let Some(text) = of_utf16(bytes) {
        return text;
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(bytes.len().saturating_mul(2));
    let mut reader = Reader { place: Place::Code, before: 0, escaped: false };
    for chunk in bytes.utf8_chunks() {
        chunk.valid().bytes().for_each(|byte| reader.step(byte));
        out.push_str(chunk.valid());
        for byte in chunk.invalid() {
            reader.step(*byte);
            match reader.place {
                Place::Quoted(_) => {
                    let _ = write!(out, "\\x{byte:02x}");
                }
                _ => out.push(char::REPLACEMENT_CHARACTER),
            }
        }
    }
    out
}

/// The text of a file that says by its mark that it is UTF-16, as Windows writes what is redirected into a file.
fn of_utf16(bytes: &[u8]) -> Option<String> {
    let unit: fn([u8; 2]) -> u16 = match bytes {
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        _ => return None,
    };
    let (pairs, odd) = bytes.get(2..)?.as_chunks::<2>();
    let text = char::decode_utf16(pairs.iter().map(|pair| unit(*pair))).collect::<Result<String, _>>();
    text.ok().filter(|_| odd.is_empty())
}

/// Knows where it is after each byte.
struct Reader {
    place: Place,
    /// The byte before, where it could mean something with the next.
    before: u8,
    escaped: bool,
}

impl Reader {
    fn step(&mut self, byte: u8) {
        let before = std::mem::replace(&mut self.before, byte);
        let next = match (self.place, before, byte) {
            (Place::Code, b'/', b'/') => Place::LineComment,
            (Place::Code, b'/', b'*') => Place::BlockComment,
            // YARA divides by a backslash: a slash that begins no comment begins an expression.
            (Place::Code, b'/', _) => {
                (self.place, self.escaped) = (Place::Quoted(b'/'), false);
                return self.within(b'/', byte);
            }
            (Place::Code, _, b'"') => Place::Quoted(b'"'),
            (Place::LineComment, _, b'\n') | (Place::BlockComment, b'*', b'/') => Place::Code,
            (Place::Quoted(end), ..) => return self.within(end, byte),
            _ => return,
        };
        (self.place, self.before, self.escaped) = (next, 0, false);
    }

    fn within(&mut self, end: u8, byte: u8) {
        if std::mem::take(&mut self.escaped) {
            return;
        }
        self.escaped = byte == b'\\';
        if byte == end || byte == b'\n' {
            (self.place, self.before) = (Place::Code, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_text_are_escaped_where_they_mean_something() {
        for (bytes, text) in [
            (&b"$a = \"r\xe9s\""[..], "$a = \"r\\xe9s\""),
            (
                b"$a = /r\xe9[\xe0-\xff]/ // \xe9\n$b = \"\xe9\"",
                "$a = /r\\xe9[\\xe0-\\xff]/ // \u{fffd}\n$b = \"\\xe9\"",
            ),
            (b"/* \" \xe9 */ $a = \"\\\"\xe9\"", "/* \" \u{fffd} */ $a = \"\\\"\\xe9\""),
            (b"/\xe9/ \xe9", "/\\xe9/ \u{fffd}"),
            (b"\xef\xbb\xbfrule \xc3\xa9", "rule \u{e9}"),
            (b"\"\xc3\xa9 \xe9\"", "\"\u{e9} \\xe9\""),
            (b"\"a\\\\\" // \"\xe9", "\"a\\\\\" // \"\u{fffd}"),
        ] {
            assert_eq!(of(bytes), text, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn a_file_in_utf_16_with_its_mark_is_read_and_one_that_is_only_like_it_is_bytes() {
        let text = "rule a { strings: $a = \"é\" condition: $a }";
        let units = || text.encode_utf16();
        let little: Vec<u8> = [0xff, 0xfe].into_iter().chain(units().flat_map(u16::to_le_bytes)).collect();
        let big: Vec<u8> = [0xfe, 0xff].into_iter().chain(units().flat_map(u16::to_be_bytes)).collect();
        assert_eq!((of(&little).as_str(), of(&big).as_str()), (text, text));
        assert_eq!(of(b"\xff\xfeabc"), "\u{fffd}\u{fffd}abc");
    }
}
