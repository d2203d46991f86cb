//! What a file system keeps of a file besides its times and mode is in its record: capabilities, access control lists, labels,
//! other extended attributes, and flags.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use rustix::fs::{IFlags, XattrFlags, ioctl_getflags, ioctl_setflags, setxattr};
use serde_json::json;

use crate::made::Made;

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

#[test]
fn a_program_with_a_set_uid_bit_is_flagged_and_one_that_has_none_is_not() {
    let made = Made::linux();
    for (name, mode) in
        [("suid", 0o4755), ("sgid", 0o2755), ("plain", 0o755), ("locking", 0o2644), ("sticky", 0o1755)]
    {
        let path = made.put(&format!("usr/bin/{name}"), b"x");
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
    let (json, code) = made.collect(["--path", "/usr/bin", "--no-scan"]);
    assert_eq!(code, 0, "{json}");
    for (name, flagged) in
        [("suid", true), ("sgid", true), ("plain", false), ("locking", false), ("sticky", false)]
    {
        let notes = made.record(&format!("usr/bin/{name}"))["notes"].to_string();
        assert_eq!(notes.contains("grants_rights"), flagged, "{name}: {notes}");
    }
}

#[test]
fn user_attributes_are_in_the_record_and_the_access_time_stays() {
    let made = Made::linux();
    let path = made.put("srv/download", b"x");
    if setxattr(&path, "user.xdg.origin.url", b"https://example.org/x", XattrFlags::empty()).is_err() {
        eprintln!("the file system of the temporary directory has no extended attributes");
        return;
    }
    setxattr(&path, "user.binary", &[0, 255], XattrFlags::empty()).unwrap();
    for number in 0..40 {
        setxattr(&path, format!("user.many.{number:02}"), &[b'a'; 60], XattrFlags::empty()).unwrap();
    }
    let past = filetime::FileTime::from_unix_time(1_600_000_000, 0);
    filetime::set_file_times(&path, past, past).unwrap();
    let (json, code) = made.collect(["--path", "/srv", "--no-scan"]);
    assert_eq!(code, 0, "{json}");
    let facts = fs::metadata(&path).unwrap();
    assert_eq!(filetime::FileTime::from_last_access_time(&facts), past);
    let record = made.record("srv/download");
    let xattrs = &record["metadata"]["xattrs"];
    let kept = xattrs["other"].as_array().unwrap();
    assert_eq!(kept.len() as u64 + xattrs["left_out"].as_u64().unwrap(), 42, "{xattrs}");
    assert!(xattrs.to_string().len() < 1_500, "an item has a limited record");
    let named = |name: &str| kept.iter().find(|one| one["name"] == name).cloned().unwrap_or_default();
    if !named("user.binary").is_null() {
        assert_eq!(named("user.binary")["value_base64"], "AP8=");
    }
}

#[test]
#[ignore = "needs root"]
fn capabilities_lists_and_flags_are_decoded() {
    let made = Made::linux();
    let capable = made.put("usr/bin/backdoor", b"x");
    let value = words(&[0x0200_0001, 1 << 7, 0, 0, 0]);
    setxattr(&capable, "security.capability", &value, XattrFlags::empty()).unwrap();
    let hidden = made.put("srv/hidden", b"x");
    setxattr(&hidden, "trusted.rootkit", b"here", XattrFlags::empty()).unwrap();
    let entry = |tag: u16, rights: u16, id: u32| {
        [&tag.to_le_bytes()[..], &rights.to_le_bytes(), &id.to_le_bytes()].concat()
    };
    let list = [
        words(&[2]),
        entry(1, 6, u32::MAX),
        entry(2, 6, 1000),
        entry(4, 4, u32::MAX),
        entry(16, 6, u32::MAX),
        entry(32, 4, u32::MAX),
    ];
    setxattr(&hidden, "system.posix_acl_access", &list.concat(), XattrFlags::empty()).unwrap();
    let locked = made.put("etc/cron.d/locked", b"x");
    let log = made.put("var/log/log", b"x");
    let set = |path: &std::path::Path, flags: IFlags| {
        let file = fs::File::open(path).unwrap();
        let others = ioctl_getflags(&file).unwrap() - (IFlags::IMMUTABLE | IFlags::APPEND);
        ioctl_setflags(&file, others | flags).unwrap();
    };
    set(&locked, IFlags::IMMUTABLE);
    set(&log, IFlags::APPEND);
    let (json, code) = made.collect(["--path", "/", "--no-scan"]);
    set(&locked, IFlags::empty());
    set(&log, IFlags::empty());
    assert_eq!(code, 0, "{json}");
    let record = made.record("usr/bin/backdoor");
    let capabilities = json!({"permitted": ["cap_setuid"], "effective": true});
    assert_eq!(record["metadata"]["xattrs"]["capabilities"], capabilities);
    assert!(record["notes"].to_string().contains("grants_rights"), "{record}");
    let xattrs = &made.record("srv/hidden")["metadata"]["xattrs"];
    assert_eq!(xattrs["acl"], "user::rw-,user:1000:rw-,group::r--,mask::rw-,other::r--");
    assert_eq!(xattrs["other"], json!([{"name": "trusted.rootkit", "size": 4, "value": "here"}]));
    assert_eq!(made.record("etc/cron.d/locked")["metadata"]["flags"], json!(["immutable"]));
    assert_eq!(made.record("var/log/log")["metadata"]["flags"], json!(["append_only"]));
    assert_eq!(made.record("etc/passwd")["metadata"].get("flags"), None);
}

/// sshd of another version may read what this one does not; whoever looks for a way in must see the line.
#[test]
fn a_line_of_authorized_keys_that_cannot_be_decoded_is_a_row() {
    let made = Made::linux();
    made.put("etc/passwd", b"root:x:0:0:root:/root:/bin/bash\n");
    let lines = [
        "# a comment is none",
        "",
        "ssh-ed25519 AAAAnot-base64 a@b",
        "ssh-mldsa-44 AAAA future@kind",
        "from=\"10.0.0.1\",command=\"/tmp/x\" ssh-rsa AAAA= cut",
        "2048 35 123456789 version-1@key",
        "nonsense",
    ];
    made.put("root/.ssh/authorized_keys", lines.join("\n").as_bytes());
    made.put("root/.ssh/pgp.pub", b"-----BEGIN PGP PUBLIC KEY BLOCK-----\nmQ\n");
    let (json, code) = made.collect(["--artifact", "LiveAccounts", "--no-scan"]);
    assert_eq!(code, 0, "{json}");
    let rows = fs::read_to_string(made.unpack().join("derived/LiveAccounts.jsonl")).unwrap();
    let rows = rows.lines().map(|row| serde_json::from_str::<serde_json::Value>(row).unwrap());
    let keys: Vec<_> = rows.filter(|row| row["row"] == "ssh_key").collect();
    let unread: Vec<_> =
        keys.iter().map(|row| (row["line"].as_u64().unwrap(), row["unread"].clone())).collect();
    let expected: Vec<_> = (1_u64..).zip(lines).skip(2).map(|(line, text)| (line, json!(text))).collect();
    assert_eq!(unread, expected, "{keys:?}");
    assert!(keys.iter().all(|row| row["fingerprint"] == "" && row["purpose"] == "authorized"), "{keys:?}");
}
