//! What is matched here, compared with what other programs match: STIX patterns with `stix2-matcher`, expressions over names with
//! Python's `re`, archives with `7z`. Every difference has its reason in a table, and a reason without a difference fails as well.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;
use veldkit::evidence::Utc;
use veldkit::scan::indicators::{Case, Format, read_bytes};

mod archives;
mod stix;

fn now() -> Utc {
    Utc::try_from("2026-11-24T00:00:00Z".to_owned()).unwrap()
}

/// Asks a script of Python, which reads its question as JSON and answers so.
fn ask(python: &Path, script: &str, question: &Value) -> Value {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("question.json");
    std::fs::write(&file, question.to_string()).unwrap();
    let output = Command::new(python).arg("-c").arg(script).arg(&file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Expressions as lists of file names have them.
const EXPRESSIONS: &[&str] = &[
    r"\\svch[^o]st\.exe$",
    r"\\svch.st\.exe$",
    r"\\svch\wst\.exe$",
    r"\\svch\Wst\.exe$",
    r"\\svch..st\.exe$",
    r"\\svch[a-zö]st\.exe$",
    r"\\svch[à-ÿ]st\.exe$",
    r"\\.{11}\.exe$",
    r"\\[^\\]{7}\.exe$",
    r"(?i)\\SVCHÖST\.EXE$",
    r"\\svch(?i:Ö)st",
    r"\\[^a-z]vil\.exe$",
    r"\\evil\s\.exe$",
    r"\\evil\S\.exe$",
    r"[\s]{3,}\.exe",
    r"(TEMP|Temp)\\[^\\]+\.(xmd|yls)$",
    r"^C:\\Temp\\",
    r"\\\{[0-9A-F]{4}\}\.dat$",
    r"\\[[]x[]]\.dat$",
    r"\\[]x]y&&z\.dat$",
    r"\\p\xe4ypal\.exe$",
    r"\\p\u0430ypal\.exe$",
    r"\\[а-я]+\.exe$",
    r"\\日本.{1,3}\.exe$",
    r"\\evil(\.exe){1,2}$",
    r"\\(?:a|b)?evil\.exe$",
    r"\\[\w.]+\.exe$",
    r"\\[^\w]vil\.exe$",
    r"\bevil\b",
    r"\\e{,2}vil\.exe$",
];

const PATHS: &[&str] = &[
    r"C:\Windows\svchost.exe",
    r"C:\Windows\svchöst.exe",
    r"C:\Windows\SVCHÖST.EXE",
    r"C:\Windows\svch-st.exe",
    r"C:\Windows\svchasst.exe",
    r"C:\Windows\svch日st.exe",
    r"C:\Temp\evil.exe",
    r"C:\Temp\Évil.exe",
    "C:\\Temp\\evil\u{a0}.exe",
    r"C:\Temp\evil!.exe",
    r"C:\Temp\evil   .exe",
    r"C:\Temp\a b.xmd",
    r"C:\x\{12AB}.dat",
    r"C:\x\[x].dat",
    r"C:\x\xy&&z.dat",
    r"C:\x\päypal.exe",
    "C:\\x\\p\u{430}ypal.exe",
    r"C:\x\привет.exe",
    r"C:\x\日本語.exe",
    r"C:\x\evil.exe.exe",
    r"C:\x\bevil.exe",
    r"C:\x\eevil.exe",
    r"C:\x\😀vil.exe",
    r"D:\evil\x.txt",
];

#[test]
#[ignore = "needs python3"]
fn an_expression_over_paths_agrees_with_pythons_re() {
    const SCRIPT: &str = "import json,re,sys\n\
        q=json.load(open(sys.argv[1]))\n\
        print(json.dumps([[bool(re.search(e,p)) for p in q['paths']] for e in q['expressions']]))";
    let answer = ask(Path::new("python3"), SCRIPT, &json!({"expressions": EXPRESSIONS, "paths": PATHS}));
    let mut differ = Vec::new();
    for (expression, theirs) in EXPRESSIONS.iter().zip(answer.as_array().unwrap()) {
        let all = read_bytes(format!("{expression};80\n").as_bytes(), Some(Format::Filenames), now());
        assert_eq!(all.len(), 1, "{expression}: {:?}", all.lists());
        for (path, theirs) in PATHS.iter().zip(theirs.as_array().unwrap()) {
            if Some(!all.path(path, Case::Heeded).is_empty()) != theirs.as_bool() {
                differ.push(format!("{expression} on {path}: there {theirs}"));
            }
        }
    }
    assert!(differ.is_empty(), "{differ:#?}");
}
