//! Finds the file that a Windows command starts: expands variables, splits words, and skips launchers. Pure; never
//! panics.
//!
//! In: a command from the registry, a service or a task. Out: the file, and the launcher before it. For a command
//! without quotes, the file depends on which files exist: as in `CreateProcess`, the shortest path is tried first.
//! <https://learn.microsoft.com/windows/win32/api/processthreadsapi/nf-processthreadsapi-createprocessw>

/// Maximum bytes of a command that are read.
const MAX_COMMAND: usize = 8 << 10;

/// Maximum number of words of a command that are read.
const MAX_WORDS: usize = 64;

/// Programs that run another file from their arguments, which is the file of interest.
const LAUNCHERS: [&str; 22] = [
    "cmd",
    "powershell",
    "pwsh",
    "rundll32",
    "regsvr32",
    "wscript",
    "cscript",
    "mshta",
    "msiexec",
    "java",
    "javaw",
    "python",
    "pythonw",
    "node",
    "php",
    "perl",
    "conhost",
    "forfiles",
    "installutil",
    "msbuild",
    "odbcconf",
    "start",
];

/// Suffixes of executable files.
const ENDINGS: [&str; 18] = [
    "exe", "dll", "sys", "com", "scr", "cpl", "ocx", "bat", "cmd", "ps1", "vbs", "vbe", "js", "jse", "wsf",
    "hta", "msi", "jar",
];

/// The directories of a Windows, by their environment variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folders {
    variables: Vec<(&'static str, String)>,
}

impl Folders {
    /// Makes them for a Windows on a drive, and for a user whose home directory is known.
    #[must_use]
    pub fn new(letter: char, user: Option<&str>) -> Self {
        let drive = format!("{letter}:");
        let mut variables = vec![
            ("systemroot", format!("{drive}\\Windows")),
            ("windir", format!("{drive}\\Windows")),
            ("systemdrive", drive.clone()),
            ("programfiles", format!("{drive}\\Program Files")),
            ("programw6432", format!("{drive}\\Program Files")),
            ("programfiles(x86)", format!("{drive}\\Program Files (x86)")),
            ("commonprogramfiles", format!("{drive}\\Program Files\\Common Files")),
            ("commonprogramfiles(x86)", format!("{drive}\\Program Files (x86)\\Common Files")),
            ("programdata", format!("{drive}\\ProgramData")),
            ("allusersprofile", format!("{drive}\\ProgramData")),
            ("public", format!("{drive}\\Users\\Public")),
        ];
        if let Some(user) = user {
            let user = Self { variables: variables.clone() }.expand(user);
            variables.extend([
                ("appdata", format!("{user}\\AppData\\Roaming")),
                ("localappdata", format!("{user}\\AppData\\Local")),
                ("temp", format!("{user}\\AppData\\Local\\Temp")),
                ("tmp", format!("{user}\\AppData\\Local\\Temp")),
                ("userprofile", user),
            ]);
        }
        Self { variables }
    }

    /// Expands the known variables, and removes kernel prefixes of paths.
    #[must_use]
    pub fn expand(&self, text: &str) -> String {
        let mut text = text.trim();
        for kernels in ["\\??\\", "\\\\?\\"] {
            text = text.strip_prefix(kernels).unwrap_or(text);
        }
        let lower = text.to_ascii_lowercase();
        let root = lower.strip_prefix("\\systemroot\\").map(str::len);
        let mut rest = match root.and_then(|length| text.get(text.len().saturating_sub(length)..)) {
            Some(below) => return format!("{}\\{below}", self.of("systemroot").unwrap_or_default()),
            None => text,
        };
        let mut whole = String::new();
        while let Some((before, behind)) = rest.split_once('%') {
            whole.push_str(before);
            let named = behind.split_once('%').and_then(|(name, after)| Some((self.of(name)?, after)));
            // A percent sign that is not part of a variable.
            let (value, after) = named.unwrap_or(("%", behind));
            whole.push_str(value);
            rest = after;
        }
        whole.push_str(rest);
        whole
    }

