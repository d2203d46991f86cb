//! The live artifacts: what a system reports of itself, each an item of rows. One entry per artifact.
//!
//! The ForensicArtifacts format has no type of source for them, so they are not YAML but this table, and the official
//! validator keeps accepting `playbooks/artifacts`. The [`Catalogue`](super::Catalogue) has them like any other:
//! playbooks and `--artifact` choose them, `playbooks/handling.yaml` has their volatility and privacy class. In: nothing.
//! Out: the artifacts, which [`Definition::of_live`](super::Definition::of_live) makes definitions. The rows are made by the module `live`; how to add an artifact is in
//! [`crate::docs::adding`].

use super::system::System;

/// Declares the live artifacts: `name` is that of the artifact, whose rows are in `live/<name>.jsonl`; `nl` and `en` say what
/// it has; `urls` document where it is read from; `systems` have it (all where none is listed).
macro_rules! live_artifacts {
    ($($(#[$doc:meta])* $variant:ident {
        name: $name:literal,
        nl: $nl:literal,
        en: $en:literal,
        urls: [$($url:literal),*],
        systems: [$($system:ident),*] $(,)?
    })+) => {
        /// An artifact that the operating system reports, in place of a file that is copied.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Live {
            $($(#[$doc])* $variant,)+
        }

        impl Live {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Returns its name as an artifact.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// Returns a sentence about it, in Dutch and in English.
            #[must_use]
            pub const fn doc(self) -> (&'static str, &'static str) {
                match self {
                    $(Self::$variant => ($nl, $en),)+
                }
            }

            /// Returns pages that document where it is read from.
            #[must_use]
            pub const fn urls(self) -> &'static [&'static str] {
                match self {
                    $(Self::$variant => &[$($url),*],)+
                }
            }

            /// Returns the systems that have it; all where none is listed.
            #[must_use]
            pub const fn systems(self) -> &'static [System] {
                match self {
                    $(Self::$variant => &[$(System::$system),*],)+
                }
            }
        }
    };
}

