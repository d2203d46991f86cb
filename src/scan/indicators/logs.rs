//! Logs and histories, whose text names what a host talked to: addresses, domains and URLs in it are matched.
//!
//! In: the path of a file, and as much of it as the caller holds. Out: hits with the offset at which each is, at most one for the
//! same indicator and value, and a gap where a limit ended it. What is compressed or encoded there (event logs of Windows, rotated
//! logs that are packed, long fields of a journal) is not decoded. A document is no log: what is in it is not what a host does.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::net::IpAddr;

use super::path::folded;
use super::rows::InText;
use super::{Indicators, network};
use crate::evidence::{Hit, Match};

/// Most hits of one log: a proxy that saw a bad domain a million times fills no checkpoint.
const HITS: usize = 256;

/// Most different words of one log that are looked up: at some microseconds each that is a few seconds.
const LOOK_UPS: usize = 500_000;

/// Longest word that is looked up.
const WORD: usize = 2 << 10;

/// Names of files that are histories, in lower case.
const HISTORIES: [&str; 7] = [
    "consolehost_history.txt",
    "history",
    "history.db",
    "places.sqlite",
    "fish_history",
    ".wget-hsts",
    "known_hosts",
];

/// Whether a path is that of a log or a history.
pub(super) fn is_log(path: &str) -> bool {
    let path = folded(&path.replace('\\', "/"));
    let name = path.rsplit('/').next().unwrap_or_default();
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-'));
    stem.rsplit_once('.').is_some_and(|(_, ending)| ending == "log")
        || name.ends_with("_history")
        || HISTORIES.contains(&name)
        || ["/var/log/", "/logs/", "/logfiles/", "/transcripts/"].iter().any(|part| path.contains(part))
}

/// What the words of a log meet.
pub(super) fn find(indicators: &Indicators, content: &[u8]) -> InText {
    if !indicators.names_the_network() {
        return InText::default();
    }
    let (content, width) = text(content);
    let mut found = InText::default();
    let (mut seen, mut met) = (BTreeSet::new(), BTreeSet::new());
    for (at, word) in words(&content) {
        if seen.contains(word) {
            continue;
        }
        if seen.len() >= LOOK_UPS {
            found.gap = Some(format!("the indicators were matched against the first {LOOK_UPS} words of it"));
            break;
        }
        seen.insert(word);
        let new = look_up(indicators, word).into_iter();
        for hit in new.filter(|hit| met.insert((hit.rule.clone(), hit.source.clone(), hit.value.clone()))) {
            let number = |number: usize| u64::try_from(number.saturating_mul(width)).unwrap_or(u64::MAX);
            let place = Match { string: "text".to_owned(), offset: number(at), length: number(word.len()) };
            found.hits.push(Hit { matches: vec![place], ..hit });
        }
        if found.hits.len() >= HITS {
            found.hits.truncate(HITS);
            found.gap = Some(format!("the indicators were matched until there were {HITS} hits"));
            break;
        }
    }
    found
}

/// The content as bytes of which ASCII is readable, and how many bytes of the file each is.
fn text(content: &[u8]) -> (Cow<'_, [u8]>, usize) {
    let big = content.starts_with(b"\xfe\xff");
    if !big && !content.starts_with(b"\xff\xfe") {
        return (Cow::Borrowed(content), 1);
    }
    let (pairs, _) = content.as_chunks::<2>();
    let narrow = |pair: &[u8; 2]| {
        let unit = if big { u16::from_be_bytes(*pair) } else { u16::from_le_bytes(*pair) };
        u8::try_from(unit).unwrap_or(0)
    };
    (Cow::Owned(pairs.iter().map(narrow).collect()), 2)
}

/// Words that could be an address, a domain or a URL, each with its offset.
fn words(content: &[u8]) -> impl Iterator<Item = (usize, &str)> {
    let is_part = |byte: &u8| {
        byte.is_ascii_alphanumeric()
            || matches!(
                byte,
                b'.' | b':' | b'/' | b'-' | b'_' | b'%' | b'?' | b'=' | b'&' | b'~' | b'+' | b'@' | b'#'
            )
    };
    let mut at = 0_usize;
    content.split(move |byte| !is_part(byte)).filter_map(move |word| {
        let begin = at;
        at = at.saturating_add(word.len()).saturating_add(1);
        let fits = (4..=WORD).contains(&word.len()) && word.iter().any(|byte| matches!(byte, b'.' | b':'));
        Some((begin, std::str::from_utf8(word).ok()?)).filter(|_| fits)
    })
}

/// What one word meets, without what stands around it: `src=198.51.100.7:443`, `url=http://…`, a full stop.
fn look_up(indicators: &Indicators, word: &str) -> Vec<Hit> {
    if let Some(colon) = word.find("://") {
        let scheme = word.get(..colon).unwrap_or_default();
        let begin = scheme.rfind(|c: char| !c.is_ascii_alphanumeric()).map_or(0, |at| at.saturating_add(1));
        let url = word.get(begin..).unwrap_or_default();
        return indicators.url(url.trim_end_matches(['.', ':']));
    }
    // A field is behind its name, and a request names a host before the path on it.
    let word = word.rsplit(['=', '@']).next().unwrap_or(word);
    let word = word.split(['/', '?', '#']).next().unwrap_or_default().trim_matches(['.', ':', '-']);
    if let Ok(address) = word.parse::<IpAddr>() {
        return indicators.address(&address);
    }
    let (host, port) = word.rsplit_once(':').unwrap_or((word, ""));
    if !port.bytes().all(|byte| byte.is_ascii_digit()) {
        return Vec::new();
    }
    match host.parse::<IpAddr>() {
        Ok(address) => indicators.address(&address),
        Err(_) if network::domain(host).is_some() => indicators.domain(host),
        Err(_) => Vec::new(),
    }
}
