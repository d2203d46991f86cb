//! What an intruder may put on a stick or in an output directory: none of it is run, followed, overwritten or trusted.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::{Command, Output};

use minisign::KeyPair;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use veldkit::evidence::Digest;

use crate::carried_kit::{MadeKit, playbook};
use crate::made::{Made, text};

fn pipe(path: &Path) {
    mknodat(CWD, path, FileType::Fifo, Mode::RWXU, 0).unwrap();
}

/// A definition that replaces `quick` by a program that leaves a mark.
fn trap(program: &str, mark: &Path) -> String {
    let digest = Digest::of(&fs::read("/usr/bin/touch").unwrap());
    format!(
        "name: Trap\ndoc: d\nsources:\n- type: COMMAND\n  attributes: {{cmd: {program}, args: ['{}'], sha256: [{digest}]}}\n---\n{}",
        mark.display(),
        playbook("quick", "Trap")
    )
}

/// Runs this build's own program out of a directory of the test, so that what is planted there is next to it.
fn run_next_to(made: &Made, directory: &str, arguments: &[&str]) -> Output {
    let program = made.path().join(directory).join("veldkit");
    let built = env!("CARGO_BIN_EXE_veldkit");
    if !program.exists() && fs::hard_link(built, &program).is_err() {
        fs::copy(built, &program).unwrap();
    }
    // Where it was copied, a child of another test may still have it open for writing.
    for _ in 0..1_000 {
        let mut command = Command::new(&program);
        command
            .args(arguments)
            .current_dir(made.path())
            .env_clear()
            .envs(crate::made::of_gaps())
            .env("LC_ALL", "C");
        match command.stdin(std::process::Stdio::null()).output() {
            Err(error) if error.kind() == std::io::ErrorKind::ExecutableFileBusy => std::thread::yield_now(),
            other => return other.unwrap(),
        }
    }
    panic!("'{}' stays busy", program.display());
}

#[test]
fn a_planted_playbook_that_replaces_quick_is_not_run_and_a_warning_reports_it() {
    let made = Made::linux();
    let mark = made.path().join("it ran");
    fs::create_dir_all(made.path().join("stick/playbooks")).unwrap();
    let trap = trap("/usr/bin/touch", &mark);
    // The same in the place of an artifact that the test may take of the machine it runs on.
    let artifact = trap.split("---").next().unwrap().replace("name: Trap", "name: LinuxHostIdentity");
    fs::write(made.path().join("stick/playbooks/x.yaml"), format!("{trap}---\n{artifact}")).unwrap();
    let recipient = made.recipient();
    let arguments = ["collect", "--out", "out/", "-r", &recipient, "--artifact", "LinuxHostIdentity"];
    let output =
        run_next_to(&made, "stick", &[&arguments[..], &["--playbook", "quick", "--dry-run"]].concat());
    assert!(!text(&output.stdout).contains("Trap"), "{}", text(&output.stdout));
    let output = run_next_to(&made, "stick", &arguments);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(text(&output.stderr).contains("stick/playbooks' next to the program is not used"), "{output:?}");
    // The same by name is the operator's own choice.
    let shown = run_next_to(&made, "stick", &["playbook", "show", "quick", "--system", "linux"]);
    assert!(shown.status.success() && !text(&shown.stdout).contains("Trap"), "{shown:?}");
    let shown = run_next_to(&made, "stick", &["playbook", "list", "--json"]);
    assert!(!text(&shown.stdout).contains("Trap"));
    assert!(!mark.exists());
}

