//! What of the sources has Dutch, and that names stay as they are.

use std::collections::{BTreeMap, BTreeSet};

use super::matching::{best, fit, parts};
use super::source_texts::{Literal, all, normalised};
use super::table::{Hole, Template, templates};
use super::translated;
use crate::text::Language;

/// Templates of texts that are put together, each with the literals of the sources that it is put together from.
const COMPOSED: [(&str, &[&str]); 12] = [
    ("no playbook is called '{}'", &["no playbook is called '{}'{}"]),
    (
        "no playbook is called '{}', to which '{}' refers",
        &["no playbook is called '{}'{}", ", to which '{}' refers"],
    ),
    ("no artifact is called '{}'", &["no artifact is called '{}'{}"]),
    (
        "no artifact is called '{}', to which '{}' refers",
        &["no artifact is called '{}'{}", ", to which '{}' refers"],
    ),
    ("did you mean '{}'?", &["; did you mean"]),
    ("did you mean '{}' or '{}'?", &["; did you mean"]),
    ("did you mean '{}' or '{}' or '{}'?", &["; did you mean"]),
    (
        "the footer at the end of the VHD {}: the copy at the beginning is used, whose checksum does not match either",
        &[
            "the footer at the end of the VHD {}: the copy at the beginning is used",
            ", whose checksum does not match either",
        ],
    ),
    (
        "{} (the first of {}; the manifest lists them under mounts)",
        &[" (the first of {}; the manifest lists them under mounts)"],
    ),
    ("{} (the first of {})", &[" (the first of {})"]),
    (
        "{} of more than {} is not allowed ({} raises this limit)",
        &["{} of more than {} is not allowed{}", " ({} raises this limit)"],
    ),
    ("not on the target: {} and {} more", &["not on the target: {}", " and {} more"]),
];

/// The template that a source text has: the best for it, whose holes take none of its words. A path in quotes is one hole.
fn template_of(text: &str) -> Option<&'static Template> {
    let sample = text.replace("{}", "9");
    templates().iter().find(|template| {
        let Some(holes) = fit(template, &sample) else { return false };
        holes.iter().zip(template.literals.windows(2)).all(|(hole, around)| {
            let in_quotes = around[0].ends_with('\'') && around[1].starts_with('\'');
            if in_quotes { !hole.contains(' ') } else { !hole.contains(|c: char| c.is_ascii_alphabetic()) }
        })
    })
}

fn is_composed(text: &str) -> bool {
    COMPOSED.iter().any(|(_, of)| of.contains(&text))
}

#[test]
fn each_text_of_the_sources_has_dutch_and_each_template_a_text() {
    let texts = all();
    let keys: BTreeSet<_> = templates().iter().map(Template::key).collect();
    assert_eq!(keys.len(), templates().len(), "a template is there twice");
    let mut used: BTreeSet<String> = BTreeSet::new();
    let mut without: BTreeMap<&str, &str> = BTreeMap::new();
    for Literal { place, text, is_prose } in &texts {
        match template_of(text) {
            Some(template) => {
                used.insert(template.key());
            }
            None if *is_prose && !is_composed(text) => {
                without.insert(text, place);
            }
            None => {}
        }
    }
    let of_crates = include_str!("library.txt").lines().filter_map(|line| line.strip_prefix("en: "));
    let of_crates: BTreeSet<_> = of_crates.map(normalised).collect();
    let of_both: Vec<_> = of_crates.intersection(&used).cloned().collect();
    used.extend(of_crates);
    let mut unmade = Vec::new();
    for (key, of) in COMPOSED {
        let missing = of.iter().filter(|part| !texts.iter().any(|text| text.text == **part));
        unmade.extend(missing.map(|part| (key, *part)));
        used.insert(key.to_owned());
    }
    let stale: Vec<_> = keys.difference(&used).collect();
    let unknown: Vec<_> = used.difference(&keys.iter().cloned().collect()).cloned().collect();
    assert!(
        [without.len(), stale.len(), of_both.len(), unmade.len(), unknown.len()] == [0; 5],
        "no Dutch in src/text/phrases/*.txt: {without:#?}\n\
         no source has the English of: {stale:#?}\n\
         in library.txt, but a source of this program has it: {of_both:#?}\n\
         composed here of a literal that no source has: {unmade:#?}\n\
         named in this test or in library.txt, but no template: {unknown:#?}"
    );
}

#[test]
fn both_languages_of_a_template_have_the_same_holes_and_no_two_holes_touch() {
    let sorted = |mut holes: Vec<Hole>| {
        holes.sort_by_key(|hole| hole.name);
        holes
    };
    for template in templates() {
        let of = template.key();
        let english = template.holes.iter().map(|hole| Hole { name: hole.name, kind: hole.kind }).collect();
        assert_eq!(sorted(english), sorted(template.dutch_holes()), "{of}");
        let apart: BTreeSet<_> = template.holes.iter().map(|hole| hole.name).collect();
        assert_eq!(apart.len(), template.holes.len(), "{of}: two holes have one name");
        assert!(!of.contains("{}{}"), "{of}");
    }
}

