//! Damage in the middle: sectors that read as zeros. Every item of an undamaged checkpoint comes back, proved or
//! proved relative to the first good checkpoint after the hole; nothing wrong is ever called proved.

use std::collections::BTreeMap;

use super::*;

/// Bytes of one chunk of age's payload, in plain and with its tag.
const CHUNK: usize = 65_536;
const SEALED: usize = CHUNK + 16;

const TRIALS: usize = 200;

#[test]
fn with_random_sectors_zeroed_every_item_of_an_undamaged_checkpoint_comes_back() {
    let seed = 20_261_124;
    println!("seed {seed}");
    let mut dice = Dice(seed);
    let forge = ordinary();
    let content = forge.content.clone();
    let zip = forge.close(None);
    let places = zip.places.clone();
    let plain = zip.finish();
    let mut relative_at_all = 0;
    for trial in 0..TRIALS {
        let desk = Desk::new();
        let mut bytes = desk.encrypt(&plain);
        let payload = bytes.windows(5).position(|window| window == b"\n--- ").unwrap() + 1;
        let payload = payload + bytes[payload..].iter().position(|byte| *byte == b'\n').unwrap() + 1 + 16;
        let mut damaged = Vec::new();
        for _ in 0..=trial % 3 {
            let from = payload + dice.below(bytes.len() - payload);
            let to = (from + 512).min(bytes.len());
            bytes[from..to].fill(0);
            for chunk in [(from - payload) / SEALED, (to - 1 - payload) / SEALED] {
                damaged.push((chunk * CHUNK, (chunk + 1) * CHUNK));
            }
        }
        let bundle = desk.write("b.zip.age", &bytes);
        let (verdict, _) = unpack(&desk, &bundle, &ReadLimits::default());
        assert_ne!(verdict.integrity, Integrity::Whole, "trial {trial}");
        relative_at_all += verdict.items.relative;

        let ends = ends(&places, plain.len());
        let is_damaged = |name: &str| {
            let (start, end) = ends[name];
            damaged.iter().any(|(from, to)| start < *to && *from < end)
        };
        for (entry, bytes, checkpoint) in &content {
            let back = std::fs::read(desk.path("out").join(entry));
            let records = format!("records/{checkpoint:06}.jsonl");
            if let Ok(back) = &back {
                assert!(back == bytes, "trial {trial}: {entry} is called proved and differs");
            }
            if !is_damaged(entry) && !is_damaged(&records) {
                assert!(back.is_ok(), "trial {trial}: {entry} was not damaged and did not come back");
            }
        }
    }
    assert!(relative_at_all > 0, "no hole came before a good checkpoint: the test shows nothing");
}

/// Where each entry begins and ends in the archive.
fn ends(places: &[(String, usize)], length: usize) -> BTreeMap<String, (usize, usize)> {
    let next = places.iter().skip(1).map(|(_, start)| *start).chain([length]);
    places.iter().zip(next).map(|((name, start), end)| (name.clone(), (*start, end))).collect()
}
