//! Values of the registry, read from their bytes as Windows keeps them.
//! <https://learn.microsoft.com/windows/win32/sysinfo/registry-value-types>

use super::RegistryEntry;
use crate::evidence::bytes::u32_at;
use crate::sys::layouts::wide;

/// `REG_SZ`, `REG_EXPAND_SZ` and `REG_LINK`; `REG_MULTI_SZ`; `REG_DWORD`.
const TEXTS: [u32; 3] = [1, 2, 6];
const LIST: u32 = 7;
const NUMBER: u32 = 4;

impl RegistryEntry {
    /// The text of a value that is one, up to its first zero.
    pub(crate) fn text(&self) -> Option<String> {
        let units = TEXTS.contains(&self.kind).then(|| wide(&self.data))?;
        Some(String::from_utf16_lossy(units.split(|unit| *unit == 0).next().unwrap_or_default()))
    }

    /// The texts of a value that is one text or a list of them; an empty text ends the list. `None` for other types.
    #[cfg_attr(not(windows), allow(dead_code, reason = "only Windows' own parts ask for a single value"))]
    pub(crate) fn texts(&self) -> Option<Vec<String>> {
        if self.kind != LIST {
            return self.text().map(|text| vec![text]);
        }
        let units = wide(&self.data);
        let texts = units.split(|unit| *unit == 0).take_while(|text| !text.is_empty());
        Some(texts.map(String::from_utf16_lossy).collect())
    }

    /// The number of a `REG_DWORD`.
    pub(crate) fn number(&self) -> Option<u32> {
        if self.kind == NUMBER { u32_at(&self.data, 0) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_the_text_or_number_that_its_type_says() {
        let of = |kind, data: &[u8]| RegistryEntry { name: Vec::new(), kind, data: data.to_vec() };
        let text = [b'a', 0, 0xe9, 0, 0, 0, b'x', 0];
        for kind in TEXTS {
            assert_eq!(of(kind, &text).text().as_deref(), Some("a\u{e9}"));
        }
        assert_eq!((of(3, &text).text(), of(1, &text).number()), (None, None));
        let list = of(7, &[b'a', 0, 0, 0, b'b', 0, b'c', 0, 0, 0, 0, 0, b'x', 0]);
        assert_eq!((list.texts(), list.text()), (Some(vec!["a".to_owned(), "bc".to_owned()]), None));
        assert_eq!((of(1, &text).texts(), of(3, &text).texts()), (Some(vec!["a\u{e9}".to_owned()]), None));
        assert_eq!((of(4, &[1, 0, 0, 0]).number(), of(4, &[1, 0]).number()), (Some(1), None));
    }
}
