//! What a list names, read from its text into the form in which it is looked up.
//!
//! In: a value and, where the list has one, the word for its type: those of MISP, of CSV headers, of OTX and abuse.ch.
//! Out: [`IndicatorValue`]s, or why there is none. Composite types (`filename|sha256`, `ip-dst|port`) are taken apart here.

use super::digests;
use super::network;
use super::network::{Network, NoNetwork};
use super::path::PathForm;
use super::size::SizeRange;

/// Something that can be looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum IndicatorValue {
    Md5([u8; 16]),
    Sha1([u8; 20]),
    Sha256([u8; 32]),
    Path(PathForm),
    /// A name or path that counts for files of a size only.
    Sized(PathForm, SizeRange),
    Address(Network),
    /// A domain in A-labels, and whether what is below it counts as well.
    Domain(String, Below),
    Url(String),
    Pipe(String),
    Mutex(String),
    Registry(RegistryValue),
    /// An expression over a key, or a key and the name of a value below it.
    RegistryPattern(RegistryValue),
}

impl std::fmt::Display for IndicatorValue {
    /// As text that a person can find in the list again.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Md5(digest) => f.write_str(&digests::hexadecimal(digest)),
            Self::Sha1(digest) => f.write_str(&digests::hexadecimal(digest)),
            Self::Sha256(digest) => f.write_str(&digests::hexadecimal(digest)),
            Self::Path(form) => f.write_str(form.text()),
            Self::Sized(form, size) => write!(f, "{} ({size})", form.text()),
            Self::Address(network) => network.fmt(f),
            Self::Domain(text, _) | Self::Url(text) | Self::Pipe(text) | Self::Mutex(text) => {
                f.write_str(text)
            }
            Self::Registry(value) | Self::RegistryPattern(value) => f.write_str(&value.key),
        }
    }
}

/// Whether the names below a domain count as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Below {
    Counts,
    /// A host name: it is this one.
    Not,
}

/// A registry key, with what it must hold where the list says so; all as the list writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RegistryValue {
    /// The key, or the key and the name of a value below it.
    pub(super) key: String,
    pub(super) data: Option<String>,
}

/// What a value of a type is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ValueReading {
    /// These, and what is said beside them: `file name x`, `port 443`.
    Taken(Vec<IndicatorValue>, Option<String>),
    /// Nothing that can be looked up, for this reason.
    Refused(&'static str),
    /// A type that has no observable here.
    Unknown,
}

/// Longest value: the longest path of Windows.
const VALUE_LIMIT: usize = 32 << 10;

/// Reads a value whose type a list names.
pub(super) fn of_type(word: &str, value: &str) -> ValueReading {
    let word = word.trim().trim_matches('"').to_ascii_lowercase().replace(['_', ' ', ':'], "-");
    let value = value.trim();
    if value.is_empty() {
        return ValueReading::Refused("empty value");
    }
    if value.len() > VALUE_LIMIT {
        return ValueReading::Refused("value that is too long");
    }
    match word.as_str() {
        "md5" | "sha1" | "sha256" | "sha-1" | "sha-256" | "hash" | "filehash" | "filehash-md5"
        | "filehash-sha1" | "filehash-sha256" | "md5-hash" | "sha1-hash" | "sha256-hash" | "file-hash" => {
            one(digest(value))
        }
        "malware-sample" => named_digest(value),
        "filename" | "file-name" | "file" | "filepath" | "file-path" | "path" | "fullpath" | "full-path" => {
            one(path(value))
        }
        "filename-pattern" => one(Ok(IndicatorValue::Path(PathForm::path_pattern(value.to_owned())))),
        "ip" | "ip-src" | "ip-dst" | "ipv4" | "ipv6" | "ipv4-addr" | "ipv6-addr" | "ip-address"
        | "address" | "dst-ip" | "src-ip" | "cidr" | "ip-range" => one(address(value)),
        "ip-src|port" | "ip-dst|port" | "ip-port" | "ip|port" => with_port(value, address),
        "domain" | "domain-name" | "fqdn" => one(domain(value, Below::Counts)),
        "hostname" | "host" => one(domain(value, Below::Not).or_else(|why| address(value).map_err(|_| why))),
        "hostname|port" => with_port(value, |host| domain(host, Below::Not)),
        "domain|ip" => match value.split_once('|') {
            Some((name, ip)) => match (domain(name, Below::Counts), address(ip)) {
                (Ok(name), Ok(ip)) => ValueReading::Taken(vec![name, ip], None),
                (Ok(one), Err(_)) | (Err(_), Ok(one)) => ValueReading::Taken(vec![one], None),
                (Err(why), Err(_)) => ValueReading::Refused(why),
            },
            None => one(domain(value, Below::Counts)),
        },
        "url" | "uri" | "link-url" => one(url(value)),
        "named-pipe" | "named pipe" | "pipe" | "namedpipe" => one(Ok(IndicatorValue::Pipe(value.to_owned()))),
        "mutex" => one(Ok(IndicatorValue::Mutex(value.to_owned()))),
        "regkey" | "registry" | "registry-key" => one(registry(value, None)),
        "regkey|value" => match value.split_once('|') {
            Some((key, data)) => one(registry(key, Some(data))),
            None => one(registry(value, None)),
        },
        _ => match word.split_once('|') {
            Some(("filename", "md5" | "sha1" | "sha256")) => named_digest(value),
            _ => ValueReading::Unknown,
        },
    }
}

