//! Follows links the way the target's own system would, but never out of the tree.

use super::sys::Root;
use crate::evidence::Kind;

/// Most links followed on one path, as Linux has it (`path_resolution(7)`).
const MAX_LINKS: usize = 40;

/// Gives the path below the root where `path` really stands: every link on the way is followed, and the last one too
/// where `last` says so. Absolute links start at the tree's root, `..` stops there. `None` where there is a loop.
pub(super) fn resolve(root: &Root, path: &[u8], last: bool) -> Option<Vec<u8>> {
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
        if ahead.is_empty() && !last {
            break;
        }
        let here = standing.join(&b'/');
        if root.stat(&here).is_ok_and(|stat| stat.kind == Kind::Link) {
            links = links.saturating_add(1);
            if links > MAX_LINKS {
                return None;
            }
            let target = root.link(&here).ok()?;
            standing.pop();
            if target.starts_with(b"/") {
                standing.clear();
            }
            ahead.extend(components(&target).into_iter().rev());
        }
    }
    Some(standing.join(&b'/'))
}

/// Gives `path` as it is spelled on disk, where each part may differ in case: how Windows would find it. `names` lists a
/// folder. `None` where a part is not there.
pub(super) fn spelled(path: &[u8], names: impl Fn(&[u8]) -> Vec<Vec<u8>>) -> Option<Vec<u8>> {
    let mut standing: Vec<u8> = Vec::new();
    for part in components(path) {
        let names = names(&standing);
        let name = names
            .iter()
            .find(|name| **name == part)
            .or_else(|| names.iter().find(|name| name.eq_ignore_ascii_case(&part)))?;
        if !standing.is_empty() {
            standing.push(b'/');
        }
        standing.extend_from_slice(name);
    }
    Some(standing)
}

fn components(path: &[u8]) -> Vec<Vec<u8>> {
    path.split(|byte| *byte == b'/').filter(|part| !part.is_empty()).map(<[u8]>::to_vec).collect()
}
