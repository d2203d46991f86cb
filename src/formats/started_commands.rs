//! Reads Linux files with commands in program-specific formats: sysvinit's inittab, Upstart jobs, inetd and xinetd
//! services, hooks of apt, dnf and dpkg, logrotate scripts, ifupdown interfaces, and git's hook directories.
//!
//! In: the bytes of one file. Out: a [`StartedCommand`] per command, with its line number. The program of a command
//! line is found by its words ([`words`](super::linux_autostarts::words)). Pure; never panics.

use super::text_lines::{Line, lines, split};

/// A command that a file starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartedCommand<'a> {
    /// Line number, from 1.
    pub line: u64,
    /// The keyword that says when or how it runs.
    pub key: &'a [u8],
    /// The user, where the file sets one.
    pub user: Option<&'a [u8]>,
    /// The command.
    pub command: &'a [u8],
}

impl<'a> StartedCommand<'a> {
    pub(super) fn new(line: u64, key: &'a [u8], command: &'a [u8]) -> Option<Self> {
        (!command.is_empty()).then_some(Self { line, key, user: None, command })
    }
}

/// Reads the inittab of sysvinit or busybox (inittab(5)): `id:runlevels:action:process`.
pub fn inittab(text: &[u8]) -> impl Iterator<Item = StartedCommand<'_>> {
    lines(text).filter_map(|(line, text)| {
        let mut fields = text.splitn(4, |byte| *byte == b':');
        let action = fields.nth(2)?.trim_ascii();
        let process = fields.next()?.trim_ascii();
        StartedCommand::new(line, action, process.strip_prefix(b"+").unwrap_or(process))
    })
}

/// Reads an Upstart job (init(5)): `exec`, and the lines between `script` and `end script`, each also with a stage
/// prefix (`pre-start exec …`).
#[must_use]
pub fn upstart(text: &[u8]) -> Vec<StartedCommand<'_>> {
    blocks(
        text,
        &|line| {
            let (stage, rest) = match split(line, 1) {
                Some((stage @ (b"pre-start" | b"post-start" | b"pre-stop" | b"post-stop"), rest)) => {
                    (stage, rest)
                }
                _ => (&b"exec"[..], line),
            };
            match split(rest, 1) {
                Some((b"exec", command)) => Opening::Command(stage, command),
                Some((b"script", b"")) => Opening::Block(stage),
                _ => Opening::Nothing,
            }
        },
        &|line| line == b"end script",
    )
}

/// Reads a logrotate file (logrotate(8)): the lines of its scripts.
#[must_use]
pub fn logrotate(text: &[u8]) -> Vec<StartedCommand<'_>> {
    const SCRIPTS: [&[u8]; 5] = [b"prerotate", b"postrotate", b"firstaction", b"lastaction", b"preremove"];
    let opens = |line| if SCRIPTS.contains(&line) { Opening::Block(line) } else { Opening::Nothing };
    blocks(text, &opens, &|line| line == b"endscript")
}

/// The meaning of a line that may open a block.
enum Opening<'a> {
    Nothing,
    Command(&'a [u8], &'a [u8]),
    Block(&'a [u8]),
}

fn blocks<'a>(
    text: &'a [u8],
    opens: &dyn Fn(&'a [u8]) -> Opening<'a>,
    closes: &dyn Fn(&[u8]) -> bool,
) -> Vec<StartedCommand<'a>> {
    let (mut all, mut within) = (Vec::new(), None);
    for (number, line) in lines(text) {
        match (within, opens(line)) {
            (Some(_), _) if closes(line) => within = None,
            (Some(key), _) => all.extend(StartedCommand::new(number, key, line)),
            (None, Opening::Block(key)) => within = Some(key),
            (None, Opening::Command(key, command)) => all.extend(StartedCommand::new(number, key, command)),
            (None, Opening::Nothing) => {}
        }
    }
    all
}

