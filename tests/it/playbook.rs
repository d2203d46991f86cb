//! `veldkit playbook`, and what becomes of requests that are wrong.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;
use veldkit::evidence::PersonalData;
use veldkit::playbook::{Catalogue, Error, Limits, PATH_ARTIFACT, Request, TargetOs, Volatility};

use crate::made::assert_golden;

fn veldkit(arguments: &[&str]) -> (String, String, i32) {
    let output = Command::new(env!("CARGO_BIN_EXE_veldkit")).args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code().unwrap())
}

fn request(playbooks: &[&str], artifacts: &[&str]) -> Request {
    let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    Request { playbooks: owned(playbooks), artifacts: owned(artifacts), ..Request::default() }
}

fn with(text: &str) -> Catalogue {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("own.yaml"), text).unwrap();
    let mut catalogue = Catalogue::embedded().unwrap();
    catalogue.add(folder.path()).unwrap();
    catalogue
}

fn artifact(name: &str) -> String {
    format!("---\nname: {name}\ndoc: d\nsources:\n- type: FILE\n  attributes: {{paths: ['/{name}']}}\n")
}

fn group(name: &str, members: &str) -> String {
    format!(
        "---\nname: {name}\ndoc: d\nsources:\n- type: ARTIFACT_GROUP\n  attributes: {{names: [{members}]}}\n"
    )
}

fn playbook(name: &str, rest: &str) -> String {
    format!(
        "---\nplaybook: {name}\nversion: 1\ntitle: {{nl: t, en: t}}\ndescription: {{nl: d, en: d}}\n{rest}\n"
    )
}

#[test]
fn show_prints_the_golden_text_of_steps_limits_and_notes() {
    let screens = ["windows", "linux"].map(|system| {
        ["nl", "en"].map(|lang| {
            let (out, err, code) =
                veldkit(&["playbook", "show", "quick", "--system", system, "--lang", lang]);
            assert_eq!((err.as_str(), code), ("", 0));
            let name = if system == "linux" { "playbook_quick_linux" } else { "playbook_quick_windows" };
            (format!("{name}.{lang}.txt"), out)
        })
    });
    assert_golden(screens.concat());
}

#[test]
fn list_prints_the_golden_text_and_all_of_it_as_json() {
    let (out, _, code) = veldkit(&["playbook", "list", "--lang", "en"]);
    assert_eq!(code, 0);
    let dutch = veldkit(&["playbook", "list", "--lang", "nl"]).0;
    assert_golden([
        ("playbook_list.en.txt".to_owned(), out.clone()),
        ("playbook_list.nl.txt".to_owned(), dutch),
    ]);
    let (json, _, _) = veldkit(&["playbook", "list", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let catalogue = Catalogue::embedded().unwrap();
    assert_eq!(json["playbooks"].as_array().unwrap().len(), catalogue.playbooks().count());
    assert_eq!(json["artifacts"].as_array().unwrap().len(), catalogue.artifacts().count());
    for name in
        ["quick", "linux-server", "ransomware", "webshell", "account-compromise", "active-directory", "full"]
    {
        assert!(out.contains(name), "{name}");
    }
    assert!(out.contains("LinuxShadowFiles") && out.contains("only when asked for"));
}

#[test]
fn check_reports_every_fault_with_file_and_line_and_exits_with_1() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("own.yaml");
    fs::write(
        &file,
        format!(
            "{}---\nname: B\ndoc: c\nsources:\n- type: FOLDER\n  attributes: {{}}\n---\nname: [\n",
            artifact("A")
        ),
    )
    .unwrap();
    let path = file.to_str().unwrap();
    let (out, _, code) = veldkit(&["playbook", "check", path]);
    assert_eq!(code, 1);
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines.len(), 2, "{out}");
    assert!(lines[0].starts_with(&format!("{path}:11:9: expected ARTIFACT_GROUP")), "{out}");
    assert!(lines[0].ends_with("found 'FOLDER'"), "{out}");
    assert!(lines[1].starts_with(&format!("{path}:1")), "{out}");

    fs::write(&file, playbook("own", "artifacts: [LinuxAuthLog, LinuxShadowFiles]")).unwrap();
    let (out, _, code) = veldkit(&["playbook", "check", path]);
    assert_eq!(code, 1);
    assert!(out.contains("found 'LinuxAuthLog' (did you mean LinuxAuthLogs"), "{out}");
    assert!(
        out.contains("expected 'opt_in: true' in the playbook that collects 'LinuxShadowFiles'"),
        "{out}"
    );

    fs::write(&file, playbook("own", "artifacts: [LinuxAuthLogs]")).unwrap();
    let (out, _, code) = veldkit(&["playbook", "check", path, "--lang", "en"]);
    assert_eq!((out.as_str(), code), ("1 playbook and 0 artifacts: no faults\n", 0));
    let (out, _, code) = veldkit(&["playbook", "check", "/no/such/place"]);
    assert!(out.starts_with("/no/such/place: ") && code == 1, "{out}");
}

