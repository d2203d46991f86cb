//! File names and paths that lists name, and how an item's path is held against them.
//!
//! In: a name (`evil.exe`), a part of a path (`Temp\evil.exe`), a whole one (`C:\Windows\evil.exe`, `/tmp/x`), one with
//! a variable of Windows in it (`%APPDATA%\evil.exe`), or a pattern. Out: which of them an item's path meets. Separators of
//! both systems are one. **Case** is folded for targets that fold it (drives of Windows) and heeded for others, whatever
//! the list. **Normalisation**: none; NTFS and the file systems of Linux compare names as they are written, so two
//! forms of one letter are two names there, and here.

use super::pattern::{NO_NAME, Patterns, Within, escape};
use super::text_table::Texts;

/// Deepest path that is looked up component by component; deeper ones are looked up by their last components.
const DEPTH_LIMIT: usize = 512;

/// A name or a path of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PathForm {
    /// A name, or the end of a path, or a whole one.
    Literal(String),
    /// A regular expression, what of an item it is about, and the expression of its false positives.
    Pattern { expression: String, within: Within, except: Option<String> },
}

/// How far below a directory something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    Direct,
    Any,
}

/// Whether a target tells `A` from `a`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    /// It does: Unix.
    Heeded,
    /// It does not: Windows.
    Folded,
}

/// Variables of Windows that lists write, and what they stand for on any host, as an expression.
const VARIABLES: [(&str, &str); 18] = [
    ("allusersprofile", r"[A-Za-z]:\\ProgramData"),
    ("appdata", r"[A-Za-z]:\\Users\\[^\\]+\\AppData\\Roaming"),
    ("commonprogramfiles", r"[A-Za-z]:\\Program Files( \(x86\))?\\Common Files"),
    ("homedrive", r"[A-Za-z]:"),
    ("homepath", r"\\Users\\[^\\]+"),
    ("localappdata", r"[A-Za-z]:\\Users\\[^\\]+\\AppData\\Local"),
    ("programdata", r"[A-Za-z]:\\ProgramData"),
    ("programfiles", r"[A-Za-z]:\\Program Files( \(x86\))?"),
    ("programfiles(x86)", r"[A-Za-z]:\\Program Files \(x86\)"),
    ("programw6432", r"[A-Za-z]:\\Program Files"),
    ("public", r"[A-Za-z]:\\Users\\Public"),
    ("startup", r"\\Start Menu\\Programs\\Startup"),
    ("system", r"[A-Za-z]:\\Windows\\(System32|SysWOW64)"),
    ("systemdrive", r"[A-Za-z]:"),
    ("systemroot", r"[A-Za-z]:\\Windows"),
    ("temp", r"[A-Za-z]:\\(Windows|Users\\[^\\]+\\AppData\\Local)\\Temp"),
    ("tmp", r"[A-Za-z]:\\(Windows|Users\\[^\\]+\\AppData\\Local)\\Temp"),
    ("userprofile", r"[A-Za-z]:\\Users\\[^\\]+"),
];

impl PathForm {
    /// Reads a name or a path as lists write it.
    ///
    /// # Errors
    /// Why it names nothing that can be looked up.
    pub(super) fn of(text: &str) -> Result<Self, &'static str> {
        let text = text.trim().trim_matches('"').trim();
        let text = text.strip_prefix(r"\\?\").or_else(|| text.strip_prefix(r"\??\")).unwrap_or(text);
        if let Some(variable) = text.strip_prefix('%') {
            let (name, rest) = variable.split_once('%').ok_or("path with an unknown variable")?;
            let name = name.to_ascii_lowercase().replace("windir", "systemroot");
            let (_, stands_for) = VARIABLES
                .iter()
                .find(|(variable, _)| *variable == name)
                .ok_or("path with an unknown variable")?;
            return Ok(Self::path_pattern(format!("{stands_for}{}$", escape(rest))));
        }
        // A user's own directory, as shells write it.
        if let Some(rest) = text.strip_prefix("~/").or_else(|| text.strip_prefix("$HOME/")) {
            return Ok(Self::path_pattern(format!("^/(root|home/[^/]+)/{}$", escape(rest))));
        }
        if text.contains(['*', '?']) {
            return Ok(Self::path_pattern(wildcards(text)));
        }
        let last = text.rsplit(['/', '\\']).next().unwrap_or_default();
        if last.is_empty() || matches!(last, "." | "..") || text.contains(['\n', '\0']) {
            return Err("not a file name or path");
        }
        let mut parts = text.split(['/', '\\']).skip(1);
        if text.starts_with("./")
            || text.starts_with(r".\")
            || text.starts_with("..")
            || parts.any(|part| matches!(part, "." | ".."))
        {
            return Err("path relative to a directory that is not known");
        }
        Ok(Self::Literal(text.to_owned()))
    }

    /// An expression over whole paths.
    pub(super) const fn path_pattern(expression: String) -> Self {
        Self::Pattern { expression, within: Within::Path, except: None }
    }

    /// An expression over names.
    pub(super) const fn name_pattern(expression: String) -> Self {
        Self::Pattern { expression, within: Within::Name, except: None }
    }

    /// What is directly in a directory, or anywhere below it.
    ///
    /// # Errors
    /// Why the directory cannot be looked up.
    pub(super) fn below(folder: &str, depth: Depth) -> Result<Self, &'static str> {
        let folder = folder.trim().trim_end_matches(['/', '\\']);
        let is_root = folder.is_empty() || folder.get(1..).is_some_and(|rest| rest == ":");
        let begin = match if is_root { Ok(Self::Literal(folder.to_owned())) } else { Self::of(folder) }? {
            Self::Literal(text)
                if text.starts_with(['/', '\\']) || text.get(1..2) == Some(":") || text.is_empty() =>
            {
                format!("^{}", escape(&text))
            }
            Self::Literal(text) => format!(r"(^|\\){}", escape(&text)),
            Self::Pattern { expression, .. } => expression.trim_end_matches('$').to_owned(),
        };
        Ok(Self::path_pattern(match depth {
            Depth::Direct => format!(r"{begin}\\[^\\]+$"),
            Depth::Any => format!(r"{begin}\\"),
        }))
    }

