//! What a rule of nftables says: its small program as text, close to how `nft` writes it.
//!
//! In: the list of its expressions (`NFTA_RULE_EXPRESSIONS`). Each loads something into a register, holds a register against
//! something, or does something. Out: one line. Of an expression that is not known its name stands, of a match or target that came from
//! `iptables` its bytes as well.

use super::filter::address;
use super::value::{Form, ct, hex, meta, number, prefix, told_verdict};
use super::{attribute, attributes, text};

/// Most bytes of a match's or a target's own that are told.
const MAX_OWN: usize = 256;

/// What was loaded into a register.
struct Loaded {
    /// The first of its four bytes each.
    at: u64,
    what: String,
    form: Form,
    /// What is left of it, where that is less.
    mask: Option<Vec<u8>>,
    /// Its bytes, where a rule itself puts them there.
    bytes: Vec<u8>,
    /// Whether it was held against something.
    used: bool,
}

impl Loaded {
    /// What it is, less what is taken off it.
    fn said(&self) -> String {
        match &self.mask {
            Some(mask) => format!("{} & {}", self.what, self.form.value(mask)),
            None => self.what.clone(),
        }
    }
}

/// Reads a rule's expressions.
#[must_use]
pub fn rule(family: u8, expressions: &[u8]) -> Vec<u8> {
    let mut reading =
        Reading { family, six: family == 10, protocol: 0, loaded: Vec::new(), says: Vec::new() };
    for (_, expression) in attributes(expressions) {
        let name = attribute(expression, 1).map(text).unwrap_or_default();
        reading.expression(name, attribute(expression, 2).unwrap_or_default());
    }
    reading.says
}

struct Reading {
    family: u8,
    /// Whether it is of IPv6 alone.
    six: bool,
    /// Of which protocol above it is.
    protocol: u64,
    loaded: Vec<Loaded>,
    says: Vec<u8>,
}

impl Reading {
    fn expression(&mut self, name: &[u8], body: &[u8]) {
        let of = |kind| attribute(body, kind);
        let value = |kind| of(kind).map(number).unwrap_or_default();
        let data = |kind| of(kind).and_then(|data| attribute(data, 1)).unwrap_or_default();
        match name {
            b"meta" => match of(3) {
                None => self.load(value(1), meta(value(2))),
                Some(from) => self.set(meta(value(2)), number(from)),
            },
            b"ct" => match of(4) {
                None => self.load(value(1), ct(value(2), of(3).map(number))),
                Some(from) => self.set(ct(value(2), None), number(from)),
            },
            b"payload" if of(5).is_none() => {
                let loads = self.payload(value(2), value(3), value(4));
                self.load(value(1), loads);
            }
            b"bitwise" if value(6) == 0 => self.masked(value(1), value(2), data(4), data(5)),
            // From the machine's order to the network's.
            b"byteorder" => {
                if let Some(loaded) = self.at(value(1)) {
                    (loaded.at, loaded.form, loaded.used) = (slot(value(2)), Form::Number, false);
                }
            }
            b"cmp" => self.compare(value(1), value(2), data(3)),
            b"range" => {
                let line = self.at(value(1)).map(|loaded| {
                    let not = if value(2) == 0 { "" } else { "!= " };
                    format!(
                        "{} {not}{}-{}",
                        loaded.said(),
                        loaded.form.value(data(3)),
                        loaded.form.value(data(4))
                    )
                });
                self.say(&line.unwrap_or_else(|| "range".to_owned()));
            }
            b"lookup" => {
                let what = self.all_from(value(2));
                let not = if value(5) & 1 == 0 { "" } else { "!= " };
                let set = String::from_utf8_lossy(of(1).map(text).unwrap_or_default()).into_owned();
                match of(3).map(number) {
                    None => self.say(&format!("{what} {not}@{set}")),
                    // Into the register of verdicts.
                    Some(0) => self.say(&format!("{what} vmap @{set}")),
                    Some(to) => self.load(to, (format!("{what} map @{set}"), Form::Bytes)),
                }
            }
            b"immediate" => {
                if let Some(told) = of(2).and_then(|data| attribute(data, 2)) {
                    self.say(&told_verdict(told));
                } else {
                    self.load(value(1), (hex(data(2)), Form::Bytes));
                    if let Some(loaded) = self.at(value(1)) {
                        loaded.bytes = data(2).to_vec();
                    }
                }
            }
            _ => self.doing(name, body),
        }
    }

