//! The place of an item on the target, in a form that is exact for any name and prints safely.

use std::fmt;

use base64::Engine as _;
use serde::{Deserialize, Serialize};

use super::{Printable, WordError};

const BASE64: base64::engine::GeneralPurpose = base64::engine::general_purpose::STANDARD;

/// The place of an item on the target.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "OriginText", into = "OriginText")]
pub enum Origin {
    /// A file or one of its alternate streams.
    File {
        /// Its file system.
        volume: Volume,
        /// Path below the root of the volume: components joined by `/`, without a leading one, as bytes (UTF-8 where
        /// the name is valid; the kernel's bytes on Unix, WTF-8 on Windows).
        path: Vec<u8>,
        /// Name of the alternate data stream.
        stream: Option<Vec<u8>>,
    },
    /// State that the operating system reports: stored as `live/<name>`.
    Live {
        /// For example `processes.jsonl`.
        name: String,
    },
    /// Rows derived from other evidence: stored as `derived/<name>`.
    Derived {
        /// For example `WindowsRunKeys.jsonl`.
        name: String,
    },
    /// Output of a program: stored as `commands/<artifact>/<name>`.
    Command {
        /// The artifact with the program.
        artifact: String,
        /// For example `stdout.txt`.
        name: String,
    },
}

/// A file system of the target, as the first part of an entry name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Volume {
    /// The file tree of a Unix system: `fs/$rootfs$`.
    Root,
    /// A drive letter, upper case: `fs/C`.
    Drive(char),
    /// A volume without a letter, by its identifier: `fs/volume-<id>`.
    Unlettered(String),
    /// A volume in shadow copy `n`: `vss/<n>/fs/C`.
    Shadow(u32, Box<Volume>),
}

impl Origin {
    /// Makes the origin of a file below the root of a Unix tree; `path` has no leading `/`.
    #[must_use]
    pub fn root(path: impl Into<Vec<u8>>) -> Self {
        Self::File { volume: Volume::Root, path: path.into(), stream: None }
    }

    /// Makes the origin of a file on a Windows drive; `path` is joined by `/` and has no leading one.
    #[must_use]
    pub fn drive(letter: char, path: impl Into<Vec<u8>>) -> Self {
        Self::File { volume: Volume::Drive(letter.to_ascii_uppercase()), path: path.into(), stream: None }
    }

    /// Whether it is the change journal of an NTFS volume. A bundle stores it under its original name without its
    /// leading hole: each of its records contains its own offset, and tools look for it only there.
    #[must_use]
    pub fn is_change_journal(&self) -> bool {
        match self {
            Self::File { path, stream: Some(stream), .. } => {
                path.eq_ignore_ascii_case(b"$Extend/$UsnJrnl") && stream.eq_ignore_ascii_case(b"$J")
            }
            Self::File { .. } | Self::Live { .. } | Self::Derived { .. } | Self::Command { .. } => false,
        }
    }

    /// Returns the last component of the path, or the name of an item that is not a file; bytes as on the target.
    #[must_use]
    pub fn file_name(&self) -> &[u8] {
        match self {
            Self::File { path, .. } => path.rsplit(|byte| *byte == b'/').next().unwrap_or_default(),
            Self::Live { name } | Self::Derived { name } | Self::Command { name, .. } => name.as_bytes(),
        }
    }
}

/// Prints the path as its system writes it, with U+FFFD for invalid UTF-8 and control characters escaped, so that a
/// hostile name cannot control a terminal.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { volume, path, stream } => {
                let text = String::from_utf8_lossy(path);
                match volume.windows_prefix() {
                    Some(prefix) => write!(f, "{prefix}\\{}", Printable(&text.replace('/', "\\")))?,
                    None => write!(f, "/{}", Printable(&text))?,
                }
                match stream {
                    Some(stream) => write!(f, ":{}", Printable(&String::from_utf8_lossy(stream))),
                    None => Ok(()),
                }
            }
            Self::Live { name } => write!(f, "live:{}", Printable(name)),
            Self::Derived { name } => write!(f, "derived:{}", Printable(name)),
            Self::Command { artifact, name } => {
                write!(f, "command:{}/{}", Printable(artifact), Printable(name))
            }
        }
    }
}