    /// The list's own spelling.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Literal(text) => text,
            Self::Pattern { expression, .. } => expression,
        }
    }
}

/// `*` and `?` as the shells mean them, below the last separator before them.
fn wildcards(text: &str) -> String {
    let body: String = text
        .chars()
        .map(|c| match c {
            '*' => "[^\\\\]*".to_owned(),
            '?' => "[^\\\\]".to_owned(),
            c => escape(c.encode_utf8(&mut [0; 4])),
        })
        .collect();
    format!(r"(^|\\){body}$")
}

/// All names, paths and patterns.
#[derive(Default)]
pub(super) struct Paths {
    /// Under the folded text: the text as it is compared where case is heeded, and the label.
    literals: Texts<(Box<str>, u32)>,
    patterns: Patterns,
}

/// What a path met: the indicator as its list writes it, and its label.
pub(super) type Met = (String, u32);

impl Paths {
    /// Takes a name, path or pattern.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub(super) fn push(&mut self, form: &PathForm, label: u32) -> Result<(), &'static str> {
        match form {
            PathForm::Literal(text) => {
                let text = text.replace('\\', "/");
                self.literals.push(folded(&text), (text.into(), label));
                Ok(())
            }
            PathForm::Pattern { expression, within, except } => {
                match self.patterns.push(expression, *within, except.as_deref(), label) {
                    // Lists write whole paths where the format asks for a name.
                    Err(NO_NAME) => self.patterns.push(expression, Within::Path, except.as_deref(), label),
                    pushed => pushed,
                }
            }
        }
    }

    pub(super) fn seal(&mut self) {
        self.literals.seal();
        self.patterns.seal();
    }

    /// What a whole path, or a bare name, meets.
    pub(super) fn find(&self, path: &str, case: Case) -> Vec<Met> {
        if self.len() == 0 {
            return Vec::new();
        }
        let path = path.replace('\\', "/");
        let mut met = Vec::new();
        if self.literals.len() > 0 {
            let folded_path = folded(&path);
            // Both spellings have the same separators, so that their ends can be walked together.
            for (folded_end, end) in ends(&folded_path).zip(ends(&path)) {
                let found = self.literals.find(folded_end);
                let same = found.filter(|(_, (text, _))| case == Case::Folded || **text == *end);
                met.extend(same.map(|(_, (text, label))| (text.to_string(), *label)));
            }
        }
        // Patterns begin at a separator as a rule, so that a bare name gets one.
        let path = if path.contains('/') { path } else { format!("/{path}") };
        let patterns = self.patterns.find(&path, case == Case::Folded);
        met.extend(patterns.into_iter().map(|(shown, label)| (shown.to_owned(), label)));
        met
    }

    pub(super) fn len(&self) -> usize {
        self.literals.len().saturating_add(self.patterns.len())
    }
}

/// A path and each of its ends: `c:/a/b`, `/a/b`, `a/b`, `/b`, `b`.
fn ends(path: &str) -> impl Iterator<Item = &str> {
    let separators = path.bytes().filter(|byte| *byte == b'/').count();
    let skipped = separators.saturating_sub(DEPTH_LIMIT);
    let below = path.match_indices('/').skip(skipped).enumerate().flat_map(move |(place, (at, _))| {
        // `/a/b` is a path from the root only behind a drive; elsewhere a list that begins with a separator means the root.
        let from_root = (place == 0 && skipped == 0 && at > 0).then(|| path.get(at..)).flatten();
        from_root.into_iter().chain(path.get(at.saturating_add(1)..))
    });
    std::iter::once(path).chain(below)
}

