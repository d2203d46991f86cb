//! Names the packet fields that an nftables rule loads (`payload`), in the syntax of `nft`.
//!
//! In: a header of the packet, an offset and a length, and the facts known about the packet so far. Out: the name of
//! the field and the format of its values; `@nh,96,32` for a field without a name. The offsets are those of `struct
//! ethhdr` (`linux/if_ether.h`), `iphdr` (`linux/ip.h`), `ipv6hdr` (`linux/ipv6.h`), `tcphdr` and `udphdr`.

use super::nf_tables as nft;
use super::value::{IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP, ValueForm};

const ETH_DEST: u64 = 0;
const ETH_SOURCE: u64 = 6;
const ETH_PROTO: u64 = 12;
/// Bytes of an Ethernet address.
const ETH_ALEN: u64 = 6;

const IP_TTL: u64 = 8;
const IP_PROTOCOL: u64 = 9;
const IP_SADDR: u64 = 12;
const IP_DADDR: u64 = 16;

const IPV6_NEXTHDR: u64 = 6;
const IPV6_HOP_LIMIT: u64 = 7;
const IPV6_SADDR: u64 = 8;
const IPV6_DADDR: u64 = 24;

const ICMP_TYPE: u64 = 0;
const TCP_FLAGS: u64 = 13;
/// Ports are at the same offset in TCP, UDP and SCTP.
const SOURCE_PORT: u64 = 0;
const DESTINATION_PORT: u64 = 2;
const PORT_LENGTH: u64 = 2;

/// The facts about a packet on which the meaning of an offset depends.
pub(super) struct PacketFacts {
    /// Family of the rule's table (`NFPROTO_*`).
    pub(super) family: u8,
    /// Whether only IPv6 packets reach this part of the rule.
    pub(super) six: bool,
    /// Protocol number above IP, where an expression of the rule compared it; otherwise 0.
    pub(super) protocol: u64,
}

/// Returns the field at an offset of a packet.
pub(super) fn field(packet: &PacketFacts, base: u64, offset: u64, length: u64) -> (String, ValueForm) {
    let owned = |field: Field| field.map(|(name, form)| (name.to_owned(), form));
    // ARP has other headers.
    let known = match base {
        _ if packet.family == nft::NFPROTO_ARP => None,
        nft::NFT_PAYLOAD_LL_HEADER => owned(link(offset, length)),
        nft::NFT_PAYLOAD_NETWORK_HEADER if packet.six => owned(ipv6(offset, length)),
        nft::NFT_PAYLOAD_NETWORK_HEADER => owned(ipv4(offset, length)),
        nft::NFT_PAYLOAD_TRANSPORT_HEADER => transport(packet.protocol, offset, length),
        _ => None,
    };
    known.unwrap_or_else(|| {
        let header = match base {
            nft::NFT_PAYLOAD_LL_HEADER => "ll",
            nft::NFT_PAYLOAD_NETWORK_HEADER => "nh",
            nft::NFT_PAYLOAD_TRANSPORT_HEADER => "th",
            nft::NFT_PAYLOAD_INNER_HEADER => "ih",
            _ => "?",
        };
        let place = format!("@{header},{},{}", offset.saturating_mul(8), length.saturating_mul(8));
        (place, ValueForm::Bytes)
    })
}

type Field = Option<(&'static str, ValueForm)>;

fn link(offset: u64, length: u64) -> Field {
    match (offset, length) {
        (ETH_DEST, ETH_ALEN) => Some(("ether daddr", ValueForm::Bytes)),
        (ETH_SOURCE, ETH_ALEN) => Some(("ether saddr", ValueForm::Bytes)),
        (ETH_PROTO, 2) => Some(("ether type", ValueForm::Family)),
        _ => None,
    }
}

/// Only the compared part of an address is loaded.
fn ipv4(offset: u64, length: u64) -> Field {
    match (offset, length) {
        (IP_PROTOCOL, 1) => Some(("ip protocol", ValueForm::Protocol)),
        (IP_TTL, 1) => Some(("ip ttl", ValueForm::Number)),
        (IP_SADDR, 1..=4) => Some(("ip saddr", ValueForm::Address(4))),
        (IP_DADDR, 1..=4) => Some(("ip daddr", ValueForm::Address(4))),
        _ => None,
    }
}

fn ipv6(offset: u64, length: u64) -> Field {
    match (offset, length) {
        (IPV6_SADDR, 1..=16) => Some(("ip6 saddr", ValueForm::Address(16))),
        (IPV6_DADDR, 1..=16) => Some(("ip6 daddr", ValueForm::Address(16))),
        (IPV6_NEXTHDR, 1) => Some(("ip6 nexthdr", ValueForm::Protocol)),
        (IPV6_HOP_LIMIT, 1) => Some(("ip6 hoplimit", ValueForm::Number)),
        _ => None,
    }
}

fn transport(protocol: u64, offset: u64, length: u64) -> Option<(String, ValueForm)> {
    let name = match protocol {
        IPPROTO_TCP => "tcp",
        IPPROTO_UDP => "udp",
        IPPROTO_SCTP => "sctp",
        _ => "th",
    };
    match (protocol, offset, length) {
        (IPPROTO_ICMP, ICMP_TYPE, 1) => Some(("icmp type".to_owned(), ValueForm::Number)),
        (IPPROTO_ICMPV6, ICMP_TYPE, 1) => Some(("icmpv6 type".to_owned(), ValueForm::Number)),
        (IPPROTO_TCP, TCP_FLAGS, 1) => Some(("tcp flags".to_owned(), ValueForm::Bytes)),
        (_, SOURCE_PORT, PORT_LENGTH) => Some((format!("{name} sport"), ValueForm::Number)),
        (_, DESTINATION_PORT, PORT_LENGTH) => Some((format!("{name} dport"), ValueForm::Number)),
        _ => None,
    }
}
