//! Joins the streams of a file from the attributes of its record and of its extension records.

use super::Damage;
use super::record::{Attribute, AttributeBody, flag};
use super::runs;
use super::runs::Run;

/// Maximum number of streams that are reported per file.
pub(super) const MAX_STREAMS: usize = 1_000;

/// Largest value that is read into memory, in bytes: attribute lists and reparse points are far smaller, the
/// upper-case table has 128 KiB.
pub(super) const MAX_HELD: u64 = 1 << 20;

/// The value of an attribute, wherever it is stored.
#[derive(Debug, Clone)]
pub(super) enum AttributeValue {
    /// In its record.
    Resident(Vec<u8>),
    /// In clusters.
    Clusters(Clusters),
}

/// A value in clusters.
#[derive(Debug, Clone, Default)]
pub(super) struct Clusters {
    pub(super) runs: Vec<Run>,
    pub(super) size: u64,
    pub(super) allocated: u64,
    /// Size of the part that was written; the rest reads as zeros.
    pub(super) initialized: u64,
    /// Clusters of a compression unit; 0 where it is not compressed.
    pub(super) unit: u64,
    pub(super) encrypted: bool,
}

impl AttributeValue {
    pub(super) fn size(&self) -> u64 {
        match self {
            Self::Resident(bytes) => crate::formats::disk::to_u64(bytes.len()),
            Self::Clusters(clusters) => clusters.size,
        }
    }

    /// Returns the bytes of storage outside its record.
    pub(super) fn allocated(&self) -> u64 {
        match self {
            Self::Resident(_) => self.size(),
            Self::Clusters(clusters) => clusters.allocated,
        }
    }
}

/// The name of a value in UTF-16 as on disk, and the value or the damage to it.
pub(super) type Stream = (Vec<u8>, Result<AttributeValue, Damage>);

/// Collects the values of one attribute type by name, piece by piece.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    /// Name, and the value so far; each has its own damage.
    streams: Vec<Stream>,
    /// The pieces in order of arrival, which may differ from that of the value.
    pieces: Vec<Piece>,
    clusters: u64,
}

#[derive(Debug)]
struct Piece {
    name: Vec<u8>,
    lowest: u64,
    pairs: Vec<u8>,
    /// The header of the first piece.
    head: Option<Clusters>,
}

impl Gathered {
    /// Makes it for a volume with this number of clusters.
    pub(super) fn new(clusters: u64) -> Self {
        Self { clusters, ..Self::default() }
    }

    /// Adds an attribute.
    pub(super) fn add(&mut self, attribute: &Attribute<'_>) {
        match attribute.body {
            AttributeBody::Resident(bytes) => {
                if self.streams.len() < MAX_STREAMS {
                    self.streams
                        .push((attribute.name.to_vec(), Ok(AttributeValue::Resident(bytes.to_vec()))));
                }
            }
            AttributeBody::Elsewhere(body) => {
                let first = body.lowest == 0;
                // A unit above 2^16 clusters is meaningless; Windows makes 2^4.
                let compressed = attribute.flags & flag::COMPRESSED != 0 && (1..=16).contains(&body.unit);
                let head = first.then(|| Clusters {
                    runs: Vec::new(),
                    size: body.size,
                    allocated: body.allocated,
                    initialized: body.initialized.min(body.size),
                    unit: if compressed { 1_u64.checked_shl(body.unit.into()).unwrap_or(0) } else { 0 },
                    encrypted: attribute.flags & flag::ENCRYPTED != 0,
                });
                self.pieces.push(Piece {
                    name: attribute.name.to_vec(),
                    lowest: body.lowest,
                    pairs: body.runs.to_vec(),
                    head,
                });
            }
        }
    }

    /// Joins the pieces.
    pub(super) fn finish(mut self) -> Vec<Stream> {
        self.pieces.sort_by(|one, other| (&one.name, one.lowest).cmp(&(&other.name, other.lowest)));
        let mut streams = self.streams;
        for pieces in self.pieces.chunk_by(|one, other| one.name == other.name) {
            if streams.len() >= MAX_STREAMS {
                break;
            }
            let Some(first) = pieces.first() else { continue };
            streams.push((first.name.clone(), join(pieces, self.clusters)));
        }
        streams
    }
}

fn join(pieces: &[Piece], volume: u64) -> Result<AttributeValue, Damage> {
    let head = pieces.iter().find_map(|piece| piece.head.clone());
    let mut clusters = head.ok_or(Damage::Runs("do not begin at the beginning"))?;
    for piece in pieces {
        runs::decode(&piece.pairs, piece.lowest, volume, &mut clusters.runs)?;
    }
    Ok(AttributeValue::Clusters(clusters))
}
