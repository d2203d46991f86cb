//! Detects unsupported disk formats and archives from their signatures, each with its name and advice.

use std::io;

use super::QEMU;
use crate::formats::disk::device::{Device, read_some};

/// The name of a format, and advice for it.
type Form = (&'static str, &'static str);

const ARCHIVE: &str = "unpack it, and use the disk in it";
const ENCASE: &str = "'ewfexport -f raw' converts it to a raw image";
const NTFSCLONE: &str = "'ntfsclone --restore-image --output disk.raw FILE' restores it to a raw volume";

/// Signatures at a fixed offset.
const MARKS: [(usize, &[u8], Form); 37] = [
    (64, b"\x7f\x10\xda\xbe", ("a VDI of VirtualBox", QEMU)),
    (0, b"<<< Oracle VM VirtualBox Disk Image >>>", ("a VDI of VirtualBox", QEMU)),
    (0, b"QED\0", ("a QED of QEMU", QEMU)),
    (0, b"WithoutFreeSpace", ("a disk of Parallels", QEMU)),
    (0, b"WithouFreSpacExt", ("a disk of Parallels", QEMU)),
    (0, b"Bochs Virtual HD Image", ("a disk of Bochs", QEMU)),
    (0, b"#!/bin/sh\n#V2.0 Format\nmodprobe cloop", ("a compressed loop image (cloop)", QEMU)),
    (
        0,
        b"COWD",
        (
            "a sparse VMDK of ESX (COWD)",
            "'vmkfstools -i' on the host copies it, with its base, into one disk",
        ),
    ),
    (
        0,
        b"\xbe\xba\xfe\xca\0\0\0\0",
        (
            "a sparse VMDK of ESX (SEsparse)",
            "'vmkfstools -i' on the host copies it, with its base, into one disk",
        ),
    ),
    (0, b"# Disk DescriptorFile", ("a VMDK whose data is in other files", QEMU)),
    (0, b"EVF\x09\x0d\x0a\xff\x00", ("an image of EnCase (E01)", ENCASE)),
    (0, b"EVF2\x0d\x0a\x81\x00", ("an image of EnCase (Ex01)", ENCASE)),
    (
        0,
        b"LVF\x09\x0d\x0a\xff\x00",
        ("logical evidence of EnCase (L01)", "copy its files out with 'ewfmount', and collect with --root"),
    ),
    (
        0,
        b"LEF2\x0d\x0a\x81\x00",
        ("logical evidence of EnCase (Lx01)", "copy its files out, and collect with --root"),
    ),
    (0, b"AFF10\x0d\x0a\0", ("an image in AFF", "'affconvert -r' converts it to a raw image")),
    (0, b"ADSEGMENTEDFILE\0", ("an image of FTK (AD1)", "export it as raw (dd) in FTK Imager")),
    (0, b"MSWIM\0\0\0", ("an image of files (WIM)", "apply it with wimlib-imagex, and collect with --root")),
    (
        0,
        b"\x3a\xff\x26\xed",
        ("a sparse image of Android", "'simg2img FILE disk.raw' converts it to a raw image"),
    ),
    (
        0,
        b"partclone-image",
        ("an image of partclone", "'partclone.restore --restore_raw_file' restores it to a raw volume"),
    ),
    (0, b"\0ntfsclone-image", ("an image of ntfsclone", NTFSCLONE)),
    (
        0,
        b"PARTIMAGE-VOLUME",
        ("an image of partimage", "restore it with partimage, and use the restored volume"),
    ),
    (0, b"\x1f\x8b\x08", ("a file compressed by gzip", "'gunzip --keep FILE' expands it")),
    (0, b"\xfd7zXZ\0", ("a file compressed by xz", "'unxz --keep FILE' expands it")),
    (0, b"\x28\xb5\x2f\xfd", ("a file compressed by zstd", "'unzstd FILE' expands it")),
    (0, b"\x04\x22\x4d\x18", ("a file compressed by lz4", "'unlz4 FILE' expands it")),
    (0, b"\x02\x21\x4c\x18", ("a file compressed by lz4", "'unlz4 FILE' expands it")),
    (0, b"LZIP\x01", ("a file compressed by lzip", "'lzip --decompress --keep FILE' expands it")),
    (0, b"\x89LZO\0\x0d\x0a\x1a\x0a", ("a file compressed by lzop", "'lzop --decompress FILE' expands it")),
    (
        0,
        b"\x5d\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xff",
        ("a file compressed by lzma", "'unlzma --keep FILE' expands it"),
    ),
    (0, b"\x1f\x9d\x90", ("a file compressed by compress", "'gunzip --keep FILE' expands it")),
    (0, b"PK\x03\x04", ("a zip archive (AFF4 is one)", ARCHIVE)),
    (0, b"PK\x05\x06", ("a zip archive without members", ARCHIVE)),
    (0, b"7z\xbc\xaf\x27\x1c", ("a 7z archive", ARCHIVE)),
    (0, b"Rar!\x1a\x07", ("a rar archive", ARCHIVE)),
    (0, b"MSCF\0\0\0\0", ("a cab archive", ARCHIVE)),
    (0, b"EMiL", ("a dump of memory (LiME)", "it holds no file system: read it with volatility3")),
    (0, b"PAGEDU", ("a dump of memory (Windows)", "it holds no file system: read it with volatility3")),
];

