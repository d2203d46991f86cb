//! `veldkit unpack`: from a bundle to a folder, verified on the way.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::identities::Keys;
use super::reading_limits::ReadingLimits;
use super::verify::{ClaimArguments, explain, lines};
use super::{Console, Exit, Failure};
use crate::analysis;
use crate::analysis::unpack::{Naming, Only, Unpacked, Unpacker, Wish};
use crate::analysis::{Integrity, Verdict};
use crate::sys;
use crate::text::Sentence;
use crate::text::console::reported;
use crate::text::phrases::Phrase;
use crate::text::unpack as text;

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
    let identities = arguments.keys.read(console.lang)?;
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
    let mut unpacker = Unpacker::new(&arguments.out, wish)
        .map_err(|error| Failure::new(error).hint(text::new_directory()))?;
    let verdict = analysis::verify(&arguments.bundle, &identities, &claims, &limits, &mut unpacker);
    let done = unpacker.finish();
    let verdict = verdict.map_err(explain)?;

    for failure in &done.failures {
        console.warn(&reported(Phrase(failure)));
    }
    for unmatched in &done.unmatched {
        console.always(&text::nothing_matches(unmatched));
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
        lines(&verdict).iter().chain(&summary(&done, &arguments.out)).for_each(|line| console.answer(line));
    }
    if verdict.integrity == Integrity::Truncated && !arguments.salvage {
        console.warn(&text::truncated());
    }
    Ok(exit)
}

/// What was unpacked, for a person.
fn summary(done: &Unpacked, out: &Path) -> Vec<Sentence> {
    let mut lines = vec![text::sum(&text::files(done.files, out), done.unproved, done.removed)];
    lines.extend((done.defanged > 0).then(|| text::defanged(done.defanged)));
    lines
}

/// A bundle that is cut is not what was sealed, also where it was to be salvaged.
fn judge(arguments: &Arguments, verdict: &Verdict, done: &Unpacked) -> Exit {
    Exit::of([
        (true, arguments.claims.exit(verdict)),
        (!done.failures.is_empty() || !done.unmatched.is_empty(), Exit::Partial),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::console::assert_printed;

    #[test]
    fn what_was_unpacked_is_the_golden_text() {
        assert_printed("unpack", |console| {
            for (files, unproved, removed, defanged) in [(1, 0, 0, 0), (9_407, 2, 1, 1), (3, 0, 0, 1_000)] {
                let done = Unpacked { files, unproved, removed, defanged, ..Unpacked::default() };
                console.answer_all(&summary(&done, Path::new("out")));
            }
            console.always(&text::nothing_matches("/var/log/*"));
            console.warn(&text::truncated());
        });
    }
}
