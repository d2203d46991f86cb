//! Reads the content of an entry: decompresses, measures and hashes it in one pass.

use flate2::{Decompress, FlushDecompress, Status};
use sha2::Digest as _;

use super::header::{Fields, Head, Sizes};
use super::input::{Input, InputEnd};
use super::{EntryBody, StructureFault};
use crate::bundle::limits::ReadLimits;
use crate::evidence::Digest;

/// Bytes passed on at a time.
const PIECE: usize = 64 * 1024;
const DESCRIPTOR_SIGNATURE: u32 = 0x0807_4b50;

/// Buffers that are reused for every entry.
pub(super) struct Inflater {
    decompress: Decompress,
    out: Vec<u8>,
}

impl Inflater {
    pub(super) fn new() -> Self {
        Self { decompress: Decompress::new(false), out: vec![0; PIECE] }
    }
}

/// The result of an entry, whether it ended well or not.
pub(super) struct Read {
    pub(super) body: EntryBody,
    pub(super) sizes: Sizes,
    pub(super) end: Result<(), Wrong>,
}

pub(super) enum Wrong {
    Stop(InputEnd),
    Fault(StructureFault),
}

impl From<InputEnd> for Wrong {
    fn from(stop: InputEnd) -> Self {
        Self::Stop(stop)
    }
}

struct Measure<'a> {
    sha256: sha2::Sha256,
    crc32: crc32fast::Hasher,
    size: u64,
    compressed: u64,
    pass: &'a mut dyn FnMut(&[u8]),
}

/// Reads the content after a header, and its descriptor. `before` is the number of bytes the bundle has expanded to
/// so far.
pub(super) fn read(
    input: &mut Input<'_>,
    inflater: &mut Inflater,
    head: &Head,
    limits: &ReadLimits,
    before: u64,
    pass: &mut dyn FnMut(&[u8]),
) -> Read {
    let mut measure = Measure {
        sha256: sha2::Sha256::new(),
        crc32: crc32fast::Hasher::new(),
        size: 0,
        compressed: 0,
        pass,
    };
    let end = measure.run(input, inflater, head, limits, before);
    let crc32 = measure.crc32.finalize();
    let body = EntryBody { size: measure.size, sha256: Digest::from_bytes(measure.sha256.finalize().into()) };
    let sizes = Sizes { crc32, compressed: measure.compressed, size: measure.size };
    let end = end.and_then(|()| match head.sizes {
        Some(said) => compare(head, said, sizes),
        None => descriptor(input, head, sizes),
    });
    Read { body, sizes, end }
}

