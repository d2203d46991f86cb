//! The result of scanning: how much of an item the rules saw, why not all of it, and the severity of the hits.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Item, Kind, Outcome, ReasonCode};

/// How an item was scanned.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scanned {
    /// Number of bytes that the rules saw.
    pub bytes: u64,
    /// Number of files in an archive that the rules saw.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub members: u64,
    /// Number of files in an archive, or of nested archives with an unknown number of files, that the rules did not
    /// see; the reasons are in `gap`.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub not_opened: u64,
    /// Why some of it was not scanned, or why rules were disabled; absent where all rules saw all bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap: Option<String>,
    /// The kind of that reason, for counting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Why rules did not see all of an item, or not all rules saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Only its beginning was kept for them.
    Size,
    /// They took too long.
    Time,
    /// The engine, or reading, failed.
    Error,
    /// All of it was seen as stored, but not all that is packed in it.
    Archive,
    /// All rules saw all of it, except those that were disabled for slowness.
    Rules,
    /// A kind that this version does not know.
    #[serde(other)]
    Other,
}

/// The scan result of an item. Each item has exactly one, so that the counts add up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// The rules saw all of it.
    Scanned,
    /// The rules saw only its beginning, or a size limit prevented reading.
    Size,
    /// It has no content: a directory, a link, a socket, a device.
    Type,
    /// The time limit of the rules or of reading was reached.
    Time,
    /// It could not be read, or the engine failed on it.
    Error,
    /// It does not exist.
    Absent,
    /// It was left out on purpose, for example because an earlier item has the same content.
    LeftOut,
    /// Nothing was scanned in this run.
    Off,
}

impl Fate {
    /// All of them, in the order in which reports count them.
    pub const ALL: [Self; 8] = [
        Self::Scanned,
        Self::Size,
        Self::Type,
        Self::Time,
        Self::Error,
        Self::Absent,
        Self::LeftOut,
        Self::Off,
    ];

    /// Returns its word in manifests and reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Scanned => "scanned",
            Self::Size => "size",
            Self::Type => "type",
            Self::Time => "time",
            Self::Error => "error",
            Self::Absent => "absent",
            Self::LeftOut => "left_out",
            Self::Off => "off",
        }
    }
}

impl Item {
    /// Returns the scan result of the item.
    #[must_use]
    pub fn fate(&self) -> Fate {
        let reason = self.reason.as_ref().filter(|_| self.outcome != Outcome::Collected);
        match reason.map(|reason| reason.code) {
            Some(ReasonCode::Timeout) => return Fate::Time,
            Some(ReasonCode::ReadError | ReasonCode::Internal) => return Fate::Error,
            _ => {}
        }
        match self.scan.as_ref().map(|scan| scan.cause) {
            Some(None | Some(Cause::Archive | Cause::Rules)) => return Fate::Scanned,
            Some(Some(Cause::Size)) => return Fate::Size,
            Some(Some(Cause::Time)) => return Fate::Time,
            Some(Some(Cause::Error | Cause::Other)) => return Fate::Error,
            None => {}
        }
        match (self.outcome, reason.map(|reason| reason.code)) {
            (Outcome::Missing, _) => Fate::Absent,
            (Outcome::Denied | Outcome::Failed, _) => Fate::Error,
            (
                Outcome::Skipped,
                Some(ReasonCode::SizeLimit | ReasonCode::ArtifactLimit | ReasonCode::OperatorLimit),
            ) => Fate::Size,
            (Outcome::Skipped, Some(ReasonCode::NotAFile)) => Fate::Type,
            (Outcome::Skipped, _) => Fate::LeftOut,
            _ if self.same_as.is_some() => Fate::LeftOut,
            (Outcome::Collected | Outcome::Partial, _) => match self.kind {
                Kind::File | Kind::Stream | Kind::Rows | Kind::Process | Kind::Unknown => Fate::Off,
                Kind::Directory | Kind::Link | Kind::Fifo | Kind::Socket | Kind::Device => Fate::Type,
            },
        }
    }
}

