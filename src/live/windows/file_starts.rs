//! What a Windows starts by files in certain places: startup folders, profiles of PowerShell, scripts of policies.

use super::found_starts::{FoundStarts, below, lead, over, write_command};
use super::windows_host::WindowsHost;
use crate::evidence::rows::autostarts::Autostart;
use crate::evidence::{Exact, Kind};
use crate::formats::policy_scripts;
use crate::formats::windows_autostart_places::{POLICIES, PROFILES, STARTUP, USER_PROFILES, VERSIONS};
use crate::sources::registry_facts::RegistryFacts;

/// Most directories that are searched for lists of scripts, and how deep.
const MAX_FOLDERS: usize = 20_000;
const MAX_DEPTH: usize = 10;

/// Most bytes of a list of scripts.
const MAX_LIST: usize = 1 << 20;

/// Where a user's hive says where the documents are.
const SHELL_FOLDERS: &str = "Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\User Shell Folders";

/// Adds what is started for everybody.
pub(crate) fn for_all(machine: &WindowsHost, found: &mut FoundStarts) {
    let [for_all, _] = STARTUP;
    startup(machine, for_all, None, found);
    for folder in PROFILES {
        profiles(machine, folder.as_bytes(), None, found);
    }
    for folder in VERSIONS {
        let folder = machine.folders(None).expand(folder).into_bytes();
        for (name, kind) in machine.list(&folder).entries {
            if kind == Kind::Directory {
                profiles(machine, &below(&folder, &name), None, found);
            }
        }
    }
    for folder in POLICIES {
        policy(machine, folder, found);
    }
}

/// Adds what is started for a user.
pub(crate) fn for_user(
    machine: &WindowsHost,
    user: &str,
    folder: &str,
    hive: &mut dyn RegistryFacts,
    found: &mut FoundStarts,
) {
    let [_, for_one] = STARTUP;
    startup(machine, &format!("{folder}\\{for_one}"), Some(user), found);
    let documents = hive.contents(SHELL_FOLDERS).and_then(|contents| contents.text("Personal"));
    let mut all = vec![format!("{folder}\\Documents")];
    let documents = documents.map(|documents| machine.folders(Some(folder)).expand(&documents));
    all.extend(documents.filter(|documents| {
        all.iter().all(|known| !machine.folders(None).expand(known).eq_ignore_ascii_case(documents))
    }));
    for documents in all {
        for name in USER_PROFILES {
            profiles(machine, format!("{documents}\\{name}").as_bytes(), Some(user), found);
        }
    }
}

/// Files in a startup folder, each of which is started.
fn startup(machine: &WindowsHost, folder: &str, user: Option<&str>, found: &mut FoundStarts) {
    let files = |name: &[u8]| !name.eq_ignore_ascii_case(b"desktop.ini");
    // That file says how the folder looks.
    of_files(machine, folder.as_bytes(), ("startup_folder", user), &files, found);
}

/// The profiles in a directory of PowerShell: `profile.ps1`, and one for each program that is a PowerShell.
fn profiles(machine: &WindowsHost, folder: &[u8], user: Option<&str>, found: &mut FoundStarts) {
    let is_profile = |name: &[u8]| name.to_ascii_lowercase().ends_with(b"profile.ps1");
    of_files(machine, folder, ("powershell_profile", user), &is_profile, found);
}

fn of_files(
    machine: &WindowsHost,
    folder: &[u8],
    (kind, user): (&'static str, Option<&str>),
    wanted: &dyn Fn(&[u8]) -> bool,
    found: &mut FoundStarts,
) {
    let text = str::from_utf8(folder).map(|folder| machine.folders(None).expand(folder).into_bytes());
    let folder = text.unwrap_or_else(|_| folder.to_vec());
    let listed = machine.list(&folder);
    if let Some(error) = listed.failure {
        found.unread_file(&folder, &error);
    }
    for (name, of) in listed.entries {
        if of == Kind::File && wanted(&name) {
            let path = Exact(below(&folder, &name));
            found.all.push(Autostart {
                kind: kind.into(),
                file: Some(path.clone()),
                user: user.map(Exact::from),
                target: Some(path),
                ..Autostart::default()
            });
        }
    }
}

/// The lists of scripts below a directory of policies.
fn policy(machine: &WindowsHost, root: &str, found: &mut FoundStarts) {
    let root = machine.folders(None).expand(root).into_bytes();
    let mut waiting = vec![(root, 0_usize)];
    let mut count = 0_usize;
    while let Some((folder, depth)) = waiting.pop() {
        let listed = machine.list(&folder);
        if let Some(error) = listed.failure {
            found.unread_file(&folder, &error);
        }
        for (name, kind) in listed.entries {
            let path = below(&folder, &name);
            if kind == Kind::Directory {
                count = count.saturating_add(1);
                if depth >= MAX_DEPTH || count > MAX_FOLDERS {
                    found.unread_file(&path, &over(MAX_FOLDERS, "directories of policies, nor deep ones,"));
                    continue;
                }
                waiting.push((path, depth.saturating_add(1)));
            } else if [&b"scripts.ini"[..], b"psscripts.ini"]
                .iter()
                .any(|list| name.eq_ignore_ascii_case(list))
            {
                scripts(machine, &folder, &path, found);
            }
        }
    }
}

/// The scripts of one list.
fn scripts(machine: &WindowsHost, folder: &[u8], list: &[u8], found: &mut FoundStarts) {
    let bytes = match machine.read(list, MAX_LIST) {
        Ok(bytes) => bytes,
        Err(error) => return found.unread_file(list, &error),
    };
    let (scripts, whole) = policy_scripts::scripts(&bytes);
    if !whole || bytes.len() >= MAX_LIST {
        found.unread_file(list, &over(scripts.len(), "scripts of a policy"));
    }
    let folders = machine.folders(None);
    for script in scripts {
        let mut start = Autostart {
            kind: "policy_script".into(),
            file: Some(Exact::from(list)),
            key: Some(Exact::from(&script.event)),
            ..Autostart::default()
        };
        write_command(&mut start, format!("{} {}", script.command, script.parameters).trim_end());
        let command = if script.command.contains('\\') {
            script.command
        } else {
            format!("{}\\{}\\{}", String::from_utf8_lossy(folder), script.event, script.command)
        };
        lead(machine, &folders, &mut start, &format!("\"{command}\" {}", script.parameters));
        found.all.push(start);
    }
}
