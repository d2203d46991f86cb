//! Which bytes of a text are within single quotes, as errors put them around names.

/// Whether each byte is within quotes, the quotes themselves included. A quote opens after a space or a bracket and closes
/// before a space, punctuation or the end: "the volume's 'a' and b" has one pair. One that never closes is no quote.
pub(super) fn quoted(text: &str) -> Vec<bool> {
    let bytes = text.as_bytes();
    let mut within = vec![false; bytes.len()];
    let mut from: Option<usize> = None;
    for (at, byte) in bytes.iter().enumerate() {
        if *byte != b'\'' {
            continue;
        }
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        let after = at.checked_add(1).and_then(|after| bytes.get(after));
        match from {
            None if before.is_none_or(|before| b" (:,".contains(before)) => from = Some(at),
            Some(start) if after.is_none_or(|after| b" ;:,.)".contains(after)) => {
                if let Some(name) = within.get_mut(start..=at) {
                    name.fill(true);
                }
                from = None;
            }
            _ => {}
        }
    }
    within
}

/// Where a mark begins that is outside quotes.
pub(super) fn outside<'a>(text: &'a str, mark: &'a str) -> impl Iterator<Item = usize> + 'a {
    let within = quoted(text);
    text.match_indices(mark).map(|(at, _)| at).filter(move |at| within.get(*at) == Some(&false))
}

#[cfg(test)]
mod tests {
    use super::outside;

    #[test]
    fn a_mark_within_quotes_is_not_seen() {
        for (text, places) in [
            ("a; b", vec![1]),
            ("'a; b'; c", vec![6]),
            ("the volume's a; b", vec![14]),
            ("packages' own; b", vec![13]),
            ("reading 'it's; so': c; d", vec![21]),
            ("never 'closed; b", vec![13]),
            ("é; 'é; é'", vec![2]),
        ] {
            assert_eq!(outside(text, "; ").collect::<Vec<_>>(), places, "{text}");
        }
    }
}
