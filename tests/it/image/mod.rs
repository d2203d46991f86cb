//! Disk images: NTFS volumes made by `mkntfs` and filled through `ntfs-3g`, read by the tool, by that mount, and by The
//! Sleuth Kit, which must agree; ext volumes made and read by e2fsprogs; tables of partitions; and images that somebody
//! damaged.

mod damage;
mod disks;
mod dissect;
mod event_log;
mod ext;
mod faults;
mod overlay;
mod shadows;
mod volume;
mod volume_faults;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::made::{Made, text};

/// Runs a program and expects it to succeed; gives its standard output.
fn run(command: &mut Command) -> Vec<u8> {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}{}", text(&output.stdout), text(&output.stderr));
    output.stdout
}

/// An NTFS volume in a file of `mebibytes`, as `mkntfs` makes it with these options.
fn ntfs(made: &Made, name: &str, mebibytes: u64, options: &[&str]) -> PathBuf {
    let image = made.path().join(name);
    std::fs::File::create(&image).unwrap().set_len(mebibytes << 20).unwrap();
    run(Command::new("mkntfs").args(["--quiet", "--force", "--fast"]).args(options).arg(&image));
    image
}

/// A volume that is mounted as long as this lives.
struct Mounted {
    folder: PathBuf,
}

impl Mounted {
    /// Mounts an image. Where a system lets nobody mount, `cargo xtask ci` leaves these tests out.
    fn new(image: &Path, options: &str) -> Self {
        let folder = image.with_extension("mnt");
        std::fs::create_dir_all(&folder).unwrap();
        run(Command::new("ntfs-3g").args(["-o", options]).args([image, &folder]));
        Self { folder }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }

    fn put(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        // What was written is in the image only after this.
        let status = Command::new("umount").arg(&self.folder).status();
        assert!(status.is_ok_and(|status| status.success()) || std::thread::panicking(), "cannot unmount");
    }
}

/// Bytes that do not compress, the same each time.
fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed;
    let next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33).to_le_bytes()
    };
    std::iter::repeat_with(next).flat_map(|bytes| [bytes[0], bytes[1], bytes[2]]).take(length).collect()
}

/// Collects from an image with further arguments.
fn collect(made: &Made, image: &Path, arguments: &[&str]) -> Output {
    let recipient = made.recipient();
    let fixed = ["collect", "--out", "out/", "--json", "--quiet", "--no-scan", "-r", &recipient, "--image"];
    made.veldkit(fixed.into_iter().chain([image.to_str().unwrap()]).chain(arguments.iter().copied()))
}

/// The SHA-256 of every file and stream in the only bundle, by path or path:stream.
fn digests(records: &[serde_json::Value]) -> BTreeMap<String, String> {
    let named = records.iter().filter(|record| record["kind"] == "file" || record["kind"] == "stream");
    named
        .filter_map(|record| {
            let origin = &record["origin"];
            let path = origin["path"].as_str()?.to_owned();
            let name = origin["stream"].as_str().map_or(path.clone(), |stream| format!("{path}:{stream}"));
            let content = record.get("content")?;
            let digest = content.get("sha256_logical").or_else(|| content.get("sha256_stored"))?;
            Some((name, digest.as_str()?.to_owned()))
        })
        .collect()
}

/// The SHA-256 of every file below a mount, by `sha256sum`.
fn sums(mounted: &Mounted) -> BTreeMap<String, String> {
    let script = "find . -xdev -type f -print0 | xargs -0 sha256sum --zero";
    let output = run(Command::new("sh").args(["-c", script]).current_dir(&mounted.folder));
    let lines = text(&output);
    let lines = lines.split_terminator('\0').map(|line| line.split_once("  ./").unwrap());
    lines.map(|(digest, path)| (path.to_owned(), digest.to_owned())).collect()
}
