//! What `--help`, `--version` and a wrong command line print, in both languages.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use veldkit::text::help::{COMMANDS, CommandText};

use crate::made::{Made, assert_golden, text};

const LANGUAGES: [&str; 2] = ["nl", "en"];

/// The directory of the golden files of help.
fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/help")
}

/// The golden file of a command's help.
fn file(command: &CommandText, language: &str) -> String {
    let name = if command.path.is_empty() { "veldkit".to_owned() } else { command.path.replace(' ', "-") };
    format!("{name}.{language}.txt")
}

#[test]
fn the_help_of_every_command_is_its_golden_text() {
    let made = Made::new();
    let (mut seen, mut files) = (Vec::new(), BTreeSet::new());
    for command in COMMANDS {
        for language in LANGUAGES {
            let path = command.path.split(' ').filter(|word| !word.is_empty());
            let help = |last: &'static str| {
                let output = made.veldkit(path.clone().chain([last, "--lang", language]));
                assert_eq!(
                    (output.status.code(), text(&output.stderr)),
                    (Some(0), String::new()),
                    "{command:?}"
                );
                text(&output.stdout)
            };
            let long = help("--help");
            assert_eq!(long, help("-h"), "{command:?}");
            for line in long.lines() {
                assert!(line.chars().count() <= 100 && line.trim_end() == line, "{}: {line}", command.path);
            }
            let file = file(command, language);
            files.insert(file.clone());
            seen.push((format!("help/{file}"), long));
        }
    }
    assert_golden(seen);
    let kept = directory().read_dir().unwrap();
    let kept: BTreeSet<_> = kept.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(kept, files, "a file for each command and language, and no others");
}

#[test]
fn the_word_help_before_a_command_prints_the_same() {
    let made = Made::new();
    for (words, path) in
        [(&["help"][..], ""), (&["help", "collect"], "collect"), (&["help", "rules", "check"], "rules-check")]
    {
        let output = made.veldkit(["--lang", "nl"].iter().chain(words));
        let name = if path.is_empty() { "veldkit" } else { path };
        let expected = fs::read_to_string(directory().join(format!("{name}.nl.txt"))).unwrap();
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(0), expected), "{words:?}");
    }
}

#[test]
fn without_an_option_help_is_in_the_language_of_the_locale() {
    let made = Made::new();
    for (locale, heading) in [("nl_NL.UTF-8", "Gebruik:"), ("de_DE.UTF-8", "Usage:"), ("C", "Usage:")] {
        for line in ["--help", "list --help --lang=de", "rules"] {
            let output = made.command(line.split(' ')).env("LC_ALL", locale).output().unwrap();
            let printed = [text(&output.stdout), text(&output.stderr)].concat();
            assert!(printed.contains(heading), "{locale} {line}: {printed}");
        }
    }
}

/// Command lines that cannot be read, each with what it is an example of.
const REFUSED: &[(&str, &str)] = &[
    ("an option that does not exist", "collect --zzz"),
    ("one that is nearly right", "collect --recipent age1x"),
    ("one that a path may look like", "scan --weird.txt"),
    ("an argument too many", "list-volumes disk.img other.img"),
    ("a command that does not exist", "zzz"),
    ("one that is nearly right", "colect"),
    ("a command below another", "rules chek rules/"),
    ("no value", "collect --out"),
    ("a value that is not possible", "inventory --format xml"),
    ("one that is nearly right", "collect --tlp ambr"),
    ("a language that does not exist", "list bundle.age --lang de"),
    ("no size", "collect --split 5X"),
    ("a size of zero", "collect --size-limit 0"),
    ("no duration", "collect --time-limit 5"),
    ("a number outside its range", "collect --level 10"),
    ("no number", "collect --image disk.img --partition x"),
    (
        "a key that is valid for too long",
        "keygen --sign-out kit.key --sign-with cert.key --kit 7 --valid 900d",
    ),
    ("options that exclude each other", "collect --root a --image b"),
    ("an option given twice", "list bundle.age --json --json"),
    ("a missing argument", "unpack bundle.age"),
    ("two of them", "unpack"),
    ("one of several", "scan"),
    ("a key that is needed", "scan --bundle bundle.age"),
    ("no command", "--lang @l"),
    ("a switch with a value", "list bundle.age --json=yes"),
    ("what is no text", "collect --playbook @utf8"),
];

#[test]
fn what_a_wrong_command_line_prints_is_the_golden_text_and_it_ends_with_2() {
    let made = Made::new();
    let mut seen = Vec::new();
    for (language, file) in [("nl", "usage.nl.txt"), ("en", "usage.en.txt")] {
        let mut golden = String::new();
        for (what, line) in REFUSED {
            let words = line.split(' ').map(|word| match word {
                "@l" => language.into(),
                "@utf8" => not_utf8(),
                word => OsString::from(word),
            });
            let locale = if language == "nl" { "nl_NL" } else { "C" };
            let output = made.command(words).env("LC_ALL", locale).output().unwrap();
            assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), String::new()), "{line}");
            let line = line.replace("@l", language);
            golden.extend([format!("# {what}\n$ veldkit {line}\n"), text(&output.stderr), "\n".to_owned()]);
        }
        seen.push((file.to_owned(), golden));
    }
    assert_golden(seen);
}

/// An argument that is no UTF-8.
fn not_utf8() -> OsString {
    use std::os::unix::ffi::OsStringExt as _;
    OsString::from_vec(vec![b'x', 0xff])
}

