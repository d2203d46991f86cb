//! Hostile bundles as an analyst meets them: through the program itself, in little memory. Each ends in an exit code and
//! a fault that is named, with nothing outside the folder.

use std::process::{Command, Output, Stdio};

use veldkit::bundle::Deflater;

use super::forge::{Zip, tree};
use super::*;
use crate::made::text;

/// Data memory that the program may have, in KiB: with its own code (8 MiB) it stays below 256 MiB.
const DATA_KIB: u32 = 240 * 1024;

/// Runs the program on the desk's bundle with no more than so much data memory.
fn within(desk: &Desk, kib: u32, arguments: &[&str]) -> Output {
    let script = format!("ulimit -c 0; ulimit -d {kib}; exec \"$0\" \"$@\"");
    Command::new("sh")
        .args(["-c", &script, env!("CARGO_BIN_EXE_veldkit")])
        .args(arguments)
        .current_dir(desk.folder.path())
        .env_clear()
        .envs(crate::made::of_gaps())
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// A file that says what it holds, deflated as small as deflate can.
fn bomb(forge: &mut Forge, length: usize) {
    let content = vec![0; length];
    let mut raw = Vec::new();
    Deflater::new(9).whole(&content, &mut raw);
    assert!(length / raw.len() > 900, "{}", raw.len());
    forge.file_as("bomb", &content, &Lie { raw: Some(raw), ..Lie::default() });
}

/// Every kind of hostile bundle, with words of the fault that must be named.
fn hostile() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let with = |change: &dyn Fn(&mut Forge)| {
        let mut forge = ordinary();
        change(&mut forge);
        forge.checkpoint();
        forge.close(None)
    };
    let named = |name: &'static str| {
        with(&|forge| {
            forge.zip.add(name, b"outside");
            forge.record_of("escape", name, b"outside");
        })
    };
    let lying = |lie: Lie| {
        with(&|forge| {
            forge.file_as("liar", b"what it says it is", &lie);
        })
    };
    // One kernel, and a directory that claims it 130 times over: 8 GiB of some 70 kB, if one believed it.
    let mut overlapping = {
        let mut forge = ordinary();
        bomb(&mut forge, 64 << 20);
        forge.checkpoint();
        forge.close(None)
    };
    let begin = overlapping.directory.windows(4).position(|bytes| bytes == b"bomb").unwrap();
    let begin = overlapping.directory[..begin].windows(4).rposition(|bytes| bytes == b"PK\x01\x02").unwrap();
    let length = 46 + "fs/$rootfs$/bomb".len();
    let record = overlapping.directory[begin..begin + length].to_vec();
    for number in 0..130 {
        let mut copy = record.clone();
        copy.splice(length - 4.., format!("b{number:03}").into_bytes());
        overlapping.directory.extend_from_slice(&copy);
        overlapping.entries += 1;
    }
    let claiming = Zip { claim: Some(10_000_000), ..ordinary().close(None) };
    let twice = with(&|forge| {
        forge.zip.add("fs/$rootfs$/twice", b"the first");
        forge.file("twice", b"the other");
    });
    let exploding = with(&|forge| bomb(forge, 256 << 20));
    vec![
        ("a name that climbs", named("../escape").finish(), "escape"),
        ("an absolute name", named("/escape").finish(), "escape"),
        ("a name with a backslash", named("..\\escape").finish(), "escape"),
        ("two entries of one name", twice.finish(), "twice"),
        ("a size too small", lying(Lie { size: Some(5), ..Lie::default() }).finish(), "liar"),
        (
            "a size too large",
            lying(Lie { size: Some(1 << 40), ..Lie::default() }).finish(),
            "more than deflate can",
        ),
        ("a wrong CRC", lying(Lie { crc32: Some(1), ..Lie::default() }).finish(), "liar"),
        ("a bomb", exploding.finish(), "--max-expansion"),
        ("a bomb of overlapping entries", overlapping.finish(), "directory"),
        ("10 million entries claimed", claiming.finish(), "entries"),
    ]
}

