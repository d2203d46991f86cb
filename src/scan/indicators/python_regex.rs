//! Expressions of Python's `re`, which lists are written in, rewritten for the matcher here: character by character, in
//! UTF-8, with case folded in the expression itself.
//!
//! In: an expression, and how case counts. Out: the same in the syntax of `regex-syntax`, in Unicode mode, that needs none of
//! its tables: classes are written out, so that `.`, `[^o]` and `\W` take one character and never one byte of it. A
//! separator of either system matches either. `\d` and `\b` are those of ASCII; `\w` takes the letters of other scripts by
//! block, not one by one. Look-around, back-references and the flag `x` are refused.

use std::fmt::Write as _;
use std::iter::Peekable;
use std::str::Chars;

/// How case counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Folding {
    /// As the expression's own flag `i` says.
    Heeded,
    /// It does not count.
    Folded,
    /// For a search that folds ASCII by itself: only the other letters are folded.
    Search,
}

/// Characters of a range that are folded one by one; of a longer one those beyond ASCII stay as they are.
const FOLDED_RANGE: u32 = 0x1000;

/// Either separator.
const SEPARATOR: &str = r"[\\/]";

const DIGITS: [(u32, u32); 1] = [(0x30, 0x39)];

/// White space as `str.isspace` has it.
const SPACES: [(u32, u32); 10] = [
    (0x09, 0x0d),
    (0x1c, 0x20),
    (0x85, 0x85),
    (0xa0, 0xa0),
    (0x1680, 0x1680),
    (0x2000, 0x200a),
    (0x2028, 0x2029),
    (0x202f, 0x202f),
    (0x205f, 0x205f),
    (0x3000, 0x3000),
];

/// Letters, digits and `_`: exact in Latin, by block elsewhere.
const WORDS: [(u32, u32); 25] = [
    (0x30, 0x39),
    (0x41, 0x5a),
    (0x5f, 0x5f),
    (0x61, 0x7a),
    (0xaa, 0xaa),
    (0xb2, 0xb3),
    (0xb5, 0xb5),
    (0xb9, 0xba),
    (0xbc, 0xbe),
    (0xc0, 0xd6),
    (0xd8, 0xf6),
    (0xf8, 0x2c1),
    (0x370, 0x373),
    (0x376, 0x37d),
    (0x386, 0x386),
    (0x388, 0x52f),
    (0x531, 0x1fff),
    (0x2c00, 0x2dff),
    (0x3041, 0xd7ff),
    (0xf900, 0xfaff),
    (0xff10, 0xff19),
    (0xff21, 0xff3a),
    (0xff41, 0xffdc),
    (0x1_0000, 0x1_efff),
    (0x2_0000, 0x3_ffff),
];

const NOT_ONE: &str = "pattern that is no regular expression";
const LOOKS_AROUND: &str = "pattern that needs look-around or a back-reference";
const FLAGS: &str = "pattern with flags that are not supported";

/// Rewrites an expression.
///
/// # Errors
/// What is wrong with it, as a word to count by.
pub(super) fn rewrite(expression: &str, folding: Folding) -> Result<String, &'static str> {
    let chars = expression.trim().chars().peekable();
    let room = expression.len().saturating_mul(2);
    let mut rewriter =
        Rewriter { chars, out: String::with_capacity(room), folding, flag: false, groups: Vec::new() };
    while let Some(c) = rewriter.chars.next() {
        rewriter.step(c)?;
    }
    if rewriter.groups.is_empty() { Ok(rewriter.out) } else { Err(NOT_ONE) }
}

struct Rewriter<'a> {
    chars: Peekable<Chars<'a>>,
    out: String,
    folding: Folding,
    /// The flag `i` as it is now, and as it was before each group that is open.
    flag: bool,
    groups: Vec<bool>,
}

/// What an escape stands for.
enum Escape {
    Char(char),
    Separator,
    Set(&'static [(u32, u32)], bool),
    Written(&'static str),
}

impl Rewriter<'_> {
    fn step(&mut self, c: char) -> Result<(), &'static str> {
        match c {
            '\\' => match self.escape(false)? {
                Escape::Char(c) => self.literal(c),
                Escape::Separator => self.out.push_str(SEPARATOR),
                Escape::Set(set, negated) => write_class(set.to_vec(), negated, &mut self.out)?,
                Escape::Written(text) => self.out.push_str(text),
            },
            '/' => self.out.push_str(SEPARATOR),
            '[' => self.class()?,
            '(' => self.group()?,
            ')' => {
                self.flag = self.groups.pop().ok_or(NOT_ONE)?;
                self.out.push(')');
            }
            '{' => match repetition(self.chars.clone()) {
                // Python reads a missing lower bound as zero.
                Some(',') => self.out.push_str("{0"),
                Some(_) => self.out.push('{'),
                None => self.out.push_str("\\{"),
            },
            '.' | '^' | '$' | '|' | '*' | '+' | '?' | '}' | ',' => self.out.push(c),
            c => self.literal(c),
        }
        Ok(())
    }

