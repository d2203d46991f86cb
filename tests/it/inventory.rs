//! `veldkit inventory`: held against the official schema of CycloneDX, and against what dpkg itself says.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::made::{Made, text};

fn put_system(made: &Made) {
    made.put(
        "var/lib/dpkg/status",
        b"Package: bash\nStatus: install ok installed\nMaintainer: Matthias Klose <doko@debian.org>\nArchitecture: amd64\nVersion: 5.2.15-2+b2\n\n\
          Package: gone\nStatus: deinstall ok config-files\nArchitecture: all\nVersion: 1\n",
    );
    made.put("sys/class/dmi/id/sys_vendor", b"Veld\n");
    made.put("sys/class/dmi/id/product_name", b"Box 1\n");
    made.put("sys/class/dmi/id/bios_version", b"1.2\n");
}

fn inventory(made: &Made, arguments: &[&str]) -> (String, i32) {
    let output = made.veldkit([&["inventory", "--root", "tree"], arguments].concat());
    (text(&output.stdout), output.status.code().unwrap())
}

#[test]
fn a_tree_has_rows_of_its_system_software_and_hardware() {
    let made = Made::linux();
    put_system(&made);
    let (out, code) = inventory(&made, &[]);
    assert_eq!(code, 0, "{out}");
    let document: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&document["bomFormat"], &document["specVersion"]), (&"CycloneDX".into(), &"1.6".into()));
    assert_eq!(document["metadata"]["component"]["name"], "stadhuis01");
    let components = document["components"].as_array().unwrap();
    let of = |name: &str| {
        components.iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("{name}: {out}"))
    };
    assert_eq!(of("Debian GNU/Linux 12")["cpe"], "cpe:2.3:o:debian:debian_linux:12:*:*:*:*:*:*:*");
    assert_eq!(of("bash")["purl"], "pkg:deb/debian/bash@5.2.15-2%2Bb2?arch=amd64&distro=debian-12");
    assert_eq!(of("bash")["supplier"]["name"], "Matthias Klose");
    assert_eq!((&of("Box 1")["type"], &of("BIOS")["version"]), (&"device".into(), &"1.2".into()));
    assert!(!out.contains("gone"));

    let (table, code) = inventory(&made, &["--format", "csv"]);
    assert_eq!(code, 0);
    assert!(table.starts_with("host,kind,name,version,vendor,architecture,purl,cpe\r\n"), "{table}");
    assert!(table.contains("stadhuis01,software,bash,5.2.15-2+b2,Matthias Klose,amd64,pkg:deb/"), "{table}");
}

#[test]
fn the_registry_of_a_windows_has_its_software_patches_and_hardware() {
    let made = Made::new();
    let mut system = regf::HiveBuilder::new().unwrap();
    let mut software = regf::HiveBuilder::new().unwrap();
    let text = |builder: &mut regf::HiveBuilder, key: &str, name: &str, text: &str| {
        let key = builder.create_key(key).unwrap();
        let bytes: Vec<u8> = text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
        builder.add_value(key, name, regf::DataType::String, &bytes).unwrap();
    };
    let number = |builder: &mut regf::HiveBuilder, key: &str, name: &str, number: u32| {
        let key = builder.create_key(key).unwrap();
        builder.add_value(key, name, regf::DataType::Dword, &number.to_le_bytes()).unwrap();
    };
    let information = "ControlSet001\\Control\\SystemInformation";
    text(&mut system, "ControlSet001\\Control\\ComputerName\\ComputerName", "ComputerName", "STADHUIS-W1");
    text(&mut system, information, "SystemProductName", "OptiPlex");
    text(&mut system, information, "BIOSVersion", "1.9");
    let version = "Microsoft\\Windows NT\\CurrentVersion";
    text(&mut software, version, "ProductName", "Windows Server 2019 Standard");
    text(&mut software, version, "CurrentBuildNumber", "17763");
    number(&mut software, version, "UBR", 5458);
    for (place, name, shown) in [
        ("Microsoft", "7-Zip", "7-Zip 23.01 (x64)"),
        ("WOW6432Node\\Microsoft", "{1}", "Old Reader"),
        ("Microsoft", "{2}", "Part of another"),
    ] {
        let key = format!("{place}\\Windows\\CurrentVersion\\Uninstall\\{name}");
        text(&mut software, &key, "DisplayName", shown);
        text(&mut software, &key, "DisplayVersion", "23.01");
        text(&mut software, &key, "Publisher", "Igor Pavlov");
        number(&mut software, &key, "SystemComponent", u32::from(name == "{2}"));
    }
    let packages = "Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\Packages";
    for (name, state) in [("KB5034441", 112), ("KB1", 32)] {
        let key = format!("{packages}\\Package_for_{name}~31bf3856ad364e35~amd64~~10.0.1.3");
        number(&mut software, &key, "CurrentState", state);
    }
    made.put("C/Windows/System32/config/SYSTEM", &system.to_bytes().unwrap());
    made.put("C/Windows/System32/config/SOFTWARE", &software.to_bytes().unwrap());
    let (table, code) = inventory(&made, &["--format", "csv"]);
    assert_eq!(code, 0, "{table}");
    let lines: Vec<_> = table.trim_end().split("\r\n").skip(1).collect();
    let mut lines: Vec<_> = lines.iter().map(|line| line.strip_prefix("STADHUIS-W1,").unwrap()).collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "firmware,BIOS,1.9,,,,",
            "hardware,OptiPlex,,,,,",
            "operating system,Windows Server 2019 Standard,17763.5458,Microsoft Corporation,,,",
            "patch,KB5034441,10.0.1.3,Microsoft Corporation,amd64,,",
            "software,7-Zip 23.01 (x64),23.01,Igor Pavlov,,,",
            "software,Old Reader,23.01,Igor Pavlov,,,",
        ]
    );
}

