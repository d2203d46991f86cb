//! All that a Windows starts by itself, out of its registry, its tasks and its startup folders, with the file that each leads to.

use super::autostart_places::{Form, In, SPOTS, STARTUP, Spot, TASKS, What};
use super::windows_host::WindowsHost;
use crate::evidence::rows::autostarts::Autostart;
use crate::evidence::{Exact, Kind};
use crate::formats::task_xml;
use crate::formats::task_xml::Action;
use crate::formats::windows_command;
use crate::formats::windows_command::{Folders, Lead};
use crate::sources::windows_facts::{Contents, RegistryFacts};

/// Most keys of one place, services among them.
const MAX_KEYS: usize = 20_000;

/// Most tasks, and how deep their folders go.
const MAX_TASKS: usize = 20_000;
const MAX_DEPTH: usize = 12;

/// Most bytes of one task.
const MAX_TASK: usize = 1 << 20;

/// Most bytes of a command that are told.
const MAX_COMMAND: usize = 4_096;

/// All of it.
pub(crate) fn all(machine: &WindowsHost) -> Vec<Autostart> {
    let mut all = Vec::new();
    machine.registry(|system, software| {
        let control = system.control_set();
        services(machine, system, &control, &mut all);
        for spot in SPOTS {
            match spot.hive {
                In::System => {
                    let place =
                        Place::new("HKEY_LOCAL_MACHINE\\SYSTEM", format!("{control}\\{}", spot.key), None);
                    of_spot(machine, &spot, &place, system, &mut all);
                }
                In::Software => {
                    for before in ["Microsoft", "WOW6432Node\\Microsoft"] {
                        let key = format!("{before}\\{}", spot.key);
                        let place = Place::new("HKEY_LOCAL_MACHINE\\SOFTWARE", key, None);
                        of_spot(machine, &spot, &place, software, &mut all);
                    }
                }
                In::User => {}
            }
        }
        of_tasks(machine, software, &mut all);
    });
    let [for_all, for_one] = STARTUP;
    startup(machine, for_all, None, &mut all);
    machine.users(&mut |user, folder, hive| {
        for spot in SPOTS.iter().filter(|spot| spot.hive == In::User) {
            let root = format!("HKEY_USERS\\{user}");
            let place = Place { folder, ..Place::new(&root, spot.key.to_owned(), Some(user)) };
            of_spot(machine, spot, &place, hive, &mut all);
        }
        if let Some(folder) = folder {
            startup(machine, &format!("{folder}\\{for_one}"), Some(user), &mut all);
        }
    });
    all
}

/// A key that is looked at, and whose it is.
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

/// Where a command leads to on this machine.
fn lead(machine: &WindowsHost, folders: &Folders, start: &mut Autostart, command: &str) {
    let Lead { launcher, target } =
        windows_command::lead(command, folders, &|path| machine.stand(path).is_ok());
    (start.launcher, start.target) = (launcher.map(Exact::from), target.map(Exact::from));
}

fn told(command: &str) -> Exact {
    Exact::cut(command.as_bytes(), MAX_COMMAND).0
}

/// Services and drivers.
fn services(machine: &WindowsHost, system: &mut dyn RegistryFacts, control: &str, all: &mut Vec<Autostart>) {
    let folders = machine.folders(None);
    system.each(&format!("{control}\\Services"), "Parameters", MAX_KEYS, &mut |name, key, inner| {
        let root = format!("HKEY_LOCAL_MACHINE\\SYSTEM\\{control}\\Services\\{name}");
        for (mut start, command) in service(name, &key, inner.as_ref()) {
            start.registry_key = Some(match start.key.as_ref() {
                Some(key) if key.0 == b"Parameters\\ServiceDll" => format!("{root}\\Parameters"),
                _ => root.clone(),
            });
            start.key_changed = key.written;
            lead(machine, &folders, &mut start, &command);
            all.push(start);
        }
    });
}