    /// What an expression does that holds nothing against anything.
    fn doing(&mut self, name: &[u8], body: &[u8]) {
        let of = |kind| attribute(body, kind);
        let value = |kind| of(kind).map(number).unwrap_or_default();
        let named = |kind| String::from_utf8_lossy(of(kind).map(text).unwrap_or_default()).into_owned();
        let said = match name {
            b"counter" => format!("counter packets {} bytes {}", value(2), value(1)),
            b"limit" => {
                let over = if value(5) & 1 == 0 { "" } else { "over " };
                let what = if value(4) == 0 { "" } else { " bytes" };
                let per = match value(2) {
                    1 => "second",
                    60 => "minute",
                    3_600 => "hour",
                    86_400 => "day",
                    604_800 => "week",
                    seconds => &format!("{seconds} s"),
                };
                format!("limit rate {over}{}{what}/{per} burst {}", value(1), value(3))
            }
            b"quota" => {
                let over = if value(2) & 1 == 0 { "" } else { "over " };
                format!("quota {over}{} bytes used {}", value(1), value(4))
            }
            b"log" => {
                let group = of(1).map(|group| format!(" group {}", number(group))).unwrap_or_default();
                let level = of(5).map(|level| format!(" level {}", number(level))).unwrap_or_default();
                let prefix = of(2).map(|_| format!(" prefix {:?}", named(2))).unwrap_or_default();
                format!("log{prefix}{group}{level}")
            }
            b"reject" => match value(1) {
                1 => "reject with tcp reset".to_owned(),
                kind => format!("reject with {} code {}", if kind == 0 { "icmp" } else { "icmpx" }, value(2)),
            },
            b"queue" => format!("queue num {}", value(1)),
            b"objref" => match of(2) {
                Some(_) => format!("{} name {:?}", object(value(1)), named(2)),
                None => format!("{} name {} map @{}", object(value(1)), self.all_from(value(3)), named(4)),
            },
            b"dynset" => {
                let does = ["add", "update", "delete"];
                let does = usize::try_from(value(3)).ok().and_then(|at| does.get(at)).unwrap_or(&"change");
                let key = self.all_from(value(4));
                let leads_to = of(5).map(|from| format!(" : {}", self.all_from(number(from))));
                let timeout = of(6).filter(|_| value(6) != 0).map(|_| format!(" timeout {} ms", value(6)));
                // What is counted or limited for each of them is not told.
                let more = if of(7).or(of(10)).is_some() { " …" } else { "" };
                let (leads_to, timeout) = (leads_to.unwrap_or_default(), timeout.unwrap_or_default());
                format!("{does} @{} {{ {key}{timeout}{more}{leads_to} }}", named(1))
            }
            b"nat" => {
                let to = self.address_and_port([of(3), of(4)], [of(5), of(6)]);
                format!("{}{to}", if value(1) == 0 { "snat" } else { "dnat" })
            }
            b"masq" => format!("masquerade{}", self.address_and_port([None; 2], [of(2), of(3)])),
            b"redir" => format!("redirect{}", self.address_and_port([None; 2], [of(1), of(2)])),
            b"fib" => {
                let results = ["", "oif", "oifname", "type"];
                let result = usize::try_from(value(2)).ok().and_then(|at| results.get(at)).unwrap_or(&"");
                let of = [(1, "saddr"), (2, "daddr"), (4, "mark"), (8, "iif"), (16, "oif")];
                let mut what = "fib".to_owned();
                for (bit, name) in of.iter().filter(|(bit, _)| value(3) & bit != 0) {
                    what.push_str(if *bit == 1 || what == "fib" { " " } else { " . " });
                    what.push_str(name);
                }
                let form = if value(2) == 2 { Form::Name } else { Form::Own };
                return self.load(value(1), (format!("{what} {result}"), form));
            }
            b"match" if of(1).map(text) == Some(b"comment") => format!("match comment {:?}", named(3)),
            b"match" | b"target" => {
                let own = of(3).unwrap_or_default();
                let end = own.iter().rposition(|byte| *byte != 0).map_or(0, |last| last.saturating_add(1));
                let own = hex(own.get(..end.min(MAX_OWN)).unwrap_or_default());
                format!("{} {} {own}", String::from_utf8_lossy(name), named(1))
            }
            // What else loads something leaves its name for what is held against it.
            _ if of(1).is_some()
                && matches!(name, b"exthdr" | b"rt" | b"socket" | b"osf" | b"hash" | b"numgen" | b"xfrm") =>
            {
                let what = String::from_utf8_lossy(name).into_owned();
                return self.load(value(1), (what, Form::Bytes));
            }
            _ => String::from_utf8_lossy(name).into_owned(),
        };
        self.say(&said);
    }

