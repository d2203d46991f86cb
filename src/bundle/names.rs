//! The name of an entry: the original name wherever that is possible, and never the same for two origins.
//!
//! In: an [`Origin`], with any bytes that a kernel or a hostile disk allows. Out: a relative UTF-8 name of at most
//! [`NAME_LIMIT`] bytes without `.`/`..` parts, control characters or backslashes; the rules are in [`crate::bundle`]
//! under *Names*. The record keeps the exact original.
//!
//! Why it is injective: within a component, `%XX` always means a byte, because a literal `%` before two hex digits is
//! itself written as `%25`. `/`, a lone `.`, the stream separator and an empty component are spelled in ways that no
//! byte of a component ever is. A cut name ends in `%7E` (a tilde, which is never encoded) and the SHA-256 of the
//! uncut name. The tests below try to break each of these rules.

use std::fmt::Write as _;

use crate::evidence::{Digest, Origin, Volume};

/// Longest entry name in bytes: 7z and Python's zipfile fail at paths of some thousand bytes.
pub const NAME_LIMIT: usize = 1_000;
/// Longest component in bytes, as in most file systems.
pub const COMPONENT_LIMIT: usize = 255;

/// Bytes reserved for the number of a repeated name.
const NUMBER_ROOM: usize = 24;
/// Marks the parts that are not in the original name: the digest of a cut name, or a number.
const MARK: &str = "%7E";

/// Returns the entry name of an origin, without a trailing `/`. `sparse` is for content without its holes.
#[must_use]
pub fn entry_name(origin: &Origin, sparse: bool) -> String {
    let mut name = String::new();
    match origin {
        Origin::File { volume, path, stream } => {
            push_volume(&mut name, volume);
            if !path.is_empty() || stream.is_some() {
                push_path(&mut name, path, stream.as_deref(), volume.is_root());
            }
        }
        Origin::Live { name: rest } => {
            name.push_str("live");
            push_path(&mut name, rest.as_bytes(), None, true);
        }
        Origin::Derived { name: rest } => {
            name.push_str("derived");
            push_path(&mut name, rest.as_bytes(), None, true);
        }
        Origin::Command { artifact, name: rest } => {
            name.push_str("commands");
            push_component(&mut name, &encode(artifact.as_bytes(), Place::Single));
            push_path(&mut name, rest.as_bytes(), None, true);
        }
    }
    if sparse {
        name = format!("sparse/{}", name.strip_prefix("fs/").unwrap_or(&name));
    }
    cut(name, NAME_LIMIT.saturating_sub(NUMBER_ROOM))
}

/// Returns the name for an origin that is stored the `number`th time (from 2). A plan never asks for the same origin
/// twice; should that happen, nothing is lost.
#[must_use]
pub fn numbered(name: &str, number: u64) -> String {
    format!("{name}{MARK}{number}")
}

/// Returns the origin of an entry name, where the name was not cut and has no number.
#[must_use]
pub fn origin_of(entry: &str) -> Option<Origin> {
    let entry = entry.strip_suffix('/').unwrap_or(entry);
    if entry.contains(MARK) {
        return None;
    }
    let name = match entry.strip_prefix("sparse/") {
        Some(rest) if rest.starts_with("vss/") => rest.to_owned(),
        Some(rest) => format!("fs/{rest}"),
        None => entry.to_owned(),
    };
    let (first, rest) = name.split_once('/')?;
    let text = |rest: &str| String::from_utf8(decode_path(rest)).ok();
    match first {
        "live" => Some(Origin::Live { name: text(rest)? }),
        "derived" => Some(Origin::Derived { name: text(rest)? }),
        "commands" => {
            let (artifact, rest) = rest.split_once('/')?;
            Some(Origin::Command { artifact: String::from_utf8(decode(artifact)).ok()?, name: text(rest)? })
        }
        "fs" | "vss" => {
            let (volume, rest) = volume_of(&name)?;
            let separator = if volume.is_root() { "%3A" } else { ":" };
            let directory_end = rest.rfind('/').map_or(0, |place| place.saturating_add(1));
            let (directories, last) = rest.split_at_checked(directory_end)?;
            let (last, stream) = match last.split_once(separator) {
                Some((last, stream)) => (last, Some(decode(stream))),
                None => (last, None),
            };
            let path = decode_path(&format!("{directories}{last}"));
            Some(Origin::File { volume, path, stream })
        }
        _ => None,
    }
}

