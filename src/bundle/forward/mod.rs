//! Reads a bundle's entries forward, from their local headers, and never trusts an index.
//!
//! In: plain bytes ([`Plain`]), [`ReadLimits`]. Out: calls of a [`BundleVisitor`] for each entry (its header, its content,
//! its digest), and how the walk ended ([`Walk`]). Both forms of entry of the format are read: sizes known, or a
//! deflate stream that ends itself and a descriptor. The directory at the end is held against what was read.
//! Memory: a buffer, the inflater, and some 35 bytes an entry, whatever the input says.
//!
//! After a hole the next entry is looked for byte by byte. What is found there may stand inside hostile content, so
//! it is marked ([`Head::after_hole`]) and is worth nothing until a checkpoint of this bundle names it.

use super::limits::ReadLimits;
use super::reader::{Break, Plain};
use crate::evidence::{Digest, Printable};

mod content;
mod directory;
mod header;
mod input;

use content::{Inflater, Read as ContentRead};
use directory::Directory;
use input::Input;

pub use header::Head;

/// Receives what the walk meets, in the order of the file.
pub trait BundleVisitor {
    /// An entry begins.
    fn begin(&mut self, head: &Head);
    /// The next bytes of its content.
    fn content(&mut self, bytes: &[u8]);
    /// It ended as its sizes and CRC say.
    fn end(&mut self, head: &Head, body: &EntryBody);
    /// It did not: what came of it is a prefix at best.
    fn broken(&mut self, head: &Head, body: &EntryBody, why: &StructureFault);
    /// Plain bytes are lost.
    fn hole(&mut self, from: u64, to: u64);
}

/// The content of an entry as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryBody {
    /// Its length.
    pub size: u64,
    /// Its digest.
    pub sha256: Digest,
}

/// How a walk ended.
#[derive(Debug)]
pub struct Walk {
    /// Entries that were read to their end.
    pub entries: u64,
    /// Bytes of content that came out.
    pub expanded: u64,
    /// Where and how it ended.
    pub end: End,
    /// Faults of structure that did not end it.
    pub faults: Vec<StructureFault>,
    /// Whether the directory was held against the entries and says the same.
    pub directory_agrees: bool,
}

/// Where and how a walk ended.
#[derive(Debug)]
pub enum End {
    /// At the writer's end, behind the directory.
    Sealed,
    /// The file was cut.
    Cut {
        /// Where the authenticated plain bytes end.
        at: u64,
        /// Bytes of the file after them.
        rest: u64,
    },
    /// It could not be followed any further.
    Fault(StructureFault),
}

