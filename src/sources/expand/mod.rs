//! From patterns to findings: walks the target part by part and hands out what is there, and what is not.
//!
//! Names are looked up, not searched for; only globs and `**` list folders. A link in the midst of a pattern's names
//! is followed as the system would, inside the tree; one that a glob or a walk meets is a finding, never a way on.

use std::collections::BTreeSet;
use std::io;
use std::ops::ControlFlow;

mod names;
mod streams;

use super::found::{Finding, Found, Unread};
use super::limits::Meter;
use super::pattern::{PatternPart, fits, means, named_parts, parts};
use super::resolve::{Astray, resolve};
use super::target::Target;
use super::tree::Handle;
use crate::evidence::{Entry, Kind, Note, Origin, Outcome, ReasonCode};
use crate::playbook::{Follow, Pattern, Step, TargetOs};
use crate::sys;

/// Deepest folder that is walked into: a file system cannot make the tool's own stack or list grow without end.
const MAX_DEPTH: usize = 1024;

/// Where findings go. Breaks when nothing more is wanted.
type Emit<'a> = dyn FnMut(Finding) -> ControlFlow<()> + 'a;

/// Why a folder is listed: what a failure means depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    /// A pattern names it; it need not be there, nor be a folder.
    Named,
    /// A listing has said that it is a folder.
    Listed,
}

/// What is searched for.
pub(crate) struct FileSearch<'a> {
    /// The step that asks for it.
    pub(crate) step: &'a Step,
    /// Its patterns.
    pub(crate) patterns: &'a [Pattern],
    /// The shadow copy that is searched, by the index of its volume; `None` where everything else is.
    pub(crate) shadow: Option<usize>,
    /// Whether the search goes on: asked for each entry of each directory, whether it is a finding or not.
    pub(crate) goes_on: &'a dyn Fn() -> bool,
}

/// Looks for everything of one step.
pub(crate) struct Search<'a, 'e> {
    target: &'a Target,
    goes_on: &'a dyn Fn() -> bool,
    meter: Meter,
    emit: &'a mut Emit<'e>,
    pattern: &'a Pattern,
    /// What the playbook leaves alone by name.
    except: Vec<Vec<PatternPart>>,
    /// Whether the pattern at hand has met anything, be it in an earlier step.
    met: bool,
    /// The shadow copy that is searched, by the index of its volume; `None` where everything else is.
    shadow: Option<usize>,
}

/// Hands out all that a step's patterns find.
pub(crate) fn search(target: &Target, wanted: &FileSearch<'_>, emit: &mut Emit<'_>) -> ControlFlow<()> {
    let FileSearch { step, patterns, shadow, goes_on } = *wanted;
    let Some(first) = patterns.first() else { return ControlFlow::Continue(()) };
    let meter = Meter::new(step.limits, target.start());
    let depth = step
        .limits
        .max_depth
        .map_or(super::pattern::DEPTH, |depth| usize::try_from(depth).unwrap_or(MAX_DEPTH));
    let except = except(target, step, depth);
    let mut search = Search { target, goes_on, meter, emit, pattern: first, except, met: false, shadow };
    for pattern in patterns {
        (search.pattern, search.met) = (pattern, false);
        search.all_of(depth)?;
    }
    match search.meter.unnamed() {
        Some(detail) => {
            let origin = search.wanted();
            search.gap(Unread::new(origin, Outcome::Skipped, ReasonCode::ArtifactLimit, detail))
        }
        None => ControlFlow::Continue(()),
    }
}

/// The exceptions of a step, their variables filled in. One that cannot be read leaves nothing alone: too much is
/// recorded rather than too little taken unseen.
fn except(target: &Target, step: &Step, depth: usize) -> Vec<Vec<PatternPart>> {
    let windows = target.os() == TargetOs::Windows;
    let texts =
        step.except.iter().filter_map(|pattern| target.variables().fill(&pattern.text).ok()).flatten();
    texts.filter_map(|text| parts(if windows { drive_of(&text).1 } else { &text }, windows, depth)).collect()
}

