//! Volumes that are damaged, large or unusual, each as a public bug report of this field has it: every file and stream is
//! found, in bounded time, and what is in doubt is reported. Files are compared with `fls`, `icat` and `debugfs`. Made
//! images only; what mounts one needs root.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use veldkit::playbook::{Catalogue, Request};
use veldkit::sources::{Finding, TargetBuilder};

use super::faults::volume;
use super::{Mounted, collect, digests, noise, ntfs, run};
use crate::made::{Made, text};

#[test]
fn a_search_ends_in_whatever_phase_its_time_is_over() {
    let made = Made::new();
    for number in 0..300 {
        made.put(&format!("s/d{number}/x/f"), b"");
    }
    let image = made.path().join("many.img");
    fs::File::create(&image).unwrap().set_len(16 << 20).unwrap();
    let mut command = Command::new("/usr/sbin/mke2fs");
    run(command.args(["-q", "-F", "-t", "ext4", "-N", "4000", "-d"]).arg(made.tree()).arg(&image));
    let target = TargetBuilder::image(&image, None).unwrap().build();
    // Nothing is found by any of these: the receiver of findings is never asked.
    for path in ["/s/*/nothing", "/**/nothing", "/s/d1*/x/n*", "/nothing/*"] {
        let request = Request { paths: vec![path.to_owned()], ..Request::default() };
        let plan = Catalogue::embedded().unwrap().plan(&request, target.os()).unwrap();
        let asked = |limit: u32| {
            // A clock that goes on by one each time that somebody looks.
            let clock = Cell::new(0_u32);
            let (goes_on, mut found) = (|| clock.replace(clock.get() + 1) < limit, 0);
            for step in &plan.steps {
                veldkit::live::find_step_while(&target, step, &goes_on, &mut |finding| {
                    found += u32::from(matches!(finding, Finding::Found(_)));
                    ControlFlow::Continue(())
                });
            }
            (clock.get(), found)
        };
        let (whole, found) = asked(u32::MAX);
        assert_eq!(found, 0, "{path}");
        for limit in [0, 1, 10, 100].into_iter().filter(|limit| *limit < whole) {
            assert_eq!(asked(limit).0, limit + 1, "{path}");
        }
        assert!(whole > 300 || path == "/nothing/*", "{path}: {whole}");
    }
}

/// All files of an ext volume by The Sleuth Kit: their paths, and the digest of what `icat` gives.
fn by_sleuthkit(image: &Path) -> BTreeMap<String, String> {
    let listed = text(&run(Command::new("fls").args(["-r", "-p", "-F", "-u"]).arg(image)));
    let entries = listed.lines().filter_map(|line| {
        let (head, path) = line.split_once(":\t")?;
        let (kind, inode) = head.split_once(' ')?;
        // Without the file system's own, which it makes up.
        (kind == "r/r" && !path.starts_with('$')).then(|| (path.to_owned(), inode.to_owned()))
    });
    entries
        .map(|(path, inode)| {
            let content = run(Command::new("icat").arg(image).arg(inode));
            (path, veldkit::evidence::Digest::of(&content).to_string())
        })
        .collect()
}

