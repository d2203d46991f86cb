//! Volumes that somebody damaged: random bytes in the master file table, runs that lead astray, a disk cut short. What is
//! whole is collected, what is not has its reason, and a run ends in bounded memory.

use std::fs;
use std::path::Path;

use super::{Mounted, collect, digests, noise, ntfs};
use crate::made::{Made, text};

/// A run's peak memory stays below this whatever the image claims.
const MEMORY: u64 = 128 << 20;

fn volume(made: &Made) -> Vec<u8> {
    let image = ntfs(made, "disk.img", 16, &[]);
    let mounted = Mounted::new(&image, "streams_interface=windows");
    mounted.put("Windows/System32/config/SYSTEM", crate::made::hive());
    for number in 0..400 {
        mounted.put(&format!("folder/{number}.bin"), noise(3_000, number));
    }
    drop(mounted);
    fs::read(image).unwrap()
}

/// Collects everything and holds the run against its limits; gives the number of files and whether all went well.
fn examine(made: &Made, image: &Path, bytes: &[u8]) -> Option<usize> {
    fs::write(image, bytes).unwrap();
    let output = collect(made, image, &["--path", "/"]);
    let said = text(&output.stdout) + &text(&output.stderr);
    assert!(matches!(output.status.code(), Some(0 | 1 | 3)), "{said}");
    assert!(!said.contains("panicked"), "{said}");
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).ok()?;
    assert!(json["peak_memory_bytes"].as_u64().unwrap() < MEMORY, "{json}");
    let records = made.records();
    let internal = records.iter().filter(|record| record["reason"]["code"] == "internal").count();
    assert_eq!(internal, 0, "{records:#?}");
    let count = digests(&records).len();
    made.bundles().iter().for_each(|bundle| fs::remove_file(bundle).unwrap());
    Some(count)
}

#[test]
#[ignore = "needs root"]
fn random_bytes_in_the_table_cost_what_they_hit_and_nothing_else() {
    let made = Made::new();
    let whole = volume(&made);
    let image = made.path().join("damaged.img");
    assert_eq!(examine(&made, &image, &whole), Some(401));
    let begin = 4 * 4096;
    for seed in 0..12 {
        let mut bytes = whole.clone();
        let random = noise(64, seed);
        for (step, byte) in random.iter().enumerate() {
            // Within the records of users' files, of which there are some four hundred.
            let at = begin + (64 << 10) + (step * 6_271 + usize::try_from(seed).unwrap() * 911) % (400 << 10);
            bytes[at] = *byte;
        }
        let left = examine(&made, &image, &bytes).unwrap();
        assert!((300..=401).contains(&left), "{seed}: {left}");
    }
}

#[test]
#[ignore = "needs root"]
fn runs_outside_the_volume_and_node_loops_have_an_end() {
    let made = Made::new();
    let whole = volume(&made);
    let image = made.path().join("damaged.img");
    for byte in [0x00, 0x11, 0x7f, 0x88, 0xff] {
        // The runs of every file's data, and the numbers of nodes in every index, each replaced at the same place.
        let (mut runs, mut nodes) = (whole.clone(), whole.clone());
        for record in runs.chunks_exact_mut(1024).filter(|record| record.starts_with(b"FILE")) {
            let data = record.windows(4).position(|word| word == [0x80, 0, 0, 0]);
            if let Some(at) = data.filter(|at| at + 66 < 500 && record[at + 8] == 1) {
                record[at + 64..at + 66].fill(byte);
            }
        }
        for node in nodes.chunks_exact_mut(4096).filter(|node| node.starts_with(b"INDX")) {
            node[64..72].fill(byte);
            node[100..110].fill(byte);
        }
        examine(&made, &image, &runs);
        examine(&made, &image, &nodes);
    }
}

#[test]
#[ignore = "needs root"]
fn a_truncated_volume_is_read_as_far_as_possible() {
    let made = Made::new();
    let whole = volume(&made);
    let image = made.path().join("damaged.img");
    let mut before = 0;
    for part in 1..=8 {
        let left = examine(&made, &image, &whole[..whole.len() * part / 8]).unwrap_or(0);
        assert!(left >= before, "{part}: {left} after {before}");
        before = left;
    }
    assert_eq!(before, 401);
    for length in [0, 3, 511, 512, 4096, 20_000] {
        examine(&made, &image, &whole[..length]);
    }
}
