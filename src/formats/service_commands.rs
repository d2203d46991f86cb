//! Services of Linux whose configuration names what they run or load, and other files that go on with it: sshd, rsyslog,
//! syslog-ng, the loader's directories, and interpreters of `binfmt_misc`.
//!
//! In: the bytes of one file. Out: a [`StartedCommand`] for each that is run, and the patterns of the files that it
//! includes ([`included`]). Pure, and never a panic. Sources: `sshd_config(5)`, rsyslog's omprog, improg and mmexternal,
//! syslog-ng's `program()`, ldconfig(8), binfmt.d(5).

use super::started_commands::StartedCommand;
use super::text_lines::{lines, split};

/// Most patterns of one file that are followed: whoever follows them reports that there are more.
pub const MAX_INCLUDES: usize = 100;

/// Words of `sshd_config(5)` that name a program.
const SSHD: [&[u8]; 4] =
    [b"forcecommand", b"authorizedkeyscommand", b"authorizedprincipalscommand", b"subsystem"];

/// A keyword of `sshd_config(5)` in any case, and its value: an equals sign may part them, and quotes enclose the value.
fn keyword(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = text.iter().position(|byte| byte.is_ascii_whitespace() || *byte == b'=')?;
    let (key, value) = text.split_at_checked(end)?;
    let value = value.trim_ascii_start();
    Some((key, value.strip_prefix(b"=").unwrap_or(value).trim_ascii()))
}

/// Reads `sshd_config(5)`: what the server runs for a session or to find keys. Inside of `Match User` with one name, it is
/// run for that user alone; `…CommandUser` names the user of a program that finds keys.
#[must_use]
pub fn sshd(text: &[u8]) -> Vec<StartedCommand<'_>> {
    let (mut all, mut matched): (Vec<StartedCommand<'_>>, Option<&[u8]>) = (Vec::new(), None);
    for (line, text) in lines(text) {
        let Some((key, value)) = keyword(text) else { continue };
        let lower = key.to_ascii_lowercase();
        if lower == b"match" {
            let rest = keyword(value).filter(|(what, _)| what.eq_ignore_ascii_case(b"user"));
            matched = rest.map(|(_, user)| user);
        } else if SSHD.contains(&lower.as_slice()) {
            // A subsystem's name comes before its command.
            let command =
                if lower == b"subsystem" { split(value, 1).map(|(_, rest)| rest) } else { Some(value) };
            let none = command.is_some_and(|command| command.eq_ignore_ascii_case(b"none"));
            let user = matched.filter(|_| lower == b"forcecommand");
            let started =
                command.filter(|_| !none).and_then(|command| StartedCommand::new(line, key, command));
            all.extend(started.map(|started| StartedCommand { user, ..started }));
        } else if let Some(of) = lower.strip_suffix(b"user").filter(|of| SSHD.contains(of)) {
            let meant = all.iter_mut().rev().find(|one| one.key.eq_ignore_ascii_case(of));
            if let Some(one) = meant {
                one.user = Some(value);
            }
        }
    }
    all
}

/// Reads the configuration of rsyslog: `binary="…"` of its modules that run a program, `$ActionOMProgBinary`, and the
/// older `^program;template` behind a selector.
#[must_use]
pub fn rsyslog(text: &[u8]) -> Vec<StartedCommand<'_>> {
    let mut all = Vec::new();
    for (line, text) in lines(text) {
        if let Some((key, value)) = split(text, 1).filter(|(key, _)| key.starts_with(b"$")) {
            let is_run = key.eq_ignore_ascii_case(b"$ActionOMProgBinary");
            all.extend(StartedCommand::new(line, key, value).filter(|_| is_run));
            continue;
        }
        all.extend(
            parameters(text, b"binary").filter_map(|value| StartedCommand::new(line, b"binary", value)),
        );
        let action = split(text, 1).map_or(text, |(_, action)| action);
        if let Some(program) = action.strip_prefix(b"^") {
            let program = program.split(|byte| *byte == b';').next().unwrap_or_default();
            all.extend(StartedCommand::new(line, b"^", program));
        }
    }
    all
}

/// The values of `name="…"` in a line, by any case of the name.
fn parameters<'a>(text: &'a [u8], name: &'static [u8]) -> impl Iterator<Item = &'a [u8]> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            let open = memchr::memchr(b'"', rest)?;
            let (before, behind) = rest.split_at_checked(open)?;
            let behind = behind.get(1..)?;
            let close = memchr::memchr(b'"', behind).unwrap_or(behind.len());
            let (value, further) = behind.split_at_checked(close)?;
            rest = further.get(1..).unwrap_or_default();
            let before = before.trim_ascii_end().strip_suffix(b"=").unwrap_or_default().trim_ascii_end();
            let begin = before.len().checked_sub(name.len());
            if begin.and_then(|begin| before.get(begin..)).is_some_and(|word| word.eq_ignore_ascii_case(name))
            {
                return Some(value);
            }
        }
    })
}

/// Reads the configuration of syslog-ng: sources and destinations that are `program("…")`.
pub fn syslog_ng(text: &[u8]) -> impl Iterator<Item = StartedCommand<'_>> {
    lines(text).filter_map(|(line, text)| {
        let at = memchr::memmem::find(text, b"program(")?;
        let behind = text.get(at.checked_add(8)?..)?.trim_ascii_start();
        let (quote, behind) = behind.split_first()?;
        let value = behind.split(|byte| byte == quote).next()?;
        StartedCommand::new(line, b"program", value).filter(|_| matches!(quote, b'"' | b'\''))
    })
}

