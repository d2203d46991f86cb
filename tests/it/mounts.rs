//! File systems beneath a target: which are crossed, which are left alone, and one that answers nothing. Each is mounted in
//! a namespace of its own, so that nothing of it is left however a test ends. Where a system lets nobody mount, `cargo xtask
//! ci` leaves these tests out.

use std::fs;
use std::process::Command;

#[test]
#[ignore = "needs root"]
fn local_mounts_are_crossed_others_not_and_all_are_listed() {
    let made = crate::made::Made::linux();
    for folder in ["var/log", "proc", "srv/loop"] {
        fs::create_dir_all(made.tree().join(folder)).unwrap();
    }
    let tool = env!("CARGO_BIN_EXE_veldkit");
    // Mounted in a namespace of its own, so that nothing of it is left however the test ends.
    let script = format!(
        "mount -t tmpfs none tree/var/log && echo mounted > tree/var/log/auth.log && mount -t proc none tree/proc \
         && mount --bind tree tree/srv/loop \
         && '{tool}' collect --root tree --path / --out out/ -r {} --quiet --json",
        made.recipient()
    );
    let output =
        Command::new("unshare").args(["--mount", "sh", "-c", &script]).current_dir(made.path()).output();
    let output = output.unwrap();
    let said = crate::made::text(&output.stdout) + &crate::made::text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    let unpacked = made.unpack();
    let log = fs::read_to_string(unpacked.join("fs/$rootfs$/var/log/auth.log")).unwrap();
    assert_eq!(log, "mounted\n");
    assert!(!unpacked.join("fs/$rootfs$/proc").exists());
    let manifest = fs::read_to_string(unpacked.join("manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    let mounts = manifest["mounts"].as_array().unwrap();
    assert_eq!(mounts.len(), 4, "{mounts:#?}");
    let text = serde_json::to_string(mounts).unwrap();
    for told in ["var/log", "proc", "srv/loop"] {
        assert!(text.contains(told), "{told}: {text}");
    }
}

#[test]
#[ignore = "needs root"]
fn a_hanging_mount_costs_only_its_time_limit() {
    let made = crate::made::Made::linux();
    fs::create_dir_all(made.tree().join("mnt/dead")).unwrap();
    let tool = env!("CARGO_BIN_EXE_veldkit");
    // A file system whose program never reads what it is asked.
    let script = format!(
        "exec 3<>/dev/fuse && mount -i -t fuse -o fd=3,rootmode=40000,user_id=0,group_id=0 dead tree/mnt/dead \
         && exec '{tool}' collect --root tree --path /mnt/dead/file --path /etc --path / --out out/ -r {} --quiet --json",
        made.recipient()
    );
    let output =
        Command::new("unshare").args(["--mount", "sh", "-c", &script]).current_dir(made.path()).output();
    let output = output.unwrap();
    let said = crate::made::text(&output.stdout) + &crate::made::text(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    let unpacked = made.unpack();
    let records = fs::read_dir(unpacked.join("records")).unwrap();
    let records: String =
        records.filter_map(|entry| fs::read_to_string(entry.unwrap().path()).ok()).collect();
    assert_eq!(records.matches("\"timeout\"").count(), 1, "{said}");
    assert!(unpacked.join("fs/$rootfs$/etc/passwd").exists(), "{said}");
}
