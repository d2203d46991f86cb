//! What a run loses without rights.

use crate::text::sentence::sentences;

sentences! {
    /// Root in a container.
    not_all_capabilities {
        nl: "root heeft hier niet alle rechten (capabilities), zoals in een container. Welke gegevens van processen \
             geweigerd zijn, staat in de bundel, en veldkit eindigt dan met exitcode 3; start het zo mogelijk op de computer zelf",
        en: "root does not have all capabilities here, as in a container. The bundle records what is refused of \
             processes, and the run then ends with code 3; start it on the host itself if you can",
    }
    /// Windows, with the right to make backups and without elevation.
    not_elevated {
        nl: "zonder beheerdersrechten kan veldkit vergrendelde bestanden, zoals het register, niet lezen; start de \
             opdrachtprompt met 'Als administrator uitvoeren'",
        en: "without elevated rights locked files, such as the registry, cannot be read; start the command prompt with \
             'Run as administrator'",
    }
    /// Windows, without both.
    not_an_administrator {
        nl: "zonder beheerdersrechten ontbreken het register, de gebeurtenislogboeken en de bestanden van andere \
             gebruikers; start de opdrachtprompt met 'Als administrator uitvoeren'",
        en: "without administrator rights the registry, the event logs and the files of other users are missing; \
             start the command prompt with 'Run as administrator'",
    }
    /// Windows, elevated and without the right to make backups.
    no_backup_privilege {
        nl: "dit account mag geen reservekopieën maken (SeBackupPrivilege): bestanden waar het geen toegang toe heeft, \
             ontbreken",
        en: "this account may not make backups (SeBackupPrivilege): files that it has no access to are missing",
    }
}
