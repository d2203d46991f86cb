//! Every error of every room as a person reads it, in both languages: `tests/golden/errors.{nl,en}.txt`.
//!
//! Each enum has a list with one value of each variant. A new variant does not compile until it has one, and a new
//! `#[error]` anywhere in the sources is counted.

use std::io;
use std::path::{Path, PathBuf};

use super::console::{Console, Failure};
use super::exit::Leaves;
use super::{scanning, verify};
use crate::acquisition::Error as AcquisitionError;
use crate::analysis::unpack::Error as UnpackError;
use crate::analysis::{Error as AnalysisError, RevokedKeysError};
use crate::bundle::Error as BundleError;
use crate::bundle::forward::StructureFault;
use crate::bundle::reader::OpenError;
use crate::bundle::sink::Flushed;
use crate::evidence::WordError;
use crate::formats::ext::ExtDamage;
use crate::formats::hive::HiveError;
use crate::formats::ntfs::Damage as NtfsDamage;
use crate::kit::carried::KitError;
use crate::kit::description::DescriptionError;
use crate::kit::keys::Error as KeysError;
use crate::kit::rules::Error as RuleSetError;
use crate::kit::selftest::SelfTestError;
use crate::kit::trust::TrustedKeys;
use crate::playbook::{Error as PlaybookError, Fault, TargetOs};
use crate::scan::Error as ScanError;
use crate::sources::Error as SourcesError;
use crate::text::Language;
use crate::text::golden::assert_golden_screen;

