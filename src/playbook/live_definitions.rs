//! The definitions of the live artifacts, which are in no file.
//!
//! The ForensicArtifacts format has no type of source for them, so they are not YAML but this table, and the official
//! validator keeps accepting `playbooks/artifacts`. The [`Catalogue`](super::Catalogue) has them like any other:
//! playbooks and `--artifact` choose them, `playbooks/handling.yaml` says how they are handled. In: a [`Live`]. Out: its
//! [`Definition`]. The rows are made by the module `live`.

use super::definition::{Definition, Place, Placed, System};
use super::live::Live;
use super::plan::{BilingualText, Source};

/// The source that a definition names in place of a file: the program itself, whose digest is in every bundle.
const DEFINED_IN: &str = "veldkit:live";

impl Live {
    /// A sentence about it, in Dutch and in English.
    #[must_use]
    pub fn doc(self) -> BilingualText {
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
                "Netwerkkaarten, adressen, routes, ARP/NDP-tabel, naamservers, DNS-cache, firewallregels en het hosts-bestand.",
                "Interfaces, addresses, routes, ARP/NDP table, resolvers, DNS cache, firewall rules and the hosts file.",
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
        BilingualText { nl: nl.to_owned(), en: en.to_owned() }
    }

    /// Pages that document what it is read from.
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

    /// The systems that have it; all where none is listed.
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
        let BilingualText { nl, en } = self.doc();
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
