//! What is cut or damaged still gives back what was complete, and nothing wrong is ever called proved.

use std::collections::BTreeMap;

use veldkit::analysis::{Listener, Trust};
use veldkit::evidence::Item;

use super::*;
use crate::made::rounds;

/// Collects what is called proved, with the content that was read.
#[derive(Default)]
struct Proved {
    reading: Vec<u8>,
    read: BTreeMap<String, Vec<u8>>,
    items: BTreeMap<String, Trust>,
}

impl Listener for Proved {
    fn begin(&mut self, _head: &veldkit::bundle::forward::Head) {
        self.reading.clear();
    }
    fn content(&mut self, bytes: &[u8]) {
        self.reading.extend_from_slice(bytes);
    }
    fn end(&mut self, head: &veldkit::bundle::forward::Head, whole: bool) {
        if whole {
            self.read.insert(head.name.clone(), std::mem::take(&mut self.reading));
        }
    }
    fn item(&mut self, item: &Item, standing: Trust) {
        self.items.insert(item.entry.clone().unwrap(), standing);
    }
}

impl Proved {
    fn is(&self, entry: &str) -> bool {
        matches!(self.items.get(entry), Some(Trust::Proved | Trust::Relative))
    }
}

fn read(desk: &Desk, bundle: &[u8]) -> Option<(Verdict, Proved)> {
    let path = desk.write("b.zip.age", bundle);
    let mut proved = Proved::default();
    let verdict =
        analysis::verify(&path, &desk.identities(), &Claims::default(), &ReadLimits::default(), &mut proved);
    verdict.ok().map(|verdict| (verdict, proved))
}

/// What is called proved is exactly what was collected.
fn nothing_wrong_is_proved(forge: &Forge, proved: &Proved, what: &str) {
    let truth: BTreeMap<_, _> = forge.content.iter().map(|(entry, content, _)| (entry, content)).collect();
    for (entry, _) in proved.items.iter().filter(|(entry, _)| proved.is(entry)) {
        assert_eq!(Some(&proved.read[entry]), truth.get(entry).copied(), "{what}: {entry}");
    }
}

fn sealed(forge: &Forge, desk: &Desk) -> (Vec<u8>, Vec<(String, usize)>) {
    let zip = forge.clone().close(None);
    let places = zip.places.clone();
    (desk.encrypt(&zip.finish()), places)
}

/// Length of what stands before the chunks in the file.
fn header(bundle: &[u8]) -> usize {
    let mac = bundle.windows(5).position(|window| window == b"\n--- ").unwrap();
    let end = bundle[mac + 1..].iter().position(|byte| *byte == b'\n').unwrap();
    mac + 1 + end + 1 + 16
}

#[test]
fn a_bundle_cut_anywhere_gives_back_every_item_of_every_complete_checkpoint() {
    let seed = 0x5eed_0001;
    println!("seed {seed:#x}");
    let desk = Desk::new();
    let forge = ordinary();
    let (whole, places) = sealed(&forge, &desk);
    let begin = header(&whole);
    let mut dice = Dice(seed);
    let mut checkpoints_seen = 0;
    for _ in 0..rounds("VELDKIT_TRIALS", 200) {
        let length = dice.below(whole.len());
        let cut = read(&desk, &whole[..length]);
        if length < begin {
            assert!(cut.is_none(), "{length}");
            continue;
        }
        let (verdict, proved) = cut.unwrap();
        assert_eq!(verdict.integrity, Integrity::Truncated, "{length}: {:?}", verdict.findings);
        nothing_wrong_is_proved(&forge, &proved, &format!("cut at {length}"));
        // Whole chunks of the file, and so this much of the archive, can be read.
        let plain = (length - begin) / 65_552 * 65_536;
        for (entry, _, checkpoint) in &forge.content {
            let sums = format!("records/{checkpoint:06}.sha256");
            let flushed = places.iter().any(|(name, place)| *name == sums && *place <= plain);
            assert!(!flushed || proved.items.get(entry) == Some(&Trust::Proved), "{length}: {entry}");
            checkpoints_seen += u64::from(flushed);
        }
        assert_eq!(verdict.items.refuted + verdict.items.lost, 0);
    }
    assert!(checkpoints_seen > 0);
}

