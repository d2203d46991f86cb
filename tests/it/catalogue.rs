//! The embedded playbooks and artifacts as a whole: nothing without its handling, every playbook usable, both languages.

use veldkit::evidence::PersonalData;
use veldkit::playbook::{Catalogue, Plan, Request, Source, TargetOs, Volatility};

const PLAYBOOKS: [&str; 8] = [
    "quick",
    "linux-server",
    "ransomware",
    "webshell",
    "account-compromise",
    "active-directory",
    "full",
    "secrets",
];

fn plan(playbook: &str, os: TargetOs) -> Plan {
    let request = Request {
        playbooks: vec![playbook.to_owned()],
        artifacts: Vec::new(),
        paths: Vec::new(),
        leave_out: None,
    };
    Catalogue::embedded().unwrap().plan(&request, os).unwrap()
}

#[test]
fn every_artifact_has_its_handling_and_the_catalogue_no_fault() {
    let catalogue = Catalogue::embedded().unwrap();
    let faults: Vec<_> = catalogue.faults().iter().map(ToString::to_string).collect();
    assert!(faults.is_empty(), "{faults:#?}");
    let without: Vec<_> = catalogue
        .artifacts()
        .filter(|artifact| catalogue.handling(&artifact.name).is_none())
        .map(|artifact| artifact.name.as_str())
        .collect();
    assert!(without.is_empty(), "{without:?}");
}

#[test]
fn every_artifact_stands_in_a_playbook() {
    let mut planned = std::collections::BTreeSet::new();
    for playbook in PLAYBOOKS {
        for os in [TargetOs::Linux, TargetOs::Windows] {
            planned.extend(plan(playbook, os).steps.into_iter().map(|step| step.artifact));
        }
    }
    let catalogue = Catalogue::embedded().unwrap();
    let forgotten: Vec<_> = catalogue
        .artifacts()
        .map(|artifact| &artifact.name)
        .filter(|name| !planned.contains(*name))
        .collect();
    assert!(forgotten.is_empty(), "{forgotten:?}");
}

#[test]
fn every_playbook_speaks_both_languages_and_says_whom_to_call() {
    let catalogue = Catalogue::embedded().unwrap();
    for name in PLAYBOOKS {
        let playbook = catalogue.playbook(name).unwrap();
        for text in playbook.notes.iter().chain([&playbook.title, &playbook.description]) {
            assert!(!text.nl.is_empty() && !text.en.is_empty() && text.nl != "x", "{name}");
        }
        assert!(playbook.notes.iter().any(|note| note.nl.contains("070 204 55 11")), "{name}");
    }
}

#[test]
fn what_is_lost_first_is_taken_first_and_the_context_is_never_missing() {
    for playbook in PLAYBOOKS {
        for (os, context) in
            [(TargetOs::Linux, "LinuxContextFolders"), (TargetOs::Windows, "WindowsSystemHives")]
        {
            let steps = plan(playbook, os).steps;
            assert!(steps.is_sorted_by_key(|step| step.volatility), "{playbook}");
            assert!(steps.iter().any(|step| step.artifact == context), "{playbook} lacks {context}");
        }
    }
    let first = plan("quick", TargetOs::Linux).steps.remove(0);
    assert_eq!(first.volatility, Volatility::Processes);
}

#[test]
fn secrets_are_taken_only_where_they_are_asked_for() {
    const SECRET: [&str; 5] =
        ["LinuxShadow", "LinuxProcEnvironment", "WindowsNtds", "WindowsOutlookStores", "WindowsMemoryFiles"];
    for playbook in PLAYBOOKS.into_iter().filter(|name| *name != "secrets") {
        for os in [TargetOs::Linux, TargetOs::Windows] {
            for step in plan(playbook, os).steps {
                assert!(!SECRET.contains(&step.artifact.as_str()), "{playbook} takes {}", step.artifact);
            }
        }
    }
    let asked: Vec<_> = plan("secrets", TargetOs::Linux).steps;
    let shadow = asked.iter().find(|step| step.artifact == "LinuxShadow").unwrap();
    assert_eq!(shadow.personal_data, PersonalData::High);
}

#[test]
fn the_configuration_of_linux_is_taken_without_its_password_hashes() {
    let steps = plan("linux-server", TargetOs::Linux).steps;
    let etc = steps.iter().find(|step| step.artifact == "LinuxEtc").unwrap();
    assert!(etc.except.iter().any(|pattern| pattern.text == "/etc/shadow*"));
    assert!(matches!(etc.sources.as_slice(), [Source::Files(patterns), ..] if !patterns.is_empty()));
}
