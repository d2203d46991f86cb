//! A bundle opens with public tools alone: age, unzip, 7z, bsdtar, Python's zipfile, sha256sum, minisign.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::*;
use crate::made::{Made, text};

/// Runs a program in a folder and gives its standard output; fails with what it said.
fn run(folder: &Path, program: &str, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {}\n{}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

/// Lets five independent readers test an archive.
fn five_readers_agree(folder: &Path, zip: &str, entries: usize) {
    run(folder, "unzip", &["-tqq", zip]);
    run(folder, "7z", &["t", "-bso0", "-bsp0", zip]);
    run(folder, "bsdtar", &["-tf", zip]);
    let python = "import sys, zipfile\n\
                  z = zipfile.ZipFile(sys.argv[1])\n\
                  bad = z.testzip()\n\
                  assert bad is None, bad\n\
                  print(len(z.infolist()))";
    let counted = run(folder, "python3", &["-c", python, zip]);
    assert_eq!(String::from_utf8_lossy(&counted).trim(), entries.to_string());
    assert_eq!(zip::ZipArchive::new(std::fs::File::open(folder.join(zip)).unwrap()).unwrap().len(), entries);
}

#[test]
#[ignore = "needs age, unzip, 7z, bsdtar, python3, sha256sum, minisign"]
fn a_bundle_opens_and_verifies_with_public_tools_alone() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let key = Key::new();
    key.write(&at.join("key.txt"));
    let pair = minisign::KeyPair::generate_unencrypted_keypair().unwrap();
    std::fs::write(at.join("kit.pub"), pair.pk.to_box().unwrap().to_string()).unwrap();
    let text = pair.sk.to_box(None).unwrap().into_string();
    let signer = Signer::from_text(&text, "kit.key", &Ask::nobody()).unwrap();

    let options = WriterOptions { signer: Some(signer), ..Hand::default().options() };
    let sink = Sink::file(&at.join("b.zip.age"), None).unwrap();
    let (sealed, contents) = fill(sink, options, &key);
    assert_eq!(sealed.sidecars, [at.join("b.receipt.txt"), at.join("b.receipt.txt.minisig")]);

    run(at, "minisign", &["-Vqm", "b.receipt.txt", "-p", "kit.pub"]);
    run(at, "sha256sum", &["--quiet", "-c", "b.receipt.txt"]);
    run(at, "age", &["-d", "-i", "key.txt", "-o", "b.zip", "b.zip.age"]);
    five_readers_agree(at, "b.zip", contents.len() + 1 + 5 + 3 * 3);

    std::fs::create_dir(at.join("out")).unwrap();
    run(at, "unzip", &["-qq", "b.zip", "-d", "out"]);
    let out = at.join("out");
    run(&out, "sh", &["-c", "sha256sum --quiet --strict -c records/*.sha256"]);
    for (name, data) in &contents {
        assert!(std::fs::read(out.join(name)).unwrap() == *data, "{name}");
    }
    run(&out, "minisign", &["-Vqm", "manifest.json", "-p", "../kit.pub"]);
    let modified = std::fs::metadata(out.join("fs/$rootfs$/etc/passwd")).unwrap().modified().unwrap();
    let seconds = modified.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    assert_eq!(i64::try_from(seconds), Ok(utc(0).date_time().unix_timestamp()));

    // Forward only, as somebody salvages.
    let mut child = Command::new("bsdtar")
        .args(["-xf", "-", "-C"])
        .arg(folder.path().join("out"))
        .arg("fs/$rootfs$/var")
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&std::fs::read(at.join("b.zip")).unwrap()).unwrap();
    assert!(child.wait().unwrap().success());
}

#[test]
#[ignore = "needs age, 7z, bsdtar"]
fn a_cut_bundle_gives_back_its_beginning_to_public_tools() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let key = Key::new();
    key.write(&at.join("key.txt"));
    let (sink, memory) = Sink::memory();
    let (_, contents) = fill(sink, Hand::default().options(), &key);
    std::fs::write(at.join("cut.zip.age"), &memory.bytes()[..memory.bytes().len() / 2]).unwrap();
    for extract in [
        "age -d -i key.txt cut.zip.age > cut.zip; 7z x -y -o7z cut.zip; true",
        "mkdir bsdtar; age -d -i key.txt cut.zip.age | bsdtar -xf - -C bsdtar; true",
    ] {
        run(at, "sh", &["-c", extract]);
    }
    for tool in ["7z", "bsdtar"] {
        for name in ["fs/$rootfs$/etc/passwd", "fs/$rootfs$/var/log/zoë 100%.log"] {
            let found = std::fs::read(at.join(tool).join(name)).unwrap();
            assert!(found == contents[name], "{tool} {name}: {} bytes", found.len());
        }
    }
}

