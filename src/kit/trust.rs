//! Whom this program trusts: public keys that were compiled in, and nobody else.
//!
//! In: the text that `cargo xtask dist --trust KEY` hands to the compiler. Out: keys that the signature of a kit is checked against. A
//! key in a file next to the program would be as easy to exchange as the kit itself, and one on the command line is typed by
//! whoever was handed the stick; so the CERT builds with its own. Without a key no kit is trusted by itself.

use std::path::PathBuf;

use minisign::{PublicKey, SignatureBox};

/// The keys that the build was given: minisign public keys in base64, with spaces between them.
const COMPILED_IN: Option<&str> = option_env!("VELDKIT_TRUST");

/// The keys that the build was given, as text.
#[must_use]
pub const fn compiled_in() -> &'static str {
    match COMPILED_IN {
        Some(keys) => keys,
        None => "",
    }
}

/// A key that was compiled in and is none.
#[derive(Debug, thiserror::Error)]
#[error("'{0}' is not a minisign public key")]
pub struct NoKey(String);

/// Public keys whose signature makes a kit trusted.
#[derive(Debug, Clone, Default)]
pub struct TrustedKeys(Vec<PublicKey>);

/// What is around the program: whom it trusts, and the directory it is in.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// The keys it trusts.
    pub trusted: TrustedKeys,
    /// The directory of its file, where the system says so.
    pub directory: Option<PathBuf>,
}

impl TrustedKeys {
    /// Reads keys in base64 with white space between them.
    ///
    /// # Errors
    /// [`NoKey`] names the first that is none.
    pub fn parse(text: &str) -> Result<Self, NoKey> {
        let keys =
            text.split_whitespace().map(|key| PublicKey::from_base64(key).map_err(|_| NoKey(key.to_owned())));
        keys.collect::<Result<_, _>>().map(Self)
    }

    /// The key in base64 that a signature of `data` was made with, where it is one of these.
    #[must_use]
    pub(super) fn signer(&self, data: &[u8], signature: &str) -> Option<String> {
        let key = self.0.iter().find(|key| is_signed(key, data, signature))?;
        Some(key.to_base64())
    }
}

impl Surroundings {
    /// Those of the running program.
    ///
    /// # Errors
    /// [`NoKey`] where the build was given something else.
    pub fn of_this_program() -> Result<Self, NoKey> {
        let trusted = TrustedKeys::parse(compiled_in())?;
        let program = std::env::current_exe().ok();
        Ok(Self { trusted, directory: program.and_then(|program| program.parent().map(PathBuf::from)) })
    }
}

/// Whether a minisign signature is that of these bytes by this key.
pub(super) fn is_signed(key: &PublicKey, data: &[u8], signature: &str) -> bool {
    SignatureBox::from_string(signature).is_ok_and(|signature| {
        minisign::verify(key, &signature, std::io::Cursor::new(data), true, false, false).is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_keys_given_are_trusted_and_what_is_no_key_is_named() {
        let [one, other, third] =
            [(); 3].map(|()| minisign::KeyPair::generate_unencrypted_keypair().unwrap());
        let sign = |pair: &minisign::KeyPair| {
            minisign::sign(Some(&pair.pk), &pair.sk, std::io::Cursor::new(b"kit"), None, None)
                .unwrap()
                .into_string()
        };
        let text = format!("{}\n {} ", one.pk.to_base64(), other.pk.to_base64());
        let keys = TrustedKeys::parse(&text).unwrap();
        assert_eq!(keys.signer(b"kit", &sign(&other)), Some(other.pk.to_base64()));
        assert_eq!(keys.signer(b"kit", &sign(&third)), None);
        assert_eq!(keys.signer(b"another kit", &sign(&one)), None);
        assert_eq!(TrustedKeys::default().signer(b"kit", &sign(&one)), None);
        for damaged in ["", "x\ny\nz\nw\n", &sign(&one)[..100]] {
            assert_eq!(keys.signer(b"kit", damaged), None);
        }
        assert_eq!(TrustedKeys::parse("RWx").unwrap_err().to_string(), "'RWx' is not a minisign public key");
    }
}