#[test]
fn the_version_names_commit_target_and_date_of_the_rules() {
    let made = Made::new();
    for (language, commit, target, rules) in [
        ("nl", "commit: ", "doelsysteem: ", "ingebouwde regels: "),
        ("en", "commit: ", "target: ", "built-in rules: "),
    ] {
        for option in ["--version", "-V"] {
            let output = made.veldkit([option, "--lang", language]);
            let printed = text(&output.stdout);
            let lines: Vec<&str> = printed.lines().collect();
            assert_eq!((output.status.code(), lines.len()), (Some(0), 5), "{printed}");
            assert_eq!(lines[0], format!("veldkit {}", env!("CARGO_PKG_VERSION")));
            let commit = lines[1].strip_prefix(commit).unwrap();
            assert!(["onbekend", "unknown"].contains(&commit) || commit.len() >= 7, "{commit}");
            assert!(lines[2].strip_prefix(target).unwrap().contains("-linux-"), "{printed}");
            let date = lines[3].strip_prefix(rules).unwrap();
            assert!(date.len() == 10 && date > "2026-11", "{date}");
            assert!(!printed.contains('/'), "no path of the machine it was built on: {printed}");
        }
    }
}

/// Examples that run on made data, in this order, with their codes. The others are of the running system, which no test
/// collects from; that they can be read is a test of `cli::help`.
const RUN: &[(&str, i32)] = &[
    ("veldkit keygen --sign-out cert.key", 0),
    ("veldkit keygen --sign-out kit.key --sign-with cert.key --case 2026-0042 --valid 90d", 0),
    ("veldkit collect --root mounted/ -p linux-server -R recipients.txt --out bundles/", 0),
    ("veldkit verify bundle.age --identity key.txt", 0),
    ("veldkit verify bundle.age -i key.txt --signer cert.pub --require-author", 4),
    ("veldkit verify bundle.age second.age -i key.txt --json", 0),
    ("veldkit list bundle.age --identity key.txt", 0),
    ("veldkit unpack bundle.age --identity key.txt --out files/", 0),
    ("veldkit unpack bundle.age -i key.txt --out passwd/ --only /etc/passwd", 0),
    ("veldkit unpack cut.age -i key.txt --out salvaged/ --salvage", 4),
    ("veldkit scan mounted/home --rules rules/", 0),
    ("veldkit scan --bundle bundle.age --identity key.txt --indicators indicators.csv", 0),
    ("veldkit inventory --root mounted/ --format csv", 0),
    ("veldkit indicators check indicators.csv", 0),
    ("veldkit indicators check values=digests.txt --json", 0),
    ("veldkit rules check rules/", 0),
    ("veldkit rules list", 0),
    ("veldkit rules list rules/ --json", 0),
    ("veldkit rules pack rules/ --out packed.age --recipients-file recipients.txt", 0),
    ("veldkit rules check packed.age --identity key.txt --json", 0),
    ("veldkit rules pack rules/ --out locked.age --passphrase-file passphrase.txt", 0),
    ("veldkit playbook list", 0),
    ("veldkit playbook list --json", 0),
    ("veldkit playbook show quick", 0),
    ("veldkit playbook show quick --system windows", 0),
    ("veldkit playbook show custom.yaml", 0),
    ("veldkit playbook check custom.yaml", 0),
    ("veldkit playbook check playbooks/", 0),
];

#[test]
fn the_examples_work() {
    let made = Made::linux();
    let put = |name: &str, content: &[u8]| fs::write(made.path().join(name), content).unwrap();
    fs::rename(made.tree(), made.path().join("mounted")).unwrap();
    put("recipients.txt", format!("{}\n", made.recipient()).as_bytes());
    put("passphrase.txt", b"een lange zin die niemand raadt\n");
    put("indicators.csv", b"domain\nevil.example.org\n");
    put("digests.txt", b"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n");
    let playbook = "version: 1\nplaybook: custom\ntitle: {nl: Eigen, en: Custom}\ndescription: {nl: Eigen, en: Custom}\nartifacts: [LiveProcesses]\n";
    put("custom.yaml", playbook.as_bytes());
    for directory in ["rules", "playbooks"] {
        fs::create_dir(made.path().join(directory)).unwrap();
    }
    put("playbooks/custom.yaml", playbook.as_bytes());
    put("rules/custom.yar", b"rule custom { strings: $a = \"anna\" condition: $a }");
    let packages = made.path().join("mounted/var/lib/dpkg");
    fs::create_dir_all(&packages).unwrap();
    let package = "Package: bash\nStatus: install ok installed\nArchitecture: amd64\nVersion: 5.2\n";
    fs::write(packages.join("status"), package).unwrap();
    let recipient = made.recipient();
    for name in ["bundle.age", "second.age"] {
        let fixed = ["collect", "--root", "mounted", "--path", "/", "--no-scan", "--quiet", "-r", &recipient];
        assert_eq!(made.veldkit(fixed.iter().chain(&["--out", name])).status.code(), Some(0));
    }
    let whole = fs::read(made.path().join("bundle.age")).unwrap();
    put("cut.age", &whole[..whole.len() - 600]);
    let shown: BTreeSet<&str> =
        COMMANDS.iter().flat_map(|command| command.examples).map(|example| example.line).collect();
    let mut wrong = Vec::new();
    for (line, code) in RUN {
        assert!(shown.contains(line), "no longer an example: {line}");
        let output = made.veldkit(line.split(' ').skip(1));
        if output.status.code() != Some(*code) {
            wrong.push(format!(
                "{:?} instead of {code}: {line}: {}",
                output.status.code(),
                text(&output.stderr)
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
