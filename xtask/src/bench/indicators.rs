//! What indicator lists cost: `cargo xtask bench --indicators N` makes a list of N digests, and prints how long it takes to
//! load, what a digest takes of memory, what a look-up takes, and how much slower the same scan is with the list.
//!
//! In: a corpus and a list. Out: figures beside the value to reach. The scan is that of a worker: read, digest, rules; each
//! file once with the look-ups of digest and path that an item costs, and once without, now the one first and now the
//! other, so that what else the machine does slows both alike.

use std::fs::File;
use std::io::{BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use veldkit::evidence::{Content, Digest, Utc};
use veldkit::scan::indicators::{Case, IndicatorSource, Indicators};
use veldkit::scan::{Bytes, EngineKind, Facts, RuleSource, SCAN_LIMIT, Scanner};

use crate::Result;

/// Look-ups of which the mean is told.
const LOOK_UPS: u64 = 1_000_000;

/// How often every file is scanned either way; the median counts.
const ROUNDS: usize = 7;

/// Digests that share a description, as those of a case do.
const A_CASE: u64 = 500;

/// Writes a list of `count` digests that follow from their numbers.
///
/// # Errors
///
/// The file cannot be written.
pub(crate) fn make(path: &Path, count: u64) -> Result {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    for number in 0..count {
        let case = number / A_CASE;
        writeln!(out, "{};case {case} of a feed, as a report describes it", digest(number))?;
    }
    out.flush()?;
    Ok(())
}

/// Measures and prints.
///
/// # Errors
///
/// A file cannot be read.
pub(crate) fn run(corpus: &Path, list: &Path, count: &str) -> Result {
    let count: u64 = count.parse()?;
    if !list.exists() {
        make(list, count)?;
    }
    let moment = Utc::from_unix(1_795_489_445, 0).ok_or("no moment")?;
    // Once through the page cache, as the corpus is.
    std::io::copy(&mut File::open(list)?, &mut std::io::sink())?;
    let begin = Instant::now();
    let source = IndicatorSource { path: list.to_owned(), format: None };
    let indicators = Indicators::load(&[source], &[], moment)?;
    let load = begin.elapsed();
    let cost = indicators.cost();
    println!("{} digests load in {:.2} s (10,000,000 in under 10)", cost.digests, load.as_secs_f64());
    println!("{:.2} bytes each, with what is told of them (under 40)", share(cost.bytes, cost.digests));

    let (mut found, mut absent) = (Duration::ZERO, Duration::ZERO);
    let mut hits = 0_usize;
    for number in 0..LOOK_UPS {
        // A prime step goes through the whole list in no order.
        let present =
            Content::new(0, digest(number.wrapping_mul(7_368_787).checked_rem(count).unwrap_or_default()));
        let other = Content::new(0, digest(u64::MAX.wrapping_sub(number)));
        let begin = Instant::now();
        hits = hits.saturating_add(indicators.content(&present).len());
        let between = Instant::now();
        hits = hits.saturating_add(indicators.content(&other).len());
        absent = absent.saturating_add(between.elapsed());
        found = found.saturating_add(between.saturating_duration_since(begin));
    }
    let nanoseconds = |time: Duration| time.as_secs_f64() * 1e9 / 1e6;
    println!(
        "a look-up takes {:.0} ns where the list has it, {:.0} ns where not ({hits} hits of {LOOK_UPS})",
        nanoseconds(found),
        nanoseconds(absent)
    );

    let files = super::stages::files(corpus)?;
    let scanner = Scanner::compile(&[RuleSource::Embedded], EngineKind::Boreal)?;
    // Once through the page cache.
    pass(&files, &scanner, &indicators)?;
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (round_with, round_without) = pass(&files, &scanner, &indicators)?;
        with.push(round_with);
        without.push(round_without);
    }
    let mut ratios: Vec<f64> = with.iter().zip(&without).map(|(with, without)| with / without).collect();
    println!(
        "scanning {} files takes {:.3} s without, {:.3} s with the list: {:.4} times as long (under 1.02)",
        files.len(),
        median(&mut without),
        median(&mut with),
        median(&mut ratios)
    );
    Ok(())
}

/// Scans every file with the list and without; returns the seconds of each.
fn pass(files: &[PathBuf], scanner: &Scanner, indicators: &Indicators) -> Result<(f64, f64)> {
    let (mut with, mut without) = (0.0, 0.0);
    let mut content = Vec::new();
    for (number, path) in files.iter().enumerate() {
        for with_list in [number % 2 == 0, number % 2 == 1] {
            let begin = Instant::now();
            scan(path, scanner, with_list.then_some(indicators), &mut content)?;
            *(if with_list { &mut with } else { &mut without }) += begin.elapsed().as_secs_f64();
        }
    }
    Ok((with, without))
}

/// Scans a file as a worker does.
fn scan(path: &Path, scanner: &Scanner, indicators: Option<&Indicators>, content: &mut Vec<u8>) -> Result {
    content.clear();
    File::open(path)?.read_to_end(content)?;
    let digest = Digest::of(content);
    let name = path.to_string_lossy();
    let facts = Facts { filename: &name, filepath: &name, extension: "", filetype: "", owner: "" };
    let shared = Arc::new(std::mem::take(content));
    drop(scanner.scan(Bytes::beginning(&shared, SCAN_LIMIT), &facts));
    *content = Arc::try_unwrap(shared).unwrap_or_default();
    if let Some(indicators) = indicators {
        let content = Content::new(content.len().try_into().unwrap_or(u64::MAX), digest);
        drop((indicators.content(&content), indicators.path(&name, Case::Heeded)));
    }
    std::hint::black_box(digest);
    Ok(())
}

fn median(seconds: &mut [f64]) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds.get(seconds.len() / 2).copied().unwrap_or_default()
}

/// A digest that follows from a number, by four steps of `SplitMix64`: making ten million by SHA-256 would take longer
/// than reading them.
fn digest(number: u64) -> Digest {
    let mut state = number.wrapping_mul(0x2545_f491_4f6c_dd1d);
    let mut bytes = [0; 32];
    for part in bytes.chunks_mut(8) {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        part.copy_from_slice(&(z ^ (z >> 31)).to_be_bytes());
    }
    Digest::from_bytes(bytes)
}

#[allow(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "a figure for people, with two decimals"
)]
fn share(bytes: usize, count: usize) -> f64 {
    bytes as f64 / count.max(1) as f64
}
