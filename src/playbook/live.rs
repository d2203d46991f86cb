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
        nl: "Processen: ouder, account, starttijd, opdrachtregel, programma en rechten; met sporen van verborgen processen.",
        en: "Processes: parent, account, start time, command line, program and rights; with traces of hidden processes.",
        urls: ["https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html"],
        systems: [Linux, Windows],
    }
    /// Open sockets, with the processes that hold them.
    Sockets {
        name: "LiveSockets",
        nl: "Open sockets, met de processen die ze gebruiken.",
        en: "Open sockets, with the processes that hold them.",
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
        nl: "Programma's en code in gebruik, met SHA-256; verwijderde programma's die nog draaien als kopie.",
        en: "Programs and code in use, with SHA-256; deleted programs that still run as copies.",
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
        nl: "Objecten met een naam: mutexen, events, gedeeld geheugen, named pipes.",
        en: "Objects with a name: mutexes, events, shared memory, named pipes.",
        urls: ["https://learn.microsoft.com/windows/win32/termserv/kernel-object-namespaces"],
        systems: [Windows],
    }
    /// Logons and failed attempts, from the logs.
    Logons {
        name: "LiveLogons",
        nl: "Aanmeldingen en mislukte pogingen, en de laatste aanmelding van elk account.",
        en: "Logons and failed attempts, and the last logon of each account.",
        urls: ["https://man7.org/linux/man-pages/man5/utmp.5.html"],
        systems: [Linux],
    }
    /// Accounts, groups, SSH keys and sudo rights.
    Accounts {
        name: "LiveAccounts",
        nl: "Accounts en groepen, vingerafdrukken van SSH-sleutels, en wie sudo mag; geen hashes van wachtwoorden.",
        en: "Accounts and groups, fingerprints of SSH keys, and who may use sudo; no password hashes.",
        urls: ["https://man7.org/linux/man-pages/man5/shadow.5.html"],
        systems: [Linux, Windows],
    }
    /// Programs that the system starts by itself.
    Autostarts {
        name: "LiveAutostarts",
        nl: "Wat vanzelf start en kernelmodules, met SHA-256 en pakket; wat bij geen pakket hoort als kopie.",
        en: "Autostarts and kernel modules, with SHA-256 and package; files that belong to no package as copies.",
        urls: ["https://man7.org/linux/man-pages/man5/systemd.unit.5.html"],
        systems: [Linux, Windows],
    }
    /// Installed software of a Windows.
    Software {
        name: "LiveSoftware",
        nl: "Geïnstalleerde software en updates, voor iedereen en per gebruiker, met de dag van installatie.",
        en: "Installed software and updates, for all and per user, with the day of installation.",
        urls: ["https://learn.microsoft.com/windows/win32/msi/uninstall-registry-key"],
        systems: [Windows],
    }
    /// Disks, encryption, file systems, USB devices.
    Storage {
        name: "LiveStorage",
        nl: "Schijven, partities, versleuteling en of die open is, vrije ruimte, en USB-apparaten in de logboeken.",
        en: "Disks, partitions, encryption and whether it is open, free space, and USB devices in the logs.",
        urls: ["https://man7.org/linux/man-pages/man5/sysfs.5.html"],
        systems: [Linux, Windows],
    }
    /// File metadata for a timeline.
    Bodyfile {
        name: "LiveBodyfile",
        nl: "Naam, tijden, eigenaar en rechten van alles op de lokale schijven, voor een tijdlijn (bodyfile van TSK 3).",
        en: "Name, times, owner and rights of everything on the local disks, for a timeline (TSK 3 body file).",
        urls: ["https://wiki.sleuthkit.org/index.php?title=Body_file"],
        systems: [],
    }
    /// Environment variables of processes.
    Environments {
        name: "LiveEnvironments",
        nl: "Omgevingsvariabelen van processen, waarin wachtwoorden en sleutels kunnen staan.",
        en: "Environment variables of processes, which may hold passwords and keys.",
        urls: ["https://learn.microsoft.com/windows/win32/procthread/environment-variables"],
        systems: [Windows],
    }
    /// All memory of the host.
    Memory {
        name: "LiveMemory",
        nl: "Al het geheugen van het draaiende systeem; op Windows met het hulpprogramma dat een playbook noemt (memory_tool).",
        en: "All memory of the running system; on Windows by the tool that a playbook names (memory_tool).",
        urls: ["https://man7.org/linux/man-pages/man5/proc_kcore.5.html"],
        systems: [Linux, Windows],
    }
}
