//! What starts by itself as the programs that start it read it: tables of cron compared with `crontab -n`, which checks a
//! table and installs nothing, and units with what systemd's `--test` would start. Every difference has its reason in a
//! table, and a reason without a difference fails as well.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::host_faults::Collected;
use crate::made::Made;

/// Lines of a user's table, as attackers, packages and manuals write them.
const CRON_LINES: &[&str] = &[
    "* * * * * /opt/x",
    "*/5 * * * * /opt/x",
    "*/5\t*\t*\t*\t*\t/opt/x",
    "  0 3 * * * /opt/x",
    "\t0 3 * * * /opt/x",
    "0 3 1 jan mon /opt/x",
    "0 3 1 JAN-DEC Mon,tue /opt/x",
    "0 3 1 1 0-7 /opt/x",
    "0 3 * * sun /opt/x",
    "0-59/2 * * * * /opt/x",
    "1-5/2,7,50-59 0,12 1-31 */2 1-5 /opt/x",
    "5/10 * * * * /opt/x",
    "*/0 * * * * /opt/x",
    "*/60 * * * * /opt/x",
    "*/-1 * * * * /opt/x",
    "60 * * * * /opt/x",
    "0 24 * * * /opt/x",
    "0 0 0 * * /opt/x",
    "0 0 32 * * /opt/x",
    "0 0 * 13 * /opt/x",
    "0 0 * * 8 /opt/x",
    "30-10 * * * * /opt/x",
    ",5 * * * * /opt/x",
    "5, * * * * /opt/x",
    "1,,2 * * * * /opt/x",
    "1- * * * * /opt/x",
    "** * * * * /opt/x",
    "*5 * * * * /opt/x",
    "jan * * * * /opt/x",
    "0 0 * januari * /opt/x",
    "0x5 * * * * /opt/x",
    "007 * * * * /opt/x",
    "+5 * * * * /opt/x",
    "-5 * * * * /opt/x",
    "-*/5 * * * * /opt/x",
    "~ * * * * /opt/x",
    "0~30 * * * * /opt/x",
    "* * * * *",
    "* * * * * ",
    "* * * * /opt/x",
    "* * * * *%",
    "* * * * * %in",
    "* * * * * /opt/x%line%line",
    "* * * * * /opt/x # no comment",
    "* * * * * ; /opt/x",
    "* * * * * A=b /opt/x",
    "* * * * * \"/opt/my x\"",
    "* * * * * /opt/x\r",
    "* * * * * \u{1f4a9}",
    "@reboot /opt/x",
    "@reboot\t/opt/x",
    "@reboot",
    "@yearly /opt/x",
    "@annually /opt/x",
    "@monthly /opt/x",
    "@weekly /opt/x",
    "@daily /opt/x",
    "@midnight /opt/x",
    "@hourly /opt/x",
    "@REBOOT /opt/x",
    "@every_minute /opt/x",
    "@every 5m /opt/x",
    "@5 /opt/x",
    "@ 30 /opt/x",
    "A=b",
    "A = b",
    "A= ",
    "A=\"b c\"",
    "\"A b\"=c",
    "'A' = 'c'",
    "MAILTO=",
    "*=x /opt/y z u v w",
    "* = x y z u v w",
    "0 = x y z u v w",
    "A b",
    "A",
    "# * * * * * /opt/x",
    "  # * * * * * /opt/x",
    "#",
    "; * * * * * /opt/x",
    "// * * * * * /opt/x",
    "nonsense of some words in a line",
    "&bootrun 0 5 * * * /opt/x",
    "%hourly 5 /opt/x",
    "! * * * * * /opt/x",
];

