//! Faults of the registry, logons, autostarts and packages of a made host: what cannot be read is in the rows, and in the exit
//! code.

use std::fs;

use regf::{DataType, HiveBuilder};
use serde_json::Value;

use crate::made::Made;

/// What one artifact of a tree gives: its rows, the JSON object, and the exit code.
pub struct Collected {
    pub rows: Vec<Value>,
    pub json: Value,
    pub code: i32,
}

impl Collected {
    pub fn of(made: &Made, artifact: &str) -> Self {
        Self::by(made, artifact, ["--artifact", artifact, "--no-scan"])
    }

    /// The same of the artifact of a playbook.
    fn by(made: &Made, artifact: &str, arguments: [&str; 3]) -> Self {
        let (json, code) = made.collect(arguments);
        let unpacked = made.unpack();
        let text = fs::read_to_string(unpacked.join(format!("derived/{artifact}.jsonl"))).unwrap_or_default();
        let rows = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        fs::remove_dir_all(&unpacked).unwrap();
        for entry in fs::read_dir(made.out()).unwrap() {
            fs::remove_file(entry.unwrap().path()).unwrap();
        }
        Self { rows, json, code }
    }

    pub fn of_kind(&self, kind: &str) -> Vec<&Value> {
        self.rows.iter().filter(|row| row["row"] == kind).collect()
    }

    /// The texts of a field in rows of one kind.
    pub fn texts(&self, kind: &str, field: &str) -> Vec<String> {
        let text = |row: &&Value| row[field].as_str().unwrap_or_default().to_owned();
        self.of_kind(kind).iter().map(text).collect()
    }
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect()
}

/// A SOFTWARE hive with what it starts, and 300 keys besides.
fn software() -> Vec<u8> {
    let mut builder = HiveBuilder::new().unwrap();
    let run = builder.create_key("Microsoft\\Windows\\CurrentVersion\\Run").unwrap();
    builder.add_value(run, "Bijwerker", DataType::String, &wide("C:\\Users\\Public\\k.exe")).unwrap();
    for number in 0..300 {
        builder.create_key(&format!("Classes\\.x{number:03}")).unwrap();
    }
    builder.to_bytes().unwrap()
}

/// A playbook that asks for all keys and values of the hive.
const ALL_SOFTWARE: &str = r"playbook: software
version: 1
title: {nl: sleutels, en: keys}
description: {nl: sleutels, en: keys}
artifacts: [AllSoftware]
---
name: AllSoftware
doc: All keys of the hive.
sources:
- type: REGISTRY_KEY
  attributes:
    keys: ['HKEY_LOCAL_MACHINE\Software\**']
supported_os: [Windows]
";

/// A Windows with this SOFTWARE hive, and its log.
pub fn windows(software: &[u8], log: Option<&[u8]>) -> Made {
    let made = Made::new();
    fs::write(made.path().join("all.yaml"), ALL_SOFTWARE).unwrap();
    let system = HiveBuilder::new().unwrap().to_bytes().unwrap();
    made.put("C/Windows/System32/config/SYSTEM", &system);
    made.put("C/Windows/System32/config/SOFTWARE", software);
    if let Some(log) = log {
        made.put("C/Windows/System32/config/SOFTWARE.LOG1", log);
    }
    made
}

/// All keys and values of the SOFTWARE hive of [`windows`].
pub fn all_software(made: &Made) -> Collected {
    Collected::by(made, "AllSoftware", ["--playbook", "all.yaml", "--no-scan"])
}

/// The sum of a first block, as the format has it.
fn with_sum(mut block: Vec<u8>) -> Vec<u8> {
    let sum = block[..508].chunks(4).fold(0, |sum, four| sum ^ u32::from_le_bytes(four.try_into().unwrap()));
    block[508..512].copy_from_slice(&sum.to_le_bytes());
    block
}

/// Faults of keys that nothing but a search for them comes by.
const WITHIN_A_KEY: [&str; 3] = ["fewer values", "a loop", "no list"];

