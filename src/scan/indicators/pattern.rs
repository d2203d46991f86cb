//! Patterns over paths, one regular expression a line as signature-base has them, each with the pattern of its own
//! false positives.
//!
//! In: an expression in the syntax of Python's `re`, as lists are written. Out: which patterns match a path. Thousands of
//! patterns are not one automaton: an Aho-Corasick search over the literals that each pattern cannot do without names
//! the few that are tried at all. Matching is linear in path times pattern (no backtracking), and the size of each
//! pattern is bounded, so that no list can make a scan stand still. Look-around and back-references do not exist.

use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind};
use regex_automata::meta::{Config, Regex};
use regex_automata::nfa::thompson;
use regex_automata::util::syntax;
use regex_syntax::hir::literal::{ExtractKind, Extractor};

/// Longest expression. The longest in public lists has some 500 bytes.
const EXPRESSION_LIMIT: usize = 4 << 10;

/// Deepest nesting of groups.
const NEST_LIMIT: u32 = 32;

/// Largest automaton of one expression, in bytes: `(a{1000}){1000}` ends here.
const AUTOMATON_LIMIT: usize = 256 << 10;

/// Most patterns: each that a path's literals call up is tried by itself.
pub(super) const PATTERNS_LIMIT: usize = 100_000;

/// Patterns without a literal to search for first; each is tried on every path, at about a microsecond.
const EAGER_LIMIT: usize = 1_000;

/// Shortest literal worth a search.
const LITERAL_LEAST: usize = 3;

/// Most literals of one pattern.
const LITERALS_LIMIT: usize = 64;

struct Pattern {
    /// As its list writes it.
    shown: Box<str>,
    expression: Box<str>,
    except: Option<Box<str>>,
    label: u32,
    /// Compiled when first needed: heeding case, and not.
    compiled: [OnceLock<Option<Compiled>>; 2],
}

struct Compiled {
    matches: Regex,
    except: Option<Regex>,
}

/// All patterns.
#[derive(Default)]
pub(super) struct Patterns {
    patterns: Vec<Pattern>,
    search: Option<AhoCorasick>,
    /// Of each literal searched for: the pattern it belongs to.
    owners: Vec<u32>,
    literals: Vec<Vec<u8>>,
    /// Patterns that no literal leads to.
    eager: Vec<u32>,
}

impl Patterns {
    /// Takes a pattern; it is found after [`Self::seal`].
    ///
    /// # Errors
    /// What is wrong with it, as a word to count by.
    pub(super) fn push(&mut self, shown: &str, except: Option<&str>, label: u32) -> Result<(), &'static str> {
        if self.patterns.len() >= PATTERNS_LIMIT {
            return Err("pattern past the most that are taken");
        }
        let expression = rewrite(shown);
        let except = except.map(str::trim).filter(|except| !except.is_empty()).map(rewrite);
        let literals = check(&expression)?;
        if let Some(except) = &except {
            check(except).map_err(|_| "pattern whose false-positive pattern cannot be used")?;
        }
        let number = u32::try_from(self.patterns.len()).unwrap_or(u32::MAX);
        match literals {
            Some(literals) => {
                self.owners.extend(literals.iter().map(|_| number));
                self.literals.extend(literals);
            }
            None if self.eager.len() >= EAGER_LIMIT => {
                return Err("pattern without a fixed part, past the most that are taken");
            }
            None => self.eager.push(number),
        }
        self.patterns.push(Pattern {
            shown: shown.into(),
            expression: expression.into(),
            except: except.map(Into::into),
            label,
            compiled: [OnceLock::new(), OnceLock::new()],
        });
        Ok(())
    }

    /// Makes the search for literals.
    pub(super) fn seal(&mut self) {
        let literals = std::mem::take(&mut self.literals);
        if !literals.is_empty() {
            self.search = AhoCorasickBuilder::new()
                .ascii_case_insensitive(true)
                .kind(Some(AhoCorasickKind::ContiguousNFA))
                .build(&literals)
                .ok();
        }
        if self.search.is_none() {
            // Without a search every pattern is tried: slow, and never wrong.
            self.eager = (0..u32::try_from(self.patterns.len()).unwrap_or(u32::MAX)).collect();
        }
    }

    /// The patterns that match a path and whose false positives do not: as written, with their label.
    pub(super) fn find(&self, path: &str, folds: bool) -> Vec<(&str, u32)> {
        let mut candidates: Vec<u32> = self.eager.clone();
        if let Some(search) = &self.search {
            let found = search.find_overlapping_iter(path);
            candidates.extend(found.filter_map(|found| self.owners.get(found.pattern().as_usize())));
        }
        candidates.sort_unstable();
        candidates.dedup();
        let patterns =
            candidates.iter().filter_map(|number| self.patterns.get(usize::try_from(*number).ok()?));
        patterns
            .filter(|pattern| pattern.matches(path, folds))
            .map(|pattern| (&*pattern.shown, pattern.label))
            .collect()
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.patterns.len()
    }
}