/// The bytes with a special meaning in a component.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// A component of a path, which contains no `/` (and may contain `:`).
    Component,
    /// A component on a volume with streams: a `:` in it is encoded.
    WithStreams,
    /// A single component that may contain anything.
    Single,
}

fn push_volume(name: &mut String, volume: &Volume) {
    let mut inner = volume;
    // A shadow copy of a shadow copy does not exist; nesting by a hostile caller ends here.
    while let Volume::Shadow(number, volume) = inner {
        let _ = write!(name, "vss/{number}/");
        inner = volume;
    }
    name.push_str("fs");
    match inner {
        Volume::Root => name.push_str("/$rootfs$"),
        Volume::Drive(letter) => push_component(name, &encode(letter.to_string().as_bytes(), Place::Single)),
        Volume::Unlettered(id) => {
            push_component(name, &encode(format!("volume-{id}").as_bytes(), Place::Single));
        }
        Volume::Shadow(..) => {}
    }
}

fn push_path(name: &mut String, path: &[u8], stream: Option<&[u8]>, rooted: bool) {
    let place = if rooted { Place::Component } else { Place::WithStreams };
    let mut components = path.split(|byte| *byte == b'/').peekable();
    while let Some(component) = components.next() {
        let mut encoded = encode(component, place);
        if let (None, Some(stream)) = (components.peek(), stream) {
            // Names on a Unix volume often contain `:`, so the separator has an escaped spelling there.
            encoded.push_str(if rooted { "%3A" } else { ":" });
            encoded.push_str(&encode_stream(stream));
        }
        push_component(name, &encoded);
    }
}

fn push_component(name: &mut String, encoded: &str) {
    name.push('/');
    name.push_str(&cut(encoded.to_owned(), COMPONENT_LIMIT));
}

/// Cuts an encoded name to `limit` bytes, with the digest of the whole at its end.
fn cut(encoded: String, limit: usize) -> String {
    if encoded.len() <= limit {
        return encoded;
    }
    let ending = format!("{MARK}{}", Digest::of(encoded.as_bytes()));
    let mut end = encoded.floor_char_boundary(limit.saturating_sub(ending.len()));
    // No half of an escape, and no separator, may be left before the mark.
    let kept = encoded.get(..end).unwrap_or_default();
    if let Some(percent) = kept.rfind('%').filter(|percent| percent.saturating_add(3) > end) {
        end = percent;
    }
    format!("{}{ending}", encoded.get(..end).unwrap_or_default().trim_end_matches('/'))
}

fn encode(component: &[u8], place: Place) -> String {
    match component {
        // An empty component is followed by `/`, which is in no component.
        b"" => return "%2F".to_owned(),
        b"." => return "%2E".to_owned(),
        b".." => return "%2E%2E".to_owned(),
        _ => {}
    }
    let mut encoded = String::with_capacity(component.len());
    push_encoded(&mut encoded, component, |c| match c {
        '/' => true,
        ':' => place == Place::WithStreams,
        _ => false,
    });
    encoded
}

/// Encodes the name of a stream; it ends a name, and may contain anything that a component may not.
fn encode_stream(stream: &[u8]) -> String {
    let mut encoded = String::with_capacity(stream.len());
    push_encoded(&mut encoded, stream, |c| c == '/');
    encoded
}

fn push_encoded(out: &mut String, bytes: &[u8], special: impl Fn(char) -> bool) {
    for chunk in bytes.utf8_chunks() {
        let text = chunk.valid();
        for (place, c) in text.char_indices() {
            if c == '%' {
                let two = text.as_bytes().get(place.saturating_add(1)..place.saturating_add(3));
                let escapes = two.is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit));
                out.push_str(if escapes { "%25" } else { "%" });
            } else if c.is_control() || c == '\\' || special(c) {
                push_escaped(out, c.encode_utf8(&mut [0; 4]).as_bytes());
            } else {
                out.push(c);
            }
        }
        push_escaped(out, chunk.invalid());
    }
}