#[test]
fn packages_of_rpm_that_cannot_be_read_are_lacking_and_the_answer_says_so() {
    for (name, content, why) in [
        ("rpmdb.sqlite", &b"SQLite format 3\0"[..], "rpmdb.sqlite"),
        ("Packages.db", b"RpmP\0\0\0\0", "Packages.db"),
        ("Packages", &[0; 100], "Berkeley DB"),
    ] {
        let made = Made::linux();
        made.put(&format!("var/lib/rpm/{name}"), content);
        let output = made.veldkit(["inventory", "--root", "tree"]);
        assert_eq!(output.status.code(), Some(3));
        assert!(text(&output.stderr).contains(why), "{}", text(&output.stderr));
        assert!(text(&output.stdout).contains("veldkit:lacking"));
    }
}

#[test]
fn the_packages_of_this_host_are_those_of_dpkg() {
    let made = Made::new();
    let output = made.veldkit(["inventory"]);
    let document: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", text(&output.stderr)));
    let said = Command::new("dpkg-query")
        .args(["-W", "-f", "${db:Status-Status} ${Package} ${Version} ${Architecture}\n"])
        .output()
        .unwrap();
    let said = text(&said.stdout);
    let theirs: BTreeSet<_> =
        said.lines().filter_map(|line| line.strip_prefix("installed ")).map(str::to_owned).collect();
    let ours: BTreeSet<_> = document["components"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["purl"].as_str().is_some_and(|purl| purl.starts_with("pkg:deb/")))
        .map(|one| {
            let word = |value: &Value| value.as_str().unwrap().to_owned();
            format!(
                "{} {} {}",
                word(&one["name"]),
                word(&one["version"]),
                word(&one["properties"][0]["value"])
            )
        })
        .collect();
    assert!(!theirs.is_empty());
    assert_eq!(ours, theirs);
}

#[test]
#[ignore = "needs cyclonedx-python-lib"]
fn the_document_passes_the_official_schema() {
    let made = Made::linux();
    put_system(&made);
    for (name, arguments) in [("tree", vec!["inventory", "--root", "tree"]), ("live", vec!["inventory"])] {
        let output = made.veldkit(arguments);
        assert!(output.status.success(), "{}", text(&output.stderr));
        let file = made.path().join(format!("{name}.json"));
        fs::write(&file, &output.stdout).unwrap();
        assert_eq!(validate(&file), "valid\n", "{name}");
        // The validator does refuse what is not as the schema wants.
        let broken = text(&output.stdout).replace("\"bomFormat\": \"CycloneDX\"", "\"bomFormat\": \"Other\"");
        fs::write(&file, broken).unwrap();
        assert_ne!(validate(&file), "valid\n", "{name}");
    }
}

/// What the official library says of a document.
fn validate(file: &Path) -> String {
    let python = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/venv/bin/python3");
    let script = "import sys\nfrom cyclonedx.validation.json import JsonStrictValidator\nfrom cyclonedx.schema import SchemaVersion\n\
        error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(open(sys.argv[1]).read())\nprint('valid' if error is None else error)\n";
    let output = Command::new(python).args(["-c", script]).arg(file).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}
