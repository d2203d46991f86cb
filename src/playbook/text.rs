//! Parses the text of a file into definitions, playbooks and handlings, distinguished by their keys.
//!
//! In: a name and a text, of any origin. Out: [`FileContent`], or every fault of the text. Pure: reads no file.

use std::collections::BTreeMap;

use super::definition;
use super::definition::Definition;
use super::error::Fault;
use super::handling;
use super::handling::Handling;
use super::pattern::Strictness;
use super::playbook_document;
use super::playbook_document::Playbook;
use super::yaml;
use super::yaml::MAX_FAULTS;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// The content of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileContent {
    /// Artifact definitions, in order.
    pub definitions: Vec<Definition>,
    /// Playbooks, in order.
    pub playbooks: Vec<Playbook>,
    /// Handlings by artifact.
    pub handlings: BTreeMap<String, Handling>,
}

impl FileContent {
    /// Reads the text of a file; `file` is its name in faults.
    ///
    /// # Errors
    ///
    /// Every fault found, at most one per malformed YAML document, up to a limit.
    pub fn read(file: &str, text: &str) -> Result<Self, Vec<Fault>> {
        Self::read_with(file, text, Strictness::Readable)
    }

    /// As [`Self::read`], and refuses what the official validator would refuse: for our own definitions.
    ///
    /// # Errors
    ///
    /// See [`Self::read`].
    pub fn read_strictly(file: &str, text: &str) -> Result<Self, Vec<Fault>> {
        Self::read_with(file, text, Strictness::Official)
    }

    fn read_with(file: &str, text: &str, strictness: Strictness) -> Result<Self, Vec<Fault>> {
        if u64::try_from(text.len()).map_or(true, |length| length > yaml::MAX_FILE) {
            let problem = format!("expected at most {} bytes, found {}", yaml::MAX_FILE, text.len());
            return Err(vec![Fault::of_file(file, problem)]);
        }
        let mut content = Self::default();
        let mut faults = Vec::new();
        for document in yaml::documents(file, text) {
            if let Err(found) = content.take(&document, strictness) {
                faults.extend(found);
            }
            if faults.len() >= MAX_FAULTS {
                faults.truncate(MAX_FAULTS);
                break;
            }
        }
        if faults.is_empty() { Ok(content) } else { Err(faults) }
    }

    fn take(&mut self, document: &yaml::Document<'_>, strictness: Strictness) -> Result<(), Vec<Fault>> {
        let kind: Kind = document.parse().map_err(|fault| vec![fault])?;
        if kind.playbook.is_some() {
            self.playbooks.push(playbook_document::read(document)?);
        } else if kind.handling.is_some() {
            for (name, handling) in handling::read(document)? {
                let line = handling.line;
                if let Some(first) = self.handlings.insert(name.clone(), handling) {
                    let problem = format!("expected '{name}' once, found it on line {} as well", first.line);
                    return Err(vec![Fault { line, ..Fault::of_file(document.file, problem) }]);
                }
            }
        } else {
            self.definitions.push(definition::read(document, strictness)?);
        }
        Ok(())
    }
}

/// The keys that distinguish documents; a definition has neither.
#[derive(Deserialize)]
struct Kind {
    playbook: Option<IgnoredAny>,
    handling: Option<IgnoredAny>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<String> {
        let faults = FileContent::read("x.yaml", text).unwrap_err();
        faults.iter().map(ToString::to_string).collect()
    }

    const GOOD: &str = "name: A\ndoc: b\nsources:\n- type: FILE\n  attributes: {paths: ['/a']}\n";

    #[test]
    fn every_broken_document_is_named_with_its_own_line() {
        let text = format!("# x\n{GOOD}---\nname: [\n---\n{GOOD}---\nname: B\ndoc: c\nsources: []\n");
        let faults = faults(&text);
        assert_eq!(faults.len(), 2, "{faults:#?}");
        assert!(faults[0].starts_with("x.yaml:8:") || faults[0].starts_with("x.yaml:9:"), "{}", faults[0]);
        assert_eq!(faults[1], "x.yaml:18:10: expected at least one source, found none");
    }

