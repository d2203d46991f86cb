//! The stages alone, by the product's own functions, on one thread: what the whole is held against.
//!
//! In: a corpus and rules. Out: a line a stage. The files pass once; each stage has its own stopwatch, so that it
//! finds the bytes where the product's workers find them: just read.

use std::fs::File;
use std::io::{BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};
use veldkit::bundle::{
    BundleEntry, Closing, Deflated, Deflater, Opening, Recipients, Sink, Writer, WriterOptions, deflate,
};
use veldkit::evidence::{Item, Utc};
use veldkit::scan::{Bytes, EngineKind, Facts, RuleSource, SCAN_LIMIT, Scanner};
use veldkit::text::Language;

use super::Stage;
use crate::Result;

/// Levels measured besides the default.
const LEVELS: [u32; 2] = [2, 3];

/// A recipient whose identity nobody has: what is encrypted here is thrown away.
const RECIPIENT: &str = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";

/// Measures and prints.
///
/// # Errors
///
/// A file cannot be read, or the writer fails.
pub(crate) fn run(corpus: &Path, rules: &[&str]) -> Result {
    let files = files(corpus)?;
    let beside = corpus.parent().ok_or("the corpus is no folder")?;
    let mut sources = vec![RuleSource::Embedded];
    let mut watches = Watches::default();
    measure(&files, beside, None, &mut watches)?;
    // The first pass has brought the corpus into the page cache, as the whole finds it.
    watches = Watches::default();
    sources.extend(rules.iter().map(|path| RuleSource::Path(PathBuf::from(path))));
    let begin = Instant::now();
    let scanner = Scanner::compile(&sources, EngineKind::Boreal)?;
    let compile = begin.elapsed();
    measure(&files, beside, Some(&scanner), &mut watches)?;
    let rules = scanner.rule_files().iter().map(|file| file.rules).sum::<usize>();
    let Watches { read, digest, deflate, scan, container, sum, write, bytes, deflated } = watches;
    let stage = |name: &str, time: Duration, read, made| {
        println!("{}", Stage { name: name.to_owned(), seconds: time.as_secs_f64(), read, made }.line());
    };
    stage("read", read, bytes, bytes);
    stage("SHA-256", digest, bytes, 32);
    stage(&format!("deflate {}", deflate::DEFAULT_LEVEL), deflate, bytes, deflated);
    stage("container and age", container, deflated, deflated);
    stage("SHA-256 of the bundle", sum, deflated, 32);
    stage("write", write, deflated, deflated);
    stage(&format!("compile {rules} rules"), compile, 0, 0);
    stage(&format!("scan {rules} rules"), scan, bytes, 0);
    for level in LEVELS {
        let (time, made) = deflate_alone(&files, level)?;
        stage(&format!("deflate {level}"), time, bytes, made);
    }
    let (time, made) = encrypt_alone(bytes)?;
    stage("age alone", time, bytes, made);
    Ok(())
}

#[derive(Default)]
struct Watches {
    read: Duration,
    digest: Duration,
    deflate: Duration,
    scan: Duration,
    container: Duration,
    sum: Duration,
    write: Duration,
    bytes: u64,
    deflated: u64,
}

