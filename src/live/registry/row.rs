//! From the values of a hive to the rows of [`crate::evidence::rows::registry`].
//!
//! In: a hive's state, or a value with its bytes. Out: a [`RegistryRow`]. The data of a value is written by its type as
//! text, list or number, else as base64, and cut at [`MOST`] bytes.

use base64::Engine as _;

use crate::evidence::Exact;
use crate::evidence::rows::registry::{RegistryData, RegistryRow, RegistryValueRow};
use crate::formats::hive::{Recovery, Value};

/// Most bytes of one value that are told; the hive itself has the rest.
const MOST: usize = 64 << 10;

/// The row of a hive that the rows after it are from.
pub(super) fn of_hive(hive: &str, recovery: Recovery) -> RegistryRow {
    let (word, entries) = match recovery {
        Recovery::Clean => ("clean", None),
        Recovery::Applied(entries) => ("applied", Some(entries)),
        Recovery::Dirty => ("dirty", None),
    };
    RegistryRow::Hive { hive: hive.to_owned(), recovery: word.into(), entries }
}

/// The row of a value.
pub(super) fn of_value(key: &Exact, value: Value) -> RegistryRow {
    let size = value.data.len();
    let kept = value.data.get(..MOST).unwrap_or(&value.data);
    let data = data(value.kind, kept);
    RegistryRow::Value(RegistryValueRow {
        key: key.clone(),
        name: value.name,
        kind: kind(value.kind),
        data,
        size: Some(size).filter(|size| *size > MOST),
    })
}

fn kind(number: u32) -> String {
    let names = [
        "REG_NONE",
        "REG_SZ",
        "REG_EXPAND_SZ",
        "REG_BINARY",
        "REG_DWORD",
        "REG_DWORD_BIG_ENDIAN",
        "REG_LINK",
        "REG_MULTI_SZ",
        "REG_RESOURCE_LIST",
        "REG_FULL_RESOURCE_DESCRIPTOR",
        "REG_RESOURCE_REQUIREMENTS_LIST",
        "REG_QWORD",
    ];
    let name = usize::try_from(number).ok().and_then(|number| names.get(number));
    name.map_or_else(|| number.to_string(), |name| (*name).to_owned())
}

fn data(kind: u32, bytes: &[u8]) -> RegistryData {
    let told = match (kind, bytes) {
        (1 | 2 | 6, _) => text(bytes).map(|text| RegistryData::Text(text.trim_end_matches('\0').to_owned())),
        (7, _) => text(bytes).map(|text| {
            let list = text.trim_end_matches('\0').split('\0');
            RegistryData::List(list.filter(|_| !bytes.is_empty()).map(str::to_owned).collect())
        }),
        (4, [a, b, c, d]) => Some(RegistryData::Number(u32::from_le_bytes([*a, *b, *c, *d]).into())),
        (5, [a, b, c, d]) => Some(RegistryData::Number(u32::from_be_bytes([*a, *b, *c, *d]).into())),
        (11, _) => bytes.try_into().ok().map(|eight| RegistryData::Number(u64::from_le_bytes(eight))),
        _ => None,
    };
    told.unwrap_or_else(|| RegistryData::Base64(base64::engine::general_purpose::STANDARD.encode(bytes)))
}

/// UTF-16 that is valid and whole; what is not is told as bytes.
fn text(bytes: &[u8]) -> Option<String> {
    let (units, rest) = bytes.as_chunks::<2>();
    let units: Vec<u16> = units.iter().map(|two| u16::from_le_bytes(*two)).collect();
    if rest.is_empty() { String::from_utf16(&units).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::rows::written;

    fn told(kind: u32, data: &[u8]) -> String {
        let value = Value { name: "n".into(), kind, data: data.to_vec() };
        let row = of_value(&"HKEY_LOCAL_MACHINE\\K".into(), value);
        let json = serde_json::to_string(&row).unwrap();
        written(&[row]);
        json
    }

    #[test]
    fn a_value_is_told_by_its_type_and_what_does_not_fit_it_as_bytes() {
        let row = |kind: &str, rest: &str| {
            format!(r#"{{"row":"value","key":"HKEY_LOCAL_MACHINE\\K","name":"n","type":"{kind}",{rest}}}"#)
        };
        assert_eq!(told(1, b"a\0\0\0"), row("REG_SZ", r#""text":"a""#));
        assert_eq!(told(7, b"a\0\0\0b\0\0\0\0\0"), row("REG_MULTI_SZ", r#""list":["a","b"]"#));
        assert_eq!(told(4, &[1, 2, 0, 0]), row("REG_DWORD", r#""number":513"#));
        assert_eq!(told(5, &[0, 0, 2, 1]), row("REG_DWORD_BIG_ENDIAN", r#""number":513"#));
        assert_eq!(told(11, &[0, 0, 0, 0, 1, 0, 0, 0]), row("REG_QWORD", r#""number":4294967296"#));
        assert_eq!(told(1, b"abc"), row("REG_SZ", r#""data":"YWJj""#));
        assert_eq!(told(4, b"a"), row("REG_DWORD", r#""data":"YQ==""#));
        assert_eq!(told(3, b"a"), row("REG_BINARY", r#""data":"YQ==""#));
        assert_eq!(told(99, b""), row("99", r#""data":"""#));
        assert!(told(3, &vec![0; MOST + 1]).ends_with(r#""size":65537}"#));
    }
}