/// What is wrong with a bundle's structure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StructureFault {
    /// The file was cut here.
    #[error("the bundle is cut off at byte {at}")]
    Cut {
        /// Plain offset.
        at: u64,
    },
    /// The bytes here are lost.
    #[error("bytes are missing from byte {at} on")]
    Hole {
        /// Plain offset.
        at: u64,
    },
    /// The writer's end stands where more must follow.
    #[error("the bundle ends at byte {at}, in the middle of {within}")]
    EndsEarly {
        /// Plain offset.
        at: u64,
        /// What was being read.
        within: &'static str,
    },
    /// No part of the format begins here.
    #[error("neither an entry nor the directory begins at byte {at}")]
    Unknown {
        /// Plain offset.
        at: u64,
    },
    /// A header that the format does not allow.
    #[error("the header at byte {at} {what}")]
    Header {
        /// Plain offset.
        at: u64,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A name that could lead astray.
    #[error("the entry at byte {at} has the name '{}', which {what}", Printable(.name))]
    Name {
        /// Plain offset.
        at: u64,
        /// The name, as far as it is text.
        name: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// Two entries of one name.
    #[error("two entries have the name '{}'; the second begins at byte {at}", Printable(.name))]
    Double {
        /// Plain offset of the second.
        at: u64,
        /// The name.
        name: String,
    },
    /// Compressed data that are none.
    #[error("cannot decompress '{}': damaged deflate data before byte {at}", Printable(.name))]
    Deflate {
        /// Plain offset.
        at: u64,
        /// The entry.
        name: String,
    },
    /// Sizes that are not those of the content.
    #[error("the size of '{}' is wrong: {said} bytes of {what} expected, {found} found", Printable(.name))]
    Size {
        /// The entry.
        name: String,
        /// Which size.
        what: &'static str,
        /// What the header or the descriptor says.
        said: u64,
        /// What was read, as far as reading went.
        found: u64,
    },
    /// The content is not what the CRC says.
    #[error("the content of '{}' does not match its CRC-32", Printable(.name))]
    Crc {
        /// The entry.
        name: String,
    },
    /// A limit of the reader was reached.
    #[error("{what} of more than {limit} is not allowed{}", .option.map(|option| format!(" ({option} raises this limit)")).unwrap_or_default())]
    Limit {
        /// What it is about.
        what: &'static str,
        /// The limit.
        limit: u64,
        /// The option that raises it, if one does.
        option: Option<&'static str>,
    },
    /// The directory says something else than the entries.
    #[error("the directory at byte {at} {what}")]
    Directory {
        /// Plain offset.
        at: u64,
        /// How it differs.
        what: String,
    },
    /// Bytes after the end of the archive.
    #[error("bytes follow the end of the archive at byte {at}")]
    Trailing {
        /// Plain offset.
        at: u64,
    },
    /// Reading failed.
    #[error("cannot read at byte {at}: {error}")]
    Read {
        /// Plain offset.
        at: u64,
        /// Why.
        error: String,
    },
}

/// Most faults kept that do not end the walk; a hostile bundle has as many as entries.
const MAX_FAULTS: usize = 100;

/// Reads all entries of a bundle's plain bytes.
pub fn forward(plain: &mut dyn Plain, limits: &ReadLimits, visitor: &mut dyn BundleVisitor) -> Walk {
    let mut walker = Walker {
        input: Input::new(plain),
        limits,
        visitor,
        inflater: Inflater::new(),
        directory: Directory::default(),
        walk: Walk { entries: 0, expanded: 0, end: End::Sealed, faults: Vec::new(), directory_agrees: false },
        after_hole: false,
        reread: 0,
    };
    walker.walk.end = walker.run();
    walker.walk
}

struct Walker<'a> {
    input: Input<'a>,
    limits: &'a ReadLimits,
    visitor: &'a mut dyn BundleVisitor,
    inflater: Inflater,
    directory: Directory,
    walk: Walk,
    /// Whether bytes were lost: from then on offsets are known, but not whether an entry is one.
    after_hole: bool,
    /// Bytes that were read again while looking for the next entry.
    reread: u64,
}

/// What became of one step.
enum Step {
    /// Go on with the next.
    On,
    /// Look for the next entry from here.
    Search { from: u64 },
    /// The walk ends.
    Stop(End),
}

