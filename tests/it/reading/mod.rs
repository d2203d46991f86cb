//! Forged bundles are read back: what is whole, damaged, changed or hostile each ends in its verdict.

mod damage;
mod forge;
mod hostile;
mod limits;
mod salvage;

use std::path::Path;

use forge::{Desk, Dice, Forge, Lie};
use veldkit::analysis;
use veldkit::analysis::unpack::{Unpacked, Unpacker, Wish};
use veldkit::analysis::{Claims, Integrity, Verdict};
use veldkit::bundle::limits::ReadLimits;

/// Unpacks a bundle with salvage into `out`, and judges it.
fn unpack(desk: &Desk, bundle: &Path, limits: &ReadLimits) -> (Verdict, Unpacked) {
    let wish = Wish { salvage: true, sparse: limits.sparse, ..Wish::default() };
    let mut unpacker = Unpacker::new(&desk.path("out"), wish).unwrap();
    let verdict =
        analysis::verify(bundle, &desk.identities(), &Claims::default(), limits, &mut unpacker).unwrap();
    (verdict, unpacker.finish())
}

/// Three checkpoints with files of all kinds: small, empty, streamed, one that does not shrink.
fn ordinary() -> Forge {
    let mut dice = Dice(7);
    let mut forge = Forge::new();
    for checkpoint in 0..3 {
        for number in 0..20 {
            let content = format!("file {checkpoint}/{number}\n").repeat(number * 13);
            forge.file(&format!("etc/{checkpoint}/{number}.conf"), content.as_bytes());
        }
        let noise = dice.bytes(150_000);
        forge.file_as(&format!("var/{checkpoint}.log"), &noise, &Lie { streamed: true, ..Lie::default() });
        forge.checkpoint();
    }
    forge
}

#[test]
fn an_ordinary_bundle_is_whole_and_every_file_of_it_comes_back() {
    let desk = Desk::new();
    let forge = ordinary();
    let content = forge.content.clone();
    let (verdict, unpacked) =
        unpack(&desk, &desk.bundle(&forge.close(None).finish()), &ReadLimits::default());
    assert_eq!(verdict.findings, []);
    assert_eq!(verdict.integrity, Integrity::Whole);
    assert_eq!((verdict.items.proved, verdict.checkpoints, unpacked.files), (63, 3, 63));
    for (entry, bytes, _) in content {
        assert_eq!(std::fs::read(desk.path("out").join(&entry)).unwrap(), bytes, "{entry}");
    }
}
