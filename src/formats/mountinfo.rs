//! Reads `/proc/PID/mountinfo` (`proc_pid_mountinfo(5)`): the mounts that a process sees.
//!
//! In: the kernel's text, of this machine or of a tree. Out: one [`Mount`] per line. Pure; never panics.

/// A mount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// Mount point, as bytes.
    pub place: Vec<u8>,
    /// Name of the file system.
    pub file_system: String,
    /// The device, or the network share.
    pub device: String,
}

/// Reads the mounts; malformed lines are left out. The number is not limited here: whoever reads the table limits its
/// bytes.
#[must_use]
pub fn mounts(text: &[u8]) -> Vec<Mount> {
    text.split(|byte| *byte == b'\n').filter_map(parse_line).collect()
}

fn parse_line(line: &[u8]) -> Option<Mount> {
    let mut fields = line.split(|byte| *byte == b' ').filter(|field| !field.is_empty());
    let place = unescape(fields.nth(4)?);
    let mut after = fields.skip_while(|field| *field != b"-").skip(1);
    let file_system = String::from_utf8_lossy(after.next()?).into_owned();
    let device = String::from_utf8_lossy(&unescape(after.next().unwrap_or_default())).into_owned();
    Some(Mount { place, file_system, device })
}

/// Decodes octal escapes: the kernel writes blank, tab, newline and backslash as a backslash and three digits.
fn unescape(field: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((byte, tail)) = rest.split_first() {
        let octal = tail
            .get(..3)
            .filter(|_| *byte == b'\\')
            .and_then(|digits| u8::from_str_radix(str::from_utf8(digits).ok()?, 8).ok());
        plain.push(octal.unwrap_or(*byte));
        rest = if octal.is_some() { tail.get(3..).unwrap_or_default() } else { tail };
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines in the form of proc(5), of a Debian 12 server with an NFS share.
    const TABLE: &[u8] = b"\
22 28 0:20 / /sys rw,nosuid - sysfs sysfs rw
23 28 0:21 / /proc rw,nosuid shared:12 - proc proc rw
28 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
40 28 8:2 / /var rw shared:2 - xfs /dev/sda2 rw
41 28 0:50 / /mnt/team\\040share rw shared:3 - nfs4 nas:/team rw
not a line
42 40 0:51 / /var/tmp rw - tmpfs tmpfs rw
";

    #[test]
    fn the_kernels_table_is_read_with_its_escapes_and_nonsense_is_left_out() {
        let all = mounts(TABLE);
        assert_eq!(all.len(), 6);
        assert_eq!(all[4].place, b"/mnt/team share");
        assert_eq!((all[4].file_system.as_str(), all[4].device.as_str()), ("nfs4", "nas:/team"));
    }
}
