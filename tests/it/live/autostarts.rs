//! `LiveAutostarts`: what a made system starts by itself, with packages; and the units of the Debian tree held against its files.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{live, live_apart, of_kind, rows};
use crate::made::Made;

fn sha256(bytes: &[u8]) -> String {
    veldkit::evidence::Digest::of(bytes).to_string()
}

/// A system in which each kind of place says something, and dpkg knows some of the files.
fn made() -> Made {
    let made = Made::linux();
    for (path, content) in [
        ("usr/sbin/cron", "cron itself"),
        ("usr/bin/changed", "not as packaged"),
        ("usr/bin/python3", "python"),
        ("usr/bin/dash", "dash"),
        ("opt/implant.py", "implant"),
        ("usr/lib/systemd/system/cron.service", "[Service]\nUser=root\nExecStart=/usr/sbin/cron -f $X\n"),
        (
            "etc/systemd/system/evil.service",
            "[Service]\nExecStartPre=-/usr/bin/python3 -u \\\n  /opt/implant.py\nExecStart=/usr/bin/changed\n",
        ),
        ("etc/systemd/system/evil.timer", "[Timer]\nOnCalendar=*:0/5\n"),
        ("etc/cron.d/job", "# x\n*/5 * * * * anna /bin/sh -c '/opt/implant.py --now'\n"),
        ("var/spool/cron/crontabs/anna", "@reboot /tmp/gone\n"),
        ("etc/cron.daily/logs", "#!/bin/sh\n"),
        ("etc/ld.so.preload", "/opt/hook.so\n"),
        ("opt/hook.so", "hook"),
        ("etc/environment", "LD_PRELOAD=/opt/hook.so\n"),
        ("etc/udev/rules.d/99.rules", "ACTION==\"add\", RUN+=\"/opt/implant.py\"\n"),
        ("etc/pam.d/sshd", "auth required pam_own.so\nauth optional pam_exec.so /opt/implant.py\n"),
        ("usr/lib/x86_64-linux-gnu/security/pam_own.so", "own"),
        ("usr/lib/x86_64-linux-gnu/security/pam_exec.so", "exec"),
        ("home/anna/.config/autostart/x.desktop", "[Desktop Entry]\nExec=/opt/implant.py %U\n"),
        ("home/anna/.bashrc", "alias ls=ls\n"),
        ("etc/modprobe.d/a.conf", "install usb-storage /opt/implant.py\n"),
        ("proc/modules", "nf_tables 303104 0 - Live 0x0\nrootkit 16384 0 - Live 0x0 (OE)\n"),
        ("proc/sys/kernel/osrelease", "6.1.0\n"),
        ("usr/lib/modules/6.1.0/modules.dep", "kernel/nf_tables.ko:\n"),
        ("usr/lib/modules/6.1.0/kernel/nf_tables.ko", "module"),
        ("sys/module/hidden/initstate", "live\n"),
        (
            "var/lib/dpkg/info/cron.list",
            "/.\n/usr/sbin/cron\n/lib/systemd/system/cron.service\n/usr/bin/changed\n/usr/bin/python3\n",
        ),
        ("var/lib/dpkg/info/cron.md5sums", "9bbfdebb7a4d2ab3ac8a0a68e4fb7c97  usr/bin/changed\n"),
        (
            "var/lib/dpkg/info/pam.list",
            "/usr/lib/x86_64-linux-gnu/security/pam_exec.so\n/lib/modules/6.1.0/kernel/nf_tables.ko\n/usr/bin/dash\n",
        ),
    ] {
        made.put(path, content.as_bytes());
    }
    let tree = made.tree();
    symlink("usr/lib", tree.join("lib")).unwrap();
    symlink("usr/bin", tree.join("bin")).unwrap();
    symlink("dash", tree.join("usr/bin/sh")).unwrap();
    fs::create_dir_all(tree.join("etc/systemd/system/multi-user.target.wants")).unwrap();
    symlink(
        "/lib/systemd/system/cron.service",
        tree.join("etc/systemd/system/multi-user.target.wants/cron.service"),
    )
    .unwrap();
    made
}

fn starts<'a>(rows: &'a [Value], file: &str) -> Vec<&'a Value> {
    of_kind(rows, "start").into_iter().filter(|row| row["file"] == file).collect()
}

