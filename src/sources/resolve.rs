//! Follows links the way the target's own system would, but never out of the tree.

use std::io;

use super::target_volume::TargetVolume;

/// Most links followed on one path, as Linux has it (`path_resolution(7)`).
const MAX_LINKS: usize = 40;

/// Why a path could not be followed to its end.
#[derive(Debug)]
pub(crate) enum Astray {
    /// Its links lead round in a circle, or there are too many of them.
    Loop,
    /// The system did not tell.
    Failed(io::Error),
}

/// Returns the path on the volume that `path` leads to: every link on the way is followed, and the last one too.
/// Absolute links start at the tree's root, `..` stops there. Where something is not there, the rest stays as it is
/// written: asking for it will tell so.
pub(crate) fn resolve(place: &TargetVolume, path: &[u8]) -> Result<Vec<u8>, Astray> {
    let mut standing: Vec<Vec<u8>> = Vec::new();
    let mut ahead: Vec<Vec<u8>> = components(path);
    ahead.reverse();
    let mut links = 0_usize;
    while let Some(part) = ahead.pop() {
        match part.as_slice() {
            b"." | b"" => continue,
            b".." => {
                standing.pop();
                continue;
            }
            _ => standing.push(part),
        }
        let target = match place.stat(&standing.join(&b'/')) {
            Ok(stat) => stat.link.and_then(|target| place.inside(&target)),
            Err(error) if may_hang(&error) => return Err(Astray::Failed(error)),
            Err(_) => None,
        };
        if let Some(target) = target {
            links = links.saturating_add(1);
            if links > MAX_LINKS {
                return Err(Astray::Loop);
            }
            standing.pop();
            if target.starts_with(b"/") {
                standing.clear();
            }
            ahead.extend(components(&target).into_iter().rev());
        }
    }
    Ok(standing.join(&b'/'))
}

/// Whether asking again, one component further, would cost the time limit again.
pub(crate) fn may_hang(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::TimedOut
}

/// Most spellings of one path that are followed: some tools in several cases, and a hostile tree no further.
const MAX_SPELLINGS: usize = 64;

/// Gives `path` as it is spelled on disk, where each part may differ in case: how Windows would find it. `None` where it is
/// not there. Of several spellings it is the nearest.
pub(crate) fn spelled(path: &[u8], place: &TargetVolume) -> Option<Vec<u8>> {
    spellings(path, place).into_iter().next()
}

/// Gives every spelling of `path` on disk, the nearest first; links on the way are followed.
pub(crate) fn spellings(path: &[u8], place: &TargetVolume) -> Vec<Vec<u8>> {
    let mut standing: Vec<Vec<u8>> = vec![Vec::new()];
    let mut ahead = components(path).into_iter().peekable();
    while let Some(part) = ahead.next() {
        let mut next: Vec<Vec<u8>> = Vec::new();
        for folder in &standing {
            for name in place.spellings(folder, &part) {
                let path = if folder.is_empty() { name } else { [folder, b"/".as_slice(), &name].concat() };
                let on_the_way = ahead.peek().is_some();
                let path = if on_the_way { end_of(place, path) } else { path };
                if !next.contains(&path) && next.len() < MAX_SPELLINGS {
                    next.push(path);
                }
            }
        }
        standing = next;
    }
    standing
}

/// Where a directory on the way is: at the end of the link, where it is one.
fn end_of(place: &TargetVolume, path: Vec<u8>) -> Vec<u8> {
    let is_link = !place.tree.has_streams()
        && place.stat(&path).is_ok_and(|stat| stat.kind == crate::evidence::Kind::Link);
    if is_link { resolve(place, &path).unwrap_or(path) } else { path }
}

fn components(path: &[u8]) -> Vec<Vec<u8>> {
    path.split(|byte| *byte == b'/').filter(|part| !part.is_empty()).map(<[u8]>::to_vec).collect()
}
