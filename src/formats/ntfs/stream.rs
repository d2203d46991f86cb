//! The streams of a file, put together from the attributes of its record and of the records that extend it.

use super::Damage;
use super::record::{Attribute, AttributeBody, flag};
use super::runs;
use super::runs::Run;

/// Most streams of one file that are told.
pub(super) const MAX_STREAMS: usize = 1_000;

/// The largest value that is read into memory whole: attribute lists and reparse points are far below, the table of
/// upper case has 128 KiB.
pub(super) const MAX_HELD: u64 = 1 << 20;

/// The value of an attribute, wherever it stands.
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
    /// What stands behind this reads as zeros.
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

    /// Bytes of storage that it takes besides its record.
    pub(super) fn allocated(&self) -> u64 {
        match self {
            Self::Resident(_) => self.size(),
            Self::Clusters(clusters) => clusters.allocated,
        }
    }
}

/// A value's name in UTF-16 as on disk, and the value, or what is wrong with it.
pub(super) type Stream = (Vec<u8>, Result<AttributeValue, Damage>);

/// Gathers the values of one kind of attribute by name, piece by piece.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    /// Name, and what is known of the value; damage of one is its own.
    streams: Vec<Stream>,
    /// Pieces in the order they came, which need not be that of the value.
    pieces: Vec<Piece>,
    clusters: u64,
}

#[derive(Debug)]
struct Piece {
    name: Vec<u8>,
    lowest: u64,
    pairs: Vec<u8>,
    /// That of the first piece.
    head: Option<Clusters>,
}

impl Gathered {
    /// `clusters` is the number that the volume has.
    pub(super) fn new(clusters: u64) -> Self {
        Self { clusters, ..Self::default() }
    }

    /// Takes an attribute in.
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
                // A unit above 2^16 clusters has no meaning; Windows makes 2^4.
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

    /// Puts the pieces together.
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