#[test]
fn a_template_that_has_the_joining_mark_does_not_begin_with_another_template() {
    for template in templates() {
        let of = template.key();
        if let Some((first, _)) = of.split_once("; ") {
            assert!(template_of(first).is_none(), "{of}: begins with a template");
        }
    }
}

fn nl(text: &str) -> String {
    translated(text, Language::Nl).into_owned()
}

#[test]
fn a_reason_is_dutch_with_the_reasons_within_it() {
    for (en, dutch) in [
        ("the run was interrupted", "de run is onderbroken"),
        (
            "reading '/etc/shadow': Permission denied (os error 13)",
            "lezen van '/etc/shadow': geen toegang (os error 13)",
        ),
        (
            "reading '/a': Permission denied (os error 13) (the first of 3)",
            "lezen van '/a': geen toegang (os error 13) (de eerste van 3)",
        ),
        (
            "reading '/a': No such file or directory (os error 2); no such program; no end within 5 s; what came until then is kept",
            "lezen van '/a': dit bestand of deze map bestaat niet (os error 2); er is geen programma met die naam; geen einde binnen 5 s; wat tot dan toe kwam is bewaard",
        ),
        ("opening: Permission denied (os error 13)", "openen: geen toegang (os error 13)"),
        (
            "no playbook is called 'ransom'; did you mean 'ransomware' or 'random'?",
            "er is geen playbook 'ransom'; bedoelt u 'ransomware' of 'random'?",
        ),
        (
            "a.yaml:3:5: expected 'name', which is missing\na.yaml:4: expected a path, found an empty text",
            "a.yaml:3:5: verwacht 'name', maar dat ontbreekt\na.yaml:4: verwacht een pad, gevonden een lege tekst",
        ),
        (
            "a kit may not replace built-in playbooks or artifacts: artifact 'A' of b.yaml replaces that of c.yaml",
            "een kit mag ingebouwde playbooks en artefacten niet vervangen: artefact 'A' van b.yaml vervangt dat van c.yaml",
        ),
        (
            "this version cannot read an image of EnCase (E01): 'ewfexport -f raw' converts it to a raw image",
            "deze versie kan een image van EnCase (E01) niet lezen: 'ewfexport -f raw' maakt er een ruw image van",
        ),
        (
            "the footer at the end of the VHD is damaged: the copy at the beginning is used, whose checksum does not match either",
            "de voettekst aan het einde van de VHD is beschadigd: de kopie aan het begin wordt gebruikt, waarvan de controlewaarde ook niet klopt",
        ),
        (
            "cannot write 'x' as json: missing field `a` at line 1 column 5",
            "kan 'x' niet als JSON schrijven: veld `a` ontbreekt op regel 1, kolom 5",
        ),
        ("gadget 'A' of b.yaml replaces that of c.yaml", "gadget 'A' van b.yaml vervangt dat van c.yaml"),
        ("/keys line 3: the file contains no recipient", "/keys regel 3: het bestand bevat geen ontvanger"),
        ("a text that nobody here wrote", "a text that nobody here wrote"),
        ("", ""),
    ] {
        assert_eq!(nl(en), dutch);
        assert_eq!(translated(en, Language::En), en);
    }
}

#[test]
fn the_words_of_windows_are_read_in_the_language_of_the_program_also_within_a_reason() {
    let text = "reading 'C:\\a': Zugriff verweigert (os error 5)";
    assert_eq!(nl(text), "lezen van 'C:\\a': geen toegang (os error 5)");
    assert_eq!(translated(text, Language::En), "reading 'C:\\a': access is denied (os error 5)");
}

#[test]
fn a_name_stays_as_it_is_whatever_it_looks_like() {
    for name in [
        "no such program",
        "a; no such program",
        "x': no such program",
        "x'; no such program",
        "x': opening 'y",
        "x (the first of 3)",
        "': ",
        "'",
        "x: y: z",
        "os error 2)",
    ] {
        let text = format!("reading '{name}': Permission denied (os error 13)");
        assert_eq!(nl(&text), format!("lezen van '{name}': geen toegang (os error 13)"));
        let text = format!("cannot read '{name}'");
        assert_eq!(nl(&text), format!("kan '{name}' niet lezen"));
    }
}

#[test]
fn reasons_are_told_apart_where_each_has_a_template() {
    assert_eq!(parts("no such program; nothing matches"), ["no such program", "nothing matches"]);
    assert_eq!(parts("no such program; unheard of"), ["no such program; unheard of"]);
    assert_eq!(best("unheard of").map(|(template, _)| template.key()), None);
}

#[test]
fn hostile_texts_end_and_keep_their_bytes() {
    for text in [
        "; ".repeat(40_000),
        "': ".repeat(2_000),
        "a: ".repeat(2_500),
        "'a'; ".repeat(60),
        "reading 'a ".repeat(800),
        "no such program; ".repeat(63),
        "\n".repeat(100_000),
        "(the first of ".repeat(500),
    ] {
        let dutch = nl(&text);
        assert!(dutch == text || text.starts_with("no such"), "{dutch}");
    }
    assert_eq!(nl(&format!("opening: {}", "x".repeat(8 << 10))), format!("opening: {}", "x".repeat(8 << 10)));
}
