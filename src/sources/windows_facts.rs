//! What a Windows installation's own registry tells of it: its name and version, and where its servers keep their data.
//!
//! In: its SYSTEM and SOFTWARE hives, as far as they can be read. Out: facts, each absent where nothing is told. A hive
//! is the target's own word: what it names are patterns of paths inside the target, and few of them.

use std::io::{Read, Seek};

use super::host::HostFacts;
use super::pattern::quote;
use crate::evidence::Utc;
use crate::formats::hive::{Hive, Key, Value};
use crate::sys;
use crate::sys::{RegistryEntry, RegistryKey};

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

/// What stands in a key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Contents {
    /// When it or one of its values was last changed.
    pub(crate) written: Option<Utc>,
    pub(crate) values: Vec<Value>,
}

impl Contents {
    /// The value of a name, without regard to case.
    pub(crate) fn value(&self, name: &str) -> Option<&Value> {
        self.values.iter().find(|value| value.name.eq_ignore_ascii_case(name))
    }

    /// A text that says something.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        let text = self.value(name)?.text()?;
        Some(text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    pub(crate) fn number(&self, name: &str) -> Option<u32> {
        self.value(name)?.number()
    }
}

/// What is done with each key below one: its name, what stands in it, and what stands in a key below it.
pub(crate) type EachKey<'a> = dyn FnMut(&str, Contents, Option<Contents>) + 'a;

/// A hive, wherever it is read: keys are named with backslashes, without the hive's own name.
pub(crate) trait RegistryFacts {
    fn value(&mut self, key: &str, name: &str) -> Option<Value>;
    /// What stands in a key.
    fn contents(&mut self, key: &str) -> Option<Contents>;
    /// The names of the keys below a key.
    fn subkeys(&mut self, key: &str) -> Vec<String>;
    /// Hands out each of at most `most` keys below a key with what stands in it, and in the key `inner` below that one.
    fn each(&mut self, key: &str, inner: &str, most: usize, act: &mut EachKey<'_>);
    /// The key of the settings that the system was started with last.
    fn control_set(&mut self) -> String {
        let current = self.value("Select", "Current").and_then(|value| value.number()).unwrap_or(1);
        format!("ControlSet{current:03}")
    }
}

/// A hive of the running system, by its name below `HKEY_LOCAL_MACHINE`, or one of a user as `HKEY_USERS\SID`.
pub(crate) struct Running(pub(crate) String);

fn value_of(value: RegistryEntry) -> Value {
    let RegistryEntry { name, kind, data } = value;
    Value { name, kind, data }
}

impl RegistryFacts for Running {
    fn value(&mut self, key: &str, name: &str) -> Option<Value> {
        sys::registry_value(&format!("{}\\{key}", self.0), name).map(value_of)
    }

    fn contents(&mut self, key: &str) -> Option<Contents> {
        let RegistryKey { written, values } = sys::registry_contents(&format!("{}\\{key}", self.0))?;
        Some(Contents { written, values: values.into_iter().map(value_of).collect() })
    }

    fn subkeys(&mut self, key: &str) -> Vec<String> {
        sys::registry_subkeys(&format!("{}\\{key}", self.0))
    }

    fn each(&mut self, key: &str, inner: &str, most: usize, act: &mut EachKey<'_>) {
        for name in self.subkeys(key).into_iter().take(most) {
            let Some(contents) = self.contents(&format!("{key}\\{name}")) else { continue };
            let inside =
                if inner.is_empty() { None } else { self.contents(&format!("{key}\\{name}\\{inner}")) };
            act(&name, contents, inside);
        }
    }

    // A link to the right one, which stands in no hive.
    fn control_set(&mut self) -> String {
        "CurrentControlSet".to_owned()
    }
}

impl<R: Read + Seek> RegistryFacts for Option<Hive<R>> {
    fn value(&mut self, key: &str, name: &str) -> Option<Value> {
        let hive = self.as_mut()?;
        let key = hive.key(key).ok()??;
        hive.value(&key, name).ok()?
    }

