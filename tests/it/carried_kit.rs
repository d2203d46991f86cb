//! Kits: which are used, what of them, and what is said of it.

use std::fs;
use std::path::PathBuf;

use minisign::KeyPair;
use serde_json::{Value, json};
use veldkit::bundle::Fingerprint;
use veldkit::evidence::Digest;

use crate::made::{Made, text};
use crate::program;

/// A kit on a stick of its own, next to which the program seems to be.
pub struct MadeKit {
    pub made: Made,
    pub pair: KeyPair,
    files: Vec<Value>,
    recipients: Vec<String>,
    /// The language that it asks for.
    language: Option<&'static str>,
}

impl MadeKit {
    pub fn new() -> Self {
        let made = Made::linux();
        fs::create_dir(made.path().join("stick")).unwrap();
        let recipients = vec![made.recipient()];
        Self {
            made,
            pair: KeyPair::generate_unencrypted_keypair().unwrap(),
            files: Vec::new(),
            recipients,
            language: None,
        }
    }

    /// The place of a file on the stick.
    pub fn at(&self, path: &str) -> PathBuf {
        self.made.path().join("stick").join(path)
    }

    /// Puts a file on the stick and lists it.
    pub fn with(mut self, purpose: &str, path: &str, content: &[u8]) -> Self {
        let whole = self.at(path);
        fs::create_dir_all(whole.parent().unwrap()).unwrap();
        fs::write(whole, content).unwrap();
        self.files.push(json!({
            "path": path, "bytes": content.len(), "sha256": Digest::of(content), "use": purpose
        }));
        self
    }

    pub fn with_recipients(mut self, recipients: &[&str]) -> Self {
        self.recipients = recipients.iter().map(|&recipient| recipient.to_owned()).collect();
        self
    }

    /// Writes the description, signed by the kit's own key.
    pub fn signed(self) -> Self {
        let pair = &self.pair;
        let mut text = json!({
            "format": 1, "name": "stick 7", "recipients": self.recipients, "files": self.files,
            "signer": {"public_key": pair.pk.to_base64(), "comment": "CERT of the test"},
            "expires": "a field of a later version",
        });
        if let Some(language) = self.language {
            text["language"] = json!(language);
        }
        fs::write(self.at("kit.json"), text.to_string()).unwrap();
        self.sign(pair);
        self
    }

    /// Signs the description by any key.
    pub fn sign(&self, pair: &KeyPair) {
        let text = fs::read(self.at("kit.json")).unwrap();
        let signature =
            minisign::sign(Some(&pair.pk), &pair.sk, std::io::Cursor::new(text), None, None).unwrap();
        fs::write(self.at("kit.json.minisig"), signature.into_string()).unwrap();
    }

    pub fn key(&self) -> String {
        self.pair.pk.to_base64()
    }

    /// Collects one file from the tree with the kit next to the program; returns JSON, what was printed, and the exit code.
    pub fn collect(&self, trusted: &str, arguments: &[&str]) -> (Value, String, i32) {
        let fixed = ["collect", "--root", "tree", "--out", "out/", "--json", "--path", "/etc/hostname"];
        let output = program::run(&self.made, trusted, "stick", &[&fixed[..], arguments].concat());
        let out = text(&output.stdout);
        let object = out.lines().find(|line| line.starts_with('{')).unwrap_or("null");
        (serde_json::from_str(object).unwrap(), text(&output.stderr), output.status.code().unwrap())
    }

    /// Asserts that a run is refused before anything is written.
    pub fn refused(&self, trusted: &str, arguments: &[&str], why: &str) {
        let (_, said, code) = self.collect(trusted, arguments);
        assert_eq!(code, 2, "{said}");
        assert!(said.contains(why), "expected '{why}' in: {said}");
        assert_eq!(fs::read_dir(self.made.out()).unwrap().count(), 0, "{said}");
    }
}

pub fn playbook(name: &str, artifacts: &str) -> String {
    format!(
        "playbook: {name}\nversion: 1\ntitle: {{nl: t, en: t}}\ndescription: {{nl: d, en: d}}\nartifacts: [{artifacts}]\n"
    )
}

const RULE: &[u8] = b"rule finds_the_town_hall { strings: $a = \"stadhuis01\" condition: $a }";

fn whole_kit() -> MadeKit {
    let list = format!("{} # the host's name\n", Digest::of(b"stadhuis01\n"));
    MadeKit::new()
        .with("playbook", "playbooks/own.yaml", playbook("town-hall", "LinuxHostIdentity").as_bytes())
        .with("rules", "rules/own.yar", RULE)
        .with("indicators", "indicators/own.txt", list.as_bytes())
        .with("hologram", "later.bin", b"what a later version uses")
        .signed()
}

