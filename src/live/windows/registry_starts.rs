//! What a Windows starts by its registry: services and drivers, and the places of `windows_autostart_places`, with the file
//! that each leads to.

use std::collections::{BTreeMap, BTreeSet};

use super::found_starts::{FoundStarts, is_class, lead, library, write_command};
use super::windows_host::WindowsHost;
use crate::evidence::Exact;
use crate::evidence::rows::autostarts::Autostart;
use crate::formats::hive::Value;
use crate::formats::windows_autostart_places::{Form, In, PROFILERS, SPOTS, Spot, What};
use crate::sources::registry_facts::{Contents, RegistryFacts, WalkLimits};

/// Most keys of one place, services among them.
const MAX_KEYS: usize = 20_000;

/// Where the hives of the machine are.
pub(crate) const SYSTEM: &str = "HKEY_LOCAL_MACHINE\\SYSTEM";
pub(crate) const SOFTWARE: &str = "HKEY_LOCAL_MACHINE\\SOFTWARE";

/// Where programs have settings that the loader heeds.
const IMAGE_OPTIONS: &str = "Windows NT\\CurrentVersion\\Image File Execution Options";

/// The bits of `GlobalFlag` by which those settings are heeded: a verifier's libraries, what follows an exit.
const VERIFIER: u32 = 0x100;
const SILENT_EXIT: u32 = 0x200;

/// Adds what the hives of the machine start.
pub(crate) fn of_machine(
    machine: &WindowsHost,
    system: &mut dyn RegistryFacts,
    software: &mut dyn RegistryFacts,
    found: &mut FoundStarts,
) {
    let control = system.control_set();
    services(machine, system, &control, found);
    for spot in SPOTS {
        match spot.hive {
            In::System => {
                let place = Place::new(SYSTEM, format!("{control}\\{}", spot.key), None);
                of_spot(machine, &spot, &place, system, found);
            }
            In::Software => {
                for before in ["Microsoft", "WOW6432Node\\Microsoft"] {
                    let place = Place::new(SOFTWARE, format!("{before}\\{}", spot.key), None);
                    let from = found.all.len();
                    of_spot(machine, &spot, &place, software, found);
                    heed_flags(software, before, &mut found.all, from);
                }
            }
            In::Policies => {
                let place = Place::new(SOFTWARE, spot.key.to_owned(), None);
                of_spot(machine, &spot, &place, software, found);
            }
            In::User => {}
        }
    }
}

/// Adds what the hive of a user starts.
pub(crate) fn of_user(
    machine: &WindowsHost,
    user: &str,
    folder: Option<&str>,
    hive: &mut dyn RegistryFacts,
    found: &mut FoundStarts,
) {
    let root = format!("HKEY_USERS\\{user}");
    for spot in SPOTS.iter().filter(|spot| spot.hive == In::User) {
        let place = Place { folder, ..Place::new(&root, spot.key.to_owned(), Some(user)) };
        of_spot(machine, spot, &place, hive, found);
    }
    found.take_unread(hive, &root);
}

/// Looks up the files behind the classes that starts name.
pub(crate) fn resolve_classes(
    machine: &WindowsHost,
    software: &mut dyn RegistryFacts,
    found: &mut FoundStarts,
) {
    let folders = machine.folders(None);
    for (index, id) in std::mem::take(&mut found.classes) {
        if let Some(library) = library(software, &id)
            && let Some(start) = found.all.get_mut(index)
        {
            lead(machine, &folders, start, &library);
        }
    }
}

/// A key that is inspected, and whose it is.
struct Place<'a> {
    root: &'a str,
    key: String,
    user: Option<&'a str>,
    folder: Option<&'a str>,
}

impl<'a> Place<'a> {
    const fn new(root: &'a str, key: String, user: Option<&'a str>) -> Self {
        Self { root, key, user, folder: None }
    }
}

