//! `LiveBodyfile`: a line for everything that stands in the file systems in scope, for a timeline: the bodyfile that
//! mactime of The Sleuth Kit 3 reads, and Plaso and Timesketch with it.
//!
//! In: the volumes of a target: local mounts are crossed, network and pseudo ones are not. Out: an item of text, no
//! rows: `MD5|name|inode|mode|UID|GID|size|atime|mtime|ctime|crtime`, times in whole seconds since 1970 in UTC, 0 where
//! there is none; MD5 is always 0, since nothing is read. Control characters and `|` in a name are `^`, as fls prints
//! the former. Memory is that of the folders still to be walked. <https://wiki.sleuthkit.org/index.php?title=Body_file>

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use super::linux::linux_host::joined;
use crate::evidence::{Kind, ReasonCode, Stat, Utc, Volume};
use crate::sources::rows::{Halt, Lines, Rows, code_of};
use crate::sources::target::Target;
use crate::sources::target_volume::TargetVolume;
use crate::sys::{Asked, is_nothing};

/// How long all of it may take: ten million files, one after another.
const TABLE_LIMIT: Duration = Duration::from_mins(15);

/// Most bytes: some 150 a file.
const MOST: u64 = 4 << 30;

/// Most folders that wait to be walked; a path of each is kept.
const MAX_WAITING: usize = 1 << 20;

/// How the lines are made.
pub(crate) fn rows(target: &Target) -> Rows {
    let places: Vec<_> =
        target.places().iter().filter(|place| place.asked == Asked::Always).cloned().collect();
    Rows::text("stat", MOST, move |lines| places.iter().try_for_each(|place| walk(place, lines)))
        .within(TABLE_LIMIT)
}

fn walk(place: &Arc<TargetVolume>, lines: &mut Lines<'_>) -> Result<(), Halt> {
    let prefix = prefix(&place.volume);
    if let Ok(stat) = place.stat(b"") {
        lines.line(&line(prefix.as_bytes(), b"", &stat))?;
    }
    let mut waiting = vec![Vec::new()];
    while let Some(folder) = waiting.pop() {
        let listing = match place.tree.list(&folder) {
            Ok(listing) => listing,
            Err(error) => {
                short(&folder, &error, lines);
                continue;
            }
        };
        for entry in listing.entries {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    short(&folder, &error, lines);
                    break;
                }
            };
            let path = joined(&folder, &entry.name);
            let stat = match place.tree.look(&path, Some((&listing.folder, &entry))) {
                Ok((stat, _)) => stat,
                Err(error) => {
                    short(&path, &error, lines);
                    continue;
                }
            };
            lines.line(&line(prefix.as_bytes(), &path, &stat))?;
            if stat.kind == Kind::Directory && place.may_enter(&path) {
                if waiting.len() >= MAX_WAITING {
                    lines.short(
                        ReasonCode::ArtifactLimit,
                        "directories left out: too many were waiting to be searched",
                    );
                } else {
                    waiting.push(path);
                }
            }
        }
    }
    Ok(())
}

/// What the names of a volume begin with: its letter, or its own name where it has none.
fn prefix(volume: &Volume) -> String {
    volume.windows_prefix().unwrap_or_default()
}

/// What went meanwhile is no fault.
fn short(path: &[u8], error: &std::io::Error, lines: &mut Lines<'_>) {
    if !is_nothing(error) {
        lines.short(code_of(error), format!("inspecting '/{}': {error}", String::from_utf8_lossy(path)));
    }
}

/// A line of the bodyfile.
fn line(prefix: &[u8], path: &[u8], stat: &Stat) -> Vec<u8> {
    let seconds = |time: Option<Utc>| time.map_or(0, |time| time.date_time().unix_timestamp());
    let facts = &stat.metadata;
    let mut name = [prefix, b"/", path].concat();
    if let Some(target) = &stat.link {
        name.extend_from_slice(b" -> ");
        name.extend_from_slice(target);
    }
    name.iter_mut().filter(|byte| byte.is_ascii_control() || **byte == b'|').for_each(|byte| *byte = b'^');
    let mut line = b"0|".to_vec();
    line.append(&mut name);
    let (modified, accessed, changed) =
        (seconds(facts.modified), seconds(facts.accessed), seconds(facts.changed));
    // Writing to memory does not fail.
    drop(write!(
        line,
        "|{}|{}|{}|{}|{}|{accessed}|{modified}|{changed}|{}",
        facts.inode.unwrap_or(0),
        mode(stat),
        facts.uid.unwrap_or(0),
        facts.gid.unwrap_or(0),
        facts.size.unwrap_or(0),
        seconds(facts.born),
    ));
    line
}

