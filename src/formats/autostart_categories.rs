//! The autostart categories of other tools and catalogues, each with the rows of `LiveAutostarts` that cover it or
//! the reason why none does.
//!
//! In: nothing. Out: [`CATEGORIES`]. Sources: the tabs of Sysinternals Autoruns, the techniques of
//! `PersistenceSniper` 1.17, and MITRE ATT&CK 17 (T1037, T1053, T1543, T1546, T1547 with their sub-techniques). A
//! test compares the table with the code.

use Coverage::{Kinds, NotCovered};

/// Whether rows cover a category.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    /// Covered by rows of `LiveAutostarts` of these kinds.
    Kinds(&'static [&'static str]),
    /// Not covered, with the reason.
    NotCovered(&'static str),
}

/// An autostart category of another tool or catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Category {
    /// The tool or catalogue: `Autoruns`, `PersistenceSniper`, `ATT&CK`.
    pub list: &'static str,
    /// The name of the category in it.
    pub name: &'static str,
    /// The rows that cover it.
    pub coverage: Coverage,
}

const fn one(list: &'static str, name: &'static str, coverage: Coverage) -> Category {
    Category { list, name, coverage }
}

const MAC: Coverage = NotCovered("macOS has no collector");
const APPLICATION: Coverage =
    NotCovered("a setting of one application, read by it alone; a sweep scans the files");
const REGISTRY_ONLY: Coverage = NotCovered("the hives are collected whole, but not read for this category");

