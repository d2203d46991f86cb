//! Everything that is held against one item: rules on what it holds, rules on what is packed in it, and how bad all that
//! fired is together. Collecting, sweeping and looking through a bundle again come through here.
//!
//! In: what the item is called, and its content as far as it was kept. Out: what was seen of it, and the hits.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::time::Duration;

use super::archive;
use super::archive::{Member, WasSeen};
use super::engine::{Scan, ScanGap};
use super::indicators::Indicators;
use super::{Bytes, Facts, Scanner, assess, filetype};
use crate::evidence::{Assessment, Cause, Hit, Scanned};
use crate::sys::Stopwatch;

/// Hits that a record names; a library of documents that each fire fills no checkpoint.
const HITS: usize = 256;

/// An item that is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// Its whole path on the target.
    pub path: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Name of its owner; empty where that is not known.
    pub owner: &'a str,
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Examined {
    /// What was seen of it.
    pub scanned: Scanned,
    /// What fired.
    pub hits: Vec<Hit>,
    /// How bad that is together; nothing where nothing fired.
    pub assessment: Option<Assessment>,
}

impl Examined {
    /// What is said of an item for which there was no memory, since scans that were left behind hold it.
    #[must_use]
    pub fn unseen() -> Self {
        let gap = "not scanned: rules that took too long on items before it still hold the memory for it";
        let (gap, cause) = (Some(gap.to_owned()), Some(Cause::Time));
        Self { scanned: Scanned { gap, cause, ..Scanned::default() }, ..Self::default() }
    }
}

impl Scanner {
    /// Looks at an item, of which `content` is all, or where `whole` is false the beginning. The indicators are held
    /// against what is packed in it; against the item itself whoever has its digests holds them.
    #[must_use]
    pub fn examine(
        &self,
        subject: &Subject<'_>,
        content: &Bytes,
        whole: bool,
        indicators: Option<&Indicators>,
    ) -> Examined {
        let watch = Stopwatch::start();
        let Scan { mut hits, gap, unseen } =
            self.scan(content, &facts(subject.name, subject.path, subject.owner, content));
        let mut gaps: Vec<ScanGap> = gap.into_iter().collect();
        let (mut members, mut not_opened) = (0, 0);
        if let Some(gate) = self.archives.as_ref().filter(|_| archive::is_archive(content)) {
            let _inside = gate.enter();
            let wanted = indicators.map(Indicators::wanted);
            let report = archive::walk(subject.name, content, whole, wanted, &mut |member| {
                let left = self.item_limit().saturating_sub(watch.elapsed());
                if left.is_zero() {
                    gaps.push(ScanGap::timeout(self.item_limit()));
                    return ControlFlow::Break(WasSeen::No);
                }
                let scan = self.member(subject, member, left);
                gaps.extend(scan.gap);
                let met = match indicators {
                    Some(indicators) => indicators.member(member.path, member.digests, scan.hits),
                    None => scan.hits,
                };
                hits.extend(met.into_iter().map(|hit| Hit { inner: Some(member.path.to_owned()), ..hit }));
                if hits.len() > HITS { ControlFlow::Break(WasSeen::Yes) } else { ControlFlow::Continue(()) }
            });
            (members, not_opened) = (report.scanned(), report.not_opened());
            gaps.extend(report.sentence().map(|text| ScanGap::new(Cause::Archive, text)));
        }
        if hits.len() > HITS {
            hits.truncate(HITS);
            gaps.push(ScanGap::new(
                Cause::Archive,
                format!("more than {HITS} hits: it was not scanned further"),
            ));
        }
        if !whole {
            gaps.push(ScanGap::new(
                Cause::Size,
                format!("only the first {} bytes were scanned", content.len()),
            ));
        }
        let set_aside = self.set_aside().len();
        if set_aside > 0 && gaps.is_empty() {
            gaps.push(ScanGap::new(
                Cause::Rules,
                format!("without {set_aside} rules that were set aside as too slow"),
            ));
        }
        let bytes = if unseen { 0 } else { u64::try_from(content.len()).unwrap_or(u64::MAX) };
        let (gap, cause) = together(&gaps);
        let assessment = assess(&hits);
        Examined { scanned: Scanned { bytes, members, not_opened, gap, cause }, hits, assessment }
    }

    /// Holds the rules against a file inside an archive, where it could be opened.
    fn member(&self, subject: &Subject<'_>, member: &Member<'_>, left: Duration) -> Scan {
        let Some(content) = member.content else { return Scan::default() };
        let path = format!("{}!{}", subject.path, member.path);
        self.scan_within(content, &facts(name_of(member), &path, subject.owner, content), left)
    }
}

fn facts<'a>(name: &'a str, path: &'a str, owner: &'a str, content: &[u8]) -> Facts<'a> {
    let extension = name.rfind('.').and_then(|dot| name.get(dot..)).unwrap_or_default();
    Facts { filename: name, filepath: path, extension, filetype: filetype::of(content), owner }
}

fn name_of<'a>(member: &Member<'a>) -> &'a str {
    member.path.rsplit(['/', '\\', '!']).next().unwrap_or(member.path)
}

/// All gaps as one sentence, and the kind that counts: what kept rules from most of it. One without words is none.
fn together(gaps: &[ScanGap]) -> (Option<String>, Option<Cause>) {
    let gaps: Vec<&ScanGap> = gaps.iter().filter(|gap| !gap.detail.is_empty()).collect();
    let order = [Cause::Error, Cause::Time, Cause::Size, Cause::Archive, Cause::Rules];
    let cause = order.into_iter().find(|cause| gaps.iter().any(|gap| gap.cause == *cause));
    let mut said = BTreeSet::new();
    let texts = gaps.iter().map(|gap| gap.detail.as_str()).filter(|text| said.insert(*text)).take(8);
    let text = texts.collect::<Vec<_>>().join("; ");
    (Some(text).filter(|text| !text.is_empty()), cause)
}
