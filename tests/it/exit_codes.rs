//! The table of exit codes: at least one command line for each command and each code that it can end with, and the same codes
//! in the table of the documentation.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::made::{Made, text};

/// A command, the code, its arguments, and where its standard output goes.
type Line = (&'static str, i32, &'static str, Output);

/// Where standard output goes.
#[derive(Clone, Copy, PartialEq)]
enum Output {
    /// To the test.
    Kept,
    /// To a full disk.
    Full,
    /// To a pipe that nobody reads.
    Closed,
    /// Nowhere: there is none.
    Shut,
}
use Output::{Closed, Full, Kept, Shut};

/// Command lines that need nothing but files. `@r` is the recipient.
const LINES: &[Line] = &[
    ("help", 0, "--help", Kept),
    ("help", 1, "--help", Full),
    ("help", 1, "collect --help", Closed),
    ("help", 2, "--no-such-option", Kept),
    ("collect", 0, "collect --root tree --path / -r @r --out o1/ --no-scan --json", Kept),
    ("collect", 1, "collect --root tree --path /not-there -r @r --out o2/ --no-scan --json", Kept),
    ("collect", 1, "collect --root tree --path / -r @r --dry-run", Full),
    ("collect", 2, "collect --root tree --path / --out o3/ --no-scan", Kept),
    ("collect", 2, "collect --root tree --path= -r @r --out o3/ --no-scan", Kept),
    ("collect", 2, "collect --root tree --sweep= -r @r --out o3/", Kept),
    ("collect", 3, "collect --root tree --path / --path /not-there -r @r --out o4/ --no-scan --json", Kept),
    ("collect", 3, "collect --root tree --path / --sweep /not-there -r @r --out o5/ --json", Kept),
    ("collect", 3, "collect --root tree --path / --rules bad.yar -r @r --out o6/ --json", Kept),
    ("collect", 3, "collect --root tree --path / --rules empty.yar -r @r --out o7/ --json", Kept),
    (
        "collect",
        3,
        "collect --root tree --path / --indicators stix=bad.json -r @r --out o8/ --no-scan --json",
        Kept,
    ),
    (
        "collect",
        3,
        "collect --root tree --path / --known-good empty.txt -r @r --out o9/ --no-scan --json",
        Kept,
    ),
    ("collect", 3, "collect --root tree --path / -r @r --out taken/b.zip.age --no-scan --json", Kept),
    ("collect", 3, "collect --root tree --path / -r @r --out o10/ --no-scan --json", Full),
    ("collect", 3, "collect --root tree --path / -r @r --out o13/ --no-scan --json", Shut),
    ("collect", 3, "collect --root tree --path / --max-file-size 40 -r @r --out o11/ --no-scan --json", Kept),
    (
        "collect",
        5,
        "collect --root tree --path / --rules good.yar --exit-on-hit -r @r --out o12/ --json",
        Kept,
    ),
    ("collect", 6, "collect --root tree --path / -r @r --out - --no-scan", Full),
    ("collect", 6, "collect --root tree --path / -r @r --out - --no-scan", Closed),
    ("scan", 0, "scan tree --json", Kept),
    ("scan", 1, "scan /not-there --json", Kept),
    ("scan", 1, "scan tree --json", Full),
    ("scan", 2, "scan tree --rules /not-there", Kept),
    ("scan", 3, "scan tree/etc/passwd /not-there --json", Kept),
    ("scan", 3, "scan --root tree etc/passwd nothing*here --json", Kept),
    ("scan", 3, "scan tree --rules bad.yar --json", Kept),
    ("scan", 3, "scan tree --rules empty.yar --json", Kept),
    ("scan", 3, "scan tree --indicators stix=bad.json --json", Kept),
    ("scan", 4, "scan --bundle cut.age -i key.txt --json", Kept),
    ("scan", 5, "scan tree --rules good.yar --exit-on-hit --json", Kept),
    ("verify", 0, "verify b.age -i key.txt --json", Kept),
    ("verify", 0, "verify b.age b.age -i key.txt", Kept),
    ("verify", 1, "verify /not-there -i key.txt", Kept),
    ("verify", 1, "verify b.age /not-there -i key.txt", Kept),
    ("verify", 1, "verify b.age -i key.txt --json", Full),
    ("verify", 1, "verify b.age -i key.txt", Closed),
    ("verify", 2, "verify b.age", Kept),
    ("verify", 4, "verify cut.age -i key.txt", Kept),
    ("verify", 4, "verify /not-there cut.age b.age -i key.txt", Kept),
    ("verify", 4, "verify cut.age -i key.txt", Full),
    ("list", 0, "list b.age -i key.txt --json", Kept),
    ("list", 1, "list /not-there -i key.txt", Kept),
    ("list", 1, "list b.age -i key.txt --json", Full),
    ("list", 2, "list b.age", Kept),
    ("list", 3, "list b.age -i key.txt --only /not-there", Kept),
    ("list", 4, "list cut.age -i key.txt", Kept),
    ("unpack", 0, "unpack b.age -i key.txt --out u1 --json", Kept),
    ("unpack", 0, "unpack b.age -i key.txt --out u2 --only /etc/passwd", Kept),
    ("unpack", 1, "unpack b.age -i key.txt --out tree", Kept),
    ("unpack", 2, "unpack b.age --out u3", Kept),
    ("unpack", 3, "unpack b.age -i key.txt --out u4 --only nothing-matches", Kept),
    ("unpack", 3, "unpack b.age -i key.txt --out u5 --only /etc/passwd --only /not-there", Kept),
    ("unpack", 3, "unpack b.age -i key.txt --out u6", Full),
    ("unpack", 4, "unpack cut.age -i key.txt --out u7", Kept),
    ("unpack", 4, "unpack cut.age -i key.txt --out u8 --salvage", Kept),
    ("unpack", 4, "unpack cut.age -i key.txt --out u9 --salvage --only nothing-matches", Kept),
    ("list-volumes", 0, "list-volumes disk.img", Kept),
    ("list-volumes", 1, "list-volumes /not-there", Kept),
    ("list-volumes", 1, "list-volumes disk.img", Full),
    ("list-volumes", 2, "list-volumes", Kept),
    ("list-volumes", 3, "list-volumes blank.img", Kept),
    ("inventory", 1, "inventory --root /not-there", Kept),
    ("inventory", 1, "inventory --root tree", Full),
    ("inventory", 1, "inventory --root tree --format csv", Closed),
    ("inventory", 2, "inventory --format x", Kept),
    ("selftest", 1, "selftest --work /not-there/x", Kept),
    ("selftest", 2, "selftest --no-such-option", Kept),
    ("keygen", 0, "keygen --out new1.txt", Kept),
    ("keygen", 1, "keygen --out key.txt", Kept),
    ("keygen", 2, "keygen", Kept),
    ("keygen", 3, "keygen --out new2.txt", Full),
    ("indicators", 0, "indicators check good.txt", Kept),
    ("indicators", 1, "indicators check stix=bad.json", Kept),
    ("indicators", 1, "indicators check good.txt", Full),
    ("indicators", 1, "indicators check good.txt", Shut),
    ("indicators", 1, "indicators check no-list.txt", Kept),
    ("indicators", 2, "indicators check /not-there", Kept),
    ("indicators", 3, "indicators check good.txt no-list.txt", Kept),
    ("indicators", 3, "indicators check good.txt stix=bad.json", Kept),
    ("rules", 0, "rules check good.yar", Kept),
    ("rules", 1, "rules check bad.yar", Kept),
    ("rules", 1, "rules list", Full),
    ("rules", 1, "rules list", Shut),
    ("rules", 1, "rules check empty.yar", Kept),
    ("rules", 1, "rules list empty.yar", Kept),
    ("rules", 1, "rules list bad.yar", Kept),
    ("rules", 3, "rules list good.yar bad.yar", Kept),
    ("rules", 3, "rules check good.yar empty.yar", Kept),
    ("rules", 2, "rules check /not-there", Kept),
    ("rules", 3, "rules check good.yar bad.yar", Kept),
    ("playbook", 0, "playbook list", Kept),
    ("playbook", 1, "playbook check bad.json", Kept),
    ("playbook", 1, "playbook show quick", Full),
    ("playbook", 2, "playbook show no-such-playbook", Kept),
];