#[test]
fn planted_rules_indicators_recipients_and_tools_are_not_used_and_each_is_reported() {
    let made = Made::linux();
    let stick = made.path().join("stick");
    let mark = made.path().join("it ran");
    for directory in ["rules", "indicators", "tools"] {
        fs::create_dir_all(stick.join(directory)).unwrap();
    }
    fs::write(stick.join("rules/all.yar"), "rule everything { condition: true }").unwrap();
    fs::write(stick.join("indicators/all.txt"), format!("{}\n", Digest::of(b"stadhuis01\n"))).unwrap();
    fs::write(stick.join("recipients.txt"), format!("{}\n", made.recipient())).unwrap();
    symlink("/usr/bin/touch", stick.join("tools/touch")).unwrap();
    // Nobody is named, and there is no terminal: what is next to the program names nobody.
    let output =
        run_next_to(&made, "stick", &["collect", "--root", "tree", "--out", "out/", "--path", "/etc"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let said = text(&output.stderr);
    for (name, option) in
        [("rules", "--rules"), ("indicators", "--indicators"), ("tools", "--kit"), ("recipients.txt", "-R")]
    {
        let line = said.lines().find(|line| line.contains(&format!("stick/{name}'"))).unwrap_or_default();
        assert!(line.contains("is not used") && line.ends_with(option), "{name}: {said}");
    }
    let recipient = made.recipient();
    let arguments =
        ["collect", "--root", "tree", "--out", "out/", "--path", "/etc/hostname", "-r", &recipient, "--json"];
    let output = run_next_to(&made, "stick", &arguments);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&json["hits"], &json["outside_files"]), (&0.into(), &serde_json::json!([])), "{json}");
    fs::remove_dir_all(made.out()).unwrap();
    // A tool that a definition asks for by name alone is looked for nowhere.
    fs::write(made.path().join("own.yaml"), trap("touch", &mark).replace("quick", "own")).unwrap();
    let arguments = ["collect", "--playbook", "own.yaml", "--out", "out/", "-r", &recipient, "--no-scan"];
    let output = run_next_to(&made, "stick", &arguments);
    assert!(!mark.exists(), "{output:?}");
}

#[test]
fn a_playbook_in_the_current_directory_is_used_only_where_its_file_is_given() {
    let made = Made::linux();
    let mark = made.path().join("it ran");
    for name in ["quick", "quick.yaml", "playbooks.yaml"] {
        fs::write(made.path().join(name), trap("/usr/bin/touch", &mark)).unwrap();
    }
    let output = made.veldkit(["playbook", "show", "quick", "--system", "linux"]);
    assert!(output.status.success() && !text(&output.stdout).contains("Trap"), "{output:?}");
    let named = made.veldkit(["playbook", "show", "./quick.yaml", "--system", "linux", "--lang", "en"]);
    assert!(text(&named.stdout).contains("Trap"), "{named:?}");
    assert!(
        text(&named.stderr)
            .contains("playbook 'quick' of ./quick.yaml replaces that of playbooks/quick.yaml")
    );
}

#[test]
fn a_kit_description_that_is_not_a_regular_file_is_refused_at_once() {
    let kit = MadeKit::new().signed();
    let whole = fs::read(kit.at("kit.json")).unwrap();
    let elsewhere = kit.made.path().join("elsewhere.json");
    fs::write(&elsewhere, &whole).unwrap();
    let clear = || {
        let _ = fs::remove_file(kit.at("kit.json"));
        let _ = fs::remove_dir(kit.at("kit.json"));
    };
    clear();
    symlink(&elsewhere, kit.at("kit.json")).unwrap();
    kit.refused(&kit.key(), &[], "it is a link");
    clear();
    symlink("nothing", kit.at("kit.json")).unwrap();
    kit.refused(&kit.key(), &[], "it is a link");
    clear();
    fs::create_dir(kit.at("kit.json")).unwrap();
    kit.refused(&kit.key(), &[], "not a regular file");
    clear();
    pipe(&kit.at("kit.json"));
    kit.refused(&kit.key(), &[], "not a regular file");
    clear();
    fs::write(kit.at("kit.json"), vec![b' '; 5 << 20]).unwrap();
    kit.refused(&kit.key(), &[], "it is larger than 4194304 bytes");
    fs::write(kit.at("kit.json"), "[".repeat(1 << 20)).unwrap();
    kit.refused(&kit.key(), &[], "it is not the description of a kit");
    fs::write(kit.at("kit.json"), &whole).unwrap();
    fs::remove_file(kit.at("kit.json.minisig")).unwrap();
    pipe(&kit.at("kit.json.minisig"));
    kit.refused(&kit.key(), &[], "not a regular file");
}

