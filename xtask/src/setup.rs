//! Installs what the tests need beside Rust: Debian packages, those for Windows among them, and a Python environment
//! under `target/`.
//!
//! In: the machine as it is. Out: nothing where all is there; else `apt-get` as root, or the line to type.
//! Everything but the Debian packages stays inside the checkout.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;
use crate::process::{find, output, run as run_program};

/// A program the tests call, and the package of Debian 12 that brings it.
const PROGRAMS: [(&str, &str); 33] = [
    ("cc", "gcc"),
    ("age", "age"),
    ("unzip", "unzip"),
    ("7z", "p7zip-full"),
    ("bsdtar", "libarchive-tools"),
    ("minisign", "minisign"),
    ("debootstrap", "debootstrap"),
    ("python3", "python3-venv"),
    ("ssh-keygen", "openssh-client"),
    ("file", "file"),
    ("yara", "yara"),
    ("mkntfs", "ntfs-3g"),
    ("mke2fs", "e2fsprogs"),
    ("debugfs", "e2fsprogs"),
    ("icat", "sleuthkit"),
    ("setfattr", "attr"),
    ("sfdisk", "fdisk"),
    ("wimlib-imagex", "wimtools"),
    ("strace", "strace"),
    ("ss", "iproute2"),
    ("ps", "procps"),
    ("qemu-img", "qemu-utils"),
    ("rpmbuild", "rpm"),
    ("db5.3_load", "db5.3-util"),
    ("iptables-nft", "iptables"),
    ("nft", "nftables"),
    ("lsmod", "kmod"),
    ("vshadowmount", "libvshadow-utils"),
    ("hivexml", "libhivex-bin"),
    ("systemd-analyze", "systemd"),
    ("utmpdump", "util-linux"),
    ("crontab", "cron"),
    ("setpriv", "util-linux"),
];

/// Needed besides a program of their own name: the headers of the C library and OpenSSL, for the reference engine.
const FILES: [(&str, &str); 4] = [
    ("/usr/include/stdio.h", "libc6-dev"),
    ("/usr/include/openssl/evp.h", "libssl-dev"),
    ("/usr/share/doc/python3-venv", "python3-venv"),
    ("/lib/systemd/systemd-journal-remote", "systemd-journal-remote"),
];

/// What builds the collector for Windows, and Wine, which runs it.
const WINDOWS_PROGRAMS: [(&str, &str); 7] = [
    ("wine", "wine"),
    ("wineserver", "wine"),
    ("openssl", "openssl"),
    ("osslsigncode", "osslsigncode"),
    ("x86_64-w64-mingw32-gcc", "gcc-mingw-w64-x86-64"),
    ("x86_64-w64-mingw32-windres", "binutils-mingw-w64-x86-64"),
    ("x86_64-w64-mingw32-dlltool", "binutils-mingw-w64-x86-64"),
];

/// For the same: a compiler with the source of its standard library.
const WINDOWS_FILES: [(&str, &str); 5] = [
    // Not looked for in the path: rustup's stand before them there.
    ("/usr/bin/cargo", "cargo-web"),
    ("/usr/bin/rustc", "rustc-web"),
    ("/usr/bin/clippy-driver", "rust-web-clippy"),
    ("/usr/lib/rustlib/src/rust/library/std/Cargo.toml", "rust-web-src"),
    ("/usr/lib/wine/wine64", "wine64"),
];

/// The public tools that read our definitions, our bundles and our inventories, pinned.
const PYTHON: [&str; 4] = [
    "artifacts==20260421",
    "cyclonedx-python-lib[json-validation]==11.12.0",
    "dissect.target==3.25.1",
    "stix2-matcher==3.0.0",
];

/// Installs what is missing.
///
/// # Errors
///
/// Something is missing and this user may not install it, or installing failed.
pub(crate) fn run(root: &Path) -> Result {
    let programs: Vec<_> = PROGRAMS.into_iter().chain(WINDOWS_PROGRAMS).collect();
    let files: Vec<_> = FILES.into_iter().chain(WINDOWS_FILES).collect();
    debian(&programs, &files)?;
    python(root)
}

/// Installs what is missing to build the collector for Windows and to run it under Wine.
///
/// # Errors
///
/// Something is missing and this user may not install it, or installing failed.
pub(crate) fn windows() -> Result {
    debian(&WINDOWS_PROGRAMS, &WINDOWS_FILES)
}

/// Installs what is missing to build the fuzz targets: libFuzzer is C++.
///
/// # Errors
///
/// Something is missing and this user may not install it, or installing failed.
pub(crate) fn fuzzing() -> Result {
    debian(&[("g++", "g++")], &[])
}

/// Where a program of the Python environment stands.
pub(crate) fn python_program(root: &Path, name: &str) -> PathBuf {
    root.join("target").join("venv").join("bin").join(name)
}

fn debian(programs: &[(&str, &'static str)], files: &[(&str, &'static str)]) -> Result {
    let mut missing: Vec<&str> = programs
        .iter()
        .filter(|(program, _)| find_also_sbin(program).is_none())
        .map(|(_, package)| *package)
        .collect();
    missing.extend(files.iter().filter(|(file, _)| !Path::new(file).exists()).map(|(_, package)| *package));
    missing.sort_unstable();
    missing.dedup();
    if missing.is_empty() {
        return Ok(());
    }
    println!("installing: {}", missing.join(" "));
    let line = format!("apt-get install --yes --no-install-recommends {}", missing.join(" "));
    if output(Command::new("id").arg("-u"))?.trim() != "0" {
        return Err(format!("the tests need what is not installed; as root: {line}").into());
    }
    run_program(Command::new("apt-get").args(["--quiet", "update"]))?;
    run_program(
        Command::new("apt-get")
            .args(["--quiet", "install", "--yes", "--no-install-recommends"])
            .args(&missing)
            .env("DEBIAN_FRONTEND", "noninteractive"),
    )
}

/// `debootstrap` stands in `/usr/sbin`, which an ordinary user's `PATH` lacks.
fn find_also_sbin(program: &str) -> Option<PathBuf> {
    find(program).or_else(|| Some(Path::new("/usr/sbin").join(program)).filter(|file| file.is_file()))
}

fn python(root: &Path) -> Result {
    let folder = root.join("target").join("venv");
    let stamp = folder.join("veldkit-installed");
    let wanted = PYTHON.join("\n");
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    println!("installing: {}", PYTHON.join(" "));
    run_program(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
    run_program(
        Command::new(python_program(root, "pip"))
            .args(["install", "--quiet", "--disable-pip-version-check"])
            .args(PYTHON),
    )?;
    std::fs::write(&stamp, wanted)?;
    Ok(())
}
