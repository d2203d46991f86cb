//! What was once left out in silence: each example of a kind, with the right value.

use std::fs;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;

use serde_json::Value;

use crate::made::{Made, text};

fn rows(unpacked: &Path, artifact: &str) -> Vec<Value> {
    let content = fs::read_to_string(unpacked.join(format!("derived/{artifact}.jsonl"))).unwrap();
    content.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The rows of one artifact of the tree, and the exit code.
fn collected(made: &Made, artifact: &str) -> (Vec<Value>, i32) {
    let (_, code) = made.collect(["--artifact", artifact, "--no-scan"]);
    (rows(&made.unpack(), artifact), code)
}

/// A logon as x86-64's C library writes it (utmp(5)), or in big-endian order.
fn logon(user: &str, seconds: i32, big: bool) -> Vec<u8> {
    let mut record = vec![0; 384];
    let order = |bytes: [u8; 4]| if big { [bytes[3], bytes[2], bytes[1], bytes[0]] } else { bytes };
    record[..2].copy_from_slice(if big { &[0, 7] } else { &[7, 0] });
    record[4..8].copy_from_slice(&order(4_242_u32.to_le_bytes()));
    record[8..13].copy_from_slice(b"pts/0");
    record[44..44 + user.len()].copy_from_slice(user.as_bytes());
    record[76..84].copy_from_slice(b"10.0.0.1");
    record[340..344].copy_from_slice(&order(seconds.to_le_bytes()));
    record
}

fn logons(big: bool, of: std::ops::Range<i32>) -> Vec<u8> {
    of.flat_map(|number| logon(&format!("u{number}"), 1_700_000_000 + number, big)).collect()
}

#[test]
fn every_logon_of_a_damaged_wtmp_has_a_row_and_what_is_none_is_counted() {
    for big in [false, true] {
        for (between, none) in
            [(vec![], 0), (vec![0; 100], 100), (vec![0xee; 800], 800), (vec![0; 384 * 3], 0)]
        {
            let made = Made::linux();
            made.put("var/log/wtmp", &[logons(big, 0..5), between, logons(big, 5..20)].concat());
            let (rows, code) = collected(&made, "LiveLogons");
            let users: Vec<_> = rows
                .iter()
                .filter(|row| row["row"] == "logon" && row["file"] == "/var/log/wtmp")
                .map(|row| row["user"].clone())
                .collect();
            assert_eq!(users, (0..20).map(|number| Value::from(format!("u{number}"))).collect::<Vec<_>>());
            let file = rows.iter().find(|row| row["row"] == "file").unwrap();
            assert_eq!(file["told"], 20);
            assert_eq!(file["no_record_bytes"].as_u64().unwrap_or(0), none, "{file}");
            assert_eq!(code, if none == 0 { 0 } else { 3 });
        }
    }
}

#[test]
fn records_that_are_older_than_those_that_get_rows_are_counted_and_the_run_is_partial() {
    let made = Made::linux();
    let one = logon("anna", 1_700_000_000, false);
    made.put("var/log/wtmp", &one.repeat(200_002));
    let line = "Nov 24 10:00:00 h sshd[1]: Accepted password for anna from 192.0.2.7 port 1 ssh2\n";
    made.put("var/log/auth.log", line.repeat(20_003).as_bytes());
    let (rows, code) = collected(&made, "LiveLogons");
    let of = |file: &str| {
        let row = rows.iter().find(|row| row["row"] == "file" && row["file"] == file).unwrap();
        (row["records"].as_u64().unwrap(), row["told"].as_u64().unwrap())
    };
    assert_eq!(of("/var/log/wtmp"), (200_002, 200_000));
    assert_eq!(of("/var/log/auth.log"), (20_003, 20_000));
    assert_eq!(code, 3);
}

#[test]
fn the_last_logon_of_a_deleted_user_and_of_one_of_the_domain_has_a_row() {
    for big in [false, true] {
        let made = Made::linux();
        let path = made.put("var/log/lastlog", b"");
        let mut file = fs::OpenOptions::new().write(true).open(path).unwrap();
        for (user, seconds) in
            [(0_u64, 1_700_000_000_u32), (1_007, 1_700_000_100), (1_203_601, 1_700_000_200)]
        {
            let mut record = vec![0; 292];
            record[..4].copy_from_slice(&if big { seconds.to_be_bytes() } else { seconds.to_le_bytes() });
            record[36..44].copy_from_slice(b"10.0.0.3");
            file.seek(SeekFrom::Start(user * 292)).unwrap();
            file.write_all(&record).unwrap();
        }
        drop(file);
        let (rows, code) = collected(&made, "LiveLogons");
        let last: Vec<_> = rows.iter().filter(|row| row["row"] == "last_logon").collect();
        let ids: Vec<_> = last.iter().map(|row| row["user_id"].as_u64().unwrap()).collect();
        assert_eq!((ids, code), (vec![0, 1_007, 1_203_601], 0));
        assert_eq!((last[0]["user"].as_str(), last[1]["user"].as_str()), (Some("root"), None));
        assert_eq!(last[2]["time"], "2023-11-14T22:16:40Z");
    }
}

#[test]
fn what_every_distribution_starts_by_itself_has_a_row() {
    let made = Made::linux();
    let places = [
        ("etc/cron.d/a", "-*/5 * * * * root /opt/a1\n~ 1 * * * root /opt/a2\n"),
        ("var/spool/cron/tabs/anna", "@daily /opt/b\n"),
        ("etc/crontabs/root", "*/5 * * * * /opt/c\n"),
        ("etc/inittab", "x:2345:respawn:/opt/d\n"),
        ("etc/init/job.conf", "start on startup\nscript\n  /opt/e\nend script\n"),
        ("etc/xinetd.d/y", "service y\n{\n  disable = no\n  server = /opt/f\n}\n"),
        ("etc/inetd.conf", "ftp stream tcp nowait root /opt/g g\n"),
        ("etc/apt/apt.conf.d/99", "APT::Update::Post-Invoke {\"/opt/h\";};\n"),
        ("etc/dnf/plugins/post-transaction-actions.d/i.action", "*:any:/opt/i\n"),
        ("etc/pacman.d/hooks/j.hook", "[Action]\nExec = /opt/j\n"),
        ("etc/dpkg/dpkg.cfg.d/k", "post-invoke=/opt/k\n"),
        ("etc/logrotate.d/l", "/var/log/l {\n postrotate\n /opt/l\n endscript\n}\n"),
        ("etc/network/interfaces", "iface eth0 inet dhcp\n up /opt/m\n"),
        ("etc/gitconfig", "[core]\n hooksPath = /opt/n\n"),
        ("etc/systemd/system/o.service.d/x.conf", "[Service]\nEnvironment=\"LD_PRELOAD=/opt/o\"\n"),
        ("etc/systemd/system.conf", "[Manager]\nDefaultEnvironment=LD_AUDIT=/opt/p\n"),
        ("etc/systemd/system.control/q.service", "[Service]\nExecStart=/opt/q\n"),
        ("run/user/1000/systemd/transient/r.service", "[Service]\nExecStart=/opt/r\n"),
        ("etc/default/s", "LD_PRELOAD=/opt/s\n"),
        ("run/modprobe.d/t.conf", "install usb-storage /opt/t\n"),
        ("etc/apt/apt.conf", "DPkg {\n Post-Invoke { \"/opt/aa\"; };\n};\n"),
        ("etc/systemd/system/bb.service", "[Service]\nExecStart=/opt/bb \\"),
        ("var/spool/fcron/root.orig", "&bootrun 0 5 * * * /opt/cc\n"),
        (
            "home/anna/.config/containers/systemd/dd.container",
            "[Container]\nImage=x.example/dd\nExec=/opt/dd\n",
        ),
        (
            "etc/systemd/system/ii.service",
            "[Service]\nEnvironmentFile=/opt/ii\nEnvironmentFile=-/etc/default/ii\n",
        ),
        ("etc/acpi/events/ee", "event=button/power.*\naction=/opt/ee\n"),
        ("etc/audit/plugins.d/ff.conf", "active = yes\npath = /opt/ff\n"),
        ("etc/sysctl.d/gg.conf", "kernel.core_pattern=|/opt/gg %p\n"),
        (
            "etc/ssh/sshd_config",
            "Include sshd_config.d/*.conf\nInclude /srv/own/*\nInclude /etc/ssh/sshd_config\n\
             AuthorizedKeysCommand /opt/jj %u\nMatch User anna\n  ForceCommand /opt/kk\n",
        ),
        ("srv/own/extra", "forcecommand=/opt/ll\n"),
        ("etc/rsyslog.conf", "$IncludeConfig /srv/log.conf\naction(type=\"omprog\" binary=\"/opt/mm -q\")\n"),
        ("srv/log.conf", "auth.* ^/opt/nn\n"),
        ("etc/ld.so.conf", "include ld.so.conf.d/*.conf\n"),
        ("etc/ld.so.conf.d/oo.conf", "/opt/oo\n"),
        ("usr/lib/binfmt.d/pp.conf", ":pp:M::\\x7fpp::/opt/pp:OC\n"),
        ("etc/syslog-ng/syslog-ng.conf", "destination d { program(\"/opt/qq\"); };\n"),
        ("etc/lightdm/lightdm.conf", "[Seat:*]\nsession-setup-script=/opt/hh\n"),
    ];
    for (path, content) in places {
        made.put(path, content.as_bytes());
    }
    // Alpine's own link, which is absolute.
    fs::create_dir_all(made.tree().join("var/spool/cron")).unwrap();
    std::os::unix::fs::symlink("/etc/crontabs", made.tree().join("var/spool/cron/crontabs")).unwrap();
    // Files that are started themselves.
    let started = [
        "etc/NetworkManager/dispatcher.d/pre-up.d/u",
        "etc/initramfs-tools/scripts/init-bottom/v",
        "etc/periodic/15min/w",
        "etc/kernel/postinst.d/x",
        "etc/rc.local.d/y",
        "etc/sv/z/run",
    ];
    for path in started {
        made.put(path, b"#!/bin/sh\n");
    }
    let (rows, code) = collected(&made, "LiveAutostarts");
    assert_eq!(code, 0);
    let starts: Vec<_> = rows.iter().filter(|row| row["row"] == "start").collect();
    let commands: Vec<_> = starts.iter().filter_map(|row| row["command"].as_str()).collect();
    let wanted = [
        "a1", "a2", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s",
        "t", "aa", "bb", "cc", "dd", "ee", "ff", "gg", "hh", "ii", "jj", "kk", "ll", "mm", "nn", "oo", "pp",
        "qq",
    ];
    for letter in wanted {
        let program = format!("/opt/{letter}");
        let has = |command: &&str| command.split_whitespace().next() == Some(program.as_str());
        assert_eq!(commands.iter().filter(|command| has(command)).count(), 1, "{program}: {commands:#?}");
    }
    for path in started {
        let file = format!("/{path}");
        assert!(starts.iter().any(|row| row["file"] == file.as_str()), "{file}");
    }
}

#[test]
fn a_template_with_an_instance_that_is_wanted_and_a_unit_of_any_directory_are_enabled() {
    let made = Made::linux();
    for (folder, name, instance) in [
        ("etc/systemd/system", "a@.service", "a@x.service"),
        ("usr/local/lib/systemd/system", "b.service", "b.service"),
        ("home/anna/.local/share/systemd/user", "c.service", "c.service"),
    ] {
        made.put(&format!("{folder}/{name}"), b"[Service]\nExecStart=/opt/x\n");
        let wants = made.tree().join(folder).join("default.target.wants");
        fs::create_dir_all(&wants).unwrap();
        std::os::unix::fs::symlink(format!("../{name}"), wants.join(instance)).unwrap();
    }
    made.put("etc/systemd/system/d@.service", b"[Service]\nExecStart=/opt/x\n");
    let (rows, _) = collected(&made, "LiveAutostarts");
    let enabled = |name: &str| {
        let row =
            rows.iter().find(|row| row["file"].as_str().is_some_and(|file| file.ends_with(name))).unwrap();
        row["enabled"].as_bool().unwrap()
    };
    assert_eq!(
        ["a@.service", "b.service", "c.service", "d@.service"].map(enabled),
        [true, true, true, false]
    );
}

#[test]
fn a_package_whose_files_are_on_disk_is_in_the_inventory_whatever_its_state() {
    let made = Made::linux();
    let states = [
        ("a", "install ok installed", true),
        ("b", "hold ok installed", true),
        ("c", "deinstall ok installed", true),
        ("d", "install ok triggers-pending", true),
        ("e", "install ok triggers-awaited", true),
        ("f", "install reinstreq half-configured", true),
        ("g", "install reinstreq half-installed", true),
        ("h", "install ok unpacked", true),
        ("i", "deinstall ok config-files", false),
        ("j", "purge ok not-installed", false),
    ];
    let stanza = |(name, status, _): &(&str, &str, bool)| {
        format!("Package: is-{name}\nStatus: {status}\nArchitecture: amd64\nVersion: 1\n\n")
    };
    made.put("var/lib/dpkg/status", states.iter().map(stanza).collect::<String>().as_bytes());
    let output = made.veldkit(["inventory", "--root", "tree", "--format", "csv"]);
    let table = text(&output.stdout);
    for (name, status, is_there) in states {
        assert_eq!(table.contains(&format!(",is-{name},")), is_there, "{status}: {table}");
    }
}

#[test]
fn a_command_that_is_longer_than_a_row_keeps_of_it_has_its_size_in_the_row() {
    let made = Made::linux();
    let long = format!("/bin/sh -c '{} /opt/implant'", " ".repeat(5_000));
    made.put("etc/systemd/system/a.service", format!("[Service]\nExecStart={long}\n").as_bytes());
    made.put("etc/cron.d/a", format!("* * * * * root {long}\n").as_bytes());
    let (rows, _) = collected(&made, "LiveAutostarts");
    for file in ["/etc/systemd/system/a.service", "/etc/cron.d/a"] {
        let row = rows.iter().find(|row| row["file"] == file).unwrap();
        assert_eq!(row["command_size"], long.len(), "{row}");
    }
}

/// What a link was named for was stored again for each step that names it.
#[cfg(unix)]
#[test]
fn the_content_that_a_link_was_named_for_is_stored_under_its_name_once() {
    let made = Made::new();
    made.put("usr/lib/os-release", b"ID=debian\n");
    fs::create_dir_all(made.tree().join("etc")).unwrap();
    std::os::unix::fs::symlink("../usr/lib/os-release", made.tree().join("etc/os-release")).unwrap();
    let named = ["--artifact", "LinuxHostIdentity", "--path", "/etc/os-release"];
    made.collect(named);
    let records = made.records();
    let entries: Vec<_> = records
        .iter()
        .filter_map(|record| record["entry"].as_str())
        .filter(|entry| entry.contains("os-release"))
        .collect();
    assert_eq!(entries, ["fs/$rootfs$/etc/os-release", "fs/$rootfs$/usr/lib/os-release"]);
}
