//! What rules of nftables hold against something: its name, and how its values are written.
//!
//! In: the kernel's numbers of facts about a packet, and bytes of registers and of verdicts (`linux/netfilter/nf_tables.h`). Out: text,
//! in the words of `nft`.

use std::io::Write as _;

use super::filter::address;
use super::{attribute, text};
use crate::evidence::bytes::u32_at;

/// How its values are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// As bytes.
    Bytes,
    /// A number with its higher bytes first.
    Number,
    /// The number of a protocol above IP.
    Protocol,
    /// An address of so many bytes.
    Address(usize),
    /// The name of an interface.
    Name,
    /// Bits of a connection's state, as the machine has them.
    State,
    /// A number as the machine has it.
    Own,
    /// Bits as the machine has them.
    Mark,
    /// Which of the two kinds of IP it is, by the kernel's number of the family.
    Family,
}

impl Form {
    /// A value as text.
    pub(super) fn value(self, bytes: &[u8]) -> String {
        match self {
            Form::Number if bytes.len() <= 8 => number(bytes).to_string(),
            Form::Protocol => protocol(number(bytes)),
            Form::Address(length) if bytes.len() < length => {
                let mut whole = bytes.to_vec();
                whole.resize(length, 0);
                format!("{}/{}", address(&whole), bytes.len().saturating_mul(8))
            }
            Form::Address(_) => address(bytes),
            Form::Name => {
                let name = text(bytes);
                // Without its end it is the beginning of names.
                let any = if name.len() == bytes.len() { "*" } else { "" };
                format!("{:?}", format!("{}{any}", String::from_utf8_lossy(name)))
            }
            Form::State => {
                let bits = u32_at(bytes, 0).unwrap_or_default();
                let names =
                    [(1, "invalid"), (2, "established"), (4, "related"), (8, "new"), (64, "untracked")];
                let mut set = String::new();
                for (_, name) in names.iter().filter(|(bit, _)| bits & bit != 0) {
                    set.push_str(if set.is_empty() { "" } else { "," });
                    set.push_str(name);
                }
                if set.is_empty() { bits.to_string() } else { set }
            }
            Form::Own => u32_at(bytes, 0).map_or_else(|| hex(bytes), |number| number.to_string()),
            Form::Mark => u32_at(bytes, 0).map_or_else(|| hex(bytes), |mark| format!("{mark:#x}")),
            Form::Family => match number(bytes) {
                2 | 0x0800 => "ip".to_owned(),
                10 | 0x86dd => "ip6".to_owned(),
                _ => hex(bytes),
            },
            _ => hex(bytes),
        }
    }
}

/// The length of a prefix, where a mask is one.
pub(crate) fn prefix(mask: &[u8]) -> Option<usize> {
    let ones: u32 = mask.iter().map(|byte| byte.leading_ones()).sum();
    let all: u32 = mask.iter().map(|byte| byte.count_ones()).sum();
    let mut whole = mask.iter().skip_while(|byte| **byte == u8::MAX).skip(1);
    (ones == all && whole.all(|byte| *byte == 0)).then(|| usize::try_from(ones).unwrap_or_default())
}

/// What stands beside a packet (`NFT_META_*`).
pub(super) fn meta(key: u64) -> (String, Form) {
    let (name, form) = match key {
        1 => ("meta protocol", Form::Family),
        3 => ("meta mark", Form::Mark),
        4 => ("iif", Form::Own),
        5 => ("oif", Form::Own),
        6 => ("iifname", Form::Name),
        7 => ("oifname", Form::Name),
        10 => ("meta skuid", Form::Own),
        11 => ("meta skgid", Form::Own),
        12 => ("meta nftrace", Form::Bytes),
        15 => ("meta nfproto", Form::Family),
        16 => ("meta l4proto", Form::Protocol),
        17 => ("ibrname", Form::Name),
        18 => ("obrname", Form::Name),
        19 => ("meta pkttype", Form::Bytes),
        other => return (format!("meta {other}"), Form::Bytes),
    };
    (name.to_owned(), form)
}

/// What is known of its connection (`NFT_CT_*`).
pub(super) fn ct(key: u64, direction: Option<u64>) -> (String, Form) {
    let direction = match direction {
        None => "",
        Some(0) => "original ",
        Some(_) => "reply ",
    };
    let (name, form) = match key {
        0 => ("state", Form::State),
        1 => ("direction", Form::Bytes),
        2 => ("status", Form::Mark),
        3 => ("mark", Form::Mark),
        8 | 19 => ("saddr", Form::Address(4)),
        9 | 20 => ("daddr", Form::Address(4)),
        10 => ("protocol", Form::Protocol),
        11 => ("proto-src", Form::Number),
        12 => ("proto-dst", Form::Number),
        21 => ("saddr", Form::Address(16)),
        22 => ("daddr", Form::Address(16)),
        other => return (format!("ct {direction}{other}"), Form::Bytes),
    };
    (format!("ct {direction}{name}"), form)
}

pub(crate) fn protocol(number: u64) -> String {
    let name = match number {
        1 => "icmp",
        2 => "igmp",
        6 => "tcp",
        17 => "udp",
        47 => "gre",
        50 => "esp",
        58 => "icmpv6",
        132 => "sctp",
        other => return other.to_string(),
    };
    name.to_owned()
}

/// A verdict and the chain that it leads to.
pub(super) fn told_verdict(told: &[u8]) -> String {
    let code = attribute(told, 1).map(number).unwrap_or_default();
    let code = u32::try_from(code).map_or(0, |code| code.cast_signed().into());
    verdict(code, attribute(told, 2).unwrap_or_default())
}

/// A verdict (`NF_DROP`, `NF_ACCEPT`, `NFT_JUMP` …).
pub(super) fn verdict(code: i64, chain: &[u8]) -> String {
    let chain = String::from_utf8_lossy(text(chain));
    match code {
        0 => "drop".to_owned(),
        1 => "accept".to_owned(),
        -1 => "continue".to_owned(),
        -2 => "break".to_owned(),
        -3 => format!("jump {chain}"),
        -4 => format!("goto {chain}"),
        -5 => "return".to_owned(),
        other => format!("verdict {other}"),
    }
}

/// A number with its higher bytes first.
pub(crate) fn number(bytes: &[u8]) -> u64 {
    bytes.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Bytes as they stand.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut all = b"0x".to_vec();
    for byte in bytes {
        let _ = write!(all, "{byte:02x}");
    }
    String::from_utf8(all).unwrap_or_default()
}
