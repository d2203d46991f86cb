//! Names the facts that nftables rules compare, and formats their values.
//!
//! In: the kernel's numbers of facts about a packet, and bytes of registers and of verdicts
//! (`linux/netfilter/nf_tables.h`). Out: text in the syntax of `nft`.

use std::io::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::{attribute, nf_tables as nft, text};
use crate::evidence::bytes::u32_at;

/// Protocols above IP (`IPPROTO_*`, `linux/in.h` and `linux/in6.h`).
pub(super) const IPPROTO_ICMP: u64 = 1;
const IPPROTO_IGMP: u64 = 2;
pub(super) const IPPROTO_TCP: u64 = 6;
pub(super) const IPPROTO_UDP: u64 = 17;
const IPPROTO_GRE: u64 = 47;
const IPPROTO_ESP: u64 = 50;
pub(super) const IPPROTO_ICMPV6: u64 = 58;
pub(super) const IPPROTO_SCTP: u64 = 132;

/// Numbers of IPv4 and IPv6: of their families, which netfilter uses as well, and in Ethernet (`linux/if_ether.h`).
const AF_INET: u64 = 2;
const AF_INET6: u64 = 10;
const ETH_P_IP: u64 = 0x0800;
const ETH_P_IPV6: u64 = 0x86dd;

/// Bits of a connection state (`NF_CT_STATE_BIT`, `linux/netfilter/nf_conntrack_common.h`), with the words of `nft`.
const STATES: [(u32, &str); 5] =
    [(1, "invalid"), (1 << 1, "established"), (1 << 2, "related"), (1 << 3, "new"), (1 << 6, "untracked")];

/// The direction of a connection's first packet (`IP_CT_DIR_ORIGINAL`).
const IP_CT_DIR_ORIGINAL: u64 = 0;

/// The format of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ValueForm {
    /// Bytes.
    Bytes,
    /// A big-endian number.
    Number,
    /// A protocol number above IP.
    Protocol,
    /// An address of this many bytes.
    Address(usize),
    /// An interface name.
    Name,
    /// Bits of a connection state, in host byte order.
    State,
    /// A number in host byte order.
    Own,
    /// Bits in host byte order.
    Mark,
    /// IPv4 or IPv6, by the kernel's number of the family.
    Family,
}

impl ValueForm {
    /// Writes a value as text.
    pub(super) fn value(self, bytes: &[u8]) -> String {
        match self {
            ValueForm::Number if bytes.len() <= 8 => number(bytes).to_string(),
            ValueForm::Protocol => protocol(number(bytes)),
            ValueForm::Address(length) if bytes.len() < length => {
                let mut whole = bytes.to_vec();
                whole.resize(length, 0);
                format!("{}/{}", address(&whole), bytes.len().saturating_mul(8))
            }
            ValueForm::Address(_) => address(bytes),
            ValueForm::Name => {
                let name = text(bytes);
                // Without a terminator, it is a prefix of names.
                let any = if name.len() == bytes.len() { "*" } else { "" };
                format!("{:?}", format!("{}{any}", String::from_utf8_lossy(name)))
            }
            ValueForm::State => {
                let bits = u32_at(bytes, 0).unwrap_or_default();
                let mut set = String::new();
                for (_, name) in STATES.iter().filter(|(bit, _)| bits & bit != 0) {
                    set.push_str(if set.is_empty() { "" } else { "," });
                    set.push_str(name);
                }
                if set.is_empty() { bits.to_string() } else { set }
            }
            ValueForm::Own => u32_at(bytes, 0).map_or_else(|| hex(bytes), |number| number.to_string()),
            ValueForm::Mark => u32_at(bytes, 0).map_or_else(|| hex(bytes), |mark| format!("{mark:#x}")),
            ValueForm::Family => match number(bytes) {
                AF_INET | ETH_P_IP => "ip".to_owned(),
                number if is_ipv6(number) => "ip6".to_owned(),
                _ => hex(bytes),
            },
            _ => hex(bytes),
        }
    }
}

/// Whether a number is that of IPv6, as a family or in Ethernet.
pub(super) const fn is_ipv6(number: u64) -> bool {
    matches!(number, AF_INET6 | ETH_P_IPV6)
}

/// Returns the length of a prefix, where a mask is one.
pub(crate) fn prefix(mask: &[u8]) -> Option<usize> {
    let ones: u32 = mask.iter().map(|byte| byte.leading_ones()).sum();
    let all: u32 = mask.iter().map(|byte| byte.count_ones()).sum();
    let mut whole = mask.iter().skip_while(|byte| **byte == u8::MAX).skip(1);
    (ones == all && whole.all(|byte| *byte == 0)).then(|| usize::try_from(ones).unwrap_or_default())
}