#[test]
fn files_of_ext_are_those_of_fls_and_icat() {
    let made = Made::new();
    for number in 0..200_usize {
        let content = noise(number * 97, u64::try_from(number).unwrap());
        made.put(&format!("d{}/e{}/file {number}", number % 7, number % 3), &content);
    }
    made.put("large.bin", &noise(2_000_003, 3));
    for options in [&["-t", "ext4"][..], &["-t", "ext3", "-b", "1024"], &["-t", "ext2"]] {
        let image = made.path().join("files.img");
        fs::File::create(&image).unwrap().set_len(24 << 20).unwrap();
        let mut command = Command::new("/usr/sbin/mke2fs");
        run(command.args(["-q", "-F"]).args(options).arg("-d").arg(made.tree()).arg(&image));
        let output = collect(&made, &image, &["--path", "/"]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let ours = digests(&made.records());
        assert_eq!(ours, by_sleuthkit(&image), "{options:?}");
        assert!(ours.len() > 200);
        made.bundles().iter().for_each(|bundle| fs::remove_file(bundle).unwrap());
    }
}

/// What `debugfs` says to these requests.
fn debugfs(image: &Path, requests: &str) -> String {
    let script = image.with_extension("debugfs");
    fs::write(&script, requests).unwrap();
    let mut command = Command::new("/usr/sbin/debugfs");
    text(&run(command.args(["-w", "-f"]).arg(&script).arg(image)))
}

/// An ext4 volume that was not unmounted, with one transaction in its journal.
fn dirty(made: &Made, name: &str, options: &str) -> PathBuf {
    let image = made.path().join(name);
    fs::write(&image, volume(made, "dirty")).unwrap();
    let block = made.path().join("block");
    fs::write(&block, noise(1024, 5)).unwrap();
    debugfs(&image, &format!("jo {options}\njw -b 3000 {}\njc\n", block.display()));
    image
}

/// Where a block of the journal is in an image.
fn in_the_journal(image: &Path, block: u32) -> u64 {
    let said = debugfs(image, &format!("bmap <8> {block}\n"));
    let number = said.lines().find_map(|line| line.trim().parse::<u64>().ok());
    number.unwrap_or_else(|| panic!("{said}")) * 1024
}

#[test]
fn a_journal_with_a_wrong_checksum_or_fast_commits_leaves_a_doubt() {
    let made = Made::new();
    let end = |image: &Path| {
        let output = collect(&made, image, &["--path", "/"]);
        let record =
            made.records().into_iter().find(|record| record["origin"]["path"] == "etc/hostname").unwrap();
        made.bundles().iter().for_each(|bundle| fs::remove_file(bundle).unwrap());
        (output.status.code().unwrap(), record["read_by"][0].as_str().unwrap().to_owned())
    };
    let image = dirty(&made, "sum.img", "-c -v 3");
    let journal = in_the_journal(&image, 0);
    assert_eq!(end(&image), (0, "raw_ext with its journal".to_owned()));
    let mut superblock = fs::read(&image).unwrap()[usize::try_from(journal).unwrap()..][..1024].to_vec();
    let put = |bytes: &[u8], at: u64| write_at(&image, journal + at, bytes);
    put(&[superblock[255] ^ 1], 255);
    assert_eq!(end(&image), (3, "raw_ext with its journal in doubt".to_owned()));

    // The same with an area of fast commits: 16 blocks at the end of the log, of which the first is one further.
    let log = u32::from_be_bytes(superblock[16..20].try_into().unwrap());
    superblock[43] |= 0x20;
    superblock[0x54..0x58].copy_from_slice(&16_u32.to_be_bytes());
    superblock[252..256].fill(0);
    let sum = superblock.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(
            sum ^ u32::from(*byte),
            |sum, _| if sum & 1 == 1 { (sum >> 1) ^ 0x82f6_3b78 } else { sum >> 1 },
        )
    });
    superblock[252..256].copy_from_slice(&sum.to_be_bytes());
    put(&superblock, 0);
    assert_eq!(end(&image), (0, "raw_ext with its journal".to_owned()));
    let next = u32::from_be_bytes(superblock[24..28].try_into().unwrap()) + 1;
    let head = [&[9, 0, 8, 0, 0, 0, 0, 0][..], &next.to_le_bytes()].concat();
    write_at(&image, in_the_journal(&image, log - 16 + 1), &head);
    assert_eq!(end(&image), (3, "raw_ext with its journal in part".to_owned()));
}

fn write_at(image: &Path, at: u64, bytes: &[u8]) {
    fs::OpenOptions::new().write(true).open(image).unwrap().write_all_at(bytes, at).unwrap();
}

