//! Builds what a responder carries: `cargo xtask dist [--target TRIPLE] [--trust KEY] [--sign CMD]`, into `target/dist/`.
//!
//! In: the tree, and the public key of whoever signs kits ([`trust`]). Out: `veldkit-<version>-<target>`, with `.exe` for Windows, and `SHA256SUMS`; without a target, the one
//! for this machine. Each is checked: static, within the size limits, free of C, and with no import that the oldest
//! system it is for lacks or that may be planted next to it, and without an executable stack. With `--sign`, what is for
//! Windows is signed before its digest is made. Next to them are completions for shells and man pages ([`pages`]). How each was built is printed, and for Linux the bytes per crate.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;
use crate::process::{bytes, cargo, output};

mod commit;
mod crates;
mod imports;
mod linux;
mod load_configuration;
#[cfg(test)]
mod made_program;
pub(crate) mod pages;
mod resources;
mod rule_text;
mod sign;
mod stack;
mod trust;
pub(crate) mod windows;

pub(crate) use linux::static_cargo;

/// The size limit of the collector in bytes (`ARCHITECTURE`, the programs): a kit is fetched over slow lines.
const MAX_BYTES: u64 = 14 * 1024 * 1024;

/// The size limit after `gzip -9`: Microsoft Defender's `putfile` takes at most 10 MB outside Windows, as text in a script.
const MAX_COMPRESSED: u64 = 8_000_000;

const USAGE: &str = "usage: cargo xtask dist [--target TRIPLE] [--trust KEY|FILE] [--sign CMD]";

/// Packages that compile or look for C.
const BUILDS_C: [&str; 5] = ["cc", "cmake", "pkg-config", "vcpkg", "bindgen"];

/// Packages named `-sys` that hold tables only, no C.
const TABLES: [&str; 4] = ["linux-raw-sys", "windows-sys", "js-sys", "web-sys"];

/// Builds, checks and lists.
///
/// # Errors
///
/// The build fails, or the binary is not what a kit may carry.
pub(crate) fn run(root: &Path, arguments: &[&str]) -> Result {
    let host = host(root)?;
    let (mut target, mut trusted, mut signing) = (host.as_str(), String::new(), None);
    let mut rest = arguments;
    while let [option, value, more @ ..] = rest {
        match *option {
            "--target" => target = value,
            "--trust" => trusted = trust::key(value)?,
            "--sign" => signing = Some(*value),
            _ => return Err(USAGE.into()),
        }
        rest = more;
    }
    if !rest.is_empty() {
        return Err(USAGE.into());
    }
    println!("{}", trust::says(&trusted));
    let folder = root.join("target").join("dist");
    std::fs::create_dir_all(&folder)?;
    no_c(root, target)?;
    let carried = folder.join(name(root, target)?);
    if target.contains("-windows-") {
        windows::make(root, target, &version(root)?, &trusted, &carried)?;
    } else {
        linux::make(root, target, &trusted, &carried)?;
    }
    rule_text::check(&carried, root)?;
    let program = std::fs::read(&carried)?;
    loses_nothing(&program)?;
    trust::check(&program, &trusted)?;
    if target == host {
        trust::check_said(&output(Command::new(&carried).args(["--version", "--lang", "en"]))?, &trusted)?;
    }
    if let Some(command) = signing.filter(|_| target.contains("-windows-")) {
        sign::sign(&carried, command)?;
    }
    pages::make(&folder)?;
    list(&folder)
}

/// Refuses a program that loses gaps on purpose (the feature `drop-gaps`).
fn loses_nothing(program: &[u8]) -> Result {
    let variable = b"VELDKIT_DROP_GAP";
    if program.windows(variable.len()).any(|bytes| bytes == variable) {
        return Err("the program was built with the feature drop-gaps, which is for tests alone".into());
    }
    Ok(())
}

/// Where `dist` leaves the binary for a target.
///
/// # Errors
///
/// Cargo does not tell the version.
pub(crate) fn binary(root: &Path, target: &str) -> Result<PathBuf> {
    Ok(root.join("target").join("dist").join(name(root, target)?))
}

/// The target this machine builds for by itself.
///
/// # Errors
///
/// The compiler does not say.
pub(crate) fn host(root: &Path) -> Result<String> {
    let said = output(Command::new("rustc").arg("-vV").current_dir(root))?;
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.ok_or("rustc -vV names no host")?.to_owned())
}

fn name(root: &Path, target: &str) -> Result<String> {
    let ending = if target.contains("-windows-") { ".exe" } else { "" };
    Ok(format!("veldkit-{}-{target}{ending}", version(root)?))
}

