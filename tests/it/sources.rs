//! Awkward trees: links that lead round or out, things that are no files, files that change under the reader's hands,
//! names and paths at the edge of what a system allows. Each ends as a finding; none ends the run or leads out of it.

use std::fs;
use std::io::Write as _;
use std::ops::ControlFlow;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;
use veldkit::evidence::{Kind, Note, Outcome, ReasonCode};
use veldkit::playbook::{Catalogue, Request};
use veldkit::sources::{Finding, Found, Target, Unread};

/// A small Linux tree.
fn tree() -> TempDir {
    let dir = TempDir::new().unwrap();
    put(dir.path(), "etc/passwd", b"root:x:0:0::/root:/bin/sh\n");
    dir
}

fn put(tree: &Path, path: &str, content: &[u8]) {
    let path = tree.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

/// All that these paths and globs find.
fn find(target: &Target, paths: &[&str]) -> (Vec<Found>, Vec<Unread>) {
    find_while(target, paths, |_| ())
}

/// The same, while `act` changes things; it is told how many were found so far.
fn find_while(target: &Target, paths: &[&str], mut act: impl FnMut(usize)) -> (Vec<Found>, Vec<Unread>) {
    let paths = paths.iter().map(|path| (*path).to_owned()).collect();
    let plan =
        Catalogue::embedded().unwrap().plan(&Request { paths, ..Request::default() }, target.os()).unwrap();
    let (mut found, mut gaps) = (Vec::new(), Vec::new());
    for step in &plan.steps {
        veldkit::live::find_step(target, step, &mut |finding| {
            match finding {
                Finding::Found(one) => found.push(one),
                Finding::Gap(gap) => gaps.push(gap),
            }
            act(found.len());
            ControlFlow::Continue(())
        });
    }
    (found, gaps)
}

fn names(found: &[Found]) -> Vec<String> {
    let mut names: Vec<String> = found.iter().map(|found| found.origin.to_string()).collect();
    names.sort();
    names
}

#[test]
fn a_link_that_is_named_is_followed_once_and_one_that_is_met_is_not() {
    let dir = tree();
    put(dir.path(), "usr/lib/os-release", b"ID=debian\n");
    put(dir.path(), "srv/data/log/one.log", b"1");
    symlink("../usr/lib/os-release", dir.path().join("etc/os-release")).unwrap();
    symlink("/srv/data", dir.path().join("var")).unwrap();
    symlink("/srv", dir.path().join("srv/data/round")).unwrap();
    let target = Target::tree(dir.path()).unwrap();
    let (found, gaps) = find(&target, &["/etc/os-release", "/var"]);
    assert_eq!(
        names(&found),
        [
            "/etc/os-release",
            "/etc/os-release",
            "/srv/data/log/one.log",
            "/srv/data/round",
            "/usr/lib/os-release",
            "/var"
        ]
    );
    assert_eq!(gaps.len(), 0, "{gaps:?}");
    let file = found.iter().find(|found| found.origin.to_string() == "/usr/lib/os-release").unwrap();
    assert!(file.notes.contains(&Note::FollowedLink));

    let target = Target::tree(dir.path()).unwrap();
    assert_eq!(names(&find(&target, &["/etc/os-*", "/v*"]).0), ["/etc/os-release", "/var"]);
}

fn only(tree: &Path, path: &str) -> (Target, Found) {
    let target = Target::tree(tree).unwrap();
    let (mut found, gaps) = find(&target, &[path]);
    assert_eq!((found.len(), gaps.len()), (1, 0), "{gaps:?}");
    let found = found.remove(0);
    (target, found)
}

/// Reads an item to its end; what came, and the notes of the reading.
fn read(target: &Target, found: &Found, between: impl FnOnce()) -> (Vec<u8>, Vec<Note>) {
    let mut opened = target.open(found).unwrap();
    between();
    let (mut content, mut buffer) = (Vec::new(), [0; 1000]);
    loop {
        match opened.read(&mut buffer).unwrap() {
            0 => break,
            count => content.extend_from_slice(&buffer[..count]),
        }
    }
    (content, opened.finish().notes)
}

#[test]
fn links_are_items_and_none_leads_round_or_out() {
    let outside = TempDir::new().unwrap();
    put(outside.path(), "secret", b"not of this tree");
    let dir = tree();
    put(dir.path(), "srv/data/file", b"x");
    for (target, link) in [
        ("..", "srv/data/up"),
        ("loop", "srv/data/loop"),
        ("/srv", "srv/data/absolute"),
        ("gone", "srv/data/dangling"),
        (outside.path().to_str().unwrap(), "srv/data/out"),
    ] {
        symlink(target, dir.path().join(link)).unwrap();
    }
    let target = Target::tree(dir.path()).unwrap();
    let (found, gaps) = find(&target, &["/srv"]);
    assert!(gaps.is_empty(), "{gaps:?}");
    let links = found.iter().filter(|found| found.kind == Kind::Link).count();
    assert_eq!((found.len(), links), (6, 5), "{:?}", names(&found));
    assert!(found.iter().all(|found| found.kind != Kind::Link || found.metadata.target.is_some()));

    // Through a link that leads out, nothing is found: absolute means from the root of the tree.
    let (found, gaps) = find(&target, &["/srv/data/out/secret"]);
    assert_eq!((found.len(), gaps[0].outcome), (0, Outcome::Missing), "{gaps:?}");
    // Through one that stays inside, its end is found; by a target that has not given it before.
    let (found, _) = find(&Target::tree(dir.path()).unwrap(), &["/srv/data/absolute/data/*"]);
    assert_eq!(names(&found).iter().filter(|name| name.ends_with("file")).count(), 1, "{:?}", names(&found));
}

#[test]
fn a_folder_swapped_for_a_link_after_it_was_found_leads_nowhere() {
    let outside = TempDir::new().unwrap();
    put(outside.path(), "file", b"not of this tree");
    let dir = tree();
    put(dir.path(), "srv/data/file", b"x");
    let (target, found) = only(dir.path(), "/srv/data/file");
    fs::remove_dir_all(dir.path().join("srv/data")).unwrap();
    symlink(outside.path(), dir.path().join("srv/data")).unwrap();
    assert!(target.open(&found).is_err());
}

#[test]
fn a_folder_swapped_for_a_link_while_the_tree_is_walked_leads_nowhere() {
    let outside = TempDir::new().unwrap();
    for name in ["first", "second", "of-another-tree"] {
        put(outside.path(), name, b"not of this tree");
    }
    let dir = tree();
    for name in ["srv/a/first", "srv/a/second", "srv/b/first"] {
        put(dir.path(), name, b"x");
    }
    let target = Target::tree(dir.path()).unwrap();
    let (found, gaps) = find_while(&target, &["/srv"], |count| {
        // In the midst of the one, before the other.
        if count == 1 && !dir.path().join("etc/a").exists() {
            for name in ["a", "b"] {
                fs::rename(dir.path().join("srv").join(name), dir.path().join("etc").join(name)).unwrap();
                symlink(outside.path(), dir.path().join("srv").join(name)).unwrap();
            }
        }
    });
    assert_eq!(names(&found), ["/srv/a/first", "/srv/a/second"]);
    assert!(found.iter().all(|found| found.metadata.size == Some(1)), "{found:?}");
    let told: Vec<_> = gaps.iter().map(|gap| (gap.origin.to_string(), gap.reason.code)).collect();
    assert_eq!(told, [("/srv/b".to_owned(), ReasonCode::Vanished)]);
    for found in &found {
        let gap = target.open(found).err().unwrap();
        assert_eq!((gap.outcome, gap.reason.code), (Outcome::Missing, ReasonCode::Vanished), "{gap:?}");
    }
}

#[test]
fn a_file_that_was_listed_and_is_gone_has_vanished_unless_it_was_given_before() {
    let dir = tree();
    for name in ["srv/1", "srv/2", "srv/3"] {
        put(dir.path(), name, b"x");
    }
    let (found, gaps) = find_while(&Target::tree(dir.path()).unwrap(), &["/srv/2", "/srv"], |count| {
        if count == 2 {
            for name in ["srv/2", "srv/3"] {
                drop(fs::remove_file(dir.path().join(name)));
            }
        }
    });
    assert_eq!(names(&found), ["/srv/1", "/srv/2"]);
    let told: Vec<_> = gaps.iter().map(|gap| (gap.origin.to_string(), gap.reason.code)).collect();
    assert_eq!(told, [("/srv/3".to_owned(), ReasonCode::Vanished)]);
}

#[test]
fn what_is_no_file_is_skipped_and_never_opened() {
    let dir = tree();
    let at = |name: &str| dir.path().join("srv").join(name);
    put(dir.path(), "srv/file", b"x");
    assert!(Command::new("mkfifo").arg(at("fifo")).status().unwrap().success());
    let listener = UnixListener::bind(at("socket")).unwrap();
    assert!(fs::metadata(at("socket")).unwrap().file_type().is_socket());
    let (found, gaps) = find(&Target::tree(dir.path()).unwrap(), &["/srv"]);
    drop(listener);
    assert_eq!(found.len(), 1);
    let mut kinds: Vec<_> = gaps.iter().map(|gap| (gap.kind, gap.outcome, gap.reason.code)).collect();
    kinds.sort();
    let skipped = |kind| (kind, Outcome::Skipped, ReasonCode::NotAFile);
    assert_eq!(kinds, [skipped(Kind::Fifo), skipped(Kind::Socket)]);
}

#[test]
fn a_file_that_grows_while_it_is_read_is_read_to_the_size_it_had() {
    let dir = tree();
    put(dir.path(), "var/log/growing", &[b'a'; 5_000]);
    let (target, found) = only(dir.path(), "/var/log/growing");
    let (content, notes) = read(&target, &found, || {
        let mut file = fs::OpenOptions::new().append(true).open(dir.path().join("var/log/growing")).unwrap();
        file.write_all(&[b'b'; 3_000]).unwrap();
    });
    assert_eq!(content, [b'a'; 5_000]);
    assert!(notes.contains(&Note::Grew) && notes.contains(&Note::ChangedDuringRead), "{notes:?}");
}

#[test]
fn a_file_that_shrinks_while_it_is_read_gives_what_is_left_and_says_so() {
    let dir = tree();
    put(dir.path(), "var/log/shrinking", &vec![b'a'; 50_000]);
    let (target, found) = only(dir.path(), "/var/log/shrinking");
    let (content, notes) = read(&target, &found, || {
        let file = fs::OpenOptions::new().write(true).open(dir.path().join("var/log/shrinking")).unwrap();
        file.set_len(2_000).unwrap();
    });
    assert_eq!(content, [b'a'; 2_000]);
    assert!(notes.contains(&Note::ShortRead) && notes.contains(&Note::ChangedDuringRead), "{notes:?}");
}

#[test]
fn a_file_that_vanishes_or_is_replaced_has_vanished() {
    let dir = tree();
    put(dir.path(), "var/log/a", b"first");
    let path = dir.path().join("var/log/a");
    let (target, found) = only(dir.path(), "/var/log/a");
    // A new file under the old name; the old one is kept so that its number is not given out again.
    fs::rename(&path, dir.path().join("var/log/a.1")).unwrap();
    fs::write(&path, b"second").unwrap();
    let replaced = target.open(&found).err().unwrap();
    fs::remove_file(&path).unwrap();
    let gone = target.open(&found).err().unwrap();
    for gap in [replaced, gone] {
        assert_eq!((gap.outcome, gap.reason.code), (Outcome::Missing, ReasonCode::Vanished), "{gap:?}");
    }
}

#[test]
fn paths_of_4000_and_9000_bytes_and_a_name_with_glob_characters_are_read() {
    use rustix::fs::{Mode, OFlags, mkdirat, open, openat};
    let dir = tree();
    let part = "d".repeat(250);
    // Made from inside, since both are longer than a call may name with the folder of the test in front.
    for (name, parts) in [("long", 15), ("longer", 36)] {
        put(dir.path(), &format!("srv/{name}/beside"), b"beside\n");
        let on_the_way = OFlags::PATH | OFlags::DIRECTORY;
        let mut folder = open(dir.path().join("srv").join(name), on_the_way, Mode::empty()).unwrap();
        for _ in 0..parts {
            mkdirat(&folder, &part, Mode::RWXU).unwrap();
            folder = openat(&folder, &part, on_the_way, Mode::empty()).unwrap();
        }
        let file = openat(&folder, "file", OFlags::CREATE | OFlags::WRONLY, Mode::RUSR).unwrap();
        fs::File::from(file).write_all(b"deep\n").unwrap();
    }
    put(dir.path(), "opt/[a]*?.txt", b"brackets\n");
    let target = Target::tree(dir.path()).unwrap();
    let (found, gaps) = find(&target, &["/srv", "/opt"]);
    assert!(gaps.is_empty(), "{gaps:?}");
    let mut read: Vec<_> = found
        .iter()
        .map(|found| {
            (found.origin.to_string().len(), String::from_utf8(read(&target, found, || ()).0).unwrap())
        })
        .collect();
    read.sort();
    let contents: Vec<_> = read.iter().map(|(_, content)| content.as_str()).collect();
    assert_eq!(contents, ["brackets\n", "beside\n", "beside\n", "deep\n", "deep\n"]);
    assert!(read[3].0 > 3_700 && read[4].0 > 9_000, "{read:?}");
}

#[test]
fn a_folder_of_20_000_entries_is_walked_once() {
    let dir = tree();
    fs::create_dir(dir.path().join("srv")).unwrap();
    for number in 0..20_000 {
        fs::write(dir.path().join(format!("srv/{number}")), "").unwrap();
    }
    let target = Target::tree(dir.path()).unwrap();
    let (found, gaps) = find(&target, &["/srv", "/srv/1*", "/srv/**"]);
    assert_eq!((found.len(), gaps.len()), (20_000, 0));
}

#[test]
fn the_access_time_stays_as_it_was() {
    let dir = tree();
    put(dir.path(), "srv/old", b"content");
    let path = dir.path().join("srv/old");
    let old = filetime::FileTime::from_unix_time(1_000_000_000, 0);
    filetime::set_file_times(&path, old, filetime::FileTime::from_unix_time(1_500_000_000, 0)).unwrap();
    let (target, found) = only(dir.path(), "/srv/old");
    assert_eq!(read(&target, &found, || ()).0, b"content");
    assert_eq!(fs::metadata(&path).unwrap().atime(), 1_000_000_000);
}

#[test]
fn the_access_time_of_a_folder_stays_and_that_of_a_link_is_said_to_have_changed() {
    let dir = tree();
    put(dir.path(), "srv/folder/file", b"content");
    let (folder, link) = (dir.path().join("srv/folder"), dir.path().join("srv/link"));
    symlink("folder/file", &link).unwrap();
    // Older than the change, so that even a mount that counts few accesses counts this one.
    let (old, changed) = (1_000_000_000, filetime::FileTime::from_unix_time(1_500_000_000, 0));
    filetime::set_file_times(&folder, filetime::FileTime::from_unix_time(old, 0), changed).unwrap();
    filetime::set_symlink_file_times(&link, filetime::FileTime::from_unix_time(old, 0), changed).unwrap();
    let (found, gaps) = find(&Target::tree(dir.path()).unwrap(), &["/srv"]);
    assert_eq!((found.len(), gaps.len()), (2, 0));
    assert_eq!(fs::metadata(&folder).unwrap().atime(), old);
    let record = found.iter().find(|found| found.kind == Kind::Link).unwrap();
    let touched = fs::symlink_metadata(&link).unwrap().atime() != old;
    assert_eq!(record.notes.contains(&Note::AccessTimeTouched), touched, "{record:?}");
    assert_eq!(record.metadata.accessed.map(|at| at.date_time().unix_timestamp()), Some(old));
}

#[test]
fn of_more_ranges_than_a_record_holds_the_smallest_holes_are_stored_and_that_is_said() {
    let dir = tree();
    let path = dir.path().join("srv/comb");
    put(dir.path(), "srv/comb", b"");
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    for tooth in 0..5_000_u64 {
        // Large holes beyond the first teeth, so that a list that is cut would cost them.
        let at = if tooth < 4_500 { tooth << 16 } else { (tooth - 4_499) << 30 };
        std::os::unix::fs::FileExt::write_all_at(&file, b"tooth", at).unwrap();
    }
    file.sync_all().unwrap();
    let (target, found) = only(dir.path(), "/srv/comb");
    let opened = target.open(&found).unwrap();
    let ranges = opened.ranges.clone();
    let stored: u64 = ranges.iter().map(|range| range.length).sum();
    assert_eq!(ranges.len(), 4_096);
    // Before anything is read: it would be 500 GiB.
    assert!(stored < 5_000 * 4_096 + 904 * 65_536, "{stored} bytes are stored of 500 GiB with 20 MB of data");
    let (content, notes) = read(&target, &found, || ());
    assert_eq!(content.len() as u64, stored);
    assert!(notes.contains(&Note::Sparse) && notes.contains(&Note::RangesCut), "{notes:?}");
    let rebuilt: usize = ranges
        .iter()
        .scan(0_usize, |at, range| {
            let length = usize::try_from(range.length).unwrap();
            let part = &content[*at..*at + length];
            *at += length;
            Some(part.windows(5).filter(|bytes| bytes == b"tooth").count())
        })
        .sum();
    assert_eq!(rebuilt, 5_000);
}
