//! The files of a volume by path: metadata, directory entries and contents.

use std::io;
use std::sync::Arc;

use super::ExtDamage;
use super::attributes::ExtAttribute;
use super::content::ExtContent;
use super::directory::{ExtEntries, NamedInode};
use super::held_blocks::JournalState;
use super::inode::Inode;
use super::link;
use super::volume::ExtVolume;
use crate::evidence::{Entry, FileAttributes, FileFlag, Kind, Stat};
use crate::formats::disk::{Mounted, VolumeFile};

/// The inode number of the root directory.
const ROOT: u32 = 2;

/// A shared volume.
#[derive(Debug, Clone)]
pub(crate) struct ExtFiles(pub(crate) Arc<ExtVolume>);

impl Mounted for ExtFiles {
    fn read_by(&self) -> &'static str {
        match self.0.journal.state {
            JournalState::Clean => "raw_ext",
            JournalState::Replayed => "raw_ext with its journal",
            JournalState::InPart => "raw_ext with its journal in part",
            JournalState::Doubtful => "raw_ext with its journal in doubt",
            JournalState::Unusable => "raw_ext without its journal",
        }
    }

    fn file_system(&self) -> &'static str {
        self.0.layout.name()
    }

    fn label(&self) -> String {
        self.0.label()
    }

    fn size(&self) -> u64 {
        self.0.layout.blocks.saturating_mul(super::layout::to_u64(self.0.layout.block))
    }

    fn doubt(&self) -> Option<&'static str> {
        match self.0.journal.state {
            JournalState::Clean | JournalState::Replayed => None,
            JournalState::InPart => Some(
                "the volume was not unmounted, and its journal is read in part only (fast commits, damage, or its size): \
                 its last changes may be missing; mount a copy of it, and collect with --root",
            ),
            JournalState::Doubtful => Some(
                "the volume was not unmounted, and the superblock of its journal has a wrong checksum: its last changes \
                 are in doubt",
            ),
            JournalState::Unusable => Some(
                "the volume was not unmounted, and its journal cannot be read: its last changes are missing",
            ),
        }
    }

    fn memory(&self) -> u64 {
        self.0.journal.memory()
    }

    fn has_streams(&self) -> bool {
        false
    }

    fn stat(&self, path: &[u8]) -> io::Result<Stat> {
        self.facts(self.find(path)?)
    }

    fn stat_of(&self, reference: u64) -> io::Result<Stat> {
        self.facts(number(reference)?)
    }

    fn list(&self, path: &[u8]) -> io::Result<Box<dyn Iterator<Item = io::Result<Entry>>>> {
        let entries = ExtEntries::of(&self.0, self.0.inode(self.find(path)?)?)?;
        let volume = Arc::clone(&self.0);
        Ok(Box::new(entries.map(move |entry| {
            let NamedInode { name, inode, kind } = entry?;
            // Volumes made before 1999 have no file types in directory entries.
            let stored =
                if kind == Kind::Unknown { volume.inode(inode).map(|inode| inode.kind).ok() } else { None };
            Ok(Entry { name, kind: stored.unwrap_or(kind), reference: Some(inode.into()) })
        })))
    }

    fn remember(&self, directory: &[u8], reference: u64) {
        self.0.remembered.keep(directory, reference);
    }

    fn spellings(&self, directory: &[u8], name: &[u8]) -> io::Result<Vec<Vec<u8>>> {
        let directory = self.0.inode(self.find(directory)?)?;
        match self.child(directory, name) {
            Ok(_) => Ok(vec![name.to_vec()]),
            Err(ExtDamage::Nothing) => Ok(Vec::new()),
            Err(damage) => Err(damage.into()),
        }
    }

    fn open(&self, reference: u64, stream: Option<&[u8]>) -> io::Result<Box<dyn VolumeFile>> {
        let inode = self.0.inode(number(reference)?)?;
        if stream.is_some() || inode.kind != Kind::File {
            return Err(ExtDamage::Nothing.into());
        }
        let mut content = ExtContent::of(&self.0, &inode)?;
        content.facts = self.attributes(&inode);
        Ok(Box::new(content))
    }
}

impl ExtFiles {
    /// Returns the flags of a file, as `FS_IOC_GETFLAGS` has them (immutable and append-only among them), and its
    /// extended attributes; damaged ones are counted.
    fn attributes(&self, inode: &Inode) -> (Vec<FileFlag>, FileAttributes) {
        let mut all = FileAttributes::default();
        for one in self.0.extended_attributes(inode) {
            let Ok(ExtAttribute { name, value }) = one else {
                all.skip();
                continue;
            };
            all.add(&name, &value, u64::try_from(value.len()).unwrap_or(u64::MAX));
        }
        (FileFlag::of_bits(inode.flags()), all)
    }

    fn facts(&self, number: u32) -> io::Result<Stat> {
        let inode = self.0.inode(number)?;
        let link = link::target(&self.0, &inode)?;
        Ok(inode.stat(&self.0.layout, link))
    }

    /// Returns the inode number of a path; links are not followed.
    fn find(&self, path: &[u8]) -> Result<u32, ExtDamage> {
        let (from, rest) = self.0.remembered.nearest(path).unwrap_or((ROOT.into(), path));
        let mut parts = rest.split(|byte| *byte == b'/').filter(|part| !part.is_empty());
        parts.try_fold(number(from)?, |at, part| self.child(self.0.inode(at)?, part))
    }

