//! Artifact definitions in the ForensicArtifacts format: named kinds of evidence with their locations.
//!
//! In: one YAML document. Out: a [`Definition`]. Required keys of the format are required here as well, and its
//! deprecated keys are accepted and ignored, so that the official set loads unchanged.
//! <https://artifacts.readthedocs.io/en/latest/sources/Format-specification.html>

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_saphyr::Spanned;

use super::error::Fault;
use super::live::Live;
use super::pattern;
use super::pattern::Strictness;
use super::plan::{Follow, Pattern, ProgramCall, Source, TargetOs};
use super::system::System;
use super::yaml::Document;
use crate::evidence::Digest;

/// The definition of an artifact: name, description, and locations per system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// Name, unique among all files.
    pub name: String,
    /// Description.
    pub doc: String,
    /// Description in Dutch, which the format does not have.
    pub doc_nl: Option<String>,
    /// Alternative names.
    pub aliases: Vec<String>,
    /// Pages that document it.
    pub urls: Vec<String>,
    /// Systems on which it exists; all where empty.
    pub systems: Vec<System>,
    /// Sources.
    pub places: Vec<Placed>,
    /// The file with the definition.
    pub file: String,
    /// Line of the name.
    pub line: u64,
}

/// One source of a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Systems on which it exists; those of the definition where empty.
    pub systems: Vec<System>,
    /// The source.
    pub place: Place,
}

/// The kind of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Something to collect.
    Source(Source),
    /// Other artifacts by name.
    Group(Vec<String>),
    /// A WMI query, which this program does not run.
    Wmi(String),
}

impl System {
    /// Returns the kind of target.
    #[must_use]
    pub const fn target(self) -> TargetOs {
        match self {
            Self::Linux => TargetOs::Linux,
            Self::Windows => TargetOs::Windows,
            Self::Android | Self::Darwin | Self::ESXi | Self::Ios => TargetOs::Other,
        }
    }
}

/// The source that a definition names in place of a file: the program itself, whose digest is in every bundle.
const DEFINED_IN: &str = "veldkit:live";

impl Definition {
    /// Makes the definition of a live artifact, which is in no file.
    pub(super) fn of_live(live: Live) -> Self {
        let (nl, en) = live.doc();
        Self {
            name: live.name().to_owned(),
            doc: en.to_owned(),
            doc_nl: Some(nl.to_owned()),
            aliases: Vec::new(),
            urls: live.urls().iter().map(|&url| url.to_owned()).collect(),
            systems: live.systems().to_vec(),
            places: vec![Placed { systems: Vec::new(), place: Place::Source(Source::Live(live)) }],
            file: DEFINED_IN.to_owned(),
            line: 0,
        }
    }

    /// Whether it exists on such a target.
    #[must_use]
    pub fn applies_to(&self, os: TargetOs) -> bool {
        applies(&self.systems, os)
    }

    /// Returns its sources on such a target.
    pub fn places_on(&self, os: TargetOs) -> impl Iterator<Item = &Place> {
        let here = self.applies_to(os);
        self.places
            .iter()
            .filter(move |placed| here && applies(&placed.systems, os))
            .map(|placed| &placed.place)
    }

    /// Returns the programs that it runs, on any system.
    pub fn programs(&self) -> impl Iterator<Item = &ProgramCall> {
        self.places.iter().filter_map(|placed| match &placed.place {
            Place::Source(Source::Command(call)) => Some(call),
            _ => None,
        })
    }

    /// Returns the artifacts that it groups, on any system.
    pub fn members(&self) -> impl Iterator<Item = &str> {
        self.places
            .iter()
            .flat_map(|placed| match &placed.place {
                Place::Group(names) => names.as_slice(),
                Place::Source(_) | Place::Wmi(_) => &[],
            })
            .map(String::as_str)
    }

    /// Whether it only groups other artifacts.
    #[must_use]
    pub fn is_group(&self) -> bool {
        self.places.iter().all(|placed| matches!(placed.place, Place::Group(_)))
    }
}

fn applies(systems: &[System], os: TargetOs) -> bool {
    systems.is_empty() || systems.iter().any(|system| system.target() == os)
}

