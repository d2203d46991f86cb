//! What the tool costs and how near it comes to what its stages allow: `cargo xtask bench`.
//!
//! In: a corpus it makes under `target/bench`, or one given. Out: figures, with the value to reach beside those that
//! have one. It asserts nothing: time on a shared machine is no test. The stages are measured alone, by the product's
//! own functions, in a release build of this task; the whole is the binary that `dist` makes, as a child process.

use std::path::{Path, PathBuf};

use crate::Result;
use crate::dist;
use crate::fixtures::corpus;
use crate::process::{output, run as run_program};

mod against;
mod figures;
mod image;
#[cfg(feature = "bench")]
pub(crate) mod indicators;
mod live;
mod measure;
mod memory;
mod scan;
#[cfg(feature = "bench")]
pub(crate) mod stages;
mod whole;

use figures::Figures;

const USAGE: &str = "\
usage: cargo xtask bench [--scan] [--rules DIR]… [--files N,N,…] [--mib N] [--corpus DIR] [--rounds N] [--json]
       cargo xtask bench --indicators N [--mib N] [--corpus DIR]
       cargo xtask bench --against COMMIT [--rules DIR]… [--mib N] [--corpus DIR] [--rounds N] [--json]

  --against C    measure only this tree beside an earlier commit: collect without rules, and scan with the rules named
  --indicators N measure a list of N digests, and nothing else
  --rules DIR    measure scanning with these rules too, beside those built in and beside `yara`
  --files LIST   numbers of files at which peak memory is measured [default: 10000,100000,1000000]
  --mib N        size of the corpus that is made [default: 512]
  --corpus DIR   measure on this folder instead of a corpus made here
  --scan         measure only scanning beside `yara`, with the rules named
  --live         measure only what a host with 10,000 processes and 50,000 sockets costs
  --image        measure only what reading an image costs: NTFS beside its mount (as root), and NTFS and ext4 with
                 65,000 directories in one beside the tree
  --rounds N     how often each command is run, in turn; the median counts [default: 5]
  --json         print the figures as one JSON array";

/// What is measured, and how.
#[allow(clippy::struct_excessive_bools, reason = "each is a word of the command line")]
struct Options {
    rules: Vec<PathBuf>,
    files: Vec<u64>,
    mebibytes: u64,
    corpus: Option<PathBuf>,
    image: bool,
    live: bool,
    scan: bool,
    rounds: usize,
    against: Option<String>,
    indicators: Option<u64>,
    json: bool,
}

/// Measures all of it and prints the figures.
///
/// # Errors
///
/// A wrong word, or a command measured fails.
pub(crate) fn run(root: &Path, arguments: &[&str]) -> Result {
    let options = Options::read(arguments)?;
    let place = root.join("target").join("bench");
    std::fs::create_dir_all(&place)?;
    let folder = match &options.corpus {
        Some(folder) => std::path::absolute(folder)?,
        None => made(&place.join(format!("corpus-{}", options.mebibytes)), |folder| {
            corpus::make(folder, options.mebibytes).map(drop)
        })?,
    };
    if let Some(count) = options.indicators {
        let list = place.join(format!("indicators-{count}.txt"));
        let mut task = std::process::Command::new(build_stages(root)?);
        return run_program(task.arg("bench-indicators").args([&folder, &list]).arg(count.to_string()));
    }
    if let Some(commit) = &options.against {
        let mut figures = Figures::new(options.json);
        let work = against::Work { corpus: &folder, rules: &options.rules, rounds: options.rounds };
        against::measure(root, &place, commit, &work, &mut figures)?;
        figures.end();
        return Ok(());
    }
    let host = dist::host(root)?;
    dist::run(root, &["--target", &host])?;
    let binary = dist::binary(root, &host)?;
    let mut figures = Figures::new(options.json);
    let binary = measure::Binary::new(binary, &place)?;
    if options.image {
        image::measure(&binary, &place, &folder, options.rounds, &mut figures)?;
        figures.end();
        return Ok(());
    }
    if options.live {
        live::measure(&binary, &place, options.rounds, &mut figures)?;
        figures.end();
        return Ok(());
    }
    if options.scan {
        if options.rules.is_empty() {
            return Err("--scan measures with rules: name some with --rules DIR".into());
        }
        figures.scanning(&scan::measure(&binary, &folder, &options.rules, options.rounds)?);
        figures.end();
        return Ok(());
    }
    let alone = build_stages(root)?;
    // Stages and whole are measured in turn: what else the machine does slows both alike.
    let mut rounds = Vec::new();
    let whole = whole::measure(&binary, &folder, &options.rules, options.rounds, &mut || {
        rounds.push(stages_alone(&alone, &folder, &options.rules)?);
        Ok(())
    })?;
    let limits = figures.stages(&median_stages(&rounds));
    figures.whole(&whole, limits);
    if !options.rules.is_empty() {
        figures.scanning(&scan::measure(&binary, &folder, &options.rules, options.rounds)?);
    }
    memory::measure(&binary, &place, &options.files, &mut figures)?;
    figures.end();
    Ok(())
}

