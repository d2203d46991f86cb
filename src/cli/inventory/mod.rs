//! `veldkit inventory`: what a host has, as CycloneDX or as a table, on standard output.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::console::CommandError;
use super::{Console, Exit, Failure};
use crate::acquisition::Clock;
use crate::live::inventory;
use crate::sources::Target;
use crate::text::collect::choose_a_root;
use crate::text::console::reported;
use crate::text::inventory as text;
use crate::text::phrases::Phrase;

mod csv;
mod cyclonedx;

/// What `inventory` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[arg(long, default_value = "cyclonedx")]
    format: Format,
    #[arg(long)]
    root: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Cyclonedx,
    Csv,
}

/// Carries out `inventory`.
pub(super) fn run(arguments: &Arguments, console: &mut Console<'_>) -> Result<Exit, Failure> {
    let target = match &arguments.root {
        Some(root) => Target::tree(root),
        None => Target::live(),
    };
    let target = target.map_err(|error| Failure::new(error).hint(choose_a_root()))?;
    let inventory = inventory::of(&target);
    for lacking in &inventory.lacking {
        console.warn(&reported(Phrase(lacking)));
    }
    match arguments.format {
        Format::Cyclonedx => {
            let document = cyclonedx::document(&inventory, Clock::start().started(), serial()?);
            let text = serde_json::to_string_pretty(&document).map_err(Failure::new)?;
            console.result(text);
        }
        Format::Csv => console.result(csv::table(&inventory).map_err(Failure::new)?),
    }
    Ok(if inventory.lacking.is_empty() { Exit::Done } else { Exit::Partial })
}

/// The random bytes of the document's own number.
fn serial() -> Result<[u8; 16], Failure> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| {
        let cause = std::io::Error::other(error.to_string());
        Failure::new(CommandError::new(text::no_random_bytes()).caused_by(cause))
    })?;
    Ok(bytes)
}
