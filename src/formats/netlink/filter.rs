//! Reads nftables as the kernel reports it by netlink: tables, chains, rules, and sets with their elements.
//!
//! In: the content of an `nfnetlink` message (`linux/netfilter/nf_tables.h`), with big-endian numbers. Out: a
//! [`Filter`] each. `statement.rs` writes the text of a rule. Other named objects (counters, quotas) are reported
//! only where a rule refers to them.

use serde::Serialize;

use super::nf_tables as nft;
use super::value::{address, hex, number, verdict, verdict_with_chain};
use super::{Part, Question, attribute, attributes, statement, text};
use crate::evidence::Exact;

/// Bytes before the attributes: family, version, number.
const HEAD: usize = 4;

/// First message type of nftables (`NFNL_SUBSYS_NFTABLES`, linux/netfilter/nfnetlink.h).
const NFTABLES: u16 = 10 << 8;

/// Key types that are not written as bytes (`enum datatypes` of nftables, include/datatype.h), and the bits per type
/// in a concatenated key (`TYPE_BITS`).
const TYPE_BITS: u32 = 6;
const TYPE_MASK: u64 = (1 << TYPE_BITS) - 1;
const TYPE_IPADDR: u64 = 7;
const TYPE_IP6ADDR: u64 = 8;
const TYPE_ETHERADDR: u64 = 9;
const TYPE_INET_PROTOCOL: u64 = 12;
const TYPE_INET_SERVICE: u64 = 13;
const TYPE_MARK: u64 = 19;
const TYPE_IFNAME: u64 = 41;

/// User data that is a comment (`NFTNL_UDATA_RULE_COMMENT`, libnftnl/udata.h).
const COMMENT: u8 = 0;

/// Maximum number of elements that are reported per set, including interval ends: address lists of a country have
/// about ten thousand.
pub const MAX_ELEMENTS: usize = 20_000;

/// A table, chain, rule or set of the packet filter.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Filter {
    /// `table`, `chain`, `rule` or `set`.
    pub part: &'static str,
    /// The packets that it sees: `ip`, `ip6`, `inet`, `arp`, `bridge`, `netdev`, or the number of the family.
    pub family: String,
    /// Table name.
    pub table: Exact,
    /// Name of a chain or set; of a rule, the name of its chain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Exact>,
    /// Handle of the kernel, which increases with each object of a table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handle: Option<u64>,
    /// Type of a base chain: `filter`, `nat` or `route`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Exact>,
    /// Hook of a base chain: `prerouting`, `input`, `forward`, `output`, `postrouting`, `ingress`, `egress`, or its
    /// number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hook: Option<String>,
    /// Priority of a base chain among others: lower ones first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<i64>,
    /// Policy of a base chain: `accept` or `drop`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// Interfaces to which a base chain is limited.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub devices: Vec<Exact>,
    /// Whether a table is disabled.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub dormant: bool,
    /// Text of a rule, close to the syntax of `nft`; unknown parts are written as bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub says: Option<Exact>,
    /// Comment of a rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<Exact>,
    /// Elements of a set; of a map, with the value of each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub elements: Vec<String>,
    /// The numbers that are needed to read a set's elements.
    #[serde(skip)]
    pub form: SetForm,
}

/// How the elements of a set are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SetForm {
    /// Number of its family.
    pub family: u8,
    /// Types of its concatenated key, six bits each.
    pub key: u64,
    /// Whether it contains intervals.
    pub interval: bool,
}

/// An element of a set: its key, the end of an interval that is stored with it, and its value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Element {
    key: Vec<u8>,
    starts: bool,
    last: Option<Vec<u8>>,
    leads_to: Option<String>,
}

/// Makes the requests for all tables, chains, rules and sets, in this order.
#[must_use]
pub fn questions() -> [Question; 4] {
    [nft::NFT_MSG_GETTABLE, nft::NFT_MSG_GETCHAIN, nft::NFT_MSG_GETRULE, nft::NFT_MSG_GETSET]
        .map(|kind| ask(kind, 0, Vec::new()))
}

