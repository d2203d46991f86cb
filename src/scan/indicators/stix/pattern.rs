//! STIX patterns (STIX 2.1, chapter 9): the subset that says what to look for on a host.
//!
//! In: `[file:hashes.'SHA-256' = '…' OR ipv4-addr:value IN ('…', '…')]`. Out: an [`Expression`]. `=`, `IN`, `LIKE`, `MATCHES`,
//! `ISSUBSET` and `ISSUPERSET` are compared where the object is one that can be looked up, orders where it is the size of a file;
//! `NOT`, `!=`, other orders and `EXISTS` are not, and say so. Observations joined by OR are alternatives; by AND or FOLLOWEDBY they
//! need two sightings and are refused, as is `REPEATS` of more than one. `WITHIN` says nothing of a single sighting; `START` and
//! `STOP` must include the moment of the run, which is when things are seen. Keys of hashes come as `'SHA-256'`, `"SHA-256"`,
//! `SHA256`, `sha256` and `SHA_256`. Constants are strings, numbers, truths, times (`t'…'`), hexadecimal (`h'…'`) and base64 (`b'…'`).

use super::comparison::{Constant, Operator, leaf};
use crate::evidence::Utc;
use crate::scan::indicators::logic::{Expression, Leaf};

/// Deepest nesting of parentheses.
const DEPTH_LIMIT: u32 = 32;

/// Longest pattern, in bytes.
const PATTERN_LIMIT: usize = 4 << 20;

/// Reads a pattern, which is tried at the moment `now`.
///
/// # Errors
/// Why it cannot be read, as a word to count by.
pub(super) fn parse(pattern: &str, now: Utc) -> Result<Expression, String> {
    if pattern.len() > PATTERN_LIMIT {
        return Err("pattern that is too long".to_owned());
    }
    let mut parser = Parser { rest: pattern, depth: 0, now };
    let expression = parser.observations().filter(|_| parser.blank().is_empty());
    expression.ok_or_else(|| "pattern that is not written as STIX patterns are".to_owned())
}

struct Parser<'a> {
    rest: &'a str,
    depth: u32,
    now: Utc,
}