/// Reads inetd.conf(5): service, type, protocol, wait, user, program, arguments.
pub fn inetd(text: &[u8]) -> impl Iterator<Item = StartedCommand<'_>> {
    lines(text).filter_map(|(line, text)| {
        let (service, rest) = split(text, 1)?;
        let (_, rest) = split(rest, 3)?;
        let (user, program) = split(rest, 1)?;
        let command = StartedCommand::new(line, service, program)?;
        (program != b"internal").then_some(StartedCommand { user: Some(user), ..command })
    })
}

/// Reads xinetd services (xinetd.conf(5)): `server`, with `server_args`. A service with `disable = yes` is reported
/// as well, since one word enables it.
#[must_use]
pub fn xinetd(text: &[u8]) -> Vec<StartedCommand<'_>> {
    let (mut all, mut user): (Vec<StartedCommand<'_>>, _) = (Vec::new(), None);
    for (line, text) in lines(text) {
        let Some(cut) = text.iter().position(|byte| *byte == b'=') else {
            if text == b"}" {
                user = None;
            }
            continue;
        };
        let (key, value) = text.split_at(cut);
        let key = key.strip_suffix(b"+").unwrap_or(key).trim_ascii();
        let value = value.get(1..).unwrap_or_default().trim_ascii();
        match key {
            b"user" => {
                user = Some(value);
                if let Some(last) = all.last_mut() {
                    last.user = last.user.or(user);
                }
            }
            b"server" | b"server_args" => {
                all.extend(
                    StartedCommand::new(line, key, value).map(|command| StartedCommand { user, ..command }),
                );
            }
            _ => {}
        }
    }
    all
}

/// Reads the configuration of apt (apt.conf(5)): the values of each option that runs a command, whatever braces,
/// colons and lines separate its name and values.
#[must_use]
pub fn apt(text: &[u8]) -> Vec<StartedCommand<'_>> {
    const RUN: [&[u8]; 3] = [b"invoke", b"invoke-success", b"pre-install-pkgs"];
    const MAX_DEPTH: usize = 1_000;
    let runs = |name: &&[u8]| RUN.iter().any(|run| name.to_ascii_lowercase().ends_with(run));
    let (mut all, mut open): (Vec<StartedCommand<'_>>, Vec<&[u8]>) = (Vec::new(), Vec::new());
    let (mut name, mut rest, mut line): (&[u8], &[u8], u64) = (b"", text, 1);
    while let Some(first) = rest.first() {
        let taken = match first {
            b'"' => {
                let (value, behind) = quoted(rest).unwrap_or_default();
                // apt runs all values below such a name, whatever their own names are.
                let names = [name].into_iter().chain(open.iter().rev().copied());
                let mut parts = names.flat_map(|name| name.rsplit(|byte| *byte == b':'));
                all.extend(parts.find(runs).and_then(|key| StartedCommand::new(line, key, value)));
                rest.len().saturating_sub(behind.len())
            }
            b'{' => {
                if open.len() < MAX_DEPTH {
                    open.push(name);
                }
                name = b"";
                1
            }
            b'}' => {
                open.pop();
                name = b"";
                1
            }
            b';' => {
                name = b"";
                1
            }
            // `#clear` and `#include` are directives of apt. They end with the line or a semicolon; skipping them
            // like a comment is enough.
            b'#' => line_length(rest),
            b'/' if rest.starts_with(b"//") => line_length(rest),
            b'/' if rest.starts_with(b"/*") => {
                memchr::memmem::find(rest, b"*/").map_or(rest.len(), |end| end.saturating_add(2))
            }
            byte if byte.is_ascii_whitespace() => 1,
            _ => {
                let ends = |byte: &u8| byte.is_ascii_whitespace() || b"\"{};".contains(byte);
                name = rest.split(ends).next().unwrap_or_default();
                name.len()
            }
        };
        let (passed, behind) = rest.split_at_checked(taken.max(1)).unwrap_or((rest, b""));
        let lines = memchr::memchr_iter(b'\n', passed).count();
        line = line.saturating_add(u64::try_from(lines).unwrap_or(0));
        rest = behind;
    }
    all
}

