//! What reading an image by its own structures costs beside the same files through a mount of it, or in the tree that it
//! was made of.
//!
//! In: the corpus of the other measurements, put into an NTFS through `ntfs-3g` (as root), and a directory of 65,000 others
//! on NTFS and on ext4, put there through a mount as well. Out: both runs of each in turn, and their ratio, which is to be
//! at most 1.5 of the corpus and 2 of the directories.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::figures::Figures;
use super::made;
use super::measure::{Binary, Cost};
use super::whole::median;
use crate::Result;
use crate::process::{output, run as run_program};

/// A file system that an image is made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Ntfs,
    /// Filled by Linux: the names of a large directory are then in the order of their hashes, and its inodes are all over the
    /// volume. `mke2fs -d` does neither, and looks through the whole directory for each name that it adds.
    Ext4,
}

impl Format {
    const fn name(self) -> &'static str {
        match self {
            Self::Ntfs => "NTFS",
            Self::Ext4 => "ext4",
        }
    }

    /// The command that makes one in the file named after it.
    fn making(self) -> Command {
        match self {
            Self::Ntfs => {
                let mut command = Command::new("mkntfs");
                command.args(["--quiet", "--force", "--fast"]);
                command
            }
            Self::Ext4 => {
                let mut command = Command::new("/usr/sbin/mke2fs");
                let inodes = DIRECTORIES.saturating_mul(2).to_string();
                command.args(["-q", "-F", "-t", "ext4", "-N", &inodes]);
                command
            }
        }
    }
}

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
    let image = image_of(place, corpus, Format::Ntfs)?;
    let mounted = Mounted::new(&image, Format::Ntfs, "ro")?;
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
    for format in [Format::Ext4, Format::Ntfs] {
        let image = image_of(place, &tree, format)?;
        let (mut raw, mut plain): (Vec<Cost>, Vec<Cost>) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            raw.push(binary.collect_image(&image, &["--no-scan"])?);
            plain.push(binary.collect(&tree, &["--no-scan"])?);
        }
        let none = "nothing was measured";
        let costs = (&median(raw).ok_or(none)?, &median(plain).ok_or(none)?);
        let what = format!("{DIRECTORIES} directories in one of {}", format.name());
        figures.image(&what, "tree", "at most 2", costs);
    }
    Ok(())
}

/// An image with the corpus in it, made once for each corpus and format.
fn image_of(place: &Path, corpus: &Path, format: Format) -> Result<PathBuf> {
    let name = corpus.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let folder = made(&place.join(format!("{}-{name}", format.name().to_lowercase())), |folder| {
        std::fs::create_dir_all(folder)?;
        let image = folder.join("disk.img");
        let kibibytes: u64 = output(Command::new("du").arg("-sk").arg(corpus))?
            .split_whitespace()
            .next()
            .ok_or("du printed nothing")?
            .parse()?;
        // Room for the file system's own structures, for clusters that are not full, and for a block of each directory.
        let bytes = kibibytes.saturating_mul(1024).saturating_mul(2).saturating_add(512 << 20);
        std::fs::File::create(&image)?.set_len(bytes)?;
        run_program(format.making().arg(&image))?;
        let mounted = Mounted::new(&image, format, "rw")?;
        run_program(Command::new("cp").arg("-r").arg(corpus).arg(&mounted.folder))
    })?;
    Ok(folder.join("disk.img"))
}

/// A mount that ends with this value.
struct Mounted {
    folder: PathBuf,
}

impl Mounted {
    fn new(image: &Path, format: Format, options: &str) -> Result<Self> {
        let folder = image.with_extension("mnt");
        std::fs::create_dir_all(&folder)?;
        let (program, options) = match format {
            Format::Ntfs => ("ntfs-3g", options.to_owned()),
            Format::Ext4 => ("mount", format!("loop,{options}")),
        };
        run_program(Command::new(program).args(["-o", &options]).args([image, &folder]))?;
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