/// Lower case, letter by letter, as NTFS compares. A separator stays one and none is added.
pub(super) fn folded(text: &str) -> String {
    if text.is_ascii() {
        text.to_ascii_lowercase()
    } else {
        text.chars().flat_map(char::to_lowercase).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(all: &[&str]) -> Paths {
        let mut paths = Paths::default();
        for (text, label) in all.iter().zip(0..) {
            paths.push(&PathForm::of(text).unwrap(), label).unwrap();
        }
        paths.seal();
        paths
    }

    fn found(paths: &Paths, path: &str, case: Case) -> Vec<u32> {
        paths.find(path, case).into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn a_name_is_met_in_every_folder_a_path_at_its_place_and_neither_within_a_word() {
        let all = paths(&[
            "evil.exe",
            r"Temp\evil.exe",
            r"C:\Windows\evil.exe",
            "/tmp/evil.exe",
            r"\Windows\evil.exe",
        ]);
        let met = |path| found(&all, path, Case::Folded);
        assert_eq!(met(r"D:\x\evil.exe"), [0]);
        assert_eq!(met(r"D:\x\temp\EVIL.exe"), [1, 0]);
        assert_eq!(met(r"c:\windows\evil.exe"), [2, 4, 0]);
        assert_eq!(met(r"D:\windows\evil.exe"), [4, 0]);
        assert_eq!(met(r"D:\x\windows\evil.exe"), [0]);
        assert_eq!(met("evil.exe"), [0]);
        for path in [r"D:\notevil.exe", r"D:\evil.exe\x", r"D:\evil.exe.txt", ""] {
            assert_eq!(met(path), [0_u32; 0], "{path}");
        }
        assert_eq!(found(&all, "/tmp/evil.exe", Case::Heeded), [3, 0]);
        assert_eq!(found(&all, "/srv/tmp/evil.exe", Case::Heeded), [0]);
    }

    #[test]
    fn case_is_heeded_where_the_target_heeds_it() {
        let all = paths(&["Evil.sh", "ÉVIL.sh"]);
        assert_eq!(found(&all, "/a/evil.sh", Case::Heeded), [0_u32; 0]);
        assert_eq!(found(&all, "/a/Evil.sh", Case::Heeded), [0]);
        assert_eq!(found(&all, "/a/evil.SH", Case::Folded), [0]);
        assert_eq!(found(&all, "/a/évil.sh", Case::Folded), [1]);
        // A decomposed letter is another name, as it is to the file system.
        assert_eq!(found(&all, "/a/E\u{301}VIL.sh", Case::Folded), [0_u32; 0]);
    }

    #[test]
    fn variables_of_windows_stand_for_the_folders_of_any_user() {
        let all = paths(&[
            r"%APPDATA%\evil\a.exe",
            r"%windir%\b.dll",
            r"%TEMP%\c.exe",
            r"%ProgramFiles(x86)%\d.exe",
        ]);
        let met = |path| found(&all, path, Case::Folded);
        assert_eq!(met(r"C:\Users\jan de vries\AppData\Roaming\evil\a.exe"), [0]);
        assert_eq!(met(r"C:\Users\jan\x\AppData\Roaming\evil\a.exe"), [0_u32; 0]);
        assert_eq!(met(r"C:\WINDOWS\b.dll"), [1]);
        assert_eq!(met(r"C:\Users\jan\AppData\Local\Temp\c.exe"), [2]);
        assert_eq!(met(r"D:\Program Files (x86)\d.exe"), [3]);
    }

    #[test]
    fn wildcards_stay_within_a_component() {
        let all = paths(&[r"Temp\evil*.ex?"]);
        let met = |path| found(&all, path, Case::Folded);
        assert_eq!(met(r"C:\Temp\evil123.exe"), [0]);
        assert_eq!(met(r"C:\Temp\evil\123.exe"), [0_u32; 0]);
        assert_eq!(met(r"C:\XTemp\evil123.exe"), [0_u32; 0]);
    }

    #[test]
    fn what_names_no_file_is_refused() {
        for text in ["", "  ", "/", r"C:\", "..", r"a\..", "%NOPE%\\x", "%half", "a\nb"] {
            assert!(PathForm::of(text).is_err(), "{text}");
        }
        assert_eq!(PathForm::of(r#""\\?\C:\a.exe""#), Ok(PathForm::Literal(r"C:\a.exe".into())));
    }

    #[test]
    fn a_path_of_hostile_depth_is_met_by_its_last_components() {
        let all = paths(&["evil.exe", "x/evil.exe"]);
        let path = "x/".repeat(100_000) + "evil.exe";
        assert_eq!(found(&all, &path, Case::Heeded), [1, 0]);
    }
}