#[test]
fn a_damaged_hive_is_never_clean_and_ends_with_3() {
    let whole = software();
    let made = windows(&whole, None);
    let fine = all_software(&made);
    assert_eq!((fine.code, fine.texts("hive", "recovery")), (0, vec!["clean".to_owned()]), "{}", fine.json);
    assert!(fine.texts("value", "text").contains(&"C:\\Users\\Public\\k.exe".to_owned()), "{:?}", fine.rows);

    let mut dirty = whole.clone();
    let sequence = u32::from_le_bytes(dirty[4..8].try_into().unwrap());
    dirty[4..8].copy_from_slice(&(sequence + 1).to_le_bytes());
    let dirty = with_sum(dirty);
    let mut bad_log = dirty[..512].to_vec();
    bad_log[508] ^= 1;
    let run = memchr::memmem::find(&whole, b"Run").unwrap() - 76;
    let mut more = whole.clone();
    more[run + 36..run + 40].copy_from_slice(&9_u32.to_le_bytes());
    let mut looped = whole.clone();
    let (cell, end) = (u32::try_from(run - 4 - 4096).unwrap(), u32::try_from(whole.len() - 4096).unwrap());
    looped[run + 20..run + 24].copy_from_slice(&1_u32.to_le_bytes());
    looped[run + 28..run + 32].copy_from_slice(&end.to_le_bytes());
    looped.extend((-16_i32).to_le_bytes());
    looped.extend(b"li\x01\0");
    looped.extend(cell.to_le_bytes());
    looped.extend([0; 4]);
    let mut no_list = whole.clone();
    let at =
        memchr::memmem::rfind(&no_list, b"lh").or_else(|| memchr::memmem::rfind(&no_list, b"lf")).unwrap();
    no_list[at..at + 2].copy_from_slice(b"??");
    for (what, hive, log, wanted) in [
        ("cut short", whole[..whole.len() - 700].to_vec(), None, "the file is cut short: 700 of "),
        ("cut to its first block", whole[..600].to_vec(), None, "the file is cut short: "),
        ("no logs", dirty.clone(), None, "no transaction log completes it"),
        ("a damaged log", dirty, Some(bad_log.clone()), "1 transaction logs were not applied"),
        (
            "a damaged log of a clean hive",
            whole.clone(),
            Some(bad_log),
            "1 transaction logs were not applied",
        ),
        ("fewer values", more, None, "states 9 values, but "),
        ("a loop", looped, None, "contains itself"),
        ("no list", no_list, None, "list of keys expected"),
    ] {
        let made = windows(&hive, log.as_deref());
        let found = all_software(&made);
        let broken = found.texts("broken", "detail");
        assert_eq!(found.code, 3, "{what}: {}", found.json);
        assert!(broken.iter().any(|detail| detail.contains(wanted)), "{what}: {broken:?}");
        let clean = found.texts("hive", "recovery").contains(&"clean".to_owned());
        assert!(!clean || !what.contains("log"), "{what}: {:?}", found.rows);
        // What reads the same hive for something else says so too.
        let software = Collected::of(&made, "LiveSoftware");
        assert!(WITHIN_A_KEY.contains(&what) || software.code == 3, "{what}: {}", software.json);
    }
}

/// The targets of starts, and the commands of those that have none, by kind.
fn started(found: &Collected) -> Vec<(String, String)> {
    let of = |row: &Value, field: &str| row[field].as_str().unwrap_or_default().to_owned();
    let rows = found.of_kind("start").into_iter();
    rows.map(|row| (of(row, "kind"), format!("{} {}", of(row, "file"), of(row, "command")))).collect()
}