/// What is a row here though Debian's cron runs nothing, with the reason.
const CRON_REFUSES: &[(&str, &str)] = &[
    ("5/10 * * * * /opt/x", CRONIE),
    ("-5 * * * * /opt/x", CRONIE),
    ("-*/5 * * * * /opt/x", CRONIE),
    ("~ * * * * /opt/x", CRONIE),
    ("&bootrun 0 5 * * * /opt/x", FCRON),
    ("%hourly 5 /opt/x", FCRON),
    ("@ 30 /opt/x", FCRON),
    ("@5 /opt/x", FCRON),
    ("@every 5m /opt/x", WORD),
    ("@every_minute /opt/x", WORD),
    ("@REBOOT /opt/x", WORD),
    ("*/0 * * * * /opt/x", MOMENT),
    ("*/-1 * * * * /opt/x", MOMENT),
    ("60 * * * * /opt/x", MOMENT),
    ("0 24 * * * /opt/x", MOMENT),
    ("0 0 0 * * /opt/x", MOMENT),
    ("0 0 32 * * /opt/x", MOMENT),
    ("0 0 * 13 * /opt/x", MOMENT),
    ("0 0 * * 8 /opt/x", MOMENT),
    ("0 0 * januari * /opt/x", MOMENT),
    ("0x5 * * * * /opt/x", MOMENT),
    ("1,,2 * * * * /opt/x", MOMENT),
    ("1- * * * * /opt/x", MOMENT),
    ("5, * * * * /opt/x", MOMENT),
];

const CRONIE: &str = "cronie and SUSE's cron run it";
const FCRON: &str = "fcron runs it";
const WORD: &str = "the crons of the BSDs have more words behind an @, and some ignore case";
const MOMENT: &str =
    "a moment that never comes is no reason to leave out what somebody wrote: the row has it as it is";

/// What is no row here though Debian's cron has a job, with the reason.
const CRON_RUNS: &[(&str, &str)] =
    &[("* * * * *", EMPTY), ("* * * * * ", EMPTY), ("* * * * *%", EMPTY), ("@reboot", EMPTY)];

const EMPTY: &str = "its command is empty, so nothing is started";

/// What a line is to cron.
#[derive(Debug, PartialEq, Eq)]
enum CronLine {
    Job,
    /// A setting, a comment or an empty line.
    Other,
    Refused,
}

/// Asks cron itself: a letter before a setting's name leaves a setting, and before a job's minute a line that is refused.
fn cron(dir: &Path, line: &str) -> CronLine {
    let accepts = |line: &str| {
        let file = dir.join("table");
        fs::write(&file, format!("{line}\n")).unwrap();
        Command::new("crontab").arg("-n").arg(&file).output().unwrap().status.success()
    };
    let (blanks, text) = line.split_at(line.len() - line.trim_start().len());
    let quote = text.chars().next().filter(|first| matches!(first, '"' | '\'')).map_or(0, char::len_utf8);
    let longer = format!("{blanks}{}q{}", &text[..quote], &text[quote..]);
    match (accepts(line), accepts(&longer) || text.starts_with('#')) {
        (false, _) => CronLine::Refused,
        (true, true) => CronLine::Other,
        (true, false) => CronLine::Job,
    }
}