#[test]
fn a_file_of_a_kit_that_is_a_link_a_pipe_or_outside_of_it_is_refused() {
    let rule = b"rule own { condition: true }";
    let kit = MadeKit::new().with("rules", "rules/own.yar", rule).signed();
    let place = kit.at("rules/own.yar");
    let elsewhere = kit.made.path().join("own.yar");
    fs::rename(&place, &elsewhere).unwrap();
    symlink(&elsewhere, &place).unwrap();
    kit.refused(&kit.key(), &[], "it is a link");
    fs::remove_file(&place).unwrap();
    pipe(&place);
    kit.refused(&kit.key(), &[], "not a regular file");
    fs::remove_dir_all(kit.at("rules")).unwrap();
    fs::create_dir(kit.made.path().join("other")).unwrap();
    fs::copy(&elsewhere, kit.made.path().join("other/own.yar")).unwrap();
    symlink(kit.made.path().join("other"), kit.at("rules")).unwrap();
    kit.refused(&kit.key(), &[], "cannot read");
    for path in ["../own.yar", "/etc/passwd", "rules/../../own.yar", "C:\\own.yar"] {
        let kit = MadeKit::new().with("rules", "own.yar", rule).signed();
        let text = fs::read_to_string(kit.at("kit.json")).unwrap();
        fs::write(kit.at("kit.json"), text.replace("own.yar", &path.replace('\\', "\\\\"))).unwrap();
        kit.sign(&kit.pair);
        kit.refused(&kit.key(), &[], "is not one of a kit");
    }
}

#[test]
fn a_newer_kit_and_one_with_a_secret_key_for_a_recipient_are_refused() {
    let kit = MadeKit::new().signed();
    let text = fs::read_to_string(kit.at("kit.json")).unwrap();
    fs::write(kit.at("kit.json"), text.replace("\"format\":1", "\"format\":2")).unwrap();
    kit.sign(&kit.pair);
    kit.refused(&kit.key(), &[], "use a newer veldkit");
    let secret = fs::read_to_string(MadeKit::new().made.identity()).unwrap();
    let secret = secret.lines().find(|line| line.starts_with("AGE-SECRET-KEY-")).unwrap().to_owned();
    let kit = MadeKit::new().with_recipients(&[&secret]).signed();
    let (_, said, code) = kit.collect(&kit.key(), &[]);
    assert!(code == 2 && !said.contains(&secret), "{said}");
}

#[test]
fn a_recipients_file_that_is_huge_a_pipe_a_directory_or_everybodys_is_refused() {
    let made = Made::linux();
    let at = |name: &str| made.path().join(name);
    let line = format!("{}\n", made.recipient());
    fs::write(at("huge"), line.repeat(100_000)).unwrap();
    pipe(&at("pipe"));
    fs::create_dir(at("directory")).unwrap();
    fs::write(at("open"), &line).unwrap();
    fs::set_permissions(at("open"), fs::Permissions::from_mode(0o666)).unwrap();
    fs::create_dir(at("shared")).unwrap();
    fs::write(at("shared/file"), &line).unwrap();
    fs::set_permissions(at("shared"), fs::Permissions::from_mode(0o777)).unwrap();
    let run = |file: &str| {
        made.veldkit([
            "collect",
            "--root",
            "tree",
            "--out",
            "out/",
            "--path",
            "/etc/hostname",
            "-R",
            file,
            "--json",
        ])
    };
    for (file, why) in [
        ("huge", "larger than 262144 bytes"),
        ("pipe", "not a regular file"),
        ("directory", "not a regular file"),
        ("open", "every user can change or replace 'open'"),
        ("shared/file", "every user can change or replace"),
    ] {
        let output = run(file);
        assert_eq!(output.status.code(), Some(2), "{file}: {}", text(&output.stderr));
        assert!(text(&output.stderr).contains(why), "{file}: {}", text(&output.stderr));
        assert!(made.bundles().is_empty());
    }
    // Whoever chooses the passphrase chooses who reads the bundle just as well.
    fs::write(at("words"), "wachtwoordzin\n").unwrap();
    fs::set_permissions(at("words"), fs::Permissions::from_mode(0o666)).unwrap();
    let by_words =
        ["collect", "--root", "tree", "--out", "out/", "--path", "/etc/hostname", "--passphrase-file"];
    let output = made.veldkit(by_words.iter().chain(&["words"]));
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("every user can change or replace 'words'"));
    assert!(made.bundles().is_empty());
    fs::set_permissions(at("open"), fs::Permissions::from_mode(0o644)).unwrap();
    let output = run("open");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["outside_files"][0]["sha256"], Digest::of(line.as_bytes()).to_string());
    assert_eq!(json["outside_files"][0]["role"], "recipients");
}

