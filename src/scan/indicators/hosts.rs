//! The `hosts` file, whose content is matched against addresses and domains: each line of it is one statement about an
//! address and names. Logs are matched word by word ([`super::logs`]), documents not at all.

use std::net::IpAddr;

use super::Indicators;
use super::path::folded;
use crate::evidence::Hit;

/// Whether a path is that of a `hosts` file, of Unix or of Windows.
pub(super) fn is_hosts(path: &str) -> bool {
    let path = folded(&path.replace('\\', "/"));
    path == "/etc/hosts" || path.ends_with(":/windows/system32/drivers/etc/hosts")
}

/// What the names and addresses of a `hosts` file meet, of as much as the caller holds of it. A name that is led to nowhere was blocked, and does not count.
pub(super) fn find(indicators: &Indicators, content: &[u8]) -> Vec<Hit> {
    let text = String::from_utf8_lossy(content);
    let mut hits = Vec::new();
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default();
        let mut words = line.split_whitespace();
        let Some(address) = words.next().and_then(|word| word.parse::<IpAddr>().ok()) else { continue };
        if address.is_loopback() || address.is_unspecified() {
            continue;
        }
        hits.extend(indicators.address(&address));
        hits.extend(words.flat_map(|name| indicators.domain(name)));
    }
    hits
}