    /// Writes a character as itself, in both cases where these do not count.
    fn literal(&mut self, c: char) {
        let cases = self.cases(c);
        if cases.len() > 1 {
            self.out.push('[');
            for c in cases {
                written(u32::from(c), &mut self.out);
            }
            self.out.push(']');
        } else {
            written(u32::from(c), &mut self.out);
        }
    }

    fn cases(&self, c: char) -> Vec<char> {
        let folds = match self.folding {
            Folding::Heeded => self.flag,
            Folding::Folded => true,
            Folding::Search => !c.is_ascii(),
        };
        if folds { cases(c) } else { vec![c] }
    }

    /// What stands behind a backslash.
    fn escape(&mut self, in_class: bool) -> Result<Escape, &'static str> {
        let Some(c) = self.chars.next() else { return Ok(Escape::Separator) };
        Ok(match c {
            '\\' | '/' => Escape::Separator,
            'd' => Escape::Set(&DIGITS, false),
            'D' => Escape::Set(&DIGITS, true),
            's' => Escape::Set(&SPACES, false),
            'S' => Escape::Set(&SPACES, true),
            'w' => Escape::Set(&WORDS, false),
            'W' => Escape::Set(&WORDS, true),
            'b' if in_class => Escape::Char('\u{8}'),
            'b' => Escape::Written(r"(?-u:\b)"),
            'B' if !in_class => Escape::Written(r"(?-u:\B)"),
            'A' if !in_class => Escape::Written(r"\A"),
            'Z' | 'z' if !in_class => Escape::Written(r"\z"),
            'n' => Escape::Char('\n'),
            'r' => Escape::Char('\r'),
            't' => Escape::Char('\t'),
            'f' => Escape::Char('\u{c}'),
            'v' => Escape::Char('\u{b}'),
            'a' => Escape::Char('\u{7}'),
            '0' => Escape::Char('\0'),
            'x' => self.digits(2)?,
            'u' => self.digits(4)?,
            'U' => self.digits(8)?,
            c if c.is_ascii_digit() => return Err(LOOKS_AROUND),
            c if c.is_ascii_alphabetic() => return Err(NOT_ONE),
            c => Escape::Char(c),
        })
    }

    fn digits(&mut self, count: usize) -> Result<Escape, &'static str> {
        let mut number = 0_u32;
        for _ in 0..count {
            let digit = self.chars.next().and_then(|c| c.to_digit(16)).ok_or(NOT_ONE)?;
            number = number.checked_mul(16).and_then(|number| number.checked_add(digit)).ok_or(NOT_ONE)?;
        }
        char::from_u32(number).map(Escape::Char).ok_or(NOT_ONE)
    }

    /// What stands behind an opening parenthesis.
    fn group(&mut self) -> Result<(), &'static str> {
        self.out.push('(');
        if self.chars.next_if_eq(&'?').is_none() {
            self.groups.push(self.flag);
            return Ok(());
        }
        match self.chars.peek() {
            Some('P') => {
                self.chars.next();
                match self.chars.next() {
                    // Nothing refers to a name: look-behind to one is refused.
                    Some('<') => while self.chars.next().ok_or(NOT_ONE)? != '>' {},
                    Some('=') => return Err(LOOKS_AROUND),
                    _ => return Err(NOT_ONE),
                }
                self.groups.push(self.flag);
                Ok(())
            }
            Some('#') => {
                while self.chars.next().ok_or(NOT_ONE)? != ')' {}
                self.out.pop();
                Ok(())
            }
            Some('=' | '!' | '<' | '>' | '(') => Err(LOOKS_AROUND),
            _ => self.flags(),
        }
    }

    /// `(?i)`, which holds to the end of the group it is in, and `(?i:…)`.
    fn flags(&mut self) -> Result<(), &'static str> {
        let (mut flag, mut on, mut dot) = (self.flag, true, None);
        loop {
            match self.chars.next().ok_or(NOT_ONE)? {
                'i' => flag = on,
                's' => dot = Some(on),
                // Without line ends in a name, these say nothing.
                'm' | 'a' | 'u' | 'L' => {}
                '-' if on => on = false,
                ':' => {
                    self.out.push_str(if dot == Some(true) { "?s:" } else { "?:" });
                    self.groups.push(std::mem::replace(&mut self.flag, flag));
                    return Ok(());
                }
                ')' => {
                    self.out.push_str(if dot == Some(true) { "?s)" } else { "?:)" });
                    self.flag = flag;
                    return Ok(());
                }
                'x' => return Err(FLAGS),
                _ => return Err(NOT_ONE),
            }
        }
    }

    /// A class, from behind its bracket to the one that closes it.
    fn class(&mut self) -> Result<(), &'static str> {
        let negated = self.chars.next_if_eq(&'^').is_some();
        let mut set: Vec<(u32, u32)> = Vec::new();
        let mut first = true;
        loop {
            let c = self.chars.next().ok_or(NOT_ONE)?;
            if c == ']' && !std::mem::take(&mut first) {
                break;
            }
            first = false;
            let Some(from) = self.member(c, &mut set)? else { continue };
            let mut ahead = self.chars.clone();
            if ahead.next() == Some('-') && ahead.next().is_some_and(|c| c != ']') {
                self.chars.next();
                let c = self.chars.next().ok_or(NOT_ONE)?;
                let to = self.member(c, &mut set)?.filter(|to| *to >= from).ok_or(NOT_ONE)?;
                self.range(from, to, &mut set);
            } else {
                self.range(from, from, &mut set);
            }
        }
        write_class(set, negated, &mut self.out)
    }

    /// One member of a class: a character, or nothing where it was a set, which is added.
    fn member(&mut self, c: char, set: &mut Vec<(u32, u32)>) -> Result<Option<char>, &'static str> {
        let escape = match c {
            '\\' => self.escape(true)?,
            '/' => Escape::Separator,
            c => Escape::Char(c),
        };
        match escape {
            Escape::Char(c) => return Ok(Some(c)),
            Escape::Separator => set.extend([(0x2f, 0x2f), (0x5c, 0x5c)]),
            Escape::Set(all, false) => set.extend(all),
            Escape::Set(all, true) => set.extend(complement(all.to_vec())),
            Escape::Written(_) => return Err(NOT_ONE),
        }
        Ok(None)
    }

    fn range(&self, from: char, to: char, set: &mut Vec<(u32, u32)>) {
        let (first, last) = (u32::from(from), u32::from(to));
        set.push((first, last));
        let long = last.saturating_sub(first) > FOLDED_RANGE;
        let folded = (from..=if long { to.min('\x7f') } else { to }).flat_map(|c| self.cases(c));
        set.extend(folded.map(|c| (u32::from(c), u32::from(c))));
    }
}