/// Passes all files through all stages.
fn measure(files: &[PathBuf], beside: &Path, scanner: Option<&Scanner>, watches: &mut Watches) -> Result {
    let mut recipients = Recipients::new();
    recipients.add(RECIPIENT, "bench")?;
    let moment = Utc::from_unix(1_795_489_445, 0).ok_or("no moment")?;
    let options = WriterOptions {
        // It stands still: checkpoints fall due by items and bytes.
        clock: Box::new(move || moment),
        signer: None,
        language: Language::default(),
        sidecar: None,
        file_size_limit: None,
    };
    let sink = Sink::stream(Box::new(std::io::sink()));
    let mut writer = Writer::create(sink, &recipients, &Opening::default(), options)?;
    let mut deflater = Deflater::new(deflate::DEFAULT_LEVEL);
    let (mut content, mut out) = (Vec::new(), Vec::new());
    // The bundle's own digest and its way to the file are another thread's in the product, so the container's
    // stopwatch does not see them.
    let written = beside.join("written");
    let (mut sum, mut file) = (Sha256::new(), BufWriter::with_capacity(256 << 10, File::create(&written)?));
    for (number, path) in files.iter().enumerate() {
        let begin = Instant::now();
        content.clear();
        File::open(path)?.read_to_end(&mut content)?;
        let at = lap(begin, &mut watches.read);
        std::hint::black_box(Sha256::digest(&content));
        let at = lap(at, &mut watches.digest);
        out.clear();
        let sums = deflater.whole(&content, &mut out);
        let at = lap(at, &mut watches.deflate);
        if let Some(scanner) = scanner {
            let name = path.to_string_lossy();
            let facts = Facts { filename: &name, filepath: &name, extension: "", filetype: "", owner: "" };
            let shared = Arc::new(std::mem::take(&mut content));
            drop(scanner.scan(Bytes::beginning(&shared, SCAN_LIMIT), &facts));
            content = Arc::try_unwrap(shared).unwrap_or_default();
        }
        lap(at, &mut watches.scan);
        watches.bytes = watches.bytes.saturating_add(length(&content));
        watches.deflated = watches.deflated.saturating_add(length(&out));
        let item = item(number, path, &content)?;
        let begin = Instant::now();
        write(&mut writer, &item, &sums, &out)?;
        let at = lap(begin, &mut watches.container);
        sum.update(&out);
        let at = lap(at, &mut watches.sum);
        file.write_all(&out)?;
        lap(at, &mut watches.write);
    }
    std::hint::black_box(sum.finalize());
    // Into the page cache only: waiting for a medium is no work that cores could share.
    let begin = Instant::now();
    file.flush()?;
    lap(begin, &mut watches.write);
    std::fs::remove_file(&written)?;
    let begin = Instant::now();
    drop(writer.seal(Closing::default())?);
    lap(begin, &mut watches.container);
    Ok(())
}

fn write(writer: &mut Writer, item: &Item, deflated: &Deflated, bytes: &[u8]) -> Result {
    let name = writer.entry_name(&item.origin, false);
    let entry = BundleEntry { name, modified: item.metadata.modified, mode: item.metadata.mode };
    writer.add(&entry, deflated, bytes)?;
    writer.record(item)?;
    Ok(())
}

/// A record like those of a run, made through the format's own JSON.
fn item(number: usize, path: &Path, content: &[u8]) -> Result<Item> {
    let text = path.to_string_lossy();
    let time = "2026-11-24T03:04:05.123456789Z";
    Ok(serde_json::from_value(serde_json::json!({
        "number": number.saturating_add(1),
        "artifact": "veldkit:path",
        "origin": veldkit::evidence::Origin::root(text.trim_start_matches('/').as_bytes()),
        "entry": format!("fs/$rootfs${text}"),
        "kind": "file",
        "outcome": "collected",
        "metadata": {
            "size": content.len(), "modified": time, "accessed": time, "changed": time, "born": time,
            "mode": 0o100_644, "uid": 0, "gid": 0, "device": 64768, "inode": number, "links": 1
        },
        "content": { "size_stored": content.len(), "sha256_stored": veldkit::evidence::Digest::of(content) },
        "read_by": ["open"],
        "personal_data": "none",
        "acquired": time
    }))?)
}

fn deflate_alone(files: &[PathBuf], level: u32) -> Result<(Duration, u64)> {
    let mut deflater = Deflater::new(level);
    let (mut time, mut made) = (Duration::ZERO, 0_u64);
    let mut out = Vec::new();
    for path in files {
        let content = std::fs::read(path)?;
        out.clear();
        let begin = Instant::now();
        deflater.whole(&content, &mut out);
        lap(begin, &mut time);
        made = made.saturating_add(length(&out));
    }
    Ok((time, made))
}

/// age by itself, on as many bytes as the corpus holds.
fn encrypt_alone(bytes: u64) -> Result<(Duration, u64)> {
    let recipient: age::x25519::Recipient = RECIPIENT.parse()?;
    let recipient: &dyn age::Recipient = &recipient;
    let piece = vec![0x5a_u8; 1 << 20];
    let begin = Instant::now();
    let mut sink =
        age::Encryptor::with_recipients(std::iter::once(recipient))?.wrap_output(std::io::sink())?;
    let mut source = std::io::Read::chain(piece.as_slice(), std::io::repeat(0x5a)).take(bytes);
    let made = std::io::copy(&mut source, &mut sink)?;
    sink.finish()?;
    Ok((begin.elapsed(), made))
}

/// All files beneath a folder, by their paths.
///
/// # Errors
///
/// A folder cannot be read.
pub(super) fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Adds what has passed since `begin`, and begins anew.
fn lap(begin: Instant, watch: &mut Duration) -> Instant {
    let now = Instant::now();
    *watch = watch.saturating_add(now.saturating_duration_since(begin));
    now
}

fn length(bytes: &[u8]) -> u64 {
    bytes.len().try_into().unwrap_or(u64::MAX)
}
