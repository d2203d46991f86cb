//! Linux: `/proc/PID/maps`, `mem` and `pagemap`, read and never changed.
//!
//! Reading `mem` needs what tracing needs (`ptrace(2)`), and stops nobody.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

pub(super) use super::unsupported::{loose_code, total_memory};
use super::{MAX_MAPPINGS, MappingBacking, MemoryMapping};

/// Bytes of a page; a machine with larger ones only has each looked up several times.
const PAGE: u64 = 4096;

/// An entry of `pagemap`: bit 63 says that the page is in memory, bit 62 that it is in swap
/// (<https://docs.kernel.org/admin-guide/mm/pagemap.html>).
const IN_USE: u64 = (1 << 63) | (1 << 62);

/// A process whose memory can be read.
#[derive(Debug)]
pub(crate) struct ProcessMemory {
    mem: File,
    pagemap: Option<File>,
    mappings: Vec<MemoryMapping>,
}

impl ProcessMemory {
    /// Opens the memory of a process. A kernel thread has no mappings.
    pub(crate) fn open(pid: u32) -> io::Result<Self> {
        let maps = std::fs::read(format!("/proc/{pid}/maps"))?;
        let mappings = parse_maps(&String::from_utf8_lossy(&maps));
        let mem = File::open(format!("/proc/{pid}/mem"))?;
        Ok(Self { mem, pagemap: File::open(format!("/proc/{pid}/pagemap")).ok(), mappings })
    }

    /// Its mappings, lowest first.
    pub(crate) fn mappings(&self) -> &[MemoryMapping] {
        &self.mappings
    }

    /// Reads from an address on; less where the mapping ends.
    pub(crate) fn read_at(&self, address: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.mem.read_at(buffer, address)
    }

    /// Whether anything was ever written to a stretch. Reading what was not would make the kernel map it, for nothing
    /// but zeros. Where the kernel does not tell, everything counts as used.
    pub(crate) fn is_used(&self, start: u64, length: u64) -> bool {
        let Some(pagemap) = &self.pagemap else { return true };
        let pages = usize::try_from(length.div_ceil(PAGE)).unwrap_or(usize::MAX).min(1 << 16);
        let mut entries = vec![0; pages.saturating_mul(8)];
        let offset = start.checked_div(PAGE).unwrap_or(0).saturating_mul(8);
        if pagemap.read_exact_at(&mut entries, offset).is_err() {
            return true;
        }
        entries
            .chunks_exact(8)
            .any(|entry| entry.try_into().is_ok_and(|entry| u64::from_ne_bytes(entry) & IN_USE != 0))
    }
}

/// Reads `/proc/PID/maps`: `start-end rwxp offset dev inode path`
/// (<https://man7.org/linux/man-pages/man5/proc_pid_maps.5.html>). Lines that are not so are left out.
fn parse_maps(text: &str) -> Vec<MemoryMapping> {
    text.lines().filter_map(parse_mapping).take(MAX_MAPPINGS).collect()
}

fn parse_mapping(line: &str) -> Option<MemoryMapping> {
    let mut fields = line.splitn(6, ' ');
    let (start, end) = fields.next()?.split_once('-')?;
    let access = fields.next()?.as_bytes();
    let inode = fields.nth(2)?;
    let path = fields.next().unwrap_or_default().trim();
    let made_in_memory =
        path.ends_with(" (deleted)") || path.starts_with("/memfd:") || path.starts_with("/dev/shm/");
    Some(MemoryMapping {
        start: u64::from_str_radix(start, 16).ok()?,
        end: u64::from_str_radix(end, 16).ok()?,
        readable: access.first() == Some(&b'r'),
        writable: access.get(1) == Some(&b'w'),
        backing: match path {
            _ if made_in_memory => MappingBacking::Memory,
            _ if path.starts_with("[v") || path.starts_with("/dev/") => MappingBacking::Device,
            _ if inode != "0" => MappingBacking::File,
            _ => MappingBacking::Memory,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a Debian 12 writes them, addresses changed.
    const MAPS: &str = "\
55d0c0a00000-55d0c0a02000 r--p 00000000 fe:01 1234                       /usr/bin/cat
55d0c0a02000-55d0c0a07000 r-xp 00002000 fe:01 1234                       /usr/bin/cat
55d0c0a0a000-55d0c0a0b000 rw-p 00009000 fe:01 1234                       /usr/bin/cat
55d0c2000000-55d0c2021000 rw-p 00000000 00:00 0                          [heap]
7f0000000000-7f0000001000 rwxp 00000000 00:00 0 
7f0000001000-7f0000002000 r-xp 00000000 00:01 99                         /memfd:x (deleted)
7f0000002000-7f0000003000 r-xp 00000000 fe:01 4321                       /tmp/gone (deleted)
7f0000003000-7f0000004000 ---p 00000000 00:00 0 
7f0000004000-7f0000005000 rw-s 00000000 00:06 12                         /dev/dri/card0
7f0000005000-7f0000006000 rw-s 00000000 00:19 13                         /dev/shm/x
7ffd00000000-7ffd00021000 rw-p 00000000 00:00 0                          [stack]
7ffd00031000-7ffd00035000 r--p 00000000 00:00 0                          [vvar]
7ffd00035000-7ffd00037000 r-xp 00000000 00:00 0                          [vdso]
nonsense
";

    #[test]
    fn what_is_a_file_on_disk_or_a_device_is_left_alone_and_the_rest_is_wanted() {
        let maps = parse_maps(MAPS);
        assert_eq!(maps.len(), 13);
        let wanted: Vec<_> = maps.iter().map(MemoryMapping::is_wanted).collect();
        assert_eq!(
            wanted,
            [false, false, true, true, true, true, true, false, false, true, true, false, false]
        );
        assert_eq!((maps[0].start, maps[0].end), (0x55d0_c0a0_0000, 0x55d0_c0a0_2000));
    }
}
