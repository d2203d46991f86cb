//! Writes the actions of an nftables rule as text: counters, limits, logging, rejects, address translation, set
//! changes.
//!
//! In: the name of an expression and its attributes, with the registers of the rule. Out: text in the syntax of
//! `nft`, added to the rule. Verdicts and comparisons are in `statement.rs`.

use super::statement::RuleReading;
use super::value::{ValueForm, address, hex, number};
use super::{attribute, nf_tables as nft, text};

/// Maximum bytes of private data of a match or target that are reported.
pub(super) const MAX_OWN: usize = 256;

impl RuleReading {
    /// Writes an expression that compares nothing.
    pub(super) fn doing(&mut self, name: &[u8], body: &[u8]) {
        let of = |kind| attribute(body, kind);
        let value = |kind| of(kind).map(number).unwrap_or_default();
        let named = |kind| String::from_utf8_lossy(of(kind).map(text).unwrap_or_default()).into_owned();
        let said = match name {
            b"counter" => {
                let (packets, bytes) = (value(nft::NFTA_COUNTER_PACKETS), value(nft::NFTA_COUNTER_BYTES));
                format!("counter packets {packets} bytes {bytes}")
            }
            b"limit" => limit(body),
            b"quota" => {
                let over =
                    if value(nft::NFTA_QUOTA_FLAGS) & nft::NFT_QUOTA_F_INV == 0 { "" } else { "over " };
                let (bytes, used) = (value(nft::NFTA_QUOTA_BYTES), value(nft::NFTA_QUOTA_CONSUMED));
                format!("quota {over}{bytes} bytes used {used}")
            }
            b"log" => {
                let numbered = |word: &str, kind| {
                    of(kind).map(|content| format!(" {word} {}", number(content))).unwrap_or_default()
                };
                let prefix = of(nft::NFTA_LOG_PREFIX);
                let prefix = prefix.map(|_| format!(" prefix {:?}", named(nft::NFTA_LOG_PREFIX)));
                let (group, level) =
                    (numbered("group", nft::NFTA_LOG_GROUP), numbered("level", nft::NFTA_LOG_LEVEL));
                format!("log{}{group}{level}", prefix.unwrap_or_default())
            }
            b"reject" => {
                let code = value(nft::NFTA_REJECT_ICMP_CODE);
                match value(nft::NFTA_REJECT_TYPE) {
                    nft::NFT_REJECT_TCP_RST => "reject with tcp reset".to_owned(),
                    nft::NFT_REJECT_ICMP_UNREACH => format!("reject with icmp code {code}"),
                    _ => format!("reject with icmpx code {code}"),
                }
            }
            b"queue" => format!("queue num {}", value(nft::NFTA_QUEUE_NUM)),
            b"objref" => {
                let kind = object(value(nft::NFTA_OBJREF_IMM_TYPE));
                if of(nft::NFTA_OBJREF_IMM_NAME).is_some() {
                    format!("{kind} name {:?}", named(nft::NFTA_OBJREF_IMM_NAME))
                } else {
                    let key = self.all_from(value(nft::NFTA_OBJREF_SET_SREG));
                    format!("{kind} name {key} map @{}", named(nft::NFTA_OBJREF_SET_NAME))
                }
            }
            b"dynset" => {
                let does = match value(nft::NFTA_DYNSET_OP) {
                    nft::NFT_DYNSET_OP_ADD => "add",
                    nft::NFT_DYNSET_OP_UPDATE => "update",
                    nft::NFT_DYNSET_OP_DELETE => "delete",
                    _ => "change",
                };
                let key = self.all_from(value(nft::NFTA_DYNSET_SREG_KEY));
                let leads_to = of(nft::NFTA_DYNSET_SREG_DATA);
                let leads_to = leads_to.map(|from| format!(" : {}", self.all_from(number(from))));
                let timeout = Some(value(nft::NFTA_DYNSET_TIMEOUT)).filter(|timeout| *timeout != 0);
                let timeout = timeout.map(|timeout| format!(" timeout {timeout} ms"));
                // Counters and limits per element are left out.
                let more = of(nft::NFTA_DYNSET_EXPR).or(of(nft::NFTA_DYNSET_EXPRESSIONS));
                let more = if more.is_some() { " …" } else { "" };
                let (leads_to, timeout) = (leads_to.unwrap_or_default(), timeout.unwrap_or_default());
                format!("{does} @{} {{ {key}{timeout}{more}{leads_to} }}", named(nft::NFTA_DYNSET_SET_NAME))
            }
            b"nat" => {
                let addresses = [of(nft::NFTA_NAT_REG_ADDR_MIN), of(nft::NFTA_NAT_REG_ADDR_MAX)];
                let ports = [of(nft::NFTA_NAT_REG_PROTO_MIN), of(nft::NFTA_NAT_REG_PROTO_MAX)];
                let source = value(nft::NFTA_NAT_TYPE) == nft::NFT_NAT_SNAT;
                format!("{}{}", if source { "snat" } else { "dnat" }, self.address_and_port(addresses, ports))
            }
            b"masq" => {
                let ports = [of(nft::NFTA_MASQ_REG_PROTO_MIN), of(nft::NFTA_MASQ_REG_PROTO_MAX)];
                format!("masquerade{}", self.address_and_port([None; 2], ports))
            }
            b"redir" => {
                let ports = [of(nft::NFTA_REDIR_REG_PROTO_MIN), of(nft::NFTA_REDIR_REG_PROTO_MAX)];
                format!("redirect{}", self.address_and_port([None; 2], ports))
            }
            b"fib" => return self.load(value(nft::NFTA_FIB_DREG), fib(body)),
            b"match" if of(nft::NFTA_MATCH_NAME).map(text) == Some(b"comment") => {
                format!("match comment {:?}", named(nft::NFTA_MATCH_INFO))
            }
            b"match" => extension("match", &named(nft::NFTA_MATCH_NAME), of(nft::NFTA_MATCH_INFO)),
            b"target" => extension("target", &named(nft::NFTA_TARGET_NAME), of(nft::NFTA_TARGET_INFO)),
            _ => {
                let what = String::from_utf8_lossy(name).into_owned();
                // Any other expression that loads a register leaves its name, for later comparisons.
                if let Some(register) = other_register(name).and_then(of) {
                    return self.load(number(register), (what, ValueForm::Bytes));
                }
                what
            }
        };
        self.say(&said);
    }

