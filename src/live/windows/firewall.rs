//! Rules of Windows' firewall, and what its profiles do with what no rule is for: those set on this machine, and those of policy.
//!
//! In: the SYSTEM and SOFTWARE hives, of the running system or of any. Out: a [`FirewallRule`] and a [`FirewallProfile`] each, as rows of
//! `LiveNetwork`. A rule is one text, whose parts stand between bars and have a key each (MS-GPFAS 2.2.2.19). What Windows and
//! programs add while they run, and keep in no registry, is not told.

use crate::evidence::Exact;
use crate::evidence::rows::firewall::{FirewallProfile, FirewallRule};
use crate::sources::registry_facts::RegistryFacts;

/// Most bytes of a rule that are told as written.
const MAX_WRITTEN: usize = 8 << 10;

/// A profile, with the names by which the registry knows it.
const PROFILES: [(&str, &str); 4] = [
    ("domain", "DomainProfile"),
    ("private", "StandardProfile"),
    ("private", "PrivateProfile"),
    ("public", "PublicProfile"),
];

/// Where rules stand below the place of the firewall's settings: what is set, what services allow themselves, what is set for apps.
const RULES: [&str; 4] = [
    "FirewallRules",
    "RestrictedServices\\Static\\System",
    "RestrictedServices\\Configurable\\System",
    "RestrictedServices\\AppIso\\FirewallRules",
];

/// What is set on this machine, in the SYSTEM hive.
pub(crate) fn of_system(hive: &mut dyn RegistryFacts) -> (Vec<FirewallProfile>, Vec<FirewallRule>) {
    let place = format!("{}\\Services\\SharedAccess\\Parameters\\FirewallPolicy", hive.control_set());
    below(hive, &place, false)
}

/// What policy has set, in the SOFTWARE hive.
pub(crate) fn of_policy(hive: &mut dyn RegistryFacts) -> (Vec<FirewallProfile>, Vec<FirewallRule>) {
    below(hive, "Policies\\Microsoft\\WindowsFirewall", true)
}

fn below(
    hive: &mut dyn RegistryFacts,
    place: &str,
    policy: bool,
) -> (Vec<FirewallProfile>, Vec<FirewallRule>) {
    let (mut profiles, mut rules) = (Vec::new(), Vec::new());
    for (profile, name) in PROFILES {
        let Some(set) = hive.contents(&format!("{place}\\{name}")) else { continue };
        let is = |name| set.number(name).map(|number| number != 0);
        let does = |name| is(name).map(|blocks| if blocks { "block".into() } else { "allow".into() });
        profiles.push(FirewallProfile {
            profile: profile.into(),
            policy,
            enabled: is("EnableFirewall"),
            inbound: does("DefaultInboundAction"),
            outbound: does("DefaultOutboundAction"),
            no_exceptions: is("DoNotAllowExceptions"),
        });
    }
    for name in RULES {
        let registry_key = format!("{place}\\{name}");
        let values = hive.contents(&registry_key).unwrap_or_default().values;
        for value in values {
            let Some(text) = value.text() else { continue };
            rules.push(FirewallRule {
                id: value.name.text().into_owned(),
                registry_key: registry_key.clone(),
                policy,
                ..rule(&text)
            });
        }
    }
    (profiles, rules)
}

/// Reads a rule.
#[must_use]
pub fn rule(text: &str) -> FirewallRule {
    let (as_written, _) = Exact::cut(text.as_bytes(), MAX_WRITTEN);
    let mut rule = FirewallRule { as_written, ..FirewallRule::default() };
    for part in text.split('|') {
        let Some((key, value)) = part.split_once('=') else { continue };
        let some = || Some(value.to_owned()).filter(|value| !value.is_empty());
        match key {
            "Name" => rule.name = some(),
            "Active" => rule.active = value.eq_ignore_ascii_case("TRUE"),
            "Action" => rule.action = some(),
            "Dir" => rule.direction = some(),
            "Protocol" => rule.protocol = value.parse().ok(),
            "Profile" => rule.profiles.extend(some()),
            "LPort" | "LPort2_10" | "LPort2_20" | "LPort2_24" => rule.local_ports.extend(some()),
            "RPort" | "RPort2_10" | "RPort2_25" => rule.remote_ports.extend(some()),
            "LA4" | "LA6" => rule.local_addresses.extend(some()),
            "RA4" | "RA6" | "RA42" | "RA62" => rule.remote_addresses.extend(some()),
            "App" => rule.program = some().map(Exact::from),
            "Svc" => rule.service = some(),
            _ => {}
        }
    }
    rule
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::rows::network::NetworkRow;
    use crate::evidence::rows::written;

    #[test]
    fn a_rule_is_read_by_its_keys_and_kept_as_written() {
        let text = "v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|Profile=Domain|Profile=Public|LPort=3389|LPort2_10=8000-8010|\
            RA4=203.0.113.0/255.255.255.0|RA4=LocalSubnet|App=C:\\Users\\Public\\k.exe|Svc=TermService|Name=Beheer op afstand|Desc=x=y|";
        let read = rule(text);
        written(&[NetworkRow::FirewallRule(Box::new(read.clone()))]);
        assert_eq!((read.action.as_deref(), read.direction.as_deref()), (Some("Allow"), Some("In")));
        assert_eq!((read.active, read.protocol), (true, Some(6)));
        assert_eq!(
            (read.profiles, read.local_ports),
            (vec!["Domain".into(), "Public".into()], vec!["3389".into(), "8000-8010".into()])
        );
        assert_eq!(read.remote_addresses, ["203.0.113.0/255.255.255.0", "LocalSubnet"]);
        assert_eq!(
            (read.program, read.service.as_deref()),
            (Some("C:\\Users\\Public\\k.exe".into()), Some("TermService"))
        );
        assert_eq!((read.name.as_deref(), read.as_written), (Some("Beheer op afstand"), Exact::from(text)));
    }

    #[test]
    fn what_has_not_the_form_is_kept_as_written_alone() {
        for text in ["", "|||", "v2.30", "Active=false|Protocol=x|Protocol=99999|Dir|Name="] {
            assert_eq!(rule(text), FirewallRule { as_written: Exact::from(text), ..FirewallRule::default() });
        }
        assert_eq!(rule(&"x".repeat(MAX_WRITTEN + 9)).as_written.0.len(), MAX_WRITTEN);
    }
}
