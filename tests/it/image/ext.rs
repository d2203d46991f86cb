//! Volumes of ext2, ext3 and ext4 in all the ways that one can keep a file on them: each file's digest is that of what
//! `mke2fs` put in and of what `debugfs` takes out. No test here needs root or a mount.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{collect, digests, noise, run};
use crate::made::{Made, text};

/// A run's peak memory stays below this whatever the image claims.
const MEMORY: u64 = 128 << 20;

/// An image of `mebibytes` as `mke2fs` makes it with these options, filled with the test's tree.
fn image(made: &Made, name: &str, mebibytes: u64, options: &[&str]) -> PathBuf {
    let image = made.path().join(name);
    fs::File::create(&image).unwrap().set_len(mebibytes << 20).unwrap();
    let mut command = Command::new("/usr/sbin/mke2fs");
    run(command.args(["-q", "-F", "-L", "servers"]).args(options).arg("-d").arg(made.tree()).arg(&image));
    image
}

/// Lets `debugfs` do something on an image; gives what it says.
fn debugfs(image: &Path, requests: &[&str]) -> String {
    let script = image.with_extension("debugfs");
    fs::write(&script, requests.join("\n") + "\n").unwrap();
    let mut command = Command::new("/usr/sbin/debugfs");
    text(&run(command.args(["-w", "-f"]).arg(&script).arg(image)))
}

/// Lets `e2fsck` put an image in order, which it does with these options; it ends with 1 where it changed something.
fn e2fsck(image: &Path, options: &[&str]) {
    let output = Command::new("/usr/sbin/e2fsck").args(options).arg(image).output().unwrap();
    assert!(matches!(output.status.code(), Some(0 | 1)), "{}{}", text(&output.stdout), text(&output.stderr));
}

/// What `debugfs` takes out of an image.
fn dumped(image: &Path, path: &str) -> Vec<u8> {
    let to = image.with_extension("dumped");
    debugfs(image, &[&format!("dump \"{path}\" {}", to.display())]);
    fs::read(to).unwrap()
}

fn sum(bytes: &[u8]) -> String {
    veldkit::evidence::Digest::of(bytes).to_string()
}

/// A server: small, large and sparse files, links inside the tree and out of it, awkward names, many files in a folder.
fn fill(made: &Made, many: usize) {
    made.put("etc/os-release", b"ID=debian\nPRETTY_NAME=\"Debian GNU/Linux 12\"\n");
    made.put("etc/hostname", b"stadhuis01\n");
    made.put("etc/passwd", b"root:x:0:0:root:/root:/bin/bash\nanna:x:1000:1000::/home/anna:/bin/bash\n");
    made.put("usr/bin/x", b"#!/bin/sh\n");
    made.put("var/log/auth.log", b"Nov 24 03:00:00 stadhuis01 sshd[1]: Accepted password for anna\n");
    made.put("home/anna/.bash_history", b"sudo su\n");
    made.put("empty", b"");
    made.put("medium.txt", &noise(150, 1));
    let large = made.put("large.bin", &noise(3_000_001, 2));
    fs::hard_link(&large, made.tree().join("same.bin")).unwrap();
    made.put(&format!("names/{}", "n".repeat(255)), b"long");
    made.put("names/a:b", b"no stream");
    made.put("names/\u{1f5c4}", b"emoji");
    let odd = made.tree().join("names").join(OsStr::from_bytes(b"not\xfftext"));
    fs::write(odd, "bytes").unwrap();
    let mut sparse = fs::File::create(made.tree().join("sparse.bin")).unwrap();
    sparse.write_all(b"begin").unwrap();
    sparse.seek(SeekFrom::Start(90_000_000)).unwrap();
    sparse.write_all(b"end").unwrap();
    fs::set_permissions(made.tree().join("medium.txt"), fs::Permissions::from_mode(0o4750)).unwrap();
    let long = "../".repeat(30) + "etc/passwd";
    for (name, to) in [("out", "/etc/passwd"), ("far", &long), ("var/log/messages", "auth.log")] {
        symlink(to, made.tree().join(name)).unwrap();
    }
    run(Command::new("mkfifo").arg(made.tree().join("pipe")));
    for number in 0..many {
        made.put(&format!("many/file {number}.txt"), format!("{number}\n").as_bytes());
    }
}

/// The SHA-256 of every file of the test's tree whose name is text.
fn wanted(made: &Made) -> BTreeMap<String, String> {
    let script = "find . -type f -print0 | xargs -0 sha256sum --zero";
    let output = run(Command::new("sh").args(["-c", script]).current_dir(made.tree()));
    let lines = output.split(|byte| *byte == 0).filter_map(|line| std::str::from_utf8(line).ok());
    let pairs = lines.filter_map(|line| line.split_once("  ./"));
    pairs.map(|(digest, path)| (path.to_owned(), digest.to_owned())).collect()
}

