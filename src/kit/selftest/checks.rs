//! Checks on files that the self-test made itself: each collects its specimen, compares it with what was made, and
//! reports the difference.

use std::io;
use std::time::Duration;

use super::{
    COMPRESSED, CheckResult, DEEP, IN_USE, INSIDE, LINK, LOOP, NAMES, OFFLINE, OLD_DIRECTORY, OPLOCKED,
    OVERLAID, PART_LOCKED, PLAIN, REFUSED, RENAMED, SHORT, SPARSE, SPARSE_END, SPARSE_SIZE, STREAMS, Trying,
    ZONE, deep, passes, raw_reading, reported,
};
use crate::evidence::{Kind, Note, ReasonCode, Utc};
use crate::sources::host::privileges;
use crate::sys;
use crate::sys::Stopwatch;
use crate::text::phrases::Phrase;
use crate::text::selftest_reasons as text;

/// How long a file that another program has locked may hold up whoever opens it: far less than a person would notice, far
/// more than a slow machine takes.
const OPLOCK_LIMIT: Duration = Duration::from_secs(5);

/// The verdict of a check that ends early where something it needs is not there.
fn held(check: impl FnOnce() -> Result<CheckResult, CheckResult>) -> CheckResult {
    check().unwrap_or_else(|verdict| verdict)
}

/// A check of what only Windows has.
fn on_windows(check: impl FnOnce() -> Result<CheckResult, CheckResult>) -> CheckResult {
    if sys::HAS_STREAMS { held(check) } else { CheckResult::NotPossible(text::only_windows()) }
}

pub(super) fn content(trying: &Trying) -> CheckResult {
    held(|| trying.same(PLAIN).map(|_| CheckResult::Passed))
}

/// Reading must leave the time of the last access as it was, also where it lies before that of the last change.
pub(super) fn access_time(trying: &Trying) -> CheckResult {
    held(|| {
        let read = trying.same(RENAMED)?;
        let after = trying
            .target
            .look_again(trying.found(RENAMED)?)
            .map_err(|error| CheckResult::Failed(text::looking_again(&error.to_string())))?;
        let (before, after) = (read.metadata.accessed, after.accessed);
        if before != after && read.notes.contains(&Note::AccessTimeTouched) {
            return Err(CheckResult::NotPossible(text::notes_each_read()));
        }
        Ok(passes(before == after, || text::access_moved(&format!("{before:?}"), &format!("{after:?}"))))
    })
}

/// Listing must leave the time of a directory's last access as it was.
pub(super) fn directory_access_time(trying: &Trying) -> CheckResult {
    held(|| {
        trying.made(OLD_DIRECTORY)?;
        let found = trying.found(&format!("{OLD_DIRECTORY}/{INSIDE}"))?;
        let Some(place) = trying.target.place_of(found) else {
            return Ok(CheckResult::Failed(text::volume_unknown()));
        };
        let cut = found.path.iter().rposition(|byte| *byte == b'/').unwrap_or_default();
        let path = found.path.get(..cut).unwrap_or_default();
        let accessed = || place.tree.look(path, None).map(|(stat, _)| stat.metadata.accessed);
        let listed = || -> io::Result<_> {
            let entries = place.tree.list(path)?.entries.count();
            Ok((accessed()?, entries))
        };
        let (after, entries) =
            listed().map_err(|error| CheckResult::Failed(text::listing(&error.to_string())))?;
        let at = i64::try_from(sys::MADE.saturating_sub(1)).unwrap_or_default();
        Ok(passes(after == Utc::from_unix(at, 0) && entries > 0, || {
            text::directory_access_moved(entries, &format!("{after:?}"))
        }))
    })
}

pub(super) fn times(trying: &Trying) -> CheckResult {
    held(|| {
        trying.made(PLAIN)?;
        let metadata = &trying.found(PLAIN)?.metadata;
        let at = |seconds: u64| Utc::from_unix(i64::try_from(seconds).unwrap_or_default(), 0);
        let born = if sys::HAS_STREAMS { metadata.born == at(sys::MADE) } else { true };
        let so = metadata.modified == at(sys::MADE)
            && metadata.accessed == at(sys::MADE.saturating_sub(1))
            && metadata.changed.is_some_and(|changed| Some(changed) > at(sys::MADE))
            && born;
        Ok(passes(so, || {
            let read = [metadata.born, metadata.modified, metadata.accessed, metadata.changed];
            text::times(&format!("{read:?}"))
        }))
    })
}

