//! Libraries that an intruder put next to the program: none of them is loaded, neither before `main` nor while it runs.
//!
//! Each of them writes a file next to itself when it is loaded. A control program, which imports six of them as this program
//! once did, shows that they would be.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::made::{Made, text};

/// A library without functions: Wine starts a program that imports some of it all the same.
const LIBRARY: &str = r#"
    #include <windows.h>
    #include <string.h>

    BOOL WINAPI DllMain(HINSTANCE own, DWORD reason, LPVOID unused) {
        char path[1024];
        if (reason != DLL_PROCESS_ATTACH) return TRUE;
        GetModuleFileNameA(own, path, sizeof path - 10);
        strcat(path, ".loaded");
        CloseHandle(CreateFileA(path, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL));
        return TRUE;
    }
"#;

/// A program that imports a function of each of [`IMPORTED`], and calls none.
const CONTROL: &str = r"
    #include <winsock2.h>
    #include <windows.h>
    #define SECURITY_WIN32
    #include <security.h>
    #include <ntsecapi.h>
    #include <iphlpapi.h>
    #include <lm.h>
    #include <pdh.h>
    #include <wtsapi32.h>
    #include <bcrypt.h>

    int main(int count, char **arguments) {
        void *volatile functions[] = {
            (void *)GetIfTable, (void *)NetApiBufferFree, (void *)PdhOpenQueryA, (void *)LsaFreeReturnBuffer,
            (void *)WTSFreeMemory, (void *)BCryptGenRandom,
        };
        return functions[count - 1] == NULL;
    }
";

/// What this program imported once, none of which is a KnownDLL.
const IMPORTED: [&str; 6] = ["bcrypt", "iphlpapi", "netapi32", "pdh", "secur32", "wtsapi32"];

/// What it loads while it runs, and what Windows' own libraries load for it.
const LOADED_LATER: [&str; 12] = [
    "bcryptprimitives",
    "crypt32",
    "cryptbase",
    "dbghelp",
    "dnsapi",
    "powrprof",
    "samcli",
    "sspicli",
    "userenv",
    "version",
    "winnsi",
    "wintrust",
];

fn compile(made: &Made, source: &str, arguments: &[&str]) {
    fs::write(made.path().join("source.c"), source).unwrap();
    let mut gcc = Command::new("x86_64-w64-mingw32-gcc");
    let compiled = gcc.current_dir(made.path()).arg("source.c").args(arguments).output().unwrap();
    assert!(compiled.status.success(), "{}", text(&compiled.stderr));
}

/// Puts a copy of a program into a folder with all the libraries next to it.
fn plant(made: &Made, program: &Path, folder: &str) -> std::path::PathBuf {
    compile(made, LIBRARY, &["-shared", "-o", "planted.dll"]);
    let folder = made.path().join(folder);
    fs::create_dir(&folder).unwrap();
    for name in IMPORTED.iter().chain(&LOADED_LATER) {
        fs::copy(made.path().join("planted.dll"), folder.join(format!("{name}.dll"))).unwrap();
    }
    let copy = folder.join("program.exe");
    fs::copy(program, &copy).unwrap();
    copy
}

/// The planted libraries that were loaded, each by the spelling that it was asked for with.
fn loaded(folder: &Path) -> BTreeSet<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter_map(|name| Some(name.to_lowercase().strip_suffix(".dll.loaded")?.to_owned())).collect()
}

/// A program in that folder, for which Wine prefers what is planted to its own wherever it looks for either.
fn run(made: &Made, program: &Path, arguments: &[&str]) -> std::process::Output {
    let names: Vec<&str> = IMPORTED.iter().chain(&LOADED_LATER).copied().collect();
    let overrides = format!("{}=n,b;mscoree,mshtml=", names.join(","));
    let mut command = crate::wine::started(program);
    command.env("WINEDLLOVERRIDES", overrides).current_dir(made.path());
    command.args(arguments).stdin(std::process::Stdio::null()).output().unwrap()
}

/// By this name the gate's step for Wine finds it.
mod wine {
    use super::*;

    #[test]
    #[ignore = "needs Wine, mingw and the collector for Windows"]
    fn a_library_next_to_the_program_is_not_loaded_and_would_be_by_one_that_imports_it() {
        let made = Made::under_wine();
        let libraries = IMPORTED.map(|name| format!("-l{name}"));
        let mut arguments = vec!["-o", "control.exe"];
        arguments.extend(libraries.iter().map(String::as_str));
        compile(&made, CONTROL, &arguments);
        let control = plant(&made, &made.path().join("control.exe"), "control");
        run(&made, &control, &[]);
        assert_eq!(loaded(control.parent().unwrap()), IMPORTED.map(str::to_owned).into(), "the plant fails");

        let program = plant(&made, &crate::wine::program(), "program");
        let output = run(&made, &program, &["--version"]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert_eq!(loaded(program.parent().unwrap()), BTreeSet::new());
        // All of its rows ask for a library that is loaded when it is first used.
        let recipient = made.recipient();
        let fixed =
            ["collect", "--out", "planted.zip.age", "--quiet", "--no-scan", "--json", "-r", &recipient];
        let artifacts = ["LiveSockets", "LiveNetwork", "LiveSessions", "LiveAccounts", "LiveExecutables"];
        let artifacts = artifacts.iter().flat_map(|name| ["--artifact", name]);
        let arguments: Vec<&str> = fixed.into_iter().chain(artifacts).collect();
        let output = run(&made, &program, &arguments);
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        assert!(json["items"]["collected"].as_u64() > Some(0), "{json} {}", text(&output.stderr));
        assert_eq!(loaded(program.parent().unwrap()), BTreeSet::new());
    }
}