impl Search<'_, '_> {
    fn all_of(&mut self, depth: usize) -> ControlFlow<()> {
        let windows = self.target.os() == TargetOs::Windows;
        let texts = match self.target.variables().fill(&self.pattern.text) {
            Ok(texts) => texts,
            Err(name) => {
                let detail = format!("the variable '{name}' has no meaning on this target");
                return self.gap(Unread::new(
                    self.wanted(),
                    Outcome::Missing,
                    ReasonCode::NotApplicable,
                    detail,
                ));
            }
        };
        for text in &texts {
            let (letter, rest) = if windows { drive_of(text) } else { (None, text.as_str()) };
            // What the operator names and is no pattern is a name (`Setup [v2.exe`).
            let named = || named_parts(rest, windows, depth).filter(|_| self.pattern.whole_folders);
            let Some(parts) = parts(rest, windows, depth).or_else(named) else {
                let detail = "the pattern leads upwards or has an invalid wildcard";
                self.gap(Unread::new(self.wanted(), Outcome::Failed, ReasonCode::Unsupported, detail))?;
                continue;
            };
            for (index, place) in self.target.places().iter().enumerate() {
                let wanted = match self.shadow {
                    None => place.is_meant(letter),
                    Some(shadow) => index == shadow && place.was_meant(letter),
                };
                if wanted {
                    self.down(index, Vec::new(), &parts, Why::Named)?;
                }
            }
        }
        // What is not in a shadow copy need not have been there then.
        if self.met || self.shadow.is_some() {
            return ControlFlow::Continue(());
        }
        let detail =
            if texts.is_empty() { "this target has no user that it applies to" } else { "nothing matches" };
        self.gap(Unread::new(self.wanted(), Outcome::Missing, ReasonCode::NotFound, detail))
    }

    /// The pattern itself as an origin, for a record of what was looked for.
    fn wanted(&self) -> Origin {
        let windows = self.target.os() == TargetOs::Windows;
        let text = if windows {
            drive_of(&self.pattern.text).1.replace('\\', "/")
        } else {
            self.pattern.text.clone()
        };
        let path = text.trim_start_matches('/').as_bytes().to_vec();
        let volume =
            self.target.places().first().map_or(crate::evidence::Volume::Root, |place| place.volume.clone());
        Origin::File { volume, path, stream: None }
    }

    /// Goes down from the folder `here` by the parts that are left.
    fn down(&mut self, place: usize, here: Vec<u8>, parts: &[PatternPart], why: Why) -> ControlFlow<()> {
        self.goes_on()?;
        let Some((part, rest)) = parts.split_first() else {
            return self.arrive(place, here, None);
        };
        match part {
            PatternPart::Literal(name) if rest.is_empty() && self.names_a_stream(place, name).is_some() => {
                self.stream_of(place, &here, name)
            }
            PatternPart::Literal(name) => self.named(place, &here, name, rest),
            PatternPart::Glob(glob) => {
                if self.is_there(place, &here, &glob.literal) {
                    self.named(place, &here, &glob.literal, rest)?;
                    if !glob.is_wild {
                        return ControlFlow::Continue(());
                    }
                }
                self.each(place, &here, why, |search, folder, entry| {
                    if !fits(glob, &entry.name) {
                        return ControlFlow::Continue(());
                    }
                    let next = join(&here, &entry.name);
                    match (rest.is_empty(), entry.kind) {
                        (true, _) => search.arrive(place, next, Some((folder, &entry))),
                        (false, Kind::Directory) if search.may_enter(place, &next) => {
                            search.remember(place, &next, entry.reference);
                            search.down(place, next, rest, Why::Listed)
                        }
                        (false, _) => ControlFlow::Continue(()),
                    }
                })
            }
            PatternPart::Deep(depth) => self.deep(place, here, *depth, rest, why),
        }
    }

