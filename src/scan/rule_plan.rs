//! Which text is compiled for which rule file, where files include others: each rule is in use once.
//!
//! In: rule files as they were read. Out: of each its text with all it includes in place, or the file in whose text it is already:
//! public sets have indexes that include all other files, and who names their directory wants each rule once. What two
//! texts include is private in the second. A text that does not compile has nothing of another in it: what it includes
//! is compiled without it.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::compile::compile;
use super::engine::{Engine, Failures};
use super::rule_includes::{IncludeReader, expanded};
use super::{EngineKind, Error, RuleFile, rule_text};
use crate::evidence::Digest;

/// How often all is compiled anew since a file that includes others failed; past it each file is compiled with all it includes.
const ROUNDS: usize = 4;

/// Where a rule file is: the number of its archive, or 0, and its path.
type Place = (usize, PathBuf);

/// A rule file as read.
pub(super) struct ReadRule {
    /// Its name, unique in the set: its namespace.
    name: String,
    place: Place,
    /// Of its text with all it includes.
    sha256: Digest,
    /// Its own text, or why there is none.
    own: Result<String, String>,
    /// The same with all that it includes, where that is more.
    whole: Option<String>,
    /// The files that are in it, its own among them.
    covers: BTreeSet<PathBuf>,
    reader: Rc<dyn IncludeReader>,
}

impl ReadRule {
    /// Takes the bytes of a file, or why there are none.
    pub(super) fn new(
        name: String,
        place: Place,
        content: Result<Vec<u8>, String>,
        reader: &Rc<dyn IncludeReader>,
    ) -> Self {
        let mut sha256 = Digest::of(content.as_deref().unwrap_or_default());
        let (mut whole, mut covers) = (None, BTreeSet::new());
        let own = content.map(|bytes| rule_text::of(&bytes)).and_then(|own| {
            let (text, all) = expanded(&own, &place.1, &**reader, &BTreeSet::new())?;
            covers = all;
            if let Cow::Owned(text) = text {
                sha256 = Digest::of(text.as_bytes());
                whole = Some(text);
            }
            Ok(own)
        });
        Self { name, place, sha256, own, whole, covers, reader: Rc::clone(reader) }
    }

    fn includes_others(&self) -> bool {
        self.covers.len() > 1
    }

    /// What is compiled, where `elsewhere` is what other texts have.
    fn text(&self, elsewhere: &BTreeSet<&Path>) -> Result<String, String> {
        let own = self.own.as_ref().map_err(Clone::clone)?;
        if self.covers.iter().any(|place| elsewhere.contains(place.as_path())) {
            return expanded(own, &self.place.1, &*self.reader, elsewhere).map(|(text, _)| text.into_owned());
        }
        Ok(self.whole.as_ref().unwrap_or(own).clone())
    }
}

/// What is compiled of a file.
enum Planned {
    Text(Result<String, String>),
    /// It is in the text of the file of this name.
    In(String),
}

/// Plans the texts of all files; those that are `broken` have nothing of another in them.
fn plan(files: &[ReadRule], broken: &BTreeSet<String>) -> Vec<Planned> {
    // Files of which much is in them come first, so that the others are in them.
    let mut order: Vec<usize> = (0..files.len()).collect();
    order.sort_by_key(|index| Reverse(files.get(*index).map_or(0, |file| file.covers.len())));
    let mut taken = BTreeMap::<Place, &str>::new();
    let mut planned = BTreeMap::new();
    for index in order {
        let Some(file) = files.get(index) else { continue };
        let set = file.place.0;
        let elsewhere: BTreeSet<&Path> = file
            .covers
            .iter()
            .filter(|place| taken.contains_key(&(set, (*place).clone())))
            .map(PathBuf::as_path)
            .collect();
        if broken.contains(&file.name) || file.own.is_err() {
            planned.insert(index, Planned::Text(file.text(&BTreeSet::new())));
            continue;
        }
        if let (true, Some(host)) = (elsewhere.len() == file.covers.len(), taken.get(&file.place)) {
            planned.insert(index, Planned::In((*host).to_owned()));
            continue;
        }
        planned.insert(index, Planned::Text(file.text(&elsewhere)));
        for place in &file.covers {
            taken.entry((set, place.clone())).or_insert(&file.name);
        }
    }
    planned.into_values().collect()
}

/// Rule files that are compiled.
pub(super) struct Compiled {
    pub(super) engine: Box<dyn Engine>,
    pub(super) files: Vec<RuleFile>,
    /// Names and texts of those in use.
    pub(super) texts: Vec<(String, String)>,
}

/// Compiles rule files, each with what it includes and each rule once.
///
/// # Errors
/// The engine cannot start.
pub(super) fn compile_all(read: &[ReadRule], kind: EngineKind) -> Result<Compiled, Error> {
    let (planned, texts, engine, failures) = settle(read, kind)?;
    let files = read.iter().zip(planned).map(|(file, planned)| {
        let (failed, included_by) = match planned {
            Planned::Text(text) => {
                let failure = failures.iter().find(|(name, _)| *name == file.name);
                (text.err().or_else(|| failure.map(|(_, reason)| reason.clone())), None)
            }
            Planned::In(host) => (None, Some(host)),
        };
        RuleFile { name: file.name.clone(), sha256: file.sha256, rules: 0, failed, included_by }
    });
    let files = files.collect();
    let texts =
        texts.into_iter().filter(|(name, _)| failures.iter().all(|(failed, _)| failed != name)).collect();
    Ok(Compiled { engine, files, texts })
}

type Settled = (Vec<Planned>, Vec<(String, String)>, Box<dyn Engine>, Failures);

/// Plans and compiles until no file that others are in fails.
fn settle(read: &[ReadRule], kind: EngineKind) -> Result<Settled, Error> {
    let mut broken = BTreeSet::new();
    let mut round = 0_usize;
    loop {
        let planned = plan(read, &broken);
        let texts = texts(read, &planned);
        let (engine, failures) = compile(kind, &texts)?;
        let hosts = read.iter().filter(|file| file.includes_others() && !broken.contains(&file.name));
        let mut fresh: BTreeSet<String> = hosts
            .filter(|file| failures.iter().any(|(name, _)| *name == file.name))
            .map(|file| file.name.clone())
            .collect();
        if fresh.is_empty() {
            return Ok((planned, texts, engine, failures));
        }
        round = round.saturating_add(1);
        if round >= ROUNDS {
            fresh = read.iter().filter(|file| file.includes_others()).map(|file| file.name.clone()).collect();
        }
        broken.append(&mut fresh);
    }
}

fn texts(read: &[ReadRule], planned: &[Planned]) -> Vec<(String, String)> {
    let pairs = read.iter().zip(planned);
    pairs
        .filter_map(|(file, planned)| match planned {
            Planned::Text(Ok(text)) => Some((file.name.clone(), text.clone())),
            Planned::Text(Err(_)) | Planned::In(_) => None,
        })
        .collect()
}

/// Names and texts of all files, each rule once, for packing; those that do not compile are among them.
///
/// # Errors
/// A file that cannot be read, and why; or the engine cannot start.
pub(super) fn texts_to_pack(read: &[ReadRule]) -> Result<Vec<(String, String)>, Error> {
    let (planned, texts, ..) = settle(read, EngineKind::Boreal)?;
    for (file, planned) in read.iter().zip(planned) {
        if let Planned::Text(Err(reason)) = planned {
            let path = PathBuf::from(file.name.clone());
            return Err(Error::List { path, source: std::io::Error::other(reason) });
        }
    }
    Ok(texts)
}
