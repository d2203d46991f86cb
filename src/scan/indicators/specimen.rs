//! Made texts that an expression matches, so that a list's pattern can be tried before anybody relies on it.
//!
//! In: an expression as `regex-syntax` reads it, and a number. Out: one of the shortest texts that it describes, another one
//! for another number. What depends on the text around it (`^`, `\b`) is left to whoever tries the text.

use regex_syntax::hir::{Class, ClassBytesRange, Hir, HirKind};

/// How many texts are made of one expression.
pub(super) const SPECIMENS: usize = 8;

/// Longest text that is made.
const LENGTH: usize = 8 << 10;

/// Characters that are taken first where a class has them: those of plain names.
const USUAL: [char; 8] = ['a', 'x', '1', 'A', '_', '-', ' ', 'ä'];

/// A text that an expression describes.
pub(super) fn specimen(hir: &Hir, number: usize) -> String {
    let mut out = Vec::new();
    write(hir, number, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

fn write(hir: &Hir, number: usize, out: &mut Vec<u8>) {
    if out.len() > LENGTH {
        return;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => out.extend_from_slice(&literal.0),
        HirKind::Class(Class::Unicode(class)) => {
            let ranges = || class.iter().map(|range| (range.start(), range.end()));
            let has = |c: &char| ranges().any(|(from, to)| (from..=to).contains(c));
            let from = number.checked_rem(USUAL.len()).unwrap_or_default();
            let usual = USUAL.iter().cycle().skip(from).take(USUAL.len()).find(|c| has(c)).copied();
            let other = || ranges().next().map(|(from, _)| from);
            if let Some(c) = usual.or_else(other) {
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
        HirKind::Class(Class::Bytes(class)) => out.extend(class.iter().next().map(ClassBytesRange::start)),
        HirKind::Repetition(repetition) => {
            let most = repetition.max.unwrap_or(u32::MAX);
            let more = u32::from(number.checked_rem(2) == Some(1));
            for _ in 0..repetition.min.saturating_add(more).min(most) {
                write(&repetition.sub, number, out);
                if out.len() > LENGTH {
                    return;
                }
            }
        }
        HirKind::Capture(capture) => write(&capture.sub, number, out),
        HirKind::Concat(parts) => parts.iter().for_each(|part| write(part, number, out)),
        HirKind::Alternation(parts) => {
            let place = number.checked_rem(parts.len()).unwrap_or_default();
            parts.get(place).into_iter().for_each(|part| write(part, number, out));
        }
    }
}