/// Puts a resident stream into a record of the master file table, where a driver lets nobody write.
fn put_stream(image: &Path, record: u64, name: &str, content: &[u8]) {
    let mut bytes = fs::read(image).unwrap();
    let word = |bytes: &[u8], at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let cluster = 512 * u64::from(bytes[13]);
    let mft = u64::from_le_bytes(bytes[48..56].try_into().unwrap()) * cluster;
    let at = usize::try_from(mft + record * 1024).unwrap();
    let units: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let value = (24 + units.len()).next_multiple_of(8);
    let length = (value + content.len()).next_multiple_of(8);
    let mut attribute = vec![0; length];
    let used = usize::try_from(word(&bytes, at + 24)).unwrap();
    attribute[..4].copy_from_slice(&0x80_u32.to_le_bytes());
    attribute[4..8].copy_from_slice(&u32::try_from(length).unwrap().to_le_bytes());
    (attribute[9], attribute[10], attribute[14]) = (u8::try_from(name.len()).unwrap(), 24, 99);
    attribute[16..20].copy_from_slice(&u32::try_from(content.len()).unwrap().to_le_bytes());
    attribute[20] = u8::try_from(value).unwrap();
    attribute[24..24 + units.len()].copy_from_slice(&units);
    attribute[value..value + content.len()].copy_from_slice(content);
    // In front of the mark of the end. No byte of it is one that the update sequence protects.
    let end = at + used - 8;
    assert!((used - 8) % 512 + length + 8 < 510 && word(&bytes, end) == u32::MAX);
    bytes[end..end + length].copy_from_slice(&attribute);
    bytes[end + length..end + length + 8].copy_from_slice(&[0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]);
    bytes[at + 24..at + 28].copy_from_slice(&u32::try_from(used + length).unwrap().to_le_bytes());
    fs::write(image, bytes).unwrap();
}

#[test]
fn streams_of_the_file_systems_own_directories_are_collected_with_all_of_a_volume() {
    let made = Made::new();
    let image = ntfs(&made, "own.img", 16, &[]);
    put_stream(&image, 11, "extend", b"in $Extend");
    put_stream(&image, 7, "boot", b"in $Boot");
    let output = collect(&made, &image, &["--path", "/"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let got = digests(&made.records());
    let sum = |bytes: &[u8]| veldkit::evidence::Digest::of(bytes).to_string();
    assert_eq!(got.get("$Extend:extend"), Some(&sum(b"in $Extend")), "{got:#?}");
    assert_eq!(got.get("$Boot:boot"), Some(&sum(b"in $Boot")), "{got:#?}");
    // Those that it keeps itself are none of these.
    assert_eq!(got.len(), 2, "{got:#?}");
}

#[test]
#[ignore = "needs root"]
fn streams_of_directories_and_of_the_root_are_collected() {
    let made = Made::new();
    let image = ntfs(&made, "streams.img", 16, &[]);
    let mounted = Mounted::new(&image, "streams_interface=xattr");
    mounted.put("d/e/f", "file");
    fs::create_dir(mounted.path("empty")).unwrap();
    for (path, content) in [("", "of the root"), ("d", "of d"), ("d/e", "of e"), ("empty", "of an empty one")]
    {
        run(Command::new("setfattr").args(["-n", "user.s", "-v", content]).arg(mounted.path(path)));
    }
    let reparse = "0x1b00008008000000617070657865632100";
    let set = ["-n", "system.ntfs_reparse_data", "-v", &reparse[..34]];
    run(Command::new("setfattr").args(set).arg(mounted.path("empty")));
    drop(mounted);
    let output = collect(&made, &image, &["--path", "/"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let got = digests(&made.records());
    let sum = |text: &str| veldkit::evidence::Digest::of(text.as_bytes()).to_string();
    for (path, content) in [
        (":s", "of the root"),
        ("d:s", "of d"),
        ("d/e:s", "of e"),
        ("empty:s", "of an empty one"),
        ("d/e/f", "file"),
    ] {
        assert_eq!(got.get(path), Some(&sum(content)), "{path}: {got:#?}");
    }
    let data = [&[0x1b, 0, 0, 0x80, 8, 0, 0, 0][..], b"appexec!"].concat();
    let wanted = veldkit::evidence::Digest::of(&data).to_string();
    assert_eq!(got.get("empty::$REPARSE_POINT"), Some(&wanted), "{got:#?}");
    // Only what is asked for: a directory's own streams with the directory.
    made.bundles().iter().for_each(|bundle| fs::remove_file(bundle).unwrap());
    collect(&made, &image, &["--path", "\\d"]);
    assert_eq!(digests(&made.records()).len(), 3);
}
