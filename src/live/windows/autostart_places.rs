//! Where the registry of a Windows says what is started by itself, besides services.
//!
//! What each place is, stands in the documentation of Autoruns and of MITRE ATT&CK (T1547, T1546, T1037).

/// Which hive a place stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum In {
    /// SOFTWARE, and its part for 32-bit programs.
    Software,
    /// SYSTEM, below the control set in use.
    System,
    /// That of each user.
    User,
}

/// Which values of a place say what is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// All of them.
    All,
    /// These.
    Named(&'static [&'static str]),
    /// These, of each key below it.
    Below(&'static [&'static str]),
    /// All of each key below it.
    AllBelow,
}

/// What a value holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A command.
    Command,
    /// Commands with commas between them.
    Commands,
    /// Names of libraries in `System32`, their ending mostly left out.
    Libraries,
}

/// A place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spot {
    pub(crate) kind: &'static str,
    pub(crate) hive: In,
    /// Below the hive; of [`In::Software`] below `Microsoft`, of [`In::System`] below the control set.
    pub(crate) key: &'static str,
    pub(crate) what: What,
    pub(crate) form: Form,
}

const fn spot(kind: &'static str, hive: In, key: &'static str, what: What, form: Form) -> Spot {
    Spot { kind, hive, key, what, form }
}

/// All of them.
pub(crate) const SPOTS: [Spot; 38] = {
    use Form::{Command, Commands, Libraries};
    use In::{Software, System, User};
    use What::{All, AllBelow, Below, Named};
    [
        spot("run", Software, "Windows\\CurrentVersion\\Run", All, Command),
        spot("run_once", Software, "Windows\\CurrentVersion\\RunOnce", All, Command),
        spot("run_once", Software, "Windows\\CurrentVersion\\RunOnceEx", AllBelow, Command),
        spot("run", Software, "Windows\\CurrentVersion\\RunServices", All, Command),
        spot("run_once", Software, "Windows\\CurrentVersion\\RunServicesOnce", All, Command),
        spot("run", Software, "Windows\\CurrentVersion\\Policies\\Explorer\\Run", All, Command),
        spot(
            "winlogon",
            Software,
            "Windows NT\\CurrentVersion\\Winlogon",
            Named(&["Userinit", "Shell", "Taskman", "AppSetup", "System", "VmApplet", "GinaDLL"]),
            Commands,
        ),
        spot(
            "winlogon_notify",
            Software,
            "Windows NT\\CurrentVersion\\Winlogon\\Notify",
            Below(&["DLLName"]),
            Libraries,
        ),
        spot(
            "app_init",
            Software,
            "Windows NT\\CurrentVersion\\Windows",
            Named(&["AppInit_DLLs"]),
            Libraries,
        ),
        spot(
            "debugger",
            Software,
            "Windows NT\\CurrentVersion\\Image File Execution Options",
            Below(&["Debugger", "VerifierDlls"]),
            Command,
        ),
        spot(
            "silent_exit",
            Software,
            "Windows NT\\CurrentVersion\\SilentProcessExit",
            Below(&["MonitorProcess"]),
            Command,
        ),
        spot("debugger", Software, "Windows NT\\CurrentVersion\\AeDebug", Named(&["Debugger"]), Command),
        spot("active_setup", Software, "Active Setup\\Installed Components", Below(&["StubPath"]), Command),
        spot("command_processor", Software, "Command Processor", Named(&["AutoRun"]), Command),
        spot("netsh", Software, "NetSh", All, Libraries),
        spot(
            "boot_execute",
            System,
            "Control\\Session Manager",
            Named(&["BootExecute", "SetupExecute", "Execute", "S0InitialCommand"]),
            Command,
        ),
        spot("app_cert", System, "Control\\Session Manager\\AppCertDlls", All, Libraries),
        spot(
            "lsa",
            System,
            "Control\\Lsa",
            Named(&["Authentication Packages", "Notification Packages", "Security Packages"]),
            Libraries,
        ),
        spot("lsa", System, "Control\\Lsa\\OSConfig", Named(&["Security Packages"]), Libraries),
        spot("lsa", System, "Control\\SecurityProviders", Named(&["SecurityProviders"]), Libraries),
        spot("print_monitor", System, "Control\\Print\\Monitors", Below(&["Driver"]), Libraries),
        spot("print_provider", System, "Control\\Print\\Providers", Below(&["Name"]), Libraries),
        spot("time_provider", System, "Services\\W32Time\\TimeProviders", Below(&["DllName"]), Libraries),
        spot(
            "remote_desktop",
            System,
            "Control\\Terminal Server\\Wds\\rdpwd",
            Named(&["StartupPrograms"]),
            Commands,
        ),
        spot(
            "remote_desktop",
            System,
            "Control\\Terminal Server\\WinStations",
            Below(&["InitialProgram"]),
            Command,
        ),
        spot("safe_mode_shell", System, "Control\\SafeBoot", Named(&["AlternateShell"]), Command),
        spot("run", User, "Software\\Microsoft\\Windows\\CurrentVersion\\Run", All, Command),
        spot("run_once", User, "Software\\Microsoft\\Windows\\CurrentVersion\\RunOnce", All, Command),
        spot("run_once", User, "Software\\Microsoft\\Windows\\CurrentVersion\\RunOnceEx", AllBelow, Command),
        spot("run", User, "Software\\Microsoft\\Windows\\CurrentVersion\\RunServices", All, Command),
        spot(
            "run",
            User,
            "Software\\Microsoft\\Windows\\CurrentVersion\\Policies\\Explorer\\Run",
            All,
            Command,
        ),
        spot("run", User, "Software\\WOW6432Node\\Microsoft\\Windows\\CurrentVersion\\Run", All, Command),
        spot(
            "run",
            User,
            "Software\\Microsoft\\Windows NT\\CurrentVersion\\Windows",
            Named(&["Load", "Run"]),
            Commands,
        ),
        spot(
            "winlogon",
            User,
            "Software\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon",
            Named(&["Shell"]),
            Commands,
        ),
        spot(
            "command_processor",
            User,
            "Software\\Microsoft\\Command Processor",
            Named(&["AutoRun"]),
            Command,
        ),
        spot("logon_script", User, "Environment", Named(&["UserInitMprLogonScript"]), Command),
        spot("screen_saver", User, "Control Panel\\Desktop", Named(&["SCRNSAVE.EXE"]), Command),
        spot(
            "remote_desktop",
            User,
            "Software\\Policies\\Microsoft\\Windows NT\\Terminal Services",
            Named(&["InitialProgram"]),
            Command,
        ),
    ]
};

/// Folders in which each file is started when somebody logs on: below the one of the machine, and below each user's.
pub(crate) const STARTUP: [&str; 2] = [
    "%ProgramData%\\Microsoft\\Windows\\Start Menu\\Programs\\Startup",
    "AppData\\Roaming\\Microsoft\\Windows\\Start Menu\\Programs\\Startup",
];

/// Where scheduled tasks stand.
pub(crate) const TASKS: &str = "%SystemRoot%\\System32\\Tasks";