/// Collects all of an image and gives the records.
fn collected(made: &Made, image: &Path, code: i32) -> Vec<serde_json::Value> {
    made.bundles().iter().for_each(|bundle| fs::remove_file(bundle).unwrap());
    let output = collect(made, image, &["--path", "/"]);
    let said = text(&output.stdout) + &text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{}: {said}", image.display());
    made.records()
}

fn record<'a>(records: &'a [serde_json::Value], path: &str) -> &'a serde_json::Value {
    let found = records.iter().find(|record| record["origin"]["path"] == path);
    found.unwrap_or_else(|| panic!("no record of {path}"))
}

#[test]
fn every_file_is_what_was_put_in_and_what_debugfs_takes_out_however_it_is_stored() {
    for (name, options) in [
        ("ext4", &["-t", "ext4"][..]),
        ("ext3", &["-t", "ext3"]),
        ("ext2", &["-t", "ext2", "-b", "1024"]),
        ("inline", &["-t", "ext4", "-O", "inline_data", "-I", "256"]),
        ("groups", &["-t", "ext4", "-b", "1024", "-g", "1024", "-O", "meta_bg,^resize_inode"]),
        ("clusters", &["-t", "ext4", "-O", "bigalloc", "-C", "16384"]),
        ("old", &["-t", "ext2", "-O", "none", "-I", "128"]),
    ] {
        let made = Made::new();
        fill(&made, 300);
        let image = image(&made, &format!("{name}.img"), 40, options);
        let records = collected(&made, &image, 0);
        assert_eq!(digests(&records), wanted(&made), "{name}");
        for path in ["medium.txt", "large.bin", "sparse.bin", "many/file 7.txt"] {
            let digest = digests(&records)[path].clone();
            let mut taken = dumped(&image, &format!("/{path}"));
            // Of a file in its inode, debugfs 1.47.0 gives all bytes that there is room for.
            taken.truncate(fs::metadata(made.tree().join(path)).unwrap().len().try_into().unwrap());
            assert_eq!(sum(&taken), digest, "{name}: {path}");
        }
        told(&records);
    }
}

/// What records say besides the content.
fn told(records: &[serde_json::Value]) {
    let odd = records.iter().find(|record| record["origin"]["path_base64"].is_string()).unwrap();
    assert_eq!(odd["content"]["sha256_stored"], sum(b"bytes"), "{odd}");
    let medium = record(records, "medium.txt");
    assert_eq!(medium["read_by"], serde_json::json!(["raw_ext"]));
    let facts = &medium["metadata"];
    assert_eq!((&facts["mode"], &facts["links"]), (&0o104_750.into(), &1.into()), "{medium}");
    for time in ["modified", "changed", "accessed"] {
        assert!(facts[time].as_str().is_some_and(|time| time.starts_with("20")), "{medium}");
    }
    let (large, same) = (record(records, "large.bin"), record(records, "same.bin"));
    assert_eq!(
        (&large["metadata"]["links"], &large["metadata"]["inode"]),
        (&2.into(), &same["metadata"]["inode"])
    );
    let sparse = record(records, "sparse.bin");
    assert!(sparse["content"]["size_stored"].as_u64().unwrap() < 1 << 20, "{sparse}");
    assert_eq!(sparse["notes"], serde_json::json!(["names_from_target", "sparse"]), "{sparse}");
    assert_eq!(record(records, "out")["metadata"]["target"], "/etc/passwd");
    assert_eq!(record(records, "far")["metadata"]["target"], "../".repeat(30) + "etc/passwd");
    let pipe = record(records, "pipe");
    assert_eq!((&pipe["kind"], &pipe["outcome"]), (&"fifo".into(), &"skipped".into()), "{pipe}");
    assert_eq!(record(records, "etc/passwd")["entry"], "fs/$rootfs$/etc/passwd");
}

