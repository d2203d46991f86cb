//! What survives when a run dies: killed at any moment, or with everything lost that was not yet on the medium.
//!
//! The oracle is not the tool: the `age` crate decrypts what stands there, crate `zip` reads its entries forward, and
//! a checkpoint counts as flushed where its pad follows it. Every item of such a checkpoint must come back with the
//! bytes that stand in the tree, and nothing may be called proved that differs.

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::Stdio;

use veldkit::acquisition;
use veldkit::acquisition::RunContext;
use veldkit::acquisition::{Clock, Progress, Settings, Stop};
use veldkit::bundle::{Opening, Recipients, Sink, Writer, WriterOptions};
use veldkit::playbook::{Catalogue, Request};
use veldkit::sources::Target;

use crate::collect::noise;
use crate::made::{Made, rounds, text};

/// Moments at which a run is killed, and lengths at which its medium is full.
fn moments() -> u64 {
    rounds("VELDKIT_KILLS", 200)
}

#[test]
fn killed_at_any_moment_every_flushed_item_comes_back_proved() {
    let made = many_items();
    let (json, code) = made.collect(["--path", "/data", "--no-scan"]);
    assert_eq!(code, 0, "{json}");
    let whole = fs::metadata(made.bundle()).unwrap().len();
    fs::remove_dir_all(made.out()).unwrap();

    let recipient = made.recipient();
    let mut proved_at_all = 0;
    for moment in 0..moments() {
        fs::create_dir(made.out()).unwrap();
        let bundle = made.out().join("killed.zip.age");
        let threshold = spread(moment, whole);
        let arguments = [
            "collect",
            "--root",
            "tree",
            "--out",
            "out/killed.zip.age",
            "-r",
            &recipient,
            "--path",
            "/data",
            "--no-scan",
            "--quiet",
        ];
        let mut run = made.command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let length = || fs::metadata(&bundle).map_or(0, |metadata| metadata.len());
        while length() < threshold && run.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        drop(run.kill());
        run.wait().unwrap();
        if bundle.exists() {
            proved_at_all += check_salvage(&made, &bundle, &format!("killed at {threshold} of {whole}"));
        }
        fs::remove_dir_all(made.out()).unwrap();
    }
    assert!(proved_at_all > 0, "no kill came after a checkpoint: the test shows nothing");
}

#[test]
fn with_unsynced_writes_dropped_every_item_that_was_said_to_be_flushed_comes_back_proved() {
    let made = many_items();
    let mut proved_at_all = 0;
    let whole = run_into_memory(&made, usize::MAX).0.len();
    for moment in 0..moments() {
        let capacity = usize::try_from(spread(moment, whole.try_into().unwrap())).unwrap();
        let (synced, flushed_items) = run_into_memory(&made, capacity);
        let bundle = made.out().join("synced.zip.age");
        fs::write(&bundle, &synced).unwrap();
        let proved = check_salvage(&made, &bundle, &format!("full at {capacity} of {whole}"));
        assert!(proved >= flushed_items, "said to be flushed: {flushed_items}, proved: {proved}");
        proved_at_all += proved;
        fs::remove_file(&bundle).unwrap();
    }
    assert!(proved_at_all > 0, "no medium was full after a checkpoint: the test shows nothing");
}

/// A tree whose run makes several checkpoints.
fn many_items() -> Made {
    let made = Made::new();
    let content = noise(4_000);
    for number in 0..1_300_usize {
        made.put(&format!("data/{:02}/{number:04}", number % 30), &content[..number * 3]);
    }
    made
}

/// The same moments each time, spread over the whole: multiples of the golden ratio.
fn spread(moment: u64, whole: u64) -> u64 {
    let fraction = moment.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    (whole * fraction) >> 32
}

