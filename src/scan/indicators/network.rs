//! Addresses, domains and URLs: how a list or a host writes them, and how they are compared.
//!
//! In: text as lists hand it round, also made harmless (`hxxp`, `evil[.]com`, `1.2.3[.]4`). Out: networks of IPv4 and
//! IPv6 in one space, domains on label boundaries, URLs in one form. An address is looked up once for each length of
//! prefix that occurs, a domain once for each of its labels: neither grows with the list.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::idna;

/// Bits before an IPv4 address where it stands among IPv6 ones (`::ffff:0:0/96`, RFC 4291 2.5.5.2).
const V4_PREFIX: u8 = 96;

/// Shortest prefixes taken: a wider network fires on half of what a host talks to.
const WIDEST_V4: u8 = 8;
const WIDEST_V6: u8 = 19;

/// Longest URL that is compared: what servers and proxies take at most.
const URL_LIMIT: usize = 8 << 10;

/// A network, or one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Network {
    bits: u128,
    length: u8,
}

/// Why a text is no network that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoNetwork {
    /// It is none.
    NotOne,
    /// It is too wide.
    TooWide,
    /// It is the host itself, or everybody.
    NotOutside,
}

impl Network {
    /// Reads an address, a network in CIDR form, or an IPv4 address or a bracketed IPv6 one with a port.
    pub(super) fn parse(text: &str) -> Result<Self, NoNetwork> {
        let text = fang(text);
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => {
                let digits = length.len() <= 3 && length.bytes().all(|byte| byte.is_ascii_digit());
                (address, Some(length.parse::<u8>().ok().filter(|_| digits).ok_or(NoNetwork::NotOne)?))
            }
            None => (without_port(&text), None),
        };
        let address: IpAddr = address.parse().map_err(|_| NoNetwork::NotOne)?;
        let (full, widest, offset) = match address.to_canonical() {
            IpAddr::V4(_) if address.is_ipv4() => (32, WIDEST_V4, V4_PREFIX),
            IpAddr::V4(_) => (128, WIDEST_V4.saturating_add(V4_PREFIX), 0),
            IpAddr::V6(_) => (128, WIDEST_V6, 0),
        };
        let length = length.unwrap_or(full);
        if length > full {
            return Err(NoNetwork::NotOne);
        }
        if length < widest {
            return Err(NoNetwork::TooWide);
        }
        let canonical = address.to_canonical();
        let everybody = canonical == IpAddr::V4(Ipv4Addr::BROADCAST);
        if canonical.is_loopback() || canonical.is_unspecified() || canonical.is_multicast() || everybody {
            return Err(NoNetwork::NotOutside);
        }
        let length = length.saturating_add(offset);
        Ok(Self { bits: masked(bits(&address), length), length })
    }

    /// Whether it is of IPv4.
    pub(super) fn is_v4(&self) -> bool {
        self.length >= V4_PREFIX && matches!(Ipv6Addr::from(self.bits).to_canonical(), IpAddr::V4(_))
    }

    /// Whether it is one address.
    pub(super) const fn is_one(&self) -> bool {
        self.length == 128
    }

    /// Whether the other lies within it.
    pub(super) fn holds(&self, other: &Self) -> bool {
        self.length <= other.length && masked(other.bits, self.length) == self.bits
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let address = Ipv6Addr::from(self.bits).to_canonical();
        let (length, full) = match address {
            IpAddr::V4(_) => (self.length.saturating_sub(V4_PREFIX), 32),
            IpAddr::V6(_) => (self.length, 128),
        };
        if length == full { write!(f, "{address}") } else { write!(f, "{address}/{length}") }
    }
}

/// Networks, each with a label.
#[derive(Default)]
pub(super) struct Networks {
    by_length: BTreeMap<u8, Vec<(u128, u32)>>,
}

impl Networks {
    pub(super) fn push(&mut self, network: Network, label: u32) {
        self.by_length.entry(network.length).or_default().push((network.bits, label));
    }

    pub(super) fn seal(&mut self) {
        for networks in self.by_length.values_mut() {
            networks.sort_unstable();
            networks.dedup();
            networks.shrink_to_fit();
        }
    }

