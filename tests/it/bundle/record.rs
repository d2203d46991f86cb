//! The record's JSON Schema, held against every form of record that is written. The validator below knows the
//! keywords that the schema uses and fails on any other, so that it cannot pass over one.

use serde_json::{Value, json};
use veldkit::bundle::RECORD_SCHEMA;
use veldkit::evidence::rows::RowCitation;
use veldkit::evidence::{
    Assessment, Cause, ExtendedAttribute, FileAttributes, FileCapabilities, FileFlag, HitKind, HitRow, Level,
    Match, Md5, Note, Range, Scanned, Sha1,
};

use super::*;

fn schema() -> Value {
    serde_json::from_str(RECORD_SCHEMA).unwrap()
}

fn validate(root: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    let wrong = |what: &str| Err(format!("{at}: {what}: {value}"));
    if let Some(array) = value.as_array() {
        let limit = |keyword: &str| schema.get(keyword).and_then(Value::as_u64);
        let length = array.len() as u64;
        if limit("minItems").is_some_and(|least| length < least)
            || limit("maxItems").is_some_and(|most| length > most)
        {
            return wrong("length");
        }
    }
    for (keyword, rule) in schema.as_object().unwrap() {
        match keyword.as_str() {
            "$schema" | "$id" | "title" | "description" | "$defs" | "minItems" | "maxItems" => {}
            "$ref" => {
                let path = rule.as_str().unwrap().strip_prefix('#').unwrap();
                validate(root, root.pointer(path).unwrap(), value, at)?;
            }
            "type" => {
                let fits = match rule.as_str().unwrap() {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "boolean" => value.is_boolean(),
                    "integer" => value.is_u64() || value.is_i64(),
                    other => panic!("type {other}"),
                };
                if !fits {
                    return wrong("type");
                }
            }
            "required" => {
                for name in rule.as_array().unwrap() {
                    if value.get(name.as_str().unwrap()).is_none() {
                        return wrong(&format!("required {name}"));
                    }
                }
            }
            "properties" => {
                for (name, inner) in value.as_object().into_iter().flatten() {
                    match rule.get(name) {
                        Some(rule) => validate(root, rule, inner, &format!("{at}/{name}"))?,
                        None if schema["additionalProperties"] == json!(false) => {
                            return wrong(&format!("property {name}"));
                        }
                        None => {}
                    }
                }
            }
            "additionalProperties" => assert_eq!(rule, &json!(false)),
            "items" => {
                for (place, inner) in value.as_array().into_iter().flatten().enumerate() {
                    validate(root, rule, inner, &format!("{at}/{place}"))?;
                }
            }
            "prefixItems" => {
                for (rule, inner) in rule.as_array().unwrap().iter().zip(value.as_array().unwrap()) {
                    validate(root, rule, inner, at)?;
                }
            }
            "minimum" => {
                if value.as_i64().is_some_and(|number| number < rule.as_i64().unwrap()) {
                    return wrong("minimum");
                }
            }
            "enum" => {
                if !rule.as_array().unwrap().contains(value) {
                    return wrong("enum");
                }
            }
            "const" => {
                if rule != value {
                    return wrong("const");
                }
            }
            "oneOf" => {
                let fits = rule.as_array().unwrap().iter();
                if fits.filter(|rule| validate(root, rule, value, at).is_ok()).count() != 1 {
                    return wrong("oneOf");
                }
            }
            "pattern" => {
                let text = value.as_str().unwrap();
                let fits = match rule.as_str().unwrap() {
                    "^[0-9a-f]{64}$" => text.parse::<Digest>().is_ok(),
                    "^[0-9a-f]{32}$" => Md5::try_from(text.to_owned()).is_ok(),
                    "^[0-9a-f]{40}$" => Sha1::try_from(text.to_owned()).is_ok(),
                    "^[a-z][a-z0-9_]*$" => text.chars().all(|c| c == '_' || c.is_ascii_lowercase()),
                    time if time.ends_with("Z$") => {
                        text.ends_with('Z') && Utc::try_from(text.to_owned()).is_ok()
                    }
                    other => panic!("pattern {other}"),
                };
                if !fits {
                    return wrong("pattern");
                }
            }
            other => panic!("the validator does not know '{other}'"),
        }
    }
    Ok(())
}

/// One of every kind of origin.
fn origins() -> Vec<Origin> {
    let volume = |volume: Volume| Origin::File { volume, path: b"a/b".to_vec(), stream: None };
    vec![
        Origin::root("etc/passwd"),
        Origin::root(b"tmp/\xff".to_vec()),
        Origin::File { volume: Volume::Drive('C'), path: b"a".to_vec(), stream: Some(b"s".to_vec()) },
        Origin::File { volume: Volume::Drive('C'), path: b"a".to_vec(), stream: Some(b"\xff".to_vec()) },
        volume(Volume::Unlettered("1b".into())),
        volume(Volume::Shadow(3, Box::new(Volume::Drive('D')))),
        Origin::Live { name: "sockets.jsonl".into() },
        Origin::Derived { name: "RunKeys.jsonl".into() },
        Origin::Command { artifact: "X".into(), name: "stdout.txt".into() },
    ]
}