#[test]
fn a_pipe_in_place_of_a_playbook_rules_or_indicators_holds_up_nothing() {
    let made = Made::linux();
    pipe(&made.path().join("pipe.yaml"));
    let recipient = made.recipient();
    for option in ["--playbook", "--rules", "--indicators", "--known-good"] {
        let arguments = [
            "collect",
            "--root",
            "tree",
            "--out",
            "out/",
            "--path",
            "/etc/hostname",
            "-r",
            &recipient,
            option,
            "pipe.yaml",
        ];
        let output = made.veldkit(arguments);
        assert_eq!(output.status.code(), Some(2), "{option}: {}", text(&output.stderr));
        assert!(text(&output.stderr).contains("regular file"), "{option}: {}", text(&output.stderr));
    }
}

#[test]
fn links_and_files_with_the_names_of_a_bundle_and_its_sidecars_are_neither_followed_nor_overwritten() {
    let recipient_of = Made::linux();
    let recipient = recipient_of.recipient();
    let key = KeyPair::generate_unencrypted_keypair().unwrap();
    let secret = key.sk.to_box(None).unwrap().to_string();
    for (name, options) in [
        ("b.zip.age", &[][..]),
        ("b.receipt.txt", &[]),
        ("b.receipt.txt.minisig", &["--sign", "secret"]),
        ("b.zip.age.001", &["--split", "1M"]),
        ("b.zip.age.002", &["--split", "1K"]),
    ] {
        for planted in ["file", "read-only file", "link", "dangling link", "directory", "pipe"] {
            // That is a directory for bundles.
            if (name, planted) == ("b.zip.age", "directory") {
                continue;
            }
            let made = Made::linux();
            fs::write(made.path().join("secret"), &secret).unwrap();
            let victim = made.path().join("victim");
            let place = made.out().join(name);
            match planted {
                "link" => {
                    fs::write(&victim, "precious").unwrap();
                    symlink(&victim, &place).unwrap();
                }
                "dangling link" => symlink(&victim, &place).unwrap(),
                "directory" => fs::create_dir(&place).unwrap(),
                "pipe" => pipe(&place),
                _ => {
                    fs::write(&place, "precious").unwrap();
                    let bits = if planted == "file" { 0o644 } else { 0o444 };
                    fs::set_permissions(&place, fs::Permissions::from_mode(bits)).unwrap();
                }
            }
            let before = fs::symlink_metadata(&place).unwrap().file_type();
            let fixed =
                ["collect", "--root", "tree", "--out", "out/b.zip.age", "--path", "/", "-r", &recipient];
            let output = made.veldkit([&fixed[..], options].concat());
            let said = text(&output.stderr);
            assert!(said.contains("error:"), "{name}, {planted}: {said}");
            assert_eq!(
                fs::symlink_metadata(&place).unwrap().file_type(),
                before,
                "{name}, {planted}: {said}"
            );
            match planted {
                "link" => assert_eq!(fs::read_to_string(&victim).unwrap(), "precious", "{name}"),
                "dangling link" => assert!(!victim.exists(), "{name}"),
                "file" | "read-only file" => {
                    assert_eq!(fs::read_to_string(&place).unwrap(), "precious", "{name}");
                }
                _ => {}
            }
        }
    }
}

