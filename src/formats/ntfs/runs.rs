//! Decodes the mapping pairs of an attribute to runs of clusters.
//!
//! The runs of a value are in ascending order, so that no loop is possible. A run outside the volume is an error, and
//! so are more runs than any volume in use has.

use super::Damage;

/// Maximum number of runs per value: a journal or database on a full, old volume has about ten thousand. 24 bytes
/// each.
pub(super) const MAX_RUNS: usize = 200_000;

/// Contiguous clusters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    /// First cluster, counted in the value.
    pub(super) at: u64,
    /// First cluster, counted in the volume; `None` for a hole.
    pub(super) cluster: Option<u64>,
    pub(super) length: u64,
}

/// Appends the runs of one attribute. `lowest` is the cluster of the value at which they begin, `clusters` the number
/// of clusters of the volume.
///
/// # Errors
///
/// The runs do not continue those before, are outside the volume, or are too many.
pub(super) fn decode(pairs: &[u8], lowest: u64, clusters: u64, runs: &mut Vec<Run>) -> Result<(), Damage> {
    let mut at = lowest;
    if end(runs) != at {
        return Err(Damage::Runs("are not contiguous"));
    }
    let (mut rest, mut cluster) = (pairs, 0_i64);
    while let Some((head, tail)) = rest.split_first().filter(|(head, _)| **head != 0) {
        let (length_size, offset_size) = (usize::from(head & 0x0f), usize::from(head >> 4));
        let broken = || Damage::Runs("are cut short");
        let (length, tail) = tail.split_at_checked(length_size).ok_or_else(broken)?;
        let (offset, tail) = tail.split_at_checked(offset_size).ok_or_else(broken)?;
        let length =
            number(length).and_then(|length| u64::try_from(length).ok()).filter(|length| *length > 0);
        let length = length.ok_or(Damage::Runs("have no length"))?;
        let place = if offset.is_empty() {
            None
        } else {
            let step = number(offset).ok_or_else(broken)?;
            cluster = cluster.checked_add(step).ok_or(Damage::Runs("are outside the volume"))?;
            let first = u64::try_from(cluster).ok();
            let inside = first.filter(|first| first.checked_add(length).is_some_and(|end| end <= clusters));
            Some(inside.ok_or(Damage::Runs("are outside the volume"))?)
        };
        if runs.len() >= MAX_RUNS {
            return Err(Damage::Runs("exceed the limit"));
        }
        runs.push(Run { at, cluster: place, length });
        at = at.checked_add(length).ok_or(Damage::Runs("have no end"))?;
        rest = tail;
    }
    Ok(())
}

/// Returns the cluster of the value after the last run.
pub(super) fn end(runs: &[Run]) -> u64 {
    runs.last().map_or(0, |run| run.at.saturating_add(run.length))
}

/// Returns the run that contains a cluster of the value.
pub(super) fn holding(runs: &[Run], at: u64) -> Option<Run> {
    let after = runs.partition_point(|run| run.at <= at);
    let run = *runs.get(after.checked_sub(1)?)?;
    (at.saturating_sub(run.at) < run.length).then_some(run)
}

/// Reads a signed number of up to eight bytes.
fn number(bytes: &[u8]) -> Option<i64> {
    let negative = bytes.last().is_some_and(|last| last & 0x80 != 0);
    let mut wide = if negative { [0xff; 8] } else { [0; 8] };
    wide.get_mut(..bytes.len())?.copy_from_slice(bytes);
    Some(i64::from_le_bytes(wide))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(pairs: &[u8]) -> Result<Vec<Run>, Damage> {
        let mut runs = Vec::new();
        decode(pairs, 0, 0x10_0000, &mut runs).map(|()| runs)
    }

    #[test]
    fn runs_go_forward_and_backward_and_holes_have_no_cluster() {
        // 0x30 clusters at 0x5620, a hole of 0x10, 0x18 clusters 0x20 before the first.
        let read = runs(&[0x21, 0x30, 0x20, 0x56, 0x01, 0x10, 0x11, 0x18, 0xe0, 0]).unwrap();
        let run = |at, cluster, length| Run { at, cluster, length };
        assert_eq!(read, [run(0, Some(0x5620), 0x30), run(0x30, None, 0x10), run(0x40, Some(0x5600), 0x18)]);
        assert_eq!(holding(&read, 0x3f), Some(read[1]));
        assert_eq!(holding(&read, 0x58), None);
        assert_eq!(end(&read), 0x58);
    }

    #[test]
    fn runs_outside_the_volume_or_without_an_end_are_damage() {
        for pairs in [
            &[0x11, 0x08, 0xff][..],               // before the volume
            &[0x41, 0x08, 0, 0, 0x20, 0],          // behind it
            &[0x11, 0x00, 0x05],                   // no length
            &[0x11, 0x80, 0x05],                   // a negative one
            &[0x21, 0x08],                         // cut short
            &[0x18, 1, 0, 0, 0, 0, 0, 0, 0x7f, 5], // no end
            &[0xff, 1, 2, 3],
        ] {
            assert!(matches!(runs(pairs), Err(Damage::Runs(_))), "{pairs:x?}");
        }
    }

    #[test]
    fn an_extension_continues_where_the_runs_before_it_end() {
        let mut all = runs(&[0x11, 0x10, 0x20, 0]).unwrap();
        decode(&[0x11, 0x08, 0x60, 0], 0x10, 0x10_0000, &mut all).unwrap();
        assert_eq!(all[1], Run { at: 0x10, cluster: Some(0x60), length: 8 });
        assert!(decode(&[0x11, 0x08, 0x60, 0], 0x10, 0x10_0000, &mut all).is_err());
    }
}
