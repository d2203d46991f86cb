//! One pattern, its variables already filled in, as parts to walk by: literal names, globs, and `**`.

use std::borrow::Cow;

/// How deep `**` goes where neither the pattern nor the playbook says (ForensicArtifacts: 10).
pub(crate) const DEPTH: usize = 10;

/// Most parts of a pattern: no path of a system has more.
const MAX_PARTS: usize = 256;

/// One component of a pattern.
#[derive(Debug, Clone)]
pub(crate) enum PatternPart {
    /// A name.
    Literal(Vec<u8>),
    /// A name with `*`, `?` or `[…]`.
    Glob(Glob),
    /// `**`: any number of folders down to this depth.
    Deep(usize),
}

/// A name with wildcards, in characters: `?` is one character, however many bytes it has. (Crate `globset`, which
/// `unpack --only` uses over whole paths, takes it for one byte.)
#[derive(Debug, Clone)]
pub(crate) struct Glob {
    pattern: glob::Pattern,
    /// Whether upper and lower case are one; the pattern is in lower case then.
    folds: bool,
    /// What was written, as a name.
    pub(crate) literal: Vec<u8>,
    /// Whether it has `*` or `?`: then what else it matches is wanted as well, whatever a target has of that very name.
    pub(crate) is_wild: bool,
}

/// Splits a pattern into parts. `None` where it leads upwards, is too long, or holds a glob that is none.
pub(crate) fn parts(text: &str, windows: bool, depth: usize) -> Option<Vec<PatternPart>> {
    split(text, windows, |component| part(component, windows, depth))
}

/// The same, where a glob that is none is a name.
pub(crate) fn named_parts(text: &str, windows: bool, depth: usize) -> Option<Vec<PatternPart>> {
    split(text, windows, |component| {
        let name = || PatternPart::Literal(component.as_bytes().to_vec());
        Some(part(component, windows, depth).unwrap_or_else(name))
    })
}

fn split(text: &str, windows: bool, part: impl Fn(&str) -> Option<PatternPart>) -> Option<Vec<PatternPart>> {
    let separators: &[char] = if windows { &['\\', '/'] } else { &['/'] };
    let mut parts = Vec::new();
    for component in text.split(separators).filter(|component| !component.is_empty() && *component != ".") {
        if component == ".." || parts.len() >= MAX_PARTS {
            return None;
        }
        parts.push(part(component)?);
    }
    Some(parts)
}

fn part(component: &str, windows: bool, depth: usize) -> Option<PatternPart> {
    if let Some(number) = component.strip_prefix("**") {
        if number.is_empty() {
            return Some(PatternPart::Deep(depth));
        }
        if let Ok(number) = number.parse::<usize>() {
            return Some(PatternPart::Deep(number.min(MAX_PARTS)));
        }
    }
    if !component.contains(['*', '?', '[']) {
        return Some(PatternPart::Literal(component.as_bytes().to_vec()));
    }
    let mut text = component.to_owned();
    // Two stars in the midst of a name are one.
    while text.contains("**") {
        text = text.replace("**", "*");
    }
    let text = if windows { text.to_lowercase() } else { text };
    Some(PatternPart::Glob(Glob {
        pattern: glob::Pattern::new(&text).ok()?,
        folds: windows,
        literal: component.as_bytes().to_vec(),
        is_wild: component.contains(['*', '?']),
    }))
}

/// Whether a glob fits a name.
pub(crate) fn fits(glob: &Glob, name: &[u8]) -> bool {
    let name = String::from_utf8_lossy(name);
    let name = if glob.folds { Cow::Owned(name.to_lowercase()) } else { name };
    glob.pattern.matches(&name)
}

/// Whether two names are the same to Windows. Its own table of upper case is near enough to Unicode's for that.
pub(crate) fn same_name(one: &[u8], other: &[u8]) -> bool {
    if one.eq_ignore_ascii_case(other) {
        return true;
    }
    match (str::from_utf8(one), str::from_utf8(other)) {
        (Ok(one), Ok(other)) if !one.is_ascii() => one.to_lowercase() == other.to_lowercase(),
        _ => false,
    }
}

/// Whether a path, `/` between its names, is one that the parts mean.
pub(crate) fn means(parts: &[PatternPart], path: &[u8], windows: bool) -> bool {
    let names: Vec<&[u8]> = path.split(|byte| *byte == b'/').filter(|name| !name.is_empty()).collect();
    means_names(parts, &names, windows)
}

