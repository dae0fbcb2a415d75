//! The organisation's own detectors: bounded patterns and dictionaries.

use aho_corasick::{AhoCorasick, MatchKind};
use regex_automata::dfa::{Automaton, dense};
use regex_automata::meta::Regex;
use regex_automata::{Anchored, Input, util::syntax};

use crate::Class;
use crate::scan::Hit;
use crate::settings::{Custom, Matches, Problem};
use crate::text::{Text, is_word};

/// Own detectors made ready.
#[derive(Default)]
pub(crate) struct Own {
    patterns: Vec<Pattern>,
    dictionary: Option<Dictionary>,
}

struct Pattern {
    class: Class,
    regex: Regex,
    /// Tells whether a match that began may still come.
    alive: dense::DFA<Vec<u32>>,
    bytes_max: usize,
}

struct Dictionary {
    words: AhoCorasick,
    /// The class of each word.
    classes: Vec<Class>,
    /// All words in lower case, sorted: to ask whether one begins with what has come so far.
    sorted: Vec<String>,
    bytes_max: usize,
}

impl Own {
    /// Makes the detectors ready and tries their examples.
    pub(crate) fn new(custom: &[Custom]) -> Result<Self, Vec<Problem>> {
        let own = Self::untried(custom)?;
        let problems: Vec<Problem> = custom.iter().flat_map(failed_examples).collect();
        if problems.is_empty() { Ok(own) } else { Err(problems) }
    }

    fn untried(custom: &[Custom]) -> Result<Self, Vec<Problem>> {
        let (mut own, mut problems, mut words) = (Self::default(), Vec::new(), Vec::new());
        for detector in custom {
            let class = Class::new(&detector.class);
            problems.extend(class_problem(detector));
            match &detector.matches {
                Matches::Pattern(pattern) => match Pattern::new(class, pattern) {
                    Ok(pattern) => own.patterns.push(pattern),
                    Err((reason, help)) => problems.push(problem(detector, reason, help)),
                },
                Matches::Dictionary(list) => {
                    problems.extend(list.iter().enumerate().filter_map(|(i, word)| word_problem(detector, i, word)));
                    words.extend(list.iter().map(|word| (word.to_lowercase(), class.clone())));
                }
            }
        }
        match Dictionary::new(words) {
            Ok(dictionary) => own.dictionary = dictionary,
            Err(reason) => problems.push(Problem {
                subject: "dictionaries".to_owned(),
                reason,
                help: "use fewer words".to_owned(),
            }),
        }
        if problems.is_empty() { Ok(own) } else { Err(problems) }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.patterns.is_empty() && self.dictionary.is_none()
    }

    pub(crate) fn find(&self, text: &str, hits: &mut Vec<Hit>) {
        let mut push = |class: &Class, start, end| {
            hits.push(Hit { start, end, class: class.clone(), confidence: 1.0, detector: "custom", tail: None });
        };
        for pattern in &self.patterns {
            for found in pattern.regex.find_iter(text) {
                push(&pattern.class, found.start(), found.end());
            }
        }
        if let Some(dictionary) = &self.dictionary {
            let bytes = Text::new(text);
            for found in dictionary.words.find_iter(text) {
                if is_border(bytes, found.start())
                    && is_border(bytes, found.end())
                    && let Some(class) = dictionary.classes.get(found.pattern().as_usize())
                {
                    push(class, found.start(), found.end());
                }
            }
        }
    }

    /// From where on a match at the end of the text may still be under way.
    pub(crate) fn open(&self, text: &str) -> usize {
        let patterns = self.patterns.iter().map(|pattern| pattern.open(text));
        let dictionary = self.dictionary.iter().map(|dictionary| dictionary.open(text));
        patterns.chain(dictionary).min().unwrap_or(text.len())
    }
}

