//! Splits a Linux configuration file into lines, without comments and empty lines.
//!
//! In: the bytes of one file. Out: its lines, with line numbers from 1. Pure; never panics.

/// A line number, and its text without surrounding blanks.
pub type Line<'a> = (u64, &'a [u8]);

/// Returns the lines that are neither empty nor comments. There is no limit, which would hide lines after many empty
/// ones: the caller limits the size of the file.
pub fn lines(text: &[u8]) -> impl Iterator<Item = Line<'_>> {
    let numbered = (1_u64..).zip(text.split(|byte| *byte == b'\n'));
    let trimmed = numbered.map(|(number, line)| (number, line.trim_ascii()));
    trimmed.filter(|(_, line)| !line.is_empty() && !line.starts_with(b"#") && !line.starts_with(b";"))
}

/// Splits off the first `count` words; the last element is the rest, without blanks around it.
pub(super) fn split(text: &[u8], count: usize) -> Option<(&[u8], &[u8])> {
    let mut rest = text;
    for _ in 0..count {
        let begin = rest.iter().position(|byte| !byte.is_ascii_whitespace())?;
        let word = rest.get(begin..)?;
        let end = word.iter().position(u8::is_ascii_whitespace).unwrap_or(word.len());
        rest = word.get(end..)?;
    }
    let head = text.get(..text.len().checked_sub(rest.len())?)?;
    Some((head.trim_ascii(), rest.trim_ascii()))
}