/// Services and drivers. Of one whose key cannot be read there is a row that says so.
fn services(machine: &WindowsHost, system: &mut dyn RegistryFacts, control: &str, found: &mut FoundStarts) {
    let folders = machine.folders(None);
    let place = format!("{control}\\Services");
    found.take_unread(system, SYSTEM);
    // Asked for first, so that what fails later does not make a service one without a key.
    let names: BTreeSet<String> =
        system.subkeys(&place).iter().map(|name| name.text().to_lowercase()).collect();
    let unread = found.unread.len().saturating_add(found.more_unread);
    found.take_unread(system, SYSTEM);
    let all = found.unread.len().saturating_add(found.more_unread) == unread;
    found.services = all.then_some(names);
    system.each(&place, "Parameters", MAX_KEYS, &mut |name, key, inner| {
        let root = [SYSTEM.as_bytes(), b"\\", place.as_bytes(), b"\\", &name.0].concat();
        for (mut start, command) in service(name, &key, inner.as_ref()) {
            start.registry_key = Some(match start.key.as_ref() {
                Some(key) if key.0 == b"Parameters\\ServiceDll" => {
                    Exact([&root[..], b"\\Parameters"].concat())
                }
                _ => Exact::from(&root),
            });
            start.key_changed = key.written;
            if is_class(&command) {
                found.classes.push((found.all.len(), command));
            } else {
                lead(machine, &folders, &mut start, &command);
            }
            found.all.push(start);
        }
    });
    let before = found.unread.len();
    found.take_unread(system, SYSTEM);
    let prefix = format!("{SYSTEM}\\{place}\\");
    for unread in found.unread.get(before..).unwrap_or_default() {
        let key = unread.registry_key.as_ref().filter(|_| unread.key.is_none());
        let name = key.and_then(|key| key.0.strip_prefix(prefix.as_bytes()));
        if let Some(name) = name.filter(|name| !name.contains(&b'\\')) {
            found.all.push(Autostart {
                kind: "service".into(),
                registry_key: key.cloned(),
                name: Some(Exact::from(name)),
                unread: Some(unread.why),
                ..Autostart::default()
            });
        }
    }
}

/// What a service's key starts: its program, its library, what follows where it fails, and what its environment has loaded
/// into it; each with its command.
fn service(name: &Exact, key: &Contents, inner: Option<&Contents>) -> Vec<(Autostart, String)> {
    // Without a type none is started; what such a key names is reported as off where it has a library of a service.
    let library =
        key.value("ServiceDll").is_some() || inner.is_some_and(|inner| inner.value("ServiceDll").is_some());
    let Some(kind) = key.number("Type").or(library.then_some(0)) else { return Vec::new() };
    // Drivers of the kernel, of file systems, and what recognises those.
    let driver = kind & 0x0b != 0;
    let begins = match key.number("Start") {
        Some(0) => "boot",
        Some(1) => "system",
        Some(2) if key.number("DelayedAutostart") == Some(1) => "delayed",
        Some(2) => "auto",
        Some(4) => "disabled",
        _ => "demand",
    };
    let one = |value: &str, command: &str| {
        let mut start = Autostart {
            kind: if driver { "driver" } else { "service" }.into(),
            key: Some(Exact::from(value)),
            name: Some(name.clone()),
            display_name: key.text("DisplayName"),
            user: key.text("ObjectName").map(Exact::from),
            schedule: Some(Exact::from(begins)),
            enabled: Some(begins != "disabled" && kind != 0),
            ..Autostart::default()
        };
        write_command(&mut start, command);
        start
    };
    let mut all = Vec::new();
    match key.text("ImagePath") {
        Some(path) => all.push((one("ImagePath", &path), path)),
        // Where nothing is said, a driver's file has its name.
        None if driver => {
            let path = format!("System32\\drivers\\{}.sys", name.text());
            all.push((Autostart { command: None, ..one("ImagePath", "") }, path));
        }
        None => {}
    }
    let libraries = [(Some(key), "ServiceDll"), (inner, "Parameters\\ServiceDll")];
    for (holds, value) in libraries {
        if let Some(path) = holds.and_then(|holds| holds.text("ServiceDll")) {
            all.push((one(value, &path), path));
        }
    }
    if let Some(command) = key.text("FailureCommand") {
        all.push((one("FailureCommand", &command), command));
    }
    let environment = key.value("Environment").map(Value::texts).unwrap_or_default();
    for variable in &environment {
        let Some((name, value)) = variable.split_once('=') else { continue };
        if PROFILERS.iter().any(|known| known.eq_ignore_ascii_case(name)) && !value.trim().is_empty() {
            let start = Autostart { kind: "profiler".into(), ..one(&format!("Environment\\{name}"), value) };
            all.push((start, value.trim().to_owned()));
        }
    }
    all
}

