//! `--dry-run`: what would be taken, artifact by artifact, and how long it may take. Nothing is read or written.

use serde_json::json;
use std::time::Duration;

use super::Inquiry;
use super::arguments::Collect;
use crate::acquisition::{Clock, Survey, SurveyLimits, survey};
use crate::bundle::deflate::Deflater;
use crate::cli::{Console, Exit};
use crate::playbook::Plan;
use crate::text::collect::dry_run as text;
use crate::text::layout::{data, number, value};
use crate::text::outcome::personal_data;
use crate::text::phrases::Phrase;
use crate::text::{ByteSize, Sentence};

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
        console.answer_all(&table(&survey, plan, expected));
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

fn table(survey: &Survey, plan: &Plan, expected: Duration) -> Vec<Sentence> {
    let mut lines = vec![text::row(&text::artifact(), &text::items(), &text::size(), &text::personal_data())];
    lines.extend(survey.steps.iter().map(|step| {
        let size = value(&ByteSize(step.bytes));
        text::row(&data(&step.artifact), &number(step.items), &size, &personal_data(step.personal_data))
    }));
    let excluded = plan.excluded.iter();
    lines
        .extend(excluded.map(|excluded| text::left_out(&data(&excluded.artifact), Phrase(&excluded.reason))));
    let (swept, bytes) = survey.swept();
    lines.extend((swept > 0).then(|| text::swept(swept, ByteSize(bytes))));
    lines.push(text::together(survey.items(), ByteSize(survey.bytes()), expected));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::acquisition::StepSurvey;
    use crate::evidence::PersonalData;
    use crate::playbook::Excluded;
    use crate::text::golden::assert_golden;

    #[test]
    fn what_would_be_collected_is_the_golden_text() {
        let step = |artifact: &str, personal_data, swept, items, bytes| StepSurvey {
            artifact: artifact.to_owned(),
            personal_data,
            swept,
            items,
            bytes,
            missing: 0,
            denied: 0,
        };
        let survey = Survey {
            steps: vec![
                step("LiveProcesses", PersonalData::Low, false, 1, 131_072),
                step("LinuxAuthLogs", PersonalData::High, false, 12_345, 3 << 30),
                step("veldkit:sweep", PersonalData::None, true, 1, 512),
            ],
            cut: false,
        };
        let excluded =
            Excluded { artifact: "BrowserHistory".to_owned(), reason: "--exclude-personal-data".to_owned() };
        let plan = Plan { excluded: vec![excluded], ..Plan::default() };
        assert_golden("dry_run", &table(&survey, &plan, Duration::from_secs(200)));
    }
}