#[test]
#[ignore = "needs crontab"]
fn a_line_that_is_a_job_of_cron_is_a_row_and_no_other_is_without_a_reason() {
    let made = Made::linux();
    for (number, line) in CRON_LINES.iter().enumerate() {
        made.put(&format!("var/spool/cron/crontabs/u{number}"), format!("{line}\n").as_bytes());
        // The same line in a table of the system, with the user behind the moment.
        if let Some((moment, command)) = line.split_once("/opt/") {
            made.put(&format!("etc/cron.d/u{number}"), format!("{moment}root /opt/{command}\n").as_bytes());
        }
    }
    let found = Collected::of(&made, "LiveAutostarts");
    let rows = |file: &str| -> Vec<&Value> {
        found.of_kind("start").into_iter().filter(|row| row["file"] == file).collect()
    };
    let mut differences = (BTreeSet::new(), BTreeSet::new());
    let (mut jobs, mut refused) = (0, 0);
    for (number, line) in CRON_LINES.iter().enumerate() {
        let ours = rows(&format!("/var/spool/cron/crontabs/u{number}"));
        let theirs = cron(made.path(), line);
        jobs += usize::from(theirs == CronLine::Job);
        refused += usize::from(theirs == CronLine::Refused);
        match (ours.len(), theirs) {
            (0, CronLine::Job) => drop(differences.1.insert(*line)),
            (1, CronLine::Refused | CronLine::Other) => drop(differences.0.insert(*line)),
            (count, _) => assert!(count < 2, "{line}"),
        }
        let of_system = rows(&format!("/etc/cron.d/u{number}"));
        if let ([job], Some((moment, _))) = (ours.as_slice(), line.split_once("/opt/"))
            && job["schedule"] == moment.trim().trim_start_matches('-')
        {
            assert_eq!(of_system[0]["user"], "root", "{line}");
            assert_eq!(
                (&of_system[0]["schedule"], &of_system[0]["command"]),
                (&job["schedule"], &job["command"]),
                "{line}"
            );
        }
    }
    assert!(jobs >= 30 && refused >= 20, "{jobs} {refused}");
    let of = |table: &[(&'static str, &str)]| table.iter().map(|(line, _)| *line).collect();
    assert_eq!(differences, (of(CRON_REFUSES), of(CRON_RUNS)));
}

/// Units by file name, as packages and attackers write them; a name with `/` is a drop-in.
const UNITS: &[(&str, &str)] = &[
    ("plain.service", "[Service]\nExecStart=/opt/plain -f $X ${Y}\n"),
    ("blanks.service", "[Service]\n  ExecStart \t=  /opt/blanks\ta   b  \n"),
    ("continued.service", "[Service]\nExecStart=/opt/continued \\\n  one \\\n\\\n two\nExecStop=/opt/stop\n"),
    (
        "comment.service",
        "[Service]\nExecStart=/opt/comment \\\n# one \\\n; two\n  three\nExecStop=/opt/stop\n",
    ),
    ("empty-line.service", "[Service]\nExecStart=/opt/empty \\\n\n  behind\n"),
    ("double.service", "[Service]\nExecStart=/opt/double \\\\\nExecStop=/opt/stop\n"),
    ("blank-behind.service", "[Service]\nExecStart=/opt/blank \\ \nExecStop=/opt/stop\n"),
    ("comment-slash.service", "[Service]\n# a comment \\\nExecStart=/opt/behind-comment\n"),
    ("at-end.service", "[Service]\nExecStart=/opt/at-end a \\"),
    ("no-newline.service", "[Service]\nExecStart=/opt/no-newline"),
    ("crlf.service", "[Service]\r\nExecStart=/opt/crlf a\r\nExecStop=/opt/stop\r\n"),
    ("bom.service", "\u{feff}[Service]\nExecStart=/opt/bom\n"),
    (
        "prefixes.service",
        "[Service]\nType=oneshot\nExecStart=-/opt/p1\nExecStart=:/opt/p2 $X\nExecStart=+/opt/p3\nExecStart=!/opt/p4\nExecStart=!!/opt/p5\nExecStart=-+/opt/p6\nExecStart=@/opt/p7 other a\nExecStart=-@/opt/p8 other\n",
    ),
    ("reset.service", "[Service]\nExecStart=/opt/before\nExecStart=\nExecStart=/opt/after\n"),
    ("replaced.service", "[Service]\nExecStart=/opt/packaged\n"),
    ("replaced.service.d/20-own.conf", "[Service]\nExecStart=/opt/own\n"),
    ("replaced.service.d/10-reset.conf", "[Service]\nExecStart=\n"),
    ("added.service", "[Service]\nExecStart=/opt/added\n"),
    ("added.service.d/10.conf", "[Service]\nExecStartPost=/opt/post \"a b\"\n"),
    ("added.service.d/20.txt", "[Service]\nExecStartPost=/opt/not-conf\n"),
    ("dash-a-b.service", "[Service]\nExecStart=/opt/dash\n"),
    ("dash-.service.d/10.conf", "[Service]\nExecStartPre=/opt/of-prefix\n"),
    ("quoted.service", "[Service]\nExecStart=/opt/quoted \"a b\" 'c d' e\\x20f \"g\\\"h\"\n"),
    ("quoted-path.service", "[Service]\nExecStart=\"/opt/my program\" a\n"),
    (
        "several.service",
        "[Service]\nType=oneshot\nExecStart=/opt/s1 a ; /opt/s2 ; -/opt/s3 b\nExecStart=/opt/s4 \\; c\n",
    ),
    ("specifier.service", "[Service]\nExecStart=/opt/specifier %n %%\n"),
    ("template@.service", "[Service]\nExecStart=/opt/template %i\n"),
    (
        "section.service",
        "[Unit]\nExecStart=/opt/of-unit\n[Service]\nExecStart=/opt/of-service\n[X-Own]\nExecStart=/opt/of-own\n",
    ),
    ("case.service", "[Service]\nexecstart=/opt/case\nExecStart=/opt/right-case\n"),
    ("relative.service", "[Service]\nExecStart=./opt/relative\nExecStartPost=sh -c x\n"),
    ("nothing.service", "[Service]\nExecStart=\"\"\nExecStartPost=-\nExecStop=/opt/stop\n"),
    (
        "all-kinds.service",
        "[Service]\nExecCondition=/opt/k0\nExecStartPre=/opt/k1\nExecStart=/opt/k2\nExecStartPost=/opt/k3\nExecReload=/opt/k4\nExecStop=/opt/k5\nExecStopPost=/opt/k6\n",
    ),
    ("socket.socket", "[Socket]\nListenStream=/run/x\nExecStartPre=/opt/so1\nExecStopPost=/opt/so2\n"),
    ("socket.service", "[Service]\nExecStart=/opt/of-socket\n"),
    ("own.timer", "[Timer]\nOnCalendar=*:0/5\n"),
    ("own.service", "[Service]\nExecStart=/opt/of-timer\n"),
    ("other.timer", "[Timer]\nOnBootSec=5min\nUnit=plain.service\n"),
    ("long.service", "[Service]\nExecStart=/opt/long AAAA\n"),
];

/// Commands that only one of the two has: the unit, the command, and why.
const OURS_ALONE: &[(&str, &str, &str)] = &[
    ("nothing.service", "ExecStart=", REFUSED),
    ("nothing.service", "ExecStartPost=", REFUSED),
    ("nothing.service", "ExecStop=/opt/stop", REFUSED),
    ("relative.service", "ExecStart=./opt/relative", REFUSED),
    ("relative.service", "ExecStartPost=sh|-c|x", REFUSED),
    ("replaced.service", "ExecStart=/opt/packaged", RESET),
    ("reset.service", "ExecStart=/opt/before", RESET),
    ("section.service", "ExecStart=/opt/of-own", SECTION),
    ("section.service", "ExecStart=/opt/of-unit", SECTION),
    ("specifier.service", "ExecStart=/opt/specifier|%n|%%", AS_WRITTEN),
    ("template@instance.service", "ExecStart=/opt/template|%i", AS_WRITTEN),
];
const SYSTEMDS_ALONE: &[(&str, &str, &str)] = &[
    ("specifier.service", "ExecStart=/opt/specifier|specifier.service|%", AS_WRITTEN),
    ("template@instance.service", "ExecStart=/opt/template|instance", AS_WRITTEN),
];

const REFUSED: &str = "systemd refuses a unit with such a command; what it says is evidence all the same";
const RESET: &str =
    "an empty setting undoes it; a row for each line shows what was replaced, and by which file";
const SECTION: &str = "it is in a section where systemd ignores it";
const AS_WRITTEN: &str = "a row has the line as it is written";

/// A unit, a setting, and a command.
type Started = (String, String, String);

/// The words of a command (systemd.service(5), "COMMAND LINES"), with quotes and escapes undone.
fn words(command: &str) -> Vec<String> {
    let (mut all, mut word, mut quote, mut begun) = (Vec::new(), String::new(), None, false);
    let mut letters = command.chars();
    while let Some(letter) = letters.next() {
        match (letter, quote) {
            ('\\', _) => {
                begun = true;
                match letters.next() {
                    Some('x') => {
                        let digits: String = letters.by_ref().take(2).collect();
                        word.push(char::from(u8::from_str_radix(&digits, 16).unwrap()));
                    }
                    Some(other) => word.push(other),
                    None => word.push('\\'),
                }
            }
            (_, Some(open)) if letter == open => quote = None,
            ('"' | '\'', None) => (quote, begun) = (Some(letter), true),
            (' ' | '\t', None) => {
                if begun {
                    all.push(std::mem::take(&mut word));
                }
                begun = false;
            }
            _ => {
                word.push(letter);
                begun = true;
            }
        }
    }
    if begun {
        all.push(word);
    }
    all
}

/// The commands of one of our rows as systemd prints them: without signs in front, and one for each that `;` parts.
fn commands(row: &str) -> Vec<String> {
    let one = |command: &str| {
        let bare = command.trim().trim_start_matches(['@', '-', ':', '+', '!']);
        let signs = &command.trim()[..command.trim().len() - bare.len()];
        let words = words(bare);
        words[usize::from(signs.contains('@') && words.len() > 1)..].join("|")
    };
    row.split(" ; ").map(one).collect()
}

/// What systemd would start for these units: by unit, setting and command; and what each timer starts.
fn systemd(units: &Path, wanted: &Path) -> (BTreeSet<Started>, BTreeMap<String, String>) {
    let mut command = Command::new("setpriv");
    // A manager of a user's own: as root it refuses to be one.
    let nobody = ["--reuid", "65534", "--regid", "65534", "--clear-groups"];
    if nix_is_root() {
        command.args(nobody);
    }
    command.args(["/lib/systemd/systemd", "--test", "--user", "--unit=all.target", "--log-target=console"]);
    command.env_clear().env("SYSTEMD_UNIT_PATH", units).env("HOME", wanted).env("XDG_RUNTIME_DIR", wanted);
    let output = command.output().unwrap();
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    let (mut all, mut timers) = (BTreeSet::new(), BTreeMap::new());
    let (mut unit, mut key) = (String::new(), String::new());
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix("-> Unit ") {
            name.trim_end_matches(':').clone_into(&mut unit);
        } else if let Some(name) = line.strip_prefix("-> ") {
            name.trim_end_matches(':').clone_into(&mut key);
        } else if let Some(command) = line.strip_prefix("Command Line: ") {
            all.insert((unit.clone(), key.clone(), words(command).join("|")));
        } else if let Some(service) = line.strip_prefix("Triggers: ")
            && unit.rsplit('.').next() == Some("timer")
        {
            timers.insert(unit.clone(), service.split(' ').next().unwrap().to_owned());
        }
    }
    assert!(all.len() > 20, "{text}");
    (all, timers)
}

fn nix_is_root() -> bool {
    let output = Command::new("id").arg("-u").output().unwrap();
    output.stdout.trim_ascii() == b"0"
}

#[test]
#[ignore = "needs systemd"]
fn what_units_start_is_what_systemd_would_start() {
    let made = Made::linux();
    let mut wants = String::from("[Unit]\n");
    for (name, text) in UNITS {
        let text = text.replace("AAAA", &"a ".repeat(1_000));
        made.put(&format!("etc/systemd/system/{name}"), text.as_bytes());
        if !name.contains('/') {
            wants += "Wants=";
            wants += &name.replace("@.", "@instance.");
            wants += "\n";
        }
    }
    made.put("etc/systemd/system/all.target", wants.as_bytes());
    let units = made.tree().join("etc/systemd/system");
    symlink("plain.service", units.join("alias.service")).unwrap();
    symlink("/dev/null", units.join("masked.service")).unwrap();
    let runtime = made.path().join("runtime");
    fs::create_dir(&runtime).unwrap();
    for (path, mode) in [(made.path(), 0o755), (&runtime, 0o777)] {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    let found = Collected::of(&made, "LiveAutostarts");
    let text = |row: &Value, field: &str| row[field].as_str().unwrap_or_default().to_owned();
    let (mut ours, mut timers) = (BTreeSet::new(), BTreeMap::new());
    for row in found.of_kind("start").into_iter().filter(|row| row["kind"] == "systemd") {
        let file = text(row, "file");
        let unit = file.strip_prefix("/etc/systemd/system/").unwrap().split(".d/").next().unwrap();
        let unit = match unit {
            "template@.service" => "template@instance.service",
            "dash-.service" => "dash-a-b.service",
            _ => unit,
        };
        if text(row, "schedule").is_empty() {
            for command in commands(&text(row, "command")) {
                ours.insert((unit.to_owned(), text(row, "key"), command));
            }
        } else {
            timers.insert(unit.to_owned(), text(row, "command"));
        }
    }
    let (theirs, their_timers) = systemd(&units, &runtime);
    assert_eq!(timers, their_timers);
    let alone = |one: &BTreeSet<Started>, other: &BTreeSet<Started>| {
        one.difference(other).map(|(unit, key, command)| (unit.clone(), format!("{key}={command}"))).collect()
    };
    let reasoned = |table: &[(&str, &str, &str)]| -> BTreeSet<(String, String)> {
        table.iter().map(|(unit, command, _)| ((*unit).to_owned(), (*command).to_owned())).collect()
    };
    let (ours_alone, theirs_alone): (BTreeSet<_>, BTreeSet<_>) =
        (alone(&ours, &theirs), alone(&theirs, &ours));
    assert_eq!((&ours_alone, &theirs_alone), (&reasoned(OURS_ALONE), &reasoned(SYSTEMDS_ALONE)));
}
