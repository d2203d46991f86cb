//! A Windows system mounted or copied below a folder, with registry hives that the test makes: what its own registry
//! tells decides where is looked, whatever the case its names are spelled in.

use regf::{DataType, HiveBuilder};

use crate::made::Made;

/// A hive with these texts at key and name.
fn hive(values: &[(&str, &str, &str)]) -> Vec<u8> {
    let mut builder = HiveBuilder::new().unwrap();
    for (key, name, text) in values {
        let key = builder.create_key(key).unwrap();
        let bytes: Vec<u8> = text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
        builder.add_value(key, name, DataType::String, &bytes).unwrap();
    }
    builder.to_bytes().unwrap()
}

/// A domain controller with two drives, whose folders are spelled as some copy tool left them.
fn domain_controller() -> Made {
    let made = Made::new();
    let ntds = "ControlSet001\\Services\\NTDS\\Parameters";
    let system = hive(&[
        ("ControlSet001\\Control\\ComputerName\\ComputerName", "ComputerName", "STADHUIS-DC1"),
        (ntds, "DSA Database file", "D:\\ADData\\ntds.dit"),
        (ntds, "Database log files path", "D:\\ADLogs"),
    ]);
    let software = hive(&[
        ("Microsoft\\Windows NT\\CurrentVersion", "ProductName", "Windows Server 2019 Standard"),
        ("Microsoft\\ExchangeServer\\v15\\Setup", "MsiInstallPath", "D:\\Exchange\\V15\\"),
    ]);
    made.put("C/WINDOWS/system32/Config/system", &system);
    made.put("C/WINDOWS/system32/Config/SOFTWARE", &software);
    made.put("C/Users/anna/NTUSER.DAT", b"regf of anna");
    made.put("D/addata/NTDS.DIT", b"the database");
    made.put("D/ADLogs/edb.log", b"its log");
    made.put("D/Exchange/V15/FrontEnd/HttpProxy/owa/auth/errorEE.aspx", b"<%@ Page %>");
    made
}

#[test]
fn paths_in_the_registry_are_collected() {
    let made = domain_controller();
    let artifacts = ["WindowsNTDSDatabaseFiles", "ExchangeWebRootFiles"];
    let (json, _) = made.collect(artifacts.iter().flat_map(|name| ["--artifact", *name]));
    assert!(json["items"]["failed"] == 0 && json["items"]["denied"] == 0, "{json}");
    for path in ["addata/NTDS.DIT", "Exchange/V15/FrontEnd/HttpProxy/owa/auth/errorEE.aspx"] {
        let record = made.record(path);
        assert_eq!(
            (&record["outcome"], &record["origin"]["volume"]["drive"]),
            (&"collected".into(), &"D".into()),
            "{record}"
        );
    }
}

#[test]
fn the_opening_has_the_host_name_of_the_registry() {
    let made = domain_controller();
    made.collect(["--artifact", "WindowsNTDSDatabaseFiles"]);
    let opening = std::fs::read_to_string(made.unpack().join("veldkit.json")).unwrap();
    let opening: serde_json::Value = serde_json::from_str(&opening).unwrap();
    assert_eq!(opening["host"]["name"], "STADHUIS-DC1", "{opening}");
    assert_eq!(opening["host"]["os"], "Windows Server 2019 Standard", "{opening}");
    assert!(made.bundle().to_string_lossy().contains("STADHUIS-DC1"), "{}", made.bundle().display());
}

#[test]
fn a_broken_hive_loses_only_its_own_facts() {
    let made = domain_controller();
    made.put("C/WINDOWS/system32/Config/system", &[b"regf".to_vec(), vec![0xff; 9_000]].concat());
    let (json, code) = made.collect(["--artifact", "ExchangeWebRootFiles"]);
    // What it would have said of the host is not known, and that has a record.
    assert_eq!((code, &json["items"]["failed"]), (3, &1.into()), "{json}");
    let record = made.record("Windows/System32/config/SYSTEM");
    assert_eq!(record["artifact"], "veldkit:target", "{record}");
    assert_eq!(made.record("Exchange/V15/FrontEnd/HttpProxy/owa/auth/errorEE.aspx")["outcome"], "collected");
}

