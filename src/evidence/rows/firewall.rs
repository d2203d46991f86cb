//! Packet filter rows of `LiveNetwork`: tables, chains, rules and sets of nftables and iptables on Linux, rules and
//! profiles of the Windows firewall.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::evidence::Exact;

/// A table, chain, rule or set of a packet filter (Linux).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FilterPart {
    /// `table`, `chain`, `rule` or `set`.
    pub part: Cow<'static, str>,
    /// The packets that it sees: `ip`, `ip6`, `inet`, `arp`, `bridge`, `netdev`, or the number of the family.
    pub family: String,
    /// Table name.
    pub table: Exact,
    /// Name of a chain or set; for a rule, the name of its chain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Exact>,
    /// Handle of the kernel, which increases with each object of a table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handle: Option<u64>,
    /// Type of a base chain: `filter`, `nat` or `route`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Exact>,
    /// Hook of a base chain: `prerouting`, `input`, `forward`, `output`, `postrouting`, `ingress`, `egress`, or its
    /// number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hook: Option<String>,
    /// Priority of a base chain among others: lower ones first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<i64>,
    /// Policy of a base chain: `accept` or `drop`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// Interfaces to which a base chain is limited.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub devices: Vec<Exact>,
    /// Whether a table is disabled.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dormant: bool,
    /// Text of a rule, close to the syntax of `nft`; unknown statements are written as bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub says: Option<Exact>,
    /// Comment of a rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<Exact>,
    /// Elements of a set; of a map, with the value of each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub elements: Vec<String>,
}

/// A rule of the Windows firewall.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FirewallRule {
    /// Id in the registry.
    pub id: String,
    /// Registry key of the rule, from the root of the hive.
    pub registry_key: String,
    /// Whether it comes from a policy instead of this machine.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub policy: bool,
    /// Display name; `@` and a library where Windows translates it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether it is enabled.
    pub active: bool,
    /// `Allow`, `Block`, or as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// `In` or `Out`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direction: Option<String>,
    /// IANA protocol number: 6 is TCP, 17 UDP; absent where the rule is for all protocols.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<u16>,
    /// Profiles, as written; absent where the rule is for all profiles.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub profiles: Vec<String>,
    /// Local ports: numbers, ranges or words such as `RPC`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub local_ports: Vec<String>,
    /// Remote ports.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remote_ports: Vec<String>,
    /// Local addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub local_addresses: Vec<String>,
    /// Remote addresses: addresses, networks, ranges, or words such as `LocalSubnet`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remote_addresses: Vec<String>,
    /// Program to which it applies, as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<Exact>,
    /// Service to which it applies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// The whole rule, as written.
    pub as_written: Exact,
}

/// The defaults of the Windows firewall for a network profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FirewallProfile {
    /// `domain`, `private` or `public`.
    pub profile: Cow<'static, str>,
    /// Whether a policy sets this, which takes precedence over the machine's own setting.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub policy: bool,
    /// Whether the firewall is enabled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Default for inbound traffic without a rule: `allow` or `block`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inbound: Option<Cow<'static, str>>,
    /// Default for outbound traffic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outbound: Option<Cow<'static, str>>,
    /// Whether exceptions are disabled, whatever rules exist.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_exceptions: Option<bool>,
}
