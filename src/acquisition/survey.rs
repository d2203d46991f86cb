//! Estimates what a run would collect, without reading any of it: for `--dry-run` and for the free space at the
//! destination.

use std::ops::ControlFlow;
use std::time::Duration;

use super::clock::Clock;
use super::stop::Stop;
use crate::evidence::{Kind, Outcome, PersonalData};
use crate::live;
use crate::playbook::{Limits, Mode, Plan};
use crate::sources::{Finding, Target};

/// The estimate for one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepSurvey {
    /// The artifact.
    pub artifact: String,
    /// Its class of personal data.
    pub personal_data: PersonalData,
    /// Whether it is a sweep: of its items only those with hits are collected.
    pub swept: bool,
    /// Items with content.
    pub items: u64,
    /// Their bytes, by the sizes that the target reports; holes are not counted where it reports the space they take.
    pub bytes: u64,
    /// Patterns that match nothing.
    pub missing: u64,
    /// Places that may not be read.
    pub denied: u64,
}

/// The estimate for a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survey {
    /// In the order of the plan.
    pub steps: Vec<StepSurvey>,
    /// Whether it was cut short, so that there is more.
    pub cut: bool,
}

impl Survey {
    /// Returns the number of items with content that are collected.
    #[must_use]
    pub fn items(&self) -> u64 {
        self.taken().fold(0, |sum, step| sum.saturating_add(step.items))
    }

    /// Their bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.taken().fold(0, |sum, step| sum.saturating_add(step.bytes))
    }

    /// Items that are only inspected, and their bytes.
    #[must_use]
    pub fn swept(&self) -> (u64, u64) {
        let swept = self.steps.iter().filter(|step| step.swept);
        swept.fold((0, 0), |(items, bytes), step| {
            (items.saturating_add(step.items), bytes.saturating_add(step.bytes))
        })
    }

    fn taken(&self) -> impl Iterator<Item = &StepSurvey> {
        self.steps.iter().filter(|step| !step.swept)
    }
}

/// Limits of a survey.
#[derive(Debug, Clone, Copy, Default)]
pub struct SurveyLimits {
    /// Items larger than this are not counted, since they would be skipped.
    pub max_file_size: Option<u64>,
    /// The survey ends this long after the run began.
    pub time: Option<Duration>,
}

/// Searches for everything in the plan and counts it. Ends early when `stop` is set or the time is over.
pub fn survey(plan: &Plan, target: &Target, limits: SurveyLimits, clock: &Clock, stop: &Stop) -> Survey {
    let mut survey = Survey::default();
    let over = || stop.reason().is_some() || limits.time.is_some_and(|limit| clock.elapsed() >= limit);
    for step in &plan.steps {
        let mut count = StepSurvey {
            artifact: step.artifact.clone(),
            personal_data: step.personal_data,
            swept: step.mode == Mode::Sweep,
            items: 0,
            bytes: 0,
            missing: 0,
            denied: 0,
        };
        live::find_step_while(target, step, &|| !over(), &mut |finding| {
            count.add(&finding, step.limits, limits.max_file_size);
            if over() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        survey.steps.push(count);
        if over() {
            survey.cut = true;
            break;
        }
    }
    survey
}

impl StepSurvey {
    fn add(&mut self, finding: &Finding, limits: Limits, max_file_size: Option<u64>) {
        let count = match finding {
            Finding::Found(found) if matches!(found.kind, Kind::File | Kind::Stream | Kind::Rows) => {
                let size = found.metadata.size.unwrap_or(0);
                let largest = limits.max_file_size.into_iter().chain(max_file_size).min();
                if largest.is_some_and(|largest| size > largest) {
                    return;
                }
                self.bytes = self.bytes.saturating_add(size);
                &mut self.items
            }
            Finding::Gap(gap) if gap.outcome == Outcome::Missing => &mut self.missing,
            Finding::Gap(gap) if gap.outcome == Outcome::Denied => &mut self.denied,
            Finding::Found(_) | Finding::Gap(_) => return,
        };
        *count = count.saturating_add(1);
    }
}
