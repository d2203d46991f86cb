//! Artifact definitions in the ForensicArtifacts format: what a named kind of evidence is and where it stands.
//!
//! In: one YAML document. Out: a [`Definition`]. What the format requires is required here too, and its deprecated
//! keys are read over, so that the official set loads unchanged.
//! <https://artifacts.readthedocs.io/en/latest/sources/Format-specification.html>

use std::fmt;

use serde::Deserialize;

use super::error::Fault;
use super::fields::{At, Read};
use super::pattern;
use super::pattern::Strictness;
use super::plan::{Follow, Pattern, Source, TargetOs};
use super::yaml::Document;

/// An artifact as defined: its name, what it is, where it stands on which system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// Its name, unique without regard to what file it stands in.
    pub name: String,
    /// What it is.
    pub doc: String,
    /// The same in Dutch, which the format does not know.
    pub doc_nl: Option<String>,
    /// Other names it is found by.
    pub aliases: Vec<String>,
    /// Where it is described.
    pub urls: Vec<String>,
    /// Systems it exists on; all where empty.
    pub systems: Vec<System>,
    /// Where it stands.
    pub places: Vec<Placed>,
    /// The file it is defined in.
    pub file: String,
    /// The line of its name.
    pub line: u64,
}

/// One source of a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Systems it exists on; all of its definition where empty.
    pub systems: Vec<System>,
    /// What it is.
    pub place: Place,
}

/// What a source is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Something to take.
    Source(Source),
    /// Other artifacts by name.
    Group(Vec<String>),
    /// A query in the language of WMI, which this program does not run.
    Wmi(String),
}

/// The systems of the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[allow(missing_docs, reason = "each is the product's own name")]
pub enum System {
    Android,
    Darwin,
    ESXi,
    #[serde(rename = "iOS")]
    Ios,
    Linux,
    Windows,
}

impl System {
    /// The kind of target it is.
    #[must_use]
    pub const fn target(self) -> TargetOs {
        match self {
            Self::Linux => TargetOs::Linux,
            Self::Windows => TargetOs::Windows,
            Self::Android | Self::Darwin | Self::ESXi | Self::Ios => TargetOs::Other,
        }
    }
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Android => "Android",
            Self::Darwin => "Darwin",
            Self::ESXi => "ESXi",
            Self::Ios => "iOS",
            Self::Linux => "Linux",
            Self::Windows => "Windows",
        })
    }
}

impl Definition {
    /// Whether it exists on such a target.
    #[must_use]
    pub fn applies_to(&self, os: TargetOs) -> bool {
        applies(&self.systems, os)
    }

    /// Its places on such a target.
    pub fn places_on(&self, os: TargetOs) -> impl Iterator<Item = &Place> {
        let here = self.applies_to(os);
        self.places
            .iter()
            .filter(move |placed| here && applies(&placed.systems, os))
            .map(|placed| &placed.place)
    }

    /// The artifacts it groups, on any system.
    pub fn members(&self) -> impl Iterator<Item = &str> {
        self.places
            .iter()
            .flat_map(|placed| match &placed.place {
                Place::Group(names) => names.as_slice(),
                Place::Source(_) | Place::Wmi(_) => &[],
            })
            .map(String::as_str)
    }

