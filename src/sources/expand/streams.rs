//! Alternate streams: each is an item of its own beside its file, or is what a pattern names (`$UsnJrnl:$J`).

use std::ops::ControlFlow;

use super::{Search, join};
use crate::evidence::{Kind, Origin};
use crate::sources::found::{Finding, Found, Unread};
use crate::sources::pattern::same_name;
use crate::sys;

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
        let path = match self.child(place, here, file, true) {
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