impl Pattern {
    fn new(class: Class, pattern: &str) -> Result<Self, (String, &'static str)> {
        let wrong = |error: &dyn std::fmt::Display| {
            (error.to_string().lines().last().unwrap_or("").to_owned(), "use the syntax of the Rust `regex` crate")
        };
        let parsed = regex_automata::util::syntax::parse(pattern).map_err(|error| wrong(&error))?;
        let bytes_max = parsed.properties().maximum_len();
        let Some(bytes_max) = bytes_max.filter(|max| *max <= Custom::MATCH_BYTES_MAX) else {
            return Err((
                format!("the pattern can match more than {} bytes", Custom::MATCH_BYTES_MAX),
                "bound repetitions, `{1,64}` instead of `+`",
            ));
        };
        if parsed.properties().minimum_len().unwrap_or(0) == 0 {
            return Err(("the pattern can match nothing at all".to_owned(), "make some part of it required"));
        }
        let regex =
            Regex::builder().configure(Regex::config().nfa_size_limit(Some(AUTOMATON_BYTES_MAX))).build(pattern);
        let config = dense::Config::new()
            .dfa_size_limit(Some(AUTOMATON_BYTES_MAX))
            .determinize_size_limit(Some(AUTOMATON_BYTES_MAX));
        let config = config.unicode_word_boundary(true).start_kind(regex_automata::dfa::StartKind::Anchored);
        let alive = dense::Builder::new().configure(config).syntax(syntax::Config::new()).build(pattern);
        match (regex, alive) {
            (Ok(regex), Ok(alive)) => Ok(Self { class, regex, alive, bytes_max }),
            _ => Err((
                "the pattern needs too large an automaton".to_owned(),
                "use smaller repetitions or `(?-u)` classes such as `[0-9]` instead of `\\d`",
            )),
        }
    }

    fn open(&self, text: &str) -> usize {
        let from = text.len().saturating_sub(self.bytes_max);
        (from..text.len()).find(|at| text.is_char_boundary(*at) && self.is_alive(text, *at)).unwrap_or(text.len())
    }

    /// Whether the automaton, begun at `at`, has not given up at the end of the text.
    fn is_alive(&self, text: &str, at: usize) -> bool {
        let input = Input::new(text).range(at..).anchored(Anchored::Yes);
        // What the automaton cannot judge is held: a look behind that it does not know, a byte on which it stops.
        let Ok(mut state) = self.alive.start_state_forward(&input) else { return true };
        for byte in text.as_bytes().get(at..).unwrap_or(&[]) {
            state = self.alive.next_state(state, *byte);
            if self.alive.is_dead_state(state) {
                return false;
            }
            if self.alive.is_quit_state(state) {
                return true;
            }
        }
        true
    }
}

impl Dictionary {
    fn new(words: Vec<(String, Class)>) -> Result<Option<Self>, String> {
        if words.is_empty() {
            return Ok(None);
        }
        let builder = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::LeftmostLongest)
            .build(words.iter().map(|(word, _)| word));
        let automaton = builder.map_err(|error| error.to_string())?;
        let bytes_max = words.iter().map(|(word, _)| word.len()).max().unwrap_or(0);
        let (mut sorted, classes): (Vec<_>, Vec<_>) = words.into_iter().unzip();
        sorted.sort_unstable();
        Ok(Some(Self { words: automaton, classes, sorted, bytes_max }))
    }

    fn open(&self, text: &str) -> usize {
        let bytes = Text::new(text);
        let from = text.len().saturating_sub(self.bytes_max);
        let may_begin = |at: &usize| {
            text.is_char_boundary(*at) && is_border(bytes, *at) && self.begins_with(text.get(*at..).unwrap_or(""))
        };
        (from..text.len()).find(may_begin).unwrap_or(text.len())
    }

    /// Whether a word begins with this, or is this: then it may go on, or the next letter may show that it is another.
    fn begins_with(&self, prefix: &str) -> bool {
        let prefix = prefix.to_ascii_lowercase();
        let first = self.sorted.partition_point(|word| word.as_str() < prefix.as_str());
        self.sorted.get(first).is_some_and(|word| word.starts_with(&prefix))
    }
}

/// A word begins or ends at `at`: not both neighbours are letters or digits.
fn is_border(text: Text<'_>, at: usize) -> bool {
    !(is_word(text.before(at)) && is_word(text.at(at)))
}

/// The examples of a detector, each tried on that detector alone, that turned out otherwise than they should.
fn failed_examples(detector: &Custom) -> Vec<Problem> {
    if detector.examples.is_empty() && detector.counterexamples.is_empty() {
        return Vec::new();
    }
    let Ok(alone) = Own::untried(std::slice::from_ref(detector)) else { return Vec::new() };
    let finds = |text: &String| {
        let mut hits = Vec::new();
        alone.find(text, &mut hits);
        !hits.is_empty()
    };
    let shown = |text: &str| text.chars().take(EXAMPLE_CHARS_SHOWN).collect::<String>();
    let missed = detector.examples.iter().filter(|text| !finds(text)).map(|text| {
        let reason = format!("it finds nothing in its example `{}`", shown(text));
        problem(detector, reason, "correct the pattern, the words or the example")
    });
    let false_alarms = detector.counterexamples.iter().filter(|text| finds(text)).map(|text| {
        let reason = format!("it finds something in `{}`, where it should not", shown(text));
        problem(detector, reason, "narrow the pattern or the words, or drop the counterexample")
    });
    missed.chain(false_alarms).collect()
}

