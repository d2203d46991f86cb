//! Zips as other programs write them: ZIP64 in every form, sizes behind the content, programs that unpack themselves.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::DeflateEncoder;

use super::*;

/// How a zip is written.
#[derive(Clone, Copy, Default)]
struct Layout {
    /// Sizes and offsets are in the records of ZIP64.
    wide: bool,
    /// The end record is that of ZIP64, with as many bytes of extension.
    wide_end: Option<usize>,
    /// Sizes follow the content: with a signature or without, in so many bytes each.
    follow: Option<(bool, usize)>,
    /// There is no directory.
    forward: bool,
    stored: bool,
    /// Bytes in front that offsets do not count.
    before: usize,
    comment: usize,
}

fn number(out: &mut Vec<u8>, value: usize, bytes: usize) {
    out.extend_from_slice(&value.to_le_bytes()[..bytes]);
}

fn made(files: &[(&str, &[u8])], layout: Layout) -> Vec<u8> {
    let mut out = vec![b'x'; layout.before];
    if layout.before > 0 {
        out[..2].copy_from_slice(b"MZ");
    }
    let mut directory = Vec::new();
    let all = usize::MAX;
    for (name, content) in files {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(content).unwrap();
        let packed = if layout.stored { content.to_vec() } else { encoder.finish().unwrap() };
        let offset = out.len() - layout.before;
        let method = if layout.stored { 0 } else { 8 };
        let flags = if layout.follow.is_some() { 8 } else { 0 };
        let size = |wide: bool, of: usize| if wide { all } else { of };
        // Another record before that of ZIP64, as Info-ZIP writes the times.
        let mut extra = b"UT\x05\0\x01\0\0\0\0".to_vec();
        let local_wide = layout.wide && layout.follow.is_none();
        if local_wide {
            extra.extend_from_slice(b"\x01\0\x10\0");
            number(&mut extra, content.len(), 8);
            number(&mut extra, packed.len(), 8);
        }
        out.extend_from_slice(b"PK\x03\x04-\0");
        number(&mut out, flags, 2);
        number(&mut out, method, 2);
        out.extend_from_slice(&[0; 8]);
        let (packed_size, plain_size) =
            if layout.follow.is_some() { (0, 0) } else { (packed.len(), content.len()) };
        number(&mut out, size(local_wide, packed_size), 4);
        number(&mut out, size(local_wide, plain_size), 4);
        number(&mut out, name.len(), 2);
        number(&mut out, extra.len(), 2);
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(&extra);
        out.extend_from_slice(&packed);
        if let Some((signed, bytes)) = layout.follow {
            if signed {
                out.extend_from_slice(b"PK\x07\x08");
            }
            out.extend_from_slice(&[1, 2, 3, 4]);
            number(&mut out, packed.len(), bytes);
            number(&mut out, content.len(), bytes);
        }
        directory.extend_from_slice(b"PK\x01\x02-\0-\0");
        number(&mut directory, flags, 2);
        number(&mut directory, method, 2);
        directory.extend_from_slice(&[0; 8]);
        number(&mut directory, size(layout.wide, packed.len()), 4);
        number(&mut directory, size(layout.wide, content.len()), 4);
        let mut extra = b"UT\x05\0\x01\0\0\0\0".to_vec();
        if layout.wide {
            extra.extend_from_slice(b"\x01\0\x18\0");
            for value in [content.len(), packed.len(), offset] {
                number(&mut extra, value, 8);
            }
        }
        number(&mut directory, name.len(), 2);
        number(&mut directory, extra.len(), 2);
        directory.extend_from_slice(&[0; 10]);
        number(&mut directory, size(layout.wide, offset), 4);
        directory.extend_from_slice(name.as_bytes());
        directory.extend_from_slice(&extra);
    }
    if layout.forward {
        return out;
    }
    let (offset, count) = (out.len() - layout.before, files.len());
    out.extend_from_slice(&directory);
    if let Some(extension) = layout.wide_end {
        let at = out.len() - layout.before;
        out.extend_from_slice(b"PK\x06\x06");
        number(&mut out, 44 + extension, 8);
        out.extend_from_slice(&[45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        for value in [count, count, directory.len(), offset] {
            number(&mut out, value, 8);
        }
        out.extend(std::iter::repeat_n(b'e', extension));
        out.extend_from_slice(b"PK\x06\x07\0\0\0\0");
        number(&mut out, at, 8);
        out.extend_from_slice(&[1, 0, 0, 0]);
    }
    let wide = layout.wide_end.is_some();
    out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    let short = |of: usize| if wide { all } else { of };
    number(&mut out, short(count), 2);
    number(&mut out, short(count), 2);
    number(&mut out, short(directory.len()), 4);
    number(&mut out, short(offset), 4);
    number(&mut out, layout.comment, 2);
    out.extend(std::iter::repeat_n(b'c', layout.comment));
    out
}

fn seen(content: &[u8]) -> (Vec<(String, Vec<u8>)>, Report) {
    let mut seen = Vec::new();
    let report = walk("x.zip", content, true, None, &mut |member| {
        let bytes = member.content.map(|content| content.to_vec()).unwrap_or_default();
        seen.push((member.path.to_owned(), bytes));
        ControlFlow::Continue(())
    });
    (seen, report)
}

const FILES: [(&str, &[u8]); 4] = [
    ("a.txt", b"alpha alpha alpha"),
    ("folder/", b""),
    ("b", b"PK\x07\x08 in it PK\x03\x04 as well"),
    ("c", b""),
];

#[test]
fn every_form_of_zip64_and_of_sizes_that_follow_shows_all_files() {
    let plain = Layout::default();
    let layouts = [
        plain,
        Layout { wide: true, ..plain },
        Layout { wide_end: Some(0), ..plain },
        Layout { wide: true, wide_end: Some(0), ..plain },
        Layout { wide: true, wide_end: Some(100), comment: 300, ..plain },
        Layout { wide: true, wide_end: Some(0), stored: true, ..plain },
        Layout { wide: true, wide_end: Some(0), before: 1_000, ..plain },
        Layout { before: 1_000, ..plain },
        Layout { wide: true, forward: true, ..plain },
        Layout { wide: true, forward: true, stored: true, ..plain },
        Layout { forward: true, follow: Some((true, 4)), ..plain },
        Layout { forward: true, follow: Some((true, 8)), ..plain },
        Layout { forward: true, follow: Some((true, 4)), stored: true, ..plain },
        Layout { wide: true, wide_end: Some(0), follow: Some((true, 8)), ..plain },
        Layout { wide: true, wide_end: Some(0), follow: Some((false, 8)), ..plain },
    ];
    for (place, layout) in layouts.into_iter().enumerate() {
        let (files, report) = seen(&made(&FILES, layout));
        let expected: Vec<_> = FILES
            .iter()
            .filter(|(name, _)| !name.ends_with('/'))
            .map(|(name, content)| ((*name).to_owned(), content.to_vec()))
            .collect();
        assert_eq!((files, report.scanned(), report.sentence()), (expected, 3, None), "{place}");
    }
}

#[test]
fn a_file_that_calls_itself_a_folder_is_seen() {
    let (files, report) =
        seen(&made(&[("x/", b"evil"), ("y/", b"")], Layout { stored: true, ..Layout::default() }));
    assert_eq!((files, report.scanned()), (vec![("x/".to_owned(), b"evil".to_vec())], 1));
}

#[test]
fn a_directory_that_is_cut_short_says_how_many_files_are_missing() {
    let mut zip = made(&FILES, Layout::default());
    let second = memchr::memmem::find_iter(&zip, b"PK\x01\x02").nth(1).unwrap();
    zip[second] = b'X';
    let (files, report) = seen(&zip);
    assert_eq!((files.len(), report.scanned(), report.not_opened()), (1, 1, 3));
    assert!(report.sentence().unwrap().contains("ends before all files"), "{report:?}");
}

#[test]
fn files_behind_a_limit_and_of_other_methods_are_counted() {
    let zip = made(&FILES, Layout::default());
    let report = walk("x.zip", &zip, true, None, &mut |_| ControlFlow::Break(WasSeen::No));
    assert_eq!((report.scanned(), report.not_opened()), (0, 3));
    assert!(report.sentence().unwrap().contains("come after a limit was reached (3)"), "{report:?}");
    for (method, name) in [(12, "bzip2"), (98, "PPMd"), (93, "Zstandard"), (95, "XZ"), (99, "AES")] {
        let mut zip = made(&FILES, Layout::default());
        let header = memchr::memmem::find(&zip, b"PK\x01\x02").unwrap();
        zip[header + 10] = method;
        let (_, report) = seen(&zip);
        let text = report.sentence().unwrap();
        assert_eq!((report.scanned(), report.not_opened()), (2, 1), "{text}");
        assert!(text.contains(name), "{text}");
    }
}

#[test]
fn a_zip_behind_anything_is_opened_and_one_whose_other_parts_are_elsewhere_is_reported() {
    let zip = made(&FILES, Layout::default());
    for front in [
        &b"MZ program"[..],
        b"#!/usr/bin/env python3\n",
        b"\xff\xd8\xff\xe0 picture",
        b"%PDF-1.7\n",
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
        b"plain words\n",
        b"<?xml version='1.0'?>",
    ] {
        let (_, report) = seen(&[front, &zip].concat());
        assert_eq!((report.scanned(), report.not_opened()), (3, 0), "{front:?}");
    }
    // Of one in parts the last part has the end of the directory, and at times nothing more.
    let end = memchr::memmem::rfind(&zip, b"PK\x05\x06").unwrap();
    let (_, report) = seen(&[b"rest of a file", &zip[end..]].concat());
    assert_eq!((report.scanned(), report.not_opened()), (0, 1));
    assert!(report.sentence().unwrap().contains("other parts"), "{report:?}");
    for text in [&b"a text about PK\x05\x06 and more of it"[..], b"PK", b""] {
        assert_eq!(seen(text).1, Report::default());
    }
}

#[test]
fn kinds_of_archives_that_are_not_opened_are_reported_by_their_name() {
    let mut iso = vec![0; 0x8801];
    iso[0x8001..0x8006].copy_from_slice(b"CD001");
    let mut msi = vec![0; 4096];
    msi[..8].copy_from_slice(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1");
    msi[30] = 9;
    msi[48] = 2;
    msi[1616..1632].copy_from_slice(b"\x84\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0\x46");
    let mut document = msi.clone();
    document[1616] = 0;
    assert_eq!(seen(&document).1, Report::default());
    for (content, name) in [
        (iso, "ISO image"),
        (msi, "MSI"),
        (b"Rar!\x1a\x07\x01\0".to_vec(), "RAR"),
        (b"7z\xbc\xaf\x27\x1c....".to_vec(), "7ZIP"),
        (b"MSCF\0\0".to_vec(), "CAB"),
        (b"!<arch>\ndebian-binary".to_vec(), "AR"),
        (b"MSWIM\0\0\0".to_vec(), "WIM"),
        (b"BZh91AY".to_vec(), "BZIP2"),
        ([b"!BDN".to_vec(), vec![0; 600]].concat(), "PST"),
        ([vec![0; 0x40], b"\x7f\x10\xda\xbe".to_vec()].concat(), "VDI"),
        ([b"text".to_vec(), b"koly\0\0\0\x04\0\0\x02\0".to_vec(), vec![0; 500]].concat(), "DMG"),
    ] {
        let (_, report) = seen(&content);
        assert_eq!((report.scanned(), report.not_opened()), (0, 1), "{name}");
        assert!(report.sentence().unwrap().contains(name), "{report:?}");
    }
}
