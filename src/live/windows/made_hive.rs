//! A hive for tests, whose keys have the moment and the values that a test wants, or are refused.

use std::collections::BTreeMap;

use crate::evidence::{Exact, ReasonCode, Utc};
use crate::formats::hive::Value;
use crate::sources::registry_facts::{
    Contents, EachKey, RegistryFacts, UnreadKey, UnreadKeys, WalkLimits, WalkedKey,
};

/// Values by name; one that is a number is a number.
type MadeValues = Vec<(&'static str, &'static str)>;

/// A hive of keys with their moment and their values.
#[derive(Clone, Default)]
pub(super) struct MadeHive {
    pub(super) keys: BTreeMap<String, (i64, MadeValues)>,
    /// Keys that are there and refused.
    pub(super) denied: Vec<&'static str>,
    /// Those that were asked for since the account was taken.
    pub(super) asked: Vec<&'static str>,
}

impl MadeHive {
    pub(super) fn with(mut self, key: &str, at: i64, values: &[(&'static str, &'static str)]) -> Self {
        self.keys.insert(key.to_owned(), (at, values.to_vec()));
        self
    }

    /// Whether a key is refused, which is noted.
    fn is_denied(&mut self, key: &str) -> bool {
        let denied = self.denied.iter().copied().find(|denied| *denied == key);
        self.asked.extend(denied);
        denied.is_some()
    }
}

fn value((name, text): &(&str, &str)) -> Value {
    let (kind, data) = match text.parse::<u32>() {
        Ok(number) => (4, number.to_le_bytes().to_vec()),
        Err(_) => (1, text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
    };
    Value { name: Exact::from(name), kind, data }
}

impl RegistryFacts for MadeHive {
    fn value(&mut self, key: &str, name: &str) -> Option<Value> {
        self.contents(key)?.value(name).cloned()
    }

    fn contents(&mut self, key: &str) -> Option<Contents> {
        if self.is_denied(key) {
            return None;
        }
        let (at, values) = self.keys.get(key)?;
        Some(Contents { written: Utc::from_unix(*at, 0), values: values.iter().map(value).collect() })
    }

    fn subkeys(&mut self, key: &str) -> Vec<Exact> {
        if self.is_denied(key) {
            return Vec::new();
        }
        let all = self.keys.keys().map(String::as_str).chain(self.denied.iter().copied());
        let below = all.filter_map(|path| path.strip_prefix(key)?.strip_prefix('\\'));
        below.filter(|name| !name.contains('\\')).map(Exact::from).collect()
    }

    fn each(&mut self, key: &str, inner: &str, most: usize, act: &mut EachKey<'_>) {
        for name in self.subkeys(key).into_iter().take(most) {
            let path = format!("{key}\\{}", name.text());
            let Some(contents) = self.contents(&path) else { continue };
            let inside = if inner.is_empty() { None } else { self.contents(&format!("{path}\\{inner}")) };
            act(&name, contents, inside);
        }
    }

    fn walk(&mut self, key: &str, _: WalkLimits, act: &mut WalkedKey<'_>) {
        let paths: Vec<String> =
            self.keys.keys().map(String::as_str).chain(self.denied.clone()).map(str::to_owned).collect();
        for path in paths {
            if let Some(below) = path.strip_prefix(&format!("{key}\\"))
                && let Some(contents) = self.contents(&path)
            {
                act(&Exact::from(below), contents);
            }
        }
    }

    fn take_unread(&mut self) -> UnreadKeys {
        let mut asked = std::mem::take(&mut self.asked);
        asked.extend(self.denied.contains(&"").then_some(""));
        let unread = |key: &str| UnreadKey {
            key: Exact::from(key),
            value: None,
            code: ReasonCode::PermissionDenied,
            detail: "refused".to_owned(),
        };
        let count = asked.len();
        UnreadKeys { first: asked.into_iter().map(unread).collect(), count }
    }

    fn control_set(&mut self) -> String {
        "CurrentControlSet".to_owned()
    }
}
