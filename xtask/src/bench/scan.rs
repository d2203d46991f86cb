//! What scanning costs by itself, beside the `yara` command line on the same files, cores and rules, in turn.
//!
//! In: a corpus and rule folders. Out: seconds from start to the first scan (a folder with one small file), the peak at
//! two threads, and both throughputs. Archives stay closed, since `yara` does not look into them; what looking costs is
//! a figure of its own. Rule files that one of the two cannot use are left out of both.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::measure::{Binary, Cost, cost};
use crate::Result;
use crate::process::output;

/// Threads of both.
const THREADS: &str = "2";

/// External variables that rules may ask for; `yara` wants them defined.
const VARIABLES: [&str; 5] = ["filename=", "filepath=", "extension=", "filetype=", "owner="];

/// What was measured.
pub(super) struct Scanning {
    pub(super) first: Cost,
    pub(super) ours: Cost,
    pub(super) with_archives: Cost,
    pub(super) yara: Cost,
    pub(super) rule_files: usize,
    /// Rule files that `yarac` compiles and the scanner does not: named, since each is a fault here.
    pub(super) only_theirs: Vec<PathBuf>,
    /// How many the scanner compiles and `yarac` does not, and neither does.
    pub(super) only_ours: usize,
    pub(super) neither: usize,
    /// Size of the corpus.
    pub(super) bytes: u64,
}

/// Measures all in turn, `rounds` times.
///
/// # Errors
///
/// A command does not end with 0, or `yara` is not installed.
pub(super) fn measure(binary: &Binary, corpus: &Path, rules: &[PathBuf], rounds: usize) -> Result<Scanning> {
    let place = binary.fresh("scan")?;
    let (one, usable) = (place.with_extension("one"), place.with_extension("rules"));
    std::fs::create_dir_all(&one)?;
    std::fs::write(one.join("a.txt"), "nothing")?;
    let Usable { files, only_theirs, only_ours, neither } = both_can_use(binary, rules, &usable)?;
    let usable = usable.to_string_lossy().into_owned();
    let bytes = output(Command::new("du").args(["-s", "-b"]).arg(corpus))?;
    let bytes = bytes.split_whitespace().next().ok_or("du printed nothing")?.parse()?;
    let corpus = corpus.to_string_lossy().into_owned();
    let scan = |folder: &str, further: &[&str]| {
        let program = binary.program().to_string_lossy().into_owned();
        let mut command =
            vec![program.as_str(), "scan", folder, "--rules", &usable, "--threads", THREADS, "--quiet"];
        command.extend(further);
        cost(&command, &one.join("a.txt"))
    };
    let yara = || {
        let mut command: Vec<String> = ["yara", "-w", "-r", "-N", "-p", THREADS].map(str::to_owned).to_vec();
        command.extend(VARIABLES.iter().flat_map(|variable| ["-d".to_owned(), (*variable).to_owned()]));
        command
            .extend(files.iter().enumerate().map(|(number, file)| format!("n{number}:{}", file.display())));
        command.push(corpus.clone());
        let command: Vec<&str> = command.iter().map(String::as_str).collect();
        cost(&command, &one.join("a.txt"))
    };
    let (mut first, mut ours, mut open, mut theirs) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        first.push(scan(&one.to_string_lossy(), &["--no-archives"])?);
        ours.push(scan(&corpus, &["--no-archives"])?);
        theirs.push(yara()?);
        open.push(scan(&corpus, &[])?);
    }
    let median = |costs| super::whole::median(costs).ok_or("nothing was measured");
    Ok(Scanning {
        first: median(first)?,
        ours: median(ours)?,
        with_archives: median(open)?,
        yara: median(theirs)?,
        rule_files: files.len(),
        only_theirs,
        only_ours,
        neither,
        bytes,
    })
}

/// What each of the two makes of the rule files.
#[derive(Default)]
struct Usable {
    /// Copies of those that both compile.
    files: Vec<PathBuf>,
    only_theirs: Vec<PathBuf>,
    only_ours: usize,
    neither: usize,
}

/// Copies the rule files that both compile into one folder, numbered, and counts the others.
fn both_can_use(binary: &Binary, rules: &[PathBuf], folder: &Path) -> Result<Usable> {
    std::fs::create_dir_all(folder)?;
    let probe = folder.join("probe.bin");
    let mut usable = Usable::default();
    for (number, file) in rule_files(rules)?.into_iter().enumerate() {
        let copy = folder.join(format!("{number:05}.yar"));
        std::fs::copy(&file, &copy)?;
        let variables = VARIABLES.iter().flat_map(|variable| ["-d", *variable]);
        let theirs = Command::new("yarac").arg("-w").args(variables).arg(&copy).arg(&probe).output()?;
        let ours = Command::new(binary.program()).args(["rules", "check"]).arg(&copy).output()?;
        match (theirs.status.success(), ours.status.success()) {
            (true, true) => {
                usable.files.push(copy);
                continue;
            }
            (true, false) => usable.only_theirs.push(file),
            (false, true) => usable.only_ours = usable.only_ours.saturating_add(1),
            (false, false) => usable.neither = usable.neither.saturating_add(1),
        }
        std::fs::remove_file(&copy)?;
    }
    drop(std::fs::remove_file(&probe));
    Ok(usable)
}

/// All rule files of folders, by name.
fn rule_files(rules: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in rules {
        let found = output(Command::new("find").arg(path).args(["-type", "f", "-name", "*.yar*"]))?;
        files.extend(found.lines().map(PathBuf::from));
    }
    files.sort();
    Ok(files)
}
