//! Rules: what compiles, what is named when it does not, and what a hit says.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;
use veldkit::scan::{EngineKind, Error, Facts, RuleSource, Scan, Scanner};

fn folder(files: &[(&str, &str)]) -> TempDir {
    let dir = TempDir::new().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

fn compile(dir: &TempDir) -> Scanner {
    let sources = [RuleSource::Embedded, RuleSource::Path(dir.path().to_owned())];
    Scanner::compile(&sources, EngineKind::Boreal).unwrap()
}

fn names(scan: &Scan) -> Vec<&str> {
    scan.hits.iter().map(|hit| hit.rule.as_str()).collect()
}

#[test]
fn a_file_that_does_not_compile_is_reported_with_its_line_and_the_others_are_used() {
    let dir = folder(&[
        ("a.yar", "rule first { strings: $a = \"alpha\" condition: $a }"),
        (
            "b.yar",
            "rule stays_out { strings: $a = \"alpha\" condition: $a }\nrule bad { condition: nothing }",
        ),
        ("deep/c.yara", "rule last { strings: $a = \"alpha\" condition: $a }"),
    ]);
    let scanner = compile(&dir);
    assert_eq!(names(&scanner.scan(b"alpha", &Facts::default())), ["first", "last"]);
    let failed: Vec<_> = scanner.failed().collect();
    assert_eq!(failed.len(), 1);
    assert!(failed[0].name.ends_with("b.yar"));
    assert!(failed[0].failed.as_deref().unwrap().starts_with("2:"), "{:?}", failed[0].failed);
    assert_eq!(failed[0].rules, 0);
}

#[test]
fn two_files_may_use_the_same_rule_name_and_private_rules_do_not_show() {
    let dir = folder(&[
        (
            "a.yar",
            "private rule hidden { strings: $a = \"alpha\" condition: $a } rule same { condition: hidden }",
        ),
        ("b.yar", "rule same { strings: $a = \"alpha\" condition: $a }"),
    ]);
    let scan = compile(&dir).scan(b"alpha", &Facts::default());
    assert_eq!(names(&scan), ["same", "same"]);
    assert_ne!(scan.hits[0].source, scan.hits[1].source);
}

#[test]
fn a_hit_has_source_tags_meta_and_every_offset() {
    let text = r#"rule told : tag1 tag2 {
        meta: score = 75 author = "x" sure = true
        strings: $a = "alpha" $b = /b[0-9]+/
        condition: any of them }"#;
    let dir = folder(&[("told.yar", text)]);
    let scan = compile(&dir).scan(b"..alpha..alpha..b12", &Facts::default());
    let hit = &scan.hits[0];
    assert!(hit.source.ends_with("told.yar"));
    assert_eq!(hit.tags, ["tag1", "tag2"]);
    let meta: Vec<_> = hit.meta.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(meta, [("score", "75"), ("author", "x"), ("sure", "true")]);
    let places: Vec<_> = hit.matches.iter().map(|found| (found.string.as_str(), found.offset)).collect();
    assert_eq!(places, [("$a", 2), ("$a", 9), ("$b", 16)]);
}

#[test]
fn rules_may_ask_for_name_path_extension_type_and_owner() {
    let text = "rule asks { condition: filename == \"x.aspx\" and filepath contains \"wwwroot\" \
                and extension == \".aspx\" and filetype == \"EXE\" and owner == \"iis\" }";
    let dir = folder(&[("asks.yar", text)]);
    let scanner = compile(&dir);
    let facts = Facts {
        filename: "x.aspx",
        filepath: "C:\\inetpub\\wwwroot\\x.aspx",
        extension: ".aspx",
        filetype: "EXE",
        owner: "iis",
    };
    assert_eq!(names(&scanner.scan(b"MZ", &facts)), ["asks"]);
    assert!(scanner.scan(b"MZ", &Facts { owner: "root", ..facts }).hits.is_empty());
}

