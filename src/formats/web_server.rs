//! Reads the configurations of web servers: the directories of their sites and logs.
//!
//! In: the text of one file of Apache, nginx or IIS. Out: [`Places`]. A hostile configuration can only list
//! directories inside the target; the caller limits their number.

use std::collections::BTreeSet;

/// Maximum number of places from configurations.
pub(crate) const MAX_PLACES: usize = 500;

/// The directories in configurations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    /// Document roots of sites.
    pub roots: BTreeSet<String>,
    /// Log directories.
    pub logs: BTreeSet<String>,
}

/// Reads `DocumentRoot`, `Alias`, `ScriptAlias` and the logs from a configuration of Apache.
/// <https://httpd.apache.org/docs/2.4/mod/core.html#documentroot>
pub fn apache(text: &str, places: &mut Places) {
    for line in text.lines() {
        let mut words = words(line);
        let Some(directive) = words.next() else { continue };
        match directive.to_ascii_lowercase().as_str() {
            "documentroot" => add(&mut places.roots, words.next()),
            "alias" | "scriptalias" => add(&mut places.roots, words.nth(1)),
            "customlog" | "errorlog" | "transferlog" => {
                let log = words.next().map(|log| log.replace("${APACHE_LOG_DIR}", "/var/log/apache2"));
                add(&mut places.logs, log.as_deref().and_then(directory_of).map(str::to_owned));
            }
            _ => {}
        }
    }
}

/// Reads `root`, `alias`, `access_log` and `error_log` from a configuration of nginx.
/// <https://nginx.org/en/docs/http/ngx_http_core_module.html#root>
pub fn nginx(text: &str, places: &mut Places) {
    for statement in text.lines().flat_map(|line| line.split(['{', '}', ';'])) {
        let mut words = words(statement);
        match words.next().as_deref() {
            Some("root" | "alias") => add(&mut places.roots, words.next()),
            Some("access_log" | "error_log") => {
                let log = words.next();
                add(&mut places.logs, log.as_deref().and_then(directory_of).map(str::to_owned));
            }
            _ => {}
        }
    }
}

/// Reads the physical paths of sites and the log directories from IIS's `applicationHost.config`.
/// <https://learn.microsoft.com/en-us/iis/configuration/system.applicationhost/sites/>
pub fn iis(text: &str, places: &mut Places) {
    let Ok(document) = roxmltree::Document::parse(text.trim_start_matches('\u{feff}')) else { return };
    for node in document.descendants().filter(roxmltree::Node::is_element) {
        match node.tag_name().name() {
            "virtualDirectory" => add_windows(&mut places.roots, node.attribute("physicalPath")),
            "logFile" | "centralW3CLogFile" | "centralBinaryLogFile" | "traceFailedRequestsLogging" => {
                add_windows(&mut places.logs, node.attribute("directory"));
            }
            _ => {}
        }
    }
}

/// Returns the words of a line without quotes, up to a `#`.
fn words(line: &str) -> impl Iterator<Item = String> {
    let line = line.trim();
    let mut rest = if line.starts_with('#') { "" } else { line };
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        let quoted = rest.strip_prefix('"').and_then(|inside| inside.split_once('"'));
        let (word, after) = match quoted {
            Some(split) => split,
            None => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
        };
        rest = after;
        (!word.is_empty()).then(|| word.to_owned())
    })
}

fn add(set: &mut BTreeSet<String>, place: Option<String>) {
    let Some(place) = place else { return };
    let place = place.trim_end_matches('/');
    // Only an absolute path is added: no pipe, no variable, not the root directory.
    let clean =
        place.starts_with('/') && place.len() > 1 && !place.contains(['$', '|']) && !place.contains("..");
    if clean && set.len() < MAX_PLACES {
        set.insert(place.to_owned());
    }
}

/// Expands IIS's directory variables, and adds the path; its drive letter is kept.
fn add_windows(set: &mut BTreeSet<String>, place: Option<&str>) {
    let Some(place) = place else { return };
    let lower = place.to_ascii_lowercase();
    let filled = [("%systemdrive%", "C:"), ("%systemroot%", "C:\\Windows"), ("%windir%", "C:\\Windows")]
        .into_iter()
        .find_map(|(name, value)| {
            lower.starts_with(name).then(|| format!("{value}{}", place.get(name.len()..).unwrap_or_default()))
        })
        .unwrap_or_else(|| place.to_owned());
    let filled = filled.trim_end_matches('\\');
    let below_drive = filled.get(1..3) == Some(":\\") && filled.len() > 3;
    if below_drive && !filled.contains("..") && !filled.contains('%') && set.len() < MAX_PLACES {
        let system = filled.strip_prefix("C:").or_else(|| filled.strip_prefix("c:"));
        set.insert(system.unwrap_or(filled).to_owned());
    }
}

fn directory_of(path: &str) -> Option<&str> {
    path.rsplit_once('/').map(|(directory, _)| directory)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(parse: impl Fn(&str, &mut Places), text: &str) -> (Vec<String>, Vec<String>) {
        let mut places = Places::default();
        parse(text, &mut places);
        (places.roots.into_iter().collect(), places.logs.into_iter().collect())
    }

    #[test]
    fn roots_and_logs_of_apache_are_found() {
        let text = "# DocumentRoot /no\n<VirtualHost *:80>\n  DocumentRoot \"/srv/my site/\"\n Alias /a /opt/a\n\
            CustomLog ${APACHE_LOG_DIR}/access.log combined\n ErrorLog \"|/bin/rotate /var/x\"\n DocumentRoot /\n\
            DocumentRoot relative\n ErrorLog /data/logs/site/error.log\n";
        let (roots, logs) = read(apache, text);
        assert_eq!(roots, ["/opt/a", "/srv/my site"]);
        assert_eq!(logs, ["/data/logs/site", "/var/log/apache2"]);
    }

    #[test]
    fn roots_and_logs_of_nginx_are_found() {
        let text = "server { listen 80; root /srv/www/html; location / { alias /srv/files/; } access_log /l/n/a.log main;\n\
            # root /no;\n error_log off; root $dynamic; root /x/../etc; }";
        let (roots, logs) = read(nginx, text);
        assert_eq!(roots, ["/srv/files", "/srv/www/html"]);
        assert_eq!(logs, ["/l/n"]);
    }

    #[test]
    fn roots_and_logs_of_iis_are_found_and_a_broken_file_has_none() {
        let text = r#"<?xml version="1.0"?><configuration><system.applicationHost><sites><site name="Default">
            <application path="/"><virtualDirectory path="/" physicalPath="%SystemDrive%\inetpub\wwwroot" />
            <virtualDirectory path="/x" physicalPath="D:\sites\x\" /><virtualDirectory physicalPath="C:\" /></application>
            <logFile directory="%SystemDrive%\inetpub\logs\LogFiles" /></site></sites></system.applicationHost></configuration>"#;
        let (roots, logs) = read(iis, text);
        assert_eq!(roots, ["D:\\sites\\x", "\\inetpub\\wwwroot"]);
        assert_eq!(logs, ["\\inetpub\\logs\\LogFiles"]);
        assert_eq!(read(iis, "<configuration><site"), (vec![], vec![]));
    }
}