/// Reads one document as a definition.
///
/// # Errors
///
/// The deviations from the format.
pub(super) fn read(document: &Document<'_>, strictness: Strictness) -> Result<Definition, Vec<Fault>> {
    let raw: Raw = document.parse().map_err(|fault| vec![fault])?;
    let mut faults = Vec::new();
    if raw.name.value.trim().is_empty() {
        faults.push(document.fault(&raw.name, "expected the name of the artifact, found an empty text"));
    }
    if raw.doc.value.trim().is_empty() {
        faults.push(document.fault(&raw.doc, "expected what the artifact is, found an empty text"));
    }
    if raw.sources.value.is_empty() {
        faults.push(document.fault(&raw.sources, "expected at least one source, found none"));
    }
    let systems = raw.supported_os.unwrap_or_default();
    let mut places = Vec::with_capacity(raw.sources.value.len());
    for source in raw.sources.value {
        let own = source.value.supported_os.as_deref().unwrap_or_default();
        if let Some(odd) = own.iter().find(|os| !systems.contains(os)) {
            let problem =
                format!("expected systems of the artifact, found {odd}, which its supported_os lacks");
            faults.push(document.fault(&source, problem));
        }
        match place(document, &source.value, strictness) {
            Ok(place) => places.push(Placed { systems: own.to_vec(), place }),
            Err(fault) => faults.push(fault),
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(Definition {
        line: document.line(&raw.name),
        name: raw.name.value,
        doc: raw.doc.value,
        doc_nl: None,
        aliases: raw.aliases.unwrap_or_default(),
        urls: raw.urls.unwrap_or_default(),
        systems,
        places,
        file: document.file.to_owned(),
    })
}

/// A definition as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    name: Spanned<String>,
    doc: Spanned<String>,
    sources: Spanned<Vec<Spanned<RawSource>>>,
    aliases: Option<Vec<String>>,
    supported_os: Option<Vec<System>>,
    urls: Option<Vec<String>>,
    // Deprecated in the format.
    #[serde(default, rename = "conditions")]
    _conditions: IgnoredAny,
    #[serde(default, rename = "labels")]
    _labels: IgnoredAny,
    #[serde(default, rename = "provides")]
    _provides: IgnoredAny,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSource {
    #[serde(rename = "type")]
    kind: Spanned<String>,
    attributes: Spanned<RawAttributes>,
    supported_os: Option<Vec<System>>,
    #[serde(default, rename = "conditions")]
    _conditions: IgnoredAny,
    #[serde(default, rename = "provides")]
    _provides: IgnoredAny,
}

/// The attributes of all source types together.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAttributes {
    paths: Option<Vec<Spanned<String>>>,
    separator: Option<Spanned<String>>,
    names: Option<Vec<String>>,
    keys: Option<Vec<String>>,
    key_value_pairs: Option<Vec<RawPair>>,
    cmd: Option<String>,
    args: Option<Vec<String>>,
    /// Not in the format: digests of the program, without which it is not run.
    sha256: Option<Vec<Digest>>,
    query: Option<String>,
    #[serde(default, rename = "base_object")]
    _base_object: IgnoredAny,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPair {
    key: String,
    value: Option<String>,
}

const KINDS: &str = "ARTIFACT_GROUP, COMMAND, DIRECTORY, FILE, PATH, REGISTRY_KEY, REGISTRY_VALUE or WMI";

fn place(document: &Document<'_>, source: &RawSource, strictness: Strictness) -> Result<Place, Fault> {
    let kind = &source.kind;
    let raw = &source.attributes.value;
    let lacks = |what: &str| {
        let problem = format!("expected '{what}' in the attributes of a {} source, found none", kind.value);
        document.fault(&source.attributes, problem)
    };
    Ok(match kind.value.as_str() {
        "FILE" => Place::Source(Source::Files(patterns(document, raw, false, strictness, &lacks)?)),
        // Both are a path without its content; DIRECTORY is the older word for PATH.
        "PATH" | "DIRECTORY" => {
            Place::Source(Source::Files(patterns(document, raw, true, strictness, &lacks)?))
        }
        "ARTIFACT_GROUP" => Place::Group(filled(raw.names.as_ref()).ok_or_else(|| lacks("names"))?),
        "COMMAND" => Place::Source(Source::Command(ProgramCall {
            program: raw.cmd.clone().ok_or_else(|| lacks("cmd"))?,
            arguments: raw.args.clone().ok_or_else(|| lacks("args"))?,
            sha256: raw.sha256.clone().unwrap_or_default(),
            companions: None,
        })),
        "REGISTRY_KEY" => {
            Place::Source(Source::RegistryKeys(filled(raw.keys.as_ref()).ok_or_else(|| lacks("keys"))?))
        }
        "REGISTRY_VALUE" => {
            let pairs = raw.key_value_pairs.iter().flatten();
            let pairs: Vec<_> =
                pairs.map(|pair| (pair.key.clone(), pair.value.clone().unwrap_or_default())).collect();
            if pairs.is_empty() {
                return Err(lacks("key_value_pairs"));
            }
            Place::Source(Source::RegistryValues(pairs))
        }
        "WMI" => Place::Wmi(raw.query.clone().ok_or_else(|| lacks("query"))?),
        other => return Err(document.fault(kind, format!("expected {KINDS}, found '{other}'"))),
    })
}

fn filled(list: Option<&Vec<String>>) -> Option<Vec<String>> {
    list.filter(|list| !list.is_empty()).cloned()
}

fn patterns(
    document: &Document<'_>,
    raw: &RawAttributes,
    folder_entry: bool,
    strictness: Strictness,
    lacks: &dyn Fn(&str) -> Fault,
) -> Result<Vec<Pattern>, Fault> {
    let separator = match &raw.separator {
        None => '/',
        Some(text) => match text.value.as_str() {
            "/" => '/',
            "\\" => '\\',
            other => {
                let problem = format!("expected '/' or '\\' as separator, found '{other}'");
                return Err(document.fault(text, problem));
            }
        },
    };
    let paths = raw.paths.as_deref().unwrap_or_default();
    if paths.is_empty() {
        return Err(lacks("paths"));
    }
    let mut patterns = Vec::with_capacity(paths.len());
    for path in paths {
        if let Some(problem) = pattern::fault(&path.value, separator, strictness) {
            return Err(document.fault(path, problem));
        }
        patterns.push(Pattern {
            text: path.value.clone(),
            separator,
            whole_folders: false,
            follow: Follow::Never,
            folder_entry,
        });
    }
    Ok(patterns)
}
