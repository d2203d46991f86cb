//! Checks on the reader of the registry: keys of the self-test's own, read as the collectors read them.

use std::io;

use super::{CheckResult, Trying, passes};
use crate::evidence::ReasonCode;
use crate::sources::registry_facts::{Contents, RegistryFacts, Running, UnreadKeys};
use crate::sys;
use crate::sys::RegistrySpecimens;
use crate::text::selftest_reasons as text;

/// The name of a value where only its data matters.
const VALUE: &str = "value";

/// More than Windows' advice, and more than the 64 KiB that readers stop at.
const LARGE: usize = 70_000;

/// The names of keys with what is in them.
type MadeKeys = Vec<(Vec<u8>, Contents)>;

/// Makes keys of its own, and reads all below them after `make`.
fn read(
    name: &str,
    make: impl FnOnce(&mut RegistrySpecimens) -> io::Result<()>,
) -> Result<(MadeKeys, UnreadKeys), CheckResult> {
    if !sys::IS_WINDOWS {
        return Err(CheckResult::NotPossible(text::only_windows_registry()));
    }
    let impossible = |error: io::Error| CheckResult::NotPossible(text::cannot_make(&error.to_string()));
    let key = format!("veldkit-selftest-{}-{name}", std::process::id());
    let mut keys = RegistrySpecimens::new(&key).map_err(impossible)?;
    make(&mut keys).map_err(impossible)?;
    let mut running = Running::new(keys.path());
    let mut all = Vec::new();
    running.each("", "", 100, &mut |name, contents, _| all.push((name.0.clone(), contents)));
    Ok((all, running.take_unread()))
}

/// The data of a value of a key, each by its exact name.
fn data<'a>(all: &'a [(Vec<u8>, Contents)], key: &[u8], name: &[u8]) -> Option<&'a [u8]> {
    let (_, contents) = all.iter().find(|(known, _)| known == key)?;
    let value = contents.values.iter().find(|value| value.name.0 == name)?;
    Some(&value.data)
}

/// Keys and values in pairs, whose names are the same up to a zero.
pub(super) fn zero(_: &Trying) -> CheckResult {
    let pairs = [("key", "decoy"), ("key\0hidden", "hidden")];
    let made = read("zero", |keys| {
        pairs.iter().try_for_each(|(key, data)| {
            keys.value(key, VALUE, data.as_bytes())?;
            keys.value("values", key, data.as_bytes())
        })
    });
    let (all, unread) = match made {
        Ok(made) => made,
        Err(verdict) => return verdict,
    };
    let so = pairs.iter().all(|(key, text)| {
        data(&all, key.as_bytes(), VALUE.as_bytes()) == Some(text.as_bytes())
            && data(&all, b"values", key.as_bytes()) == Some(text.as_bytes())
    });
    passes(so && unread.count == 0, || text::keys_read(all.len(), &format!("{:?}", unread.first)))
}

/// A value that is longer than most.
pub(super) fn large(_: &Trying) -> CheckResult {
    let content: Vec<u8> = super::content(VALUE).into_iter().take(LARGE).collect();
    match read("large", |keys| keys.value("key", VALUE, &content)) {
        Err(verdict) => verdict,
        Ok((all, unread)) => {
            let read = data(&all, b"key", VALUE.as_bytes());
            passes(read == Some(&content[..]), || {
                text::value_read(&format!("{:?}", read.map(<[u8]>::len)), &format!("{:?}", unread.first))
            })
        }
    }
}

/// A key whose permissions refuse everybody: read with the right to make backups, else reported as refused.
pub(super) fn refused(_: &Trying) -> CheckResult {
    let made = read("refused", |keys| {
        keys.value("key", VALUE, b"content")?;
        keys.refuse("key")
    });
    let (all, unread) = match made {
        Ok(made) => made,
        Err(verdict) => return verdict,
    };
    if sys::backup_privilege() == Some(true) {
        return passes(data(&all, b"key", VALUE.as_bytes()) == Some(b"content"), || {
            text::not_read_with_right(&format!("{:?}", unread.first))
        });
    }
    let reported = unread.first.iter().any(|unread| unread.code == ReasonCode::PermissionDenied);
    passes(reported, || text::neither_read_nor_reported(all.len()))
}
