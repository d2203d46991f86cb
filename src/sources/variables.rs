//! Fills the variables of a pattern in: homes and system folders as they stand on this target.

use super::pattern::quote;
use crate::playbook::TargetOs;

/// Most patterns that one pattern with variables becomes: users times places.
const MAX_EXPANSIONS: usize = 20_000;

/// Where Exchange stands where nobody chose otherwise.
const EXCHANGE: [&str; 2] =
    ["\\Program Files\\Microsoft\\Exchange Server\\V15", "\\Program Files\\Microsoft\\Exchange Server\\V14"];

/// What variables stand for on one target.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Variables {
    pub(crate) os: Option<TargetOs>,
    /// Names and homes: paths without a separator in front.
    pub(crate) homes: Vec<(String, String)>,
    pub(crate) web_roots: Vec<String>,
    pub(crate) web_log_dirs: Vec<String>,
    /// Where the registry says that servers keep their data, besides where they do by default.
    pub(crate) ntds_dirs: Vec<String>,
    pub(crate) exchange_dirs: Vec<String>,
}

impl Variables {
    /// Gives every pattern that `text` becomes; `Err` with the name of a variable that is not known here.
    pub(crate) fn fill(&self, text: &str) -> Result<Vec<String>, String> {
        let mut open = vec![text.to_owned()];
        let mut done = Vec::new();
        while let Some(text) = open.pop() {
            let Some((before, name, after)) = first_variable(&text) else {
                done.push(text);
                continue;
            };
            let values = self.values(name).ok_or_else(|| name.to_owned())?;
            if done.len().saturating_add(open.len()).saturating_add(values.len()) > MAX_EXPANSIONS {
                break;
            }
            open.extend(values.into_iter().rev().map(|value| format!("{before}{value}{after}")));
        }
        Ok(done)
    }

    fn values(&self, name: &str) -> Option<Vec<String>> {
        let windows = self.os == Some(TargetOs::Windows);
        let name = name.to_ascii_lowercase();
        if let Some(place) = name.strip_prefix("users.") {
            return self.of_users(place, windows);
        }
        match name.as_str() {
            "veldkit.web_roots" => return Some(self.web_roots.clone()),
            "veldkit.web_log_dirs" => return Some(self.web_log_dirs.clone()),
            "veldkit.ntds_dir" if windows => return Some(with(&self.ntds_dirs, &["\\Windows\\NTDS"])),
            "veldkit.exchange_dir" if windows => return Some(with(&self.exchange_dirs, &EXCHANGE)),
            "veldkit.mssql_dirs" if !windows => return Some(vec!["/var/opt/mssql".to_owned()]),
            _ => {}
        }
        let values: &[&str] = match name.as_str() {
            _ if !windows => return None,
            "environ_systemroot" | "environ_windir" => &["\\Windows"],
            "environ_systemdrive" => &[""],
            "environ_programdata" | "environ_allusersprofile" | "environ_allusersappdata" => {
                &["\\ProgramData"]
            }
            "environ_programfiles" => &["\\Program Files"],
            "environ_programfilesx86" => &["\\Program Files (x86)"],
            "environ_commonprogramfiles" => &["\\Program Files\\Common Files"],
            "environ_commonprogramfilesx86" => &["\\Program Files (x86)\\Common Files"],
            "environ_comspec" => &["\\Windows\\System32\\cmd.exe"],
            "environ_temp" => &["\\Windows\\Temp"],
            "environ_profilesdirectory" => &["\\Users"],
            "veldkit.mssql_dirs" => &[
                "\\Program Files\\Microsoft SQL Server\\MSSQL*\\MSSQL",
                "\\Program Files (x86)\\Microsoft SQL Server\\MSSQL*\\MSSQL",
            ],
            _ => return None,
        };
        Some(values.iter().map(|value| (*value).to_owned()).collect())
    }

    fn of_users(&self, place: &str, windows: bool) -> Option<Vec<String>> {
        let below = |suffix: &str| -> Vec<String> {
            let separator = if windows { '\\' } else { '/' };
            self.homes.iter().map(|(_, home)| format!("{separator}{}{suffix}", quote(home))).collect()
        };
        Some(match place {
            "homedir" => below(""),
            "username" => self.homes.iter().map(|(name, _)| quote(name)).collect(),
            // The folders of the recycle bin are named after accounts; all of them are wanted.
            "sid" if windows => vec!["S-1-*".to_owned()],
            _ if !windows => return None,
            "userprofile" => below(""),
            "appdata" => below("\\AppData\\Roaming"),
            "localappdata" | "localsettings" => below("\\AppData\\Local"),
            "localappdata_low" => below("\\AppData\\LocalLow"),
            "temp" => below("\\AppData\\Local\\Temp"),
            "desktop" => below("\\Desktop"),
            "startup" => below("\\AppData\\Roaming\\Microsoft\\Windows\\Start Menu\\Programs\\Startup"),
            "recent" => below("\\AppData\\Roaming\\Microsoft\\Windows\\Recent"),
            "internet_cache" => below("\\AppData\\Local\\Microsoft\\Windows\\INetCache"),
            "cookies" => below("\\AppData\\Roaming\\Microsoft\\Windows\\Cookies"),
            "personal" => below("\\Documents"),
            _ => return None,
        })
    }
}

/// The places that were told, and the usual ones that are not among them.
fn with(told: &[String], usual: &[&str]) -> Vec<String> {
    let same = |usual: &str| {
        told.iter().any(|told| told.get(2..).is_some_and(|place| place.eq_ignore_ascii_case(usual)))
    };
    let usual = usual.iter().filter(|usual| !same(usual)).map(|usual| (*usual).to_owned());
    told.iter().cloned().chain(usual).collect()
}

/// The text before the first `%%name%%`, the name, and the text after it.
fn first_variable(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("%%")?;
    let (name, after) = rest.split_once("%%")?;
    Some((before, name, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn windows() -> Variables {
        Variables {
            os: Some(TargetOs::Windows),
            homes: vec![("anna".into(), "Users\\anna".into()), ("[x]".into(), "Users\\[x]".into())],
            ..Variables::default()
        }
    }

    #[test]
    fn each_user_gives_a_pattern_and_a_name_with_brackets_stands_for_itself() {
        let filled = windows().fill("%%users.appdata%%\\x*").unwrap();
        assert_eq!(filled, ["\\Users\\anna\\AppData\\Roaming\\x*", "\\Users\\[[]x]\\AppData\\Roaming\\x*"]);
    }

    #[test]
    fn a_drive_is_where_its_pattern_begins() {
        assert_eq!(windows().fill("%%environ_systemdrive%%\\$MFT").unwrap(), ["\\$MFT"]);
    }

    #[test]
    fn an_unknown_variable_is_named_and_none_is_taken_from_another_system() {
        assert_eq!(windows().fill("%%no.such%%\\x"), Err("no.such".to_owned()));
        let linux = Variables { os: Some(TargetOs::Linux), ..windows() };
        assert_eq!(linux.fill("%%environ_systemroot%%/x"), Err("environ_systemroot".to_owned()));
    }
}
