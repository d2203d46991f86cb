//! Matches rows whose schemas have no type yet against indicators: logons, sessions and what starts by itself.
//!
//! In: the JSON lines of an item of rows. Out: hits. A row that is no JSON says nothing.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde_json::Value;

use super::Indicators;
use super::command::{path, word as said};
use crate::evidence::{Hit, Origin};

/// Most hits of one item: a table of thousands of sockets to one bad network fills no checkpoint.
const HITS: usize = 256;

/// Most words of one command line that are held against paths: the kernel allows a hundred thousand, of which each costs
/// a look-up in all patterns.
const WORDS: usize = 256;

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

/// How the names of the schemas begin, their version left out, and the fields of their rows that name something.
const SCHEMAS: [(&str, &[(&str, Field)]); 3] = [
    // A host is an address or a name; only the former is one that a list can name here.
    ("urn:veldkit:live:logons:", &[("remote", Field::Address), ("host", Field::Address)]),
    ("urn:veldkit:live:sessions:", &[("remote", Field::Address), ("host", Field::Address)]),
    (
        "urn:veldkit:live:autostarts:",
        &[
            ("file", Field::Path),
            ("launcher", Field::Path),
            ("target", Field::Path),
            ("command", Field::Command),
            ("sha256", Field::Digest),
        ],
    ),
];

/// What the rows of an item meet; nothing where it is none, or its rows say nothing that a list can name.
pub(super) fn find(indicators: &Indicators, origin: &Origin, bytes: &[u8]) -> Option<Vec<Hit>> {
    if !matches!(origin, Origin::Live { .. } | Origin::Derived { .. }) {
        return None;
    }
    let mut lines = bytes.split(|byte| *byte == b'\n');
    let first: Value = serde_json::from_slice(lines.next()?).ok()?;
    let schema = first.get("schema")?.as_str()?;
    let (_, fields) = SCHEMAS.iter().find(|(begin, _)| schema.starts_with(begin))?;
    let (mut hits, mut seen) = (Vec::new(), BTreeSet::new());
    for row in lines.filter_map(|line| serde_json::from_slice::<Value>(line).ok()) {
        // A hundred connections to one address are one thing to be told.
        let new = asked(fields, indicators, &row).into_iter();
        hits.extend(new.filter(|hit| seen.insert((hit.rule.clone(), hit.source.clone(), hit.value.clone()))));
        if hits.len() >= HITS {
            hits.truncate(HITS);
            break;
        }
    }
    Some(hits)
}

fn asked(fields: &[(&str, Field)], indicators: &Indicators, row: &Value) -> Vec<Hit> {
    let mut hits = Vec::new();
    for (name, field) in fields {
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
