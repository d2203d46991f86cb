//! Reads the autostarts of Linux other than units ([`systemd_unit`](super::systemd_unit)) and cron tables
//! ([`crontab`](super::crontab)): udev rules, PAM services, loader variables, modprobe commands; and splits commands
//! into words. Pure; never panics.
//!
//! In: the bytes of one file. Out: its settings, with line numbers from 1. The program of a command line is found by
//! its words alone, without parsing shell syntax: [`words`] returns all that could be a program or a script.

use super::text_lines::{Line, lines, split};

/// Maximum number of words that are inspected per command.
const MAX_WORDS: usize = 64;

/// Reads udev rules (udev(7)): the programs that they run or query.
pub fn udev(text: &[u8]) -> impl Iterator<Item = Line<'_>> {
    lines(text).flat_map(|(number, line)| {
        let keys = [&b"RUN"[..], b"PROGRAM", b"IMPORT{program}"];
        let mut found = Vec::new();
        let mut rest = line;
        while let Some(open) = rest.iter().position(|byte| *byte == b'"') {
            let (before, behind) = rest.split_at(open);
            let behind = behind.get(1..).unwrap_or_default();
            let close = behind.iter().position(|byte| *byte == b'"').unwrap_or(behind.len());
            let (value, further) = behind.split_at(close);
            let key = before.rsplit(|byte| *byte == b',').next().unwrap_or_default().trim_ascii();
            let builtin = key.windows(9).any(|part| part == b"{builtin}");
            if keys.iter().any(|wanted| key.starts_with(wanted)) && !builtin && !value.is_empty() {
                found.push((number, value));
            }
            rest = further.get(1..).unwrap_or_default();
        }
        found
    })
}

/// Reads a PAM service (pam.d(5), pam.conf(5)): line, module, and module with arguments.
pub fn pam(text: &[u8]) -> impl Iterator<Item = (u64, &[u8], &[u8])> {
    lines(text).filter_map(|(number, line)| {
        // The control field may be a list in brackets; the module is the first word after it that can be a file name.
        let begin = line.iter().rposition(|byte| *byte == b']').map_or(0, |at| at.saturating_add(1));
        let rest = line.get(begin..)?;
        let mut from = 0;
        for word in rest.split(u8::is_ascii_whitespace) {
            if word.ends_with(b".so") {
                return Some((number, word, rest.get(from..)?.trim_ascii()));
            }
            from = from.saturating_add(word.len()).saturating_add(1);
        }
        None
    })
}

/// Reads environment(5): the variables that make the dynamic loader load more libraries (ld.so(8)), as line, name and
/// value.
pub fn loader_variables(text: &[u8]) -> impl Iterator<Item = (u64, &[u8], &[u8])> {
    lines(text).filter_map(|(number, line)| {
        let line = line.strip_prefix(b"export ").unwrap_or(line).trim_ascii_start();
        let cut = line.iter().position(|byte| matches!(byte, b'=' | b' ' | b'\t'))?;
        let (name, value) = line.split_at(cut);
        let value = value.get(1..)?.trim_ascii();
        is_loaders(name).then_some((number, name, value))
    })
}

fn is_loaders(name: &[u8]) -> bool {
    matches!(name, b"LD_PRELOAD" | b"LD_LIBRARY_PATH" | b"LD_AUDIT")
}

/// Returns the values of the same variables in a line of assignments, each optionally quoted (systemd.exec(5),
/// `Environment=`).
pub fn loader_assignments(assignments: &[u8]) -> impl Iterator<Item = &[u8]> {
    let quote = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'');
    assignments.split(quote).filter_map(|word| {
        let cut = word.iter().position(|byte| *byte == b'=')?;
        let (name, value) = word.split_at(cut);
        let value = value.get(1..)?;
        (is_loaders(name) && !value.is_empty()).then_some(value)
    })
}

/// Reads the commands that modprobe.d(5) runs in place of loading a module: line, module and command.
pub fn installs(text: &[u8]) -> impl Iterator<Item = (u64, &[u8], &[u8])> {
    lines(text).filter_map(|(number, line)| {
        let (kind, rest) = split(line, 1)?;
        let (name, command) = split(rest, 1).filter(|_| matches!(kind, b"install" | b"remove"))?;
        (!command.is_empty()).then_some((number, name, command))
    })
}

/// Returns the words of a command that could be a path: without quotes, and without shell separators.
pub fn words(command: &[u8]) -> impl Iterator<Item = &[u8]> {
    let between = |byte: &u8| byte.is_ascii_whitespace() || b"\"'`;|&()<>{}$".contains(byte);
    command.split(between).filter(|word| !word.is_empty()).take(MAX_WORDS)
}