impl Volume {
    /// Returns the prefix of paths on it; `None` for the tree of a Unix system.
    pub(crate) fn windows_prefix(&self) -> Option<String> {
        match self {
            Self::Root => None,
            Self::Drive(letter) => Some(format!("{letter}:")),
            Self::Unlettered(id) => Some(format!("\\\\?\\Volume{{{}}}", Printable(id))),
            Self::Shadow(number, volume) => {
                Some(format!("vss{number}:{}", volume.windows_prefix().unwrap_or_default()))
            }
        }
    }
}

/// The JSON form of an [`Origin`]: the path as text where it is UTF-8, otherwise its bytes in base64.
#[derive(Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum OriginText {
    File {
        volume: Volume,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        path: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        path_base64: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stream: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stream_base64: Option<String>,
    },
    Live {
        name: String,
    },
    Derived {
        name: String,
    },
    Command {
        artifact: String,
        name: String,
    },
}

impl From<Origin> for OriginText {
    fn from(origin: Origin) -> Self {
        match origin {
            Origin::File { volume, path, stream } => {
                let (path, path_base64) = text_or_base64(Some(path));
                let (stream, stream_base64) = text_or_base64(stream);
                Self::File { volume, path, path_base64, stream, stream_base64 }
            }
            Origin::Live { name } => Self::Live { name },
            Origin::Derived { name } => Self::Derived { name },
            Origin::Command { artifact, name } => Self::Command { artifact, name },
        }
    }
}

impl TryFrom<OriginText> for Origin {
    type Error = WordError;

    fn try_from(text: OriginText) -> Result<Self, WordError> {
        Ok(match text {
            OriginText::File { volume, path, path_base64, stream, stream_base64 } => Self::File {
                volume,
                path: bytes_of(path, path_base64)?.ok_or(WordError::OriginWithoutPath)?,
                stream: bytes_of(stream, stream_base64)?,
            },
            OriginText::Live { name } => Self::Live { name },
            OriginText::Derived { name } => Self::Derived { name },
            OriginText::Command { artifact, name } => Self::Command { artifact, name },
        })
    }
}

fn text_or_base64(bytes: Option<Vec<u8>>) -> (Option<String>, Option<String>) {
    match bytes.map(String::from_utf8) {
        None => (None, None),
        Some(Ok(text)) => (Some(text), None),
        Some(Err(not_text)) => (None, Some(BASE64.encode(not_text.as_bytes()))),
    }
}

fn bytes_of(text: Option<String>, base64: Option<String>) -> Result<Option<Vec<u8>>, WordError> {
    match (text, base64) {
        (Some(text), _) => Ok(Some(text.into_bytes())),
        (None, Some(base64)) => BASE64.decode(&base64).map(Some).map_err(|_| WordError::Base64(base64)),
        (None, None) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_survives_json_even_where_its_name_is_not_text() {
        for origin in [
            Origin::root("etc/passwd"),
            Origin::root(b"tmp/\xff\xfe".to_vec()),
            Origin::drive('c', "Windows/System32"),
            Origin::Live { name: "processes.jsonl".into() },
        ] {
            let json = serde_json::to_string(&origin).unwrap();
            assert_eq!(serde_json::from_str::<Origin>(&json).unwrap(), origin, "{json}");
        }
    }

    #[test]
    fn a_hostile_name_is_printed_without_control_characters() {
        let origin = Origin::root("tmp/\u{1b}[31m\u{202e}gpj.exe");
        assert_eq!(origin.to_string(), "/tmp/\\u{1b}[31m\\u{202e}gpj.exe");
    }
}
