//! Lists that Windows gives as records of varying length, each with the distance to the next (MS-FSCC 2.4): the entries
//! of a folder, the streams of a file.

use super::{from_wide, u32_at, u64_at, wide};

/// One entry of a folder, as `FileIdBothDirectoryInformation` tells it (MS-FSCC 2.4.22).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ListedEntry {
    /// Its name, as bytes.
    pub(crate) name: Vec<u8>,
    pub(crate) attributes: u32,
    /// Its reparse tag; 0 where it has none.
    pub(crate) tag: u32,
    pub(crate) size: u64,
    pub(crate) allocated: u64,
    pub(crate) born: u64,
    pub(crate) accessed: u64,
    pub(crate) modified: u64,
    pub(crate) changed: u64,
    /// Its number on the volume.
    pub(crate) number: u64,
    pub(crate) short_name: Option<String>,
}

const REPARSE_POINT: u32 = 0x400;

/// The entries in an answer, in its order.
pub(crate) fn entries(answer: &[u8]) -> Vec<ListedEntry> {
    records(answer).filter_map(entry).collect()
}

/// The entries in an answer of `FileBothDirectoryInformation` (MS-FSCC 2.4.8): the same fields, but no number on the
/// volume, which is left 0.
pub(crate) fn entries_without_number(answer: &[u8]) -> Vec<ListedEntry> {
    records(answer).filter_map(|record| entry_with(record, 94, None)).collect()
}

fn entry(record: &[u8]) -> Option<ListedEntry> {
    entry_with(record, 104, Some(96))
}

/// An entry whose name begins at `name`, and whose number on the volume is at `id`.
fn entry_with(record: &[u8], name: usize, id: Option<usize>) -> Option<ListedEntry> {
    let number = |at: usize| u64_at(record, at);
    let attributes = u32_at(record, 56)?;
    let length = usize::try_from(u32_at(record, 60)?).ok()?;
    let short = usize::from(*record.get(68)?).min(24);
    let short = record.get(70..70_usize.checked_add(short)?).map(wide)?;
    Some(ListedEntry {
        name: from_wide(&wide(record.get(name..name.checked_add(length)?)?)),
        attributes,
        // In a reparse point's record the field of the extended attributes' size holds its tag.
        tag: if attributes & REPARSE_POINT == 0 { 0 } else { u32_at(record, 64)? },
        size: number(40)?,
        allocated: number(48)?,
        born: number(8)?,
        accessed: number(16)?,
        modified: number(24)?,
        changed: number(32)?,
        number: id.map_or(Some(0), number)?,
        short_name: (!short.is_empty()).then(|| String::from_utf16_lossy(&short)),
    })
}

/// The named streams of data in an answer of `FileStreamInformation` (MS-FSCC 2.4.44), where names are `:name:$DATA`.
pub(crate) fn streams(answer: &[u8]) -> Vec<(Vec<u8>, u64)> {
    let stream = |record: &[u8]| {
        let length = usize::try_from(u32_at(record, 4)?).ok()?;
        let name = from_wide(&wide(record.get(24..24_usize.checked_add(length)?)?));
        let name = name.strip_prefix(b":")?.strip_suffix(b":$DATA")?.to_vec();
        let size = u64_at(record, 8)?;
        (!name.is_empty()).then_some((name, size))
    };
    records(answer).filter_map(stream).collect()
}

/// The records of an answer. A distance of 0 ends them, and each must lead onwards.
fn records(answer: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(answer);
    std::iter::from_fn(move || {
        let record = rest?;
        let next = usize::try_from(u32_at(record, 0)?).ok()?;
        rest = (next > 0).then(|| record.get(next..)).flatten();
        Some(if next > 0 { record.get(..next).unwrap_or(record) } else { record })
    })
}

/// A name of Windows is at most 255 units, so two bytes each and some; used to size buffers.
pub(crate) const LARGEST_ENTRY: usize = 104 + 512 + 8;

#[cfg(test)]
mod tests {
    use super::*;

    fn dir_record(name: &str, next: u32) -> Vec<u8> {
        let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut record = vec![0; 104];
        record[0..4].copy_from_slice(&next.to_le_bytes());
        record[8..16].copy_from_slice(&116_444_736_000_000_000_u64.to_le_bytes());
        record[40..48].copy_from_slice(&5_000_000_000_u64.to_le_bytes());
        record[56..60].copy_from_slice(&0x420_u32.to_le_bytes());
        record[60..64].copy_from_slice(&u32::try_from(name.len()).unwrap().to_le_bytes());
        record[64..68].copy_from_slice(&0xa000_000c_u32.to_le_bytes());
        record[68] = 4;
        record[70..74].copy_from_slice(&[b'A', 0, b'~', 0]);
        record[96..104].copy_from_slice(&7_u64.to_le_bytes());
        record.extend_from_slice(&name);
        record.resize(record.len().max(next as usize % 4096), 0);
        record
    }

    #[test]
    fn entries_are_read_one_after_the_other() {
        let answer = [dir_record("één", 120), dir_record("two", 0)].concat();
        let entries = entries(&answer);
        assert_eq!(
            entries.iter().map(|entry| entry.name.clone()).collect::<Vec<_>>(),
            ["één".as_bytes(), b"two"]
        );
        let first = &entries[0];
        assert_eq!((first.size, first.tag, first.number), (5_000_000_000, 0xa000_000c, 7));
        assert_eq!(first.short_name.as_deref(), Some("A~"));
        assert_eq!(first.born, 116_444_736_000_000_000);
    }

    #[test]
    fn entries_of_a_server_that_gives_no_numbers_are_read_too() {
        let whole = dir_record("één", 0);
        let record = [&whole[..94], &whole[104..]].concat();
        let entries = entries_without_number(&record);
        assert_eq!(entries.len(), 1);
        assert_eq!((entries[0].name.as_slice(), entries[0].number), ("één".as_bytes(), 0));
        assert_eq!((entries[0].size, entries[0].tag), (5_000_000_000, 0xa000_000c));
        for cut in 0..record.len() {
            assert!(entries_without_number(&record[..cut]).is_empty(), "cut at {cut}");
        }
    }

    #[test]
    fn a_list_that_is_cut_or_leads_astray_comes_to_an_end() {
        let answer = [dir_record("one", 112), dir_record("two", u32::MAX - 4095)].concat();
        for cut in 0..answer.len() {
            assert!(entries(&answer[..cut]).len() <= 2);
        }
        assert!(streams(&[1, 0, 0, 0]).is_empty() && streams(&[]).is_empty());
    }

    #[test]
    fn only_named_streams_of_data_are_streams() {
        let mut answer = Vec::new();
        for (name, last) in [("::$DATA", false), (":Zone.Identifier:$DATA", false), (":$I30:$BITMAP", true)] {
            let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let mut record = vec![0; 24];
            record[4..8].copy_from_slice(&u32::try_from(name.len()).unwrap().to_le_bytes());
            record[8..16].copy_from_slice(&26_u64.to_le_bytes());
            record.extend_from_slice(&name);
            record.resize(record.len().next_multiple_of(8), 0);
            let next = if last { 0 } else { u32::try_from(record.len()).unwrap() };
            record[0..4].copy_from_slice(&next.to_le_bytes());
            answer.extend(record);
        }
        assert_eq!(streams(&answer), [(b"Zone.Identifier".to_vec(), 26)]);
    }
}
