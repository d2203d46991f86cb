//! The catalogue that the program carries, held against what a good triage takes, row by row.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;

use veldkit::evidence::PersonalData;
use veldkit::playbook::{Catalogue, FileContent, Follow, Mode, Request, Source, TargetOs, Volatility};

/// What a row of the catalogue comes to here.
enum Row {
    /// These artifacts, each of which stands in a playbook.
    Has(&'static [&'static str]),
    /// No artifact of files, for this reason.
    Not(&'static str),
}
use Row::{Has, Not};

const WINDOWS: &[(&str, Row)] = &[
    ("$MFT", Has(&["NTFSMFTFiles"])),
    ("$UsnJrnl:$J, $Max", Has(&["NTFSUSNJournal"])),
    ("$LogFile, $Boot, $Secure:$SDS", Has(&["NTFSLogFile", "NTFSVolumeFiles"])),
    (
        "SYSTEM/SOFTWARE/SAM/SECURITY/DEFAULT",
        Has(&["WindowsSystemRegistryFiles", "WindowsDefaultRegistryFiles", "WindowsCredentialRegistryFiles"]),
    ),
    ("NTUSER.DAT, UsrClass.dat", Has(&["WindowsUserRegistryFiles"])),
    ("service-profile hives", Has(&["WindowsServiceProfileRegistryFiles"])),
    ("Amcache", Has(&["WindowsAMCacheHveFile"])),
    ("PCA", Has(&["WindowsProgramCompatibilityAssistantFiles"])),
    ("Prefetch", Has(&["WindowsPrefetchFiles"])),
    ("SRUM", Has(&["WindowsSRUMDatabase"])),
    ("SUM/UAL", Has(&["WindowsUserAccessLogging"])),
    ("event logs", Has(&["WindowsEventLogs"])),
    ("minimum set of event logs", Has(&["WindowsEventLogsMinimum"])),
    ("PowerShell history/transcripts", Has(&["WindowsPowerShellHistory", "WindowsPowerShellTranscripts"])),
    ("scheduled tasks", Has(&["WindowsScheduledTasks"])),
    ("WMI repository", Has(&["WindowsWMIRepository"])),
    ("BITS queue", Has(&["WindowsBITSQueue"])),
    ("startup folders, SDB shims", Has(&["WindowsStartupFolders", "WindowsShimDatabases"])),
    ("Group Policy", Has(&["WindowsGroupPolicyFiles"])),
    ("Defender logs/quarantine", Has(&["WindowsDefenderLogs", "WindowsDefenderQuarantine"])),
    ("other AV/EDR logs", Has(&["WindowsAntivirusLogs"])),
    (
        "remote-admin tools",
        Has(&[
            "AnyDeskLogs",
            "ScreenConnectLogs",
            "TeamViewerLogs",
            "MeshAgentFiles",
            "RustDeskLogs",
            "SplashtopLogs",
            "Action1Logs",
            "AteraLogs",
            "OtherRemoteAccessLogs",
        ]),
    ),
    ("network scanners", Has(&["WindowsNetworkScannerFiles"])),
    ("exfil tool configs", Has(&["RcloneConfigurations", "TransferToolConfigurations"])),
    ("RDP bitmap cache, Default.rdp", Has(&["WindowsRDPBitmapCache", "WindowsRDPConnectionFiles"])),
    (
        "LNK, JumpLists, RecycleBin $I",
        Has(&["WindowsRecentFiles", "WindowsJumpLists", "WindowsRecycleBinMetadata"]),
    ),
    ("WER/crash dumps", Has(&["WindowsErrorReports", "WindowsCrashDumps"])),
    ("firewall log, hosts", Has(&["WindowsFirewallLogs", "WindowsHostsFile"])),
    (
        "ransom note, encrypted samples, suspected binaries",
        Has(&["RansomNotes", "EncryptedFileSamples", "WindowsSuspectExecutables"]),
    ),
    ("pagefile/hiberfil/swapfile", Has(&["WindowsMemoryFiles"])),
    ("volatile state", Not("issue 5: it is asked of the system's interfaces and stands in no file")),
    ("browser history", Has(&["BrowserHistory"])),
    ("Outlook OST/PST/NST", Has(&["WindowsOutlookDataFiles"])),
    ("OneDrive metadata", Has(&["WindowsOneDriveMetadata"])),
    ("IIS logs + HTTPERR", Has(&["IISLogFiles", "WindowsHTTPErrorLogs"])),
    ("IIS config", Has(&["IISConfigurationFiles"])),
    ("ASP.NET temp", Has(&["ASPNETTemporaryFiles"])),
    ("Exchange web roots", Has(&["ExchangeWebRootFiles"])),
    ("Exchange logs", Has(&["ExchangeLogs"])),
    (
        "SharePoint, MSSQL ERRORLOG, ManageEngine, Confluence",
        Has(&["SharePointLogs", "MSSQLErrorLogs", "ManageEngineLogs", "ConfluenceLogs"]),
    ),
    ("webroot scripts changed lately", Has(&["WebRootChangedScripts"])),
    ("NTDS.dit + edb logs + SYSTEM", Has(&["WindowsNTDSDatabaseFiles", "WindowsSystemRegistryFiles"])),
    ("SYSVOL", Has(&["WindowsSYSVOLFiles"])),
    (
        "AD FS/CA db & logs, netlogon.log, DNS/DHCP",
        Has(&[
            "WindowsFederationServicesFiles",
            "WindowsFederationServicesDatabase",
            "WindowsCertificateServicesFiles",
            "WindowsNetlogonLogs",
            "WindowsDNSServerFiles",
            "WindowsDHCPServerFiles",
        ]),
    ),
];