/// What one place says.
fn of_spot(
    machine: &WindowsHost,
    spot: &Spot,
    place: &Place<'_>,
    hive: &mut dyn RegistryFacts,
    found: &mut FoundStarts,
) {
    let folders = machine.folders(place.folder);
    // Where a policy keeps the scripts that it names without a path, by key.
    let mut scripts = BTreeMap::new();
    let mut take = |key: &[u8], contents: &Contents, names: Option<&[&str]>| {
        if let Some(path) = contents.text("FileSysPath") {
            scripts.insert(key.to_vec(), path);
        }
        for value in &contents.values {
            let is = |name: &&str| name.as_bytes().eq_ignore_ascii_case(&value.name.0);
            if names.is_some_and(|names| !names.iter().any(is)) {
                continue;
            }
            for command in value.texts().iter().flat_map(|text| parts(spot.form, text)) {
                let mut start = Autostart {
                    kind: spot.kind.into(),
                    registry_key: Some(Exact([place.root.as_bytes(), b"\\", key].concat())),
                    key: Some(value.name.clone()),
                    key_changed: contents.written,
                    user: place.user.map(Exact::from),
                    enabled: enabled(spot, value, contents),
                    ..Autostart::default()
                };
                let command = match spot.form {
                    Form::Script => script(key, &command, contents, &scripts),
                    _ => command,
                };
                write_command(&mut start, &command);
                if is_class(&command) {
                    found.classes.push((found.all.len(), command));
                } else {
                    lead(machine, &folders, &mut start, &command);
                }
                found.all.push(start);
            }
        }
    };
    match spot.what {
        What::All | What::Named(_) => {
            let names = if let What::Named(names) = spot.what { Some(names) } else { None };
            if let Some(contents) = hive.contents(&place.key) {
                take(place.key.as_bytes(), &contents, names);
            }
        }
        What::Below(_) | What::AllBelow => {
            let names = if let What::Below(names) = spot.what { Some(names) } else { None };
            hive.each(&place.key, "", MAX_KEYS, &mut |name, contents, _| {
                take(&[place.key.as_bytes(), b"\\", &name.0].concat(), &contents, names);
            });
        }
        What::Within(depth, names) => {
            let limits = WalkLimits { depth, most: MAX_KEYS, whole: false };
            hive.walk(&place.key, limits, &mut |path, contents| {
                take(&[place.key.as_bytes(), b"\\", &path.0].concat(), &contents, Some(names));
            });
        }
        What::Classes => hive.each(&place.key, "", MAX_KEYS, &mut |name, contents, _| {
            found.classes.push((found.all.len(), name.text().into_owned()));
            found.all.push(Autostart {
                kind: spot.kind.into(),
                registry_key: Some(Exact([place.root.as_bytes(), b"\\", place.key.as_bytes()].concat())),
                key: Some(name.clone()),
                key_changed: contents.written,
                command: Some(name.clone()),
                display_name: contents.text(""),
                enabled: Some(contents.number("Disabled").is_none_or(|off| off == 0)),
                ..Autostart::default()
            });
        }),
    }
    found.take_unread(hive, place.root);
}

/// Whether what a value says is heeded, where the key says so.
fn enabled(spot: &Spot, value: &Value, contents: &Contents) -> Option<bool> {
    let name = value.name.text().to_ascii_uppercase();
    match spot.kind {
        "app_init" => Some(contents.number("LoadAppInit_DLLs").is_some_and(|on| on != 0)),
        "profiler" => {
            let switch = if name.starts_with("CORECLR_") {
                "CORECLR_ENABLE_PROFILING"
            } else if name.starts_with("COR_") {
                "COR_ENABLE_PROFILING"
            } else {
                return None;
            };
            Some(contents.text(switch).as_deref() == Some("1") || contents.number(switch) == Some(1))
        }
        "debugger" if name == "VERIFIERDLLS" => Some(global_flag(contents) & VERIFIER != 0),
        _ => None,
    }
}