pub(super) fn owner(trying: &Trying) -> CheckResult {
    held(|| {
        let metadata = &trying.found(PLAIN)?.metadata;
        let sid = metadata.owner.as_ref().is_some_and(|owner| owner.starts_with("S-1-"));
        let so = if sys::HAS_STREAMS { sid } else { metadata.uid.is_some() };
        Ok(passes(so, || text::owner(&format!("{:?}", metadata.owner), &format!("{:?}", metadata.uid))))
    })
}

pub(super) fn long_path(trying: &Trying) -> CheckResult {
    held(|| {
        trying.made(DEEP)?;
        let read = trying.read(&deep())?;
        Ok(passes(read.content == super::content(DEEP), text::other_bytes))
    })
}

pub(super) fn names(trying: &Trying) -> CheckResult {
    held(|| {
        for name in NAMES {
            trying.same(name)?;
        }
        Ok(CheckResult::Passed)
    })
}

/// Both links are records with their target, and the one that leads back up is no way.
pub(super) fn links(trying: &Trying) -> CheckResult {
    held(|| {
        for name in [LINK, LOOP] {
            trying.made(name)?;
            let found = trying.found(name)?;
            if found.kind != Kind::Link || found.metadata.target.is_none() {
                let (kind, target) = (format!("{:?}", found.kind), format!("{:?}", found.metadata.target));
                return Ok(CheckResult::Failed(text::no_link(name, &kind, &target)));
            }
        }
        let beyond = trying.found.keys().find(|name| name.starts_with(LOOP) && name.len() > LOOP.len());
        Ok(passes(beyond.is_none(), || text::link_followed(&format!("{beyond:?}"))))
    })
}

pub(super) fn sparse(trying: &Trying) -> CheckResult {
    held(|| {
        trying.made(SPARSE)?;
        if trying.found(SPARSE)?.allocated.is_some_and(|taken| taken >= SPARSE_SIZE) {
            return Err(CheckResult::NotPossible(text::no_holes()));
        }
        let read = trying.read(SPARSE)?;
        let size = read.metadata.size == Some(SPARSE_SIZE);
        let so = size && read.content.ends_with(SPARSE_END) && !read.ranges.is_empty();
        Ok(passes(so, || text::ranges(&format!("{:?}", read.metadata.size), &format!("{:?}", read.ranges))))
    })
}

/// Any other program may do with a file what it likes while it is read.
pub(super) fn sharing(trying: &Trying) -> CheckResult {
    held(|| {
        trying.made(PLAIN)?;
        let opened =
            trying.target.open(trying.found(PLAIN)?).map_err(|gap| CheckResult::Failed(reported(&gap)))?;
        let renamed = trying.place.rename_and_back(PLAIN);
        drop(opened);
        Ok(renamed.map_or_else(
            |error| CheckResult::Failed(text::renaming(&error.to_string())),
            |()| CheckResult::Passed,
        ))
    })
}

pub(super) fn streams(trying: &Trying) -> CheckResult {
    on_windows(|| {
        trying.made("other")?;
        let stream = trying.read(&format!("{STREAMS}:other"))?;
        let zone = trying.found(STREAMS)?.metadata.zone_identifier.clone().unwrap_or_default();
        let so = stream.content == super::content("other") && zone.as_bytes() == ZONE;
        Ok(passes(so, || text::stream(stream.content.len(), &format!("{zone:?}"))))
    })
}

pub(super) fn short_name(trying: &Trying) -> CheckResult {
    on_windows(|| {
        trying.made(SHORT)?;
        match &trying.found(SHORT)?.metadata.short_name {
            Some(name) => Ok(passes(name.len() <= 12, || text::reported(Phrase(name)))),
            None => Err(CheckResult::NotPossible(text::no_short_names())),
        }
    })
}

/// A file that another handle keeps for itself: read from the volume, or its record says why not.
pub(super) fn in_use(trying: &Trying) -> CheckResult {
    on_windows(|| {
        trying.made(IN_USE)?;
        if raw_reading::is_possible(trying)? {
            let read = trying.same(IN_USE)?;
            return Ok(read_by(&read.read_by, "raw_ntfs"));
        }
        match trying.target.open(trying.found(IN_USE)?) {
            Ok(_) => Ok(CheckResult::Failed(text::opened_in_use())),
            Err(gap) if gap.reason.code == ReasonCode::InUse => {
                Err(CheckResult::NotPossible(raw_reading::refusal()))
            }
            Err(gap) => Ok(CheckResult::Failed(reported(&gap))),
        }
    })
}