    /// Returns the inode number of the entry `name` of a directory. Damage elsewhere in the directory is an error
    /// only where the name is not found.
    fn child(&self, directory: Inode, name: &[u8]) -> Result<u32, ExtDamage> {
        let mut damage = ExtDamage::Nothing;
        for entry in ExtEntries::of(&self.0, directory)? {
            match entry {
                Ok(entry) if entry.name == name => return Ok(entry.inode),
                Ok(_) => {}
                Err(error) => damage = error,
            }
        }
        Err(damage)
    }
}

/// Converts the reference of a listing or record to an inode number.
fn number(reference: u64) -> Result<u32, ExtDamage> {
    u32::try_from(reference).map_err(|_| ExtDamage::Nothing)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::formats::crc32c::crc32c;
    use crate::formats::disk::{Device, MemoryDevice};

    /// Makes a volume with `mke2fs` and these options, and fills it with `debugfs`.
    fn volume(options: &[&str], requests: &str) -> ExtFiles {
        let directory = tempfile::TempDir::new().unwrap();
        let (image, script) = (directory.path().join("image"), directory.path().join("requests"));
        std::fs::File::create(&image).unwrap().set_len(8 << 20).unwrap();
        std::fs::write(&script, requests).unwrap();
        let run = |program: &str, arguments: &[&str], last: &std::path::Path| {
            let output = Command::new(program)
                .args(arguments)
                .arg(last)
                .current_dir(directory.path())
                .output()
                .unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        };
        run("/usr/sbin/mke2fs", &[&["-q", "-F"], options].concat(), &image);
        std::fs::write(directory.path().join("large"), "v".repeat(1000)).unwrap();
        run("/usr/sbin/debugfs", &["-w", "-f", "requests"], &image);
        let device: Arc<dyn Device> = Arc::new(MemoryDevice(std::fs::read(&image).unwrap()));
        ExtFiles(Arc::new(ExtVolume::open(device, 1).unwrap()))
    }

    /// Makes a volume with a directory of so many subdirectories.
    fn of_subdirectories(count: u32, share: usize) -> ExtFiles {
        let directory = tempfile::TempDir::new().unwrap();
        let (image, tree) = (directory.path().join("image"), directory.path().join("tree"));
        for number in 0..count {
            std::fs::create_dir_all(tree.join(format!("s/d{number}"))).unwrap();
        }
        std::fs::File::create(&image).unwrap().set_len(64 << 20).unwrap();
        let inodes = (count + 100).to_string();
        let mut command = Command::new("/usr/sbin/mke2fs");
        command.args(["-q", "-F", "-t", "ext4", "-b", "4096", "-N", &inodes, "-d"]).arg(&tree).arg(&image);
        assert!(command.status().unwrap().success());
        let device: Arc<dyn Device> = Arc::new(MemoryDevice(std::fs::read(&image).unwrap()));
        ExtFiles(Arc::new(ExtVolume::open(device, share).unwrap()))
    }

    #[test]
    fn a_directory_with_many_subdirectories_is_walked_in_linear_time() {
        // The cache is smaller than the tables of inodes, and the order is not that on disk, as where Linux made a large
        // directory: of a block hardly anything is used before it is evicted.
        let walk = |count: u32| {
            let files = of_subdirectories(count, 32);
            let before = files.0.cache.figures();
            let mut listed = files.list(b"s").unwrap().collect::<Result<Vec<_>, _>>().unwrap();
            assert_eq!(listed.len(), usize::try_from(count).unwrap());
            listed.sort_by_key(|entry| crc32c(0, &entry.name));
            for entry in listed {
                let path = [b"s/", entry.name.as_slice()].concat();
                files.remember(&path, entry.reference.unwrap());
                assert_eq!(files.list(&path).unwrap().count(), 0);
                assert!(files.stat(&[&path, b"/hosts".as_slice()].concat()).is_err());
            }
            let after = files.0.cache.figures();
            let of_each = |after: u64, before: u64| (after - before).div_ceil(count.into());
            (of_each(after.0, before.0), of_each(after.1, before.1), of_each(after.2, before.2))
        };
        for count in [1_000, 4_000] {
            let (pieces, reads, bytes) = walk(count);
            assert!(pieces <= 8 && reads <= 4 && bytes <= 24 << 10, "{count}: {pieces} {reads} {bytes}");
        }
    }

    #[test]
    fn flags_and_attributes_are_read_from_inodes_blocks_and_value_inodes() {
        let requests = "write large f\nea_set f user.origin https://example.org\nea_set f security.selinux system_u:object_r:t\n\
                        ea_set -f large f trusted.large\n";
        for options in [
            &["-t", "ext4", "-b", "4096"][..],
            &["-t", "ext4", "-b", "1024", "-O", "ea_inode"],
            &["-t", "ext2", "-I", "128", "-b", "4096"],
        ] {
            let flags = if options.contains(&"ext4") { "0x80030" } else { "0x30" };
            let files = volume(options, &format!("{requests}set_inode_field f flags {flags}\n"));
            let reference = files.stat(b"f").unwrap().metadata.inode.unwrap();
            let mut metadata = files.stat(b"f").unwrap().metadata;
            files.open(reference, None).unwrap().add_facts(&mut metadata);
            assert_eq!(metadata.flags, [FileFlag::Immutable, FileFlag::AppendOnly]);
            let read = *metadata.xattrs.unwrap();
            assert_eq!(
                (read.selinux.as_deref(), read.left_out),
                (Some("system_u:object_r:t"), 0),
                "{options:?}"
            );
            let mut other: Vec<_> = read.other.into_iter().map(|one| (one.name, one.size, one.cut)).collect();
            other.sort();
            assert_eq!(
                other,
                [("trusted.large".to_owned(), 1000, true), ("user.origin".to_owned(), 19, false)]
            );
            let root = files.0.inode(2).unwrap();
            assert!(files.attributes(&root).1.is_empty());
        }
    }
}