    /// `**`: everything beneath, or the rest of the pattern in every folder beneath.
    fn deep(
        &mut self,
        place: usize,
        here: Vec<u8>,
        depth: usize,
        rest: &[PatternPart],
        why: Why,
    ) -> ControlFlow<()> {
        let mut folders = vec![(here, 0_usize, None)];
        // In an image a folder may claim to stand in several places, or beneath itself.
        let mut met = BTreeSet::new();
        while let Some((folder, level, reference)) = folders.pop() {
            self.goes_on()?;
            self.remember(place, &folder, reference);
            let why = if level == 0 { why } else { Why::Listed };
            if rest.is_empty() {
                self.streams_of_directory(place, &folder)?;
                if folder.is_empty() {
                    self.beside_own_files(place)?;
                }
            } else {
                self.down(place, folder.clone(), rest, why)?;
            }
            if level >= depth.min(MAX_DEPTH) {
                continue;
            }
            let mut beneath = Vec::new();
            self.each(place, &folder, why, |search, handle, entry| {
                let next = join(&folder, &entry.name);
                if entry.kind == Kind::Directory {
                    if entry.reference.is_some_and(|known| !met.insert(known)) {
                        let detail = "a directory that is at another path as well: it is searched there";
                        let origin = search.target.origin(place, next);
                        return search.gap(Unread::new(origin, Outcome::Skipped, ReasonCode::Loop, detail));
                    }
                    if search.may_enter(place, &next) {
                        beneath.push((next, level.saturating_add(1), entry.reference));
                    }
                    return ControlFlow::Continue(());
                }
                if rest.is_empty() {
                    search.arrive(place, next, Some((handle, &entry)))
                } else {
                    ControlFlow::Continue(())
                }
            })?;
            folders.extend(beneath.into_iter().rev());
        }
        ControlFlow::Continue(())
    }

    /// The end of a pattern: hands out what stands at `path`. A folder means all beneath it where the pattern says
    /// so. `listed` is the folder that has listed it, and as what.
    fn arrive(&mut self, place: usize, path: Vec<u8>, listed: Option<(&Handle, &Entry)>) -> ControlFlow<()> {
        let is_folder = listed.is_some_and(|(_, entry)| entry.kind == Kind::Directory);
        if is_folder && !self.pattern.whole_folders && !self.pattern.folder_entry {
            return ControlFlow::Continue(());
        }
        let found = match self.target.look(place, path.clone(), listed) {
            Ok(found) => found,
            // What a pattern names need not be there; what was listed was, and has a record unless an earlier step had
            // it or it is left alone.
            Err(error)
                if sys::is_nothing(&error)
                    && (listed.is_none()
                        || self.is_excepted(&path)
                        || self.target.was_given(place, &path)) =>
            {
                return ControlFlow::Continue(());
            }
            Err(error) => {
                let gap = Unread::of_error(self.target.origin(place, path), "looking", &error);
                return self.gap(gap);
            }
        };
        match found.kind {
            Kind::Directory if self.pattern.whole_folders => {
                self.met = true;
                if let Some((_, entry)) = listed {
                    self.remember(place, &path, entry.reference);
                }
                if !is_folder || self.may_enter(place, &path) {
                    let why = if is_folder { Why::Listed } else { Why::Named };
                    self.deep(place, path, MAX_DEPTH, &[], why)
                } else {
                    ControlFlow::Continue(())
                }
            }
            Kind::Directory if !self.pattern.folder_entry => ControlFlow::Continue(()),
            Kind::Link if self.follows(listed.is_none()) => {
                self.take(found)?;
                self.follow(place, path, listed.is_none())
            }
            _ => self.take(found),
        }
    }

    /// Lets the file tree find a directory that a listing named, and what is in it, without going there from the root.
    fn remember(&self, place: usize, directory: &[u8], reference: Option<u64>) {
        if let (Some(place), Some(reference)) = (self.target.places().get(place), reference) {
            place.tree.remember(directory, reference);
        }
    }

