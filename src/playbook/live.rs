//! The artifacts that stand in no file: what a running system tells of itself, each a table of rows.
//!
//! The ForensicArtifacts format has no type of source for them, so they are not YAML but this table, and the official
//! validator keeps accepting `playbooks/artifacts`. The [`Catalogue`](super::Catalogue) knows them like any other:
//! playbooks and `--artifact` choose them, `playbooks/handling.yaml` says how they are handled. In: nothing. Out: a
//! [`Definition`] each. How their rows are made stands in `sources::live`.

use super::definition::{Definition, Place, Placed, System};
use super::plan::{Source, Text};

/// An artifact that is told by the operating system and not copied from a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Live {
    /// What runs: the table of processes.
    Processes,
    /// Open sockets, with the processes that hold them.
    Sockets,
    /// Interfaces, addresses, routes, neighbours, resolvers.
    Network,
    /// The code that runs, with digests.
    Executables,
    /// Who is logged on.
    Sessions,
    /// What programs have given names: mutexes, pipes.
    Objects,
    /// Who was logged on, and who tried.
    Logons,
    /// Accounts, groups, keys and rights.
    Accounts,
    /// What the host starts by itself.
    Autostarts,
    /// What is installed.
    Software,
    /// Disks, encryption, file systems, USB.
    Storage,
    /// What stands in the file systems, for a timeline.
    Bodyfile,
    /// The environment variables of what runs.
    Environments,
    /// All of its memory.
    Memory,
}

/// What stands in place of the file that defines it: the program itself, whose digest is in every bundle.
const DEFINED_IN: &str = "veldkit:live";

