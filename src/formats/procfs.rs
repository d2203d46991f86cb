//! Reads the files of a process, and of the system, in `/proc`. Pure; never panics.
//!
//! In: the bytes of one file. Out: its fields; whatever does not have the form of proc(5) is left out.
//! <https://man7.org/linux/man-pages/man5/proc.5.html>

/// Maximum number of arguments of a command line: a build passes thousands.
pub const MAX_ARGUMENTS: usize = 4_096;

/// Clock ticks per second in `/proc`, which are the same on all current Linux architectures (`USER_HZ`, time(7)).
const USER_HZ: u64 = 100;

/// The fields of `/proc/PID/stat` that `status` does not have.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProcessStat {
    /// Process id.
    pub pid: u32,
    /// Name, at most 15 arbitrary bytes.
    pub name: Vec<u8>,
    /// State, as a letter.
    pub state: char,
    /// Process id of the parent.
    pub parent: u32,
    /// Session id.
    pub session: u32,
    /// Number of the terminal; 0 for none.
    pub terminal: u32,
    /// Kernel flags (`PF_*`).
    pub flags: u64,
    /// CPU time in milliseconds.
    pub processor_ms: u64,
    /// Start time in milliseconds since boot.
    pub started_ms: u64,
}

/// Flag of a kernel thread, which has no program (`PF_KTHREAD` in `include/linux/sched.h`).
const PF_KTHREAD: u64 = 0x0020_0000;

impl ProcessStat {
    /// Whether it is a kernel thread.
    #[must_use]
    pub const fn is_kernel(&self) -> bool {
        self.flags & PF_KTHREAD != 0
    }
}

/// Reads `/proc/PID/stat` (`proc_pid_stat(5)`). The name is in brackets and may contain brackets: the last one ends
/// it.
#[must_use]
pub fn stat(text: &[u8]) -> Option<ProcessStat> {
    let open = text.iter().position(|byte| *byte == b'(')?;
    let close = text.iter().rposition(|byte| *byte == b')').filter(|close| *close > open)?;
    let name = text.get(open.checked_add(1)?..close)?.to_vec();
    let pid = number(text.get(..open)?)?;
    let rest = str::from_utf8(text.get(close.checked_add(1)?..)?).ok()?;
    // The first field here is the third of the manual page.
    let fields: Vec<&str> = rest.split_ascii_whitespace().take(40).collect();
    let field = |number: usize| fields.get(number.checked_sub(3)?).copied();
    let value = |number: usize| field(number)?.parse::<u64>().ok();
    // The kernel prints the terminal as a signed number, but it is never negative.
    let small = |number: usize| field(number)?.parse::<i64>().ok().and_then(|n| u32::try_from(n).ok());
    Some(ProcessStat {
        pid,
        name,
        state: field(3)?.chars().next()?,
        parent: small(4)?,
        session: small(6).unwrap_or(0),
        terminal: small(7).unwrap_or(0),
        flags: value(9)?,
        processor_ms: ticks(value(14)?.saturating_add(value(15)?)),
        started_ms: ticks(value(22)?),
    })
}

fn ticks(ticks: u64) -> u64 {
    ticks.saturating_mul(1_000).saturating_div(USER_HZ)
}

/// The fields of `/proc/PID/status` that `stat` does not have.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Status {
    /// Process id of the thread group.
    pub group: Option<u32>,
    /// Real, effective, saved and file system user id.
    pub users: Vec<u32>,
    /// Real, effective, saved and file system group id.
    pub groups: Vec<u32>,
    /// Process id of the tracer; `None` where there is none.
    pub tracer: Option<u32>,
    /// Number of threads.
    pub threads: Option<u32>,
    /// Resident memory in bytes.
    pub resident: Option<u64>,
    /// Effective capabilities, in hexadecimal.
    pub effective: Option<String>,
    /// Permitted capabilities, in hexadecimal.
    pub permitted: Option<String>,
    /// Whether `execve` can no longer grant it privileges.
    pub no_new_privileges: Option<bool>,
    /// Seccomp mode: 0, 1 (strict) or 2 (filter).
    pub seccomp: Option<u32>,
    /// Process ids in the nested PID namespaces, the outermost first.
    pub pids: Vec<u32>,
}

