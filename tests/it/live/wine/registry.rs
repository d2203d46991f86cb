//! What hides in the registry of a running Windows, as far as Wine is one: keys and values that a small program makes by the
//! kernel's own calls.

use std::fs;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::live::live;
use crate::made::{Made, text};

/// Makes the hidden keys and values with `make`, and removes them with anything else. `reg.exe` can do neither: to it a name
/// ends at its first zero.
const HIDER: &str = r#"
    #include <stdio.h>
    #include <string.h>
    #include <windows.h>
    #include <winternl.h>

    NTSTATUS NTAPI NtCreateKey(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, ULONG, UNICODE_STRING *, ULONG, ULONG *);
    NTSTATUS NTAPI NtSetValueKey(HANDLE, UNICODE_STRING *, ULONG, ULONG, const void *, ULONG);
    NTSTATUS NTAPI NtDeleteKey(HANDLE);
    NTSTATUS NTAPI NtDeleteValueKey(HANDLE, UNICODE_STRING *);

    static int making;
    static WCHAR large[35000];

    static UNICODE_STRING counted(const WCHAR *name, size_t length) {
        UNICODE_STRING text = {.Length = 2 * length, .MaximumLength = 2 * length, .Buffer = (WCHAR *)name};
        return text;
    }

    static HANDLE key(HANDLE root, const WCHAR *name, size_t length, ULONG options) {
        UNICODE_STRING text = counted(name, length);
        OBJECT_ATTRIBUTES attributes = {.Length = sizeof attributes, .RootDirectory = root, .ObjectName = &text,
                                        .Attributes = OBJ_CASE_INSENSITIVE};
        HANDLE made = NULL;
        ULONG disposition;
        NTSTATUS status = NtCreateKey(&made, KEY_ALL_ACCESS, &attributes, 0, NULL, options, &disposition);
        if (status) printf("key %lx\n", (unsigned long)status);
        return made;
    }

    static void value(HANDLE of, const WCHAR *name, size_t length, ULONG kind, const void *data, ULONG size) {
        UNICODE_STRING text = counted(name, length);
        NTSTATUS status = making ? NtSetValueKey(of, &text, 0, kind, data, size) : NtDeleteValueKey(of, &text);
        if (status && making) printf("value %lx\n", (unsigned long)status);
    }

    #define KEY(root, name, options) key(root, name, sizeof name / 2 - 1, options)
    #define TEXT_VALUE(of, name, data) value(of, name, sizeof name / 2 - 1, REG_SZ, data, sizeof data)

    int main(int count, char **arguments) {
        making = count > 1 && !strcmp(arguments[1], "make");
        DWORD type = 16;
        HANDLE run = KEY(NULL, L"\\Registry\\Machine\\Software\\Microsoft\\Windows\\CurrentVersion\\Run", 0);
        TEXT_VALUE(run, L"veldkit", L"C:\\lokaas.exe");
        TEXT_VALUE(run, L"veldkit\0x", L"C:\\kwaad.exe");
        TEXT_VALUE(run, L"veldkit\xd800", L"C:\\geen-tekst.exe");
        memcpy(large, L"C:\\lang.exe ", 24);
        for (int at = 12; at < 34999; at++) large[at] = 'x';
        value(run, L"veldkit-lang", 12, REG_SZ, large, 70000);
        HANDLE services = KEY(NULL, L"\\Registry\\Machine\\System\\CurrentControlSet\\Services", 0);
        HANDLE decoy = KEY(services, L"veldkit-dienst", 0);
        HANDLE hidden = KEY(services, L"veldkit-dienst\0x", 0);
        TEXT_VALUE(decoy, L"ImagePath", L"C:\\lokaas.exe");
        TEXT_VALUE(hidden, L"ImagePath", L"C:\\kwaad.exe");
        value(decoy, L"Type", 4, REG_DWORD, &type, 4);
        value(hidden, L"Type", 4, REG_DWORD, &type, 4);
        if (!making) {
            NtDeleteKey(decoy);
            NtDeleteKey(hidden);
        }
        return 0;
    }
"#;

/// What is hidden, for as long as this value lives.
struct Hidden<'a>(&'a Made);

impl<'a> Hidden<'a> {
    fn make(made: &'a Made) -> Self {
        fs::write(made.path().join("hider.c"), HIDER).unwrap();
        let compiler = Command::new("x86_64-w64-mingw32-gcc")
            .args(["hider.c", "-o", "hider.exe", "-lntdll"])
            .current_dir(made.path())
            .output()
            .unwrap();
        assert!(compiler.status.success(), "{}", text(&compiler.stderr));
        let hidden = Self(made);
        assert_eq!(hidden.run("make"), "");
        hidden
    }

    fn run(&self, what: &str) -> String {
        let program = self.0.path().join("hider.exe");
        let output = crate::wine::started(&program).arg(what).stdin(Stdio::null()).output().unwrap();
        text(&output.stdout)
    }
}

impl Drop for Hidden<'_> {
    fn drop(&mut self) {
        self.run("remove");
    }
}

#[test]
#[ignore = "needs Wine and the collector for Windows"]
fn names_with_zeros_or_invalid_text_and_a_value_of_seventy_thousand_bytes_are_exact() {
    let made = Made::under_wine();
    let hidden = Hidden::make(&made);
    let (json, rows) = live(&made, "LiveAutostarts");
    drop(hidden);
    let one = |kind: &str, field: &str, name: &str| -> Value {
        let found: Vec<_> = rows.iter().filter(|row| row["kind"] == kind && row[field] == name).collect();
        assert_eq!(found.len(), 1, "{kind} {name:?}: {found:#?} among {} rows", rows.len());
        found[0].clone()
    };
    assert_eq!(one("run", "key", "veldkit")["command"], r"C:\lokaas.exe");
    assert_eq!(one("run", "key", "veldkit\0x")["command"], r"C:\kwaad.exe");
    let no_text =
        rows.iter().find(|row| row["command"] == r"C:\geen-tekst.exe").expect("a name that is no text");
    assert_eq!(no_text["key"]["base64"], "dmVsZGtpdO2ggA==", "{no_text}");
    let long = one("run", "key", "veldkit-lang");
    assert_eq!((&long["command_size"], &long["target"]), (&34_999.into(), &r"C:\lang.exe".into()), "{long}");
    assert_eq!(one("service", "name", "veldkit-dienst")["command"], r"C:\lokaas.exe");
    assert_eq!(one("service", "name", "veldkit-dienst\0x")["command"], r"C:\kwaad.exe");
    // That a key which refuses is reported is shown by the self-test.
    assert_eq!(json["exit"], 0, "{json}");
}