#[test]
fn autostarts_have_their_target_digest_and_package() {
    let made = made();
    let (json, code) = made.collect(["--artifact", "LiveAutostarts"]);
    assert_eq!(code, 0, "{json}");
    let rows = rows(&made.unpack(), "derived/LiveAutostarts.jsonl");
    let one = |file: &str| starts(&rows, file)[0].clone();

    let cron = one("/usr/lib/systemd/system/cron.service");
    assert_eq!(
        (&cron["kind"], &cron["line"], &cron["key"]),
        (&"systemd".into(), &3.into(), &"ExecStart".into())
    );
    assert_eq!(
        (&cron["user"], &cron["enabled"], &cron["command"]),
        (&"root".into(), &true.into(), &"/usr/sbin/cron -f $X".into())
    );
    assert_eq!(
        (&cron["target"], &cron["sha256"]),
        (&"/usr/sbin/cron".into(), &sha256(b"cron itself").into())
    );
    assert_eq!((&cron["owned_by"], &cron["file_owned_by"]), (&"cron".into(), &"cron".into()));

    let evil = starts(&rows, "/etc/systemd/system/evil.service");
    assert_eq!(
        (&evil[0]["target"], &evil[0]["launcher"]),
        (&"/opt/implant.py".into(), &"/usr/bin/python3".into())
    );
    assert_eq!((&evil[0]["enabled"], evil[0].get("owned_by")), (&false.into(), Some(&Value::Null)));
    assert_eq!(evil[0].get("file_owned_by"), Some(&Value::Null));
    assert_eq!((&evil[1]["owned_by"], &evil[1]["as_packaged"]), (&"cron".into(), &false.into()));
    let timer = one("/etc/systemd/system/evil.timer");
    assert_eq!((&timer["schedule"], &timer["command"]), (&"*:0/5".into(), &"evil.service".into()));

    let job = one("/etc/cron.d/job");
    assert_eq!(
        (&job["user"], &job["schedule"], &job["target"]),
        (&"anna".into(), &"*/5 * * * *".into(), &"/opt/implant.py".into())
    );
    let own = one("/var/spool/cron/crontabs/anna");
    assert_eq!(
        (&own["user"], &own["target"], &own["missing"]),
        (&"anna".into(), &"/tmp/gone".into(), &true.into())
    );
    assert_eq!(own.get("owned_by"), None, "nobody can tell whose a file is that is not there");
    assert_eq!(one("/etc/cron.daily/logs")["target"], "/etc/cron.daily/logs");
    assert_eq!(
        (one("/etc/ld.so.preload")["target"].clone(), one("/etc/environment")["key"].clone()),
        ("/opt/hook.so".into(), "LD_PRELOAD".into())
    );
    assert_eq!(one("/etc/environment")["target"], "/opt/hook.so");
    assert_eq!(one("/etc/udev/rules.d/99.rules")["target"], "/opt/implant.py");
    let pam = starts(&rows, "/etc/pam.d/sshd");
    assert_eq!(pam[0]["target"], "/usr/lib/x86_64-linux-gnu/security/pam_own.so");
    assert_eq!(pam[1]["target"], "/opt/implant.py");
    assert_eq!(one("/home/anna/.config/autostart/x.desktop")["target"], "/opt/implant.py");
    assert_eq!(one("/home/anna/.bashrc")["kind"], "profile");
    assert_eq!(one("/etc/modprobe.d/a.conf")["key"], "usb-storage");

    let modules = of_kind(&rows, "module");
    let module = |name: &str| modules.iter().find(|row| row["name"] == name).unwrap();
    assert_eq!(
        (&module("nf_tables")["owned_by"], &module("nf_tables")["sha256"]),
        (&"pam".into(), &sha256(b"module").into())
    );
    assert_eq!((module("rootkit").get("target"), &module("rootkit")["taint"]), (None, &"OE".into()));
    assert_eq!((&module("hidden")["listed"], &module("nf_tables")["listed"]), (&false.into(), &true.into()));
}

#[test]
fn autostarts_of_no_package_or_altered_ones_are_collected_and_scanned() {
    let made = made();
    fs::write(made.path().join("own.yar"), "rule implant { strings: $a = \"implant\" condition: $a }")
        .unwrap();
    let (json, code) = made.collect(["--artifact", "LiveAutostarts", "--rules", "own.yar"]);
    assert_eq!(code, 0, "{json}");
    let records = made.records();
    let taken: BTreeSet<_> = records.iter().filter_map(|record| record["origin"]["path"].as_str()).collect();
    for path in
        ["opt/implant.py", "opt/hook.so", "usr/bin/changed", "home/anna/.bashrc", "etc/cron.daily/logs"]
    {
        assert!(taken.contains(path), "{path}: {taken:?}");
    }
    assert!(!taken.contains("usr/sbin/cron") && !taken.contains("usr/bin/python3"), "{taken:?}");
    let implant = records.iter().find(|record| record["origin"]["path"] == "opt/implant.py").unwrap();
    assert_eq!(implant["hits"][0]["rule"], "implant");
}

#[test]
fn without_a_package_manager_owners_are_unknown_and_nothing_is_collected_for_it() {
    let made = made();
    fs::remove_dir_all(made.tree().join("var/lib/dpkg")).unwrap();
    let (json, code) = made.collect(["--artifact", "LiveAutostarts"]);
    assert_eq!(code, 0, "{json}");
    assert_eq!(made.records().len(), 1);
    let rows = rows(&made.unpack(), "derived/LiveAutostarts.jsonl");
    let cron = starts(&rows, "/usr/lib/systemd/system/cron.service")[0];
    assert_eq!((cron.get("owned_by"), cron.get("file_owned_by")), (None, None));
}

