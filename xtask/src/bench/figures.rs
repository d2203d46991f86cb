//! What is printed: a name, a value, its unit, and what is to be reached, as a table or as JSON.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "figures for a person: a rounded last digit or a division by nothing, printed as such, harms none"
)]

use super::Stage;
use super::against::Comparison;
use super::measure::Cost;
use super::scan::Scanning;
use super::whole::Whole;

/// Stages that a run without rules passes through; the deflate is that of the default level.
const WITHOUT_RULES: [&str; 6] =
    ["read", "SHA-256", "deflate 1", "container and age", "SHA-256 of the bundle", "write"];

/// The least time a run can take: the sum of its stages over the cores.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    cores: f64,
    bytes: f64,
    without_rules: f64,
    with_rules: f64,
}

/// Takes figures and prints them.
pub(super) struct Figures {
    json: bool,
    lines: Vec<String>,
}

impl Figures {
    pub(super) const fn new(json: bool) -> Self {
        Self { json, lines: Vec::new() }
    }

    /// The stages alone. Returns the limits that follow from them.
    pub(super) fn stages(&mut self, stages: &[Stage]) -> Limits {
        let cores = std::thread::available_parallelism().map_or(1.0, |cores| cores.get() as f64);
        let bytes = stages.iter().find(|stage| stage.name == "read").map_or(0, |stage| stage.read) as f64;
        self.title("stages alone, one thread");
        self.put("corpus", bytes / 1e6, "MB", None);
        for stage in stages {
            if stage.read == 0 {
                self.put(&stage.name, stage.seconds, "s", None);
            } else {
                self.put(&stage.name, stage.read as f64 / 1e6 / stage.seconds, "MB/s", None);
            }
            if stage.name.starts_with("deflate") {
                self.put(&format!("{}, size", stage.name), stage.made as f64 / bytes, "of the corpus", None);
            }
        }
        let sum = |wanted: &dyn Fn(&str) -> bool| -> f64 {
            stages.iter().filter(|stage| wanted(&stage.name)).map(|stage| stage.seconds).sum()
        };
        let scanning = |name: &str| name.starts_with("scan ") || name.starts_with("compile ");
        let without_rules = sum(&|name| WITHOUT_RULES.contains(&name)) / cores;
        let with_rules = sum(&|name| WITHOUT_RULES.contains(&name) || scanning(name)) / cores;
        self.put("limit without rules: the stages over the cores", without_rules, "s", None);
        self.put("limit with rules", with_rules, "s", None);
        Limits { cores, bytes, without_rules, with_rules }
    }

    /// The whole, beside its limits and beside the classic pipe.
    pub(super) fn whole(&mut self, whole: &Whole, limits: Limits) {
        self.title(&format!("the whole, {} cores, medians of runs in turn", limits.cores));
        let Whole { plain, levels, scanning, classic } = whole;
        self.run("tar | gzip -1 | age", classic, limits);
        self.run("veldkit without rules", plain, limits);
        self.put("  of its limit", plain.seconds / limits.without_rules, "", Some("at most 1.2"));
        self.compare(plain, classic, "at most 1.2", "at least 4");
        for (level, cost) in levels {
            self.run(&format!("veldkit without rules, level {level}"), cost, limits);
            self.compare(cost, classic, "one level at most 1.0", "that level at least 2.2");
        }
        self.run("veldkit with rules", scanning, limits);
        self.put("  of its limit", scanning.seconds / limits.with_rules, "", Some("at most 1.2"));
    }

    /// Scanning alone, beside the `yara` command line.
    pub(super) fn scanning(&mut self, scanning: &Scanning) {
        let Scanning { first, ours, with_archives, yara, rule_files, only_theirs, only_ours, neither, bytes } =
            scanning;
        let megabytes = *bytes as f64 / 1e6;
        self.title(&format!("scanning alone, two threads, {rule_files} rule files, medians of runs in turn"));
        self.put("rule files that only yara compiles", only_theirs.len() as f64, "", Some("0"));
        for file in only_theirs {
            self.put(&format!("  {}", file.display()), 1.0, "", Some("0"));
        }
        self.put("rule files that only veldkit compiles", *only_ours as f64, "", None);
        self.put("rule files that neither compiles", *neither as f64, "", None);
        self.put("start to first scan", first.seconds, "s", Some("under 1.5"));
        self.put("veldkit scan", ours.seconds, "s", None);
        self.put("  speed", megabytes / ours.seconds, "MB/s", None);
        self.put("  peak memory", mebibytes(ours.peak_bytes), "MiB", Some("under 256"));
        self.put("yara", yara.seconds, "s", None);
        self.put("  speed", megabytes / yara.seconds, "MB/s", None);
        self.put("  times as fast as yara", yara.seconds / ours.seconds, "", Some("at least 1.7"));
        self.put("veldkit scan, archives looked into", with_archives.seconds, "s", None);
        self.put("  peak memory", mebibytes(with_archives.peak_bytes), "MiB", Some("under 256"));
    }

