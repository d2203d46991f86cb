//! Reads `/proc/PID/maps` (`proc_pid_maps(5)`): the mappings of a process, and executable memory without a file.
//! Pure; never panics.

/// Maximum number of lines: the kernel's default limit on mappings is 65,530.
pub const MAX_LINES: usize = 1 << 18;

/// A mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// Start address.
    pub from: u64,
    /// Length in bytes.
    pub length: u64,
    /// Whether it is writable.
    pub written: bool,
    /// Whether it is executable.
    pub run: bool,
    /// Inode of its file; 0 where there is none.
    pub inode: u64,
    /// Its file, or the kernel's label (`[stack]`); `None` for anonymous memory.
    pub path: Option<Vec<u8>>,
}

impl Mapping {
    /// Whether it is executable and not backed by a file, as the memory of a just-in-time compiler and of injected
    /// code is.
    #[must_use]
    pub fn is_loose_code(&self) -> bool {
        let kernels =
            matches!(self.path.as_deref(), Some(b"[vdso]" | b"[vsyscall]" | b"[vvar]" | b"[uprobes]"));
        self.run && self.inode == 0 && !kernels
    }
}

/// Reads the mappings; malformed lines are left out.
pub fn mappings(text: &[u8]) -> impl Iterator<Item = Mapping> {
    text.split(|byte| *byte == b'\n').take(MAX_LINES).filter_map(|line| {
        let mut rest = line;
        let mut fields = [""; 5];
        for field in &mut fields {
            let end = rest.iter().position(|byte| *byte == b' ').unwrap_or(rest.len());
            *field = str::from_utf8(rest.get(..end)?).ok()?;
            rest = rest.get(end..)?;
            rest = rest.strip_prefix(b" ").unwrap_or(rest);
        }
        let [range, rights, _, _, inode] = fields;
        let (from, to) = range.split_once('-')?;
        let from = u64::from_str_radix(from, 16).ok()?;
        let mut rights = rights.chars();
        let path = rest.iter().position(|byte| *byte != b' ').and_then(|begin| rest.get(begin..));
        Some(Mapping {
            from,
            length: u64::from_str_radix(to, 16).ok()?.checked_sub(from)?,
            written: rights.nth(1)? == 'w',
            run: rights.next()? == 'x',
            inode: inode.parse().ok()?,
            path: path.map(<[u8]>::to_vec),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mappings_and_loose_code_are_read_and_names_keep_their_blanks() {
        let text = b"00400000-00452000 r-xp 00000000 08:02 173521                             /usr/bin/my prog (deleted)\n\
            7f00-7f10 rwxp 00000000 00:00 0 \n\
            7ffc000-7ffd000 r-xp 00000000 00:00 0                          [vdso]\n\
            7f20-7f30 rw-p 00000000 00:00 0                          [heap]\nnonsense\n7f40-7f30 r-xp 0 0 0\n";
        let all: Vec<_> = mappings(text).collect();
        assert_eq!(all.len(), 4);
        assert_eq!((all[0].length, all[0].inode), (0x52000, 173_521));
        assert_eq!(all[0].path.as_deref(), Some(&b"/usr/bin/my prog (deleted)"[..]));
        let loose: Vec<_> = all.iter().map(Mapping::is_loose_code).collect();
        assert_eq!(loose, [false, true, false, false]);
        assert!(all[1].written && all[1].path.is_none());
    }
}
