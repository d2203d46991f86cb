//! Offsets and flags in the kernel's reply for a table of `iptables`, under their kernel names.
//!
//! In: nothing. Out: offsets in the structs of `linux/netfilter_ipv4/ip_tables.h`,
//! `linux/netfilter_ipv6/ip6_tables.h`, `linux/netfilter/x_tables.h` and `linux/netfilter/xt_tcpudp.h`, and their
//! flags. They are part of the stable kernel interface.

/// Bytes of `struct ipt_getinfo`, which equals `ip6t_getinfo`, and the offsets of `valid_hooks`, `hook_entry` and
/// `underflow` in it.
pub const INFO: usize = 84;
pub(super) const VALID_HOOKS: usize = 32;
pub(super) const HOOK_ENTRY: usize = 36;
pub(super) const UNDERFLOW: usize = 56;

/// Bytes of `struct xt_entry_match` and `xt_entry_target` before their private data, and of the name in them, after
/// the length.
pub(super) const HEAD: usize = 32;
pub(super) const NAME: std::ops::Range<usize> = 2..2 + XT_EXTENSION_MAXNAMELEN;
const XT_EXTENSION_MAXNAMELEN: usize = 29;

/// Bytes of an interface name (linux/if.h).
pub(super) const IFNAMSIZ: usize = 16;

/// The target that marks the beginning of a custom chain and the end of the table.
pub(super) const XT_ERROR_TARGET: &[u8] = b"ERROR";

/// Verdicts of the standard target: `-NF_DROP - 1` and so on, and `XT_RETURN`.
pub(super) const DROP: i32 = -1;
pub(super) const ACCEPT: i32 = -2;
pub(super) const QUEUE: i32 = -4;
pub(super) const XT_RETURN: i32 = -5;

/// Flags of an IPv4 entry: it matches fragments except the first; its verdict is a goto. Then the latter for IPv6.
pub(super) const IPT_F_FRAG: u8 = 0x01;
const IPT_F_GOTO: u8 = 0x02;
const IP6T_F_GOTO: u8 = 0x04;

/// Inverted conditions, the same for IPv4 and IPv6 (`IP6T_INV_*`).
pub(super) const IPT_INV_VIA_IN: u8 = 0x01;
pub(super) const IPT_INV_VIA_OUT: u8 = 0x02;
pub(super) const IPT_INV_SRCIP: u8 = 0x08;
pub(super) const IPT_INV_DSTIP: u8 = 0x10;
pub(super) const IPT_INV_FRAG: u8 = 0x20;
pub(super) const XT_INV_PROTO: u8 = 0x40;

/// `struct xt_tcp` and `struct xt_udp`: both begin with the port ranges of source and destination.
pub(super) const SOURCE_PORTS: usize = 0;
pub(super) const DESTINATION_PORTS: usize = 4;
pub(super) const TCP_OPTION: usize = 8;
pub(super) const TCP_INVFLAGS: usize = 11;
pub(super) const UDP_INVFLAGS: usize = 8;
/// Inverted ports (`XT_TCP_INV_SRCPT`, `XT_UDP_INV_SRCPT`, and `…_DSTPT`).
pub(super) const INV_SRCPT: u8 = 0x01;
pub(super) const INV_DSTPT: u8 = 0x02;

/// `struct ipt_entry` or `struct ip6t_entry`, which begin with two addresses, their masks and two interfaces.
pub(super) struct Layout {
    /// The family as `nft` writes it.
    pub(super) family: &'static str,
    /// Bytes of an address.
    pub(super) address: usize,
    /// Offset of `proto`.
    pub(super) protocol: usize,
    /// Offset of `flags`.
    pub(super) flags: usize,
    /// Offset of `invflags`.
    pub(super) inverted: usize,
    /// Offset of `target_offset`, after which `next_offset` follows.
    pub(super) target: usize,
    /// Offset of `elems`, the matches.
    pub(super) matches: usize,
    /// The flag of a goto.
    pub(super) goto: u8,
}

pub(super) const FOUR: Layout = Layout {
    family: "ip",
    address: 4,
    protocol: 80,
    flags: 82,
    inverted: 83,
    target: 88,
    matches: 112,
    goto: IPT_F_GOTO,
};

pub(super) const SIX: Layout = Layout {
    family: "ip6",
    address: 16,
    protocol: 128,
    flags: 131,
    inverted: 132,
    target: 140,
    matches: 168,
    goto: IP6T_F_GOTO,
};