/// Returns the format of a file; `None` where it is none of these.
pub(super) fn of(file: &dyn Device, head: &[u8]) -> io::Result<Option<Form>> {
    let has = |at: usize, mark: &[u8]| head.get(at..).is_some_and(|rest| rest.starts_with(mark));
    if let Some((_, _, form)) = MARKS.iter().find(|(at, mark, _)| has(*at, mark)) {
        return Ok(Some(*form));
    }
    // Three letters, the block size, and the signature of a block or of the end.
    let is_bzip2 = has(0, b"BZh") && (has(4, b"1AY&SY") || has(4, b"\x17\x72\x45\x38\x50\x90"));
    if is_bzip2 {
        return Ok(Some(("a file compressed by bzip2", "'bunzip2 --keep FILE' expands it")));
    }
    if has(257, b"ustar") {
        return Ok(Some(("a tar archive (an OVA is one)", "'tar -xf FILE' unpacks it: use the disk in it")));
    }
    // A trailer of 512 bytes, with the offsets of the other parts.
    let foot = read_some(file, file.size().saturating_sub(512), 512)?;
    if foot.starts_with(b"koly\0\0\0\x04") {
        return Ok(Some((
            "a disk image of macOS (DMG)",
            "'qemu-img convert -f dmg -O raw FILE disk.raw' or hdiutil converts it to a raw image",
        )));
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::open;
    use super::*;
    use crate::formats::disk::device::MemoryDevice;

    #[test]
    fn each_unsupported_format_has_a_name_and_advice() {
        let said = |marks: &[(usize, &[u8])]| {
            let mut bytes = vec![0; 4096];
            for (at, mark) in marks {
                bytes[*at..at + mark.len()].copy_from_slice(mark);
            }
            open(Arc::new(MemoryDevice(bytes))).map(|opened| opened.form).map_err(|error| error.to_string())
        };
        for (at, mark, (what, advice)) in MARKS {
            assert_eq!(said(&[(at, mark)]), Err(format!("this version cannot read {what}: {advice}")));
        }
        assert!(said(&[(0, b"BZh91AY&SY")]).unwrap_err().contains("bunzip2"));
        assert!(said(&[(257, b"ustar\x0000")]).unwrap_err().contains("tar -xf"));
        assert!(said(&[(3584, b"koly\0\0\0\x04")]).unwrap_err().contains("DMG"));
        assert!(said(&[(0, b"QFI\xfb\0\0\0\x01")]).unwrap_err().contains("qemu-img convert"));
        assert_eq!(said(&[(0, b"\xeb\x63\x90"), (510, b"\x55\xaa")]), Ok("raw"));
        assert_eq!(said(&[(0, b"BZh of something else")]), Ok("raw"));
    }
}
