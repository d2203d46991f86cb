//! The registry places from which Windows starts programs by itself, except services.
//!
//! In: nothing. Out: [`SPOTS`] and the directories of other autostarts. The places are documented by Autoruns and by
//! MITRE ATT&CK (T1547, T1546, T1037).

/// The hive of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum In {
    /// SOFTWARE, and its view for 32-bit programs.
    Software,
    /// SOFTWARE only.
    Policies,
    /// SYSTEM, below the current control set.
    System,
    /// The hive of each user.
    User,
}

/// The values of a place that start something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// All values.
    All,
    /// The values with these names.
    Named(&'static [&'static str]),
    /// The values with these names, in each subkey.
    Below(&'static [&'static str]),
    /// All values of each subkey.
    AllBelow,
    /// The values with these names, in each subkey this many levels further down.
    Within(usize, &'static [&'static str]),
    /// No values: the names of the subkeys are class ids.
    Classes,
}

/// The format of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A command.
    Command,
    /// Comma-separated commands.
    Commands,
    /// Names of libraries in `System32`, usually without suffix.
    Libraries,
    /// A script, whose parameters are in another value of the same key.
    Script,
}

/// A place in the registry.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spot {
    pub(crate) kind: &'static str,
    pub(crate) hive: In,
    /// Path below the hive; for [`In::Software`] below `Microsoft`, for [`In::System`] below the control set.
    pub(crate) key: &'static str,
    pub(crate) what: What,
    pub(crate) form: Form,
}

/// Environment variables that load a library into every .NET program, or into every .NET service.
/// <https://learn.microsoft.com/dotnet/framework/unmanaged-api/profiling/setting-up-a-profiling-environment>
pub(crate) const PROFILERS: [&str; 9] = [
    "COR_PROFILER",
    "COR_PROFILER_PATH",
    "COR_PROFILER_PATH_32",
    "COR_PROFILER_PATH_64",
    "CORECLR_PROFILER",
    "CORECLR_PROFILER_PATH",
    "CORECLR_PROFILER_PATH_32",
    "CORECLR_PROFILER_PATH_64",
    "DOTNET_STARTUP_HOOKS",
];

/// The location of a policy's scripts: keys of an event, a policy, a script.
const SCRIPTS: What = What::Within(2, &["Script"]);

const fn spot(kind: &'static str, hive: In, key: &'static str, what: What, form: Form) -> Spot {
    Spot { kind, hive, key, what, form }
}

