//! A small ext4 volume, made by `mke2fs` and `debugfs`: what the fuzz target `image_ext` changes. It has a folder, files in
//! an inode, in blocks and with a hole, links, and a journal that was not written down. It keeps no checksums, so that a
//! change is met where it stands.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The volume's bytes.
pub fn volume() -> Vec<u8> {
    static VOLUME: OnceLock<Vec<u8>> = OnceLock::new();
    VOLUME.get_or_init(make).clone()
}

fn make() -> Vec<u8> {
    let place = std::env::temp_dir().join(format!("veldkit-fuzz-{}", std::process::id()));
    let tree = place.join("tree");
    std::fs::create_dir_all(tree.join("folder")).unwrap();
    let put = |name: &str, content: &[u8]| std::fs::write(tree.join(name), content).unwrap();
    put("a.txt", b"kort");
    put("folder/b.bin", &[7; 3_000]);
    put("c.bin", &[1; 4_096]);
    let mut sparse = std::fs::File::options().append(true).open(tree.join("c.bin")).unwrap();
    sparse.set_len(12_288).unwrap();
    sparse.write_all(&[2; 4_096]).unwrap();
    std::os::unix::fs::symlink("/", tree.join("link")).unwrap();
    std::os::unix::fs::symlink("x".repeat(100), tree.join("long")).unwrap();
    let disk = place.join("disk");
    std::fs::File::create(&disk).unwrap().set_len(1_600 << 10).unwrap();
    let features = "inline_data,^metadata_csum,^resize_inode";
    let options =
        ["-q", "-F", "-t", "ext4", "-b", "1024", "-I", "256", "-N", "32", "-J", "size=1", "-O", features];
    run(Command::new("/usr/sbin/mke2fs").args(options).arg("-d").args([&tree, &disk]));
    let later = place.join("later");
    std::fs::write(&later, [9; 1_024]).unwrap();
    let block = first_block(&disk, "/folder/b.bin");
    let script = place.join("script");
    std::fs::write(&script, format!("jo\njw -b {block} {}\njc\n", later.display())).unwrap();
    run(Command::new("/usr/sbin/debugfs").arg("-w").arg("-f").args([&script, &disk]));
    let bytes = std::fs::read(&disk).unwrap();
    std::fs::remove_dir_all(place).unwrap();
    bytes
}

fn first_block(disk: &PathBuf, path: &str) -> String {
    let said = run(Command::new("/usr/sbin/debugfs")
        .args([Path::new("-R"), Path::new(&format!("blocks {path}"))])
        .arg(disk));
    said.split_whitespace().find(|word| word.parse::<u32>().is_ok()).unwrap().to_owned()
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
