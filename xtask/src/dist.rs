//! Builds what a responder carries: `cargo xtask dist [--target TRIPLE]`, into `target/dist/`.
//!
//! In: the tree. Out: `veldkit-<version>-<target>` and `SHA256SUMS`. A Linux binary is static, with the C library
//! that the target brings: glibc for `…-linux-gnu` (the default: its allocator serves threads better), musl for
//! `…-linux-musl` where rustup has that target. What makes a static glibc binary unsafe to carry, calls into its
//! name services (they load the host's own libraries), is looked for among its symbols and refused.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;
use crate::process::{cargo, find, output, run as run_program};

/// The largest a Linux binary may be: a kit is fetched over slow lines. The first order said 8 MiB, for the main job,
/// which had 7.70. Images with NTFS, indicators, archives and the state of a live host have come since, and a Windows
/// binary may have 10; what would bring it below 8 again is less of YAML's deserialiser (0.5 MiB, most of it the same
/// code once for each type read).
const MAX_BYTES: u64 = 9 * 1024 * 1024;

/// Packages that compile or look for C.
const BUILDS_C: [&str; 5] = ["cc", "cmake", "pkg-config", "vcpkg", "bindgen"];

/// Packages named `-sys` that hold tables only, no C.
const TABLES: [&str; 4] = ["linux-raw-sys", "windows-sys", "js-sys", "web-sys"];

/// The parts of glibc that open shared libraries of the host at run time, also from a static binary:
/// its linker warns of each ("requires at runtime the shared libraries from the glibc version used for linking").
///
/// Not `dlopen`: it is in every static glibc binary, for glibc's own character sets; who calls it is what counts.
const LOADS_LIBRARIES: [&str; 16] = [
    "getaddrinfo",
    "getgrent",
    "getgrgid",
    "getgrgid_r",
    "getgrnam",
    "getgrnam_r",
    "getgrouplist",
    "gethostbyname",
    "gethostbyname_r",
    "getpwent",
    "getpwnam",
    "getpwnam_r",
    "getpwuid",
    "getpwuid_r",
    "getservbyname",
    "initgroups",
];

/// Builds, checks and lists.
///
/// # Errors
///
/// The build fails, or the binary is not what a kit may carry.
pub(crate) fn run(root: &Path, arguments: &[&str]) -> Result {
    let host = host(root)?;
    let target = match arguments {
        [] => host.as_str(),
        ["--target", target] => target,
        _ => return Err("usage: cargo xtask dist [--target TRIPLE]".into()),
    };
    no_c(root, target)?;
    let built = build(root, target)?;
    let name = format!("veldkit-{}-{target}", version(root)?);
    let folder = root.join("target").join("dist");
    std::fs::create_dir_all(&folder)?;
    let carried = folder.join(&name);
    let symbols = output(Command::new("nm").arg(&built))?;
    std::fs::copy(&built, &carried)?;
    run_program(Command::new("strip").arg(&carried))?;
    check(&carried, &symbols)?;
    let code = output(Command::new("objdump").args(["-d", "--no-show-raw-insn"]).arg(&built))?;
    let calls = calls_dlopen(&code);
    if !calls.is_empty() {
        return Err(format!("it would open libraries of the host, in: {}", calls.join(", ")).into());
    }
    let sums = output(Command::new("sha256sum").arg(&name).current_dir(&folder))?;
    std::fs::write(folder.join("SHA256SUMS"), &sums)?;
    print!("{sums}");
    Ok(())
}

/// Where `dist` leaves the binary for the machine it runs on.
///
/// # Errors
///
/// The compiler does not say for which machine it builds.
pub(crate) fn binary(root: &Path) -> Result<PathBuf> {
    let name = format!("veldkit-{}-{}", version(root)?, host(root)?);
    Ok(root.join("target").join("dist").join(name))
}

/// A cargo that builds for a target as `dist` does: static, and without this machine's folders in its messages.
pub(crate) fn static_cargo(root: &Path, target: &str) -> Command {
    let mut flags = vec!["-Ctarget-feature=+crt-static".to_owned()];
    // Relocations packed (DT_RELR, in glibc since 2.36): a fifth of a megabyte less. Functions of the same code folded
    // into one, by lld, which Rust links with on this target since 1.90. Nothing here
    // compares the addresses of functions, which is what that would change.
    flags.push("-Clink-arg=-Wl,-z,pack-relative-relocs".to_owned());
    if target == "x86_64-unknown-linux-gnu" {
        flags.push("-Clink-arg=-Wl,--icf=all".to_owned());
    }
    let registry = std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| {
        let home = std::env::var_os("HOME")?;
        Some(Path::new(&home).join(".cargo"))
    });
    if let Some(registry) = registry {
        flags.push(format!("--remap-path-prefix={}=cargo", registry.display()));
    }
    flags.push(format!("--remap-path-prefix={}=veldkit", root.display()));
    let mut command = cargo(root);
    command.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}")).env("CARGO_BUILD_TARGET", target);
    command
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