live_artifacts! {
    /// The processes of the running system.
    Processes {
        name: "LiveProcesses",
        nl: "Processen: bovenliggend proces, account, starttijd, opdrachtregel, programma, rechten; en sporen van verborgen processen.",
        en: "Processes: parent, account, start time, command line, program, rights; and traces of hidden processes.",
        urls: ["https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html"],
        systems: [Linux, Windows],
    }
    /// Open sockets, with the processes that hold them.
    Sockets {
        name: "LiveSockets",
        nl: "Open netwerkverbindingen en poorten, met het bijbehorende proces.",
        en: "Open sockets, with their processes.",
        urls: ["https://man7.org/linux/man-pages/man5/proc_pid_net.5.html"],
        systems: [Linux, Windows],
    }
    /// The state of the network: interfaces, routes, caches, resolvers, packet filters.
    Network {
        name: "LiveNetwork",
        nl: "Netwerkkaarten, adressen, routes, ARP- en NDP-tabel, DNS-servers, DNS-cache, firewallregels en het hosts-bestand.",
        en: "Interfaces, addresses, routes, ARP and NDP tables, DNS servers, DNS cache, firewall rules and the hosts file.",
        urls: ["https://man7.org/linux/man-pages/man5/proc_pid_net.5.html"],
        systems: [Linux, Windows],
    }
    /// Code in use, with digests.
    Executables {
        name: "LiveExecutables",
        nl: "Programma's en code in gebruik, met SHA-256, en een kopie van verwijderde programma's die nog draaien.",
        en: "Programs and code in use, with SHA-256, and copies of deleted programs that are still running.",
        urls: ["https://man7.org/linux/man-pages/man5/proc_pid_maps.5.html"],
        systems: [Linux, Windows],
    }
    /// The users who are logged on.
    Sessions {
        name: "LiveSessions",
        nl: "Wie er nu is aangemeld, en vanwaar.",
        en: "Who is logged on now, and from where.",
        urls: ["https://man7.org/linux/man-pages/man5/utmp.5.html"],
        systems: [Linux, Windows],
    }
    /// Kernel objects with a name: mutexes, pipes.
    Objects {
        name: "LiveObjects",
        nl: "Benoemde objecten: mutexen, events, gedeeld geheugen, named pipes.",
        en: "Named objects: mutexes, events, shared memory, named pipes.",
        urls: ["https://learn.microsoft.com/windows/win32/termserv/kernel-object-namespaces"],
        systems: [Windows],
    }
    /// Logons and failed attempts, from the logs.
    Logons {
        name: "LiveLogons",
        nl: "Aanmeldingen, mislukte pogingen, en de laatste aanmelding van elk account.",
        en: "Logons and failed attempts, and the last logon of each account.",
        urls: ["https://man7.org/linux/man-pages/man5/utmp.5.html"],
        systems: [Linux],
    }
    /// Accounts, groups, SSH keys and sudo rights.
    Accounts {
        name: "LiveAccounts",
        nl: "Accounts en groepen, vingerafdrukken van SSH-sleutels, en wie sudo mag gebruiken; geen wachtwoordhashes.",
        en: "Accounts and groups, fingerprints of SSH keys, and who may use sudo; no password hashes.",
        urls: ["https://man7.org/linux/man-pages/man5/shadow.5.html"],
        systems: [Linux, Windows],
    }
    /// Programs that the system starts by itself.
    Autostarts {
        name: "LiveAutostarts",
        nl: "Programma's die automatisch starten en kernelmodules, met SHA-256 en pakket, en een kopie als ze bij geen pakket horen.",
        en: "Autostarts and kernel modules, with SHA-256 and package, and copies of those that belong to no package.",
        urls: ["https://man7.org/linux/man-pages/man5/systemd.unit.5.html"],
        systems: [Linux, Windows],
    }
    /// Installed software of a Windows.
    Software {
        name: "LiveSoftware",
        nl: "Geïnstalleerde software en updates, van het systeem en per gebruiker, met de installatiedatum.",
        en: "Installed software and updates, of the system and per user, with the installation date.",
        urls: ["https://learn.microsoft.com/windows/win32/msi/uninstall-registry-key"],
        systems: [Windows],
    }
    /// Disks, encryption, file systems, USB devices.
    Storage {
        name: "LiveStorage",
        nl: "Schijven, partities, versleuteling en of die ontgrendeld is, vrije ruimte, en USB-apparaten in de logboeken.",
        en: "Disks, partitions, encryption and whether it is unlocked, free space, and USB devices in the logs.",
        urls: ["https://man7.org/linux/man-pages/man5/sysfs.5.html"],
        systems: [Linux, Windows],
    }
    /// File metadata for a timeline.
    Bodyfile {
        name: "LiveBodyfile",
        nl: "Naam, tijden, eigenaar en rechten van alle bestanden en mappen op de lokale schijven, voor een tijdlijn (bodyfile van TSK 3).",
        en: "Name, times, owner and permissions of all files and directories on the local disks, for a timeline (bodyfile of TSK 3).",
        urls: ["https://wiki.sleuthkit.org/index.php?title=Body_file"],
        systems: [],
    }
    /// Environment variables of processes.
    Environments {
        name: "LiveEnvironments",
        nl: "Omgevingsvariabelen van processen, waarin wachtwoorden en sleutels kunnen staan.",
        en: "Environment variables of processes, which may contain passwords and keys.",
        urls: ["https://learn.microsoft.com/windows/win32/procthread/environment-variables"],
        systems: [Windows],
    }
    /// All memory of the host.
    Memory {
        name: "LiveMemory",
        nl: "Al het geheugen van het draaiende systeem; op Windows met een eigen hulpmiddel uit het playbook (memory_tool).",
        en: "All memory of the running system; on Windows with the custom tool of a playbook (memory_tool).",
        urls: ["https://man7.org/linux/man-pages/man5/proc_kcore.5.html"],
        systems: [Linux, Windows],
    }
}