#[test]
fn a_large_directory_with_a_hash_tree_and_a_fragmented_file_are_read() {
    let made = Made::new();
    fill(&made, 10_000);
    let image = image(&made, "pieces.img", 64, &["-t", "ext4", "-b", "1024", "-N", "20000"]);
    e2fsck(&image, &["-fyD"]);
    let said = debugfs(&image, &["htree_dump /many"]);
    assert!(said.contains("Root node dump"), "the fixture makes no tree: {said}");
    // Every other file is gone: what comes next stands in the gaps.
    let pieces = made.path().join("pieces.bin");
    fs::write(&pieces, noise(20_000_000, 9)).unwrap();
    let mut requests: Vec<String> =
        (0..10_000).step_by(2).map(|number| format!("rm \"/many/file {number}.txt\"")).collect();
    (0..10_000)
        .step_by(2)
        .for_each(|number| fs::remove_file(made.tree().join(format!("many/file {number}.txt"))).unwrap());
    requests.push(format!("write {} pieces.bin", pieces.display()));
    debugfs(&image, &requests.iter().map(String::as_str).collect::<Vec<_>>());
    fs::rename(&pieces, made.tree().join("pieces.bin")).unwrap();
    let said = debugfs(&image, &["dump_extents /pieces.bin"]);
    assert!(said.lines().count() > 400, "the fixture is in few pieces: {said}");
    assert_eq!(digests(&collected(&made, &image, 0)), wanted(&made));
}

#[test]
fn blocks_in_the_journal_are_seen_as_on_a_mounted_volume() {
    for checks in [&["jo"][..], &["jo -c -v 2"], &["jo -c -v 3"]] {
        let made = Made::new();
        fill(&made, 20);
        made.put("changed.bin", &noise(4096 * 3, 5));
        made.put("escaped.bin", &noise(4096, 6));
        made.put("revoked.bin", &noise(4096, 7));
        let image = image(&made, "dirty.img", 40, &["-t", "ext4", "-b", "4096"]);
        let block = |path: &str| {
            let said = debugfs(&image, &[&format!("blocks /{path}")]);
            let line =
                said.lines().find(|line| line.starts_with(|first: char| first.is_ascii_digit())).unwrap();
            line.split_whitespace().next().unwrap().parse::<u64>().unwrap()
        };
        let later = |name: &str, content: &[u8]| {
            let path = made.path().join(name);
            fs::write(&path, content).unwrap();
            path.display().to_string()
        };
        let changed = later("b1", &noise(4096, 50));
        let escaped = later("b2", &[&[0xc0, 0x3b, 0x39, 0x98][..], &noise(4092, 51)].concat());
        let revoked = later("b3", &noise(4096, 52));
        let (second, odd, back) = (block("changed.bin") + 1, block("escaped.bin"), block("revoked.bin"));
        let requests = [
            format!("jw -b {second} {changed}"),
            format!("jw -b {odd} {escaped}"),
            format!("jw -b {back} {revoked}"),
            format!("jw -r {back}"),
            "jc".to_owned(),
        ];
        let said = debugfs(
            &image,
            &checks.iter().copied().chain(requests.iter().map(String::as_str)).collect::<Vec<_>>(),
        );
        let records = collected(&made, &image, 0);
        assert_eq!(
            record(&records, "changed.bin")["read_by"],
            serde_json::json!(["raw_ext with its journal"]),
            "{said}"
        );
        let got = digests(&records);
        let mut whole = noise(4096 * 3, 5);
        whole[4096..8192].copy_from_slice(&noise(4096, 50));
        assert_eq!(got["changed.bin"], sum(&whole), "{checks:?}");
        assert_eq!(got["escaped.bin"], sum(&fs::read(&escaped).unwrap()), "{checks:?}");
        assert_eq!(got["revoked.bin"], sum(&noise(4096, 7)), "{checks:?}");
        // The second opinion: the journal written down.
        let clean = made.path().join("clean.img");
        fs::copy(&image, &clean).unwrap();
        e2fsck(&clean, &["-fy"]);
        for path in ["changed.bin", "escaped.bin", "revoked.bin", "large.bin"] {
            assert_eq!(got[path], sum(&dumped(&clean, &format!("/{path}"))), "{checks:?}: {path}");
        }
    }
}

#[test]
fn a_server_is_detected_from_its_files_and_its_playbook_works_on_an_image() {
    let made = Made::new();
    fill(&made, 3);
    let image = image(&made, "server.img", 40, &["-t", "ext4"]);
    let output = collect(&made, &image, &["--playbook", "linux-server"]);
    let said = text(&output.stdout) + &text(&output.stderr);
    assert!(matches!(output.status.code(), Some(0)), "{said}");
    let records = made.records();
    assert_eq!(record(&records, "var/log/auth.log")["outcome"], "collected");
    assert_eq!(record(&records, "home/anna/.bash_history")["artifact"], "LinuxShellHistory");
    let unpacked = made.unpack();
    let opening: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(unpacked.join("veldkit.json")).unwrap()).unwrap();
    assert_eq!((&opening["host_name"], &opening["target"]), (&"stadhuis01".into(), &"image".into()));
    // By the accounts of the image itself: names of this machine are not those of its owners.
    assert_eq!(record(&records, "home/anna/.bash_history")["metadata"]["owner"], "root");
    let listed = text(&made.veldkit(["list-volumes", image.to_str().unwrap(), "--json"]).stdout);
    let listed: serde_json::Value = serde_json::from_str(listed.trim()).unwrap();
    let facts = (&listed["file_system"], &listed["label"], &listed["place"], &listed["not_read"]);
    assert_eq!(facts, (&"ext4".into(), &"servers".into(), &"/".into(), &serde_json::Value::Null));
}

