//! WTF-8 (<https://simonsapin.github.io/wtf-8/>), the encoding of Windows names in origins.
//!
//! Names of Windows are UTF-16 that may be invalid. WTF-8 equals UTF-8 where a name is valid, and keeps a lone
//! surrogate where it is not, so that every name is restored exactly. In: little-endian units, or the bytes of an
//! origin. Out: the other of the two.

use super::bytes::u16_at;

/// Encodes little-endian UTF-16 for an origin.
pub(crate) fn encode(bytes: &[u8]) -> Vec<u8> {
    let units = bytes.chunks_exact(2).filter_map(|two| u16_at(two, 0));
    let mut name = Vec::with_capacity(bytes.len());
    for unit in char::decode_utf16(units) {
        match unit {
            Ok(character) => name.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
            Err(lone) => {
                let [low, high] = lone.unpaired_surrogate().to_le_bytes();
                let second = ((high & 0x0f) << 2) | (low >> 6);
                name.extend_from_slice(&[0xed, 0x80 | second, 0x80 | (low & 0x3f)]);
            }
        }
    }
    name
}

/// Decodes a name of an origin to UTF-16 units; `None` for bytes that are not WTF-8.
pub(crate) fn decode(name: &[u8]) -> Option<Vec<u16>> {
    let mut units = Vec::with_capacity(name.len());
    let mut rest = name;
    while !rest.is_empty() {
        let valid = match str::from_utf8(rest) {
            Ok(text) => text,
            Err(error) => str::from_utf8(rest.get(..error.valid_up_to())?).ok()?,
        };
        units.extend(valid.encode_utf16());
        rest = rest.get(valid.len()..)?;
        if let Some((lone, tail)) = rest.split_at_checked(3) {
            let [0xed, second @ 0xa0..=0xbf, third @ 0x80..=0xbf] = *lone else { return None };
            let (second, third) = (u16::from(second & 0x3f), u16::from(third & 0x3f));
            units.push(0xd000 | (second << 6) | third);
            rest = tail;
        } else if !rest.is_empty() {
            return None;
        }
    }
    Some(units)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk(units: &[u16]) -> Vec<u8> {
        units.iter().copied().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn every_name_comes_back_exactly_even_a_lone_surrogate() {
        let emoji: Vec<u16> = "🗄 é".encode_utf16().collect();
        for name in [&emoji[..], &[0xd83d], &[0x61, 0xdc00, 0xd800, 0x62], &[0xdfff, 0xe000], &[]] {
            let bytes = encode(&disk(name));
            assert_eq!(decode(&bytes).as_deref(), Some(name), "{bytes:x?}");
        }
        assert_eq!(encode(&disk(&emoji)), "🗄 é".as_bytes());
        assert_eq!(encode(&disk(&[0xd83d])), [0xed, 0xa0, 0xbd]);
        assert_eq!((decode(b"\xff"), decode(b"a\xed\xa0"), decode(b"\xed\x9f\xff")), (None, None, None));
    }
}