fn push_escaped(out: &mut String, bytes: &[u8]) {
    for byte in bytes {
        let _ = write!(out, "%{byte:02X}");
    }
}

fn decode_path(path: &str) -> Vec<u8> {
    let components: Vec<Vec<u8>> = path
        .split('/')
        .map(|component| if component == "%2F" { Vec::new() } else { decode(component) })
        .collect();
    components.join(&b'/')
}

fn decode(component: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(component.len());
    let mut rest = component;
    while let Some(c) = rest.chars().next() {
        let escape = (c == '%')
            .then(|| rest.get(1..3))
            .flatten()
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        let taken = if let Some(byte) = escape {
            bytes.push(byte);
            3
        } else {
            bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            c.len_utf8()
        };
        rest = rest.get(taken..).unwrap_or_default();
    }
    bytes
}

fn volume_of(name: &str) -> Option<(Volume, &str)> {
    if let Some(rest) = name.strip_prefix("vss/") {
        let (number, rest) = rest.split_once('/')?;
        let (volume, rest) = volume_of(rest)?;
        return Some((Volume::Shadow(number.parse().ok()?, Box::new(volume)), rest));
    }
    let rest = name.strip_prefix("fs/")?;
    let (first, rest) = rest.split_once('/').unwrap_or((rest, ""));
    let volume = match first.strip_prefix("volume-") {
        _ if first == "$rootfs$" => Volume::Root,
        Some(id) => Volume::Unlettered(String::from_utf8(decode(id)).ok()?),
        None => {
            let text = String::from_utf8(decode(first)).ok()?;
            let mut letters = text.chars();
            let letter = letters.next()?;
            letters.next().is_none().then_some(Volume::Drive(letter))?
        }
    };
    Some((volume, rest))
}