    fn of(&self, name: &str) -> Option<&str> {
        let name = name.to_ascii_lowercase();
        self.variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// Returns the possible locations of a path without a drive: that of a driver, or a bare program name.
    fn places(&self, path: &str) -> Vec<String> {
        let root = self.of("systemroot").unwrap_or_default();
        if path.get(1..3) == Some(":\\") {
            return vec![path.to_owned()];
        }
        // No other host is contacted.
        if path.starts_with("\\\\") {
            return Vec::new();
        }
        let path = path.trim_start_matches('\\');
        if path.to_ascii_lowercase().starts_with("system32\\")
            || path.to_ascii_lowercase().starts_with("syswow64\\")
        {
            return vec![format!("{root}\\{path}")];
        }
        vec![format!("{root}\\System32\\{path}"), format!("{root}\\{path}")]
    }
}

/// The result for a command.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lead {
    /// The launcher before the file.
    pub launcher: Option<String>,
    /// The file; where it does not exist, the path as written.
    pub target: Option<String>,
}

/// Finds the file that a command starts; `there` says whether a path is a regular file.
#[must_use]
pub fn lead(command: &str, folders: &Folders, there: &dyn Fn(&str) -> bool) -> Lead {
    let mut command = folders.expand(command);
    if command.len() > MAX_COMMAND {
        let end = (0..=MAX_COMMAND).rev().find(|at| command.is_char_boundary(*at)).unwrap_or(0);
        command.truncate(end);
    }
    let (first, rest) = first(&command, folders, there);
    if first.is_empty() {
        return Lead::default();
    }
    let found = found(&first, folders, there);
    if is_launcher(&first) {
        for word in words(rest) {
            let word = word.split_once(',').map_or(word, |(file, _)| file);
            if !is_file(word) {
                continue;
            }
            let word = folders.expand(word);
            let launcher = Some(found.clone().unwrap_or_else(|| first.clone()));
            if let Some(target) = self::found(&word, folders, there) {
                return Lead { launcher, target: Some(target) };
            }
            // A missing file with an absolute path is reported: it was deleted, or is hidden.
            if word.get(1..3) == Some(":\\") && has_ending(&word) {
                return Lead { launcher, target: Some(word) };
            }
        }
    }
    Lead { launcher: None, target: Some(found.unwrap_or(first)) }
}

/// Finds a file at the possible locations of a path, with the suffixes that Windows adds.
fn found(path: &str, folders: &Folders, there: &dyn Fn(&str) -> bool) -> Option<String> {
    folders.places(path).into_iter().find_map(|place| {
        if there(&place) {
            return Some(place);
        }
        let with = format!("{place}.exe");
        (!has_ending(&place) && there(&with)).then_some(with)
    })
}

/// Splits a command into its program and its arguments.
fn first<'a>(command: &'a str, folders: &Folders, there: &dyn Fn(&str) -> bool) -> (String, &'a str) {
    let command = command.trim_start();
    if let Some((inside, rest)) = command.strip_prefix('"').and_then(|rest| rest.split_once('"')) {
        return (folders.expand(inside), rest);
    }
    let ends = command.match_indices(' ').map(|(at, _)| at).chain([command.len()]).take(MAX_WORDS);
    let mut shortest = None;
    for end in ends {
        let (word, rest) = command.split_at(end);
        let word = word.trim_end_matches(',');
        shortest.get_or_insert((word, rest));
        if found(word, folders, there).is_some() {
            return (word.to_owned(), rest);
        }
    }
    // No such file exists: the path is taken up to an executable suffix, including blanks.
    let lower = command.to_ascii_lowercase();
    let ending = ENDINGS.iter().filter_map(|ending| {
        let at = lower.find(&format!(".{ending}"))?;
        let end = at.checked_add(ending.len())?.checked_add(1)?;
        let whole = lower.get(end..).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', ',', '"']));
        whole.then_some(end)
    });
    match ending.min().and_then(|end| command.split_at_checked(end)) {
        Some((path, rest)) if path.contains('\\') => (path.to_owned(), rest),
        _ => shortest.map_or((String::new(), ""), |(word, rest)| (word.to_owned(), rest)),
    }
}

/// Returns the words of a command; a quoted part is one word.
fn words(command: &str) -> impl Iterator<Item = &str> {
    let mut rest = command;
    let next = move || {
        rest = rest.trim_start();
        let (word, after) = match rest.strip_prefix('"') {
            Some(inside) => inside.split_once('"').unwrap_or((inside, "")),
            None => rest.split_once([' ', '"']).unwrap_or((rest, "")),
        };
        rest = after;
        (!word.is_empty() || !rest.is_empty()).then_some(word)
    };
    std::iter::from_fn(next).take(MAX_WORDS).filter(|word| !word.is_empty())
}

