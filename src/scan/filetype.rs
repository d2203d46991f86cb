//! The kind of a file by its first bytes, spelled as LOKI and THOR spell it, since public rules compare with that.

/// A signature at an offset, and the kind it means; the first that fits counts.
const SIGNATURES: [(usize, &[u8], &str); 31] = [
    (0, b"MZ", "EXE"),
    (0, b"\x7fELF", "ELF"),
    (0, b"\xfe\xed\xfa\xce", "MACHO"),
    (0, b"\xfe\xed\xfa\xcf", "MACHO"),
    (0, b"\xce\xfa\xed\xfe", "MACHO"),
    (0, b"\xcf\xfa\xed\xfe", "MACHO"),
    (0, b"PK\x03\x04", "ZIP"),
    (0, b"Rar!\x1a\x07", "RAR"),
    (0, b"7z\xbc\xaf\x27\x1c", "7ZIP"),
    (0, b"\x1f\x8b", "GZIP"),
    (0, b"BZh", "BZIP2"),
    (0, b"\xfd7zXZ\x00", "XZ"),
    (0, b"\x28\xb5\x2f\xfd", "ZSTD"),
    (0, b"MSCF", "CAB"),
    (0, b"%PDF", "PDF"),
    (0, b"{\\rtf", "RTF"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "OLE"),
    (0, b"L\x00\x00\x00\x01\x14\x02\x00", "LNK"),
    (0, b"ElfFile\x00", "EVTX"),
    (0, b"regf", "REG-HIVE"),
    (0, b"MDMP", "MDMP"),
    (0, b"\x89PNG\r\n\x1a\n", "PNG"),
    (0, b"\xff\xd8\xff", "JPG"),
    (0, b"GIF8", "GIF"),
    (0, b"SQLite format 3\x00", "SQLITE"),
    (0, b"!BDN", "PST"),
    (0, b"<?xml", "XML"),
    (0, b"<?php", "PHP"),
    (0, b"#!", "SCRIPT"),
    (257, b"ustar", "TAR"),
    (4, b"\xef\xcd\xab\x89", "EDB"),
];

/// Names the kind of a file of which `content` is the beginning; empty where none is known.
#[must_use]
pub fn of(content: &[u8]) -> &'static str {
    let fits = |offset: usize, signature: &[u8]| {
        content.get(offset..).is_some_and(|rest| rest.starts_with(signature))
    };
    SIGNATURES.iter().find(|(offset, signature, _)| fits(*offset, signature)).map_or("", |(_, _, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_told_by_the_first_bytes_and_nothing_is_guessed() {
        let mut tar = vec![0; 300];
        tar[257..262].copy_from_slice(b"ustar");
        for (content, kind) in [
            (&b"MZ\x90"[..], "EXE"),
            (b"\x7fELF\x02", "ELF"),
            (b"#!/bin/sh\n", "SCRIPT"),
            (&tar, "TAR"),
            (b"", ""),
            (b"M", ""),
        ] {
            assert_eq!(of(content), kind);
        }
    }
}