    /// ` to ADDRESS:PORT`, out of registers; each the first and the last of some.
    fn address_and_port(&mut self, addresses: [Option<&[u8]>; 2], ports: [Option<&[u8]>; 2]) -> String {
        let mut to = String::new();
        for ([first, last], before) in [(addresses, ""), (ports, ":")] {
            let last = last.filter(|last| Some(*last) != first);
            for (register, before) in [(first, before), (last, "-")] {
                let Some(loaded) = register.and_then(|register| self.at(number(register))) else { continue };
                to.push_str(if to.is_empty() { " to " } else { "" });
                to.push_str(before);
                match loaded.bytes.len() {
                    2 => to.push_str(&number(&loaded.bytes).to_string()),
                    4 | 16 => to.push_str(&address(&loaded.bytes)),
                    _ => to.push_str(&loaded.said()),
                }
            }
        }
        to
    }

    /// That something is given a value.
    fn set(&mut self, (what, form): (String, Form), register: u64) {
        let value = match self.at(register) {
            Some(loaded) if !loaded.bytes.is_empty() => {
                loaded.form = form;
                loaded.form.value(&loaded.bytes)
            }
            _ => self.all_from(register),
        };
        self.say(&format!("{what} set {value}"));
    }

    fn say(&mut self, what: &str) {
        if !self.says.is_empty() {
            self.says.push(b' ');
        }
        self.says.extend(what.as_bytes());
    }

    fn load(&mut self, register: u64, (what, form): (String, Form)) {
        let at = slot(register);
        self.loaded.retain(|loaded| loaded.at != at);
        self.loaded.push(Loaded { at, what, form, mask: None, bytes: Vec::new(), used: false });
    }

    fn at(&mut self, register: u64) -> Option<&mut Loaded> {
        let at = slot(register);
        let loaded = self.loaded.iter_mut().find(|loaded| loaded.at == at)?;
        loaded.used = true;
        Some(loaded)
    }

    /// What stands in a register, and joined to it in those behind it that were loaded for this.
    fn all_from(&mut self, register: u64) -> String {
        let at = slot(register);
        let mut joined = String::new();
        for loaded in
            self.loaded.iter_mut().filter(|loaded| loaded.at == at || loaded.at > at && !loaded.used)
        {
            loaded.used = true;
            joined.push_str(if joined.is_empty() { "" } else { " . " });
            joined.push_str(&loaded.said());
        }
        joined
    }

    fn masked(&mut self, from: u64, to: u64, mask: &[u8], toggled: &[u8]) {
        let Some(loaded) = self.at(from) else { return };
        (loaded.at, loaded.used) = (slot(to), false);
        if toggled.iter().all(|byte| *byte == 0) && loaded.mask.is_none() {
            loaded.mask = Some(mask.to_vec());
        } else {
            loaded.what = format!("({} & {} ^ {})", loaded.said(), hex(mask), hex(toggled));
            loaded.mask = None;
        }
    }

    fn compare(&mut self, register: u64, operation: u64, with: &[u8]) {
        const OPERATIONS: [&str; 6] = ["", "!= ", "< ", "<= ", "> ", ">= "];
        let operation = usize::try_from(operation).unwrap_or(usize::MAX);
        let sign = OPERATIONS.get(operation).copied().unwrap_or("? ");
        let Some(loaded) = self.at(register) else { return self.say(&format!("{sign}{}", hex(with))) };
        let (what, value) = (&loaded.what, loaded.form.value(with));
        let line = match &loaded.mask {
            // One of some bits of a state.
            Some(mask) if loaded.form == Form::State && operation == 1 && number(with) == 0 => {
                format!("{what} {}", loaded.form.value(mask))
            }
            Some(mask) => {
                let address = matches!(loaded.form, Form::Address(_));
                if let Some(length) = prefix(mask).filter(|_| address) {
                    format!("{what} {sign}{value}/{length}")
                } else {
                    let sign = if sign.is_empty() { "== " } else { sign };
                    format!("{what} & {} {sign}{value}", loaded.form.value(mask))
                }
            }
            None => format!("{what} {sign}{value}"),
        };
        match loaded.form {
            Form::Protocol if operation == 0 => self.protocol = number(with),
            // By the kernel's number of the family, or by that of Ethernet.
            Form::Family if operation == 0 => self.six = matches!(number(with), 10 | 0x86dd),
            _ => {}
        }
        self.say(&line);
    }