fn version(root: &Path) -> Result<String> {
    let id = output(cargo(root).args(["pkgid", "--package", "veldkit"]))?;
    let version = id.trim().rsplit_once(['#', '@']).map(|(_, version)| version);
    Ok(version.ok_or("cargo pkgid names no version")?.to_owned())
}

/// Writes the digests of all that stands in the folder.
fn list(folder: &Path) -> Result {
    let mut names: Vec<String> = std::fs::read_dir(folder)?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.starts_with("veldkit-"))
        .collect();
    names.sort_unstable();
    let sums = output(Command::new("sha256sum").args(&names).current_dir(folder))?;
    std::fs::write(folder.join("SHA256SUMS"), &sums)?;
    print!("{sums}");
    Ok(())
}

/// Whether the toolchain that runs this task has the standard library of a target.
fn has_library(root: &Path, target: &str) -> Result<bool> {
    let libraries = output(Command::new("rustc").args(["--print", "sysroot"]).current_dir(root))?;
    Ok(Path::new(libraries.trim()).join("lib").join("rustlib").join(target).is_dir())
}

/// What keeps this machine's folders out of a binary's messages.
fn remap(root: &Path) -> Vec<String> {
    let registry = std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| {
        let home = std::env::var_os("HOME")?;
        Some(Path::new(&home).join(".cargo"))
    });
    let registry = registry.map(|registry| format!("--remap-path-prefix={}=cargo", registry.display()));
    registry.into_iter().chain([format!("--remap-path-prefix={}=veldkit", root.display())]).collect()
}

/// Refuses a default build that compiles C or links to a library of the machine it is built on.
fn no_c(root: &Path, target: &str) -> Result {
    let tree = output(cargo(root).args([
        "tree",
        "--locked",
        "--package",
        "veldkit",
        "--edges",
        "normal,build",
        "--target",
        target,
        "--prefix",
        "none",
        "--no-dedupe",
        "--format",
        "{p}",
    ]))?;
    let guilty = holds_c(&tree);
    println!("packages in the default build for {target}: {}", packages(&tree).count());
    if guilty.is_empty() {
        Ok(())
    } else {
        Err(format!("the default build holds C: {}", guilty.join(", ")).into())
    }
}

fn holds_c(tree: &str) -> Vec<&str> {
    packages(tree)
        .filter(|name| BUILDS_C.contains(name) || (name.ends_with("-sys") && !TABLES.contains(name)))
        .collect()
}

fn packages(tree: &str) -> impl Iterator<Item = &str> {
    let mut names: Vec<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter()
}

/// Refuses a binary that is larger than its limits, as it is or compressed.
fn check_size(binary: &Path) -> Result {
    let size = std::fs::metadata(binary)?.len();
    let compressed = bytes(Command::new("gzip").args(["-9", "--stdout"]).arg(binary))?;
    let compressed = u64::try_from(compressed.len())?;
    println!("size: {:.2} MiB ({size} bytes), {compressed} bytes after gzip -9", mebibytes(size));
    within_limits(size, compressed)
}

fn within_limits(size: u64, compressed: u64) -> Result {
    if size > MAX_BYTES {
        return Err(format!("{size} bytes, more than {MAX_BYTES}").into());
    }
    if compressed > MAX_COMPRESSED {
        return Err(format!("{compressed} bytes after gzip -9, more than {MAX_COMPRESSED}").into());
    }
    Ok(())
}

#[allow(
    clippy::cast_precision_loss,
    clippy::as_conversions,
    reason = "for a person; a binary has less than 2^52 bytes"
)]
fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / 1_048_576.0
}

#[cfg(test)]
mod tests {
    use super::{holds_c, loses_nothing, within_limits};

    #[test]
    fn a_program_that_loses_gaps_on_purpose_is_refused() {
        assert!(loses_nothing(b"..VELDKIT_DROP_GA..").is_ok());
        assert!(loses_nothing(b"..VELDKIT_DROP_GAP..").is_err());
    }

    #[test]
    fn a_package_that_builds_c_is_named_and_one_of_tables_is_not() {
        let tree =
            "veldkit v0.1.0 (somewhere)\nlinux-raw-sys v0.9.0\ncc v1.2.0\nlibz-sys v1.0.0\ncc v1.2.0\n";
        assert_eq!(holds_c(tree), ["cc", "libz-sys"]);
    }
    #[test]
    fn a_binary_over_either_limit_is_refused() {
        let (whole, compressed) = (14 * 1024 * 1024, 8_000_000);
        assert!(within_limits(whole, compressed).is_ok());
        assert!(within_limits(whole + 1, compressed).is_err());
        assert!(within_limits(whole, compressed + 1).is_err());
    }
}
