//! What the kernel returns of a key of the registry and of its values. Names are counted: a zero in one is a character
//! like any other. <https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/>, structures `KEY_*_INFORMATION`.

use super::{from_wide, u32_at, u64_at, wide};

/// The name in a `KEY_BASIC_INFORMATION`, as WTF-8.
pub(crate) fn key_name(answer: &[u8]) -> Option<Vec<u8>> {
    counted(answer, 12, 16)
}

/// When the key of a `KEY_BASIC_INFORMATION` was last changed, in ticks.
pub(crate) fn key_written(answer: &[u8]) -> Option<u64> {
    u64_at(answer, 0)
}

/// The name in a `KEY_VALUE_BASIC_INFORMATION`, as WTF-8.
pub(crate) fn value_name(answer: &[u8]) -> Option<Vec<u8>> {
    counted(answer, 8, 12)
}

/// Name as WTF-8, type and data of a `KEY_VALUE_FULL_INFORMATION`.
pub(crate) fn full_value(answer: &[u8]) -> Option<(Vec<u8>, u32, &[u8])> {
    let length = usize::try_from(u32_at(answer, 12)?).ok()?;
    let from = usize::try_from(u32_at(answer, 8)?).ok()?;
    // A value without data need not say where it would be.
    let data = if length == 0 { &[] } else { answer.get(from..from.checked_add(length)?)? };
    Some((counted(answer, 16, 20)?, u32_at(answer, 4)?, data))
}

/// Type and data of a `KEY_VALUE_PARTIAL_INFORMATION`.
pub(crate) fn partial_value(answer: &[u8]) -> Option<(u32, &[u8])> {
    let length = usize::try_from(u32_at(answer, 8)?).ok()?;
    Some((u32_at(answer, 4)?, answer.get(12..12_usize.checked_add(length)?)?))
}

/// A text at `from` whose bytes are counted at `length`.
fn counted(answer: &[u8], length: usize, from: usize) -> Option<Vec<u8>> {
    let length = usize::try_from(u32_at(answer, length)?).ok()?;
    Some(from_wide(&wide(answer.get(from..from.checked_add(length)?)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(name: &[u16]) -> Vec<u8> {
        name.iter().flat_map(|unit| unit.to_le_bytes()).collect()
    }

    fn numbers(numbers: &[u32]) -> Vec<u8> {
        numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
    }

    #[test]
    fn a_zero_in_a_name_ends_nothing_and_a_lone_surrogate_is_kept() {
        let name = units(&[u16::from(b'a'), 0, u16::from(b'b'), 0xd800]);
        let key = [numbers(&[7, 8, 0, 8]), name.clone()].concat();
        assert_eq!(key_name(&key).unwrap(), b"a\0b\xed\xa0\x80");
        assert_eq!(key_written(&key), Some((8 << 32) | 7));
        let basic = [numbers(&[0, 1, 8]), name.clone()].concat();
        assert_eq!(value_name(&basic).unwrap(), b"a\0b\xed\xa0\x80");
        let full = [numbers(&[0, 1, 28, 3, 8]), name, b"xyz-".to_vec()].concat();
        assert_eq!(full_value(&full), Some((b"a\0b\xed\xa0\x80".to_vec(), 1, &b"xyz"[..])));
        let partial = [numbers(&[0, 3, 2]), b"xy".to_vec()].concat();
        assert_eq!(partial_value(&partial), Some((3, &b"xy"[..])));
    }

    #[test]
    fn an_answer_that_counts_beyond_its_end_says_nothing() {
        for length in [4, u32::MAX, u32::MAX - 20] {
            assert_eq!(key_name(&numbers(&[0, 0, 0, length])), None);
            assert_eq!(value_name(&numbers(&[0, 0, length])), None);
            assert_eq!(full_value(&numbers(&[0, 1, 20, length, 0])), None);
            assert_eq!(full_value(&numbers(&[0, 1, length.max(20), 4, 0])), None);
            assert_eq!(partial_value(&numbers(&[0, 1, length])), None);
        }
        assert_eq!(full_value(&numbers(&[0, 1, u32::MAX, 0, 0])), Some((Vec::new(), 1, &[][..])));
        assert_eq!((full_value(b""), key_written(b"short")), (None, None));
    }
}