impl<'a> Parser<'a> {
    /// What is left, from its first letter on.
    fn blank(&mut self) -> &'a str {
        self.rest = self.rest.trim_start();
        self.rest
    }

    fn sign(&mut self, sign: &str) -> bool {
        match self.blank().strip_prefix(sign) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// A word, in either case, that does not go on.
    fn word(&mut self, word: &str) -> bool {
        let rest = self.blank();
        let Some((first, after)) = rest.split_at_checked(word.len()) else { return false };
        let goes_on = after.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | ':' | '.'));
        if goes_on || !first.eq_ignore_ascii_case(word) {
            return false;
        }
        self.rest = after;
        true
    }

    fn deeper(&mut self) -> Option<()> {
        self.depth = self.depth.saturating_add(1);
        (self.depth <= DEPTH_LIMIT).then_some(())
    }

    /// Observations: `[…] OR […]`, `([…] AND […]) WITHIN 5 SECONDS`.
    fn observations(&mut self) -> Option<Expression> {
        let mut any = vec![self.observations_at_once()?];
        while self.word("OR") {
            any.push(self.observations_at_once()?);
        }
        Some(joined(any, Expression::Any))
    }

    fn observations_at_once(&mut self) -> Option<Expression> {
        let first = self.observation()?;
        let mut alone = true;
        while self.word("AND") || self.word("FOLLOWEDBY") {
            self.observation()?;
            alone = false;
        }
        Some(if alone { first } else { not("pattern that needs two observations") })
    }

    fn observation(&mut self) -> Option<Expression> {
        let expression = if self.sign("(") {
            self.deeper()?;
            let inner = self.observations()?;
            self.depth = self.depth.saturating_sub(1);
            self.sign(")").then_some(inner)?
        } else {
            self.sign("[").then_some(())?;
            let inner = self.comparisons()?;
            self.sign("]").then_some(inner)?
        };
        let mut refused = None;
        loop {
            if self.word("WITHIN") {
                self.number()?;
                self.word("SECONDS").then_some(())?;
            } else if self.word("REPEATS") {
                let times = self.number()?;
                self.word("TIMES").then_some(())?;
                if times.parse() != Ok(1_u64) {
                    refused = Some("pattern that needs several sightings (REPEATS)");
                }
            } else if self.word("START") {
                let start = self.time()?;
                self.word("STOP").then_some(())?;
                let stop = self.time()?;
                if !(start..stop).contains(&self.now) {
                    refused = Some("pattern whose time (START, STOP) is not now");
                }
            } else {
                return Some(refused.map_or(expression, not));
            }
        }
    }

    fn comparisons(&mut self) -> Option<Expression> {
        let mut any = vec![self.comparisons_at_once()?];
        while self.word("OR") {
            any.push(self.comparisons_at_once()?);
        }
        Some(joined(any, Expression::Any))
    }

    fn comparisons_at_once(&mut self) -> Option<Expression> {
        let mut all = vec![self.comparison()?];
        while self.word("AND") {
            all.push(self.comparison()?);
        }
        Some(joined(all, Expression::All))
    }

    fn comparison(&mut self) -> Option<Expression> {
        if self.sign("(") {
            self.deeper()?;
            let inner = self.comparisons()?;
            self.depth = self.depth.saturating_sub(1);
            return self.sign(")").then_some(inner);
        }
        if self.word("EXISTS") {
            self.path()?;
            return Some(not("pattern that asks for EXISTS"));
        }
        let path = self.path()?;
        let mut negated = self.word("NOT");
        let operator = self.operator()?;
        // Some writers put the NOT behind the operator.
        negated |= matches!(operator, Operator::Unequal);
        let values = if operator == Operator::In { self.set()? } else { vec![self.constant()?] };
        let is_size = path == "file:size";
        let is_order = matches!(
            operator,
            Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual
        );
        if negated || is_order && !is_size {
            return Some(not("pattern with NOT, != or an order"));
        }
        let leaves = values.iter().map(|value| Expression::Is(leaf(&path, operator, value))).collect();
        Some(joined(leaves, Expression::Any))
    }

    fn operator(&mut self) -> Option<Operator> {
        for (sign, operator) in [
            ("!=", Operator::Unequal),
            ("<>", Operator::Unequal),
            ("==", Operator::Equal),
            ("=", Operator::Equal),
            (">=", Operator::GreaterOrEqual),
            ("<=", Operator::LessOrEqual),
            (">", Operator::Greater),
            ("<", Operator::Less),
        ] {
            if self.sign(sign) {
                return Some(operator);
            }
        }
        for (word, operator) in [
            ("IN", Operator::In),
            ("LIKE", Operator::Like),
            ("MATCHES", Operator::Matches),
            ("ISSUBSET", Operator::Subset),
            ("ISSUPERSET", Operator::Superset),
        ] {
            if self.word(word) {
                return Some(operator);
            }
        }
        None
    }

    /// An object path in lower case and without quotes: `file:hashes.sha-256`.
    fn path(&mut self) -> Option<String> {
        let rest = self.blank();
        let mut quote = None;
        let mut brackets = false;
        let end = rest.char_indices().find(|(_, c)| {
            match (quote, *c) {
                (Some(open), c) if c == open => quote = None,
                (Some(_), _) => {}
                (None, '\'' | '"') => quote = Some(*c),
                (None, '[') => brackets = true,
                (None, ']') if brackets => brackets = false,
                (None, '*') if brackets => {}
                (None, c) => return !(c.is_alphanumeric() || matches!(c, ':' | '.' | '-' | '_')),
            }
            false
        });
        let (path, rest) = rest.split_at_checked(end.map_or(rest.len(), |(at, _)| at))?;
        self.rest = rest;
        let path: String =
            path.chars().filter(|c| !matches!(c, '\'' | '"')).flat_map(char::to_lowercase).collect();
        path.contains(':').then_some(path)
    }

    fn set(&mut self) -> Option<Vec<Constant>> {
        self.sign("(").then_some(())?;
        let mut values = vec![self.constant()?];
        while self.sign(",") {
            values.push(self.constant()?);
        }
        self.sign(")").then_some(values)
    }

    fn number(&mut self) -> Option<&'a str> {
        let rest = self.blank();
        let digits = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let number =
            rest.get(..rest.len().saturating_sub(digits.len())).filter(|number| !number.is_empty())?;
        self.rest = digits;
        Some(number)
    }

    /// A time, as 2.1 writes it, `t'…'`, or as 2.0 does, `'…'`.
    fn time(&mut self) -> Option<Utc> {
        match self.constant()? {
            Constant::Text(text) | Constant::Other(text) => Utc::try_from(text).ok(),
            Constant::Bytes(_) => None,
        }
    }

    /// A string, a time or binary constant, a number or a truth.
    fn constant(&mut self) -> Option<Constant> {
        let rest = self.blank();
        let kind = rest.chars().next().filter(|c| matches!(c, 't' | 'h' | 'b'));
        let quoted = rest.strip_prefix(['t', 'h', 'b']).filter(|quoted| quoted.starts_with('\''));
        if let Some(inner) = quoted.unwrap_or(rest).strip_prefix('\'') {
            let text = self.quoted(inner)?;
            return match kind.filter(|_| quoted.is_some()) {
                None => Some(Constant::Text(text)),
                Some('h') => hexadecimal(&text).map(Constant::Bytes),
                Some('b') => base64(&text).map(Constant::Bytes),
                Some(_) => Some(Constant::Other(text)),
            };
        }
        let end =
            rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '-' | '+'))).unwrap_or(rest.len());
        let (value, rest) = rest.split_at_checked(end)?;
        self.rest = rest;
        (!value.is_empty()).then(|| Constant::Other(value.to_owned()))
    }

    /// What is between quotes, of which the first was read.
    fn quoted(&mut self, inner: &'a str) -> Option<String> {
        let mut value = String::new();
        let mut chars = inner.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '\'' => {
                    self.rest = inner.get(at.saturating_add(1)..)?;
                    return Some(value);
                }
                '\\' => match chars.next()? {
                    (_, escaped @ ('\\' | '\'')) => value.push(escaped),
                    // Not an escape of STIX; paths of Windows are written so by people who forgot to double it.
                    (_, other) => value.extend(['\\', other]),
                },
                c => value.push(c),
            }
        }
        None
    }
}