/// Whether a path is a launcher, such as a shell or an interpreter: the program of interest is in its arguments.
#[must_use]
pub fn is_launcher(path: &[u8]) -> bool {
    let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    let plain = name.iter().position(u8::is_ascii_digit).and_then(|end| name.get(..end)).unwrap_or(name);
    matches!(
        plain,
        b"sh"
            | b"bash"
            | b"dash"
            | b"ash"
            | b"ksh"
            | b"zsh"
            | b"busybox"
            | b"env"
            | b"python"
            | b"perl"
            | b"ruby"
            | b"php"
            | b"node"
            | b"java"
            | b"nohup"
            | b"setsid"
            | b"nice"
            | b"ionice"
            | b"chrt"
            | b"taskset"
            | b"timeout"
            | b"sudo"
            | b"su"
            | b"runuser"
            | b"flock"
            | b"chroot"
            | b"test"
            | b"["
            | b"true"
            | b"cd"
            | b"exec"
            | b"eval"
            | b"if"
            | b"then"
            | b"command"
            | b"systemd-cat"
            | b"start-stop-daemon"
            | b"xargs"
            | b"watch"
            | b"stdbuf"
            | b"dbus-run-session"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> String {
        String::from_utf8_lossy(bytes).into_owned()
    }

    #[test]
    fn programs_of_udev_rules_and_pam_services_are_read() {
        let rules = b"# x\nACTION==\"add\", SUBSYSTEM==\"net\", RUN{program}+=\"/tmp/x %k\", RUN{builtin}+=\"kmod load\"\n\
            KERNEL==\"sd*\", IMPORT{program}=\"ata_id --export $devnode\", PROGRAM==\"probe\", RUN+=\"\"\n";
        let all: Vec<_> = udev(rules).map(|(line, command)| (line, text(command))).collect();
        assert_eq!(
            all,
            [(2, "/tmp/x %k".into()), (3, "ata_id --export $devnode".into()), (3, "probe".to_owned())]
        );
        let service =
            b"#%PAM-1.0\nauth [success=1 default=ignore]\tpam_unix.so nullok\n@include common-account\n\
            session optional pam_exec.so quiet /tmp/x.sh\naccount required /opt/own.so\n";
        let all: Vec<_> = pam(service).map(|(line, module, rest)| (line, text(module), text(rest))).collect();
        let one = |line, module: &str, rest: &str| (line, module.to_owned(), rest.to_owned());
        assert_eq!(
            all,
            [
                one(2, "pam_unix.so", "pam_unix.so nullok"),
                one(4, "pam_exec.so", "pam_exec.so quiet /tmp/x.sh"),
                one(5, "/opt/own.so", "/opt/own.so"),
            ]
        );
    }

    #[test]
    fn loader_variables_and_module_commands_are_read() {
        let all: Vec<_> =
            loader_variables(b"PATH=\"/bin\"\nexport LD_PRELOAD=/tmp/x.so\nLD_AUDIT DEFAULT=/y.so\n")
                .collect();
        let all_of = |text: &'static [u8]| loader_assignments(text).collect::<Vec<_>>();
        assert_eq!(
            all_of(b"A=1 \"LD_PRELOAD=/tmp/x.so\" LD_AUDIT=/y.so LD_PRELOAD="),
            [&b"/tmp/x.so"[..], b"/y.so"]
        );
        let many = [b"A=1 ".repeat(500), b"LD_PRELOAD=/tmp/x.so".to_vec()].concat();
        assert_eq!(loader_assignments(&many).count(), 1, "nothing hides behind many others");
        assert_eq!(all, [(2, &b"LD_PRELOAD"[..], &b"/tmp/x.so"[..]), (3, b"LD_AUDIT", b"DEFAULT=/y.so")]);
        let all: Vec<_> =
            installs(b"blacklist pcspkr\ninstall usb-storage /bin/false\ninstall x\n").collect();
        assert_eq!(all, [(2, &b"usb-storage"[..], &b"/bin/false"[..])]);
    }

    #[test]
    fn the_words_of_a_command_are_found_in_quotes_and_between_commands() {
        let all: Vec<_> =
            words(b"/bin/sh -c 'test -x /usr/x && exec \"/opt/my\" --a=/b;/c'").map(text).collect();
        assert_eq!(all, ["/bin/sh", "-c", "test", "-x", "/usr/x", "exec", "/opt/my", "--a=/b", "/c"]);
        for (path, launcher) in [
            ("/usr/bin/python3.11", true),
            ("[", true),
            ("/bin/sh", true),
            ("/usr/sbin/sshd", false),
            ("/x/shell", false),
        ] {
            assert_eq!(is_launcher(path.as_bytes()), launcher, "{path}");
        }
    }
}
