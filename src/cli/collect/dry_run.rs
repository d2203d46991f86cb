//! `--dry-run`: what would be taken, artifact by artifact, and how long it may take. Nothing is read or written.

use indicatif::{HumanBytes, HumanCount, HumanDuration};
use serde_json::json;
use std::time::Duration;

use super::Inquiry;
use super::arguments::Collect;
use crate::acquisition::{Clock, Survey, SurveyLimits, survey};
use crate::bundle::deflate::Deflater;
use crate::cli::{Console, Exit};
use crate::evidence::{PersonalData, Printable};
use crate::playbook::Plan;
use crate::text::phrases::Phrase;
use crate::text::{Language, Localized as _};

/// How much is deflated to learn this machine's speed.
const SAMPLE: usize = 4 << 20;

/// What opening and recording one item costs, whatever its size: seen between 20 and 80 µs on a quiet disk.
const PER_ITEM: Duration = Duration::from_micros(80);

/// Scanning costs about as much as deflating at level 1, twice over, with thousands of rules.
const SCAN_FACTOR: u64 = 3;

/// Carries out `collect --dry-run`.
pub(super) fn run(inquiry: &Inquiry<'_>, console: &mut Console<'_>) -> Exit {
    let Inquiry { arguments, plan, target, clock, stop, .. } = *inquiry;
    let limits = SurveyLimits { max_file_size: arguments.limits.max_file_size, time: None };
    let survey = survey(plan, target, limits, clock, stop);
    let expected = expected_time(&survey, arguments, clock);
    if arguments.json {
        console.result(as_json(&survey, plan, expected));
    } else {
        for line in table(&survey, plan, expected, console.lang) {
            console.result(line);
        }
    }
    if survey.cut { Exit::Interrupted } else { Exit::Done }
}

fn as_json(survey: &Survey, plan: &Plan, expected: Duration) -> serde_json::Value {
    let artifacts: Vec<_> = survey
        .steps
        .iter()
        .map(|step| {
            json!({
                "artifact": step.artifact, "personal_data": step.personal_data, "swept": step.swept,
                "items": step.items, "bytes": step.bytes, "missing": step.missing, "denied": step.denied,
            })
        })
        .collect();
    json!({
        "dry_run": true, "artifacts": artifacts, "items": survey.items(), "bytes": survey.bytes(),
        "swept": { "items": survey.swept().0, "bytes": survey.swept().1 },
        "excluded": plan.excluded, "expected_seconds": expected.as_secs(), "complete": !survey.cut,
    })
}

fn table(survey: &Survey, plan: &Plan, expected: Duration, lang: Language) -> Vec<String> {
    let (nl, en) = (
        ("artefact", "items", "grootte", "persoonsgegevens"),
        ("artifact", "items", "size", "personal data"),
    );
    let (artifact, items, size, class) = lang.pick(nl, en);
    let mut lines = vec![format!("{artifact:<44} {items:>10} {size:>12}  {class}")];
    for step in &survey.steps {
        let name = Printable(&step.artifact).to_string();
        let (items, size) = (HumanCount(step.items).to_string(), HumanBytes(step.bytes).to_string());
        let class = match step.personal_data {
            PersonalData::None => lang.pick("geen", "none"),
            PersonalData::Low => lang.pick("laag", "low"),
            PersonalData::High => lang.pick("hoog", "high"),
        };
        lines.push(format!("{name:<44} {items:>10} {size:>12}  {class}"));
    }
    for excluded in &plan.excluded {
        let word = lang.pick("niet genomen", "left out");
        let reason = Phrase(&excluded.reason).written(lang);
        lines.push(format!("{:<44} {word}: {reason}", Printable(&excluded.artifact).to_string()));
    }
    let (swept, looked_at) = survey.swept();
    if swept > 0 {
        let (swept, looked_at) = (HumanCount(swept), HumanBytes(looked_at));
        lines.push(lang.pick(
            format!("doorzocht, en alleen genomen waarop iets afgaat: {swept} items, {looked_at}"),
            format!("looked through, and taken only where something fires: {swept} items, {looked_at}"),
        ));
    }
    let (items, bytes) = (HumanCount(survey.items()), HumanBytes(survey.bytes()));
    let expected = HumanDuration(expected);
    lines.push(match lang {
        Language::Nl => format!(
            "samen {items} items, {bytes}; verwachte duur ongeveer {expected}, als de stick het bijhoudt"
        ),
        Language::En => {
            format!("together {items} items, {bytes}; expected time about {expected}, if the stick keeps up")
        }
    });
    lines
}

/// Deflates a sample to learn this machine's speed, and multiplies.
fn expected_time(survey: &Survey, arguments: &Collect, clock: &Clock) -> Duration {
    let mut deflater = Deflater::new(arguments.destination.level);
    let sample: Vec<u8> =
        (0..SAMPLE).map(|index| (index.wrapping_mul(2_654_435_761) >> 13).to_le_bytes()[0] & 0x3f).collect();
    let begun = clock.elapsed();
    let mut out = Vec::with_capacity(SAMPLE);
    deflater.whole(&sample, &mut out);
    let spent = clock.elapsed().saturating_sub(begun);

    let threads = super::workers(arguments.limits.threads, false);
    let factor = if arguments.scanning.no_scan { 1 } else { SCAN_FACTOR };
    let sample_size = u64::try_from(SAMPLE).unwrap_or(1);
    // What is swept is read and scanned, and not deflated.
    let (swept, looked_at) = survey.swept();
    let work = survey
        .bytes()
        .saturating_mul(factor)
        .saturating_add(looked_at.saturating_mul(factor.saturating_sub(1)));
    let samples = work.checked_div(sample_size).unwrap_or(0);
    let items = u32::try_from(survey.items().saturating_add(swept)).unwrap_or(u32::MAX);
    spent
        .saturating_mul(u32::try_from(samples).unwrap_or(u32::MAX))
        .saturating_add(PER_ITEM.saturating_mul(items))
        .checked_div(u32::try_from(threads.max(1)).unwrap_or(1))
        .unwrap_or_default()
}
