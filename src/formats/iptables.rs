//! Reads the rules of iptables, the packet filter before nftables, as text in the form of `iptables-save`.
//!
//! In: the kernel's reply for a table (`x_tables.rs`), numbers in the machine's byte order: the beginning and end of
//! each chain, and the entries in sequence. Out: a [`Filter`] per chain and per rule. An unknown match or target is
//! written as its name and its bytes.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::netlink::filter::Filter;
use super::netlink::text;
use super::netlink::value::{address, hex, protocol};
pub use super::x_tables::INFO;
use super::x_tables::{
    ACCEPT, DESTINATION_PORTS, DROP, FOUR, HEAD, HOOK_ENTRY, IFNAMSIZ, INV_DSTPT, INV_SRCPT, IPT_F_FRAG,
    IPT_INV_DSTIP, IPT_INV_FRAG, IPT_INV_SRCIP, IPT_INV_VIA_IN, IPT_INV_VIA_OUT, Layout, NAME, QUEUE, SIX,
    SOURCE_PORTS, TCP_INVFLAGS, TCP_OPTION, UDP_INVFLAGS, UNDERFLOW, VALID_HOOKS, XT_ERROR_TARGET,
    XT_INV_PROTO, XT_RETURN,
};
use crate::evidence::Exact;
use crate::evidence::bytes::{u16_at, u32_at};

/// The built-in chains, by hook number.
const CHAINS: [&str; 5] = ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"];

/// Maximum number of entries per table, and maximum bytes of private data of a match or target that are reported.
const MAX_ENTRIES: usize = 100_000;
const MAX_OWN: usize = 256;

/// An entry of a chain.
struct Entry<'a> {
    at: u32,
    bytes: &'a [u8],
    /// Name of the target, and its private data.
    target: (&'a [u8], &'a [u8]),
}

/// Reads a table.
#[must_use]
pub fn table(six: bool, name: &[u8], info: &[u8], entries: &[u8]) -> Vec<Filter> {
    let layout = if six { SIX } else { FOUR };
    let base = Filter { family: layout.family.to_owned(), table: Exact::from(name), ..Filter::default() };
    let all = split(&layout, entries);
    // A custom chain begins with an error entry that has its name; a jump leads to the entry after that.
    let mut names: BTreeMap<u32, Exact> = BTreeMap::new();
    for (entry, next) in all.iter().zip(all.iter().skip(1)) {
        if entry.target.0 == XT_ERROR_TARGET {
            names.insert(next.at, Exact::from(text(entry.target.1)));
        }
    }
    let word = |at: usize| u32_at(info, at).unwrap_or(u32::MAX);
    // The offset of each chain's first entry, and of its last, which is the policy.
    let place = |table: usize, hook: usize| word(table.saturating_add(hook.saturating_mul(4)));
    let mut rows = Vec::new();
    let mut chain = None;
    for (number, entry) in all.iter().enumerate() {
        let begins = (0..CHAINS.len())
            .find(|hook| word(VALID_HOOKS) >> hook & 1 != 0 && place(HOOK_ENTRY, *hook) == entry.at);
        if let Some(hook) = begins {
            let end = place(UNDERFLOW, hook);
            let last = all.iter().find(|entry| entry.at == end);
            let name = CHAINS.get(hook).copied().map(Exact::from);
            rows.push(Filter {
                part: "chain",
                name: name.clone(),
                hook: CHAINS.get(hook).map(|name| name.to_lowercase()),
                policy: last.map(|last| verdict(last.target.1, &names).to_lowercase()),
                ..base.clone()
            });
            chain = name.map(|name| (name, Some(end)));
        }
        if entry.target.0 == XT_ERROR_TARGET {
            // The last error entry ends the table.
            if number.saturating_add(1) < all.len() {
                let name = Exact::from(text(entry.target.1));
                rows.push(Filter { part: "chain", name: Some(name.clone()), ..base.clone() });
                chain = Some((name, None));
            }
            continue;
        }
        let Some((name, end)) = &chain else { continue };
        // The last entry of a chain is its policy.
        let last = match end {
            Some(end) => *end == entry.at,
            None => all.get(number.saturating_add(1)).is_none_or(|next| next.target.0 == XT_ERROR_TARGET),
        };
        if !last {
            let says = Some(Exact(rule(&layout, entry, &names).into_bytes()));
            rows.push(Filter { part: "rule", name: Some(name.clone()), says, ..base.clone() });
        }
    }
    rows
}

