//! A value of a key, and its data decoded by type.

use super::layout::{u32_at, utf16};
use crate::evidence::Exact;

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// Name; empty for the default value of the key.
    pub name: Exact,
    /// Type number of Windows (`REG_SZ` is 1).
    pub kind: u32,
    /// Data.
    pub data: Vec<u8>,
}

impl Value {
    /// Returns the text of a `REG_SZ`, `REG_EXPAND_SZ` or `REG_LINK`, up to its first zero.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        matches!(self.kind, 1 | 2 | 6)
            .then(|| utf16(&self.data).split('\0').next().unwrap_or_default().to_owned())
    }

    /// Returns the texts of a `REG_MULTI_SZ`, or the single text of another text type. Empty ones are left out and
    /// counted.
    #[must_use]
    pub fn texts(&self) -> Vec<String> {
        if self.kind != 7 {
            return self.text().filter(|text| !text.is_empty()).into_iter().collect();
        }
        utf16(&self.data).split('\0').filter(|text| !text.is_empty()).map(str::to_owned).collect()
    }

    /// Returns the number of a `REG_DWORD`.
    #[must_use]
    pub fn number(&self) -> Option<u32> {
        if self.kind == 4 { u32_at(&self.data, 0) } else { None }
    }
}
