//! The English of errors and reasons, read from this package's own sources: what the templates are compared with.
//!
//! Taken are the literals of all rooms that read as prose: two letters, and a space within. So a new text is found
//! wherever it is made, also where a function passes it on. What is no prose for a person is listed here, with its reason.

use std::path::Path;

/// A literal of the sources.
#[derive(Debug, Clone)]
pub(super) struct Literal {
    /// File and line.
    pub place: String,
    /// The text, each hole as `{}`.
    pub text: String,
    /// Whether it must have a template.
    pub is_prose: bool,
}

/// Files and directories whose literals are data, another notation, or texts that have both languages already.
const DATA: [&str; 16] = [
    "acquisition/custody.rs",
    "bundle/receipt",
    "embedded",
    "evidence/rows",
    "formats/autostart_categories.rs",
    "formats/iptables.rs",
    "formats/netlink/action.rs",
    "formats/netlink/payload.rs",
    "formats/netlink/statement.rs",
    "formats/netlink/value.rs",
    "formats/task_job.rs",
    "formats/task_xml.rs",
    "formats/usb_log.rs",
    "formats/windows_autostart_places.rs",
    "formats/windows_command.rs",
    "sys/specimens",
];

/// Literals that no person reads as a reason, or that are the same in both languages.
const NO_PROSE: [&str; 60] = [
    // Contents of files, and what is looked for in them.
    "veldkit signing certificate 1",
    "veldkit 1 certificate sha256={}",
    "signature of {} by a veldkit key",
    "veldkit signing key without a passphrase: keep it as you keep the stick",
    "a name longer than eight and three.text",
    "één 🗄.txt",
    "trailing dot.",
    "een map met een lange naam/",
    "veldkit self test:",
    "7d0f1c52 rules are alive",
    " {{ condition: {} }}",
    "System RAM",
    "/32 host LOCAL",
    "mapping start",
    "sequence start",
    "string scalar",
    "volatile environment",
    "control panel",
    "named pipe",
    "NV Domain",
    "EncodingType 0",
    "EncodingType 1",
    "DSA Database file",
    "DSA Working Directory",
    "Database log files path",
    "ARTIFACT_GROUP, COMMAND, DIRECTORY, FILE, PATH, REGISTRY_KEY, REGISTRY_VALUE or WMI",
    // Names of things, as their makers write them, and words of tables.
    "Microsoft Corporation",
    "Intel firmware RAID",
    "Linux RAID",
    "Apple CoreStorage",
    "BSD disklabel",
    "Apple partition map",
    "Storage Spaces",
    "NTFS or exFAT",
    "Windows recovery",
    "Windows data",
    "LDM data",
    "LDM metadata",
    "Linux swap",
    "Linux LVM",
    "EFI system",
    "BIOS boot",
    "Microsoft reserved",
    "ISO image",
    "UDF image",
    "InstallShield CAB",
    "AES encryption",
    "MISP event {}",
    "{} or {}",
    "method {}",
    "method {} ({})",
    "{} (file name {})",
    "gpt, the copy at its end",
    "type {}",
    // Where something is, in a column of its own.
    "{}, partition {} ({})",
    "{} vss",
    "{} vss {}",
    "master file table",
    "shadow copies of {}",
    // For whoever changes the program.
    "a gap is never collected",
];

/// Words of `read_by`, which a program reads.
const READ_BY: [&str; 4] = [
    "raw_ext with its journal",
    "raw_ext with its journal in part",
    "raw_ext with its journal in doubt",
    "raw_ext without its journal",
];

/// What calls the command line's English, of which Dutch is not beside it.
const MADE_BY: [&str; 10] = [
    "Failure::usage(",
    "Failure::new(",
    "reasons.push(",
    "refused(",
    "let text = ",
    "let wrong = || ",
    "Engine(",
    "Err(",
    "#[error(",
    "return Some(",
];

/// All literals of the sources, without those of tests and of `src/text`, whose sentences have both languages.
pub(super) fn all() -> Vec<Literal> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = vec![root.clone()];
    let mut found = Vec::new();
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let name = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
        let is_test = name.ends_with("tests.rs") || name == "cli/error_texts.rs";
        if path.extension().is_some_and(|ending| ending == "rs")
            && !is_test
            && !name.starts_with("text/")
            && !DATA.iter().any(|data| name.starts_with(data))
        {
            let text = std::fs::read_to_string(&path).unwrap();
            found.extend(of_file(&name, without_tests(&text)));
        }
    }
    found
}

fn of_file(name: &str, text: &str) -> Vec<Literal> {
    let of_cli = name.starts_with("cli/");
    let mut found = Vec::new();
    for (at, literal) in literals(text) {
        let before: String = text[..at].split_whitespace().collect::<Vec<_>>().join(" ");
        let before = before.strip_suffix("format!(").unwrap_or(&before).trim_end().to_owned();
        let made = |by: &&str| before.ends_with(by.trim_end());
        let has_another_use = ["reason =", "must_use =", "next_help_heading =", "nl:", "en:"]
            .iter()
            .any(|of| before.ends_with(of))
            && !before.ends_with("let reason =");
        let line = text[..at].lines().count();
        let text = normalised(&literal);
        let prose = reads_as_prose(&text) && !NO_PROSE.contains(&&*text) && !READ_BY.contains(&&*text);
        let is_prose = prose && !has_another_use && (!of_cli || MADE_BY.iter().any(made));
        found.push(Literal { place: format!("src/{name}:{line}"), text, is_prose });
    }
    found
}

