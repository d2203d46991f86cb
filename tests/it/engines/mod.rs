//! boreal and libyara name the same rules, at the same places, over a corpus made here. Where they do not, the file
//! stands in a list with the cause, and the list cannot grow unseen.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use tempfile::TempDir;
use veldkit::scan::{EngineKind, Facts, RuleSource, Scanner, filetype};

use super::rules::cases::CASES;

mod corpus;

use corpus::{Sample, corpus};

/// Rules that use what engines may do differently: modules, wide and case, jumps, counts, offsets, xor, base64,
/// private and global rules, variables.
const AWKWARD: &str = r#"
import "elf"
import "hash"
import "math"
import "pe"
global rule not_too_large { condition: filesize < 100MB }
private rule has_alpha { strings: $a = "alpha" nocase condition: $a }
rule depends { condition: has_alpha and filesize < 4KB }
rule wide_word { strings: $a = "Alpha" wide nocase fullword condition: $a }
rule wide_and_narrow { strings: $a = "alpha" wide ascii condition: #a > 0 }
rule jump { strings: $a = { 61 6C [2-4] 61 ( 20 | 2E ) ?? } condition: $a }
rule long_jump { strings: $a = { 61 6C 70 [0-60] ( 61 | 62 ) ( 62 | 65 ) } condition: $a }
rule nibble { strings: $a = { 6? 6C 7? 68 } condition: $a }
rule not_byte { strings: $a = { 61 ~6D 70 68 } condition: $a }
rule count { strings: $a = "ab" condition: #a > 3 and @a[2] < 100 }
rule count_in { strings: $a = "ab" condition: #a in (0..200) > 2 }
rule at_place { strings: $a = "MZ" condition: $a at 0 }
rule in_range { strings: $a = "PE\x00\x00" condition: $a in (0x40..0x200) }
rule hidden_text { strings: $a = "secret text" xor(1-255) condition: $a }
rule encoded { strings: $a = "a longer secret text" base64 condition: $a }
rule encoded_wide { strings: $a = "a longer secret text" base64wide condition: $a }
rule expression { strings: $a = /al(ph|f)a[0-9]{2,5}\b/ condition: $a }
rule expression_case { strings: $a = /alpha ?beta/i condition: $a }
rule greedy { strings: $a = /x[^\n]{0,40}y/ condition: $a }
rule lazy { strings: $a = /a.{0,9}?b/s condition: #a > 1 }
rule anchored { strings: $a = /^#!\/bin\/(ba)?sh/ condition: $a }
rule ends { strings: $a = /%%EOF$/ condition: $a }
rule some_of { strings: $a1 = "alpha" $a2 = "beta" $a3 = "gamma" condition: 2 of ($a*) }
rule none_of { strings: $a1 = "alpha" $a2 = "beta" condition: none of them }
rule program { condition: pe.is_pe or elf.machine == elf.EM_X86_64 }
rule pe_sections { condition: pe.number_of_sections == 3 and pe.sections[2].name == "UPX0" }
rule pe_section_entropy { condition: for any section in pe.sections : (math.entropy(section.raw_data_offset, section.raw_data_size) > 6.5) }
rule pe_imports { condition: pe.imports("KERNEL32.dll", "WriteProcessMemory") }
rule pe_import_hash { condition: pe.imphash() != "" and pe.imphash() != "d41d8cd98f00b204e9800998ecf8427e" }
rule pe_library { condition: pe.characteristics & pe.DLL != 0 }
rule pe_64 { condition: pe.is_64bit() }
rule pe_entry { condition: pe.entry_point == 0x400 }
rule pe_stamp { condition: pe.timestamp > 1500000000 }
rule elf_kind { condition: elf.type == elf.ET_EXEC or elf.type == elf.ET_DYN }
rule elf_sections { condition: for any i in (0..elf.number_of_sections - 1) : (elf.sections[i].name == ".text") }
rule elf_segments { condition: elf.number_of_segments == 2 and elf.segments[0].type == elf.PT_LOAD }
rule random_like { condition: math.entropy(0, filesize) > 7.2 }
rule mean { condition: math.mean(0, filesize) > 100.0 and math.deviation(0, filesize, math.MEAN_BYTES) < 80.0 }
rule digest { condition: hash.sha256(0, filesize) == "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb" }
rule checksum { condition: hash.crc32(0, filesize) & 1 == 1 }
rule script { condition: filetype == "SCRIPT" and extension == ".sh" }
rule loops { condition: for any i in (0..15): (uint8(i) == 0x7f and uint8(i + 1) == 0x45) }
rule numbers { condition: uint16be(0) == 0x4d5a or uint32(0) == 0x464c457f or int8(2) < 0 }
rule lengths { strings: $a = /al.{0,6}a/ condition: for any i in (1..#a) : (!a[i] > 5) }
"#;

/// boreal's reader of programs gives one up that counts more data directories than its header holds; libyara, like
/// Windows, takes the sixteen there are. Rules that ask `pe` do not see such a program.
const DIRECTORIES: &str =
    "more data directories than the optional header holds: boreal takes it for no program";

/// Files on which the engines differ, and why. Each must still differ: who removes a cause removes its lines, and a file
/// that is not here may not differ at all.
const DIFFERENCES: &[(&str, &str)] = &[("pe64-directories", DIRECTORIES), ("pe64-3-mutant-11", DIRECTORIES)];

/// The files of the rules' own tests come along: each fires a rule of ours, or nearly.
fn samples() -> Vec<Sample> {
    let mut samples = corpus();
    for case in CASES {
        samples.push(Sample { name: format!("{} finds", case.rule), content: case.finds() });
        samples.push(Sample { name: format!("{} leaves", case.rule), content: case.leaves() });
    }
    let program = fs::read(env!("CARGO_BIN_EXE_veldkit")).unwrap();
    samples.push(Sample { name: "a real program".to_owned(), content: program[..256 << 10].to_vec() });
    samples
}

/// What one engine says of one file: each rule with the places of its strings.
type Said = BTreeMap<(String, String), BTreeSet<(String, u64)>>;

fn said(engine: &Scanner, content: &[u8]) -> Said {
    let facts = Facts { extension: ".sh", filetype: filetype::of(content), ..Facts::default() };
    let scan = engine.scan(content, &facts);
    assert_eq!(scan.gap, None);
    let hits = scan.hits.into_iter().map(|hit| {
        let places = hit.matches.iter().map(|found| (found.string.clone(), found.offset)).collect();
        ((hit.source, hit.rule), places)
    });
    hits.collect()
}

#[test]
fn both_engines_report_the_same_rules_at_the_same_offsets() {
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

    let samples = samples();
    let (mut fired, mut differ) = (BTreeSet::new(), BTreeMap::<String, Vec<String>>::new());
    for Sample { name, content } in &samples {
        let [ours, theirs] = engines.each_ref().map(|engine| said(engine, content));
        for rule in ours.keys().chain(theirs.keys()) {
            fired.insert(rule.1.clone());
            // Records name the first places of a string; an engine may stop at its own limit behind them.
            if ours.get(rule) != theirs.get(rule) {
                let by = match (ours.contains_key(rule), theirs.contains_key(rule)) {
                    (true, false) => "boreal alone",
                    (false, true) => "libyara alone",
                    _ => "both, at other places",
                };
                let said = format!("{}: {by}", rule.1);
                differ.entry(name.clone()).or_default().push(said);
            }
        }
    }
    eprintln!(
        "{} files, {} rules fired, {} files differ: {differ:#?}",
        samples.len(),
        fired.len(),
        differ.len()
    );
    let known: BTreeSet<_> = DIFFERENCES.iter().map(|(sample, _)| (*sample).to_owned()).collect();
    let seen: BTreeSet<_> = differ.keys().cloned().collect();
    assert_eq!(seen, known, "the engines differ otherwise than the list says: {differ:#?}");
    let tried = AWKWARD.lines().filter_map(|line| line.strip_prefix("rule ")?.split(' ').next());
    let untried: Vec<_> = tried.filter(|name| !fired.contains(*name)).collect();
    assert!(untried.is_empty(), "the corpus does not try {untried:?}");
}
