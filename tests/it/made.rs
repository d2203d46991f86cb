//! What tests collect from, and how they call the tool: trees and keys that a test makes, and nothing of the
//! machine it runs on.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;
use veldkit::evidence::rows;
use veldkit::evidence::rows::RowRead;

/// What `cargo xtask gaps` asks of a build that loses a gap on purpose; all that the tool has of the caller's variables.
pub fn of_gaps() -> impl Iterator<Item = (&'static str, std::ffi::OsString)> {
    let names = ["VELDKIT_GAP_LOG", "VELDKIT_DROP_GAP"].into_iter();
    names.filter_map(|name| std::env::var_os(name).map(|value| (name, value)))
}

/// Compares texts with the files of `tests/golden/` of these names. Where one differs, what was seen is left in
/// `target/golden/`, and `cargo xtask fixtures golden` takes it over.
#[track_caller]
pub fn assert_golden(seen: impl IntoIterator<Item = (String, String)>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut differs = String::new();
    for (name, seen) in seen {
        if fs::read_to_string(root.join("tests/golden").join(&name)).ok().as_deref() != Some(&seen) {
            let left = root.join("target/golden").join(&name);
            fs::create_dir_all(left.parent().unwrap()).unwrap();
            fs::write(left, &seen).unwrap();
            differs.extend([name.as_str(), ":\n", &seen, "\n"]);
        }
    }
    assert!(differs.is_empty(), "{differs}where that is meant: cargo xtask fixtures golden");
}

/// Returns a directory that nobody else can change, nor one above it: Wine takes a directory with the sticky bit, such as /tmp,
/// for one in which everybody can replace everything, and a checkout may be below it.
fn place_of_nobody_else() -> &'static Path {
    use std::os::unix::fs::PermissionsExt as _;

    let is_shared = |directory: &Path| {
        fs::metadata(directory).is_ok_and(|metadata| metadata.permissions().mode() & 0o022 != 0)
    };
    let own = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let others = ["/srv", "/opt", "/var/lib"].map(Path::new);
    let mut places = std::iter::once(own).chain(others);
    places.find(|place| place.is_dir() && !place.ancestors().any(is_shared)).unwrap_or(own)
}

/// A place of one test's own: a tree to collect from, an identity, a folder for bundles.
pub struct Made {
    dir: TempDir,
    under_wine: bool,
    /// Wine's world where it is not the one of all tests.
    world: Option<PathBuf>,
}

impl Made {
    /// Makes the folders and an identity.
    pub fn new() -> Self {
        Self::with(false)
    }

    /// The same with the collector for Windows, run by Wine.
    pub fn under_wine() -> Self {
        crate::wine::ready();
        Self::with(true)
    }

    /// The same in a copy of Wine's world, whose registry the test may change.
    pub fn under_wine_apart() -> Self {
        let mut made = Self::under_wine();
        made.world = Some(crate::wine::copied(made.path()));
        made
    }

    fn with(under_wine: bool) -> Self {
        let dir = if under_wine { TempDir::new_in(place_of_nobody_else()) } else { TempDir::new() };
        let made = Self { dir: dir.unwrap(), under_wine, world: None };
        fs::create_dir(made.tree()).unwrap();
        fs::create_dir(made.out()).unwrap();
        let output = made.veldkit(["keygen", "--out", "key.txt"]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        made
    }

    /// A small Linux system: accounts, logs, a web root, a home, awkward names.
    pub fn linux() -> Self {
        let made = Self::new();
        for (path, content) in [
            ("etc/os-release", "ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian GNU/Linux 12\"\n"),
            ("etc/hostname", "stadhuis01\n"),
            ("etc/passwd", "root:x:0:0:root:/root:/bin/bash\nanna:x:1000:1000::/home/anna:/bin/bash\n"),
            ("etc/group", "root:x:0:\nanna:x:1000:\n"),
            ("etc/shadow", "root:*:19000:0:99999:7:::\n"),
            ("etc/crontab", "* * * * * root /usr/local/bin/job\n"),
            ("var/log/auth.log", "Nov 24 03:00:00 stadhuis01 sshd[1]: Accepted password for anna\n"),
            ("var/log/syslog", "Nov 24 03:00:00 stadhuis01 kernel: up\n"),
            ("var/www/html/index.php", "<?php echo 'welkom';\n"),
            ("home/anna/.bash_history", "ls -la\nsudo su\n"),
            ("root/.bash_history", "id\n"),
            ("tmp/empty", ""),
        ] {
            made.put(path, content.as_bytes());
        }
        made
    }

    /// The folder of this test.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// The tree under examination.
    pub fn tree(&self) -> PathBuf {
        self.dir.path().join("tree")
    }

    /// Where bundles go.
    pub fn out(&self) -> PathBuf {
        self.dir.path().join("out")
    }

    /// The identity that bundles are encrypted to.
    pub fn identity(&self) -> PathBuf {
        self.dir.path().join("key.txt")
    }

    /// The public half of the identity.
    pub fn recipient(&self) -> String {
        let text = fs::read_to_string(self.identity()).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix("# public key: ")).unwrap();
        line.trim().to_owned()
    }

