//! Lists that somebody made to hurt: each ends within its limits, is counted, and costs only itself.

use std::fmt::Write as _;

use super::*;

/// Letters between two that are read.
fn long(length: usize) -> String {
    "x".repeat(length)
}

#[test]
fn a_line_longer_than_the_limit_is_counted_and_the_next_one_is_read() {
    let list = read(&format!("{SHA256};a\n{};b\n{MD5};c\n", long(1 << 20)));
    assert_eq!((list.len(), unused(&list)), (2, vec![("line longer than 64 KiB", 1)]));
    let list = read(&format!(
        "md5,comment\n{MD5},a\n{},b\n{MD5},\"never ends\n{}",
        long(1 << 20),
        long(1 << 10).repeat(200)
    ));
    assert_eq!(account(&list).format, Some(Format::Csv));
    assert_eq!(list.len(), 1);
    assert_eq!(unused(&list).iter().map(|(_, count)| count).sum::<u64>(), 3, "{:?}", account(&list));
}

#[test]
fn json_nested_without_end_keeps_what_came_before_it() {
    let good = format!(
        r#"{{"type":"domain","to_ids":true,"value":"evil.example.com","comment":"{}"}}"#,
        long(70_000)
    );
    for bomb in [
        "[".repeat(200_000),
        r#"{"Attribute":"#.repeat(50_000),
        r#"{"value":["#.repeat(50_000),
        format!("\"{}", long(100)),
        "\u{7f}".to_owned(),
    ] {
        let event = format!(r#"{{"Event":{{"info":"x","Attribute":[{good}]}},"response":{bomb}"#);
        let list = read(&event);
        assert_eq!(
            (account(&list).format, list.len()),
            (Some(Format::Misp), 1),
            "{}",
            &bomb[..20.min(bomb.len())]
        );
        assert!(account(&list).failed.is_some());
    }
}

#[test]
fn values_of_the_wrong_kind_do_not_affect_others() {
    let list = read(
        r#"{"Event":{"info":[1],"uuid":{},"Attribute":[7,null,[],"x",{"type":[],"value":{},"to_ids":true},
        {"type":"domain","value":"evil.example.com","to_ids":true}],"Object":[{"Attribute":null},5,{"name":{},"Attribute":{}}]}}"#,
    );
    assert_eq!((list.len(), account(&list).failed.as_deref()), (1, None));
    let list = read(
        r#"{"objects":[1,null,{"type":"indicator"},{"type":"indicator","pattern":{}},{"type":"indicator","pattern":"[mutex:name='a']","valid_until":7}]}"#,
    );
    assert_eq!((list.len(), account(&list).failed.as_deref()), (1, None));
}

#[test]
fn expressions_that_explode_are_refused_and_the_others_are_used() {
    let mut text = String::from("# bombs\n");
    for _ in 0..50 {
        text.push_str("(a{1000}){1000};50\n((x{99}){99}){99};50\n");
    }
    let _ = writeln!(text, "{};50", "(".repeat(3_000) + "a" + &")".repeat(3_000));
    text.push_str("(a|aa)+$;50\n\\\\evil\\.exe$;50;(b{1000}){1000}\n\\\\evil\\.exe$;50\n");
    let list = read(&text);
    assert_eq!(account(&list).format, Some(Format::Filenames));
    assert_eq!(list.len(), 2, "{:?}", account(&list));
    assert_eq!(unused(&list)[0], ("pattern that is too large", 100));
    assert_eq!(fired(&list.path(&format!("/{}/evil.exe", "a".repeat(60_000)), Case::Folded)).len(), 1);
}

#[test]
fn stix_patterns_that_multiply_or_nest_are_refused() {
    let any = vec!["ipv4-addr:value = '198.51.100.7'"; 300].join(" OR ");
    let all = vec![format!("({any})"); 8].join(" AND ");
    let pattern = |pattern: &str| {
        serde_json::json!({"type": "bundle", "objects": [{"type": "indicator", "pattern": pattern, "pattern_type": "stix"}]}).to_string()
    };
    let list = read(&pattern(&format!("[{all}]")));
    assert_eq!((list.len(), unused(&list)), (0, vec![("pattern with too many alternatives", 1)]));
    let list = read(&pattern(&("(".repeat(100_000) + "[mutex:name='a']")));
    assert_eq!(
        (list.len(), unused(&list)),
        (0, vec![("pattern that is not written as STIX patterns are", 1)])
    );
}