/// Runs a collection whose medium is full after `capacity` bytes. Returns what the medium has kept, and how many
/// items the writer said were flushed.
fn run_into_memory(made: &Made, capacity: usize) -> (Vec<u8>, u64) {
    let target = Target::tree(&made.tree()).unwrap();
    let request = Request { paths: vec!["/data".to_owned()], ..Request::default() };
    let plan = Catalogue::embedded().unwrap().plan(&request, target.os()).unwrap();
    let (sink, memory) = Sink::memory_of(capacity);
    let mut recipients = Recipients::new();
    recipients.add(&made.recipient(), "test").unwrap();
    let clock = Clock::start();
    let options = WriterOptions::new(Box::new(move || clock.now()));
    let Ok(mut writer) = Writer::create(sink, &recipients, &Opening::default(), options) else {
        return (memory.synced(), 0);
    };
    let settings = Settings {
        threads: 2,
        scanner: None,
        indicators: None,
        level: 1,
        time_limit: None,
        size_limit: None,
        max_file_size: None,
    };
    let (progress, stop) = (Progress::default(), Stop::new());
    let run = RunContext {
        plan: &plan,
        target: &target,
        settings,
        clock: &clock,
        progress: &progress,
        stop: &stop,
    };
    let ended = acquisition::run(&run, &mut writer);
    let flushed = writer.flushed().items;
    if ended.is_ok() {
        drop(writer.seal(veldkit::bundle::Closing::default()));
    }
    (memory.synced(), flushed)
}

/// Salvages a bundle with the tool, and holds the result against the tree and against what other code reads of it.
/// Returns how many items were proved.
fn check_salvage(made: &Made, bundle: &Path, what: &str) -> u64 {
    let to = made.path().join("salvaged");
    let output = made.veldkit([
        "unpack",
        bundle.to_str().unwrap(),
        "-i",
        "key.txt",
        "--salvage",
        "--json",
        "--out",
        to.to_str().unwrap(),
    ]);
    let expected = items_of_flushed_checkpoints(made, bundle);
    if output.status.code() == Some(1) {
        assert_eq!(expected, 0, "{what}: {}", text(&output.stderr));
        drop(fs::remove_dir_all(&to));
        return 0;
    }
    let json: serde_json::Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{what}: {error}: {}{}", text(&output.stdout), text(&output.stderr)));
    let proved = json["proved"].as_u64().unwrap();
    assert!(proved >= expected, "{what}: {expected} items were flushed, {proved} proved: {json}");
    let mut back = 0;
    for entry in walkdir::WalkDir::new(to.join("fs")).into_iter().flatten() {
        if entry.file_type().is_file() {
            let relative = entry.path().strip_prefix(to.join("fs/$rootfs$")).unwrap();
            let (ours, theirs) =
                (fs::read(entry.path()).unwrap(), fs::read(made.tree().join(relative)).unwrap());
            assert!(ours == theirs, "{what}: {} differs", relative.display());
            back += 1;
        }
    }
    assert!(back >= expected, "{what}: {expected} items were flushed, {back} files came back");
    fs::remove_dir_all(&to).unwrap();
    proved
}

/// What crates age and zip, and nothing of the tool, read of a bundle: the items of the checkpoints whose pad stands.
fn items_of_flushed_checkpoints(made: &Made, bundle: &Path) -> u64 {
    let key = fs::read_to_string(made.identity()).unwrap();
    let identity: age::x25519::Identity =
        key.lines().find(|line| line.starts_with("AGE-SECRET-KEY-")).unwrap().parse().unwrap();
    let Ok(decryptor) = age::Decryptor::new(fs::File::open(bundle).unwrap()) else { return 0 };
    let Ok(mut stream) = decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity)) else {
        return 0;
    };
    let (mut plain, mut buffer) = (Vec::new(), [0; 4096]);
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        plain.extend_from_slice(&buffer[..count]);
    }
    let (mut items, mut pending) = (0, 0);
    let mut rest = plain.as_slice();
    while let Ok(Some(mut entry)) = zip::read::read_zipfile_from_stream(&mut rest) {
        let name = entry.name().unwrap().into_owned();
        let mut content = Vec::new();
        if entry.read_to_end(&mut content).is_err() {
            break;
        }
        if name.starts_with("records/") && name.rsplit_once('.').is_some_and(|(_, kind)| kind == "jsonl") {
            let header = text(&content).lines().next().unwrap().to_owned();
            let header: serde_json::Value = serde_json::from_str(&header).unwrap();
            pending = header["items"].as_u64().unwrap();
        } else if name.starts_with("pad/") {
            items += pending;
        }
    }
    items
}
