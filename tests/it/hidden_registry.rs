//! A Windows tree whose intruder hides what starts by itself: names with a zero in them, names that are no text, values
//! longer than others read, tasks that only the registry or only a file has, and the places that are seldom checked.

use regf::{DataType, HiveBuilder};
use serde_json::Value;

use crate::made::Made;

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect()
}

/// A hive with these texts at key and name; one that begins with `#` is a number.
fn hive(values: &[(&str, &str, &str)]) -> Vec<u8> {
    let mut builder = HiveBuilder::new().unwrap();
    // The builder does not find a key again whose name has a zero.
    let mut made = std::collections::BTreeMap::new();
    for (key, name, text) in values {
        let key = *made.entry(*key).or_insert_with(|| builder.create_key(key).unwrap());
        match text.strip_prefix('#') {
            Some(number) => {
                let number: u32 = number.parse().unwrap();
                builder.add_value(key, name, DataType::Dword, &number.to_le_bytes()).unwrap()
            }
            None => builder.add_value(key, name, DataType::String, &wide(text)).unwrap(),
        };
    }
    builder.to_bytes().unwrap()
}

/// The rows of autostarts, and the exit code of the run.
fn rows(made: &Made) -> (Vec<Value>, i32) {
    let (_, code) = made.collect(["--artifact", "LiveAutostarts"]);
    let rows = std::fs::read_to_string(made.unpack().join("derived/LiveAutostarts.jsonl")).unwrap();
    (rows.lines().map(|row| serde_json::from_str(row).unwrap()).collect(), code)
}

/// The one row that `wanted` picks.
fn one(rows: &[Value], wanted: impl Fn(&Value) -> bool) -> &Value {
    let mut found = rows.iter().filter(|row| wanted(row));
    let row = found.next().unwrap_or_else(|| panic!("none in {rows:#?}"));
    assert!(found.next().is_none(), "more than one in {rows:#?}");
    row
}

const RUN: &str = "Microsoft\\Windows\\CurrentVersion\\Run";

/// A Windows with an empty SYSTEM hive, whose SOFTWARE hive has these.
fn windows(software: &[(&str, &str, &str)]) -> Made {
    let made = Made::new();
    made.put("C/Windows/System32/ntoskrnl.exe", b"MZ");
    made.put("C/Windows/System32/config/SYSTEM", &hive(&[("ControlSet001\\Services", "", "")]));
    made.put("C/Windows/System32/config/SOFTWARE", &hive(software));
    made
}

#[test]
fn a_name_with_a_zero_is_not_mistaken_for_its_prefix() {
    let made = windows(&[(RUN, "Bijwerker", "goed.exe"), (RUN, "Bijwerker\0", "kwaad.exe")]);
    let service = "ControlSet001\\Services\\";
    let system = hive(&[
        (&format!("{service}Spooler"), "Type", "#16"),
        (&format!("{service}Spooler"), "ImagePath", "spoolsv.exe"),
        (&format!("{service}Spooler\0"), "Type", "#16"),
        (&format!("{service}Spooler\0"), "ImagePath", "kwaad.exe"),
    ]);
    made.put("C/Windows/System32/config/SYSTEM", &system);
    let (rows, code) = rows(&made);
    assert_eq!(code, 0, "{rows:#?}");
    let run = one(&rows, |row| row["kind"] == "run" && row["command"] == "kwaad.exe");
    assert_eq!(run["key"], "Bijwerker\0");
    let hidden = one(&rows, |row| row["kind"] == "service" && row["command"] == "kwaad.exe");
    assert_eq!(hidden["name"], "Spooler\0");
    let decoy = one(&rows, |row| row["kind"] == "service" && row["command"] == "spoolsv.exe");
    assert_eq!(decoy["name"], "Spooler");
}

#[test]
fn a_name_that_is_not_text_is_exact_in_every_row() {
    let made = windows(&[(RUN, "q\u{4141}q", "kwaad.exe")]);
    let path = "C/Windows/System32/config/SOFTWARE";
    let mut bytes = std::fs::read(made.tree().join(path)).unwrap();
    let at = memchr::memmem::find(&bytes, b"q\0\x41\x41q\0").unwrap();
    bytes[at + 2..at + 4].copy_from_slice(&[0x00, 0xd8]);
    made.put(path, &bytes);
    let (rows, code) = rows(&made);
    assert_eq!(code, 0, "{rows:#?}");
    let run = one(&rows, |row| row["kind"] == "run");
    assert_eq!(run["key"]["base64"], "ce2ggHE=", "{run}");
    // The rows of a registry artifact, too.
    std::fs::remove_dir_all(made.path().join("unpacked")).unwrap();
    for entry in std::fs::read_dir(made.out()).unwrap() {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
    }
    std::fs::write(made.path().join("extra.yaml"), REGISTRY).unwrap();
    made.collect(["--playbook", "extra.yaml"]);
    let rows = std::fs::read_to_string(made.unpack().join("derived/TestRunKeys.jsonl")).unwrap();
    let rows: Vec<Value> = rows.lines().map(|row| serde_json::from_str(row).unwrap()).collect();
    assert_eq!(one(&rows, |row| row["row"] == "value")["name"]["base64"], "ce2ggHE=");
}

