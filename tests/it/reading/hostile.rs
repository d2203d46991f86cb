//! Hostile bundles end in a finding that names the fault, and nothing is written outside the folder.

use super::forge::{Zip, tree};
use super::*;

/// Nothing stands beside the folder but what the test put there, and nothing in it is a link.
fn stayed_inside(desk: &Desk) {
    for path in tree(desk.folder.path()) {
        assert!(path == "key.txt" || path == "b.zip.age" || path.starts_with("out"), "{path} was written");
        let kind = std::fs::symlink_metadata(desk.path(&path)).unwrap().file_type();
        assert!(!kind.is_symlink(), "{path} is a link");
    }
}

/// Unpacks an archive and expects tampering to be found.
fn tampered(zip: Zip, what: &str) -> Verdict {
    tampered_within(zip, what, &ReadLimits::default())
}

fn tampered_within(zip: Zip, what: &str, limits: &ReadLimits) -> Verdict {
    let desk = Desk::new();
    let (verdict, _) = unpack(&desk, &desk.bundle(&zip.finish()), limits);
    assert_eq!(verdict.integrity, Integrity::Tampered, "{what}: {:?}", verdict.findings);
    assert!(!verdict.findings.is_empty(), "{what}");
    stayed_inside(&desk);
    verdict
}

#[test]
fn a_name_that_leads_out_of_the_folder_is_named_and_stays_inside() {
    for name in [
        "../escape",
        "/tmp/escape",
        "fs/../../escape",
        "fs/$rootfs$/../../../escape",
        "fs/./x",
        "fs//x",
        "..\\escape",
    ] {
        let mut forge = ordinary();
        forge.zip.add(name, b"outside");
        forge.record_of("escape", name, b"outside");
        forge.checkpoint();
        tampered(forge.close(None), name);
    }
}

#[test]
fn an_entry_that_claims_to_be_a_link_is_written_as_a_file_if_at_all() {
    let mut forge = ordinary();
    forge.file("etc/passwd-link", b"/etc/passwd");
    forge.checkpoint();
    let desk = Desk::new();
    unpack(&desk, &desk.bundle(&forge.close(None).finish()), &ReadLimits::default());
    stayed_inside(&desk);
}

#[test]
fn two_entries_of_one_name_are_tampering_and_neither_gets_the_place() {
    let mut forge = ordinary();
    forge.zip.add("fs/$rootfs$/twice", b"the first");
    forge.file("twice", b"the other");
    forge.checkpoint();
    let desk = Desk::new();
    let (verdict, _) = unpack(&desk, &desk.bundle(&forge.close(None).finish()), &ReadLimits::default());
    assert_eq!(verdict.integrity, Integrity::Tampered);
    assert!(!desk.path("out/fs/$rootfs$/twice").exists());
}

#[test]
fn lying_sizes_and_digests_are_tampering() {
    let lies = [
        Lie { size: Some(5), ..Lie::default() },
        Lie { size: Some(u64::from(u32::MAX) + 7), ..Lie::default() },
        Lie { compressed: Some(3), ..Lie::default() },
        Lie { crc32: Some(1), ..Lie::default() },
        Lie { crc32: Some(1), streamed: true, ..Lie::default() },
        Lie { size: Some(1), streamed: true, ..Lie::default() },
        Lie { method: Some(99), ..Lie::default() },
        Lie { flags: Some(0x0001), ..Lie::default() },
        Lie { raw: Some(vec![0xff; 40]), ..Lie::default() },
    ];
    for lie in lies {
        let mut forge = ordinary();
        forge.file_as("liar", b"what it says it is", &lie);
        forge.checkpoint();
        tampered(forge.close(None), &format!("{lie:?}"));
    }
}

#[test]
fn a_record_whose_entry_is_missing_added_renamed_or_swapped_is_tampering() {
    let mut missing = ordinary();
    missing.record_of("gone", "fs/$rootfs$/gone", b"removed");
    missing.checkpoint();
    tampered(missing.close(None), "missing");

    let mut added = ordinary();
    added.zip.add("fs/$rootfs$/planted", b"added");
    added.checkpoint();
    tampered(added.close(None), "added");

    let mut renamed = ordinary();
    renamed.zip.add("fs/$rootfs$/new-name", b"same bytes");
    renamed.record_of("old-name", "fs/$rootfs$/old-name", b"same bytes");
    renamed.checkpoint();
    tampered(renamed.close(None), "renamed");

    let mut swapped = ordinary();
    swapped.zip.add("fs/$rootfs$/a", b"bytes of b");
    swapped.zip.add("fs/$rootfs$/b", b"bytes of a");
    swapped.record_of("a", "fs/$rootfs$/a", b"bytes of a");
    swapped.record_of("b", "fs/$rootfs$/b", b"bytes of b");
    swapped.checkpoint();
    tampered(swapped.close(None), "swapped");
}