#[test]
fn a_playbook_in_a_file_is_shown_like_one_that_is_built_in() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("own.yaml");
    fs::write(&file, playbook("own", "artifacts: [LinuxAuthLogs]")).unwrap();
    let (out, _, code) =
        veldkit(&["playbook", "show", file.to_str().unwrap(), "--system", "linux", "--lang", "en"]);
    assert_eq!(code, 0);
    assert!(out.starts_with("own: t\n") && out.contains("LinuxAuthLogs"), "{out}");
    let (_, err, code) = veldkit(&["playbook", "show", "quik", "--lang", "en"]);
    assert_eq!(code, 2);
    assert!(err.contains("no playbook is called 'quik'; did you mean 'quick'?"), "{err}");
}

#[test]
fn an_unknown_name_is_an_error_with_the_nearest_names_and_the_referrer() {
    let catalogue = with(&playbook("own", "artifacts: [LinuxAuthLog]"));
    let error = catalogue.plan(&request(&["own"], &[]), TargetOs::Linux).unwrap_err();
    assert!(
        error.to_string().starts_with(
            "no artifact is called 'LinuxAuthLog', to which 'own' refers; did you mean 'LinuxAuthLogs'"
        ),
        "{error}"
    );
    let error = catalogue.plan(&request(&[], &["\u{1b}[2J"]), TargetOs::Linux).unwrap_err();
    assert_eq!(error.to_string(), "no artifact is called '\\u{1b}[2J'");
}

#[test]
fn cycles_are_reported() {
    let text = [
        group("A", "B"),
        group("B", "C"),
        group("C", "B"),
        playbook("p", "includes: [q]"),
        playbook("q", "includes: [p]"),
    ];
    let catalogue = with(&text.concat());
    let error = catalogue.plan(&request(&[], &["A"]), TargetOs::Linux).unwrap_err();
    assert_eq!(error.to_string(), "'B' includes itself: B > C > B");
    let error = catalogue.plan(&request(&["p"], &[]), TargetOs::Linux).unwrap_err();
    assert_eq!(error.to_string(), "'p' includes itself: p > q > p");
}

#[test]
fn groups_that_share_members_are_expanded_once() {
    // 2^15 ways lead to the last of these.
    let mut text = artifact("G15");
    for level in 0..15 {
        let below = format!("G{0}, G{0}", level + 1);
        text.push_str(&group(&format!("G{level}"), &below));
    }
    let plan = with(&text).plan(&request(&[], &["G0"]), TargetOs::Linux).unwrap();
    assert_eq!(plan.steps.len(), 1);
    text.push_str(&group("H", "G0"));
    let error = with(&text).plan(&request(&[], &["H"]), TargetOs::Linux).unwrap_err();
    assert!(matches!(error, Error::TooDeep { .. }), "{error}");
}

#[test]
fn an_artifact_of_another_system_is_an_error_if_requested_and_skipped_in_a_playbook() {
    let catalogue = Catalogue::embedded().unwrap();
    let error = catalogue.plan(&request(&[], &["WindowsEventLogs"]), TargetOs::Linux).unwrap_err();
    assert_eq!(error.to_string(), "artifact 'WindowsEventLogs' is for Windows, not for this target (linux)");
    let plan = catalogue.plan(&request(&["quick"], &[]), TargetOs::Linux).unwrap();
    assert!(plan.steps.iter().all(|step| !step.artifact.starts_with("Windows")));
    assert_eq!(plan.excluded, []);
}

