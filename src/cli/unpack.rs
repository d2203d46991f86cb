//! `veldkit unpack`: from a bundle to a folder, verified on the way.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::identities::Keys;
use super::reading_limits::ReadingLimits;
use super::verify::{ClaimArguments, explain, lines};
use super::{Console, Exit, Failure};
use crate::analysis;
use crate::analysis::unpack::{Naming, Only, Unpacked, Unpacker, Wish};
use crate::analysis::{Integrity, Verdict};
use crate::evidence::Printable;
use crate::sys;
use crate::text::Localized as _;
use crate::text::phrases::Phrase;

/// What `unpack` takes.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(super) struct Arguments {
    bundle: PathBuf,
    #[arg(long, short)]
    out: PathBuf,
    #[arg(long)]
    salvage: bool,
    #[arg(long)]
    defang: bool,
    #[arg(long)]
    portable: bool,
    #[arg(long)]
    links: bool,
    #[arg(long)]
    only: Vec<String>,
    #[command(flatten)]
    keys: Keys,
    #[command(flatten)]
    limits: ReadingLimits,
    #[command(flatten)]
    claims: ClaimArguments,
    #[arg(long)]
    json: bool,
}

/// Carries out `unpack`.
pub(super) fn run(arguments: &Arguments, console: &mut Console<'_>) -> Result<Exit, Failure> {
    let claims = arguments.claims.read()?;
    let only = (!arguments.only.is_empty()).then(|| Only::new(&arguments.only)).transpose();
    let only = only.map_err(Failure::usage)?;
    let identities = arguments.keys.read()?;
    let limits = arguments.limits.read();
    let naming = Naming { windows: arguments.portable, defang: arguments.defang };
    let wish = Wish {
        salvage: arguments.salvage,
        only,
        naming,
        rename: Some(sys::rename_new),
        sparse: limits.sparse,
        links: arguments.links,
    };
    let mut unpacker = Unpacker::new(&arguments.out, wish).map_err(|error| {
        Failure::new(error).hint("kies een nieuwe map met --out", "choose a new folder with --out")
    })?;
    let verdict = analysis::verify(&arguments.bundle, &identities, &claims, &limits, &mut unpacker);
    let done = unpacker.finish();
    let verdict = verdict.map_err(explain)?;

    for failure in &done.failures {
        console.warn(Phrase(failure).written(console.lang));
    }
    for unmatched in &done.unmatched {
        let text = console
            .lang
            .pick("geen onderdeel van de bundel past bij --only", "no entry of the bundle matches --only");
        console.always(format_args!("{text} '{}'", Printable(unmatched)));
    }
    let exit = judge(arguments, &verdict, &done);
    if arguments.json {
        let mut object = serde_json::to_value(verdict.items).map_err(Failure::new)?;
        if let Some(object) = object.as_object_mut() {
            object.insert("integrity".to_owned(), json!(verdict.integrity));
            object.insert("authorship".to_owned(), json!(verdict.authorship));
            object.insert("unpacked".to_owned(), json!(done));
            object.insert("exit".to_owned(), json!(exit.code()));
        }
        console.result(object);
    } else {
        for line in lines(&verdict, console.lang) {
            console.result(line);
        }
        let place = arguments.out.display();
        let (nl, en) = (
            format!(
                "{} bestanden in '{place}', {} niet bewezen, {} verwijderd",
                done.files, done.unproved, done.removed
            ),
            format!(
                "{} files in '{place}', {} unproved, {} removed",
                done.files, done.unproved, done.removed
            ),
        );
        console.result(console.lang.pick(nl, en));
        if done.defanged > 0 {
            let (nl, en) = (
                format!("{} onder een onschadelijke naam (.defanged); zie mapped.jsonl", done.defanged),
                format!("{} under a harmless name (.defanged); see mapped.jsonl", done.defanged),
            );
            console.result(console.lang.pick(nl, en));
        }
    }
    if verdict.integrity == Integrity::Truncated && !arguments.salvage {
        console.warn(console.lang.pick(
            "de bundel is afgekapt; --salvage haalt ook terug wat niet bewezen is",
            "the bundle is truncated; --salvage also gives back what is not proved",
        ));
    }
    Ok(exit)
}

/// A bundle that is cut is not what was sealed, also where it was to be salvaged.
fn judge(arguments: &Arguments, verdict: &Verdict, done: &Unpacked) -> Exit {
    Exit::of([
        (true, arguments.claims.exit(verdict)),
        (!done.failures.is_empty() || !done.unmatched.is_empty(), Exit::Partial),
    ])
}
