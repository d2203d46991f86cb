//! Keys and papers: recipients, identities, passphrases, signatures, receipts.

use veldkit::text::Language;

use super::*;
use crate::made::assert_golden;

#[test]
fn a_passphrase_opens_a_bundle_and_never_goes_with_recipients() {
    let passphrase = age::secrecy::SecretString::from("correct horse".to_owned());
    let mut recipients = Recipients::new();
    assert!(matches!(recipients.check(), Err(Error::NoRecipient)));
    recipients.set_passphrase(passphrase.clone());
    recipients.set_work_factor(4);
    assert_eq!(recipients.names(), ["passphrase"]);
    let (sink, memory) = Sink::memory();
    let writer = Writer::create(sink, &recipients, &opening(), Hand::default().options()).unwrap();
    writer.seal(Closing::default()).unwrap();
    let mut identities = Identities::new();
    identities.add_passphrase(passphrase);
    let bundle = memory.bytes();
    let mut zip = Vec::new();
    let mut reader = age::Decryptor::new(&bundle[..]).unwrap().decrypt(identities.iter()).unwrap();
    reader.read_to_end(&mut zip).unwrap();
    assert!(!content(&entries(&zip), "veldkit.json").is_empty());

    recipients.add(&Key::new().identity.to_public().to_string(), "-r").unwrap();
    assert!(matches!(recipients.check(), Err(Error::MixedRecipients)));
}

#[test]
fn a_bad_recipient_is_reported_by_its_position_and_never_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("recipients.txt");
    let good = Key::new().identity.to_public().to_string();
    for bad in ["hunter2 is my passphrase", "AGE-SECRET-KEY-1QQQ", "age1qqq", "ssh-ed25519 AAAA"] {
        std::fs::write(&path, format!("# ours\n\n{good}\n{bad}\n")).unwrap();
        let error = Recipients::new().add_file(&path).unwrap_err().to_string();
        assert!(error.contains("recipients.txt line 4"), "{error}");
        assert!(!error.contains(bad), "{error}");
    }
    std::fs::write(&path, "# nobody\n").unwrap();
    assert!(Recipients::new().add_file(&path).is_err());
    let ssh = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHsKLqeplhpW+uObz5dvMgjz1OxfM/XXUB+VHtZ6isGN alice@rust";
    std::fs::write(&path, format!("{good}\n\n# a comment\n{ssh}\n")).unwrap();
    let mut recipients = Recipients::new();
    recipients.add_file(&path).unwrap();
    assert_eq!(recipients.names(), [good, ssh.to_owned()]);
}

#[test]
fn an_identity_file_may_be_locked_with_a_passphrase() {
    use age::secrecy::{ExposeSecret as _, SecretString};
    let folder = tempfile::tempdir().unwrap();
    let key = Key::new();
    let bundle = make(Hand::default().options(), &key).bundle;
    let path = folder.path().join("key.age");
    let mut recipient = age::scrypt::Recipient::new(SecretString::from("x".to_owned()));
    recipient.set_work_factor(4);
    let locked = age::encrypt(&recipient, key.identity.to_string().expose_secret().as_bytes()).unwrap();
    std::fs::write(&path, locked).unwrap();
    for (passphrase, opens) in [(Some("x"), true), (Some("y"), false), (None, false)] {
        let ask = Ask::new(move |_| passphrase.map(|text| SecretString::from(text.to_owned())));
        let mut identities = Identities::new();
        identities.add_file(&path, &ask).unwrap();
        let opened = age::Decryptor::new(&bundle[..]).unwrap().decrypt(identities.iter());
        assert_eq!(opened.is_ok(), opens, "{passphrase:?}");
    }
    for (wrong, says) in [
        ("hunter2\n", "line 1: not an age secret key"),
        ("# only a comment\n", "no identity"),
        ("age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg\n", "public key"),
    ] {
        std::fs::write(&path, wrong).unwrap();
        let error = Identities::new().add_file(&path, &Ask::nobody()).unwrap_err().to_string();
        assert!(error.contains(says) && !error.contains("hunter2"), "{error}");
    }
}

fn signer() -> Signer {
    let pair = minisign::KeyPair::generate_unencrypted_keypair().unwrap();
    let text = pair.sk.to_box(None).unwrap().into_string();
    Signer::from_text(&text, "kit.key", &Ask::nobody()).unwrap()
}