    #[test]
    fn what_was_expected_and_what_was_found_is_said_for_each_kind_of_mistake() {
        for (text, expected) in [
            (
                "name: A\ndoc: b\nsources:\n- type: FOLDER\n  attributes: {paths: [a]}\n",
                "x.yaml:4:9: expected ARTIFACT_GROUP, COMMAND, DIRECTORY, FILE, PATH, REGISTRY_KEY, REGISTRY_VALUE or WMI, found 'FOLDER'",
            ),
            (
                "name: A\ndoc: b\nsources:\n- type: FILE\n  attributes: {keys: [a]}\n",
                "x.yaml:5:15: expected 'paths' in the attributes of a FILE source, found none",
            ),
            (
                "name: A\ndoc: b\nsources:\n- type: FILE\n  attributes: {paths: ['a%%b']}\n",
                "x.yaml:5:24: expected '%%' at both ends of a variable, found one in 'a%%b'",
            ),
            (
                "name: A\ndoc: b\nsources:\n- type: FILE\n  attributes: {paths: [a], separator: ':'}\n",
                "x.yaml:5:39: expected '/' or '\\' as separator, found ':'",
            ),
            (
                "playbook: Quick\nversion: 1\ntitle: {nl: a, en: b}\ndescription: {nl: a, en: b}\nartifacts: [A]\n",
                "x.yaml:1:11: expected a name of lower-case letters, digits and hyphens, found 'Quick'",
            ),
            (
                "playbook: q\nversion: 2\ntitle: {nl: a, en: b}\ndescription: {nl: a, en: b}\nartifacts: [A]\n",
                "x.yaml:2:10: expected version 1 of the format, found 2",
            ),
            (
                "playbook: q\nversion: 1\ntitle: {nl: a, en: b}\ndescription: {nl: a, en: b}\n",
                "x.yaml:1:11: expected 'artifacts' or 'includes', found neither",
            ),
            (
                "playbook: q\nversion: 1\ntitle: {nl: a, en: b}\ndescription: {nl: a, en: b}\nartifacts: [A]\nlimits:\n  B: {max_files: 1}\n",
                "x.yaml:7:6: expected limits of artifacts in this playbook, found 'B'",
            ),
            (
                "playbook: q\nversion: 1\ntitle: {nl: a, en: b}\ndescription: {nl: a, en: b}\nartifacts: [A]\nsweep:\n- /srv\n- 'D:\\x'\n- /srv/../etc\n",
                "x.yaml:9:3: expected a whole path to sweep ('/' is every local disk), without '..', found '/srv/../etc'",
            ),
            (
                "playbook: q\nversion: 1\ntitle: {nl: a, en: b}\ndescription: {nl: a, en: b}\nartifacts: [A]\nsweep: [srv]\n",
                "x.yaml:6:9: expected a whole path to sweep ('/' is every local disk), without '..', found 'srv'",
            ),
            (
                "handling: 1\nartifacts:\n- names: [A, A]\n  volatility: logs\n  personal_data: low\n  purpose: {nl: a, en: b}\n",
                "x.yaml:3:14: expected 'A' once, found it on line 3 as well",
            ),
        ] {
            assert_eq!(faults(text), [expected], "{text}");
        }
    }

    #[test]
    fn a_word_that_the_format_does_not_know_is_named_with_its_place() {
        for (text, place, words) in [
            ("name: A\ndoc: b\nsources: []\ncolour: red\n", "x.yaml:4:", ["colour", "expected"]),
            ("name: A\nsources: []\n", "x.yaml:", ["missing", "doc"]),
            ("name: A\ndoc: b\nsupported_os: [Plan9]\nsources: []\n", "x.yaml:3:", ["Plan9", "expected"]),
            (
                "handling: 1\nartifacts:\n- names: [A]\n  volatility: soon\n",
                "x.yaml:4:",
                ["soon", "expected"],
            ),
            (
                "handling: 1\nartifacts:\n- names: [A]\n  limits: {max_bytes: 1 MB}\n",
                "x.yaml:4:",
                ["1 MB", "expected"],
            ),
            ("name: A\nname: B\n", "x.yaml:2:", ["duplicate", "name"]),
            ("just text\n", "x.yaml:1:", ["expected", "map"]),
            ("a: &a [*a]\n", "x.yaml:1:", ["", ""]),
        ] {
            let faults = faults(text);
            assert!(faults[0].starts_with(place), "{text}: {}", faults[0]);
            for word in words {
                assert!(faults[0].contains(word), "{text}: '{word}' in {}", faults[0]);
            }
        }
    }

