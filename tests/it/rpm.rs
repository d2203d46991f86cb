//! Packages of rpm: built and installed by rpm itself, told as `rpm -qa` tells them, and who owns a file by them.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::made::{Made, text};

/// So many that the database's tree has more than one level.
const PACKAGES: usize = 120;

/// Runs a program in the folder of a test.
fn run(made: &Made, program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(made.path()).output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// A tree in which rpm has installed packages: one with 600 files, whose header stands on many pages.
fn installed() -> Made {
    let made = Made::new();
    let mut spec = "Name: veldkit-proef\nVersion: 1.2\nRelease: 3.el9\nSummary: s\nLicense: EUPL-1.2\nVendor: Gemeente Proef\n\
        BuildArch: noarch\n%description\nd\n"
        .to_owned();
    let (mut install, mut files) = ("%install\n".to_owned(), String::new());
    for number in 0..PACKAGES {
        let epoch = if number % 3 == 0 { format!("Epoch: {number}\n") } else { String::new() };
        writeln!(spec, "%package -n proef{number}\nSummary: s\n{epoch}%description -n proef{number}\nd")
            .unwrap();
        writeln!(install, "mkdir -p %{{buildroot}}/opt/proef{number}; echo {number} > %{{buildroot}}/opt/proef{number}/start").unwrap();
        writeln!(files, "%files -n proef{number}\n/opt/proef{number}").unwrap();
    }
    install +=
        "for file in $(seq 600); do echo $file > %{buildroot}/opt/proef7/file-with-a-long-name-$file; done\n";
    fs::write(made.path().join("proef.spec"), spec + &install + &files).unwrap();
    let top = format!("_topdir {}", made.path().join("top").display());
    run(&made, "rpmbuild", &["-bb", "--quiet", "--define", &top, "proef.spec"]);
    fs::create_dir_all(made.tree().join("var/lib/rpm")).unwrap();
    let install = "rpm --root \"$PWD/tree\" --dbpath /var/lib/rpm --install --nodeps --nosignature --nodigest --justdb --ignoreos \
        top/RPMS/noarch/*.rpm";
    run(&made, "sh", &["-c", install]);
    made.put("etc/os-release", b"ID=rhel\nVERSION_ID=9.4\n");
    made
}

/// What `inventory` tells of packages: name, version, vendor, processor.
fn told(made: &Made) -> BTreeSet<String> {
    let output = made.veldkit(["inventory", "--root", "tree"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let components = document["components"].as_array().unwrap();
    let packages = components.iter().filter_map(|one| one["purl"].as_str().zip(one["version"].as_str()));
    packages.map(|(purl, version)| format!("{purl} {version}")).collect()
}

#[test]
#[ignore = "needs rpm, db5.3-util and root"]
fn packages_are_those_that_rpm_lists_in_each_database_format() {
    let made = installed();
    let query = "rpm --root \"$PWD/tree\" --dbpath /var/lib/rpm -qa --qf \
        'pkg:rpm/rhel/%{NAME}@%{VERSION}-%{RELEASE}?arch=%{ARCH}&distro=rhel-9.4%|EPOCH?{&epoch=%{EPOCH}}:{}| \
        %|EPOCH?{%{EPOCH}:}:{}|%{VERSION}-%{RELEASE}\\n'";
    let by_rpm = run(&made, "sh", &["-c", query]);
    let by_rpm: BTreeSet<String> = by_rpm.lines().map(str::to_owned).collect();
    assert_eq!(by_rpm.len(), PACKAGES);
    assert_eq!(told(&made), by_rpm);

    // Debian's rpm does not write the form that SUSE has: the same headers, laid out as rpm's source says.
    let relaid = r#"
import os, sqlite3, struct
folder = "tree/var/lib/rpm/"
rows = sqlite3.connect(folder + "rpmdb.sqlite").execute("select hnum, blob from Packages").fetchall()
slots, blobs = [b"Slot" + bytes(12)], b""
for number, blob in rows:
    length = (16 + len(blob) + 12 + 15) // 16
    slots.append(struct.pack("<4sIII", b"Slot", number, 256 + len(blobs) // 16, length))
    blobs += (struct.pack("<4sIII", b"BlbS", number, 0, len(blob)) + blob).ljust(length * 16, b"\0")
slots += [b"Slot" + bytes(12)] * (254 - len(slots))
head = struct.pack("<4sIIIIIII", b"RpmP", 0, 1, 1, 1000, 0, 0, 0)
open(folder + "Packages.db", "wb").write(head + b"".join(slots) + blobs)
# What Berkeley DB's own tool makes its form of.
entries = [(0, struct.pack("<I", max(number for number, _ in rows)))] + rows
lines = ["VERSION=3", "format=bytevalue", "type=hash", "db_pagesize=4096", "HEADER=END"]
for number, blob in entries: lines += [" " + struct.pack("<I", number).hex(), " " + blob.hex()]
open("dump", "w").write("\n".join(lines + ["DATA=END", ""]))
for name in os.listdir(folder):
    if name.startswith("rpmdb"): os.remove(folder + name)
"#;
    run(&made, "python3", &["-c", relaid]);
    assert_eq!(told(&made), by_rpm);

    fs::remove_file(made.tree().join("var/lib/rpm/Packages.db")).unwrap();
    run(&made, "db5.3_load", &["-f", "dump", "tree/var/lib/rpm/Packages"]);
    let query = query.replacen("rpm ", "rpm --define '_db_backend bdb_ro' ", 1);
    let again = run(&made, "sh", &["-c", &query]);
    assert_eq!(again.lines().map(str::to_owned).collect::<BTreeSet<_>>(), by_rpm, "rpm reads what was made");
    assert_eq!(told(&made), by_rpm);
}

#[test]
#[ignore = "needs rpm and root"]
fn the_owners_of_autostarts_are_read_from_the_rpm_database() {
    let made = installed();
    for program in ["opt/proef7/start", "opt/proef7/file-with-a-long-name-600", "opt/other"] {
        made.put(program, b"program");
        let unit = format!("[Service]\nExecStart=/{program}\n");
        made.put(&format!("etc/systemd/system/{}.service", program.replace('/', "-")), unit.as_bytes());
    }
    let (json, code) = made.collect(["--artifact", "LiveAutostarts"]);
    assert_eq!(code, 0, "{json}");
    let rows = fs::read_to_string(made.unpack().join("derived/LiveAutostarts.jsonl")).unwrap();
    let rows: Vec<Value> = rows.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let owner = |target: &str| &rows.iter().find(|row| row["target"] == target).unwrap()["owned_by"];
    assert_eq!(owner("/opt/proef7/start"), "proef7");
    assert_eq!(owner("/opt/proef7/file-with-a-long-name-600"), "proef7");
    assert_eq!(owner("/opt/other"), &Value::Null);
    assert!(
        rows.iter()
            .any(|row| row["target"] == "/opt/other" && row.as_object().unwrap().contains_key("owned_by"))
    );
}