/// The bytes of pairs of hexadecimal digits.
fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let byte = |[high, low]: &[u8; 2]| Some(digit(*high)?.checked_shl(4)? | digit(*low)?);
    let bytes: Option<Vec<u8>> = pairs.iter().map(byte).collect();
    bytes.filter(|_| rest.is_empty())
}

/// The bytes of a text in base64 (RFC 4648 4).
fn base64(text: &str) -> Option<Vec<u8>> {
    let inner = text.trim_end_matches('=');
    let padding = text.len().checked_sub(inner.len())?;
    if padding > 2 || !text.len().is_multiple_of(4) {
        return None;
    }
    let (mut bytes, mut bits, mut count) = (Vec::with_capacity(inner.len()), 0_u32, 0_u32);
    for digit in inner.bytes() {
        let value = match digit {
            b'A'..=b'Z' => digit.checked_sub(b'A')?,
            b'a'..=b'z' => digit.checked_sub(b'a')?.checked_add(26)?,
            b'0'..=b'9' => digit.checked_sub(b'0')?.checked_add(52)?,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits & 0xff_ffff).checked_shl(6)? | u32::from(value);
        count = count.saturating_add(6);
        if count >= 8 {
            count = count.saturating_sub(8);
            bytes.push(u8::try_from(bits.checked_shr(count)? & 0xff).ok()?);
        }
    }
    Some(bytes)
}