/// A character and its other case, where that is one character.
fn cases(c: char) -> Vec<char> {
    let (mut lower, mut upper) = (c.to_lowercase(), c.to_uppercase());
    let mut all = vec![c];
    for (one, more) in [(lower.next(), lower.next()), (upper.next(), upper.next())] {
        if let (Some(one), None) = (one, more)
            && !all.contains(&one)
        {
            all.push(one);
        }
    }
    all
}

/// Ranges in order that do not touch.
fn merged(mut set: Vec<(u32, u32)>) -> Vec<(u32, u32)> {
    set.sort_unstable();
    let mut out: Vec<(u32, u32)> = Vec::with_capacity(set.len());
    for (from, to) in set {
        match out.last_mut() {
            Some((_, last)) if from <= last.saturating_add(1) => *last = to.max(*last),
            _ => out.push((from, to)),
        }
    }
    out
}

/// All characters that are in none of the ranges.
fn complement(set: Vec<(u32, u32)>) -> Vec<(u32, u32)> {
    let mut out = Vec::new();
    let mut next = 0_u32;
    // Surrogates are no characters.
    for (from, to) in merged([set, vec![(0xd800, 0xdfff)]].concat()) {
        if let Some(before) = from.checked_sub(1).filter(|before| *before >= next) {
            out.push((next, before));
        }
        next = to.saturating_add(1);
    }
    if next <= 0x10_ffff {
        out.push((next, 0x10_ffff));
    }
    out
}

fn write_class(set: Vec<(u32, u32)>, negated: bool, out: &mut String) -> Result<(), &'static str> {
    // Twice the complement: without surrogates, whatever a range ran across.
    let none = complement(set);
    let set = if negated { none } else { complement(none) };
    if set.is_empty() {
        return Err("pattern that matches nothing");
    }
    out.push('[');
    for (from, to) in set {
        written(from, out);
        if to > from {
            out.push('-');
            written(to, out);
        }
    }
    out.push(']');
    Ok(())
}

/// A character as one that means nothing but itself.
fn written(number: u32, out: &mut String) {
    match char::from_u32(number) {
        Some(c) if c.is_ascii_alphanumeric() => out.push(c),
        _ => {
            let _ = write!(out, "\\x{{{number:x}}}");
        }
    }
}

/// The first character of a repetition that a brace begins: `{3}`, `{3,}`, `{3,5}`, `{,5}`; nothing where it is none.
fn repetition(rest: impl Iterator<Item = char>) -> Option<char> {
    let mut closed = false;
    let ends = |c: &char| {
        closed = *c == '}';
        !closed
    };
    let inner: String = rest.take(16).take_while(ends).collect();
    let mut parts = inner.split(',');
    let digits = |part: Option<&str>| part.is_none_or(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    let fits = inner.bytes().any(|byte| byte.is_ascii_digit())
        && digits(parts.next())
        && digits(parts.next())
        && parts.next().is_none();
    inner.chars().next().filter(|_| closed && fits)
}
