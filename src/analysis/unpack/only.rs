//! Selects the entries to unpack: those that match a text of the operator, as a glob or literally.
//!
//! In: the texts, and names of entries. Out: whether an entry is selected, and at the end which texts selected none.
//! A text is matched with the name of the entry, and with the path of its item as `list` prints it, with `\` or `/`
//! between its names.

use globset::{GlobBuilder, GlobMatcher};

use crate::bundle::names::{entry_name, origin_of};
use crate::evidence::Origin;

/// The selection.
#[derive(Debug, Default)]
pub struct Only(Vec<Meant>);

/// One text of the operator.
#[derive(Debug)]
struct Meant {
    text: String,
    /// The same with `/` between its names, without a final `/`.
    slashed: String,
    glob: GlobMatcher,
    /// The same for Windows, where case is ignored.
    caseless: GlobMatcher,
    met: bool,
}

impl Only {
    /// Parses the texts.
    ///
    /// # Errors
    ///
    /// A text is not a valid glob.
    pub fn new(texts: &[String]) -> Result<Self, globset::Error> {
        let meant = texts.iter().map(|text| {
            let slashed = text.replace('\\', "/");
            let slashed = slashed.trim_end_matches('/').to_owned();
            // A name on a target may contain text that is not a valid glob: then it is matched literally only.
            let glob = |caseless| {
                let literal =
                    || GlobBuilder::new(&globset::escape(&slashed)).case_insensitive(caseless).build();
                let mut glob = GlobBuilder::new(&slashed);
                let glob = glob.literal_separator(true).backslash_escape(false).case_insensitive(caseless);
                glob.build().or_else(|error| if is_balanced(text) { Err(error) } else { literal() })
            };
            let (glob, caseless) = (glob(false)?.compile_matcher(), glob(true)?.compile_matcher());
            Ok(Meant { text: text.clone(), slashed, glob, caseless, met: false })
        });
        meant.collect::<Result<_, _>>().map(Self)
    }

    /// Whether an item of this origin is selected.
    pub fn selects(&mut self, origin: &Origin) -> bool {
        self.means(&entry_name(origin, false))
    }

    /// Whether an entry is selected.
    pub(super) fn means(&mut self, entry: &str) -> bool {
        let mut names = vec![entry.to_owned()];
        let mut on_windows = false;
        if let Some(origin) = origin_of(entry) {
            let shown = origin.to_string().replace('\\', "/");
            if let Origin::File { path, .. } = &origin {
                names.push(String::from_utf8_lossy(path).into_owned());
            }
            on_windows = is_of_a_drive(&shown);
            names.push(shown);
        }
        let mut any = false;
        for meant in &mut self.0 {
            let fits = !meant.text.is_empty()
                && names.iter().any(|name| {
                    if on_windows {
                        is_at_or_below(&name.to_lowercase(), &meant.slashed.to_lowercase())
                            || meant.caseless.is_match(name)
                    } else {
                        is_at_or_below(name, &meant.slashed) || meant.glob.is_match(name)
                    }
                });
            meant.met |= fits;
            any |= fits;
        }
        any
    }

    /// Returns the texts that selected no entry.
    #[must_use]
    pub fn unmet(&self) -> Vec<String> {
        self.0.iter().filter(|meant| !meant.met).map(|meant| meant.text.clone()).collect()
    }
}

fn is_at_or_below(name: &str, place: &str) -> bool {
    name.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether a path is on a Windows drive, possibly in a shadow copy: `C:/x`, `vss2:C:/x`.
fn is_of_a_drive(shown: &str) -> bool {
    let mut before = shown.split('/').next().unwrap_or_default().rsplit(':').skip(1);
    before.next().is_some_and(|drive| drive.len() == 1 && drive.bytes().all(|b| b.is_ascii_alphabetic()))
}

/// Whether brackets and braces are balanced, so that the error of the glob has another cause.
fn is_balanced(text: &str) -> bool {
    let count = |sign| text.matches(sign).count();
    count('[') == count(']') && count('{') == count('}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn means(text: &str, entry: &str) -> bool {
        Only::new(&[text.to_owned()]).unwrap().means(entry)
    }

    #[test]
    fn an_entry_is_selected_by_name_by_glob_and_by_the_path_that_list_prints() {
        let unix = "fs/$rootfs$/var/log/auth.log";
        for text in [
            unix,
            "fs/*/var/log/**",
            "/var/log/auth.log",
            "var/log/auth.log",
            "/var/log/*.log",
            "/var/log",
            "/var/log/",
            "**/auth.log",
        ] {
            assert!(means(text, unix), "{text}");
        }
        for text in ["auth.log", "/var/lo", "/var/*", "/var/log/auth"] {
            assert!(!means(text, unix), "{text}");
        }
        let windows = "fs/C/Windows/System32/config/SAM";
        for text in [
            "C:\\Windows\\System32\\config\\SAM",
            "C:/Windows/System32/config/S*",
            "C:\\Windows",
            "c:\\windows\\system32\\CONFIG\\sam",
            "c:/WINDOWS/",
            "C:\\windows\\**\\sam",
        ] {
            assert!(means(text, windows), "{text}");
        }
        assert!(means("VSS2:c:\\windows", "vss/2/fs/C/Windows/x"));
        assert!(!means("/VAR/log", unix) && !means("/var/log/AUTH*", unix));
        assert!(!means("", unix) && means("/", unix) && !means("", windows));
        assert!(means("vss2:C:\\Windows\\x", "vss/2/fs/C/Windows/x"));
        assert!(means("live:processes.jsonl", "live/processes.jsonl"));
        assert!(means("C:\\a.txt:stream", "fs/C/a.txt:stream"));
    }

    #[test]
    fn a_name_with_the_signs_of_a_glob_means_itself() {
        for (text, entry) in [
            ("/d/index[1].htm", "fs/$rootfs$/d/index[1].htm"),
            ("/d/a[b", "fs/$rootfs$/d/a[b"),
            ("/d/{x", "fs/$rootfs$/d/{x"),
            ("/d/{x}", "fs/$rootfs$/d/{x}"),
        ] {
            assert!(means(text, entry), "{text}");
        }
    }

    #[test]
    fn a_text_that_selected_no_entry_is_reported_at_the_end() {
        let texts = ["/a".to_owned(), "/b".to_owned()];
        let mut only = Only::new(&texts).unwrap();
        assert!(only.means("fs/$rootfs$/a") && !only.means("fs/$rootfs$/c"));
        assert_eq!(only.unmet(), ["/b"]);
    }
}
