//! Subscriptions of WMI as what a Windows starts by itself: filters, consumers and the bindings between them, with the file that a
//! consumer leads to.
//!
//! In: the repository of WMI of a running system, a tree or an image. Out: an [`Autostart`] each. No repository is no fault.

use std::io;

use super::windows_host::WindowsHost;
use crate::evidence::rows::autostarts::Autostart;
use crate::evidence::{Exact, ReasonCode};
use crate::formats::windows_command;
use crate::formats::wmi;
use crate::formats::wmi::{Field, MAX_TEXT, PageMap, SubscriptionPart};
use crate::sources::rows::{Lines, code_of};
use crate::sys::is_nothing;

/// Where it stands.
const REPOSITORY: &str = "%SystemRoot%\\System32\\wbem\\Repository";

/// Most bytes of a mapping: each page of the repository has 24 there.
const MAX_MAPPING: usize = 16 << 20;

/// Adds the parts of all subscriptions.
pub(crate) fn add(machine: &WindowsHost, all: &mut Vec<Autostart>, lines: &mut Lines<'_>) {
    let folder = machine.folders(None).expand(REPOSITORY);
    let file = format!("{folder}\\OBJECTS.DATA");
    let mut parts = Vec::new();
    if let Err(error) = read(machine, &folder, &file, &mut parts) {
        if is_nothing(&error) && parts.is_empty() {
            return;
        }
        lines.short(code_of(&error), format!("reading subscriptions of WMI in {file}: {error}"));
    }
    if parts.iter().any(|part| part.cut && !part.remnant) {
        lines.short(ReasonCode::ReadError, format!("a subscription of WMI in {file} has no end"));
    }
    for part in &parts {
        all.push(start(machine, &file, part));
    }
}

fn read(
    machine: &WindowsHost,
    folder: &str,
    file: &str,
    parts: &mut Vec<SubscriptionPart>,
) -> io::Result<()> {
    let mut objects = machine.open(&machine.stand(file)?)?;
    let mut newest: Option<PageMap> = None;
    for number in 1..=3 {
        let bytes = machine.whole(format!("{folder}\\MAPPING{number}.MAP"), MAX_MAPPING);
        let mapping = PageMap::read(&bytes);
        if mapping.as_ref().map(|mapping| mapping.version) > newest.as_ref().map(|mapping| mapping.version) {
            newest = mapping;
        }
    }
    wmi::parts(objects.as_mut(), newest.as_ref(), parts)
}