/// Returns the number of bytes up to the end of the line.
fn line_length(text: &[u8]) -> usize {
    memchr::memchr(b'\n', text).unwrap_or(text.len())
}

/// Returns the first quoted text, where a backslash escapes the next character, and the rest.
fn quoted(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let open = text.iter().position(|byte| *byte == b'"')?;
    let inner = text.get(open.checked_add(1)?..)?;
    let mut kept = false;
    let close = inner.iter().position(|byte| {
        let ends = *byte == b'"' && !kept;
        kept = *byte == b'\\' && !kept;
        ends
    });
    let close = close.unwrap_or(inner.len());
    Some((inner.get(..close)?, inner.get(close.saturating_add(1)..).unwrap_or_default()))
}

/// Reads an action of dnf: `package:state:command` of the plugin post-transaction-actions, or libdnf5's
/// `callback:filter:direction:options:command`.
pub fn dnf(text: &[u8]) -> impl Iterator<Item = StartedCommand<'_>> {
    lines(text).filter_map(|(line, text)| {
        let fields: Vec<&[u8]> = text.splitn(5, |byte| *byte == b':').collect();
        // Only the newer format begins with the name of a callback.
        let five = fields.first().is_some_and(|first| {
            first.starts_with(b"pre_")
                || first.starts_with(b"post_")
                || first.starts_with(b"goal_")
                || first.starts_with(b"repos_")
        });
        // The command is the last field, and may contain colons.
        let fields_in_all = if five { 5 } else { 3 };
        let command = text.splitn(fields_in_all, |byte| *byte == b':').nth(fields_in_all.checked_sub(1)?)?;
        let command = command.trim_ascii();
        StartedCommand::new(line, fields.first()?, command)
    })
}

/// Reads the configuration of dpkg (dpkg.cfg(5)): commands that run before and after it.
pub fn dpkg(text: &[u8]) -> impl Iterator<Item = StartedCommand<'_>> {
    lines(text).filter_map(|(line, text)| {
        let cut = text.iter().position(|byte| *byte == b'=' || byte.is_ascii_whitespace())?;
        let (key, value) = text.split_at(cut);
        let value = value.get(1..)?.trim_ascii();
        let runs = matches!(key, b"pre-invoke" | b"post-invoke" | b"status-logger");
        StartedCommand::new(line, key, value).filter(|_| runs)
    })
}

/// Reads interfaces(5) of ifupdown: commands that run when an interface goes up or down.
pub fn interfaces(text: &[u8]) -> impl Iterator<Item = StartedCommand<'_>> {
    lines(text).filter_map(|(line, text): Line<'_>| {
        let (key, command) = split(text, 1)?;
        let runs = matches!(key, b"up" | b"down" | b"pre-up" | b"post-up" | b"pre-down" | b"post-down");
        StartedCommand::new(line, key, command).filter(|_| runs)
    })
}

/// Reads a settings file in which some keys have a program: `action=` of acpid, `path =` of auditd plugins, and the
/// like. A value that begins with `|` is the program after it (core(5)).
pub fn keys<'a>(text: &'a [u8], runs: &'static [&'static str]) -> impl Iterator<Item = StartedCommand<'a>> {
    lines(text).filter_map(move |(line, text)| {
        let (key, value) = text.split_at_checked(text.iter().position(|byte| *byte == b'=')?)?;
        let (key, value) = (key.trim_ascii(), value.get(1..)?.trim_ascii());
        let is_run = runs.iter().any(|run| match run.strip_suffix('|') {
            Some(run) => run.as_bytes() == key && value.starts_with(b"|"),
            None => run.as_bytes() == key,
        });
        StartedCommand::new(line, key, value.strip_prefix(b"|").unwrap_or(value)).filter(|_| is_run)
    })
}

