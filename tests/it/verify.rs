//! What `verify` says of bundles that were changed, cut, or made by somebody else.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;

use crate::collect::noise;
use crate::made::{Made, assert_golden, text};

/// A bundle with a large item and small ones, its JSON object, and the signing key's public half.
fn sealed() -> (Made, serde_json::Value, String) {
    let made = Made::linux();
    made.put("data/large", &noise(900_000));
    let output = made.veldkit(["keygen", "--sign-out", "kit.key"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let signer = text(&output.stdout).trim().to_owned();
    let (json, code) = made.collect(["--path", "/", "--sign", "kit.key"]);
    assert_eq!(code, 0, "{json}");
    (made, json, signer)
}

fn verify(made: &Made, bundle: &Path, further: &[&str]) -> (serde_json::Value, i32) {
    let fixed = ["verify", bundle.to_str().unwrap(), "-i", "key.txt", "--json"];
    let output = made.veldkit(fixed.iter().chain(further));
    let json = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| serde_json::json!({ "error": text(&output.stderr) }));
    (json, output.status.code().unwrap())
}

#[test]
fn a_sealed_bundle_is_whole_and_its_author_proved_only_by_what_the_caller_brings() {
    let (made, json, signer) = sealed();
    let bundle = made.bundle();
    let (verdict, code) = verify(&made, &bundle, &[]);
    assert_eq!((code, &verdict["integrity"]), (0, &"whole".into()), "{verdict}");
    assert_eq!(verdict["authorship"]["result"], "not_checked");
    let seal = json["seal_code"].as_str().unwrap();
    for claim in [["--seal", seal], ["--signer", &signer]] {
        let (verdict, code) = verify(&made, &bundle, &claim);
        assert_eq!((code, &verdict["authorship"]["result"]), (0, &"proved".into()), "{claim:?}: {verdict}");
    }
}

#[test]
fn a_flipped_bit_is_tampering_wherever_it_is() {
    let (made, ..) = sealed();
    let bundle = made.bundle();
    let whole = fs::read(&bundle).unwrap();
    let forged = made.path().join("forged.zip.age");
    for place in (1..40).map(|step| whole.len() * step / 40) {
        let mut bytes = whole.clone();
        bytes[place] ^= 1;
        fs::write(&forged, &bytes).unwrap();
        let (verdict, code) = verify(&made, &forged, &[]);
        assert_eq!((code, &verdict["integrity"]), (4, &"tampered".into()), "byte {place}: {verdict}");
    }
}

#[test]
fn a_cut_bundle_is_truncated_and_never_whole() {
    let (made, ..) = sealed();
    let whole = fs::read(made.bundle()).unwrap();
    let cut = made.path().join("cut.zip.age");
    for step in 0..200_usize {
        let length = whole.len() * (step * 127 % 200) / 200;
        fs::write(&cut, &whole[..length]).unwrap();
        let (verdict, code) = verify(&made, &cut, &[]);
        match code {
            4 => assert_eq!(verdict["integrity"], "truncated", "{length}: {verdict}"),
            1 => assert!(length < 1_000, "{length}: {verdict}"),
            _ => panic!("{length}: {verdict}"),
        }
    }
}

#[test]
fn a_recreated_bundle_with_one_changed_file_is_refuted_by_key_or_seal_code() {
    let (made, json, signer) = sealed();
    let plain = decrypt(&made, &made.bundle());
    let text = b"Accepted password for anna";
    assert!(!plain.windows(text.len()).any(|window| window == text), "the log is compressed");
    // A forger who has the public key collects from a changed tree and passes the bundle off as the first one.
    made.put("var/log/auth.log", b"nothing happened\n");
    fs::create_dir(made.path().join("forged")).unwrap();
    let recipient = made.recipient();
    let output = made.veldkit([
        "collect", "--root", "tree", "--out", "forged/", "-r", &recipient, "--path", "/", "--quiet",
    ]);
    assert!(output.status.success());
    let entries = fs::read_dir(made.path().join("forged")).unwrap().map(|entry| entry.unwrap().path());
    let forged = entries.into_iter().find(|path| path.extension().is_some_and(|kind| kind == "age")).unwrap();
    let seal = json["seal_code"].as_str().unwrap();
    for claim in [["--seal", seal], ["--signer", &signer]] {
        let (verdict, code) = verify(&made, &forged, &claim);
        assert_eq!((code, &verdict["authorship"]["result"]), (4, &"refuted".into()), "{claim:?}: {verdict}");
    }
    let (verdict, code) = verify(&made, &forged, &[]);
    assert_eq!((code, &verdict["authorship"]["result"]), (0, &"not_checked".into()), "{verdict}");
}

#[test]
fn bytes_changed_inside_and_encrypted_anew_are_tampering() {
    let (made, ..) = sealed();
    let mut plain = decrypt(&made, &made.bundle());
    // Somewhere in the stored blocks of the large item.
    let place = plain.windows(64).position(|window| window == &noise(900_000)[1000..1064]).unwrap();
    plain[place] ^= 1;
    let forged = made.path().join("forged.zip.age");
    let recipient: age::x25519::Recipient = made.recipient().parse().unwrap();
    let encryptor =
        age::Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient)).unwrap();
    let mut writer = encryptor.wrap_output(fs::File::create(&forged).unwrap()).unwrap();
    writer.write_all(&plain).unwrap();
    writer.finish().unwrap();
    let (verdict, code) = verify(&made, &forged, &[]);
    assert_eq!((code, &verdict["integrity"]), (4, &"tampered".into()), "{verdict}");
}