#[test]
fn a_rule_file_cannot_make_the_tool_read_another_file() {
    let dir = folder(&[("secret.txt", "rule leaked { condition: true }")]);
    let rules = dir.path().join("rules");
    fs::create_dir(&rules).unwrap();
    fs::write(rules.join("a.yar"), "include \"../secret.txt\"").unwrap();
    let sources = [RuleSource::Embedded, RuleSource::Path(rules)];
    let scanner = Scanner::compile(&sources, EngineKind::Boreal).unwrap();
    assert_eq!(scanner.failed().count(), 1);
    assert!(scanner.scan(b"", &Facts::default()).hits.is_empty());
}

#[test]
fn a_directory_without_rules_a_missing_path_and_an_unknown_engine_are_errors() {
    let dir = folder(&[("readme.txt", "no rules")]);
    for path in [dir.path().to_owned(), PathBuf::from("no/such/rules.yar")] {
        let error = Scanner::compile(&[RuleSource::Path(path)], EngineKind::Boreal).unwrap_err();
        assert!(matches!(error, Error::List { .. }), "{error}");
    }
    assert!(matches!("clamav".parse::<EngineKind>(), Err(Error::UnknownEngine(_))));
}

#[test]
fn without_a_matching_self_test_there_is_no_scanner() {
    let dir = folder(&[("a.yar", "rule first { condition: true }")]);
    let sources = [RuleSource::Path(dir.path().to_owned())];
    assert!(matches!(Scanner::compile(&sources, EngineKind::Boreal), Err(Error::SelfTest)));
}

#[test]
fn the_embedded_rules_compile() {
    let scanner = Scanner::compile(&[RuleSource::Embedded], EngineKind::Boreal).unwrap();
    let failed: Vec<_> = scanner.failed().collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn invalid_utf_8_in_a_rule_file_does_not_lose_it() {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("latin.yar"), b"\xef\xbb\xbf// caf\xe9\nrule ok { condition: true }").unwrap();
    assert!(names(&compile(&dir).scan(b"", &Facts::default())).contains(&"ok"));
}

#[test]
fn a_rule_that_prints_to_the_console_is_used_and_prints_nothing() {
    let text =
        "import \"console\"\nrule prints { strings: $a = \"alpha\" condition: $a and console.log(\"seen\") }";
    let scanner = compile(&folder(&[("console.yar", text)]));
    assert_eq!(scanner.failed().count(), 0);
    assert_eq!(names(&scanner.scan(b"alpha", &Facts::default())), ["prints"]);
}

#[test]
fn a_published_zip_file_of_rules_is_used_like_a_directory() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("set.zip");
    let mut zip = zip::ZipWriter::new(fs::File::create(&path).unwrap());
    for (name, text) in [
        ("set/good.yar", "rule good { strings: $a = \"alpha\" condition: $a }"),
        ("set/bad.yar", "rule bad { condition: nothing }"),
        ("set/README.md", "rule readme { condition: true }"),
        ("../up.yara", "rule up { strings: $a = \"alpha\" condition: $a }"),
    ] {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut zip, text.as_bytes()).unwrap();
    }
    zip.finish().unwrap();
    let scanner = compile_from(&path).unwrap();
    let mut hits: Vec<_> =
        scanner.scan(b"alpha", &Facts::default()).hits.into_iter().map(|hit| hit.rule).collect();
    hits.sort();
    assert_eq!(hits, ["good", "up"]);
    let failed: Vec<_> = scanner.failed().map(|file| file.name.clone()).collect();
    assert!(failed.len() == 1 && failed[0].ends_with("set.zip/set/bad.yar"), "{failed:?}");
}

#[test]
fn a_zip_file_that_is_broken_or_without_rules_is_an_error_that_names_it() {
    let dir = TempDir::new().unwrap();
    for (name, bytes) in [("cut.zip", &b"PK\x03\x04 and no more"[..]), ("half.zip", b"PK\x03\x04")] {
        let path = dir.path().join(name);
        fs::write(&path, bytes).unwrap();
        let error = compile_from(&path).err().unwrap().to_string();
        assert!(error.contains(name), "{error}");
    }
}

fn compile_from(path: &std::path::Path) -> Result<Scanner, Error> {
    Scanner::compile(&[RuleSource::Embedded, RuleSource::Path(path.to_owned())], EngineKind::Boreal)
}
