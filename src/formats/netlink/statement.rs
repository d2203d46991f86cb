//! Writes nftables rules as text, close to the syntax of `nft`.
//!
//! In: the list of a rule's expressions (`NFTA_RULE_EXPRESSIONS`). Each loads a register, compares a register (both
//! here), or performs an action (`action.rs`). Out: one line. An unknown expression is written as its name; a match
//! or target from `iptables` with its bytes as well.

use super::payload;
use super::payload::PacketFacts;
use super::value::{ValueForm, ct, hex, is_ipv6, meta, number, prefix, verdict_with_chain};
use super::{attribute, attributes, nf_tables as nft, text};

/// The content of a register.
pub(super) struct Loaded {
    /// First of its four-byte registers.
    at: u64,
    what: String,
    form: ValueForm,
    /// The mask that was applied to it.
    mask: Option<Vec<u8>>,
    /// Its bytes, where the rule itself sets them.
    pub(super) bytes: Vec<u8>,
    /// Whether it was compared.
    used: bool,
}

impl Loaded {
    /// Writes it with its mask.
    pub(super) fn said(&self) -> String {
        match &self.mask {
            Some(mask) => format!("{} & {}", self.what, self.form.value(mask)),
            None => self.what.clone(),
        }
    }
}

/// Writes the expressions of a rule.
#[must_use]
pub fn rule(family: u8, expressions: &[u8]) -> Vec<u8> {
    let six = family == nft::NFPROTO_IPV6;
    let packet = PacketFacts { family, six, protocol: 0 };
    let mut reading = RuleReading { packet, loaded: Vec::new(), says: Vec::new() };
    for (_, expression) in attributes(expressions) {
        let name = attribute(expression, nft::NFTA_EXPR_NAME).map(text).unwrap_or_default();
        reading.expression(name, attribute(expression, nft::NFTA_EXPR_DATA).unwrap_or_default());
    }
    reading.says
}

/// A rule while it is read.
pub(super) struct RuleReading {
    /// The packet, as far as the preceding expressions determine it.
    packet: PacketFacts,
    loaded: Vec<Loaded>,
    says: Vec<u8>,
}

impl RuleReading {
    fn expression(&mut self, name: &[u8], body: &[u8]) {
        let of = |kind| attribute(body, kind);
        let value = |kind| of(kind).map(number).unwrap_or_default();
        let data = |kind| of(kind).and_then(|data| attribute(data, nft::NFTA_DATA_VALUE)).unwrap_or_default();
        match name {
            b"meta" => match of(nft::NFTA_META_SREG) {
                None => self.load(value(nft::NFTA_META_DREG), meta(value(nft::NFTA_META_KEY))),
                Some(from) => self.set(meta(value(nft::NFTA_META_KEY)), number(from)),
            },
            b"ct" => match of(nft::NFTA_CT_SREG) {
                None => {
                    let direction = of(nft::NFTA_CT_DIRECTION).map(number);
                    self.load(value(nft::NFTA_CT_DREG), ct(value(nft::NFTA_CT_KEY), direction));
                }
                Some(from) => self.set(ct(value(nft::NFTA_CT_KEY), None), number(from)),
            },
            b"payload" if of(nft::NFTA_PAYLOAD_SREG).is_none() => {
                let (offset, length) = (value(nft::NFTA_PAYLOAD_OFFSET), value(nft::NFTA_PAYLOAD_LEN));
                let loads = payload::field(&self.packet, value(nft::NFTA_PAYLOAD_BASE), offset, length);
                self.load(value(nft::NFTA_PAYLOAD_DREG), loads);
            }
            b"bitwise" if value(nft::NFTA_BITWISE_OP) == nft::NFT_BITWISE_MASK_XOR => {
                let (from, to) = (value(nft::NFTA_BITWISE_SREG), value(nft::NFTA_BITWISE_DREG));
                self.masked(from, to, data(nft::NFTA_BITWISE_MASK), data(nft::NFTA_BITWISE_XOR));
            }
            // From host to network byte order.
            b"byteorder" => {
                if let Some(loaded) = self.at(value(nft::NFTA_BYTEORDER_SREG)) {
                    let to = slot(value(nft::NFTA_BYTEORDER_DREG));
                    (loaded.at, loaded.form, loaded.used) = (to, ValueForm::Number, false);
                }
            }
            b"cmp" => {
                self.compare(value(nft::NFTA_CMP_SREG), value(nft::NFTA_CMP_OP), data(nft::NFTA_CMP_DATA));
            }
            b"range" => {
                let line = self.at(value(nft::NFTA_RANGE_SREG)).map(|loaded| {
                    let not = if value(nft::NFTA_RANGE_OP) == nft::NFT_RANGE_EQ { "" } else { "!= " };
                    let first = loaded.form.value(data(nft::NFTA_RANGE_FROM_DATA));
                    let last = loaded.form.value(data(nft::NFTA_RANGE_TO_DATA));
                    format!("{} {not}{first}-{last}", loaded.said())
                });
                self.say(&line.unwrap_or_else(|| "range".to_owned()));
            }
            b"lookup" => {
                let what = self.all_from(value(nft::NFTA_LOOKUP_SREG));
                let inverted = value(nft::NFTA_LOOKUP_FLAGS) & nft::NFT_LOOKUP_F_INV != 0;
                let not = if inverted { "!= " } else { "" };
                let set = of(nft::NFTA_LOOKUP_SET).map(text).unwrap_or_default();
                let set = String::from_utf8_lossy(set).into_owned();
                match of(nft::NFTA_LOOKUP_DREG).map(number) {
                    None => self.say(&format!("{what} {not}@{set}")),
                    Some(nft::NFT_REG_VERDICT) => self.say(&format!("{what} vmap @{set}")),
                    Some(to) => self.load(to, (format!("{what} map @{set}"), ValueForm::Bytes)),
                }
            }
            b"immediate" => {
                let verdict_data =
                    of(nft::NFTA_IMMEDIATE_DATA).and_then(|data| attribute(data, nft::NFTA_DATA_VERDICT));
                if let Some(verdict_data) = verdict_data {
                    return self.say(&verdict_with_chain(verdict_data));
                }
                let (to, bytes) = (value(nft::NFTA_IMMEDIATE_DREG), data(nft::NFTA_IMMEDIATE_DATA));
                self.load(to, (hex(bytes), ValueForm::Bytes));
                if let Some(loaded) = self.at(to) {
                    loaded.bytes = bytes.to_vec();
                }
            }
            _ => self.doing(name, body),
        }
    }

