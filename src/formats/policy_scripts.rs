//! Reads the scripts of a group policy from its files `scripts.ini` and `psscripts.ini` (MS-GPSCR 2.2). Pure; never
//! panics.
//!
//! In: the bytes of a file, mostly UTF-16. Out: each script with the event that runs it.

use super::task_xml::text;

/// Maximum number of scripts per file.
const MAX_SCRIPTS: usize = 1_000;

/// A script of a group policy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PolicyScript {
    /// `Startup`, `Shutdown`, `Logon` or `Logoff`.
    pub event: String,
    /// The script as written; without a directory, it is in the directory of its event, next to the file.
    pub command: String,
    /// Parameters of the script.
    pub parameters: String,
}

/// Reads the scripts of a file, in order; the flag says whether these are all.
#[must_use]
pub fn scripts(bytes: &[u8]) -> (Vec<PolicyScript>, bool) {
    let text = text(bytes);
    let mut all: Vec<(&str, PolicyScript)> = Vec::new();
    let mut event = "";
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            event = name.trim();
            continue;
        }
        let Some((key, value)) = line.split_once('=') else { continue };
        let (key, value) = (key.trim(), value.trim());
        let digits = key.len().saturating_sub(key.trim_start_matches(|c: char| c.is_ascii_digit()).len());
        let (number, what) = key.split_at_checked(digits).unwrap_or(("", key));
        let command = what.eq_ignore_ascii_case("CmdLine");
        if number.is_empty() || !(command || what.eq_ignore_ascii_case("Parameters")) {
            continue;
        }
        let known = all.iter().position(|(of, script)| *of == number && script.event == event);
        if known.is_none() && all.len() >= MAX_SCRIPTS {
            return (all.into_iter().map(|(_, script)| script).collect(), false);
        }
        if known.is_none() {
            all.push((number, PolicyScript { event: event.to_owned(), ..PolicyScript::default() }));
        }
        let at = known.unwrap_or_else(|| all.len().saturating_sub(1));
        if let Some((_, script)) = all.get_mut(at) {
            let field = if command { &mut script.command } else { &mut script.parameters };
            value.clone_into(field);
        }
    }
    let all = all.into_iter().map(|(_, script)| script).filter(|script| !script.command.is_empty());
    (all.collect(), true)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "\r\n[ScriptsConfig]\r\nStartExecutePSFirst=true\r\n[Startup]\r\n0CmdLine=k.ps1\r\n\
        0Parameters=-x =y\r\n1Parameters=alleen\r\n[Logon]\r\n0CMDLINE=\\\\server\\s.bat\r\n0Parameters=\r\n";

    #[test]
    fn each_script_has_its_event_and_its_parameters() {
        let wide: Vec<u8> =
            [0xfeff].into_iter().chain(FILE.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        let script = |event: &str, command: &str, parameters: &str| PolicyScript {
            event: event.to_owned(),
            command: command.to_owned(),
            parameters: parameters.to_owned(),
        };
        let wanted = vec![script("Startup", "k.ps1", "-x =y"), script("Logon", "\\\\server\\s.bat", "")];
        assert_eq!(scripts(FILE.as_bytes()), (wanted.clone(), true));
        assert_eq!(scripts(&wide), (wanted, true));
    }

    #[test]
    fn a_file_with_too_many_scripts_is_cut_and_the_flag_says_so() {
        let many: Vec<String> = (0..=MAX_SCRIPTS).map(|number| format!("{number}CmdLine=x")).collect();
        let (all, whole) = scripts(format!("[Logon]\n{}", many.join("\n")).as_bytes());
        assert_eq!((all.len(), whole), (MAX_SCRIPTS, false));
        assert_eq!(scripts(b"[Logon\n=\n0\n\xff\xfe0CmdLine"), (Vec::new(), true));
    }
}