/// Reads ld.so.conf: directories that the loader searches before those of the system (ldconfig(8)).
pub fn loader_directories(text: &[u8]) -> impl Iterator<Item = StartedCommand<'_>> {
    lines(text).flat_map(|(line, text)| {
        let parts = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b':' | b',' | b'=');
        let text = text.split(|byte| *byte == b'#').next().unwrap_or_default();
        let is_order = text.starts_with(b"include") || text.starts_with(b"hwcap");
        let directories = text.split(parts).filter(move |part| !is_order && part.starts_with(b"/"));
        directories.filter_map(move |directory| StartedCommand::new(line, b"directory", directory))
    })
}

/// Reads binfmt.d(5): `:name:type:offset:magic:mask:interpreter:flags`, parted by the first character.
pub fn binfmt(text: &[u8]) -> impl Iterator<Item = StartedCommand<'_>> {
    lines(text).filter_map(|(line, text)| {
        let (sign, fields) = text.split_first()?;
        let mut fields = fields.split(|byte| byte == sign);
        let name = fields.next()?;
        StartedCommand::new(line, name, fields.nth(4)?)
    })
}

/// The patterns of other files that such a file goes on with, as they are written: `Include` of sshd, `$IncludeConfig` and
/// `include(file="…")` of rsyslog, `include` of the loader.
#[must_use]
pub fn included(text: &[u8]) -> Vec<&[u8]> {
    let mut all = Vec::new();
    for (_, text) in lines(text) {
        let Some((key, rest)) = keyword(text) else { continue };
        match key.to_ascii_lowercase().as_slice() {
            b"include" | b"$includeconfig" => {
                let parts = rest.split(|byte| byte.is_ascii_whitespace() || *byte == b'"');
                all.extend(parts.filter(|word| !word.is_empty()));
            }
            key if key.starts_with(b"include(") => all.extend(parameters(text, b"file")),
            _ => {}
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<'a>(all: impl IntoIterator<Item = StartedCommand<'a>>) -> Vec<(u64, String, String, String)> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let user = |one: &StartedCommand<'_>| one.user.map(text).unwrap_or_default();
        all.into_iter().map(|one| (one.line, text(one.key), text(one.command), user(&one))).collect()
    }

    fn one(line: u64, key: &str, command: &str, user: &str) -> (u64, String, String, String) {
        (line, key.to_owned(), command.to_owned(), user.to_owned())
    }

    /// Keywords in any case, with and without an equals sign, as `sshd_config(5)` allows.
    #[test]
    fn what_sshd_runs_is_read_with_the_user_of_its_match() {
        let text = b"Include /etc/ssh/sshd_config.d/*.conf\nPermitRootLogin no\nAuthorizedKeysCommand /opt/keys %u\n\
            AuthorizedKeysCommandUser nobody\nSubsystem sftp /usr/lib/openssh/sftp-server\nMatch User anna\n  forcecommand=/opt/shell -x\n\
            Match Address 10.0.0.0/8\n\tForceCommand /opt/other\n#ForceCommand /opt/no\nAuthorizedPrincipalsCommand none\n";
        assert_eq!(
            read(sshd(text)),
            [
                one(3, "AuthorizedKeysCommand", "/opt/keys %u", "nobody"),
                one(5, "Subsystem", "/usr/lib/openssh/sftp-server", ""),
                one(7, "forcecommand", "/opt/shell -x", "anna"),
                one(9, "ForceCommand", "/opt/other", ""),
            ]
        );
        assert_eq!(included(text), [&b"/etc/ssh/sshd_config.d/*.conf"[..]]);
        assert_eq!(included(b"include = \"a b\" c\nInclude d e\n"), [&b"a"[..], b"b", b"c", b"d", b"e"]);
    }

    /// After rsyslog's documentation of omprog, and its older form.
    #[test]
    fn what_the_services_of_logs_run_is_read() {
        let text = b"module(load=\"omprog\")\naction(type=\"omprog\"\n       Binary=\"/opt/a --x\" template=\"t\")\n$ActionOMProgBinary /opt/b\n\
            auth.* ^/opt/c;t\n*.* /var/log/x\n$IncludeConfig /opt/d.conf\ninclude(file=\"/opt/e.conf\" mode=\"optional\")\n";
        assert_eq!(
            read(rsyslog(text)),
            [
                one(3, "binary", "/opt/a --x", ""),
                one(4, "$ActionOMProgBinary", "/opt/b", ""),
                one(5, "^", "/opt/c", ""),
            ]
        );
        assert_eq!(included(text), [&b"/opt/d.conf"[..], b"/opt/e.conf"]);
        let text =
            b"destination d_x { program(\"/opt/f -q\" template(t)); };\ndestination d_y { file(\"/x\"); };\n";
        assert_eq!(read(syslog_ng(text)), [one(1, "program", "/opt/f -q", "")]);
    }

    #[test]
    fn directories_of_the_loader_and_interpreters_are_read() {
        let text = b"include ld.so.conf.d/*.conf\n# x\n/opt/lib\n/a:/b, /c # d\nhwcap 1 nosegneg\n";
        let all: Vec<_> = read(loader_directories(text)).into_iter().map(|one| (one.0, one.2)).collect();
        assert_eq!(all, [(3, "/opt/lib".into()), (4, "/a".into()), (4, "/b".into()), (4, "/c".to_owned())]);
        assert_eq!(included(text), [&b"ld.so.conf.d/*.conf"[..]]);
        let text = b":x:M::\\x7fELF::/opt/x:OC\n/y/E//y//\\opt/\n:z:E::z::/opt/z:\nnonsense\n";
        let all: Vec<_> = read(binfmt(text)).into_iter().map(|one| (one.1, one.2)).collect();
        assert_eq!(all[0], ("x".to_owned(), "/opt/x".to_owned()));
        assert!(all.iter().any(|one| one == &("z".to_owned(), "/opt/z".to_owned())), "{all:?}");
    }
}
