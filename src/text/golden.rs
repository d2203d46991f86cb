//! Compares what a person reads with a file of `tests/golden/`, one per language.
//!
//! Where it differs, what was seen is left in `target/golden/`; `cargo xtask fixtures golden` takes it over.

use std::fs;
use std::path::Path;

use super::{Language, Sentence};

/// Compares lines with `tests/golden/<name>.nl.txt` and `<name>.en.txt`.
pub(crate) fn assert_golden(name: &str, lines: &[Sentence]) {
    assert_golden_screen(name, |language| {
        lines.iter().flat_map(|line| [line.in_language(language), "\n"]).collect()
    });
}

/// Compares a screen, as it is in each language.
#[allow(clippy::disallowed_methods, reason = "a test leaves what it saw below target/")]
pub(crate) fn assert_golden_screen(name: &str, screen: impl Fn(Language) -> String) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut differs = Vec::new();
    for (language, suffix) in [(Language::Nl, "nl"), (Language::En, "en")] {
        let seen = screen(language);
        let file = format!("{name}.{suffix}.txt");
        if fs::read_to_string(root.join("tests/golden").join(&file)).ok().as_deref() != Some(&seen) {
            let directory = root.join("target/golden");
            fs::create_dir_all(&directory).unwrap();
            fs::write(directory.join(&file), &seen).unwrap();
            differs.push(format!("{file}:\n{seen}"));
        }
    }
    assert!(differs.is_empty(), "{}\nwhere that is meant: cargo xtask fixtures golden", differs.join("\n"));
}

mod tests {
    use super::*;
    use crate::text::collect::{destination, keys, plan};
    use crate::text::console::{announced, error, hint, not_printed, space_for_output};
    use crate::text::{changeable, keygen, kit, playbook, recipients, scanning, verify};

    #[test]
    fn every_refusal_of_the_command_line_with_its_hint_is_the_golden_text() {
        let (a, b) = (Path::new("/srv/a"), Path::new("/srv"));
        let kits = [
            (kit::signed_by_trusted(), kit::confirm_or_without()),
            (kit::signed_by_unknown(), kit::confirm_or_without()),
            (kit::signature_wrong(), kit::stop_using()),
            (kit::not_signed(), kit::confirm_or_without()),
        ]
        .map(|(worth, advice)| (kit::refused(a, &worth, &kit::no_terminal()), advice));
        let refusals = [
            (destination::to_the_terminal(), destination::redirect()),
            (destination::split_needs_files(), destination::out_or_no_split()),
            (destination::not_into_windows(a), destination::choose_where()),
            (destination::inside_target(a, b), destination::outside_target()),
            (changeable::destination_shared(&changeable::root(), a, b), changeable::choose_another_linux()),
            (changeable::by_others(a), changeable::for_administrators_only()),
            (changeable::recipients_refused(a), changeable::give_the_recipient()),
            (keys::for_another_case("0123", "2026-017"), keys::give_that_case("2026-017")),
            (keygen::too_late(), keygen::shorter()),
            (kit::refused(a, &kit::not_signed(), &kit::not_confirmed()), kit::confirm_or_without()),
            (not_printed(), space_for_output()),
            (plan::no_artifact_chosen("a.yaml"), plan::choose_artifacts()),
            (plan::nothing_applies(), plan::fitting_playbooks()),
            (playbook::no_playbook("a.yaml"), playbook::check_or_collect()),
            (playbook::several("a.yaml", 2), playbook::one_per_file()),
            (recipients::not_both(), recipients::choose_one()),
            (recipients::nobody(), recipients::give_a_recipient()),
            (recipients::changeable(a), recipients::take_the_right_away(a)),
            (recipients::empty_first_line(a), recipients::on_the_first_line()),
            (recipients::no_key(), recipients::give_a_key()),
            (scanning::no_processes_below_root(), scanning::root_or_processes()),
            (verify::wrong_group("1, 3"), verify::read_group_again("1, 3")),
            (verify::one_seal_code(), verify::one_by_one()),
        ];
        let lines: Vec<_> = refusals
            .iter()
            .chain(&kits)
            .flat_map(|(refusal, advice)| [announced(&error(), refusal), announced(&hint(), advice)])
            .collect();
        assert_golden("refusals", &lines);
    }

    #[test]
    fn warnings_and_hints_of_a_collection_are_the_golden_text() {
        use crate::evidence::Utc;
        use crate::text::{ByteSize, collect, layout, outside};
        let moment = |text: &str| Utc::try_from(text.to_owned()).unwrap();
        let a = Path::new("/srv/a");
        let lines = [
            destination::may_not_fit(ByteSize(1 << 30), ByteSize(3 << 30), "LinuxAuthLogs"),
            destination::can_you_write(a),
            destination::writable_directory(),
            destination::salvage("b.zip.age"),
            keys::not_valid_now(
                "0123",
                moment("2026-12-01T00:00:00Z"),
                moment("2027-03-01T00:00:00Z"),
                moment("2028-01-01T00:00:00Z"),
            ),
            collect::no_shadow_copies(),
            collect::list_the_volumes(),
            collect::choose_a_root(),
            collect::note("quick", &layout::data("note")),
            plan::not_run("Tool", "tool.exe"),
            plan::list_playbooks(),
            kit::not_used("/stick/rules", "--rules"),
            kit::stop_using(),
            collect::report::no_receipt(),
            collect::report::write_down_the_code(),
            outside::more_in_bundle(1),
            outside::more_in_bundle(3),
            outside::more_in_json(3),
        ];
        assert_golden("collect_warnings", &lines);
    }
}