/// The mode as fls writes it: what the name is, what the file is, and the rights. A system without modes grants all.
fn mode(stat: &Stat) -> String {
    let mode = stat.metadata.mode;
    let letter = match (stat.kind, mode.unwrap_or(0) & 0o170_000) {
        (Kind::Directory, _) => 'd',
        (Kind::Link, _) => 'l',
        (Kind::Fifo, _) => 'p',
        (Kind::Socket, _) => 'h',
        (Kind::Device, 0o060_000) => 'b',
        (Kind::Device, _) => 'c',
        _ => 'r',
    };
    let bits = mode.unwrap_or(0o777);
    let mut text = format!("{letter}/{letter}");
    for (shift, special, sign) in [(6, 0o4000, 's'), (3, 0o2000, 's'), (0, 0o1000, 't')] {
        let has = |bit: u32| (bits >> shift) & bit != 0;
        text.push(if has(4) { 'r' } else { '-' });
        text.push(if has(2) { 'w' } else { '-' });
        text.push(match (has(1), bits & special != 0) {
            (true, true) => sign,
            (false, true) => sign.to_ascii_uppercase(),
            (true, false) => 'x',
            (false, false) => '-',
        });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Metadata;

    fn stat(kind: Kind, mode: Option<u32>, link: Option<&[u8]>) -> Stat {
        let time = |seconds| Utc::from_unix(seconds, 999_999_999);
        let metadata = Metadata {
            size: Some(5),
            mode,
            uid: Some(1000),
            gid: Some(50),
            inode: Some(7),
            accessed: time(1),
            modified: time(2),
            changed: time(3),
            born: time(4),
            ..Metadata::default()
        };
        Stat {
            kind,
            metadata,
            allocated: None,
            link: link.map(<[u8]>::to_vec),
            touched: false,
            streams: Vec::new(),
        }
    }

    #[test]
    fn a_volume_without_a_letter_has_its_name() {
        assert_eq!(prefix(&Volume::Root), "");
        assert_eq!(prefix(&Volume::Drive('C')), "C:");
        assert_eq!(prefix(&Volume::Unlettered("1-2".to_owned())), "\\\\?\\Volume{1-2}");
    }

    #[test]
    fn a_line_has_the_fields_of_the_sleuth_kit_and_a_name_cannot_break_it() {
        let text = |stat: &Stat, path: &[u8]| String::from_utf8(line(b"", path, stat)).unwrap();
        let file = stat(Kind::File, Some(0o100_640), None);
        assert_eq!(text(&file, b"etc/a|b\nc"), "0|/etc/a^b^c|7|r/rrw-r-----|1000|50|5|1|2|3|4");
        let link = stat(Kind::Link, Some(0o120_777), Some(b"../x"));
        assert_eq!(text(&link, b"l"), "0|/l -> ../x|7|l/lrwxrwxrwx|1000|50|5|1|2|3|4");
        for (kind, bits, wanted) in [
            (Kind::Directory, Some(0o041_777), "d/drwxrwxrwt"),
            (Kind::File, Some(0o104_655), "r/rrwSr-xr-x"),
            (Kind::Device, Some(0o060_660), "b/brw-rw----"),
            (Kind::File, None, "r/rrwxrwxrwx"),
        ] {
            assert_eq!(mode(&stat(kind, bits, None)), wanted);
        }
        let nothing = Stat { metadata: Metadata::default(), ..file };
        assert_eq!(text(&nothing, b"x"), "0|/x|0|r/rrwxrwxrwx|0|0|0|0|0|0|0");
    }
}