fn one(read: Result<IndicatorValue, &'static str>) -> ValueReading {
    match read {
        Ok(observable) => ValueReading::Taken(vec![observable], None),
        Err(why) => ValueReading::Refused(why),
    }
}

/// `name|digest`: the digest decides; the name is told beside it, and does not fire by itself.
fn named_digest(value: &str) -> ValueReading {
    let (name, hash) = value.rsplit_once('|').unwrap_or(("", value));
    match digest(hash) {
        Ok(digest) => {
            ValueReading::Taken(vec![digest], (!name.is_empty()).then(|| format!("file name {name}")))
        }
        Err(why) => ValueReading::Refused(why),
    }
}

/// `address|port` or `address:port`: the address decides; the port is told beside it.
fn with_port(value: &str, read: impl Fn(&str) -> Result<IndicatorValue, &'static str>) -> ValueReading {
    let is_port =
        |port: &str| !port.is_empty() && port.len() <= 5 && port.bytes().all(|byte| byte.is_ascii_digit());
    let split = value.split_once('|').or_else(|| value.rsplit_once(':').filter(|(_, port)| is_port(port)));
    let (host, port) = split.map_or((value, None), |(host, port)| (host, Some(port)));
    match read(host) {
        Ok(observable) => ValueReading::Taken(vec![observable], port.map(|port| format!("port {port}"))),
        Err(why) => ValueReading::Refused(why),
    }
}

/// Reads an MD5, SHA-1 or SHA-256 by its length.
pub(super) fn digest(text: &str) -> Result<IndicatorValue, &'static str> {
    let text = text.trim();
    let read = match text.len() {
        32 => hexadecimal(text).map(IndicatorValue::Md5),
        40 => hexadecimal(text).map(IndicatorValue::Sha1),
        64 => hexadecimal(text).map(IndicatorValue::Sha256),
        _ => None,
    };
    read.ok_or("not an MD5, SHA-1 or SHA-256")
}

/// The bytes of `2 * N` hexadecimal digits.
pub(super) fn hexadecimal<const N: usize>(text: &str) -> Option<[u8; N]> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != N || !rest.is_empty() {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = nibble(*high)?.checked_shl(4)? | nibble(*low)?;
    }
    Some(bytes)
}

const fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => digit.checked_sub(b'0'),
        b'a'..=b'f' => digit.saturating_add(10).checked_sub(b'a'),
        b'A'..=b'F' => digit.saturating_add(10).checked_sub(b'A'),
        _ => None,
    }
}

/// Reads an address or a network.
pub(super) fn address(text: &str) -> Result<IndicatorValue, &'static str> {
    Network::parse(text).map(IndicatorValue::Address).map_err(|why| match why {
        NoNetwork::NotOne => "not an IP address",
        NoNetwork::TooWide => "network that is too wide",
        NoNetwork::NotOutside => "address of the host itself, or of everybody",
    })
}

/// Reads a domain.
pub(super) fn domain(text: &str, below: Below) -> Result<IndicatorValue, &'static str> {
    network::domain(text)
        .map(|domain| IndicatorValue::Domain(domain, below))
        .ok_or("not a domain of two labels or more")
}

/// Reads a URL.
pub(super) fn url(text: &str) -> Result<IndicatorValue, &'static str> {
    network::url(text).map(|url| IndicatorValue::Url(url.text)).ok_or("not a URL")
}

/// Reads a file name or a path.
pub(super) fn path(text: &str) -> Result<IndicatorValue, &'static str> {
    PathForm::of(text).map(IndicatorValue::Path)
}

fn registry(key: &str, data: Option<&str>) -> Result<IndicatorValue, &'static str> {
    let key = key.trim();
    if !key.contains('\\') {
        return Err("not a registry key");
    }
    let data = data.map(str::trim).filter(|data| !data.is_empty()).map(ToOwned::to_owned);
    Ok(IndicatorValue::Registry(RegistryValue { key: key.to_owned(), data }))
}