    fn goes_on(&self) -> ControlFlow<()> {
        if (self.goes_on)() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }

    const fn follows(&self, named: bool) -> bool {
        match self.pattern.follow {
            Follow::Never => false,
            Follow::Named => named,
            Follow::Always => true,
        }
    }

    /// Hands out the file that a link leads to, once. A folder at its end is walked where the pattern names the link and
    /// means all beneath it; links that the walk lists lead to no further folder, so no loop is possible.
    fn follow(&mut self, place: usize, path: Vec<u8>, named: bool) -> ControlFlow<()> {
        let Some(standing) = self.target.places().get(place) else { return ControlFlow::Continue(()) };
        let end = match resolve(standing, &path) {
            Ok(end) => end,
            Err(astray) => return self.astray(place, path, &astray),
        };
        match self.target.look(place, end.clone(), None) {
            Ok(mut found) if found.kind == Kind::File => {
                found.notes.push(Note::FollowedLink);
                // No path ends so: what is remembered is that the content was handed out under the link's name.
                if named && self.target.first_time(place, &[&path, &b"/"[..]].concat()) {
                    let origin = self.target.origin(place, path);
                    self.under_the_name_of_the_link(Found { origin, ..found.clone() })?;
                }
                self.take(found)
            }
            Ok(found)
                if found.kind == Kind::Directory
                    && named
                    && self.pattern.whole_folders
                    && self.may_enter(place, &end) =>
            {
                self.deep(place, end, MAX_DEPTH, &[], Why::Named)
            }
            // The link's own record tells where it leads to.
            Ok(_) => ControlFlow::Continue(()),
            Err(error) if sys::is_nothing(&error) => ControlFlow::Continue(()),
            Err(error) => self.gap(Unread::of_error(self.target.origin(place, end), "looking", &error)),
        }
    }

    /// Hands out the content under the name of the link too: public tools that read a bundle look there, and an archive's
    /// reader does not follow a record.
    fn under_the_name_of_the_link(&mut self, found: Found) -> ControlFlow<()> {
        if self.is_excepted(&found.path) || self.target.is_own(&found) {
            return ControlFlow::Continue(());
        }
        match self.meter.pass(Found { streams: Vec::new(), ..found }) {
            None => ControlFlow::Continue(()),
            Some(Ok(found)) => (self.emit)(Finding::Found(found)),
            Some(Err(gap)) => self.gap(*gap),
        }
    }

    /// The gap of a path that leads nowhere.
    fn astray(&mut self, place: usize, path: Vec<u8>, astray: &Astray) -> ControlFlow<()> {
        let origin = self.target.origin(place, path);
        self.gap(match astray {
            Astray::Loop => Unread::new(
                origin,
                Outcome::Skipped,
                ReasonCode::Loop,
                "its links lead round in a circle, or there are too many of them",
            ),
            Astray::Failed(error) => Unread::of_error(origin, "following links", error),
        })
    }

    /// Hands out a finding, unless an earlier one was the same, it is the tool's own, or a limit holds.
    fn take(&mut self, mut found: Found) -> ControlFlow<()> {
        self.met = true;
        if self.is_excepted(&found.path) {
            return ControlFlow::Continue(());
        }
        if !self.target.first_time(found.place, &found.path) {
            return ControlFlow::Continue(());
        }
        let streams = std::mem::take(&mut found.streams);
        let file = if streams.is_empty() { None } else { Some(found.clone()) };
        let finding = match found.kind {
            _ if is_elsewhere(&found, self.target.is_image(found.place)) => Finding::Gap(Unread::of_found(
                found,
                Outcome::Skipped,
                ReasonCode::NotLocal,
                "a placeholder: its content is with a service, and reading it would fetch it",
            )),
            _ if self.target.is_own(&found) => Finding::Gap(Unread::of_found(
                found,
                Outcome::Skipped,
                ReasonCode::OwnOutput,
                "this run writes it",
            )),
            Kind::File => match self.meter.pass(found) {
                None => return ControlFlow::Continue(()),
                Some(Ok(found)) => Finding::Found(found),
                Some(Err(gap)) => Finding::Gap(*gap),
            },
            Kind::Fifo | Kind::Socket | Kind::Device | Kind::Process | Kind::Unknown => {
                let detail = "it has no content to copy, and opening it could hang or act";
                Finding::Gap(Unread::of_found(found, Outcome::Skipped, ReasonCode::NotAFile, detail))
            }
            Kind::Directory | Kind::Link | Kind::Stream | Kind::Rows => Finding::Found(found),
        };
        (self.emit)(finding)?;
        match file {
            Some(file) => {
                streams.into_iter().try_for_each(|(name, size)| self.take_stream(&file, name, size))
            }
            None => ControlFlow::Continue(()),
        }
    }