impl Walker<'_> {
    fn run(&mut self) -> End {
        let mut search = None;
        loop {
            let step = match search.take() {
                None => self.next(),
                Some(from) => match self.find(from) {
                    Ok(()) => self.next(),
                    Err(stop) => stop,
                },
            };
            match step {
                Step::On => {}
                Step::Search { from } => search = Some(from),
                Step::Stop(end) => return end,
            }
        }
    }

    fn next(&mut self) -> Step {
        let at = self.input.offset();
        let signature = match self.input.peek(4) {
            Ok(bytes) => bytes.first_chunk::<4>().copied().unwrap_or_default(),
            Err(stop) => return self.stopped(stop, "the archive"),
        };
        match &signature {
            header::LOCAL => self.entry(at),
            directory::ENTRY | directory::END_64 | directory::END => self.read_directory(at),
            _ if self.after_hole => Step::Search { from: at.saturating_add(1) },
            _ => Step::Stop(End::Fault(StructureFault::Unknown { at })),
        }
    }

    fn entry(&mut self, at: u64) -> Step {
        let head = match header::read(&mut self.input, self.limits, self.after_hole) {
            Ok(head) => head,
            Err(header::HeaderFault::Stop(stop)) => return self.stopped(stop, "a header"),
            Err(header::HeaderFault::Fault(_)) if self.after_hole => {
                return self.again(at.saturating_add(1));
            }
            Err(header::HeaderFault::Fault(fault)) => return Step::Stop(End::Fault(fault)),
        };
        if self.directory.len() >= self.limits.entries {
            return Step::Stop(End::Fault(StructureFault::Limit {
                what: "a number of entries",
                limit: self.limits.entries,
                option: Some("--max-entries"),
            }));
        }
        self.visitor.begin(&head);
        let visitor = &mut *self.visitor;
        let read = content::read(
            &mut self.input,
            &mut self.inflater,
            &head,
            self.limits,
            self.walk.expanded,
            &mut |bytes| {
                visitor.content(bytes);
            },
        );
        let ContentRead { body, sizes, end } = read;
        match end {
            Ok(()) => {
                self.walk.expanded = self.walk.expanded.saturating_add(body.size);
                self.walk.entries = self.walk.entries.saturating_add(1);
                if let Err(fault) = self.directory.met(&head, &sizes) {
                    self.visitor.broken(&head, &body, &fault);
                    self.fault(fault);
                } else {
                    self.visitor.end(&head, &body);
                }
                Step::On
            }
            Err(content::Wrong::Stop(stop)) => {
                let fault = match &stop {
                    input::InputEnd::Hole { from, .. } => StructureFault::Hole { at: *from },
                    input::InputEnd::Cut { at, .. } => StructureFault::Cut { at: *at },
                    input::InputEnd::End => {
                        StructureFault::EndsEarly { at: self.input.offset(), within: "an entry" }
                    }
                    input::InputEnd::Failed(error) => {
                        StructureFault::Read { at: self.input.offset(), error: error.to_string() }
                    }
                };
                self.visitor.broken(&head, &body, &fault);
                self.stopped(stop, "an entry")
            }
            Err(content::Wrong::Fault(fault)) => {
                self.visitor.broken(&head, &body, &fault);
                if self.after_hole {
                    return self.again(at.saturating_add(1));
                }
                // A wrong CRC leaves the structure whole: what else was changed is worth knowing.
                if matches!(fault, StructureFault::Crc { .. }) {
                    drop(self.directory.met(&head, &sizes));
                    self.fault(fault);
                    return Step::On;
                }
                Step::Stop(End::Fault(fault))
            }
        }
    }

    fn read_directory(&mut self, at: u64) -> Step {
        match directory::read(&mut self.input, self.limits, &self.directory, self.after_hole) {
            Ok(()) => {
                self.walk.directory_agrees = !self.after_hole && self.walk.faults.is_empty();
                Step::Stop(End::Sealed)
            }
            Err(header::HeaderFault::Stop(stop)) => self.stopped(stop, "the directory"),
            Err(header::HeaderFault::Fault(_)) if self.after_hole => self.again(at.saturating_add(1)),
            Err(header::HeaderFault::Fault(fault)) => Step::Stop(End::Fault(fault)),
        }
    }

    /// Goes back to look for the next entry, as often as the limit allows.
    fn again(&mut self, from: u64) -> Step {
        self.reread = self.reread.saturating_add(self.input.offset().saturating_sub(from));
        // What was read at all bounds what may be read again, with room for small bundles.
        let most = self.input.read_so_far().saturating_add(1 << 20).saturating_mul(self.limits.reread);
        if self.reread > most {
            return Step::Stop(End::Fault(StructureFault::Limit {
                what: "searching for the next entry after a hole, with a share of the bundle read again,",
                limit: self.limits.reread,
                option: None,
            }));
        }
        Step::Search { from }
    }

    /// Finds the next place from `from` on where an entry or the directory seems to begin.
    fn find(&mut self, from: u64) -> Result<(), Step> {
        let mut result = self.input.go_to(from);
        loop {
            match result {
                Ok(()) => {}
                Err(stop) => match self.stopped(stop, "the archive") {
                    Step::Search { from } => {
                        result = self.input.go_to(from);
                        continue;
                    }
                    other => return Err(other),
                },
            }
            match self.input.find(&[*header::LOCAL, *directory::ENTRY]) {
                Ok(()) => return Ok(()),
                Err(stop) => result = Err(stop),
            }
        }
    }

    fn stopped(&mut self, stop: input::InputEnd, within: &'static str) -> Step {
        let at = self.input.offset();
        match stop {
            input::InputEnd::Hole { from, to } => {
                self.visitor.hole(from, to);
                self.after_hole = true;
                Step::Search { from: to }
            }
            input::InputEnd::Cut { at, rest } => Step::Stop(End::Cut { at, rest }),
            input::InputEnd::End => Step::Stop(End::Fault(StructureFault::EndsEarly { at, within })),
            input::InputEnd::Failed(error) => {
                Step::Stop(End::Fault(StructureFault::Read { at, error: error.to_string() }))
            }
        }
    }

    fn fault(&mut self, fault: StructureFault) {
        if self.walk.faults.len() < MAX_FAULTS {
            self.walk.faults.push(fault);
        }
    }
}

impl From<Break> for input::InputEnd {
    fn from(broken: Break) -> Self {
        match broken {
            Break::Hole { from, to } => Self::Hole { from, to },
            Break::Cut { at, rest } => Self::Cut { at, rest },
            Break::Failed(error) => Self::Failed(error),
        }
    }
}
