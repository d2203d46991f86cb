//! Tells Rust's code from its comments and literals, so that a rule about code is not broken by a word in a text.
//!
//! In: a file. Out: the same file, line for line, with comments and the insides of strings and characters blank.

use super::{Tree, is_rust};

/// Blanks what is not code; lines and columns stay.
pub(super) fn code(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (blank, length) = token(rest, out.chars().next_back()).unwrap_or((false, first.len_utf8()));
        let (piece, tail) = rest.split_at_checked(length).unwrap_or((rest, ""));
        if blank {
            out.extend(piece.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        } else {
            out.push_str(piece);
        }
        rest = tail;
    }
    out
}

/// The string literals of a file, each with the line on which it begins, but for those of attributes. Line ends that a backslash
/// takes away are not in them.
pub(super) fn strings(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let (mut line, mut before, mut depth) = (1_usize, None, 0_usize);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (blank, length) = token(rest, before).unwrap_or((false, first.len_utf8()));
        let (piece, tail) = rest.split_at_checked(length).unwrap_or((rest, ""));
        if blank {
            let literal = piece.trim_start_matches('b').trim_start_matches('r').trim_matches('#');
            if depth == 0 && literal.starts_with('"') {
                found.push((line, joined(literal.trim_matches('"'))));
            }
        } else {
            match first {
                '[' if depth > 0 || matches!(before, Some('#' | '!')) => depth = depth.saturating_add(1),
                ']' => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        line = line.saturating_add(piece.matches('\n').count());
        before = piece.chars().next_back();
        rest = tail;
    }
    found
}

/// The inside of a literal with its escaped line ends.
fn joined(literal: &str) -> String {
    let mut text = String::new();
    for (place, part) in literal.split("\\\n").enumerate() {
        text.push_str(if place > 0 { part.trim_start() } else { part });
    }
    text.replace("\\n", "\n")
}

/// The files of Rust in a tree, each as `code` shows it.
pub(super) fn of(tree: &Tree) -> Tree {
    let rust = tree.iter().filter(|(path, _)| is_rust(path));
    rust.map(|(path, text)| (path.clone(), code(text))).collect()
}

/// The code before the file's own test module, which comes last in a file.
pub(super) fn without_tests(code: &str) -> &str {
    let mut start = 0_usize;
    let mut after_attribute = false;
    for line in code.split_inclusive('\n') {
        let module = line.trim_start_matches("pub(crate) ").starts_with("mod tests {");
        if after_attribute && module {
            let attribute = "#[cfg(test)]\n".len();
            return code.get(..start.saturating_sub(attribute)).unwrap_or(code);
        }
        after_attribute = line == "#[cfg(test)]\n";
        start = start.saturating_add(line.len());
    }
    code
}

/// The length of the comment or literal that begins here, if one does; `before` is the character before it.
fn token(rest: &str, before: Option<char>) -> Option<(bool, usize)> {
    if rest.starts_with("//") {
        return Some((true, rest.find('\n').unwrap_or(rest.len())));
    }
    if rest.starts_with("/*") {
        return Some((true, block_comment(rest)));
    }
    let within_a_word = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
    if !within_a_word && let Some(length) = raw_string(rest) {
        return Some((true, length));
    }
    if rest.starts_with('"') {
        return Some((true, quoted(rest, '"')));
    }
    if rest.starts_with('\'') {
        // 'a' and '\n' are characters, 'a is a lifetime.
        let mut chars = rest.chars().skip(1);
        let character = match chars.next()? {
            '\\' => true,
            _ => chars.next() == Some('\''),
        };
        return character.then(|| (true, quoted(rest, '\'')));
    }
    None
}

fn block_comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0_usize;
    while let Some(tail) = rest.get(at..).filter(|tail| !tail.is_empty()) {
        let step = if tail.starts_with("/*") {
            depth = depth.saturating_add(1);
            2
        } else if tail.starts_with("*/") {
            depth = depth.saturating_sub(1);
            2
        } else {
            tail.chars().next().map_or(1, char::len_utf8)
        };
        at = at.saturating_add(step);
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

/// `r"…"`, `r#"…"#`, `br"…"`; none where it is a raw identifier or a word that begins with r.
fn raw_string(rest: &str) -> Option<usize> {
    let after = rest.strip_prefix("br").or_else(|| rest.strip_prefix('r'))?;
    let body = after.trim_start_matches('#').strip_prefix('"')?;
    let hashes = after.len().saturating_sub(body.len()).saturating_sub(1);
    let end = format!("\"{}", "#".repeat(hashes));
    let inside = body.find(&end)?;
    Some(rest.len().saturating_sub(body.len()).saturating_add(inside).saturating_add(end.len()))
}

/// The length of a literal from its opening to its closing quote, escapes passed over.
fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if c == quote {
            return at.saturating_add(1);
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::{code, without_tests};

    #[test]
    fn comments_and_literals_are_blank_and_code_stays() {
        for (text, expected) in [
            ("a // crate::x\nb", "a            \nb"),
            ("a /* 1 /* 2 */ 3 */ b", "a                   b"),
            ("f(\"a\\\"b\") + c", "f(      ) + c"),
            ("r#\"x\"y\"# z", "         z"),
            ("br\"x\" z", "      z"),
            ("for<'a> &'a str", "for<'a> &'a str"),
            ("'\\'' 'x' '\"' y", "             y"),
            ("r#type", "r#type"),
            ("\"open", "     "),
        ] {
            assert_eq!(code(text), expected, "{text}");
        }
    }

    #[test]
    fn the_tests_of_a_file_are_left_out() {
        for (code, expected) in [
            ("use a;\n#[cfg(test)]\nmod tests {\n}\n", "use a;\n"),
            ("use a;\n#[cfg(test)]\npub(crate) mod tests {\n}\n", "use a;\n"),
            ("use a;\n#[cfg(test)]\nmod tests;\n", "use a;\n#[cfg(test)]\nmod tests;\n"),
        ] {
            assert_eq!(without_tests(code), expected, "{code}");
        }
    }
}
