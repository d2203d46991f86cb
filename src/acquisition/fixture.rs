//! A tree on disk and a run over it, for the unit tests of this module.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};

use super::budget::{Budget, PIECE};
use super::clock::Clock;
use super::context::{RunContext, Settings};
use super::delivery::Delivery;
use super::job::{Draft, Job};
use super::progress::Progress;
use super::stop::Stop;
use crate::evidence::{PersonalData, Utc};
use crate::playbook::{Mode, Plan, plan_to_look};
use crate::scan::indicators::{Indicators, read_bytes};
use crate::scan::{EngineKind, RuleSource, Scanner};
use crate::sources::{Finding, Found, Target};

/// The one file of the tree.
const NAME: &str = "item.bin";

pub(super) struct Fixture {
    directory: tempfile::TempDir,
    target: Target,
    plan: Plan,
    found: Found,
    clock: Clock,
    progress: Progress,
    pub(super) stop: Stop,
    scanner: Option<Scanner>,
    indicators: Option<Indicators>,
    pub(super) max_file_size: Option<u64>,
}

impl Fixture {
    /// A run over one file with this content.
    pub(super) fn of(content: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(NAME), content).unwrap();
        let target = Target::tree(folder.path()).unwrap();
        let plan = plan_to_look(&[format!("/{NAME}")], None, target.os());
        let found = find(&target, &plan);
        Self {
            directory: folder,
            target,
            plan,
            found,
            clock: Clock::start(),
            progress: Progress::default(),
            stop: Stop::new(),
            scanner: None,
            indicators: None,
            max_file_size: None,
        }
    }

    /// The same with the embedded rules.
    pub(super) fn scanned(mut self) -> Self {
        self.scanner = Some(Scanner::compile(&[RuleSource::Embedded], EngineKind::Boreal).unwrap());
        self
    }

    /// A run over the master file table of a disk that changes so many times while it is read.
    pub(super) fn above_a_restless_disk(changes: u32) -> Self {
        let mut fixture = Self::of(b"");
        fixture.target = Target::tree(fixture.directory.path()).unwrap().above_a_restless_disk(changes);
        fixture.found = fixture.target.look(0, b"$MFT".to_vec(), None).unwrap();
        fixture
    }

    /// The same with this list of indicators.
    pub(super) fn listed(mut self, list: &str) -> Self {
        self.indicators = Some(read_bytes(list.as_bytes(), None, Utc::from_unix(0, 0).unwrap()));
        self
    }

    /// A run that collects the file, and this many further ones with the same content.
    pub(super) fn collected_with(mut self, further: usize) -> Self {
        let root = self.directory.path();
        for number in 0..further {
            std::fs::hard_link(root.join(NAME), root.join(format!("{number}.bin"))).unwrap();
        }
        self.target = Target::tree(root).unwrap();
        self.plan = plan_to_look(&["/*.bin".to_owned()], None, self.target.os());
        self.plan.steps[0].mode = Mode::Collect;
        self
    }

    pub(super) fn run(&self) -> RunContext<'_> {
        let settings = Settings {
            threads: 1,
            scanner: self.scanner.as_ref(),
            indicators: self.indicators.as_ref(),
            level: 1,
            time_limit: None,
            size_limit: None,
            max_file_size: self.max_file_size,
        };
        let Self { target, plan, clock, progress, stop, .. } = self;
        RunContext { plan, target, settings, clock, progress, stop }
    }

    /// The file as a job, and where its delivery comes out.
    pub(super) fn job(&self) -> (Job, Receiver<Delivery>) {
        let (reply, delivery) = sync_channel(1);
        let draft = Draft { number: 1, artifact: Arc::from("Test"), personal_data: PersonalData::None };
        let share = Arc::new(Budget::new(1 << 20).take(1, 0));
        (Job::new(self.found.clone(), draft, share, reply), delivery)
    }
}

/// The file of the tree: a target hands out each item once.
fn find(target: &Target, plan: &Plan) -> Found {
    let mut found = None;
    crate::live::find_step(target, &plan.steps[0], &mut |finding| {
        if let Finding::Found(file) = finding {
            found = Some(file);
        }
        ControlFlow::Continue(())
    });
    found.unwrap()
}

/// Content of this many pieces and some more, that deflates and differs everywhere.
pub(super) fn content(pieces: usize) -> Vec<u8> {
    (0_u32..).flat_map(u32::to_le_bytes).take(pieces * PIECE + 1_000).collect()
}