fn class_problem(detector: &Custom) -> Option<Problem> {
    let is_part = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    let parts: Vec<_> = detector.class.split('.').collect();
    let is_fine = parts.len() >= 2 && parts.iter().all(|part| is_part(part));
    (!is_fine)
        .then(|| problem(detector, format!("`{}` is no class", detector.class), "write `family.kind` in lower case"))
}

fn word_problem(detector: &Custom, index: usize, word: &str) -> Option<Problem> {
    let fits = (WORD_BYTES_MIN..=Custom::MATCH_BYTES_MAX).contains(&word.len()) && word.trim() == word;
    let help = "use words of 3 to 256 bytes without spaces around them";
    (!fits)
        .then(|| problem(detector, format!("entry {} has {} bytes or spaces around it", index + 1, word.len()), help))
}

fn problem(detector: &Custom, reason: String, help: &str) -> Problem {
    Problem { subject: detector.name.clone(), reason, help: help.to_owned() }
}

const EXAMPLE_CHARS_SHOWN: usize = 60;
const WORD_BYTES_MIN: usize = 3;
const AUTOMATON_BYTES_MAX: usize = 8 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn custom(matches: Matches) -> Custom {
        Custom {
            name: "own".to_owned(),
            class: "org.project".to_owned(),
            matches,
            level: None,
            examples: Vec::new(),
            counterexamples: Vec::new(),
        }
    }

    fn check(matches: Matches, text: &str, expected: &[&str], open: usize) {
        let own = Own::new(&[custom(matches)]).unwrap();
        let mut hits = Vec::new();
        own.find(text, &mut hits);
        let found: Vec<_> = hits.iter().filter_map(|hit| text.get(hit.start..hit.end)).collect();
        assert_eq!((found.as_slice(), own.open(text)), (expected, open), "{text}");
    }

    #[test]
    fn words_are_found_whole_and_held_while_they_may_come() {
        let words = || Matches::Dictionary(vec!["Project Bluebird".to_owned(), "bluebird".to_owned()]);
        check(words(), "on project bluebird!", &["project bluebird"], 20);
        check(words(), "bluebirds", &[], 9);
        check(words(), "see Project Blue", &[], 4);
        check(words(), "see bluebird", &["bluebird"], 4);
    }

    #[test]
    fn patterns_are_found_and_held_while_they_may_come() {
        let pattern = || Matches::Pattern("EMP-[0-9]{4,6}".to_owned());
        check(pattern(), "EMP-1234 and", &["EMP-1234"], 12);
        check(pattern(), "an EMP-12", &[], 3);
        check(pattern(), "an EMP-1234", &["EMP-1234"], 3);
    }

    #[test]
    fn what_cannot_work_is_refused_with_the_way_out() {
        for pattern in ["[0-9]+", "a*", "(", "[a-z]{300}"] {
            let problems = Own::new(&[custom(Matches::Pattern(pattern.to_owned()))]).err().unwrap();
            assert_eq!((problems.len(), problems[0].subject.as_str()), (1, "own"), "{pattern}");
        }
        let detector =
            Custom { class: "Org".to_owned(), ..custom(Matches::Dictionary(vec!["ab".to_owned(), " abc".to_owned()])) };
        assert_eq!(Own::new(&[detector]).err().unwrap().len(), 3);
    }

    #[test]
    fn examples_are_tried_and_the_one_that_fails_is_named() {
        let detector = |examples: &[&str], counterexamples: &[&str]| Custom {
            examples: examples.iter().map(|text| (*text).to_owned()).collect(),
            counterexamples: counterexamples.iter().map(|text| (*text).to_owned()).collect(),
            ..custom(Matches::Pattern("EMP-[0-9]{4,6}".to_owned()))
        };
        assert!(Own::new(&[detector(&["see EMP-1234"], &["see EMP-12"])]).is_ok());
        let problems = Own::new(&[detector(&["see EMP-12"], &["EMP-1234", "none"])]).err().unwrap();
        let reasons: Vec<_> = problems.iter().map(|problem| problem.reason.as_str()).collect();
        assert_eq!(reasons.len(), 2);
        assert!(reasons[0].contains("`see EMP-12`") && reasons[1].contains("`EMP-1234`"), "{reasons:?}");
    }
}
