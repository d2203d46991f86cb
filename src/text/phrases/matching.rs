//! Finds the template that a text was made from, and splits several reasons that were joined into one text.

use super::quotes::outside;
use super::system;
use super::table::{Template, templates};

/// Most reasons in one text that are separated.
const MAX_PARTS: usize = 64;

/// Most marks "; " that one template has, plus one.
const MAX_RUN: usize = 4;

/// The template with the most literal text that a text fits as a whole, and the texts of its holes.
pub(super) fn best(text: &str) -> Option<(&'static Template, Vec<&str>)> {
    templates().iter().find_map(|template| Some((template, fit(template, text)?)))
}

/// The texts of a template's holes, where the text fits it as a whole.
pub(super) fn fit<'t>(template: &Template, text: &'t str) -> Option<Vec<&'t str>> {
    let (first, others) = template.literals.split_first()?;
    let Some((last, between)) = others.split_last() else {
        return (text == *first).then(Vec::new);
    };
    let inner = text.strip_prefix(first)?.strip_suffix(last)?;
    let holes = match (template.is_bare, template.has_quotes) {
        (_, true) => longest_names(inner, between),
        (true, false) => bare(inner, between),
        (false, false) => shortest_names(inner, between),
    }?;
    holes.iter().zip(&template.holes).all(|(text, hole)| hole.kind.takes(text)).then_some(holes)
}

/// Each hole ends where the next literal part first occurs.
fn shortest_names<'t>(mut inner: &'t str, between: &[&str]) -> Option<Vec<&'t str>> {
    let mut holes = Vec::with_capacity(between.len().saturating_add(1));
    for literal in between {
        let (hole, rest) = inner.split_once(literal)?;
        holes.push(hole);
        inner = rest;
    }
    holes.push(inner);
    Some(holes)
}

/// Each hole ends where the next literal part occurs last: a name that holds a quote is not cut at it.
fn longest_names<'t>(mut inner: &'t str, between: &[&str]) -> Option<Vec<&'t str>> {
    let mut holes = Vec::with_capacity(between.len().saturating_add(1));
    for literal in between.iter().rev() {
        let (rest, hole) = inner.rsplit_once(literal)?;
        holes.push(hole);
        inner = rest;
    }
    holes.push(inner);
    holes.reverse();
    Some(holes)
}

/// Two holes around one mark, which is outside quotes.
fn bare<'t>(inner: &'t str, between: &[&str]) -> Option<Vec<&'t str>> {
    let [mark] = between else { return None };
    let at = outside(inner, mark).next()?;
    let (before, after) = inner.split_at_checked(at)?;
    Some(vec![before, after.strip_prefix(mark)?])
}

/// The reasons that were joined by "; ". The text as a whole is one where not each part of it has a template.
pub(super) fn parts(text: &str) -> Vec<&str> {
    let mut places: Vec<(usize, usize)> = vec![(0, 0)];
    places.extend(outside(text, "; ").map(|at| (at, at.saturating_add(2))).take(MAX_PARTS));
    places.push((text.len(), text.len()));
    if places.len() <= 2 || places.len() > MAX_PARTS {
        return vec![text];
    }
    let part = |from: usize, to: usize| {
        let (start, end) = (places.get(from)?.1, places.get(to)?.0);
        text.get(start..end)
    };
    // From the end: which run of pieces, the shortest that fits, begins at each place where all that follows fits too.
    let last = places.len().saturating_sub(1);
    let mut ends: Vec<Option<usize>> = vec![None; places.len()];
    for from in (0..last).rev() {
        let to = (from.saturating_add(1)..=last).take(MAX_RUN).find(|to| {
            let follows = *to == last || ends.get(*to).is_some_and(Option::is_some);
            follows && part(from, *to).is_some_and(|part| part.is_empty() || is_known(part))
        });
        if let Some(end) = ends.get_mut(from) {
            *end = to;
        }
    }
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(Some(to)) = ends.get(from) {
        found.extend(part(from, *to));
        from = *to;
    }
    if from == last { found } else { vec![text] }
}

fn is_known(text: &str) -> bool {
    best(text).is_some() || system::is_known(text)
}
