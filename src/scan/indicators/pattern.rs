//! Patterns over paths, one regular expression a line as signature-base has them, each with the pattern of its own
//! false positives.
//!
//! In: an expression in the syntax of Python's `re`, as lists are written. Out: which patterns match a path. Thousands of
//! patterns are not one automaton: an Aho-Corasick search over the literals that each pattern cannot do without names
//! the few that are tried at all. Matching is linear in path times pattern (no backtracking), and the size of each
//! pattern is bounded, so that no list can make a scan stand still. Look-around and back-references do not exist. Names are
//! compared by character: a look-alike is one letter, of however many bytes.

use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind};
use regex_automata::meta::{Config, Regex};
use regex_automata::nfa::thompson;
use regex_automata::util::syntax;
use regex_syntax::hir::Hir;
use regex_syntax::hir::literal::{ExtractKind, Extractor};

use super::python_regex::{Folding, rewrite};
use super::specimen::{SPECIMENS, specimen};

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

/// What of an item an expression is matched against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Within {
    /// Its whole path.
    Path,
    /// Its name, so that `^` and `$` are the ends of that.
    Name,
    /// Any text that is no path.
    Text,
}

/// Why an expression over names is refused that none made for it meets.
pub(super) const NO_NAME: &str = "pattern that matches no name";

struct Pattern {
    /// As its list writes it.
    shown: Box<str>,
    within: Within,
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
    /// Takes a pattern; it is found after [`Self::seal`]. One that matches none of the paths made for it is refused: it
    /// would be called in use and never match.
    ///
    /// # Errors
    /// What is wrong with it, as a word to count by.
    pub(super) fn push(
        &mut self,
        shown: &str,
        within: Within,
        except: Option<&str>,
        label: u32,
    ) -> Result<(), &'static str> {
        if self.patterns.len() >= PATTERNS_LIMIT {
            return Err("pattern over the limit on their number");
        }
        let except = except.map(str::trim).filter(|except| !except.is_empty());
        let hir = check(shown)?;
        if let Some(except) = except {
            check(except).map_err(|_| "pattern whose false-positive pattern cannot be used")?;
        }
        let number = u32::try_from(self.patterns.len()).unwrap_or(u32::MAX);
        let pattern = Pattern {
            shown: shown.into(),
            within,
            except: except.map(Into::into),
            label,
            compiled: [OnceLock::new(), OnceLock::new()],
        };
        pattern.matches_something(&hir)?;
        match literals(shown)? {
            Some(literals) => {
                self.owners.extend(literals.iter().map(|_| number));
                self.literals.extend(literals);
            }
            None if self.eager.len() >= EAGER_LIMIT => {
                return Err("pattern without a fixed part, over the limit on their number");
            }
            None => self.eager.push(number),
        }
        // What was compiled to try it is compiled again where it is needed.
        self.patterns.push(Pattern { compiled: [OnceLock::new(), OnceLock::new()], ..pattern });
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

    /// The patterns that match a path, its separators written as `/`, and whose false positives do not: as written, with
    /// their label.
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
            Some(Compiled { matches: compile(&self.shown, folds)?, except: except.flatten() })
        });
        let Some(Compiled { matches, except }) = compiled else { return false };
        let subject = match self.within {
            Within::Path | Within::Text => path,
            Within::Name => path.rsplit('/').next().unwrap_or(path),
        };
        matches.is_match(subject) && !except.as_ref().is_some_and(|except| except.is_match(path))
    }

    /// Tries it on paths made for it, as hosts of either system have them.
    fn matches_something(&self, hir: &Hir) -> Result<(), &'static str> {
        let tries = |text: &str| match self.within {
            Within::Text => self.matches(text, true),
            Within::Name => {
                !text.contains(['/', '\\'])
                    && PLACES.iter().any(|place| self.matches(&format!("{place}{text}"), true))
            }
            Within::Path => {
                let text = text.replace('\\', "/");
                let is_whole = text.starts_with('/') || text.get(1..3) == Some(":/");
                (is_whole && self.matches(&text, true))
                    || PLACES.iter().any(|place| self.matches(&format!("{place}{text}"), true))
            }
        };
        if (0..SPECIMENS).any(|number| tries(&specimen(hir, number))) {
            return Ok(());
        }
        Err(match self.within {
            Within::Name => NO_NAME,
            Within::Path => "pattern that matches no path",
            Within::Text => "pattern that matches nothing",
        })
    }
}

/// Where the files are that patterns are tried on.
const PLACES: [&str; 6] = ["/opt/", "C:/Users/Public/", "C:/", "/", "D:", "C:/Users/Public/x"];

fn compile(expression: &str, folds: bool) -> Option<Regex> {
    // Small paths and small patterns: the bounded backtracker needs no tables.
    let config = Config::new()
        .utf8_empty(false)
        .hybrid(false)
        .dfa(false)
        .onepass(false)
        .auto_prefilter(false)
        .nfa_size_limit(Some(AUTOMATON_LIMIT));
    let expression = rewrite(expression, if folds { Folding::Folded } else { Folding::Heeded }).ok()?;
    let built = Regex::builder().configure(config).syntax(syntax()).build(&expression);
    built.ok()
}

/// Characters, and no table of Unicode's: what would need one is written out by [`rewrite`].
fn syntax() -> syntax::Config {
    syntax::Config::new().unicode(true).utf8(false).nest_limit(NEST_LIMIT)
}

/// Whether an expression can be used; as it is read.
fn check(expression: &str) -> Result<Hir, &'static str> {
    if expression.len() > EXPRESSION_LIMIT {
        return Err("pattern that is too long");
    }
    let rewritten = rewrite(expression, Folding::Folded)?;
    let parsed = syntax::parse_with(&rewritten, &syntax());
    let hir = parsed.map_err(|_| "pattern that is no regular expression")?;
    if hir.properties().minimum_len().unwrap_or(0) == 0 {
        return Err("pattern that matches everything");
    }
    let limits = thompson::Config::new().utf8(false).nfa_size_limit(Some(AUTOMATON_LIMIT));
    let automaton = thompson::Compiler::new().configure(limits).build_from_hir(&hir);
    automaton.map_err(|_| "pattern that is too large")?;
    Ok(hir)
}

/// The literals of which one is in everything that an expression matches, as the search folds them.
fn literals(expression: &str) -> Result<Option<Vec<Vec<u8>>>, &'static str> {
    let rewritten = rewrite(expression, Folding::Search)?;
    let hir =
        syntax::parse_with(&rewritten, &syntax()).map_err(|_| "pattern that is no regular expression")?;
    let best = [ExtractKind::Prefix, ExtractKind::Suffix]
        .into_iter()
        .filter_map(|kind| {
            let seq = Extractor::new().kind(kind).limit_total(LITERALS_LIMIT).extract(&hir);
            let shortest = seq.min_literal_len().filter(|shortest| *shortest >= LITERAL_LEAST)?;
            let literals: Vec<_> =
                seq.literals()?.iter().map(|literal| literal.as_bytes().to_vec()).collect();
            (!literals.is_empty()).then_some((shortest, literals))
        })
        .max_by_key(|(shortest, _)| *shortest);
    Ok(best.map(|(_, literals)| literals))
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
            patterns.push(shown, Within::Path, *except, label).unwrap_or_else(|why| panic!("{shown}: {why}"));
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
            let refused = patterns.push(expression, Within::Path, None, 0).unwrap_err();
            assert!(refused.contains(why), "{expression}: {refused}");
        }
        let refused = patterns.push("fine_name", Within::Path, Some("(?<=x)y"), 0).unwrap_err();
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
