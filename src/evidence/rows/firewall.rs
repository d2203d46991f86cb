//! Parts of packet filters in rows of `LiveNetwork`: of Linux the tables, chains, rules and sets of nftables and of the
//! older iptables, of Windows the rules and profiles of its firewall.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::evidence::Exact;

/// A table, chain, rule or set of a packet filter (Linux).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FilterPart {
    /// `table`, `chain`, `rule` or `set`.
    pub part: Cow<'static, str>,
    /// What it filters: `ip`, `ip6`, `inet`, `arp`, `bridge`, `netdev`, else the kernel's number.
    pub family: String,
    /// The table.
    pub table: Exact,
    /// Of a chain or a set its name, of a rule its chain's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Exact>,
    /// The kernel's number of it, which grows with each that is made in a table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handle: Option<u64>,
    /// Of a chain that the kernel itself calls: `filter`, `nat` or `route`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Exact>,
    /// And from where: `prerouting`, `input`, `forward`, `output`, `postrouting`, `ingress`, `egress`, else its number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hook: Option<String>,
    /// And at which place among others: lower ones first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<i64>,
    /// And what becomes of a packet that no rule decides: `accept`, `drop`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// And for which interfaces only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub devices: Vec<Exact>,
    /// Of a table: whether it is switched off.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dormant: bool,
    /// The text of a rule, close to how `nft` writes it; a statement that is not known is written as bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub says: Option<Exact>,
    /// The comment that whoever made a rule has left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<Exact>,
    /// The elements of a set; of a map with the value of each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub elements: Vec<String>,
}

/// A rule of Windows' firewall.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FirewallRule {
    /// Its name in the registry, by which Windows identifies it.
    pub id: String,
    /// The key that holds it, from the hive's root.
    pub registry_key: String,
    /// Whether it comes from policy and not from this machine.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub policy: bool,
    /// The name that people see; `@` and a library where Windows translates it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether it is switched on.
    pub active: bool,
    /// `Allow`, `Block`, or as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// `In` or `Out`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direction: Option<String>,
    /// The protocol's number by IANA: 6 is TCP, 17 UDP; left out where it is for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<u16>,
    /// The profiles it is for, as written; left out where it is for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub profiles: Vec<String>,
    /// Ports of this machine: numbers, ranges or words as `RPC`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub local_ports: Vec<String>,
    /// Ports of the other end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remote_ports: Vec<String>,
    /// Addresses of this machine.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub local_addresses: Vec<String>,
    /// Addresses of the other end: addresses, networks, ranges, or words as `LocalSubnet`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remote_addresses: Vec<String>,
    /// The program that it is for, as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<Exact>,
    /// The service that it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// The whole of it.
    pub as_written: Exact,
}

/// The defaults of Windows' firewall in networks of a kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FirewallProfile {
    /// `domain`, `private` or `public`.
    pub profile: Cow<'static, str>,
    /// Whether this is set by policy, which goes before the machine's own setting.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub policy: bool,
    /// Whether the firewall is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// What becomes of incoming traffic that no rule is for: `allow` or `block`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inbound: Option<Cow<'static, str>>,
    /// And of outgoing traffic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outbound: Option<Cow<'static, str>>,
    /// Whether no exception is made, whatever rules say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_exceptions: Option<bool>,
}
