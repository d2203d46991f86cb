//! The syntax of path patterns, checked where they are read; `sources` matches them.
//!
//! As in ForensicArtifacts: components between separators; `*`, `?` and `[…]` within one; `**` or `**N` as a whole
//! component, once in a pattern; `%%variables%%`.
//! <https://artifacts.readthedocs.io/en/latest/sources/Format-specification.html>

/// Longest pattern in bytes: the longest path of Linux.
const MAX_LENGTH: usize = 4096;

/// How strictly a pattern is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strictness {
    /// Refuses patterns without any meaning.
    Readable,
    /// Refuses everything that the current official validator refuses.
    Official,
}

/// Returns the fault of a pattern: what was expected and what was found.
pub(super) fn fault(pattern: &str, separator: char, strictness: Strictness) -> Option<String> {
    if pattern.is_empty() {
        return Some("expected a path, found an empty text".to_owned());
    }
    if pattern.len() > MAX_LENGTH {
        return Some(format!("expected a path of at most {MAX_LENGTH} bytes, found {}", pattern.len()));
    }
    if let Some(odd) = pattern.chars().find(|c| c.is_control()) {
        return Some(format!("expected a path, found the control character {}", odd.escape_unicode()));
    }
    if pattern.matches("%%").count() % 2 == 1 {
        return Some(format!("expected '%%' at both ends of a variable, found one in '{pattern}'"));
    }
    let mut variables = pattern.split("%%").skip(1).step_by(2);
    if let Some(name) = variables.find(|name| !is_variable(name)) {
        return Some(format!("expected the name of a variable between '%%', found '{name}'"));
    }
    if strictness == Strictness::Readable {
        return None;
    }
    if !is_rooted(pattern, separator) {
        return Some(format!("expected a path from the root or a variable on, found '{pattern}'"));
    }
    if pattern.ends_with(separator) && pattern.len() > 1 {
        return Some(format!("expected no '{separator}' at the end, found '{pattern}'"));
    }
    let mut globstars = pattern.split(separator).filter(|component| component.contains("**"));
    if let Some(globstar) = globstars.next() {
        let depth = globstar.strip_prefix("**").unwrap_or("x");
        if !depth.is_empty() && !depth.parse::<u8>().is_ok_and(|depth| (1..=10).contains(&depth)) {
            return Some(format!(
                "expected '**' or '**1' to '**10' as a component of its own, found '{globstar}'"
            ));
        }
        if globstars.next().is_some() {
            return Some(format!("expected '**' once, found it twice in '{pattern}'"));
        }
    }
    None
}

fn is_variable(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.')
}

fn is_rooted(pattern: &str, separator: char) -> bool {
    pattern.starts_with(separator) || pattern.starts_with("%%") || pattern.get(1..2) == Some(":")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_the_format_pass_and_others_are_named() {
        for (pattern, separator) in [
            ("/var/log/**", '/'),
            ("/etc/**3/x[ab]?.conf", '/'),
            ("%%users.homedir%%/.ssh/*", '/'),
            ("%%environ_systemdrive%%\\$MFT", '\\'),
            ("\\Users\\*", '\\'),
            ("/", '/'),
        ] {
            assert_eq!(fault(pattern, separator, Strictness::Official), None, "{pattern}");
        }
        for (pattern, word) in [
            ("", "empty"),
            ("/a%%b", "both ends"),
            ("/%%a b%%/c", "name of a variable"),
            ("/a\u{0}", "control"),
            ("etc/passwd", "from the root"),
            ("/etc/", "at the end"),
            ("/a/**.log", "component of its own"),
            ("/a/b**", "component of its own"),
            ("/a/**11", "component of its own"),
            ("/**/a/**", "twice"),
        ] {
            let fault = fault(pattern, '/', Strictness::Official).unwrap_or_default();
            assert!(fault.contains(word), "{pattern}: {fault}");
        }
        assert_eq!(fault("/a/**.log", '/', Strictness::Readable), None);
    }
}
