//! Whether an SPDX licence expression (SPDX 2.3, annex D) can be satisfied by licences that are allowed.
//!
//! In: an expression as `Cargo.toml` has it, with `/` for `OR` as older crates write it. Out: yes, no, or none where it
//! is no expression.

/// Evaluates an expression.
pub(super) fn allowed(expression: &str, licence: &dyn Fn(&str) -> bool) -> Option<bool> {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut parser = Parser { words: &words, licence };
    let value = parser.any()?;
    parser.words.is_empty().then_some(value)
}

/// Reads words from the front.
struct Parser<'a> {
    words: &'a [&'a str],
    licence: &'a dyn Fn(&str) -> bool,
}

impl<'a> Parser<'a> {
    fn any(&mut self) -> Option<bool> {
        let mut value = self.all()?;
        while self.take("OR") {
            value |= self.all()?;
        }
        Some(value)
    }

    fn all(&mut self) -> Option<bool> {
        let mut value = self.one()?;
        while self.take("AND") {
            value &= self.one()?;
        }
        Some(value)
    }

    fn one(&mut self) -> Option<bool> {
        if self.take("(") {
            let value = self.any()?;
            return self.take(")").then_some(value);
        }
        let name = self.next().filter(|word| !matches!(*word, "AND" | "OR" | "WITH" | ")"))?;
        if self.take("WITH") {
            let exception = self.next()?;
            return Some((self.licence)(&format!("{name} WITH {exception}")));
        }
        Some((self.licence)(name))
    }

    fn next(&mut self) -> Option<&'a str> {
        let (first, rest) = self.words.split_first()?;
        self.words = rest;
        Some(first)
    }

    fn take(&mut self, word: &str) -> bool {
        let is = self.words.first() == Some(&word);
        if is {
            self.next();
        }
        is
    }
}

#[cfg(test)]
mod tests {
    use super::allowed;

    #[test]
    fn an_expression_is_allowed_where_a_choice_within_it_is() {
        let licence = |word: &str| matches!(word, "MIT" | "Zlib" | "Apache-2.0 WITH LLVM-exception");
        for (expression, expected) in [
            ("MIT", Some(true)),
            ("GPL-3.0-only", Some(false)),
            ("GPL-3.0-only OR MIT", Some(true)),
            ("GPL-3.0-only/MIT", Some(true)),
            ("MIT AND GPL-3.0-only", Some(false)),
            ("MIT AND Zlib", Some(true)),
            ("(MIT OR GPL-3.0-only) AND Zlib", Some(true)),
            ("MIT OR GPL-3.0-only AND X", Some(true)),
            ("Apache-2.0 WITH LLVM-exception", Some(true)),
            ("Apache-2.0", Some(false)),
            ("", None),
            ("MIT OR", None),
            ("(MIT", None),
            ("MIT Zlib", None),
        ] {
            assert_eq!(allowed(expression, &licence), expected, "{expression}");
        }
    }
}
