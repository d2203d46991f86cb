//! What a Windows installation's own registry tells of it: its name and version, and where its servers keep their data.
//!
//! In: its SYSTEM and SOFTWARE hives, as far as they can be read. Out: facts, each absent where nothing is told. A hive
//! is the target's own word: what it names are patterns of paths inside the target, and few of them.

use super::host::HostFacts;
use super::pattern::quote;
use super::registry_facts::RegistryFacts;

/// Most places that a registry may name of one kind.
const MAX_PLACES: usize = 64;

/// What the registry tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct WindowsFacts {
    /// Name, version and domain.
    pub(crate) host: HostFacts,
    /// Name of its time zone, as Windows calls it.
    pub(crate) zone: Option<String>,
    /// Folders of the Active Directory database and its logs, as patterns.
    pub(crate) ntds_dirs: Vec<String>,
    /// Folders of Exchange, as patterns.
    pub(crate) exchange_dirs: Vec<String>,
}

/// Reads what both tell, as far as they do.
pub(crate) fn of(system: &mut dyn RegistryFacts, software: &mut dyn RegistryFacts) -> WindowsFacts {
    let mut facts = WindowsFacts::default();
    facts.host.os = Some("Windows".to_owned());
    of_system(system, &mut facts);
    of_software(software, &mut facts);
    facts
}

fn of_system(hive: &mut dyn RegistryFacts, facts: &mut WindowsFacts) {
    let control = hive.control_set();
    let mut text = |key: &str, name: &str| text(hive, &format!("{control}\\{key}"), name);
    if let Some(name) = text("Control\\ComputerName\\ComputerName", "ComputerName") {
        facts.host.name = name;
    }
    facts.host.domain = text("Services\\Tcpip\\Parameters", "NV Domain")
        .or_else(|| text("Services\\Tcpip\\Parameters", "Domain"));
    facts.zone = text("Control\\TimeZoneInformation", "TimeZoneKeyName");
    let ntds = "Services\\NTDS\\Parameters";
    let file = text(ntds, "DSA Database file").and_then(|file| Some(file.rsplit_once('\\')?.0.to_owned()));
    let folders = [file, text(ntds, "DSA Working Directory"), text(ntds, "Database log files path")];
    facts.ntds_dirs = places(folders.into_iter().flatten());
}

fn of_software(hive: &mut dyn RegistryFacts, facts: &mut WindowsFacts) {
    let version = "Microsoft\\Windows NT\\CurrentVersion";
    let build = text(hive, version, "CurrentBuildNumber").or_else(|| text(hive, version, "CurrentBuild"));
    let revision = hive.value(version, "UBR").and_then(|value| value.number());
    facts.host.version = match (build, revision) {
        (Some(build), Some(revision)) => Some(format!("{build}.{revision}")),
        (build, _) => build,
    };
    if let Some(product) = text(hive, version, "ProductName") {
        let edition = text(hive, version, "DisplayVersion").map(|text| format!(" {text}"));
        facts.host.os = Some(format!("{product}{}", edition.unwrap_or_default()));
    }
    facts.host.machine_id = text(hive, "Microsoft\\Cryptography", "MachineGuid");
    let mut folders = Vec::new();
    hive.each("Microsoft\\ExchangeServer", "Setup", MAX_PLACES, &mut |_, _, setup| {
        folders.extend(setup.and_then(|setup| setup.text("MsiInstallPath")));
    });
    facts.exchange_dirs = places(folders.into_iter());
}

/// A text that says something.
pub(crate) fn text(hive: &mut dyn RegistryFacts, key: &str, name: &str) -> Option<String> {
    let text = hive.value(key, name)?.text()?;
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Folders as patterns, each once; what is no folder on a drive is left out, and so is a whole drive.
fn places(folders: impl Iterator<Item = String>) -> Vec<String> {
    let mut places: Vec<String> = Vec::new();
    for folder in folders {
        let folder = folder.trim_end_matches('\\');
        let on_a_drive =
            matches!(folder.as_bytes(), [letter, b':', b'\\', _, ..] if letter.is_ascii_alphabetic());
        if !on_a_drive || folder.split('\\').any(|part| part == "..") {
            continue;
        }
        let place = quote(folder);
        if places.len() < MAX_PLACES && places.iter().all(|known| !known.eq_ignore_ascii_case(&place)) {
            places.push(place);
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use regf::{DataType, HiveBuilder};

    use super::*;
    use crate::formats::hive::Hive;
    use crate::sources::registry_facts::HiveFile;

    fn hive(values: &[(&str, &str, &str)]) -> HiveFile<Cursor<Vec<u8>>> {
        let mut builder = HiveBuilder::new().unwrap();
        for (key, name, text) in values {
            let key = builder.create_key(key).unwrap();
            let bytes: Vec<u8> = text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
            builder.add_value(key, name, DataType::String, &bytes).unwrap();
        }
        HiveFile::new(Hive::open(Cursor::new(builder.to_bytes().unwrap())))
    }

    #[test]
    fn a_domain_controller_with_exchange_names_its_places() {
        let mut system = hive(&[
            ("ControlSet001\\Control\\ComputerName\\ComputerName", "ComputerName", "DC01"),
            ("ControlSet001\\Services\\Tcpip\\Parameters", "NV Domain", "gemeente.local"),
            ("ControlSet001\\Services\\NTDS\\Parameters", "DSA Database file", "E:\\NTDS\\ntds.dit"),
            ("ControlSet001\\Services\\NTDS\\Parameters", "DSA Working Directory", "E:\\ntds"),
            ("ControlSet001\\Services\\NTDS\\Parameters", "Database log files path", "F:\\logs[1]"),
        ]);
        let mut software = hive(&[
            ("Microsoft\\Windows NT\\CurrentVersion", "ProductName", "Windows Server 2019 Standard"),
            ("Microsoft\\Windows NT\\CurrentVersion", "CurrentBuildNumber", "17763"),
            ("Microsoft\\ExchangeServer\\v15\\Setup", "MsiInstallPath", "D:\\Exchange\\V15\\"),
            ("Microsoft\\ExchangeServer\\v8", "MsiInstallPath", "no"),
        ]);
        let facts = of(&mut system, &mut software);
        assert_eq!(facts.host.name, "DC01");
        assert_eq!(facts.host.domain.as_deref(), Some("gemeente.local"));
        assert_eq!(facts.host.os.as_deref(), Some("Windows Server 2019 Standard"));
        assert_eq!(facts.host.version.as_deref(), Some("17763"));
        assert_eq!(facts.ntds_dirs, ["E:\\NTDS", "F:\\logs[[]1]"]);
        assert_eq!(facts.exchange_dirs, ["D:\\Exchange\\V15"]);
    }

    #[test]
    fn a_registry_cannot_name_a_whole_drive_or_a_way_out() {
        let named = ["C:\\", "C:", "\\\\server\\share", "C:\\x\\..\\..\\y", "relative", ""];
        assert_eq!(places(named.into_iter().map(str::to_owned)), Vec::<String>::new());
    }

    #[test]
    fn without_hives_only_the_system_is_known() {
        let absent = || HiveFile::new(Hive::open(Cursor::new(Vec::new())));
        let facts = of(&mut absent(), &mut absent());
        assert_eq!(facts.host.os.as_deref(), Some("Windows"));
        assert!(facts.ntds_dirs.is_empty() && facts.exchange_dirs.is_empty());
    }
}