/// The bits by which the settings of a program are heeded: a number, or a text in hexadecimal digits.
fn global_flag(contents: &Contents) -> u32 {
    let text = || {
        let text = contents.text("GlobalFlag")?;
        u32::from_str_radix(text.trim_start_matches("0x").trim_start_matches("0X"), 16).ok()
    };
    contents.number("GlobalFlag").or_else(text).unwrap_or_default()
}

/// Whether what follows the exit of a program does follow: its own settings say so, in another place.
fn heed_flags(software: &mut dyn RegistryFacts, before: &str, all: &mut [Autostart], from: usize) {
    for start in all.iter_mut().skip(from).filter(|start| start.kind == "silent_exit") {
        let key = start.registry_key.as_ref().map(|key| key.text().into_owned()).unwrap_or_default();
        let program = key.rsplit('\\').next().unwrap_or_default();
        let options = software.contents(&format!("{before}\\{IMAGE_OPTIONS}\\{program}"));
        start.enabled = Some(options.is_some_and(|options| global_flag(&options) & SILENT_EXIT != 0));
    }
}

/// The command of a policy's script: with its path, where the policy keeps it with its own files, and what it is given.
fn script(key: &[u8], command: &str, contents: &Contents, policies: &BTreeMap<Vec<u8>, String>) -> String {
    let above =
        key.iter().rposition(|byte| *byte == b'\\').and_then(|cut| key.get(..cut)).unwrap_or_default();
    let event = above.rsplit(|byte| *byte == b'\\').nth(1).unwrap_or_default();
    let command = match policies.get(above) {
        Some(path) if !command.contains('\\') => {
            format!("{path}\\Scripts\\{}\\{command}", String::from_utf8_lossy(event))
        }
        _ => command.to_owned(),
    };
    match contents.text("Parameters") {
        Some(parameters) => format!("\"{command}\" {parameters}"),
        None => command,
    }
}

