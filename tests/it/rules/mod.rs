//! The embedded rules: each finds its fixture, leaves its near miss alone, and none finds what is plain.

use std::collections::BTreeSet;
use std::path::Path;

use veldkit::scan::{EngineKind, Facts, RuleSource, SCAN_LIMIT, Scanner, filetype};

pub(crate) mod cases;
mod wine;

use cases::CASES;

fn scanner() -> Scanner {
    Scanner::compile(&[RuleSource::Embedded], EngineKind::Boreal).unwrap()
}

fn fired(scanner: &Scanner, content: &[u8]) -> BTreeSet<String> {
    let scan = scanner.scan(content, &Facts { filetype: filetype::of(content), ..Facts::default() });
    assert_eq!(scan.gap, None);
    scan.hits.into_iter().map(|hit| hit.rule).collect()
}

/// Texts of the rule files, by walking the folder they are embedded from.
fn rule_texts() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let files = walkdir::WalkDir::new(folder).into_iter().map(Result::unwrap);
    let files = files.filter(|entry| entry.file_type().is_file());
    files.map(|entry| std::fs::read_to_string(entry.path()).unwrap()).collect()
}

/// Names of the rules in a text, private ones left out.
fn rule_names(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .filter_map(|line| line.strip_prefix("rule "))
        .filter_map(|rest| rest.split_whitespace().next())
}

#[test]
fn each_rule_finds_its_fixture_and_leaves_its_near_miss_alone() {
    let scanner = scanner();
    let mut wrong = Vec::new();
    for case in CASES {
        let found = fired(&scanner, &case.finds());
        if !found.contains(case.rule) {
            wrong.push(format!("{} stays silent on its fixture, where {found:?} fire", case.rule));
        }
        let found = fired(&scanner, &case.leaves());
        if found.contains(case.rule) {
            wrong.push(format!("{} fires on its near miss", case.rule));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_rule_is_without_a_fixture_and_no_name_is_used_twice() {
    let texts = rule_texts();
    let names: Vec<&str> = texts.iter().flat_map(|text| rule_names(text)).collect();
    let tested: BTreeSet<&str> = CASES.iter().map(|case| case.rule).collect();
    assert_eq!(names.iter().copied().collect::<BTreeSet<_>>(), tested);
    assert_eq!(names.len(), tested.len());
    let used: usize = scanner().rule_files().iter().map(|file| file.rules).sum();
    assert_eq!(used, names.len());
}

#[test]
fn each_rule_says_what_it_means_who_wrote_it_and_how_sure_it_is() {
    let scanner = scanner();
    for case in CASES {
        let scan = scanner.scan(case.finds(), &Facts::default());
        let hit = scan.hits.iter().find(|hit| hit.rule == case.rule).unwrap();
        let names: Vec<&str> = hit.meta.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            ["description", "author", "reference", "date", "score", "license"],
            "{}",
            case.rule
        );
        let score: u64 = hit.meta[4].1.parse().unwrap();
        assert!(score <= 100, "{}", case.rule);
    }
}

#[test]
fn no_rule_finds_the_rules_their_tests_or_this_program() {
    let scanner = scanner();
    for text in rule_texts() {
        assert_eq!(fired(&scanner, text.as_bytes()), BTreeSet::new());
    }
    assert_eq!(fired(&scanner, include_bytes!("cases.rs")), BTreeSet::new());
    let program = std::fs::read(env!("CARGO_BIN_EXE_veldkit")).unwrap();
    for part in program.chunks(SCAN_LIMIT) {
        assert_eq!(fired(&scanner, part), BTreeSet::new());
    }
}

/// A tree made by `debootstrap`; where it stands is said by `VELDKIT_DEBIAN_TREE`, else where `cargo xtask fixtures
/// debian` puts it in CI.
#[test]
#[ignore = "needs debootstrap"]
fn nothing_matches_in_a_plain_debian_tree() {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/fixtures/debian").into_os_string();
    let tree = std::env::var_os("VELDKIT_DEBIAN_TREE").unwrap_or_else(default);
    let (files, hits) = fired_below(Path::new(&tree));
    assert!(files > 5_000, "{files} files are no Debian tree");
    assert!(hits.is_empty(), "{hits:#?}");
}

/// How many files stand below a folder, and what fires on them.
fn fired_below(tree: &Path) -> (u64, Vec<String>) {
    let scanner = scanner();
    let (mut files, mut hits) = (0_u64, Vec::new());
    for entry in walkdir::WalkDir::new(tree).same_file_system(true).into_iter().filter_map(Result::ok) {
        // Sparse giants among the fixture's awkward things are not what this is about.
        let small = entry.metadata().is_ok_and(|metadata| metadata.len() <= SCAN_LIMIT as u64);
        // The fixture's one sample, which the EICAR rule has to find.
        if !entry.file_type().is_file() || !small || entry.file_name() == "eicar.com" {
            continue;
        }
        let Ok(content) = std::fs::read(entry.path()) else { continue };
        files += 1;
        hits.extend(
            fired(&scanner, &content).iter().map(|rule| format!("{rule}: {}", entry.path().display())),
        );
    }
    println!("{files} files");
    (files, hits)
}
