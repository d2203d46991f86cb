//! A number as Windows' own tools write it, `0x3e7`: for `#[serde(with = "…")]` on an `Option<u64>`.

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::Serializer;

#[allow(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
pub(super) fn serialize<S: Serializer>(number: &Option<u64>, serializer: S) -> Result<S::Ok, S::Error> {
    match number {
        Some(number) => serializer.serialize_str(&format!("{number:#x}")),
        None => serializer.serialize_none(),
    }
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    let digits = text.strip_prefix("0x").ok_or_else(|| D::Error::custom("a number without '0x'"))?;
    u64::from_str_radix(digits, 16).map(Some).map_err(D::Error::custom)
}
