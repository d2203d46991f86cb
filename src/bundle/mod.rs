//! KEEP: the sealed container. **This page is the specification of the bundle format, version 1.**
//!
//! In (the writing half): entries, records and events, in the order in which they were acquired. Out: one encrypted
//! stream that can be cut anywhere without losing what was complete, and that anybody can open with `age`, `unzip`
//! and `sha256sum`. The words *must*, *should* and *may* are those of RFC 2119. All integers of the zip
//! container are little-endian; all text is UTF-8; all times are UTC; *digest* is SHA-256 in 64 lower-case hex digits.
//!
//! # Shape
//!
//! ```text
//! veldkit_<case>_<host>_<YYYYMMDD>T<hhmmss>Z.zip.age = age(zip(entries))
//! ```
//!
//! The age file is binary (not armored), version 1 (<https://c2sp.org/age>), to one or more recipients or to one
//! passphrase. The zip archive (PKWARE APPNOTE 6.3.10) is written in one forward pass. The file may be split into
//! parts `.001`, `.002`, …: joined in that order they are the file, and every digest and length is that of the joined
//! file. Next to it are the receipt `….receipt.txt` (in place of `.zip.age`) and `….receipt.txt.minisig`. In the file
//! name, case and host consist of at most 40 ASCII letters, digits, `.` and `-`; a missing case is left out.
//!
//! # Entries, in order
//!
//! | entry | content |
//! | --- | --- |
//! | `veldkit.json` | [`Opening`]: who, where, when, with which tool. First |
//! | `README.txt` | how to open, verify and salvage with public tools; its digest is in `veldkit.json` |
//! | entries of items, see *Names* | content as read |
//! | `records/000001.jsonl` | a checkpoint: header line, then one record per line |
//! | `records/000001.sha256` | the checkpoint and its items as `sha256sum -c` lines |
//! | `pad/000001` | ends the checkpoint |
//! | … | items and checkpoints alternate |
//! | `log/custody.jsonl` | the custody log: one [`Event`] per line |
//! | `manifest.json` | [`Manifest`]: counts, limits, end of the chain, digests of the entries without a record |
//! | `manifest.json.minisig` | where the bundle is signed; last |
//!
//! The entry of an item comes before the checkpoint that records it, but possibly before an earlier one as well.
//! Names are unique. **Every entry is accounted for**: it has one of the fixed names in this table, or exactly one
//! record lists it. In a sealed bundle (one that has `manifest.json`), an unlisted entry, a listed one that is missing,
//! a duplicate name, and an entry out of this order are tampering.
//!
//! `README.txt` is protected by `readme_sha256` in `veldkit.json`; `veldkit.json` by the first checkpoint; each
//! `records/N.jsonl` by the next, and the last one by the manifest; an item's entry by its record; `records/N.sha256`
//! by `records/N.jsonl`, since its bytes are derived from it; `pad/N` consists of at most 65,536 zero bytes; the
//! log by the manifest, and each of its lines by a checkpoint as well; the manifest by its signature, or otherwise,
//! like all the rest, by the digest of the file on the receipt.
//!
//! # Container
//!
//! Local headers have the signature `PK\x03\x04` and one of two forms:
//!
//! | field | whole entry | streamed entry |
//! | --- | --- | --- |
//! | version needed | 20 (45 with zip64) | 45 |
//! | flags | 0x0800 (UTF-8) | 0x0808 (UTF-8, data descriptor) |
//! | method | 8; 0 for an empty entry | 8 |
//! | time, date | MS-DOS form, of the UTC time; 1980-01-01 where none is known | the same |
//! | CRC-32 | of the content | 0 |
//! | sizes | real; 0xffffffff with zip64 | 0xffffffff |
//! | extra fields | zip64 (0x0001: size, compressed size) if either is 0xffffffff or more; time | zip64 with both sizes 0; time |
//! | after the data | nothing | descriptor: `PK\x07\x08`, CRC-32, 8-byte compressed size, 8-byte size |
//!
//! Extra field *time* is the extended timestamp 0x5455 with flags 1 and the modification time as a signed 32-bit count
//! of seconds; it is left out where that is unknown or does not fit. Method 0 is used for empty content only:
//! incompressible data is in *stored* blocks of deflate. So every entry marks its own end, and a sequential reader
//! never needs a size to find the next. A directory is an empty whole entry whose name ends in `/`.
//!
//! The central directory repeats each entry in order: version made by 0x032d (Unix, 4.5), zip64 fields only for values
//! that do not fit in 32 bits, external attributes `mode << 16` with 0x10 for directories. Only type and `rwx` bits are
//! stored, the type is always *regular file* or *directory*, and the owner may always read: links, set-uid bits and the
//! exact mode are in the record. The zip64 end record and locator are written where the number of entries reaches
//! 65,535 or the directory's offset or size 4 GiB - 1. There are no comments, no zip encryption, and no bytes before the archive.
//!
//! # Names
//!
//! An item's entry is named after its [`Origin`](crate::evidence::Origin):
//!
//! | origin | name |
//! | --- | --- |
//! | file on a Unix system | `fs/$rootfs$/<path>` |
//! | file on a drive | `fs/<letter>/<path>` |
//! | file on a volume without a letter | `fs/volume-<id>/<path>` |
//! | file in shadow copy `n` | `vss/<n>/fs/…` |
//! | alternate stream | `<name of the file>:<stream>`; on a Unix system `%3A` instead of `:` |
//! | any of these without its holes | `sparse/…` instead of `fs/…`, `sparse/vss/…` instead of `vss/…` |
//! | volatile state | `live/<name>` |
//! | rows derived from evidence | `derived/<name>` |
//! | output of a program | `commands/<artifact>/<name>` |
//!
//! The change journal of an NTFS volume (`$Extend/$UsnJrnl:$J`) is under `fs/` although its holes are left out: each
//! of its records contains its own offset, and tools look for it there; `ranges` states what was left out.
//!
//! A component is unchanged wherever it is valid UTF-8. Encoded as `%` and two upper-case hex digits per byte are:
//! control characters (U+0000 to 1F, 7F to 9F), `\`, bytes that are not UTF-8, a `%` before two hex digits
//! (`%25`), `:` in a path other than a Unix path, `/` inside a component (of a stream or an artifact's name), both of
//! `.` and `..` where they are a whole component, and an empty component (`%2F`). A component of more than 255 bytes
//! after that, and a whole name of more than 976, is cut (never inside a character or an escape; no `/` at its end)
//! and ends in `%7E` and the digest of what it was before the cut. The same origin stored again gets `%7E2`, `%7E3`, …
//! A `~` is never encoded, so `%7E` marks the parts that are not in the original. A name has at most 1,000 bytes. Two
//! origins never share a name. The unpacker maps names that only some systems forbid (`:`, `?`, `CON`, a trailing dot,
//! names that differ in case only); the record has the exact original.
//!
//! # Checkpoints
//!
//! After 500 records, 64 MiB, 5 seconds, or 4 MiB of records, whichever comes first, and before an entry of 64 MiB
//! or more, the writer ends a checkpoint. Numbers count from 000001 without gaps, in six digits or more.
//! `records/N.jsonl` is JSON Lines, each ended by `\n`:
//!
//! ```text
//! {"checkpoint":N,"opening":"<digest>","previous":"<digest>","first":<number>,"items":<count>,"log":[<event>,…]}
//! <record>
//! …
//! ```
//!
//! `opening` is the SHA-256 of the content of `veldkit.json`. `previous` is that of the whole content of `records/N-1.jsonl` (uncompressed, header line included); in the
//! first checkpoint, of the content of `veldkit.json`. `first` is the number of the first record (absent without one),
//! `items` how many follow, `log` the [`Event`]s since the last checkpoint (absent without any), so that the log
//! survives a kill. A record is an [`Item`](crate::evidence::Item); its JSON Schema is [`RECORD_SCHEMA`]. `content` is
//! present where bytes are stored: `size_stored` and `sha256_stored` are of the entry, uncompressed; with `ranges` (pairs
//! of offset and length) the entry contains those ranges in sequence, the item has `metadata.size` bytes, the rest
//! are holes, and `sha256_logical` is of the item with its holes as zeros. A directory, a link, or anything that was not
//! stored has a record without `content`; a directory may have an entry. A file of a shadow copy whose bytes an earlier item
//! has stored is not stored again: its record has their digest, and the entry of that item as `same_as`. Readers must ignore fields they do not know.
//!
//! `records/N.sha256` has lines of digest, two spaces, an entry's name and `\n`: the first for `records/N.jsonl`
//! itself, then one for each record with `content`, in order. (A name contains neither `\` nor a line break, so that
//! `sha256sum`'s escaping is never needed; the first line is there since `sha256sum -c` fails on an empty list.)
//!
//! `pad/N` is a whole entry of one stored block of at least one zero, long enough for the stream to pass the next
//! multiple of 65,536 bytes: an age writer holds back up to 65,536 bytes until more come, so that the pad flushes
//! everything before it. A checkpoint is *flushed* when the medium has confirmed (fsync) what was written up to
//! there; the writer ends no further checkpoint while two are unconfirmed, and so loses at most two. A record or header line has at most [`LINE_LIMIT`](checkpoint::LINE_LIMIT) bytes, a `records/N.jsonl` at most
//! [`RECORDS_LIMIT`](checkpoint::RECORDS_LIMIT).
//!
//! # Salvage
//!
//! Each 64 KiB chunk of an age file authenticates itself, so the intact prefix of a cut file decrypts, and after a
//! damaged chunk the next intact one does (chunk `i` contains the bytes from `65,536 i` of the zip). Read the zip forward,
//! without its directory: a local header, the deflate stream to its own end, a descriptor if flag 0x0008 is set, and
//! again. After a hole, look for the next `PK\x03\x04` with one of the two forms' version, flags and method and a name
//! by the rules above whose CRC and sizes match. Such a header may be inside the content of an item, so the chain
//! decides:
//!
//! - An item is **proved** when its record is in a checkpoint whose chain is valid back to `veldkit.json`, and its
//!   entry has the record's size and digest. After a hole, the chain is valid *relative to the first good checkpoint*
//!   after it, which must be reported.
//! - An entry after the last good checkpoint, whose CRC matches, is **recovered, unproved**.
//! - The prefix of a truncated entry is **partial, unproved**.
//!
//! # Seal
//!
//! The *seal code* is the first 100 bits of the file's SHA-256, the highest first, as 20 values of 5 bits in the alphabet
//! `0123456789ABCDEFGHJKMNPQRSTVWXYZ` (Crockford's base32), in five groups of four. Group `g` (from 0) of the values
//! `a b c d` is followed by `-` and the check character of value `(g + 1 + a + 3b + 5c + 7d) mod 32`; groups are
//! separated by a space: `Q9W1-6 DFWF-H 077Y-D MGA1-1 83F5-4` for the digest of `abc`. When it is compared, case, spaces, `-`,
//! `.` and `_` are ignored, `O` is `0`, `I` and `L` are `1`. A wrong check character is *misheard* ('lees opnieuw', which
//! group); right ones with another value are *a different file* ('wijkt af').
//!
//! # Receipt
//!
//! Text for people in Dutch or English, then, exactly once, these lines for programs:
//!
//! ```text
//! --- veldkit receipt 1 ---
//! bundle: <file name, control characters escaped as \u{…}>
//! bundle-id: <32 hex digits>
//! bytes: <decimal>
//! sha256: <digest>
//! seal-code: <code>
//! <digest>  <file name>
//! --- end ---
//! ```
//!
//! (The line before the last makes the receipt an input of `sha256sum -c`.) The receipt and `manifest.json` are signed
//! with minisign (prehashed Ed25519, <https://jedisct1.github.io/minisign/>), with the trusted comment
//!
//! ```text
//! veldkit 1 <receipt|manifest> bundle=<id> case=<c> host=<h> kit=<id> counter=<n> sha256=<digest>
//! ```
//!
//! where each value has all bytes except ASCII letters, digits, `.`, `-` and `_` percent-encoded (of at most the first
//! 200 bytes) and is empty where there is none; `sha256` is that of the bundle for the receipt, and that of the content
//! of `manifest.json` for the manifest. age does not authenticate the author of a file: anyone can encrypt to a public key. Only a
//! signature by a key, or a seal code, that the reader has *from elsewhere* proves that; the key in `veldkit.json`
//! is not evidence. `kit.certificate` in `veldkit.json` ([`certificate`]) lets a reader who has the CERT's public key from
//! elsewhere find the signing key: it counts only where the CERT's key signed it, for this case, within its validity and not
//! revoked. A signing key was on the examined host, whose administrator may have copied it; the seal code was not.
//!
//! # Limits for readers
//!
//! Everything inside is hostile until checked. A reader should refuse names that violate these rules, wrong
//! sizes, more than 1,100 times expansion (deflate reaches 1,032), lines and checkpoints above the limits, and must never
//! follow or make a link from an entry.