/// Makes the request for the elements of a set.
#[must_use]
pub fn elements_of(set: &Filter) -> Question {
    let mut all = Vec::new();
    let names =
        [(nft::NFTA_SET_ELEM_LIST_TABLE, Some(&set.table)), (nft::NFTA_SET_ELEM_LIST_SET, set.name.as_ref())];
    for (kind, name) in names {
        let name = name.map_or(&[][..], |name| &name.0);
        let length = u16::try_from(name.len()).unwrap_or_default().saturating_add(5);
        all.extend([length.to_le_bytes(), kind.to_le_bytes()].concat());
        all.extend(name);
        // Terminator, and padding up to the next attribute.
        all.resize(all.len().saturating_add(1).next_multiple_of(4), 0);
    }
    ask(nft::NFT_MSG_GETSETELEM, set.form.family, all)
}

fn ask(kind: u16, family: u8, attributes: Vec<u8>) -> Question {
    let body = [vec![family, 0, 0, 0], attributes].concat();
    Question { part: Part::Filter, kind: NFTABLES | kind, body }
}

/// Reads a table, a chain, a rule or a set.
#[must_use]
pub fn filter(kind: u16, body: &[u8]) -> Option<Filter> {
    let (&family, bytes) = (body.first()?, body.get(HEAD..)?);
    let of = |kind| attribute(bytes, kind);
    let name = |kind| of(kind).map(|name| Exact::from(text(name)));
    let base = Filter {
        family: family_name(family),
        // The attribute has the same number in all four.
        table: name(nft::NFTA_TABLE_NAME)?,
        form: SetForm { family, ..SetForm::default() },
        ..Filter::default()
    };
    match kind.checked_sub(NFTABLES)? {
        nft::NFT_MSG_NEWTABLE => Some(Filter {
            part: "table",
            handle: of(nft::NFTA_TABLE_HANDLE).map(number),
            dormant: of(nft::NFTA_TABLE_FLAGS)
                .is_some_and(|flags| number(flags) & nft::NFT_TABLE_F_DORMANT != 0),
            ..base
        }),
        nft::NFT_MSG_NEWCHAIN => {
            let hook = of(nft::NFTA_CHAIN_HOOK);
            let at = |kind| attribute(hook?, kind);
            Some(Filter {
                part: "chain",
                name: Some(name(nft::NFTA_CHAIN_NAME)?),
                handle: of(nft::NFTA_CHAIN_HANDLE).map(number),
                kind: name(nft::NFTA_CHAIN_TYPE),
                hook: at(nft::NFTA_HOOK_HOOKNUM).map(|at| hook_name(family, number(at))),
                priority: at(nft::NFTA_HOOK_PRIORITY).map(|at| signed(number(at))),
                policy: of(nft::NFTA_CHAIN_POLICY).map(|policy| verdict(signed(number(policy)), &[])),
                // A single device is in the list as well; an older kernel has no list.
                devices: match at(nft::NFTA_HOOK_DEVS) {
                    None => {
                        at(nft::NFTA_HOOK_DEV).into_iter().map(|device| Exact::from(text(device))).collect()
                    }
                    Some(list) => attributes(list).map(|(_, device)| Exact::from(text(device))).collect(),
                },
                ..base
            })
        }
        nft::NFT_MSG_NEWRULE => Some(Filter {
            part: "rule",
            name: Some(name(nft::NFTA_RULE_CHAIN)?),
            handle: of(nft::NFTA_RULE_HANDLE).map(number),
            says: Some(Exact(statement::rule(family, of(nft::NFTA_RULE_EXPRESSIONS).unwrap_or_default()))),
            comment: of(nft::NFTA_RULE_USERDATA).and_then(comment),
            ..base
        }),
        nft::NFT_MSG_NEWSET => {
            let flags = of(nft::NFTA_SET_FLAGS).map(number).unwrap_or_default();
            let key = of(nft::NFTA_SET_KEY_TYPE).map(number).unwrap_or_default();
            let form = SetForm { family, key, interval: flags & nft::NFT_SET_INTERVAL != 0 };
            let handle = of(nft::NFTA_SET_HANDLE).map(number);
            Some(Filter { part: "set", name: Some(name(nft::NFTA_SET_NAME)?), handle, form, ..base })
        }
        _ => None,
    }
}

