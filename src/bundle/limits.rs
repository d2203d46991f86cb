//! What a reader takes from a bundle before it says no. Everything inside a bundle is hostile until checked.
//!
//! Each limit is a named constant with its reason, and a field of [`ReadLimits`] that an option can raise.

/// Entries of one bundle. Each costs some 35 bytes while a bundle is read: 2 million stay below 100 MiB.
pub const MAX_ENTRIES: u64 = 2_000_000;
/// Bytes of an entry's name: the format's own limit.
pub const MAX_NAME: usize = 1_000;
/// Bytes of the extra fields of one header. The format writes at most 41.
pub const MAX_EXTRA: usize = 256;
/// How many times larger the content may be than what it was read from, once [`EXPANSION_ALLOWANCE`] is used up.
/// Whole system disks are at 2 to 5; deflate itself ends at 1,032.
pub const MAX_EXPANSION: u64 = 250;
/// Bytes that may come out before [`MAX_EXPANSION`] counts: one preallocated log of zeros is no bomb.
pub const EXPANSION_ALLOWANCE: u64 = 8 * 1024 * 1024 * 1024;
/// Bytes of one checkpoint's records, and so of a line in them: what the writer writes at most.
pub const MAX_RECORDS: usize = super::checkpoint::RECORDS_LIMIT;
/// Bytes of an entry that is read whole into memory: `veldkit.json`, `manifest.json`.
pub const MAX_DOCUMENT: usize = 16 * 1024 * 1024;
/// Bytes of a signature file.
pub const MAX_SIGNATURE: usize = 16 * 1024;
/// Entries that may stand before the checkpoint that names them. The writer ends one after 500 items.
pub const MAX_UNNAMED: usize = 10_000;
/// Records of one checkpoint.
pub const MAX_CHECKPOINT: u64 = 10_000;
/// How often the bytes after a hole may be read again while a place to go on is looked for: a crafted item can hold
/// headers that each seem to begin an entry.
pub const MAX_REREAD: u64 = 4;
/// Findings that a verdict lists one by one; the rest is counted.
pub const MAX_FINDINGS: usize = 200;
/// Apparent size up to which `unpack` rebuilds a sparse file with its holes.
pub const MAX_SPARSE: u64 = 1024 * 1024 * 1024 * 1024;

/// The limits in force while a bundle is read.
#[derive(Debug, Clone)]
pub struct ReadLimits {
    /// [`MAX_ENTRIES`].
    pub entries: u64,
    /// [`MAX_NAME`].
    pub name: usize,
    /// [`MAX_EXTRA`].
    pub extra: usize,
    /// [`MAX_EXPANSION`].
    pub expansion: u64,
    /// [`EXPANSION_ALLOWANCE`].
    pub allowance: u64,
    /// [`MAX_RECORDS`].
    pub records: usize,
    /// [`MAX_DOCUMENT`].
    pub document: usize,
    /// [`MAX_UNNAMED`].
    pub unnamed: usize,
    /// [`MAX_CHECKPOINT`].
    pub checkpoint: u64,
    /// [`MAX_REREAD`].
    pub reread: u64,
    /// [`MAX_SPARSE`].
    pub sparse: u64,
}

impl Default for ReadLimits {
    fn default() -> Self {
        Self {
            entries: MAX_ENTRIES,
            name: MAX_NAME,
            extra: MAX_EXTRA,
            expansion: MAX_EXPANSION,
            allowance: EXPANSION_ALLOWANCE,
            records: MAX_RECORDS,
            document: MAX_DOCUMENT,
            unnamed: MAX_UNNAMED,
            checkpoint: MAX_CHECKPOINT,
            reread: MAX_REREAD,
            sparse: MAX_SPARSE,
        }
    }
}
