//! MISP and STIX.

use serde_json::{Value, json};

use super::*;

fn attribute(kind: &str, value: &str) -> Value {
    json!({"id": "1", "type": kind, "category": "Payload delivery", "to_ids": true, "deleted": false, "comment": "", "value": value, "uuid": "5ea1-x"})
}

fn event() -> Value {
    json!({"Event": {
        "Attribute": [
            attribute("sha256", SHA256),
            attribute("filename|md5", &format!("evil.exe|{MD5}")),
            attribute("ip-dst|port", "198.51.100.7|443"),
            attribute("domain|ip", "evil.example.com|198.51.100.8"),
            attribute("filename", "lonely.exe"),
            attribute("email-src", "a@example.org"),
            {"type": "domain", "value": "seen.example.com", "to_ids": false},
            {"type": "domain", "value": "gone.example.com", "to_ids": true, "deleted": true},
            {"type": "domain", "value": "dns.example.net", "to_ids": true, "warnings": [{"warninglist_name": "resolvers"}]},
        ],
        "Object": [{
            "name": "file",
            "Attribute": [
                {"type": "filename", "object_relation": "filename", "value": "dropper.dll", "to_ids": true},
                {"type": "sha1", "object_relation": "sha1", "value": SHA1, "to_ids": "1", "comment": "dropped"},
            ],
        }],
        "info": "OSINT - a case",
        "uuid": "5ea1-event",
    }})
}

fn is_that_event(list: &Indicators) {
    assert_eq!((account(list).format, account(list).failed.as_deref()), (Some(Format::Misp), None));
    let kinds: Vec<_> = account(list).kinds.iter().map(|(kind, count)| (kind.as_str(), *count)).collect();
    assert_eq!(kinds, [("address", 2), ("domain", 1), ("md5", 1), ("path", 1), ("sha1", 1), ("sha256", 1)]);
    assert_eq!(
        unused(list),
        [
            ("attribute not meant for detection (to_ids)", 1),
            ("attribute that is on a warninglist of its MISP", 1),
            ("attribute that was deleted", 1),
            ("type email-src", 1),
        ]
    );
    let said =
        |hits: &[Hit]| (hits[0].description().unwrap().to_owned(), hits[0].reference().unwrap().to_owned());
    let reference = "MISP event 5ea1-event".to_owned();
    assert_eq!(said(&list.digest(MD5)), ("OSINT - a case (file name evil.exe)".into(), reference.clone()));
    assert_eq!(
        said(&list.digest(SHA1)),
        ("OSINT - a case: dropped, file name dropper.dll".into(), reference)
    );
    assert_eq!(
        list.address(&"198.51.100.7".parse().unwrap())[0].description(),
        Some("OSINT - a case (port 443)")
    );
    assert!(
        list.name("evil.exe", Case::Folded).is_empty() && list.name("dropper.dll", Case::Folded).is_empty()
    );
    assert_eq!(list.name("lonely.exe", Case::Folded).len(), 1);
}

#[test]
fn a_misp_event_is_read_in_every_wrapper() {
    is_that_event(&read(&event().to_string()));
    is_that_event(&read(&json!({"response": [event()]}).to_string()));
    is_that_event(&read(&json!([event()]).to_string()));
    is_that_event(&read(&event()["Event"].to_string()));
}

#[test]
fn attributes_that_were_searched_for_carry_their_event_inside() {
    let mut found = attribute("sha256", SHA256);
    found["Event"] = json!({"info": "A case", "uuid": "5ea1"});
    let list = read(&json!({"response": {"Attribute": [found, attribute("md5", MD5)]}}).to_string());
    assert_eq!((list.len(), list.digest(SHA256)[0].description()), (2, Some("A case")));
}

#[test]
fn a_feed_directory_is_one_list_and_its_hash_table_is_not_read() {
    let uuid =
        |digit: &str| format!("{0}-{1}-{1}-{1}-{2}", digit.repeat(8), digit.repeat(4), digit.repeat(12));
    let (one, two, gone) = (uuid("1"), uuid("2"), uuid("3"));
    let manifest = json!({&one: {"info": "a"}, &two: {"info": "b"}, &gone: {}, "../../etc/passwd": {}});
    let second = json!({"Event": {"info": "second", "Attribute": [attribute("domain", "two.example.com")]}});
    let (dir, list) = load(&[
        ("manifest.json", &manifest.to_string()),
        (&format!("{one}.json"), &event().to_string()),
        (&format!("{two}.json"), &second.to_string()),
        ("hashes.csv", &format!("{MD5},{one}\n0cc175b9c0f1b6a831c399e269772661,{one}\n")),
        ("notes.txt", "other.example.com\n"),
    ]);
    assert_eq!((account(&list).format, list.len()), (Some(Format::MispFeed), 8));
    assert_eq!(list.domain("two.example.com").len(), 1);
    assert!(list.digest("0cc175b9c0f1b6a831c399e269772661").is_empty());
    assert!(list.domain("other.example.com").is_empty());
    let lost_event =
        account(&list).unused.iter().find(|unused| unused.what.contains("event of the feed")).unwrap();
    assert!(lost_event.example.starts_with(&gone) && lost_event.count == 1);
    // Its digest is that of what sha256sum says of the files read, in their order.
    let sum = |name: &str| {
        fs::read(dir.path().join(name)).map_or_else(|_| Digest::of(b""), |bytes| Digest::of(&bytes))
    };
    let names =
        ["manifest.json".to_owned(), format!("{one}.json"), format!("{two}.json"), format!("{gone}.json")];
    let lines: Vec<String> = names.iter().map(|name| format!("{}  {name}\n", sum(name))).collect();
    assert_eq!(account(&list).sha256, Digest::of(lines.concat().as_bytes()));
}

