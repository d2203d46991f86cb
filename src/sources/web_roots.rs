//! The directories of a web server's sites and logs, as its own configuration on the target names them.
//!
//! In: how to read a text of the target, and how to list a directory. Out: patterns for the variables `web.roots` and `web.log_dirs`.
//! The configurations themselves are read by [`crate::formats::web_server`].

use std::collections::BTreeSet;

use super::host::ReadText;
use super::pattern::quote;
use crate::formats::web_server::{MAX_PLACES, Places, apache, iis, nginx};
use crate::playbook::TargetOs;

/// Most configuration files read of one server.
pub(crate) const MAX_FILES: usize = 2_000;

/// Folders of configuration, whose files are all read; an include names files in these in practice.
const APACHE: [&str; 6] = [
    "etc/apache2/sites-enabled",
    "etc/apache2/conf-enabled",
    "etc/apache2/mods-enabled",
    "etc/httpd/conf",
    "etc/httpd/conf.d",
    "etc/apache2/vhosts.d",
];
const APACHE_FILES: [&str; 2] = ["etc/apache2/apache2.conf", "etc/apache2/envvars"];
const NGINX: [&str; 3] = ["etc/nginx", "etc/nginx/conf.d", "etc/nginx/sites-enabled"];
const IIS: &str = "Windows/System32/inetsrv/config/applicationHost.config";

/// Where sites and logs stand where no configuration says otherwise.
const LINUX_ROOTS: [&str; 4] = ["/var/www", "/srv/www", "/usr/share/nginx/html", "/srv/http"];
const LINUX_LOGS: [&str; 3] = ["/var/log/apache2", "/var/log/httpd", "/var/log/nginx"];
const WINDOWS_ROOTS: [&str; 1] = ["\\inetpub\\wwwroot"];
const WINDOWS_LOGS: [&str; 1] = ["\\inetpub\\logs\\LogFiles"];

/// Names the files of a folder.
type Names<'a> = dyn Fn(&[u8]) -> Vec<String> + 'a;

/// Gives roots and log folders of a target as patterns: those of its configurations and the usual ones.
pub(crate) fn of(read: &ReadText<'_>, names: &Names<'_>, os: TargetOs) -> (Vec<String>, Vec<String>) {
    let mut places = Places::default();
    if os == TargetOs::Windows {
        iis(&read(IIS.as_bytes()), &mut places);
        return finish(places, &WINDOWS_ROOTS, &WINDOWS_LOGS);
    }
    for file in APACHE_FILES {
        apache(&read(file.as_bytes()), &mut places);
    }
    for folder in APACHE {
        for name in names(folder.as_bytes()).into_iter().take(MAX_FILES) {
            apache(&read(format!("{folder}/{name}").as_bytes()), &mut places);
        }
    }
    for folder in NGINX {
        for name in names(folder.as_bytes()).into_iter().take(MAX_FILES) {
            nginx(&read(format!("{folder}/{name}").as_bytes()), &mut places);
        }
    }
    finish(places, &LINUX_ROOTS, &LINUX_LOGS)
}

fn finish(places: Places, roots: &[&str], logs: &[&str]) -> (Vec<String>, Vec<String>) {
    let with = |named: BTreeSet<String>, usual: &[&str]| {
        let named = named.into_iter().take(MAX_PLACES).map(|place| quote(&place));
        let all: BTreeSet<String> = named.chain(usual.iter().map(|place| (*place).to_owned())).collect();
        // What stands below another place of the list is met there.
        all.iter().filter(|place| !all.iter().any(|other| is_below(place, other))).cloned().collect()
    };
    (with(places.roots, roots), with(places.logs, logs))
}

fn is_below(place: &str, other: &str) -> bool {
    place.strip_prefix(other).is_some_and(|rest| rest.starts_with(['/', '\\']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_below_another_is_met_there() {
        let mut places = Places::default();
        places.roots.insert("/var/www/html".into());
        places.roots.insert("/data/web[1]".into());
        let (roots, _) = finish(places, &LINUX_ROOTS, &LINUX_LOGS);
        assert!(!roots.contains(&"/var/www/html".to_owned()) && roots.contains(&"/data/web[[]1]".to_owned()));
    }
}
