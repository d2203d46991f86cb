//! The limits of a reader. Everything inside a bundle is hostile until checked.
//!
//! Each limit is a named constant with its reason, and a field of [`ReadLimits`] that an option can raise.

/// Maximum number of entries. Each takes about 35 bytes while a bundle is read: 2 million stay below 100 MiB.
pub const MAX_ENTRIES: u64 = 2_000_000;
/// Maximum bytes of an entry name, from the format.
pub const MAX_NAME: usize = 1_000;
/// Maximum bytes of the extra fields in a header. The format writes at most 41.
pub const MAX_EXTRA: usize = 256;
/// Maximum ratio of the content to the bytes it was read from, after [`EXPANSION_ALLOWANCE`]. Whole system disks are
/// at 2 to 5; deflate itself ends at 1,032.
pub const MAX_EXPANSION: u64 = 250;
/// Bytes of content before [`MAX_EXPANSION`] applies: one preallocated log of zeros is not a zip bomb.
pub const EXPANSION_ALLOWANCE: u64 = 8 * 1024 * 1024 * 1024;
/// Maximum bytes of a checkpoint's records, and so of a line in them: the limit of the writer.
pub const MAX_RECORDS: usize = super::checkpoint::RECORDS_LIMIT;
/// Maximum bytes of an entry that is read into memory: `veldkit.json`, `manifest.json`.
pub const MAX_DOCUMENT: usize = 16 * 1024 * 1024;
/// Maximum bytes of a signature file.
pub const MAX_SIGNATURE: usize = 16 * 1024;
/// Maximum number of entries before the checkpoint that lists them. The writer ends one after 500 items.
pub const MAX_UNNAMED: usize = 10_000;
/// Maximum number of records per checkpoint.
pub const MAX_CHECKPOINT: u64 = 10_000;
/// How often the bytes after a hole may be read again in search of the next entry: a crafted item may contain many
/// false headers.
pub const MAX_REREAD: u64 = 4;
/// Maximum number of findings that a verdict lists; further ones are counted.
pub const MAX_FINDINGS: usize = 200;
/// Apparent size up to which `unpack` restores a sparse file with its holes, in bytes.
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