#[test]
fn autostarts_in_less_known_places_of_linux_have_a_row() {
    let made = Made::linux();
    let unit = "[Service]\nExecStart=/opt/evil\n";
    let exec = format!("{unit} ");
    let head = "#!/bin/sh\n# atrun uid=1000 gid=1000\ncd /root || {\n exit 1\n}\n";
    let red_hat = format!(
        "{head}${{SHELL:-/bin/sh}} << 'marcinDELIMITER1a2b3c4d'\n/opt/evil\n\nmarcinDELIMITER1a2b3c4d\n"
    );
    let debian = format!("{head}/opt/evil\n/opt/last\n");
    let cases: &[(&str, &str, &str)] = &[
        ("systemd", "etc/systemd/system.attached/x.service.d/y.conf", &exec),
        ("systemd", "lib/systemd/system/x.service.d/y.conf", &exec),
        ("systemd", "etc/systemd/system/service.d/y.conf", &exec),
        ("systemd_user", "usr/share/systemd/user/x.service.d/y.conf", &exec),
        ("systemd_user", "run/user/1000/systemd/user.control/x.service", &exec),
        ("systemd_user", "home/anna/.config/systemd/user.control/x.service.d/y.conf", &exec),
        ("systemd_generator", "usr/local/lib/systemd/user-environment-generators/evil", "#!/bin/sh\n"),
        ("systemd_hook", "etc/systemd/system-sleep/evil", "#!/bin/sh\n"),
        ("at", "var/spool/at/a0000101b05518", &red_hat),
        ("at", "var/spool/cron/atjobs/a0000101b05518", &debian),
        ("at", "var/spool/atjobs/a0000101b05518", &debian),
        ("anacron", "etc/anacrontab", "@weekly 15 x /opt/evil\n"),
        ("incron", "var/spool/incron/anna", "/etc/passwd IN_MODIFY /opt/evil\n"),
        ("profile", "usr/etc/profile.d/evil.sh", "/opt/evil\n"),
        ("rc", "etc/rc.d/rc.local", "/opt/evil\n"),
        ("rc", "etc/init.d/after.local", "/opt/evil\n"),
        ("pam", "usr/lib/pam.d/evil", "session optional pam_exec.so /opt/evil\n"),
        ("ssh", "home/anna/.ssh/rc", "/opt/evil\n"),
        ("motd", "usr/share/update-motd.d/evil", "#!/bin/sh\n"),
        ("module", "usr/lib/modules-load.d/evil.conf", "evil\n"),
        ("udev", "usr/local/lib/udev/rules.d/evil.rules", "ACTION==\"add\", RUN+=\"/opt/evil\"\n"),
        ("network", "etc/NetworkManager/dispatcher.d/pre-up.d/evil", "#!/bin/sh\n"),
        ("network", "usr/lib/NetworkManager/dispatcher.d/no-wait.d/evil", "#!/bin/sh\n"),
        ("preload", "etc/ld.so.preload", "/opt/evil\n"),
        ("autostart", "home/anna/.config/autostart-scripts/evil", "#!/bin/sh\n"),
    ];
    for (_, path, content) in cases {
        made.put(path, content.as_bytes());
    }
    let found = Collected::of(&made, "LiveAutostarts");
    let all = started(&found);
    for (kind, path, _) in cases {
        let is = |(of, said): &&(String, String)| of == kind && said.starts_with(&format!("/{path} "));
        let row = all.iter().find(is);
        assert!(
            row.is_some_and(|(_, said)| said.contains("evil") || said.ends_with(' ')),
            "{kind} {path}: {row:?}"
        );
    }
    let job =
        found.of_kind("start").into_iter().find(|row| row["file"] == "/var/spool/at/a0000101b05518").unwrap();
    assert_eq!((&job["user"], &job["schedule"]), (&"1000".into(), &"2023-11-14T22:16:00Z".into()));
}

/// A unit in each directory that systemd itself says it looks into.
#[test]
#[ignore = "needs systemd-analyze"]
fn every_unit_directory_of_systemd_is_read() {
    let made = Made::linux();
    let mut directories = Vec::new();
    for arguments in [&["unit-paths"][..], &["--user", "unit-paths"], &["--global", "unit-paths"]] {
        let output = std::process::Command::new("systemd-analyze")
            .args(arguments)
            .env_clear()
            .envs(crate::made::of_gaps())
            .envs([("PATH", "/usr/bin:/bin"), ("HOME", "/home/anna"), ("XDG_RUNTIME_DIR", "/run/user/1000")])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", crate::made::text(&output.stderr));
        directories.extend(
            crate::made::text(&output.stdout).lines().map(|line| line.trim_start_matches('/').to_owned()),
        );
    }
    directories.sort();
    directories.dedup();
    assert!(directories.len() > 20, "{directories:?}");
    for (number, directory) in directories.iter().enumerate() {
        let unit = format!("[Service]\nExecStart=/opt/unit{number}\n");
        made.put(&format!("{directory}/u{number}.service"), unit.as_bytes());
        made.put(
            &format!("{directory}/x{number}.service.d/y.conf"),
            unit.replace("/opt/unit", "/opt/dropin").as_bytes(),
        );
    }
    let found = Collected::of(&made, "LiveAutostarts");
    let commands = found.texts("start", "command");
    for (number, directory) in directories.iter().enumerate() {
        for kind in ["unit", "dropin"] {
            assert!(commands.contains(&format!("/opt/{kind}{number}")), "{kind} in {directory}");
        }
    }
}

