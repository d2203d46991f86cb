//! Reads the settings of systemd units, desktop entries and D-Bus services, which share the syntax `Key=value`.
//!
//! In: the bytes of one file. Out: its settings, with line numbers. Pure; never panics.

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

/// Reads settings (systemd.syntax(7)): `Key=value`, where a trailing backslash joins the next line that is not a comment.
/// Sections are ignored, since no key in use has two meanings. Lines end as those of systemd do (`config_parse`): an empty
/// one ends what is joined, and a backslash before another or before a blank joins nothing.
#[must_use]
pub fn settings(text: &[u8]) -> Vec<Setting> {
    let (mut all, mut whole, mut begin) = (Vec::new(), Vec::new(), None);
    for (number, line) in lines(text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text)) {
        let line = line.trim_ascii_start();
        if matches!(line.first(), Some(b'#' | b';')) {
            continue;
        }
        let first = *begin.get_or_insert(number);
        whole.extend_from_slice(line);
        let backslashes = whole.iter().rev().take_while(|byte| **byte == b'\\').count();
        if backslashes % 2 == 1 {
            whole.pop();
            whole.push(b' ');
            continue;
        }
        all.extend(setting(first, &whole));
        whole.clear();
        begin = None;
    }
    // systemd accepts a continued last line as it is.
    all.extend(begin.and_then(|first| setting(first, &whole)));
    all
}

/// Lines with their numbers from 1: a carriage return and a zero end one as well.
fn lines(text: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
    let numbered = (1_u64..).zip(text.split(|byte| *byte == b'\n'));
    numbered.flat_map(|(number, line)| {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        line.split(|byte| matches!(byte, b'\r' | 0)).map(move |part| (number, part))
    })
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
        // What systemd joins, and what it does not.
        let kept: Vec<_> = settings(b"a=1 \\ \nb=2 \\\\\nc=3 \\\n\nd=4\r\ne=5 \\\r\n# x \\\r\n6\rf=7\0g=8\n");
        let kept: Vec<_> =
            kept.iter().map(|one| format!("{} {}={}", one.line, text(&one.key), text(&one.value))).collect();
        assert_eq!(kept, ["1 a=1 \\", "2 b=2 \\\\", "3 c=3", "5 d=4", "6 e=5  6", "8 f=7", "8 g=8"]);
        let of = |name: &[u8]| template(name).map(|name| text(&name));
        assert_eq!(of(b"getty@tty1.service").as_deref(), Some("getty@.service"));
        assert_eq!(of(b"a@b.c.timer").as_deref(), Some("a@.timer"));
        assert_eq!((of(b"getty@.service"), of(b"cron.service"), of(b"@")), (None, None, None));
    }
}
