//! The entries that a name of a pattern means: none, one, or on a case-sensitive file system one for each spelling of it.

use std::ops::ControlFlow;

use super::{Search, Why, join};
use crate::evidence::Kind;
use crate::playbook::TargetOs;
use crate::sources::pattern::PatternPart;
use crate::sources::resolve::{Astray, may_hang, resolve};
use crate::sources::target_volume::TargetVolume;
use crate::sys;

impl Search<'_, '_> {
    /// Goes on with the entries that a name means.
    pub(super) fn named(
        &mut self,
        place: usize,
        here: &[u8],
        name: &[u8],
        rest: &[PatternPart],
    ) -> ControlFlow<()> {
        let children = match self.children(place, here, name, rest.is_empty()) {
            Ok(children) => children,
            Err(astray) => return self.astray(place, join(here, name), &astray),
        };
        children.into_iter().try_for_each(|next| {
            if rest.is_empty() {
                self.arrive(place, next, None)
            } else {
                self.down(place, next, rest, Why::Named)
            }
        })
    }

    /// Whether there is an entry whose name is letter by letter what the operator wrote as a pattern (`index[1].htm`).
    pub(super) fn is_there(&self, place: usize, here: &[u8], literal: &[u8]) -> bool {
        let by_operator = self.pattern.whole_folders;
        by_operator
            && self.children(place, here, literal, true).is_ok_and(|children| {
                let place = self.target.places().get(place);
                place.is_some_and(|place| children.iter().any(|path| place.stat(path).is_ok()))
            })
    }

    /// Where the entry `name` of the folder `here` is, in every spelling that Windows would take for it; links on the way are
    /// followed, the last one is not. Nothing where it is not there.
    pub(super) fn children(
        &self,
        place: usize,
        here: &[u8],
        name: &[u8],
        last: bool,
    ) -> Result<Vec<Vec<u8>>, Astray> {
        let Some(place) = self.target.places().get(place) else { return Ok(Vec::new()) };
        let windows = self.target.os() == TargetOs::Windows;
        // A running Windows finds it itself; an image of one may have directories that tell cases apart.
        let runs = place.tree.host().is_some() && place.tree.has_streams();
        let spellings = if windows && !runs { place.spellings(here, name) } else { Vec::new() };
        if spellings.is_empty() {
            return Ok(self.child(place, here, name, last)?.into_iter().collect());
        }
        let mut children = Vec::new();
        for spelling in spellings {
            let path = join(here, &spelling);
            let path = match place.stat(&path) {
                Ok(stat) if stat.kind == Kind::Link && !last => resolve(place, &path)?,
                Err(error) if may_hang(&error) => return Err(Astray::Failed(error)),
                Ok(_) | Err(_) => path,
            };
            if !children.contains(&path) {
                children.push(path);
            }
        }
        Ok(children)
    }

    /// The same where there is one spelling at most.
    fn child(
        &self,
        place: &TargetVolume,
        here: &[u8],
        name: &[u8],
        last: bool,
    ) -> Result<Option<Vec<u8>>, Astray> {
        let exact = join(here, name);
        match place.stat(&exact) {
            Ok(stat) if stat.kind == Kind::Link && !last => resolve(place, &exact).map(Some),
            // A system that does not tell case apart finds it by any spelling; the record has that of the disk.
            Ok(_) if self.target.os() == TargetOs::Windows => Ok(place.as_on_disk(&exact).or(Some(exact))),
            Err(error) if sys::is_nothing(&error) && self.target.os() == TargetOs::Windows => {
                Ok(place.spellings(here, name).into_iter().next().map(|same| join(here, &same)))
            }
            Err(error) if may_hang(&error) => Err(Astray::Failed(error)),
            Ok(_) | Err(_) => Ok(Some(exact)),
        }
    }
}