    fn gap(&mut self, gap: Unread) -> ControlFlow<()> {
        self.met = true;
        (self.emit)(Finding::Gap(gap))
    }

    /// Calls `act` for each entry of a folder, with the folder. What cannot be listed is a gap.
    fn each(
        &mut self,
        place: usize,
        here: &[u8],
        why: Why,
        mut act: impl FnMut(&mut Self, &Handle, Entry) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let Some(standing) = self.target.places().get(place) else { return ControlFlow::Continue(()) };
        standing.visit(here);
        let failed = |search: &mut Self, error: &io::Error| {
            let origin = search.target.origin(place, here.to_vec());
            let gap = match why {
                Why::Named if sys::is_nothing(error) => return ControlFlow::Continue(()),
                Why::Listed if sys::is_nothing(error) => Unread::new(
                    origin,
                    Outcome::Missing,
                    ReasonCode::Vanished,
                    "the directory was gone, or no longer a directory, when it was listed",
                ),
                Why::Named | Why::Listed => Unread::of_error(origin, "listing", error),
            };
            search.gap(Unread { kind: Kind::Directory, ..gap })
        };
        let listing = match standing.tree.list(here) {
            Ok(listing) => listing,
            Err(error) => return failed(self, &error),
        };
        for entry in listing.entries {
            self.goes_on()?;
            match entry {
                Ok(entry) => act(self, &listing.folder, entry)?,
                Err(error) => failed(self, &error)?,
            }
        }
        ControlFlow::Continue(())
    }

    fn is_excepted(&self, path: &[u8]) -> bool {
        let windows = self.target.os() == TargetOs::Windows;
        self.except.iter().any(|parts| means(parts, path, windows))
    }

    fn may_enter(&self, place: usize, folder: &[u8]) -> bool {
        !self.is_excepted(folder)
            && self.target.places().get(place).is_some_and(|place| place.may_enter(folder))
    }
}

/// The drive letter that a Windows pattern begins with, and the rest.
fn drive_of(text: &str) -> (Option<char>, &str) {
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(letter), Some(':')) if letter.is_ascii_alphabetic() => {
            (Some(letter.to_ascii_uppercase()), characters.as_str())
        }
        _ => (None, text),
    }
}

/// Whether a file's content stands elsewhere and would be fetched by reading it (`OneDrive` and the like):
/// `FILE_ATTRIBUTE_RECALL_ON_OPEN` and `FILE_ATTRIBUTE_RECALL_ON_DATA_ACCESS`, and where a system is asked for it
/// `FILE_ATTRIBUTE_OFFLINE`; an image gives what is on it.
fn is_elsewhere(found: &Found, in_image: bool) -> bool {
    const RECALL: u32 = 0x0004_0000 | 0x0040_0000;
    const OFFLINE: u32 = 0x1000;
    let away = if in_image { RECALL } else { RECALL | OFFLINE };
    found.kind == Kind::File && found.metadata.attributes.is_some_and(|attributes| attributes & away != 0)
}

fn join(folder: &[u8], name: &[u8]) -> Vec<u8> {
    if folder.is_empty() { name.to_vec() } else { [folder, b"/", name].concat() }
}