impl Pattern {
    fn matches(&self, path: &str, folds: bool) -> bool {
        let [heeding, folding] = &self.compiled;
        let place = if folds { folding } else { heeding };
        let compiled = place.get_or_init(|| {
            let except = self.except.as_deref().map(|except| compile(except, folds));
            Some(Compiled { matches: compile(&self.expression, folds)?, except: except.flatten() })
        });
        let Some(Compiled { matches, except }) = compiled else { return false };
        matches.is_match(path) && !except.as_ref().is_some_and(|except| except.is_match(path))
    }
}

fn compile(expression: &str, folds: bool) -> Option<Regex> {
    // Small paths and small patterns: the bounded backtracker needs no tables.
    let config = Config::new()
        .utf8_empty(false)
        .hybrid(false)
        .dfa(false)
        .onepass(false)
        .auto_prefilter(false)
        .nfa_size_limit(Some(AUTOMATON_LIMIT));
    let built = Regex::builder().configure(config).syntax(syntax(folds)).build(expression);
    built.ok()
}

/// Bytes instead of Unicode's classes: those need tables that this program does not carry, and a path that is no text
/// must match as well. So `.` and `[^\\]` take one byte, `\w` and case folding are those of ASCII.
fn syntax(folds: bool) -> syntax::Config {
    syntax::Config::new().unicode(false).utf8(false).case_insensitive(folds).nest_limit(NEST_LIMIT)
}

/// Whether an expression can be used, and the literals of which one stands in everything it matches.
fn check(expression: &str) -> Result<Option<Vec<Vec<u8>>>, &'static str> {
    if expression.len() > EXPRESSION_LIMIT {
        return Err("pattern that is too long");
    }
    let parsed = syntax::parse_with(expression, &syntax(true));
    let hir = parsed.map_err(|_| "pattern that is no regular expression, or needs look-around")?;
    if hir.properties().minimum_len().unwrap_or(0) == 0 {
        return Err("pattern that matches everything");
    }
    let limits = thompson::Config::new().utf8(false).nfa_size_limit(Some(AUTOMATON_LIMIT));
    let automaton = thompson::Compiler::new().configure(limits).build_from_hir(&hir);
    automaton.map_err(|_| "pattern that is too large")?;
    // Literals are taken heeding case; the search itself does not.
    let heeding = syntax::parse_with(expression, &syntax(false))
        .map_err(|_| "pattern that is no regular expression")?;
    let best = [ExtractKind::Prefix, ExtractKind::Suffix]
        .into_iter()
        .filter_map(|kind| {
            let seq = Extractor::new().kind(kind).limit_total(LITERALS_LIMIT).extract(&heeding);
            let shortest = seq.min_literal_len().filter(|shortest| *shortest >= LITERAL_LEAST)?;
            let literals: Vec<_> =
                seq.literals()?.iter().map(|literal| literal.as_bytes().to_vec()).collect();
            (!literals.is_empty()).then_some((shortest, literals))
        })
        .max_by_key(|(shortest, _)| *shortest);
    Ok(best.map(|(_, literals)| literals))
}

/// Rewrites an expression of Python's `re` so that a separator of either system matches either, and a brace that
/// repeats nothing is itself. What stands within a class stays within it.
fn rewrite(expression: &str) -> String {
    let mut out = String::with_capacity(expression.len().saturating_add(16));
    let mut chars = expression.trim().chars().peekable();
    let (mut class, mut begins) = (false, false);
    while let Some(c) = chars.next() {
        let first = std::mem::replace(&mut begins, false);
        match (c, class) {
            ('\\', _) => match chars.next() {
                Some('\\' | '/') => out.push_str(if class { "\\\\/" } else { "[\\\\/]" }),
                // Python takes an escaped letter that means nothing for an error, an escaped sign for itself.
                Some(escaped) => out.extend(['\\', escaped]),
                None => out.push_str("\\\\"),
            },
            ('/', true) => out.push_str("\\\\/"),
            ('/', false) => out.push_str("[\\\\/]"),
            ('[', false) => {
                class = true;
                begins = true;
                out.push('[');
            }
            ('^', true) if first => {
                begins = true;
                out.push('^');
            }
            (']', true) if first => out.push_str("\\]"),
            (']', true) => {
                class = false;
                out.push(']');
            }
            // Within a class only Rust gives these a meaning.
            ('[' | '&' | '~', true) => out.extend(['\\', c]),
            ('{', false) if !repeats(chars.clone()) => out.push_str("\\{"),
            _ => out.push(c),
        }
    }
    out
}

