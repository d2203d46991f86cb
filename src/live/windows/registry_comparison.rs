//! The registry as the running system reports it, compared with the same hive as its file has it: what hides from the first
//! is in the second.
//!
//! In: two readers of one hive. Out: what the file has in the places of autostarts and the running system does not report, or
//! reports with other data. A hive is written late: its file, with its logs, is seconds behind. So a key is compared where both
//! say that it was last changed at the same moment, and one that is not reported counts where that holds for the key
//! above it; others are counted as changed. Both are read twice, the running system always last, and a difference is one that
//! was there both times.

use std::collections::BTreeMap;

use super::found_starts::lower;
use crate::evidence::rows::registry_differences::{RegistryComparison, RegistryDifference};
use crate::evidence::{Digest, Exact, ReasonCode, Utc};
use crate::formats::hive::Value;
use crate::formats::windows_autostart_places::{In, SPOTS, What};
use crate::sources::registry_facts::{Contents, RegistryFacts, WalkLimits};

/// Most keys of a place, and of a hive.
const MAX_KEYS: usize = 20_000;
const MAX_COMPARED: usize = 100_000;

/// Most differences that become rows.
const MAX_DIFFERENCES: usize = 1_000;

/// Most bytes of a text in a row.
const MAX_TEXT: usize = 1_024;

/// The type of the value that makes a key a link, which the running system follows.
const LINK: u32 = 6;

/// Which keys of a hive are compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ComparedPlace {
    /// Below the hive; of SYSTEM below the control set.
    key: String,
    /// Levels of keys below it.
    depth: usize,
}

/// The places of autostarts in a hive.
pub(crate) fn places(hive: In) -> Vec<ComparedPlace> {
    let mut all = Vec::new();
    let mut add = |key: String, depth| all.push(ComparedPlace { key, depth });
    for spot in SPOTS {
        let depth = match spot.what {
            What::All | What::Named(_) => 0,
            What::Below(_) | What::AllBelow | What::Classes => 1,
            What::Within(depth, _) => depth.saturating_add(1),
        };
        match (hive, spot.hive) {
            (In::System, In::System) | (In::User, In::User) | (In::Software, In::Policies) => {
                add(spot.key.to_owned(), depth);
            }
            (In::Software, In::Software) => {
                for before in ["Microsoft", "WOW6432Node\\Microsoft"] {
                    add(format!("{before}\\{}", spot.key), depth);
                }
            }
            _ => {}
        }
    }
    match hive {
        // The keys of services have their libraries one level further down.
        In::System => add("Services".to_owned(), 2),
        In::Software => {
            add("Microsoft\\Windows NT\\CurrentVersion\\Schedule\\TaskCache\\Tree".to_owned(), 12);
        }
        _ => {}
    }
    all.sort_by(|a, b| (&a.key, b.depth).cmp(&(&b.key, a.depth)));
    all.dedup_by(|a, b| a.key == b.key);
    all
}

/// Compares a hive's file, as `raw` opens it, with what the running system reports.
pub(crate) fn compare(
    root: &str,
    raw: &dyn Fn() -> Box<dyn RegistryFacts>,
    reported: &mut dyn RegistryFacts,
    places: &[ComparedPlace],
) -> (RegistryComparison, Vec<RegistryDifference>) {
    let mut comparison = RegistryComparison { hive: root.to_owned(), ..RegistryComparison::default() };
    let mut once = || {
        let mut file = raw();
        let written = Snapshot::of(&mut *file, places);
        (Snapshot::of(reported, places), written)
    };
    let (now, written) = once();
    if written.keys.is_empty() {
        comparison.why = Some(written.unread.unwrap_or(ReasonCode::NotFound));
        return (comparison, Vec::new());
    }
    let mut found = written.lacking(&now, root, &mut comparison);
    if !found.is_empty() {
        comparison = RegistryComparison { hive: root.to_owned(), ..RegistryComparison::default() };
        let (now, written) = once();
        let again = written.lacking(&now, root, &mut comparison);
        found.retain(|difference| again.contains(difference));
    }
    comparison.why = written.unread;
    comparison.differences = u64::try_from(found.len()).unwrap_or(u64::MAX);
    (comparison, found)
}

/// A key at a moment.
struct KeyState {
    /// As spelled, from the hive on.
    path: Exact,
    written: Option<Utc>,
    /// By name in lower case; none of a key that is only there for those below it.
    values: BTreeMap<Vec<u8>, (Exact, ValueState)>,
}

