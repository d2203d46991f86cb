//! Domain names in the one form in which they are compared: lower case, labels outside ASCII in Punycode
//! (RFC 3492, <https://www.rfc-editor.org/rfc/rfc3492>; IDNA2008, <https://www.rfc-editor.org/rfc/rfc5891>).
//!
//! In: a name as a list or a host writes it. Out: its A-labels, or nothing where it is no domain name. Letters are put
//! into lower case and the full stops of other scripts count as dots (UTS 46, 2.3). Nothing is normalised to NFC: that
//! needs 100 KiB of tables, and both lists and hosts write NFC; a name in another form is compared as it stands.

/// Longest domain name, in characters (RFC 1035 2.3.4, written without its last dot).
const NAME_LIMIT: usize = 253;

/// Longest label (RFC 1035 2.3.4).
const LABEL_LIMIT: usize = 63;

/// The comparable form of a domain name of two or more labels; underscores are taken, as service names have them.
pub(super) fn to_ascii(name: &str) -> Option<String> {
    // No A-label is longer than four times what it is made of, and a longer text is no name.
    if name.len() > NAME_LIMIT.saturating_mul(4) {
        return None;
    }
    let name = name.trim().to_lowercase().replace(['\u{3002}', '\u{ff0e}', '\u{ff61}'], ".");
    let name = name.strip_suffix('.').unwrap_or(&name);
    let labels: Option<Vec<String>> = name.split('.').map(label).collect();
    let labels = labels.filter(|labels| labels.len() > 1)?;
    // What ends in digits is an address or a mistyped one (WHATWG URL, "ends in a number checker").
    let last = labels.last()?;
    if last.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(labels.join(".")).filter(|name| name.len() <= NAME_LIMIT)
}

fn label(label: &str) -> Option<String> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
    if label.is_ascii() {
        return (!label.is_empty() && label.len() <= LABEL_LIMIT && label.chars().all(fits))
            .then(|| label.to_owned());
    }
    if !label.chars().all(|c| if c.is_ascii() { fits(c) } else { c.is_alphanumeric() || is_mark(c) }) {
        return None;
    }
    let encoded = format!("xn--{}", punycode(label)?);
    (encoded.len() <= LABEL_LIMIT).then_some(encoded)
}

/// Marks that stand within words and that Rust does not count as letters: combining ones, and the joiners.
const fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{64b}'..='\u{65f}' | '\u{900}'..='\u{dff}'
        | '\u{e31}'..='\u{e4e}' | '\u{200c}' | '\u{200d}' | '\u{b7}' | '\u{30fb}')
}

// RFC 3492, section 5.
const BASE: u32 = 36;
const T_MIN: u32 = 1;
const T_MAX: u32 = 26;
const SKEW: u32 = 38;
const DAMP: u32 = 700;
const INITIAL_BIAS: u32 = 72;
const INITIAL_N: u32 = 128;

/// RFC 3492, section 6.3; nothing where a number overflows.
fn punycode(label: &str) -> Option<String> {
    let mut out: String = label.chars().filter(char::is_ascii).collect();
    let basic = u32::try_from(out.len()).ok()?;
    let all = u32::try_from(label.chars().count()).ok()?;
    if basic > 0 {
        out.push('-');
    }
    let (mut n, mut delta, mut bias, mut handled) = (INITIAL_N, 0_u32, INITIAL_BIAS, basic);
    while handled < all {
        let next = label.chars().map(u32::from).filter(|c| *c >= n).min()?;
        let step = next.checked_sub(n)?.checked_mul(handled.checked_add(1)?)?;
        delta = delta.checked_add(step)?;
        n = next;
        for c in label.chars().map(u32::from) {
            if c < n {
                delta = delta.checked_add(1)?;
            }
            if c == n {
                number(delta, bias, &mut out)?;
                bias = adapt(delta, handled.checked_add(1)?, handled == basic)?;
                delta = 0;
                handled = handled.checked_add(1)?;
            }
        }
        delta = delta.checked_add(1)?;
        n = n.checked_add(1)?;
    }
    Some(out)
}

/// A number of variable length, the inner loop of RFC 3492 6.3.
fn number(delta: u32, bias: u32, out: &mut String) -> Option<()> {
    let (mut q, mut k) = (delta, BASE);
    loop {
        let t = k.saturating_sub(bias).clamp(T_MIN, T_MAX);
        if q < t {
            out.push(digit(q)?);
            return Some(());
        }
        let span = BASE.checked_sub(t)?;
        let rest = q.checked_sub(t)?;
        out.push(digit(t.checked_add(rest.checked_rem(span)?)?)?);
        q = rest.checked_div(span)?;
        k = k.checked_add(BASE)?;
    }
}

/// a to z are 0 to 25, 0 to 9 are 26 to 35.
fn digit(value: u32) -> Option<char> {
    match value {
        0..=25 => char::from_u32(value.checked_add(u32::from('a'))?),
        26..=35 => char::from_u32(value.checked_sub(26)?.checked_add(u32::from('0'))?),
        _ => None,
    }
}

/// RFC 3492, section 6.1.
fn adapt(delta: u32, points: u32, first: bool) -> Option<u32> {
    let mut delta = delta.checked_div(if first { DAMP } else { 2 })?;
    delta = delta.checked_add(delta.checked_div(points)?)?;
    let mut k = 0_u32;
    while delta > (BASE - T_MIN) * T_MAX / 2 {
        delta = delta.checked_div(BASE - T_MIN)?;
        k = k.checked_add(BASE)?;
    }
    let part = (BASE - T_MIN + 1).checked_mul(delta)?.checked_div(delta.checked_add(SKEW)?)?;
    k.checked_add(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_the_rfc_and_of_the_registries_come_out_as_they_are_published() {
        // RFC 3492 7.1 (B), (L), (I), and names of registries.
        for (name, expected) in [
            ("他们为什么不说中文", "xn--ihqwcrb4cv8a8dqg056pqjye"),
            ("3年b組金八先生", "xn--3b-ww4c5e180e575a65lsy2b"),
            ("почемужеонинеговорятпорусски", "xn--b1abfaaepdrnnbgefbadotcwatmq2g4l"),
            ("bücher", "xn--bcher-kva"),
            ("münchen", "xn--mnchen-3ya"),
            ("例え", "xn--r8jz45g"),
        ] {
            assert_eq!(to_ascii(&format!("{name}.nl")).as_deref(), Some(&*format!("{expected}.nl")));
        }
    }

    #[test]
    fn case_dots_of_other_scripts_and_a_last_dot_make_no_difference() {
        for name in ["EVIL.Example.COM", "evil.example.com.", "evil\u{3002}example\u{ff0e}com"] {
            assert_eq!(to_ascii(name).as_deref(), Some("evil.example.com"), "{name}");
        }
        assert_eq!(to_ascii("BÜCHER.de").as_deref(), Some("xn--bcher-kva.de"));
        assert_eq!(to_ascii("_dmarc.example.com").as_deref(), Some("_dmarc.example.com"));
    }

    #[test]
    fn what_is_no_domain_name_is_refused() {
        let (long_label, long_name) = (format!("{}.com", "a".repeat(64)), "a.".repeat(130) + "com");
        for name in
            ["", ".", "com", "localhost", "a..b", "1.2.3.4", "a b.com", "a/b.com", "☃.net", "ü\u{202e}.nl"]
        {
            assert_eq!(to_ascii(name), None, "{name}");
        }
        assert_eq!((to_ascii(&long_label), to_ascii(&long_name)), (None, None));
        assert_eq!(to_ascii(&"ü".repeat(2_000_000)), None);
    }
}