mod container;
mod entry_writer;
mod error;
mod json;
mod minisign_files;
mod options;
mod sealed;
mod signer;
mod writer;

pub mod certificate;
pub mod checkpoint;
pub mod deflate;
pub mod fingerprint;
pub mod forward;
pub mod key;
pub mod limits;
pub mod manifest;
pub mod names;
pub mod opening;
pub mod packed;
pub mod parts;
pub mod reader;
pub mod receipt;
pub mod seal_code;
pub mod sink;

pub use certificate::{Certificate, CertificateTerms};
pub use checkpoint::{CheckpointHeader, Event};
pub use container::BundleEntry;
pub use deflate::{Deflated, Deflater};
pub use entry_writer::EntryWriter;
pub use error::Error;
pub use fingerprint::{Fingerprint, FingerprintedRecipient};
pub use key::{Ask, Identities, Recipients};
pub use manifest::{Closing, Manifest};
pub use minisign_files::{key_id, signature_path};
pub use opening::Opening;
pub use options::WriterClock;
pub use options::WriterOptions;
pub use seal_code::SealCode;
pub use sealed::Sealed;
pub use signer::Signer;
pub use sink::Sink;
pub use writer::{LOG_BYTES, README, Writer};

/// The JSON Schema (draft 2020-12) of a record, version 1: published with the format, and compared in a test against
/// every record that is written.
pub const RECORD_SCHEMA: &str = include_str!("record.schema.json");