impl Options {
    fn read(arguments: &[&str]) -> Result<Self> {
        let mut options = Self {
            rules: Vec::new(),
            files: vec![10_000, 100_000, 1_000_000],
            mebibytes: corpus::MEBIBYTES,
            corpus: None,
            image: false,
            live: false,
            scan: false,
            rounds: 5,
            against: None,
            indicators: None,
            json: false,
        };
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            match *word {
                "--json" => options.json = true,
                "--image" => options.image = true,
                "--live" => options.live = true,
                "--scan" => options.scan = true,
                _ => {}
            }
            if matches!(*word, "--json" | "--image" | "--live" | "--scan") {
                continue;
            }
            let value = *words.next().ok_or(USAGE)?;
            match *word {
                "--rules" => options.rules.push(std::path::absolute(value)?),
                "--files" => {
                    options.files =
                        value.split(',').map(str::parse).collect::<std::result::Result<_, _>>()?;
                }
                "--mib" => options.mebibytes = value.parse()?,
                "--against" => options.against = Some(value.to_owned()),
                "--corpus" => options.corpus = Some(value.into()),
                "--indicators" => options.indicators = Some(value.parse()?),
                "--rounds" => options.rounds = value.parse::<usize>()?.max(1),
                _ => return Err(USAGE.into()),
            }
        }
        Ok(options)
    }
}

/// A folder that is made once: `make` fills it, a file beside it says that it was filled to the end.
fn made(folder: &Path, make: impl FnOnce(&Path) -> Result) -> Result<PathBuf> {
    let stamp = folder.with_extension("made");
    if !stamp.exists() {
        if folder.exists() {
            std::fs::remove_dir_all(folder)?;
        }
        make(folder)?;
        std::fs::write(stamp, "")?;
    }
    Ok(folder.to_owned())
}

/// A stage measured alone, on one thread: what it is called, how long it took, and the bytes in and out of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stage {
    pub(crate) name: String,
    pub(crate) seconds: f64,
    pub(crate) read: u64,
    pub(crate) made: u64,
}

impl Stage {
    /// As the release build of this task prints it.
    #[cfg(feature = "bench")]
    pub(crate) fn line(&self) -> String {
        format!("{}\t{}\t{}\t{}", self.name, self.seconds, self.read, self.made)
    }

    fn parse(line: &str) -> Result<Self> {
        let mut fields = line.split('\t');
        let mut field = || fields.next().ok_or_else(|| format!("no stage: {line}"));
        Ok(Self {
            name: field()?.to_owned(),
            seconds: field()?.parse()?,
            read: field()?.parse()?,
            made: field()?.parse()?,
        })
    }
}

/// Builds this task with the stages in it, as the product is built for release.
fn build_stages(root: &Path) -> Result<PathBuf> {
    let target = dist::host(root)?;
    run_program(dist::static_cargo(root, &target).args([
        "build",
        "--quiet",
        "--release",
        "--locked",
        "--package",
        "xtask",
        "--features",
        "bench",
    ]))?;
    Ok(root.join("target").join(target).join("release").join("xtask"))
}

/// Measures the stages once.
fn stages_alone(program: &Path, corpus: &Path, rules: &[PathBuf]) -> Result<Vec<Stage>> {
    let lines = output(std::process::Command::new(program).arg("bench-stages").arg(corpus).args(rules))?;
    lines.lines().map(Stage::parse).collect()
}

/// Of each stage the round of which as many were faster as were slower.
fn median_stages(rounds: &[Vec<Stage>]) -> Vec<Stage> {
    let names = rounds.first().into_iter().flatten();
    names
        .filter_map(|stage| {
            let mut same: Vec<&Stage> =
                rounds.iter().flatten().filter(|other| other.name == stage.name).collect();
            same.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
            same.get(same.len() / 2).copied().cloned()
        })
        .collect()
}