impl Live {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Processes,
        Self::Sockets,
        Self::Network,
        Self::Executables,
        Self::Sessions,
        Self::Objects,
        Self::Logons,
        Self::Accounts,
        Self::Autostarts,
        Self::Software,
        Self::Storage,
        Self::Bodyfile,
        Self::Environments,
        Self::Memory,
    ];

    /// Its name as an artifact; its rows stand in `live/<name>.jsonl`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Processes => "LiveProcesses",
            Self::Sockets => "LiveSockets",
            Self::Network => "LiveNetwork",
            Self::Executables => "LiveExecutables",
            Self::Sessions => "LiveSessions",
            Self::Objects => "LiveObjects",
            Self::Logons => "LiveLogons",
            Self::Accounts => "LiveAccounts",
            Self::Autostarts => "LiveAutostarts",
            Self::Software => "LiveSoftware",
            Self::Storage => "LiveStorage",
            Self::Bodyfile => "LiveBodyfile",
            Self::Environments => "LiveEnvironments",
            Self::Memory => "LiveMemory",
        }
    }

    /// What it is.
    #[must_use]
    pub fn doc(self) -> Text {
        let (nl, en) = match self {
            Self::Processes => (
                "Processen: ouder, account, begin, opdrachtregel, programma, rechten; en sporen van verborgen processen.",
                "Processes: parent, account, start, command line, program, rights; and traces of hidden processes.",
            ),
            Self::Sockets => (
                "Open sockets, met de processen die ze vasthouden.",
                "Open sockets, with the processes that hold them.",
            ),
            Self::Network => (
                "Netwerkkaarten, adressen, routes, buren, naamservers, onthouden namen, firewallregels en het hosts-bestand.",
                "Interfaces, addresses, routes, neighbours, resolvers, names remembered, firewall rules and the hosts file.",
            ),
            Self::Executables => (
                "Programma's en code in gebruik, met SHA-256; verwijderde programma's die nog draaien als kopie.",
                "Programs and code in use, with SHA-256; programs that run though deleted as copies.",
            ),
            Self::Sessions => {
                ("Wie er nu is aangemeld, en vanwaar.", "Who is logged on now, and from where.")
            }
            Self::Objects => (
                "Objecten met een naam: mutexen, events, gedeeld geheugen, named pipes.",
                "Objects with a name: mutexes, events, shared memory, named pipes.",
            ),
            Self::Logons => (
                "Aanmeldingen en mislukte pogingen, en de laatste aanmelding van elk account.",
                "Logons and failed attempts, and the last logon of each account.",
            ),
            Self::Accounts => (
                "Accounts en groepen, vingerafdrukken van SSH-sleutels, en wie sudo mag; geen hashes van wachtwoorden.",
                "Accounts and groups, fingerprints of SSH keys, and who may use sudo; no hashes of passwords.",
            ),
            Self::Autostarts => (
                "Wat vanzelf start en kernelmodules, met SHA-256 en pakket; wat van geen pakket is als kopie.",
                "What starts by itself and kernel modules, with SHA-256 and package; what no package has as copies.",
            ),
            Self::Software => (
                "Geïnstalleerde software en updates, voor allen en voor elke gebruiker, met de dag van installatie.",
                "Installed software and updates, for all and for each user, with the day of installation.",
            ),
            Self::Storage => (
                "Schijven, partities, versleuteling en of die open is, vrije ruimte, en USB-apparaten in de logboeken.",
                "Disks, partitions, encryption and whether it is open, free space, and USB devices in the logs.",
            ),
            Self::Bodyfile => (
                "Naam, tijden, eigenaar en rechten van alles op de lokale schijven, voor een tijdlijn (bodyfile van TSK 3).",
                "Name, times, owner and rights of all on the local disks, for a timeline (bodyfile of TSK 3).",
            ),
            Self::Environments => (
                "Omgevingsvariabelen van processen, waarin wachtwoorden en sleutels kunnen staan.",
                "Environment variables of processes, which may hold passwords and keys.",
            ),
            Self::Memory => (
                "Al het geheugen van het draaiende systeem; op Windows met het eigen hulpmiddel dat een playbook noemt (memory_tool).",
                "All memory of the running system; on Windows by the tool of one's own that a playbook names (memory_tool).",
            ),
        };
        Text { nl: nl.to_owned(), en: en.to_owned() }
    }

    /// Where what it is read from is described.
    #[must_use]
    pub const fn urls(self) -> &'static [&'static str] {
        match self {
            Self::Processes => &["https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html"],
            Self::Sockets | Self::Network => &["https://man7.org/linux/man-pages/man5/proc_pid_net.5.html"],
            Self::Executables => &["https://man7.org/linux/man-pages/man5/proc_pid_maps.5.html"],
            Self::Objects => &["https://learn.microsoft.com/windows/win32/termserv/kernel-object-namespaces"],
            Self::Sessions | Self::Logons => &["https://man7.org/linux/man-pages/man5/utmp.5.html"],
            Self::Accounts => &["https://man7.org/linux/man-pages/man5/shadow.5.html"],
            Self::Autostarts => &["https://man7.org/linux/man-pages/man5/systemd.unit.5.html"],
            Self::Software => &["https://learn.microsoft.com/windows/win32/msi/uninstall-registry-key"],
            Self::Storage => &["https://man7.org/linux/man-pages/man5/sysfs.5.html"],
            Self::Environments => {
                &["https://learn.microsoft.com/windows/win32/procthread/environment-variables"]
            }
            Self::Memory => &["https://man7.org/linux/man-pages/man5/proc_kcore.5.html"],
            Self::Bodyfile => &["https://wiki.sleuthkit.org/index.php?title=Body_file"],
        }
    }

    /// The systems that it can be had of; all where none is named.
    #[must_use]
    pub const fn systems(self) -> &'static [System] {
        match self {
            Self::Bodyfile => &[],
            Self::Objects | Self::Software | Self::Environments => &[System::Windows],
            Self::Logons => &[System::Linux],
            _ => &[System::Linux, System::Windows],
        }
    }

    /// Its definition, as the catalogue has it.
    pub(super) fn definition(self) -> Definition {
        let Text { nl, en } = self.doc();
        Definition {
            name: self.name().to_owned(),
            doc: en,
            doc_nl: Some(nl),
            aliases: Vec::new(),
            urls: self.urls().iter().map(|&url| url.to_owned()).collect(),
            systems: self.systems().to_vec(),
            places: vec![Placed { systems: Vec::new(), place: Place::Source(Source::Live(self)) }],
            file: DEFINED_IN.to_owned(),
            line: 0,
        }
    }
}
