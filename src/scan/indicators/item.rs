//! What the lists say of an item: of its digests, its text, and the place where it stood.
//!
//! In: an item, with what rules said of it. Out: its hits, and how bad all of them are together. What has no bytes (a link,
//! a folder, what was refused or left out) is judged by its place alone; what was looked for and is not there, by
//! nothing. Content that is known to be good takes back what was said of it, but not of its place: a program of Windows
//! under another name is what an intruder brings.

use super::{Case, InText, Indicators, hosts, logs, rows};
use crate::evidence::{Item, Note, Origin, Outcome, Volume};
use crate::scan::assess;

impl Indicators {
    /// Matches the text of an item; `None` where it is of no kind whose text names something: a `hosts` file, a log or
    /// a history, detected from its path, and an item of rows.
    #[must_use]
    pub fn text(&self, origin: &Origin, bytes: &[u8]) -> Option<InText> {
        let Some((path, _)) = path(origin) else { return rows::find(self, origin, bytes) };
        if hosts::is_hosts(&path) {
            return Some(InText { hits: hosts::find(self, bytes), ..InText::default() });
        }
        (self.names_the_network() && logs::is_log(&path)).then(|| logs::find(self, bytes))
    }

    /// Judges an item whose reading has ended by its digests and its place. The digest of a part is the digest of
    /// nothing that a list could name.
    pub fn judge(&self, item: &mut Item) {
        if let Some(content) = item.content.as_ref().filter(|_| item.outcome == Outcome::Collected) {
            item.hits.extend(self.content(content));
            if self.is_known_good(content) {
                let before = item.hits.len();
                item.hits.retain(|hit| !hit.kind.is_about_content());
                item.notes.extend((item.hits.len() < before).then_some(Note::KnownGood));
            }
        }
        self.judge_place(item);
        item.assessment = assess(&item.hits);
    }

    /// Judges an item by its place alone.
    pub fn judge_place(&self, item: &mut Item) {
        if item.outcome == Outcome::Missing {
            return;
        }
        if let Some((path, case)) = path(&item.origin) {
            item.hits.extend(self.path(&path, case));
            if let Some(size) = item.metadata.size {
                item.hits.extend(self.sized(&path, size, case));
            }
            item.assessment = assess(&item.hits);
        }
    }
}

/// The path of an item as its own system writes it, unescaped, and whether that system tells cases apart; nothing for
/// what is no file. A file in a shadow copy stood where its volume has it.
fn path(origin: &Origin) -> Option<(String, Case)> {
    let Origin::File { volume, path, stream } = origin else { return None };
    let (prefix, case) = root(volume);
    let mut text = format!("{prefix}{}", String::from_utf8_lossy(path));
    if let Some(stream) = stream {
        text.push(':');
        text.push_str(&String::from_utf8_lossy(stream));
    }
    let text = if case == Case::Folded { text.replace('/', "\\") } else { text };
    Some((text, case))
}

fn root(volume: &Volume) -> (String, Case) {
    match volume {
        Volume::Root => ("/".to_owned(), Case::Heeded),
        Volume::Drive(letter) => (format!("{letter}:/"), Case::Folded),
        Volume::Unlettered(_) => ("/".to_owned(), Case::Folded),
        Volume::Shadow(_, volume) => root(volume),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_written_as_its_own_system_writes_it() {
        let file = |volume, path: &str, stream: Option<&str>| {
            let stream = stream.map(|stream| stream.as_bytes().to_vec());
            super::path(&Origin::File { volume, path: path.as_bytes().to_vec(), stream }).unwrap()
        };
        assert_eq!(file(Volume::Root, "tmp/a\u{1b}", None), ("/tmp/a\u{1b}".into(), Case::Heeded));
        assert_eq!(file(Volume::Drive('C'), "a/b", Some("s")), ("C:\\a\\b:s".into(), Case::Folded));
        let shadow = Volume::Shadow(3, Box::new(Volume::Drive('D')));
        assert_eq!(file(shadow, "a/b", None), ("D:\\a\\b".into(), Case::Folded));
        assert_eq!(file(Volume::Unlettered("1b".into()), "a", None), ("\\a".into(), Case::Folded));
        assert_eq!(path(&Origin::Live { name: "x".into() }), None);
    }
}