#[test]
fn each_artifact_is_collected_once_and_the_wider_limit_applies() {
    let text = [
        artifact("A"),
        playbook("narrow", "artifacts: [A]\nlimits: {A: {max_file_size: 1 MiB, max_files: 5, max_depth: 3}}"),
        playbook("wide", "artifacts: [A]\nlimits: {A: {max_file_size: 2 MiB, max_depth: 4}}"),
    ];
    let catalogue = with(&text.concat());
    for order in [["narrow", "wide"], ["wide", "narrow"]] {
        let plan = catalogue.plan(&request(&order, &[]), TargetOs::Linux).unwrap();
        assert_eq!(plan.steps.len(), 1);
        let wider = Limits { max_file_size: Some(2 << 20), max_depth: Some(4), ..Limits::default() };
        assert_eq!(plan.steps[0].limits, wider);
    }
    let plan = catalogue.plan(&request(&["narrow"], &["A"]), TargetOs::Linux).unwrap();
    assert_eq!(plan.steps[0].limits, Limits::default());
}

#[test]
fn what_must_be_asked_for_by_name_is_left_out_of_groups_and_says_how_to_ask() {
    let catalogue =
        with(&[group("G", "LinuxShadowFiles, LinuxAuthLogs"), playbook("own", "artifacts: [G]")].concat());
    for asked in [request(&["own"], &[]), request(&[], &["G"])] {
        let plan = catalogue.plan(&asked, TargetOs::Linux).unwrap();
        assert_eq!(plan.steps.len(), 1);
        assert_eq!(plan.excluded[0].artifact, "LinuxShadowFiles");
        assert!(plan.excluded[0].reason.ends_with("--artifact LinuxShadowFiles"));
    }
    let plan = catalogue.plan(&request(&["own"], &["LinuxShadowFiles"]), TargetOs::Linux).unwrap();
    assert_eq!((plan.steps.len(), plan.excluded.len()), (2, 0));
}

#[test]
fn a_class_of_personal_data_that_is_left_out_is_listed() {
    let catalogue = Catalogue::embedded().unwrap();
    for (class, left) in [(PersonalData::High, 2), (PersonalData::Low, 1)] {
        let asked = Request {
            leave_out: Some(class),
            ..request(&[], &["LinuxAuthLogs", "LinuxNetworkState", "LinuxKernelState"])
        };
        let plan = catalogue.plan(&asked, TargetOs::Linux).unwrap();
        assert_eq!((plan.steps.len(), plan.excluded.len()), (left, 3 - left));
    }
}

#[test]
fn a_path_becomes_a_separate_step_that_collects_whole_directories() {
    let asked = Request { paths: vec!["C:\\Tools".into(), "/data/*".into()], ..Request::default() };
    let plan = Catalogue::embedded().unwrap().plan(&asked, TargetOs::Windows).unwrap();
    let step = &plan.steps[0];
    assert_eq!((step.artifact.as_str(), step.volatility), (PATH_ARTIFACT, Volatility::Files));
    assert_eq!(step.personal_data, PersonalData::High);
    let veldkit::playbook::Source::Files(patterns) = &step.sources[0] else { panic!() };
    assert!(patterns.iter().all(|pattern| pattern.whole_folders));
    assert_eq!(patterns.iter().map(|pattern| pattern.separator).collect::<String>(), "\\/");
}

#[test]
fn a_later_file_replaces_with_a_report_and_duplicates_are_a_fault() {
    let folder = TempDir::new().unwrap();
    let add = |catalogue: &mut Catalogue, name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        catalogue.add(&path)
    };
    let mut catalogue = Catalogue::embedded().unwrap();
    let added = add(&mut catalogue, "a.yaml", &artifact("LinuxAuthLogs")).unwrap();
    assert_eq!(added.replaced.len(), 1);
    assert!(added.replaced[0].starts_with("artifact 'LinuxAuthLogs' of "), "{:?}", added.replaced);
    let error = add(&mut catalogue, "b.yaml", &[artifact("X"), artifact("X")].concat()).unwrap_err();
    assert!(error.to_string().contains("b.yaml:8: expected 'X' once"), "{error}");
    assert!(catalogue.artifact("X").is_none(), "nothing of a faulty file is kept");
    assert!(matches!(add(&mut catalogue, "c.yaml", "# nothing\n"), Err(Error::Empty(_))));
    assert!(catalogue.add(Path::new("/no/such/place")).is_err());
}