const LINUX: &[(&str, Row)] = &[
    (
        "/proc per process",
        Has(&[
            "LiveProcesses",
            "LinuxProcessCommandLines",
            "LinuxProcessStatus",
            "LinuxProcessMaps",
            "LinuxProcessOpenFiles",
            "LinuxProcessEnvironment",
        ]),
    ),
    ("deleted/memfd executables", Has(&["LiveExecutables"])),
    ("network state", Has(&["LiveSockets", "LiveNetwork", "LinuxNetworkState"])),
    (
        "modules, taint, eBPF, binfmt_misc, ld.so.preload",
        Has(&["LiveAutostarts", "LinuxKernelState", "LinuxPreloadAndAuthentication"]),
    ),
    ("logs", Has(&["LinuxVarLogFiles", "LinuxSystemLogs"])),
    ("journal", Has(&["LinuxJournalFiles"])),
    ("auth/audit/sudo-io", Has(&["LinuxAuthLogs", "LinuxAuditLogs", "LinuxSudoReplayLogs"])),
    (
        "utmp/wtmp/btmp/lastlog",
        Has(&["LiveSessions", "LiveLogons", "LinuxLoginSessions", "LinuxLoginRecords", "LinuxLastlog"]),
    ),
    ("bodyfile", Has(&["LiveBodyfile"])),
    ("hashes of executables", Not("issue 5: rows made by a walk; the format has no pattern for permissions")),
    ("/etc without shadow", Has(&["LiveAccounts", "LinuxEtcFiles", "LinuxAccountFiles"])),
    ("shadow", Has(&["LinuxShadowFiles"])),
    (
        "cron/at/systemd/timers/udev/rc/autostart/PAM/dbus/polkit/dracut",
        Has(&[
            "LiveAutostarts",
            "LinuxScheduledJobs",
            "LinuxSystemdUnits",
            "LinuxTransientUnits",
            "LinuxStartupScripts",
            "LinuxPreloadAndAuthentication",
        ]),
    ),
    ("shell history + rc", Has(&["LinuxShellHistory", "LinuxShellConfiguration"])),
    ("SSH", Has(&["LinuxSSHFiles", "LinuxPrivateKeys"])),
    ("temp & shm", Has(&["LinuxTemporaryFiles"])),
    ("web servers", Has(&["LinuxWebServerLogs", "LinuxWebServerConfiguration"])),
    ("web roots changed scripts", Has(&["WebRootChangedScripts", "WordPressConfigurationFiles"])),
    ("packages + verify", Has(&["LinuxPackageDatabases", "LinuxPackageLogs"])),
    ("containers", Has(&["LinuxContainerFiles"])),
    (
        "SMB/DB/mail/Jenkins/VPN logs",
        Has(&["LinuxFileServerLogs", "LinuxDatabaseLogs", "LinuxMailLogs", "LinuxApplicationLogs"]),
    ),
    (
        "NetScaler",
        Has(&[
            "NetScalerLogs",
            "NetScalerConfiguration",
            "NetScalerWebFiles",
            "NetScalerPersistence",
            "NetScalerCoreDumps",
        ]),
    ),
    ("ESXi", Has(&["ESXiLogs", "ESXiConfiguration", "ESXiTemporaryFiles", "ESXiVirtualMachineInventory"])),
    ("RAM", Has(&["LiveMemory"])),
];