/// Whether what follows a brace ends as a repetition does: `3}`, `3,}`, `3,5}`, `,5}`.
fn repeats(rest: impl Iterator<Item = char>) -> bool {
    let inner: String = rest.take_while(|c| *c != '}').take(16).collect();
    let mut parts = inner.split(',');
    let digits = |part: Option<&str>| part.is_none_or(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    inner.bytes().any(|byte| byte.is_ascii_digit())
        && digits(parts.next())
        && digits(parts.next())
        && parts.next().is_none()
}

/// A text as an expression that matches it and nothing else.
pub(super) fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        if c.is_ascii_punctuation() {
            out.push('\\');
        }
        out.push(c);
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns(all: &[(&str, Option<&str>)]) -> Patterns {
        let mut patterns = Patterns::default();
        for ((shown, except), label) in all.iter().zip(0..) {
            patterns.push(shown, *except, label).unwrap_or_else(|why| panic!("{shown}: {why}"));
        }
        patterns.seal();
        patterns
    }

    fn found(patterns: &Patterns, path: &str, folds: bool) -> Vec<u32> {
        patterns.find(path, folds).into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn a_pattern_of_windows_matches_a_path_of_either_system() {
        let all = patterns(&[
            (r"\\mimi(katz|drv)\.(exe|sys)$", None),
            (r"(TEMP|Temp)\\[^\\]+\.(xmd|yls)$", None),
            (r"^/tmp/\.[a-z]{2}/", None),
        ]);
        assert_eq!(found(&all, "c:/tools/mimikatz.exe", false), [0]);
        assert_eq!(found(&all, r"c:\tools\mimikatz.exe", false), [0]);
        assert_eq!(found(&all, "c:/tools/mimikatz.exe.txt", false), [0_u32; 0]);
        assert_eq!(found(&all, "c:/users/x/Temp/a b.xmd", false), [1]);
        assert_eq!(found(&all, "c:/users/x/Temp/a/b.xmd", false), [0_u32; 0]);
        assert_eq!(found(&all, "/tmp/.ab/x", false), [2]);
        assert_eq!(found(&all, "/x/tmp/.ab/x", false), [0_u32; 0]);
    }

    #[test]
    fn case_is_heeded_or_not_as_the_target_does() {
        let all = patterns(&[(r"\\Mimi\.exe$", None)]);
        assert_eq!(found(&all, "/a/mimi.EXE", false), [0_u32; 0]);
        assert_eq!(found(&all, "/a/mimi.EXE", true), [0]);
    }

    #[test]
    fn a_false_positive_pattern_silences_its_own_line_and_no_other() {
        let all = patterns(&[(r"\\svchost\.exe$", Some(r"(?i)\\system32\\")), (r"\\svchost\.exe$", None)]);
        assert_eq!(found(&all, "C:/Windows/System32/svchost.exe", false), [1]);
        assert_eq!(found(&all, "C:/Temp/svchost.exe", false), [0, 1]);
    }

    #[test]
    fn what_python_allows_and_rust_does_not_is_put_right() {
        let all = patterns(&[
            (r"\\{4F2A[0-9]{2,}}\.dat$", None),
            (r"\\[[]x[]]\.dat$", None),
            (r"\\[]x]y&&z\.dat$", None),
            (r"AppData\\[\w]+\.exe", None),
            (r"[\s]{7,}\.(exe|com)", None),
        ]);
        assert_eq!(found(&all, "c:/{4F2A123}.dat", false), [0]);
        assert_eq!(found(&all, "c:/[x].dat", false), [1]);
        assert_eq!(found(&all, "c:/xy&&z.dat", false), [2]);
        assert_eq!(found(&all, "c:/AppData/a_1.exe", false), [3]);
        assert_eq!(found(&all, "c:/a.pdf         .exe", false), [4]);
    }

    #[test]
    fn bombs_look_around_and_what_matches_everything_are_refused_with_their_reason() {
        let mut patterns = Patterns::default();
        let deep = "(".repeat(200) + "a" + &")".repeat(200);
        let long = "a".repeat(EXPRESSION_LIMIT + 1);
        for (expression, why) in [
            ("(a{1000}){1000}", "too large"),
            ("((((a{10}){10}){10}){10}){10}", "too large"),
            (&deep, "no regular expression"),
            (&long, "too long"),
            (r"(?!x)abc", "look-around"),
            (r"(a)\1", "look-around"),
            (".*", "everything"),
            ("", "everything"),
            ("abc(", "no regular expression"),
        ] {
            let refused = patterns.push(expression, None, 0).unwrap_err();
            assert!(refused.contains(why), "{expression}: {refused}");
        }
        let refused = patterns.push("fine_name", Some("(?<=x)y"), 0).unwrap_err();
        assert!(refused.contains("false-positive"), "{refused}");
        assert_eq!(patterns.len(), 0);
    }

    #[test]
    fn a_path_of_hostile_length_against_a_hostile_pattern_ends() {
        let all = patterns(&[("(a|aa)+bcd$", None), ("(.*a){12}xyz$", None)]);
        assert_eq!(found(&all, &"a".repeat(16 << 10), true), [0_u32; 0]);
        assert_eq!(found(&all, &(("a".repeat(2 << 10)) + "bcd"), true), [0]);
    }

    #[test]
    fn an_escaped_text_matches_itself() {
        let text = r"C:\a.b (1)+[x]{2}^$|~#é";
        let all = patterns(&[(&escape(text), None)]);
        assert_eq!(found(&all, &format!("..{text}.."), false), [0]);
        assert_eq!(found(&all, r"C:\aXb (1)+[x]{2}^$|~#é", false), [0_u32; 0]);
    }
}
