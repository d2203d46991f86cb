//! Alternate streams: each is an item of its own beside its file or directory, or is what a pattern names
//! (`$UsnJrnl:$J`).

use std::ops::ControlFlow;

use super::{Search, Why, join};
use crate::evidence::{Kind, Origin};
use crate::sources::found::{Finding, Found, Unread};
use crate::sources::pattern::same_name;
use crate::sources::target_volume::TargetVolume;
use crate::sources::tree::OWN;
use crate::sys;

/// Streams that NTFS itself keeps with its own files (<https://flatcap.github.io/linux-ntfs/ntfs/files/>). Patterns that name
/// them find them.
const OWN_STREAMS: [(&[u8], &[u8]); 7] = [
    (b"$BadClus", b"$Bad"),
    (b"$Secure", b"$SDS"),
    (b"$UpCase", b"$Info"),
    (b"$UsnJrnl", b"$J"),
    (b"$UsnJrnl", b"$Max"),
    (b"$Repair", b"$Config"),
    (b"$Tops", b"$T"),
];

/// How deep below `$Extend` is looked, and at how many entries of each directory.
const MAX_OWN_DEPTH: usize = 4;
const MAX_OWN: usize = 10_000;

impl Search<'_, '_> {
    /// Hands out an alternate stream of a file as an item of its own.
    pub(super) fn take_stream(&mut self, file: &Found, name: Vec<u8>, size: u64) -> ControlFlow<()> {
        let key = [&file.path, b":".as_slice(), &name].concat();
        if !self.target.first_time(file.place, &key) {
            return ControlFlow::Continue(());
        }
        let mut found = file.clone();
        if let Origin::File { stream, .. } = &mut found.origin {
            *stream = Some(name);
        }
        found.kind = Kind::Stream;
        (found.metadata.size, found.metadata.zone_identifier) = (Some(size), None);
        found.allocated = None;
        match self.meter.pass(found) {
            None => ControlFlow::Continue(()),
            Some(Ok(found)) => (self.emit)(Finding::Found(found)),
            Some(Err(gap)) => (self.emit)(Finding::Gap(*gap)),
        }
    }

    /// Hands out the streams of a directory that is walked: it has no content, but they have.
    pub(super) fn streams_of_directory(&mut self, place: usize, path: &[u8]) -> ControlFlow<()> {
        let has_streams = self.target.places().get(place).is_some_and(|place| place.tree.has_streams());
        if !has_streams || self.is_excepted(path) {
            return ControlFlow::Continue(());
        }
        // Where its facts cannot be read it cannot be listed either, and that is reported.
        let Ok(mut found) = self.target.look(place, path.to_vec(), None) else {
            return ControlFlow::Continue(());
        };
        let streams = std::mem::take(&mut found.streams);
        streams.into_iter().try_for_each(|(name, size)| self.take_stream(&found, name, size))
    }

    /// Hands out what stands with the files that an NTFS of an image keeps for itself, and that no listing of its root has:
    /// streams that do not belong to them, and files among those of `$Extend` that are nobody's.
    pub(super) fn beside_own_files(&mut self, place: usize) -> ControlFlow<()> {
        let is_one = |place: &TargetVolume| place.tree.host().is_none() && place.tree.has_streams();
        if !self.target.places().get(place).is_some_and(|place| is_one(place)) {
            return ControlFlow::Continue(());
        }
        let mut directories = Vec::new();
        for name in OWN {
            directories.extend(self.own_file(place, name.to_vec())?);
        }
        // `$Extend` has some ten files, and directories of them; what is deeper is left to a pattern that names it.
        for _ in 0..MAX_OWN_DEPTH {
            let mut beneath = Vec::new();
            for directory in std::mem::take(&mut directories) {
                let mut names = Vec::new();
                self.each(place, &directory, Why::Named, |_, _, entry| {
                    names.push(join(&directory, &entry.name));
                    if names.len() < MAX_OWN { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
                })?;
                for path in names {
                    beneath.extend(self.own_file(place, path)?);
                }
            }
            directories = beneath;
        }
        ControlFlow::Continue(())
    }

    /// The same of one of these files; its path, where it is a directory.
    fn own_file(&mut self, place: usize, path: Vec<u8>) -> ControlFlow<(), Option<Vec<u8>>> {
        let Ok(mut found) = self.target.look(place, path.clone(), None) else {
            return ControlFlow::Continue(None);
        };
        let (kind, name) = (found.kind, path.rsplit(|byte| *byte == b'/').next().unwrap_or_default());
        if kind == Kind::File && !name.starts_with(b"$") {
            self.take(found)?;
            return ControlFlow::Continue(None);
        }
        for (stream, size) in std::mem::take(&mut found.streams) {
            if !OWN_STREAMS.contains(&(name, &stream)) {
                self.take_stream(&found, stream, size)?;
            }
        }
        ControlFlow::Continue((kind == Kind::Directory).then_some(path))
    }

    /// The file and the stream that a name asks for (`$UsnJrnl:$J`), where the volume has streams.
    pub(super) fn names_a_stream<'n>(&self, place: usize, name: &'n [u8]) -> Option<(&'n [u8], &'n [u8])> {
        self.target.places().get(place).filter(|place| place.tree.has_streams())?;
        let colon = name.iter().position(|byte| *byte == b':').filter(|colon| *colon > 0)?;
        let stream = name.get(colon.checked_add(1)?..)?;
        Some((name.get(..colon)?, stream.strip_suffix(b":$DATA").unwrap_or(stream)))
    }

    /// Hands out the stream that the last part of a pattern names.
    pub(super) fn stream_of(&mut self, place: usize, here: &[u8], name: &[u8]) -> ControlFlow<()> {
        let Some((file, stream)) = self.names_a_stream(place, name) else { return ControlFlow::Continue(()) };
        let path = match self.children(place, here, file, true).map(|paths| paths.into_iter().next()) {
            Ok(Some(path)) => path,
            Ok(None) => return ControlFlow::Continue(()),
            Err(astray) => return self.astray(place, join(here, file), &astray),
        };
        let mut found = match self.target.look(place, path.clone(), None) {
            Ok(found) => found,
            Err(error) if sys::is_nothing(&error) => return ControlFlow::Continue(()),
            Err(error) => {
                return self.gap(Unread::of_error(self.target.origin(place, path), "looking", &error));
            }
        };
        let streams = std::mem::take(&mut found.streams);
        match streams.into_iter().find(|(known, _)| same_name(known, stream)) {
            Some((name, size)) if !self.is_excepted(&found.path) => {
                self.met = true;
                self.take_stream(&found, name, size)
            }
            Some(_) | None => ControlFlow::Continue(()),
        }
    }
}