/// All places.
pub(crate) const SPOTS: [Spot; 63] = {
    use Form::{Command, Commands, Libraries, Script};
    use In::{Policies, Software, System, User};
    use What::{All, AllBelow, Below, Classes, Named, Within};
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
            Named(&[
                "Userinit", "Shell", "Taskman", "AppSetup", "System", "VmApplet", "GinaDLL", "mpnotify",
                "UIHost",
            ]),
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
            // One level further down are the settings for a program in a certain directory.
            Within(1, &["Debugger", "VerifierDlls"]),
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
            Named(&["BootExecute", "SetupExecute", "PlatformExecute", "Execute", "S0InitialCommand"]),
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
        spot("profiler", System, "Control\\Session Manager\\Environment", Named(&PROFILERS), Command),
        spot("winsock", System, "Services\\WinSock2\\Parameters", Named(&["AutodialDLL"]), Command),
        spot("dns_server", System, "Services\\DNS\\Parameters", Named(&["ServerLevelPluginDll"]), Command),
        spot("dhcp_server", System, "Services\\DHCPServer\\Parameters", Named(&["CalloutDlls"]), Command),
        spot(
            "credential_provider",
            Software,
            "Windows\\CurrentVersion\\Authentication\\Credential Providers",
            Classes,
            Command,
        ),
        spot(
            "credential_provider",
            Software,
            "Windows\\CurrentVersion\\Authentication\\Credential Provider Filters",
            Classes,
            Command,
        ),
        spot(
            "credential_provider",
            Software,
            "Windows\\CurrentVersion\\Authentication\\PLAP Providers",
            Classes,
            Command,
        ),
        spot("policy_script", Software, "Windows\\CurrentVersion\\Group Policy\\Scripts", SCRIPTS, Script),
        spot(
            "policy_script",
            Software,
            "Windows\\CurrentVersion\\Group Policy\\State",
            // A SID or `Machine`, `Scripts`, and the same three.
            Within(4, &["Script"]),
            Script,
        ),
        spot("policy_script", Policies, "Policies\\Microsoft\\Windows\\System\\Scripts", SCRIPTS, Script),
        spot("profiler", User, "Environment", Named(&PROFILERS), Command),
        spot(
            "policy_script",
            User,
            "Software\\Microsoft\\Windows\\CurrentVersion\\Group Policy\\Scripts",
            SCRIPTS,
            Script,
        ),
        spot(
            "policy_script",
            User,
            "Software\\Policies\\Microsoft\\Windows\\System\\Scripts",
            SCRIPTS,
            Script,
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
        spot(
            "debugger",
            Software,
            "Windows\\Windows Error Reporting\\Hangs",
            Named(&["Debugger", "ReflectDebugger"]),
            Command,
        ),
        spot("debugger", Software, ".NETFramework", Named(&["DbgManagedDebugger"]), Command),
        spot(
            "shell_extension",
            Software,
            "Windows\\CurrentVersion\\ShellServiceObjectDelayLoad",
            All,
            Command,
        ),
        spot(
            "shell_extension",
            Software,
            "Windows\\CurrentVersion\\Explorer\\Browser Helper Objects",
            Classes,
            Command,
        ),
        spot("codec", Software, "Windows NT\\CurrentVersion\\Drivers32", All, Libraries),
        spot(
            "policy_extension",
            Software,
            "Windows NT\\CurrentVersion\\Winlogon\\GPExtensions",
            Below(&["DllName"]),
            Libraries,
        ),
        spot("amsi_provider", Software, "AMSI\\Providers", Classes, Command),
        spot("known_library", System, "Control\\Session Manager\\KnownDLLs", All, Libraries),
        spot("lsa", System, "Control\\LsaExtensionConfig\\LsaSrv", Named(&["Extensions"]), Libraries),
        spot("boot_execute", System, "Control\\BootVerificationProgram", Named(&["ImagePath"]), Command),
        spot("print_processor", System, "Control\\Print\\Environments", Within(2, &["Driver"]), Libraries),
        spot("help_library", User, "Software\\Microsoft\\HtmlHelp Author", Named(&["location"]), Command),
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

/// Directories whose files are started at logon: below that of the machine, and below that of each user.
pub(crate) const STARTUP: [&str; 2] = [
    "%ProgramData%\\Microsoft\\Windows\\Start Menu\\Programs\\Startup",
    "AppData\\Roaming\\Microsoft\\Windows\\Start Menu\\Programs\\Startup",
];

/// Directories with the script lists of policies: local ones of the machine and of users, cached ones of domain
/// members, and those of domain controllers.
pub(crate) const POLICIES: [&str; 3] = [
    "%SystemRoot%\\System32\\GroupPolicy",
    "%SystemRoot%\\System32\\GroupPolicyUsers",
    "%SystemRoot%\\SYSVOL\\domain\\Policies",
];

/// Directories whose `*profile.ps1` every PowerShell runs at start; below those of each `PowerShell` version.
pub(crate) const PROFILES: [&str; 2] =
    ["%SystemRoot%\\System32\\WindowsPowerShell\\v1.0", "%SystemRoot%\\SysWOW64\\WindowsPowerShell\\v1.0"];

/// The directory of each later version is below these.
pub(crate) const VERSIONS: [&str; 2] = ["%ProgramFiles%\\PowerShell", "%ProgramFiles(x86)%\\PowerShell"];

/// The same below a user's documents.
pub(crate) const USER_PROFILES: [&str; 2] = ["WindowsPowerShell", "PowerShell"];

/// The directory of scheduled tasks.
pub(crate) const TASKS: &str = "%SystemRoot%\\System32\\Tasks";

/// The directory of tasks of the older service, which later versions still run.
pub(crate) const JOBS: &str = "%SystemRoot%\\Tasks";