fn catalogue() -> Catalogue {
    Catalogue::embedded().unwrap()
}

/// Names of the artifacts that a playbook takes on any system.
fn taken(catalogue: &Catalogue, playbook: &str) -> BTreeSet<String> {
    let request = Request { playbooks: vec![playbook.to_owned()], ..Request::default() };
    let plans = TargetOs::ALL.map(|os| catalogue.plan(&request, os).unwrap());
    plans.into_iter().flat_map(|plan| plan.steps).map(|step| step.artifact).collect()
}

#[test]
fn every_row_of_the_catalogue_has_its_artifacts_in_a_playbook_or_a_reason_why_not() {
    let catalogue = catalogue();
    let in_playbooks: BTreeSet<String> =
        catalogue.playbooks().flat_map(|playbook| taken(&catalogue, &playbook.name)).collect();
    for (row, content) in WINDOWS.iter().chain(LINUX) {
        match content {
            Has(artifacts) => {
                for artifact in *artifacts {
                    assert!(in_playbooks.contains(*artifact), "{row}: no playbook takes {artifact}");
                }
            }
            Not(reason) => assert!(reason.starts_with("issue "), "{row}: {reason}"),
        }
    }
}

#[test]
fn every_artifact_is_in_some_playbook() {
    let catalogue = catalogue();
    let in_playbooks: BTreeSet<String> =
        catalogue.playbooks().flat_map(|playbook| taken(&catalogue, &playbook.name)).collect();
    for artifact in catalogue.artifacts().filter(|artifact| !artifact.is_group()) {
        assert!(in_playbooks.contains(&artifact.name), "{}", artifact.name);
    }
}

#[test]
fn the_embedded_catalogue_fits_together_and_every_artifact_has_its_handling() {
    let catalogue = catalogue();
    assert_eq!(catalogue.faults(), []);
    for artifact in catalogue.artifacts() {
        let handling = catalogue.handling(&artifact.name);
        assert_eq!(handling.is_none(), artifact.is_group(), "{}", artifact.name);
        assert!(artifact.doc.ends_with('.'), "{}", artifact.name);
        assert!(
            !artifact.urls.is_empty() || artifact.is_group(),
            "{}: where is it described?",
            artifact.name
        );
        if let Some(handling) = handling {
            assert!(!handling.purpose.nl.is_empty() && !handling.purpose.en.is_empty(), "{}", artifact.name);
            assert!(!handling.opt_in || handling.personal_data == PersonalData::High, "{}", artifact.name);
        }
    }
}

#[test]
fn our_own_definitions_are_as_the_official_validator_wants_them_and_use_known_variables() {
    const VARIABLES: [&str; 15] = [
        "users.homedir",
        "users.userprofile",
        "users.appdata",
        "users.localappdata",
        "users.temp",
        "environ_systemroot",
        "environ_windir",
        "environ_systemdrive",
        "environ_programdata",
        "environ_programfiles",
        "environ_programfilesx86",
        "veldkit.web_roots",
        "veldkit.web_log_dirs",
        "veldkit.ntds_dir",
        "veldkit.exchange_dir",
    ];
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("playbooks/artifacts");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let content = FileContent::read_strictly(&path.to_string_lossy(), &text)
            .unwrap_or_else(|faults| panic!("{faults:?}"));
        let names: Vec<String> = content.definitions.iter().map(|one| one.name.to_lowercase()).collect();
        assert!(names.is_sorted(), "{}: the format wants its definitions sorted by name", path.display());
        for name in text.split("%%").skip(1).step_by(2) {
            assert!(
                VARIABLES.contains(&name) || name == "veldkit.mssql_dirs",
                "{}: %%{name}%%",
                path.display()
            );
        }
    }
}