#[test]
fn changes_only_in_a_hives_log_are_seen() {
    // The hive as it was written last, and in its log what came after: another name of the host.
    let of =
        |name: &str| hive(&[("ControlSet001\\Control\\ComputerName\\ComputerName", "ComputerName", name)]);
    let (mut old, new) = (of("STADHUIS-OUD1"), of("STADHUIS-NEW1"));
    old[4..8].copy_from_slice(&9_u32.to_le_bytes());
    old[8..12].copy_from_slice(&8_u32.to_le_bytes());
    let sum = |block: &[u8]| {
        let words = block[..508].chunks(4).map(|four| u32::from_le_bytes(four.try_into().unwrap()));
        words.fold(0, |sum, word| sum ^ word).to_le_bytes()
    };
    let mut log = new[..512].to_vec();
    log[4..8].copy_from_slice(&9_u32.to_le_bytes());
    log[8..12].copy_from_slice(&9_u32.to_le_bytes());
    let sum = sum(&log);
    log[508..512].copy_from_slice(&sum);
    let bins = new.len() - 4096;
    log.extend(b"DIRT");
    log.extend(vec![0xff; bins / 512 / 8]);
    log.resize(log.len().next_multiple_of(512), 0);
    log.extend(&new[4096..]);
    let made = domain_controller();
    made.put("C/WINDOWS/system32/Config/system", &old);
    made.put("C/WINDOWS/system32/Config/SYSTEM.LOG", &log);
    made.collect(["--artifact", "WindowsSystemRegistryFiles"]);
    let opening = std::fs::read_to_string(made.unpack().join("veldkit.json")).unwrap();
    let opening: serde_json::Value = serde_json::from_str(&opening).unwrap();
    assert_eq!(opening["host"]["name"], "STADHUIS-NEW1", "{opening}");
    // What is collected are the files as they stand.
    assert_eq!(made.record("WINDOWS/system32/Config/system")["metadata"]["size"], old.len());
}

/// Definitions as the official set has them, and a playbook that asks for them.
const REGISTRY: &str = r"playbook: runs
version: 1
title: {nl: sleutels, en: keys}
description: {nl: sleutels, en: keys}
artifacts: [TestRunKeys]
---
name: TestRunKeys
doc: Run keys of the machine and of each user.
sources:
- type: REGISTRY_KEY
  attributes:
    keys:
    - 'HKEY_LOCAL_MACHINE\Software\Microsoft\Windows\CurrentVersion\Run\*'
    - 'HKEY_USERS\%%users.sid%%\Software\Microsoft\Windows\CurrentVersion\Run\*'
- type: REGISTRY_VALUE
  attributes:
    key_value_pairs:
    - {key: 'HKEY_LOCAL_MACHINE\System\CurrentControlSet\Services\*', value: 'ImagePath'}
supported_os: [Windows]
";

#[test]
fn keys_and_values_of_the_registry_become_rows() {
    let made = Made::new();
    let run = "Software\\Microsoft\\Windows\\CurrentVersion\\Run";
    let system = hive(&[("ControlSet001\\Services\\Kwaad", "ImagePath", "C:\\k.exe")]);
    made.put("C/Windows/System32/config/SYSTEM", &system);
    let profile = "Microsoft\\Windows NT\\CurrentVersion\\ProfileList\\S-1-5-21-7-8-9-1001";
    let software = [
        ("Microsoft\\Windows\\CurrentVersion\\Run", "Bijwerker", "b.exe"),
        (profile, "ProfileImagePath", "C:\\Users\\anna"),
    ];
    made.put("C/Windows/System32/config/SOFTWARE", &hive(&software));
    made.put("C/Users/anna/NTUSER.DAT", &hive(&[(run, "Van Anna", "a.exe")]));
    made.put("C/Users/kapot/NTUSER.DAT", &[b"regf".to_vec(), vec![0xff; 600]].concat());
    std::fs::write(made.path().join("extra.yaml"), REGISTRY).unwrap();
    let (json, code) = made.collect(["--playbook", "extra.yaml"]);
    let folder = made.unpack();
    let rows = std::fs::read_to_string(folder.join("derived/TestRunKeys.jsonl")).unwrap();
    let rows: Vec<serde_json::Value> = rows.lines().map(|row| serde_json::from_str(row).unwrap()).collect();
    assert_eq!(rows[0]["schema"], "urn:veldkit:derived:registry:1", "{rows:#?}");
    let value = |key: &str, name: &str| {
        let found = rows.iter().find(|row| row["key"] == key && row["name"] == name);
        found.unwrap_or_else(|| panic!("no {key}:{name} in {rows:#?}"))["text"].clone()
    };
    let user = format!("HKEY_USERS\\S-1-5-21-7-8-9-1001\\{run}");
    assert_eq!(
        value(&format!("HKEY_LOCAL_MACHINE\\{}", run.replace("Software", "SOFTWARE")), "Bijwerker"),
        "b.exe"
    );
    assert_eq!(value(&user, "Van Anna"), "a.exe");
    let service = "HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Services\\Kwaad";
    assert_eq!(value(service, "ImagePath"), "C:\\k.exe");
    // The hive that is broken is named, and makes the item partial.
    assert_eq!(code, 3, "{json}");
    assert!(
        rows.iter().any(|row| row["row"] == "broken" && row["hive"] == "C:\\Users\\kapot\\NTUSER.DAT"),
        "{rows:#?}"
    );
}

/// The reason in the record of an artifact's rows, and the exit code.
fn lacking(made: &Made, arguments: [&str; 2]) -> (String, i32) {
    let (_, code) = made.collect(arguments);
    let records = made.records();
    let rows = records.iter().find(|record| record["kind"] == "rows").unwrap();
    (rows["reason"]["detail"].as_str().unwrap_or_default().to_owned(), code)
}