/// Names a fact that comes with a packet (`NFT_META_*`).
pub(super) fn meta(key: u64) -> (String, ValueForm) {
    let (name, form) = match key {
        nft::NFT_META_PROTOCOL => ("meta protocol", ValueForm::Family),
        nft::NFT_META_MARK => ("meta mark", ValueForm::Mark),
        nft::NFT_META_IIF => ("iif", ValueForm::Own),
        nft::NFT_META_OIF => ("oif", ValueForm::Own),
        nft::NFT_META_IIFNAME => ("iifname", ValueForm::Name),
        nft::NFT_META_OIFNAME => ("oifname", ValueForm::Name),
        nft::NFT_META_SKUID => ("meta skuid", ValueForm::Own),
        nft::NFT_META_SKGID => ("meta skgid", ValueForm::Own),
        nft::NFT_META_NFTRACE => ("meta nftrace", ValueForm::Bytes),
        nft::NFT_META_NFPROTO => ("meta nfproto", ValueForm::Family),
        nft::NFT_META_L4PROTO => ("meta l4proto", ValueForm::Protocol),
        nft::NFT_META_BRI_IIFNAME => ("ibrname", ValueForm::Name),
        nft::NFT_META_BRI_OIFNAME => ("obrname", ValueForm::Name),
        nft::NFT_META_PKTTYPE => ("meta pkttype", ValueForm::Bytes),
        other => return (format!("meta {other}"), ValueForm::Bytes),
    };
    (name.to_owned(), form)
}

/// Names a fact about the connection (`NFT_CT_*`).
pub(super) fn ct(key: u64, direction: Option<u64>) -> (String, ValueForm) {
    let direction = match direction {
        None => "",
        Some(IP_CT_DIR_ORIGINAL) => "original ",
        Some(_) => "reply ",
    };
    let (name, form) = match key {
        nft::NFT_CT_STATE => ("state", ValueForm::State),
        nft::NFT_CT_DIRECTION => ("direction", ValueForm::Bytes),
        nft::NFT_CT_STATUS => ("status", ValueForm::Mark),
        nft::NFT_CT_MARK => ("mark", ValueForm::Mark),
        nft::NFT_CT_SRC | nft::NFT_CT_SRC_IP => ("saddr", ValueForm::Address(4)),
        nft::NFT_CT_DST | nft::NFT_CT_DST_IP => ("daddr", ValueForm::Address(4)),
        nft::NFT_CT_PROTOCOL => ("protocol", ValueForm::Protocol),
        nft::NFT_CT_PROTO_SRC => ("proto-src", ValueForm::Number),
        nft::NFT_CT_PROTO_DST => ("proto-dst", ValueForm::Number),
        nft::NFT_CT_SRC_IP6 => ("saddr", ValueForm::Address(16)),
        nft::NFT_CT_DST_IP6 => ("daddr", ValueForm::Address(16)),
        other => return (format!("ct {direction}{other}"), ValueForm::Bytes),
    };
    (format!("ct {direction}{name}"), form)
}

pub(crate) fn protocol(number: u64) -> String {
    let name = match number {
        IPPROTO_ICMP => "icmp",
        IPPROTO_IGMP => "igmp",
        IPPROTO_TCP => "tcp",
        IPPROTO_UDP => "udp",
        IPPROTO_GRE => "gre",
        IPPROTO_ESP => "esp",
        IPPROTO_ICMPV6 => "icmpv6",
        IPPROTO_SCTP => "sctp",
        other => return other.to_string(),
    };
    name.to_owned()
}

/// Writes a verdict and the chain that it leads to.
pub(super) fn verdict_with_chain(data: &[u8]) -> String {
    let code = attribute(data, nft::NFTA_VERDICT_CODE).map(number).unwrap_or_default();
    let code = u32::try_from(code).map_or(0, |code| code.cast_signed().into());
    verdict(code, attribute(data, nft::NFTA_VERDICT_CHAIN).unwrap_or_default())
}

/// Writes a verdict (`NF_DROP`, `NF_ACCEPT`, `NFT_JUMP` …).
pub(super) fn verdict(code: i64, chain: &[u8]) -> String {
    let chain = String::from_utf8_lossy(text(chain));
    match code {
        nft::NF_DROP => "drop".to_owned(),
        nft::NF_ACCEPT => "accept".to_owned(),
        nft::NFT_CONTINUE => "continue".to_owned(),
        nft::NFT_BREAK => "break".to_owned(),
        nft::NFT_JUMP => format!("jump {chain}"),
        nft::NFT_GOTO => format!("goto {chain}"),
        nft::NFT_RETURN => "return".to_owned(),
        other => format!("verdict {other}"),
    }
}

/// Reads a big-endian number.
pub(crate) fn number(bytes: &[u8]) -> u64 {
    bytes.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Writes an IPv4 or IPv6 address; bytes of another length as hexadecimal digits.
pub(crate) fn address(bytes: &[u8]) -> String {
    if let Ok(four) = <[u8; 4]>::try_from(bytes) {
        return Ipv4Addr::from(four).to_string();
    }
    <[u8; 16]>::try_from(bytes).map_or_else(|_| hex(bytes), |six| Ipv6Addr::from(six).to_string())
}

/// Writes bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut all = b"0x".to_vec();
    for byte in bytes {
        let _ = write!(all, "{byte:02x}");
    }
    String::from_utf8(all).unwrap_or_default()
}
