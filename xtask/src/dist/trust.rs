//! The public key that a build trusts: kits that its owner has signed are used without a question.
//!
//! In: a minisign public key in base64, or the file that holds one. Out: the key, which the compiler takes from [`VARIABLE`]. It is
//! part of the program because whoever can write next to the program could as well exchange a file of keys; so a CERT builds with
//! its own key, and the program's digest and signature vouch for it.

use crate::Result;

/// The variable that `src/kit/trust.rs` reads while it is compiled.
pub(super) const VARIABLE: &str = "VELDKIT_TRUST";

/// Characters of a minisign public key: 42 bytes in base64.
const LENGTH: usize = 56;

/// Reads a key.
///
/// # Errors
///
/// Neither the text nor the file of this name is one.
pub(super) fn key(text: &str) -> Result<String> {
    if is_key(text) {
        return Ok(text.to_owned());
    }
    let content = std::fs::read_to_string(text).map_err(|error| {
        format!("'{text}' is neither a minisign public key nor a file that can be read: {error}")
    })?;
    let key = content.lines().map(str::trim).find(|line| is_key(line));
    Ok(key.ok_or_else(|| format!("'{text}' holds no minisign public key"))?.to_owned())
}

/// What a build with this key does, for the person who makes it.
pub(super) fn says(key: &str) -> String {
    if key.is_empty() {
        "trusts no key: every kit has to be named or confirmed (--trust KEY builds with one)".to_owned()
    } else {
        format!("trusts kits signed by {key}")
    }
}

/// Finds the key in a program that was built with it: a build that lost it would ask for a confirmation of every kit, and one with
/// another key would trust another's.
///
/// # Errors
///
/// It is not there, or another is.
pub(super) fn check(program: &[u8], key: &str) -> Result {
    let texts = program.split(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')));
    let mut keys: Vec<&str> =
        texts.filter_map(|text| std::str::from_utf8(text).ok().filter(|text| is_key(text))).collect();
    keys.sort_unstable();
    keys.dedup();
    match keys.as_slice() {
        [] if key.is_empty() => Ok(()),
        [one] if *one == key => Ok(()),
        other => {
            Err(format!("the program holds the keys {other:?}, and was to be built with '{key}'").into())
        }
    }
}

/// Finds that a program says itself whom it trusts (`veldkit --version`).
///
/// # Errors
///
/// It says something else.
pub(super) fn check_said(said: &str, key: &str) -> Result {
    let wanted =
        if key.is_empty() { "trusts no key".to_owned() } else { format!("trusts kits signed by {key} ") };
    if said.matches("trusts ").count() == 1 && said.contains(&wanted) {
        Ok(())
    } else {
        Err(format!("the program was to be built with the key '{key}', and says: {said}").into())
    }
}

/// Whether a text has the form of a key; the program itself refuses to start with one that is damaged.
fn is_key(text: &str) -> bool {
    let base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/');
    text.len() == LENGTH && text.starts_with("RW") && text.chars().all(base64)
}

#[cfg(test)]
mod tests {
    use super::{check, check_said, key, says};

    const KEY: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";

    const OTHER: &str = "RWTAPRWIVLbV5yVrhSRVzeSHuoXQyhmnqYUPSHZYSMBNb7UmwWnHKjbU";

    #[test]
    fn a_program_must_hold_the_key_it_was_built_with_and_no_other_and_say_so() {
        let holds = |text: &str| format!("..\0{text}\0..").into_bytes();
        assert!(check(&holds(KEY), KEY).is_ok() && check(&holds(""), "").is_ok());
        assert!(check(&holds(""), KEY).is_err() && check(&holds(KEY), "").is_err());
        assert!(check(&holds(OTHER), KEY).is_err());
        assert!(check(&holds(&format!("{KEY}\0{OTHER}")), KEY).is_err());
        assert!(check_said(&format!("veldkit 1\ntrusts kits signed by {KEY} (a b c d)\n"), KEY).is_ok());
        assert!(check_said("veldkit 1\ntrusts no key: every kit\n", "").is_ok());
        assert!(check_said("veldkit 1\ntrusts no key: every kit\n", KEY).is_err());
        assert!(check_said(&format!("veldkit 1\ntrusts kits signed by {KEY} (a b c d)\n"), OTHER).is_err());
    }

    #[test]
    fn a_key_is_taken_as_it_is_or_out_of_its_file_and_anything_else_is_refused() {
        assert_eq!(key(KEY).unwrap(), KEY);
        let file = std::env::temp_dir().join(format!("veldkit-xtask-trust-{}", std::process::id()));
        std::fs::write(&file, format!("untrusted comment: minisign public key\n{KEY}\n")).unwrap();
        assert_eq!(key(file.to_str().unwrap()).unwrap(), KEY);
        std::fs::write(&file, "untrusted comment: minisign secret key\nRWRTY0Iy\n").unwrap();
        assert!(key(file.to_str().unwrap()).is_err());
        std::fs::remove_file(&file).unwrap();
        assert!(key("RWQf6LRCGA9i53").is_err());
        assert!(says(KEY).ends_with(KEY) && says("").starts_with("trusts no key"));
    }
}
