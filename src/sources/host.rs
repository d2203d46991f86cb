//! Which host it is, how its clock stands, and what this process may do: for the opening of the bundle.

use serde::{Deserialize, Serialize};

use super::target_volume::TargetVolume;
use crate::evidence::{Printable, Utc};
use crate::sys;

/// Which host it is; from the target's own files, so that a mounted tree tells of itself and not of this machine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HostFacts {
    /// Its name; `tree` where it cannot be learnt.
    pub name: String,
    /// Its operating system, for example `Debian GNU/Linux 12 (bookworm)`.
    pub os: Option<String>,
    /// Version of the operating system.
    pub version: Option<String>,
    /// Version of the running kernel; absent for a tree.
    pub kernel: Option<String>,
    /// Identifier of the installation (`/etc/machine-id`).
    pub machine_id: Option<String>,
    /// Its domain, as far as its name or resolver tell.
    pub domain: Option<String>,
    /// Processor architecture of the running system; absent for a tree.
    pub architecture: Option<String>,
}

/// How the host's clock stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClockFacts {
    /// Local time zone, for example `Europe/Amsterdam`.
    pub zone: Option<String>,
    /// When the running system was started.
    pub boot_time: Option<Utc>,
    /// Whether something keeps it right; absent where that cannot be learnt.
    pub synchronised: Option<bool>,
}

/// What this process may do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Privileges {
    /// Whether it may read everything: root, or an administrator.
    pub privileged: bool,
    /// Effective capabilities on Linux, in hexadecimal.
    pub capabilities: Option<String>,
    /// Integrity level on Windows: `medium`, or `high` where elevated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub integrity: Option<String>,
    /// Whether it holds Windows' right to make backups, with which it reads what permissions refuse.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backup: Option<bool>,
}

/// Reads a small text file of the target.
pub(crate) type ReadText<'a> = dyn Fn(&[u8]) -> String + 'a;

pub(crate) fn host(live: bool, read: &ReadText<'_>) -> HostFacts {
    let release = read(b"etc/os-release");
    let release = if release.is_empty() { read(b"usr/lib/os-release") } else { release };
    let full_name = first_line(&read(b"etc/hostname"))
        .or_else(|| if live { sys::host_name() } else { None })
        .unwrap_or_else(|| "tree".to_owned());
    let (name, domain) = match full_name.split_once('.') {
        Some((name, domain)) => (name.to_owned(), Some(domain.to_owned())),
        None => (full_name, domain_of(&read(b"etc/resolv.conf"))),
    };
    HostFacts {
        name: Printable(&name).to_string(),
        os: release_field(&release, "PRETTY_NAME").or_else(|| release_field(&release, "NAME")),
        version: release_field(&release, "VERSION_ID"),
        kernel: if live { sys::kernel_version() } else { None },
        machine_id: first_line(&read(b"etc/machine-id")),
        domain,
        architecture: live.then(|| std::env::consts::ARCH.to_owned()),
    }
}

pub(crate) fn clock(live: bool, place: Option<&TargetVolume>, read: &ReadText<'_>) -> ClockFacts {
    let zone = first_line(&read(b"etc/timezone")).or_else(|| {
        let target = place?.stat(b"etc/localtime").ok()?.link?;
        let target = String::from_utf8_lossy(&target).into_owned();
        target.split_once("zoneinfo/").map(|(_, zone)| zone.to_owned())
    });
    if !live {
        return ClockFacts { zone, ..ClockFacts::default() };
    }
    live_clock(zone)
}

/// The clock of the running system, whose zone is known already.
pub(crate) fn live_clock(zone: Option<String>) -> ClockFacts {
    ClockFacts { zone, boot_time: sys::boot_time(), synchronised: sys::clock_synchronised() }
}

/// Tells what this process may do.
#[must_use]
pub fn privileges() -> Privileges {
    Privileges {
        privileged: sys::privileged(),
        capabilities: sys::effective_capabilities(),
        integrity: sys::integrity(),
        backup: sys::backup_privilege(),
    }
}

/// A field of os-release(5), without its quotes.
pub(crate) fn release_field(text: &str, name: &str) -> Option<String> {
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))?;
    let value = value.trim().trim_matches(['"', '\'']);
    (!value.is_empty()).then(|| value.to_owned())
}

/// The first word of `search` or `domain` in resolv.conf(5).
fn domain_of(text: &str) -> Option<String> {
    text.lines()
        .find_map(|line| line.strip_prefix("domain ").or_else(|| line.strip_prefix("search ")))
        .and_then(|rest| rest.split_whitespace().next())
        .map(str::to_owned)
}

fn first_line(text: &str) -> Option<String> {
    text.lines().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_tells_of_itself() {
        let read = |path: &[u8]| match path {
            b"etc/hostname" => "web01.gemeente.example\n".to_owned(),
            b"etc/os-release" => {
                "NAME=\"Debian\"\nPRETTY_NAME=\"Debian GNU/Linux 12\"\nVERSION_ID='12'\n".to_owned()
            }
            _ => String::new(),
        };
        let facts = host(false, &read);
        assert_eq!((facts.name.as_str(), facts.domain.as_deref()), ("web01", Some("gemeente.example")));
        assert_eq!(
            (facts.os.as_deref(), facts.version.as_deref()),
            (Some("Debian GNU/Linux 12"), Some("12"))
        );
        assert_eq!((facts.kernel, facts.architecture), (None, None));
    }

    #[test]
    fn a_tree_without_any_facts_still_has_a_name() {
        assert_eq!(host(false, &|_| String::new()).name, "tree");
    }
}