#[test]
fn zeroed_sectors_lose_only_their_own_content() {
    let seed = 0x5eed_0002;
    println!("seed {seed:#x}");
    let desk = Desk::new();
    let mut forge = Forge::new();
    let mut dice = Dice(seed);
    for checkpoint in 0..12 {
        for number in 0..6 {
            let size = dice.below(60_000);
            let content = dice.bytes(size);
            let lie = Lie { streamed: number % 2 == 0, ..Lie::default() };
            forge.file_as(&format!("home/{checkpoint}/{number}"), &content, &lie);
        }
        forge.checkpoint();
    }
    let (whole, places) = sealed(&forge, &desk);
    let begin = header(&whole);
    let plain_length = forge.clone().close(None).finish().len();
    let (mut back, mut relative) = (0, 0);
    for run in 0..60 {
        let mut bundle = whole.clone();
        let mut bad = std::collections::BTreeSet::new();
        for _ in 0..=dice.below(3) {
            // The first chunk holds veldkit.json, without which nothing can be told to be this bundle's own.
            let sector = (begin + 65_552 + dice.below(whole.len() - begin - 65_552)) / 512 * 512;
            for (place, byte) in bundle.iter_mut().enumerate().skip(sector).take(512) {
                *byte = 0;
                bad.insert(place.saturating_sub(begin) / 65_552);
            }
        }
        let (verdict, proved) = read(&desk, &bundle).unwrap();
        nothing_wrong_is_proved(&forge, &proved, &format!("run {run}"));
        assert_ne!(verdict.integrity, Integrity::Whole);
        // What touches no bad chunk, and whose checkpoint touches none, comes back.
        let range = |name: &str| {
            let index = places.iter().position(|(other, _)| other == name).unwrap();
            let end = places.get(index + 1).map_or(plain_length, |(_, place)| *place);
            (places[index].1, end)
        };
        let good = |name: &str| {
            let (from, to) = range(name);
            (from / 65_536..=(to - 1) / 65_536).all(|chunk| !bad.contains(&chunk))
        };
        for (entry, _, checkpoint) in &forge.content {
            if good(entry) && good(&format!("records/{checkpoint:06}.jsonl")) {
                assert!(
                    proved.is(entry),
                    "run {run}: {entry} {:?} {bad:?} {:?}",
                    proved.items.get(entry),
                    verdict.findings
                );
                back += 1;
            }
        }
        relative += verdict.items.relative;
        assert_eq!(verdict.items.relative > 0, !verdict.relative_to.is_empty());
        assert_eq!(verdict.items.refuted, 0, "run {run}: {:?}", verdict.findings);
    }
    assert!(back > 1_000 && relative > 0, "{back} {relative}");
}

#[test]
fn no_flipped_bit_leaves_a_bundle_whole() {
    let seed = 0x5eed_0003;
    println!("seed {seed:#x}");
    let desk = Desk::new();
    let forge = ordinary();
    let (whole, _) = sealed(&forge, &desk);
    let begin = header(&whole);
    let mut dice = Dice(seed);
    let mut read_at_all = 0;
    for round in 0..rounds("VELDKIT_TRIALS", 200) {
        // The header is a small part of the file, and every eighth bit is in it.
        let place = if round % 8 == 0 { dice.below(begin) } else { dice.below(whole.len()) };
        let mut flipped = whole.clone();
        flipped[place] ^= 1 << dice.below(8);
        // age's header carries a code over all of it: a change there leaves nothing to read.
        let Some((verdict, proved)) = read(&desk, &flipped) else {
            assert!(place < begin, "{place}");
            continue;
        };
        assert!(
            matches!(verdict.integrity, Integrity::Truncated | Integrity::Tampered),
            "{place}: {:?}",
            verdict.integrity
        );
        nothing_wrong_is_proved(&forge, &proved, &format!("flipped at {place}"));
        read_at_all += 1;
    }
    assert!(read_at_all > 0);
}

#[test]
fn what_is_the_same_as_something_lost_is_lost_with_it() {
    let desk = Desk::new();
    let mut forge = ordinary();
    let noise = Dice(5).bytes(200_000);
    forge.file("first", &noise).checkpoint();
    forge.file("between", b"between").checkpoint();
    forge.same_as("vss1/first", "fs/$rootfs$/first", &noise).checkpoint();
    let zip = forge.clone().close(None);
    let place = zip.places.iter().find(|(name, _)| name == "fs/$rootfs$/first").unwrap().1;
    let mut bundle = desk.encrypt(&zip.finish());
    // A chunk in the midst of the file.
    let at = header(&bundle) + (place + 100_000) / 65_536 * 65_552 + 100;
    bundle[at] ^= 1;
    let path = desk.write("b.zip.age", &bundle);
    let limits = ReadLimits::default();
    let claims = Claims::default();
    let verdict =
        analysis::verify(&path, &desk.identities(), &claims, &limits, &mut analysis::Silent).unwrap();
    let counts = &verdict.items;
    assert_eq!((counts.proved, counts.partial, counts.lost, counts.refuted), (64, 1, 1, 0), "{counts:?}");
}

