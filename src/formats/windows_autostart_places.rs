//! Where the registry of a Windows says what is started by itself, besides services.
//!
//! What each place is, stands in the documentation of Autoruns and of MITRE ATT&CK (T1547, T1546, T1037).

/// Which hive a place stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum In {
    /// SOFTWARE, and its part for 32-bit programs.
    Software,
    /// SOFTWARE itself.
    Policies,
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
    /// These, of each key below it and so many levels further down.
    Within(usize, &'static [&'static str]),
    /// None: the keys below it are names of classes.
    Classes,
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
    /// A script, whose parameters are in another value of the same key.
    Script,
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

/// Variables that have a library loaded into every program of .NET, or every one of a service.
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

/// Where a policy's scripts are: keys of an event, of a policy, of a script.
const SCRIPTS: What = What::Within(2, &["Script"]);

const fn spot(kind: &'static str, hive: In, key: &'static str, what: What, form: Form) -> Spot {
    Spot { kind, hive, key, what, form }
}

/// All of them.
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
            // One level further down are those of a program in a certain directory.
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

/// Folders in which each file is started when somebody logs on: below the one of the machine, and below each user's.
pub(crate) const STARTUP: [&str; 2] = [
    "%ProgramData%\\Microsoft\\Windows\\Start Menu\\Programs\\Startup",
    "AppData\\Roaming\\Microsoft\\Windows\\Start Menu\\Programs\\Startup",
];

/// Directories below which policies keep their lists of scripts: the one of this machine, those of users, what a domain's
/// members keep of its policies, and what its controllers have.
pub(crate) const POLICIES: [&str; 3] = [
    "%SystemRoot%\\System32\\GroupPolicy",
    "%SystemRoot%\\System32\\GroupPolicyUsers",
    "%SystemRoot%\\SYSVOL\\domain\\Policies",
];

/// Directories whose `*profile.ps1` every PowerShell runs as it starts; below those of `PowerShell` of each version.
pub(crate) const PROFILES: [&str; 2] =
    ["%SystemRoot%\\System32\\WindowsPowerShell\\v1.0", "%SystemRoot%\\SysWOW64\\WindowsPowerShell\\v1.0"];

/// The directory of each later version is below these.
pub(crate) const VERSIONS: [&str; 2] = ["%ProgramFiles%\\PowerShell", "%ProgramFiles(x86)%\\PowerShell"];

/// The same below a user's documents.
pub(crate) const USER_PROFILES: [&str; 2] = ["WindowsPowerShell", "PowerShell"];

/// Where scheduled tasks stand.
pub(crate) const TASKS: &str = "%SystemRoot%\\System32\\Tasks";

/// Where those of the older service are, which later versions still run.
pub(crate) const JOBS: &str = "%SystemRoot%\\Tasks";