/// A value at a moment.
#[derive(PartialEq, Eq)]
struct ValueState {
    kind: u32,
    digest: Digest,
    /// Its text, as far as it fits a row.
    text: Option<Exact>,
}

/// The places of a hive at a moment.
#[derive(Default)]
struct Snapshot {
    /// By path in lower case, without the control set.
    keys: BTreeMap<Vec<u8>, KeyState>,
    /// Keys that could not be read: what is below them is not known.
    denied: Vec<Vec<u8>>,
    unread: Option<ReasonCode>,
}

impl Snapshot {
    fn of(hive: &mut dyn RegistryFacts, places: &[ComparedPlace]) -> Self {
        let mut snapshot = Self::default();
        let control = if places.iter().any(|place| place.key == "Services") {
            format!("{}\\", hive.control_set())
        } else {
            String::new()
        };
        for ComparedPlace { key, depth } in places {
            let whole = format!("{control}{key}");
            let mut above = whole.as_str();
            while let Some((upper, _)) = above.rsplit_once('\\') {
                let is_known = upper
                    .get(control.len()..)
                    .is_none_or(|name| snapshot.keys.contains_key(&lower(name.as_bytes())));
                if !is_known && let Some(contents) = hive.contents(upper) {
                    snapshot.add(control.len(), upper.as_bytes(), contents, false);
                }
                above = upper;
            }
            if let Some(contents) = hive.contents(&whole) {
                snapshot.add(control.len(), whole.as_bytes(), contents, true);
            }
            if let Some(depth) = depth.checked_sub(1) {
                let limits = WalkLimits { depth, most: MAX_KEYS, whole: false };
                hive.walk(&whole, limits, &mut |path, contents| {
                    let path = [whole.as_bytes(), b"\\", &path.0].concat();
                    snapshot.add(control.len(), &path, contents, true);
                });
            }
        }
        let unread = hive.take_unread();
        snapshot.unread = unread.first.first().map(|unread| unread.code);
        let denied = unread.first.iter().map(|unread| unread.key.0.get(control.len()..).unwrap_or_default());
        snapshot.denied = denied.map(lower).collect();
        snapshot
    }

    fn add(&mut self, control: usize, path: &[u8], contents: Contents, compared: bool) {
        let Some(name) = path.get(control..) else { return };
        if self.keys.len() >= MAX_COMPARED {
            self.unread = Some(ReasonCode::Unsupported);
            return;
        }
        let is_link = contents.values.iter().any(|value| value.kind == LINK);
        let key = self.keys.entry(lower(name)).or_insert_with(|| KeyState {
            path: Exact::from(path),
            written: contents.written,
            values: BTreeMap::new(),
        });
        if compared && !is_link {
            let state = |value: Value| {
                let text = value.texts();
                let text = (!text.is_empty()).then(|| Exact::cut(text.join("\0").as_bytes(), MAX_TEXT).0);
                let state = ValueState { kind: value.kind, digest: Digest::of(&value.data), text };
                (lower(&value.name.0), (value.name, state))
            };
            key.values.extend(contents.values.into_iter().map(state));
        }
    }

    /// What this one has and `now` does not.
    fn lacking(
        &self,
        now: &Self,
        root: &str,
        comparison: &mut RegistryComparison,
    ) -> Vec<RegistryDifference> {
        let mut all = Vec::new();
        for (name, key) in &self.keys {
            let mut add = |difference: &'static str, value: Option<(&Exact, &ValueState)>, reported| {
                if all.len() < MAX_DIFFERENCES {
                    all.push(RegistryDifference {
                        difference: difference.into(),
                        registry_key: Exact([root.as_bytes(), b"\\", &key.path.0].concat()),
                        key: value.map(|(name, _)| name.clone()),
                        command: value.and_then(|(_, value)| value.text.clone()),
                        reported,
                        key_changed: key.written,
                    });
                }
            };
            let Some(reported) = now.keys.get(name) else {
                match self.above(now, name) {
                    Above::Same => add("key_not_reported", None, None),
                    Above::Changed => comparison.changed = comparison.changed.saturating_add(1),
                    // The key above is the difference, or could not be read.
                    Above::Lacking => {}
                }
                continue;
            };
            if key.written.is_none() || key.written != reported.written {
                comparison.changed = comparison.changed.saturating_add(1);
                continue;
            }
            comparison.keys = comparison.keys.saturating_add(1);
            for (called, (spelled, value)) in &key.values {
                comparison.values = comparison.values.saturating_add(1);
                match reported.values.get(called) {
                    // A value of this key was refused, and says so elsewhere.
                    None if now.denied.contains(name) => {}
                    None => add("value_not_reported", Some((spelled, value)), None),
                    Some((_, known)) if known == value => {}
                    Some((_, known)) => add("other_data", Some((spelled, value)), known.text.clone()),
                }
            }
        }
        all
    }

    /// How the key above one is in both.
    fn above(&self, now: &Self, name: &[u8]) -> Above {
        if now.denied.iter().any(|denied| denied == name) {
            return Above::Lacking;
        }
        let upper = name.iter().rposition(|byte| *byte == b'\\').and_then(|cut| name.get(..cut));
        let (Some(here), Some(there)) =
            (upper.and_then(|upper| self.keys.get(upper)), upper.and_then(|upper| now.keys.get(upper)))
        else {
            return Above::Lacking;
        };
        if here.written.is_some() && here.written == there.written { Above::Same } else { Above::Changed }
    }
}