/// All categories.
pub const CATEGORIES: &[Category] = &[
    one(
        "Autoruns",
        "Logon",
        Kinds(&[
            "run",
            "run_once",
            "startup_folder",
            "active_setup",
            "logon_script",
            "policy_script",
            "remote_desktop",
            "safe_mode_shell",
            "command_processor",
            "screen_saver",
        ]),
    ),
    one("Autoruns", "Explorer", Kinds(&["shell_extension", "com_hijack"])),
    one("Autoruns", "Internet Explorer", Kinds(&["shell_extension"])),
    one("Autoruns", "Scheduled Tasks", Kinds(&["task"])),
    one("Autoruns", "Services", Kinds(&["service", "dns_server", "dhcp_server", "time_provider"])),
    one("Autoruns", "Drivers", Kinds(&["driver"])),
    one("Autoruns", "Codecs", Kinds(&["codec"])),
    one("Autoruns", "Boot Execute", Kinds(&["boot_execute"])),
    one("Autoruns", "Image Hijacks", Kinds(&["debugger", "silent_exit", "command_processor"])),
    one("Autoruns", "AppInit", Kinds(&["app_init", "app_cert"])),
    one("Autoruns", "Known DLLs", Kinds(&["known_library"])),
    one(
        "Autoruns",
        "Winlogon",
        Kinds(&["winlogon", "winlogon_notify", "credential_provider", "policy_extension"]),
    ),
    one("Autoruns", "Winsock Providers", Kinds(&["winsock"])),
    one("Autoruns", "Print Monitors", Kinds(&["print_monitor", "print_provider", "print_processor"])),
    one("Autoruns", "LSA Providers", Kinds(&["lsa"])),
    one("Autoruns", "Network Providers", REGISTRY_ONLY),
    one("Autoruns", "WMI", Kinds(&["wmi_filter", "wmi_consumer", "wmi_binding"])),
    one("Autoruns", "Office", APPLICATION),
    one("PersistenceSniper", "Registry Run Keys", Kinds(&["run", "run_once"])),
    one("PersistenceSniper", "Image File Execution Options", Kinds(&["debugger"])),
    one("PersistenceSniper", "NLP DLL override paths", REGISTRY_ONLY),
    one("PersistenceSniper", "AeDebug and WER debuggers", Kinds(&["debugger"])),
    one("PersistenceSniper", "Command Processor AutoRun", Kinds(&["command_processor"])),
    one("PersistenceSniper", "Windows Load", Kinds(&["run"])),
    one("PersistenceSniper", "Winlogon Userinit, Shell and MPNotify", Kinds(&["winlogon"])),
    one("PersistenceSniper", "Windows Terminal startOnUserLogin", APPLICATION),
    one("PersistenceSniper", "AppCertDlls", Kinds(&["app_cert"])),
    one("PersistenceSniper", "App Paths", REGISTRY_ONLY),
    one("PersistenceSniper", "ServiceDll Hijacking", Kinds(&["service"])),
    one("PersistenceSniper", "Group Policy Extension DLLs", Kinds(&["policy_extension"])),
    one("PersistenceSniper", "CHM Helper DLL", Kinds(&["help_library"])),
    one("PersistenceSniper", "Startup Folder", Kinds(&["startup_folder"])),
    one("PersistenceSniper", "UserInitMprLogonScript", Kinds(&["logon_script"])),
    one("PersistenceSniper", "AutodialDLL", Kinds(&["winsock"])),
    one("PersistenceSniper", "LSA extensions, packages and providers", Kinds(&["lsa"])),
    one("PersistenceSniper", "ServerLevelPluginDll", Kinds(&["dns_server"])),
    one("PersistenceSniper", "Winlogon notification packages", Kinds(&["winlogon_notify"])),
    one("PersistenceSniper", "Explorer tools", REGISTRY_ONLY),
    one("PersistenceSniper", "DbgManagedDebugger", Kinds(&["debugger"])),
    one("PersistenceSniper", "ErrorHandler.cmd", APPLICATION),
    one(
        "PersistenceSniper",
        "WMI Event Subscriptions",
        Kinds(&["wmi_filter", "wmi_consumer", "wmi_binding"]),
    ),
    one("PersistenceSniper", "Windows Services", Kinds(&["service"])),
    one("PersistenceSniper", "Power Automate", APPLICATION),
    one("PersistenceSniper", "Terminal Services InitialProgram", Kinds(&["remote_desktop"])),
    one("PersistenceSniper", "Accessibility Tools", Kinds(&["debugger"])),
    one("PersistenceSniper", "AMSI Providers", Kinds(&["amsi_provider"])),
    one("PersistenceSniper", "PowerShell Profiles", Kinds(&["powershell_profile"])),
    one("PersistenceSniper", "Silent Exit Monitor", Kinds(&["silent_exit"])),
    one("PersistenceSniper", "Telemetry Controller", REGISTRY_ONLY),
    one("PersistenceSniper", "RDP WDS Startup Programs", Kinds(&["remote_desktop"])),
    one("PersistenceSniper", "Scheduled and ghost tasks", Kinds(&["task"])),
    one(
        "PersistenceSniper",
        "BITS Jobs",
        NotCovered("the queue is a separate database, which is collected whole"),
    ),
    one(
        "PersistenceSniper",
        "RID hijacking and Suborner",
        NotCovered("an account, not an autostart: see `LiveAccounts`"),
    ),
    one("PersistenceSniper", "DSRM backdoor", REGISTRY_ONLY),
    one("PersistenceSniper", "Boot Verification Program", Kinds(&["boot_execute"])),
    one("PersistenceSniper", "AppInit DLLs", Kinds(&["app_init"])),
    one("PersistenceSniper", "BootExecute, SetupExecute and PlatformExecute", Kinds(&["boot_execute"])),
    one("PersistenceSniper", "Netsh Helper DLL", Kinds(&["netsh"])),
    one("PersistenceSniper", "Service Control Manager security descriptor", REGISTRY_ONLY),
    one("PersistenceSniper", "Microsoft Office templates and AI.exe", APPLICATION),
    one("PersistenceSniper", "Explorer context menu and disk cleanup handlers", REGISTRY_ONLY),
    one("PersistenceSniper", "Profilers of .NET", Kinds(&["profiler"])),
    one("ATT&CK", "T1037.001 Logon Script (Windows)", Kinds(&["logon_script"])),
    one("ATT&CK", "T1037.002 Login Hook", MAC),
    one("ATT&CK", "T1037.003 Network Logon Script", Kinds(&["policy_script"])),
    one("ATT&CK", "T1037.004 RC Scripts", Kinds(&["rc", "inittab"])),
    one("ATT&CK", "T1037.005 Startup Items", MAC),
    one("ATT&CK", "T1053.002 At", Kinds(&["at", "task"])),
    one("ATT&CK", "T1053.003 Cron", Kinds(&["cron", "anacron", "incron", "logrotate"])),
    one("ATT&CK", "T1053.005 Scheduled Task", Kinds(&["task"])),
    one("ATT&CK", "T1053.006 Systemd Timers", Kinds(&["systemd", "systemd_user"])),
    one(
        "ATT&CK",
        "T1053.007 Container Orchestration Job",
        NotCovered("it is stored by the cluster, not on a host"),
    ),
    one("ATT&CK", "T1543.001 Launch Agent", MAC),
    one(
        "ATT&CK",
        "T1543.002 Systemd Service",
        Kinds(&["systemd", "systemd_user", "systemd_generator", "systemd_hook", "dbus", "upstart", "inetd"]),
    ),
    one("ATT&CK", "T1543.003 Windows Service", Kinds(&["service", "driver"])),
    one("ATT&CK", "T1543.004 Launch Daemon", MAC),
    one(
        "ATT&CK",
        "T1543.005 Container Service",
        NotCovered(
            "restart policies are in the engine's own state; units that start containers, and Podman's own, are `systemd`",
        ),
    ),
    one("ATT&CK", "T1546.001 Change Default File Association", REGISTRY_ONLY),
    one("ATT&CK", "T1546.002 Screensaver", Kinds(&["screen_saver"])),
    one("ATT&CK", "T1546.003 WMI Event Subscription", Kinds(&["wmi_filter", "wmi_consumer", "wmi_binding"])),
    one("ATT&CK", "T1546.004 Unix Shell Configuration Modification", Kinds(&["profile", "ssh", "motd"])),
    one("ATT&CK", "T1546.005 Trap", Kinds(&["profile"])),
    one("ATT&CK", "T1546.006 LC_LOAD_DYLIB Addition", MAC),
    one("ATT&CK", "T1546.007 Netsh Helper DLL", Kinds(&["netsh"])),
    one("ATT&CK", "T1546.008 Accessibility Features", Kinds(&["debugger"])),
    one("ATT&CK", "T1546.009 AppCert DLLs", Kinds(&["app_cert"])),
    one("ATT&CK", "T1546.010 AppInit DLLs", Kinds(&["app_init"])),
    one(
        "ATT&CK",
        "T1546.011 Application Shimming",
        NotCovered("the databases are collected whole, but not read"),
    ),
    one("ATT&CK", "T1546.012 Image File Execution Options Injection", Kinds(&["debugger", "silent_exit"])),
    one("ATT&CK", "T1546.013 PowerShell Profile", Kinds(&["powershell_profile"])),
    one("ATT&CK", "T1546.014 Emond", MAC),
    one("ATT&CK", "T1546.015 Component Object Model Hijacking", Kinds(&["com_hijack"])),
    one("ATT&CK", "T1546.016 Installer Packages", Kinds(&["package_hook", "kernel_hook", "initramfs_hook"])),
    one("ATT&CK", "T1546.017 Udev Rules", Kinds(&["udev"])),
    one(
        "ATT&CK",
        "T1546.018 Python Startup Hooks",
        NotCovered("a module of a library path; a sweep scans the files"),
    ),
    one(
        "ATT&CK",
        "T1546 other events of Linux",
        Kinds(&[
            "network",
            "acpi",
            "audit",
            "kernel_setting",
            "git",
            "pam",
            "preload",
            "loader_variable",
            "loader_directory",
            "binary_format",
            "sshd",
            "syslog",
        ]),
    ),
    one(
        "ATT&CK",
        "T1547.001 Registry Run Keys / Startup Folder",
        Kinds(&["run", "run_once", "startup_folder"]),
    ),
    one("ATT&CK", "T1547.002 Authentication Package", Kinds(&["lsa"])),
    one("ATT&CK", "T1547.003 Time Providers", Kinds(&["time_provider"])),
    one("ATT&CK", "T1547.004 Winlogon Helper DLL", Kinds(&["winlogon", "winlogon_notify"])),
    one("ATT&CK", "T1547.005 Security Support Provider", Kinds(&["lsa"])),
    one("ATT&CK", "T1547.006 Kernel Modules and Extensions", Kinds(&["module", "module_install"])),
    one("ATT&CK", "T1547.007 Re-opened Applications", MAC),
    one("ATT&CK", "T1547.008 LSASS Driver", Kinds(&["lsa", "driver"])),
    one("ATT&CK", "T1547.009 Shortcut Modification", Kinds(&["startup_folder"])),
    one("ATT&CK", "T1547.010 Port Monitors", Kinds(&["print_monitor"])),
    one("ATT&CK", "T1547.012 Print Processors", Kinds(&["print_processor"])),
    one("ATT&CK", "T1547.013 XDG Autostart Entries", Kinds(&["autostart"])),
    one("ATT&CK", "T1547.014 Active Setup", Kinds(&["active_setup"])),
    one("ATT&CK", "T1547.015 Login Items", MAC),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::formats::linux_autostart_places::PLACES;
    use crate::formats::windows_autostart_places::SPOTS;

    fn sources(folder: &Path, all: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { sources(&path, all) } else { all.push(path) }
        }
    }

    /// The row kinds that the code can produce: those of the two place tables, and those that collectors write.
    fn kinds() -> BTreeSet<String> {
        let of_linux = PLACES.iter().map(|(kind, ..)| (*kind).to_owned());
        let mut all: BTreeSet<String> =
            of_linux.chain(SPOTS.iter().map(|spot| spot.kind.to_owned())).collect();
        let mut files = Vec::new();
        let live = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/live");
        for folder in ["windows", "linux/autostarts"] {
            sources(&live.join(folder), &mut files);
        }
        let word = regex_lite(&[
            "kind: \"",
            "if driver { \"",
            "=> \"wmi_",
            "(\"startup_folder\"",
            "(\"powershell_profile\"",
        ]);
        for file in files {
            let text = std::fs::read_to_string(&file).unwrap();
            let text = text.split("#[cfg(test)]").next().unwrap();
            if text.contains("Autostart") {
                all.extend(word(text));
            }
        }
        all
    }

    /// Returns the quoted words that follow one of these prefixes, whose last letters may be part of the word.
    fn regex_lite(beginnings: &'static [&'static str]) -> impl Fn(&str) -> Vec<String> {
        move |text| {
            let mut found = Vec::new();
            for begin in beginnings {
                for (at, _) in text.match_indices(begin) {
                    let quote = at + begin.find('"').unwrap() + 1;
                    let end = text[quote..].find('"').unwrap() + quote;
                    found.push(text[quote..end].to_owned());
                }
            }
            found
        }
    }

    #[test]
    fn every_category_is_covered_by_a_row_kind_of_the_code_or_has_a_reason() {
        let kinds = kinds();
        let mut named = BTreeSet::new();
        for category in CATEGORIES {
            match category.coverage {
                Kinds(covered) => {
                    assert!(!covered.is_empty(), "{}", category.name);
                    for kind in covered {
                        assert!(kinds.contains(*kind), "{}: no row has the kind '{kind}'", category.name);
                        named.insert((*kind).to_owned());
                    }
                }
                NotCovered(reason) => assert!(reason.len() > 20, "{}", category.name),
            }
        }
        let unnamed: Vec<_> = kinds.difference(&named).collect();
        assert!(unnamed.is_empty(), "no category names these kinds of rows: {unnamed:?}");
        let categories: BTreeSet<_> =
            CATEGORIES.iter().map(|category| (category.list, category.name)).collect();
        assert_eq!(categories.len(), CATEGORIES.len());
    }

    #[test]
    fn each_technique_of_the_five_has_its_sub_techniques() {
        let count = |technique: &str| {
            let of = |category: &&Category| category.name.starts_with(&format!("{technique}."));
            CATEGORIES.iter().filter(of).count()
        };
        // Techniques that ATT&CK has withdrawn are left out.
        assert_eq!(["T1037", "T1053", "T1543", "T1546", "T1547"].map(count), [5, 5, 5, 18, 14]);
    }
}