    #[test]
    fn a_value_of_another_type_is_reported_with_what_was_expected_and_found() {
        let playbook = "playbook: q\nversion: 1\ntitle: {nl: a, en: b}\ndescription: {nl: a, en: b}\n";
        let entry =
            "handling: 1\nartifacts:\n- names: [A]\n  personal_data: low\n  purpose: {nl: a, en: b}\n";
        for (text, expected) in [
            ("name: [a]\n".to_owned(), "x.yaml:1:7: expected a text, found a list"),
            ("name:\n".to_owned(), "x.yaml:1:5: expected a text, found nothing"),
            ("name: A\ndoc: {a: b}\n".to_owned(), "x.yaml:2:6: expected a text, found a mapping"),
            ("name: A\ndoc: b\nsources: x\n".to_owned(), "x.yaml:3:10: expected a list, found 'x'"),
            ("- x\n".to_owned(), "x.yaml:1:1: expected a mapping, found a list"),
            (
                "name: &a A\n".to_owned(),
                "x.yaml:1:10: expected a value, found an anchor ('&…') or an alias ('*…')",
            ),
            (
                "name: A\n--- {name: B}\n".to_owned(),
                "x.yaml:2:5: expected one document, found another that does not begin with '---' on a separate line",
            ),
            ("playbook: q\nversion: two\n".to_owned(), "x.yaml:2:10: expected a whole number, found 'two'"),
            (format!("{playbook}opt_in: yes\n"), "x.yaml:5:9: expected true or false, found 'yes'"),
            (format!("{playbook}notes: [{{nl: a}}]\n"), "x.yaml:5:10: expected 'en', which is missing"),
            (
                format!("{playbook}memory_tool: {{program: x, size: 1}}\n"),
                "x.yaml:5:27: expected 'program', 'sha256' or 'arguments', found 'size'",
            ),
            (
                format!("{playbook}limits: {{A: {{max_depth: 4294967296}}}}\n"),
                "x.yaml:5:25: expected a whole number below 4294967296, found '4294967296'",
            ),
            (
                format!("{entry}  volatility: soon\n"),
                "x.yaml:6:15: expected 'tables', 'processes', 'network', 'sessions', 'system', 'volatile-files', 'logs', 'files', 'configuration' or 'bulk', found 'soon'",
            ),
            (
                format!("{entry}  limits: {{max_bytes: 1 MB}}\n"),
                "x.yaml:6:23: expected a size such as '100 MiB' or '4096', found '1 MB'",
            ),
        ] {
            assert_eq!(faults(&text), [expected], "{text}");
        }
        // The place is that in the file instead of that in the document.
        let text = format!("{GOOD}---\n{GOOD}---\nname: A\ndoc: b\nsources: x\n");
        assert_eq!(faults(&text), ["x.yaml:15:10: expected a list, found 'x'"]);
    }

    #[test]
    fn a_key_without_a_value_is_as_if_it_were_left_out() {
        let text = GOOD.replace("doc: b\n", "doc: b\naliases:\nurls: ~\nsupported_os: null\nlabels:\n");
        let content = FileContent::read("x.yaml", &text).unwrap();
        assert!(content.definitions[0].aliases.is_empty() && content.definitions[0].systems.is_empty());
    }

    #[test]
    fn text_that_grows_when_read_is_refused() {
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..12 {
            let below = format!("*a{}, ", level - 1).repeat(10);
            bomb = [bomb, format!("a{level}: &a{level} [{below}]\n")].concat();
        }
        assert_eq!(faults(&bomb).len(), 1);
        let deep = "[".repeat(100_000);
        assert_eq!(faults(&deep).len(), 1);
        let large = "#".repeat(5 << 20);
        assert!(faults(&large)[0].contains("4194304 bytes"));
        assert_eq!(faults(&"- x\n---\n".repeat(10_000)).len(), MAX_FAULTS);
    }

    #[test]
    fn an_empty_text_holds_nothing_and_is_no_fault() {
        for text in ["", "\n# x\n---\n", "%YAML 1.2\n---\n...\n"] {
            assert_eq!(FileContent::read("x.yaml", text), Ok(FileContent::default()), "{text}");
        }
    }
}
