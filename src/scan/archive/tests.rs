//! Archives made here: packed in each other, cut, lying about themselves, and larger than they may be.

use std::io::Write as _;

use ::zip::write::SimpleFileOptions;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ::zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in files {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, content) in files {
        if name.len() > 100 {
            header(&mut out, "././@LongLink", b'L', name.len() + 1);
            padded(&mut out, format!("{name}\0").as_bytes());
        }
        header(&mut out, &name[..name.len().min(100)], b'0', content.len());
        padded(&mut out, content);
    }
    out.extend([0; 1024]);
    out
}

fn header(out: &mut Vec<u8>, name: &str, kind: u8, size: usize) {
    let mut header = [0_u8; BLOCK_SIZE];
    header[..name.len()].copy_from_slice(name.as_bytes());
    header[124..135].copy_from_slice(format!("{size:011o}").as_bytes());
    header[148..156].fill(b' ');
    header[156] = kind;
    header[257..263].copy_from_slice(b"ustar\0");
    let sum: u64 = header.iter().map(|byte| u64::from(*byte)).sum();
    header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    out.extend(header);
}

const BLOCK_SIZE: usize = tar::BLOCK;

fn padded(out: &mut Vec<u8>, content: &[u8]) {
    out.extend(content);
    out.extend(std::iter::repeat_n(0, content.len().next_multiple_of(BLOCK_SIZE) - content.len()));
}

fn seen(name: &str, content: &[u8]) -> (Vec<(String, Vec<u8>)>, Report) {
    let mut seen = Vec::new();
    let report = walk(name, content, true, None, &mut |member| {
        seen.push((
            member.path.to_owned(),
            member.content.map(|content| content.to_vec()).unwrap_or_default(),
        ));
        ControlFlow::Continue(())
    });
    (seen, report)
}

fn paths(name: &str, content: &[u8]) -> Vec<String> {
    seen(name, content).0.into_iter().map(|(path, _)| path).collect()
}

#[test]
fn files_are_seen_with_their_path_whatever_they_are_packed_in() {
    let long = format!("{}/b.txt", "a".repeat(150));
    let inner = zip(&[("deep/c.txt", b"c")]);
    let packed = tar(&[("x/a.txt", b"a"), (&long, b"b"), ("inner.zip", &inner)]);
    let expected = [
        ("x/a.txt".to_owned(), b"a".to_vec()),
        (long.clone(), b"b".to_vec()),
        ("inner.zip".to_owned(), inner.clone()),
        ("inner.zip!deep/c.txt".to_owned(), b"c".to_vec()),
    ];
    let (files, report) = seen("backup.tar", &packed);
    assert_eq!(files, expected);
    assert_eq!((report.scanned(), report.sentence()), (4, None));
    let within = |outer: &str| expected.clone().map(|(path, _)| format!("{outer}!{path}")).to_vec();
    assert_eq!(paths("backup.tar.gz", &gzip(&packed)), within("backup.tar"));
    assert_eq!(paths("backup.tgz", &gzip(&packed)), within("backup.tar"));
    assert_eq!(paths("log.gz", &gzip(b"line")), ["log"]);
    assert_eq!(paths("noname", &gzip(b"line")), ["unpacked"]);
    assert_eq!(seen("notes.txt", b"no archive"), (Vec::new(), Report::default()));
}

#[test]
fn a_zip_with_bytes_in_front_or_without_its_directory_still_shows_its_files() {
    let whole = zip(&[("a.txt", b"alpha alpha alpha alpha"), ("b.txt", b"b")]);
    let directory = whole.windows(4).position(|bytes| bytes == b"PK\x01\x02").unwrap();
    assert_eq!(paths("cut.zip", &whole[..directory]), ["a.txt", "b.txt"]);
    let mut streamed = ::zip::ZipWriter::new_stream(Vec::new());
    streamed.start_file("s.txt", SimpleFileOptions::default()).unwrap();
    streamed.write_all(b"streamed").unwrap();
    let streamed = streamed.finish().unwrap().into_inner();
    assert_eq!(seen("s.zip", &streamed).0, [("s.txt".to_owned(), b"streamed".to_vec())]);
}

#[test]
fn what_is_not_looked_into_is_said() {
    let mut encrypted = zip(&[("secret.txt", b"secret"), ("open.txt", b"open")]);
    for magic in [&b"PK\x01\x02"[..], b"PK\x03\x04"] {
        let at = encrypted.windows(4).position(|bytes| bytes == magic).unwrap();
        encrypted[at + if magic[2] == 1 { 8 } else { 6 }] |= 1;
    }
    let (files, report) = seen("e.zip", &encrypted);
    assert_eq!(files.iter().filter(|(_, content)| !content.is_empty()).count(), 1);
    assert!(report.sentence().unwrap().contains("files in it are encrypted (1)"), "{report:?}");

    let report = seen("x.7z", b"7z\xbc\xaf\x27\x1c....").1;
    assert!(report.sentence().unwrap().contains("7ZIP"), "{report:?}");

    let mut nested = b"alpha".to_vec();
    for level in 0..=DEPTH {
        nested = zip(&[(&format!("{level}.zip"), &nested)]);
    }
    let (files, report) = seen("n.zip", &nested);
    assert_eq!(files.len(), DEPTH);
    assert!(report.sentence().unwrap().contains("deep"), "{report:?}");

    let report = walk("h.zip", &zip(&[("a", b"a")]), false, None, &mut |_| ControlFlow::Continue(()));
    assert!(report.sentence().unwrap().contains("beginning"), "{report:?}");
}

