//! [`RegistryFacts`], by which all that reads a Windows' registry asks: of the running system its own calls, of a tree or an
//! image the hives.
//!
//! In: keys by their path below a hive. Out: values and names of keys, exact as the hive has them. What is there and
//! cannot be read is left out and kept as an [`UnreadKey`], which a collector takes and reports.

use std::io::{self, Read, Seek};

use super::rows::code_of;
use crate::evidence::{Exact, ReasonCode, Utc};
use crate::formats::hive::{Hive, HiveError, Key, Value};
use crate::sys::{self, RegistryEntry, RegistryHandle, RegistryKey};

/// Most keys and values whose reason for being unread is kept; the rest are counted.
const MAX_UNREAD: usize = 1_000;

/// What is in a key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Contents {
    /// When it or one of its values was last changed.
    pub(crate) written: Option<Utc>,
    pub(crate) values: Vec<Value>,
}

impl Contents {
    /// The value of a name, without regard to case.
    pub(crate) fn value(&self, name: &str) -> Option<&Value> {
        self.values.iter().find(|value| value.name.0.eq_ignore_ascii_case(name.as_bytes()))
    }

    /// A text that says something.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        let text = self.value(name)?.text()?;
        Some(text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    pub(crate) fn number(&self, name: &str) -> Option<u32> {
        self.value(name)?.number()
    }
}

/// Something of the registry that is there and could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UnreadKey {
    /// The key, from its hive on.
    pub(crate) key: Exact,
    /// The value, where it is one and its name is known.
    pub(crate) value: Option<Exact>,
    pub(crate) code: ReasonCode,
    pub(crate) detail: String,
}

/// All that could not be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct UnreadKeys {
    /// The first [`MAX_UNREAD`] of them.
    pub(crate) first: Vec<UnreadKey>,
    /// How many there are.
    pub(crate) count: usize,
}

impl UnreadKeys {
    fn add(&mut self, key: Exact, value: Option<Exact>, code: ReasonCode, detail: String) {
        self.count = self.count.saturating_add(1);
        if self.first.len() < MAX_UNREAD {
            self.first.push(UnreadKey { key, value, code, detail });
        }
    }

    /// A failure of the operating system.
    fn failed(&mut self, key: Exact, value: Option<Exact>, error: &io::Error) {
        let code = match error.kind() {
            // Something is hidden behind so much of it: this is no limit of a playbook.
            io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => ReasonCode::Unsupported,
            _ => code_of(error),
        };
        self.add(key, value, code, error.to_string());
    }

    /// A limit of this program.
    fn limited(&mut self, key: &[u8], most: usize, what: &str) {
        let detail = format!("no more than {most} {what} are read");
        self.add(Exact::from(key), None, ReasonCode::Unsupported, detail);
    }
}

/// What is done with each key below one: its name, what is in it, and what is in a key below it.
pub(crate) type EachKey<'a> = dyn FnMut(&Exact, Contents, Option<Contents>) + 'a;

/// What is done with each key anywhere below one: its path from there, and what is in it.
pub(crate) type WalkedKey<'a> = dyn FnMut(&Exact, Contents) + 'a;

/// How far a walk goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WalkLimits {
    /// Levels of keys below the first.
    pub(crate) depth: usize,
    /// Keys in all.
    pub(crate) most: usize,
    /// Whether keys further down are wanted too: then those that are there are reported as unread.
    pub(crate) whole: bool,
}