#[test]
fn manifest_and_receipt_are_signed_and_bound_to_bundle_case_host_and_kit() {
    let key = Key::new();
    let folder = tempfile::tempdir().unwrap();
    let signer = signer();
    let public = minisign::PublicKey::from_base64(&signer.public_key()).unwrap();
    let options = WriterOptions {
        signer: Some(signer),
        sidecar: Some(folder.path().to_owned()),
        ..Hand::default().options()
    };
    let (sink, memory) = Sink::memory();
    let opening =
        Opening { kit: Some(Kit { id: "kit 7".into(), counter: Some(3), ..Kit::default() }), ..opening() };
    let writer = Writer::create(sink, &key.recipients(), &opening, options).unwrap();
    let sealed = writer.seal(Closing { ended: Some(utc(60)), ..Closing::default() }).unwrap();
    assert!(sealed.sidecar_error.is_none());
    let entries = entries(&key.decrypt(&memory.bytes()));
    assert_eq!(entries.last().unwrap().0, "manifest.json.minisig");
    let receipt_path = folder.path().join("veldkit_2026-017_srv-file01_20251124T000000Z.receipt.txt");
    let signature_path = veldkit::bundle::signature_path(&receipt_path);
    assert_eq!(sealed.sidecars, [receipt_path.clone(), signature_path.clone()]);
    for (text, signature, digest) in [
        (
            content(&entries, "manifest.json").to_vec(),
            String::from_utf8(content(&entries, "manifest.json.minisig").to_vec()).unwrap(),
            Digest::of(content(&entries, "manifest.json")),
        ),
        (
            std::fs::read(&receipt_path).unwrap(),
            std::fs::read_to_string(&signature_path).unwrap(),
            sealed.sha256,
        ),
    ] {
        let signature = minisign::SignatureBox::from_string(&signature).unwrap();
        minisign::verify(&public, &signature, Cursor::new(&text), true, false, false).unwrap();
        let comment = signature.trusted_comment().unwrap();
        for part in [
            "bundle=00112233445566778899aabbccddeeff",
            "case=2026-017",
            "host=srv-file01",
            "kit=kit%207",
            "counter=3",
            &format!("sha256={digest}"),
        ] {
            assert!(comment.split(' ').any(|other| other == part), "{comment}: {part}");
        }
        let mut other = text.clone();
        other[0] ^= 1;
        assert!(minisign::verify(&public, &signature, Cursor::new(&other), true, false, false).is_err());
    }
    let block = receipt::Block::parse(&sealed.receipt).unwrap();
    assert_eq!((block.sha256, block.bytes), (Digest::of(&memory.bytes()), memory.bytes().len() as u64));
}

#[test]
fn a_locked_signing_key_asks_for_its_passphrase() {
    use age::secrecy::SecretString;
    let pair = minisign::KeyPair::generate_encrypted_keypair(Some("x".into())).unwrap();
    let text = pair.sk.to_box(None).unwrap().into_string();
    let ask = |said: &'static str| Ask::new(move |_| Some(SecretString::from(said.to_owned())));
    assert!(Signer::from_text(&text, "kit.key", &ask("x")).is_ok());
    for (text, ask) in [
        (text.as_str(), ask("y")),
        (&text, Ask::nobody()),
        ("", Ask::nobody()),
        ("untrusted comment: x\nAAAA\n", Ask::nobody()),
        ("untrusted comment: x\nno base64!\n", Ask::nobody()),
    ] {
        let error = Signer::from_text(text, "kit.key", &ask).unwrap_err().to_string();
        assert!(error.starts_with("kit.key: "), "{error}");
    }
}

#[test]
fn a_receipt_that_cannot_be_written_leaves_the_bundle_sealed() {
    let key = Key::new();
    let (sink, memory) = Sink::memory();
    let options = WriterOptions { sidecar: Some("/nonexistent/veldkit".into()), ..Hand::default().options() };
    let writer = Writer::create(sink, &key.recipients(), &opening(), options).unwrap();
    let sealed = writer.seal(Closing::default()).unwrap();
    assert!(sealed.sidecar_error.is_some() && sealed.sidecars.is_empty());
    assert_eq!(sealed.sha256, Digest::of(&memory.bytes()));
}

#[test]
fn the_receipts_are_the_golden_texts() {
    assert_golden([("nl", Language::Nl), ("en", Language::En)].map(|(suffix, language)| {
        let options = WriterOptions { language, ..Hand::default().options() };
        let key = Key::new();
        let made = make(options, &key);
        let words = Fingerprint::of(&key.identity.to_public().to_string()).words;
        let end: String = key.identity.to_public().to_string().chars().rev().take(8).collect();
        let end: String = end.chars().rev().collect();
        // Only what the random file key decides is masked.
        let masked = made
            .sealed
            .receipt
            .replace(&made.sealed.sha256.to_string(), "<sha256>")
            .replace(&words, "<four words>")
            .replace(&format!("…{end}"), "…<end>")
            .replace(&made.sealed.seal_code.to_string(), "<seal code>")
            .replace(&format!("bytes: {}", made.sealed.bytes), "bytes: <bytes>");
        (format!("receipt.{suffix}.txt"), masked)
    }));
}