/// Splits the entries; a malformed one ends them.
fn split<'a>(layout: &Layout, entries: &'a [u8]) -> Vec<Entry<'a>> {
    let (mut all, mut at) = (Vec::new(), 0_usize);
    while all.len() < MAX_ENTRIES {
        let Some(bytes) = entries.get(at..) else { break };
        let offset = |place: usize| u16_at(bytes, place).map(usize::from);
        let (Some(target), Some(next)) = (offset(layout.target), offset(layout.target.saturating_add(2)))
        else {
            break;
        };
        let Some(bytes) = bytes.get(..next).filter(|_| next >= layout.matches) else { break };
        let (Some(target), Ok(place)) = (bytes.get(target..).and_then(extension), u32::try_from(at)) else {
            break;
        };
        all.push(Entry { at: place, bytes, target: (target.0, target.1) });
        at = at.saturating_add(next);
    }
    all
}

/// Reads the match or target at the beginning of some bytes: name, private data, and total length.
fn extension(bytes: &[u8]) -> Option<(&[u8], &[u8], usize)> {
    let length = usize::from(u16_at(bytes, 0)?);
    let bytes = bytes.get(..length)?;
    Some((text(bytes.get(NAME)?), bytes.get(HEAD..)?, length))
}

/// Writes a rule as text.
fn rule(layout: &Layout, entry: &Entry<'_>, names: &BTreeMap<u32, Exact>) -> String {
    let bytes = entry.bytes;
    let byte = |at: usize| bytes.get(at).copied().unwrap_or_default();
    let (flags, inverted) = (byte(layout.flags), byte(layout.inverted));
    let mut says = String::new();
    let mut say = |not: bool, what: &str| {
        says.push_str(if says.is_empty() { "" } else { " " });
        says.push_str(if not { "! " } else { "" });
        says.push_str(what);
    };
    // Two addresses, followed by their masks.
    for (number, key, bit) in [(0_usize, "-s", IPT_INV_SRCIP), (1, "-d", IPT_INV_DSTIP)] {
        let part = |number: usize| {
            let at = number.saturating_mul(layout.address);
            bytes.get(at..at.saturating_add(layout.address)).unwrap_or_default()
        };
        let (held, mask) = (part(number), part(number.saturating_add(2)));
        let inverts = inverted & bit != 0;
        if mask.iter().any(|byte| *byte != 0) || inverts {
            let mask = super::netlink::value::prefix(mask)
                .map_or_else(|| address(mask), |length| length.to_string());
            say(inverts, &format!("{key} {}/{mask}", address(held)));
        }
    }
    // Two interface names; a prefix of a name has a shorter mask.
    for (number, key, bit) in [(0_usize, "-i", IPT_INV_VIA_IN), (1, "-o", IPT_INV_VIA_OUT)] {
        let at = layout.address.saturating_mul(4).saturating_add(number.saturating_mul(IFNAMSIZ));
        let name = text(bytes.get(at..at.saturating_add(IFNAMSIZ)).unwrap_or_default());
        if !name.is_empty() {
            say(inverted & bit != 0, &format!("{key} {}", String::from_utf8_lossy(name)));
        }
    }
    let number = u16_at(bytes, layout.protocol).unwrap_or_default();
    if number != 0 {
        say(inverted & XT_INV_PROTO != 0, &format!("-p {}", protocol(number.into())));
    }
    // A fragment that is not the first one; IPv6 has a match for that.
    if layout.address == 4 && flags & IPT_F_FRAG != 0 {
        say(inverted & IPT_INV_FRAG != 0, "-f");
    }
    let mut at = layout.matches;
    let target = u16_at(bytes, layout.target).map(usize::from).unwrap_or_default();
    while let Some((name, own, length)) =
        bytes.get(at..target).and_then(extension).filter(|(_, _, length)| *length > 0)
    {
        say(false, &matched(name, own));
        at = at.saturating_add(length);
    }
    let (name, own) = entry.target;
    // A rule without a target only counts.
    if name.is_empty() {
        let goes_to = if flags & layout.goto == 0 { "-j" } else { "-g" };
        let verdict = verdict(own, names);
        if !verdict.is_empty() {
            say(false, &format!("{goes_to} {verdict}"));
        }
    } else {
        say(false, format!("-j {}{}", String::from_utf8_lossy(name), private_data(own)).as_str());
    }
    says
}