    /// Peak memory at numbers of files; `name` is the length of an entry's name.
    pub(super) fn memory(&mut self, peaks: &[(u64, u64)], name: u64) {
        self.title("peak memory, without rules, files of 100 to 355 bytes");
        for (files, peak) in peaks {
            let reach = 128.0 + *files as f64 * (1024 + name) as f64 / 1_048_576.0;
            self.put(
                &format!("{files} files"),
                mebibytes(*peak),
                "MiB",
                Some(&format!("at most {reach:.0}")),
            );
        }
        if let (Some((few, low)), Some((many, high))) = (peaks.first(), peaks.last())
            && many > few
        {
            let slope = (*high as f64 - *low as f64) / (many - few) as f64;
            self.put("one more file, its name left out", slope - name as f64, "bytes", Some("at most 1024"));
        }
    }

    /// The tables of a busy host.
    pub(super) fn live(&mut self, cost: &Cost) {
        self.title("10,000 processes and 50,000 sockets, median");
        self.put("from start to end", cost.seconds, "s", Some("under 5"));
        self.put("peak memory", mebibytes(cost.peak_bytes), "MiB", Some("at most 100"));
    }

    /// An image read by its own structures, beside the mount of it or the tree that it was made of.
    pub(super) fn image(&mut self, what: &str, beside: &str, reach: &str, costs: (&Cost, &Cost)) {
        let (raw, tree) = costs;
        self.title(&format!("{what}, medians of runs in turn"));
        for (name, cost) in [("read by its structures", raw), (&format!("read through its {beside}"), tree)] {
            self.put(name, cost.seconds, "s", None);
            self.put("  processor time", cost.processor_seconds, "s", None);
            self.put("  peak memory", mebibytes(cost.peak_bytes), "MiB", None);
        }
        self.put(&format!("image over {beside}"), raw.seconds / tree.seconds, "", Some(reach));
    }

    /// Two programs beside each other.
    pub(super) fn against(&mut self, title: &str, comparison: &Comparison, reach: &str) {
        self.title(&format!("{title}, processor time"));
        let Comparison { old, new, ratio } = comparison;
        for (name, spread, unit) in [("old", old, "s"), ("new", new, "s"), ("new over old", ratio, "")] {
            let reach = (unit.is_empty()).then_some(reach);
            self.put(&format!("{name}, medians"), spread.median, unit, reach);
            self.put(&format!("{name}, least"), spread.least, unit, None);
        }
    }

    /// Prints what is not printed yet.
    pub(super) fn end(&self) {
        if self.json {
            println!("[{}]", self.lines.join(",\n "));
        }
    }

    fn run(&mut self, name: &str, cost: &Cost, limits: Limits) {
        self.put(name, cost.seconds, "s", None);
        self.put("  speed", limits.bytes / 1e6 / cost.seconds, "MB/s", None);
        self.put("  processor time", cost.processor_seconds, "s", None);
        self.put("  peak memory", mebibytes(cost.peak_bytes), "MiB", None);
        self.put("  size", cost.made as f64 / 1e6, "MB", None);
    }

    fn compare(&mut self, ours: &Cost, classic: &Cost, size: &str, speed: &str) {
        self.put("  times as fast as the pipe", classic.seconds / ours.seconds, "", Some(speed));
        self.put("  times its size", ours.made as f64 / classic.made as f64, "", Some(size));
    }

    fn title(&self, title: &str) {
        if !self.json {
            println!("\n{title}");
        }
    }

    fn put(&mut self, name: &str, value: f64, unit: &str, reach: Option<&str>) {
        if self.json {
            // Debug of a str of these names is the JSON of it.
            let reach = reach.map_or("null".to_owned(), |reach| format!("{reach:?}"));
            self.lines.push(format!(
                "{{\"name\": {:?}, \"value\": {value}, \"unit\": {unit:?}, \"to_reach\": {reach}}}",
                name.trim()
            ));
        } else {
            let reach = reach.map_or(String::new(), |reach| format!("  (to reach: {reach})"));
            println!("  {name:48} {value:>10.2} {unit}{reach}");
        }
    }
}

fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / 1_048_576.0
}