const REGISTRY: &str = r"playbook: runs
version: 1
title: {nl: sleutels, en: keys}
description: {nl: sleutels, en: keys}
artifacts: [TestRunKeys]
---
name: TestRunKeys
doc: Run keys of the machine.
sources:
- type: REGISTRY_KEY
  attributes:
    keys: ['HKEY_LOCAL_MACHINE\Software\Microsoft\Windows\CurrentVersion\Run\*']
supported_os: [Windows]
";

#[test]
fn a_value_of_seventy_thousand_bytes_is_a_row_that_says_how_long_it_is() {
    let command = format!("C:\\kwaad.exe {}", "x".repeat(34_986));
    let made = windows(&[(RUN, "Lang", &command)]);
    made.put("C/kwaad.exe", b"MZ kwaad");
    let (rows, code) = rows(&made);
    assert_eq!(code, 0, "{rows:#?}");
    let run = one(&rows, |row| row["kind"] == "run");
    assert_eq!(run["command_size"], command.len(), "{run}");
    assert!(run["command"].as_str().unwrap().len() == 4_096 && run["target"] == "C:\\kwaad.exe", "{run}");
}

#[cfg(unix)]
#[test]
fn tasks_and_startup_files_with_invalid_names_have_rows_with_their_digests() {
    use std::os::unix::ffi::OsStrExt as _;

    let made = windows(&[]);
    let put = |folder: &str, content: &[u8]| {
        let folder = made.tree().join(folder);
        std::fs::create_dir_all(&folder).unwrap();
        // A lone surrogate, as a Windows' name is kept.
        std::fs::write(folder.join(std::ffi::OsStr::from_bytes(b"k\xed\xa0\x80d.exe")), content).unwrap();
    };
    let task = "<Task><Actions><Exec><Command>C:\\k.exe</Command></Exec></Actions></Task>";
    put("C/Windows/System32/Tasks/Map", task.as_bytes());
    put("C/ProgramData/Microsoft/Windows/Start Menu/Programs/Startup", b"MZ kwaad");
    let (rows, code) = rows(&made);
    assert_eq!(code, 0, "{rows:#?}");
    let task = one(&rows, |row| row["kind"] == "task");
    assert_eq!(
        (&task["command"], &task["name"]["base64"]),
        (&"C:\\k.exe".into(), &"XE1hcFxr7aCAZC5leGU=".into())
    );
    let startup = one(&rows, |row| row["kind"] == "startup_folder");
    assert_eq!(startup["size"], 8, "{startup}");
    assert!(startup["sha256"].is_string() && startup["target"]["base64"].is_string(), "{startup}");
}

/// The value `Actions` of a task that runs one program.
fn actions(command: &str) -> Vec<u8> {
    let text = |text: &str| {
        let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        [&u32::try_from(units.len()).unwrap().to_le_bytes()[..], &units].concat()
    };
    let head = [&3_u16.to_le_bytes()[..], &text("Author"), &0x6666_u16.to_le_bytes(), &text("")].concat();
    [head, text(command), text(""), text(""), vec![0, 0]].concat()
}