/// Writes a match as text.
fn matched(name: &[u8], own: &[u8]) -> String {
    let word = |at: usize| u16_at(own, at).unwrap_or_default();
    let mut says = format!("-m {}", String::from_utf8_lossy(name));
    let ports = |says: &mut String, inverted: u8| {
        let both = [(SOURCE_PORTS, "--sport", INV_SRCPT), (DESTINATION_PORTS, "--dport", INV_DSTPT)];
        for (at, key, bit) in both {
            let (first, last) = (word(at), word(at.saturating_add(2)));
            let not = inverted & bit != 0;
            if (first, last) != (0, u16::MAX) || not {
                let not = if not { "! " } else { "" };
                let _ = write!(says, " {not}{key} {first}");
                if first != last {
                    let _ = write!(says, ":{last}");
                }
            }
        }
    };
    match name {
        b"comment" => {
            let _ = write!(says, " --comment {:?}", String::from_utf8_lossy(text(own)));
        }
        b"tcp" if own.len() > TCP_INVFLAGS => {
            ports(&mut says, own.get(TCP_INVFLAGS).copied().unwrap_or_default());
            // An option, and flags, which are written as bytes.
            if own.get(TCP_OPTION..TCP_INVFLAGS).is_some_and(|rest| rest != [0; 3]) {
                let _ = write!(says, " {}", hex(own.get(TCP_OPTION..=TCP_INVFLAGS).unwrap_or_default()));
            }
        }
        b"udp" if own.len() > UDP_INVFLAGS => {
            ports(&mut says, own.get(UDP_INVFLAGS).copied().unwrap_or_default());
        }
        _ => says.push_str(&private_data(own)),
    }
    says
}

/// Writes the private data of an unknown match or target, without trailing zeros.
fn private_data(own: &[u8]) -> String {
    let end = own.iter().rposition(|byte| *byte != 0).map_or(0, |last| last.saturating_add(1));
    let own = own.get(..end.min(MAX_OWN)).unwrap_or_default();
    if own.is_empty() { String::new() } else { format!(" {}", hex(own)) }
}