    /// Whether it is nothing but a group of others.
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
/// What in it is not as the format wants it.
pub(super) fn read(
    document: &Document<'_>,
    root: Read<'_>,
    strictness: Strictness,
) -> Result<Definition, Vec<Fault>> {
    let raw = Raw::read(root).map_err(|fault| vec![fault])?;
    let mut faults = Vec::new();
    if raw.name.value.trim().is_empty() {
        faults.push(raw.name.fault(document, "expected the name of the artifact, found an empty text"));
    }
    if raw.doc.value.trim().is_empty() {
        faults.push(raw.doc.fault(document, "expected what the artifact is, found an empty text"));
    }
    if raw.sources.value.is_empty() {
        faults.push(raw.sources.fault(document, "expected at least one source, found none"));
    }
    let mut places = Vec::with_capacity(raw.sources.value.len());
    for source in raw.sources.value {
        if let Some(odd) = source.value.supported_os.iter().find(|os| !raw.supported_os.contains(os)) {
            let problem =
                format!("expected systems of the artifact, found {odd}, which its supported_os lacks");
            faults.push(source.fault(document, problem));
        }
        match place(document, &source, strictness) {
            Ok(place) => places.push(Placed { systems: source.value.supported_os, place }),
            Err(fault) => faults.push(fault),
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(Definition {
        line: raw.name.line,
        name: raw.name.value,
        doc: raw.doc.value,
        doc_nl: None,
        aliases: raw.aliases,
        urls: raw.urls,
        systems: raw.supported_os,
        places,
        file: document.file.to_owned(),
    })
}

/// A definition as written.
struct Raw {
    name: At<String>,
    doc: At<String>,
    sources: At<Vec<At<RawSource>>>,
    aliases: Vec<String>,
    supported_os: Vec<System>,
    urls: Vec<String>,
}

impl Raw {
    fn read(node: Read<'_>) -> Result<Self, Fault> {
        // The last three are deprecated in the format, and read over.
        let known =
            ["name", "doc", "sources", "aliases", "supported_os", "urls", "conditions", "labels", "provides"];
        let fields = node.fields(&known)?;
        let sources = fields.required("sources")?;
        Ok(Self {
            name: fields.required("name")?.text_at()?,
            doc: fields.required("doc")?.text_at()?,
            aliases: fields.list("aliases", Read::text)?,
            supported_os: fields.list("supported_os", Read::one_of)?,
            urls: fields.list("urls", Read::text)?,
            sources: sources.at(sources.list(|source| Ok(source.at(RawSource::read(source)?)))?),
        })
    }
}

struct RawSource {
    kind: At<String>,
    attributes: At<RawAttributes>,
    supported_os: Vec<System>,
}

impl RawSource {
    fn read(node: Read<'_>) -> Result<Self, Fault> {
        let fields = node.fields(&["type", "attributes", "supported_os", "conditions", "provides"])?;
        let attributes = fields.required("attributes")?;
        Ok(Self {
            kind: fields.required("type")?.text_at()?,
            attributes: attributes.at(RawAttributes::read(attributes)?),
            supported_os: fields.list("supported_os", Read::one_of)?,
        })
    }
}

struct RawAttributes {
    paths: Vec<At<String>>,
    separator: Option<At<String>>,
    names: Vec<String>,
    keys: Vec<String>,
    key_value_pairs: Vec<(String, String)>,
    cmd: Option<String>,
    args: Option<Vec<String>>,
    query: Option<String>,
}

impl RawAttributes {
    fn read(node: Read<'_>) -> Result<Self, Fault> {
        let fields = node.fields(&[
            "paths",
            "separator",
            "names",
            "keys",
            "key_value_pairs",
            "cmd",
            "args",
            "query",
            "base_object",
        ])?;
        Ok(Self {
            paths: fields.list("paths", Read::text_at)?,
            separator: fields.optional("separator").map(Read::text_at).transpose()?,
            names: fields.list("names", Read::text)?,
            keys: fields.list("keys", Read::text)?,
            key_value_pairs: fields.list("key_value_pairs", pair)?,
            cmd: fields.optional("cmd").map(Read::text).transpose()?,
            args: fields.optional("args").map(|args| args.list(Read::text)).transpose()?,
            query: fields.optional("query").map(Read::text).transpose()?,
        })
    }
}

fn pair(node: Read<'_>) -> Result<(String, String), Fault> {
    let fields = node.fields(&["key", "value"])?;
    let value = fields.optional("value").map(Read::text).transpose()?;
    Ok((fields.required("key")?.text()?, value.unwrap_or_default()))
}

const KINDS: &str = "ARTIFACT_GROUP, COMMAND, DIRECTORY, FILE, PATH, REGISTRY_KEY, REGISTRY_VALUE or WMI";

fn place(document: &Document<'_>, source: &At<RawSource>, strictness: Strictness) -> Result<Place, Fault> {
    let kind = &source.value.kind;
    let attributes = &source.value.attributes;
    let raw = &attributes.value;
    let lacks = |what: &str| {
        let problem = format!("expected '{what}' in the attributes of a {} source, found none", kind.value);
        attributes.fault(document, problem)
    };
    let filled = |list: &[String], what: &str| {
        if list.is_empty() { Err(lacks(what)) } else { Ok(list.to_vec()) }
    };
    Ok(match kind.value.as_str() {
        "FILE" => Place::Source(Source::Files(patterns(document, raw, false, strictness, &lacks)?)),
        // Both name a place and not what is in it; DIRECTORY is the older word for PATH.
        "PATH" | "DIRECTORY" => {
            Place::Source(Source::Files(patterns(document, raw, true, strictness, &lacks)?))
        }
        "ARTIFACT_GROUP" => Place::Group(filled(&raw.names, "names")?),
        "COMMAND" => Place::Source(Source::Command {
            program: raw.cmd.clone().ok_or_else(|| lacks("cmd"))?,
            arguments: raw.args.clone().ok_or_else(|| lacks("args"))?,
        }),
        "REGISTRY_KEY" => Place::Source(Source::RegistryKeys(filled(&raw.keys, "keys")?)),
        "REGISTRY_VALUE" if raw.key_value_pairs.is_empty() => return Err(lacks("key_value_pairs")),
        "REGISTRY_VALUE" => Place::Source(Source::RegistryValues(raw.key_value_pairs.clone())),
        "WMI" => Place::Wmi(raw.query.clone().ok_or_else(|| lacks("query"))?),
        other => return Err(kind.fault(document, format!("expected {KINDS}, found '{other}'"))),
    })
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
                return Err(text.fault(document, problem));
            }
        },
    };
    if raw.paths.is_empty() {
        return Err(lacks("paths"));
    }
    let mut patterns = Vec::with_capacity(raw.paths.len());
    for path in &raw.paths {
        if let Some(problem) = pattern::fault(&path.value, separator, strictness) {
            return Err(path.fault(document, problem));
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