#[test]
fn a_wrong_key_and_a_misheard_seal_code_are_no_verdict() {
    let (made, json, _) = sealed();
    let bundle = made.bundle();
    let output = made.veldkit(["keygen", "--out", "other.txt"]);
    assert!(output.status.success());
    let output = made.veldkit(["verify", bundle.to_str().unwrap(), "-i", "other.txt"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));

    let seal = json["seal_code"].as_str().unwrap();
    let misheard: String = seal
        .chars()
        .enumerate()
        .map(|(index, c)| if index == 0 { if c == '7' { '8' } else { '7' } } else { c })
        .collect();
    let output = made.veldkit(["verify", bundle.to_str().unwrap(), "-i", "key.txt", "--seal", &misheard]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("group 1"), "{}", text(&output.stderr));
}

#[test]
fn what_a_person_reads_of_each_verdict_is_the_golden_text() {
    let (made, _, signer) = sealed();
    let whole = made.bundle();
    let bytes = fs::read(&whole).unwrap();
    let place = |name: &str, bytes: &[u8]| {
        let path = made.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let cut = place("cut.zip.age", &bytes[..bytes.len() / 2]);
    let mut flipped = bytes.clone();
    flipped[bytes.len() / 2] ^= 1;
    let tampered = place("tampered.zip.age", &flipped);
    let output = made.veldkit(["keygen", "--sign-out", "other.key"]);
    let stranger = text(&output.stdout).trim().to_owned();
    assert_golden(["nl", "en"].map(|lang| {
        let mut said = String::new();
        for (what, bundle, claim) in [
            ("whole, nothing claimed", &whole, None),
            ("whole, signed by the kit", &whole, Some(&signer)),
            ("whole, signed by somebody else", &whole, Some(&stranger)),
            ("cut", &cut, None),
            ("a bit flipped", &tampered, None),
        ] {
            let mut arguments = vec!["verify", bundle.to_str().unwrap(), "-i", "key.txt", "--lang", lang];
            arguments.extend(claim.into_iter().flat_map(|claim| ["--signer", claim.as_str()]));
            let output = made.veldkit(arguments);
            let exit = output.status.code().unwrap();
            writeln!(said, "--- {what}: exit {exit}").unwrap();
            said += &masked(&text(&output.stdout));
        }
        (format!("verify.{lang}.txt"), said)
    }));
}

/// What differs from run to run: numbers, the seal code, keys' ids and the host's time.
fn masked(said: &str) -> String {
    let mut lines = String::new();
    for line in said.lines() {
        let code = line.starts_with("zegelcode") || line.starts_with("seal code");
        let line: Vec<String> = line
            .split(' ')
            .map(|word| {
                let digits = word.chars().any(|c| c.is_ascii_digit());
                if code && word.contains('-') || digits { "#".to_owned() } else { word.to_owned() }
            })
            .collect();
        lines += line.join(" ").trim_end();
        lines.push('\n');
    }
    lines
}

fn decrypt(made: &Made, bundle: &Path) -> Vec<u8> {
    let key = fs::read_to_string(made.identity()).unwrap();
    let identity: age::x25519::Identity =
        key.lines().find(|line| line.starts_with("AGE-SECRET-KEY-")).unwrap().parse().unwrap();
    let decryptor = age::Decryptor::new(fs::File::open(bundle).unwrap()).unwrap();
    let mut plain = Vec::new();
    let identities = std::iter::once(&identity as &dyn age::Identity);
    decryptor.decrypt(identities).unwrap().read_to_end(&mut plain).unwrap();
    plain
}
