//! Lines of a configuration file of Linux: without comments and empty lines, with their numbers.
//!
//! In: the bytes of one file. Out: its lines, with their numbers from 1. Pure, and never a panic.

/// A line that says something: its number, and its text without blanks around it.
pub type Line<'a> = (u64, &'a [u8]);

/// Lines that are neither empty nor comments. All of them: whoever reads the file limits its bytes, and a limit on lines
/// would hide what stands behind many empty ones.
pub fn lines(text: &[u8]) -> impl Iterator<Item = Line<'_>> {
    let numbered = (1_u64..).zip(text.split(|byte| *byte == b'\n'));
    let trimmed = numbered.map(|(number, line)| (number, line.trim_ascii()));
    trimmed.filter(|(_, line)| !line.is_empty() && !line.starts_with(b"#") && !line.starts_with(b";"))
}

/// The first `count` words and what stands behind them, without the blanks between.
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