/// How the key above one that is not reported stands.
enum Above {
    /// Both have it, in the same state.
    Same,
    /// It was changed since.
    Changed,
    /// It is not reported either, or the key itself could not be read.
    Lacking,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::windows::made_hive::MadeHive;

    const RUN: &str = "Microsoft\\Windows\\CurrentVersion\\Run";

    /// A hive whose key `Run` was changed at a moment.
    fn hive(at: i64, values: &[(&'static str, &'static str)]) -> MadeHive {
        let above = ["Microsoft", "Microsoft\\Windows", "Microsoft\\Windows\\CurrentVersion"];
        let made = above.iter().fold(MadeHive::default(), |made, key| made.with(key, 1, &[]));
        made.with(RUN, at, values)
    }

    fn told(raw: &MadeHive, reported: &MadeHive) -> (Vec<String>, RegistryComparison) {
        let open = || -> Box<dyn RegistryFacts> { Box::new(raw.clone()) };
        let (comparison, found) =
            compare("HKEY_LOCAL_MACHINE\\SOFTWARE", &open, &mut reported.clone(), &places(In::Software));
        let told = found.iter().map(|one| {
            let texts = [&one.key, &one.command, &one.reported];
            let texts: Vec<_> =
                texts.iter().map(|text| text.as_ref().map_or("-".into(), Exact::text)).collect();
            format!("{} {}", one.difference, texts.join(" "))
        });
        (told.collect(), comparison)
    }

    #[test]
    fn what_the_hive_holds_and_the_running_system_does_not_report_is_a_difference() {
        let raw = hive(7, &[("Goed", "g.exe"), ("Kwaad", "k.exe"), ("Anders", "echt.exe")]);
        let reported = hive(7, &[("GOED", "g.exe"), ("Anders", "lok.exe"), ("Vluchtig", "v.exe")]);
        let (found, comparison) = told(&raw, &reported);
        assert_eq!(found, ["other_data Anders echt.exe lok.exe", "value_not_reported Kwaad k.exe -"]);
        assert_eq!((comparison.differences, comparison.changed, comparison.why), (2, 0, None));
        assert_eq!((comparison.keys, comparison.values), (4, 3));
        let mut without = reported;
        without.keys.remove(RUN);
        assert_eq!(told(&raw, &without).0, ["key_not_reported - - -"]);
        assert_eq!(told(&raw, &raw).0, Vec::<String>::new());
    }

    #[test]
    fn what_was_changed_since_the_file_was_written_is_none() {
        let raw = hive(7, &[("Weg", "weg.exe")]);
        let (found, comparison) = told(&raw, &hive(8, &[]));
        assert_eq!((found.len(), comparison.changed), (0, 1));
        // The key was removed, which changed the one above it.
        let mut removed = hive(7, &[]).with("Microsoft\\Windows\\CurrentVersion", 9, &[]);
        removed.keys.remove(RUN);
        let (found, comparison) = told(&raw, &removed);
        assert_eq!((found.len(), comparison.changed), (0, 2));
    }

    #[test]
    fn a_key_that_is_refused_is_no_difference_and_a_file_that_cannot_be_read_says_why() {
        let raw = hive(7, &[("Kwaad", "k.exe")]);
        let mut refused = hive(7, &[]);
        refused.keys.remove(RUN);
        refused.denied.push(RUN);
        assert_eq!(told(&raw, &refused).0, Vec::<String>::new());
        let unreadable = MadeHive { denied: vec![""], ..MadeHive::default() };
        let (found, comparison) = told(&unreadable, &raw);
        assert_eq!((found.len(), comparison.why), (0, Some(ReasonCode::PermissionDenied)));
    }
}
