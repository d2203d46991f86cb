//! Reads the entries of a bundle in sequence, from their local headers, without trusting an index.
//!
//! In: plain bytes ([`Plain`]), [`ReadLimits`]. Out: calls of a [`BundleVisitor`] for each entry (its header, its
//! content, its digest), and the end of the walk ([`Walk`]). Both entry forms of the format are read: with known
//! sizes, or a self-terminating deflate stream and a descriptor. The directory at the end is compared with the
//! entries. Memory: a buffer, the inflater, and about 35 bytes per entry, for any input.
//!
//! After a hole, the next entry is searched byte by byte. It may be part of hostile content, so it is marked
//! ([`Head::after_hole`]) and is not trusted until a checkpoint of this bundle lists it.

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

/// Receives the entries, in the order of the file.
pub trait BundleVisitor {
    /// Called at the beginning of an entry.
    fn begin(&mut self, head: &Head);
    /// Called with the next bytes of its content.
    fn content(&mut self, bytes: &[u8]);
    /// Called at the end of an entry that matches its sizes and CRC.
    fn end(&mut self, head: &Head, body: &EntryBody);
    /// Called at the end of any other entry: its content is a prefix at best.
    fn broken(&mut self, head: &Head, body: &EntryBody, why: &StructureFault);
    /// Called where plain bytes are lost.
    fn hole(&mut self, from: u64, to: u64);
}

/// The content of an entry as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryBody {
    /// Length in bytes.
    pub size: u64,
    /// SHA-256.
    pub sha256: Digest,
}

/// The result of a walk.
#[derive(Debug)]
pub struct Walk {
    /// Number of entries that were read to their end.
    pub entries: u64,
    /// Number of bytes of decompressed content.
    pub expanded: u64,
    /// How the walk ended.
    pub end: End,
    /// Structural faults that did not end it.
    pub faults: Vec<StructureFault>,
    /// Whether the directory was compared with the entries and agrees.
    pub directory_agrees: bool,
}

/// How a walk ended.
#[derive(Debug)]
pub enum End {
    /// At the end record, after the directory.
    Sealed,
    /// The file is cut off.
    Cut {
        /// Offset at which the authenticated plain bytes end.
        at: u64,
        /// Bytes of the file after them.
        rest: u64,
    },
    /// The structure could not be followed any further.
    Fault(StructureFault),
}

/// A fault in the structure of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StructureFault {
    /// The file is cut off here.
    #[error("the bundle is cut off at byte {at}")]
    Cut {
        /// Plain offset.
        at: u64,
    },
    /// The bytes from here on are lost.
    #[error("bytes are missing from byte {at} on")]
    Hole {
        /// Plain offset.
        at: u64,
    },
    /// The authenticated stream ends where more must follow.
    #[error("the bundle ends at byte {at}, in the middle of {within}")]
    EndsEarly {
        /// Plain offset.
        at: u64,
        /// The structure that was being read.
        within: &'static str,
    },
    /// No structure of the format begins here.
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
        /// The fault.
        what: &'static str,
    },
    /// An unsafe name.
    #[error("the entry at byte {at} has the name '{}', which {what}", Printable(.name))]
    Name {
        /// Plain offset.
        at: u64,
        /// The name, as far as it is text.
        name: String,
        /// The fault.
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
    /// Damaged compressed data.
    #[error("cannot decompress '{}': damaged deflate data before byte {at}", Printable(.name))]
    Deflate {
        /// Plain offset.
        at: u64,
        /// The entry.
        name: String,
    },
    /// Sizes that differ from those of the content.
    #[error("the size of '{}' is wrong: {said} bytes of {what} expected, {found} found", Printable(.name))]
    Size {
        /// The entry.
        name: String,
        /// Which size.
        what: &'static str,
        /// Size stated in the header or the descriptor.
        said: u64,
        /// Size that was read, as far as reading went.
        found: u64,
    },
    /// The content does not match its CRC.
    #[error("the content of '{}' does not match its CRC-32", Printable(.name))]
    Crc {
        /// The entry.
        name: String,
    },
    /// A limit of the reader was reached.
    #[error("{what} of more than {limit} is not allowed{}", .option.map(|option| format!(" ({option} raises this limit)")).unwrap_or_default())]
    Limit {
        /// What is limited.
        what: &'static str,
        /// The limit.
        limit: u64,
        /// The option that raises it, if any.
        option: Option<&'static str>,
    },
    /// The directory differs from the entries.
    #[error("the directory at byte {at} {what}")]
    Directory {
        /// Plain offset.
        at: u64,
        /// The difference.
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
        /// The error.
        error: String,
    },
}

/// Maximum number of faults that are kept without ending the walk; a hostile bundle may have one per entry.
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
    /// Whether bytes were lost. From then on, an apparent entry may be part of content.
    after_hole: bool,
    /// Number of bytes that were read again during the search for the next entry.
    reread: u64,
}

/// The result of one step.
enum Step {
    /// Continue with the next entry.
    On,
    /// Search for the next entry from here.
    Search { from: u64 },
    /// End the walk.
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
                // A wrong CRC leaves the structure intact: other changes are still worth reporting.
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

    /// Goes back to search for the next entry, as often as the limit allows.
    fn again(&mut self, from: u64) -> Step {
        self.reread = self.reread.saturating_add(self.input.offset().saturating_sub(from));
        // The number of bytes read limits how many may be read again, with a minimum for small bundles.
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

    /// Finds the next offset from `from` on at which an entry or the directory seems to begin.
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
