//! Sentences about what was asked for: playbooks, artifacts, tools.

use crate::text::sentence::sentences;

sentences! {
    /// A file of artifacts without a playbook, and no artifact was given.
    no_artifact_chosen(file: &str) {
        nl: "'{file}' bevat artefacten maar geen playbook, en er is geen artefact gekozen",
        en: "'{file}' holds artifacts but no playbook, and no artifact is chosen",
    }
    /// What to do about it.
    choose_artifacts {
        nl: "geef ook op welke artefacten verzameld moeten worden: --playbook BESTAND --artifact NAAM",
        en: "give the artifacts to collect as well: --playbook FILE --artifact NAME",
    }
    /// A name in the request is not in the catalogue.
    list_playbooks {
        nl: "'veldkit playbook list' laat alle playbooks en artefacten zien",
        en: "'veldkit playbook list' shows all playbooks and artifacts",
    }
    /// Nothing of the request is for this system.
    nothing_applies {
        nl: "er is niets te verzamelen: niets van wat gevraagd is, hoort bij dit systeem",
        en: "there is nothing to collect: nothing that was asked for applies to this target",
    }
    /// What to do about it.
    fitting_playbooks {
        nl: "'veldkit playbook list' laat zien voor welk systeem elk artefact is",
        en: "'veldkit playbook list' shows which system each artifact is for",
    }
    /// A program of a definition without a digest.
    not_run(artifact: &str, program: &str) {
        nl: "{artifact}: '{program}' wordt niet gestart, want in de definitie staat geen 'sha256' van dit programma",
        en: "{artifact}: '{program}' is not run, since its definition has no 'sha256' of it",
    }
}