/// A task of the older service as [MS-TSCH] 2.4 lays it out.
fn job(command: &str) -> Vec<u8> {
    let mut bytes = vec![0; 70];
    bytes[..4].copy_from_slice(&[1, 6, 1, 0]);
    bytes[20] = 70;
    for text in [command, "-q", "", "BUREAU\\anna", ""] {
        let units: Vec<u16> = text.encode_utf16().chain([0]).collect();
        bytes.extend(u16::try_from(units.len()).unwrap().to_le_bytes());
        bytes.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
    }
    bytes.extend([0; 4]);
    let at = u16::try_from(bytes.len()).unwrap();
    bytes[22..24].copy_from_slice(&at.to_le_bytes());
    bytes.extend([0, 0]);
    bytes
}

#[test]
fn tasks_of_the_older_service_and_services_with_a_library_alone_have_rows() {
    let mut system = HiveBuilder::new().unwrap();
    for (name, kind) in [("Kaal", Some(0x20_u32)), ("Zonder", None)] {
        let service = system.create_key(&format!("ControlSet001\\Services\\{name}")).unwrap();
        if let Some(kind) = kind {
            system.add_value(service, "Type", DataType::Dword, &kind.to_le_bytes()).unwrap();
            system.add_value(service, "Start", DataType::Dword, &[2, 0, 0, 0]).unwrap();
        }
        let inner = system.create_key(&format!("ControlSet001\\Services\\{name}\\Parameters")).unwrap();
        let library = format!("C:\\Users\\Public\\{name}.dll");
        system.add_value(inner, "ServiceDll", DataType::ExpandString, &wide(&library)).unwrap();
    }
    let made = windows(&software(), None);
    made.put("C/Windows/System32/config/SYSTEM", &system.to_bytes().unwrap());
    made.put("C/Windows/Tasks/Onderhoud.job", &job("C:\\Users\\Public\\k.exe"));
    made.put("C/Windows/Tasks/At1.JOB", &job("C:\\Users\\Public\\at.exe"));
    made.put("C/Windows/Tasks/kapot.job", b"nothing");
    made.put("C/Windows/Tasks/SA.DAT", b"x");
    made.put("C/Users/Public/k.exe", b"MZ evil");
    let found = Collected::of(&made, "LiveAutostarts");
    let rows = found.of_kind("start");
    let named = |name: &str| {
        *rows.iter().find(|row| row["name"] == name).unwrap_or_else(|| panic!("{name}: {rows:#?}"))
    };
    let task = named("Onderhoud");
    assert_eq!(
        (&task["kind"], &task["command"], &task["author"]),
        (&"task".into(), &"C:\\Users\\Public\\k.exe -q".into(), &"BUREAU\\anna".into())
    );
    assert!(task["sha256"].is_string(), "{task}");
    assert_eq!(named("At1")["command"], "C:\\Users\\Public\\at.exe -q");
    assert_eq!(
        (named("kapot")["command"].clone(), rows.iter().any(|row| row["name"] == "SA")),
        (Value::Null, false)
    );
    assert_eq!(
        (&named("Kaal")["command"], &named("Kaal")["enabled"]),
        (&"C:\\Users\\Public\\Kaal.dll".into(), &true.into())
    );
    assert_eq!(
        (&named("Zonder")["command"], &named("Zonder")["enabled"]),
        (&"C:\\Users\\Public\\Zonder.dll".into(), &false.into())
    );
}