#[test]
#[ignore = "needs root"]
fn with_root_rules_playbooks_and_kits_that_others_can_change_are_refused_and_named() {
    let kit = MadeKit::new().with(
        "playbook",
        "playbooks/own.yaml",
        playbook("own", "LinuxHostIdentity").as_bytes(),
    );
    let kit = kit.signed();
    let at = |name: &str| kit.made.path().join(name);
    let mode = |name: &str, mode| fs::set_permissions(at(name), fs::Permissions::from_mode(mode)).unwrap();
    for directory in ["rules", "rules/below", "shared"] {
        fs::create_dir(at(directory)).unwrap();
    }
    for file in ["rules/below/a.yar", "shared/a.yar"] {
        fs::write(at(file), "rule a { condition: false }").unwrap();
    }
    for file in ["p.yaml", "shared/p.yaml"] {
        fs::write(at(file), playbook("mine", "LinuxHostIdentity")).unwrap();
    }
    let recipient = kit.made.recipient();
    let fixed = [&["-r", recipient.as_str()][..]].concat();
    let used = |further: &[&str]| {
        let (_, said, code) = kit.collect(&kit.key(), &[&fixed[..], further].concat());
        assert_eq!(code, 0, "{further:?}: {said}");
        assert!(fs::remove_dir_all(kit.made.out()).and_then(|()| fs::create_dir(kit.made.out())).is_ok());
    };
    used(&["--rules", "rules", "--playbook", "p.yaml"]);
    let refused = |further: &[&str], named: &str| {
        let why = format!("{named}' is not used: every user can change or replace it");
        kit.refused(&kit.key(), &[&fixed[..], further].concat(), &why);
    };
    mode("shared", 0o777);
    refused(&["--rules", "shared"], "'shared");
    refused(&["--rules", "shared/a.yar"], "'shared/a.yar");
    refused(&["--playbook", "shared/p.yaml"], "'shared/p.yaml");
    mode("rules/below/a.yar", 0o666);
    refused(&["--rules", "rules"], "'rules/below/a.yar");
    mode("rules/below/a.yar", 0o644);
    mode("rules/below", 0o777);
    refused(&["--rules", "rules"], "'rules/below/a.yar");
    mode("p.yaml", 0o666);
    refused(&["--no-kit", "--playbook", "p.yaml"], "'p.yaml");
    fs::create_dir(at("shared/own")).unwrap();
    fs::write(at("shared/own/b.yar"), "rule b { condition: false }").unwrap();
    refused(&["--rules", "shared/own/b.yar"], "'shared/own/b.yar");
    fs::write(at("shared/list.txt"), format!("{}\n", Digest::of(b"x"))).unwrap();
    refused(&["--indicators", "shared/list.txt"], "'shared/list.txt");
    refused(&["--known-good", "shared/list.txt"], "'shared/list.txt");
    mode("stick", 0o777);
    refused(&[], "stick");
    refused(&["--kit", "stick"], "'stick");
    used(&["--no-kit"]);
}

#[test]
fn a_library_next_to_a_tool_of_a_kit_that_the_kit_does_not_list_keeps_the_tool_from_being_started() {
    let echo = fs::read("/bin/echo").unwrap();
    let definition = format!(
        "name: Said\ndoc: d\nsources:\n- type: COMMAND\n  attributes: {{cmd: says, args: [it ran], sha256: [{}]}}\n---\n{}",
        Digest::of(&echo),
        playbook("own", "Said")
    );
    let kit = MadeKit::new()
        .with("playbook", "playbooks/own.yaml", definition.as_bytes())
        .with("tool", "tools/says", &echo)
        .with("library", "tools/libown.so.1", b"of the kit")
        .signed();
    fs::set_permissions(kit.at("tools/says"), fs::Permissions::from_mode(0o755)).unwrap();
    let recipient = kit.made.recipient();
    let arguments =
        ["collect", "--playbook", "own", "--out", "out/", "-r", &recipient, "--no-scan", "--json"];
    let ran = || {
        let output = crate::program::run(&kit.made, &kit.key(), "stick", &arguments);
        let records = kit.made.records();
        let record = records.iter().find(|record| record["origin"]["name"] == "1-says.stdout.txt").unwrap();
        fs::remove_dir_all(kit.made.out()).and_then(|()| fs::create_dir(kit.made.out())).unwrap();
        let reason = record["reason"]["detail"].as_str().unwrap_or_default().to_owned();
        (record["content"]["size_stored"].as_u64() > Some(0), reason, text(&output.stderr))
    };
    let (whole, reason, said) = ran();
    assert!(whole, "{reason} {said}");
    for planted in ["libc.so.6", "version.dll", "says.local", "other.exe"] {
        fs::write(kit.at("tools").join(planted), "planted").unwrap();
        let (started, reason, said) = ran();
        assert!(!started && reason.contains(&format!("'{planted}' is next to it")), "{reason} {said}");
        fs::remove_file(kit.at("tools").join(planted)).unwrap();
    }
    fs::write(kit.at("tools/libown.so.1"), "another").unwrap();
    let (started, reason, said) = ran();
    assert!(!started && reason.contains("'libown.so.1' next to it is not the file"), "{reason} {said}");
}