#[test]
fn xml_that_is_deep_cut_or_large_ends_with_its_reason() {
    let deep = "<Indicator operator=\"AND\">".repeat(5_000);
    let closed = format!("<ioc><definition>{deep}{}</definition></ioc>", "</Indicator>".repeat(5_000));
    let list = read(&closed);
    assert!(
        account(&list).failed.is_some() || unused(&list) == [("logic nested too deep", 1)],
        "{:?}",
        account(&list)
    );
    for text in ["<ioc><definition>", "<ioc>\u{0}</ioc>", "<ioc", "<a><ioc/></a>"] {
        assert!(account(&read(text)).failed.is_some(), "{text}");
    }
    let large = format!("<ioc><short_description>{}</short_description></ioc>", long(33 << 20));
    assert!(account(&read(&large)).failed.as_deref().is_some_and(|why| why.contains("larger than")));
}

#[test]
fn a_file_that_is_not_a_list_is_reported_and_the_lists_next_to_it_are_used() {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("a.txt"), "evil.example.com\n").unwrap();
    fs::write(dir.path().join("b.json"), b"PK\x03\x04\0\0\0\0").unwrap();
    fs::write(dir.path().join("c.json"), "{\"a\": 1}").unwrap();
    fs::write(dir.path().join("d.txt"), "").unwrap();
    let indicators = Indicators::load(&[source(dir.path())], &[], now()).unwrap();
    assert_eq!((indicators.len(), indicators.lists().len(), indicators.failed().count()), (1, 4, 3));
    let reasons: Vec<_> = indicators.failed().map(|list| list.failed.clone().unwrap()).collect();
    assert_eq!(reasons[0], "not text: a list is text, CSV, JSON or XML");
    assert_eq!(reasons[2], "empty");
    // Of each the digest is that of the whole file, whatever of it was read.
    assert_eq!(indicators.lists()[2].sha256, Digest::of(b"{\"a\": 1}"));
    for missing in [dir.path().join("none"), dir.path().join("nothing")] {
        fs::create_dir_all(dir.path().join("none")).unwrap();
        let error = Indicators::load(&[source(&missing)], &[], now()).unwrap_err();
        assert!(error.to_string().starts_with("cannot list the indicators in"), "{error}");
    }
}

#[test]
fn a_list_in_any_encoding_has_the_same_indicators() {
    let text = format!("# caf\u{e9}\n{SHA256};caf\u{e9} case\n");
    let utf16 = |order: fn(u16) -> [u8; 2]| -> Vec<u8> {
        [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(order).collect()
    };
    let latin: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    for bytes in [text.clone().into_bytes(), utf16(u16::to_le_bytes), utf16(u16::to_be_bytes), latin] {
        let list = read_bytes(&bytes, None, now());
        assert_eq!(list.digest(SHA256)[0].description(), Some("caf\u{e9} case"));
        assert_eq!(account(&list).sha256, Digest::of(&bytes));
    }
    let event: Vec<u8> = [0xfeff]
        .into_iter()
        .chain(
            r#"{"Event":{"info":"é","Attribute":[{"type":"mutex","value":"m","to_ids":true}]}}"#
                .encode_utf16(),
        )
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(read_bytes(&event, None, now()).mutex("m")[0].description(), Some("é"));
}

#[test]
fn a_hit_keeps_at_most_a_sentence_of_a_list_or_a_host() {
    let list = read(&format!("{SHA256};{}\n", long(60_000)));
    assert_eq!(list.digest(SHA256)[0].description().unwrap().len(), 1024);
    let list = read(&"\\\\evil;50\n".repeat(100));
    let hits = list.path(&format!("/{}/evil", long(20_000)), Case::Heeded);
    assert_eq!(hits.len(), 32, "hits of one item are bounded");
    assert_eq!(hits[0].value.as_deref().unwrap().len(), 1024);
}

#[test]
fn digests_take_less_than_40_bytes_each_with_their_descriptions() {
    let mut text = String::new();
    for number in 0_u32..150_000 {
        let digest = Digest::of(&number.to_be_bytes());
        let _ =
            writeln!(text, "{digest};case {} of a feed with a description of ordinary length", number / 40);
    }
    let list = read(&text);
    let cost = list.cost();
    assert_eq!(cost.digests, 150_000);
    assert!(cost.bytes < 40 * cost.digests, "{} bytes each", cost.bytes / cost.digests);
    for number in [0_u32, 77_777, 149_999] {
        assert_eq!(list.digest(&Digest::of(&number.to_be_bytes()).to_string()).len(), 1);
    }
    assert!(list.digest(&Digest::of(b"other").to_string()).is_empty());
}
