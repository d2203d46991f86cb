//! Reads the settings of systemd units, desktop entries and D-Bus services, which share the syntax `Key=value`.
//!
//! In: the bytes of one file. Out: its settings, with line numbers. Pure; never panics.

use super::text_lines::lines;

/// Maximum bytes of a line including its continuation lines.
const MAX_LINE: usize = 64 << 10;

/// A setting of a unit, a desktop entry or a D-Bus service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Number of its first line.
    pub line: u64,
    /// Key.
    pub key: Vec<u8>,
    /// Value.
    pub value: Vec<u8>,
}

/// Reads settings (systemd.syntax(7)): `Key=value`, where a trailing backslash joins the next line. Sections are
/// ignored, since no key in use has two meanings.
#[must_use]
pub fn settings(text: &[u8]) -> Vec<Setting> {
    let (mut all, mut whole, mut begin) = (Vec::new(), Vec::new(), 0);
    for (number, line) in lines(text) {
        if whole.is_empty() {
            begin = number;
        }
        if let Some(part) = line.strip_suffix(b"\\").filter(|_| whole.len() < MAX_LINE) {
            whole.extend_from_slice(part);
            whole.push(b' ');
            continue;
        }
        whole.extend_from_slice(line);
        all.extend(setting(begin, &whole));
        whole.clear();
    }
    // systemd accepts a continued last line as it is.
    all.extend(setting(begin, &whole));
    all
}

fn setting(line: u64, whole: &[u8]) -> Option<Setting> {
    let (key, value) = whole.split_at_checked(whole.iter().position(|byte| *byte == b'=')?)?;
    let value = value.get(1..).unwrap_or_default().trim_ascii().to_vec();
    Some(Setting { line, key: key.trim_ascii().to_vec(), value })
}

/// Returns the template name of an instance: `getty@.service` for `getty@tty1.service`; `None` for a unit that is not
/// an instance.
#[must_use]
pub fn template(name: &[u8]) -> Option<Vec<u8>> {
    let at = name.iter().position(|byte| *byte == b'@')?;
    let dot = name.iter().rposition(|byte| *byte == b'.').filter(|dot| *dot > at.saturating_add(1))?;
    Some([name.get(..=at)?, name.get(dot..)?].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> String {
        String::from_utf8_lossy(bytes).into_owned()
    }

    /// Lines of `cron.service` and `apt-daily.timer` of Debian 12, and syntax that systemd.syntax(7) allows.
    #[test]
    fn settings_of_units_are_read_over_lines() {
        let unit = b"[Unit]\nDescription=Regular background program processing daemon\n; x\n[Service]\nExecStart=/usr/sbin/cron -f \\\n\
            # a comment between\n  $EXTRA_OPTS\nKillMode = process\nnonsense\n[Timer]\nOnCalendar=*-*-* 6,18:00\n";
        let all: Vec<_> =
            settings(unit).into_iter().map(|one| (one.line, text(&one.key), text(&one.value))).collect();
        assert_eq!(all[1], (5, "ExecStart".to_owned(), "/usr/sbin/cron -f  $EXTRA_OPTS".to_owned()));
        assert_eq!(all[2], (8, "KillMode".to_owned(), "process".to_owned()));
        assert_eq!((all.len(), all[3].1.as_str()), (4, "OnCalendar"));
        let last: Vec<_> =
            settings(b"a=1\nb=/opt/x \\").into_iter().map(|one| (one.line, text(&one.value))).collect();
        assert_eq!(last, [(1, "1".to_owned()), (2, "/opt/x".to_owned())]);
        let of = |name: &[u8]| template(name).map(|name| text(&name));
        assert_eq!(of(b"getty@tty1.service").as_deref(), Some("getty@.service"));
        assert_eq!(of(b"a@b.c.timer").as_deref(), Some("a@.timer"));
        assert_eq!((of(b"getty@.service"), of(b"cron.service"), of(b"@")), (None, None, None));
    }
}
