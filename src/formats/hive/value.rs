//! A value of a key, and what its bytes say by its type.

use super::layout::{u32_at, utf16};
use crate::evidence::Exact;

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// Its name, as of a key; empty for the key's default value.
    pub name: Exact,
    /// Its type, as numbered by Windows (`REG_SZ` is 1).
    pub kind: u32,
    /// Its bytes.
    pub data: Vec<u8>,
}

impl Value {
    /// The text of a `REG_SZ`, `REG_EXPAND_SZ` or `REG_LINK`, up to its first zero.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        matches!(self.kind, 1 | 2 | 6)
            .then(|| utf16(&self.data).split('\0').next().unwrap_or_default().to_owned())
    }

    /// The texts of a `REG_MULTI_SZ`, or the one of another kind of text; empty ones are left out and counted.
    #[must_use]
    pub fn texts(&self) -> Vec<String> {
        if self.kind != 7 {
            return self.text().filter(|text| !text.is_empty()).into_iter().collect();
        }
        utf16(&self.data).split('\0').filter(|text| !text.is_empty()).map(str::to_owned).collect()
    }

    /// The number of a `REG_DWORD`.
    #[must_use]
    pub fn number(&self) -> Option<u32> {
        if self.kind == 4 { u32_at(&self.data, 0) } else { None }
    }
}