fn is_launcher(path: &str) -> bool {
    let name = path.rsplit('\\').next().unwrap_or_default().to_ascii_lowercase();
    LAUNCHERS.contains(&name.strip_suffix(".exe").unwrap_or(&name))
}

/// Whether a word can be an executable file name: not an option or other text.
fn is_file(word: &str) -> bool {
    !word.starts_with(['/', '-']) && (word.contains('\\') || has_ending(word))
}

fn has_ending(path: &str) -> bool {
    let name = path.rsplit('\\').next().unwrap_or_default();
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const THERE: [&str; 9] = [
        "C:\\Windows\\System32\\svchost.exe",
        "C:\\Windows\\System32\\rundll32.exe",
        "C:\\Windows\\System32\\cmd.exe",
        "C:\\Windows\\System32\\drivers\\disk.sys",
        "C:\\Windows\\explorer.exe",
        "C:\\Program Files\\Een Programma\\een.exe",
        "C:\\Users\\anna\\AppData\\Roaming\\k.dll",
        "C:\\ProgramData\\x y\\run.ps1",
        "C:\\Windows\\System32\\userinit.exe",
    ];

    fn of(command: &str) -> (Option<String>, Option<String>) {
        let folders = Folders::new('C', Some("C:\\Users\\anna"));
        let there = |path: &str| THERE.iter().any(|known| known.eq_ignore_ascii_case(path));
        let Lead { launcher, target } = lead(command, &folders, &there);
        (launcher, target)
    }

    #[test]
    fn the_file_of_a_command_is_found_in_all_its_forms() {
        for (command, target) in [
            ("%SystemRoot%\\system32\\svchost.exe -k netsvcs -p", "C:\\Windows\\system32\\svchost.exe"),
            ("\\SystemRoot\\System32\\drivers\\disk.sys", "C:\\Windows\\System32\\drivers\\disk.sys"),
            ("System32\\drivers\\disk.sys", "C:\\Windows\\System32\\drivers\\disk.sys"),
            ("\\??\\C:\\Windows\\System32\\drivers\\disk.sys", "C:\\Windows\\System32\\drivers\\disk.sys"),
            ("explorer.exe", "C:\\Windows\\explorer.exe"),
            ("C:\\Program Files\\Een Programma\\een.exe /s", "C:\\Program Files\\Een Programma\\een.exe"),
            ("\"C:\\Program Files\\Een Programma\\een.exe\" /s", "C:\\Program Files\\Een Programma\\een.exe"),
            ("%ProgramFiles%\\Een Programma\\een", "C:\\Program Files\\Een Programma\\een.exe"),
            ("C:\\weg en foetsie\\x.exe -a b.exe", "C:\\weg en foetsie\\x.exe"),
            ("userinit.exe,", "C:\\Windows\\System32\\userinit.exe"),
            ("nergens", "nergens"),
            ("%onbekend%\\x.exe", "%onbekend%\\x.exe"),
        ] {
            assert_eq!(of(command), (None, Some(target.to_owned())), "{command}");
        }
        assert_eq!(of(""), (None, None));
    }

    #[test]
    fn after_a_launcher_the_file_that_it_runs_is_found() {
        for (command, launcher, target) in [
            (
                "rundll32.exe %APPDATA%\\k.dll,Start",
                "C:\\Windows\\System32\\rundll32.exe",
                "C:\\Users\\anna\\AppData\\Roaming\\k.dll",
            ),
            (
                "cmd /c start /min \"\" powershell -ep bypass -File \"C:\\ProgramData\\x y\\run.ps1\" -q",
                "C:\\Windows\\System32\\cmd.exe",
                "C:\\ProgramData\\x y\\run.ps1",
            ),
            (
                "C:\\Windows\\System32\\cmd.exe /c C:\\weg\\a.bat",
                "C:\\Windows\\System32\\cmd.exe",
                "C:\\weg\\a.bat",
            ),
        ] {
            assert_eq!(of(command), (Some(launcher.to_owned()), Some(target.to_owned())), "{command}");
        }
        // The command does not start a file.
        assert_eq!(of("powershell -enc SQBFAFgA"), (None, Some("powershell".to_owned())));
    }

    #[test]
    fn very_long_and_nonsense_commands_are_harmless() {
        let long = format!("cmd /c {}", "é ".repeat(100_000));
        assert!(of(&long).1.is_some());
        for nonsense in ["%", "%%", "\"", "\"\"", " , ", "\\", "%SystemRoot%", "a\"b\"c"] {
            let _ = of(nonsense);
        }
    }
}