    /// Every network that holds an address, the narrowest first.
    pub(super) fn find(&self, address: &IpAddr) -> impl Iterator<Item = (Network, u32)> {
        let address = bits(address);
        self.by_length.iter().rev().flat_map(move |(length, networks)| {
            let bits = masked(address, *length);
            let first = networks.partition_point(|(network, _)| *network < bits);
            let rest = networks.get(first..).unwrap_or_default().iter();
            let length = *length;
            rest.take_while(move |(network, _)| *network == bits)
                .map(move |(_, label)| (Network { bits, length }, *label))
        })
    }

    pub(super) fn len(&self) -> usize {
        self.by_length.values().fold(0, |sum, networks| sum.saturating_add(networks.len()))
    }
}

fn bits(address: &IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

fn masked(bits: u128, length: u8) -> u128 {
    let away = 128_u32.saturating_sub(length.into());
    bits & u128::MAX.checked_shl(away).unwrap_or(0)
}

/// `1.2.3.4:443` and `[::1]:443` without their port.
fn without_port(text: &str) -> &str {
    if let Some(inner) = text.strip_prefix('[') {
        return inner.split(']').next().unwrap_or(inner);
    }
    match text.rsplit_once(':') {
        Some((address, port))
            if !address.contains(':')
                && !port.is_empty()
                && port.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            address
        }
        _ => text,
    }
}

/// Makes whole what lists write so that nobody clicks it.
pub(super) fn fang(text: &str) -> String {
    let text = text.trim();
    let dotted = text.replace("[.]", ".").replace("(.)", ".").replace("[dot]", ".").replace("[:]", ":");
    match dotted.get(..4) {
        Some(scheme) if scheme.eq_ignore_ascii_case("hxxp") => {
            format!("http{}", dotted.get(4..).unwrap_or_default())
        }
        _ => dotted,
    }
}

/// The comparable form of a domain; a leading `*.` or dot says the same as none, since what is below it counts.
pub(super) fn domain(text: &str) -> Option<String> {
    let text = fang(text);
    let text = text.strip_prefix("*.").or_else(|| text.strip_prefix('.')).unwrap_or(&text);
    let name = match text.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => text,
    };
    idna::to_ascii(name)
}

/// A domain and each domain above it, the longest first; none of one label.
pub(super) fn domains_above(domain: &str) -> impl Iterator<Item = &str> {
    let above = domain.match_indices('.').filter_map(|(at, _)| domain.get(at.saturating_add(1)..));
    std::iter::once(domain).chain(above).filter(|domain| domain.contains('.'))
}

/// A URL in comparable form (RFC 3986 6.2): scheme and host in lower case, no default port, no user, no fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Url {
    /// The whole.
    pub(super) text: String,
    /// Its host: a domain in A-labels, or an address.
    pub(super) host: String,
}

