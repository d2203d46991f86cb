//! The program itself on a host that is not to be trusted: what its file shows to others, and what it leaves.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

/// Shorter pieces of rules occur anywhere by chance.
const LEAST: usize = 20;

#[test]
fn the_file_of_the_program_holds_no_text_of_a_rule() {
    let program = fs::read(env!("CARGO_BIN_EXE_veldkit")).unwrap();
    // UTF-16 has a zero behind each character of such text.
    let wide: Vec<u8> = program.iter().copied().filter(|byte| *byte != 0).collect();
    let starts: HashSet<[u8; LEAST]> =
        [&program, &wide].into_iter().flat_map(|bytes| bytes.array_windows::<LEAST>().copied()).collect();
    let mut searched = 0;
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")).unwrap() {
        let rules = fs::read_to_string(entry.unwrap().path()).unwrap();
        for line in rules.lines().map(str::trim) {
            if let Some(start) = line.as_bytes().first_chunk::<LEAST>() {
                assert!(!starts.contains(start), "{line}");
                searched += 1;
            }
        }
    }
    assert!(searched > 300, "{searched}");
    // The search finds what is there: the list of words is carried as it is.
    assert!(starts.contains(b"abandon\nability\nable"));
}