impl Measure<'_> {
    fn run(
        &mut self,
        input: &mut Input<'_>,
        inflater: &mut Inflater,
        head: &Head,
        limits: &ReadLimits,
        before: u64,
    ) -> Result<(), Wrong> {
        if head.deflated {
            self.inflate(input, inflater, head, limits, before)
        } else {
            self.copy(input, head)
        }
    }

    fn copy(&mut self, input: &mut Input<'_>, head: &Head) -> Result<(), Wrong> {
        let mut left = head.sizes.map_or(0, |sizes| sizes.compressed);
        while left > 0 {
            let bytes = input.some()?;
            let most = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len()).min(PIECE);
            let bytes = bytes.get(..most).unwrap_or_default();
            self.content(bytes);
            input.take(most);
            let taken = u64::try_from(most).unwrap_or(u64::MAX);
            self.compressed = self.compressed.saturating_add(taken);
            left = left.saturating_sub(taken);
        }
        Ok(())
    }

    fn inflate(
        &mut self,
        input: &mut Input<'_>,
        inflater: &mut Inflater,
        head: &Head,
        limits: &ReadLimits,
        before: u64,
    ) -> Result<(), Wrong> {
        let Inflater { decompress: inflater, out } = inflater;
        inflater.reset(false);
        loop {
            let left = head.sizes.map_or(u64::MAX, |sizes| sizes.compressed.saturating_sub(self.compressed));
            let at = input.offset();
            // At the end of the input, the inflater is called once more without input: it may have the end already.
            let bytes = if left == 0 { &[] } else { input.some()? };
            let most = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
            let bytes = bytes.get(..most).unwrap_or_default();
            let (in_before, out_before) = (inflater.total_in(), inflater.total_out());
            let status = inflater
                .decompress(bytes, out, FlushDecompress::None)
                .map_err(|_| Wrong::Fault(StructureFault::Deflate { at, name: head.name.clone() }))?;
            let used = inflater.total_in().saturating_sub(in_before);
            let made = inflater.total_out().saturating_sub(out_before);
            input.take(usize::try_from(used).unwrap_or(usize::MAX));
            self.compressed = self.compressed.saturating_add(used);
            self.content(out.get(..usize::try_from(made).unwrap_or(usize::MAX)).unwrap_or_default());
            self.check_size(head)?;
            check_expansion(before.saturating_add(self.size), input.read_so_far(), limits)?;
            if status == Status::StreamEnd {
                return Ok(());
            }
            if used == 0 && made == 0 {
                if left == 0 {
                    let what = "compressed data";
                    let said = self.compressed;
                    return Err(Wrong::Fault(StructureFault::Size {
                        name: head.name.clone(),
                        what,
                        said,
                        found: said.saturating_add(1),
                    }));
                }
                if most > 0 {
                    return Err(Wrong::Fault(StructureFault::Deflate { at, name: head.name.clone() }));
                }
            }
        }
    }

    fn content(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.sha256.update(bytes);
            self.crc32.update(bytes);
            self.size = self.size.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
            (self.pass)(bytes);
        }
    }

    /// Ends an entry with a false size as soon as it is longer than stated.
    fn check_size(&self, head: &Head) -> Result<(), Wrong> {
        match head.sizes {
            Some(said) if self.size > said.size => Err(Wrong::Fault(StructureFault::Size {
                name: head.name.clone(),
                what: "content",
                said: said.size,
                found: self.size,
            })),
            _ => Ok(()),
        }
    }
}

fn check_expansion(expanded: u64, read: u64, limits: &ReadLimits) -> Result<(), Wrong> {
    if expanded > limits.allowance && expanded > read.saturating_mul(limits.expansion) {
        let what = "content that expands to a multiple of its size";
        return Err(Wrong::Fault(StructureFault::Limit {
            what,
            limit: limits.expansion,
            option: Some("--max-expansion"),
        }));
    }
    Ok(())
}

fn descriptor(input: &mut Input<'_>, head: &Head, found: Sizes) -> Result<(), Wrong> {
    let at = input.offset();
    let length = if head.zip64 { 24 } else { 16 };
    let fields = Fields(input.peek(length)?);
    if fields.u32(0) != DESCRIPTOR_SIGNATURE {
        return Err(Wrong::Fault(StructureFault::Header {
            at,
            what: "is missing: sizes must follow the content",
        }));
    }
    let crc32 = fields.u32(4);
    let said = if head.zip64 {
        Sizes { crc32, compressed: fields.u64(8), size: fields.u64(16) }
    } else {
        Sizes { crc32, compressed: u64::from(fields.u32(8)), size: u64::from(fields.u32(12)) }
    };
    input.take(length);
    compare(head, said, found)
}

fn compare(head: &Head, said: Sizes, found: Sizes) -> Result<(), Wrong> {
    let wrong = |what, said, found| {
        Err(Wrong::Fault(StructureFault::Size { name: head.name.clone(), what, said, found }))
    };
    if said.compressed != found.compressed {
        return wrong("compressed data", said.compressed, found.compressed);
    }
    if said.size != found.size {
        return wrong("content", said.size, found.size);
    }
    if said.crc32 != found.crc32 {
        return Err(Wrong::Fault(StructureFault::Crc { name: head.name.clone() }));
    }
    Ok(())
}