/// What a service's key starts: its program, its library, and what follows where it fails; each with its command.
fn service(name: &str, key: &Contents, inner: Option<&Contents>) -> Vec<(Autostart, String)> {
    let Some(kind) = key.number("Type") else { return Vec::new() };
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
    let one = |value: &str, command: &str| Autostart {
        kind: if driver { "driver" } else { "service" }.into(),
        key: Some(Exact::from(value)),
        name: Some(name.to_owned()),
        display_name: key.text("DisplayName"),
        command: Some(told(command)),
        user: key.text("ObjectName").map(Exact::from),
        schedule: Some(Exact::from(begins)),
        enabled: Some(begins != "disabled"),
        ..Autostart::default()
    };
    let mut all = Vec::new();
    match key.text("ImagePath") {
        Some(path) => all.push((one("ImagePath", &path), path)),
        // Where nothing is said, a driver's file has its name.
        None if driver => {
            let path = format!("System32\\drivers\\{name}.sys");
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
    all
}

/// What one place says.
fn of_spot(
    machine: &WindowsHost,
    spot: &Spot,
    place: &Place<'_>,
    hive: &mut dyn RegistryFacts,
    all: &mut Vec<Autostart>,
) {
    let folders = machine.folders(place.folder);
    let mut take = |key: &str, contents: &Contents, names: Option<&[&str]>| {
        for value in &contents.values {
            if names.is_some_and(|names| !names.iter().any(|name| name.eq_ignore_ascii_case(&value.name))) {
                continue;
            }
            for command in value.texts().iter().flat_map(|text| parts(spot.form, text)) {
                let mut start = Autostart {
                    kind: spot.kind.into(),
                    registry_key: Some(format!("{}\\{key}", place.root)),
                    key: Some(Exact::from(&value.name)),
                    key_changed: contents.written,
                    command: Some(told(&command)),
                    user: place.user.map(Exact::from),
                    enabled: (spot.kind == "app_init")
                        .then(|| contents.number("LoadAppInit_DLLs").is_some_and(|on| on != 0)),
                    ..Autostart::default()
                };
                lead(machine, &folders, &mut start, &command);
                all.push(start);
            }
        }
    };
    match spot.what {
        What::All | What::Named(_) => {
            let names = if let What::Named(names) = spot.what { Some(names) } else { None };
            if let Some(contents) = hive.contents(&place.key) {
                take(&place.key, &contents, names);
            }
        }
        What::Below(_) | What::AllBelow => {
            let names = if let What::Below(names) = spot.what { Some(names) } else { None };
            hive.each(&place.key, "", MAX_KEYS, &mut |name, contents, _| {
                take(&format!("{}\\{name}", place.key), &contents, names);
            });
        }
    }
}

/// The commands in a value's text.
fn parts(form: Form, text: &str) -> Vec<String> {
    let several = |by: &[char]| -> Vec<String> {
        text.split(by).map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    match form {
        Form::Command if text.trim().is_empty() => Vec::new(),
        Form::Command => vec![text.to_owned()],
        Form::Commands => several(&[',']),
        Form::Libraries => {
            // Blanks stand between libraries too, unless they are of a path.
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

/// Files in a startup folder, each of which is started.
fn startup(machine: &WindowsHost, folder: &str, user: Option<&str>, all: &mut Vec<Autostart>) {
    let folder = machine.folders(None).expand(folder);
    for (name, kind) in machine.list(&folder) {
        // That file says how the folder looks.
        if kind == Kind::File && !name.eq_ignore_ascii_case("desktop.ini") {
            let path = format!("{folder}\\{name}");
            all.push(Autostart {
                kind: "startup_folder".into(),
                file: Some(Exact::from(&path)),
                user: user.map(Exact::from),
                target: Some(Exact::from(&path)),
                ..Autostart::default()
            });
        }
    }
}

/// Scheduled tasks, folder by folder.
fn of_tasks(machine: &WindowsHost, software: &mut dyn RegistryFacts, all: &mut Vec<Autostart>) {
    let root = machine.folders(None).expand(TASKS);
    let mut waiting = vec![(root.clone(), 0_usize)];
    let mut count = 0_usize;
    while let Some((folder, depth)) = waiting.pop() {
        for (name, kind) in machine.list(&folder) {
            let path = format!("{folder}\\{name}");
            if kind == Kind::Directory && depth < MAX_DEPTH {
                waiting.push((path, depth.saturating_add(1)));
                continue;
            }
            if kind != Kind::File || count >= MAX_TASKS {
                continue;
            }
            count = count.saturating_add(1);
            let named = path.strip_prefix(&root).unwrap_or(&name).to_owned();
            let task = machine.read(&path, MAX_TASK).ok().and_then(|bytes| task_xml::task(&bytes));
            match task {
                Some(task) => of_task(machine, software, &path, &named, &task, all),
                // What stands there and is no task is told: it is where one is looked for.
                None => all.push(Autostart {
                    kind: "task".into(),
                    file: Some(Exact::from(&path)),
                    name: Some(named),
                    ..Autostart::default()
                }),
            }
        }
    }
}

fn of_task(
    machine: &WindowsHost,
    software: &mut dyn RegistryFacts,
    path: &str,
    named: &str,
    task: &task_xml::ScheduledTask,
    all: &mut Vec<Autostart>,
) {
    let folders = machine.folders(None);
    for action in &task.actions {
        let mut start = Autostart {
            kind: "task".into(),
            file: Some(Exact::from(path)),
            // Its place in the folders is its name, whatever it says of itself.
            name: Some(named.to_owned()),
            user: task.user.as_ref().map(Exact::from),
            schedule: Some(task.triggers.join("; ")).filter(|triggers| !triggers.is_empty()).map(Exact::from),
            enabled: Some(task.enabled),
            hidden: task.hidden,
            highest: task.highest,
            author: task.author.clone(),
            ..Autostart::default()
        };
        match action {
            Action::Run { command, arguments, .. } => {
                start.key = Some(Exact::from("Exec"));
                // The program is one word there, blanks and all.
                let quoted = if command.contains('"') { command.clone() } else { format!("\"{command}\"") };
                start.command = Some(told(format!("{command} {arguments}").trim_end()));
                lead(machine, &folders, &mut start, &format!("{quoted} {arguments}"));
            }
            Action::Class { id, data } => {
                start.key = Some(Exact::from("ComHandler"));
                start.command = Some(told(format!("{id} {data}").trim_end()));
                let library = library(software, id);
                if let Some(library) = library {
                    lead(machine, &folders, &mut start, &library);
                }
            }
            Action::Other(kind) => start.key = Some(Exact::from(kind)),
        }
        all.push(start);
    }
}

/// The library or program behind a class.
fn library(software: &mut dyn RegistryFacts, id: &str) -> Option<String> {
    // Nothing but a GUID is a name of a key there.
    let is_id = id.len() == 38 && id.chars().all(|c| c.is_ascii_hexdigit() || matches!(c, '{' | '}' | '-'));
    let mut of = |server: &str| {
        let key = software.contents(&format!("Classes\\CLSID\\{id}\\{server}"))?;
        key.text("")
    };
    if is_id { of("InprocServer32").or_else(|| of("LocalServer32")) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::hive::Value;

    fn key(values: &[(&str, &str)]) -> Contents {
        let value = |(name, text): &(&str, &str)| {
            let (kind, data) = if let Ok(number) = text.parse::<u32>() {
                (4, number.to_le_bytes().to_vec())
            } else {
                (2, text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect())
            };
            Value { name: (*name).to_owned(), kind, data }
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
        ]);
        let inner = key(&[("ServiceDll", "C:\\Users\\Public\\k.dll")]);
        let all = service("Kwaad", &one, Some(&inner));
        let told: Vec<_> =
            all.iter().map(|(start, command)| (start.key.clone().unwrap(), command.as_str())).collect();
        assert_eq!(
            told,
            [
                ("ImagePath".into(), "%SystemRoot%\\system32\\svchost.exe -k netsvcs"),
                ("Parameters\\ServiceDll".into(), "C:\\Users\\Public\\k.dll"),
                ("FailureCommand".into(), "C:\\x.exe"),
            ]
        );
        let start = &all[0].0;
        assert_eq!(
            (&*start.kind, start.schedule.clone(), start.enabled),
            ("service", Some("delayed".into()), Some(true))
        );
        assert_eq!(start.user, Some("LocalSystem".into()));
        let driver = service("stil", &key(&[("Type", "1"), ("Start", "4")]), None);
        assert_eq!((&*driver[0].0.kind, driver[0].1.as_str()), ("driver", "System32\\drivers\\stil.sys"));
        assert_eq!((driver[0].0.enabled, driver[0].0.command.clone()), (Some(false), None));
        assert!(service("geen", &key(&[("ImagePath", "x")]), None).is_empty());
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
