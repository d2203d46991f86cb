//! What the rules see of an item that is larger than one piece: its head, whole, and the record says so.

use veldkit::scan::SCAN_LIMIT;

use crate::made::Made;

const RULES: &str = "
    rule at_the_end_of_the_head { strings: $a = \"the last words of the head\" condition: $a }
    rule behind_the_head { strings: $a = \"what stands behind the head\" condition: $a }
    rule whole_head { condition: filesize == 33554432 }
";

/// A file of `length` bytes that compress, with `last` at the end of its head.
fn file(length: usize, last: &[u8]) -> Vec<u8> {
    let mut content: Vec<u8> = (0..length).map(|at| b"raadhuis"[at % 8]).collect();
    content[SCAN_LIMIT - last.len()..SCAN_LIMIT].copy_from_slice(last);
    content
}

fn hits(record: &serde_json::Value) -> Vec<&str> {
    record["hits"].as_array().into_iter().flatten().filter_map(|hit| hit["rule"].as_str()).collect()
}

#[test]
fn the_rules_see_the_whole_head_and_nothing_after_it() {
    let made = Made::new();
    std::fs::write(made.path().join("own.yar"), RULES).unwrap();
    let last = b"the last words of the head";
    made.put("exact.bin", &file(SCAN_LIMIT, last));
    let mut longer = file(SCAN_LIMIT + 700_000, last);
    longer.extend_from_slice(b"what stands behind the head");
    made.put("longer.bin", &longer);
    for threads in ["1", "2", "3"] {
        let (report, code) = made.collect(["--path", "/", "--rules", "own.yar", "--threads", threads]);
        assert_eq!(code, 0, "{report}");

        let (exact, more) = (made.record("exact.bin"), made.record("longer.bin"));
        for record in [&exact, &more] {
            assert_eq!(hits(record), ["at_the_end_of_the_head", "whole_head"], "{threads}: {record}");
            assert_eq!(record["scan"]["bytes"], SCAN_LIMIT, "{record}");
        }
        assert_eq!(exact["scan"]["gap"], serde_json::Value::Null);
        assert_eq!(more["scan"]["gap"], format!("only the first {SCAN_LIMIT} bytes were scanned"));
        assert_eq!(more["notes"].as_array().unwrap().last().unwrap(), "scanned_head_only");
        let unpacked = made.unpack();
        assert!(std::fs::read(unpacked.join("fs/$rootfs$/longer.bin")).unwrap() == longer);
        std::fs::remove_dir_all(&unpacked).unwrap();
        std::fs::remove_dir_all(made.out()).unwrap();
        std::fs::create_dir(made.out()).unwrap();
    }
}