    /// Puts a file into the tree.
    pub fn put(&self, path: &str, content: &[u8]) -> PathBuf {
        let path = self.tree().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// Runs the tool in this test's folder, with no terminal and a fixed language.
    pub fn veldkit(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// The command that [`Self::veldkit`] runs.
    pub fn command(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
        let mut command = if self.under_wine { crate::wine::command() } else { self.native() };
        // Wine takes from it how names of files are written.
        let locale = if self.under_wine { "C.UTF-8" } else { "C" };
        command.args(arguments).current_dir(self.path()).env("LC_ALL", locale);
        command.stdin(std::process::Stdio::null());
        self.in_its_world(&mut command);
        command
    }

    /// A program for Windows, its arguments still to come.
    pub fn windows_program(&self, program: &str) -> Command {
        let mut command = crate::wine::started(Path::new(program));
        self.in_its_world(command.stdin(std::process::Stdio::null()));
        command
    }

    fn in_its_world(&self, command: &mut Command) {
        if let Some(world) = &self.world {
            command.env("WINEPREFIX", world).env("HOME", world);
        }
    }

    fn native(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_veldkit"));
        command.current_dir(self.path()).env_clear().envs(of_gaps());
        command
    }

    /// The records of the only bundle as this system's own build reads them, whichever made it.
    pub fn records_natively(&self) -> Vec<serde_json::Value> {
        let bundle = self.bundle_argument();
        let output = self.native().args(["list", &bundle, "-i", "key.txt", "--json"]).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Collects from the tree to the identity with further arguments; returns the JSON object and the exit code.
    pub fn collect(
        &self,
        arguments: impl IntoIterator<Item = impl Into<String>>,
    ) -> (serde_json::Value, i32) {
        let recipient = self.recipient();
        let fixed = ["collect", "--root", "tree", "--out", "out/", "--json", "--quiet", "-r", &recipient];
        let output =
            self.veldkit(fixed.map(str::to_owned).into_iter().chain(arguments.into_iter().map(Into::into)));
        let code = output.status.code().unwrap();
        let json = serde_json::from_slice(&output.stdout);
        (
            json.unwrap_or_else(|error| panic!("{error}: {}{}", text(&output.stdout), text(&output.stderr))),
            code,
        )
    }

    /// The only bundle in the out folder.
    pub fn bundle(&self) -> PathBuf {
        let mut bundles = self.bundles();
        assert_eq!(bundles.len(), 1, "{bundles:?}");
        bundles.remove(0)
    }

    /// The same as an argument: below this test's folder, which both systems call by the same name.
    pub fn bundle_argument(&self) -> String {
        format!("out/{}", self.bundle().file_name().unwrap().to_str().unwrap())
    }

    /// All bundles in the out folder.
    pub fn bundles(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.out()).unwrap().map(|entry| entry.unwrap().path());
        let mut bundles: Vec<_> =
            entries.filter(|path| path.extension().is_some_and(|extension| extension == "age")).collect();
        bundles.sort();
        bundles
    }

    /// Unpacks the only bundle and returns the folder.
    pub fn unpack(&self) -> PathBuf {
        let to = self.path().join("unpacked");
        let bundle = self.bundle_argument();
        let output = self.veldkit(["unpack", &bundle, "-i", "key.txt", "--out", "unpacked"]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        validate_rows(&to);
        to
    }

    /// The records of the only bundle, by the tool's own `list --json`.
    pub fn records(&self) -> Vec<serde_json::Value> {
        let bundle = self.bundle_argument();
        let output = self.veldkit(["list", &bundle, "-i", "key.txt", "--json"]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The record of the item at this path below the root.
    pub fn record(&self, path: &str) -> serde_json::Value {
        let records = self.records();
        let found = records.iter().find(|record| record["origin"]["path"] == path);
        found.unwrap_or_else(|| panic!("no record of {path} in {records:#?}")).clone()
    }
}

/// Validates every item of rows in an unpacked bundle against the schema next to its type.
fn validate_rows(unpacked: &Path) {
    for place in ["live", "derived", "commands"] {
        let entries = walkdir::WalkDir::new(unpacked.join(place)).into_iter().filter_map(Result::ok);
        let files = entries.filter(|entry| entry.path().extension().is_some_and(|kind| kind == "jsonl"));
        for entry in files {
            let bytes = fs::read(entry.path()).unwrap();
            crate::validate::rows(&bytes);
            read_back(&bytes);
        }
    }
}

/// Reads the rows as their types, which give the same lines again.
fn read_back(bytes: &[u8]) {
    let lines = bytes.split(|byte| *byte == b'\n').skip(1);
    for (row, line) in rows::read(bytes).into_iter().flatten().zip(lines) {
        let RowRead::Row { row, .. } = row else { panic!("{row:?}: {}", line.escape_ascii()) };
        let again = serde_json::to_vec(&row).unwrap();
        assert_eq!(again.escape_ascii().to_string(), line.escape_ascii().to_string());
    }
}

/// A hive of SYSTEM with one key.
pub fn hive() -> Vec<u8> {
    let mut builder = regf::HiveBuilder::new().unwrap();
    builder.create_key("ControlSet001").unwrap();
    builder.to_bytes().unwrap()
}

/// Output of a process as text.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// How many rounds a test of random damage does: what the variable says, as `cargo xtask ci --long` sets it, else a few.
pub fn rounds(variable: &str, few: u64) -> u64 {
    std::env::var(variable).map_or(few, |rounds| rounds.parse().unwrap())
}