#[test]
fn tasks_that_only_the_registry_or_only_a_file_has_say_so() {
    let cache = "Microsoft\\Windows NT\\CurrentVersion\\Schedule\\TaskCache";
    let mut builder = HiveBuilder::new().unwrap();
    let mut add = |name: &str, id: &str, command: &str, listed: bool, in_tree: bool| {
        if in_tree {
            let key = builder.create_key(&format!("{cache}\\Tree\\{name}")).unwrap();
            builder.add_value(key, "Id", DataType::String, &wide(id)).unwrap();
            if listed {
                builder.add_value(key, "SD", DataType::Binary, b"sd").unwrap();
            }
        }
        let key = builder.create_key(&format!("{cache}\\Tasks\\{id}")).unwrap();
        builder.add_value(key, "Path", DataType::String, &wide(&format!("\\{name}"))).unwrap();
        builder.add_value(key, "Actions", DataType::Binary, &actions(command)).unwrap();
    };
    add("Gewoon", "{1}", "C:\\g.exe", true, true);
    add("Map\\Spook", "{2}", "C:\\spook.exe", true, true);
    add("Tarrask", "{3}", "C:\\t.exe", false, true);
    add("Wissel", "{4}", "C:\\echt.exe", true, true);
    add("Los", "{5}", "C:\\los.exe", true, false);
    let made = windows(&[]);
    made.put("C/Windows/System32/config/SOFTWARE", &builder.to_bytes().unwrap());
    for (name, command) in [("Gewoon", "g"), ("Tarrask", "t"), ("Wissel", "lok"), ("Alleen", "a")] {
        let task =
            format!("<Task><Actions><Exec><Command>C:\\{command}.exe</Command></Exec></Actions></Task>");
        made.put(&format!("C/Windows/System32/Tasks/{name}"), task.as_bytes());
    }
    let (rows, code) = rows(&made);
    assert_eq!(code, 0, "{rows:#?}");
    let tasks = rows.iter().filter(|row| row["kind"] == "task");
    let mut told: Vec<_> = tasks
        .map(|row| {
            let text = |field: &str| row[field].as_str().unwrap_or("-").to_owned();
            format!("{} {} {}", text("name"), text("command"), text("discrepancy"))
        })
        .collect();
    told.sort();
    assert_eq!(
        told,
        [
            "\\Alleen C:\\a.exe not_registered",
            "\\Gewoon C:\\g.exe -",
            "\\Los C:\\los.exe not_in_tree",
            "\\Map\\Spook C:\\spook.exe no_file",
            "\\Tarrask C:\\t.exe no_security_descriptor",
            "\\Wissel C:\\echt.exe other_action",
            "\\Wissel C:\\lok.exe -",
        ]
    );
    let spook = one(&rows, |row| row["discrepancy"] == "no_file");
    assert!(spook["registry_key"].as_str().unwrap().ends_with("\\Tree\\Map\\Spook"), "{spook}");
}

#[test]
fn what_cannot_be_read_of_the_registry_is_a_row_and_makes_the_run_partial() {
    let made = windows(&[(RUN, "Goed", "g.exe"), (RUN, "Verborgen", "v.exe")]);
    let path = "C/Windows/System32/config/SOFTWARE";
    let mut bytes = std::fs::read(made.tree().join(path)).unwrap();
    let at = memchr::memmem::find(&bytes, b"Verborgen").unwrap();
    // The mark of a value's cell is twenty bytes in front of its name.
    bytes[at - 20..at - 18].copy_from_slice(b"??");
    made.put(path, &bytes);
    let (rows, code) = rows(&made);
    assert_eq!(code, 3, "{rows:#?}");
    assert_eq!(one(&rows, |row| row["kind"] == "run")["command"], "g.exe");
    let unread = one(&rows, |row| row["row"] == "unread");
    assert_eq!(unread["why"], "read_error", "{unread}");
    let key = format!("HKEY_LOCAL_MACHINE\\SOFTWARE\\{RUN}");
    assert_eq!(unread["registry_key"], key.as_str(), "{unread}");
}

