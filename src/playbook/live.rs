//! The kinds of live artifacts: what a running system reports of itself, each a table of rows.
//!
//! In: nothing. Out: the kinds and their names. Their definitions are in `live_definitions`.

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
}