#[test]
fn a_kit_signed_by_a_trusted_key_is_used_and_each_file_is_listed_with_its_digest() {
    let kit = whole_kit();
    let (json, said, code) = kit.collect(&kit.key(), &["--playbook", "town-hall"]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains(&format!("signed by a trusted key ({})", Fingerprint::of(&kit.key()))), "{said}");
    // To the kit's recipients, of whom the test has the identity.
    let record = kit.made.record("etc/hostname");
    let hits = record["hits"].as_array().unwrap();
    assert!(hits.iter().any(|hit| hit["rule"].to_string().contains("finds_the_town_hall")), "{record}");
    assert!(hits.len() > 1, "the indicator matches too: {record}");

    let files = json["outside_files"].as_array().unwrap();
    let roles: Vec<_> = files.iter().map(|file| file["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["kit", "playbook", "rules", "indicators"], "{json}");
    let unpacked = kit.made.unpack();
    let opening: Value = serde_json::from_slice(&fs::read(unpacked.join("veldkit.json")).unwrap()).unwrap();
    assert_eq!(opening["outside_files"], json["outside_files"]);
    let receipt = fs::read_to_string(kit.made.path().join(json["sidecars"][0].as_str().unwrap())).unwrap();
    for (file, path) in
        files.iter().zip(["kit.json", "playbooks/own.yaml", "rules/own.yar", "indicators/own.txt"])
    {
        let digest = Digest::of(&fs::read(kit.at(path)).unwrap()).to_string();
        assert_eq!(
            (file["sha256"].as_str(), file["brought_by"].as_str()),
            (Some(&*digest), Some("trusted_kit"))
        );
        assert!(file["name"].as_str().unwrap().ends_with(path), "{file}");
        assert!(said.contains(&digest) && receipt.contains(&digest), "{path}: {said}{receipt}");
    }
}

#[test]
fn a_kit_decides_the_language_of_screens_and_receipt_unless_the_operator_does() {
    let dutch = ["ondertekend met een vertrouwde sleutel", "ONTVANGSTBEWIJS"];
    let english = ["signed by a trusted key", "RECEIPT FOR DIGITAL EVIDENCE"];
    // The host of these runs is English.
    for (language, arguments, [screen, receipt]) in [
        (None, &[][..], english),
        (Some("nl"), &[][..], dutch),
        (Some("nl"), &["--lang", "en"][..], english),
        (Some("en"), &["--lang", "nl"][..], dutch),
        (Some("fy"), &[][..], english),
    ] {
        let mut kit = MadeKit::new();
        kit.language = language;
        let kit = kit.signed();
        let (json, said, code) = kit.collect(&kit.key(), arguments);
        assert_eq!(code, 0, "{said}");
        assert!(said.contains(screen), "{language:?} {arguments:?}: {said}");
        let path = kit.made.path().join(json["sidecars"][0].as_str().unwrap());
        assert!(fs::read_to_string(path).unwrap().starts_with(receipt), "{language:?} {arguments:?}");
    }
}

#[test]
fn a_scan_uses_the_same_kit_and_lists_the_same_files_as_a_collection() {
    let kit = whole_kit();
    let summary = |output: &std::process::Output| -> Value {
        serde_json::from_str(text(&output.stdout).lines().rfind(|line| line.contains("\"summary\"")).unwrap())
            .unwrap()
    };
    let scan = ["scan", "--root", "tree", "/etc/hostname", "--json", "--lang", "en"];
    let (collected, ..) = kit.collect(&kit.key(), &[]);
    let output = program::run(&kit.made, &kit.key(), "stick", &scan);
    let (said, scanned) = (text(&output.stderr), summary(&output));
    let of = |json: &Value| -> Vec<Value> {
        let files = json["outside_files"].as_array().unwrap().iter();
        files.filter(|file| file["role"] != "playbook").cloned().collect()
    };
    assert_eq!((of(&scanned), of(&scanned).len()), (of(&collected), 3));
    for file in of(&scanned) {
        assert!(said.contains(file["sha256"].as_str().unwrap()), "{file}: {said}");
    }
    assert!(text(&output.stdout).contains("finds_the_town_hall"), "{said}");
    assert_eq!(scanned["indicators"]["sha256"]["in_use"], 1, "{scanned}");
    // Without the kit, beside it, and where no trusted key has signed it.
    let without = program::run(&kit.made, &kit.key(), "stick", &[&scan[..], &["--no-kit"]].concat());
    assert_eq!(summary(&without)["outside_files"], json!([]));
    let named = program::run(&kit.made, &kit.key(), "tree", &[&scan[..], &["--kit", "stick"]].concat());
    assert_eq!(of(&summary(&named)).len(), 3);
    assert_eq!(program::run(&kit.made, "", "stick", &scan).status.code(), Some(2));
    fs::write(kit.at("indicators/own.txt"), format!("{}\n", Digest::of(b"x"))).unwrap();
    let altered = program::run(&kit.made, &kit.key(), "stick", &scan);
    assert_eq!(altered.status.code(), Some(2));
    assert!(text(&altered.stderr).contains("is not the file that the kit lists"));
}

#[test]
fn a_given_kit_is_used_wherever_it_is_without_warnings_about_its_directories() {
    let kit = whole_kit();
    for next_to in ["stick", "tree"] {
        let arguments = ["playbook", "list", "--json", "--kit", "stick", "--lang", "en"];
        let output = program::run(&kit.made, &kit.key(), next_to, &arguments);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert!(text(&output.stdout).contains("town-hall"), "{next_to}");
        assert!(!text(&output.stderr).contains("is not used"), "{}", text(&output.stderr));
    }
    let arguments = ["playbook", "list", "--json", "--no-kit", "--lang", "en"];
    let output = program::run(&kit.made, &kit.key(), "stick", &arguments);
    assert!(!text(&output.stdout).contains("town-hall"));
    assert!(text(&output.stderr).contains("stick/playbooks' next to the program is not used"));
    let missing = program::run(&kit.made, &kit.key(), "stick", &["playbook", "list", "--kit", "tree"]);
    assert_eq!(missing.status.code(), Some(2), "{}", text(&missing.stderr));
}

#[test]
fn a_kit_that_no_trusted_key_has_signed_is_refused_without_a_terminal() {
    let kit = whole_kit();
    let other = KeyPair::generate_unencrypted_keypair().unwrap();
    kit.refused("", &[], "signed by a key that this program does not know, and there is no terminal");
    kit.refused(&other.pk.to_base64(), &["--kit", "stick"], "this program does not know");
    kit.sign(&other);
    kit.refused(&kit.key(), &[], "its signature is wrong");
    kit.refused(&kit.key(), &[], "stop using this stick");
    fs::remove_file(kit.at("kit.json.minisig")).unwrap();
    kit.refused(&kit.key(), &[], "it is not signed");
    // Without the kit the same command line works, and a recipient has to be named.
    let recipient = kit.made.recipient();
    let (json, said, code) = kit.collect(&kit.key(), &["--no-kit", "-r", &recipient]);
    assert_eq!((code, &json["outside_files"]), (0, &json!([])), "{said}");
}

#[test]
fn recipients_that_were_swapped_are_refused_without_a_terminal_and_show_other_words_at_one() {
    let kit = whole_kit();
    let theirs = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
    let description = fs::read_to_string(kit.at("kit.json")).unwrap();
    let ours = kit.made.recipient();
    assert!(description.contains(&ours));
    fs::write(kit.at("kit.json"), description.replace(&ours, theirs)).unwrap();
    kit.refused(&kit.key(), &[], "its signature is wrong");
    let arguments = ["collect", "--root", "tree", "--out", "out/", "--path", "/etc/hostname", "--lang", "nl"];
    let output = program::run_at_a_terminal(&kit.made, &kit.key(), "stick", &arguments, "nee\n");
    let shown = text(&output.stdout);
    assert_eq!(output.status.code(), Some(2), "{shown}");
    assert!(
        shown.contains(&Fingerprint::of(theirs).words) && !shown.contains(&Fingerprint::of(&ours).words),
        "{shown}"
    );
    assert!(
        shown.contains("de handtekening klopt niet") && shown.contains("ondertekend door  niemand"),
        "{shown}"
    );
    assert_eq!(fs::read_dir(kit.made.out()).unwrap().count(), 0);
}

#[test]
fn at_a_terminal_a_kit_is_shown_with_its_fingerprints_and_used_once_it_is_confirmed() {
    let kit = whole_kit();
    let arguments = ["collect", "--root", "tree", "--out", "out/", "--path", "/etc/hostname", "--lang", "en"];
    let output = program::run_at_a_terminal(&kit.made, "", "stick", &arguments, "yes\n");
    let shown = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{shown}");
    for words in [Fingerprint::of(&kit.key()).words, Fingerprint::of(&kit.made.recipient()).words] {
        assert!(shown.contains(&words), "{words}: {shown}");
    }
    assert!(shown.contains("CERT of the test") && shown.contains("from a confirmed kit"), "{shown}");
    assert_eq!(kit.made.bundles().len(), 1);
}

#[test]
fn a_file_of_a_kit_that_was_altered_is_refused_though_the_kit_is_trusted() {
    for (path, content) in [
        ("playbooks/own.yaml", playbook("town-hall", "LinuxAuthLogs").into_bytes()),
        ("rules/own.yar", RULE.to_ascii_uppercase()),
        ("indicators/own.txt", format!("{}\n", Digest::of(b"x")).into_bytes()),
    ] {
        let kit = whole_kit();
        fs::write(kit.at(path), content).unwrap();
        kit.refused(&kit.key(), &[], "is not the file that the kit lists");
    }
}

#[test]
fn a_kit_may_not_replace_built_in_definitions_but_a_given_file_may() {
    let quick = playbook("quick", "LinuxHostIdentity");
    let kit = MadeKit::new().with("playbook", "playbooks/x.yaml", quick.as_bytes()).signed();
    kit.refused(&kit.key(), &[], "a kit may not replace built-in playbooks or artifacts: playbook 'quick'");
    let artifact =
        "name: LinuxAuthLogs\ndoc: d\nsources:\n- type: FILE\n  attributes: {paths: ['/nothing']}\n";
    let kit = MadeKit::new().with("playbook", "playbooks/x.yaml", artifact.as_bytes()).signed();
    kit.refused(&kit.key(), &[], "artifact 'LinuxAuthLogs'");
    let named = kit.made.path().join("named.yaml");
    fs::write(&named, &quick).unwrap();
    let recipient = kit.made.recipient();
    let (json, said, code) = kit.collect("", &["--no-kit", "--playbook", "named.yaml", "-r", &recipient]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("playbook 'quick' of named.yaml replaces that of playbooks/quick.yaml"), "{said}");
    let files = json["outside_files"].as_array().unwrap();
    assert_eq!((files.len(), &files[0]["brought_by"]), (1, &json!("operator")));
    assert_eq!(files[0]["sha256"], Digest::of(quick.as_bytes()).to_string());
}

#[test]
fn a_tool_of_a_kit_is_run_by_its_name_where_kit_and_definition_agree_on_its_digest() {
    let echo = fs::read("/bin/echo").unwrap();
    let definition = |digest: Digest| {
        format!(
            "name: OwnTool\ndoc: d\nsources:\n- type: COMMAND\n  attributes: {{cmd: tool, args: [ran], sha256: [{digest}]}}\n---\n{}",
            playbook("tool", "OwnTool")
        )
    };
    for (digest, code) in [(Digest::of(&echo), 0), (Digest::of(b"another"), 3)] {
        let kit = MadeKit::new()
            .with("playbook", "playbooks/x.yaml", definition(digest).as_bytes())
            .with("tool", "tools/tool", &echo)
            .signed();
        fs::set_permissions(kit.at("tools/tool"), std::os::unix::fs::PermissionsExt::from_mode(0o755))
            .unwrap();
        let arguments = [
            "collect",
            "--playbook",
            "tool",
            "--artifact",
            "LinuxHostIdentity",
            "--out",
            "out/",
            "--no-scan",
        ];
        let output = program::run(&kit.made, &kit.key(), "stick", &arguments);
        assert_eq!(output.status.code(), Some(code), "{}", text(&output.stderr));
        let ran = fs::read_to_string(kit.made.unpack().join("commands/OwnTool/1-tool.stdout.txt"));
        assert_eq!(ran.is_ok_and(|out| out == "ran\n"), code == 0);
    }
}

/// What a person decides by, word for word. Keys and their words differ from run to run.
#[test]
fn the_screen_that_asks_to_confirm_a_kit_is_the_golden_one_in_both_languages() {
    for (lang, golden) in [
        ("nl", include_str!("../golden/kit_confirmation.nl.txt")),
        ("en", include_str!("../golden/kit_confirmation.en.txt")),
    ] {
        let kit = whole_kit();
        let arguments =
            ["collect", "--root", "tree", "--out", "out/", "--path", "/etc/hostname", "--lang", lang];
        let output = program::run_at_a_terminal(&kit.made, "", "stick", &arguments, "\n");
        let shown = text(&output.stdout).replace('\r', "");
        let recipient = kit.made.recipient();
        let begin = shown.find("kit 'stick 7'").unwrap_or_else(|| panic!("{shown}"));
        let end = shown.find("fout:").or_else(|| shown.find("error:")).unwrap_or(shown.len());
        let directory = kit.at("").canonicalize().unwrap().display().to_string();
        let shown = shown[begin..end]
            .replace(&Fingerprint::of(&kit.key()).to_string(), "SIGNER")
            .replace(&Fingerprint::of(&recipient).to_string(), "RECIPIENT")
            .replace(&format!("…{}", &recipient[recipient.len() - 8..]), "…END")
            .replace(directory.trim_end_matches('/'), "DIRECTORY")
            .replace(&kit.made.path().display().to_string(), "MADE");
        // The terminal echoes what is typed whenever it comes.
        let shown: Vec<&str> = shown.lines().filter(|line| !line.is_empty()).collect();
        assert_eq!(shown, golden.lines().collect::<Vec<_>>(), "{lang}");
        assert_eq!(kit.made.bundles().len(), 0);
    }
}