impl Volume {
    fn is_root(&self) -> bool {
        match self {
            Self::Root => true,
            Self::Shadow(_, volume) => volume.is_root(),
            Self::Drive(_) | Self::Unlettered(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn file(volume: Volume, path: &[u8], stream: Option<&[u8]>) -> Origin {
        Origin::File { volume, path: path.to_vec(), stream: stream.map(<[u8]>::to_vec) }
    }

    #[test]
    fn an_ordinary_name_is_kept_as_it_is() {
        for (origin, name) in [
            (Origin::root("etc/passwd"), "fs/$rootfs$/etc/passwd"),
            (Origin::root("home/zoë/100% zeker.txt"), "fs/$rootfs$/home/zoë/100% zeker.txt"),
            (Origin::root("sys/pci0000:00/CON."), "fs/$rootfs$/sys/pci0000:00/CON."),
            (Origin::root(""), "fs/$rootfs$"),
            (Origin::drive('c', "$Extend/$UsnJrnl"), "fs/C/$Extend/$UsnJrnl"),
            (file(Volume::Drive('C'), b"$Extend/$UsnJrnl", Some(b"$J")), "fs/C/$Extend/$UsnJrnl:$J"),
            (file(Volume::Shadow(3, Box::new(Volume::Drive('D'))), b"a/b", None), "vss/3/fs/D/a/b"),
            (file(Volume::Unlettered("1b2c".into()), b"a", None), "fs/volume-1b2c/a"),
            (Origin::Live { name: "executables/12/exe".into() }, "live/executables/12/exe"),
            (Origin::Command { artifact: "X".into(), name: "stdout.txt".into() }, "commands/X/stdout.txt"),
        ] {
            assert_eq!(entry_name(&origin, false), name);
            assert_eq!(origin_of(name).as_ref(), Some(&origin), "{name}");
        }
        assert_eq!(entry_name(&Origin::root("var/log/lastlog"), true), "sparse/$rootfs$/var/log/lastlog");
        assert_eq!(origin_of("sparse/$rootfs$/var/log/lastlog"), Some(Origin::root("var/log/lastlog")));
    }

    #[test]
    fn what_could_lead_astray_is_encoded() {
        for (path, name) in [
            (&b"../../etc/passwd"[..], "fs/$rootfs$/%2E%2E/%2E%2E/etc/passwd"),
            (b"./a//b/", "fs/$rootfs$/%2E/a/%2F/b/%2F"),
            (b"a\\..\\b", "fs/$rootfs$/a%5C..%5Cb"),
            (b"\x1b[31m\xc2\x85\n", "fs/$rootfs$/%1B[31m%C2%85%0A"),
            (b"\xff\xfe%41%4%zz%", "fs/$rootfs$/%FF%FE%2541%4%zz%"),
            (b"/etc", "fs/$rootfs$/%2F/etc"),
        ] {
            let origin = Origin::root(path);
            assert_eq!(entry_name(&origin, false), name);
            assert_eq!(origin_of(name), Some(origin));
        }
    }

    /// Every word of up to four letters of an alphabet of all special characters.
    fn nasty_words() -> Vec<Vec<u8>> {
        let letters: [&[u8]; 11] =
            [b"%", b"2", b"F", b"/", b".", b":", b"\\", b"\xc3", b"\xa9", b"%3A", b"%7E"];
        let mut words: Vec<Vec<u8>> = vec![Vec::new()];
        let mut longest = words.clone();
        for _ in 0..4 {
            longest = longest
                .iter()
                .flat_map(|word| letters.iter().map(move |letter| [word, *letter].concat()))
                .collect();
            words.extend(longest.iter().cloned());
        }
        words.sort();
        words.dedup();
        words
    }

    #[test]
    fn two_origins_never_share_an_entry_and_every_name_is_safe() {
        let words = nasty_words();
        let mut seen: BTreeMap<String, Origin> = BTreeMap::new();
        let volumes = [Volume::Root, Volume::Drive('C'), Volume::Drive('/'), Volume::Unlettered("C".into())];
        let plain =
            volumes.iter().flat_map(|volume| words.iter().map(|word| file(volume.clone(), word, None)));
        let short: Vec<&Vec<u8>> = words.iter().filter(|word| word.len() <= 3).collect();
        let streams = volumes.iter().take(2).flat_map(|volume| {
            short.iter().flat_map(|word| {
                short.iter().map(|stream| file(volume.clone(), word, Some(stream.as_slice())))
            })
        });
        for origin in plain.chain(streams) {
            let name = entry_name(&origin, false);
            assert!(
                name.split('/').all(|part| !part.is_empty() && part != "." && part != ".."),
                "{name} of {origin:?}"
            );
            assert!(!name.contains('\\') && !name.chars().any(char::is_control), "{name}");
            if !name.contains(MARK) {
                assert_eq!(origin_of(&name).as_ref(), Some(&origin), "{name}");
            }
            if let Some(other) = seen.insert(name, origin.clone()) {
                assert_eq!(other, origin);
            }
        }
    }

    #[test]
    fn long_names_are_cut_to_the_limits_and_stay_apart() {
        let long = |tail: &str| format!("{}{tail}", "x".repeat(300));
        let one = entry_name(&Origin::root(long("a")), false);
        let other = entry_name(&Origin::root(long("b")), false);
        assert_ne!(one, other);
        assert!(one.split('/').all(|part| part.len() <= COMPONENT_LIMIT), "{one}");

        // A file with the very name to which the first one was cut is another origin with another entry.
        let imitation = one.strip_prefix("fs/$rootfs$/").unwrap();
        assert_ne!(entry_name(&Origin::root(imitation), false), one);

        let deep = |tail: &str| format!("{}{tail}", "de\u{301}/\u{1}ep/".repeat(400));
        let one = entry_name(&Origin::root(deep("a")), true);
        let other = entry_name(&Origin::root(deep("b")), true);
        assert_ne!(one, other);
        for name in [one, other] {
            assert!(name.len() <= NAME_LIMIT, "{}", name.len());
            assert!(name.split('/').all(|part| !part.is_empty()), "{name}");
            assert_eq!(origin_of(&name), None);
        }
    }

    #[test]
    fn a_cut_never_leaves_half_an_escape() {
        for length in 150..260 {
            let name = entry_name(&Origin::root([vec![b'a'; length], vec![0xff; 120]].concat()), false);
            let component = name.strip_prefix("fs/$rootfs$/").unwrap();
            let kept = &component[..component.find(MARK).unwrap()];
            assert!(decode(kept).iter().all(|byte| matches!(byte, b'a' | 0xff)), "{component}");
            assert!(!kept.trim_start_matches('a').replace("%FF", "").contains('%'), "{component}");
        }
    }
}