#[test]
fn secrets_are_collected_only_by_playbooks_with_opt_in() {
    let catalogue = catalogue();
    let secret: BTreeSet<&str> =
        catalogue.handlings().filter(|(_, handling)| handling.opt_in).map(|(name, _)| name).collect();
    for name in [
        "LinuxShadowFiles",
        "LinuxPrivateKeys",
        "LinuxProcessEnvironment",
        "LiveEnvironments",
        "LinuxMailSpools",
        "WindowsNTDSDatabaseFiles",
        "WindowsCredentialRegistryFiles",
        "WindowsOutlookDataFiles",
        "WindowsMemoryFiles",
        "NetScalerConfiguration",
    ] {
        assert!(secret.contains(name), "{name}");
    }
    for playbook in catalogue.playbooks().filter(|playbook| !playbook.opt_in) {
        for artifact in taken(&catalogue, &playbook.name) {
            assert!(!secret.contains(artifact.as_str()), "{} takes {artifact}", playbook.name);
        }
    }
    for named in ["secrets", "mail-stores", "memory-files", "live-memory"] {
        assert!(
            taken(&catalogue, named).iter().any(|artifact| secret.contains(artifact.as_str())),
            "{named}"
        );
    }
}

#[test]
fn etc_is_collected_without_its_password_hashes_and_private_keys() {
    let request = Request { playbooks: vec!["linux-server".to_owned()], ..Request::default() };
    let plan = catalogue().plan(&request, TargetOs::Linux).unwrap();
    let etc = plan.steps.iter().find(|step| step.artifact == "LinuxEtcFiles").unwrap();
    let except: BTreeSet<&str> = etc.except.iter().map(|pattern| pattern.text.as_str()).collect();
    for left_alone in ["/etc/shadow*", "/etc/gshadow*", "/etc/ssh/ssh_host_*_key", "/etc/ssl/private"] {
        assert!(except.contains(left_alone), "{left_alone}");
    }
}

#[test]
fn every_playbook_has_the_context_set_and_instructions_for_the_operator() {
    let catalogue = catalogue();
    for playbook in catalogue.playbooks() {
        let request = Request { playbooks: vec![playbook.name.clone()], ..Request::default() };
        for (os, wanted) in [
            (TargetOs::Windows, ["WindowsSystemRegistryFiles", "WindowsContextFolder"].as_slice()),
            (TargetOs::Linux, ["LinuxHostIdentity", "LinuxAccountFiles", "LinuxContextFolders"].as_slice()),
        ] {
            let plan = catalogue.plan(&request, os).unwrap();
            for artifact in wanted {
                assert!(
                    plan.steps.iter().any(|step| step.artifact == *artifact),
                    "{}: {artifact}",
                    playbook.name
                );
            }
            // Sweeps come after all that is taken, whatever its volatility.
            let order: Vec<_> =
                plan.steps.iter().map(|step| (step.mode == Mode::Sweep, step.volatility)).collect();
            assert!(order.is_sorted(), "{}", playbook.name);
            let said: Vec<&str> =
                plan.notes.iter().flat_map(|note| [note.nl.as_str(), note.en.as_str()]).collect();
            let said = said.join(" ");
            for words in ["070 204 55 11", "24 uur per dag", "Laat de machine aan", "Leave the machine on"] {
                assert!(said.contains(words), "{}: {words}", playbook.name);
            }
            assert!(!plan.texts.is_empty());
        }
    }
}

#[test]
fn every_playbook_speaks_both_languages() {
    for playbook in catalogue().playbooks() {
        for text in playbook.notes.iter().chain([&playbook.title, &playbook.description]) {
            assert!(text.nl.len() > 3 && text.en.len() > 3, "{}", playbook.name);
        }
    }
}

