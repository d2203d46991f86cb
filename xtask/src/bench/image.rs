//! What reading an image by its own structures costs beside the same files through a mount of it, or in the tree that it
//! was made of.
//!
//! In: the corpus of the other measurements, put into an NTFS through `ntfs-3g` (as root), and a directory of 65,000 others
//! on NTFS and on ext4. Out: both runs of each in turn, and their ratio, which is to be at most 1.5 of the corpus and 2 of the
//! directories.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::figures::Figures;
use super::made;
use super::measure::{Binary, Cost};
use super::whole::median;
use crate::Result;
use crate::process::{output, run as run_program};

/// As many as one directory of ext4 has without the feature `dir_nlink`.
const DIRECTORIES: u32 = 65_000;

/// Measures all of it, `rounds` times in turn.
///
/// # Errors
///
/// `mkntfs` or `ntfs-3g` fails, as where nobody may mount; or a run does not end with 0.
pub(super) fn measure(
    binary: &Binary,
    place: &Path,
    corpus: &Path,
    rounds: usize,
    figures: &mut Figures,
) -> Result {
    let image = image_of(place, corpus)?;
    let mounted = Mounted::new(&image, "ro")?;
    let (mut raw, mut tree): (Vec<Cost>, Vec<Cost>) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        raw.push(binary.collect_image(&image, &["--no-scan"])?);
        tree.push(binary.collect(&mounted.folder, &["--no-scan"])?);
    }
    drop(mounted);
    let none = "nothing was measured";
    let costs = (&median(raw).ok_or(none)?, &median(tree).ok_or(none)?);
    figures.image("an NTFS image", "mount", "at most 1.5", costs);
    many_directories(binary, place, rounds, figures)
}

/// Measures a directory of [`DIRECTORIES`] others.
fn many_directories(binary: &Binary, place: &Path, rounds: usize, figures: &mut Figures) -> Result {
    let tree = made(&place.join(format!("directories-{DIRECTORIES}")), |folder| {
        for number in 0..DIRECTORIES {
            let directory = folder.join("many").join(format!("directory {number}"));
            std::fs::create_dir_all(&directory)?;
            // Few files: what is measured is the way to them.
            if number % 1000 == 0 {
                std::fs::write(directory.join("file"), number.to_string())?;
            }
        }
        Ok(())
    })?;
    let ext = made(&place.join(format!("ext4-{DIRECTORIES}")), |folder| {
        std::fs::create_dir_all(folder)?;
        let image = folder.join("disk.img");
        std::fs::File::create(&image)?.set_len(512 << 20)?;
        let inodes = DIRECTORIES.saturating_mul(2).to_string();
        let mut command = Command::new("/usr/sbin/mke2fs");
        run_program(command.args(["-q", "-F", "-t", "ext4", "-N", &inodes, "-d"]).arg(&tree).arg(&image))
    })?;
    let images = [("ext4", ext.join("disk.img")), ("NTFS", image_of(place, &tree)?)];
    for (name, image) in images {
        let (mut raw, mut plain): (Vec<Cost>, Vec<Cost>) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            raw.push(binary.collect_image(&image, &["--no-scan"])?);
            plain.push(binary.collect(&tree, &["--no-scan"])?);
        }
        let none = "nothing was measured";
        let costs = (&median(raw).ok_or(none)?, &median(plain).ok_or(none)?);
        let what = format!("{DIRECTORIES} directories in one of {name}");
        figures.image(&what, "tree", "at most 2", costs);
    }
    Ok(())
}

/// An image with the corpus in it, made once for each corpus.
fn image_of(place: &Path, corpus: &Path) -> Result<PathBuf> {
    let name = corpus.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let folder = made(&place.join(format!("ntfs-{name}")), |folder| {
        std::fs::create_dir_all(folder)?;
        let image = folder.join("disk.img");
        let kibibytes: u64 = output(Command::new("du").arg("-sk").arg(corpus))?
            .split_whitespace()
            .next()
            .ok_or("du printed nothing")?
            .parse()?;
        // Room for the file system's own structures, and for clusters that are not full.
        let bytes = kibibytes.saturating_mul(1024).saturating_mul(2).saturating_add(256 << 20);
        std::fs::File::create(&image)?.set_len(bytes)?;
        run_program(Command::new("mkntfs").args(["--quiet", "--force", "--fast"]).arg(&image))?;
        let mounted = Mounted::new(&image, "rw")?;
        run_program(Command::new("cp").arg("-r").arg(corpus).arg(&mounted.folder))
    })?;
    Ok(folder.join("disk.img"))
}

/// A mount that ends with this value.
struct Mounted {
    folder: PathBuf,
}

impl Mounted {
    fn new(image: &Path, options: &str) -> Result<Self> {
        let folder = image.with_extension("mnt");
        std::fs::create_dir_all(&folder)?;
        run_program(Command::new("ntfs-3g").args(["-o", options]).args([image, &folder]))?;
        Ok(Self { folder })
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        if let Err(error) = run_program(Command::new("umount").arg(&self.folder)) {
            eprintln!("{error}");
        }
    }
}