#[test]
#[ignore = "needs ssh-keygen"]
fn ssh_keys_open_a_bundle_locked_with_a_passphrase_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    for (kind, passphrase) in [("ed25519", ""), ("ed25519", "x"), ("rsa", "")] {
        let name = format!("{kind}{passphrase}");
        run(at, "ssh-keygen", &["-q", "-t", kind, "-N", passphrase, "-C", "a comment", "-f", &name]);
        let mut recipients = Recipients::new();
        recipients.add_file(&at.join(format!("{name}.pub"))).unwrap();
        let (sink, memory) = Sink::memory();
        let writer = Writer::create(sink, &recipients, &opening(), Hand::default().options()).unwrap();
        writer.seal(Closing::default()).unwrap();
        let bundle = memory.bytes();
        let opens = |ask: &Ask| {
            let mut identities = Identities::new();
            identities.add_file(&at.join(&name), ask).unwrap();
            age::Decryptor::new(&bundle[..]).unwrap().decrypt(identities.iter()).is_ok()
        };
        let said = |text: &'static str| Ask::new(move |_| Some(text.to_owned().into()));
        assert!(opens(&said("x")), "{name}");
        assert_eq!(opens(&said("y")), passphrase.is_empty(), "{name}");
        assert_eq!(opens(&Ask::nobody()), passphrase.is_empty(), "{name}");
    }
    run(at, "ssh-keygen", &["-q", "-t", "ecdsa", "-N", "", "-f", "ecdsa"]);
    let error = Recipients::new().add_file(&at.join("ecdsa.pub")).unwrap_err().to_string();
    assert!(error.contains("ecdsa.pub line 1"), "{error}");
    assert!(Identities::new().add_file(&at.join("ecdsa"), &Ask::nobody()).is_err());
}

#[test]
#[ignore = "needs age and cat"]
fn a_split_bundle_joined_by_cat_is_the_bundle() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let key = Key::new();
    key.write(&at.join("key.txt"));
    let sink = Sink::file(&at.join("b.zip.age"), Some(100_000)).unwrap();
    let (sealed, contents) = fill(sink, Hand::default().options(), &key);
    assert!(sealed.paths.len() > 5);
    run(at, "sh", &["-c", "cat b.zip.age.* | age -d -i key.txt -o b.zip"]);
    let zip = std::fs::read(at.join("b.zip")).unwrap();
    let entries = entries(&zip);
    for (name, data) in &contents {
        assert!(content(&entries, name) == data.as_slice(), "{name}");
    }
    let joined: Vec<u8> =
        sealed.paths.iter().flat_map(|path: &PathBuf| std::fs::read(path).unwrap()).collect();
    assert_eq!(Digest::of(&joined), sealed.sha256);
    assert_eq!(sealed.sidecars, [at.join("b.receipt.txt")]);
}

#[test]
#[ignore = "needs unzip, 7z, bsdtar, python3"]
fn more_than_65535_entries_open_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let key = Key::new();
    let (sink, memory) = Sink::memory();
    let mut writer = Writer::create(sink, &key.recipients(), &opening(), Hand::default().options()).unwrap();
    let mut deflater = Deflater::new(1);
    for number in 1..=70_000_u64 {
        let origin = Origin::root(format!("tiny/{}/{number}", number % 100));
        add(&mut writer, &mut deflater, number, &origin, number.to_string().as_bytes());
    }
    let sealed = writer.seal(Closing::default()).unwrap();
    assert_eq!(sealed.manifest.chain.checkpoints, 140);
    std::fs::write(folder.path().join("b.zip"), key.decrypt(&memory.bytes())).unwrap();
    five_readers_agree(folder.path(), "b.zip", 70_000 + 4 + 140 * 3);
}

