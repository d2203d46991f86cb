//! Who can read a bundle and who made it, as a responder and an analyst see it.

use std::fs;
use std::path::{Path, PathBuf};

use veldkit::bundle::{Ask, Closing, Fingerprint, Opening, Recipients, Signer, Sink, Writer, WriterOptions};
use veldkit::evidence::Utc;

use crate::made::{Made, text};

#[test]
fn a_recipient_that_was_swapped_on_the_stick_shows_on_screen_in_json_and_on_the_receipt() {
    let made = Made::linux();
    let ours = Fingerprint::of(&made.recipient());
    let output = made.veldkit(["keygen", "--out", "intruder.txt"]);
    let intruder = text(&output.stdout).trim().to_owned();
    let theirs = Fingerprint::of(&intruder);
    for (recipient, expected, other) in [(made.recipient(), &ours, &theirs), (intruder, &theirs, &ours)] {
        fs::write(made.path().join("recipients.txt"), format!("# CERT\n{recipient}\n")).unwrap();
        let output = made.veldkit([
            "collect",
            "--root",
            "tree",
            "--out",
            "out/",
            "--json",
            "--path",
            "/etc",
            "-R",
            "recipients.txt",
            "--lang",
            "nl",
        ]);
        let (screen, json) = (text(&output.stderr), text(&output.stdout));
        let before = screen.find(&expected.words).unwrap_or_else(|| panic!("{screen}"));
        assert!(before < screen.find("zegelcode").unwrap(), "before the run: {screen}");
        assert!(!screen.contains(&other.words), "{screen}");
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["recipients"][0]["words"], expected.words, "{json}");
        assert_eq!(json["recipients"][0]["sha256"], expected.sha256.to_string(), "{json}");
        assert_eq!(json["recipients"][0]["recipient"], recipient, "{json}");
        let receipt = json["sidecars"][0].as_str().unwrap();
        let receipt = fs::read_to_string(made.path().join(receipt)).unwrap();
        assert!(receipt.contains(&format!("- {} (age1…", expected.words)), "{receipt}");
    }
}