#[test]
fn rarely_examined_places_have_rows_with_their_targets() {
    const CLASS: &str = "{0A29FF9E-7F9C-4437-8B11-F424491E3931}";
    let version = "Microsoft\\Windows\\CurrentVersion";
    let options = "Microsoft\\Windows NT\\CurrentVersion\\Image File Execution Options";
    let class = format!("Classes\\CLSID\\{CLASS}\\InprocServer32");
    let made = windows(&[
        (&class, "", "C:\\Windows\\System32\\goed.dll"),
        (&format!("{version}\\Authentication\\Credential Providers\\{CLASS}"), "", "Wachtwoorden"),
        (&format!("{version}\\Group Policy\\Scripts\\Startup\\0"), "FileSysPath", "C:\\Beleid\\Machine"),
        (&format!("{version}\\Group Policy\\Scripts\\Startup\\0\\0"), "Script", "k.bat"),
        (&format!("{options}\\a.exe"), "GlobalFlag", "#512"),
        ("Microsoft\\Windows NT\\CurrentVersion\\SilentProcessExit\\a.exe", "MonitorProcess", "C:\\k.exe"),
        ("Microsoft\\Windows NT\\CurrentVersion\\SilentProcessExit\\b.exe", "MonitorProcess", "C:\\l.exe"),
        (&format!("{options}\\c.exe\\1"), "Debugger", "C:\\filter.exe"),
        (
            "Microsoft\\Windows NT\\CurrentVersion\\ProfileList\\S-1-5-21-1-1001",
            "ProfileImagePath",
            "C:\\Users\\anna",
        ),
    ]);
    let set = "ControlSet001\\";
    let system = hive(&[
        (&format!("{set}Control\\Session Manager\\Environment"), "COR_PROFILER_PATH", "C:\\p.dll"),
        (&format!("{set}Control\\Session Manager\\Environment"), "COR_ENABLE_PROFILING", "1"),
        (&format!("{set}Services\\WinSock2\\Parameters"), "AutodialDLL", "C:\\a.dll"),
        (&format!("{set}Services\\DNS\\Parameters"), "ServerLevelPluginDll", "C:\\d.dll"),
    ]);
    made.put("C/Windows/System32/config/SYSTEM", &system);
    made.put("C/Users/anna/NTUSER.DAT", &hive(&[("Environment", "COR_PROFILER", CLASS)]));
    let classes = hive(&[
        (&format!("CLSID\\{CLASS}\\InprocServer32"), "", "C:\\Users\\anna\\k.dll"),
        ("CLSID\\{11111111-2222-3333-4444-555555555555}\\InprocServer32", "", "C:\\Users\\anna\\eigen.dll"),
    ]);
    made.put("C/Users/anna/AppData/Local/Microsoft/Windows/UsrClass.dat", &classes);
    made.put("C/Users/anna/k.dll", b"MZ kwaad");
    made.put("C/Beleid/Machine/Scripts/Startup/k.bat", b"@echo kwaad");
    made.put(
        "C/Windows/System32/GroupPolicy/User/Scripts/scripts.ini",
        b"[Logon]\r\n0CmdLine=l.bat\r\n0Parameters=-x\r\n",
    );
    made.put("C/Windows/System32/GroupPolicy/User/Scripts/Logon/l.bat", b"@echo kwaad");
    made.put("C/Windows/System32/WindowsPowerShell/v1.0/profile.ps1", b"kwaad");
    made.put("C/Users/anna/Documents/PowerShell/Microsoft.PowerShell_profile.ps1", b"kwaad");
    let (rows, code) = rows(&made);
    assert_eq!(code, 0, "{rows:#?}");
    let of = |kind: &str, key: &str| {
        one(&rows, |row| row["kind"] == kind && (key.is_empty() || row["key"] == key)).clone()
    };
    let hijack = of("com_hijack", "");
    assert_eq!(
        (&hijack["target"], &hijack["user"]),
        (&"C:\\Users\\anna\\k.dll".into(), &"S-1-5-21-1-1001".into())
    );
    assert_eq!(hijack["size"], 8, "{hijack}");
    let profiler = of("profiler", "COR_PROFILER_PATH");
    assert_eq!((&profiler["target"], &profiler["enabled"]), (&"C:\\p.dll".into(), &true.into()));
    let profiler = of("profiler", "COR_PROFILER");
    assert_eq!(
        (&profiler["target"], &profiler["enabled"]),
        (&"C:\\Windows\\System32\\goed.dll".into(), &false.into())
    );
    let provider = of("credential_provider", "");
    assert_eq!(
        (&provider["display_name"], &provider["target"]),
        (&"Wachtwoorden".into(), &"C:\\Windows\\System32\\goed.dll".into())
    );
    assert_eq!(of("winsock", "AutodialDLL")["target"], "C:\\a.dll");
    assert_eq!(of("dns_server", "ServerLevelPluginDll")["target"], "C:\\d.dll");
    let script = of("policy_script", "Script");
    assert_eq!(
        (&script["target"], &script["size"]),
        (&"C:\\Beleid\\Machine\\Scripts\\Startup\\k.bat".into(), &11.into())
    );
    let script = of("policy_script", "Logon");
    assert_eq!((&script["command"], &script["size"]), (&"l.bat -x".into(), &11.into()));
    let exits: Vec<_> =
        rows.iter().filter(|row| row["kind"] == "silent_exit").map(|row| &row["enabled"]).collect();
    assert_eq!(exits, [&Value::from(true), &Value::from(false)]);
    assert_eq!(of("debugger", "Debugger")["target"], "C:\\filter.exe");
    assert_eq!(rows.iter().filter(|row| row["kind"] == "powershell_profile" && row["size"] == 5).count(), 2);
}

#[test]
fn more_values_in_one_key_than_others_read_are_all_rows() {
    let mut builder = HiveBuilder::new().unwrap();
    let run = builder.create_key(RUN).unwrap();
    for number in 0..10_050 {
        builder.add_value(run, &format!("{number:05}"), DataType::String, &wide("x.exe")).unwrap();
    }
    let made = windows(&[]);
    made.put("C/Windows/System32/config/SOFTWARE", &builder.to_bytes().unwrap());
    let (rows, code) = rows(&made);
    assert_eq!(code, 0);
    assert_eq!(rows.iter().filter(|row| row["kind"] == "run").count(), 10_050);
}