/// Reads a URL; one without a scheme counts as `http`, and `http` and `https` are compared as one.
pub(super) fn url(text: &str) -> Option<Url> {
    if text.len() > URL_LIMIT {
        return None;
    }
    let text = fang(text);
    if text.contains(char::is_whitespace) {
        return None;
    }
    let (scheme, rest) = text.split_once("://").unwrap_or(("http", &text));
    let scheme = scheme.to_ascii_lowercase();
    let usable =
        !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+');
    let (authority, path) =
        rest.find(['/', '?', '#']).map_or((rest, ""), |at| rest.split_at_checked(at).unwrap_or((rest, "")));
    let authority = authority.rsplit('@').next().unwrap_or(authority);
    let (host, port) = host_and_port(authority)?;
    let port = match (scheme.as_str(), port) {
        (_, None | Some("")) | ("http", Some("80")) | ("https", Some("443")) | ("ftp", Some("21")) => {
            String::new()
        }
        (_, Some(port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => format!(":{port}"),
        (_, Some(_)) => return None,
    };
    let path = path.split('#').next().unwrap_or(path);
    let path = if path.is_empty() { "/" } else { path };
    let scheme = if scheme == "https" { "http" } else { &scheme };
    usable.then(|| Url {
        text: format!("{scheme}://{host}{port}{path}"),
        host: host.trim_matches(['[', ']']).to_owned(),
    })
}

fn host_and_port(authority: &str) -> Option<(String, Option<&str>)> {
    if let Some(inner) = authority.strip_prefix('[') {
        let (address, rest) = inner.split_once(']')?;
        let address: Ipv6Addr = address.parse().ok()?;
        return Some((format!("[{address}]"), rest.strip_prefix(':')));
    }
    let (host, port) = authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port)));
    match host.parse::<Ipv4Addr>() {
        Ok(address) => Some((address.to_string(), port)),
        Err(_) => Some((idna::to_ascii(host)?, port)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(networks: &[&str], address: &str) -> Vec<String> {
        let mut all = Networks::default();
        for (network, label) in networks.iter().zip(0..) {
            all.push(Network::parse(network).unwrap(), label);
        }
        all.seal();
        let address = address.parse().unwrap();
        all.find(&address).map(|(network, _)| network.to_string()).collect()
    }

    #[test]
    fn an_address_is_found_in_every_network_that_holds_it_and_in_no_other() {
        let networks = ["198.51.100.0/24", "198.51.100.7", "198.51.0.0/16", "2001:db8::/32", "2001:db8::1"];
        assert_eq!(found(&networks, "198.51.100.7"), ["198.51.100.7", "198.51.100.0/24", "198.51.0.0/16"]);
        assert_eq!(found(&networks, "198.51.101.7"), ["198.51.0.0/16"]);
        assert_eq!(found(&networks, "198.52.100.7"), [""; 0]);
        assert_eq!(found(&networks, "2001:db8::1"), ["2001:db8::1", "2001:db8::/32"]);
        assert_eq!(found(&networks, "2001:db9::1"), [""; 0]);
        // A socket of both families shows an IPv4 peer like this.
        assert_eq!(found(&networks, "::ffff:198.51.101.7"), ["198.51.0.0/16"]);
        assert_eq!(found(&["::ffff:198.51.100.0/120"], "198.51.100.9"), ["198.51.100.0/24"]);
    }

    #[test]
    fn addresses_are_read_as_lists_write_them() {
        for (text, expected) in [
            ("198.51.100[.]7", "198.51.100.7"),
            (" 198.51.100.7:443 ", "198.51.100.7"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("198.51.100.77/24", "198.51.100.0/24"),
            ("198.51.100.7/32", "198.51.100.7"),
            ("2001:DB8::1/128", "2001:db8::1"),
        ] {
            assert_eq!(
                Network::parse(text).map(|network| network.to_string()),
                Ok(expected.to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn what_would_fire_everywhere_or_is_no_address_is_refused() {
        for (text, why) in [
            ("0.0.0.0/0", NoNetwork::TooWide),
            ("::/0", NoNetwork::TooWide),
            ("10.0.0.0/7", NoNetwork::TooWide),
            ("127.0.0.1", NoNetwork::NotOutside),
            ("::1", NoNetwork::NotOutside),
            ("0.0.0.0", NoNetwork::NotOutside),
            ("255.255.255.255", NoNetwork::NotOutside),
            ("224.0.0.251", NoNetwork::NotOutside),
            ("198.51.100.7/33", NoNetwork::NotOne),
            ("198.51.100.7/+8", NoNetwork::NotOne),
            ("198.51.100", NoNetwork::NotOne),
            ("198.051.100.7", NoNetwork::NotOne),
            ("", NoNetwork::NotOne),
        ] {
            assert_eq!(Network::parse(text), Err(why), "{text}");
        }
    }

    #[test]
    fn domains_end_on_label_boundaries() {
        let above: Vec<_> = domains_above("a.evil.example.com").collect();
        assert_eq!(above, ["a.evil.example.com", "evil.example.com", "example.com"]);
        assert_eq!(domain("*.Evil[.]example.com:8080").as_deref(), Some("evil.example.com"));
        assert_eq!(domain(".evil.example.com").as_deref(), Some("evil.example.com"));
    }

    #[test]
    fn urls_that_lead_to_the_same_place_are_the_same() {
        let same = |text: &str| url(text).unwrap().text;
        let expected = "http://evil.example.com/a?b=C";
        for text in [
            "http://evil.example.com/a?b=C",
            "hxxps://EVIL[.]example[.]com:443/a?b=C#top",
            "HTTP://user:pw@evil.example.com:80/a?b=C",
            "evil.example.com/a?b=C",
        ] {
            assert_eq!(same(text), expected, "{text}");
        }
        assert_eq!(same("http://evil.example.com"), "http://evil.example.com/");
        assert_eq!(same("http://evil.example.com:8080/A"), "http://evil.example.com:8080/A");
        assert_eq!(url("http://[2001:DB8::1]:8080/").unwrap().host, "2001:db8::1");
        for text in [
            "",
            "http://",
            "not a url",
            "http://localhost/",
            "http://a.com:x/",
            "://a.com",
            "javascript:alert(1)",
        ] {
            assert_eq!(url(text), None, "{text}");
        }
    }
}