fn version(root: &Path) -> Result<String> {
    let id = output(cargo(root).args(["pkgid", "--package", "veldkit"]))?;
    let version = id.trim().rsplit_once(['#', '@']).map(|(_, version)| version);
    Ok(version.ok_or("cargo pkgid names no version")?.to_owned())
}

fn build(root: &Path, target: &str) -> Result<PathBuf> {
    let libraries = output(Command::new("rustc").args(["--print", "sysroot"]).current_dir(root))?;
    if !Path::new(libraries.trim()).join("lib").join("rustlib").join(target).is_dir() {
        return Err(
            format!("no standard library for {target} here; `rustup target add {target}` brings it").into()
        );
    }
    let route = match target {
        musl if musl.ends_with("-musl") => "musl",
        gnu if gnu.ends_with("-linux-gnu") => "glibc, linked statically",
        _ => return Err(format!("how to build and check a kit for {target} is not known here yet").into()),
    };
    println!("building for {target} ({route})");
    // Not stripped by cargo, since the check reads the symbols.
    run_program(
        static_cargo(root, target)
            .args(["build", "--quiet", "--release", "--locked", "--package", "veldkit", "--bin", "veldkit"])
            .env("CARGO_PROFILE_RELEASE_STRIP", "none"),
    )?;
    Ok(root.join("target").join(target).join("release").join("veldkit"))
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
    println!("packages in the default build: {}", packages(&tree).count());
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

fn check(binary: &Path, symbols: &str) -> Result {
    // `ldd` ends with 1 and says so on either stream where there is nothing to load.
    let said = Command::new("ldd").arg(binary).output()?;
    let said = [said.stdout, said.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    if !said.contains("statically linked") && !said.contains("not a dynamic executable") {
        return Err(format!("ldd does not call it static: {}", said.trim()).into());
    }
    println!("ldd: {}", said.trim());
    let loads = loads_libraries(symbols);
    if !loads.is_empty() {
        return Err(format!("it would load libraries of the host: {}", loads.join(", ")).into());
    }
    println!("symbols: none of glibc's that load libraries of the host");
    let size = std::fs::metadata(binary)?.len();
    println!("size: {:.2} MiB", mebibytes(size));
    if size > MAX_BYTES {
        return Err(format!("{size} bytes, more than {MAX_BYTES}").into());
    }
    if find("file").is_some() {
        print!("{}", output(Command::new("file").arg("--brief").arg(binary))?);
    }
    Ok(())
}

/// The functions among the symbols that load the host's libraries.
fn loads_libraries(symbols: &str) -> Vec<&str> {
    symbols
        .lines()
        .filter_map(|line| line.rsplit_once(' ').map(|(_, name)| name))
        .filter(|name| LOADS_LIBRARIES.contains(name))
        .collect()
}

/// The functions in a disassembly, beside `dlopen`'s own, that name `dlopen`.
fn calls_dlopen(disassembly: &str) -> Vec<&str> {
    let (mut within, mut found) = ("", Vec::new());
    for line in disassembly.lines() {
        if let Some((_, name)) = line.strip_suffix(">:").and_then(|line| line.split_once('<')) {
            within = name;
        } else if line.contains("dlopen>") && !within.contains("dlopen") {
            found.push(within);
        }
    }
    found
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
    use super::{calls_dlopen, holds_c, loads_libraries};

    #[test]
    fn a_package_that_builds_c_is_named_and_one_of_tables_is_not() {
        let tree =
            "veldkit v0.1.0 (somewhere)\nlinux-raw-sys v0.9.0\ncc v1.2.0\nlibz-sys v1.0.0\ncc v1.2.0\n";
        assert_eq!(holds_c(tree), ["cc", "libz-sys"]);
    }

    #[test]
    fn a_call_into_the_name_services_is_named() {
        let symbols =
            "0000000000001000 T main\n0000000000002000 W getpwuid_r\n0000000000003000 t my_getpwnam\n";
        assert_eq!(loads_libraries(symbols), ["getpwuid_r"]);
    }

    #[test]
    fn a_function_that_opens_a_library_is_named() {
        let text = "0000 <dlopen>:\n 1: jmp 3 <__dlopen>\n0009 <gpu>:\n a: call 0 <dlopen>\n0010 <main>:\n b: call 9 <gpu>\n";
        assert_eq!(calls_dlopen(text), ["gpu"]);
    }
}
