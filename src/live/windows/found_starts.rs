//! What the collectors of autostarts add to: the starts that were found, and the places that could not be read.

use std::collections::BTreeSet;
use std::io;

use super::windows_host::WindowsHost;
use crate::evidence::rows::autostarts::Autostart;
use crate::evidence::rows::registry_differences::UnreadPlace;
use crate::evidence::{Exact, ReasonCode};
use crate::formats::windows_command;
use crate::formats::windows_command::{Folders, Lead};
use crate::sources::registry_facts::{RegistryFacts, UnreadKeys};
use crate::sources::rows::code_of;

/// Most bytes of a command that are in a row.
const MAX_COMMAND: usize = 4_096;

/// Most places that could not be read that become rows; the rest are counted.
const MAX_UNREAD: usize = 5_000;

/// All that was found.
#[derive(Debug, Default)]
pub(crate) struct FoundStarts {
    pub(crate) all: Vec<Autostart>,
    pub(crate) unread: Vec<UnreadPlace>,
    /// How many places could not be read that are not in `unread`.
    pub(crate) more_unread: usize,
    /// The names of all services that have a key, in lower case; `None` where not all were listed.
    pub(crate) services: Option<BTreeSet<String>>,
    /// Of starts whose command is a class, by their index: the file behind it is looked up at the end.
    pub(crate) classes: Vec<(usize, String)>,
}

impl FoundStarts {
    /// Takes what a hive whose name is `root` could not be read of; `wanted` picks those that become rows here.
    pub(crate) fn take_unread(&mut self, hive: &mut dyn RegistryFacts, root: &str) {
        let UnreadKeys { first, count } = hive.take_unread();
        self.more_unread = self.more_unread.saturating_add(count.saturating_sub(first.len()));
        for unread in first {
            let registry_key = if unread.key.0.is_empty() {
                Exact::from(root)
            } else {
                Exact([root.as_bytes(), b"\\", &unread.key.0].concat())
            };
            self.add_unread(UnreadPlace {
                registry_key: Some(registry_key),
                key: unread.value,
                file: None,
                why: unread.code,
                detail: unread.detail,
            });
        }
    }

    /// Notes a file or directory that could not be read.
    pub(crate) fn unread_file(&mut self, path: &[u8], error: &io::Error) {
        let why = match error.kind() {
            io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => ReasonCode::Unsupported,
            _ => code_of(error),
        };
        self.add_unread(UnreadPlace {
            registry_key: None,
            key: None,
            file: Some(Exact::from(path)),
            why,
            detail: error.to_string(),
        });
    }

    fn add_unread(&mut self, place: UnreadPlace) {
        if self.unread.len() < MAX_UNREAD {
            self.unread.push(place);
        } else {
            self.more_unread = self.more_unread.saturating_add(1);
        }
    }
}

/// A limit of this program on files or directories.
pub(crate) fn over(most: usize, what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::QuotaExceeded, format!("no more than {most} {what} are read"))
}

/// Writes a command into a start, as far as it fits a row.
pub(crate) fn write_command(start: &mut Autostart, command: &str) {
    let (kept, cut) = Exact::cut(command.as_bytes(), MAX_COMMAND);
    start.command = Some(kept);
    start.command_size = if cut { u64::try_from(command.len()).ok() } else { None };
}

/// Writes into a start where a command leads to on this machine.
pub(crate) fn lead(machine: &WindowsHost, folders: &Folders, start: &mut Autostart, command: &str) {
    let Lead { launcher, target } =
        windows_command::lead(command, folders, &|path| machine.stand(path).is_ok());
    (start.launcher, start.target) = (launcher.map(Exact::from), target.map(Exact::from));
}

/// The library or program behind a class.
pub(crate) fn library(software: &mut dyn RegistryFacts, id: &str) -> Option<String> {
    let mut of = |server: &str| {
        let key = software.contents(&format!("Classes\\CLSID\\{id}\\{server}"))?;
        key.text("")
    };
    if is_class(id) { of("InprocServer32").or_else(|| of("LocalServer32")) } else { None }
}

/// Whether a text is the name of a class: nothing but a GUID is a name of a key there.
pub(crate) fn is_class(id: &str) -> bool {
    id.len() == 38 && id.chars().all(|c| c.is_ascii_hexdigit() || matches!(c, '{' | '}' | '-'))
}

/// A path with one more name.
pub(crate) fn below(folder: &[u8], name: &[u8]) -> Vec<u8> {
    [folder, b"\\", name].concat()
}

/// A name in lower case, to be compared without regard to case; what is no text stays as it is.
pub(crate) fn lower(name: &[u8]) -> Vec<u8> {
    str::from_utf8(name).map_or_else(|_| name.to_vec(), |name| name.to_lowercase().into_bytes())
}
