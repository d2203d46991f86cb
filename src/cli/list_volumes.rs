//! `veldkit list-volumes`: what is on a disk image or on this host's disks, and which of it is read.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::{Console, Exit, Failure};
use crate::evidence::Printable;
use crate::sources::volumes;
use crate::sources::volumes::VolumeFacts;
use crate::text::list_volumes as text;
use crate::text::phrases::Phrase;
use crate::text::{ByteSize, Language, Localized as _};

/// What `list-volumes` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[arg(required_unless_present = "live")]
    image: Option<PathBuf>,
    #[arg(long, conflicts_with = "image")]
    live: bool,
    #[arg(long)]
    json: bool,
}

/// Carries out `list-volumes`.
pub(super) fn run(arguments: &Arguments, console: &mut Console<'_>) -> Result<Exit, Failure> {
    let listed = match &arguments.image {
        Some(image) => {
            volumes::of_image(image).map_err(|error| Failure::new(error).hint(text::name_an_image()))?
        }
        None => volumes::of_this_host().map_err(Failure::new)?,
    };
    if arguments.json {
        for volume in &listed {
            console.result(as_json(volume));
        }
    } else {
        for line in table(&listed, console.lang) {
            console.result(line);
        }
    }
    // As a collection of all of it would end.
    Ok(if listed.iter().any(|volume| volume.gap) { Exit::Partial } else { Exit::Done })
}

fn as_json(volume: &VolumeFacts) -> serde_json::Value {
    let mut object = json!(volume);
    if let serde_json::Value::Object(fields) = &mut object {
        fields.retain(|_, value| !value.is_null());
    }
    object
}

fn table(volumes: &[VolumeFacts], lang: Language) -> Vec<String> {
    let mut lines = vec![format!(
        "{:<12} {:>14} {:>11}  {:<10} {:<16} {}",
        text::number().in_language(lang),
        text::start().in_language(lang),
        text::size().in_language(lang),
        text::file_system().in_language(lang),
        text::mounted_on().in_language(lang),
        text::kind().in_language(lang),
    )];
    for volume in volumes {
        let size = ByteSize(volume.size).written(lang);
        let start = volume.start.map(|start| start.to_string()).unwrap_or_default();
        let printable = |text: &Option<String>| Printable(text.as_deref().unwrap_or_default()).to_string();
        let mut line = format!(
            "{:<12} {start:>14} {size:>11}  {:<10} {:<16} {}",
            Printable(&volume.name).to_string(),
            printable(&volume.file_system),
            printable(&volume.place),
            printable(&volume.kind),
        );
        if let Some(label) = volume.label.as_ref().filter(|label| !label.is_empty()) {
            let _ = write!(line, " '{}'", Printable(label));
        }
        for reason in volume.not_read.iter().chain(&volume.note) {
            let _ = write!(line, "  ({})", Phrase(reason).written(lang));
        }
        lines.push(line.trim_end().to_owned());
    }
    lines
}