#[test]
fn a_directory_below_itself_is_entered_once() {
    let made = Made::new();
    fill(&made, 3);
    let image = image(&made, "loop.img", 40, &["-t", "ext4"]);
    debugfs(&image, &["link /names /names/a", "link /names /names/b", "link /etc /names/c"]);
    let records = collected(&made, &image, 0);
    let loops = records.iter().filter(|record| record["reason"]["code"] == "loop").count();
    assert!((2..=3).contains(&loops), "{records:#?}");
    assert!(records.len() < 100, "{}", records.len());
}

/// Collects everything and holds the run against its limits; gives the number of files.
fn examine(made: &Made, image: &Path, bytes: &[u8]) -> usize {
    fs::write(image, bytes).unwrap();
    made.bundles().iter().for_each(|bundle| fs::remove_file(bundle).unwrap());
    let output = collect(made, image, &["--path", "/"]);
    let said = text(&output.stdout) + &text(&output.stderr);
    assert!(matches!(output.status.code(), Some(0 | 1 | 3)) && !said.contains("panicked"), "{said}");
    let Ok(json) = serde_json::from_slice::<serde_json::Value>(&output.stdout) else { return 0 };
    assert!(json["peak_memory_bytes"].as_u64().unwrap() < MEMORY, "{json}");
    let records = made.records();
    assert!(records.iter().all(|record| record["reason"]["code"] != "internal"), "{records:#?}");
    digests(&records).len()
}

#[test]
fn random_bytes_cost_what_they_hit_and_a_volume_cut_short_gives_what_is_left() {
    for options in [&["-t", "ext4", "-b", "1024"][..], &["-t", "ext3", "-b", "1024"]] {
        let made = Made::new();
        fill(&made, 400);
        fs::remove_file(made.tree().join("sparse.bin")).unwrap();
        let whole = fs::read(image(&made, "whole.img", 16, options)).unwrap();
        let damaged = made.path().join("damaged.img");
        let all = examine(&made, &damaged, &whole);
        assert!(all > 410, "{all}");
        let used = whole.iter().rposition(|byte| *byte != 0).unwrap();
        for seed in 0..8 {
            let mut bytes = whole.clone();
            for (step, byte) in noise(64, seed).iter().enumerate() {
                // Behind the superblock and its group's descriptors: inodes, folders, maps, contents.
                let at = 4096 + (step * 104_729 + usize::try_from(seed).unwrap() * 7_919) % (used - 4096);
                bytes[at] = *byte;
            }
            examine(&made, &damaged, &bytes);
        }
        let mut before = 0;
        for part in 1..=8 {
            let left = examine(&made, &damaged, &whole[..whole.len() * part / 8]);
            assert!(left >= before, "{part}: {left} after {before}");
            before = left;
        }
        assert_eq!(before, all);
        for length in [1024, 1100, 2048, 5000, 40_000] {
            examine(&made, &damaged, &whole[..length]);
        }
    }
}

#[test]
fn capabilities_and_flags_of_a_file_in_an_image_are_in_its_record() {
    let made = Made::linux();
    fill(&made, 3);
    let image = image(&made, "facts.img", 64, &["-t", "ext4"]);
    let value = made.path().join("capability");
    fs::write(&value, [0x0200_0001_u32, 1 << 7, 0, 0, 0].map(u32::to_le_bytes).concat()).unwrap();
    let set = format!("ea_set -f {} usr/bin/x security.capability", value.display());
    debugfs(
        &image,
        &[&set, "set_inode_field etc/passwd flags 0x80010", "set_inode_field etc/hostname flags 0x80020"],
    );
    let output = collect(&made, &image, &["--path", "/"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let program = made.record("usr/bin/x");
    let capabilities = serde_json::json!({"permitted": ["cap_setuid"], "effective": true});
    assert_eq!(program["metadata"]["xattrs"]["capabilities"], capabilities, "{program}");
    assert!(program["notes"].to_string().contains("grants_rights"), "{program}");
    assert_eq!(made.record("etc/passwd")["metadata"]["flags"], serde_json::json!(["immutable"]));
    assert_eq!(made.record("etc/hostname")["metadata"]["flags"], serde_json::json!(["append_only"]));
}