#[test]
fn a_warninglist_applies_to_every_list_next_to_it_in_any_order() {
    let warninglist = json!({
        "description": "resolvers", "list": ["dns.example.net", "198.51.100.53"],
        "matching_attributes": ["domain", "ip-dst"], "name": "Public resolvers", "type": "string", "version": 1,
    });
    let (_dir, indicators) = load(&[
        ("a.txt", "dns.example.net\n198.51.100.53\nevil.example.com\n"),
        ("z.json", &warninglist.to_string()),
    ]);
    assert!(indicators.domain("dns.example.net").is_empty());
    assert_eq!(indicators.domain("evil.example.com").len(), 1);
    let [list, excluding] = indicators.lists() else { panic!() };
    assert_eq!(list.unused[0].what, "excluded by the warninglist 'Public resolvers'");
    assert_eq!(
        (list.unused[0].count, excluding.format, excluding.indicators),
        (2, Some(Format::Warninglist), 2)
    );
}

fn indicator(pattern: &str) -> Value {
    json!({
        "type": "indicator", "spec_version": "2.1", "id": "indicator--1", "pattern": pattern, "pattern_type": "stix",
        "name": "A case", "valid_from": "2026-01-01T00:00:00Z", "confidence": 80,
        "external_references": [{"source_name": "x", "url": "https://example.org/report"}],
    })
}

#[test]
fn a_stix_bundle_returns_valid_indicators_and_reports_expired_ones() {
    let with = |pattern: &str, field: &str, value: Value| {
        let mut indicator = indicator(pattern);
        indicator[field] = value;
        indicator
    };
    let mut old = indicator("[url:value = 'http://old.example.com/']");
    old.as_object_mut().unwrap().remove("pattern_type");
    let bundle = json!({"type": "bundle", "id": "bundle--1", "objects": [
        {"type": "identity", "name": "x"},
        indicator(&format!("[file:hashes.'SHA-256' = '{SHA256}' AND file:name = 'evil.exe']")),
        indicator("[ipv4-addr:value = '198.51.100.7' OR domain-name:value = 'evil.example.com']"),
        indicator("[domain-name:value = 'a.example.com' AND ipv4-addr:value = '198.51.100.9']"),
        indicator("[email-addr:value = 'a@example.org']"),
        old,
        with("[domain-name:value = 'r.example.com']", "revoked", json!(true)),
        with("[domain-name:value = 'v.example.com']", "valid_until", json!("2026-02-01T00:00:00.000Z")),
        with("[domain-name:value = 'w.example.com']", "valid_until", json!("2126-02-01T00:00:00Z")),
        with("rule x {}", "pattern_type", json!("yara")),
        {"type": "ipv4-addr", "value": "198.51.100.10"},
        indicator("nonsense"),
    ]});
    let list = read(&bundle.to_string());
    assert_eq!((account(&list).format, list.len()), (Some(Format::Stix), 5));
    let told = unused(&list);
    for what in [
        "indicator that is no longer valid (valid_until)",
        "indicator that was revoked",
        "object that was observed, and is no indicator",
        "pattern of type yara",
        "pattern that is not written as STIX patterns are",
        "pattern that needs several observables at once",
        "type email-addr:value",
    ] {
        assert!(told.contains(&(what, 1)), "{what}: {told:?}");
    }
    assert_eq!(told.len(), 7);
    let hit = &list.digest(SHA256)[0];
    assert_eq!(
        (hit.score(), hit.description(), hit.reference()),
        (Some(80), Some("A case (file name evil.exe)"), Some("https://example.org/report"))
    );
    assert!(list.domain("v.example.com").is_empty() && list.domain("a.example.com").is_empty());
    assert_eq!(list.domain("w.example.com").len(), 1);
    assert_eq!(list.url("http://old.example.com").len(), 1);
}