fn means_names(parts: &[PatternPart], names: &[&[u8]], windows: bool) -> bool {
    let Some((part, rest)) = parts.split_first() else { return names.is_empty() };
    let one =
        |fits: bool| fits && names.split_first().is_some_and(|(_, names)| means_names(rest, names, windows));
    match (part, names.first()) {
        (PatternPart::Deep(depth), _) => (0..=names.len().min(*depth)).any(|skipped| {
            names.get(skipped..).is_some_and(|names| rest.is_empty() || means_names(rest, names, windows))
        }),
        (_, None) => false,
        (PatternPart::Literal(wanted), Some(name)) => {
            one(wanted == name || (windows && same_name(wanted, name)))
        }
        (PatternPart::Glob(glob), Some(name)) => one(fits(glob, name) || glob.literal == *name),
    }
}

/// Writes a name so that it stands for itself in a pattern.
#[must_use]
pub fn quote(name: &str) -> String {
    let mut quoted = String::with_capacity(name.len());
    for c in name.chars() {
        if matches!(c, '*' | '?' | '[') {
            quoted.push('[');
            quoted.push(c);
            quoted.push(']');
        } else {
            quoted.push(c);
        }
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(text: &str, windows: bool) -> Option<String> {
        let parts = parts(text, windows, DEPTH)?;
        let letters = parts.iter().map(|part| match part {
            PatternPart::Literal(_) => 'l',
            PatternPart::Glob(_) => 'g',
            PatternPart::Deep(3) => '3',
            PatternPart::Deep(_) => 'd',
        });
        Some(letters.collect())
    }

    #[test]
    fn a_pattern_is_names_globs_and_depths_and_never_leads_upwards() {
        assert_eq!(shape("/etc/**/x*.conf", false).as_deref(), Some("ldg"));
        assert_eq!(shape("/etc/**3", false).as_deref(), Some("l3"));
        assert_eq!(shape("\\Windows/System32\\*.evtx", true).as_deref(), Some("llg"));
        assert_eq!(shape("/etc/../root", false), None);
        assert_eq!(shape("/etc/[", false), None);
    }

    #[test]
    fn globs_stay_inside_a_name_and_take_braces_as_they_are() {
        let Some(PatternPart::Glob(glob)) = part("{a}*.log", false, DEPTH) else { panic!("not a glob") };
        assert!(fits(&glob, b"{a}1.log") && !fits(&glob, b"a1.log"));
        let Some(PatternPart::Glob(glob)) = part("NTUSER.DAT*", true, DEPTH) else { panic!("not a glob") };
        assert!(fits(&glob, b"ntuser.dat.LOG1"));
        assert!(same_name("GEMEENTË".as_bytes(), "gemeentë".as_bytes()) && !same_name(b"a", b"b"));
    }

    #[test]
    fn a_question_mark_is_one_character_and_windows_folds_case_beyond_ascii() {
        let glob = |text, windows| match part(text, windows, DEPTH) {
            Some(PatternPart::Glob(glob)) => glob,
            other => panic!("not a glob: {other:?}"),
        };
        assert!(fits(&glob("caf?.txt", false), "café.txt".as_bytes()));
        assert!(fits(&glob("caf?.txt", false), b"caf\xe9.txt"), "also where it is no UTF-8");
        assert!(!fits(&glob("caf?.txt", false), b"caf.txt"));
        assert!(fits(&glob("GEMEENTË*", true), "gemeentë.docx".as_bytes()));
        assert!(!fits(&glob("GEMEENTË*", false), "gemeentë.docx".as_bytes()));
        assert!(fits(&glob("[A-C]x", true), b"bX") && !fits(&glob("[A-C]x", true), b"dx"));
    }

    #[test]
    fn a_path_is_meant_by_its_names_globs_and_depths() {
        let meant = |text: &str, path: &[u8]| means(&parts(text, false, DEPTH).unwrap(), path, false);
        assert!(meant("/etc/shadow*", b"etc/shadow-") && !meant("/etc/shadow*", b"etc/shadow/x"));
        assert!(
            meant("/home/**/id_*", b"home/a/.ssh/id_rsa") && !meant("/home/**/id_*", b"home/a/.ssh/known")
        );
        assert!(meant("/tmp/**", b"tmp/x/y") && !meant("/tmp/**", b"var/tmp"));
    }

    #[test]
    fn a_quoted_name_stands_for_itself() {
        let text = quote("we[i]rd*?");
        let Some(PatternPart::Glob(glob)) = part(&text, false, DEPTH) else { panic!("not a glob") };
        assert!(fits(&glob, b"we[i]rd*?") && !fits(&glob, b"weird"));
    }
}