/// Reads elements of a set and adds them to `all`.
pub fn elements(kind: u16, body: &[u8], all: &mut Vec<Element>) {
    if kind != NFTABLES | nft::NFT_MSG_NEWSETELEM {
        return;
    }
    let body = body.get(HEAD..).unwrap_or_default();
    let listed = attribute(body, nft::NFTA_SET_ELEM_LIST_ELEMENTS).unwrap_or_default();
    for (_, element) in attributes(listed) {
        let of = |kind| attribute(element, kind);
        let value =
            |kind| of(kind).and_then(|data| attribute(data, nft::NFTA_DATA_VALUE)).map(<[u8]>::to_vec);
        let flags = of(nft::NFTA_SET_ELEM_FLAGS).map(number).unwrap_or_default();
        let catch_all = flags & nft::NFT_SET_ELEM_CATCHALL != 0;
        let key = value(nft::NFTA_SET_ELEM_KEY).filter(|_| !catch_all).unwrap_or_default();
        let leads_to =
            of(nft::NFTA_SET_ELEM_DATA).map(|data| match attribute(data, nft::NFTA_DATA_VERDICT) {
                Some(data) => verdict_with_chain(data),
                None => hex(attribute(data, nft::NFTA_DATA_VALUE).unwrap_or_default()),
            });
        let starts = flags & nft::NFT_SET_ELEM_INTERVAL_END == 0;
        all.push(Element { key, starts, last: value(nft::NFTA_SET_ELEM_KEY_END), leads_to });
    }
}

/// Writes the elements as text, in order.
#[must_use]
pub fn written(form: SetForm, mut all: Vec<Element>) -> Vec<String> {
    all.sort_unstable();
    let mut lines = Vec::new();
    for (at, element) in all.iter().enumerate().filter(|(_, element)| element.starts) {
        let first = keys(form.key, &element.key);
        let mut line = match (&element.last, all.get(at.saturating_add(1))) {
            (Some(last), _) if *last != element.key => format!("{first}-{}", keys(form.key, last)),
            // The next one begins where this one ends; the end itself is excluded.
            (None, next) if form.interval && !element.key.is_empty() => {
                let last = next.map_or_else(|| vec![u8::MAX; element.key.len()], |next| before(&next.key));
                if last == element.key { first } else { format!("{first}-{}", keys(form.key, &last)) }
            }
            _ => first,
        };
        for leads_to in element.leads_to.iter().filter(|text| !text.is_empty()) {
            line.push_str(" : ");
            line.push_str(leads_to);
        }
        lines.push(line);
    }
    lines
}

/// Returns the number before a big-endian one.
fn before(key: &[u8]) -> Vec<u8> {
    let mut key = key.to_vec();
    for byte in key.iter_mut().rev() {
        let (less, borrowed) = byte.overflowing_sub(1);
        *byte = less;
        if !borrowed {
            break;
        }
    }
    key
}

/// Writes a concatenated key; the types are those of `nft` (`enum datatypes`), the last one in the lowest six bits.
fn keys(kinds: u64, key: &[u8]) -> String {
    if key.is_empty() {
        return "*".to_owned();
    }
    let (mut written, mut rest, mut kinds) = (Vec::new(), key, kinds);
    // Each part except the last is padded to four bytes, so they are split off from the end.
    while kinds != 0 {
        let (length, one): (usize, fn(&[u8]) -> String) = match kinds & TYPE_MASK {
            TYPE_IPADDR => (4, address),
            TYPE_IP6ADDR => (16, address),
            TYPE_ETHERADDR => (6, hex),
            TYPE_INET_PROTOCOL => (1, decimal),
            TYPE_INET_SERVICE => (2, decimal),
            TYPE_MARK => (4, hex),
            TYPE_IFNAME => (16, |name| String::from_utf8_lossy(text(name)).into_owned()),
            _ => return hex(key),
        };
        kinds >>= TYPE_BITS;
        let alone = kinds == 0 && written.is_empty();
        let room = if alone { length } else { length.next_multiple_of(4) };
        let Some(at) = rest.len().checked_sub(room) else { return hex(key) };
        let Some((before, mine)) = rest.split_at_checked(at) else { return hex(key) };
        written.push(one(mine.get(..length).unwrap_or_default()));
        rest = before;
    }
    if !rest.is_empty() || written.is_empty() {
        return hex(key);
    }
    written.reverse();
    written.join(" . ")
}

