//! Reads the DNS cache of systemd-resolved, as the resolver itself reports it (Varlink,
//! `io.systemd.Resolve.Monitor.DumpCache`, since systemd 254). The reply comes from memory: no server is asked.
//!
//! In: the reply. Out: a [`ResolvedName`] per cached name. The caches of other resolvers (dnsmasq, unbound, nscd)
//! cannot be read passively.

use std::io;
use std::net::IpAddr;

use serde_json::Value;

use super::seek::damaged;
use crate::evidence::Exact;

/// The request, terminated by a zero, as the reply is.
pub(crate) const QUESTION: &[u8] =
    b"{\"method\":\"io.systemd.Resolve.Monitor.DumpCache\",\"parameters\":{}}\0";

/// Maximum number of names that are reported.
const MAX_NAMES: usize = 100_000;

/// A name in the cache.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResolvedName {
    /// Name.
    pub name: String,
    /// Type number of the record that was looked up: 1 is A, 28 is AAAA.
    pub kind: u16,
    /// Addresses in the answer.
    pub addresses: Vec<IpAddr>,
    /// The name that it is an alias of.
    pub alias: Option<Exact>,
    /// The interface through which it was looked up.
    pub interface: Option<String>,
}

/// Reads the reply.
///
/// # Errors
///
/// It is malformed, or the resolver refuses to answer.
pub fn cached_names(reply: &[u8]) -> io::Result<Vec<ResolvedName>> {
    let reply = reply.split(|byte| *byte == 0).next().unwrap_or_default();
    let reply: Value =
        serde_json::from_slice(reply).map_err(|_| damaged("the resolver's reply is not JSON"))?;
    if let Some(error) = reply.get("error").and_then(Value::as_str) {
        return Err(io::Error::other(format!("the resolver answers {error:?}")));
    }
    let list =
        |value: &Value, key: &str| value.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let Some(parameters) = reply.get("parameters") else {
        return Err(damaged("the resolver's reply has no parameters"));
    };
    let mut rows = Vec::new();
    for scope in list(parameters, "dump") {
        let interface = scope.get("ifname").and_then(Value::as_str).map(ToOwned::to_owned);
        for entry in list(&scope, "cache") {
            let key = |what: &str| entry.get("key").and_then(|key| key.get(what));
            let Some(name) = key("name").and_then(Value::as_str) else { continue };
            let kind = key("type").and_then(Value::as_u64).and_then(|kind| u16::try_from(kind).ok());
            let mut addresses = Vec::new();
            let mut alias = None;
            for record in list(&entry, "rrs") {
                let Some(record) = record.get("rr") else { continue };
                addresses.extend(address(&list(record, "address")));
                // The canonical name, for a CNAME.
                alias = record.get("name").and_then(Value::as_str).map(Exact::from).or(alias);
            }
            if rows.len() >= MAX_NAMES {
                return Ok(rows);
            }
            rows.push(ResolvedName {
                name: name.to_owned(),
                kind: kind.unwrap_or_default(),
                addresses,
                alias,
                interface: interface.clone(),
            });
        }
    }
    Ok(rows)
}

/// Reads an address from its bytes.
fn address(bytes: &[Value]) -> Option<IpAddr> {
    let mut whole = Vec::new();
    for byte in bytes.iter().take(17) {
        whole.push(u8::try_from(byte.as_u64()?).ok()?);
    }
    let four = <[u8; 4]>::try_from(whole.as_slice()).map(IpAddr::from);
    four.or_else(|_| <[u8; 16]>::try_from(whole.as_slice()).map(IpAddr::from)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In the form of systemd's tests and interface definition.
    #[test]
    fn names_addresses_aliases_and_negative_answers_are_read() {
        let reply = br#"{"parameters":{"dump":[
            {"protocol":"dns","family":2,"ifindex":2,"ifname":"eth0","cache":[
                {"key":{"class":1,"type":1,"name":"www.example.org"},"until":7,"rrs":[
                    {"rr":{"key":{"class":1,"type":1,"name":"www.example.org"},"address":[192,0,2,7]},"raw":"A"},
                    {"rr":{"key":{"class":1,"type":1,"name":"www.example.org"},"address":[192,0,2,8]},"raw":"A"}]},
                {"key":{"class":1,"type":5,"name":"a.example.org"},"until":7,"rrs":[{"rr":{"name":"b.example.org"},"raw":""}]},
                {"key":{"class":1,"type":28,"name":"geen.example.org"},"type":"nxdomain","until":7}]},
            {"protocol":"mdns","cache":[]}]}}"#;
        let names = cached_names(&[&reply[..], b"\0rest"].concat()).unwrap();
        let name = |name: &str, kind| ResolvedName {
            name: name.to_owned(),
            kind,
            interface: Some("eth0".to_owned()),
            ..ResolvedName::default()
        };
        let addresses = vec![IpAddr::from([192, 0, 2, 7]), IpAddr::from([192, 0, 2, 8])];
        assert_eq!(
            names,
            [
                ResolvedName { addresses, ..name("www.example.org", 1) },
                ResolvedName { alias: Some("b.example.org".into()), ..name("a.example.org", 5) },
                name("geen.example.org", 28),
            ]
        );
    }

    #[test]
    fn a_malformed_or_refusing_reply_is_an_error() {
        assert_eq!(cached_names(b"{\"parameters\":{\"dump\":[]}}").unwrap(), []);
        assert_eq!(
            cached_names(b"{\"parameters\":{\"dump\":[7,{\"cache\":[{},{\"key\":{\"name\":3}}]}]}}").unwrap(),
            []
        );
        for bad in [
            &b""[..],
            b"{",
            b"{}",
            b"[]",
            b"{\"error\":\"org.varlink.service.PermissionDenied\",\"parameters\":{}}",
        ] {
            assert!(cached_names(bad).is_err(), "{}", bad.escape_ascii());
        }
        assert_eq!(address(&[300.into(), 1.into(), 1.into(), 1.into()]), None);
        assert_eq!(address(&vec![1.into(); 5]), None);
    }
}