    /// What stands at a place of a packet, by the head it stands in.
    fn payload(&self, base: u64, offset: u64, length: u64) -> (String, Form) {
        let above = match self.protocol {
            6 => "tcp",
            17 => "udp",
            132 => "sctp",
            _ => "th",
        };
        // ARP's heads are others.
        let known = match (base, offset, length) {
            _ if self.family == 3 => None,
            (1, 8, 1..=16) if self.six => Some(("ip6 saddr", Form::Address(16))),
            (1, 24, 1..=16) if self.six => Some(("ip6 daddr", Form::Address(16))),
            (1, 6, 1) if self.six => Some(("ip6 nexthdr", Form::Protocol)),
            (1, 7, 1) if self.six => Some(("ip6 hoplimit", Form::Number)),
            (1, ..) if self.six => None,
            (0, 0, 6) => Some(("ether daddr", Form::Bytes)),
            (0, 6, 6) => Some(("ether saddr", Form::Bytes)),
            (0, 12, 2) => Some(("ether type", Form::Family)),
            (1, 9, 1) => Some(("ip protocol", Form::Protocol)),
            (1, 8, 1) => Some(("ip ttl", Form::Number)),
            // Of an address only as much is loaded as is held against something.
            (1, 12, 1..=4) => Some(("ip saddr", Form::Address(4))),
            (1, 16, 1..=4) => Some(("ip daddr", Form::Address(4))),
            (2, 0, 1) if self.protocol == 1 => Some(("icmp type", Form::Number)),
            (2, 0, 1) if self.protocol == 58 => Some(("icmpv6 type", Form::Number)),
            (2, 13, 1) if self.protocol == 6 => Some(("tcp flags", Form::Bytes)),
            (2, 0, 2) => return (format!("{above} sport"), Form::Number),
            (2, 2, 2) => return (format!("{above} dport"), Form::Number),
            _ => None,
        };
        if let Some((name, form)) = known {
            return (name.to_owned(), form);
        }
        let head = usize::try_from(base).ok().and_then(|at| ["ll", "nh", "th", "ih"].get(at)).unwrap_or(&"?");
        (format!("@{head},{},{}", offset.saturating_mul(8), length.saturating_mul(8)), Form::Bytes)
    }
}

/// Registers of 16 bytes are numbered from 1, those of four bytes in the same room from 8 (`NFT_REG32_00`).
const fn slot(register: u64) -> u64 {
    match register {
        1..=4 => register.wrapping_sub(1).wrapping_mul(4),
        register => register.saturating_sub(8),
    }
}