/// A file whose maker never gives up its opportunistic lock holds nobody up: it is read from the volume, or its record says
/// why not, and soon.
pub(super) fn oplock(trying: &Trying) -> CheckResult {
    on_windows(|| {
        trying.made(OPLOCKED)?;
        let watch = Stopwatch::start();
        let opened = trying.target.open(trying.found(OPLOCKED)?);
        let took = watch.elapsed();
        if took > OPLOCK_LIMIT {
            return Ok(CheckResult::Failed(text::opening_took(
                u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            )));
        }
        if raw_reading::is_possible(trying)? {
            drop(opened);
            let read = trying.same(OPLOCKED)?;
            return Ok(read_by(&read.read_by, "raw_ntfs"));
        }
        match opened {
            Ok(_) => Ok(CheckResult::Failed(text::opened_locked())),
            Err(gap) => Ok(passes(gap.reason.code == ReasonCode::InUse, || reported(&gap))),
        }
    })
}

/// A file of which bytes in the midst are locked: what is before them is read, and the rest from the volume.
pub(super) fn part_locked(trying: &Trying) -> CheckResult {
    on_windows(|| {
        trying.made(PART_LOCKED)?;
        if raw_reading::is_possible(trying)? {
            let read = trying.same(PART_LOCKED)?;
            return Ok(read_by(&read.read_by, "raw_ntfs"));
        }
        match trying.read(PART_LOCKED) {
            Ok(_) => Ok(CheckResult::Failed(text::read_locked())),
            Err(_) => Err(CheckResult::NotPossible(raw_reading::refusal())),
        }
    })
}

/// A file whose permissions refuse everybody: read by the right to make backups.
pub(super) fn backup(trying: &Trying) -> CheckResult {
    on_windows(|| {
        trying.made(REFUSED)?;
        if privileges().backup != Some(true) {
            return Err(CheckResult::NotPossible(text::no_backup_right()));
        }
        let read = trying.same(REFUSED)?;
        Ok(read_by(&read.read_by, "open_backup"))
    })
}

/// A directory that everybody can change is known as one: no bundle of an elevated run goes there.
pub(super) fn open_directory(trying: &Trying) -> CheckResult {
    held(|| {
        let cannot = |error: io::Error| CheckResult::NotPossible(text::cannot_make(&error.to_string()));
        let made = trying.place.open_directory("open").map_err(cannot)?;
        if !sys::keeps_rights(&made).unwrap_or(true) {
            return Err(CheckResult::NotPossible(text::no_rights_here()));
        }
        let seen = sys::changed_by_others(&made);
        let so = seen.as_ref().is_ok_and(|seen| seen.as_deref() == Some(made.as_path()));
        Ok(passes(so, || text::open_not_seen(&made, &format!("{seen:?}"))))
    })
}

/// What the attributes call elsewhere is not opened.
pub(super) fn not_local(trying: &Trying) -> CheckResult {
    on_windows(|| {
        trying.made(OFFLINE)?;
        let gap = trying.gap(OFFLINE)?;
        Ok(passes(gap.reason.code == ReasonCode::NotLocal, || reported(gap)))
    })
}

/// Windows shows this program what is elsewhere as what it is.
pub(super) fn placeholders(_trying: &Trying) -> CheckResult {
    on_windows(|| match sys::expose_placeholders() {
        Some(exposed) => Ok(passes(exposed, text::placeholders_hidden)),
        None => Err(CheckResult::NotPossible(text::no_placeholders())),
    })
}

pub(super) fn compressed(trying: &Trying) -> CheckResult {
    on_windows(|| both_ways(trying, COMPRESSED))
}

/// Read through Windows it is the whole file, and its packed stream is no item.
pub(super) fn overlay(trying: &Trying) -> CheckResult {
    on_windows(|| {
        let verdict = both_ways(trying, OVERLAID)?;
        let packed = format!("{OVERLAID}:WofCompressedData");
        Ok(if trying.found.contains_key(&packed) {
            CheckResult::Failed(text::is_an_item(&packed))
        } else {
            verdict
        })
    })
}

/// A file read through Windows, and from the volume where that is possible, against what was written.
fn both_ways(trying: &Trying, name: &'static str) -> Result<CheckResult, CheckResult> {
    trying.same(name)?;
    if !raw_reading::is_possible(trying)? {
        return Ok(CheckResult::Passed);
    }
    let raw = raw_reading::read(trying, name)
        .map_err(|error| CheckResult::Failed(text::from_volume(&error.to_string())))?;
    Ok(passes(raw == super::content(name), text::other_bytes_of_volume))
}

fn read_by(ways: &[String], wanted: &str) -> CheckResult {
    passes(ways.last().is_some_and(|way| way == wanted), || text::read_by(&ways.join(", ")))
}