#[test]
fn the_context_set_has_directory_entries_and_links_followed_once() {
    let request = Request { playbooks: vec!["context".to_owned()], ..Request::default() };
    let plan = catalogue().plan(&request, TargetOs::Linux).unwrap();
    let mut marks = BTreeMap::new();
    for step in &plan.steps {
        for source in &step.sources {
            if let Source::Files(patterns) = source {
                for pattern in patterns {
                    marks.insert(
                        pattern.text.as_str(),
                        (pattern.follow == Follow::Always, pattern.folder_entry),
                    );
                }
            }
        }
    }
    for (path, mark) in [
        ("/etc", (false, true)),
        ("/var", (false, true)),
        ("/etc/os-release", (true, false)),
        ("/etc/localtime", (true, false)),
        ("/etc/passwd", (false, false)),
    ] {
        assert_eq!(marks.get(path), Some(&mark), "{path}");
    }
}

#[test]
fn what_is_large_comes_last_and_volatile_state_comes_first() {
    let plan = |os| {
        let request = Request { playbooks: vec!["full".to_owned()], ..Request::default() };
        catalogue().plan(&request, os).unwrap()
    };
    let linux = plan(TargetOs::Linux);
    assert_eq!(linux.steps.first().unwrap().volatility, Volatility::Tables);
    let windows = plan(TargetOs::Windows);
    let mut last = windows.steps.iter().rev();
    assert_eq!(
        last.next().unwrap().mode,
        Mode::Sweep,
        "what is only looked through comes after all that is taken"
    );
    assert_eq!(last.next().unwrap().volatility, Volatility::Bulk);
    let at = |name: &str| windows.steps.iter().position(|step| step.artifact == name).unwrap();
    assert!(at("WindowsEventLogsMinimum") < at("WindowsEventLogs"));
    assert!(at("WindowsEventLogs") < at("NTFSMFTFiles"));
}

/// The definitions of the package `artifacts` of `PyPI`, as installed for the tests or named by the environment.
fn official() -> (PathBuf, PathBuf) {
    let python = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/venv/bin/python3");
    let program = if python.exists() { python } else { PathBuf::from("python3") };
    if let Some(folder) = std::env::var_os("VELDKIT_FORENSICARTIFACTS") {
        return (program, folder.into());
    }
    let script = "import artifacts, os; print(os.path.join(os.path.dirname(artifacts.__file__), 'data'))";
    let output = Command::new(&program).args(["-c", script]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    (program, String::from_utf8(output.stdout).unwrap().trim().into())
}

#[test]
#[ignore = "needs the artifacts package"]
fn all_official_definitions_load_unchanged_next_to_ours_and_each_can_be_planned() {
    let (_, folder) = official();
    let mut catalogue = catalogue();
    let before = catalogue.artifacts().count();
    let added = catalogue.add(&folder).unwrap();
    assert!(added.artifacts > 700, "{}", added.artifacts);
    assert!(catalogue.artifacts().count() > before + 600);
    // They name no digests, so that their programs are not run.
    let others: Vec<_> = catalogue.faults().iter().map(ToString::to_string).collect();
    assert!(
        others.iter().all(|fault| fault.contains("'sha256'") && fault.contains("COMMAND")),
        "{others:#?}"
    );
    for artifact in catalogue.artifacts() {
        let Some(os) = TargetOs::ALL.into_iter().find(|os| artifact.applies_to(*os)) else { continue };
        let request = Request { artifacts: vec![artifact.name.clone()], ..Request::default() };
        catalogue.plan(&request, os).unwrap_or_else(|error| panic!("{}: {error}", artifact.name));
    }
}

#[test]
#[ignore = "needs the artifacts package"]
fn the_official_validator_accepts_our_definitions_without_a_warning() {
    let (python, _) = official();
    let ours = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("playbooks/artifacts");
    let output = Command::new(python).args(["-m", "artifacts.scripts.validator"]).arg(ours).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && out.contains("SUCCESS"), "{out}{err}");
    assert!(!err.contains("WARNING"), "{err}");
}
