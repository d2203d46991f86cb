//! Environment blocks: variables one behind another in UTF-16, each with its end, and an end of them all
//! (<https://learn.microsoft.com/windows/win32/procthread/environment-variables>).

use super::{from_wide, wide};

/// Most variables of one process.
const MAX_VARIABLES: usize = 4_096;

/// The variables in a block, each as `NAME=value`, and whether the end of them all is there.
pub(crate) fn variables(block: &[u8]) -> (Vec<Vec<u8>>, bool) {
    let units = wide(block);
    let mut all = Vec::new();
    let mut rest = units.as_slice();
    while all.len() < MAX_VARIABLES {
        let Some(end) = rest.iter().position(|unit| *unit == 0) else { break };
        let (variable, behind) = rest.split_at(end);
        if variable.is_empty() {
            return (all, true);
        }
        all.push(from_wide(variable));
        rest = behind.get(1..).unwrap_or_default();
    }
    (all, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn variables_end_with_the_empty_one_and_what_has_no_end_is_cut() {
        let told = |text: &str| {
            let (all, whole) = variables(&block(text));
            (all.into_iter().map(|one| String::from_utf8(one).unwrap()).collect::<Vec<_>>(), whole)
        };
        assert_eq!(told("=C:=C:\\\0PAD=é\0\0rest\0"), (vec!["=C:=C:\\".into(), "PAD=é".into()], true));
        assert_eq!(told("\0"), (Vec::new(), true));
        assert_eq!(told("A=1\0B=2"), (vec!["A=1".into()], false));
        assert_eq!(told("A=1\0"), (vec!["A=1".into()], false));
        assert_eq!(variables(&[0]), (Vec::new(), false));
        let (many, whole) = variables(&block(&"a=b\0".repeat(MAX_VARIABLES + 1)));
        assert_eq!((many.len(), whole), (MAX_VARIABLES, false));
    }
}