/// Reads the configuration of git (git-config(1)): the hook directory, and commands that git itself runs.
pub fn git(text: &[u8]) -> impl Iterator<Item = StartedCommand<'_>> {
    lines(text).filter_map(|(line, text)| {
        let cut = text.iter().position(|byte| *byte == b'=')?;
        let (key, value) = text.split_at(cut);
        let key = key.trim_ascii();
        let runs: [&[u8]; 5] = [b"hookspath", b"fsmonitor", b"sshcommand", b"pager", b"editor"];
        let is_run = runs.contains(&key.to_ascii_lowercase().as_slice());
        StartedCommand::new(line, key, value.get(1..)?.trim_ascii()).filter(|_| is_run)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<'a>(all: impl IntoIterator<Item = StartedCommand<'a>>) -> Vec<(u64, String, String)> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        all.into_iter().map(|one| (one.line, text(one.key), text(one.command))).collect()
    }

    fn one(line: u64, key: &str, command: &str) -> (u64, String, String) {
        (line, key.to_owned(), command.to_owned())
    }

    /// Lines in the form of inittab(5) of Debian 6 and of busybox.
    #[test]
    fn an_inittab_has_a_process_on_each_line() {
        let text = b"id:2:initdefault:\nsi::sysinit:/etc/init.d/rcS\n# x\n1:2345:respawn:/sbin/getty 38400 tty1\n::respawn:+/tmp/x -q\n";
        assert_eq!(
            read(inittab(text)),
            [
                one(2, "sysinit", "/etc/init.d/rcS"),
                one(4, "respawn", "/sbin/getty 38400 tty1"),
                one(5, "respawn", "/tmp/x -q"),
            ]
        );
    }

    /// After the examples of Upstart's init(5).
    #[test]
    fn jobs_of_upstart_have_commands_and_scripts() {
        let text = b"start on runlevel [2345]\nexec /usr/sbin/cron\npre-start script\n  mkdir -p /run/x\n  /opt/y\nend script\npost-stop exec rm -f /run/x\nscript\nexec /tmp/z\nend script\n";
        assert_eq!(
            read(upstart(text)),
            [
                one(2, "exec", "/usr/sbin/cron"),
                one(4, "pre-start", "mkdir -p /run/x"),
                one(5, "pre-start", "/opt/y"),
                one(7, "post-stop", "rm -f /run/x"),
                one(9, "exec", "exec /tmp/z"),
            ]
        );
    }

    #[test]
    fn services_of_inetd_and_xinetd_have_a_program_and_a_user() {
        let text =
            b"ftp stream tcp nowait root /usr/sbin/tcpd in.ftpd\ntime stream tcp nowait root internal\n";
        let all: Vec<_> = inetd(text).collect();
        assert_eq!(all[0].user, Some(&b"root"[..]));
        assert_eq!(read(all), [one(1, "ftp", "/usr/sbin/tcpd in.ftpd")]);
        let text = b"service x\n{\n\tdisable = no\n\tserver = /opt/x\n\tserver_args = -a /tmp/b\n\tuser\t= nobody\n}\nservice y\n{\n server = /opt/y\n}\n";
        let all = xinetd(text);
        assert_eq!(all.iter().map(|one| one.user).collect::<Vec<_>>(), [None, Some(&b"nobody"[..]), None]);
        assert_eq!(
            read(all),
            [one(4, "server", "/opt/x"), one(5, "server_args", "-a /tmp/b"), one(10, "server", "/opt/y")]
        );
    }

    #[test]
    fn hooks_of_package_managers_are_read() {
        let text = b"// x \"no\";\nAPT::Update::Post-Invoke-Success {\"test -x /usr/bin/a\"; };\nDPkg::Pre-Install-Pkgs { \"/usr/sbin/b --apt || true\"; };\n\
            DPkg::Post-Invoke\n{\n  \"/tmp/c \\\"q\\\"\";\n  \"/tmp/d\";\n};\nAPT::Periodic::Enable \"1\";\nDPkg { Pre-Invoke {\"/tmp/e\";}; };\nDPkg::Post-Invoke:: \"/tmp/f\";\nUnattended::Mail \"root\";\n";
        assert_eq!(
            read(apt(text)),
            [
                one(2, "Post-Invoke-Success", "test -x /usr/bin/a"),
                one(3, "Pre-Install-Pkgs", "/usr/sbin/b --apt || true"),
                one(6, "Post-Invoke", "/tmp/c \\\"q\\\""),
                one(7, "Post-Invoke", "/tmp/d"),
            ]
            .into_iter()
            .chain(
                read(apt(b"DPkg { Pre-Invoke {\"/tmp/e\";}; };\n"))
                    .into_iter()
                    .map(|(_, key, command)| (10, key, command))
            )
            .chain(
                read(apt(b"DPkg::Post-Invoke:: \"/tmp/f\";\n"))
                    .into_iter()
                    .map(|(_, key, command)| (11, key, command))
            )
            .collect::<Vec<_>>()
        );
        // The author may split the option tree in any way.
        let text = b"DPkg {\n  Post-Invoke { \"/tmp/a\"; };\n  Pre-Invoke\n  {\n    // no \"/x\";\n    \"/tmp/b\"; /* \"/x\";\n \"/x\"; */\n    \"/tmp/c; }\";\n  };\n};\nAPT { Update { Post-Invoke-Success:: \"/tmp/d\"; }; Color \"1\"; };\n#clear DPkg::Post-Invoke;\nDPkg::Post-Invoke { X \"/tmp/e\"; };DPkg::Post-Invoke::Y \"/tmp/f\"";
        assert_eq!(
            read(apt(text)),
            [
                one(2, "Post-Invoke", "/tmp/a"),
                one(6, "Pre-Invoke", "/tmp/b"),
                one(8, "Pre-Invoke", "/tmp/c; }"),
                one(11, "Post-Invoke-Success", "/tmp/d"),
                one(13, "Post-Invoke", "/tmp/e"),
                one(13, "Post-Invoke", "/tmp/f"),
            ]
        );
        let text = b"*:any:/opt/a $pkg\npost_transaction:kernel*:in:enabled=1:/opt/b -x y:z\n";
        assert_eq!(
            read(dnf(text)),
            [one(1, "*", "/opt/a $pkg"), one(2, "post_transaction", "/opt/b -x y:z")]
        );
        let text = b"post-invoke=/opt/a\npre-invoke /opt/b c\nno-debsig\nlog /var/log/x\n";
        assert_eq!(read(dpkg(text)), [one(1, "post-invoke", "/opt/a"), one(2, "pre-invoke", "/opt/b c")]);
    }

    #[test]
    fn settings_with_a_program_are_read_by_their_keys() {
        let text = b"kernel.core_pattern = |/opt/a %p\nkernel.core_pattern=core\nkernel.modprobe=/opt/b\naction=/opt/c\n";
        assert_eq!(
            read(keys(text, &["kernel.core_pattern|", "kernel.modprobe"])),
            [one(1, "kernel.core_pattern", "/opt/a %p"), one(3, "kernel.modprobe", "/opt/b")]
        );
    }

    #[test]
    fn scripts_of_logrotate_and_of_interfaces_and_gits_hooks_are_read() {
        let text = b"/var/log/x {\n daily\n postrotate\n  /opt/a\n endscript\n}\n";
        assert_eq!(read(logrotate(text)), [one(4, "postrotate", "/opt/a")]);
        let text = b"iface eth0 inet dhcp\n  post-up /opt/b $IFACE\n  dns-nameservers 1.1.1.1\n";
        assert_eq!(read(interfaces(text)), [one(2, "post-up", "/opt/b $IFACE")]);
        let text = b"[core]\n\thooksPath = /opt/hooks\n\tautocrlf = input\n";
        assert_eq!(read(git(text)), [one(2, "hooksPath", "/opt/hooks")]);
    }
}