/// FAT32 answers "file too large" at 4 GiB - 1; a limit on the size of files is answered in the same words. The program
/// itself runs below that limit, since a limit holds for a whole process and its children.
#[test]
#[cfg(target_os = "linux")]
fn where_a_file_system_ends_files_the_bundle_goes_on_in_parts() {
    const LIMIT: u64 = 400 * 512;
    let made = Made::new();
    made.put("data/noise", &noise(1_100_000, 20));
    let collect = ["collect", "--root", "tree", "--path", "/data", "--no-scan", "--quiet", "--lang", "nl"];
    let run = made.command(collect);
    let output = Command::new("sh")
        .args(["-c", "ulimit -f 400; exec \"$0\" \"$@\""])
        .arg(run.get_program())
        .args(run.get_args())
        .args(["--out", "out/b.zip.age", "--recipient", &made.recipient()])
        .current_dir(made.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    // The bundle is whole, and not the one file that was asked for.
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    let parts: Vec<PathBuf> = (1..7).map(|part| made.out().join(format!("b.zip.age.{part:03}"))).collect();
    let lengths: Vec<u64> = parts.iter().map(|part| std::fs::metadata(part).unwrap().len()).collect();
    assert!(lengths[..5].iter().all(|length| *length == LIMIT), "{lengths:?}");
    let joined: Vec<u8> = parts.iter().flat_map(|part| std::fs::read(part).unwrap()).collect();
    let receipt = std::fs::read_to_string(made.out().join("b.receipt.txt")).unwrap();
    assert_eq!(receipt::Block::parse(&receipt).unwrap().sha256, Digest::of(&joined));
    assert!(receipt.contains("Delen                6 (.001 tot en met .006)"), "{receipt}");
    assert!(receipt.contains("Opdracht voltooid    nee") && receipt.contains("ulimit -f"), "{receipt}");
}

/// Encrypts nothing and keeps nothing: 5 GiB of what cannot shrink, so that offsets and sizes both pass 4 GiB.
#[test]
#[ignore = "needs unzip, 7z, bsdtar, python3; slow: writes 5 GiB twice"]
fn an_entry_of_5_gib_and_later_ones_open_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let key = Key::new();
    let path = at.join("b.zip.age");
    let options = Hand::default().options();
    let mut writer =
        Writer::create(Sink::file(&path, None).unwrap(), &key.recipients(), &opening(), options).unwrap();
    let chunk = noise(4 << 20, 21);
    let mut deflater = Deflater::new(1);
    for (number, last) in [(1, 1_280), (2, 3)] {
        let origin = Origin::root(format!("large{number}"));
        let name = writer.entry_name(&origin, false);
        let header = BundleEntry { name: name.clone(), ..BundleEntry::default() };
        let mut entry = writer.entry(&header, None).unwrap();
        let mut out = Vec::new();
        for piece in 1..=last {
            out.clear();
            let sum = deflater.chunk(&chunk, &[], piece == last, &mut out);
            entry.piece(&out, &sum).unwrap();
        }
        entry.finish().unwrap();
        writer.record(&Item { entry: Some(name), ..item(number, &origin) }).unwrap();
    }
    add(&mut writer, &mut deflater, 3, &Origin::root("small"), b"behind 5 GiB");
    writer.seal(Closing::default()).unwrap();
    key.write(&at.join("key.txt"));
    run(at, "age", &["-d", "-i", "key.txt", "-o", "b.zip", "b.zip.age"]);
    std::fs::remove_file(&path).unwrap();
    let checkpoints = 2;
    five_readers_agree(at, "b.zip", 3 + 4 + checkpoints * 3);
    let small = run(at, "unzip", &["-p", "b.zip", "fs/$rootfs$/small"]);
    assert_eq!(small, b"behind 5 GiB");
}

#[test]
#[ignore = "needs unzip, 7z, bsdtar, python3; slow"]
fn an_entry_of_5_gib_of_zeros_opens_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let key = Key::new();
    let (sink, memory) = Sink::memory();
    let mut writer = Writer::create(sink, &key.recipients(), &opening(), Hand::default().options()).unwrap();
    let chunk = vec![0; 4 << 20];
    let mut deflater = Deflater::new(1);
    let origin = Origin::root("zeros");
    let name = writer.entry_name(&origin, false);
    let header = BundleEntry { name: name.clone(), ..BundleEntry::default() };
    let mut entry = writer.entry(&header, None).unwrap();
    let mut out = Vec::new();
    for piece in 1..=1_280 {
        out.clear();
        let before: &[u8] = if piece == 1 { &[] } else { &chunk };
        let sum = deflater.chunk(&chunk, before, piece == 1_280, &mut out);
        entry.piece(&out, &sum).unwrap();
    }
    assert_eq!(entry.finish().unwrap().size, 5 << 30);
    writer.record(&Item { entry: Some(name), ..item(1, &origin) }).unwrap();
    writer.seal(Closing::default()).unwrap();
    let zip = key.decrypt(&memory.bytes());
    assert!(zip.len() < 64 << 20, "{}", zip.len());
    std::fs::write(folder.path().join("b.zip"), zip).unwrap();
    five_readers_agree(folder.path(), "b.zip", 1 + 4 + 3);
}
