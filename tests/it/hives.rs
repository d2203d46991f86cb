//! Hives as two other readers read them, `hivexml` of libhivex and `dissect.regf`: the same keys, values and bytes; and of damaged
//! ones no fewer than they find, unless the rows say that something is missing.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use regf::{DataType, HiveBuilder};
use serde_json::Value;

use crate::host_faults::{all_software, windows};
use crate::made::text;

/// Prints each key, and each value with its type and bytes, of the hive in its first argument.
const DISSECT: &str = r"
import sys
from dissect.regf import regf
def walk(key, path):
    for value in key.values():
        name = '' if value.name == '(Default)' else value.name
        print(path, name, value.type, value.data.hex() if value.data else '', sep='\t')
    for below in key.subkeys():
        print(path + '\\' + below.name)
        walk(below, path + '\\' + below.name)
walk(regf.RegistryHive(open(sys.argv[1], 'rb')).root(), '')
";

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect()
}

/// A hive with values of all types, long and empty ones, and 1,500 keys of one key.
fn made() -> Vec<u8> {
    let mut builder = HiveBuilder::new().unwrap();
    let kinds = builder.create_key("Kinds\\Größe").unwrap();
    for (name, kind, data) in [
        ("", DataType::String, wide("standaard")),
        ("tekst", DataType::String, wide("C:\\Users\\Public\\k.exe")),
        ("uitbreidbaar", DataType::ExpandString, wide("%TEMP%\\x")),
        ("lijst", DataType::MultiString, [wide("een"), wide("twee"), vec![0, 0]].concat()),
        ("getal", DataType::Dword, vec![1, 2, 3, 4]),
        ("groot getal", DataType::Qword, vec![1, 2, 3, 4, 5, 6, 7, 8]),
        ("kort", DataType::Binary, vec![9, 8, 7]),
        ("leeg", DataType::Binary, vec![]),
        ("lang", DataType::Binary, (0..40_000_u32).map(|n| n.to_le_bytes()[0]).collect()),
        ("naam van één", DataType::None, vec![1]),
    ] {
        builder.add_value(kinds, name, kind, &data).unwrap();
    }
    for number in 0..1_500 {
        let key = builder.create_key(&format!("Many\\Key{number:04}")).unwrap();
        if number % 7 == 0 {
            builder.add_value(key, "v", DataType::Dword, &[7, 0, 0, 0]).unwrap();
        }
    }
    builder.to_bytes().unwrap()
}

/// Keys as their path, and values as path, name, number of the type and bytes in hexadecimal.
type Contents = BTreeSet<Vec<String>>;

fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// What the rows have, as the others print it; the bytes of types whose text is in the row are written again.
fn ours(rows: &[Value]) -> Contents {
    let path = |row: &Value| {
        row["key"].as_str().unwrap().trim_start_matches("HKEY_LOCAL_MACHINE\\SOFTWARE").to_owned()
    };
    let names = ["NONE", "SZ", "EXPAND_SZ", "BINARY", "DWORD", "", "", "MULTI_SZ", "", "", "", "QWORD"];
    let mut all = Contents::new();
    for row in rows {
        if row["row"] == "key" && !path(row).is_empty() {
            all.insert(vec![path(row)]);
        }
        if row["row"] != "value" {
            continue;
        }
        let kind = row["type"].as_str().unwrap();
        let number = names.iter().position(|name| kind.strip_prefix("REG_") == Some(name)).unwrap();
        let bytes = match (&row["text"], &row["list"], &row["number"]) {
            (Value::String(text), ..) => wide(text),
            (_, Value::Array(list), _) => {
                let texts = list.iter().flat_map(|text| wide(text.as_str().unwrap()));
                texts.chain([0, 0]).collect()
            }
            (.., Value::Number(value)) => {
                value.as_u64().unwrap().to_le_bytes()[..if number == 4 { 4 } else { 8 }].to_vec()
            }
            _ => base64::engine::general_purpose::STANDARD.decode(row["data"].as_str().unwrap()).unwrap(),
        };
        let name = row["name"].as_str().unwrap().to_owned();
        all.insert(vec![path(row), name, number.to_string(), hexadecimal(&bytes)]);
    }
    all
}

/// What dissect finds; none where it cannot read the hive.
fn dissect(hive: &Path) -> Option<Contents> {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/venv/bin/python3");
    let output =
        Command::new(python).args(["-c", DISSECT]).arg(hive).env("PYTHONIOENCODING", "utf-8").output();
    let output = output.unwrap();
    let lines = text(&output.stdout);
    let all = lines.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect();
    output.status.success().then_some(all)
}

