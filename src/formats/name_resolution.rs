//! Reads the files of the resolver: resolv.conf(5) and hosts(5), which Windows has as well.
//!
//! In: the text of one file, whose size the caller limits. Out: network rows. Pure; never panics.

use crate::evidence::Exact;
use crate::evidence::rows::network::NetworkRow;

/// Reads resolv.conf(5).
#[must_use]
pub fn resolvers(text: &[u8], file: &'static str) -> Vec<NetworkRow> {
    let mut rows = Vec::new();
    for line in text.split(|byte| *byte == b'\n') {
        let mut words = words(line);
        match words.next() {
            Some(b"nameserver") => {
                rows.extend(words.next().map(|word| NetworkRow::Resolver {
                    address: Exact::from(word),
                    file: Some(file.into()),
                    interface: None,
                }));
            }
            Some(b"search" | b"domain") => {
                rows.extend(words.map(|word| NetworkRow::SearchDomain {
                    domain: Exact::from(word),
                    file: Some(file.into()),
                    interface: None,
                }));
            }
            _ => {}
        }
    }
    rows
}

/// Reads hosts(5).
pub fn hosts(text: &[u8]) -> impl Iterator<Item = NetworkRow> + use<'_> {
    let entry = |line: &[u8]| {
        let line = line.split(|byte| *byte == b'#').next()?;
        let mut words = words(line);
        let address = Exact::from(words.next()?);
        let names: Vec<Exact> = words.map(Exact::from).collect();
        (!names.is_empty()).then_some(NetworkRow::Host { address, names })
    };
    text.split(|byte| *byte == b'\n').filter_map(entry)
}

pub(crate) fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::rows::written;

    #[test]
    fn resolvers_domains_and_hosts_are_read_and_comments_are_skipped() {
        let rows = resolvers(
            b"# x\nnameserver 10.0.0.53\nsearch a.example b.example\noptions edns0\n",
            "etc/resolv.conf",
        );
        written(&rows);
        let json = serde_json::to_value(&rows).unwrap();
        assert_eq!(json[0]["address"], "10.0.0.53");
        assert_eq!(
            (&json[1]["domain"], &json[2]["domain"], json.as_array().unwrap().len()),
            (&"a.example".into(), &"b.example".into(), 3)
        );
        let rows: Vec<_> =
            hosts(b"127.0.0.1 localhost\n#0.0.0.0 x\n10.9.9.9\tbank.example www # y\nalone\n").collect();
        written(&rows);
        let json = serde_json::to_value(&rows).unwrap();
        assert_eq!(json.as_array().unwrap().len(), 2);
        assert_eq!(json[1]["names"], serde_json::json!(["bank.example", "www"]));
    }
}