/// One error with its name.
type Sample = (&'static str, Failure);

/// One value of each variant of an enum.
macro_rules! each {
    ($kind:ident, $failure:expr, $($variant:ident $(($($value:expr),+))? $({ $($field:ident: $of:expr),+ })?;)+) => {{
        let _complete = |error: &$kind| match error { $($kind::$variant { .. } => {})+ };
        let failure = $failure;
        vec![$((
            concat!(stringify!($kind), "::", stringify!($variant)),
            failure($kind::$variant $(($($value),+))? $({ $($field: $of),+ })?),
        )),+]
    }};
}

fn all() -> Vec<Sample> {
    let rooms = [bundle(), analysis(), structure(), formats(), kit(), playbook(), the_run(), single()];
    rooms.into_iter().flatten().collect()
}

fn path() -> PathBuf {
    PathBuf::from("/media/stick/x")
}

fn text(text: &str) -> String {
    text.to_owned()
}

/// An error as Linux reports it; another system words it otherwise.
fn denied() -> io::Error {
    io::Error::other("Permission denied (os error 13)")
}

fn no_json() -> serde_json::Error {
    serde_json::from_str::<u8>("x").unwrap_err()
}

fn bundle() -> Vec<Sample> {
    let flushed = Flushed { checkpoint: 3, items: 40, bytes: 5_000_000 };
    let mut samples = each!(BundleError, Failure::new,
        Create { path: path(), source: denied() };
        Sink { flushed: flushed, source: io::Error::other("No space left on device (os error 28)") };
        NoRecipient;
        MixedRecipients;
        Recipient { whence: text("/media/stick/keys line 3"), reason: "the file contains no recipient" };
        ReadKey { path: path(), source: denied() };
        Key { whence: text("/media/stick/key"), reason: text("not a text file") };
        Encrypt(denied().to_string());
        Sign { what: "manifest", reason: text("the passphrase is wrong, or the key is damaged") };
        Entry { name: text("items/1"), reason: "was not ended" };
        Json { what: "manifest", source: no_json() };
        Random(text("Function not implemented (os error 38)"));
    );
    samples.extend(each!(OpenError, Failure::new,
        Read(denied());
        Header(text("the file ends within the header"));
        WrongIdentity { given: 2, passphrase: true };
        WrongPassphrase;
        Decrypt(text("no file key"));
    ));
    samples
}

fn analysis() -> Vec<Sample> {
    let mut samples = each!(AnalysisError, verify::explain,
        Open { path: path(), source: io::Error::other("No such file or directory (os error 2)") };
        Decrypt { path: path(), source: OpenError::WrongIdentity { given: 1, passphrase: false } };
        Format(2);
        Signer(text("x"));
    );
    samples.extend(each!(RevokedKeysError, Failure::new,
        Read { path: path(), source: denied() };
        TooLarge(path());
        Line { path: path(), line: 7 };
    ));
    samples.extend(each!(UnpackError, Failure::new,
        NotEmpty(path());
        Folder { folder: path(), source: denied() };
    ));
    samples
}

fn structure() -> Vec<Sample> {
    let name = || text("items/1");
    each!(StructureFault, Failure::new,
        Cut { at: 512 };
        Hole { at: 512 };
        EndsEarly { at: 512, within: "an entry" };
        Unknown { at: 512 };
        Header { at: 512, what: "has a name that is not UTF-8" };
        Name { at: 512, name: text("../x"), what: "leaves its directory" };
        Double { at: 512, name: name() };
        Deflate { at: 512, name: name() };
        Size { name: name(), what: "content", said: 10, found: 12 };
        Crc { name: name() };
        Limit { what: "content that expands to a multiple of its size", limit: 1_100, option: Some("--max-expansion") };
        Directory { at: 512, what: text("has no end record") };
        Trailing { at: 512 };
        Read { at: 512, error: text("Input/output error (os error 5)") };
    )
}

fn formats() -> Vec<Sample> {
    let mut samples = each!(ExtDamage, Failure::new,
        Read(denied());
        Superblock;
        Features(0x40);
        Block("list of names");
        Checksum("inode");
        Runs("are outside the volume");
        TooLarge("attribute");
        Free;
        Nothing;
        Name;
        Unsupported("the device is the journal of another volume, without files");
    );
    samples.extend(each!(HiveError, Failure::new,
        Read(denied());
        NoHive;
        Cell { offset: 0x20, expected: "list of keys" };
        Limit { most: 100, what: "keys" };
        Loop { offset: 0x20 };
        Count { key: 0x20, said: 3, found: 2, what: "keys" };
        Parent { key: 0x20, parent: 0x80 };
        Short { missing: 10, length: 100 };
        Checksum;
        Dirty;
        Logs { count: 2 };
        Entries { count: 2 };
    ));
    samples.extend(each!(NtfsDamage, Failure::new,
        Read(denied());
        Boot;
        Block("node of an index");
        Torn("record of the master file table");
        Runs("have no end");
        TooLarge("attribute");
        Reused;
        Nothing;
        Unsupported("compressed by an unknown method");
        Compressed;
    ));
    samples
}

fn kit() -> Vec<Sample> {
    let mut samples = each!(KitError, Failure::new,
        Read { path: path(), source: denied() };
        Description { path: path(), source: DescriptionError::Newer(9) };
        Altered { path: path(), found: text("more bytes"), listed: text("SHA-256 ab12") };
    );
    samples.extend(each!(DescriptionError, Failure::new,
        Syntax(no_json());
        Newer(9);
        Path(text("../x"));
        TooMany { what: "files", limit: 1_000 };
    ));
    samples.extend(each!(KeysError, Failure::new,
        Write { path: path(), source: denied() };
        Signing(denied().to_string());
        Random(text("Function not implemented (os error 38)"));
    ));
    samples.extend(each!(RuleSetError, Failure::new,
        Write { path: path(), source: denied() };
        Keys(BundleError::NoRecipient);
        Open { path: path(), source: OpenError::WrongPassphrase };
    ));
    samples.extend(each!(SelfTestError, Failure::new,
        Folder { folder: path(), source: denied() };
        Left { folder: path() };
        Target(SourcesError::NotLive);
    ));
    samples
}

fn playbook() -> Vec<Sample> {
    let fault = |problem: &str| Fault { file: text("a.yaml"), line: 3, column: 5, problem: text(problem) };
    each!(PlaybookError, Failure::new,
        Read { path: path(), source: denied() };
        Faults(vec![fault("expected 'name', which is missing"), fault("expected each name once, found 'x' again")]);
        Empty(path());
        Replaces(vec![text("artifact 'A' of b.yaml replaces that of c.yaml")]);
        UnknownPlaybook { name: text("ransom"), by: Some(text("quick")), nearest: vec![text("ransomware"), text("edge")] };
        UnknownArtifact { name: text("Logs"), by: None, nearest: Vec::new() };
        Cycle(vec![text("a"), text("b"), text("a")]);
        OtherSystem { artifact: text("LinuxLogs"), system: TargetOs::Windows, systems: text("linux") };
        TooDeep { name: text("deep"), limit: 32 };
    )
}

fn the_run() -> Vec<Sample> {
    let mut samples = each!(SourcesError, Failure::new,
        Root { root: path(), source: denied() };
        Image { image: path(), source: io::Error::other("the image is damaged: its header") };
        Volumes { source: denied() };
        NotLive;
    );
    samples.extend(each!(ScanError, scanning::unlisted,
        UnknownEngine(text("x"));
        NotBuiltIn;
        List { path: path(), source: io::Error::other("more than 10000 rule files") };
        ListIndicators { path: path(), source: denied() };
        Indicators;
        Engine(text("its compiler failed"));
        SelfTest;
    ));
    samples.extend(each!(AcquisitionError, Failure::new,
        Bundle(BundleError::Create { path: path(), source: denied() });
        Thread(io::Error::other("Resource temporarily unavailable (os error 11)"));
    ));
    samples.extend(each!(WordError, Failure::new,
        Digest(text("x"));
        Sum(text("x"));
        Time(text("yesterday"));
        Base64(text("?"));
        OriginWithoutPath;
    ));
    samples
}

/// Errors that are no variant.
fn single() -> Vec<Sample> {
    vec![
        ("NoKey", Failure::new(TrustedKeys::parse("x").unwrap_err())),
        ("NotLocal", Failure::new(crate::sys::entries_not_local())),
    ]
}

fn page(language: Language) -> String {
    let mut page = String::new();
    for (name, failure) in all() {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        Console::new(&mut out, &mut err, language, Leaves::Nothing).fail(&failure);
        page = page + "# " + name + "\n" + &String::from_utf8(err).unwrap() + "\n";
    }
    page
}

/// `#[error]` in a directory's sources, those of tests left out.
fn counted(directory: &Path) -> usize {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let of = |path: PathBuf| {
        if path.is_dir() {
            return counted(&path);
        }
        if path.extension().is_none_or(|ending| ending != "rs") {
            return 0;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        code.lines().filter(|line| line.trim_start().starts_with("#[error(")).count()
    };
    entries.map(of).sum()
}

#[test]
fn each_error_is_the_golden_text_in_both_languages() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert_eq!(all().len(), counted(&root.join("src")), "an error of the sources is not in this file");
    assert_golden_screen("errors", page);
}
