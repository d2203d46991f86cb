//! Text of the target in a row: exact for any bytes, and plain text wherever possible.
//!
//! Command lines, names and paths are bytes to the kernel. UTF-8 becomes a JSON string; other bytes become an object
//! `{"base64": "…", "text": "…"}`, with U+FFFD in the text for invalid bytes. Control characters are kept, escaped as
//! in JSON; whoever prints them must escape them again.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Serialize, SerializeMap as _, Serializer};

/// Bytes of the target, as a value of a row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Exact(pub Vec<u8>);

impl Exact {
    /// Returns at most `most` of the bytes, and whether any were cut; never within a character.
    #[must_use]
    pub fn cut(bytes: &[u8], most: usize) -> (Self, bool) {
        let Some(kept) = bytes.get(..most).filter(|kept| kept.len() < bytes.len()) else {
            return (Self(bytes.to_vec()), false);
        };
        // A character has at most four bytes: bytes that are not text are cut at the limit.
        let whole = (0..4).find_map(|back| {
            let kept = kept.get(..kept.len().checked_sub(back)?).filter(|kept| !kept.is_empty())?;
            str::from_utf8(kept).ok().map(|_| kept)
        });
        (Self(whole.unwrap_or(kept).to_vec()), true)
    }

    /// Returns the bytes as text, with U+FFFD for invalid UTF-8.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }
}

impl<T: AsRef<[u8]>> From<T> for Exact {
    fn from(bytes: T) -> Self {
        Self(bytes.as_ref().to_vec())
    }
}

impl Serialize for Exact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Ok(text) = str::from_utf8(&self.0) {
            return serializer.serialize_str(text);
        }
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("base64", &STANDARD.encode(&self.0))?;
        map.serialize_entry("text", &String::from_utf8_lossy(&self.0))?;
        map.end()
    }
}

/// The two forms of an [`Exact`] in JSON.
#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Form {
    Text(String),
    Bytes { base64: String },
}

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Form::deserialize(deserializer)? {
            Form::Text(text) => Ok(Self(text.into_bytes())),
            Form::Bytes { base64 } => STANDARD.decode(base64).map(Self).map_err(D::Error::custom),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_a_string_and_other_bytes_stay_exact() {
        let json = |bytes: &[u8]| serde_json::to_string(&Exact::from(bytes)).unwrap();
        assert_eq!(json("caf\u{e9} \u{1b}[2J".as_bytes()), "\"caf\u{e9} \\u001b[2J\"");
        assert_eq!(json(b"a\xff"), "{\"base64\":\"Yf8=\",\"text\":\"a\u{fffd}\"}");
    }

    #[test]
    fn any_bytes_are_read_back_as_they_were() {
        for bytes in [&b""[..], "caf\u{e9} \u{1b}".as_bytes(), b"a\xff", b"{\"base64\":1}"] {
            let exact = Exact::from(bytes);
            let json = serde_json::to_string(&exact).unwrap();
            assert_eq!(serde_json::from_str::<Exact>(&json).unwrap(), exact, "{json}");
        }
        assert!(serde_json::from_str::<Exact>("{\"base64\":\"!\",\"text\":\"\"}").is_err());
        assert_eq!(Exact::from(b"a\xff").text(), "a\u{fffd}");
    }

    #[test]
    fn what_is_cut_stays_text() {
        assert_eq!(Exact::cut("aé".as_bytes(), 2), (Exact::from("a"), true));
        assert_eq!(Exact::cut("aé".as_bytes(), 3), (Exact::from("aé"), false));
        assert_eq!(Exact::cut(b"\xff\xfe\xfd", 2), (Exact::from(b"\xff\xfe"), true));
    }
}