/// The commands in a value's text.
fn parts(form: Form, text: &str) -> Vec<String> {
    let several = |by: &[char]| -> Vec<String> {
        text.split(by).map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    match form {
        Form::Command | Form::Script if text.trim().is_empty() => Vec::new(),
        Form::Command | Form::Script => vec![text.to_owned()],
        Form::Commands => several(&[',']),
        Form::Libraries => {
            // Blanks are between libraries too, unless they are of a path.
            let by: &[char] = if text.contains(":\\") { &[','] } else { &[',', ' '] };
            let library = |name: String| {
                // The local authority writes `""` where it has none.
                let name = name.trim_matches('"').to_owned();
                let file = name.rsplit('\\').next().unwrap_or_default();
                if file.contains('.') || file.is_empty() { name } else { format!("{name}.dll") }
            };
            several(by).into_iter().map(library).filter(|name| !name.is_empty()).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::ReasonCode;
    use crate::live::windows::made_hive::MadeHive;
    use crate::sources::target::Target;

    fn key(values: &[(&str, &str)]) -> Contents {
        let value = |(name, text): &(&str, &str)| {
            let (kind, data) = if let Ok(number) = text.parse::<u32>() {
                (4, number.to_le_bytes().to_vec())
            } else {
                (2, text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect())
            };
            Value { name: Exact::from(name), kind, data }
        };
        Contents { written: None, values: values.iter().map(value).collect() }
    }

    #[test]
    fn a_service_tells_its_program_its_library_and_what_follows_where_it_fails() {
        let one = key(&[
            ("Type", "32"),
            ("Start", "2"),
            ("DelayedAutostart", "1"),
            ("ImagePath", "%SystemRoot%\\system32\\svchost.exe -k netsvcs"),
            ("ObjectName", "LocalSystem"),
            ("FailureCommand", "C:\\x.exe"),
            ("Environment", "COR_PROFILER_PATH=C:\\Users\\Public\\p.dll"),
        ]);
        let inner = key(&[("ServiceDll", "C:\\Users\\Public\\k.dll")]);
        let all = service(&"Kwaad".into(), &one, Some(&inner));
        let told: Vec<_> =
            all.iter().map(|(start, command)| (start.key.clone().unwrap(), command.as_str())).collect();
        assert_eq!(
            told,
            [
                ("ImagePath".into(), "%SystemRoot%\\system32\\svchost.exe -k netsvcs"),
                ("Parameters\\ServiceDll".into(), "C:\\Users\\Public\\k.dll"),
                ("FailureCommand".into(), "C:\\x.exe"),
                ("Environment\\COR_PROFILER_PATH".into(), "C:\\Users\\Public\\p.dll"),
            ]
        );
        let start = &all[0].0;
        assert_eq!(
            (&*start.kind, start.schedule.clone(), start.enabled),
            ("service", Some("delayed".into()), Some(true))
        );
        assert_eq!(start.user, Some("LocalSystem".into()));
        let driver = service(&"stil".into(), &key(&[("Type", "1"), ("Start", "4")]), None);
        assert_eq!((&*driver[0].0.kind, driver[0].1.as_str()), ("driver", "System32\\drivers\\stil.sys"));
        assert_eq!((driver[0].0.enabled, driver[0].0.command.clone()), (Some(false), None));
        assert!(service(&"geen".into(), &key(&[("ImagePath", "x")]), None).is_empty());
        // With a library alone it is one, of its host's own program or of none.
        for (own, enabled) in [(&[("Type", "32"), ("Start", "2")][..], true), (&[], false)] {
            let library = service(&"Kaal".into(), &key(own), Some(&key(&[("ServiceDll", "C:\\k.dll")])));
            assert_eq!(
                (library.len(), library[0].1.as_str(), library[0].0.enabled),
                (1, "C:\\k.dll", Some(enabled))
            );
        }
    }

    /// What a machine with this SYSTEM hive starts.
    fn started(system: &mut MadeHive) -> FoundStarts {
        let dir = tempfile::TempDir::new().unwrap();
        std::fs::create_dir_all(dir.path().join("C/Windows/System32/config")).unwrap();
        std::fs::write(dir.path().join("C/Windows/System32/ntoskrnl.exe"), b"MZ").unwrap();
        std::fs::write(dir.path().join("C/Windows/System32/config/SYSTEM"), b"").unwrap();
        let machine = WindowsHost::of(&Target::tree(dir.path()).unwrap()).unwrap();
        let mut found = FoundStarts::default();
        of_machine(&machine, system, &mut MadeHive::default(), &mut found);
        found
    }

    #[test]
    fn a_service_whose_key_is_refused_is_a_row_and_is_registered() {
        let place = "CurrentControlSet\\Services";
        let hive = MadeHive::default().with(place, 1, &[]);
        let mut hive = hive.with(&format!("{place}\\Open"), 1, &[("Type", "16"), ("ImagePath", "o.exe")]);
        hive.denied.push("CurrentControlSet\\Services\\Geheim");
        let found = started(&mut hive);
        let services: Vec<_> = found
            .all
            .iter()
            .map(|start| (start.name.clone().unwrap().text().into_owned(), start.unread))
            .collect();
        let refused = Some(ReasonCode::PermissionDenied);
        assert_eq!(services, [("Open".to_owned(), None), ("Geheim".to_owned(), refused)]);
        assert!(found.services.unwrap().contains("geheim"));
        let key = "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\Geheim";
        assert_eq!((found.unread.len(), found.unread[0].registry_key.clone()), (1, Some(key.into())));
        // Where the list itself is refused nobody can tell which services have a key.
        hive.denied.push("CurrentControlSet\\Services");
        assert_eq!(started(&mut hive).services, None);
    }

    #[test]
    fn a_value_that_holds_several_commands_tells_each() {
        assert_eq!(parts(Form::Commands, "userinit.exe, C:\\k.exe,"), ["userinit.exe", "C:\\k.exe"]);
        assert_eq!(parts(Form::Libraries, "msv1_0 kwaad"), ["msv1_0.dll", "kwaad.dll"]);
        assert_eq!(parts(Form::Libraries, "C:\\a b\\k.dll,x.dll"), ["C:\\a b\\k.dll", "x.dll"]);
        assert_eq!(parts(Form::Libraries, "\"\""), Vec::<String>::new());
        assert_eq!(parts(Form::Command, "a, b"), ["a, b"]);
        assert!(parts(Form::Command, " ").is_empty());
    }
}