#[test]
fn more_recipients_than_anybody_can_check_are_refused_before_anything_is_written() {
    let made = Made::linux();
    let recipients = format!("{}\n", made.recipient()).repeat(101);
    fs::write(made.path().join("recipients.txt"), recipients).unwrap();
    let output = made.veldkit(["collect", "--root", "tree", "--out", "out/", "-R", "recipients.txt"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains("recipients.txt line 101: more than 100"),
        "{}",
        text(&output.stderr)
    );
    assert_eq!(fs::read_dir(made.out()).unwrap().count(), 0);
}

/// A key of the CERT, and a kit's key that it certified for one case; returns the CERT's public key.
fn certified_kit(made: &Made, case: &str) -> String {
    let output = made.veldkit(["keygen", "--sign-out", "cert.key"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let public = text(&output.stdout).trim().to_owned();
    let output = made.veldkit([
        "keygen",
        "--sign-out",
        "kit.key",
        "--sign-with",
        "cert.key",
        "--case",
        case,
        "--kit",
        "stick 7",
    ]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    public
}

fn verify(made: &Made, bundle: &Path, further: &[&str]) -> (serde_json::Value, i32) {
    let fixed = ["verify", bundle.to_str().unwrap(), "-i", "key.txt", "--json"];
    let output = made.veldkit(fixed.iter().chain(further));
    let json = serde_json::from_slice(&output.stdout);
    (json.unwrap_or_else(|_| panic!("{}", text(&output.stderr))), output.status.code().unwrap())
}

/// What a person reads of it, in one piece.
fn read_out(made: &Made, bundle: &Path, further: &[&str]) -> String {
    let fixed = ["verify", bundle.to_str().unwrap(), "-i", "key.txt", "--lang", "en"];
    text(&made.veldkit(fixed.iter().chain(further)).stdout)
}

/// Another bundle of the same case, made by whoever copied the kit's key from the stick.
fn forgery(made: &Made) -> PathBuf {
    made.put("var/log/auth.log", b"nothing happened\n");
    let recipient = made.recipient();
    let output = made.veldkit([
        "collect",
        "--root",
        "tree",
        "--out",
        "forged.zip.age",
        "-r",
        &recipient,
        "--path",
        "/",
        "--quiet",
        "--sign",
        "kit.key",
        "--case",
        "2026-0042",
    ]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    made.path().join("forged.zip.age")
}

#[test]
fn the_key_of_a_kit_is_found_with_the_public_key_of_the_cert_alone() {
    let made = Made::linux();
    let cert = certified_kit(&made, "2026-0042");
    let (json, code) = made.collect(["--path", "/etc", "--sign", "kit.key", "--case", "2026-0042"]);
    assert_eq!(code, 0, "{json}");
    let (verdict, code) = verify(&made, &made.bundle(), &["--signer", &cert, "--require-author"]);
    assert_eq!((code, &verdict["authorship"]["result"]), (0, &"proved".into()), "{verdict}");
    let certificate = &verdict["signing_key"]["certificate"];
    assert_eq!(
        (&certificate["case"], &certificate["kit"]),
        (&"2026-0042".into(), &"stick 7".into()),
        "{verdict}"
    );
    assert_eq!(verdict["opening"]["kit"]["id"], "stick 7");
    // Any other key of a CERT does not confirm it.
    let other = made.veldkit(["keygen", "--sign-out", "other.key"]);
    let (verdict, code) = verify(&made, &made.bundle(), &["--signer", text(&other.stdout).trim()]);
    assert_eq!((code, &verdict["authorship"]["result"]), (4, &"refuted".into()), "{verdict}");
}

#[test]
#[ignore = "needs minisign"]
fn minisign_confirms_the_certificate_of_a_kits_key() {
    let made = Made::linux();
    let cert = certified_kit(&made, "2026-0042");
    let minisign = std::process::Command::new("minisign")
        .args(["-Vm", "kit.cert", "-P", &cert])
        .current_dir(made.path())
        .output()
        .unwrap();
    assert!(minisign.status.success(), "{}", text(&minisign.stderr));
}

#[test]
fn a_forgery_signed_with_a_key_copied_from_the_stick_is_not_called_proved_and_the_seal_code_refutes_it() {
    let made = Made::linux();
    let cert = certified_kit(&made, "2026-0042");
    let (json, _) = made.collect(["--path", "/", "--sign", "kit.key", "--case", "2026-0042"]);
    let seal = json["seal_code"].as_str().unwrap().to_owned();
    let forged = forgery(&made);

    // The kit's own public key or the CERT's: a signature alone is called what it is.
    let kit = fs::read_to_string(made.path().join("kit.pub")).unwrap();
    let kit = kit.lines().last().unwrap();
    for signer in [kit, &cert] {
        let said = read_out(&made, &forged, &["--signer", signer]);
        assert!(!said.contains("PROVED") && said.contains("SIGNED with the kit's key"), "{said}");
        assert!(
            said.contains("was on the examined host") && said.contains("The proof is the seal code"),
            "{said}"
        );
        let (verdict, _) = verify(&made, &forged, &["--signer", signer]);
        let remarks = verdict["remarks"].as_array().unwrap();
        assert!(remarks.contains(&"signing_key_was_on_the_host".into()), "{verdict}");
    }
    let (verdict, code) = verify(&made, &forged, &["--signer", &cert, "--seal", &seal]);
    assert_eq!((code, &verdict["authorship"]["result"]), (4, &"refuted".into()), "{verdict}");
    let said = read_out(&made, &made.bundle(), &["--signer", &cert, "--seal", &seal]);
    assert!(said.contains("PROVED by its seal code, its signature") && !said.contains("SIGNED"), "{said}");
}

#[test]
fn a_revoked_key_proves_nothing_before_its_date_and_refutes_after_it() {
    let made = Made::linux();
    let cert = certified_kit(&made, "2026-0042");
    let (json, _) = made.collect(["--path", "/", "--sign", "kit.key", "--case", "2026-0042"]);
    let seal = json["seal_code"].as_str().unwrap().to_owned();
    let bundle = made.bundle();
    let (verdict, _) = verify(&made, &bundle, &["--signer", &cert]);
    let id = verdict["signing_key"]["key_id"].as_str().unwrap().to_owned();
    for (date, result, code) in [("2020-01-01", "refuted", 4), ("9000-01-01", "not_checked", 0)] {
        fs::write(made.path().join("revoked.txt"), format!("# lost\n{id} {date} copied on a host\n"))
            .unwrap();
        let (verdict, exit) = verify(&made, &bundle, &["--signer", &cert, "--revoked", "revoked.txt"]);
        assert_eq!((exit, &verdict["authorship"]["result"]), (code, &result.into()), "{date}: {verdict}");
        let remarks = verdict["remarks"].as_array().unwrap();
        assert!(remarks.contains(&"signing_key_revoked".into()), "{verdict}");
        let strict = ["--signer", &cert, "--revoked", "revoked.txt", "--require-author"];
        assert_eq!(verify(&made, &bundle, &strict).1, 4);
        // The seal code proves the bundle whatever became of the key.
        let sealed = [&strict[..], &["--seal", &seal]].concat();
        let (verdict, exit) = verify(&made, &bundle, &sealed);
        assert_eq!((exit, &verdict["authorship"]["by"]), (0, &serde_json::json!(["seal code"])), "{verdict}");
    }
    fs::write(made.path().join("revoked.txt"), format!("{id}\n")).unwrap();
    let arguments =
        ["verify", bundle.to_str().unwrap(), "-i", "key.txt", "--signer", &cert, "--revoked", "revoked.txt"];
    let output = made.veldkit(arguments);
    assert_eq!(output.status.code(), Some(2), "a list that is read in part would call a revoked key good");
}

#[test]
fn a_certified_key_signs_for_its_case_and_in_its_time_alone() {
    let made = Made::linux();
    let cert = certified_kit(&made, "2026-0042");
    let recipient = made.recipient();
    for case in [&["--case", "2026-0043"][..], &[]] {
        let fixed = [
            "collect", "--root", "tree", "--out", "out/", "-r", &recipient, "--path", "/etc", "--sign",
            "kit.key",
        ];
        let output = made.veldkit(fixed.iter().chain(case));
        assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
        assert!(text(&output.stderr).contains("'2026-0042' alone"), "{}", text(&output.stderr));
    }
    assert_eq!(fs::read_dir(made.out()).unwrap().count(), 0);

    // Whoever has the key is not stopped by that; `verify` is what decides.
    let now = fs::metadata(made.path().join("kit.cert")).unwrap().modified().unwrap();
    let now = now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs().cast_signed() + 60;
    for (name, case, moment, result, remark) in [
        ("good", "2026-0042", now, "proved", "signing_key_was_on_the_host"),
        ("other", "2026-0043", now, "refuted", ""),
        ("early", "2026-0042", 1_000_000_000, "not_checked", "outside_validity"),
        ("late", "2026-0042", 10_000_000_000, "not_checked", "outside_validity"),
    ] {
        let path = made.path().join(name).with_extension("zip.age");
        let mut recipients = Recipients::new();
        recipients.add(&recipient, "-r").unwrap();
        let moment = Utc::from_unix(moment, 0).unwrap();
        let opening = Opening {
            bundle_id: "00".repeat(16),
            case: Some(case.to_owned()),
            started: Some(moment),
            ..Opening::default()
        };
        let signer = Signer::load(&made.path().join("kit.key"), &Ask::nobody()).unwrap();
        let options = WriterOptions { signer: Some(signer), ..WriterOptions::new(Box::new(move || moment)) };
        let sink = Sink::file(&path, None).unwrap();
        let writer = Writer::create(sink, &recipients, &opening, options).unwrap();
        writer.seal(Closing { ended: Some(moment), ..Closing::default() }).unwrap();
        let (verdict, _) = verify(&made, &path, &["--signer", &cert]);
        assert_eq!(verdict["authorship"]["result"], result, "{name}: {verdict}");
        let remarks = verdict["remarks"].as_array().unwrap();
        assert!(remark.is_empty() || remarks.contains(&remark.into()), "{name}: {verdict}");
    }
}

#[test]
fn require_author_ends_with_4_where_nobody_proved_who_made_it() {
    let made = Made::linux();
    let (json, _) = made.collect(["--path", "/etc"]);
    let seal = json["seal_code"].as_str().unwrap().to_owned();
    let bundle = made.bundle();
    assert_eq!(verify(&made, &bundle, &[]).1, 0);
    assert_eq!(verify(&made, &bundle, &["--require-author"]).1, 4);
    assert_eq!(verify(&made, &bundle, &["--require-author", "--seal", &seal]).1, 0);
    let bundle = bundle.to_str().unwrap();
    for (further, code) in [(&[][..], 4), (&["--seal", seal.as_str()][..], 0)] {
        let fixed = ["unpack", bundle, "-i", "key.txt", "--require-author", "--out"];
        let out = format!("unpacked{code}");
        let output = made.veldkit(fixed.iter().copied().chain([out.as_str()]).chain(further.iter().copied()));
        assert_eq!(output.status.code(), Some(code), "{}", text(&output.stderr));
    }
}

#[test]
fn a_certificate_of_another_key_beside_the_key_is_refused() {
    let made = Made::linux();
    certified_kit(&made, "2026-0042");
    for ending in ["key", "pub"] {
        fs::remove_file(made.path().join("kit").with_extension(ending)).unwrap();
    }
    assert!(made.veldkit(["keygen", "--sign-out", "kit.key"]).status.success());
    let recipient = made.recipient();
    let output = made.veldkit([
        "collect",
        "--root",
        "tree",
        "--out",
        "out/",
        "-r",
        &recipient,
        "--case",
        "2026-0042",
        "--sign",
        "kit.key",
    ]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("belongs to another key"), "{}", text(&output.stderr));
}