/// Most reasons for which files inside archives were not opened that are counted one by one.
const REASONS: usize = 20;

/// Number of items per scan result, and per level.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ScanCounts {
    /// Number of items.
    pub items: u64,
    /// Number per scan result, without zeros; together they are all items.
    pub fates: BTreeMap<String, u64>,
    /// Number of files inside archives that the rules saw.
    pub members: u64,
    /// Number of files inside archives that they did not see.
    pub not_opened: u64,
    /// The number of items per reason; reasons beyond the limit are counted in the field above only.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub not_opened_why: BTreeMap<String, u64>,
    /// Number of items with hits, per level.
    pub levels: BTreeMap<String, u64>,
}

impl ScanCounts {
    /// Returns the number of items with a scan result.
    #[must_use]
    pub fn of(&self, fate: Fate) -> u64 {
        self.fates.get(fate.word()).copied().unwrap_or_default()
    }

    /// Returns the number of items of a level.
    #[must_use]
    pub fn at(&self, level: Level) -> u64 {
        self.levels.get(level.word()).copied().unwrap_or_default()
    }

    /// Counts an item.
    pub fn add(&mut self, item: &Item) {
        self.items = self.items.saturating_add(1);
        count(&mut self.fates, item.fate().word());
        let members = item.scan.as_ref().map_or(0, |scan| scan.members);
        self.members = self.members.saturating_add(members);
        let not_opened = item.scan.as_ref().map_or(0, |scan| scan.not_opened);
        self.not_opened = self.not_opened.saturating_add(not_opened);
        let gap = item.scan.as_ref().filter(|scan| scan.not_opened > 0).and_then(|scan| scan.gap.as_deref());
        for why in gap.iter().flat_map(|gap| gap.split("; ")) {
            // Its number of files is of this item.
            let why = why.rsplit_once(" (").filter(|(_, end)| end.ends_with(')')).map_or(why, |(why, _)| why);
            if self.not_opened_why.contains_key(why) || self.not_opened_why.len() < REASONS {
                count(&mut self.not_opened_why, why);
            }
        }
        if let Some(assessment) = item.assessment {
            count(&mut self.levels, assessment.level.word());
        }
    }
}

fn count(counts: &mut BTreeMap<String, u64>, word: &str) {
    match counts.get_mut(word) {
        Some(number) => *number = number.saturating_add(1),
        None => drop(counts.insert(word.to_owned(), 1)),
    }
}

/// The severity of all hits of an item together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessment {
    /// 0 to 100, as `scan` combines the scores of the hits.
    pub score: u8,
    /// The urgency.
    pub level: Level,
}

/// The urgency of a score. Additions are new variants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Hits that prove little by themselves.
    Info,
    /// Worth a look when there is time.
    Notice,
    /// To be examined.
    Warning,
    /// To be acted on now.
    Alert,
}

impl Level {
    /// All levels, the most urgent first.
    pub const ALL: [Self; 4] = [Self::Alert, Self::Warning, Self::Notice, Self::Info];

    /// Returns the level of a score: alert from 80, warning from 60, notice from 40 on.
    #[must_use]
    pub const fn of(score: u8) -> Self {
        match score {
            80.. => Self::Alert,
            60..80 => Self::Warning,
            40..60 => Self::Notice,
            0..40 => Self::Info,
        }
    }

    /// Returns its word in records, manifests and reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Alert => "alert",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_begin_at_their_thresholds() {
        for (score, level) in [
            (0, Level::Info),
            (39, Level::Info),
            (40, Level::Notice),
            (59, Level::Notice),
            (60, Level::Warning),
            (79, Level::Warning),
            (80, Level::Alert),
            (100, Level::Alert),
        ] {
            assert_eq!(Level::of(score), level, "{score}");
        }
    }
}