/// What is shown by other tests, since it takes a machine, a signal or a kernel that fails: by the command and code.
const ELSEWHERE: &[(&str, i32, &str)] = &[
    ("collect", 130, "stopping::an_interrupted_run_is_sealed_and_says_so"),
    ("scan", 130, "exit_codes::a_signal_before_the_run_has_begun_ends_it"),
    ("selftest", 0, "selftest"),
    ("inventory", 0, "inventory"),
    ("inventory", 3, "inventory"),
];

#[test]
fn without_arguments_the_help_is_the_result() {
    let made = Made::new();
    let asked = made.veldkit(["--help"]);
    let bare = made.veldkit([""; 0]);
    assert_eq!((bare.status.code(), bare.stdout), (Some(0), asked.stdout));
    assert_eq!(made.veldkit(["playbook"]).status.code(), Some(2), "a group of commands needs one");
}

#[test]
fn each_command_ends_with_each_of_its_codes() {
    let made = made();
    let recipient = made.recipient();
    let mut wrong = Vec::new();
    for (command, code, line, output) in LINES {
        let arguments = line.split(' ').map(|word| if word == "@r" { recipient.as_str() } else { word });
        let mut run = made.command(arguments);
        if *output == Shut {
            let mut shell = Command::new("/bin/sh");
            shell.args(["-c", "exec \"$0\" \"$@\" >&-"]).arg(run.get_program()).args(run.get_args());
            shell.current_dir(made.path()).env_clear().envs(crate::made::of_gaps()).env("LC_ALL", "C");
            run = shell;
        }
        run.stdin(Stdio::null()).stderr(Stdio::piped()).stdout(match output {
            Kept | Shut => Stdio::piped(),
            Full => Stdio::from(fs::OpenOptions::new().write(true).open("/dev/full").unwrap()),
            Closed => Stdio::from(std::io::pipe().unwrap().1),
        });
        let ended = run.spawn().unwrap().wait_with_output().unwrap();
        let (printed, said) = (text(&ended.stdout), text(&ended.stderr));
        if ended.status.code() != Some(*code) {
            wrong.push(format!("{:?} instead of {code}: {line}: {said}", ended.status.code()));
        }
        if matches!(output, Full | Shut) && !said.contains("standard output") && !line.contains("--out -") {
            wrong.push(format!("nothing said of standard output: {line}: {said}"));
        }
        // What JSON says of itself fits the code, whatever the command.
        let last = printed.lines().last().and_then(|last| serde_json::from_str::<Value>(last).ok());
        if let Some(json) = last
            && matches!(*command, "collect" | "scan")
        {
            let complete = matches!(code, 0 | 5);
            if json["complete"] != complete || json["exit"] != *code {
                wrong.push(format!("{} and {}: {line}", json["complete"], json["exit"]));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    for receipt in receipts(made.path()) {
        let page = fs::read_to_string(&receipt).unwrap();
        let complete = ["o1/", "o10/", "o12/", "o13/"].iter().any(|folder| receipt.contains(folder));
        assert_eq!(page.contains("Complete             yes"), complete, "{receipt}: {page}");
    }
}

#[test]
fn the_table_of_the_documentation_has_the_codes_that_are_shown_and_no_others() {
    let source = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli/mod.rs")).unwrap();
    let mut table = BTreeMap::new();
    for line in source.lines().filter_map(|line| line.strip_prefix("//! | `")) {
        let (command, codes) = line.split_once('`').unwrap();
        let codes = codes.trim_matches([' ', '|']).split(", ").map(|code| code.parse::<i32>().unwrap());
        table.insert(command.to_owned(), codes.collect::<BTreeSet<_>>());
    }
    let mut shown = BTreeMap::<String, BTreeSet<i32>>::new();
    let elsewhere = ELSEWHERE.iter().map(|(command, code, _)| (*command, *code));
    for (command, code) in LINES.iter().map(|(command, code, ..)| (*command, *code)).chain(elsewhere) {
        shown.entry(command.to_owned()).or_default().insert(code);
    }
    assert_eq!(table, shown);
    let help = text(&made().veldkit(["--help"]).stdout);
    let commands = help.lines().skip_while(|line| !line.starts_with("Commands:")).skip(1);
    for command in commands
        .take_while(|line| !line.is_empty())
        .filter(|line| !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
    {
        assert!(table.contains_key(command), "no row for {command}");
    }
}

#[test]
fn a_signal_before_the_run_has_begun_ends_it() {
    let made = made();
    let recipient = made.recipient();
    let packed = ["rules", "pack", "good.yar", "--out", "p.age", "-r", &recipient];
    assert!(made.veldkit(packed).status.success());
    let pipe = made.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for (arguments, code) in [
        (vec!["collect", "--out", "o/", "-r", &recipient, "--sign", "pipe"], Some(130)),
        (vec!["collect", "--out", "o/", "--passphrase-file", "pipe"], Some(130)),
        (
            vec!["collect", "--out", "o/", "-r", &recipient, "--rules", "p.age", "--rules-identity", "pipe"],
            Some(130),
        ),
        (vec!["verify", "b.age", "-i", "pipe"], None),
        (vec!["scan", "--bundle", "b.age", "-i", "pipe"], None),
        (vec!["unpack", "b.age", "--out", "u", "--passphrase-file", "pipe"], None),
    ] {
        let tree = ["--root", "tree", "--path", "/"];
        let tree = if arguments[0] == "collect" { &tree[..] } else { &[] };
        for signal in ["TERM", "INT"] {
            let mut run = Command::new("/usr/bin/env");
            let command = made.command(arguments.iter().chain(tree));
            run.arg("--default-signal=INT,TERM").arg(command.get_program()).args(command.get_args());
            run.current_dir(made.path()).env_clear().envs(crate::made::of_gaps()).env("LC_ALL", "C");
            let mut child =
                run.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            // This returns when it has opened the pipe, and then it waits for what is written to it.
            let written = fs::OpenOptions::new().write(true).open(&pipe).unwrap();
            let kill = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap();
            assert!(kill.success());
            assert_eq!(child.wait().unwrap().code(), code, "{arguments:?}");
            drop(written);
        }
    }
    assert!(
        !made.path().join("o").read_dir().is_ok_and(|mut files| files.next().is_some()),
        "nothing is begun"
    );
}

#[test]
fn a_file_size_limit_leaves_a_sealed_and_complete_bundle() {
    for (arguments, code) in [
        (&["--out", "out/"][..], 3),
        (&["--out", "out/", "--split", "50K"], 0),
        (&["--out", "out/", "--split", "1M"], 3),
    ] {
        let made = made();
        made.put("srv/noise", &crate::collect::noise(400_000));
        let recipient = made.recipient();
        let fixed = ["collect", "--root", "tree", "--path", "/", "--no-scan", "--json", "-r", &recipient];
        let run = made.command(fixed.iter().chain(arguments));
        let limited = Command::new("bash")
            .args(["-c", "ulimit -f 100; exec \"$0\" \"$@\""])
            .arg(run.get_program())
            .args(run.get_args())
            .current_dir(made.path())
            .env_clear()
            .envs(crate::made::of_gaps())
            .env("LC_ALL", "C")
            .output()
            .unwrap();
        let json: Value = serde_json::from_slice(&limited.stdout).unwrap();
        assert_eq!(
            (limited.status.code(), &json["complete"]),
            (Some(code), &Value::from(code == 0)),
            "{json}"
        );
        assert_eq!(json["limits_reached"].as_array().unwrap().len(), usize::from(code == 3), "{json}");
        let bundle = json["bundle"].as_str().unwrap().to_owned();
        assert_eq!(made.veldkit(["verify", &bundle, "-i", "key.txt"]).status.code(), Some(0), "{bundle}");
    }
}

#[test]
fn a_signature_that_cannot_be_written_is_on_the_receipt_and_a_receipt_that_cannot_be_is_in_the_code() {
    for taken in ["b.receipt.txt", "b.receipt.txt.minisig"] {
        let made = made();
        assert!(made.veldkit(["keygen", "--sign-out", "kit.key"]).status.success());
        fs::create_dir_all(made.path().join("o").join(taken)).unwrap();
        let recipient = made.recipient();
        let output = made.veldkit([
            "collect",
            "--root",
            "tree",
            "--path",
            "/",
            "-r",
            &recipient,
            "--out",
            "o/b.zip.age",
            "--sign",
            "kit.key",
            "--no-scan",
            "--json",
        ]);
        let json: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((output.status.code(), &json["complete"]), (Some(3), &false.into()), "{taken}: {json}");
        assert_eq!(made.veldkit(["verify", "o/b.zip.age", "-i", "key.txt"]).status.code(), Some(0));
        if taken.ends_with("minisig") {
            let page = fs::read_to_string(made.path().join("o/b.receipt.txt")).unwrap();
            assert!(page.contains("could not be signed"), "{page}");
        }
    }
}

/// An image of 1 MiB with the superblock of an empty ext2 (`struct ext2_super_block` of the kernel's `fs/ext2/ext2.h`).
fn ext2() -> Vec<u8> {
    let mut image = vec![0; 1 << 20];
    let fields: [(usize, u32); 9] =
        [(0, 16), (4, 1_024), (20, 1), (32, 8_192), (36, 8_192), (40, 16), (56, 0x1_ef53), (76, 1), (84, 11)];
    for (at, number) in fields {
        image[1_024 + at..][..4].copy_from_slice(&number.to_le_bytes());
    }
    image[1_024 + 88] = 128;
    image
}

/// A tree, keys, a bundle and one that is cut, rules and lists of each sort.
fn made() -> Made {
    let made = Made::linux();
    let put = |name: &str, content: &[u8]| fs::write(made.path().join(name), content).unwrap();
    put("good.yar", b"rule good { strings: $a = \"anna\" condition: $a }");
    put("bad.yar", b"rule bad { condition: nope }");
    put("empty.yar", b"// nothing\n");
    put("bad.json", b"{\"Event\": {");
    put("empty.txt", b"# nothing\n");
    put("no-list.txt", b"of no kind\n");
    put("good.txt", b"evil.example.org\n");
    put("blank.img", &vec![0; 1 << 20]);
    put("disk.img", &ext2());
    fs::create_dir_all(made.path().join("taken/b.receipt.txt")).unwrap();
    let recipient = made.recipient();
    let collect = ["collect", "--root", "tree", "--path", "/", "--no-scan", "--quiet"];
    let collect = collect.iter().chain(&["--out", "b.age", "-r", &recipient]).copied().collect::<Vec<_>>();
    assert_eq!(made.veldkit(collect).status.code(), Some(0));
    let whole = fs::read(made.path().join("b.age")).unwrap();
    put("cut.age", &whole[..whole.len() - 600]);
    made
}

fn receipts(path: &Path) -> Vec<String> {
    let files =
        walkdir::WalkDir::new(path).into_iter().map(Result::unwrap).filter(|file| file.file_type().is_file());
    let names = files.map(|file| file.path().display().to_string());
    names.filter(|name| name.ends_with(".receipt.txt") && name.contains("/o1")).collect()
}

#[test]
fn the_hint_for_artifacts_in_a_file_leads_to_what_works() {
    let made = made();
    let definition = "name: Mine\ndoc: d\nsources:\n- type: FILE\n  attributes: {paths: [/etc/passwd]}\nsupported_os: [Linux]\n";
    fs::write(made.path().join("mine.yaml"), definition).unwrap();
    let recipient = made.recipient();
    let run = |arguments: &[&str]| {
        let fixed = ["collect", "--root", "tree", "--playbook", "mine.yaml", "--no-scan", "-r", &recipient];
        let output = made.veldkit(fixed.iter().chain(arguments));
        (output.status.code().unwrap(), text(&output.stderr))
    };
    let (code, said) = run(&["--out", "m1/"]);
    assert!(code == 2 && said.contains("--playbook FILE --artifact NAME"), "{said}");
    assert_eq!(run(&["--out", "m2/", "--artifact", "Mine"]).0, 0);
    assert_eq!(run(&["--out", "m3/", "--artifact", "Mine", "--playbook", "linux-server"]).0 % 3, 0);
    assert_eq!(run(&["--dry-run", "--artifact", "Mine"]).0, 0);
    assert_eq!(run(&["--out", "m4/", "--artifact", "NotThere"]).0, 2);
    let shown = made.veldkit(["playbook", "show", "./mine.yaml"]);
    assert!(text(&shown.stderr).contains("--playbook FILE --artifact NAME"), "{}", text(&shown.stderr));
}