#[test]
fn every_hostile_bundle_ends_in_a_specific_fault_within_256_mib() {
    for (what, plain, fault) in hostile() {
        let desk = Desk::new();
        desk.bundle(&plain);
        for command in ["verify", "unpack", "list"] {
            let mut arguments = vec![command, "b.zip.age", "-i", "key.txt", "--expansion-allowance", "64M"];
            if command == "unpack" {
                arguments.extend(["--out", "out", "--salvage"]);
            }
            let output = within(&desk, DATA_KIB, &arguments);
            let said = text(&output.stdout) + &text(&output.stderr);
            assert_eq!(output.status.code(), Some(4), "{command}, {what}: {said}");
            assert!(command == "list" || said.contains(fault), "{command}, {what}: {said}");
        }
        for path in tree(desk.folder.path()) {
            let expected =
                path == "key.txt" || path == "b.zip.age" || path == "out" || path.starts_with("out/");
            assert!(expected, "{what}: {path} was written");
        }
    }
}

#[test]
fn the_memory_limit_of_these_tests_is_one() {
    let desk = Desk::new();
    desk.bundle(&ordinary().close(None).finish());
    let arguments = ["verify", "b.zip.age", "-i", "key.txt"];
    assert_eq!(within(&desk, DATA_KIB, &arguments).status.code(), Some(0));
    assert_ne!(within(&desk, 300, &arguments).status.code(), Some(0));
}

#[test]
fn each_limit_in_a_fault_has_its_option() {
    let desk = Desk::new();
    let mut forge = ordinary();
    bomb(&mut forge, 256 << 20);
    forge.checkpoint();
    desk.bundle(&forge.close(None).finish());
    let judged = |more: &[&str]| {
        let mut arguments = vec!["verify", "b.zip.age", "-i", "key.txt"];
        arguments.extend(more);
        let output = within(&desk, DATA_KIB, &arguments);
        (output.status.code().unwrap(), text(&output.stdout))
    };
    assert_eq!(judged(&[]).0, 0);
    let refused = judged(&["--expansion-allowance", "1M"]);
    assert!(refused.0 == 4 && refused.1.contains("--max-expansion"), "{}", refused.1);
    assert_eq!(judged(&["--expansion-allowance", "1M", "--max-expansion", "1032"]).0, 0);
    let refused = judged(&["--max-entries", "10"]);
    assert!(refused.0 == 4 && refused.1.contains("--max-entries"), "{}", refused.1);
}

#[test]
fn cut_in_each_section_and_sealed_anew_a_bundle_is_never_whole() {
    let forge = ordinary();
    let zip = forge.clone().close(None);
    let places = zip.places.clone();
    let directory = zip.bytes.len();
    let plain = zip.finish();
    let begin_of = |name: &str| places.iter().find(|(entry, _)| entry == name).unwrap().1;
    let header = |name: &str| begin_of(name) + 12;
    let data = |name: &str| begin_of(name) + 30 + name.len() + 4;
    let sections = [
        ("the opening's header", header("veldkit.json")),
        ("the opening", data("veldkit.json")),
        ("the readme", data("README.txt")),
        ("an item's header", header("fs/$rootfs$/etc/1/7.conf")),
        ("an item", data("fs/$rootfs$/etc/1/7.conf")),
        ("a streamed item", data("fs/$rootfs$/var/1.log")),
        ("records", data("records/000002.jsonl")),
        ("digests", data("records/000002.sha256")),
        ("a pad", data("pad/000002")),
        ("the log", data("log/custody.jsonl")),
        ("the manifest", data("manifest.json")),
        ("the directory", directory + 100),
        ("the end record", plain.len() - 5),
    ];
    for (section, at) in sections {
        let desk = Desk::new();
        // Encrypted after the cut, so that it is where it is meant and not where one of age's chunks ends.
        desk.bundle(&plain[..at]);
        let output = within(&desk, DATA_KIB, &["verify", "b.zip.age", "-i", "key.txt", "--json"]);
        let said = text(&output.stdout);
        let code = output.status.code();
        if at < begin_of("README.txt") {
            assert!(code == Some(1) || code == Some(4), "{section}: {said}{}", text(&output.stderr));
            assert!(!said.contains("\"whole\""), "{section}: {said}");
            continue;
        }
        assert_eq!(code, Some(4), "{section}: {said}{}", text(&output.stderr));
        let verdict: serde_json::Value = serde_json::from_str(&said).unwrap();
        assert_ne!(verdict["integrity"], "whole", "{section}");
        let complete = (1..=3).filter(|n| begin_of(&format!("records/{n:06}.sha256")) <= at).count();
        assert!(verdict["items"]["proved"].as_u64().unwrap() <= complete as u64 * 21, "{section}: {verdict}");
        assert_eq!(verdict["items"]["refuted"], 0, "{section}: {verdict}");
    }
}
