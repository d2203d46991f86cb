//! Names of Windows' objects in the form in which they are compared: registry keys and data, named pipes, mutexes.
//!
//! In: as lists, exports and the system itself write them. Out: lower case, one name a hive, no control set's number.

use super::path::folded;

/// Hives by their names in `.reg` files, in PowerShell and in the kernel; what a user's hive is called does not matter.
const HIVES: [(&str, &str); 14] = [
    ("hkey_local_machine", "hklm"),
    ("hklm:", "hklm"),
    ("hkey_current_user", "hku"),
    ("hkcu:", "hku"),
    ("hkcu", "hku"),
    ("hkey_users", "hku"),
    ("hku:", "hku"),
    ("hkey_classes_root", "hklm\\software\\classes"),
    ("hkcr:", "hklm\\software\\classes"),
    ("hkcr", "hklm\\software\\classes"),
    ("hkey_current_config", "hkcc"),
    ("registry\\machine", "hklm"),
    ("registry\\user", "hku"),
    ("computer\\hkey_local_machine", "hklm"),
];

/// The comparable form of a key.
pub(super) fn key(text: &str) -> String {
    let text = folded(text.trim()).replace('/', "\\");
    let text = text.trim_matches('\\');
    let hive = HIVES.iter().find_map(|(name, short)| {
        let rest = text.strip_prefix(name)?;
        (rest.is_empty() || rest.starts_with('\\')).then(|| format!("{short}{rest}"))
    });
    let text = hive.unwrap_or_else(|| text.to_owned());
    // A user's hive stands under the user's SID; which user is no part of an indicator.
    let parts: Vec<&str> = text.split('\\').filter(|part| !part.is_empty()).collect();
    let mut out: Vec<&str> = Vec::with_capacity(parts.len());
    for (place, part) in parts.iter().enumerate() {
        let is_control_set = part
            .strip_prefix("controlset")
            .is_some_and(|number| number.len() == 3 && number.bytes().all(|byte| byte.is_ascii_digit()));
        match *part {
            sid if place == 1 && sid.starts_with("s-1-") && parts.first() == Some(&"hku") => {}
            _ if is_control_set => out.push("currentcontrolset"),
            "wow6432node" => {}
            part => out.push(part),
        }
    }
    out.join("\\")
}

/// Keys at the top of the machine's hives and of a user's, by which a key without its hive is placed.
const OF_THE_MACHINE: [&str; 6] = ["software", "system", "security", "sam", "hardware", "bcd00000000"];
const OF_A_USER: [&str; 6] =
    ["software", "environment", "volatile environment", "control panel", "console", "network"];

/// The comparable forms of a key that a list names: one, or where its hive is left out those it could be in; none where
/// it could be in none.
pub(super) fn full_keys(text: &str) -> Vec<String> {
    let key = key(text);
    let first = key.split('\\').next().unwrap_or_default();
    if matches!(first, "hklm" | "hku" | "hkcc") {
        return vec![key];
    }
    let hives = [("hklm", &OF_THE_MACHINE), ("hku", &OF_A_USER)];
    let fits = hives.into_iter().filter(|(_, tops)| tops.contains(&first));
    fits.map(|(hive, _)| format!("{hive}\\{key}")).collect()
}

/// The comparable form of a value's data.
pub(super) fn data(text: &str) -> String {
    folded(text.trim().trim_matches('\0').trim_matches('"'))
}

/// The comparable form of a pipe's name, without the way to it.
pub(super) fn pipe(text: &str) -> String {
    let text = folded(text.trim()).replace('/', "\\");
    let ways = [r"\\.\pipe\", r"\device\namedpipe\", r"\pipe\"];
    ways.iter().find_map(|way| text.strip_prefix(way)).unwrap_or(&text).trim_start_matches('\\').to_owned()
}

/// The comparable form of a mutex's name, without its session. Windows heeds the case of mutexes, lists do not.
pub(super) fn mutex(text: &str) -> String {
    let text = folded(text.trim());
    let text = text.strip_prefix(r"\basenamedobjects\").unwrap_or(&text);
    text.strip_prefix(r"global\").or_else(|| text.strip_prefix(r"local\")).unwrap_or(text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_the_same_however_it_is_written() {
        for text in [
            r"HKLM\SYSTEM\CurrentControlSet\Services\Evil",
            r"HKEY_LOCAL_MACHINE\System\ControlSet001\Services\evil\",
            r"HKLM:\SYSTEM\ControlSet002\Services\Evil",
            r"\REGISTRY\MACHINE\SYSTEM\CurrentControlSet\Services\Evil",
        ] {
            assert_eq!(key(text), r"hklm\system\currentcontrolset\services\evil", "{text}");
        }
        let run = r"hku\software\microsoft\windows\currentversion\run\evil";
        for text in [
            r"HKCU\Software\Microsoft\Windows\CurrentVersion\Run\Evil",
            r"HKEY_USERS\S-1-5-21-1-2-3-1001\Software\Microsoft\Windows\CurrentVersion\Run\Evil",
        ] {
            assert_eq!(key(text), run, "{text}");
        }
        assert_eq!(key(r"HKLM\SOFTWARE\WOW6432Node\Evil"), r"hklm\software\evil");
        assert_eq!(key(r"HKLMX\a"), r"hklmx\a");
    }

    #[test]
    fn pipes_and_mutexes_are_known_by_their_own_name() {
        for text in ["Evil_1", r"\\.\pipe\evil_1", r"\Device\NamedPipe\Evil_1", r"\pipe\evil_1"] {
            assert_eq!(pipe(text), "evil_1", "{text}");
        }
        for text in ["Evil", r"Global\evil", r"\BaseNamedObjects\Local\Evil"] {
            assert_eq!(mutex(text), "evil", "{text}");
        }
        assert_eq!(data("\"C:\\Evil.exe\"\0"), r"c:\evil.exe");
    }
}
