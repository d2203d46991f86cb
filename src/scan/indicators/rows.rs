//! Matches the rows of live and derived state against indicators, on the host and in a stored bundle alike.
//!
//! In: an item of rows, or as much of it as the caller holds. Out: hits, each with the row that it is in. What a row says
//! is decided by its type ([`RowType::observables`](crate::evidence::rows::RowType)); here each [`Observable`] is looked
//! up. A row that does not fit its type is counted, and the item says so in a note.

use std::collections::BTreeSet;

use super::by_name;
use super::{Case, Indicators};
use crate::evidence::HitRow;
use crate::evidence::Item;
use crate::evidence::Note;
use crate::evidence::cut;
use crate::evidence::rows;
use crate::evidence::rows::AnyRow;
use crate::evidence::rows::Observable;
use crate::evidence::rows::RowRead;
use crate::evidence::{Hit, Origin};

/// Most hits of one item: a table of thousands of sockets to one bad network fills no checkpoint.
const HITS: usize = 256;

/// Most words of one command line, and most values of one key, that are looked up: the kernel allows a hundred thousand
/// words, of which each costs a look-up in all patterns.
const WORDS: usize = 256;

/// The hits in the text of an item.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InText {
    /// The hits, at most one for the same indicator and the same value.
    pub hits: Vec<Hit>,
    /// Rows that do not fit the type of their schema, and were not matched.
    pub unread_rows: u64,
}

impl InText {
    /// Adds the hits to the record of the item, and a note where rows were not matched.
    pub fn add_to(self, item: &mut Item) {
        item.hits.extend(self.hits);
        if self.unread_rows > 0 && !item.notes.contains(&Note::RowsUnread) {
            item.notes.push(Note::RowsUnread);
        }
    }
}

/// Matches the rows of an item; `None` where it is not an item of rows.
pub(super) fn find(indicators: &Indicators, origin: &Origin, bytes: &[u8]) -> Option<InText> {
    if !matches!(origin, Origin::Live { .. } | Origin::Derived { .. }) {
        return None;
    }
    let Some(lines) = rows::read(bytes) else {
        return by_name::find(indicators, origin, bytes).map(|hits| InText { hits, unread_rows: 0 });
    };
    let (mut found, mut seen) = (InText::default(), BTreeSet::new());
    for line in lines {
        match line {
            RowRead::Row { number, row } if found.hits.len() < HITS => {
                let new = matched(indicators, &row).into_iter();
                // A hundred connections to one address are one hit.
                let new =
                    new.filter(|hit| seen.insert((hit.rule.clone(), hit.source.clone(), hit.value.clone())));
                let mut new = new.peekable();
                if new.peek().is_some() {
                    let mark = mark(number, &row);
                    found.hits.extend(new.map(|hit| Hit { row: Some(mark.clone()), ..hit }));
                }
            }
            // It is read on to the end, so that the count of what cannot be read is right.
            RowRead::Row { .. } | RowRead::Cut { .. } => {}
            RowRead::Unreadable { .. } => found.unread_rows = found.unread_rows.saturating_add(1),
        }
    }
    found.hits.truncate(HITS);
    Some(found)
}

/// The row as its hits cite it.
fn mark(number: u64, row: &AnyRow) -> HitRow {
    let mut key = row.key();
    key.path = key.path.map(|path| cut(&path));
    HitRow { number, key }
}

/// The hits of all that one row names.
fn matched(indicators: &Indicators, row: &AnyRow) -> Vec<Hit> {
    let (mut hits, mut commands, mut values) = (Vec::new(), 0_usize, 0_usize);
    row.observables(&mut |observable| {
        let count = match observable {
            Observable::Command(_) => &mut commands,
            Observable::Registry { .. } => &mut values,
            _ => return hits.extend(of(indicators, &observable)),
        };
        *count = count.saturating_add(1);
        if *count <= WORDS {
            hits.extend(of(indicators, &observable));
        }
    });
    hits
}

fn of(indicators: &Indicators, observable: &Observable<'_>) -> Vec<Hit> {
    match observable {
        Observable::Address(address) => indicators.address(address),
        Observable::Domain(domain) => indicators.domain(domain),
        Observable::Path(path) => self::path(indicators, path),
        Observable::Command(command) => self::command(indicators, command),
        Observable::Digest(digest) => indicators.digest(digest),
        Observable::Pipe(name) => indicators.pipe(name),
        Observable::Mutex(name) => indicators.mutex(name),
        Observable::Registry { key, name, value } => {
            indicators.registry(key, name.as_deref(), value.as_deref())
        }
    }
}

/// A word of a command line: a URL with its host, else a path in it. Words without a separator are options and values,
/// and are looked up as names only where they look like a file's.
pub(super) fn command(indicators: &Indicators, word: &str) -> Vec<Hit> {
    // `--url=https://…`: the URL begins behind the option.
    if let Some(colon) = word.find("://") {
        let begin = word.get(..colon).unwrap_or_default();
        let begin = begin.rfind(|c: char| !c.is_ascii_alphanumeric()).map_or(0, |at| at.saturating_add(1));
        let url = word.get(begin..).unwrap_or_default();
        return indicators.url(url.split([' ', '"', '\'']).next().unwrap_or_default());
    }
    // A whole command line in one word, as services and run keys have it.
    let quoted = word.strip_prefix('"').and_then(|rest| rest.split('"').next());
    let bare = word.split(' ').next().filter(|bare| bare.len() < word.len());
    let value = word.split_once('=').map(|(_, value)| value);
    // `rundll32 C:\\x.dll,Start`: the function behind the comma is no part of the file.
    let before_comma = word.split_once(',').map(|(file, _)| file);
    let parts: BTreeSet<&str> =
        [Some(word), quoted, bare, value, before_comma].into_iter().flatten().collect();
    let is_file = |part: &&str| part.contains(['/', '\\']) || part.contains('.');
    parts.into_iter().filter(is_file).flat_map(|part| path(indicators, part)).collect()
}

