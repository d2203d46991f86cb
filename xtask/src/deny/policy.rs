//! Reads the part of `.deny.toml` that is checked.
//!
//! In: TOML of sections, strings, and arrays of strings or of inline tables; no string holds a `#`, a quote or a
//! bracket. Out: the policy. A key or a value that is not checked is an error.

use std::collections::{BTreeMap, BTreeSet};

use crate::Result;

/// What the tree may hold.
#[derive(Debug, Default)]
pub(super) struct Policy {
    /// SPDX names.
    pub(super) licences: BTreeSet<String>,
    /// Further ones, by package.
    pub(super) exceptions: BTreeMap<String, BTreeSet<String>>,
    /// Packages that may not be in the tree, with the reason.
    pub(super) banned: BTreeMap<String, String>,
    /// Addresses of registries.
    pub(super) registries: BTreeSet<String>,
    pub(super) deny_wildcards: bool,
    pub(super) warn_of_versions: bool,
}

impl Policy {
    /// Reads a file's text.
    ///
    /// # Errors
    ///
    /// A key or value that is not checked.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let mut policy = Self::default();
        for (key, value) in values(text) {
            match (key.as_str(), value.as_str()) {
                ("licenses.allow", list) => policy.licences = strings(list).collect(),
                ("licenses.exceptions", list) => {
                    for table in tables(list) {
                        let mut strings = strings(table);
                        let package = strings.next().ok_or("an exception without a package")?;
                        policy.exceptions.insert(package, strings.collect());
                    }
                }
                ("bans.deny", list) => {
                    for table in tables(list) {
                        let mut strings = strings(table);
                        let package = strings.next().ok_or("a ban without a package")?;
                        policy.banned.insert(package, strings.next().ok_or("a ban without a reason")?);
                    }
                }
                ("bans.wildcards", "\"deny\"") => policy.deny_wildcards = true,
                ("bans.multiple-versions", "\"warn\"") => policy.warn_of_versions = true,
                // Always so here.
                ("sources.unknown-registry" | "sources.unknown-git", "\"deny\"") => {}
                ("sources.allow-registry", list) => policy.registries = strings(list).collect(),
                (key, value) => return Err(format!(".deny.toml: {key} = {value} is not checked").into()),
            }
        }
        Ok(policy)
    }
}

/// Each key with its section, and its value on one line.
fn values(text: &str) -> Vec<(String, String)> {
    let mut values: Vec<(String, String)> = Vec::new();
    let mut section = String::new();
    let mut open = false;
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        if open {
            if let Some((_, value)) = values.last_mut() {
                value.push_str(line);
            }
        } else if let Some(name) = line.strip_prefix('[') {
            name.trim_end_matches(']').clone_into(&mut section);
            continue;
        } else {
            let (key, value) = line.split_once('=').unwrap_or((line, ""));
            values.push((format!("{section}.{}", key.trim()), value.trim().to_owned()));
        }
        let value = values.last().map_or("", |(_, value)| value);
        open = value.matches('[').count() > value.matches(']').count();
    }
    values
}

/// The quoted strings of a value.
fn strings(value: &str) -> impl Iterator<Item = String> {
    value.split('"').skip(1).step_by(2).map(str::to_owned)
}

/// The inline tables of an array.
fn tables(value: &str) -> impl Iterator<Item = &str> {
    value.split('{').skip(1).filter_map(|table| table.split('}').next())
}

#[cfg(test)]
mod tests {
    use super::Policy;

    #[test]
    fn a_policy_is_read() {
        let policy = Policy::parse(
            "# about\n[licenses]\nallow = [\n  \"MIT\", # most\n  \"Zlib\",\n]\n\
             exceptions = [\n  { crate = \"a\", allow = [\"X\", \"Y\"] },\n  { crate = \"b\", allow = [\"Z\"] },\n]\n\
             [bans]\nwildcards = \"deny\"\ndeny = [\n  { crate = \"c\", reason = \"no\" },\n]\n",
        )
        .unwrap();
        assert_eq!(policy.licences.iter().collect::<Vec<_>>(), ["MIT", "Zlib"]);
        assert_eq!(policy.exceptions["a"].len(), 2);
        assert_eq!(policy.exceptions["b"].iter().collect::<Vec<_>>(), ["Z"]);
        assert_eq!(policy.banned["c"], "no");
        assert!(policy.deny_wildcards && !policy.warn_of_versions);
    }

    #[test]
    fn a_key_or_value_that_is_not_checked_is_an_error() {
        for text in [
            "[licenses]\ndeny = [\"X\"]\n",
            "[bans]\nwildcards = \"allow\"\n",
            "[graph]\nall-features = true",
        ] {
            let error = Policy::parse(text).unwrap_err().to_string();
            assert!(error.ends_with("is not checked"), "{error}");
        }
    }

    #[test]
    fn the_policy_of_this_tree_can_be_read() {
        let policy = Policy::parse(include_str!("../../../.deny.toml")).unwrap();
        assert!(policy.licences.contains("MIT") && policy.banned.contains_key("rusqlite"));
        let copyleft = |licence: &String| licence.starts_with("GPL") || licence.starts_with("AGPL");
        assert!(!policy.licences.iter().any(copyleft));
        assert!(policy.deny_wildcards && policy.warn_of_versions && policy.registries.len() == 1);
    }
}