/// A record with every field, and one with as few as can be, of every kind of origin.
fn records() -> Vec<Item> {
    let bare = |origin: &Origin| Item { metadata: Metadata::default(), read_by: vec![], ..item(1, origin) };
    let full = Item {
        entry: Some("sparse/$rootfs$/a".into()),
        kind: Kind::File,
        outcome: Outcome::Partial,
        reason: Some(Reason::new(ReasonCode::Timeout, "30 s")),
        metadata: Metadata {
            size: Some(u64::MAX),
            modified: Some(utc(0)),
            accessed: Utc::from_unix(-1, 0),
            changed: Utc::from_unix(0, 1),
            born: Some(utc(9)),
            mode: Some(0o104_755),
            attributes: Some(0x20),
            uid: Some(0),
            gid: Some(0),
            owner: Some("root".into()),
            group: Some("root".into()),
            device: Some(1),
            inode: Some(2),
            inode_high: Some(3),
            links: Some(1),
            target: Some("../x".into()),
            short_name: Some("X~1".into()),
            zone_identifier: Some("[ZoneTransfer]".into()),
            flags: vec![FileFlag::Immutable, FileFlag::AppendOnly],
            xattrs: Some(Box::new(FileAttributes {
                capabilities: Some(FileCapabilities {
                    permitted: vec!["cap_setuid".into()],
                    inheritable: vec!["cap_kill".into()],
                    effective: true,
                    root_uid: Some(1000),
                }),
                acl: Some("user::rw-".into()),
                default_acl: Some("user::rwx".into()),
                selinux: Some("system_u:object_r:etc_t:s0".into()),
                other: vec![
                    ExtendedAttribute {
                        name: "user.x".into(),
                        size: 1,
                        value: Some("x".into()),
                        ..Default::default()
                    },
                    ExtendedAttribute {
                        size: 9,
                        value_base64: Some("AA==".into()),
                        cut: true,
                        ..Default::default()
                    },
                ],
                left_out: 3,
            })),
        },
        content: Some(Content {
            size_stored: 2,
            sha256_stored: Digest::of(b"ab"),
            sha256_logical: Some(Digest::of(b"a\0b")),
            md5: Some(Md5::from_bytes([0xab; 16])),
            sha1: Some(Sha1::from_bytes([0xcd; 20])),
            ranges: vec![Range { offset: 0, length: 1 }, Range { offset: 2, length: 1 }],
        }),
        notes: vec![Note::Sparse, Note::ChangedDuringRead],
        scan: Some(Scanned {
            bytes: 2,
            members: 3,
            not_opened: 0,
            gap: Some("only the head".into()),
            cause: Some(Cause::Size),
        }),
        assessment: Some(Assessment { score: 99, level: Level::Alert }),
        hits: vec![Hit {
            kind: HitKind::Path,
            value: Some("C:\\eicar.com".into()),
            inner: Some("a.zip!eicar.com".into()),
            row: Some(HitRow {
                number: 1,
                key: RowCitation { pid: Some(4711), port: Some(443), path: Some("/tmp/x".into()) },
            }),
            score: Some(100),
            description: Some("a test".into()),
            reference: Some("https://example.org/".into()),
            tags: vec!["test".into()],
            meta: vec![("author".into(), "us".into())],
            matches: vec![Match { string: "$a".into(), offset: 0, length: 68 }],
            ..Hit::rule("Eicar", "rules/eicar.yar")
        }],
        ..item(u64::MAX, &Origin::root("a"))
    };
    origins().iter().map(bare).chain([full]).collect()
}

#[test]
fn every_record_that_is_written_fits_its_published_schema() {
    let schema = schema();
    for record in records() {
        let value = serde_json::to_value(&record).unwrap();
        validate(&schema, &schema, &value, "").unwrap();
        assert_eq!(serde_json::from_value::<Item>(value).unwrap(), record);
    }
}

#[test]
fn every_outcome_and_kind_is_in_the_schema() {
    let schema = schema();
    for outcome in Outcome::ALL {
        let value = serde_json::to_value(Item { outcome, ..item(1, &Origin::root("a")) }).unwrap();
        validate(&schema, &schema, &value, "").unwrap();
        assert_eq!(value["outcome"], outcome.word());
    }
    let kinds =
        [Kind::File, Kind::Directory, Kind::Link, Kind::Stream, Kind::Fifo, Kind::Socket, Kind::Device];
    for kind in kinds.into_iter().chain([Kind::Rows, Kind::Unknown]) {
        let value = serde_json::to_value(Item { kind, ..item(1, &Origin::root("a")) }).unwrap();
        validate(&schema, &schema, &value, "").unwrap();
    }
}

#[test]
fn what_is_no_record_does_not_fit_the_schema() {
    let schema = schema();
    let good = serde_json::to_value(records().pop().unwrap()).unwrap();
    for (pointer, wrong) in [
        ("/number", json!(0)),
        ("/outcome", json!("stolen")),
        ("/content/sha256_stored", json!("00")),
        ("/content/ranges/0", json!([1])),
        ("/metadata/modified", json!("yesterday")),
        ("/origin/type", json!("elsewhere")),
        ("/hits/0", json!({"rule": "x"})),
        ("/notes/0", json!("Not A Word")),
    ] {
        let mut value = good.clone();
        *value.pointer_mut(pointer).unwrap() = wrong;
        assert!(validate(&schema, &schema, &value, "").is_err(), "{pointer}");
    }
    let mut value = good;
    value["unpublished"] = json!(1);
    assert!(validate(&schema, &schema, &value, "").is_err());
}

#[test]
fn a_bundle_with_all_forms_of_records_keeps_them_unchanged() {
    let key = Key::new();
    let (sink, memory) = Sink::memory();
    let mut writer = Writer::create(sink, &key.recipients(), &opening(), Hand::default().options()).unwrap();
    for record in records() {
        writer.record(&record).unwrap();
    }
    writer.seal(Closing::default()).unwrap();
    let entries = entries(&key.decrypt(&memory.bytes()));
    let lines = String::from_utf8(content(&entries, &records_name(1)).to_vec()).unwrap();
    let read: Vec<Item> = lines.lines().skip(1).map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(read, records());
}