/// A hive, wherever it is read: keys are named with backslashes, without the hive's own name.
pub(crate) trait RegistryFacts {
    fn value(&mut self, key: &str, name: &str) -> Option<Value>;
    /// What is in a key.
    fn contents(&mut self, key: &str) -> Option<Contents>;
    /// The names of the keys below a key.
    fn subkeys(&mut self, key: &str) -> Vec<Exact>;
    /// Hands out each of at most `most` keys below a key with what is in it, and in the key `inner` below that one.
    fn each(&mut self, key: &str, inner: &str, most: usize, act: &mut EachKey<'_>);
    /// Hands out each key anywhere below a key.
    fn walk(&mut self, key: &str, limits: WalkLimits, act: &mut WalkedKey<'_>);
    /// Takes the account of what could not be read since it was last asked for.
    fn take_unread(&mut self) -> UnreadKeys;
    /// The key of the settings that the system was started with last.
    fn control_set(&mut self) -> String {
        let current = self.value("Select", "Current").and_then(|value| value.number()).unwrap_or(1);
        format!("ControlSet{current:03}")
    }
}

/// A key's path with one more name.
fn joined(key: &[u8], name: &[u8]) -> Exact {
    if key.is_empty() { Exact::from(name) } else { Exact([key, b"\\", name].concat()) }
}

/// A hive of the running system.
pub(crate) struct Running {
    /// Its name below `HKEY_LOCAL_MACHINE`, or one of a user as `HKEY_USERS\SID`.
    root: String,
    unread: UnreadKeys,
}

impl Running {
    pub(crate) fn new(root: impl Into<String>) -> Self {
        Self { root: root.into(), unread: UnreadKeys::default() }
    }

    fn open(&mut self, key: &str) -> Option<RegistryHandle> {
        self.noted(key.as_bytes(), RegistryHandle::open(&format!("{}\\{key}", self.root)))
    }

    /// What was opened, or a note of why not; what is not there is no fault.
    fn noted<T>(&mut self, key: &[u8], opened: io::Result<T>) -> Option<T> {
        match opened {
            Ok(opened) => return Some(opened),
            Err(error) if sys::is_nothing(&error) => {}
            Err(error) => self.unread.failed(Exact::from(key), None, &error),
        }
        None
    }

    fn contents_of(&mut self, key: &[u8], open: &RegistryHandle) -> Contents {
        let RegistryKey { written, values, unread } = open.contents();
        for (name, error) in unread {
            self.unread.failed(Exact::from(key), name.map(Exact), &error);
        }
        Contents { written, values: values.into_iter().map(value_of).collect() }
    }

    fn names_of(&mut self, key: &[u8], open: &RegistryHandle) -> Vec<Vec<u8>> {
        let listed = open.names();
        if let Some(error) = listed.failure {
            self.unread.failed(Exact::from(key), None, &error);
        }
        listed.names
    }

    /// Opens a key that was listed: that it is gone is noted too.
    fn below(&mut self, path: &Exact, open: &RegistryHandle, name: &[u8]) -> Option<RegistryHandle> {
        match open.below(name) {
            Ok(below) => Some(below),
            Err(error) => {
                self.unread.failed(path.clone(), None, &error);
                None
            }
        }
    }

    fn deeper(
        &mut self,
        open: &RegistryHandle,
        (key, path): (&[u8], &[u8]),
        (limits, left): (WalkLimits, &mut usize),
        act: &mut WalkedKey<'_>,
    ) {
        for name in self.names_of(key, open) {
            let Some(less) = left.checked_sub(1) else {
                return self.unread.limited(key, limits.most, "keys below it");
            };
            *left = less;
            let (key, path) = (joined(key, &name), joined(path, &name));
            let Some(below) = self.below(&key, open, &name) else { continue };
            let contents = self.contents_of(&key.0, &below);
            act(&path, contents);
            match limits.depth.checked_sub(1) {
                Some(depth) => {
                    let limits = WalkLimits { depth, ..limits };
                    self.deeper(&below, (&key.0, &path.0), (limits, left), act);
                }
                None if !limits.whole || below.names().names.is_empty() => {}
                None => self.unread.limited(&key.0, 0, "levels of keys below it"),
            }
        }
    }
}

fn value_of(value: RegistryEntry) -> Value {
    let RegistryEntry { name, kind, data } = value;
    Value { name: Exact(name), kind, data }
}

impl RegistryFacts for Running {
    fn value(&mut self, key: &str, name: &str) -> Option<Value> {
        let open = self.open(key)?;
        match open.value(name) {
            Ok(value) => value.map(value_of),
            Err(error) => {
                self.unread.failed(Exact::from(key), Some(Exact::from(name)), &error);
                None
            }
        }
    }

    fn contents(&mut self, key: &str) -> Option<Contents> {
        let open = self.open(key)?;
        Some(self.contents_of(key.as_bytes(), &open))
    }

    fn subkeys(&mut self, key: &str) -> Vec<Exact> {
        let Some(open) = self.open(key) else { return Vec::new() };
        self.names_of(key.as_bytes(), &open).into_iter().map(Exact).collect()
    }

    fn each(&mut self, key: &str, inner: &str, most: usize, act: &mut EachKey<'_>) {
        let Some(open) = self.open(key) else { return };
        let names = self.names_of(key.as_bytes(), &open);
        if names.len() > most {
            self.unread.limited(key.as_bytes(), most, "keys below it");
        }
        for name in names.into_iter().take(most) {
            let path = joined(key.as_bytes(), &name);
            let Some(below) = self.below(&path, &open, &name) else { continue };
            let contents = self.contents_of(&path.0, &below);
            let inside = if inner.is_empty() {
                None
            } else {
                let path = joined(&path.0, inner.as_bytes());
                let inside = self.noted(&path.0, below.below(inner.as_bytes()));
                inside.map(|inside| self.contents_of(&path.0, &inside))
            };
            act(&Exact(name), contents, inside);
        }
    }

    fn walk(&mut self, key: &str, limits: WalkLimits, act: &mut WalkedKey<'_>) {
        let Some(open) = self.open(key) else { return };
        let mut left = limits.most;
        self.deeper(&open, (key.as_bytes(), b""), (limits, &mut left), act);
    }

    fn take_unread(&mut self) -> UnreadKeys {
        std::mem::take(&mut self.unread)
    }

    // A link to the right one, which is in no hive.
    fn control_set(&mut self) -> String {
        "CurrentControlSet".to_owned()
    }
}

/// A hive in a file, where there is one.
pub(crate) struct HiveFile<R> {
    hive: Option<Hive<R>>,
    unread: UnreadKeys,
}

impl<R: Read + Seek> HiveFile<R> {
    /// A hive that was opened, or looked for in vain.
    pub(crate) fn new(opened: Result<Hive<R>, HiveError>) -> Self {
        let mut unread = UnreadKeys::default();
        let hive = match opened {
            Ok(mut hive) => {
                // What the hive as a whole lacks: its end, or what only its logs hold.
                for (key, error) in hive.take_unread().first {
                    unread.add(key, None, hive_code(&error), error.to_string());
                }
                Some(hive)
            }
            Err(HiveError::Read(error)) if sys::is_nothing(&error) => None,
            Err(HiveError::Read(error)) => {
                unread.failed(Exact::default(), None, &error);
                None
            }
            Err(error) => {
                unread.add(Exact::default(), None, ReasonCode::ReadError, error.to_string());
                None
            }
        };
        Self { hive, unread }
    }

    /// Whether there is none, readable or not.
    pub(crate) const fn is_absent(&self) -> bool {
        self.hive.is_none() && self.unread.count == 0
    }

    /// Asks the hive about a key; what it fails at, and what it leaves out, is noted.
    fn ask<T>(&mut self, key: &[u8], ask: impl FnOnce(&mut Hive<R>) -> Result<T, HiveError>) -> Option<T> {
        let hive = self.hive.as_mut()?;
        let answer = ask(hive);
        let left_out = hive.take_unread();
        for (_, error) in &left_out.first {
            self.note(key, error);
        }
        self.unread.count =
            self.unread.count.saturating_add(left_out.count.saturating_sub(left_out.first.len()));
        match answer {
            Ok(answer) => Some(answer),
            Err(error) => {
                self.note(key, &error);
                None
            }
        }
    }

    /// Notes what cannot be read; a cell that many keys are looked for by, once.
    fn note(&mut self, key: &[u8], error: &HiveError) {
        let (cell, detail) = (matches!(error, HiveError::Cell { .. }), error.to_string());
        let is_known = |known: &UnreadKey| known.detail == detail && (cell || known.key.0 == key);
        if !self.unread.first.iter().any(is_known) {
            self.unread.add(Exact::from(key), None, hive_code(error), detail);
        }
    }

    fn key(&mut self, key: &str) -> Option<Key> {
        self.ask(key.as_bytes(), |hive| hive.key(key))?
    }

    fn contents_of(&mut self, path: &[u8], key: &Key) -> Contents {
        let values = self.ask(path, |hive| hive.values(key)).unwrap_or_default();
        Contents { written: key.last_written, values }
    }

    fn deeper(
        &mut self,
        above: &Key,
        (key, path): (&[u8], &[u8]),
        (limits, left): (WalkLimits, &mut usize),
        act: &mut WalkedKey<'_>,
    ) {
        for below in self.ask(key, |hive| hive.subkeys(above)).unwrap_or_default() {
            let Some(less) = left.checked_sub(1) else {
                return self.unread.limited(key, limits.most, "keys below it");
            };
            *left = less;
            let (key, path) = (joined(key, &below.name.0), joined(path, &below.name.0));
            let contents = self.contents_of(&key.0, &below);
            act(&path, contents);
            match limits.depth.checked_sub(1) {
                Some(depth) => {
                    let limits = WalkLimits { depth, ..limits };
                    self.deeper(&below, (&key.0, &path.0), (limits, left), act);
                }
                None if !limits.whole
                    || self.ask(&key.0, |hive| hive.subkeys(&below)).is_none_or(|keys| keys.is_empty()) => {}
                None => self.unread.limited(&key.0, 0, "levels of keys below it"),
            }
        }
    }
}

fn hive_code(error: &HiveError) -> ReasonCode {
    if matches!(error, HiveError::Limit { .. }) { ReasonCode::Unsupported } else { ReasonCode::ReadError }
}

impl<R: Read + Seek> RegistryFacts for HiveFile<R> {
    fn value(&mut self, key: &str, name: &str) -> Option<Value> {
        let found = self.key(key)?;
        self.ask(key.as_bytes(), |hive| hive.value(&found, name))?
    }

    fn contents(&mut self, key: &str) -> Option<Contents> {
        let found = self.key(key)?;
        Some(self.contents_of(key.as_bytes(), &found))
    }

    fn each(&mut self, key: &str, inner: &str, most: usize, act: &mut EachKey<'_>) {
        let Some(found) = self.key(key) else { return };
        let keys = self.ask(key.as_bytes(), |hive| hive.subkeys(&found)).unwrap_or_default();
        if keys.len() > most {
            self.unread.limited(key.as_bytes(), most, "keys below it");
        }
        for below in keys.into_iter().take(most) {
            let path = joined(key.as_bytes(), &below.name.0);
            let contents = self.contents_of(&path.0, &below);
            let inside = if inner.is_empty() {
                None
            } else {
                let path = joined(&path.0, inner.as_bytes());
                let inside = self.ask(&path.0, |hive| hive.subkey(&below, inner)).flatten();
                inside.map(|inside| self.contents_of(&path.0, &inside))
            };
            act(&below.name, contents, inside);
        }
    }

    fn walk(&mut self, key: &str, limits: WalkLimits, act: &mut WalkedKey<'_>) {
        let Some(found) = self.key(key) else { return };
        let mut left = limits.most;
        self.deeper(&found, (key.as_bytes(), b""), (limits, &mut left), act);
    }

    fn subkeys(&mut self, key: &str) -> Vec<Exact> {
        let Some(found) = self.key(key) else { return Vec::new() };
        let keys = self.ask(key.as_bytes(), |hive| hive.subkeys(&found)).unwrap_or_default();
        keys.into_iter().map(|key| key.name).collect()
    }

    fn take_unread(&mut self) -> UnreadKeys {
        std::mem::take(&mut self.unread)
    }
}