#[test]
fn a_bomb_is_unpacked_to_its_limit_and_no_further() {
    let bomb = zip(&[("zeros", &vec![0; 64 << 20]), ("after", b"after")]);
    let mut unpacked = 0;
    let report = walk("bomb.zip", &bomb, true, None, &mut |member| {
        unpacked += member.content.map_or(0, |content| content.len());
        ControlFlow::Continue(())
    });
    let most = usize::try_from(ALLOWANCE).unwrap().max(bomb.len() * usize::try_from(RATIO).unwrap());
    assert!(unpacked <= most, "{unpacked} of {most}");
    assert!(report.sentence().unwrap().contains("limits"), "{report:?}");

    let tarred = tar(&[("zeros", &vec![0; 64 << 20]), ("after", b"after")]);
    let (_, report) = seen("bomb.tar.gz", &gzip(&tarred));
    assert!(report.sentence().unwrap().contains("limits"), "{report:?}");
}

#[test]
fn broken_and_lying_archives_end_and_do_no_harm() {
    let whole = [
        zip(&[("a.txt", b"alpha"), ("b/c.txt", &[7; 3000])]),
        tar(&[("a.txt", b"alpha"), ("b", &[7; 3000])]),
        gzip(&tar(&[("a.txt", b"alpha")])),
    ];
    let mut state = 1_u64;
    for archive in &whole {
        for _ in 0..400 {
            let mut broken = archive.clone();
            for _ in 0..4 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let place = usize::try_from(state >> 33).unwrap() % broken.len();
                broken[place] = u8::try_from(state & 0xff).unwrap();
            }
            let cut = usize::try_from(state >> 40).unwrap() % broken.len();
            for content in [&broken[..], &broken[..cut]] {
                let report = seen("x", content).1;
                assert!(report.scanned() <= 16, "{report:?}");
            }
        }
    }
}

#[test]
fn digests_are_of_the_whole_of_a_file_inside_also_where_rules_see_only_its_beginning() {
    // What does not shrink: the limit on how much more comes out than goes in is another test's.
    let noise = |number: u32| (number.wrapping_mul(2_654_435_761) >> 13).to_le_bytes();
    let large: Vec<u8> = (0..3 << 20).flat_map(noise).collect();
    for (name, packed) in [("x.zip", zip(&[("large", &large)])), ("x.tar", tar(&[("large", &large)]))] {
        let (mut kept, mut of) = (0, None);
        walk(name, &packed, true, Some(Wanted { md5: true, sha1: true }), &mut |member| {
            (kept, of) = (member.content.unwrap().len(), member.digests.cloned());
            ControlFlow::Continue(())
        });
        let of = of.unwrap();
        assert_eq!((kept, of.size_stored), (MEMBER, large.len() as u64), "{name}");
        assert_eq!(of.sha256_stored, crate::evidence::Digest::of(&large));
        assert!(of.md5.is_some() && of.sha1.is_some());
    }
}

#[test]
fn what_unpacks_to_more_than_it_may_has_no_digest_and_ends_the_rest() {
    let bomb = vec![0; 200 << 20];
    let packed = zip(&[("bomb", &bomb), ("after", b"x")]);
    let mut seen = Vec::new();
    let report = walk("x.zip", &packed, true, Some(Wanted::default()), &mut |member| {
        seen.push((member.path.to_owned(), member.digests.is_some()));
        ControlFlow::Continue(())
    });
    assert_eq!(seen, [("bomb".to_owned(), false)]);
    assert!(report.sentence().unwrap().contains("more than the limits allow"), "{report:?}");
}

#[test]
fn a_file_that_cannot_be_opened_is_shown_by_its_path() {
    let mut packed = zip(&[("secret/evil.exe", b"x"), ("open.txt", b"y")]);
    // The flag of encryption, in the directory (APPNOTE 4.3.12).
    let entry = packed.windows(4).position(|bytes| bytes == b"PK\x01\x02").unwrap();
    packed[entry + 8] |= 1;
    let mut seen = Vec::new();
    walk("x.zip", &packed, true, Some(Wanted::default()), &mut |member| {
        seen.push((member.path.to_owned(), member.content.is_some(), member.digests.is_some()));
        ControlFlow::Continue(())
    });
    assert_eq!(seen, [("secret/evil.exe".to_owned(), false, false), ("open.txt".to_owned(), true, true)]);
}