/// A path in the case rules of its system: Windows ignores case.
pub(super) fn path(indicators: &Indicators, path: &str) -> Vec<Hit> {
    indicators.path(path, if is_windows(path) { Case::Folded } else { Case::Heeded })
}

/// Whether only Windows would write it so: its rows name no system.
fn is_windows(path: &str) -> bool {
    path.contains('\\') || path.get(1..2) == Some(":")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Utc;
    use crate::evidence::rows::sockets::{InternetSocket, SocketHolders, SocketOwner, SocketRow};
    use crate::evidence::rows::{RowKey, RowType};

    fn indicators(list: &str) -> Indicators {
        crate::scan::indicators::read_bytes(list.as_bytes(), None, Utc::from_unix(0, 0).unwrap())
    }

    fn found(list: &str, text: &str) -> Option<InText> {
        find(&indicators(list), &Origin::Live { name: "x.jsonl".to_owned() }, text.as_bytes())
    }

    fn item<R: RowType>(rows: &[R]) -> String {
        let mut text = format!("{{\"row\":\"schema\",\"schema\":\"{}\"}}\n", R::SCHEMA);
        for row in rows {
            text.push_str(&serde_json::to_string(row).unwrap());
            text.push('\n');
        }
        text
    }

    fn hits<R: RowType>(list: &str, rows: &[R]) -> Vec<Hit> {
        let InText { hits, unread_rows } = found(list, &item(rows)).unwrap();
        assert_eq!(unread_rows, 0);
        hits
    }

    fn rules<R: RowType>(list: &str, rows: &[R]) -> Vec<String> {
        hits(list, rows).into_iter().map(|hit| hit.rule).collect()
    }

    fn connection(remote: &str) -> SocketRow {
        SocketRow::Internet(Box::new(InternetSocket {
            protocol: "tcp".into(),
            local: "198.51.100.1".parse().unwrap(),
            local_port: 49_152,
            remote: Some(remote.parse().unwrap()),
            remote_port: Some(443),
            state: Some("established".into()),
            sending: Some(0),
            receiving: Some(0),
            user_id: Some(0),
            user: None,
            since: None,
            pid: None,
            held: SocketHolders {
                inode: Some(7),
                name_space: None,
                processes: vec![SocketOwner { pid: 4711, name: "curl".into() }],
            },
        }))
    }

    #[test]
    fn the_other_end_of_a_connection_is_matched_against_addresses_and_networks_and_reported_once() {
        let list = "203.0.113.0/24;a bad net\n2001:db8::7;a bad host\n198.51.100.1;ours by mistake\n";
        let rows = ["203.0.113.9", "203.0.113.9", "203.0.113.10", "2001:db8::7", "192.0.2.1"].map(connection);
        let hits = hits(list, &rows);
        let rules: Vec<_> = hits.iter().map(|hit| hit.rule.as_str()).collect();
        assert_eq!(rules, ["address:203.0.113.0/24", "address:203.0.113.0/24", "address:2001:db8::7"]);
        let numbers: Vec<_> = hits.iter().map(|hit| hit.row.as_ref().unwrap().number).collect();
        assert_eq!(numbers, [1, 3, 4]);
        let key = RowKey { pid: Some(4711), port: Some(49_152), path: None };
        assert_eq!(hits[0].row.as_ref().unwrap().key, key);
    }

    #[test]
    fn a_row_that_does_not_fit_its_type_is_counted_and_noted_once_and_a_cut_one_is_not() {
        let list = "203.0.113.9;bad\n";
        let mut text = item(&[connection("203.0.113.9")]);
        assert_eq!(found(list, &text).unwrap().unread_rows, 0);
        text.push_str("nonsense\n{\"row\":\"internet\",\"remote\":\"203.0.113.9\"}\n");
        text.push_str(&item(&[connection("203.0.113.9")])[..80]);
        let in_text = found(list, &text).unwrap();
        assert_eq!((in_text.hits.len(), in_text.unread_rows), (1, 2));
        let mut item: Item = serde_json::from_value(serde_json::json!({
            "number": 1, "artifact": "LiveSockets", "origin": {"type": "live", "name": "x.jsonl"}, "kind": "rows",
            "outcome": "collected", "personal_data": "none", "acquired": "2026-11-30T12:00:00Z",
        }))
        .unwrap();
        in_text.clone().add_to(&mut item);
        in_text.add_to(&mut item);
        assert_eq!((item.hits.len(), item.notes), (2, vec![Note::RowsUnread]));
    }

    #[test]
    fn what_is_no_item_of_rows_or_of_another_schema_says_nothing() {
        let list = "203.0.113.9;bad\n";
        let all = indicators(list);
        assert_eq!(find(&all, &Origin::root("etc/x"), item(&[connection("203.0.113.9")]).as_bytes()), None);
        assert_eq!(found(list, "{}"), None);
        let other = item(&[connection("203.0.113.9")]).replace("sockets:1", "sockets:2");
        assert_eq!(found(list, &other), None);
        assert_eq!(find(&all, &Origin::Live { name: "x".to_owned() }, b"\xff\xfe"), None);
    }

    #[test]
    fn a_table_full_of_bad_addresses_fills_no_record() {
        let rows: Vec<_> = (0..1000).map(|n| connection(&format!("203.0.{}.{}", n / 250, n % 250))).collect();
        assert_eq!(rules("203.0.0.0/16;bad\n", &rows).len(), HITS);
    }
}
