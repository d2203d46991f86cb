//! Reads network settings in files: proxies, names of Wi-Fi networks, shares. Pure; never panics.
//!
//! In: the text of one file. Out: settings, without passwords.

use super::text_lines;
use crate::evidence::Exact;

/// Reads proxy settings: a key that ends in `proxy`, and a value after a blank or `=`, as in environment(5),
/// apt.conf(5) and dnf.conf(5). User and password before an `@` are left out.
#[must_use]
pub fn proxies(text: &[u8]) -> Vec<(&[u8], Vec<u8>)> {
    fn setting((_, line): text_lines::Line<'_>) -> Option<(&[u8], Vec<u8>)> {
        let line = line.strip_prefix(b"export ").unwrap_or(line);
        let cut = line.iter().position(|byte| matches!(byte, b'=' | b' ' | b'\t'))?;
        let (key, value) = line.split_at(cut);
        let lower = key.to_ascii_lowercase();
        let value = value.trim_ascii_start();
        let value = value.strip_prefix(b"=").unwrap_or(value);
        let ends = |byte: &u8| b"\"'; \t".contains(byte);
        let value = value.split(ends).find(|part| !part.is_empty())?;
        let known = lower.ends_with(b"proxy") && !lower.ends_with(b"no_proxy");
        known.then(|| (key, without_user(value)))
    }
    text_lines::lines(text).filter_map(setting).collect()
}

/// Removes user and password from an address.
fn without_user(address: &[u8]) -> Vec<u8> {
    let host = address.windows(3).position(|part| part == b"://").map_or(0, |at| at.saturating_add(3));
    let (scheme, rest) = address.split_at(host);
    let begin = rest.iter().rposition(|byte| *byte == b'@').map_or(0, |at| at.saturating_add(1));
    [scheme, rest.get(begin..).unwrap_or_default()].concat()
}

/// Reads the names of networks: `ssid=` in `NetworkManager` profiles and `wpa_supplicant.conf(5)`.
pub fn networks(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text_lines::lines(text).filter_map(|(_, line)| {
        let name = line.strip_prefix(b"ssid=")?.trim_ascii();
        Some(name.strip_prefix(b"\"").and_then(|name| name.strip_suffix(b"\"")).unwrap_or(name))
    })
}

/// Reads the shares of smb.conf(5): the name in brackets, and the `path =` after it; sections without a directory are
/// left out.
#[must_use]
pub fn shares(text: &[u8]) -> Vec<Exact> {
    let mut all: Vec<Exact> = Vec::new();
    let mut within = false;
    for (_, line) in text_lines::lines(text) {
        if let Some(name) = line.strip_prefix(b"[").and_then(|rest| rest.strip_suffix(b"]")) {
            within = !name.eq_ignore_ascii_case(b"global");
            if within {
                all.push(name.into());
            }
        } else if let (true, Some(last), Some(cut)) =
            (within, all.last_mut(), line.iter().position(|byte| *byte == b'='))
        {
            let (key, value) = line.split_at(cut);
            if key.trim_ascii().eq_ignore_ascii_case(b"path") {
                last.0 = [&*last.0, b" ", value.get(1..).unwrap_or_default().trim_ascii()].concat();
            }
        }
    }
    all
}

/// The length of a prefix as a mask: `255.255.255.0`.
#[must_use]
pub fn prefix(mask: &str) -> Option<u32> {
    let bits = u32::from(mask.parse::<std::net::Ipv4Addr>().ok()?);
    (bits.leading_ones() == bits.count_ones()).then(|| bits.leading_ones())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_and_networks_are_reported_without_passwords() {
        let all = proxies(
            b"# x\nhttp_proxy=\"http://anna:secret@10.0.0.1:3128/\"\nexport HTTPS_PROXY=proxy:80\nno_proxy=localhost\n\
              Acquire::http::Proxy \"http://apt:3142\";\nproxy = http://u:p@q@y:1\nPATH=/bin\nproxy\n",
        );
        let all: Vec<_> =
            all.iter().map(|(_, address)| String::from_utf8(address.clone()).unwrap()).collect();
        assert_eq!(all, ["http://10.0.0.1:3128/", "proxy:80", "http://apt:3142", "http://y:1"]);
        let text = b"[wifi]\nssid=Stadhuis gast\n[wifi-security]\npsk=secret\nnetwork={\n  ssid=\"thuis\"\n  psk=\"secret\"\n}\n";
        assert_eq!(networks(text).collect::<Vec<_>>(), [&b"Stadhuis gast"[..], b"thuis"]);
        let text = b"[global]\npath = /no\n; x\n[Data]\n  Path = /srv/data\n[homes]\n";
        assert_eq!(shares(text), ["Data /srv/data".into(), Exact::from("homes")]);
    }

    #[test]
    fn a_mask_is_a_prefix_where_its_ones_are_in_front() {
        for (mask, wanted) in
            [("255.255.255.0", Some(24)), ("0.0.0.0", Some(0)), ("255.0.255.0", None), ("x", None)]
        {
            assert_eq!(prefix(mask), wanted, "{mask}");
        }
    }
}