#[test]
fn interfaces_and_leases_of_a_windows_that_does_not_run_have_rows() {
    let mut system = HiveBuilder::new().unwrap();
    let multi = |text: &str| [wide(text), vec![0, 0]].concat();
    let place = "ControlSet001\\Services\\Tcpip\\Parameters\\Interfaces";
    let leased = system.create_key(&format!("{place}\\{{AAAA}}")).unwrap();
    for (name, text) in [
        ("DhcpIPAddress", "10.0.0.23"),
        ("DhcpSubnetMask", "255.255.255.0"),
        ("DhcpServer", "10.0.0.1"),
        ("DhcpNameServer", "10.0.0.2 10.0.0.3"),
        ("DhcpDomain", "gemeente.local"),
    ] {
        system.add_value(leased, name, DataType::String, &wide(text)).unwrap();
    }
    system.add_value(leased, "DhcpDefaultGateway", DataType::MultiString, &multi("10.0.0.254")).unwrap();
    for (name, seconds) in [("LeaseObtainedTime", 1_700_000_000_u32), ("LeaseTerminatesTime", 1_700_086_400)]
    {
        system.add_value(leased, name, DataType::Dword, &seconds.to_le_bytes()).unwrap();
    }
    let named = "ControlSet001\\Control\\Network\\{4D36E972-E325-11CE-BFC1-08002BE10318}\\{AAAA}\\Connection";
    let named = system.create_key(named).unwrap();
    system.add_value(named, "Name", DataType::String, &wide("Ethernet")).unwrap();
    let fixed = system.create_key(&format!("{place}\\{{BBBB}}")).unwrap();
    system.add_value(fixed, "IPAddress", DataType::MultiString, &multi("192.0.2.5")).unwrap();
    system.add_value(fixed, "SubnetMask", DataType::MultiString, &multi("255.255.0.0")).unwrap();
    // A network of Wi-Fi that it was in, and an interface of which nothing is set.
    let network = system.create_key(&format!("{place}\\{{BBBB}}\\3557E6")).unwrap();
    system.add_value(network, "DhcpIPAddress", DataType::String, &wide("198.51.100.8")).unwrap();
    system.create_key(&format!("{place}\\{{CCCC}}")).unwrap();
    let six = system.create_key("ControlSet001\\Services\\Tcpip6\\Parameters\\Interfaces\\{DDDD}").unwrap();
    system.add_value(six, "NameServer", DataType::String, &wide("2001:db8::53")).unwrap();
    let by_dhcp: Vec<u8> = [0x20, 1, 0xd, 0xb8].into_iter().chain([0; 11]).chain([0x35]).collect();
    system.add_value(six, "Dhcpv6DNSServers", DataType::Binary, &by_dhcp).unwrap();
    let made = windows(&software(), None);
    made.put("C/Windows/System32/config/SYSTEM", &system.to_bytes().unwrap());
    let found = Collected::of(&made, "LiveNetwork");
    assert_eq!(found.code, 0, "{}", found.json);
    assert_eq!(found.texts("interface", "name"), ["Ethernet", "{BBBB}", "{BBBB}", "{DDDD}"]);
    assert_eq!(found.texts("interface", "adapter"), ["{AAAA}", "{BBBB}", "{BBBB}\\3557E6", "{DDDD}"]);
    let first = found.of_kind("interface")[0].clone();
    assert_eq!(
        (&first["dhcp_server"], &first["lease_obtained"], &first["lease_ends"]),
        (&"10.0.0.1".into(), &"2023-11-14T22:13:20Z".into(), &"2023-11-15T22:13:20Z".into())
    );
    assert_eq!(found.texts("address", "address"), ["10.0.0.23", "192.0.2.5", "198.51.100.8"]);
    assert_eq!(
        (&found.of_kind("address")[0]["prefix"], &found.of_kind("address")[1]["prefix"]),
        (&24.into(), &16.into())
    );
    assert_eq!(found.texts("gateway", "address"), ["10.0.0.254"]);
    assert_eq!(found.texts("resolver", "address"), ["10.0.0.2", "10.0.0.3", "2001:db8::53", "2001:db8::35"]);
    let output = made.veldkit(["inventory", "--root", "tree", "--format", "csv"]);
    let table = crate::made::text(&output.stdout);
    assert!(
        ["10.0.0.23", "192.0.2.5", "198.51.100.8"].iter().all(|address| table.contains(address)),
        "{table}"
    );
}

#[test]
fn a_damaged_hive_makes_an_inventory_incomplete() {
    let whole = software();
    let made = windows(&whole[..whole.len() - 700], None);
    let output = made.veldkit(["inventory", "--root", "tree"]);
    let said = crate::made::text(&output.stderr);
    assert!(output.status.code() == Some(3) && said.contains("the file is cut short: 700 of "), "{said}");
}