    /// Writes that something is set to a value.
    fn set(&mut self, (what, form): (String, ValueForm), register: u64) {
        let value = match self.at(register) {
            Some(loaded) if !loaded.bytes.is_empty() => {
                loaded.form = form;
                loaded.form.value(&loaded.bytes)
            }
            _ => self.all_from(register),
        };
        self.say(&format!("{what} set {value}"));
    }

    pub(super) fn say(&mut self, what: &str) {
        if !self.says.is_empty() {
            self.says.push(b' ');
        }
        self.says.extend(what.as_bytes());
    }

    pub(super) fn load(&mut self, register: u64, (what, form): (String, ValueForm)) {
        let at = slot(register);
        self.loaded.retain(|loaded| loaded.at != at);
        self.loaded.push(Loaded { at, what, form, mask: None, bytes: Vec::new(), used: false });
    }

    pub(super) fn at(&mut self, register: u64) -> Option<&mut Loaded> {
        let at = slot(register);
        let loaded = self.loaded.iter_mut().find(|loaded| loaded.at == at)?;
        loaded.used = true;
        Some(loaded)
    }

    /// Writes the content of a register, joined with the next ones that were loaded for the same key.
    pub(super) fn all_from(&mut self, register: u64) -> String {
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
        let sign = match operation {
            nft::NFT_CMP_EQ => "",
            nft::NFT_CMP_NEQ => "!= ",
            nft::NFT_CMP_LT => "< ",
            nft::NFT_CMP_LTE => "<= ",
            nft::NFT_CMP_GT => "> ",
            nft::NFT_CMP_GTE => ">= ",
            _ => "? ",
        };
        let Some(loaded) = self.at(register) else { return self.say(&format!("{sign}{}", hex(with))) };
        let (what, value) = (&loaded.what, loaded.form.value(with));
        let line = match &loaded.mask {
            // One of several bits of a state.
            Some(mask)
                if loaded.form == ValueForm::State && operation == nft::NFT_CMP_NEQ && number(with) == 0 =>
            {
                format!("{what} {}", loaded.form.value(mask))
            }
            Some(mask) => {
                let address = matches!(loaded.form, ValueForm::Address(_));
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
            ValueForm::Protocol if operation == nft::NFT_CMP_EQ => self.packet.protocol = number(with),
            ValueForm::Family if operation == nft::NFT_CMP_EQ => self.packet.six = is_ipv6(number(with)),
            _ => {}
        }
        self.say(&line);
    }
}

/// Converts a register to an index of four-byte registers: each of the 16-byte registers shares its space with four
/// of them.
const fn slot(register: u64) -> u64 {
    match register {
        nft::NFT_REG_1..=nft::NFT_REG_4 => register.wrapping_sub(nft::NFT_REG_1).wrapping_mul(4),
        register => register.saturating_sub(nft::NFT_REG32_00),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::netlink::tests::with;

    /// Makes an expression with these attributes.
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
    fn a_rule_is_written_in_the_syntax_of_nft() {
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
            let data = [with(1, &code.to_be_bytes()), with(2, chain)].concat();
            expression("immediate", &[(1, &[0; 4]), (2, &with(2, &data))])
        };
        let tcp = [protocol.clone(), compare(0, &[6]), load(2, 2, 2), compare(0, &[1, 187]), verdict(1, b"")];
        assert_eq!(says(1, &tcp), "meta l4proto tcp tcp dport 443 accept");
        // Three bytes of an address are a 24-bit network; the same offset is another field in IPv6.
        let net = [load(1, 12, 3), compare(1, &[10, 2, 3]), verdict(-3, b"other\0")];
        assert_eq!(says(2, &net), "ip saddr != 10.2.3.0/24 jump other");
        let six = [load(1, 8, 1), compare(0, &[0xfd])];
        assert_eq!((says(10, &six), says(2, &six)), ("ip6 saddr fd00::/8".into(), "ip ttl 253".into()));
        assert_eq!(says(3, &[load(1, 12, 4), compare(0, &[1, 2, 3, 4])]), "@nh,96,32 0x01020304");
        // A mask that is a prefix, and one that is not.
        let masked = |mask: &[u8]| {
            expression("bitwise", &[(1, &one), (2, &one), (4, &with(1, mask)), (5, &with(1, &[0; 4]))])
        };
        let addresses = |mask: &[u8]| says(2, &[load(1, 16, 4), masked(mask), compare(0, &[10, 128, 0, 0])]);
        assert_eq!(addresses(&[255, 128, 0, 0]), "ip daddr 10.128.0.0/9");
        assert_eq!(addresses(&[255, 0, 0, 255]), "ip daddr & 255.0.0.255 == 10.128.0.0");
        assert_eq!(addresses(&[254, 128, 0, 0]), "ip daddr & 254.128.0.0 == 10.128.0.0");
        // Two adjacent registers are one key.
        let adjacent = expression("payload", &[(1, &word(9)), (2, &two), (3, &[0; 4]), (4, &two)]);
        let lookup = expression("lookup", &[(1, b"known\0"), (2, &one), (5, &one)]);
        assert_eq!(says(2, &[load(1, 12, 4), adjacent, lookup]), "ip saddr . th sport != @known");
        // A mask on a key is written with it, and a part with changed byte order still belongs to it.
        let mark = expression("meta", &[(1, &word(9)), (2, &word(3))]);
        let turned = expression("byteorder", &[(1, &word(9)), (2, &word(9))]);
        let lookup = expression("lookup", &[(1, b"known\0"), (2, &one)]);
        let all = [load(1, 12, 4), masked(&[255, 255, 0, 0]), mark, turned, lookup.clone()];
        assert_eq!(says(2, &all), "ip saddr & 255.255.0.0 . meta mark @known");
        // The parts of one key are not part of the next.
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
    fn unknown_parts_keep_their_names_and_bytes() {
        let one = word(1);
        assert_eq!(says(2, &[expression("flow_offload", &[])]), "flow_offload");
        // It sets an option and loads nothing.
        assert_eq!(says(2, &[expression("exthdr", &[(7, &one)])]), "exthdr");
        // The first attribute of a socket expression is its key, and that of a hash its source register.
        for name in ["socket", "hash"] {
            let loads = expression(name, &[(1, &word(2)), (2, &one)]);
            let compares = expression("cmp", &[(1, &one), (2, &word(0)), (3, &with(1, &[5]))]);
            assert_eq!(says(2, &[loads, compares]), format!("{name} 0x05"));
        }
        let own = [(1, &b"recent\0"[..]), (3, &[1, 2, 0, 0])];
        assert_eq!(says(2, &[expression("match", &own)]), "match recent 0x0102");
        assert_eq!(
            says(2, &[expression("target", &[(1, b"LOG\0"), (3, &[9; 400])])]).len(),
            13 + 2 * crate::formats::netlink::action::MAX_OWN
        );
        let none = expression("cmp", &[(1, &one), (2, &word(77)), (3, &with(1, &[5]))]);
        assert_eq!(says(2, &[none]), "? 0x05");
        assert_eq!(says(2, &[expression("meta", &[]), expression("immediate", &[])]), "");
        assert_eq!(says(2, &[expression("limit", &[]), vec![1, 2, 3]]), "limit rate 0/0 s burst 0");
    }
}