fn start(machine: &WindowsHost, file: &str, part: &SubscriptionPart) -> Autostart {
    let bytes = |field: Field| part.says.get(&field).map(Vec::as_slice);
    let text = |field: Field| bytes(field).map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    let mut start = Autostart {
        kind: match part.class {
            "__EventFilter" => "wmi_filter",
            "__FilterToConsumerBinding" => "wmi_binding",
            _ => "wmi_consumer",
        }
        .into(),
        file: Some(Exact::from(file)),
        key: Some(Exact::from(part.class)),
        name: text(Field::Name).map(Exact::from),
        user: text(Field::Creator).map(Exact::from),
        schedule: text(Field::Query).or_else(|| text(Field::Filter)).map(Exact::from),
        namespace: text(Field::Namespace),
        launcher: text(Field::Engine).map(Exact::from),
        state: part.remnant.then_some("remnant".into()),
        ..Autostart::default()
    };
    let given = [Field::Command, Field::Script, Field::Consumer, Field::Program];
    // What is written or sent stands behind the place that it goes to.
    let sent =
        || text(Field::Place).into_iter().chain(text(Field::Text)).reduce(|place, sent| place + ": " + &sent);
    let sent = || sent().map(String::into_bytes);
    if let Some(command) = given.into_iter().find_map(|field| bytes(field).map(<[u8]>::to_vec)).or_else(sent)
    {
        let (kept, cut) = Exact::cut(&command, MAX_TEXT);
        start.command = Some(kept);
        start.command_size = u64::try_from(command.len()).ok().filter(|_| cut);
    }
    let folders = machine.folders(None);
    if let Some(command) =
        text(Field::Program).map(|program| format!("\"{program}\"")).or_else(|| text(Field::Command))
    {
        let lead = windows_command::lead(&command, &folders, &|path| machine.stand(path).is_ok());
        (start.launcher, start.target) = (lead.launcher.map(Exact::from), lead.target.map(Exact::from));
    } else {
        start.target = text(Field::File).map(|file| Exact::from(folders.expand(&file)));
    }
    start
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::evidence::Digest;
    use crate::formats::wmi::tests::{Value, mapping, page, record_of};
    use crate::live::windows::autostarts;
    use crate::sources::rows::tests::read_all;
    use crate::sources::target::Target;

    #[test]
    fn a_subscription_of_a_tree_is_told_with_its_program_and_a_damaged_repository_costs_itself_alone() {
        let dir = tempfile::TempDir::new().unwrap();
        let put = |path: &str, content: &[u8]| {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        };
        put("C/Windows/System32/ntoskrnl.exe", b"MZ");
        let hive = regf::HiveBuilder::new().unwrap().to_bytes().unwrap();
        put("C/Windows/System32/config/SYSTEM", &hive);
        put("C/Users/Public/k.exe", b"MZ kwaad");
        let narrow = Value::Narrow;
        let records = [
            record_of(
                "__EventFilter",
                &[
                    (Field::Name, narrow("Kwaad")),
                    (Field::Query, narrow("SELECT * FROM __InstanceModificationEvent")),
                    (Field::Namespace, narrow("root\\cimv2")),
                ],
            ),
            record_of(
                "CommandLineEventConsumer",
                &[(Field::Name, narrow("Kwaad")), (Field::Command, narrow("C:\\Users\\Public\\k.exe -x"))],
            ),
            record_of(
                "ActiveScriptEventConsumer",
                &[
                    (Field::Name, narrow("S")),
                    (Field::Engine, narrow("VBScript")),
                    (Field::Script, narrow("Set x = 1")),
                ],
            ),
            record_of(
                "LogFileEventConsumer",
                &[
                    (Field::Name, narrow("L")),
                    (Field::Place, narrow("C:\\Users\\Public\\k.exe")),
                    (Field::Text, narrow("%Caption%")),
                ],
            ),
            record_of(
                "__FilterToConsumerBinding",
                &[
                    (Field::Filter, narrow("__EventFilter.Name=\"Kwaad\"")),
                    (Field::Consumer, narrow("CommandLineEventConsumer.Name=\"Kwaad\"")),
                ],
            ),
        ];
        let records: Vec<&[u8]> = records.iter().map(Vec::as_slice).collect();
        let old = record_of("__EventFilter", &[(Field::Name, narrow("Oud"))]);
        let objects = [page(&[&old]).0, page(&records).0].concat();
        let place = "C/Windows/System32/wbem/Repository";
        put(&format!("{place}/OBJECTS.DATA"), &objects);
        // The second is the newer one.
        put(&format!("{place}/MAPPING1.MAP"), &mapping(4, &[0, 1]));
        put(&format!("{place}/MAPPING2.MAP"), &mapping(5, &[1]));
        let told = || {
            let target = Target::tree(dir.path()).unwrap();
            let (rows, short) = read_all(&autostarts::rows(WindowsHost::of(&target).unwrap()));
            let rows = String::from_utf8(rows).unwrap();
            let rows = rows.lines().map(|row| serde_json::from_str::<serde_json::Value>(row).unwrap());
            let rows: Vec<_> =
                rows.filter(|row| row["kind"].as_str().is_some_and(|kind| kind.starts_with("wmi"))).collect();
            (rows, short)
        };
        let (rows, short) = told();
        assert_eq!(short, None);
        let of = |kind: &str, name: &str| {
            let found = rows.iter().find(|row| row["kind"] == kind && row["name"] == name);
            found.unwrap_or_else(|| panic!("no {kind} {name} in {rows:#?}")).clone()
        };
        let filter = of("wmi_filter", "Kwaad");
        assert_eq!(
            (&filter["schedule"], &filter["namespace"]),
            (&"SELECT * FROM __InstanceModificationEvent".into(), &"root\\cimv2".into())
        );
        let consumer = of("wmi_consumer", "Kwaad");
        assert_eq!(consumer["sha256"], Digest::of(b"MZ kwaad").to_string(), "{consumer}");
        assert_eq!(consumer["command"], "C:\\Users\\Public\\k.exe -x");
        let script = of("wmi_consumer", "S");
        assert_eq!((&script["launcher"], &script["command"]), (&"VBScript".into(), &"Set x = 1".into()));
        // The file that is written is none that is run.
        let log = of("wmi_consumer", "L");
        assert_eq!(
            (&log["command"], &log["target"]),
            (&"C:\\Users\\Public\\k.exe: %Caption%".into(), &serde_json::Value::Null)
        );
        let binding = rows.iter().find(|row| row["kind"] == "wmi_binding").unwrap();
        assert_eq!(
            (&binding["schedule"], &binding["command"]),
            (&"__EventFilter.Name=\"Kwaad\"".into(), &"CommandLineEventConsumer.Name=\"Kwaad\"".into())
        );
        assert_eq!(of("wmi_filter", "Oud")["state"], "remnant");
        assert_eq!(rows.iter().filter(|row| row["state"] == "remnant").count(), 1);
        // One that breaks off in the midst of a record.
        put(&format!("{place}/OBJECTS.DATA"), &objects[..objects.len() / 2 + 400]);
        let (rows, short) = told();
        assert!(rows.iter().all(|row| row["name"] != "S"), "{rows:#?}");
        assert!(short.is_none_or(|short| short.detail.contains("WMI")));
        fs::remove_file(dir.path().join(place).join("OBJECTS.DATA")).unwrap();
        assert_eq!(told(), (Vec::new(), None));
    }
}