fn decimal(bytes: &[u8]) -> String {
    number(bytes).to_string()
}

/// Returns the comment (`NFTNL_UDATA_RULE_COMMENT`) in the user data of a rule: type, length, text.
fn comment(mut bytes: &[u8]) -> Option<Exact> {
    while let [kind, length, rest @ ..] = bytes {
        let content = rest.get(..usize::from(*length))?;
        if *kind == COMMENT {
            return Some(Exact::from(text(content)));
        }
        bytes = rest.get(content.len()..)?;
    }
    None
}

fn signed(number: u64) -> i64 {
    u32::try_from(number).map_or(0, |number| number.cast_signed().into())
}

fn family_name(family: u8) -> String {
    let name = match family {
        nft::NFPROTO_INET => "inet",
        nft::NFPROTO_IPV4 => "ip",
        nft::NFPROTO_ARP => "arp",
        nft::NFPROTO_NETDEV => "netdev",
        nft::NFPROTO_BRIDGE => "bridge",
        nft::NFPROTO_IPV6 => "ip6",
        other => return other.to_string(),
    };
    name.to_owned()
}

fn hook_name(family: u8, hook: u64) -> String {
    // By number: `enum nf_inet_hooks`, `NF_ARP_*` and `enum nf_dev_hooks`.
    const USUAL: [&str; 6] = ["prerouting", "input", "forward", "output", "postrouting", "ingress"];
    let names = match family {
        nft::NFPROTO_ARP => &["input", "output", "forward"][..],
        nft::NFPROTO_NETDEV => &["ingress", "egress"],
        _ => &USUAL,
    };
    let name = usize::try_from(hook).ok().and_then(|hook| names.get(hook));
    name.map_or_else(|| hook.to_string(), |name| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::netlink::tests::with;

    fn read(kind: u16, family: u8, own: &[(u16, &[u8])]) -> Option<Filter> {
        let own: Vec<u8> = own.iter().flat_map(|(kind, content)| with(*kind, content)).collect();
        filter(NFTABLES | kind, &[vec![family, 0, 0, 0], own].concat())
    }

    fn element(key: &[u8], flags: u32, more: &[(u16, &[u8])]) -> Vec<u8> {
        let more: Vec<u8> = more.iter().flat_map(|(kind, content)| with(*kind, content)).collect();
        with(1, &[with(1 | 0x8000, &with(1, key)), with(3, &flags.to_be_bytes()), more].concat())
    }

    /// Writes the elements of a set.
    fn listed(key: u64, interval: bool, all: &[Vec<u8>]) -> Vec<String> {
        let body = [vec![1, 0, 0, 0], with(3 | 0x8000, &all.concat())].concat();
        let mut read = Vec::new();
        elements(NFTABLES | 0xc, &body, &mut read);
        assert_eq!(read.len(), all.len());
        written(SetForm { family: 1, key, interval }, read)
    }

    #[test]
    fn tables_chains_and_rules_are_read() {
        let table =
            read(0, 2, &[(1, b"nat\0"), (2, &1_u32.to_be_bytes()), (4, &5_u64.to_be_bytes())]).unwrap();
        assert_eq!((table.part, &*table.family, table.dormant), ("table", "ip", true));
        assert_eq!((table.table, table.handle), (Exact::from("nat"), Some(5)));
        let hook = [with(1, &[0, 0, 0, 4]), with(2, &(-150_i32).to_be_bytes()), with(3, b"lo\0")].concat();
        let own = [(1, &b"t\0"[..]), (3, b"c\0"), (4 | 0x8000, &hook), (5, &[0; 4]), (7, b"filter\0")];
        let chain = read(3, 1, &own).unwrap();
        assert_eq!((chain.hook.as_deref(), chain.priority), (Some("postrouting"), Some(-150)));
        assert_eq!((chain.policy.as_deref(), chain.devices), (Some("drop"), vec![Exact::from("lo")]));
        let hooked = |family: u8| read(3, family, &own).unwrap().hook;
        assert_eq!((hooked(5).as_deref(), hooked(3).as_deref()), (Some("4"), Some("4")));
        let commented = [&[7, 1, 9, 0, 5][..], b"loop\0"].concat();
        let rule = read(6, 99, &[(1, b"t\0"), (2, b"c\0"), (7, &commented)]).unwrap();
        assert_eq!(
            (&*rule.family, rule.comment, rule.says),
            ("99", Some(Exact::from("loop")), Some(Exact::default()))
        );
        // A comment that is longer than its buffer; no name; another message.
        let cut = read(6, 1, &[(1, b"t\0"), (2, b"c\0"), (7, &[0, 9, b'a'])]).unwrap();
        assert_eq!(cut.comment, None);
        assert_eq!(
            (read(6, 1, &[(1, b"t\0")]), read(0, 1, &[]), read(18, 1, &[(1, b"t\0")])),
            (None, None, None)
        );
        assert_eq!((filter(0, &[1; 40]), filter(NFTABLES, &[])), (None, None));
    }

    #[test]
    fn elements_are_written_by_the_kinds_of_their_keys() {
        let drop = with(2, &with(1, &[0; 4]));
        let pair = |port: u16| element(&port.to_be_bytes(), 0, &[(2, &drop)]);
        assert_eq!(listed(13, false, &[pair(81), pair(80)]), ["80 : drop", "81 : drop"]);
        let (net, end) = ([10, 1, 0, 0], [10, 2, 0, 0]);
        let all = [
            element(&[0; 4], 1, &[]),
            element(&end, 1, &[]),
            element(&net, 0, &[]),
            element(&[224, 0, 0, 0], 0, &[]),
        ];
        assert_eq!(listed(7, true, &all), ["10.1.0.0-10.1.255.255", "224.0.0.0-255.255.255.255"]);
        // Concatenated keys are padded; an interval of two keys has its end next to it.
        let (first, last) = ([10, 0, 0, 1, 0, 22, 0, 0], [10, 0, 0, 9, 0, 23, 0, 0]);
        assert_eq!(listed(0x1cd, false, &[element(&first, 0, &[])]), ["10.0.0.1 . 22"]);
        let ended = element(&first, 0, &[(10, &with(1, &last))]);
        assert_eq!(listed(0x1cd, true, &[ended]), ["10.0.0.1 . 22-10.0.0.9 . 23"]);
        assert_eq!(listed(7, false, &[element(&[], 2, &[])]), ["*"]);
        // Unknown types, and keys of unexpected length.
        for (key, bytes) in
            [(0, &[1, 2][..]), (63, &[1, 2]), (7, &[1, 2]), (13, &[0, 1, 2]), (0x1cd, &[1, 2])]
        {
            assert_eq!(listed(key, false, &[element(bytes, 0, &[])]), [hex(bytes)]);
        }
        assert_eq!(before(&[1, 0, 0]), [0, 255, 255]);
    }

    #[test]
    fn a_set_is_asked_for_by_its_names() {
        let set = read(
            9,
            10,
            &[(1, b"filter\0"), (2, b"seen\0"), (3, &4_u32.to_be_bytes()), (4, &8_u32.to_be_bytes())],
        )
        .unwrap();
        assert_eq!(set.form, SetForm { family: 10, key: 8, interval: true });
        let asked = elements_of(&set);
        assert_eq!(asked.body, [vec![10, 0, 0, 0], with(1, b"filter\0"), with(2, b"seen\0")].concat());
    }
}
