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
}

/// What stands in place of the file that defines it: the program itself, whose digest is in every bundle.
const DEFINED_IN: &str = "veldkit:live";

impl Live {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Processes, Self::Sockets, Self::Network, Self::Executables];

    /// Its name as an artifact; its rows stand in `live/<name>.jsonl`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Processes => "LiveProcesses",
            Self::Sockets => "LiveSockets",
            Self::Network => "LiveNetwork",
            Self::Executables => "LiveExecutables",
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
                "Netwerkkaarten, adressen, routes, buren, naamservers en het hosts-bestand.",
                "Interfaces, addresses, routes, neighbours, resolvers and the hosts file.",
            ),
            Self::Executables => (
                "Programma's en code in gebruik, met SHA-256; verwijderde programma's die nog draaien als kopie.",
                "Programs and code in use, with SHA-256; programs that run though deleted as copies.",
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
        }
    }

    /// The systems that it can be had of.
    #[must_use]
    pub const fn systems(self) -> &'static [System] {
        match self {
            Self::Processes | Self::Sockets | Self::Network | Self::Executables => &[System::Linux],
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
