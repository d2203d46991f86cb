//! The collector for Linux: static, with the C library that the target brings.
//!
//! In: the tree. Out: a checked binary. glibc for `…-linux-gnu` (the default: its allocator serves threads better), musl
//! for `…-linux-musl` where rustup has that target. What makes a static glibc binary unsafe to carry, calls into its
//! name services (they load the host's own libraries), is looked for among its symbols and refused.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::trust::VARIABLE;
use super::{check_size, commit, crates, has_library, remap, stack};
use crate::Result;
use crate::process::{cargo, find, output, run as run_program};

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

/// Builds it, checks it and leaves it at `carried`.
///
/// # Errors
///
/// The build fails, or the binary is not what a kit may carry.
pub(super) fn make(root: &Path, target: &str, trusted: &str, carried: &Path) -> Result {
    let built = build(root, target, trusted)?;
    let symbols = output(Command::new("nm").args(["--print-size", "--size-sort"]).arg(&built))?;
    crates::print(&symbols);
    let symbols = output(Command::new("nm").arg(&built))?;
    std::fs::copy(&built, carried)?;
    run_program(Command::new("strip").arg(carried))?;
    check(carried, &symbols)?;
    let code = output(Command::new("objdump").args(["-d", "--no-show-raw-insn"]).arg(&built))?;
    let calls = calls_dlopen(&code);
    if calls.is_empty() {
        Ok(())
    } else {
        Err(format!("it would open libraries of the host, in: {}", calls.join(", ")).into())
    }
}

/// A cargo that builds for a target as `dist` does: static, and without this machine's folders in its messages.
pub(crate) fn static_cargo(root: &Path, target: &str) -> Command {
    let mut flags = vec!["-Ctarget-feature=+crt-static".to_owned()];
    // The places that a program moves when it is loaded, as a bitmap in place of a table: 0.3 MB less. glibc 2.36 and binutils
    // 2.38 know it (<https://sourceware.org/glibc/wiki/Release/2.36>), and the loader of a static program is in the program.
    if target.ends_with("-gnu") {
        flags.push("-Clink-arg=-Wl,-z,pack-relative-relocs".to_owned());
    }
    flags.extend(remap(root));
    let mut command = cargo(root);
    command.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}")).env("CARGO_BUILD_TARGET", target);
    command
}

fn build(root: &Path, target: &str, trusted: &str) -> Result<PathBuf> {
    if !has_library(root, target)? {
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
            .env("CARGO_PROFILE_RELEASE_STRIP", "none")
            .env(VARIABLE, trusted)
            .env(commit::VARIABLE, commit::of(root)),
    )?;
    Ok(root.join("target").join(target).join("release").join("veldkit"))
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
    stack::check(&std::fs::read(binary)?)?;
    println!("stack: not executable");
    check_size(binary)?;
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

#[cfg(test)]
mod tests {
    use super::{calls_dlopen, loads_libraries};

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