/// Reads `/proc/PID/status` (`proc_pid_status(5)`). A name may contain a line break, which the kernel escapes.
#[must_use]
pub fn status(text: &[u8]) -> Status {
    let mut status = Status::default();
    let text = String::from_utf8_lossy(text);
    for (key, value) in text.lines().filter_map(|line| line.split_once(':')) {
        let value = value.trim();
        let one = || value.parse::<u32>().ok();
        let all = || value.split_ascii_whitespace().take(64).filter_map(|word| word.parse().ok()).collect();
        match key {
            "Tgid" => status.group = one(),
            "Uid" => status.users = all(),
            "Gid" => status.groups = all(),
            "TracerPid" => status.tracer = one().filter(|tracer| *tracer != 0),
            "Threads" => status.threads = one(),
            "VmRSS" => {
                let kilobytes = value.strip_suffix("kB").and_then(|value| value.trim().parse::<u64>().ok());
                status.resident = kilobytes.and_then(|kilobytes| kilobytes.checked_mul(1024));
            }
            "CapEff" => status.effective = hexadecimal(value),
            "CapPrm" => status.permitted = hexadecimal(value),
            "NoNewPrivs" => status.no_new_privileges = one().map(|one| one != 0),
            "Seccomp" => status.seccomp = one(),
            "NSpid" => status.pids = all(),
            _ => {}
        }
    }
    status
}

fn hexadecimal(value: &str) -> Option<String> {
    let fits = value.len() <= 32 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    (fits && !value.is_empty()).then(|| value.to_owned())
}

/// Reads `/proc/PID/cmdline`: arguments, each with a terminating zero byte. A process may overwrite it with anything,
/// which then is one argument. The flag says whether there are more than the limit.
#[must_use]
pub fn command_line(bytes: &[u8]) -> (Vec<Vec<u8>>, bool) {
    // A title that a process set itself is padded with zeros.
    let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last.saturating_add(1));
    let text = bytes.get(..end).unwrap_or_default();
    if text.is_empty() {
        return (Vec::new(), false);
    }
    let mut arguments = text.split(|byte| *byte == 0);
    let taken = arguments.by_ref().take(MAX_ARGUMENTS).map(<[u8]>::to_vec).collect();
    (taken, arguments.next().is_some())
}

/// Splits off the suffix that the kernel adds to the path of a deleted program: `/tmp/x (deleted)`.
#[must_use]
pub fn deleted(target: &[u8]) -> (&[u8], bool) {
    match target.strip_suffix(b" (deleted)") {
        Some(path) => (path, true),
        None => (target, false),
    }
}

/// Returns the control group of a process in the unified hierarchy, or that of systemd in the older ones
/// (<https://man7.org/linux/man-pages/man7/cgroups.7.html>).
#[must_use]
pub fn control_group(text: &[u8]) -> Option<Vec<u8>> {
    let mut named = None;
    for line in text.split(|byte| *byte == b'\n') {
        let mut fields = line.splitn(3, |byte| *byte == b':');
        match (fields.next(), fields.next(), fields.next()) {
            (Some(b"0"), Some(b""), Some(path)) if path != b"/" => return Some(path.to_vec()),
            (_, Some(b"name=systemd"), Some(path)) => named = Some(path.to_vec()),
            _ => {}
        }
    }
    named
}

/// Returns the number of a namespace from its link: `pid:[4026531836]`.
#[must_use]
pub fn name_space(target: &[u8]) -> Option<u64> {
    let text = str::from_utf8(target).ok()?;
    text.split_once(":[")?.1.strip_suffix(']')?.parse().ok()
}

/// Returns the boot time in seconds since 1970, from `/proc/stat`.
#[must_use]
pub fn boot_time(text: &[u8]) -> Option<i64> {
    let text = String::from_utf8_lossy(text);
    text.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}

/// Returns the number of processes and kernel threads, from `/proc/loadavg` (`proc_loadavg(5)`).
#[must_use]
pub fn thread_count(text: &[u8]) -> Option<u64> {
    let text = str::from_utf8(text).ok()?;
    text.split_ascii_whitespace().nth(3)?.split_once('/')?.1.parse().ok()
}

