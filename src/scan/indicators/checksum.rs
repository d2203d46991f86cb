//! Lines as `sha256sum`, `md5sum`, `shasum`, BSD's `sha256` and `openssl dgst` print them.
//!
//! In: a line. Out: the digest with the name of its file, or why the digest cannot be used. GNU writes a backslash before
//! the digest where the name has one, or a line end, in it, and doubles it there; `--tag`, BSD and OpenSSL write the algorithm
//! and the name first.

use super::observable;
use super::observable::IndicatorValue;

/// Algorithms by the name that the tools write, and the length of the digest in digits.
const ALGORITHMS: [(&str, usize); 20] = [
    ("MD5", 32),
    ("SHA1", 40),
    ("SHA-1", 40),
    ("SHA224", 56),
    ("SHA256", 64),
    ("SHA-256", 64),
    ("SHA2-224", 56),
    ("SHA2-256", 64),
    ("SHA384", 96),
    ("SHA2-384", 96),
    ("SHA-384", 96),
    ("SHA512", 128),
    ("SHA2-512", 128),
    ("SHA-512", 128),
    ("RMD160", 40),
    ("RIPEMD160", 40),
    ("SHA3-256", 64),
    ("SHA3-512", 128),
    ("BLAKE2b", 128),
    ("SM3", 64),
];

/// What such a line says: the digest, or why it cannot be used, and the name of the file.
pub(super) type ChecksumLine = (Result<IndicatorValue, &'static str>, String);

/// Reads a line; nothing where it is none of these.
pub(super) fn line(line: &str) -> Option<ChecksumLine> {
    let line = line.trim_end_matches('\r');
    let (escaped, rest) = line.strip_prefix('\\').map_or((false, line), |rest| (true, rest));
    let (digest, name) = plain(rest).or_else(|| tagged(rest))?;
    Some((digest, if escaped { unescaped(name) } else { name.to_owned() }))
}

/// `digest  name`, `digest *name`.
fn plain(line: &str) -> Option<(Result<IndicatorValue, &'static str>, &str)> {
    let (digest, name) = line.split_once(' ')?;
    let name = name.strip_prefix([' ', '*']).filter(|name| !name.is_empty())?;
    Some((of_length(digest)?, name))
}

/// `SHA256 (name) = digest`, `SHA2-256(name)= digest`.
fn tagged(line: &str) -> Option<(Result<IndicatorValue, &'static str>, &str)> {
    let (algorithm, rest) = line.split_once('(')?;
    let (name, digest) = rest.rsplit_once(')')?;
    let digest = digest.trim_start().strip_prefix('=')?.trim();
    let (algorithm, length) =
        ALGORITHMS.iter().find(|(known, _)| known.eq_ignore_ascii_case(algorithm.trim()))?;
    if digest.len() != *length || !digest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Some((Err("digest of another length than its algorithm's"), name));
    }
    let compared = matches!(*algorithm, "MD5" | "SHA1" | "SHA-1" | "SHA256" | "SHA-256" | "SHA2-256");
    Some((if compared { observable::digest(digest) } else { Err(NOT_COMPARED) }, name))
}

const NOT_COMPARED: &str = "digest that is not compared (only MD5, SHA-1 and SHA-256 are)";

fn of_length(digest: &str) -> Option<Result<IndicatorValue, &'static str>> {
    if !digest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    match digest.len() {
        32 | 40 | 64 => Some(observable::digest(digest)),
        56 | 96 | 128 => Some(Err(NOT_COMPARED)),
        _ => None,
    }
}

/// `\\`, `\n` and `\r` as the characters that they stand for.
fn unescaped(name: &str) -> String {
    let (mut out, mut chars) = (String::with_capacity(name.len()), name.chars());
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next().map(|escaped| match escaped {
                'n' => '\n',
                'r' => '\r',
                other => other,
            })),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const MD5: &str = "900150983cd24fb0d6963f7d28e17f72";

    #[test]
    fn every_form_of_the_tools_is_a_digest_with_its_name() {
        let upper = MD5.to_uppercase();
        for (text, name) in [
            (format!("{MD5}  a b.exe"), "a b.exe"),
            (format!("{MD5} *a;b.exe"), "a;b.exe"),
            (format!("{upper}  a.exe\r"), "a.exe"),
            (format!("\\{MD5}  a\\\\b\\nc"), "a\\b\nc"),
            (format!("MD5 (a (1).exe) = {MD5}"), "a (1).exe"),
            (format!("\\MD5 (a\\\\b) = {MD5}"), "a\\b"),
            (format!("MD5(a.exe)= {MD5}"), "a.exe"),
        ] {
            assert_eq!(line(&text), Some((observable::digest(MD5), name.to_owned())), "{text}");
        }
    }

    #[test]
    fn a_digest_that_is_not_compared_says_so_and_other_lines_are_left_alone() {
        let sha512 = "ab".repeat(64);
        for text in [
            format!("{sha512}  a"),
            format!("SHA512 (a) = {sha512}"),
            format!("RMD160 (a) = {}", "ab".repeat(20)),
        ] {
            assert_eq!(line(&text), Some((Err(NOT_COMPARED), "a".to_owned())), "{text}");
        }
        assert_eq!(
            line("SHA256 (a) = abc"),
            Some((Err("digest of another length than its algorithm's"), "a".to_owned()))
        );
        for text in
            ["evil.example.com", "198.51.100.7  a host", MD5, "PROGRAM (x) = y", &format!("{MD5};a  b")]
        {
            assert_eq!(line(text), None, "{text}");
        }
    }
}
