//! boreal and libyara name the same rules, at the same places, over a corpus made here.

use std::collections::BTreeSet;
use std::fs;

use tempfile::TempDir;
use veldkit::scan::{EngineKind, Facts, RuleSource, Scanner, filetype};

use super::rules::cases::CASES;

/// Rules that use what engines may do differently: modules, wide and case, jumps, counts, offsets, xor, base64,
/// private and global rules, variables.
const AWKWARD: &str = r#"
import "elf"
import "hash"
import "math"
import "pe"
global rule not_empty { condition: filesize > 0 }
private rule has_alpha { strings: $a = "alpha" nocase condition: $a }
rule depends { condition: has_alpha and filesize < 4KB }
rule wide_word { strings: $a = "Alpha" wide nocase fullword condition: $a }
rule jump { strings: $a = { 61 6C [2-4] 61 ( 20 | 2E ) ?? } condition: $a }
rule count { strings: $a = "ab" condition: #a > 3 and @a[2] < 100 }
rule hidden_text { strings: $a = "secret text" xor(1-255) condition: $a }
rule encoded { strings: $a = "a longer secret text" base64 condition: $a }
rule expression { strings: $a = /al(ph|f)a[0-9]{2,5}\b/ condition: $a }
rule greedy { strings: $a = /x[^\n]{0,40}y/ condition: $a }
rule program { condition: pe.is_pe or elf.machine == elf.EM_X86_64 }
rule random_like { condition: math.entropy(0, filesize) > 7.2 }
rule digest { condition: hash.sha256(0, filesize) == "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae" }
rule script { condition: filetype == "SCRIPT" and extension == ".sh" }
rule loops { condition: for any i in (0..15): (uint8(i) == 0x7f and uint8(i + 1) == 0x45) }
"#;

fn corpus() -> Vec<Vec<u8>> {
    let mut corpus: Vec<Vec<u8>> = CASES.iter().flat_map(|case| [case.finds(), case.leaves()]).collect();
    corpus.extend([
        Vec::new(),
        b"foo".to_vec(),
        b"#!/bin/sh\necho ALPHA alpha123 al..a. abababab\n".to_vec(),
        b"A\0l\0P\0h\0A\0 \0".to_vec(),
        b"secret text".iter().map(|byte| byte ^ 0x5a).collect(),
        b"xxxxYSBsb25nZXIgc2VjcmV0IHRleHQ=xx x123y y".to_vec(),
        fs::read(env!("CARGO_BIN_EXE_veldkit")).unwrap()[..1 << 20].to_vec(),
    ]);
    let mut program = vec![0_u8; 1024];
    program[..2].copy_from_slice(b"MZ");
    program[0x3c] = 0x80;
    program[0x80..0x86].copy_from_slice(b"PE\0\0\x64\x86");
    program[0x94] = 0xf0;
    program[0x98..0x9a].copy_from_slice(b"\x0b\x02");
    corpus.push(program);
    let mut state = 7_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap()
    };
    let mut changed = Vec::new();
    for content in corpus.iter().filter(|content| !content.is_empty()) {
        for _ in 0..3 {
            let mut mutant = content.clone();
            let place = next() % mutant.len();
            mutant[place] = u8::try_from(next() % 256).unwrap();
            mutant.rotate_left(next() % content.len().min(64));
            changed.push(mutant);
        }
    }
    changed.push((0..8192).map(|_| u8::try_from(next() % 256).unwrap()).collect());
    corpus.append(&mut changed);
    corpus
}

#[test]
fn both_engines_name_the_same_rules_at_the_same_places() {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("awkward.yar"), AWKWARD).unwrap();
    fs::write(dir.path().join("broken.yar"), "rule broken { condition: nothing }").unwrap();
    let sources = [RuleSource::Embedded, RuleSource::Path(dir.path().to_owned())];
    let engines =
        [EngineKind::Boreal, EngineKind::Libyara].map(|kind| Scanner::compile(&sources, kind).unwrap());
    for engine in &engines {
        let failed: Vec<_> = engine.failed().map(|file| (&file.name, &file.failed)).collect();
        assert!(failed.len() == 1 && failed[0].0.ends_with("broken.yar"), "{failed:?}");
    }
    let counts =
        engines.each_ref().map(|engine| engine.rule_files().iter().map(|file| file.rules).sum::<usize>());
    assert_eq!(counts[0], counts[1]);
    let mut fired = BTreeSet::new();
    for content in corpus() {
        let facts = Facts { extension: ".sh", filetype: filetype::of(&content), ..Facts::default() };
        let [ours, theirs] = engines.each_ref().map(|engine| {
            let scan = engine.scan(&content, &facts);
            assert_eq!(scan.gap, None);
            let hits = scan.hits.into_iter().map(|hit| {
                let places: BTreeSet<_> =
                    hit.matches.iter().map(|found| (found.string.clone(), found.offset)).collect();
                (hit.source, hit.rule, hit.meta, places)
            });
            hits.collect::<BTreeSet<_>>()
        });
        let start = String::from_utf8_lossy(&content[..content.len().min(200)]).into_owned();
        assert_eq!(ours, theirs, "on {start:?}");
        fired.extend(ours.into_iter().map(|hit| hit.1));
    }
    for name in
        ["depends", "wide_word", "jump", "count", "hidden_text", "encoded", "expression", "greedy", "program"]
            .into_iter()
            .chain(["random_like", "digest", "script", "loops"])
    {
        assert!(fired.contains(name), "the corpus does not try {name}");
    }
}