/// Keys and values by path and name, as hivexml finds them; none where it cannot read the hive.
fn hivexml(hive: &Path) -> Option<Contents> {
    let output = Command::new("hivexml").arg("-u").arg(hive).output().unwrap();
    let xml = text(&output.stdout);
    let document = roxmltree::Document::parse(&xml).ok().filter(|_| output.status.success())?;
    let mut all = Contents::new();
    for node in document.descendants().filter(|node| node.has_tag_name("node") || node.has_tag_name("value"))
    {
        let named =
            |node: roxmltree::Node<'_, '_>| node.attribute("root").is_none() && node.has_tag_name("node");
        let mut parts: Vec<_> = node
            .ancestors()
            .filter(|node| named(*node))
            .map(|node| node.attribute("name").unwrap())
            .collect();
        parts.reverse();
        let path = parts.iter().flat_map(|name| ["\\", name]).collect::<String>();
        if node.has_tag_name("value") {
            all.insert(vec![path, node.attribute("key").unwrap_or_default().to_owned()]);
        } else if !path.is_empty() {
            all.insert(vec![path]);
        }
    }
    Some(all)
}

/// Keys, and values by path and name alone.
fn without_bytes(all: &Contents) -> Contents {
    all.iter().map(|one| one[..one.len().min(2)].to_vec()).collect()
}

#[test]
#[ignore = "needs hivexml and dissect.regf"]
fn hives_are_what_hivex_and_dissect_read() {
    let made_by_the_fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/fixtures/windows");
    let config = made_by_the_fixtures.join("C/Windows/System32/config");
    let fixtures = ["SYSTEM", "SOFTWARE"].into_iter().filter_map(|name| fs::read(config.join(name)).ok());
    for hive in [made()].into_iter().chain(fixtures) {
        let place = windows(&hive, None);
        let file = place.tree().join("C/Windows/System32/config/SOFTWARE");
        let found = all_software(&place);
        assert_eq!(found.code, 0, "{}", found.json);
        let ours = ours(&found.rows);
        assert!(ours.len() > 5, "{}", ours.len());
        assert_eq!(ours, dissect(&file).unwrap());
        assert_eq!(without_bytes(&ours), hivexml(&file).unwrap());
    }
}

#[test]
#[ignore = "needs hivexml and dissect.regf"]
fn a_damaged_hive_is_read_as_far_as_by_other_tools_or_the_rows_say_so() {
    let whole = made();
    let mut state = 20_u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    let (mut said, mut compared) = (0, 0);
    for round in 0..40 {
        let mut bytes = whole.clone();
        if round % 4 == 0 {
            bytes.truncate(4_096 + random(whole.len() - 4_096));
        } else {
            for _ in 0..=round * 20 {
                let at = 4_096 + random(bytes.len() - 4_096);
                bytes[at] ^= u8::try_from(1 + random(255)).unwrap();
            }
        }
        let place = windows(&bytes, None);
        let file = place.tree().join("C/Windows/System32/config/SOFTWARE");
        let found = all_software(&place);
        let broken = found.texts("broken", "detail");
        assert_eq!(found.code == 3, !broken.is_empty(), "{round}: {} {broken:?}", found.json);
        assert!(round % 4 != 0 || found.code == 3, "{round}: {}", found.json);
        said += usize::from(found.code == 3);
        let ours = without_bytes(&ours_leniently(&found.rows));
        for theirs in [dissect(&file), hivexml(&file)].into_iter().flatten() {
            compared += 1;
            let missed: Vec<_> = without_bytes(&theirs).difference(&ours).cloned().collect();
            assert!(missed.is_empty() || !broken.is_empty(), "{round}: {missed:?}");
        }
    }
    assert!(said >= 20 && compared >= 10, "{said} {compared}");
}

/// Keys and values by name alone: a damaged type or name is no fault of the reader.
fn ours_leniently(rows: &[Value]) -> Contents {
    let path = |row: &Value| {
        let key = row["key"].as_str().or_else(|| row["key"]["text"].as_str()).unwrap_or_default();
        key.trim_start_matches("HKEY_LOCAL_MACHINE\\SOFTWARE").to_owned()
    };
    let name = |row: &Value| {
        row["name"].as_str().or_else(|| row["name"]["text"].as_str()).unwrap_or_default().to_owned()
    };
    let of = |row: &Value| match row["row"].as_str() {
        Some("key") => Some(vec![path(row)]),
        Some("value") => Some(vec![path(row), name(row)]),
        _ => None,
    };
    rows.iter().filter_map(of).collect()
}