    /// Writes ` to ADDRESS:PORT` from registers; each pair is a range.
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
}

fn limit(body: &[u8]) -> String {
    let value = |kind| attribute(body, kind).map(number).unwrap_or_default();
    let over = if value(nft::NFTA_LIMIT_FLAGS) & nft::NFT_LIMIT_F_INV == 0 { "" } else { "over " };
    let what = if value(nft::NFTA_LIMIT_TYPE) == nft::NFT_LIMIT_PKTS { "" } else { " bytes" };
    let per = match value(nft::NFTA_LIMIT_UNIT) {
        1 => "second",
        60 => "minute",
        3_600 => "hour",
        86_400 => "day",
        604_800 => "week",
        seconds => &format!("{seconds} s"),
    };
    let (rate, burst) = (value(nft::NFTA_LIMIT_RATE), value(nft::NFTA_LIMIT_BURST));
    format!("limit rate {over}{rate}{what}/{per} burst {burst}")
}

/// Writes a routing table lookup, and returns how its result is written.
fn fib(body: &[u8]) -> (String, ValueForm) {
    const FLAGS: [(u64, &str); 5] = [
        (nft::NFTA_FIB_F_SADDR, "saddr"),
        (nft::NFTA_FIB_F_DADDR, "daddr"),
        (nft::NFTA_FIB_F_MARK, "mark"),
        (nft::NFTA_FIB_F_IIF, "iif"),
        (nft::NFTA_FIB_F_OIF, "oif"),
    ];
    let value = |kind| attribute(body, kind).map(number).unwrap_or_default();
    let (result, form) = match value(nft::NFTA_FIB_RESULT) {
        nft::NFT_FIB_RESULT_OIF => ("oif", ValueForm::Own),
        nft::NFT_FIB_RESULT_OIFNAME => ("oifname", ValueForm::Name),
        nft::NFT_FIB_RESULT_ADDRTYPE => ("type", ValueForm::Own),
        _ => ("", ValueForm::Own),
    };
    let flags = value(nft::NFTA_FIB_FLAGS);
    let by: Vec<&str> = FLAGS.iter().filter(|(bit, _)| flags & bit != 0).map(|(_, name)| *name).collect();
    let space = if by.is_empty() { "" } else { " " };
    (format!("fib{space}{} {result}", by.join(" . ")), form)
}

/// Writes a match or target of `iptables`, with its private data without trailing zeros.
fn extension(kind: &str, name: &str, own: Option<&[u8]>) -> String {
    let own = own.unwrap_or_default();
    let end = own.iter().rposition(|byte| *byte != 0).map_or(0, |last| last.saturating_add(1));
    format!("{kind} {name} {}", hex(own.get(..end.min(MAX_OWN)).unwrap_or_default()))
}

/// Returns the attribute with the register that another expression loads.
fn other_register(name: &[u8]) -> Option<u16> {
    Some(match name {
        b"exthdr" => nft::NFTA_EXTHDR_DREG,
        b"rt" => nft::NFTA_RT_DREG,
        b"socket" => nft::NFTA_SOCKET_DREG,
        b"osf" => nft::NFTA_OSF_DREG,
        b"hash" => nft::NFTA_HASH_DREG,
        b"numgen" => nft::NFTA_NG_DREG,
        b"xfrm" => nft::NFTA_XFRM_DREG,
        _ => return None,
    })
}

fn object(kind: u64) -> &'static str {
    match kind {
        nft::NFT_OBJECT_COUNTER => "counter",
        nft::NFT_OBJECT_QUOTA => "quota",
        nft::NFT_OBJECT_LIMIT => "limit",
        _ => "object",
    }
}