fn joined(mut parts: Vec<Expression>, join: fn(Vec<Expression>) -> Expression) -> Expression {
    if parts.len() > 1 {
        return join(parts);
    }
    parts.pop().unwrap_or_else(|| not("pattern without an observable"))
}

fn not(why: &str) -> Expression {
    Expression::Is(Leaf::Not(why.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::indicators::logic::{Alternative, alternatives};
    use crate::scan::indicators::observable;
    use crate::scan::indicators::observable::{Below, IndicatorValue, RegistryValue};

    const MD5: &str = "d41d8cd98f00b204e9800998ecf8427f";

    fn now() -> Utc {
        Utc::try_from("2026-01-15T00:00:00Z".to_owned()).unwrap()
    }

    fn taken(pattern: &str) -> Vec<Result<Alternative, String>> {
        alternatives(parse(pattern, now()).unwrap_or_else(|why| panic!("{pattern}: {why}")))
    }

    fn refused(pattern: &str) -> Vec<String> {
        taken(pattern).into_iter().map(Result::unwrap_err).collect()
    }

    #[test]
    fn the_key_of_a_hash_is_read_in_every_spelling_seen() {
        let sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
        for key in ["'SHA-256'", "\"SHA-256\"", "SHA256", "sha256", "'sha-256'", "SHA_256", "'SHA256'"] {
            let pattern = format!("[file:hashes.{key} = '{sha256}']");
            assert_eq!(taken(&pattern), [Ok((vec![observable::digest(sha256).unwrap()], None))], "{key}");
        }
        assert_eq!(refused("[file:hashes.ssdeep = '3:a:b']"), ["type file:hashes.ssdeep"]);
        assert_eq!(
            refused("[x509-certificate:hashes.'SHA-256' = 'x']"),
            ["type x509-certificate:hashes.sha256"]
        );
    }

    #[test]
    fn objects_of_a_host_and_of_the_network_are_read() {
        let domain = || observable::domain("evil.example.com", Below::Counts).unwrap();
        for (pattern, expected) in [
            ("[ipv4-addr:value = '198.51.100.0/24']", observable::address("198.51.100.0/24").unwrap()),
            ("[ipv6-addr:value ISSUBSET '2001:db8::/32']", observable::address("2001:db8::/32").unwrap()),
            ("[domain-name:value='evil.example.com']", domain()),
            ("[domain-name:value LIKE '%.evil.example.com']", domain()),
            ("[network-traffic:dst_ref.value = 'evil.example.com']", domain()),
            (
                "[url:value = 'http://evil.example.com/a?b']",
                observable::url("http://evil.example.com/a?b").unwrap(),
            ),
            ("[mutex:name = 'it\\'s']", IndicatorValue::Mutex("it's".into())),
            (r"[file:name = '\\\\.\\pipe\\evil']", IndicatorValue::Pipe(r"\\.\pipe\evil".into())),
            (r"[file:name = 'C:\\Temp\\evil.exe']", observable::path(r"C:\Temp\evil.exe").unwrap()),
        ] {
            assert_eq!(taken(pattern), [Ok((vec![expected], None))], "{pattern}");
        }
    }

    #[test]
    fn ors_and_sets_are_alternatives_ands_are_one_thing_or_none() {
        assert_eq!(
            taken("[ipv4-addr:value IN ('198.51.100.7', '198.51.100.8') OR domain-name:value = 'a.nl']")
                .len(),
            3
        );
        assert_eq!(taken("[ipv4-addr:value = '198.51.100.7'] OR [domain-name:value = 'a.nl']").len(), 2);
        let both = format!("[file:name = 'a.exe' AND file:hashes.MD5 = '{MD5}' AND file:size = 7]");
        assert_eq!(
            taken(&both),
            [Ok((vec![observable::digest(MD5).unwrap()], Some("size 7, file name a.exe".into())))]
        );
        let path = r"[file:name = 'a.exe' AND file:parent_directory_ref.path = 'C:\\Temp']";
        assert_eq!(taken(path), [Ok((vec![observable::path(r"C:\Temp\a.exe").unwrap()], None))]);
        let port = "[network-traffic:dst_ref.value = '198.51.100.7' AND network-traffic:dst_port = 443]";
        assert_eq!(
            taken(port),
            [Ok((vec![observable::address("198.51.100.7").unwrap()], Some("port 443".into())))]
        );
        let run = r"[windows-registry-key:key = 'HKCU\\Run' AND windows-registry-key:values[*].name = 'x']";
        let value = RegistryValue { key: r"HKCU\Run\x".into(), data: None };
        assert_eq!(taken(run), [Ok((vec![IndicatorValue::Registry(value)], None))]);
        let two = "[domain-name:value = 'a.nl' AND ipv4-addr:value = '198.51.100.7']";
        assert_eq!(refused(two), ["pattern that needs several observables at once"]);
        for join in ["AND", "FOLLOWEDBY"] {
            let two = format!(
                "([ipv4-addr:value = '198.51.100.7'] {join} [domain-name:value = 'a.nl']) WITHIN 5 SECONDS"
            );
            assert_eq!(refused(&two), ["pattern that needs two observations"]);
        }
    }

    #[test]
    fn what_is_not_held_says_so() {
        let why = "pattern with NOT, != or an order";
        for pattern in [
            "[file:name != 'a.exe']",
            "[file:name NOT = 'a.exe']",
            "[ipv4-addr:value NOT IN ('198.51.100.7')]",
            "[network-traffic:dst_port > 7]",
        ] {
            assert!(refused(pattern).iter().all(|refused| refused == why), "{pattern}");
        }
        assert_eq!(refused("[EXISTS file:name]"), ["pattern that asks for EXISTS"]);
        assert_eq!(refused("[email-addr:value = 'a@b.c']"), ["type email-addr:value"]);
        assert_eq!(
            refused("[ipv4-addr:value = '127.0.0.1']"),
            ["address of the host itself, or of everybody"]
        );
    }

    #[test]
    fn qualifiers_that_one_sighting_cannot_meet_and_what_is_no_pattern_are_refused() {
        assert_eq!(
            taken("[mutex:name = 'a'] START t'2026-01-01T00:00:00Z' STOP t'2026-02-01T00:00:00Z'").len(),
            1
        );
        assert_eq!(taken("[mutex:name = 'a'] REPEATS 1 TIMES WITHIN 1800 SECONDS").len(), 1);
        assert_eq!(
            refused("[mutex:name = 'a'] REPEATS 5 TIMES WITHIN 1800 SECONDS"),
            ["pattern that needs several sightings (REPEATS)"]
        );
        assert_eq!(
            refused("[mutex:name = 'a'] START t'2025-01-01T00:00:00Z' STOP t'2025-02-01T00:00:00Z'"),
            ["pattern whose time (START, STOP) is not now"]
        );
        let deep = "(".repeat(10_000) + "[mutex:name = 'a']" + &")".repeat(10_000);
        for pattern in [
            "",
            "[",
            "[]",
            "mutex:name = 'a'",
            "[mutex:name = 'a",
            "[mutex:name = 'a'",
            "[mutex = 'a']",
            "[mutex:name = 'a'] x",
            "[mutex:name IN ()]",
            &deep,
        ] {
            assert!(parse(pattern, now()).is_err(), "{pattern}");
        }
        let wide = format!("[mutex:name = 'a'{}]", " OR mutex:name = 'a'".repeat(15_000));
        assert_eq!(taken(&wide).len(), 15_001);
    }
}