#[test]
fn a_record_that_says_it_is_the_same_as_another_is_held_against_that_one() {
    let mut right = ordinary();
    right.file("first", b"the same bytes").same_as("vss1/first", "fs/$rootfs$/first", b"the same bytes");
    right.checkpoint();
    right.same_as("vss2/first", "fs/$rootfs$/first", b"the same bytes");
    right.checkpoint();
    let desk = Desk::new();
    let (verdict, _) = unpack(&desk, &desk.bundle(&right.close(None).finish()), &ReadLimits::default());
    assert_eq!((verdict.findings.as_slice(), verdict.integrity), (&[][..], Integrity::Whole));
    assert_eq!((verdict.items.proved, verdict.items.refuted), (66, 0));

    for (entry, content) in [
        ("fs/$rootfs$/nowhere", &b"the same bytes"[..]),
        ("fs/$rootfs$/first", b"other bytes"),
        ("fs/$rootfs$/later", b"later bytes"),
    ] {
        let mut wrong = ordinary();
        wrong.file("first", b"the same bytes").same_as("vss1/first", entry, content);
        wrong.file("later", b"later bytes").checkpoint();
        let verdict = tampered(wrong.close(None), entry);
        assert_eq!(verdict.items.refuted, 1, "{:?}", verdict.items);
        assert!(
            verdict.findings.iter().any(|finding| finding.what.contains("the same as")),
            "{:?}",
            verdict.findings
        );
    }
}

#[test]
fn a_bomb_is_refused_at_the_limit() {
    let mut forge = ordinary();
    forge.file("bomb", &vec![0; 64 << 20]);
    forge.checkpoint();
    let limits = ReadLimits { allowance: 1 << 20, expansion: 20, ..ReadLimits::default() };
    let verdict = tampered_within(forge.close(None), "bomb", &limits);
    assert!(
        verdict.findings.iter().any(|finding| finding.what.contains("expands to a multiple")),
        "{:?}",
        verdict.findings
    );
}

#[test]
fn ten_million_entries_claimed_are_not_believed() {
    let mut zip = ordinary().close(None);
    zip.claim = Some(10_000_000);
    tampered(zip, "10 million entries");
}

#[test]
fn what_is_no_bundle_at_all_is_said_to_be_none() {
    let desk = Desk::new();
    for bytes in [&b""[..], b"PK\x03\x04", b"age-encryption.org/v1\n"] {
        let path = desk.write("b.zip.age", bytes);
        let wrong = analysis::verify(
            &path,
            &desk.identities(),
            &Claims::default(),
            &ReadLimits::default(),
            &mut analysis::Silent,
        );
        assert!(wrong.is_err(), "{bytes:?}");
    }
}

#[cfg(unix)]
#[test]
fn links_of_a_unix_are_made_on_demand_and_lead_to_what_was_unpacked() {
    use std::os::unix::fs::symlink;

    let made = crate::made::Made::new();
    made.put("usr/lib/os-release", b"ID=debian\nVERSION_ID=\"12\"\n");
    made.put("srv/log/one.log", b"one");
    std::fs::create_dir_all(made.tree().join("etc")).unwrap();
    symlink("../usr/lib/os-release", made.tree().join("etc/os-release")).unwrap();
    symlink("one.log", made.tree().join("srv/log/newest.log")).unwrap();
    symlink("../../../../out", made.tree().join("srv/log/away")).unwrap();
    made.collect(["--artifact", "LinuxHostIdentity", "--path", "/srv/log/**"]);
    let identity = made.identity();
    let bundle = made.bundle_argument();
    let run = |out: &Path, more: &[&str]| {
        let common = ["unpack", &bundle, "-i", identity.to_str().unwrap(), "--out", out.to_str().unwrap()];
        made.veldkit(common.iter().chain(more))
    };
    let linked = made.path().join("linked");
    let output = run(&linked, &["--links"]);
    let warned = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "one leads outside: {warned}");
    assert!(warned.contains("srv/log/away") && warned.contains("outside its volume"), "{warned}");
    let newest = linked.join("fs/$rootfs$/srv/log/newest.log");
    assert!(newest.symlink_metadata().unwrap().is_symlink());
    assert_eq!(std::fs::read(&newest).unwrap(), b"one");
    let plain = made.path().join("plain");
    assert_eq!(run(&plain, &[]).status.code(), Some(0));
    assert!(!plain.join("fs/$rootfs$/srv/log/newest.log").exists());
    for place in [&linked, &plain] {
        let release = std::fs::read(place.join("fs/$rootfs$/etc/os-release")).unwrap();
        assert_eq!(
            release, b"ID=debian\nVERSION_ID=\"12\"\n",
            "what a link was named for is stored under its name"
        );
    }
}