#[test]
fn a_lost_opening_leaves_the_chain_relative_to_the_first_checkpoint_found() {
    let desk = Desk::new();
    let forge = ordinary();
    let (mut bundle, _) = sealed(&forge, &desk);
    let begin = header(&bundle);
    bundle[begin + 100] ^= 1;
    let (verdict, proved) = read(&desk, &bundle).unwrap();
    nothing_wrong_is_proved(&forge, &proved, "opening lost");
    assert_eq!(verdict.integrity, Integrity::Tampered);
    assert!(verdict.items.proved == 0 && verdict.items.relative > 20, "{:?}", verdict.items);
    assert!(verdict.opening.is_none() && verdict.relative_to.len() == 1);
}

#[test]
fn a_flipped_bit_is_tampering_and_a_cut_is_not() {
    let desk = Desk::new();
    let (whole, _) = sealed(&ordinary(), &desk);
    let mut flipped = whole.clone();
    flipped[header(&whole) + 100_000] ^= 0x10;
    assert_eq!(read(&desk, &flipped).unwrap().0.integrity, Integrity::Tampered);
    // In the last chunk nobody can tell a flipped bit from a cut; it is never whole.
    let mut last = whole.clone();
    *last.last_mut().unwrap() ^= 1;
    assert_eq!(read(&desk, &last).unwrap().0.integrity, Integrity::Truncated);
    let mut longer = whole.clone();
    longer.extend_from_slice(b"more");
    assert_ne!(read(&desk, &longer).unwrap().0.integrity, Integrity::Whole);
    assert_eq!(read(&desk, &whole).unwrap().0.integrity, Integrity::Whole);
}

#[test]
fn a_whole_bundle_hidden_in_a_file_proves_nothing_behind_a_hole() {
    let desk = Desk::new();
    // What an intruder left on the host: a bundle of their own making, in plain.
    let mut theirs = Forge::of(&"ff".repeat(16));
    // With more checkpoints than came before the hole, so that their numbers would do.
    for checkpoint in 0..8 {
        for number in 0..5 {
            let path = format!("etc/forged{checkpoint}{number}");
            theirs.file(&path, format!("forged {number}").as_bytes());
        }
        theirs.checkpoint();
    }
    let hidden = theirs.zip.clone().finish();
    let mut forge = ordinary();
    let mut bait = vec![0x55; 3];
    bait.extend_from_slice(&Dice(3).bytes(140_000));
    bait.extend_from_slice(&hidden);
    bait.extend_from_slice(&Dice(4).bytes(40_000));
    // As stored blocks, so that the headers stand in the archive as they are.
    let mut raw = Vec::new();
    let mut chunks = bait.chunks(65_535).peekable();
    while let Some(chunk) = chunks.next() {
        raw.push(u8::from(chunks.peek().is_none()));
        let length = u16::try_from(chunk.len()).unwrap();
        raw.extend_from_slice(&length.to_le_bytes());
        raw.extend_from_slice(&(!length).to_le_bytes());
        raw.extend_from_slice(chunk);
    }
    forge.file_as("srv/bait", &bait, &Lie { raw: Some(raw), ..Lie::default() });
    forge.file("etc/after", b"after").checkpoint();
    let (whole, places) = sealed(&forge, &desk);
    let bait_at = places.iter().find(|(name, _)| name.ends_with("srv/bait")).unwrap().1;
    for (what, length) in [("sealed", whole.len()), ("cut", whole.len() - 30_000)] {
        let mut bundle = whole[..length].to_vec();
        let chunk = bait_at / 65_536;
        bundle[header(&whole) + chunk * 65_552 + 17] ^= 1;
        let (verdict, proved) = read(&desk, &bundle).unwrap();
        nothing_wrong_is_proved(&forge, &proved, what);
        assert!(!proved.items.keys().any(|entry| entry.contains("forged") && proved.is(entry)), "{what}");
        assert_eq!(verdict.integrity, Integrity::Tampered);
        if what == "sealed" {
            assert!(proved.is("fs/$rootfs$/etc/after"), "{:?} {:?}", verdict.items, verdict.findings);
            unpack(&desk, &desk.path("b.zip.age"), &ReadLimits::default());
            let out = desk.path("out/fs/$rootfs$/etc");
            assert_eq!(std::fs::read(out.join("after")).unwrap(), b"after");
            assert!(!out.join("forged00").exists());
        }
    }
}