/// Writes a verdict: a built-in one, or the chain at this offset.
fn verdict(own: &[u8], names: &BTreeMap<u32, Exact>) -> String {
    let number = u32_at(own, 0).unwrap_or_default();
    match number.cast_signed() {
        DROP => "DROP".to_owned(),
        ACCEPT => "ACCEPT".to_owned(),
        QUEUE => "QUEUE".to_owned(),
        XT_RETURN => "RETURN".to_owned(),
        _ => names.get(&number).map(|name| String::from_utf8_lossy(&name.0).into_owned()).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes a match or a target.
    fn part(name: &[u8], own: &[u8]) -> Vec<u8> {
        let mut bytes = u16::try_from(HEAD + own.len()).unwrap().to_le_bytes().to_vec();
        bytes.extend(name);
        bytes.resize(HEAD, 0);
        bytes.extend(own);
        bytes
    }

    fn entry(layout: &Layout, matches: &[u8], target: &[u8], set: &[(usize, &[u8])]) -> Vec<u8> {
        let mut bytes = vec![0; layout.matches];
        let at = layout.matches + matches.len();
        for (place, number) in [(layout.target, at), (layout.target + 2, at + target.len())] {
            bytes[place..place + 2].copy_from_slice(&u16::try_from(number).unwrap().to_le_bytes());
        }
        for (place, content) in set {
            bytes[*place..*place + content.len()].copy_from_slice(content);
        }
        [&bytes[..], matches, target].concat()
    }

    fn to(verdict: i32) -> Vec<u8> {
        part(b"", &[verdict.to_le_bytes(), [0; 4]].concat())
    }

    fn error(name: &str) -> Vec<u8> {
        let mut own = name.as_bytes().to_vec();
        own.resize(32, 0);
        part(b"ERROR", &own)
    }

    /// Makes a table: an input chain with two rules and a policy, and a custom chain with one rule.
    fn made(layout: &Layout) -> (Vec<u8>, Vec<u8>) {
        let address: Vec<u8> =
            if layout.address == 4 { vec![10, 1, 0, 0] } else { [vec![0xfd], vec![0; 15]].concat() };
        let mut mask = vec![0; layout.address];
        mask[0] = 255;
        let own = [0, 0, 255, 255, 22, 0, 22, 0, 0, 0, 0, 2, 0, 0, 0, 0];
        let inverted = [(layout.inverted, &[8][..])];
        let head = entry(layout, &[], &error("eigen"), &[]);
        let accept = |set: &[(usize, &[u8])]| entry(layout, &[], &to(-2), set);
        let conditions = [
            (0, address.as_slice()),
            (2 * layout.address, &mask),
            (4 * layout.address, b"eth+"),
            (layout.protocol, &[6]),
            inverted[0],
        ];
        let plain = accept(&[(4 * layout.address + 16, b"lo")]);
        let policy = entry(layout, &[], &to(-1), &[]);
        let length = entry(layout, &part(b"tcp", &own), &to(0), &[]).len();
        let jump = i32::try_from(length + plain.len() + policy.len() + head.len()).unwrap();
        let first = entry(layout, &part(b"tcp", &own), &to(jump), &conditions);
        let rest = entry(layout, &part(b"recent", &[1, 2, 0, 0]), &part(b"LOG", &[4, 0]), &[]);
        let all = [
            &first,
            &plain,
            &policy,
            &head,
            &rest,
            &entry(layout, &[], &to(-5), &[]),
            &entry(layout, &[], &error("ERROR"), &[]),
        ];
        let mut info = vec![0; INFO];
        info[32] = 2;
        let end = u32::try_from(first.len() + plain.len()).unwrap();
        info[60..64].copy_from_slice(&end.to_le_bytes());
        (info, all.into_iter().flatten().copied().collect())
    }

    fn rules(six: bool, info: &[u8], entries: &[u8]) -> Vec<String> {
        let rows = table(six, b"filter", info, entries);
        let text = |text: Option<&Exact>| {
            text.map(|text| String::from_utf8_lossy(&text.0).into_owned()).unwrap_or_default()
        };
        rows.iter()
            .map(|row| {
                format!(
                    "{} {} {} {}{}",
                    row.family,
                    row.part,
                    text(row.name.as_ref()),
                    row.policy.as_deref().unwrap_or_default(),
                    text(row.says.as_ref())
                )
            })
            .collect()
    }

    #[test]
    fn chains_rules_and_policies_are_read() {
        for (six, layout, family, from) in [(false, FOUR, "ip", "10.1.0.0/8"), (true, SIX, "ip6", "fd00::/8")]
        {
            let (info, entries) = made(&layout);
            let wanted = [
                "chain INPUT drop".to_owned(),
                format!("rule INPUT ! -s {from} -i eth+ -p tcp -m tcp ! --dport 22 -j eigen"),
                "rule INPUT -o lo -j ACCEPT".to_owned(),
                "chain eigen ".to_owned(),
                "rule eigen -m recent 0x0102 -j LOG 0x04".to_owned(),
            ];
            assert_eq!(rules(six, &info, &entries), wanted.map(|line| format!("{family} {line}")));
        }
    }

    #[test]
    fn a_malformed_entry_ends_the_table() {
        let (info, entries) = made(&FOUR);
        let whole = rules(false, &info, &entries);
        for length in 0..entries.len() {
            assert!(rules(false, &info, &entries[..length]).len() <= whole.len());
        }
        for at in 0..entries.len() {
            let mut broken = entries.clone();
            broken[at] ^= 0xff;
            drop(rules(false, &info, &broken));
            drop(rules(true, &info, &broken));
        }
        assert_eq!(rules(false, &[], &[]), Vec::<String>::new());
    }
}