/// What systemd and dpkg themselves say of the Debian tree's units: `ExecStart` lines by grep, owners by `dpkg -S`.
#[test]
#[ignore = "needs debootstrap"]
fn units_of_debian_and_their_owners_are_what_grep_and_dpkg_say() {
    let tree = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/fixtures/debian");
    let made = Made::new();
    let recipient = made.recipient();
    let output = made.veldkit([
        "collect",
        "--root",
        tree.to_str().unwrap(),
        "--artifact",
        "LiveAutostarts",
        "--out",
        "out/",
        "-r",
        &recipient,
        "--quiet",
    ]);
    assert!(output.status.code().is_some_and(|code| code == 0 || code == 3), "{output:?}");
    let rows = rows(&made.unpack(), "derived/LiveAutostarts.jsonl");
    let found = Command::new("grep")
        .args(["-rhoE", "--include=*.service", "^Exec[A-Za-z]*=.+", "usr/lib/systemd/system"])
        .current_dir(&tree)
        .output()
        .unwrap();
    let theirs = String::from_utf8_lossy(&found.stdout).lines().count();
    let units: Vec<_> = of_kind(&rows, "start")
        .into_iter()
        .filter(|row| {
            row["kind"] == "systemd"
                && row["file"].as_str().unwrap().starts_with("/usr/lib/systemd/system/")
                && row["file"].as_str().unwrap().ends_with(".service")
        })
        .collect();
    println!("{} commands of units, {theirs} by grep", units.len());
    assert!(theirs > 0);
    assert_eq!(units.len(), theirs);
    for row in units.iter().take(20) {
        let Some(target) = row["target"].as_str().filter(|_| row.get("missing").is_none()) else { continue };
        // dpkg's lists have the path of before `/usr` was merged, or that of after.
        let plain = target.strip_prefix("/usr").unwrap_or(target);
        let said = Command::new("dpkg")
            .arg("--admindir")
            .arg(tree.join("var/lib/dpkg"))
            .args(["-S", target, plain])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        let owner = row["owned_by"].as_str().unwrap_or("none");
        assert!(
            said.lines().any(|line| line.split(':').next() == Some(owner)),
            "{target}: {owner} and not {said}"
        );
    }
}

#[test]
fn modules_of_the_running_kernel_are_what_proc_says() {
    let made = Made::new();
    let (json, rows) = live(&made, "LiveAutostarts");
    let said = fs::read_to_string("/proc/modules").unwrap_or_default();
    let theirs: BTreeSet<_> =
        said.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect();
    let listed = of_kind(&rows, "module").into_iter().filter(|row| row["listed"] == true);
    let ours: BTreeSet<_> = listed.map(|row| row["name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ours, theirs, "{json}");
    assert!(!of_kind(&rows, "start").is_empty());
}

/// Of a made `/proc`, mounted over the real one in a table of mounts of its own: not every kernel has modules.
#[test]
#[ignore = "needs root and lsmod"]
fn modules_are_what_lsmod_says() {
    let made = Made::new();
    fs::create_dir_all(made.path().join("proc/self")).unwrap();
    let table = "nf_tables 303104 2 nft_compat,nft_chain_nat, Live 0x0000000000000000\n\
        nft_compat 20480 0 - Live 0x0000000000000000\nnft_chain_nat 16384 1 another, Live 0x0000000000000000\n\
        rootkit 16384 0 - Live 0x0000000000000000 (OE)\n";
    fs::write(made.path().join("proc/modules"), table).unwrap();
    // lsmod takes the names from there, and what it says of them from `/sys`.
    for (name, size, users) in [
        ("nf_tables", "303104", &["nft_compat", "nft_chain_nat"][..]),
        ("nft_compat", "20480", &[]),
        ("nft_chain_nat", "16384", &["another"]),
        ("rootkit", "16384", &[]),
    ] {
        let folder = made.path().join("module").join(name);
        fs::create_dir_all(folder.join("holders")).unwrap();
        fs::write(folder.join("coresize"), format!("{size}\n")).unwrap();
        fs::write(folder.join("refcnt"), format!("{}\n", users.len())).unwrap();
        fs::write(folder.join("initstate"), "live\n").unwrap();
        for user in users {
            fs::write(folder.join("holders").join(user), "").unwrap();
        }
    }
    let script = "cp /proc/self/mountinfo proc/self/ && mount --bind module /sys/module \
        && mount --bind proc /proc && lsmod > said";
    let rows = live_apart(&made, "--mount", script, "LiveAutostarts");
    let ours: Vec<String> = of_kind(&rows, "module")
        .iter()
        .filter(|row| row["listed"] == true)
        .map(|row| {
            let users = row["used_by"].as_array().into_iter().flatten();
            let users: BTreeSet<&str> = users.map(|user| user.as_str().unwrap()).collect();
            format!("{} {} {} {users:?}", row["name"].as_str().unwrap(), row["memory"], row["users"])
        })
        .collect();
    let said = fs::read_to_string(made.path().join("said")).unwrap();
    let theirs: Vec<String> = said
        .lines()
        .skip(1)
        .map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let users: BTreeSet<&str> = words.get(3).into_iter().flat_map(|users| users.split(',')).collect();
            format!("{} {} {} {users:?}", words[0], words[1], words[2])
        })
        .collect();
    assert_eq!(ours, theirs, "{said}");
    assert_eq!(ours.len(), 4);
}