    fn contents(&mut self, key: &str) -> Option<Contents> {
        let hive = self.as_mut()?;
        let key = hive.key(key).ok()??;
        Some(in_key(hive, &key))
    }

    fn each(&mut self, key: &str, inner: &str, most: usize, act: &mut EachKey<'_>) {
        let Some(hive) = self.as_mut() else { return };
        let keys = hive.key(key).ok().flatten().and_then(|key| hive.subkeys(&key).ok());
        for key in keys.unwrap_or_default().into_iter().take(most) {
            let contents = in_key(hive, &key);
            let inside = if inner.is_empty() { None } else { hive.subkey(&key, inner).ok().flatten() };
            let inside = inside.map(|inside| in_key(hive, &inside));
            act(&key.name, contents, inside);
        }
    }

    fn subkeys(&mut self, key: &str) -> Vec<String> {
        let mut keys = || {
            let hive = self.as_mut()?;
            let key = hive.key(key).ok()??;
            hive.subkeys(&key).ok()
        };
        keys().unwrap_or_default().into_iter().map(|key| key.name).collect()
    }
}

/// What stands in a key of a hive; what cannot be read is left out.
fn in_key<R: Read + Seek>(hive: &mut Hive<R>, key: &Key) -> Contents {
    Contents { written: key.last_written, values: hive.values(key).unwrap_or_default() }
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
    let versions = hive.subkeys("Microsoft\\ExchangeServer");
    let folders = versions.into_iter().take(MAX_PLACES).filter_map(|version| {
        text(hive, &format!("Microsoft\\ExchangeServer\\{version}\\Setup"), "MsiInstallPath")
    });
    facts.exchange_dirs = places(folders);
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

    fn hive(values: &[(&str, &str, &str)]) -> Hive<Cursor<Vec<u8>>> {
        let mut builder = HiveBuilder::new().unwrap();
        for (key, name, text) in values {
            let key = builder.create_key(key).unwrap();
            let bytes: Vec<u8> = text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
            builder.add_value(key, name, DataType::String, &bytes).unwrap();
        }
        Hive::open(Cursor::new(builder.to_bytes().unwrap())).unwrap()
    }

    #[test]
    fn a_domain_controller_with_exchange_names_its_places() {
        let system = hive(&[
            ("ControlSet001\\Control\\ComputerName\\ComputerName", "ComputerName", "DC01"),
            ("ControlSet001\\Services\\Tcpip\\Parameters", "NV Domain", "gemeente.local"),
            ("ControlSet001\\Services\\NTDS\\Parameters", "DSA Database file", "E:\\NTDS\\ntds.dit"),
            ("ControlSet001\\Services\\NTDS\\Parameters", "DSA Working Directory", "E:\\ntds"),
            ("ControlSet001\\Services\\NTDS\\Parameters", "Database log files path", "F:\\logs[1]"),
        ]);
        let software = hive(&[
            ("Microsoft\\Windows NT\\CurrentVersion", "ProductName", "Windows Server 2019 Standard"),
            ("Microsoft\\Windows NT\\CurrentVersion", "CurrentBuildNumber", "17763"),
            ("Microsoft\\ExchangeServer\\v15\\Setup", "MsiInstallPath", "D:\\Exchange\\V15\\"),
            ("Microsoft\\ExchangeServer\\v8", "MsiInstallPath", "no"),
        ]);
        let facts = of(&mut Some(system), &mut Some(software));
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
        let facts = of(&mut None::<Hive<Cursor<Vec<u8>>>>, &mut None::<Hive<Cursor<Vec<u8>>>>);
        assert_eq!(facts.host.os.as_deref(), Some("Windows"));
        assert!(facts.ntds_dirs.is_empty() && facts.exchange_dirs.is_empty());
    }
}