fn object(kind: u64) -> &'static str {
    match kind {
        1 => "counter",
        2 => "quota",
        4 => "limit",
        _ => "object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::netlink::tests::with;

    /// An expression with these attributes.
    fn expression(name: &str, own: &[(u16, &[u8])]) -> Vec<u8> {
        let own: Vec<u8> = own.iter().flat_map(|(kind, content)| with(*kind, content)).collect();
        with(1 | 0x8000, &[with(1, &[name.as_bytes(), b"\0"].concat()), with(2 | 0x8000, &own)].concat())
    }

    fn word(number: u32) -> [u8; 4] {
        number.to_be_bytes()
    }

    fn says(family: u8, expressions: &[Vec<u8>]) -> String {
        String::from_utf8(rule(family, &expressions.concat())).unwrap()
    }

    #[test]
    fn a_rule_is_told_as_it_is_written() {
        let (one, two) = (word(1), word(2));
        let load = |base: u32, offset: u32, length: u32| {
            let (base, offset, length) = (word(base), word(offset), word(length));
            expression("payload", &[(1, &one), (2, &base), (3, &offset), (4, &length)])
        };
        let compare = |operation: u32, with_what: &[u8]| {
            let operation = word(operation);
            expression("cmp", &[(1, &one), (2, &operation), (3, &with(1, with_what))])
        };
        let protocol = expression("meta", &[(1, &one), (2, &word(16))]);
        let verdict = |code: i32, chain: &[u8]| {
            let told = [with(1, &code.to_be_bytes()), with(2, chain)].concat();
            expression("immediate", &[(1, &[0; 4]), (2, &with(2, &told))])
        };
        let tcp = [protocol.clone(), compare(0, &[6]), load(2, 2, 2), compare(0, &[1, 187]), verdict(1, b"")];
        assert_eq!(says(1, &tcp), "meta l4proto tcp tcp dport 443 accept");
        // Three bytes of an address are a network of 24 bits; the same place is another thing in IPv6.
        let net = [load(1, 12, 3), compare(1, &[10, 2, 3]), verdict(-3, b"other\0")];
        assert_eq!(says(2, &net), "ip saddr != 10.2.3.0/24 jump other");
        let six = [load(1, 8, 1), compare(0, &[0xfd])];
        assert_eq!((says(10, &six), says(2, &six)), ("ip6 saddr fd00::/8".into(), "ip ttl 253".into()));
        assert_eq!(says(3, &[load(1, 12, 4), compare(0, &[1, 2, 3, 4])]), "@nh,96,32 0x01020304");
        // A mask that is a prefix, and one that is none.
        let masked = |mask: &[u8]| {
            expression("bitwise", &[(1, &one), (2, &one), (4, &with(1, mask)), (5, &with(1, &[0; 4]))])
        };
        let addresses = |mask: &[u8]| says(2, &[load(1, 16, 4), masked(mask), compare(0, &[10, 128, 0, 0])]);
        assert_eq!(addresses(&[255, 128, 0, 0]), "ip daddr 10.128.0.0/9");
        assert_eq!(addresses(&[255, 0, 0, 255]), "ip daddr & 255.0.0.255 == 10.128.0.0");
        assert_eq!(addresses(&[254, 128, 0, 0]), "ip daddr & 254.128.0.0 == 10.128.0.0");
        // Two registers beside each other are one key.
        let beside = expression("payload", &[(1, &word(9)), (2, &two), (3, &[0; 4]), (4, &two)]);
        let lookup = expression("lookup", &[(1, b"known\0"), (2, &one), (5, &one)]);
        assert_eq!(says(2, &[load(1, 12, 4), beside, lookup]), "ip saddr . th sport != @known");
        // What is taken off a key is told with it, and a part whose order was changed is one still.
        let mark = expression("meta", &[(1, &word(9)), (2, &word(3))]);
        let turned = expression("byteorder", &[(1, &word(9)), (2, &word(9))]);
        let lookup = expression("lookup", &[(1, b"known\0"), (2, &one)]);
        let all = [load(1, 12, 4), masked(&[255, 255, 0, 0]), mark, turned, lookup.clone()];
        assert_eq!(says(2, &all), "ip saddr & 255.255.0.0 . meta mark @known");
        // What one key was joined of is no part of the next.
        let port = expression("payload", &[(1, &word(9)), (2, &two), (3, &two), (4, &two)]);
        let all = [load(1, 12, 4), port, lookup.clone(), load(1, 16, 4), lookup.clone()];
        assert_eq!(says(2, &all), "ip saddr . th dport @known ip daddr @known");
        let nat = [
            expression("immediate", &[(1, &one), (2, &with(1, &[10, 0, 0, 5]))]),
            expression("immediate", &[(1, &two), (2, &with(1, &[10, 0, 0, 9]))]),
            expression("nat", &[(1, &one), (3, &one), (4, &two)]),
        ];
        assert_eq!(says(2, &nat), "dnat to 10.0.0.5-10.0.0.9");
        let port = expression("immediate", &[(1, &one), (2, &with(1, &[0x1f, 0x91]))]);
        assert_eq!(says(2, &[port, expression("redir", &[(1, &one)])]), "redirect to :8081");
    }

    #[test]
    fn what_is_not_known_keeps_its_name_and_its_bytes() {
        let one = word(1);
        assert_eq!(says(2, &[expression("flow_offload", &[])]), "flow_offload");
        // It sets an option and loads none.
        assert_eq!(says(2, &[expression("exthdr", &[(7, &one)])]), "exthdr");
        let own = [(1, &b"recent\0"[..]), (3, &[1, 2, 0, 0])];
        assert_eq!(says(2, &[expression("match", &own)]), "match recent 0x0102");
        assert_eq!(
            says(2, &[expression("target", &[(1, b"LOG\0"), (3, &[9; 400])])]).len(),
            13 + 2 * MAX_OWN
        );
        let none = expression("cmp", &[(1, &one), (2, &word(77)), (3, &with(1, &[5]))]);
        assert_eq!(says(2, &[none]), "? 0x05");
        assert_eq!(says(2, &[expression("meta", &[]), expression("immediate", &[])]), "");
        assert_eq!(says(2, &[expression("limit", &[]), vec![1, 2, 3]]), "limit rate 0/0 s burst 0");
    }
}