/// Returns the process or thread id assigned last, from `/proc/loadavg`.
#[must_use]
pub fn last_pid(text: &[u8]) -> Option<u32> {
    number(text.split(|byte| *byte == b' ').nth(4)?)
}

/// Reads a process or user id, which is the whole content of a file or the name of a directory.
#[must_use]
pub fn number(text: &[u8]) -> Option<u32> {
    let text = str::from_utf8(text).ok()?.trim();
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_and_blanks_does_not_shift_the_fields() {
        let text = b"4242 (a) R 1 (b\xff) S 17 4242 4200 34816 4242 4194560 1 0 0 0 25 50 0 0 20 0 3 0 12345 9 8 7 6\n";
        let stat = stat(text).unwrap();
        assert_eq!((stat.pid, stat.name.as_slice(), stat.state), (4242, &b"a) R 1 (b\xff"[..], 'S'));
        assert_eq!((stat.parent, stat.session, stat.terminal), (17, 4200, 34816));
        assert_eq!((stat.processor_ms, stat.started_ms), (750, 123_450));
        assert!(!stat.is_kernel());
        for broken in [&b""[..], b"1", b"1 (a", b"1 )a(", b"1 (a) S", b"x (a) S 1 1 1 0 -1 0", b"(a) S 1"] {
            assert_eq!(super::stat(broken), None, "{}", broken.escape_ascii());
        }
    }

    #[test]
    fn status_has_capabilities_and_the_tracer() {
        let text = b"Name:\tx\\ny\nTgid:\t9\nTracerPid:\t7\nUid:\t1000\t0\t0\t0\nGid:\t5 5 5 5\nThreads:\t2\nVmRSS:\t  12 kB\n\
            CapEff:\t000001ffffffffff\nCapPrm:\tzz\nNoNewPrivs:\t1\nSeccomp:\t2\nNSpid:\t9\t1\nhalf a line";
        let status = status(text);
        assert_eq!((status.group, status.tracer, status.threads), (Some(9), Some(7), Some(2)));
        assert_eq!((status.users.as_slice(), status.resident), (&[1000, 0, 0, 0][..], Some(12_288)));
        assert_eq!((status.effective.as_deref(), status.permitted), (Some("000001ffffffffff"), None));
        assert_eq!(
            (status.no_new_privileges, status.seccomp, status.pids),
            (Some(true), Some(2), vec![9, 1])
        );
    }

    #[test]
    fn a_command_line_keeps_empty_arguments_and_ends_at_its_limit() {
        let (arguments, more) = command_line(b"sh\0-c\0\0x y\0\0\0");
        assert_eq!((arguments, more), (vec![b"sh".to_vec(), b"-c".into(), b"".into(), b"x y".into()], false));
        assert_eq!(command_line(b"nginx: worker"), (vec![b"nginx: worker".to_vec()], false));
        assert_eq!(command_line(b"\0\0"), (Vec::new(), false));
        let (arguments, more) = command_line(&b"a\0".repeat(MAX_ARGUMENTS + 1));
        assert_eq!((arguments.len(), more), (MAX_ARGUMENTS, true));
    }

    #[test]
    fn the_smaller_files_are_read() {
        assert_eq!(deleted(b"/tmp/x (deleted)"), (&b"/tmp/x"[..], true));
        assert_eq!(deleted(b"/tmp/x"), (&b"/tmp/x"[..], false));
        let unified = control_group(b"0::/system.slice/ssh.service\n").unwrap();
        assert_eq!(unified, b"/system.slice/ssh.service");
        let older = control_group(b"5:cpu:/\n1:name=systemd:/user.slice/a:b\n0::/\n").unwrap();
        assert_eq!(older, b"/user.slice/a:b");
        assert_eq!(name_space(b"pid:[4026531836]"), Some(4_026_531_836));
        assert_eq!(boot_time(b"cpu 1 2\nbtime 1700000000\n"), Some(1_700_000_000));
        assert_eq!(thread_count(b"0.00 0.01 0.05 1/337 2542\n"), Some(337));
        assert_eq!((last_pid(b"0.00 0.01 0.05 1/337 2542\n"), last_pid(b"0.00")), (Some(2542), None));
        assert_eq!((number(b"12\n"), number(b"+1"), number(b"4294967296")), (Some(12), None, None));
    }
}