/// What a bare value is, where nothing says its type: a digest, an address, a URL or a domain. Never a file name:
/// every word could be one.
pub(super) fn guess(text: &str) -> Result<IndicatorValue, &'static str> {
    // As lists of container images and of blockers write them: `sha256:0123…`, `||bad.example.org^`.
    let algorithm = |word: &str| {
        ["md5", "sha1", "sha-1", "sha256", "sha-256"].iter().any(|known| known.eq_ignore_ascii_case(word))
    };
    if let Some((word, text)) = text.split_once([':', '=']).filter(|(word, _)| algorithm(word.trim())) {
        return digest(text).map_err(|_| "value of no kind that is known").and_then(|read| {
            let is = text.trim().len();
            let wanted = match word.trim().to_ascii_lowercase().as_str() {
                "md5" => 32,
                "sha1" | "sha-1" => 40,
                _ => 64,
            };
            if is == wanted { Ok(read) } else { Err("digest that is not as long as its name says") }
        });
    }
    if let Some(blocked) = text.strip_prefix("||").and_then(|text| text.strip_suffix('^')) {
        return domain(blocked, Below::Counts).map_err(|_| "value of no kind that is known");
    }
    let read = digest(text);
    if read.is_ok() {
        return read;
    }
    match Network::parse(text) {
        Ok(network) => return Ok(IndicatorValue::Address(network)),
        Err(NoNetwork::TooWide | NoNetwork::NotOutside) => return address(text),
        Err(NoNetwork::NotOne) => {}
    }
    if text.contains("://") || text.contains("[:]//") {
        return url(text);
    }
    match domain(text, Below::Counts) {
        // A host with a path behind it is a URL whose scheme was left out.
        Err(_) if text.contains('/') => url(text),
        read => read,
    }
    .map_err(|_| "value of no kind that is known")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHA256: &str = "9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08";

    fn sha256() -> IndicatorValue {
        let Ok(read) = digest(SHA256) else { panic!() };
        read
    }

    fn taken(word: &str, value: &str) -> (Vec<IndicatorValue>, Option<String>) {
        match of_type(word, value) {
            ValueReading::Taken(observables, beside) => (observables, beside),
            other => panic!("{word} {value}: {other:?}"),
        }
    }

    #[test]
    fn digests_are_read_by_their_length_in_either_case_and_nothing_else_is_one() {
        assert!(matches!(sha256(), IndicatorValue::Sha256(bytes) if bytes[..2] == [0x9f, 0x86]));
        assert!(matches!(digest(&"aB".repeat(16)), Ok(IndicatorValue::Md5(_))));
        assert!(matches!(digest(&"0".repeat(40)), Ok(IndicatorValue::Sha1(_))));
        for wrong in ["", "abc", &"g".repeat(32), &"+1".repeat(16), &"é".repeat(16), &"a".repeat(33)] {
            assert!(digest(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn composite_types_are_taken_apart() {
        assert_eq!(
            taken("filename|sha256", &format!("evil.exe|{SHA256}")),
            (vec![sha256()], Some("file name evil.exe".into()))
        );
        assert_eq!(
            taken("malware-sample", &format!("a|b.exe|{}", "0".repeat(32))).1,
            Some("file name a|b.exe".into())
        );
        let address = || address("198.51.100.7").unwrap();
        assert_eq!(taken("ip-dst|port", "198.51.100.7|443"), (vec![address()], Some("port 443".into())));
        assert_eq!(taken("ip:port", "198.51.100.7:443"), (vec![address()], Some("port 443".into())));
        let domain = || domain("evil.example.com", Below::Counts).unwrap();
        assert_eq!(taken("domain|ip", "evil.example.com|198.51.100.7"), (vec![domain(), address()], None));
        assert_eq!(taken("domain|ip", "evil.example.com|127.0.0.1"), (vec![domain()], None));
        let key = RegistryValue { key: r"HKLM\Software\Evil".into(), data: Some("on".into()) };
        assert_eq!(
            taken("regkey|value", r"HKLM\Software\Evil|on"),
            (vec![IndicatorValue::Registry(key)], None)
        );
    }

    #[test]
    fn a_type_without_an_observable_is_unknown_and_a_wrong_value_refused() {
        assert_eq!(of_type("email-src", "a@b.c"), ValueReading::Unknown);
        assert_eq!(of_type("filename|tlsh", "a|b"), ValueReading::Unknown);
        assert_eq!(of_type("md5", "xyz"), ValueReading::Refused("not an MD5, SHA-1 or SHA-256"));
        assert_eq!(of_type("md5", " "), ValueReading::Refused("empty value"));
        assert_eq!(
            of_type("url", &"a".repeat(VALUE_LIMIT + 1)),
            ValueReading::Refused("value that is too long")
        );
    }

    #[test]
    fn a_bare_value_is_guessed_but_never_to_be_a_file_name() {
        assert_eq!(guess(SHA256), Ok(sha256()));
        assert!(matches!(guess("198.51.100.0/24"), Ok(IndicatorValue::Address(_))));
        assert!(matches!(guess("2001:db8::1"), Ok(IndicatorValue::Address(_))));
        assert!(matches!(guess("evil[.]example[.]com"), Ok(IndicatorValue::Domain(..))));
        assert!(matches!(guess("hxxp://evil.example.com/x"), Ok(IndicatorValue::Url(_))));
        assert!(matches!(guess("evil.example.com/x.php"), Ok(IndicatorValue::Url(_))));
        assert!(guess("0.0.0.0/0").is_err_and(|why| why.contains("wide")));
        for word in ["evil", "C:\\evil.exe", "two words.com", "/tmp/x"] {
            assert!(guess(word).is_err(), "{word}: {:?}", guess(word));
        }
    }
}