/// Whether a text is words and not a name, a path or a key of the registry.
fn reads_as_prose(text: &str) -> bool {
    let letters = text.split("{}").flat_map(|part| part.as_bytes().windows(2));
    text.trim().contains(' ')
        && letters.into_iter().any(|pair| pair.iter().all(u8::is_ascii_lowercase))
        && !text.contains('\n')
        && (!text.contains('\\') || text.contains(": "))
        && !text.contains(" = ")
}

/// A literal with each hole as `{}`, neighbours as one.
pub(super) fn normalised(literal: &str) -> String {
    let mut text = String::new();
    let mut rest = literal;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        if let Some(after) = after.strip_prefix('{') {
            text.push_str("{{");
            rest = after;
            continue;
        }
        let Some((_, behind)) = after.split_once('}') else {
            rest = after;
            continue;
        };
        if !text.ends_with("{}") {
            text.push_str("{}");
        }
        rest = behind;
    }
    text + rest
}

/// What is before a file's own test module, which comes last.
fn without_tests(text: &str) -> &str {
    let module = text.match_indices("#[cfg(test)]\n").find(|(at, _)| {
        let block = text[*at..]
            .lines()
            .find(|line| !line.starts_with("#[") && !line.starts_with("    ") && *line != ")]");
        block.is_some_and(|line| line.trim_start_matches("pub(crate) ").starts_with("mod tests {"))
    });
    module.map_or(text, |(at, _)| &text[..at])
}

/// The string literals of Rust, unescaped, each with its place. Comments are passed over.
fn literals(text: &str) -> Vec<(usize, String)> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &text[at..];
        let word = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
        if rest.starts_with("//") {
            at += rest.find('\n').unwrap_or(rest.len());
        } else if !word && (rest.starts_with("r\"") || rest.starts_with("r#")) {
            let hashes = rest[1..].len() - rest[1..].trim_start_matches('#').len();
            let begin = 1 + hashes + 1;
            let Some(length) =
                rest.get(begin..).and_then(|body| body.find(&format!("\"{}", "#".repeat(hashes))))
            else {
                at += 1;
                continue;
            };
            found.push((at, rest[begin..begin + length].to_owned()));
            at += begin + length + 1 + hashes;
        } else if let Some(body) = rest.strip_prefix('"') {
            let length = end_of(body);
            if at == 0 || bytes[at - 1] != b'b' {
                found.push((at, unescaped(&body[..length])));
            }
            at += length + 2;
        } else if let Some(length) = character(rest) {
            at += length;
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    found
}

fn end_of(body: &str) -> usize {
    let mut escaped = false;
    for (at, c) in body.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at,
            _ => {}
        }
    }
    body.len()
}

/// The length of a character's literal: `'a'` is one, the lifetime `'a` is none.
fn character(rest: &str) -> Option<usize> {
    let body = rest.strip_prefix('\'')?;
    let first = body.chars().next()?;
    let length = if first == '\\' { 1 + body.get(2..)?.find('\'')? + 1 } else { first.len_utf8() };
    body.get(length..)?.starts_with('\'').then_some(length + 2)
}

fn unescaped(literal: &str) -> String {
    let mut text = String::new();
    let mut rest = literal;
    while let Some((before, after)) = rest.split_once('\\') {
        text.push_str(before);
        rest = match after.chars().next() {
            Some('\n') => after.trim_start(),
            Some('n') => {
                text.push('\n');
                &after[1..]
            }
            Some(c) => {
                text.push(c);
                &after[c.len_utf8()..]
            }
            None => "",
        };
    }
    text + rest
}

#[test]
fn literals_are_read_as_rust_reads_them() {
    let text = "// \"no\"\nlet a = \"one \\\n    two {x:#x} \\\"q\\\"\"; let b: &'a str = r#\"raw \"s\" x\"#; f('\"', b\"no no\", \"{a}{b} c\");";
    let texts: Vec<_> = literals(text).into_iter().map(|(_, literal)| normalised(&literal)).collect();
    assert_eq!(texts, ["one two {} \"q\"", "raw \"s\" x", "{} c"]);
}

#[test]
fn the_reason_of_a_lint_is_no_text_and_a_reason_in_a_variable_is_one() {
    let text = "#[expect(dead_code, reason = \"for a lint\")]\nlet reason = format!(\"for {a} person\");";
    let prose: Vec<_> = of_file("kit/a.rs", text).into_iter().filter(|literal| literal.is_prose).collect();
    assert_eq!(prose.iter().map(|literal| &*literal.text).collect::<Vec<_>>(), ["for {} person"]);
}
