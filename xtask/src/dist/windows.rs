//! The collector for Windows: one `.exe` for Windows 7 SP1 / Server 2008 R2 and later, that brings all but Windows' own.
//!
//! In: the tree. Out: a checked `.exe` with its manifest and its version in it. Two routes lead there, and which one was
//! taken is said: the toolchain that runs this task, where rustup has brought it the target's standard library; else
//! Debian's packages, whose compiler builds that library from its own source (for [`TARGET`], which no toolchain
//! brings ready, always). Both link with mingw-w64.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::trust::VARIABLE;
use super::{check_size, commit, has_library, imports, load_configuration, remap, resources};
use crate::Result;
use crate::process::{cargo, output, run as run_program};

/// What is shipped: Rust's target whose standard library asks nothing of Windows that 7 SP1 lacks
/// (<https://doc.rust-lang.org/rustc/platform-support/win7-windows-gnu.html>).
pub(crate) const TARGET: &str = "x86_64-win7-windows-gnu";

/// Debian's own toolchain, with the standard library's source beside it (packages rustc-web, cargo-web, rust-web-src).
const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";

/// Its clippy: a compiler with more lints.
const CLIPPY: &str = "/usr/bin/clippy-driver";

/// The linker of Debian's gcc-mingw-w64-x86-64.
const LINKER: &str = "x86_64-w64-mingw32-gcc";

/// How a target's binary is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Route {
    /// The toolchain that runs this task has the target's standard library.
    Rustup,
    /// Debian's toolchain builds it from source.
    BuildStd,
}

/// Builds it, checks it and leaves it at `carried`.
///
/// # Errors
///
/// The build fails, or the binary is not what a kit may carry.
pub(super) fn make(root: &Path, target: &str, version: &str, trusted: &str, carried: &Path) -> Result {
    if !target.ends_with("-windows-gnu") {
        return Err(format!("how to build and check a kit for {target} is not known here yet").into());
    }
    let route = route(root, target)?;
    let resources = resources::compile(&folder(root), version)?;
    let (mut command, says) = cargo_for(root, target, route);
    println!("building for {target} ({says})");
    run_program(
        command
            .args(["rustc", "--quiet", "--release", "--locked", "--package", "veldkit", "--bin", "veldkit"])
            .args(options(target, route))
            .env(VARIABLE, trusted)
            .env(commit::VARIABLE, commit::of(root))
            .arg("--")
            .arg(format!("-Clink-arg={}", resources.display())),
    )?;
    let built = folder(root).join(target).join("release").join("veldkit.exe");
    check_size(&built)?;
    let mut image = std::fs::read(&built)?;
    let imported = imports::check(&image)?;
    println!("imports: {imported} functions, all of which Windows 7 SP1 has, from KnownDLLs alone");
    load_configuration::name_in_header(&mut image)?;
    load_configuration::check(&image)?;
    println!("load configuration: imports are looked for in System32 alone");
    resources::check(&image)?;
    println!("resources: a version, and a manifest that asks for no elevation");
    std::fs::write(carried, &image)?;
    Ok(())
}

/// Compiles the library as it is for Windows with clippy; a warning is an error. The program itself is three lines that every
/// system has. Compiled and not only checked: what it stands on, Rust's own library first, is then what [`make`] has built.
///
/// # Errors
///
/// A lint fires, or the toolchain is not there.
pub(crate) fn lint(root: &Path) -> Result {
    let route = route(root, TARGET)?;
    let (mut command, _) = cargo_for(root, TARGET, route);
    let fixed = ["build", "--quiet", "--locked", "--release", "--package", "veldkit", "--lib"];
    let clippy = if route == Route::BuildStd { CLIPPY } else { "clippy-driver" };
    command.env("RUSTC_WORKSPACE_WRAPPER", clippy).env("CLIPPY_ARGS", "--deny__CLIPPY_HACKERY__warnings");
    run_program(command.args(fixed).args(options(TARGET, route)))
}

/// A folder of its own under `target/`: two compilers in one would build everything anew at each turn.
fn folder(root: &Path) -> PathBuf {
    root.join("target").join("windows")
}

fn route(root: &Path, target: &str) -> Result<Route> {
    if has_library(root, target)? {
        return Ok(Route::Rustup);
    }
    if !Path::new(DEBIAN_CARGO).is_file() || !Path::new(DEBIAN_RUSTC).is_file() {
        let text = format!(
            "no standard library for {target} here, and no compiler of Debian's to build it: \
             `cargo xtask setup windows` installs that, `rustup target add {target}` may do instead"
        );
        return Err(text.into());
    }
    Ok(Route::BuildStd)
}

/// A command of cargo by one of both routes.
fn cargo_for(root: &Path, target: &str, route: Route) -> (Command, String) {
    let mut command = match route {
        Route::Rustup => cargo(root),
        Route::BuildStd => {
            let mut command = Command::new(DEBIAN_CARGO);
            command.current_dir(root).env("RUSTC", DEBIAN_RUSTC).env("RUSTDOC", "/usr/bin/rustdoc");
            // Building the standard library is an option that only a nightly takes; this makes any compiler take it.
            command.env("RUSTC_BOOTSTRAP", "1").env_remove("RUSTUP_TOOLCHAIN").env("CARGO", DEBIAN_CARGO);
            // Rustup's own programs stand first in the path of what it starts.
            command.env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin");
            command
        }
    };
    let linker = format!("CARGO_TARGET_{}_LINKER", target.replace('-', "_").to_uppercase());
    command
        .env(linker, LINKER)
        .env("CARGO_TARGET_DIR", folder(root))
        .env("CARGO_ENCODED_RUSTFLAGS", remap(root).join("\u{1f}"));
    let says = match route {
        Route::Rustup => "the standard library that rustup brought".to_owned(),
        Route::BuildStd => {
            let version = output(Command::new(DEBIAN_RUSTC).arg("--version")).unwrap_or_default();
            format!("standard library built from source by Debian's {}", version.trim())
        }
    };
    (command, says)
}

fn options(target: &str, route: Route) -> Vec<String> {
    let mut options = vec![format!("--target={target}")];
    if route == Route::BuildStd {
        options.push("-Zbuild-std=std,panic_unwind".to_owned());
    }
    options
}
