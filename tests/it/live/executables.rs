//! `LiveExecutables`: digests of what runs, and copies of what runs though it was deleted.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

use super::processes::put_stat;
use super::{of_kind, rows, run};
use crate::made::Made;

fn sha256(bytes: &[u8]) -> String {
    veldkit::evidence::Digest::of(bytes).to_string()
}

#[test]
fn a_deleted_program_that_runs_is_copied_and_its_digest_is_that_of_the_file() {
    let made = Made::new();
    let program = made.path().join("sleeper");
    fs::copy("/bin/sleep", &program).unwrap();
    let content = fs::read(&program).unwrap();
    let mut child =
        Command::new(&program).arg("600").stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
    fs::remove_file(&program).unwrap();
    let (json, code) = run(&made, &["--artifact", "LiveExecutables"]);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(code == 0 || code == 3, "{json}");
    let records = made.records();
    let copy = records
        .iter()
        .find(|record| record["origin"]["name"] == format!("executables/{}/sleeper", child.id()))
        .unwrap_or_else(|| panic!("{json}"));
    assert_eq!((&copy["outcome"], &copy["kind"]), (&"collected".into(), &"file".into()));
    assert_eq!(copy["read_by"], serde_json::json!(["proc_exe"]));
    assert_eq!(copy["content"]["sha256_stored"], sha256(&content));
    let unpacked = made.unpack();
    let stored = fs::read(unpacked.join(format!("live/executables/{}/sleeper", child.id()))).unwrap();
    assert!(stored == content);
    let rows = rows(&unpacked, "live/LiveExecutables.jsonl");
    let files = of_kind(&rows, "file");
    let row = files.iter().find(|row| row["path"] == program.to_str().unwrap()).unwrap();
    assert_eq!(
        (&row["deleted"], &row["program"], &row["sha256"]),
        (&true.into(), &true.into(), &sha256(&content).into())
    );
    assert!(row["pids"].as_array().unwrap().contains(&child.id().into()));
}

#[test]
fn programs_mappings_and_loose_code_of_a_copy_have_rows() {
    let made = Made::linux();
    put_stat(&made, 7, "server");
    made.put("usr/bin/server", b"program");
    made.put("usr/lib/libx.so", b"library");
    symlink("usr/lib", made.tree().join("lib")).unwrap();
    symlink("/usr/bin/server", made.tree().join("proc/7/exe")).unwrap();
    made.put(
        "proc/7/maps",
        b"1000-2000 r-xp 00000000 08:02 11 /usr/bin/server\n2000-3000 r-xp 00000000 08:02 12 /lib/libx.so\n\
          3000-5000 rwxp 00000000 00:00 0 \n6000-7000 r-xp 00000000 08:02 13 /tmp/gone.so (deleted)\n",
    );
    let (json, code) = made.collect(["--artifact", "LiveExecutables"]);
    assert_eq!(code, 0, "{json}");
    let rows = rows(&made.unpack(), "derived/LiveExecutables.jsonl");
    let files = of_kind(&rows, "file");
    let file = |path: &str| files.iter().find(|row| row["path"] == path).unwrap();
    assert_eq!(
        (&file("/usr/bin/server")["sha256"], &file("/usr/bin/server")["program"]),
        (&sha256(b"program").into(), &true.into())
    );
    assert_eq!(
        (&file("/lib/libx.so")["sha256"], &file("/lib/libx.so")["replaced"]),
        (&sha256(b"library").into(), &true.into())
    );
    assert_eq!(
        (&file("/tmp/gone.so")["deleted"], &file("/tmp/gone.so")["no_digest"]),
        (&true.into(), &"vanished".into())
    );
    let loose = of_kind(&rows, "loose_code")[0];
    assert_eq!(
        (&loose["pid"], &loose["bytes"], &loose["writable"], &loose["first"]),
        (&7.into(), &0x2000.into(), &1.into(), &"3000".into())
    );
}