#[test]
fn missing_hives_make_the_rows_incomplete() {
    let profile = "Microsoft\\Windows NT\\CurrentVersion\\ProfileList\\S-1-5-21-7-8-9-1001";
    let software = hive(&[(profile, "ProfileImagePath", "D:\\Users\\anna")]);
    let cut = software[..software.len() - 4_096].to_vec();
    for (content, says) in [
        (software, "folder is not on the system's drive: D:\\Users\\anna"),
        (cut, "SOFTWARE"),
        (Vec::new(), "SOFTWARE"),
    ] {
        let made = Made::new();
        let system = hive(&[("ControlSet001\\Services\\A", "ImagePath", "C:\\a.exe")]);
        made.put("C/Windows/System32/config/SYSTEM", &system);
        made.put("C/Windows/System32/config/SOFTWARE", &content);
        std::fs::write(made.path().join("extra.yaml"), REGISTRY).unwrap();
        let (reason, code) = lacking(&made, ["--playbook", "extra.yaml"]);
        assert!(reason.contains(says), "{says}: {reason}");
        assert_eq!(code, 3, "{says}");
    }
}

#[test]
fn a_hosts_file_that_is_malformed_or_too_long_makes_the_network_incomplete() {
    let hosts = "C/WINDOWS/system32/drivers/etc/hosts";
    for is_folder in [true, false] {
        let made = domain_controller();
        if is_folder {
            made.put(&format!("{hosts}/x"), b"");
        } else {
            let file = made.put(hosts, b"192.0.2.1 first\r\n");
            std::fs::OpenOptions::new().write(true).open(file).unwrap().set_len(17 << 20).unwrap();
        }
        let (reason, code) = lacking(&made, ["--artifact", "LiveNetwork"]);
        let lacks = reason.contains("hosts': it is longer than 16777216 bytes");
        // What has the name of a file and is a folder is no hosts file, as Windows sees it; the hive of anna is broken.
        assert_eq!((lacks, code), (!is_folder, 3), "{reason}");
    }
}

#[test]
fn rules_and_profiles_of_the_firewall_have_rows_with_policy_ones_marked() {
    let made = Made::new();
    let place = "ControlSet001\\Services\\SharedAccess\\Parameters\\FirewallPolicy";
    let own = "v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=4444|App=C:\\Users\\Public\\k.exe|Name=Kwaad|";
    let policy = "v2.30|Action=Block|Active=TRUE|Dir=Out|RA4=203.0.113.9|Name=Dicht|";
    let mut system = HiveBuilder::new().unwrap();
    let text = |text: &str| text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let rules = system.create_key(&format!("{place}\\FirewallRules")).unwrap();
    system.add_value(rules, "{1}", DataType::String, &text(own)).unwrap();
    let profile = system.create_key(&format!("{place}\\PublicProfile")).unwrap();
    for (name, number) in [("EnableFirewall", 0_u32), ("DefaultInboundAction", 1)] {
        system.add_value(profile, name, DataType::Dword, &number.to_le_bytes()).unwrap();
    }
    made.put("C/Windows/System32/config/SYSTEM", &system.to_bytes().unwrap());
    let software = [("Policies\\Microsoft\\WindowsFirewall\\FirewallRules", "{2}", policy)];
    made.put("C/Windows/System32/config/SOFTWARE", &hive(&software));
    let (json, code) = made.collect(["--artifact", "LiveNetwork"]);
    assert_eq!(code, 0, "{json}");
    let rows = std::fs::read_to_string(made.unpack().join("derived/LiveNetwork.jsonl")).unwrap();
    let rows: Vec<serde_json::Value> = rows.lines().map(|row| serde_json::from_str(row).unwrap()).collect();
    let of = |kind: &str| rows.iter().filter(|row| row["row"] == kind).cloned().collect::<Vec<_>>();
    assert_eq!(
        of("firewall_rule"),
        [
            serde_json::json!({
                "row": "firewall_rule", "id": "{1}", "registry_key": format!("{place}\\FirewallRules"), "name": "Kwaad",
                "active": true, "action": "Allow", "direction": "In", "protocol": 6, "local_ports": ["4444"],
                "program": "C:\\Users\\Public\\k.exe", "as_written": own
            }),
            serde_json::json!({
                "row": "firewall_rule", "id": "{2}", "policy": true, "name": "Dicht", "active": true,
                "registry_key": "Policies\\Microsoft\\WindowsFirewall\\FirewallRules", "action": "Block",
                "direction": "Out", "remote_addresses": ["203.0.113.9"], "as_written": policy
            }),
        ]
    );
    assert_eq!(
        of("firewall_profile"),
        [
            serde_json::json!({"row": "firewall_profile", "profile": "public", "enabled": false, "inbound": "block"})
        ]
    );
}
